//! 1099Policy's half.

use std::sync::Arc;

use integration_1099policy::simulator::{Config, Fault, FaultKind, Simulator};
use runner::doctor::{Hooks, Severity};
use runner::webhook_trial::Capture;
use workflow_core::domain::call::Side;
use workflow_core::time::SystemClock;

use super::settings::{Settings, clean, finding, put, wrong};

const NOWHERE: &str = "http://127.0.0.1:9";
const INSURER: Option<Side> = Some(Side::Insurer);

pub async fn simulator() -> Simulator {
    Simulator::start(Config::default()).await.unwrap()
}

#[tokio::test]
async fn an_account_that_fits_is_clean_and_nothing_is_changed_there() {
    let simulator = simulator().await;
    let report = Settings::new(NOWHERE, &simulator.base_url()).examined(INSURER).await;
    clean(&report);
    assert_eq!(report.suggested, None);
    assert!(finding(&report, "environment").what.contains("nothing is insured"));
    assert_eq!(finding(&report, "clock").severity, Severity::Good);
    let requests = simulator.requests();
    assert!(requests.len() >= 12 && requests.iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn what_does_not_fit_is_named_with_the_line_that_mends_it() {
    let simulator = simulator().await;
    let settings = Settings::new(NOWHERE, &simulator.base_url())
        .with("\"en_Brightwater1\"", "\"en_Gone\"")
        .with("\"jc_Designer\"", "\"jc_Invented\"")
        .with(
            "success_url",
            "webhook = { endpoint = \"Zm4Kq8Rv2Xt6Yb9Dn3Hs7L\", profile = \"t-v1\", header = \"Ten99Policy-Signature\", secret_file = \"hook\" }\nsuccess_url",
        );
    let report = settings.examined(INSURER).await;
    assert_eq!(wrong(&report), ["category_unknown", "entity_unknown", "webhook_missing"]);
    assert_eq!(report.worst(), Severity::Person);
    let entity = finding(&report, "entity_unknown");
    assert!(entity.todo.contains("en_Brightwater1 (Brightwater Studio)"), "{entity:?}");
    assert_eq!(entity.lines[0].to_string(), "[tenant.entities] 8802 = \"en_...\"");
    assert!(finding(&report, "category_unknown").todo.contains("jc_Designer (Designer)"));
    // Nobody can know which one is meant: the suggestion is a comment, and the file is good as it is.
    let suggested = report.suggested.clone().unwrap();
    assert!(suggested.contains("# 8802 = \"en_...\""), "{suggested}");
    put(&settings, "acme.toml", &suggested);
    settings
        .with("name = \"acme\"\n", "name = \"acme\"\noverrides_file = \"acme.toml\"\n")
        .tenant();
}

#[tokio::test]
async fn a_key_that_is_refused_and_one_for_the_other_environment() {
    let simulator = simulator().await;
    let settings = Settings::new(NOWHERE, &simulator.base_url());
    put(&settings, "key", "t9k_test_of_somebody_else");
    let report = settings.examined(INSURER).await;
    assert_eq!(wrong(&report), ["key_refused"]);
    // The same to every list: it is said once, and asked once more each other way.
    assert!(simulator.requests().len() <= 4, "{:?}", simulator.requests());

    let settings = Settings::new(NOWHERE, &simulator.base_url())
        .with("environment = \"sandbox\"", "environment = \"production\"");
    let report = settings.examined(INSURER).await;
    assert!(wrong(&report).contains(&"key_environment"), "{report:?}");
    assert!(finding(&report, "environment").what.contains("PRODUCTION"));
}

#[tokio::test]
async fn a_system_out_of_reach_is_told_from_one_that_says_no() {
    let report = Settings::new(NOWHERE, NOWHERE).examined(INSURER).await;
    assert_eq!(wrong(&report), ["unreachable"]);
    assert_eq!(report.worst(), Severity::Unreachable);
    assert_eq!(finding(&report, "unreachable").about, "127.0.0.1:9");

    // One list that fails does not keep the others from being read.
    let simulator = simulator().await;
    simulator.fault(Fault::once("GET", "/jobs", FaultKind::BadGateway));
    let report = Settings::new(NOWHERE, &simulator.base_url()).examined(INSURER).await;
    assert_eq!(wrong(&report), ["unreachable"]);
    assert_eq!(finding(&report, "unreachable").about, "jobs (/jobs)");
    assert_eq!(finding(&report, "entities").severity, Severity::Good);
}

/// A configuration with a hook, and a delivery that is signed with this secret.
pub async fn tried(simulator: &Simulator, secret: &str) -> runner::doctor::Report {
    let settings = Settings::new(NOWHERE, &simulator.base_url()).with(
        "success_url",
        "webhook = { endpoint = \"QkX3v9Tz7LmN2pRw8SyB4c\", profile = \"hmac-hex\", header = \"X-Signature\", secret_file = \"hook\" }\nsuccess_url",
    );
    let secret = integration_1099policy::secret::Secret::new(secret);
    let body = r#"{"id":"ev_1","type":"policy.active","data":{"id":"pl_1"}}"#;
    let signature = integration_1099policy::receive::hmac_hex(&secret, body.as_bytes()).unwrap();
    let request = format!("POST /x HTTP/1.1\r\nX-Signature: {signature}\r\n\r\n{body}");
    let capture = Capture::of_request(request.as_bytes()).unwrap();
    let hooks = Hooks { door: None, capture: Some((Side::Insurer, capture)) };
    settings.examined_with(INSURER, &hooks, Arc::new(SystemClock)).await
}

#[tokio::test]
async fn a_captured_delivery_is_tried_step_by_step() {
    let simulator = simulator().await;
    let report = tried(&simulator, "a secret of webhooks, long enough").await;
    assert_eq!(finding(&report, "webhook_trial").severity, Severity::Good);
    let report = tried(&simulator, "another secret, as long as it").await;
    let step = finding(&report, "webhook_step");
    assert!(step.what.contains("the digest fits the body and a secret: no"), "{step:?}");
    assert!(step.todo.contains("another secret"), "{step:?}");
}
