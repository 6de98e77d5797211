//! A store around another one: what it does itself it says, everything else goes on to the one inside.
//!
//! Deliberately absent: a trait with the port's own default bodies to inherit. A wrapper that forgot `checkpoint` would
//! lose it without a word; here every method of the port is handed on, which a test compares with the port.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::id::{Position, StreamId, Version};
use crate::record::Recorded;
use crate::store::{Append, Appended, Conflict, Head, NoRoom, Store, StoreError};

/// A store with another one inside. Each method is the port's ([`Store`]); left out, it asks the one inside.
#[allow(missing_docs, reason = "each method is documented at the port")]
pub trait Wrapper: Send + Sync + 'static {
    /// The one inside.
    type Inner: Store + ?Sized;

    /// The one inside.
    fn inner(&self) -> &Self::Inner;

    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        self.inner().append(group)
    }

    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        self.inner().append_records(records)
    }

    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError> {
        self.inner().read_stream(stream, after)
    }

    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner().scan(from, each)
    }

    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner().scan_records(from, each)
    }

    fn head(&self) -> Head {
        self.inner().head()
    }

    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner().cursor(name)
    }

    fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        self.inner().cursors()
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.inner().set_cursor(name, value)
    }

    fn index_dir(&self) -> Option<PathBuf> {
        self.inner().index_dir()
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        self.inner().checkpoint()
    }

    fn room(&self, more_bytes: u64) -> Result<(), NoRoom> {
        self.inner().room(more_bytes)
    }
}

impl<W: Wrapper> Store for W {
    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        Wrapper::append(self, group)
    }

    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        Wrapper::append_records(self, records)
    }

    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError> {
        Wrapper::read_stream(self, stream, after)
    }

    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        Wrapper::scan(self, from, each)
    }

    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        Wrapper::scan_records(self, from, each)
    }

    fn head(&self) -> Head {
        Wrapper::head(self)
    }

    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Wrapper::cursor(self, name)
    }

    fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        Wrapper::cursors(self)
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        Wrapper::set_cursor(self, name, value)
    }

    fn index_dir(&self) -> Option<PathBuf> {
        Wrapper::index_dir(self)
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        Wrapper::checkpoint(self)
    }

    fn room(&self, more_bytes: u64) -> Result<(), NoRoom> {
        Wrapper::room(self, more_bytes)
    }
}

#[cfg(test)]
mod tests {
    /// A method with a body of its own in the port would be lost here without a word from the compiler.
    #[test]
    fn every_method_of_a_store_is_handed_on() {
        let names = |text: &str, begin: &str| -> Vec<String> {
            let text = text.split(begin).nth(1).expect("it is there");
            let text = text.split("\n}\n").next().expect("a text has a beginning");
            let starts = text.lines().filter_map(|line| line.strip_prefix("    fn "));
            starts.filter_map(|line| Some(line.split('(').next()?.to_owned())).collect()
        };
        let port = names(include_str!("../store.rs"), "pub trait Store");
        let own = include_str!("wrapper.rs");
        assert!(port.len() > 10, "{port:?}");
        assert_eq!(names(own, "pub trait Wrapper")[1..], port[..]);
        assert_eq!(names(own, "impl<W: Wrapper> Store for W"), port);
    }
}
