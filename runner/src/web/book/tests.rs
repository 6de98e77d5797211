//! The book between the log and the engine's lists, and before a record that nobody can read.

use std::sync::{OnceLock, Weak};

use jiff::tz::TimeZone;
use workflow_core::domain::facts::{Engaged, Facts, Place, Role, Stage};
use workflow_core::domain::placement::Input;
use workflow_core::domain::rules::Rules;
use workflow_core::engine::Source;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::wrapper::Wrapper;
use workflow_core::store::{Append, Appended, Conflict, Store as _};
use workflow_core::time::ManualClock;

use super::*;

/// A log in whose appends, before the engine hears of them, a page is asked for.
#[derive(Default)]
struct Watched {
    inner: MemoryStore,
    book: OnceLock<Weak<Book>>,
    /// The next that reads on comes upon bytes that are no record.
    is_spoilt: AtomicBool,
}

impl Wrapper for Watched {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        let appended = self.inner.append(group);
        if let Some(book) = self.book.get().and_then(Weak::upgrade) {
            book.take_in(WHILE_WAITING);
        }
        appended
    }

    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        if self.is_spoilt.swap(false, Ordering::AcqRel) {
            let _broken_off = each(from, b"no record");
            return Ok(());
        }
        self.inner.scan_records(from, each)
    }
}

fn begun() -> (Arc<Watched>, Arc<Book>) {
    let store = Arc::new(Watched::default());
    let rules = Arc::new(Rules::usual(TimeZone::UTC, "relay.example.com"));
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_774_267_200)));
    let rules = Arc::new(move |_: &str| Some(Arc::clone(&rules)));
    let builder = Engine::builder(Arc::clone(&store) as _, clock, rules);
    let builder = builder.workflow::<Placement>();
    let (_stop, stopped) = watch::channel(false);
    let book = Arc::new(Book::new(builder.open().expect("an empty log"), stopped));
    assert!(book.take_in(WHILE_WAITING), "there is nothing yet");
    (store, book)
}

/// A placement that is new.
async fn seen(book: &Book) -> StreamId {
    let stream = StreamId::parse("placement/acme/51000777").expect("a stream's name");
    let facts = Facts {
        placement: "51000777".into(),
        candidate: "70011000042".into(),
        requisition: "1".into(),
        stage: Stage::Working,
        engaged: Engaged::default(),
        start: None,
        end: None,
        pay: None,
        worksite: Place::default(),
        requisition_place: Place::default(),
        home: Place::default(),
        role: Role::default(),
        company: None,
        unmapped_status: None,
        unreadable: Vec::new(),
    };
    let (input, source) = (Input::Observed(Box::new(facts)), Source::new("test", ""));
    book.engine.handle::<Placement>(&stream, input, source).await.expect("it is taken");
    stream
}

fn knows(book: &Book, stream: &StreamId) -> bool {
    book.known.read().expect("nobody broke it").lines.contains_key(stream)
}

#[tokio::test]
async fn what_is_in_the_log_and_in_no_list_yet_is_not_passed_over() {
    let (store, book) = begun();
    store.book.set(Arc::downgrade(&book)).expect("it is the first");
    let stream = seen(&book).await;
    assert!(!knows(&book, &stream), "the page was asked for before any list had it");
    assert!(book.take_in(WHILE_WAITING));
    assert!(knows(&book, &stream));
}

#[tokio::test]
async fn what_lies_behind_a_record_that_cannot_be_read_is_not_passed_over() {
    let (store, book) = begun();
    let stream = seen(&book).await;
    store.is_spoilt.store(true, Ordering::Release);
    book.take_in(WHILE_WAITING);
    let left = book.known.read().expect("nobody broke it").left;
    assert!(left == 1 && !knows(&book, &stream), "the pages say that they miss something");
    assert!(book.take_in(WHILE_WAITING));
    assert!(knows(&book, &stream));
}
