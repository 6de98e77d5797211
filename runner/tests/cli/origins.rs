//! `runner config`: where each value comes from; that the commented sample tells the defaults that hold.

use std::collections::BTreeMap;

use serde_json::Value;

use super::desk::Desk;

/// Each key's value and where it comes from.
fn shown(desk: &Desk, file: &str) -> BTreeMap<String, (String, Value)> {
    let text = desk.good(&["config", "show", "--config", file, "--json"]);
    let shown: Value = serde_json::from_str(&text).unwrap();
    let settings = shown["settings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    settings.map(|s| (text(&s["key"]), (text(&s["value"]), s["origin"].clone()))).collect()
}

#[test]
fn every_value_says_where_it_comes_from() {
    let desk = Desk::empty().with_configuration();
    desk.write("overrides.toml", "[jobdiva]\nlogin = \"v1_text\"\n\n[pace]\npoll = \"1m\"\n");
    let text = desk.read("service.toml");
    let text = text
        .replace("name = \"acme\"\n", "name = \"acme\"\noverrides_file = \"overrides.toml\"\n")
        .replace("api_key_file = \"secret\"", "api_key_env = \"INSURER_KEY\"");
    desk.write("service.toml", &text);
    let line = |what: &str| text.lines().position(|line| line.starts_with(what)).unwrap() + 1;

    let mut command = desk.runner(&["config", "show", "--origin", "--config", "service.toml"]);
    let output = command.env("INSURER_KEY", "t9k_test_hunter2").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    for expect in [
        format!("data_dir = \"workflow-demo\"  # service.toml:{}", line("data_dir")),
        format!("tenant.acme.jobdiva.username = \"nobody\"  # service.toml:{}", line("username")),
        "tenant.acme.jobdiva.login = \"v1_text\"  # overrides.toml:2".into(),
        "tenant.acme.pace.poll = \"1m\"  # overrides.toml:5".into(),
        "tenant.acme.pace.sweep = \"15m\"  # default".into(),
        "tenant.acme.jobdiva.password = (hidden)  # the file secret".into(),
        "tenant.acme.1099policy.api_key = (hidden)  # the environment's INSURER_KEY".into(),
    ] {
        assert!(said.lines().any(|line| line == expect), "{expect} is not in:\n{said}");
    }
    assert!(!said.contains("hunter2") && !said.contains("t9k_test_nobody"), "{said}");
    let plain = desk.runner(&["config", "show", "--config", "service.toml"]);
    let plain = { plain }.env("INSURER_KEY", "t9k_test_hunter2").output().unwrap().stdout;
    assert!(!String::from_utf8(plain).unwrap().contains('#'));
}

#[test]
fn the_sample_tells_the_defaults_that_hold() {
    let desk = Desk::empty();
    desk.good(&["init"]);
    std::fs::create_dir(desk.file("secrets")).unwrap();
    desk.write("secrets/jobdiva-password", "p");
    desk.write("secrets/1099policy-key", "t9k_test_1");
    let sample = desk.read("runner.toml");
    let mut defaults = 0;
    for (key, (value, origin)) in shown(&desk, "runner.toml") {
        if origin["from"] != "default" {
            continue;
        }
        defaults += 1;
        let name = key.rsplit('.').next().unwrap();
        let mut told = sample.lines().filter_map(|line| {
            let (said, value) = line.trim_start_matches("# ").split_once(" = ")?;
            (said == name).then(|| value.split("  #").next().unwrap().trim().to_owned())
        });
        let seconds = |text: &str| text.replace("\"60s\"", "\"1m\"").replace("\"180s\"", "\"3m\"");
        let days = |text: &str| text.replace("\"24h\"", "\"1d\"");
        // Where it is the table's being there that counts.
        let known = name == "find_in_jobdiva" || told.any(|told| days(&seconds(&told)) == value);
        assert!(known, "{key} = {value} is not what the sample says");
    }
    assert!(defaults > 50, "{defaults}");
}

#[test]
fn what_nobody_is_to_guess_is_not_shown() {
    let desk = Desk::empty();
    desk.good(&["init"]);
    std::fs::create_dir(desk.file("secrets")).unwrap();
    desk.write("secrets/jobdiva-password", "p");
    desk.write("secrets/1099policy-key", "t9k_test_1");
    desk.write("secrets/jobdiva-webhook", "hunter2");
    let text = desk.read("runner.toml");
    let hook = text.lines().find(|line| line.starts_with("# endpoint = ")).unwrap();
    let endpoint = hook.split('"').nth(1).unwrap().to_owned();
    let open = ["# [tenant.jobdiva.webhook]", hook, "# secret_file = \"secrets/jobdiva-webhook\""];
    let text = open
        .iter()
        .fold(text.clone(), |text, line| text.replacen(line, line.trim_start_matches("# "), 1));
    desk.write("runner.toml", text);
    let shown = shown(&desk, "runner.toml");
    assert_eq!(shown["tenant.acme.jobdiva.webhook.endpoint"].0, "(hidden)");
    assert_eq!(shown["tenant.acme.jobdiva.webhook.secret"].0, "(hidden)");
    assert!(
        shown.values().all(|(value, _)| !value.contains(&endpoint) && !value.contains("hunter2"))
    );
}

#[test]
fn both_checks_are_one_and_list_mistakes_as_data() {
    let desk = Desk::empty().with_configuration();
    let text = desk.read("service.toml").replace("relay_domain", "relay_domian");
    desk.write("service.toml", text);
    for verb in [&["check"][..], &["config", "check"]] {
        let output = desk.run(&[verb, &["--config", "service.toml", "--json"]].concat());
        assert_eq!(output.status.code(), Some(3));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&told["version"], &told["good"]), (&1.into(), &false.into()));
        let mistakes = told["mistakes"].as_array().unwrap();
        let unknown =
            mistakes.iter().find(|mistake| mistake["key"] == "tenant.contractor.relay_domian");
        let what = unknown.unwrap()["what"].as_str().unwrap();
        assert_eq!(what, "unknown key; did you mean `relay_domain`?");
    }
    assert_eq!(desk.run(&["config", "show", "--config", "service.toml"]).status.code(), Some(3));
}
