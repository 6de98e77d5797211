//! Several tenants in one runner, over real simulators: what is one tenant's trouble, or a person's pause, is nobody
//! else's; and what two tenants have in common by accident is kept apart.
//!
//! Both JobDivas hold the same data, so that every number means another person in each.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::config as policy;
use integration_1099policy::secret::Secret as PolicySecret;
use integration_1099policy::simulator as insurer;
use integration_jobdiva::config as jobdiva;
use integration_jobdiva::secret::Secret as JobDivaSecret;
use integration_jobdiva::simulator as ats;
use runner::config::{CallsAtOnce, Certificates, Config, Log, Pace, Page, SecretFiles, Tenant};
use runner::order::{About, Deed, Done, Order, OrderError};
use runner::tenants::System;
use runner::views::{self, Line};
use runner::{Options, Runner};
use tests::canary::Watch;
use workflow_core::domain::contractor::{Contractor, State};
use workflow_core::domain::rules::Rules;
use workflow_core::id::StreamId;
use workflow_core::time::ManualClock;

const LOOK: Duration = Duration::from_millis(2);
const QUARTER: Duration = Duration::from_secs(16 * 60);
const HOUR: Duration = Duration::from_secs(3600);
/// A placement of the seed that is in scope and complete.
const GOOD: &str = "51000777";

/// Who has an account at which insurer.
#[derive(Clone, Copy, PartialEq)]
enum Accounts {
    /// One each.
    Two,
    /// One for both, by two keys.
    Shared,
}

/// What the tenant `bolt` is told wrongly at first.
#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    Password,
    Key,
    /// Its JobDiva is not there.
    Address,
    /// Nothing is wrong, but its insurer makes no job for a while.
    Busy,
    /// Nothing is wrong, but its insurer may be asked very slowly, by its own lines of the configuration.
    Slow,
    /// The same of its JobDiva.
    SlowReads,
}

impl Accounts {
    /// The keys of each account.
    fn keys(self) -> Vec<Vec<&'static str>> {
        match self {
            Accounts::Two => KEYS.map(|key| vec![key]).into(),
            Accounts::Shared => vec![KEYS.into()],
        }
    }
}

struct Pair {
    dir: tempfile::TempDir,
    clock: ManualClock,
    acme: ats::Simulator,
    bolt: ats::Simulator,
    /// One for each account.
    insurers: Vec<insurer::Simulator>,
    tenants: Vec<Tenant>,
    runner: Option<Runner>,
    _watch: Watch,
}

const KEYS: [&str; 2] = ["t9k_test_acme", "t9k_test_bolt"];

async fn jobdiva_of(clock: &ManualClock) -> ats::Simulator {
    let config = ats::Config { clock: clock.clone(), ..ats::Config::default() };
    ats::Simulator::start(config).await.unwrap()
}

impl Pair {
    async fn start(accounts: Accounts, wrong: Wrong) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // By then everything is known of most placements.
        let clock = ManualClock::at(ats::seed::START.plus(HOUR * 24 * 4));
        let (acme, bolt) = (jobdiva_of(&clock).await, jobdiva_of(&clock).await);
        let mut insurers = Vec::new();
        for keys in accounts.keys() {
            let keys =
                keys.iter().map(|key| ((*key).to_owned(), "an account".to_owned())).collect();
            let clock = clock.clone();
            let config = insurer::Config { clock, keys, ..insurer::Config::default() };
            insurers.push(insurer::Simulator::start(config).await.unwrap());
        }
        let (first, last) = (&insurers[0], insurers.last().unwrap());
        let mut tenants = vec![
            tenant(dir.path(), "acme", &acme, (first, KEYS[0])),
            tenant(dir.path(), "bolt", &bolt, (last, KEYS[1])),
        ];
        if accounts == Accounts::Shared {
            for tenant in &mut tenants {
                tenant.policy.shared_as = Some(tenant.name.clone());
            }
        }
        let secrets = &tenants[1].secret_files;
        match wrong {
            Wrong::Nothing => {}
            Wrong::Password => {
                std::fs::write(secrets.jobdiva_password.as_ref().unwrap(), "stale").unwrap();
                tenants[1].jobdiva.password = JobDivaSecret::new("stale");
            }
            Wrong::Key => {
                std::fs::write(secrets.policy_api_key.as_ref().unwrap(), "stale").unwrap();
                tenants[1].policy.api_key = PolicySecret::new("stale");
            }
            Wrong::Busy => {
                let busy = insurer::FaultKind::RateLimited { retry_after_secs: 3000 };
                let fault = insurer::Fault::once("POST", "/jobs", busy);
                last.fault(insurer::Fault { count: 1000, ..fault });
            }
            Wrong::Slow => {
                let slow =
                    "least_per_minute = 1\nburst = 500\nper_minute = 600\nmethods = { post = 1 }";
                for (tenant, paced) in tenants.iter_mut().zip(paced(dir.path(), "1099policy", slow))
                {
                    tenant.policy.limits = paced.policy.limits;
                }
            }
            Wrong::SlowReads => {
                let slow = "least_per_minute = 1\nburst = 1\nper_minute = 1";
                for (tenant, paced) in tenants.iter_mut().zip(paced(dir.path(), "jobdiva", slow)) {
                    tenant.jobdiva.limits = paced.jobdiva.limits;
                }
            }
            Wrong::Address => tenants[1].jobdiva.base_url = "http://127.0.0.1:9".into(),
        }
        let mut pair =
            Self { dir, clock, acme, bolt, insurers, tenants, runner: None, _watch: Watch::new() };
        pair.run().await;
        pair
    }

    async fn run(&mut self) {
        let nowhere = "127.0.0.1:0".parse().unwrap();
        let config = Config {
            data_dir: self.dir.path().join("data"),
            master_key: self.dir.path().join("master-key"),
            hooks: nowhere,
            admin: nowhere,
            page: Page::at(nowhere),
            sources: runner::ingress::sources::Rules::default(),
            log: Log::default(),
            tenants: self.tenants.clone(),
        };
        let options = Options { clock: Arc::new(self.clock.clone()), look: LOOK };
        self.runner = Some(Runner::start_with(config, options).await.unwrap());
        self.quiet().await;
    }

    async fn restart(&mut self) {
        self.runner.take().unwrap().stop().await.unwrap();
        self.run().await;
    }

    fn runner(&self) -> &Runner {
        self.runner.as_ref().unwrap()
    }

    async fn quiet(&self) {
        let quiet = tokio::time::timeout(Duration::from_secs(120), self.runner().quiet(LOOK));
        assert!(quiet.await.is_ok(), "it does not come to rest: {}", self.runner().doing());
    }

    async fn wait(&self, by: Duration) {
        self.clock.advance(by);
        self.quiet().await;
    }

    fn line(&self, tenant: &str, id: &str) -> Option<Line> {
        let list = views::list(self.runner().engine(), &[], &[]);
        list.placements.into_iter().find(|line| line.tenant == tenant && line.id == id)
    }

    fn state(&self, tenant: &str, id: &str) -> String {
        self.line(tenant, id).map_or("-".to_owned(), |line| line.state)
    }

    fn parked(&self) -> Vec<Line> {
        views::list(self.runner().engine(), &[], &[]).parked
    }

    /// One tenant's system, as `runner tenants` shows it.
    fn system(&self, tenant: &str, name: &str) -> System {
        let shown = self.runner().tenants();
        let tenant = shown.tenants.into_iter().find(|it| it.name == tenant).unwrap();
        tenant.systems.into_iter().find(|it| it.name == name).unwrap()
    }

    async fn order(&self, deed: Deed, about: About) -> Result<Done, OrderError> {
        let order = Order { deed, about, reason: "as agreed".into(), by: "kim".into() };
        let done = self.runner().order(order).await;
        self.quiet().await;
        done
    }

    /// The insurer's id of a tenant's candidate.
    fn contractor(&self, tenant: &str, candidate: &str) -> String {
        let stream = StreamId::new("contractor", tenant, candidate).unwrap();
        match self.runner().engine().state::<Contractor>(&stream).unwrap() {
            Some(
                State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known },
            ) => known.contractor.to_string(),
            other => panic!("{stream} is {other:?}"),
        }
    }

    /// How much a tenant's insurer and its JobDiva were asked.
    fn asked(&self, tenant: &str) -> (u64, usize) {
        let jobdiva = |ats: &ats::Simulator| ats.requests().iter().map(|seen| seen.count).sum();
        match tenant {
            "acme" => (jobdiva(&self.acme), self.insurers[0].requests().len()),
            _ => (jobdiva(&self.bolt), self.insurers[1].requests().len()),
        }
    }

    async fn stop(mut self) {
        self.runner.take().unwrap().stop().await.unwrap();
        self.acme.stop().await;
        self.bolt.stop().await;
        for insurer in self.insurers {
            insurer.stop().await;
        }
    }
}

fn tenant(
    dir: &Path,
    name: &str,
    ats: &ats::Simulator,
    insurer: (&insurer::Simulator, &str),
) -> Tenant {
    let ats::Credentials { client_id, username, password } = ats::Credentials::default();
    let (simulator, key) = insurer;
    let file = |what: &str, secret: &str| {
        let file = dir.join(format!("{name}-{what}"));
        std::fs::write(&file, secret).unwrap();
        Some(file)
    };
    let secret_files = SecretFiles {
        jobdiva_password: file("password", &password),
        policy_api_key: file("key", key),
    };
    let password = JobDivaSecret::new(password);
    let mut jobdiva = jobdiva::Config::new(&client_id.to_string(), &username, password);
    jobdiva.base_url = ats.base_url();
    jobdiva.backfill_from = Some(jiff::civil::date(2026, 1, 1));
    let link = |to: &str| format!("https://{name}.example.com/{{placement}}?{to}");
    let links = policy::LinkTemplates { success_url: link("done"), cancel_url: link("not") };
    let mut policy =
        policy::Config::new(PolicySecret::new(key), policy::Environment::Sandbox, links);
    policy.base_url = simulator.base_url();
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let mut rules = Rules::usual(zone, &format!("relay.{name}.example.com"));
    rules.entities =
        [("8801".into(), "en_Halvorsen1".into()), ("8802".into(), "en_Brightwater1".into())].into();
    let codes = [
        ("information technology", "jc_DataAnalyst"),
        ("design", "jc_Designer"),
        ("engineering", "jc_Engineer"),
    ];
    rules.job_categories = codes.map(|(word, code)| (word.to_owned(), code.into())).into();
    Tenant {
        name: name.to_owned(),
        jobdiva,
        jobdiva_hook: None,
        policy,
        policy_hook: None,
        rules,
        pace: Pace { poll: HOUR / 2, sweep: HOUR, reread: HOUR * 6, ..Pace::default() },
        checklist: None,
        certificates: Certificates::default(),
        calls_at_once: CallsAtOnce::default(),
        secret_files,
        notify: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_stops_its_tenant_alone_and_a_corrected_file_lets_it_go_on() {
    let pair = Pair::start(Accounts::Two, Wrong::Password).await;
    assert_eq!(pair.state("acme", GOOD), "ApplicationPending");
    assert_eq!(pair.state("bolt", GOOD), "-");
    assert!(pair.system("bolt", "jobdiva").refused.is_some());
    assert_eq!(pair.system("bolt", "1099policy").refused, None);
    assert_eq!(pair.system("acme", "jobdiva").refused, None);
    assert!(pair.system("acme", "jobdiva").last_poll.is_some());

    // An account is not locked by trying again and again: four times an hour.
    let before = pair.asked("bolt").0;
    for _ in 0..12 {
        pair.wait(HOUR / 12).await;
    }
    let tried = pair.asked("bolt").0 - before;
    assert!((1..=5).contains(&tried), "it was tried {tried} times in an hour");

    let file = pair.tenants[1].secret_files.jobdiva_password.as_ref().unwrap();
    std::fs::write(file, format!("{}\n", ats::Credentials::default().password)).unwrap();
    pair.wait(QUARTER).await;
    assert_eq!(pair.system("bolt", "jobdiva").refused, None);
    assert_eq!(pair.state("bolt", GOOD), "ApplicationPending");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_stops_its_tenant_alone_and_a_corrected_file_lets_it_go_on() {
    let pair = Pair::start(Accounts::Two, Wrong::Key).await;
    assert_eq!(pair.state("acme", GOOD), "ApplicationPending");
    // Its JobDiva is read as ever; its calls to the insurer wait.
    assert_eq!(pair.state("bolt", GOOD), "Discovered");
    assert!(pair.system("bolt", "1099policy").refused.is_some());
    assert_eq!(pair.system("acme", "1099policy").refused, None);
    pair.wait(HOUR).await;
    assert!(pair.system("bolt", "jobdiva").last_poll > pair.system("bolt", "1099policy").last_poll);

    let file = pair.tenants[1].secret_files.policy_api_key.as_ref().unwrap();
    std::fs::write(file, KEYS[1]).unwrap();
    pair.wait(QUARTER).await;
    assert_eq!(pair.system("bolt", "1099policy").refused, None);
    assert_eq!(pair.state("bolt", GOOD), "ApplicationPending");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_keeps_nobody_from_starting() {
    let pair = Pair::start(Accounts::Two, Wrong::Address).await;
    assert_eq!(pair.state("acme", GOOD), "ApplicationPending");
    let system = pair.system("bolt", "jobdiva");
    assert_eq!(system.last_poll, None);
    // Every feed knocked, until it was clear that nobody is there.
    let outlet = system.outlet.unwrap();
    assert_eq!(outlet.breaker, "open");
    assert!(outlet.open_until.is_some() && outlet.put_off > 0, "{outlet:?}");
    assert_eq!(pair.system("acme", "jobdiva").outlet.unwrap().breaker, "closed");
    assert_eq!(pair.system("bolt", "1099policy").outlet.unwrap().breaker, "closed");
    pair.stop().await;
}

/// Both tenants as a configuration gives them, with a table of limits of this system for each: one fast, one slow.
fn paced(dir: &Path, system: &str, slow: &str) -> Vec<Tenant> {
    let tenant = |name: &str, limits: &str| {
        let limits = |of: &str| match of == system {
            true => format!("[tenant.{of}.limits]\n{limits}"),
            false => String::new(),
        };
        let (jobdiva, policy) = (limits("jobdiva"), limits("1099policy"));
        format!(
            r#"
            [[tenant]]
            name = "{name}"
            [tenant.jobdiva]
            client_id = "1"
            username = "api-user@example.com"
            password_file = "{name}-password"
            {jobdiva}
            [tenant.1099policy]
            environment = "sandbox"
            api_key_file = "{name}-key"
            success_url = "https://{name}.example.com/{{placement}}?done"
            cancel_url = "https://{name}.example.com/{{placement}}?not"
            {policy}
            [tenant.contractor]
            relay_domain = "relay.{name}.example.com"
            "#
        )
    };
    let fast = tenant("acme", "per_minute = 100\nburst = 500");
    let slow = tenant("bolt", slow);
    let file = dir.join("paces.toml");
    std::fs::write(&file, format!("data_dir = \"data\"\n{fast}{slow}")).unwrap();
    runner::config::load(&file).unwrap_or_else(|error| panic!("{error}")).tenants
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_pace_of_reading_slows_nobody_else() {
    let pair = Pair::start(Accounts::Two, Wrong::SlowReads).await;
    // The clock has not moved since the start: one has read all that there is, the other each kind of thing once.
    assert_eq!(pair.state("acme", GOOD), "ApplicationPending");
    assert_ne!(pair.state("bolt", GOOD), "ApplicationPending");
    let most = |ats: &ats::Simulator| ats.requests().iter().map(|seen| seen.count).max();
    let acme = most(&pair.acme);
    assert!(acme > Some(10), "{acme:?}");
    assert_eq!(most(&pair.bolt), Some(1));
    // A feed that was put off is asked again at the next poll: one request of a kind for each of them, as the limit says.
    for polls in 1..=4 {
        pair.wait(HOUR / 2).await;
        assert_eq!(most(&pair.bolt), Some(1 + polls));
    }
    assert!(pair.system("bolt", "jobdiva").outlet.unwrap().put_off > 0);
    assert_eq!(pair.system("acme", "jobdiva").outlet.unwrap().put_off, 0);
    let pace = |tenant: &str| pair.system(tenant, "jobdiva").outlet.unwrap().limits;
    assert!(pace("bolt").values().all(|rate| rate.usual_per_minute == 1), "{:?}", pace("bolt"));
    assert!(pace("acme").values().all(|rate| rate.usual_per_minute == 100), "{:?}", pace("acme"));
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_pace_slows_nobody_else() {
    for accounts in [Accounts::Two, Accounts::Shared] {
        let pair = Pair::start(accounts, Wrong::Slow).await;
        let posted = |tenant: &str| {
            let ids = |it: &insurer::Simulator| it.requests();
            let all = pair.insurers.iter().flat_map(ids);
            let own = format!("{tenant}/");
            let key = |it: &insurer::RequestSeen| it.idempotency_key.clone().unwrap_or_default();
            all.filter(|it| it.method == "POST" && key(it).starts_with(&own)).count()
        };
        // The clock has not moved since the start: one has sent all that it had to send, the other its first.
        assert_eq!(pair.state("acme", GOOD), "ApplicationPending");
        assert!(posted("acme") > 20, "{}", posted("acme"));
        assert_eq!(posted("bolt"), 1);
        let (before, minutes) = (posted("acme"), 10);
        for _ in 0..minutes {
            pair.wait(Duration::from_secs(60)).await;
        }
        // One a minute, and what the first one had saved up.
        assert!((minutes - 1..=minutes + 1).contains(&posted("bolt")), "{}", posted("bolt"));
        assert_eq!(posted("acme"), before);
        assert_eq!(pair.system("acme", "1099policy").outlet.unwrap().put_off, 0);
        assert!(pair.system("bolt", "1099policy").outlet.unwrap().put_off > 0);
        pair.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_number_in_two_tenants_is_two_people_on_one_account_too() {
    for accounts in [Accounts::Two, Accounts::Shared] {
        let pair = Pair::start(accounts, Wrong::Nothing).await;
        for tenant in ["acme", "bolt"] {
            assert_eq!(pair.state(tenant, GOOD), "ApplicationPending", "{tenant}");
        }
        let summaries = pair.runner().engine().summaries("contractor");
        let mut both = 0;
        for summary in summaries.iter().filter(|it| it.stream.tenant() == "acme") {
            let candidate = summary.stream.key();
            let ids = ["acme", "bolt"].map(|tenant| pair.contractor(tenant, candidate));
            // Two accounts may use one id for two things.
            assert!(accounts == Accounts::Two || ids[0] != ids[1], "{candidate}: {ids:?}");
            both += 1;
        }
        assert!(both > 5, "{both}");
        // Each has a job of its own; the second to come with an address that is taken has a made-up one.
        let ledgers: Vec<_> = pair.insurers.iter().map(insurer::Simulator::ledger).collect();
        let jobs: u64 = ledgers.iter().map(|ledger| ledger.jobs_by_placement[GOOD]).sum();
        assert_eq!(jobs, 2);
        let emails = ledgers.iter().flat_map(|ledger| &ledger.contractors_by_email);
        let made_up = emails.clone().filter(|(email, _)| email.contains("@relay.")).count();
        assert!(emails.clone().all(|(_, count)| *count == 1), "{ledgers:?}");
        match accounts {
            Accounts::Two => assert!(made_up < both, "{made_up}"),
            Accounts::Shared => assert!(made_up >= both, "{made_up}"),
        }
        // What happens to one tenant's objects is no mystery to the other, which sees the same events.
        for _ in 0..5 {
            pair.wait(HOUR * 24).await;
        }
        assert_eq!(pair.parked(), []);
        pair.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_tenant_is_silent_over_a_restart_until_it_goes_on() {
    let mut pair = Pair::start(Accounts::Two, Wrong::Nothing).await;
    let bolt = || About::Tenant("bolt".into());
    pair.order(Deed::Pause, bolt()).await.unwrap();
    let again = pair.order(Deed::Pause, bolt()).await.unwrap_err();
    assert!(again.to_string().contains("kim paused it already: as agreed"), "{again}");
    let (before, acme) = (pair.asked("bolt"), pair.asked("acme"));
    pair.wait(HOUR * 30).await;
    pair.restart().await;
    pair.wait(HOUR * 30).await;
    assert_eq!(pair.asked("bolt"), before);
    assert!(pair.asked("acme").0 > acme.0);
    let list = views::list(pair.runner().engine(), &[], &[]);
    let halted: Vec<_> =
        list.halted.iter().map(|it| (it.tenant.as_str(), it.why.as_str())).collect();
    assert_eq!(halted, [("bolt", "paused by kim: as agreed")]);

    pair.order(Deed::Resume, bolt()).await.unwrap();
    let after = pair.asked("bolt");
    assert!(after.0 > before.0 && after.1 > before.1, "{after:?}");
    let again = pair.order(Deed::Resume, bolt()).await.unwrap_err();
    assert!(matches!(again, OrderError::Refused(_)), "{again}");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_adapter_is_silent_for_all_and_its_calls_wait() {
    let pair = Pair::start(Accounts::Two, Wrong::Key).await;
    let adapter = |tenant: Option<&str>| About::Adapter {
        adapter: "1099policy".into(),
        tenant: tenant.map(str::to_owned),
    };
    let done = pair.order(Deed::Pause, adapter(None)).await.unwrap();
    let names: Vec<_> = done.to.iter().map(|moved| moved.stream.as_str()).collect();
    assert_eq!(names, ["1099policy of tenant acme", "1099policy of tenant bolt"]);
    let file = pair.tenants[1].secret_files.policy_api_key.as_ref().unwrap();
    std::fs::write(file, KEYS[1]).unwrap();
    let before = ["acme", "bolt"].map(|tenant| pair.asked(tenant));
    pair.wait(HOUR * 30).await;
    let after = ["acme", "bolt"].map(|tenant| pair.asked(tenant));
    assert_eq!(after.map(|it| it.1), before.map(|it| it.1));
    assert!(after[0].0 > before[0].0 && after[1].0 > before[1].0, "{after:?}");
    assert_eq!(pair.state("bolt", GOOD), "Discovered");

    pair.order(Deed::Resume, adapter(Some("bolt"))).await.unwrap();
    pair.wait(QUARTER).await;
    assert_ne!(pair.state("bolt", GOOD), "Discovered");
    assert!(pair.system("acme", "1099policy").paused.is_some());
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_placement_is_asked_about_nowhere_and_goes_on_where_it_stood() {
    let mut pair = Pair::start(Accounts::Two, Wrong::Key).await;
    let one = || About::One(format!("bolt/{GOOD}"));
    let ambiguous = pair.order(Deed::Pause, About::One(GOOD.into())).await.unwrap_err();
    assert!(matches!(ambiguous, OrderError::Unclear(_)), "{ambiguous}");
    let unknown = pair.order(Deed::Pause, About::One("1".into())).await.unwrap_err();
    assert!(matches!(unknown, OrderError::Unknown(_)), "{unknown}");
    pair.order(Deed::Pause, one()).await.unwrap();
    let file = pair.tenants[1].secret_files.policy_api_key.as_ref().unwrap();
    std::fs::write(file, KEYS[1]).unwrap();
    pair.wait(QUARTER).await;
    pair.restart().await;
    pair.wait(HOUR).await;
    // The contractor is not the placement's alone, and is known by now; the placement's own calls wait.
    let line = pair.line("bolt", GOOD).unwrap();
    assert_eq!(line.state, "ContractorReady", "{line:?}");
    assert!(line.why.ends_with("; paused by kim: as agreed"), "{line:?}");
    assert!(line.waits.iter().any(|wait| wait == "the call create job (paused)"), "{line:?}");
    assert_eq!(pair.state("bolt", "51000788"), "ApplicationPending");
    let retried = pair.order(Deed::Retry, one()).await.unwrap_err();
    assert!(retried.to_string().contains("resume it first"), "{retried}");

    pair.order(Deed::Resume, one()).await.unwrap();
    assert_eq!(pair.state("bolt", GOOD), "ApplicationPending");
    let stream = StreamId::new("placement", "bolt", GOOD).unwrap();
    let events = pair.runner().engine().history(&stream).unwrap();
    let history = views::history(&stream, &events, None).unwrap();
    let gate = views::gate_of(&stream).unwrap();
    let orders = pair.runner().engine().history(&gate).unwrap();
    let history = views::with_orders(&gate, &orders, None, history).unwrap();
    let orders: Vec<_> = history.events.iter().filter(|entry| entry.stream.is_some()).collect();
    let told: Vec<_> = orders.iter().map(|it| (it.event.as_str(), it.actor.as_str())).collect();
    assert_eq!(told, [("paused", "operator:kim"), ("resumed", "operator:kim")]);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_next_try_is_tried_when_a_person_says_so() {
    let pair = Pair::start(Accounts::Two, Wrong::Busy).await;
    let one = |tenant: &str| About::One(format!("{tenant}/{GOOD}"));
    let nothing = pair.order(Deed::Retry, one("acme")).await.unwrap_err();
    assert!(nothing.to_string().contains("nothing of it waits for its next try"), "{nothing}");
    assert_eq!(pair.state("bolt", GOOD), "ContractorReady");
    // Still busy: it waits again.
    let tried = pair.order(Deed::Retry, one("bolt")).await.unwrap().tried;
    assert_eq!((tried, pair.state("bolt", GOOD).as_str()), (Some(1), "ContractorReady"));

    pair.insurers[1].clear_faults();
    pair.order(Deed::Retry, one("bolt")).await.unwrap();
    assert_eq!(pair.state("bolt", GOOD), "ApplicationPending");
    // Whoever was not meant waits as long as the insurer wished, for anything that is posted.
    assert_ne!(pair.state("bolt", "51000788"), "ApplicationPending");
    let all = pair.order(Deed::Retry, About::Tenant("bolt".into())).await.unwrap();
    assert!(all.tried.is_some_and(|tried| tried > 1), "{all:?}");
    assert_eq!(pair.state("bolt", "51000788"), "ApplicationPending");
    pair.stop().await;
}
