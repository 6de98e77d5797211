//! Called off, gone, ended, and alive as ever: the last row is what brings back what the ATS had called off.

use super::Stand::*;
use super::row;

#[test]
fn called_off() {
    row(
        "when the ATS reports pl_1 with stage=canceled",
        &[
            (Held, "Canceled: called off in the ATS", ""),
            (Ready, "Canceled: called off in the ATS", "link_contractor"),
            (ContractorReady, "Canceled: called off in the ATS", "create_job"),
            (JobReady, "Canceled: called off in the ATS", ""),
            (Waiting, "Canceled: called off in the ATS", ""),
            (Opening, "Canceled: called off in the ATS", "open_application, expire_application"),
            (Applying, "Canceled: called off in the ATS", "expire_application"),
            (Assigned, "Canceled: called off in the ATS", "cancel_assignment"),
            (ByPolicy, "Flagged: called off in the ATS, yet coverage is bought", ""),
            (PolicyBegun, "Flagged: called off in the ATS, yet coverage is bought", ""),
            (ByAssignment, "Canceled: called off in the ATS", "cancel_assignment"),
            (AssignmentBegun, "Flagged: called off in the ATS, yet coverage is bought", ""),
            (
                ByCertificate,
                "Flagged: called off in the ATS, yet it is covered by the contractor's own certificate: close the placement",
                "",
            ),
            (FlaggedBefore, "Canceled: called off in the ATS", ""),
            (FlaggedRanOut, "Canceled: called off in the ATS", ""),
            (FlaggedCovered, "Flagged: called off in the ATS, yet coverage is bought", ""),
            (FlaggedLost, "Canceled: called off in the ATS", ""),
            (Excluded, "Canceled: called off in the ATS", ""),
            (Completed, "Completed: ended, covered to its end by policy", ""),
            (CompletedEarly, "Completed: work ended on 2026-05-25", ""),
            (Canceled, "Canceled: called off in the ATS", ""),
            (CanceledCovered, "Canceled: closed by a person: cancelled at the insurer", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}

#[test]
fn gone() {
    row(
        "when the ATS forgets pl_1",
        &[
            (Held, "Canceled: gone from the ATS", ""),
            (Ready, "Canceled: gone from the ATS", "link_contractor"),
            (ContractorReady, "Canceled: gone from the ATS", "create_job"),
            (JobReady, "Canceled: gone from the ATS", ""),
            (Waiting, "Canceled: gone from the ATS", ""),
            (Opening, "Canceled: gone from the ATS", "open_application, expire_application"),
            (Applying, "Canceled: gone from the ATS", "expire_application"),
            (Assigned, "Canceled: gone from the ATS", "cancel_assignment"),
            (ByPolicy, "Flagged: gone from the ATS, yet coverage is bought", ""),
            (PolicyBegun, "Flagged: gone from the ATS, yet coverage is bought", ""),
            (ByAssignment, "Canceled: gone from the ATS", "cancel_assignment"),
            (AssignmentBegun, "Flagged: gone from the ATS, yet coverage is bought", ""),
            (
                ByCertificate,
                "Flagged: gone from the ATS, yet it is covered by the contractor's own certificate: close the placement",
                "",
            ),
            (FlaggedBefore, "Canceled: gone from the ATS", ""),
            (FlaggedRanOut, "Canceled: gone from the ATS", ""),
            (FlaggedCovered, "Flagged: gone from the ATS, yet coverage is bought", ""),
            (FlaggedLost, "Canceled: gone from the ATS", ""),
            (Excluded, "Canceled: gone from the ATS", ""),
            (Completed, "Completed: ended, covered to its end by policy", ""),
            (CompletedEarly, "Completed: work ended on 2026-05-25", ""),
            (Canceled, "Canceled: called off in the ATS", ""),
            (CanceledCovered, "Canceled: closed by a person: cancelled at the insurer", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}

#[test]
fn ended_early() {
    row(
        "when the ATS reports pl_1 with stage=2026-03-25",
        &[
            (Held, "Canceled: work ended on 2026-03-25 without coverage", ""),
            (Ready, "Canceled: work ended on 2026-03-25 without coverage", "link_contractor"),
            (
                ContractorReady,
                "Canceled: work ended on 2026-03-25 before coverage began",
                "create_job",
            ),
            (JobReady, "Canceled: work ended on 2026-03-25 before coverage began", ""),
            (Waiting, "Canceled: work ended on 2026-03-25 before coverage began", ""),
            (
                Opening,
                "Canceled: work ended on 2026-03-25 before coverage began",
                "open_application, expire_application",
            ),
            (
                Applying,
                "Canceled: work ended on 2026-03-25 before coverage began",
                "expire_application",
            ),
            (
                Assigned,
                "Canceled: work ended on 2026-03-25 before coverage began",
                "cancel_assignment",
            ),
            (ByPolicy, "Completed: work ended on 2026-03-25", "read_coverage"),
            (PolicyBegun, "Completed: work ended on 2026-03-25", "read_coverage"),
            (ByAssignment, "Completed: work ended on 2026-03-25", "read_coverage"),
            (AssignmentBegun, "Completed: work ended on 2026-03-25", "read_coverage"),
            (ByCertificate, "Completed: work ended on 2026-03-25", ""),
            (FlaggedBefore, "Canceled: work ended on 2026-03-25 before coverage began", ""),
            (FlaggedRanOut, "Canceled: work ended on 2026-03-25 before coverage began", ""),
            (FlaggedCovered, "Completed: work ended on 2026-03-25", "read_coverage"),
            (FlaggedLost, "Canceled: work ended on 2026-03-25 before coverage began", ""),
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
fn ended_before_it_began() {
    row(
        "when the ATS reports pl_1 with stage=2026-03-10",
        &[
            (Held, "Canceled: work ended on 2026-03-10 without coverage", ""),
            (Ready, "Canceled: work ended on 2026-03-10 without coverage", "link_contractor"),
            (
                ContractorReady,
                "Canceled: work ended on 2026-03-10 before coverage began",
                "create_job",
            ),
            (JobReady, "Canceled: work ended on 2026-03-10 before coverage began", ""),
            (Waiting, "Canceled: work ended on 2026-03-10 before coverage began", ""),
            (
                Opening,
                "Canceled: work ended on 2026-03-10 before coverage began",
                "open_application, expire_application",
            ),
            (
                Applying,
                "Canceled: work ended on 2026-03-10 before coverage began",
                "expire_application",
            ),
            (
                Assigned,
                "Canceled: work ended on 2026-03-10 before coverage began",
                "cancel_assignment",
            ),
            (
                ByPolicy,
                "Flagged: work ended on 2026-03-10 before coverage began, yet coverage is bought",
                "",
            ),
            (PolicyBegun, "Completed: work ended on 2026-03-10", "read_coverage"),
            (
                ByAssignment,
                "Canceled: work ended on 2026-03-10 before coverage began",
                "cancel_assignment",
            ),
            (AssignmentBegun, "Completed: work ended on 2026-03-10", "read_coverage"),
            (ByCertificate, "Completed: work ended on 2026-03-10", ""),
            (FlaggedBefore, "Canceled: work ended on 2026-03-10 before coverage began", ""),
            (FlaggedRanOut, "Canceled: work ended on 2026-03-10 before coverage began", ""),
            (
                FlaggedCovered,
                "Flagged: work ended on 2026-03-10 before coverage began, yet coverage is bought",
                "",
            ),
            (FlaggedLost, "Canceled: work ended on 2026-03-10 before coverage began", ""),
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
fn alive_as_ever() {
    row(
        "when the ATS reports pl_1 with stage=starting",
        &[
            (Held, "Discovered: held: no pay record", ""),
            (
                Ready,
                "ApplicationPending",
                "link_contractor, create_job, create_quote, open_application",
            ),
            (ContractorReady, "ApplicationPending", "create_job, create_quote, open_application"),
            (JobReady, "ApplicationPending", "create_quote, open_application"),
            (Waiting, "Quoted: waiting for its turn", ""),
            (Opening, "ApplicationPending", "open_application"),
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
            (FlaggedBefore, "Flagged: create quote was refused", ""),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (FlaggedCovered, "Flagged: wage was 95.00 per hour, is 110.00 per hour", ""),
            (FlaggedLost, "Flagged: coverage lost: the policy was cancelled", ""),
            (Excluded, "Excluded: `W2`", ""),
            (Completed, "Completed: ended, covered to its end by policy", ""),
            (CompletedEarly, "Flagged: alive again in the ATS", ""),
            (Canceled, "ApplicationPending", "update_job, create_quote, open_application"),
            (CanceledCovered, "Flagged: alive again in the ATS", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}
