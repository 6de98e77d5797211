//! `/policies`: coverage issued for a quote. Active, cancelled (and back), expired by time.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::agenda::Deed;
use super::assignments;
use super::dates::check_end;
use super::events::emit;
use super::fields::Fields;
use super::invoices::estimate;
use super::ledger::bump;
use super::paging::{Takes, list};
use super::quotes::Quote;
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::script::Charge;
use super::world::{Desk, Row};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) id: String,
    created: i64,
    pub(super) quote: String,
    status: Status,
    effective_date: i64,
    pub(super) expiration_date: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Cancelled,
    Expired,
}

impl Row for Policy {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Policy {
    pub(super) fn is_active(&self, now_secs: i64) -> bool {
        self.status == Status::Active && self.expiration_date > now_secs
    }

    /// Whether any of the time between two moments, in seconds, was covered.
    pub(super) fn covered(&self, (from, to): (i64, i64)) -> bool {
        self.status != Status::Cancelled && self.effective_date <= to && from < self.expiration_date
    }

    pub(super) fn view(&self) -> Value {
        let pdf = |kind: &str| format!("https://files.1099policy.com/{kind}{}.pdf", self.id);
        json!({
            "id": self.id, "quote": self.quote, "status": self.status, "is_active": self.status == Status::Active,
            "effective_date": self.effective_date, "expiration_date": self.expiration_date,
            "pdf_url": pdf(""), "created": self.created,
            "certificates": { "gl_coi_pdf_url": pdf("gl_"), "wc_coi_pdf_url": pdf("wc_") },
        })
    }
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_policy_id")
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let quote = request.query("quote");
    let keep = |p: &Policy| quote.is_none_or(|q| p.quote == q);
    list(&desk.book.policies, request, Takes::LimitAndCursors, keep, Policy::view)
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.policies.get(id).map(|p| Reply::ok(p.view())).ok_or_else(missing)
}

/// Whether the quote has no policy yet, its time is not over and its contractor is still there.
pub(super) fn can_issue(desk: &Desk<'_>, quote: &str) -> bool {
    let open = |q: &&Quote| q.policy.is_none() && q.end_date > desk.now_secs();
    let quote = desk.book.quotes.get(quote).filter(open);
    quote.is_some_and(|q| desk.book.contractors.get(&q.contractor).is_some())
}

/// The premium is the platform's to pay: said by the organisation, the contractor or the job.
pub(super) fn is_withheld(desk: &Desk<'_>, quote: Option<&str>) -> bool {
    let quote = quote.and_then(|q| desk.book.quotes.get(q));
    quote.map_or(desk.cfg.rules.withhold_premium, |q| withheld_for(desk, &q.contractor, &q.job))
}

pub(super) fn withheld_for(desk: &Desk<'_>, contractor: &str, job: &str) -> bool {
    desk.cfg.rules.withhold_premium
        || desk.book.contractors.get(contractor).is_some_and(|c| c.about.withhold_premium)
        || desk.book.jobs.get(job).is_some_and(|j| j.about.withhold_premium)
}

/// Issues the policy of a completed application, and charges the card. Coverage never begins in the past.
pub(super) fn issue(desk: &mut Desk<'_>, quote_id: &str) {
    let Some(quote) = desk.book.quotes.get(quote_id).cloned() else { return };
    let effective = quote.effective_date.max(desk.now_secs());
    let id = put(desk, &quote, effective, quote.end_date);
    let paid_by_card = !withheld_for(desk, &quote.contractor, &quote.job);
    if paid_by_card && desk.script(&quote.contractor).charge == Charge::Succeeds {
        let cents =
            estimate(desk, &quote.job, effective, quote.end_date, quote.rates.net()).premium_cents;
        desk.shared.ledger.charges_cents.entry(id).or_default().push(cents);
    }
}

fn put(desk: &mut Desk<'_>, quote: &Quote, effective_date: i64, expiration_date: i64) -> String {
    let policy = Policy {
        id: desk.mint("pl_"),
        created: desk.now_secs(),
        quote: quote.id.clone(),
        status: Status::Active,
        effective_date,
        expiration_date,
    };
    let (id, view) = (policy.id.clone(), policy.view());
    desk.book.policies.add(policy);
    if let Some(row) = desk.book.quotes.get_mut(&quote.id) {
        row.policy = Some(id.clone());
    }
    bump(&mut desk.shared.ledger.policies_by_quote, &quote.id);
    plan_expiry(desk, &id, expiration_date);
    emit(desk, "policy.active", "policy", view);
    id
}

fn plan_expiry(desk: &mut Desk<'_>, id: &str, at: i64) {
    let secs = u64::try_from(at - desk.now_secs()).unwrap_or(0);
    desk.later(secs, Deed::PolicyExpires { policy: id.to_owned() });
}

/// `POST /policies`: documented, though platforms normally only read.
pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let mut f = Fields::of(&request.fields);
    let quote = f.need_text("quote");
    let (effective, end) = (f.int("effective_date"), f.int("expiration_date"));
    f.finish(desk.strict())?;
    let quote = desk.book.quotes.get(&quote).cloned();
    let quote = quote.ok_or_else(|| Refusal::business("invalid_quote_id", "No such quote."))?;
    if quote.policy.is_some() {
        return Err(Refusal::business("policy_already_exists", "The quote already has a policy."));
    }
    let asked = super::dates::Asked { effective, stored_effective: None, end };
    let period = super::dates::period(desk, &asked)?;
    let id = put(desk, &quote, period.effective, period.end);
    show(desk, &id).map(|reply| Reply::created(reply.body))
}

/// `is_active` is the only field: off and on again.
pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let mut f = Fields::of(&request.fields);
    let on = f.flag("is_active");
    f.finish(desk.strict())?;
    let policy = desk.book.policies.get(id).ok_or_else(missing)?;
    // One that was switched off has run out all the same when its time is over.
    let over = policy.expiration_date <= desk.now_secs();
    let status = if over { Status::Expired } else { policy.status };
    match (on, status) {
        (Some(true), Status::Expired) => {
            return Err(Refusal::business("no_active_policy", "The policy has expired."));
        }
        (Some(true), Status::Cancelled) => turn(desk, id, Status::Active, "policy.reactivated"),
        (Some(false), Status::Active) => turn(desk, id, Status::Cancelled, "policy.cancelled"),
        (Some(true), Status::Active)
        | (Some(false), Status::Cancelled | Status::Expired)
        | (None, _) => {}
    }
    show(desk, id)
}

/// Cancels at once, with the assignments that had not begun; the policy stays readable as cancelled.
pub(super) fn delete(desk: &mut Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    if desk.book.policies.get(id).is_none() {
        return Err(missing());
    }
    cancel(desk, id);
    assignments::cancel_future_of(desk, id);
    Ok(Reply::deleted(id, "policy", desk.now_secs()))
}

/// Cancels an active policy; false if it was not active.
pub(super) fn cancel(desk: &mut Desk<'_>, id: &str) -> bool {
    let active = desk.book.policies.get(id).is_some_and(|p| p.status == Status::Active);
    if active {
        turn(desk, id, Status::Cancelled, "policy.cancelled");
    }
    active
}

/// Reactivates a cancelled policy; false if it was not cancelled.
pub(super) fn reactivate(desk: &mut Desk<'_>, id: &str) -> bool {
    let cancelled = desk.book.policies.get(id).is_some_and(|p| p.status == Status::Cancelled);
    if cancelled {
        turn(desk, id, Status::Active, "policy.reactivated");
    }
    cancelled
}

/// Cancels every active policy whose quote is meant.
pub(super) fn cancel_all(desk: &mut Desk<'_>, meant: impl Fn(&Quote) -> bool) {
    let meant = |p: &&Policy| desk.book.quotes.get(&p.quote).is_some_and(&meant);
    let ids: Vec<String> =
        desk.book.policies.newest().filter(meant).map(|p| p.id.clone()).collect();
    for id in ids {
        cancel(desk, &id);
    }
}

/// Its last day is over; an extended policy waits for its new one.
pub(super) fn expire(desk: &mut Desk<'_>, id: &str) -> bool {
    let now = desk.now_secs();
    let over = |p: &&mut Policy| p.status == Status::Active && p.expiration_date <= now;
    let Some(policy) = desk.book.policies.get_mut(id).filter(over) else { return false };
    policy.status = Status::Expired;
    let view = policy.view();
    if desk.cfg.rules.policy_expired_event {
        emit(desk, "policy.expired", "policy", view);
    }
    true
}

/// Moves the last day of a quote's policy, as `/assignments/extend` does for a job without assignment.
pub(super) fn extend(desk: &mut Desk<'_>, id: &str, end: i64) -> Result<(), Refusal> {
    let effective = desk.book.policies.get(id).ok_or_else(missing)?.effective_date;
    check_end(desk, effective, end)?;
    if let Some(policy) = desk.book.policies.get_mut(id) {
        policy.expiration_date = end;
    }
    plan_expiry(desk, id, end);
    Ok(())
}

fn turn(desk: &mut Desk<'_>, id: &str, status: Status, event: &str) {
    let Some(policy) = desk.book.policies.get_mut(id) else { return };
    policy.status = status;
    let view = policy.view();
    emit(desk, event, "policy", view);
}
