//! What each event leads to: interpreted by its ids, confirmed by reading, whatever it said.

use integration_1099policy::interpret;
use integration_1099policy::interpret::Interest;
use integration_1099policy::poll::Watch;
use integration_1099policy::simulator::{
    Advance, Application, Charge, Config as Simulated, Script, Seal,
};
use serde_json::json;
use workflow_core::domain::call::{
    ApplicationStanding, AssignmentStanding, Call, PolicyStanding, Sighting,
};

use super::hooks::{Inbox, listen, timestamped};
use super::world::{DAY, HOUR, Insurer, work};

/// Everything that came since last time, each with what reading it shows now, in short.
async fn confirmed(insurer: &Insurer, inbox: &Inbox) -> Vec<String> {
    let came = std::mem::take(&mut inbox.lock().unwrap().deliveries);
    let mut lines = Vec::new();
    for delivery in came {
        let seen = insurer.policy.confirm(&interpret(&delivery), insurer.now()).await.unwrap();
        let words: Vec<String> = seen.iter().map(short).collect();
        lines.push(format!("{}: {}", delivery.kind, words.join(", ")));
    }
    lines
}

fn short(sighting: &Sighting) -> String {
    match sighting {
        Sighting::Policy { standing, .. } => match standing {
            PolicyStanding::Active => "policy in force".into(),
            PolicyStanding::Canceled => "policy canceled".into(),
            PolicyStanding::Expired => "policy expired".into(),
        },
        Sighting::Assignment { standing, .. } => match standing {
            AssignmentStanding::Pending => "assignment pending".into(),
            AssignmentStanding::Active => "assignment active".into(),
            AssignmentStanding::Canceled => "assignment canceled".into(),
            AssignmentStanding::ChargeFailed => "assignment unpaid".into(),
        },
        Sighting::Certificate { review, .. } => format!("certificate {:?}", review.standing),
        Sighting::Application { standing, .. } => match standing {
            ApplicationStanding::Open { step } => format!("application at {step}"),
            ApplicationStanding::ManualReview => "application in review".into(),
            ApplicationStanding::Complete => "application complete".into(),
            ApplicationStanding::Ineligible => "application declined".into(),
            ApplicationStanding::Expired => "application expired".into(),
        },
    }
}

fn expiring() -> Simulated {
    let mut simulated = Simulated::default();
    simulated.rules.policy_expired_event = true;
    simulated
}

#[tokio::test]
async fn the_life_of_a_policy_is_told_and_confirmed() {
    let insurer = Insurer::with(expiring(), |_| {}).await;
    let inbox = listen(&insurer, timestamped()).await;
    let (applied, policy) = insurer.insured(&work("1", "11")).await;
    assert_eq!(
        confirmed(&insurer, &inbox).await,
        [
            // Each is read as it stands now, however late it comes.
            "application.created: application complete",
            "application.started: application complete",
            "application.complete: application complete",
            "policy.active: policy in force",
        ]
    );
    assert!(insurer.sim.cancel_policy(policy.as_str()));
    insurer.sim.tick().await;
    assert_eq!(confirmed(&insurer, &inbox).await, ["policy.cancelled: policy canceled"]);
    assert!(insurer.sim.reactivate_policy(policy.as_str()));
    insurer.sim.tick().await;
    assert_eq!(confirmed(&insurer, &inbox).await, ["policy.reactivated: policy in force"]);
    insurer.sim.advance(200 * DAY).await;
    assert_eq!(confirmed(&insurer, &inbox).await, ["policy.expired: policy expired"]);
    let seen = insurer.see(Watch::Quote(applied.quote)).await;
    assert_eq!(seen.iter().map(short).collect::<Vec<_>>(), ["policy expired"]);
}

#[tokio::test]
async fn a_policy_that_ran_out_is_expired_before_the_insurer_says_so() {
    let insurer = Insurer::standard().await;
    let (_, policy) = insurer.insured(&work("1", "11")).await;
    let last = work("1", "11").window().until;
    insurer.sim.clock().set(last);
    let seen = insurer.see(Watch::Policy(policy)).await;
    assert_eq!(seen.iter().map(short).collect::<Vec<_>>(), ["policy expired"]);
}

#[tokio::test]
async fn an_application_is_followed_to_each_of_its_ends() {
    let minutes = std::time::Duration::from_secs(120);
    for (application, after, told) in [
        (Application::Ineligible, 3 * HOUR, &["application.ineligible: application declined"][..]),
        (
            Application::ManualReview,
            3 * HOUR,
            &["application.manual_review: application in review"],
        ),
        (Application::Abandon, 7 * DAY, &["application.expired: application expired"]),
    ] {
        let insurer = Insurer::standard().await;
        let inbox = listen(&insurer, timestamped()).await;
        insurer.sim.script("11", Script::of(application));
        insurer.applying(&work("1", "11")).await;
        insurer.sim.advance(HOUR).await;
        assert_eq!(
            confirmed(&insurer, &inbox).await,
            [
                "application.created: application at application_questions",
                "application.started: application at application_questions"
            ]
        );
        insurer.sim.advance(after - HOUR + minutes).await;
        assert_eq!(confirmed(&insurer, &inbox).await, told, "{application:?}");
        if application == Application::ManualReview {
            insurer.sim.advance(DAY).await;
            assert_eq!(
                confirmed(&insurer, &inbox).await,
                [
                    "application.manual_review_approved: application complete",
                    "application.complete: application complete",
                    "policy.active: policy in force",
                ]
            );
        }
    }
}

#[tokio::test]
async fn an_old_word_of_a_review_says_nothing_after_the_approval() {
    let insurer = Insurer::standard().await;
    let inbox = listen(&insurer, timestamped()).await;
    insurer.sim.script("11", Script::of(Application::Ignore));
    let applied = insurer.applying(&work("1", "11")).await;
    assert!(insurer.sim.advance_session(applied.session.as_str(), Advance::ManualReview));
    insurer.sim.advance(2 * DAY).await;
    assert_eq!(
        confirmed(&insurer, &inbox).await,
        [
            "application.created: application complete",
            "application.manual_review: application complete",
            "application.manual_review_approved: application complete",
            "application.complete: application complete",
            "policy.active: policy in force",
        ]
    );
}

#[tokio::test]
async fn an_assignment_is_charged_or_not_or_undone() {
    let insurer = Insurer::standard().await;
    insurer.insured(&work("1", "11")).await;
    let inbox = listen(&insurer, timestamped()).await;
    insurer.assigned(&work("2", "11")).await;
    insurer.sim.advance(DAY).await;
    assert_eq!(
        confirmed(&insurer, &inbox).await,
        [
            "invoice.charge_card_succeeded: assignment active",
            "assignment.active: assignment active"
        ]
    );
    insurer.sim.script("11", Script { charge: Charge::Fails, ..Script::default() });
    let (_, job, assignment) = insurer.assigned(&work("3", "11")).await;
    insurer.sim.advance(DAY).await;
    assert_eq!(
        confirmed(&insurer, &inbox).await,
        ["invoice.charge_card_failed: assignment unpaid"]
    );
    insurer.answer("undo", Call::CancelAssignment { assignment, job }).await;
    insurer.sim.tick().await;
    assert_eq!(confirmed(&insurer, &inbox).await, ["assignment.cancelled: assignment canceled"]);
}

#[tokio::test]
async fn an_event_that_never_happened_proves_nothing() {
    let insurer = Insurer::standard().await;
    let inbox = listen(&insurer, timestamped()).await;
    insurer.sim.script("11", Script::of(Application::Ignore));
    let applied = insurer.applying(&work("1", "11")).await;
    insurer.sim.tick().await;
    confirmed(&insurer, &inbox).await;
    let session = applied.session.as_str();
    let invented = [
        (
            "policy.active",
            json!({ "id": "pl_0", "quote": applied.quote.as_str(), "status": "active" }),
        ),
        ("application.ineligible", json!({ "id": session, "quote": applied.quote.as_str() })),
        ("application.complete", json!({ "id": session, "step": "application_complete" })),
        ("assignment.active", json!({ "id": "an_0", "job": applied.job.as_str() })),
        ("invoice.charge_card_failed", json!({ "id": "in_0", "job": applied.job.as_str() })),
    ];
    for (kind, data) in &invented {
        let event = json!({ "id": format!("ev_{kind}"), "type": kind, "created": 1, "data": data });
        insurer.sim.inject_event(&event, Seal::Genuine);
    }
    insurer.sim.tick().await;
    assert_eq!(
        confirmed(&insurer, &inbox).await,
        [
            "policy.active: ",
            "application.ineligible: application at verify_info",
            "application.complete: application at verify_info",
            "assignment.active: ",
            "invoice.charge_card_failed: ",
        ]
    );
}

#[tokio::test]
async fn the_guides_names_and_new_categories_are_understood() {
    let insurer = Insurer::standard().await;
    let inbox = listen(&insurer, timestamped()).await;
    let (_, policy) = insurer.insured(&work("1", "11")).await;
    confirmed(&insurer, &inbox).await;
    insurer.sim.cancel_policy(policy.as_str());
    insurer.sim.tick().await;
    confirmed(&insurer, &inbox).await;
    let event = json!({ "id": "ev_1", "type": "policy.canceled", "created": 1,
        "data": { "id": policy.as_str(), "is_active": false } });
    insurer.sim.inject_event(&event, Seal::Genuine);
    insurer.sim.approve_category("jc_Welder", "Welder");
    insurer.sim.tick().await;
    let came = inbox.lock().unwrap().deliveries.clone();
    assert!(matches!(interpret(&came[1]), Interest::Category { .. }), "{:?}", came[1].kind);
    assert_eq!(
        confirmed(&insurer, &inbox).await,
        ["policy.cancelled: policy canceled", "category_code.added: "]
    );
}
