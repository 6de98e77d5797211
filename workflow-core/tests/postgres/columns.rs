//! What SQL shows of the log is what the program says of it.

use jiff::tz::TimeZone;
use workflow_core::domain::coverage_days::{Asked, Ledger, Place, day_of};
use workflow_core::domain::in_sql::{self, GAPS, PLACEMENTS};
use workflow_core::domain::placement;
use workflow_core::id::{Position, StreamId, Version};
use workflow_core::machine::{Kind, Machine};
use workflow_core::record::{NewEvent, Recorded};
use workflow_core::store::contract::{append, event, stream};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::postgres::{Database, Fence, PostgresStore, Row, Scope, Settings, Shard};
use workflow_core::store::{Append, Store};
use workflow_core::time::Timestamp;

use super::harness;

struct World {
    store: PostgresStore,
    name: String,
}

impl World {
    fn new() -> Self {
        let settings: Settings = harness::settings(harness::shared());
        let name = settings.url.rsplit('/').next().expect("an address ends in the name").to_owned();
        let database = Database::connect(settings).unwrap();
        Self { store: database.store(Shard(1), Fence(1)).unwrap(), name }
    }

    fn select(&self, sql: &str) -> Vec<String> {
        let printed = harness::shared().ask("psql", &self.name, &["-At", "-c", sql]).unwrap();
        printed.lines().map(str::to_owned).collect()
    }
}

fn with(content: &[u8], at: i64) -> NewEvent {
    NewEvent { content: content.to_vec(), recorded_at: Timestamp(at), ..event("") }
}

#[test]
fn every_event_stands_in_the_view() {
    let world = World::new();
    let nul = NewEvent { kind: "A\0B".into(), ..with(b"\xa1\x61a\x63x\0y", -1) };
    let events = vec![
        with(b"\xa2\x61a\x01\x61b\x82\x63two\xf6", 1_764_300_000_123),
        nul,
        with(b"no cbor", i64::MAX),
    ];
    let item = Append { stream: stream("placement/acme/7"), expected: Version::NONE, events };
    world.store.append(&[item]).unwrap();
    let columns =
        "shard, position, stream, workflow, tenant, key, seq, type, schema, at, who, data";
    assert_eq!(
        world.select(&format!("SELECT {columns} FROM events ORDER BY position")),
        [
            "1|0|placement/acme/7|placement|acme|7|1|Happened|3|2025-11-28 03:20:00.123+00|poll:x|\
             {\"a\": 1, \"b\": [\"two\", null]}",
            "1|1|placement/acme/7|placement|acme|7|2|A\u{fffd}B|3|1969-12-31 23:59:59.999+00|poll:x|\
             {\"a\": \"x\u{fffd}y\"}",
            "1|2|placement/acme/7|placement|acme|7|3|Happened|3||poll:x|",
        ]
    );
    let head = world.store.head();
    let expected = format!("1|3|{}|1", head.hash);
    assert_eq!(
        world.select("SELECT shard, events, hash, fence FROM shard_heads WHERE events > 0"),
        [expected]
    );
    // The columns are a reading; the record has every byte.
    let read = world.store.read_stream(&stream("placement/acme/7"), Version::NONE).unwrap();
    assert_eq!(read[1].event.kind, "A\0B");
}

/// A database as version 3 of the tables left it: columns of every event, nothing told of a record.
fn made_old(world: &World) {
    let first = include_str!("../../src/store/postgres/schema/1.sql");
    let view = first.find("CREATE VIEW events").map(|at| &first[at..]).unwrap();
    let view = &view[..=view.find(';').unwrap()];
    world.select(&format!(
        "CREATE TABLE shown AS SELECT * FROM events; DROP VIEW events;
         UPDATE log_event AS e SET schema = s.schema, input = s.input, cause_key = s.cause_key, actor = s.who, data = s.data
         FROM shown AS s WHERE (e.shard, e.position) = (s.shard, s.position);
         ALTER TABLE log_record DROP COLUMN told;
         ALTER TABLE log_event ALTER COLUMN schema SET NOT NULL, ALTER COLUMN input SET NOT NULL,
             ALTER COLUMN cause_key SET NOT NULL, ALTER COLUMN actor SET NOT NULL;
         {view}
         UPDATE log_meta SET value = 3 WHERE name = 'version'"
    ));
}

#[test]
fn rows_of_an_older_version_are_shown_as_before_and_new_ones_beside_them() {
    let world = World::new();
    let item = |version: u64| Append {
        stream: stream("placement/acme/7"),
        expected: Version(version),
        events: vec![with(b"\xa1\x61a\x01", 1_764_300_000_123), with(b"no cbor", 5)],
    };
    world.store.append(&[item(0)]).unwrap();
    let all = "SELECT * FROM events WHERE position < 2 ORDER BY position";
    let before = world.select(all);
    made_old(&world);
    assert_eq!(world.select(all), before);
    // The next start brings the tables up to date.
    let url = harness::shared().url(&world.name);
    let settings = Settings { url, ..harness::settings(harness::shared()) };
    let store = Database::connect(settings).unwrap().store(Shard(1), Fence(2)).unwrap();
    store.append(&[item(2)]).unwrap();
    assert_eq!(world.select(all), before);
    let told =
        "SELECT count(*) FROM events WHERE who = 'poll:x' AND schema = 3 AND input IS NOT NULL";
    assert_eq!(world.select(told), ["4"]);
    assert_eq!(store.read_stream(&stream("placement/acme/7"), Version::NONE).unwrap().len(), 4);
}

#[test]
fn the_same_appends_give_the_same_bytes_as_in_every_other_store() {
    let world = World::new();
    let memory = MemoryStore::new();
    for version in 0..20 {
        let long = "x".repeat(usize::try_from(version).expect("small") * 700);
        let group: Vec<_> = (0..3)
            .map(|key| append(&format!("door/acme/{key}"), version, &["a", &long][..1]))
            .collect();
        world.store.append(&group).unwrap();
        memory.append(&group).unwrap();
    }
    assert_eq!(world.store.head(), memory.head());
    let counted =
        world.select("SELECT count(*), count(DISTINCT position), max(position) FROM events");
    assert_eq!(counted, ["60|60|59"]);
}

#[test]
fn rows_of_a_view_replace_each_other_and_never_go_back() {
    let world = World::new();
    let row = |key: &str, as_of: u64, state: Option<&str>| Row {
        key: key.to_owned(),
        as_of: Position(as_of),
        content: state.map(|state| {
            let (since, updated) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
            serde_json::json!({"tenant": "acme", "placement": key, "state": state, "since": since,
                "version": as_of + 1, "updated": updated})
        }),
    };
    let put = |next: u64, rows: Vec<Row>| {
        world.store.put_view("placements", Position(next), rows).unwrap()
    };
    let now = || {
        world.select(
            "SELECT placement, state, as_of, version FROM placements_now ORDER BY placement",
        )
    };
    put(2, vec![row("1", 0, Some("Active")), row("2", 1, Some("Quoting"))]);
    assert_eq!(now(), ["1|Active|0|1", "2|Quoting|1|2"]);
    put(4, vec![row("1", 3, Some("Ended")), row("2", 2, None)]);
    assert_eq!(now(), ["1|Ended|3|4"]);
    // One who comes late changes nothing.
    put(3, vec![row("1", 2, Some("Active"))]);
    assert_eq!(now(), ["1|Ended|3|4"]);
    assert_eq!(world.store.view_reach("placements").unwrap(), Position(4));
    assert_eq!(world.select("SELECT view, events_seen FROM views_reach"), ["placements|4"]);
}

/// Placements as an earlier release wrote them, one for each file.
fn released() -> Vec<(String, Vec<NewEvent>)> {
    let dir =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/released/0.1.0/placement");
    let mut files: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.retain(|file| file.file_name().is_some_and(|name| name != "events.jsonl"));
    let day = 86_400_000;
    let of = |file: std::path::PathBuf| {
        let name = format!("placement/acme/{}", file.file_stem().unwrap().display());
        let text = std::fs::read_to_string(file).unwrap();
        let mut ledger = Ledger::default();
        let mut events = Vec::new();
        for (line, at) in text.lines().zip(1_775_000_000_000i64..) {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let content = hex::decode(line["content"].as_str().unwrap()).unwrap();
            let kind = line["type"].as_str().unwrap().to_owned();
            let schema = u16::try_from(line["version"].as_u64().unwrap()).unwrap();
            let recorded_at = Timestamp(at + events.len() as i64 * day);
            let event = NewEvent { kind, schema, content, recorded_at, ..event("") };
            let typed = workflow_core::engine::decode::<placement::Machine>(&event).unwrap();
            // The files are tours of the machine: each goes on where a placement's log would have ended.
            if !ledger.take(Place { position: Position(0), at: recorded_at }, typed) {
                break;
            }
            events.push(event);
        }
        (name, events)
    };
    files.into_iter().map(of).collect()
}

#[test]
fn placements_and_gaps_in_sql_are_what_the_program_says() {
    let world = World::new();
    let (zone, today) = (TimeZone::UTC, Timestamp(1_790_000_000_000));
    let asked = Asked { zone: &zone, from: None, to: day_of(today, &zone) };
    let (mut expected, mut expected_gaps) = (Vec::new(), Vec::new());
    for (name, events) in released() {
        let stream = stream(&name);
        world
            .store
            .append(&[Append { stream: stream.clone(), expected: Version::NONE, events }])
            .unwrap();
        let events = world.store.read_stream(&stream, Version::NONE).unwrap();
        let mut ledger = Ledger::default();
        for event in &events {
            let place = Place { position: event.position, at: event.event.recorded_at };
            assert!(ledger.take(
                place,
                workflow_core::engine::decode::<placement::Machine>(&event.event).unwrap()
            ));
        }
        let state = workflow_core::engine::replay::<placement::Machine>(&events).unwrap().unwrap();
        let kind = placement::Machine::state_kind(&state);
        expected.push(format!("{}|{}|{}", stream.key(), kind.name(), events.len()));
        let gaps = ledger.days(&asked).gaps;
        expected_gaps.extend(gaps.iter().map(|gap| {
            format!("{}|{}|{}|{}", stream.key(), gap.days.first, gap.days.last, gap.days.count())
        }));
    }
    let keep = || {
        let now =
            world.store.keep_view(PLACEMENTS, "placement", Scope::Changed, &in_sql::now).unwrap();
        let gaps =
            |stream: &StreamId, events: &[Recorded]| in_sql::gaps(stream, events, &zone, today);
        assert_eq!(world.store.keep_view(GAPS, "placement", Scope::All, &gaps).unwrap(), now);
        now
    };
    assert_eq!(keep(), world.store.head().next);
    let now = "SELECT placement, state, version FROM placements_now ORDER BY placement";
    let gaps = "SELECT placement, first_day, last_day, days FROM coverage_gaps ORDER BY placement, first_day";
    expected_gaps.sort();
    assert!(expected.len() > 3 && !expected_gaps.is_empty(), "{expected:?} {expected_gaps:?}");
    assert_eq!((world.select(now), world.select(gaps)), (expected.clone(), expected_gaps.clone()));
    // Again, with nothing new, it is the same.
    keep();
    assert_eq!((world.select(now), world.select(gaps)), (expected, expected_gaps));
}
