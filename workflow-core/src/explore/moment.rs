//! One moment of everything: the outside, every instance, what is on its way, and how much more may go wrong.
//!
//! Packed into a row of numbers it is compared whole: two moments are one only when they are equal, never because a hash
//! is. Read next: `steps.rs`, what may happen in it.

use super::Hostility;
use super::pool::{Obligation, Tries};

/// An answer on its way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flight {
    pub stream: u32,
    /// The obligation that it answers; `None` once the state has moved on.
    pub owed: Option<u8>,
    pub operation: u32,
    pub answer: u32,
}

/// A message that its sender no longer owes, and that was on its way already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Orphan {
    pub from: u32,
    pub to: u32,
    pub input: u32,
}

/// One instance and what is in memory about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub stream: u32,
    pub instance: u32,
    /// Which of its messages are on their way, one bit per obligation.
    pub untold: u32,
    /// Which were told and left no event: a restart tells them again.
    pub unrecorded: u32,
    /// What is known of attempts, by obligation.
    pub tries: Vec<(u8, Tries)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub world: u32,
    pub left: Hostility,
    pub parts: Vec<Part>,
    pub orphans: Vec<Orphan>,
    pub flights: Vec<Flight>,
}

/// An obligation that is none any more, in a packed flight.
const PAST: u32 = 0xff;

/// No answer is remembered, in a packed try.
const NONE: u32 = u32::MAX;

impl Part {
    pub fn tries(&self, owed: u8) -> Tries {
        let found = self.tries.iter().find(|(at, _)| *at == owed);
        found.map_or(Tries::FIRST, |(_, tries)| *tries)
    }

    pub fn set_tries(&mut self, owed: u8, tries: Tries) {
        self.tries.retain(|(at, _)| *at != owed);
        if tries != Tries::FIRST {
            self.tries.push((owed, tries));
            self.tries.sort_unstable();
        }
    }
}

impl Tries {
    pub const FIRST: Tries =
        Tries { look_first: false, generation: 1, burned: 0, remembered: None };
}

impl Moment {
    pub fn begin(world: u32, left: Hostility) -> Self {
        Self { world, left, parts: Vec::new(), orphans: Vec::new(), flights: Vec::new() }
    }

    pub fn part(&self, stream: u32) -> Option<&Part> {
        self.parts.iter().find(|part| part.stream == stream)
    }

    pub fn part_mut(&mut self, stream: u32) -> Option<&mut Part> {
        self.parts.iter_mut().find(|part| part.stream == stream)
    }

    /// The stream's instance moves to `to`: what it still owes keeps what is known of it, the rest is past.
    pub fn advance(
        &mut self,
        stream: u32,
        to: u32,
        owed: (&[Obligation], &[Obligation]),
        carried: &[Option<u8>],
    ) {
        let (before, after) = owed;
        let at = self.parts.iter().position(|part| part.stream == stream).unwrap_or_else(|| {
            let at = self.parts.partition_point(|part| part.stream < stream);
            let (untold, unrecorded, tries) = (0, 0, Vec::new());
            self.parts.insert(at, Part { stream, instance: to, untold, unrecorded, tries });
            at
        });
        let part = &mut self.parts[at];
        let now_at = |old: u8| {
            let place = carried.iter().position(|from| *from == Some(old))?;
            u8::try_from(place).ok()
        };
        for (old, obligation) in before.iter().enumerate() {
            let kept = u8::try_from(old).ok().and_then(now_at).is_some();
            if let (Obligation::Tell { to, input }, false) = (obligation, kept)
                && part.untold & (1 << old) != 0
            {
                self.orphans.push(Orphan { from: stream, to: *to, input: *input });
            }
        }
        let (mut untold, mut unrecorded) = (0, 0);
        for (new, obligation) in after.iter().enumerate() {
            match carried.get(new).copied().flatten() {
                Some(old) => {
                    untold |= u32::from(part.untold & (1 << old) != 0) << new;
                    unrecorded |= u32::from(part.unrecorded & (1 << old) != 0) << new;
                }
                None => untold |= u32::from(matches!(obligation, Obligation::Tell { .. })) << new,
            }
        }
        part.instance = to;
        part.untold = untold;
        part.unrecorded = unrecorded;
        part.tries = std::mem::take(&mut part.tries)
            .into_iter()
            .filter_map(|(old, tries)| Some((now_at(old)?, tries)))
            .collect();
        part.tries.sort_unstable();
        for flight in self.flights.iter_mut().filter(|flight| flight.stream == stream) {
            flight.owed = flight.owed.and_then(now_at);
        }
        self.flights.sort_unstable();
        self.orphans.sort_unstable();
    }

    /// The process ends and begins again: what was in memory only is gone. `calls` says which of an instance's
    /// obligations are calls: the next process does not know which of them were attempted.
    pub fn crash(&mut self, calls: impl Fn(u32) -> Vec<u8>) {
        self.flights.clear();
        self.orphans.clear();
        for part in &mut self.parts {
            part.untold |= part.unrecorded;
            part.unrecorded = 0;
            for owed in calls(part.instance) {
                let tries = Tries { look_first: true, generation: 1, ..part.tries(owed) };
                part.set_tries(owed, tries);
            }
        }
    }

    pub fn is_message_under_way(&self) -> bool {
        !self.orphans.is_empty() || self.parts.iter().any(|part| part.untold != 0)
    }

    pub fn pack(&self, row: &mut Vec<u32>) {
        row.clear();
        row.push(self.world);
        row.push(self.left.pack());
        row.push(count(self.parts.len()) | count(self.orphans.len()) << 16);
        for part in &self.parts {
            row.extend([part.stream | count(part.tries.len()) << 16, part.instance]);
            row.extend([part.untold, part.unrecorded]);
            for (owed, tries) in &part.tries {
                let looks = u32::from(tries.look_first) << 8;
                let keys = u32::from(tries.generation) << 16 | u32::from(tries.burned) << 24;
                row.extend([u32::from(*owed) | looks | keys, tries.remembered.unwrap_or(NONE)]);
            }
        }
        for orphan in &self.orphans {
            row.extend([orphan.from, orphan.to, orphan.input]);
        }
        for flight in &self.flights {
            let owed = flight.owed.map_or(PAST, u32::from);
            row.extend([flight.stream | owed << 24, flight.operation, flight.answer]);
        }
    }

    pub fn unpack(row: &[u32]) -> Self {
        let mut rest = row.iter().copied();
        let mut next = || rest.next().unwrap_or_default();
        let (world, left, counts) = (next(), Hostility::unpack(next()), next());
        let mut parts = Vec::with_capacity((counts & 0xffff) as usize);
        for _ in 0..counts & 0xffff {
            let (head, instance, untold, unrecorded) = (next(), next(), next(), next());
            let tries = (0..head >> 16).map(|_| {
                let (head, remembered) = (next(), next());
                let tries = Tries {
                    look_first: head & 0x100 != 0,
                    generation: low(head >> 16),
                    burned: low(head >> 24),
                    remembered: (remembered != NONE).then_some(remembered),
                };
                (low(head), tries)
            });
            let tries = tries.collect();
            parts.push(Part { stream: head & 0xffff, instance, untold, unrecorded, tries });
        }
        let orphans = 0..counts >> 16;
        let orphans = orphans.map(|_| Orphan { from: next(), to: next(), input: next() }).collect();
        let mut flights = Vec::new();
        while let Some(head) = rest.next() {
            let owed = head >> 24;
            flights.push(Flight {
                stream: head & 0x00ff_ffff,
                owed: (owed != PAST).then_some(low(owed)),
                operation: rest.next().unwrap_or_default(),
                answer: rest.next().unwrap_or_default(),
            });
        }
        Self { world, left, parts, orphans, flights }
    }
}

fn count(length: usize) -> u32 {
    u32::from(u16::try_from(length).expect("a moment holds fewer than 65,536 of a kind"))
}

fn low(number: u32) -> u8 {
    number.to_le_bytes()[0]
}
