//! What the laws must know of the certificate workflow, and what certificates say to the others.

use proptest::prelude::*;
use proptest::sample::select;
use workflow_core::domain::call::{
    CoverageSeen, CoverageType, Review, ReviewStanding, RuleSeen, Said,
};
use workflow_core::domain::certificate::{
    Accepted, Certificate, Cover, Found, Input, Origin, Proof, Scope, State, Unfit, Word,
};
use workflow_core::domain::contractor::CertificateStanding;
use workflow_core::domain::facts::PersonalText;
use workflow_core::domain::placement::Loss;
use workflow_core::domain::rules::{Replaces, Rules};
use workflow_core::id::StreamId;
use workflow_core::laws::{AnswerOf, CallOf, Trial};
use workflow_core::time::Timestamp;

use super::answers;

pub(super) struct OfCertificate;

/// The usual rules, with certificates that stand in for purchase.
pub(super) fn rules() -> Rules {
    let mut rules = tests::world::rules();
    rules.certificates.replaces_purchase = Replaces::WhereSatisfied;
    rules.certificates.satisfies = [CoverageType::General, CoverageType::WorkersComp].into();
    rules
}

fn coverage() -> BoxedStrategy<CoverageType> {
    select(vec![CoverageType::General, CoverageType::WorkersComp]).boxed()
}

fn reason() -> BoxedStrategy<String> {
    select(vec!["because", "because", " "]).prop_map(str::to_owned).boxed()
}

/// One that covers the good facts' months, one that does not.
fn proof() -> BoxedStrategy<Proof> {
    let expires = select(vec![1_775_000_000, 1_830_000_000]).prop_map(Timestamp::from_secs);
    (answers::certificate(), expires)
        .prop_map(|(certificate, expires)| {
            let effective = Timestamp::from_secs(1_767_243_600);
            let cover = |coverage| Cover { coverage, effective, expires, occurrence_cents: None };
            let covers = [CoverageType::General, CoverageType::WorkersComp].map(cover).into();
            Proof { certificate, covers, accepted: Accepted::ByInsurer }
        })
        .boxed()
}

fn loss() -> BoxedStrategy<Loss> {
    select(vec![Loss::CertificateExpired, Loss::CertificateRevoked]).boxed()
}

pub(super) fn word() -> BoxedStrategy<Word> {
    prop_oneof![
        2 => (1..4_u32).prop_map(|round| Word::Needs { round }),
        1 => (1..4_u32).prop_map(|round| Word::Given { round }),
        2 => proof().prop_map(|proof| Word::Stands { proof }),
        1 => (answers::certificate(), loss())
            .prop_map(|(certificate, loss)| Word::Fell { certificate, loss }),
    ]
    .boxed()
}

pub(super) fn standings() -> BoxedStrategy<Vec<CertificateStanding>> {
    let one = prop_oneof![
        3 => proof().prop_map(|proof| CertificateStanding::Stands { proof }),
        1 => (answers::certificate(), loss())
            .prop_map(|(certificate, loss)| CertificateStanding::Fell { certificate, loss }),
    ];
    prop::collection::vec(one, 0..3).boxed()
}

fn found() -> BoxedStrategy<Input> {
    let scope = select(vec![Scope::Known, Scope::Known, Scope::Unknown]);
    let origin = select(vec![
        Origin::Intake,
        Origin::Attachment { id: Some("7".into()) },
        Origin::HandedIn { by: "kim".into() },
    ]);
    (origin, prop::option::weighted(0.1, Just(Unfit::NotPdf)), scope)
        .prop_map(|(origin, unfit, scope)| {
            Input::Found(Box::new(Found {
                candidate: "cand_1".into(),
                sha256: "aa".repeat(32),
                bytes: 7,
                name: PersonalText("Kim Doe.pdf".into()),
                origin,
                placement: None,
                unfit,
                scope,
            }))
        })
        .boxed()
}

fn review() -> BoxedStrategy<Review> {
    let standing = select(vec![
        ReviewStanding::Pending,
        ReviewStanding::Processing,
        ReviewStanding::Approved,
        ReviewStanding::Flagged,
        ReviewStanding::Denied,
        ReviewStanding::Error,
    ]);
    let until = select(vec![None, Some("2026-04-20"), Some("2027-01-01")]);
    (standing, coverage(), until)
        .prop_map(|(standing, coverage, until)| {
            let day = |text: &str| text.parse().expect("a day");
            let result = match standing {
                ReviewStanding::Approved => Said::Passed,
                _ => Said::Failed,
            };
            let remark = Some(PersonalText("Kim Doe is not insured".into()));
            Review {
                standing,
                rules: vec![RuleSeen { name: "GL aggregate".into(), result, remark }],
                coverages: vec![CoverageSeen {
                    coverage,
                    effective: Some(day("2026-01-01")),
                    expires: until.map(day),
                    occurrence_cents: None,
                    aggregate_cents: None,
                }],
            }
        })
        .boxed()
}

fn anything() -> BoxedStrategy<Input> {
    let until = select(vec![None, Some("2026-02-01"), Some("2027-06-30")]);
    prop_oneof![
        4 => found(),
        4 => answers::contractor().prop_map(|contractor| Input::ContractorLinked { contractor }),
        2 => reason().prop_map(|reason| Input::ContractorUnavailable { reason }),
        1 => reason().prop_map(|reason| Input::PersonForgotten { reason }),
        1 => Just(Input::ScopeSeen),
        1 => reason().prop_map(|reason| Input::OutOfScope { reason }),
        1 => Just(Input::Vanished),
        1 => Just(Input::ContentKnown { certificate: "cand_2.aa".into() }),
        8 => review().prop_map(Input::Reviewed),
        3 => (prop::collection::vec(coverage(), 0..2), until, reason()).prop_map(
            |(covers, until, reason)| {
                let until = until.map(|day| day.parse().expect("a day"));
                Input::Accept { covers, until, reason }
            }
        ),
        2 => reason().prop_map(|reason| Input::Resubmit { reason }),
        1 => reason().prop_map(|reason| Input::Withdraw { reason }),
    ]
    .boxed()
}

impl Trial for OfCertificate {
    type Workflow = Certificate;

    fn stream() -> StreamId {
        StreamId::parse("certificate/main/cand_1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
            .expect("a stream's name")
    }

    fn rules() -> Rules {
        rules()
    }

    /// Two weeks before the good facts' first day of work.
    fn start() -> Timestamp {
        Timestamp::from_secs(1_772_452_800)
    }

    fn answer(call: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        answers::answer(call)
    }

    fn input(state: Option<&State>) -> BoxedStrategy<Input> {
        let fits: BoxedStrategy<Input> = match state {
            None => found(),
            Some(State::Kept { .. }) => prop_oneof![
                2 => Just(Input::ScopeSeen),
                1 => reason().prop_map(|reason| Input::OutOfScope { reason }),
            ]
            .boxed(),
            Some(State::Found { .. }) => answers::contractor()
                .prop_map(|contractor| Input::ContractorLinked { contractor })
                .boxed(),
            Some(State::Uploaded { .. } | State::Processing { .. }) => {
                review().prop_map(Input::Reviewed).boxed()
            }
            Some(_) => anything(),
        };
        prop_oneof![2 => fits, 1 => anything()].boxed()
    }
}
