//! What may come of the domain's calls: usually what was asked for, sometimes another answer to it. Ids come from a
//! few, so that they meet again in what is seen later.

use proptest::prelude::*;
use proptest::sample::select;
use tests::world::{good, set};
use workflow_core::domain::call::{
    Answer, AssignmentId, Call, CertificateId, ContractorId, JobId, PolicyId, QuoteId, Refusal,
    SessionId,
};
use workflow_core::domain::facts::{CandidateId, Facts, Person, Place, PlacementId};

/// What may be said to differ in a placement.
const CHANGES: &[(&str, &str)] = &[
    ("stage", "canceled"),
    ("stage", "deleted"),
    ("stage", "ended"),
    ("stage", "2026-05-01"),
    ("stage", "working"),
    ("stage", "offer"),
    ("employment", "W2"),
    ("employment", "Mystery"),
    ("pay", "120.50"),
    ("currency", "CAD"),
    ("start", "2026-03-05"),
    ("start", "2026-04-20"),
    ("end", "2026-05-31"),
    ("end", "2026-12-31"),
    ("end", "none"),
    ("state", "NJ"),
    ("category", "Nursing"),
    ("company", "co_9"),
    ("title", "Nurse"),
    ("candidate", "cand_2"),
    ("unreadable", "STARTDATE"),
];

/// One of a few ids.
fn id<T: for<'a> From<&'a str> + std::fmt::Debug + 'static>(
    ids: &'static [&'static str],
) -> BoxedStrategy<T> {
    select(ids).prop_map(|id| T::from(id)).boxed()
}

pub(super) fn candidate() -> BoxedStrategy<CandidateId> {
    id(&["cand_1", "cand_1", "cand_1", "cand_2"])
}

pub(super) fn contractor() -> BoxedStrategy<ContractorId> {
    id(&["cn_1", "cn_2"])
}

pub(super) fn quote() -> BoxedStrategy<QuoteId> {
    id(&["qt_1", "qt_2"])
}

pub(super) fn session() -> BoxedStrategy<SessionId> {
    id(&["se_1", "se_2"])
}

pub(super) fn assignment() -> BoxedStrategy<AssignmentId> {
    id(&["as_1", "as_2"])
}

pub(super) fn policy() -> BoxedStrategy<PolicyId> {
    id(&["po_1", "po_2"])
}

pub(super) fn certificate() -> BoxedStrategy<CertificateId> {
    id(&["ci_1", "ci_2"])
}

pub(super) fn job() -> BoxedStrategy<JobId> {
    id(&["jb_1", "jb_2"])
}

/// A placement's facts: good ones mostly.
pub(super) fn facts() -> BoxedStrategy<Facts> {
    prop::option::weighted(0.4, select(CHANGES))
        .prop_map(|change| {
            let mut facts = good(&PlacementId("pl_1".into()), &CandidateId("cand_1".into()));
            if let Some((name, value)) = change {
                set(&mut facts, name, value);
            }
            facts
        })
        .boxed()
}

/// A person, with or without an e-mail.
pub(super) fn person() -> BoxedStrategy<Person> {
    let email = select(vec![None, Some("kim@real.test"), Some("lee@real.test")]);
    // The ATS takes a name out now and then.
    (select(vec!["Kim", "Kim", "Lee", "Lee", "Lee", "REDACTED"]), email)
        .prop_map(|(name, email)| Person {
            first_name: name.to_owned(),
            last_name: "Doe".to_owned(),
            email: email.map(str::to_owned),
            phone: None,
            home: Place::default(),
        })
        .boxed()
}

fn of_invoice(call: &Call) -> BoxedStrategy<Answer> {
    match call {
        Call::RecordInvoice { .. } => prop_oneof![
            6 => recorded(),
            1 => id(&["in_1", "in_9"]).prop_map(|invoice| Answer::InvoiceExists {
                invoice,
                says: None,
            }),
        ]
        .boxed(),
        Call::ReplaceInvoice { .. } => prop_oneof![
            6 => recorded(),
            1 => Just(Answer::InvoicePaid),
            1 => Just(Answer::InvoiceUnknown),
        ]
        .boxed(),
        _ => prop_oneof![6 => Just(Answer::InvoiceUnknown), 1 => Just(Answer::InvoicePaid)].boxed(),
    }
}

fn recorded() -> BoxedStrategy<Answer> {
    id(&["in_1", "in_2"])
        .prop_map(|invoice| Answer::InvoiceRecorded { invoice, premium: None })
        .boxed()
}

fn refused() -> BoxedStrategy<Answer> {
    let refusal = Refusal { status: 422, code: "odd".into(), message: "not like this".into() };
    Just(Answer::Refused(refusal)).boxed()
}

fn quoted() -> BoxedStrategy<Answer> {
    prop_oneof![
        6 => quote().prop_map(|quote| Answer::QuoteIssued { quote, net_rate: Some(150) }),
        2 => Just(Answer::MatchingPolicy),
        1 => quote().prop_map(|quote| Answer::QuoteIneligible { quote }),
    ]
    .boxed()
}

/// What may come of a call.
pub(super) fn answer(call: &Call) -> BoxedStrategy<Answer> {
    let fits = match call {
        Call::ReadPlacement { .. } => prop_oneof![
            6 => facts().prop_map(|facts| Answer::PlacementRead(Box::new(facts))),
            1 => Just(Answer::PlacementUnknown),
        ]
        .boxed(),
        Call::ReadPerson { .. } => prop_oneof![
            4 => person().prop_map(Answer::PersonRead),
            1 => Just(Answer::PersonUnknown),
        ]
        .boxed(),
        Call::LinkContractor { .. } => prop_oneof![
            4 => contractor().prop_map(|contractor| Answer::ContractorLinked { contractor }),
            1 => taken(),
        ]
        .boxed(),
        Call::UpdateContractor { .. } => {
            prop_oneof![3 => Just(Answer::ContractorUpdated), 1 => taken()].boxed()
        }
        Call::CreateJob { .. } | Call::UpdateJob { .. } => {
            job().prop_map(|job| Answer::JobReady { job }).boxed()
        }
        Call::CreateQuote { .. } => quoted(),
        Call::UpdateQuote { .. } => {
            prop_oneof![1 => quoted(), 1 => Just(Answer::QuoteFixed)].boxed()
        }
        Call::ExtendCoverage { .. } => Just(Answer::CoverageExtended).boxed(),
        Call::ReadCoverage { .. } => prop::collection::vec(super::placement::sighting(), 0..3)
            .prop_map(|seen| Answer::CoverageRead { seen })
            .boxed(),
        Call::RecordInvoice { .. } | Call::ReplaceInvoice { .. } | Call::WithdrawInvoice { .. } => {
            of_invoice(call)
        }
        Call::OpenApplication { .. } => prop_oneof![
            6 => session().prop_map(|session| {
                let url = format!("https://apply.test/{session}");
                Answer::ApplicationOpened { session, url }
            }),
            1 => Just(Answer::ApplicationComplete),
        ]
        .boxed(),
        Call::ExpireApplication { .. } => {
            prop_oneof![3 => Just(Answer::ApplicationClosed), 1 => Just(Answer::ApplicationComplete)]
                .boxed()
        }
        Call::CreateAssignment { .. } => prop_oneof![
            4 => (assignment(), prop::option::of(policy()))
                .prop_map(|(assignment, policy)| Answer::AssignmentCreated { assignment, policy }),
            1 => Just(Answer::AssignmentIneligible { message: "no policy fits".into() }),
        ]
        .boxed(),
        Call::CancelAssignment { .. } => {
            prop_oneof![3 => Just(Answer::AssignmentCanceled), 1 => Just(Answer::AssignmentBegun)]
                .boxed()
        }
        Call::UploadCertificate { .. } => prop_oneof![
            6 => certificate().prop_map(|certificate| Answer::CertificateUploaded { certificate }),
            1 => Just(Answer::DocumentGone),
        ]
        .boxed(),
        Call::Notify { .. } => {
            prop_oneof![3 => Just(Answer::NoticeTaken), 1 => Just(Answer::EndpointGone)].boxed()
        }
    };
    // The last one answers another question.
    prop_oneof![12 => fits, 2 => refused(), 1 => Just(Answer::ApplicationClosed)].boxed()
}

fn taken() -> BoxedStrategy<Answer> {
    (contractor(), prop::option::of(candidate()))
        .prop_map(|(contractor, candidate)| Answer::EmailTaken { contractor, candidate })
        .boxed()
}
