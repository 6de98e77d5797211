//! The format of Prometheus' text, read by rules of our own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use runner::metrics::families;
use runner::metrics::text::{Text, histogram};

/// What is wrong with a text, by the rules of OpenMetrics 1.0.
pub fn mistakes(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut typed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let Some(lines) = text.strip_suffix("# EOF\n") else {
        return vec!["it does not end with # EOF".to_owned()];
    };
    for line in lines.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or((rest, ""));
            if typed.insert(name, kind).is_some() {
                wrong.push(format!("{name} is typed twice"));
            }
            if name.ends_with("_total") {
                wrong.push(format!("{name} is the name of a sample, not of a family"));
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
        if !ENDS.iter().any(|(kind, end)| {
            name.strip_suffix(end).is_some_and(|base| typed.get(base) == Some(kind))
        }) {
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

/// How the samples of each kind of family are called.
const ENDS: [(&str, &str); 5] = [
    ("gauge", ""),
    ("counter", "_total"),
    ("histogram", "_bucket"),
    ("histogram", "_sum"),
    ("histogram", "_count"),
];

#[test]
fn a_text_is_as_the_format_wants_it() {
    let (mut text, histogram) = (Text::default(), histogram());
    histogram.observe(0.007);
    histogram.observe(100.0);
    text.put(&families::DOOR, &["kept"], 7);
    text.put_secs(&families::UNSYNCED, &["acme"], Duration::from_millis(1500));
    text.put(&families::PLACEMENTS, &["acme", "Active"], 3);
    text.put(&families::PLACEMENTS, &["a\"b\\c\nd", "Active"], 1);
    text.put_histogram(&families::ATTEMPT_SECONDS, &["jobdiva"], &histogram);
    text.put_histogram(&families::APPEND_SECONDS, &[], &histogram);
    let text = text.finish();
    assert_eq!(mistakes(&text), [""; 0], "{text}");
    for line in [
        "workflow_placements{tenant=\"acme\",state=\"Active\"} 3",
        "workflow_placements{tenant=\"a\\\"b\\\\c\\nd\",state=\"Active\"} 1",
        "workflow_oldest_unsynced_seconds{tenant=\"acme\"} 1.5",
        "# HELP workflow_webhook_requests Requests at the webhook door: kept, duplicate, refused, turned_away, unknown, outside, limited.",
        "# TYPE workflow_webhook_requests counter",
        "workflow_webhook_requests_total{result=\"kept\"} 7",
        "# TYPE workflow_attempt_duration_seconds histogram",
        "workflow_attempt_duration_seconds_bucket{le=\"0.005\",system=\"jobdiva\"} 0",
        "workflow_attempt_duration_seconds_bucket{le=\"0.01\",system=\"jobdiva\"} 1",
        "workflow_attempt_duration_seconds_bucket{le=\"+Inf\",system=\"jobdiva\"} 2",
        "workflow_log_append_duration_seconds_sum 100.007",
        "workflow_log_append_duration_seconds_count 2",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
}

#[test]
fn what_breaks_the_format_is_found() {
    for (bad, said) in [
        ("workflow_x 1\n", "no type"),
        ("# TYPE a counter\na 1\n", "no type"),
        ("# TYPE a_total counter\na_total 1\n", "of a family"),
        ("# TYPE a gauge\na one\n", "no number"),
        ("# TYPE a gauge\na 1\na 2\n", "stands twice"),
        ("# TYPE a gauge\n# TYPE a gauge\n", "typed twice"),
    ] {
        let found = mistakes(&format!("{bad}# EOF\n")).join("; ");
        assert!(found.contains(said), "{bad}: {found}");
    }
    assert_eq!(mistakes("# TYPE a gauge\na 1\n").len(), 1, "it may be cut off");
}
