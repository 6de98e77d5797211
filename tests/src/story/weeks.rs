//! Weeks of work in a story: what the ATS says of their timesheets, and what becomes of their invoices.
//!
//! `week 2026-03-22 of pl_1: 40 hours, 2 overtime at 142.50, pending` reports a timesheet; approved unless said otherwise.

use workflow_core::domain::call::Bill;
use workflow_core::domain::facts::{Date, PlacementId};
use workflow_core::domain::invoice::{self, Input, Invoice, Standing};
use workflow_core::domain::timesheet::{
    Approval, Hours, Line, Paid, Sheet, Timesheet, TimesheetId,
};
use workflow_core::engine::Source;
use workflow_core::id::StreamId;
use workflow_core::money::{Cents, Decimal};
use workflow_core::time::Clock;

use super::{Outcome, Teller, placement};
use crate::world::TENANT;

/// A week of a placement.
#[derive(Clone, Debug)]
pub(super) struct Week {
    placement: PlacementId,
    ending: Date,
}

impl Week {
    /// `week 2026-03-22 of pl_1`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (day, name) = text.strip_prefix("week ")?.split_once(" of ")?;
        Some(Self { placement: placement(name), ending: day.trim().parse().ok()? })
    }

    pub(super) fn stream(&self) -> StreamId {
        invoice::stream(TENANT, &self.placement, self.ending).expect("test ids are plain")
    }
}

fn number(text: &str) -> Decimal {
    text.trim().parse().expect("an exact number")
}

impl Teller {
    /// Things that happen to a week.
    pub(super) async fn week(&mut self, line: &str) -> Option<Outcome> {
        if line == "the placements are looked up" {
            self.look_up().await;
            return Some(Ok(()));
        }
        if let Some(rest) = line.strip_prefix("the operator ")
            && let Some((verb, rest)) = rest.split_once(' ')
            && let Some((week, reason)) = rest.split_once(": ")
            && let Some(week) = Week::read(week)
        {
            let reason = reason.to_owned();
            let input = match verb {
                "retries" => Input::Retry { reason },
                "settles" => Input::Settle { reason },
                _ => return None,
            };
            self.last = Some(self.tell_week(&week, input).await);
            return Some(Ok(()));
        }
        let (week, what) = line.split_once(": ")?;
        let week = Week::read(week)?;
        match what {
            "its invoice is paid" => return Some(self.pay(&week)),
            "its invoice is deleted at the insurer" => {
                let mut books = self.world.insurer().books();
                books.invoices.retain(|_, it| it.bill.period.last_day != week.ending);
                return Some(Ok(()));
            }
            "the ATS does not know its timesheet any more" => {
                let timesheet = sheet_id(&week, "a");
                self.last = Some(self.tell_week(&week, Input::Vanished { timesheet }).await);
                return Some(Ok(()));
            }
            _ => {}
        }
        if let Some(sum) = what.strip_prefix("somebody made an invoice over ") {
            return Some(self.made_by_hand(&week, number(sum)));
        }
        let sheet = sheet(&week, what, self.world.clock.now());
        let (placement, week_ending) = (week.placement.clone(), week.ending);
        let timesheet = Box::new(Timesheet { placement, week_ending, sheet });
        let standing = self.standing(&week.placement);
        self.last = Some(self.tell_week(&week, Input::Observed { timesheet, standing }).await);
        Some(Ok(()))
    }

    fn standing(&self, placement: &PlacementId) -> Standing {
        Standing::of(self.world.placement(placement).as_ref())
    }

    async fn tell_week(
        &self,
        week: &Week,
        input: Input,
    ) -> Result<workflow_core::engine::Handled, workflow_core::engine::HandleError> {
        let source = Source::new("poll:ats", "");
        self.world.engine().handle::<Invoice>(&week.stream(), input, source).await
    }

    /// What the process does after each poll.
    async fn look_up(&mut self) {
        for summary in self.world.engine().summaries("invoice") {
            let key = summary.stream.key().to_owned();
            let (name, _) = key.rsplit_once('.').expect("a placement and a day");
            let standing = self.standing(&placement(name));
            let (input, source) = (Input::PlacementSeen { standing }, Source::new("poll:ats", ""));
            let told = self.world.engine().handle::<Invoice>(&summary.stream, input, source);
            self.last = Some(told.await);
        }
    }

    fn pay(&self, week: &Week) -> Outcome {
        let mut books = self.world.insurer().books();
        let found = books.invoices.values_mut().find(|it| it.bill.period.last_day == week.ending);
        found.map(|it| it.paid = true).ok_or_else(|| "there is no invoice".to_owned())
    }

    fn made_by_hand(&self, week: &Week, sum: Decimal) -> Outcome {
        let Standing::Covered { work } = self.standing(&week.placement) else {
            return Err("the placement is not covered".into());
        };
        let period = invoice::period(week.ending, &self.world.rules).expect("in the calendar");
        let gross = Cents::from_decimal(sum).expect("a sum");
        let invoice::Work { candidate, contractor, job, .. } = work;
        let bill = Bill { candidate, contractor, job, gross, period };
        self.world.insurer().books().add_invoice(bill);
        Ok(())
    }
}

fn sheet_id(week: &Week, letter: &str) -> TimesheetId {
    TimesheetId(format!("{}-{}-{letter}", week.placement, week.ending))
}

/// What stands on the timesheet, in the words of a story.
fn sheet(week: &Week, what: &str, now: workflow_core::time::Timestamp) -> Sheet {
    let mut sheet = Sheet {
        id: sheet_id(week, "a"),
        approval: Approval::Approved,
        lines: Vec::new(),
        total_hours: None,
        currency: None,
        changed: Some(now),
        unreadable: Vec::new(),
    };
    for part in what.split(", ") {
        let (count, rest) = part.split_once(' ').unwrap_or((part, ""));
        let (kind, at) = rest.split_once(" at ").unwrap_or((rest, ""));
        let (rate, unit) = at.split_once(" per ").unwrap_or((at, "H"));
        let hours = match (kind, part) {
            ("hours", _) => Hours::Regular,
            ("overtime", _) => Hours::Overtime,
            ("double", _) => Hours::DoubleTime,
            (_, "pending") => {
                sheet.approval = Approval::Pending;
                continue;
            }
            (_, "rejected") => {
                sheet.approval = Approval::Rejected;
                continue;
            }
            (_, "in CAD") => {
                sheet.currency = Some("CAD".into());
                continue;
            }
            (_, "on a second sheet") => {
                sheet.id = sheet_id(week, "b");
                continue;
            }
            (_, other) => panic!("nothing on a timesheet is called `{other}`"),
        };
        let paid = match rate {
            "" => Paid::Unstated,
            rate => Paid::Rate { amount: number(rate), unit: Some(unit.to_owned()) },
        };
        sheet.lines.push(Line { kind: hours, hours: number(count), paid });
    }
    sheet
}
