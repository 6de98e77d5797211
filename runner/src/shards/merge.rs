//! One answer out of those of several shards. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::metrics::families::{self as of, Family};

/// What is counted for the whole process, and said by each shard alike.
static OF_THE_PROCESS: [&Family; 6] =
    [&of::BUILD, &of::STARTED, &of::DOOR, &of::HOOK_TAKEN, &of::HOOK_PREVIOUS, &of::HOOK_REFUSED];

/// Lists end to end, counts added up, words as the first has them; the version is not a count.
pub(super) fn lists(answers: Vec<Value>) -> Value {
    answers.into_iter().reduce(merged).unwrap_or_default()
}

fn merged(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            for (name, theirs) in other {
                let own = one.remove(&name);
                let both = match own {
                    Some(own) if name == "version" => own,
                    Some(own) => merged(own, theirs),
                    None => theirs,
                };
                one.insert(name, both);
            }
            Value::Object(one)
        }
        (Value::Array(mut one), Value::Array(other)) => {
            one.extend(other);
            Value::Array(one)
        }
        (Value::Number(one), Value::Number(other)) => match (one.as_u64(), other.as_u64()) {
            (Some(one), Some(other)) => (one + other).into(),
            _ => Value::Number(one),
        },
        (Value::Null, other) => other,
        (one, _) => one,
    }
}

/// Prometheus' text of several shards: each sample says of which, each family is explained once.
pub(super) fn metrics(texts: &[(u16, String)]) -> String {
    let mut families: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (shard, text) in texts {
        let mut family = String::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(words) = line.strip_prefix("# ") {
                family = words.split(' ').nth(1).unwrap_or_default().to_owned();
                let (head, _) = families.entry(family.clone()).or_default();
                if !head.lines().any(|known| known == line) {
                    let _ = writeln!(head, "{line}");
                }
                continue;
            }
            let whole = OF_THE_PROCESS.iter().any(|known| known.name == family);
            let line = if whole { line.to_owned() } else { labelled(line, *shard) };
            let (_, samples) = families.entry(family.clone()).or_default();
            if !whole || !samples.lines().any(|known| series(known) == series(&line)) {
                let _ = writeln!(samples, "{line}");
            }
        }
    }
    families.into_values().map(|(head, samples)| head + &samples).collect()
}

/// A sample without its value.
fn series(line: &str) -> &str {
    line.rsplit_once(' ').map_or(line, |(series, _)| series)
}

/// A sample with the label that says its shard.
fn labelled(line: &str, shard: u16) -> String {
    match (line.split_once('{'), line.split_once(' ')) {
        (Some((name, rest)), _) => format!("{name}{{shard=\"{shard}\",{rest}"),
        (None, Some((name, value))) => format!("{name}{{shard=\"{shard}\"}} {value}"),
        (None, None) => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_one_list_and_counts_one_count() {
        let one = json!({ "version": 1, "placements": [1], "halted": [], "left": { "a": 2 } });
        let two = json!({ "version": 1, "placements": [2, 3], "halted": ["x"], "left": { "a": 3, "b": 1 } });
        let both = json!({ "version": 1, "placements": [1, 2, 3], "halted": ["x"], "left": { "a": 5, "b": 1 } });
        assert_eq!(lists(vec![one, two]), both);
        assert_eq!(lists(vec![]), Value::Null);
    }

    #[test]
    fn every_sample_says_its_shard_and_every_family_is_explained_once() {
        let text =
            "# HELP a words\n# TYPE a gauge\na 1\n# HELP b words\n# TYPE b counter\nb{x=\"y\"} 2\n";
        let both = metrics(&[(3, text.to_owned()), (7, text.to_owned())]);
        let expected = "# HELP a words\n# TYPE a gauge\na{shard=\"3\"} 1\na{shard=\"7\"} 1\n\
                        # HELP b words\n# TYPE b counter\nb{shard=\"3\",x=\"y\"} 2\nb{shard=\"7\",x=\"y\"} 2\n";
        assert_eq!(both, expected);
    }

    #[test]
    fn what_is_of_the_process_is_said_once() {
        let name = of::BUILD.name;
        let text = format!("# TYPE {name} gauge\n{name}{{version=\"1\"}} 1\n");
        assert_eq!(metrics(&[(3, text.clone()), (7, text.clone())]), text);
    }
}
