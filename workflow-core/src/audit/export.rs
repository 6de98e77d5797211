//! The whole log as one file that verifies by itself: for an auditor, for keeping, for moving to another store.
//!
//! The format is described for people without this program in `docs/export-format.md`, and `docs/verify_export.py`
//! checks a file with nothing but Python. In short: lines of JSON; a header, the cursors, one line for each record with
//! its stored bytes and what they say, a trailer with the counts, the SHA-256 of all lines before it and a signature.
//! What is in the records is what is exported: what was sealed in the log stays sealed, and no keys go along.
//!
//! Writing and reading hold one record at a time, and about 100 bytes a stream. Read next: `export/read.rs`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::audit::Damage;
use crate::audit::sign::{Signed, SignedHead, SigningKey, Statement};
use crate::graph::Lock;
use crate::id::Position;
use crate::record::chain::{Chain, Streams};
use crate::store::{Head, Store, StoreError};
use crate::time::Timestamp;

mod read;
mod readable;

pub use read::{ExportDamage, Part, ReadError, machines, read, verify};

/// What the header calls the format.
pub const FORMAT: &str = "workflow-export";
/// The version of the format that is written, and the only one read.
pub const VERSION: u32 = 1;

/// What the header says beside the log's end.
#[derive(Clone, Debug)]
pub struct About {
    /// The moment, which is also that of the signature.
    pub made_at: Timestamp,
    /// The program and its version.
    pub made_by: String,
    /// Who asked for it.
    pub asked_by: String,
    /// The tables of the machines, by workflow, so that a reader can follow each stream's states.
    pub machines: BTreeMap<String, Lock>,
    /// The last signed head there is, for an export without the key.
    pub signed_head: Option<SignedHead>,
}

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// How many records.
    pub records: u64,
    /// How many events they hold.
    pub events: u64,
    /// How many cursors.
    pub cursors: u64,
    /// The end of the log in it.
    pub head: Head,
    /// The key that signed the file as a whole, if one did.
    pub signed_by: Option<String>,
    /// The signed head in the header, if there is one. The log in the file was seen to reach it.
    pub signed_head: Option<SignedHead>,
}

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log is damaged, and is not passed on.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The cursors cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Writing failed.
    #[error("the export could not be written: {0}")]
    Io(#[from] io::Error),
}

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line<'a> {
    #[serde(borrow)]
    Header(Header<'a>),
    Cursor(Cursor),
    #[serde(borrow)]
    Record(Record<'a>),
    Trailer(Trailer),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    format: String,
    version: u32,
    made_at: String,
    made_by: String,
    asked_by: String,
    next: Position,
    hash: String,
    signed_head: Option<SignedHead>,
    #[serde(borrow)]
    machines: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    name: String,
    value: String,
}

/// The events are not taken from here: they are written again from the bytes, and compared.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record<'a> {
    first: Position,
    hash: String,
    bytes: String,
    #[serde(borrow)]
    events: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    records: u64,
    events: u64,
    cursors: u64,
    next: Position,
    hash: String,
    at: String,
    sha256: String,
    signed: Option<Signed>,
}

impl Line<'_> {
    fn to_text(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers serialize")
    }
}

/// Writes the log as it is now, signed if there is a key. The log is verified on the way. Calls `progress` with the
/// position reached; [`Store::head`] says where it ends. What is appended meanwhile is not in it.
pub fn write(
    store: &dyn Store,
    about: &About,
    key: Option<&SigningKey>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(Position),
) -> Result<Contents, ExportError> {
    // The cursors first: read later they could be ahead of the log, and a restored process would pass over what lies
    // between.
    let (cursors, head) = (store.cursors()?, store.head());
    let signed_head = match (key, &about.signed_head) {
        (Some(key), _) => Some(key.sign_head(head, about.made_at)),
        (None, kept) => kept.clone(),
    };
    let mut lines = Lines { out, hash: Sha256::new() };
    let machines = serde_json::value::to_raw_value(&about.machines).map_err(io::Error::other)?;
    let made_at = about.made_at.to_string();
    lines.put(&Line::Header(Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        made_at: made_at.clone(),
        made_by: about.made_by.clone(),
        asked_by: about.asked_by.clone(),
        next: head.next,
        hash: head.hash.to_string(),
        signed_head: signed_head.clone(),
        machines: &machines,
    }))?;
    for (name, value) in &cursors {
        let value = STANDARD.encode(value);
        lines.put(&Line::Cursor(Cursor { name: name.clone(), value }))?;
    }
    let records = write_records(store, head, signed_head.as_ref(), &mut lines, progress)?;
    let sha256 = hex::encode(lines.hash.clone().finalize());
    let (next, hash) = (head.next, head.hash.to_string());
    let statement =
        Statement::Export { next, hash: hash.clone(), at: made_at.clone(), sha256: sha256.clone() };
    let (events, cursors) = (head.next.0, cursors.len() as u64);
    let signed = key.map(|key| key.sign(&statement));
    let signed_by = signed.as_ref().map(|signed| signed.key.clone());
    let at = made_at.clone();
    let trailer = Trailer { records, events, cursors, next, hash, at, sha256, signed };
    lines.put(&Line::Trailer(trailer))?;
    lines.out.flush()?;
    Ok(Contents { made_at, records, events, cursors, head, signed_by, signed_head })
}

/// Writes all records up to `head`; says how many.
fn write_records(
    store: &dyn Store,
    head: Head,
    signed_head: Option<&SignedHead>,
    lines: &mut Lines<'_>,
    progress: &mut dyn FnMut(Position),
) -> Result<u64, ExportError> {
    let (mut chain, mut streams) = (Chain::towards(head.next, head.hash), Streams::default());
    let mut marks = read::Marks::of(signed_head, None)
        .map_err(|problem| Damage { position: Position(0), problem })?;
    let mut failed = None;
    let scanned = store.scan_records(Position(0), &mut |at, bytes| {
        let position = chain.next();
        if position >= head.next {
            return ControlFlow::Break(());
        }
        let damage = |problem| Some(Damage { position, problem }.into());
        let written = match chain.accept(at, bytes) {
            Err(e) => damage(e.to_string()),
            Ok(frame) => match streams.accept(&frame) {
                Err(e) => damage(e.to_string()),
                Ok(()) => lines.text(&readable::record_line(&frame, bytes)).err().map(Into::into),
            },
        };
        failed = written.or_else(|| marks.pass(&chain).err().and_then(damage));
        if failed.is_some() {
            return ControlFlow::Break(());
        }
        progress(chain.next());
        ControlFlow::Continue(())
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let damage = |problem: String| Damage { position: chain.next(), problem };
    scanned.map_err(|e| damage(format!("it cannot be read: {e}")))?;
    chain.finish().map_err(|e| damage(e.to_string()))?;
    marks.finish(&chain).map_err(damage)?;
    Ok(chain.records())
}

/// Lines on their way out, hashed.
struct Lines<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl Lines<'_> {
    fn put(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.text(&line.to_text())
    }

    fn text(&mut self, line: &str) -> io::Result<()> {
        self.hash.update(line);
        self.hash.update("\n");
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests;
