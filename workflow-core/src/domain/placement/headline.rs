//! A placement's state in plain words, for lists and pages. No personal data.

use std::time::Duration;

use jiff::Span;

use super::decide::MANUAL_REVIEW;
use super::machine::placement::State;
use super::state::{
    Amendment, Back, Basis, Coverage, Evidence, Hired, Intent, Issue, Leave, Readiness, Road,
    Wanted,
};
use crate::domain::terms::{Difference, Missing};

/// Why the placement is where it is, and what a person is to do about it.
pub(super) fn headline(state: &State) -> String {
    let why = why(state);
    match super::remind::words(state) {
        Some(reminder) => format!("{why}; {reminder}"),
        None => why,
    }
}

fn why(state: &State) -> String {
    match state {
        State::Discovered { readiness: Readiness::Unread, .. } => "reading its facts".into(),
        State::Discovered { readiness: Readiness::Held { missing }, .. } => {
            format!("held: {}", all(missing))
        }
        State::Discovered { readiness: Readiness::Ready { .. }, .. } => {
            "waiting for the contractor to be known to the insurer".into()
        }
        State::ContractorReady { intent: Intent::Late { days }, .. } => {
            format!("{}: its job is not answered for yet", begun(*days))
        }
        State::Quoted { intent: Intent::Late { days }, road: Road::Taken(_), .. } => {
            format!("{}: what was asked for is not answered yet", begun(*days))
        }
        State::ContractorReady { job: Wanted::Create, .. } => "creating its job".into(),
        State::ContractorReady { job: Wanted::Update(_), .. } => {
            "bringing its job up to date".into()
        }
        State::JobReady { hired } if matches!(amendment(hired), Amendment::Quote(_)) => {
            "bringing its quote up to date".into()
        }
        State::JobReady { .. } => "asking for a quote".into(),
        State::Quoted { road: Road::Asked(_), .. } => {
            "waiting for its turn with the contractor".into()
        }
        State::Quoted {
            road: Road::Taken(Leave::Application), basis: Basis::Quote { .. }, ..
        } => "opening the contractor's application".into(),
        State::Quoted { road: Road::Taken(_), .. } => "creating the assignment".into(),
        State::ApplicationPending { intent: Intent::Stay, application, .. }
            if application.progress == MANUAL_REVIEW =>
        {
            "the insurer's staff looks at the application (manual review)".into()
        }
        State::ApplicationPending { intent: Intent::Stay, application, .. } => format!(
            "waiting for the contractor to finish the application (at: {})",
            application.progress.replace('_', " ")
        ),
        State::ApplicationPending { .. } => "closing the application before a change".into(),
        State::Assigned { intent: Intent::Stay, hired, .. }
            if matches!(amendment(hired), Amendment::Extend(_)) =>
        {
            "asking for a later end of the assignment".into()
        }
        State::Assigned { intent: Intent::Stay, .. } => {
            "waiting for the assignment to come into force".into()
        }
        State::Assigned { .. } => "undoing the assignment before a change".into(),
        State::Active { hired, coverage } => covered(hired, coverage),
        State::Flagged { issue, back } => flagged(issue, back),
        State::Excluded { evidence, .. } => format!("out of scope: {}", evidence.evidence),
        State::Completed { hired, coverage, early: Some(on) } => format!(
            "work ended on {on}; covered to {} by {}, which was not shortened",
            hired.terms().window.last_day,
            evidence(&coverage.evidence)
        ),
        State::Completed { coverage, early: None, .. } => {
            format!("ended, covered to its end by {}", evidence(&coverage.evidence))
        }
        State::Canceled { reason, .. } => reason.clone(),
    }
}

/// The days that a time touches; an hour less, which is what a day of the other clock time lacks or has too much.
fn days_in(time: Duration) -> Span {
    let (day_secs, hour_secs) = (24 * 3600, 3600);
    let days = time.as_secs().saturating_sub(hour_secs).div_ceil(day_secs);
    Span::new().days(i64::try_from(days.min(100_000)).unwrap_or_default())
}

/// The days of the work that are covered.
fn covered(hired: &Hired, coverage: &Coverage) -> String {
    let (window, by) = (&hired.terms().window, evidence(&coverage.evidence));
    let late = days_in(coverage.effective.since(window.effective));
    let short = days_in(window.until.since(coverage.expires));
    let first = window.first_day.checked_add(late).unwrap_or(window.last_day);
    let last = window.last_day.checked_sub(short).unwrap_or(window.first_day);
    let covered = format!("covered {first} to {last} by {by}");
    match amendment(hired) {
        Amendment::Extend(terms) => {
            format!("{covered}; asking for cover until {}", terms.window.last_day)
        }
        Amendment::Close { .. } => {
            format!("{covered}; work is over, and the coverage is read once more")
        }
        Amendment::None | Amendment::Quote(_) => covered,
    }
}

/// A flag as a person should read it: what happened, and what to do where nothing was bought.
pub(super) fn flagged(issue: &Issue, back: &Back) -> String {
    let by_certificate = matches!(
        back,
        Back::Coverage { coverage, .. } if matches!(coverage.evidence, Evidence::Certificate { .. })
    );
    let own = "yet it is covered by the contractor's own certificate: close the placement";
    match (by_certificate, issue) {
        (true, Issue::CanceledWhileCovered { reason }) => format!("{reason}, {own}"),
        (true, Issue::OutOfScopeWhileCovered { evidence }) => {
            format!("{}, {own}", evidence.evidence)
        }
        (true, Issue::CandidateGone { reason }) => {
            format!("the candidate is gone from the ATS ({reason}), {own}, or return to it")
        }
        (true, Issue::TermsChanged { differences, .. }) => format!(
            "changed while it is covered by the contractor's own certificate: {}",
            each(differences)
        ),
        (_, issue) => self::issue(issue),
    }
}

fn issue(issue: &Issue) -> String {
    match issue {
        Issue::CoverageLost { loss } => format!("coverage lost: {}", loss.words()),
        Issue::Refused { operation, refusal } => format!(
            "{} was refused: {} ({} {})",
            operation.replace('_', " "),
            refusal.message,
            refusal.status,
            refusal.code
        ),
        Issue::QuoteIneligible => "the insurer will not insure these terms".into(),
        Issue::ApplicationIneligible => "the insurer declined the contractor's application".into(),
        Issue::ApplicationExpired => {
            "the application ran out before the contractor finished it".into()
        }
        Issue::AssignmentIneligible { message } => {
            format!("the policy on file does not cover this placement: {message}")
        }
        Issue::Contractor { reason } => reason.clone(),
        Issue::StartPassed { days } => begun(*days),
        Issue::Gap { days, from, to } => {
            let plural = if *days == 1 { "day" } else { "days" };
            format!("covered from {to}, but work began on {from}: {days} {plural} uncovered")
        }
        Issue::Unclear { missing } => format!("the facts no longer suffice: {}", all(missing)),
        Issue::TermsChanged { differences, .. } => {
            format!("changed after coverage was bought: {}", each(differences))
        }
        Issue::NotExtended { differences, refusal, .. } => format!(
            "{}, and the insurer will not extend the coverage: {} ({} {})",
            each(differences),
            refusal.message,
            refusal.status,
            refusal.code
        ),
        Issue::EndedEarly { on, until } => format!(
            "work ended on {on}, yet coverage lasts until {until}: shorten it at the insurer, then return"
        ),
        Issue::Reopened { reason } => format!(
            "alive again in the ATS, after it was closed ({reason}): see whether what it had is still in force"
        ),
        Issue::CanceledWhileCovered { reason } => {
            format!(
                "{reason}, yet coverage is bought: cancel it at the insurer, then close the placement"
            )
        }
        Issue::CandidateGone { reason } => {
            format!(
                "the candidate is gone from the ATS ({reason}), yet coverage is bought: see to it at \
                 the insurer, then close the placement, or return to it"
            )
        }
        Issue::OutOfScopeWhileCovered { evidence } => {
            format!("{}, yet coverage is bought", evidence.evidence)
        }
    }
}

/// What a person reads of work that began uncovered, wherever the placement stands.
pub(super) fn begun(days: i64) -> String {
    let plural = if days == 1 { "day" } else { "days" };
    format!("work has begun without coverage, {days} {plural} so far")
}

fn amendment(hired: &Hired) -> &Amendment {
    &hired.engagement.amendment
}

fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Policy { policy, .. } => format!("policy {policy}"),
        Evidence::Assignment { assignment, .. } => format!("assignment {assignment}"),
        Evidence::Certificate { certificate, .. } => {
            format!("the contractor's own certificate {certificate}; nothing was bought")
        }
    }
}

fn all(missing: &[Missing]) -> String {
    missing.iter().map(|m| m.text.as_str()).collect::<Vec<_>>().join("; ")
}

fn each(differences: &[Difference]) -> String {
    let one = |d: &Difference| format!("{} was {}, is {}", d.term, d.was, d.is);
    differences.iter().map(one).collect::<Vec<_>>().join("; ")
}
