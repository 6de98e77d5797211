//! A log in memory whose disk ails on command, for tests of what happens meanwhile: it stands still, has little room or
//! none, or cannot be read in one place. One that breaks once is [`MemoryStore::fail_next_append`].

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::{StreamId, Version};
use crate::record::Recorded;
use crate::store::gate::Gate;
use crate::store::memory::MemoryStore;
use crate::store::wrapper::Wrapper;
use crate::store::{Append, Appended, Conflict, NoRoom, Store as _, StoreError};

/// What is wrong with the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// It has little room: nothing new is to be taken.
    Short,
    /// It has none: appends fail.
    Full,
    /// Cursors cannot be set.
    CursorsLost,
    /// One stream cannot be read.
    Unreadable(StreamId),
}

/// The log; in good health until it is told otherwise.
#[derive(Debug, Default)]
pub struct AilingStore {
    /// What it keeps.
    pub inner: MemoryStore,
    /// What every append passes before anything is written.
    pub disk: Gate,
    ailment: Mutex<Option<Ailment>>,
}

impl AilingStore {
    /// An empty log whose disk stands still.
    pub fn standing_still() -> Self {
        Self { disk: Gate::shut(), ..Self::default() }
    }

    /// Makes it ail, or well again.
    pub fn ails(&self, ailment: Option<Ailment>) {
        *self.ailment() = ailment;
    }

    fn has(&self, ailment: &Ailment) -> bool {
        self.ailment().as_ref() == Some(ailment)
    }

    fn ailment(&self) -> MutexGuard<'_, Option<Ailment>> {
        self.ailment.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wrapper for AilingStore {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        self.disk.pass();
        if self.has(&Ailment::Full) {
            let path = "somewhere".to_owned();
            return Err(StoreError::Full { action: "appending to the log", path });
        }
        self.inner.append(group)
    }

    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        self.disk.pass();
        self.inner.append_records(records)
    }

    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError> {
        if self.has(&Ailment::Unreadable(stream.clone())) {
            let source = Box::new(std::io::Error::other("a bad sector"));
            return Err(StoreError::Io { action: "reading", source });
        }
        self.inner.read_stream(stream, after)
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        if self.has(&Ailment::CursorsLost) {
            let source = Box::new(std::io::Error::other("a bad sector"));
            return Err(StoreError::Io { action: "setting a cursor", source });
        }
        self.inner.set_cursor(name, value)
    }

    fn room(&self, _: u64) -> Result<(), NoRoom> {
        match self.has(&Ailment::Short) {
            false => Ok(()),
            true => Err(NoRoom { path: "somewhere".into(), free_bytes: 5, needed_bytes: 10 }),
        }
    }
}
