//! `runner simulate`: one vendor's simulator alone, to develop against.
//!
//! It starts one, says how to reach it, and waits. What a simulator does is its adapter's; how a tenant's dialect is
//! written as a file is `simulate/dialect.rs` and `simulate/insurer.rs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use integration_1099policy::simulator as policy;
use integration_jobdiva::simulator as ats;
use workflow_core::time::{Clock as _, ManualClock, SystemClock, Timestamp};

use super::run::Signals;
use super::{Failure, Outcome, failed, say};
use crate::telemetry::{self, Form};

mod dialect;
mod insurer;

const EXAMPLES: &str = "\
Examples:
  runner simulate jobdiva --port 8801
      JobDiva on 2026-03-24, 09:00 in New York, with its seed data; time goes by as it does here.
  runner simulate jobdiva --port 8801 --clock 2026-04-06T13:00:00Z --pace 3600
      ... from the sixth of April on, an hour a second.
  runner simulate jobdiva --port 8801 --clock real --dataset empty
      ... now, without candidates and placements; hire with POST /__sim/mutate.
  runner simulate jobdiva --print-dialect > tenant.toml
  runner simulate jobdiva --port 8801 --dialect tenant.toml
      ... speaking a tenant's dialect: American dates, another page base, methods not granted.
  runner simulate 1099policy --port 8802 --state insurer.json
      1099Policy; what it holds survives a stop.
  runner simulate 1099policy --print-dialect > insurer.toml
  runner simulate 1099policy --port 8802 --dialect insurer.toml
      ... in a dialect of its own: certificates by other words, webhooks signed otherwise, a contractor who never comes.

Then, for example:
  curl http://127.0.0.1:8801/openapi.json
  curl -X POST http://127.0.0.1:8801/__sim/mutate -d '{\"change\":\"cancel\",\"placement\":51000777}'
  curl -X PUT  http://127.0.0.1:8801/__sim/webhooks -d '{\"url\":\"http://127.0.0.1:8080/hooks/jobdiva/ENDPOINT\",\"secret\":\"SECRET\"}'";

/// Run one simulator alone: JobDiva's API or 1099Policy's, over real HTTP, until ctrl-C.
///
/// It prints its address, the credentials that work, and the requests that control it. `/` is a page with its state,
/// `/openapi.json` describes its API. Nothing leaves this machine but webhooks, and they only where you send them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Simulate {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// The applicant tracking system.
    #[command(after_help = EXAMPLES)]
    Jobdiva(JobDiva),
    /// The insurer.
    #[command(name = "1099policy", after_help = EXAMPLES)]
    Policy(Policy),
}

#[derive(Debug, Args)]
struct Usual {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// When it begins: `real` is now; else a moment such as 2026-04-06T13:00:00Z. Without it, the seed data's first day.
    #[arg(long, value_name = "real|MOMENT", value_parser = begin)]
    clock: Option<Begin>,
    /// Simulated seconds per real second; 0: the clock stands until a control request moves it.
    #[arg(long, default_value_t = 1)]
    pace: u32,
    /// Chooses what is left to chance: how empties are written (JobDiva), which ids are given (1099Policy).
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Keep the state in this file, and go on from it where it exists.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

/// When a simulator begins.
#[derive(Clone, Copy, Debug)]
enum Begin {
    Real,
    At(Timestamp),
}

fn begin(text: &str) -> Result<Begin, String> {
    if text == "real" {
        return Ok(Begin::Real);
    }
    let moment = text.parse::<jiff::Timestamp>();
    let why = |_| "`real`, or a moment such as 2026-04-06T13:00:00Z".to_owned();
    moment.map(|at| Begin::At(at.into())).map_err(why)
}

impl Usual {
    fn clock(&self, otherwise: Timestamp) -> ManualClock {
        ManualClock::at(match self.clock {
            Some(Begin::Real) => SystemClock.now(),
            Some(Begin::At(moment)) => moment,
            None => otherwise,
        })
    }

    fn pace(&self) -> Option<u32> {
        (self.pace > 0).then_some(self.pace)
    }
}

#[derive(Debug, Args)]
struct JobDiva {
    #[command(flatten)]
    usual: Usual,
    /// What the tenant has at first: `seed`, or `empty` (companies and jobs only).
    #[arg(long, default_value = "seed", value_parser = ["seed", "empty"])]
    dataset: String,
    /// A tenant's dialect, as TOML: the switches that stand otherwise than by default.
    #[arg(long, value_name = "FILE")]
    dialect: Option<PathBuf>,
    /// Print a dialect file with every switch at its default, how well each is known, and stop.
    #[arg(long)]
    print_dialect: bool,
}

#[derive(Debug, Args)]
struct Policy {
    #[command(flatten)]
    usual: Usual,
    /// A dialect, as TOML: the switches that stand otherwise than by default, and what single contractors do.
    #[arg(long, value_name = "FILE")]
    dialect: Option<PathBuf>,
    /// Print a dialect file with every switch at its default, how well each is known, and stop.
    #[arg(long)]
    print_dialect: bool,
}

impl Simulate {
    pub(super) async fn run(self) -> Outcome {
        match self.which {
            Which::Jobdiva(verb) if verb.print_dialect => say(dialect::sample().trim_end()),
            Which::Jobdiva(verb) => verb.run().await,
            Which::Policy(verb) if verb.print_dialect => say(insurer::sample().trim_end()),
            Which::Policy(verb) => verb.run().await,
        }
    }
}

impl JobDiva {
    async fn run(self) -> Outcome {
        telemetry::to_stderr(Form::Lines, "warn");
        let mut behaviour = match &self.dialect {
            Some(file) => dialect::read(file)?,
            None => ats::Behaviour::default(),
        };
        behaviour.seed = self.usual.seed.unwrap_or(behaviour.seed);
        let mut signals = Signals::new()?;
        let config = ats::Config {
            port: self.usual.port,
            clock: self.usual.clock(ats::seed::START),
            persist: self.usual.state.clone(),
            dataset: if self.dataset == "empty" { ats::Dataset::Empty } else { ats::Dataset::Seed },
            behaviour,
            pace: self.usual.pace(),
            ..ats::Config::default()
        };
        let simulator = ats::Simulator::start(config)
            .await
            .map_err(|error| not_started(&self.usual, &error))?;
        let (url, known) = (simulator.base_url(), ats::Credentials::default());
        say(&format!(
            "JobDiva, simulated, on {url} until ctrl-C; it is {} there\n",
            simulator.clock().now()
        ))?;
        say(&format!(
            "Log in with\n  client id  {}\n  username   {}\n  password   {}\n  curl -G {url}/apiv2/v2/authenticate -d clientid={} \
             --data-urlencode 'username={}' --data-urlencode 'password={}'\n",
            known.client_id,
            known.username,
            known.password,
            known.client_id,
            known.username,
            known.password,
        ))?;
        told_where(&url)?;
        say("\nControl it, without a login (a body is an example that works)")?;
        for control in ats::CONTROLS {
            let request = format!("{} {url}/__sim/{}", control.method, control.path);
            say(&format!("  {request:<56} {}", control.does))?;
            if !["", "{}"].contains(&control.example) {
                say(&format!("  {:<6} {}", "", control.example))?;
            }
        }
        signals.next().await;
        simulator.stop().await;
        Ok(())
    }
}

/// The control requests of the insurer's simulator that a developer needs first.
const POLICY_CONTROLS: [(&str, &str, &str); 10] = [
    ("GET", "ledger", "what was done to it: contractors, jobs, charges"),
    ("GET", "requests", "the newest requests, with their answers' status"),
    ("GET", "switches", "how the switches stand"),
    ("POST", "clock/advance", "moves the clock and plays what is due: {\"secs\":3600}"),
    (
        "POST",
        "behaviours",
        "what a contractor does: {\"who\":\"70011000042\",\"application\":\"abandon\"}",
    ),
    ("POST", "faults", "adds a fault"),
    ("DELETE", "faults", "clears the faults"),
    ("POST", "sessions/ID/advance", "moves an application on: {\"to\":\"next_step\"}"),
    ("POST", "policies/ID/cancel", "cancels a policy from the insurer's side"),
    ("POST", "reset", "a new world"),
];

impl Policy {
    async fn run(self) -> Outcome {
        telemetry::to_stderr(Form::Lines, "warn");
        let dialect = self.dialect.as_deref().map(insurer::read).transpose()?.unwrap_or_default();
        let mut signals = Signals::new()?;
        let usual = policy::Config::default().speaking(dialect);
        let config = policy::Config {
            port: self.usual.port,
            clock: self.usual.clock(policy::DEFAULT_START),
            seed: self.usual.seed.unwrap_or(usual.seed),
            persist: self.usual.state.clone(),
            pace: self.usual.pace(),
            ..usual
        };
        let started = policy::Simulator::start(config).await;
        let simulator = started.map_err(|error| not_started(&self.usual, &error))?;
        let (url, key) = (simulator.base_url(), simulator.api_key().to_owned());
        say(&format!(
            "1099Policy, simulated, on {url} until ctrl-C; it is {} there\n",
            simulator.clock().now()
        ))?;
        say(&format!(
            "Use the key\n  {key}\n  curl -H 'Authorization: Bearer {key}' {url}/api/v1/category_codes\n"
        ))?;
        told_where(&url)?;
        say("\nControl it, without a key")?;
        for (method, path, does) in POLICY_CONTROLS {
            let request = format!("{method} {url}/_sim/{path}");
            say(&format!("  {request:<56} {does}"))?;
        }
        signals.next().await;
        simulator.stop().await;
        Ok(())
    }
}

fn told_where(url: &str) -> Outcome {
    say(&format!(
        "Look at it\n  {url}/               its state, as a page\n  {url}/openapi.json   its API, for tools"
    ))
}

fn not_started(usual: &Usual, error: &std::io::Error) -> Failure {
    let Usual { port, state, .. } = usual;
    match (error.kind(), state) {
        (std::io::ErrorKind::AddrInUse, _) => Failure::Failed(format!(
            "port {port} is in use; choose another --port, or 0 for a free one"
        )),
        (_, Some(file)) => {
            Failure::Failed(format!("the state in {} cannot be used: {error}", file.display()))
        }
        (_, None) => failed(error),
    }
}
