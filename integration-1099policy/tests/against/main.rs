//! The client against the simulator: both of the vendor's dialects, and everything in which the vendor may be unkind.
//!
//! The tables of `docs/dialects.md` and `docs/policy-simulator.md` name these tests; `documents.rs` checks that the tables
//! are complete.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks at what it is about")]

mod dialects;
mod documents;
mod events;
mod faults;
mod kept;
mod sdk;
mod switches;

use integration_1099policy::config::{Config, Environment, LinkTemplates};
use integration_1099policy::secret::Secret;
use integration_1099policy::simulator::{Config as Simulated, Rules};
use integration_1099policy::{Ten99Policy, config};
use reqwest::Method;
use serde_json::Value;
use wiretap::Wiretap;
use workflow_core::domain::call::{Answer, Bill, Upload};
use workflow_core::money::Cents;
use workflow_core::outcome::Outcome;
use world::{Insurer, Work};

// The stories of `tests/it` stand on the same files: one insurer, one tap, one watch over what is logged.
#[path = "../../../tests/src/canary.rs"]
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
mod canary;
#[path = "../../../tests/it/adapters/wiretap.rs"]
mod wiretap;
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
#[path = "../../../tests/it/adapters/policy/world.rs"]
mod world;

/// A simulator by these rules.
fn rules(change: impl FnOnce(&mut Rules)) -> Simulated {
    let mut simulated = Simulated::default();
    change(&mut simulated.rules);
    simulated
}

/// An insurer with a tap between it and a client of this configuration.
async fn tapped(simulated: Simulated, change: impl FnOnce(&mut Config)) -> (Insurer, Wiretap) {
    let Insurer { sim, watch, .. } = Insurer::with(simulated, |_| {}).await;
    let tap = Wiretap::before(&sim.base_url()).await;
    let links = LinkTemplates {
        success_url: "https://ops.example.test/p/{placement}?coverage=active".into(),
        cancel_url: "https://ops.example.test/p/{placement}?coverage=canceled".into(),
    };
    let mut config = Config::new(Secret::new(sim.api_key()), Environment::Sandbox, links);
    config.base_url = tap.base_url();
    change(&mut config);
    let policy = Ten99Policy::new(config).unwrap();
    (Insurer { sim, policy, watch }, tap)
}

/// The guides' dialect, whole.
fn guide(config: &mut Config) {
    config.contractor_shape = config::ContractorShape::Contact;
    config.job_region = config::JobRegion::TopLevel;
    config.metadata_on = config::MetadataOn::Everything;
    config.idempotency_headers = vec!["Idempotency-Key".into()];
    config.environment_header = config::EnvironmentHeader::Omitted;
}

/// What the simulator noted of the last request of this kind: the words of the dialects that it chose.
#[track_caller]
fn spoken(insurer: &Insurer, line: &str) -> Vec<String> {
    let fits = |method: &str, path: &str| {
        line.split_once(' ').is_some_and(|(m, p)| m == method && path.starts_with(p))
    };
    let requests = insurer.sim.requests();
    let mut seen = requests.into_iter().rev().filter(|seen| fits(&seen.method, &seen.path));
    seen.next().unwrap_or_else(|| panic!("`{line}` never came")).dialect
}

#[track_caller]
fn says(insurer: &Insurer, line: &str, word: &str) {
    let spoken = spoken(insurer, line);
    assert!(spoken.iter().any(|said| said == word), "{line}: {word} is not among {spoken:?}");
}

/// A request that our client would never send.
async fn by_hand(insurer: &Insurer, method: Method, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/v1{path}", insurer.sim.base_url());
    let request = reqwest::Client::builder().no_proxy().build().unwrap().request(method, url);
    let request = request.bearer_auth(insurer.sim.api_key());
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// What is there, as the insurer shows it.
async fn shown(insurer: &Insurer, path: &str) -> Value {
    by_hand(insurer, Method::GET, path, Value::Null).await.1
}

/// The first week of an insured placement, as it is billed.
async fn bill(insurer: &Insurer, whole: &Work) -> Bill {
    let (applied, _) = insurer.insured(whole).await;
    let week = Work { last_day: jiff::civil::date(2026, 4, 12), ..whole.clone() };
    Bill {
        candidate: week.candidate.into(),
        contractor: applied.contractor,
        job: applied.job,
        gross: Cents(380_000),
        period: week.window(),
    }
}

/// A certificate of a contractor who is made for it.
async fn upload(insurer: &Insurer, work: &Work) -> Upload {
    let linked = insurer.answer(&work.name("link"), work.link()).await;
    let Answer::ContractorLinked { contractor } = linked else { panic!("{linked:?}") };
    Upload {
        contractor,
        candidate: work.candidate.into(),
        placement: Some(work.placement.into()),
        sha256: "ab".repeat(32),
        file_name: format!("coi-{}.pdf", work.candidate),
    }
}

async fn hand_in(insurer: &Insurer, upload: &Upload) -> Answer {
    let attempt = insurer.attempt("upload", &upload.file_name);
    match insurer.policy.upload(upload, b"%PDF-1.7 a certificate", &attempt).await {
        Outcome::Answered(answer) => answer,
        Outcome::Again(again) => panic!("{again:?}"),
    }
}
