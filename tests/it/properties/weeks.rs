//! Weeks of work at random: filed, corrected, rejected, deleted and approved again; and the rules about their invoices.
//!
//! A second invoice of the same contractor's week is noted by the insurer the moment it is made.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tests::peers::insurer::Books;
use tests::world::World;
use workflow_core::domain::call::{AssignmentStanding, InvoiceId, QuoteId, ReviewStanding};
use workflow_core::domain::facts::{Date, PlacementId};
use workflow_core::domain::invoice::{self, Input, Invoice, Standing, State};
use workflow_core::domain::timesheet::{
    Approval, Hours, Line, Paid, Sheet, Timesheet, TimesheetId,
};
use workflow_core::engine::Source;
use workflow_core::id::StreamId;
use workflow_core::money::{Cents, Decimal};
use workflow_core::time::{Clock, Timestamp};

use super::rules::Checked;
use super::{pick, placement};

/// What an hour is paid on every timesheet here, in dollars.
const RATE: i64 = 95;

/// A week's timesheet of a placement is reported.
pub(super) async fn reported(world: &World, number: u8, which: u8, hours: u8, what: u8) {
    let placement = placement(number);
    let days = ["2026-03-22", "2026-03-29"];
    let week_ending: Date = days[usize::from(which) % days.len()].parse().expect("a date");
    let id = TimesheetId(format!("{placement}-{which}"));
    let stream = invoice::stream(world.tenant, &placement, week_ending).expect("ids are plain");
    let approval = match what {
        0 => Approval::Pending,
        1 => Approval::Rejected,
        2 => return tell(world, &stream, Input::Vanished { timesheet: id }).await,
        _ => Approval::Approved,
    };
    let paid = Paid::Rate { amount: Decimal::from(RATE), unit: Some("H".into()) };
    let line = Line { kind: Hours::Regular, hours: Decimal::from(i64::from(hours)), paid };
    let sheet = Sheet {
        id,
        approval,
        lines: vec![line],
        total_hours: None,
        currency: None,
        changed: Some(world.clock.now()),
        unreadable: Vec::new(),
    };
    let standing = standing(world, &placement);
    let timesheet = Box::new(Timesheet { placement, week_ending, sheet });
    tell(world, &stream, Input::Observed { timesheet, standing }).await;
}

/// An invoice is paid at the insurer, or a person has a look at one of ours.
pub(super) async fn desk(world: &World, number: u8, what: u8) {
    if what == 0 {
        let mut books = world.insurer().books();
        let all: Vec<InvoiceId> = books.invoices.keys().cloned().collect();
        if let Some(paid) = pick(&all, number).and_then(|id| books.invoices.get_mut(&id)) {
            paid.paid = true;
        }
        return;
    }
    let Some(summary) = pick(&world.summaries("invoice"), number) else { return };
    let reason = "seen to".to_owned();
    let input = if what == 1 { Input::Retry { reason } } else { Input::Settle { reason } };
    tell(world, &summary.stream, input).await;
}

/// What the process does after each poll: the weeks learn how their placements stand.
pub(super) async fn look_up(world: &World) {
    for summary in world.summaries("invoice") {
        let Some((name, _)) = summary.stream.key().rsplit_once('.') else { continue };
        let standing = standing(world, &PlacementId(name.to_owned()));
        tell(world, &summary.stream, Input::PlacementSeen { standing }).await;
    }
}

fn standing(world: &World, placement: &PlacementId) -> Standing {
    Standing::of(world.placement(placement).as_ref())
}

async fn tell(world: &World, stream: &StreamId, input: Input) {
    drop(world.engine().handle::<Invoice>(stream, input, Source::new("poll:ats", "")).await);
}

/// Rule 2, whoever the contractor is by now: one invoice of a placement's week.
pub(super) fn one_of_a_week(world: &World) -> Checked {
    let books = world.insurer().books();
    let mut weeks = BTreeSet::new();
    for (id, invoice) in &books.invoices {
        let week = (invoice.bill.job.clone(), invoice.bill.period.first_day);
        prop_assert!(weeks.insert(week), "{id} is a second one: {invoice:?}");
    }
    Ok(())
}

/// Once the dust has settled the insurer has what the timesheets say, to the cent, and only of covered placements.
pub(super) fn in_the_end(world: &World) -> Checked {
    let invoices = world.insurer().books().invoices.clone();
    for id in invoices.keys() {
        let known = !world.find(id.as_str()).is_empty();
        prop_assert!(known, "invoice {id} is at the insurer and nobody knows");
    }
    let books = world.insurer().books().clone();
    for heard in &books.heard {
        let Some(key) = heard.stream.strip_prefix("invoice/") else { continue };
        let name = key.split('/').nth(1).and_then(|key| key.rsplit_once('.')).map(|it| it.0);
        let placement = PlacementId(name.unwrap_or(key).to_owned());
        let covered = was_covered(&books, &placement);
        prop_assert!(covered, "{} spoke of a placement that was never covered", heard.stream);
    }
    for summary in world.summaries("invoice") {
        let state = world.engine().state::<Invoice>(&summary.stream).expect("it can be read");
        let Some(state) = state else { continue };
        let (says, stream) = (earned(&state), &summary.stream);
        match &state {
            State::Recorded { entry, .. } => {
                let told = invoices.get(&entry.invoice).map(|it| it.bill.gross);
                prop_assert_eq!(Some(entry.account.gross), told, "{}", stream);
                prop_assert_eq!(says, told, "{}", stream);
            }
            State::Waiting { .. } | State::Unsent { .. } => {
                prop_assert!(state.entry().is_none(), "{stream} has an invoice");
            }
            State::Owed { .. } | State::Replacing { .. } | State::Withdrawing { .. } => {
                prop_assert!(false, "{stream} is under way, and nothing is owed");
            }
            State::Flagged { .. } | State::Settled { .. } | State::Closed { .. } => {}
        }
    }
    Ok(())
}

/// Whether anything at the insurer ever covered a placement, or a certificate may have.
fn was_covered(books: &Books, placement: &PlacementId) -> bool {
    let of_it =
        |quote: &QuoteId| books.quotes.get(quote).is_some_and(|q| q.placement == *placement);
    // A person may take for good what the insurer flagged or denied.
    let may_stand = |it: &ReviewStanding| match it {
        ReviewStanding::Approved | ReviewStanding::Flagged | ReviewStanding::Denied => true,
        ReviewStanding::Pending | ReviewStanding::Processing | ReviewStanding::Error => false,
    };
    let active = |it: &(Timestamp, AssignmentStanding)| it.1 == AssignmentStanding::Active;
    books.policies.values().any(|policy| of_it(&policy.quote))
        || books
            .assignments
            .values()
            .any(|it| it.placement == *placement && it.past.iter().any(active))
        || books.certificates.values().any(|it| it.past.iter().any(may_stand))
}

/// What the approved timesheets come to.
fn earned(state: &State) -> Option<Cents> {
    let approved = |sheet: &&Sheet| sheet.approval == Approval::Approved;
    let sheet = state.book().sheets.values().find(approved)?;
    let hours = sheet.lines.iter().try_fold(Decimal::ZERO, |sum, it| sum.checked_add(it.hours));
    Cents::from_decimal(hours?.checked_mul(Decimal::from(RATE))?)
}
