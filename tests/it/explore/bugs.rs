//! Five mistakes that somebody might make, each put into a workflow that is right otherwise.

use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, ApplicationStanding, Call, PolicyId, Sighting};
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::placement::{self, Coverage, Event, Evidence, Intent, Placement, State};
use workflow_core::domain::rules::Rules;
use workflow_core::id::StreamId;
use workflow_core::time::Timestamp;
use workflow_core::workflow::{Answered, Context, Owed, Rejection, Standing, Workflow};

/// A workflow that is another one but for one thing that `decide` does.
macro_rules! mistaken {
    ($(#[$doc:meta])* $name:ident for $workflow:ident in $module:ident, $decide:ident) => {
        $(#[$doc])*
        pub struct $name;

        impl Workflow for $name {
            type Domain = Insurance;
            type Machine = $module::Machine;
            type Input = $module::Input;

            fn decide(
                state: Option<&$module::State>,
                input: $module::Input,
                context: &Context<'_, Rules>,
            ) -> Result<Vec<$module::Event>, Rejection> {
                $decide(state, input, context)
            }

            fn react(stream: &StreamId, state: &$module::State) -> Vec<Owed<Call>> {
                $workflow::react(stream, state)
            }

            fn due(state: &$module::State) -> Option<Timestamp> {
                $workflow::due(state)
            }

            fn timer() -> Option<$module::Input> {
                $workflow::timer()
            }

            fn answered(answer: Answered<Answer>) -> $module::Input {
                $workflow::answered(answer)
            }

            fn input_name(input: &$module::Input) -> &'static str {
                $workflow::input_name(input)
            }

            fn headline(state: &$module::State) -> String {
                $workflow::headline(state)
            }

            fn aliases(state: &$module::State) -> Vec<String> {
                $workflow::aliases(state)
            }
        }
    };
}

mistaken! {
    /// Takes the answer of a state that it left for the answer that it waits for.
    StaleQuoteAccepted for Placement in placement, accept_stale
}

fn accept_stale(
    state: Option<&State>,
    input: placement::Input,
    context: &Context<'_, Rules>,
) -> Result<Vec<Event>, Rejection> {
    let input = match input {
        placement::Input::Answered {
            operation,
            answer: answer @ Answer::QuoteIssued { .. },
            ..
        } => placement::Input::Answered { operation, standing: Standing::Current, answer },
        other => other,
    };
    Placement::decide(state, input, context)
}

mistaken! {
    /// Takes any answer that comes while it closes a session for the news that it is closed.
    SettledWithoutCause for Placement in placement, settle_without_cause
}

fn settle_without_cause(
    state: Option<&State>,
    input: placement::Input,
    context: &Context<'_, Rules>,
) -> Result<Vec<Event>, Rejection> {
    let closing = matches!(
        state,
        Some(State::ApplicationPending {
            intent: Intent::Cancel { .. } | Intent::Change { .. },
            ..
        })
    );
    let input = match input {
        placement::Input::Answered { standing: Standing::Stale, .. } if closing => {
            let (operation, standing) = ("expire_application".to_owned(), Standing::Current);
            placement::Input::Answered { operation, standing, answer: Answer::ApplicationClosed }
        }
        other => other,
    };
    Placement::decide(state, input, context)
}

mistaken! {
    /// Has no way out of `Quoted` when the placement is called off.
    NoWayOut for Placement in placement, stay_quoted
}

fn stay_quoted(
    state: Option<&State>,
    input: placement::Input,
    context: &Context<'_, Rules>,
) -> Result<Vec<Event>, Rejection> {
    let mut events = Placement::decide(state, input, context)?;
    if matches!(state, Some(State::Quoted { .. })) {
        events.retain(|event| !matches!(event, Event::PlacementCanceled { .. }));
    }
    Ok(events)
}

mistaken! {
    /// Forgets whose turn it is when another placement asks.
    TurnGrantedTwice for Contractor in contractor, grant_twice
}

fn grant_twice(
    state: Option<&contractor::State>,
    input: contractor::Input,
    context: &Context<'_, Rules>,
) -> Result<Vec<contractor::Event>, Rejection> {
    use contractor::{Event, State};
    let asked = match &input {
        contractor::Input::RoadAsked { placement, round, .. } => Some((placement.clone(), *round)),
        _ => None,
    };
    let mut events = Contractor::decide(state, input, context)?;
    if let (Some((placement, round)), Some(State::OptingIn { holder, .. })) = (asked, state)
        && *holder != placement
    {
        events.push(Event::TurnReturned { placement: holder.clone(), round });
        events.push(Event::ApplicationGranted { placement, round });
    }
    Ok(events)
}

mistaken! {
    /// Believes that a completed application is a policy.
    ActiveWithoutEvidence for Placement in placement, believe
}

fn believe(
    state: Option<&State>,
    input: placement::Input,
    context: &Context<'_, Rules>,
) -> Result<Vec<Event>, Rejection> {
    let complete = matches!(
        input,
        placement::Input::Seen(Sighting::Application {
            standing: ApplicationStanding::Complete,
            ..
        })
    );
    if let (true, Some(State::ApplicationPending { hired, application, .. })) = (complete, state) {
        let (window, quote) = (hired.terms().window, application.quote.clone());
        let policy = PolicyId(format!("py_for_{quote}"));
        let evidence = Evidence::Policy { policy, quote };
        let (effective, expires) = (window.effective, window.until);
        let coverage = Coverage { evidence, effective, expires };
        return Ok(vec![Event::CoverageStarted { hired: hired.clone(), coverage }]);
    }
    Placement::decide(state, input, context)
}
