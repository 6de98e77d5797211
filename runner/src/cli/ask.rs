//! Asks a running process through its admin door, or opens a stopped data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use workflow_core::domain::Insurance;
use workflow_core::engine::Engine;
use workflow_core::store::sled::SledStore;
use workflow_core::time::SystemClock;

use super::{Failure, Place, failed};
use crate::admin::Address;
use crate::supervise::{self, DEMO_MASTER_KEY_FILE, LOG_DIR};

mod client;

/// The configuration that is used when none is named.
const USUAL_CONFIG: &str = "runner.toml";
/// The data directory of the demo, used when there is no configuration either.
pub(super) const DEMO_DATA: &str = "workflow-demo";

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
        let usual = Path::new(USUAL_CONFIG);
        let config = self.config.as_deref().or_else(|| usual.exists().then_some(usual));
        match config {
            Some(file) => crate::config::load(file)
                .map(|config| config.data_dir)
                .map_err(|problems| Failure::Config(problems.to_string())),
            None if Path::new(DEMO_DATA).join(LOG_DIR).exists() => Ok(DEMO_DATA.into()),
            None => Err(Failure::Usage(
                "which data directory? Say --data DIR or --config FILE (there is no runner.toml here)".into(),
            )),
        }
    }

    /// The file of the master key that belongs to the data directory.
    pub(super) fn master_key(&self) -> Result<PathBuf, Failure> {
        let usual = Path::new(USUAL_CONFIG);
        let config = self.config.as_deref().or_else(|| usual.exists().then_some(usual));
        match (&self.data, config) {
            (None, Some(file)) => crate::config::load(file)
                .map(|config| config.master_key)
                .map_err(|problems| Failure::Config(problems.to_string())),
            (_, _) => {
                let beside = self.data_dir()?.join(DEMO_MASTER_KEY_FILE);
                match beside.exists() {
                    true => Ok(beside),
                    false => Err(Failure::Usage(
                        "which master key? Say --config FILE: it names the file".into(),
                    )),
                }
            }
        }
    }

    /// Who can answer about it.
    pub(super) async fn ask(&self) -> Result<Ask, Failure> {
        let data_dir = self.data_dir()?;
        if !data_dir.join(LOG_DIR).exists() {
            let what = format!("{} holds no log", data_dir.display());
            return Err(Failure::NotFound(what));
        }
        match Address::read(&data_dir) {
            Some(address) if client::is_alive(&address).await => Ok(Ask::Running(address)),
            _ => Ok(Ask::Stopped(data_dir)),
        }
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

/// Opens a stopped log for one question. Without its keys: no answer holds personal data.
pub(super) fn with_engine<T>(
    data_dir: &Path,
    ask: impl FnOnce(&Engine<Insurance>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let store = SledStore::open(&data_dir.join(LOG_DIR)).map_err(|error| failed(&error))?;
    let engine = supervise::open(Arc::new(store), None, Arc::new(SystemClock), &[])
        .map_err(|error| failed(&error))?;
    let answer = ask(&engine);
    engine.stop();
    answer
}
