//! What finished records lead to when they are appended as they are: the same checks for every store.
//!
//! Pure, like `store/plan.rs`: a store checks, writes the records, and then adopts them.

use std::collections::HashMap;

use crate::id::{Position, Version};
use crate::record::chain::{Broken, Chain, check_name, follows};
use crate::record::frame::Sealed;
use crate::store::streams::Streams;
use crate::store::{Head, StoreError};

/// Finished records that continue a log, not yet written.
pub(crate) struct Continued {
    /// What must be written, all or nothing.
    pub(crate) records: Vec<Sealed>,
    /// The end of the log afterwards.
    pub(crate) head: Head,
    events: Vec<(Box<str>, Version, Position)>,
}

impl Continued {
    /// Checks records against the log that ends at `head`, in which each stream has the version that `known` says.
    pub(crate) fn of(
        records: &[Vec<u8>],
        head: Head,
        known: impl Fn(&str) -> Result<Version, StoreError>,
    ) -> Result<Self, StoreError> {
        let mut chain = Chain::after(head.next, head.hash);
        let mut versions: HashMap<Box<str>, Version> = HashMap::new();
        let mut all = Self { records: Vec::with_capacity(records.len()), head, events: Vec::new() };
        for bytes in records {
            let position = chain.next();
            let unfit = |e: Broken| StoreError::Unfit { position, problem: e.to_string() };
            let frame = chain.accept_next(bytes).map_err(unfit)?;
            let (first, events) = (frame.first, frame.events.len());
            for event in &frame.events {
                let last = match versions.get(event.stream) {
                    Some(version) => *version,
                    None => known(event.stream)?,
                };
                if last == Version::NONE {
                    check_name(event.stream, event.position).map_err(unfit)?;
                }
                follows(event.position, last, event.version).map_err(unfit)?;
                versions.insert(event.stream.into(), event.version);
                all.events.push((event.stream.into(), event.version, first));
            }
            let (hash, bytes) = (chain.hash(), bytes.clone());
            // They were promised together: each goes on in the next, but for the last.
            all.records.push(Sealed { first, events, hash, bytes, goes_on: true });
        }
        if let Some(last) = all.records.last_mut() {
            last.goes_on = false;
        }
        all.head = Head { next: chain.next(), hash: chain.hash() };
        Ok(all)
    }

    /// Of each event its stream, with the stream's version that it makes.
    #[cfg(feature = "postgres")]
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&str, Version)> {
        self.events.iter().map(|(stream, version, _)| (&**stream, *version))
    }

    /// Adds the events, now written, to the index.
    pub(crate) fn adopt(&self, streams: &mut Streams) {
        for (stream, version, record) in &self.events {
            streams.add(stream, *version, *record);
        }
    }
}
