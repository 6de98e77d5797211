//! Whether the graph makes sense: every state is reached, every log can end, every event is accepted somewhere.
//!
//! One slip should give one problem, so a verdict that only follows from another one is left out.

use std::collections::BTreeSet;

use crate::problems::Problems;
use crate::read::Definition;

/// Reports what is wrong with the graph. Silent while an arm is not understood: the table may lack rows then.
pub(crate) fn check(definition: &Definition, problems: &mut Problems) {
    if !definition.complete {
        return;
    }
    let Definition { module, states, events, edges, .. } = definition;
    if edges.iter().all(|edge| edge.from.is_some()) {
        problems.on(module, "no event opens a log: `begin` accepts nothing");
        return;
    }
    for edge in edges {
        let closed = |index: usize| states[index].terminal && !states[index].reopens;
        if let Some(from) = edge.from.filter(|from| closed(from.index)) {
            let [from_name, to] = [from.index, edge.to].map(|index| &states[index].ident);
            let event = &events[edge.event.index].ident;
            problems.at(
                from.span,
                format!("`{from_name}` is terminal, yet `{event}` leaves it for `{to}`"),
            );
        }
    }
    let reached = reached(definition);
    for (_, state) in outside(states, &reached) {
        let name = &state.ident;
        problems.on(name, format!("`{name}` is unreachable: no log leads to it"));
    }
    endings(definition, &reached, problems);
    for (_, event) in outside(events, &edges.iter().map(|edge| edge.event.index).collect()) {
        let name = &event.ident;
        problems.on(
            name,
            format!("no state accepts `{name}`: a log that contains it could not be replayed"),
        );
    }
}

/// Dead ends and traps among the states that a log reaches.
fn endings(definition: &Definition, reached: &BTreeSet<usize>, problems: &mut Problems) {
    let Definition { state_enum, states, edges, .. } = definition;
    let mut ends = BTreeSet::new();
    for &index in reached {
        let state = &states[index];
        let left = edges.iter().any(|edge| edge.from.is_some_and(|from| from.index == index));
        if !left && !state.terminal {
            let name = &state.ident;
            problems.on(
                name,
                format!("nothing leaves `{name}`: add a transition, or mark it `#[terminal]`"),
            );
        }
        if !left && state.reopens {
            let name = &state.ident;
            problems.on(name, format!("nothing leaves `{name}`: mark it plainly `#[terminal]`"));
        }
        if !left || state.terminal {
            ends.insert(index);
        }
    }
    if ends.is_empty() && !states.iter().any(|state| state.terminal) {
        problems.on(state_enum, "no state is marked `#[terminal]`: a log could never end");
        return;
    }
    let lost_end = outside(states, reached).any(|(_, state)| state.terminal);
    if ends.is_empty() && lost_end {
        // The end itself has been reported: it is unreachable.
        return;
    }
    let ending = grow(ends, edges.iter().filter_map(|edge| Some((edge.to, edge.from?.index))));
    for index in reached.difference(&ending) {
        problems.on(
            &states[*index].ident,
            "a log that reaches this can never end: no path from here to a terminal state",
        );
    }
}

/// The states that some log leads to.
fn reached(definition: &Definition) -> BTreeSet<usize> {
    let (openings, steps): (Vec<_>, Vec<_>) =
        definition.edges.iter().partition(|edge| edge.from.is_none());
    grow(
        openings.iter().map(|edge| edge.to).collect(),
        steps.iter().filter_map(|edge| Some((edge.from?.index, edge.to))),
    )
}

/// `seed` and everything that `steps` lead to from there.
fn grow(mut seed: BTreeSet<usize>, steps: impl Iterator<Item = (usize, usize)>) -> BTreeSet<usize> {
    let steps: Vec<_> = steps.collect();
    loop {
        let more: Vec<usize> = steps
            .iter()
            .filter(|(from, to)| seed.contains(from) && !seed.contains(to))
            .map(|(_, to)| *to)
            .collect();
        if more.is_empty() {
            return seed;
        }
        seed.extend(more);
    }
}

fn outside<'a, T>(all: &'a [T], inside: &BTreeSet<usize>) -> impl Iterator<Item = (usize, &'a T)> {
    all.iter().enumerate().filter(|(index, _)| !inside.contains(index))
}
