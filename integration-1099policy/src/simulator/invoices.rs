//! `/invoices`: premium for what was earned in a pay cycle. A paid one is fixed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::config::Reprice;
use super::fields::{Fields, Json, over};
use super::ledger::bump;
use super::paging::{Takes, list};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::{Desk, Row};
use super::{contractors, jobs};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Invoice {
    pub(super) id: String,
    created: i64,
    pub(super) about: About,
    premium_due: i64,
    paid: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) contractor: String,
    pub(super) job: String,
    gross_pay: i64,
    paycycle_startdate: i64,
    paycycle_enddate: i64,
    purchase_order_number: Option<String>,
}

impl Row for Invoice {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Invoice {
    pub(super) fn view(&self) -> Value {
        let mut view = json!(self.about);
        view["id"] = json!(self.id);
        view["premium_due"] = json!(self.premium_due);
        view["created"] = json!(self.created);
        view
    }
}

/// `max(100, round_half_up(gross * rate / 10000))` cents (inferred: the documents only say "a percentage").
pub(super) fn premium_cents(gross_cents: i64, net_rate: i64) -> i64 {
    let exact = i128::from(gross_cents) * i128::from(net_rate);
    i64::try_from((exact + 5000).div_euclid(10_000)).unwrap_or(i64::MAX).max(100)
}

/// An invented but fixed estimate for a charge in advance.
pub(super) struct Estimate {
    gross_cents: i64,
    pub(super) premium_cents: i64,
}

/// Hourly work counts 40 hours a week; any other wage counts once.
pub(super) fn estimate(desk: &Desk<'_>, job: &str, from: i64, to: i64, net_rate: i64) -> Estimate {
    let gross_cents = desk.book.jobs.get(job).map_or(0, |job| {
        let days = (to - from).div_euclid(86_400).max(1);
        let hours = if job.about.wage_type == "hourly" { days * 40 / 7 } else { 1 };
        job.about.wage.saturating_mul(hours.max(1))
    });
    Estimate { gross_cents, premium_cents: premium_cents(gross_cents, net_rate) }
}

/// The invoice of a card charged in advance, paid or refused.
pub(super) fn of_charge(
    desk: &mut Desk<'_>,
    parties: (&str, &str),
    period: (i64, i64),
    rate: i64,
    paid: bool,
) -> Invoice {
    let (contractor, job) = parties;
    let estimate = estimate(desk, job, period.0, period.1, rate);
    let about = About {
        contractor: contractor.to_owned(),
        job: job.to_owned(),
        gross_pay: estimate.gross_cents,
        paycycle_startdate: period.0,
        paycycle_enddate: period.1,
        purchase_order_number: order_number(desk, job),
    };
    let (id, created) = (desk.mint("in_"), desk.now_secs());
    let invoice = Invoice { id, created, about, premium_due: estimate.premium_cents, paid };
    desk.book.invoices.add(invoice.clone());
    invoice
}

fn order_number(desk: &Desk<'_>, job: &str) -> Option<String> {
    let metadata = &desk.book.jobs.get(job)?.about.custom_metadata;
    metadata.get("purchase_order_number").and_then(Value::as_str).map(str::to_owned)
}

fn read(given: &Json, strict: bool) -> Result<About, Refusal> {
    let mut f = Fields::of(given);
    let about = About {
        contractor: f.need_text("contractor"),
        job: f.need_text("job"),
        gross_pay: f.need_int("gross_pay"),
        paycycle_startdate: f.need_int("paycycle_startdate"),
        paycycle_enddate: f.need_int("paycycle_enddate"),
        purchase_order_number: f.text("purchase_order_number").filter(|n| !n.is_empty()),
    };
    if !(100..=100_000_000).contains(&about.gross_pay) {
        f.problem("gross_pay", "Must be between 100 and 100000000 cents.");
    }
    f.finish(strict)?;
    if about.paycycle_startdate <= 0 {
        return Err(Refusal::validation("invalid_paycycle_startdate", "Invalid pay cycle start."));
    }
    if about.paycycle_enddate < about.paycycle_startdate {
        return Err(Refusal::validation(
            "invalid_paycycle_enddate",
            "Pay cycle ends before it starts.",
        ));
    }
    Ok(about)
}

/// The rate of the coverage that the contractor had for the job in the pay cycle (inferred: the last week is invoiced after
/// the coverage has run out): an assignment, else the job's own policy.
fn rate(desk: &Desk<'_>, about: &About) -> Result<i64, Refusal> {
    let assigned = desk
        .book
        .assignments
        .newest()
        .find(|a| a.contractor == about.contractor && a.job == about.job && a.is_covered());
    if let Some(rate) = assigned.and_then(|a| a.net_rate) {
        return Ok(rate);
    }
    let cycle = (about.paycycle_startdate, about.paycycle_enddate);
    let covered = |policy: &str| desk.book.policies.get(policy).is_some_and(|p| p.covered(cycle));
    let mut quotes = desk.book.quotes.newest();
    let quote = quotes.find(|q| {
        q.contractor == about.contractor
            && q.job == about.job
            && q.policy.as_deref().is_some_and(covered)
    });
    quote.map(|q| q.rates.net()).ok_or_else(|| {
        Refusal::business("no_active_policy", "The contractor has no active policy for the job.")
    })
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_invoice_id")
}

fn paid() -> Refusal {
    Refusal::business("invoice_already_paid", "The invoice is already paid.")
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let filter = desk.cfg.rules.invoice_contractor_filter;
    let contractor = request.query("contractor").filter(|_| filter);
    let keep = |i: &Invoice| contractor.is_none_or(|c| i.about.contractor == c);
    list(&desk.book.invoices, request, Takes::LimitAndCursors, keep, Invoice::view)
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let mut about = read(&request.fields, desk.strict())?;
    contractors::check_ref(desk, &about.contractor)?;
    jobs::check_ref(desk, &about.job)?;
    let cycle =
        |a: &About| (a.contractor.clone(), a.job.clone(), a.paycycle_startdate, a.paycycle_enddate);
    if desk.book.invoices.newest().any(|i| i.paid && cycle(&i.about) == cycle(&about)) {
        return Err(Refusal::business(
            "invoice_uneditable_already_exists",
            "A paid invoice exists for this pay cycle.",
        ));
    }
    let rate = rate(desk, &about)?;
    if !request.fields.contains_key("purchase_order_number") {
        about.purchase_order_number = order_number(desk, &about.job);
    }
    let period = format!("{}/{}-{}", about.job, about.paycycle_startdate, about.paycycle_enddate);
    bump(&mut desk.shared.ledger.invoices_by_period, &period);
    let premium_due = premium_cents(about.gross_pay, rate);
    let (id, created) = (desk.mint("in_"), desk.now_secs());
    let invoice = Invoice { id, created, about, premium_due, paid: false };
    let view = invoice.view();
    desk.book.invoices.add(invoice);
    Ok(Reply::created(view))
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.invoices.get(id).map(|i| Reply::ok(i.view())).ok_or_else(missing)
}

/// Unpaid only; a new `gross_pay` may come back under another id.
pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let stored = desk.book.invoices.get(id).ok_or_else(missing)?.clone();
    if stored.paid {
        return Err(paid());
    }
    let about = read(&over(&stored.about, &request.fields), desk.strict())?;
    contractors::check_ref(desk, &about.contractor)?;
    jobs::check_ref(desk, &about.job)?;
    let rate = rate(desk, &about)?;
    let repriced = about.gross_pay != stored.about.gross_pay;
    let premium_due = premium_cents(about.gross_pay, rate);
    let mut invoice = Invoice { about, premium_due, ..stored };
    if repriced && desk.cfg.rules.reprice == Reprice::Replaces {
        desk.book.invoices.remove(id);
        invoice.id = desk.mint("in_");
        invoice.created = desk.now_secs();
        desk.book.invoices.add(invoice.clone());
    } else if let Some(row) = desk.book.invoices.get_mut(id) {
        row.clone_from(&invoice);
    }
    Ok(Reply::ok(invoice.view()))
}

pub(super) fn delete(desk: &mut Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    if desk.book.invoices.get(id).ok_or_else(missing)?.paid {
        return Err(paid());
    }
    desk.book.invoices.remove(id);
    Ok(Reply::deleted(id, "invoice", desk.now_secs()))
}

/// Whether the job has an invoice paid in full.
pub(super) fn any_paid(desk: &Desk<'_>, job: &str) -> bool {
    desk.book.invoices.newest().any(|i| i.paid && i.about.job == job)
}

/// The invoice is paid; false if it already was.
pub(super) fn pay(desk: &mut Desk<'_>, id: &str) -> bool {
    let unpaid = desk.book.invoices.get_mut(id).filter(|i| !i.paid);
    unpaid.map(|i| i.paid = true).is_some()
}
