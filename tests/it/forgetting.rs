//! Forgetting under the engine: the key and the event hold together through crashes, and the log stays what it was.

use std::sync::Arc;

use runner::documents::Documents;
use runner::forget::forget;
use tests::peers::ats::person;
use tests::world::{self, BEGINNING, TENANT, World, contractor_stream, engine, good};
use workflow_core::audit;
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::contractor::{Contractor, Event, Input, State};
use workflow_core::domain::facts::{CandidateId, PlacementId};
use workflow_core::domain::gate::Gate;
use workflow_core::domain::notice::Notice;
use workflow_core::engine::{Engine, HandleError, OpenError, Source, decode, replay};
use workflow_core::id::Position;
use workflow_core::seal::{Subject, Vault, within};
use workflow_core::store::ailing::{AilingStore, Ailment};
use workflow_core::time::ManualClock;
use workflow_core::workflow::Workflow;

/// A name that stands nowhere else.
const CANARY: &str = "Zaphkiel";

fn who() -> CandidateId {
    CandidateId("cand_1".into())
}

fn subject() -> Subject {
    Subject::from(&contractor_stream(&who()))
}

/// A world in which the insurer knows a person of that name.
async fn with_a_person(mut world: World) -> World {
    let placement = PlacementId("pl_1".into());
    world.ats().put_person(who(), person(CANARY, Some("zaphkiel@canary.test")));
    world.ats().put(good(&placement, &who()));
    world.observe(&placement).await.expect("it is taken");
    world.settle().await;
    world
}

/// Every byte of every record, as text.
fn records(world: &World) -> String {
    let mut text = String::new();
    let store = world.engine().store();
    let scanned = store.scan_records(Position(0), &mut |_, bytes| {
        text.push_str(&String::from_utf8_lossy(bytes));
        std::ops::ControlFlow::Continue(())
    });
    scanned.expect("the log can be read");
    text
}

fn name_in(state: Option<State>) -> Option<String> {
    match state.expect("the contractor is known") {
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            known.latest.person.get().map(|person| person.first_name.clone())
        }
        other => panic!("{other:?}"),
    }
}

async fn forgets(mut world: World) {
    world = with_a_person(world).await;
    assert_eq!(name_in(world.contractor(&who())).as_deref(), Some(CANARY));
    let before = records(&world);
    assert!(
        before.contains("sealed") && !before.contains(CANARY) && !before.contains("canary.test")
    );

    let forget = Input::Forget { reason: "asked".into() };
    world.tell_contractor(&who(), forget).await.expect("it is taken");
    assert!(world.vault.is_forgotten(&subject()), "the key is gone when the answer is there");
    // Until the placement has been told too.
    world.settle().await;
    let verified = audit::verify(&**world.engine().store(), &mut |_| {}).expect("it is intact");
    assert!(records(&world).starts_with(&before), "nothing that was written is changed");

    // The same kinds of states at every version, the data in none.
    let history = world.engine().history(&contractor_stream(&who())).expect("it can be read");
    type Machine = <Contractor as Workflow>::Machine;
    for end in 1..=history.len() {
        let state =
            within(&world.vault, || replay::<Machine>(&history[..end])).expect("it replays");
        assert!(!format!("{state:?}").contains(CANARY));
        if let Some(State::Identified { identity, .. }) = state {
            assert!(identity.person.is_forgotten() && identity.address().is_none());
        }
    }
    world.restart();
    assert!(matches!(world.contractor(&who()), Some(State::Forgotten { .. })));
    assert_eq!(
        audit::verify(&**world.engine().store(), &mut |_| {}).expect("it is intact").events,
        verified.events
    );
}

#[tokio::test]
async fn a_forgotten_persons_log_verifies_and_replays_in_memory() {
    forgets(World::in_memory()).await;
}

#[tokio::test]
async fn a_forgotten_persons_log_verifies_and_replays_on_disk() {
    forgets(World::on_disk()).await;
}

#[tokio::test]
async fn one_who_was_merged_twice_opens_under_no_id() {
    let of = |id: &str| CandidateId(id.into());
    let names = [("cand_1", "Zaphkiel"), ("cand_7", "Thornbury"), ("cand_9", "Achterberg")];
    for asked in ["cand_1", "cand_7", "cand_9"] {
        let mut world = World::on_disk();
        for (number, (id, name)) in names.into_iter().enumerate() {
            let placement = PlacementId(format!("pl_{number}"));
            let email = format!("{}@canary.test", name.to_lowercase());
            world.ats().put_person(of(id), person(name, Some(&email)));
            world.ats().put(good(&placement, &of(id)));
            world.observe(&placement).await.expect("it is taken");
            world.settle().await;
        }
        for (old, into) in [("cand_1", "cand_7"), ("cand_7", "cand_9")] {
            world.merge(&of(old), &of(into));
            let merged = Input::Merged { into: of(into) };
            world.tell_contractor(&of(old), merged).await.expect("it is taken");
            world.settle().await;
        }
        type Machine = <Contractor as Workflow>::Machine;
        let opens = |world: &World| {
            let read = |id: &str| {
                let history = world.engine().history(&contractor_stream(&of(id))).expect("read");
                let events = history.iter().map(|recorded| {
                    let event = within(&world.vault, || decode::<Machine>(&recorded.event));
                    event.expect("it can be read")
                });
                let names = events.filter_map(|event| match event {
                    Event::PersonRead { identity } => {
                        identity.person.get().map(|person| person.first_name.clone())
                    }
                    _ => None,
                });
                names.collect::<Vec<_>>()
            };
            names.map(|(id, name)| read(id).contains(&name.to_owned()))
        };
        assert_eq!(opens(&world), [true; 3]);

        let dir = world.directory().expect("it is on disk").to_owned();
        let documents = Documents::new(&dir, Arc::clone(&world.vault));
        for already in [false, true] {
            let reason = "erasure request 17".to_owned();
            let done = forget(world.engine(), &documents, asked, None, reason, "kim").await;
            let done = done.expect("it is taken");
            assert_eq!((done.already, done.key_destroyed, done.also.len()), (already, true, 2));
            assert_eq!(done.placements, ["pl_0", "pl_1", "pl_2"]);
            world.restart();
        }
        assert_eq!(opens(&world), [false; 3], "asked for {asked}");
        for (id, _) in names {
            assert!(world.vault.is_forgotten(&Subject::from(&contractor_stream(&of(id)))));
        }
        audit::verify(&**world.engine().store(), &mut |_| {}).expect("it is intact");
    }
}

#[tokio::test]
async fn an_heir_of_whom_nothing_is_kept_leads_to_all_who_were_merged_into_it() {
    let (vault, clock) = (Vault::in_memory(), ManualClock::at(BEGINNING));
    let (store, dir) = (Arc::new(AilingStore::default()), tempfile::tempdir().expect("a folder"));
    let running = engine(store as _, Arc::clone(&vault), clock, world::rules());
    let of = |id: &str| contractor_stream(&CandidateId(id.into()));
    for id in ["cand_1", "cand_3"] {
        for input in [
            Input::LinkAsked { placement: PlacementId(format!("pl_of_{id}")) },
            Input::Merged { into: CandidateId("cand_7".into()) },
        ] {
            let source = Source::new("test", "");
            running.handle::<Contractor>(&of(id), input, source).await.expect("it is taken");
        }
    }
    assert!(running.summary(&of("cand_7")).is_none(), "nobody was told yet");
    let documents = Documents::new(dir.path(), Arc::clone(&vault));
    let done = forget(&running, &documents, "cand_7", None, "asked".into(), "kim").await;
    assert_eq!(done.expect("it is taken").also, ["cand_1", "cand_3"]);
    for id in ["cand_1", "cand_3"] {
        assert!(vault.is_forgotten(&Subject::from(&of(id))), "{id}");
    }
    running.stop();
}

#[tokio::test]
async fn one_who_was_gone_before_the_merge_is_forgotten_with_the_heir() {
    let (vault, clock) = (Vault::in_memory(), ManualClock::at(BEGINNING));
    let (store, dir) = (Arc::new(AilingStore::default()), tempfile::tempdir().expect("a folder"));
    let running = engine(store as _, Arc::clone(&vault), clock, world::rules());
    let of = |id: &str| contractor_stream(&CandidateId(id.into()));
    let merged = || Input::Merged { into: CandidateId("cand_7".into()) };
    let mut events = Vec::new();
    for input in [
        Input::LinkAsked { placement: PlacementId("pl_1".into()) },
        Input::Retire { reason: "deleted".into() },
        merged(),
        // JobDiva tells of it again with every look.
        merged(),
    ] {
        let source = Source::new("test", "");
        let done = running.handle::<Contractor>(&of("cand_1"), input, source).await;
        let done = done.expect("it is taken");
        assert!(done.events == 0 || ["Unlinked", "Retired"].contains(&done.state));
        events.push(done.events);
    }
    assert_eq!(events, [1, 1, 1, 0]);
    let documents = Documents::new(dir.path(), Arc::clone(&vault));
    for already in [false, true] {
        let done = forget(&running, &documents, "cand_7", None, "asked".into(), "kim").await;
        let done = done.expect("it is taken");
        assert_eq!((done.also, done.already), (vec!["cand_1".to_owned()], already));
        assert!(vault.is_forgotten(&Subject::from(&of("cand_1"))));
    }
    running.stop();
}

#[tokio::test]
async fn what_could_not_be_erased_is_said_and_done_when_asked_again() {
    let (store, dir) = (Arc::new(AilingStore::default()), tempfile::tempdir().expect("a folder"));
    let (vault, clock) = (Vault::in_memory(), ManualClock::at(BEGINNING));
    let running = engine(Arc::clone(&store) as _, Arc::clone(&vault), clock, world::rules());
    let asked = Input::LinkAsked { placement: PlacementId("pl_1".into()) };
    let stream = contractor_stream(&who());
    running.handle::<Contractor>(&stream, asked, Source::new("test", "")).await.expect("taken");
    let documents = Documents::new(dir.path(), vault);
    let forgets = || forget(&running, &documents, "cand_1", None, "asked".into(), "kim");
    store.ails(Some(Ailment::CursorsLost));
    let said = forgets().await.expect_err("which files were read is still there").to_string();
    assert!(said.contains("setting a cursor"), "{said}");
    store.ails(None);
    assert!(forgets().await.expect("it is taken").already);
    running.stop();
}

/// An engine that has no keys, over a world's log.
fn without_keys(world: &World) -> Engine<workflow_core::domain::Insurance> {
    let rules = Arc::new(world.rules.clone());
    let of = move |tenant: &str| (tenant == TENANT).then(|| Arc::clone(&rules));
    let store = Arc::clone(world.engine().store());
    Engine::builder(store, Arc::new(world.clock.clone()), Arc::new(of))
        .workflow::<workflow_core::domain::placement::Placement>()
        .workflow::<Contractor>()
        .workflow::<workflow_core::domain::invoice::Invoice>()
        .workflow::<Certificate>()
        .workflow::<Gate>()
        .workflow::<Notice>()
        .workflow::<workflow_core::inbox::Inbox<workflow_core::domain::Insurance>>()
        .open()
        .expect("a log opens without its keys")
}

#[tokio::test]
async fn a_crash_between_the_event_and_the_key_is_made_good_at_the_next_start() {
    let mut world = with_a_person(World::in_memory()).await;
    // An engine without keys takes the decision and leaves the key where it is: as a crash in between would.
    let crashed = without_keys(&world);
    world.engine().stop();
    let forget = Input::Forget { reason: "asked".into() };
    let source = Source::new("operator:kim", "");
    crashed.handle::<Contractor>(&contractor_stream(&who()), forget, source).await.expect("taken");
    crashed.stop();
    assert!(!world.vault.is_forgotten(&subject()));
    world.restart();
    assert!(world.vault.is_forgotten(&subject()));
}

#[tokio::test]
async fn without_keys_nothing_personal_is_shown_and_none_is_taken() {
    let world = with_a_person(World::in_memory()).await;
    world.engine().stop();
    let sealed = without_keys(&world);
    let state = sealed.state::<Contractor>(&contractor_stream(&who())).expect("it replays");
    assert_eq!(name_in(state), None);

    let other = CandidateId("cand_2".into());
    let asked = Input::LinkAsked { placement: PlacementId("pl_2".into()) };
    let stream = contractor_stream(&other);
    let source = || Source::new("test", "");
    sealed.handle::<Contractor>(&stream, asked, source()).await.expect("nothing personal in it");
    let call = sealed.owed_calls().into_iter().find(|call| call.stream == stream);
    let answer =
        workflow_core::domain::call::Answer::PersonRead(person(CANARY, Some("z@canary.test")));
    let refused = sealed.answer(&call.expect("the person is to be read"), answer, "test").await;
    match refused {
        Err(HandleError::Defect(why)) => assert!(why.contains("vault") && !why.contains(CANARY)),
        other => panic!("{other:?}"),
    }
    sealed.stop();
}

#[tokio::test]
async fn a_log_whose_keys_are_lost_says_so() {
    let world = with_a_person(World::in_memory()).await;
    let store = Arc::clone(world.engine().store());
    world.engine().stop();
    let rules = Arc::new(world.rules.clone());
    let of = move |_: &str| Some(Arc::clone(&rules));
    let builder = Engine::builder(store, Arc::new(world.clock.clone()), Arc::new(of));
    let opened = builder
        .vault(Vault::in_memory())
        .workflow::<workflow_core::domain::placement::Placement>()
        .workflow::<Contractor>()
        .workflow::<workflow_core::domain::invoice::Invoice>()
        .workflow::<Certificate>()
        .workflow::<Gate>()
        .workflow::<Notice>()
        .workflow::<workflow_core::inbox::Inbox<workflow_core::domain::Insurance>>()
        .open();
    match opened {
        Err(OpenError::Replay(error)) => {
            assert!(error.problem.contains("is missing and was not destroyed"), "{error}");
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it opened"),
    }
    // With the right keys it does.
    let store = Arc::clone(world.engine().store());
    engine(store, Arc::clone(&world.vault), world.clock.clone(), world.rules.clone()).stop();
}
