//! A person is reminded once per occasion of what is about to run out, also over a restart and a jump of the clock.

use tests::story::{check, check_in};
use tests::world::{World, rules};
use workflow_core::domain::rules::Rules;
use workflow_core::engine::Wait;

const APPLYING: &str = "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        then  pl_1 is ApplicationPending";

/// Covered to 2026-06-30 by its policy, and extended to 2026-07-31, which a person has accepted.
const ENDS_EARLY: &str = "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   the ATS reports pl_1 with end=2026-07-31; pay=120.50
        and   the operator returns pl_1: extended by hand
        then  pl_1 is Active";

#[test]
fn of_an_application_two_days_and_one_day_before_work_begins() {
    check_in(
        World::on_disk(),
        &format!(
            "{APPLYING}
        when  it is 2026-03-14 03:59
        then  Reminded never for pl_1
        when  it is 2026-03-14 04:00
        and   the timers fire, twice
        then  pl_1 is ApplicationPending: work begins on 2026-03-16: remind the contractor
        and   Reminded once for pl_1
        when  the engine restarts
        and   the timers fire, twice
        then  pl_1 is ApplicationPending: remind the contractor
        and   Reminded once for pl_1
        when  it is 2026-03-15 03:59
        then  Reminded once for pl_1
        when  it is 2026-03-15 04:00
        and   the engine restarts
        and   the timers fire, twice
        then  Reminded twice for pl_1
        when  it is 2026-03-16 03:59
        and   the timers fire
        then  pl_1 is ApplicationPending
        when  it is 2026-03-16 04:00
        then  pl_1 is Flagged: work has begun without coverage
        and   Reminded twice for pl_1
        "
        ),
    );
}

#[test]
fn of_an_application_once_when_the_machine_slept_over_both() {
    check(&format!(
        "{APPLYING}
        when  it is 2026-03-15 13:00
        and   the timers fire, twice
        then  Reminded once for pl_1
        and   pl_1 is ApplicationPending: remind the contractor
        when  the application of pl_1 is completed
        then  pl_1 is Active: by policy
        and   Reminded once for pl_1
        "
    ));
}

#[test]
fn of_an_application_in_review_the_insurer_is_to_be_asked() {
    check(&format!(
        "{APPLYING}
        when  the application of pl_1 goes to review
        and   it is 2026-03-14 13:00
        then  pl_1 is ApplicationPending: work begins on 2026-03-16: ask the insurer
        "
    ));
}

#[test]
fn of_an_application_that_is_opened_late_only_of_what_is_still_to_come() {
    for (start, times) in [("2026-03-03", "never"), ("2026-03-04", "once"), ("2026-03-05", "twice")]
    {
        check(&format!(
            "
        given pl_1 of cand_1 with start={start}
        and   the ATS reports pl_1
        when  it is 2026-03-03 04:59
        and   it is 2026-03-03 05:00
        and   it is 2026-03-04 04:59
        and   it is 2026-03-04 05:00
        then  Reminded {times} for pl_1
        "
        ));
    }
}

#[test]
fn of_an_application_as_the_tenant_sets_it() {
    for (remind_days, story) in [
        (vec![], "when it is 2026-03-15 13:00\nthen Reminded never for pl_1"),
        (
            vec![5, 5, 0, 40],
            "when it is 2026-03-11 04:00\nthen Reminded once for pl_1\n\
             when it is 2026-03-15 13:00\nthen Reminded once for pl_1",
        ),
    ] {
        let rules = Rules { remind_days, ..rules() };
        check_in(World::with_rules(rules), &format!("{APPLYING}\n{story}"));
    }
}

#[test]
fn of_an_application_that_is_opened_anew_for_another_start() {
    check(&format!(
        "{APPLYING}
        when  it is 2026-03-14 13:00
        then  Reminded once for pl_1
        when  the ATS reports pl_1 with start=2026-03-20
        then  pl_1 is ApplicationPending
        when  it is 2026-03-17 13:00
        then  Reminded once for pl_1
        when  it is 2026-03-18 13:00
        then  Reminded twice for pl_1
        and   pl_1 is ApplicationPending: work begins on 2026-03-20
        "
    ));
}

#[test]
fn of_coverage_that_ends_before_the_work_does() {
    check_in(
        World::on_disk(),
        &format!(
            "{ENDS_EARLY}
        when  it is 2026-06-17 03:59
        then  Reminded never for pl_1
        when  it is 2026-06-17 04:00
        and   the timers fire, twice
        then  pl_1 is Active: coverage ends on 2026-06-30, the work on 2026-07-31: extend it or buy anew
        and   Reminded once for pl_1
        when  the engine restarts
        and   it is 2026-06-28 04:00
        and   the timers fire, twice
        then  Reminded twice for pl_1
        when  it is 2026-07-01 04:00
        then  pl_1 is Flagged: the policy ran out before the engagement ends
        and   Reminded twice for pl_1
        "
        ),
    );
}

#[test]
fn of_coverage_to_the_end_never() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        when  it is 2026-06-30 13:00
        and   the timers fire
        then  pl_1 is Active
        and   Reminded never for pl_1
    ",
    );
}

/// What the list shows as waiting for a person.
#[tokio::test]
async fn who_is_reminded_is_waited_for() {
    let mut world = World::in_memory();
    let (placement, who) = ("pl_1".into(), "cand_1".into());
    world.ats().put_person("cand_1".into(), tests::peers::ats::person("Kim", None));
    world.ats().put(tests::world::good(&placement, &who));
    world.observe(&placement).await.unwrap();
    world.settle().await;
    let person = |world: &World| {
        let summary = world.engine().summary(&tests::world::stream(&placement)).unwrap();
        summary.waits.into_iter().find_map(|wait| match wait {
            Wait::Person(what) => Some(what),
            _ => None,
        })
    };
    assert_eq!(person(&world), None);
    world.clock.set("2026-03-14T12:00:00Z".parse::<jiff::Timestamp>().unwrap().into());
    world.fire().await;
    let words = "work begins on 2026-03-16: remind the contractor";
    assert_eq!(person(&world).as_deref(), Some(words));
    let session = world.insurer().session_of(&placement).unwrap();
    world.insurer().complete(&session);
    world.settle().await;
    assert_eq!(person(&world), None);
}
