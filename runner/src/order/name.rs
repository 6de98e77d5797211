//! What a person calls something, and what is meant.

use std::collections::BTreeSet;

use workflow_core::id::StreamId;

use super::{Desk, OrderError};
use crate::gates::Gates;

impl Desk<'_> {
    /// The one instance of that name. A certificate may be named by its beginning.
    pub fn one(&self, name: &str) -> Result<StreamId, OrderError> {
        const WORKFLOWS: [&str; 5] =
            ["placement", "contractor", "invoice", "certificate", "notify"];
        let is_workflow = |part: &str| WORKFLOWS.contains(&part);
        let parts: Vec<&str> = name.split('/').collect();
        let (workflow, tenant, key) = match parts.as_slice() {
            [key] => (None, None, *key),
            [workflow, key] if is_workflow(workflow) => (Some(*workflow), None, *key),
            [tenant, key] => (None, Some(*tenant), *key),
            [workflow, tenant, key] if is_workflow(workflow) => {
                (Some(*workflow), Some(*tenant), *key)
            }
            [tenant, workflow, key] if is_workflow(workflow) => {
                (Some(*workflow), Some(*tenant), *key)
            }
            _ => {
                return Err(OrderError::Unclear(format!(
                    "`{name}` names nothing: say ID, TENANT/ID, contractor/ID, certificate/NAME, invoice/ID or notify/ENDPOINT"
                )));
            }
        };
        // What is no placement's name may be that of a certificate or of a pay period: their names have a dot.
        let bare: &[&str] = &["placement", "certificate", "invoice"];
        let searched = workflow.as_ref().map_or(bare, std::slice::from_ref);
        let mut called = searched.iter().map(|workflow| self.called(workflow, tenant, key));
        let mut called = called.find(|called| !called.is_empty()).unwrap_or_default();
        let workflow = workflow.unwrap_or("placement");
        match (called.pop(), called.is_empty()) {
            (Some(stream), true) => Ok(stream),
            (None, _) => Err(OrderError::Unknown(format!(
                "no {workflow} is called {name}; `runner list` shows all"
            ))),
            (Some(one), false) => {
                let same = called.iter().all(|other| other.tenant() == one.tenant());
                Err(OrderError::Unclear(match same {
                    true => format!("several begin with {name}: say more of it"),
                    false => format!("several tenants have a {workflow} {key}: say TENANT/{name}"),
                }))
            }
        }
    }

    /// Those of a workflow that are called so; a certificate by the beginning of its name too.
    fn called(&self, workflow: &str, tenant: Option<&str>, key: &str) -> Vec<StreamId> {
        let begins = |stream: &StreamId| {
            workflow == "certificate" && key.contains('.') && stream.key().starts_with(key)
        };
        let fits = |stream: &StreamId| {
            (stream.key() == key || begins(stream))
                && tenant.is_none_or(|tenant| stream.tenant() == tenant)
        };
        if workflow == "notify" {
            return self.endpoints().into_iter().filter(fits).collect();
        }
        // Of a hundred thousand the one that is meant: a list of them all takes most of a second.
        if let Some(stream) = tenant.and_then(|tenant| StreamId::new(workflow, tenant, key).ok()) {
            let is_beginning = workflow == "certificate" && key.contains('.');
            match self.engine.summary(&stream) {
                Some(_) => return vec![stream],
                None if is_beginning => {}
                None => return Vec::new(),
            }
        }
        let seen = self.engine.summaries(workflow).into_iter().map(|summary| summary.stream);
        seen.filter(fits).collect()
    }

    /// The endpoints that are told things: those of the configuration, and those that are off.
    fn endpoints(&self) -> BTreeSet<StreamId> {
        let gates = Gates::of(self.engine);
        let off = self.tenants.iter().flat_map(|tenant| gates.endpoints_of(tenant));
        let systems = self.running.into_iter().flat_map(|running| running.systems.all());
        let subscribers = systems.flat_map(|connected| connected.subscribers.values());
        let told = subscribers.map(|subscriber| subscriber.stream().clone());
        off.map(|(stream, _)| stream).chain(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::tz::TimeZone;
    use workflow_core::domain::certificate::{Certificate, Found, Input, Origin, Scope, Unfit};
    use workflow_core::domain::facts::PersonalText;
    use workflow_core::domain::rules::Rules;
    use workflow_core::engine::{Engine, Source};
    use workflow_core::seal::Vault;
    use workflow_core::store::memory::MemoryStore;
    use workflow_core::time::{ManualClock, Timestamp};

    use super::*;

    fn stream(key: &str) -> StreamId {
        StreamId::new("certificate", "acme", key).expect("a stream's name")
    }

    #[tokio::test]
    async fn a_whole_name_means_its_own_and_not_all_that_begin_with_it() {
        let rules = Arc::new(Rules::usual(TimeZone::UTC, "relay.example.com"));
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_774_267_200)));
        let rules = Arc::new(move |_: &str| Some(Arc::clone(&rules)));
        let builder = Engine::builder(Arc::new(MemoryStore::new()), clock, rules);
        let builder = builder.vault(Vault::in_memory()).workflow::<Certificate>();
        let engine = builder.open().expect("an empty log");
        for key in ["7.ab", "7.abcd"] {
            let found = Found {
                candidate: "7".into(),
                sha256: "ab".repeat(32),
                bytes: 0,
                name: PersonalText("cover.pdf".to_owned()),
                origin: Origin::HandedIn { by: "kim".into() },
                placement: None,
                unfit: Some(Unfit::Empty),
                scope: Scope::Known,
            };
            let (input, source) = (Input::Found(Box::new(found)), Source::new("test", ""));
            engine.handle::<Certificate>(&stream(key), input, source).await.expect("it is taken");
        }
        let desk = Desk { engine: &engine, tenants: &["acme".to_owned()], running: None };
        for whole in ["acme/certificate/7.ab", "certificate/acme/7.ab", "acme/7.ab"] {
            assert_eq!(desk.one(whole).ok(), Some(stream("7.ab")), "{whole}");
        }
        assert_eq!(desk.one("acme/certificate/7.abc").ok(), Some(stream("7.abcd")));
        assert!(matches!(desk.one("acme/certificate/7.a"), Err(OrderError::Unclear(_))));
        assert!(matches!(desk.one("certificate/7.ab"), Err(OrderError::Unclear(_))), "no tenant");
        assert!(matches!(desk.one("acme/certificate/8.ab"), Err(OrderError::Unknown(_))));
        assert!(matches!(desk.one("acme/7"), Err(OrderError::Unknown(_))));
    }
}
