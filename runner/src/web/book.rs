//! What the pages know of every placement at hand, in memory: what makes lists of a hundred thousand a matter of
//! milliseconds. Gathered from the log when the first page wants it, brought up to date before each page, and thrown away
//! with the process.
//!
//! A few changes are taken in while a page is made; many (the first gathering) beside the pages, which then say that they
//! do not know all yet. Names of people are not in it: `book/names.rs` keeps what a word of a name hashes to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use jiff::civil::Date;
use tokio::sync::watch;
use workflow_core::domain::Insurance;
use workflow_core::domain::contractor::Contractor;
use workflow_core::domain::placement::{Placement, State, Work};
use workflow_core::engine::{Engine, Summary, Wait};
use workflow_core::id::{Position, StreamId, Version};
use workflow_core::record::frame::Frame;
use workflow_core::store::StoreError;
use workflow_core::time::Timestamp;

mod names;

use names::Names;

/// The workflows in which something can wait for a person.
const WORKFLOWS: [&str; 4] = ["placement", "contractor", "certificate", "invoice"];
/// So many instances are read while a page waits; more are read beside the pages.
const WHILE_WAITING: usize = 100;
/// So many are taken from the engine's lists at once.
const AT_A_TIME: usize = 1_000;

/// One instance.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its state's name.
    pub state: &'static str,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// Why it is where it is, in plain words.
    pub headline: Box<str>,
    /// What keeps it waiting for a person, alike for all of one cause.
    pub cause: Option<Arc<str>>,
    /// The first day of work, where it is known.
    pub first: Option<Date>,
    /// The client.
    pub company: Option<Arc<str>>,
}

impl Line {
    /// Whether cover is still to come before the work begins.
    pub(super) fn is_before_cover(&self) -> bool {
        !["Active", "Completed", "Canceled", "Excluded"].contains(&self.state)
    }
}

/// What is known.
#[derive(Default)]
pub(super) struct Known {
    /// Placements all, of other workflows what needs a person.
    pub lines: BTreeMap<StreamId, Line>,
    /// How many instances are still to be read.
    pub left: usize,
    names: Names,
    /// Texts that many lines have.
    texts: BTreeSet<Arc<str>>,
}

/// All of it, and how far it has come.
pub(super) struct Book {
    engine: Engine<Insurance>,
    known: RwLock<Known>,
    reading: Mutex<Reading>,
    is_beside: AtomicBool,
    stopped: watch::Receiver<bool>,
}

#[derive(Default)]
struct Reading {
    begun: bool,
    /// The log was taken in up to here.
    reached: Position,
    /// To be read, with the least version that is to be seen.
    wanted: VecDeque<(StreamId, Version)>,
}

impl Book {
    pub(super) fn new(engine: Engine<Insurance>, stopped: watch::Receiver<bool>) -> Self {
        let (known, reading, is_beside) = Default::default();
        Self { engine, known, reading, is_beside, stopped }
    }

    /// What is known, after taking in what came since.
    pub(super) fn look(self: &Arc<Self>) -> RwLockReadGuard<'_, Known> {
        if !self.is_beside.load(Ordering::Acquire) && !self.take_in(WHILE_WAITING) {
            self.go_on_beside();
        }
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn go_on_beside(self: &Arc<Self>) {
        if self.is_beside.swap(true, Ordering::AcqRel) {
            return;
        }
        let book = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let stopped = || *book.stopped.borrow() || book.engine.failure().is_some();
            while !stopped() && !book.take_in(WHILE_WAITING) {}
            book.is_beside.store(false, Ordering::Release);
        });
    }

    /// Takes in some of what is new; whether that was all.
    fn take_in(&self, at_most: usize) -> bool {
        let mut reading = lock(&self.reading);
        if !reading.begun {
            // What moves meanwhile is read again.
            reading.reached = self.engine.published();
            reading.wanted = self.everything();
            reading.begun = true;
        }
        let moved = self.moved(&mut reading);
        if let Err(error) = &moved {
            tracing::error!(%error, "the pages cannot read on in the log");
        }
        let some = reading.wanted.len().min(at_most);
        let some: Vec<(StreamId, Version)> = reading.wanted.drain(..some).collect();
        for (stream, least) in some {
            if !self.read(&stream, least) {
                // The index is a moment behind the log.
                reading.wanted.push_back((stream, least));
            }
        }
        let left = reading.wanted.len();
        // What cannot be read is tried again with the next page, and until then the pages say that they miss something.
        self.write(|known| known.left = left + usize::from(moved.is_err()));
        left == 0
    }

    /// All that is there: first what is open, of which something may need a person, then the long rest; of each
    /// placements first.
    fn everything(&self) -> VecDeque<(StreamId, Version)> {
        let (mut all, mut first) = (VecDeque::new(), BTreeSet::new());
        for line in WORKFLOWS.into_iter().flat_map(|of| self.engine.open_summaries(of)) {
            all.push_back((line.stream.clone(), Version::NONE));
            first.insert(line.stream);
        }
        for workflow in WORKFLOWS {
            let mut after: Option<StreamId> = None;
            loop {
                let some = self.engine.summaries_after(workflow, after.as_ref(), AT_A_TIME);
                let Some(last) = some.last() else { break };
                after = Some(last.stream.clone());
                let rest = some.into_iter().filter(|line| !first.contains(&line.stream));
                all.extend(rest.map(|line| (line.stream, Version::NONE)));
            }
        }
        all
    }

    /// Notes which instances moved since the log was looked at last, as far as the engine's lists have it: behind that an
    /// instance may be in the log and in no list yet.
    fn moved(&self, reading: &mut Reading) -> Result<(), StoreError> {
        let (from, end) = (reading.reached, self.engine.published());
        if from >= end {
            return Ok(());
        }
        let mut moved: BTreeMap<StreamId, Version> = BTreeMap::new();
        let mut bad = None;
        self.engine.store().scan_records(from, &mut |first, bytes| {
            let frame = match Frame::decode(bytes) {
                Ok(frame) => frame,
                Err(error) => {
                    let (position, problem) = (first.max(from), error.to_string());
                    bad = Some(StoreError::Damaged { position, problem });
                    return ControlFlow::Break(());
                }
            };
            let fresh = |position: Position| (from..end).contains(&position);
            for event in frame.events.iter().filter(|event| fresh(event.position)) {
                let of = event.stream.split('/').next().unwrap_or_default();
                if WORKFLOWS.contains(&of)
                    && let Ok(stream) = StreamId::parse(event.stream)
                {
                    moved.insert(stream, event.version);
                }
            }
            match first < end {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        if let Some(bad) = bad {
            // From here again: nothing behind it is passed over.
            return Err(bad);
        }
        reading.reached = end;
        reading.wanted.extend(moved);
        Ok(())
    }

    /// Reads one instance; `false` when the index does not know its newest event yet.
    fn read(&self, stream: &StreamId, least: Version) -> bool {
        let Some(summary) = self.engine.summary(stream) else {
            // Its events are all in, so it was settled and is listed no more.
            self.write(|known| drop(known.lines.remove(stream)));
            return true;
        };
        if summary.version < least {
            return false;
        }
        match stream.workflow() {
            "placement" => {
                let state = self.engine.state::<Placement>(stream).ok().flatten();
                self.write(|known| known.keep(summary, state.as_ref()));
            }
            "contractor" => {
                let state = self.engine.state::<Contractor>(stream).ok().flatten();
                self.write(|known| {
                    known.names.keep(stream, state.as_ref());
                    known.keep(summary, None);
                });
            }
            _ => self.write(|known| known.keep(summary, None)),
        }
        true
    }

    fn write(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Known {
    fn keep(&mut self, summary: Summary, state: Option<&State>) {
        let cause = needs_a_person(&summary).then(|| self.text(&cause(&summary)));
        let stream = summary.stream;
        if cause.is_none() && stream.workflow() != "placement" {
            self.lines.remove(&stream);
            return;
        }
        let first = state.and_then(|state| match state.work() {
            Work::Days { days, .. } | Work::Over { days } => days.first,
            Work::CalledOff | Work::OutOfScope => None,
        });
        let company = state.and_then(State::company).map(|company| self.text(company));
        let (headline, updated_at) = (summary.headline.into(), summary.updated_at);
        let line = Line { state: summary.state, updated_at, headline, cause, first, company };
        self.lines.insert(stream, line);
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        text
    }

    /// The contractors of whom every word of a name, or the e-mail, is one of these words.
    pub(super) fn called(&self, words: &str) -> BTreeSet<StreamId> {
        self.names.called(words)
    }
}

fn needs_a_person(summary: &Summary) -> bool {
    let asked = summary.waits.iter().any(|wait| matches!(wait, Wait::Person(_)));
    asked || summary.headline.starts_with("held: ")
}

/// What happened, without what is particular to one: the words up to the first stop.
fn cause(summary: &Summary) -> String {
    let words = summary.headline.split([':', ';', ',', '(']).next().unwrap_or_default().trim();
    match summary.stream.workflow() {
        // What keeps it says more than that it is held.
        "placement" if words == "held" => {
            let why = summary.headline.split([':', ';', '(']).nth(1).unwrap_or_default();
            format!("held: {}", why.split(['`', '$']).next().unwrap_or_default().trim())
        }
        "placement" => words.to_owned(),
        other => format!("{other}: {words}"),
    }
}

fn lock(reading: &Mutex<Reading>) -> MutexGuard<'_, Reading> {
    reading.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
