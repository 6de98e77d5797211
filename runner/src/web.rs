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
use axum::routing::{MethodRouter, get, post};
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
mod gates;
mod guesses;
mod inbox;
mod live;
mod log;
mod long;
mod paper;
mod person;
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
    /// Who tried tokens that open nothing.
    guesses: guesses::Guesses,
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
        let (followers, long) = (Arc::new(Semaphore::new(FOLLOWERS_MAX)), long::Long::default());
        let guesses = guesses::Guesses::default();
        Self { door, access, guesses, followers, book: Arc::new(book), long }
    }
}

/// What somebody sees at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// A page that is opened by its address.
    Page,
    /// A page that answers a form.
    Answer,
    /// No page: a way to another one, a file, or a stream.
    Else,
}

/// An address, what is seen there, and what makes it.
type Route = (&'static str, Shows, fn() -> MethodRouter<Arc<Site>>);

/// What only those see who have come in.
const INSIDE: [Route; 26] = [
    ("/", Shows::Else, || get(|| async { Redirect::to("/review") })),
    ("/review", Shows::Page, || get(review::page)),
    ("/act", Shows::Answer, || post(act::act)),
    ("/act/all", Shows::Answer, || post(batch::ask)),
    ("/act/all/sure", Shows::Answer, || post(batch::act)),
    ("/board", Shows::Page, || get(board::page)),
    ("/board/find", Shows::Answer, || post(board::find)),
    ("/coverage", Shows::Page, || get(coverage::page)),
    ("/coverage.csv", Shows::Else, || get(coverage::as_csv)),
    ("/coverage/print", Shows::Page, || get(coverage::on_paper)),
    ("/inbox", Shows::Page, || get(inbox::page)),
    ("/inbox/one", Shows::Page, || get(inbox::one)),
    ("/inbox/act", Shows::Answer, || post(inbox::act)),
    ("/log", Shows::Page, || get(log::page)),
    ("/log/verify", Shows::Page, || get(log::verified).post(log::verify)),
    ("/sent", Shows::Page, || get(sent::page)),
    ("/sent/open", Shows::Answer, || post(sent::open)),
    ("/papers/{workflow}/{tenant}/{id}", Shows::Page, || get(paper::page)),
    ("/papers/accept", Shows::Answer, || post(paper::accept)),
    ("/papers/decide", Shows::Answer, || post(person::decide)),
    ("/papers/hand-in", Shows::Answer, || {
        post(person::hand_in).layer(DefaultBodyLimit::max(person::DOCUMENT_FORM_BYTES_MAX))
    }),
    ("/placements/{tenant}/{id}", Shows::Page, || get(placement::page)),
    ("/connections", Shows::Page, || get(connections::page)),
    ("/connections/act", Shows::Answer, || post(gates::act)),
    ("/live", Shows::Else, || get(live::follow)),
    ("/leave", Shows::Else, || post(enter::leave)),
];

/// What everybody sees.
const OUTSIDE: [Route; 2] = [
    ("/enter", Shows::Page, || get(enter::page).post(enter::enter)),
    ("/assets/{name}", Shows::Else, || get(assets::asset)),
];

/// Every address of the site with what is seen there; `{..}` stands for a part that differs.
pub fn addresses() -> impl Iterator<Item = (&'static str, Shows)> {
    INSIDE.iter().chain(&OUTSIDE).map(|(address, shows, _)| (*address, *shows))
}

/// The pages' routes.
pub fn router(site: Site) -> Router {
    let site = Arc::new(site);
    let all = |routes: &[Route]| {
        let add =
            |router: Router<Arc<Site>>, (address, _, made): &Route| router.route(address, made());
        routes.iter().fold(Router::new(), add)
    };
    all(&INSIDE)
        .layer(from_fn_with_state(Arc::clone(&site), guard))
        .merge(all(&OUTSIDE))
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
