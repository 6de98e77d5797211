//! `runner run`: the service.

use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use workflow_core::store::StoreError;

use super::progress::Bar;
use super::{Failure, Outcome, failed};
use crate::telemetry::{self, Form};
use crate::{Options, Runner, StartError, StopError, config, service_manager};

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
        let mut service = Service::start(config, Options::default()).await.map_err(refused)?;
        drop(bar);
        let standing = service.standing();
        service_manager::ready(&standing().unwrap_or_default());
        let ended = tokio::select! {
            () = signals.next() => None,
            () = service_manager::alive(&standing) => None,
            error = service.ended() => Some(error),
        };
        if let Some(error) = ended {
            tracing::error!(%error, "the runner ends");
            service_manager::stopping("ends by itself; the log of the service says why");
            drop(service.stop().await);
            return Err(failed(&error));
        }
        drop(standing);
        tracing::info!("stopping");
        service_manager::stopping("finishing what is under way");
        tokio::select! {
            stopped = service.stop() => stopped.map_err(|error| failed(&error)),
            () = signals.next() => Err(Failure::Failed("told twice to stop: calls under way are left to the next start".into())),
        }
    }
}

/// The service: alone with its log, or one of several on a database.
enum Service {
    Alone(Box<Runner>),
    #[cfg(feature = "postgres")]
    Several(Box<crate::shards::Member>),
}

impl Service {
    async fn start(config: config::Config, options: Options) -> Result<Self, StartError> {
        if config.log.shared.is_none() {
            return Runner::start_with(config, options).await.map(|it| Self::Alone(Box::new(it)));
        }
        #[cfg(feature = "postgres")]
        return crate::shards::Member::start_with(config, options)
            .await
            .map(|it| Self::Several(Box::new(it)));
        #[cfg(not(feature = "postgres"))]
        Err(StartError::Shared(crate::supervise::WITHOUT_POSTGRES.to_owned()))
    }

    /// Who says how it stands; nothing once it has failed.
    fn standing(&self) -> Box<dyn Fn() -> Option<String>> {
        match self {
            Self::Alone(runner) => {
                let engine = runner.engine().clone();
                Box::new(move || service_manager::standing(&engine))
            }
            #[cfg(feature = "postgres")]
            Self::Several(member) => Box::new(member.standing()),
        }
    }

    async fn ended(&mut self) -> StopError {
        match self {
            Self::Alone(runner) => runner.ended().await,
            #[cfg(feature = "postgres")]
            Self::Several(member) => member.ended().await,
        }
    }

    async fn stop(self) -> Result<(), StopError> {
        match self {
            Self::Alone(runner) => runner.stop().await,
            #[cfg(feature = "postgres")]
            Self::Several(member) => member.stop().await,
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
