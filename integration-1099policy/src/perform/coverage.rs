//! What covers, read as it stands. Nothing is changed by it, so nothing is looked up first.

use serde::de::DeserializeOwned;
use workflow_core::domain::call::{
    Answer, AssignmentId, Bought, PolicyId, QuoteId, Sighting, Span,
};

use super::{Run, Step, path_of};
use crate::failure::Failure;
use crate::sight::assignment_seen;
use crate::wire::assignment::Assignment;
use crate::wire::policy::Policy;

/// Reads what was bought; an assignment stands no longer than the policy under it, which is read with it.
pub(super) async fn read(run: &Run<'_>, bought: &Bought) -> Step<Answer> {
    let seen = match bought {
        Bought::Policy { policy, quote } => own(run, policy, quote).await,
        Bought::Assignment { assignment, policy } => {
            assigned(run, assignment, policy.as_ref()).await
        }
    };
    let seen = seen.map_err(|failure| run.lookup_ended(failure))?;
    Ok(Answer::CoverageRead { seen })
}

async fn own(run: &Run<'_>, id: &PolicyId, quote: &QuoteId) -> Result<Vec<Sighting>, Failure> {
    let now = run.attempt.now;
    let policy: Option<Policy> = one(run, "policy", "/policies", id.as_str()).await?;
    Ok(vec![match policy {
        Some(policy) => policy.sighting(now).map_err(unreadable)?,
        None => Sighting::policy_gone(id.clone(), quote.clone(), now),
    }])
}

async fn assigned(
    run: &Run<'_>,
    id: &AssignmentId,
    policy: Option<&PolicyId>,
) -> Result<Vec<Sighting>, Failure> {
    let now = run.attempt.now;
    let read: Option<Assignment> = one(run, "assignment", "/assignments", id.as_str()).await?;
    let Some(assignment) = read else { return Ok(vec![Sighting::assignment_gone(id.clone())]) };
    let told = assignment.policy_id();
    let (mut seen, mut dates) = (Vec::new(), Span::default());
    if let Some(id) = policy.or(told.as_ref()) {
        let under: Option<Policy> = one(run, "policy", "/policies", id.as_str()).await?;
        seen.push(match under {
            Some(policy) => {
                dates = policy.dates();
                policy.sighting(now).map_err(unreadable)?
            }
            None => Sighting::policy_gone(id.clone(), QuoteId(String::new()), now),
        });
    }
    // What it covers it says itself: it comes last.
    seen.push(assignment_seen(&assignment, dates).map_err(unreadable)?);
    Ok(seen)
}

async fn one<T: DeserializeOwned>(
    run: &Run<'_>,
    what: &str,
    resource: &str,
    id: &str,
) -> Result<Option<T>, Failure> {
    match run.read(what, &path_of(resource, id)).await {
        Ok(read) => Ok(Some(read)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn unreadable(what: &str) -> Failure {
    Failure::Unreadable(what.to_owned())
}
