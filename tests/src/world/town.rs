//! Several tenants on one log and one engine, each with its own rules and peers.
//!
//! The insurers of a town number what they make alike, as accounts may: an id of one tenant must mean nothing to the
//! other. What one tenant's world does is in `world.rs`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use workflow_core::domain::Insurance;
use workflow_core::domain::call::{CoverageType, EntityId};
use workflow_core::domain::facts::CompanyId;
use workflow_core::domain::rules::{Certificates, Replaces, Rules, Send};
use workflow_core::engine::Engine;

use super::{Ground, TENANT, World, engine_of, rules};

/// The tenant next door.
const NEIGHBOUR: &str = "bolt";

/// The one across the street, who wants no invoices.
const ACROSS: &str = "cove";

/// More rounds than any town needs until nobody moves.
const ROUNDS_MAX: usize = 200;

/// The usual rules, with invoices and certificates that count.
fn paper_rules(send: Send) -> Rules {
    let mut rules = rules();
    rules.invoices.send = send;
    rules.certificates = Certificates {
        replaces_purchase: Replaces::WhereSatisfied,
        satisfies: [CoverageType::General, CoverageType::WorkersComp].into(),
        min_remaining_days: Some(5),
    };
    rules
}

/// One tenant, two or three, side by side.
pub struct Town {
    worlds: Vec<World>,
}

impl Town {
    /// A town of so many tenants whose log is in memory.
    pub fn in_memory(tenants: usize) -> Self {
        Self::on(Ground::memory(), tenants)
    }

    /// A town of so many tenants whose log is on disk.
    pub fn on_disk(tenants: usize) -> Self {
        Self::on(Ground::disk(), tenants)
    }

    fn on(ground: Ground, tenants: usize) -> Self {
        let ground = Arc::new(ground);
        let mut worlds = vec![World::closed(TENANT, ground, paper_rules(Send::Always))];
        let first = &worlds[0];
        let mut rules = paper_rules(Send::WhenDifferent);
        rules.certificates.replaces_purchase = Replaces::Never;
        rules.entities.insert(CompanyId("co_1".into()), EntityId("en_2".into()));
        let second = World::closed_beside(first, NEIGHBOUR, rules);
        let third = World::closed_beside(first, ACROSS, paper_rules(Send::Never));
        worlds.extend([second, third]);
        worlds.truncate(tenants.max(1));
        let mut town = Self { worlds };
        town.open();
        town
    }

    /// Where the log lies, if on disk.
    pub fn directory(&self) -> Option<&Path> {
        self.first().directory()
    }

    /// The tenants' worlds.
    pub fn worlds(&mut self) -> &mut [World] {
        &mut self.worlds
    }

    /// Drops the engine with all it had in memory, and opens another one on the same log.
    pub fn restart(&mut self) {
        for world in &mut self.worlds {
            world.close();
        }
        self.open();
    }

    fn open(&mut self) {
        let engine = self.opened();
        for world in &mut self.worlds {
            world.engine = Some(engine.clone());
        }
    }

    fn opened(&self) -> Engine<Insurance> {
        let first = self.first();
        let rules: BTreeMap<_, _> =
            self.worlds.iter().map(|world| (world.tenant, world.rules.clone())).collect();
        engine_of(first.ground.store(), Arc::clone(&first.vault), first.clock.clone(), rules)
    }

    fn first(&self) -> &World {
        self.worlds.first().expect("a town has a tenant")
    }

    /// Runs until nobody has anything to do; see [`World::settle`].
    pub async fn settle(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let before = self.engine().position();
            for world in &mut self.worlds {
                world.settle().await;
            }
            if self.engine().position() == before {
                return;
            }
        }
        panic!("the town does not settle\n{}", self.describe());
    }

    /// The engine of all.
    pub fn engine(&self) -> &Engine<Insurance> {
        self.first().engine()
    }

    /// What a second engine makes of the same log.
    pub fn replayed(&mut self) -> Engine<Insurance> {
        match &*self.first().ground {
            Ground::Memory(_) => self.opened(),
            Ground::Disk(_) => {
                self.restart();
                self.engine().clone()
            }
        }
    }

    /// Everybody's instances: for messages of failed tests.
    pub fn describe(&self) -> String {
        self.worlds.iter().map(World::describe).collect()
    }
}
