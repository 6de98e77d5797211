//! A span for each request at a door: which door, the method, the status.
//!
//! Not the path, which at the webhook door is half a secret and elsewhere names a placement; not what machines ask every few
//! seconds. Where traces are compiled in, a request that says in which trace it stands (`traceparent`) is put there.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use workflow_core::span::TARGET;

/// Asked every few seconds, and of no interest in a trace.
const UNTOLD: [&str; 3] = ["/livez", "/metrics", "/readyz"];

/// The router with a span around each request.
pub fn spanned(door: &'static str, router: Router) -> Router {
    router.layer(middleware::from_fn(move |request, next| one(door, request, next)))
}

async fn one(door: &'static str, request: Request, next: Next) -> Response {
    let span =
        if UNTOLD.contains(&request.uri().path()) { Span::none() } else { span(door, &request) };
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("status", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

fn span(door: &'static str, request: &Request) -> Span {
    let span = tracing::info_span!(
        target: TARGET, "request", otel.name = format_args!("request {door}"), otel.kind = "server",
        otel.status_code = Empty, door, method = method(request), status = Empty,
    );
    #[cfg(feature = "otlp")]
    super::otlp::join(&span, request.headers());
    span
}

/// A method that is none of the usual ones may be anything.
fn method(request: &Request) -> &str {
    match request.method().as_str() {
        usual @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => usual,
        _ => "other",
    }
}
