//! What each state of a contractor is owed.

use super::machine::contractor::State;
use super::state::{Book, Identity, Linked, Way};
use crate::domain::call::Call;
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
            owed.push(Owed::Person(trouble.words()));
            owed
        }
        State::Retired { book, reason } => {
            let mut owed =
                tell_flagged(stream, book, &format!("the candidate is retired: {reason}"));
            owed.push(Owed::Signal("nothing but that the person is to be forgotten"));
            owed
        }
        State::Forgotten { book, reason } => {
            let mut owed = tell_flagged(stream, book, &forgotten(reason));
            owed.extend(tell_waiting(stream, book, &forgotten(reason)));
            owed.push(Owed::Signal("placements, which are told that the person was forgotten"));
            owed
        }
        State::Gone { book, reason } => tell_flagged(stream, book, &forgotten(reason)),
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
