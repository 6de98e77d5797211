//! JobDiva's half: a usual one is clean; one with ten differences has ten findings, and the suggested file mends them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::simulator as insurer;
use integration_jobdiva::JobDiva;
use integration_jobdiva::operations::{Method, Operation};
use integration_jobdiva::simulator::{Behaviour, Config, HeaderForm, Seen, Simulator};
use runner::doctor::{Code, Finding, Severity};
use workflow_core::domain::call::Side;
use workflow_core::domain::rules::Class;
use workflow_core::time::Clock;

use super::dialect::{Asked, BASIC_ONLY, Dialect, NESTED, PLAIN, TEN, Ways};
use super::settings::{Settings, clean, finding, put, wrong};

const NOWHERE: &str = "http://127.0.0.1:9";

/// Both services, a day after the seed's morning: everything is approved.
pub async fn services() -> (Simulator, insurer::Simulator) {
    services_with(|_| {}).await
}

/// The same with a JobDiva that does something otherwise.
pub async fn services_with(change: impl FnOnce(&mut Behaviour)) -> (Simulator, insurer::Simulator) {
    let mut behaviour =
        Behaviour { record_delay_secs: 0, approval_delay_secs: 0, ..Behaviour::default() };
    change(&mut behaviour);
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

/// Other ten, five at each side: three of them are the simulator's own, and the insurer speaks as the guides do.
#[tokio::test]
async fn ten_others_at_both_sides_are_named_and_one_file_mends_them() {
    let (jobdiva, policy) = services_with(|behaviour| {
        behaviour.header = HeaderForm::RawOnly;
        behaviour.max_window_secs = 5 * 86_400;
        behaviour.not_granted = ["bi/DeletedActivityRecords".to_owned()].into();
    })
    .await;
    let ats = Ways { answered: |_, text| text.replace("\"H\"", "\"hourly rate\""), ..PLAIN };
    let ats = Dialect::before(&jobdiva.base_url(), ats).await;
    let insurer = Ways { headers: BASIC_ONLY, answered: NESTED, ..PLAIN };
    let insurer = Dialect::before(&policy.base_url(), insurer).await;
    let settings =
        Settings::new(&ats.url, &insurer.url).with("\"8802\" = \"en_Brightwater1\"\n", "");
    let report = settings.examined_at(None, clock(&jobdiva)).await;
    let codes: BTreeSet<&str> = wrong(&report).into_iter().collect();
    let expected = [
        "company_unmapped",
        "contractor_shape",
        "environment_header",
        "job_region",
        "key_refused",
        "metadata_on",
        "not_granted",
        "token_header",
        "unit_unmapped",
        "window_width",
    ];
    assert_eq!(codes, BTreeSet::from(expected), "{:#?}", report.wrong().collect::<Vec<_>>());
    assert!(report.wrong().all(|finding| !finding.lines.is_empty() && !finding.todo.is_empty()));

    put(&settings, "acme.toml", &report.suggested.clone().unwrap());
    let mended =
        settings.with("name = \"acme\"\n", "name = \"acme\"\noverrides_file = \"acme.toml\"\n");
    let report = mended.examined_at(None, clock(&jobdiva)).await;
    clean(&report);
    assert_eq!(report.suggested, None);

    // Both adapters live by it.
    let tenant = mended.tenant();
    let client = JobDiva::new(tenant.jobdiva.clone(), clock(&jobdiva)).unwrap();
    let polled = client.poll(None, jobdiva.clock().now()).await.unwrap();
    assert!(polled.failed.is_empty() && !polled.touched.is_empty(), "{:?}", polled.failed);
    let client = integration_1099policy::Ten99Policy::new(tenant.policy.clone()).unwrap();
    assert!(!client.category_codes().await.unwrap().is_empty());
    use integration_1099policy::config::{ContractorShape, JobRegion, MetadataOn};
    let written = (tenant.policy.contractor_shape, tenant.policy.job_region);
    assert_eq!(written, (ContractorShape::Contact, JobRegion::TopLevel));
    assert_eq!(tenant.policy.metadata_on, MetadataOn::Everything);
}

/// Of one feed alone, which nothing else is learned from: what it is asked in is what it will be read in.
#[tokio::test]
async fn a_feed_with_a_narrower_limit_of_its_own_is_named_and_mended_for_itself() {
    let (jobdiva, policy) = services().await;
    let dialect = Dialect::before(&jobdiva.base_url(), Ways { asked: THREE_DAYS, ..PLAIN }).await;
    let settings = Settings::new(&dialect.url, &policy.base_url());
    let report = settings.examined_at(Some(Side::Ats), clock(&jobdiva)).await;
    assert_eq!(wrong(&report), ["window_width"]);
    let told = finding(&report, "window_width");
    assert!(told.about.starts_with("candidate.deleted ("), "{told:?}");
    let [line] = &told.lines[..] else { panic!("{told:?}") };
    assert_eq!(line.table, "jobdiva.operation.\"candidate.deleted\".window");
    assert_eq!((line.key.as_str(), line.value.as_str()), ("max", "\"2d\""));

    put(&settings, "acme.toml", &report.suggested.clone().unwrap());
    let mended =
        settings.with("name = \"acme\"\n", "name = \"acme\"\noverrides_file = \"acme.toml\"\n");
    clean(&mended.examined_at(Some(Side::Ats), clock(&jobdiva)).await);
    let registry = mended.tenant().jobdiva.registry;
    let widest = |operation| registry.of(operation).window.as_ref().unwrap().max.as_secs() / 86_400;
    let both = [Operation::CandidateDeleted, Operation::PayDelta].map(widest);
    assert_eq!(both, [2, 13]);
}

/// What was deleted is told for three days at most.
const THREE_DAYS: fn(&str, &str) -> Asked = |path, query| {
    let days: Vec<u32> =
        query.split("%2F").skip(1).step_by(2).filter_map(|day| day.parse().ok()).collect();
    match days[..] {
        [from, to] if path.ends_with("bi/DeletedCandidateRecords") && from.abs_diff(to) > 3 => {
            Asked::Here(
                200,
                r#"{"message":"Error: Invalid. Date range more than 3 days, metric name = X","data":null}"#,
            )
        }
        _ => Asked::On(query.to_owned()),
    }
};

/// What was seen of each operation stands in the report: for a person as a note, for a program by name.
#[tokio::test]
async fn columns_and_words_are_shown_against_the_maps() {
    let (jobdiva, policy) = services().await;
    let odd =
        Ways { answered: |_, text| text.replace("Independent Contractor", "Consultant"), ..PLAIN };
    let dialect = Dialect::before(&jobdiva.base_url(), odd).await;
    let settings = Settings::new(&dialect.url, &policy.base_url());
    let report = settings.examined_at(None, clock(&jobdiva)).await;
    let of = |operation: &str| {
        let about = |it: &&Finding| it.about.starts_with(operation) && it.code == Code::Columns;
        report.findings.iter().find(about).map(|it| it.what.clone()).unwrap_or_default()
    };
    let pay = of("pay.delta (");
    assert!(pay.contains("read: ") && pay.contains("pay_amount from SALARY"), "{pay}");
    assert!(pay.contains("no column for: ") && pay.contains("work_state"), "{pay}");
    let told: serde_json::Value = serde_json::to_value(&report).unwrap();
    let operations = told["operations"].as_array().unwrap();
    let pay = operations.iter().find(|it| it["operation"] == "pay.delta").unwrap();
    assert_eq!(pay["mapped"]["pay_amount"], "SALARY");
    for list in ["columns_seen", "unmapped_canonical", "missing", "unread_columns"] {
        assert!(pay[list].is_array(), "{list}: {pay}");
    }
    // A word in no map stands there with the line to add, and the mapped ones with what they mean.
    let words = told["vocabulary"].as_array().unwrap();
    let word = |kind: &str, word: &str| {
        let found = words.iter().find(|it| it["kind"] == kind && it["word"] == word);
        found.unwrap_or_else(|| panic!("no {kind} {word} in {words:#?}"))
    };
    let odd = word("employment category", "consultant");
    assert_eq!((odd["means"].as_str(), odd["line"]["key"].as_str()), (None, Some("consultant")));
    assert_eq!(odd["line"]["table"], "contractor.categories");
    assert_eq!(word("employment category", "subcontract")["means"], "corp_to_corp");
    assert_eq!(word("client", "8801")["means"], "en_Halvorsen1");
    let shown = report.findings.iter().find(|it| it.about == "employment categories").unwrap();
    assert!(shown.what.contains("consultant: in no map"), "{shown:?}");
    assert!(shown.what.contains("subcontract: corp_to_corp"), "{shown:?}");
}

/// Every field that decides whether and how somebody is insured is looked for, and told where it is missing.
#[tokio::test]
async fn a_needed_column_that_is_not_there_is_told() {
    let (jobdiva, policy) = services().await;
    for (columns, operation, field) in [
        (&["APPROVED"][..], "billing.delta", "approved"),
        (&["END_DATE"], "billing.delta", "bill_end"),
        (&["WORKING_COUNTRY", "WORK_COUNTRY"], "billing.delta", "work_country"),
        (&["OH_C2C"], "pay.delta", "c2c_flag"),
        (&["OH_W2"], "pay.delta", "w2_flag"),
        (&["startStatus"], "placement.census", "start_status"),
    ] {
        let report = missing(&jobdiva, &policy, columns).await;
        let told = report.findings.iter().find(|finding| {
            let about = finding.about.starts_with(operation);
            about && finding.code == Code::ColumnMissing && finding.what.contains(field)
        });
        assert!(told.is_some(), "{columns:?}: {:#?}", report.findings);
    }
}

/// What the doctor says where a column has a name that nobody would think of.
async fn missing(
    jobdiva: &Simulator,
    policy: &insurer::Simulator,
    gone: &[&str],
) -> runner::doctor::Report {
    let dialect = Dialect::leaving_out(&jobdiva.base_url(), gone).await;
    let settings = Settings::new(&dialect.url, &policy.base_url());
    settings.examined_at(Some(Side::Ats), clock(jobdiva)).await
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
