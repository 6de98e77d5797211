//! Reading facts where a hint points, and telling the placements what was read. Polls and the inbox both come here.

use std::collections::BTreeSet;
use std::sync::Arc;

use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call, Sighting};
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::facts::{CandidateId, PlacementId, RequisitionId};
use workflow_core::domain::placement::{self, Placement, candidate_alias, requisition_alias};
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::{Key, StreamId};
use workflow_core::outcome::{Attempt, Outcome};

use crate::systems::{Connected, JOBDIVA};

/// Why something could not be read now.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system did not answer; try again.
    #[error("{0}")]
    Later(String),
    /// The system refuses; trying again is no use.
    #[error("{0}")]
    Refused(String),
    /// The engine has stopped.
    #[error(transparent)]
    Engine(#[from] HandleError),
}

/// Which known placements an ATS's hint is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// These placements, known or not.
    pub placements: BTreeSet<PlacementId>,
    /// These placements, where they are known.
    pub known: BTreeSet<PlacementId>,
    /// The known placements of these people, and the people themselves.
    pub candidates: BTreeSet<CandidateId>,
    /// The known placements that fill these requisitions.
    pub requisitions: BTreeSet<RequisitionId>,
}

/// Reads all that a hint points to, and tells the workflows. Goes on past what is refused; stops at what must be tried
/// again.
pub async fn follow(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    hint: &Hint,
    source: &Source,
) -> Result<usize, ReadError> {
    let tenant = &connected.tenant.name;
    let mut placements = hint.placements.clone();
    let stream = |id: &PlacementId| StreamId::new("placement", tenant, id.as_str()).ok();
    let known = |id: &&PlacementId| stream(id).is_some_and(|s| engine.summary(&s).is_some());
    placements.extend(hint.known.iter().filter(known).cloned());
    let aliases = hint.candidates.iter().map(candidate_alias);
    for alias in aliases.chain(hint.requisitions.iter().map(requisition_alias)) {
        let found = engine.find(&alias).into_iter().filter(|s| s.tenant() == tenant);
        placements.extend(found.map(|stream| PlacementId(stream.key().to_owned())));
    }
    let mut read = 0;
    for placement in &placements {
        match placement_facts(engine, connected, placement, source).await {
            Ok(()) => read += 1,
            Err(ReadError::Refused(reason)) => {
                tracing::warn!(%tenant, %placement, %reason, "a placement could not be read");
            }
            Err(other) => return Err(other),
        }
    }
    for candidate in &hint.candidates {
        person(engine, connected, candidate, source).await?;
    }
    Ok(read)
}

/// Reads one placement and tells its workflow.
pub async fn placement_facts(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    placement: &PlacementId,
    source: &Source,
) -> Result<(), ReadError> {
    let tenant = &connected.tenant.name;
    let Ok(stream) = StreamId::new("placement", tenant, placement.as_str()) else {
        return Err(ReadError::Refused("its id cannot stand in a stream's name".into()));
    };
    let _turn = connected.turns.facts.lock().await;
    let input = match connected.jobdiva.assemble(placement).await {
        Ok(Some(facts)) => placement::Input::Observed(Box::new(facts)),
        Ok(None) if engine.summary(&stream).is_none() => return Ok(()),
        Ok(None) => placement::Input::Vanished,
        Err(error) if error.may_pass() => return Err(ReadError::Later(error.to_string())),
        Err(error) => return Err(ReadError::Refused(error.to_string())),
    };
    match engine.handle::<Placement>(&stream, input, source.clone()).await {
        Ok(handled) => {
            if handled.events > 0 {
                tracing::info!(%stream, state = handled.state, "a placement moved");
            }
            Ok(())
        }
        Err(HandleError::Rejected(no)) => {
            tracing::warn!(%stream, reason = %no, "an observation was refused");
            Ok(())
        }
        Err(other) => Err(other.into()),
    }
}

/// Reads one person again, where a placement in scope has asked for them.
async fn person(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    candidate: &CandidateId,
    source: &Source,
) -> Result<(), ReadError> {
    let tenant = &connected.tenant.name;
    let Ok(stream) = StreamId::new("contractor", tenant, candidate.as_str()) else { return Ok(()) };
    if engine.summary(&stream).is_none() {
        return Ok(());
    }
    let now = engine.clock().now();
    let attempt = Attempt {
        stream: stream.clone(),
        key: Key::from_text("read"),
        generation: 1,
        earlier: 0,
        owed_since: now,
        now,
        look_first: false,
    };
    let call = Call::ReadPerson { candidate: candidate.clone() };
    let _turn = connected.turns.facts.lock().await;
    match connected.jobdiva.perform(&call, &attempt).await {
        Outcome::Answered(Answer::PersonRead(person)) => {
            let input = contractor::Input::Observed(person);
            match engine.handle::<Contractor>(&stream, input, source.clone()).await {
                Ok(_) | Err(HandleError::Rejected(_)) => Ok(()),
                Err(other) => Err(other.into()),
            }
        }
        Outcome::Answered(_) => Ok(()),
        Outcome::Again(again) => Err(ReadError::Later(again.reason)),
    }
}

/// Tells the placements that a sighting is about; returns them.
pub async fn tell(
    engine: &Engine<Insurance>,
    tenant: &str,
    sighting: &Sighting,
    source: &Source,
) -> Result<BTreeSet<StreamId>, HandleError> {
    let names: Vec<&str> = match sighting {
        Sighting::Policy { policy, quote, .. } => vec![policy.as_str(), quote.as_str()],
        Sighting::Assignment { assignment, job, .. } => vec![assignment.as_str(), job.as_str()],
        Sighting::Application { session, quote, .. } => {
            std::iter::once(session.as_str()).chain(quote.as_ref().map(|q| q.as_str())).collect()
        }
    };
    let found = names.iter().flat_map(|name| engine.find(name));
    let streams: BTreeSet<StreamId> =
        found.filter(|s| s.tenant() == tenant && s.workflow() == "placement").collect();
    for stream in &streams {
        let input = placement::Input::Seen(sighting.clone());
        match engine.handle::<Placement>(stream, input, source.clone()).await {
            Ok(handled) if handled.events > 0 => {
                tracing::info!(%stream, state = handled.state, "a placement moved");
            }
            Ok(_) => {}
            Err(HandleError::Rejected(no)) => {
                tracing::warn!(%stream, reason = %no, "a sighting was refused");
            }
            Err(other) => return Err(other),
        }
    }
    Ok(streams)
}

/// The source of inputs that a poll of JobDiva found.
pub fn poll_source() -> Source {
    Source::new(format!("poll:{JOBDIVA}"), "")
}
