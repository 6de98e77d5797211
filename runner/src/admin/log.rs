//! The admin door's answers that are as long as the log: verifying it and exporting it, written while they are made.
//!
//! Both are lines of JSON. Verifying tells how far it is and ends with the result; an export is the file itself
//! (`docs/export-format.md`), or ends with a line `{"failed": ...}`.

use std::io::{self, BufWriter, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use workflow_core::audit::export::{self, About, ExportError};
use workflow_core::audit::{self, Extent};
use workflow_core::id::Position;
use workflow_core::record::Hash;
use workflow_core::store::Head;

use super::{Door, verified};
use crate::{lineage, signing, views};

/// So many bytes go out at once...
const CHUNK_BYTES: usize = 64 * 1024;
/// ...and so many such chunks may wait for a slow reader.
const CHUNKS_WAITING: usize = 8;
/// How far it is, is told after so many events.
const TOLD_EVERY: u64 = 5_000;

/// What is to be verified.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Asked {
    /// The first position.
    pub from: u64,
    /// The last one.
    pub to: Option<u64>,
    /// Ends that the log must reach: the next position, and the hash in hex.
    pub ends: Vec<(u64, String)>,
}

/// One line of the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// How far it is.
    Reached {
        /// The position reached.
        position: u64,
        /// The end.
        of: u64,
    },
    /// The result.
    Done(views::Verified),
}

/// What may be said of an export.
#[derive(Debug, Deserialize)]
pub(super) struct Who {
    #[serde(default)]
    who: String,
}

/// The last line of an export that failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failed {
    /// Why.
    pub failed: String,
    /// Whether the log is damaged.
    pub damaged: bool,
}

impl Asked {
    /// As the audit takes it.
    pub fn extent(&self) -> Extent {
        let end = |(next, hash): &(u64, String)| {
            Hash::parse(hash).map(|hash| Head { next: Position(*next), hash })
        };
        let ends = self.ends.iter().filter_map(end).collect();
        Extent { from: Position(self.from), to: self.to.map(Position), ends }
    }
}

pub(super) async fn verify(State(door): State<Arc<Door>>, Json(asked): Json<Asked>) -> Response {
    let store = Arc::clone(door.engine.store());
    streamed(door.stopped.clone(), move |out| {
        let (extent, of) = (asked.extent(), store.head().next.0);
        let (mut told, mut gone) = (0, Ok(()));
        let result = audit::verify_extent(&*store, &extent, &mut |reached| {
            if reached.0 >= told + TOLD_EVERY {
                told = reached.0;
                gone = tell(out, &Told::Reached { position: reached.0, of });
            }
        });
        drop(gone);
        tell(out, &Told::Done(verified(result, "the running process's log")))
    })
}

pub(super) async fn export(
    State(door): State<Arc<Door>>,
    Query(Who { who }): Query<Who>,
) -> Response {
    let store = Arc::clone(door.engine.store());
    let (signer, made_at) = (door.signer.clone(), door.engine.clock().now());
    streamed(door.stopped.clone(), move |out| {
        let about = About {
            made_at,
            made_by: lineage::MADE_BY.to_owned(),
            asked_by: who,
            machines: lineage::machines(),
            signed_head: signing::kept(&signer.data_dir).ok().flatten(),
        };
        match export::write(&*store, &about, signer.key.as_ref(), out, &mut |_| {}) {
            // The head beside the log is not older than the one in the file.
            Ok(_) => signer.sign(&*store, made_at).map(drop),
            Err(ExportError::Io(gone)) => Err(gone),
            Err(error @ (ExportError::Damaged(_) | ExportError::Store(_))) => {
                let damaged = matches!(error, ExportError::Damaged(_));
                tell(out, &Failed { failed: error.to_string(), damaged })
            }
        }
    })
}

pub(super) fn tell(out: &mut dyn Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Answers with what `make` writes, on a thread of its own; it ends when the reader goes away or the process stops.
pub(super) fn streamed(
    stopped: watch::Receiver<bool>,
    make: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> Response {
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(CHUNK_BYTES, Sending { sender, stopped });
        if let Err(error) = make(&mut out).and_then(|()| out.flush()) {
            tracing::warn!(%error, "a long answer was not finished");
            let (broken, _) = out.into_parts();
            drop(broken.sender.blocking_send(Err(error)));
        }
    });
    Body::from_stream(Chunks(receiver)).into_response()
}

type Chunk = io::Result<Bytes>;

struct Sending {
    sender: mpsc::Sender<Chunk>,
    stopped: watch::Receiver<bool>,
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if *self.stopped.borrow() {
            return Err(io::Error::other("the process is stopping"));
        }
        let sent = self.sender.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes as they come over a channel.
pub(super) struct Chunks(pub(super) mpsc::Receiver<Chunk>);

impl futures_core::Stream for Chunks {
    type Item = Chunk;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Chunk>> {
        self.0.poll_recv(context)
    }
}
