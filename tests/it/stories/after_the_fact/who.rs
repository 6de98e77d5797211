//! Who works: another name of the same person, a person on the payroll, another person.

use super::Stand::*;
use super::row;

#[test]
fn another_name_of_the_person() {
    row(
        "when cand_1 is now called Robin
         and the ATS reports candidate cand_1",
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
                "create_job, create_quote, open_application, update_contractor",
            ),
            (JobReady, "ApplicationPending", "create_quote, open_application, update_contractor"),
            (Waiting, "Quoted: waiting for its turn", "update_contractor"),
            (Opening, "ApplicationPending", "open_application, update_contractor"),
            (Applying, "ApplicationPending", "update_contractor"),
            (Assigned, "Assigned: waiting", "update_contractor"),
            (ByPolicy, "Active: covered 2026-03-16 to 2026-06-30 by policy", "update_contractor"),
            (
                PolicyBegun,
                "Active: covered 2026-03-16 to 2026-06-30 by policy",
                "update_contractor",
            ),
            (
                ByAssignment,
                "Active: covered 2026-03-16 to 2026-06-30 by assignment",
                "update_contractor",
            ),
            (
                AssignmentBegun,
                "Active: covered 2026-03-16 to 2026-06-30 by assignment",
                "update_contractor",
            ),
            (
                ByCertificate,
                "Active: covered 2026-03-16 to 2026-06-30 by the contractor's own certificate ci_00002; nothing was bought",
                "update_contractor",
            ),
            (FlaggedBefore, "Flagged: create quote was refused", "update_contractor"),
            (FlaggedRanOut, "Flagged: the application ran out", "update_contractor"),
            (
                FlaggedCovered,
                "Flagged: wage was 95.00 per hour, is 110.00 per hour",
                "update_contractor",
            ),
            (FlaggedLost, "Flagged: coverage lost: the policy was cancelled", "update_contractor"),
            (Excluded, "Excluded: `W2`", ""),
            (Completed, "Completed: ended, covered to its end by policy", "update_contractor"),
            (CompletedEarly, "Completed: work ended on 2026-05-25", "update_contractor"),
            (Canceled, "Canceled: called off in the ATS", "update_contractor"),
            (
                CanceledCovered,
                "Canceled: closed by a person: cancelled at the insurer",
                "update_contractor",
            ),
            (ClosedByHand, "Canceled: closed by a person: not ours", "update_contractor"),
        ],
    );
}

#[test]
fn turned_employee() {
    row(
        "when the ATS reports pl_1 with employment=Salaried Employee",
        &[
            (Held, "Excluded: `Salaried Employee`", ""),
            (Ready, "Excluded: `Salaried Employee`", "link_contractor"),
            (ContractorReady, "Excluded: `Salaried Employee`", "create_job"),
            (JobReady, "Excluded: `Salaried Employee`", ""),
            (Waiting, "Excluded: `Salaried Employee`", ""),
            (Opening, "Excluded: `Salaried Employee`", "open_application, expire_application"),
            (Applying, "Excluded: `Salaried Employee`", "expire_application"),
            (Assigned, "Excluded: `Salaried Employee`", "cancel_assignment"),
            (ByPolicy, "Flagged: `Salaried Employee`, yet coverage is bought", ""),
            (PolicyBegun, "Flagged: `Salaried Employee`, yet coverage is bought", ""),
            (ByAssignment, "Flagged: `Salaried Employee`, yet coverage is bought", ""),
            (AssignmentBegun, "Flagged: `Salaried Employee`, yet coverage is bought", ""),
            (
                ByCertificate,
                "Flagged: `Salaried Employee`, yet it is covered by the contractor's own certificate: close the placement",
                "",
            ),
            (FlaggedBefore, "Excluded: `Salaried Employee`", ""),
            (FlaggedRanOut, "Excluded: `Salaried Employee`", ""),
            (FlaggedCovered, "Flagged: `Salaried Employee`, yet coverage is bought", ""),
            (FlaggedLost, "Excluded: `Salaried Employee`", ""),
            (Excluded, "Excluded: `Salaried Employee`", ""),
            (Completed, "Completed: ended, covered to its end by policy", ""),
            (CompletedEarly, "Completed: work ended on 2026-05-25", ""),
            (Canceled, "Canceled: called off in the ATS", ""),
            (CanceledCovered, "Canceled: closed by a person: cancelled at the insurer", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}

#[test]
fn another_worker() {
    row(
        "when the ATS reports pl_1 with candidate=cand_2",
        &[
            (Held, "Discovered: held: no pay record", ""),
            (
                Ready,
                "ApplicationPending",
                "link_contractor, link_contractor, create_job, create_quote, open_application",
            ),
            (
                ContractorReady,
                "Flagged: the worker is another one: candidate cand_2, was cand_1",
                "create_job",
            ),
            (JobReady, "Flagged: the worker is another one: candidate cand_2, was cand_1", ""),
            (Waiting, "Flagged: the worker is another one: candidate cand_2, was cand_1", ""),
            (
                Opening,
                "Flagged: the worker is another one: candidate cand_2, was cand_1",
                "open_application",
            ),
            (Applying, "Flagged: the worker is another one: candidate cand_2, was cand_1", ""),
            (Assigned, "Flagged: the worker is another one: candidate cand_2, was cand_1", ""),
            (ByPolicy, "Flagged: candidate was cand_1, is cand_2", ""),
            (PolicyBegun, "Flagged: candidate was cand_1, is cand_2", ""),
            (ByAssignment, "Flagged: candidate was cand_1, is cand_2", ""),
            (AssignmentBegun, "Flagged: candidate was cand_1, is cand_2", ""),
            (
                ByCertificate,
                "Flagged: changed while it is covered by the contractor's own certificate: candidate was cand_1, is cand_2",
                "",
            ),
            (FlaggedBefore, "Flagged: create quote was refused", ""),
            (FlaggedRanOut, "Flagged: the application ran out", ""),
            (
                FlaggedCovered,
                "Flagged: candidate was cand_1, is cand_2; wage was 95.00 per hour, is 110.00 per hour",
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
