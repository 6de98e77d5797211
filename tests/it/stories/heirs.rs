//! The certificates of a candidate who was merged into another one: the heir's contractor has them, and whoever works under
//! either name is covered by them.

use tests::story::{check, check_in};
use tests::world::{self, World};
use workflow_core::domain::call::CoverageType;
use workflow_core::domain::rules::Replaces;

/// A world whose tenant lets a certificate stand in for purchase.
fn replacing(min_remaining_days: Option<u16>) -> World {
    let mut rules = world::rules();
    rules.certificates.replaces_purchase = Replaces::WhereSatisfied;
    rules.certificates.satisfies = [CoverageType::General, CoverageType::WorkersComp].into();
    rules.certificates.min_remaining_days = min_remaining_days;
    World::with_rules(rules)
}

#[test]
fn what_stands_covers_the_heirs_placements_and_those_that_came_along() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        then  pl_1 is Active: own certificate
        when  cand_7 has the e-mail kim@real.test
        and   the ATS merges cand_1 into cand_7
        then  cand_7 is Linked
        and   pl_1 is Active: own certificate
        when  the ATS reports pl_1
        then  FlagRaised never for pl_1
        when  pl_7 of cand_7
        and   the ATS reports pl_7
        then  pl_7 is Active: own certificate
        when  the engine restarts
        then  pl_7 is Active: own certificate
        and   the insurer has 1 contractor, 1 certificate, 2 jobs, no quotes, no sessions
    ",
    );
}

#[test]
fn an_approval_after_the_merge_is_the_heirs_and_closes_an_open_application() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_1 hands in paper_a
        and   cand_7 has the e-mail kim@real.test
        and   the ATS merges cand_1 into cand_7
        then  pl_1 is ApplicationPending
        and   cand_7 is OptingIn
        when  the review of paper_a approves general, workers-comp until 2027-01-01
        then  pl_1 is Active: own certificate
        and   cand_7 is Linked
        and   the insurer has 1 contractor, 1 certificate, 1 session, no live sessions
    ",
    );
}

#[test]
fn what_falls_after_the_merge_is_lost_to_the_heir() {
    for (what, says) in [
        ("the review of paper_a denies", "certificate does not stand any more"),
        ("the operator withdraws paper_a: it was forged", "certificate does not stand any more"),
        ("it is 2026-05-01 12:00", "certificate ran out"),
    ] {
        check_in(
            replacing(Some(30)),
            &format!(
                "
                given pl_1 of cand_1
                and   cand_1 hands in paper_a
                and   the review of paper_a approves general, workers-comp until 2026-05-01
                and   the ATS reports pl_1
                and   cand_7 has the e-mail kim@real.test
                and   the ATS merges cand_1 into cand_7
                and   pl_7 of cand_7
                and   the ATS reports pl_7
                then  pl_1 is Active: own certificate
                and   pl_7 is Active: own certificate
                when  {what}
                then  pl_7 is Flagged: {says}
                and   pl_1 is Flagged: {says}
                "
            ),
        );
    }
}

#[test]
fn one_that_waited_for_its_contractor_is_sent_once_by_the_heir() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_7 has the e-mail lee@real.test
        and   at once cand_1 hands in paper_a
        when  at once the ATS merges cand_1 into cand_7
        and   the world settles
        then  cand_1 is Merged
        and   paper_a is Uploaded
        and   cand_7 is Linked
        and   the insurer has 1 contractor, 1 certificate
        when  the engine restarts
        then  the insurer has 1 contractor, 1 certificate
    ",
    );
}

#[test]
fn one_that_comes_under_the_old_name_is_the_heirs() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_7 has the e-mail kim@real.test
        and   the ATS merges cand_1 into cand_7
        when  cand_1 hands in paper_a
        then  paper_a is Uploaded
        when  the review of paper_a approves general, workers-comp until 2027-01-01
        then  pl_1 is Active: own certificate
        and   the insurer has 1 contractor, 1 certificate
    ",
    );
}

#[test]
fn it_goes_on_through_two_merges_and_waits_where_a_person_must_choose() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the ATS reports pl_1
        and   cand_7 has the e-mail kim@real.test
        and   the ATS merges cand_1 into cand_7
        and   pl_9 of cand_9
        and   the ATS reports pl_9
        and   the ATS merges cand_7 into cand_9
        then  cand_9 is Contested
        when  the review of paper_a approves general, workers-comp until 2027-01-01
        and   the operator keeps cand_9 for cand_9: it is the real one
        then  pl_9 is Active: own certificate
        and   pl_1 is Active: own certificate
        and   the insurer has 1 certificate, 2 contractors, no live sessions
    ",
    );
}
