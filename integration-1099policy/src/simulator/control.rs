//! `/_sim/..`: the simulator's own endpoints, without a key. Everything here is also a method of the handle.

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use workflow_core::time::Timestamp;

use super::app::App;
use super::certificates::{self, Outcome};
use super::faults::Fault;
use super::reply::Refusal;
use super::script::Script;
use super::server::Answer;
use super::sessions::{self, Advance};
use super::webhooks::{self, Order, Seal, WebhookFault};
use super::world::{Book, Desk, World};
use super::{categories, invoices, policies};

pub(super) async fn answer(app: &App, method: &str, path: &str, body: &[u8]) -> Response<Body> {
    let given: Value =
        if body.is_empty() { json!({}) } else { serde_json::from_slice(body).unwrap_or_default() };
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let result = match read(app, method, &segments) {
        Some(found) => Ok(found),
        None => match drive(app, method, &segments, &given).await {
            Some(result) => result,
            None => write(app, method, &segments, given),
        },
    };
    match result {
        Ok(body) => Answer::of(200, body).response(),
        Err(refusal) => Answer::refused(&refusal).response(),
    }
}

/// What only looks.
fn read(app: &App, method: &str, segments: &[&str]) -> Option<Value> {
    let world = app.world();
    match (method, segments) {
        ("GET", ["ledger"]) => Some(json!(world.ledger(app.now()))),
        ("GET", ["requests"]) => Some(json!(world.shared.requests)),
        ("GET", ["clock"]) => Some(clock(app, 0)),
        ("GET", ["behaviours"]) => Some(json!(world.shared.scripts)),
        ("GET", ["switches"]) => Some(json!(app.cfg.dialect())),
        ("GET", ["faults"]) => Some(json!(world.shared.faults.waiting)),
        ("GET", ["webhooks"]) => {
            Some(world.shared.outbox.deliveries.values().map(|d| json!(d)).collect())
        }
        _ => None,
    }
}

/// What moves time.
async fn drive(
    app: &App,
    method: &str,
    segments: &[&str],
    given: &Value,
) -> Option<Result<Value, Refusal>> {
    match (method, segments) {
        ("POST", ["tick"]) => {}
        ("POST", ["clock"]) => {
            let Some(secs) = given["now"].as_i64() else { return Some(Err(unclear())) };
            app.cfg.clock.set(Timestamp::from_secs(secs));
        }
        ("POST", ["clock", "advance"]) => {
            let Some(secs) = given["secs"].as_u64() else { return Some(Err(unclear())) };
            app.cfg.clock.advance(Duration::from_secs(secs));
        }
        _ => return None,
    }
    let happened = app.tick().await;
    Some(Ok(clock(app, happened)))
}

/// What changes the world.
fn write(app: &App, method: &str, segments: &[&str], mut given: Value) -> Result<Value, Refusal> {
    match (method, segments) {
        ("POST", ["behaviours"]) => {
            let who = given.as_object_mut().and_then(|o| o.remove("who"));
            let who = who.as_ref().and_then(Value::as_str).ok_or_else(unclear)?;
            script(app, who, parse(given)?);
            done(true)
        }
        ("POST", ["faults"]) => {
            fault(app, parse(given)?);
            done(true)
        }
        ("DELETE", ["faults"]) => {
            clear_faults(app);
            done(true)
        }
        ("DELETE", ["keys"]) => {
            forget_keys(app);
            done(true)
        }
        ("POST", ["release"]) => {
            release(app);
            done(true)
        }
        ("POST", ["sessions", id, "advance"]) => {
            let to = given.get("to").cloned().unwrap_or_else(|| json!("next_step"));
            done(advance_session(app, id, parse(to)?))
        }
        ("POST", ["policies", id, "cancel"]) => done(cancel_policy(app, id)),
        ("POST", ["policies", id, "reactivate"]) => done(reactivate_policy(app, id)),
        ("POST", ["certificates", id, "outcome"]) => {
            done(decide_certificate(app, id, parse(given["outcome"].take())?))
        }
        ("POST", ["certificates", id, "reads"]) => {
            done(certificate_reads(app, id, given["parsed"].take()))
        }
        ("POST", ["invoices", id, "pay"]) => done(pay_invoice(app, id)),
        ("POST", ["categories"]) => {
            let id = given["category_code"].as_str().ok_or_else(unclear)?;
            let name = given["name"].as_str().unwrap_or(id);
            issue_category(app, id, name, given["approved"].as_bool().unwrap_or(true));
            done(true)
        }
        _ => write_webhooks(app, method, segments, given),
    }
}

fn write_webhooks(
    app: &App,
    method: &str,
    segments: &[&str],
    mut given: Value,
) -> Result<Value, Refusal> {
    match (method, segments) {
        ("POST", ["webhooks", "faults"]) => {
            webhook_fault(app, parse(given)?);
            done(true)
        }
        ("POST", ["webhooks", "order"]) => {
            webhook_order(app, parse(given["order"].take())?);
            done(true)
        }
        ("POST", ["webhooks", "inject"]) => {
            let seal = given.get("seal").cloned().unwrap_or_else(|| json!("genuine"));
            let deliveries = inject_event(app, &given["event"], parse(seal)?);
            Ok(json!({ "deliveries": deliveries }))
        }
        ("POST", ["reset"]) => {
            reset(app);
            done(true)
        }
        _ => Err(Refusal::not_found("resource_not_found")),
    }
}

fn parse<T: DeserializeOwned>(given: Value) -> Result<T, Refusal> {
    serde_json::from_value(given)
        .map_err(|e| Refusal::validation("invalid_input", &format!("not understood: {e}")))
}

fn unclear() -> Refusal {
    Refusal::validation("invalid_input", "The control request misses a field.")
}

fn done(changed: bool) -> Result<Value, Refusal> {
    if changed {
        Ok(json!({ "done": true }))
    } else {
        Err(Refusal::not_found("resource_not_found"))
    }
}

fn clock(app: &App, happened: usize) -> Value {
    json!({ "now": app.now().as_secs(), "iso": app.now().to_string(), "happened": happened })
}

pub(super) fn script(app: &App, who: &str, script: Script) {
    app.change(|world| world.shared.scripts.insert(who.to_owned(), script));
}

pub(super) fn fault(app: &App, fault: Fault) {
    app.change(|world| world.shared.faults.waiting.push(fault));
}

pub(super) fn clear_faults(app: &App) {
    app.change(|world| {
        world.shared.faults.waiting.clear();
        world.shared.outbox.faults.clear();
    });
}

pub(super) fn forget_keys(app: &App) {
    app.change(|world| world.kept.forget());
}

pub(super) fn release(app: &App) {
    app.released.send_modify(|n| *n += 1);
}

pub(super) fn advance_session(app: &App, id: &str, to: Advance) -> bool {
    at_desk(app, |b| b.sessions.get(id).is_some(), |desk| sessions::advance(desk, id, to))
}

pub(super) fn cancel_policy(app: &App, id: &str) -> bool {
    at_desk(app, |b| b.policies.get(id).is_some(), |desk| policies::cancel(desk, id))
}

pub(super) fn reactivate_policy(app: &App, id: &str) -> bool {
    at_desk(app, |b| b.policies.get(id).is_some(), |desk| policies::reactivate(desk, id))
}

pub(super) fn decide_certificate(app: &App, id: &str, outcome: Outcome) -> bool {
    at_desk(
        app,
        |b| b.certificates.get(id).is_some(),
        |desk| certificates::decide(desk, id, outcome),
    )
}

pub(super) fn remove_certificate(app: &App, id: &str) -> bool {
    at_desk(
        app,
        |b| b.certificates.get(id).is_some(),
        |desk| desk.book.certificates.remove(id).is_some(),
    )
}

pub(super) fn certificate_reads(app: &App, id: &str, parsed: Value) -> bool {
    at_desk(app, |b| b.certificates.get(id).is_some(), |desk| certificates::reads(desk, id, parsed))
}

pub(super) fn pay_invoice(app: &App, id: &str) -> bool {
    at_desk(app, |b| b.invoices.get(id).is_some(), |desk| invoices::pay(desk, id))
}

/// Every tenant gets the category.
pub(super) fn issue_category(app: &App, id: &str, name: &str, approved: bool) {
    in_every_book(app, |desk| categories::issue(desk, id, name, approved));
}

pub(super) fn webhook_fault(app: &App, fault: WebhookFault) {
    app.change(|world| world.shared.outbox.faults.push(fault));
}

pub(super) fn webhook_order(app: &App, order: Order) {
    app.change(|world| world.shared.outbox.order = Some(order));
}

/// The number of deliveries queued.
pub(super) fn inject_event(app: &App, event: &Value, seal: Seal) -> usize {
    let mut queued = 0;
    in_every_book(app, |desk| queued += webhooks::inject(desk, event, seal));
    queued
}

/// A new world at the clock's present moment.
pub(super) fn reset(app: &App) {
    app.change(|world| *world = World::new(&app.cfg, app.now()));
}

/// Does something in the book that has what is meant; false if none has.
fn at_desk(
    app: &App,
    meant: impl Fn(&Book) -> bool,
    act: impl FnOnce(&mut Desk<'_>) -> bool,
) -> bool {
    app.change(|world| {
        let scope =
            world.books.iter().find(|(_, book)| meant(book)).map(|(scope, _)| scope.clone());
        scope.is_some_and(|scope| act(&mut world.desk(&app.cfg, &scope, app.now())))
    })
}

fn in_every_book(app: &App, mut act: impl FnMut(&mut Desk<'_>)) {
    app.change(|world| {
        let scopes: Vec<String> = world.books.keys().cloned().collect();
        for scope in scopes {
            act(&mut world.desk(&app.cfg, &scope, app.now()));
        }
    });
}
