//! The state file and the control endpoints.

use integration_jobdiva::simulator::{Behaviour, seed};
use integration_jobdiva::simulator::{
    Config, Dataset, Fault, FaultKind, Mischief, Mutation, RecordType, Simulator, WebhookTarget,
};
use serde_json::{Value, json as value};
use workflow_core::time::{Clock, ManualClock};

use super::tenant::{DAY, HOUR, Tenant, column, json, smooth, status};

fn kept(path: &std::path::Path) -> Config {
    let behaviour = Behaviour { mischief: Mischief::NONE, ..smooth() };
    // Each start has a clock of its own, as a new process would.
    let clock = ManualClock::at(seed::START);
    Config { persist: Some(path.into()), behaviour, clock, ..Config::default() }
}

#[tokio::test]
async fn a_killed_simulator_resumes_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobdiva.json");
    let mut tenant = Tenant::of(kept(&path)).await;
    // Nothing listens there: the message stays in the queue.
    let types = RecordType::ALL.to_vec();
    let url = "http://127.0.0.1:9/hook".to_owned();
    let target = WebhookTarget { url, secret: "s".into(), is_prefixed: true, types };
    tenant.sim.set_webhook(Some(target)).unwrap();
    tenant.sim.advance(HOUR * 2).await.unwrap();
    tenant.sim.mutate(Mutation::Cancel { placement: 51_000_777 }).unwrap();
    tenant.sim.revoke("bi/JobDetail").unwrap();
    let fault = FaultKind::Status { status: 503, message: String::new() };
    tenant.sim.fault(Fault { path: "bi/ApiLimits".into(), kind: fault, count: Some(2) }).unwrap();
    assert_eq!(status(tenant.get("/apiv2/bi/ApiLimits")).await, 503);
    let (requests, deliveries, now) =
        (tenant.sim.requests(), tenant.sim.deliveries(), tenant.sim.clock().now());
    assert_eq!(deliveries.len(), 1);

    // As a kill would: the handle is dropped, nothing is flushed.
    let token = std::mem::take(&mut tenant.token);
    drop(tenant);
    let sim = Simulator::start(kept(&path)).await.unwrap();
    let tenant = Tenant::logged_in(sim, token);
    assert_eq!(tenant.sim.clock().now(), now);
    assert_eq!(tenant.sim.requests(), requests);
    assert_eq!(tenant.sim.deliveries(), deliveries);
    assert_eq!(status(tenant.get("/apiv2/bi/ApiLimits")).await, 503, "the token still counts");
    assert_eq!(status(tenant.get("/apiv2/bi/ApiLimits")).await, 200, "the fault is used up");
    let row = &tenant.rows("SubmittalDetail?interviewScheduleId=51000777").await[0];
    assert_eq!(row["REJECTFLAG"], "1");
    assert!(tenant.bi("JobDetail?jobId=30440012").await["data"].is_null());
    assert_eq!(tenant.sim.advance(HOUR).await.unwrap(), 1 + due_meanwhile(&tenant.sim));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no file left beside");
}

/// Messages tried once besides the cancellation.
fn due_meanwhile(sim: &Simulator) -> usize {
    sim.deliveries().iter().filter(|of| of.attempts == 1).count() - 1
}

#[tokio::test]
async fn a_spoilt_state_file_is_an_error_not_a_fresh_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobdiva.json");
    std::fs::write(&path, "{").unwrap();
    assert!(Simulator::start(kept(&path)).await.is_err());
}

#[tokio::test]
async fn future_records_are_invisible() {
    let tenant = Tenant::with(smooth()).await;
    let later = tenant.delta("NewUpdatedActivityRecords", "03/27/2026", "03/29/2026").await;
    assert!(later.is_empty());
    tenant.sim.clock().advance(DAY * 5);
    let later = tenant.delta("NewUpdatedActivityRecords", "03/27/2026", "03/29/2026").await;
    assert_eq!(column(&later, "ACTIVITYID"), ["51000798"]);
}

async fn control(tenant: &Tenant, verb: &str, body: Value) -> Value {
    json(tenant.http.post(tenant.url(&format!("/__sim/{verb}"))).json(&body)).await
}

#[tokio::test]
async fn the_control_endpoints_do_what_the_handle_does() {
    let mut tenant = Tenant::with(smooth()).await;
    let clock = control(&tenant, "clock", value!({ "advance_secs": 3600 })).await;
    assert_eq!(clock["eastern"], "2026-03-24T10:00:00");
    let clock = control(&tenant, "clock", value!({ "set": "03/24/2026 12:00:00" })).await;
    assert_eq!(clock["now"], "2026-03-24T16:00:00.000Z");
    let fault = value!({ "path": "bi/ApiLimits", "kind": "status", "status": 500, "message": "x" });
    control(&tenant, "faults", fault).await;
    assert_eq!(status(tenant.get("/apiv2/bi/ApiLimits")).await, 500);
    let faults = tenant.http.delete(tenant.url("/__sim/faults"));
    assert_eq!(status(faults).await, 200);
    assert_eq!(status(tenant.get("/apiv2/bi/ApiLimits")).await, 200);
    let rate = value!({
        "change": "change_rate", "placement": 51_000_793, "amount": "71", "effective": "2026-06-01",
    });
    assert_eq!(control(&tenant, "mutate", rate).await["id"], 2);
    let hire = value!({
        "change": "create_hire", "who": { "candidate": 70_011_000_056_u64 }, "job": 30_440_013,
        "start": "2026-05-04", "end": null, "pay_rate": "90", "pay_per": "H",
        "category": "Independent Contractor",
    });
    assert!(control(&tenant, "mutate", hire).await["id"].as_u64().unwrap() > 51_900_000);
    control(&tenant, "grants", value!({ "method": "bi/JobDetail", "granted": false })).await;
    let grants = json(tenant.http.get(tenant.url("/__sim/grants"))).await;
    assert_eq!(grants["denied"], value!(["bi/JobDetail"]));
    let requests = json(tenant.http.get(tenant.url("/__sim/requests"))).await;
    let limits = value!({ "method": "GET", "path": "/apiv2/bi/ApiLimits", "count": 2 });
    assert!(requests.as_array().unwrap().contains(&limits));
    assert!(!requests.to_string().contains("password"));
    tenant.http.post(tenant.url("/__sim/tokens/revoke")).send().await.unwrap();
    assert_eq!(status(tenant.get("/apiv2/bi/ApiLimits")).await, 401);
    control(&tenant, "reset", value!({ "dataset": "empty" })).await;
    tenant.login().await;
    assert!(tenant.search(value!({})).await.is_empty());
    assert_eq!(tenant.sim.clock().now(), seed::START);
    tenant.sim.reset(Dataset::Seed).unwrap();
    tenant.login().await;
    assert_eq!(tenant.search(value!({})).await.len(), 25);
    let unknown = tenant.http.post(tenant.url("/__sim/nothing"));
    assert_eq!(status(unknown).await, 404);
    let unread = tenant.http.post(tenant.url("/__sim/mutate")).body("{");
    assert_eq!(status(unread).await, 400);
}

#[tokio::test]
async fn a_copy_of_the_state_can_be_loaded_again() {
    let tenant = Tenant::with(smooth()).await;
    let copy = json(tenant.http.get(tenant.url("/__sim/state"))).await;
    tenant.sim.mutate(Mutation::Delete { placement: 51_000_777 }).unwrap();
    tenant.sim.clock().advance(DAY);
    control(&tenant, "state", copy).await;
    assert_eq!(tenant.sim.clock().now(), seed::START);
    assert_eq!(tenant.rows("SubmittalDetail?interviewScheduleId=51000777").await.len(), 1);
}
