//! What the laws must know of the placement workflow.

use proptest::prelude::*;
use proptest::sample::select;
use tests::world::{good, set};
use workflow_core::domain::by_hand::{Fact, WRITTEN};
use workflow_core::domain::call::{
    Answer, ApplicationStanding, AssignmentStanding, PolicyStanding, References, Sighting, Span,
};
use workflow_core::domain::placement::{
    Coverage, Evidence, Hired, Input, Leave, Placement, Resolution, State, Turn,
};
use workflow_core::domain::rules::Rules;
use workflow_core::id::StreamId;
use workflow_core::laws::{AnswerOf, CallOf, Trial};
use workflow_core::time::Timestamp;

use super::answers;

pub(super) struct OfPlacement;

fn reason() -> BoxedStrategy<String> {
    select(vec!["because", "because", "because", " "]).prop_map(str::to_owned).boxed()
}

pub(super) fn sighting() -> BoxedStrategy<Sighting> {
    let policies =
        select(vec![PolicyStanding::Active, PolicyStanding::Canceled, PolicyStanding::Expired]);
    let assignments = select(vec![
        AssignmentStanding::Pending,
        AssignmentStanding::Active,
        AssignmentStanding::Canceled,
        AssignmentStanding::ChargeFailed,
    ]);
    let applications = select(vec![
        ApplicationStanding::Open { step: "business".into() },
        ApplicationStanding::ManualReview,
        ApplicationStanding::Complete,
        ApplicationStanding::Ineligible,
        ApplicationStanding::Expired,
    ]);
    // Mid-March, a little later; the summer, the next year.
    let effective = select(vec![1_773_633_600, 1_774_238_400]).prop_map(Timestamp::from_secs);
    let expires = select(vec![1_775_000_000, 1_790_000_000]).prop_map(Timestamp::from_secs);
    prop_oneof![
        4 => (answers::policy(), answers::quote(), policies, effective, expires).prop_map(
            |(policy, quote, standing, effective, expires)| {
                Sighting::Policy { policy, quote, standing, effective, expires }
            }
        ),
        4 => (answers::assignment(), answers::job(), assignments, spans(), spans()).prop_map(
            |(assignment, job, standing, dates, policy_dates)| {
                Sighting::Assignment { assignment, job, standing, dates, policy_dates }
            }
        ),
        4 => (answers::session(), prop::option::of(answers::quote()), applications)
            .prop_map(|(session, quote, standing)| Sighting::Application { session, quote, standing }),
    ]
    .boxed()
}

impl Trial for OfPlacement {
    type Workflow = Placement;

    fn stream() -> StreamId {
        StreamId::parse("placement/main/pl_1").expect("a stream's name")
    }

    fn rules() -> Rules {
        super::certificate::rules()
    }

    /// Two weeks before the good facts' first day of work.
    fn start() -> Timestamp {
        Timestamp::from_secs(1_772_452_800)
    }

    fn answer(call: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        answers::answer(call)
    }

    fn input(state: Option<&State>) -> BoxedStrategy<Input> {
        let asked = match state {
            Some(State::Quoted { hired, .. }) => match hired.engagement.turn {
                Turn::Asked { round } => round,
                Turn::None | Turn::Over { .. } => 1,
            },
            _ => 1,
        };
        let any = anything_at_all(asked);
        let fits: BoxedStrategy<Input> = match state {
            None => facts(),
            Some(State::Discovered { .. }) => linked(),
            Some(State::Quoted { .. }) => road(asked),
            Some(State::Flagged { .. }) => prop_oneof![resolution(), seen()].boxed(),
            Some(State::ApplicationPending { .. }) => {
                let reason = || Just("because".to_owned());
                prop_oneof![4 => seen(), 1 => reason().prop_map(|reason| Input::Resend { reason })]
                    .boxed()
            }
            Some(State::Active { hired, coverage }) => prop_oneof![
                6 => seen(),
                2 => moved(coverage),
                2 => facts(),
                4 => longer(hired),
                1 => ended()
            ]
            .boxed(),
            Some(State::Assigned { .. }) => seen(),
            Some(
                State::ContractorReady { .. }
                | State::JobReady { .. }
                | State::Excluded { .. }
                | State::Completed { .. }
                | State::Canceled { .. },
            ) => any.clone(),
        };
        prop_oneof![2 => fits, 1 => any].boxed()
    }

    fn repeats(_: Option<&State>, input: &Input) -> Option<&'static str> {
        match input {
            Input::CandidateMerged { .. } => Some(
                "a message: recorded even where it changes nothing, so that it does not come again",
            ),
            Input::Resend { .. } => {
                Some("each asking for the link is an order of its own, and is kept")
            }
            Input::Answered { answer: Answer::Refused(_), .. } => Some(
                "a change that leaves the job as it is leaves its call owed: it is refused anew",
            ),
            _ => None,
        }
    }
}

fn facts() -> BoxedStrategy<Input> {
    answers::facts().prop_map(|facts| Input::Observed(Box::new(facts))).boxed()
}

/// What covers, from another day to another.
fn moved(coverage: &Coverage) -> BoxedStrategy<Input> {
    let Evidence::Policy { policy, quote } = coverage.evidence.clone() else { return seen() };
    (select(vec![1_773_633_600, 1_774_238_400]), select(vec![1_785_000_000, 1_790_000_000]))
        .prop_map(move |(effective, expires)| {
            Input::Seen(Sighting::Policy {
                policy: policy.clone(),
                quote: quote.clone(),
                standing: PolicyStanding::Active,
                effective: Timestamp::from_secs(effective),
                expires: Timestamp::from_secs(expires),
            })
        })
        .boxed()
}

/// The usual work, to last longer.
fn longer(hired: &Hired) -> BoxedStrategy<Input> {
    let References { placement, candidate, .. } = hired.terms().references.clone();
    select(vec!["2026-09-30", "2026-10-31"])
        .prop_map(move |end| {
            let mut facts = good(&placement, &candidate);
            set(&mut facts, "end", end);
            Input::Observed(Box::new(facts))
        })
        .boxed()
}

/// Work has come to an end, early or not.
fn ended() -> BoxedStrategy<Input> {
    let on = select(vec!["ended", "2026-05-01"]);
    (answers::facts(), on)
        .prop_map(|(mut facts, on)| {
            set(&mut facts, "stage", on);
            Input::Observed(Box::new(facts))
        })
        .boxed()
}

fn linked() -> BoxedStrategy<Input> {
    (answers::candidate(), answers::contractor())
        .prop_map(|(candidate, contractor)| Input::ContractorLinked { candidate, contractor })
        .boxed()
}

fn road(asked: u32) -> BoxedStrategy<Input> {
    let road = select(vec![Leave::Application, Leave::Assignment]);
    (asked.saturating_sub(1)..asked + 2, road)
        .prop_map(|(round, road)| Input::TakeRoad { round, road })
        .boxed()
}

fn seen() -> BoxedStrategy<Input> {
    sighting().prop_map(Input::Seen).boxed()
}

fn resolution() -> BoxedStrategy<Input> {
    let resolution = select(vec![
        Resolution::Return,
        Resolution::Restart,
        Resolution::Close,
        Resolution::Accept,
    ]);
    (resolution, reason())
        .prop_map(|(resolution, reason)| Input::Resolve { resolution, reason })
        .boxed()
}

fn fact() -> BoxedStrategy<Fact> {
    let written = WRITTEN.iter().map(|(name, _, example)| Fact::parse(name, example));
    select(written.map(|fact| fact.expect("the examples are facts")).collect::<Vec<_>>()).boxed()
}

/// Whether it fits or not.
fn anything_at_all(asked: u32) -> BoxedStrategy<Input> {
    prop_oneof![
        8 => facts(),
        1 => Just(Input::Vanished),
        4 => linked(),
        1 => (answers::candidate(), reason())
            .prop_map(|(candidate, reason)| Input::ContractorFlagged { candidate, reason }),
        1 => (answers::candidate(), answers::candidate())
            .prop_map(|(from, into)| Input::CandidateMerged { from, into }),
        1 => (answers::candidate(), reason())
            .prop_map(|(candidate, reason)| Input::CandidateGone { candidate, reason }),
        4 => (answers::candidate(), super::certificate::standings()).prop_map(
            |(candidate, certificates)| Input::CertificatesKnown { candidate, certificates }
        ),
        4 => road(asked),
        8 => seen(),
        4 => resolution(),
        1 => reason().prop_map(|reason| Input::Exclude { reason }),
        2 => reason().prop_map(|reason| Input::Include { by: "kim".into(), reason }),
        2 => (fact(), reason()).prop_map(|(fact, reason)| Input::Set { fact, by: "kim".into(), reason }),
        1 => reason().prop_map(|reason| Input::Resend { reason }),
    ]
    .boxed()
}

/// What an insurer may say of dates: nothing, the usual ones, or others.
fn spans() -> BoxedStrategy<Span> {
    let from = select(vec![None, Some(1_773_633_600), Some(1_774_238_400)]);
    let until = select(vec![None, Some(1_775_000_000), Some(1_790_000_000)]);
    let at = |secs: Option<i64>| secs.map(Timestamp::from_secs);
    let some =
        (from, until).prop_map(move |(from, until)| Span { from: at(from), until: at(until) });
    // Mostly it says none: what is bought then begins with the work.
    prop_oneof![3 => Just(Span::default()), 1 => some].boxed()
}
