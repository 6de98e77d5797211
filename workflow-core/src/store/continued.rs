//! What finished records lead to when they are appended as they are: the same checks for every store.
//!
//! Pure, like `store/plan.rs`: a store checks, writes the records, and then adopts them.

use std::collections::HashMap;

use crate::id::{Position, Version};
use crate::record::chain::{Broken, Chain, check_name, follows};
use crate::record::frame::{Frame, Sealed};
use crate::store::streams::Streams;
use crate::store::{Head, StoreError};

/// Finished records that continue a log, not yet written.
pub(crate) struct Continued {
    /// What must be written, all or nothing.
    pub(crate) records: Vec<Sealed>,
    /// The end of the log afterwards.
    pub(crate) head: Head,
    events: Vec<(Box<str>, Position)>,
}

impl Continued {
    /// Checks records against the log that ends at `head`.
    pub(crate) fn of(records: &[Vec<u8>], head: Head, known: &Streams) -> Result<Self, StoreError> {
        let mut chain = Chain::after(head.next, head.hash);
        let mut versions: HashMap<Box<str>, Version> = HashMap::new();
        let mut all = Self { records: Vec::with_capacity(records.len()), head, events: Vec::new() };
        for bytes in records {
            let position = chain.next();
            let accepted = chain.accept_next(bytes).and_then(|frame| {
                all.place(&frame, known, &mut versions)?;
                Ok((frame.first, frame.events.len()))
            });
            let unfit = |e: Broken| StoreError::Unfit { position, problem: e.to_string() };
            let (first, events) = accepted.map_err(unfit)?;
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

    fn place(
        &mut self,
        frame: &Frame<'_>,
        known: &Streams,
        versions: &mut HashMap<Box<str>, Version>,
    ) -> Result<(), Broken> {
        for event in &frame.events {
            let last = match versions.get(event.stream) {
                Some(version) => *version,
                None => known.version(event.stream),
            };
            if last == Version::NONE {
                check_name(event.stream, event.position)?;
            }
            follows(event.position, last, event.version)?;
            versions.insert(event.stream.into(), event.version);
            self.events.push((event.stream.into(), frame.first));
        }
        Ok(())
    }

    /// Adds the events, now written, to the index.
    pub(crate) fn adopt(&self, streams: &mut Streams) {
        for (stream, record) in &self.events {
            streams.add(stream, *record);
        }
    }
}
