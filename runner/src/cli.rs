//! The command line: one verb per file. Data goes to the standard output, talk to the standard error.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

mod ask;
mod audit;
mod backup;
mod certificate;
mod check;
mod checklist;
mod completions;
mod config;
#[cfg(feature = "simulators")]
mod demo;
mod diagram;
mod doctor;
mod exclude;
mod export;
mod forget;
mod help;
mod history;
mod inbox;
mod include;
mod init;
mod invoices;
mod keep;
mod key;
mod list;
mod man;
mod migrate;
mod operations;
mod order;
mod page;
mod pause;
mod progress;
mod resend;
mod resolve;
mod restore;
mod retry;
mod rotate_key;
mod run;
mod set;
mod show;
#[cfg(feature = "simulators")]
mod simulate;
mod table;
mod tail;
mod tenants;
mod verify;
mod webhook;

/// Keeps contractor placements in JobDiva insured through 1099Policy.
///
/// Try it without any account: `runner demo`. Then `runner init` writes a configuration to fill in, and
/// `runner run --config runner.toml` is the service.
#[derive(Debug, Parser)]
#[command(name = "runner", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

/// Each verb brings its own words and examples.
#[derive(Debug, Subcommand)]
enum Verb {
    #[cfg(feature = "simulators")]
    Demo(demo::Demo),
    #[cfg(feature = "simulators")]
    Simulate(simulate::Simulate),
    Run(run::Run),
    Init(init::Init),
    Check(check::Check),
    Config(config::Config),
    Doctor(doctor::Doctor),
    Operations(operations::Operations),
    Checklist(checklist::Checklist),
    Page(page::Page),
    List(list::List),
    Show(show::Show),
    History(history::History),
    Tail(tail::Tail),
    Invoices(invoices::Invoices),
    Audit(audit::Audit),
    Certificate(certificate::Certificate),
    Inbox(inbox::Inbox),
    Keep(keep::Keep),
    #[command(alias = "act")]
    Resolve(resolve::Resolve),
    Exclude(exclude::Exclude),
    Include(include::Include),
    Set(set::Set),
    Resend(resend::Resend),
    Retry(retry::Retry),
    Pause(pause::Pause),
    Resume(pause::Resume),
    Tenants(tenants::TenantsVerb),
    Webhook(webhook::Webhook),
    Forget(forget::Forget),
    RotateKey(rotate_key::RotateKey),
    Verify(verify::Verify),
    Diagram(diagram::Diagram),
    Export(export::Export),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Migrate(migrate::Migrate),
    Key(key::Key),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Where the log is: a running process is asked, a stopped directory is read.
#[derive(Debug, Args)]
struct Place {
    /// The data directory.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,
    /// The configuration that names it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How a verb failed, by what the caller can do about it. The number is the exit code.
#[derive(Debug)]
enum Failure {
    /// Anything else.
    Failed(String),
    /// The arguments do not fit together.
    Usage(String),
    /// The configuration has mistakes.
    Config(String),
    /// There is no such thing.
    NotFound(String),
    /// The rules refuse it.
    Refused(String),
    /// A system is out of reach.
    Unreachable(String),
    /// A person must look.
    NeedsPerson(String),
    /// The log is not intact.
    Damaged(String),
    /// Today's code derives something else than was recorded.
    Differs(String),
    /// Stopped by ctrl-C.
    Interrupted,
}

impl Failure {
    /// Where a log was looked for and there is none.
    fn no_log(dir: &std::path::Path) -> Self {
        Self::NotFound(format!(
            "{} holds no log: give the folder with --data, or the service's file with --config; `runner demo` and `runner run` \
             make one",
            dir.display()
        ))
    }

    fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Config(_) => 3,
            Failure::NotFound(_) => 4,
            Failure::Refused(_) => 5,
            Failure::Unreachable(_) => 6,
            Failure::NeedsPerson(_) | Failure::Damaged(_) => 7,
            Failure::Differs(_) => 8,
            Failure::Interrupted => 130,
        }
    }

    fn message(&self) -> &str {
        match self {
            Failure::Failed(message)
            | Failure::Usage(message)
            | Failure::Config(message)
            | Failure::NotFound(message)
            | Failure::Refused(message)
            | Failure::Unreachable(message)
            | Failure::NeedsPerson(message)
            | Failure::Damaged(message)
            | Failure::Differs(message) => message,
            Failure::Interrupted => "stopped by ctrl-C",
        }
    }
}

impl Failure {
    /// What to do about it, where that is the same whatever happened and the message does not say it.
    fn advice(&self) -> Option<&'static str> {
        match self {
            Failure::Damaged(_) => Some(
                "keep the files as they are, and take another copy, or restore the log from a backup: docs/backup.md",
            ),
            Failure::Differs(_) => Some(
                "stay with the version that wrote it, and look at each difference (--json): docs/upgrades.md",
            ),
            Failure::Failed(_)
            | Failure::Usage(_)
            | Failure::Config(_)
            | Failure::NotFound(_)
            | Failure::Refused(_)
            | Failure::Unreachable(_)
            | Failure::NeedsPerson(_)
            | Failure::Interrupted => None,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Failed(error.to_string())
    }
}

/// An error with its causes.
fn failed(error: &dyn std::error::Error) -> Failure {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    Failure::Failed(text)
}

type Outcome = Result<(), Failure>;

/// The whole command line with its help, as completions and manual pages are made of it.
pub fn command() -> clap::Command {
    help::taught(Cli::command())
}

/// Runs the command line; returns the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = command().try_get_matches_from(arguments);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return end(Failure::Failed(error.to_string())),
    };
    let outcome = runtime.block_on(async {
        match cli.verb {
            #[cfg(feature = "simulators")]
            Verb::Demo(verb) => verb.run().await,
            #[cfg(feature = "simulators")]
            Verb::Simulate(verb) => verb.run().await,
            Verb::Run(verb) => verb.run().await,
            Verb::Init(verb) => verb.run(),
            Verb::Check(verb) => verb.run(),
            Verb::Config(verb) => verb.run(),
            Verb::Doctor(verb) => verb.run().await,
            Verb::Operations(verb) => verb.run(),
            Verb::Checklist(verb) => verb.run().await,
            Verb::Page(verb) => verb.run(),
            Verb::List(verb) => verb.run().await,
            Verb::Show(verb) => verb.run().await,
            Verb::History(verb) => verb.run().await,
            Verb::Tail(verb) => verb.run().await,
            Verb::Invoices(verb) => verb.run().await,
            Verb::Audit(verb) => verb.run().await,
            Verb::Certificate(verb) => verb.run().await,
            Verb::Inbox(verb) => verb.run().await,
            Verb::Keep(verb) => verb.run().await,
            Verb::Resolve(verb) => verb.run().await,
            Verb::Exclude(verb) => verb.run().await,
            Verb::Include(verb) => verb.run().await,
            Verb::Set(verb) => verb.run().await,
            Verb::Resend(verb) => verb.run().await,
            Verb::Retry(verb) => verb.run().await,
            Verb::Pause(verb) => verb.run().await,
            Verb::Resume(verb) => verb.run().await,
            Verb::Tenants(verb) => verb.run().await,
            Verb::Webhook(verb) => verb.run().await,
            Verb::Forget(verb) => verb.run().await,
            Verb::RotateKey(verb) => verb.run(),
            Verb::Verify(verb) => verb.run().await,
            Verb::Diagram(verb) => verb.run(),
            Verb::Export(verb) => verb.run().await,
            Verb::Backup(verb) => verb.run().await,
            Verb::Restore(verb) => verb.run(),
            Verb::Migrate(verb) => verb.run().await,
            Verb::Key(verb) => verb.run(),
            Verb::Completions(verb) => verb.run(),
            Verb::Man(verb) => verb.run(),
        }
    });
    crate::telemetry::finish();
    // What is still under way (a stuck connection) must not hold the process.
    runtime.shutdown_background();
    outcome.map_or_else(end, |()| ExitCode::SUCCESS)
}

fn end(failure: Failure) -> ExitCode {
    drop(writeln!(io::stderr(), "runner: {}", failure.message()));
    if let Some(advice) = failure.advice() {
        drop(writeln!(io::stderr(), "  {advice}"));
    }
    ExitCode::from(failure.code())
}

/// Writes a line of data; a reader that went away (`| head`) is no failure.
fn say(line: &str) -> Outcome {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes an answer as JSON that has no version of its own.
fn say_versioned(value: &impl serde::Serialize) -> Outcome {
    let mut value = serde_json::to_value(value).map_err(|error| failed(&error))?;
    if let Some(map) = value.as_object_mut() {
        map.entry("version").or_insert_with(|| crate::views::VERSION.into());
    }
    say_json(&value)
}

/// Writes data as JSON.
fn say_json(value: &impl serde::Serialize) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(|error| failed(&error))?;
    say(&text)
}
