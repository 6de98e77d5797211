//! The spans that a trace is made of: one for each input handled, one for each attempt at a call owed.
//!
//! They are `tracing` spans under the target [`TARGET`], so that whoever writes lines leaves them out and whoever sends
//! traces takes them alone; where nobody listens they cost a look at a flag. Their fields are those of the log's lines: names
//! of streams, operations and outcomes, never what an input or an answer says, nor who gave it. Deliberately absent: where
//! traces go (the runner's `telemetry`), and one trace over a restart: what is owed is derived anew, so that a call's
//! `key` joins its attempts, not a trace's id.

use tracing::Span;
use tracing::field::Empty;

use crate::engine::{HandleError, Handled, OwedCall};
use crate::exchange::{Came, Exchange};
use crate::id::StreamId;
use crate::outcome::{Attempt, Outcome};
use crate::workflow::Domain;

/// The target of every span; lines have others.
pub const TARGET: &str = "workflow_span";

/// An input on its way through the engine.
pub(crate) fn input(stream: &StreamId, actor: &str) -> Span {
    // Behind the colon may stand who it was.
    let cause = actor.split(':').next().unwrap_or_default();
    let (tenant, workflow, instance) = (stream.tenant(), stream.workflow(), stream.key());
    tracing::info_span!(
        target: TARGET, "input", otel.name = format_args!("input {workflow}"), otel.status_code = Empty,
        tenant, workflow, instance, cause, outcome = Empty, state = Empty, events = Empty, version = Empty,
    )
}

/// What became of it.
pub(crate) fn handled(span: &Span, handled: &Result<Handled, HandleError>) {
    match handled {
        Ok(handled) => {
            span.record("outcome", if handled.events > 0 { "committed" } else { "nothing" });
            span.record("state", handled.state);
            span.record("events", handled.events);
            span.record("version", handled.version.0);
        }
        // Normal: the rules said no.
        Err(HandleError::Rejected(_)) => {
            span.record("outcome", "rejected");
        }
        Err(
            HandleError::BadInput(_)
            | HandleError::UnknownWorkflow(_)
            | HandleError::UnknownTenant(_)
            | HandleError::Defect(_)
            | HandleError::Replay(_)
            | HandleError::NoRoom(_)
            | HandleError::Stopped(_),
        ) => {
            span.record("outcome", "failed");
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// An attempt at a call, and what its answer leads to. Whoever performs it may record the `system` that it asks.
pub(crate) fn attempt<D: Domain>(call: &OwedCall<D>, attempt: &Attempt) -> Span {
    let (stream, operation) = (&call.stream, call.operation.as_str());
    let (tenant, workflow, instance) = (stream.tenant(), stream.workflow(), stream.key());
    tracing::info_span!(
        target: TARGET, "call", otel.name = format_args!("call {operation}"), otel.kind = "client",
        otel.status_code = Empty, tenant, workflow, instance, operation, key = %call.key, attempt = attempt.earlier + 1,
        generation = attempt.generation, looked_up = attempt.look_first, system = Empty, outcome = Empty,
        requests = Empty, status = Empty, request_id = Empty,
    )
}

/// What the attempt came to.
pub(crate) fn came<A>(span: &Span, exchanges: &[Exchange], outcome: &Outcome<A>) {
    span.record("requests", exchanges.len());
    if let Some((status, request_id)) = last_answer(exchanges) {
        span.record("status", status);
        span.record("request_id", request_id);
    }
    match outcome {
        Outcome::Answered(_) => {
            span.record("outcome", "answered");
        }
        Outcome::Again(again) => {
            span.record("outcome", again.trace.word());
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// The status and the request id of the last answer, where there was one.
pub(crate) fn last_answer(exchanges: &[Exchange]) -> Option<(u16, Option<&str>)> {
    exchanges.iter().rev().find_map(|exchange| match &exchange.came {
        Came::Answer { status, request_id, .. } => Some((*status, request_id.as_deref())),
        Came::Lost { .. } | Came::NotSent { .. } => None,
    })
}
