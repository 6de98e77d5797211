//! The ends of a migration that lie in a database: a shard, held while the log is brought there or away.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use workflow_core::audit::migrate::Migrated;
use workflow_core::id::Position;
use workflow_core::seal::SharedKeys;
use workflow_core::store::postgres::{Database, Lease, Leases, RunnerId, Settings, Shard};
use workflow_core::store::sled::SledStore;
use workflow_core::store::{Store, StoreError};

use super::super::{Failure, failed};
use super::{brought, unopened};
use crate::documents::DOCUMENTS_DIR;
use crate::signing;
use crate::supervise::{KEYS_DIR, LOG_DIR};

/// The file of keys within its folder.
const PEOPLE: &str = "people";

/// A shard that nobody else works on meanwhile.
struct Held {
    leases: Leases,
    lease: Lease,
}

/// Reads where a database is: the address itself, or a file that holds it.
pub(super) fn url(text: &str) -> Result<Option<String>, Failure> {
    let is_url = |text: &str| text.starts_with("postgres://") || text.starts_with("postgresql://");
    if is_url(text) {
        return Ok(Some(text.to_owned()));
    }
    if !Path::new(text).is_file() {
        return Ok(None);
    }
    let told = std::fs::read_to_string(text)?.trim().to_owned();
    match is_url(&told) {
        true => Ok(Some(told)),
        false => Err(Failure::Usage(format!("{text} holds no postgres://USER@HOST/DATABASE"))),
    }
}

fn connect(url: String, shards: Option<u16>) -> Result<Database, Failure> {
    let settings = Settings { url, shards, ..Settings::default() };
    Database::connect(settings).map_err(|error| {
        let told = unopened(&error);
        match matches!(error, StoreError::Io { .. }) {
            true => Failure::Unreachable(told.message().to_owned()),
            false => told,
        }
    })
}

impl Held {
    fn take(database: &Database, shard: Shard) -> Result<Self, Failure> {
        let runner = RunnerId(format!("migrate-{}", std::process::id()));
        let leases = database.leases(runner);
        let lease = leases.take(shard).map_err(|error| unopened(&error))?;
        let Some(lease) = lease else {
            let holder = leases.holder(shard).ok().flatten();
            let who = holder.map_or_else(|| "a runner".to_owned(), |holder| holder.to_string());
            return Err(Failure::Failed(format!(
                "shard {shard} is held by {who}: stop the runners first"
            )));
        };
        Ok(Self { leases, lease })
    }

    /// Keeps it, when it is time to.
    fn keep(&mut self) {
        if self.lease.until.saturating_duration_since(Instant::now()) > Duration::from_secs(5) {
            return;
        }
        // Where it was lost, the log refuses what comes next.
        if let Ok(kept) = self.leases.renew(&[self.lease])
            && let Some(lease) = kept.first()
        {
            self.lease = *lease;
        }
    }
}

/// Given back also where the migration ended early: the next one need not wait for the lease to end.
impl Drop for Held {
    fn drop(&mut self) {
        let gone = self.leases.release(&self.lease).and_then(|()| self.leases.leave());
        if let Err(error) = gone {
            tracing::warn!(%error, "the shard was not given back: its lease ends by itself");
        }
    }
}

/// From a directory into a database: the log, the wrapped keys of its persons and their sealed documents.
pub(super) fn into_database(
    from: &Path,
    url: String,
    shards: Option<u16>,
) -> Result<Migrated, Failure> {
    let source = SledStore::open(&from.join(LOG_DIR)).map_err(|error| unopened(&error))?;
    let database = connect(url, shards)?;
    let shard = only_shard(&source, &database)?;
    let mut held = Held::take(&database, shard)?;
    let fence = held.lease.fence;
    let target = database.store(shard, fence).map_err(|error| unopened(&error))?;
    let migrated = brought(&source, &target, &mut || held.keep())?;
    let kept = database.kept(shard, fence);
    let people = from.join(KEYS_DIR).join(PEOPLE);
    if people.exists() {
        SharedKeys::adopt(&kept, &std::fs::read(people)?).map_err(|error| failed(&error))?;
    }
    for (folder, name, sealed) in documents(&from.join(DOCUMENTS_DIR))? {
        held.keep();
        kept.put_document(&folder, &name, &sealed).map_err(|error| unopened(&error))?;
    }
    drop(held);
    source.close().map_err(|error| failed(&error))?;
    Ok(migrated)
}

/// The shard of all tenants in a log; they must have one.
fn only_shard(source: &dyn Store, database: &Database) -> Result<Shard, Failure> {
    let mut tenants = BTreeSet::new();
    let scanned = source.scan(Position(0), &mut |recorded| {
        if !tenants.contains(recorded.stream.tenant()) {
            tenants.insert(recorded.stream.tenant().to_owned());
        }
        ControlFlow::Continue(())
    });
    scanned.map_err(|error| unopened(&error))?;
    let shards: BTreeSet<Shard> = tenants.iter().map(|tenant| database.shard_of(tenant)).collect();
    match shards.into_iter().collect::<Vec<_>>().as_slice() {
        [] => Err(Failure::Refused("the log is empty: there is nothing to bring".to_owned())),
        [only] => Ok(*only),
        _ => {
            let each = tenants.iter().map(|it| format!("{it} in {}", database.shard_of(it)));
            let each = each.collect::<Vec<_>>().join(", ");
            Err(Failure::Refused(format!(
                "the log has tenants of several shards ({each}), and a log is never taken apart: bring it into a new \
                 database, with --shards 1"
            )))
        }
    }
}

/// All sealed documents in a directory: folder, name, bytes.
fn documents(dir: &Path) -> std::io::Result<Vec<(String, String, Vec<u8>)>> {
    let mut all = Vec::new();
    if !dir.exists() {
        return Ok(all);
    }
    for folder in std::fs::read_dir(dir)? {
        let folder = folder?;
        for file in std::fs::read_dir(folder.path())? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            // What a crash left half written has a longer name.
            if name.len() == 64 {
                let folder = folder.file_name().to_string_lossy().into_owned();
                all.push((folder, name, std::fs::read(file.path())?));
            }
        }
    }
    Ok(all)
}

/// From a database into a directory's log, which is open already: the log; then the keys and documents beside it.
pub(super) fn out_of_database(
    url: String,
    tenant: &str,
    target: &dyn Store,
    to: &Path,
) -> Result<Migrated, Failure> {
    let database = connect(url, None)?;
    let shard = database.shard_of(tenant);
    let mut held = Held::take(&database, shard)?;
    let source = database.reader(shard).map_err(|error| unopened(&error))?;
    if source.head().next == Position(0) {
        return Err(Failure::NotFound(format!("shard {shard}, tenant {tenant}'s, has no log")));
    }
    let migrated = brought(&source, target, &mut || held.keep())?;
    let kept = database.kept(shard, held.lease.fence);
    if let Some(people) = SharedKeys::as_file(&kept).map_err(|error| failed(&error))? {
        let dir = to.join(KEYS_DIR);
        std::fs::create_dir_all(&dir)?;
        private(&dir.join(PEOPLE), &people)?;
    }
    for (folder, name) in kept.documents().map_err(|error| unopened(&error))? {
        held.keep();
        if let Some(sealed) = kept.document(&folder, &name).map_err(|error| unopened(&error))? {
            let dir = to.join(DOCUMENTS_DIR).join(folder);
            std::fs::create_dir_all(&dir)?;
            std::fs::write(dir.join(name), sealed)?;
        }
    }
    drop(held);
    // A head that was signed for another log of this directory says nothing of this one.
    drop(std::fs::remove_file(to.join(signing::HEAD_FILE)));
    Ok(migrated)
}

/// A file that only its owner reads, on the disk.
fn private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
