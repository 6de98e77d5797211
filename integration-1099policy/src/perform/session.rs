//! Application sessions: opened for a quote, and closed.

use serde_json::Map;
use workflow_core::domain::call::{Answer, QuoteId, References, SessionId};

use super::{Run, Step, path_of, refused, told};
use crate::failure::Failure;
use crate::wire;
use crate::wire::session::{Session, creation};

const SESSIONS: &str = "/apply/sessions";
const ALREADY_COMPLETE: &str = "application_already_complete";

/// Opens an application session for a first-time contractor.
pub(super) async fn open(run: &Run<'_>, references: &References, quote: &QuoteId) -> Step<Answer> {
    if run.must_look_first() {
        let live = |session: &Session| session.is_for(quote) && !session.is_expired();
        if let Some(found) = run.look_for(SESSIONS, live).await?.last() {
            return adopted(found).map_err(|f| run.lookup_ended(f));
        }
    }
    match run.post(SESSIONS, creation(run.policy.config(), references, quote)).await {
        Ok(created) => wire::object("session", created)
            .and_then(|created: Session| opened(&created))
            .map_err(|f| run.post_ended(f)),
        Err(failure) if failure.is_refusal(&[ALREADY_COMPLETE]) => Ok(Answer::ApplicationComplete),
        Err(failure) => Err(run.post_ended(failure)),
    }
}

/// Closes an application session.
pub(super) async fn expire(run: &Run<'_>, session: &SessionId) -> Step<Answer> {
    let path = path_of(SESSIONS, session.as_str());
    if run.must_look_first() {
        let known: Session = run.read("session", &path).await.map_err(|f| run.lookup_ended(f))?;
        if let Some(answer) = closed(&known) {
            return Ok(answer);
        }
    }
    match run.post(&format!("{path}/expire"), Map::new()).await {
        // Whatever the body says: a success of this action is that it is closed.
        Ok(_) => Ok(Answer::ApplicationClosed),
        Err(failure) if failure.is_refusal(&["session_expired"]) => Ok(Answer::ApplicationClosed),
        Err(failure) if failure.is_refusal(&[ALREADY_COMPLETE]) => Ok(Answer::ApplicationComplete),
        Err(Failure::Refused(refusal)) if refusal.status == 400 => {
            // The codes are the SDK's; the session itself says more surely whether there is anything to close.
            let known: Session =
                run.read("session", &path).await.map_err(|f| run.lookup_ended(f))?;
            Ok(closed(&known).unwrap_or(Answer::Refused(refusal)))
        }
        Err(failure) => Err(run.post_ended(failure)),
    }
}

fn closed(session: &Session) -> Option<Answer> {
    if session.is_complete() {
        return Some(Answer::ApplicationComplete);
    }
    session.is_expired().then_some(Answer::ApplicationClosed)
}

fn opened(session: &Session) -> Result<Answer, Failure> {
    match session.is_complete() {
        true => Ok(Answer::ApplicationComplete),
        false => adopted(session),
    }
}

/// One that an earlier attempt opened is ours, also when the contractor has completed it meanwhile: its policy is waited
/// for like any other's.
fn adopted(session: &Session) -> Result<Answer, Failure> {
    let id = told(session.session_id(), "session")?;
    Ok(match &session.url {
        Some(url) => Answer::ApplicationOpened { session: id, url: url.clone() },
        None => refused(200, "session_without_url", format!("session {id} has no link to send")),
    })
}
