//! The process dies after every step of a road and is started again on the same log; what was in flight is lost before or
//! after its effect. In the end the history is the same, and the insurer has one of each.

use tests::peers::ats::person;
use tests::peers::fault::Fault;
use tests::world::{World, contractor_stream, good, stream};
use workflow_core::domain::call::{AssignmentStanding, Side};
use workflow_core::domain::facts::{CandidateId, PlacementId};

/// What happens to the call in flight when the process dies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Dies {
    /// Nothing was in flight.
    Between,
    /// It never arrived.
    BeforeEffect,
    /// It arrived; its answer came to nobody.
    AfterEffect,
    /// The same, and the insurer forgets every key, though it promised to keep them for a day.
    AfterEffectForgotten,
}

/// What remains of a road: the two placements' histories and the contractor's, and what the insurer made.
#[derive(Debug, PartialEq)]
struct Remains {
    histories: Vec<Vec<String>>,
    made: [usize; 6],
}

fn first() -> PlacementId {
    PlacementId("pl_1".into())
}

fn second() -> PlacementId {
    PlacementId("pl_2".into())
}

fn who() -> CandidateId {
    CandidateId("cand_1".into())
}

/// One call, or the death that takes its place at the step numbered `at`. Returns whether there was one.
async fn step(world: &mut World, count: &mut usize, at: usize, dies: Dies) -> bool {
    world.quiet().await;
    let Some(call) = world.engine().owed_calls().into_iter().next() else { return false };
    *count += 1;
    if *count == at {
        match dies {
            Dies::Between => {}
            Dies::BeforeEffect => {
                let faults = match call.call.side() {
                    Some(Side::Ats) => &world.ats().faults,
                    Some(Side::Insurer) | None => &world.insurer().faults,
                };
                faults.plan("*", Fault::LostBefore);
                world.attempt(call).await;
            }
            Dies::AfterEffect => world.attempt(call).await,
            Dies::AfterEffectForgotten => {
                world.attempt(call).await;
                world.insurer().forget_keys();
            }
        }
        world.restart();
        return true;
    }
    world.step().await
}

/// The first-time road of one placement and the returning road of another; dies at the step numbered `at`.
async fn road(mut world: World, at: usize, dies: Dies) -> (Remains, usize) {
    let mut count = 0;
    world.ats().put_person(who(), person("Kim", Some("kim@real.test")));
    for placement in [first(), second()] {
        world.ats().put(good(&placement, &who()));
        world.observe(&placement).await.expect("it is taken");
        if at == 0 {
            world.restart();
        }
        while step(&mut world, &mut count, at, dies).await {}
        match world.insurer().assignment_of(&placement) {
            None => {
                let session = world.insurer().session_of(&placement).expect("it applies");
                world.insurer().complete(&session).expect("it is open");
            }
            Some(assignment) => {
                world.insurer().set_assignment(&assignment, AssignmentStanding::Active);
            }
        }
        if at == 0 {
            // Received and not worked off.
            world.receive().await;
            world.restart();
        }
        while world.deliver_one().await {
            if at == 0 {
                world.restart();
            }
        }
    }
    world.settle().await;
    let streams = [stream(&first()), stream(&second()), contractor_stream(&who())];
    let histories = streams.iter().map(|stream| world.history(stream)).collect();
    let books = world.insurer().books();
    assert!(books.violations.is_empty(), "{:?}", books.violations);
    let made = [
        books.contractors.len(),
        books.jobs.len(),
        books.quotes.len(),
        books.sessions.len(),
        books.assignments.len(),
        books.policies.len(),
    ];
    drop(books);
    (Remains { histories, made }, count)
}

fn at_every_step(world: fn() -> World) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime can be built").block_on(async {
        let (undisturbed, steps) = road(world(), usize::MAX, Dies::Between).await;
        assert_eq!(undisturbed.made, [1, 2, 1, 1, 1, 1]);
        let last = |history: &Vec<String>| history.last().cloned().unwrap_or_default();
        assert_eq!(last(&undisturbed.histories[0]), "coverage_started");
        assert_eq!(last(&undisturbed.histories[1]), "coverage_started");
        assert!(steps >= 8, "{steps} steps are no road");
        for at in 0..=steps {
            for dies in
                [Dies::Between, Dies::BeforeEffect, Dies::AfterEffect, Dies::AfterEffectForgotten]
            {
                let (remains, _) = road(world(), at, dies).await;
                assert_eq!(remains, undisturbed, "died at step {at}, {dies:?}");
            }
        }
    });
}

#[test]
fn a_death_at_any_step_leaves_no_trace_in_memory() {
    at_every_step(World::in_memory);
}

#[test]
fn a_death_at_any_step_leaves_no_trace_on_disk() {
    at_every_step(World::on_disk);
}

/// The events that messages led to, by the message's key.
fn told(world: &World) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for workflow in ["placement", "contractor"] {
        for summary in world.engine().summaries(workflow) {
            for recorded in world.engine().history(&summary.stream).expect("it can be read") {
                let cause = recorded.event.cause;
                if cause.actor.starts_with("stream:") {
                    told.push((cause.key, recorded.event.kind));
                }
            }
        }
    }
    told
}

#[test]
fn a_message_is_told_once_however_often_the_engine_starts() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime can be built").block_on(async {
        for mut world in [World::in_memory(), World::on_disk()] {
            world.ats().put_person(who(), person("Kim", Some("kim@real.test")));
            for placement in [first(), second()] {
                world.ats().put(good(&placement, &who()));
                // Nothing waits for the messages that this brings up: the engine may stop before it tells them.
                world.observe(&placement).await.expect("it is taken");
                world.restart();
            }
            world.settle().await;
            let before = told(&world);
            for _ in 0..3 {
                world.restart();
                world.settle().await;
            }
            assert_eq!(told(&world), before);
            let asked = |key: &str| before.iter().filter(|(k, _)| k.contains(key)).count();
            assert_eq!(asked("/ask_link"), 2, "{before:?}");
            assert_eq!(asked("/ask_road"), 3, "two asked, one of them was granted: {before:?}");
        }
    });
}
