//! `runner doctor`: its exit codes, its two forms, and the file that it writes.

use std::path::Path;

use integration_1099policy::simulator::{Config, Simulator};
use serde_json::Value;

use super::binary::run;

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
