//! Reminders: of an application that is still open when work is about to begin, of coverage that ends before the work does.
//!
//! Each is an event, once per occasion, and shows in the headline and among what is waited for until what it is about is
//! settled. An application's moments are planned by the tenant's rules when it is opened, so that they outlive a restart
//! and a change of the rules. Nothing flags here: a start that has passed, and coverage that has ended, do (`decide.rs`).

use jiff::ToSpan;
use jiff::civil::Date;

use super::machine::placement::{Event, State};
use super::state::{Application, Coverage, Engagement, Hired, Intent, Reminder};
use crate::domain::call::Window;
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

/// The moments still to come for coverage that ends before the work does.
fn of_coverage(hired: &Hired, coverage: &Coverage) -> Vec<Timestamp> {
    if coverage.expires >= hired.terms().window.until {
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
}

impl Hired {
    /// The same after a reminder.
    pub(super) fn reminded(self, reminder: Reminder) -> Self {
        Self { engagement: self.engagement.reminded(reminder), ..self }
    }
}

/// What a person is to do about it, as long as it stands.
pub(super) fn words(state: &State) -> Option<String> {
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
            let stands = coverage.expires < window.until && at < coverage.expires;
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
