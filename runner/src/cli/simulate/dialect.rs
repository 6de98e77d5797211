//! A tenant's dialect as a TOML file: the simulator's switches, each with its number, what it does and how it is known.
//!
//! Every field may be left out; an unknown one is refused, so that a slip of the pen does not pass for a default.

use std::path::Path;

use integration_jobdiva::simulator::{Behaviour, SWITCHES, Switch};
use serde_json::Value;

use super::super::Failure;

/// Reads a dialect.
pub(super) fn read(file: &Path) -> Result<Behaviour, Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Config(format!("{name} cannot be read: {error}")))?;
    toml::from_str(&text).map_err(|error| {
        let hint = "`runner simulate jobdiva --print-dialect` prints a file with every switch";
        Failure::Config(format!("{name}: {error}{hint}"))
    })
}

/// A file with every switch at its default.
pub(super) fn sample() -> String {
    let values = serde_json::to_value(Behaviour::default()).unwrap_or_default();
    let mut text = "# A tenant's dialect, for `runner simulate jobdiva --dialect FILE`. What is left out keeps its default.\n\
        # Marks: [D] official words, [Nx] seen in N clients, [S1] one unconfirmed source, [I] inferred: to be corrected.\n"
        .to_owned();
    for switch in SWITCHES {
        text += &format!("\n# {}. {}\n", switch.number, heading(&switch));
        for field in switch.fields {
            let line = match inline(&values[*field]) {
                Some(value) => format!("{field} = {value}\n"),
                None => format!("# {field} = {}\n", example(field)),
            };
            text.push_str(&line);
        }
    }
    text
}

fn heading(switch: &Switch) -> String {
    let Switch { what, mark, default, demand, .. } = switch;
    let on_demand = if demand.is_empty() { String::new() } else { format!("; {demand}") };
    format!("{what}. Default: {default}. Known by: {mark}{on_demand}")
}

/// What a field without a value might hold.
fn example(field: &str) -> &'static str {
    match field {
        "rate_limit" => "{ burst = 10, per_minute = 60, retry_after = true }",
        _ => "\"\"",
    }
}

/// A value on one line of TOML; nothing for null.
fn inline(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value.to_string()),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().filter_map(inline).collect();
            Some(format!("[{}]", all.join(", ")))
        }
        Value::Object(fields) => {
            let one =
                |(name, value): (&String, &Value)| Some(format!("{name} = {}", inline(value)?));
            let all: Vec<String> = fields.iter().filter_map(one).collect();
            Some(if all.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", all.join(", ")) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_the_default_and_names_every_switch() {
        let sample = sample();
        assert_eq!(toml::from_str::<Behaviour>(&sample).ok(), Some(Behaviour::default()));
        for number in 1..=30 {
            assert!(sample.contains(&format!("\n# {number}. ")), "{number}");
        }
        assert!(sample.contains("# rate_limit = { burst"));
    }

    #[test]
    fn a_dialect_says_only_what_differs() {
        let text = "billing_dates = \"us\"\npage_base = \"zero\"\nnot_granted = [\"bi/JobDetail\"]\n\
            [mischief]\ndrop_one_in = 0\n[latency_millis]\n\"bi/JobDetail\" = 20\n";
        let dialect: Behaviour = toml::from_str(text).expect("a dialect");
        assert_eq!(dialect.mischief.drop_one_in, 0);
        assert_eq!(dialect.mischief.duplicate_one_in, 5, "what is left out keeps its default");
        assert!(dialect.not_granted.contains("bi/JobDetail"));
        assert!(toml::from_str::<Behaviour>("billing_datse = \"us\"").is_err());
    }
}
