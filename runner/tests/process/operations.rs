//! What a tenant says of JobDiva's operations: mistakes are lines, and what is in force is shown.

use super::binary::{good, run};

/// The sample with its secrets, and these lines under `[tenant.jobdiva]`.
fn with_operations(dir: &std::path::Path, lines: &str) -> String {
    good(dir, &["init"]);
    std::fs::create_dir(dir.join("secrets")).unwrap();
    std::fs::write(dir.join("secrets/jobdiva-password"), "p").unwrap();
    std::fs::write(dir.join("secrets/1099policy-key"), "k").unwrap();
    let file = dir.join("runner.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("# The short form, for paths alone.\n", lines);
    std::fs::write(&file, &text).unwrap();
    text
}

#[test]
fn a_bad_override_of_an_operation_is_a_line_wherever_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let lines = "operations_file = \"acme.toml\"\n[tenant.jobdiva.operation.\"pay.dleta\"]\npath = \"/x\"\n\
                 [tenant.jobdiva.operation.\"job.get\"]\npath = \"x\"\n\
                 [tenant.jobdiva.paths]\n\"job.gte\" = \"/x\"\n\"job.delta\" = \"x\"\n";
    let text = with_operations(dir.path(), lines);
    std::fs::write(dir.path().join("acme.toml"), "\n[operation.\"udf.list\"]\ntimeuot = \"5s\"\n")
        .unwrap();
    let refused = run(dir.path(), &["check"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{said}");
    let line = |what: &str| text.lines().position(|line| line.contains(what)).unwrap() + 1;
    for what in [
        "acme.toml:3: operation.udf.list.timeuot: unknown key; did you mean `timeout`?".to_owned(),
        format!(
            "runner.toml:{}: tenant.jobdiva.operation.pay.dleta: there is no such operation; did you mean `pay.delta`?",
            line("pay.dleta")
        ),
        format!(
            "runner.toml:{}: tenant.jobdiva.operation.job.get.path: expected a path",
            line("path = \"x\"")
        ),
        format!(
            "runner.toml:{}: tenant.jobdiva.paths.job.gte: there is no such operation",
            line("job.gte")
        ),
        format!(
            "runner.toml:{}: tenant.jobdiva.paths.job.delta: expected a path",
            line("job.delta")
        ),
    ] {
        assert!(said.contains(&what), "{what} is not in:\n{said}");
    }
}

#[test]
fn operations_are_shown_with_what_a_tenant_does_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let usual = good(dir.path(), &["operations", "--defaults"]);
    assert!(usual.contains("pay.delta") && usual.contains("NewUpdatedSalaryRecords"), "{usual}");
    let lines = "operations_file = \"acme.toml\"\n[tenant.jobdiva.operation.\"pay.delta\"]\npath = \"/x/pay\"\n\
                 fields = { pay_amount = \"RATE_X\" }\n";
    with_operations(dir.path(), lines);
    // What is printed in the form of overrides is good as an override: here, of nothing.
    let toml = good(dir.path(), &["operations", "--defaults", "--toml"]);
    std::fs::write(dir.path().join("acme.toml"), toml).unwrap();
    good(dir.path(), &["check"]);
    let table = good(dir.path(), &["operations"]);
    for what in [
        "* pay.delta path = \"/x/pay\"  # usual: \"/apiv2/bi/NewUpdatedSalaryRecords\"",
        "* pay.delta fields.pay_amount = [\"RATE_X\"]  # usual: [\"SALARY\", \"Pay Rate\"]",
    ] {
        assert!(table.contains(what), "{what} is not in:\n{table}");
    }
    let one = good(dir.path(), &["operations", "pay.delta", "--tenant", "acme"]);
    assert!(
        one.contains("path = \"/x/pay\"  # usual: ") && one.contains("provenance = \"[3x]"),
        "{one}"
    );
    let json = good(dir.path(), &["operations", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["registries"][0]["tenant"], "acme");
    assert_eq!(json["registries"][0]["differences"].as_array().unwrap().len(), 2);
    assert_eq!(json["registries"][0]["error_rules"][0]["class"], "busy");
    assert_eq!(run(dir.path(), &["operations", "pay.gone"]).status.code(), Some(4));
    assert_eq!(run(dir.path(), &["operations", "--tenant", "nobody"]).status.code(), Some(4));
}
