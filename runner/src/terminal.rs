//! What the terminal takes: how wide it is, and whether it takes colours.
//!
//! Colours go to terminals alone, never where NO_COLOR is set (no-color.org), and everywhere where CLICOLOR_FORCE is set to
//! something else than 0. NO_COLOR wins.

use std::io::IsTerminal;

/// What is taken where nobody says how wide it is: a pipe, a file.
const USUAL_WIDTH: u16 = 110;
/// No table gets narrower than this, however narrow the terminal.
const LEAST_WIDTH: u16 = 40;

/// The width that tables may take: what `COLUMNS` says, else the terminal's, else 110 columns.
pub fn width() -> u16 {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size().map(|(width, _)| width.0);
    said.or_else(seen).unwrap_or(USUAL_WIDTH).max(LEAST_WIDTH)
}

/// Whether this stream takes colours.
pub fn colours(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    stream.is_terminal() && set("TERM").is_none_or(|term| term != "dumb")
}
