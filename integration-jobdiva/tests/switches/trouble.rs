//! 15 to 19: quotas, queues, grants, poisoned rows and slowness.

use std::time::Duration;

use integration_jobdiva::config::Config;
use integration_jobdiva::error::Error;
use integration_jobdiva::secret::Secret;
use integration_jobdiva::simulator::{Behaviour, FaultKind, RateLimit};
use workflow_core::outcome::{Again, Outcome, Trace};

use super::tenant::{ACTIVITIES, DAY, LOGIN, PAY, PERSON, Tenant, ids, is_read, person};

const MARISOL: u64 = 70_011_000_042;

#[track_caller]
fn again(outcome: Outcome<workflow_core::domain::call::Answer>) -> Again {
    match outcome {
        Outcome::Again(again) => again,
        Outcome::Answered(answer) => panic!("{answer:?}"),
    }
}

/// Care: a 429 is waited for as long as it wishes, and holds up no other operation.
#[tokio::test]
async fn switch_15_calls_are_rationed_per_endpoint() {
    for (retry_after, wait_secs) in [(true, 60..=60), (false, 30..=38)] {
        let limit = RateLimit { burst: 1, per_minute: 1, retry_after };
        let rate_limit = Some(limit);
        let tenant = Tenant::with(Behaviour { rate_limit, ..Behaviour::default() }).await;
        assert!(is_read(&tenant.person(MARISOL).await));
        let spent = again(tenant.person(MARISOL).await);
        let after = spent.after.unwrap().as_secs();
        assert!(wait_secs.contains(&after), "{after}");
        assert_eq!(spent.trace, Trace::None, "it was not done");
        assert_eq!(tenant.sim.count(PERSON), 2, "one attempt per call");
        let polled = tenant.poll(None).await;
        assert_eq!(polled.failed, [], "every feed has a ration of its own");
        let rationed = tenant.jobdiva.poll(None, tenant.now()).await.unwrap_err();
        assert!(matches!(rationed, Error::Busy { .. }), "{rationed}");
        tenant.sim.advance(Duration::from_secs(60)).await.unwrap();
        assert!(is_read(&tenant.person(MARISOL).await));
    }
}

/// Care: words inside a 200 are no empty answer: the feed waits three minutes, its mark stays, nothing is missed.
#[tokio::test]
async fn switch_16_a_full_queue_is_said_inside_200() {
    let tenant = Tenant::with(Behaviour::default()).await;
    tenant.until("2026-03-25T09:00").await;
    tenant.fault(PAY, FaultKind::QueueFull, Some(1));
    let polled = tenant.poll(None).await;
    let [Error::Busy { operation: "pay.delta", after, .. }] = &polled.failed[..] else {
        panic!("{:?}", polled.failed)
    };
    assert_eq!(*after, Duration::from_secs(180));
    assert_eq!(polled.cursor.read_until("pay.delta"), None, "its mark has not moved");
    assert!(polled.cursor.read_until("billing.delta").is_some(), "the others went on");
    tenant.sim.advance(*after).await.unwrap();
    let (touched, next) = tenant.poll_all(Some(&polled.cursor)).await;
    assert!(touched.is_superset(&ids(&[51_000_777, 51_000_778])), "{touched:?}");
    assert!(next.cursor.read_until("pay.delta").is_some());
    tenant.fault(PERSON, FaultKind::QueueFull, Some(1));
    assert_eq!(again(tenant.person(MARISOL).await).after, Some(Duration::from_secs(180)));
}

/// Care: a method that is not granted is known by its words, whatever the status, and another way is taken.
#[tokio::test]
async fn switch_17_a_method_is_not_granted() {
    let whole = Tenant::with(Behaviour::default()).await;
    whole.until("2026-03-25T09:00").await;
    let expected = whole.all_facts().await;
    for bi_not_granted_status in [200, 401, 403, 500] {
        let not_granted = [ACTIVITIES, "bi/EmployeeAssignmentRecordsDetail", "bi/MergedCandidates"];
        let not_granted = not_granted.map(str::to_owned).into();
        let behaviour = Behaviour { not_granted, bi_not_granted_status, ..Behaviour::default() };
        let tenant = Tenant::with(behaviour).await;
        tenant.until("2026-03-25T09:00").await;
        assert!(tenant.all_facts().await == expected, "{bi_not_granted_status}");
        let (touched, _) = tenant.poll_all(None).await;
        assert!(touched.is_superset(&ids(&[51_000_777, 51_000_781])), "the slim feed will do");
        tenant.sim.revoke(PERSON).unwrap();
        let refused = tenant.person(MARISOL).await;
        let Outcome::Answered(workflow_core::domain::call::Answer::Refused(refusal)) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(refusal.code, "not_granted", "{bi_not_granted_status}");
    }
}

/// Care: around a row on which the service fails the window is halved; one hour of one feed is named, passed over, and read when
/// the row is mended.
#[tokio::test]
async fn switch_18_a_poisoned_row_fails_every_window_with_it() {
    let tenant = Tenant::with(Behaviour::default()).await;
    tenant.until("2026-03-25T09:00").await;
    tenant.fault(PAY, FaultKind::Poison { row: "70011000045/1".into() }, None);
    let polled = tenant.poll(None).await;
    assert_eq!(polled.failed, []);
    assert!(polled.touched.is_superset(&ids(&[51_000_777, 51_000_780])));
    let named: Vec<String> = polled.skipped.iter().map(ToString::to_string).collect();
    assert!(matches!(&named[..], [one] if one.starts_with("pay.delta 03/23/2026")), "{named:?}");
    tenant.sim.clear_faults().unwrap();
    tenant.sim.advance(DAY / 24).await.unwrap();
    let late = tenant.poll(Some(&polled.cursor)).await;
    assert!(late.touched.is_superset(&ids(&[51_000_780])), "what the hour held is read");
    assert_eq!(late.cursor.skipped(), []);
}

/// Care: an answer may take minutes; who gives up earlier has learned nothing, least of all that there is nothing.
#[tokio::test]
async fn switch_19_an_endpoint_takes_its_time() {
    let patience = Config::new("1", "u", Secret::new("p")).read_timeout;
    assert!(patience >= Duration::from_secs(150), "a week of activities takes 50 s");
    let latency_millis = [(PAY.to_owned(), 600), (PERSON.to_owned(), 600)].into();
    let tenant = Tenant::with(Behaviour { latency_millis, ..Behaviour::default() }).await;
    let (touched, _) = tenant.poll_all(None).await;
    assert!(touched.is_superset(&ids(&[51_000_778])));
    assert!(is_read(&tenant.person(MARISOL).await));
    assert_eq!((tenant.sim.count(PERSON), tenant.sim.count(LOGIN)), (1, 1));
    let hasty = tenant.seen_with(|config| config.read_timeout = Duration::from_millis(250));
    let given_up = again(person(&hasty, MARISOL, tenant.now()).await);
    assert_eq!(given_up.trace, Trace::Unknown);
    tenant.sim.advance(DAY).await.unwrap();
    let polled = hasty.poll(None, tenant.now()).await.unwrap();
    let unheard = |of: &Error| matches!(of, Error::NoAnswer { operation: "pay.delta", .. });
    assert!(polled.failed.iter().any(unheard), "{:?}", polled.failed);
    assert_eq!(polled.cursor.read_until("pay.delta"), None, "nothing was learned");
}
