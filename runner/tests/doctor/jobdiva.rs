//! JobDiva's half: a usual one is clean; one with ten differences has ten findings, and the suggested file mends them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::simulator as insurer;
use integration_jobdiva::JobDiva;
use integration_jobdiva::operations::{Method, Operation};
use integration_jobdiva::simulator::{Behaviour, Config, Seen, Simulator};
use runner::doctor::Severity;
use workflow_core::domain::call::Side;
use workflow_core::domain::rules::Class;
use workflow_core::time::Clock;

use super::dialect::{Dialect, TEN};
use super::settings::{Settings, clean, finding, put, wrong};

const NOWHERE: &str = "http://127.0.0.1:9";

/// Both services, a day after the seed's morning: everything is approved.
pub async fn services() -> (Simulator, insurer::Simulator) {
    let behaviour =
        Behaviour { record_delay_secs: 0, approval_delay_secs: 0, ..Behaviour::default() };
    let jobdiva = Simulator::start(Config { behaviour, ..Config::default() }).await.unwrap();
    jobdiva.advance(Duration::from_secs(86_400)).await.unwrap();
    let policy = insurer::Simulator::start(insurer::Config::default()).await.unwrap();
    (jobdiva, policy)
}

pub fn clock(simulator: &Simulator) -> Arc<dyn Clock> {
    Arc::new(simulator.clock())
}

#[tokio::test]
async fn a_usual_jobdiva_is_clean_and_only_read() {
    let (jobdiva, policy) = services().await;
    let settings = Settings::new(&jobdiva.base_url(), &policy.base_url());
    let report = settings.examined_at(None, clock(&jobdiva)).await;
    clean(&report);
    assert_eq!(report.suggested, None);
    assert!(finding(&report, "words").what.contains("all mapped"), "{report:#?}");
    assert_eq!(finding(&report, "login").severity, Severity::Good);
    assert!(finding(&report, "currency").what.contains("CAD"));
    assert!(policy.requests().iter().all(|request| request.method == "GET"));
    each_once(&settings, &jobdiva.requests());
}

/// Every operation that is switched on and has something to be asked for was asked, once; and nothing else was.
fn each_once(settings: &Settings, asked: &[Seen]) {
    let registry = settings.tenant().jobdiva.registry;
    let mut expected = BTreeMap::<(&str, String), u64>::new();
    let own = |operation: &&Operation| !operation.name().starts_with("auth.");
    for operation in Operation::ALL.iter().filter(own) {
        let spec = registry.of(*operation);
        assert!(spec.enabled, "{operation} is not looked at");
        let method = match spec.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        *expected.entry((method, spec.path.clone())).or_default() += 1;
    }
    for Seen { method, path, count } in asked {
        if path.ends_with("authenticate") {
            assert!(*count <= 2, "{count} logins");
            continue;
        }
        // What is no read is a search, in JobDiva's words.
        assert!(
            method == "GET" || path.contains("/search"),
            "{method} {path} may change something"
        );
        let once = expected.remove(&(method.as_str(), path.clone()));
        let once = once.unwrap_or_else(|| panic!("{method} {path} is nobody's"));
        // Requisitions are asked one by one for the tenant's words.
        let is_fine = if path.ends_with("bi/JobDetail") { *count <= 21 } else { *count == once };
        assert!(is_fine, "{method} {path}: {count} times, not {once}");
    }
    // Those of which nothing is there to ask for.
    let unasked: Vec<&str> =
        expected.keys().map(|(_, path)| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(unasked, UNASKED);
}

/// What the seed's tenant has nothing of to ask for.
const UNASKED: [&str; 4] = [
    "CandidateAttachmentDetail",
    "CandidateOnBoardingDocumentDetail",
    "InvoiceDetail",
    "TimesheetDetail",
];

#[tokio::test]
async fn ten_differences_are_ten_findings_and_the_suggested_file_mends_them() {
    let (jobdiva, policy) = services().await;
    let dialect = Dialect::before(&jobdiva.base_url(), TEN).await;
    jobdiva.revoke("bi/MergedCandidates").unwrap();
    let settings = Settings::new(&dialect.url, &policy.base_url())
        .with("\"8802\" = \"en_Brightwater1\"\n", "")
        .with("\"design\" = \"jc_Designer\"\n", "");
    let report = settings.examined_at(None, clock(&jobdiva)).await;
    let codes: BTreeSet<&str> = wrong(&report).into_iter().collect();
    let expected = [
        "category_unmapped",
        "column",
        "company_unmapped",
        "date_format",
        "job_category_unmapped",
        "login_way",
        "not_granted",
        "path",
        "unit_unmapped",
        "window_format",
    ];
    assert_eq!(codes, BTreeSet::from(expected), "{:#?}", report.wrong().collect::<Vec<_>>());
    assert!(report.wrong().all(|finding| !finding.lines.is_empty() && !finding.todo.is_empty()));
    assert_eq!(report.worst(), Severity::Person);

    // The file as it was written, without a word of anybody's.
    put(&settings, "acme.toml", &report.suggested.clone().unwrap());
    let mended =
        settings.with("name = \"acme\"\n", "name = \"acme\"\noverrides_file = \"acme.toml\"\n");
    let report = mended.examined_at(None, clock(&jobdiva)).await;
    clean(&report);
    assert_eq!(report.suggested, None);

    // And the adapter lives by it: every feed is read, and a placement's facts are what they are.
    let tenant = mended.tenant();
    let client = JobDiva::new(tenant.jobdiva.clone(), clock(&jobdiva)).unwrap();
    let polled = client.poll(None, jobdiva.clock().now()).await.unwrap();
    assert!(polled.failed.is_empty() && !polled.touched.is_empty(), "{:?}", polled.failed);
    let facts = client.assemble(&"51000777".into()).await.unwrap().unwrap();
    let engagement = facts.engaged.category.unwrap().to_lowercase();
    assert_eq!(tenant.rules.categories[&engagement], Class::Contractor);
}

#[tokio::test]
async fn a_wrong_password_is_told_from_a_service_out_of_reach() {
    let (jobdiva, _policy) = services().await;
    let settings = Settings::new(&jobdiva.base_url(), NOWHERE);
    put(&settings, "password", "another one");
    let report = settings.examined_at(Some(Side::Ats), clock(&jobdiva)).await;
    assert_eq!(wrong(&report), ["login_refused"]);

    let report = Settings::new(NOWHERE, NOWHERE).examined(Some(Side::Ats)).await;
    assert_eq!(wrong(&report), ["unreachable"]);
    assert_eq!(report.worst(), Severity::Unreachable);
}
