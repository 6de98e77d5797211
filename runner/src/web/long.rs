//! Work that may last as long as the log is, done beside the pages: questions to the log, and verifying it.
//!
//! Each is begun by the page that wants it, at most [`AT_ONCE`] at a time, and its answer kept until the log has grown. A
//! page never waits for it: it shows how far the work is and what was answered before. What is asked is
//! `crate::audit`, the same as on the command line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use maud::{Markup, html};
use serde_json::Value;
use workflow_core::audit::{self as core_audit, Extent};
use workflow_core::id::Position;
use workflow_core::time::Timestamp;

use super::words;
use crate::admin::{self, Door};
use crate::audit::{self, Question, Source, Told, With};

/// So many are at work at once; a log is read by one processor each.
const AT_ONCE: usize = 2;
/// The answers to so many questions are kept.
const KEPT: usize = 12;
/// What is done within this time is shown at once.
const PATIENCE: Duration = Duration::from_millis(40);
/// An answer to a log that has grown since is good for this many times what it took.
const REST: u32 = 8;
/// What depends on the day is asked again after this time on the engine's clock.
const DAY_MOVES_MILLIS: i64 = 3_600_000;

/// What is to be done.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// Answer a question.
    Ask(Question),
    /// Verify the log, or a part of it, for the one who pressed the button then.
    Verify(Extent),
}

/// What came of it.
pub(super) struct Found {
    /// The end of the log when it began.
    pub position: Position,
    /// When it began.
    pub at: Timestamp,
    /// The rows, as JSON: there may be many, and few are looked at.
    pub rows: Vec<Box<str>>,
    /// What it came to, or why there is no answer.
    pub done: Result<Value, String>,
    took: Duration,
    ended: Instant,
}

/// How it stands with a piece of work.
#[derive(Default)]
pub(super) struct Standing {
    /// What is known.
    pub found: Option<Arc<Found>>,
    /// How far it is with finding what is newer: so much, of so much.
    pub working: Option<(u64, u64)>,
    /// Whether it waits until others are done.
    pub crowded: bool,
}

struct Work {
    name: String,
    found: Option<Arc<Found>>,
    working: Option<(u64, u64)>,
}

/// All such work; the last used at the end.
#[derive(Default)]
pub(super) struct Long(Arc<Mutex<Vec<Work>>>);

impl Task {
    fn name(&self) -> String {
        match self {
            Task::Ask(question) => serde_json::to_string(question).unwrap_or_default(),
            Task::Verify(extent) => format!("verify {:?} {:?}", extent.from, extent.to),
        }
    }
}

impl Long {
    /// The answer to a question as far as it is known; what is missing or old is asked for.
    pub(super) async fn ask(&self, door: &Arc<Door>, question: Question) -> Standing {
        let task = Task::Ask(question);
        let name = task.name();
        let (position, now) = (door.engine.position(), door.engine.clock().now());
        let standing = self.standing(&name);
        let good = standing.found.as_ref().is_some_and(|found| {
            let same_day = now.0 - found.at.0 < DAY_MOVES_MILLIS;
            let rests = found.ended.elapsed() < found.took * REST;
            same_day && (found.position == position || rests)
        });
        if good || standing.working.is_some() {
            return standing;
        }
        self.begin(door, task).await;
        self.standing(&name)
    }

    /// The newest answer to a question, whole, however long that takes; `None` when the process stops.
    pub(super) async fn whole(&self, door: &Arc<Door>, question: Question) -> Option<Arc<Found>> {
        let mut stopped = door.stopped.clone();
        loop {
            let standing = self.ask(door, question.clone()).await;
            if let (Some(found), None) = (standing.found, standing.working) {
                return Some(found);
            }
            tokio::select! {
                _ = stopped.changed() => return None,
                () = tokio::time::sleep(PATIENCE) => {}
            }
        }
    }

    /// Verifies, unless that is under way.
    pub(super) async fn verify(&self, door: &Arc<Door>, extent: Extent) {
        let task = Task::Verify(extent);
        if self.standing(&task.name()).working.is_none() {
            self.begin(door, task).await;
        }
    }

    /// How verifying stands.
    pub(super) fn verified(&self, extent: &Extent) -> Standing {
        self.standing(&Task::Verify(extent.clone()).name())
    }

    fn standing(&self, name: &str) -> Standing {
        let mut all = lock(&self.0);
        let crowded = all.iter().filter(|work| work.working.is_some()).count() >= AT_ONCE;
        let Some(at) = all.iter().position(|work| work.name == name) else {
            return Standing { crowded, ..Standing::default() };
        };
        let work = all.remove(at);
        let standing = Standing { found: work.found.clone(), working: work.working, crowded };
        all.push(work);
        standing
    }

    async fn begin(&self, door: &Arc<Door>, task: Task) {
        let name = task.name();
        {
            let mut all = lock(&self.0);
            if all.iter().filter(|work| work.working.is_some()).count() >= AT_ONCE {
                return;
            }
            match all.iter_mut().find(|work| work.name == name) {
                Some(work) => work.working = Some((0, 0)),
                None => {
                    if all.len() >= KEPT
                        && let Some(oldest) = all.iter().position(|work| work.working.is_none())
                    {
                        all.remove(oldest);
                    }
                    all.push(Work { name: name.clone(), found: None, working: Some((0, 0)) });
                }
            }
        }
        let (all, door) = (Arc::clone(&self.0), Arc::clone(door));
        let mut doing = tokio::task::spawn_blocking(move || {
            let ended = Ending { all, name };
            let found = found(&door, &task, &mut |at, of| ended.reached(at, of));
            ended.keep(found);
        });
        // It goes on whether somebody waits or not.
        drop(tokio::time::timeout(PATIENCE, &mut doing).await);
    }
}

/// Says that the work is over, also where it broke off.
struct Ending {
    all: Arc<Mutex<Vec<Work>>>,
    name: String,
}

impl Ending {
    fn change(&self, change: impl FnOnce(&mut Work)) {
        if let Some(work) = lock(&self.all).iter_mut().find(|work| work.name == self.name) {
            change(work);
        }
    }

    fn reached(&self, at: u64, of: u64) {
        self.change(|work| work.working = Some((at, of)));
    }

    fn keep(&self, found: Found) {
        self.change(|work| work.found = Some(Arc::new(found)));
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.change(|work| work.working = None);
    }
}

fn found(door: &Door, task: &Task, reached: &mut dyn FnMut(u64, u64)) -> Found {
    let begun = Instant::now();
    let (position, at) = (door.engine.position(), door.engine.clock().now());
    let (rows, done) = match task {
        Task::Ask(question) => answered(door, question, at, reached),
        Task::Verify(extent) => (Vec::new(), verified(door, extent, reached)),
    };
    Found { position, at, rows, done, took: begun.elapsed(), ended: Instant::now() }
}

fn answered(
    door: &Door,
    question: &Question,
    now: Timestamp,
    reached: &mut dyn FnMut(u64, u64),
) -> (Vec<Box<str>>, Result<Value, String>) {
    let (vault, zones) = (door.engine.vault().cloned(), door.zones.clone());
    let with = With { source: Source::Store(&**door.engine.store()), vault, zones, now };
    let (mut rows, mut done) = (Vec::new(), Value::Null);
    let asked = audit::answer(question, &with, &mut |told| {
        if *door.stopped.borrow() {
            return Err(std::io::Error::other("the process is stopping"));
        }
        match told {
            Told::Reached { at, of } => reached(at, of),
            Told::Row(row) => rows.push(row.to_string().into()),
            Told::Done(value) => done = value,
            Told::Failed { .. } => {}
        }
        Ok(())
    });
    (rows, asked.map(|()| done).map_err(|trouble| trouble.why))
}

fn verified(
    door: &Door,
    extent: &Extent,
    reached: &mut dyn FnMut(u64, u64),
) -> Result<Value, String> {
    let store = &**door.engine.store();
    let of = extent.to.map_or(store.head().next.0, |to| to.0);
    let result = core_audit::verify_extent(store, extent, &mut |at| reached(at.0, of));
    let what =
        if extent.from.0 == 0 && extent.to.is_none() { "the log" } else { "this part of the log" };
    serde_json::to_value(admin::verified(result, what)).map_err(|error| error.to_string())
}

/// How it stands with an answer, for people: nothing where it is the newest there can be.
pub(super) fn told(standing: &Standing, position: Position, again: &str) -> Markup {
    let older = standing.found.as_ref().filter(|found| found.position != position);
    html! {
        div data-live="long" {
            @if let Some((at, of)) = standing.working {
                p.working role="status" data-busy {
                    "The log is being read"
                    @if of > 0 { ": " (at.saturating_mul(100) / of) " %" }
                    ". "
                    a href=(again) { "Look again" }
                }
            } @else if standing.found.is_none() && standing.crowded {
                p.working role="status" data-busy { "Others are having the log read. " a href=(again) { "Look again" } }
            }
            @if let Some(found) = older {
                p.hint {
                    "As of position " (found.position.0) " of the log, " (words::minute(found.at)) " UTC; "
                    (position.0.saturating_sub(found.position.0)) " events came since."
                }
            }
        }
    }
}

fn lock(all: &Mutex<Vec<Work>>) -> MutexGuard<'_, Vec<Work>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}
