//! Weeks of work: approved timesheets to invoices, and what corrects them.

use tests::story::check_in;
use tests::world::{World, rules};
use workflow_core::domain::rules::{Invoices, Rules, Send};

#[track_caller]
fn check(send: Send, story: &str) {
    let rules = Rules { invoices: Invoices { send, ..Invoices::default() }, ..rules() };
    check_in(World::with_rules(rules), story);
}

/// The story of a covered placement at 95.00 per hour, from Monday, 2026-03-16, to Tuesday, 2026-06-30.
#[track_caller]
fn covered(send: Send, story: &str) {
    let begin = "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
    ";
    check(send, &format!("{begin}{story}"));
}

#[test]
fn another_pay_than_quoted_is_recorded_once() {
    covered(
        Send::WhenDifferent,
        "
        when week 2026-03-22 of pl_1: 40 hours at 95, 2.5 overtime at 142.50, twice
        then week 2026-03-22 of pl_1 is Recorded: earned 4156.25, quoted 3800.00
        and  the insurer has 1 invoice
        and  the insurer heard record_invoice 1x
        and  week 2026-03-22 of pl_1 went period_opened, standing_changed, pay_owed, invoice_recorded
    ",
    );
}

#[test]
fn the_pay_that_was_quoted_is_not_recorded_unless_always() {
    let week = "when week 2026-03-22 of pl_1: 40 hours at 95";
    covered(
        Send::WhenDifferent,
        &format!(
            "{week}
            then week 2026-03-22 of pl_1 is Unsent: earned 3800.00, quoted 3800.00
            and  the insurer has no invoices"
        ),
    );
    covered(
        Send::Always,
        &format!(
            "{week}
            then week 2026-03-22 of pl_1 is Recorded: earned 3800.00, quoted 3800.00
            and  the insurer has 1 invoice"
        ),
    );
    covered(
        Send::Never,
        &format!(
            "{week}
            then week 2026-03-22 of pl_1 is not there
            and  the insurer has no invoices"
        ),
    );
}

#[test]
fn a_part_of_a_week_was_quoted_as_a_part() {
    covered(
        Send::WhenDifferent,
        "
        when week 2026-07-05 of pl_1: 16 hours at 95
        then week 2026-07-05 of pl_1 is Unsent: earned 1520.00, quoted 1520.00
        when week 2026-07-12 of pl_1: 8 hours at 95
        then week 2026-07-12 of pl_1 is Flagged: the week lies outside the placement's dates
        and  the insurer has no invoices
    ",
    );
}

#[test]
fn what_is_not_approved_waits_and_is_recorded_once_it_is() {
    covered(
        Send::WhenDifferent,
        "
        when week 2026-03-22 of pl_1: 30 hours at 95, pending
        then week 2026-03-22 of pl_1 is Waiting: is not approved yet
        when week 2026-03-22 of pl_1: 30 hours at 95, rejected
        then week 2026-03-22 of pl_1 is Waiting: is rejected
        and  the insurer has no invoices
        when week 2026-03-22 of pl_1: 32 hours at 95
        then week 2026-03-22 of pl_1 is Recorded: earned 3040.00, quoted 3800.00
        and  the insurer has 1 invoice
    ",
    );
}

#[test]
fn a_correction_before_sending_is_all_that_is_sent() {
    covered(
        Send::WhenDifferent,
        "
        when at once week 2026-03-22 of pl_1: 30 hours at 95, pending
        and  at once week 2026-03-22 of pl_1: 41 hours at 95, pending
        and  week 2026-03-22 of pl_1: 41 hours at 95
        then week 2026-03-22 of pl_1 is Recorded: earned 3895.00
        and  the insurer heard record_invoice 1x
        and  the insurer heard replace_invoice 0x
    ",
    );
}

#[test]
fn a_correction_after_recording_replaces_under_another_id() {
    covered(
        Send::WhenDifferent,
        "
        when week 2026-03-22 of pl_1: 41 hours at 95
        then week 2026-03-22 of pl_1 is Recorded: in_
        when week 2026-03-22 of pl_1: 40 hours at 95
        then week 2026-03-22 of pl_1 is Recorded: earned 3800.00
        and  the insurer has 1 invoice
        and  week 2026-03-22 of pl_1 went period_opened, standing_changed, pay_owed, invoice_recorded, timesheet_changed, correction_owed, invoice_replaced
    ",
    );
}

#[test]
fn a_correction_while_the_first_is_in_flight_waits_for_its_answer() {
    covered(
        Send::WhenDifferent,
        "
        when at once week 2026-03-22 of pl_1: 41 hours at 95
        and  at once a call takes off
        and  at once week 2026-03-22 of pl_1: 42 hours at 95
        then week 2026-03-22 of pl_1 is Owed: earned 3895.00
        when its answer lands
        then week 2026-03-22 of pl_1 is Recorded: earned 3990.00
        and  the insurer has 1 invoice
        and  the insurer heard record_invoice 1x
        and  the insurer heard replace_invoice 1x
    ",
    );
}

#[test]
fn a_rejection_a_reversal_and_a_deletion_withdraw() {
    for undone in [
        "week 2026-03-22 of pl_1: 41 hours at 95, rejected",
        "week 2026-03-22 of pl_1: 41 hours at 95, pending",
        "week 2026-03-22 of pl_1: the ATS does not know its timesheet any more",
    ] {
        covered(
            Send::WhenDifferent,
            &format!(
                "
                when week 2026-03-22 of pl_1: 41 hours at 95
                then the insurer has 1 invoice
                when {undone}
                then week 2026-03-22 of pl_1 is Waiting
                and  the insurer has no invoices
                when it is 2026-04-01 12:00
                and  week 2026-03-22 of pl_1: 41 hours at 95
                then week 2026-03-22 of pl_1 is Recorded
                and  the insurer has 1 invoice
            "
            ),
        );
    }
}

#[test]
fn what_is_paid_is_a_persons_with_the_exact_difference() {
    covered(
        Send::WhenDifferent,
        "
        when week 2026-03-22 of pl_1: 41 hours at 95
        and  week 2026-03-22 of pl_1: its invoice is paid
        and  week 2026-03-22 of pl_1: 44.25 hours at 95
        then week 2026-03-22 of pl_1 is Flagged: the invoice over 3895.00 is paid and cannot be changed; the timesheets now come to 4203.75, 308.75 more
        when the operator retries week 2026-03-22 of pl_1: perhaps now
        then week 2026-03-22 of pl_1 is Flagged: 308.75 more
        when the operator settles week 2026-03-22 of pl_1: agreed with the broker
        then week 2026-03-22 of pl_1 is Settled: agreed with the broker
        when week 2026-03-22 of pl_1: 44 hours at 95, rejected
        then week 2026-03-22 of pl_1 is Flagged: the timesheets changed after it was settled
    ",
    );
    covered(
        Send::WhenDifferent,
        "
        when week 2026-03-22 of pl_1: 41 hours at 95
        and  week 2026-03-22 of pl_1: its invoice is paid
        and  week 2026-03-22 of pl_1: 41 hours at 95, rejected
        then week 2026-03-22 of pl_1 is Flagged: come to 0.00, 3895.00 less
        when week 2026-03-22 of pl_1: 41 hours at 95
        then week 2026-03-22 of pl_1 is Recorded: earned 3895.00
    ",
    );
}

#[test]
fn a_lost_answer_leads_to_one_invoice_whether_it_took_effect_or_not() {
    for fault in [
        "lose record_invoice before its effect",
        "lose record_invoice after its effect",
        "burn record_invoice before its effect",
        "burn record_invoice after its effect",
        "miss record_invoice",
    ] {
        covered(
            Send::WhenDifferent,
            &format!(
                "
                when the insurer will {fault}
                and  week 2026-03-22 of pl_1: 41 hours at 95
                then week 2026-03-22 of pl_1 is Recorded: earned 3895.00
                and  the insurer has 1 invoice
            "
            ),
        );
    }
    for fault in [
        "lose replace_invoice before its effect",
        "lose replace_invoice after its effect",
        "burn replace_invoice after its effect",
        "lose withdraw_invoice after its effect",
    ] {
        covered(
            Send::WhenDifferent,
            &format!(
                "
                given the insurer will {fault}
                when  week 2026-03-22 of pl_1: 41 hours at 95
                and   week 2026-03-22 of pl_1: 42 hours at 95
                then  week 2026-03-22 of pl_1 is Recorded: earned 3990.00
                and   the insurer has 1 invoice
                when  week 2026-03-22 of pl_1: 42 hours at 95, rejected
                then  the insurer has no invoices
            "
            ),
        );
    }
}

#[test]
fn an_invoice_that_is_there_already_is_adopted_or_shown() {
    covered(
        Send::WhenDifferent,
        "
        when week 2026-03-22 of pl_1: somebody made an invoice over 3895.00
        and  week 2026-03-22 of pl_1: 41 hours at 95
        then week 2026-03-22 of pl_1 is Recorded: earned 3895.00
        and  the insurer has 1 invoice
    ",
    );
    covered(
        Send::WhenDifferent,
        "
        when week 2026-03-22 of pl_1: somebody made an invoice over 100.00
        and  week 2026-03-22 of pl_1: 41 hours at 95
        then week 2026-03-22 of pl_1 is Flagged: over 100.00 for this week, which was not made here; earned 3895.00
        and  the insurer has 1 invoice
        when week 2026-03-22 of pl_1: its invoice is deleted at the insurer
        and  the operator retries week 2026-03-22 of pl_1: deleted there
        then week 2026-03-22 of pl_1 is Recorded: earned 3895.00
    ",
    );
}

#[test]
fn an_invoice_that_is_gone_is_a_persons() {
    covered(
        Send::WhenDifferent,
        "
        when week 2026-03-22 of pl_1: 41 hours at 95
        and  week 2026-03-22 of pl_1: its invoice is deleted at the insurer
        and  week 2026-03-22 of pl_1: 42 hours at 95
        then week 2026-03-22 of pl_1 is Flagged: does not have invoice
        when the operator retries week 2026-03-22 of pl_1: make it again
        then week 2026-03-22 of pl_1 is Recorded: earned 3990.00
        and  the insurer has 1 invoice
    ",
    );
}

#[test]
fn what_is_not_understood_holds_and_heals() {
    for (what, says) in [
        ("5 hours at 800 per D", "paid per day, not per hour"),
        ("40 hours at 95 per fortnight", "no known rate unit"),
        ("40 hours at 95, 3 overtime", "3 of overtime without a rate"),
        ("40 hours at 95, in CAD", "paid in CAD"),
        ("169 hours at 95", "169 hours in one week"),
    ] {
        covered(
            Send::Always,
            &format!(
                "
                when week 2026-03-22 of pl_1: {what}
                then week 2026-03-22 of pl_1 is Flagged: {says}
                and  the insurer has no invoices
                when the operator retries week 2026-03-22 of pl_1: again
                then that was refused: unchanged
                when week 2026-03-22 of pl_1: 40 hours at 95
                then week 2026-03-22 of pl_1 is Recorded
            "
            ),
        );
    }
    covered(
        Send::Always,
        "
        when week 2026-03-22 of pl_1: 40 hours at 95
        and  week 2026-03-22 of pl_1: 8 hours at 95, on a second sheet
        then week 2026-03-22 of pl_1 is Flagged: 2 timesheets of one week are approved
        when week 2026-03-22 of pl_1: 8 hours at 95, on a second sheet, rejected
        then week 2026-03-22 of pl_1 is Recorded: earned 3800.00
        and  the insurer heard replace_invoice 0x
    ",
    );
}

#[test]
fn work_before_the_coverage_is_known_waits_and_then_goes() {
    check(
        Send::Always,
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  week 2026-03-22 of pl_1: 40 hours at 95
        then  week 2026-03-22 of pl_1 is Waiting: waiting for the placement's coverage
        when  the application of pl_1 is completed
        and   the placements are looked up
        then  week 2026-03-22 of pl_1 is Recorded: earned 3800.00
    ",
    );
}

#[test]
fn an_assignment_that_was_lost_before_it_came_into_force_covered_no_week() {
    check(
        Send::Always,
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        and   the application of pl_1 is completed
        then  pl_2 is Assigned
        when  the assignment of pl_2 is cancelled
        then  pl_2 is Flagged: coverage lost
        when  week 2026-03-22 of pl_2: 40 hours at 95
        then  week 2026-03-22 of pl_2 is Waiting: waiting for the placement's coverage
    ",
    );
}

#[test]
fn the_last_week_comes_after_the_end() {
    covered(
        Send::Always,
        "
        when it is 2026-07-01 12:00
        then pl_1 is Completed
        when week 2026-07-05 of pl_1: 16 hours at 95
        then week 2026-07-05 of pl_1 is Recorded: earned 1520.00
    ",
    );
}

#[test]
fn of_an_excluded_placement_nothing_is_kept_and_nothing_asked() {
    check(
        Send::Always,
        "
        given pl_1 of cand_1 with employment=W2
        and   the ATS reports pl_1
        when  week 2026-03-22 of pl_1: 41 hours at 95
        then  week 2026-03-22 of pl_1 is not there
        and   the insurer heard nothing of pl_1
    ",
    );
}

#[test]
fn two_placements_have_an_invoice_each_for_the_same_week() {
    covered(
        Send::Always,
        "
        given pl_2 of cand_1
        and   the ATS reports pl_2
        and   the assignment of pl_2 comes into force
        when  week 2026-03-22 of pl_1: 20 hours at 95
        and   week 2026-03-22 of pl_2: 20 hours at 95
        then  week 2026-03-22 of pl_1 is Recorded
        and   week 2026-03-22 of pl_2 is Recorded
        and   the insurer has 2 invoices
    ",
    );
}

#[test]
fn books_close_long_after_the_week() {
    covered(
        Send::Always,
        "
        when week 2026-03-22 of pl_1: 40 hours at 95
        and  it is 2027-06-01 12:00
        then week 2026-03-22 of pl_1 went period_opened, standing_changed, pay_owed, invoice_recorded, period_closed
        when week 2026-03-22 of pl_1: 48 hours at 95
        then the insurer heard replace_invoice 0x
    ",
    );
}
