//! The control endpoints under `/__sim/`: what the vendor has no API for, for tests and demos.
//!
//! No login: the server listens on loopback only. Every answer is JSON; an unknown verb is 404, a body that cannot be
//! read 400, a change that cannot be made 409. The table of verbs is in [`super`]'s documentation.

use std::io;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workflow_core::time::{Clock, Timestamp};

use super::envelope::{Answer, refusal};
use super::faults::Fault;
use super::mutations::{self, Mutation, MutationError};
use super::seed;
use super::server::{Request, Shared, unsaved};
use super::state::State;
use super::webhooks::{self, WebhookTarget};
use super::{eastern, eastern::stamp};

/// What the simulated tenant starts with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// The seed data.
    #[default]
    Seed,
    /// The seed's companies and jobs, without a candidate or a placement.
    Empty,
}

/// How often a path was called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seen {
    /// HTTP method.
    pub method: String,
    /// Path without the query, which may hold secrets.
    pub path: String,
    /// How often, since the dataset was loaded.
    pub count: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default)]
    dataset: Dataset,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Move {
    Set(String),
    AdvanceSecs(u64),
}

#[derive(Deserialize)]
struct Grant {
    method: String,
    granted: bool,
}

enum Refused {
    Unread,
    Unknown,
    Mutation(MutationError),
    Unsaved(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Unsaved(error)
    }
}

/// A dataset as it is at its start.
pub(super) fn fresh(dataset: Dataset, shared: &super::server::Settings) -> State {
    let mut state = seed::dataset(&shared.behaviour);
    if dataset == Dataset::Empty {
        state.candidates.clear();
        state.activities.clear();
        state.billing.clear();
        state.salary.clear();
        state.timesheets.clear();
        state.attachments.clear();
        state.onboarding.clear();
    }
    state
}

impl State {
    /// Replaces everything but the clock and where webhooks go.
    pub(super) fn replace(&mut self, new: State, now: Timestamp) {
        let webhook = self.webhook.take();
        *self = State { scanned: now, webhook, ..new };
    }

    /// The ledger as a list.
    pub(super) fn seen(&self) -> Vec<Seen> {
        let entry = |(key, count): (&String, &u64)| {
            let (method, path) = key.split_once(' ').unwrap_or(("", key));
            Seen { method: method.into(), path: path.into(), count: *count }
        };
        self.ledger.iter().map(entry).collect()
    }

    /// Grants or takes back a method, such as `bi/JobDetail`.
    pub(super) fn grant(&mut self, method: &str, is_granted: bool) {
        if is_granted {
            self.denied.remove(method);
        } else {
            self.denied.insert(method.to_owned());
        }
    }
}

/// Answers a control request.
pub(super) async fn handle(shared: &Shared, verb: &str, request: &Request) -> Answer {
    let answered = match (request.method.as_str(), verb) {
        ("GET", _) => read(shared, verb),
        ("POST", "clock") => move_clock(shared, request).await,
        ("POST", "webhooks/deliver") => delivered(shared).await,
        (_, _) => write(shared, verb, request),
    };
    match answered {
        Ok(body) => Answer::json(body),
        Err(Refused::Unread) => refusal(400, "simulator: the body could not be read".into()),
        Err(Refused::Unknown) => refusal(404, "simulator: no such control endpoint".into()),
        Err(Refused::Mutation(error)) => refusal(409, format!("simulator: {error}")),
        Err(Refused::Unsaved(error)) => unsaved(&error),
    }
}

fn read(shared: &Shared, verb: &str) -> Result<Value, Refused> {
    let state = shared.read();
    match verb {
        "clock" => Ok(clock(shared)),
        "requests" => Ok(json!(state.seen())),
        "faults" => Ok(json!(state.faults)),
        "grants" => Ok(json!({ "denied": state.denied })),
        "webhooks/deliveries" => Ok(json!(state.deliveries)),
        "state" => Ok(json!(*state)),
        _ => Err(Refused::Unknown),
    }
}

fn clock(shared: &Shared) -> Value {
    let now = shared.clock.now();
    json!({ "now": now.to_string(), "millis": now.0, "eastern": stamp(now) })
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    serde_json::from_slice(&request.body).map_err(|_| Refused::Unread)
}

fn write(shared: &Shared, verb: &str, request: &Request) -> Result<Value, Refused> {
    match (request.method.as_str(), verb) {
        ("POST", "reset") => {
            let Reset { dataset } = body(request)?;
            let new = fresh(dataset, &shared.settings);
            shared.clock.set(new.clock);
            shared.change(|state, now| state.replace(new, now))?;
        }
        ("POST", "state") => {
            let new: State = body(request)?;
            shared.clock.set(new.clock);
            shared.change(|state, _| *state = new)?;
        }
        ("POST", "tokens/revoke") => shared.change(|state, _| state.tokens.clear())?,
        ("POST", "faults") => {
            let fault: Fault = body(request)?;
            shared.change(|state, _| state.faults.push(fault))?;
        }
        ("DELETE", "faults") => shared.change(|state, _| state.faults.clear())?,
        ("POST", "grants") => {
            let Grant { method, granted } = body(request)?;
            shared.change(|state, _| state.grant(&method, granted))?;
        }
        ("POST", "mutate") => return mutate(shared, body(request)?),
        ("PUT", "webhooks") => {
            let target: WebhookTarget = body(request)?;
            shared.change(|state, now| aim(state, shared, Some(target), now))?;
        }
        ("DELETE", "webhooks") => shared.change(|state, now| aim(state, shared, None, now))?,
        ("POST", "webhooks/resend") => {
            let resent = shared.change(State::resend_failed)?;
            return Ok(json!({ "resent": resent }));
        }
        _ => return Err(Refused::Unknown),
    }
    Ok(json!({ "ok": true }))
}

/// Sets where webhooks go; what happened before is not sent there.
pub(super) fn aim(
    state: &mut State,
    shared: &Shared,
    target: Option<WebhookTarget>,
    now: Timestamp,
) {
    state.scan(&shared.settings.behaviour, now);
    state.webhook = target;
}

fn mutate(shared: &Shared, mutation: Mutation) -> Result<Value, Refused> {
    let behaviour = &shared.settings.behaviour;
    let changed = shared.change(|state, now| mutations::apply(state, behaviour, mutation, now))?;
    changed.map(|changed| json!(changed)).map_err(Refused::Mutation)
}

async fn move_clock(shared: &Shared, request: &Request) -> Result<Value, Refused> {
    match body(request)? {
        Move::Set(text) => shared.clock.set(moment(&text).ok_or(Refused::Unread)?),
        Move::AdvanceSecs(secs) => shared.clock.advance(Duration::from_secs(secs)),
    }
    let attempts = webhooks::deliver(shared).await?;
    let mut now = clock(shared);
    now["webhooks"] = json!(attempts);
    Ok(now)
}

/// RFC 3339, or `MM/dd/yyyy HH:mm:ss` in Eastern wall time.
fn moment(text: &str) -> Option<Timestamp> {
    let absolute = text.parse::<jiff::Timestamp>().map(Timestamp::from).ok();
    absolute.or_else(|| eastern::parse(text).map(eastern::moment))
}

async fn delivered(shared: &Shared) -> Result<Value, Refused> {
    Ok(json!({ "webhooks": webhooks::deliver(shared).await? }))
}
