//! A tenant's dialect of 1099Policy as a TOML file: the simulator's switches, what each decides and how it is known, and what
//! single contractors do.
//!
//! As with JobDiva's (`dialect.rs`) every field may be left out, an unknown one is refused, and the file that
//! `runner doctor --suggest` writes for the client does as well.

use std::path::Path;

use integration_1099policy::simulator::{ContractorRequired, Dialect, SWITCHES, Switch};
use serde_json::{Value, json};
use toml::Table;

use super::super::Failure;
use super::dialect::{inline, read_as};

/// Reads a dialect.
pub(super) fn read(file: &Path) -> Result<Dialect, Failure> {
    read_as(file, "1099policy", of_a_tenant)
}

/// The dialect to which a client's overrides are the answer; `None` for a file without a table of 1099Policy's. Both ways to
/// write are taken anyway.
fn of_a_tenant(tables: &Table) -> Option<Dialect> {
    let policy = tables.get("1099policy")?.as_table()?;
    let mut dialect = Dialect::default();
    let required = policy.get("contractor_required").and_then(toml::Value::as_str);
    if required == Some("phone_and_address") {
        dialect.rules.contractor_required = ContractorRequired::Strict;
    }
    Some(dialect)
}

/// A file with every switch at its default, and a contractor as an example.
pub(super) fn sample() -> String {
    let values = json!(Dialect::default());
    let mut text = "# A dialect, for `runner simulate 1099policy --dialect FILE`. What is left out keeps its default.\n\
        # How well each default is known stands behind it.\n"
        .to_owned();
    for table in ["rules", "webhooks"] {
        text += &format!("\n[{table}]\n");
        for switch in SWITCHES.iter().filter(|switch| switch.table == table) {
            text += &line(switch, &values[table][switch.name]);
        }
    }
    text + "\n# What a contractor does, by the part of the e-mail before the @ or by the candidate's id.\n\
        # [contractors.\"70011000042\"]\n# application = \"abandon\"\n# charge = \"fails\"\n"
}

fn line(switch: &Switch, value: &Value) -> String {
    let Switch { name, what, words, known, .. } = switch;
    let words = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
    let value = inline(value).unwrap_or_default();
    format!("# {what}{words}. Known: {known}\n{name} = {value}\n")
}

#[cfg(test)]
mod tests {
    use integration_1099policy::simulator::{Application, Signing, Starts};

    use super::*;

    #[test]
    fn the_sample_is_the_default_and_names_every_switch() {
        let sample = sample();
        assert_eq!(toml::from_str::<Dialect>(&sample).ok(), Some(Dialect::default()));
        for Switch { name, .. } in SWITCHES {
            assert!(sample.contains(&format!("\n{name} = ")), "{name}");
        }
    }

    #[test]
    fn a_dialect_says_only_what_differs() {
        let text = "[rules]\nstarts = \"same_day\"\n[webhooks]\nsigning = \"hmac-hex\"\n\
            [contractors.\"70011000042\"]\napplication = \"abandon\"\n";
        let dialect: Dialect = toml::from_str(text).expect("a dialect");
        assert_eq!(dialect.rules.starts, Starts::SameDay);
        assert_eq!(dialect.rules.session_lifetime_secs, 7 * 86_400, "the rest keeps its default");
        assert_eq!(dialect.webhooks.signing, Signing::HmacHex);
        assert_eq!(dialect.contractors["70011000042"].application, Application::Abandon);
        assert!(toml::from_str::<Dialect>("starts = \"same_day\"").is_err());
    }

    #[test]
    fn what_the_doctor_suggests_for_a_client_is_taken_too() {
        let text = "[1099policy]\nauth = \"basic\"\ncontractor_required = \"phone_and_address\"\n";
        let own = of_a_tenant(&text.parse().expect("it is TOML")).expect("it speaks of 1099Policy");
        assert_eq!(own.rules.contractor_required, ContractorRequired::Strict);
        assert_eq!(of_a_tenant(&sample().parse().expect("it is TOML")), None);
    }
}
