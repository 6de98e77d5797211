//! A simulator with switches set, and the real client looking at it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use integration_jobdiva::JobDiva;
use integration_jobdiva::config::Config;
use integration_jobdiva::operations::Operation;
use integration_jobdiva::poll::{Cursor, Polled};
use integration_jobdiva::secret::Secret;
use integration_jobdiva::simulator::{
    Behaviour, Config as Simulated, Credentials, Fault, FaultKind, Hired, Mutation, NewCandidate,
    NewHire, Simulator,
};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use workflow_core::domain::call::{Answer, Call};
use workflow_core::domain::facts::{Facts, PlacementId};
use workflow_core::id::{Key, StreamId, Version};
use workflow_core::limits::Pace;
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::outlet::Settings;
use workflow_core::time::{Clock, Timestamp};

use crate::canary::Watch;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);

pub const LOGIN: &str = "v2/authenticate";
pub const PERSON: &str = "bi/CandidateDetail";
pub const PAY: &str = "bi/NewUpdatedSalaryRecords";
pub const ACTIVITIES: &str = "bi/NewUpdatedSubmittalInterviewHireActivityRecords";

/// Every placement of the seed.
pub const SEED: [u64; 25] = [
    50_900_777, 51_000_777, 51_000_778, 51_000_779, 51_000_780, 51_000_781, 51_000_782, 51_000_783,
    51_000_784, 51_000_785, 51_000_786, 51_000_787, 51_000_788, 51_000_789, 51_000_790, 51_000_791,
    51_000_792, 51_000_793, 51_000_794, 51_000_795, 51_000_796, 51_000_797, 51_000_798, 51_000_799,
    51_000_800,
];

/// The moment of an Eastern wall time, such as `2026-03-25T09:00`.
pub fn eastern(wall: &str) -> Timestamp {
    let zone = TimeZone::get("America/New_York").unwrap();
    let wall: DateTime = wall.parse().unwrap();
    wall.to_zoned(zone).unwrap().timestamp().into()
}

pub fn ids(placements: &[u64]) -> BTreeSet<PlacementId> {
    placements.iter().map(|id| PlacementId(id.to_string())).collect()
}

pub struct Tenant {
    pub sim: Simulator,
    pub jobdiva: JobDiva,
    /// What is logged is looked at when it goes.
    _watch: Watch,
}

impl Tenant {
    pub async fn with(behaviour: Behaviour) -> Self {
        Self::configured(behaviour, |_| {}).await
    }

    pub async fn configured(behaviour: Behaviour, change: impl FnOnce(&mut Config)) -> Self {
        let _watch = Watch::new();
        let sim = Simulator::start(Simulated { behaviour, ..Simulated::default() }).await.unwrap();
        let jobdiva = client(&sim, change);
        Self { sim, jobdiva, _watch }
    }

    /// The same tenant seen through other settings.
    pub fn seen_with(&self, change: impl FnOnce(&mut Config)) -> JobDiva {
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

    #[track_caller]
    pub fn change(&self, mutation: Mutation) -> u64 {
        self.sim.mutate(mutation).unwrap().id
    }

    pub async fn facts(&self, placement: u64) -> Option<Facts> {
        let id = placement.to_string().as_str().into();
        let read = self.jobdiva.assemble(&id).await;
        read.unwrap_or_else(|error| panic!("{placement}: {error}"))
    }

    /// The facts of every placement of the seed.
    pub async fn all_facts(&self) -> Vec<Option<Facts>> {
        let mut all = Vec::new();
        for placement in SEED {
            all.push(self.facts(placement).await);
        }
        all
    }

    pub async fn person(&self, candidate: u64) -> Outcome<Answer> {
        person(&self.jobdiva, candidate, self.now()).await
    }

    /// One poll, with the cursor as it comes back from where it was kept.
    pub async fn poll(&self, cursor: Option<&Cursor>) -> Polled {
        let kept = cursor.map(|cursor| Cursor::from_bytes(&cursor.to_bytes()).unwrap());
        self.jobdiva.poll(kept, self.now()).await.unwrap()
    }

    /// Polls until nothing is left to read; everything that was touched, and the last poll.
    pub async fn poll_all(&self, cursor: Option<&Cursor>) -> (BTreeSet<PlacementId>, Polled) {
        let mut polled = self.poll(cursor).await;
        let mut touched = BTreeSet::new();
        loop {
            assert_eq!(polled.failed, [], "no feed fails");
            touched.extend(polled.touched.iter().cloned());
            touched.extend(polled.submittals.iter().cloned());
            if !polled.more {
                return (touched, polled);
            }
            polled = self.poll(Some(&polled.cursor)).await;
        }
    }

    /// Adds a fault that happens so often.
    pub fn fault(&self, path: &str, kind: FaultKind, count: Option<u32>) {
        self.sim.fault(Fault { path: path.to_owned(), kind, count }).unwrap();
    }

    /// Somebody new hired as a contractor.
    pub fn hire(&self, last_name: &str) -> u64 {
        self.change(Mutation::CreateHire(NewHire {
            who: Hired::New(NewCandidate {
                first_name: "Ines".into(),
                last_name: last_name.into(),
                email: format!("{last_name}@example.com"),
                state: "CA".into(),
            }),
            job: 30_440_012,
            start: date(2026, 4, 13),
            end: Some(date(2026, 7, 10)),
            pay_rate: "77.25".into(),
            pay_per: "H".into(),
            category: Some("Independent Contractor".into()),
        }))
    }
}

fn client(sim: &Simulator, change: impl FnOnce(&mut Config)) -> JobDiva {
    let Credentials { client_id, username, password } = Credentials::default();
    let mut config = Config::new(&client_id.to_string(), &username, Secret::new(password));
    config.base_url = sim.base_url();
    // By a clock that stands still, politeness would only be waiting.
    let pace = Pace { per_minute: 1_000_000, burst: 1_000_000, least_per_minute: 1_000_000 };
    config.limits = Settings::of(pace);
    for operation in Operation::ALL {
        config.registry.of_mut(*operation).min_interval = Duration::ZERO;
    }
    change(&mut config);
    JobDiva::new(config, Arc::new(sim.clock())).unwrap()
}

/// One first attempt at reading a person.
pub async fn person(jobdiva: &JobDiva, candidate: u64, now: Timestamp) -> Outcome<Answer> {
    let call = Call::ReadPerson { candidate: candidate.to_string().as_str().into() };
    let stream = StreamId::parse("contractor/acme/1").unwrap();
    let key = Key::of(&stream, Version(1), "read");
    let (owed_since, look_first) = (now, false);
    let attempt = Attempt { stream, key, generation: 1, earlier: 0, owed_since, now, look_first };
    jobdiva.perform(&call, &attempt).await
}

pub fn is_read(outcome: &Outcome<Answer>) -> bool {
    matches!(outcome, Outcome::Answered(Answer::PersonRead(_)))
}
