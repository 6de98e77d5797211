//! The table as text: Mermaid, Graphviz, and the plain matrix for snapshots.

use std::fmt::Write;

use super::{Arrow, arrows};
use crate::machine::{Kind, Machine};

/// Stands for "before the first event", and in Mermaid for "after the last".
const OUTSIDE: &str = "[*]";

/// A Mermaid `stateDiagram-v2`; `#[machine]` puts the same text into the module's documentation.
pub fn mermaid<M: Machine>() -> String {
    let mut text = "stateDiagram-v2\n".to_owned();
    for arrow in arrows::<M>() {
        let from = arrow.from.map_or(OUTSIDE, Kind::name);
        line(&mut text, format_args!("    {from} --> {}: {}", arrow.to.name(), label(&arrow)));
    }
    for end in M::TERMINAL {
        line(&mut text, format_args!("    {} --> {OUTSIDE}", end.name()));
    }
    text
}

/// A Graphviz digraph; ends have a double border.
pub fn dot<M: Machine>() -> String {
    let mut text = String::new();
    line(&mut text, format_args!("digraph \"{}\" {{", M::NAME.replace('"', "'")));
    line(&mut text, format_args!("    rankdir=LR;"));
    line(&mut text, format_args!("    node [shape=box, style=rounded];"));
    line(&mut text, format_args!("    \"{OUTSIDE}\" [shape=point, label=\"\"];"));
    for state in M::StateKind::ALL {
        let border = if M::TERMINAL.contains(state) { " [peripheries=2]" } else { "" };
        line(&mut text, format_args!("    \"{}\"{border};", state.name()));
    }
    for arrow in arrows::<M>() {
        let from = arrow.from.map_or(OUTSIDE, Kind::name);
        let (to, label) = (arrow.to.name(), label(&arrow));
        line(&mut text, format_args!("    \"{from}\" -> \"{to}\" [label=\"{label}\"];"));
    }
    text + "}\n"
}

/// The whole table, one row per event and one column per state: the cell names the state that follows, `.` stands
/// where the machine refuses. As a committed snapshot it shows what a change of the machine changes.
pub fn matrix<M: Machine>() -> String {
    let states = || M::StateKind::ALL.iter().copied();
    let columns: Vec<_> = [None].into_iter().chain(states().map(Some)).collect();
    let mut rows = vec![
        [""].into_iter()
            .chain(columns.iter().map(|state| state.map_or(OUTSIDE, Kind::name)))
            .collect(),
    ];
    for &event in M::EventKind::ALL {
        let cells = columns.iter().map(|&from| M::next(from, event).map_or(".", Kind::name));
        rows.push([event.name()].into_iter().chain(cells).collect());
    }
    align(&rows)
}

fn label<M: Machine>(arrow: &Arrow<M>) -> String {
    arrow.events.iter().map(|event| event.name()).collect::<Vec<_>>().join(", ")
}

/// Columns of equal width, without blanks at the ends of lines.
fn align(rows: &[Vec<&str>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.len()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut cells = String::new();
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = if index == 0 { "" } else { "  " };
            cells += &format!("{gap}{cell:<width$}");
        }
        line(&mut text, format_args!("{}", cells.trim_end()));
    }
    text
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(text, "{content}").expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::super::sample::door::Machine as Door;
    use super::*;

    #[test]
    fn mermaid_groups_the_events_of_a_pair() {
        assert_eq!(
            mermaid::<Door>(),
            "\
stateDiagram-v2
    [*] --> Shut: Hung
    [*] --> Open: FoundOpen
    Shut --> Ajar: Pushed
    Ajar --> Open: Pushed, RangBell
    Ajar --> Shut: Pulled
    Open --> Shut: Pulled
    Shut --> Shut: RangBell
    Shut --> Gone: TakenOut
    Open --> Gone: TakenOut
    Gone --> [*]
"
        );
    }

    #[test]
    fn dot_marks_start_and_ends() {
        assert_eq!(
            dot::<Door>(),
            "\
digraph \"door\" {
    rankdir=LR;
    node [shape=box, style=rounded];
    \"[*]\" [shape=point, label=\"\"];
    \"Shut\";
    \"Ajar\";
    \"Open\";
    \"Gone\" [peripheries=2];
    \"[*]\" -> \"Shut\" [label=\"Hung\"];
    \"[*]\" -> \"Open\" [label=\"FoundOpen\"];
    \"Shut\" -> \"Ajar\" [label=\"Pushed\"];
    \"Ajar\" -> \"Open\" [label=\"Pushed, RangBell\"];
    \"Ajar\" -> \"Shut\" [label=\"Pulled\"];
    \"Open\" -> \"Shut\" [label=\"Pulled\"];
    \"Shut\" -> \"Shut\" [label=\"RangBell\"];
    \"Shut\" -> \"Gone\" [label=\"TakenOut\"];
    \"Open\" -> \"Gone\" [label=\"TakenOut\"];
}
"
        );
    }

    #[test]
    fn the_matrix_shows_the_blanks() {
        let matrix = matrix::<Door>();
        assert_eq!(
            matrix.lines().collect::<Vec<_>>(),
            [
                "           [*]   Shut  Ajar  Open  Gone",
                "Hung       Shut  .     .     .     .",
                "FoundOpen  Open  .     .     .     .",
                "Pushed     .     Ajar  Open  .     .",
                "Pulled     .     .     Shut  Shut  .",
                "RangBell   .     Shut  Open  .     .",
                "TakenOut   .     Gone  .     Gone  .",
            ]
        );
    }
}
