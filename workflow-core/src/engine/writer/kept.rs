//! Exchanges, and messages that led to nothing, on their way into the log: beside the events of the group, in streams that
//! no workflow has.
//!
//! A stream takes some thousand of one tenant's and is named by the position at which it begins, so that its
//! name was never used and its version is known without reading.

use std::collections::BTreeMap;

use super::{MESSAGE_ACTOR, Writer};
use crate::engine::live::Live;
use crate::engine::{Source, Taken};
use crate::exchange::{self, About};
use crate::id::{Key, StreamId, Version};
use crate::moot;
use crate::record::NewEvent;
use crate::store::Append;
use crate::time::Timestamp;
use crate::workflow::{Domain, Rejection};

/// So many events make a stream: what a store knows of a stream must stay small.
const SHELF_MAX: u64 = 4096;

/// By what it takes and by tenant, the stream that takes it now and its version.
pub(super) type Shelves = BTreeMap<(&'static str, String), (StreamId, Version)>;

impl<D: Domain> Writer<D> {
    /// Adds an attempt's exchanges to the group. They never fail what they belong to: one that cannot be sealed is
    /// left out, and said.
    pub(super) fn keep(
        &mut self,
        stream: &StreamId,
        live: Option<&Live<D>>,
        taken: Taken<D>,
        source: &Source,
        now: Timestamp,
    ) {
        let Taken { call, attempted } = taken;
        let workflow = self.workflows.get(stream.workflow());
        let subject = live.zip(workflow).and_then(|(live, w)| w.about(stream, live, &call));
        let vault = self.vault.as_ref();
        let (key, actor) = (source.key.as_str(), source.actor.as_str());
        let about = About { key, actor, subject: subject.as_ref(), vault, now };
        let mut events = Vec::new();
        for mut attempted in attempted {
            for exchange in std::mem::take(&mut attempted.exchanges) {
                match exchange::new_event(&attempted, exchange, &about) {
                    Ok(event) => events.push(event),
                    Err(error) => {
                        tracing::error!(%stream, key, %error, "an exchange could not be kept");
                    }
                }
                attempted.unsent_before = 0;
            }
        }
        self.add(exchange::WORKFLOW, stream.tenant(), events);
    }

    /// Adds to the group that a message led to nothing.
    pub(super) fn keep_moot(
        &mut self,
        (key, from): (&Key, &StreamId),
        to: &StreamId,
        refused: Option<&Rejection>,
    ) {
        let now = self.moments.now();
        let actor = format!("{MESSAGE_ACTOR}{from}");
        let event = moot::new_event((actor, key), to, refused, now);
        self.moments.note(now);
        self.add(moot::WORKFLOW, to.tenant(), vec![event]);
    }

    fn add(&mut self, what: &'static str, tenant: &str, events: Vec<NewEvent>) {
        if events.is_empty() {
            return;
        }
        let shelf = (what, tenant.to_owned());
        let full = |(_, version): &(StreamId, Version)| version.0 >= SHELF_MAX;
        if self.work.shelves.get(&shelf).is_none_or(full) {
            let waiting: usize = self.work.group.appends.iter().map(|a| a.events.len()).sum();
            let begins = (self.end.0 + waiting as u64).to_string();
            let stream = StreamId::new(what, tenant, &begins);
            let stream = stream.expect("a tenant's name stands in the names of its streams");
            self.work.shelves.insert(shelf.clone(), (stream, Version::NONE));
        }
        if let Some((stream, version)) = self.work.shelves.get_mut(&shelf) {
            let (stream, expected) = (stream.clone(), *version);
            *version = expected.plus(events.len());
            self.work.group.appends.push(Append { stream, expected, events });
        }
    }
}
