//! A delivery of our own, signed as the provider would, sent to the own door.

use serde::Serialize;
use serde_json::json;
use workflow_core::time::Timestamp;

use super::{Capture, Check, Hint, Trial, Why, client, hint, trial, why};
use crate::config::Tenant;
use crate::systems::{JOBDIVA, POLICY};

/// What came of knocking at the own door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Knocked {
    /// What the configuration says of the delivery, before it is sent.
    pub trial: Trial,
    /// The status answered; `None` when nothing was sent or answered.
    pub status: Option<u16>,
    /// Why the door did not take it; `None` when it did.
    pub failed: Option<Why>,
}

impl Knocked {
    /// Whether the door took it.
    pub fn passed(&self) -> bool {
        self.trial.passed() && self.failed.is_none()
    }
}

/// Sends a delivery of our own to the tenant's hook below `base`, such as `https://hooks.example.com`.
///
/// It is genuine, so the door keeps it; it is of a kind that leads nowhere, so nothing follows from it.
pub async fn knock(tenant: &Tenant, source: &str, base: &str, now: Timestamp) -> Knocked {
    let not_sent = |trial: Trial, failed: Option<Why>| Knocked { trial, status: None, failed };
    let (endpoint, capture) = match own(tenant, source, now) {
        Ok(own) => own,
        Err(failed) => {
            return not_sent(Trial::ended(source, &[], Some((Check::Hook, failed))), None);
        }
    };
    let tried = trial(tenant, source, &capture, now);
    if !tried.passed() {
        return not_sent(tried, None);
    }
    let url = format!("{}/hooks/{source}/{endpoint}", base.trim_end_matches('/'));
    let answer = match client::post(&url, &capture).await {
        Ok(answer) => answer,
        Err(error) => {
            let text = "is the service running, and does the name lead to it?";
            return not_sent(tried, Some(why(error, vec![hint("unreachable", text)])));
        }
    };
    let reply = tenant.jobdiva_hook.as_ref().map(|hook| hook.reply.clone().into_bytes());
    let expected = match source {
        JOBDIVA => reply.unwrap_or_default(),
        _ => br#"{"received":true}"#.to_vec(),
    };
    let failed = match answer.status {
        200 if answer.body == expected => None,
        _ => Some(unlike(&answer)),
    };
    Knocked { trial: tried, status: Some(answer.status), failed }
}

/// The tenant's endpoint and a signed delivery for it.
fn own(tenant: &Tenant, source: &str, now: Timestamp) -> Result<(String, Capture), Why> {
    let none = || why(format!("tenant {} has no such hook: {source}", tenant.name), Vec::new());
    let id = format!("webhook-trial-{}", now.0);
    let unsigned = || {
        let text = "only the provider has the private key: let it send a test delivery";
        why("it cannot be signed from here", vec![hint("asymmetric", text)])
    };
    match source {
        JOBDIVA => {
            let hook = tenant.jobdiva_hook.as_ref().ok_or_else(none)?;
            let receiver = hook.receiver().map_err(|error| why(error.to_string(), Vec::new()))?;
            // Contacts are taken note of and nothing is read for them.
            let body = json!({ "type": "contact", "operation": "Update", "id": id });
            let body = body.to_string().into_bytes();
            let headers = receiver.sign(&body).into_iter();
            let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value));
            Ok((hook.endpoint.clone(), Capture { headers: headers.collect(), body }))
        }
        POLICY => {
            let hook = tenant.policy_hook.as_ref().ok_or_else(none)?;
            let receiver = hook.receiver().map_err(|error| why(error.to_string(), Vec::new()))?;
            // A new category is taken note of, and nothing is read for it.
            let body = json!({
                "id": id, "type": "category_code.added", "created": now.as_secs(), "data": {},
            });
            let body = body.to_string().into_bytes();
            let headers = receiver.sign(&id, &body, now).ok_or_else(unsigned)?;
            let headers =
                headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
            Ok((hook.endpoint.clone(), Capture { headers: headers.collect(), body }))
        }
        _ => Err(none()),
    }
}

/// Why an answer is not the door's yes.
fn unlike(answer: &client::Answer) -> Why {
    let (code, text): (&'static str, &str) = match answer.status {
        200 => {
            ("other_server", "another server answers at this address: its reply is not the door's")
        }
        _ if answer.is_redirect => (
            "redirect",
            "providers follow no redirect: register the address that it leads to, or let the proxy pass it on",
        ),
        401 => (
            "other_secret",
            "this configuration would take it: the running service has another one (restart it after a change), \
             or the proxy changes the body or drops headers",
        ),
        403 => {
            ("allow_from", "this machine is not in allow_from, or trusted_proxies lacks the proxy")
        }
        404 => (
            "no_endpoint",
            "the running service has no such endpoint (restart it after a change), or the proxy passes another path on",
        ),
        408 => ("slow", "the body did not come in time"),
        413 => ("size", "a proxy allows smaller bodies than the door"),
        429 => {
            ("limited", "this address was refused too often within a minute: wait, and try again")
        }
        502 | 504 => ("proxy", "the proxy does not reach the service"),
        503 => ("later", "the service does not get on, or its disk is full: see its log"),
        _ => ("other", "this is none of the door's answers"),
    };
    let hints: Vec<Hint> = vec![hint(code, text)];
    why(format!("answered {}", answer.status), hints)
}
