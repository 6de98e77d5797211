//! Breadth first over every moment that can be reached; the first moment that breaks an invariant is the nearest one.
//!
//! Of each moment only its packed row, the moment it was first reached from, and its calm ways on are kept: a story is
//! told by going its steps again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::moment::Moment;
use super::pool::{Pool, Table};
use super::scene::Scene;
use super::steps::Steps;
use super::story::Story;
use super::{Hostility, Invariant, Model, Report, When};
use crate::workflow::Domain;

/// A hash that is one already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// No other moment in this place.
const LAST: u32 = u32::MAX;

/// Every moment found, in the order it was found.
struct Found {
    rows: Vec<u32>,
    ends: Vec<usize>,
    /// From which moment, and by which of its ways on.
    from: Vec<(u32, u32)>,
    depth: Vec<u32>,
    heads: HashMap<u64, u32, BuildHasherDefault<Ready>>,
    /// The next moment of the same hash.
    chain: Vec<u32>,
}

impl Found {
    fn new() -> Self {
        Self {
            rows: Vec::new(),
            ends: Vec::new(),
            from: Vec::new(),
            depth: Vec::new(),
            heads: HashMap::default(),
            chain: Vec::new(),
        }
    }

    fn row(&self, number: u32) -> &[u32] {
        let at = number as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.rows[start..self.ends[at]]
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    /// The number of a moment, new or known.
    fn add(&mut self, row: &[u32], from: (u32, u32), depth: u32) -> u32 {
        let mut hasher = DefaultHasher::new();
        row.hash(&mut hasher);
        let hash = hasher.finish();
        let head = self.heads.get(&hash).copied();
        let mut at = head.unwrap_or(LAST);
        while at != LAST {
            if self.row(at) == row {
                return at;
            }
            at = self.chain[at as usize];
        }
        let number = u32::try_from(self.len()).expect("fewer than 2^32 moments");
        self.rows.extend_from_slice(row);
        self.ends.push(self.rows.len());
        self.from.push(from);
        self.depth.push(depth);
        self.chain.push(head.unwrap_or(LAST));
        self.heads.insert(hash, number);
        number
    }
}

/// What a search looks at besides the model's invariants, once everything was found.
const RESTLESS: &str = "everything comes to rest when nobody is hostile";

/// The search.
pub(super) struct Search<M: Model> {
    pub pool: Pool<M>,
    pub invariants: Vec<Invariant<M>>,
    pub most: usize,
    found: Found,
    /// Calm ways, from and to.
    calm: Vec<(u32, u32)>,
    at_rest: Vec<u32>,
    transitions: usize,
}

impl<M: Model> Search<M>
where
    <M::Domain as Domain>::Answer: Eq + Hash,
{
    pub fn new(pool: Pool<M>, invariants: Vec<Invariant<M>>, most: usize) -> Self {
        let (calm, at_rest) = (Vec::new(), Vec::new());
        Self { pool, invariants, most, found: Found::new(), calm, at_rest, transitions: 0 }
    }

    /// Goes everywhere, or as far as the first moment that breaks an invariant.
    pub fn run(mut self, left: Hostility, mut watch: impl FnMut(usize, usize)) -> Report {
        let world = self.pool.model.begin();
        let world = self.pool.worlds.number(world);
        let mut row = Vec::new();
        Moment::begin(world, left).pack(&mut row);
        self.found.add(&row, (0, 0), 0);
        let mut at: u32 = 0;
        while (at as usize) < self.found.len() {
            if self.found.len() > self.most {
                return self.report(at, None);
            }
            if at.is_multiple_of(1 << 16) {
                watch(at as usize, self.found.len());
            }
            if let Some(story) = self.visit(at, &mut row) {
                return self.report(at, Some(story));
            }
            at += 1;
        }
        let astray = self.astray();
        let story = astray.map(|at| {
            let why = "from here nothing that comes by itself leads to rest".to_owned();
            self.story(at, RESTLESS, why)
        });
        self.report(at, story)
    }

    fn report(&self, visited: u32, story: Option<Story>) -> Report {
        let last = visited.saturating_sub(u32::from(story.is_none()));
        Report {
            states: self.found.len(),
            complete: visited as usize == self.found.len(),
            transitions: self.transitions,
            depth: self.found.depth.get(last as usize).map_or(0, |depth| *depth as usize),
            at_rest: self.at_rest.len(),
            instances: self.pool.instances.len(),
            worlds: Table::len(&self.pool.worlds),
            story,
        }
    }

    /// Looks at one moment and finds where it leads.
    fn visit(&mut self, at: u32, row: &mut Vec<u32>) -> Option<Story> {
        let now = Moment::unpack(self.found.row(at));
        if let Some((name, why)) = self.broken(&now, When::Always) {
            return Some(self.story(at, name, why));
        }
        let steps = Steps::from(&mut self.pool, &now, false);
        let (ways, defect) = (steps.ways, steps.defect);
        if let Some((_, why)) = defect {
            return Some(self.story(at, "no workflow contradicts itself", why));
        }
        let mut rests = true;
        let depth = self.found.depth[at as usize] + 1;
        for (which, way) in ways.into_iter().enumerate() {
            self.transitions += 1;
            way.next.pack(row);
            let which = u32::try_from(which).expect("fewer than 2^32 ways on");
            let to = self.found.add(row, (at, which), depth);
            if way.calm {
                rests = false;
                self.calm.push((at, to));
            }
        }
        if !rests {
            return None;
        }
        self.at_rest.push(at);
        let owed =
            Scene::new(&self.pool, &now).owed_calls().next().map(|(stream, _)| stream.clone());
        if let Some(stream) = owed {
            let why = format!("{stream} is owed a call that is never answered");
            return Some(self.story(at, RESTLESS, why));
        }
        let (name, why) = self.broken(&now, When::AtRest)?;
        Some(self.story(at, name, why))
    }

    fn broken(&self, now: &Moment, when: When) -> Option<(&'static str, String)> {
        let scene = Scene::new(&self.pool, now);
        if when == When::Always
            && let Some(why) = scene.stuck()
        {
            return Some(("every state that is no end waits for something", why));
        }
        let mut asked = self.invariants.iter().filter(|invariant| invariant.when == when);
        asked.find_map(|invariant| {
            let why = (invariant.holds)(&scene).err()?;
            Some((invariant.name, why))
        })
    }

    /// The first moment from which no calm way leads to rest.
    fn astray(&self) -> Option<u32> {
        let mut before: Vec<(u32, u32)> = self.calm.iter().map(|(from, to)| (*to, *from)).collect();
        before.sort_unstable();
        let mut reaches = vec![false; self.found.len()];
        let mut open = self.at_rest.clone();
        for at in &open {
            reaches[*at as usize] = true;
        }
        while let Some(at) = open.pop() {
            let start = before.partition_point(|(to, _)| *to < at);
            for (_, from) in before[start..].iter().take_while(|(to, _)| *to == at) {
                if !std::mem::replace(&mut reaches[*from as usize], true) {
                    open.push(*from);
                }
            }
        }
        let astray = reaches.iter().position(|reaches| !reaches)?;
        u32::try_from(astray).ok()
    }

    /// The nearest way to a moment, in words.
    fn story(&mut self, at: u32, broken: &str, why: String) -> Story {
        let mut way = vec![at];
        while let Some(&last) = way.last()
            && last != 0
        {
            way.push(self.found.from[last as usize].0);
        }
        way.reverse();
        let mut steps = Vec::with_capacity(way.len());
        for pair in way.windows(2) {
            let now = Moment::unpack(self.found.row(pair[0]));
            let which = self.found.from[pair[1] as usize].1 as usize;
            let mut ways = Steps::from(&mut self.pool, &now, true).ways;
            steps.push(ways.swap_remove(which).words);
        }
        Story { broken: broken.to_owned(), why, steps }
    }
}
