//! `/assignments`: repeat coverage under a policy the contractor already has.
//!
//! The policy is chosen, or none fits; a bound one is charged a day later; cancelled only before it starts;
//! its end moves only by `/assignments/extend`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::agenda::Deed;
use super::config::{AssignmentMismatch, PolicyReach};
use super::dates::{Asked, check_end, period};
use super::events::emit;
use super::fields::{Fields, Json, merge_metadata};
use super::ledger::bump;
use super::paging::{Takes, list};
use super::policies::Policy;
use super::quotes::{Quote, Risk, check_coverage, rates, risk};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::script::Charge;
use super::world::{Desk, Row, echo_extra};
use super::{contractors, invoices, jobs, policies, quotes};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Assignment {
    id: String,
    created: i64,
    bind: bool,
    pub(super) contractor: String,
    pub(super) job: String,
    policy: Option<String>,
    coverage_type: Vec<String>,
    effective_date: i64,
    end_date: i64,
    message: String,
    pub(super) net_rate: Option<i64>,
    /// How often certificates were issued: 0 is not covered yet.
    certificates: u32,
    cancelled: Option<Cancelled>,
    custom_metadata: Json,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cancelled {
    at: i64,
    reason: Option<String>,
}

impl Row for Assignment {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Assignment {
    fn is_eligible(&self) -> bool {
        self.policy.is_some()
    }

    /// Bound, eligible, neither cancelled nor over.
    pub(super) fn is_live(&self, now_secs: i64) -> bool {
        self.bind && self.is_eligible() && self.cancelled.is_none() && self.end_date > now_secs
    }

    /// Charged (or withheld) and not cancelled.
    pub(super) fn is_covered(&self) -> bool {
        self.certificates > 0 && self.cancelled.is_none()
    }

    fn view(&self) -> Value {
        let pdf = |kind: &str| {
            let url = format!(
                "https://files.1099policy.com/{kind}_{}_{}.pdf",
                self.id, self.certificates
            );
            if self.certificates > 0 { json!(url) } else { Value::Null }
        };
        let mut view = json!({
            "id": self.id, "bind": self.bind, "contractor": self.contractor, "job": self.job,
            "policy": self.policy, "coverage_type": self.coverage_type, "effective_date": self.effective_date,
            "end_date": self.end_date, "eligible": { "result": self.is_eligible(), "message": self.message },
            "net_rate": self.net_rate, "created": self.created,
            "certificates": { "gl_coi_pdf_url": pdf("gl"), "wc_coi_pdf_url": pdf("wc") },
        });
        if let Some(cancelled) = &self.cancelled {
            view["cancelled"] = json!(true);
            view["cancellation_date"] = json!(cancelled.at);
            view["cancellation_reason"] = json!(cancelled.reason);
            view["certificates"] = Value::Null;
        }
        view
    }

    fn shown(&self, desk: &Desk<'_>) -> Value {
        let mut view = self.view();
        echo_extra(&mut view, desk.cfg, &self.custom_metadata);
        view
    }
}

/// The fields of an assignment, over the stored ones on PUT.
struct Wish {
    contractor: String,
    job: String,
    coverage: Option<Vec<String>>,
    policy: Option<String>,
    bind: bool,
    dates: Asked,
    metadata: Json,
}

fn read(given: &Json, stored: Option<&Assignment>, strict: bool) -> Result<Wish, Refusal> {
    let mut f = Fields::of(given);
    let mut id = |name: &'static str, stored: Option<&String>| match stored {
        Some(stored) => f.text(name).unwrap_or_else(|| stored.clone()),
        None => f.need_text(name),
    };
    let contractor = id("contractor", stored.map(|a| &a.contractor));
    let job = id("job", stored.map(|a| &a.job));
    f.extra_metadata(strict);
    let kept = stored.map(|a| a.custom_metadata.clone()).unwrap_or_default();
    let wish = Wish {
        contractor,
        job,
        coverage: f.coverage("coverage_type").or_else(|| stored.map(|a| a.coverage_type.clone())),
        policy: f.text("policy"),
        bind: f.flag("bind").unwrap_or_else(|| stored.is_none_or(|a| a.bind)),
        dates: Asked {
            effective: f.int("effective_date"),
            stored_effective: stored.map(|a| a.effective_date),
            end: f.int("end_date").or_else(|| stored.map(|a| a.end_date)),
        },
        metadata: merge_metadata(&kept, given.get("custom_metadata")),
    };
    f.finish(strict)?;
    Ok(wish)
}

/// The contractor's active policies with their quotes, newest first.
fn held<'a>(
    desk: &'a Desk<'_>,
    contractor: &'a str,
) -> impl Iterator<Item = (&'a Policy, &'a Quote)> {
    let now = desk.now_secs();
    let active = desk.book.policies.newest().filter(move |p| p.is_active(now));
    let pairs = active.filter_map(|p| Some((p, desk.book.quotes.get(&p.quote)?)));
    pairs.filter(move |(_, q)| q.contractor == contractor)
}

/// The policy that covers the wish: same risk, at least the coverage asked for, and in force for as long as the rules say.
fn choose(
    desk: &Desk<'_>,
    wish: &Wish,
    (coverage, begins): (&[String], i64),
    risk: &Risk,
) -> Option<String> {
    let named = |p: &Policy| wish.policy.as_ref().is_none_or(|id| *id == p.id);
    let reaches = |p: &Policy| match desk.cfg.rules.policy_reach {
        PolicyReach::ToTheStart => p.expiration_date > begins,
        PolicyReach::Today => true,
    };
    let covers = |q: &Quote| coverage.iter().all(|c| q.coverage_type.contains(c));
    let mut fitting = held(desk, &wish.contractor);
    fitting
        .find(|(p, q)| named(p) && reaches(p) && q.risk == *risk && covers(q))
        .map(|(p, _)| p.id.clone())
}

fn judge(
    desk: &mut Desk<'_>,
    wish: Wish,
    stored: Option<&Assignment>,
) -> Result<Assignment, Refusal> {
    contractors::check_ref(desk, &wish.contractor)?;
    jobs::check_ref(desk, &wish.job)?;
    if wish.policy.as_ref().is_some_and(|id| desk.book.policies.get(id).is_none()) {
        return Err(Refusal::business("invalid_policy_id", "No such policy."));
    }
    let refused = || Refusal::business("invalid_job_id", "No such job.");
    let risk = risk(desk, &wish.contractor, &wish.job).ok_or_else(refused)?;
    let period = period(desk, &wish.dates)?;
    let recent = held(desk, &wish.contractor).next().map(|(_, q)| q.coverage_type.clone());
    let coverage = wish.coverage.clone().or(recent).unwrap_or_default();
    let home =
        desk.book.contractors.get(&wish.contractor).and_then(contractors::Contractor::home_state);
    check_coverage(&coverage, home.as_deref())?;
    let policy = choose(desk, &wish, (&coverage, period.effective), &risk);
    if policy.is_none() && desk.cfg.rules.assignment_mismatch == AssignmentMismatch::Error {
        return Err(Refusal::business(
            "no_active_policy",
            "No matching policy found for assignment.",
        ));
    }
    let message = match policy {
        Some(_) => "Contractor is pre-approved for insurance coverage.",
        None => {
            "Contractor has no policy matching the job category, states, coverage and start of this assignment."
        }
    };
    let (id, created) = match stored {
        Some(stored) => (stored.id.clone(), stored.created),
        None => (desk.mint("an_"), desk.now_secs()),
    };
    Ok(Assignment {
        id,
        created,
        bind: wish.bind,
        contractor: wish.contractor,
        job: wish.job,
        net_rate: policy.as_ref().map(|_| rates(&coverage, &risk).net()),
        policy,
        coverage_type: coverage,
        effective_date: period.effective,
        end_date: period.end,
        message: message.to_owned(),
        certificates: stored.map_or(0, |a| a.certificates),
        cancelled: None,
        custom_metadata: wish.metadata,
    })
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_assignment_id")
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    list(&desk.book.assignments, request, Takes::LimitAndCursors, |_| true, |a| a.shown(desk))
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.assignments.get(id).map(|a| Reply::ok(a.shown(desk))).ok_or_else(missing)
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let wish = read(&request.fields, None, desk.strict())?;
    let assignment = judge(desk, wish, None)?;
    bump(&mut desk.shared.ledger.assignments_by_job, &assignment.job);
    plan_charge(desk, &assignment);
    let shown = assignment.shown(desk);
    desk.book.assignments.add(assignment);
    Ok(Reply::created(shown))
}

fn plan_charge(desk: &mut Desk<'_>, assignment: &Assignment) {
    if assignment.bind && assignment.is_eligible() {
        let deed = Deed::AssignmentCharged { assignment: assignment.id.clone() };
        desk.later(desk.cfg.rules.charge_after_secs, deed);
    }
}

/// Until an invoice of its job is paid; the end of a bound one not at all.
pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let stored = desk.book.assignments.get(id).ok_or_else(missing)?.clone();
    if stored.cancelled.is_some() {
        return Err(Refusal::business("bad_request", "The assignment is cancelled."));
    }
    if invoices::any_paid(desk, &stored.job) {
        return Err(Refusal::business(
            "invoice_already_paid",
            "The related invoice is already paid.",
        ));
    }
    let wish = read(&request.fields, Some(&stored), desk.strict())?;
    if stored.bind && wish.dates.end.is_some_and(|end| end != stored.end_date) {
        return Err(Refusal::business(
            "bad_request",
            "Use extend to change the end of a bound assignment.",
        ));
    }
    let assignment = judge(desk, wish, Some(&stored))?;
    if !stored.bind {
        plan_charge(desk, &assignment);
    }
    let shown = assignment.shown(desk);
    if let Some(row) = desk.book.assignments.get_mut(id) {
        *row = assignment;
    }
    Ok(Reply::ok(shown))
}

pub(super) fn delete(desk: &mut Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    let job = desk.book.assignments.get(id).ok_or_else(missing)?.job.clone();
    if invoices::any_paid(desk, &job) {
        return Err(Refusal::business(
            "invoice_already_paid",
            "The related invoice is already paid.",
        ));
    }
    desk.book.assignments.remove(id);
    Ok(Reply::deleted(id, "assignment", desk.now_secs()))
}

/// The newest assignment of the job named in the body: one that could be meant before one that ended.
fn of_job(desk: &Desk<'_>, job: &str) -> Option<Assignment> {
    let mut mine: Vec<&Assignment> =
        desk.book.assignments.newest().filter(|a| a.job == job && a.is_eligible()).collect();
    mine.sort_by_key(|a| a.cancelled.is_some());
    mine.first().map(|a| (*a).clone())
}

/// `POST /assignments/cancel`: before it starts only.
pub(super) fn cancel(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let mut f = Fields::of(&request.fields);
    let (job, reason) = (f.need_text("job_id"), f.text("reason"));
    f.finish(desk.strict())?;
    if desk.book.jobs.get(&job).is_none() {
        return Err(Refusal::not_found("invalid_job_id"));
    }
    let assignment = of_job(desk, &job).ok_or_else(missing)?;
    if assignment.cancelled.is_some() {
        return Err(Refusal::business("bad_request", "The assignment is already cancelled."));
    }
    if assignment.effective_date <= desk.now_secs() {
        return Err(Refusal::business(
            "bad_request",
            "The assignment has started and cannot be cancelled.",
        ));
    }
    mark_cancelled(desk, &assignment.id, reason);
    show(desk, &assignment.id)
}

fn mark_cancelled(desk: &mut Desk<'_>, id: &str, reason: Option<String>) {
    let at = desk.now_secs();
    let Some(assignment) = desk.book.assignments.get_mut(id) else { return };
    assignment.cancelled = Some(Cancelled { at, reason });
    let view = assignment.view();
    emit(desk, "assignment.cancelled", "assignment", view);
}

/// Deleting a policy cancels its assignments that had not begun.
pub(super) fn cancel_future_of(desk: &mut Desk<'_>, policy: &str) {
    let now = desk.now_secs();
    let future = desk.book.assignments.newest().filter(|a| {
        a.policy.as_deref() == Some(policy) && a.cancelled.is_none() && a.effective_date > now
    });
    let ids: Vec<String> = future.map(|a| a.id.clone()).collect();
    for id in ids {
        mark_cancelled(desk, &id, Some("policy_deleted".to_owned()));
    }
}

/// `POST /assignments/extend`: a later end for the job's assignment, or for its policy if it has none.
pub(super) fn extend(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let mut f = Fields::of(&request.fields);
    let (job, end) = (f.need_text("job_id"), f.need_int("end_date"));
    f.flag("send_email");
    f.finish(desk.strict())?;
    if desk.book.jobs.get(&job).is_none() {
        return Err(Refusal::not_found("invalid_job_id"));
    }
    let Some(assignment) = of_job(desk, &job) else { return extend_quote(desk, &job, end) };
    if assignment.cancelled.is_some() {
        return Err(Refusal::business("bad_request", "The assignment is cancelled."));
    }
    check_extension(desk, assignment.end_date, end)?;
    check_end(desk, assignment.effective_date, end)?;
    if end == assignment.end_date {
        return show(desk, &assignment.id);
    }
    if let Some(row) = desk.book.assignments.get_mut(&assignment.id) {
        row.end_date = end;
    }
    let deed = Deed::ExtensionRefreshed { assignment: assignment.id.clone() };
    desk.later(desk.cfg.rules.extend_refresh_secs, deed);
    let mut reply = show(desk, &assignment.id)?;
    reply.body["certificate_refresh_pending"] = json!(true);
    Ok(reply)
}

fn check_extension(desk: &Desk<'_>, current: i64, end: i64) -> Result<(), Refusal> {
    if current <= desk.now_secs() {
        return Err(Refusal::business("end_date_invalid", "Coverage has ended."));
    }
    if end < current {
        return Err(Refusal::business("end_date_invalid", "Coverage cannot be shortened."));
    }
    Ok(())
}

fn extend_quote(desk: &mut Desk<'_>, job: &str, end: i64) -> Result<Reply, Refusal> {
    let quote = desk.book.quotes.newest().find(|q| q.job == job && q.policy.is_some());
    let quote = quote.cloned().ok_or_else(missing)?;
    check_extension(desk, quote.end_date, end)?;
    let policy = quote.policy.unwrap_or_default();
    if !desk.book.policies.get(&policy).is_some_and(|p| p.is_active(desk.now_secs())) {
        return Err(Refusal::business("no_active_policy", "The coverage was cancelled."));
    }
    policies::extend(desk, &policy, end)?;
    if let Some(row) = desk.book.quotes.get_mut(&quote.id) {
        row.end_date = end;
    }
    quotes::show(desk, &quote.id)
}

/// A day after binding: the card is charged, or the platform pays, and coverage begins; or the card refuses.
pub(super) fn charge(desk: &mut Desk<'_>, id: &str) -> bool {
    let due = |a: &&Assignment| a.bind && a.cancelled.is_none() && a.certificates == 0;
    let Some(assignment) = desk.book.assignments.get(id).filter(due).cloned() else { return false };
    if policies::withheld_for(desk, &assignment.contractor, &assignment.job) {
        activate(desk, id, "assignment.active");
        return true;
    }
    let held = assignment.policy.as_ref().and_then(|p| desk.book.policies.get(p));
    let policy_active = held.is_some_and(|p| p.is_active(desk.now_secs()));
    let paid = policy_active && desk.script(&assignment.contractor).charge == Charge::Succeeds;
    let invoice = invoices::of_charge(
        desk,
        (&assignment.contractor, &assignment.job),
        (assignment.effective_date, assignment.end_date),
        assignment.net_rate.unwrap_or(0),
        paid,
    );
    let view = invoice.view();
    if !paid {
        emit(desk, "invoice.charge_card_failed", "invoice", view);
        return true;
    }
    let cents = view["premium_due"].as_i64().unwrap_or_default();
    desk.shared.ledger.charges_cents.entry(id.to_owned()).or_default().push(cents);
    emit(desk, "invoice.charge_card_succeeded", "invoice", view);
    activate(desk, id, "assignment.active");
    true
}

/// Fresh certificates after an extension.
pub(super) fn refresh(desk: &mut Desk<'_>, id: &str) -> bool {
    let live = desk.book.assignments.get(id).is_some_and(|a| a.cancelled.is_none());
    if live {
        activate(desk, id, "assignment.extended");
    }
    live
}

fn activate(desk: &mut Desk<'_>, id: &str, event: &str) {
    let Some(assignment) = desk.book.assignments.get_mut(id) else { return };
    // An extension before the first charge brings no coverage forward.
    if assignment.certificates > 0 || event == "assignment.active" {
        assignment.certificates += 1;
    }
    let view = assignment.view();
    emit(desk, event, "assignment", view);
}
