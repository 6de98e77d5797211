//! Signals of both sides through the whole runner: by webhook, and by polling alone when every webhook is lost.
//!
//! `guide.rs` goes through the integration guide's table row by row; `lost.rs` is about what comes late, double, forged,
//! about nothing known, or not at all; `departures.rs` about candidates who are merged, deleted or redacted; `papers.rs` about
//! certificates that the insurer has no more; `billed.rs` about what JobDiva's invoices tell.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::time::Duration;

use integration_1099policy::simulator::{Script, Seal, WebhookFault, WebhookFaultKind};
use integration_jobdiva::receive::signature;
use integration_jobdiva::secret::Secret as JobDivaSecret;
use integration_jobdiva::simulator::{Behaviour, Hired, Mischief, Mutation, NewCandidate, NewHire};
use jiff::civil::date;
use runner::config::Config;
use runner::demo::{Demo, Screen};
use runner::views;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::canary::Watch;
use workflow_core::domain::certificate::Certificate;
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

/// What signs the webhooks of JobDiva that are made up here.
const SECRET: &str = "the secret of these tests";

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
    /// Where JobDiva's webhooks come in.
    endpoint: String,
    /// How many events were made up.
    events: u32,
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
        let mut endpoint = String::new();
        let own_secret = |config: &mut Config| {
            let hook = config.tenants[0].jobdiva_hook.as_mut().unwrap();
            hook.secrets.push(JobDivaSecret::new(SECRET));
            endpoint.clone_from(&hook.endpoint);
            change(config);
        };
        let demo = Demo::start_with(dir.path(), behaviour, own_secret).await.unwrap();
        let mut world = Self { road, demo, endpoint, events: 0, _dir: dir, _watch: Watch::new() };
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

    /// An event of the insurer in these words comes by webhook. It is kept, and settled by what it names being read.
    async fn told(&mut self, name: &str, about: &Value) {
        self.events += 1;
        let id = format!("ev_told{}", self.events);
        let event = json!({ "id": id, "type": name, "created": 1, "data": about });
        assert_eq!(self.demo.policy().inject_event(&event, Seal::Genuine), 1);
        self.settle().await;
        let kept = self.history("delivery", &format!("1099policy:{id}"));
        assert_eq!(kept, ["delivery_received", "delivery_settled"], "{name}");
    }

    /// A webhook of JobDiva's that the simulator does not send, as no tenant is documented to: a file of a candidate's. On
    /// the other road nothing comes.
    async fn filed(&mut self, candidate: &str) {
        if self.road == Road::Polling {
            return;
        }
        let row = json!({ "CANDIDATEID": candidate });
        let body = json!({ "type": "attachment", "operation": "Insert", "id": "1", "data": [row] });
        let body = body.to_string();
        let signature = signature(&JobDivaSecret::new(SECRET), body.as_bytes()).unwrap();
        let url = format!("http://{}/hooks/jobdiva/{}", self.demo.hooks(), self.endpoint);
        let request = reqwest::Client::new().post(url).header("X-Hub-Signature", signature);
        assert!(request.body(body).send().await.unwrap().status().is_success());
        self.settle().await;
    }

    /// The next event of this name of the insurer's own comes by no webhook; it is in its list of events.
    fn keep_back(&self, event: &str) {
        let kind = WebhookFaultKind::Drop;
        self.demo.policy().webhook_fault(WebhookFault { event: event.into(), count: 1, kind });
    }

    /// The one certificate of a candidate that is none of these, and the insurer's id of it.
    #[track_caller]
    fn certificate(&self, candidate: &str, but: &[&str]) -> (String, String) {
        let all = views::certificates(self.demo.engine(), &[]).certificates.into_iter();
        let own = |id: &String| id.starts_with(candidate) && !but.contains(&id.as_str());
        let found: Vec<String> = all.map(|line| line.id).filter(own).collect();
        let [only] = &found[..] else { panic!("{:?}: {found:?}", self.road) };
        let stream = StreamId::new("certificate", "acme", only).unwrap();
        let state = self.demo.engine().state::<Certificate>(&stream).unwrap().unwrap();
        let sent = state.sent().unwrap_or_else(|| panic!("{:?}: {state:?}", self.road));
        (only.clone(), sent.certificate.to_string())
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
