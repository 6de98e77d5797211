//! Application sessions on the wire (API reference: apply/sessions; vendor guides: section 4.4).

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workflow_core::domain::call::{QuoteId, References, SessionId};
use workflow_core::time::Timestamp;

use super::{Listed, add_metadata, fields, lenient};
use crate::config::Config;

/// The last step: nothing is left to do for the contractor.
pub(crate) const STEP_COMPLETE: &str = "application_complete";

/// What is taken from a session.
#[derive(Deserialize)]
pub(crate) struct Session {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    quote: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    expired: Option<bool>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) step: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) url: Option<String>,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

impl Session {
    pub(crate) fn session_id(&self) -> Option<SessionId> {
        self.id.as_deref().map(SessionId::from)
    }

    pub(crate) fn quote_id(&self) -> Option<QuoteId> {
        self.quote.as_deref().map(QuoteId::from)
    }

    pub(crate) fn is_for(&self, quote: &QuoteId) -> bool {
        self.quote.as_deref() == Some(quote.as_str())
    }

    pub(crate) fn is_expired(&self) -> bool {
        self.expired == Some(true)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.step.as_deref() == Some(STEP_COMPLETE)
    }
}

impl Listed for Session {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

/// The body that opens a session.
pub(crate) fn creation(
    config: &Config,
    references: &References,
    quote: &QuoteId,
) -> Map<String, Value> {
    let (success_url, cancel_url) = config.links.for_placement(references.placement.as_str());
    let mut body =
        fields(json!({ "quote": quote, "success_url": success_url, "cancel_url": cancel_url }));
    add_metadata(&mut body, config, references);
    body
}
