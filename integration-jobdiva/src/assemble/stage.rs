//! How far a placement has come, from the signs that JobDiva gives. Pure.
//!
//! JobDiva publishes no list of states; this order of signs is what its clients have found to hold. What is sure to be
//! no hire yet stays [`Stage::Offer`], whatever dates a recruiter has pencilled in. What the words of a status mean is
//! `standing.rs`.

use jiff::civil::Date;
use workflow_core::domain::facts::Stage;

use crate::standing::Standing;

/// The signs that count.
#[derive(Clone, Debug)]
pub(crate) struct Signs {
    /// All records are deleted and the activity is gone.
    pub(crate) gone: bool,
    /// What the start's status means; `None` where there is none, or nobody knows.
    pub(crate) status: Option<Standing>,
    /// The activity is flagged as a hire.
    pub(crate) hired: Option<bool>,
    /// The activity is flagged as rejected.
    pub(crate) rejected: Option<bool>,
    /// When it was rejected.
    pub(crate) rejected_on: Option<Date>,
    /// When it became a hire.
    pub(crate) placed_on: Option<Date>,
    /// There is an approved billing or pay record.
    pub(crate) records: bool,
    /// An approved billing record says that work has begun.
    pub(crate) begun: bool,
    /// The last approved billing record is closed, or says that work is over.
    pub(crate) over: bool,
    /// When the work was terminated.
    pub(crate) terminated_on: Option<Date>,
    /// First day of work.
    pub(crate) start: Option<Date>,
    /// Last day of work.
    pub(crate) end: Option<Date>,
    /// The day of judgement.
    pub(crate) today: Date,
}

impl Signs {
    /// The stage that the signs add up to.
    pub(crate) fn stage(&self) -> Stage {
        if self.gone {
            return Stage::Deleted;
        }
        let is = |standing| self.status == Some(standing);
        if is(Standing::Canceled) || self.rejected_after_hire() {
            return Stage::Canceled;
        }
        let (working, offered) = (is(Standing::Working), is(Standing::Offer));
        let hired = self.hired == Some(true) && !offered;
        let terminated = self.terminated_on.is_some();
        let agreed = hired
            || self.records
            || terminated
            || working
            || is(Standing::Starting)
            || is(Standing::Ended);
        if !agreed {
            return Stage::Offer;
        }
        let to_come = !self.begun && self.start.is_some_and(|start| start > self.today);
        let called_off = self.over
            || is(Standing::Ended)
            || self.terminated_on.is_some_and(|on| on <= self.today);
        if called_off && to_come {
            return Stage::Canceled;
        }
        if called_off || self.end.is_some_and(|end| end < self.today) {
            return Stage::Ended { on: self.last_day_worked() };
        }
        if self.begun || (working && !to_come) { Stage::Working } else { Stage::Starting }
    }

    /// A rejection that undid a hire; one from before the hire is history.
    fn rejected_after_hire(&self) -> bool {
        let was_hire = self.hired == Some(true) || self.placed_on.is_some() || self.records;
        let before =
            matches!((self.rejected_on, self.placed_on), (Some(no), Some(yes)) if no < yes);
        self.rejected == Some(true) && was_hire && !before
    }

    fn last_day_worked(&self) -> Option<Date> {
        [self.terminated_on, self.end].into_iter().flatten().find(|day| *day <= self.today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<Date> {
        Some(text.parse().unwrap())
    }

    /// A hire whose work is to begin in five days.
    fn hire() -> Signs {
        Signs {
            gone: false,
            status: None,
            hired: Some(true),
            rejected: Some(false),
            rejected_on: None,
            placed_on: day("2026-03-23"),
            records: false,
            begun: false,
            over: false,
            terminated_on: None,
            start: day("2026-04-06"),
            end: day("2026-09-30"),
            today: day("2026-04-01").unwrap(),
        }
    }

    fn of(change: impl FnOnce(&mut Signs)) -> Stage {
        let mut signs = hire();
        change(&mut signs);
        signs.stage()
    }

    fn later(signs: &mut Signs) {
        signs.today = day("2026-05-01").unwrap();
    }

    #[test]
    fn a_hire_starts_works_and_ends() {
        assert_eq!(of(|_| {}), Stage::Starting);
        assert_eq!(of(|s| s.status = Some(Standing::Working)), Stage::Starting);
        assert_eq!(of(|s| s.start = None), Stage::Starting);
        assert_eq!(of(later), Stage::Starting, "nothing says that work has begun");
        assert_eq!(of(|s| (s.begun, s.records) = (true, true)), Stage::Working);
        let working = |s: &mut Signs| (s.status, s.hired) = (Some(Standing::Working), None);
        assert_eq!(
            of(|s| {
                working(s);
                later(s)
            }),
            Stage::Working
        );
        let past = |s: &mut Signs| s.today = day("2026-10-01").unwrap();
        assert_eq!(of(past), Stage::Ended { on: day("2026-09-30") });
        assert_eq!(
            of(|s| {
                later(s);
                s.over = true
            }),
            Stage::Ended { on: None }
        );
        let ended = of(|s| {
            later(s);
            s.terminated_on = day("2026-04-20")
        });
        assert_eq!(ended, Stage::Ended { on: day("2026-04-20") });
        let said = of(|s| {
            later(s);
            s.status = Some(Standing::Ended)
        });
        assert_eq!(said, Stage::Ended { on: None });
        let will_end = of(|s| {
            later(s);
            s.begun = true;
            s.terminated_on = day("2026-06-01")
        });
        assert_eq!(will_end, Stage::Working);
    }

    #[test]
    fn what_is_no_hire_is_an_offer() {
        let submittal = |s: &mut Signs| (s.hired, s.placed_on) = (Some(false), None);
        assert_eq!(of(submittal), Stage::Offer);
        assert_eq!(
            of(|s| {
                submittal(s);
                s.today = day("2027-01-01").unwrap()
            }),
            Stage::Offer
        );
        assert_eq!(
            of(|s| {
                submittal(s);
                s.rejected = Some(true)
            }),
            Stage::Offer
        );
        assert_eq!(of(|s| s.status = Some(Standing::Offer)), Stage::Offer);
        assert_eq!(
            of(|s| {
                submittal(s);
                s.status = Some(Standing::Starting)
            }),
            Stage::Starting
        );
        assert_eq!(
            of(|s| {
                submittal(s);
                s.records = true
            }),
            Stage::Starting
        );
    }

    #[test]
    fn what_was_called_off_is_canceled() {
        let called_off = |s: &mut Signs| s.status = Some(Standing::Canceled);
        assert_eq!(of(called_off), Stage::Canceled);
        assert_eq!(of(|s| s.rejected = Some(true)), Stage::Canceled);
        let history = |s: &mut Signs| (s.rejected, s.rejected_on) = (Some(true), day("2026-03-01"));
        assert_eq!(of(history), Stage::Starting);
        assert_eq!(of(|s| s.terminated_on = day("2026-03-30")), Stage::Canceled);
        assert_eq!(of(|s| s.over = true), Stage::Canceled);
    }

    #[test]
    fn what_is_gone_is_deleted() {
        assert_eq!(of(|s| s.gone = true), Stage::Deleted);
    }
}
