//! The placement's machine as a picture, with the way that one placement took.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use maud::{Markup, PreEscaped};
use workflow_core::domain::placement::Placement;
use workflow_core::graph;
use workflow_core::workflow::Workflow;

static WHOLE: LazyLock<String> =
    LazyLock::new(graph::svg_without_style::<<Placement as Workflow>::Machine>);

/// The picture; `way` are the states that were gone through, the last of them the present one.
pub(super) fn of(way: &[String]) -> Markup {
    let been: BTreeSet<&str> = way.iter().map(String::as_str).collect();
    let now = way.last().map(String::as_str);
    let taken: BTreeSet<(&str, &str)> =
        way.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    let mut picture = String::with_capacity(WHOLE.len() + 512);
    // The picture is our own and its marks are fixed: a group opens with its class and then what it stands for.
    for piece in WHOLE.split_inclusive('>') {
        picture.push_str(&marked(piece, &been, now, &taken));
    }
    PreEscaped(picture)
}

fn marked(
    piece: &str,
    been: &BTreeSet<&str>,
    now: Option<&str>,
    taken: &BTreeSet<(&str, &str)>,
) -> String {
    let of = |name: &str| {
        let rest = piece.split_once(&format!(" {name}=\""))?.1;
        rest.split_once('"').map(|(value, _)| value)
    };
    let extra = match (of("data-state"), of("data-from"), of("data-to")) {
        (Some(state), _, _) if now == Some(state) => "now",
        (Some(state), _, _) if been.contains(state) => "been",
        (None, Some(from), Some(to)) if taken.contains(&(from, to)) => "taken",
        _ => return piece.to_owned(),
    };
    piece.replacen("class=\"", &format!("class=\"{extra} "), 1)
}
