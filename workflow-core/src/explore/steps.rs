//! What may happen in a moment, one step at a time, each with its words where a story is told.
//!
//! Messages go first, in any order among themselves: the engine lets no input come between a stream's move and the
//! delivery of what it then owes, and an input to another stream may change its place with a delivery without a
//! difference. What several instances are told at once reaches them in one step. Read next: `search.rs`.

use std::hash::Hash;
use std::rc::Rc;

use super::moment::{Flight, Moment, Orphan};
use super::pool::{Addressed, Effect, Input, Known, NOBODY, Obligation, Pool, Tried, Tries};
use super::{Model, Pace};
use crate::workflow::Domain;

/// So many failures under burned keys are told apart.
const GENERATIONS_MAX: u8 = 3;

/// One way on.
pub(super) struct Step {
    pub next: Moment,
    /// Whether it comes sooner or later when nobody is hostile.
    pub calm: bool,
    /// What happened; empty unless a story is told.
    pub words: String,
}

/// A call that may be attempted.
#[derive(Clone, Copy)]
struct Call {
    stream: u32,
    instance: u32,
    at: u8,
    operation: u32,
    tries: Tries,
}

impl Call {
    /// The moment after an attempt.
    fn made(self, now: &Moment, world: u32, tries: Tries, answer: Option<u32>) -> Moment {
        let mut next = now.clone();
        next.world = world;
        if let Some(part) = next.part_mut(self.stream) {
            part.set_tries(self.at, tries);
        }
        if let Some(answer) = answer {
            let (stream, owed, operation) = (self.stream, Some(self.at), self.operation);
            next.flights.push(Flight { stream, owed, operation, answer });
            next.flights.sort_unstable();
        }
        next
    }
}

/// What came of an input.
struct Given {
    words: String,
    refused: bool,
}

impl Given {
    fn said(words: impl Into<String>) -> Self {
        Self { words: words.into(), refused: false }
    }
}

/// The ways on from one moment, being gathered.
pub(super) struct Steps<'p, M: Model> {
    pool: &'p mut Pool<M>,
    tell: bool,
    pub ways: Vec<Step>,
    /// A workflow contradicts itself on the way.
    pub defect: Option<(String, String)>,
}

impl<'p, M: Model> Steps<'p, M>
where
    <M::Domain as Domain>::Answer: Eq + Hash,
{
    /// All ways on; with words when `tell`.
    pub fn from(pool: &'p mut Pool<M>, now: &Moment, tell: bool) -> Self {
        let mut steps = Self { pool, tell, ways: Vec::new(), defect: None };
        if now.is_message_under_way() {
            steps.messages(now);
        } else {
            steps.attempts(now);
            steps.landings(now);
            steps.timers(now);
            steps.deeds(now);
            steps.crash(now);
        }
        steps
    }

    /// A step that changes nothing but what is left of the hostility is none.
    fn way(&mut self, now: &Moment, next: Moment, calm: bool, words: impl FnOnce(&Self) -> String) {
        let same = next.world == now.world
            && next.parts == now.parts
            && next.orphans == now.orphans
            && next.flights == now.flights;
        if same || self.ways.iter().any(|way| way.next == next) {
            return;
        }
        let words = if self.tell { words(self) } else { String::new() };
        self.ways.push(Step { next, calm, words });
    }

    fn messages(&mut self, now: &Moment) {
        for part in &now.parts {
            for at in (0..u32::BITS).filter(|at| part.untold & (1 << at) != 0) {
                let owed = &self.pool.instances[part.instance as usize].owed;
                let Obligation::Tell { to, input } = owed[at as usize] else { continue };
                let mut next = now.clone();
                if let Some(sender) = next.part_mut(part.stream) {
                    sender.untold &= !(1 << at);
                    sender.unrecorded |= 1 << at;
                }
                let before = next.clone();
                let told = self.give(&mut next, to, Input::Json(input));
                if next != before {
                    // The receiver's events name the message: a restart does not tell it again.
                    self.recorded(&mut next, &before, part.stream, at, input);
                }
                let from = part.stream;
                self.way(now, next, true, |s| s.message(from, to, input, &told.words));
            }
        }
        for (index, orphan) in now.orphans.iter().enumerate() {
            let Orphan { from, to, input } = *orphan;
            let mut next = now.clone();
            next.orphans.remove(index);
            let told = self.give(&mut next, to, Input::Json(input));
            self.way(now, next, true, |s| s.message(from, to, input, &told.words));
        }
    }

    fn recorded(&self, next: &mut Moment, before: &Moment, from: u32, at: u32, input: u32) {
        // A message to itself may have moved the sender: then the obligation is found by what it says.
        let moved = next.part(from).map(|p| p.instance) != before.part(from).map(|p| p.instance);
        let Some(sender) = next.part_mut(from) else { return };
        let owed = &self.pool.instances[sender.instance as usize].owed;
        let says =
            |o: &Obligation| matches!(o, Obligation::Tell { input: says, .. } if *says == input);
        let at = if moved { owed.iter().position(says) } else { Some(at as usize) };
        if let Some(at) = at {
            sender.unrecorded &= !(1 << at);
        }
    }

    fn message(&self, from: u32, to: u32, input: u32, told: &str) -> String {
        let name = name_of(self.pool.inputs.get(input));
        let (from, to) = (self.pool.streams.get(from), self.pool.streams.get(to));
        format!("{from} tells {to} `{name}`: {told}")
    }

    /// Gives an input to a stream of `moment`; says what came of it.
    fn give(&mut self, moment: &mut Moment, stream: u32, input: Input) -> Given {
        let instance = moment.part(stream).map_or(NOBODY, |part| part.instance);
        let effect = self.pool.effect(stream, instance, input, moment.world);
        match &*effect {
            Effect::Nothing => Given::said("nothing changes"),
            Effect::Refused(code) => Given { words: format!("refused ({code})"), refused: true },
            Effect::Defect(problem) => {
                let stream = self.pool.streams.get(stream);
                self.defect = Some((format!("{stream} is given an input"), problem.clone()));
                Given::said("a defect")
            }
            Effect::Moved { to, events, carried } => {
                let none: &[Obligation] = &[];
                let before = self.pool.instances.get(instance as usize).map_or(none, |it| &it.owed);
                let after = &self.pool.instances[*to as usize].owed;
                moment.advance(stream, *to, (before, after), carried);
                if !self.tell {
                    return Given::said("");
                }
                let (id, stands) = (self.pool.streams.get(stream), self.pool.stands(*to));
                Given::said(format!("{} -> {id} is {stands}", events.join(", ")))
            }
        }
    }

    fn attempts(&mut self, now: &Moment) {
        for part in &now.parts {
            let owed = self.pool.instances[part.instance as usize].owed.clone();
            for (at, obligation) in owed.into_iter().enumerate() {
                let Obligation::Call { operation } = obligation else { continue };
                let (stream, instance, at) = (part.stream, part.instance, low(at));
                let flies = |f: &Flight| f.stream == stream && f.owed == Some(at);
                if !now.flights.iter().any(flies) {
                    let tries = part.tries(at);
                    self.attempt(now, Call { stream, instance, at, operation, tries });
                }
            }
        }
    }

    fn attempt(&mut self, now: &Moment, call: Call) {
        let Call { stream, instance, at, tries, .. } = call;
        match self.pool.tried(now.world, instance, at, tries, stream) {
            Tried::Answered { world, answer } => {
                let known = Tries { remembered: Some(answer), ..tries };
                let next = call.made(now, world, known, Some(answer));
                self.way(now, next, true, |s| {
                    s.calls(call, &format!("answered ({}), on its way", s.answer(answer)))
                });
                if now.left.lost > 0 {
                    self.lose(now, call, world, answer);
                }
            }
            Tried::Again { world, burned, traced } => {
                let mut after = Tries { look_first: tries.look_first || traced, ..tries };
                if burned && tries.generation < GENERATIONS_MAX {
                    after.generation += 1;
                    if tries.generation > tries.burned {
                        (after.burned, after.remembered) = (tries.generation, None);
                    }
                }
                let next = call.made(now, world, after, None);
                self.way(now, next, true, |s| s.calls(call, "it fails and is tried again"));
            }
        }
        if now.left.forgotten > 0 && tries.remembered.is_some() {
            self.forget(now, call);
        }
    }

    /// An attempt that would lead to `world` and be answered gets no answer.
    fn lose(&mut self, now: &Moment, call: Call, world: u32, answer: u32) {
        let tries = call.tries;
        let failed = Tries { look_first: true, ..tries };
        let mut lose = |world, tries, what: &'static str| {
            let mut next = call.made(now, world, tries, None);
            next.left.lost -= 1;
            self.way(now, next, false, |s| s.calls(call, what));
        };
        lose(now.world, failed, "the request never arrives");
        let done = Tries { remembered: Some(answer), ..failed };
        lose(world, done, "it is done, and the answer is lost");
        if world != now.world && tries.generation < GENERATIONS_MAX {
            let (generation, burned) = (tries.generation + 1, tries.generation);
            let burned = Tries { look_first: true, generation, burned, remembered: None };
            lose(world, burned, "it is done, and a failure is answered");
        }
    }

    /// The provider does not know any more what it answered under the key.
    fn forget(&mut self, now: &Moment, call: Call) {
        let Call { stream, instance, at, tries, .. } = call;
        let asked = Tries { remembered: None, ..tries };
        let tried = self.pool.tried(now.world, instance, at, asked, stream);
        let Tried::Answered { world, answer } = tried else { return };
        let known = Tries { remembered: Some(answer), ..tries };
        let mut next = call.made(now, world, known, Some(answer));
        next.left.forgotten -= 1;
        self.way(now, next, false, |s| {
            s.calls(call, &format!("its key is forgotten; answered ({})", s.answer(answer)))
        });
    }

    fn calls(&self, call: Call, what: &str) -> String {
        let stream = self.pool.streams.get(call.stream);
        format!("{stream} calls `{}`: {what}", self.pool.operations.get(call.operation))
    }

    /// The name of an answer: of whatever `Debug` shows the first word.
    fn answer(&self, answer: u32) -> String {
        let text = format!("{:?}", self.pool.answers.get(answer));
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        if end == 0 { text } else { text[..end].to_owned() }
    }

    fn landings(&mut self, now: &Moment) {
        for (index, flight) in now.flights.iter().enumerate() {
            let Flight { stream, owed, operation, answer } = *flight;
            let mut next = now.clone();
            next.flights.remove(index);
            let mut twice = now.clone();
            let input = Input::Answer { owed, operation, answer };
            let told = self.give(&mut next, stream, input);
            let words = |s: &Self, twice: &str| {
                let (id, operation) =
                    (s.pool.streams.get(stream), s.pool.operations.get(operation));
                let late = if owed.is_none() { "late " } else { "" };
                let answer = s.answer(answer);
                format!(
                    "the {late}answer to `{operation}` ({answer}) reaches {id}{twice}: {}",
                    told.words
                )
            };
            self.way(now, next, true, |s| words(s, ""));
            if now.left.duplicated > 0 {
                twice.left.duplicated -= 1;
                self.give(&mut twice, stream, input);
                self.way(now, twice, false, |s| words(s, ", and is to come once more"));
            }
        }
    }

    fn timers(&mut self, now: &Moment) {
        let moment = self.pool.now(now.world);
        for part in &now.parts {
            let timer = self.pool.instances[part.instance as usize].live.standing.timer;
            if timer.is_none_or(|at| at > moment) {
                continue;
            }
            let mut next = now.clone();
            let told = self.give(&mut next, part.stream, Input::Timer);
            let stream = part.stream;
            self.way(now, next, true, |s| {
                format!("the time of {} has come: {}", s.pool.streams.get(stream), told.words)
            });
        }
    }

    fn deeds(&mut self, now: &Moment) {
        let deeds = self.pool.deeds(now.world);
        for deed in deeds.iter() {
            self.deed(now, deed);
        }
    }

    fn deed(&mut self, now: &Moment, deed: &Known) {
        let mut inputs = Vec::new();
        for addressed in &deed.told {
            let (streams, input) = match addressed {
                Addressed::Stream { to, input } => (vec![*to], *input),
                Addressed::Named { workflow, names, input } => {
                    (self.known_by(now, workflow, names), *input)
                }
            };
            // Nobody knows it yet: the signal is kept and comes later.
            if streams.is_empty() {
                return;
            }
            inputs.extend(streams.into_iter().map(|to| (to, Input::Json(input))));
        }
        // Most of what is read is known already: that is seen before anything is copied.
        if deed.world == now.world && !inputs.iter().any(|(to, input)| self.moves(now, *to, *input))
        {
            return;
        }
        let mut next = now.clone();
        next.world = deed.world;
        let give = |(to, input)| self.give(&mut next, to, input);
        let told: Vec<Given> = inputs.into_iter().map(give).collect();
        if !told.is_empty() && told.iter().all(|given| given.refused) {
            return;
        }
        let words = |_: &Self| match told.is_empty() {
            true => deed.what.clone(),
            false => {
                let told: Vec<&str> = told.iter().map(|given| given.words.as_str()).collect();
                format!("{}: {}", deed.what, told.join("; "))
            }
        };
        self.way(now, next, deed.pace == Pace::Certain, words);
    }

    /// Whether an input makes a difference (or shows a defect).
    fn moves(&mut self, now: &Moment, stream: u32, input: Input) -> bool {
        let instance = now.part(stream).map_or(NOBODY, |part| part.instance);
        match &*self.pool.effect(stream, instance, input, now.world) {
            Effect::Nothing | Effect::Refused(_) => false,
            Effect::Moved { .. } | Effect::Defect(_) => true,
        }
    }

    fn known_by(&self, now: &Moment, workflow: &str, names: &[String]) -> Vec<u32> {
        let known = |stream: u32, instance: u32| {
            let standing = &self.pool.instances[instance as usize].live.standing;
            self.pool.streams.get(stream).workflow() == workflow
                && standing.aliases.iter().any(|alias| names.contains(alias))
        };
        let parts = now.parts.iter().filter(|part| known(part.stream, part.instance));
        parts.map(|part| part.stream).collect()
    }

    fn crash(&mut self, now: &Moment) {
        if now.left.crashes == 0 {
            return;
        }
        let mut next = now.clone();
        next.left.crashes -= 1;
        next.crash(|instance| self.pool.calls_of(instance));
        let mut world = self.pool.worlds.get(now.world).as_ref().clone();
        self.pool.model.crash(&mut world);
        next.world = self.pool.worlds.number(world);
        self.way(now, next, false, |_| "the process ends and begins again".into());
    }
}

/// The name of an input in JSON: an enum's variant.
fn name_of(json: &Rc<String>) -> String {
    json.split('"').nth(1).unwrap_or(json).to_owned()
}

fn low(at: usize) -> u8 {
    u8::try_from(at).expect("a state is owed fewer than 256 things")
}
