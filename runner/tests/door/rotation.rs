//! A secret that is changed while the process runs: its file is read again, and what it says is believed from then on.

use std::path::Path;

use runner::receivers::REREAD_EVERY;

use super::listening::{Listening, PREVIOUS, SECRET, event, message, tenant};

const NEW: &str = "a secret that nobody had when the door was opened";

/// A door whose current secrets come from these files; the previous ones come from the environment.
async fn door(jobdiva: &Path, policy: &Path) -> Listening {
    for file in [jobdiva, policy] {
        std::fs::write(file, format!("{SECRET}\n")).unwrap();
    }
    let mut tenant = tenant();
    tenant.jobdiva_hook.as_mut().unwrap().secret_files = vec![Some(jobdiva.to_owned()), None];
    tenant.policy_hook.as_mut().unwrap().secret_files = vec![Some(policy.to_owned()), None];
    Listening::with(tenant, Default::default(), Default::default()).await
}

/// What JobDiva's and 1099Policy's next delivery is answered when this secret signs it.
async fn answered(door: &Listening, secret: &str, number: u32) -> (u16, u16) {
    use workflow_core::time::Clock as _;
    let jobdiva = door.jobdiva(secret, &message(number)).await.status;
    (jobdiva, door.policy(secret, door.clock.now(), &event(number)).await.status)
}

#[tokio::test]
async fn a_secrets_file_that_says_something_else_is_believed_within_seconds_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (jobdiva, policy) = (dir.path().join("jobdiva"), dir.path().join("policy"));
    let door = door(&jobdiva, &policy).await;
    let secs = REREAD_EVERY.as_secs();
    door.look();
    assert_eq!(answered(&door, SECRET, 1).await, (200, 200));
    assert_eq!(answered(&door, NEW, 2).await, (401, 401));

    for file in [&jobdiva, &policy] {
        std::fs::write(file, NEW).unwrap();
    }
    // Not before its time, and not at the first sight of it: it may be half written.
    door.look();
    door.pass(secs);
    door.look();
    assert_eq!(answered(&door, SECRET, 3).await, (200, 200));
    assert_eq!(answered(&door, NEW, 4).await, (401, 401));
    door.look();
    assert_eq!(answered(&door, NEW, 4).await, (401, 401), "it was read again too soon");
    door.pass(secs);
    door.look();
    assert_eq!(answered(&door, NEW, 5).await, (200, 200));
    assert_eq!(
        answered(&door, SECRET, 6).await,
        (401, 401),
        "whoever stole the old one has nothing"
    );
    assert_eq!(answered(&door, PREVIOUS, 7).await, (200, 200), "the other one is what it was");
}

#[tokio::test]
async fn a_file_that_says_nothing_leaves_the_secret_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (jobdiva, policy) = (dir.path().join("jobdiva"), dir.path().join("policy"));
    let door = door(&jobdiva, &policy).await;
    std::fs::write(&jobdiva, "\n").unwrap();
    std::fs::remove_file(&policy).unwrap();
    for number in 1..4 {
        door.pass(REREAD_EVERY.as_secs());
        door.look();
        assert_eq!(answered(&door, SECRET, number).await, (200, 200));
    }
    // One that changes at every look is on its way.
    for (number, text) in (4..).zip(["a", "ab", "abc", "abcd"]) {
        std::fs::write(&jobdiva, text).unwrap();
        door.pass(REREAD_EVERY.as_secs());
        door.look();
        assert_eq!(door.jobdiva(SECRET, &message(number)).await.status, 200, "{text}");
    }
}
