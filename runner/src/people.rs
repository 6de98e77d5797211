//! Reading candidates where a hint points: changed, merged into another one, or gone.
//!
//! Who is who comes before what is told of their placements: a merge that is not known yet looks like another worker, or
//! like a new one. Deliberately absent: what follows from a merge; the contractor's workflow decides that.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call};
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::facts::CandidateId;
use workflow_core::domain::placement::candidate_alias;
use workflow_core::engine::{Engine, Source};
use workflow_core::id::{Key, StreamId};
use workflow_core::machine::Kind as _;
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::time::Timestamp;

use crate::certificates;
use crate::read::{Deletion, EMPTY_FOR, ReadError, empties, settled};
use crate::systems::Connected;

/// How far back merges are looked for out of turn; the feeds know the older ones.
const MERGED_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// How often they are because of new candidates, at most.
const MERGES_EVERY: Duration = Duration::from_secs(60);
/// The longest wait until the placements know of a merge. What comes later heals by itself.
const TOLD_WITHIN: Duration = Duration::from_secs(10);
/// What the mark of a person of whom JobDiva gives nothing begins with.
const ABSENT: &str = "candidate:";

fn stream_of(connected: &Connected, candidate: &CandidateId) -> Option<StreamId> {
    StreamId::new("contractor", &connected.tenant.name, candidate.as_str()).ok()
}

/// Tells the contractors of merged candidates, and waits until their placements know.
pub async fn merged(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    pairs: &BTreeMap<CandidateId, CandidateId>,
    source: &Source,
) -> Result<(), ReadError> {
    let mut moved = false;
    for (old, into) in pairs {
        let Some(stream) = stream_of(connected, old) else { continue };
        if engine.summary(&stream).is_none() {
            // Nobody else would tell what is kept of them.
            if let Some(documents) = connected.documents.get() {
                let tenant = &connected.tenant.name;
                certificates::handed_on(engine, documents, tenant, (old, into), source).await?;
            }
            continue;
        }
        let input = contractor::Input::Merged { into: into.clone() };
        settled(&stream, engine.handle::<Contractor>(&stream, input, source.clone()).await)?;
        moved = true;
    }
    if moved {
        let told = async {
            let mut changes = engine.changes();
            while engine.messages_waiting() > 0 && changes.changed().await.is_ok() {}
        };
        drop(tokio::time::timeout(TOLD_WITHIN, told).await);
    }
    Ok(())
}

/// Asks JobDiva which candidates were merged, before the feeds tell.
async fn learn_merges(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    source: &Source,
) -> Result<(), ReadError> {
    let now = engine.clock().now();
    let back = i64::try_from(MERGED_WITHIN.as_millis()).unwrap_or(i64::MAX);
    let since = Timestamp(now.0.saturating_sub(back));
    match connected.jobdiva.merged_since(since, now).await {
        Ok(pairs) => {
            *connected.merges_read.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
            merged(engine, connected, &pairs, source).await
        }
        Err(error) if error.may_pass() => Err(ReadError::Later(error.to_string())),
        Err(error) => Err(ReadError::Refused(error.to_string())),
    }
}

/// Makes sure that a placement's candidate is who they seem to be, where they are not the one known so far.
pub async fn who_is(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    placement: &StreamId,
    candidate: &CandidateId,
    source: &Source,
) -> Result<(), ReadError> {
    let now = engine.clock().now();
    let suspicious = match engine.summary(placement) {
        // Another worker, or the same one under another id.
        Some(summary) => {
            !summary.terminal && !engine.find(&candidate_alias(candidate)).contains(placement)
        }
        // A new candidate, or one who has a contractor under another id.
        None => {
            let stream = stream_of(connected, candidate);
            let known = stream.is_some_and(|stream| engine.summary(&stream).is_some());
            let read = *connected.merges_read.lock().unwrap_or_else(PoisonError::into_inner);
            !known && read.is_none_or(|read| now.since(read) >= MERGES_EVERY)
        }
    };
    if !suspicious {
        return Ok(());
    }
    learn_merges(engine, connected, source).await
}

/// Reads one person again, where a placement in scope has asked for them.
pub async fn person(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    candidate: &CandidateId,
    deletion: Deletion,
    source: &Source,
) -> Result<(), ReadError> {
    let Some(stream) = stream_of(connected, candidate) else { return Ok(()) };
    // Of a forgotten person nothing is taken, so nothing is read either; of one who is another one now, or gone, neither.
    let over = [
        contractor::StateKind::Forgotten,
        contractor::StateKind::Gone,
        contractor::StateKind::Merged,
        contractor::StateKind::Retired,
    ];
    let is_over = || {
        let state = engine.summary(&stream).map(|summary| summary.state);
        state.is_none_or(|state| over.iter().any(|kind| kind.name() == state))
    };
    if is_over() || connected.gates.of_instance(&stream).is_some() {
        return Ok(());
    }
    if deletion == Deletion::Said {
        learn_merges(engine, connected, source).await?;
        if is_over() {
            return Ok(());
        }
    }
    let attempt = attempt(&stream, engine.clock().now());
    let call = Call::ReadPerson { candidate: candidate.clone() };
    let _turn = connected.turns.facts.lock().await;
    let mark = format!("{ABSENT}{candidate}");
    let input = match connected.jobdiva.perform(&call, &attempt).await {
        Outcome::Answered(Answer::PersonRead(person)) => {
            empties(connected).remove(&mark);
            contractor::Input::Observed(person)
        }
        Outcome::Answered(Answer::PersonUnknown) => {
            let now = engine.clock().now();
            let since = *empties(connected).entry(mark.clone()).or_insert(now);
            if deletion == Deletion::Unsaid && now.since(since) < EMPTY_FOR {
                let reason = "JobDiva gives nothing of the candidate: read again";
                return Err(ReadError::Later(reason.into()));
            }
            empties(connected).remove(&mark);
            contractor::Input::Retire { reason: "the candidate was deleted in the ATS".into() }
        }
        Outcome::Answered(_) => return Ok(()),
        Outcome::Again(again) => return Err(ReadError::Later(again.reason)),
    };
    settled(&stream, engine.handle::<Contractor>(&stream, input, source.clone()).await)
}

/// People of whom JobDiva gave nothing, to be read once more.
pub fn absent(connected: &Connected) -> Vec<CandidateId> {
    let marks = empties(connected);
    let ids = marks.keys().filter_map(|mark| mark.strip_prefix(ABSENT));
    ids.map(|id| CandidateId(id.to_owned())).collect()
}

fn attempt(stream: &StreamId, now: Timestamp) -> Attempt {
    Attempt {
        stream: stream.clone(),
        key: Key::from_text("read"),
        generation: 1,
        earlier: 0,
        owed_since: now,
        now,
        look_first: false,
    }
}
