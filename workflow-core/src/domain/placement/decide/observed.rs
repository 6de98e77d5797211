//! The ATS says so now: what changed against what is known?

use super::super::machine::placement::{Event, State};
use super::super::state::{Back, Intent, Issue, Road};
use super::{Decision, act, after, engagement, exclusion, flag, hand, too_late};
use crate::domain::facts::{Date, Facts};
use crate::domain::placement::react::contractor_stream;
use crate::domain::rules::Rules;
use crate::domain::terms::{
    Brief, Missing, OutOfScope, Terms, Verdict, classify, judge, judge_with, start_passed,
    start_passed_hold,
};
use crate::workflow::{Context, Rejection};

/// The code of a hold because the worker is another one.
pub(super) const ANOTHER_WORKER: &str = "candidate_changed";

/// A placement seen for the first time.
pub(super) fn first(facts: &Facts, context: &Context<'_, Rules>) -> Vec<Event> {
    let (placement, brief) = (facts.placement.clone(), Brief::of(facts));
    let found = Event::PlacementFound { placement: placement.clone(), brief: brief.clone() };
    let release = super::Release::nothing(brief.candidate.clone(), placement.clone());
    let then = match judge(facts, context.rules) {
        Verdict::Out(evidence) => {
            Event::PlacementExcluded { placement, brief, evidence, job: super::NO_JOB, release }
        }
        Verdict::Off(reason) => Event::PlacementCanceled { reason, release },
        Verdict::Over(on) => {
            let evidence = over_before_seen(on);
            Event::PlacementExcluded { placement, brief, evidence, job: super::NO_JOB, release }
        }
        verdict @ (Verdict::Ready(_) | Verdict::Held(_)) => sufficient(brief, verdict, context),
    };
    vec![found, then]
}

fn over_before_seen(on: Option<Date>) -> OutOfScope {
    let when = on.map_or("before".to_owned(), |on| format!("on {on}, before"));
    OutOfScope {
        code: "over".into(),
        evidence: format!("work ended {when} the placement was first seen: nothing left to insure"),
    }
}

/// Whether the facts of a placement in scope suffice; a start that has passed holds.
fn sufficient(brief: Brief, verdict: Verdict, context: &Context<'_, Rules>) -> Event {
    let terms = match verdict {
        Verdict::Ready(terms) => *terms,
        Verdict::Held(missing) => return Event::TermsHeld { brief, missing },
        Verdict::Out(_) | Verdict::Off(_) | Verdict::Over(_) => {
            return Event::TermsHeld { brief, missing: Vec::new() };
        }
    };
    if let Some(days) = start_passed(&terms.window, context.now, &context.rules.zone) {
        return Event::TermsHeld { brief, missing: vec![start_passed_hold(&terms.window, days)] };
    }
    if contractor_stream(context.stream, &terms.references.candidate).is_none() {
        let text = "the candidate's id has characters that no id has: correct it in the ATS";
        let missing = vec![Missing { code: "candidate_id".into(), text: text.into() }];
        return Event::TermsHeld { brief, missing };
    }
    Event::TermsReady { brief, terms }
}

/// What the facts want of a placement that is already on the road.
fn intent(known: &Terms, verdict: Verdict) -> Intent {
    match verdict {
        Verdict::Ready(terms) if *terms == *known => Intent::Stay,
        Verdict::Ready(terms) => Intent::Change { terms },
        Verdict::Held(missing) => Intent::Hold { missing },
        Verdict::Out(evidence) => Intent::Exclude { evidence },
        Verdict::Off(reason) => Intent::Cancel { reason },
        Verdict::Over(on) => {
            let when = on.map_or(String::new(), |on| format!(" on {on}"));
            Intent::Cancel { reason: format!("work ended{when} before coverage began") }
        }
    }
}

/// The same before anything is bought: another worker would be another contractor, so that a person confirms it.
fn road_intent(known: &Terms, verdict: Verdict) -> Intent {
    match intent(known, verdict) {
        Intent::Change { terms } => change(known, terms),
        other => other,
    }
}

/// The change to other terms, unless they are another worker's.
pub(super) fn change(known: &Terms, terms: Box<Terms>) -> Intent {
    if !is_of_another(known, &terms) {
        return Intent::Change { terms };
    }
    let (is, was) = (&terms.references.candidate, &known.references.candidate);
    let text = format!(
        "the worker is another one: candidate {is}, was {was}; restart the placement once what \
         is open for the other one is closed"
    );
    Intent::Hold { missing: vec![Missing { code: ANOTHER_WORKER.into(), text }] }
}

/// Whether terms are another worker's, whom the contractor at hand must not be quoted for.
pub(super) fn is_of_another(known: &Terms, terms: &Terms) -> bool {
    terms.references.candidate != known.references.candidate
}

/// A placement seen again.
pub(super) fn observed(state: &State, facts: &Facts, context: &Context<'_, Rules>) -> Decision {
    let verdict = judge_with(facts, &hand::of(state, Some(facts)), context.rules);
    match state {
        State::Discovered { .. } => Ok(discovered(state, facts, verdict, context)),
        State::Excluded { evidence, .. } => Ok(excluded(state, evidence, facts, verdict, context)),
        State::Active { hired, .. } => Ok(match verdict {
            Verdict::Over(_) => vec![Event::PlacementCompleted],
            other => covered(state, hired, &intent(hired.terms(), other)),
        }),
        State::Flagged { issue, back } => {
            let events = flagged(state, issue, back, verdict.clone(), context);
            Ok(with_the_facts(state, events, facts, verdict, context))
        }
        State::Completed { .. } | State::Canceled { .. } => match verdict {
            Verdict::Ready(terms) if !known(state, &terms) => Err(Rejection::new(
                "closed",
                format!(
                    "{} is closed, yet the ATS shows it alive with other terms",
                    context.stream
                ),
            )),
            _ => Ok(Vec::new()),
        },
        State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::ApplicationPending { .. }
        | State::Assigned { .. } => {
            let Some(engagement) = engagement(state) else { return Ok(Vec::new()) };
            Ok(pursue(state, road_intent(&engagement.terms, verdict)))
        }
    }
}

fn known(state: &State, terms: &Terms) -> bool {
    engagement(state).is_none_or(|e| e.terms.differences(terms).is_empty())
}

/// The ATS does not know the placement any more.
pub(super) fn vanished(state: &State, context: &Context<'_, Rules>) -> Vec<Event> {
    let reason = "gone from the ATS".to_owned();
    match state {
        State::Active { hired, .. } => covered(state, hired, &Intent::Cancel { reason }),
        State::Flagged { issue, back } => {
            flagged(state, issue, back, Verdict::Off(reason), context)
        }
        State::Discovered { .. } | State::Excluded { .. } => act(state, &Intent::Cancel { reason }),
        State::Completed { .. } | State::Canceled { .. } => Vec::new(),
        State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::ApplicationPending { .. }
        | State::Assigned { .. } => pursue(state, Intent::Cancel { reason }),
    }
}

fn discovered(
    state: &State,
    facts: &Facts,
    verdict: Verdict,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let event = match verdict {
        Verdict::Out(evidence) => return exclusion(state, evidence),
        Verdict::Off(reason) => super::cancel(state, reason),
        Verdict::Over(on) => {
            let when = on.map_or(String::new(), |on| format!(" on {on}"));
            super::cancel(state, format!("work ended{when} without coverage"))
        }
        // What speaks against a person's decision is put before a person, and never only waited for.
        Verdict::Held(missing) if missing.iter().any(classify::contradicts) => {
            return flag(state, Issue::Unclear { missing });
        }
        verdict @ (Verdict::Ready(_) | Verdict::Held(_)) => {
            sufficient(Brief::of(facts).with(hand::of(state, Some(facts))), verdict, context)
        }
    };
    if after(state, &event).as_ref() == Some(state) { Vec::new() } else { vec![event] }
}

fn excluded(
    state: &State,
    known: &OutOfScope,
    facts: &Facts,
    verdict: Verdict,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    match verdict {
        Verdict::Out(evidence) if evidence == *known => Vec::new(),
        Verdict::Out(evidence) => exclusion(state, evidence),
        Verdict::Off(reason) => vec![super::cancel(state, reason)],
        Verdict::Over(_) => Vec::new(),
        // What a person took out, only a person takes in again.
        Verdict::Ready(_) | Verdict::Held(_) if known.code == super::resolve::BY_HAND => Vec::new(),
        verdict @ (Verdict::Ready(_) | Verdict::Held(_)) => {
            let brief = Brief::of(facts).with(hand::of(state, Some(facts)));
            vec![Event::Reclassified { brief: brief.clone() }, sufficient(brief, verdict, context)]
        }
    }
}

/// Acts on an intent now where nothing is in flight, else notes it.
pub(super) fn pursue(state: &State, intent: Intent) -> Vec<Event> {
    match state {
        State::JobReady { .. } | State::Quoted { road: Road::Asked(_), .. } => act(state, &intent),
        State::ContractorReady { intent: noted, .. }
        | State::Quoted { intent: noted, road: Road::Taken(_), .. } => note(noted, intent),
        State::ApplicationPending { intent: noted, .. } | State::Assigned { intent: noted, .. } => {
            reconsider(state, noted, intent)
        }
        State::Discovered { .. }
        | State::Active { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => Vec::new(),
    }
}

/// What is being undone is not kept half-way: it begins anew with the terms as they are.
fn reconsider(state: &State, noted: &Intent, intent: Intent) -> Vec<Event> {
    match (noted.undoes(), intent) {
        (false, Intent::Hold { missing }) => flag(state, Issue::Unclear { missing }),
        (false, Intent::Change { terms }) if unimportant(state, &terms) => Vec::new(),
        (true, Intent::Stay) => {
            let terms = engagement(state).map(|e| Box::new(e.terms.clone()));
            terms.map_or(Vec::new(), |terms| note(noted, Intent::Change { terms }))
        }
        (_, intent) => note(noted, intent),
    }
}

/// A changed name or description is no reason to undo what the contractor is busy with.
fn unimportant(state: &State, terms: &Terms) -> bool {
    engagement(state).is_some_and(|e| e.terms.differences(terms).is_empty())
}

fn note(noted: &Intent, intent: Intent) -> Vec<Event> {
    if *noted == intent { Vec::new() } else { vec![Event::IntentChanged { intent }] }
}

/// A change while covered is a person's to settle.
fn covered(state: &State, hired: &super::Hired, intent: &Intent) -> Vec<Event> {
    too_late(hired, intent).map_or(Vec::new(), |issue| flag(state, issue))
}

pub(super) fn flagged(
    state: &State,
    issue: &Issue,
    back: &Back,
    verdict: Verdict,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let Some(engagement) = back.engagement() else {
        return match verdict {
            Verdict::Out(evidence) => exclusion(state, evidence),
            Verdict::Off(reason) => vec![super::cancel(state, reason)],
            // The ATS gave its facts after all: they are read again.
            Verdict::Ready(_) | Verdict::Held(_) if matches!(issue, Issue::Refused { .. }) => {
                vec![super::resolve::resumed(back, "the ATS gives the facts again")]
            }
            Verdict::Ready(_) if matches!(issue, Issue::Unclear { .. }) => {
                vec![super::resolve::resumed(back, "the facts are clear again")]
            }
            Verdict::Over(_) | Verdict::Ready(_) | Verdict::Held(_) => Vec::new(),
        };
    };
    match back {
        Back::Discovered { .. } => Vec::new(),
        Back::Contractor { .. } | Back::Job { .. } | Back::Quote { .. } => {
            let intent = road_intent(&engagement.terms, verdict);
            waiting(state, issue, back, intent, context)
        }
        Back::Lost { wanted, .. } => {
            let intent = road_intent(wanted, verdict);
            waiting(state, issue, back, intent, context)
        }
        Back::Application { intent: noted, .. } | Back::Assignment { intent: noted, .. } => {
            let intent = match road_intent(&engagement.terms, verdict) {
                Intent::Change { terms } if engagement.terms.differences(&terms).is_empty() => {
                    Intent::Stay
                }
                other => other,
            };
            opened(issue, back, noted, intent)
        }
        Back::Coverage { hired, .. } => match verdict {
            Verdict::Over(_) => Vec::new(),
            other => bought(state, issue, back, hired, &intent(hired.terms(), other)),
        },
    }
}

/// A placement that begins anew because it was observed need not read what was just seen.
fn with_the_facts(
    state: &State,
    mut events: Vec<Event>,
    facts: &Facts,
    verdict: Verdict,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    if let [event @ Event::Restarted { .. }] = events.as_slice()
        && let Some(anew) = after(state, event)
    {
        events.extend(discovered(&anew, facts, verdict, context));
    }
    events
}

/// A flag before anything was bought, or after it was lost.
fn waiting(
    state: &State,
    issue: &Issue,
    back: &Back,
    intent: Intent,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    match intent {
        Intent::Cancel { .. } | Intent::Exclude { .. } => act(state, &intent),
        Intent::Change { terms } => changed(issue, back, *terms),
        Intent::Stay if matches!(issue, Issue::Unclear { .. }) => clear_again(back, context),
        Intent::Stay | Intent::Hold { .. } => Vec::new(),
    }
}

/// Other terms go on by themselves where they may be the remedy, and are kept for the person where not.
fn changed(issue: &Issue, back: &Back, terms: Terms) -> Vec<Event> {
    let kept = match back {
        Back::Lost { hired, evidence, .. } => Some(Back::Lost {
            hired: hired.clone(),
            evidence: evidence.clone(),
            wanted: Box::new(terms),
        }),
        back if heals_by_change(issue) => {
            let resumed = |e| super::resolve::resumed_with(back, e, terms);
            return back.engagement().map(resumed).into_iter().collect();
        }
        back => back.anew(terms),
    };
    kept.map(|back| Event::FlagRaised { issue: issue.clone(), back }).into_iter().collect()
}

/// A flag while something is open at the insurer.
fn opened(issue: &Issue, back: &Back, noted: &Intent, intent: Intent) -> Vec<Event> {
    let why = "the placement changed in the ATS";
    match intent {
        Intent::Hold { .. } => Vec::new(),
        Intent::Stay if matches!(issue, Issue::Unclear { .. }) => {
            vec![super::resolve::resumed(back, "the facts are clear again")]
        }
        intent if intent == *noted => Vec::new(),
        intent => vec![super::resolve::resumed_for(back, intent, why)],
    }
}

/// A flag while covered: it heals when the facts are again what is insured.
fn bought(
    state: &State,
    issue: &Issue,
    back: &Back,
    hired: &super::Hired,
    intent: &Intent,
) -> Vec<Event> {
    let by_facts = match issue {
        Issue::Unclear { .. }
        | Issue::TermsChanged { .. }
        | Issue::CanceledWhileCovered { .. }
        | Issue::OutOfScopeWhileCovered { .. } => true,
        Issue::CoverageLost { .. }
        | Issue::Refused { .. }
        | Issue::QuoteIneligible
        | Issue::ApplicationIneligible
        | Issue::ApplicationExpired
        | Issue::AssignmentIneligible { .. }
        | Issue::Contractor { .. }
        | Issue::CandidateGone { .. }
        | Issue::Gap { .. }
        | Issue::StartPassed { .. } => false,
    };
    match too_late(hired, intent) {
        None if by_facts => {
            vec![super::resolve::resumed(back, "the facts are again what is insured")]
        }
        Some(Issue::Unclear { .. }) | None => Vec::new(),
        Some(new) if new == *issue => Vec::new(),
        Some(new) => flag(state, new),
    }
}

/// The facts suffice again, as they were: it goes on by itself, unless work has begun meanwhile.
pub(super) fn clear_again(back: &Back, context: &Context<'_, Rules>) -> Vec<Event> {
    let days = match back {
        Back::Job { hired } => {
            start_passed(&hired.terms().window, context.now, &context.rules.zone)
        }
        Back::Discovered { .. }
        | Back::Contractor { .. }
        | Back::Quote { .. }
        | Back::Application { .. }
        | Back::Assignment { .. }
        | Back::Coverage { .. }
        | Back::Lost { .. } => None,
    };
    vec![match days {
        Some(days) => Event::FlagRaised { issue: Issue::StartPassed { days }, back: back.clone() },
        None => super::resolve::resumed(back, "the facts are clear again"),
    }]
}

/// Whether other terms may be what the flag was waiting for.
fn heals_by_change(issue: &Issue) -> bool {
    match issue {
        Issue::Refused { .. }
        | Issue::QuoteIneligible
        | Issue::AssignmentIneligible { .. }
        | Issue::StartPassed { .. }
        | Issue::Unclear { .. } => true,
        Issue::CoverageLost { .. }
        | Issue::ApplicationIneligible
        | Issue::ApplicationExpired
        | Issue::Contractor { .. }
        | Issue::Gap { .. }
        | Issue::TermsChanged { .. }
        | Issue::CanceledWhileCovered { .. }
        | Issue::CandidateGone { .. }
        | Issue::OutOfScopeWhileCovered { .. } => false,
    }
}
