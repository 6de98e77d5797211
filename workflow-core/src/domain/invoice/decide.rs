//! All judgement about a pay period: which events an input leads to in the state at hand.
//!
//! A call in flight is never abandoned: what is learned meanwhile is kept in the book, and judged once the call is
//! answered. So the insurer never has two invoices of one week, whatever arrives in between.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most inputs change nothing in most states; the table in machine.rs is what is exhaustive"
)]

use super::machine::invoice::{Event, Machine, State};
use super::pay::{self, Account, GROSS_MIN};
use super::react::book;
use super::state::{Book, Entry, Scope, Spared, Trouble, Wait};
use super::{Input, Standing};
use crate::domain::call::{Answer, Refusal};
use crate::domain::rules::{Rules, Send};
use crate::domain::terms::Missing;
use crate::domain::timesheet::{Approval, Sheet, Timesheet, TimesheetId};
use crate::machine::Machine as _;
use crate::workflow::{self, Context, Rejection};

type Decision = Result<Vec<Event>, Rejection>;

/// Which events `input` leads to.
pub(super) fn decide(
    state: Option<&State>,
    input: Input,
    context: &Context<'_, Rules>,
) -> Decision {
    let Some(state) = state else {
        return match input {
            Input::Observed { timesheet, standing } => {
                Ok(opened(*timesheet, standing, context.rules))
            }
            Input::Vanished { .. } | Input::PlacementSeen { .. } => Ok(Vec::new()),
            other => {
                let what = <super::Invoice as workflow::Workflow>::input_name(&other);
                let message =
                    format!("{} is not known: it cannot be told `{what}`", context.stream);
                Err(Rejection::new("unknown_invoice", message))
            }
        };
    };
    match input {
        Input::Observed { timesheet, standing } => {
            let events = learned(state, Some(timesheet.sheet), Some(standing));
            Ok(judged(state, events, context.rules))
        }
        Input::PlacementSeen { standing } => {
            Ok(judged(state, learned(state, None, Some(standing)), context.rules))
        }
        Input::Vanished { timesheet } => {
            Ok(judged(state, learned(state, gone(state, &timesheet), None), context.rules))
        }
        Input::Answered { standing: workflow::Standing::Stale, .. } => Ok(Vec::new()),
        Input::Answered { operation, standing: workflow::Standing::Current, answer } => {
            answered(state, &operation, answer, context.rules)
        }
        Input::Timer => Ok(match super::react::due(state) {
            Some(due) if due <= context.now => vec![Event::PeriodClosed],
            _ => Vec::new(),
        }),
        Input::Retry { reason } => retry(state, reason, context),
        Input::Settle { reason } => match state {
            State::Flagged { .. } => Ok(vec![Event::SettledByHand { reason }]),
            _ => Err(not_flagged(context)),
        },
    }
}

fn not_flagged(context: &Context<'_, Rules>) -> Rejection {
    Rejection::new("not_flagged", format!("{} is not flagged", context.stream))
}

/// The first timesheet of a week. Of a placement that is out of scope not even that is kept.
fn opened(timesheet: Timesheet, standing: Standing, rules: &Rules) -> Vec<Event> {
    let Timesheet { placement, week_ending, sheet } = timesheet;
    if rules.invoices.send == Send::Never || standing == Standing::OutOfScope {
        return Vec::new();
    }
    let Some(period) = pay::period(week_ending, rules) else { return Vec::new() };
    let state = State::Waiting {
        book: Book::new(placement.clone(), period, sheet.clone()),
        why: Wait::Approval,
    };
    let opened = Event::PeriodOpened { placement, period, sheet };
    let learned = learned(&state, None, Some(standing));
    let after = after(&state, &learned).unwrap_or(state);
    let judgement = judgement(&after, rules);
    std::iter::once(opened).chain(learned).chain(judgement).collect()
}

/// What is new in what was read.
fn learned(state: &State, sheet: Option<Sheet>, standing: Option<Standing>) -> Vec<Event> {
    if matches!(state, State::Closed { .. }) {
        return Vec::new();
    }
    let book = book(state);
    let sheet = sheet.filter(|sheet| match book.sheets.get(&sheet.id) {
        Some(known) => sheet != known && sheet.changed >= known.changed,
        None => true,
    });
    let standing = standing.filter(|standing| match standing {
        // A coverage that was seen stays seen.
        Standing::Uncovered => book.scope == Scope::Out,
        Standing::OutOfScope => book.scope == Scope::In,
        // Once something is said, or being said, it is said of that contractor and job.
        Standing::Covered { work } => match state {
            State::Waiting { .. }
            | State::Unsent { .. }
            | State::Flagged { entry: None, .. }
            | State::Settled { entry: None, .. } => {
                book.scope == Scope::Out || book.work.as_ref() != Some(work)
            }
            _ => book.scope == Scope::Out,
        },
    });
    let sheet = sheet.map(|sheet| Event::TimesheetChanged { sheet });
    let standing = standing.map(|standing| Event::StandingChanged { standing });
    sheet.into_iter().chain(standing).collect()
}

/// The timesheet as it stands once its record is gone.
fn gone(state: &State, timesheet: &TimesheetId) -> Option<Sheet> {
    let known = book(state).sheets.get(timesheet)?;
    Some(Sheet { approval: Approval::Deleted, ..known.clone() })
}

/// What was learned, and what follows from it.
fn judged(state: &State, events: Vec<Event>, rules: &Rules) -> Vec<Event> {
    if events.is_empty() {
        return events;
    }
    match state {
        State::Settled { reason, .. } => {
            let changed = events.iter().any(|it| matches!(it, Event::TimesheetChanged { .. }));
            let trouble = Trouble::Reopened { reason: reason.clone() };
            let reopened = changed.then_some(Event::TroubleMet { trouble });
            return events.into_iter().chain(reopened).collect();
        }
        // What a person settled once, only a person sets going again.
        State::Flagged { trouble: Trouble::Reopened { .. }, .. } => return events,
        _ => {}
    }
    let Some(after) = after(state, &events) else { return events };
    let judgement = judgement(&after, rules);
    events.into_iter().chain(judgement).collect()
}

/// The state after events that the table has there.
fn after(state: &State, events: &[Event]) -> Option<State> {
    events.iter().try_fold(state.clone(), |state, event| Machine::evolve(state, event.clone()))
}

/// What is to happen now, by all that is known; nothing while a call is in flight, or a person has settled it.
fn judgement(state: &State, rules: &Rules) -> Option<Event> {
    let entry = match state {
        State::Waiting { .. } | State::Unsent { .. } => None,
        State::Flagged { entry, .. } => entry.as_ref(),
        State::Recorded { entry, .. } => Some(entry),
        State::Owed { .. }
        | State::Replacing { .. }
        | State::Withdrawing { .. }
        | State::Settled { .. }
        | State::Closed { .. } => return None,
    };
    let event = match entry {
        None => unrecorded(book(state), rules),
        Some(entry) => recorded(state, entry, rules),
    }?;
    // What stands so already is not said again.
    let again = match (state, &event) {
        (State::Waiting { why, .. }, Event::WaitBegan { why: new }) => why == new,
        (State::Unsent { account, why, .. }, Event::PaySpared { account: new, why: reason }) => {
            account == new && why == reason
        }
        (State::Flagged { trouble, .. }, Event::TroubleMet { trouble: new }) => trouble == new,
        (_, _) => false,
    };
    (!again).then_some(event)
}

/// What is to happen where the insurer has no invoice.
fn unrecorded(book: &Book, rules: &Rules) -> Option<Event> {
    let wait = |why| Some(Event::WaitBegan { why });
    if !book.is_approved() {
        return wait(Wait::Approval);
    }
    if book.scope == Scope::Out {
        return wait(Wait::OutOfScope);
    }
    let Some(work) = &book.work else { return wait(Wait::Coverage) };
    let spared = |account, why| Some(Event::PaySpared { account, why });
    match (pay::account(book, work, rules), rules.invoices.send) {
        (Err(missing), _) => Some(unclear(missing)),
        (Ok(_), Send::Never) => None,
        (Ok(account), _) if account.gross < GROSS_MIN => spared(account, Spared::BelowLeast),
        (Ok(account), Send::WhenDifferent) if account.gross == account.estimate => {
            spared(account, Spared::AsQuoted)
        }
        (Ok(account), Send::WhenDifferent | Send::Always) => Some(Event::PayOwed { account }),
    }
}

/// What is to happen where the insurer has an invoice: it says what the timesheets say.
fn recorded(state: &State, entry: &Entry, rules: &Rules) -> Option<Event> {
    let book = book(state);
    let account = match book.is_approved() {
        true => match pay::account(book, &entry.account.work, rules) {
            Ok(account) => Some(account).filter(|account| account.gross >= GROSS_MIN),
            Err(missing) => return Some(unclear(missing)),
        },
        false => None,
    };
    let stands = account.as_ref().is_some_and(|account| account.gross == entry.account.gross);
    match (stands, account, book.scope) {
        (true, _, _) => match state {
            State::Flagged { .. } => Some(Event::TroublePassed { entry: entry.clone() }),
            _ => None,
        },
        (false, _, Scope::Out) => Some(Event::TroubleMet { trouble: Trouble::OutOfScope }),
        (false, Some(account), Scope::In) => {
            Some(Event::CorrectionOwed { entry: entry.clone(), account })
        }
        (false, None, Scope::In) => Some(Event::WithdrawalOwed { entry: entry.clone() }),
    }
}

fn unclear(missing: Vec<Missing>) -> Event {
    Event::TroubleMet { trouble: Trouble::Unclear { missing } }
}

/// Judges a flag anew. Where the judgement is the same, a person is told so instead.
fn retry(state: &State, reason: String, context: &Context<'_, Rules>) -> Decision {
    let State::Flagged { trouble, .. } = state else { return Err(not_flagged(context)) };
    match judgement(state, context.rules) {
        Some(event) => Ok(vec![Event::Retried { reason }, event]),
        None => {
            let message = format!("nothing has changed: {}", trouble.words());
            Err(Rejection::new("unchanged", message))
        }
    }
}

fn answered(state: &State, operation: &str, answer: Answer, rules: &Rules) -> Decision {
    let trouble = |trouble| Event::TroubleMet { trouble };
    let event = match (state, answer) {
        (State::Owed { .. }, Answer::InvoiceRecorded { invoice, premium }) => {
            Event::InvoiceRecorded { invoice, premium }
        }
        (State::Owed { account, .. }, Answer::InvoiceExists { invoice, says }) => {
            trouble(Trouble::Exists { invoice, says, account: account.clone() })
        }
        (State::Replacing { .. }, Answer::InvoiceRecorded { invoice, premium }) => {
            Event::InvoiceReplaced { invoice, premium }
        }
        (State::Replacing { entry, account, .. }, Answer::InvoicePaid) => {
            trouble(Trouble::Paid { says: entry.account.gross, wanted: Some(account.gross) })
        }
        (State::Replacing { .. }, Answer::InvoiceUnknown) => Event::InvoiceVanished,
        (State::Withdrawing { .. }, Answer::InvoiceUnknown) => Event::InvoiceWithdrawn,
        (State::Withdrawing { entry, .. }, Answer::InvoicePaid) => {
            trouble(Trouble::Paid { says: entry.account.gross, wanted: None })
        }
        (
            State::Owed { .. } | State::Replacing { .. } | State::Withdrawing { .. },
            Answer::Refused(refusal),
        ) => trouble(refused(operation, refusal)),
        (_, _) => {
            let message = format!("the answer does not belong to `{operation}`");
            return Err(Rejection::new("unexpected_answer", message));
        }
    };
    let flagged = matches!(event, Event::TroubleMet { .. } | Event::InvoiceVanished);
    let events = vec![event];
    // What was learned while the call was in flight is judged now; what was refused is asked again only where it would
    // be another thing that is asked.
    let other = match (flagged, after(state, &events)) {
        (false, Some(after)) => judgement(&after, rules),
        (true, Some(after)) => {
            judgement(&after, rules).filter(|event| !is_what_was_asked(state, event))
        }
        (_, None) => None,
    };
    Ok(events.into_iter().chain(other).collect())
}

/// Whether an event leads back to what this state was asking.
fn is_what_was_asked(state: &State, event: &Event) -> bool {
    let asks = |asked: &Account, account: &Account| asked.gross == account.gross;
    match (state, event) {
        (State::Owed { account, .. }, Event::PayOwed { account: again }) => asks(account, again),
        (State::Replacing { account, .. }, Event::CorrectionOwed { account: again, .. }) => {
            asks(account, again)
        }
        (State::Replacing { account, .. }, Event::PayOwed { account: again }) => {
            asks(account, again)
        }
        (State::Withdrawing { .. }, Event::WithdrawalOwed { .. }) => true,
        (_, _) => false,
    }
}

fn refused(operation: &str, refusal: Refusal) -> Trouble {
    Trouble::Refused { operation: operation.to_owned(), refusal }
}
