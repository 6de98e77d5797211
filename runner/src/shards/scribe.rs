//! Keeps the rows that auditors ask for in SQL (`placements_now`, `coverage_gaps`): by who holds the shard, under its fence.
//!
//! The truth stays the log: the rows are worked out of it by the same code, a moment later, and can be thrown away. How far
//! they have come is the view `views_reach`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::watch;
use workflow_core::domain::coverage_days::day_of;
use workflow_core::domain::in_sql;
use workflow_core::domain::placement::Machine;
use workflow_core::id::{Position, StreamId};
use workflow_core::machine::Machine as _;
use workflow_core::record::Recorded;
use workflow_core::store::postgres::{PostgresStore, Scope};
use workflow_core::store::{Store as _, StoreError};
use workflow_core::time::{Clock, Timestamp};

use super::holding::aside;

/// Between two looks whether the log has grown.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure, such as a fence that is newer: whether it matters, the shard's own work finds out.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// What the rows of a shard are made with.
pub(super) struct Scribe {
    pub(super) store: Arc<PostgresStore>,
    /// By tenant, the zone of its business dates.
    pub(super) zones: BTreeMap<String, TimeZone>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Scribe {
    /// Works until `stopped` turns true.
    pub(super) async fn run(self, mut stopped: watch::Receiver<bool>) {
        let scribe = Arc::new(self);
        let mut done = None;
        while !*stopped.borrow() {
            let now = scribe.clock.now();
            let (head, today) = (scribe.store.head().next, scribe.day(now));
            let mut pause = LOOK_EVERY;
            if done != Some((head, today)) {
                let is_new_day = done.is_none_or(|(_, day): (Position, _)| day != today);
                let own = Arc::clone(&scribe);
                match aside(move || own.write(is_new_day, now)).await {
                    Ok(()) => done = Some((head, today)),
                    Err(error) => {
                        let shard = scribe.store.shard().0;
                        tracing::warn!(shard, %error, "the rows for SQL could not be kept");
                        pause = AGAIN_AFTER;
                    }
                }
            }
            tokio::select! {
                _ = stopped.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// The day by the first tenant's zone; another tenant's day may begin some hours later.
    fn day(&self, now: Timestamp) -> jiff::civil::Date {
        let utc = TimeZone::UTC;
        day_of(now, self.zones.values().next().unwrap_or(&utc))
    }

    fn write(&self, is_new_day: bool, now: Timestamp) -> Result<(), StoreError> {
        let (store, workflow, utc) = (&self.store, Machine::NAME, TimeZone::UTC);
        store.keep_view(in_sql::PLACEMENTS, workflow, Scope::Changed, &in_sql::now)?;
        // What is a gap depends on the day too.
        let scope = if is_new_day { Scope::All } else { Scope::Changed };
        let gaps = |stream: &StreamId, events: &[Recorded]| {
            let zone = self.zones.get(stream.tenant()).unwrap_or(&utc);
            in_sql::gaps(stream, events, zone, now)
        };
        store.keep_view(in_sql::GAPS, workflow, scope, &gaps).map(drop)
    }
}
