//! Looks without being told: JobDiva's feeds, 1099Policy's events, what is open, what is held, and a census of all.
//!
//! Polling does all that webhooks do, a little later, so that a lost webhook heals by itself. A cursor moves only after
//! everything before it was taken in.

use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::poll::{SweepCursor, Watch};
use integration_jobdiva::census::Place;
use integration_jobdiva::poll::Cursor;
use tokio::sync::watch;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{AssignmentId, PolicyId, QuoteId, Side, Sighting};
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::placement::{Back, Basis, Evidence, Placement, State, StateKind};
use workflow_core::domain::timesheet::Timesheet;
use workflow_core::engine::{Engine, HandleError, Source, Summary};
use workflow_core::id::StreamId;
use workflow_core::machine::Kind as _;
use workflow_core::store::StoreError;
use workflow_core::time::Timestamp;

use crate::certificates::{self, LookError};
use crate::documents::Documents;
use crate::ingress;
use crate::people;
use crate::pulse::{ASKS_WITHIN, Beat, Pulse};
use crate::read::{self, Hint, ReadError};
use crate::systems::{Connected, JOBDIVA, POLICY};
use crate::timesheets;
use crate::unread::Unread;

mod behind;

use behind::Behind;

/// So many resources are read before the inbox gets its turn.
const WATCHED_AT_ONCE: usize = 16;

/// States of certificates whose review is looked at in every round...
pub const REVIEWS_OPEN: [&str; 4] = ["Uploaded", "Processing", "Flagged", "Error"];
/// ...and once a day.
pub const REVIEWS_OVER: [&str; 2] = ["Approved", "Denied"];

/// Looks after one tenant.
pub struct Poller {
    /// The engine.
    pub engine: Engine<Insurance>,
    /// The tenant's systems.
    pub connected: Arc<Connected>,
    /// Where certificates that are found are kept.
    pub documents: Option<Arc<Documents>>,
    /// Where it says what it is doing.
    pub pulse: Arc<Pulse>,
    /// How often the clock is looked at.
    pub look: Duration,
}

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error("{0}")]
    Read(#[from] ReadError),
    #[error("{0}")]
    Engine(#[from] HandleError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    JobDiva(#[from] integration_jobdiva::error::Error),
    #[error("{0}")]
    Policy(#[from] integration_1099policy::failure::Error),
}

/// The rounds, each with its own pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Feeds,
    Open,
    Held,
    Files,
    All,
    Census,
}

/// Between two readings of all that is not closed: what begins on a day (a rate, a start) touches no feed, and neither
/// does what a feed has skipped.
const READ_ALL_EVERY: Duration = Duration::from_secs(24 * 3600);

impl Poller {
    /// Works until `stop` turns true or the engine stops.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), HandleError> {
        let mut categories_checked = false;
        let mut next = self.plan()?;
        let name = format!("poll/{}", self.connected.tenant.name);
        while !*stop.borrow() {
            self.pulse.tick(&name, ASKS_WITHIN);
            if !categories_checked && self.connected.held(Side::Insurer, None).is_none() {
                self.check_categories().await;
                categories_checked = true;
            }
            for (round, pace, at) in &mut next {
                // A clock that was put back lets no round wait longer than its pace.
                *at = (*at).min(self.engine.clock().now().plus(*pace));
                // Without room on the disk what is read could not be kept: it is read when there is room again.
                if *at > self.engine.clock().now() || self.engine.room().is_err() {
                    continue;
                }
                // What is paused, or whose credentials are refused, is looked at as soon as it may be.
                if self.held(*round).is_some() {
                    continue;
                }
                self.pulse.set(&name, Beat::Working);
                self.round(*round).await?;
                // Credentials refused on the way: the round is made again as soon as they work.
                if self.held(*round).is_none() {
                    *at = self.engine.clock().now().plus(*pace);
                    self.note(*round)?;
                }
            }
            let free = next.iter().filter(|(round, _, _)| self.held(*round).is_none());
            let soonest = free.map(|(_, _, at)| *at).min();
            self.pulse.set(&name, soonest.map_or(Beat::Idle, Beat::Until));
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(self.look) => {}
            }
        }
        Ok(())
    }

    /// Looks once at what open placements wait for at the insurer; for whoever drives it step by step.
    pub async fn look_at_open(&self) -> Result<(), HandleError> {
        self.round(Round::Open).await
    }

    /// Why a round cannot be made at present.
    fn held(&self, round: Round) -> Option<String> {
        let sides: &[Side] = match round {
            Round::Feeds | Round::Held | Round::Files | Round::Census => &[Side::Ats],
            Round::Open => &[Side::Insurer],
            Round::All => &[Side::Ats, Side::Insurer],
        };
        sides.iter().find_map(|side| self.connected.held(*side, None))
    }

    /// When each round comes: the frequent ones at once, the rare ones when they would have come without a restart.
    fn plan(&self) -> Result<Vec<(Round, Duration, Timestamp)>, HandleError> {
        let (pace, now) = (self.connected.tenant.pace, self.engine.clock().now());
        let due = |round: Round, pace: Duration| -> Result<Timestamp, HandleError> {
            let kept = self.engine.store().cursor(&self.last(round));
            let kept = kept.map_err(|error| HandleError::Stopped(error.to_string()))?;
            let last = kept.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
            Ok(last.map_or(now, |last| Timestamp(last).plus(pace)))
        };
        let finding = self.connected.tenant.certificates.finding.as_ref();
        let files = match finding {
            Some(finding) => Some((Round::Files, finding.every, due(Round::Files, finding.every)?)),
            None => None,
        };
        let rounds = [
            (Round::Feeds, pace.poll, now),
            (Round::Open, pace.sweep, now),
            (Round::Held, pace.reread, due(Round::Held, pace.reread)?),
            (Round::All, READ_ALL_EVERY, due(Round::All, READ_ALL_EVERY)?),
            (Round::Census, pace.census, due(Round::Census, pace.census)?),
        ];
        Ok(rounds.into_iter().chain(files).collect())
    }

    /// Where the moment of a round's last time is kept.
    fn last(&self, round: Round) -> String {
        format!("{}/last/{round:?}", self.connected.tenant.name)
    }

    /// Notes that a rare round was made.
    fn note(&self, round: Round) -> Result<(), HandleError> {
        match round {
            Round::Feeds | Round::Open => Ok(()),
            Round::Held | Round::Files | Round::All | Round::Census => {
                let now = self.engine.clock().now().0.to_string();
                let kept = self.engine.store().set_cursor(&self.last(round), now.as_bytes());
                kept.map_err(|error| HandleError::Stopped(error.to_string()))
            }
        }
    }

    /// Warns of category codes in the configuration that the insurer does not have.
    async fn check_categories(&self) {
        let rules = &self.connected.tenant.rules;
        let mapped = rules.job_categories.values();
        let mapped = mapped.chain(rules.title_categories.iter().map(|(_, code)| code));
        match self.connected.policy.categories_not_issued(mapped).await {
            Ok(unknown) => {
                for code in unknown {
                    tracing::warn!(tenant = %self.connected.tenant.name, %code, "the configuration names a category that 1099Policy does not have");
                }
            }
            Err(error) => {
                tracing::warn!(tenant = %self.connected.tenant.name, %error, "the categories could not be checked");
            }
        }
    }

    async fn round(&self, round: Round) -> Result<(), HandleError> {
        let done = match round {
            Round::Feeds => self.feeds().await,
            Round::Open => self.open().await,
            Round::Held => self.on_hold().await,
            Round::Files => self.files().await,
            Round::All => self.all().await,
            Round::Census => self.census().await,
        };
        let tenant = &self.connected.tenant.name;
        match done {
            Ok(()) => {
                let (looked, now) = (&self.connected.looked, self.engine.clock().now());
                match round {
                    Round::Feeds => looked.note(Side::Ats, now),
                    Round::Open => looked.note(Side::Insurer, now),
                    Round::Held | Round::Files | Round::All | Round::Census => {}
                }
                Ok(())
            }
            Err(
                RoundError::Read(ReadError::Stopped(error))
                | RoundError::Engine(error @ HandleError::Stopped(_)),
            ) => Err(error),
            Err(RoundError::Store(error)) => Err(HandleError::Stopped(error.to_string())),
            Err(error) => {
                tracing::warn!(%tenant, ?round, %error, "a round of polling failed: next time again");
                Ok(())
            }
        }
    }

    /// JobDiva's feeds: what was touched since the last time is read, and what could not be read before.
    async fn feeds(&self) -> Result<(), RoundError> {
        let (store, tenant) = (self.engine.store(), &self.connected.tenant.name);
        let name = format!("{tenant}/{JOBDIVA}");
        let mut behind = Behind::default();
        loop {
            let cursor = store.cursor(&name)?.and_then(|bytes| Cursor::from_bytes(&bytes).ok());
            let polled = self.connected.jobdiva.poll(cursor, self.engine.clock().now()).await?;
            let mut unread = Unread::load(&**store, tenant)?;
            for bad in &polled.unreadable {
                tracing::warn!(%tenant, what = %bad.what, why = %bad.why, "a feed's row was passed over");
                unread.row(format!("{}: {}", bad.what, bad.why));
            }
            for skipped in &polled.skipped {
                tracing::warn!(%tenant, window = %skipped, why = %skipped.why, "a feed's window was passed over: it is tried again");
            }
            for error in &polled.failed {
                tracing::warn!(%tenant, %error, "a feed could not be read");
            }
            let mut placements = polled.touched;
            let of_sheets = polled.timesheets.iter().map(|timesheet| &timesheet.placement);
            let is_new = |id: &&PlacementId| !timesheets::is_known(&self.engine, tenant, id);
            placements.extend(of_sheets.filter(is_new).cloned());
            placements.extend(unread.placements.keys().map(|id| PlacementId(id.clone())));
            // An invoice is a hint: whoever it bills for is read again, and so are the weeks.
            unread.billed.extend(polled.billed);
            let mut candidates = polled.candidates;
            candidates.extend(unread.billed.iter().map(|billed| billed.candidate.clone()));
            let hint = Hint {
                placements,
                known: polled.submittals,
                candidates,
                requisitions: polled.requisitions,
                deleted: polled.deleted,
                merged: polled.merged,
                gone: polled.gone,
            };
            let source = read::poll_source();
            let followed = read::follow(&self.engine, &self.connected, &hint, &source).await?;
            let left = followed.unread.into_iter();
            unread.placements = left.map(|(id, reason)| (id.0, reason)).collect();
            // First what is left to do, then the mark that it is behind us.
            unread.save(&**store, tenant)?;
            for timesheet in polled.timesheets {
                let (id, taken) = (timesheet.sheet.id.clone(), self.take(timesheet).await);
                if taken.is_err() && self.engine.room().is_err() {
                    // What could not be kept is read again when there is room: the mark stays where it was.
                    return Ok(());
                }
                if let Err(ReadError::Later(reason) | ReadError::Refused(reason)) = &taken {
                    unread.row(format!("timesheet {id}: {reason}"));
                    unread.save(&**store, tenant)?;
                } else {
                    taken?;
                }
            }
            self.billed(&mut unread, &source).await?;
            store.set_cursor(&name, &polled.cursor.to_bytes())?;
            behind.say(tenant, &polled.cursor, self.engine.clock().now());
            if !polled.more {
                timesheets::look_up_waiting(&self.engine, &self.connected, &source).await?;
                certificates::release(&self.engine, tenant, &source).await?;
                return Ok(());
            }
        }
    }

    /// Reads the weeks that invoices bill; those that cannot be read now are read at the next poll.
    async fn billed(&self, unread: &mut Unread, source: &Source) -> Result<(), RoundError> {
        for billed in std::mem::take(&mut unread.billed) {
            match timesheets::billed(&self.engine, &self.connected, &billed, source).await {
                Ok(_) => {}
                Err(ReadError::Later(reason)) => {
                    tracing::debug!(invoice = %billed.invoice, %reason, "its weeks are read later");
                    unread.billed.insert(billed);
                }
                Err(ReadError::Refused(reason)) => {
                    unread.row(format!("invoice {}: {reason}", billed.invoice));
                }
                Err(stopped @ ReadError::Stopped(_)) => return Err(stopped.into()),
            }
        }
        Ok(unread.save(&**self.engine.store(), &self.connected.tenant.name)?)
    }

    async fn take(&self, timesheet: Timesheet) -> Result<(), ReadError> {
        let source = read::poll_source();
        timesheets::take(&self.engine, &self.connected, timesheet, &source).await
    }

    /// 1099Policy's events since the last time, and the resources that open placements wait for.
    async fn open(&self) -> Result<(), RoundError> {
        let (store, tenant) = (self.engine.store(), &self.connected.tenant.name);
        let name = format!("{tenant}/{POLICY}");
        let kept: Option<SweepCursor> =
            store.cursor(&name)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let swept = self.connected.policy.sweep_events(&kept.clone().unwrap_or_default()).await?;
        // What happened before the first look is not ours: what is ours is observed.
        let deliveries = if kept.is_some() { swept.deliveries } else { Vec::new() };
        for delivery in deliveries {
            match ingress::accept_policy(&self.engine, tenant, delivery).await {
                Ok(_) => {}
                // One that can have no name here is none the next time either.
                Err(error @ HandleError::BadInput(_)) => {
                    tracing::error!(%tenant, %error, "an event could not be kept");
                }
                // What was not kept is swept again: the mark stays where it was.
                Err(error) => return Err(error.into()),
            }
        }
        if let Ok(bytes) = serde_json::to_vec(&swept.cursor) {
            store.set_cursor(&name, &bytes)?;
        }
        let waiting = ["Quoted", "ApplicationPending", "Assigned", "Flagged"];
        if swept.gap {
            tracing::warn!(%tenant, "events were missed: everything covered is looked at");
            self.observe(&["Active"]).await?;
        }
        self.observe(&waiting).await?;
        // A review that broke down may be told by nobody.
        self.observe_certificates(&REVIEWS_OPEN).await
    }

    /// The files of everybody in scope: those that are certificates are taken in.
    async fn files(&self) -> Result<(), RoundError> {
        let Some(documents) = &self.documents else { return Ok(()) };
        let tenant = &self.connected.tenant.name;
        for (candidate, placements) in certificates::in_scope(&self.engine, tenant)? {
            let who = (&candidate, &placements);
            match certificates::look(&self.engine, &self.connected, documents, who).await {
                Ok(_) => {}
                Err(LookError::Handle(stopped @ HandleError::Stopped(_))) => {
                    return Err(stopped.into());
                }
                Err(LookError::Store(error)) => return Err(error.into()),
                // What ails one person's files may ail only them; an outage ends the round.
                Err(LookError::JobDiva(error)) if error.may_pass() => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(%tenant, %candidate, %error, "files could not be looked at");
                }
            }
        }
        Ok(())
    }

    /// What waits for better facts, and people of whom nothing was given.
    async fn on_hold(&self) -> Result<(), RoundError> {
        self.read(&["Discovered", "Flagged", "Excluded"]).await?;
        let candidates = people::absent(&self.connected).into_iter().collect();
        let hint = Hint { candidates, ..Hint::default() };
        read::follow(&self.engine, &self.connected, &hint, &read::poll_source()).await?;
        Ok(())
    }

    /// All placements are counted, for those that no feed told of.
    async fn census(&self) -> Result<(), RoundError> {
        let (engine, connected) = (&self.engine, &self.connected);
        let (store, tenant) = (engine.store(), &connected.tenant.name);
        let name = format!("{tenant}/census");
        let kept: Option<Place> =
            store.cursor(&name)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let reach = connected.tenant.pace.census_reach;
        let mut at = kept.or_else(|| Some(connected.jobdiva.census(reach, engine.clock().now())));
        while let Some(place) = at {
            let page = connected.jobdiva.census_page(&place).await?;
            if page.incomplete {
                tracing::warn!(%tenant, "the census stood still on a page: there may be more");
            }
            let mut placements = page.hires;
            placements.retain(|id| {
                let stream = StreamId::new("placement", tenant, id.as_str());
                stream.is_ok_and(|stream| engine.summary(&stream).is_none())
            });
            let hint = Hint { placements, ..Hint::default() };
            let source = Source::new(format!("census:{JOBDIVA}"), "");
            let followed = read::follow(engine, connected, &hint, &source).await?;
            if followed.read > 0 {
                tracing::warn!(%tenant, found = followed.read, "the census found placements that no feed told of");
            }
            let mut unread = Unread::load(&**store, tenant)?;
            let left = followed.unread.into_iter().map(|(id, reason)| (id.0, reason));
            unread.placements.extend(left);
            unread.save(&**store, tenant)?;
            let bytes = page.next.as_ref().map(serde_json::to_vec);
            let bytes = bytes.and_then(Result::ok).unwrap_or_default();
            store.set_cursor(&name, &bytes)?;
            at = page.next;
        }
        Ok(())
    }

    /// Everything that is not closed is read again, on both sides.
    async fn all(&self) -> Result<(), RoundError> {
        let closed = ["Completed", "Canceled"];
        let open =
            StateKind::ALL.iter().map(|kind| kind.name()).filter(|name| !closed.contains(name));
        self.read(&open.collect::<Vec<_>>()).await?;
        timesheets::read_again(&self.engine, &self.connected, &read::poll_source()).await?;
        self.observe(&["Active"]).await?;
        self.observe_certificates(&REVIEWS_OVER).await
    }

    /// Reads the placements in these states again at JobDiva.
    async fn read(&self, states: &[&str]) -> Result<(), RoundError> {
        let ids = self.placements(states).into_iter();
        let placements = ids.map(|summary| PlacementId(summary.stream.key().to_owned())).collect();
        let hint = Hint { placements, ..Hint::default() };
        let source = read::poll_source();
        let followed = read::follow(&self.engine, &self.connected, &hint, &source).await?;
        let (store, tenant) = (self.engine.store(), &self.connected.tenant.name);
        let mut unread = Unread::load(&**store, tenant)?;
        unread.placements.retain(|id, _| !hint.placements.contains(&PlacementId(id.clone())));
        unread.placements.extend(followed.unread.into_iter().map(|(id, reason)| (id.0, reason)));
        unread.save(&**store, tenant)?;
        Ok(())
    }

    fn placements(&self, states: &[&str]) -> Vec<Summary> {
        let mut summaries = self.engine.summaries_in("placement", states);
        summaries.retain(|summary| {
            summary.stream.tenant() == self.connected.tenant.name
                && self.connected.gates.of_instance(&summary.stream).is_none()
        });
        summaries
    }

    async fn observe(&self, states: &[&str]) -> Result<(), RoundError> {
        let mut watches = Vec::new();
        for summary in self.placements(states) {
            match self.engine.state::<Placement>(&summary.stream) {
                Ok(state) => watches.extend(state.iter().flat_map(watched)),
                Err(stopped @ HandleError::Stopped(_)) => return Err(stopped.into()),
                Err(trouble) => {
                    tracing::error!(stream = %summary.stream, %trouble, "a placement cannot be replayed");
                }
            }
        }
        for some in watches.chunks(WATCHED_AT_ONCE) {
            self.look_at(some).await?;
        }
        Ok(())
    }

    async fn observe_certificates(&self, states: &[&str]) -> Result<(), RoundError> {
        let mut watches = Vec::new();
        for summary in self.engine.summaries_in("certificate", states) {
            if summary.stream.tenant() == self.connected.tenant.name {
                let state = self.engine.state::<Certificate>(&summary.stream)?;
                watches.extend(state.and_then(|state| {
                    state.sent().map(|sent| Watch::Certificate(sent.certificate.clone()))
                }));
            }
        }
        for some in watches.chunks(WATCHED_AT_ONCE) {
            self.look_at(some).await?;
        }
        Ok(())
    }

    async fn look_at(&self, watches: &[Watch]) -> Result<(), RoundError> {
        let _turn = self.connected.turns.sightings.lock().await;
        let now = self.engine.clock().now();
        let observed = self.connected.policy.observe(watches, now).await;
        let missing = observed.missing.iter().filter_map(|watch| gone(watch, now));
        let source = Source::new(format!("poll:{POLICY}"), "");
        for sighting in observed.sightings.iter().cloned().chain(missing) {
            read::tell(&self.engine, &self.connected.tenant.name, &sighting, &source).await?;
        }
        for watch in &observed.missing {
            if let Watch::Certificate(id) = watch {
                let tenant = &self.connected.tenant.name;
                read::certificate_gone(&self.engine, tenant, id, &source).await?;
            }
        }
        if let Some((_, Some(error))) = observed.unread.first() {
            let (tenant, unread) = (&self.connected.tenant.name, observed.unread.len());
            tracing::warn!(%tenant, unread, %error, "some resources could not be read: next time again");
        }
        Ok(())
    }
}

/// The resources that a state waits for, or rests on: what the rounds of polling read at the insurer for it, and nothing else.
pub fn watched(state: &State) -> Vec<Watch> {
    // An assignment stands no longer than the policy under it, and need not say so itself. What it covers it says itself:
    // it is read last.
    let assigned = |assignment: &AssignmentId, policy: &Option<PolicyId>| {
        let under = policy.iter().cloned().map(Watch::Policy);
        under.chain(std::iter::once(Watch::Assignment(assignment.clone()))).collect()
    };
    let evidence = |evidence: &Evidence| match evidence {
        Evidence::Policy { policy, .. } => vec![Watch::Policy(policy.clone())],
        Evidence::Assignment { assignment, policy } => assigned(assignment, policy),
        Evidence::Certificate { certificate, .. } => vec![Watch::Certificate(certificate.clone())],
    };
    let basis = |basis: &Basis| match basis {
        Basis::Quote { quote, .. } => Some(Watch::Quote(quote.clone())),
        Basis::MatchingPolicy => None,
    };
    match state {
        State::Quoted { basis: of, .. }
        | State::Flagged { back: Back::Quote { basis: of, .. }, .. } => {
            basis(of).into_iter().collect()
        }
        State::ApplicationPending { application, .. }
        | State::Flagged { back: Back::Application { application, .. }, .. } => vec![
            Watch::Session(application.session.clone()),
            Watch::Quote(application.quote.clone()),
        ],
        State::Assigned { assignment, policy, .. }
        | State::Flagged { back: Back::Assignment { assignment, policy, .. }, .. } => {
            assigned(assignment, policy)
        }
        State::Active { coverage, .. }
        | State::Flagged { back: Back::Coverage { coverage, .. }, .. } => {
            evidence(&coverage.evidence)
        }
        State::Flagged { back: Back::Lost { evidence: lost, .. }, .. } => evidence(lost),
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => Vec::new(),
    }
}

/// A policy or an assignment that was there and is not any more is coverage lost.
fn gone(watch: &Watch, now: Timestamp) -> Option<Sighting> {
    match watch {
        Watch::Policy(policy) => {
            Some(Sighting::policy_gone(policy.clone(), QuoteId(String::new()), now))
        }
        Watch::Assignment(assignment) => Some(Sighting::assignment_gone(assignment.clone())),
        // What became of a certificate is its own workflow's affair.
        Watch::Quote(_) | Watch::Session(_) | Watch::Certificate(_) => None,
    }
}
