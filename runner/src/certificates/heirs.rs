//! What is only kept of a candidate who is another one by now goes on with that one.
//!
//! A merge reaches certificates through the candidate's contractor. Where nobody knows a contractor yet there is none to tell
//! them: whoever learns of the merge calls [`handed_on`]. Whether the other one is a contractor is asked then, as ever.

use std::sync::Arc;

use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::{self, Certificate, Found, Input, Scope, State};
use workflow_core::domain::facts::{CandidateId, PersonalText, PlacementId};
use workflow_core::domain::placement::candidate_alias;
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::StreamId;

use super::TakeError;
use super::scope::{kept_back, scope_of, unfit_placement};
use crate::documents::Documents;
use crate::read::{self, ReadError};

/// Takes each document that is only kept of `old` in for `into`, and ends it where it was. Asked again, it does what is
/// still to be done, and nothing twice.
pub async fn handed_on(
    engine: &Engine<Insurance>,
    documents: &Arc<Documents>,
    tenant: &str,
    (old, into): (&CandidateId, &CandidateId),
    source: &Source,
) -> Result<(), ReadError> {
    for stream in engine.find(&candidate_alias(old)) {
        let is_certificate = stream.workflow() == "certificate" && stream.tenant() == tenant;
        let Some(summary) = engine.summary(&stream).filter(|_| is_certificate) else { continue };
        if !kept_back(engine, &stream, summary.state) {
            continue;
        }
        let Ok(Some(state)) = engine.state::<Certificate>(&stream) else { continue };
        let input = match one(engine, documents, &stream, &state, into, source).await? {
            Some(certificate) => Input::ContentKnown { certificate },
            None => Input::OutOfScope {
                reason: format!(
                    "the candidate is {into} by now, and the document is not kept here any more: hand it in for them"
                ),
            },
        };
        read::settled(&stream, engine.handle::<Certificate>(&stream, input, source.clone()).await)?;
    }
    Ok(())
}

/// Takes one in; the key of its stream, or `None` where its bytes are not here any more.
async fn one(
    engine: &Engine<Insurance>,
    documents: &Arc<Documents>,
    stream: &StreamId,
    state: &State,
    into: &CandidateId,
    source: &Source,
) -> Result<Option<String>, ReadError> {
    let (tenant, paper) = (stream.tenant(), state.paper());
    let later = |error: String| ReadError::Later(error);
    let own = certificate::subject(tenant, &paper.candidate);
    let theirs = certificate::subject(tenant, into);
    let (documents, sha256) = (Arc::clone(documents), paper.sha256.clone());
    let moved = tokio::task::spawn_blocking(move || {
        let Some(bytes) = documents.read(&own, &sha256)? else { return Ok(false) };
        documents.keep(&theirs, &bytes).map(|_| true)
    });
    let moved = moved.await.map_err(|error| later(error.to_string()))?;
    if !moved.map_err(|error| later(error.to_string()))? {
        return Ok(None);
    }
    let scope = match scope_of(engine, tenant, into) {
        Ok(scope) => scope,
        // A person is told, as of any other that is kept of somebody who is no contractor.
        Err(TakeError::OutOfScope(_)) => Scope::Unknown,
        Err(TakeError::Handle(stopped @ HandleError::Stopped(_))) => {
            return Err(ReadError::Stopped(stopped));
        }
        Err(error) => return Err(later(error.to_string())),
    };
    let theirs = |placement: &PlacementId| {
        matches!(unfit_placement(engine, tenant, into, placement), Ok(None))
    };
    let heir = certificate::stream(tenant, into, &paper.sha256)
        .map_err(|error| later(error.to_string()))?;
    for origin in &paper.origins {
        let found = Found {
            candidate: into.clone(),
            sha256: paper.sha256.clone(),
            bytes: paper.bytes,
            name: paper.name.get().cloned().unwrap_or(PersonalText("certificate.pdf".to_owned())),
            origin: origin.clone(),
            placement: paper.placement.clone().filter(theirs),
            unfit: None,
            scope,
        };
        let input = Input::Found(Box::new(found));
        read::settled(&heir, engine.handle::<Certificate>(&heir, input, source.clone()).await)?;
    }
    Ok(Some(heir.key().to_owned()))
}
