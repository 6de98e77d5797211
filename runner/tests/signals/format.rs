//! The format of Prometheus' text, read by rules of our own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use runner::metrics::families::{self, Kind};
use runner::metrics::text::{Histogram, Text};

/// What is wrong with a text, by the rules of the format.
pub fn mistakes(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut typed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or((rest, ""));
            if typed.insert(name, kind).is_some() {
                wrong.push(format!("{name} is typed twice"));
            }
            let total = name.ends_with("_total");
            if total != (kind == Kind::Counter.word()) {
                wrong.push(format!("{name} is a {kind}"));
            }
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let Some((series, value)) = line.rsplit_once(' ') else {
            wrong.push(format!("no sample: {line}"));
            continue;
        };
        let name = series.split('{').next().unwrap_or(series);
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let base = base.filter(|base| typed.get(base) == Some(&"histogram")).unwrap_or(name);
        if !typed.contains_key(base) {
            wrong.push(format!("{name} has no type before it"));
        }
        if value.parse::<f64>().is_err() {
            wrong.push(format!("no number: {line}"));
        }
        if !seen.insert(series) {
            wrong.push(format!("{series} stands twice"));
        }
    }
    wrong
}

#[test]
fn a_text_is_as_the_format_wants_it() {
    let (mut text, histogram) = (Text::default(), Histogram::default());
    histogram.note(Duration::from_millis(7));
    histogram.note(Duration::from_secs(100));
    text.put(&families::PLACEMENTS, &["acme", "Active"], 3);
    text.put(&families::PLACEMENTS, &["a\"b\\c\nd", "Active"], 1);
    text.put_histogram(&families::ATTEMPT_SECONDS, &["jobdiva"], &histogram);
    text.put_histogram(&families::APPEND_SECONDS, &[], &histogram);
    let text = text.finish();
    assert_eq!(mistakes(&text), [""; 0], "{text}");
    for line in [
        "workflow_placements{tenant=\"acme\",state=\"Active\"} 3",
        "workflow_placements{tenant=\"a\\\"b\\\\c\\nd\",state=\"Active\"} 1",
        "workflow_attempt_duration_seconds_bucket{system=\"jobdiva\",le=\"0.005\"} 0",
        "workflow_attempt_duration_seconds_bucket{system=\"jobdiva\",le=\"0.01\"} 1",
        "workflow_attempt_duration_seconds_bucket{system=\"jobdiva\",le=\"+Inf\"} 2",
        "workflow_log_append_duration_seconds_sum 100.007",
        "workflow_log_append_duration_seconds_count 2",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
}

#[test]
fn what_breaks_the_format_is_found() {
    for (bad, said) in [
        ("workflow_x 1", "no type"),
        ("# TYPE a counter\na 1", "is a counter"),
        ("# TYPE a gauge\na one", "no number"),
        ("# TYPE a gauge\na 1\na 2", "stands twice"),
        ("# TYPE a gauge\n# TYPE a gauge", "typed twice"),
    ] {
        let found = mistakes(bad).join("; ");
        assert!(found.contains(said), "{bad}: {found}");
    }
}
