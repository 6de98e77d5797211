//! What the log tells, at its most talkative.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::sync::Once;

use tracing::level_filters::LevelFilter;

use super::canary;

/// All lines of a log.
pub struct Told(String);

thread_local! {
    /// What was logged on this thread since somebody began to listen.
    static HEARD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        canary::hear(&String::from_utf8_lossy(bytes));
        HEARD.with_borrow_mut(|heard| heard.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One for all tests: whether a line is logged at all is decided once for the process.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let everything = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| Sink)
            .finish();
        tracing::subscriber::set_global_default(everything).unwrap();
    });
}

impl Told {
    /// What is logged on this thread while `what` happens, everything that it spawns included.
    pub fn of(what: impl Future<Output = ()>) -> Self {
        listen();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        HEARD.take();
        runtime.block_on(what);
        Self(String::from_utf8(HEARD.take()).unwrap())
    }

    /// In how many lines this stands.
    pub fn count(&self, text: &str) -> usize {
        self.0.lines().filter(|line| line.contains(text)).count()
    }

    /// None of these is in it.
    #[track_caller]
    pub fn is_silent_about(&self, texts: &[&str]) {
        assert!(self.0.lines().count() > 2, "nothing is logged at all");
        for text in texts {
            assert_eq!(self.count(text), 0, "the log tells of {text}: {self:?}");
        }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
