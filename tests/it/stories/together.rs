//! Two and three placements at once for one new candidate: one application, the others wait, then assignments.

use tests::story::check;

#[test]
fn two_at_once_are_one_application_and_one_assignment() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   at once the ATS reports pl_1, pl_2
        when  the world settles
        then  pl_1 is ApplicationPending
        and   pl_2 is Quoted: waiting for its turn
        and   the insurer has 1 contractor, 2 jobs, 1 session, no assignments
        when  the application of pl_1 is completed
        then  pl_1 is Active
        and   pl_2 is Assigned
        when  the assignment of pl_2 comes into force
        then  pl_2 is Active
        and   the insurer has 1 session, 1 assignment, 1 policy
    ",
    );
}

#[test]
fn three_at_once_are_one_application_and_two_assignments() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   pl_3 of cand_1
        and   at once the ATS reports pl_3, pl_1, pl_2
        when  the world settles
        then  the insurer has 1 contractor, 3 jobs, 1 session, 1 live session
        when  the application of pl_1 is completed
        then  pl_1 is Active
        and   pl_2 is Assigned
        and   pl_3 is Assigned
        and   cand_1 is OptedIn
        and   the insurer has 1 session, 2 assignments
    ",
    );
}

#[test]
fn when_an_application_fails_the_next_one_has_its_turn() {
    for fails in ["is declined", "runs out"] {
        check(&format!(
            "
            given pl_1 of cand_1
            and   pl_2 of cand_1
            and   pl_3 of cand_1
            and   the ATS reports pl_1, pl_2, pl_3
            when  the application of pl_1 {fails}
            then  pl_1 is Flagged
            and   pl_2 is ApplicationPending
            and   pl_3 is Quoted: waiting for its turn
            and   the insurer has 2 sessions, 1 live session
            when  the application of pl_2 {fails}
            then  pl_3 is ApplicationPending
            and   the insurer has 3 sessions, 1 live session
            when  the application of pl_3 is completed
            then  pl_3 is Active
            and   pl_1 is Flagged
            and   pl_2 is Flagged
            when  the operator returns pl_1: once more
            then  pl_1 is Assigned
            and   the insurer has 3 sessions, 1 assignment
            "
        ));
    }
}

#[test]
fn the_one_in_the_middle_is_called_off() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   pl_3 of cand_1
        and   the ATS reports pl_1, pl_2, pl_3
        when  the ATS reports pl_2 with stage=canceled
        then  pl_2 is Canceled
        and   pl_1 is ApplicationPending
        and   pl_3 is Quoted: waiting for its turn
        when  the application of pl_1 is completed
        then  pl_3 is Assigned
        and   the insurer has 3 jobs, 1 session, 1 assignment
    ",
    );
}

#[test]
fn the_one_that_applies_is_called_off() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   pl_3 of cand_1
        and   the ATS reports pl_1, pl_2, pl_3
        when  the ATS reports pl_1 with stage=canceled
        then  pl_1 is Canceled
        and   pl_2 is ApplicationPending
        and   pl_3 is Quoted: waiting for its turn
        and   the insurer has 2 sessions, 1 live session
        when  the application of pl_2 is completed
        then  pl_3 is Assigned
    ",
    );
}
