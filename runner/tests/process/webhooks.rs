//! `runner webhook` from end to end: a door is made known to the insurer's simulator, tried, captured and looked at.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::binary::{good, run};
use super::faults::outside::{ENDPOINT, HEADER, Outside, SECRET};
use super::faults::serving::Serving;

/// Ends with this exit code and says this, and never what is secret.
#[track_caller]
fn ends(dir: &Path, arguments: &[&str], code: i32, says: &str) {
    let output = run(dir, arguments);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.contains(says), "{says} is not in: {said}");
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn a_door_is_registered_once_listed_without_its_address_and_removed() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), Outside::start());
    let dir = dir.path();
    outside.configure(dir, &dir.join("data"));
    ends(dir, &["webhook", "list"], 0, "1099Policy knows no endpoint");
    let made = good(dir, &["webhook", "endpoint"]);
    assert!(made.trim().len() == 40 && made != good(dir, &["webhook", "endpoint"]), "{made}");

    let register = |url: &str, file: &str, code: i32, says: &str| {
        ends(dir, &["webhook", "register", url, "--secret-file", file], code, says);
    };
    let host = "https://hooks.example.com";
    register("http://hooks.example.com", "new", 2, "plain http is for this machine only");
    register(&format!("{host}/elsewhere"), "new", 2, "the path is /hooks/1099policy/ENDPOINT");
    let other = format!("{host}/hooks/1099policy/0a1b2c3d4e5f60718293a4b5c6d7e8f9");
    register(&other, "new", 2, "not the one that is configured");
    register(host, "secret", 1, "exists already");
    assert!(!dir.join("new").exists());
    register(host, "new", 0, "is made, for all events, in the sandbox");
    let secret = std::fs::read_to_string(dir.join("new")).unwrap();
    assert!(secret.starts_with("whsec_"));
    assert_eq!(std::fs::metadata(dir.join("new")).unwrap().permissions().mode() & 0o777, 0o600);
    register(&format!("{host}/hooks/1099policy/{ENDPOINT}"), "again", 0, "is there already");
    assert_eq!(std::fs::read_to_string(dir.join("again")).unwrap(), secret);

    let listed = good(dir, &["webhook", "list", "--json"]);
    assert!(!listed.contains(ENDPOINT) && !listed.contains(&secret), "{listed}");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let line = &listed["endpoints"][0];
    assert_eq!(
        (&line["is_ours"], listed["endpoints"].as_array().map(Vec::len)),
        (&true.into(), Some(1))
    );
    let id = line["id"].as_str().unwrap();
    ends(dir, &["webhook", "list"], 0, "(this tenant's door)");
    ends(dir, &["webhook", "remove", "../entities"], 4, "knows no endpoint");
    ends(dir, &["webhook", "remove", id], 0, "is gone");
    ends(dir, &["webhook", "remove", id], 4, "knows no endpoint");
}

/// A request as it was captured on its way.
pub fn captured(body: &str, secret: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let digest = hex::encode(mac.chain_update(body).finalize().into_bytes());
    format!("POST /hooks/1099policy/x HTTP/1.1\r\nHost: h\r\n{HEADER}: {digest}\r\n\r\n{body}")
}

#[test]
fn a_capture_is_looked_at_and_the_running_door_is_tried() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), Outside::start());
    let dir = dir.path();
    outside.configure(dir, &dir.join("data"));
    let body = r#"{"id":"ev_1","type":"policy.active","data":{"id":"canary"}}"#;
    let write = |text: &str| std::fs::write(dir.join("captured"), text).unwrap();
    let check = ["webhook", "check", "captured", "--source", "1099policy"];
    write(&captured(body, SECRET));
    ends(dir, &check, 0, "secret: current; about: policy.active");
    write(&format!("{}\n", captured(body, SECRET)));
    ends(dir, &check, 5, "a line end at its end that was not signed");
    write(&captured(body, "another"));
    ends(dir, &check, 5, "signs with another secret");
    let said = String::from_utf8(run(dir, &[&check[..], &["--json"]].concat()).stdout).unwrap();
    let json: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&json["passed"], &json["steps"][5]["verdict"]), (&false.into(), &"failed".into()));
    assert!(!said.contains("canary"), "{said}");
    write("no request");
    ends(dir, &check, 2, "no empty line ends the headers");
    ends(dir, &["webhook", "check", "captured", "--source", "jobdiva"], 2, "no empty line");
    ends(dir, &["webhook", "test", "--source", "jobdiva"], 5, "has no such hook");

    // Trying again and again is no attack here.
    let file = dir.join("runner.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("[listen]", "[listen]\nrefused_per_minute = 60000");
    std::fs::write(&file, &text).unwrap();
    let mut serving = Serving::start(dir);
    let url = format!("http://{}", serving.hooks().0);
    let test = ["webhook", "test", "--source", "1099policy", "--url", &url];
    ends(dir, &test, 0, "took it: 200");
    // The configuration names another file since the service started.
    let other = dir.join("other.toml");
    let elsewhere = text.replace("secret_file = \"secret\"", "secret_file = \"new\"");
    std::fs::write(&other, elsewhere).unwrap();
    std::fs::write(dir.join("new"), "changed since the service started").unwrap();
    ends(
        dir,
        &[&test[..], &["--config", "other.toml"]].concat(),
        5,
        "the running service has another one",
    );
    let status: Value = serde_json::from_str(&good(dir, &["webhook", "status", "--json"])).unwrap();
    let hook = &status["hooks"]["acme/1099policy"];
    assert_eq!((&hook["taken"], &hook["refused"]), (&1.into(), &1.into()));
    assert_eq!(hook["last_refused"]["status"], 401);
    ends(dir, &["webhook", "status"], 0, "acme/1099policy");
    // The file that it was started with is read again by itself.
    std::fs::write(dir.join("secret"), "changed since the service started").unwrap();
    let believed = (0..20_000).any(|_| run(dir, &test).status.success());
    assert!(believed, "a changed secret is not believed");
    let log = serving.stop().log;
    assert!(log.contains("the files of a webhook's secrets say something else"), "{log}");
    assert!(!log.contains("changed since the service started") && !log.contains(SECRET), "{log}");
    ends(dir, &["webhook", "status"], 1, "no process is at work");
}
