//! Events put aside by stream, so that a question about every stream is answered from one walk through the log and with
//! the memory of a few streams: what belongs together comes back together, in order.
//!
//! The file has no name from the moment it is open: it goes with the process, however that ends. What is in it is what
//! is in the log, sealed as it is there. A small log needs none.

use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};

use workflow_core::id::{Position, Version};
use workflow_core::record::frame::FrameEvent;
use workflow_core::time::Timestamp;

/// A part is for so many events of the log.
const EVENTS_EACH: u64 = 50_000;
/// More parts take more memory than they save.
const PARTS_MAX: u64 = 256;
/// What of a part is held before it is written, in bytes.
const HELD: usize = 64 * 1024;

/// Events by the part that their stream is in.
pub(super) struct Spill {
    parts: Vec<Part>,
    /// None as long as nothing had to be written.
    file: Option<File>,
    end: u64,
}

#[derive(Default)]
struct Part {
    /// Where its pieces lie in the file.
    pieces: Vec<(u64, usize)>,
    held: Vec<u8>,
}

impl Spill {
    /// For a log of about so many events.
    pub(super) fn new(events: u64) -> Self {
        let count = events.div_ceil(EVENTS_EACH).clamp(1, PARTS_MAX);
        Self { parts: (0..count).map(|_| Part::default()).collect(), file: None, end: 0 }
    }

    /// How many parts there are.
    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Puts one event aside.
    pub(super) fn put(&mut self, event: &FrameEvent<'_>) -> io::Result<()> {
        let mut hasher = DefaultHasher::new();
        event.stream.hash(&mut hasher);
        let at = (hasher.finish() % self.parts.len() as u64) as usize;
        let part = &mut self.parts[at];
        write(&mut part.held, event);
        if part.held.len() < HELD {
            return Ok(());
        }
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(nameless()?),
        };
        file.write_all_at(&part.held, self.end)?;
        part.pieces.push((self.end, part.held.len()));
        self.end += part.held.len() as u64;
        part.held.clear();
        Ok(())
    }

    /// Gives a part's events in the order in which they were put, and lets go of them.
    pub(super) fn take<E: From<io::Error>>(
        &mut self,
        part: usize,
        each: &mut dyn FnMut(&FrameEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Part { pieces, held } = std::mem::take(&mut self.parts[part]);
        let mut piece = Vec::new();
        for (at, length) in pieces {
            piece.resize(length, 0);
            let file = self.file.as_ref().ok_or_else(broken)?;
            file.read_exact_at(&mut piece, at)?;
            read(&piece, each)?;
        }
        read(&held, each)
    }
}

/// A file that only this process can reach.
fn nameless() -> io::Result<File> {
    let mut random = [0_u8; 12];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let path = std::env::temp_dir().join(format!("runner-audit-{}", hex::encode(random)));
    let told = |error: io::Error| {
        let what = format!("putting events aside in {}: {error}", path.display());
        io::Error::new(error.kind(), what)
    };
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path);
    let file = file.map_err(told)?;
    fs::remove_file(&path).map_err(told)?;
    Ok(file)
}

fn write(to: &mut Vec<u8>, event: &FrameEvent<'_>) {
    to.extend_from_slice(&event.position.0.to_le_bytes());
    to.extend_from_slice(&event.version.0.to_le_bytes());
    to.extend_from_slice(&event.recorded_at.0.to_le_bytes());
    to.extend_from_slice(&event.schema.to_le_bytes());
    for bytes in [event.stream.as_bytes(), event.kind.as_bytes(), event.content] {
        to.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        to.extend_from_slice(bytes);
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what was put aside is not what was written")
}

fn read<E: From<io::Error>>(
    mut from: &[u8],
    each: &mut dyn FnMut(&FrameEvent<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let rest = &mut from;
    while !rest.is_empty() {
        let position = Position(u64::from_le_bytes(array(rest)?));
        let version = Version(u64::from_le_bytes(array(rest)?));
        let recorded_at = Timestamp(i64::from_le_bytes(array(rest)?));
        let schema = u16::from_le_bytes(array(rest)?);
        let (stream, kind, content) = (text(rest)?, text(rest)?, bytes(rest)?);
        // By what it was caused nobody asks here.
        let (input, key, actor) = ("", "", "");
        each(&FrameEvent {
            position,
            stream,
            version,
            kind,
            schema,
            recorded_at,
            input,
            key,
            actor,
            content,
        })?;
    }
    Ok(())
}

fn array<const N: usize>(rest: &mut &[u8]) -> io::Result<[u8; N]> {
    let (first, after) = rest.split_first_chunk().ok_or_else(broken)?;
    *rest = after;
    Ok(*first)
}

fn bytes<'a>(rest: &mut &'a [u8]) -> io::Result<&'a [u8]> {
    let length = u32::from_le_bytes(array(rest)?) as usize;
    let (first, after) = rest.split_at_checked(length).ok_or_else(broken)?;
    *rest = after;
    Ok(first)
}

fn text<'a>(rest: &mut &'a [u8]) -> io::Result<&'a str> {
    std::str::from_utf8(bytes(rest)?).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_comes_back_whole_by_stream_and_in_order() {
        let mut spill = Spill::new(4 * EVENTS_EACH);
        assert_eq!(spill.parts(), 4);
        let content = vec![7_u8; 300];
        let count = 3_000_u64;
        for number in 0..count {
            let stream = format!("placement/acme/{}", number % 100);
            let event = FrameEvent {
                position: Position(number),
                stream: &stream,
                version: Version(number / 100 + 1),
                kind: "discovered",
                schema: 2,
                recorded_at: Timestamp(number as i64),
                input: "",
                key: "",
                actor: "",
                content: &content,
            };
            spill.put(&event).expect("there is room");
        }
        assert!(spill.file.is_some(), "so much is not held");
        let mut seen = std::collections::BTreeMap::<String, u64>::new();
        for part in 0..spill.parts() {
            let before = seen.clone();
            spill
                .take::<io::Error>(part, &mut |event| {
                    assert!(!before.contains_key(event.stream), "a stream is in two parts");
                    let version = seen.entry(event.stream.to_owned()).or_default();
                    *version += 1;
                    assert_eq!((event.version.0, event.schema), (*version, 2));
                    assert_eq!((event.kind, event.content), ("discovered", &content[..]));
                    Ok(())
                })
                .expect("it is there");
        }
        assert_eq!(seen.values().sum::<u64>(), count);
    }
}
