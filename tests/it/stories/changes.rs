//! Changes after the fact, in every state: called off, other terms, no contractor any more, gone from the ATS.

use tests::story::check;

/// The beginnings of stories, by the state that they reach. In `at once` states a call is owed and not made yet.
const STATES: &[(&str, &str)] = &[
    ("Discovered", "given pl_1 of cand_1 with pay=none\nand the ATS reports pl_1"),
    ("Discovered", "given pl_1 of cand_1\nand at once the ATS reports pl_1"),
    (
        "ContractorReady",
        "given pl_1 of cand_1\nand at once the ATS reports pl_1\nand at once one call is made, twice",
    ),
    (
        "JobReady",
        "given pl_1 of cand_1\nand at once the ATS reports pl_1\nand at once one call is made, twice\n\
         and at once one call is made",
    ),
    (
        "Quoted",
        "given pl_1 of cand_1\nand at once the ATS reports pl_1\nand at once one call is made, twice\n\
         and at once one call is made, twice",
    ),
    (
        "Quoted",
        "given pl_2 of cand_1\nand the ATS reports pl_2\nand pl_1 of cand_1\nand the ATS reports pl_1",
    ),
    ("ApplicationPending", "given pl_1 of cand_1\nand the ATS reports pl_1"),
    (
        "Assigned",
        "given pl_2 of cand_1\nand the ATS reports pl_2\nand the application of pl_2 is completed\n\
         and pl_1 of cand_1\nand the ATS reports pl_1",
    ),
    (
        "Flagged",
        "given pl_1 of cand_1\nand the insurer will refuse create_job with broken\nand the ATS reports pl_1",
    ),
    (
        "Flagged",
        "given pl_1 of cand_1\nand the insurer will refuse create_quote with broken\nand the ATS reports pl_1",
    ),
    (
        "Flagged",
        "given pl_1 of cand_1\nand the ATS reports pl_1\nand the application of pl_1 runs out",
    ),
    (
        "Flagged",
        "given pl_1 of cand_1\nand the insurer knows a stranger with cand_1@real.test\nand the ATS reports pl_1",
    ),
    ("Excluded", "given pl_1 of cand_1 with employment=W2\nand the ATS reports pl_1"),
];

/// States in which coverage is bought.
const BOUGHT: &[(&str, &str)] = &[
    (
        "Active",
        "given pl_1 of cand_1\nand the ATS reports pl_1\nand the application of pl_1 is completed",
    ),
    (
        "Active",
        "given pl_2 of cand_1\nand the ATS reports pl_2\nand the application of pl_2 is completed\n\
         and pl_1 of cand_1\nand the ATS reports pl_1\nand the assignment of pl_1 comes into force\n\
         and it is 2026-03-17 13:00",
    ),
    (
        "Flagged",
        "given pl_1 of cand_1\nand the ATS reports pl_1\nand the application of pl_1 is completed\n\
         and the ATS reports pl_1 with pay=110",
    ),
];

#[track_caller]
fn in_each(states: &[(&str, &str)], rest: &str) {
    for (state, beginning) in states {
        check(&format!("{beginning}\nthen pl_1 is {state}\n{rest}"));
    }
}

#[test]
fn called_off_in_every_state_is_canceled_with_nothing_left_open() {
    in_each(
        STATES,
        "when the ATS reports pl_1 with stage=canceled
         then pl_1 is Canceled: called off in the ATS
         and  PlacementCanceled once for pl_1
         when the ATS reports pl_1
         then PlacementCanceled once for pl_1",
    );
}

#[test]
fn called_off_leaves_no_session_and_no_assignment() {
    for (state, beginning) in STATES.iter().filter(|(_, it)| !it.contains("pl_2")) {
        check(&format!(
            "{beginning}
             then pl_1 is {state}
             when the ATS reports pl_1 with stage=canceled
             then the insurer has no live sessions, no live assignments"
        ));
    }
    check(&format!(
        "{}
         when the ATS reports pl_1 with stage=canceled
         then the insurer has 1 assignment, no live assignments",
        STATES[7].1
    ));
}

#[test]
fn called_off_gives_the_turn_to_the_next() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        when  the ATS reports pl_1 with stage=canceled
        then  pl_1 is Canceled
        and   pl_2 is ApplicationPending
        and   the insurer has 2 sessions, 1 live session
    ",
    );
}

#[test]
fn called_off_while_covered_is_a_persons() {
    in_each(
        BOUGHT,
        "when the ATS reports pl_1 with stage=canceled
         then pl_1 is Flagged: yet coverage is bought
         when the operator closes pl_1: cancelled there
         then pl_1 is Canceled",
    );
}

#[test]
fn called_off_and_on_again_while_covered_heals() {
    check(&format!(
        "{}
        when the ATS reports pl_1 with stage=canceled
        then pl_1 is Flagged
        when the ATS reports pl_1 with stage=starting
        then pl_1 is Active",
        BOUGHT[0].1
    ));
}

#[test]
fn turned_employee_in_every_state_is_excluded() {
    in_each(
        STATES,
        "when the ATS reports pl_1 with employment=Salaried Employee
         then pl_1 is Excluded: `Salaried Employee`",
    );
    in_each(
        BOUGHT,
        "when the ATS reports pl_1 with employment=Salaried Employee
         then pl_1 is Flagged: yet coverage is bought",
    );
}

#[test]
fn gone_from_the_ats_in_every_state_is_canceled() {
    in_each(STATES, "when the ATS forgets pl_1\nthen pl_1 is Canceled: gone from the ATS");
    in_each(BOUGHT, "when the ATS forgets pl_1\nthen pl_1 is Flagged: gone from the ATS");
}

#[test]
fn other_terms_in_every_open_state_are_what_is_bought_in_the_end() {
    let open = |(state, beginning): &&(&str, &str)| {
        *state != "Excluded" && !beginning.contains("pay=none") && !beginning.contains("pl_2")
    };
    for (state, beginning) in STATES.iter().filter(open) {
        let heal = match *state {
            "Flagged" => {
                "when the stranger gives up cand_1@real.test
                 and  the operator retries cand_1
                 and  the operator returns pl_1"
            }
            _ => "when the world settles",
        };
        check(&format!(
            "{beginning}
             then pl_1 is {state}
             when the ATS reports pl_1 with end=2026-08-31; pay=120
             {heal}
             then pl_1 is ApplicationPending
             when the application of pl_1 is completed
             then pl_1 is Active: covered 2026-03-16 to 2026-08-31
             and  the insurer has 1 job, 1 policy"
        ));
    }
}

#[test]
fn other_terms_undo_an_assignment_first() {
    check(
        "
        given pl_1 of cand_1 with end=2026-12-31
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   pl_2 of cand_1
        and   the ATS reports pl_2
        then  pl_2 is Assigned
        when  the ATS reports pl_2 with end=2026-04-30
        then  pl_2 is Assigned
        and   the insurer has 2 assignments, 1 live assignment, 2 jobs
        when  the assignment of pl_2 comes into force
        then  pl_2 is Active: covered 2026-03-16 to 2026-04-30
    ",
    );
}

#[test]
fn other_terms_while_covered_are_shown_and_the_latest_count() {
    check(&format!(
        "{}
        when the ATS reports pl_1 with end=2026-05-31
        then pl_1 is Flagged: last day was 2026-06-30, is 2026-05-31
        when the ATS reports pl_1 with end=2026-04-30
        then pl_1 is Flagged: last day was 2026-06-30, is 2026-04-30
        when the ATS reports pl_1, pl_1
        then FlagRaised twice for pl_1
        when the ATS reports pl_1 with end=2026-06-30
        then pl_1 is Active",
        BOUGHT[0].1
    ));
}

#[test]
fn another_title_while_covered_is_nothing() {
    check(&format!(
        "{}
        when the ATS reports pl_1 with title=Senior Platform Engineer
        then pl_1 is Active
        and  FlagRaised never for pl_1",
        BOUGHT[0].1
    ));
}

#[test]
fn another_title_does_not_undo_an_application() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  the ATS reports pl_1 with title=Senior Platform Engineer
        then  pl_1 is ApplicationPending
        and   the insurer has 1 session, 1 live session
    ",
    );
}

#[test]
fn a_change_taken_back_while_the_session_is_being_closed_still_ends_well() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  at once the ATS reports pl_1 with end=2026-07-31
        and   at once a call takes off
        and   at once the ATS reports pl_1 with end=2026-06-30
        and   at once its answer lands
        and   the world settles
        then  pl_1 is ApplicationPending
        and   the insurer has 1 live session
        when  the application of pl_1 is completed
        then  pl_1 is Active
    ",
    );
}

#[test]
fn a_hold_while_the_session_is_being_closed_still_ends_well() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  at once the ATS reports pl_1 with end=2026-07-31
        and   at once a call takes off
        and   at once the ATS reports pl_1 with pay=none
        and   at once its answer lands
        and   the world settles
        then  pl_1 is Flagged: the facts no longer suffice
        when  pl_1 of cand_1
        and   the ATS reports pl_1
        then  pl_1 is ApplicationPending
        and   the insurer has 1 live session
    ",
    );
}

#[test]
fn unclear_facts_hold_what_is_open_and_clear_ones_go_on() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  the ATS reports pl_1 with employment=Mystery
        then  pl_1 is Flagged: the facts no longer suffice
        when  the ATS reports pl_1 with employment=1099
        then  pl_1 is ApplicationPending
        and   the insurer has 1 session, 1 live session
    ",
    );
}

#[test]
fn called_off_while_the_application_is_complete_already_is_flagged() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  quietly the application of pl_1 is completed
        and   quietly the ATS reports pl_1 with stage=canceled
        then  pl_1 is Flagged: yet coverage is bought
        when  the world settles
        then  pl_1 is Flagged: yet coverage is bought
        when  the operator closes pl_1: cancelled there
        then  pl_1 is Canceled
    ",
    );
}

#[test]
fn a_refused_undoing_is_tried_again_when_returned() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the insurer will refuse expire_application with broken
        when  the ATS reports pl_1 with stage=canceled
        then  pl_1 is Flagged: expire application was refused
        when  the operator returns pl_1: try again
        then  pl_1 is Canceled
        and   the insurer has no live sessions
    ",
    );
}

#[test]
fn a_change_while_a_loss_is_flagged_is_not_forgotten() {
    check(&format!(
        "{}
        when the policy of pl_1 is cancelled
        then pl_1 is Flagged: coverage lost
        when the ATS reports pl_1 with end=2026-05-31
        then pl_1 is Flagged: coverage lost
        when the operator returns pl_1: buy again
        and  the application of pl_1 is completed
        then pl_1 is Active: covered 2026-03-16 to 2026-05-31",
        BOUGHT[0].1
    ));
}

#[test]
fn another_worker_is_a_persons_to_confirm() {
    check(
        "
        given pl_1 of cand_1
        and   pl_9 of cand_2
        and   the ATS reports pl_1
        when  the ATS reports pl_1 with candidate=cand_2
        then  pl_1 is Flagged: the worker is another one
    ",
    );
}

#[test]
fn another_worker_once_coverage_is_lost_is_another_contractor() {
    check(
        "
        given pl_9 of cand_2
        and   pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   the ATS reports pl_1 with candidate=cand_2
        then  pl_1 is Flagged
        when  the operator returns pl_1: it is covered
        then  that was refused: another_worker
        when  the policy of pl_1 is cancelled
        then  pl_1 is Flagged: coverage lost
        when  the operator returns pl_1: buy for the new one
        then  pl_1 is ApplicationPending
        and   cand_2 is OptingIn
        and   the insurer has 2 contractors, 1 job, 2 quotes
    ",
    );
}

#[test]
fn another_worker_before_the_first_is_linked_is_simply_the_worker() {
    check(
        "
        given pl_9 of cand_2
        and   pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once the ATS reports pl_1 with candidate=cand_2
        when  the world settles
        then  pl_1 is ApplicationPending
        and   cand_2 is OptingIn
        and   cand_1 is Linked
        and   the insurer has 2 contractors, 1 job, 1 quote
    ",
    );
}

#[test]
fn ended_before_coverage_began_is_canceled() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  the ATS reports pl_1 with stage=2026-03-10
        then  pl_1 is Canceled: work ended on 2026-03-10 before coverage began
    ",
    );
}
