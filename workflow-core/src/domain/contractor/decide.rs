//! All judgement about a contractor: which events an input leads to in the state at hand.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most inputs change nothing in most states; the table in machine.rs is what is exhaustive"
)]

use super::Input;
use super::legacy::Stage;
use super::machine::contractor::{Event, Machine, State};
use super::state::{Email, Identity, Linked, Trouble, Way};
use crate::domain::call::{Answer, ContractorId, Refusal};
use crate::domain::certificate::Word;
use crate::domain::facts::{CandidateId, EmailAddress, Person, PlacementId};
use crate::domain::placement::{Ended, Need};
use crate::domain::rules::Rules;
use crate::machine::Machine as _;
use crate::seal::{Personal, Subject};
use crate::workflow::{Context, Rejection, Standing};

mod merge;

type Decision = Result<Vec<Event>, Rejection>;

/// Which events `input` leads to, the turns that it frees included.
pub(super) fn decide(
    state: Option<&State>,
    input: Input,
    context: &Context<'_, Rules>,
) -> Decision {
    let Some(state) = state else {
        return match input {
            Input::LinkAsked { placement } => {
                let candidate = CandidateId(context.stream.key().to_owned());
                Ok(vec![Event::CandidateFound { candidate, placement }])
            }
            Input::CertificateTold { certificate, word } => {
                Ok(vec![certificate_told(certificate, word, context)])
            }
            Input::Observed(_) | Input::Merged { .. } | Input::Retire { .. } => Ok(Vec::new()),
            Input::Inherit(legacy) => Ok(vec![merge::received(legacy, context)]),
            other => {
                let what = <super::Contractor as crate::workflow::Workflow>::input_name(&other);
                let message =
                    format!("{} is not known: it cannot be told `{what}`", context.stream);
                Err(Rejection::new("unknown_contractor", message))
            }
        };
    };
    let mut events = judge(state, input, context)?;
    let mut after = Some(state.clone());
    for event in &events {
        after = after.and_then(|state| Machine::evolve(state, event.clone()));
    }
    if let (false, Some(after)) = (events.is_empty(), after) {
        events.extend(grants(after));
    }
    Ok(events)
}

fn judge(state: &State, input: Input, context: &Context<'_, Rules>) -> Decision {
    match (state, &input) {
        (State::Retired { .. }, Input::Forget { .. } | Input::CertificateTold { .. }) => {}
        (State::Retired { .. }, Input::LinkAsked { placement }) => {
            return Ok(vec![Event::LinkAsked { placement: placement.clone() }]);
        }
        (State::Retired { .. }, Input::Merged { into }) => {
            return Ok(merge::merged(state, into.clone(), context));
        }
        (State::Retired { .. }, Input::Retire { .. } | Input::Observed(_)) => {
            return Ok(Vec::new());
        }
        (State::Retired { reason, .. }, _) => {
            return Err(Rejection::new("retired", format!("the candidate is retired: {reason}")));
        }
        (State::Forgotten { .. } | State::Gone { .. }, _) => {
            return forgotten(state, input, context);
        }
        _ => {}
    }
    match input {
        Input::LinkAsked { placement } => Ok(link_asked(state, placement)),
        Input::RoadAsked { placement, round, need } => road_asked(state, placement, round, need),
        Input::TurnOver { placement, round, ended } => Ok(match merge::is_at_work(state) {
            true => merge::turn_over(state, placement, round, ended),
            false => turn_over(state, placement, round, ended),
        }),
        Input::CertificateTold { certificate, word } => {
            // As when a placement asks: what was wrong with the person may be mended.
            let asks = is_stuck(state) && matches!(word, Word::Needs { .. } | Word::Given { .. });
            let retried =
                asks.then(|| Event::Retried { reason: "a certificate asks for it".into() });
            let told = certificate_told(certificate, word, context);
            Ok(std::iter::once(told).chain(retried).collect())
        }
        Input::Merged { into } => Ok(merge::merged(state, into, context)),
        Input::Inherit(legacy) => Ok(merge::inherited(state, legacy, context)),
        Input::Keep { contractor, reason } => merge::kept(state, contractor, reason, context),
        Input::Observed(person) => Ok(observed(state, person, context)),
        Input::Answered { standing: Standing::Stale, .. } => Ok(Vec::new()),
        Input::Answered { operation, standing: Standing::Current, answer } => {
            answered(state, &operation, answer, context)
        }
        Input::Retry { reason } => match state {
            State::Flagged { .. } | State::Succeeding { stage: Stage::Hindered { .. }, .. } => {
                Ok(vec![Event::Retried { reason }])
            }
            _ => Err(Rejection::new("not_flagged", format!("{} is not flagged", context.stream))),
        },
        // Whom another one took the place of is not gone.
        Input::Retire { .. } if matches!(state, State::Merging { .. } | State::Merged { .. }) => {
            Ok(Vec::new())
        }
        Input::SetEmail { email, reason } => set_email(state, &email, reason, context),
        Input::Retire { reason } => Ok(vec![Event::CandidateRetired { reason }]),
        Input::Forget { reason } if reason.trim().is_empty() => {
            Err(Rejection::new("no_reason", "say why the person is to be forgotten"))
        }
        Input::Forget { reason } => Ok(vec![Event::PersonForgotten { reason }]),
    }
}

/// What a forgotten person can still be told: placements ask and are answered, and whatever would bring data back or
/// was on its way before changes nothing.
fn forgotten(state: &State, input: Input, context: &Context<'_, Rules>) -> Decision {
    match (state, input) {
        (State::Forgotten { .. }, Input::LinkAsked { placement }) => {
            Ok(vec![Event::LinkAsked { placement }])
        }
        (State::Forgotten { .. }, Input::RoadAsked { placement, round, need }) => {
            Ok(vec![Event::RoadAsked { placement, round, need }])
        }
        (State::Forgotten { .. }, Input::CertificateTold { certificate, word }) => {
            Ok(vec![certificate_told(certificate, word, context)])
        }
        (State::Forgotten { .. }, Input::Retire { reason }) => {
            Ok(vec![Event::CandidateRetired { reason }])
        }
        (
            _,
            Input::LinkAsked { .. }
            | Input::RoadAsked { .. }
            | Input::CertificateTold { .. }
            | Input::Retry { .. }
            | Input::SetEmail { .. },
        ) => Err(Rejection::new("forgotten", format!("{} was forgotten", context.stream))),
        (
            _,
            Input::Forget { .. }
            | Input::Retire { .. }
            | Input::Observed(_)
            | Input::Answered { .. }
            | Input::TurnOver { .. }
            | Input::Merged { .. }
            | Input::Inherit(_)
            | Input::Keep { .. },
        ) => Ok(Vec::new()),
    }
}

fn certificate_told(certificate: String, word: Word, context: &Context<'_, Rules>) -> Event {
    let candidate = CandidateId(context.stream.key().to_owned());
    Event::CertificateTold { candidate, certificate, word }
}

/// A flagged contractor is tried anew when a placement asks: a flagged placement asks only once a person restarts it.
fn link_asked(state: &State, placement: PlacementId) -> Vec<Event> {
    let retried =
        is_stuck(state).then(|| Event::Retried { reason: "a placement asks again".into() });
    std::iter::once(Event::LinkAsked { placement }).chain(retried).collect()
}

/// Whether it waits for a person, and may be tried anew.
fn is_stuck(state: &State) -> bool {
    matches!(state, State::Flagged { .. } | State::Succeeding { stage: Stage::Hindered { .. }, .. })
}

fn known(state: &State) -> Option<&Linked> {
    match state {
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            Some(known)
        }
        State::Unlinked { .. }
        | State::Identified { .. }
        | State::Succeeding { .. }
        | State::Contested { .. }
        | State::Flagged { .. }
        | State::Merging { .. }
        | State::Merged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => None,
    }
}

fn road_asked(state: &State, placement: PlacementId, round: u32, need: Need) -> Decision {
    if merge::is_at_work(state) {
        return Ok(merge::road_asked(state, placement, round, need));
    }
    if known(state).is_none() {
        let message = "the contractor is not linked: no placement can have a quote";
        return Err(Rejection::new("not_linked", message));
    }
    let asked = Event::RoadAsked { placement: placement.clone(), round, need };
    // The insurer said that a policy is on file: that is opting in, whoever opened it.
    let on_file = need == Need::Assignment && matches!(state, State::Linked { .. });
    let seen = on_file.then_some(Event::OptInSeen { placement, round });
    Ok(std::iter::once(asked).chain(seen).collect())
}

fn turn_over(state: &State, placement: PlacementId, round: u32, ended: Ended) -> Vec<Event> {
    let Some(known) = known(state) else { return Vec::new() };
    let current = match known.book.way_of(&placement) {
        Way::Waiting { round: asked, .. } | Way::Granted { round: asked, .. } => asked == round,
        Way::Unasked | Way::Over { .. } => false,
    };
    if !current {
        let over = known.book.way_of(&placement) == Way::Over { round };
        return if over && ended == Ended::Insured {
            insured_late(state, placement, round)
        } else {
            Vec::new()
        };
    }
    let holds = matches!(state, State::OptingIn { holder, .. } if *holder == placement);
    match (holds, ended) {
        (true, Ended::Insured) => vec![Event::OptInSeen { placement, round }],
        (true, Ended::Unused) => vec![Event::TurnReturned { placement, round }],
        (false, _) => vec![Event::AskWithdrawn { placement, round }],
    }
}

/// A policy that came after its placement had given its turn back shows that the contractor has opted in. The event is
/// recorded even where it changes nothing, so that the message does not come again after a restart.
fn insured_late(state: &State, placement: PlacementId, round: u32) -> Vec<Event> {
    vec![match state {
        State::Linked { .. } => Event::OptInSeen { placement, round },
        _ => Event::AskWithdrawn { placement, round },
    }]
}

/// The turns that can be given now: one application at a time, any number of assignments.
fn grants(mut state: State) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = grant(&state) {
        events.push(event.clone());
        match Machine::evolve(state, event) {
            Some(after) => state = after,
            None => break,
        }
    }
    events
}

fn grant(state: &State) -> Option<Event> {
    let application = |(placement, round, _): (&PlacementId, u32, Need)| {
        Event::ApplicationGranted { placement: placement.clone(), round }
    };
    match state {
        // That a policy is on file may have been told while a merge was worked out.
        State::Linked { known } => {
            let on_file = known.book.waiting().find(|(_, _, need)| *need == Need::Assignment);
            match on_file {
                Some((placement, round, _)) => {
                    Some(Event::OptInSeen { placement: placement.clone(), round })
                }
                None => known.book.waiting().next().map(application),
            }
        }
        State::OptedIn { known } => {
            let assignment = known.book.waiting().find(|(_, _, need)| *need != Need::Application);
            match assignment {
                Some((placement, round, _)) => {
                    Some(Event::AssignmentGranted { placement: placement.clone(), round })
                }
                None => known.book.waiting().next().map(application),
            }
        }
        // A policy on file does not wait for the application of another placement.
        State::OptingIn { known, .. } => {
            let on_file = known.book.waiting().find(|(_, _, need)| *need == Need::Assignment);
            on_file.map(|(placement, round, _)| Event::AssignmentGranted {
                placement: placement.clone(),
                round,
            })
        }
        State::Unlinked { .. }
        | State::Identified { .. }
        | State::Succeeding { .. }
        | State::Contested { .. }
        | State::Flagged { .. }
        | State::Merging { .. }
        | State::Merged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => None,
    }
}

fn identity(person: Person, context: &Context<'_, Rules>) -> Identity {
    let email = match person.email {
        Some(_) => Email::Real,
        None => proxy(context),
    };
    Identity { person: Personal::new(Subject::from(context.stream), person), email }
}

fn proxy(context: &Context<'_, Rules>) -> Email {
    let candidate = CandidateId(context.stream.key().to_owned());
    Email::Proxy(context.rules.proxy_email(&candidate))
}

fn observed(state: &State, person: Person, context: &Context<'_, Rules>) -> Vec<Event> {
    if person.is_redacted() {
        return redacted(state);
    }
    let latest = match state {
        State::Identified { latest, .. } => latest,
        State::Succeeding { stage: Stage::Telling { identity }, .. } => identity,
        State::Contested { rivals } => &rivals.known.latest,
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            &known.latest
        }
        // What was wrong with the person may be mended: the person is read anew.
        State::Flagged { .. } | State::Succeeding { stage: Stage::Hindered { .. }, .. } => {
            let reason = "the person was reported by the ATS".to_owned();
            return vec![Event::Retried { reason }];
        }
        // It will be read anyway.
        State::Unlinked { .. }
        | State::Succeeding { stage: Stage::Reading, .. }
        | State::Merging { .. }
        | State::Merged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => return Vec::new(),
    };
    // Without the key of what is known nothing new could be sealed either.
    let Some(known) = latest.person.get() else { return Vec::new() };
    let is_same_address = person.email == known.email;
    let mut identity = identity(person, context);
    // A real e-mail that belongs to somebody else is not tried again unless it changed; nor does one that a person set
    // give way to what the ATS said before.
    if matches!(latest.email, Email::Proxy(_) | Email::ByHand(_)) && is_same_address {
        identity.email.clone_from(&latest.email);
    }
    if identity == *latest { Vec::new() } else { vec![Event::PersonChanged { identity }] }
}

/// A name that was taken out in the ATS is no new name: what the insurer was told stays until a person decides.
fn redacted(state: &State) -> Vec<Event> {
    match known(state) {
        Some(known) if !known.redacted => vec![Event::PersonRedacted],
        Some(_) | None => Vec::new(),
    }
}

/// A person sets the e-mail. Where the ATS has one that is used, it is corrected there.
fn set_email(
    state: &State,
    email: &EmailAddress,
    reason: String,
    context: &Context<'_, Rules>,
) -> Decision {
    let refuse = |code: &str, message: &str| Err(Rejection::new(code, message));
    if reason.trim().is_empty() {
        return refuse("no_reason", "say why: the reason is kept with the decision");
    }
    if !is_plausible(email.as_str()) {
        return refuse("bad_fact", "that is no e-mail address, such as kim@example.com");
    }
    let latest = match state {
        State::Identified { latest, .. } => latest,
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            &known.latest
        }
        _ => {
            let message = "the person is not read yet, or is flagged: settle that first";
            return refuse("not_identified", message);
        }
    };
    if latest.email == Email::Real {
        let message = "the ATS has an e-mail, and it is used: correct it in the ATS";
        return refuse("not_missing", message);
    }
    if latest.address() == Some(email.as_str()) {
        return Ok(Vec::new());
    }
    let address = Personal::new(Subject::from(context.stream), email.as_str().to_owned());
    let identity = Identity { person: latest.person.clone(), email: Email::ByHand(address) };
    Ok(vec![Event::EmailSet { identity, reason }])
}

/// Whether a text may be an e-mail address; what it is, the insurer says.
fn is_plausible(email: &str) -> bool {
    let parts = email.split_once('@');
    parts.is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.contains('@') && !host.ends_with('.')
    }) && email.bytes().all(|byte| byte.is_ascii_graphic())
}

fn answered(
    state: &State,
    operation: &str,
    answer: Answer,
    context: &Context<'_, Rules>,
) -> Decision {
    let trouble = |trouble| Ok(vec![Event::TroubleMet { trouble }]);
    if let Some(events) = merge::answered(state, operation, &answer, context) {
        return Ok(events);
    }
    match (state, answer) {
        (
            State::Unlinked { .. } | State::Succeeding { stage: Stage::Reading, .. },
            Answer::PersonRead(person),
        ) if person.is_redacted() => trouble(Trouble::Redacted),
        (
            State::Unlinked { .. } | State::Succeeding { stage: Stage::Reading, .. },
            Answer::PersonRead(person),
        ) => Ok(vec![Event::PersonRead { identity: identity(person, context) }]),
        (
            State::Unlinked { .. } | State::Succeeding { stage: Stage::Reading, .. },
            Answer::PersonUnknown,
        ) => trouble(Trouble::Unknown),
        (State::Identified { .. }, Answer::ContractorLinked { contractor }) => {
            Ok(vec![Event::ContractorLinked { contractor }])
        }
        (State::Identified { identity, .. }, Answer::EmailTaken { contractor, candidate }) => {
            Ok(vec![taken(identity, contractor, candidate, context)])
        }
        (
            State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known },
            Answer::EmailTaken { contractor, candidate },
        ) => Ok(vec![match taken(&known.latest, contractor, candidate, context) {
            Event::TroubleMet { trouble } => {
                let (code, message) = ("email_taken".to_owned(), trouble.words());
                Event::UpdateRefused { refusal: Refusal { status: 409, code, message } }
            }
            proxy => proxy,
        }]),
        (
            State::Unlinked { .. } | State::Identified { .. } | State::Succeeding { .. },
            Answer::Refused(refusal),
        ) => trouble(Trouble::Refused { operation: operation.to_owned(), refusal }),
        (
            State::Linked { .. } | State::OptingIn { .. } | State::OptedIn { .. },
            Answer::ContractorUpdated,
        ) => Ok(vec![Event::ContractorUpdated]),
        (
            State::Linked { .. } | State::OptingIn { .. } | State::OptedIn { .. },
            Answer::Refused(refusal),
        ) => Ok(vec![Event::UpdateRefused { refusal }]),
        (_, _) => {
            let message = format!("the answer does not belong to `{operation}`");
            Err(Rejection::new("unexpected_answer", message))
        }
    }
}

/// The second of two candidates with one real e-mail gets a made-up one; a made-up one cannot be shared.
fn taken(
    identity: &Identity,
    contractor: ContractorId,
    candidate: Option<CandidateId>,
    context: &Context<'_, Rules>,
) -> Event {
    match (&identity.email, &candidate) {
        (Email::Real | Email::ByHand(_), Some(_)) => {
            let identity = Identity { person: identity.person.clone(), email: proxy(context) };
            Event::ProxyChosen { identity, taken_by: contractor }
        }
        (Email::Real | Email::ByHand(_) | Email::Proxy(_), _) => {
            Event::TroubleMet { trouble: Trouble::EmailTaken { contractor, candidate } }
        }
    }
}
