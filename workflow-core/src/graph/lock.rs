//! The promise a release makes: what its machine could write, every later machine can replay.
//!
//! A machine's legal logs are a regular language, so the promise is language inclusion, and a walk of both tables at
//! once answers it exactly: with the shortest log that breaks it. States are not promised: they are never stored, and
//! may be renamed, split and joined.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::machine::{Kind, Machine};

/// A machine's table by stored names, to be committed beside the machine at each release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The machine's name.
    pub machine: String,
    /// The newest version of each stored event.
    pub events: BTreeMap<String, u16>,
    /// The state that each event leads to which opens a log.
    pub begin: BTreeMap<String, String>,
    /// Per state, the state that each event leads to. The states' names only tell them apart.
    pub states: BTreeMap<String, BTreeMap<String, String>>,
}

/// The present table of `M`.
pub fn freeze<M: Machine>() -> Lock {
    let mut lock = Lock {
        machine: M::NAME.to_owned(),
        events: M::EventKind::ALL
            .iter()
            .map(|kind| (M::wire(*kind).to_owned(), M::version(*kind)))
            .collect(),
        begin: BTreeMap::new(),
        states: M::StateKind::ALL
            .iter()
            .map(|kind| (kind.name().to_owned(), BTreeMap::new()))
            .collect(),
    };
    for edge in M::EDGES {
        let steps = match edge.from {
            None => &mut lock.begin,
            Some(state) => lock.states.entry(state.name().to_owned()).or_default(),
        };
        steps.insert(M::wire(edge.event).to_owned(), edge.to.name().to_owned());
    }
    lock
}

/// Why logs of a released machine cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// The machine has another name, so its streams are not found.
    #[error(
        "the machine was called `{old}` and is called `{new}` now: its streams would not be found"
    )]
    Renamed {
        /// The released name.
        old: String,
        /// The present name.
        new: String,
    },
    /// No event has this stored name any more.
    #[error(
        "no event is stored as `{event}` any more: keep the variant, or name it with `#[wire]`"
    )]
    Vanished {
        /// The stored name.
        event: String,
    },
    /// The newest version is older than the released one.
    #[error(
        "`{event}` was stored in version {old}, and {new} is the newest now: keep `#[was]` whole"
    )]
    Lowered {
        /// The stored name.
        event: String,
        /// The released version.
        old: u16,
        /// The present version.
        new: u16,
    },
    /// A log that the released machine could write; its last event is refused now.
    #[error(
        "the log `{}` could be written before and would not replay now: {} does not accept `{}`",
        log.join(", "),
        state.as_ref().map_or("the start".to_owned(), |state| format!("`{state}`")),
        log.last().map_or("", String::as_str)
    )]
    Log {
        /// The shortest such log, by stored names.
        log: Vec<String>,
        /// The present machine's state before the last event; `None` at the start.
        state: Option<String>,
    },
}

/// Whether the present machine replays everything that the released one could write; if not, the plainest reason.
pub fn breaks<M: Machine>(old: &Lock) -> Option<Break> {
    breaks_between(old, &freeze::<M>())
}

/// The same for two tables that were written down: whether the machine of `new` replays whatever that of `old` wrote.
pub fn breaks_between(old: &Lock, new: &Lock) -> Option<Break> {
    if old.machine != new.machine {
        return Some(Break::Renamed { old: old.machine.clone(), new: new.machine.clone() });
    }
    for (event, &version) in &old.events {
        let event = event.clone();
        match new.events.get(&event) {
            None => return Some(Break::Vanished { event }),
            Some(&present) if present < version => {
                return Some(Break::Lowered { event, old: version, new: present });
            }
            Some(_) => {}
        }
    }
    breaking_log(old, new)
}

/// Runs both machines side by side, shortest logs first.
fn breaking_log(old: &Lock, new: &Lock) -> Option<Break> {
    type Place<'a> = Option<(&'a str, &'a str)>;
    let mut seen: BTreeSet<Place<'_>> = BTreeSet::from([None]);
    let mut queue: VecDeque<(Place<'_>, Vec<&str>)> = VecDeque::from([(None, Vec::new())]);
    while let Some((place, log)) = queue.pop_front() {
        let (old_steps, new_steps) = match place {
            None => (Some(&old.begin), Some(&new.begin)),
            Some((old_state, new_state)) => (old.states.get(old_state), new.states.get(new_state)),
        };
        for (event, old_to) in old_steps.into_iter().flatten() {
            let longer = || log.iter().copied().chain([event.as_str()]);
            let Some(new_to) = new_steps.and_then(|steps| steps.get(event)) else {
                return Some(Break::Log {
                    log: longer().map(str::to_owned).collect(),
                    state: place.map(|(_, new_state)| new_state.to_owned()),
                });
            };
            let next = Some((old_to.as_str(), new_to.as_str()));
            if seen.insert(next) {
                queue.push_back((next, longer().collect()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::sample::door::Machine as Door;
    use super::*;

    fn check(change: impl FnOnce(&mut Lock), expected: Option<&str>) {
        let mut released = freeze::<Door>();
        change(&mut released);
        let found = breaks::<Door>(&released).map(|found| found.to_string());
        assert_eq!(found.as_deref(), expected);
    }

    fn row(lock: &mut Lock, from: &str, event: &str, to: &str) {
        lock.states.entry(from.into()).or_default().insert(event.into(), to.into());
    }

    #[test]
    fn a_lock_survives_json() {
        let lock = freeze::<Door>();
        let json = serde_json::to_string_pretty(&lock).unwrap();
        assert_eq!(serde_json::from_str::<Lock>(&json).unwrap(), lock);
        let expected = serde_json::json!({
            "machine": "door",
            "events": {
                "bell": 1, "found_open": 1, "hung": 1, "pulled": 1, "pushed": 2, "taken_out": 1
            },
            "begin": { "found_open": "Open", "hung": "Shut" },
            "states": {
                "Ajar": { "bell": "Open", "pulled": "Shut", "pushed": "Open" },
                "Gone": {},
                "Open": { "pulled": "Shut", "taken_out": "Gone" },
                "Shut": { "bell": "Shut", "pushed": "Ajar", "taken_out": "Gone" }
            }
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), expected);
    }

    #[test]
    fn more_events_rows_and_other_state_names_are_fine() {
        check(|_| (), None);
        check(
            |old| {
                old.begin.remove("found_open");
            },
            None,
        );
        check(
            |old| {
                old.states.get_mut("Ajar").map(|steps| steps.remove("bell"));
            },
            None,
        );
        check(
            |old| {
                old.events.remove("bell");
            },
            None,
        );
        check(
            |old| {
                old.events.insert("pushed".into(), 1);
            },
            None,
        );
        // The released machine did not tell a door ajar from an open one: "Wide" could do what both can.
        check(
            |old| {
                old.begin.remove("found_open");
                old.states.retain(|state, _| state == "Shut");
                row(old, "Shut", "pushed", "Wide");
                row(old, "Wide", "pulled", "Shut");
            },
            None,
        );
    }

    #[test]
    fn the_shortest_log_that_breaks_is_told() {
        check(
            |old| row(old, "Open", "pushed", "Open"),
            Some(
                "the log `found_open, pushed` could be written before and would not replay now: \
                 `Open` does not accept `pushed`",
            ),
        );
        check(
            |old| {
                old.begin.insert("bell".into(), "Shut".into());
            },
            Some(
                "the log `bell` could be written before and would not replay now: \
                 the start does not accept `bell`",
            ),
        );
        // The same row leads elsewhere; what differs is what can follow.
        check(
            |old| row(old, "Shut", "bell", "Ajar"),
            Some(
                "the log `hung, bell, pulled` could be written before and would not replay now: \
                 `Shut` does not accept `pulled`",
            ),
        );
        // A joined state: the released one allowed more after the push.
        check(
            |old| {
                row(old, "Shut", "pushed", "Wide");
                row(old, "Wide", "pulled", "Shut");
                row(old, "Wide", "taken_out", "Gone");
            },
            Some(
                "the log `hung, pushed, taken_out` could be written before and would not replay \
                 now: `Ajar` does not accept `taken_out`",
            ),
        );
    }

    #[test]
    fn rows_that_no_log_reached_are_not_missed() {
        check(|old| row(old, "Attic", "creaked", "Attic"), None);
    }

    #[test]
    fn names_and_versions_are_kept() {
        check(
            |old| {
                old.events.insert("knocked".into(), 1);
            },
            Some(
                "no event is stored as `knocked` any more: keep the variant, or name it with `#[wire]`",
            ),
        );
        check(
            |old| {
                old.events.insert("pushed".into(), 3);
            },
            Some("`pushed` was stored in version 3, and 2 is the newest now: keep `#[was]` whole"),
        );
        check(
            |old| old.machine = "gate".into(),
            Some(
                "the machine was called `gate` and is called `door` now: its streams would not be found",
            ),
        );
    }
}
