//! Lists, newest first, page by page, as far back as needed and no further.
//!
//! `starting_after` is documented on most lists but not on sessions and events, so a server that ignores it is
//! noticed by its repeating itself. What could not be read to the end says so: absence is proof only in a whole list.

use serde_json::Value;
use workflow_core::time::Timestamp;

use crate::client::Client;
use crate::failure::Failure;
use crate::wire::{self, Listed};

/// How many pages one walk reads at most: 5000 items of full pages.
const PAGES_MAX: usize = 50;

/// Which list to walk, and how far back.
pub(crate) struct Walk<'a> {
    pub(crate) path: &'a str,
    /// One filter, where the list has one.
    pub(crate) filter: Option<(&'a str, &'a str)>,
    /// Items created before this are of no interest.
    pub(crate) since: Option<Timestamp>,
    pub(crate) page_size: u16,
}

/// What a walk found.
pub(crate) struct Walked<T> {
    /// Newest first.
    pub(crate) items: Vec<T>,
    /// Whether the list was read to its end, or back to the given moment.
    pub(crate) whole: bool,
}

/// Walks a list.
pub(crate) async fn walk<T: Listed>(
    client: &Client,
    walk: &Walk<'_>,
) -> Result<Walked<T>, Failure> {
    let limit = walk.page_size.to_string();
    let mut items: Vec<T> = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let mut query: Vec<(&str, &str)> = vec![("limit", &limit)];
        query.extend(walk.filter);
        if let Some(cursor) = &cursor {
            query.push(("starting_after", cursor));
        }
        let page: Vec<T> = page(walk.path, client.get(walk.path, &query).await?)?;
        let count = page.len();
        let repeated = page
            .first()
            .and_then(Listed::id)
            .is_some_and(|first| items.iter().any(|item| item.id() == Some(first)));
        if count == 0 {
            return Ok(Walked { items, whole: true });
        }
        if repeated {
            // The cursor is ignored: what was read is all there is only when it did not fill a page.
            let whole = items.len() < usize::from(walk.page_size);
            return Ok(Walked { items, whole });
        }
        cursor = page.last().and_then(Listed::id).map(str::to_owned);
        let reached = |item: &T| Some(item.created()? < walk.since?);
        let reached_back = page.last().and_then(reached).unwrap_or(false);
        items.extend(page.into_iter().filter(|item| !reached(item).unwrap_or(false)));
        if reached_back {
            return Ok(Walked { items, whole: true });
        }
        if cursor.is_none() {
            return Ok(Walked { items, whole: count < usize::from(walk.page_size) });
        }
    }
    Ok(Walked { items, whole: false })
}

fn page<T: Listed>(path: &str, body: Value) -> Result<Vec<T>, Failure> {
    let items =
        wire::items(body).ok_or_else(|| Failure::Unreadable(format!("no list from {path}")))?;
    items.into_iter().map(|item| wire::object("list item", item)).collect()
}
