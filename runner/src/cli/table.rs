//! Tables that fit the terminal: long cells are wrapped, states have colours where the terminal takes them.

use std::io;

use comfy_table::{ContentArrangement, Table, presets};

use crate::terminal;

/// An empty table with this heading.
pub(super) fn headed<const N: usize>(heading: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(terminal::width());
    table.set_header(heading);
    table
}

/// The table as text. No line ends in blanks, so that it may be copied.
pub(super) fn text(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let text = lines.join("\n");
    if terminal::colours(&io::stdout()) { painted(&text) } else { text }
}

/// How a state is painted: what needs a person, what is on its road, what is good.
fn colour(state: &str) -> Option<&'static str> {
    match state {
        "Flagged" | "Denied" | "Error" | "Parked" => Some("1;31"),
        "Discovered" | "ApplicationPending" | "Waiting" | "Processing" => Some("33"),
        "Active" | "Approved" | "Completed" => Some("32"),
        "Excluded" | "Canceled" => Some("2"),
        _ => None,
    }
}

/// Paints what stands in the column headed `state`.
fn painted(text: &str) -> String {
    let heading = text.lines().next().unwrap_or_default();
    let Some(at) = heading.find(" state").map(|at| at + 1) else { return text.to_owned() };
    let line = |line: &str| {
        let (Some(before), Some(rest)) = (line.get(..at), line.get(at..)) else {
            return line.to_owned();
        };
        let state = rest.split(' ').next().unwrap_or_default();
        match colour(state) {
            Some(colour) => {
                format!("{before}\u{1b}[{colour}m{state}\u{1b}[0m{}", &rest[state.len()..])
            }
            None => line.to_owned(),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
