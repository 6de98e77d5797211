//! The explorer itself, on desks that ask the outside and write to each other.

use super::*;
use crate::engine::office::{Desk, Input, Office};
use crate::outcome::Outcome;

/// How the outside answers, and what there is to do.
struct Day {
    begin: &'static [(&'static str, Job)],
    provider: Provider,
}

#[derive(Clone, Copy)]
enum Job {
    Ask,
    WriteTo(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Provider {
    /// Knows keys, and can be asked what was done.
    Keeps,
    /// Knows keys, and shows nobody what was done.
    Hides,
    /// Does everything it is asked, again and again.
    Forgets,
    /// Never answers.
    Down,
}

/// Which desks have begun, and how often something was done for one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Done {
    begun: Vec<bool>,
    times: u8,
}

fn stream(name: &str) -> StreamId {
    StreamId::new("desk", "acme", name).expect("test names are plain")
}

impl Model for Day {
    type Domain = Office;
    type World = Done;

    fn begin(&self) -> Done {
        Done { begun: vec![false; self.begin.len()], times: 0 }
    }

    fn now(&self, _: &Done) -> Timestamp {
        Timestamp(0)
    }

    fn rules(&self) -> &() {
        &()
    }

    fn perform(
        &self,
        done: &mut Done,
        _: &u32,
        attempt: &Attempt,
        remembered: Option<&Outcome<()>>,
    ) -> Outcome<()> {
        match (self.provider, remembered) {
            (Provider::Down, _) => Outcome::not_sent("nobody is there"),
            (Provider::Keeps, _) if attempt.look_first && done.times > 0 => Outcome::Answered(()),
            (Provider::Keeps | Provider::Hides, Some(outcome)) => outcome.clone(),
            (Provider::Keeps | Provider::Hides | Provider::Forgets, _) => {
                done.times += 1;
                Outcome::Answered(())
            }
        }
    }

    fn happen(&self, done: &Done) -> Vec<Deed<Done>> {
        let waiting = self.begin.iter().enumerate().filter(|(index, _)| !done.begun[*index]);
        let deed = |(index, (name, job)): (usize, &(&str, Job))| {
            let mut after = done.clone();
            after.begun[index] = true;
            let input = match job {
                Job::Ask => Input::Ask(7),
                Job::WriteTo(other) => Input::Write(stream(other)),
            };
            let told = Told::to::<Desk>(stream(name), &input);
            Deed::new(format!("{name} begins"), Pace::Certain, after).told(told)
        };
        waiting.map(deed).collect()
    }

    fn invariants(&self) -> Vec<Invariant<Self>> {
        let holds = |scene: &Scene<'_, Self>| match scene.world.times {
            0 | 1 => Ok(()),
            times => Err(format!("it was done {times} times")),
        };
        vec![Invariant { name: "what is asked once is done once", when: When::Always, holds }]
    }
}

fn explored(begin: &'static [(&'static str, Job)], provider: Provider, left: Hostility) -> Report {
    Explorer::new(Day { begin, provider }).workflow::<Desk>().explore(left)
}

const ASKING: &[(&str, Job)] = &[("a", Job::Ask)];

#[test]
fn a_provider_that_knows_keys_and_is_looked_at_first_does_once_what_is_asked_once() {
    let report = explored(ASKING, Provider::Keeps, Hostility::ONE);
    assert!(report.complete, "{report}");
    assert!(report.at_rest > 0, "{report}");
}

#[test]
fn a_provider_that_forgets_does_it_twice_and_the_story_is_short() {
    let report = explored(ASKING, Provider::Forgets, Hostility { lost: 1, ..Hostility::NONE });
    let story = report.story.expect("it is found");
    assert_eq!(
        story.to_string(),
        "  1. a begins: opened -> desk/acme/a is Open
  2. desk/acme/a calls `ask`: it is done, and the answer is lost
  3. desk/acme/a calls `ask`: answered (()), on its way
This breaks: what is asked once is done once
because it was done 2 times"
    );
}

#[test]
fn a_crash_forgets_answers_and_attempts() {
    let left = Hostility { crashes: 1, ..Hostility::NONE };
    let story = explored(ASKING, Provider::Forgets, left).story.expect("it is found");
    assert_eq!(story.steps.len(), 4, "{story}");
    assert_eq!(story.steps[2], "the process ends and begins again");
    let report = explored(ASKING, Provider::Keeps, left);
    assert!(report.complete, "{report}");
}

#[test]
fn a_key_forgotten_too_soon_is_found_where_nothing_can_be_looked_up() {
    let left = Hostility { crashes: 1, forgotten: 1, ..Hostility::NONE };
    let story = explored(ASKING, Provider::Hides, left).story.expect("it is found");
    assert_eq!(story.steps.len(), 4, "{story}");
    let report = explored(ASKING, Provider::Keeps, left);
    assert!(report.complete, "what may have been attempted is looked up after a restart: {report}");
}

#[test]
fn what_never_comes_to_rest_is_found() {
    let report = explored(ASKING, Provider::Down, Hostility::NONE);
    let story = report.story.expect("it is found");
    assert_eq!(story.broken, "everything comes to rest when nobody is hostile", "{story}");
}

#[test]
fn messages_cross_and_come_once() {
    let begin = &[("a", Job::WriteTo("b")), ("b", Job::WriteTo("a")), ("c", Job::WriteTo("c"))];
    let report = explored(begin, Provider::Keeps, Hostility { crashes: 2, ..Hostility::NONE });
    assert!(report.complete, "{report}");
    // Either desk may have begun, or got a letter, before it began by itself.
    assert!(report.at_rest > 1, "{report}");
}

#[test]
fn a_search_that_is_cut_says_so() {
    let explorer = Explorer::new(Day { begin: ASKING, provider: Provider::Keeps });
    let report = explorer.workflow::<Desk>().at_most(2).explore(Hostility::ONE);
    assert!(!report.complete && report.story.is_none(), "{report}");
}

#[test]
fn a_workflow_that_is_not_registered_is_a_defect() {
    let report = Explorer::new(Day { begin: ASKING, provider: Provider::Keeps });
    let story = report.explore(Hostility::NONE).story.expect("it is found");
    assert_eq!(story.broken, "no workflow contradicts itself");
    assert_eq!(story.steps, Vec::<String>::new());
}
