//! The same deeds once more, through the whole runner and both real simulators over HTTP on loopback: their ledgers judge.
//!
//! Fewer and shorter worlds than in memory, for each has its sockets, its log on disk and all loops of the process. What the
//! simulators do not have (a call in the air, a policy bought elsewhere) lets time pass instead.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use integration_1099policy::simulator::{
    Advance, Fault as PolicyFault, FaultKind as PolicyFaultKind, Outcome, Script, WebhookFault,
    WebhookFaultKind,
};
use integration_jobdiva::config::TimesheetPay;
use integration_jobdiva::simulator as ats;
use integration_jobdiva::simulator::{
    Behaviour, Decision, Fault, FaultKind, Hired, Mischief, Mutation, NewCandidate, NewHire,
};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use runner::demo::{Demo, Screen};
use serde_json::Value;
use tempfile::TempDir;
use tests::canary::Watch;
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::placement::{Back, Evidence, Input, Placement, State};
use workflow_core::domain::rules::Send;
use workflow_core::engine::Source;
use workflow_core::id::StreamId;
use workflow_core::time::{ManualClock, Timestamp};

use super::rules::Checked;
use super::{Deed, Start, config, deed, pick, start};

const HOUR: Duration = Duration::from_secs(3600);

/// First days that a change may bring: one is past when the world begins.
const STARTS: [Date; 3] = [date(2026, 4, 13), date(2026, 4, 20), date(2026, 3, 16)];
const ENDS: [Option<Date>; 3] = [Some(date(2026, 7, 31)), Some(date(2026, 9, 30)), None];

/// Both systems, the runner between them, and what the ATS really said.
struct Street {
    dir: TempDir,
    demo: Option<Demo>,
    /// Placements 0 and 1 are one candidate's, 2 and 3 another's each, as in memory.
    placements: Vec<u64>,
    candidates: Vec<u64>,
    timesheets: BTreeMap<(u8, u8), u64>,
    /// Which placements were a contractor's at some moment.
    ever: BTreeSet<u64>,
    gone: BTreeSet<u64>,
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

impl Street {
    async fn new(start: Start) -> Self {
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
        let mut street = Self {
            dir,
            demo: None,
            placements: Vec::new(),
            candidates: Vec::new(),
            timesheets: BTreeMap::new(),
            ever: BTreeSet::new(),
            gone: BTreeSet::new(),
            _watch: Watch::new(),
        };
        street.run().await;
        for (number, first_name) in ["Ines", "Maja", "Tove"].into_iter().enumerate() {
            street.hire(first_name, start.employee && number == 2);
        }
        street.pass(HOUR, 1).await;
        if start.seasoned {
            street.advance_session(0, Advance::Complete);
            street.pass(HOUR, 2).await;
        }
        street
    }

    async fn run(&mut self) {
        let demo = Demo::start_with(self.dir.path(), behaviour(), |config| {
            let tenant = &mut config.tenants[0];
            tenant.rules.invoices.send = Send::Always;
            tenant.jobdiva.timesheets = Some(TimesheetPay::Rate);
        });
        self.demo = Some(demo.await.expect("it starts"));
        self.settle().await;
    }

    fn demo(&self) -> &Demo {
        self.demo.as_ref().expect("it runs")
    }

    async fn settle(&mut self) {
        let demo = self.demo.as_mut().expect("it runs");
        demo.settle(&mut Screen::silent()).await.expect("the world goes on");
    }

    async fn pass(&mut self, by: Duration, times: u32) {
        for _ in 0..times {
            let demo = self.demo.as_mut().expect("it runs");
            demo.advance(by).await.expect("the world goes on");
            self.settle().await;
        }
    }

    async fn restart(&mut self) {
        let demo = self.demo.take().expect("it runs");
        demo.stop().await.expect("it stops");
        self.run().await;
    }

    fn change(&self, mutation: Mutation) -> Option<u64> {
        self.demo().jobdiva().mutate(mutation).ok().map(|changed| changed.id)
    }

    /// Hires somebody new who applies only when told to; the first one twice.
    fn hire(&mut self, first_name: &str, is_employee: bool) {
        let who = NewCandidate {
            first_name: first_name.into(),
            last_name: "Okafor".into(),
            email: format!("{}@real.test", first_name.to_lowercase()),
            state: "CA".into(),
        };
        let category = if is_employee { "Hourly Employee" } else { "Independent Contractor" };
        let hire = |who| {
            Mutation::CreateHire(NewHire {
                who,
                job: 30_440_012,
                start: STARTS[0],
                end: ENDS[0],
                pay_rate: "77.25".into(),
                pay_per: "H".into(),
                category: Some(category.into()),
            })
        };
        let placement = self.change(hire(Hired::New(who))).expect("they are hired");
        // The candidate got the number before.
        let candidate = 70_019_000_000 + placement - 51_900_000 - 1;
        self.placements.push(placement);
        if self.candidates.is_empty() {
            let second = self.change(hire(Hired::Candidate(candidate)));
            self.placements.push(second.expect("they are hired again"));
        }
        self.candidates.push(candidate);
        if !is_employee {
            self.ever.extend(&self.placements[self.placements.len().saturating_sub(2)..]);
        }
        let idle = Script {
            start_after_secs: 400 * 24 * 3600,
            finish_after_secs: 401 * 24 * 3600,
            ..Script::default()
        };
        self.demo().policy().script(&candidate.to_string(), idle);
    }

    fn stream(&self, workflow: &str, id: u64) -> StreamId {
        StreamId::new(workflow, "acme", &id.to_string()).expect("ids are plain")
    }

    fn state(&self, placement: u64) -> Option<State> {
        let stream = self.stream("placement", placement);
        self.demo().engine().state::<Placement>(&stream).expect("the log can be read")
    }

    /// The sessions that placements wait for.
    fn advance_session(&self, number: u8, to: Advance) {
        let states = self.placements.iter().filter_map(|id| self.state(*id));
        let open: Vec<String> = states
            .filter_map(|state| match state {
                State::ApplicationPending { application, .. } => {
                    Some(application.session.to_string())
                }
                _ => None,
            })
            .collect();
        if let Some(session) = pick(&open, number) {
            self.demo().policy().advance_session(&session, to);
        }
    }

    /// What the insurer has, read like anybody with the key reads it.
    async fn insurer(&self, path: &str) -> Value {
        let url = format!("{}/api/v1{path}", self.demo().policy().base_url());
        let request = reqwest::Client::new().get(url).bearer_auth(self.demo().policy().api_key());
        let answer = request.send().await.expect("it answers");
        answer.json().await.expect("it answers JSON")
    }
}

async fn happen(street: &mut Street, deed: &Deed) {
    match deed {
        Deed::Report { placement, change: Some((name, value)) }
        | Deed::Change { placement, change: (name, value) } => {
            changed(street, *placement, name, value);
        }
        Deed::Mend { placement } => {
            changed(street, *placement, "employment", "1099");
            changed(street, *placement, "start", "2026-04-13");
        }
        Deed::Forget { placement } => changed(street, *placement, "stage", "deleted"),
        Deed::Person { candidate, email } => {
            let candidate = street.candidates[usize::from(*candidate) % 3];
            let email = ["", "ines@real.test", "lee@real.test"][usize::from(*email) % 3].into();
            street.change(Mutation::SetEmail { candidate, email });
        }
        Deed::Merge { old, into } => {
            let (old, new) = (usize::from(*old) % 3, usize::from(*into) % 3);
            let (old, new) = (street.candidates[old], street.candidates[new]);
            if old != new && !street.gone.contains(&old) && !street.gone.contains(&new) {
                street.change(Mutation::Merge { old, new });
                street.gone.insert(old);
            }
        }
        Deed::Session { .. } | Deed::Policy { .. } | Deed::Review { .. } | Deed::Deliver { .. } => {
            at_the_insurer(street, deed);
        }
        Deed::Paper { candidate, which, .. } => {
            let candidate = street.candidates[usize::from(*candidate) % 3];
            let content = format!("%PDF-1.7 {candidate} {which}").into_bytes();
            let (file_name, kind) = ("coi.pdf".into(), "COI".into());
            street.change(Mutation::AddAttachment { candidate, file_name, kind, content });
        }
        Deed::Week { placement, which, hours, what } => {
            weeks(street, (*placement, *which), *hours, *what);
        }
        Deed::Operator { .. } | Deed::Retry { .. } => at_the_desk(street, deed).await,
        Deed::Fault { operation, what } => fault(street, operation, *what),
        Deed::Pass { hours, .. } => street.pass(HOUR * u32::from(*hours) / 2, 2).await,
        Deed::Restart => street.restart().await,
        Deed::KeysForgotten => street.demo().policy().forget_keys(),
        Deed::Settle => street.pass(HOUR, 1).await,
        Deed::Report { change: None, .. }
        | Deed::Steps(_)
        | Deed::TakeOff(_)
        | Deed::Land(_)
        | Deed::Assignment { .. }
        | Deed::Elsewhere { .. }
        | Deed::PaperDesk { .. }
        | Deed::WeekDesk { .. } => street.pass(Duration::from_secs(30), 1).await,
    }
}

fn changed(street: &mut Street, number: u8, name: &str, value: &str) {
    let placement = street.placements[usize::from(number) % 4];
    let nth = value.len() + usize::from(value.as_bytes().last().copied().unwrap_or_default());
    let mutation = match (name, value) {
        ("stage", "canceled") => Mutation::Cancel { placement },
        ("stage", "deleted") => Mutation::Delete { placement },
        ("stage", _) => Mutation::Terminate {
            placement,
            day: date(2026, 4, 17),
            reason: "the work is done".into(),
        },
        ("employment" | "w2", _) => {
            let category = match value {
                "1099" => "Independent Contractor",
                "Mystery" => "Mystery",
                _ => "Hourly Employee",
            };
            if value == "1099" {
                street.ever.insert(placement);
            }
            Mutation::SetCategory { placement, category: category.into() }
        }
        ("pay", _) => {
            let (amount, effective) = ("80".to_owned(), STARTS[0]);
            Mutation::ChangeRate { placement, amount, effective }
        }
        ("start" | "end", _) => Mutation::MoveDates {
            placement,
            start: if name == "start" { STARTS[nth % 3] } else { STARTS[0] },
            end: if name == "end" { ENDS[nth % 3] } else { ENDS[0] },
        },
        _ => return,
    };
    street.change(mutation);
}

fn at_the_insurer(street: &Street, deed: &Deed) {
    let policy = street.demo().policy();
    match deed {
        Deed::Session { pick: number, what } => {
            let to =
                [Advance::Ineligible, Advance::Expire, Advance::ManualReview, Advance::NextStep];
            let to = to.get(usize::from(*what)).copied().unwrap_or(Advance::Complete);
            street.advance_session(*number, to);
        }
        Deed::Policy { pick: number, what } => {
            let issued: Vec<String> =
                street.placements.iter().filter_map(|id| policy_of(&street.state(*id)?)).collect();
            let Some(id) = pick(&issued, *number) else { return };
            if *what < 2 {
                policy.cancel_policy(&id)
            } else {
                policy.reactivate_policy(&id)
            };
        }
        Deed::Review { pick: number, what } => {
            let certificates = street.demo().engine().summaries("certificate");
            let sent = certificates.iter().filter_map(|it| it.headline.strip_prefix("sent as "));
            let sent: Vec<String> =
                sent.filter_map(|rest| Some(rest.split(';').next()?.to_owned())).collect();
            let to = [Outcome::Flagged, Outcome::Denied, Outcome::Error];
            let to = to.get(usize::from(*what)).copied().unwrap_or(Outcome::Approved);
            if let Some(id) = pick(&sent, *number) {
                policy.decide_certificate(&id, to);
            }
        }
        Deed::Deliver { pick: number, twice } => {
            let kind = match (twice, number % 2) {
                (true, _) => WebhookFaultKind::Duplicate,
                (false, 0) => WebhookFaultKind::Drop,
                (false, _) => WebhookFaultKind::Delay { secs: 5 * 3600 },
            };
            policy.webhook_fault(WebhookFault { event: String::new(), count: 2, kind });
        }
        _ => {}
    }
}

fn policy_of(state: &State) -> Option<String> {
    let evidence = match state {
        State::Active { coverage, .. } => &coverage.evidence,
        State::Flagged { back: Back::Lost { evidence, .. }, .. } => evidence,
        _ => return None,
    };
    match evidence {
        Evidence::Policy { policy, .. } => Some(policy.to_string()),
        Evidence::Assignment { policy, .. } => policy.as_ref().map(ToString::to_string),
        Evidence::Certificate { .. } => None,
    }
}

fn weeks(street: &mut Street, (number, which): (u8, u8), hours: u8, what: u8) {
    let placement = street.placements[usize::from(number) % 4];
    let decision = match what {
        0 => Decision::Pending,
        1 => Decision::Rejected,
        _ => Decision::Approved,
    };
    let hours = hours.to_string();
    match street.timesheets.get(&(number, which)).copied() {
        Some(timesheet) if what == 2 => {
            street.change(Mutation::DeleteTimesheet { timesheet });
        }
        Some(timesheet) if what > 5 => {
            let overtime = "0".to_owned();
            street.change(Mutation::CorrectTimesheet { timesheet, hours, overtime });
        }
        Some(timesheet) => {
            street.change(Mutation::DecideTimesheet { timesheet, decision });
        }
        None => {
            let week_ending = [date(2026, 4, 19), date(2026, 4, 26)][usize::from(which) % 2];
            let sheet = Mutation::AddTimesheet { placement, week_ending, hours, decision };
            if let Some(id) = street.change(sheet) {
                street.timesheets.insert((number, which), id);
            }
        }
    }
}

async fn at_the_desk(street: &mut Street, deed: &Deed) {
    use workflow_core::domain::placement::Resolution;
    let reason = "seen to".to_owned();
    let source = Source::new("operator:kim", "");
    match deed {
        Deed::Operator { placement, what } => {
            let placement = street.placements[usize::from(*placement) % 4];
            let input = match what {
                0 => Input::Resolve { resolution: Resolution::Return, reason },
                1 => Input::Resolve { resolution: Resolution::Restart, reason },
                2 => Input::Resolve { resolution: Resolution::Close, reason },
                _ => Input::Exclude { reason },
            };
            let stream = street.stream("placement", placement);
            drop(street.demo().engine().handle::<Placement>(&stream, input, source).await);
        }
        Deed::Retry { candidate } => {
            let stream =
                street.stream("contractor", street.candidates[usize::from(*candidate) % 3]);
            let input = contractor::Input::Retry { reason };
            drop(street.demo().engine().handle::<Contractor>(&stream, input, source).await);
        }
        _ => {}
    }
    street.settle().await;
}

fn fault(street: &Street, operation: &str, what: u8) {
    if operation == "read_person" {
        let kind = FaultKind::Status { status: 503, message: "unwell".into() };
        let fault = Fault { path: "*".into(), kind, count: Some(2) };
        street.demo().jobdiva().fault(fault).expect("it is kept");
        return;
    }
    let path = match operation {
        "link_contractor" | "adopt_contractor" | "update_contractor" => "/contractors",
        "create_job" | "update_job" => "/jobs",
        "create_quote" | "update_quote" => "/quotes",
        "open_application" | "expire_application" => "/apply/sessions",
        "create_assignment" | "cancel_assignment" | "extend_coverage" => "/assignments",
        "upload_certificate" => "/files/certificates",
        "record_invoice" | "replace_invoice" | "withdraw_invoice" => "/invoices",
        _ => "",
    };
    let kind = match what {
        0 => PolicyFaultKind::LostRequest,
        1 => PolicyFaultKind::LostResponse,
        2 => PolicyFaultKind::ErrorAfter,
        3 => PolicyFaultKind::BadGatewayAfter,
        4 => PolicyFaultKind::RateLimited { retry_after_secs: 60 },
        _ => PolicyFaultKind::ErrorBefore,
    };
    street.demo().policy().fault(PolicyFault::once("POST", path, kind));
}

/// Nothing goes wrong any more, and two days pass: all that is to be tried again is, and all is read again.
async fn calm(street: &mut Street) {
    street.demo().policy().clear_faults();
    street.demo().jobdiva().clear_faults().expect("it is kept");
    street.pass(HOUR, 1).await;
    street.pass(HOUR * 8, 6).await;
}

/// What the simulators' ledgers and the log say in the end.
async fn judged(street: &mut Street) -> Checked {
    let ledger = street.demo().policy().ledger();
    let most = |what: &str, counts: &BTreeMap<String, u64>| -> Checked {
        prop_assert!(counts.values().all(|count| *count <= 1), "{}: {:?}", what, counts);
        Ok(())
    };
    most("contractors of a candidate", &ledger.contractors_by_candidate)?;
    most("contractors of an e-mail", &ledger.contractors_by_email)?;
    most("jobs of a placement", &ledger.jobs_by_placement)?;
    most("live assignments of a job", &ledger.assignments_live_by_job)?;
    most("policies of a quote", &ledger.policies_by_quote)?;
    for (what, charges) in &ledger.charges_cents {
        prop_assert!(charges.len() <= 1, "{} was charged {:?}", what, charges);
    }
    for placement in ledger.requests_by_placement.keys() {
        let known = placement.parse().is_ok_and(|id: u64| street.ever.contains(&id));
        prop_assert!(known, "{} is no contractor's, and was spoken of", placement);
    }
    one_live_session_each(street).await?;
    one_invoice_of_a_week(street).await?;
    active_is_in_force(street).await?;
    let engine = street.demo().engine();
    for workflow in ["placement", "contractor", "certificate", "invoice", "delivery"] {
        for it in engine.summaries(workflow) {
            let waits = it.terminal || !it.waits.is_empty();
            prop_assert!(waits, "{} is {} and waits for nothing", it.stream, it.state);
        }
    }
    let owed: Vec<String> = engine.owed_calls().iter().map(|call| call.key.to_string()).collect();
    prop_assert!(owed.is_empty(), "calls stay owed: {:?}", owed);
    let before = picture(street);
    street.restart().await;
    prop_assert_eq!(before, picture(street), "after a restart");
    Ok(())
}

/// One line for every instance.
fn picture(street: &Street) -> Vec<String> {
    let engine = street.demo().engine();
    let all = ["placement", "contractor", "certificate", "invoice"].into_iter();
    let lines = all.flat_map(|workflow| engine.summaries(workflow));
    lines.map(|it| format!("{} {} {} {}", it.stream, it.state, it.version, it.headline)).collect()
}

/// Not more sessions are live than people have one that may be. (A declined one does not say so of itself.)
async fn one_live_session_each(street: &Street) -> Checked {
    let sessions = street.insurer("/apply/sessions?limit=100").await;
    let text = |of: &Value| of.as_str().or(of["id"].as_str()).unwrap_or_default().to_owned();
    let mut people = BTreeSet::new();
    for session in sessions.as_array().into_iter().flatten() {
        if session["expired"] != true {
            let quote = street.insurer(&format!("/quotes/{}", text(&session["quote"]))).await;
            people.insert(text(&quote["contractor"]));
        }
    }
    let live = street.demo().policy().ledger().sessions_live;
    prop_assert!(live <= people.len() as u64, "{} live sessions of {:?}", live, people);
    Ok(())
}

async fn one_invoice_of_a_week(street: &Street) -> Checked {
    let invoices = street.insurer("/invoices?limit=100").await;
    let mut weeks = BTreeSet::new();
    for invoice in invoices.as_array().into_iter().flatten() {
        let week = format!("{} {}", invoice["job"], invoice["paycycle_startdate"]);
        prop_assert!(weeks.insert(week), "a second one: {}", invoice);
    }
    Ok(())
}

async fn active_is_in_force(street: &Street) -> Checked {
    let now = street.demo().engine().clock().now();
    for id in &street.placements {
        let Some(State::Active { coverage, .. }) = street.state(*id) else { continue };
        prop_assert!(coverage.expires > now, "{} is Active beyond its coverage", id);
        let policy = match &coverage.evidence {
            Evidence::Policy { policy, .. } => Some(policy.to_string()),
            Evidence::Assignment { policy, .. } => policy.as_ref().map(ToString::to_string),
            Evidence::Certificate { .. } => None,
        };
        if let Some(policy) = policy {
            let found = street.insurer(&format!("/policies/{policy}")).await;
            prop_assert!(found["is_active"] == true, "{} is Active on {}", id, found);
        }
    }
    Ok(())
}

fn lived(start: Start, deeds: &[Deed]) -> Checked {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| TestCaseError::fail(error.to_string()))?;
    runtime.block_on(async {
        let mut street = Street::new(start).await;
        for deed in deeds {
            happen(&mut street, deed).await;
        }
        calm(&mut street).await;
        let judged = judged(&mut street).await;
        let said = picture(&street).join("\n");
        let demo = street.demo.take().expect("it runs");
        demo.stop().await.expect("it stops");
        judged.map_err(|error| TestCaseError::fail(format!("{error}\n{said}")))
    })
}

proptest! {
    #![proptest_config(config(20, 30))]

    #[test]
    fn every_world_over_http_keeps_the_rules(
        start in start(),
        deeds in prop::collection::vec(deed(), 1..10),
    ) {
        lived(start, &deeds)?;
    }
}

/// The moment at which these worlds begin, for whoever reads their dates.
#[test]
fn the_first_days_are_one_past_and_two_to_come() {
    let begins: Timestamp = ats::seed::START;
    let today = begins.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    assert!(STARTS[2] < today && today < STARTS[0] && STARTS[0] < STARTS[1]);
}
