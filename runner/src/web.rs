//! The dashboard: pages for whoever watches over the placements, made here and live without a framework.
//!
//! Every page is whole without JavaScript; `live.js` only fetches the same page again when something moved and exchanges
//! the parts that differ. What may be done, and by whom, is `web/access.rs`; what a page looks like is `web/shell.rs`;
//! each page has a file. Nothing is decided here: a button gives an order to `order.rs`, like the command line.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::admin;

pub mod access;
mod act;
mod assets;
mod batch;
mod board;
mod book;
mod connections;
mod coverage;
pub mod door;
mod enter;
mod inbox;
mod live;
mod log;
mod long;
mod picture;
mod placement;
mod review;
mod sent;
mod shell;
mod sieve;
mod strip;
mod values;
mod words;

use access::Access;

/// The largest form: a batch of a page's lines with a reason.
const FORM_BYTES_MAX: usize = 64 * 1024;
/// So many pages may be open for live updates at once.
const FOLLOWERS_MAX: usize = 64;

/// What the pages are made of.
pub struct Site {
    /// The same as the admin door has.
    pub door: Arc<admin::Door>,
    /// Who may see and do what.
    pub access: Access,
    /// Room for pages that follow.
    followers: Arc<Semaphore>,
    /// What is known of every placement at hand.
    book: Arc<book::Book>,
    /// What is being read of the log beside the pages.
    long: long::Long,
}

impl Site {
    /// A site over what the admin door asks.
    pub fn new(door: Arc<admin::Door>, access: Access) -> Self {
        let book = book::Book::new(door.engine.clone(), door.stopped.clone());
        let (followers, long) = (Semaphore::new(FOLLOWERS_MAX), long::Long::default());
        Self { door, access, followers: Arc::new(followers), book: Arc::new(book), long }
    }
}

/// The pages' routes.
pub fn router(site: Site) -> Router {
    let site = Arc::new(site);
    let pages = Router::new()
        .route("/", get(|| async { Redirect::to("/review") }))
        .route("/review", get(review::page))
        .route("/act", post(act::act))
        .route("/act/all", post(batch::ask))
        .route("/act/all/sure", post(batch::act))
        .route("/board", get(board::page))
        .route("/board/find", post(board::find))
        .route("/coverage", get(coverage::page))
        .route("/coverage.csv", get(coverage::as_csv))
        .route("/coverage/print", get(coverage::on_paper))
        .route("/inbox", get(inbox::page))
        .route("/inbox/one", get(inbox::one))
        .route("/inbox/act", post(inbox::act))
        .route("/log", get(log::page))
        .route("/log/verify", get(log::verified).post(log::verify))
        .route("/sent", get(sent::page))
        .route("/sent/open", post(sent::open))
        .route("/placements/{tenant}/{id}", get(placement::page))
        .route("/connections", get(connections::page))
        .route("/live", get(live::follow))
        .route("/leave", post(enter::leave))
        .layer(from_fn_with_state(Arc::clone(&site), guard));
    Router::new()
        .merge(pages)
        .route("/enter", get(enter::page).post(enter::enter))
        .route("/assets/{name}", get(assets::asset))
        .fallback(|| async { shell::problem(StatusCode::NOT_FOUND, "There is no such page.") })
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn(hardened))
        .with_state(site)
}

/// Lets nobody further who has not said who they are.
async fn guard(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    match site.access.person(request.headers(), site.door.engine.clock().now()) {
        Some(person) => {
            request.extensions_mut().insert(person);
            next.run(request).await
        }
        None if request.method() == Method::GET && request.uri().path() != "/live" => {
            enter::first(request.uri())
        }
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// What every answer carries: only what is compiled in may run or be loaded, and no page lies within another.
async fn hardened(request: Request, next: Next) -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                          form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let is_asset = request.uri().path().starts_with("/assets/");
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !is_asset {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}
