//! Invoices: one per pay period, whatever is lost on the way; corrected under another id, withdrawn, fixed once paid.

use integration_1099policy::simulator::{Config as Simulated, Fault, FaultKind, Reprice};
use jiff::civil::date;
use workflow_core::domain::call::{Answer, Bill, Call, InvoiceId};
use workflow_core::money::Cents;
use workflow_core::outcome::Trace;

use super::world::{Insurer, Work, refused, work};

const GROSS: Cents = Cents(415_625);

/// The first week of an insured placement.
async fn insured(insurer: &Insurer) -> Bill {
    let whole = work("51000797", "70011000060");
    let (applied, _) = insurer.insured(&whole).await;
    let week = Work { last_day: date(2026, 4, 12), ..whole };
    Bill {
        candidate: week.candidate.into(),
        contractor: applied.contractor,
        job: applied.job,
        gross: GROSS,
        period: week.window(),
    }
}

fn record(bill: &Bill) -> Call {
    Call::RecordInvoice { bill: bill.clone() }
}

#[track_caller]
fn recorded(answer: Answer) -> InvoiceId {
    match answer {
        Answer::InvoiceRecorded { invoice, premium: Some(premium) } if premium.0 > 0 => invoice,
        other => panic!("{other:?}"),
    }
}

async fn invoices(insurer: &Insurer) -> Vec<serde_json::Value> {
    let url = format!("{}/api/v1/invoices", insurer.sim.base_url());
    let asked = reqwest::Client::new().get(url).bearer_auth(insurer.sim.api_key());
    asked.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_week_is_recorded_in_cents_and_unix_seconds() {
    let insurer = Insurer::standard().await;
    let bill = insured(&insurer).await;
    let id = recorded(insurer.answer("record", record(&bill)).await);
    let all = invoices(&insurer).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["id"], id.as_str());
    assert_eq!(all[0]["gross_pay"], 415_625);
    // Midnight in New York at the beginning of Monday, and at the end of Sunday.
    assert_eq!(all[0]["paycycle_startdate"], 1_775_448_000);
    assert_eq!(all[0]["paycycle_enddate"], 1_775_448_000 + 7 * 86_400);
    // Asked again by another attempt, the same one is found.
    assert_eq!(recorded(insurer.answer("again", record(&bill)).await), id);
    assert_eq!(insurer.sim.ledger().invoices_by_period.values().sum::<u64>(), 1);
}

#[tokio::test]
async fn whatever_goes_wrong_there_is_one_invoice() {
    use Trace::{Burned, None, Unknown};
    let wait = FaultKind::RateLimited { retry_after_secs: 7 };
    for (fault, traces) in [
        (FaultKind::LostRequest, &[Unknown][..]),
        (FaultKind::LostResponse, &[Unknown]),
        (FaultKind::ErrorBefore, &[Unknown, Burned]),
        (FaultKind::ErrorAfter, &[Unknown]),
        (FaultKind::BadGateway, &[Unknown]),
        (FaultKind::BadGatewayAfter, &[Unknown]),
        (wait, &[None]),
    ] {
        let insurer = Insurer::standard().await;
        let bill = insured(&insurer).await;
        insurer.sim.fault(Fault::once("POST", "/invoices", fault));
        let attempt = insurer.attempt("51000797", "record_invoice");
        let (answer, left) = insurer.settled(&record(&bill), attempt).await;
        recorded(answer);
        assert_eq!(left, traces, "{fault:?}");
        assert_eq!(invoices(&insurer).await.len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_correction_keeps_one_invoice_under_another_id_or_the_same() {
    for reprice in [Reprice::Replaces, Reprice::InPlace] {
        for fault in [None, Some(FaultKind::LostRequest), Some(FaultKind::LostResponse)] {
            let mut simulated = Simulated::default();
            simulated.rules.reprice = reprice;
            let insurer = Insurer::with(simulated, |_| {}).await;
            let bill = insured(&insurer).await;
            let invoice = recorded(insurer.answer("record", record(&bill)).await);
            if let Some(fault) = fault {
                insurer.sim.fault(Fault::once("PUT", "/invoices", fault));
            }
            let bill = Bill { gross: Cents(390_000), ..bill };
            let replace = Call::ReplaceInvoice { invoice: invoice.clone(), bill };
            let attempt = insurer.attempt("51000797", "replace_invoice");
            let (answer, _) = insurer.settled(&replace, attempt).await;
            let now = recorded(answer);
            assert_eq!(now == invoice, reprice == Reprice::InPlace, "{fault:?}");
            let all = invoices(&insurer).await;
            assert_eq!(all.len(), 1);
            assert_eq!(
                (&all[0]["id"], &all[0]["gross_pay"]),
                (&now.as_str().into(), &390_000.into())
            );
        }
    }
}

#[tokio::test]
async fn a_withdrawal_leaves_none_and_may_be_asked_again() {
    for fault in [None, Some(FaultKind::LostRequest), Some(FaultKind::LostResponse)] {
        let insurer = Insurer::standard().await;
        let bill = insured(&insurer).await;
        let invoice = recorded(insurer.answer("record", record(&bill)).await);
        if let Some(fault) = fault {
            insurer.sim.fault(Fault::once("DELETE", "/invoices", fault));
        }
        let withdraw = Call::WithdrawInvoice { invoice, bill };
        let attempt = insurer.attempt("51000797", "withdraw_invoice");
        let (answer, _) = insurer.settled(&withdraw, attempt).await;
        assert_eq!(answer, Answer::InvoiceUnknown, "{fault:?}");
        assert_eq!(invoices(&insurer).await.len(), 0);
        assert_eq!(insurer.answer("again", withdraw).await, Answer::InvoiceUnknown);
    }
}

#[tokio::test]
async fn a_paid_invoice_is_fixed_and_a_foreign_one_is_shown() {
    let insurer = Insurer::standard().await;
    let bill = insured(&insurer).await;
    let invoice = recorded(insurer.answer("record", record(&bill)).await);
    let other = Bill { gross: Cents(390_000), ..bill.clone() };
    let exists = Answer::InvoiceExists { invoice: invoice.clone(), says: Some(GROSS) };
    assert_eq!(insurer.answer("other", record(&other)).await, exists);
    assert!(insurer.sim.pay_invoice(invoice.as_str()));
    let replace = Call::ReplaceInvoice { invoice: invoice.clone(), bill: other };
    assert_eq!(insurer.answer("replace", replace).await, Answer::InvoicePaid);
    let withdraw = Call::WithdrawInvoice { invoice, bill };
    assert_eq!(insurer.answer("withdraw", withdraw).await, Answer::InvoicePaid);
    assert_eq!(invoices(&insurer).await.len(), 1);
}

#[tokio::test]
async fn without_coverage_in_that_week_it_is_refused() {
    let insurer = Insurer::standard().await;
    let bill = insured(&insurer).await;
    let before = Work {
        first_day: date(2026, 3, 23),
        last_day: date(2026, 3, 29),
        ..work("51000797", "70011000060")
    };
    let bill = Bill { period: before.window(), ..bill };
    let answer = insurer.answer("early", record(&bill)).await;
    assert_eq!(refused(answer), (400, "no_active_policy".to_owned()));
}
