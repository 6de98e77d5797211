//! What goes wrong: logins, tokens, quotas, grants and lines that break.

use std::time::Duration;

use integration_jobdiva::error::Error;
use integration_jobdiva::operations::Operation;
use integration_jobdiva::secret::Secret;
use integration_jobdiva::simulator::{
    Behaviour, Credentials, Fault, FaultKind, HeaderForm, RateLimit,
};
use workflow_core::domain::call::Answer;
use workflow_core::outcome::{Again, Outcome, Trace};

use super::world::{DAY, Tenant, read_person};

const LOGIN: &str = "v2/authenticate";
const MARISOL: u64 = 70_011_000_042;

async fn person(tenant: &Tenant) -> Outcome<Answer> {
    read_person(&tenant.jobdiva, MARISOL, tenant.now()).await
}

fn is_read(outcome: &Outcome<Answer>) -> bool {
    matches!(outcome, Outcome::Answered(Answer::PersonRead(_)))
}

#[track_caller]
fn again(outcome: Outcome<Answer>) -> Again {
    match outcome {
        Outcome::Again(again) => again,
        Outcome::Answered(answer) => panic!("{answer:?}"),
    }
}

fn fault(path: &str, kind: FaultKind) -> Fault {
    Fault { path: path.into(), kind, count: Some(1) }
}

#[tokio::test]
async fn a_revoked_token_costs_one_login() {
    let tenant = Tenant::standard().await;
    assert!(is_read(&person(&tenant).await));
    assert!(is_read(&person(&tenant).await));
    assert_eq!(tenant.sim.count(LOGIN), 1);
    tenant.sim.revoke_tokens().unwrap();
    assert!(is_read(&person(&tenant).await));
    assert_eq!((tenant.sim.count(LOGIN), tenant.sim.count("bi/CandidateDetail")), (2, 4));
}

#[tokio::test]
async fn a_token_is_replaced_before_it_ends() {
    let tenant = Tenant::standard().await;
    assert!(is_read(&person(&tenant).await));
    tenant.sim.advance(DAY - Duration::from_secs(301)).await.unwrap();
    assert!(is_read(&person(&tenant).await));
    assert_eq!(tenant.sim.count(LOGIN), 1);
    tenant.sim.advance(Duration::from_secs(2)).await.unwrap();
    assert!(is_read(&person(&tenant).await));
    assert_eq!((tenant.sim.count(LOGIN), tenant.sim.count("bi/CandidateDetail")), (2, 3));
}

#[tokio::test]
async fn a_path_that_the_tenant_does_not_have_is_refused_after_one_new_login() {
    let tenant = Tenant::standard().await;
    let lost = tenant.seen_with(|config| {
        let candidate = config.registry.of_mut(Operation::CandidateGet);
        candidate.path = "/apiv2/bi/CandidateDetails".into();
    });
    let refused = again(read_person(&lost, MARISOL, tenant.now()).await);
    assert_eq!((refused.trace, refused.after), (Trace::None, Some(Duration::from_secs(900))));
    assert_eq!(tenant.sim.count(LOGIN), 2);
}

#[tokio::test]
async fn a_bad_login_is_said_without_the_password() {
    let tenant = Tenant::standard().await;
    for (client_id, password) in [("4711", "wrong-password"), ("4712", "simulated & not secret")] {
        let stranger = tenant.seen_with(|config| {
            config.client_id = client_id.into();
            config.password = Secret::new(password);
        });
        let refused = stranger.log_in().await.unwrap_err();
        assert!(matches!(refused, Error::Credentials { .. }), "{refused}");
        let text = format!("{refused} {refused:?}");
        assert!(!text.contains(password) && !text.contains(&Credentials::default().username));
        let waiting = again(read_person(&stranger, MARISOL, tenant.now()).await);
        assert_eq!(waiting.after, Some(Duration::from_secs(900)));
    }
    assert_eq!(tenant.sim.count("bi/CandidateDetail"), 0);
}

#[tokio::test]
async fn a_full_queue_and_a_spent_quota_are_waited_for() {
    let limit = RateLimit { burst: 2, per_minute: 4, retry_after: true };
    let tenant =
        Tenant::with(Behaviour { rate_limit: Some(limit), ..Behaviour::default() }, |_| {}).await;
    tenant.sim.fault(fault("bi/CandidateDetail", FaultKind::QueueFull)).unwrap();
    let full = again(person(&tenant).await);
    assert_eq!((full.trace, full.after), (Trace::None, Some(Duration::from_secs(180))));
    // Until then it is left alone; another client, which knows nothing of that, spends the quota.
    let asked = tenant.sim.count("bi/CandidateDetail");
    assert_eq!(again(person(&tenant).await).after, Some(Duration::from_secs(180)));
    assert_eq!(tenant.sim.count("bi/CandidateDetail"), asked);
    let hasty = tenant.seen_with(|_| {});
    let read = async || read_person(&hasty, MARISOL, tenant.now()).await;
    assert!(is_read(&read().await) && is_read(&read().await));
    let spent = again(read().await);
    assert_eq!((spent.trace, spent.after), (Trace::None, Some(Duration::from_secs(15))));
    tenant.sim.advance(Duration::from_secs(15)).await.unwrap();
    assert!(is_read(&read().await));
    let silent = RateLimit { retry_after: false, burst: 1, ..limit };
    let tenant =
        Tenant::with(Behaviour { rate_limit: Some(silent), ..Behaviour::default() }, |_| {}).await;
    assert!(is_read(&person(&tenant).await));
    // Half a minute, and up to a quarter more.
    let after = again(person(&tenant).await).after.unwrap().as_secs();
    assert!((30..=38).contains(&after), "{after}");
}

#[tokio::test]
async fn what_is_not_granted_is_refused_by_name() {
    let tenant = Tenant::standard().await;
    tenant.sim.revoke("bi/CandidateDetail").unwrap();
    let Outcome::Answered(Answer::Refused(refusal)) = person(&tenant).await else { panic!() };
    assert_eq!((refusal.status, refusal.code.as_str()), (403, "not_granted"));
    assert!(refusal.message.starts_with("candidate.get: "), "{}", refusal.message);
    tenant.sim.grant("bi/CandidateDetail").unwrap();
    assert!(is_read(&person(&tenant).await));
}

#[tokio::test]
async fn a_broken_line_and_an_ill_service_are_tried_again() {
    let tenant = Tenant::standard().await;
    assert!(is_read(&person(&tenant).await));
    let status = |status, message: &str| FaultKind::Status { status, message: message.to_owned() };
    for (kind, trace) in [
        (FaultKind::Cut, Trace::Unknown),
        (status(503, "Service Unavailable"), Trace::Unknown),
        (status(500, "Not an array"), Trace::Unknown),
    ] {
        tenant.sim.fault(fault("bi/CandidateDetail", kind.clone())).unwrap();
        assert_eq!(again(person(&tenant).await).trace, trace, "{kind:?}");
        assert!(is_read(&person(&tenant).await), "{kind:?}: it passed");
    }
    let impatient = tenant.seen_with(|config| config.read_timeout = Duration::from_millis(50));
    tenant.sim.fault(fault("bi/CandidateDetail", FaultKind::Timeout)).unwrap();
    let silent = again(read_person(&impatient, MARISOL, tenant.now()).await);
    assert_eq!(silent.trace, Trace::Unknown);
    for (code, message) in [(500, "Error: please specify a candidate"), (400, "Bad Request")] {
        tenant.sim.fault(fault("bi/CandidateDetail", status(code, message))).unwrap();
        let refused = person(&tenant).await;
        assert!(matches!(refused, Outcome::Answered(Answer::Refused(_))), "{refused:?}");
    }
    assert_eq!(tenant.sim.count(LOGIN), 2, "none of it is about the token");
}

#[tokio::test]
async fn a_service_that_wants_the_word_bearer_gets_it() {
    let behaviour = Behaviour { header: HeaderForm::BearerOnly, ..Behaviour::default() };
    assert!(is_read(&person(&Tenant::with(behaviour, |_| {}).await).await));
}
