//! How far a back-fill is: a line of the log for each tenth of the way, while JobDiva's feeds are read window by window.

use integration_jobdiva::poll::Cursor;
use workflow_core::time::Timestamp;

/// What is less behind than this is no back-fill: a poll that came a little late.
const WORTH_SAYING_MILLIS: i64 = 2 * 24 * 3600 * 1000;

/// The way from where the feeds stood when it began.
#[derive(Debug, Default)]
pub(super) struct Behind {
    from: Option<Timestamp>,
    said: i64,
}

impl Behind {
    /// Says how far the feeds have been read, where that is a tenth more than was said.
    pub(super) fn say(&mut self, tenant: &str, cursor: &Cursor, now: Timestamp) {
        let Some(until) = cursor.all_read_until() else { return };
        if let Some(percent) = self.news(until, now) {
            tracing::info!(%tenant, read_until = %until, percent, "catching up with JobDiva's feeds");
        }
    }

    fn news(&mut self, until: Timestamp, now: Timestamp) -> Option<i64> {
        let from = *self.from.get_or_insert(until);
        let way = now.0 - from.0;
        if way < WORTH_SAYING_MILLIS {
            return None;
        }
        let tenths = (until.0 - from.0).clamp(0, way) * 10 / way;
        (tenths > self.said).then(|| {
            self.said = tenths;
            tenths * 10
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600 * 1000;

    fn at(days: i64) -> Timestamp {
        Timestamp(days * DAY)
    }

    #[test]
    fn a_long_way_is_told_of_in_tenths_and_a_short_one_not_at_all() {
        let (mut behind, now) = (Behind::default(), at(140));
        let told: Vec<Option<i64>> =
            (0..=10).map(|window| behind.news(at(window * 14), now)).collect();
        let tenths: Vec<Option<i64>> =
            (0..=10).map(|tenth| (tenth > 0).then_some(tenth * 10)).collect();
        assert_eq!(told, tenths);
        assert_eq!(behind.news(at(140), now), None, "it is said once");
        let mut late = Behind::default();
        assert_eq!([139, 140].map(|day| late.news(at(day), now)), [None, None]);
    }
}
