//! `runner doctor`: its exit codes, its two forms, and the file that it writes.

use std::collections::BTreeSet;
use std::path::Path;

use integration_1099policy::simulator::{Config, Simulator};
use integration_jobdiva::simulator as ats;
use serde_json::Value;

use super::binary::run;
use super::dialect::{Dialect, TEN};
use super::simulate::Simulator as Process;

fn configuration(dir: &Path, policy: &str, entity: &str) {
    std::fs::write(dir.join("password"), "p").unwrap();
    std::fs::write(dir.join("key"), "t9k_test_simulator").unwrap();
    let text = format!(
        r#"
        data_dir = "data"
        [[tenant]]
        name = "acme"
        [tenant.jobdiva]
        base_url = "http://127.0.0.1:9"
        client_id = "1"
        username = "nobody"
        password_file = "password"
        [tenant.1099policy]
        base_url = "{policy}"
        environment = "sandbox"
        api_key_file = "key"
        success_url = "https://dashboard.example.com/{{placement}}"
        cancel_url = "https://dashboard.example.com/{{placement}}"
        [tenant.contractor]
        relay_domain = "relay.example.com"
        [tenant.entities]
        "8801" = "{entity}"
        "#
    );
    std::fs::write(dir.join("runner.toml"), text).unwrap();
}

/// Runs the binary while the simulator answers.
async fn doctor(dir: &Path, more: &'static [&'static str]) -> (Option<i32>, String, String) {
    let dir = dir.to_owned();
    let arguments: Vec<&str> = ["doctor"].into_iter().chain(more.iter().copied()).collect();
    let output = tokio::task::spawn_blocking(move || run(&dir, &arguments)).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_whether_somebody_must_look() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let simulator = Simulator::start(Config::default()).await.unwrap();
    configuration(dir, &simulator.base_url(), "en_Halvorsen1");
    let (code, said, talk) = doctor(dir, &["--side", "1099policy"]).await;
    assert_eq!(code, Some(0), "{said}{talk}");
    assert!(said.contains("nothing is insured") && said.contains("0 need a person"), "{said}");

    configuration(dir, &simulator.base_url(), "en_Gone");
    let (code, said, talk) =
        doctor(dir, &["--side", "1099policy", "--json", "--suggest", "acme.toml"]).await;
    assert_eq!(code, Some(7), "{said}{talk}");
    let reports: Value = serde_json::from_str(&said).unwrap();
    let findings = reports[0]["findings"].as_array().unwrap();
    let wrong: Vec<&Value> = findings.iter().filter(|it| it["severity"] == "person").collect();
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    assert_eq!(wrong[0]["code"], "entity_unknown");
    assert!(
        std::fs::read_to_string(dir.join("acme.toml")).unwrap().contains("# 8801 = \"en_...\"")
    );
    // What a person wrote is not written over.
    let (code, _, talk) = doctor(dir, &["--side", "1099policy", "--suggest", "acme.toml"]).await;
    assert_eq!(code, Some(2), "{talk}");

    let (code, said, talk) = doctor(dir, &["--side", "jobdiva"]).await;
    assert_eq!(code, Some(6), "{said}{talk}");
    assert!(said.contains("UNREACHABLE") && !dir.join("data").exists(), "{said}");
    let (code, _, _) = doctor(dir, &["--tenant", "nobody"]).await;
    assert_eq!(code, Some(4));
}

/// A configuration for a JobDiva of ten differences: one client and one job category are not mapped.
fn configuration_of_ten(dir: &Path, jobdiva: &str, policy: &str) {
    let ats::Credentials { client_id, username, password } = ats::Credentials::default();
    std::fs::write(dir.join("password"), password).unwrap();
    std::fs::write(dir.join("key"), "t9k_test_simulator").unwrap();
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
        environment = "sandbox"
        api_key_file = "key"
        success_url = "https://dashboard.example.com/{{placement}}"
        cancel_url = "https://dashboard.example.com/{{placement}}"
        [tenant.contractor]
        relay_domain = "relay.example.com"
        [tenant.entities]
        "8801" = "en_Halvorsen1"
        [tenant.job_categories]
        "information technology" = "jc_DataAnalyst"
        "#
    );
    std::fs::write(dir.join("runner.toml"), text).unwrap();
}

/// `runner simulate jobdiva`, by the real clock, with two contractors who were just hired.
fn jobdiva(dir: &Path) -> Process {
    std::fs::write(dir.join("at-once.toml"), "record_delay_secs = 0\napproval_delay_secs = 0\n")
        .unwrap();
    let arguments =
        ["jobdiva", "--clock", "real", "--dataset", "empty", "--dialect", "at-once.toml"];
    let jobdiva = Process::start(dir, &arguments, "webhooks/resend");
    let mutate = |body: String| jobdiva.json("POST", "/__sim/mutate", "", &body);
    for (job, name) in [(30_440_012, "Zaphkiel"), (30_440_014, "Thornbury")] {
        mutate(format!(
            r#"{{"change":"create_hire","job":{job},"start":"2026-04-06","end":"2030-09-30","pay_rate":"90","pay_per":"H",
                "category":"Independent Contractor",
                "who":{{"new":{{"first_name":"{name}","last_name":"Okafor","email":"canary@example.com","state":"CA"}}}}}}"#
        ));
    }
    jobdiva.json(
        "POST",
        "/__sim/grants",
        "",
        r#"{"method":"bi/MergedCandidates","granted":false}"#,
    );
    jobdiva.json("POST", "/__sim/clock", "", r#"{"advance_secs":60}"#);
    jobdiva
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_differences_of_a_simulated_jobdiva_are_named_and_the_suggested_file_mends_them() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let policy = Simulator::start(Config::default()).await.unwrap();
    let jobdiva = jobdiva(dir);
    let dialect = Dialect::before(&format!("http://{}", jobdiva.address), TEN).await;
    configuration_of_ten(dir, &dialect.url, &policy.base_url());

    let (code, said, talk) = doctor(dir, &["--json", "--suggest", "acme.toml"]).await;
    assert_eq!(code, Some(7), "{said}{talk}");
    let reports: Value = serde_json::from_str(&said).unwrap();
    let findings = reports[0]["findings"].as_array().unwrap();
    let wrong = findings.iter().filter(|finding| finding["severity"] == "person");
    let codes: BTreeSet<&str> = wrong.map(|finding| finding["code"].as_str().unwrap()).collect();
    let ten = [
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
    assert_eq!(codes, BTreeSet::from(ten), "{said}");

    // The file as it was written, without a word of anybody's.
    let text = std::fs::read_to_string(dir.join("runner.toml")).unwrap();
    let named =
        text.replace("name = \"acme\"", "name = \"acme\"\n        overrides_file = \"acme.toml\"");
    std::fs::write(dir.join("runner.toml"), named).unwrap();
    let (code, mended, more) = doctor(dir, &["--suggest", "nothing.toml"]).await;
    assert_eq!(code, Some(0), "{mended}{more}");
    assert!(mended.contains(" 0 need a person") && !dir.join("nothing.toml").exists(), "{mended}");
    let said = [said, talk, mended, more].concat().to_lowercase();
    for never in ["okafor", "zaphkiel", "thornbury", "canary@", "not secret", "t9k_test"] {
        assert!(!said.contains(never), "the doctor tells {never}: {said}");
    }

    // Both only read.
    let asked = jobdiva.json("GET", "/__sim/requests", "", "");
    for request in asked.as_array().unwrap() {
        let (method, path) =
            (request["method"].as_str().unwrap(), request["path"].as_str().unwrap());
        assert!(
            method == "GET" || path.contains("/search") || path.starts_with("/__sim"),
            "{method} {path} may change something"
        );
    }
    assert!(policy.requests().iter().all(|request| request.method == "GET"));
    jobdiva.stop();
}
