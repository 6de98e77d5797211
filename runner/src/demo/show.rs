//! What the demo shows on its way: a live table on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use workflow_core::domain::Insurance;
use workflow_core::domain::placement::{EventKind, Machine, StateKind};
use workflow_core::engine::{Engine, Summary};
use workflow_core::id::{Position, StreamId};
use workflow_core::machine::{Kind as _, Machine as _};
use workflow_core::record::Recorded;
use workflow_core::store::Store;
use workflow_core::time::Timestamp;

/// The table is drawn at most so often.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table that is drawn over itself.
    Live,
    /// A line per event.
    Lines,
    /// Nothing.
    Silent,
}

/// Where progress is shown.
pub struct Screen {
    form: Form,
    out: Box<dyn Write + Send>,
    width: usize,
    colour: bool,
    next: Position,
    states: BTreeMap<StreamId, StateKind>,
    drawn: Option<(Instant, usize)>,
}

impl Screen {
    /// A screen `width` columns wide; `colour` for terminals that take it.
    pub fn new(form: Form, out: Box<dyn Write + Send>, width: usize, colour: bool) -> Self {
        Self { form, out, width, colour, next: Position(0), states: BTreeMap::new(), drawn: None }
    }

    /// A screen that shows nothing.
    pub fn silent() -> Self {
        Self::new(Form::Silent, Box::new(io::sink()), 0, false)
    }

    /// Shows what is new since the last time.
    pub(super) fn follow(&mut self, engine: &Engine<Insurance>, now: Timestamp) {
        match self.form {
            Form::Silent => {}
            Form::Lines => self.lines(&**engine.store()),
            Form::Live => {
                if self.drawn.is_none_or(|(at, _)| at.elapsed() >= DRAW_EVERY) {
                    self.draw(engine, now);
                }
            }
        }
    }

    /// Draws the table over the one before; on other screens it changes nothing.
    pub(super) fn draw(&mut self, engine: &Engine<Insurance>, now: Timestamp) {
        if self.form != Form::Live {
            return;
        }
        let summaries = engine.summaries("placement");
        let mut text = String::new();
        if let Some((_, lines)) = self.drawn {
            // Up to the table's first line.
            text.push_str(&format!("\x1b[{lines}A"));
        }
        let mut rows =
            vec![format!("simulated time {now}, {} events in the log", engine.position())];
        rows.extend(summaries.iter().map(|summary| self.row(summary)));
        for row in &rows {
            text.push_str("\x1b[2K");
            text.push_str(row);
            text.push('\n');
        }
        // A terminal that went away is no reason to stop.
        drop(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()));
        self.drawn = Some((Instant::now(), rows.len()));
    }

    fn row(&self, summary: &Summary) -> String {
        let why_width = self.width.saturating_sub(32).max(20);
        let why: String = summary.headline.chars().take(why_width).collect();
        let state = format!("{:<18}", summary.state);
        let state = match (self.colour, colour_of(summary.state)) {
            (true, Some(code)) => format!("\x1b[{code}m{state}\x1b[0m"),
            (_, _) => state,
        };
        format!("{:<10} {state} {why}", summary.stream.key())
    }

    /// Shows what is new in a log that is worked on elsewhere: a line per event.
    #[cfg(feature = "postgres")]
    pub(super) fn lines_of(&mut self, log: &dyn Store) {
        if self.form != Form::Silent {
            self.lines(log);
        }
    }

    fn lines(&mut self, log: &dyn Store) {
        let (from, states, out) = (self.next, &mut self.states, &mut self.out);
        let mut next = from;
        let scanned = log.scan(from, &mut |recorded| {
            next = Position(recorded.position.0 + 1);
            if recorded.stream.workflow() == "placement"
                && let Some(line) = moved(states, &recorded)
            {
                drop(writeln!(out, "{line}"));
            }
            ControlFlow::Continue(())
        });
        if let Err(error) = scanned {
            tracing::error!(%error, "the log cannot be read");
        }
        self.next = next;
    }
}

/// A line about an event, with the state that it led to.
fn moved(states: &mut BTreeMap<StreamId, StateKind>, recorded: &Recorded) -> Option<String> {
    let event: EventKind = Machine::event_from_wire(&recorded.event.kind)?;
    let before = states.get(&recorded.stream).copied();
    let after = Machine::next(before, event)?;
    states.insert(recorded.stream.clone(), after);
    let (at, id) = (recorded.event.recorded_at, recorded.stream.key());
    let what = recorded.event.kind.replace('_', " ");
    let at = at.to_string();
    let at = at.get(..16).unwrap_or(&at).replace('T', " ");
    Some(match before {
        Some(before) if before != after => {
            format!("{at}  {id}  {what:<22} {} -> {}", before.name(), after.name())
        }
        Some(_) => format!("{at}  {id}  {what:<22} {}", after.name()),
        None => format!("{at}  {id}  {what:<22} -> {}", after.name()),
    })
}

fn colour_of(state: &str) -> Option<u8> {
    match state {
        "Active" | "Completed" => Some(32),
        "Flagged" => Some(31),
        "Discovered" => Some(33),
        "Excluded" | "Canceled" => Some(90),
        _ => None,
    }
}
