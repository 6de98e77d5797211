//! Policies on the wire (API reference: policies).
//!
//! A webhook's copy says `is_active`, the resource `status`; either may be missing.

use serde::Deserialize;
use workflow_core::domain::call::{PolicyId, PolicyStanding, QuoteId, Sighting, Span};
use workflow_core::time::Timestamp;

use super::{Listed, lenient};

/// What is taken from a policy.
#[derive(Clone, Deserialize)]
pub(crate) struct Policy {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    quote: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    is_active: Option<bool>,
    #[serde(default, deserialize_with = "lenient::moment")]
    effective_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::moment")]
    expiration_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

impl Policy {
    pub(crate) fn is_from(&self, quote: &QuoteId) -> bool {
        self.quote.as_deref() == Some(quote.as_str())
    }

    pub(crate) fn dates(&self) -> Span {
        Span { from: self.effective_date, until: self.expiration_date }
    }

    /// The fact that it states; `Err` names what is missing or not understood.
    pub(crate) fn sighting(&self, now: Timestamp) -> Result<Sighting, &'static str> {
        let standing = self.standing(now)?;
        self.with_standing(standing)
    }

    /// The fact that it once stated, now that it is gone.
    pub(crate) fn sighting_gone(&self) -> Result<Sighting, &'static str> {
        self.with_standing(PolicyStanding::Canceled)
    }

    fn with_standing(&self, standing: PolicyStanding) -> Result<Sighting, &'static str> {
        Ok(Sighting::Policy {
            policy: self.id.as_deref().map(PolicyId::from).ok_or("a policy without id")?,
            quote: self.quote.as_deref().map(QuoteId::from).ok_or("a policy without quote")?,
            standing,
            effective: self.effective_date.ok_or("a policy without effective_date")?,
            expires: self.expiration_date.ok_or("a policy without expiration_date")?,
        })
    }

    fn standing(&self, now: Timestamp) -> Result<PolicyStanding, &'static str> {
        let status = self.status.as_deref();
        let said = status.map(|status| standing(status).ok_or("a policy with an unknown status"));
        let told = match (said.transpose()?, self.is_active) {
            // `is_active: false` is the switch that turns a policy off, whatever the status still says.
            (Some(PolicyStanding::Active) | None, Some(false)) => PolicyStanding::Canceled,
            (Some(told), _) => told,
            (None, Some(true)) => PolicyStanding::Active,
            (None, None) => return Err("a policy without status"),
        };
        let ran_out = self.expiration_date.is_some_and(|expires| expires <= now);
        Ok(if ran_out && told == PolicyStanding::Active { PolicyStanding::Expired } else { told })
    }
}

impl Listed for Policy {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

fn standing(status: &str) -> Option<PolicyStanding> {
    Some(match status.to_ascii_lowercase().as_str() {
        "active" => PolicyStanding::Active,
        "cancelled" | "canceled" | "voided" | "void" => PolicyStanding::Canceled,
        "expired" => PolicyStanding::Expired,
        _ => return None,
    })
}

/// What a status is read as, in a word; `None` for one that is not known.
pub(crate) fn known(status: &str) -> Option<String> {
    standing(status).map(|standing| format!("{standing:?}").to_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn standing(mut policy: Value, now: i64) -> Result<PolicyStanding, &'static str> {
        policy["expiration_date"] = json!(2000);
        serde_json::from_value::<Policy>(policy).unwrap().standing(Timestamp::from_secs(now))
    }

    #[test]
    fn a_policy_is_in_force_only_when_nothing_speaks_against_it() {
        use PolicyStanding::{Active, Canceled, Expired};
        for (policy, now, expected) in [
            (json!({"status": "active"}), 1999, Ok(Active)),
            (json!({"status": "active"}), 2000, Ok(Expired)),
            (json!({"is_active": true}), 1999, Ok(Active)),
            (json!({"status": "active", "is_active": false}), 1999, Ok(Canceled)),
            (json!({"status": "cancelled"}), 2001, Ok(Canceled)),
            (json!({"status": "canceled", "is_active": true}), 1999, Ok(Canceled)),
            (json!({"status": "expired"}), 1999, Ok(Expired)),
        ] {
            assert_eq!(standing(policy.clone(), now), expected, "{policy} at {now}");
        }
        assert!(standing(json!({"status": "pending"}), 1999).is_err());
        assert!(standing(json!({}), 1999).is_err());
    }
}
