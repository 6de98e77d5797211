//! What each state of a contractor is owed.

use super::machine::contractor::State;
use super::state::{Book, Identity, Linked, Way};
use crate::domain::call::Call;
use crate::domain::certificate::{self, Certificate};
use crate::domain::facts::{EmailAddress, Person, PlacementId};
use crate::domain::placement::{self, Need, Placement};
use crate::id::StreamId;
use crate::workflow::{Owed, Tell};

/// The obligations of a state.
pub(super) fn react(stream: &StreamId, state: &State) -> Vec<Owed<Call>> {
    match state {
        State::Unlinked { book } => vec![Owed::Call {
            operation: "read_person".into(),
            call: Call::ReadPerson { candidate: book.candidate.clone() },
        }],
        State::Identified { book, identity, .. } => vec![match told(identity) {
            Some((person, email)) => Owed::Call {
                operation: "link_contractor".into(),
                call: Call::LinkContractor { candidate: book.candidate.clone(), person, email },
            },
            None => Owed::Person(UNREADABLE.into()),
        }],
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
        State::Retired { book, reason } => {
            let why = format!("the candidate is retired: {reason}");
            let mut owed = tell_flagged(stream, book, &why);
            owed.extend(tell_unavailable(stream, book, &why));
            owed.extend(tell_standings(stream, book));
            owed.push(Owed::Signal("nothing but that the person is to be forgotten"));
            owed
        }
        State::Forgotten { book, reason } => {
            let mut owed = tell_flagged(stream, book, &forgotten(reason));
            owed.extend(tell_waiting(stream, book, &forgotten(reason)));
            owed.extend(tell_forgotten(stream, book, reason));
            owed.extend(tell_standings(stream, book));
            owed.push(Owed::Signal("placements, which are told that the person was forgotten"));
            owed
        }
        State::Gone { book, reason } => {
            let mut owed = tell_flagged(stream, book, &forgotten(reason));
            owed.extend(tell_forgotten(stream, book, reason));
            owed.extend(tell_standings(stream, book));
            owed
        }
    }
}

/// What is said where a call needs a person's data and the log does not give it.
const UNREADABLE: &str =
    "the person's data cannot be opened: forget the person, or restore the keys";

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
    owed.extend(tell_certificates(stream, &known.book, "linked", &|| {
        certificate::Input::ContractorLinked { contractor: contractor.clone() }
    }));
    owed.extend(tell_standings(stream, &known.book));
    if known.told != known.latest
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
fn tell_standings(stream: &StreamId, book: &Book) -> Vec<Owed<Call>> {
    let certificates = book.standings();
    if certificates.is_empty() {
        return Vec::new();
    }
    let told = |(placement, ask): (&PlacementId, &super::Ask)| {
        let (candidate, certificates) = (book.candidate.clone(), certificates.clone());
        let input = placement::Input::CertificatesKnown { candidate, certificates };
        let operation = format!("certificates:{placement}:{}", ask.links);
        (ask.links > 0).then(|| tell(stream, placement, operation, &input)).flatten()
    };
    book.asks.iter().filter_map(told).collect()
}

/// Answers each asking of a certificate: the operation names which asking, so that each is answered once.
fn tell_certificates(
    stream: &StreamId,
    book: &Book,
    what: &str,
    input: &dyn Fn() -> certificate::Input,
) -> Vec<Owed<Call>> {
    let told = |(key, known): (&String, &super::Known)| {
        let to = StreamId::new("certificate", stream.tenant(), key).ok()?;
        let operation = format!("{what}_certificate:{key}:{}", known.round);
        Some(Owed::Tell(Tell::new::<Certificate>(operation, to, &input())))
    };
    book.certificates.iter().filter_map(told).collect()
}

fn tell_unavailable(stream: &StreamId, book: &Book, reason: &str) -> Vec<Owed<Call>> {
    tell_certificates(stream, book, "flagged", &|| certificate::Input::ContractorUnavailable {
        reason: reason.to_owned(),
    })
}

fn tell_forgotten(stream: &StreamId, book: &Book, reason: &str) -> Vec<Owed<Call>> {
    let reason = forgotten(reason);
    tell_certificates(stream, book, "forgotten", &|| certificate::Input::PersonForgotten {
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
        State::Unlinked { .. }
        | State::Identified { .. }
        | State::Flagged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => Vec::new(),
    }
}
