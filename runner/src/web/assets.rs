//! The style sheet and the script, compiled in. Their names carry the hash of what is inside, so that a browser may keep
//! them for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use workflow_core::graph;

struct Asset {
    name: String,
    kind: &'static str,
    text: String,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    // The pictures of the machines stand in the page, where the policy allows no style of their own.
    let text = format!("{}\n{}", graph::SVG_STYLE, include_str!("assets/style.css"));
    made("css", "text/css; charset=utf-8", text)
});

static ICON: LazyLock<Asset> =
    LazyLock::new(|| made("svg", "image/svg+xml", include_str!("assets/icon.svg").to_owned()));

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    made("js", "text/javascript; charset=utf-8", include_str!("assets/live.js").to_owned())
});

fn made(ending: &str, kind: &'static str, text: String) -> Asset {
    let hash = hex::encode(&Sha256::digest(&text)[..8]);
    Asset { name: format!("{hash}.{ending}"), kind, text }
}

/// Where the style sheet is.
pub(super) fn style() -> String {
    format!("/assets/{}", STYLE.name)
}

/// Where the picture is that stands for the site.
pub(super) fn icon() -> String {
    format!("/assets/{}", ICON.name)
}

/// Where the script is.
pub(super) fn script() -> String {
    format!("/assets/{}", SCRIPT.name)
}

pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = [&*STYLE, &*SCRIPT, &*ICON].into_iter().find(|asset| asset.name == name)
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.text.as_str()).into_response()
}
