//! Samples of a contractor's events.

use workflow_core::domain::call::ContractorId;
use workflow_core::domain::contractor::{Email, Event, EventKind, Identity, Trouble};
use workflow_core::domain::facts::{CandidateId, Person, Place, PlacementId};
use workflow_core::domain::placement::Need;

use super::all;
use super::parts::refusal;

/// The samples of one kind; at least one.
pub fn events(kind: EventKind) -> Vec<Event> {
    let placement = || PlacementId::from("51000791");
    let (candidate, contractor) =
        (CandidateId::from("70001203"), ContractorId::from("cn_Ja2LX9vQe0"));
    let (round, reason) = (1, "the candidate was deleted in the ATS".to_owned());
    match kind {
        EventKind::CandidateFound => {
            vec![Event::CandidateFound { candidate, placement: placement() }]
        }
        EventKind::LinkAsked => vec![Event::LinkAsked { placement: "51000792".into() }],
        EventKind::RoadAsked => all(need)
            .into_iter()
            .map(|need| Event::RoadAsked { placement: placement(), round, need })
            .collect(),
        EventKind::PersonRead => identities().map(|identity| Event::PersonRead { identity }).into(),
        EventKind::PersonChanged => {
            identities().map(|identity| Event::PersonChanged { identity }).into()
        }
        EventKind::ProxyChosen => {
            let [_, identity] = identities();
            vec![Event::ProxyChosen { identity, taken_by: "cn_8sWq0TzBpK".into() }]
        }
        EventKind::ContractorLinked => vec![Event::ContractorLinked { contractor }],
        EventKind::ContractorUpdated => vec![Event::ContractorUpdated],
        EventKind::UpdateRefused => vec![Event::UpdateRefused { refusal: refusal() }],
        EventKind::ApplicationGranted => {
            vec![Event::ApplicationGranted { placement: placement(), round }]
        }
        EventKind::AssignmentGranted => {
            vec![Event::AssignmentGranted { placement: placement(), round: 2 }]
        }
        EventKind::TurnReturned => vec![Event::TurnReturned { placement: placement(), round }],
        EventKind::AskWithdrawn => vec![Event::AskWithdrawn { placement: placement(), round }],
        EventKind::OptInSeen => vec![Event::OptInSeen { placement: placement(), round }],
        EventKind::TroubleMet => {
            all(trouble).into_iter().map(|trouble| Event::TroubleMet { trouble }).collect()
        }
        EventKind::Retried => {
            vec![Event::Retried { reason: "the address was corrected".to_owned() }]
        }
        EventKind::CandidateRetired => vec![Event::CandidateRetired { reason }],
    }
}

fn need(before: Option<&Need>) -> Option<Need> {
    match before {
        None => Some(Need::Either),
        Some(Need::Either) => Some(Need::Application),
        Some(Need::Application) => Some(Need::Assignment),
        Some(Need::Assignment) => None,
    }
}

/// All that is known, under the real address; the least, under a made-up one.
fn identities() -> [Identity; 2] {
    let whole = Person {
        first_name: "Ada".into(),
        last_name: "Example".into(),
        email: Some("ada@example.com".into()),
        phone: Some("+1 212 555 0100".into()),
        home: Place { state: Some("NY".into()), country: Some("US".into()), remote: false },
    };
    let least = Person { email: None, phone: None, home: Place::default(), ..whole.clone() };
    [
        Identity { person: whole, email: Email::Real("ada@example.com".into()) },
        Identity { person: least, email: Email::Proxy("c-70001203@relay.example.com".into()) },
    ]
}

fn trouble(before: Option<&Trouble>) -> Option<Trouble> {
    let taken = |candidate| Trouble::EmailTaken { contractor: "cn_8sWq0TzBpK".into(), candidate };
    match before {
        None => Some(Trouble::Unknown),
        Some(Trouble::Unknown) => Some(taken(None)),
        Some(Trouble::EmailTaken { candidate: None, .. }) => Some(taken(Some("70001377".into()))),
        Some(Trouble::EmailTaken { candidate: Some(_), .. }) => {
            Some(Trouble::Refused { operation: "link_contractor".into(), refusal: refusal() })
        }
        Some(Trouble::Refused { .. }) => None,
    }
}
