//! No index is a second truth: deleted, old, garbled or of another moment, the engine opens to the same.
//!
//! The engines compared know no tenant, so that whatever is owed stays owed while it is looked at.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;
use tests::world::World;
use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::contractor::Contractor;
use workflow_core::domain::gate::Gate;
use workflow_core::domain::invoice::Invoice;
use workflow_core::domain::notice::Notice;
use workflow_core::domain::placement::Placement;
use workflow_core::engine::Engine;
use workflow_core::inbox::Inbox;
use workflow_core::store::Store;
use workflow_core::store::sled::SledStore;

use super::{Deed, begin, config, deed, happen, season};

const WORKFLOWS: [&str; 7] =
    ["placement", "contractor", "certificate", "invoice", "gate", "notice", "delivery"];

/// The directory as a process that is killed now leaves it.
fn image(dir: &Path) -> TempDir {
    let to = TempDir::new().expect("a temporary directory");
    copy(dir, to.path());
    to
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for entry in fs::read_dir(from).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        let to = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("it can be copied");
        }
    }
}

/// All that an engine on the log says of it: lines, calls with their keys and moments, timers, names, messages, counts
/// and histories.
fn picture(dir: &Path, world: &World, names: &[String]) -> Vec<String> {
    let store: Arc<dyn Store> = Arc::new(SledStore::open(dir).expect("the store opens"));
    let engine = Engine::<Insurance>::builder(
        store,
        Arc::new(world.clock.clone()),
        Arc::new(|_: &str| None),
    )
    .workflow::<Placement>()
    .workflow::<Contractor>()
    .workflow::<Invoice>()
    .workflow::<Certificate>()
    .workflow::<Gate>()
    .workflow::<Notice>()
    .workflow::<Inbox<Insurance>>()
    .open()
    .expect("the log opens");
    let said = said_by(&engine, names);
    engine.stop();
    said
}

/// The same of an engine.
fn said_by(engine: &Engine<Insurance>, names: &[String]) -> Vec<String> {
    let mut said = vec![
        format!("{} messages", engine.messages_waiting()),
        format!("timer {:?}", engine.next_timer()),
        format!("{:?}", engine.store().head()),
    ];
    for workflow in WORKFLOWS {
        let lines = engine.summaries(workflow);
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for line in &lines {
            *counted.entry(line.state).or_default() += 1;
            said.push(format!("{line:?} {:?}", engine.history(&line.stream).expect("it is there")));
        }
        let mut counts = engine.counts(workflow);
        counts.retain(|_, count| *count > 0);
        assert_eq!(counts, counted, "the counts of {workflow}");
        said.push(format!("{counts:?}"));
    }
    said.extend(engine.owed_calls().iter().map(|call| format!("{call:?}")));
    said.extend(names.iter().map(|name| format!("{name}: {:?}", engine.find(name))));
    said
}

/// The names by which anything may be found.
fn names(world: &World) -> Vec<String> {
    let books = world.insurer().books();
    let mut names: Vec<String> = (0..3).map(|i| format!("candidate:cand_{i}")).collect();
    names.extend((0..4).map(|i| format!("requisition:rq-pl_{i}")));
    names.extend(books.contractors.keys().map(ToString::to_string));
    names.extend(books.jobs.keys().map(ToString::to_string));
    names.extend(books.quotes.keys().map(ToString::to_string));
    names.extend(books.sessions.keys().map(ToString::to_string));
    names.extend(books.assignments.keys().map(ToString::to_string));
    names.extend(books.policies.keys().map(ToString::to_string));
    names
}

/// Changes one byte in every file of the index.
fn garble(index: &Path, at: usize) {
    for entry in fs::read_dir(index).expect("there is an index") {
        let path = entry.expect("it can be read").path();
        let mut bytes = fs::read(&path).expect("it can be read");
        let at = at % bytes.len();
        bytes[at] ^= 0x20;
        fs::write(&path, bytes).expect("it can be written");
        // A write that was cut short leaves its beginning under another name.
        fs::write(path.with_extension("new"), [7; 9]).expect("it can be written");
    }
}

async fn compare(
    world: &mut World,
    seasoned: bool,
    deeds: &[Deed],
    at: usize,
) -> Result<(), TestCaseError> {
    begin(world).await;
    if seasoned {
        season(world).await;
    }
    let (before, after) = deeds.split_at(at % (deeds.len() + 1));
    for deed in before {
        happen(world, deed).await;
    }
    // While messages are on their way two images would differ by themselves.
    world.quiet().await;
    // With what ended in memory and in the checkpoint, or on the shelf beside it.
    let keep = |world: &World, shelved: bool| {
        let engine = world.engine();
        let kept = if shelved { engine.shelve() } else { engine.checkpoint() };
        kept.expect("it is written");
    };
    keep(world, !at.is_multiple_of(3));
    let past = image(world.directory().expect("it is on disk"));
    for deed in after {
        happen(world, deed).await;
    }
    world.quiet().await;
    let names = names(world);
    let dir = world.directory().expect("it is on disk");
    let (old, none, garbled) = (image(dir), image(dir), image(dir));
    keep(world, !at.is_multiple_of(2));
    let new = image(dir);
    // The counts of the engine that wrote it are those of its lists.
    drop(said_by(world.engine(), &names));
    fs::remove_dir_all(none.path().join("index")).expect("there is one");
    garble(&garbled.path().join("index"), at);
    let truth = picture(none.path(), world, &names);
    for (dir, which) in [(&old, "an old"), (&new, "a new"), (&garbled, "a garbled")] {
        let said = picture(dir.path(), world, &names);
        same(&said, &truth, which)?;
    }
    // The log of one moment with the index of a later one.
    fs::remove_dir_all(past.path().join("index")).expect("there is one");
    let truth = picture(past.path(), world, &names);
    copy(&new.path().join("index"), &past.path().join("index"));
    let said = picture(past.path(), world, &names);
    same(&said, &truth, "a later")
}

fn same(said: &[String], truth: &[String], which: &str) -> Result<(), TestCaseError> {
    for (said, truth) in said.iter().zip(truth) {
        prop_assert_eq!(said, truth, "with {} checkpoint", which);
    }
    prop_assert_eq!(said.len(), truth.len(), "with {} checkpoint", which);
    Ok(())
}

proptest! {
    #![proptest_config(config(12, 50))]

    #[test]
    fn an_engine_opens_to_the_same_with_any_checkpoint_and_with_none(
        seasoned: bool,
        deeds in prop::collection::vec(deed(), 1..40),
        at: usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|e| TestCaseError::fail(e.to_string()))?;
        runtime.block_on(async {
            let mut world = World::on_disk();
            compare(&mut world, seasoned, &deeds, at).await
        })?;
    }
}
