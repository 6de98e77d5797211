//! `runner audit`: an auditor's questions. One file each; all are asked here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::Value;
use workflow_core::audit::sign::PublicKey;
use workflow_core::seal::Vault;
use workflow_core::store::sled::SledStore;
use workflow_core::time::{Clock as _, SystemClock, Timestamp};

use super::ask::{self, Ask};
use super::progress::{Bar, Unit};
use super::verify::public_key;
use super::{Failure, Outcome, Place, failed};
use crate::admin::Address;
use crate::audit::{self as questions, Kind, Question, Source, Told, Trouble, With};
use crate::supervise::{KEYS_DIR, LOG_DIR};

mod approvals;
mod drift;
mod gaps;
mod sent;

/// Answer an auditor: gaps in coverage, what was sent, who decided, does today's code agree.
///
/// From the log of a running process, of a stopped directory, or from an export. See docs/audit.md; `runner history` and
/// `runner verify` answer the other questions.
///
/// Example: runner audit gaps --from 2026-04-01 --to 2026-06-30
///
/// Example: runner audit approvals --export audit-2026.jsonl
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    question: Asked,
}

#[derive(Debug, Subcommand)]
enum Asked {
    Gaps(gaps::Gaps),
    Sent(sent::Sent),
    Drift(drift::Drift),
    Approvals(approvals::Approvals),
}

impl Audit {
    pub(super) async fn run(self) -> Outcome {
        match self.question {
            Asked::Gaps(asked) => asked.run().await,
            Asked::Sent(asked) => asked.run().await,
            Asked::Drift(asked) => asked.run().await,
            Asked::Approvals(asked) => asked.run().await,
        }
    }
}

/// Which log: a running process's, a stopped directory's, or an export's.
#[derive(Debug, Args)]
pub(super) struct Log {
    #[command(flatten)]
    place: Place,
    /// An export or a backup to read instead; it is verified on the way.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "config"])]
    export: Option<PathBuf>,
    /// The public key that must have signed the export: 64 hex digits, or a PEM file.
    #[arg(long, value_name = "PUBLIC", value_parser = public_key, requires = "export")]
    key: Option<PublicKey>,
}

/// Whether the keys of persons are needed where no process is running.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Personal data stays sealed.
    Aside,
    /// They are used where they are at hand.
    AtHand,
}

/// An answer, whole.
pub(super) struct Answer<R, D> {
    pub rows: Vec<R>,
    pub done: D,
}

/// A moment given as an argument: RFC 3339, or a day, which means its end in UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Ok(moment.into());
    }
    let bad = || {
        format!("`{text}` is no moment such as 2026-04-06T12:00:00Z, and no day such as 2026-04-06")
    };
    let day: jiff::civil::Date = text.parse().map_err(|_| bad())?;
    let after = day.tomorrow().and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC));
    let after: Timestamp = after.map_err(|_| bad())?.timestamp().into();
    Ok(Timestamp(after.0 - 1))
}

impl Log {
    /// Whether a running process answers.
    pub(super) async fn is_running(&self) -> Result<bool, Failure> {
        Ok(self.export.is_none() && matches!(self.place.ask().await?, Ask::Running(_)))
    }

    /// Asks, and gathers the answer.
    pub(super) async fn ask<R: DeserializeOwned, D: DeserializeOwned>(
        &self,
        question: &Question,
        keys: Keys,
    ) -> Result<Answer<R, D>, Failure> {
        let (mut rows, mut done) = (Vec::new(), None);
        let unit = if self.export.is_some() { Unit::Bytes } else { Unit::Events };
        let bar = Bar::new("reading", unit, Some(0));
        let mut each = |told: Told| -> Result<(), Failure> {
            let read = |value: Value| serde_json::from_value(value).map_err(|e| failed(&e));
            match told {
                Told::Reached { at, of } => {
                    bar.of(of);
                    bar.at(at);
                }
                Told::Row(value) => {
                    rows.push(serde_json::from_value(value).map_err(|error| failed(&error))?);
                }
                Told::Done(value) => done = Some(read(value)?),
                Told::Failed { why, kind } => return Err(failure(Trouble { why, kind })),
            }
            Ok(())
        };
        match &self.export {
            Some(file) => {
                let source = Source::Export { file: file.clone(), trusted: self.key.map(Box::new) };
                self.here(question, source, None, &mut each)?;
            }
            None => match self.place.ask().await? {
                Ask::Running(address) => running(&address, question, &mut each).await?,
                Ask::Stopped(dir) => {
                    let store = SledStore::open(&dir.join(LOG_DIR)).map_err(|e| failed(&e))?;
                    let vault = match keys {
                        Keys::Aside => None,
                        Keys::AtHand => self.vault(&dir)?,
                    };
                    self.here(question, Source::Store(&store), vault, &mut each)?;
                    store.close().map_err(|error| failed(&error))?;
                }
            },
        }
        let ended = || Failure::Failed("the running process stopped before it was done".into());
        done.map(|done| Answer { rows, done }).ok_or_else(ended)
    }

    fn here(
        &self,
        question: &Question,
        source: Source<'_>,
        vault: Option<Arc<Vault>>,
        each: &mut dyn FnMut(Told) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut zones = BTreeMap::new();
        if self.export.is_none()
            && let Some(config) = self.place.loaded()?
        {
            let zone = |tenant: crate::config::Tenant| (tenant.name, tenant.rules.zone);
            zones = config.tenants.into_iter().map(zone).collect();
        }
        let with = With { source, vault, zones, now: SystemClock.now() };
        let mut outcome = Ok(());
        let answered = questions::answer(question, &with, &mut |told| {
            outcome = each(told);
            match &outcome {
                Ok(()) => Ok(()),
                Err(_) => Err(std::io::Error::other("the answer is not wanted any more")),
            }
        });
        outcome.and(answered.map_err(failure))
    }

    /// The vault of a stopped directory, where its keys and the master key are.
    fn vault(&self, dir: &std::path::Path) -> Result<Option<Arc<Vault>>, Failure> {
        let keys = dir.join(KEYS_DIR);
        let Ok(master) = self.place.master_key() else { return Ok(None) };
        if !keys.exists() || !master.exists() {
            return Ok(None);
        }
        Vault::open(&keys, &master).map(Some).map_err(|error| failed(&error))
    }
}

async fn running(
    address: &Address,
    question: &Question,
    each: &mut dyn FnMut(Told) -> Result<(), Failure>,
) -> Result<(), Failure> {
    ask::lines(address, "/v1/audit", question, &mut |line| {
        each(serde_json::from_str(line).map_err(|error| failed(&error))?)
    })
    .await
}

fn failure(trouble: Trouble) -> Failure {
    match trouble.kind {
        Kind::Usage => Failure::Usage(trouble.why),
        Kind::NotFound => Failure::NotFound(trouble.why),
        Kind::Damaged => Failure::Damaged(trouble.why),
        Kind::Failed => Failure::Failed(trouble.why),
    }
}
