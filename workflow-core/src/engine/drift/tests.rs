//! Code that changed comes to something else, and is found; code that did not is not.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::*;
use crate::engine::Engine;
use crate::engine::office::{Desk, Input, Office, desk, office, stream, tell};
use crate::graph::freeze;
use crate::machine;
use crate::record::{Cause as Why, NewEvent};
use crate::store::sled::SledStore;
use crate::store::{Append, Store};
use crate::time::{ManualClock, Timestamp};
use crate::workflow::{Answered, Context, Owed, Rejection, Workflow};

/// A machine whose one arm was changed: a desk that is shut rests.
mod changed {
    use super::*;

    #[machine]
    pub mod desk {
        use super::*;

        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum State {
            Open {
                asked: Option<u32>,
                letter_to: Option<StreamId>,
            },
            #[terminal]
            Rests,
        }

        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Event {
            Opened { asked: Option<u32>, letter_to: Option<StreamId> },
            Shut,
        }

        use {Event::*, State::*};

        fn begin(event: Event) -> Option<State> {
            match event {
                Opened { asked, letter_to } => Some(Open { asked, letter_to }),
                _ => None,
            }
        }

        fn evolve(state: State, event: Event) -> Option<State> {
            match (state, event) {
                (Open { .. }, Shut) => Some(Rests),
                _ => None,
            }
        }
    }
}

/// Desks of today on a machine of today's, owing what `react` says.
struct Today<M, R>(PhantomData<(M, R)>);

trait Reacts<M: machine::Machine>: Send + Sync + 'static {
    fn react(stream: &StreamId, state: &M::State) -> Vec<Owed<u32>>;
}

impl<M: machine::Machine, R: Reacts<M>> Workflow for Today<M, R> {
    type Domain = Office;
    type Machine = M;
    type Input = Input;

    fn decide(
        _: Option<&M::State>,
        _: Input,
        _: &Context<'_, ()>,
    ) -> Result<Vec<M::Event>, Rejection> {
        Ok(Vec::new())
    }

    fn react(stream: &StreamId, state: &M::State) -> Vec<Owed<u32>> {
        R::react(stream, state)
    }

    fn answered(_: Answered<()>) -> Input {
        Input::Answered
    }

    fn input_name(_: &Input) -> &'static str {
        ""
    }

    fn headline(_: &M::State) -> String {
        "other words for people".to_owned()
    }
}

/// Owes as before.
struct Same;

impl Reacts<desk::Machine> for Same {
    fn react(stream: &StreamId, state: &desk::State) -> Vec<Owed<u32>> {
        Desk::react(stream, state)
    }
}

impl Reacts<changed::desk::Machine> for Same {
    fn react(stream: &StreamId, state: &changed::desk::State) -> Vec<Owed<u32>> {
        match state {
            changed::desk::State::Open { asked, letter_to } => {
                let (asked, letter_to) = (*asked, letter_to.clone());
                Desk::react(stream, &desk::State::Open { asked, letter_to })
            }
            changed::desk::State::Rests => Vec::new(),
        }
    }
}

/// Calls the call otherwise.
struct Renamed;

impl Reacts<desk::Machine> for Renamed {
    fn react(stream: &StreamId, state: &desk::State) -> Vec<Owed<u32>> {
        let mut owed = Desk::react(stream, state);
        for owed in &mut owed {
            if let Owed::Call { operation, .. } = owed {
                *operation = "inquire".to_owned();
            }
        }
        owed
    }
}

fn store(dir: &Path) -> Arc<dyn Store> {
    Arc::new(SledStore::open(dir).unwrap())
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_secs(1_764_000_000)))
}

/// One desk was answered, one waits for its answer, one wrote to one.
async fn lived_in(dir: &Path) {
    let engine = office(store(dir), clock(), |_| true);
    tell(&engine, &stream("desk/main/1"), Input::Ask(1)).await;
    tell(&engine, &stream("desk/main/2"), Input::Ask(2)).await;
    let call = engine.owed_calls().remove(0);
    engine.answer(&call, (), dispatch::ACTOR).await.unwrap();
    tell(&engine, &stream("desk/main/3"), Input::Write(stream("desk/main/4"))).await;
    tell(&engine, &stream("desk/main/4"), Input::Nudge).await;
    tell(&engine, &stream("desk/main/4"), Input::Nudge).await;
    engine.checkpoint().unwrap();
    engine.stop();
}

fn compared<W: Workflow<Domain = Office>>(dir: &Path, with: With) -> Report {
    let store = store(dir);
    let rules = Arc::new(|_: &str| None);
    let builder = Engine::builder(Arc::clone(&store), clock(), rules).workflow::<W>();
    let mut drift = match with {
        With::Nothing => builder.drift(),
        With::Index => builder.drift().recorded(&*store),
        With::Tables => {
            let table = freeze::<desk::Machine>();
            builder.drift().with_tables(BTreeMap::from([(table.machine.clone(), table)]))
        }
    };
    let each = &mut |recorded: Recorded| {
        drift.take(&recorded);
        std::ops::ControlFlow::Continue(())
    };
    store.scan(Position(0), each).unwrap();
    drift.finish()
}

#[derive(Clone, Copy)]
enum With {
    Nothing,
    Index,
    Tables,
}

type Unchanged = Today<desk::Machine, Same>;

#[tokio::test]
async fn code_that_did_not_change_comes_to_the_same() {
    let dir = TempDir::new().unwrap();
    lived_in(dir.path()).await;
    for with in [With::Nothing, With::Index, With::Tables] {
        let report = compared::<Unchanged>(dir.path(), with);
        assert_eq!(report.differences, []);
        assert_eq!((report.events, report.instances, report.keys), (5, 4, 2));
        let expected = if matches!(with, With::Index) { 4 } else { 0 };
        assert_eq!(report.compared, expected);
    }
}

#[tokio::test]
async fn a_changed_arm_is_found_by_the_index_and_by_the_table() {
    type Changed = Today<changed::desk::Machine, Same>;
    let dir = TempDir::new().unwrap();
    lived_in(dir.path()).await;
    assert_eq!(compared::<Changed>(dir.path(), With::Nothing).differences, []);
    let (recorded, derived) = ("Closed".to_owned(), "Rests".to_owned());
    let kind = What::Kind { recorded: recorded.clone(), derived: derived.clone() };
    let state = What::State { recorded, derived };
    for (with, what) in [(With::Index, state), (With::Tables, kind)] {
        let report = compared::<Changed>(dir.path(), with);
        let (stream, version, position) = (stream("desk/main/1"), Version(2), Position(2));
        assert_eq!(report.differences, [Difference { stream, version, position, what }]);
    }
}

#[tokio::test]
async fn work_that_is_owed_under_another_name_is_found() {
    type Other = Today<desk::Machine, Renamed>;
    let dir = TempDir::new().unwrap();
    lived_in(dir.path()).await;
    let report = compared::<Other>(dir.path(), With::Index);
    let said: Vec<String> = report
        .differences
        .iter()
        .map(|d| format!("{} {}: {}", d.stream, d.version, d.what))
        .collect();
    assert_eq!(
        said,
        [
            // The second desk's answer never came: only the index tells.
            "desk/main/2 1: it was noted to be owed [call ask since 1], and is owed [call inquire since 1] today",
            "desk/main/1 2: it came of main/desk/1/1/ask, which the state before it is not owed today",
        ]
    );
}

#[tokio::test]
async fn an_event_that_is_not_accepted_is_found_once_for_each_stream() {
    let dir = TempDir::new().unwrap();
    lived_in(dir.path()).await;
    {
        let store = store(dir.path());
        let cause = Why { input: "test".into(), key: String::new(), actor: "test".into() };
        let shut = NewEvent {
            kind: "shut".into(),
            schema: 1,
            recorded_at: Timestamp::from_secs(1_764_000_001),
            cause,
            content: vec![0xf6],
        };
        let events = vec![shut.clone(), shut];
        let append = Append { stream: stream("desk/main/1"), expected: Version(2), events };
        store.append(&[append]).unwrap().remove(0).unwrap();
    }
    let report = compared::<Unchanged>(dir.path(), With::Nothing);
    assert_eq!(report.differences.len(), 1);
    let found = &report.differences[0];
    assert_eq!((found.version, found.position), (Version(3), Position(5)));
    assert!(matches!(&found.what, What::Refused(why) if why.contains("Closed")), "{found:?}");
}
