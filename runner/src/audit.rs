//! An auditor's questions, answered from the log alone: a running process's, a stopped directory's, or an export's.
//!
//! One [`Question`] is answered by one walk through the log, as lines ([`Told`]): how far it is, rows as they are found,
//! and what it came to. The command line asks itself or a running process through the admin door, and shows the same.
//! One file per question. Whether the log is intact is asked elsewhere (`cli/verify.rs`).

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::exchange::Kept;
use workflow_core::id::{Position, StreamId};
use workflow_core::record::Recorded;
use workflow_core::record::frame::FrameEvent;
use workflow_core::seal::Vault;
use workflow_core::time::Timestamp;

use crate::disclosure::Why;

mod approvals;
pub mod csv;
mod drift;
mod gaps;
mod history;
mod sent;
mod source;
mod spill;

pub use approvals::{Approval, Approvals};
pub use drift::{Differs, Drifted};
pub use gaps::{Gap, Gaps, Side, ledger};
pub use sent::{Body, Open, Sent, SentTo};
pub use source::Source;

/// How far it is, is told after so many events.
const TOLD_EVERY: u64 = 5_000;

/// The zone of a tenant that no configuration tells of.
pub const USUAL_ZONE: &str = "America/New_York";

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Which days of work had no coverage in force.
    Gaps {
        /// The first day looked at.
        from: Option<jiff::civil::Date>,
        /// The last day looked at; today by default.
        to: Option<jiff::civil::Date>,
        /// Only this tenant.
        tenant: Option<String>,
        /// By what was known at this moment, in milliseconds; now by default.
        as_of: Option<i64>,
        /// The zone of tenants that no configuration tells of.
        zone: Option<String>,
    },
    /// What was sent about something, and what came back.
    Sent {
        /// The id of a placement, a contractor, or a stream's name.
        id: String,
        /// Who wants sealed parts opened, and why; only a running process does it: [`answer_openly`].
        #[serde(default)]
        open: Option<Why>,
    },
    /// Whether today's code derives what was recorded.
    Drift,
    /// What happened to one instance.
    History {
        /// The id of a placement, a contractor, or a stream's name.
        id: String,
        /// Only until this moment, in milliseconds.
        at: Option<i64>,
    },
    /// What people decided.
    Approvals {
        /// From this moment on, in milliseconds.
        from: Option<i64>,
        /// Up to and with this moment, in milliseconds.
        to: Option<i64>,
    },
}

/// One line of an answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// How far it is.
    Reached {
        /// Events, or bytes of an export.
        at: u64,
        /// Of so many.
        of: u64,
    },
    /// A row, of the shape that the question gives.
    Row(Value),
    /// What it came to, of the shape that the question gives.
    Done(Value),
    /// There is no answer.
    Failed {
        /// Why.
        why: String,
        /// What kind of why.
        kind: Kind,
    },
}

/// Why there is no answer, by what the caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The question does not fit.
    Usage,
    /// There is no such thing.
    NotFound,
    /// The log, or the export, is not intact.
    Damaged,
    /// Anything else.
    Failed,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Trouble {
    /// Why.
    pub why: String,
    /// What kind of why.
    pub kind: Kind,
}

impl Trouble {
    fn new(kind: Kind, why: impl Into<String>) -> Self {
        Self { why: why.into(), kind }
    }
}

/// Whoever the answer is for went away.
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::new(Kind::Failed, error.to_string())
    }
}

/// What answers are made with.
pub struct With<'a> {
    /// The log.
    pub source: Source<'a>,
    /// What opens personal data, where it is at hand.
    pub vault: Option<Arc<Vault>>,
    /// The zones of the tenants that a configuration tells of.
    pub zones: BTreeMap<String, TimeZone>,
    /// The moment of asking.
    pub now: Timestamp,
}

/// Where lines of an answer go.
type Out<'a> = dyn FnMut(Told) -> io::Result<()> + 'a;

/// Answers a question. What is told last is [`Told::Done`]; without an answer it is what is returned.
pub fn answer(question: &Question, with: &With<'_>, out: &mut Out<'_>) -> Result<(), Trouble> {
    match question {
        Question::Gaps { from, to, tenant, as_of, zone } => {
            in_order(from.as_ref(), to.as_ref())?;
            let as_of = as_of.map_or(with.now, Timestamp);
            let asked = gaps::Asked { from: *from, to: *to, tenant: tenant.as_deref(), as_of };
            gaps::answer(&asked, zone.as_deref(), with, out)
        }
        Question::Sent { id, open: None } => {
            sent::answer(id, &mut |_| Ok(sent::sealed()), with, out)
        }
        Question::Sent { open: Some(_), .. } => Err(Trouble::new(Kind::Usage, NOT_HERE)),
        Question::Drift => drift::answer(with, out),
        Question::History { id, at } => history::answer(id, at.map(Timestamp), with, out),
        Question::Approvals { from, to } => {
            let (from, to) = (from.map(Timestamp), to.map(Timestamp));
            in_order(from.as_ref(), to.as_ref())?;
            approvals::answer(from, to, with, out)
        }
    }
}

/// What is said where what is sealed is to be opened and nobody would keep that it was.
const NOT_HERE: &str =
    "what is sealed is opened by the running process alone, which keeps who was shown it";

/// Keeps that somebody is about to be shown an exchange, or says why that cannot be kept.
pub type Disclose<'a> = dyn FnMut(&Why, &StreamId, Position) -> Result<(), String> + 'a;

/// The same, with what is sealed opened where that is asked for: each exchange once it is kept who is shown it.
pub fn answer_openly(
    question: &Question,
    with: &With<'_>,
    disclose: &mut Disclose<'_>,
    out: &mut Out<'_>,
) -> Result<(), Trouble> {
    let Question::Sent { id, open: Some(why) } = question else {
        return answer(question, with, out);
    };
    let vault = with.vault.as_ref().ok_or_else(|| {
        Trouble::new(Kind::Usage, "the keys that open it are not at hand: this process has none")
    })?;
    if why.reason.trim().is_empty() {
        let what = "say why, with --reason: it is kept with who was shown what";
        return Err(Trouble::new(Kind::Usage, what));
    }
    let mut show = |kept: &Kept| {
        let opened = sent::opened(kept, vault);
        if let ((_, Some(_)), Some(of)) = (&opened, kept.stream()) {
            disclose(why, &of, kept.position).map_err(|no| Trouble::new(Kind::Failed, no))?;
        }
        Ok(opened)
    };
    sent::answer(id, &mut show, with, out)
}

/// A range that ends before it begins is a slip: an empty answer to it would be taken for "nothing found".
fn in_order<T: PartialOrd + fmt::Display>(from: Option<&T>, to: Option<&T>) -> Result<(), Trouble> {
    match (from, to) {
        (Some(from), Some(to)) if from > to => {
            let why = format!("the range ends before it begins: from {from} to {to}");
            Err(Trouble::new(Kind::Usage, why))
        }
        _ => Ok(()),
    }
}

fn row(out: &mut Out<'_>, row: &impl Serialize) -> Result<(), Trouble> {
    Ok(out(Told::Row(serde_json::to_value(row).map_err(io::Error::other)?))?)
}

fn done(out: &mut Out<'_>, done: &impl Serialize) -> Result<(), Trouble> {
    Ok(out(Told::Done(serde_json::to_value(done).map_err(io::Error::other)?))?)
}

/// Walks through the log from a position on, telling how far it is.
fn walk(
    with: &With<'_>,
    from: Position,
    out: &mut Out<'_>,
    each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
) -> Result<(), Trouble> {
    let mut pace = Pace::new(with, out)?;
    with.source.scan(from, &mut |at, recorded| match pace.step(at) {
        ControlFlow::Continue(()) => each(recorded),
        stop @ ControlFlow::Break(()) => stop,
    })?;
    pace.end()
}

/// The same where each event lies in its record: for whoever passes most of them over.
fn look(
    with: &With<'_>,
    from: Position,
    out: &mut Out<'_>,
    each: &mut dyn FnMut(&FrameEvent<'_>) -> ControlFlow<()>,
) -> Result<(), Trouble> {
    let mut pace = Pace::new(with, out)?;
    with.source.look(from, &mut |at, event| match pace.step(at) {
        ControlFlow::Continue(()) => each(event),
        stop @ ControlFlow::Break(()) => stop,
    })?;
    pace.end()
}

/// Tells how far a walk is, until nobody wants to know any more.
struct Pace<'a, 'b> {
    out: &'a mut Out<'b>,
    count: u64,
    of: u64,
    gone: io::Result<()>,
}

impl<'a, 'b> Pace<'a, 'b> {
    fn new(with: &With<'_>, out: &'a mut Out<'b>) -> Result<Self, Trouble> {
        Ok(Self { out, count: 0, of: with.source.size()?, gone: Ok(()) })
    }

    fn step(&mut self, at: u64) -> ControlFlow<()> {
        self.count += 1;
        if self.count.is_multiple_of(TOLD_EVERY) {
            self.gone = (self.out)(Told::Reached { at, of: self.of });
        }
        match &self.gone {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn end(self) -> Result<(), Trouble> {
        Ok(self.gone?)
    }
}

/// Whether a stream is what a person calls so: `ID`, `TENANT/ID` or `WORKFLOW/TENANT/ID`.
fn is_called(stream: &StreamId, name: &str) -> bool {
    match name.split('/').collect::<Vec<_>>().as_slice() {
        // A delivery has no name that a person knows.
        [key] => stream.key() == *key && is_about_somebody(stream),
        [tenant, key] => {
            stream.tenant() == *tenant && stream.key() == *key && is_about_somebody(stream)
        }
        _ => stream.as_str() == name,
    }
}

fn is_about_somebody(stream: &StreamId) -> bool {
    let of_no_workflow =
        workflow_core::exchange::is_exchange(stream) || workflow_core::moot::is_moot(stream);
    stream.workflow() != "delivery" && !of_no_workflow
}

/// The one of these streams that is meant: a placement goes before the others.
fn meant(called: &BTreeMap<StreamId, Position>, id: &str) -> Result<StreamId, Trouble> {
    let mut placements = called.keys().filter(|stream| stream.workflow() == "placement");
    let mut all = called.keys();
    match (placements.next(), placements.next(), all.next(), all.next()) {
        (Some(one), None, ..) | (None, _, Some(one), None) => Ok(one.clone()),
        (None, None, None, _) => {
            let why =
                format!("nothing is called {id} in this log; `runner list` shows all placements");
            Err(Trouble::new(Kind::NotFound, why))
        }
        _ => {
            let names = called.keys().map(StreamId::as_str).collect::<Vec<_>>().join(", ");
            Err(Trouble::new(Kind::Usage, format!("several are called {id}: say one of {names}")))
        }
    }
}
