//! Performs what states are owed: takes the calls owed now, gives each to the outside, brings the answers back.
//!
//! One attempt per call at a time. What failed waits (`backoff.rs`) by the engine's clock, which may jump. Nothing here is
//! stored: after a restart the same calls are owed under the same keys, and each of them may have been attempted before,
//! so that it is looked up before it is sent ([`OwedCall::inherited`], [`Attempt::look_first`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use crate::backoff;
use crate::engine::{Engine, HandleError, OwedCall};
use crate::id::Key;
use crate::outcome::{Again, Attempt, Outcome, Trace};
use crate::time::Timestamp;
use crate::workflow::Domain;

/// How often the clock is looked at when nothing else happens: the engine's clock may be a simulated one.
const LOOK: Duration = Duration::from_millis(20);

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
}

/// What the dispatcher is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Calls under way.
    pub in_flight: usize,
    /// Calls that could be tried now.
    pub ready: usize,
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
    failed: u32,
    /// When it failed last.
    since: Timestamp,
    generation: u32,
    look_first: bool,
    in_flight: bool,
    next: Timestamp,
    reason: String,
    lane: String,
}

/// Performs owed calls until told to stop; clones share it.
pub struct Dispatcher<D: Domain, P> {
    engine: Engine<D>,
    performer: Arc<P>,
    progress: Arc<Mutex<BTreeMap<Key, Progress>>>,
}

impl<D: Domain, P> Clone for Dispatcher<D, P> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            performer: Arc::clone(&self.performer),
            progress: Arc::clone(&self.progress),
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

type Finished<D> = (OwedCall<D>, Outcome<<D as Domain>::Answer>);

impl<D: Domain, P: Perform<D>> Dispatcher<D, P> {
    /// A dispatcher of the engine's owed calls.
    pub fn new(engine: Engine<D>, performer: Arc<P>) -> Self {
        Self { engine, performer, progress: Arc::default() }
    }

    /// Works until `stop` turns true, then finishes what is under way; the caller bounds how long that may take.
    /// Ends with an error when the engine has stopped.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> Result<(), HandleError> {
        let mut running: JoinSet<Finished<D>> = JoinSet::new();
        let mut keys = HashMap::new();
        let mut changes = self.engine.changes();
        // What is owed is gone through only when it may have come to something else: that copies every owed call.
        let mut look_at = Some(AT_ONCE);
        let mut last = AT_ONCE;
        while !*stop.borrow() {
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
                    let key = call.key.clone();
                    keys.insert(self.start(&mut running, call, attempt), key);
                }
            }
            tokio::select! {
                biased;
                _ = stop.changed() => {}
                Some(done) = running.join_next_with_id(), if !running.is_empty() => {
                    self.finished(done, &mut keys).await?;
                    look_at = Some(AT_ONCE);
                }
                changed = changes.changed() => match changed {
                    Ok(()) => look_at = Some(AT_ONCE),
                    Err(_) => break,
                },
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while let Some(done) = running.join_next_with_id().await {
            self.finished(done, &mut keys).await?;
        }
        Ok(())
    }

    fn start(&self, running: &mut JoinSet<Finished<D>>, call: OwedCall<D>, attempt: Attempt) -> Id {
        let performer = Arc::clone(&self.performer);
        let task = running.spawn(async move {
            let outcome = performer.perform(call.call.clone(), attempt).await;
            (call, outcome)
        });
        task.id()
    }

    /// What is under way, and what waits.
    pub fn activity(&self) -> Activity {
        let owed = self.engine.owed_calls();
        let now = self.engine.clock().now();
        let progress = self.lock();
        let mut activity = Activity::default();
        for call in owed {
            match progress.get(&call.key) {
                None => activity.ready += 1,
                Some(p) if p.in_flight => activity.in_flight += 1,
                Some(p) if p.next <= now => activity.ready += 1,
                Some(p) => activity.waiting.push(Waiting {
                    key: call.key,
                    failed: p.failed,
                    next: p.next,
                    reason: p.reason.clone(),
                }),
            }
        }
        // A call that stopped being owed while it was under way still ends.
        activity.in_flight = progress.values().filter(|p| p.in_flight).count();
        activity
    }

    fn take_ready(&self) -> Ready<D> {
        let owed = self.engine.owed_calls();
        let now = self.engine.clock().now();
        let mut progress = self.lock();
        let keys: BTreeSet<&Key> = owed.iter().map(|call| &call.key).collect();
        progress.retain(|key, p| p.in_flight || keys.contains(key));
        let mut lanes: BTreeMap<String, usize> = BTreeMap::new();
        for p in progress.values().filter(|p| p.in_flight) {
            *lanes.entry(p.lane.clone()).or_default() += 1;
        }
        let mut ready = Ready { calls: Vec::new(), next: None };
        for call in owed {
            match progress.get_mut(&call.key).map(|p| p.at(now)) {
                Some(p) if p.in_flight => continue,
                Some(p) if p.next > now => {
                    ready.next = Some(ready.next.map_or(p.next, |next| next.min(p.next)));
                    continue;
                }
                Some(_) | None => {}
            }
            let lane = self.performer.lane(&call);
            let busy = lanes.entry(lane.clone()).or_default();
            if *busy >= self.performer.lane_limit() {
                // A place comes free when a call of this lane ends, which is looked for anyway.
                continue;
            }
            *busy += 1;
            let p = progress.entry(call.key.clone()).or_insert_with(|| Progress::new(lane));
            p.in_flight = true;
            let attempt = Attempt {
                stream: call.stream.clone(),
                key: call.key.clone(),
                generation: p.generation,
                earlier: p.failed,
                owed_since: call.since,
                now,
                look_first: p.look_first || call.inherited,
            };
            ready.calls.push((call, attempt));
        }
        ready
    }

    async fn finished(
        &self,
        done: Result<(Id, Finished<D>), JoinError>,
        keys: &mut HashMap<Id, Key>,
    ) -> Result<(), HandleError> {
        let (call, outcome) = match done {
            Ok((id, finished)) => {
                keys.remove(&id);
                finished
            }
            Err(panic) => {
                if let Some(key) = keys.remove(&panic.id()) {
                    // The panic's own words may hold what no log may.
                    tracing::error!(%key, "performing a call ended in a panic");
                    let reason = "performing it ended in a panic".to_owned();
                    self.postpone(&key, Again { trace: Trace::Unknown, after: None, reason });
                }
                return Ok(());
            }
        };
        let (stream, key) = (&call.stream, &call.key);
        let again = match outcome {
            Outcome::Answered(answer) => {
                match self.engine.answer(&call, answer, "dispatch").await {
                    Ok(handled) => {
                        tracing::info!(%stream, %key, state = handled.state, "a call was answered");
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
                tracing::warn!(%stream, %key, trace = ?again.trace, reason = %again.reason, "a call failed");
                again
            }
        };
        self.postpone(key, again);
        Ok(())
    }

    fn postpone(&self, key: &Key, again: Again) {
        let now = self.engine.clock().now();
        let mut progress = self.lock();
        let Some(p) = progress.get_mut(key) else { return };
        p.in_flight = false;
        p.failed += 1;
        p.since = now;
        p.next = now.plus(again.after.unwrap_or_else(|| backoff::wait(key.as_str(), p.failed)));
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
    /// The same by a clock that may have been set back since: it waits as long as it was to wait, from now.
    fn at(&mut self, now: Timestamp) -> &Self {
        if now < self.since {
            self.next = now.plus(self.next.since(self.since));
            self.since = now;
        }
        self
    }

    fn new(lane: String) -> Self {
        Self {
            failed: 0,
            since: AT_ONCE,
            generation: 1,
            look_first: false,
            in_flight: true,
            next: AT_ONCE,
            reason: String::new(),
            lane,
        }
    }
}

#[cfg(test)]
mod tests;
