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
use workflow_core::domain::call::{Side, Sighting};
use workflow_core::domain::facts::CandidateId;
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::StreamId;
use workflow_core::inbox::{Delivery, Inbox, Input, State};
use workflow_core::time::Timestamp;

use crate::certificates::{self, LookError};
use crate::pulse::{ASKS_WITHIN, Beat, Pulse};
use crate::read::{self, Hint, Read, ReadError};
use crate::systems::{Connected, JOBDIVA, POLICY, Systems};
use crate::timesheets;

/// How long a delivery about something unknown is kept trying: its placement may be on its way.
const UNKNOWN_FOR: Duration = Duration::from_secs(3 * 24 * 3600);

/// The inbox's worker.
pub struct Worker {
    /// The engine whose inbox it is.
    pub engine: Engine<Insurance>,
    /// The tenant whose deliveries it works off, and where things are read back.
    pub connected: Arc<Connected>,
    /// All tenants', for what is another's.
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
    /// Of one that is about nothing known: how many of its ids were known then. One more, and it is tried at once.
    known: Option<usize>,
}

/// What became of one delivery.
enum Done {
    Settled(String),
    Parked(String),
    Later(String),
    /// About nothing that is known here, which may be on its way.
    Unknown(String),
}

/// A delivery that leads nowhere yet waits, but not for ever.
fn wait(reason: String, age: Duration) -> Done {
    if age < UNKNOWN_FOR { Done::Later(reason) } else { Done::Parked(reason) }
}

/// The same for one about nothing that is known here.
fn unknown(age: Duration) -> Done {
    let reason = "it is about nothing that is known here".to_owned();
    if age < UNKNOWN_FOR { Done::Unknown(reason) } else { Done::Parked(reason) }
}

/// The ids by which a delivery finds its placement.
const NAMES: [&str; 6] = ["policy", "quote", "session", "assignment", "job", "placement"];

/// Whether deliveries of either side may wait because nothing is asked of that side.
pub(crate) fn is_held(connected: &Arc<Connected>) -> bool {
    [Side::Ats, Side::Insurer].iter().any(|side| connected.held(*side, None).is_some())
        || connected.gates.is_any_of(&connected.tenant.name)
}

impl Worker {
    /// Works until `stop` turns true or the engine stops.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), HandleError> {
        let mut changes = self.engine.changes();
        let mut postponed: BTreeMap<StreamId, Postponed> = BTreeMap::new();
        let name = format!("inbox/{}", self.connected.tenant.name);
        while !*stop.borrow() {
            self.pulse.tick(&name, ASKS_WITHIN);
            changes.mark_unchanged();
            self.work(&mut postponed).await?;
            let next = postponed.values().map(|p| p.next).min();
            self.pulse.set(&name, next.map_or(Beat::Idle, Beat::Until));
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
        let mut waiting: Vec<_> = self.engine.summaries_in("delivery", &["Waiting"]);
        let tenant = &self.connected.tenant.name;
        waiting.retain(|summary| summary.stream.tenant() == tenant.as_str());
        waiting.sort_by_key(|summary| (summary.updated_at, summary.stream.clone()));
        postponed.retain(|stream, _| waiting.iter().any(|summary| summary.stream == *stream));
        for summary in waiting {
            let (stream, now) = (summary.stream, self.engine.clock().now());
            // Further off than any wait it lies only by a clock that was put back since.
            let longest = now.plus(2 * backoff::LONGEST);
            let waits = |p: &Postponed| p.next > now && p.next <= longest;
            if postponed.get(&stream).is_some_and(|p| waits(p) && !self.turned_up(&stream, p)) {
                continue;
            }
            let delivery = match self.engine.state::<Inbox<Insurance>>(&stream) {
                Ok(Some(State::Waiting { delivery })) => delivery,
                Ok(_) => continue,
                Err(stopped @ HandleError::Stopped(_)) => return Err(stopped),
                Err(trouble) => {
                    tracing::error!(%stream, %trouble, "a delivery cannot be read back");
                    continue;
                }
            };
            // What is paused is kept, however long it takes.
            if let Some(why) = self.held(&delivery) {
                tracing::debug!(%stream, %why, "a delivery waits");
                continue;
            }
            self.pulse.set(&format!("inbox/{tenant}"), Beat::Working);
            let age = now.since(summary.updated_at);
            let input = match self.one(&stream, &delivery, age).await? {
                // Credentials were refused on the way, which says nothing of the delivery.
                Done::Parked(_) | Done::Later(_) if self.held(&delivery).is_some() => continue,
                Done::Settled(outcome) => Input::Settled { outcome },
                Done::Parked(reason) => {
                    tracing::warn!(%stream, %reason, "a delivery was parked");
                    Input::Parked { reason }
                }
                done @ (Done::Later(_) | Done::Unknown(_)) => {
                    let (reason, known) = match done {
                        Done::Unknown(reason) => (reason, Some(self.known(&stream, &delivery))),
                        Done::Later(reason) | Done::Settled(reason) | Done::Parked(reason) => {
                            (reason, None)
                        }
                    };
                    tracing::debug!(%stream, %reason, "a delivery waits");
                    let failed = postponed.get(&stream).map_or(0, |p| p.failed) + 1;
                    let next = now.plus(backoff::wait(stream.as_str(), failed));
                    postponed.insert(stream, Postponed { failed, next, known });
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

    /// Whether an id has become known since a delivery was put off for want of it.
    fn turned_up(&self, stream: &StreamId, postponed: &Postponed) -> bool {
        let Some(known) = postponed.known else { return false };
        match self.engine.state::<Inbox<Insurance>>(stream) {
            Ok(Some(State::Waiting { delivery })) => self.known(stream, &delivery) > known,
            Ok(_) | Err(_) => false,
        }
    }

    /// How many of a delivery's ids some placement is known by.
    fn known(&self, stream: &StreamId, delivery: &Delivery) -> usize {
        let tenant = stream.tenant();
        let is_known = |id: &&String| {
            let own = StreamId::new("placement", tenant, id);
            own.is_ok_and(|own| self.engine.summary(&own).is_some())
                || self.engine.find(id).iter().any(|found| found.tenant() == tenant)
        };
        NAMES.iter().filter_map(|name| delivery.subjects.get(*name)).filter(is_known).count()
    }

    async fn one(
        &self,
        stream: &StreamId,
        delivery: &Delivery,
        age: Duration,
    ) -> Result<Done, HandleError> {
        let connected = &self.connected;
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

    /// Why nothing may be read back for a delivery at present.
    fn held(&self, delivery: &Delivery) -> Option<String> {
        let side = match delivery.source.as_str() {
            JOBDIVA => Side::Ats,
            POLICY => Side::Insurer,
            _ => return None,
        };
        let whole = || self.connected.held(side, None);
        let about = delivery.subjects.values().flat_map(|id| self.engine.find(id));
        let mut own = about.filter(|stream| stream.tenant() == self.connected.tenant.name);
        whole().or_else(|| own.find_map(|stream| self.connected.gates.of_instance(&stream)))
    }

    /// The tenant that knows what was seen, where two share an account at the insurer.
    fn another(&self, sightings: &[Sighting]) -> Option<String> {
        let own = &self.connected.tenant.name;
        let others = self.systems.all().map(|connected| &connected.tenant.name);
        let mut others = others.filter(|name| *name != own);
        let knows = |name: &String| {
            sightings.iter().any(|sighting| !read::about(&self.engine, name, sighting).is_empty())
        };
        others.find(|name| knows(name)).cloned()
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
        // A record that is gone says nothing of the placement that it belonged to, unless it was the placement.
        let own = ["activity", "placement", "start", "assignment", "submittal"];
        let kind = kept.kind.split('.').next().unwrap_or_default();
        let hint = match integration_jobdiva::interpret::interpret(&kept) {
            Interest::Placements(deleted) if kept.is_gone() && own.contains(&kind) => {
                Hint { deleted, ..Hint::default() }
            }
            Interest::Candidates(gone)
                if kept.is_gone() && ["candidate", "employee"].contains(&kind) =>
            {
                Hint { gone, ..Hint::default() }
            }
            Interest::Placements(placements) => Hint { placements, ..Hint::default() },
            Interest::Candidates(candidates) => Hint { candidates, ..Hint::default() },
            Interest::Requisitions(requisitions) => Hint { requisitions, ..Hint::default() },
            Interest::Timesheet { timesheet, placement } => {
                if connected.jobdiva.config().timesheets.is_none() {
                    return Ok(Done::Settled("timesheets are not followed".into()));
                }
                let placement = placement
                    .filter(|id| !timesheets::is_known(&self.engine, &connected.tenant.name, id));
                let hint = Hint { placements: placement.into_iter().collect(), ..Hint::default() };
                read::follow(&self.engine, connected, &hint, source).await?;
                let read = timesheets::read_back(&self.engine, connected, &timesheet, source);
                return Ok(match read.await? {
                    Read::Told => Done::Settled(format!("timesheet {timesheet} read")),
                    Read::Unknown => wait("it is about no timesheet that is known".into(), age),
                });
            }
            Interest::Invoice(invoice) => {
                let gone = kept.is_gone();
                return self.invoice(connected, (&invoice, gone), age, source).await;
            }
            Interest::Documents(candidates) => {
                return self.files(connected, &candidates).await;
            }
            Interest::Nothing => return Ok(Done::Settled("of no consequence".into())),
            Interest::NotUnderstood => return Ok(Done::Parked("not understood".into())),
        };
        let followed = read::follow(&self.engine, connected, &hint, source).await?;
        if let Some(why) = followed.paused {
            return Ok(Done::Later(why));
        }
        if let Some((placement, reason)) = followed.unread.first_key_value() {
            return Ok(wait(format!("{placement}: {reason}"), age));
        }
        if followed.read == 0 && followed.unknown > 0 {
            return Ok(unknown(age));
        }
        Ok(Done::Settled(format!("{} placements read", followed.read)))
    }

    /// A client invoice is a hint: whoever it bills for is read again, and so are the weeks. One that is gone took nothing
    /// with it: what was worked stands in the timesheets.
    async fn invoice(
        &self,
        connected: &Arc<Connected>,
        (invoice, gone): (&str, bool),
        age: Duration,
        source: &Source,
    ) -> Result<Done, ReadError> {
        if connected.jobdiva.config().timesheets.is_none() {
            return Ok(Done::Settled("timesheets are not followed".into()));
        }
        if gone {
            return Ok(Done::Settled("of no consequence".into()));
        }
        let billed = match connected.jobdiva.invoice(invoice).await {
            Ok(Some(billed)) => billed,
            Ok(None) => return Ok(wait("it is about no invoice that is known".into(), age)),
            Err(error) if error.may_pass() => return Err(ReadError::Later(error.to_string())),
            Err(error) => return Err(ReadError::Refused(error.to_string())),
        };
        let candidates = BTreeSet::from([billed.candidate.clone()]);
        let hint = Hint { candidates, ..Hint::default() };
        let followed = read::follow(&self.engine, connected, &hint, source).await?;
        if let Some(why) = followed.paused {
            return Ok(Done::Later(why));
        }
        let read = timesheets::billed(&self.engine, connected, &billed, source).await?;
        Ok(Done::Settled(format!("invoice {invoice}: {read} timesheets read")))
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
            Interest::Unfollowed { .. } => {
                return Ok(Done::Settled("kept: nothing here rests on it".into()));
            }
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
        if let (Interest::Certificate { certificate, .. }, []) = (&interest, &sightings[..]) {
            let name = connected.tenant.name.as_str();
            told.extend(read::certificate_gone(&self.engine, name, certificate, source).await?);
        }
        for sighting in &sightings {
            let name = connected.tenant.name.as_str();
            told.extend(read::tell(&self.engine, name, sighting, source).await?);
        }
        told.sort();
        told.dedup();
        if told.is_empty() && !sightings.is_empty() {
            if let Some(other) = self.another(&sightings) {
                return Ok(Done::Settled(format!("it is of tenant {other}, on the same account")));
            }
            return Ok(unknown(age));
        }
        let names = told.iter().map(|stream| stream.key().to_owned()).collect::<Vec<_>>();
        Ok(Done::Settled(match names.is_empty() {
            true => "nothing to tell".to_owned(),
            false => format!("told {}", names.join(", ")),
        }))
    }
}
