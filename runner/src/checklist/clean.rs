//! What is undone after the nine lines, and what cannot be: said by id, so that a person can find it.
//!
//! What there is to say is read from the run's own log, whatever line failed on the way: everything that was made at the
//! insurer left an event, and what was asked for without an answer is owed still.

use std::collections::BTreeSet;

use workflow_core::domain::call::{AssignmentId, Side};
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::contractor;
use workflow_core::domain::facts::{PlacementId, Stage};
use workflow_core::domain::invoice::{self, Invoice, Standing};
use workflow_core::domain::placement::{self, Back, Basis, Evidence, Input, Placement, State};
use workflow_core::domain::timesheet::{Approval, Sheet, Timesheet};
use workflow_core::engine::{HandleError, Source, Stored};
use workflow_core::id::StreamId;

use super::ChecklistError;
use super::rig::Rig;
use crate::config::Checklist;

/// What the lines leave that must be undone by what led to it.
#[derive(Default)]
pub(super) struct Left {
    /// The pay period that was invoiced, and the timesheet that led to it.
    pub(super) invoice: Option<(StreamId, Timesheet)>,
}

/// What cleaning up came to, also where it did not come to its end.
#[derive(Default)]
pub(super) struct Cleaned {
    undone: Vec<String>,
    /// Calls without an answer that were given up: they may be done all the same.
    given_up: BTreeSet<String>,
    troubles: Vec<String>,
}

impl Cleaned {
    /// What was undone; and what remains, or may.
    pub(super) fn said(self, rig: &Rig) -> (Vec<String>, Vec<String>) {
        let (mut left, mut troubles) = (self.given_up, self.troubles);
        match remains(rig) {
            Ok(remains) => left.extend(remains),
            Err(error) => troubles.push(format!("what else is left cannot be read: {error}")),
        }
        (self.undone, left.into_iter().chain(troubles).collect())
    }

    /// What cannot be undone for this reason may be open still.
    pub(super) fn trouble(&mut self, what: &str, why: &dyn std::fmt::Display) {
        self.troubles.push(format!("not undone: {what}: {why}"));
    }
}

/// Undoes what can be undone. Trouble with one thing keeps nothing else from being undone.
pub(super) async fn up(rig: &Rig, on: &Checklist, left: Left, cleaned: &mut Cleaned) {
    // Calling a placement off gives up what it asked for.
    cleaned.given_up = unanswered(rig);
    if let Some((stream, timesheet)) = left.invoice {
        match withdraw(rig, &stream, timesheet).await {
            Ok(withdrawn) => cleaned.undone.extend(withdrawn),
            Err(error) => cleaned.trouble(stream.as_str(), &error),
        }
    }
    for placement in on.returning.iter().chain([&on.placement]) {
        let called_off = call_off(rig, placement).await;
        match called_off.and_then(|()| Ok(rig.state(placement)?)) {
            Ok(Some(State::Canceled { .. })) => {
                let words = format!("placement {placement}: nothing is open any more");
                cleaned.undone.push(words);
            }
            Ok(_) => {}
            Err(error) => cleaned.trouble(&format!("placement {placement}"), &error),
        }
    }
    // What was on its way when the run ended is there by now, or is said to be without an answer.
    rig.settle().await;
}

/// What was asked for without an answer: it may be there or not.
fn unanswered(rig: &Rig) -> BTreeSet<String> {
    let mut owed = rig.engine.owed_calls();
    owed.retain(|owed| {
        owed.call.side() == Some(Side::Insurer) && rig.asked(owed.stream.as_str()).0 > 0
    });
    let words = owed.iter().map(|owed| {
        let (workflow, key) = (owed.stream.workflow(), owed.stream.key());
        format!("{workflow} {key}: `{}` is not answered, and may be done", owed.operation)
    });
    words.collect()
}

/// Everything that the run made at the insurer and that is there still.
fn remains(rig: &Rig) -> Result<BTreeSet<String>, ChecklistError> {
    let mut remains = BTreeSet::new();
    for summary in rig.engine.summaries("contractor") {
        for recorded in rig.engine.history(&summary.stream)? {
            let event = Stored::of(&recorded).decode::<contractor::Machine>();
            if let Ok(contractor::Event::ContractorLinked { contractor }) = event {
                remains.insert(format!("contractor {contractor}"));
            }
        }
    }
    for summary in rig.engine.summaries("placement") {
        for recorded in rig.engine.history(&summary.stream)? {
            let event = Stored::of(&recorded).decode::<placement::Machine>();
            if let Ok(placement::Event::JobLinked { job }) = event {
                remains.insert(format!("job {job}"));
            } else if let Ok(placement::Event::QuoteIssued { basis: Basis::Quote { quote, .. } }) =
                event
            {
                remains.insert(format!("quote {quote}"));
            }
        }
        let state = rig.engine.state::<Placement>(&summary.stream)?;
        let open = state.as_ref().and_then(still_open);
        remains.extend(open.map(|what| format!("{what} ({})", rig.why_not(&summary.stream))));
    }
    for summary in rig.engine.summaries("certificate") {
        let state = rig.engine.state::<Certificate>(&summary.stream)?;
        if let Some(sent) = state.as_ref().and_then(|state| state.sent()) {
            remains.insert(format!("certificate {}", sent.certificate));
        }
    }
    for summary in rig.engine.summaries("invoice") {
        let state = rig.engine.state::<Invoice>(&summary.stream)?;
        if let Some(entry) = state.as_ref().and_then(invoice::State::entry) {
            let why = rig.why_not(&summary.stream);
            remains.insert(format!("invoice {} ({why})", entry.invoice));
        }
    }
    remains.extend(unanswered(rig));
    Ok(remains)
}

/// What of a placement is open or in force at the insurer.
fn still_open(state: &State) -> Option<String> {
    let assigned = |id: &AssignmentId| Some(format!("assignment {id}"));
    match state {
        State::ApplicationPending { application, .. }
        | State::Flagged { back: Back::Application { application, .. }, .. } => {
            Some(format!("session {}, open", application.session))
        }
        State::Assigned { assignment, .. }
        | State::Flagged { back: Back::Assignment { assignment, .. }, .. } => assigned(assignment),
        State::Active { coverage, .. }
        | State::Completed { coverage, .. }
        | State::Flagged { back: Back::Coverage { coverage, .. }, .. } => {
            match &coverage.evidence {
                Evidence::Policy { policy, .. } => Some(format!("policy {policy}")),
                Evidence::Assignment { assignment, .. } => assigned(assignment),
                // It is said with the other certificates.
                Evidence::Certificate { .. } => None,
            }
        }
        State::Flagged { .. }
        | State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::Excluded { .. }
        | State::Canceled { .. } => None,
    }
}

/// As if the timesheet were rejected: the invoice is withdrawn by its own workflow.
async fn withdraw(
    rig: &Rig,
    stream: &StreamId,
    timesheet: Timesheet,
) -> Result<Option<String>, ChecklistError> {
    let standing = Standing::of(rig.state(&timesheet.placement)?.as_ref());
    let sheet = Sheet { approval: Approval::Rejected, ..timesheet.sheet };
    let timesheet = Box::new(Timesheet { sheet, ..timesheet });
    let input = invoice::Input::Observed { timesheet, standing };
    rig.engine.handle::<Invoice>(stream, input, Source::new("checklist", "")).await?;
    Ok(match rig.settled_invoice(stream).await? {
        Some(invoice::State::Waiting { book, .. }) if !book.past.is_empty() => {
            let ids: Vec<&str> = book.past.iter().map(|id| id.as_str()).collect();
            Some(format!("invoice {} withdrawn", ids.join(", ")))
        }
        _ => None,
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
