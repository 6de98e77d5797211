//! Which days of work had coverage in force, and which had not, by what the log says of one placement.
//!
//! **Days of work.** A day counts when the work was a contractor's by what was known at the end of that day (for days before
//! anything was known: at the end of the first day on which something was), and either the dates known then or the dates known now have it. So a
//! date corrected later hides no day, and one learned late adds its days; each gap says which of the two it rests on.
//! From the day on which it became known that the work was called off, over or out of scope, no day counts. What a
//! person works on a Sunday is not known: every day of the calendar counts.
//!
//! **Covered** is a day that lies wholly, from midnight to midnight in the tenant's zone, in what was read as in force
//! at the insurer and not lost. A loss counts from the day on which it was recorded; what was lost and came back
//! covers nothing in between.
//!
//! Two times are told apart: the days, and what was known when. Whoever gives the events up to a moment only gets the
//! answer of that moment. Pure; knows neither the log nor its form. Read `placement/known.rs` next.

use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;

use super::facts::Date;
use super::placement::{Cover, Days, Event, Loss, Machine, State, Work};
use crate::id::Position;
use crate::machine::Machine as _;
use crate::time::Timestamp;

mod ranges;
#[cfg(test)]
mod tests;

pub use ranges::Range;
use ranges::{subtract, union};

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// In the log.
    pub position: Position,
    /// In time.
    pub at: Timestamp,
}

/// What is known of one placement, gathered event by event.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// `None` before the first event, and once nothing can come any more.
    state: Option<Box<State>>,
    known: Vec<(Place, Work)>,
    claims: Vec<Claim>,
}

/// Coverage as it was read: in force from one moment until another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The insurer's id of the policy or assignment.
    pub id: String,
    /// The same in words.
    pub evidence: String,
    /// Where it was read last.
    pub seen: Place,
    /// From when.
    pub from: Timestamp,
    /// Until when, this moment not included.
    pub until: Timestamp,
    /// Since when it is back after it had been lost: it covers nothing before.
    pub back: Option<Timestamp>,
    /// How and where it was lost, if it was.
    pub lost: Option<(Place, Loss)>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The tenant's zone, in which days begin and end.
    pub zone: &'a TimeZone,
    /// The first day looked at, if not all are.
    pub from: Option<Date>,
    /// The last day looked at: today, as a rule.
    pub to: Date,
}

/// On which knowledge a day of work rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Known on the day, and now.
    Both,
    /// Known on the day; the dates known now do not have it.
    Then,
    /// The dates known now have it; those known on the day did not.
    Now,
}

/// Days of work, one after the other, without coverage in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The days.
    pub days: Range,
    /// On which knowledge they are days of work.
    pub by: By,
    /// Where what was known of the work at its last day stands in the log.
    pub known: Place,
    /// What kept the placement from being insured then, by its stable names.
    pub held: Vec<String>,
    /// The coverage before it, if there was any.
    pub before: Option<Claim>,
    /// The coverage after it, if there is any.
    pub after: Option<Claim>,
}

/// What came of one placement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The days of work, as runs in order.
    pub work: Vec<Range>,
    /// How many there were.
    pub work_days: u64,
    /// How many of them had coverage in force.
    pub covered_days: u64,
    /// The others.
    pub gaps: Vec<Gap>,
}

/// What was known at the end of each day of a run of days.
struct Reign<'a> {
    days: Range,
    known: Place,
    work: &'a Work,
}

impl Ledger {
    /// Takes the placement's next event. `false` when the machine does not accept it: it is no history of a placement.
    #[must_use]
    pub fn take(&mut self, place: Place, event: Event) -> bool {
        let Ok(state) = Machine::step(self.state.take().map(|state| *state), event) else {
            return false;
        };
        let work = state.work();
        if self.known.last().is_none_or(|(_, known)| *known != work) {
            self.known.push((place, work));
        }
        self.cover(place, state.cover());
        // Nothing can come after a state that is an end, and there are many such.
        let over = Machine::TERMINAL.contains(&Machine::state_kind(&state));
        self.state = (!over).then(|| Box::new(state));
        true
    }

    fn cover(&mut self, place: Place, cover: Cover<'_>) {
        match cover {
            Cover::None => {}
            Cover::InForce(coverage) => {
                let (id, evidence) = (coverage.evidence.id(), coverage.evidence.words());
                let known = self.claims.iter_mut().rev().find(|claim| claim.id == id);
                // Of what comes back nobody has read that it was in force in between.
                let back = match &known {
                    Some(claim) if claim.lost.is_some() => Some(place.at),
                    Some(claim) => claim.back,
                    None => None,
                };
                let from = back.map_or(coverage.effective, |back| back.max(coverage.effective));
                let (id, until) = (id.to_owned(), coverage.expires);
                let read = Claim { id, evidence, seen: place, from, until, back, lost: None };
                match known {
                    Some(claim) if claim.lost.is_none() => {
                        // Read again and found the same: the first reading is the evidence.
                        if *claim != (Claim { seen: claim.seen, ..read.clone() }) {
                            *claim = read;
                        }
                    }
                    Some(_) | None => self.claims.push(read),
                }
            }
            Cover::Lost(evidence, loss) => {
                let id = evidence.id();
                let known = self.claims.iter_mut().rev().find(|claim| claim.id == id);
                if let Some(claim) = known.filter(|claim| claim.lost.is_none()) {
                    claim.lost = Some((place, loss));
                    claim.until = claim.until.min(place.at);
                }
            }
        }
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// All coverage that was ever read, in the order of reading.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The days of work, and which of them had no coverage in force.
    pub fn days(&self, asked: &Asked<'_>) -> Found {
        let covered = self.covered(asked.zone);
        let now = self.known.last().map(|(_, work)| work.days()).unwrap_or(NO_DAYS);
        let mut found = Found::default();
        for reign in self.reigns(asked) {
            let Work::Days { days: then, held } = reign.work else { continue };
            let (then, now) = (reign.days.of(then), reign.days.of(&now));
            for (days, by) in told_apart(then, now) {
                found.work_days += days.count();
                match found.work.last_mut() {
                    Some(last) if last.touches(days) => last.last = days.last,
                    Some(_) | None => found.work.push(days),
                }
                for days in subtract(days, &covered) {
                    let (before, after) = self.around(days, asked.zone);
                    let (known, held) = (reign.known, held.clone());
                    let gap = Gap { days, by, known, held, before, after };
                    found.gaps.push(gap);
                }
            }
        }
        found.gaps = joined(found.gaps);
        let gap_days: u64 = found.gaps.iter().map(|gap| gap.days.count()).sum();
        found.covered_days = found.work_days - gap_days;
        found
    }

    /// What was known, day by day, as runs of days in order, within what is asked.
    fn reigns(&self, asked: &Asked<'_>) -> Vec<Reign<'_>> {
        let mut from: Vec<(Date, Place, &Work)> = Vec::new();
        for (place, work) in &self.known {
            let day = day_of(place.at, asked.zone);
            // What is known at the end of a day is what was learned last on it. A clock that went back changes nothing.
            while from.last().is_some_and(|(known, ..)| *known >= day) {
                from.pop();
            }
            from.push((day, *place, work));
        }
        if let Some((day, ..)) = from.first_mut() {
            *day = Date::MIN;
        }
        let mut reigns = Vec::with_capacity(from.len());
        for (index, (first, known, work)) in from.iter().enumerate() {
            let next = from.get(index + 1).map(|(day, ..)| *day);
            let last = match next.map(Date::yesterday) {
                None => Date::MAX,
                Some(Ok(last)) => last,
                Some(Err(_)) => continue,
            };
            let first = asked.from.map_or(*first, |from| from.max(*first));
            if let Some(days) = Range::new(first, last.min(asked.to)) {
                reigns.push(Reign { days, known: *known, work });
            }
        }
        reigns
    }

    /// The days that lie wholly in coverage, as runs in order.
    fn covered(&self, zone: &TimeZone) -> Vec<Range> {
        let spans = self.claims.iter().map(|claim| (claim.from, claim.until)).collect();
        let whole = |(from, until)| {
            let (begins, ends) = (day_of(from, zone), day_of(until, zone));
            let first =
                if midnight(begins, zone) < from { begins.tomorrow().ok()? } else { begins };
            Range::new(first, ends.yesterday().ok()?)
        };
        union(spans).into_iter().filter_map(whole).collect()
    }

    /// The coverage on both sides of a gap.
    fn around(&self, days: Range, zone: &TimeZone) -> (Option<Claim>, Option<Claim>) {
        let begins = midnight(days.first, zone);
        let live = || self.claims.iter().filter(|claim| claim.from < claim.until);
        // What was lost before it ever began explains the gap too.
        let lost = |claim: &&Claim| claim.lost.is_some_and(|(place, _)| place.at < begins);
        let before = self
            .claims
            .iter()
            .filter(|claim| lost(claim) || claim.from < begins && claim.from < claim.until);
        let after = live().filter(|claim| claim.from >= begins);
        (
            before.max_by_key(|claim| claim.until).cloned(),
            after.min_by_key(|claim| claim.from).cloned(),
        )
    }
}

const NO_DAYS: Days = Days { first: None, last: None };

impl Work {
    /// The dates known, where there are some.
    fn days(&self) -> Days {
        match self {
            Work::Days { days, .. } | Work::Over { days } => *days,
            Work::CalledOff | Work::OutOfScope => NO_DAYS,
        }
    }
}

impl Range {
    /// The part of it that these dates have.
    fn of(self, days: &Days) -> Option<Range> {
        let last = days.last.map_or(self.last, |last| last.min(self.last));
        Range::new(days.first?.max(self.first), last)
    }
}

/// The days that two ranges have, by which of them has them, in order.
fn told_apart(then: Option<Range>, now: Option<Range>) -> Vec<(Range, By)> {
    let (Some(then), Some(now)) = (then, now) else {
        let only = |range: Option<Range>, by| range.map(|range| (range, by));
        return only(then, By::Then).into_iter().chain(only(now, By::Now)).collect();
    };
    let both = Range::new(then.first.max(now.first), then.last.min(now.last));
    let rest = |of: Range, by| {
        let others = subtract(of, &both.into_iter().collect::<Vec<_>>());
        others.into_iter().map(move |range| (range, by))
    };
    let mut all: Vec<_> = rest(then, By::Then).chain(rest(now, By::Now)).collect();
    all.extend(both.map(|range| (range, By::Both)));
    all.sort_by_key(|(range, _)| *range);
    all
}

/// Gaps that follow each other and rest on the same, as one; the later knowledge counts.
fn joined(gaps: Vec<Gap>) -> Vec<Gap> {
    let mut all: Vec<Gap> = Vec::with_capacity(gaps.len());
    for gap in gaps {
        match all.last_mut() {
            Some(last)
                if last.days.touches(gap.days) && (last.by, &last.held) == (gap.by, &gap.held) =>
            {
                (last.days.last, last.known) = (gap.days.last, gap.known);
            }
            _ => all.push(gap),
        }
    }
    all
}

/// The local day of a moment.
pub fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_jiff().to_zoned(zone.clone()).date()
}

/// The first moment of a local day, also where the clock skips midnight.
fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    let begins = day.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
    begins.unwrap_or(Instant::MAX).into()
}
