//! How each law is tried on one log or one life, and what a breach says.

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Write as _};

use super::life::{Deed, Life, Put};
use super::{EventOf, InputOf, Law, MachineOf, StateOf, Trial};
use crate::codec::{self, Content};
use crate::machine::{Kind, Machine};
use crate::seal::{Vault, within};
use crate::workflow::{Owed, Workflow};

/// A law that does not hold: which, where, and the log that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The law.
    pub law: Law,
    /// The machine's name.
    pub machine: &'static str,
    /// The step of the log, from 1; 0 before the first event.
    pub step: usize,
    /// What was found.
    pub what: String,
    /// The log, one event each.
    pub log: Vec<String>,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, machine, step, what, log } = self;
        writeln!(f, "`{machine}` breaks the law: {law}")?;
        writeln!(f, "  after event {step}: {what}")?;
        writeln!(f, "  the log:")?;
        for (index, event) in log.iter().enumerate() {
            writeln!(f, "  {:>4}. {event}", index + 1)?;
        }
        if log.is_empty() {
            writeln!(f, "        (empty)")?;
        }
        Ok(())
    }
}

impl std::error::Error for Breach {}

pub(super) type Judged = Result<(), Breach>;

fn breach<M: Machine>(law: Law, log: &[M::Event], step: usize, what: String) -> Judged {
    let mut kind = None;
    let line = |event: &M::Event| {
        kind = M::next(kind, M::event_kind(event));
        let to = kind.map_or("refused", Kind::name);
        format!("{event:?} -> {to}")
    };
    Err(Breach { law, machine: M::NAME, step, what, log: log.iter().map(line).collect() })
}

/// The log replays, state by state as the table says; and what the table does not have is refused.
pub(super) fn replays<M: Machine>(log: &[M::Event], others: &[M::Event]) -> Judged {
    let fail = |step, what| breach::<M>(Law::Replay, log, step, what);
    let mut state: Option<M::State> = None;
    for step in 0..=log.len() {
        let from = state.as_ref().map(M::state_kind);
        for other in others {
            let kind = M::event_kind(other);
            let after = match state.clone() {
                None => M::begin(other.clone()),
                Some(state) => M::evolve(state, other.clone()),
            };
            let (does, says) = (after.as_ref().map(M::state_kind), M::next(from, kind));
            if does != says {
                let what = format!("{other:?} leads to {does:?}, and by the table to {says:?}");
                return fail(step, what);
            }
        }
        let Some(event) = log.get(step) else { break };
        match M::step(state.take(), event.clone()) {
            Ok(after) => state = Some(after),
            Err(illegal) => return fail(step, illegal.to_string()),
        }
    }
    Ok(())
}

/// Each event is the same after it was stored and read.
pub(super) fn survives<M: Machine>(log: &[M::Event]) -> Judged {
    for (step, event) in log.iter().enumerate() {
        match stored_and_read::<M>(event) {
            Ok(read) if read == *event => {}
            Ok(read) => {
                let what = format!("{event:?} was stored and is read as {read:?}");
                return breach::<M>(Law::Storage, log, step + 1, what);
            }
            Err(what) => return breach::<M>(Law::Storage, log, step + 1, what),
        }
    }
    Ok(())
}

fn stored_and_read<M: Machine>(event: &M::Event) -> Result<M::Event, String> {
    let kind = M::event_kind(event);
    let found = M::event_from_wire(M::wire(kind));
    if found != Some(kind) {
        return Err(format!("{kind:?} is stored as `{}`, which is {found:?}", M::wire(kind)));
    }
    let read = |bytes: &[u8]| {
        M::decode(kind, M::version(kind), Content(bytes))
            .map_err(|e| format!("{event:?} was stored and cannot be read: {e}"))
    };
    // What was made up may hold personal data that is sealed for nobody: it is as it is, and no vault opens it. What
    // came of a decision is in clear text, which nothing but a vault may store.
    if let Ok(bytes) = codec::encode(event) {
        return read(&bytes);
    }
    within(&Vault::in_memory(), || {
        let bytes = codec::encode(event).map_err(|e| format!("{event:?} cannot be stored: {e}"))?;
        read(&bytes)
    })
}

/// A state that was kept half-way and cloned goes on to where the whole log leads.
pub(super) fn resumes<M: Machine>(log: &[M::Event], cut: usize) -> Judged {
    let fold = |from: Option<M::State>, events: &[M::Event]| {
        events.iter().try_fold(from, |state, event| M::step(state, event.clone()).map(Some))
    };
    let resumed = fold(None, &log[..cut]).and_then(|half| {
        let kept = half.clone();
        drop(half);
        fold(kept, &log[cut..])
    });
    let whole = fold(None, log);
    if whole == resumed {
        return Ok(());
    }
    let what =
        format!("from the state here the rest leads to {resumed:?}, and the whole to {whole:?}");
    breach::<M>(Law::Resumption, log, cut, what)
}

/// Lives a life and looks at one law all the way; gives its log.
pub(super) fn lives<T: Trial>(law: Law, deeds: &[Deed]) -> Result<Vec<EventOf<T>>, Breach> {
    let mut life = Life::<T>::begin();
    for deed in deeds {
        let Some(put) = life.put(deed) else { continue };
        let before = life.state.clone();
        let Ok(events) = life.decide(&put) else { continue };
        for (index, event) in events.iter().enumerate() {
            if let Err(illegal) = life.advance(event.clone()) {
                let input = shown(&life, &put);
                let what =
                    format!("{input} led to {events:?}; of these number {}: {illegal}", index + 1);
                at_end(Law::Decision, &life, what)?;
            }
        }
        if events.is_empty() {
            continue;
        }
        match law {
            Law::Repetition => twice(&life, before.as_ref(), &put)?,
            Law::Waiting => waits(&life)?,
            Law::Naming => names(&life)?,
            Law::Replay | Law::Storage | Law::Resumption | Law::Decision | Law::Reach => {}
        }
    }
    Ok(life.log)
}

fn at_end<T: Trial>(law: Law, life: &Life<T>, what: String) -> Judged {
    breach::<MachineOf<T>>(law, &life.log, life.log.len(), what)
}

fn shown<T: Trial>(life: &Life<T>, put: &Put<T>) -> String {
    let mut text = String::new();
    if let Some(input) = life.input(put) {
        // Writing to a text does not fail.
        let _ = write!(text, "{input:?}");
    }
    text
}

/// The same again, at once: nothing changes, unless the trial knows why it may.
fn twice<T: Trial>(life: &Life<T>, before: Option<&StateOf<T>>, put: &Put<T>) -> Judged {
    let Ok(again) = life.decide(put) else { return Ok(()) };
    let known = |input: InputOf<T>| T::repeats(before, &input).is_some();
    if again.is_empty() || life.input(put).is_some_and(known) {
        return Ok(());
    }
    let what = format!("{} the second time leads to {again:?}", shown(life, put));
    at_end(Law::Repetition, life, what)
}

/// A state that is no end has a call under way, a signal or a person to wait for, or a time at which it moves on. A
/// message is not enough: once it is delivered, nothing is left.
fn waits<T: Trial>(life: &Life<T>) -> Judged {
    let (Some(state), Some(stands)) = (&life.state, &life.stands) else { return Ok(()) };
    let lasts = |owed: &Owed<_>| match owed {
        Owed::Call { .. } | Owed::Signal(_) | Owed::Person(_) => true,
        Owed::Tell(_) => false,
    };
    if stands.terminal || stands.owed.iter().any(|due| lasts(&due.owed)) {
        return Ok(());
    }
    let Some(due) = stands.timer else {
        let what = format!("{state:?} is no end, and nothing is owed, due, awaited or on a desk");
        return at_end(Law::Waiting, life, what);
    };
    let moves = life.at(life.now.max(due)).decide(&Put::Timer);
    if moves.is_ok_and(|events| !events.is_empty()) {
        return Ok(());
    }
    let what = format!("{state:?} waits for {due} alone, and nothing happens then");
    at_end(Law::Waiting, life, what)
}

/// No two calls or messages that one state owes have one name, which would be one key.
fn names<T: Trial>(life: &Life<T>) -> Judged {
    let owed = life.state.as_ref().map(|state| T::Workflow::react(&life.stream, state));
    let mut seen = BTreeSet::new();
    for owed in owed.unwrap_or_default() {
        let name = match owed {
            Owed::Call { operation, .. } => operation,
            Owed::Tell(tell) => tell.operation,
            Owed::Signal(_) | Owed::Person(_) => continue,
        };
        if seen.contains(&name) {
            return at_end(Law::Naming, life, format!("`{name}` is owed twice"));
        }
        seen.insert(name);
    }
    Ok(())
}
