//! What a price follows from, and which policy carries an assignment: category, the state of the work, the state of the
//! home, coverage. Each is the only thing that differs, once.

use serde_json::{Value, json};

use super::desk::{Desk, cover, person, repeat, work};

/// A job in a state; without one the work is done at home.
async fn job_in(desk: &Desk, category: &str, state: Option<&str>) -> String {
    let mut body = work(category);
    body["address"] = state.map_or(Value::Null, |state| json!({ "region": state }));
    desk.made("/jobs", body).await
}

/// Somebody who lives in a state.
async fn resident(desk: &Desk, local: &str, state: &str) -> String {
    let mut body = person(local);
    body["address"]["region"] = json!(state);
    desk.made("/contractors", body).await
}

/// The rates of a quote for these coverages: net, general liability and workers' compensation.
async fn rates(desk: &Desk, contractor: &str, job: &str, coverage: &[&str]) -> [Option<i64>; 3] {
    let mut body = cover(contractor, job);
    body["coverage_type"] = json!(coverage);
    let (status, quote) = desk.post("/quotes", body).await;
    assert_eq!(status, 201, "{quote}");
    let rates = ["net_rate", "gl_net_rate", "wc_net_rate"].map(|rate| quote[rate].as_i64());
    let part = |name: &str| quote["quote_json"][name]["net_rate"].as_i64();
    assert_eq!([part("gl"), part("wc")], [rates[1], rates[2]], "{quote}");
    rates
}

const USUAL: [&str; 2] = ["general", "workers-comp"];

#[tokio::test]
async fn a_price_follows_from_category_state_of_work_and_coverage_and_from_nothing_else() {
    let desk = Desk::standard().await;
    let (here, there) = (desk.contractor("1").await, resident(&desk, "2", "NY").await);
    let job = job_in(&desk, "jc_DataAnalyst", Some("CA")).await;
    let usual = rates(&desk, &here, &job, &USUAL).await;
    let [net, Some(liability), Some(compensation)] = usual else { panic!("{usual:?}") };
    assert_eq!(net, Some(liability + compensation));
    assert!((60..=170).contains(&net.unwrap()), "outside of what is documented: {usual:?}");

    // The same again, on another job of the same kind, and wherever the contractor lives.
    assert_eq!(rates(&desk, &here, &job, &USUAL).await, usual);
    let twin = job_in(&desk, "jc_DataAnalyst", Some("CA")).await;
    assert_eq!(rates(&desk, &here, &twin, &USUAL).await, usual);
    assert_eq!(rates(&desk, &there, &job, &USUAL).await, usual);

    for (category, state) in
        [("jc_DataAnalyst", "NY"), ("jc_DataAnalyst", "TX"), ("jc_Designer", "CA")]
    {
        let other = job_in(&desk, category, Some(state)).await;
        let other = rates(&desk, &here, &other, &USUAL).await;
        assert!(other[1] != usual[1] && other[2] != usual[2], "{category} in {state}: {other:?}");
    }
    // Work from home is work where the home is.
    let remote = job_in(&desk, "jc_DataAnalyst", None).await;
    let in_new_york = job_in(&desk, "jc_DataAnalyst", Some("NY")).await;
    assert_eq!(rates(&desk, &here, &remote, &USUAL).await, usual);
    let at_home = rates(&desk, &there, &remote, &USUAL).await;
    assert_eq!(at_home, rates(&desk, &here, &in_new_york, &USUAL).await);
    assert_ne!(at_home, usual);

    // Each coverage adds its own, and what was not asked for has no price.
    assert_eq!(
        rates(&desk, &here, &job, &["general"]).await,
        [Some(liability), Some(liability), None]
    );
    let alone = rates(&desk, &here, &job, &["workers-comp"]).await;
    assert_eq!(alone, [Some(compensation), None, Some(compensation)]);
    let [_, more, none] = rates(&desk, &here, &job, &["general", "professional"]).await;
    assert!(more > Some(liability) && none.is_none(), "{more:?}");
}

/// Which policy an assignment would stand on; none fits where it is null.
async fn chosen(desk: &Desk, contractor: &str, job: &str, coverage: Option<&[&str]>) -> Value {
    let mut body = repeat(contractor, job);
    // Nothing is charged, and nothing told.
    body["bind"] = json!(false);
    if let Some(coverage) = coverage {
        body["coverage_type"] = json!(coverage);
    }
    let (status, made) = desk.post("/assignments", body).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["eligible"]["result"], json!(!made["policy"].is_null()), "{made}");
    made["policy"].clone()
}

#[tokio::test]
async fn an_assignment_stands_on_a_policy_of_its_category_states_and_coverage_and_on_no_other() {
    let desk = Desk::standard().await;
    // In California, at home and at work, general liability and workers' compensation.
    let (contractor, _, policy) = desk.insured("1").await;
    let policy = json!(policy);
    let same = job_in(&desk, "jc_DataAnalyst", Some("CA")).await;
    let fits = async |job: &str, coverage| chosen(&desk, &contractor, job, coverage).await;
    assert_eq!(fits(&same, None).await, policy);
    let remote = job_in(&desk, "jc_DataAnalyst", None).await;
    assert_eq!(fits(&remote, None).await, policy, "at home is in California too");

    let category = job_in(&desk, "jc_Designer", Some("CA")).await;
    let state = job_in(&desk, "jc_DataAnalyst", Some("NY")).await;
    for (job, what) in [(&category, "another category"), (&state, "work in another state")] {
        assert_eq!(fits(job, None).await, Value::Null, "{what}");
    }
    // A part of the coverage is covered, more than it is not.
    for part in [&["general"][..], &["workers-comp"], &USUAL] {
        assert_eq!(fits(&same, Some(part)).await, policy, "{part:?}");
    }
    for more in [&["professional"][..], &["general", "cyber"]] {
        assert_eq!(fits(&same, Some(more)).await, Value::Null, "{more:?}");
    }

    // A second policy, for work in New York: each job finds its own.
    let quote = desk.quote(&contractor, &state).await;
    desk.session(&quote).await;
    desk.hours(4).await;
    let (_, second) = desk.get(&format!("/policies?quote={quote}")).await;
    let second = second[0]["id"].clone();
    assert!(second.is_string() && second != policy);
    assert_eq!(
        (fits(&same, None).await, fits(&state, None).await),
        (policy.clone(), second.clone())
    );
    // One that is named is taken only where it fits.
    let mut named = repeat(&contractor, &same);
    (named["bind"], named["policy"]) = (json!(false), second);
    assert_eq!(desk.post("/assignments", named).await.1["eligible"]["result"], json!(false));

    // Who moves has no policy for the new home.
    let moved = json!({ "address": { "region": "NY" } });
    assert_eq!(desk.put(&format!("/contractors/{contractor}"), moved).await.0, 200);
    for job in [&same, &state] {
        assert_eq!(fits(job, None).await, Value::Null, "the home is in another state");
    }
}
