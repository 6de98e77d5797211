//! The admin door's answer to `runner tail`: events as lines of JSON, from a position on, as long as the reader stays.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::{Door, log, problem};
use crate::tail::{self, Asked, Told};

/// So many parts may wait for a slow reader.
const PARTS_WAITING: usize = 2;
/// While nothing happens it is said so, lest the connection be given up.
const ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn follow(State(door): State<Arc<Door>>, Json(asked): Json<Asked>) -> Response {
    let head = door.engine.store().head().next.0;
    let from = asked.begin(head);
    if from > head {
        let what = format!("the log ends at position {head}: there is no position {from} yet");
        return problem(StatusCode::NOT_FOUND, what);
    }
    let (sender, receiver) = mpsc::channel(PARTS_WAITING);
    tokio::spawn(async move {
        if let Err(why) = give(&door, &asked, from, &sender).await {
            tracing::warn!(%why, "the log could not be followed");
            drop(sender.send(Err(std::io::Error::other(why))).await);
        }
    });
    Body::from_stream(log::Chunks(receiver)).into_response()
}

/// Gives part after part until the reader or the process is gone.
async fn give(
    door: &Arc<Door>,
    asked: &Asked,
    from: u64,
    sender: &mpsc::Sender<std::io::Result<Bytes>>,
) -> Result<(), String> {
    let (mut changes, mut stopped) = (door.engine.changes(), door.stopped.clone());
    let mut from = from;
    loop {
        changes.mark_unchanged();
        let (store, of) = (Arc::clone(door.engine.store()), asked.clone());
        let part = tokio::task::spawn_blocking(move || tail::read(&*store, &of, from));
        let part = part.await.map_err(|error| error.to_string())??;
        let is_end = part.next == from;
        from = part.next;
        let told = part.events.into_iter().map(|line| Told::Event(Box::new(line)));
        let mut text = Vec::new();
        for line in told.chain([Told::Reached(from)]) {
            serde_json::to_writer(&mut text, &line).map_err(|error| error.to_string())?;
            text.push(b'\n');
        }
        if sender.send(Ok(text.into())).await.is_err() || (is_end && !asked.follow) {
            return Ok(());
        }
        if !is_end {
            continue;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return Ok(()) },
            () = sender.closed() => return Ok(()),
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
            () = tokio::time::sleep(ALIVE) => {}
        }
    }
}
