//! What people order through the admin door, and how each tenant stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use workflow_core::domain::call::Side;

use super::{Door, problem};
use crate::gates::named;
use crate::order::{Desk, Order, OrderError, Running};
use crate::tenants;
use crate::views::{self, Halted};

pub(super) async fn order(State(door): State<Arc<Door>>, Json(order): Json<Order>) -> Response {
    let running =
        Running { dispatcher: &door.dispatcher, systems: &door.systems, pulse: &door.pulse };
    let desk = Desk { engine: &door.engine, tenants: &door.tenants, running: Some(running) };
    match desk.take(order).await {
        Ok(done) => Json(done).into_response(),
        Err(error) => {
            let status = match &error {
                OrderError::Unknown(_) => StatusCode::NOT_FOUND,
                OrderError::Unclear(_) => StatusCode::UNPROCESSABLE_ENTITY,
                OrderError::Refused(_) => StatusCode::CONFLICT,
                OrderError::NotNow(_) | OrderError::Engine(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            problem(status, error.to_string())
        }
    }
}

pub(super) async fn tenants(State(door): State<Arc<Door>>) -> Response {
    let failing = door.dispatcher.activity().waiting;
    let systems = Some(&*door.systems);
    Json(tenants::tenants(&door.engine, &door.tenants, systems, &failing)).into_response()
}

/// Adds the tenants whose credentials are refused to a list, and says so where a placement waits for a call.
pub(super) fn with_refusals(door: &Door, mut list: views::List) -> views::List {
    for connected in door.systems.all() {
        let tenant = &connected.tenant.name;
        for side in [Side::Ats, Side::Insurer] {
            let Some(why) = connected.refused(side) else { continue };
            let why = format!("the credentials are refused: {why}");
            let system = Some(named(side).to_owned());
            list.halted.push(Halted { tenant: tenant.clone(), system, why });
        }
    }
    list.placements.iter_mut().for_each(|line| refused(door, line));
    list
}

/// Says at a placement which waits for a call why none is made.
pub(super) fn refused(door: &Door, line: &mut views::Line) {
    let Some(connected) = door.systems.of(&line.tenant) else { return };
    for side in [Side::Ats, Side::Insurer] {
        let waits = line.waits.iter().any(|wait| side_of(wait) == Some(side));
        if let Some(why) = connected.refused(side).filter(|_| waits) {
            line.why = format!("{}; {} refuses the credentials: {why}", line.why, named(side));
        }
    }
}

/// The side that a wait is for, by the words of the line.
fn side_of(wait: &str) -> Option<Side> {
    let call = wait.strip_prefix("the call ")?;
    Some(if call.starts_with("read") { Side::Ats } else { Side::Insurer })
}
