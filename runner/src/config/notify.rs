//! The keys of `[[tenant.notify]]`: endpoints of the tenant's own that are told what happens.

use std::collections::BTreeSet;
use std::sync::Arc;

use integration_1099policy::secret::Secret;
use workflow_core::domain::notice::Topic;
use workflow_core::time::SystemClock;

use super::reader::Section;
use super::tenant::Reading;
use super::webhooks::secrets;
use crate::notify::{BadEndpoint, Endpoint, Subscriber};

/// A name stands in the name of every notice's stream.
const NAME_BYTES_MAX: usize = 32;

/// Reads a tenant's endpoints; `None` when something is wrong, which is noted.
pub(super) fn endpoints(sections: Vec<Section<'_>>, read: &Reading<'_>) -> Option<Vec<Endpoint>> {
    let mut names = BTreeSet::new();
    let each = sections.into_iter().map(|section| {
        let endpoint = endpoint(&section, read);
        if let Some(endpoint) = &endpoint
            && !names.insert(endpoint.name.clone())
        {
            section.note("name", format!("two endpoints are called `{}`", endpoint.name));
        }
        section.finish();
        endpoint
    });
    // All are read, so that all their mistakes are told.
    each.collect::<Vec<_>>().into_iter().collect()
}

fn endpoint(section: &Section<'_>, read: &Reading<'_>) -> Option<Endpoint> {
    let name = section.required("name", "a short name of a-z 0-9 - _");
    let url =
        section.required("url", "an address such as \"https://hooks.example.com/placements\"");
    let secrets = secrets(section, read);
    let topics = match section.texts("events") {
        None => Some(Topic::ALL.to_vec()),
        Some(names) => {
            let known = Topic::ALL.map(Topic::name).join("\", \"");
            let topic = |name: &String| {
                let topic = Topic::named(name);
                if topic.is_none() {
                    section.note("events", format!("`{name}` is none of \"{known}\""));
                }
                topic
            };
            names.iter().map(topic).collect()
        }
    };
    let secrets = secrets?.into_iter().map(Secret::new).collect();
    let endpoint = Endpoint { name: name?, url: url?, secrets, topics: topics? };
    if endpoint.name.len() > NAME_BYTES_MAX {
        section.note("name", format!("longer than {NAME_BYTES_MAX} bytes"));
        return None;
    }
    // What tells it says what is wrong with it.
    let tried = Subscriber::new("tenant", &endpoint, Arc::new(SystemClock));
    if let Err(error) = tried {
        let key = match &error {
            BadEndpoint::Url | BadEndpoint::PlainHttp | BadEndpoint::Credentials => "url",
            BadEndpoint::Secret(_) | BadEndpoint::NoSecret => "secret_file",
            BadEndpoint::Name(_) | BadEndpoint::Client(_) => "name",
        };
        let what = if matches!(error, BadEndpoint::Name(_)) {
            format!("`{}` has characters other than a-z 0-9 - _", endpoint.name)
        } else {
            error.to_string()
        };
        section.note(key, what);
        return None;
    }
    Some(endpoint)
}
