//! From facts and a tenant's rules to terms: what would be insured, or why it cannot be (yet).
//!
//! Pure. One file per question: is it in scope (`classify`), what does it pay (`wage`), when (`dates`), where
//! (`region`), for whom and as what (`mapping`). Nothing is guessed: what is unknown is [`Missing`].

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::by_hand::ByHand;
use super::call::{CoverageType, JobTerms, References, Window};
use super::facts::CandidateId;
use super::facts::{Date, Facts, RequisitionId, Stage};
use super::rules::Rules;
use crate::time::Timestamp;

pub mod classify;
mod dates;
mod mapping;
mod region;
mod wage;
mod wording;

pub use classify::{OutOfScope, Scope};
pub(super) use dates::days;
pub(super) use wage::rate_unit;
pub use wording::{MadeOf, Wording};

/// Everything that insuring a placement takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Terms {
    /// Whose placement.
    pub references: References,
    /// The client's name, for people.
    pub company: Option<String>,
    /// The job as the insurer is to know it.
    pub job: JobTerms,
    /// The coverage that the client requires.
    pub coverage: Vec<CoverageType>,
    /// From when to when.
    pub window: Window,
    /// What people decided where the ATS says nothing that can be used.
    #[serde(default, skip_serializing_if = "ByHand::is_empty")]
    pub by_hand: ByHand,
    /// What the ATS had said, as it wrote it.
    #[serde(default, skip_serializing_if = "MadeOf::is_unknown")]
    pub made_of: MadeOf,
}

/// What a person needs to recognise a placement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Brief {
    /// Who works.
    pub candidate: CandidateId,
    /// Which requisition it fills.
    pub requisition: RequisitionId,
    /// The role.
    pub title: Option<String>,
    /// The client's name.
    pub company: Option<String>,
    /// First day of work.
    pub start: Option<Date>,
    /// Last day of work.
    pub end: Option<Date>,
    /// What people decided where the ATS says nothing that can be used.
    #[serde(default, skip_serializing_if = "ByHand::is_empty")]
    pub by_hand: ByHand,
    /// What the ATS said, as it wrote it; `None` in a log that was written before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<Wording>,
}

impl Brief {
    /// The same for the same person under another id.
    pub(crate) fn of_candidate(mut self, candidate: &CandidateId) -> Self {
        self.candidate.clone_from(candidate);
        self
    }

    /// The recognisable part of a placement's facts.
    pub fn of(facts: &Facts) -> Self {
        Self {
            candidate: facts.candidate.clone(),
            requisition: facts.requisition.clone(),
            title: facts.role.title.clone(),
            company: facts.company.as_ref().and_then(|company| company.name.clone()),
            start: facts.start,
            end: facts.end,
            by_hand: ByHand::default(),
            wording: Some(Wording::of(facts)),
        }
    }

    /// The same, with what people decided.
    pub fn with(self, by_hand: ByHand) -> Self {
        Self { by_hand, ..self }
    }
}

/// One thing that keeps a placement from being insured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Missing {
    /// A stable short name, such as `entity_unmapped`.
    pub code: String,
    /// What is missing and what to do, for people.
    pub text: String,
}

impl Missing {
    pub(super) fn new(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into() }
    }
}

/// What the facts amount to under the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Insure it on these terms.
    Ready(Box<Terms>),
    /// Not yet: this is missing.
    Held(Vec<Missing>),
    /// Not a contractor placement, on this evidence.
    Out(OutOfScope),
    /// The placement was called off, or its record is gone.
    Off(String),
    /// Work ended; the last day where known.
    Over(Option<Date>),
}

/// Judges a placement's facts by the tenant's rules.
///
/// A start that has passed does not hold here when coverage already exists: that is the state's to know, so it is
/// asked for apart ([`start_passed`]).
pub fn judge(facts: &Facts, rules: &Rules) -> Verdict {
    by_itself(facts, &ByHand::default(), rules)
}

/// The same, and by what people decided: a fact set by hand counts only where the ATS gives none that can be used.
pub fn judge_with(facts: &Facts, by_hand: &ByHand, rules: &Rules) -> Verdict {
    let said = by_itself(facts, by_hand, rules);
    match &said {
        Verdict::Held(missing) if !by_hand.facts.is_empty() => {
            let filled = by_itself(&by_hand.fill(facts, missing, rules), by_hand, rules);
            // What a person set is none of the ATS's words.
            match filled {
                Verdict::Ready(terms) => {
                    let made_of = MadeOf(Some(Wording::of(facts)));
                    Verdict::Ready(Box::new(Terms { made_of, ..*terms }))
                }
                Verdict::Held(_) | Verdict::Out(_) | Verdict::Off(_) | Verdict::Over(_) => filled,
            }
        }
        Verdict::Held(_)
        | Verdict::Ready(_)
        | Verdict::Out(_)
        | Verdict::Off(_)
        | Verdict::Over(_) => said,
    }
}

fn by_itself(facts: &Facts, by_hand: &ByHand, rules: &Rules) -> Verdict {
    match &facts.stage {
        Stage::Canceled => return Verdict::Off("called off in the ATS".into()),
        Stage::Deleted => return Verdict::Off("deleted in the ATS".into()),
        Stage::Ended { on } => return Verdict::Over(on.or(facts.end)),
        Stage::Offer | Stage::Starting | Stage::Working => {}
    }
    let mut missing = Vec::new();
    if facts.stage == Stage::Offer {
        missing.push(Missing::new("offer", "still an offer: nobody has been placed yet"));
    }
    match classify::decided(classify::classify(&facts.engaged, rules), by_hand.included.as_ref()) {
        Scope::In => {}
        Scope::Out(evidence) => return Verdict::Out(evidence),
        Scope::Unknown(why) => missing.push(why),
    }
    missing.extend(facts.unmapped_status.as_deref().map(mapping::status_unmapped));
    for bad in &facts.unreadable {
        let text = format!("{} cannot be read: {}; correct it in the ATS", bad.what, bad.why);
        missing.push(Missing::new("unreadable", text));
    }
    let window = dates::window(facts, rules).map_err(|why| missing.push(why)).ok();
    let wage = wage::wage(facts, rules, window.as_ref()).map_err(|why| missing.push(why)).ok();
    let region = region::region(facts, rules).map_err(|why| missing.push(why)).ok();
    let entity = mapping::entity(facts, rules).or_else(|why| by_hand.entity().ok_or(why));
    let entity = entity.map_err(|why| missing.push(why)).ok();
    let category = mapping::category(facts, rules).or_else(|why| by_hand.category().ok_or(why));
    let category = category.map_err(|why| missing.push(why)).ok();
    let name = mapping::title(facts).map_err(|why| missing.push(why)).ok();
    let (Some(window), Some(wage), Some(region), Some(entity), Some(category), Some(name), true) =
        (window, wage, region, entity, category, name, missing.is_empty())
    else {
        return Verdict::Held(missing);
    };
    let coverage = mapping::coverage(facts, rules, region.as_ref());
    let description = facts.role.description.clone().filter(|text| !text.is_empty());
    let job = JobTerms {
        description: description.unwrap_or_else(|| name.clone()),
        name,
        entity,
        category,
        wage,
        region,
    };
    let references = References {
        placement: facts.placement.clone(),
        requisition: facts.requisition.clone(),
        candidate: facts.candidate.clone(),
    };
    let company = Brief::of(facts).company;
    let by_hand = by_hand.clone();
    let made_of = MadeOf(Some(Wording::of(facts)));
    let terms = Terms { references, company, job, coverage, window, by_hand, made_of };
    Verdict::Ready(Box::new(terms))
}

/// Whether a person's word names a state of the United States.
pub(super) fn knows_state(word: &str, rules: &Rules) -> bool {
    rules.states.contains_key(&classify::normal(word))
}

/// How many days of work have begun uncovered at `now`, when the window's start has passed: days of the tenant's zone,
/// which have 23 or 25 hours where the clocks are changed.
pub fn start_passed(window: &Window, now: Timestamp, zone: &TimeZone) -> Option<i64> {
    let begun = || {
        let today = now.to_jiff().to_zoned(zone.clone()).date();
        i64::from((today - window.first_day).get_days()) + 1
    };
    (now >= window.effective).then(begun)
}

/// The hold of a placement whose start has passed before it was covered.
pub fn start_passed_hold(window: &Window, days: i64) -> Missing {
    let (first_day, plural) = (window.first_day, if days == 1 { "day" } else { "days" });
    Missing::new(
        "start_passed",
        format!(
            "work began on {first_day}, {days} {plural} ago, and coverage cannot begin in the past: \
             move the start date in the ATS, or exclude the placement"
        ),
    )
}

/// One respect in which two terms differ, as a person should read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Difference {
    /// Which term.
    pub term: String,
    /// What it was.
    pub was: String,
    /// What it is now.
    pub is: String,
}

impl Terms {
    /// The same for the same person under another id.
    pub(crate) fn of_candidate(mut self, candidate: &CandidateId) -> Self {
        self.references.candidate.clone_from(candidate);
        self
    }

    /// How `now` differs from these terms in what is insured; names and descriptions do not count.
    pub fn differences(&self, now: &Terms) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut differs = |term: &str, was: String, is: String| {
            if was != is {
                found.push(Difference { term: term.to_owned(), was, is });
            }
        };
        let region = |terms: &Terms| match &terms.job.region {
            Some(region) => format!("{}-{}", region.country, region.state),
            None => "remote".to_owned(),
        };
        differs(
            "candidate",
            self.references.candidate.to_string(),
            now.references.candidate.to_string(),
        );
        differs(
            "requisition",
            self.references.requisition.to_string(),
            now.references.requisition.to_string(),
        );
        differs("first day", self.window.first_day.to_string(), now.window.first_day.to_string());
        differs(LAST_DAY, self.window.last_day.to_string(), now.window.last_day.to_string());
        differs("wage", self.job.wage.to_string(), now.job.wage.to_string());
        differs("region", region(self), region(now));
        differs("client", self.job.entity.to_string(), now.job.entity.to_string());
        differs("category", self.job.category.to_string(), now.job.category.to_string());
        differs("coverage", format!("{:?}", self.coverage), format!("{:?}", now.coverage));
        found
    }

    /// Whether `now` is the same work with a later end, and differs in nothing else that is insured.
    pub fn is_extended_by(&self, now: &Terms) -> bool {
        let differences = self.differences(now);
        now.window.until > self.window.until
            && differences.iter().all(|difference| difference.term == LAST_DAY)
    }
}

/// How the last day is called among the differences.
const LAST_DAY: &str = "last day";
