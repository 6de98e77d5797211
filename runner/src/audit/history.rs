//! What happened to one instance of any workflow, each event with its cause.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use workflow_core::id::{Position, StreamId, Version};
use workflow_core::record::Recorded;
use workflow_core::time::Timestamp;

use super::{Kind, Out, Source, Trouble, With, done, is_called, meant, walk};
use crate::views;

pub(super) fn answer(
    id: &str,
    at: Option<Timestamp>,
    with: &With<'_>,
    out: &mut Out<'_>,
) -> Result<(), Trouble> {
    let (stream, events) = events_of(id, with, out)?;
    let failed = |why| Trouble::new(Kind::Failed, why);
    let mut history = views::history(&stream, &events, at).map_err(failed)?;
    if let Some(gate) = views::gate_of(&stream) {
        let orders = of_stream(&gate, with, out)?;
        history = views::with_orders(&gate, &orders, at, history).map_err(failed)?;
    }
    done(out, &history)
}

/// All events of a stream that may not be there.
fn of_stream(
    stream: &StreamId,
    with: &With<'_>,
    out: &mut Out<'_>,
) -> Result<Vec<Recorded>, Trouble> {
    if let Source::Store(store) = &with.source {
        return Ok(store.read_stream(stream, Version::NONE)?);
    }
    let mut events = Vec::new();
    walk(with, Position(0), out, &mut |recorded| {
        if recorded.stream == *stream {
            events.push(recorded);
        }
        ControlFlow::Continue(())
    })?;
    Ok(events)
}

/// The instance that is meant, and its events. Where several are called so, the others' events are given up.
pub(super) fn events_of(
    id: &str,
    with: &With<'_>,
    out: &mut Out<'_>,
) -> Result<(StreamId, Vec<Recorded>), Trouble> {
    if let (Source::Store(store), Ok(stream)) = (&with.source, StreamId::parse(id)) {
        let events = store.read_stream(&stream, Version::NONE)?;
        if !events.is_empty() {
            return Ok((stream, events));
        }
    }
    let mut called: BTreeMap<StreamId, Position> = BTreeMap::new();
    let mut found: BTreeMap<StreamId, Vec<Recorded>> = BTreeMap::new();
    walk(with, Position(0), out, &mut |recorded| {
        if is_called(&recorded.stream, id) {
            called.entry(recorded.stream.clone()).or_insert(recorded.position);
            found.entry(recorded.stream.clone()).or_default().push(recorded);
        }
        ControlFlow::Continue(())
    })?;
    let stream = meant(&called, id)?;
    let events = found.remove(&stream).unwrap_or_default();
    Ok((stream, events))
}
