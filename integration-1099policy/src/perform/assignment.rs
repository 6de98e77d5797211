//! Assignments: coverage, and a charge, for a returning contractor.
//!
//! Money hangs on these, so two live ones that both fit are never chosen between: a person sees both.

use workflow_core::domain::call::{Answer, AssignmentId, JobId};
use workflow_core::time::Timestamp;

use super::{CLOCK_SKEW_OF_OFFERS, Run, Step, path_of, refused, told};
use crate::failure::Failure;
use crate::wire::assignment::{Assignment, Extended, cancellation, creation, extension};
use crate::wire::error::safe_message;
use crate::wire::quote::Asked;
use crate::wire::{self, Listed as _};

const ASSIGNMENTS: &str = "/assignments";

/// The sentence by which the provider's own SDK knows that no policy fits; its code is not documented.
const NO_MATCHING_POLICY: &str = "No matching policy found";

/// Covers a returning contractor.
pub(super) async fn create(run: &Run<'_>, asked: &Asked<'_>) -> Step<Answer> {
    if run.must_look_first()
        && let Some(answer) = adopted(run, asked).await?
    {
        return Ok(answer);
    }
    if let Some(late) = run.too_late(asked.window) {
        return Ok(late);
    }
    match run.post(ASSIGNMENTS, creation(run.policy.config(), asked)).await {
        Ok(created) => wire::object("assignment", created)
            .and_then(|created: Assignment| answer(&created))
            .map_err(|f| run.post_ended(f)),
        Err(Failure::Refused(refusal))
            if refusal.code == "no_active_policy"
                || refusal.message.contains(NO_MATCHING_POLICY) =>
        {
            Ok(Answer::AssignmentIneligible { message: refusal.message })
        }
        Err(failure) => Err(run.post_ended(failure)),
    }
}

/// Undoes an assignment that has not begun.
pub(super) async fn cancel(run: &Run<'_>, assignment: &AssignmentId, job: &JobId) -> Step<Answer> {
    let path = path_of(ASSIGNMENTS, assignment.as_str());
    if run.must_look_first() {
        let known: Assignment =
            run.read("assignment", &path).await.map_err(|f| run.lookup_ended(f))?;
        if known.is_canceled() {
            return Ok(Answer::AssignmentCanceled);
        }
    }
    match run.post("/assignments/cancel", wire::fields(cancellation(job))).await {
        Ok(_) => Ok(Answer::AssignmentCanceled),
        Err(Failure::Refused(refusal)) if !matches!(refusal.status, 401 | 403) => {
            // The code for "has begun" is not documented; the assignment itself tells why it could not be undone.
            let known: Assignment =
                run.read("assignment", &path).await.map_err(|f| run.lookup_ended(f))?;
            let begun = known.effective_date.is_some_and(|start| start <= run.attempt.now);
            Ok(match (known.is_canceled(), begun) {
                (true, _) => Answer::AssignmentCanceled,
                (false, true) => Answer::AssignmentBegun,
                (false, false) => Answer::Refused(refusal),
            })
        }
        Err(failure) => Err(run.post_ended(failure)),
    }
}

/// Lets what covers a job last longer. The answer is an assignment or, where the job's own policy covers it, a quote;
/// either shows the new end. Asking for the end that it has already is documented to change nothing.
pub(super) async fn extend(run: &Run<'_>, job: &JobId, until: Timestamp) -> Step<Answer> {
    let body = wire::fields(extension(job, until));
    let extended: Extended = run
        .post("/assignments/extend", body)
        .await
        .and_then(|extended| wire::object("assignment", extended))
        .map_err(|failure| run.post_ended(failure))?;
    match extended.end_date {
        Some(end) if end < until => Ok(refused(
            200,
            "end_not_moved",
            "the insurer said yes and shows an earlier end of coverage".to_owned(),
        )),
        Some(_) | None => Ok(Answer::CoverageExtended),
    }
}

/// What an earlier attempt left, if anything.
async fn adopted(run: &Run<'_>, asked: &Asked<'_>) -> Step<Option<Answer>> {
    let live = |assignment: &Assignment| assignment.is_of(asked) && !assignment.is_canceled();
    let found = run.look_for(ASSIGNMENTS, live).await?;
    let (bound, mut declined): (Vec<_>, Vec<_>) =
        found.iter().partition(|assignment| assignment.ineligible().is_none());
    // What was declined before may be taken now.
    let since = run.owed_before(CLOCK_SKEW_OF_OFFERS);
    declined.retain(|assignment| assignment.created().is_none_or(|created| created >= since));
    let adopted = match bound.as_slice() {
        [] => declined.last().copied(),
        [one] => Some(*one),
        several => {
            let ids: Vec<_> =
                several.iter().filter_map(|a| a.assignment_id()).map(|id| id.0).collect();
            let message = format!("several live assignments for one job: {}", ids.join(", "));
            return Ok(Some(refused(200, "ambiguous_lookup", message)));
        }
    };
    adopted.map(answer).transpose().map_err(|f| run.lookup_ended(f))
}

fn answer(assignment: &Assignment) -> Result<Answer, Failure> {
    if let Some(message) = assignment.ineligible() {
        return Ok(Answer::AssignmentIneligible { message: safe_message(&message) });
    }
    let id = told(assignment.assignment_id(), "assignment")?;
    Ok(Answer::AssignmentCreated { assignment: id, policy: assignment.policy_id() })
}
