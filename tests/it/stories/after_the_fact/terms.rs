//! Another wage, place, requisition or title of the work. A title is nothing that is insured.

use super::Stand::*;
use super::row;

#[test]
fn another_wage() {
    row(
        "when the ATS reports pl_1 with pay=120",
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
            (ByPolicy, "Flagged: wage was 95.00 per hour, is 120.00 per hour", ""),
            (PolicyBegun, "Flagged: wage was 95.00 per hour, is 120.00 per hour", ""),
            (
                ByAssignment,
                "Assigned: waiting",
                "cancel_assignment, update_job, create_quote, create_assignment",
            ),
            (AssignmentBegun, "Flagged: wage was 95.00 per hour, is 120.00 per hour", ""),
            (
                ByCertificate,
                "Flagged: changed while it is covered by the contractor's own certificate: wage was 95.00 per hour, is 120.00 per hour",
                "",
            ),
            (FlaggedBefore, "ApplicationPending", "update_job, create_quote, open_application"),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (FlaggedCovered, "Flagged: wage was 95.00 per hour, is 120.00 per hour", ""),
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
fn another_region() {
    row(
        "when the ATS reports pl_1 with state=NJ",
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
            (ByPolicy, "Flagged: region was US-NY, is US-NJ", ""),
            (PolicyBegun, "Flagged: region was US-NY, is US-NJ", ""),
            (
                ByAssignment,
                "Assigned: waiting",
                "cancel_assignment, update_job, create_quote, create_assignment",
            ),
            (AssignmentBegun, "Flagged: region was US-NY, is US-NJ", ""),
            (
                ByCertificate,
                "Flagged: changed while it is covered by the contractor's own certificate: region was US-NY, is US-NJ",
                "",
            ),
            (FlaggedBefore, "ApplicationPending", "update_job, create_quote, open_application"),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (
                FlaggedCovered,
                "Flagged: wage was 95.00 per hour, is 110.00 per hour; region was US-NY, is US-NJ",
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
fn another_requisition() {
    row(
        "when the ATS reports pl_1 with requisition=rq-other",
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
            (ByPolicy, "Flagged: requisition was rq-pl_1, is rq-other", ""),
            (PolicyBegun, "Flagged: requisition was rq-pl_1, is rq-other", ""),
            (
                ByAssignment,
                "Assigned: waiting",
                "cancel_assignment, update_job, create_quote, create_assignment",
            ),
            (AssignmentBegun, "Flagged: requisition was rq-pl_1, is rq-other", ""),
            (
                ByCertificate,
                "Flagged: changed while it is covered by the contractor's own certificate: requisition was rq-pl_1, is rq-other",
                "",
            ),
            (FlaggedBefore, "ApplicationPending", "update_job, create_quote, open_application"),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (
                FlaggedCovered,
                "Flagged: requisition was rq-pl_1, is rq-other; wage was 95.00 per hour, is 110.00 per hour",
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
fn another_title() {
    row(
        "when the ATS reports pl_1 with title=Principal Engineer",
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
            (Applying, "ApplicationPending", ""),
            (Assigned, "Assigned: waiting", ""),
            (ByPolicy, "Active: covered 2026-03-16 to 2026-06-30 by policy", ""),
            (PolicyBegun, "Active: covered 2026-03-16 to 2026-06-30 by policy", ""),
            (ByAssignment, "Active: covered 2026-03-16 to 2026-06-30 by assignment", ""),
            (AssignmentBegun, "Active: covered 2026-03-16 to 2026-06-30 by assignment", ""),
            (
                ByCertificate,
                "Active: covered 2026-03-16 to 2026-06-30 by the contractor's own certificate ci_00002; nothing was bought",
                "",
            ),
            (FlaggedBefore, "ApplicationPending", "update_job, create_quote, open_application"),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (FlaggedCovered, "Flagged: wage was 95.00 per hour, is 110.00 per hour", ""),
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
