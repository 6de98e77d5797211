//! What opens something in a demo's world, and where each of it may stand: in its own file and nowhere else.

use std::path::Path;

use serde_json::Value;

use super::pages::Visit;

/// Files of the data directory that are there to hold a secret.
pub const FILES: [&str; 4] = ["master-key", "page-key", "admin.json", "log-signing.pem"];

/// Passwords, keys of APIs, secrets of webhooks, tokens, in lower case as they would be written somewhere.
pub fn secrets(dir: &Path) -> Vec<String> {
    let data = dir.join("workflow-demo");
    let read = |name: &str| std::fs::read_to_string(data.join(name)).unwrap();
    let json = |name: &str| serde_json::from_str::<Value>(&read(name)).unwrap();
    let mut secrets: Vec<String> = [
        // Of the simulators' world: the password in three spellings, the API key, what signs webhooks, the intake's token.
        "simulated & not secret",
        "simulated+%26+not+secret",
        "simulated%20%26%20not%20secret",
        "t9k_test_",
        "whsec_",
        "the demo's jobdiva webhook secret",
        "the demo's intake token",
        // How the tokens of its logins begin.
        "eyjhbgcioijiuzi1ni",
    ]
    .map(str::to_owned)
    .into();
    let simulated = read("simulators/jobdiva.json") + &read("simulators/1099policy.json");
    assert!(
        simulated.contains("the demo's JobDiva webhook secret") && simulated.contains("whsec_")
    );
    // Of our own process.
    secrets.push(read("master-key").trim().to_owned());
    secrets.push(read("page-key").trim().to_owned());
    secrets.push(json("admin.json")["token"].as_str().unwrap().to_owned());
    secrets.push(Visit::begin(dir).token);
    let pem = read("log-signing.pem");
    secrets.extend(pem.lines().filter(|line| !line.starts_with('-')).map(str::to_owned));
    for secret in &mut secrets {
        assert!(secret.len() >= 6, "{secret} is no secret");
        secret.make_ascii_lowercase();
    }
    secrets
}
