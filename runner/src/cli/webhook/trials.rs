//! `runner webhook test` and `runner webhook check`: which step fails.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use workflow_core::time::{Clock as _, SystemClock, Timestamp};

use super::Whose;
use crate::cli::{Failure, Outcome, say, say_json};
use crate::systems::{JOBDIVA, POLICY};
use crate::webhook_trial::{self, Capture, Knocked, Trial};

/// The version of the shape that `--json` prints.
const VERSION: u32 = 1;

/// Whose webhooks.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Source {
    /// JobDiva's.
    Jobdiva,
    /// 1099Policy's.
    #[value(name = "1099policy")]
    Policy,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Source::Jobdiva => JOBDIVA,
            Source::Policy => POLICY,
        }
    }
}

/// Send a signed delivery of our own to the own door, and say which step fails.
///
/// It is of a kind that nothing follows from. Say --url with the address that the provider
/// was told, to try the way through the proxy too.
///
/// Example: runner webhook test --source jobdiva --url https://hooks.example.com
#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    whose: Whose,
    /// Whose webhook to play.
    #[arg(long, value_enum)]
    source: Source,
    /// Scheme and host of the door; as configured under [listen] by default.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Say which step a captured delivery fails at. Prints no secret and nothing of the body.
///
/// FILE is the request as it was sent: headers, an empty line, the raw body.
///
/// Example: runner webhook check captured --source 1099policy --at 2026-04-01T09:00:00Z
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    whose: Whose,
    /// Whose webhook it is.
    #[arg(long, value_enum)]
    source: Source,
    /// The captured request.
    #[arg(required_unless_present_all = ["headers", "body"], conflicts_with_all = ["headers", "body"])]
    file: Option<PathBuf>,
    /// Its headers alone, one `Name: value` a line.
    #[arg(long, value_name = "FILE", requires = "body")]
    headers: Option<PathBuf>,
    /// Its raw body alone.
    #[arg(long, value_name = "FILE", requires = "headers")]
    body: Option<PathBuf>,
    /// When it came, RFC 3339; now by default.
    #[arg(long, value_name = "MOMENT")]
    at: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Shown<T> {
    version: u32,
    passed: bool,
    #[serde(flatten)]
    of: T,
}

impl Test {
    pub(super) async fn run(self) -> Outcome {
        let config = self.whose.load()?;
        let tenant = self.whose.tenant(&config)?;
        let base = self.url.unwrap_or_else(|| format!("http://{}", config.hooks));
        let knocked =
            webhook_trial::knock(tenant, self.source.name(), &base, SystemClock.now()).await;
        let passed = knocked.passed();
        if self.json {
            say_json(&Shown { version: VERSION, passed, of: &knocked })?;
        } else {
            tell(&knocked, &base)?;
        }
        ended(passed, "the door does not take it")
    }
}

fn tell(knocked: &Knocked, base: &str) -> Outcome {
    say(knocked.trial.to_string().trim_end())?;
    let Some(why) = &knocked.failed else {
        return match knocked.status {
            Some(status) => say(&format!("       ok  the door at {base} took it: {status}")),
            None => Ok(()),
        };
    };
    say(&format!("   FAILED  the door at {base} takes it"))?;
    say(&format!("           {}", why.found))?;
    why.hints.iter().try_for_each(|hint| say(&format!("           {}", hint.text)))
}

impl Check {
    pub(super) fn run(self) -> Outcome {
        let config = self.whose.load()?;
        let tenant = self.whose.tenant(&config)?;
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| {
                Failure::NotFound(format!("{} cannot be read: {error}", path.display()))
            })
        };
        let capture = match (&self.file, &self.headers, &self.body) {
            (Some(file), _, _) => Capture::of_request(&read(file)?),
            (None, Some(headers), Some(body)) => Capture::of_parts(&read(headers)?, read(body)?),
            (None, _, _) => return Err(Failure::Usage("which capture? Say FILE".into())),
        };
        let capture = capture.map_err(|error| Failure::Usage(error.to_string()))?;
        let now = match &self.at {
            None => SystemClock.now(),
            Some(text) => text.parse::<jiff::Timestamp>().map(Timestamp::from).map_err(|_| {
                Failure::Usage(format!("`{text}` is no moment such as 2026-04-01T09:00:00Z"))
            })?,
        };
        let tried: Trial = webhook_trial::trial(tenant, self.source.name(), &capture, now);
        let passed = tried.passed();
        if self.json {
            say_json(&Shown { version: VERSION, passed, of: &tried })?;
        } else {
            say(tried.to_string().trim_end())?;
        }
        ended(passed, "the door would not take it")
    }
}

fn ended(passed: bool, otherwise: &str) -> Outcome {
    if passed { Ok(()) } else { Err(Failure::Refused(otherwise.to_owned())) }
}
