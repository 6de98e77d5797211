//! The running simulator: the world behind one lock, the requests in flight, and the ways to move time.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use workflow_core::time::{Clock, Timestamp};

use super::config::Config;
use super::world::World;
use super::{agenda, client, persist, webhooks};

pub(super) struct App {
    pub(super) cfg: Config,
    world: Mutex<World>,
    in_flight: Mutex<BTreeSet<String>>,
    /// Requests held by a fault.
    pub(super) held: watch::Sender<usize>,
    /// Counts releases; a held request goes on when it changes.
    pub(super) released: watch::Sender<u64>,
    ticking: tokio::sync::Mutex<()>,
    http: client::Sender,
}

/// A key in flight, until dropped.
pub(super) struct InFlight<'a> {
    app: &'a App,
    slot: Option<String>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(slot) = &self.slot {
            unpoisoned(&self.app.in_flight).remove(slot);
        }
    }
}

/// No code panics while holding these locks with half a change made.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    pub(super) fn start(cfg: Config) -> io::Result<Self> {
        let loaded = cfg.persist.as_deref().map(persist::load).transpose()?.flatten();
        let world = match loaded {
            Some(world) => {
                cfg.clock.set(world.clock);
                world
            }
            None => World::new(&cfg, cfg.clock.now()),
        };
        Ok(Self {
            world: Mutex::new(world),
            in_flight: Mutex::default(),
            held: watch::Sender::new(0),
            released: watch::Sender::new(0),
            ticking: tokio::sync::Mutex::default(),
            http: client::build()?,
            cfg,
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.cfg.clock.now()
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        unpoisoned(&self.world)
    }

    /// Marks a slot as in flight; none if it already is.
    pub(super) fn enter(&self, slot: Option<&String>) -> Option<InFlight<'_>> {
        if let Some(slot) = slot
            && !unpoisoned(&self.in_flight).insert(slot.clone())
        {
            return None;
        }
        Some(InFlight { app: self, slot: slot.cloned() })
    }

    /// Waits until the faults let go of this request.
    pub(super) async fn hold(&self) {
        let mut released = self.released.subscribe();
        self.held.send_modify(|n| *n += 1);
        // An error means the simulator is gone, and so is the reason to wait.
        let _ = released.changed().await;
        self.held.send_modify(|n| *n -= 1);
    }

    /// Writes the state down, if it is kept at all.
    pub(super) fn save(&self, world: &mut World) -> io::Result<()> {
        world.clock = self.now();
        self.cfg.persist.as_deref().map_or(Ok(()), |path| persist::save(path, world))
    }

    /// A change made by a control action, written down.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
        let result = change(&mut world);
        if let Err(e) = self.save(&mut world) {
            tracing::error!(error = %e, "the simulator's state could not be written");
        }
        result
    }

    /// Plays what is due and sends the webhooks that are due, until nothing is; how much happened.
    pub(super) async fn tick(&self) -> usize {
        let _one_at_a_time = self.ticking.lock().await;
        let mut happened = 0;
        loop {
            let now = self.now();
            let due = self.change(|world| {
                happened += agenda::play(world, &self.cfg, now);
                world.shared.outbox.due(now, &self.cfg.webhooks)
            });
            if due.is_empty() {
                return happened;
            }
            for delivery in due {
                let headers = webhooks::headers(&delivery, &self.cfg.webhooks, now);
                let status = client::send(&self.http, &delivery, headers).await;
                let number = delivery.number;
                self.change(|world| {
                    webhooks::settle(world, &self.cfg.webhooks, number, status, now)
                });
                happened += 1;
            }
        }
    }
}
