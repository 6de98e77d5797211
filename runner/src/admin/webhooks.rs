//! What came through the webhook door since the process started.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Door;
use crate::ingress::counts::Hook;
use crate::systems::{JOBDIVA, POLICY};
use crate::views::VERSION;

/// The door and its hooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhooks {
    /// [`VERSION`].
    pub version: u32,
    /// Deliveries kept.
    pub kept: u64,
    /// Deliveries that were there already.
    pub duplicates: u64,
    /// Requests for hooks that are not there.
    pub unknown: u64,
    /// Requests from addresses that are not allowed.
    pub outside: u64,
    /// Requests of sources that were refused too often.
    pub limited: u64,
    /// Requests that were told to come again.
    pub turned_away: u64,
    /// The hooks of the configuration, by `tenant/source`.
    pub hooks: BTreeMap<String, Hook>,
}

pub(super) async fn show(State(door): State<Arc<Door>>) -> Response {
    let counters = &door.counters;
    let mut hooks = BTreeMap::new();
    for connected in door.systems.all() {
        let tenant = &connected.tenant;
        let there =
            [(JOBDIVA, tenant.jobdiva_hook.is_some()), (POLICY, tenant.policy_hook.is_some())];
        for (source, _) in there.into_iter().filter(|(_, there)| *there) {
            hooks.insert(format!("{}/{source}", tenant.name), Hook::default());
        }
    }
    hooks.extend(counters.hooks());
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    Json(Webhooks {
        version: VERSION,
        kept: read(&counters.kept),
        duplicates: read(&counters.duplicates),
        unknown: read(&counters.unknown),
        outside: read(&counters.outside),
        limited: read(&counters.limited),
        turned_away: read(&counters.turned_away),
        hooks,
    })
    .into_response()
}
