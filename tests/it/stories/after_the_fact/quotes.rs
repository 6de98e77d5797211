//! A quote is brought up to date where the insurer allows it, and asked for anew where not. The session that is open on
//! it is closed first: the contractor reads the old terms there.

use tests::story::check;

/// One placement waits for its turn behind another one of its contractor.
const WAITING: &str = "
        given pl_2 of cand_1
        and   the ATS reports pl_2
        and   pl_1 of cand_1
        and   the ATS reports pl_1
        then  pl_1 is Quoted: waiting for its turn";

#[test]
fn a_quote_is_changed_in_place_and_keeps_its_turn() {
    check(&format!(
        "{WAITING}
        when  the ATS reports pl_1 with end=2026-08-31; pay=120
        then  pl_1 is Quoted: waiting for its turn
        and   the insurer has 2 quotes
        when  the application of pl_2 is declined
        then  pl_1 is ApplicationPending
        when  the application of pl_1 is completed
        then  pl_1 is Active: covered 2026-03-16 to 2026-08-31 by policy
        and   the insurer covers pl_1 to 2026-08-31
    "
    ));
}

#[test]
fn a_quote_that_cannot_be_changed_is_asked_for_anew() {
    check(&format!(
        "{WAITING}
        when  the insurer forgets the quotes of pl_1
        and   the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Quoted: waiting for its turn
        and   QuoteGivenUp once for pl_1
        and   the insurer heard update_quote 1x
        and   the insurer heard create_quote 3x
    "
    ));
}

#[test]
fn a_refused_change_of_a_quote_is_a_persons() {
    check(&format!(
        "{WAITING}
        when  the insurer will refuse update_quote with end_date_invalid
        and   the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Flagged: update quote was refused
        when  the operator returns pl_1: they mended it
        then  pl_1 is Quoted: waiting for its turn
        and   the insurer has 2 quotes
    "
    ));
}

#[test]
fn a_policy_that_fits_meanwhile_takes_the_place_of_the_quote() {
    check(&format!(
        "{WAITING}
        when  the contractor of cand_1 buys a policy elsewhere
        and   the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Assigned
        and   the insurer heard update_quote 1x
    "
    ));
}

#[test]
fn a_quote_whose_change_is_on_its_way_is_given_up_for_another_change() {
    check(&format!(
        "{WAITING}
        when  at once the ATS reports pl_1 with end=2026-08-31
        and   at once one call is made
        then  pl_1 is JobReady: bringing its quote up to date
        when  at once a call takes off
        and   at once the ATS reports pl_1 with end=2026-07-31
        and   at once its answer lands
        and   the world settles
        then  pl_1 is Quoted: waiting for its turn
        and   the insurer has 3 quotes
        when  the application of pl_2 is declined
        and   the application of pl_1 is completed
        then  the insurer covers pl_1 to 2026-07-31
    "
    ));
}

#[test]
fn an_open_session_is_closed_before_its_quote_is_changed() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  at once the ATS reports pl_1 with end=2026-08-31
        and   at once one call is made
        then  the insurer has 1 quote, no live sessions
        when  the world settles
        then  pl_1 is ApplicationPending
        and   the insurer has 1 quote, 2 sessions, 1 live session
        when  the application of pl_1 is completed
        then  the insurer covers pl_1 to 2026-08-31
    ",
    );
}

#[test]
fn a_change_whose_answer_is_lost_is_made_again() {
    check(&format!(
        "{WAITING}
        when  the insurer will lose update_quote after its effect
        and   the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Quoted: waiting for its turn
        and   the insurer heard update_quote 2x
        and   the insurer has 2 quotes
    "
    ));
}

#[test]
fn what_ran_out_is_changed_in_place_too() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   it is 2026-03-16 13:00
        and   the timers fire
        then  pl_1 is Flagged: work has begun without coverage
        when  the application of pl_1 runs out
        and   the ATS reports pl_1 with start=2026-04-06
        then  pl_1 is ApplicationPending
        and   the insurer has 1 job, 1 quote, 2 sessions
    ",
    );
}
