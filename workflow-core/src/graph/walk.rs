//! Paths through the table: the shortest to a state, and a few logs that together use every row.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Row;
use crate::machine::Machine;

/// The fewest events that lead from one state to another; `None` as `from` is the start of a log. The path from a
/// state to itself is empty. `None` when there is no path.
pub fn shortest<M: Machine>(
    from: Option<M::StateKind>,
    to: M::StateKind,
) -> Option<Vec<M::EventKind>> {
    if from == Some(to) {
        return Some(Vec::new());
    }
    path::<M>(from, |row| row.to == to).map(|rows| rows.iter().map(|row| row.event).collect())
}

/// A few legal logs that together use every row that a log can reach. Each starts at the start; each ends in a
/// terminal state if one can be reached.
pub fn edge_cover<M: Machine>() -> Vec<Vec<M::EventKind>> {
    let mut open: BTreeSet<Row<M>> = M::EDGES.iter().copied().collect();
    let mut logs = Vec::new();
    loop {
        let log = cover_log::<M>(&open);
        let before = open.len();
        for row in &log {
            open.remove(row);
        }
        if open.len() == before {
            return logs;
        }
        logs.push(log.iter().map(|row| row.event).collect());
    }
}

/// One log that uses as many open rows as it meets on its way, and ends by an open row if it can.
fn cover_log<M: Machine>(open: &BTreeSet<Row<M>>) -> Vec<Row<M>> {
    let mut open = open.clone();
    let mut log: Vec<Row<M>> = Vec::new();
    let ends = |row: &Row<M>| M::TERMINAL.contains(&row.to);
    loop {
        let here = log.last().map(|row| row.to);
        // Ending a log comes last: what it has not met by then costs a log of its own.
        let more = path::<M>(here, |row| open.contains(row) && !ends(row));
        let Some(more) = more else { break };
        for row in more {
            open.remove(&row);
            log.push(row);
        }
    }
    let here = log.last().map(|row| row.to);
    let last = path::<M>(here, |row| open.contains(row) && ends(row));
    let is_ended = log.last().is_some_and(ends);
    let last = last.or_else(|| if is_ended { None } else { path::<M>(here, ends) });
    log.extend(last.unwrap_or_default());
    log
}

/// The shortest path whose last row is a `goal`; at least one row long.
fn path<M: Machine>(
    from: Option<M::StateKind>,
    goal: impl Fn(&Row<M>) -> bool,
) -> Option<Vec<Row<M>>> {
    // The row by which each state was first reached.
    let mut reached_by: BTreeMap<M::StateKind, Row<M>> = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(here) = queue.pop_front() {
        for row in M::EDGES.iter().filter(|row| row.from == here) {
            if goal(row) {
                let mut path = vec![*row];
                let mut state = row.from;
                while state != from {
                    let Some(row) = state.and_then(|state| reached_by.get(&state)) else { break };
                    path.push(*row);
                    state = row.from;
                }
                path.reverse();
                return Some(path);
            }
            if from != Some(row.to) && !reached_by.contains_key(&row.to) {
                reached_by.insert(row.to, *row);
                queue.push_back(Some(row.to));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::sample::door::{EventKind, Machine as Door, StateKind};
    use super::*;
    use EventKind::{FoundOpen, Hung, Pulled, Pushed, RangBell, TakenOut};

    #[test]
    fn the_shortest_path_is_taken() {
        assert_eq!(shortest::<Door>(None, StateKind::Ajar), Some(vec![Hung, Pushed]));
        assert_eq!(shortest::<Door>(None, StateKind::Gone), Some(vec![Hung, TakenOut]));
        assert_eq!(shortest::<Door>(Some(StateKind::Ajar), StateKind::Open), Some(vec![Pushed]));
        assert_eq!(shortest::<Door>(Some(StateKind::Ajar), StateKind::Ajar), Some(vec![]));
        let out = shortest::<Door>(Some(StateKind::Ajar), StateKind::Gone);
        assert_eq!(out, Some(vec![Pushed, TakenOut]));
        assert_eq!(shortest::<Door>(Some(StateKind::Gone), StateKind::Shut), None);
    }

    #[test]
    fn a_few_logs_use_every_row() {
        let logs = edge_cover::<Door>();
        assert_eq!(
            logs,
            [
                vec![
                    Hung, Pushed, Pushed, Pulled, RangBell, Pushed, Pulled, Pushed, RangBell,
                    TakenOut
                ],
                vec![FoundOpen, Pulled, TakenOut],
            ]
        );
        let mut used = BTreeSet::new();
        for log in &logs {
            let mut state = None;
            for &event in log {
                let to = Door::next(state, event).expect("the log is legal");
                used.insert((state, event, to));
                state = Some(to);
            }
            assert_eq!(state, Some(StateKind::Gone));
        }
        assert_eq!(used.len(), Door::EDGES.len());
    }
}
