//! What a machine is told of the runner: `/metrics` for Prometheus, `/livez` and `/readyz` for whoever starts and routes.
//!
//! All three are on the admin listener, which is on this machine only, without its token: they hold counts and names of
//! the configuration, and no answer of theirs asks anybody outside. `families.rs` is the list, `collect.rs` reads the engine,
//! `meter.rs` counts attempts, `timed.rs` times the disk, `health.rs` says what is stuck, `text.rs` gives all of it to the library that writes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use workflow_core::dispatch::Dispatcher;
use workflow_core::domain::Insurance;
use workflow_core::engine::Engine;
use workflow_core::id::{StreamId, Version};
use workflow_core::time::Timestamp;

use crate::ingress::Counters;
use crate::pulse::Pulse;
use crate::systems::Systems;

mod collect;
pub mod families;
mod health;
pub mod meter;
pub mod text;
pub mod timed;

pub use health::STANDS_STILL_AFTER;

/// What the signals are read off.
pub struct Signals {
    /// The engine.
    pub engine: Engine<Insurance>,
    /// The tenants' systems.
    pub systems: Arc<Systems>,
    /// Who performs the calls.
    pub dispatcher: Dispatcher<Insurance, Systems>,
    /// What the loops are doing.
    pub pulse: Arc<Pulse>,
    /// What came through the webhook door.
    pub counters: Arc<Counters>,
    /// How the log's appends go.
    pub appends: Arc<timed::Appends>,
    /// The data directory.
    pub data_dir: PathBuf,
    /// Turns true when the process stops.
    pub stopped: watch::Receiver<bool>,
    /// By tenant, the zone of its business dates.
    pub zones: BTreeMap<String, TimeZone>,
    /// When the process began, by the engine's clock.
    pub started: Timestamp,
    /// What was read of placements before.
    pub read: Mutex<BTreeMap<StreamId, Reading>>,
}

/// What was read of a placement that is not covered yet.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    version: Version,
    /// Its days of work, while nothing covers them.
    uncovered: Option<workflow_core::domain::placement::Days>,
}

/// The routes.
pub fn router(signals: Arc<Signals>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(signals)
}

async fn metrics(State(signals): State<Arc<Signals>>) -> Response {
    // It reads states and files: not on a thread that others wait for.
    let made = tokio::task::spawn_blocking(move || signals.text()).await;
    match made {
        Ok(text) => ([(header::CONTENT_TYPE, text::CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn livez(State(signals): State<Arc<Signals>>) -> Response {
    said(&signals.stuck(Instant::now()))
}

async fn readyz(State(signals): State<Arc<Signals>>) -> Response {
    said(&signals.not_ready(Instant::now()))
}

/// 200 where nothing is wrong; 503 and what is, a line each.
fn said(wrong: &[String]) -> Response {
    match wrong {
        [] => (StatusCode::OK, "ok\n".to_owned()).into_response(),
        wrong => (StatusCode::SERVICE_UNAVAILABLE, wrong.join("\n") + "\n").into_response(),
    }
}
