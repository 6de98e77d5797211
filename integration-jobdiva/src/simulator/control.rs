//! The control endpoints under `/__sim/`: what the vendor has no API for, for tests and demos.
//!
//! No login: the server listens on loopback only. Every answer is JSON; an unknown request is 404, a body that cannot be
//! read 400, a change that cannot be made 409. [`CONTROLS`] lists them.

use std::io;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workflow_core::time::{Clock, Timestamp};

use super::behaviour::Behaviour;
use super::envelope::{Answer, refusal};
use super::faults::Fault;
use super::mutations::{self, Mutation, MutationError};
use super::seed;
use super::server::{Request, Shared, unsaved};
use super::state::State;
use super::switches::{SWITCHES, Switch};
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

/// What a control request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Reset,
    ShowState,
    LoadState,
    ShowClock,
    MoveClock,
    RevokeTokens,
    ShowFaults,
    AddFault,
    ClearFaults,
    ShowGrants,
    Grant,
    Mutate,
    ShowRequests,
    ShowRecentRequests,
    ShowSwitches,
    AimWebhooks,
    StopWebhooks,
    ShowDeliveries,
    Deliver,
    Resend,
}

/// A control request.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// HTTP method.
    pub method: &'static str,
    /// Path below `/__sim/`.
    pub path: &'static str,
    /// What it does.
    pub does: &'static str,
    /// A body that works; empty where none is needed.
    pub example: &'static str,
    pub(super) verb: Verb,
}

const fn control(
    method: &'static str,
    path: &'static str,
    verb: Verb,
    does: &'static str,
    example: &'static str,
) -> Control {
    Control { method, path, does, example, verb }
}

/// All control requests.
pub const CONTROLS: [Control; 20] = [
    control(
        "POST",
        "reset",
        Verb::Reset,
        "loads a dataset, `seed` or `empty`, and sets the clock to its start",
        r#"{"dataset":"seed"}"#,
    ),
    control("GET", "state", Verb::ShowState, "a copy of everything", ""),
    control("POST", "state", Verb::LoadState, "loads such a copy", "{}"),
    control("GET", "clock", Verb::ShowClock, "the time: `now`, `millis`, `eastern`", ""),
    control(
        "POST",
        "clock",
        Verb::MoveClock,
        "moves the clock and sends the webhooks that are due; `{\"set\":\"2026-04-06T13:00:00Z\"}` sets it",
        r#"{"advance_secs":3600}"#,
    ),
    control(
        "POST",
        "tokens/revoke",
        Verb::RevokeTokens,
        "every token answers 401 from now on",
        "{}",
    ),
    control("GET", "faults", Verb::ShowFaults, "the faults waiting", ""),
    control(
        "POST",
        "faults",
        Verb::AddFault,
        "adds a fault: kinds status, timeout, cut, slow, queue_full, poison, skip",
        r#"{"path":"bi/JobDetail","kind":"status","status":503,"message":"unwell","count":2}"#,
    ),
    control("DELETE", "faults", Verb::ClearFaults, "clears the faults", ""),
    control("GET", "grants", Verb::ShowGrants, "the methods that are not granted", ""),
    control(
        "POST",
        "grants",
        Verb::Grant,
        "grants a method or takes it back",
        r#"{"method":"bi/JobDetail","granted":false}"#,
    ),
    control(
        "POST",
        "mutate",
        Verb::Mutate,
        "changes a record as a person in JobDiva would; answers an id",
        r#"{"change":"cancel","placement":51000777}"#,
    ),
    control("GET", "requests", Verb::ShowRequests, "how often each path was asked", ""),
    control(
        "GET",
        "requests/recent",
        Verb::ShowRecentRequests,
        "the newest requests, each with its answer's status",
        "",
    ),
    control("GET", "switches", Verb::ShowSwitches, "the thirty switches and how they stand", ""),
    control(
        "PUT",
        "webhooks",
        Verb::AimWebhooks,
        "where webhooks go",
        r#"{"url":"http://127.0.0.1:8080/hooks/jobdiva/ENDPOINT","secret":"SECRET"}"#,
    ),
    control("DELETE", "webhooks", Verb::StopWebhooks, "no webhooks from now on", ""),
    control(
        "GET",
        "webhooks/deliveries",
        Verb::ShowDeliveries,
        "every webhook so far, with its tries and outcome",
        "",
    ),
    control("POST", "webhooks/deliver", Verb::Deliver, "sends the webhooks that are due", "{}"),
    control("POST", "webhooks/resend", Verb::Resend, "gives failed webhooks new tries", "{}"),
];

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
    state.denied = shared.behaviour.not_granted.clone();
    if dataset == Dataset::Empty {
        state.candidates.clear();
        state.activities.clear();
        state.billing.clear();
        state.salary.clear();
        state.timesheets.clear();
        state.invoices.clear();
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

/// Answers a control request that exists.
pub(super) async fn handle(shared: &Shared, verb: Verb, request: &Request) -> Answer {
    match act(shared, verb, request).await {
        Ok(body) => Answer::json(body),
        Err(Refused::Unread) => refusal(400, "simulator: the body could not be read".into()),
        Err(Refused::Mutation(error)) => refusal(409, format!("simulator: {error}")),
        Err(Refused::Unsaved(error)) => unsaved(&error),
    }
}

/// The answer to a control request that does not.
pub(super) fn unknown() -> Answer {
    refusal(404, "simulator: no such control endpoint".into())
}

async fn act(shared: &Shared, verb: Verb, request: &Request) -> Result<Value, Refused> {
    match verb {
        Verb::MoveClock => return move_clock(shared, request).await,
        Verb::Deliver => return delivered(shared).await,
        Verb::Mutate => return mutate(shared, body(request)?),
        Verb::Resend => {
            let resent = shared.change(State::resend_failed)?;
            return Ok(json!({ "resent": resent }));
        }
        Verb::ShowState => return Ok(json!(*shared.read())),
        Verb::ShowClock => return Ok(clock(shared)),
        Verb::ShowFaults => return Ok(json!(shared.read().faults)),
        Verb::ShowGrants => return Ok(json!({ "denied": shared.read().denied })),
        Verb::ShowRequests => return Ok(json!(shared.read().seen())),
        Verb::ShowRecentRequests => return Ok(json!(shared.read().received)),
        Verb::ShowSwitches => return Ok(json!(stands(&shared.settings.behaviour))),
        Verb::ShowDeliveries => return Ok(json!(shared.read().deliveries)),
        Verb::Reset => {
            let Reset { dataset } = body(request)?;
            let new = fresh(dataset, &shared.settings);
            shared.clock.set(new.clock);
            shared.change(|state, now| state.replace(new, now))?;
        }
        Verb::LoadState => {
            let new: State = body(request)?;
            shared.clock.set(new.clock);
            shared.change(|state, _| *state = new)?;
        }
        Verb::RevokeTokens => shared.change(|state, _| state.tokens.clear())?,
        Verb::AddFault => {
            let fault: Fault = body(request)?;
            shared.change(|state, _| state.faults.push(fault))?;
        }
        Verb::ClearFaults => shared.change(|state, _| state.faults.clear())?,
        Verb::Grant => {
            let Grant { method, granted } = body(request)?;
            shared.change(|state, _| state.grant(&method, granted))?;
        }
        Verb::AimWebhooks => {
            let target: WebhookTarget = body(request)?;
            shared.change(|state, now| aim(state, shared, Some(target), now))?;
        }
        Verb::StopWebhooks => shared.change(|state, now| aim(state, shared, None, now))?,
    }
    Ok(json!({ "ok": true }))
}

/// A switch and how it stands.
#[derive(Serialize)]
pub(super) struct Stands {
    #[serde(flatten)]
    pub(super) switch: Switch,
    /// The values of its fields; empty where it has none.
    pub(super) now: Value,
}

/// How the switches stand.
pub(super) fn stands(behaviour: &Behaviour) -> Vec<Stands> {
    let values = json!(behaviour);
    let now = |switch: &Switch| -> Value {
        let fields = switch.fields.iter();
        Value::Object(fields.map(|name| ((*name).to_owned(), values[*name].clone())).collect())
    };
    SWITCHES.iter().map(|switch| Stands { switch: *switch, now: now(switch) }).collect()
}

fn clock(shared: &Shared) -> Value {
    let now = shared.clock.now();
    json!({ "now": now.to_string(), "millis": now.0, "eastern": stamp(now) })
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    serde_json::from_slice(&request.body).map_err(|_| Refused::Unread)
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
