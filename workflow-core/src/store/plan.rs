//! What a group of appends leads to: who is refused, where the others come to lie, and their records.
//!
//! Pure: the same for every store. A store makes the plan, writes its records, and then adopts it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::id::{Position, StreamId, Version};
#[cfg(feature = "postgres")]
use crate::record::frame::FrameEvent;
use crate::record::frame::{Placed, Sealed, seal_items};
use crate::store::streams::Streams;
use crate::store::{Append, Appended, Conflict, Head, StoreError};

/// A group, decided but not yet written.
pub(crate) struct Plan<'a> {
    /// For each item its outcome.
    pub(crate) outcomes: Vec<Result<Appended, Conflict>>,
    /// What must be written, in this order.
    pub(crate) records: Vec<Sealed>,
    /// The end of the log afterwards.
    pub(crate) head: Head,
    placed: Vec<Placed<'a>>,
}

impl<'a> Plan<'a> {
    /// Decides a group against the log that ends at `head`, in which each stream has the version that `known` says. Its
    /// records have up to `target` bytes, or one event.
    pub(crate) fn of(
        group: &'a [Append],
        head: Head,
        target: usize,
        known: impl Fn(&str) -> Result<Version, StoreError>,
    ) -> Result<Self, StoreError> {
        let mut versions: HashMap<&StreamId, Version> = HashMap::new();
        let mut placed: Vec<Placed<'a>> = Vec::with_capacity(group.len());
        let mut items = Vec::with_capacity(group.len());
        let mut outcomes = Vec::with_capacity(group.len());
        for item in group {
            let (stream, expected) = (&item.stream, item.expected);
            let actual = match versions.entry(stream) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(known(stream.as_str())?),
            };
            if *actual != expected {
                let actual = *actual;
                outcomes.push(Err(Conflict { stream: stream.clone(), actual, expected }));
                continue;
            }
            let first = Position(head.next.0 + placed.len() as u64);
            placed.extend(item.events.iter().enumerate().map(|(i, event)| Placed {
                stream,
                version: expected.plus(i + 1),
                event,
            }));
            items.push(item.events.len());
            *actual = expected.plus(item.events.len());
            outcomes.push(Ok(Appended { first, version: *actual }));
        }
        let records = seal_items(head.next, head.hash, &placed, &items, target);
        let next = Position(head.next.0 + placed.len() as u64);
        let head = Head { next, hash: records.last().map_or(head.hash, |record| record.hash) };
        Ok(Self { outcomes, records, head, placed })
    }

    /// Of each event its stream, with the stream's version that it makes.
    #[cfg(feature = "postgres")]
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&str, Version)> {
        self.placed.iter().map(|placed| (placed.stream.as_str(), placed.version))
    }

    /// The events as their records say them.
    #[cfg(feature = "postgres")]
    pub(crate) fn events(&self) -> impl Iterator<Item = FrameEvent<'a>> {
        let first = self.head.next.0 - self.placed.len() as u64;
        self.placed.iter().zip(first..).map(|(placed, position)| placed.at(Position(position)))
    }

    /// Adds the events, now written, to the index.
    pub(crate) fn adopt(&self, streams: &mut Streams) {
        let records = self.records.iter().flat_map(|r| std::iter::repeat_n(r.first, r.events));
        for (placed, record) in self.placed.iter().zip(records) {
            streams.add(placed.stream.as_str(), placed.version, record);
        }
    }
}
