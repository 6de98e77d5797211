//! `runner run`: the service.

use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use workflow_core::store::StoreError;

use super::progress::Bar;
use super::{Failure, Outcome, failed};
use crate::telemetry::{self, Form};
use crate::{Runner, StartError, config, service_manager};

/// Run the service.
///
/// Until it is told to stop: SIGTERM or ctrl-C; twice means now. Under systemd it says when it is ready
/// (docs/packaging.md).
///
/// Example: runner run
///
/// Example: runner run --config /etc/runner/runner.toml --log-json
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The configuration; `runner init` writes one.
    #[arg(long, default_value = "runner.toml")]
    config: PathBuf,
    /// Log one JSON object a line.
    #[arg(long)]
    log_json: bool,
}

impl Run {
    pub(super) async fn run(self) -> Outcome {
        telemetry::to_stderr(if self.log_json { Form::Json } else { Form::Lines }, "info");
        let config =
            config::load(&self.config).map_err(|problems| Failure::Config(problems.to_string()))?;
        // Before anything says that it runs: whoever stops it then must meet a clean stop.
        let mut signals = Signals::new()?;
        // Without its checkpoint a long log is replayed first.
        let bar = Bar::busy("opening the log");
        let mut runner = Runner::start(config).await.map_err(refused)?;
        drop(bar);
        let engine = runner.engine().clone();
        service_manager::ready(&engine);
        let ended = tokio::select! {
            () = signals.next() => None,
            () = service_manager::alive(&engine) => None,
            error = runner.ended() => Some(error),
        };
        if let Some(error) = ended {
            tracing::error!(%error, "the runner ends");
            service_manager::stopping("ends by itself; the log of the service says why");
            drop(runner.stop().await);
            return Err(failed(&error));
        }
        drop(engine);
        tracing::info!("stopping");
        service_manager::stopping("finishing what is under way");
        tokio::select! {
            stopped = runner.stop() => stopped.map_err(|error| failed(&error)),
            () = signals.next() => Err(Failure::Failed("told twice to stop: calls under way are left to the next start".into())),
        }
    }
}

/// A damaged log has the exit code that `verify` gives it.
fn refused(error: StartError) -> Failure {
    let failure = failed(&error);
    if let StartError::Store(StoreError::Damaged { .. }) = error {
        return Failure::Damaged(failure.message().to_owned());
    }
    failure
}

/// The two signals that mean stop.
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The next time one of them comes.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
