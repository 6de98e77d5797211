//! How time passes: really, or in the simulators.

use std::sync::Arc;
use std::time::Duration;

use workflow_core::time::{Clock, SystemClock, Timestamp};

#[cfg(feature = "simulators")]
use super::simulated::Simulated;

/// How often a real provider is asked.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// Where time passes.
pub(super) enum World {
    /// As it does; a person is given so long.
    Real {
        /// How long.
        wait: Duration,
    },
    /// As it is told.
    #[cfg(feature = "simulators")]
    Simulated(Simulated),
}

impl World {
    pub(super) fn real(wait: Duration) -> Self {
        Self::Real { wait }
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::Real { .. } => Arc::new(SystemClock),
            #[cfg(feature = "simulators")]
            Self::Simulated(simulated) => Arc::new(simulated.clock()),
        }
    }

    /// How long something may take.
    pub(super) fn wait(&self) -> Duration {
        match self {
            Self::Real { wait } => *wait,
            #[cfg(feature = "simulators")]
            Self::Simulated(_) => Duration::from_secs(14 * 24 * 3600),
        }
    }

    /// Lets a little time pass.
    pub(super) async fn pass(&self) {
        match self {
            Self::Real { .. } => tokio::time::sleep(ASK_EVERY).await,
            #[cfg(feature = "simulators")]
            Self::Simulated(simulated) => simulated.pass().await,
        }
    }

    /// Whether a person must complete the application.
    pub(super) fn needs_a_person(&self) -> bool {
        match self {
            Self::Real { .. } => true,
            #[cfg(feature = "simulators")]
            Self::Simulated(_) => false,
        }
    }

    /// The moment, for deadlines.
    pub(super) fn now(&self) -> Timestamp {
        self.clock().now()
    }

    /// Ends what was started.
    pub(super) async fn stop(self) {
        match self {
            Self::Real { .. } => {}
            #[cfg(feature = "simulators")]
            Self::Simulated(simulated) => simulated.stop().await,
        }
    }
}
