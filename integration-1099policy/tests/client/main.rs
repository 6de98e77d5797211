//! The adapter against a server with memory, over real sockets: what is sent, what is made of what comes back,
//! and what is left behind when answers are lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

// What is logged meanwhile is heard, as in the stories of `tests/it`.
#[path = "../../../tests/src/canary.rs"]
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
mod canary;
mod noted;
mod outside;
mod perform;
mod read;
mod server;

use integration_1099policy::Ten99Policy;
use integration_1099policy::config::{Config, Environment, LinkTemplates};
use integration_1099policy::secret::Secret;
use workflow_core::domain::call::{
    Answer, Call, CoverageType, JobTerms, References, Region, Wage, Window,
};
use workflow_core::domain::facts::{Person, Place};
use workflow_core::id::{Key, StreamId, Version};
use workflow_core::money::Cents;
use workflow_core::outcome::{Again, Attempt, Outcome, Trace};
use workflow_core::time::Timestamp;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

fn config(base_url: &str) -> Config {
    let links = LinkTemplates {
        success_url: "https://ops.example.test/p/{placement}?coverage=active".into(),
        cancel_url: "https://ops.example.test/p/{placement}?coverage=canceled".into(),
    };
    let mut config = Config::new(Secret::new("t9k_test_1"), Environment::Sandbox, links);
    config.base_url = base_url.to_owned();
    config
}

async fn world() -> (server::Shared, Ten99Policy) {
    let (world, url) = server::serve().await;
    world.lock().unwrap().now = NOW.as_secs();
    (world, Ten99Policy::new(config(&url)).unwrap())
}

fn first(operation: &str) -> Attempt {
    let stream = StreamId::parse("placement/acme/45679").unwrap();
    let key = Key::of(&stream, Version(3), operation);
    let (owed_since, now) = (NOW, NOW);
    Attempt { stream, key, generation: 1, earlier: 0, owed_since, now, look_first: false }
}

fn references() -> References {
    References { placement: "45679".into(), requisition: "78911".into(), candidate: "20417".into() }
}

fn terms() -> JobTerms {
    JobTerms {
        name: "Contract data analyst".into(),
        description: "Reporting migration.".into(),
        entity: "en_1".into(),
        category: "jc_1".into(),
        wage: Wage::Hourly(Cents(9500)),
        region: Some(Region { country: "US".into(), state: "CA".into() }),
    }
}

fn window() -> Window {
    Window {
        first_day: "2025-11-28".parse().unwrap(),
        last_day: "2025-12-27".parse().unwrap(),
        effective: Timestamp::from_secs(1_764_306_000),
        until: Timestamp::from_secs(1_766_898_000),
    }
}

fn link_contractor() -> Call {
    let person = Person {
        first_name: "Mira".into(),
        last_name: "Osei".into(),
        email: None,
        phone: Some("510-555-0142".into()),
        home: Place { state: Some("CA".into()), country: Some("US".into()), remote: false },
    };
    let email = "candidate_20417@relay.example.test".into();
    Call::LinkContractor { candidate: "20417".into(), person, email }
}

fn create_job() -> Call {
    Call::CreateJob { references: references(), terms: terms() }
}

fn create_quote() -> Call {
    Call::CreateQuote {
        references: references(),
        contractor: "cn_1".into(),
        job: "jb_1".into(),
        coverage: vec![CoverageType::General, CoverageType::WorkersComp],
        window: window(),
    }
}

fn create_assignment() -> Call {
    Call::CreateAssignment {
        references: references(),
        contractor: "cn_1".into(),
        job: "jb_1".into(),
        coverage: vec![CoverageType::General],
        window: window(),
    }
}

#[track_caller]
fn answered(outcome: Outcome<Answer>) -> Answer {
    match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Again(again) => panic!("{again:?}"),
    }
}

#[track_caller]
fn again(outcome: Outcome<Answer>) -> Again {
    match outcome {
        Outcome::Again(again) => again,
        Outcome::Answered(answer) => panic!("{answer:?}"),
    }
}
