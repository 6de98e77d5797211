//! Lists: bare arrays, newest first, `limit` 1 to 100 with default 10, two exclusive cursors.

use serde_json::Value;

use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::{Row, Shelf};

/// Which parameters a list is documented to take; the others are ignored, as unknown ones are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    LimitAndCursors,
    LimitOnly,
    Nothing,
}

/// One page of `shelf`: the rows `keep` wants, each shown by `view`.
pub(super) fn list<T: Row>(
    shelf: &Shelf<T>,
    request: &Request,
    takes: Takes,
    keep: impl Fn(&T) -> bool,
    view: impl Fn(&T) -> Value,
) -> Result<Reply, Refusal> {
    let rows = shelf.newest().filter(|row| keep(row));
    if takes == Takes::Nothing {
        return Ok(Reply::ok(rows.map(view).collect()));
    }
    let limit = limit(request)?;
    if takes == Takes::LimitOnly {
        return Ok(Reply::ok(rows.take(limit).map(view).collect()));
    }
    let seq = |id: &str| {
        shelf.seq(id).ok_or_else(|| Refusal::validation("invalid_input", "Unknown cursor id."))
    };
    if let Some(id) = request.query("starting_after") {
        let at = seq(id)?;
        let older = rows.filter(|r| shelf.seq(r.id()).is_some_and(|s| s < at));
        return Ok(Reply::ok(older.take(limit).map(view).collect()));
    }
    if let Some(id) = request.query("ending_before") {
        let at = seq(id)?;
        let newer: Vec<&T> = rows.filter(|r| shelf.seq(r.id()).is_some_and(|s| s > at)).collect();
        // The previous page is the one that touches the cursor, still shown newest first.
        let skip = newer.len().saturating_sub(limit);
        return Ok(Reply::ok(newer.into_iter().skip(skip).map(view).collect()));
    }
    Ok(Reply::ok(rows.take(limit).map(view).collect()))
}

fn limit(request: &Request) -> Result<usize, Refusal> {
    let Some(text) = request.query("limit") else { return Ok(10) };
    text.parse()
        .ok()
        .filter(|n| (1..=100).contains(n))
        .ok_or_else(|| Refusal::validation("invalid_input", "limit must be between 1 and 100."))
}
