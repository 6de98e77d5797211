//! A captured delivery that the door refuses: which step, and what would help.

use integration_1099policy::receive::Profile;
use runner::config::Tenant;
use runner::webhook_trial::{self, Capture, Check, Trial, Verdict};
use workflow_core::time::Timestamp;

use super::listening::{
    HEADER, PREVIOUS, SECRET, START, event, jobdiva_signed, message, policy_signed, tenant,
};

fn capture(headers: &[(String, String)], body: &str) -> Capture {
    let lower = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    Capture { headers: lower.collect(), body: body.as_bytes().to_vec() }
}

/// The step that fails and the codes of its hints.
fn fails(trial: &Trial) -> (Check, Vec<&'static str>) {
    let (check, why) = trial.failed().expect("it passes");
    for step in &trial.steps {
        assert_eq!(step.check > check, step.verdict == Verdict::NotReached, "{:?}", step.check);
    }
    (check, why.hints.iter().map(|hint| hint.code).collect())
}

fn of_jobdiva(tenant: &Tenant, headers: &[(String, String)], body: &str) -> Trial {
    webhook_trial::trial(tenant, "jobdiva", &capture(headers, body), START)
}

fn of_policy(tenant: &Tenant, headers: &[(String, String)], body: &str) -> Trial {
    webhook_trial::trial(tenant, "1099policy", &capture(headers, body), START)
}

fn with_profile(profile: Profile) -> Tenant {
    let mut own = tenant();
    own.policy_hook.as_mut().unwrap().profile = profile;
    own
}

#[test]
fn what_passes_says_which_secret_signed_and_what_it_is_about() {
    let trial = of_jobdiva(&tenant(), &jobdiva_signed(PREVIOUS, &message(1)), &message(1));
    assert!(trial.passed(), "{trial}");
    assert_eq!(
        (trial.signed_by, trial.kinds),
        (Some("previous"), vec!["activity.update".to_owned()])
    );
    let trial = of_policy(&tenant(), &policy_signed(SECRET, START, &event(1)), &event(1));
    assert_eq!((trial.passed(), trial.signed_by), (true, Some("current")));
    assert!(trial.steps.iter().all(|step| step.verdict == Verdict::Passed), "{trial}");
    let unasked = of_policy(&with_profile(Profile::None), &[], &event(1));
    assert!(unasked.passed(), "{unasked}");
    assert_eq!(unasked.steps[2].verdict, Verdict::NotAsked);
}

#[test]
fn each_step_of_jobdivas_door_can_fail() {
    use Check::{Content, Digest, Header, Hook, Scheme, Size};
    let mut without = tenant();
    without.jobdiva_hook = None;
    let (signed, body) = (jobdiva_signed(SECRET, &message(1)), message(1));
    let value = |text: &str| vec![("X-Hub-Signature".to_owned(), text.to_owned())];
    assert_eq!(fails(&of_jobdiva(&without, &signed, &body)), (Hook, vec!["no_hook"]));
    let large = "x".repeat(300 << 10);
    assert_eq!(fails(&of_jobdiva(&tenant(), &signed, &large)), (Size, vec![]));
    assert_eq!(fails(&of_jobdiva(&tenant(), &[], &body)), (Header, vec![]));
    let elsewhere = [("X-Proxy-Signature".to_owned(), signed[0].1.clone())];
    assert_eq!(fails(&of_jobdiva(&tenant(), &elsewhere, &body)), (Header, vec!["other_header"]));
    assert_eq!(fails(&of_jobdiva(&tenant(), &value("md5=00"), &body)), (Scheme, vec![]));
    let altered = format!("{body}\n");
    assert_eq!(fails(&of_jobdiva(&tenant(), &signed, &altered)), (Digest, vec!["body_altered"]));
    let foreign = jobdiva_signed("another", &body);
    let unexplained = (Digest, vec!["other_secret", "body_altered"]);
    assert_eq!(fails(&of_jobdiva(&tenant(), &foreign, &body)), unexplained);
    let odd = jobdiva_signed(SECRET, "[]");
    assert_eq!(fails(&of_jobdiva(&tenant(), &odd, "[]")), (Content, vec![]));
    let nobody = webhook_trial::trial(&tenant(), "nobody", &Capture::default(), START);
    assert_eq!(fails(&nobody).0, Hook);
}

#[test]
fn each_step_of_1099policys_door_can_fail() {
    use Check::{Content, Digest, Header, Moment, Scheme, Size};
    let (signed, body) = (policy_signed(SECRET, START, &event(1)), event(1));
    assert_eq!(fails(&of_policy(&tenant(), &signed, &"x".repeat(300 << 10))), (Size, vec![]));
    assert_eq!(fails(&of_policy(&tenant(), &[], &body)), (Header, vec![]));
    let value = |text: &str| vec![(HEADER.to_owned(), text.to_owned())];
    assert_eq!(fails(&of_policy(&tenant(), &value("sha256=00"), &body)), (Scheme, vec![]));
    let late = policy_signed(SECRET, Timestamp::from_secs(START.as_secs() - 4000), &body);
    let trial = of_policy(&tenant(), &late, &body);
    assert_eq!(fails(&trial), (Moment, vec!["clock_or_capture"]));
    assert!(trial.to_string().contains("signed 4000 s before"), "{trial}");
    assert_eq!(fails(&of_policy(&tenant(), &signed, &event(2))).0, Digest);
    let spaced = body.replace(',', ", ");
    assert_eq!(fails(&of_policy(&tenant(), &signed, &spaced)), (Digest, vec!["body_altered"]));
    let header = HEADER.to_owned();
    let plain = with_profile(Profile::HmacHex { header });
    assert_eq!(fails(&of_policy(&plain, &signed, &body)), (Scheme, vec!["other_profile"]));
    let none = with_profile(Profile::None);
    assert_eq!(fails(&of_policy(&none, &[], "{}")), (Content, vec![]));
}

#[test]
fn nothing_that_is_told_holds_a_secret_a_signature_or_a_byte_of_the_body() {
    let canary = "canary-of-a-body";
    let body = message(1).replace("activity", canary);
    let mut trials = Vec::new();
    for secret in [SECRET, PREVIOUS, "another"] {
        let signed = jobdiva_signed(secret, &body);
        let timed = policy_signed(secret, START, &body);
        for (headers, body) in [
            (&signed, body.clone()),
            (&signed, format!("{body}\n")),
            (&timed, body.clone()),
            (&timed, "{".to_owned() + &body),
        ] {
            trials.push((of_jobdiva(&tenant(), headers, &body), headers[0].1.clone()));
            trials.push((of_policy(&tenant(), headers, &body), headers[0].1.clone()));
        }
    }
    for (trial, signature) in trials {
        let passed = Trial { kinds: Vec::new(), ..trial };
        let told = format!("{passed}{}", serde_json::to_string(&passed).unwrap());
        for hidden in [canary, SECRET, PREVIOUS, &signature] {
            assert!(!told.contains(hidden), "{hidden} is in {told}");
        }
    }
}
