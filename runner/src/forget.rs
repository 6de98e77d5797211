//! Forgetting a person: what is destroyed, and what remains and why.
//!
//! The contractor's workflow decides and the engine destroys the key; see `workflow_core::seal`. A person whom JobDiva
//! knew under several ids that were merged has a key for each: [`ids_of`] finds them, and all are destroyed. Deliberately
//! absent: erasing the person in JobDiva or at 1099Policy, whose records are not the runner's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::{self, Word};
use workflow_core::domain::contractor::{Contractor, Event, Input, Machine, State, StateKind};
use workflow_core::domain::facts::CandidateId;
use workflow_core::engine::{self, Engine, HandleError, Source, Summary};
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

/// Forgets a candidate under every id that JobDiva has merged, of this tenant where one is named. Doing it again changes
/// nothing and says the same; after a crash in between it goes on.
pub async fn forget(
    engine: &Engine<Insurance>,
    documents: &Documents,
    candidate: &str,
    tenant: Option<&str>,
    reason: String,
    who: &str,
) -> Result<views::Forgotten, ForgetError> {
    begin_with_what_is_kept(engine, candidate, tenant, who).await?;
    let all = engine.summaries("contractor").into_iter().map(|summary| summary.stream);
    let tenants: BTreeSet<String> = all.map(|stream| stream.tenant().to_owned()).collect();
    let mut known = Vec::new();
    for of in tenants.iter().filter(|of| tenant.is_none_or(|tenant| tenant == *of)) {
        let Ok(stream) = StreamId::new("contractor", of, candidate) else { continue };
        // Nothing may be kept under the id itself, and something under one that was merged into it.
        if !ids_of(engine, &stream)?.is_empty() {
            known.push(stream);
        }
    }
    let stream = match (known.pop(), known.is_empty()) {
        (Some(stream), true) => stream,
        (Some(_), false) => return Err(ForgetError::Ambiguous(candidate.to_owned())),
        (None, _) => return Err(ForgetError::Unknown(candidate.to_owned())),
    };
    let ids = ids_of(engine, &stream)?;
    let mut forgotten = views::Forgotten {
        version: views::VERSION,
        tenant: stream.tenant().to_owned(),
        candidate: candidate.to_owned(),
        also: Vec::new(),
        already: true,
        key_destroyed: true,
        events: 0,
        events_closed: 0,
        placements: Vec::new(),
    };
    for id in &ids {
        let source = Source::new(format!("operator:{who}"), "");
        let input = Input::Forget { reason: reason.clone() };
        let handled = engine.handle::<Contractor>(id, input, source).await?;
        let subject = Subject::from(id);
        leave_nothing(engine, documents, id, &subject)?;
        forgotten.already &= handled.events == 0;
        forgotten.key_destroyed &= engine.vault().is_some_and(|vault| vault.is_forgotten(&subject));
        let events = engine.history(id)?;
        forgotten.events += events.len() as u64;
        let closed = events.iter().filter(|recorded| {
            let content = workflow_core::codec::Content(&recorded.event.content);
            let holds = |data: &Value| ids.iter().any(|id| holds_sealed(data, id.as_str()));
            content.to_json().is_ok_and(|data| holds(&data))
        });
        forgotten.events_closed += closed.count() as u64;
        forgotten.placements.extend(placements_of(engine, id));
        forgotten.also.extend((*id != stream).then(|| id.key().to_owned()));
    }
    forgotten.placements.sort_unstable();
    forgotten.placements.dedup();
    Ok(forgotten)
}

/// What is left of a forgotten person outside the log: the documents, and which files of theirs were read.
fn leave_nothing(
    engine: &Engine<Insurance>,
    documents: &Documents,
    stream: &StreamId,
    subject: &Subject,
) -> Result<(), ForgetError> {
    // The key is gone, so that nothing opens them; removing them is done again at the next start.
    if let Err(error) = documents.forget(subject) {
        tracing::error!(%stream, %error, "a forgotten person's documents could not be removed; nothing opens them");
    }
    Ok(engine.store().set_cursor(&files_cursor(stream), b"[]")?)
}

/// The contractors of one person: this one, and all that JobDiva merged into it or it into, however often, also by way of
/// ids of which nothing is here.
pub fn ids_of(
    engine: &Engine<Insurance>,
    stream: &StreamId,
) -> Result<BTreeSet<StreamId>, HandleError> {
    let mut near: BTreeMap<StreamId, BTreeSet<StreamId>> = BTreeMap::new();
    for summary in engine.summaries("contractor") {
        if summary.stream.tenant() != stream.tenant() {
            continue;
        }
        for into in merged_into(engine, &summary)? {
            let into = StreamId::new("contractor", stream.tenant(), into.as_str());
            let Ok(into) = into else { continue };
            near.entry(into.clone()).or_default().insert(summary.stream.clone());
            near.entry(summary.stream.clone()).or_default().insert(into);
        }
    }
    let (mut found, mut open) = (BTreeSet::new(), vec![stream.clone()]);
    while let Some(next) = open.pop() {
        if found.insert(next.clone()) {
            open.extend(near.get(&next).into_iter().flatten().cloned());
        }
    }
    found.retain(|id| engine.summary(id).is_some());
    Ok(found)
}

/// Whom a contractor was merged into. Of one who was merged and then forgotten only the events still tell.
fn merged_into(
    engine: &Engine<Insurance>,
    summary: &Summary,
) -> Result<Vec<CandidateId>, HandleError> {
    let is = |kinds: &[StateKind]| kinds.iter().any(|kind| kind.name() == summary.state);
    if is(&[StateKind::Merging, StateKind::Merged, StateKind::Retired]) {
        return Ok(match engine.state::<Contractor>(&summary.stream)? {
            Some(State::Merging { will, .. } | State::Merged { will }) => vec![will.into],
            Some(State::Retired { heirs, .. }) => heirs.into_iter().collect(),
            Some(_) | None => Vec::new(),
        });
    }
    if !is(&[StateKind::Forgotten, StateKind::Gone]) {
        return Ok(Vec::new());
    }
    let events = engine.history(&summary.stream);
    let events = events.map_err(|error| HandleError::Stopped(error.to_string()))?;
    let mut into = Vec::new();
    for recorded in &events {
        let event = engine::decode::<Machine>(&recorded.event);
        let event = event.map_err(|error| HandleError::Defect(error.to_string()))?;
        if let Event::CandidateMerged { into: whom } = event {
            into.push(whom);
        }
    }
    Ok(into)
}

/// A candidate of whom nothing but a document is kept has no contractor's workflow yet; forgetting is its affair.
async fn begin_with_what_is_kept(
    engine: &Engine<Insurance>,
    candidate: &str,
    tenant: Option<&str>,
    who: &str,
) -> Result<(), ForgetError> {
    for summary in engine.summaries("certificate") {
        let (stream, kept) = (summary.stream, certificate::StateKind::Kept.name());
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
pub(crate) fn placements_of(engine: &Engine<Insurance>, stream: &StreamId) -> Vec<String> {
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
