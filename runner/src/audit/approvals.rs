//! What people decided: every operator's input that led to something, with who, why, when and on what.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::codec::Content;
use workflow_core::id::Position;
use workflow_core::record::Recorded;
use workflow_core::time::Timestamp;

use super::{Out, Trouble, With, done, row, walk};
use crate::views::VERSION;

/// How causes name a person.
const OPERATOR: &str = "operator:";

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Where its first event stands in the log.
    pub position: u64,
    /// When, RFC 3339.
    pub at: String,
    /// Who.
    pub who: String,
    /// On what: the stream.
    pub on: String,
    /// What was asked.
    pub what: String,
    /// What came of it: the events.
    pub events: Vec<String>,
    /// Why, in the person's words.
    pub reason: Option<String>,
}

/// How many there were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals {
    /// The version of these shapes.
    pub version: u32,
    /// How many decisions.
    pub decisions: u64,
}

pub(super) fn answer(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    with: &With<'_>,
    out: &mut Out<'_>,
) -> Result<(), Trouble> {
    let mut all: Vec<Approval> = Vec::new();
    walk(with, Position(0), out, &mut |recorded| {
        let at = recorded.event.recorded_at;
        let in_time = from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to);
        if in_time && let Some(next) = approval(&recorded) {
            match all.last_mut() {
                // The events of one decision follow each other.
                Some(last) if last.is_of_one_decision_with(&next) => {
                    last.events.extend(next.events);
                    last.reason = last.reason.take().or(next.reason);
                }
                _ => all.push(next),
            }
        }
        ControlFlow::Continue(())
    })?;
    for approval in &all {
        row(out, approval)?;
    }
    done(out, &Approvals { version: VERSION, decisions: all.len() as u64 })
}

impl Approval {
    fn is_of_one_decision_with(&self, next: &Approval) -> bool {
        let follows = self.position + self.events.len() as u64 == next.position;
        let same = |a: &Approval| (a.at.clone(), a.who.clone(), a.on.clone(), a.what.clone());
        follows && same(self) == same(next)
    }
}

fn approval(recorded: &Recorded) -> Option<Approval> {
    let event = &recorded.event;
    let who = event.cause.actor.strip_prefix(OPERATOR)?.to_owned();
    let data = Content(&event.content).to_json().ok();
    Some(Approval {
        position: recorded.position.0,
        at: event.recorded_at.to_string(),
        who,
        on: recorded.stream.to_string(),
        what: event.cause.input.clone(),
        events: vec![event.kind.clone()],
        reason: data.as_ref().and_then(reason),
    })
}

/// The person's words: `reason` where an event has them, of a fact that was set and of what is to happen once something is
/// undone too; else the evidence of an exclusion.
fn reason(data: &Value) -> Option<String> {
    let words = |data: &Value| {
        let text = |path: &str| data.pointer(path).and_then(Value::as_str).map(str::to_owned);
        text("/reason").or_else(|| text("/set/reason")).or_else(|| text("/evidence/evidence"))
    };
    words(data).or_else(|| words(data["intent"].as_object()?.values().next()?))
}
