//! The rules are tried themselves: a breach of each is planted in a world that keeps them, and is found.

use std::time::Duration;

use tests::world::Town;
use workflow_core::domain::call::{
    ApplicationStanding, AssignmentStanding, Call, PolicyStanding, Wage, Window,
};
use workflow_core::domain::facts::Date;
use workflow_core::domain::placement::{Input, Resolution, State};
use workflow_core::id::{Key, Version};
use workflow_core::money::Cents;
use workflow_core::outcome::Attempt;
use workflow_core::time::Timestamp;

use super::Deed;
use super::rules::{self, Checked};
use super::scope::Scope;
use super::{begin, happen, losses, people, placement, season};

/// A town of one tenant: placement 0 covered by its policy, 1 by assignment, 2 and 3 applying.
async fn town() -> (Town, Vec<Scope>) {
    let mut town = Town::in_memory(1);
    let world = &mut town.worlds()[0];
    begin(world).await;
    season(world).await;
    for number in 2..4 {
        happen(world, &Deed::Report { placement: number, change: None }).await;
    }
    happen(world, &Deed::Assignment { pick: 0, what: 2 }).await;
    world.settle().await;
    let mut scope = Scope::default();
    scope.note(world);
    (town, vec![scope])
}

#[track_caller]
fn found(checked: Checked, says: &str) {
    let error = checked.expect_err("the breach is not found").to_string();
    assert!(error.contains(says), "{error}");
}

#[tokio::test]
async fn a_world_that_keeps_the_rules_is_left_in_peace() {
    let (mut town, scopes) = town().await;
    let world = &mut town.worlds()[0];
    let active = |number| matches!(world.placement(&placement(number)), Some(State::Active { .. }));
    assert!(active(0) && active(1), "{}", world.describe());
    rules::at_every_moment(world).expect("no rule is broken");
    rules::in_the_end(&mut town, &scopes).expect("no rule is broken");
}

fn attempt(world: &tests::world::World, number: u8, owed_since: Timestamp) -> Attempt {
    let stream = world.stream(&placement(number));
    let key = Key::of(&stream, Version(1), "made_up");
    let (generation, earlier, look_first) = (1, 0, false);
    Attempt { stream, key, generation, earlier, owed_since, now: owed_since, look_first }
}

/// Rules 1, 3 and 6: calls that should never have left.
#[tokio::test]
async fn calls_out_of_turn_are_found() {
    let (mut town, _) = town().await;
    let world = &mut town.worlds()[0];
    let (references, contractor, job, quote) = {
        let books = world.insurer().books();
        let (id, quote) = books.quotes.first_key_value().expect("something was quoted");
        let Some(State::Active { hired, .. }) = world.placement(&quote.placement) else {
            panic!("the first is covered")
        };
        (hired.terms().references.clone(), quote.contractor.clone(), quote.job.clone(), id.clone())
    };
    let day: Date = "2026-03-01".parse().expect("a date");
    let begins = Timestamp::from_secs(1_772_000_000);
    let window = Window {
        first_day: day,
        last_day: day,
        effective: begins,
        until: begins.plus(Duration::from_secs(3600)),
    };
    let coverage = Vec::new();
    let ask = |job| Call::CreateQuote {
        references: references.clone(),
        contractor: contractor.clone(),
        job,
        coverage: coverage.clone(),
        window,
    };
    let mut others = references.clone();
    others.placement = placement(3);
    let apply = Call::OpenApplication { references: others, quote };
    let early = Timestamp::from_secs(1_771_000_000);
    for (call, since, says) in [
        (ask(job), begins, "coverage in the past"),
        (ask("jb_none".into()), early, "a quote before contractor and job"),
        (apply, early, "applied for what was never quoted to it"),
    ] {
        world.insurer().books().violations.clear();
        world.insurer().perform(&call, "made_up", &attempt(world, 0, since));
        found(rules::at_every_moment(world), says);
    }
    world.insurer().books().violations.clear();
    rules::at_every_moment(world).expect("no rule is broken");
    // What was never written down may not leave.
    happen(world, &Deed::Report { placement: 2, change: Some(("pay", "120.50")) }).await;
    let mut call = world.owed_calls().into_iter().next().expect("a change is owed");
    call.key = Key::of(&call.stream, Version(99), "made_up");
    world.attempt(call).await;
    found(rules::at_every_moment(world), "left before the log had what owes it");
}

/// Rules 2, 4, 5, 7, 9 and 10: the insurer's books are changed behind everybody's back.
#[tokio::test]
async fn what_is_wrong_in_the_books_is_found() {
    let (mut town, scopes) = town().await;
    let kept = town.worlds()[0].insurer().books().clone();
    let world = &town.worlds()[0];
    let books = || world.insurer().books();
    let policy = books().policies.keys().next().expect("one was issued").clone();

    let twin = books().jobs.values().next().expect("one was made").clone();
    books().jobs.insert("jb_twin".into(), twin);
    found(rules::seen(world).has_two_of_nothing(), "2 jobs of placement pl_0");
    *books() = kept.clone();

    let live = books().sessions.values().find(|it| it.is_live()).expect("one is").clone();
    books().sessions.insert("as_twin".into(), live);
    found(rules::nothing_is_open_unknown(world), "session as_twin");
    found(rules::seen(world).has_two_of_nothing(), "2 live sessions of contractor");
    *books() = kept.clone();

    for it in books().policies.values_mut() {
        it.past.clear();
    }
    found(rules::at_every_moment(world), "Active on what was never in force");
    *books() = kept.clone();

    let lost = (Timestamp::from_secs(1_772_500_000), PolicyStanding::Canceled);
    let mut changed = kept.policies[&policy].clone();
    (changed.standing, changed.past) = (lost.1, [changed.past, vec![lost]].concat());
    books().policies.insert(policy.clone(), changed);
    found(losses::are_flagged(&rules::seen(world)), "Active on what was lost");
    *books() = kept.clone();

    for it in books().assignments.values_mut() {
        it.standing = AssignmentStanding::Canceled;
        it.past.push((lost.0, AssignmentStanding::Canceled));
    }
    found(losses::are_flagged(&rules::seen(world)), "pl_1 is Active on what was lost");
    *books() = kept.clone();

    found(Scope::default().kept(&rules::seen(world)), "is no contractor's, and was spoken of");
    scopes[0].kept(&rules::seen(world)).expect("the rule is kept");

    for it in books().jobs.values_mut() {
        it.terms.wage = Wage::Hourly(Cents(9_501));
    }
    found(rules::seen(world).has_only_understood_money(), "is no rate here");
    *books() = kept.clone();

    for it in books().sessions.values_mut() {
        it.standing = ApplicationStanding::Expired;
    }
    found(rules::nobody_waits_for_what_cannot_come(world), "waits for a session");
    *books() = kept;
    rules::in_the_end(&mut town, &scopes).expect("no rule is broken");
}

/// Rule 5: a loss after which the placement goes to its end by itself; one that is hidden behind another flag.
#[tokio::test]
async fn a_loss_that_is_not_flagged_is_found() {
    let (mut town, _) = town().await;
    let world = &mut town.worlds()[0];
    happen(world, &Deed::Report { placement: 0, change: Some(("w2", "yes")) }).await;
    let state = world.placement(&placement(0));
    assert!(matches!(state, Some(State::Flagged { .. })), "{state:?}");
    losses::are_flagged(&rules::seen(world)).expect("nothing is lost yet");
    let at = Timestamp::from_secs(1_772_500_000);
    for it in world.insurer().books().policies.values_mut() {
        it.standing = PolicyStanding::Expired;
        it.past.push((at, PolicyStanding::Expired));
    }
    found(losses::are_flagged(&rules::seen(world)), "pl_0 lost its coverage and is flagged for");
}

/// Rules 8 and 11: a name in clear, and a picture that shows a difference.
#[tokio::test]
async fn a_name_in_the_log_and_another_picture_are_found() {
    let (mut town, _) = town().await;
    people::are_not_named(&town).expect("nobody is named");
    let before = rules::picture(town.engine());
    let world = &mut town.worlds()[0];
    happen(world, &Deed::Report { placement: 0, change: Some(("w2", "yes")) }).await;
    let reason = format!("{} said so", people::NAMES[0]);
    let input = Input::Resolve { resolution: Resolution::Close, reason };
    world.tell(&placement(0), input, "operator:kim").await.expect("it is resolved");
    assert_ne!(before, rules::picture(town.engine()));
    found(people::are_not_named(&town), people::NAMES[0]);
}
