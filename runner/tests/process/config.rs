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
