//! Windows that were passed over, tried again: the row on which the service failed may have been mended.

use std::time::Duration;

use workflow_core::time::Timestamp;

use super::window::Window;
use super::{Feed, Polled};
use crate::JobDiva;

/// So many are tried per poll: what is new comes first.
const TRIED_AT_ONCE: usize = 4;
/// The first wait; each further one is four times as long, up to a day.
const FIRST_WAIT: Duration = Duration::from_secs(15 * 60);
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

impl JobDiva {
    /// Tries windows again that are due; what they hold is touched, and they are kept no longer.
    pub(super) async fn try_skipped(&self, polled: &mut Polled, now: Timestamp) {
        let fails = |feed: Feed| polled.failed.iter().any(|error| error.operation() == feed.name());
        let mut due = Vec::new();
        for skipped in polled.cursor.skipped.iter().filter(|skipped| skipped.next <= now) {
            let feed = Feed::ALL.into_iter().find(|feed| feed.name() == skipped.feed);
            due.extend(feed.filter(|feed| !fails(*feed)).map(|feed| (feed, skipped.clone())));
        }
        for (feed, skipped) in due.into_iter().take(TRIED_AT_ONCE) {
            let window = Window { from: skipped.from, to: skipped.to };
            match self.rows(feed, window).await {
                Ok(rows) => {
                    tracing::info!(window = %skipped, "a window that was passed over could be read");
                    self.take_rows(polled, feed, rows);
                    polled.cursor.skipped.retain(|kept| !kept.is(&skipped));
                }
                Err(error) => {
                    let kept = polled.cursor.skipped.iter_mut().find(|kept| kept.is(&skipped));
                    if let Some(kept) = kept {
                        kept.tries = kept.tries.saturating_add(1);
                        kept.why = error.to_string();
                        kept.next = now.plus(wait(kept.tries));
                    }
                }
            }
        }
    }
}

/// How long after so many tries the next one comes.
pub(super) fn wait(tries: u32) -> Duration {
    FIRST_WAIT.saturating_mul(4_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_day() {
        let mins = |tries| wait(tries).as_secs() / 60;
        assert_eq!([0, 1, 2, 3, 4, 5, 99].map(mins), [15, 15, 60, 240, 960, 1440, 1440]);
    }
}
