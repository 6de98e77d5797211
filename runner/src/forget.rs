//! Forgetting a person: what is destroyed, and what remains and why.
//!
//! The contractor's workflow decides and the engine destroys the key; see `workflow_core::seal`. Deliberately absent:
//! erasing the person in JobDiva or at 1099Policy, whose records are not the runner's.

use serde_json::Value;
use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::{StateKind, Word};
use workflow_core::domain::contractor::{Contractor, Input};
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::StreamId;
use workflow_core::machine::Kind as _;
use workflow_core::seal::Subject;

use crate::certificates::files_cursor;
use crate::documents::Documents;
use crate::views;

/// Why nobody was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// No contractor was made of such a candidate, so that nothing of theirs is here.
    #[error("no candidate {0} is known here: nothing of theirs was ever kept")]
    Unknown(String),
    /// Which one is not clear.
    #[error("several tenants know a candidate {0}: say --tenant")]
    Ambiguous(String),
    /// The engine did not take it.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The log cannot be read.
    #[error("the log cannot be read: {0}")]
    Log(#[from] workflow_core::store::StoreError),
}

/// Forgets a candidate, of this tenant where one is named. Doing it again changes nothing and says the same.
pub async fn forget(
    engine: &Engine<Insurance>,
    documents: &Documents,
    candidate: &str,
    tenant: Option<&str>,
    reason: String,
    who: &str,
) -> Result<views::Forgotten, ForgetError> {
    begin_with_what_is_kept(engine, candidate, tenant, who).await?;
    let mut known = engine.summaries("contractor");
    known.retain(|summary| {
        let stream = &summary.stream;
        stream.key() == candidate && tenant.is_none_or(|tenant| stream.tenant() == tenant)
    });
    let stream = match (known.pop(), known.is_empty()) {
        (Some(summary), true) => summary.stream,
        (Some(_), false) => return Err(ForgetError::Ambiguous(candidate.to_owned())),
        (None, _) => return Err(ForgetError::Unknown(candidate.to_owned())),
    };
    let source = Source::new(format!("operator:{who}"), "");
    let handled = engine.handle::<Contractor>(&stream, Input::Forget { reason }, source).await?;
    let events = engine.history(&stream)?;
    let holds = |data: &Value| holds_sealed(data, stream.as_str());
    let sealed = events.iter().filter(|recorded| {
        let content = workflow_core::codec::Content(&recorded.event.content);
        content.to_json().is_ok_and(|data| holds(&data))
    });
    let subject = Subject::from(&stream);
    // The key is gone, so that nothing opens them; removing them is done again at the next start.
    if let Err(error) = documents.forget(&subject) {
        tracing::error!(%stream, %error, "a forgotten person's documents could not be removed; nothing opens them");
    }
    drop(engine.store().set_cursor(&files_cursor(&stream), b"[]"));
    Ok(views::Forgotten {
        version: views::VERSION,
        tenant: stream.tenant().to_owned(),
        candidate: candidate.to_owned(),
        already: handled.events == 0,
        key_destroyed: engine.vault().is_some_and(|vault| vault.is_forgotten(&subject)),
        events: events.len() as u64,
        events_closed: sealed.count() as u64,
        placements: placements_of(engine, &stream),
    })
}

/// A candidate of whom nothing but a document is kept has no contractor's workflow yet; forgetting is its affair.
async fn begin_with_what_is_kept(
    engine: &Engine<Insurance>,
    candidate: &str,
    tenant: Option<&str>,
    who: &str,
) -> Result<(), ForgetError> {
    for summary in engine.summaries("certificate") {
        let (stream, kept) = (summary.stream, StateKind::Kept.name());
        let whose = stream.key().rsplit_once('.').is_some_and(|(whose, _)| whose == candidate);
        let here = tenant.is_none_or(|tenant| stream.tenant() == tenant);
        if !whose || !here || summary.state != kept {
            continue;
        }
        let Ok(to) = StreamId::new("contractor", stream.tenant(), candidate) else { continue };
        let (certificate, word) = (stream.key().to_owned(), Word::Needs { round: 1 });
        let input = Input::CertificateTold { certificate, word };
        engine.handle::<Contractor>(&to, input, Source::new(format!("operator:{who}"), "")).await?;
    }
    Ok(())
}

/// Whether an event's data holds something sealed for this person.
fn holds_sealed(data: &Value, subject: &str) -> bool {
    match data {
        Value::Object(map) => {
            let own = map.get("subject").is_some_and(|whose| whose == subject);
            (own && map.contains_key("sealed")) || map.values().any(|v| holds_sealed(v, subject))
        }
        Value::Array(items) => items.iter().any(|item| holds_sealed(item, subject)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The placements that asked for this person: their records hold ids, dates and amounts, and stay.
fn placements_of(engine: &Engine<Insurance>, stream: &StreamId) -> Vec<String> {
    use workflow_core::domain::contractor::State;
    let Ok(Some(state)) = engine.state::<Contractor>(stream) else { return Vec::new() };
    let book = match &state {
        State::Identified { estate, .. } | State::Succeeding { estate, .. } => &estate.book,
        State::Contested { rivals } => &rivals.known.book,
        State::Merging { will, .. } | State::Merged { will } => &will.book,
        State::Unlinked { book }
        | State::Flagged { book, .. }
        | State::Retired { book, .. }
        | State::Forgotten { book, .. }
        | State::Gone { book, .. } => book,
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            &known.book
        }
    };
    book.asks.keys().map(ToString::to_string).collect()
}
