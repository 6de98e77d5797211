//! `runner certificate`: hands in, lists, shows and settles the certificates that contractors bring.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use workflow_core::domain::call::CoverageType;
use workflow_core::domain::facts::Date;
use workflow_core::id::StreamId;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, list, say, say_json, say_versioned};
use crate::admin::Address;
use crate::admin::certificates::{Add, Added, Settle, What};
use crate::views::{self, Line, ShownCertificate};

/// Hand in, list, show and settle the certificates that contractors bring.
///
/// Example: runner certificate list --state Flagged
///
/// Example: runner certificate add 70011000059 coi.pdf --placement 51000794
#[derive(Debug, Args)]
pub(super) struct Certificate {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Hand in a contractor's certificate, a PDF of at most 15 MB.
    ///
    /// Example: runner certificate add 70011000059 coi.pdf --placement 51000794
    Add(AddOne),
    /// List all certificates, with their states and why they are there.
    ///
    /// Example: runner certificate list --state Flagged
    ///
    /// Example: runner certificate list --json
    List(ListAll),
    /// Show one certificate, with what the insurer says of it and what happened to it.
    ///
    /// Example: runner certificate show 70011000059.8f3a
    Show(ShowOne),
    /// Take one for good that the insurer flagged or denied, or whose days it did not read.
    ///
    /// Example: runner certificate accept 70011000059.8f3a --reason "the broker confirmed"
    Accept(Accept),
    /// Send one again that was held, or whose review broke down.
    ///
    /// Example: runner certificate resubmit 70011000059.8f3a --reason "it works again"
    Resubmit(Reasoned),
    /// Take one back: it counts for nothing.
    ///
    /// Example: runner certificate withdraw 70011000059.8f3a --reason "another person's"
    Withdraw(Reasoned),
}

#[derive(Debug, Args)]
struct AddOne {
    /// The candidate's id in JobDiva.
    candidate: String,
    /// The PDF.
    file: PathBuf,
    /// The placement that it is for, where it is for one.
    #[arg(long)]
    placement: Option<String>,
    /// The tenant, where there are several.
    #[arg(long)]
    tenant: Option<String>,
    /// Who hands it in; the login name by default.
    #[arg(long, env = "USER", default_value = "unknown")]
    who: String,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ListAll {
    /// Only those in this state, such as Flagged.
    #[arg(long)]
    state: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ShowOne {
    /// Its name as listed, or the beginning of it; with several tenants, TENANT/NAME.
    name: String,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Accept {
    /// For which coverage; what the insurer read by default.
    #[arg(long, value_delimiter = ',')]
    covers: Vec<Coverage>,
    /// The first day that it does not cover, such as 2026-12-31; what the insurer read by default.
    #[arg(long)]
    until: Option<Date>,
    #[command(flatten)]
    of: Reasoned,
}

#[derive(Debug, Args)]
struct Reasoned {
    /// Its name as listed, or the beginning of it; with several tenants, TENANT/NAME.
    name: String,
    /// Why, in your words. It is kept in the log, so do not name the person.
    #[arg(long)]
    reason: String,
    /// Who decides; the login name by default.
    #[arg(long, env = "USER", default_value = "unknown")]
    who: String,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Coverage {
    General,
    Professional,
    WorkersComp,
    Media,
    Cyber,
}

impl From<Coverage> for CoverageType {
    fn from(coverage: Coverage) -> Self {
        match coverage {
            Coverage::General => CoverageType::General,
            Coverage::Professional => CoverageType::Professional,
            Coverage::WorkersComp => CoverageType::WorkersComp,
            Coverage::Media => CoverageType::Media,
            Coverage::Cyber => CoverageType::Cyber,
        }
    }
}

impl Certificate {
    pub(super) async fn run(self) -> Outcome {
        match self.verb {
            Verb::Add(verb) => verb.run().await,
            Verb::List(verb) => verb.run().await,
            Verb::Show(verb) => verb.run().await,
            Verb::Accept(Accept { covers, until, of }) => {
                let covers = covers.into_iter().map(CoverageType::from).collect();
                of.settle(What::Accept, covers, until).await
            }
            Verb::Resubmit(verb) => verb.settle(What::Resubmit, Vec::new(), None).await,
            Verb::Withdraw(verb) => verb.settle(What::Withdraw, Vec::new(), None).await,
        }
    }
}

async fn running(place: &Place) -> Result<Address, Failure> {
    match place.ask().await? {
        Ask::Running(address) => Ok(address),
        Ask::Stopped(_) => Err(Failure::Failed(
            "no process is running on that data directory: start it first".into(),
        )),
    }
}

impl AddOne {
    async fn run(self) -> Outcome {
        let address = running(&self.place).await?;
        let Self { candidate, file, placement, tenant, who, json, .. } = self;
        let bytes = std::fs::read(&file).map_err(|error| {
            Failure::Failed(format!("{} cannot be read: {error}", file.display()))
        })?;
        // Before anything travels: the process checks it again.
        if let Some(unfit) = workflow_core::domain::certificate::check(&bytes) {
            return Err(Failure::Refused(unfit.to_string()));
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let body = Add { candidate, tenant, placement, name, file: STANDARD.encode(bytes), who };
        let added: Added = ask::post(&address, "/v1/certificates", &body).await?;
        if json {
            return say_versioned(&added);
        }
        match added.known {
            true => say(&format!(
                "the same document is there already: {} is {}",
                added.certificate, added.state
            )),
            false => say(&format!("taken in as {}", added.certificate)),
        }?;
        added.note.map_or(Ok(()), |note| say(&note))
    }
}

impl ListAll {
    async fn run(self) -> Outcome {
        let mut all: views::Certificates = match self.place.ask().await? {
            Ask::Running(address) => ask::get(&address, "/v1/certificates").await?,
            Ask::Stopped(dir) => {
                ask::with_engine(&dir, |engine| Ok(views::certificates(engine, &[])))?
            }
        };
        if let Some(state) = &self.state {
            all.certificates.retain(|line| line.state.eq_ignore_ascii_case(state));
        }
        if self.json {
            return say_json(&all);
        }
        match all.certificates.as_slice() {
            [] => say("no certificates"),
            lines => say(&list::table("certificate", lines)),
        }
    }
}

impl ShowOne {
    async fn run(self) -> Outcome {
        let shown: ShownCertificate = match self.place.ask().await? {
            Ask::Running(address) => {
                let path = remote_path(&address, &self.name).await?;
                ask::get(&address, &path).await?
            }
            Ask::Stopped(dir) => ask::with_engine(&dir, |engine| {
                let all = views::certificates(engine, &[]).certificates;
                let line = called(&all, &self.name)?;
                let stream = StreamId::new("certificate", &line.tenant, &line.id);
                let stream = stream.map_err(|error| Failure::Failed(error.to_string()))?;
                let shown = views::certificate(engine, &stream, &[]).map_err(Failure::Failed)?;
                shown.ok_or_else(|| unknown(&self.name))
            })?,
        };
        if self.json {
            return say_json(&shown);
        }
        let line = &shown.line;
        say(&format!("certificate {} of {}", line.id, line.tenant))?;
        say(&format!("  state    {} since {}", line.state, line.updated_at))?;
        say(&format!("  why      {}", line.why))?;
        if let Some(certificate) = &shown.certificate {
            say(&format!("  insurer  {certificate}"))?;
        }
        for wait in &line.waits {
            say(&format!("  waits    for {wait}"))?;
        }
        for found in &shown.found {
            say(&format!("  found    {found}"))?;
        }
        for remark in &shown.remarks {
            say(&format!("  remark   {remark}"))?;
        }
        for event in &shown.events {
            say(&format!("  {}  {} by {}", event.at, event.event, event.actor))?;
        }
        Ok(())
    }
}

impl Reasoned {
    async fn settle(self, what: What, covers: Vec<CoverageType>, until: Option<Date>) -> Outcome {
        let address = running(&self.place).await?;
        let path = format!("{}/settle", remote_path(&address, &self.name).await?);
        let body = Settle { what, covers, until, reason: self.reason, who: self.who };
        let done: Value = ask::post(&address, &path, &body).await?;
        if self.json {
            return say_versioned(&done);
        }
        let state = done["state"].as_str().unwrap_or("?");
        match done["events"].as_u64() {
            Some(0) => say(&format!("{} stays {state}: there was nothing to change", self.name)),
            _ => say(&format!("{} is {state} now", self.name)),
        }
    }
}

fn unknown(name: &str) -> Failure {
    let what = format!("no certificate is called {name}; `runner certificate list` shows all");
    Failure::NotFound(what)
}

/// The one certificate whose name begins so.
fn called<'a>(all: &'a [Line], name: &str) -> Result<&'a Line, Failure> {
    let (tenant, name) = match name.split_once('/') {
        Some((tenant, name)) => (Some(tenant), name),
        None => (None, name),
    };
    let mut called = all.iter().filter(|line| {
        line.id.starts_with(name) && tenant.is_none_or(|tenant| line.tenant == tenant)
    });
    match (called.next(), called.next()) {
        (Some(line), None) => Ok(line),
        (None, _) => Err(unknown(name)),
        (Some(_), Some(_)) => {
            Err(Failure::Usage(format!("several certificates begin with {name}: say more of it")))
        }
    }
}

async fn remote_path(address: &Address, name: &str) -> Result<String, Failure> {
    let all: views::Certificates = ask::get(address, "/v1/certificates").await?;
    let line = called(&all.certificates, name)?;
    Ok(format!("/v1/certificates/{}/{}", line.tenant, ask::encoded(&line.id)))
}
