//! Time: reminders, starts that pass while something is waited for, ends that nobody reports, calendars with their odd days.

mod calendar;
mod ends;
mod reminders;
mod waiting;
