//! Work begins and nothing covers it: wherever the placement stands, a person is told, with the days, and a call that is
//! on its way is neither forgotten nor made twice.

use super::Stand::*;
use super::row;
use tests::story::check;

#[test]
fn work_begins() {
    row(
        "when at once 15 days pass
         and at once the timers fire
         and the world settles",
        &[
            (Held, "Discovered: held: no pay record", ""),
            (Ready, "Discovered: held: work began on 2026-03-16, 2 days ago", "link_contractor"),
            (
                ContractorReady,
                "Flagged: work has begun without coverage, 2 days so far",
                "create_job",
            ),
            (JobReady, "Flagged: work has begun without coverage, 2 days so far", ""),
            (Waiting, "Flagged: work has begun without coverage, 2 days so far", ""),
            (
                Opening,
                "Flagged: work has begun without coverage, 2 days so far",
                "open_application",
            ),
            (Applying, "Flagged: work has begun without coverage, 2 days so far", ""),
            (Assigned, "Flagged: work has begun without coverage, 2 days so far", ""),
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
            (CompletedEarly, "Completed: work ended on 2026-05-25", ""),
            (Canceled, "Canceled: called off in the ATS", ""),
            (CanceledCovered, "Canceled: closed by a person: cancelled at the insurer", ""),
            (ClosedByHand, "Canceled: closed by a person: not ours", ""),
        ],
    );
}

#[test]
fn a_job_that_is_not_answered_for_is_a_persons_and_is_made_once() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        when  at once the insurer will miss create_job
        and   at once one call is made
        and   at once it is 2026-03-16 13:00
        and   at once the timers fire, twice
        then  pl_1 is ContractorReady: work has begun without coverage, 1 day so far
        and   pl_1 waits for a person
        and   IntentChanged once for pl_1
        when  at once the insurer will lose create_job after its effect
        and   at once one call is made
        and   at once it is 2026-03-20 13:00
        and   at once the ATS reports pl_1, pl_1
        then  pl_1 is ContractorReady: work has begun without coverage, 5 days so far
        and   IntentChanged twice for pl_1
        when  the engine restarts
        then  pl_1 is Flagged: work has begun without coverage, 5 days so far
        and   the insurer has 1 job, no quotes
        when  the ATS reports pl_1 with start=2026-04-06
        then  pl_1 is ApplicationPending
        and   the insurer has 1 job, 1 quote
    ",
    );
}

#[test]
fn an_application_that_is_not_answered_for_is_opened_once() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        and   at once one call is made, twice
        when  at once the insurer will lose open_application after its effect
        and   at once one call is made
        and   at once it is 2026-03-17 13:00
        and   at once the timers fire
        then  pl_1 is Quoted: work has begun without coverage, 2 days so far
        and   pl_1 waits for a person
        when  the world settles
        then  pl_1 is Flagged: work has begun without coverage, 2 days so far
        and   the insurer has 1 session, 1 live session
        when  the application of pl_1 is completed
        then  pl_1 is Flagged: covered from 2026-03-18, but work began on 2026-03-16: 2 days uncovered
    ",
    );
}

#[test]
fn an_assignment_that_is_not_answered_for_is_adopted_and_covers() {
    check(
        "
        given pl_2 of cand_1
        and   the ATS reports pl_2
        and   the application of pl_2 is completed
        and   pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        when  at once the insurer will lose create_assignment after its effect
        and   at once one call is made
        and   at once it is 2026-03-16 13:00
        and   at once the timers fire
        then  pl_1 is Quoted: work has begun without coverage, 1 day so far
        when  the world settles
        then  pl_1 is Flagged: work has begun without coverage, 1 day so far
        and   the insurer has 1 assignment, 1 live assignment
        when  the assignment of pl_1 comes into force
        then  pl_1 is Active: by assignment
    ",
    );
}

#[test]
fn what_is_called_off_meanwhile_is_called_off_once_it_is_answered() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        when  at once the insurer will miss create_job
        and   at once one call is made
        and   at once it is 2026-03-16 13:00
        and   at once the timers fire
        and   at once the ATS reports pl_1 with stage=canceled
        then  pl_1 is ContractorReady: creating its job
        when  the world settles
        then  pl_1 is Canceled
        and   the insurer has 1 job
    ",
    );
}

#[test]
fn what_is_refused_in_the_end_is_flagged_as_refused() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        when  at once it is 2026-03-16 13:00
        and   at once the timers fire
        and   the insurer will refuse create_job with broken
        then  pl_1 is Flagged: create job was refused
    ",
    );
}

#[test]
fn what_is_bought_is_not_undone_for_a_start_that_has_passed() {
    check(
        "
        given pl_2 of cand_1
        and   the ATS reports pl_2
        and   the application of pl_2 is completed
        and   pl_1 of cand_1
        and   the ATS reports pl_1
        when  the ATS reports pl_1 with start=2026-03-01
        then  pl_1 is Flagged: work began on 2026-03-01, 2 days ago
        and   the insurer has 1 live assignment
        when  the ATS reports pl_1 with start=2026-03-16
        then  pl_1 is Assigned
        when  the assignment of pl_1 comes into force
        and   the ATS reports pl_1 with start=2026-03-01
        then  pl_1 is Flagged: first day was 2026-03-16, is 2026-03-01
        and   the insurer heard cancel_assignment 0x
    ",
    );
}
