//! Tokens, their lives, and who is let in.

use integration_jobdiva::simulator::{Behaviour, Credentials, HeaderForm};
use serde_json::json as value;

use super::tenant::{DAY, HOUR, Tenant, json, smooth, status, status_and_json};

const PROBE: &str = "/apiv2/bi/ApiLimits";

#[tokio::test]
async fn five_ways_to_log_in() {
    let mut tenant = Tenant::with(smooth()).await;
    let pair = tenant.login().await;
    let known = Credentials::default();
    for path in ["/apiv2/authenticate", "/api/authenticate"] {
        let answer = tenant.login_at(path, &known).send().await.unwrap();
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
        tenant.token = answer.text().await.unwrap();
        assert_eq!(tenant.token.split('.').count(), 3);
        assert_eq!(status(tenant.get(PROBE)).await, 200);
    }
    let body = value!({
        "clientId": known.client_id, "userName": known.username, "password": known.password,
    });
    let posted = json(tenant.http.post(tenant.url("/apiv2/v2/login")).json(&body)).await;
    let refresh = tenant.get("/apiv2/v2/refreshToken");
    assert_eq!(status(refresh).await, 401, "an access token refreshes nothing");
    tenant.token = pair["refreshtoken"].as_str().unwrap().into();
    assert_eq!(status(tenant.get(PROBE)).await, 401, "a refresh token reads nothing");
    let renewed = json(tenant.get("/apiv2/v2/refreshToken")).await;
    for token in [&posted["token"], &renewed["token"]] {
        tenant.token = token.as_str().unwrap().into();
        assert_eq!(status(tenant.get(PROBE)).await, 200);
    }
    assert_eq!(json(tenant.get("/apiv2/validateUser")).await, true);
}

#[tokio::test]
async fn a_token_lives_a_day_of_simulated_time() {
    let tenant = Tenant::with(Behaviour::default()).await;
    assert!(tenant.token.len() > 900, "real tokens are long");
    tenant.sim.clock().advance(DAY - HOUR);
    assert_eq!(status(tenant.get(PROBE)).await, 200);
    tenant.sim.clock().advance(HOUR);
    let (code, body) = status_and_json(tenant.get(PROBE)).await;
    assert_eq!(code, 401);
    assert_eq!(body["message"], "Full authentication is required to access this resource");
    assert_eq!(body["path"], PROBE);
}

#[tokio::test]
async fn revoked_tokens_stop_before_their_time() {
    let mut tenant = Tenant::with(Behaviour::default()).await;
    tenant.sim.revoke_tokens().unwrap();
    assert_eq!(status(tenant.get(PROBE)).await, 401);
    tenant.login().await;
    assert_eq!(status(tenant.get(PROBE)).await, 200);
}

#[tokio::test]
async fn a_bad_login_is_a_500_and_a_missing_parameter_a_400() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let wrong = Credentials { password: "wrong".into(), ..Credentials::default() };
    let (code, body) = status_and_json(tenant.login_at("/apiv2/v2/authenticate", &wrong)).await;
    assert_eq!((code, &body["message"]), (500, &value!("Invalid username/password")));
    let bare = tenant.http.get(tenant.url("/apiv2/v2/authenticate?clientid=4711"));
    let (code, body) = status_and_json(bare).await;
    assert_eq!((code, &body["apierror"]["status"]), (400, &value!("BAD_REQUEST")));
}

#[tokio::test]
async fn raw_and_bearer_headers_by_switch() {
    for (header, raw, bearer) in [
        (HeaderForm::Both, 200, 200),
        (HeaderForm::BearerOnly, 401, 200),
        (HeaderForm::RawOnly, 200, 401),
    ] {
        let tenant = Tenant::with(Behaviour { header, ..Behaviour::default() }).await;
        let plain = tenant.http.get(tenant.url(PROBE)).header("authorization", &tenant.token);
        assert_eq!(status(plain).await, raw, "{header:?}");
        assert_eq!(status(tenant.get(PROBE)).await, bearer, "{header:?}");
    }
}

#[tokio::test]
async fn an_unknown_path_looks_like_a_missing_login() {
    let tenant = Tenant::with(Behaviour::default()).await;
    for path in ["/apiv2/bi/NewUpdatedStartRecords", "/apiv2/nothing", "/api", "/bi/JobDetail"] {
        let (code, body) = status_and_json(tenant.get(path)).await;
        assert_eq!(code, 401);
        assert!(body["message"].as_str().unwrap().starts_with("Full authentication"));
    }
}
