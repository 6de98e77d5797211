//! Time: reminders, starts that pass while something is waited for, ends that nobody reports, calendars with their odd days,
//! and clocks that jump.

mod calendar;
mod clock;
mod ends;
mod reminders;
mod undoing;
mod waiting;
