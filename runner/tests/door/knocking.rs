//! A delivery of our own at our own door, and at what may stand in its place.

use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{any, post};
use integration_1099policy::receive::Profile;
use integration_1099policy::secret::Secret as PolicySecret;
use integration_jobdiva::secret::Secret as JobDivaSecret;
use runner::config::Tenant;
use runner::webhook_trial::{Knocked, knock};
use tokio::net::TcpListener;

use super::listening::{HEADER, JOBDIVA_ENDPOINT, Listening, PREVIOUS, SECRET, START, tenant};

const BOTH: [&str; 2] = ["jobdiva", "1099policy"];

async fn at(address: SocketAddr, tenant: &Tenant, source: &str) -> Knocked {
    knock(tenant, source, &format!("http://{address}/"), START).await
}

fn hint(knocked: &Knocked) -> &'static str {
    let why = knocked.failed.as_ref().unwrap_or_else(|| panic!("it was taken: {knocked:?}"));
    why.hints.first().unwrap().code
}

#[tokio::test]
async fn the_own_door_takes_what_is_signed_here_in_every_profile() {
    let header = || HEADER.to_owned();
    for profile in [
        Profile::None,
        Profile::SharedToken { header: header() },
        Profile::HmacHex { header: header() },
        Profile::TimestampedV1 { header: header() },
        Profile::StandardWebhooks,
    ] {
        let mut own = tenant();
        own.policy_hook.as_mut().unwrap().profile = profile.clone();
        let door = Listening::with(own.clone(), Default::default(), Default::default()).await;
        for source in BOTH {
            let knocked = at(door.address, &own, source).await;
            assert!(knocked.passed(), "{profile:?} {knocked:?}");
            assert_eq!(knocked.status, Some(200));
        }
        assert_eq!(door.events(), 2, "genuine deliveries, kept like any other");
    }
}

#[tokio::test]
async fn a_service_with_other_settings_than_the_file_is_told_from_a_wrong_file() {
    let door = Listening::begin().await;
    let mut own = tenant();
    own.jobdiva_hook.as_mut().unwrap().secrets = vec![JobDivaSecret::new("changed since")];
    own.policy_hook.as_mut().unwrap().secrets = vec![PolicySecret::new("changed since")];
    for source in BOTH {
        let knocked = at(door.address, &own, source).await;
        assert!(knocked.trial.passed(), "the file is good");
        assert_eq!((knocked.status, hint(&knocked)), (Some(401), "other_secret"));
    }
    let mut own = tenant();
    own.jobdiva_hook.as_mut().unwrap().endpoint = JOBDIVA_ENDPOINT.replace('9', "8");
    let knocked = at(door.address, &own, "jobdiva").await;
    assert_eq!((knocked.status, hint(&knocked)), (Some(404), "no_endpoint"));
    own.jobdiva_hook = None;
    let knocked = at(door.address, &own, "jobdiva").await;
    assert!(!knocked.passed() && knocked.status.is_none());
    assert_eq!(door.events(), 0);
}

/// Something else than the door.
async fn other(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn what_stands_before_the_door_is_told_and_followed_nowhere() {
    let reached = Router::new()
        .route("/else", any(async || -> StatusCode { panic!("a redirect was followed") }))
        .fallback(post(async || Redirect::permanent("/else")));
    let redirecting = other(reached).await;
    let silent = other(Router::new().fallback(post(async || "Welcome!"))).await;
    let broken = other(Router::new().fallback(post(async || StatusCode::BAD_GATEWAY))).await;
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    for source in BOTH {
        for (address, status, code) in [
            (redirecting, Some(308), "redirect"),
            (silent, Some(200), "other_server"),
            (broken, Some(502), "proxy"),
            (nobody, None, "unreachable"),
        ] {
            let knocked = at(address, &tenant(), source).await;
            assert_eq!((knocked.status, hint(&knocked)), (status, code));
            let told = serde_json::to_string(&knocked).unwrap();
            for hidden in [SECRET, PREVIOUS, JOBDIVA_ENDPOINT] {
                assert!(!told.contains(hidden), "{told}");
            }
        }
    }
}
