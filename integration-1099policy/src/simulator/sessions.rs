//! `/apply/sessions`: a contractor's application, and the contractor who fills it in.
//!
//! Open -> started -> complete (policy issued), ineligible, in review -> complete, or expired.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::agenda::Deed;
use super::events::emit;
use super::fields::{Fields, Json, is_state};
use super::ledger::bump;
use super::paging::{Takes, list};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::script::Application;
use super::world::{Desk, Row, echo_extra};
use super::{contractors, policies};

pub(super) const STEPS: [&str; 6] = [
    "verify_info",
    "application_questions",
    "esignature_document",
    "add_card_details",
    "final_review",
    "application_complete",
];
const CARD: usize = 3;
const COMPLETE: usize = 5;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    id: String,
    created: i64,
    pub(super) quote: Option<String>,
    pub(super) contractor: String,
    success_url: String,
    cancel_url: String,
    step: usize,
    stage: Stage,
    custom_metadata: Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Open,
    Started,
    InReview,
    Complete,
    Ineligible,
    Expired,
}

impl Row for Session {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Session {
    /// Whether the contractor could still come to an end.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Started | Stage::InReview)
    }

    fn view(&self) -> Value {
        json!({
            "id": self.id, "quote": self.quote, "success_url": self.success_url, "cancel_url": self.cancel_url,
            "created": self.created, "expired": self.stage == Stage::Expired, "step": STEPS[self.step],
            "url": format!("https://apply.1099policy.com/{}", self.id),
        })
    }

    fn shown(&self, desk: &Desk<'_>) -> Value {
        let mut view = self.view();
        echo_extra(&mut view, desk.cfg, &self.custom_metadata);
        view
    }
}

/// Where a control endpoint moves a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advance {
    /// One step on; the first says `application.started`, the last issues the policy.
    NextStep,
    /// To the end: `application.complete`, policy issued.
    Complete,
    /// `application.ineligible`.
    Ineligible,
    /// `application.manual_review`, approved after the review time.
    ManualReview,
    /// `application.expired`.
    Expire,
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_session_id")
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    list(&desk.book.sessions, request, Takes::LimitOnly, |_| true, |s| s.shown(desk))
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.sessions.get(id).map(|s| Reply::ok(s.shown(desk))).ok_or_else(missing)
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let session = read_new(desk, request)?;
    let script = desk.script(&session.contractor);
    let id = session.id.clone();
    desk.later(desk.cfg.rules.session_lifetime_secs, Deed::SessionExpires { session: id.clone() });
    if script.application != Application::Ignore {
        desk.later(script.start_after_secs, Deed::SessionStarts { session: id.clone() });
        desk.later(script.finish_after_secs, Deed::SessionFinishes { session: id.clone() });
    }
    desk.shared.ledger.sessions_opened += 1;
    bump(&mut desk.shared.ledger.sessions_by_quote, session.quote.as_deref().unwrap_or("general"));
    let shown = session.shown(desk);
    let view = session.view();
    desk.book.sessions.add(session);
    emit(desk, "application.created", "application_session", view);
    Ok(Reply::created(shown))
}

fn read_new(desk: &mut Desk<'_>, request: &Request) -> Result<Session, Refusal> {
    let mut f = Fields::of(&request.fields);
    let success_url = f.need_text("success_url");
    let cancel_url = f.need_text("cancel_url");
    let custom_metadata = f.extra_metadata(desk.strict());
    let general = f.flag("is_general_opt_in").unwrap_or(false);
    let (mut quote, mut contractor) = (None, String::new());
    if general {
        contractor = f.need_text("contractor");
        if !is_state(&f.need_text("general_opt_in_work_state")) {
            f.problem("general_opt_in_work_state", "Must be a two-letter state.");
        }
        f.value("quote");
    } else {
        quote = Some(f.need_text("quote"));
        f.value("contractor");
        f.value("general_opt_in_work_state");
    }
    f.finish(desk.strict())?;
    if let Some(id) = &quote {
        let quote = desk.book.quotes.get(id);
        let quote = quote.ok_or_else(|| Refusal::business("invalid_quote_id", "No such quote."))?;
        if quote.policy.is_some() {
            return Err(already_complete());
        }
        contractor.clone_from(&quote.contractor);
    }
    contractors::check_ref(desk, &contractor)?;
    let (id, created) = (desk.mint_ulid("ias_"), desk.now_secs());
    let (step, stage) = (0, Stage::Open);
    Ok(Session {
        id,
        created,
        quote,
        contractor,
        success_url,
        cancel_url,
        step,
        stage,
        custom_metadata,
    })
}

fn already_complete() -> Refusal {
    Refusal::business("application_already_complete", "The application is already complete.")
}

/// Only the two URLs.
pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let mut f = Fields::of(&request.fields);
    let (success_url, cancel_url) = (f.text("success_url"), f.text("cancel_url"));
    f.finish(desk.strict())?;
    let session = desk.book.sessions.get_mut(id).ok_or_else(missing)?;
    if let Some(url) = success_url {
        session.success_url = url;
    }
    if let Some(url) = cancel_url {
        session.cancel_url = url;
    }
    show(desk, id)
}

/// `POST /apply/sessions/{id}/expire`.
pub(super) fn expire(desk: &mut Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    match desk.book.sessions.get(id).ok_or_else(missing)?.stage {
        Stage::Expired => {
            return Err(Refusal::business("session_expired", "The session is expired."));
        }
        Stage::Complete => return Err(already_complete()),
        Stage::Open | Stage::Started | Stage::InReview | Stage::Ineligible => {}
    }
    move_to(desk, id, Stage::Expired, "application.expired");
    show(desk, id)
}

/// Moves a session as a contractor, a reviewer or time would; false if it has ended.
pub(super) fn advance(desk: &mut Desk<'_>, id: &str, to: Advance) -> bool {
    let Some(session) = desk.book.sessions.get(id).filter(|s| s.is_live()).cloned() else {
        return false;
    };
    match to {
        Advance::NextStep => next_step(desk, &session),
        Advance::Complete => complete(desk, id),
        Advance::Ineligible => move_to(desk, id, Stage::Ineligible, "application.ineligible"),
        Advance::ManualReview => review(desk, id),
        Advance::Expire => move_to(desk, id, Stage::Expired, "application.expired"),
    }
    true
}

fn next_step(desk: &mut Desk<'_>, session: &Session) {
    let skip_card =
        session.step + 1 == CARD && policies::is_withheld(desk, session.quote.as_deref());
    let step = session.step + if skip_card { 2 } else { 1 };
    if step >= COMPLETE {
        return complete(desk, &session.id);
    }
    if let Some(row) = desk.book.sessions.get_mut(&session.id) {
        row.step = step;
    }
    if session.stage == Stage::Open {
        move_to(desk, &session.id, Stage::Started, "application.started");
    }
}

/// The application is signed: a policy, unless the quote got one meanwhile or its time is over.
fn complete(desk: &mut Desk<'_>, id: &str) {
    let quote = desk.book.sessions.get(id).and_then(|s| s.quote.clone());
    let Some(quote) = quote else {
        return move_to(desk, id, Stage::Complete, "application.complete");
    };
    if !policies::can_issue(desk, &quote) {
        return move_to(desk, id, Stage::Expired, "application.expired");
    }
    move_to(desk, id, Stage::Complete, "application.complete");
    policies::issue(desk, &quote);
}

fn review(desk: &mut Desk<'_>, id: &str) {
    move_to(desk, id, Stage::InReview, "application.manual_review");
    desk.later(desk.cfg.rules.review_secs, Deed::ReviewApproves { session: id.to_owned() });
}

fn move_to(desk: &mut Desk<'_>, id: &str, stage: Stage, event: &str) {
    let Some(session) = desk.book.sessions.get_mut(id) else { return };
    session.stage = stage;
    if stage == Stage::Complete {
        session.step = COMPLETE;
    }
    let view = session.view();
    emit(desk, event, "application_session", view);
}

fn stage(desk: &Desk<'_>, id: &str) -> Option<Stage> {
    desk.book.sessions.get(id).map(|s| s.stage)
}

/// The scripted contractor opens the application.
pub(super) fn scripted_start(desk: &mut Desk<'_>, id: &str) -> bool {
    stage(desk, id) == Some(Stage::Open) && advance(desk, id, Advance::NextStep)
}

/// The scripted contractor ends the application, or leaves it.
pub(super) fn scripted_finish(desk: &mut Desk<'_>, id: &str) -> bool {
    let Some(session) = desk.book.sessions.get(id) else { return false };
    if !matches!(session.stage, Stage::Open | Stage::Started) {
        return false;
    }
    let contractor = session.contractor.clone();
    let script = desk.script(&contractor);
    let to = match script.application {
        Application::Abandon | Application::Ignore => return false,
        Application::Complete | Application::ManualReview if !script.eligible => {
            Advance::Ineligible
        }
        Application::Complete => Advance::Complete,
        Application::Ineligible => Advance::Ineligible,
        Application::ManualReview => Advance::ManualReview,
    };
    advance(desk, id, to)
}

/// The reviewer says yes.
pub(super) fn approve_review(desk: &mut Desk<'_>, id: &str) -> bool {
    if stage(desk, id) != Some(Stage::InReview) {
        return false;
    }
    if let Some(session) = desk.book.sessions.get(id) {
        let view = session.view();
        emit(desk, "application.manual_review_approved", "application_session", view);
    }
    complete(desk, id);
    true
}

/// Its lifetime is over; an application under review waits for its answer.
pub(super) fn expire_by_time(desk: &mut Desk<'_>, id: &str) -> bool {
    matches!(stage(desk, id), Some(Stage::Open | Stage::Started))
        && advance(desk, id, Advance::Expire)
}
