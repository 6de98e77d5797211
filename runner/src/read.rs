//! Reading facts where a hint points, and telling the placements what was read. Polls and the inbox both come here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use workflow_core::domain::Insurance;
use workflow_core::domain::call::{CertificateId, Sighting};
use workflow_core::domain::certificate::{self, Certificate};
use workflow_core::domain::facts::{CandidateId, PlacementId, RequisitionId};
use workflow_core::domain::placement::{self, Placement, candidate_alias, requisition_alias};
use workflow_core::engine::{Engine, HandleError, Handled, Source};
use workflow_core::id::StreamId;
use workflow_core::time::Timestamp;

use crate::certificates;
use crate::people;
use crate::systems::{Connected, JOBDIVA};

/// Why something could not be read now.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system did not answer; try again.
    #[error("{0}")]
    Later(String),
    /// The system refuses; trying again is hardly any use.
    #[error("{0}")]
    Refused(String),
    /// The engine has stopped.
    #[error(transparent)]
    Stopped(HandleError),
}

/// What reading one placement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Its workflow was told.
    Told,
    /// It is known neither here nor there.
    Unknown,
}

/// What following a hint came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// How many placements were read.
    pub read: usize,
    /// How many are known neither here nor there.
    pub unknown: usize,
    /// Those that could not be read, with the reason.
    pub unread: BTreeMap<PlacementId, String>,
    /// Why some of these were not even asked for: a person paused them.
    pub paused: Option<String>,
}

/// A placement of which JobDiva gives nothing is gone only when it gives nothing again after this time: one empty answer
/// ends nobody's coverage.
pub(crate) const EMPTY_FOR: Duration = Duration::from_secs(3600);

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
    /// Placements of which JobDiva says that they were deleted, where they are known.
    pub deleted: BTreeSet<PlacementId>,
    /// Candidates that were merged, each with the one that stays.
    pub merged: BTreeMap<CandidateId, CandidateId>,
    /// Candidates of which JobDiva says that they are gone: deleted, or merged.
    pub gone: BTreeSet<CandidateId>,
}

/// Whether JobDiva said that something was deleted, before it gives nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It did: that and an empty answer are enough.
    Said,
    /// It did not.
    Unsaid,
}

/// Reads all that a hint points to, and tells the workflows. What cannot be read is noted, and stops nothing else.
pub async fn follow(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    hint: &Hint,
    source: &Source,
) -> Result<Followed, ReadError> {
    let tenant = &connected.tenant.name;
    // First who is who: else the placements of a merged candidate seem to have another worker.
    people::merged(engine, connected, &hint.merged, source).await?;
    let mut placements = hint.placements.clone();
    let stream = |id: &PlacementId| StreamId::new("placement", tenant, id.as_str()).ok();
    let known = |id: &&PlacementId| stream(id).is_some_and(|s| engine.summary(&s).is_some());
    placements.extend(hint.known.iter().chain(&hint.deleted).filter(known).cloned());
    let aliases = hint.candidates.iter().map(candidate_alias);
    for alias in aliases.chain(hint.requisitions.iter().map(requisition_alias)) {
        let found = engine.find(&alias).into_iter();
        let own = found.filter(|s| s.tenant() == tenant && s.workflow() == "placement");
        placements.extend(own.map(|stream| PlacementId(stream.key().to_owned())));
    }
    let mut followed = Followed::default();
    for placement in placements {
        let paused = stream(&placement).and_then(|stream| connected.gates.of_instance(&stream));
        if let Some(why) = paused {
            followed.unread.insert(placement, why.clone());
            followed.paused = Some(why);
            continue;
        }
        let deletion = match hint.deleted.contains(&placement) {
            true => Deletion::Said,
            false => Deletion::Unsaid,
        };
        match placement_facts(engine, connected, &placement, deletion, source).await {
            Ok(Read::Told) => followed.read += 1,
            Ok(Read::Unknown) => followed.unknown += 1,
            Err(ReadError::Later(reason) | ReadError::Refused(reason)) => {
                tracing::warn!(%tenant, %placement, %reason, "a placement could not be read");
                followed.unread.insert(placement, reason);
            }
            Err(stopped @ ReadError::Stopped(_)) => return Err(stopped),
        }
    }
    let gone = hint.gone.iter().map(|candidate| (candidate, Deletion::Said));
    let touched = hint.candidates.iter().map(|candidate| (candidate, Deletion::Unsaid));
    for (candidate, deletion) in gone.chain(touched) {
        match people::person(engine, connected, candidate, deletion, source).await {
            Err(ReadError::Later(reason) | ReadError::Refused(reason)) => {
                tracing::warn!(%tenant, %candidate, %reason, "a person could not be read");
            }
            other => other?,
        }
    }
    if followed.read > 0 {
        certificates::release(engine, tenant, source).await?;
    }
    Ok(followed)
}

/// Reads one placement and tells its workflow.
pub async fn placement_facts(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    placement: &PlacementId,
    deletion: Deletion,
    source: &Source,
) -> Result<Read, ReadError> {
    let tenant = &connected.tenant.name;
    let Ok(stream) = StreamId::new("placement", tenant, placement.as_str()) else {
        return Err(ReadError::Refused("its id cannot stand in a stream's name".into()));
    };
    let _turn = connected.turns.facts.lock().await;
    let input = match connected.jobdiva.assemble(placement).await {
        Ok(Some(facts)) => {
            empties(connected).remove(placement.as_str());
            people::who_is(engine, connected, &stream, &facts.candidate, source).await?;
            placement::Input::Observed(Box::new(facts))
        }
        Ok(None) if engine.summary(&stream).is_none() => return Ok(Read::Unknown),
        Ok(None) => {
            let now = engine.clock().now();
            let since = *empties(connected).entry(placement.to_string()).or_insert(now);
            if deletion == Deletion::Unsaid && now.since(since) < EMPTY_FOR {
                return Err(ReadError::Later("JobDiva gives nothing of it: read again".into()));
            }
            placement::Input::Vanished
        }
        Err(error) if error.may_pass() => return Err(ReadError::Later(error.to_string())),
        Err(error) => return Err(ReadError::Refused(error.to_string())),
    };
    let handled = engine.handle::<Placement>(&stream, input, source.clone()).await;
    settled(&stream, handled)?;
    Ok(Read::Told)
}

pub(crate) fn empties(connected: &Connected) -> MutexGuard<'_, BTreeMap<String, Timestamp>> {
    connected.empty.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Only a stopped engine ends the reading: one instance in trouble is logged, and stops no other.
pub(crate) fn settled(
    stream: &StreamId,
    handled: Result<Handled, HandleError>,
) -> Result<(), ReadError> {
    match handled {
        Ok(handled) if handled.events > 0 => {
            tracing::info!(%stream, state = handled.state, "an instance moved");
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(stopped @ HandleError::Stopped(_)) => Err(ReadError::Stopped(stopped)),
        Err(HandleError::Rejected(no)) => {
            tracing::warn!(%stream, reason = %no, "what was read was refused");
            Ok(())
        }
        Err(trouble) => {
            tracing::error!(%stream, %trouble, "what was read could not be taken");
            Err(ReadError::Refused(trouble.to_string()))
        }
    }
}

/// Tells the placements, or the certificate, that a sighting is about; returns them.
pub async fn tell(
    engine: &Engine<Insurance>,
    tenant: &str,
    sighting: &Sighting,
    source: &Source,
) -> Result<BTreeSet<StreamId>, ReadError> {
    let streams = about(engine, tenant, sighting);
    for stream in &streams {
        if let Sighting::Certificate { review, .. } = sighting {
            let input = certificate::Input::Reviewed(review.clone());
            let handled = engine.handle::<Certificate>(stream, input, source.clone()).await;
            settled(stream, handled)?;
            continue;
        }
        let input = placement::Input::Seen(sighting.clone());
        settled(stream, engine.handle::<Placement>(stream, input, source.clone()).await)?;
    }
    Ok(streams)
}

/// Tells the certificate that the insurer does not have it any more; returns those that were told.
pub async fn certificate_gone(
    engine: &Engine<Insurance>,
    tenant: &str,
    certificate: &CertificateId,
    source: &Source,
) -> Result<BTreeSet<StreamId>, ReadError> {
    let mut streams = engine.find(certificate.as_str());
    streams.retain(|s| s.tenant() == tenant && s.workflow() == "certificate");
    for stream in &streams {
        let input = certificate::Input::Vanished;
        settled(stream, engine.handle::<Certificate>(stream, input, source.clone()).await)?;
    }
    Ok(streams)
}

/// The placements of a tenant, or the certificate, that a sighting is about.
pub fn about(engine: &Engine<Insurance>, tenant: &str, sighting: &Sighting) -> BTreeSet<StreamId> {
    let names: Vec<&str> = match sighting {
        Sighting::Policy { policy, quote, .. } => vec![policy.as_str(), quote.as_str()],
        Sighting::Assignment { assignment, job, .. } => vec![assignment.as_str(), job.as_str()],
        Sighting::Certificate { certificate, .. } => vec![certificate.as_str()],
        Sighting::Application { session, quote, .. } => {
            std::iter::once(session.as_str()).chain(quote.as_ref().map(|q| q.as_str())).collect()
        }
    };
    let workflow = match sighting {
        Sighting::Certificate { .. } => "certificate",
        Sighting::Policy { .. } | Sighting::Assignment { .. } | Sighting::Application { .. } => {
            "placement"
        }
    };
    let found = names.iter().flat_map(|name| engine.find(name));
    found.filter(|s| s.tenant() == tenant && s.workflow() == workflow).collect()
}

/// The source of inputs that a poll of JobDiva found.
pub fn poll_source() -> Source {
    Source::new(format!("poll:{JOBDIVA}"), "")
}
