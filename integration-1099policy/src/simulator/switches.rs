//! A dialect: the switches that one vendor account turns otherwise, as a file says them, and all switches on one page.
//!
//! Absent: what a switch does, which stands beside it in `config.rs` (and in `docs/policy-simulator.md` with the test of each),
//! and faults, which are set while the simulator runs. Next: `script.rs`, what one contractor does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::{Config, Rules, WebhookRules};
use super::script::Script;

/// What an account does otherwise; every field may be left out, an unknown one is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dialect {
    /// The vendor's behaviour where it is a choice.
    pub rules: Rules,
    /// How webhooks leave.
    pub webhooks: WebhookRules,
    /// What each contractor does, by e-mail local part or `custom_metadata.jobdiva_candidate_id`.
    pub contractors: BTreeMap<String, Script>,
}

impl Config {
    /// The same simulator in another dialect.
    pub fn speaking(self, dialect: Dialect) -> Self {
        let Dialect { rules, webhooks, contractors } = dialect;
        Self { rules, webhooks, scripts: contractors, ..self }
    }

    /// How the switches stand.
    pub fn dialect(&self) -> Dialect {
        let Self { rules, webhooks, scripts, .. } = self;
        Dialect { rules: rules.clone(), webhooks: webhooks.clone(), contractors: scripts.clone() }
    }
}

/// One switch: its name, what it decides, its values where they are words, and how well its default is known.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// The table in which it stands: `rules` or `webhooks`.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it decides.
    pub what: &'static str,
    /// The words that it takes; none for numbers, texts, yes and no.
    pub words: &'static [&'static str],
    /// How well its default is known.
    pub known: &'static str,
}

const fn rule(
    name: &'static str,
    what: &'static str,
    words: &'static [&'static str],
    known: &'static str,
) -> Switch {
    Switch { table: "rules", name, what, words, known }
}

const fn webhook(
    name: &'static str,
    what: &'static str,
    words: &'static [&'static str],
    known: &'static str,
) -> Switch {
    Switch { table: "webhooks", name, what, words, known }
}

const SILENT: &str = "unknown";
const DOCUMENTED: &str = "documented";
const INFERRED: &str = "inferred";

/// All of them, in the order of `config.rs`.
pub const SWITCHES: &[Switch] = &[
    rule(
        "strict_unknown_fields",
        "fields that the reference does not list are refused",
        &[],
        SILENT,
    ),
    rule(
        "contractor_required",
        "what a contractor must bring: names, or phone and address too",
        &["lenient", "strict"],
        "the newest reference page says strict, the guides omit both",
    ),
    rule("email_case", "how e-mails are compared", &["exact", "insensitive"], SILENT),
    rule(
        "key_reuse",
        "what a known idempotency key with another body gets",
        &["replay", "conflict", "bad_request"],
        "the literal reading of the reference",
    ),
    rule("idempotency_ttl_secs", "life of an idempotency key", &[], DOCUMENTED),
    rule("session_lifetime_secs", "life of an application that nobody finishes", &[], SILENT),
    rule(
        "review_secs",
        "until people have reviewed an application",
        &[],
        "a help page: a day at most",
    ),
    rule(
        "assignment_mismatch",
        "how `no policy fits` is said: a 201 with a result, or a 400",
        &["result", "error"],
        "both were seen",
    ),
    rule(
        "policy_reach",
        "how long a policy must last to carry an assignment",
        &["to_the_start", "today"],
        SILENT,
    ),
    rule(
        "starts",
        "whether work that begins today can still be covered",
        &["in_the_future", "same_day"],
        "the reference; a help page says same_day",
    ),
    rule(
        "words",
        "in whose words events and certificates are told",
        &["reference", "guide"],
        "each by its own documents",
    ),
    rule(
        "quote_changes",
        "until when a quote can be changed",
        &["until_policy", "never"],
        DOCUMENTED,
    ),
    rule("charge_after_secs", "from a bound assignment to the charge of the card", &[], DOCUMENTED),
    rule("extend_refresh_secs", "from an extension to its fresh certificates", &[], SILENT),
    rule("withhold_premium", "the organisation pays every premium itself", &[], DOCUMENTED),
    rule(
        "reprice",
        "what a new sum does to an invoice",
        &["replaces", "in_place"],
        "documented as `may replace`",
    ),
    rule("invoice_contractor_filter", "invoices can be listed by contractor", &[], INFERRED),
    rule(
        "echo_extra_metadata",
        "metadata comes back on quotes, sessions, assignments and certificates",
        &[],
        "not documented",
    ),
    rule(
        "insurance_requirement",
        "there is a requirement to review certificates by",
        &[],
        DOCUMENTED,
    ),
    rule("certificate_processing_secs", "until a review begins", &[], INFERRED),
    rule("certificate_result_secs", "until a review ends", &[], "a guide: 1 to 2 minutes"),
    rule(
        "certificate_error_event",
        "a breakdown of a review is told",
        &[],
        "the guides contradict each other",
    ),
    rule("policy_expired_event", "an expiry is told", &[], "in integration guides only"),
    rule("business_tz", "where a calendar day begins", &[], SILENT),
    webhook(
        "signing",
        "how deliveries are signed",
        &["none", "hmac-hex", "t-v1", "standard-webhooks"],
        SILENT,
    ),
    webhook("header", "the header of hmac-hex and t-v1", &[], SILENT),
    webhook(
        "retry_secs",
        "from the event to the first attempt, then from each failure to the next",
        &[],
        SILENT,
    ),
    webhook(
        "order",
        "in which order deliveries that are due together leave",
        &["as_happened", "reversed"],
        SILENT,
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_switch_is_on_the_page_and_takes_its_words_and_no_other() {
        let usual = json!(Dialect::default());
        for table in ["rules", "webhooks"] {
            let fields: Vec<&String> = usual[table].as_object().unwrap().keys().collect();
            let mut named: Vec<&str> =
                SWITCHES.iter().filter(|it| it.table == table).map(|it| it.name).collect();
            named.sort_unstable();
            assert_eq!(fields, named);
        }
        for Switch { table, name, words, .. } in SWITCHES {
            let with = |value: Value| {
                let mut dialect = usual.clone();
                dialect[*table][*name] = value;
                serde_json::from_value::<Dialect>(dialect)
            };
            for word in *words {
                assert_eq!(json!(with(json!(word)).unwrap())[*table][*name], *word);
            }
            if usual[*table][*name].is_string() && !["business_tz", "header"].contains(name) {
                assert!(words.contains(&usual[*table][*name].as_str().unwrap()), "{name}");
                assert!(with(json!("otherwise")).is_err(), "{name}");
            } else {
                assert!(words.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_no_default() {
        for wrong in [json!({"rule": {}}), json!({"rules": {"start": "same_day"}})] {
            assert!(serde_json::from_value::<Dialect>(wrong).is_err());
        }
    }
}
