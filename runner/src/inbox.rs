//! Works off the inbox: each delivery is a hint; what it points to is read back, and the workflows are told facts.
//!
//! One at a time and oldest first, so that no older reading overtakes a newer one. What cannot be read waits; what is
//! not understood, or about nothing known for days, is parked where a person sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::interpret::{Interest, interpret};
use tokio::sync::watch;
use workflow_core::backoff;
use workflow_core::domain::Insurance;
use workflow_core::domain::facts::CandidateId;
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::StreamId;
use workflow_core::inbox::{Delivery, Inbox, Input, State};
use workflow_core::time::Timestamp;

use crate::certificates::{self, LookError};
use crate::pulse::{Beat, Pulse};
use crate::read::{self, Hint, ReadError};
use crate::systems::{Connected, JOBDIVA, POLICY, Systems};

/// How long a delivery about something unknown is kept trying: its placement may be on its way.
const UNKNOWN_FOR: Duration = Duration::from_secs(3 * 24 * 3600);

/// The inbox's worker.
pub struct Worker {
    /// The engine whose inbox it is.
    pub engine: Engine<Insurance>,
    /// Where things are read back.
    pub systems: Arc<Systems>,
    /// Where it says what it is doing.
    pub pulse: Arc<Pulse>,
    /// How often the clock is looked at.
    pub look: Duration,
}

/// A delivery that could not be worked off yet.
struct Postponed {
    failed: u32,
    next: Timestamp,
}

/// What became of one delivery.
enum Done {
    Settled(String),
    Parked(String),
    Later(String),
}

/// A delivery that leads nowhere yet waits, but not for ever.
fn wait(reason: String, age: Duration) -> Done {
    if age < UNKNOWN_FOR { Done::Later(reason) } else { Done::Parked(reason) }
}

impl Worker {
    /// Works until `stop` turns true or the engine stops.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), HandleError> {
        let mut changes = self.engine.changes();
        let mut postponed: BTreeMap<StreamId, Postponed> = BTreeMap::new();
        while !*stop.borrow() {
            changes.mark_unchanged();
            self.work(&mut postponed).await?;
            let next = postponed.values().map(|p| p.next).min();
            self.pulse.set("inbox", next.map_or(Beat::Idle, Beat::Until));
            tokio::select! {
                _ = stop.changed() => {}
                changed = changes.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(self.look) => {}
            }
        }
        Ok(())
    }

    async fn work(&self, postponed: &mut BTreeMap<StreamId, Postponed>) -> Result<(), HandleError> {
        if self.engine.room().is_err() {
            // What would be read back could not be kept.
            return Ok(());
        }
        let mut waiting: Vec<_> = self.engine.summaries("delivery");
        waiting.retain(|summary| summary.state == "Waiting");
        waiting.sort_by_key(|summary| (summary.updated_at, summary.stream.clone()));
        postponed.retain(|stream, _| waiting.iter().any(|summary| summary.stream == *stream));
        for summary in waiting {
            let (stream, now) = (summary.stream, self.engine.clock().now());
            if postponed.get(&stream).is_some_and(|p| p.next > now) {
                continue;
            }
            self.pulse.set("inbox", Beat::Working);
            let delivery = match self.engine.state::<Inbox<Insurance>>(&stream) {
                Ok(Some(State::Waiting { delivery })) => delivery,
                Ok(_) => continue,
                Err(stopped @ HandleError::Stopped(_)) => return Err(stopped),
                Err(trouble) => {
                    tracing::error!(%stream, %trouble, "a delivery cannot be read back");
                    continue;
                }
            };
            let age = now.since(summary.updated_at);
            let input = match self.one(&stream, &delivery, age).await? {
                Done::Settled(outcome) => Input::Settled { outcome },
                Done::Parked(reason) => {
                    tracing::warn!(%stream, %reason, "a delivery was parked");
                    Input::Parked { reason }
                }
                Done::Later(reason) => {
                    tracing::debug!(%stream, %reason, "a delivery waits");
                    let failed = postponed.get(&stream).map_or(0, |p| p.failed) + 1;
                    let next = now.plus(backoff::wait(stream.as_str(), failed));
                    postponed.insert(stream, Postponed { failed, next });
                    continue;
                }
            };
            let source = Source::new("inbox", stream.key());
            match self.engine.handle::<Inbox<Insurance>>(&stream, input, source).await {
                Err(stopped @ HandleError::Stopped(_)) => return Err(stopped),
                Err(trouble) => tracing::error!(%stream, %trouble, "a delivery cannot be settled"),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    async fn one(
        &self,
        stream: &StreamId,
        delivery: &Delivery,
        age: Duration,
    ) -> Result<Done, HandleError> {
        let Some(connected) = self.systems.of(stream.tenant()) else {
            return Ok(Done::Later("the tenant is not in the configuration".into()));
        };
        let source = Source::new(format!("webhook:{}", delivery.source), stream.key());
        let done = match delivery.source.as_str() {
            JOBDIVA => self.jobdiva(connected, delivery, age, &source).await,
            POLICY => self.policy(connected, delivery, age, &source).await,
            other => Ok(Done::Parked(format!("no adapter is called {other}"))),
        };
        match done {
            Ok(done) => Ok(done),
            Err(ReadError::Later(reason)) => Ok(Done::Later(reason)),
            Err(ReadError::Refused(reason)) => Ok(Done::Parked(reason)),
            Err(ReadError::Stopped(error)) => Err(error),
        }
    }

    async fn jobdiva(
        &self,
        connected: &Arc<Connected>,
        delivery: &Delivery,
        age: Duration,
        source: &Source,
    ) -> Result<Done, ReadError> {
        use integration_jobdiva::interpret::Interest;
        let kept = integration_jobdiva::delivery::Delivery {
            key: source.key.clone(),
            kind: delivery.kind.clone(),
            subjects: delivery.subjects.clone(),
            size: usize::try_from(delivery.size).unwrap_or(usize::MAX),
            sha256: delivery.sha256.clone(),
        };
        let hint = match integration_jobdiva::interpret::interpret(&kept) {
            Interest::Placements(placements) => Hint { placements, ..Hint::default() },
            Interest::Candidates(candidates) => Hint { candidates, ..Hint::default() },
            Interest::Requisitions(requisitions) => Hint { requisitions, ..Hint::default() },
            Interest::Documents(candidates) => {
                return self.files(connected, &candidates).await;
            }
            Interest::Nothing => return Ok(Done::Settled("of no consequence".into())),
            Interest::NotUnderstood => return Ok(Done::Parked("not understood".into())),
        };
        let followed = read::follow(&self.engine, connected, &hint, source).await?;
        if let Some((placement, reason)) = followed.unread.first_key_value() {
            return Ok(wait(format!("{placement}: {reason}"), age));
        }
        if followed.read == 0 && followed.unknown > 0 {
            return Ok(wait("it is about nothing that is known here".to_owned(), age));
        }
        Ok(Done::Settled(format!("{} placements read", followed.read)))
    }

    /// Looks through the files of people who are in scope.
    async fn files(
        &self,
        connected: &Arc<Connected>,
        candidates: &BTreeSet<CandidateId>,
    ) -> Result<Done, ReadError> {
        let Some(documents) = self.systems.documents() else {
            return Ok(Done::Later("the documents are not open".into()));
        };
        let scope = certificates::in_scope(&self.engine, &connected.tenant.name);
        let scope = scope.map_err(ReadError::Stopped)?;
        let mut taken = 0;
        for (candidate, placements) in scope.iter().filter(|(who, _)| candidates.contains(who)) {
            let who = (candidate, placements);
            match certificates::look(&self.engine, connected, documents, who).await {
                Ok(looked) if looked.unread > 0 => {
                    return Ok(Done::Later("a file could not be read".into()));
                }
                Ok(looked) => taken += looked.taken,
                Err(LookError::Handle(stopped @ HandleError::Stopped(_))) => {
                    return Err(ReadError::Stopped(stopped));
                }
                Err(LookError::JobDiva(error)) if !error.may_pass() => {
                    return Err(ReadError::Refused(error.to_string()));
                }
                Err(error) => return Err(ReadError::Later(error.to_string())),
            }
        }
        Ok(Done::Settled(format!("{taken} certificates found")))
    }

    async fn policy(
        &self,
        connected: &Arc<Connected>,
        delivery: &Delivery,
        age: Duration,
        source: &Source,
    ) -> Result<Done, ReadError> {
        let kept = integration_1099policy::delivery::Delivery {
            key: source.key.clone(),
            kind: delivery.kind.clone(),
            spelled: delivery.kind.clone(),
            subjects: delivery.subjects.clone(),
            created: None,
            size: usize::try_from(delivery.size).unwrap_or(usize::MAX),
            sha256: delivery.sha256.clone(),
        };
        let interest = interpret(&kept);
        match &interest {
            Interest::NotUnderstood { why, .. } => {
                return Ok(Done::Parked(format!("not understood: {why}")));
            }
            Interest::Category { .. } => return Ok(Done::Settled("job categories changed".into())),
            Interest::Certificate { .. }
            | Interest::Policy { .. }
            | Interest::Application { .. }
            | Interest::Assignment { .. }
            | Interest::Invoice { .. } => {}
        }
        let _turn = connected.turns.sightings.lock().await;
        let now = self.engine.clock().now();
        let sightings = match connected.policy.confirm(&interest, now).await {
            Ok(sightings) => sightings,
            Err(error) if error.is_not_found() => {
                return Ok(Done::Parked(
                    "it names something that the provider does not have".into(),
                ));
            }
            Err(error @ integration_1099policy::failure::Error::Refused(_)) => {
                return Err(ReadError::Refused(error.to_string()));
            }
            Err(error) => return Err(ReadError::Later(error.to_string())),
        };
        let mut told = Vec::new();
        for sighting in &sightings {
            let name = connected.tenant.name.as_str();
            told.extend(read::tell(&self.engine, name, sighting, source).await?);
        }
        told.sort();
        told.dedup();
        if told.is_empty() && !sightings.is_empty() {
            return Ok(wait("it is about nothing that is known here".to_owned(), age));
        }
        let names = told.iter().map(|stream| stream.key().to_owned()).collect::<Vec<_>>();
        Ok(Done::Settled(match names.is_empty() {
            true => "nothing to tell".to_owned(),
            false => format!("told {}", names.join(", ")),
        }))
    }
}
