//! The raw file that everything is measured against: CRC frames of the same bytes, one `fdatasync` per group.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use workflow_core::id::{Position, StreamId, Version};
use workflow_core::machine::Machine as _;
use workflow_core::record::frame::{Placed, seal};
use workflow_core::record::{Cause, Hash, NewEvent};
use workflow_core::store::Append;
use workflow_core::time::Timestamp;

use super::workflow::errand::{EventKind, Machine};

/// The payload of every event here, in bytes.
pub const PAYLOAD_BYTES: usize = 300;

/// An event of [`PAYLOAD_BYTES`] and its cause, as an errand's step leaves them; the first begins the errand. `salt` says
/// which data it has.
pub fn event(number: u64, salt: u64) -> NewEvent {
    let cause = Cause {
        input: "answered".into(),
        key: format!("bench/errand/{number}/1/step"),
        actor: "dispatcher".into(),
    };
    let content = super::workflow::content(salt);
    let kind = if number == 0 { EventKind::Begun } else { EventKind::StepDone };
    let recorded_at = Timestamp::from_secs(1_774_267_200);
    NewEvent { kind: Machine::wire(kind).to_owned(), schema: 1, recorded_at, cause, content }
}

/// An append of one event; of different tasks, `task` makes the data differ.
pub fn append(stream: &StreamId, expected: Version, task: u64) -> Append {
    let event = event(expected.0, task.wrapping_mul(1_000_003) + expected.0);
    Append { stream: stream.clone(), expected, events: vec![event] }
}

/// How many bytes one such event takes within a record.
pub fn event_bytes() -> usize {
    let stream = StreamId::new("errand", "bench", "task-00").expect("a plain name");
    let event = event(1, 1);
    let placed = Placed { stream: &stream, version: Version(1), event: &event };
    let bytes = |count: usize| {
        let all = vec![placed; count];
        seal(Position(0), Hash::GENESIS, &all)
            .iter()
            .map(|record| record.bytes.len())
            .sum::<usize>()
    };
    bytes(3) - bytes(2)
}

/// A file of frames: length, CRC32C, bytes.
pub struct RawFile {
    file: File,
    bytes: Vec<u8>,
    frame: Vec<u8>,
    /// How long the disk was waited for, each time.
    pub syncs: Arc<Mutex<Vec<Duration>>>,
}

impl RawFile {
    pub fn create(path: &Path) -> Self {
        let file = File::create(path).expect("the file can be made");
        let frame = vec![0xa5; event_bytes()];
        Self { file, bytes: Vec::new(), frame, syncs: Arc::default() }
    }

    /// Brings a group of so many frames to the disk.
    pub fn append(&mut self, count: usize) {
        self.bytes.clear();
        for number in 0..count {
            self.frame[0] = number as u8;
            self.bytes.extend((self.frame.len() as u32).to_be_bytes());
            self.bytes.extend(crc32c::crc32c(&self.frame).to_be_bytes());
            self.bytes.extend(&self.frame);
        }
        self.file.write_all(&self.bytes).expect("the file can be written");
        let asked = Instant::now();
        self.file.sync_data().expect("the file can be synced");
        let took = asked.elapsed();
        self.syncs.lock().unwrap_or_else(PoisonError::into_inner).push(took);
    }
}

/// Reads all frames of a file and checks them; says how many there are.
pub fn scan(path: &Path) -> u64 {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).expect("the file is there"));
    let (mut head, mut frame, mut count) = ([0; 8], Vec::new(), 0);
    while file.read_exact(&mut head).is_ok() {
        let [l0, l1, l2, l3, c0, c1, c2, c3] = head;
        frame.resize(u32::from_be_bytes([l0, l1, l2, l3]) as usize, 0);
        file.read_exact(&mut frame).expect("a frame is whole");
        assert_eq!(crc32c::crc32c(&frame), u32::from_be_bytes([c0, c1, c2, c3]));
        count += 1;
    }
    count
}
