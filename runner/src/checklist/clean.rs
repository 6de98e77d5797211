//! What is undone after the nine lines, and what cannot be: said by id, so that a person can find it.

use std::collections::BTreeSet;

use workflow_core::domain::call::AssignmentId;
use workflow_core::domain::facts::{PlacementId, Stage};
use workflow_core::domain::invoice::{self, Invoice, Standing};
use workflow_core::domain::placement::{Evidence, Hired, Input, Placement, State};
use workflow_core::domain::timesheet::{Approval, Sheet, Timesheet};
use workflow_core::engine::{HandleError, Source};
use workflow_core::id::StreamId;

use super::ChecklistError;
use super::rig::Rig;
use crate::config::Checklist;

/// What the lines made at the insurer.
#[derive(Default)]
pub(super) struct Left {
    /// Contractors and jobs, which stay.
    pub(super) objects: BTreeSet<String>,
    /// The assignment, if one was made.
    pub(super) assignment: Option<AssignmentId>,
    /// The certificate, if one was uploaded.
    pub(super) certificate: Option<String>,
    /// The pay period that was invoiced, and the timesheet that led to it.
    pub(super) invoice: Option<(StreamId, Timesheet)>,
}

impl Left {
    /// Notes what a placement has at the insurer.
    pub(super) fn hired(&mut self, hired: &Hired) {
        self.objects.insert(format!("contractor {}", hired.engagement.contractor));
        self.objects.insert(format!("job {}", hired.job));
    }
}

/// Undoes what can be undone; returns that, and what remains.
pub(super) async fn up(
    rig: &Rig,
    on: &Checklist,
    mut left: Left,
) -> Result<(Vec<String>, Vec<String>), ChecklistError> {
    let mut undone = Vec::new();
    if let Some((stream, timesheet)) = left.invoice.take() {
        match withdraw(rig, &stream, timesheet).await? {
            Ok(what) => undone.push(what),
            Err(what) => {
                left.objects.insert(what);
            }
        }
    }
    for placement in on.returning.iter().chain([&on.placement]) {
        call_off(rig, placement).await?;
        match rig.state(placement)? {
            Some(State::Canceled { .. }) => {
                if Some(placement) == on.returning.as_ref() {
                    left.assignment = None;
                }
                undone.push(format!("placement {placement}: nothing is open any more"));
            }
            Some(State::Active { coverage, .. }) => remains(&mut left, &coverage.evidence),
            Some(State::Flagged { .. }) => {
                left.objects.insert(format!("placement {placement}, {}", rig.why(placement)));
            }
            _ => {}
        }
    }
    if let Some(id) = left.assignment.take() {
        left.objects.insert(format!("assignment {id}"));
    }
    if let Some(id) = left.certificate.take() {
        left.objects.insert(format!("certificate {id}"));
    }
    Ok((undone, left.objects.into_iter().collect()))
}

fn remains(left: &mut Left, evidence: &Evidence) {
    left.objects.insert(match evidence {
        Evidence::Policy { policy, .. } => format!("policy {policy}"),
        Evidence::Assignment { assignment, .. } => format!("assignment {assignment}"),
        Evidence::Certificate { certificate, .. } => format!("certificate {certificate}"),
    });
}

/// As if the timesheet were rejected: the invoice is withdrawn by its own workflow.
async fn withdraw(
    rig: &Rig,
    stream: &StreamId,
    timesheet: Timesheet,
) -> Result<Result<String, String>, ChecklistError> {
    let standing = Standing::of(rig.state(&timesheet.placement)?.as_ref());
    let sheet = Sheet { approval: Approval::Rejected, ..timesheet.sheet };
    let timesheet = Box::new(Timesheet { sheet, ..timesheet });
    let input = invoice::Input::Observed { timesheet, standing };
    rig.engine.handle::<Invoice>(stream, input, Source::new("checklist", "")).await?;
    Ok(match rig.settled_invoice(stream).await? {
        Some(invoice::State::Waiting { book, .. }) => {
            let ids: Vec<&str> = book.past.iter().map(|id| id.as_str()).collect();
            Ok(format!("invoice {} withdrawn", ids.join(", ")))
        }
        _ => Err(format!("an invoice ({})", rig.why_not(stream))),
    })
}

/// As if the placement were called off: what is open is closed, what has not begun is cancelled, and coverage in force stays.
async fn call_off(rig: &Rig, placement: &PlacementId) -> Result<(), ChecklistError> {
    let open = match rig.state(placement)? {
        Some(State::Active { .. } | State::Excluded { .. } | State::Flagged { .. }) | None => false,
        Some(_) => true,
    };
    let (Some(stream), true) = (rig.stream(placement), open) else { return Ok(()) };
    let facts = match rig.connected.jobdiva.assemble(placement).await {
        Ok(Some(facts)) => facts,
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::warn!(%placement, %error, "a placement could not be read for cleaning up");
            return Ok(());
        }
    };
    let mut facts = facts;
    facts.stage = Stage::Canceled;
    let input = Input::Observed(Box::new(facts));
    match rig.engine.handle::<Placement>(&stream, input, Source::new("checklist", "")).await {
        Err(stopped @ HandleError::Stopped(_)) => return Err(stopped.into()),
        Err(error) => tracing::warn!(%placement, %error, "a placement could not be called off"),
        Ok(_) => rig.settle().await,
    }
    Ok(())
}
