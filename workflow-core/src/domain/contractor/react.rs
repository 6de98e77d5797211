//! What each state of a contractor is owed.

use super::legacy::{Estate, Rivals, Stage, Will};
use super::machine::contractor::State;
use super::state::{Book, Given, Identity, Linked, Way};
use crate::domain::call::Call;
use crate::domain::certificate::{self, Certificate};
use crate::domain::contractor::{self, Contractor};
use crate::domain::facts::{CandidateId, EmailAddress, Person, PlacementId};
use crate::domain::placement::{self, Need, Placement};
use crate::id::StreamId;
use crate::workflow::{Owed, Tell};

/// Under this name placements hear what certificates are worth once they can know whose they are.
const SETTLED: &str = "certificates";
/// Under this one while a merge is worked out. Who does not know the contractor yet makes nothing of it, and hears it again
/// under the other: a message that was told is not told again.
const MEANWHILE: &str = "certificates_meanwhile";

/// The obligations of a state.
pub(super) fn react(stream: &StreamId, state: &State) -> Vec<Owed<Call>> {
    let inherited = book(state).map(|book| tell_inherited(stream, book)).unwrap_or_default();
    let standings = settling(state).map(|book| tell_standings(stream, book, MEANWHILE));
    let standings = standings.unwrap_or_default();
    inherited.into_iter().chain(standings).chain(owed(stream, state)).collect()
}

/// The book of a candidate whose merge is being worked out, which may take a person days: a certificate that falls
/// meanwhile takes the coverage of placements that came along all the same.
fn settling(state: &State) -> Option<&Book> {
    match state {
        State::Identified { .. } | State::Succeeding { .. } | State::Contested { .. } => {
            book(state)
        }
        State::Unlinked { .. }
        | State::Linked { .. }
        | State::OptingIn { .. }
        | State::OptedIn { .. }
        | State::Flagged { .. }
        | State::Merging { .. }
        | State::Merged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => None,
    }
}

/// What placements asked of a candidate who is still here.
fn book(state: &State) -> Option<&Book> {
    match state {
        State::Identified { estate, .. } | State::Succeeding { estate, .. } => Some(&estate.book),
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            Some(&known.book)
        }
        State::Contested { rivals } => Some(&rivals.known.book),
        State::Unlinked { .. }
        | State::Flagged { .. }
        | State::Merging { .. }
        | State::Merged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => None,
    }
}

/// Tells the placements that came with merges whose they are now.
fn tell_inherited(stream: &StreamId, book: &Book) -> Vec<Owed<Call>> {
    let tell = |(placement, from): (&PlacementId, &CandidateId)| {
        let (from, into) = (from.clone(), book.candidate.clone());
        let input = placement::Input::CandidateMerged { from, into };
        tell(stream, placement, format!("merged:{placement}"), &input)
    };
    book.inherited.iter().filter_map(tell).collect()
}

fn owed(stream: &StreamId, state: &State) -> Vec<Owed<Call>> {
    match state {
        State::Unlinked { book } => vec![Owed::Call {
            operation: "read_person".into(),
            call: Call::ReadPerson { candidate: book.candidate.clone() },
        }],
        State::Identified { estate, identity, .. } => vec![link(&estate.book, identity)],
        State::Merging { will, identity } => vec![link(&will.book, identity)],
        State::Merged { will } => bequeath(stream, will),
        State::Succeeding { estate, stage } => succeed(stream, estate, stage),
        State::Contested { rivals } => contest(stream, rivals),
        State::Linked { known } | State::OptedIn { known } => {
            let mut owed = linked(stream, known);
            owed.push(Owed::Signal("placements"));
            owed
        }
        State::OptingIn { known, .. } => {
            let mut owed = linked(stream, known);
            owed.push(Owed::Signal("the placement whose turn it is"));
            owed
        }
        State::Flagged { book, trouble } => {
            let mut owed = tell_flagged(stream, book, &trouble.words());
            owed.extend(tell_unavailable(stream, book, &trouble.words()));
            owed.push(Owed::Person(trouble.words()));
            owed
        }
        State::Retired { book, reason, .. } => {
            let gone = |_: u32| placement::Input::CandidateGone {
                candidate: book.candidate.clone(),
                reason: reason.clone(),
            };
            let mut owed = tell_links(stream, book, "gone", &gone);
            let why = format!("the candidate is retired: {reason}");
            owed.extend(tell_unavailable(stream, book, &why));
            owed.extend(tell_standings(stream, book, SETTLED));
            owed.push(Owed::Signal("nothing but that the person is to be forgotten"));
            owed
        }
        State::Forgotten { book, reason } => {
            let mut owed = tell_flagged(stream, book, &forgotten(reason));
            owed.extend(tell_waiting(stream, book, &forgotten(reason)));
            owed.extend(tell_forgotten(stream, book, reason));
            owed.extend(tell_standings(stream, book, SETTLED));
            owed.push(Owed::Signal("placements, which are told that the person was forgotten"));
            owed
        }
        State::Gone { book, reason } => {
            let mut owed = tell_flagged(stream, book, &forgotten(reason));
            owed.extend(tell_forgotten(stream, book, reason));
            owed.extend(tell_standings(stream, book, SETTLED));
            owed
        }
    }
}

/// What is said where a call needs a person's data and the log does not give it.
const UNREADABLE: &str =
    "the person's data cannot be opened: forget the person, or restore the keys";

fn link(book: &Book, identity: &Identity) -> Owed<Call> {
    match told(identity) {
        Some((person, email)) => Owed::Call {
            operation: "link_contractor".into(),
            call: Call::LinkContractor { candidate: book.candidate.clone(), person, email },
        },
        None => Owed::Person(UNREADABLE.into()),
    }
}

/// A merged candidate hands its contractors over; placements without one are told whose they are.
fn bequeath(stream: &StreamId, will: &Will) -> Vec<Owed<Call>> {
    let into = &will.into;
    let placement = |placement: &PlacementId| {
        let (from, into) = (will.book.candidate.clone(), into.clone());
        let input = placement::Input::CandidateMerged { from, into };
        let links = will.book.asks.get(placement).map_or(0, |ask| ask.links);
        tell(stream, placement, format!("merged:{placement}:{links}"), &input)
    };
    let mut owed: Vec<Owed<Call>> = will.direct.iter().filter_map(placement).collect();
    let Ok(to) = StreamId::new("contractor", stream.tenant(), into.as_str()) else { return owed };
    let mut heir = |operation: String, input: &contractor::Input| {
        owed.push(Owed::Tell(Tell::new::<Contractor>(operation, to.clone(), input)));
    };
    for legacy in &will.left {
        let operation = format!("inherit:{}:{}", legacy.from, legacy.contractor);
        heir(operation, &contractor::Input::Inherit(legacy.clone()));
    }
    for (placement, (round, ended)) in &will.turns {
        let (placement, round, ended) = (placement.clone(), *round, *ended);
        let operation = format!("turn:{placement}");
        heir(operation, &contractor::Input::TurnOver { placement, round, ended });
    }
    // The certificates go over as well: whoever the candidate is now answers them, and says what they are worth.
    let linked = if will.left.is_empty() { Given::No } else { Given::Yes };
    for (certificate, what, word) in will.book.words(linked) {
        let operation = format!("{what}_certificate:{certificate}");
        let certificate = certificate.clone();
        heir(operation, &contractor::Input::CertificateTold { certificate, word });
    }
    owed.push(Owed::Signal("placements, which are told who the candidate is now"));
    owed
}

/// The contractor that a merged candidate left is made this candidate's.
fn succeed(stream: &StreamId, estate: &Estate, stage: &Stage) -> Vec<Owed<Call>> {
    let candidate = estate.book.candidate.clone();
    if let Stage::Hindered { trouble } = stage {
        return a_persons(stream, &estate.book, trouble.words());
    }
    vec![match (stage, estate.legacies.first()) {
        (Stage::Telling { identity }, Some(legacy)) => match told(identity) {
            Some((person, email)) => Owed::Call {
                operation: "adopt_contractor".into(),
                call: Call::UpdateContractor {
                    contractor: legacy.contractor.clone(),
                    candidate,
                    person,
                    email,
                },
            },
            None => Owed::Person(UNREADABLE.into()),
        },
        (Stage::Reading | Stage::Telling { .. } | Stage::Hindered { .. }, _) => {
            Owed::Call { operation: "read_person".into(), call: Call::ReadPerson { candidate } }
        }
    }]
}

/// Nobody goes on before a person has said which contractor stays.
fn contest(stream: &StreamId, rivals: &Rivals) -> Vec<Owed<Call>> {
    a_persons(stream, &rivals.known.book, rivals.words())
}

/// A person must look, and every placement that waits for the contractor is told so.
fn a_persons(stream: &StreamId, book: &Book, words: String) -> Vec<Owed<Call>> {
    let mut owed = tell_flagged(stream, book, &words);
    owed.extend(tell_waiting(stream, book, &words));
    owed.extend(tell_unavailable(stream, book, &words));
    owed.push(Owed::Person(words));
    owed
}

fn forgotten(reason: &str) -> String {
    format!("the person was forgotten here: {reason}")
}

/// The person and the address, as the insurer is to be told; `None` when they cannot be opened.
fn told(identity: &Identity) -> Option<(Person, EmailAddress)> {
    Some((identity.person.get()?.clone(), identity.address()?.into()))
}

fn tell_flagged(stream: &StreamId, book: &Book, reason: &str) -> Vec<Owed<Call>> {
    let candidate = &book.candidate;
    let flagged = |_: u32| placement::Input::ContractorFlagged {
        candidate: candidate.clone(),
        reason: reason.to_owned(),
    };
    tell_links(stream, book, "flagged", &flagged)
}

/// Answers each asking for a way to coverage that will not come.
fn tell_waiting(stream: &StreamId, book: &Book, reason: &str) -> Vec<Owed<Call>> {
    let flagged = |(placement, round, _): (&PlacementId, u32, Need)| {
        let (candidate, reason) = (book.candidate.clone(), reason.to_owned());
        let input = placement::Input::ContractorFlagged { candidate, reason };
        tell(stream, placement, format!("no_road:{placement}:{round}"), &input)
    };
    book.waiting().filter_map(flagged).collect()
}

fn linked(stream: &StreamId, known: &Linked) -> Vec<Owed<Call>> {
    let contractor = &known.contractor;
    let linked = |_: u32| placement::Input::ContractorLinked {
        candidate: known.book.candidate.clone(),
        contractor: contractor.clone(),
    };
    let mut owed = tell_links(stream, &known.book, "linked", &linked);
    for (placement, ask) in &known.book.asks {
        if let Way::Granted { round, road } = ask.way {
            let input = placement::Input::TakeRoad { round, road };
            owed.extend(tell(stream, placement, format!("road:{placement}"), &input));
        }
    }
    owed.extend(tell_certificates(stream, &known.book, "linked", &|twin| match twin {
        Some(twin) => certificate::Input::ContentKnown { certificate: twin.clone() },
        None => certificate::Input::ContractorLinked { contractor: contractor.clone() },
    }));
    owed.extend(tell_standings(stream, &known.book, SETTLED));
    if (known.told != known.latest || known.renamed)
        && known.refused.is_none()
        && let Some((person, email)) = told(&known.latest)
    {
        owed.push(Owed::Call {
            operation: "update_contractor".into(),
            call: Call::UpdateContractor {
                contractor: contractor.clone(),
                candidate: known.book.candidate.clone(),
                person,
                email,
            },
        });
    }
    owed
}

/// Answers each asking for the insurer's id: the operation names which asking, so that each is answered once.
fn tell_links(
    stream: &StreamId,
    book: &Book,
    what: &str,
    input: &dyn Fn(u32) -> placement::Input,
) -> Vec<Owed<Call>> {
    let answer = |(placement, ask): (&PlacementId, &super::Ask)| {
        let operation = format!("{what}:{placement}:{}", ask.links);
        (ask.links > 0).then(|| tell(stream, placement, operation, &input(ask.links))).flatten()
    };
    book.asks.iter().filter_map(answer).collect()
}

/// Tells each placement that asked for the insurer's id what its contractor's certificates are worth.
fn tell_standings(stream: &StreamId, book: &Book, what: &str) -> Vec<Owed<Call>> {
    let certificates = book.standings();
    if certificates.is_empty() {
        return Vec::new();
    }
    let told = |(placement, ask): (&PlacementId, &super::Ask)| {
        let (candidate, certificates) = (book.candidate.clone(), certificates.clone());
        let input = placement::Input::CertificatesKnown { candidate, certificates };
        let operation = format!("{what}:{placement}:{}", ask.links);
        (ask.links > 0).then(|| tell(stream, placement, operation, &input)).flatten()
    };
    book.asks.iter().filter_map(told).collect()
}

/// Answers each asking of a certificate: the operation names which asking, so that each is answered once. The answer may
/// depend on the certificate with the same content that was there first.
fn tell_certificates(
    stream: &StreamId,
    book: &Book,
    what: &str,
    input: &dyn Fn(Option<&String>) -> certificate::Input,
) -> Vec<Owed<Call>> {
    let told = |(key, known): (&String, &super::Known)| {
        let to = StreamId::new("certificate", stream.tenant(), key).ok()?;
        let operation = format!("{what}_certificate:{key}:{}", known.round);
        let input = input(known.twin.as_ref());
        Some(Owed::Tell(Tell::new::<Certificate>(operation, to, &input)))
    };
    book.certificates.iter().filter_map(told).collect()
}

fn tell_unavailable(stream: &StreamId, book: &Book, reason: &str) -> Vec<Owed<Call>> {
    tell_certificates(stream, book, "flagged", &|_| certificate::Input::ContractorUnavailable {
        reason: reason.to_owned(),
    })
}

fn tell_forgotten(stream: &StreamId, book: &Book, reason: &str) -> Vec<Owed<Call>> {
    let reason = forgotten(reason);
    tell_certificates(stream, book, "forgotten", &|_| certificate::Input::PersonForgotten {
        reason: reason.clone(),
    })
}

fn tell(
    stream: &StreamId,
    placement: &PlacementId,
    operation: String,
    input: &placement::Input,
) -> Option<Owed<Call>> {
    let to = StreamId::new("placement", stream.tenant(), placement.as_str()).ok()?;
    Some(Owed::Tell(Tell::new::<Placement>(operation, to, input)))
}

/// Why the contractor is where it is, without personal data.
pub(super) fn headline(state: &State) -> String {
    match state {
        State::Unlinked { .. } => "reading the person".into(),
        State::Identified { .. } => "being made known to the insurer".into(),
        State::Succeeding { stage: Stage::Hindered { trouble }, .. } => trouble.words(),
        State::Succeeding { .. } => "taking over the contractor of a merged candidate".into(),
        State::Contested { rivals } => rivals.words(),
        State::Merging { will, .. } | State::Merged { will } => {
            format!("merged into candidate {} in the ATS", will.into)
        }
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known }
            if known.redacted =>
        {
            "the name is taken out in the ATS: what the insurer was told stays; should they be \
             forgotten here: runner forget"
                .into()
        }
        State::Linked { known } => match &known.refused {
            None => "known to the insurer".into(),
            Some(refusal) => {
                format!("known to the insurer; an update was refused: {}", refusal.code)
            }
        },
        State::OptingIn { holder, .. } => format!("applying for placement {holder}"),
        State::OptedIn { .. } => "opted in: placements go by assignment".into(),
        State::Flagged { trouble, .. } => trouble.words(),
        State::Retired { reason, .. } => reason.clone(),
        State::Forgotten { reason, .. } | State::Gone { reason, .. } => forgotten(reason),
    }
}

/// The insurer's id.
pub(super) fn aliases(state: &State) -> Vec<String> {
    match state {
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            vec![known.contractor.to_string()]
        }
        State::Contested { rivals } => {
            let others = rivals.others.iter().map(|other| other.contractor.to_string());
            std::iter::once(rivals.known.contractor.to_string()).chain(others).collect()
        }
        State::Unlinked { .. }
        | State::Identified { .. }
        | State::Succeeding { .. }
        | State::Flagged { .. }
        | State::Merging { .. }
        | State::Merged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => Vec::new(),
    }
}
