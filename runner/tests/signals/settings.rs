//! What the configuration says of endpoints, and what is wrong with it.

use std::path::Path;

use runner::config;

use super::receiver::{PREVIOUS, SECRET};

/// The sample with this at its end.
fn read(dir: &Path, notify: &str) -> Result<config::Config, String> {
    std::fs::write(dir.join("now"), SECRET).unwrap();
    std::fs::write(dir.join("before"), PREVIOUS).unwrap();
    std::fs::write(dir.join("short"), "whsec_c2hvcnQ=").unwrap();
    let text = format!("{}\n[[tenant.notify]]\n{notify}", config::sample().unwrap());
    let text = secrets_here(dir, &text);
    let file = dir.join("runner.toml");
    std::fs::write(&file, &text).unwrap();
    config::load(&file).map_err(|problems| problems.to_string())
}

/// Every file that the sample names, so that only what a test is about can be wrong.
fn secrets_here(dir: &Path, text: &str) -> String {
    let named = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    for line in named {
        if let Some((key, value)) = line.split_once(" = ")
            && key.ends_with("_file")
        {
            let path = dir.join(value.split('"').nth(1).unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            if !path.exists() {
                std::fs::write(path, "a-secret-that-is-long-enough").unwrap();
            }
        }
    }
    text.to_owned()
}

#[test]
fn an_endpoint_is_read_whole() {
    let dir = tempfile::tempdir().unwrap();
    let text = "name = \"office\"\nurl = \"https://hooks.example.com/x\"\nsecret_file = \"now\"\n\
                previous_secret_file = \"before\"\nevents = [\"placement.flagged\"]\n";
    let config = read(dir.path(), text).unwrap();
    let [office] = config.tenants[0].notify.as_slice() else { panic!("one endpoint") };
    assert_eq!((office.name.as_str(), office.secrets.len()), ("office", 2));
    assert_eq!(office.topics.iter().map(|t| t.name()).collect::<Vec<_>>(), ["placement.flagged"]);
    let all = text.lines().filter(|line| !line.starts_with("events")).collect::<Vec<_>>();
    let config = read(dir.path(), &all.join("\n")).unwrap();
    assert_eq!(config.tenants[0].notify[0].topics.len(), 4);
}

#[test]
fn what_would_not_be_safe_is_a_mistake_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let with = |name: &str, url: &str, secret: &str, events: &str| {
        let text = format!(
            "name = \"{name}\"\nurl = \"{url}\"\nsecret_file = \"{secret}\"\nevents = [{events}]\n"
        );
        read(dir.path(), &text).err().unwrap_or_default()
    };
    let good = ("office", "https://hooks.example.com", "now", "\"placement.active\"");
    assert_eq!(with(good.0, good.1, good.2, good.3), "");
    for (url, said) in [
        ("http://hooks.example.com", "plain http to another machine"),
        ("https://user:word@hooks.example.com", "a user or a password"),
        ("hooks.example.com", "no address"),
        ("ftp://hooks.example.com", "no address"),
    ] {
        let wrong = with(good.0, url, good.2, good.3);
        assert!(wrong.contains(said) && wrong.contains("url"), "{url}: {wrong}");
        assert!(!wrong.contains("word@"), "{wrong}");
    }
    for local in ["http://127.0.0.1:9/x", "http://localhost:9", "http://[::1]:9"] {
        assert_eq!(with(good.0, local, good.2, good.3), "");
    }
    let wrong = with("The Office", good.1, good.2, good.3);
    assert!(wrong.contains("a-z 0-9"), "{wrong}");
    let wrong = with(good.0, good.1, "short", good.3);
    assert!(wrong.contains("24 to 64 bytes") && !wrong.contains("c2hvcnQ"), "{wrong}");
    let wrong = with(good.0, good.1, good.2, "\"placement.lost\"");
    assert!(wrong.contains("placement.lost") && wrong.contains("coverage.gap_ahead"), "{wrong}");
}
