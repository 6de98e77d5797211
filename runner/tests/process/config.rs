//! A configuration with mistakes: all are reported, each with its line and what was expected.

use super::binary::{good, run};

#[test]
fn three_mistakes_are_three_lines() {
    let dir = tempfile::tempdir().unwrap();
    good(dir.path(), &["init"]);
    let file = dir.path().join("runner.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::create_dir(dir.path().join("secrets")).unwrap();
    std::fs::write(dir.path().join("secrets/jobdiva-password"), "p").unwrap();
    std::fs::write(dir.path().join("secrets/1099policy-key"), "k").unwrap();

    // As it is written it is good.
    let said = good(dir.path(), &["check"]);
    assert!(said.contains("runner.toml is good"), "{said}");
    let again = run(dir.path(), &["init"]);
    assert_eq!(again.status.code(), Some(1), "an existing file is kept");

    let wrong = text
        .replace("environment = \"sandbox\"", "environment = \"sandpit\"")
        .replace("relay_domain = ", "relay_domian = ")
        .replace("# poll = \"5m\"", "poll = 5");
    std::fs::write(&file, &wrong).unwrap();
    let line = |what: &str| {
        let index = wrong.lines().position(|line| line.contains(what)).unwrap();
        format!("runner.toml:{}: ", index + 1)
    };
    for verb in ["check", "run"] {
        let refused = run(dir.path(), &[verb]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(3), "{said}");
        let expect = [
            (
                line("sandpit"),
                "tenant.1099policy.environment: `sandpit` is not one of \"sandbox\", \"production\"",
            ),
            (
                line("relay_domian"),
                "tenant.contractor.relay_domian: unknown key; did you mean `relay_domain`?",
            ),
            (line("poll = 5"), "tenant.pace.poll: expected a text in quotes"),
        ];
        for (line, what) in expect {
            assert!(said.contains(&format!("{line}{what}")), "{line}{what} is not in:\n{said}");
        }
        assert!(said.contains("mistakes:"), "{said}");
    }
}

#[test]
fn a_secret_does_not_stand_in_the_file_and_is_never_printed() {
    let dir = tempfile::tempdir().unwrap();
    good(dir.path(), &["init"]);
    let file = dir.path().join("runner.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let wrong = text
        .replace("password_file = \"secrets/jobdiva-password\"", "password = \"hunter2-canary\"");
    std::fs::write(&file, wrong).unwrap();
    let refused = run(dir.path(), &["check"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3));
    assert!(said.contains("secrets do not stand in this file"), "{said}");
    assert!(!said.contains("hunter2-canary"), "{said}");
}

#[test]
fn wrong_usage_and_no_data_have_their_own_exit_codes() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(dir.path(), &["fly"]).status.code(), Some(2));
    assert_eq!(run(dir.path(), &["list"]).status.code(), Some(2));
    assert_eq!(run(dir.path(), &["list", "--data", "nowhere"]).status.code(), Some(4));
    assert_eq!(run(dir.path(), &["run", "--config", "none.toml"]).status.code(), Some(3));
    let help = good(dir.path(), &["--help"]);
    assert!(help.contains("runner demo") && help.contains("Exit codes"), "{help}");
}

/// What `check` says of the sample with these changes, and with this key of the insurer's.
fn checked(changes: &[(&str, &str)], key: &str) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    good(dir.path(), &["init"]);
    let file = dir.path().join("runner.toml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    std::fs::write(&file, text).unwrap();
    std::fs::create_dir(dir.path().join("secrets")).unwrap();
    std::fs::write(dir.path().join("secrets/jobdiva-password"), "p").unwrap();
    std::fs::write(dir.path().join("secrets/1099policy-key"), key).unwrap();
    let checked = run(dir.path(), &["check"]);
    (checked.status.code(), String::from_utf8_lossy(&checked.stderr).into_owned())
}

#[test]
fn plain_http_to_another_machine_must_be_meant() {
    for url in ["https://api.jobdiva.com", "https://api.1099policy.com"] {
        let (from, to) = (format!("# base_url = \"{url}\""), "base_url = \"http://192.0.2.1:80\"");
        let (code, said) = checked(&[(&from, to)], "t9k_test_1");
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("plain http"), "{said}");
        assert!(said.contains("allow_plain_http = true"), "{said}");
        let meant = format!("{to}\nallow_plain_http = true");
        let (code, said) = checked(&[(&from, &meant)], "t9k_test_1");
        assert_eq!(code, Some(0), "{said}");
    }
}

#[test]
fn a_key_of_the_other_environment_is_refused_and_not_shown() {
    for (environment, key, word) in [
        ("sandbox", "t9k_live_hunter2", "live"),
        ("sandbox", "t9sk_live_hunter2", "live"),
        ("production", "t9k_test_hunter2", "test"),
    ] {
        let meant = format!("environment = \"{environment}\"");
        let (code, said) = checked(&[("environment = \"sandbox\"", &meant)], key);
        assert_eq!(code, Some(3), "{said}");
        let words = format!(
            "api_key is a {word} key, and environment is \"{environment}\": one of the two is wrong"
        );
        assert!(said.contains(&words) && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn limits_and_timeouts_are_read_and_their_mistakes_named() {
    let whole = [
        ("# [tenant.jobdiva.limits]", "[tenant.jobdiva.limits]"),
        ("# [tenant.jobdiva.timeouts]", "[tenant.jobdiva.timeouts]"),
        ("# [tenant.1099policy.limits]", "[tenant.1099policy.limits]"),
        ("# [tenant.1099policy.timeouts]", "[tenant.1099policy.timeouts]"),
        ("# per_minute = ", "per_minute = "),
        ("# burst = ", "burst = "),
        ("# least_per_minute = ", "least_per_minute = "),
        ("# breaker_failures = ", "breaker_failures = "),
        ("# breaker_open = ", "breaker_open = "),
        ("# operations = ", "operations = "),
        ("# methods = ", "methods = "),
        ("# connect = ", "connect = "),
        ("# read = ", "read = "),
        ("# total = ", "total = "),
        ("# file = ", "file = "),
    ];
    let (code, said) = checked(&whole, "t9k_test_1");
    assert_eq!(code, Some(0), "{said}");
    for (from, to, what) in [
        ("per_minute = 600\n", "per_minute = 0\n", "limits.per_minute: expected 1 to 1000000"),
        ("\"candidate.get\" = 30", "\"candiate.get\" = 30", "did you mean `candidate.get`?"),
        ("methods = { post = 300 }", "methods = { patch = 300 }", "methods.patch: unknown key"),
        ("connect = \"5s\"", "connect = \"0s\"", "timeouts.connect: expected a second or more"),
        ("least_per_minute = 12", "least_per_minute = 999", "more than per_minute, which is 60"),
        ("methods = { get = \"20s\" }", "methods = { git = \"20s\" }", "did you mean `get`?"),
        ("methods = { get = \"20s\" }", "methods = { get = 0 }", "timeouts.methods.get: expected"),
        ("\"POST /quotes\" = \"90s\"", "\"POST /quote\" = \"90s\"", "did you mean `POST /quotes`?"),
        ("file = \"5m\"", "files = \"5m\"", "timeouts.files: unknown key; did you mean `file`?"),
    ] {
        let (code, said) = checked(&[&whole[..], &[(from, to)]].concat(), "t9k_test_1");
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(what), "{what} is not in:\n{said}");
    }
}
