//! One tenant: a simulator, and a client that logs in to it and lives by its clock.

use std::sync::Arc;
use std::time::Duration;

use integration_jobdiva::JobDiva;
use integration_jobdiva::config::{BadConfig, Config};
use integration_jobdiva::poll::{Cursor, Polled};
use integration_jobdiva::secret::Secret;
use integration_jobdiva::simulator::{
    Behaviour, Config as Simulated, Credentials, Mischief, Mutation, Simulator,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tests::canary::Watch;
use workflow_core::domain::call::{Answer, Call};
use workflow_core::domain::facts::Facts;
use workflow_core::id::{Key, StreamId, Version};
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::time::{Clock, Timestamp};

/// Every placement of the seed, in the order of its table.
pub const SEED: [u64; 25] = [
    51_000_777, 51_000_778, 51_000_779, 51_000_780, 51_000_781, 51_000_782, 51_000_783, 51_000_784,
    51_000_785, 51_000_786, 51_000_787, 51_000_788, 51_000_789, 51_000_790, 51_000_791, 51_000_792,
    51_000_793, 51_000_794, 51_000_795, 51_000_796, 51_000_797, 51_000_798, 51_000_799, 51_000_800,
    50_900_777,
];

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);

/// The moment of an Eastern wall time, such as `2026-03-25T09:00`.
pub fn eastern(wall: &str) -> Timestamp {
    let zone = TimeZone::get("America/New_York").unwrap();
    let wall: DateTime = wall.parse().unwrap();
    wall.to_zoned(zone).unwrap().timestamp().into()
}

pub struct Tenant {
    pub sim: Simulator,
    pub jobdiva: JobDiva,
    /// Looks, when it goes, whether anything was said that may not be.
    _watch: Watch,
}

impl Tenant {
    pub async fn standard() -> Self {
        Self::with(Behaviour::default(), |_| {}).await
    }

    pub async fn with(behaviour: Behaviour, change: impl FnOnce(&mut Config)) -> Self {
        let sim = Simulator::start(Simulated { behaviour, ..Simulated::default() }).await.unwrap();
        let jobdiva = client(&sim, change).unwrap();
        Self { sim, jobdiva, _watch: Watch::new() }
    }

    /// The same tenant seen through other settings.
    pub fn seen_with(&self, change: impl FnOnce(&mut Config)) -> JobDiva {
        self.settings(change).unwrap()
    }

    pub fn settings(&self, change: impl FnOnce(&mut Config)) -> Result<JobDiva, BadConfig> {
        client(&self.sim, change)
    }

    pub fn now(&self) -> Timestamp {
        self.sim.clock().now()
    }

    /// Moves the clock on to an Eastern wall time.
    pub async fn until(&self, wall: &str) {
        self.sim.advance(eastern(wall).since(self.now())).await.unwrap();
        assert_eq!(self.now(), eastern(wall), "the clock goes forward only");
    }

    /// Changes the records; the id of what was made or changed.
    #[track_caller]
    pub fn change(&self, mutation: Mutation) -> u64 {
        self.sim.mutate(mutation).unwrap().id
    }

    pub async fn facts(&self, placement: u64) -> Option<Facts> {
        facts(&self.jobdiva, placement).await
    }

    pub async fn poll(&self, cursor: Option<Cursor>) -> Polled {
        let polled = self.jobdiva.poll(cursor, self.now()).await.unwrap();
        assert_eq!(polled.failed, [], "no feed fails");
        polled
    }

    /// Polls until nothing is left to read; what all polls found, with the last cursor, as it is kept between polls.
    pub async fn poll_all(&self, cursor: Option<Cursor>) -> Polled {
        let mut all = self.poll(cursor).await;
        while all.more {
            let next = self.poll(Some(kept(&all.cursor))).await;
            all.touched.extend(next.touched);
            all.submittals.extend(next.submittals);
            all.candidates.extend(next.candidates);
            all.requisitions.extend(next.requisitions);
            all.timesheets.extend(next.timesheets);
            all.merged.extend(next.merged);
            all.gone.extend(next.gone);
            all.deleted.extend(next.deleted);
            all.unreadable.extend(next.unreadable);
            all.newest = all.newest.max(next.newest);
            (all.cursor, all.more) = (next.cursor, next.more);
        }
        all
    }
}

/// A cursor as it comes back from where it was kept.
pub fn kept(cursor: &Cursor) -> Cursor {
    let bytes = cursor.to_bytes();
    let back = Cursor::from_bytes(&bytes).unwrap();
    assert_eq!(&back, cursor);
    back
}

pub async fn facts(jobdiva: &JobDiva, placement: u64) -> Option<Facts> {
    let id = placement.to_string().as_str().into();
    jobdiva.assemble(&id).await.unwrap_or_else(|error| panic!("{placement}: {error}"))
}

/// One first attempt at reading a person.
pub async fn read_person(jobdiva: &JobDiva, candidate: u64, now: Timestamp) -> Outcome<Answer> {
    let candidate = candidate.to_string().as_str().into();
    attempt(jobdiva, Call::ReadPerson { candidate }, now).await
}

/// One first attempt at a call.
pub async fn attempt(jobdiva: &JobDiva, call: Call, now: Timestamp) -> Outcome<Answer> {
    let stream = StreamId::parse("placement/acme/1").unwrap();
    let key = Key::of(&stream, Version(1), "read");
    let (owed_since, look_first) = (now, false);
    let attempt = Attempt { stream, key, generation: 1, earlier: 0, owed_since, now, look_first };
    jobdiva.perform(&call, &attempt).await
}

/// Webhooks that come once each and in order.
pub fn orderly() -> Behaviour {
    Behaviour { mischief: Mischief::NONE, ..Behaviour::default() }
}

fn client(sim: &Simulator, change: impl FnOnce(&mut Config)) -> Result<JobDiva, BadConfig> {
    let Credentials { client_id, username, password } = Credentials::default();
    let mut config = Config::new(&client_id.to_string(), &username, Secret::new(password));
    config.base_url = sim.base_url();
    change(&mut config);
    JobDiva::new(config, Arc::new(sim.clock()))
}
