//! What is decided about a worker, on the contractor's page: which contractor stays after a merge in JobDiva, a certificate
//! that is handed in, and that the person is forgotten. No name is shown: the worker is the id in JobDiva.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Multipart, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use workflow_core::domain::call::ContractorId;
use workflow_core::domain::certificate::{BYTES_MAX, Origin};
use workflow_core::domain::contractor::{Contractor, Input, Progress, State as Stand};
use workflow_core::domain::facts::{CandidateId, PersonalText, PlacementId};
use workflow_core::engine::{HandleError, Source};
use workflow_core::id::StreamId;

use super::access::{Person, Role};
use super::{Site, paper, shell};
use crate::certificates::{Arrived, take_in};
use crate::forget;

/// The largest form that hands a certificate in: the document and a little around it.
pub(super) const DOCUMENT_FORM_BYTES_MAX: usize = BYTES_MAX as usize + 64 * 1024;

/// The forms of a contractor's page beside its orders.
pub(super) fn forms(site: &Site, person: &Person, stream: &StreamId) -> Markup {
    let state = site.door.engine.state::<Contractor>(stream).ok().flatten();
    let is_forgotten = matches!(state, Some(Stand::Forgotten { .. } | Stand::Gone { .. }));
    html! {
        @if let Some(Stand::Contested { rivals }) = &state {
            form.orders method="post" action="/papers/decide" data-test="keep" {
                (about(site, person, stream, "keep"))
                label { "Which one stays " select name="contractor" {
                    (rival(&rivals.known.contractor, stream.key(), &rivals.progress))
                    @for other in &rivals.others { (rival(&other.contractor, other.from.as_str(), &other.progress)) }
                } }
                label { "Why " input name="reason" required maxlength="500" autocomplete="off"; }
                button.go { "Keep this contractor" }
            }
        }
        @if !is_forgotten {
            details.others data-test="hand-in" {
                summary { "Hand in a certificate" }
                form.orders method="post" action="/papers/hand-in" enctype="multipart/form-data" {
                    (about(site, person, stream, "hand-in"))
                    label { "The PDF, at most 15 MB " input type="file" name="file" required accept="application/pdf"; }
                    label { "For this placement alone " input name="placement" maxlength="40" autocomplete="off" placeholder="all of theirs"; }
                    button { "Hand it in" }
                }
            }
        }
        @if !is_forgotten && person.role >= Role::Admin {
            details.others data-test="forget" {
                summary { "Forget this person" }
                form.orders method="post" action="/papers/decide" {
                    (about(site, person, stream, "forget"))
                    label { "Their id, once more " input name="sure" required maxlength="40" autocomplete="off"; }
                    label { "Why " input name="reason" required maxlength="500" autocomplete="off"; }
                    button { "Destroy the key to their data" }
                    p.hint { "It cannot be undone. The log verifies and replays as before; JobDiva, 1099Policy and older backups of the keys are not the runner's to clear." }
                }
            }
        }
    }
}

fn about(site: &Site, person: &Person, stream: &StreamId, what: &str) -> Markup {
    html! {
        input type="hidden" name="mark" value=(site.access.form_mark(person));
        input type="hidden" name="what" value=(what);
        input type="hidden" name="tenant" value=(stream.tenant());
        input type="hidden" name="id" value=(stream.key());
    }
}

fn rival(contractor: &ContractorId, candidate: &str, progress: &Progress) -> Markup {
    let stands = match progress {
        Progress::Known => "known".to_owned(),
        Progress::OptedIn => "opted in".to_owned(),
        Progress::Applying { holder, .. } => format!("applying for placement {holder}"),
    };
    html! { option value=(contractor) { (contractor) " of candidate " (candidate) ", " (stands) } }
}

fn viewers_look() -> Response {
    shell::problem(StatusCode::FORBIDDEN, "As a viewer you may look, not decide.")
}

fn contractor(site: &Site, tenant: &str, id: &str) -> Option<StreamId> {
    let stream = StreamId::new("contractor", tenant, id).ok()?;
    site.door.engine.summary(&stream).map(|_| stream)
}

fn outcome(site: &Site, person: &Person, of: &StreamId, done: Result<(), String>) -> Response {
    match done {
        Ok(()) => Redirect::to(&paper::address(of)).into_response(),
        Err(why) => paper::refused(site, person, of, &why),
    }
}

/// Which contractor stays, or that the person is forgotten.
pub(super) async fn decide(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let pairs: BTreeMap<String, String> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let field = |name: &str| pairs.get(name).map(String::as_str).unwrap_or_default();
    if !shell::is_from_here(&headers) || !site.access.is_ours(&person, field("mark")) {
        return shell::not_ours();
    }
    if person.role < Role::Operator {
        return viewers_look();
    }
    let Some(stream) = contractor(&site, field("tenant"), field("id")) else {
        return paper::unknown();
    };
    let reason = field("reason").to_owned();
    let done = match field("what") {
        "keep" => keep(&site, &person, &stream, field("contractor"), reason).await,
        "forget" if person.role < Role::Admin => {
            return shell::problem(
                StatusCode::FORBIDDEN,
                "Only an admin may have a person forgotten.",
            );
        }
        "forget" if field("sure") != stream.key() => {
            Err("The id that was typed is not this person's: nothing was done.".to_owned())
        }
        "forget" => forgotten(&site, &person, &stream, reason).await,
        _ => return shell::problem(StatusCode::BAD_REQUEST, "The form does not say what to do."),
    };
    outcome(&site, &person, &stream, done)
}

async fn keep(
    site: &Site,
    person: &Person,
    stream: &StreamId,
    contractor: &str,
    reason: String,
) -> Result<(), String> {
    let input = Input::Keep { contractor: ContractorId(contractor.to_owned()), reason };
    let source = Source::new(format!("operator:{}", person.name), "");
    match site.door.engine.handle::<Contractor>(stream, input, source).await {
        Ok(_) => Ok(()),
        Err(HandleError::Rejected(no)) => Err(no.message),
        Err(error) => Err(error.to_string()),
    }
}

async fn forgotten(
    site: &Site,
    person: &Person,
    stream: &StreamId,
    reason: String,
) -> Result<(), String> {
    let (door, tenant) = (&site.door, Some(stream.tenant()));
    let done =
        forget::forget(&door.engine, &door.documents, stream.key(), tenant, reason, &person.name);
    match done.await {
        Ok(done) if done.key_destroyed => Ok(()),
        Ok(_) => Err("The key is still there: the process's log says why.".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What a form with a document said.
#[derive(Default)]
struct HandedIn {
    fields: BTreeMap<String, String>,
    file: Vec<u8>,
    name: String,
}

async fn read(mut form: Multipart) -> Option<HandedIn> {
    let mut read = HandedIn::default();
    while let Some(part) = form.next_field().await.ok()? {
        let name = part.name()?.to_owned();
        if name == "file" {
            read.name = part.file_name().unwrap_or_default().to_owned();
            read.file = part.bytes().await.ok()?.to_vec();
        } else {
            read.fields.insert(name, part.text().await.ok()?);
        }
    }
    Some(read)
}

/// A certificate that somebody brought.
pub(super) async fn hand_in(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    form: Multipart,
) -> Response {
    if !shell::is_from_here(&headers) {
        return shell::not_ours();
    }
    let Some(HandedIn { fields, file, name }) = read(form).await else {
        let what = "The form could not be read: a document has 15 MB at most.";
        return shell::problem(StatusCode::BAD_REQUEST, what);
    };
    let field = |name: &str| fields.get(name).map(|value| value.trim()).unwrap_or_default();
    if !site.access.is_ours(&person, field("mark")) {
        return shell::not_ours();
    }
    if person.role < Role::Operator {
        return viewers_look();
    }
    let Some(stream) = contractor(&site, field("tenant"), field("id")) else {
        return paper::unknown();
    };
    let placement = Some(field("placement")).filter(|id| !id.is_empty());
    let arrived = Arrived {
        candidate: CandidateId(stream.key().to_owned()),
        bytes: file,
        name: PersonalText(name),
        origin: Origin::HandedIn { by: person.name.clone() },
        placement: placement.map(|id| PlacementId(id.to_owned())),
    };
    let source = Source::new(format!("operator:{}", person.name), "");
    let door = &site.door;
    match take_in(&door.engine, &door.documents, stream.tenant(), arrived, source).await {
        Ok(taken) => Redirect::to(&paper::address(&taken.stream)).into_response(),
        Err(error) => paper::refused(&site, &person, &stream, &error.to_string()),
    }
}
