//! What Prometheus reads of a running demo, and that its page, the dashboard and the rules speak of the same.

use std::collections::BTreeSet;
use std::path::Path;

use runner::admin::Address;
use runner::demo::{Demo, Screen};
use runner::metrics::families::{ALL, Kind};
use serde_json::Value;

use crate::canary::canary;

fn doc(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(path).unwrap()
}

async fn get(demo: &Demo, path: &str) -> (u16, String) {
    let address = Address::read(&demo.data).unwrap();
    // Without the token.
    let answer = reqwest::get(format!("{}{path}", address.url)).await.unwrap();
    let (status, said) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert_eq!(canary(&said), None, "{path} tells too much");
    (status, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_demo_exposes_what_the_page_lists_in_the_format_of_prometheus() {
    let dir = tempfile::tempdir().unwrap();
    let _watch = crate::watched();
    let mut demo = Demo::start(dir.path()).await.unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    let (status, said) = get(&demo, "/metrics").await;
    assert_eq!((status, super::format::mistakes(&said)), (200, Vec::new()), "{said}");
    let value = |series: &str| -> f64 {
        let line = said.lines().find(|line| line.starts_with(&format!("{series} ")));
        let line = line.unwrap_or_else(|| panic!("{series} is not in\n{said}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    // Every family says something by now, but for what did not happen: no tenant's hook was refused.
    let named: BTreeSet<&str> = said
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(['{', ' ']).next().unwrap())
        .collect();
    for family in ALL {
        let sample = match family.kind {
            Kind::Histogram => format!("{}_count", family.name),
            Kind::Gauge | Kind::Counter => family.name.to_owned(),
        };
        assert!(named.contains(sample.as_str()), "{sample} says nothing");
    }
    let placements = demo.engine().summaries("placement");
    let held = placements.iter().filter(|it| it.state == "Discovered").count();
    let discovered = value("workflow_placements{tenant=\"acme\",state=\"Discovered\"}");
    assert_eq!(discovered as usize, held);
    let answered = "workflow_attempts_total{tenant=\"acme\",system=\"1099policy\",operation=\"create_quote\",outcome=\"answered\"}";
    assert!(value(answered) >= 1.0);
    assert!(value("workflow_log_bytes") > 0.0);
    assert_eq!(value("workflow_log_position") as u64, demo.engine().position().0);
    assert!(value("workflow_log_append_duration_seconds_count") >= 1.0);
    assert_eq!(value("workflow_oldest_unsynced_seconds{tenant=\"acme\"}"), 0.0);
    let fourteen = value("workflow_uncovered_starts{tenant=\"acme\",within_days=\"14\"}");
    assert!(
        fourteen >= 1.0
            && fourteen >= value("workflow_uncovered_starts{tenant=\"acme\",within_days=\"0\"}")
    );
    for summary in &placements {
        assert!(!said.contains(summary.stream.key()), "{} is in a label", summary.stream);
    }
    // What moved is read again, and is not counted twice.
    demo.advance(std::time::Duration::from_secs(24 * 3600)).await.unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    let again = get(&demo, "/metrics").await.1;
    let sum: u64 = again
        .lines()
        .filter(|line| line.starts_with("workflow_placements{"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sum, demo.engine().summaries("placement").len() as u64);
    assert_eq!(get(&demo, "/livez").await, (200, "ok\n".to_owned()));
    assert_eq!(get(&demo, "/readyz").await, (200, "ok\n".to_owned()));
    assert_eq!(get(&demo, "/v1/placements").await.0, 401, "the rest wants the token");
    demo.stop().await.unwrap();
}

#[test]
fn the_page_lists_every_family_as_it_is() {
    let page = doc("metrics.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `workflow_")).collect();
    let family = |family: &&runner::metrics::families::Family| {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind) = (family.name, family.kind.word());
        format!("| `{name}` | {kind} | {} | {} |", labels.join(", "), family.help)
    };
    let all: Vec<String> = ALL.iter().map(family).collect();
    assert_eq!(rows, all);
}

/// The names of metrics in an expression.
fn names(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("workflow_")).map(str::to_owned).collect()
}

fn is_exposed(name: &str) -> bool {
    ALL.iter().any(|family| match family.kind {
        Kind::Histogram => ["_bucket", "_sum", "_count"]
            .iter()
            .any(|end| name.strip_suffix(end) == Some(family.name)),
        Kind::Gauge | Kind::Counter => name == family.name,
    })
}

fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == "expr" || name == "query") {
                    Some(text) => found.push(text.to_owned()),
                    None => expressions(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_expression_of_the_dashboard_and_of_the_rules_names_what_there_is() {
    let dashboard: Value = serde_json::from_str(&doc("monitoring/dashboard.json")).unwrap();
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    assert!(found.len() > 25, "{found:?}");
    let rules = doc("monitoring/alerts.yml");
    let rules: Vec<String> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "))
        .map(str::to_owned)
        .collect();
    assert!(rules.len() >= 8, "{rules:?}");
    let mut used = BTreeSet::new();
    for expression in found.iter().chain(&rules).filter(|it| *it != "prometheus") {
        let names = names(expression);
        assert!(!names.is_empty(), "`{expression}` names no metric");
        for name in names {
            assert!(is_exposed(&name), "`{expression}` names {name}, which there is not");
            used.insert(name);
        }
    }
    // A family that no panel shows is one that nobody looks at.
    for family in ALL {
        assert!(
            used.iter().any(|name| name.starts_with(family.name)),
            "no panel shows {}",
            family.name
        );
    }
    assert!(rules.iter().all(|rule| !rule.contains("attempts_total")), "a rule counts errors");
}
