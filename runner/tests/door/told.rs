//! What the log tells, at its most talkative.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::level_filters::LevelFilter;

/// All lines of a log.
pub struct Told(String);

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Told {
    /// What is logged on this thread while `what` happens, everything that it spawns included.
    pub fn of(what: impl Future<Output = ()>) -> Self {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tracing::subscriber::with_default(subscriber, || runtime.block_on(what));
        let bytes = sink.0.lock().unwrap().clone();
        Self(String::from_utf8(bytes).unwrap())
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
