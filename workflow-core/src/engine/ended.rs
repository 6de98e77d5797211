//! The shelf of ended instances: their lines, and the outside names by which they are found, in a file read on demand.
//!
//! `<store>/index/engine-<n>` is a [`Shelf`] with two kinds of keys: a stream, whose value is its line; and before those a
//! zero byte, a hash and a stream, with no value. The hash is of an alias, or of a workflow's state: so those who want the
//! few that stand in one state read no others. Written whole by a checkpoint, out of the one before and what
//! ended since. In memory stays the first key of each block, about seven bytes an instance. Read `engine/lines.rs` next.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use super::line::Line;
use crate::id::StreamId;
use crate::store::shelf::{
    Pair, Shelf, ShelfWriter, put_bytes, put_number, take_bytes, take_number,
};

/// The first byte of an alias's key; no stream's name begins with it.
const ALIAS: u8 = 0;

/// The shelf, open, and what must be known without reading it.
#[derive(Debug)]
pub(super) struct Ended {
    shelf: Shelf,
    tally: Tally,
}

/// How many lines it has: by workflow, tenant and the state's number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally(BTreeMap<(String, String, usize), u64>);

impl Tally {
    pub fn each(&self) -> impl Iterator<Item = (&str, &str, usize, u64)> {
        let each = self.0.iter();
        each.map(|((workflow, tenant, state), count)| {
            (workflow.as_str(), tenant.as_str(), *state, *count)
        })
    }

    fn add(&mut self, stream: &StreamId, line: &Line) {
        let (workflow, tenant) = (stream.workflow().to_owned(), stream.tenant().to_owned());
        *self.0.entry((workflow, tenant, line.view().state)).or_default() += 1;
    }

    /// Whether there is any of a workflow, in this state where one is named.
    pub fn has(&self, workflow: &str, state: Option<usize>) -> bool {
        self.each().any(|(of, _, is, _)| of == workflow && state.is_none_or(|state| is == state))
    }
}

impl Ended {
    /// How many lines it has.
    pub fn count(&self) -> u64 {
        self.tally.0.values().sum()
    }

    /// How many lines it has of each kind.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How large the file is.
    pub fn bytes(&self) -> u64 {
        self.shelf.bytes()
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        self.shelf.name()
    }

    /// A stream's line.
    pub fn line(&self, stream: &str) -> Option<Line> {
        let read = self.shelf.get(stream.as_bytes());
        Line::read(&read.unwrap_or_else(unreadable)?)
    }

    /// All lines after a stream's, in order.
    pub fn after<'a>(&'a self, stream: &str) -> impl Iterator<Item = (StreamId, Line)> + use<'a> {
        let from = stream.as_bytes().to_vec();
        let pairs =
            self.shelf.pairs_from(&from).map(|pair| pair.map(Some).unwrap_or_else(unreadable));
        pairs.flatten().filter(move |(key, _)| *key > from).filter_map(read_line)
    }

    /// The streams that may have an alias of this hash, in order.
    pub fn find(&self, hash: u64) -> Vec<StreamId> {
        self.find_after(hash, "").collect()
    }

    /// The streams that may stand in a state, in order, after the one named.
    pub fn in_state<'a>(
        &'a self,
        workflow: &str,
        state: usize,
        after: &str,
    ) -> impl Iterator<Item = StreamId> + use<'a> {
        let after = after.to_owned();
        let found = self.find_after(hash_of_state(workflow, state), &after);
        found.filter(move |stream| stream.as_str() > after.as_str())
    }

    fn find_after<'a>(
        &'a self,
        hash: u64,
        after: &str,
    ) -> impl Iterator<Item = StreamId> + use<'a> {
        let (prefix, from) = (alias_key(hash, ""), alias_key(hash, after));
        let pairs =
            self.shelf.pairs_from(&from).map(|pair| pair.map(Some).unwrap_or_else(unreadable));
        let pairs = pairs.flatten().skip_while(move |(key, _)| *key < from);
        let length = prefix.len();
        let same = pairs.take_while(move |(key, _)| key.starts_with(&prefix));
        same.filter_map(move |(key, _)| stream_of(&key[length..]))
    }

    /// What a checkpoint notes of it.
    pub fn put(ended: Option<&Self>, bytes: &mut Vec<u8>) {
        put_bytes(ended.map_or("", Self::name).as_bytes(), bytes);
        let Some(Self { shelf, tally }) = ended else { return };
        put_number(shelf.bytes(), bytes);
        put_number(tally.0.len() as u64, bytes);
        for (workflow, tenant, state, count) in tally.each() {
            put_bytes(workflow.as_bytes(), bytes);
            put_bytes(tenant.as_bytes(), bytes);
            put_number(state as u64, bytes);
            put_number(count, bytes);
        }
    }

    /// Opens what a checkpoint in `dir` notes; `None` where it is not there as it was written.
    pub fn take(rest: &mut &[u8], dir: &Path) -> Option<Option<Self>> {
        let name = std::str::from_utf8(take_bytes(rest)?).ok()?;
        if name.is_empty() {
            return Some(None);
        }
        let (bytes, kinds) = (take_number(rest)?, take_number(rest)?);
        let mut tally = Tally::default();
        for _ in 0..kinds {
            let mut text = || String::from_utf8(take_bytes(rest)?.to_vec()).ok();
            let (workflow, tenant) = (text()?, text()?);
            let state = usize::try_from(take_number(rest)?).ok()?;
            tally.0.insert((workflow, tenant, state), take_number(rest)?);
        }
        let shelf = Shelf::open(&dir.join(name)).ok().filter(|shelf| shelf.bytes() == bytes)?;
        Some(Some(Self { shelf, tally }))
    }

    /// Writes a shelf with what the `old` one has, but for `dropped`, and these lines.
    pub fn write(
        path: &Path,
        old: Option<&Self>,
        dropped: &BTreeSet<StreamId>,
        lines: &[(StreamId, Line)],
    ) -> io::Result<Self> {
        let mut writer = ShelfWriter::create(path)?;
        let mut tally = Tally::default();
        let aliases = |(stream, line): &(StreamId, Line)| -> Vec<Vec<u8>> {
            let view = line.view();
            let state = hash_of_state(stream.workflow(), view.state);
            let hashes = view.aliases.iter().map(|alias| hash(alias)).chain([state]);
            hashes.map(|hash| alias_key(hash, stream.as_str())).collect()
        };
        let mut fresh: Vec<Pair> =
            lines.iter().flat_map(aliases).map(|key| (key, Vec::new())).collect();
        fresh.sort_unstable();
        fresh.dedup();
        let lines = lines.iter();
        let lines = lines
            .map(|(stream, line)| (stream.as_str().as_bytes().to_vec(), line.bytes().to_vec()));
        let stale = |key: &[u8]| {
            let name = if key.first() == Some(&ALIAS) { key.get(9..) } else { Some(key) };
            let name = name.and_then(|name| std::str::from_utf8(name).ok());
            name.is_none_or(|name| dropped.contains(name))
        };
        let mut before = old.into_iter().flat_map(|old| old.shelf.pairs()).peekable();
        let mut push = |(key, value): Pair| -> io::Result<()> {
            if key.first() != Some(&ALIAS) {
                let (stream, line) = read_line((key.clone(), value.clone())).ok_or_else(broken)?;
                tally.add(&stream, &line);
            }
            writer.push(&key, &value)
        };
        for pair in fresh.into_iter().chain(lines) {
            // An error is taken out, to be returned.
            let earlier =
                |old: &io::Result<Pair>| old.as_ref().map_or(true, |(key, _)| *key <= pair.0);
            while let Some((key, value)) = before.next_if(earlier).transpose()? {
                if key != pair.0 && !stale(&key) {
                    push((key, value))?;
                }
            }
            push(pair)?;
        }
        for pair in before {
            let (key, value) = pair?;
            if !stale(&key) {
                push((key, value))?;
            }
        }
        writer.finish()?;
        Ok(Self { shelf: Shelf::open(path)?, tally })
    }
}

/// By which an alias is looked for: the same in every process, because it stands on the disk (FNV-1a).
pub(super) fn hash(alias: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    alias.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// By which those are looked for that stand in a state. An alias of the same hash is no harm: whoever finds one looks at
/// the line.
fn hash_of_state(workflow: &str, state: usize) -> u64 {
    hash(&format!("\0{workflow}\0{state}"))
}

fn alias_key(hash: u64, stream: &str) -> Vec<u8> {
    [&[ALIAS][..], &hash.to_be_bytes(), stream.as_bytes()].concat()
}

fn stream_of(name: &[u8]) -> Option<StreamId> {
    StreamId::parse(std::str::from_utf8(name).ok()?).ok()
}

fn read_line((key, value): Pair) -> Option<(StreamId, Line)> {
    Some((stream_of(&key)?, Line::read(&value)?))
}

fn broken() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the shelf of ended instances is not what was written",
    )
}

/// The shelf is no truth: what of it cannot be read is missing from lists until the next start builds it anew, and
/// whatever decides reads the log.
fn unreadable<T>(error: io::Error) -> Option<T> {
    tracing::error!(%error, "ended instances cannot be listed: start again, and the index is built anew");
    None
}
