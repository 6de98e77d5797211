//! Samples of a pay period's events.

use workflow_core::domain::call::{Refusal, Wage, Window};
use workflow_core::domain::facts::Unreadable;
use workflow_core::domain::invoice::{
    Account, Entry, Event, EventKind, Spared, Standing, Trouble, Wait, Work,
};
use workflow_core::domain::terms::Missing;
use workflow_core::domain::timesheet::{Approval, Hours, Line, Paid, Sheet};
use workflow_core::money::Cents;
use workflow_core::time::Timestamp;

use super::all;
use super::parts::refusal;

/// The samples of one kind; at least one.
pub fn events(kind: EventKind) -> Vec<Event> {
    let (invoice, premium) = ("in_5cWmA7uRzX", Some(Cents(3_116)));
    let reason = "agreed with the broker".to_owned();
    match kind {
        EventKind::PeriodOpened => vec![Event::PeriodOpened {
            placement: "51000791".into(),
            period: period(),
            sheet: sheets().remove(0),
        }],
        EventKind::TimesheetChanged => {
            sheets().into_iter().map(|sheet| Event::TimesheetChanged { sheet }).collect()
        }
        EventKind::StandingChanged => {
            all(standing).into_iter().map(|standing| Event::StandingChanged { standing }).collect()
        }
        EventKind::WaitBegan => all(wait).into_iter().map(|why| Event::WaitBegan { why }).collect(),
        EventKind::PayOwed => vec![Event::PayOwed { account: account() }],
        EventKind::PaySpared => all(spared)
            .into_iter()
            .map(|why| Event::PaySpared { account: account(), why })
            .collect(),
        EventKind::InvoiceRecorded => vec![
            Event::InvoiceRecorded { invoice: invoice.into(), premium },
            Event::InvoiceRecorded { invoice: invoice.into(), premium: None },
        ],
        EventKind::CorrectionOwed => {
            vec![Event::CorrectionOwed { entry: entry(), account: corrected() }]
        }
        EventKind::InvoiceReplaced => {
            vec![Event::InvoiceReplaced { invoice: "in_9hTqL2vBwE".into(), premium }]
        }
        EventKind::WithdrawalOwed => vec![Event::WithdrawalOwed { entry: entry() }],
        EventKind::InvoiceWithdrawn => vec![Event::InvoiceWithdrawn],
        EventKind::InvoiceVanished => vec![Event::InvoiceVanished],
        EventKind::TroubleMet => {
            all(trouble).into_iter().map(|trouble| Event::TroubleMet { trouble }).collect()
        }
        EventKind::TroublePassed => vec![Event::TroublePassed { entry: entry() }],
        EventKind::Retried => vec![Event::Retried { reason }],
        EventKind::SettledByHand => vec![Event::SettledByHand { reason }],
        EventKind::PeriodClosed => vec![Event::PeriodClosed],
    }
}

fn date(text: &str) -> workflow_core::domain::facts::Date {
    text.parse().expect("a date like 2026-03-16")
}

fn period() -> Window {
    Window {
        first_day: date("2026-04-20"),
        last_day: date("2026-04-26"),
        effective: Timestamp::from_secs(1_776_657_600),
        until: Timestamp::from_secs(1_777_262_400),
    }
}

fn work(wage: Wage) -> Work {
    Work {
        candidate: "70011000042".into(),
        contractor: "cn_Ja2LX9vQe0".into(),
        job: "jb_0Qd5yHfW2s".into(),
        wage,
        first_day: date("2026-04-13"),
        last_day: date("2026-09-30"),
    }
}

fn account() -> Account {
    let work = work(Wage::Hourly(Cents(9_500)));
    Account { work, gross: Cents(415_625), estimate: Cents(380_000) }
}

fn corrected() -> Account {
    Account { gross: Cents(390_000), ..account() }
}

fn entry() -> Entry {
    Entry { invoice: "in_5cWmA7uRzX".into(), account: account(), premium: Some(Cents(3_116)) }
}

/// Every standing, every kind of hours, every way to be paid.
fn sheets() -> Vec<Sheet> {
    let number = |text: &str| text.parse().expect("a number");
    let line = |kind, hours, paid| Line { kind, hours: number(hours), paid };
    let hourly = |amount: &str, unit: Option<&str>| Paid::Rate {
        amount: number(amount),
        unit: unit.map(str::to_owned),
    };
    let whole = Sheet {
        id: "6611200".into(),
        approval: Approval::Pending,
        lines: vec![
            line(Hours::Regular, "40", hourly("95", Some("H"))),
            line(Hours::Overtime, "2.5", hourly("142.5", None)),
            line(Hours::DoubleTime, "1", Paid::Sum { amount: number("190") }),
            line(Hours::Regular, "0.25", Paid::Unstated),
        ],
        total_hours: Some(number("43.75")),
        currency: Some("USD".into()),
        changed: Some(Timestamp::from_secs(1_777_370_520)),
        unreadable: Vec::new(),
    };
    let why = "is no amount".to_owned();
    let bad = Unreadable { what: "timesheet 6611200 OT_HOURS".into(), why };
    let least = Sheet {
        lines: Vec::new(),
        total_hours: None,
        currency: None,
        changed: None,
        unreadable: vec![bad],
        ..whole.clone()
    };
    let standings = all(|before: Option<&Approval>| match before {
        None => Some(Approval::Pending),
        Some(Approval::Pending) => Some(Approval::Approved),
        Some(Approval::Approved) => Some(Approval::Rejected),
        Some(Approval::Rejected) => Some(Approval::Deleted),
        Some(Approval::Deleted) => Some(Approval::Unknown { word: "LOCKED".into() }),
        Some(Approval::Unknown { .. }) => None,
    });
    let each = standings.into_iter().map(|approval| Sheet { approval, ..whole.clone() });
    each.chain([least]).collect()
}

fn standing(before: Option<&Standing>) -> Option<Standing> {
    match before {
        None => Some(Standing::Uncovered),
        Some(Standing::Uncovered) => {
            Some(Standing::Covered { work: work(Wage::Hourly(Cents(9_500))) })
        }
        Some(Standing::Covered { work: Work { wage: Wage::Hourly(_), .. } }) => {
            Some(Standing::Covered { work: work(Wage::FlatFee(Cents(1_200_000))) })
        }
        Some(Standing::Covered { .. }) => Some(Standing::OutOfScope),
        Some(Standing::OutOfScope) => None,
    }
}

fn wait(before: Option<&Wait>) -> Option<Wait> {
    match before {
        None => Some(Wait::Approval),
        Some(Wait::Approval) => Some(Wait::Coverage),
        Some(Wait::Coverage) => Some(Wait::OutOfScope),
        Some(Wait::OutOfScope) => None,
    }
}

fn spared(before: Option<&Spared>) -> Option<Spared> {
    match before {
        None => Some(Spared::AsQuoted),
        Some(Spared::AsQuoted) => Some(Spared::BelowLeast),
        Some(Spared::BelowLeast) => None,
    }
}

fn trouble(before: Option<&Trouble>) -> Option<Trouble> {
    let exists = |says| Trouble::Exists { invoice: "in_by_hand".into(), says, account: account() };
    let paid = |wanted| Trouble::Paid { says: Cents(415_625), wanted };
    let text = "regular hours are paid per day, not per hour".to_owned();
    let refusal: fn() -> Refusal = refusal;
    Some(match before {
        None => {
            Trouble::Unclear { missing: vec![Missing { code: "rate_not_hourly".into(), text }] }
        }
        Some(Trouble::Unclear { .. }) => {
            Trouble::Refused { operation: "record_invoice".into(), refusal: refusal() }
        }
        Some(Trouble::Refused { .. }) => exists(Some(Cents(380_000))),
        Some(Trouble::Exists { says: Some(_), .. }) => exists(None),
        Some(Trouble::Exists { says: None, .. }) => paid(Some(Cents(390_000))),
        Some(Trouble::Paid { wanted: Some(_), .. }) => paid(None),
        Some(Trouble::Paid { wanted: None, .. }) => {
            Trouble::Vanished { invoice: "in_5cWmA7uRzX".into() }
        }
        Some(Trouble::Vanished { .. }) => Trouble::OutOfScope,
        Some(Trouble::OutOfScope) => Trouble::Reopened { reason: "agreed with the broker".into() },
        Some(Trouble::Reopened { .. }) => return None,
    })
}
