//! What a state says of the engagement, whatever became of it: who works, when, and what coverage is known.
//!
//! For whoever looks back (`domain/coverage_days.rs`, what is kept of a call). No judgement on what is owed.

use super::machine::placement::State;
use super::state::{Back, Coverage, Engagement, Evidence, Hired, Intent, Issue, Loss, Readiness};
use crate::domain::call::Window;
use crate::domain::facts::{CandidateId, Date};
use crate::domain::terms::{Brief, Missing};

/// First and last day of work, inclusive, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first day; no day is one of work where it is not known.
    pub first: Option<Date>,
    /// The last day; the work goes on where it is not known.
    pub last: Option<Date>,
}

/// What is known of the work that needs coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// It is, or may be, a contractor's work on these days.
    Days {
        /// When.
        days: Days,
        /// What is missing, by its stable names, where the facts do not suffice.
        held: Vec<String>,
    },
    /// It came to its end: there is none from the day on which this became known.
    Over {
        /// When it was.
        days: Days,
    },
    /// It was called off: there is none from the day on which this became known.
    CalledOff,
    /// It is no contractor's work, as far as is known.
    OutOfScope,
}

/// What is known of coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover<'a> {
    /// The state rests on none.
    None,
    /// In force, as read at the insurer.
    InForce(&'a Coverage),
    /// Lost.
    Lost(&'a Evidence, Loss),
}

impl From<&Window> for Days {
    fn from(window: &Window) -> Self {
        Self { first: Some(window.first_day), last: Some(window.last_day) }
    }
}

impl From<&Brief> for Days {
    fn from(brief: &Brief) -> Self {
        Self { first: brief.start, last: brief.end }
    }
}

impl Days {
    /// Whether a day is one of work.
    pub fn has(&self, day: Date) -> bool {
        self.first.is_some_and(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }
}

fn on(days: Days) -> Work {
    Work::Days { days, held: Vec::new() }
}

fn held(days: Days, missing: &[Missing]) -> Work {
    // Nobody has been placed yet: there is no work to cover.
    if missing.iter().any(|missing| missing.code == "offer") {
        return Work::OutOfScope;
    }
    Work::Days { days, held: missing.iter().map(|missing| missing.code.clone()).collect() }
}

impl Intent {
    /// What the work comes to, where it was `days`.
    fn work(&self, days: Days) -> Work {
        match self {
            Intent::Stay | Intent::Late { .. } => on(days),
            Intent::Cancel { .. } => Work::CalledOff,
            Intent::Change { terms } => on(Days::from(&terms.window)),
            Intent::Exclude { .. } => Work::OutOfScope,
            Intent::Hold { missing } => held(days, missing),
        }
    }
}

impl Back {
    fn work(&self) -> Work {
        match self {
            Back::Discovered { brief, .. } => on(Days::from(brief)),
            Back::Application { hired, intent, .. } | Back::Assignment { hired, intent, .. } => {
                intent.work(days_of(hired))
            }
            Back::Lost { wanted, .. } => on(Days::from(&wanted.window)),
            Back::Contractor { .. }
            | Back::Job { .. }
            | Back::Quote { .. }
            | Back::Coverage { .. } => self
                .engagement()
                .map_or(Work::OutOfScope, |engagement| on(Days::from(&engagement.terms.window))),
        }
    }

    fn candidate(&self) -> Option<&CandidateId> {
        match self {
            Back::Discovered { brief, .. } => Some(&brief.candidate),
            Back::Contractor { .. }
            | Back::Job { .. }
            | Back::Quote { .. }
            | Back::Application { .. }
            | Back::Assignment { .. }
            | Back::Coverage { .. }
            | Back::Lost { .. } => self.engagement().map(candidate_of),
        }
    }
}

fn flagged(issue: &Issue, back: &Back) -> Work {
    match (issue, back.work()) {
        // Also where the insurer would not cover the days that came to it.
        (Issue::TermsChanged { terms, .. } | Issue::NotExtended { terms, .. }, _) => {
            on(Days::from(&terms.window))
        }
        (Issue::CanceledWhileCovered { .. }, _) => Work::CalledOff,
        (Issue::OutOfScopeWhileCovered { .. }, _) => Work::OutOfScope,
        (Issue::Unclear { missing }, Work::Days { days, .. }) => held(days, missing),
        (_, work) => work,
    }
}

fn candidate_of(engagement: &Engagement) -> &CandidateId {
    &engagement.terms.references.candidate
}

fn days_of(hired: &Hired) -> Days {
    Days::from(&hired.terms().window)
}

impl State {
    /// Who works; `None` where nobody is known.
    pub fn candidate(&self) -> Option<&CandidateId> {
        match self {
            State::Discovered { brief, .. } | State::Excluded { brief, .. } => {
                Some(&brief.candidate)
            }
            State::ContractorReady { engagement, .. } => Some(candidate_of(engagement)),
            State::JobReady { hired }
            | State::Quoted { hired, .. }
            | State::ApplicationPending { hired, .. }
            | State::Assigned { hired, .. }
            | State::Active { hired, .. }
            | State::Completed { hired, .. } => Some(candidate_of(&hired.engagement)),
            State::Flagged { back, .. } => back.candidate(),
            State::Canceled { release, .. } => {
                Some(&release.candidate).filter(|candidate| !candidate.as_str().is_empty())
            }
        }
    }

    /// The client's name; `None` where nobody told it, and of what was called off.
    pub fn company(&self) -> Option<&str> {
        match self {
            State::Discovered { brief, .. } | State::Excluded { brief, .. } => {
                brief.company.as_deref()
            }
            State::ContractorReady { engagement, .. } => engagement.terms.company.as_deref(),
            State::JobReady { hired }
            | State::Quoted { hired, .. }
            | State::ApplicationPending { hired, .. }
            | State::Assigned { hired, .. }
            | State::Active { hired, .. }
            | State::Completed { hired, .. } => hired.terms().company.as_deref(),
            State::Flagged { back: Back::Discovered { brief, .. }, .. } => brief.company.as_deref(),
            State::Flagged { back, .. } => back.engagement()?.terms.company.as_deref(),
            State::Canceled { .. } => None,
        }
    }

    /// What is known of the work.
    pub fn work(&self) -> Work {
        match self {
            State::Discovered { brief, readiness, .. } => match readiness {
                Readiness::Unread => on(Days::from(brief)),
                Readiness::Held { missing } => held(Days::from(brief), missing),
                Readiness::Ready { terms } => on(Days::from(&terms.window)),
            },
            State::ContractorReady { engagement, intent, .. } => {
                intent.work(Days::from(&engagement.terms.window))
            }
            State::Quoted { hired, intent, .. }
            | State::ApplicationPending { hired, intent, .. }
            | State::Assigned { hired, intent, .. } => intent.work(days_of(hired)),
            State::JobReady { hired } | State::Active { hired, .. } => on(days_of(hired)),
            State::Flagged { issue, back } => flagged(issue, back),
            State::Excluded { .. } => Work::OutOfScope,
            State::Completed { hired, .. } => Work::Over { days: days_of(hired) },
            State::Canceled { .. } => Work::CalledOff,
        }
    }

    /// What is known of coverage.
    pub fn cover(&self) -> Cover<'_> {
        match self {
            State::Active { coverage, .. }
            | State::Completed { coverage, .. }
            | State::Flagged { back: Back::Coverage { coverage, .. }, .. } => {
                Cover::InForce(coverage)
            }
            State::Flagged {
                issue: Issue::CoverageLost { loss },
                back: Back::Lost { evidence, .. },
            } => Cover::Lost(evidence, *loss),
            State::Discovered { .. }
            | State::ContractorReady { .. }
            | State::JobReady { .. }
            | State::Quoted { .. }
            | State::ApplicationPending { .. }
            | State::Assigned { .. }
            | State::Flagged { .. }
            | State::Excluded { .. }
            | State::Canceled { .. } => Cover::None,
        }
    }
}

impl Evidence {
    /// The insurer's id of what proves coverage.
    pub fn id(&self) -> &str {
        match self {
            Evidence::Policy { policy, .. } => policy.as_str(),
            Evidence::Assignment { assignment, .. } => assignment.as_str(),
            Evidence::Certificate { certificate, .. } => certificate.as_str(),
        }
    }

    /// The same in words.
    pub fn words(&self) -> String {
        match self {
            Evidence::Policy { policy, .. } => format!("policy {policy}"),
            Evidence::Assignment { assignment, policy: Some(policy) } => {
                format!("assignment {assignment} under policy {policy}")
            }
            Evidence::Assignment { assignment, policy: None } => format!("assignment {assignment}"),
            Evidence::Certificate { certificate, .. } => format!("certificate {certificate}"),
        }
    }
}
