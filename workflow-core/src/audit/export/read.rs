//! Reading an export back: every line is checked before it is given on, and what a signature covers is said.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{Contents, Cursor, FORMAT, Header, Line, Record, Trailer, VERSION, readable};
use crate::audit::sign::{BadSignature, PublicKey, SignedHead, Statement};
use crate::graph::Lock;
use crate::id::Position;
use crate::record::Hash;
use crate::record::chain::{Chain, Streams};
use crate::record::frame::Frame;
use crate::store::Head;

/// No line is longer: several times what the largest event can take.
const LINE_BYTES_MAX: u64 = 1 << 30;

/// The first thing that is wrong with an export.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the export is damaged in line {line}, at position {position}: {problem}")]
pub struct ExportDamage {
    /// The line, from 1.
    pub line: u64,
    /// The first position that is not vouched for.
    pub position: Position,
    /// What is wrong.
    pub problem: String,
}

/// Why an export was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not as it was written.
    #[error(transparent)]
    Damaged(#[from] ExportDamage),
    /// The file cannot be read.
    #[error("the export cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// What an export gives, in its order. The end of the file may still show that the whole was changed.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A cursor: its name and value.
    Cursor(&'a str, &'a [u8]),
    /// A record's bytes; it follows the one before.
    Record(&'a [u8]),
}

/// Checks an export from its first byte to its last. With a `trusted` key it must be signed by it: the file as a whole,
/// or at least a head that it holds. Calls `progress` with the bytes read.
pub fn verify(
    input: &mut dyn BufRead,
    trusted: Option<&PublicKey>,
    progress: &mut dyn FnMut(u64),
) -> Result<Contents, ReadError> {
    let mut each = |_: Part<'_>, bytes: u64| {
        progress(bytes);
        Ok(())
    };
    read(input, trusted, &mut each)
}

/// The same, giving each part on, with the bytes read so far. An error of `each` ends the reading.
pub fn read<E: From<ReadError>>(
    input: &mut dyn BufRead,
    trusted: Option<&PublicKey>,
    each: &mut dyn FnMut(Part<'_>, u64) -> Result<(), E>,
) -> Result<Contents, E> {
    let mut source = Source { input, line: 0 };
    let (mut line, mut bytes) = (Vec::new(), 0);
    let mut state = State::begin(&mut source, &mut line, trusted)?;
    loop {
        bytes += line.len() as u64;
        let next = source.next(&mut line).map_err(|error| state.placed(error))?;
        let Some(text) = next else {
            let problem = "the file ends without a trailer: its end was cut off";
            return Err(ReadError::from(state.damage(source.line, problem.to_owned())).into());
        };
        let step = state.step(text, trusted);
        let done = bytes + text.len() as u64 + 1;
        match step.map_err(|problem| ReadError::from(state.damage(source.line, problem)))? {
            Step::Cursor(name, value) => each(Part::Cursor(&name, &value), done)?,
            Step::Record(bytes) => each(Part::Record(&bytes), done)?,
            Step::End(trailer) => {
                let more = source.next(&mut line).map_err(|error| state.placed(error))?;
                if more.is_some() {
                    let problem = "there are lines behind the trailer".to_owned();
                    return Err(ReadError::from(state.damage(source.line, problem)).into());
                }
                return Ok(state.contents(trailer));
            }
        }
    }
}

/// The tables of the machines by which the log in an export was written: from its header, whose truth only reading it to
/// its end shows.
pub fn machines(input: &mut dyn BufRead) -> Result<BTreeMap<String, Lock>, ReadError> {
    let mut source = Source { input, line: 0 };
    let mut line = Vec::new();
    let text = source.next(&mut line)?.unwrap_or_default();
    let tables = match serde_json::from_str(text) {
        Ok(Line::Header(header)) => serde_json::from_str(header.machines.get()),
        Ok(Line::Cursor(_) | Line::Record(_) | Line::Trailer(_)) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    };
    tables.map_err(|e| {
        let problem = format!("it is no header of an export: {e}");
        ExportDamage { line: 1, position: Position(0), problem }.into()
    })
}

/// Lines on their way in.
struct Source<'a> {
    input: &'a mut dyn BufRead,
    /// The number of the last line.
    line: u64,
}

impl Source<'_> {
    /// The next line without its line feed, or nothing at the end.
    fn next<'b>(&mut self, line: &'b mut Vec<u8>) -> Result<Option<&'b str>, ReadError> {
        line.clear();
        self.line += 1;
        let mut limited = io::Read::take(&mut *self.input, LINE_BYTES_MAX);
        limited.read_until(b'\n', line)?;
        let problem = match line.split_last() {
            None => return Ok(None),
            Some((b'\n', text)) => match std::str::from_utf8(text) {
                Ok(text) => return Ok(Some(text)),
                Err(_) => "it is no text in UTF-8",
            },
            Some(_) => "the line is cut off: the end of the file is missing",
        };
        let (line, position, problem) = (self.line, Position(0), problem.to_owned());
        Err(ExportDamage { line, position, problem }.into())
    }
}

/// What a line came to.
enum Step {
    Cursor(String, Vec<u8>),
    Record(Vec<u8>),
    End(Trailer),
}

/// What was read so far.
struct State {
    made_at: String,
    signed_head: Option<SignedHead>,
    marks: Marks,
    chain: Chain,
    streams: Streams,
    head: Head,
    /// Of all lines so far.
    hash: Sha256,
    cursors: u64,
    last_cursor: Option<String>,
}

impl State {
    fn begin(
        source: &mut Source<'_>,
        line: &mut Vec<u8>,
        trusted: Option<&PublicKey>,
    ) -> Result<Self, ReadError> {
        let damage = |problem: String| {
            ReadError::Damaged(ExportDamage { line: 1, position: Position(0), problem })
        };
        let Some(text) = source.next(line)? else {
            return Err(damage("the file is empty".to_owned()));
        };
        let header = match serde_json::from_str(text) {
            Ok(Line::Header(header)) => header,
            Ok(Line::Cursor(_) | Line::Record(_) | Line::Trailer(_)) => {
                return Err(damage("the header is missing".to_owned()));
            }
            Err(e) => return Err(damage(format!("it is no header of an export: {e}"))),
        };
        let mut state = Self::of(header, trusted).map_err(damage)?;
        state.note(text);
        Ok(state)
    }

    fn of(header: Header<'_>, trusted: Option<&PublicKey>) -> Result<Self, String> {
        let Header { format, version, made_at, next, hash, signed_head, .. } = header;
        if format != FORMAT || version != VERSION {
            return Err(format!(
                "it has format {format} {version}, this program reads {FORMAT} {VERSION}"
            ));
        }
        let hash = Hash::parse(&hash).ok_or("the hash is not 64 hex digits")?;
        let marks = Marks::of(signed_head.as_ref(), trusted)?;
        Ok(Self {
            made_at,
            signed_head,
            marks,
            chain: Chain::towards(next, hash),
            streams: Streams::default(),
            head: Head { next, hash },
            hash: Sha256::new(),
            cursors: 0,
            last_cursor: None,
        })
    }

    fn damage(&self, line: u64, problem: String) -> ExportDamage {
        ExportDamage { line, position: self.chain.next(), problem }
    }

    /// Says how far the log is vouched for where a line could not even be read.
    fn placed(&self, error: ReadError) -> ReadError {
        match error {
            ReadError::Damaged(ExportDamage { line, problem, .. }) => {
                self.damage(line, problem).into()
            }
            ReadError::Io(error) => ReadError::Io(error),
        }
    }

    fn note(&mut self, text: &str) {
        self.hash.update(text);
        self.hash.update("\n");
    }

    fn step(&mut self, text: &str, trusted: Option<&PublicKey>) -> Result<Step, String> {
        let line = serde_json::from_str(text);
        let step = match line.map_err(|e| format!("it is no line of an export: {e}"))? {
            Line::Header(_) => return Err("a second header".to_owned()),
            Line::Cursor(cursor) => {
                let value = self.cursor(&cursor, text)?;
                Step::Cursor(cursor.name, value)
            }
            Line::Record(record) => Step::Record(self.record(&record, text)?),
            Line::Trailer(trailer) => {
                self.trailer(&trailer, text, trusted)?;
                Step::End(trailer)
            }
        };
        self.note(text);
        Ok(step)
    }

    fn cursor(&mut self, cursor: &Cursor, text: &str) -> Result<Vec<u8>, String> {
        if self.chain.next() > Position(0) {
            return Err("a cursor stands behind records".to_owned());
        }
        if self.last_cursor.as_ref().is_some_and(|last| *last >= cursor.name) {
            return Err(format!("the cursor `{}` is not in order", cursor.name));
        }
        let value = STANDARD.decode(&cursor.value);
        let value = value.map_err(|e| format!("the cursor's value is no base64: {e}"))?;
        let Cursor { name, value: encoded } = cursor;
        let again = Line::Cursor(Cursor { name: name.clone(), value: encoded.clone() }).to_text();
        same_text(&again, text)?;
        self.cursors += 1;
        self.last_cursor = Some(name.clone());
        Ok(value)
    }

    fn record(&mut self, record: &Record<'_>, text: &str) -> Result<Vec<u8>, String> {
        let bytes = STANDARD.decode(&record.bytes);
        let bytes = bytes.map_err(|e| format!("the record's bytes are no base64: {e}"))?;
        if self.chain.next() >= self.head.next {
            return Err("the log goes on behind the end that the header names".to_owned());
        }
        let frame = Frame::decode(&bytes).map_err(|e| e.to_string())?;
        if frame.first != record.first {
            let (said, inside) = (record.first, frame.first);
            return Err(format!("the line says position {said}, the record in it {inside}"));
        }
        let again = readable::record_line(&frame, &bytes);
        self.chain.accept(frame.first, &bytes).map_err(|e| e.to_string())?;
        self.streams.accept(&frame).map_err(|e| e.to_string())?;
        if record.hash != self.chain.hash().to_string() {
            return Err("the hash beside the record is not that of its bytes".to_owned());
        }
        if again != text {
            return Err("the readable part does not say what the record's bytes say".to_owned());
        }
        self.marks.pass(&self.chain)?;
        Ok(bytes)
    }

    fn trailer(
        &mut self,
        trailer: &Trailer,
        text: &str,
        trusted: Option<&PublicKey>,
    ) -> Result<(), String> {
        self.chain.finish().map_err(|e| e.to_string())?;
        self.marks.finish(&self.chain)?;
        let Trailer { records, events, cursors, next, hash: head, at, sha256, signed } = trailer;
        let counted = (self.chain.records(), self.head.next.0, self.cursors);
        if (*records, *events, *cursors) != counted {
            let (records, events, cursors) = counted;
            return Err(format!(
                "the trailer's counts are not those of the file, which has {records} records, \
                 {events} events and {cursors} cursors"
            ));
        }
        if (next, head) != (&self.head.next, &self.head.hash.to_string()) || *at != self.made_at {
            return Err("the trailer does not name the header's end and moment".to_owned());
        }
        if *sha256 != hex::encode(self.hash.clone().finalize()) {
            return Err("the lines before the trailer have another SHA-256; all records fit, so the header or a \
                        cursor was changed"
                .to_owned());
        }
        let again = Trailer {
            hash: head.clone(),
            at: at.clone(),
            sha256: sha256.clone(),
            signed: signed.clone(),
            ..*trailer
        };
        same_text(&Line::Trailer(again).to_text(), text)?;
        match signed {
            Some(signed) => {
                let (hash, at, sha256) = (head.clone(), at.clone(), sha256.clone());
                let statement = Statement::Export { next: *next, hash, at, sha256 };
                signed.check(&statement, trusted).map_err(|e| format!("the export: {e}"))
            }
            // The head in the header was checked with the key.
            None if trusted.is_none() || self.signed_head.is_some() => Ok(()),
            None => Err(format!("the export: {}", BadSignature::Missing)),
        }
    }

    fn contents(self, trailer: Trailer) -> Contents {
        Contents {
            made_at: self.made_at,
            records: trailer.records,
            events: trailer.events,
            cursors: trailer.cursors,
            head: self.head,
            signed_by: trailer.signed.map(|signed| signed.key),
            signed_head: self.signed_head,
        }
    }
}

fn same_text(again: &str, text: &str) -> Result<(), String> {
    match again == text {
        true => Ok(()),
        false => Err("it is not written as the format says: order, spaces or escapes".to_owned()),
    }
}

/// The signed end that a walk over records must come through.
pub(super) struct Marks(Option<Head>);

impl Marks {
    pub(super) fn of(
        signed: Option<&SignedHead>,
        trusted: Option<&PublicKey>,
    ) -> Result<Self, String> {
        let head = signed.map(|signed| signed.check(trusted)).transpose();
        head.map(Self).map_err(|e| format!("the signed head: {e}"))
    }

    /// Compares where the walk is.
    pub(super) fn pass(&mut self, chain: &Chain) -> Result<(), String> {
        let Some(end) = self.0.filter(|end| chain.next() >= end.next) else { return Ok(()) };
        self.0 = None;
        match (chain.next(), chain.hash()) == (end.next, end.hash) {
            true => Ok(()),
            false => Err(format!(
                "the log was signed to end at {} with hash {}: this is another history",
                end.next, end.hash
            )),
        }
    }

    /// Says that there are no more records.
    pub(super) fn finish(&mut self, chain: &Chain) -> Result<(), String> {
        self.pass(chain)?;
        match self.0 {
            None => Ok(()),
            Some(end) => Err(format!(
                "the log ends here, but was signed to reach to {}: its tail was cut",
                end.next
            )),
        }
    }
}
