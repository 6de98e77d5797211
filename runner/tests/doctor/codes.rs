//! Every kind of finding is met: each code has a case here, or this file does not compile; and its line in `docs/doctor.md`.

use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;
use std::time::Duration;

use integration_jobdiva::simulator::{Behaviour, HeaderForm};
use runner::doctor::{Code, Hooks, Report, Severity};
use workflow_core::domain::call::Side;
use workflow_core::time::SystemClock;

use super::dialect::{
    Asked, Dialect, NESTED, NO_ENVIRONMENT, NO_PARAMETER, NO_PATH, PLAIN, TEN, Ways, with_days,
};
use super::jobdiva::{clock, services, services_with};
use super::policy::{simulator, tried};
use super::settings::{Settings, examined_as, put};

const FORBIDDEN: (u16, &str) = (403, r#"{"error_code":"forbidden","message":"no"}"#);
/// From the beginning until half an hour after the first timesheets are decided on.
const DECIDED_AFTER: Duration = Duration::from_secs(13 * 24 * 3600 + 92 * 60);
const NOWHERE: &str = "http://127.0.0.1:9";

/// One with which nothing is the matter, but for what is written into the configuration.
async fn usual(change: fn(Settings) -> Settings) -> Report {
    let (jobdiva, policy) = services().await;
    let settings = change(Settings::new(&jobdiva.base_url(), &policy.base_url()));
    settings.examined_at(None, clock(&jobdiva)).await
}

/// A JobDiva whose simulator is told to do something otherwise.
async fn behaving(change: fn(&mut Behaviour)) -> Report {
    let (jobdiva, policy) = services_with(change).await;
    let settings = Settings::new(&jobdiva.base_url(), &policy.base_url());
    settings.examined_at(None, clock(&jobdiva)).await
}

/// A JobDiva that does something otherwise, and an account that may not read who was merged.
async fn ats(ways: Ways, change: fn(Settings) -> Settings) -> Report {
    let (jobdiva, policy) = services().await;
    jobdiva.revoke("bi/MergedCandidates").unwrap();
    let dialect = Dialect::before(&jobdiva.base_url(), ways).await;
    let settings = change(Settings::new(&dialect.url, &policy.base_url()));
    settings.examined_at(None, clock(&jobdiva)).await
}

/// All ten differences at once.
async fn ten() -> Report {
    ats(TEN, |settings| {
        settings
            .with("\"8802\" = \"en_Brightwater1\"\n", "")
            .with("\"design\" = \"jc_Designer\"\n", "")
    })
    .await
}

/// A JobDiva that answers requests of paths with this end by itself.
async fn said(asked: fn(&str, &str) -> Asked) -> Report {
    ats(Ways { asked, ..PLAIN }, |settings| settings).await
}

/// A 1099Policy that does something otherwise.
async fn insurer(ways: Ways, change: fn(Settings) -> Settings) -> Report {
    let policy = simulator().await;
    let dialect = Dialect::before(&policy.base_url(), ways).await;
    let settings = change(Settings::new(NOWHERE, &dialect.url));
    settings.examined(Some(Side::Insurer)).await
}

fn here(path: &str, end: &str, query: &str, answer: (u16, &'static str)) -> Asked {
    match path.ends_with(end) {
        true => Asked::Here(answer.0, answer.1),
        false => Asked::On(query.to_owned()),
    }
}

/// Settings that the reader of the configuration takes and the adapters do not.
async fn unusable() -> Report {
    let mut tenant = Settings::new(NOWHERE, NOWHERE).tenant();
    tenant.jobdiva.base_url = "http://jobdiva.example.com".into();
    tenant.policy.base_url = "http://1099policy.example.com".into();
    examined_as(&tenant, None, &Hooks::default(), Arc::new(SystemClock)).await
}

/// One whose timesheets are read, when there are some.
async fn timesheets() -> Report {
    let (jobdiva, policy) = services().await;
    jobdiva.advance(DECIDED_AFTER).await.unwrap();
    let settings = Settings::new(&jobdiva.base_url(), &policy.base_url());
    let invoiced = "[tenant.invoices]\nsend = \"always\"\n[tenant.contractor]";
    let settings = settings.with("[tenant.contractor]", invoiced);
    settings.examined_at(None, clock(&jobdiva)).await
}

async fn wrong_password() -> Report {
    let (jobdiva, _policy) = services().await;
    let settings = Settings::new(&jobdiva.base_url(), NOWHERE);
    put(&settings, "password", "another one");
    settings.examined_at(Some(Side::Ats), clock(&jobdiva)).await
}

async fn wrong_key() -> Report {
    let policy = simulator().await;
    let settings = Settings::new(NOWHERE, &policy.base_url());
    put(&settings, "key", "t9k_test_of_somebody_else");
    settings.examined(Some(Side::Insurer)).await
}

fn with_a_hook(settings: Settings) -> Settings {
    settings.with(
        "success_url",
        "webhook = { endpoint = \"Zm4Kq8Rv2Xt6Yb9Dn3Hs7L\", profile = \"t-v1\", header = \"Ten99Policy-Signature\", secret_file = \"hook\" }\nsuccess_url",
    )
}

const EMPLOYEE_ONLY: fn(&str, &str) -> Asked = |path, query| {
    let asked = path.ends_with("bi/EmployeeAssignmentRecordsDetail");
    match asked && !query.contains("employeeId") {
        true => Asked::Here(200, NO_PARAMETER),
        // The simulator asks for a placement: which one is all the same here.
        false => Asked::On(query.replace("employeeId=", "startId=51000777&employeeId=")),
    }
};

const ODD_ENVELOPE: fn(Settings) -> Settings = |settings| {
    settings.with(
        "[tenant.1099policy]",
        "[tenant.jobdiva.operation.\"job.get\"]\nenvelope = \"bare_array\"\n[tenant.1099policy]",
    )
};

const DATES_IN_WORDS: fn(&str, String) -> String = |path, text| {
    let told = path.ends_with("bi/EmployeeBillingRecordsDetail");
    if told { with_days(&text, |_, _, _| "in spring".to_owned()) } else { text }
};

const ODD_STATUS: fn(&str, String) -> String =
    |_, text| text.replace("\"Placed\"", "\"Badge Check\"");

const NO_CATEGORY: fn(&str, String) -> String =
    |_, text| text.replace("EMPLOYMENT_CATEGORY", "ZZYZX").replace("Employment Category", "Zzyzx");

const ODD_LIST: fn(&str, String) -> String = |path, text| match path {
    "/api/v1/jobs" => r#"{"jobs":"none"}"#.to_owned(),
    _ => text,
};

/// A world in which findings are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum World {
    Usual,
    Ten,
    Nowhere,
    Unusable,
    WrongPassword,
    BareToken,
    NarrowWindows,
    UnknownPath,
    EmployeeOnly,
    RefusedParameter,
    OddEnvelope,
    OddShape,
    NoCategory,
    DatesInWords,
    OddStatus,
    Timesheets,
    Production,
    WrongKey,
    OddList,
    ForbiddenList,
    OtherClock,
    Nested,
    NoHeader,
    EntityGone,
    CategoryInvented,
    Unregistered,
    GoodCapture,
    ForeignCapture,
}

/// Where the finding is made. No arm for all others: whoever adds a code adds its world.
fn world(code: Code) -> World {
    match code {
        Code::Unreachable => World::Nowhere,
        Code::Settings => World::Unusable,
        Code::LoginRefused => World::WrongPassword,
        Code::TokenHeader => World::BareToken,
        Code::WindowWidth => World::NarrowWindows,
        Code::NotThere => World::UnknownPath,
        Code::Parameter => World::EmployeeOnly,
        Code::WrongParameter => World::RefusedParameter,
        Code::Envelope => World::OddEnvelope,
        Code::ShapeDiffers => World::OddShape,
        Code::ColumnMissing => World::NoCategory,
        Code::Misread => World::DatesInWords,
        Code::LoginWay
        | Code::NotGranted
        | Code::Path
        | Code::WindowFormat
        | Code::Column
        | Code::DateFormat
        | Code::CategoryUnmapped
        | Code::UnitUnmapped
        | Code::CompanyUnmapped
        | Code::JobCategoryUnmapped => World::Ten,
        Code::Login
        | Code::Operation
        | Code::Columns
        | Code::Vocabulary
        | Code::Words
        | Code::Currency
        | Code::Statuses
        | Code::UserFields
        | Code::Environment
        | Code::List
        | Code::Entities
        | Code::Categories
        | Code::Webhook => World::Usual,
        Code::KeyEnvironment => World::Production,
        Code::KeyRefused => World::WrongKey,
        Code::ListDiffers => World::OddList,
        Code::ListRefused => World::ForbiddenList,
        Code::Clock => World::OtherClock,
        Code::EnvironmentHeader => World::NoHeader,
        Code::ContractorShape | Code::JobRegion | Code::MetadataOn => World::Nested,
        Code::StatusUnmapped => World::OddStatus,
        Code::TimesheetStatuses => World::Timesheets,
        Code::EntityUnknown => World::EntityGone,
        Code::CategoryUnknown => World::CategoryInvented,
        Code::WebhookMissing => World::Unregistered,
        Code::WebhookTrial => World::GoodCapture,
        Code::WebhookStep => World::ForeignCapture,
    }
}

/// What the doctor says of a world.
async fn said_of(world: World) -> Report {
    let date = Some("Mon, 24 Nov 2025 16:01:00 GMT");
    match world {
        World::Usual => usual(|it| it).await,
        World::Ten => ten().await,
        World::Nowhere => Settings::new(NOWHERE, NOWHERE).examined(None).await,
        World::Unusable => unusable().await,
        World::WrongPassword => wrong_password().await,
        World::BareToken => behaving(|behaviour| behaviour.header = HeaderForm::RawOnly).await,
        World::NarrowWindows => behaving(|behaviour| behaviour.max_window_secs = 7 * 86_400).await,
        World::UnknownPath => said(|p, q| here(p, "bi/JobDetail", q, (401, NO_PATH))).await,
        World::EmployeeOnly => said(EMPLOYEE_ONLY).await,
        World::RefusedParameter => {
            said(|p, q| here(p, "bi/JobDetail", q, (200, NO_PARAMETER))).await
        }
        World::OddEnvelope => ats(PLAIN, ODD_ENVELOPE).await,
        World::OddShape => said(|p, q| here(p, "bi/JobDetail", q, (200, "<html>"))).await,
        World::NoCategory => ats(Ways { answered: NO_CATEGORY, ..PLAIN }, |it| it).await,
        World::DatesInWords => ats(Ways { answered: DATES_IN_WORDS, ..PLAIN }, |it| it).await,
        World::OddStatus => ats(Ways { answered: ODD_STATUS, ..PLAIN }, |it| it).await,
        World::Timesheets => timesheets().await,
        World::Production => {
            usual(|it| it.with("environment = \"sandbox\"", "environment = \"production\"")).await
        }
        World::WrongKey => wrong_key().await,
        World::OddList => insurer(Ways { answered: ODD_LIST, ..PLAIN }, |it| it).await,
        World::ForbiddenList => {
            insurer(Ways { asked: |p, q| here(p, "/jobs", q, FORBIDDEN), ..PLAIN }, |it| it).await
        }
        World::OtherClock => insurer(Ways { date, ..PLAIN }, |it| it).await,
        World::Nested => insurer(Ways { answered: NESTED, ..PLAIN }, |it| it).await,
        World::NoHeader => insurer(Ways { headers: NO_ENVIRONMENT, ..PLAIN }, |it| it).await,
        World::EntityGone => usual(|it| it.with("\"en_Brightwater1\"", "\"en_Gone\"")).await,
        World::CategoryInvented => usual(|it| it.with("\"jc_Designer\"", "\"jc_Invented\"")).await,
        World::Unregistered => usual(with_a_hook).await,
        World::GoodCapture => tried(&simulator().await, "a secret of webhooks, long enough").await,
        World::ForeignCapture => tried(&simulator().await, "another secret, as long as it").await,
    }
}

/// How much a finding matters, in the world that is made for it.
fn matters(code: Code) -> Severity {
    match code {
        Code::Unreachable => Severity::Unreachable,
        Code::Login
        | Code::Operation
        | Code::Words
        | Code::List
        | Code::Entities
        | Code::Categories
        | Code::WebhookTrial => Severity::Good,
        Code::ColumnMissing
        | Code::Columns
        | Code::Vocabulary
        | Code::Misread
        | Code::Currency
        | Code::Statuses
        | Code::TimesheetStatuses
        | Code::UserFields
        | Code::Environment
        | Code::Webhook => Severity::Note,
        Code::Settings
        | Code::LoginWay
        | Code::LoginRefused
        | Code::TokenHeader
        | Code::WindowWidth
        | Code::NotGranted
        | Code::NotThere
        | Code::Path
        | Code::WindowFormat
        | Code::Parameter
        | Code::WrongParameter
        | Code::Envelope
        | Code::ShapeDiffers
        | Code::Column
        | Code::DateFormat
        | Code::CategoryUnmapped
        | Code::UnitUnmapped
        | Code::CompanyUnmapped
        | Code::JobCategoryUnmapped
        | Code::KeyEnvironment
        | Code::KeyRefused
        | Code::ListDiffers
        | Code::ListRefused
        | Code::Clock
        | Code::EnvironmentHeader
        | Code::ContractorShape
        | Code::JobRegion
        | Code::MetadataOn
        | Code::EntityUnknown
        | Code::CategoryUnknown
        | Code::StatusUnmapped
        | Code::WebhookMissing
        | Code::WebhookStep => Severity::Person,
    }
}

/// One after the other: each world is two servers.
#[tokio::test(flavor = "multi_thread")]
async fn every_code_is_found_where_it_is_so_and_says_what_to_do() {
    let mut reports = BTreeMap::new();
    for code in Code::ALL.iter().copied() {
        let (name, world) = (code.name(), world(code));
        if let Entry::Vacant(place) = reports.entry(world) {
            place.insert(said_of(world).await);
        }
        let report = &reports[&world];
        let of = |it: &&runner::doctor::Finding| it.code == code && it.severity == matters(code);
        let Some(finding) = report.findings.iter().find(of) else {
            let seen: Vec<_> =
                report.findings.iter().map(|it| (it.code.name(), it.severity, &it.what)).collect();
            panic!("no {name} as it should be, but {seen:#?}");
        };
        assert!(!finding.what.is_empty() && !finding.about.is_empty(), "{finding:?}");
        if matters(code) >= Severity::Person {
            assert!(!finding.todo.is_empty(), "{name} says nothing of what to do: {finding:?}");
        }
    }
}

#[test]
fn every_code_that_a_person_must_see_to_stands_in_the_documents_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/doctor.md");
    let text = std::fs::read_to_string(path).unwrap();
    let table = text.split_once("## What it finds").unwrap().1;
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let named: std::collections::BTreeSet<&str> =
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    let wanted = |code: &&Code| matters(**code) >= Severity::Person;
    for code in Code::ALL.iter().filter(wanted) {
        assert!(named.contains(code.name()), "{} is in no row of docs/doctor.md", code.name());
    }
    for name in named {
        assert!(Code::ALL.iter().any(|code| code.name() == name), "there is no code {name}");
    }
}
