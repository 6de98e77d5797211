//! The insurer and the ATS as the explorer sees them: what they hold and nothing of how it came to be.
//!
//! Ids are counted per placement, so that two placements that have nothing to do with each other leave the same world
//! in whatever order they go. Read next: `calls.rs`, how calls are answered, and `deeds.rs`, what happens by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tests::world::{BEGINNING, good, set};
use workflow_core::domain::call::{
    ApplicationStanding, AssignmentId, AssignmentStanding, ContractorId, JobId, JobTerms, PolicyId,
    PolicyStanding, QuoteId, SessionId, Window,
};
use workflow_core::domain::facts::{CandidateId, Facts, PlacementId};
use workflow_core::time::Timestamp;

/// The moments at which something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Season {
    /// Two weeks before work begins.
    Before,
    /// The day after it began.
    Working,
    /// After it ended.
    After,
}

impl Season {
    /// As a moment.
    pub fn now(self) -> Timestamp {
        let days = match self {
            Season::Before => 0,
            Season::Working => 15,
            Season::After => 122,
        };
        BEGINNING.plus(Duration::from_secs(days * 24 * 3600))
    }

    /// The next one.
    pub fn next(self) -> Option<Season> {
        match self {
            Season::Before => Some(Season::Working),
            Season::Working => Some(Season::After),
            Season::After => None,
        }
    }
}

/// A placement as the ATS may have it: the good facts, and what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// All good.
    Good,
    /// A higher pay.
    Dearer,
    /// A later start.
    Later,
    /// A category that is not mapped.
    Unclear,
    /// Called off.
    Canceled,
    /// On the payroll.
    W2,
    /// Work is over.
    Ended,
}

impl Version {
    /// For a story.
    pub fn words(self) -> &'static str {
        match self {
            Version::Good => "all good",
            Version::Dearer => "a higher pay",
            Version::Later => "a later start",
            Version::Unclear => "an unknown category",
            Version::Canceled => "called off",
            Version::W2 => "on the payroll",
            Version::Ended => "ended",
        }
    }

    /// The facts.
    pub fn facts(self, placement: &PlacementId, candidate: &CandidateId) -> Facts {
        let mut facts = good(placement, candidate);
        match self {
            Version::Good => {}
            Version::Dearer => set(&mut facts, "pay", "120.50"),
            Version::Later => set(&mut facts, "start", "2026-03-20"),
            Version::Unclear => set(&mut facts, "category", "Juggling"),
            Version::Canceled => set(&mut facts, "stage", "canceled"),
            Version::W2 => set(&mut facts, "employment", "W2"),
            Version::Ended => set(&mut facts, "stage", "ended"),
        }
        facts
    }
}

/// A placement in the ATS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// Who works.
    pub candidate: CandidateId,
    /// As it is now.
    pub version: Version,
    /// Whether it was in scope at any moment.
    pub ever_in_scope: bool,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    /// For which placement.
    pub placement: PlacementId,
    /// As last told.
    pub terms: JobTerms,
}

/// A quote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quote {
    /// For which placement.
    pub placement: PlacementId,
    /// For whom.
    pub contractor: ContractorId,
    /// For what job.
    pub job: JobId,
    /// What the job was when it was quoted.
    pub terms: JobTerms,
    /// From when to when.
    pub window: Window,
}

/// An application session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// For which quote.
    pub quote: QuoteId,
    /// How far it has come.
    pub standing: ApplicationStanding,
}

impl Session {
    /// Whether it can still be completed.
    pub fn is_live(&self) -> bool {
        matches!(
            self.standing,
            ApplicationStanding::Open { .. } | ApplicationStanding::ManualReview
        )
    }
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// From which quote.
    pub quote: QuoteId,
    /// Whose.
    pub contractor: ContractorId,
    /// Whether it is in force.
    pub standing: PolicyStanding,
    /// When it begins.
    pub effective: Timestamp,
    /// When it runs out.
    pub expires: Timestamp,
}

/// An assignment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Assignment {
    /// For which placement.
    pub placement: PlacementId,
    /// For what job.
    pub job: JobId,
    /// The policy it rests on.
    pub policy: PolicyId,
    /// From when to when.
    pub window: Window,
    /// Whether it is in force.
    pub standing: AssignmentStanding,
    /// Whether it ever was.
    pub was_active: bool,
}

/// How often people and providers may still do something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Left {
    /// The ATS changes a placement.
    pub changes: u8,
    /// A session runs out or is declined.
    pub failures: u8,
    /// A policy or an assignment is lost.
    pub losses: u8,
    /// What was lost comes back.
    pub returns: u8,
    /// An operator settles a flag.
    pub operator: u8,
    /// Time goes on to the next season.
    pub seasons: u8,
    /// A contractor buys a policy elsewhere.
    pub elsewhere: u8,
}

/// Everything outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outside {
    /// What time it is.
    pub season: Season,
    /// The ATS.
    pub ats: BTreeMap<PlacementId, Row>,
    /// Contractors, and whose they are.
    pub contractors: BTreeMap<ContractorId, CandidateId>,
    /// By which e-mail each is known: no two by one.
    pub addresses: BTreeMap<String, ContractorId>,
    /// Jobs.
    pub jobs: BTreeMap<JobId, Job>,
    /// Quotes.
    pub quotes: BTreeMap<QuoteId, Quote>,
    /// For whom a fitting policy was said to be on file.
    pub matched: BTreeSet<PlacementId>,
    /// Sessions.
    pub sessions: BTreeMap<SessionId, Session>,
    /// Policies.
    pub policies: BTreeMap<PolicyId, Policy>,
    /// Assignments.
    pub assignments: BTreeMap<AssignmentId, Assignment>,
    /// The rule that was broken by what was asked, and how.
    pub wrong: Option<(u8, String)>,
    /// How much more may happen.
    pub left: Left,
}

impl Outside {
    /// Notes what must never be asked; the first is enough.
    pub fn wrong(&mut self, rule: u8, how: String) {
        self.wrong.get_or_insert((rule, how));
    }

    /// The `n`th id of its kind that an owner has.
    pub fn id(prefix: &str, owner: &str, earlier: usize) -> String {
        format!("{prefix}_{owner}_{}", earlier + 1)
    }

    /// Whether an assignment covers, or will.
    pub fn is_live(&self, assignment: &Assignment) -> bool {
        matches!(assignment.standing, AssignmentStanding::Pending | AssignmentStanding::Active)
            && self
                .policies
                .get(&assignment.policy)
                .is_some_and(|policy| policy.standing == PolicyStanding::Active)
    }

    /// A policy of the contractor that is in force over the whole window.
    pub fn fitting(&self, contractor: &ContractorId, window: &Window) -> Option<PolicyId> {
        let fits = |policy: &Policy| {
            policy.contractor == *contractor
                && policy.standing == PolicyStanding::Active
                && policy.effective <= window.effective
                && policy.expires >= window.until
        };
        self.policies.iter().find(|(_, policy)| fits(policy)).map(|(id, _)| id.clone())
    }

    /// The policy of a completed application; coverage never begins in the past.
    pub fn issue(&mut self, quote: &QuoteId) {
        let Some(quoted) = self.quotes.get(quote) else { return };
        let (window, now) = (quoted.window, self.season.now());
        let day_secs = 24 * 3600;
        let late_secs = (now.as_secs() - window.effective.as_secs()).max(0);
        let days = (late_secs + day_secs - 1) / day_secs;
        let policy = Policy {
            quote: quote.clone(),
            contractor: quoted.contractor.clone(),
            standing: PolicyStanding::Active,
            effective: Timestamp::from_secs(window.effective.as_secs() + days * day_secs),
            expires: window.until,
        };
        self.policies.insert(PolicyId(format!("py_{quote}")), policy);
    }
}
