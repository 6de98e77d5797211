//! The thread that talks to the database, so that whoever uses the log may wait for it anywhere, inside tokio too.
//!
//! Nothing here knows what is being asked. Read `store/postgres/connection.rs` next.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, sync_channel};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;

use crate::store::StoreError;

type Job = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// The way to the thread; it ends with the last of these.
#[derive(Clone, Debug)]
pub(super) struct Driver(UnboundedSender<Job>);

/// What will be answered.
pub(super) struct Answer<T> {
    action: &'static str,
    answer: Receiver<Result<T, StoreError>>,
}

impl Driver {
    /// Starts the thread.
    pub(super) fn start() -> Result<Self, StoreError> {
        let io = |e: std::io::Error| StoreError::Io {
            action: "starting the thread that talks to the database",
            source: e.into(),
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
        let (jobs, mut waiting) = unbounded_channel::<Job>();
        let work = move || {
            let local = LocalSet::new();
            local.block_on(&runtime, async move {
                while let Some(job) = waiting.recv().await {
                    tokio::task::spawn_local(job());
                }
            });
        };
        std::thread::Builder::new().name("workflow-postgres".into()).spawn(work).map_err(io)?;
        Ok(Self(jobs))
    }

    /// Begins what `make` describes; the answer is waited for later.
    pub(super) fn begin<T, F>(
        &self,
        action: &'static str,
        make: impl FnOnce() -> F + Send + 'static,
    ) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + 'static,
    {
        let (tell, answer) = sync_channel(1);
        let job: Job = Box::new(move || {
            let work = make();
            Box::pin(async move {
                // Whoever asked may have gone.
                let _ = tell.send(work.await);
            })
        });
        // If the thread is gone, so is the sender inside the job: the answer says it.
        let _ = self.0.send(job);
        Answer { action, answer }
    }

    /// Does what `make` describes and waits for it.
    pub(super) fn run<T, F>(
        &self,
        action: &'static str,
        make: impl FnOnce() -> F + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + 'static,
    {
        self.begin(action, make).wait()
    }
}

impl<T> Answer<T> {
    /// Waits for the answer.
    pub(super) fn wait(self) -> Result<T, StoreError> {
        self.answer.recv().unwrap_or_else(|_| {
            let source = "the thread that talks to the database has ended".into();
            Err(StoreError::Io { action: self.action, source })
        })
    }
}
