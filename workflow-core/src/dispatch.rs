//! Performs what states are owed: takes the calls owed now, gives each to the outside, brings the answers back.
//!
//! One attempt per call at a time. What failed waits (`backoff.rs`) by the engine's clock, which may jump. Nothing here is
//! stored: after a restart the same calls are owed under the same keys, and each of them may have been attempted before,
//! so that it is looked up before it is sent ([`OwedCall::inherited`], [`Attempt::look_first`]). What an attempt
//! exchanged with the outside goes into the log with what it came to (`exchange.rs`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tracing::{Instrument as _, Span};

use crate::backoff;
use crate::engine::{Engine, HandleError, OwedCall};
use crate::exchange::{self, Attempted, Exchange, Tape};
use crate::id::{Key, StreamId};
use crate::outcome::{Again, Attempt, Outcome, Trace};
use crate::outlet::Later;
use crate::span;
use crate::time::Timestamp;
use crate::workflow::Domain;

/// How often the clock is looked at when nothing else happens: the engine's clock may be a simulated one.
const LOOK: Duration = Duration::from_millis(20);

/// So many calls are fetched from the engine at a look: after a start each takes a look at its instance's events. Where
/// there are more, the next look goes on with them.
const FETCHED_AT_A_LOOK: usize = 256;

/// Who gives the answers, as causes name it.
pub(crate) const ACTOR: &str = "dispatch";

/// Earlier than any moment.
const AT_ONCE: Timestamp = Timestamp(i64::MIN);

/// Whoever performs calls: the adapters behind one face.
pub trait Perform<D: Domain>: Send + Sync + 'static {
    /// Makes one attempt.
    fn perform(
        &self,
        call: D::Call,
        attempt: Attempt,
    ) -> impl Future<Output = Outcome<D::Answer>> + Send;

    /// The lane that a call travels in: each lane has its own limit, so that one slow system does not stop another.
    fn lane(&self, call: &OwedCall<D>) -> String;

    /// How many calls of one lane may be under way at once.
    fn lane_limit(&self) -> usize {
        8
    }

    /// The same where lanes differ.
    fn room(&self, lane: &str) -> usize {
        let _ = lane;
        self.lane_limit()
    }

    /// Why an instance's calls in a lane may not be tried at present, in words. They stay owed; once they may go, say so by
    /// [`Dispatcher::look_again`], unless an event was committed meanwhile.
    fn held(&self, stream: &StreamId, lane: &str) -> Option<String> {
        let _ = (stream, lane);
        None
    }

    /// Until when a call cannot begin, and why: the system is not to be asked sooner, or did not answer lately. It waits
    /// until then without having been tried.
    fn later(&self, call: &OwedCall<D>) -> Option<Later> {
        let _ = call;
        None
    }
}

/// What the dispatcher is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Calls under way.
    pub in_flight: usize,
    /// Calls that could be tried now.
    pub ready: usize,
    /// Calls that may not be tried at present.
    pub held: usize,
    /// Calls that failed and wait for their time.
    pub waiting: Vec<Waiting>,
}

/// A call that failed and waits for its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The call.
    pub key: Key,
    /// How often it failed since the process started.
    pub failed: u32,
    /// When it is tried again.
    pub next: Timestamp,
    /// Why it failed last.
    pub reason: String,
}

#[derive(Clone, Debug)]
struct Progress {
    /// How many attempts there were.
    tried: u32,
    /// How many of them failed with nothing said of when to try again.
    failed: u32,
    /// When it failed last.
    since: Timestamp,
    generation: u32,
    look_first: bool,
    in_flight: bool,
    next: Timestamp,
    reason: String,
    stream: StreamId,
    lane: String,
    /// Whether the last attempt never left the process, and how many such were not kept one by one.
    unsent: Option<u32>,
    /// Failed attempts for whose exchanges the disk had no room.
    held: Vec<Attempted>,
}

/// Performs owed calls until told to stop; clones share it.
pub struct Dispatcher<D: Domain, P> {
    engine: Engine<D>,
    performer: Arc<P>,
    progress: Arc<Mutex<BTreeMap<Key, Progress>>>,
    /// Rung when something may go that was not looked at as ready before.
    bell: Arc<Notify>,
}

impl<D: Domain, P> Clone for Dispatcher<D, P> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            performer: Arc::clone(&self.performer),
            progress: Arc::clone(&self.progress),
            bell: Arc::clone(&self.bell),
        }
    }
}

/// What one look at the owed calls gave.
struct Ready<D: Domain> {
    /// The calls to perform now.
    calls: Vec<(OwedCall<D>, Attempt)>,
    /// When the first of those that wait has its time.
    next: Option<Timestamp>,
}

type Finished<D> = Outcome<<D as Domain>::Answer>;

/// A call under way.
struct Flight<D: Domain> {
    call: OwedCall<D>,
    attempt: Attempt,
    tape: Tape,
    span: Span,
}

/// One line for each attempt, whatever it came to: by these fields whoever reads the logs finds them again.
fn say<D: Domain>(
    call: &OwedCall<D>,
    attempt: &Attempt,
    exchanges: &[Exchange],
    outcome: &Finished<D>,
) {
    let (stream, key) = (&call.stream, &call.key);
    let (tenant, workflow, instance) = (stream.tenant(), stream.workflow(), stream.key());
    let (operation, number) = (call.operation.as_str(), attempt.earlier + 1);
    let requests = exchanges.len();
    let last = span::last_answer(exchanges);
    let status = last.map(|(status, _)| status);
    let request_id = last.and_then(|(_, request_id)| request_id);
    match outcome {
        Outcome::Answered(_) => tracing::info!(
            tenant, workflow, instance, operation, %key, attempt = number, generation = attempt.generation, requests, status,
            request_id, outcome = "answered", "attempt"
        ),
        Outcome::Again(again) => tracing::warn!(
            tenant, workflow, instance, operation, %key, attempt = number, generation = attempt.generation, requests, status,
            request_id, outcome = again.trace.word(), reason = %again.reason, "attempt"
        ),
    }
}

/// At most so many attempts of one call wait for room on the disk; those before are given up.
const HELD_MAX: usize = 8;

impl<D: Domain, P: Perform<D>> Dispatcher<D, P> {
    /// A dispatcher of the engine's owed calls.
    pub fn new(engine: Engine<D>, performer: Arc<P>) -> Self {
        Self { engine, performer, progress: Arc::default(), bell: Arc::default() }
    }

    /// Looks at the owed calls anew: something may go that was held.
    pub fn look_again(&self) {
        self.bell.notify_one();
    }

    /// Tries those of the waiting calls at once that `which` picks, whatever time they were to wait; returns how many
    /// there were. What is known of their earlier attempts stays known.
    pub fn retry_now(&self, which: impl Fn(&Key) -> bool) -> usize {
        let waiting = self.waiting_keys(which);
        let mut progress = self.lock();
        for key in &waiting {
            if let Some(p) = progress.get_mut(key).filter(|p| !p.in_flight) {
                p.next = AT_ONCE;
            }
        }
        drop(progress);
        self.look_again();
        waiting.len()
    }

    /// How many calls wait for their next try that `which` picks. Reads nothing from the store.
    pub fn waiting(&self, which: impl Fn(&Key) -> bool) -> usize {
        self.waiting_keys(which).len()
    }

    /// Whether a call of this instance waits for its next try. However many wait, it looks at those of this instance only.
    pub fn is_waiting(&self, stream: &StreamId) -> bool {
        let now = self.engine.clock().now();
        let progress = self.lock();
        let own = progress.range(Key::first_of(stream)..).take_while(|(key, _)| key.is_of(stream));
        let waiting = own.filter(|(_, p)| p.waits(now)).map(|(key, _)| key.clone());
        let waiting: Vec<Key> = waiting.collect();
        drop(progress);
        waiting.iter().any(|key| self.engine.owes(key))
    }

    fn waiting_keys(&self, which: impl Fn(&Key) -> bool) -> Vec<Key> {
        let now = self.engine.clock().now();
        let progress = self.lock();
        let waiting = progress.iter().filter(|(_, p)| p.waits(now));
        let mut waiting: Vec<Key> = waiting.map(|(key, _)| key.clone()).collect();
        drop(progress);
        // What is not owed any more may still be known here until the next round.
        waiting.retain(|key| which(key) && self.engine.owes(key));
        waiting
    }

    /// Works until `stop` turns true, then finishes what is under way; the caller bounds how long that may take.
    /// Ends with an error when the engine has stopped.
    pub async fn run(&self, stop: watch::Receiver<bool>) -> Result<(), HandleError> {
        self.run_with(stop, || ()).await
    }

    /// The same, calling `beat` each time it comes round: whoever watches over it sees that it is not stuck.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub async fn run_with(
        &self,
        mut stop: watch::Receiver<bool>,
        beat: impl Fn() + Send,
    ) -> Result<(), HandleError> {
        let mut running: JoinSet<Finished<D>> = JoinSet::new();
        let mut flights = HashMap::new();
        let mut changes = self.engine.changes();
        // What is owed is gone through only when it may have come to something else.
        let mut look_at = Some(AT_ONCE);
        let mut last = AT_ONCE;
        while !*stop.borrow() {
            beat();
            let now = self.engine.clock().now();
            if now < last {
                // The clock was set back: no wait is to take longer for it.
                look_at = Some(AT_ONCE);
            }
            last = now;
            if look_at.is_some_and(|at| at <= now) {
                changes.mark_unchanged();
                let Ready { calls, next } = self.take_ready();
                look_at = next;
                for (call, attempt) in calls {
                    let span = span::attempt(&call, &attempt);
                    let flight = Flight { call, attempt, tape: Tape::default(), span };
                    flights.insert(self.start(&mut running, &flight), flight);
                }
            }
            tokio::select! {
                biased;
                _ = stop.changed() => {}
                Some(done) = running.join_next_with_id(), if !running.is_empty() => {
                    self.finished(done, &mut flights).await?;
                    look_at = Some(AT_ONCE);
                }
                changed = changes.changed() => match changed {
                    Ok(()) => look_at = Some(AT_ONCE),
                    Err(_) => break,
                },
                () = self.bell.notified() => look_at = Some(AT_ONCE),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while let Some(done) = running.join_next_with_id().await {
            self.finished(done, &mut flights).await?;
        }
        Ok(())
    }

    fn start(&self, running: &mut JoinSet<Finished<D>>, flight: &Flight<D>) -> Id {
        let performer = Arc::clone(&self.performer);
        let (call, attempt) = (flight.call.call.clone(), flight.attempt.clone());
        let performing = async move { performer.perform(call, attempt).await };
        let performing = performing.instrument(flight.span.clone());
        running.spawn(exchange::taped(flight.tape.clone(), performing)).id()
    }

    /// What is under way, and what waits.
    pub fn activity(&self) -> Activity {
        let owed = self.engine.owed_keys();
        let now = self.engine.clock().now();
        let progress = self.lock();
        let mut activity = Activity::default();
        for key in owed {
            match progress.get(&key) {
                Some(p) if p.in_flight => {}
                Some(p) if p.next > now => activity.waiting.push(Waiting {
                    key,
                    failed: p.tried,
                    next: p.next,
                    reason: p.reason.clone(),
                }),
                Some(p) if self.performer.held(&p.stream, &p.lane).is_some() => activity.held += 1,
                Some(_) | None => activity.ready += 1,
            }
        }
        // A call that stopped being owed while it was under way still ends.
        activity.in_flight = progress.values().filter(|p| p.in_flight).count();
        activity
    }

    fn take_ready(&self) -> Ready<D> {
        let owed = self.engine.owed_keys();
        let now = self.engine.clock().now();
        let mut progress = self.lock();
        progress.retain(|key, p| p.in_flight || owed.binary_search(key).is_ok());
        let mut lanes: BTreeMap<String, usize> = BTreeMap::new();
        for p in progress.values().filter(|p| p.in_flight) {
            *lanes.entry(p.lane.clone()).or_default() += 1;
        }
        let has_room = |lanes: &BTreeMap<String, usize>, p: &Progress| {
            let busy = lanes.get(&p.lane).copied().unwrap_or_default();
            busy < self.performer.room(&p.lane) && self.performer.held(&p.stream, &p.lane).is_none()
        };
        let mut ready = Ready { calls: Vec::new(), next: None };
        let mut fetched = 0;
        for key in owed {
            match progress.get_mut(&key).map(|p| p.at(now)) {
                Some(p) if p.in_flight => continue,
                Some(p) if p.next > now => {
                    ready.next = Some(ready.next.map_or(p.next, |next| next.min(p.next)));
                    continue;
                }
                // A place comes free when a call of this lane ends, which is looked for anyway.
                Some(p) if !has_room(&lanes, p) => continue,
                Some(_) | None => {}
            }
            if fetched == FETCHED_AT_A_LOOK {
                ready.next = Some(AT_ONCE);
                break;
            }
            fetched += 1;
            let Some(call) = self.engine.owed_call(&key) else { continue };
            let p = progress
                .entry(key.clone())
                .or_insert_with(|| Progress::new(call.stream.clone(), self.performer.lane(&call)));
            if !has_room(&lanes, p) {
                continue;
            }
            if let Some(later) = self.performer.later(&call).filter(|later| later.until > now) {
                (p.since, p.next, p.reason) = (now, later.until, later.why);
                ready.next = Some(ready.next.map_or(p.next, |next| next.min(p.next)));
                continue;
            }
            *lanes.entry(p.lane.clone()).or_default() += 1;
            p.in_flight = true;
            let attempt = p.attempt(&call, now);
            ready.calls.push((call, attempt));
        }
        ready
    }

    async fn finished(
        &self,
        done: Result<(Id, Finished<D>), JoinError>,
        flights: &mut HashMap<Id, Flight<D>>,
    ) -> Result<(), HandleError> {
        let (id, outcome) = match done {
            Ok((id, outcome)) => (id, outcome),
            Err(panic) => {
                // The panic's own words may hold what no log may.
                let reason = "performing it ended in a panic".to_owned();
                let again = Again { trace: Trace::Unknown, after: None, reason };
                (panic.id(), Outcome::Again(again))
            }
        };
        let Some(flight) = flights.remove(&id) else { return Ok(()) };
        let Flight { call, attempt, tape, span } = flight;
        let exchanges = tape.take();
        say(&call, &attempt, &exchanges, &outcome);
        span::came(&span, &exchanges, &outcome);
        let attempted = self.attempted(&attempt, exchanges);
        let (stream, key) = (&call.stream, &call.key);
        let again = match outcome {
            Outcome::Answered(answer) => {
                let answered = self.engine.answer_with(&call, answer, ACTOR, attempted);
                match answered.instrument(span).await {
                    Ok(handled) => {
                        tracing::debug!(%stream, %key, state = handled.state, "it led on");
                        // An answer that changed nothing must not make a loop without a pause. What it says was done
                        // is done.
                        let reason = "the answer changed nothing".to_owned();
                        Again { trace: Trace::Unknown, after: None, reason }
                    }
                    Err(HandleError::Rejected(no)) => {
                        tracing::warn!(%stream, %key, reason = %no, "an answer was refused");
                        Again { trace: Trace::Unknown, after: None, reason: no.message }
                    }
                    Err(error @ HandleError::Stopped(_)) => return Err(error),
                    Err(error) => {
                        tracing::error!(%stream, %key, %error, "an answer could not be taken");
                        Again { trace: Trace::Unknown, after: None, reason: error.to_string() }
                    }
                }
            }
            Outcome::Again(again) => {
                self.keep(&call, attempted).await?;
                again
            }
        };
        self.postpone(key, again);
        Ok(())
    }

    /// What an attempt exchanged, after what had to wait for room before.
    fn attempted(&self, attempt: &Attempt, exchanges: Vec<Exchange>) -> Vec<Attempted> {
        let sent = exchanges.iter().any(Exchange::was_sent);
        let mut attempted = Attempted {
            exchanges,
            generation: attempt.generation,
            number: attempt.earlier + 1,
            at: attempt.now,
            unsent_before: 0,
        };
        let mut all = Vec::new();
        if let Some(p) = self.lock().get_mut(&attempt.key) {
            all.append(&mut p.held);
            if sent {
                attempted.unsent_before = p.unsent.take().unwrap_or(0);
            }
        }
        all.push(attempted);
        all.retain(|attempted| !attempted.exchanges.is_empty());
        all
    }

    /// Keeps what a failed attempt exchanged. Of many in a row that never left the process only the first: the others
    /// are counted. On a nearly full disk it waits for the next attempt.
    async fn keep(
        &self,
        call: &OwedCall<D>,
        mut attempted: Vec<Attempted>,
    ) -> Result<(), HandleError> {
        let sent = |attempted: &Attempted| attempted.exchanges.iter().any(Exchange::was_sent);
        if let Some(p) = self.lock().get_mut(&call.key) {
            if attempted.last().is_some_and(|last| !sent(last)) {
                match &mut p.unsent {
                    Some(count) => {
                        *count = count.saturating_add(1);
                        attempted.pop();
                    }
                    None => p.unsent = Some(0),
                }
            }
            if self.engine.room().is_err() {
                let surplus = attempted.len().saturating_sub(HELD_MAX);
                p.held = attempted.split_off(surplus);
                return Ok(());
            }
        }
        match self.engine.keep(call, ACTOR, attempted).await {
            Err(error @ HandleError::Stopped(_)) => Err(error),
            Err(error) => {
                let (stream, key) = (&call.stream, &call.key);
                tracing::error!(%stream, %key, %error, "what was exchanged could not be kept");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn postpone(&self, key: &Key, again: Again) {
        let now = self.engine.clock().now();
        let mut progress = self.lock();
        let Some(p) = progress.get_mut(key) else { return };
        p.in_flight = false;
        p.tried += 1;
        p.since = now;
        p.next = now.plus(match again.after {
            // A wish of no time at all must not make a loop without a pause.
            Some(wish) => wish.max(backoff::FIRST),
            None => {
                p.failed += 1;
                backoff::wait(key.as_str(), p.failed)
            }
        });
        p.reason = again.reason;
        match again.trace {
            Trace::None => {}
            Trace::Unknown => p.look_first = true,
            Trace::Burned => {
                p.look_first = true;
                p.generation += 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Progress>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    /// Whether it waits for its next try.
    fn waits(&self, now: Timestamp) -> bool {
        !self.in_flight && self.next > now
    }

    /// The same by a clock that may have been set back since: it waits as long as it was to wait, from now.
    fn at(&mut self, now: Timestamp) -> &Self {
        if now < self.since {
            self.next = now.plus(self.next.since(self.since));
            self.since = now;
        }
        self
    }

    fn new(stream: StreamId, lane: String) -> Self {
        Self {
            tried: 0,
            failed: 0,
            since: AT_ONCE,
            generation: 1,
            look_first: false,
            in_flight: false,
            next: AT_ONCE,
            reason: String::new(),
            stream,
            lane,
            unsent: None,
            held: Vec::new(),
        }
    }

    fn attempt<D: Domain>(&self, call: &OwedCall<D>, now: Timestamp) -> Attempt {
        Attempt {
            stream: call.stream.clone(),
            key: call.key.clone(),
            generation: self.generation,
            earlier: self.tried,
            owed_since: call.since,
            now,
            look_first: self.look_first || call.inherited,
        }
    }
}

#[cfg(test)]
mod tests;
