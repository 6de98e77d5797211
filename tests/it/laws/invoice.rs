//! What the laws must know of the invoice workflow.

use proptest::prelude::*;
use proptest::sample::select;
use workflow_core::domain::call::Wage;
use workflow_core::domain::facts::Date;
use workflow_core::domain::invoice::{Input, Invoice, Standing, State, Work};
use workflow_core::domain::rules::{Invoices, Rules, Send};
use workflow_core::domain::timesheet::{Approval, Hours, Line, Paid, Sheet, Timesheet};
use workflow_core::id::StreamId;
use workflow_core::laws::{AnswerOf, CallOf, Trial};
use workflow_core::money::{Cents, Decimal};
use workflow_core::time::Timestamp;

use super::answers;

pub(super) struct OfInvoice;

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn reason() -> BoxedStrategy<String> {
    Just("because".to_owned()).boxed()
}

/// Where the placement may stand; covered mostly, on the same work mostly.
fn standing() -> BoxedStrategy<Standing> {
    let covered = |wage| Standing::Covered {
        work: Work {
            candidate: "cand_1".into(),
            contractor: "cn_1".into(),
            job: "jb_1".into(),
            wage,
            first_day: date("2026-03-16"),
            last_day: date("2026-06-30"),
        },
    };
    prop_oneof![
        8 => Just(covered(Wage::Hourly(Cents(9_500)))),
        1 => Just(covered(Wage::FlatFee(Cents(9_500)))),
        2 => Just(Standing::Uncovered),
        2 => Just(Standing::OutOfScope),
    ]
    .boxed()
}

/// A timesheet of one of two ids: approved mostly, of the usual week, of another, of hours that earn nothing.
fn timesheet() -> BoxedStrategy<Timesheet> {
    let approval = prop_oneof![
        6 => Just(Approval::Approved),
        1 => Just(Approval::Pending),
        1 => Just(Approval::Rejected),
    ];
    let hours = select(vec!["40", "41.5", "32", "0", "0.001"]);
    let unit = select(vec!["H", "H", "H", "D"]);
    let id = select(vec!["1", "1", "1", "1", "2"]);
    (approval, hours, unit, id, 0..3_i64)
        .prop_map(|(approval, hours, unit, id, changed)| {
            let amount = Decimal::from(95);
            let paid = Paid::Rate { amount, unit: Some(unit.to_owned()) };
            let hours = hours.parse().expect("a number");
            Timesheet {
                placement: "pl_1".into(),
                week_ending: date("2026-03-29"),
                sheet: Sheet {
                    id: id.into(),
                    approval,
                    lines: vec![Line { kind: Hours::Regular, hours, paid }],
                    total_hours: None,
                    currency: None,
                    changed: Some(Timestamp::from_secs(1_775_000_000 + changed)),
                    unreadable: Vec::new(),
                },
            }
        })
        .boxed()
}

impl Trial for OfInvoice {
    type Workflow = Invoice;

    fn stream() -> StreamId {
        StreamId::parse("invoice/main/pl_1.2026-03-29").expect("a stream's name")
    }

    fn rules() -> Rules {
        let invoices = Invoices { send: Send::WhenDifferent, ..Invoices::default() };
        Rules { invoices, ..tests::world::rules() }
    }

    fn answer(call: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        answers::answer(call)
    }

    fn input(_: Option<&State>) -> BoxedStrategy<Input> {
        prop_oneof![
            12 => (timesheet(), standing()).prop_map(|(timesheet, standing)| Input::Observed {
                timesheet: Box::new(timesheet),
                standing,
            }),
            2 => standing().prop_map(|standing| Input::PlacementSeen { standing }),
            1 => select(vec!["1", "2"]).prop_map(|id| Input::Vanished { timesheet: id.into() }),
            2 => reason().prop_map(|reason| Input::Retry { reason }),
            1 => reason().prop_map(|reason| Input::Settle { reason }),
        ]
        .boxed()
    }
}
