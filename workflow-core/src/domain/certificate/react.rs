//! What each state of a certificate is owed, when it wants its timer, and by what names it is found.

use std::time::Duration;

use super::machine::certificate::State;
use super::state::{Accepted, Breakdown, Cover, Outcome, Paper, Proof, Sent, Stood, Word};
use crate::domain::call::{Call, ContractorId, Upload};
use crate::domain::contractor::{self, Contractor};
use crate::domain::placement::{Loss, candidate_alias};
use crate::id::StreamId;
use crate::time::Timestamp;
use crate::workflow::{Owed, Tell};

/// So long the contractor may take to become known before a person must look.
const CONTRACTOR_WITHIN: Duration = Duration::from_secs(3 * 24 * 3600);
/// What is said of a document whose candidate nobody knows to be a contractor.
pub(super) const KEPT: &str =
    "kept, and not sent: no contractor's placement of the candidate is known yet";
/// So long a review may take; the insurer says two hours at worst.
const REVIEW_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// The obligations of a state.
pub(super) fn react(stream: &StreamId, state: &State) -> Vec<Owed<Call>> {
    match state {
        State::Kept { .. } => vec![Owed::Signal("a contractor's placement of the candidate")],
        State::Found { paper, round, .. } => {
            let asked = tell(stream, paper, "ask_link", Word::Needs { round: *round });
            asked.into_iter().chain([Owed::Signal("the contractor")]).collect()
        }
        State::Ready { paper, round, contractor } => vec![Owed::Call {
            operation: "upload_certificate".into(),
            call: Call::UploadCertificate { upload: upload(paper, *round, contractor) },
        }],
        State::Uploaded { .. } | State::Processing { .. } => {
            vec![Owed::Signal("the insurer's review")]
        }
        State::Approved { paper, sent, covers, accepted, .. } => {
            let told = match covers.as_slice() {
                [] => fell(stream, paper, sent, Loss::CertificateRevoked),
                covers => {
                    let proof = proof(sent, covers, accepted);
                    tell(stream, paper, "tell_standing", Word::Stands { proof })
                }
            };
            told.into_iter().chain([Owed::Signal("the end of what it covers")]).collect()
        }
        State::Flagged { paper, sent, .. } | State::Denied { paper, sent, .. } => {
            let told = fell(stream, paper, sent, Loss::CertificateRevoked);
            told.into_iter().chain([Owed::Person(headline(state))]).collect()
        }
        State::Error { paper, sent, .. } => {
            let told = fell(stream, paper, sent, Loss::CertificateRevoked);
            told.into_iter().chain([Owed::Person(headline(state))]).collect()
        }
        State::Held { trouble, .. } => vec![Owed::Person(trouble.words())],
        State::Expired { paper, sent } => {
            fell(stream, paper, sent, Loss::CertificateExpired).into_iter().collect()
        }
        State::Withdrawn { paper, sent, .. } => {
            fell(stream, paper, sent, Loss::CertificateRevoked).into_iter().collect()
        }
        State::Unfit { .. } | State::Dropped { .. } => Vec::new(),
    }
}

fn proof(sent: &Sent, covers: &[Cover], accepted: &Accepted) -> Proof {
    Proof {
        certificate: sent.certificate.clone(),
        covers: covers.to_vec(),
        accepted: accepted.clone(),
    }
}

/// The name that it travels under is told by content and count: it names nobody, and a lost answer is found by it.
fn upload(paper: &Paper, round: u32, contractor: &ContractorId) -> Upload {
    let short = paper.sha256.get(..16).unwrap_or(&paper.sha256);
    let again = if round > 1 { format!("-{round}") } else { String::new() };
    Upload {
        contractor: contractor.clone(),
        candidate: paper.candidate.clone(),
        placement: paper.placement.clone(),
        sha256: paper.sha256.clone(),
        file_name: format!("coi-{}-{short}{again}.pdf", paper.candidate),
    }
}

/// Tells that it does not stand any more, if it ever did.
fn fell(stream: &StreamId, paper: &Paper, sent: &Sent, loss: Loss) -> Option<Owed<Call>> {
    match sent.stood {
        Stood::Never => None,
        Stood::Once => {
            let certificate = sent.certificate.clone();
            tell(stream, paper, "tell_standing", Word::Fell { certificate, loss })
        }
    }
}

fn tell(stream: &StreamId, paper: &Paper, operation: &str, word: Word) -> Option<Owed<Call>> {
    let to = StreamId::new("contractor", stream.tenant(), paper.candidate.as_str()).ok()?;
    let input = contractor::Input::CertificateTold { certificate: stream.key().to_owned(), word };
    Some(Owed::Tell(Tell::new::<Contractor>(operation, to, &input)))
}

/// When a state wants its timer.
pub(super) fn due(state: &State) -> Option<Timestamp> {
    match state {
        State::Found { since, .. } => Some(since.plus(CONTRACTOR_WITHIN)),
        State::Uploaded { sent, .. } | State::Processing { sent, .. } => {
            Some(sent.at.plus(REVIEW_WITHIN))
        }
        State::Approved { covers, .. } => covers.iter().map(|cover| cover.expires).max(),
        State::Kept { .. }
        | State::Ready { .. }
        | State::Flagged { .. }
        | State::Denied { .. }
        | State::Error { .. }
        | State::Held { .. }
        | State::Unfit { .. }
        | State::Expired { .. }
        | State::Withdrawn { .. }
        | State::Dropped { .. } => None,
    }
}

/// The document of a state.
pub(super) fn paper(state: &State) -> &Paper {
    match state {
        State::Kept { paper }
        | State::Found { paper, .. }
        | State::Ready { paper, .. }
        | State::Uploaded { paper, .. }
        | State::Processing { paper, .. }
        | State::Approved { paper, .. }
        | State::Flagged { paper, .. }
        | State::Denied { paper, .. }
        | State::Error { paper, .. }
        | State::Held { paper, .. }
        | State::Unfit { paper, .. }
        | State::Expired { paper, .. }
        | State::Withdrawn { paper, .. }
        | State::Dropped { paper, .. } => paper,
    }
}

/// Why the certificate is where it is, without personal data.
pub(super) fn headline(state: &State) -> String {
    let stands = stands(state);
    match sent(state).and(paper(state).twin()) {
        None => stands,
        Some(twin) => format!("{stands}; sent twice: certificate {twin} is the same content"),
    }
}

fn stands(state: &State) -> String {
    match state {
        State::Kept { .. } => KEPT.into(),
        State::Found { .. } => "waiting for the contractor to be known to the insurer".into(),
        State::Ready { .. } => "being sent to the insurer".into(),
        State::Uploaded { sent, .. } => format!("sent as {}; its review is to come", sent.certificate),
        State::Processing { sent, .. } => format!("{} is being reviewed", sent.certificate),
        State::Approved { covers, accepted, .. } => approved(covers, accepted),
        State::Flagged { outcome, .. } => {
            format!("flagged by the insurer{}: accept it or withdraw it", of(outcome))
        }
        State::Denied { outcome, .. } => {
            format!("denied by the insurer{}: accept it or withdraw it", of(outcome))
        }
        State::Error { breakdown, .. } => match breakdown {
            Breakdown::Told { .. } => {
                "the insurer's review broke down: send it again or withdraw it".into()
            }
            Breakdown::Overdue => {
                "the insurer's review has not ended in a day: ask there, send it again or withdraw it"
                    .into()
            }
            Breakdown::Gone => {
                "the insurer does not have it any more: send it again or withdraw it".into()
            }
        },
        State::Held { trouble, .. } => trouble.words(),
        State::Unfit { reason, .. } => format!("not sent: {reason}"),
        State::Expired { .. } => "all that it covers has run out".into(),
        State::Withdrawn { reason, .. } => format!("withdrawn: {reason}"),
        State::Dropped { reason, .. } => format!("not sent: {reason}"),
    }
}

fn of(outcome: &Outcome) -> String {
    let failed = outcome.failed();
    if failed.is_empty() { String::new() } else { format!(" ({failed})") }
}

fn approved(covers: &[Cover], accepted: &Accepted) -> String {
    let by = match accepted {
        Accepted::ByInsurer => "approved".to_owned(),
        Accepted::ByPerson { reason } => format!("accepted by a person ({reason})"),
    };
    let each = |cover: &Cover| {
        let word = serde_json::to_value(cover.coverage).ok();
        let word = word.as_ref().and_then(serde_json::Value::as_str).unwrap_or("?");
        // The last moment that is covered, as a day, in whatever zone: people want the day.
        let until = cover.expires.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
        format!("{word} until {until}")
    };
    match covers {
        [] => format!(
            "{by}, but nobody said which days it covers: accept it with its coverage and last day"
        ),
        covers => {
            let covers: Vec<String> = covers.iter().map(each).collect();
            format!("{by}: {}", covers.join(", "))
        }
    }
}

/// What the insurer has of it.
pub(super) fn sent(state: &State) -> Option<&Sent> {
    match state {
        State::Uploaded { sent, .. }
        | State::Processing { sent, .. }
        | State::Approved { sent, .. }
        | State::Flagged { sent, .. }
        | State::Denied { sent, .. }
        | State::Error { sent, .. }
        | State::Expired { sent, .. }
        | State::Withdrawn { sent, .. } => Some(sent),
        State::Kept { .. }
        | State::Found { .. }
        | State::Ready { .. }
        | State::Held { .. }
        | State::Unfit { .. }
        | State::Dropped { .. } => None,
    }
}

/// The insurer's id, and the candidate's with a prefix.
pub(super) fn aliases(state: &State) -> Vec<String> {
    let own = sent(state).map(|sent| sent.certificate.to_string());
    std::iter::once(candidate_alias(&paper(state).candidate)).chain(own).collect()
}
