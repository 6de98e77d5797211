//! Who is believed: signatures over raw bytes, near in time, under one of two secrets; and what is kept of the rest.

use std::sync::atomic::Ordering;

use sha2::{Digest, Sha256};
use workflow_core::time::Timestamp;

use super::listening::{
    Listening, PREVIOUS, SECRET, START, event, jobdiva_path, jobdiva_signed, message, policy_path,
    policy_signed, tenant,
};
use super::told::Told;

fn after(secs: i64) -> Timestamp {
    Timestamp::from_secs(START.as_secs() + secs)
}

#[tokio::test]
async fn the_raw_body_is_verified_before_anything_is_parsed() {
    let door = Listening::begin().await;
    let nonsense = "{ this is no message";
    // Whoever cannot sign learns nothing of what would be understood.
    assert_eq!(door.jobdiva("nobody's", nonsense).await.status, 401);
    assert_eq!(door.policy("nobody's", START, nonsense).await.status, 401);
    assert_eq!(door.events(), 0);
    assert_eq!(door.jobdiva(SECRET, nonsense).await.status, 400);
    assert_eq!(door.policy(SECRET, START, nonsense).await.status, 200, "kept as unreadable");
    // The same to a parser, and other bytes.
    let signed = policy_signed(SECRET, START, &event(1));
    let spaced = event(1).replace(',', ", ");
    assert_eq!(door.post(&policy_path(), &signed, spaced.as_bytes()).await.status, 401);
    let signed = jobdiva_signed(SECRET, &message(1));
    let spaced = message(1).replace(',', ", ");
    assert_eq!(door.post(&jobdiva_path(), &signed, spaced.as_bytes()).await.status, 401);
    assert_eq!(door.events(), 1);
}

#[tokio::test]
async fn signatures_are_compared_over_their_whole_length() {
    let door = Listening::begin().await;
    for (path, signed, body) in [
        (jobdiva_path(), jobdiva_signed(SECRET, &message(1)), message(1)),
        (policy_path(), policy_signed(SECRET, START, &event(1)), event(1)),
    ] {
        let (name, value) = &signed[0];
        let start = value.rfind('=').unwrap() + 1;
        for cut in [start, start + 2, value.len() - 2] {
            let short = [(name.clone(), value[..cut].to_owned())];
            assert_eq!(door.post(&path, &short, body.as_bytes()).await.status, 401, "{cut}");
        }
        let long = [(name.clone(), format!("{value}00"))];
        assert_eq!(door.post(&path, &long, body.as_bytes()).await.status, 401);
        assert_eq!(door.post(&path, &[], body.as_bytes()).await.status, 401, "unsigned");
        assert_eq!(door.post(&path, &signed, body.as_bytes()).await.status, 200);
    }
    assert_eq!(door.events(), 2);
}

#[tokio::test]
async fn a_signed_moment_counts_for_300_seconds_both_ways_on_the_doors_clock() {
    let door = Listening::begin().await;
    for (number, (secs, status)) in
        [(-300, 200), (300, 200), (-301, 401), (301, 401), (-86_400, 401)].into_iter().enumerate()
    {
        let body = event(u32::try_from(number).unwrap());
        let answer = door.policy(SECRET, after(secs), &body).await;
        assert_eq!(answer.status, status, "{secs} s");
    }
}

#[tokio::test]
async fn a_captured_delivery_is_known_for_300_seconds_and_refused_after_them() {
    let door = Listening::begin().await;
    let captured = policy_signed(SECRET, START, &event(1));
    let again = async || door.post(&policy_path(), &captured, event(1).as_bytes()).await;
    let first = again().await;
    assert_eq!((first.status, first.header("x-duplicate")), (200, Some("false")));
    for secs in [0, 1, 299] {
        door.pass(secs);
        let answer = again().await;
        assert_eq!((answer.status, answer.header("x-duplicate")), (200, Some("true")), "{secs}");
    }
    door.pass(1);
    assert_eq!(again().await.status, 401);
    // JobDiva signs no moment: there the key alone protects, for ever.
    for duplicate in ["false", "true"] {
        let answer = door.jobdiva(SECRET, &message(7)).await;
        assert_eq!((answer.status, answer.header("x-duplicate")), (200, Some(duplicate)));
        door.pass(86_400);
    }
    assert_eq!(door.events(), 2, "each was kept once");
}

#[test]
fn either_of_two_secrets_is_taken_and_the_log_names_it_without_showing_it() {
    let told = Told::of(async {
        let door = Listening::begin().await;
        for (number, secret) in [(1, SECRET), (2, PREVIOUS)] {
            assert_eq!(door.jobdiva(secret, &message(number)).await.status, 200);
            assert_eq!(door.policy(secret, START, &event(number)).await.status, 200);
        }
        for hook in ["acme/jobdiva", "acme/1099policy"] {
            let counts = door.counters.hooks().remove(hook).unwrap();
            assert_eq!((counts.taken, counts.signed_by_previous), (2, 1));
            let now = Some(START.to_string());
            assert_eq!((&counts.last_taken, &counts.last_signed_by_previous), (&now, &now));
        }
        // The rotation is over: what only the previous one signed is refused.
        let mut rotated = tenant();
        rotated.jobdiva_hook.as_mut().unwrap().secrets.truncate(1);
        rotated.policy_hook.as_mut().unwrap().secrets.truncate(1);
        let door = Listening::with(rotated, Default::default(), Default::default()).await;
        assert_eq!(door.jobdiva(PREVIOUS, &message(1)).await.status, 401);
        assert_eq!(door.policy(PREVIOUS, START, &event(1)).await.status, 401);
    });
    assert_eq!(told.count(r#"secret="current""#), 2, "{told:?}");
    assert_eq!(told.count(r#"secret="previous""#), 2, "{told:?}");
    told.is_silent_about(&[SECRET, PREVIOUS, "canary-secret"]);
}

#[test]
fn of_what_is_refused_there_is_a_count_a_size_and_a_hash_and_of_no_body_a_byte() {
    let canary = "canary-of-a-body";
    let body = message(1).replace("activity", canary);
    let told = Told::of(async {
        let door = Listening::begin().await;
        assert_eq!(door.jobdiva("nobody's", &body).await.status, 401);
        assert_eq!(door.policy("nobody's", START, &body).await.status, 401);
        assert_eq!(door.counters.refused.load(Ordering::Relaxed), 2);
        for hook in ["acme/jobdiva", "acme/1099policy"] {
            let refused = door.counters.hooks()[hook].last_refused.clone().unwrap();
            assert_eq!((refused.status, refused.size), (401, body.len()));
            assert_eq!(refused.sha256, hex::encode(Sha256::digest(&body)));
            assert!(!serde_json::to_string(&refused).unwrap().contains(canary));
        }
        assert_eq!(door.events(), 0, "nothing of it is kept");
        // Nor are those logged that are good, or not understood.
        assert_eq!(door.jobdiva(SECRET, &body).await.status, 200);
        let odd = format!("{{ {canary}");
        assert_eq!(door.jobdiva(SECRET, &odd).await.status, 400);
        assert_eq!(door.policy(SECRET, START, &odd).await.status, 200);
    });
    assert_eq!(told.count("a delivery was refused"), 3, "{told:?}");
    assert_eq!(told.count(&hex::encode(Sha256::digest(&body))), 2, "{told:?}");
    told.is_silent_about(&[canary, SECRET]);
}

#[tokio::test]
async fn jobdiva_is_answered_what_it_reads_as_true() {
    let door = Listening::begin().await;
    let answer = door.jobdiva(SECRET, &message(1)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "true"));
    let mut own = tenant();
    own.jobdiva_hook.as_mut().unwrap().reply = "1".to_owned();
    let door = Listening::with(own, Default::default(), Default::default()).await;
    assert_eq!(door.jobdiva(SECRET, &message(1)).await.body, "1");
    let answer = door.policy(SECRET, START, &event(1)).await;
    assert_eq!(answer.body, r#"{"received":true}"#);
}
