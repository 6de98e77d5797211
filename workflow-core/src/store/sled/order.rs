//! Written, brought to the disk, then answered: whatever way an append or a cursor takes.
//!
//! A power cut of the strictest kind after each answer: of the journal, of sled's file and of its files for large values
//! there is what they held when they were last brought to the disk, and nothing else; of the head what it was at the
//! start. Without a sync, or with one before the write, something that was answered is missing then.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::journal::JOURNAL;
use super::synced::Witness;
use super::tests::image;
use crate::audit;
use crate::store::Store;
use crate::store::contract::{append, scanned};
use crate::store::sled::SledStore;

const FILE: &str = "log/db";
const HEAD: &str = "head";
/// Where sled puts values that make a page too large.
const BLOBS: &str = "log/blobs";

/// By file, what it held when it was last synced, and how often that was since the beginning.
type Held = BTreeMap<String, (Vec<u8>, u32)>;

/// A disk that keeps nothing but what was synced.
struct Strict {
    dir: TempDir,
    synced: Arc<Mutex<Held>>,
}

impl Strict {
    fn begin() -> (Self, SledStore) {
        let dir = TempDir::new().unwrap();
        let store = SledStore::open(dir.path()).unwrap();
        let strict = Self { dir, synced: Arc::default() };
        let [file, journal, head] = [FILE, JOURNAL, HEAD].map(|name| strict.witness(name));
        [&file, &journal, &head].iter().for_each(|look| look());
        let (dir, synced) = (strict.dir.path().join(BLOBS), Arc::clone(&strict.synced));
        let blob = move |name: &str| look_at(&synced, &dir.join(name), format!("{BLOBS}/{name}"));
        store.tables.witness(file, journal, Box::new(blob));
        (strict, store)
    }

    fn witness(&self, name: &'static str) -> Witness {
        let (path, synced) = (self.dir.path().join(name), Arc::clone(&self.synced));
        Box::new(move || look_at(&synced, &path, name.to_owned()))
    }

    /// How often a file was brought to the disk since the beginning.
    fn times(&self, name: &str) -> u32 {
        self.synced.lock().unwrap()[name].1
    }

    /// The directory after a power cut.
    fn cut(&self) -> TempDir {
        let cut = image(self.dir.path());
        for blob in fs::read_dir(cut.path().join(BLOBS)).unwrap() {
            fs::remove_file(blob.unwrap().path()).unwrap();
        }
        for (name, (bytes, _)) in &*self.synced.lock().unwrap() {
            fs::write(cut.path().join(name), bytes).unwrap();
        }
        cut
    }

    #[track_caller]
    fn has_all(&self, store: &SledStore) {
        has_all(self.cut().path(), store);
    }
}

fn look_at(synced: &Mutex<Held>, path: &Path, name: String) {
    let mut synced = synced.lock().unwrap();
    let times = synced.get(&name).map_or(0, |(_, times)| times + 1);
    synced.insert(name, (fs::read(path).unwrap(), times));
}

#[track_caller]
fn has_all(dir: &Path, store: &SledStore) {
    let opened = SledStore::open(dir).unwrap();
    assert_eq!((opened.head(), scanned(&opened, 0)), (store.head(), scanned(store, 0)));
    assert_eq!(opened.cursors().unwrap(), store.cursors().unwrap());
    audit::verify(&opened, &mut |_| {}).unwrap();
}

/// Texts that cannot be squeezed by much.
fn text(number: u32, bytes: usize) -> String {
    let mut seed = number.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        char::from(b'!' + (seed % 94) as u8)
    };
    std::iter::repeat_with(&mut next).take(bytes).collect()
}

#[test]
fn a_small_group_is_on_the_disk_in_the_journal_before_it_is_answered() {
    let (strict, store) = Strict::begin();
    for number in 0..20 {
        store.append(&[append(&format!("door/acme/{number}"), 0, &[&text(number, 200)])]).unwrap();
        assert_eq!((strict.times(JOURNAL), strict.times(FILE)), (number + 1, 0));
        strict.has_all(&store);
    }
}

#[test]
fn a_large_group_is_on_the_disk_in_sled_before_it_is_answered() {
    let (strict, store) = Strict::begin();
    for number in 0..3 {
        let large = text(number, 100_000);
        store.append(&[append(&format!("door/acme/{number}"), 0, &[&large])]).unwrap();
        assert_eq!((strict.times(JOURNAL), strict.times(FILE)), (0, number + 1));
        strict.has_all(&store);
    }
}

#[test]
fn a_cursor_is_on_the_disk_before_it_is_answered() {
    let (strict, store) = Strict::begin();
    store.append(&[append("door/acme/1", 0, &["before it"])]).unwrap();
    for (number, value) in ["one", "two", "three"].into_iter().enumerate() {
        store.set_cursor("poll", value.as_bytes()).unwrap();
        assert_eq!(strict.times(FILE) as usize, number + 1);
        strict.has_all(&store);
    }
}

#[test]
fn a_large_cursor_is_on_the_disk_before_it_is_answered() {
    let (strict, store) = Strict::begin();
    store.append(&[append("door/acme/1", 0, &["before it"])]).unwrap();
    for number in 0..3 {
        store.set_cursor("poll", text(number, 300_000).as_bytes()).unwrap();
        let blobs = fs::read_dir(strict.dir.path().join(BLOBS)).unwrap().count();
        assert!(blobs > 0, "it is so large that sled puts it into a file of its own");
        strict.has_all(&store);
    }
}

#[test]
fn records_of_a_restored_log_are_on_the_disk_before_they_are_answered() {
    let (_strict, store) = Strict::begin();
    store.append(&[append("door/acme/1", 0, &["of the one"])]).unwrap();
    let mut records = Vec::new();
    let each = &mut |_, bytes: &[u8]| {
        records.push(bytes.to_vec());
        std::ops::ControlFlow::Continue(())
    };
    store.scan_records(crate::id::Position(0), each).unwrap();
    let (strict, other) = Strict::begin();
    other.append_records(&records).unwrap();
    strict.has_all(&other);
}

#[test]
fn nothing_is_answered_once_the_disk_refused() {
    let large = text(0, 100_000);
    for what in ["a large group", "a cursor"] {
        let (_strict, store) = Strict::begin();
        store.tables.fail_once();
        let answered = match what {
            "a cursor" => store.set_cursor("poll", b"here"),
            _ => store.append(&[append("door/acme/1", 0, &[&large])]).map(drop),
        };
        let refused = answered.unwrap_err().to_string();
        assert!(refused.contains("bringing the log to the disk"), "{what}: {refused}");
        assert!(store.set_cursor("poll", b"there").is_err(), "it goes on after a failed sync");
    }
}
