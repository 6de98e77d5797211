//! A lending library on the engine: nothing but the engine, no insurance in sight.
//!
//! A loan waits for its copy, is lent out, is reminded of by a letter when it is due, and comes back. A copy is lent to
//! one reader at a time; the others wait. The two workflows talk through the log. Run it with
//! `cargo run -p workflow-core --example library_loan`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use workflow_core::dispatch::{Dispatcher, Perform};
use workflow_core::engine::{Engine, OwedCall, Source};
use workflow_core::id::StreamId;
use workflow_core::machine;
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::store::memory::MemoryStore;
use workflow_core::time::{Clock, ManualClock, Timestamp};
use workflow_core::workflow::{Answered, Context, Domain, Owed, Rejection, Tell, Workflow};

/// How long a copy is lent.
const TERM: Duration = Duration::from_secs(28 * 24 * 3600);

/// What the library's workflows ask of the outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) enum Call {
    /// Post a letter.
    SendReminder { reader: String },
}

/// The library's vocabulary.
pub(crate) struct Library;

impl Domain for Library {
    type Call = Call;
    type Answer = ();
    type Rules = ();
}

/// One reader's loan of one title.
#[machine]
mod loan {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum State {
        Waiting {
            reader: String,
            copy: String,
        },
        Lent {
            reader: String,
            copy: String,
            due: Timestamp,
        },
        Overdue {
            reader: String,
            copy: String,
            reminded: bool,
        },
        #[terminal]
        Returned {
            copy: String,
        },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        LoanRequested { reader: String, copy: String },
        CopyLent { due: Timestamp },
        LoanFellDue,
        ReminderSent,
        CopyReturned,
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            LoanRequested { reader, copy } => Some(Waiting { reader, copy }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Waiting { reader, copy }, CopyLent { due }) => Some(Lent { reader, copy, due }),
            (Lent { reader, copy, .. }, LoanFellDue) => {
                Some(Overdue { reader, copy, reminded: false })
            }
            (Overdue { reader, copy, .. }, ReminderSent) => {
                Some(Overdue { reader, copy, reminded: true })
            }
            (Lent { copy, .. } | Overdue { copy, .. }, CopyReturned) => Some(Returned { copy }),
            _ => None,
        }
    }
}

/// One copy on the shelf, or out with a reader.
#[machine]
mod copy {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum State {
        OnShelf,
        Out {
            loan: String,
            queue: VecDeque<String>,
        },
        #[terminal]
        Withdrawn,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        Taken { loan: String },
        Wanted { loan: String },
        PassedOn,
        Shelved,
        Withdrew,
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            Taken { loan } => Some(Out { loan, queue: VecDeque::new() }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Out { loan, mut queue }, Wanted { loan: next }) => {
                queue.push_back(next);
                Some(Out { loan, queue })
            }
            (Out { mut queue, .. }, PassedOn) => {
                let loan = queue.pop_front().unwrap_or_default();
                Some(Out { loan, queue })
            }
            (Out { .. }, Shelved) => Some(OnShelf),
            (OnShelf, Taken { loan }) => Some(Out { loan, queue: VecDeque::new() }),
            (OnShelf, Withdrew) => Some(Withdrawn),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum LoanInput {
    Request { reader: String, copy: String },
    Granted,
    Due,
    Reminded,
    Return,
}

pub(crate) struct Loan;

impl Workflow for Loan {
    type Domain = Library;
    type Machine = loan::Machine;
    type Input = LoanInput;

    fn decide(
        state: Option<&loan::State>,
        input: LoanInput,
        context: &Context<'_, ()>,
    ) -> Result<Vec<loan::Event>, Rejection> {
        use loan::{Event, State};
        match (state, input) {
            (None, LoanInput::Request { reader, copy }) => {
                Ok(vec![Event::LoanRequested { reader, copy }])
            }
            (Some(State::Waiting { .. }), LoanInput::Granted) => {
                Ok(vec![Event::CopyLent { due: context.now.plus(TERM) }])
            }
            (Some(State::Lent { due, .. }), LoanInput::Due) if context.now >= *due => {
                Ok(vec![Event::LoanFellDue])
            }
            (Some(State::Overdue { reminded: false, .. }), LoanInput::Reminded) => {
                Ok(vec![Event::ReminderSent])
            }
            (Some(State::Lent { .. } | State::Overdue { .. }), LoanInput::Return) => {
                Ok(vec![Event::CopyReturned])
            }
            (None, _) => Err(Rejection::new("unknown", "there is no such loan")),
            (Some(_), _) => Ok(Vec::new()),
        }
    }

    fn react(stream: &StreamId, state: &loan::State) -> Vec<Owed<Call>> {
        use loan::State;
        let tell = |operation: &str, copy: &str, input: CopyInput| {
            let to = StreamId::new("copy", stream.tenant(), copy).expect("copies have plain names");
            Owed::Tell(Tell::new::<Copy>(operation, to, &input))
        };
        let loan = stream.key().to_owned();
        match state {
            State::Waiting { copy, .. } => {
                vec![tell("ask_copy", copy, CopyInput::Wanted { loan }), Owed::Signal("the copy")]
            }
            State::Lent { .. } => vec![Owed::Signal("the reader")],
            State::Overdue { reader, reminded: false, .. } => vec![Owed::Call {
                operation: "remind".into(),
                call: Call::SendReminder { reader: reader.clone() },
            }],
            State::Overdue { .. } => vec![Owed::Signal("the reader")],
            State::Returned { copy } => vec![tell("give_back", copy, CopyInput::Back { loan })],
        }
    }

    fn due(state: &loan::State) -> Option<Timestamp> {
        match state {
            loan::State::Lent { due, .. } => Some(*due),
            loan::State::Waiting { .. }
            | loan::State::Overdue { .. }
            | loan::State::Returned { .. } => None,
        }
    }

    fn timer() -> Option<LoanInput> {
        Some(LoanInput::Due)
    }

    fn answered(_: Answered<()>) -> LoanInput {
        LoanInput::Reminded
    }

    fn input_name(input: &LoanInput) -> &'static str {
        match input {
            LoanInput::Request { .. } => "request",
            LoanInput::Granted => "granted",
            LoanInput::Due => "due",
            LoanInput::Reminded => "reminded",
            LoanInput::Return => "return",
        }
    }

    fn headline(state: &loan::State) -> String {
        match state {
            loan::State::Waiting { copy, .. } => format!("waits for {copy}"),
            loan::State::Lent { due, .. } => format!("due {due}"),
            loan::State::Overdue { reminded: false, .. } => "overdue".into(),
            loan::State::Overdue { .. } => "overdue, reminded".into(),
            loan::State::Returned { copy } => format!("{copy} is back"),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum CopyInput {
    Wanted { loan: String },
    Back { loan: String },
    Withdraw,
}

pub(crate) struct Copy;

impl Workflow for Copy {
    type Domain = Library;
    type Machine = copy::Machine;
    type Input = CopyInput;

    fn decide(
        state: Option<&copy::State>,
        input: CopyInput,
        _: &Context<'_, ()>,
    ) -> Result<Vec<copy::Event>, Rejection> {
        use copy::{Event, State};
        match (state, input) {
            (None | Some(State::OnShelf), CopyInput::Wanted { loan }) => {
                Ok(vec![Event::Taken { loan }])
            }
            (Some(State::OnShelf), CopyInput::Withdraw) => Ok(vec![Event::Withdrew]),
            (Some(State::Out { loan: holder, queue }), CopyInput::Wanted { loan })
                if *holder == loan || queue.contains(&loan) =>
            {
                Ok(Vec::new())
            }
            (Some(State::Out { .. }), CopyInput::Wanted { loan }) => {
                Ok(vec![Event::Wanted { loan }])
            }
            (Some(State::Out { loan, queue }), CopyInput::Back { loan: back }) if *loan == back => {
                Ok(vec![if queue.is_empty() { Event::Shelved } else { Event::PassedOn }])
            }
            (_, _) => Ok(Vec::new()),
        }
    }

    fn react(stream: &StreamId, state: &copy::State) -> Vec<Owed<Call>> {
        match state {
            copy::State::OnShelf => vec![Owed::Signal("a reader")],
            copy::State::Withdrawn => Vec::new(),
            copy::State::Out { loan, .. } => {
                let to =
                    StreamId::new("loan", stream.tenant(), loan).expect("loans have plain names");
                let granted = Tell::new::<Loan>(format!("grant:{loan}"), to, &LoanInput::Granted);
                vec![Owed::Tell(granted), Owed::Signal("the copy")]
            }
        }
    }

    fn answered(_: Answered<()>) -> CopyInput {
        CopyInput::Back { loan: String::new() }
    }

    fn input_name(input: &CopyInput) -> &'static str {
        match input {
            CopyInput::Wanted { .. } => "wanted",
            CopyInput::Back { .. } => "back",
            CopyInput::Withdraw => "withdraw",
        }
    }

    fn headline(state: &copy::State) -> String {
        match state {
            copy::State::OnShelf => "on the shelf".into(),
            copy::State::Withdrawn => "withdrawn".into(),
            copy::State::Out { loan, queue } => format!("out on {loan}, {} waiting", queue.len()),
        }
    }
}

/// The post office: the first letter is lost on the way there.
struct Post {
    letters: AtomicUsize,
}

impl Perform<Library> for Post {
    async fn perform(&self, call: Call, attempt: Attempt) -> Outcome<()> {
        let Call::SendReminder { reader } = call;
        if attempt.earlier == 0 {
            return Outcome::not_sent(format!("the letter to {reader} did not leave the house"));
        }
        self.letters.fetch_add(1, Ordering::SeqCst);
        Outcome::Answered(())
    }

    fn lane(&self, _: &OwedCall<Library>) -> String {
        "post".into()
    }
}

/// What the example ends with, for whoever runs it as a test.
pub struct Ending {
    /// One line per instance: its name, its state, its headline.
    pub lines: Vec<String>,
    /// How many letters were sent.
    pub letters: usize,
    /// How many events the log holds.
    pub events: u64,
}

/// Two readers want the same copy; the first keeps it too long.
pub async fn run() -> Result<Ending, Box<dyn std::error::Error>> {
    let clock = ManualClock::at(Timestamp::from_secs(1_774_267_200));
    let store = Arc::new(MemoryStore::new());
    let rules = Arc::new(|_: &str| Some(Arc::new(())));
    let engine = Engine::<Library>::builder(store, Arc::new(clock.clone()), rules)
        .workflow::<Loan>()
        .workflow::<Copy>()
        .open()?;
    let post = Arc::new(Post { letters: AtomicUsize::new(0) });
    let dispatcher = Dispatcher::new(engine.clone(), Arc::clone(&post));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let running = tokio::spawn({
        let dispatcher = dispatcher.clone();
        async move { dispatcher.run(stopped).await }
    });

    let desk = || Source::new("desk", "");
    let (first, second) = (StreamId::parse("loan/main/1")?, StreamId::parse("loan/main/2")?);
    for (loan, reader) in [(&first, "reader-7"), (&second, "reader-9")] {
        let request = LoanInput::Request { reader: reader.into(), copy: "dune-3".into() };
        engine.handle::<Loan>(loan, request, desk()).await?;
    }
    let mut changes = engine.changes();
    while engine.messages_waiting() > 0 {
        changes.changed().await?;
    }
    clock.advance(TERM);
    engine.fire_timers().await?;
    while post.letters.load(Ordering::SeqCst) == 0 || !engine.owed_calls().is_empty() {
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    engine.handle::<Loan>(&first, LoanInput::Return, desk()).await?;
    while engine.messages_waiting() > 0 {
        changes.changed().await?;
    }

    let line =
        |s: workflow_core::engine::Summary| format!("{} {}: {}", s.stream, s.state, s.headline);
    let lines =
        engine.summaries("loan").into_iter().chain(engine.summaries("copy")).map(line).collect();
    let letters = post.letters.load(Ordering::SeqCst);
    let events = engine.position().0;
    stop.send(true)?;
    running.await??;
    engine.stop();
    let _ = clock.now();
    Ok(Ending { lines, letters, events })
}

#[allow(clippy::print_stdout)]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ending = run().await?;
    for line in ending.lines {
        println!("{line}");
    }
    println!("{} letter sent, {} events in the log", ending.letters, ending.events);
    Ok(())
}
