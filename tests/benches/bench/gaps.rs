//! The auditor's question with the longest answer: which days of work were not covered, over all placements of a log.
//!
//! The log is that of as many placements as `--events` has tens, each with its contractor, insured in time, every tenth four
//! days late; and with what was sent and came back, which such a log is mostly made of. One life is lived, the others are
//! its copies under other names. Asked in a process of its own.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use runner::audit::{Gaps, Question, Source, Told, With, answer};
use sha2::{Digest, Sha256};
use tests::story::lived;
use tests::world::{self, World};
use workflow_core::id::{Position, StreamId, Version};
use workflow_core::record::{NewEvent, Recorded};
use workflow_core::store::sled::SledStore;
use workflow_core::store::{Append, Store};
use workflow_core::time::Timestamp;

use super::log::{child, resident_mb};
use super::report::{Row, median, say, show};
use super::{Plan, fresh};

/// Asked a year after all of it began.
const ASKED: Timestamp = Timestamp(world::BEGINNING.0 + 365 * 24 * 3_600_000);
/// What is kept of each call to the insurer: requests and answers, sealed, so that they cannot be squeezed.
const EXCHANGES_EACH: u64 = 8;
const EXCHANGE_BYTES: usize = 1_200;
/// So many lives are written side by side.
const AT_ONCE: u64 = 64;

pub fn run(plan: &Plan) -> Vec<Row> {
    let (dir, count) = (fresh(plan, "gaps"), plan.events / 10);
    let events = fill(&dir, count);
    let asked: Vec<Vec<f64>> = (0..plan.rounds).map(|_| child("--ask-gaps", &dir)).collect();
    let middle = |at: usize| median(asked.iter().map(|numbers| numbers[at]).collect());
    assert_eq!(middle(2) as u64, count.div_ceil(10), "every tenth has a gap");
    let of = format!("{count} placements, {events} events");
    let rows = vec![
        Row::figure(format!("audit gaps, {of}"), middle(0), "s", ""),
        Row::figure("memory for it", middle(1), "MB", ""),
    ];
    rows.iter().for_each(show);
    rows
}

/// The lives of one placement that is insured in time, and of one that is insured late.
fn lives() -> [Vec<Recorded>; 2] {
    let late = "and it is 2026-03-19 15:00\n";
    ["", late].map(|late| {
        let world = lived(
            World::in_memory(),
            &format!(
                "given pl_000000 of cand_000000
                 and the ATS reports pl_000000
                 {late}and the application of pl_000000 is completed
                 and it is 2026-05-20 14:00
                 and the ATS reports pl_000000 with end=2026-07-31"
            ),
        );
        let mut events = Vec::new();
        let store = world.engine().store();
        let read = store.scan(Position(0), &mut |recorded| {
            // What others keep of it, such as deliveries, bears no name that could be changed.
            if recorded.stream.as_str().contains("_000000") {
                events.push(recorded);
            }
            ControlFlow::Continue(())
        });
        read.expect("the log can be read");
        events
    })
}

/// Writes the log; how many events it has.
fn fill(dir: &Path, count: u64) -> u64 {
    let store = SledStore::open(dir).expect("the store opens");
    let lives = lives();
    let numbers: Vec<u64> = (0..count).collect();
    for some in numbers.chunks(AT_ONCE as usize) {
        let longest = lives.iter().map(Vec::len).max().unwrap_or_default();
        // As they come in life: all advance side by side.
        for step in 0..longest {
            let life = |number: &u64| &lives[usize::from(number.is_multiple_of(10))];
            let of = some.iter().filter_map(|number| Some((number, life(number).get(step)?)));
            append(&store, of.map(|(number, event)| renamed(event, *number)).collect());
        }
        for version in 0..EXCHANGES_EACH {
            append(&store, some.iter().map(|number| exchange(*number, version)).collect());
        }
    }
    let events = store.head().next.0;
    store.close().expect("the store closes");
    events
}

fn append(store: &SledStore, group: Vec<Append>) {
    let outcomes = store.append(&group).expect("the store appends");
    assert!(outcomes.iter().all(Result::is_ok), "nobody else appends");
}

/// The same event of another placement: all names are of one length, so that its bytes keep their shape.
fn renamed(recorded: &Recorded, number: u64) -> Append {
    let name = format!("_{number:06}");
    let mut content = recorded.event.content.clone();
    for at in 0..content.len().saturating_sub(6) {
        if &content[at..at + 7] == b"_000000" {
            content[at..at + 7].copy_from_slice(name.as_bytes());
        }
    }
    let stream = recorded.stream.as_str().replace("_000000", &name);
    Append {
        stream: StreamId::parse(&stream).expect("a plain name"),
        expected: Version(recorded.version.0 - 1),
        events: vec![NewEvent { content, ..recorded.event.clone() }],
    }
}

/// An exchange as it lies in the log; nobody opens it here.
fn exchange(number: u64, version: u64) -> Append {
    let noise = |part: u64| Sha256::digest(format!("{number} {version} {part}"));
    let bytes: Vec<u8> = (0..).flat_map(noise).take(EXCHANGE_BYTES).collect();
    let stream = StreamId::new("exchange", world::TENANT, &format!("{number:06}"));
    // A byte string of CBOR with its length in two bytes.
    let length = u16::try_from(bytes.len()).expect("it is short").to_be_bytes();
    let content = [&[0x59][..], &length, &bytes].concat();
    let cause = workflow_core::record::Cause {
        input: "exchange".into(),
        key: format!("acme/placement/pl_{number:06}/{version}/create_job"),
        actor: "dispatcher".into(),
    };
    let event = NewEvent {
        kind: "exchange_kept".into(),
        schema: 1,
        recorded_at: world::BEGINNING,
        cause,
        content,
    };
    Append {
        stream: stream.expect("a plain name"),
        expected: Version(version),
        events: vec![event],
    }
}

/// Asks from inside: seconds, megabytes more than before, and how many placements have gaps.
pub fn ask(dir: &Path) {
    let store = SledStore::open(dir).expect("the store opens");
    let before = resident_mb();
    let source = Source::Store(&store);
    let with = With { source, vault: None, zones: BTreeMap::new(), now: ASKED };
    let (from, to, tenant, as_of, zone) = Default::default();
    let question = Question::Gaps { from, to, tenant, as_of, zone };
    let (mut most, mut done) = (before, None);
    let begun = Instant::now();
    let asked = answer(&question, &with, &mut |told| {
        match told {
            Told::Reached { .. } => most = resident_mb().max(most),
            Told::Done(value) => done = serde_json::from_value::<Gaps>(value).ok(),
            Told::Row(_) | Told::Failed { .. } => {}
        }
        Ok(())
    });
    asked.expect("there is an answer");
    let (took, done) = (begun.elapsed().as_secs_f64(), done.expect("it is told last"));
    say(&format!("{took} {} {}", most - before, done.placements_with_gaps));
    store.close().expect("the store closes");
}
