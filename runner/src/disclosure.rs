//! Opening what is sealed: who is shown whose exchange and why is an event, kept before anything is shown.
//!
//! The page and the command line both come through here, so that the log cannot say less of one than of the other. Absent:
//! opening on a stopped log, where nobody would keep it. What is kept is `domain/gate.rs`'s.

use serde::{Deserialize, Serialize};
use workflow_core::domain::Insurance;
use workflow_core::domain::gate::{Behind, Gate, Input};
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::{Position, StreamId};

/// Who wants to be shown what is sealed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Who.
    pub by: String,
    /// Why, in the person's words.
    pub reason: String,
}

/// Keeps that somebody is about to be shown the exchange at this position, where what people order about that instance is
/// kept. Says why not where it is not kept: then nothing may be shown.
pub async fn keep(
    engine: &Engine<Insurance>,
    why: &Why,
    of: &StreamId,
    position: Position,
) -> Result<(), String> {
    let own = Behind::Instance(of.clone()).stream(of.tenant()).map_err(|bad| bad.to_string())?;
    let is_over = engine.summary(&own).is_some_and(|gate| gate.terminal);
    let at = if is_over { Behind::Tenant.stream(of.tenant()) } else { Ok(own) };
    let Why { by, reason } = why.clone();
    let source = Source::new(format!("operator:{by}"), "");
    let input = Input::Disclose { by, reason, of: of.clone(), position: position.0 };
    let gate = at.map_err(|bad| bad.to_string())?;
    match engine.handle::<Gate>(&gate, input, source).await {
        Ok(_) => Ok(()),
        Err(HandleError::Rejected(no)) => Err(no.message),
        Err(error) => Err(error.to_string()),
    }
}
