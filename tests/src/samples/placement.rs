//! Samples of a placement's events.

use workflow_core::domain::by_hand::{ByHand, Fact, Included, SetFact};
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::placement::{Back, Event, EventKind, Issue, Leave, Need, Road, Wanted};
use workflow_core::domain::rules::RateUnit;
use workflow_core::money::Decimal;

use super::all;
use super::parts::{
    amendments, application, backs, bases, brief, coverage, coverages, engagement, hired, intents,
    issues, least_brief, losing_issues, missing, other_terms, out_of_scope, release,
    reminded_application, reminder, rests, terms, turns, wanted,
};

/// The samples of one kind; at least one.
pub fn events(kind: EventKind) -> Vec<Event> {
    match kind {
        EventKind::Restarted
        | EventKind::ResumedAtContractor
        | EventKind::ResumedAtJob
        | EventKind::ResumedAtQuote
        | EventKind::ResumedAtApplication
        | EventKind::ResumedAtAssignment
        | EventKind::CoverageAccepted => settled(kind),
        EventKind::FactSet | EventKind::TakenIn | EventKind::LinkGiven => by_hand(kind),
        EventKind::CoverageExtended
        | EventKind::UndoingBegun
        | EventKind::EndedEarly
        | EventKind::PlacementReopened => after_the_fact(kind),
        EventKind::CertificatesNoted
        | EventKind::CoverageStarted
        | EventKind::CoverageUpdated
        | EventKind::CoverageLost
        | EventKind::FlagRaised
        | EventKind::PlacementExcluded
        | EventKind::PlacementCanceled
        | EventKind::PlacementCompleted => covered_or_over(kind),
        EventKind::PlacementFound
        | EventKind::TermsHeld
        | EventKind::TermsReady
        | EventKind::ContractorLinked
        | EventKind::CandidateReplaced
        | EventKind::ContractorReplaced
        | EventKind::JobLinked
        | EventKind::QuoteIssued
        | EventKind::RoadTaken
        | EventKind::AssignmentRefused
        | EventKind::ApplicationOpened
        | EventKind::ApplicationProgressed
        | EventKind::AssignmentCreated
        | EventKind::Reminded
        | EventKind::IntentChanged
        | EventKind::QuoteGivenUp
        | EventKind::AmendmentChanged
        | EventKind::TermsChanged
        | EventKind::Reclassified => on_the_road(kind),
    }
}

fn placement() -> PlacementId {
    "51000791".into()
}

/// What a person knows and the ATS does not say.
fn by_hand(kind: EventKind) -> Vec<Event> {
    let reason = || "she told us on the phone".to_owned();
    match kind {
        EventKind::FactSet => all(fact)
            .into_iter()
            .map(|fact| {
                let ats = "no pay rate yet: waiting for the pay record".to_owned();
                let set = SetFact { fact, ats, by: "kim".into(), reason: reason() };
                let brief = least_brief().with(ByHand::default().with(set.clone()));
                Event::FactSet { placement: placement(), brief, job: Wanted::Create, set }
            })
            .collect(),
        EventKind::TakenIn => wanted()
            .into_iter()
            .zip([None, Some(out_of_scope().evidence)])
            .map(|(job, over)| {
                let included =
                    over.clone().map(|over| Included { over, by: "kim".into(), reason: reason() });
                let brief = brief().with(ByHand { facts: Vec::new(), included });
                Event::TakenIn { placement: placement(), brief, job, over, reason: reason() }
            })
            .collect(),
        EventKind::LinkGiven => {
            let url = application().url;
            vec![Event::LinkGiven { url, reason: reason() }]
        }
        other => unreachable!("{other:?} has its samples elsewhere"),
    }
}

fn fact(before: Option<&Fact>) -> Option<Fact> {
    match before {
        None => Some(Fact::Entity("en_Initech01".into())),
        Some(Fact::Entity(_)) => Some(Fact::Category("15-1252".into())),
        Some(Fact::Category(_)) => {
            Some(Fact::Wage { amount: Decimal::new(9_500, 2), unit: Some(RateUnit::Hour) })
        }
        Some(Fact::Wage { unit: Some(RateUnit::Hour), .. }) => {
            Some(Fact::Wage { amount: Decimal::new(9_500, 2), unit: None })
        }
        Some(Fact::Wage { .. }) => Some(Fact::Unit(RateUnit::Hour)),
        Some(Fact::Unit(unit)) => {
            Some(match RateUnit::ALL.iter().skip_while(|u| *u != unit).nth(1) {
                Some(next) => Fact::Unit(*next),
                None => Fact::Start(jiff::civil::date(2026, 4, 13)),
            })
        }
        Some(Fact::Start(_)) => Some(Fact::End(jiff::civil::date(2026, 9, 30))),
        Some(Fact::End(_)) => Some(Fact::Region("NY".into())),
        Some(Fact::Region(_)) => Some(Fact::Remote),
        Some(Fact::Remote) => None,
    }
}

/// What happens on the way to coverage.
fn on_the_road(kind: EventKind) -> Vec<Event> {
    let contractor = || "cn_Ja2LX9vQe0".into();
    match kind {
        EventKind::PlacementFound => [brief(), least_brief()]
            .map(|brief| Event::PlacementFound { placement: placement(), brief })
            .into(),
        EventKind::TermsHeld => {
            vec![Event::TermsHeld { brief: least_brief(), missing: missing() }]
        }
        EventKind::TermsReady => {
            [terms(), other_terms()].map(|terms| Event::TermsReady { brief: brief(), terms }).into()
        }
        EventKind::ContractorLinked => {
            vec![Event::ContractorLinked { terms: terms(), contractor: contractor() }]
        }
        EventKind::CandidateReplaced => {
            vec![Event::CandidateReplaced { candidate: "70001377".into() }]
        }
        EventKind::ContractorReplaced => {
            vec![Event::ContractorReplaced { contractor: contractor() }]
        }
        EventKind::JobLinked => vec![Event::JobLinked { job: "jb_0Qd5yHfW2s".into() }],
        EventKind::QuoteIssued => {
            bases().into_iter().map(|basis| Event::QuoteIssued { basis }).collect()
        }
        EventKind::RoadTaken => {
            all(road).into_iter().map(|road| Event::RoadTaken { road }).collect()
        }
        EventKind::AssignmentRefused => {
            vec![Event::AssignmentRefused { message: "the policy covers other work".into() }]
        }
        EventKind::ApplicationOpened => [application(), reminded_application()]
            .map(|application| Event::ApplicationOpened { application })
            .into(),
        EventKind::ApplicationProgressed => {
            let mut application = application();
            application.progress = "payment".into();
            vec![Event::ApplicationProgressed { application }]
        }
        EventKind::AssignmentCreated => [Some("pl_3WutvP0DJl".into()), None]
            .map(|policy| Event::AssignmentCreated { assignment: "an_cV07fuwXKs".into(), policy })
            .into(),
        EventKind::Reminded => vec![Event::Reminded { reminder: reminder() }],
        EventKind::IntentChanged => {
            intents().into_iter().map(|intent| Event::IntentChanged { intent }).collect()
        }
        EventKind::QuoteGivenUp => vec![Event::QuoteGivenUp],
        EventKind::AmendmentChanged => {
            let all = amendments().into_iter();
            all.map(|amendment| Event::AmendmentChanged { amendment }).collect()
        }
        EventKind::TermsChanged => vec![Event::TermsChanged { terms: other_terms() }],
        EventKind::Reclassified => vec![Event::Reclassified { brief: brief() }],
        other => unreachable!("{other:?} has its samples elsewhere"),
    }
}

/// What happens to coverage, and what takes a placement off the road.
fn covered_or_over(kind: EventKind) -> Vec<Event> {
    match kind {
        EventKind::CertificatesNoted => vec![
            Event::CertificatesNoted { proofs: super::certificate::proofs() },
            Event::CertificatesNoted { proofs: Vec::new() },
        ],
        EventKind::CoverageStarted => coverages()
            .into_iter()
            .map(|coverage| Event::CoverageStarted { hired: hired(), coverage })
            .collect(),
        EventKind::CoverageUpdated => {
            coverages().into_iter().map(|coverage| Event::CoverageUpdated { coverage }).collect()
        }
        EventKind::CoverageLost => paired(losing_issues())
            .map(|(issue, back)| Event::CoverageLost { issue, back })
            .collect(),
        EventKind::FlagRaised => {
            paired(issues()).map(|(issue, back)| Event::FlagRaised { issue, back }).collect()
        }
        EventKind::PlacementExcluded => wanted()
            .into_iter()
            .cycle()
            .zip(turns())
            .map(|(job, turn)| Event::PlacementExcluded {
                placement: placement(),
                brief: brief(),
                evidence: out_of_scope(),
                job,
                release: release(turn),
            })
            .collect(),
        EventKind::PlacementCanceled => turns()
            .into_iter()
            .zip(rests().into_iter().cycle())
            .map(|(turn, rest)| Event::PlacementCanceled {
                reason: "called off in the ATS".into(),
                release: release(turn),
                rest,
            })
            .collect(),
        EventKind::PlacementCompleted => vec![Event::PlacementCompleted],
        other => unreachable!("{other:?} has its samples elsewhere"),
    }
}

/// What comes after coverage, or after the end.
fn after_the_fact(kind: EventKind) -> Vec<Event> {
    match kind {
        EventKind::CoverageExtended => vec![Event::CoverageExtended { terms: other_terms() }],
        EventKind::UndoingBegun => [Some("pl_3WutvP0DJl".into()), None]
            .into_iter()
            .cycle()
            .zip(intents())
            .map(|(policy, intent)| Event::UndoingBegun {
                hired: hired(),
                assignment: "an_cV07fuwXKs".into(),
                policy,
                intent,
            })
            .collect(),
        EventKind::EndedEarly => {
            vec![Event::EndedEarly { on: "2026-08-14".parse().expect("a date") }]
        }
        EventKind::PlacementReopened => wanted()
            .into_iter()
            .map(|job| Event::PlacementReopened { placement: placement(), brief: brief(), job })
            .collect(),
        other => unreachable!("{other:?} has its samples elsewhere"),
    }
}

/// What a person's look at a flag leads to.
fn settled(kind: EventKind) -> Vec<Event> {
    let reason = || "the broker renewed the policy".to_owned();
    match kind {
        EventKind::Restarted => wanted()
            .into_iter()
            .map(|job| Event::Restarted {
                brief: brief(),
                placement: placement(),
                job,
                reason: reason(),
            })
            .collect(),
        EventKind::ResumedAtContractor => wanted()
            .into_iter()
            .map(|job| Event::ResumedAtContractor {
                engagement: engagement(),
                job,
                reason: reason(),
            })
            .collect(),
        EventKind::ResumedAtJob => {
            vec![Event::ResumedAtJob { hired: hired(), reason: reason() }]
        }
        EventKind::ResumedAtQuote => bases()
            .into_iter()
            .map(|basis| Event::ResumedAtQuote { hired: hired(), basis, reason: reason() })
            .collect(),
        EventKind::ResumedAtApplication => intents()
            .into_iter()
            .map(|intent| Event::ResumedAtApplication {
                hired: hired(),
                application: application(),
                intent,
                reason: reason(),
            })
            .collect(),
        EventKind::ResumedAtAssignment => intents()
            .into_iter()
            .map(|intent| Event::ResumedAtAssignment {
                hired: hired(),
                assignment: "an_cV07fuwXKs".into(),
                policy: None,
                intent,
                reason: reason(),
            })
            .collect(),
        EventKind::CoverageAccepted => {
            vec![Event::CoverageAccepted { hired: hired(), coverage: coverage(), reason: reason() }]
        }
        other => unreachable!("{other:?} has its samples elsewhere"),
    }
}

/// Every issue and every way back, once at least.
fn paired(issues: Vec<Issue>) -> impl Iterator<Item = (Issue, Back)> {
    let backs = backs();
    let count = issues.len().max(backs.len());
    issues.into_iter().cycle().zip(backs.into_iter().cycle()).take(count)
}

fn road(before: Option<&Road>) -> Option<Road> {
    match before {
        None => Some(Road::Asked(Need::Either)),
        Some(Road::Asked(Need::Either)) => Some(Road::Asked(Need::Application)),
        Some(Road::Asked(Need::Application)) => Some(Road::Asked(Need::Assignment)),
        Some(Road::Asked(Need::Assignment)) => Some(Road::Taken(Leave::Application)),
        Some(Road::Taken(Leave::Application)) => Some(Road::Taken(Leave::Assignment)),
        Some(Road::Taken(Leave::Assignment)) => None,
    }
}
