//! A real HTTP server that behaves like the 1099Policy API, no kinder than its documents say.
//!
//! It shares no code with the client. It runs on a clock that moves only when told, plays the contractors, keeps a
//! ledger of everything done to it, and fails on request. Absent: payment sessions, external certificate uploads,
//! policies from a general opt-in. `/` is a page with its state, `/openapi.json` describes it. Read `simulator/server.rs` next for the walk of one request, `simulator/routes.rs`
//! for the surface, `simulator/control.rs` for the endpoints under `/_sim`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use workflow_core::time::ManualClock;

mod agenda;
mod app;
mod assignments;
mod auth;
mod base64;
mod categories;
mod certificates;
mod client;
mod codes;
mod config;
mod contractors;
mod control;
mod dates;
mod dialects;
mod endpoints;
mod entities;
mod events;
mod faults;
mod fields;
mod idempotency;
mod ids;
mod invoices;
mod jobs;
mod ledger;
mod openapi;
mod page;
mod paging;
mod persist;
mod policies;
mod quotes;
mod reply;
mod request;
mod routes;
mod schemas;
mod script;
mod server;
mod sessions;
mod socket;
mod switches;
mod webhooks;
mod world;

pub use certificates::Outcome;
pub use codes::ErrorCode;
pub use config::{
    AssignmentMismatch, Config, ContractorRequired, DEFAULT_KEY, DEFAULT_START, EmailCase,
    KeyReuse, PolicyReach, QuoteChanges, Reprice, Rules, Signing, Starts, WebhookRules, Words,
};
pub use faults::{Fault, FaultKind};
pub use ledger::{Ledger, RequestSeen};
pub use script::{Application, Charge, Script};
pub use sessions::Advance;
pub use switches::{Dialect, SWITCHES, Switch};
pub use webhooks::{Delivery, DeliveryState, Order, Seal, WebhookFault, WebhookFaultKind};

use app::App;
use socket::Doors;

/// Real time between two steps of a paced clock.
const PACE_STEP: Duration = Duration::from_millis(200);

/// A running simulator; dropping it stops it, as a killed process would stop.
pub struct Simulator {
    app: Arc<App>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
    pacer: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts on 127.0.0.1, resuming the state in [`Config::persist`] if there is one.
    ///
    /// # Errors
    /// When the port is taken, or the saved state cannot be read.
    pub async fn start(config: Config) -> io::Result<Self> {
        let port = config.port;
        let app = Arc::new(App::start(config)?);
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let routes = Router::new().fallback(server::serve).with_state(Arc::clone(&app));
        let service = routes.into_make_service_with_connect_info::<socket::Switch>();
        let (stop, mut stopped) = watch::channel(false);
        let server = tokio::spawn(async move {
            let ended = async move {
                // An error means the handle is gone, which stops the server too.
                let _ = stopped.changed().await;
            };
            if let Err(e) =
                axum::serve(Doors(listener), service).with_graceful_shutdown(ended).await
            {
                tracing::error!(error = %e, "the simulator stopped");
            }
        });
        let pacer = app.cfg.pace.map(|pace| tokio::spawn(keep_pace(Arc::clone(&app), pace)));
        Ok(Self { app, address, stop, server: Some(server), pacer })
    }

    /// `http://127.0.0.1:<port>`, without the `/api/v1` prefix.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first of the configured API keys.
    pub fn api_key(&self) -> &str {
        self.app.cfg.keys.keys().next().map_or("", String::as_str)
    }

    /// The simulated clock; moving it plays nothing until [`Simulator::tick`] or the next request.
    pub fn clock(&self) -> ManualClock {
        self.app.cfg.clock.clone()
    }

    /// What was done to the simulator so far.
    pub fn ledger(&self) -> Ledger {
        self.app.world().ledger(self.app.now())
    }

    /// The newest requests, oldest first.
    pub fn requests(&self) -> Vec<RequestSeen> {
        self.app.world().shared.requests.iter().cloned().collect()
    }

    /// Plays everything due at the current simulated time, webhooks included; how much happened.
    pub async fn tick(&self) -> usize {
        self.app.tick().await
    }

    /// Moves the clock on and plays what that brings; how much happened.
    pub async fn advance(&self, by: Duration) -> usize {
        self.app.cfg.clock.advance(by);
        self.app.tick().await
    }

    /// Sets what a contractor does: `who` is an e-mail local part or a `jobdiva_candidate_id`.
    pub fn script(&self, who: &str, script: Script) {
        control::script(&self.app, who, script);
    }

    /// Plays a fault on the requests it fits.
    pub fn fault(&self, fault: Fault) {
        control::fault(&self.app, fault);
    }

    /// Forgets the faults of answers and webhooks not yet used up.
    pub fn clear_faults(&self) {
        control::clear_faults(&self.app);
    }

    /// Forgets every idempotency key before its time: the same key creates again.
    pub fn forget_keys(&self) {
        control::forget_keys(&self.app);
    }

    /// Lets the requests go on that [`FaultKind::Hold`] holds.
    pub fn release(&self) {
        control::release(&self.app);
    }

    /// Waits until `count` requests are held.
    pub async fn until_held(&self, count: usize) {
        // The sender lives as long as this handle, so waiting cannot fail.
        let _ = self.app.held.subscribe().wait_for(|held| *held >= count).await;
    }

    /// Moves a session as its contractor, a reviewer or time would; false if it is unknown or over.
    pub fn advance_session(&self, id: &str, to: Advance) -> bool {
        control::advance_session(&self.app, id, to)
    }

    /// Cancels an active policy from the vendor's side; false if it is not active.
    pub fn cancel_policy(&self, id: &str) -> bool {
        control::cancel_policy(&self.app, id)
    }

    /// Reactivates a cancelled policy from the vendor's side; false if it is not cancelled.
    pub fn reactivate_policy(&self, id: &str) -> bool {
        control::reactivate_policy(&self.app, id)
    }

    /// Sets what the review reads in a certificate; false if there is none of that id.
    pub fn certificate_reads(&self, id: &str, parsed: Value) -> bool {
        control::certificate_reads(&self.app, id, parsed)
    }

    /// Sets how a certificate's review will end, or ends a flagged one; false if it has ended.
    pub fn decide_certificate(&self, id: &str, outcome: Outcome) -> bool {
        control::decide_certificate(&self.app, id, outcome)
    }

    /// Takes a certificate away, as the vendor's staff may; there is no event of it. False if it is unknown.
    pub fn remove_certificate(&self, id: &str) -> bool {
        control::remove_certificate(&self.app, id)
    }

    /// Marks an invoice as paid in full; false if it is unknown or paid.
    pub fn pay_invoice(&self, id: &str) -> bool {
        control::pay_invoice(&self.app, id)
    }

    /// Adds an approved job category for every tenant and announces it.
    pub fn approve_category(&self, code: &str, name: &str) {
        control::issue_category(&self.app, code, name, true);
    }

    /// Adds a job category that still waits for approval.
    pub fn propose_category(&self, code: &str, name: &str) {
        control::issue_category(&self.app, code, name, false);
    }

    /// Every webhook delivery made or waiting, in order of events.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.app.world().shared.outbox.deliveries.values().cloned().collect()
    }

    /// Plays a fault on the deliveries of the events it fits.
    pub fn webhook_fault(&self, fault: WebhookFault) {
        control::webhook_fault(&self.app, fault);
    }

    /// In which order deliveries due together leave from now on.
    pub fn webhook_order(&self, order: Order) {
        control::webhook_order(&self.app, order);
    }

    /// Queues an event that never happened to every endpoint wanting it; the number of deliveries.
    pub fn inject_event(&self, event: &Value, seal: Seal) -> usize {
        control::inject_event(&self.app, event, seal)
    }

    /// A new world: nothing but the seeds, the configured scripts, and the clock as it stands.
    pub fn reset(&self) {
        control::reset(&self.app);
    }

    /// Stops answering: held requests go on, open ones end, idle connections close.
    pub async fn stop(mut self) {
        self.release();
        self.stop.send_replace(true);
        if let Some(server) = self.server.take() {
            // A panic in the server was already reported by the runtime.
            let _ = server.await;
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(pacer) = self.pacer.take() {
            pacer.abort();
        }
    }
}

async fn keep_pace(app: Arc<App>, pace: u32) {
    let mut beats = tokio::time::interval(PACE_STEP);
    loop {
        beats.tick().await;
        app.cfg.clock.advance(PACE_STEP * pace);
        app.tick().await;
    }
}
