//! The roads to coverage: first-time, returning, many at once.

use tests::story::check;

#[test]
fn a_first_time_contractor_applies_and_is_covered() {
    check("
        given pl_1 of cand_1
        when  the ATS reports pl_1
        then  pl_1 is ApplicationPending: waiting for the contractor
        and   cand_1 is OptingIn
        when  the application of pl_1 reaches payment
        then  pl_1 is ApplicationPending: payment
        when  the application of pl_1 is completed
        then  pl_1 is Active: covered 2026-03-16 to 2026-06-30
        and   cand_1 is OptedIn
        and   the insurer has 1 contractor, 1 job, 1 quote, 1 session, 1 policy, no assignments
        and   pl_1 went placement_found, terms_ready, contractor_linked, job_linked, quote_issued, road_taken, application_opened, application_progressed, application_progressed, coverage_started
    ");
}

#[test]
fn a_returning_contractor_goes_by_assignment() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        when  pl_2 of cand_1
        and   the ATS reports pl_2
        then  pl_2 is Assigned
        when  the assignment of pl_2 comes into force
        then  pl_2 is Active
        and   the insurer has 1 contractor, 2 jobs, 1 session, 1 assignment, 1 policy
    ",
    );
}

#[test]
fn three_placements_at_once_open_one_application() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   pl_3 of cand_1
        when  the ATS reports pl_1, pl_2, pl_3
        then  pl_1 is ApplicationPending
        and   pl_2 is Quoted: waiting for its turn
        and   pl_3 is Quoted: waiting for its turn
        and   the insurer has 1 contractor, 3 jobs, 3 quotes, 1 session
        when  the application of pl_1 is completed
        then  pl_1 is Active
        and   pl_2 is Assigned
        and   pl_3 is Assigned
        and   the insurer has 1 session, 2 assignments
    ",
    );
}
