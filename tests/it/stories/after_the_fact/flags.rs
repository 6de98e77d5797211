//! What a person decides of a change after coverage: a later end that is refused, an end that came early, what turns out
//! of scope when it is lost already, a gap that another flag hid, what comes back to life.

use tests::story::{check, check_in};
use tests::world::{World, rules};
use workflow_core::domain::rules::Rules;

/// Covered by a policy of its own, before work begins.
const BY_POLICY: &str = "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        then  pl_1 is Active";

/// A returning contractor's placement, with its assignment under way.
const ASSIGNED: &str = "
        given pl_2 of cand_1 with end=2026-12-31
        and   the ATS reports pl_2
        and   the application of pl_2 is completed
        and   pl_1 of cand_1
        and   the ATS reports pl_1
        then  pl_1 is Assigned";

#[test]
fn a_refused_later_end_is_asked_for_once_and_shown() {
    check(&format!(
        "{BY_POLICY}
        when  the insurer will refuse extend_coverage with end_date_invalid
        and   the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Flagged: last day was 2026-06-30, is 2026-08-31, and the insurer will not extend the coverage
        when  the ATS reports pl_1, pl_1
        then  the insurer heard extend_coverage 1x
        when  the ATS reports pl_1 with end=2026-09-30
        then  pl_1 is Active: covered 2026-03-16 to 2026-09-30
        and   the insurer covers pl_1 to 2026-09-30
        "
    ));
}

#[test]
fn a_refused_later_end_that_is_taken_back_heals() {
    check(&format!(
        "{BY_POLICY}
        when  the insurer will refuse extend_coverage with end_date_invalid
        and   the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Flagged
        when  the ATS reports pl_1 with end=2026-06-30
        then  pl_1 is Active: covered 2026-03-16 to 2026-06-30
        "
    ));
}

#[test]
fn an_assignment_that_cannot_last_longer_is_bought_anew_before_it_begins() {
    check(&format!(
        "{ASSIGNED}
        when  the insurer will refuse extend_coverage with end_date_invalid
        and   the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Assigned
        and   the insurer covers pl_1 to 2026-08-31
        and   the insurer has 2 assignments, 1 live assignment
        "
    ));
}

#[test]
fn a_later_end_whose_answer_is_lost_is_asked_for_again() {
    check(&format!(
        "{BY_POLICY}
        when  the insurer will lose extend_coverage after its effect
        and   the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Active: covered 2026-03-16 to 2026-08-31
        and   the insurer heard extend_coverage 2x
        and   the insurer covers pl_1 to 2026-08-31
        "
    ));
}

#[test]
fn a_later_end_that_is_taken_back_before_it_is_asked_for_is_not_asked_for() {
    check(&format!(
        "{BY_POLICY}
        when  at once the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Active: asking for cover until 2026-08-31
        when  the ATS reports pl_1 with end=2026-06-30
        then  pl_1 is Active
        and   the insurer heard extend_coverage 0x
        "
    ));
}

#[test]
fn a_later_end_never_completes_before_it_is_answered() {
    check(&format!(
        "{BY_POLICY}
        when  at once the ATS reports pl_1 with end=2026-08-31
        and   at once it is 2026-07-01 13:00
        and   at once the timers fire
        then  pl_1 is Flagged: coverage lost: the policy ran out before the engagement ends
        "
    ));
}

#[test]
fn an_early_end_is_a_persons_where_the_tenant_wants_coverage_shortened() {
    let world = || World::with_rules(Rules { shorten_cover: true, ..rules() });
    let flagged = format!(
        "{BY_POLICY}
        when  it is 2026-04-01 13:00
        and   the ATS reports pl_1 with stage=2026-03-31
        then  pl_1 is Flagged: work ended on 2026-03-31, yet coverage lasts until 2026-06-30: shorten it"
    );
    check_in(
        world(),
        &format!(
            "{flagged}
            when  the ATS reports pl_1, pl_1
            then  FlagRaised once for pl_1
            when  the operator returns pl_1: the insurer shortened it
            then  pl_1 is Completed: work ended on 2026-03-31
            "
        ),
    );
    check_in(
        world(),
        &format!("{flagged}\nwhen the ATS reports pl_1 with stage=working\nthen pl_1 is Active"),
    );
}

#[test]
fn an_early_end_that_is_taken_back_is_covered_as_before_once_it_is_seen() {
    let ended = format!(
        "{BY_POLICY}
        when  it is 2026-04-01 13:00
        and   the ATS reports pl_1 with stage=2026-03-31
        then  pl_1 is Completed: work ended on 2026-03-31
        and   EndedEarly once for pl_1"
    );
    check(&format!(
        "{ended}
        when  the ATS reports pl_1 with stage=working
        then  pl_1 is Flagged: alive again in the ATS
        when  everything is polled
        then  pl_1 is Active: covered 2026-03-16 to 2026-06-30
        and   the insurer has 1 quote, 1 policy
        "
    ));
    check(&format!(
        "{ended}
        when  the policy of pl_1 is cancelled
        and   the ATS reports pl_1 with stage=working
        and   everything is polled
        then  pl_1 is Flagged: coverage lost
        "
    ));
}

#[test]
fn what_is_lost_and_turns_out_of_scope_is_undone_before_it_is_let_go() {
    for (change, end) in [
        ("the ATS reports pl_1 with employment=W2", "Excluded: `W2`"),
        ("the ATS reports pl_1 with stage=canceled", "Canceled: called off"),
        ("the operator excludes pl_1: not ours", "Excluded: not ours"),
    ] {
        check(&format!(
            "{ASSIGNED}
            when  the assignment of pl_1 comes into force
            and   the assignment of pl_1 fails its charge
            then  pl_1 is Flagged: coverage lost: the charge for the assignment failed
            when  at once {change}
            then  pl_1 is Assigned: undoing the assignment
            when  the world settles
            then  pl_1 is {end}
            and   the insurer heard cancel_assignment 1x
            when  the assignment of pl_1 comes into force
            then  pl_1 is {end}
            "
        ));
    }
}

#[test]
fn what_is_lost_and_turns_out_of_scope_after_it_began_is_a_persons() {
    check(&format!(
        "{ASSIGNED}
        when  the assignment of pl_1 comes into force
        and   it is 2026-03-17 13:00
        and   the assignment of pl_1 fails its charge
        and   the ATS reports pl_1 with employment=W2
        then  pl_1 is Flagged: `W2`, yet coverage is bought
        and   the insurer heard cancel_assignment 1x
        "
    ));
}

#[test]
fn a_gap_that_another_flag_hid_is_shown_once_that_is_settled() {
    let hidden = "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the ATS reports pl_1 with employment=Mystery
        then  pl_1 is Flagged: the facts no longer suffice
        when  it is 2026-03-17 13:00
        and   the application of pl_1 is completed
        then  pl_1 is Flagged: the facts no longer suffice";
    let shown =
        "pl_1 is Flagged: covered from 2026-03-18, but work began on 2026-03-16: 2 days uncovered";
    for settled in
        ["the ATS reports pl_1 with employment=1099", "the operator returns pl_1: we know"]
    {
        check(&format!(
            "{hidden}
            when  {settled}
            then  {shown}
            when  the ATS reports pl_1 with employment=1099
            and   everything is polled
            then  {shown}
            when  the operator returns pl_1: the client knows
            then  pl_1 is Active
            "
        ));
    }
}

#[test]
fn a_gap_that_is_shown_outlives_a_change() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   it is 2026-03-17 13:00
        and   the timers fire
        and   the application of pl_1 is completed
        then  pl_1 is Flagged: covered from 2026-03-18
        when  the ATS reports pl_1 with pay=120
        then  pl_1 is Flagged: wage was 95.00 per hour, is 120.00 per hour
        when  the operator returns pl_1: agreed
        then  pl_1 is Flagged: covered from 2026-03-18
        when  the ATS reports pl_1 with end=2026-08-31
        then  pl_1 is Flagged: covered from 2026-03-18
        when  the operator returns pl_1: the client knows
        and   the ATS reports pl_1
        then  pl_1 is Active: covered 2026-03-18 to 2026-08-31
    ",
    );
}

#[test]
fn what_the_ats_called_off_and_confirms_again_begins_anew_on_its_job() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the ATS reports pl_1 with stage=canceled
        then  pl_1 is Canceled
        when  the ATS reports pl_1 with stage=starting; pay=120
        then  pl_1 is ApplicationPending
        and   PlacementReopened once for pl_1
        and   the insurer has 1 contractor, 1 job, 2 quotes, 1 live session
        when  the application of pl_1 is completed
        then  pl_1 is Active
    ",
    );
}

#[test]
fn what_was_called_off_while_covered_and_comes_back_is_seen_first() {
    let closed = format!(
        "{BY_POLICY}
        when  the ATS reports pl_1 with stage=canceled
        and   the operator closes pl_1: cancelled at the insurer
        then  pl_1 is Canceled"
    );
    check(&format!(
        "{closed}
        when  the ATS reports pl_1 with stage=starting
        then  pl_1 is Flagged: alive again in the ATS
        when  everything is polled
        then  pl_1 is Active
        "
    ));
    check(&format!(
        "{closed}
        when  quietly the policy of pl_1 is cancelled
        and   quietly the ATS reports pl_1 with stage=starting
        and   everything is polled
        then  pl_1 is Flagged: coverage lost
        when  the operator returns pl_1: buy again
        then  pl_1 is ApplicationPending
        and   the insurer has 1 job, 2 quotes
        "
    ));
    check(&format!(
        "{closed}
        when  quietly the ATS reports pl_1 with stage=starting
        and   quietly the ATS reports pl_1 with stage=canceled
        then  pl_1 is Canceled: called off in the ATS
        when  quietly the ATS reports pl_1 with stage=starting
        and   quietly the operator closes pl_1: enough
        and   the ATS reports pl_1
        then  pl_1 is Canceled: enough
        "
    ));
}

#[test]
fn what_a_person_closes_while_it_is_being_undone_stays_closed() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the ATS reports pl_1 with employment=Mystery
        then  pl_1 is Flagged
        when  at once the operator closes pl_1: not ours
        and   at once the ATS reports pl_1 with employment=1099
        and   the world settles
        then  pl_1 is Canceled: not ours
        and   the insurer has no live sessions
        when  the ATS reports pl_1 with pay=120
        then  pl_1 is Canceled: not ours
    ",
    );
}
