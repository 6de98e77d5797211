//! Days of work without coverage in force, as an auditor is told them.
//!
//! `then` behind a gap: by the dates known on those days only; `now`: by the dates known now only.

use jiff::tz::TimeZone;
use tests::story::{check, check_in};
use tests::world::{World, rules};

/// One placement, 2026-03-16 to 2026-06-30, covered by its own policy.
const COVERED: &str = "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        then  pl_1 is Active";

#[test]
fn coverage_from_the_first_day_to_the_last_leaves_no_gap() {
    check(&format!(
        "{COVERED}
        then  the gaps of pl_1 until 2026-12-31 are none
        when  it is 2026-07-01 12:00
        then  pl_1 is Completed
        and   the gaps of pl_1 until 2026-12-31 are none
        "
    ));
}

#[test]
fn an_application_completed_late_leaves_the_first_days_uncovered() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  it is 2026-03-18 15:00
        then  the gaps of pl_1 until 2026-03-18 are 2026-03-16 to 2026-03-18
        when  the application of pl_1 is completed
        then  the gaps of pl_1 until 2026-06-30 are 2026-03-16 to 2026-03-18
        and   the gaps of pl_1 until 2026-03-17 are 2026-03-16 to 2026-03-17
    ",
    );
}

#[test]
fn what_was_lost_and_came_back_covers_nothing_in_between() {
    check(&format!(
        "{COVERED}
        when  it is 2026-04-10 14:00
        and   the policy of pl_1 is cancelled
        then  the gaps of pl_1 until 2026-04-12 are 2026-04-10 to 2026-04-12
        when  it is 2026-04-14 14:00
        and   the policy of pl_1 is reactivated
        then  pl_1 is Active
        and   the gaps of pl_1 until 2026-06-30 are 2026-04-10 to 2026-04-14
        and   the gaps of pl_1 until 2026-06-30 as known at 2026-04-09 00:00 are none
        and   the gaps of pl_1 until 2026-06-30 as known at 2026-04-11 00:00 are 2026-04-10 to 2026-06-30
        "
    ));
}

#[test]
fn a_new_policy_after_a_cancelled_one_covers_from_its_own_first_day() {
    check(&format!(
        "{COVERED}
        when  it is 2026-04-10 14:00
        and   the policy of pl_1 is cancelled
        and   it is 2026-04-13 14:00
        and   the ATS reports pl_1 with start=2026-04-15
        and   the operator returns pl_1: buy again
        and   the application of pl_1 is completed
        then  pl_1 is Active
        and   the gaps of pl_1 until 2026-06-30 are 2026-04-10 to 2026-04-12 then
        "
    ));
}

#[test]
fn an_engagement_that_was_extended_is_covered_to_its_new_end_and_dearer_work_is_not() {
    check(&format!(
        "{COVERED}
        when  it is 2026-06-20 14:00
        and   the ATS reports pl_1 with end=2026-07-31
        then  the gaps of pl_1 until 2026-12-31 are none
        when  the ATS reports pl_1 with end=2026-08-31; pay=120.50
        then  the gaps of pl_1 until 2026-07-31 are none
        and   the gaps of pl_1 until 2026-08-10 are 2026-08-01 to 2026-08-10
        and   the gaps of pl_1 until 2026-12-31 are 2026-08-01 to 2026-08-31
        and   the gaps of pl_1 until 2026-12-31 as known at 2026-06-20 00:00 are none
        "
    ));
}

#[test]
fn days_that_the_insurer_would_not_add_are_a_gap() {
    check(&format!(
        "{COVERED}
        when  it is 2026-06-20 14:00
        and   the insurer will refuse extend_coverage with not_offered
        and   the ATS reports pl_1 with end=2026-07-31
        then  pl_1 is Flagged: last day was 2026-06-30, is 2026-07-31, and the insurer will not extend
        and   the gaps of pl_1 until 2026-12-31 are 2026-07-01 to 2026-07-31
        "
    ));
}

#[test]
fn dates_learned_late_add_their_days_and_dates_moved_away_hide_none() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  it is 2026-03-18 15:00
        and   the ATS reports pl_1 with start=2026-03-12
        then  the gaps of pl_1 until 2026-03-18 are 2026-03-12 to 2026-03-15 now; 2026-03-16 to 2026-03-18
        when  it is 2026-03-20 15:00
        and   the ATS reports pl_1 with start=2026-03-23
        then  the gaps of pl_1 until 2026-03-21 are 2026-03-16 to 2026-03-19 then
    ",
    );
}

#[test]
fn a_worker_who_turns_w2_leaves_gaps_until_then_only() {
    check(&format!(
        "{COVERED}
        when  it is 2026-04-05 14:00
        and   the policy of pl_1 is cancelled
        and   it is 2026-04-09 14:00
        and   the ATS reports pl_1 with w2=yes; employment=Hourly Employee
        then  the gaps of pl_1 until 2026-06-30 are 2026-04-05 to 2026-04-08 then
        "
    ));
}

#[test]
fn what_is_out_of_scope_has_no_gaps_and_what_turns_into_scope_has_them_from_then() {
    check(
        "
        given pl_1 of cand_1 with employment=Hourly Employee
        and   the ATS reports pl_1
        when  it is 2026-03-20 15:00
        then  pl_1 is Excluded
        and   the gaps of pl_1 until 2026-06-30 are none
        when  the ATS reports pl_1 with employment=Independent Contractor
        then  the gaps of pl_1 until 2026-03-22 are 2026-03-20 to 2026-03-22
    ",
    );
}

#[test]
fn a_placement_that_is_held_is_uncovered_from_its_first_day() {
    check(
        "
        given pl_1 of cand_1 with category=none; end=none
        and   the ATS reports pl_1
        when  it is 2026-03-18 15:00
        then  pl_1 is Discovered: held
        and   the gaps of pl_1 until 2026-03-18 are 2026-03-16 to 2026-03-18
    ",
    );
}

#[test]
fn an_offer_is_no_work_and_neither_is_what_was_called_off_in_time() {
    check(
        "
        given pl_1 of cand_1 with stage=offer
        and   the ATS reports pl_1
        and   pl_2 of cand_2
        and   the ATS reports pl_2
        and   the ATS reports pl_2 with stage=canceled
        when  it is 2026-03-20 15:00
        then  the gaps of pl_1 until 2026-06-30 are none
        and   the gaps of pl_2 until 2026-06-30 are none
    ",
    );
}

#[test]
fn what_was_called_off_at_work_was_uncovered_until_then() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  it is 2026-03-18 15:00
        and   the ATS reports pl_1 with stage=canceled
        then  the gaps of pl_1 until 2026-06-30 are 2026-03-16 to 2026-03-17 then
    ",
    );
}

#[test]
fn days_begin_and_end_in_the_tenants_zone_also_where_clocks_change() {
    for zone in ["America/New_York", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata"] {
        let mut rules = rules();
        rules.zone = TimeZone::get(zone).expect("the zone is bundled");
        check_in(
            World::with_rules(rules),
            "
        given pl_1 of cand_1 with start=2026-03-05; end=2026-11-10
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        then  pl_1 is Active
        and   the gaps of pl_1 until 2026-12-31 are none
        when  it is 2026-03-08 12:00
        and   the policy of pl_1 is cancelled
        then  the gaps of pl_1 until 2026-03-09 are 2026-03-08 to 2026-03-09
        ",
        );
    }
}
