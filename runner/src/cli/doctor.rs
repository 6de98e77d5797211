//! `runner doctor`: looks at a tenant's two systems and says what differs from the configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use workflow_core::domain::call::Side;
use workflow_core::time::{Clock, SystemClock};

use super::{Failure, Outcome, say, say_json, table};
use crate::config::{self, Tenant};
use crate::doctor::{self, Hooks, Report, Reports, Severity};
use crate::webhook_trial::Capture;

/// Look at a tenant's two systems and say what differs from the configuration.
///
/// It logs in, asks each for something harmless, and compares. Nothing is changed at either side, and no person's data are
/// printed. Exit code 0 when all is well, 7 when a person must look, 6 when a system could not be reached.
///
/// Example: runner doctor --config runner.toml --suggest acme-overrides.toml
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The configuration whose systems are looked at.
    #[arg(long, default_value = "runner.toml", value_name = "FILE")]
    config: PathBuf,
    /// Only this tenant.
    #[arg(long)]
    tenant: Option<String>,
    /// Only this side.
    #[arg(long)]
    side: Option<Which>,
    /// Send a delivery of our own for each side to the own door, such as https://hooks.example.com, and say which step fails.
    #[arg(long, value_name = "URL")]
    door: Option<String>,
    /// Say which step this captured delivery fails at: the request as it was sent. Needs --side.
    #[arg(long, value_name = "FILE", requires = "side")]
    capture: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Write what configuration can mend into this file, for `overrides_file` under [[tenant]]; needs one tenant.
    #[arg(long, value_name = "FILE")]
    suggest: Option<PathBuf>,
}

/// One of the two systems.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// The applicant tracking system.
    Jobdiva,
    /// The insurer.
    #[value(name = "1099policy")]
    Policy,
}

impl Doctor {
    pub(super) async fn run(self) -> Outcome {
        let config =
            config::load(&self.config).map_err(|problems| Failure::Config(problems.to_string()))?;
        let wanted = |tenant: &Tenant| self.tenant.as_ref().is_none_or(|name| tenant.name == *name);
        let tenants: Vec<Tenant> = config.tenants.into_iter().filter(wanted).collect();
        if tenants.is_empty() {
            let name = self.tenant.unwrap_or_default();
            return Err(Failure::NotFound(format!("the configuration has no tenant {name}")));
        }
        if let Some(file) = &self.suggest {
            writable(file, tenants.len())?;
        }
        let side = self.side.map(|side| match side {
            Which::Jobdiva => Side::Ats,
            Which::Policy => Side::Insurer,
        });
        let hooks = self.hooks(side)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut reports = Vec::new();
        for tenant in &tenants {
            reports.push(doctor::examine(tenant, side, &hooks, &clock).await);
        }
        match self.json {
            true => say_json(&Reports::of(&reports))?,
            false => reports.iter().try_for_each(show)?,
        }
        if let Some(file) = &self.suggest {
            suggest(file, &reports)?;
        }
        ended(&reports)
    }
}

impl Doctor {
    /// What webhooks are to be tried with.
    fn hooks(&self, side: Option<Side>) -> Result<Hooks, Failure> {
        let capture = match (&self.capture, side) {
            (Some(file), Some(side)) => {
                let named = |why: String| Failure::Failed(format!("{}: {why}", file.display()));
                let bytes = std::fs::read(file).map_err(|error| named(error.to_string()))?;
                let capture = Capture::of_request(&bytes).map_err(|bad| named(bad.to_string()))?;
                Some((side, capture))
            }
            (Some(_) | None, _) => None,
        };
        Ok(Hooks { door: self.door.clone(), capture })
    }
}

/// Nothing of anybody's is written over, and a file of overrides is one tenant's.
fn writable(file: &Path, tenants: usize) -> Outcome {
    if tenants > 1 {
        return Err(Failure::Usage("--suggest is for one tenant: say which with --tenant".into()));
    }
    if file.exists() {
        return Err(Failure::Usage(format!(
            "{} is there already: name a new file",
            file.display()
        )));
    }
    Ok(())
}

fn suggest(file: &Path, reports: &[Report]) -> Outcome {
    let Some(text) = reports.iter().find_map(|report| report.suggested.as_ref()) else {
        return talk(&format!("nothing to suggest: {} is not written", file.display()));
    };
    std::fs::write(file, text)?;
    talk(&format!(
        "{} written: read it, then name it under [[tenant]]: overrides_file = \"{}\"",
        file.display(),
        file.display()
    ))
}

/// Talk goes to the standard error; nobody listening is no failure.
fn talk(line: &str) -> Outcome {
    use std::io::Write as _;
    drop(writeln!(std::io::stderr(), "{line}"));
    Ok(())
}

fn ended(reports: &[Report]) -> Outcome {
    let worst = reports.iter().map(Report::worst).max().unwrap_or(Severity::Good);
    let count = |severity| {
        let all = reports.iter().flat_map(|report| &report.findings);
        all.filter(|finding| finding.severity == severity).count()
    };
    match worst {
        Severity::Good | Severity::Note => Ok(()),
        Severity::Person => {
            let count = count(Severity::Person);
            Err(Failure::NeedsPerson(format!("{count} findings need a person")))
        }
        Severity::Unreachable => {
            let count = count(Severity::Unreachable);
            Err(Failure::Unreachable(format!(
                "{count} findings: a system is out of reach; what to do stands above"
            )))
        }
    }
}

fn show(report: &Report) -> Outcome {
    let mut table = table::headed(["", "system", "about", "finding", "what to do"]);
    for finding in &report.findings {
        let mut todo = finding.todo.clone();
        for line in &finding.lines {
            todo = format!("{todo}\n{line}");
        }
        table.add_row([
            finding.severity.word(),
            finding.system,
            &finding.about,
            &finding.what,
            todo.trim(),
        ]);
    }
    say(&format!("tenant {}", report.tenant))?;
    say(&table::text(&table))?;
    let wrong = report.wrong().count();
    say(&format!("\n{} looked at, {wrong} need a person", report.findings.len()))
}
