//! `runner migrate`: a log from one place to another, with its chain.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use workflow_core::audit::migrate::{MigrateError, Migrated, Step, migrate};
use workflow_core::store::sled::SledStore;
use workflow_core::store::{Store, StoreError};

use super::progress::{Bar, Unit};
use super::{Failure, Outcome, failed, say, say_versioned};
use crate::documents::DOCUMENTS_DIR;
use crate::signing;
use crate::supervise::{KEYS_DIR, LOG_DIR};

#[cfg(feature = "postgres")]
mod database;

/// Where a log grows until it is whole.
const UNFINISHED: &str = "events.unfinished";

/// Bring a log to another place: a data directory, or a shard of a PostgreSQL database.
///
/// The same events at the same positions, with the same hashes, and how far polling had come. The new log is read back and
/// verified. Cut short, it goes on where it was when it is run again; run later, it brings over what came since. A target
/// that is ahead, or holds another log, is refused and left as it is.
///
/// No service may work on either side. Two services on two copies of one log both act: see docs/scale.md before the
/// second one is started.
///
/// Into a database go the wrapped keys of persons and the sealed documents too, and out of it again; between directories
/// they are left where they are.
///
/// Example: runner migrate --from workflow-data --to /srv/runner/workflow-data
///
/// Example: runner migrate --from workflow-data --to secrets/database-url --shards 1
#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Where the log is: a data directory, postgres://USER@HOST/DATABASE, or a file that holds such an address.
    #[arg(long, value_name = "DIR|URL")]
    from: String,
    /// Where it goes to: the same; a directory is made where there is none.
    #[arg(long, value_name = "DIR|URL")]
    to: String,
    /// Of a database, whose log to bring out of it.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// How many shards a new database gets; 1 for a log of several tenants.
    #[arg(long, value_name = "NUMBER")]
    shards: Option<u16>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(super) async fn run(self) -> Outcome {
        let (from, to) = (End::of(&self.from)?, End::of(&self.to)?);
        let (tenant, shards) = (self.tenant.clone(), self.shards);
        let carried = tokio::task::spawn_blocking(move || carried(from, to, tenant, shards)).await;
        let (migrated, left) = carried.map_err(|error| failed(&error))??;
        let (from, to) = (shown(&self.from), shown(&self.to));
        let head = migrated.verified.head;
        if self.json {
            return say_versioned(&json!({
                "from": from,
                "to": to,
                "went_on_at": migrated.from.0,
                "events": migrated.verified.events,
                "records": migrated.verified.records,
                "cursors": migrated.cursors,
                "head": head.hash.to_string(),
                "left": left,
            }));
        }
        let events = migrated.verified.events;
        say(&format!(
            "{to} holds the log of {from}: {events} events, {} of them brought over now, and {} marks; head {}",
            events - migrated.from.0,
            migrated.cursors,
            head.hash
        ))?;
        if left.is_empty() {
            return Ok(());
        }
        let left = left.join(" and ");
        say(&format!(
            "Not brought over: {left}. Move them (what is copied must be forgotten in both places), and keep the master key \
             that the configuration names; without it no service starts on the log"
        ))
    }
}

/// One end of a migration.
enum End {
    Dir(PathBuf),
    #[cfg(feature = "postgres")]
    Database(String),
}

impl End {
    fn of(text: &str) -> Result<Self, Failure> {
        #[cfg(feature = "postgres")]
        if let Some(url) = database::url(text)? {
            return Ok(Self::Database(url));
        }
        #[cfg(not(feature = "postgres"))]
        if text.starts_with("postgres") && text.contains("://") {
            let what =
                "this runner was built without PostgreSQL: build it with --features postgres";
            return Err(Failure::Usage(what.to_owned()));
        }
        Ok(Self::Dir(PathBuf::from(text)))
    }
}

/// How an end is called: an address without what may be its password.
fn shown(text: &str) -> String {
    match text.split_once("://").zip(text.rsplit_once('@')) {
        Some(((scheme, _), (_, rest))) => format!("{scheme}://{rest}"),
        None => text.to_owned(),
    }
}

/// What lies beside the log and is not part of it.
fn left_behind(from: &Path) -> Vec<String> {
    let beside = [KEYS_DIR, DOCUMENTS_DIR].map(|name| from.join(name));
    beside.iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect()
}

/// Brings it over; with what is left behind.
fn carried(
    from: End,
    to: End,
    tenant: Option<String>,
    shards: Option<u16>,
) -> Result<(Migrated, Vec<String>), Failure> {
    match (from, to) {
        (End::Dir(from), End::Dir(to)) => {
            none_of(&from)?;
            std::fs::create_dir_all(&to)?;
            if from.canonicalize()? == to.canonicalize()? {
                return Err(Failure::Usage("--from and --to are one directory".to_owned()));
            }
            let source = SledStore::open(&from.join(LOG_DIR)).map_err(|error| unopened(&error))?;
            let migrated = into_dir(&to, |target| brought(&source, target, &mut || {}))?;
            if let Some(signed) = signing::kept(&from).map_err(Failure::Damaged)? {
                signing::keep(&to, &signed)?;
            }
            source.close().map_err(|error| failed(&error))?;
            drop((tenant, shards));
            Ok((migrated, left_behind(&from)))
        }
        #[cfg(feature = "postgres")]
        (End::Dir(from), End::Database(url)) => {
            none_of(&from)?;
            Ok((database::into_database(&from, url, shards)?, Vec::new()))
        }
        #[cfg(feature = "postgres")]
        (End::Database(url), End::Dir(to)) => {
            let whose = "whose log? Say --tenant NAME: it lies in that tenant's shard";
            let tenant = tenant.ok_or_else(|| Failure::Usage(whose.to_owned()))?;
            std::fs::create_dir_all(&to)?;
            let out = |target: &SledStore| database::out_of_database(url, &tenant, target, &to);
            Ok((into_dir(&to, out)?, Vec::new()))
        }
        #[cfg(feature = "postgres")]
        (End::Database(_), End::Database(_)) => Err(Failure::Usage(
            "one of the two must be a directory: a database moves with PostgreSQL's own tools"
                .to_owned(),
        )),
    }
}

fn none_of(from: &Path) -> Result<(), Failure> {
    match from.join(LOG_DIR).exists() {
        true => Ok(()),
        false => Err(Failure::no_log(from)),
    }
}

/// Fills a directory's log, which has its name only when it is whole.
fn into_dir(
    to: &Path,
    fill: impl FnOnce(&SledStore) -> Result<Migrated, Failure>,
) -> Result<Migrated, Failure> {
    let (unfinished, whole) = (to.join(UNFINISHED), to.join(LOG_DIR));
    // A log that is there already, from an earlier run, grows where it is.
    let growing = if whole.exists() { &whole } else { &unfinished };
    let target = SledStore::open(growing).map_err(|error| unopened(&error))?;
    let migrated = fill(&target)?;
    target.close().map_err(|error| failed(&error))?;
    if growing == &unfinished {
        std::fs::rename(&unfinished, &whole)?;
        File::open(to)?.sync_all()?;
    }
    Ok(migrated)
}

/// Brings the target to where the source is, and shows how far it is.
fn brought(
    source: &dyn Store,
    target: &dyn Store,
    meanwhile: &mut dyn FnMut(),
) -> Result<Migrated, Failure> {
    let total = Some(source.head().next.0);
    let (mut bar, mut verifying) = (Bar::new("copying", Unit::Events, total), false);
    let migrated = migrate(source, target, &mut |step| {
        meanwhile();
        match step {
            Step::Copied(at) => bar.at(at.0),
            Step::Verified(at) => {
                if !std::mem::replace(&mut verifying, true) {
                    bar = Bar::new("verifying", Unit::Events, total);
                }
                bar.at(at.0);
            }
        }
    });
    migrated.map_err(|error| match &error {
        MigrateError::Ahead { .. } | MigrateError::Differs(_) => {
            Failure::Refused(error.to_string())
        }
        MigrateError::Source { .. } | MigrateError::Target(_) => {
            Failure::Damaged(error.to_string())
        }
        MigrateError::Store(error) => unopened(error),
    })
}

/// A damaged log has the exit code that `verify` gives it.
fn unopened(error: &StoreError) -> Failure {
    let told = failed(error);
    match error {
        StoreError::Damaged { .. } => Failure::Damaged(told.message().to_owned()),
        StoreError::Io { .. }
        | StoreError::Full { .. }
        | StoreError::Unfit { .. }
        | StoreError::InUse { .. }
        | StoreError::Fenced { .. }
        | StoreError::Format { .. } => told,
    }
}
