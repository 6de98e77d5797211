//! Reminders: of an application that is still open when work is about to begin, of coverage that ends before the work does;
//! and of what was to be undone, or given up, and has no answer when the work begins that it was for.
//!
//! Each is an event, once per occasion, and shows in the headline and among what is waited for until what it is about is
//! settled. An application's moments are planned by the tenant's rules when it is opened, so that they outlive a restart
//! and a change of the rules. Nothing flags here: a start that has passed, and coverage that has ended, do (`decide.rs`).

use jiff::ToSpan;
use jiff::civil::Date;

use super::machine::placement::{Event, State};
use super::state::{Application, Coverage, Engagement, Hired, Intent, Reminder, Road};
use crate::domain::call::{AssignmentId, SessionId, Window};
use crate::domain::rules::Rules;
use crate::time::Timestamp;
use crate::workflow::Context;

/// So many days before coverage ends a person is reminded, where the work goes on. Buying anew takes an application.
const COVERAGE_DAYS: [u16; 2] = [14, 3];

/// The moments at which a person is to be reminded of an application that is opened now.
pub(super) fn planned(window: &Window, context: &Context<'_, Rules>) -> Vec<Timestamp> {
    let moment = |days: &u16| {
        let day = window.first_day.checked_sub(i64::from(*days).days()).ok()?;
        Some(day.to_zoned(context.rules.zone.clone()).ok()?.timestamp().into())
    };
    let mut moments: Vec<Timestamp> = context.rules.remind_days.iter().filter_map(moment).collect();
    moments.retain(|at| *at > context.now && *at < window.effective);
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// When a state wants to remind somebody next.
pub(super) fn next(state: &State) -> Option<Timestamp> {
    if let Some(unanswered) = unanswered(state) {
        return (!unanswered.is_told()).then_some(unanswered.begins.at);
    }
    match state {
        State::ApplicationPending { application, intent: Intent::Stay, .. } => {
            application.remind_at.first().copied()
        }
        State::Active { hired, coverage } => of_coverage(hired, coverage).into_iter().next(),
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::ApplicationPending { .. }
        | State::Assigned { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => None,
    }
}

/// The reminder whose time has come. Of several that a sleeping machine has missed, the last one.
pub(super) fn due(state: &State, context: &Context<'_, Rules>) -> Vec<Event> {
    if let Some(unanswered) = unanswered(state) {
        let due = !unanswered.is_told() && unanswered.begins.at <= context.now;
        return due
            .then_some(Event::Reminded { reminder: unanswered.begins })
            .into_iter()
            .collect();
    }
    let come = |moments: &[Timestamp]| moments.iter().copied().rfind(|at| *at <= context.now);
    let reminder = match state {
        State::ApplicationPending { hired, application, intent: Intent::Stay } => {
            let day = hired.terms().window.first_day;
            come(&application.remind_at).map(|at| Reminder { at, day })
        }
        State::Active { hired, coverage } => come(&of_coverage(hired, coverage))
            .map(|at| Reminder { at, day: last_day(coverage, context) }),
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::ApplicationPending { .. }
        | State::Assigned { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => None,
    };
    reminder.map(|reminder| Event::Reminded { reminder }).into_iter().collect()
}

/// What is not wanted any more, while the call that undoes it, or that made it, is not answered.
struct Unanswered<'a> {
    /// The beginning of the work that it was for: what is not undone by then may cover, and be charged.
    begins: Reminder,
    /// What a person was told last.
    told: Option<Reminder>,
    /// What it is, and what a person can do.
    advice: Advice<'a>,
}

/// What a person can do where the insurer does not answer.
enum Advice<'a> {
    /// Close this session there.
    Close(&'a SessionId),
    /// Cancel this assignment there.
    Cancel(&'a AssignmentId),
    /// See what came of the call.
    Look,
}

impl Unanswered<'_> {
    fn is_told(&self) -> bool {
        self.told.is_some_and(|told| told.at >= self.begins.at)
    }

    fn words(&self) -> Option<String> {
        let what = match self.advice {
            Advice::Close(session) => format!("close application {session} there"),
            Advice::Cancel(assignment) => format!("cancel assignment {assignment} there"),
            Advice::Look => "ask there what came of it".to_owned(),
        };
        let day = self.begins.day;
        self.is_told().then(|| {
            format!("work was to begin on {day}, and the insurer has not answered yet: {what}")
        })
    }
}

fn unanswered(state: &State) -> Option<Unanswered<'_>> {
    let (engagement, intent, told, advice) = match state {
        State::ApplicationPending { hired, application, intent } => {
            let advice = Advice::Close(&application.session);
            (&hired.engagement, intent, application.reminded, advice)
        }
        State::Assigned { hired, assignment, intent, .. } => {
            let engagement = &hired.engagement;
            (engagement, intent, engagement.overdue, Advice::Cancel(assignment))
        }
        // What is to become something else when its call is answered is told of as late (`Intent::Late`).
        State::ContractorReady { intent: Intent::Change { .. }, .. }
        | State::Quoted { intent: Intent::Change { .. }, .. } => return None,
        State::ContractorReady { engagement, intent, .. } => {
            (engagement, intent, engagement.overdue, Advice::Look)
        }
        State::Quoted { hired, intent, road: Road::Taken(_), .. } => {
            (&hired.engagement, intent, hired.engagement.overdue, Advice::Look)
        }
        State::Discovered { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::Active { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => return None,
    };
    let own = &engagement.terms.window;
    let window = match intent {
        Intent::Stay | Intent::Late { .. } => return None,
        Intent::Change { terms } if terms.window.effective < own.effective => &terms.window,
        Intent::Change { .. }
        | Intent::Cancel { .. }
        | Intent::Exclude { .. }
        | Intent::Hold { .. } => own,
    };
    let begins = Reminder { at: window.effective, day: window.first_day };
    Some(Unanswered { begins, told, advice })
}

/// The moments still to come for coverage that ends before the work does.
fn of_coverage(hired: &Hired, coverage: &Coverage) -> Vec<Timestamp> {
    if hired.is_closing() || coverage.expires >= hired.terms().window.until {
        return Vec::new();
    }
    let day_millis = 24 * 3600 * 1000;
    let before = |days: &u16| Timestamp(coverage.expires.0 - i64::from(*days) * day_millis);
    let reminded = hired.engagement.reminded.map_or(Timestamp(i64::MIN), |reminder| reminder.at);
    COVERAGE_DAYS
        .iter()
        .map(before)
        .filter(|at| *at > reminded && *at > coverage.effective)
        .collect()
}

/// The last day on which there is coverage.
fn last_day(coverage: &Coverage, context: &Context<'_, Rules>) -> Date {
    let last_moment = Timestamp(coverage.expires.0 - 1);
    last_moment.to_jiff().to_zoned(context.rules.zone.clone()).date()
}

impl Application {
    /// The same after a reminder.
    pub(super) fn reminded(mut self, reminder: Reminder) -> Self {
        self.remind_at.retain(|at| *at > reminder.at);
        self.reminded = Some(reminder);
        self
    }
}

impl Engagement {
    /// The same after a reminder.
    pub(super) fn reminded(self, reminder: Reminder) -> Self {
        Self { reminded: Some(reminder), ..self }
    }

    /// The same once a person was told that something is not undone in time.
    pub(super) fn overdue(self, reminder: Reminder) -> Self {
        Self { overdue: Some(reminder), ..self }
    }
}

impl Hired {
    /// The same after a reminder.
    pub(super) fn reminded(self, reminder: Reminder) -> Self {
        Self { engagement: self.engagement.reminded(reminder), ..self }
    }

    /// The same once a person was told that something is not undone in time.
    pub(super) fn overdue(self, reminder: Reminder) -> Self {
        Self { engagement: self.engagement.overdue(reminder), ..self }
    }
}

/// What a person is to do about it, as long as it stands.
pub(super) fn words(state: &State) -> Option<String> {
    if let Some(unanswered) = unanswered(state) {
        return unanswered.words();
    }
    match state {
        State::ApplicationPending { application, intent: Intent::Stay, .. } => {
            let Reminder { day, .. } = application.reminded?;
            Some(match application.progress == super::decide::MANUAL_REVIEW {
                true => format!("work begins on {day}: ask the insurer for its answer"),
                false => format!("work begins on {day}: remind the contractor"),
            })
        }
        State::Active { hired, coverage } => {
            let window = &hired.terms().window;
            let Reminder { at, day } = hired.engagement.reminded?;
            // It was about this coverage, and not about one that was extended since.
            let stands =
                !hired.is_closing() && coverage.expires < window.until && at < coverage.expires;
            let last_day = window.last_day;
            stands.then(|| {
                format!("coverage ends on {day}, the work on {last_day}: extend it or buy anew")
            })
        }
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::ApplicationPending { .. }
        | State::Assigned { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => None,
    }
}
