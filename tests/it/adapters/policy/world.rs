//! One insurer: a simulator, a client that talks to it, and the calls of a placement.

use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::Ten99Policy;
use integration_1099policy::config::{Config, Environment, LinkTemplates};
use integration_1099policy::poll::{Observed, Watch};
use integration_1099policy::secret::Secret;
use integration_1099policy::simulator::{Config as Simulated, Simulator};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use workflow_core::domain::call::{
    Answer, AssignmentId, Call, ContractorId, CoverageType, JobId, JobTerms, PolicyId, QuoteId,
    References, Region, SessionId, Sighting, Wage, Window,
};
use workflow_core::domain::facts::{Person, Place};
use workflow_core::id::{Key, StreamId, Version};
use workflow_core::money::Cents;
use workflow_core::outcome::{Again, Attempt, Outcome, Trace};
use workflow_core::time::{Clock, Timestamp};

use super::canary;

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);

pub struct Insurer {
    pub sim: Simulator,
    pub policy: Ten99Policy,
    pub watch: canary::Watch,
}

/// A client of a simulator, by its clock.
pub fn client(sim: &Simulator, change: impl FnOnce(&mut Config)) -> Ten99Policy {
    let links = LinkTemplates {
        success_url: "https://ops.example.test/p/{placement}?coverage=active".into(),
        cancel_url: "https://ops.example.test/p/{placement}?coverage=canceled".into(),
    };
    let mut config = Config::new(Secret::new(sim.api_key()), Environment::Sandbox, links);
    config.base_url = sim.base_url();
    change(&mut config);
    Ten99Policy::with_clock(config, Arc::new(sim.clock())).unwrap()
}

impl Insurer {
    pub async fn standard() -> Self {
        Self::with(Simulated::default(), |_| {}).await
    }

    pub async fn with(simulated: Simulated, change: impl FnOnce(&mut Config)) -> Self {
        let sim = Simulator::start(simulated).await.unwrap();
        let policy = client(&sim, change);
        Self { sim, policy, watch: canary::Watch::new() }
    }

    pub fn now(&self) -> Timestamp {
        self.sim.clock().now()
    }

    /// The first attempt at what a placement owes.
    pub fn attempt(&self, placement: &str, operation: &str) -> Attempt {
        let stream = StreamId::new("placement", "acme", placement).unwrap();
        let key = Key::of(&stream, Version(1), operation);
        let (owed_since, now) = (self.now(), self.now());
        Attempt { stream, key, generation: 1, earlier: 0, owed_since, now, look_first: false }
    }

    pub async fn perform(&self, call: &Call, attempt: &Attempt) -> Outcome<Answer> {
        self.policy.perform(call, attempt).await
    }

    /// One first attempt, under a key of its own, which must be answered.
    pub async fn answer(&self, operation: &str, call: Call) -> Answer {
        answered(self.perform(&call, &self.attempt(operation, "test")).await)
    }

    /// Attempts as the engine makes them until one is answered: the answer, and what the failed ones left.
    pub async fn settled(&self, call: &Call, mut attempt: Attempt) -> (Answer, Vec<Trace>) {
        let mut traces = Vec::new();
        loop {
            let again = match self.perform(call, &attempt).await {
                Outcome::Answered(answer) => return (answer, traces),
                Outcome::Again(again) => again,
            };
            traces.push(again.trace);
            assert!(traces.len() < 6, "no answer: {traces:?}, {}", again.reason);
            attempt.earlier += 1;
            attempt.look_first |= again.trace != Trace::None;
            attempt.generation += u32::from(again.trace == Trace::Burned);
            // The engine's clock would have gone on that far, too.
            self.sim.clock().advance(again.after.unwrap_or_default());
            attempt.now = self.now();
        }
    }

    /// What reading one resource shows; nothing is a loss or an unread answer.
    pub async fn see(&self, watch: Watch) -> Vec<Sighting> {
        let Observed { sightings, missing, unread } =
            self.policy.observe(&[watch], self.now()).await;
        assert!(missing.is_empty() && unread.is_empty(), "{missing:?} {unread:?}");
        sightings
    }

    /// Contractor and job of a placement.
    pub async fn known(&self, work: &Work) -> (ContractorId, JobId) {
        let linked = self.answer(&work.name("link"), work.link()).await;
        let Answer::ContractorLinked { contractor } = linked else { panic!("{linked:?}") };
        let ready = self.answer(&work.name("job"), work.job()).await;
        let Answer::JobReady { job } = ready else { panic!("{ready:?}") };
        (contractor, job)
    }

    /// A first-time contractor with a quote and an open session.
    pub async fn applying(&self, work: &Work) -> Applied {
        let (contractor, job) = self.known(work).await;
        let issued = self.answer(&work.name("quote"), work.quote(&contractor, &job)).await;
        let Answer::QuoteIssued { quote, .. } = issued else { panic!("{issued:?}") };
        let opened = self.answer(&work.name("apply"), work.apply(&quote)).await;
        let Answer::ApplicationOpened { session, .. } = opened else { panic!("{opened:?}") };
        Applied { contractor, job, quote, session }
    }

    /// The same, four hours later: the policy is in force.
    pub async fn insured(&self, work: &Work) -> (Applied, PolicyId) {
        let applied = self.applying(work).await;
        self.sim.advance(4 * HOUR).await;
        let seen = self.see(Watch::Quote(applied.quote.clone())).await;
        let [Sighting::Policy { policy, .. }] = &seen[..] else { panic!("{seen:?}") };
        (applied, policy.clone())
    }

    /// A second placement of an insured contractor, covered by an assignment that is not charged yet.
    pub async fn assigned(&self, work: &Work) -> (ContractorId, JobId, AssignmentId) {
        let (contractor, job) = self.known(work).await;
        let created = self.answer(&work.name("assign"), work.assign(&contractor, &job)).await;
        let Answer::AssignmentCreated { assignment, .. } = created else { panic!("{created:?}") };
        (contractor, job, assignment)
    }
}

/// What a first-time contractor's placement has at the insurer.
pub struct Applied {
    pub contractor: ContractorId,
    pub job: JobId,
    pub quote: QuoteId,
    pub session: SessionId,
}

/// A placement to be insured.
#[derive(Clone)]
pub struct Work {
    pub placement: &'static str,
    pub candidate: &'static str,
    pub email: String,
    pub category: &'static str,
    pub region: Option<&'static str>,
    pub first_day: Date,
    pub last_day: Date,
    pub coverage: Vec<CoverageType>,
}

/// A usual one: a data analyst in California from 2026-04-06 to 2026-09-30.
pub fn work(placement: &'static str, candidate: &'static str) -> Work {
    Work {
        placement,
        candidate,
        email: format!("candidate_{candidate}@relay.example.test"),
        category: "jc_DataAnalyst",
        region: Some("CA"),
        first_day: date(2026, 4, 6),
        last_day: date(2026, 9, 30),
        coverage: vec![CoverageType::General, CoverageType::WorkersComp],
    }
}

impl Work {
    pub fn references(&self) -> References {
        References {
            placement: self.placement.into(),
            requisition: "30440012".into(),
            candidate: self.candidate.into(),
        }
    }

    pub fn person(&self) -> Person {
        let home = Place {
            state: Some("CA".into()),
            country: Some("United States".into()),
            remote: false,
        };
        Person {
            first_name: "Mira".into(),
            last_name: "Osei".into(),
            email: None,
            phone: Some("510-555-0142".into()),
            home,
        }
    }

    pub fn terms(&self) -> JobTerms {
        JobTerms {
            name: "Contract Data Analyst".into(),
            description: "Reporting migration.\nR&D team.".into(),
            entity: "en_Halvorsen1".into(),
            category: self.category.into(),
            wage: Wage::Hourly(Cents(9500)),
            region: self.region.map(|state| Region { country: "US".into(), state: state.into() }),
        }
    }

    pub fn window(&self) -> Window {
        let zone = TimeZone::get("America/New_York").unwrap();
        let midnight = |day: Date| Timestamp::from(day.to_zoned(zone.clone()).unwrap().timestamp());
        Window {
            first_day: self.first_day,
            last_day: self.last_day,
            effective: midnight(self.first_day),
            until: midnight(self.last_day + 1.day()),
        }
    }

    pub fn link(&self) -> Call {
        let (person, email) = (self.person(), self.email.clone());
        Call::LinkContractor { candidate: self.candidate.into(), person, email: email.into() }
    }

    pub fn job(&self) -> Call {
        Call::CreateJob { references: self.references(), terms: self.terms() }
    }

    pub fn quote(&self, contractor: &ContractorId, job: &JobId) -> Call {
        Call::CreateQuote {
            references: self.references(),
            contractor: contractor.clone(),
            job: job.clone(),
            coverage: self.coverage.clone(),
            window: self.window(),
        }
    }

    pub fn apply(&self, quote: &QuoteId) -> Call {
        Call::OpenApplication { references: self.references(), quote: quote.clone() }
    }

    pub fn assign(&self, contractor: &ContractorId, job: &JobId) -> Call {
        Call::CreateAssignment {
            references: self.references(),
            contractor: contractor.clone(),
            job: job.clone(),
            coverage: self.coverage.clone(),
            window: self.window(),
        }
    }

    pub fn name(&self, operation: &str) -> String {
        format!("{}-{operation}", self.placement)
    }
}

#[track_caller]
pub fn answered(outcome: Outcome<Answer>) -> Answer {
    match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Again(again) => panic!("{again:?}"),
    }
}

#[track_caller]
pub fn again(outcome: Outcome<Answer>) -> Again {
    match outcome {
        Outcome::Again(again) => again,
        Outcome::Answered(answer) => panic!("{answer:?}"),
    }
}

/// The code of a refusal.
#[track_caller]
pub fn refused(answer: Answer) -> (u16, String) {
    match answer {
        Answer::Refused(refusal) => (refusal.status, refusal.code),
        other => panic!("{other:?}"),
    }
}
