//! Other dates. Before anything is bought they are what is bought; a later end of what is bought is asked for; an assignment
//! that has not begun is bought anew; all else that is covered is a person's, with the difference.

use super::Stand::*;
use super::row;

#[test]
fn a_later_end() {
    row(
        "when the ATS reports pl_1 with end=2026-08-31",
        &[
            (Held, "Discovered: held: no pay record", ""),
            (
                Ready,
                "ApplicationPending",
                "link_contractor, create_job, create_quote, open_application",
            ),
            (
                ContractorReady,
                "ApplicationPending",
                "create_job, update_job, create_quote, open_application",
            ),
            (JobReady, "ApplicationPending", "update_job, create_quote, open_application"),
            (Waiting, "Quoted: waiting for its turn", "update_job, update_quote"),
            (
                Opening,
                "ApplicationPending",
                "open_application, expire_application, update_job, update_quote, open_application",
            ),
            (
                Applying,
                "ApplicationPending",
                "expire_application, update_job, update_quote, open_application",
            ),
            (Assigned, "Assigned: waiting", "extend_coverage"),
            (ByPolicy, "Active: covered 2026-03-16 to 2026-08-31 by policy", "extend_coverage"),
            (PolicyBegun, "Active: covered 2026-03-16 to 2026-08-31 by policy", "extend_coverage"),
            (
                ByAssignment,
                "Active: covered 2026-03-16 to 2026-08-31 by assignment",
                "extend_coverage",
            ),
            (
                AssignmentBegun,
                "Active: covered 2026-03-16 to 2026-08-31 by assignment",
                "extend_coverage",
            ),
            (
                ByCertificate,
                "Flagged: changed while it is covered by the contractor's own certificate: last day was 2026-06-30, is 2026-08-31",
                "",
            ),
            (FlaggedBefore, "ApplicationPending", "update_job, create_quote, open_application"),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (
                FlaggedCovered,
                "Flagged: last day was 2026-06-30, is 2026-08-31; wage was 95.00 per hour, is 110.00 per hour",
                "",
            ),
            (FlaggedLost, "Flagged: coverage lost: the policy was cancelled", ""),
            (Excluded, "Excluded: `W2`", ""),
            (Completed, "Discovered: held: work began on 2026-03-16, 109 days ago", ""),
            (CompletedEarly, "Completed: work ended on 2026-05-25", ""),
            (Canceled, "Canceled: called off in the ATS", ""),
            (CanceledCovered, "Canceled: closed by a person: cancelled at the insurer", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}

#[test]
fn an_earlier_end() {
    row(
        "when the ATS reports pl_1 with end=2026-05-31",
        &[
            (Held, "Discovered: held: no pay record", ""),
            (
                Ready,
                "ApplicationPending",
                "link_contractor, create_job, create_quote, open_application",
            ),
            (
                ContractorReady,
                "ApplicationPending",
                "create_job, update_job, create_quote, open_application",
            ),
            (JobReady, "ApplicationPending", "update_job, create_quote, open_application"),
            (Waiting, "Quoted: waiting for its turn", "update_job, update_quote"),
            (
                Opening,
                "ApplicationPending",
                "open_application, expire_application, update_job, update_quote, open_application",
            ),
            (
                Applying,
                "ApplicationPending",
                "expire_application, update_job, update_quote, open_application",
            ),
            (
                Assigned,
                "Assigned: waiting",
                "cancel_assignment, update_job, create_quote, create_assignment",
            ),
            (ByPolicy, "Flagged: last day was 2026-06-30, is 2026-05-31", ""),
            (PolicyBegun, "Flagged: last day was 2026-06-30, is 2026-05-31", ""),
            (
                ByAssignment,
                "Assigned: waiting",
                "cancel_assignment, update_job, create_quote, create_assignment",
            ),
            (AssignmentBegun, "Flagged: last day was 2026-06-30, is 2026-05-31", ""),
            (
                ByCertificate,
                "Flagged: changed while it is covered by the contractor's own certificate: last day was 2026-06-30, is 2026-05-31",
                "",
            ),
            (FlaggedBefore, "ApplicationPending", "update_job, create_quote, open_application"),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (
                FlaggedCovered,
                "Flagged: last day was 2026-06-30, is 2026-05-31; wage was 95.00 per hour, is 110.00 per hour",
                "",
            ),
            (FlaggedLost, "Flagged: coverage lost: the policy was cancelled", ""),
            (Excluded, "Excluded: `W2`", ""),
            (Completed, "Completed: ended, covered to its end by policy", ""),
            (CompletedEarly, "Completed: work ended on 2026-05-25", ""),
            (Canceled, "Canceled: called off in the ATS", ""),
            (CanceledCovered, "Canceled: closed by a person: cancelled at the insurer", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}

#[test]
fn a_later_start() {
    row(
        "when the ATS reports pl_1 with start=2026-04-20",
        &[
            (Held, "Discovered: held: no pay record", ""),
            (
                Ready,
                "ApplicationPending",
                "link_contractor, create_job, create_quote, open_application",
            ),
            (
                ContractorReady,
                "ApplicationPending",
                "create_job, update_job, create_quote, open_application",
            ),
            (JobReady, "ApplicationPending", "update_job, create_quote, open_application"),
            (Waiting, "Quoted: waiting for its turn", "update_job, update_quote"),
            (
                Opening,
                "ApplicationPending",
                "open_application, expire_application, update_job, update_quote, open_application",
            ),
            (
                Applying,
                "ApplicationPending",
                "expire_application, update_job, update_quote, open_application",
            ),
            (
                Assigned,
                "Assigned: waiting",
                "cancel_assignment, update_job, create_quote, create_assignment",
            ),
            (ByPolicy, "Flagged: first day was 2026-03-16, is 2026-04-20", ""),
            (PolicyBegun, "Flagged: first day was 2026-03-16, is 2026-04-20", ""),
            (
                ByAssignment,
                "Assigned: waiting",
                "cancel_assignment, update_job, create_quote, create_assignment",
            ),
            (AssignmentBegun, "Flagged: first day was 2026-03-16, is 2026-04-20", ""),
            (
                ByCertificate,
                "Flagged: changed while it is covered by the contractor's own certificate: first day was 2026-03-16, is 2026-04-20",
                "",
            ),
            (FlaggedBefore, "ApplicationPending", "update_job, create_quote, open_application"),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (
                FlaggedCovered,
                "Flagged: first day was 2026-03-16, is 2026-04-20; wage was 95.00 per hour, is 110.00 per hour",
                "",
            ),
            (FlaggedLost, "Flagged: coverage lost: the policy was cancelled", ""),
            (Excluded, "Excluded: `W2`", ""),
            (Completed, "Completed: ended, covered to its end by policy", ""),
            (CompletedEarly, "Completed: work ended on 2026-05-25", ""),
            (Canceled, "Canceled: called off in the ATS", ""),
            (CanceledCovered, "Canceled: closed by a person: cancelled at the insurer", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}

#[test]
fn an_earlier_start() {
    row(
        "when the ATS reports pl_1 with start=2026-03-10",
        &[
            (Held, "Discovered: held: no pay record", ""),
            (
                Ready,
                "ApplicationPending",
                "link_contractor, create_job, create_quote, open_application",
            ),
            (
                ContractorReady,
                "ApplicationPending",
                "create_job, update_job, create_quote, open_application",
            ),
            (JobReady, "ApplicationPending", "update_job, create_quote, open_application"),
            (Waiting, "Quoted: waiting for its turn", "update_job, update_quote"),
            (
                Opening,
                "ApplicationPending",
                "open_application, expire_application, update_job, update_quote, open_application",
            ),
            (
                Applying,
                "ApplicationPending",
                "expire_application, update_job, update_quote, open_application",
            ),
            (
                Assigned,
                "ApplicationPending",
                "cancel_assignment, update_job, create_quote, create_assignment, open_application",
            ),
            (ByPolicy, "Flagged: first day was 2026-03-16, is 2026-03-10", ""),
            (PolicyBegun, "Flagged: first day was 2026-03-16, is 2026-03-10", ""),
            (
                ByAssignment,
                "ApplicationPending",
                "cancel_assignment, update_job, create_quote, create_assignment, open_application",
            ),
            (AssignmentBegun, "Flagged: first day was 2026-03-16, is 2026-03-10", ""),
            (
                ByCertificate,
                "Flagged: changed while it is covered by the contractor's own certificate: first day was 2026-03-16, is 2026-03-10",
                "",
            ),
            (FlaggedBefore, "ApplicationPending", "update_job, create_quote, open_application"),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (
                FlaggedCovered,
                "Flagged: first day was 2026-03-16, is 2026-03-10; wage was 95.00 per hour, is 110.00 per hour",
                "",
            ),
            (FlaggedLost, "Flagged: coverage lost: the policy was cancelled", ""),
            (Excluded, "Excluded: `W2`", ""),
            (Completed, "Completed: ended, covered to its end by policy", ""),
            (CompletedEarly, "Completed: work ended on 2026-05-25", ""),
            (Canceled, "Canceled: called off in the ATS", ""),
            (CanceledCovered, "Canceled: closed by a person: cancelled at the insurer", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}
