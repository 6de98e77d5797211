//! Asks a running process through its admin door, or opens a stopped data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use workflow_core::domain::Insurance;
use workflow_core::engine::Engine;
use workflow_core::store::sled::SledStore;
use workflow_core::time::SystemClock;

use super::progress::{Bar, Unit};
use super::{Failure, Place, failed};
use crate::admin::Address;
use crate::config::Config;
use crate::supervise::{self, DEMO_MASTER_KEY_FILE, LOG_DIR};

mod client;

/// The configuration that is used when none is named.
const USUAL_CONFIG: &str = "runner.toml";
/// The data directory of the demo, used when there is no configuration either.
pub(super) const DEMO_DATA: &str = "workflow-demo";

/// What is there without a runner, too.
const READ_IT_WITH_SQL: &str =
    "without one, SQL reads it: `SELECT * FROM placements_now` (docs/postgres.md)";

/// Where answers come from.
pub(super) enum Ask {
    /// A running process.
    Running(Address),
    /// A stopped directory.
    Stopped(PathBuf),
}

impl Place {
    /// The data directory meant.
    pub(super) fn data_dir(&self) -> Result<PathBuf, Failure> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        match self.loaded()? {
            Some(config) => Ok(config.data_dir),
            None if Path::new(DEMO_DATA).join(LOG_DIR).exists() => Ok(DEMO_DATA.into()),
            None => Err(Failure::Usage(
                "which data directory? Say --data DIR or --config FILE (there is no runner.toml here)".into(),
            )),
        }
    }

    /// The configuration meant, unless a data directory was named or there is none.
    pub(super) fn loaded(&self) -> Result<Option<Config>, Failure> {
        let usual = Path::new(USUAL_CONFIG);
        let file = self.config.as_deref().or_else(|| usual.exists().then_some(usual));
        let Some(file) = file.filter(|_| self.data.is_none()) else { return Ok(None) };
        let loaded = crate::config::load(file);
        loaded.map(Some).map_err(|problems| Failure::Config(problems.to_string()))
    }

    /// The file of the master key that belongs to the data directory.
    pub(super) fn master_key(&self) -> Result<PathBuf, Failure> {
        if let Some(config) = self.loaded()? {
            return Ok(config.master_key);
        }
        let beside = self.data_dir()?.join(DEMO_MASTER_KEY_FILE);
        match beside.exists() {
            true => Ok(beside),
            false => {
                Err(Failure::Usage("which master key? Say --config FILE: it names the file".into()))
            }
        }
    }

    /// Whether the configuration says that the log is in a database, not in a directory.
    pub(super) fn is_in_database(&self) -> Result<bool, Failure> {
        Ok(self.loaded()?.is_some_and(|config| config.log.shared.is_some()))
    }

    /// Who can answer about it.
    pub(super) async fn ask(&self) -> Result<Ask, Failure> {
        self.ask_or(READ_IT_WITH_SQL).await
    }

    /// The same; `instead` says what else can be done while a log in a database has no runner that would answer.
    pub(super) async fn ask_or(&self, instead: &str) -> Result<Ask, Failure> {
        let data_dir = self.data_dir()?;
        if let Some(address) = Address::read(&data_dir)
            && client::is_alive(&address).await
        {
            return Ok(Ask::Running(address));
        }
        if self.is_in_database()? {
            return Err(Failure::Unreachable(format!(
                "no runner is at work here, and the log is in a database: start one with `runner run`, or ask where one \
                 runs; {instead}"
            )));
        }
        if !data_dir.join(LOG_DIR).exists() {
            return Err(Failure::no_log(&data_dir));
        }
        Ok(Ask::Stopped(data_dir))
    }
}

/// Gets an answer from a running process.
pub(super) async fn get<T: DeserializeOwned>(address: &Address, path: &str) -> Result<T, Failure> {
    client::request(address, client::Verb::Get, path, None).await
}

/// Gives a running process something to do.
pub(super) async fn post<T: DeserializeOwned>(
    address: &Address,
    path: &str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    let body = serde_json::to_value(body).map_err(|error| failed(&error))?;
    client::request(address, client::Verb::Post, path, Some(body)).await
}

/// Gives a running process something long to do, and takes its answer line by line.
pub(super) async fn lines(
    address: &Address,
    path: &str,
    body: &impl Serialize,
    each: &mut dyn FnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let body = serde_json::to_value(body).map_err(|error| failed(&error))?;
    let mut line = Vec::new();
    client::stream(address, client::Verb::Post, path, Some(body), &mut |chunk| {
        for byte in chunk {
            match byte {
                b'\n' => {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    line.clear();
                    each(&text)?;
                }
                byte => line.push(*byte),
            }
        }
        Ok(())
    })
    .await
}

/// Gets a long answer from a running process into a new file, which is on the disk when this returns.
pub(super) async fn download(address: &Address, path: &str, file: &Path) -> Result<(), Failure> {
    let mut out = std::fs::File::create(file)?;
    let bar = Bar::new("receiving", Unit::Bytes, None);
    let mut received = 0;
    client::stream(address, client::Verb::Get, path, None, &mut |chunk| {
        received += chunk.len() as u64;
        bar.at(received);
        Ok(std::io::Write::write_all(&mut out, chunk)?)
    })
    .await?;
    Ok(out.sync_all()?)
}

/// A text as it may stand in a query.
pub(super) fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Opens a stopped log for one question. Without its keys: no answer holds personal data.
pub(super) fn with_engine<T>(
    data_dir: &Path,
    ask: impl FnOnce(&Engine<Insurance>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let bar = Bar::busy("opening the log");
    let store = SledStore::open(&data_dir.join(LOG_DIR)).map_err(|error| failed(&error))?;
    let engine = supervise::open(Arc::new(store), None, Arc::new(SystemClock), &[])
        .map_err(|error| failed(&error))?;
    drop(bar);
    let answer = ask(&engine);
    engine.stop();
    answer
}
