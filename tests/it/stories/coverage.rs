//! Coverage in force, its loss in every order, and the end of the engagement.

use tests::story::check;

/// One placement, covered by its own policy.
const BY_POLICY: &str = "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        then  pl_1 is Active";

/// A second one, covered by an assignment under the first one's policy.
const BY_ASSIGNMENT: &str = "
        given pl_2 of cand_1
        and   the ATS reports pl_2
        and   the assignment of pl_2 comes into force
        then  pl_2 is Active";

#[test]
fn cancelled_after_active_is_flagged_once() {
    check(&format!(
        "{BY_POLICY}
        when  the policy of pl_1 is cancelled, twice
        then  pl_1 is Flagged: coverage lost: the policy was cancelled
        and   CoverageLost once for pl_1
        "
    ));
}

#[test]
fn cancelled_before_active_was_known_is_flagged() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  quietly the application of pl_1 is completed
        and   quietly the policy of pl_1 is cancelled
        then  pl_1 is ApplicationPending
        when  the world settles
        then  pl_1 is Flagged: coverage lost
        and   CoverageStarted never for pl_1
    ",
    );
}

#[test]
fn signals_in_any_order_end_in_what_is_so() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  quietly the application of pl_1 is completed
        and   quietly the policy of pl_1 is cancelled
        and   quietly the policy of pl_1 is reactivated
        and   quietly the policy of pl_1 is cancelled
        and   the signals arrive backwards
        then  pl_1 is Flagged: coverage lost
        when  the policy of pl_1 is reactivated
        then  pl_1 is Active
        when  the policy of pl_1 expires
        then  pl_1 is Flagged: the policy ran out
    ",
    );
}

#[test]
fn a_returned_loss_buys_anew_on_the_same_job() {
    check(&format!(
        "{BY_POLICY}
        when  the policy of pl_1 is cancelled
        and   the operator returns pl_1: buy again
        then  pl_1 is ApplicationPending
        when  the application of pl_1 is completed
        then  pl_1 is Active
        and   the insurer has 1 contractor, 1 job, 2 quotes, 2 sessions, 2 policies
        "
    ));
}

#[test]
fn an_assignment_that_is_cancelled_is_flagged_and_its_policy_does_not_heal_it() {
    check(&format!(
        "{BY_POLICY}{BY_ASSIGNMENT}
        when  the assignment of pl_2 is cancelled
        then  pl_2 is Flagged: the assignment was cancelled
        when  everything is polled
        then  pl_2 is Flagged
        when  the assignment of pl_2 comes into force
        then  pl_2 is Active: by assignment
        "
    ));
}

#[test]
fn the_policy_under_an_assignment_that_is_cancelled_flags_it_and_the_assignment_does_not_heal_it() {
    check(&format!(
        "{BY_POLICY}{BY_ASSIGNMENT}
        when  the policy of pl_1 is cancelled
        then  pl_1 is Flagged
        and   pl_2 is Flagged: the policy was cancelled
        when  everything is polled
        then  pl_2 is Flagged: the policy was cancelled
        when  the policy of pl_1 is reactivated
        then  pl_1 is Active
        and   pl_2 is Active: by assignment
        "
    ));
}

#[test]
fn what_lost_both_its_policy_and_its_assignment_is_healed_by_neither() {
    check(&format!(
        "{BY_POLICY}{BY_ASSIGNMENT}
        when  the policy of pl_1 is cancelled
        and   the assignment of pl_2 is cancelled
        and   the policy of pl_1 is reactivated
        then  pl_1 is Active
        and   pl_2 is Flagged: coverage lost
        "
    ));
}

#[test]
fn the_policy_lost_while_the_assignment_is_pending_flags_it() {
    check(&format!(
        "{BY_POLICY}
        when  pl_2 of cand_1
        and   the ATS reports pl_2
        then  pl_2 is Assigned
        when  the policy of pl_1 is cancelled
        then  pl_2 is Flagged: the policy was cancelled
        "
    ));
}

#[test]
fn a_charge_that_fails_is_flagged_and_may_yet_succeed() {
    check(&format!(
        "{BY_POLICY}
        when  pl_2 of cand_1
        and   the ATS reports pl_2
        and   the assignment of pl_2 fails its charge
        then  pl_2 is Flagged: the charge for the assignment failed
        when  the assignment of pl_2 comes into force
        then  pl_2 is Active: by assignment
        when  the assignment of pl_2 fails its charge
        then  pl_2 is Flagged
        when  everything is polled
        then  pl_2 is Flagged
        "
    ));
}

#[test]
fn a_charge_that_fails_and_an_assignment_cancelled_after_it_do_not_come_back() {
    check(&format!(
        "{BY_POLICY}
        when  pl_2 of cand_1
        and   the ATS reports pl_2
        and   the assignment of pl_2 fails its charge
        and   the assignment of pl_2 is cancelled
        then  pl_2 is Flagged: the assignment was cancelled
        when  the operator returns pl_2: once more
        then  pl_2 is Assigned
        and   the insurer has 2 assignments, 1 live assignment
        "
    ));
}

#[test]
fn covered_to_the_end_is_completed_by_the_timer() {
    check(&format!(
        "{BY_POLICY}
        when  it is 2026-06-30 13:00
        then  pl_1 is Active
        when  it is 2026-07-01 04:00
        and   the timers fire
        then  pl_1 is Completed: covered to its end
        and   PlacementCompleted once for pl_1
        when  the policy of pl_1 expires
        then  pl_1 is Completed
        "
    ));
}

#[test]
fn what_was_cancelled_and_never_told_is_found_before_the_end_is_recorded() {
    for end in ["the ATS reports pl_1 with stage=2026-05-01", "it is 2026-07-01 04:00"] {
        check(&format!(
            "{BY_POLICY}
            when  quietly the policy of pl_1 is cancelled
            then  pl_1 is Active
            when  quietly {end}
            then  pl_1 is Flagged: the policy was cancelled
            and   the insurer heard read_coverage 1x
            and   CoverageLost once for pl_1
            when  the operator closes pl_1: it was cancelled after the last day
            then  pl_1 is Canceled
            "
        ));
    }
}

#[test]
fn the_policy_under_an_assignment_is_read_before_its_end_is_recorded_too() {
    check(&format!(
        "{BY_POLICY}{BY_ASSIGNMENT}
        when  quietly the policy of pl_1 is cancelled
        and   quietly the ATS reports pl_2 with stage=2026-05-01
        then  pl_2 is Flagged: the policy was cancelled
        and   pl_1 is Active
        "
    ));
}

#[test]
fn an_end_that_the_ats_takes_back_closes_nothing() {
    check(&format!(
        "{BY_POLICY}
        when  at once the ATS reports pl_1 with stage=2026-05-01
        then  pl_1 is Active: work is over, and the coverage is read once more
        when  at once the ATS reports pl_1 with stage=working
        then  pl_1 is Active: covered 2026-03-16 to 2026-06-30
        when  it is 2026-05-10 13:00
        then  pl_1 is Active: covered 2026-03-16 to 2026-06-30
        and   the insurer heard read_coverage 0x
        "
    ));
}

#[test]
fn the_end_in_the_ats_completes_too() {
    check(&format!(
        "{BY_POLICY}
        when  the ATS reports pl_1 with stage=2026-05-01
        then  pl_1 is Completed
        "
    ));
}

#[test]
fn a_policy_that_runs_out_early_is_a_loss() {
    check(&format!(
        "{BY_POLICY}
        when  it is 2026-05-01 13:00
        and   the policy of pl_1 expires
        then  pl_1 is Flagged: the policy ran out before the engagement ends
        "
    ));
}

#[test]
fn terms_accepted_beyond_the_policy_are_a_loss_when_the_policy_ends() {
    check(&format!(
        "{BY_POLICY}
        when  the insurer will refuse extend_coverage with not_offered
        and   the ATS reports pl_1 with end=2026-07-31
        then  pl_1 is Flagged: last day was 2026-06-30, is 2026-07-31, and the insurer will not extend
        when  the operator returns pl_1: extended by hand
        then  pl_1 is Active
        when  it is 2026-07-02 13:00
        then  pl_1 is Flagged: the policy ran out
        "
    ));
}

#[test]
fn buying_anew_after_a_failed_charge_undoes_the_assignment_first() {
    for verb in ["returns", "restarts"] {
        check(&format!(
            "{BY_POLICY}{BY_ASSIGNMENT}
            when  the assignment of pl_2 fails its charge
            and   at once the operator {verb} pl_2: another card
            then  pl_2 is Assigned: undoing the assignment
            when  the world settles
            then  pl_2 is Assigned: waiting
            and   the insurer has 2 assignments, 1 live assignment
            "
        ));
    }
}

#[test]
fn policy_and_charge_lost_together_undo_the_assignment_before_buying_anew() {
    for (first, second) in [
        ("the policy of pl_1 is cancelled", "the assignment of pl_2 fails its charge"),
        ("the assignment of pl_2 fails its charge", "the policy of pl_1 is cancelled"),
    ] {
        check(&format!(
            "{BY_POLICY}{BY_ASSIGNMENT}
            when  {first}
            and   {second}
            then  pl_2 is Flagged: the policy was cancelled, and the charge for the assignment failed
            when  everything is polled
            then  pl_2 is Flagged: the policy was cancelled, and the charge
            when  at once the operator returns pl_2: buy anew
            then  pl_2 is Assigned: undoing the assignment
            when  the policy of pl_1 is reactivated
            then  pl_2 is Assigned: waiting
            and   the insurer has 2 assignments, 1 live assignment
            "
        ));
    }
}

#[test]
fn policy_and_charge_lost_together_heal_only_together() {
    for pending in ["", BY_ASSIGNMENT] {
        check(&format!(
            "{BY_POLICY}{pending}
            given pl_2 of cand_1
            and   the ATS reports pl_2
            when  the policy of pl_1 is cancelled
            and   the assignment of pl_2 fails its charge
            and   the policy of pl_1 is reactivated
            then  pl_2 is Flagged: lost: the charge for the assignment failed
            when  the policy of pl_1 expires
            and   the assignment of pl_2 comes into force
            then  pl_2 is Flagged: lost: the policy ran out
            when  the policy of pl_1 is reactivated
            then  pl_2 is Active: by assignment
            "
        ));
    }
}

#[test]
fn an_assignment_on_its_way_is_not_forgotten_when_the_old_policy_comes_back() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   the policy of pl_1 is cancelled
        then  pl_1 is Flagged: the policy was cancelled
        when  at once the policy of pl_1 is reactivated
        and   at once the insurer will lose create_quote before its effect
        and   at once the operator returns pl_1: buy anew
        and   at once one call is made, twice
        and   at once one call is made
        then  pl_1 is Quoted: creating the assignment
        when  at once a call takes off
        and   at once everything is polled
        then  pl_1 is Quoted: creating the assignment
        when  at once its answer lands
        and   the assignment of pl_1 comes into force
        then  pl_1 is Active: by assignment
    ",
    );
}

#[test]
fn an_assignment_covers_the_days_that_the_insurer_says_it_has() {
    let assigned = "
        given pl_2 of cand_1
        and   the ATS reports pl_2
        then  pl_2 is Assigned";
    check(&format!(
        "{BY_POLICY}{assigned}
        when  the assignment of pl_2 has 2026-03-18 to 2026-06-30
        and   the assignment of pl_2 comes into force
        then  pl_2 is Flagged: covered from 2026-03-18, but work began on 2026-03-16: 2 days uncovered
        and   the gaps of pl_2 until 2026-03-31 are 2026-03-16 to 2026-03-17
        "
    ));
    check(&format!(
        "{BY_POLICY}{assigned}
        when  the assignment of pl_2 has 2026-03-16 to 2026-05-31
        and   the assignment of pl_2 comes into force
        then  pl_2 is Active: covered 2026-03-16 to 2026-05-31
        and   the gaps of pl_2 until 2026-06-02 are 2026-06-01 to 2026-06-02
        when  it is 2026-06-01 12:00
        then  pl_2 is Flagged: the policy ran out
        and   the gaps of pl_2 until 2026-06-02 are 2026-06-01 to 2026-06-02
        "
    ));
}

#[test]
fn an_assignment_without_dates_covers_the_work_as_far_as_the_policy_under_it_goes() {
    check(&format!(
        "{BY_POLICY}{BY_ASSIGNMENT}
        when  the ATS reports pl_2 with end=2026-07-31
        then  pl_2 is Active: covered 2026-03-16 to 2026-07-31
        when  the assignment of pl_2 has no dates
        then  pl_2 is Active: covered 2026-03-16 to 2026-06-30
        and   the gaps of pl_2 until 2026-07-02 are 2026-07-01 to 2026-07-02
        "
    ));
}

#[test]
fn a_policy_on_file_that_does_not_reach_ends_at_a_person() {
    check(&format!(
        "{BY_POLICY}
        given pl_2 of cand_1 with end=2026-09-30
        and   the insurer will refuse create_quote with contractor_has_matching_policy
        when  the ATS reports pl_2
        then  pl_2 is Flagged: the policy on file does not cover this placement: No matching policy found
        and   pl_2 waits for a person
        and   the insurer heard create_assignment 1x
        and   the insurer has 1 policy, no assignments, 1 quote, 1 session
        when  the engine restarts
        and   everything is polled
        then  pl_2 is Flagged: the policy on file does not cover this placement
        and   the insurer heard create_assignment 1x
        when  the operator restarts pl_2: the broker took the old policy off the file
        then  pl_2 is ApplicationPending
        "
    ));
}
