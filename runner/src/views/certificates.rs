//! Certificates as people and scripts are shown them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::dispatch::Waiting;
use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::{Breakdown, Certificate, Outcome, State};
use workflow_core::engine::Engine;
use workflow_core::id::StreamId;

use super::{Entry, Line, VERSION, entry, line};

/// A list of certificates.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Certificates {
    /// [`VERSION`].
    pub version: u32,
    /// The certificates, by tenant, candidate and content.
    pub certificates: Vec<Line>,
}

/// One certificate as it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShownCertificate {
    /// [`VERSION`].
    pub version: u32,
    /// In a line.
    pub line: Line,
    /// Where its document was found.
    pub found: Vec<String>,
    /// How many bytes the document has.
    pub bytes: u64,
    /// The insurer's id, once it was sent.
    pub certificate: Option<String>,
    /// The insurer's remarks; only a running process opens them.
    pub remarks: Vec<String>,
    /// Its whole state, without personal data.
    pub state: Value,
    /// What happened to it, oldest first.
    pub events: Vec<Entry>,
}

/// All certificates.
pub fn certificates(engine: &Engine<Insurance>, failing: &[Waiting]) -> Certificates {
    let certificates = engine.summaries("certificate");
    let certificates = certificates.iter().map(|summary| line(summary, failing)).collect();
    Certificates { version: VERSION, certificates }
}

/// One certificate; `None` when there is none of that name.
pub fn certificate(
    engine: &Engine<Insurance>,
    stream: &StreamId,
    failing: &[Waiting],
) -> Result<Option<ShownCertificate>, String> {
    let Some(summary) = engine.summary(stream) else { return Ok(None) };
    let state = engine.state::<Certificate>(stream).map_err(|error| error.to_string())?;
    let Some(state) = state else { return Ok(None) };
    let events = engine.history(stream).map_err(|error| error.to_string())?;
    let events: Result<Vec<Entry>, String> = events.iter().map(entry).collect();
    let remarks = outcome(&state).and_then(|outcome| outcome.remarks.get());
    let remarks = remarks.into_iter().flatten().map(|remark| remark.as_str().to_owned());
    Ok(Some(ShownCertificate {
        version: VERSION,
        line: line(&summary, failing),
        found: state.paper().origins.iter().map(ToString::to_string).collect(),
        bytes: state.paper().bytes,
        certificate: state.sent().map(|sent| sent.certificate.to_string()),
        remarks: remarks.collect(),
        state: serde_json::to_value(&state).map_err(|error| error.to_string())?,
        events: events?,
    }))
}

fn outcome(state: &State) -> Option<&Outcome> {
    match state {
        State::Approved { outcome, .. }
        | State::Flagged { outcome, .. }
        | State::Denied { outcome, .. }
        | State::Error { breakdown: Breakdown::Told { outcome }, .. } => Some(outcome),
        State::Kept { .. }
        | State::Found { .. }
        | State::Ready { .. }
        | State::Uploaded { .. }
        | State::Processing { .. }
        | State::Error { breakdown: Breakdown::Overdue | Breakdown::Gone, .. }
        | State::Held { .. }
        | State::Unfit { .. }
        | State::Expired { .. }
        | State::Withdrawn { .. }
        | State::Dropped { .. } => None,
    }
}
