//! Contractors on the wire (API reference: contractors; vendor guides: section 4.1).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workflow_core::domain::call::ContractorId;
use workflow_core::domain::facts::{CandidateId, Person, Place};
use workflow_core::time::Timestamp;

use super::{Listed, add_tenant, another_tenant, fields, lenient};
use crate::config::{Config, ContractorRequired, ContractorShape};

/// What is taken from a contractor.
#[derive(Deserialize)]
pub(crate) struct Contractor {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    email: Option<String>,
    #[serde(default)]
    contact: Value,
    #[serde(default, deserialize_with = "lenient::texts")]
    custom_metadata: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

impl Contractor {
    pub(crate) fn contractor_id(&self) -> Option<ContractorId> {
        self.id.as_deref().map(ContractorId::from)
    }

    /// The candidate that it was created for, where it says so; another tenant's with the tenant's name before it.
    pub(crate) fn candidate(&self, config: &Config) -> Option<CandidateId> {
        let id = self.custom_metadata.get("jobdiva_candidate_id")?;
        Some(match another_tenant(&self.custom_metadata, config) {
            Some(tenant) => CandidateId(format!("{tenant}/{id}")),
            None => CandidateId::from(id.as_str()),
        })
    }

    /// Whether it has this e-mail; case is ignored, for nobody documents whether the server does.
    pub(crate) fn has_email(&self, email: &str) -> bool {
        let own = self.email.as_deref().or_else(|| self.contact["email"].as_str());
        own.is_some_and(|own| own.trim().eq_ignore_ascii_case(email.trim()))
    }
}

impl Listed for Contractor {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

/// The body that creates or updates a contractor.
pub(crate) fn body(
    config: &Config,
    candidate: &CandidateId,
    person: &Person,
    email: &str,
) -> Map<String, Value> {
    let mut contact = fields(json!({
        "email": email,
        "first_name": person.first_name,
        "last_name": person.last_name,
    }));
    if let Some(phone) = &person.phone {
        contact.insert("phone".to_owned(), json!(phone));
    }
    let mut body = match config.contractor_shape {
        ContractorShape::Flat => contact,
        ContractorShape::Contact => fields(json!({ "contact": contact })),
    };
    if let Some(address) = home_address(&person.home) {
        body.insert("address".to_owned(), address);
    }
    let mut metadata = json!({ "jobdiva_candidate_id": candidate });
    add_tenant(&mut metadata, config);
    body.insert("custom_metadata".to_owned(), metadata);
    body
}

/// What 1099Policy's newest reference requires of a person and this one does not have; nothing where the setting asks for
/// no more than names.
pub(crate) fn lacking(config: &Config, person: &Person) -> Vec<&'static str> {
    match config.contractor_required {
        ContractorRequired::Names => Vec::new(),
        ContractorRequired::PhoneAndAddress => {
            let phone = person.phone.as_deref().is_none_or(|phone| phone.trim().is_empty());
            let address = home_address(&person.home).is_none();
            let lacking = [(phone, "a phone number"), (address, "a home state of two letters")];
            lacking.into_iter().filter_map(|(lacks, what)| lacks.then_some(what)).collect()
        }
    }
}

/// The home as far as it fits the two-letter codes that 1099Policy knows; a text that does not is left out.
fn home_address(home: &Place) -> Option<Value> {
    let region = home.state.as_deref().and_then(two_letters);
    let country = home.country.as_deref().and_then(country_code);
    let region = region?;
    Some(json!({ "country": country.unwrap_or_else(|| "US".to_owned()), "region": region }))
}

fn two_letters(text: &str) -> Option<String> {
    let text = text.trim();
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase())
}

fn country_code(text: &str) -> Option<String> {
    let spelled_out = ["USA", "U.S.", "U.S.A.", "UNITED STATES", "UNITED STATES OF AMERICA"];
    if spelled_out.contains(&text.trim().to_ascii_uppercase().as_str()) {
        return Some("US".to_owned());
    }
    two_letters(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, LinkTemplates};
    use crate::secret::Secret;

    fn config() -> Config {
        let links = LinkTemplates { success_url: String::new(), cancel_url: String::new() };
        Config::new(Secret::new("k"), Environment::Sandbox, links)
    }

    fn person(state: &str, country: &str) -> Person {
        Person {
            first_name: "Jordan".into(),
            last_name: "Lee".into(),
            email: None,
            phone: None,
            home: Place { state: Some(state.into()), country: Some(country.into()), remote: false },
        }
    }

    #[test]
    fn both_dialects_are_spoken() {
        let id = CandidateId::from("12345");
        let email = "candidate_12345@relay.example.test";
        let flat = body(&config(), &id, &person("CA", "US"), email);
        assert_eq!(
            Value::Object(flat),
            json!({
                "email": email, "first_name": "Jordan", "last_name": "Lee",
                "address": {"country": "US", "region": "CA"},
                "custom_metadata": {"jobdiva_candidate_id": "12345"},
            })
        );
        let guide = Config { contractor_shape: ContractorShape::Contact, ..config() };
        assert_eq!(
            Value::Object(body(&guide, &id, &person("ca", "United States"), email)),
            json!({
                "contact": {"email": email, "first_name": "Jordan", "last_name": "Lee"},
                "address": {"country": "US", "region": "CA"},
                "custom_metadata": {"jobdiva_candidate_id": "12345"},
            })
        );
    }

    #[test]
    fn a_home_that_is_no_code_is_left_out() {
        let id = CandidateId::from("1");
        assert!(!body(&config(), &id, &person("Calif.", "US"), "e").contains_key("address"));
    }

    #[test]
    fn the_e_mail_is_found_in_both_dialects() {
        for value in [json!({"email": "A@x.test"}), json!({"contact": {"email": "a@X.test"}})] {
            let contractor: Contractor = serde_json::from_value(value).unwrap();
            assert!(contractor.has_email("a@x.test"));
            assert!(!contractor.has_email("b@x.test"));
        }
    }
}
