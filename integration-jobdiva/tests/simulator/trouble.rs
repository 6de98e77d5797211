//! Rate limits, grants, and the faults by endpoint.

use integration_jobdiva::simulator::{Behaviour, Fault, FaultKind, RateLimit};
use serde_json::json as value;

use super::tenant::{Tenant, smooth, status, status_and_json};

const JOB: &str = "/apiv2/bi/JobDetail?jobId=30440012";

fn job_fault(kind: FaultKind) -> Fault {
    Fault { path: "bi/JobDetail".into(), kind, count: Some(1) }
}

#[tokio::test]
async fn a_bucket_per_endpoint() {
    let limit = RateLimit { burst: 2, per_minute: 6, retry_after: true };
    let tenant = Tenant::with(Behaviour { rate_limit: Some(limit), ..smooth() }).await;
    for _ in 0..2 {
        assert_eq!(status(tenant.get(JOB)).await, 200);
    }
    let refused = tenant.get(JOB).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "10");
    assert_eq!(refused.text().await.unwrap(), "Request Limit Exceeded");
    assert_eq!(status(tenant.get("/apiv2/bi/ApiLimits")).await, 200, "another endpoint");
    tenant.sim.clock().advance(std::time::Duration::from_secs(10));
    assert_eq!(status(tenant.get(JOB)).await, 200);
}

#[tokio::test]
async fn a_full_queue_is_a_200() {
    let tenant = Tenant::with(smooth()).await;
    tenant.sim.fault(job_fault(FaultKind::QueueFull)).unwrap();
    let (code, body) = status_and_json(tenant.get(JOB)).await;
    assert_eq!(code, 200);
    assert!(body["message"].as_str().unwrap().contains("too many API requests in the queue"));
    assert_eq!(tenant.rows("JobDetail?jobId=30440012").await.len(), 1);
}

#[tokio::test]
async fn a_method_not_granted_says_so_in_words() {
    let tenant = Tenant::with(smooth()).await;
    tenant.sim.revoke("bi/JobDetail").unwrap();
    tenant.sim.revoke("jobdiva/searchStart").unwrap();
    let (code, body) = status_and_json(tenant.get(JOB)).await;
    assert_eq!(code, 200);
    assert!(body["message"].as_str().unwrap().contains("not allowed to query this BIData metric"));
    let search = tenant.http.post(tenant.url("/apiv2/jobdiva/searchStart"));
    let search = search.bearer_auth(&tenant.token).json(&value!({})).send().await.unwrap();
    assert_eq!(search.status(), 403);
    assert!(search.text().await.unwrap().starts_with("You are not allowed to access to"));
    tenant.sim.grant("bi/JobDetail").unwrap();
    assert_eq!(tenant.rows("JobDetail?jobId=30440012").await.len(), 1);
}

#[tokio::test]
async fn faults_strike_their_endpoint_as_often_as_told() {
    let tenant = Tenant::with(smooth()).await;
    let message = "upstream".to_owned();
    tenant.sim.fault(job_fault(FaultKind::Status { status: 503, message })).unwrap();
    assert_eq!(status(tenant.get("/apiv2/bi/ApiLimits")).await, 200);
    assert_eq!(status(tenant.get(JOB)).await, 503);
    tenant.sim.fault(job_fault(FaultKind::Cut)).unwrap();
    let cut = tenant.get(JOB).send().await.unwrap_err();
    assert!(!cut.is_timeout() && !cut.is_connect(), "{cut:?}");
    assert_eq!(status(tenant.get(JOB)).await, 200);
    let always = FaultKind::Status { status: 502, message: String::new() };
    let everywhere = Fault { path: "*".into(), kind: always, count: None };
    tenant.sim.fault(everywhere).unwrap();
    for _ in 0..3 {
        assert_eq!(status(tenant.get(JOB)).await, 502);
    }
    tenant.sim.clear_faults().unwrap();
    assert_eq!(status(tenant.get(JOB)).await, 200);
}

#[tokio::test]
async fn a_hanging_call_ends_with_the_server() {
    let tenant = Tenant::with(smooth()).await;
    tenant.sim.fault(job_fault(FaultKind::Timeout)).unwrap();
    let call = tokio::spawn(tenant.get(JOB).send());
    while tenant.sim.count("bi/JobDetail") == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!call.is_finished());
    tenant.sim.stop().await;
    assert_eq!(call.await.unwrap().unwrap().status(), 503);
}
