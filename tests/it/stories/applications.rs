//! The contractor's application: it runs out, is declined, was complete already; work begins before it is done.

use tests::story::check;

#[test]
fn an_application_that_runs_out_is_flagged_and_opened_again() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        when  the application of pl_1 runs out
        then  pl_1 is Flagged: ran out before the contractor finished it
        and   pl_2 is ApplicationPending
        when  the operator returns pl_1: they will do it now
        then  pl_1 is Quoted: waiting for its turn
        when  the application of pl_2 is completed
        then  pl_1 is Assigned
        and   the insurer has 2 sessions, no live sessions
    ",
    );
}

#[test]
fn a_declined_application_is_flagged() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  the application of pl_1 goes to review
        then  pl_1 is ApplicationPending: manual review
        when  the application of pl_1 is declined
        then  pl_1 is Flagged: the insurer declined
        and   cand_1 is Linked
        when  the operator closes pl_1: another contractor
        then  pl_1 is Canceled: closed by a person: another contractor
    ",
    );
}

#[test]
fn an_application_that_was_complete_already_is_covered_by_its_policy() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   the insurer will lose open_application after its effect
        and   quietly the world settles
        when  the application of pl_1 is completed
        then  pl_1 is Active
    ",
    );
}

#[test]
fn a_policy_seen_before_the_session_is_known_covers() {
    check(
        "
        given the insurer will lose open_application after its effect
        and   pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        and   at once one call is made, twice
        and   at once one call is made
        then  pl_1 is Quoted: opening the contractor's application
        when  at once the application of pl_1 is completed
        and   at once the signals arrive
        and   the world settles
        then  pl_1 is Active
        and   cand_1 is OptedIn
    ",
    );
}

#[test]
fn a_start_that_passes_is_flagged_with_its_days_and_coverage_shows_the_gap() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  it is 2026-03-16 03:59
        then  pl_1 is ApplicationPending
        when  it is 2026-03-17 13:00
        then  pl_1 is Flagged: work has begun without coverage, 2 days so far
        when  the timers fire, twice
        then  FlagRaised once for pl_1
        when  the application of pl_1 is completed
        then  CoverageStarted once for pl_1
        and   pl_1 is Flagged: covered from 2026-03-18, but work began on 2026-03-16: 2 days uncovered
        and   cand_1 is OptedIn
        when  everything is polled
        then  FlagRaised twice for pl_1
        when  the operator returns pl_1: the client knows
        then  pl_1 is Active
        when  everything is polled
        then  pl_1 is Active
    ",
    );
}

#[test]
fn an_application_that_runs_out_while_flagged_frees_the_contractor() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1 with start=2026-04-20
        and   the ATS reports pl_1, pl_2
        and   it is 2026-03-17 13:00
        then  pl_1 is Flagged: work has begun
        and   pl_2 is Quoted
        when  the application of pl_1 runs out
        then  pl_1 is Flagged
        and   pl_2 is ApplicationPending
        and   the insurer has 1 live session
        when  the operator returns pl_1: go on
        then  that was refused: start_passed
    ",
    );
}

#[test]
fn nothing_is_asked_for_in_the_past() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        then  pl_1 is ContractorReady
        when  at once it is 2026-03-16 13:00
        and   at once one call is made
        then  pl_1 is Flagged: work has begun without coverage
        and   the insurer has 1 job, no quotes
        when  the operator returns pl_1: go on
        then  that was refused: start_passed
        when  the ATS reports pl_1 with start=2026-03-18
        then  pl_1 is ApplicationPending
        and   the insurer has 1 job
    ",
    );
}

#[test]
fn a_turn_that_comes_after_the_start_is_not_taken() {
    check(
        "
        given pl_1 of cand_1 with start=2026-04-20
        and   the ATS reports pl_1
        and   pl_2 of cand_1
        and   the ATS reports pl_2
        then  pl_2 is Quoted: waiting for its turn
        when  at once it is 2026-03-16 13:00
        and   at once the application of pl_1 is completed
        and   the world settles
        then  pl_1 is Active
        and   pl_2 is Flagged: work has begun without coverage
        and   the insurer has no assignments
    ",
    );
}

#[test]
fn a_policy_on_file_makes_an_assignment_while_another_applies() {
    check(
        "
        given pl_1 of cand_1 with end=2026-12-31
        and   the ATS reports pl_1
        then  pl_1 is ApplicationPending
        when  the contractor of cand_1 buys a policy elsewhere
        and   it is 2026-03-03 13:00
        and   pl_2 of cand_1
        and   the ATS reports pl_2
        then  pl_2 is Assigned
        when  the application of pl_1 runs out
        then  pl_1 is Flagged
        and   pl_2 is Assigned
    ",
    );
}

#[test]
fn an_assignment_that_does_not_fit_goes_by_application() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1 with end=2026-12-31
        and   the ATS reports pl_1, pl_2
        when  the application of pl_1 is completed
        then  AssignmentRefused once for pl_2
        and   pl_2 is ApplicationPending
        when  the application of pl_2 is completed
        then  pl_2 is Active
        and   cand_1 is OptedIn
        and   the insurer has no assignments, 2 policies
    ",
    );
}

#[test]
fn a_policy_that_vanishes_between_quote_and_assignment_is_flagged() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   pl_2 of cand_1
        and   at once the ATS reports pl_2
        and   at once one call is made, twice
        then  pl_2 is Quoted: creating the assignment
        when  at once the policy of pl_1 is cancelled
        and   the world settles
        then  pl_2 is Flagged: the policy on file does not cover
        when  the operator restarts pl_2: ask again
        then  pl_2 is ApplicationPending
        and   the insurer has 2 jobs
    ",
    );
}

#[test]
fn what_the_insurer_will_not_insure_is_flagged() {
    check(
        "
        given pl_1 of cand_1 with category=Mining
        when  the ATS reports pl_1
        then  pl_1 is Flagged: will not insure
        when  the ATS reports pl_1 with category=Nursing
        then  pl_1 is ApplicationPending
    ",
    );
}
