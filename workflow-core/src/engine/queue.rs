//! Where inputs wait for the writer: bounded, so that a slow disk is felt at the doors and never in memory.
//!
//! What is taken in holds its room until it is answered: waiting, being decided and on its way to the disk together
//! are never more than the room there is. One lock and one bell, because the writer waits for two things at once: for
//! inputs and for the disk.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Job;
use crate::workflow::Domain;

/// One input's room, until it is dropped.
pub(super) type Room = OwnedSemaphorePermit;

/// What became of a group on its way to the disk; otherwise why it failed.
pub(super) type Written = Result<(), String>;

/// The queue between those who ask, the writer, and the disk.
pub(super) struct Queue<D: Domain> {
    waiting: Mutex<Waiting<D>>,
    bell: Condvar,
    room: Arc<Semaphore>,
    size: usize,
}

struct Waiting<D: Domain> {
    jobs: VecDeque<Job<D>>,
    written: Option<Written>,
    closed: bool,
    /// Whether the writer sleeps: ringing for one that is awake would cost a call to the system.
    asleep: bool,
}

/// What the writer finds.
pub(super) enum Found<D: Domain> {
    /// The group that was on its way has been dealt with.
    Written(Written),
    /// Inputs, in the order they came.
    Jobs(VecDeque<Job<D>>),
    /// Nothing now.
    Nothing,
    /// Nothing now or ever: the queue is closed.
    End,
}

/// What the writer does when it finds nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Idle {
    /// It has other work.
    GoOn,
    /// It sleeps until an input comes or the queue is closed.
    AwaitInputs,
    /// It sleeps until there is news of the disk, or an input.
    AwaitDisk,
}

impl<D: Domain> Queue<D> {
    /// A queue with so much room.
    pub fn new(size: usize) -> Self {
        let jobs = VecDeque::new();
        let waiting = Waiting { jobs, written: None, closed: false, asleep: false };
        let (waiting, room) = (Mutex::new(waiting), Arc::new(Semaphore::new(size)));
        Self { waiting, bell: Condvar::new(), room, size }
    }

    /// Room for one input, as soon as there is some; `None` once the queue is closed.
    pub async fn room(&self) -> Option<Room> {
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    /// How many inputs are taken in and not answered.
    pub fn taken(&self) -> usize {
        self.size - self.room.available_permits()
    }

    /// Puts an input in. When the queue is closed its reply channel closes instead.
    pub fn push(&self, job: Job<D>) {
        let mut waiting = self.waiting();
        if !waiting.closed {
            waiting.jobs.push_back(job);
            self.ring(waiting);
        }
    }

    /// Says what became of the group that was on its way.
    pub fn written(&self, written: Written) {
        let mut waiting = self.waiting();
        waiting.written = Some(written);
        self.ring(waiting);
    }

    /// Takes no further inputs; those that wait are still handed out.
    pub fn close(&self) {
        self.room.close();
        let mut waiting = self.waiting();
        waiting.closed = true;
        self.ring(waiting);
    }

    /// Closes and forgets those that wait: their reply channels close.
    pub fn abandon(&self) {
        self.close();
        let jobs = std::mem::take(&mut self.waiting().jobs);
        drop(jobs);
    }

    /// What there is for the writer: news of the disk first, then at most `most` inputs.
    pub fn next(&self, most: usize, idle: Idle) -> Found<D> {
        let mut waiting = self.waiting();
        loop {
            if let Some(written) = waiting.written.take() {
                return Found::Written(written);
            }
            if most > 0 && !waiting.jobs.is_empty() {
                let count = waiting.jobs.len().min(most);
                let rest = waiting.jobs.split_off(count);
                return Found::Jobs(std::mem::replace(&mut waiting.jobs, rest));
            }
            match idle {
                Idle::GoOn => return Found::Nothing,
                Idle::AwaitInputs if waiting.closed => return Found::End,
                Idle::AwaitInputs | Idle::AwaitDisk => {}
            }
            waiting.asleep = true;
            waiting = self.bell.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.asleep = false;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<D>> {
        // Nothing below panics between two changes that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self, waiting: MutexGuard<'_, Waiting<D>>) {
        let asleep = waiting.asleep;
        drop(waiting);
        if asleep {
            self.bell.notify_one();
        }
    }
}
