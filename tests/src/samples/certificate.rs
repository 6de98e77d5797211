//! Samples of a certificate's events.

use serde::de::DeserializeOwned;
use serde_json::json;
use workflow_core::domain::call::{CoverageSeen, CoverageType, ReviewStanding, Said};
use workflow_core::domain::certificate::{
    Accepted, Breakdown, Cover, Event, EventKind, Origin, Outcome, Paper, Proof, RuleKept, Trouble,
    Unfit,
};
use workflow_core::money::Cents;
use workflow_core::seal::Personal;
use workflow_core::time::Timestamp;

use super::all;
use super::contractor::SUBJECT;
use super::parts::{date, refusal};

/// The samples of one kind; at least one.
pub fn events(kind: EventKind) -> Vec<Event> {
    let at = Timestamp::from_secs(1_774_531_200);
    let reason = || "the broker vouches for it".to_owned();
    let each = |standing: fn() -> ReviewStanding| outcome(standing());
    match kind {
        EventKind::CertificateFound => {
            papers().into_iter().map(|paper| Event::CertificateFound { paper, at }).collect()
        }
        EventKind::CertificateKept => {
            papers().into_iter().map(|paper| Event::CertificateKept { paper }).collect()
        }
        EventKind::ScopeSeen => vec![Event::ScopeSeen { at }],
        EventKind::CertificateUnfit => all(unfit)
            .into_iter()
            .map(|reason| Event::CertificateUnfit { paper: papers().remove(0), reason })
            .collect(),
        EventKind::FoundAgain => {
            all(origin).into_iter().map(|origin| Event::FoundAgain { origin }).collect()
        }
        EventKind::ContractorLinked => {
            vec![Event::ContractorLinked { contractor: "cn_Ja2LX9vQe0".into() }]
        }
        EventKind::CertificateHeld => {
            all(trouble).into_iter().map(|trouble| Event::CertificateHeld { trouble }).collect()
        }
        EventKind::CertificateUploaded => {
            vec![Event::CertificateUploaded { certificate: "ci_T1bE8oSkHr".into(), at }]
        }
        EventKind::ReviewBegun => vec![Event::ReviewBegun],
        EventKind::ReviewApproved => vec![
            Event::ReviewApproved { outcome: each(|| ReviewStanding::Approved), covers: covers() },
            Event::ReviewApproved { outcome: silent(), covers: Vec::new() },
        ],
        EventKind::ReviewFlagged => {
            vec![Event::ReviewFlagged { outcome: each(|| ReviewStanding::Flagged) }]
        }
        EventKind::ReviewDenied => {
            vec![Event::ReviewDenied { outcome: each(|| ReviewStanding::Denied) }]
        }
        EventKind::ReviewFailed => {
            all(breakdown).into_iter().map(|breakdown| Event::ReviewFailed { breakdown }).collect()
        }
        EventKind::CertificateGone => vec![Event::CertificateGone],
        EventKind::CertificateAccepted => vec![Event::CertificateAccepted {
            outcome: each(|| ReviewStanding::Flagged),
            covers: covers(),
            reason: reason(),
        }],
        EventKind::Resubmitted => vec![Event::Resubmitted { reason: reason(), at }],
        EventKind::CertificateWithdrawn => {
            vec![Event::CertificateWithdrawn { reason: "another one came".to_owned() }]
        }
        EventKind::CertificateExpired => vec![Event::CertificateExpired],
        EventKind::ContentKnown => {
            vec![Event::ContentKnown { certificate: "70001377.9f86d081884c7d65".to_owned() }]
        }
        EventKind::PersonForgotten => {
            vec![Event::PersonForgotten { reason: "asked for by letter".to_owned() }]
        }
    }
}

/// As it stands in a log, read without its key: any digits do.
fn sealed<T: DeserializeOwned>(digits: Option<&str>) -> Personal<T> {
    let stored = match digits {
        Some(digits) => json!({ "subject": SUBJECT, "sealed": digits }),
        None => json!({ "subject": SUBJECT }),
    };
    serde_json::from_value(stored).expect("the stored form of a personal field")
}

fn papers() -> Vec<Paper> {
    let paper = Paper {
        candidate: "70001203".into(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        bytes: 48_213,
        name: sealed(Some("00ff10")),
        origins: vec![Origin::Attachment { id: Some("88123".into()) }],
        placement: Some("51000791".into()),
    };
    let least = Paper {
        name: sealed(None),
        origins: vec![Origin::Intake],
        placement: None,
        ..paper.clone()
    };
    vec![paper, least]
}

fn origin(before: Option<&Origin>) -> Option<Origin> {
    match before {
        None => Some(Origin::Attachment { id: None }),
        Some(Origin::Attachment { .. }) => {
            Some(Origin::Onboarding { placement: "51000791".into(), id: Some("D-7".into()) })
        }
        Some(Origin::Onboarding { .. }) => Some(Origin::HandedIn { by: "kim".into() }),
        Some(Origin::HandedIn { .. }) => Some(Origin::Intake),
        Some(Origin::Intake) => {
            Some(Origin::Twin { certificate: "70001377.9f86d081884c7d65".into() })
        }
        Some(Origin::Twin { .. }) => None,
    }
}

fn unfit(before: Option<&Unfit>) -> Option<Unfit> {
    match before {
        None => Some(Unfit::Empty),
        Some(Unfit::Empty) => Some(Unfit::TooLarge { bytes: 16_000_000 }),
        Some(Unfit::TooLarge { .. }) => Some(Unfit::NotPdf),
        Some(Unfit::NotPdf) => None,
    }
}

fn trouble(before: Option<&Trouble>) -> Option<Trouble> {
    match before {
        None => Some(Trouble::Contractor { reason: "the ATS does not know the candidate".into() }),
        Some(Trouble::Contractor { .. }) => Some(Trouble::NoContractor),
        Some(Trouble::NoContractor) => Some(Trouble::Refused { refusal: refusal() }),
        Some(Trouble::Refused { .. }) => Some(Trouble::DocumentGone),
        Some(Trouble::DocumentGone) => Some(Trouble::OutOfScope {
            reason: "every placement of candidate 70001377 is out of scope".to_owned(),
        }),
        Some(Trouble::OutOfScope { .. }) => None,
    }
}

fn breakdown(before: Option<&Breakdown>) -> Option<Breakdown> {
    match before {
        None => Some(Breakdown::Told { outcome: outcome(ReviewStanding::Error) }),
        Some(Breakdown::Told { .. }) => Some(Breakdown::Overdue),
        Some(Breakdown::Overdue) => Some(Breakdown::Gone),
        Some(Breakdown::Gone) => None,
    }
}

fn said(before: Option<&Said>) -> Option<Said> {
    match before {
        None => Some(Said::Passed),
        Some(Said::Passed) => Some(Said::Failed),
        Some(Said::Failed) => Some(Said::LetPass),
        Some(Said::LetPass) => Some(Said::Other("not_applicable".into())),
        Some(Said::Other(_)) => None,
    }
}

fn outcome(standing: ReviewStanding) -> Outcome {
    let rule = |result| RuleKept { name: "GL aggregate".into(), result };
    let shown = CoverageSeen {
        coverage: CoverageType::General,
        effective: Some(date("2026-01-01")),
        expires: Some(date("2027-01-01")),
        occurrence_cents: Some(Cents(100_000_000)),
        aggregate_cents: Some(Cents(200_000_000)),
    };
    let least = CoverageSeen {
        coverage: CoverageType::WorkersComp,
        effective: None,
        expires: None,
        occurrence_cents: None,
        aggregate_cents: None,
    };
    Outcome {
        standing,
        rules: all(said).into_iter().map(rule).collect(),
        coverages: vec![shown, least],
        remarks: sealed(Some("0a0b0c")),
    }
}

/// The least that an insurer says.
fn silent() -> Outcome {
    Outcome {
        standing: ReviewStanding::Approved,
        rules: Vec::new(),
        coverages: Vec::new(),
        remarks: sealed(None),
    }
}

fn covers() -> Vec<Cover> {
    let (effective, expires) =
        (Timestamp::from_secs(1_767_243_600), Timestamp::from_secs(1_798_779_600));
    let cover =
        |coverage, occurrence_cents| Cover { coverage, effective, expires, occurrence_cents };
    vec![
        cover(CoverageType::General, Some(Cents(100_000_000))),
        cover(CoverageType::WorkersComp, None),
    ]
}

/// Certificates that stand, taken for good by each.
pub(super) fn proofs() -> Vec<Proof> {
    let proof =
        |accepted| Proof { certificate: "ci_T1bE8oSkHr".into(), covers: covers(), accepted };
    all(accepted).into_iter().map(proof).collect()
}

pub(super) fn accepted(before: Option<&Accepted>) -> Option<Accepted> {
    match before {
        None => Some(Accepted::ByInsurer),
        Some(Accepted::ByInsurer) => {
            Some(Accepted::ByPerson { reason: "the broker vouches for it".into() })
        }
        Some(Accepted::ByPerson { .. }) => None,
    }
}
