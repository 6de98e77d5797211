//! Jobs: one per placement, which makes the job's id the join between everything that hangs on it.

use workflow_core::domain::call::{Answer, JobId, JobTerms, References};

use super::{Run, Step, path_of, refused, told};
use crate::failure::Failure;
use crate::wire;
use crate::wire::job::{Compared, Job, change, creation};

const JOBS: &str = "/jobs";

/// Creates the placement's job.
pub(super) async fn create(
    run: &Run<'_>,
    references: &References,
    terms: &JobTerms,
) -> Step<Answer> {
    if run.must_look_first() {
        let ours = |job: &Job| job.is_of(&references.placement, run.policy.config());
        // The oldest: nothing hangs on any of them yet, and the choice stays the same.
        if let Some(found) = run.look_for(JOBS, ours).await?.last() {
            let job = told(found.job_id(), "job").map_err(|f| run.lookup_ended(f))?;
            return Ok(Answer::JobReady { job });
        }
    }
    let job = run
        .post(JOBS, creation(run.policy.config(), references, terms))
        .await
        .and_then(|created| wire::object("job", created))
        .and_then(|created: Job| told(created.job_id(), "job"))
        .map_err(|f| run.post_ended(f))?;
    Ok(Answer::JobReady { job })
}

/// Brings the placement's job up to date. One that is so already is left alone: once invoiced it cannot be changed, and
/// other dates need not change it.
pub(super) async fn update(
    run: &Run<'_>,
    job: &JobId,
    references: &References,
    terms: &JobTerms,
) -> Step<Answer> {
    let path = path_of(JOBS, job.as_str());
    let known: Job = run.read("job", &path).await.map_err(|f| run.lookup_ended(f))?;
    let compared = known.compared(references, terms);
    if compared == Compared::Same {
        return Ok(Answer::JobReady { job: job.clone() });
    }
    let body = change(run.policy.config(), references, terms, &known);
    let changed: Result<Job, Failure> =
        run.put(&path, body).await.and_then(|changed| wire::object("job", changed));
    let changed = match changed {
        Ok(changed) => changed,
        // Frozen by an invoice as it is wanted.
        Err(failure)
            if failure.is_refusal(&["invoice_exists"]) && compared != Compared::OtherTerms =>
        {
            known
        }
        Err(failure) => return Err(run.put_ended(failure)),
    };
    match changed.category_code {
        // Newer references do not list the category among what can be changed; believing it did would misprice.
        Some(category) if category != terms.category.as_str() => Ok(refused(
            200,
            "category_not_changed",
            format!("the job keeps its category {category}; a new job is needed"),
        )),
        Some(_) | None => Ok(Answer::JobReady { job: job.clone() }),
    }
}
