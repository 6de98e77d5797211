//! The judge of these worlds is tried itself: a breach of each rule is planted at one of two tenants, at its insurer and
//! behind the runner's back, and is found there; the other tenant is in order.

use integration_1099policy::simulator::{WebhookFault, WebhookFaultKind};
use integration_jobdiva::simulator::Mutation;
use serde_json::{Value, json};
use workflow_core::domain::call::Wage;
use workflow_core::domain::placement::{Back, Machine, State};
use workflow_core::machine::{Kind as _, Machine as _};
use workflow_core::money::Cents;
use workflow_core::time::Timestamp;

use super::super::rules::Checked;
use super::super::scope::Scope;
use super::super::{Start, losses};
use super::judge::{nobody_is_named, nobody_waits_for_what_is_over, of_one, seen};
use super::street::Street;

/// Where it is planted: not at the demo's own tenant.
const THERE: usize = 1;

/// Two tenants: at each one of the first two placements is covered by its policy and the other by assignment, the third
/// applies, the fourth is an employee's.
async fn street() -> Street {
    let mut street = Street::new(2, Start { seasoned: true, employee: true }).await;
    street.settle().await;
    street
}

#[track_caller]
fn found(checked: Checked, says: &str) {
    let error = checked.expect_err("the breach is not found").to_string();
    assert!(error.contains(says), "{error}");
}

/// Sends what the runner would never send.
async fn send(street: &Street, method: reqwest::Method, path: &str, body: &Value) -> Value {
    let policy = street.policy(THERE);
    let url = format!("{}/api/v1{path}", policy.base_url());
    let request = reqwest::Client::new().request(method, url).bearer_auth(policy.api_key());
    let answer = request.json(body).send().await.expect("it answers");
    let (status, said) = (answer.status(), answer.text().await.expect("it says something"));
    assert!(status.is_success(), "{path}: {status} {said}");
    serde_json::from_str(&said).unwrap_or_default()
}

async fn post(street: &Street, path: &str, body: &Value) -> Value {
    send(street, reqwest::Method::POST, path, body).await
}

/// Something that is there already, as it was sent.
fn as_sent(of: &Value, without: &[&str]) -> Value {
    let mut sent = of.clone();
    let fields = sent.as_object_mut().expect("it is an object");
    fields.retain(|name, value| {
        !value.is_null()
            && !["id", "created"].contains(&name.as_str())
            && !without.contains(&&**name)
    });
    sent
}

/// The employee's placement and whose it is.
fn employee(street: &Street) -> (String, String) {
    let site = &street.sites[THERE];
    (site.placements[3].to_string(), site.candidates[2].to_string())
}

/// The policy of the first placement ends, and no webhook tells of it.
fn cancel_in_silence(street: &Street) {
    let policy = street.policy(THERE);
    let kind = WebhookFaultKind::Drop;
    policy.webhook_fault(WebhookFault { event: String::new(), count: 9, kind });
    let states = street.states(THERE);
    let issued = states.iter().find_map(super::policy_of).or_else(|| {
        states.iter().find_map(|state| match state {
            State::Flagged { back: Back::Coverage { coverage, .. }, .. } => {
                Some(coverage.evidence.id().to_owned())
            }
            _ => None,
        })
    });
    assert!(policy.cancel_policy(&issued.expect("one was issued")));
}

fn kind(state: &State) -> &'static str {
    Machine::state_kind(state).name()
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_keep_the_rules_are_left_in_peace() {
    let mut street = street().await;
    let mut kinds: Vec<_> = street.states(THERE).iter().map(kind).collect();
    // Which of the first two has the policy is who of them came first.
    kinds[..2].sort_unstable();
    assert_eq!(
        kinds,
        ["Active", "Assigned", "ApplicationPending", "Excluded", "Discovered"],
        "what the others are tried on"
    );
    super::judged(&mut street).await.expect("no rule is broken");
    street.stop().await;
}

/// Rules 2 and 7: what is made twice, and what is made of somebody who is no contractor.
#[tokio::test(flavor = "multi_thread")]
async fn second_ones_and_strangers_are_found() {
    let street = street().await;
    let contractor = street.listed(THERE, "/contractors").await.remove(0);
    let mut twin = as_sent(&contractor, &[]);
    twin["email"] = json!("twin@real.test");
    post(&street, "/contractors", &twin).await;
    found(of_one(&street, THERE).await, "2 contractors of candidate");
    of_one(&street, 0).await.expect("the other tenant is in order");

    let whole = seen(&street, THERE).await;
    let scope = &street.sites[THERE].scope;
    let (placement, candidate) = employee(&street);
    twin["email"] = json!("employee@real.test");
    twin["custom_metadata"] = json!({ "jobdiva_candidate_id": candidate });
    post(&street, "/contractors", &twin).await;
    let told = seen(&street, THERE).await;
    assert_eq!(told.contractors.get(&candidate), Some(&1), "the ledger tells whose it is");
    found(scope.kept(&told), &format!("candidate {candidate} is no contractor"));
    scope.kept(&whole).expect("before, nobody was spoken of");

    let job = street.listed(THERE, "/jobs").await.remove(0);
    let mut twin = as_sent(&job, &[]);
    post(&street, "/jobs", &twin).await;
    found(seen(&street, THERE).await.has_two_of_nothing(), "contractors of candidate");
    let jobs = seen(&street, THERE).await.jobs;
    assert!(jobs.values().any(|count| *count == 2), "{jobs:?}");
    twin["custom_metadata"] = json!({ "jobdiva_placement_id": placement });
    post(&street, "/jobs", &twin).await;
    let told = seen(&street, THERE).await;
    found(scope.kept(&told), &format!("placement {placement} is no contractor's"));
    found(Scope::default().kept(&whole), "is no contractor's, and was spoken of");
    street.stop().await;
}

/// Rules 2 and 10: two applications of one contractor, and one that is waited for and over; then each count alone.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_counts_out_of_order_are_found() {
    let street = street().await;
    let session = street.states(THERE).into_iter().find_map(|state| match state {
        State::ApplicationPending { application, .. } => Some(application),
        _ => None,
    });
    let session = session.expect("one applies");
    let links =
        json!({ "success_url": "https://a.example.com", "cancel_url": "https://a.example.com" });
    let mut again = links.clone();
    again["quote"] = json!(session.quote);
    post(&street, "/apply/sessions", &again).await;
    found(of_one(&street, THERE).await, "2 live sessions of contractor");
    post(&street, &format!("/apply/sessions/{}/expire", session.session), &json!({})).await;
    found(nobody_waits_for_what_is_over(&street, THERE).await, "is waited for, and over");

    let whole = seen(&street, 0).await;
    whole.has_two_of_nothing().expect("the other tenant is in order");
    assert!(!whole.assignments.is_empty(), "there is something to count twice");
    let mut twice = whole.clone();
    twice.assignments.values_mut().for_each(|count| *count += 1);
    found(twice.has_two_of_nothing(), "live assignments of job");
    let mut twice = whole.clone();
    twice.invoices.insert("jb_1 1775000000".into(), 2);
    found(twice.has_two_of_nothing(), "invoices of week");
    street.stop().await;
}

/// Rule 2: one document that came twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_came_twice_is_found() {
    let street = street().await;
    let contractor = street.listed(THERE, "/contractors").await.remove(0)["id"].clone();
    let contractor = contractor.as_str().expect("it has an id");
    let part = |disposition: &str, more: &str, content: &str| {
        format!("--cut\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n{content}\r\n")
    };
    let body = [
        part("name=\"contractor\"", "", contractor),
        part(
            "name=\"certificate\"; filename=\"coi.pdf\"",
            "Content-Type: application/pdf\r\n",
            "%PDF-1.7 the same",
        ),
        "--cut--\r\n".to_owned(),
    ]
    .concat();
    let policy = street.policy(THERE);
    for expected in [None, Some("2 uploads of document")] {
        let url = format!("{}/api/v1/files/certificates", policy.base_url());
        let request = reqwest::Client::new().post(url).bearer_auth(policy.api_key());
        let request = request.header("content-type", "multipart/form-data; boundary=cut");
        let answer = request.body(body.clone()).send().await.expect("it answers");
        let (status, said) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{status} {said}");
        let checked = seen(&street, THERE).await.has_two_of_nothing();
        match expected {
            None => checked.expect("one is one"),
            Some(says) => found(checked, says),
        }
    }
    street.stop().await;
}

/// Rules 4 and 5: a loss that nobody heard of, and one behind another flag.
#[tokio::test(flavor = "multi_thread")]
async fn losses_that_are_not_flagged_are_found() {
    let street = street().await;
    cancel_in_silence(&street);
    found(of_one(&street, THERE).await, "is Active on what was lost");
    of_one(&street, 0).await.expect("the other tenant is in order");
    street.stop().await;

    let mut street = self::street().await;
    // Which of the first two has the policy is who of them came first.
    let placements = &street.sites[THERE].placements;
    let is_covered =
        |id: &&u64| street.state(THERE, **id).as_ref().and_then(super::policy_of).is_some();
    let placement = *placements.iter().find(is_covered).expect("one is covered");
    let category = "Hourly Employee".into();
    street.change(THERE, Mutation::SetCategory { placement, category });
    street.sites[THERE].engaged(placement, false);
    street.pass(super::HOUR, 1).await;
    let state = street.state(THERE, placement);
    assert!(matches!(state, Some(State::Flagged { back: Back::Coverage { .. }, .. })), "{state:?}");
    losses::are_flagged(&seen(&street, THERE).await).expect("nothing is lost yet");
    cancel_in_silence(&street);
    found(of_one(&street, THERE).await, "lost its coverage and is flagged for");
    street.stop().await;
}

/// Rule 5: an assignment that the insurer gave up, and coverage whose time is over.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_active_beyond_its_coverage_is_found() {
    let street = street().await;
    let mut told = seen(&street, THERE).await;
    told.now = Timestamp(told.now.0 + 400 * 24 * 3_600_000);
    found(losses::are_flagged(&told), "is Active beyond its coverage");
    street.stop().await;
}

/// Rules 9 and 11: pay that is not what was agreed, somebody who goes on with pay that nobody understands, and a name.
#[tokio::test(flavor = "multi_thread")]
async fn other_pay_and_a_name_are_found() {
    let street = street().await;
    let job = street.listed(THERE, "/jobs").await.remove(0);
    let path = format!("/jobs/{}", job["id"].as_str().expect("it has an id"));
    let mut told = as_sent(&job, &[]);
    told["wage"] = json!(7_726);
    send(&street, reqwest::Method::PUT, &path, &told).await;
    let after = seen(&street, THERE).await;
    assert!(after.wages.contains(&Wage::Hourly(Cents(7_726))), "{:?}", after.wages);
    found(of_one(&street, THERE).await, "is no rate here");

    let mut whole = seen(&street, 0).await;
    whole.has_only_understood_money().expect("the other tenant is in order");
    let daily = street.sites[0].placements[4].to_string();
    assert_eq!(whole.not_understood, [daily.clone()].into());
    assert!(!whole.jobs.contains_key(&daily), "nothing was asked for who is paid by the day");
    let applies = street.sites[0].placements[2].to_string();
    whole.not_understood.insert(applies);
    found(whole.has_only_understood_money(), "goes on with pay that nobody understands");

    nobody_is_named(&street).expect("nobody is named");
    let folder = street.dir.path().join("elsewhere");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("notes"), "to ines@real.test").expect("a file");
    found(nobody_is_named(&street), "names");
    street.stop().await;
}
