//! Stories in text, run through the real engine: `check("given ... when ... then ...")`.
//!
//! One line is one step. `given` and `when` do something and let the world settle (`story/acts.rs`); `then` looks
//! (`story/looks.rs`); `and` goes on as the line before. `quietly` before a step keeps the insurer's signals on their
//! way, `in flight` keeps the answers of calls away too. A failure shows the story with the line that failed, and
//! everything that is so.

use std::fmt::Write as _;
use std::panic::Location;

use workflow_core::domain::facts::{CandidateId, PlacementId};
use workflow_core::engine::{HandleError, Handled};

use crate::world::World;

mod acts;
mod looks;
mod papers;
mod weeks;

/// What a step comes to: why it does not hold, if it does not.
type Outcome = Result<(), String>;

/// Runs a story in a fresh world.
///
/// # Panics
/// When a line does not hold, or is none of the language.
#[track_caller]
pub fn check(story: &str) {
    run(story, World::in_memory(), Location::caller());
}

/// Runs a story in a world of one's own.
///
/// # Panics
/// When a line does not hold, or is none of the language.
#[track_caller]
pub fn check_in(world: World, story: &str) {
    run(story, world, Location::caller());
}

/// Lives through a story in a world of one's own, and hands the world back to look at.
///
/// # Panics
/// When a line does not hold, or is none of the language.
#[track_caller]
pub fn lived(world: World, story: &str) -> World {
    run(story, world, Location::caller())
}

fn run(story: &str, world: World, caller: &Location<'_>) -> World {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let mut teller = Teller { world, last: None };
        let mut looking = false;
        for (number, line) in story.lines().enumerate() {
            let words = line.trim();
            let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
            match first {
                "" => continue,
                "given" | "when" => looking = false,
                "then" => looking = true,
                "and" => {}
                other => panic!("{caller}: a line begins with `{other}`: {words}"),
            }
            let rest = rest.trim();
            let outcome = if looking { teller.look(rest).await } else { teller.act(rest).await };
            if let Err(problem) = outcome {
                panic!("{}", teller.failure(story, number, &problem, caller));
            }
        }
        let violations = teller.world.insurer().books().violations.join("; ");
        if !violations.is_empty() {
            panic!("{}", teller.failure(story, usize::MAX, &violations, caller));
        }
        teller.world
    })
}

/// A story under way.
struct Teller {
    world: World,
    /// What the last command led to.
    last: Option<Result<Handled, HandleError>>,
}

impl Teller {
    fn failure(&self, story: &str, failed: usize, problem: &str, caller: &Location<'_>) -> String {
        let mut text = format!("\nthe story at {caller} does not hold: {problem}\n\n");
        for (number, line) in story.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let mark = if number == failed { ">>" } else { "  " };
            let _ = writeln!(text, "{mark} {}", line.trim());
        }
        let _ = writeln!(text, "\nwhat is so:\n{}", self.world.describe());
        text
    }
}

fn placement(name: &str) -> PlacementId {
    PlacementId(name.trim().to_owned())
}

fn candidate(name: &str) -> CandidateId {
    CandidateId(name.trim().to_owned())
}

/// The text between two others, when the line has that form: `form(line, "the policy of ", " is cancelled")`.
fn form<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    line.strip_prefix(before)?.strip_suffix(after)
}
