//! What one contractor earned with one placement in one week, as the insurer is to know it.
//!
//! One stream per placement and pay period, named `<placement>.<last day of the week>`. Approved timesheets become gross
//! pay, and by the tenant's setting an invoice: never, only where the pay is another than was quoted, or always. A
//! correction replaces it, a rejection or a reversal withdraws it, and what the insurer will not have is a person's.
//!
//! The contractor and the job are the placement's. They come along with what is read ([`Standing`]) and stand in the event
//! as evidence, rather than by a message between the workflows: a placement that has ended takes no messages any more,
//! and the last week's timesheet comes after the end. `pay.rs` is the arithmetic, `machine.rs` the table, `decide.rs` the
//! judgement, `react.rs` what is owed.
//!
#![doc = include_str!("invoice/machine.svg")]

use serde::{Deserialize, Serialize};

use super::Insurance;
use super::call::{Answer, Call, ContractorId, JobId, Wage};
use super::facts::{CandidateId, Date, PlacementId};
use super::placement;
use super::rules::Rules;
use super::timesheet::{Timesheet, TimesheetId};
use crate::id::StreamId;
use crate::seal::Subject;
use crate::time::Timestamp;
use crate::workflow::{self, Answered, Context, Owed, Rejection, Workflow};

mod decide;
mod machine;
mod pay;
mod react;
mod state;

pub use machine::invoice::{Event, EventKind, Machine, State, StateKind};
pub use pay::{Account, GROSS_MAX, GROSS_MIN, estimate, gross, period};
pub use react::timesheet_alias;
pub use state::{Book, Entry, Scope, Spared, Trouble, Wait};

/// Where the placement stands, as far as an invoice must know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// Not known, or without coverage as yet.
    Uncovered,
    /// Its coverage has begun at some time.
    Covered {
        /// Who works, and on what.
        work: Work,
    },
    /// None of the insurer's business: nothing is ever sent of it.
    OutOfScope,
}

/// Who works on what, as the insurer knows it, and what was quoted for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Work {
    /// Who works, in the ATS: what is sent and comes back is sealed to that person.
    pub candidate: CandidateId,
    /// Who works, at the insurer.
    pub contractor: ContractorId,
    /// On which job.
    pub job: JobId,
    /// What the quote rests on.
    pub wage: Wage,
    /// First day of work.
    pub first_day: Date,
    /// Last day of work, inclusive.
    pub last_day: Date,
}

impl Standing {
    /// What a placement's state says. Coverage that has begun and ended, or was lost, is coverage here: the work was done.
    /// An assignment that was lost before it came into force never was any.
    pub fn of(state: Option<&placement::State>) -> Self {
        use placement::{Back, State};
        let hired = match state {
            Some(State::Active { hired, .. } | State::Completed { hired, .. }) => hired,
            Some(State::Flagged { back: Back::Coverage { hired, .. }, .. }) => hired,
            Some(State::Flagged { back: Back::Lost { hired, evidence, .. }, .. })
                if placement::had_begun(hired, evidence) =>
            {
                hired
            }
            Some(State::Excluded { .. }) => return Standing::OutOfScope,
            Some(
                State::Discovered { .. }
                | State::ContractorReady { .. }
                | State::JobReady { .. }
                | State::Quoted { .. }
                | State::ApplicationPending { .. }
                | State::Assigned { .. }
                | State::Flagged { .. }
                | State::Canceled { .. },
            )
            | None => return Standing::Uncovered,
        };
        let terms = hired.terms();
        Standing::Covered {
            work: Work {
                candidate: terms.references.candidate.clone(),
                contractor: hired.engagement.contractor.clone(),
                job: hired.job.clone(),
                wage: terms.job.wage,
                first_day: terms.window.first_day,
                last_day: terms.window.last_day,
            },
        }
    }
}

/// The stream of a placement's pay period; `None` for an id that cannot stand in a stream's name.
pub fn stream(tenant: &str, placement: &PlacementId, week_ending: Date) -> Option<StreamId> {
    StreamId::new("invoice", tenant, &format!("{placement}.{week_ending}")).ok()
}

/// What an invoice can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// The ATS says so of a timesheet now.
    Observed {
        /// What it says.
        timesheet: Box<Timesheet>,
        /// Where its placement stands.
        standing: Standing,
    },
    /// The ATS does not know the timesheet any more.
    Vanished {
        /// Which.
        timesheet: TimesheetId,
    },
    /// The placement stands so now.
    PlacementSeen {
        /// How.
        standing: Standing,
    },
    /// An owed call was answered.
    Answered {
        /// Which one.
        operation: String,
        /// Whether it is still owed.
        standing: workflow::Standing,
        /// What came of it.
        answer: Answer,
    },
    /// The state's time has come.
    Timer,
    /// A person says: try again.
    Retry {
        /// Why, in the person's words.
        reason: String,
    },
    /// A person says: it is settled outside.
    Settle {
        /// Why, in the person's words.
        reason: String,
    },
}

/// The invoice workflow.
#[derive(Debug)]
pub struct Invoice;

impl Workflow for Invoice {
    type Domain = Insurance;
    type Machine = Machine;
    type Input = Input;

    const LISTED: bool = false;

    fn decide(
        state: Option<&State>,
        input: Input,
        context: &Context<'_, Rules>,
    ) -> Result<Vec<Event>, Rejection> {
        decide::decide(state, input, context)
    }

    fn react(_: &StreamId, state: &State) -> Vec<Owed<Call>> {
        react::react(state)
    }

    fn due(state: &State) -> Option<Timestamp> {
        react::due(state)
    }

    fn timer() -> Option<Input> {
        Some(Input::Timer)
    }

    fn answered(answered: Answered<Answer>) -> Input {
        let Answered { operation, standing, answer } = answered;
        Input::Answered { operation, standing, answer }
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::Observed { .. } => "observed",
            Input::Vanished { .. } => "vanished",
            Input::PlacementSeen { .. } => "placement_seen",
            Input::Answered { .. } => "answered",
            Input::Timer => "timer",
            Input::Retry { .. } => "retry",
            Input::Settle { .. } => "settle",
        }
    }

    fn headline(state: &State) -> String {
        react::headline(state)
    }

    fn aliases(state: &State) -> Vec<String> {
        react::aliases(state)
    }

    fn about(stream: &StreamId, _: &State, call: &Call) -> Option<Subject> {
        call.candidate().and_then(|candidate| placement::person(stream, candidate))
    }
}
