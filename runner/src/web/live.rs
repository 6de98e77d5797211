//! Says to an open page that something moved: server-sent events whose ids are positions of the log.
//!
//! No content is sent: the page asks for itself again, so that what is live and what is loaded are made by the same code.
//! At most four times a second, however fast the log grows. A page that was away names the last position that it saw; if
//! the log has grown since, it is told at once.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use workflow_core::id::{StreamId, Version};

use super::Site;

/// The least time between two messages to one page.
const BETWEEN: Duration = Duration::from_millis(250);
/// A line without meaning, so that nothing between here and there gives the connection up.
const ALIVE: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
pub(super) struct Asked {
    /// What the page showed when it was made.
    #[serde(default)]
    from: u64,
    /// The stream that it is about; without it, everything.
    stream: Option<StreamId>,
}

pub(super) async fn follow(
    State(site): State<Arc<Site>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let Ok(room) = Arc::clone(&site.followers).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "30")]).into_response();
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let seen = last.unwrap_or(asked.from);
    let (told, tell) = mpsc::channel(1);
    tokio::spawn(async move {
        // Held for as long as the page follows.
        let _room = room;
        watch(&site, asked.stream.as_ref(), seen, &told).await;
    });
    let alive = KeepAlive::new().interval(ALIVE);
    Sse::new(Messages(tell)).keep_alive(alive).into_response()
}

/// Tells a page of each change until it or the process is gone.
async fn watch(site: &Site, stream: Option<&StreamId>, seen: u64, told: &mpsc::Sender<Event>) {
    let engine = &site.door.engine;
    let (mut changes, mut stopped) = (engine.changes(), site.door.stopped.clone());
    // Of a stream it counts how far it has come; of everything, how far the log has.
    let mark = || match stream {
        Some(stream) => engine.summary(stream).map_or(Version::NONE, |summary| summary.version).0,
        None => engine.position().0,
    };
    let grown = engine.position().0 > seen;
    let mut known = if grown { None } else { Some(mark()) };
    loop {
        let now = mark();
        if known != Some(now) {
            known = Some(now);
            let position = engine.position().0.to_string();
            if told
                .send(Event::default().event("moved").id(&position).data(&position))
                .await
                .is_err()
            {
                return;
            }
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            _ = stopped.changed() => return,
            () = told.closed() => return,
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// What is told, as the stream that axum sends.
struct Messages(mpsc::Receiver<Event>);

impl Stream for Messages {
    type Item = Result<Event, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
