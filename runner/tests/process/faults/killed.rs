//! `kill -9` under load, again and again: nothing acknowledged is lost, nothing torn is served, every start succeeds.
//!
//! `KILL_ROUNDS` says how often (200 in CI, 25 otherwise), `KILL_SEED` which moments. No moment is chosen by time: a
//! round's kill comes after so many acknowledgements and a random number of turns of this thread; in one round of four
//! it comes while the process still opens its log. A directory is killed a hundred times, then stopped, verified
//! and read; the next rounds begin with a new one, so that the making of a store is killed too.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Instant;

use workflow_core::audit::{self, Verified};
use workflow_core::id::Position;
use workflow_core::store::Store;
use workflow_core::store::sled::SledStore;

use super::super::binary::good;
use super::outside::Outside;
use super::senders::{self, Sent};
use super::serving::{Ended, Serving};

const DEFAULT_SEED: u64 = 1099;
/// So many directories are at it at once: a round is mostly waiting for the disk and for a process to start.
const LANES: u64 = 4;
/// How often one directory's process is killed. With more, opening and checking the log would be most of the test.
const LIVES: u64 = 100;
/// A round ends after at most so many acknowledgements...
const ACKNOWLEDGED_MAX: u64 = 60;
/// ...and at most so many turns of this thread later, about half a millisecond.
const TURNS_MAX: u64 = 1000;

/// What the rounds came to.
#[derive(Debug, Default)]
struct Counts {
    rounds: u64,
    while_opening: u64,
    half_written_files: u64,
    acknowledged: usize,
    kept_unanswered: usize,
    events: u64,
    records: u64,
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self {
            rounds: self.rounds + other.rounds,
            while_opening: self.while_opening + other.while_opening,
            half_written_files: self.half_written_files + other.half_written_files,
            acknowledged: self.acknowledged + other.acknowledged,
            kept_unanswered: self.kept_unanswered + other.kept_unanswered,
            events: self.events + other.events,
            records: self.records + other.records,
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_however_often_it_is_killed() {
    let rounds = match std::env::var("KILL_ROUNDS") {
        Ok(rounds) => rounds.parse().unwrap(),
        Err(_) if std::env::var_os("CI").is_some() => 200,
        Err(_) => 25,
    };
    let seed = std::env::var("KILL_SEED").map_or(DEFAULT_SEED, |seed| seed.parse().unwrap());
    say(&format!("KILL_ROUNDS={rounds} KILL_SEED={seed}"));
    let (outside, began) = (Outside::start(), Instant::now());
    let lane = &|lane: u64| {
        let (mut dice, mut counts) = (Dice(seed.wrapping_add(lane)), Counts::default());
        let rounds = rounds / LANES + u64::from(lane < rounds % LANES);
        while counts.rounds < rounds {
            let lives = LIVES.min(rounds - counts.rounds);
            one_directory(&outside, lives, &mut dice, &mut counts);
        }
        counts
    };
    let counts = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|number| scope.spawn(move || lane(number))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).fold(Counts::default(), Counts::plus)
    });
    let secs = began.elapsed().as_secs_f64();
    say(&format!("0 lost, 0 torn, 0 failed opens in {secs:.0} s: {counts:?}"));
    assert!(counts.acknowledged as u64 >= rounds, "hardly any load: {counts:?}");
}

/// Kills a new directory's process so many times, then checks all that it was ever told.
fn one_directory(outside: &Outside, lives: u64, dice: &mut Dice, counts: &mut Counts) {
    let dir = tempfile::tempdir().unwrap();
    outside.configure(dir.path(), Path::new("data"));
    let sent = Mutex::new(Sent::default());
    let mut opening = TURNS_MAX;
    for life in 0..lives {
        let serving = Serving::start(dir.path());
        let ended = if life % 4 == 0 {
            turns(dice.below(opening));
            serving.kill()
        } else {
            under_load(serving, &sent, dice, &mut opening)
        };
        assert!(ended.status.code().is_none(), "round {}: {}", counts.rounds, ended.log);
        counts.rounds += 1;
        counts.while_opening += u64::from(!ended.served());
        counts.half_written_files += half_written(&dir.path().join("data"));
    }
    let mut serving = Serving::start(dir.path());
    serving.hooks();
    let Ended { status, log } = serving.stop();
    assert!(status.success(), "{status}: {log}");
    let said = good(dir.path(), &["verify", "--data", "data"]);
    assert!(said.contains("as they were closed, is intact"), "{said}\n{log}");
    check(&dir.path().join("data/events"), &sent.into_inner().unwrap(), counts);
}

fn under_load(
    mut serving: Serving,
    sent: &Mutex<Sent>,
    dice: &mut Dice,
    opening: &mut u64,
) -> Ended {
    let (hooks, looks) = serving.hooks();
    *opening = looks + TURNS_MAX;
    let target = usize::try_from(1 + dice.below(ACKNOWLEDGED_MAX)).unwrap();
    let (reached, wait) = channel();
    std::thread::scope(|scope| {
        scope.spawn(move || senders::send(hooks, sent, target, &reached));
        // An error means that it ended by itself, which the caller reports.
        wait.recv().ok();
        turns(dice.below(TURNS_MAX));
        serving.kill()
    })
}

/// Reads the log and counts.
fn check(log: &Path, sent: &Sent, counts: &mut Counts) {
    let (received, verified) = held(log, sent);
    counts.acknowledged += sent.acknowledged.len();
    counts.kept_unanswered += received - sent.acknowledged.len();
    counts.events += verified.events;
    counts.records += verified.records;
}

/// Reads the log: every acknowledged delivery is in it once, no unanswered one twice, no stream has a gap. Returns how
/// many deliveries it holds.
pub fn held(log: &Path, sent: &Sent) -> (usize, Verified) {
    let store = SledStore::open(log).unwrap();
    let (mut versions, mut received) = (BTreeMap::new(), BTreeMap::new());
    let scanned = store.scan(Position(0), &mut |recorded| {
        let version = versions.entry(recorded.stream.as_str().to_owned()).or_insert(0);
        *version += 1;
        assert_eq!(recorded.version.0, *version, "a gap in {}", recorded.stream);
        if recorded.event.kind.contains("received") {
            *received.entry(recorded.stream.as_str().to_owned()).or_insert(0) += 1;
        }
        std::ops::ControlFlow::Continue(())
    });
    scanned.unwrap();
    let lost: Vec<_> = sent
        .acknowledged
        .iter()
        .filter(|id| !received.contains_key(&senders::stream(**id)))
        .collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert!(received.values().all(|count| *count == 1), "received twice: {received:?}");
    assert!(received.len() <= sent.acknowledged.len() + sent.open.len(), "deliveries from nowhere");
    let verified = audit::verify(&store, &mut |_| {}).unwrap();
    (received.len(), verified)
}

/// How many files were being written when the process was killed: they bear a name of their own until they are whole.
fn half_written(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let count = |path: std::path::PathBuf| match path.is_dir() {
        true => half_written(&path),
        false => {
            let name = path.file_name().unwrap().to_string_lossy();
            u64::from(name.ends_with(".new") || name.ends_with(".generating"))
        }
    };
    entries.map(|entry| count(entry.unwrap().path())).sum()
}

fn turns(count: u64) {
    for _ in 0..count {
        std::thread::yield_now();
    }
}

/// The figures are the point of the test: they go to whoever runs it, also when it succeeds.
#[allow(clippy::print_stdout, reason = "a test's figures")]
pub fn say(line: &str) {
    println!("{line}");
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}
