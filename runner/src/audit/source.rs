//! Where the log is read from: a store, or an export, which is verified on the way.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::PathBuf;

use workflow_core::audit::export::{self, Part, ReadError};
use workflow_core::audit::sign::PublicKey;
use workflow_core::graph::Lock;
use workflow_core::id::Position;
use workflow_core::record::Recorded;
use workflow_core::record::frame::{Frame, FrameEvent};
use workflow_core::store::{Store, StoreError};

use super::{Kind, Trouble};

/// What an event takes in an export, about.
const EXPORTED_BYTES: u64 = 1_000;

/// A log to read.
pub enum Source<'a> {
    /// A store.
    Store(&'a dyn Store),
    /// An export. With a key it must be signed by it.
    Export {
        /// The file.
        file: PathBuf,
        /// The key to trust.
        trusted: Option<Box<PublicKey>>,
    },
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Damaged { .. } => Kind::Damaged,
            StoreError::Io { .. }
            | StoreError::Full { .. }
            | StoreError::Unfit { .. }
            | StoreError::InUse { .. }
            | StoreError::Fenced { .. }
            | StoreError::Format { .. } => Kind::Failed,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        let kind = match &error {
            ReadError::Damaged(_) => Kind::Damaged,
            ReadError::Io(_) => Kind::Failed,
        };
        Self::new(kind, error.to_string())
    }
}

impl Source<'_> {
    /// How much there is to read, in what [`Source::scan`] counts.
    pub(super) fn size(&self) -> Result<u64, Trouble> {
        match self {
            Source::Store(store) => Ok(store.head().next.0),
            Source::Export { .. } => Ok(self.open()?.metadata()?.len()),
        }
    }

    /// About how many events there are.
    pub(super) fn events(&self) -> Result<u64, Trouble> {
        match self {
            Source::Store(_) => self.size(),
            Source::Export { .. } => Ok(self.size()? / EXPORTED_BYTES),
        }
    }

    /// Gives every event from a position on, in order, with how far it is (an index, or bytes of the export). An export
    /// is read to its end, whatever `each` says: only then it is known to be whole.
    pub(super) fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(u64, Recorded) -> ControlFlow<()>,
    ) -> Result<(), Trouble> {
        match self {
            Source::Store(store) => {
                Ok(store.scan(from, &mut |recorded| each(recorded.position.0, recorded))?)
            }
            Source::Export { .. } => {
                let mut bad = None;
                self.look(from, &mut |at, event| match event.to_recorded() {
                    Ok(recorded) => each(at, recorded),
                    Err(error) => {
                        bad = Some(Trouble::new(Kind::Damaged, error.to_string()));
                        ControlFlow::Break(())
                    }
                })?;
                bad.map_or(Ok(()), Err)
            }
        }
    }

    /// The same where an event lies in its record, without copying what is passed over.
    pub(super) fn look(
        &self,
        from: Position,
        each: &mut dyn FnMut(u64, &FrameEvent<'_>) -> ControlFlow<()>,
    ) -> Result<(), Trouble> {
        match self {
            Source::Store(store) => {
                let mut bad = None;
                store.scan_records(from, &mut |_, record| {
                    let looked = events(record, from, &mut |event| each(event.position.0, event));
                    looked.unwrap_or_else(|trouble| {
                        bad = Some(trouble);
                        ControlFlow::Break(())
                    })
                })?;
                bad.map_or(Ok(()), Err)
            }
            Source::Export { trusted, .. } => {
                let mut file = BufReader::new(self.open()?);
                let mut flow = ControlFlow::Continue(());
                export::read::<Trouble>(&mut file, trusted.as_deref(), &mut |part, bytes| {
                    let Part::Record(record) = part else { return Ok(()) };
                    if flow.is_continue() {
                        flow = events(record, from, &mut |event| each(bytes, event))?;
                    }
                    Ok(())
                })
                .map(drop)
            }
        }
    }

    /// The tables of the machines by which the log was written, where that is known.
    pub(super) fn tables(&self) -> Result<BTreeMap<String, Lock>, Trouble> {
        match self {
            Source::Store(_) => Ok(BTreeMap::new()),
            Source::Export { .. } => Ok(export::machines(&mut BufReader::new(self.open()?))?),
        }
    }

    fn open(&self) -> Result<File, Trouble> {
        match self {
            Source::Store(_) => Err(Trouble::new(Kind::Failed, "a store is no file")),
            Source::Export { file, .. } => File::open(file).map_err(|error| {
                Trouble::new(Kind::NotFound, format!("{}: {error}", file.display()))
            }),
        }
    }
}

/// Gives a record's events from a position on.
fn events(
    record: &[u8],
    from: Position,
    each: &mut dyn FnMut(&FrameEvent<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Trouble> {
    let frame = Frame::decode(record);
    let frame = frame.map_err(|error| Trouble::new(Kind::Damaged, error.to_string()))?;
    for event in frame.events.iter().filter(|event| event.position >= from) {
        if each(event).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
