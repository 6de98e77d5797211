//! Calls performed: the plain road, the provider's ways to say no, and recovery.

use std::time::Duration;

use integration_1099policy::config::{ContractorShape, JobRegion, MetadataOn};
use serde_json::{Value, json};
use workflow_core::outcome::Trace;

use super::server::Fault;
use super::*;

fn no(status: u16, code: &str) -> Fault {
    Fault::Answer(status, None, json!({"error_code": code, "message": "no"}))
}

#[tokio::test]
async fn the_plain_road_sends_what_the_reference_documents() {
    let (world, policy) = world().await;
    let contractor = answered(policy.perform(&link_contractor(), &first("link")).await);
    assert_eq!(contractor, Answer::ContractorLinked { contractor: "cn_1".into() });
    let job = answered(policy.perform(&create_job(), &first("job")).await);
    assert_eq!(job, Answer::JobReady { job: "jb_2".into() });
    {
        let world = world.lock().unwrap();
        assert_eq!(
            world.last_body,
            json!({
                "name": "Contract data analyst", "description": "Reporting migration.",
                "entity": "en_1", "category_code": "jc_1", "wage": 9500, "wage_type": "hourly",
                "address": {"country": "US", "region": "CA"},
                "custom_metadata": {"jobdiva_job_id": "78911", "jobdiva_candidate_id": "20417", "jobdiva_placement_id": "45679"},
            })
        );
        let header = |name: &str| world.last_headers[name].to_str().unwrap();
        assert_eq!(header("authorization"), "Bearer t9k_test_1");
        assert_eq!(header("ten99policy-environment"), "sandbox");
        assert_eq!(header("ten99policy-idempotent-key"), "acme/placement/45679/3/job");
        assert_eq!(header("idempotency-key"), "acme/placement/45679/3/job");
    }
    let quote = answered(policy.perform(&create_quote(), &first("quote")).await);
    assert_eq!(quote, Answer::QuoteIssued { quote: "qt_3".into(), net_rate: None });
    let quote = json!({"contractor": "cn_1", "job": "jb_1", "coverage_type": ["general", "workers-comp"],
        "effective_date": 1_764_306_000, "end_date": 1_766_898_000});
    assert_eq!(world.lock().unwrap().last_body, quote);
    let open = Call::OpenApplication { references: references(), quote: "qt_3".into() };
    let url = "https://apply.example.test/x".into();
    assert_eq!(
        answered(policy.perform(&open, &first("open")).await),
        Answer::ApplicationOpened { session: "ias_4".into(), url }
    );
    let session = json!({"quote": "qt_3", "success_url": "https://ops.example.test/p/45679?coverage=active",
        "cancel_url": "https://ops.example.test/p/45679?coverage=canceled"});
    assert_eq!(world.lock().unwrap().last_body, session);
    assert_eq!(
        answered(policy.perform(&create_assignment(), &first("assign")).await),
        Answer::AssignmentCreated { assignment: "an_5".into(), policy: None }
    );
}

#[tokio::test]
async fn the_guides_dialect_is_spoken_by_setting() {
    let (world, url) = server::serve().await;
    let mut config = config(&url);
    config.contractor_shape = ContractorShape::Contact;
    config.job_region = JobRegion::TopLevel;
    config.metadata_on = MetadataOn::Everything;
    config.idempotency_headers = vec!["Idempotency-Key".into()];
    let policy = Ten99Policy::new(config).unwrap();
    answered(policy.perform(&link_contractor(), &first("link")).await);
    assert_eq!(world.lock().unwrap().last_body["contact"]["first_name"], "Mira");
    answered(policy.perform(&create_job(), &first("job")).await);
    assert_eq!(world.lock().unwrap().last_body["region"], "CA");
    assert_eq!(world.lock().unwrap().last_body["address"], Value::Null);
    answered(policy.perform(&create_quote(), &first("quote")).await);
    let world = world.lock().unwrap();
    assert_eq!(world.last_body["custom_metadata"]["jobdiva_placement_id"], "45679");
    assert!(!world.last_headers.contains_key("ten99policy-idempotent-key"));
    assert!(world.last_headers.contains_key("idempotency-key"));
}

#[tokio::test]
async fn a_contractor_is_adopted_only_when_it_is_the_candidates() {
    let (world, policy) = world().await;
    let email = "candidate_20417@relay.example.test";
    let put = |metadata: Value| {
        let mut world = world.lock().unwrap();
        world.stored.clear();
        world.put(
            "/contractors",
            json!({"id": "cn_9", "email": email, "custom_metadata": metadata}),
        );
    };
    put(json!({"jobdiva_candidate_id": 20417}));
    let linked = answered(policy.perform(&link_contractor(), &first("link")).await);
    assert_eq!(linked, Answer::ContractorLinked { contractor: "cn_9".into() });
    put(json!({"jobdiva_candidate_id": "7"}));
    let taken = answered(policy.perform(&link_contractor(), &first("link")).await);
    let candidate = Some("7".into());
    assert_eq!(taken, Answer::EmailTaken { contractor: "cn_9".into(), candidate });
    put(json!({}));
    let taken = answered(policy.perform(&link_contractor(), &first("link")).await);
    assert_eq!(taken, Answer::EmailTaken { contractor: "cn_9".into(), candidate: None });
    assert_eq!(world.lock().unwrap().count("POST /contractors"), 0);
}

#[tokio::test]
async fn a_duplicate_e_mail_in_another_case_is_found() {
    let (world, policy) = world().await;
    world.lock().unwrap().put(
        "/contractors",
        json!({"id": "cn_9", "email": "Candidate_20417@Relay.example.test",
            "custom_metadata": {"jobdiva_candidate_id": "20417"}}),
    );
    world.lock().unwrap().faults.push_back(no(400, "duplicate_email"));
    let linked = answered(policy.perform(&link_contractor(), &first("link")).await);
    assert_eq!(linked, Answer::ContractorLinked { contractor: "cn_9".into() });
}

#[tokio::test]
async fn the_providers_ways_to_say_no_each_have_their_answer() {
    let (world, policy) = world().await;
    let fault = |fault| world.lock().unwrap().faults.push_back(fault);
    for code in ["contractor_has_matching_policy", "contract_has_matching_policy"] {
        fault(no(400, code));
        let answer = answered(policy.perform(&create_quote(), &first(code)).await);
        assert_eq!(answer, Answer::MatchingPolicy);
    }
    fault(Fault::Answer(201, None, json!({"id": "qt_1", "eligible": false})));
    assert_eq!(
        answered(policy.perform(&create_quote(), &first("q")).await),
        Answer::QuoteIneligible { quote: "qt_1".into() }
    );
    let ineligible = |message: &str| Answer::AssignmentIneligible { message: message.into() };
    let eligible = json!({"result": false, "message": "job category mismatch"});
    fault(Fault::Answer(201, None, json!({"id": "an_1", "eligible": eligible})));
    let declined = answered(policy.perform(&create_assignment(), &first("a")).await);
    assert_eq!(declined, ineligible("job category mismatch"));
    let message = "No matching policy found for assignment.";
    fault(Fault::Answer(400, None, json!({"error_code": "bad_request", "message": message})));
    let declined = answered(policy.perform(&create_assignment(), &first("a")).await);
    assert_eq!(declined, ineligible(message));
    fault(no(400, "no_active_policy"));
    let declined = answered(policy.perform(&create_assignment(), &first("a")).await);
    assert_eq!(declined, ineligible("no"));
    let open = Call::OpenApplication { references: references(), quote: "qt_1".into() };
    fault(no(400, "application_already_complete"));
    assert_eq!(answered(policy.perform(&open, &first("o")).await), Answer::ApplicationComplete);
    // A key that is refused is the connector's trouble, not the placement's: it is tried again once it is mended.
    fault(no(401, "invalid_api_key"));
    let Outcome::Again(again) = policy.perform(&create_job(), &first("j")).await else {
        panic!("not to be tried again");
    };
    assert_eq!((again.trace, again.after), (Trace::None, Some(Duration::from_secs(900))));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_same_key_gets_it_again() {
    let (world, policy) = world().await;
    world.lock().unwrap().faults.push_back(Fault::LoseAnswer);
    let lost = again(policy.perform(&create_job(), &first("job")).await);
    assert_eq!(lost.trace, Trace::Unknown);
    let second = Attempt { earlier: 1, ..first("job") };
    let job = answered(policy.perform(&create_job(), &second).await);
    assert_eq!(job, Answer::JobReady { job: "jb_1".into() });
    let world = world.lock().unwrap();
    assert_eq!(world.of("/jobs").len(), 1);
    assert_eq!(world.count("GET /jobs"), 0, "the key protects; nothing needs a look");
}

#[tokio::test]
async fn past_the_keys_life_what_was_made_is_adopted() {
    let (world, policy) = world().await;
    let open = Call::OpenApplication { references: references(), quote: "qt_1".into() };
    for (call, collection) in [
        (create_job(), "/jobs"),
        (create_quote(), "/quotes"),
        (open, "/apply/sessions"),
        (create_assignment(), "/assignments"),
        (link_contractor(), "/contractors"),
    ] {
        world.lock().unwrap().faults.push_back(Fault::LoseAnswer);
        again(policy.perform(&call, &first(collection)).await);
        let later = Attempt { now: NOW.plus(Duration::from_secs(23 * 3600)), ..first(collection) };
        let told = Attempt { look_first: true, ..first(collection) };
        for attempt in [later, told] {
            let answer = answered(policy.perform(&call, &attempt).await);
            assert!(!matches!(answer, Answer::Refused(_)), "{answer:?}");
            let world = world.lock().unwrap();
            assert_eq!(world.of(collection).len(), 1, "{collection}");
            assert_eq!(world.count(&format!("POST {collection}")), 1, "{collection}");
        }
    }
}

#[tokio::test]
async fn what_is_older_or_anothers_is_not_adopted() {
    let (world, policy) = world().await;
    let old = NOW.as_secs() - 601;
    let of = |placement: &str| json!({"jobdiva_placement_id": placement});
    {
        let mut world = world.lock().unwrap();
        world.put("/jobs", json!({"id": "jb_old", "created": old, "custom_metadata": of("45679")}));
        world.put("/jobs", json!({"id": "jb_other", "custom_metadata": of("1")}));
        let mut gone = json!({"id": "an_gone", "contractor": "cn_1", "job": "jb_1"});
        gone["cancelled"] = json!(true);
        world.put("/assignments", gone);
    }
    let look = |operation| Attempt { look_first: true, ..first(operation) };
    let job = answered(policy.perform(&create_job(), &look("job")).await);
    assert_eq!(job, Answer::JobReady { job: "jb_1".into() });
    let made = answered(policy.perform(&create_assignment(), &look("assign")).await);
    assert_eq!(made, Answer::AssignmentCreated { assignment: "an_2".into(), policy: None });
}

#[tokio::test]
async fn two_live_assignments_are_shown_and_not_chosen_between() {
    let (world, policy) = world().await;
    for id in ["an_7", "an_8"] {
        let live = json!({"id": id, "contractor": "cn_1", "job": "jb_1"});
        world.lock().unwrap().put("/assignments", live);
    }
    let look = Attempt { look_first: true, ..first("assign") };
    let Answer::Refused(refusal) = answered(policy.perform(&create_assignment(), &look).await)
    else {
        panic!("chosen");
    };
    assert_eq!(refusal.code, "ambiguous_lookup");
    assert!(refusal.message.contains("an_7") && refusal.message.contains("an_8"));
}

#[tokio::test]
async fn a_look_up_reads_over_many_pages() {
    let (world, url) = server::serve().await;
    let policy = Ten99Policy::new(Config { page_size: 2, ..config(&url) }).unwrap();
    {
        let mut world = world.lock().unwrap();
        world.now = NOW.as_secs();
        world.put(
            "/jobs",
            json!({"id": "jb_mine", "custom_metadata": {"jobdiva_placement_id": "45679"}}),
        );
        for other in 0..5 {
            world.put("/jobs", json!({"id": format!("jb_other{other}")}));
        }
    }
    let look = Attempt { look_first: true, ..first("job") };
    let job = answered(policy.perform(&create_job(), &look).await);
    assert_eq!(job, Answer::JobReady { job: "jb_mine".into() });
    assert_eq!(world.lock().unwrap().count("GET /jobs"), 4);
}

#[tokio::test]
async fn a_replayed_500_burns_the_key_and_the_next_one_works() {
    let (world, policy) = world().await;
    world.lock().unwrap().faults.push_back(Fault::Stored500);
    assert_eq!(again(policy.perform(&create_job(), &first("job")).await).trace, Trace::Unknown);
    // The server says that it replays: burned even for a process that knows of no earlier attempt.
    assert_eq!(again(policy.perform(&create_job(), &first("job")).await).trace, Trace::Burned);
    let next = Attempt { generation: 2, earlier: 2, ..first("job") };
    let job = answered(policy.perform(&create_job(), &next).await);
    assert_eq!(job, Answer::JobReady { job: "jb_1".into() });
    let world = world.lock().unwrap();
    assert_eq!(world.count("GET /jobs"), 1, "the look before the next key");
    assert_eq!(world.seen.last().unwrap().1.as_deref(), Some("acme/placement/45679/3/job/g2"));
}

#[tokio::test]
async fn a_success_that_says_nothing_is_unknown_then_burned_then_adopted() {
    let (world, policy) = world().await;
    world.lock().unwrap().faults.push_back(Fault::Garbled(201, "<html>created</html>"));
    assert_eq!(again(policy.perform(&create_job(), &first("job")).await).trace, Trace::Unknown);
    let look = Attempt { generation: 2, earlier: 1, ..first("job") };
    let job = answered(policy.perform(&create_job(), &look).await);
    assert_eq!(job, Answer::JobReady { job: "jb_1".into() });
    assert_eq!(world.lock().unwrap().of("/jobs").len(), 1);
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says() {
    for (header, wait) in [("7", 7), ("Mon, 24 Nov 2025 16:01:00 GMT", 60)] {
        let (world, policy) = world().await;
        let retry_after = Some(("retry-after", header.to_owned()));
        let fault =
            Fault::Answer(429, retry_after, json!({"error_code": "rate_limit", "message": "x"}));
        world.lock().unwrap().faults.push_back(fault);
        let busy = again(policy.perform(&create_job(), &first("job")).await);
        assert_eq!((busy.trace, busy.after), (Trace::None, Some(Duration::from_secs(wait))));
    }
    let (world, policy) = world().await;
    world.lock().unwrap().faults.push_back(no(409, "idempotency"));
    let in_flight = again(policy.perform(&create_job(), &first("job")).await);
    assert_eq!(in_flight.trace, Trace::Unknown);
}

#[tokio::test]
async fn what_never_left_left_no_trace() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let policy = Ten99Policy::new(config(&format!("http://{closed}"))).unwrap();
    let refused = again(policy.perform(&create_job(), &first("job")).await);
    assert_eq!(refused.trace, Trace::None);
    let lookup = again(policy.perform(&link_contractor(), &first("link")).await);
    assert_eq!(lookup.trace, Trace::None);
    for reason in [refused.reason, lookup.reason] {
        assert!(
            !reason.contains('@') && !reason.contains("%40") && !reason.contains("http:"),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_job_update_sends_what_changed_and_checks_the_category() {
    let (world, policy) = world().await;
    answered(policy.perform(&create_job(), &first("job")).await);
    let update = |terms| Call::UpdateJob { job: "jb_1".into(), references: references(), terms };
    let remote = JobTerms { region: None, wage: Wage::FlatFee(Cents(100)), ..terms() };
    answered(policy.perform(&update(remote), &first("u1")).await);
    {
        let world = world.lock().unwrap();
        assert_eq!(world.last_body.get("category_code"), None);
        assert_eq!(world.last_body["address"], Value::Null);
        assert_eq!(world.of("/jobs")[0]["wage_type"], "flatfee");
    }
    let recategorised = JobTerms { category: "jc_2".into(), ..terms() };
    let unmoved = json!({"id": "jb_1", "category_code": "jc_1"});
    world.lock().unwrap().faults.push_back(Fault::Answer(200, None, unmoved));
    let answer = answered(policy.perform(&update(recategorised.clone()), &first("u2")).await);
    assert!(matches!(answer, Answer::Refused(r) if r.code == "category_not_changed"));
    let answer = answered(policy.perform(&update(recategorised), &first("u3")).await);
    assert_eq!(answer, Answer::JobReady { job: "jb_1".into() });
}

#[tokio::test]
async fn undoing_tells_done_from_too_late() {
    let (world, policy) = world().await;
    let put = |collection, resource| world.lock().unwrap().put(collection, resource);
    let fault = |fault| world.lock().unwrap().faults.push_back(fault);
    put("/assignments", json!({"id": "an_7", "job": "jb_1", "effective_date": NOW.as_secs() + 1}));
    let cancel = Call::CancelAssignment { assignment: "an_7".into(), job: "jb_1".into() };
    fault(no(400, "bad_request"));
    let early = answered(policy.perform(&cancel, &first("c1")).await);
    assert!(matches!(early, Answer::Refused(_)), "{early:?}");
    let begun = Attempt { now: NOW.plus(Duration::from_secs(1)), ..first("c2") };
    fault(no(400, "bad_request"));
    assert_eq!(answered(policy.perform(&cancel, &begun).await), Answer::AssignmentBegun);
    let done = answered(policy.perform(&cancel, &first("c3")).await);
    assert_eq!(done, Answer::AssignmentCanceled);
    fault(no(400, "bad_request"));
    let done = answered(policy.perform(&cancel, &first("c4")).await);
    assert_eq!(done, Answer::AssignmentCanceled);

    put("/apply/sessions", json!({"id": "ias_1", "step": "verify_info", "expired": false}));
    put("/apply/sessions", json!({"id": "ias_2", "step": "application_complete"}));
    let expire = |session: &str| Call::ExpireApplication { session: session.into() };
    let closed = answered(policy.perform(&expire("ias_1"), &first("e1")).await);
    assert_eq!(closed, Answer::ApplicationClosed);
    for code in ["session_expired", "bad_request"] {
        fault(no(400, code));
        let closed = answered(policy.perform(&expire("ias_1"), &first(code)).await);
        assert_eq!(closed, Answer::ApplicationClosed);
    }
    fault(no(400, "bad_request"));
    let complete = answered(policy.perform(&expire("ias_2"), &first("e2")).await);
    assert_eq!(complete, Answer::ApplicationComplete);
    let unknown =
        answered(policy.perform(&Call::ReadPerson { candidate: "1".into() }, &first("r")).await);
    assert!(matches!(unknown, Answer::Refused(r) if r.code == "wrong_side"));
}
