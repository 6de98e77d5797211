//! A tenant's dialect as a TOML file: JobDiva's switches, each with its number, what it does and how it is known.
//!
//! Every field may be left out; an unknown one is refused, so that a slip of the pen does not pass for a default. The file that
//! `runner doctor --suggest` writes for the client does as well: of what it says the simulator is made to be so, where it has a switch.
//! The insurer's is `insurer.rs`.

use std::path::Path;

use integration_jobdiva::operations::Operation;
use integration_jobdiva::simulator::{Behaviour, HeaderForm, SWITCHES, Switch};
use jiff::{SpanRelativeTo, Unit};
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Table;

use super::super::Failure;

/// Reads a dialect.
pub(super) fn read(file: &Path) -> Result<Behaviour, Failure> {
    read_as(file, "jobdiva", of_a_tenant)
}

/// Reads a simulator's dialect, or what `of_a_tenant` makes of a client's overrides.
pub(super) fn read_as<T: DeserializeOwned>(
    file: &Path,
    simulator: &str,
    of_a_tenant: impl FnOnce(&Table) -> Option<T>,
) -> Result<T, Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Config(format!("{name} cannot be read: {error}")))?;
    if let Some(tenant) = text.parse().ok().and_then(|tables| of_a_tenant(&tables)) {
        return Ok(tenant);
    }
    toml::from_str(&text).map_err(|error| {
        let hint = format!(
            "`runner simulate {simulator} --print-dialect` prints a file with every switch"
        );
        Failure::Config(format!("{name}: {error}{hint}"))
    })
}

/// The behaviour to which a client's overrides are the answer; `None` for a file without a table of JobDiva's.
fn of_a_tenant(tables: &Table) -> Option<Behaviour> {
    let jobdiva = tables.get("jobdiva")?.as_table()?;
    let header = match jobdiva.get("token_header").and_then(toml::Value::as_str) {
        Some("raw") => HeaderForm::RawOnly,
        Some("bearer") => HeaderForm::BearerOnly,
        Some(_) | None => HeaderForm::Both,
    };
    let mut behaviour = Behaviour { header, ..Behaviour::default() };
    let operations = jobdiva.get("operation").and_then(toml::Value::as_table);
    for (name, table) in operations.into_iter().flatten() {
        let widest = table.get("window").and_then(|window| window.get("max")?.as_str());
        if let Some(secs) = widest.and_then(whole_secs).filter(|_| name == "*") {
            // The client stays a day below what the service allows.
            behaviour.max_window_secs = secs.saturating_add(86_400);
        }
        let off = table.get("enabled").and_then(toml::Value::as_bool) == Some(false);
        if let Some(operation) = Operation::named(name).filter(|_| off) {
            let path = operation.usual().path;
            let method = path.trim_start_matches("/apiv2/").to_owned();
            behaviour.not_granted.insert(method);
        }
    }
    Some(behaviour)
}

fn whole_secs(text: &str) -> Option<u32> {
    let span: jiff::Span = text.parse().ok()?;
    let secs = span.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).ok()?;
    (1.0..=f64::from(u32::MAX)).contains(&secs).then_some(secs as u32)
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
pub(super) fn inline(value: &Value) -> Option<String> {
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
    fn what_the_doctor_suggests_for_a_client_makes_the_simulator_so() {
        let text = "[jobdiva]\ntoken_header = \"raw\"\n[jobdiva.operation.\"*\".window]\nmax = \"4d\"\n\
            [jobdiva.operation.\"placement.deleted\"]\nenabled = false\n[entities]\n\"1\" = \"en_1\"\n";
        let own = of_a_tenant(&text.parse().expect("it is TOML")).expect("it speaks of JobDiva");
        let mut expected = Behaviour { header: HeaderForm::RawOnly, ..Behaviour::default() };
        expected.max_window_secs = 5 * 86_400;
        expected.not_granted.insert("bi/DeletedActivityRecords".into());
        assert_eq!(own, expected);
        assert_eq!(of_a_tenant(&sample().parse().expect("it is TOML")), None);
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
