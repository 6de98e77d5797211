//! Messages that led to nothing: kept in the log as such, so that each is told once and not again at every start.
//!
//! That a message was told is shown by the events that it led to. Where the receiver's rules found nothing to do, or
//! refused it, no event shows that; so the writer records that much, in the group in which it was decided, as an event of a
//! stream of its own (`moot/tenant/position`) which no machine reads. Its cause is the message: the sender and the key.
//!
//! Deliberately absent: messages that could not be handled, and those to an instance that does not exist and refuses to
//! begin with them. They are no longer wanted only once their sender moves on; until then they are tried again when
//! something reaches either end, and after a start. Read `engine/writer/publish.rs` for that.

use serde::Serialize;

use crate::id::{Key, StreamId};
use crate::record::{Cause, NewEvent};
use crate::time::Timestamp;
use crate::workflow::Rejection;

/// The first part of the names of streams that hold such messages; no workflow may be called so.
pub const WORKFLOW: &str = "moot";

/// The stored name of the event's type.
const KIND: &str = "message_moot";
/// The version of its stored shape.
const SCHEMA: u16 = 1;
/// The cause's input.
const INPUT: &str = "told";

/// Whether a stream holds messages that led to nothing rather than a workflow's events.
pub fn is_moot(stream: &StreamId) -> bool {
    stream.workflow() == WORKFLOW
}

/// The event's content.
#[derive(Serialize)]
struct Content<'a> {
    /// Who was told.
    to: &'a str,
    /// The short name of the rule that refused it; missing where there was nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
}

/// The event of a message that led to nothing.
pub(crate) fn new_event(
    (actor, key): (String, &Key),
    to: &StreamId,
    refused: Option<&Rejection>,
    now: Timestamp,
) -> NewEvent {
    let refused = refused.map(|refused| refused.code.as_str());
    let content = minicbor_serde::to_vec(Content { to: to.as_str(), refused });
    NewEvent {
        kind: KIND.to_owned(),
        schema: SCHEMA,
        recorded_at: now,
        cause: Cause { input: INPUT.to_owned(), key: key.as_str().to_owned(), actor },
        content: content.expect("texts serialize"),
    }
}
