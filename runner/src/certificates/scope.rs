//! Of whom a certificate may be sent: of candidates who are known to be contractors, and of nobody else.
//!
//! What is handed in for anybody else is kept, sealed, and sent when a contractor's placement of theirs turns up; of one
//! whose placements are all out of scope, or who was forgotten, nothing is even kept, and what was kept before that was
//! known is a person's. A workflow never looks into another
//! one: whoever brings a document looks the placements up, and [`release`] does again whenever placements were read.

use std::collections::{BTreeMap, BTreeSet};

use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::{self, Certificate, Scope, Trouble};
use workflow_core::domain::contractor::StateKind;
use workflow_core::domain::facts::{CandidateId, PlacementId};
use workflow_core::domain::placement::{Issue, Placement, Readiness, State, candidate_alias};
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::StreamId;
use workflow_core::machine::Kind as _;

use super::TakeError;
use crate::read::{self, ReadError};

/// Whether something of a candidate may be sent, as far as is known. Nothing is taken of a person who was forgotten, nor
/// of a candidate whose placements are all out of scope.
pub(super) fn scope_of(
    engine: &Engine<Insurance>,
    tenant: &str,
    candidate: &CandidateId,
) -> Result<Scope, TakeError> {
    if let Some(why) = gone(engine, tenant, candidate) {
        return Err(TakeError::OutOfScope(format!("candidate {candidate}: {why}")));
    }
    let placements = placements_of(engine, tenant, candidate);
    let mut any_in = placements.is_empty();
    for stream in &placements {
        any_in = any_in || !engine.state::<Placement>(stream)?.as_ref().is_some_and(is_out);
    }
    if !any_in {
        return Err(TakeError::OutOfScope(format!(
            "every placement of candidate {candidate} is out of scope: nothing of theirs is sent"
        )));
    }
    Ok(known(engine, tenant, candidate)?)
}

/// Why a placement may not be named to the insurer with a certificate of this candidate's: it is not known to be theirs, or
/// is out of scope. Both ids are digits.
pub(super) fn unfit_placement(
    engine: &Engine<Insurance>,
    tenant: &str,
    candidate: &CandidateId,
    placement: &PlacementId,
) -> Result<Option<String>, HandleError> {
    let state = match StreamId::new("placement", tenant, placement.as_str()) {
        Ok(stream) => engine.state::<Placement>(&stream)?,
        Err(_) => None,
    };
    Ok(match state {
        Some(state) if state.candidate() == Some(candidate) => is_out(&state).then(|| {
            format!("placement {placement} is out of scope: nothing is sent that is for it")
        }),
        Some(_) | None => Some(format!(
            "placement {placement} is not known to be one of candidate {candidate}: name another, or none"
        )),
    })
}

/// Whether a placement is no contractor's as far as is known: nothing of it is sent, whatever covers it still.
fn is_out(state: &State) -> bool {
    matches!(
        state,
        State::Excluded { .. } | State::Flagged { issue: Issue::OutOfScopeWhileCovered { .. }, .. }
    )
}

/// A contractor's workflow is begun by a placement in scope, or by a certificate that was; it knows of merges too.
fn known(
    engine: &Engine<Insurance>,
    tenant: &str,
    candidate: &CandidateId,
) -> Result<Scope, HandleError> {
    let own = StreamId::new("contractor", tenant, candidate.as_str()).ok();
    if own.is_some_and(|own| engine.summary(&own).is_some()) {
        return Ok(Scope::Known);
    }
    for stream in placements_of(engine, tenant, candidate) {
        let state = engine.state::<Placement>(&stream)?;
        if state.as_ref().and_then(contractor_of).as_ref() == Some(candidate) {
            return Ok(Scope::Known);
        }
    }
    Ok(Scope::Unknown)
}

/// Tells the certificates that are only kept whether their candidates are known to be contractors by now, or known to be
/// none.
pub async fn release(
    engine: &Engine<Insurance>,
    tenant: &str,
    source: &Source,
) -> Result<(), ReadError> {
    let back = [certificate::StateKind::Kept.name(), certificate::StateKind::Held.name()];
    for summary in engine.summaries_in("certificate", &back) {
        let stream = summary.stream;
        if stream.tenant() != tenant || !kept_back(engine, &stream, summary.state) {
            continue;
        }
        let Some((candidate, _)) = stream.key().rsplit_once('.') else { continue };
        let scope = scope_of(engine, tenant, &CandidateId(candidate.to_owned()));
        let input = match scope {
            Ok(Scope::Known) => certificate::Input::ScopeSeen,
            Err(TakeError::OutOfScope(reason)) => certificate::Input::OutOfScope { reason },
            Ok(Scope::Unknown) => continue,
            Err(TakeError::Handle(stopped @ HandleError::Stopped(_))) => {
                return Err(ReadError::Stopped(stopped));
            }
            Err(error) => {
                tracing::error!(%stream, %error, "whose it is cannot be read");
                continue;
            }
        };
        let told = engine.handle::<Certificate>(&stream, input, source.clone()).await;
        read::settled(&stream, told)?;
    }
    Ok(())
}

/// Whether a certificate waits for its candidate to be known as a contractor, with or without a person.
pub(super) fn kept_back(engine: &Engine<Insurance>, stream: &StreamId, state: &str) -> bool {
    state == certificate::StateKind::Kept.name()
        || (state == certificate::StateKind::Held.name()
            && matches!(
                engine.state::<Certificate>(stream),
                Ok(Some(certificate::State::Held { trouble: Trouble::OutOfScope { .. }, .. }))
            ))
}

/// Why nothing of a candidate is taken any more: they were forgotten, or are gone from JobDiva.
fn gone(engine: &Engine<Insurance>, tenant: &str, candidate: &CandidateId) -> Option<String> {
    let own = StreamId::new("contractor", tenant, candidate.as_str()).ok()?;
    let summary = engine.summary(&own)?;
    let gone = [StateKind::Forgotten, StateKind::Gone, StateKind::Retired];
    gone.iter().any(|kind| kind.name() == summary.state).then_some(summary.headline)
}

fn placements_of(
    engine: &Engine<Insurance>,
    tenant: &str,
    candidate: &CandidateId,
) -> BTreeSet<StreamId> {
    let mut found = engine.find(&candidate_alias(candidate));
    found.retain(|stream| stream.tenant() == tenant && stream.workflow() == "placement");
    found
}

/// Who is in scope: the candidates with a contractor's placement on its road, each with those placements.
pub fn in_scope(
    engine: &Engine<Insurance>,
    tenant: &str,
) -> Result<BTreeMap<CandidateId, BTreeSet<PlacementId>>, HandleError> {
    let mut scope: BTreeMap<CandidateId, BTreeSet<PlacementId>> = BTreeMap::new();
    for summary in engine.open_summaries("placement") {
        if summary.terminal || summary.state == "Excluded" || summary.stream.tenant() != tenant {
            continue;
        }
        match engine.state::<Placement>(&summary.stream) {
            Ok(state) => {
                if let Some(candidate) = state.as_ref().and_then(contractor_of) {
                    let placement = PlacementId(summary.stream.key().to_owned());
                    scope.entry(candidate).or_default().insert(placement);
                }
            }
            Err(stopped @ HandleError::Stopped(_)) => return Err(stopped),
            Err(trouble) => {
                tracing::error!(stream = %summary.stream, %trouble, "a placement cannot be replayed");
            }
        }
    }
    scope.retain(|candidate, _| gone(engine, tenant, candidate).is_none());
    Ok(scope)
}

/// The candidate of a placement that is known to be a contractor's.
fn contractor_of(state: &State) -> Option<CandidateId> {
    if is_out(state) {
        return None;
    }
    let of = |terms: &workflow_core::domain::terms::Terms| Some(terms.references.candidate.clone());
    match state {
        State::Discovered { readiness: Readiness::Ready { terms }, .. } => of(terms),
        State::ContractorReady { engagement, .. } => of(&engagement.terms),
        State::JobReady { hired }
        | State::Quoted { hired, .. }
        | State::ApplicationPending { hired, .. }
        | State::Assigned { hired, .. }
        | State::Active { hired, .. } => of(hired.terms()),
        State::Flagged { back, .. } => of(&back.engagement()?.terms),
        State::Discovered { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => None,
    }
}
