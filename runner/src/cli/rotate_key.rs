//! `runner rotate-key`: another master key for the keys of all persons.

use clap::Args;
use workflow_core::seal::FileKeys;
use workflow_core::store::sled::SledStore;

use super::{Failure, Outcome, Place, failed, say, say_versioned};
use crate::supervise::{KEYS_DIR, LOG_DIR};

/// All runners hold the old one, and the database remembers what it overwrote.
const IN_A_DATABASE: &str = "the keys of persons are in a database, under the master key that all its runners share: it is not \
     changed there. Stop the runners; bring each log into a directory (`runner migrate --from URL --tenant NAME --to DIR`), \
     change the key there (`runner rotate-key` with a configuration of that directory), bring it into a new database, \
     give every machine the new master key, and remove the old database with its backups";

/// Make a new master key.
///
/// It wraps the keys of all persons anew; the old one is overwritten. Copies of the keys that were made before, in backups
/// or by the disk itself, open nothing any more: also not those of forgotten persons.
///
/// The service must be stopped. Back up the new master key afterwards.
///
/// Example: runner rotate-key --config runner.toml
#[derive(Debug, Args)]
pub(super) struct RotateKey {
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl RotateKey {
    pub(super) fn run(self) -> Outcome {
        if self.place.is_in_database()? {
            return Err(Failure::Refused(IN_A_DATABASE.to_owned()));
        }
        let data_dir = self.place.data_dir()?;
        let master = self.place.master_key()?;
        if !data_dir.join(LOG_DIR).exists() {
            return Err(Failure::no_log(&data_dir));
        }
        // Its lock keeps every other process away from the keys.
        let _log = SledStore::open(&data_dir.join(LOG_DIR)).map_err(|error| failed(&error))?;
        let keys = FileKeys::rotate(&data_dir.join(KEYS_DIR), &master);
        let keys = keys.map_err(|error| failed(&error))?;
        if self.json {
            return say_versioned(&serde_json::json!({ "master_key": master, "persons": keys }));
        }
        say(&format!("{} holds a new master key for the keys of {keys} persons", master.display()))
    }
}
