//! `runner checklist`: the integration guide's testing checklist, run for real.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use integration_1099policy::config::Environment;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Failure, Outcome, failed, say, say_json, table};
use crate::checklist::{self, Ended, Report, Stop};
use crate::config;

/// Run the guide's testing checklist, on simulators or configured endpoints.
///
/// Nine lines, each with its evidence; exit code 0 only when all pass.
///
/// Without a configuration it runs on the built-in simulators. With one it tries the placements that [tenant.checklist]
/// names, on a log in memory of its own, and cleans up or says what it left: also when it is stopped (ctrl-C, SIGTERM)
/// or cannot go on. Stopped twice, it ends as it stands, and says what is open.
///
/// Example: runner checklist
///
/// Example: runner checklist --config runner.toml --wait 1800
#[derive(Debug, Args)]
pub(super) struct Checklist {
    /// The configuration whose endpoints are tried; without it, the built-in simulators.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Run on the built-in simulators.
    #[arg(long, conflicts_with = "config")]
    simulators: bool,
    /// Which tenant, where the configuration has several.
    #[arg(long, requires = "config")]
    tenant: Option<String>,
    /// How many seconds a person may take to complete the application.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    wait: u64,
    /// Really buy coverage: needed where the configuration says production.
    #[arg(long, requires = "config")]
    production: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Checklist {
    pub(super) async fn run(self) -> Outcome {
        let mut talk = |line: &str| eprintln_line(line);
        // Before anything is asked for: whoever stops it then must meet a run that cleans up.
        let stop = stop()?;
        let report = match &self.config {
            Some(_) => self.configured(&mut talk, stop).await?,
            None => simulated(&mut talk, stop).await?,
        };
        if self.json {
            say_json(&report)?;
        } else {
            show(&report)?;
        }
        let failed = report.lines.iter().filter(|line| !line.passed).count();
        match (report.ended, failed) {
            (Some(Ended::Told), _) => Err(Failure::Interrupted),
            (Some(Ended::Broken(why)), _) => {
                Err(Failure::Failed(format!("it could not go on: {why}")))
            }
            (None, 0) => Ok(()),
            (None, _) => {
                Err(Failure::Failed(format!("{failed} of {} lines failed", report.lines.len())))
            }
        }
    }

    async fn configured(&self, talk: &mut dyn FnMut(&str), stop: Stop) -> Result<Report, Failure> {
        let file = self.config.clone().unwrap_or_default();
        let config =
            config::load(&file).map_err(|problems| Failure::Config(problems.to_string()))?;
        let wanted = |tenant: &config::Tenant| match &self.tenant {
            Some(name) => tenant.name == *name,
            None => tenant.checklist.is_some(),
        };
        let mut tenants = config.tenants.into_iter().filter(wanted);
        let (Some(tenant), None) = (tenants.next(), tenants.next()) else {
            let what = "expected exactly one tenant with a section [tenant.checklist]; say which with --tenant";
            return Err(Failure::Config(format!("{}: {what}", file.display())));
        };
        let Some(on) = tenant.checklist.clone() else {
            let what = "has no section [tenant.checklist]: it names the placement to try things on";
            return Err(Failure::Config(format!("{}: {} {what}", file.display(), tenant.name)));
        };
        if tenant.policy.environment == Environment::Production && !self.production {
            let what = "this configuration buys real coverage (environment = \"production\"): say --production if that is meant";
            return Err(Failure::Usage(what.into()));
        }
        let wait = Duration::from_secs(self.wait);
        checklist::run(tenant, on, wait, talk, stop).await.map_err(|error| failed(&error))
    }
}

#[cfg(feature = "simulators")]
async fn simulated(talk: &mut dyn FnMut(&str), stop: Stop) -> Result<Report, Failure> {
    checklist::run_simulated(talk, stop).await.map_err(|error| failed(&error))
}

#[cfg(not(feature = "simulators"))]
async fn simulated(_: &mut dyn FnMut(&str), _: Stop) -> Result<Report, Failure> {
    Err(Failure::Usage("this program was built without simulators: say --config FILE".into()))
}

/// Whatever means stop: ctrl-C, SIGTERM, and a terminal that is closed.
fn stop() -> Result<Stop, Failure> {
    let (count, stop) = watch::channel(0);
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let (mut signals, count) = (signal(kind)?, count.clone());
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                count.send_modify(|count| *count += 1);
            }
        });
    }
    Ok(stop)
}

/// Talk goes to the standard error; nobody listening is no failure.
fn eprintln_line(line: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stderr(), "{line}"));
}

fn show(report: &Report) -> Outcome {
    let mut table = table::headed(["", "", "line", "evidence"]);
    for line in &report.lines {
        let passed = if line.passed { "passed" } else { "FAILED" };
        table.add_row([&line.number.to_string(), passed, line.title, &line.evidence]);
    }
    say(&table::text(&table))?;
    let passed = report.lines.iter().filter(|line| line.passed).count();
    say(&format!("\n{passed} of {} passed, against {}", report.lines.len(), report.against))?;
    if report.ended.is_some() {
        say(&format!("it ended early, after {} of nine lines", report.lines.len()))?;
    }
    for what in &report.undone {
        say(&format!("undone: {what}"))?;
    }
    for what in &report.left {
        say(&format!("left at the insurer: {what}"))?;
    }
    if report.ended.is_some() && report.left.is_empty() {
        say("left at the insurer: nothing")?;
    }
    Ok(())
}
