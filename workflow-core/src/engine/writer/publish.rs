//! What happens once a group is durable: the indexes follow, messages come due, everybody is answered.
//!
//! A message that could not be handled is not forgotten here: it is kept aside and taken up again when there is a
//! reason to. So is one that an instance refused which does not exist: nothing waits for it, and when the instance comes to
//! be, it is tried again.

use std::collections::{BTreeSet, HashSet};
use std::sync::PoisonError;

use super::{Answer, Aside, Moved, Origin, UnderWay, Writer};
use crate::engine::disk::explain;
use crate::engine::index::Messages;
use crate::engine::queue::Written;
use crate::engine::{HandleError, Handled, lock};
use crate::id::{Key, Position, StreamId};
use crate::workflow::Domain;

/// So many messages are remembered as told; few where it is tried what becomes of the others.
const TOLD_MAX: usize = if cfg!(test) { 8 } else { 10_000 };

impl<D: Domain> Writer<D> {
    /// Lets the world know of a group that is durable.
    pub(super) fn publish(&mut self, landed: UnderWay<D>) -> Written {
        let UnderWay { answers, moved, end } = landed;
        self.forget(&moved)?;
        let is_news = !moved.is_empty() || answers.iter().any(|answer| answer.message().is_some());
        self.work.answered = answers.len();
        let told = answers.iter().filter_map(Answer::logged).collect();
        self.follow(moved, told, end);
        let mut reached = BTreeSet::new();
        let mut failed = Vec::new();
        for Answer { stream, origin, result, is_moot } in answers {
            let Some(result) = result else { continue };
            match (origin, result) {
                (Origin::Message { key, from }, Err(error)) if !is_moot => {
                    failed.push((key, from, stream, error));
                }
                (origin, result) => {
                    self.reply(&stream, origin, result);
                    if !self.work.aside.is_empty() {
                        reached.insert(stream);
                    }
                }
            }
        }
        // Before what failed in this group is set aside: its own failure is no reason to try again.
        self.take_up(&reached);
        for (key, from, to, error) in failed {
            self.set_aside(key, from, to, &error);
        }
        self.work.released = true;
        self.forget_told();
        if is_news {
            self.changes.send_modify(|count| *count += 1);
        }
        Ok(())
    }

    /// Destroys the keys of people whose forgetting is durable now: before anybody is told that it was done.
    fn forget(&self, moved: &[Moved<D>]) -> Written {
        let Some(vault) = &self.vault else { return Ok(()) };
        for subject in moved.iter().filter_map(|moved| moved.standing.forgotten.as_ref()) {
            if let Err(error) = vault.destroy(subject) {
                let what = "destroying the key of a forgotten person failed";
                let why = format!("{what}: {}", explain(&error));
                // Before the replies are dropped: whoever waits for one reads it then.
                *lock(&self.stopped) = Some(why.clone());
                return Err(why);
            }
        }
        Ok(())
    }

    /// Brings the indexes up to what is now durable, and queues the messages that came due.
    fn follow(&mut self, moved: Vec<Moved<D>>, told: Vec<(StreamId, Key)>, end: Position) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for Moved { stream, version, standing } in moved {
            let listed = self.workflows.get(stream.workflow()).is_none_or(|w| w.listed());
            let Messages { new, void } =
                index.update(&stream, version, standing, listed, &|_| false);
            self.messages.extend(new);
            for key in void {
                self.told.remove(&key);
                self.work.aside.remove(&key);
            }
            // Unless it has moved on meanwhile, the log has it as it is.
            if self.work.moving.get(&stream).is_some_and(|live| live.version == version)
                && let Some(live) = self.work.moving.remove(&stream)
            {
                self.cache.put(stream, live);
            }
        }
        // Together with the events that show it: a checkpoint must not have the one without the other.
        for (from, key) in &told {
            index.told(from, key);
        }
        index.reach(end);
        drop(index);
        self.checkpoints.grown_to(end);
    }

    fn reply(&mut self, stream: &StreamId, origin: Origin, result: Result<Handled, HandleError>) {
        if let Err(HandleError::Defect(problem)) = &result {
            tracing::error!(%stream, %problem, "a workflow contradicts itself");
        }
        match origin {
            Origin::Caller { reply, room } => {
                // First, so that whoever reads the answer finds the place free.
                drop(room);
                // A caller that went away has nothing left to learn.
                drop(reply.send(result));
            }
            Origin::Message { key, .. } => {
                if let Err(error) = result {
                    tracing::warn!(%stream, %key, %error, "a message was refused");
                }
                self.delivered(&key);
            }
        }
    }

    fn delivered(&self, key: &Key) {
        self.index.write().unwrap_or_else(PoisonError::into_inner).delivered(key);
    }

    /// Keeps a message that could not be handled: it stays undelivered and is neither told nor queued. One that was refused
    /// because there is no such instance was delivered all the same, as far as anybody waits for it.
    fn set_aside(&mut self, key: Key, from: StreamId, to: StreamId, error: &HandleError) {
        if matches!(error, HandleError::Rejected(_)) {
            tracing::warn!(stream = %to, %key, %error, "a message was refused; it is told again should there be such an instance");
            self.delivered(&key);
        } else {
            tracing::error!(stream = %to, %key, %error, "a message could not be handled and is kept");
        }
        // Its sender may have moved on within the same group, which made it void.
        if self.told.remove(&key) {
            let any_work = matches!(error, HandleError::Stopped(_));
            self.work.aside.insert(key, Aside { from, to, any_work });
        }
    }

    /// Bounds what is remembered of messages that were told. Of those that the log shows the index knows it; without this
    /// the writer only lets an input to their senders wait for one group more than it must.
    fn forget_told(&mut self) {
        if self.told.len() <= TOLD_MAX {
            return;
        }
        let under_way = self.work.under_way.iter().flat_map(|group| &group.answers);
        let decided = self.work.group.answers.iter().chain(under_way);
        let keys: HashSet<&Key> = decided.filter_map(Answer::message).collect();
        self.told.retain(|key| keys.contains(key));
    }

    /// Queues again what was set aside and has a reason to be tried: inputs reached these streams.
    fn take_up(&mut self, reached: &BTreeSet<StreamId>) {
        if reached.is_empty() {
            return;
        }
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let messages = &mut self.messages;
        self.work.aside.retain(|key, Aside { from, to, any_work }| {
            let due = *any_work || reached.contains(from) || reached.contains(to);
            if due && let Some(tell) = index.owed_message(from, key) {
                messages.push_back((key.clone(), from.clone(), tell));
            }
            !due
        });
    }
}

impl Answer {
    /// The message that the log shows, by the events that came of it or as one that led to nothing, with its sender.
    fn logged(&self) -> Option<(StreamId, Key)> {
        let Origin::Message { key, from } = &self.origin else { return None };
        let events = self.result.as_ref()?.as_ref().is_ok_and(|handled| handled.events > 0);
        (events || self.is_moot).then(|| (from.clone(), key.clone()))
    }

    fn message(&self) -> Option<&Key> {
        match &self.origin {
            Origin::Message { key, .. } => Some(key),
            Origin::Caller { .. } => None,
        }
    }
}
