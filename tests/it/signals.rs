//! Signals of both sides through the whole runner: by webhook, and by polling alone when every webhook is lost.
//!
//! `guide.rs` goes through the integration guide's table row by row; `lost.rs` is about what comes late, double, forged,
//! about nothing known, or not at all; `departures.rs` about candidates who are merged, deleted or redacted; `papers.rs` about
//! certificates that the insurer has no more; `billed.rs` about what JobDiva's invoices tell.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::time::Duration;

use integration_1099policy::simulator::{Script, WebhookFault, WebhookFaultKind};
use integration_jobdiva::simulator::{Behaviour, Hired, Mischief, Mutation, NewCandidate, NewHire};
use jiff::civil::date;
use runner::config::Config;
use runner::demo::{Demo, Screen};
use runner::views;
use serde_json::Value;
use tempfile::TempDir;
use tests::canary::Watch;
use workflow_core::domain::placement::{Placement, State};
use workflow_core::id::StreamId;

mod billed;
mod departures;
mod guide;
mod lost;
mod papers;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How the runner hears of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Road {
    /// By webhooks: it takes seconds, and no poll is due meanwhile.
    Webhooks,
    /// By polls alone: every webhook of both sides is lost.
    Polling,
}

/// The demo's world, in which records come at once, webhooks come once each, and nobody applies by themselves.
struct World {
    road: Road,
    demo: Demo,
    _dir: TempDir,
    _watch: Watch,
}

impl World {
    async fn new(road: Road) -> Self {
        Self::with(road, |_| {}).await
    }

    async fn with(road: Road, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let behaviour = Behaviour {
            record_delay_secs: 0,
            approval_delay_secs: 0,
            mischief: Mischief::NONE,
            ..Behaviour::default()
        };
        let demo = Demo::start_with(dir.path(), behaviour, change).await.unwrap();
        let mut world = Self { road, demo, _dir: dir, _watch: Watch::new() };
        if road == Road::Polling {
            world.demo.jobdiva().set_webhook(None).unwrap();
            let kind = WebhookFaultKind::Drop;
            let (event, count) = (String::new(), u32::MAX);
            world.demo.policy().webhook_fault(WebhookFault { event, count, kind });
        }
        world.settle().await;
        world
    }

    async fn settle(&mut self) {
        self.demo.settle(&mut Screen::silent()).await.unwrap();
    }

    async fn pass(&mut self, by: Duration) {
        self.demo.advance(by).await.unwrap();
        self.settle().await;
    }

    /// As long as news takes on this road.
    async fn news(&mut self) {
        match self.road {
            // JobDiva gathers changes for four seconds.
            Road::Webhooks => {
                for _ in 0..3 {
                    self.pass(5 * SECOND).await;
                }
            }
            // A feed is read up to two minutes ago, and at the insurer a sweep comes every hour.
            Road::Polling => {
                for _ in 0..3 {
                    self.pass(HOUR / 2 + 150 * SECOND).await;
                }
            }
        }
    }

    #[track_caller]
    fn change(&self, mutation: Mutation) -> u64 {
        self.demo.jobdiva().mutate(mutation).unwrap().id
    }

    /// Hires somebody new, who applies only when told to; the placement and the candidate.
    fn hire(&self, first_name: &str) -> (String, String) {
        let who = NewCandidate {
            first_name: first_name.into(),
            last_name: "Varga".into(),
            email: format!("{}.varga@example.com", first_name.to_lowercase()),
            state: "CA".into(),
        };
        let placement = self.placed(Hired::New(who));
        // The candidate got the number before.
        let candidate = (70_019_000_000 + placement - 51_900_000 - 1).to_string();
        let idle = Script {
            start_after_secs: 40 * 24 * 3600,
            finish_after_secs: 41 * 24 * 3600,
            ..Script::default()
        };
        self.demo.policy().script(&candidate, idle);
        (placement.to_string(), candidate)
    }

    /// Hires somebody for a second time; the placement.
    fn hire_again(&self, candidate: &str) -> String {
        self.placed(Hired::Candidate(candidate.parse().unwrap())).to_string()
    }

    fn placed(&self, who: Hired) -> u64 {
        self.change(Mutation::CreateHire(NewHire {
            who,
            job: 30_440_012,
            start: date(2026, 4, 13),
            end: Some(date(2026, 7, 10)),
            pay_rate: "77.25".into(),
            pay_per: "H".into(),
            category: Some("Independent Contractor".into()),
        }))
    }

    fn state(&self, placement: &str) -> Option<State> {
        let stream = StreamId::new("placement", "acme", placement).unwrap();
        self.demo.engine().state::<Placement>(&stream).unwrap()
    }

    /// The session of a placement that applies.
    #[track_caller]
    fn session(&self, placement: &str) -> String {
        match self.state(placement) {
            Some(State::ApplicationPending { application, .. }) => application.session.to_string(),
            other => panic!("{placement} is {other:?}"),
        }
    }

    /// State and headline of an instance.
    fn line(&self, workflow: &str, id: &str) -> (String, String) {
        let stream = StreamId::new(workflow, "acme", id).unwrap();
        let summary = self.demo.engine().summary(&stream);
        summary.map_or_else(Default::default, |it| (it.state.to_owned(), it.headline))
    }

    #[track_caller]
    fn is(&self, id: &str, state: &str, says: &str) {
        let (is, why) = self.line("placement", id);
        assert!(is == state && why.contains(says), "{:?}: {id} is {is}: {why}", self.road);
    }

    /// The names of a stream's events.
    fn history(&self, workflow: &str, id: &str) -> Vec<String> {
        let stream = StreamId::new(workflow, "acme", id).unwrap();
        let events = self.demo.engine().history(&stream).unwrap();
        events.into_iter().map(|recorded| recorded.event.kind).collect()
    }

    /// What the insurer has, read like anybody with the key reads it.
    async fn insurer(&self, path: &str) -> Value {
        let url = format!("{}/api/v1{path}", self.demo.policy().base_url());
        let request = reqwest::Client::new().get(url).bearer_auth(self.demo.policy().api_key());
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Deliveries that were parked.
    fn parked(&self) -> Vec<String> {
        let list = views::list(self.demo.engine(), &[], &[]);
        list.parked.into_iter().map(|line| line.why).collect()
    }

    async fn end(self) {
        self.demo.stop().await.unwrap();
    }
}
