//! The street over which these worlds live: a JobDiva and an insurer for each tenant, and one runner between them all.
//!
//! The first tenant is the demo's own; the others are made after it, with simulators that stay up when the runner
//! restarts. Every tenant hires the same people under the same numbers, so that whatever is mixed up shows.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use integration_1099policy::Ten99Policy;
use integration_1099policy::config as policy;
use integration_1099policy::receive::Profile;
use integration_1099policy::secret::Secret as PolicySecret;
use integration_1099policy::simulator as insurer;
use integration_1099policy::simulator::{Advance, Script};
use integration_jobdiva::config::TimesheetPay;
use integration_jobdiva::secret::Secret as JobDivaSecret;
use integration_jobdiva::simulator as ats;
use integration_jobdiva::simulator::{Behaviour, Hired, Mischief, Mutation, NewCandidate, NewHire};
use jiff::civil::{Date, date};
use runner::config::{JobDivaHook, PolicyHook, Tenant};
use runner::demo::{Demo, Screen};
use serde_json::Value;
use tempfile::TempDir;
use tests::canary::Watch;
use workflow_core::domain::facts::{CandidateId, PlacementId};
use workflow_core::domain::placement::{Placement, State};
use workflow_core::domain::rules::Send;
use workflow_core::id::StreamId;
use workflow_core::time::{Clock, ManualClock};

use super::super::scope::Scope;
use super::super::{Start, pick};

pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// First days that a change may bring: one is past when the world begins.
pub(super) const STARTS: [Date; 3] = [date(2026, 4, 13), date(2026, 4, 20), date(2026, 3, 16)];
pub(super) const ENDS: [Option<Date>; 3] = [Some(date(2026, 7, 31)), Some(date(2026, 9, 30)), None];
const TENANTS: [&str; 3] = [runner::demo::TENANT, "bolt", "crane"];
const CONTRACTOR: &str = "Independent Contractor";

/// One tenant: what its JobDiva has, and what that really said.
pub(super) struct Site {
    pub(super) tenant: &'static str,
    beside: Option<Beside>,
    /// Placements 0 and 1 are one candidate's, 2 and 3 another's each, as in memory; the last is paid by the day.
    pub(super) placements: Vec<u64>,
    pub(super) candidates: Vec<u64>,
    pub(super) timesheets: BTreeMap<(u8, u8), u64>,
    /// Whose a placement is by now.
    whose: BTreeMap<u64, u64>,
    /// Which placements are a contractor's now.
    contractors: BTreeSet<u64>,
    /// Which were at some moment, and whose then.
    pub(super) scope: Scope,
    pub(super) gone: BTreeSet<u64>,
}

/// The systems of a tenant that is not the demo's own.
struct Beside {
    jobdiva: ats::Simulator,
    policy: insurer::Simulator,
    hooks: (JobDivaHook, PolicyHook),
}

/// All tenants, and the runner.
pub(super) struct Street {
    pub(super) dir: TempDir,
    pub(super) demo: Option<Demo>,
    pub(super) sites: Vec<Site>,
    _watch: Watch,
}

fn behaviour() -> Behaviour {
    Behaviour {
        record_delay_secs: 0,
        approval_delay_secs: 0,
        mischief: Mischief::NONE,
        ..Behaviour::default()
    }
}

/// Where the demo will listen: kept as it keeps it, so that the others can be told before.
fn hooks_port(world: &Path) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    std::fs::write(world.join("hooks-port"), port.to_string()).expect("a file");
    port
}

impl Beside {
    async fn start(tenant: &str, hooks: u16) -> Self {
        let clock = || ManualClock::at(ats::seed::START);
        let config = ats::Config { clock: clock(), behaviour: behaviour(), ..Default::default() };
        let jobdiva = ats::Simulator::start(config).await.expect("it starts");
        jobdiva.reset(ats::Dataset::Empty).expect("it is kept");
        let config = insurer::Config { clock: clock(), ..Default::default() };
        let policy = insurer::Simulator::start(config).await.expect("it starts");
        let endpoint = format!("{tenant}-endpoint-0001");
        let at = |source: &str| format!("http://127.0.0.1:{hooks}/hooks/{source}/{endpoint}");
        let secret = format!("{tenant}: shared & signed");
        let target = ats::WebhookTarget {
            url: at("jobdiva"),
            secret: secret.clone(),
            is_prefixed: true,
            types: ats::RecordType::ALL.to_vec(),
        };
        jobdiva.set_webhook(Some(target)).expect("it is kept");
        let link = |to: &str| format!("https://{tenant}.example.com/{{placement}}?{to}");
        let links = policy::LinkTemplates { success_url: link("done"), cancel_url: link("not") };
        let key = PolicySecret::new(policy.api_key());
        let mut config = policy::Config::new(key, policy::Environment::Sandbox, links);
        config.base_url = policy.base_url();
        let client = Ten99Policy::new(config).expect("it is configured");
        let registered = client.ensure_webhook_endpoint(&at("1099policy")).await;
        let signs = registered.expect("it is registered").secret.expect("it is shown once");
        let profile = Profile::TimestampedV1 { header: "Ten99Policy-Signature".to_owned() };
        let hooks = (
            JobDivaHook::new(endpoint.clone(), vec![JobDivaSecret::new(secret)]),
            PolicyHook::new(endpoint, profile, vec![signs]),
        );
        Self { jobdiva, policy, hooks }
    }

    /// The tenant, as the demo's own is but for its name, systems and hooks.
    fn tenant(&self, name: &str, like: &Tenant) -> Tenant {
        let mut tenant = like.clone();
        tenant.name = name.to_owned();
        tenant.jobdiva.base_url = self.jobdiva.base_url();
        tenant.policy.base_url = self.policy.base_url();
        tenant.policy.api_key = PolicySecret::new(self.policy.api_key());
        let (jobdiva, policy) = self.hooks.clone();
        (tenant.jobdiva_hook, tenant.policy_hook) = (Some(jobdiva), Some(policy));
        tenant
    }
}

impl Site {
    fn new(tenant: &'static str, beside: Option<Beside>) -> Self {
        Self {
            tenant,
            beside,
            placements: Vec::new(),
            candidates: Vec::new(),
            timesheets: BTreeMap::new(),
            whose: BTreeMap::new(),
            contractors: BTreeSet::new(),
            scope: Scope::default(),
            gone: BTreeSet::new(),
        }
    }

    /// A placement is a contractor's from now on, or is not.
    pub(super) fn engaged(&mut self, placement: u64, is_contractor: bool) {
        match is_contractor {
            true => self.contractors.insert(placement),
            false => self.contractors.remove(&placement),
        };
        self.note();
    }

    /// One candidate is another one from now on.
    pub(super) fn merged(&mut self, old: u64, new: u64) {
        self.whose.values_mut().filter(|who| **who == old).for_each(|who| *who = new);
        self.gone.insert(old);
        self.note();
    }

    fn note(&mut self) {
        for placement in &self.contractors {
            let who = self.whose[placement];
            self.scope.add(PlacementId(placement.to_string()), CandidateId(who.to_string()));
        }
    }
}

impl Street {
    pub(super) async fn new(tenants: usize, start: Start) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        // Only companies and jobs: the people are this world's own.
        let world = dir.path().join("simulators");
        std::fs::create_dir_all(&world).expect("a folder");
        let empty = ats::Simulator::start(ats::Config {
            clock: ManualClock::at(ats::seed::START),
            behaviour: behaviour(),
            persist: Some(world.join("jobdiva.json")),
            ..ats::Config::default()
        });
        let empty = empty.await.expect("it starts");
        empty.reset(ats::Dataset::Empty).expect("it is kept");
        empty.stop().await;
        let hooks = hooks_port(&world);
        let mut sites = vec![Site::new(TENANTS[0], None)];
        for tenant in &TENANTS[1..tenants] {
            sites.push(Site::new(tenant, Some(Beside::start(tenant, hooks).await)));
        }
        let mut street = Self { dir, demo: None, sites, _watch: Watch::new() };
        street.run().await;
        for at in 0..tenants {
            for (number, first_name) in ["Ines", "Maja", "Tove"].into_iter().enumerate() {
                let kind =
                    if start.employee && number == 2 { "Hourly Employee" } else { CONTRACTOR };
                street.hire(at, first_name, kind, ("77.25", "H"));
            }
            street.hire(at, "Runa", CONTRACTOR, ("640", "D"));
        }
        street.pass(HOUR, 1).await;
        if start.seasoned {
            for at in 0..tenants {
                street.advance_session(at, 0, Advance::Complete);
            }
            street.pass(HOUR, 2).await;
        }
        street
    }

    async fn run(&mut self) {
        let sites = &self.sites;
        let demo = Demo::start_with(self.dir.path(), behaviour(), |config| {
            let own = config.tenants[0].clone();
            let beside = sites.iter().filter_map(|site| Some((site, site.beside.as_ref()?)));
            config.tenants.extend(beside.map(|(site, it)| it.tenant(site.tenant, &own)));
            for tenant in &mut config.tenants {
                tenant.rules.invoices.send = Send::Always;
                tenant.jobdiva.timesheets = Some(TimesheetPay::Rate);
            }
        });
        self.demo = Some(demo.await.expect("it starts"));
        self.settle().await;
    }

    pub(super) fn demo(&self) -> &Demo {
        self.demo.as_ref().expect("it runs")
    }

    pub(super) fn jobdiva(&self, at: usize) -> &ats::Simulator {
        self.sites[at].beside.as_ref().map_or_else(|| self.demo().jobdiva(), |it| &it.jobdiva)
    }

    pub(super) fn policy(&self, at: usize) -> &insurer::Simulator {
        self.sites[at].beside.as_ref().map_or_else(|| self.demo().policy(), |it| &it.policy)
    }

    pub(super) async fn settle(&mut self) {
        let demo = self.demo.as_mut().expect("it runs");
        loop {
            demo.settle(&mut Screen::silent()).await.expect("the world goes on");
            let now = demo.policy().clock().now();
            let mut delivered = 0;
            for beside in self.sites.iter().filter_map(|site| site.beside.as_ref()) {
                for clock in [beside.jobdiva.clock(), beside.policy.clock()] {
                    clock.set(now);
                }
                delivered += beside.jobdiva.tick().await.expect("it is kept");
                delivered += beside.policy.tick().await;
            }
            if delivered == 0 {
                return;
            }
        }
    }

    pub(super) async fn pass(&mut self, by: Duration, times: u32) {
        for _ in 0..times {
            let demo = self.demo.as_mut().expect("it runs");
            demo.advance(by).await.expect("the world goes on");
            self.settle().await;
        }
    }

    pub(super) async fn restart(&mut self) {
        let demo = self.demo.take().expect("it runs");
        demo.stop().await.expect("it stops");
        self.run().await;
    }

    pub(super) async fn stop(mut self) {
        let demo = self.demo.take().expect("it runs");
        demo.stop().await.expect("it stops");
        for beside in self.sites.into_iter().filter_map(|site| site.beside) {
            beside.jobdiva.stop().await;
            beside.policy.stop().await;
        }
    }

    pub(super) fn change(&self, at: usize, mutation: Mutation) -> Option<u64> {
        self.jobdiva(at).mutate(mutation).ok().map(|changed| changed.id)
    }

    /// Hires somebody new who applies only when told to; the first one twice.
    fn hire(&mut self, at: usize, first_name: &str, category: &str, (rate, per): (&str, &str)) {
        let who = NewCandidate {
            first_name: first_name.into(),
            last_name: "Okafor".into(),
            email: format!("{}@real.test", first_name.to_lowercase()),
            state: "CA".into(),
        };
        let hire = |who| {
            Mutation::CreateHire(NewHire {
                who,
                job: 30_440_012,
                start: STARTS[0],
                end: ENDS[0],
                pay_rate: rate.into(),
                pay_per: per.into(),
                category: Some(category.into()),
            })
        };
        let placement = self.change(at, hire(Hired::New(who))).expect("they are hired");
        // The candidate got the number before.
        let candidate = 70_019_000_000 + placement - 51_900_000 - 1;
        let again = self.sites[at].candidates.is_empty();
        let again = again.then(|| self.change(at, hire(Hired::Candidate(candidate))));
        let again = again.map(|second| second.expect("they are hired again"));
        let site = &mut self.sites[at];
        site.candidates.push(candidate);
        for placement in std::iter::once(placement).chain(again) {
            site.placements.push(placement);
            site.whose.insert(placement, candidate);
            site.engaged(placement, category == CONTRACTOR);
        }
        let idle = Script {
            start_after_secs: 400 * 24 * 3600,
            finish_after_secs: 401 * 24 * 3600,
            ..Script::default()
        };
        self.policy(at).script(&candidate.to_string(), idle);
    }

    pub(super) fn stream(&self, at: usize, workflow: &str, id: u64) -> StreamId {
        StreamId::new(workflow, self.sites[at].tenant, &id.to_string()).expect("ids are plain")
    }

    pub(super) fn state(&self, at: usize, placement: u64) -> Option<State> {
        let stream = self.stream(at, "placement", placement);
        self.demo().engine().state::<Placement>(&stream).expect("the log can be read")
    }

    /// How a tenant's placements stand.
    pub(super) fn states(&self, at: usize) -> Vec<State> {
        self.sites[at].placements.iter().filter_map(|id| self.state(at, *id)).collect()
    }

    /// The sessions that placements wait for.
    pub(super) fn advance_session(&self, at: usize, number: u8, to: Advance) {
        let open: Vec<String> = self
            .states(at)
            .into_iter()
            .filter_map(|state| match state {
                State::ApplicationPending { application, .. } => {
                    Some(application.session.to_string())
                }
                _ => None,
            })
            .collect();
        if let Some(session) = pick(&open, number) {
            self.policy(at).advance_session(&session, to);
        }
    }

    /// What a tenant's insurer has, read like anybody with the key reads it.
    pub(super) async fn insurer(&self, at: usize, path: &str) -> Value {
        let policy = self.policy(at);
        let url = format!("{}/api/v1{path}", policy.base_url());
        let request = reqwest::Client::new().get(url).bearer_auth(policy.api_key());
        let answer = request.send().await.expect("it answers");
        answer.json().await.expect("it answers JSON")
    }

    /// A list of what a tenant's insurer has.
    pub(super) async fn listed(&self, at: usize, path: &str) -> Vec<Value> {
        let found = self.insurer(at, &format!("{path}?limit=100")).await;
        let rows = found.as_array().or_else(|| found["data"].as_array());
        rows.unwrap_or_else(|| panic!("{path} is no list: {found}")).clone()
    }
}
