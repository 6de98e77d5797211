//! Lines of CSV for whoever takes an answer into a spreadsheet: RFC 4180, and nothing in a cell that a spreadsheet would
//! take for a formula. What the cells say is `gaps.rs`; who writes them is the command line and the pages.

use super::{Gap, Side};

/// The columns of [`gap`].
pub const GAP_COLUMNS: [&str; 14] = [
    "tenant",
    "placement",
    "first",
    "last",
    "days",
    "by",
    "held",
    "known_position",
    "before",
    "before_until",
    "before_position",
    "after",
    "after_from",
    "after_position",
];

/// The cells of a gap, by [`GAP_COLUMNS`].
pub fn gap(gap: &Gap) -> [String; 14] {
    let side =
        |side: &Option<Side>, of: fn(&Side) -> String| side.as_ref().map(of).unwrap_or_default();
    let position = |side: &Side| side.lost_position.unwrap_or(side.position).to_string();
    [
        gap.tenant.clone(),
        gap.placement.clone(),
        gap.first.to_string(),
        gap.last.to_string(),
        gap.days.to_string(),
        gap.by.clone(),
        gap.held.join(" "),
        gap.known_position.to_string(),
        side(&gap.before, |side| side.evidence.clone()),
        side(&gap.before, |side| side.until.clone()),
        side(&gap.before, position),
        side(&gap.after, |side| side.evidence.clone()),
        side(&gap.after, |side| side.from.clone()),
        side(&gap.after, |side| side.position.to_string()),
    ]
}

/// A line of cells, without its end.
pub fn line<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    cells.into_iter().map(|cell| quoted(cell.as_ref())).collect::<Vec<_>>().join(",")
}

/// One cell: harmless to a spreadsheet, in quotes where it must be.
pub fn quoted(cell: &str) -> String {
    // An apostrophe before it makes a text of what would be a formula, and shows nothing.
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_is_never_a_formula() {
        let cells =
            ["plain", "a,b", "say \"no\"", "two\nlines", "=1+1", "-2", "@SUM(A1)", "\t=1", ""];
        let told = "plain,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",'=1+1,'-2,'@SUM(A1),'\t=1,";
        assert_eq!(line(cells), told);
    }
}
