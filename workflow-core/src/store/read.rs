//! From a record's bytes to the events a reader asked for: the same for every store.

use std::ops::ControlFlow;

use crate::id::{Position, StreamId, Version};
use crate::record::Recorded;
use crate::record::frame::{Frame, FrameEvent};
use crate::store::StoreError;

/// The events of `stream` after `after` that the record at `first` holds.
pub(crate) fn events_of(
    stream: &StreamId,
    after: Version,
    first: Position,
    bytes: &[u8],
) -> Result<Vec<Recorded>, StoreError> {
    let frame = Frame::decode(bytes).map_err(|e| damaged(first, &e))?;
    let wanted = |e: &&FrameEvent<'_>| e.stream == stream.as_str() && e.version > after;
    Ok(frame.events.iter().filter(wanted).map(|e| e.in_stream(stream.clone())).collect())
}

/// Gives the events of the record at `first` that lie at `from` or behind it.
pub(crate) fn give(
    first: Position,
    bytes: &[u8],
    from: Position,
    each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, StoreError> {
    let frame = Frame::decode(bytes).map_err(|e| damaged(first, &e))?;
    for event in frame.events.iter().filter(|event| event.position >= from) {
        let recorded = event.to_recorded().map_err(|e| damaged(event.position, &e.problem))?;
        if each(recorded).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What is stored at `position` is not what was written.
pub(crate) fn damaged(position: Position, problem: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged { position, problem: problem.to_string() }
}
