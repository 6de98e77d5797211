//! The bytes of one record. This page is enough to read a log without this program.
//!
//! ```text
//! offset  bytes  what
//! 0       3      "WFR"
//! 3       1      format version of the record: 1
//! 4       4      CRC32C (Castagnoli) of all bytes after it, unsigned, big-endian
//! 8       rest   one CBOR item (RFC 8949), lengths definite, nothing after it:
//!
//! [ first     unsigned        position of the first event in the whole log, counted from 0
//! , previous  bytes, 32       SHA-256 of all bytes of the record before; zeros in the first record
//! , events    array, 1 or more, at consecutive positions:
//!   [ stream       text       workflow/tenant/key
//!   , version      unsigned   the stream's version with this event: 1 for its first
//!   , kind         text       the stored name of the event's type
//!   , schema       unsigned   the version of its stored shape, 16 bit
//!   , recorded_at  integer    milliseconds since 1970-01-01T00:00:00Z
//!   , cause        [input text, key text, actor text]
//!   , content      24(bytes)  its data: an embedded CBOR item, a map with field names
//!   ]
//! ]
//! ```
//!
//! A record's hash is the SHA-256 of all its bytes, from the "W" on. A durable group of events becomes one
//! record, or several when it would be larger than its store's target ([`FRAME_BYTES_TARGET`],
//! [`LARGE_FRAME_BYTES_TARGET`]); what was appended as one item shares a record if it fits into one, and one event is never split. Decoding trusts nothing: any bytes give a frame or an error, and what is allocated
//! is bounded by the bytes given. What binds a record to the one before is checked in `record/chain.rs`.

use minicbor::data::{IanaTag, Tag};
use minicbor::{Decoder, Encoder};
use sha2::{Digest, Sha256};

use crate::id::{BadStreamId, Position, StreamId, Version};
use crate::record::{Cause, Hash, NewEvent, Recorded};
use crate::time::Timestamp;

/// The format version that is written, and the only one read.
pub const FORMAT: u8 = 1;

/// The size up to which events share a record. Sled rewrites up to 17 neighbouring values as one page and
/// puts pages over 128 KiB into separate files: 17 of these stay below.
pub const FRAME_BYTES_TARGET: usize = 7 * 1024;

/// The same where the store takes larger values well, as PostgreSQL does: what a record costs beside its events is paid
/// less often, and more words that are alike are squeezed together. Who reads one event reads its whole record: no larger.
pub const LARGE_FRAME_BYTES_TARGET: usize = 16 * 1024;

const MAGIC: [u8; 3] = *b"WFR";
const HEADER_BYTES: usize = 8;
/// Header, array of three, position, hash, length of the events: what a frame costs beside its events.
const AROUND_BYTES_MAX: usize = HEADER_BYTES + 1 + 9 + 34 + 9;
/// The smallest event there can be: two arrays, nine fields of a byte, a tag of two bytes.
const EVENT_BYTES_MIN: u64 = 13;

/// Why bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Too few bytes for a header.
    #[error("the record has {bytes} bytes, too few for its header")]
    TooShort {
        /// How many there are.
        bytes: usize,
    },
    /// The first bytes are not those of a record.
    #[error("the record does not begin with \"WFR\"")]
    NoRecord,
    /// The record has another format: a newer program wrote it, or the byte was changed.
    #[error("the record has format {found}, this program reads {FORMAT}")]
    Format {
        /// The format found.
        found: u8,
    },
    /// The bytes are not those that were written.
    #[error("the record's checksum is {stored:08x}, its bytes give {computed:08x}")]
    Checksum {
        /// The checksum in the header.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// The part before the events cannot be read.
    #[error("the record's {field} cannot be read: {problem}")]
    Record {
        /// Which part.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// An event cannot be read.
    #[error("the {field} of the event at {position} cannot be read: {problem}")]
    Event {
        /// The event's position.
        position: Position,
        /// Which part.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// There are bytes after the record's end.
    #[error("the record is followed by {bytes} bytes that do not belong to it")]
    Trailing {
        /// How many.
        bytes: usize,
    },
}

/// An event with the place it gets.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// Its stream.
    pub stream: &'a StreamId,
    /// The stream's version with this event.
    pub version: Version,
    /// The event.
    pub event: &'a NewEvent,
}

#[cfg(feature = "postgres")]
impl<'a> Placed<'a> {
    /// What its record says of it when it lies at `position`.
    pub(crate) fn at(&self, position: Position) -> FrameEvent<'a> {
        let Self { stream, version, event } = *self;
        FrameEvent {
            position,
            stream: stream.as_str(),
            version,
            kind: &event.kind,
            schema: event.schema,
            recorded_at: event.recorded_at,
            input: &event.cause.input,
            key: &event.cause.key,
            actor: &event.cause.actor,
            content: &event.content,
        }
    }
}

/// A finished record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The position of its first event.
    pub first: Position,
    /// How many events it holds.
    pub events: usize,
    /// The hash of its bytes, which the next record names.
    pub hash: Hash,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether its last item goes on in the next record: the two must be written together or not at all.
    pub goes_on: bool,
}

/// Puts events into records, the first of them at position `first` and after the record hashed `previous`.
/// No events give no records.
pub fn seal(first: Position, previous: Hash, events: &[Placed<'_>]) -> Vec<Sealed> {
    seal_items(first, previous, events, &vec![1; events.len()], FRAME_BYTES_TARGET)
}

/// The same for items of so many events each, which are kept together where a record can hold them, and for records of up
/// to `target` bytes.
pub(crate) fn seal_items(
    first: Position,
    previous: Hash,
    events: &[Placed<'_>],
    items: &[usize],
    target: usize,
) -> Vec<Sealed> {
    let mut encoded = Vec::with_capacity(events.len() * 512);
    let ends: Vec<usize> = events
        .iter()
        .map(|event| {
            encode_event(event, &mut encoded);
            encoded.len()
        })
        .collect();
    let (mut sealed, mut first, mut previous) = (Vec::new(), first, previous);
    let (mut next, mut start) = (0, 0);
    let item_of: Vec<usize> = items
        .iter()
        .enumerate()
        .flat_map(|(item, events)| std::iter::repeat_n(item, *events))
        .collect();
    let cuts = |at: usize| at > 0 && at < ends.len() && item_of[at] == item_of[at - 1];
    while next < ends.len() {
        let fits = |end: &&usize| **end - start + AROUND_BYTES_MAX <= target;
        let most = next + ends[next..].iter().take_while(fits).count().max(1);
        // Where the last item that is whole ends; one that fits into no record is spread over several.
        let until = (next + 1..=most).rev().find(|at| !cuts(*at)).unwrap_or(most);
        let (count, end) = (until - next, ends[until - 1]);
        let mut record = seal_one(first, previous, count, &encoded[start..end]);
        record.goes_on = cuts(until);
        (first, previous) = (Position(first.0 + count as u64), record.hash);
        (next, start) = (until, end);
        sealed.push(record);
    }
    sealed
}

/// The hash of a record's bytes.
pub fn hash_of(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

fn seal_one(first: Position, previous: Hash, count: usize, events: &[u8]) -> Sealed {
    let mut bytes = Vec::with_capacity(AROUND_BYTES_MAX + events.len());
    bytes.extend(MAGIC);
    bytes.push(FORMAT);
    bytes.extend([0; 4]);
    infallible(
        Encoder::new(&mut bytes)
            .array(3)
            .and_then(|e| e.u64(first.0))
            .and_then(|e| e.bytes(&previous.0))
            .and_then(|e| e.array(count as u64)),
    );
    bytes.extend(events);
    let crc = crc32c::crc32c(&bytes[HEADER_BYTES..]);
    bytes[4..HEADER_BYTES].copy_from_slice(&crc.to_be_bytes());
    Sealed { first, events: count, hash: hash_of(&bytes), bytes, goes_on: false }
}

fn encode_event(placed: &Placed<'_>, into: &mut Vec<u8>) {
    let event = placed.event;
    infallible(
        Encoder::new(into)
            .array(7)
            .and_then(|e| e.str(placed.stream.as_str()))
            .and_then(|e| e.u64(placed.version.0))
            .and_then(|e| e.str(&event.kind))
            .and_then(|e| e.u16(event.schema))
            .and_then(|e| e.i64(event.recorded_at.0))
            .and_then(|e| e.array(3))
            .and_then(|e| e.str(&event.cause.input))
            .and_then(|e| e.str(&event.cause.key))
            .and_then(|e| e.str(&event.cause.actor))
            .and_then(|e| e.tag(IanaTag::Cbor))
            .and_then(|e| e.bytes(&event.content)),
    );
}

fn infallible<T>(encoded: Result<T, minicbor::encode::Error<std::convert::Infallible>>) {
    encoded.map(drop).expect("a Vec takes all bytes");
}

/// A record, borrowed from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The position of the first event.
    pub first: Position,
    /// The hash of the record before.
    pub previous: Hash,
    /// The events, at least one.
    pub events: Vec<FrameEvent<'a>>,
}

/// An event, borrowed from its record's bytes. The stream's name is not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameEvent<'a> {
    /// Its index in the whole log.
    pub position: Position,
    /// Its stream, as written.
    pub stream: &'a str,
    /// The stream's version with this event.
    pub version: Version,
    /// The stored name of its type.
    pub kind: &'a str,
    /// The version of its stored shape.
    pub schema: u16,
    /// The moment of the decision.
    pub recorded_at: Timestamp,
    /// [`Cause::input`].
    pub input: &'a str,
    /// [`Cause::key`].
    pub key: &'a str,
    /// [`Cause::actor`].
    pub actor: &'a str,
    /// Its data, as CBOR.
    pub content: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads a record's bytes; checks the checksum and the shape of all events.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let mut decoder = Decoder::new(checked_body(bytes)?);
        let record = |field| {
            move |e: minicbor::decode::Error| FrameError::Record { field, problem: e.to_string() }
        };
        array_of(3, &mut decoder).map_err(record("outer array"))?;
        let first = decoder.u64().map_err(record("first position"))?;
        let previous = decoder.bytes().map_err(record("previous hash"))?;
        let previous: [u8; 32] = previous.try_into().map_err(|_| FrameError::Record {
            field: "previous hash",
            problem: format!("it has {} bytes, not 32", previous.len()),
        })?;
        let count = decoder.array().map_err(record("list of events"))?;
        let left = (decoder.input().len() - decoder.position()) as u64;
        let problem = match count {
            None => Some("its length is not given".to_owned()),
            Some(0) => Some("it is empty".to_owned()),
            Some(n) if n > left / EVENT_BYTES_MIN => {
                Some(format!("{n} events do not fit into {left} bytes"))
            }
            Some(n) if first.checked_add(n).is_none() => {
                Some(format!("{n} events from {first} on pass the last position"))
            }
            Some(_) => None,
        };
        if let Some(problem) = problem {
            return Err(FrameError::Record { field: "list of events", problem });
        }
        let count = count.unwrap_or_default();
        let events = (first..first + count)
            .map(|position| decode_event(Position(position), &mut decoder))
            .collect::<Result<_, _>>()?;
        match decoder.input().len() - decoder.position() {
            0 => Ok(Self { first: Position(first), previous: Hash(previous), events }),
            bytes => Err(FrameError::Trailing { bytes }),
        }
    }

    /// The position after the last event.
    pub fn next(&self) -> Position {
        Position(self.first.0 + self.events.len() as u64)
    }
}

impl FrameEvent<'_> {
    /// The event with everything owned; fails when the stream's name is none.
    pub fn to_recorded(&self) -> Result<Recorded, BadStreamId> {
        Ok(self.in_stream(StreamId::parse(self.stream)?))
    }

    /// The event with everything owned, where the stream is already known.
    pub fn in_stream(&self, stream: StreamId) -> Recorded {
        let cause = Cause {
            input: self.input.to_owned(),
            key: self.key.to_owned(),
            actor: self.actor.to_owned(),
        };
        let event = NewEvent {
            kind: self.kind.to_owned(),
            schema: self.schema,
            recorded_at: self.recorded_at,
            cause,
            content: self.content.to_vec(),
        };
        Recorded { position: self.position, stream, version: self.version, event }
    }
}

fn checked_body(bytes: &[u8]) -> Result<&[u8], FrameError> {
    let Some((&[m0, m1, m2, format, c0, c1, c2, c3], body)) =
        bytes.split_first_chunk::<HEADER_BYTES>()
    else {
        return Err(FrameError::TooShort { bytes: bytes.len() });
    };
    if [m0, m1, m2] != MAGIC {
        return Err(FrameError::NoRecord);
    }
    if format != FORMAT {
        return Err(FrameError::Format { found: format });
    }
    let (stored, computed) = (u32::from_be_bytes([c0, c1, c2, c3]), crc32c::crc32c(body));
    if stored != computed {
        return Err(FrameError::Checksum { stored, computed });
    }
    Ok(body)
}

fn decode_event<'a>(
    position: Position,
    decoder: &mut Decoder<'a>,
) -> Result<FrameEvent<'a>, FrameError> {
    let event = |field| {
        move |e: minicbor::decode::Error| FrameError::Event {
            position,
            field,
            problem: e.to_string(),
        }
    };
    array_of(7, decoder).map_err(event("array"))?;
    let stream = decoder.str().map_err(event("stream"))?;
    let version = decoder.u64().map_err(event("version"))?;
    let kind = decoder.str().map_err(event("kind"))?;
    let schema = decoder.u16().map_err(event("schema"))?;
    let recorded_at = decoder.i64().map_err(event("recorded_at"))?;
    array_of(3, decoder).map_err(event("cause"))?;
    let input = decoder.str().map_err(event("cause's input"))?;
    let key = decoder.str().map_err(event("cause's key"))?;
    let actor = decoder.str().map_err(event("cause's actor"))?;
    let tag = decoder.tag().map_err(event("content's tag"))?;
    if tag != Tag::from(IanaTag::Cbor) {
        let problem = format!("it is {}, not 24", tag.as_u64());
        return Err(FrameError::Event { position, field: "content's tag", problem });
    }
    let content = decoder.bytes().map_err(event("content"))?;
    let (version, recorded_at) = (Version(version), Timestamp(recorded_at));
    Ok(FrameEvent {
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
    })
}

fn array_of(length: u64, decoder: &mut Decoder<'_>) -> Result<(), minicbor::decode::Error> {
    match decoder.array()? {
        Some(found) if found == length => Ok(()),
        Some(found) => {
            Err(minicbor::decode::Error::message(format!("it has {found} items, not {length}")))
        }
        None => Err(minicbor::decode::Error::message("its length is not given")),
    }
}

#[cfg(test)]
mod tests;
