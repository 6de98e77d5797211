//! What is read when a tenant is set up: categories, entities, webhook endpoints.

use serde::Deserialize;
use serde_json::Value;
use workflow_core::time::Timestamp;

use super::{Listed, lenient};

#[derive(Deserialize)]
pub(crate) struct Category {
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) category_code: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) name: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Entity {
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

impl Listed for Entity {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

/// A webhook endpoint. One sample shows `secret: false`, so only a text counts as one.
#[derive(Deserialize)]
pub(crate) struct Endpoint {
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) url: Option<String>,
    #[serde(default)]
    secret: Value,
    #[serde(default)]
    events: Value,
}

impl Endpoint {
    pub(crate) fn events(&self) -> Vec<String> {
        let names = self.events.as_array().into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(crate) fn secret(&self) -> Option<&str> {
        self.secret.as_str().filter(|secret| !secret.is_empty())
    }
}
