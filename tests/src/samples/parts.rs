//! What the sampled events carry: one placement's terms, its engagement, its coverage.

use workflow_core::domain::by_hand::ByHand;
use workflow_core::domain::call::{
    CoverageType, JobTerms, References, Refusal, Region, Wage, Window,
};
use workflow_core::domain::certificate::Accepted;
use workflow_core::domain::facts::{Date, Engaged, Pay, Place};
use workflow_core::domain::placement::{
    Amendment, Application, Back, Basis, Closer, Coverage, Ended, Engagement, Evidence, Hired,
    Intent, Issue, Loss, Release, Reminder, Rest, Turn, Unseen, Wanted,
};
use workflow_core::domain::terms::{
    Brief, Difference, MadeOf, Missing, OutOfScope, Terms, Wording,
};
use workflow_core::money::{Cents, Decimal};
use workflow_core::time::Timestamp;

use super::all;

pub(super) fn date(text: &str) -> Date {
    text.parse().expect("a date like 2026-03-16")
}

pub(super) fn refusal() -> Refusal {
    let (code, message) = ("invalid_request", "phone must have ten digits");
    Refusal { status: 422, code: code.into(), message: message.into() }
}

pub(super) fn brief() -> Brief {
    Brief {
        candidate: "70001203".into(),
        requisition: "26-00417".into(),
        title: Some("Platform Engineer".into()),
        company: Some("Initech".into()),
        start: Some(date("2026-04-13")),
        end: Some(date("2026-09-30")),
        by_hand: ByHand::default(),
        wording: Some(wording()),
    }
}

/// What the ATS wrote of it.
fn wording() -> Wording {
    let state = |state: &str| Place { state: Some(state.into()), country: None, remote: false };
    Wording {
        start: Some(date("2026-04-13")),
        end: Some(date("2026-09-30")),
        title: Some("Platform Engineer".into()),
        category: Some("IT".into()),
        engaged: Engaged {
            position: Some("Contract".into()),
            category: Some("Independent Contractor".into()),
            tenant_field: Some("1099".into()),
            corp_to_corp: Some(false),
            w2: Some(false),
        },
        pay: Some(Pay {
            amount: Decimal::new(9_500, 2),
            unit: "USD/Hour".into(),
            currency: Some("USD".into()),
            source: "pay record 2".into(),
        }),
        worksite: Place { country: Some("US".into()), ..state("New York") },
        requisition_place: state("NJ"),
    }
}

pub(super) fn least_brief() -> Brief {
    Brief { title: None, company: None, start: None, end: None, wording: None, ..brief() }
}

pub(super) fn missing() -> Vec<Missing> {
    let text = "no end date: set one in the ATS".to_owned();
    vec![Missing { code: "end_missing".into(), text }]
}

pub(super) fn out_of_scope() -> OutOfScope {
    OutOfScope { code: "w2".into(), evidence: "employment category is `Hourly Employee`".into() }
}

pub(super) fn terms() -> Terms {
    Terms {
        references: References {
            placement: "51000791".into(),
            requisition: "26-00417".into(),
            candidate: "70001203".into(),
        },
        company: Some("Initech".into()),
        job: JobTerms {
            name: "Platform Engineer".into(),
            description: "Keeps the platform up".into(),
            entity: "en_Initech01".into(),
            category: "15-1252".into(),
            wage: Wage::Hourly(Cents(9_500)),
            region: Some(Region { country: "US".into(), state: "NY".into() }),
        },
        coverage: all(coverage_type),
        window: Window {
            first_day: date("2026-04-13"),
            last_day: date("2026-09-30"),
            effective: Timestamp::from_secs(1_776_052_800),
            until: Timestamp::from_secs(1_790_827_200),
        },
        by_hand: ByHand::default(),
        made_of: MadeOf(Some(wording())),
    }
}

/// Remote work for a fee, for a client without a name.
pub(super) fn other_terms() -> Terms {
    let terms = terms();
    let job = JobTerms { wage: Wage::FlatFee(Cents(1_200_000)), region: None, ..terms.job };
    let made_of = MadeOf::default();
    Terms { company: None, job, coverage: vec![CoverageType::General], made_of, ..terms }
}

fn coverage_type(before: Option<&CoverageType>) -> Option<CoverageType> {
    match before {
        None => Some(CoverageType::General),
        Some(CoverageType::General) => Some(CoverageType::Professional),
        Some(CoverageType::Professional) => Some(CoverageType::WorkersComp),
        Some(CoverageType::WorkersComp) => Some(CoverageType::Media),
        Some(CoverageType::Media) => Some(CoverageType::Cyber),
        Some(CoverageType::Cyber) => None,
    }
}

pub(super) fn turns() -> Vec<Turn> {
    all(|before| match before {
        None => Some(Turn::None),
        Some(Turn::None) => Some(Turn::Asked { round: 1 }),
        Some(Turn::Asked { .. }) => Some(Turn::Over { round: 1, ended: Ended::Unused }),
        Some(Turn::Over { ended: Ended::Unused, .. }) => {
            Some(Turn::Over { round: 2, ended: Ended::Insured })
        }
        Some(Turn::Over { ended: Ended::Insured, .. }) => None,
    })
}

pub(super) fn release(turn: Turn) -> Release {
    Release { candidate: "70001203".into(), placement: "51000791".into(), turn }
}

pub(super) fn engagement() -> Engagement {
    let turn = Turn::Asked { round: 1 };
    let amendment = Amendment::None;
    let (contractor, proofs) = ("cn_Ja2LX9vQe0".into(), super::certificate::proofs());
    let (reminded, overdue, called_for) = (None, None, None);
    Engagement {
        terms: terms(),
        contractor,
        turn,
        amendment,
        reminded,
        overdue,
        proofs,
        called_for,
    }
}

pub(super) fn amendments() -> Vec<Amendment> {
    all(|before| match before {
        None => Some(Amendment::None),
        Some(Amendment::None) => Some(Amendment::Quote("qt_mT4kAe81Zc".into())),
        Some(Amendment::Quote(_)) => Some(Amendment::Extend(Box::new(other_terms()))),
        Some(Amendment::Extend(_)) => Some(Amendment::Close { early: None }),
        Some(Amendment::Close { early: None }) => {
            Some(Amendment::Close { early: Some(jiff::civil::date(2026, 5, 1)) })
        }
        Some(Amendment::Close { early: Some(_) }) => None,
    })
}

pub(super) fn rests() -> Vec<Rest> {
    let covered = || {
        let unseen = Unseen::Nothing;
        Back::Coverage { hired: hired(), coverage: coverage(), unseen }
    };
    all(|before| match before {
        None => Some(Rest::Job(Wanted::Update("jb_0Qd5yHfW2s".into()))),
        Some(Rest::Job(_)) => Some(Rest::Bought(Box::new(covered()))),
        Some(Rest::Bought(_)) => Some(Rest::Closed),
        Some(Rest::Closed) => None,
    })
}

pub(super) fn hired() -> Hired {
    Hired { engagement: engagement(), job: "jb_0Qd5yHfW2s".into() }
}

pub(super) fn wanted() -> Vec<Wanted> {
    all(|before| match before {
        None => Some(Wanted::Create),
        Some(Wanted::Create) => Some(Wanted::Update("jb_0Qd5yHfW2s".into())),
        Some(Wanted::Update(_)) => None,
    })
}

pub(super) fn bases() -> Vec<Basis> {
    let quote = |net_rate| Basis::Quote { quote: "qt_mT4kAe81Zc".into(), net_rate };
    all(|before| match before {
        None => Some(quote(Some(37))),
        Some(Basis::Quote { net_rate: Some(_), .. }) => Some(quote(None)),
        Some(Basis::Quote { net_rate: None, .. }) => Some(Basis::MatchingPolicy),
        Some(Basis::MatchingPolicy) => None,
    })
}

pub(super) fn application() -> Application {
    Application {
        quote: "qt_mT4kAe81Zc".into(),
        session: "as_xV7r2LmN4d".into(),
        url: "https://apply.example.com/as_xV7r2LmN4d".into(),
        progress: "contractor_details".into(),
        remind_at: Vec::new(),
        reminded: None,
    }
}

fn certified(accepted: Accepted) -> Evidence {
    Evidence::Certificate { certificate: "ci_T1bE8oSkHr".into(), accepted }
}

pub(super) fn reminder() -> Reminder {
    Reminder { at: Timestamp::from_secs(1_775_880_000), day: date("2026-04-13") }
}

/// The same, of which somebody was reminded once and will be again.
pub(super) fn reminded_application() -> Application {
    let remind_at = vec![Timestamp::from_secs(1_775_966_400)];
    Application { remind_at, reminded: Some(reminder()), ..application() }
}

pub(super) fn coverages() -> Vec<Coverage> {
    let (assignment, policy) = (|| "an_cV07fuwXKs".into(), || "pl_3WutvP0DJl".into());
    let evidence = all(|before| match before {
        None => Some(Evidence::Policy { policy: policy(), quote: "qt_mT4kAe81Zc".into() }),
        Some(Evidence::Policy { .. }) => {
            Some(Evidence::Assignment { assignment: assignment(), policy: Some(policy()) })
        }
        Some(Evidence::Assignment { policy: Some(_), .. }) => {
            Some(Evidence::Assignment { assignment: assignment(), policy: None })
        }
        Some(Evidence::Assignment { policy: None, .. }) => Some(certified(Accepted::ByInsurer)),
        Some(Evidence::Certificate { accepted, .. }) => {
            super::certificate::accepted(Some(accepted)).map(certified)
        }
    });
    let window = terms().window;
    let coverage =
        |evidence| Coverage { evidence, effective: window.effective, expires: window.until };
    evidence.into_iter().map(coverage).collect()
}

pub(super) fn coverage() -> Coverage {
    coverages().remove(0)
}

pub(super) fn intents() -> Vec<Intent> {
    all(|before| match before {
        None => Some(Intent::Stay),
        Some(Intent::Stay) => {
            Some(Intent::Cancel { reason: "called off in the ATS".into(), by: Closer::Ats })
        }
        Some(Intent::Cancel { by: Closer::Ats, .. }) => {
            Some(Intent::Cancel { reason: "closed by a person".into(), by: Closer::Person })
        }
        Some(Intent::Cancel { by: Closer::Person, .. }) => {
            Some(Intent::Change { terms: Box::new(other_terms()) })
        }
        Some(Intent::Change { .. }) => Some(Intent::Exclude { evidence: out_of_scope() }),
        Some(Intent::Exclude { .. }) => Some(Intent::Hold { missing: missing() }),
        Some(Intent::Hold { .. }) => Some(Intent::Late { days: 3 }),
        Some(Intent::Late { .. }) => None,
    })
}

fn losses() -> Vec<Loss> {
    all(|before| match before {
        None => Some(Loss::PolicyCanceled),
        Some(Loss::PolicyCanceled) => Some(Loss::PolicyExpired),
        Some(Loss::PolicyExpired) => Some(Loss::AssignmentCanceled),
        Some(Loss::AssignmentCanceled) => Some(Loss::ChargeFailed),
        Some(Loss::ChargeFailed) => Some(Loss::PolicyAndCharge { expired: false }),
        Some(Loss::PolicyAndCharge { expired: false }) => {
            Some(Loss::PolicyAndCharge { expired: true })
        }
        Some(Loss::PolicyAndCharge { expired: true }) => Some(Loss::CertificateExpired),
        Some(Loss::CertificateExpired) => Some(Loss::CertificateRevoked),
        Some(Loss::CertificateRevoked) => None,
    })
}

/// Every loss of coverage.
pub(super) fn losing_issues() -> Vec<Issue> {
    losses().into_iter().map(|loss| Issue::CoverageLost { loss }).collect()
}

/// Every other issue, and one loss.
pub(super) fn issues() -> Vec<Issue> {
    all(|before| {
        Some(match before {
            None => Issue::CoverageLost { loss: Loss::PolicyCanceled },
            Some(Issue::CoverageLost { .. }) => {
                Issue::Refused { operation: "create_quote".into(), refusal: refusal() }
            }
            Some(Issue::Refused { .. }) => Issue::QuoteIneligible,
            Some(Issue::QuoteIneligible) => Issue::ApplicationIneligible,
            Some(Issue::ApplicationIneligible) => Issue::ApplicationExpired,
            Some(Issue::ApplicationExpired) => {
                Issue::AssignmentIneligible { message: "the policy covers other work".into() }
            }
            Some(Issue::AssignmentIneligible { .. }) => {
                Issue::Contractor { reason: "the ATS does not know the candidate".into() }
            }
            Some(Issue::Contractor { .. }) => Issue::StartPassed { days: 3 },
            Some(Issue::StartPassed { .. }) => {
                Issue::Gap { days: 2, from: date("2026-04-13"), to: date("2026-04-15") }
            }
            Some(Issue::Gap { .. }) => Issue::Unclear { missing: missing() },
            Some(Issue::Unclear { .. }) => {
                let (terms, differences) = (other_terms(), terms().differences(&other_terms()));
                assert!(!differences.is_empty(), "the other terms differ");
                let differences: Vec<Difference> = differences;
                Issue::TermsChanged { terms: Box::new(terms), differences }
            }
            Some(Issue::TermsChanged { terms, differences }) => Issue::NotExtended {
                terms: terms.clone(),
                differences: differences.clone(),
                refusal: refusal(),
            },
            Some(Issue::NotExtended { .. }) => {
                Issue::EndedEarly { on: date("2026-08-14"), until: date("2026-09-30") }
            }
            Some(Issue::EndedEarly { .. }) => {
                Issue::Reopened { reason: "called off in the ATS".into() }
            }
            Some(Issue::Reopened { .. }) => {
                Issue::CanceledWhileCovered { reason: "called off in the ATS".into() }
            }
            Some(Issue::CanceledWhileCovered { .. }) => {
                Issue::CandidateGone { reason: "deleted in the ATS".into() }
            }
            Some(Issue::CandidateGone { .. }) => {
                Issue::OutOfScopeWhileCovered { evidence: out_of_scope() }
            }
            Some(Issue::OutOfScopeWhileCovered { .. }) => return None,
        })
    })
}

pub(super) fn backs() -> Vec<Back> {
    let wanted = |index: usize| wanted().remove(index);
    all(|before| {
        Some(match before {
            None => {
                Back::Discovered { brief: brief(), placement: "51000791".into(), job: wanted(0) }
            }
            Some(Back::Discovered { .. }) => {
                Back::Contractor { engagement: engagement(), job: wanted(1) }
            }
            Some(Back::Contractor { .. }) => Back::Job { hired: hired() },
            Some(Back::Job { .. }) => Back::Quote { hired: hired(), basis: bases().remove(0) },
            Some(Back::Quote { .. }) => Back::Application {
                hired: hired(),
                application: application(),
                intent: Intent::Stay,
            },
            Some(Back::Application { .. }) => Back::Assignment {
                hired: hired(),
                assignment: "an_cV07fuwXKs".into(),
                policy: Some("pl_3WutvP0DJl".into()),
                intent: Intent::Cancel { reason: "called off in the ATS".into(), by: Closer::Ats },
            },
            Some(Back::Assignment { .. }) => {
                let unseen = Unseen::Nothing;
                Back::Coverage { hired: hired(), coverage: coverage(), unseen }
            }
            Some(Back::Coverage { unseen: Unseen::Nothing, .. }) => {
                let (from, to) = (date("2026-04-13"), date("2026-04-15"));
                let unseen = Unseen::Gap { days: 2, from, to };
                Back::Coverage { hired: hired(), coverage: coverage(), unseen }
            }
            Some(Back::Coverage { unseen: Unseen::Gap { .. }, .. }) => Back::Lost {
                hired: hired(),
                evidence: coverage().evidence,
                wanted: Box::new(other_terms()),
            },
            Some(Back::Lost { .. }) => return None,
        })
    })
}
