//! Timesheets to the invoices: what is read of a week's work, with where its placement stands.
//!
//! A workflow never looks into another one. So whoever brings a timesheet looks the placement up and says where it stands;
//! the invoice keeps that as evidence. Where a placement is covered only later, the invoices that wait are told then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use integration_jobdiva::invoice::Billed;
use jiff::ToSpan as _;
use workflow_core::domain::Insurance;
use workflow_core::domain::facts::{Date, PlacementId};
use workflow_core::domain::invoice::{self, Input, Invoice, Standing, timesheet_alias};
use workflow_core::domain::placement::{Placement, State, Work, candidate_alias};
use workflow_core::domain::timesheet::{Timesheet, TimesheetId};
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::StreamId;

use crate::read::{self, Read, ReadError};
use crate::systems::Connected;

/// A timesheet of which JobDiva gives nothing is gone only when it gives nothing again after this time.
const EMPTY_FOR: Duration = Duration::from_secs(3600);

/// So long after its week a timesheet is read again each day, for deletions touch no feed.
const READ_AGAIN_FOR: Duration = Duration::from_secs(35 * 24 * 3600);

/// Where a placement stands now.
pub fn standing(
    engine: &Engine<Insurance>,
    tenant: &str,
    placement: &PlacementId,
) -> Result<Standing, HandleError> {
    let Ok(stream) = StreamId::new("placement", tenant, placement.as_str()) else {
        return Ok(Standing::Uncovered);
    };
    Ok(Standing::of(engine.state::<Placement>(&stream)?.as_ref()))
}

/// Whether a placement has been heard of.
pub fn is_known(engine: &Engine<Insurance>, tenant: &str, placement: &PlacementId) -> bool {
    let stream = StreamId::new("placement", tenant, placement.as_str());
    stream.is_ok_and(|stream| engine.summary(&stream).is_some())
}

/// Tells the pay period of a timesheet what was read.
pub async fn take(
    engine: &Engine<Insurance>,
    connected: &Connected,
    timesheet: Timesheet,
    source: &Source,
) -> Result<(), ReadError> {
    let tenant = &connected.tenant.name;
    let Some(stream) = invoice::stream(tenant, &timesheet.placement, timesheet.week_ending) else {
        return Err(ReadError::Refused("its id cannot stand in a stream's name".into()));
    };
    let standing =
        standing(engine, tenant, &timesheet.placement).map_err(|error| refused(&stream, error))?;
    let input = Input::Observed { timesheet: Box::new(timesheet), standing };
    tell(engine, &stream, input, source).await
}

/// Reads one timesheet and tells its pay period.
pub async fn read_back(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    id: &TimesheetId,
    source: &Source,
) -> Result<Read, ReadError> {
    let name = timesheet_alias(id);
    let _turn = connected.turns.facts.lock().await;
    let found = match connected.jobdiva.timesheet(id).await {
        Ok(found) => found,
        Err(error) if error.may_pass() => return Err(ReadError::Later(error.to_string())),
        Err(error) => return Err(ReadError::Refused(error.to_string())),
    };
    let empty = || connected.empty.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(timesheet) = found {
        empty().remove(&name);
        take(engine, connected, timesheet, source).await?;
        return Ok(Read::Told);
    }
    let streams = streams(engine, connected, &name);
    if streams.is_empty() {
        return Ok(Read::Unknown);
    }
    let now = engine.clock().now();
    let since = *empty().entry(name).or_insert(now);
    if now.since(since) < EMPTY_FOR {
        return Err(ReadError::Later("JobDiva gives nothing of it: read again".into()));
    }
    for stream in streams {
        let input = Input::Vanished { timesheet: id.clone() };
        tell(engine, &stream, input, source).await?;
    }
    Ok(Read::Told)
}

/// Reads the timesheets of the weeks that an invoice of JobDiva's bills; says how many were read.
///
/// Those that are known are read by their ids. Where a week billed has none, of any of the candidate's placements that were
/// worked on then, the feed is read once more over its time: it may have passed one over.
pub async fn billed(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    billed: &Billed,
    source: &Source,
) -> Result<usize, ReadError> {
    let tenant = &connected.tenant.name;
    let mut placements = engine.find(&candidate_alias(&billed.candidate));
    placements.retain(|s| s.tenant() == tenant && s.workflow() == "placement");
    let (Some((first, last)), false) = (billed.days, placements.is_empty()) else { return Ok(0) };
    let mut known = BTreeSet::new();
    let mut weeks: BTreeMap<&str, BTreeSet<Date>> = BTreeMap::new();
    for summary in engine.summaries("invoice") {
        let Some((placement, week)) = summary.stream.key().rsplit_once('.') else { continue };
        let own = placements.iter().find(|stream| stream.key() == placement);
        let Ok(ending) = week.parse::<Date>() else { continue };
        let begins = ending.checked_sub(6.days()).unwrap_or(Date::MIN);
        let Some(own) = own else { continue };
        if summary.stream.tenant() != tenant || begins > last || ending < first {
            continue;
        }
        match engine.state::<Invoice>(&summary.stream) {
            Ok(state) => known.extend(state.iter().flat_map(|it| it.book().sheets.keys().cloned())),
            Err(error) => return Err(refused(&summary.stream, error)),
        }
        weeks.entry(own.key()).or_default().insert(ending);
    }
    for id in &known {
        read_back(engine, connected, id, source).await?;
    }
    if all_known(engine, &placements, &weeks, (first, last))? {
        return Ok(known.len());
    }
    let found = connected.jobdiva.timesheets_billed(billed, engine.clock().now()).await;
    let found = match found {
        Ok(found) => found,
        Err(error) if error.may_pass() => return Err(ReadError::Later(error.to_string())),
        Err(error) => return Err(ReadError::Refused(error.to_string())),
    };
    let mut read = known.len();
    for timesheet in found {
        let own = placements.iter().any(|stream| stream.key() == timesheet.placement.as_str());
        if own && !known.contains(&timesheet.sheet.id) {
            take(engine, connected, timesheet, source).await?;
            read += 1;
        }
    }
    Ok(read)
}

/// Whether weeks are known for all these days, and for each placement's days of work among them: one's week says nothing of
/// another's.
fn all_known(
    engine: &Engine<Insurance>,
    placements: &BTreeSet<StreamId>,
    weeks: &BTreeMap<&str, BTreeSet<Date>>,
    (first, last): (Date, Date),
) -> Result<bool, ReadError> {
    for stream in placements {
        let state = engine.state::<Placement>(stream).map_err(|error| refused(stream, error))?;
        if let Some((from, to)) = state.and_then(|state| worked(&state, first, last))
            && !weeks.get(stream.key()).is_some_and(|own| covers(own, from, to))
        {
            return Ok(false);
        }
    }
    Ok(covers(&weeks.values().flatten().copied().collect(), first, last))
}

/// The days among these on which a placement is worked on.
fn worked(state: &State, first: Date, last: Date) -> Option<(Date, Date)> {
    let days = match state.work() {
        Work::Days { days, .. } | Work::Over { days } => days,
        Work::CalledOff | Work::OutOfScope => return None,
    };
    let from = days.first.map_or(first, |begins| begins.max(first));
    let to = days.last.map_or(last, |ends| ends.min(last));
    (from <= to).then_some((from, to))
}

/// Whether weeks that end so have all these days.
fn covers(weeks: &BTreeSet<Date>, first: Date, last: Date) -> bool {
    let mut day = first;
    while day <= last {
        let Some(ending) = weeks.range(day..).next() else { return false };
        if ending.checked_sub(6.days()).is_ok_and(|begins| begins > day) {
            return false;
        }
        match ending.tomorrow() {
            Ok(next) => day = next,
            Err(_) => return true,
        }
    }
    true
}

/// Tells the invoices that wait for their placement, or are on a person's desk, where it stands now. Nothing is asked of
/// anybody.
pub async fn look_up_waiting(
    engine: &Engine<Insurance>,
    connected: &Connected,
    source: &Source,
) -> Result<(), ReadError> {
    let tenant = &connected.tenant.name;
    for summary in engine.summaries_in("invoice", &["Waiting", "Flagged"]) {
        if summary.stream.tenant() != tenant {
            continue;
        }
        let Some((placement, _)) = summary.stream.key().rsplit_once('.') else { continue };
        let placement = PlacementId(placement.to_owned());
        match standing(engine, tenant, &placement) {
            Ok(Standing::Uncovered) => {}
            Ok(standing) => {
                let input = Input::PlacementSeen { standing };
                tell(engine, &summary.stream, input, source).await?;
            }
            Err(error) => return Err(refused(&summary.stream, error)),
        }
    }
    Ok(())
}

/// Reads the timesheets of the last weeks again. One that cannot be read is left for the next day.
pub async fn read_again(
    engine: &Engine<Insurance>,
    connected: &Arc<Connected>,
    source: &Source,
) -> Result<(), ReadError> {
    let now = engine.clock().now();
    let mut ids = BTreeSet::new();
    for summary in engine.summaries("invoice") {
        if summary.stream.tenant() != connected.tenant.name {
            continue;
        }
        match engine.state::<Invoice>(&summary.stream) {
            Ok(Some(state)) => {
                let book = state.book();
                if now < book.period.until.plus(READ_AGAIN_FOR) {
                    ids.extend(book.sheets.keys().cloned());
                }
            }
            Ok(None) => {}
            Err(error) => return Err(refused(&summary.stream, error)),
        }
    }
    for id in ids {
        match read_back(engine, connected, &id, source).await {
            Err(ReadError::Later(reason) | ReadError::Refused(reason)) => {
                tracing::debug!(timesheet = %id, %reason, "a timesheet could not be read again");
            }
            other => {
                other?;
            }
        }
    }
    Ok(())
}

fn streams(engine: &Engine<Insurance>, connected: &Connected, name: &str) -> BTreeSet<StreamId> {
    let found = engine.find(name).into_iter();
    let own = |s: &StreamId| s.tenant() == connected.tenant.name && s.workflow() == "invoice";
    found.filter(own).collect()
}

async fn tell(
    engine: &Engine<Insurance>,
    stream: &StreamId,
    input: Input,
    source: &Source,
) -> Result<(), ReadError> {
    read::settled(stream, engine.handle::<Invoice>(stream, input, source.clone()).await)
}

fn refused(stream: &StreamId, error: HandleError) -> ReadError {
    if matches!(error, HandleError::Stopped(_)) {
        return ReadError::Stopped(error);
    }
    tracing::error!(%stream, %error, "an instance cannot be replayed");
    ReadError::Refused(error.to_string())
}
