//! Line 8: webhooks at a door of the checklist's own, on this machine. The same delivery comes three times, and a forged
//! one beside it; one event is kept.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use integration_1099policy::receive::Profile;
use integration_1099policy::secret::Secret as PolicySecret;
use integration_jobdiva::secret::Secret as JobDivaSecret;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use workflow_core::domain::facts::PlacementId;

use super::rig::Rig;
use super::{ChecklistError, client};
use crate::config::{JobDivaHook, PolicyHook, Tenant};
use crate::ingress::{self, Counters, Door, Limits};
use crate::systems::{JOBDIVA, POLICY};

/// On loopback, with both signatures checked, a fixed address is no weakness.
const ENDPOINT: &str = "checklist-own-door";
/// The header of the profile that is tried.
const HEADER: &str = "Checklist-Signature";

/// Hangs the checklist's own hooks in place of the tenant's.
pub(super) fn hang(tenant: &mut Tenant, secret: &str) {
    let (endpoint, header) = (ENDPOINT.to_owned(), HEADER.to_owned());
    let secrets = vec![JobDivaSecret::new(secret)];
    tenant.jobdiva_hook = Some(JobDivaHook::new(endpoint.clone(), secrets));
    let (profile, secrets) = (Profile::HmacHex { header }, vec![PolicySecret::new(secret)]);
    tenant.policy_hook = Some(PolicyHook::new(endpoint, profile, secrets));
}

/// One source's genuine delivery, and how it is signed.
struct Signed {
    source: &'static str,
    header: &'static str,
    signature: String,
    body: String,
}

/// What came of it: evidence, or what is wrong.
pub(super) async fn knock(
    rig: &Rig,
    placement: &PlacementId,
) -> Result<Result<String, String>, ChecklistError> {
    let io = |source| ChecklistError::Io { what: "opening a door on this machine", source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(io)?;
    let address = listener.local_addr().map_err(io)?;
    let counters = Arc::new(Counters::default());
    let door = Door {
        inboxes: Arc::new(rig.engine.clone()),
        systems: Arc::clone(&rig.systems),
        counters: Arc::clone(&counters),
        limits: Limits::default(),
    };
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(crate::serve::serve(
        listener,
        ingress::router(door),
        crate::serve::PROVIDER_LONGEST,
        stopped,
    ));
    let mut evidence = Vec::new();
    let mut result = Ok(());
    for signed in deliveries(rig, placement) {
        let url = format!("http://{address}/hooks/{}/{ENDPOINT}", signed.source);
        let before = rig.engine.position().0;
        let kept_before = counters.kept.load(Ordering::Relaxed);
        let duplicates_before = counters.duplicates.load(Ordering::Relaxed);
        let mut statuses = Vec::new();
        for forged in [false, true, false, false] {
            statuses.push(post(&url, &signed, forged).await);
        }
        let events = rig.engine.position().0 - before;
        let kept = counters.kept.load(Ordering::Relaxed) - kept_before;
        let duplicates = counters.duplicates.load(Ordering::Relaxed) - duplicates_before;
        let ok = |status: &Result<u16, String>| matches!(status, Ok(200..=299));
        let genuine = [&statuses[0], &statuses[2], &statuses[3]].into_iter().all(ok);
        let turned_away = statuses[1] == Ok(401);
        let found = format!(
            "{}: three times the same, {kept} kept and {duplicates} known already, {events} event; \
             forged: {}",
            signed.source,
            statuses[1].as_ref().map_or_else(Clone::clone, ToString::to_string)
        );
        if !(genuine && turned_away && (events, kept, duplicates) == (1, 1, 2)) {
            result = Err(format!("{found}; answers {statuses:?}"));
        }
        evidence.push(found);
    }
    stop.send_replace(true);
    if let Ok(Err(error)) = serving.await {
        tracing::warn!(%error, "the door on this machine failed");
    }
    Ok(result.map(|()| evidence.join("; ")))
}

fn deliveries(rig: &Rig, placement: &PlacementId) -> Vec<Signed> {
    let body = json!({
        "type": "activity", "operation": "Update", "id": placement,
        "data": [{ "ACTIVITYID": placement }],
    });
    let body = body.to_string();
    let secret = JobDivaSecret::new(rig.secret.as_str());
    let signature = integration_jobdiva::receive::signature(&secret, body.as_bytes());
    let jobdiva = signature.map(|signature| Signed {
        source: JOBDIVA,
        header: "X-Hub-Signature",
        signature,
        body,
    });
    let body = json!({
        "id": "ev_checklist", "type": "policy.active", "created": rig.clock().now().as_secs(),
        "data": { "id": "pl_checklist", "object": "policy" },
    });
    let body = body.to_string();
    let secret = PolicySecret::new(rig.secret.as_str());
    let signature = integration_1099policy::receive::hmac_hex(&secret, body.as_bytes()).ok();
    let policy =
        signature.map(|signature| Signed { source: POLICY, header: HEADER, signature, body });
    jobdiva.into_iter().chain(policy).collect()
}

async fn post(url: &str, signed: &Signed, forged: bool) -> Result<u16, String> {
    // Of the same length and alphabet, and of nobody's key.
    let flip = |digit: char| if digit == '0' { '1' } else { '0' };
    let signature = match (forged, signed.signature.chars().last()) {
        (true, Some(last)) => {
            let kept = &signed.signature[..signed.signature.len() - last.len_utf8()];
            format!("{kept}{}", flip(last))
        }
        _ => signed.signature.clone(),
    };
    client::post(url, (signed.header, &signature), &signed.body).await
}
