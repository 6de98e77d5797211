//! Several tenants on one log and one engine, each with its own rules and peers.
//!
//! The insurers of a town number what they make alike, as accounts may: an id of one tenant must mean nothing to the
//! other. What one tenant's world does is in `world.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use workflow_core::domain::Insurance;
use workflow_core::domain::call::{CoverageType, EntityId};
use workflow_core::domain::facts::CompanyId;
use workflow_core::domain::rules::{Certificates, Replaces, Rules, Send};
use workflow_core::engine::Engine;

use super::{Ground, TENANT, World, engine_of, rules};

/// The tenant next door.
const NEIGHBOUR: &str = "bolt";

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

/// One tenant or two, side by side.
pub struct Town {
    worlds: Vec<World>,
}

impl Town {
    /// A town whose log is in memory.
    pub fn in_memory(two: bool) -> Self {
        Self::on(Ground::memory(), two)
    }

    /// A town whose log is on disk.
    pub fn on_disk(two: bool) -> Self {
        Self::on(Ground::disk(), two)
    }

    fn on(ground: Ground, two: bool) -> Self {
        let ground = Arc::new(ground);
        let first = World::closed(TENANT, Arc::clone(&ground), paper_rules(Send::Always));
        let second = two.then(|| {
            let mut rules = paper_rules(Send::WhenDifferent);
            rules.certificates.replaces_purchase = Replaces::Never;
            rules.entities.insert(CompanyId("co_1".into()), EntityId("en_2".into()));
            World::closed_beside(&first, NEIGHBOUR, rules)
        });
        let mut town = Self { worlds: std::iter::once(first).chain(second).collect() };
        town.open();
        town
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
