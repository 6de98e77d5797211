//! Learning of what others append: by asking every quarter of a second, and sooner when a notification says so.
//!
//! A notification is a hint and no more: it is sent after the append, outside its transaction, some may be lost, and
//! in portable mode there are none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::connection::{Connection, Failure};
use super::{Database, Inner, PostgresStore};
use crate::id::Position;
use crate::store::{Head, StoreError};

/// How long the end of the log may be out of date without a hint.
const POLL: Duration = Duration::from_millis(250);
/// Appends within this time share a notification: each takes a lock of the whole server.
const GATHERED: Duration = Duration::from_millis(25);
const CHANNEL: &str = "LISTEN log_appended";
const NOTIFY: &str = "NOTIFY log_appended";

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// A connection is listening.
    listening: AtomicBool,
    /// A notification will be sent.
    telling: AtomicBool,
}

impl Database {
    /// Lets others know that there is something new.
    pub(super) fn tell(&self) {
        let inner = &self.0;
        inner.heard.send_replace(());
        if inner.settings.portable || inner.follower.telling.swap(true, Ordering::AcqRel) {
            return;
        }
        let inner = Arc::clone(inner);
        // Nobody waits for it.
        let _ = self.0.driver.begin("telling of an append", move || async move {
            tokio::time::sleep(GATHERED).await;
            inner.follower.telling.store(false, Ordering::Release);
            let mut notify =
                async |c: &mut Connection| c.batch("telling of an append", NOTIFY).await;
            let told = inner.pool.once(&inner, &mut notify).await;
            told.map_err(|failure| failure.into_error("telling of an append"))
        });
    }
}

impl PostgresStore {
    /// Waits until the log reaches beyond `known`, at most so long; gives its end.
    pub fn follow(&self, known: Position, at_most: Duration) -> Result<Head, StoreError> {
        let until = Instant::now() + at_most;
        let mut heard = self.database().0.heard.subscribe();
        self.database().listen();
        loop {
            let head = self.refresh()?;
            let left = until.saturating_duration_since(Instant::now());
            if head.next > known || left.is_zero() {
                return Ok(head);
            }
            let wait = left.min(POLL);
            heard = self.database().0.driver.run("waiting for an append", move || async move {
                // In time or not: the log is asked.
                let _ = tokio::time::timeout(wait, heard.changed()).await;
                Ok(heard)
            })?;
        }
    }
}

impl Database {
    /// Sees to it that somebody listens, as long as the connection holds.
    fn listen(&self) {
        let inner = &self.0;
        if inner.settings.portable || inner.follower.listening.swap(true, Ordering::AcqRel) {
            return;
        }
        let weak = Arc::downgrade(inner);
        let _ = inner.driver.begin("listening for appends", move || async move {
            let Some(inner) = weak.upgrade() else { return Ok(()) };
            let listened = listen(&inner).await;
            inner.follower.listening.store(false, Ordering::Release);
            listened.map_err(|failure| failure.into_error("listening for appends"))
        });
    }
}

async fn listen(inner: &Arc<Inner>) -> Result<(), Failure> {
    let heard = inner.heard.clone();
    let hear = move || {
        heard.send_replace(());
    };
    let connection = Connection::make(&inner.place, &inner.settings, hear).await?;
    connection.batch("listening for appends", CHANNEL).await?;
    // The connection lives for as long as somebody may follow.
    let weak = Arc::downgrade(inner);
    while connection.is_open() && weak.strong_count() > 1 {
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
