//! `runner checklist`: nine of nine on the built-in simulators; on a configuration that lacks something, that line fails.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use integration_1099policy::simulator as insurer;
use integration_jobdiva::simulator as ats;
use jiff::ToSpan;
use serde_json::{Value, json};
use workflow_core::time::{Clock, ManualClock, SystemClock};

use super::binary::{good, run, runner};
use super::simulate::Simulator;

#[test]
fn on_the_simulators_nine_of_nine_pass() {
    let dir = tempfile::tempdir().unwrap();
    let report: Value = serde_json::from_str(&good(dir.path(), &["checklist", "--json"])).unwrap();
    nine_of_nine(&report);
    assert!(says(&report, "undone", "placement 51000798"), "{report}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left on the disk");
}

fn nine_of_nine(report: &Value) {
    let lines = report["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 9);
    for line in lines {
        assert_eq!(line["passed"], true, "{line}");
    }
    assert!(says(report, "undone", "invoice in_"), "{report}");
    // One person, two jobs, and what was bought or handed in; nothing is open.
    let left: Vec<&str> =
        report["left"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let count = |what: &str| left.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!(
        (count("contractor cn_"), count("job jb_"), count("quote qt_")),
        (1, 2, 1),
        "{left:?}"
    );
    assert_eq!((count("policy pl_"), count("certificate ci_")), (1, 1), "{left:?}");
    assert_eq!(left.len(), 6, "{left:?}");
}

/// Whether a list of the report has a line with these words.
fn says(report: &Value, list: &str, what: &str) -> bool {
    let list = report[list].as_array().unwrap();
    list.iter().any(|line| line.as_str().unwrap().contains(what))
}

/// Two of the simulator's own people.
const CONTRACTOR: u64 = 70_011_000_060;
const EMPLOYEE: u64 = 70_011_000_044;

/// Both simulators at the machine's own time, with a contractor and an employee hired for trying.
struct Sandboxes {
    clock: ManualClock,
    jobdiva: ats::Simulator,
    policy: insurer::Simulator,
    contractor: u64,
    employee: u64,
}

async fn sandboxes() -> Sandboxes {
    let clock = ManualClock::at(SystemClock.now());
    let behaviour = ats::Behaviour {
        record_delay_secs: 0,
        approval_delay_secs: 0,
        ..ats::Behaviour::default()
    };
    let simulated = ats::Config { clock: clock.clone(), behaviour, ..ats::Config::default() };
    let jobdiva = ats::Simulator::start(simulated).await.unwrap();
    let at_once =
        insurer::Script { start_after_secs: 0, finish_after_secs: 0, ..insurer::Script::default() };
    let mut simulated = insurer::Config { clock: clock.clone(), ..insurer::Config::default() };
    simulated.rules.certificate_processing_secs = 0;
    simulated.rules.certificate_result_secs = 0;
    let policy = insurer::Simulator::start(simulated).await.unwrap();
    clock.set(SystemClock.now());
    policy.script(&CONTRACTOR.to_string(), at_once);
    let today = SystemClock.now().to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    let hire = |who: u64, category: &str| {
        let hire = ats::NewHire {
            who: ats::Hired::Candidate(who),
            job: 30_440_012,
            start: today.checked_add(20.days()).unwrap(),
            end: Some(today.checked_add(90.days()).unwrap()),
            pay_rate: "95".into(),
            pay_per: "H".into(),
            category: Some(category.into()),
        };
        jobdiva.mutate(ats::Mutation::CreateHire(hire)).unwrap().id
    };
    let contractor = hire(CONTRACTOR, "Independent Contractor");
    let employee = hire(EMPLOYEE, "Hourly Employee");
    Sandboxes { clock, jobdiva, policy, contractor, employee }
}

fn configuration(dir: &Path, sandboxes: &Sandboxes, environment: &str) {
    let named = format!(
        "placement = \"{}\"\nemployee_placement = \"{}\"",
        sandboxes.contractor, sandboxes.employee
    );
    let urls = [sandboxes.jobdiva.base_url(), sandboxes.policy.base_url()];
    write(dir, &urls, sandboxes.policy.api_key(), environment, &named);
}

/// A configuration for simulators at these addresses; `named` is what is tried on what.
fn write(dir: &Path, urls: &[String; 2], key: &str, environment: &str, named: &str) {
    let ats::Credentials { client_id, username, password } = ats::Credentials::default();
    std::fs::write(dir.join("password"), password).unwrap();
    std::fs::write(dir.join("key"), key).unwrap();
    let [jobdiva, policy] = urls;
    let text = format!(
        r#"
        data_dir = "data"
        [[tenant]]
        name = "acme"
        [tenant.jobdiva]
        base_url = "{jobdiva}"
        client_id = "{client_id}"
        username = "{username}"
        password_file = "password"
        [tenant.1099policy]
        base_url = "{policy}"
        environment = "{environment}"
        api_key_file = "key"
        success_url = "https://dashboard.example.com/{{placement}}?coverage=active"
        cancel_url = "https://dashboard.example.com/{{placement}}?coverage=canceled"
        [tenant.contractor]
        relay_domain = "relay.example.com"
        [tenant.entities]
        "8801" = "en_Halvorsen1"
        "8802" = "en_Brightwater1"
        [tenant.job_categories]
        "information technology" = "jc_DataAnalyst"
        "design" = "jc_Designer"
        "engineering" = "jc_Engineer"
        [tenant.checklist]
        {named}
        "#,
    );
    std::fs::write(dir.join("runner.toml"), text).unwrap();
}

/// Runs the binary while the sandboxes' time goes on as the machine's does.
async fn checklist(
    dir: &Path,
    sandboxes: &Sandboxes,
    more: &[&str],
) -> (Option<i32>, Value, String) {
    let arguments = ["checklist", "--config", "runner.toml", "--json"];
    let wait: &[&str] = if more.contains(&"--wait") { &[] } else { &["--wait", "60"] };
    let arguments: Vec<String> =
        arguments.iter().chain(wait).chain(more).map(|text| (*text).to_owned()).collect();
    let dir = dir.to_owned();
    let output = sandboxes.during(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&dir, &arguments)
    });
    let output = output.await;
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), talk)
}

impl Sandboxes {
    /// Does something while their time goes on as the machine's does.
    async fn during<T: Send + 'static>(&self, what: impl FnOnce() -> T + Send + 'static) -> T {
        let mut running = tokio::task::spawn_blocking(what);
        loop {
            tokio::select! {
                done = &mut running => break done.unwrap(),
                () = self.turn() => {}
            }
        }
    }

    /// One look at the clock.
    async fn turn(&self) {
        self.clock.set(SystemClock.now().max(self.clock.now()));
        self.jobdiva.tick().await.unwrap();
        self.policy.tick().await;
        // Lets the requests that came meanwhile be answered.
        let _ = tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_configuration_the_line_that_lacks_something_fails() {
    let dir = tempfile::tempdir().unwrap();
    let sandboxes = sandboxes().await;
    configuration(dir.path(), &sandboxes, "sandbox");
    let (code, report, talk) = checklist(dir.path(), &sandboxes, &[]).await;
    assert_eq!(code, Some(1), "{talk}");
    let lines = report["lines"].as_array().unwrap();
    let failed: Vec<_> = lines.iter().filter(|line| line["passed"] == false).collect();
    assert_eq!(failed.len(), 1, "{failed:#?}");
    assert_eq!(failed[0]["number"], 5);
    assert!(failed[0]["evidence"].as_str().unwrap().contains("`returning_placement`"));
    // A person is told where to complete the application, and how long there is.
    assert!(talk.contains("complete the application within 1 minutes: http"), "{talk}");
    let ledger = sandboxes.policy.ledger();
    let employee = sandboxes.employee.to_string();
    assert!(!ledger.requests_by_placement.contains_key(&employee), "{ledger:?}");
    assert_eq!(ledger.jobs_by_placement, [(sandboxes.contractor.to_string(), 1)].into());
    assert!(!dir.path().join("data").exists(), "the service's own log is not touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn production_must_be_meant() {
    let dir = tempfile::tempdir().unwrap();
    let sandboxes = sandboxes().await;
    configuration(dir.path(), &sandboxes, "production");
    let (code, _, talk) = checklist(dir.path(), &sandboxes, &[]).await;
    assert_eq!(code, Some(2), "{talk}");
    assert!(talk.contains("--production"), "{talk}");
    assert_eq!(sandboxes.policy.ledger().requests.len(), 0);
    assert_eq!(sandboxes.jobdiva.requests().len(), 0);
}

/// Whatever a line ran into, what was made until then is said.
async fn left_after(fault: insurer::Fault) -> (Value, String) {
    let dir = tempfile::tempdir().unwrap();
    let sandboxes = sandboxes().await;
    configuration(dir.path(), &sandboxes, "sandbox");
    sandboxes.policy.fault(insurer::Fault { count: u32::MAX, ..fault });
    // Nobody completes the application: it is open when the time is over.
    let idle = insurer::Script {
        start_after_secs: 9_000,
        finish_after_secs: 9_999,
        ..insurer::Script::default()
    };
    sandboxes.policy.script(&CONTRACTOR.to_string(), idle);
    let (code, report, talk) = checklist(dir.path(), &sandboxes, &["--wait", "4"]).await;
    assert_eq!(code, Some(1), "{talk}");
    (report, talk)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contractor_without_a_job_is_said() {
    let refused = insurer::FaultKind::Refused { code: insurer::ErrorCode::BadRequest };
    let (report, talk) = left_after(insurer::Fault::once("POST", "/jobs", refused)).await;
    assert!(says(&report, "left", "contractor cn_"), "{report}\n{talk}");
    assert!(!says(&report, "left", "job jb_"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_could_not_be_closed_is_said() {
    let unwell = insurer::FaultKind::ErrorBefore;
    let fault = insurer::Fault::once("POST", "/apply/sessions/", unwell);
    let (report, talk) = left_after(fault).await;
    assert!(says(&report, "left", "session "), "{report}\n{talk}");
    for what in ["contractor cn_", "job jb_", "quote qt_", "`expire_application` is not answered"] {
        assert!(says(&report, "left", what), "{what}: {report}");
    }
    assert!(!says(&report, "undone", "nothing is open any more"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_without_an_answer_is_said() {
    let lost = insurer::Fault::once("", "/quotes", insurer::FaultKind::LostResponse);
    let (report, talk) = left_after(lost).await;
    assert!(says(&report, "left", "`create_quote` is not answered"), "{report}\n{talk}");
}

/// Runs it until it waits for a person to apply, then sends it these signals, and returns what it ends with.
async fn stopped(dir: &Path, sandboxes: &Sandboxes, signals: &'static [&str]) -> (Output, String) {
    configuration(dir, sandboxes, "sandbox");
    let idle = insurer::Script {
        start_after_secs: 9_000,
        finish_after_secs: 9_999,
        ..insurer::Script::default()
    };
    sandboxes.policy.script(&CONTRACTOR.to_string(), idle);
    let arguments = ["checklist", "--config", "runner.toml", "--json", "--wait", "600"];
    let mut command = runner(dir, &arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let until_it_ends = move || {
        let mut child = command.spawn().unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap());
        let (mut said, mut signals) = (String::new(), signals.iter());
        loop {
            let before = said.len();
            if talk.read_line(&mut said).unwrap() == 0 {
                break;
            }
            let line = &said[before..];
            if line.contains("complete the application") || line.contains("told to stop") {
                let Some(signal) = signals.next() else { continue };
                let kill = ["-s", signal, &child.id().to_string()];
                assert!(Command::new("kill").args(kill).status().unwrap().success());
            }
        }
        (child.wait_with_output().unwrap(), said)
    };
    sandboxes.during(until_it_ends).await
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_while_it_waits_it_cleans_up_and_says_what_it_left() {
    for signal in [&["INT"], &["TERM"], &["HUP"]] {
        let dir = tempfile::tempdir().unwrap();
        let sandboxes = sandboxes().await;
        let (output, talk) = stopped(dir.path(), &sandboxes, signal).await;
        assert_eq!(output.status.code(), Some(130), "{signal:?}: {talk}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["ended"], "told", "{report}");
        assert_eq!(report["lines"].as_array().unwrap().len(), 3, "{report}");
        assert!(says(&report, "undone", "nothing is open any more"), "{report}");
        for what in ["contractor cn_", "job jb_", "quote qt_"] {
            assert!(says(&report, "left", what), "{what}: {report}");
        }
        assert!(!says(&report, "left", "session "), "{report}");
        assert_eq!(sandboxes.policy.ledger().sessions_live, 0, "{signal:?}: {report}");
    }
}

/// Where cleaning up does not come to its end, a second ctrl-C is heard, and what is open is said.
#[tokio::test(flavor = "multi_thread")]
async fn stopped_twice_it_says_what_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let sandboxes = sandboxes().await;
    let held = insurer::Fault::once("POST", "/apply/sessions/", insurer::FaultKind::Hold);
    sandboxes.policy.fault(insurer::Fault { count: u32::MAX, ..held });
    let (output, talk) = stopped(dir.path(), &sandboxes, &["INT", "INT"]).await;
    assert_eq!(output.status.code(), Some(130), "{talk}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ended"], "told", "{report}");
    for what in ["contractor cn_", "job jb_", "quote qt_", "told once more to stop"] {
        assert!(says(&report, "left", what), "{what}: {report}");
    }
    let open = says(&report, "left", "session ")
        || says(&report, "left", "`expire_application` is not answered");
    assert!(open, "{report}");
    sandboxes.policy.release();
}

/// As in the documents: two processes, the configuration, and somebody who is hired for trying.
#[test]
fn with_a_configuration_nine_of_nine_pass_on_simulators_in_processes_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("at-once.toml"), "record_delay_secs = 0\napproval_delay_secs = 0\n")
        .unwrap();
    // A minute of theirs is a second, so that a review does not last.
    let usual = ["--clock", "real", "--pace", "60"];
    let jobdiva = [&["jobdiva", "--dialect", "at-once.toml"], &usual[..]].concat();
    let jobdiva = Simulator::start(dir, &jobdiva, "webhooks/resend");
    let policy = Simulator::start(dir, &[&["1099policy"], &usual[..]].concat(), "/_sim/reset");
    let key = policy.said.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let script =
        json!({ "who": CONTRACTOR.to_string(), "start_after_secs": 0, "finish_after_secs": 0 });
    policy.json("POST", "/_sim/behaviours", "", &script.to_string());
    let today = SystemClock.now().to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    let hire = |who: u64, category: &str, (start, end): (i64, i64)| {
        let hire = json!({
            "change": "create_hire", "who": { "candidate": who }, "job": 30_440_012,
            "start": today.checked_add(start.days()).unwrap(),
            "end": today.checked_add(end.days()).unwrap(),
            "pay_rate": "95", "pay_per": "H", "category": category,
        });
        jobdiva.json("POST", "/__sim/mutate", "", &hire.to_string())["id"].as_u64().unwrap()
    };
    let named = format!(
        "placement = \"{}\"\nreturning_placement = \"{}\"\nemployee_placement = \"{}\"",
        hire(CONTRACTOR, "Independent Contractor", (20, 90)),
        hire(CONTRACTOR, "Independent Contractor", (40, 120)),
        hire(EMPLOYEE, "Hourly Employee", (20, 90)),
    );
    let urls = [&jobdiva, &policy].map(|it| format!("http://{}", it.address));
    write(dir, &urls, &key, "sandbox", &named);
    let arguments = ["checklist", "--config", "runner.toml", "--json", "--wait", "60"];
    let output = run(dir, &arguments);
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert_eq!(output.status.code(), Some(0), "{report}\n{talk}");
    nine_of_nine(&report);
    jobdiva.stop();
    policy.stop();
}
