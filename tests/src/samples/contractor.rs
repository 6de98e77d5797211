//! Samples of a contractor's events.

use serde_json::json;
use workflow_core::domain::call::ContractorId;
use workflow_core::domain::certificate::Word;
use workflow_core::domain::contractor::{
    Email, Event, EventKind, Identity, Legacy, Progress, Trouble,
};
use workflow_core::domain::facts::{CandidateId, Person, Place, PlacementId};
use workflow_core::domain::placement::{Ended, Loss, Need};
use workflow_core::seal::Personal;

use super::all;
use super::parts::refusal;

/// The samples of one kind; at least one.
pub fn events(kind: EventKind) -> Vec<Event> {
    let placement = || PlacementId::from("51000791");
    let (candidate, contractor) =
        (CandidateId::from("70001203"), ContractorId::from("cn_Ja2LX9vQe0"));
    let (round, reason) = (1, "the candidate was deleted in the ATS".to_owned());
    match kind {
        EventKind::PersonRedacted
        | EventKind::CandidateMerged
        | EventKind::LinkGivenUp
        | EventKind::TurnSettled
        | EventKind::LegacyReceived
        | EventKind::LegacyAdopted
        | EventKind::OptInInherited
        | EventKind::ContractorKept => of_merges(kind),
        EventKind::CandidateFound => {
            vec![Event::CandidateFound { candidate, placement: placement() }]
        }
        EventKind::LinkAsked => vec![Event::LinkAsked { placement: "51000792".into() }],
        EventKind::RoadAsked => all(need)
            .into_iter()
            .map(|need| Event::RoadAsked { placement: placement(), round, need })
            .collect(),
        EventKind::CertificateTold => all(word)
            .into_iter()
            .map(|word| Event::CertificateTold {
                candidate: candidate.clone(),
                certificate: "70001203.9f86d081884c7d659a2feaa0c55ad015".into(),
                word,
            })
            .collect(),
        EventKind::PersonRead => identities().map(|identity| Event::PersonRead { identity }).into(),
        EventKind::PersonChanged => {
            identities().map(|identity| Event::PersonChanged { identity }).into()
        }
        EventKind::EmailSet => {
            let stored = json!({ "subject": SUBJECT });
            let address = serde_json::from_value(stored).expect("the form of a forgotten field");
            let identity =
                Identity { person: sealed(Some(SEALED[1])), email: Email::ByHand(address) };
            vec![Event::EmailSet { identity, reason: "she told us on the phone".to_owned() }]
        }
        EventKind::ProxyChosen => {
            let [_, identity, _] = identities();
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
        EventKind::PersonForgotten => {
            vec![Event::PersonForgotten { reason: "asked for by letter".to_owned() }]
        }
    }
}

fn word(before: Option<&Word>) -> Option<Word> {
    match before {
        None => Some(Word::Needs { round: 1 }),
        Some(Word::Needs { .. }) => Some(Word::Given { round: 2 }),
        Some(Word::Given { .. }) => {
            Some(Word::Stands { proof: super::certificate::proofs().remove(0) })
        }
        Some(Word::Stands { .. }) => {
            Some(Word::Fell { certificate: "ci_T1bE8oSkHr".into(), loss: Loss::CertificateRevoked })
        }
        Some(Word::Fell { .. }) => None,
    }
}

/// What happens when two candidates become one.
fn of_merges(kind: EventKind) -> Vec<Event> {
    let contractor = || ContractorId::from("cn_Ja2LX9vQe0");
    let reason = || "it is the one with the policy".to_owned();
    match kind {
        EventKind::PersonRedacted => vec![Event::PersonRedacted],
        EventKind::CandidateMerged => vec![Event::CandidateMerged { into: "70001377".into() }],
        EventKind::LinkGivenUp => vec![Event::LinkGivenUp { trouble: Trouble::Unknown }],
        EventKind::TurnSettled => [Ended::Insured, Ended::Unused]
            .map(|ended| Event::TurnSettled { placement: "51000791".into(), round: 1, ended })
            .into(),
        EventKind::LegacyReceived => all(progress)
            .into_iter()
            .map(|progress| Event::LegacyReceived {
                candidate: "70001203".into(),
                legacy: Legacy {
                    from: "70001377".into(),
                    contractor: contractor(),
                    progress,
                    placements: ["51000791".into(), "51000792".into()].into(),
                },
            })
            .collect(),
        EventKind::LegacyAdopted => identities()
            .map(|identity| Event::LegacyAdopted { contractor: contractor(), identity })
            .into(),
        EventKind::OptInInherited => vec![Event::OptInInherited],
        EventKind::ContractorKept => {
            vec![Event::ContractorKept { contractor: contractor(), reason: reason() }]
        }
        other => unreachable!("{other:?} has its samples elsewhere"),
    }
}

fn progress(before: Option<&Progress>) -> Option<Progress> {
    match before {
        None => Some(Progress::Known),
        Some(Progress::Known) => Some(Progress::Applying { holder: "51000791".into(), round: 2 }),
        Some(Progress::Applying { .. }) => Some(Progress::OptedIn),
        Some(Progress::OptedIn) => None,
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

/// All that is known, under the real address; the least, under a made-up one; nothing any more.
fn identities() -> [Identity; 3] {
    let proxy = || Email::Proxy("c-70001203@relay.example.com".into());
    [
        Identity { person: sealed(Some(SEALED[0])), email: Email::Real },
        Identity { person: sealed(Some(SEALED[1])), email: proxy() },
        Identity { person: sealed(None), email: proxy() },
    ]
}

/// Whose data the samples hold.
pub const SUBJECT: &str = "contractor/acme/70001203";

/// The key under which [`SEALED`] was sealed.
pub const KEY: [u8; 32] = *b"a key for samples, of 32 bytes..";

/// [`people`] as they were sealed once. A nonce is random, so that sealing them again would give other bytes.
pub const SEALED: [&str; 2] = [
    "b7a7adb6f2d99f99f19b87a900de91e3fb5874b6a9c3ee5f033429cf960742cfe992381127afdff32eb2263610ce2604\
     e622084846df7066e51113b175e6c90556a1251786db73ff9cae49461b5a28732d2bcdad56034ae2c8499bf42dc2f300\
     6810fd965474b56a525d46775c26348d7a1bd93158c3709872f8782f17c7bee8d6a3f8663d70de29b372e937e722929a\
     b2ffdbb583c4a760",
    "3a28d6ff1f47faf6047d5b0a9d0fe3cd87e2ab466f4f8ef9168e874e89bd92c535f193491dc20f9dffc59e8d2a217949\
     eda7563920a07a6048df07a7626fe69d8371c2774e0348ab93fe06cbb729993c5090176c2fb81e775e3c3763c1d8a66a\
     56ace7acd50896d369f8209c31789c7cd3c15486e422",
];

/// A field as it stands in a log, read without its key.
fn sealed(digits: Option<&str>) -> Personal<Person> {
    let stored = match digits {
        Some(digits) => json!({ "subject": SUBJECT, "sealed": digits }),
        None => json!({ "subject": SUBJECT }),
    };
    serde_json::from_value(stored).expect("the stored form of a personal field")
}

/// What is sealed in [`SEALED`].
pub fn people() -> [Person; 2] {
    let whole = Person {
        first_name: "Ada".into(),
        last_name: "Example".into(),
        email: Some("ada@example.com".into()),
        phone: Some("+1 212 555 0100".into()),
        home: Place { state: Some("NY".into()), country: Some("US".into()), remote: false },
    };
    let least = Person { email: None, phone: None, home: Place::default(), ..whole.clone() };
    [whole, least]
}

fn trouble(before: Option<&Trouble>) -> Option<Trouble> {
    let taken = |candidate| Trouble::EmailTaken { contractor: "cn_8sWq0TzBpK".into(), candidate };
    match before {
        None => Some(Trouble::Unknown),
        Some(Trouble::Unknown) => Some(Trouble::Redacted),
        Some(Trouble::Redacted) => Some(taken(None)),
        Some(Trouble::EmailTaken { candidate: None, .. }) => Some(taken(Some("70001377".into()))),
        Some(Trouble::EmailTaken { candidate: Some(_), .. }) => {
            Some(Trouble::Refused { operation: "link_contractor".into(), refusal: refusal() })
        }
        Some(Trouble::Refused { .. }) => None,
    }
}
