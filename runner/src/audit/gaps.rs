//! Which days of work had no coverage in force: `workflow_core::domain::coverage_days` over the log.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use workflow_core::domain::coverage_days::{self, By, Claim, Ledger, Place};
use workflow_core::domain::placement;
use workflow_core::engine::Stored;
use workflow_core::id::{Position, StreamId};
use workflow_core::record::Recorded;
use workflow_core::record::frame::FrameEvent;
use workflow_core::time::Timestamp;

use super::spill::Spill;
use super::{Kind, Out, Trouble, USUAL_ZONE, With, done, look, row};
use crate::views::VERSION;

/// Whose work is looked at.
const WORKFLOW: &str = "placement";

/// What is asked.
pub(super) struct Asked<'a> {
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub tenant: Option<&'a str>,
    pub as_of: Timestamp,
}

/// Days of work, one after the other, without coverage in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The tenant.
    pub tenant: String,
    /// The placement's id in the ATS.
    pub placement: String,
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// How many days.
    pub days: u64,
    /// By which dates they are days of work: `known then and now`, `known then` (other dates are known now), or
    /// `known now` (they were not known on those days).
    pub by: String,
    /// Where those dates became known: a position in the log.
    pub known_position: u64,
    /// When they did, RFC 3339.
    pub known_at: String,
    /// What kept the placement from being insured, by its stable names.
    pub held: Vec<String>,
    /// The coverage before.
    pub before: Option<Side>,
    /// The coverage after.
    pub after: Option<Side>,
}

impl Gap {
    /// A gap of one placement, as it is shown.
    pub fn new(stream: &StreamId, gap: &coverage_days::Gap) -> Self {
        shown(stream, gap)
    }

    /// Why these are days of work, and what lies on both sides, with the events' positions in the log.
    pub fn evidence(&self) -> String {
        let mut words = vec![match &self.before {
            None => "no coverage before".to_owned(),
            Some(side) => side.ended(),
        }];
        words.push(match &self.after {
            None => "none after".to_owned(),
            Some(side) => {
                format!("then {} from {} (event {})", side.evidence, side.from, side.position)
            }
        });
        let held = match self.held.is_empty() {
            true => String::new(),
            false => format!(", held: {}", self.held.join(", ")),
        };
        words.push(format!("dates {} (event {}){held}", self.by, self.known_position));
        words.join("; ")
    }
}

/// Coverage on one side of a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The insurer's id of the policy or assignment.
    pub id: String,
    /// The same in words.
    pub evidence: String,
    /// From when, RFC 3339.
    pub from: String,
    /// Until when.
    pub until: String,
    /// Where it was read: a position in the log.
    pub position: u64,
    /// When it was read.
    pub seen_at: String,
    /// How it was lost, if it was.
    pub lost: Option<String>,
    /// Where that was recorded: a position in the log.
    pub lost_position: Option<u64>,
    /// When that was recorded.
    pub lost_at: Option<String>,
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gaps {
    /// The version of these shapes.
    pub version: u32,
    /// By what was known at this moment, RFC 3339.
    pub as_of: String,
    /// How many placements were looked at.
    pub placements: u64,
    /// How many of them have days of work.
    pub at_work: u64,
    /// How many days of work there are.
    pub work_days: u64,
    /// How many of them had coverage in force.
    pub covered_days: u64,
    /// How many had not.
    pub gap_days: u64,
    /// Of how many placements.
    pub placements_with_gaps: u64,
    /// Tenants that no configuration tells of, whose days were taken in this zone.
    pub assumed_zone: Option<String>,
}

pub(super) fn answer(
    asked: &Asked<'_>,
    zone: Option<&str>,
    with: &With<'_>,
    out: &mut Out<'_>,
) -> Result<(), Trouble> {
    let usual = TimeZone::get(zone.unwrap_or(USUAL_ZONE))
        .map_err(|error| Trouble::new(Kind::Usage, error.to_string()))?;
    let mut total = Gaps {
        version: VERSION,
        as_of: asked.as_of.to_string(),
        placements: 0,
        at_work: 0,
        work_days: 0,
        covered_days: 0,
        gap_days: 0,
        placements_with_gaps: 0,
        assumed_zone: None,
    };
    // Of the placements only what is wrong is held, until it can be told in their order.
    let mut gaps: BTreeMap<StreamId, Vec<coverage_days::Gap>> = BTreeMap::new();
    let mut aside = put_aside(asked, with, out)?;
    for part in 0..aside.parts() {
        for (stream, ledger) in gathered(&mut aside, part)? {
            let known = with.zones.get(stream.tenant());
            let zone = known.unwrap_or(&usual);
            if known.is_none() {
                total.assumed_zone = usual.iana_name().map(str::to_owned);
            }
            let to = asked.to.unwrap_or_else(|| coverage_days::day_of(asked.as_of, zone));
            let found = ledger.days(&coverage_days::Asked { zone, from: asked.from, to });
            total.placements += 1;
            total.at_work += u64::from(found.work_days > 0);
            total.work_days += found.work_days;
            total.covered_days += found.covered_days;
            total.gap_days += found.work_days - found.covered_days;
            total.placements_with_gaps += u64::from(!found.gaps.is_empty());
            if !found.gaps.is_empty() {
                gaps.insert(stream, found.gaps);
            }
        }
    }
    for (stream, gaps) in &gaps {
        for gap in gaps {
            row(out, &shown(stream, gap))?;
        }
    }
    done(out, &total)
}

/// Puts aside what was known of every placement at the moment asked for.
fn put_aside(asked: &Asked<'_>, with: &With<'_>, out: &mut Out<'_>) -> Result<Spill, Trouble> {
    let of_whom = match asked.tenant {
        Some(tenant) => format!("{WORKFLOW}/{tenant}/"),
        None => format!("{WORKFLOW}/"),
    };
    let mut aside = Spill::new(with.source.events()?);
    let mut refused = None;
    look(with, Position(0), out, &mut |event| {
        if !event.stream.starts_with(&of_whom) || event.recorded_at > asked.as_of {
            return ControlFlow::Continue(());
        }
        match aside.put(event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                refused = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    refused.map_or(Ok(aside), |error| Err(error.into()))
}

/// What was known of the placements of one part.
fn gathered(aside: &mut Spill, part: usize) -> Result<BTreeMap<StreamId, Ledger>, Trouble> {
    let mut ledgers: HashMap<Box<str>, Ledger> = HashMap::new();
    aside.take(part, &mut |event| {
        let ledger = match ledgers.get_mut(event.stream) {
            Some(ledger) => ledger,
            None => ledgers.entry(event.stream.into()).or_default(),
        };
        let refused = |why| format!("{} at position {}: {why}", event.stream, event.position);
        take(ledger, event).map_err(|why| Trouble::new(Kind::Failed, refused(why)))
    })?;
    let named = |(name, ledger): (Box<str>, Ledger)| match StreamId::parse(&name) {
        Ok(stream) => Ok((stream, ledger)),
        Err(error) => Err(Trouble::new(Kind::Damaged, error.to_string())),
    };
    ledgers.into_iter().map(named).collect()
}

fn take(ledger: &mut Ledger, event: &FrameEvent<'_>) -> Result<(), String> {
    let place = Place { position: event.position, at: event.recorded_at };
    taken(ledger, place, &Stored::in_frame(event))
}

fn taken(ledger: &mut Ledger, place: Place, event: &Stored<'_>) -> Result<(), String> {
    let event = event.decode::<placement::Machine>();
    match ledger.take(place, event.map_err(|error| error.to_string())?) {
        true => Ok(()),
        false => Err("today's machine does not accept it: see `runner audit drift`".to_owned()),
    }
}

/// What is known of one placement, from its events: the same as the question gathers.
pub fn ledger(events: &[Recorded]) -> Result<Ledger, String> {
    let mut ledger = Ledger::default();
    for recorded in events {
        let place = Place { position: recorded.position, at: recorded.event.recorded_at };
        taken(&mut ledger, place, &Stored::of(recorded))?;
    }
    Ok(ledger)
}

fn shown(stream: &StreamId, gap: &coverage_days::Gap) -> Gap {
    let by = match gap.by {
        By::Both => "known then and now",
        By::Then => "known then",
        By::Now => "known now",
    };
    Gap {
        tenant: stream.tenant().to_owned(),
        placement: stream.key().to_owned(),
        first: gap.days.first,
        last: gap.days.last,
        days: gap.days.count(),
        by: by.to_owned(),
        known_position: gap.known.position.0,
        known_at: gap.known.at.to_string(),
        held: gap.held.clone(),
        before: gap.before.as_ref().map(Side::from),
        after: gap.after.as_ref().map(Side::from),
    }
}

impl Side {
    fn ended(&self) -> String {
        match (&self.lost, self.lost_position, &self.lost_at) {
            (Some(lost), Some(position), Some(at)) => {
                format!("{}: {lost}, recorded at {at} (event {position})", self.evidence)
            }
            _ => format!("{} until {} (event {})", self.evidence, self.until, self.position),
        }
    }
}

impl From<&Claim> for Side {
    fn from(claim: &Claim) -> Self {
        Self {
            id: claim.id.clone(),
            evidence: claim.evidence.clone(),
            from: claim.from.to_string(),
            until: claim.until.to_string(),
            position: claim.seen.position.0,
            seen_at: claim.seen.at.to_string(),
            lost: claim.lost.map(|(_, loss)| loss.words().to_owned()),
            lost_position: claim.lost.map(|(place, _)| place.position.0),
            lost_at: claim.lost.map(|(place, _)| place.at.to_string()),
        }
    }
}
