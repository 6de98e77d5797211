//! What systemd is told: ready, alive, how it stands, stopping. Where no service manager listens, nothing is said.
//!
//! The unit is `runner/packaging/runner.service`; `docs/packaging.md` says what each word is for.

use std::time::Duration;

use sd_notify::NotifyState;
use workflow_core::domain::Insurance;
use workflow_core::engine::Engine;

/// How often it is said how things stand, where nothing is to be said more often.
const STATUS_EVERY: Duration = Duration::from_secs(30);

/// The service is up: everything is open, and work is done.
pub fn ready(standing: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(standing)]);
}

/// The service is going down, as it was told or by itself.
pub fn stopping(why: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(why)]);
}

/// Says over and over that the service is alive, as long as `standing` says how it stands.
pub async fn alive(standing: impl Fn() -> Option<String>) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return std::future::pending().await;
    }
    // Twice within the time after which it would be taken for dead.
    let every = sd_notify::watchdog_enabled().map_or(STATUS_EVERY, |within| within / 2);
    let mut ticks = tokio::time::interval(every.max(Duration::from_millis(10)));
    loop {
        ticks.tick().await;
        if let Some(standing) = standing() {
            tell(&[NotifyState::Watchdog, NotifyState::Status(&standing)]);
        }
    }
}

/// How things stand, for `systemctl status`; nothing of an engine that has stopped.
pub fn standing(engine: &Engine<Insurance>) -> Option<String> {
    if engine.failure().is_some() {
        return None;
    }
    let states = engine.counts("placement");
    let flagged = states.get("Flagged").copied().unwrap_or_default();
    let position = engine.store().head().next.0;
    let count: usize = states.values().sum();
    Some(format!(
        "{count} placements, {flagged} need a person; the log ends at position {position}"
    ))
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
