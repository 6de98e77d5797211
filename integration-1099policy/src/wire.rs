//! The shapes on 1099Policy's wire: what is sent, and what is taken from what comes back.
//!
//! Taking is lenient throughout: unknown fields are ignored, numbers may be texts, the text `"null"` is nothing,
//! and an odd field never fails the object that carries it. Each file holds one resource: its fields, and the body
//! that creates or changes it. Read `wire/lenient.rs` for the scalars.

pub(crate) mod assignment;
pub(crate) mod certificate;
pub(crate) mod contractor;
pub(crate) mod error;
pub(crate) mod invoice;
pub(crate) mod job;
pub(crate) mod lenient;
mod plain_words;
pub(crate) mod policy;
pub(crate) mod quote;
pub(crate) mod session;
pub(crate) mod setup;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use workflow_core::domain::call::References;
use workflow_core::time::Timestamp;

use crate::config::{Config, MetadataOn};
use crate::failure::Failure;

/// Something that lists show, newest first.
pub(crate) trait Listed: DeserializeOwned {
    /// Its id.
    fn id(&self) -> Option<&str>;
    /// When it was created.
    fn created(&self) -> Option<Timestamp>;
}

/// One object out of an answer.
pub(crate) fn object<T: DeserializeOwned>(what: &str, body: Value) -> Result<T, Failure> {
    serde_json::from_value(body).map_err(|_| Failure::Unreadable(format!("no {what}")))
}

/// The items of a list: a bare array, or inside `data`. `None` when it is neither.
pub(crate) fn items(body: Value) -> Option<Vec<Value>> {
    let array = match body {
        Value::Object(mut envelope) => envelope.remove("data")?,
        array @ (Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)) => array,
    };
    match array {
        Value::Array(items) => Some(items),
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            None
        }
    }
}

/// The `custom_metadata` of a job, and by setting of what hangs on it.
pub(crate) fn metadata(config: &Config, references: &References) -> Value {
    let mut metadata = json!({
        "jobdiva_placement_id": references.placement,
        "jobdiva_job_id": references.requisition,
        "jobdiva_candidate_id": references.candidate,
    });
    add_tenant(&mut metadata, config);
    metadata
}

/// The key under which tenants that share an account tell their objects apart.
const TENANT: &str = "jobdiva_tenant";

/// Adds the tenant's name where it shares its account.
pub(crate) fn add_tenant(metadata: &mut Value, config: &Config) {
    if let Some(tenant) = &config.shared_as {
        metadata[TENANT] = json!(tenant);
    }
}

/// The tenant that an object says to be of, where that is another one.
pub(crate) fn another_tenant<'a>(
    metadata: &'a BTreeMap<String, String>,
    config: &Config,
) -> Option<&'a str> {
    let own = config.shared_as.as_deref()?;
    metadata.get(TENANT).map(String::as_str).filter(|tenant| *tenant != own)
}

/// Adds `custom_metadata` to a body whose documented fields have none, when the tenant wants it everywhere.
pub(crate) fn add_metadata(
    body: &mut Map<String, Value>,
    config: &Config,
    references: &References,
) {
    match config.metadata_on {
        MetadataOn::ContractorAndJob => {}
        MetadataOn::Everything => {
            body.insert("custom_metadata".to_owned(), metadata(config, references));
        }
    }
}

/// The fields of a `json!({...})` literal.
pub(crate) fn fields(literal: Value) -> Map<String, Value> {
    match literal {
        Value::Object(fields) => fields,
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Map::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_an_array_with_or_without_an_envelope() {
        assert_eq!(items(json!([1, 2])).unwrap().len(), 2);
        assert_eq!(items(json!({"object": "list", "data": [1]})).unwrap().len(), 1);
        assert!(items(json!({"id": "x"})).is_none());
        assert!(items(json!("x")).is_none());
    }
}
