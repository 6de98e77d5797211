//! `runner doctor`: its exit codes, its two forms, and the file that it writes.

use std::collections::BTreeSet;
use std::path::Path;

use integration_1099policy::simulator::{Config, Simulator};
use integration_jobdiva::simulator as ats;
use serde_json::Value;

use super::binary::run;
use super::dialect::{BASIC, Dialect, PLAIN, TEN, Ways};
use super::faults::outside::{ENDPOINT, HEADER, Outside, SECRET};
use super::faults::serving::Serving;
use super::simulate::Simulator as Process;
use super::webhooks::captured;

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
    assert_eq!(reports["version"], 2);
    let findings = reports["tenants"][0]["findings"].as_array().unwrap();
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
    assert_eq!(reports["version"], 2);
    let findings = reports["tenants"][0]["findings"].as_array().unwrap();
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

/// A configuration with a hook of the insurer's.
fn with_a_hook(dir: &Path, policy: &str) {
    configuration(dir, policy, "en_Halvorsen1");
    std::fs::write(dir.join("secret"), SECRET).unwrap();
    let text = std::fs::read_to_string(dir.join("runner.toml")).unwrap();
    let hook = format!(
        "[tenant.1099policy.webhook]\nendpoint = \"{ENDPOINT}\"\nprofile = \"hmac-hex\"\nheader = \"{HEADER}\"\n\
         secret_file = \"secret\"\n[tenant.contractor]"
    );
    std::fs::write(dir.join("runner.toml"), text.replace("[tenant.contractor]", &hook)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_taken_the_other_way_is_told_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let simulator = Simulator::start(Config::default()).await.unwrap();
    let basic = Ways { headers: BASIC, ..PLAIN };
    let dialect = Dialect::before(&simulator.base_url(), basic).await;
    configuration(dir, &dialect.url, "en_Halvorsen1");
    let one = &["--side", "1099policy", "--suggest", "acme.toml"];
    let (code, said, talk) = doctor(dir, one).await;
    assert_eq!(code, Some(7), "{said}{talk}");
    assert!(said.contains("key is refused") && said.contains("1 need a person"), "{said}");
    let file = std::fs::read_to_string(dir.join("acme.toml")).unwrap();
    assert!(file.contains("[1099policy]\n") && file.contains("\nauth = \"basic\"\n"), "{file}");
    let text = std::fs::read_to_string(dir.join("runner.toml")).unwrap();
    let named = text.replace("name = \"acme\"", "name = \"acme\"\noverrides_file = \"acme.toml\"");
    std::fs::write(dir.join("runner.toml"), named).unwrap();
    let (code, said, talk) = doctor(dir, &["--side", "1099policy"]).await;
    assert_eq!(code, Some(0), "{said}{talk}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_delivery_is_tried_and_the_step_that_fails_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let simulator = Simulator::start(Config::default()).await.unwrap();
    with_a_hook(dir, &simulator.base_url());
    let body = r#"{"id":"ev_1","type":"policy.active","data":{"id":"canary"}}"#;
    let tried = &["--side", "1099policy", "--capture", "captured"];
    for (secret, says) in [
        (SECRET, "every step passes"),
        ("another secret, as long as it", "the digest fits the body and a secret: no"),
    ] {
        std::fs::write(dir.join("captured"), captured(body, secret)).unwrap();
        let (code, said, talk) = doctor(dir, tried).await;
        // That nothing is registered at the simulator needs somebody in any case.
        assert_eq!(code, Some(7), "{said}{talk}");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ │", "");
        let wanted = says.split(' ').all(|word| said.contains(word));
        assert!(wanted && !said.contains("canary") && !said.contains(secret), "{says}: {said}");
        let (_, json, _) =
            doctor(dir, &["--side", "1099policy", "--capture", "captured", "--json"]).await;
        let json: Value = serde_json::from_str(&json).unwrap();
        let findings = json["tenants"][0]["findings"].as_array().unwrap();
        let of_it = |it: &&Value| it["about"] == "the captured delivery";
        let found = findings.iter().find(of_it).unwrap();
        assert!(found["what"].as_str().unwrap().contains(says), "{found}");
    }
    std::fs::write(dir.join("captured"), "no request").unwrap();
    let (code, _, talk) = doctor(dir, tried).await;
    assert_eq!(code, Some(1), "{talk}");
    assert!(talk.contains("captured: "), "{talk}");
    let (code, _, talk) = doctor(dir, &["--capture", "captured"]).await;
    assert_eq!(code, Some(2), "of which side? {talk}");
}

/// Without a runtime: both simulators have one of their own.
#[test]
fn the_own_door_is_knocked_at() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), Outside::start());
    let dir = dir.path();
    outside.configure(dir, &dir.join("data"));
    let knocked = |url: &str| {
        let arguments = ["doctor", "--side", "1099policy", "--json", "--door", url];
        let output = run(dir, &arguments);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.contains(SECRET) && !said.contains(ENDPOINT), "{said}");
        let json: Value = serde_json::from_str(&said).unwrap();
        let findings = json["tenants"][0]["findings"].as_array().unwrap();
        let of_it = |it: &&Value| it["about"] == "a delivery to the own door";
        let found = findings.iter().find(of_it).expect("it is told");
        (found["code"].as_str().unwrap().to_owned(), found["what"].to_string())
    };
    let mut serving = Serving::start(dir);
    let url = format!("http://{}", serving.hooks().0);
    let (code, what) = knocked(&url);
    assert_eq!(code, "webhook_trial", "{what}");
    // The service goes on with the secret that it has.
    let text = std::fs::read_to_string(dir.join("runner.toml")).unwrap();
    std::fs::write(dir.join("new"), "another secret, as long as it").unwrap();
    let elsewhere = text.replace("secret_file = \"secret\"", "secret_file = \"new\"");
    std::fs::write(dir.join("runner.toml"), elsewhere).unwrap();
    let (code, what) = knocked(&url);
    assert_eq!(code, "webhook_step", "{what}");
    assert!(what.contains("the door takes it: no"), "{what}");
    let ended = serving.stop();
    assert!(ended.status.success(), "{}", ended.log);
    let (code, what) = knocked(&url);
    assert_eq!(code, "webhook_step", "nobody is there: {what}");
}
