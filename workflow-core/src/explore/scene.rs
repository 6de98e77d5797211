//! One moment as an invariant looks at it: the outside, the instances' states, what is owed and what is under way.

use std::hash::Hash;

use super::Model;
use super::moment::Moment;
use super::pool::Pool;
use crate::engine::live::Standing;
use crate::id::StreamId;
use crate::machine::Machine;
use crate::time::Timestamp;
use crate::workflow::{Domain, Owed, Workflow};

type StateOf<W> = <<W as Workflow>::Machine as Machine>::State;

/// One moment.
pub struct Scene<'a, M: Model> {
    /// The outside.
    pub world: &'a M::World,
    /// What time it is.
    pub now: Timestamp,
    pool: &'a Pool<M>,
    moment: &'a Moment,
}

impl<'a, M: Model> Scene<'a, M>
where
    <M::Domain as Domain>::Answer: Eq + Hash,
{
    pub(super) fn new(pool: &'a Pool<M>, moment: &'a Moment) -> Self {
        let world = pool.worlds.get(moment.world);
        Self { world, now: pool.now(moment.world), pool, moment }
    }

    /// The state of one instance; `None` when there is none, or it is no `W`.
    pub fn state<W: Workflow<Domain = M::Domain>>(
        &self,
        stream: &StreamId,
    ) -> Option<&'a StateOf<W>> {
        self.states::<W>().find(|(known, _)| *known == stream).map(|(_, state)| state)
    }

    /// All instances of one workflow.
    pub fn states<W: Workflow<Domain = M::Domain>>(
        &self,
    ) -> impl Iterator<Item = (&'a StreamId, &'a StateOf<W>)> + use<'a, W, M> {
        let pool = self.pool;
        self.moment.parts.iter().filter_map(move |part| {
            let stream = pool.streams.get(part.stream);
            let live = &pool.instances[part.instance as usize].live;
            let of = stream.workflow() == W::Machine::NAME;
            let state = if of { live.state.downcast_ref() } else { None };
            state.map(|state| (&**stream, state))
        })
    }

    /// The instances that are known by an outside name.
    pub fn find(&self, name: &str) -> impl Iterator<Item = &'a StreamId> {
        self.standings().filter_map(move |(stream, standing)| {
            standing.aliases.iter().any(|alias| alias == name).then_some(stream)
        })
    }

    /// The calls that are owed.
    pub fn owed_calls(
        &self,
    ) -> impl Iterator<Item = (&'a StreamId, &'a <M::Domain as Domain>::Call)> {
        self.standings().flat_map(|(stream, standing)| {
            standing.owed.iter().filter_map(move |due| match &due.owed {
                Owed::Call { call, .. } => Some((stream, call)),
                Owed::Tell(_) | Owed::Signal(_) | Owed::Person(_) => None,
            })
        })
    }

    /// How many answers are under way.
    pub fn in_flight(&self) -> usize {
        self.moment.flights.len()
    }

    fn standings(
        &self,
    ) -> impl Iterator<Item = (&'a StreamId, &'a Standing<M::Domain>)> + use<'a, M> {
        let pool = self.pool;
        self.moment.parts.iter().map(move |part| {
            let live = &pool.instances[part.instance as usize].live;
            (&**pool.streams.get(part.stream), &*live.standing)
        })
    }

    /// The first instance that is no end and waits for nothing at all: rule 10 of every workflow.
    pub(super) fn stuck(&self) -> Option<String> {
        let waits = |at: usize, owed: &Owed<_>| match owed {
            Owed::Call { .. } | Owed::Signal(_) | Owed::Person(_) => true,
            Owed::Tell(_) => self.moment.parts[at].untold != 0,
        };
        let stuck = self.standings().enumerate().find(|(at, (_, standing))| {
            let waiting =
                standing.timer.is_some() || standing.owed.iter().any(|due| waits(*at, &due.owed));
            !standing.terminal && !waiting
        });
        stuck.map(|(_, (stream, standing))| {
            format!("{stream} is {} and waits for nothing", standing.state)
        })
    }
}
