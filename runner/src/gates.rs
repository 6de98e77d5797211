//! What is paused at present, ready to be asked before anything is sent. The truth is in the log
//! (`workflow_core::domain::gate`); this is what of it matters now.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use workflow_core::domain::Insurance;
use workflow_core::domain::call::Side;
use workflow_core::domain::gate::{Behind, StateKind};
use workflow_core::engine::Engine;
use workflow_core::id::StreamId;
use workflow_core::machine::Kind as _;

use crate::systems::{JOBDIVA, POLICY};

/// The gates that are shut, by tenant and by what lies behind them: who shut each and why, in words.
#[derive(Debug, Default)]
pub struct Gates(RwLock<BTreeMap<(String, Behind), String>>);

impl Gates {
    /// The gates as an engine's log has them.
    pub fn of(engine: &Engine<Insurance>) -> Self {
        let gates = Self::default();
        gates.load(engine);
        gates
    }

    /// Takes them over from an engine's log.
    pub fn load(&self, engine: &Engine<Insurance>) {
        // Held while the log is looked at, so that no older look overtakes a newer one.
        let mut gates = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let shut = engine.summaries_in("gate", &[StateKind::Shut.name()]);
        let entry = |summary: workflow_core::engine::Summary| {
            let behind = Behind::of(&summary.stream)?;
            Some(((summary.stream.tenant().to_owned(), behind), summary.headline))
        };
        *gates = shut.into_iter().filter_map(entry).collect();
    }

    /// Why nothing may be sent to this side for this tenant, and for this instance; `None` when it may.
    pub fn why(&self, tenant: &str, side: Side, instance: Option<&StreamId>) -> Option<String> {
        let shut = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if shut.is_empty() {
            return None;
        }
        let of = |behind: Behind| shut.get(&(tenant.to_owned(), behind));
        let own = instance.and_then(|stream| of(Behind::Instance(stream.clone())));
        let whole = || of(Behind::Tenant).map(|why| format!("tenant {tenant} is {why}"));
        let system = || of(Behind::System(side)).map(|why| format!("{} is {why}", named(side)));
        own.cloned().or_else(system).or_else(whole)
    }

    /// Why nothing at all is sent for this tenant.
    pub fn whole(&self, tenant: &str) -> Option<String> {
        let shut = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let why = shut.get(&(tenant.to_owned(), Behind::Tenant))?;
        Some(format!("tenant {tenant} is {why}"))
    }

    /// The endpoints of a tenant that are told nothing, each with who said so and why.
    pub fn endpoints_of(&self, tenant: &str) -> Vec<(StreamId, String)> {
        self.instances_of(tenant, "notify")
    }

    /// The instances of a tenant's workflow that are paused by themselves, each with who said so and why.
    pub fn instances_of(&self, tenant: &str, workflow: &str) -> Vec<(StreamId, String)> {
        let shut = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of = shut.iter().filter(|((whose, _), _)| whose == tenant);
        of.filter_map(|((_, behind), why)| match behind {
            Behind::Instance(stream) if stream.workflow() == workflow => {
                Some((stream.clone(), why.clone()))
            }
            Behind::Instance(_) | Behind::Tenant | Behind::System(_) => None,
        })
        .collect()
    }

    /// Why nothing is sent for one instance alone.
    pub fn of_instance(&self, stream: &StreamId) -> Option<String> {
        let shut = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let key = (stream.tenant().to_owned(), Behind::Instance(stream.clone()));
        shut.get(&key).cloned()
    }

    /// Whether anything of the tenant is paused.
    pub fn is_any_of(&self, tenant: &str) -> bool {
        let shut = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shut.keys().any(|(whose, _)| whose == tenant)
    }

    /// Whether the whole tenant, or one of its systems, is paused: which, and by whom and why.
    pub fn of_tenant(&self, tenant: &str) -> Vec<(Option<Side>, String)> {
        let shut = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of = |behind: Behind| shut.get(&(tenant.to_owned(), behind)).cloned();
        let whole = of(Behind::Tenant).map(|why| (None, why));
        let sides = [Side::Ats, Side::Insurer];
        let sides = sides.map(|side| of(Behind::System(side)).map(|why| (Some(side), why)));
        whole.into_iter().chain(sides.into_iter().flatten()).collect()
    }
}

/// How a side is called on the command line and in words.
pub fn named(side: Side) -> &'static str {
    match side {
        Side::Ats => JOBDIVA,
        Side::Insurer => POLICY,
    }
}
