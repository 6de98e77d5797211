//! All judgement about a certificate: which events an input leads to in the state at hand.
//!
//! What is read at the insurer is so, in whatever order it comes: a standing other than the one known is an event, the
//! same one is none. What a person took for good stays so until the insurer's own word changes.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most inputs change nothing in most states; the table in machine.rs is what is exhaustive"
)]

use super::machine::certificate::{Event, Machine, State};
use super::state::{Breakdown, Cover, Outcome, Paper, RuleKept, Sent, Trouble};
use super::{Found, Input, Origin, Scope, react, subject};
use crate::domain::call::{Answer, CoverageType, Review, ReviewStanding};
use crate::domain::facts::{Date, PersonalText};
use crate::domain::rules::Rules;
use crate::machine::Machine as _;
use crate::seal::Personal;
use crate::time::Timestamp;
use crate::workflow::{Context, Rejection, Standing};

type Decision = Result<Vec<Event>, Rejection>;

/// Which events `input` leads to.
pub(super) fn decide(
    state: Option<&State>,
    input: Input,
    context: &Context<'_, Rules>,
) -> Decision {
    let Some(state) = state else {
        return match input {
            Input::Found(found) => Ok(vec![first(*found, context)]),
            other => {
                let what = <super::Certificate as crate::workflow::Workflow>::input_name(&other);
                let message =
                    format!("{} is not known: it cannot be told `{what}`", context.stream);
                Err(Rejection::new("unknown_certificate", message))
            }
        };
    };
    match input {
        Input::Found(found) => Ok(again(state, *found, context)),
        Input::ContractorLinked { contractor } => Ok(match state {
            State::Found { .. } => vec![Event::ContractorLinked { contractor }],
            State::Held { trouble: Trouble::Contractor { .. } | Trouble::NoContractor, .. } => {
                vec![Event::ContractorLinked { contractor }]
            }
            _ => Vec::new(),
        }),
        Input::ContractorUnavailable { reason } => Ok(match state {
            State::Found { .. } => held(Trouble::Contractor { reason }),
            _ => Vec::new(),
        }),
        Input::ContentKnown { certificate } => Ok(match state {
            State::Kept { .. } | State::Found { .. } | State::Held { .. } => {
                vec![Event::ContentKnown { certificate }]
            }
            _ => sent_as_well(state, certificate),
        }),
        Input::ScopeSeen => Ok(match state {
            _ if is_kept_back(state) => vec![Event::ScopeSeen { at: context.now }],
            _ => Vec::new(),
        }),
        Input::OutOfScope { reason } => Ok(match state {
            State::Kept { .. } => held(Trouble::OutOfScope { reason }),
            _ => Vec::new(),
        }),
        Input::Vanished => Ok(match state {
            State::Error { breakdown: Breakdown::Gone, .. } => Vec::new(),
            _ => sent(state).map(|_| Event::CertificateGone).into_iter().collect(),
        }),
        Input::PersonForgotten { reason } => {
            let event = Event::PersonForgotten { reason };
            let changes = Machine::evolve(state.clone(), event.clone());
            let changes = changes.is_some_and(|after| after != *state);
            Ok(changes.then_some(event).into_iter().collect())
        }
        Input::Answered { standing: Standing::Stale, .. } => Ok(Vec::new()),
        Input::Answered { operation, standing: Standing::Current, answer } => {
            answered(state, &operation, answer, context)
        }
        Input::Reviewed(review) => Ok(reviewed(state, review, context)),
        Input::Timer => Ok(timer(state, context)),
        Input::Accept { covers, until, reason } => {
            said(&reason).and_then(|()| accept(state, &covers, until, reason, context))
        }
        Input::Resubmit { reason } => said(&reason).and_then(|()| resubmit(state, reason, context)),
        Input::Withdraw { reason } => said(&reason).and_then(|()| withdraw(state, reason)),
    }
}

fn said(reason: &str) -> Result<(), Rejection> {
    match reason.trim().is_empty() {
        true => Err(Rejection::new("no_reason", "say why: the reason is kept with the decision")),
        false => Ok(()),
    }
}

/// Whether it waits for its candidate to be known as a contractor, with or without a person.
fn is_kept_back(state: &State) -> bool {
    matches!(state, State::Kept { .. } | State::Held { trouble: Trouble::OutOfScope { .. }, .. })
}

fn held(trouble: Trouble) -> Vec<Event> {
    vec![Event::CertificateHeld { trouble }]
}

fn first(found: Found, context: &Context<'_, Rules>) -> Event {
    let (unfit, scope) = (found.unfit, found.scope);
    let paper = Paper {
        name: Personal::new(subject(context.stream.tenant(), &found.candidate), found.name),
        candidate: found.candidate,
        sha256: found.sha256,
        bytes: found.bytes,
        origins: vec![found.origin],
        placement: found.placement,
    };
    match (unfit, scope) {
        (Some(reason), _) => Event::CertificateUnfit { paper, reason },
        (None, Scope::Known) => Event::CertificateFound { paper, at: context.now },
        (None, Scope::Unknown) => Event::CertificateKept { paper },
    }
}

/// Both went out before anybody knew that two candidates are one person: it cannot be undone, and is said.
fn sent_as_well(state: &State, certificate: String) -> Vec<Event> {
    let is_out = sent(state).is_some() || matches!(state, State::Ready { .. });
    let origin = Origin::Twin { certificate };
    let known = react::paper(state).origins.contains(&origin);
    (is_out && !known).then_some(Event::FoundAgain { origin }).into_iter().collect()
}

/// The same content once more: never sent twice, but its bytes are here again where they were missing.
fn again(state: &State, found: Found, context: &Context<'_, Rules>) -> Vec<Event> {
    let known = react::paper(state).origins.contains(&found.origin);
    let over = matches!(
        state,
        State::Unfit { .. }
            | State::Expired { .. }
            | State::Withdrawn { .. }
            | State::Dropped { .. }
    );
    if over {
        return Vec::new();
    }
    let again = (!known).then_some(Event::FoundAgain { origin: found.origin });
    let missing = matches!(state, State::Held { trouble: Trouble::DocumentGone, .. });
    let reason = "the document is here again".to_owned();
    let resubmitted = missing.then_some(Event::Resubmitted { reason, at: context.now });
    let in_scope = is_kept_back(state) && found.scope == Scope::Known;
    let seen = in_scope.then_some(Event::ScopeSeen { at: context.now });
    again.into_iter().chain(resubmitted).chain(seen).collect()
}

fn answered(
    state: &State,
    operation: &str,
    answer: Answer,
    context: &Context<'_, Rules>,
) -> Decision {
    match (state, answer) {
        (State::Ready { .. }, Answer::CertificateUploaded { certificate }) => {
            Ok(vec![Event::CertificateUploaded { certificate, at: context.now }])
        }
        (State::Ready { .. }, Answer::DocumentGone) => Ok(held(Trouble::DocumentGone)),
        (State::Ready { .. }, Answer::Refused(refusal)) => Ok(held(Trouble::Refused { refusal })),
        (_, _) => {
            let message = format!("the answer does not belong to `{operation}`");
            Err(Rejection::new("unexpected_answer", message))
        }
    }
}

fn reviewed(state: &State, review: Review, context: &Context<'_, Rules>) -> Vec<Event> {
    let standing = review.standing;
    if sent(state).is_none() {
        return Vec::new();
    }
    let outcome = kept(review, &react::paper(state).name);
    if known(state).is_some_and(|known| same(known, &outcome)) {
        return Vec::new();
    }
    match (standing, state) {
        (ReviewStanding::Processing, State::Uploaded { .. }) => vec![Event::ReviewBegun],
        // It went on from there before: an older reading says nothing any more.
        (ReviewStanding::Pending | ReviewStanding::Processing, _) => Vec::new(),
        (ReviewStanding::Approved, _) => {
            let covers = covers(&outcome, context);
            vec![Event::ReviewApproved { outcome, covers }]
        }
        (ReviewStanding::Flagged, _) => vec![Event::ReviewFlagged { outcome }],
        (ReviewStanding::Denied, _) => vec![Event::ReviewDenied { outcome }],
        (ReviewStanding::Error, _) => {
            vec![Event::ReviewFailed { breakdown: Breakdown::Told { outcome } }]
        }
    }
}

/// What the insurer has, in a state that can still be reviewed.
fn sent(state: &State) -> Option<&Sent> {
    match state {
        State::Uploaded { sent, .. }
        | State::Processing { sent, .. }
        | State::Approved { sent, .. }
        | State::Flagged { sent, .. }
        | State::Denied { sent, .. }
        | State::Error { sent, .. } => Some(sent),
        _ => None,
    }
}

/// What its review came to, as known.
fn known(state: &State) -> Option<&Outcome> {
    match state {
        State::Approved { outcome, .. }
        | State::Flagged { outcome, .. }
        | State::Denied { outcome, .. }
        | State::Error { breakdown: Breakdown::Told { outcome }, .. } => Some(outcome),
        _ => None,
    }
}

/// Whether two readings say the same; a remark's words alone are no news, and cannot be compared once they are sealed.
fn same(known: &Outcome, now: &Outcome) -> bool {
    (known.standing, &known.rules, &known.coverages) == (now.standing, &now.rules, &now.coverages)
}

/// Of a person who was forgotten nothing is kept that may name them.
fn kept(review: Review, name: &Personal<PersonalText>) -> Outcome {
    let remark = |rule: &crate::domain::call::RuleSeen| {
        let remark = rule.remark.as_ref()?;
        Some(PersonalText(format!("{}: {}", rule.name, remark.as_str())))
    };
    let remarks = review.rules.iter().filter_map(remark).collect();
    let rules =
        review.rules.into_iter().map(|rule| RuleKept { name: rule.name, result: rule.result });
    Outcome {
        standing: review.standing,
        rules: rules.collect(),
        coverages: review.coverages,
        remarks: match name.is_forgotten() {
            true => Personal::forgotten(name.subject().clone()),
            false => Personal::new(name.subject().clone(), remarks),
        },
    }
}

/// The coverage whose days the insurer told. Without its days a coverage stands for nothing.
fn covers(outcome: &Outcome, context: &Context<'_, Rules>) -> Vec<Cover> {
    let cover = |seen: &crate::domain::call::CoverageSeen| {
        let (effective, expires) =
            (midnight(seen.effective?, context)?, midnight(seen.expires?, context)?);
        let occurrence_cents = seen.occurrence_cents;
        (effective < expires).then_some(Cover {
            coverage: seen.coverage,
            effective,
            expires,
            occurrence_cents,
        })
    };
    let mut covers: Vec<Cover> = outcome.coverages.iter().filter_map(cover).collect();
    covers.sort();
    covers
}

fn midnight(day: Date, context: &Context<'_, Rules>) -> Option<Timestamp> {
    let midnight = day.to_zoned(context.rules.zone.clone()).ok()?;
    Some(midnight.timestamp().into())
}

fn timer(state: &State, context: &Context<'_, Rules>) -> Vec<Event> {
    if react::due(state).is_none_or(|due| context.now < due) {
        return Vec::new();
    }
    match state {
        State::Found { .. } => held(Trouble::NoContractor),
        State::Uploaded { .. } | State::Processing { .. } => {
            vec![Event::ReviewFailed { breakdown: Breakdown::Overdue }]
        }
        State::Approved { .. } => vec![Event::CertificateExpired],
        _ => Vec::new(),
    }
}

fn accept(
    state: &State,
    types: &[CoverageType],
    until: Option<Date>,
    reason: String,
    context: &Context<'_, Rules>,
) -> Decision {
    let (outcome, sent) = match state {
        State::Approved { outcome, sent, .. }
        | State::Flagged { outcome, sent, .. }
        | State::Denied { outcome, sent, .. } => (outcome, sent),
        _ => {
            let message = "only what the insurer has reviewed can be taken for good";
            return Err(Rejection::new("not_reviewed", message));
        }
    };
    let mut read = covers(outcome, context);
    read.retain(|cover| types.is_empty() || types.contains(&cover.coverage));
    let covers = match until {
        None => read,
        Some(day) => {
            let Some(expires) = midnight(day, context) else {
                return Err(Rejection::new("no_day", "that day does not exist"));
            };
            let of = |coverage: CoverageType| {
                let read = read.iter().find(|cover| cover.coverage == coverage);
                Cover {
                    coverage,
                    // Where nobody read when it began, it is taken from when the insurer had it.
                    effective: read.map_or(sent.at, |read| read.effective),
                    expires,
                    occurrence_cents: read.and_then(|read| read.occurrence_cents),
                }
            };
            let types: Vec<CoverageType> = match types.is_empty() {
                true => read.iter().map(|cover| cover.coverage).collect(),
                false => types.to_vec(),
            };
            let mut covers: Vec<Cover> = types.into_iter().map(of).collect();
            covers.sort();
            covers.dedup();
            covers
        }
    };
    if covers.is_empty() || covers.iter().any(|cover| cover.expires <= context.now) {
        return Err(Rejection::new(
            "covers_nothing",
            "say which coverage it shows and until when: the insurer did not read that, or it has run out",
        ));
    }
    let event = Event::CertificateAccepted { outcome: outcome.clone(), covers, reason };
    // Said twice, it is kept once.
    let changes = Machine::evolve(state.clone(), event.clone()).as_ref() != Some(state);
    Ok(changes.then_some(event).into_iter().collect())
}

fn resubmit(state: &State, reason: String, context: &Context<'_, Rules>) -> Decision {
    match state {
        State::Held { trouble: Trouble::OutOfScope { .. }, .. } => {
            Err(Rejection::new("not_in_scope", react::headline(state)))
        }
        State::Held { .. } | State::Error { .. } => {
            Ok(vec![Event::Resubmitted { reason, at: context.now }])
        }
        State::Flagged { .. } | State::Denied { .. } => Err(Rejection::new(
            "reviewed",
            "the same document would be reviewed to the same end: hand in another one, accept it or withdraw it",
        )),
        State::Kept { .. } => Err(Rejection::new("not_in_scope", super::KEPT)),
        _ => Err(Rejection::new("under_way", "there is nothing to send again")),
    }
}

fn withdraw(state: &State, reason: String) -> Decision {
    match state {
        State::Ready { .. } => Err(Rejection::new(
            "being_sent",
            "it is being sent: withdraw it once the insurer has answered",
        )),
        State::Unfit { .. }
        | State::Expired { .. }
        | State::Withdrawn { .. }
        | State::Dropped { .. } => Err(Rejection::new("closed", "it counts for nothing already")),
        _ => Ok(vec![Event::CertificateWithdrawn { reason }]),
    }
}
