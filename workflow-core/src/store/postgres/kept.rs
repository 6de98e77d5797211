//! What belongs to a shard's persons and is not in its log: their wrapped keys, and their sealed documents.
//!
//! Rows, written under the shard's fence; nothing here can open any of them. What destroying leaves behind: an old row
//! lies in the table's pages until PostgreSQL's vacuum takes them, in the write-ahead log, in standbys and in backups.
//! All of it is wrapped by a master key that the database never sees; see `docs/scale.md`.

use super::connection::{Connection, Failure};
use super::{Database, Fence, Shard};
use crate::store::StoreError;
use crate::store::postgres::append::{fenced, look};

const READING: &str = "reading the keys of persons";
const WRITING: &str = "writing the keys of persons";
const DOCUMENT: &str = "keeping a document";
const FINDING: &str = "reading a document";

const SLOTS: &str = "SELECT name, slot FROM log_person_key WHERE shard = $1";
const SLOT: &str = "SELECT slot FROM log_person_key WHERE shard = $1 AND name = $2";
const ADD_SLOT: &str = "\
INSERT INTO log_person_key (shard, name, slot)
SELECT $1, $2, $3 FROM log_shard WHERE shard = $1 AND fence <= $4
ON CONFLICT (shard, name) DO NOTHING";
const SET_SLOT: &str = "\
INSERT INTO log_person_key (shard, name, slot)
SELECT $1, $2, $3 FROM log_shard WHERE shard = $1 AND fence <= $4
ON CONFLICT (shard, name) DO UPDATE SET slot = excluded.slot";
const PUT_DOCUMENT: &str = "\
INSERT INTO log_document (shard, folder, name, sealed)
SELECT $1, $2, $3, $4 FROM log_shard WHERE shard = $1 AND fence <= $5
ON CONFLICT (shard, folder, name) DO UPDATE SET sealed = excluded.sealed";
const GET_DOCUMENT: &str =
    "SELECT sealed FROM log_document WHERE shard = $1 AND folder = $2 AND name = $3";
const DOCUMENTS: &str =
    "SELECT folder, name FROM log_document WHERE shard = $1 ORDER BY folder, name";
const HAS_DOCUMENTS: &str = "SELECT 1 FROM log_document WHERE shard = $1 AND folder = $2 LIMIT 1";
const REMOVE_DOCUMENTS: &str = "DELETE FROM log_document WHERE shard = $1 AND folder = $2";

/// Slots by name.
pub(crate) type Slots = Vec<(Vec<u8>, Vec<u8>)>;

/// What a shard keeps of its persons, to be written under a fence.
#[derive(Clone, Debug)]
pub struct Kept {
    database: Database,
    shard: Shard,
    fence: Fence,
}

impl Database {
    /// What a shard keeps of its persons beside the log.
    pub fn kept(&self, shard: Shard, fence: Fence) -> Kept {
        Kept { database: self.clone(), shard, fence }
    }
}

/// When nothing was written: whether that is because of a newer fence.
async fn check_fence(
    connection: &mut Connection,
    shard: Shard,
    fence: Fence,
) -> Result<(), Failure> {
    let newest = look(connection, shard).await?.fence;
    if newest > fence { Err(Failure::Refused(fenced(shard, fence, newest))) } else { Ok(()) }
}

impl Kept {
    /// All slots of keys, by name.
    pub(crate) fn slots(&self) -> Result<Slots, StoreError> {
        let shard = self.shard;
        let rows = self.database.ask(READING, async move |connection| {
            connection.query(READING, SLOTS, &[&shard.number()]).await
        });
        Ok(rows?.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// The slot of this name.
    pub(crate) fn slot(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let (shard, name) = (self.shard, name.to_owned());
        let rows = self.database.ask(READING, async move |connection| {
            connection.query(READING, SLOT, &[&shard.number(), &name]).await
        });
        Ok(rows?.first().map(|row| row.get(0)))
    }

    /// Adds a slot, unless there is one of this name; gives the one that is there then.
    pub(crate) fn add_slot(&self, name: &[u8], slot: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (shard, fence) = (self.shard, self.fence);
        let (name, slot) = (name.to_owned(), slot.to_owned());
        self.database.ask(WRITING, async move |connection| {
            let values: super::connection::Values<'_> =
                &[&shard.number(), &name, &slot, &fence.number()];
            if connection.execute(WRITING, ADD_SLOT, values).await? > 0 {
                return Ok(slot.clone());
            }
            let rows = connection.query(READING, SLOT, &[&shard.number(), &name]).await?;
            check_fence(connection, shard, fence).await?;
            Ok(rows.first().map_or_else(Vec::new, |row| row.get(0)))
        })
    }

    /// Puts a slot in the place of whatever has its name.
    pub(crate) fn set_slot(&self, name: &[u8], slot: &[u8]) -> Result<(), StoreError> {
        let (shard, fence) = (self.shard, self.fence);
        let (name, slot) = (name.to_owned(), slot.to_owned());
        self.database.ask(WRITING, async move |connection| {
            let values: super::connection::Values<'_> =
                &[&shard.number(), &name, &slot, &fence.number()];
            match connection.execute(WRITING, SET_SLOT, values).await? {
                0 => check_fence(connection, shard, fence).await,
                _ => Ok(()),
            }
        })
    }

    /// Keeps a sealed document; durable when this returns.
    pub fn put_document(&self, folder: &str, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
        let (shard, fence) = (self.shard, self.fence);
        let (folder, name, sealed) = (folder.to_owned(), name.to_owned(), sealed.to_owned());
        self.database.ask(DOCUMENT, async move |connection| {
            let values: super::connection::Values<'_> =
                &[&shard.number(), &folder, &name, &sealed, &fence.number()];
            match connection.execute(DOCUMENT, PUT_DOCUMENT, values).await? {
                0 => check_fence(connection, shard, fence).await,
                _ => Ok(()),
            }
        })
    }

    /// A sealed document; `None` when there is none of this name.
    pub fn document(&self, folder: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let shard = self.shard;
        let (folder, name) = (folder.to_owned(), name.to_owned());
        let rows = self.database.ask(FINDING, async move |connection| {
            connection.query(FINDING, GET_DOCUMENT, &[&shard.number(), &folder, &name]).await
        });
        Ok(rows?.first().map(|row| row.get(0)))
    }

    /// The folder and the name of each document.
    pub fn documents(&self) -> Result<Vec<(String, String)>, StoreError> {
        let shard = self.shard;
        let rows = self.database.ask(FINDING, async move |connection| {
            connection.query(FINDING, DOCUMENTS, &[&shard.number()]).await
        });
        Ok(rows?.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Whether a folder has documents.
    pub fn has_documents(&self, folder: &str) -> Result<bool, StoreError> {
        let (shard, folder) = (self.shard, folder.to_owned());
        let rows = self.database.ask(FINDING, async move |connection| {
            connection.query(FINDING, HAS_DOCUMENTS, &[&shard.number(), &folder]).await
        });
        Ok(!rows?.is_empty())
    }

    /// Removes all documents of a folder.
    pub fn remove_documents(&self, folder: &str) -> Result<(), StoreError> {
        let (shard, folder) = (self.shard, folder.to_owned());
        let removed = self.database.ask(DOCUMENT, async move |connection| {
            connection.execute(DOCUMENT, REMOVE_DOCUMENTS, &[&shard.number(), &folder]).await
        });
        removed.map(drop)
    }
}
