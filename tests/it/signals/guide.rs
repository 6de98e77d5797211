//! The integration guide's table of signals, row by row, on both roads.

use integration_1099policy::simulator::{Advance, Fault, FaultKind, Outcome as Reviewed};
use integration_jobdiva::config::TimesheetPay;
use integration_jobdiva::simulator::{Decision, Mutation};
use jiff::civil::date;
use runner::views;
use serde_json::{Value, json};
use workflow_core::domain::placement::{Evidence, State};
use workflow_core::domain::rules::Send;
use workflow_core::engine::Wait;
use workflow_core::id::StreamId;
use workflow_core::time::Timestamp;

use super::{DAY, HOUR, Road, SECOND, World};

/// 2026-04-27, 12:00 in New York: the first week of work is over.
const WORKED: Timestamp = Timestamp(1_777_305_600_000);

#[tokio::test(flavor = "multi_thread")]
async fn every_row_by_webhook() {
    rows(Road::Webhooks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_by_polling_alone() {
    rows(Road::Polling).await;
}

async fn rows(road: Road) {
    let world = World::with(road, |config| {
        let tenant = &mut config.tenants[0];
        tenant.jobdiva.timesheets = Some(TimesheetPay::Rate);
        tenant.rules.invoices.send = Send::Always;
    });
    let mut world = world.await;
    let (placement, candidate) = world.hire("Ines");
    created(&mut world, &placement, &candidate).await;
    updated(&mut world, &placement, &candidate).await;
    covered_and_lost(&mut world, &placement).await;
    certificates(&mut world, &placement, &candidate).await;
    billed(&mut world, &placement).await;
    run_out(&mut world, &placement).await;
    assert_eq!(world.parked(), [""; 0], "{road:?}");
    let ledger = world.demo.policy().ledger();
    assert_eq!(ledger.contractors_by_candidate.get(&candidate), Some(&1), "{road:?}");
    assert_eq!(ledger.jobs_by_placement.get(&placement), Some(&1), "{road:?}");
    world.end().await;
}

/// Candidate created: contractor. Job created: job mapping. Placement created or confirmed: quote.
async fn created(world: &mut World, placement: &str, candidate: &str) {
    world.news().await;
    world.is(placement, "ApplicationPending", "waiting for the contractor");
    let listed = world.insurer("/contractors?email=ines.varga%40example.com").await;
    assert_eq!(listed[0]["custom_metadata"]["jobdiva_candidate_id"], candidate);
    let State::ApplicationPending { hired, .. } = world.state(placement).unwrap() else {
        panic!("it applies")
    };
    let job = world.insurer(&format!("/jobs/{}", hired.job)).await;
    assert_eq!(job["wage"], 7725);
}

/// Candidate updated, job updated (its pay), placement updated (its dates).
async fn updated(world: &mut World, placement: &str, candidate: &str) {
    let (id, number) = (candidate.parse().unwrap(), placement.parse().unwrap());
    let email = "ines.new@example.com".to_owned();
    world.change(Mutation::SetEmail { candidate: id, email });
    world.news().await;
    let listed = world.insurer("/contractors?email=ines.new%40example.com").await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");

    let (amount, effective) = ("80".to_owned(), date(2026, 4, 13));
    world.change(Mutation::ChangeRate { placement: number, amount, effective });
    world.news().await;
    world.news().await;
    world.is(placement, "ApplicationPending", "");
    let State::ApplicationPending { hired, .. } = world.state(placement).unwrap() else {
        panic!("it applies")
    };
    assert_eq!(world.insurer(&format!("/jobs/{}", hired.job)).await["wage"], 8000);

    let (start, end) = (date(2026, 4, 20), Some(date(2026, 7, 31)));
    world.change(Mutation::MoveDates { placement: number, start, end });
    world.news().await;
    let State::ApplicationPending { hired, application, .. } = world.state(placement).unwrap()
    else {
        panic!("it applies")
    };
    assert_eq!(hired.terms().window.first_day, start);
    let quote = world.insurer(&format!("/quotes/{}", application.quote)).await;
    assert_eq!(quote["effective_date"], hired.terms().window.effective.as_secs());
}

/// How far the application of a placement has come.
#[track_caller]
fn progress(world: &World, placement: &str) -> String {
    let Some(State::ApplicationPending { application, .. }) = world.state(placement) else {
        panic!("it applies")
    };
    application.progress
}

/// application.started, policy.active, policy.canceled, policy.expired.
async fn covered_and_lost(world: &mut World, placement: &str) {
    let session = world.session(placement);
    let before = progress(world, placement);
    assert!(world.demo.policy().advance_session(&session, Advance::NextStep));
    world.news().await;
    assert_ne!(progress(world, placement), before, "{:?}: it was begun", world.road);

    assert!(world.demo.policy().advance_session(&session, Advance::Complete));
    world.news().await;
    world.is(placement, "Active", "covered 2026-04-20 to 2026-07-31");

    let Some(State::Active { coverage, .. }) = world.state(placement) else {
        panic!("it is covered")
    };
    let Evidence::Policy { policy, quote } = coverage.evidence else { panic!("by a policy") };
    let about = json!({ "id": policy, "quote": quote });
    // Said of a policy that is in force: kept, read back, and nothing comes of it.
    let history = world.history("placement", placement);
    for name in ["policy.canceled", "policy.expired"] {
        world.told(name, &about).await;
    }
    assert_eq!(world.history("placement", placement), history, "{:?}", world.road);
    world.is(placement, "Active", "covered 2026-04-20 to 2026-07-31");

    // Cancelled really, and told in the guide's spelling alone; or told by nobody, and found.
    world.keep_back("policy.cancelled");
    assert!(world.demo.policy().cancel_policy(policy.as_str()));
    if world.road == Road::Webhooks {
        world.news().await;
        world.is(placement, "Active", "");
        world.told("policy.canceled", &about).await;
    }
    world.news().await;
    world.is(placement, "Flagged", "coverage lost: the policy was cancelled");
    assert_eq!(world.history("placement", placement).last().unwrap(), "coverage_lost");
    assert_eq!(world.insurer(&format!("/policies/{policy}")).await["is_active"], false);
    assert!(world.demo.policy().reactivate_policy(policy.as_str()));
    world.news().await;
    world.is(placement, "Active", "");
}

/// Candidate attachment added: what is a certificate is uploaded, once, and what is none is not. certificate.validated,
/// certificate.flagged: the review is read back. Coverage rests on none of it here.
async fn certificates(world: &mut World, placement: &str, candidate: &str) {
    let of = |file_name: &str, kind: &str, content: &[u8]| Mutation::AddAttachment {
        candidate: candidate.parse().unwrap(),
        file_name: file_name.into(),
        kind: kind.into(),
        content: content.to_vec(),
    };
    let uploads =
        |world: &World| -> u64 { world.demo.policy().ledger().certificates_by_hash.values().sum() };
    let before = uploads(world);
    world.change(of("coi.pdf", "COI", b"%PDF-1.7 of this year"));
    world.change(of("about me.pdf", "Resume", b"%PDF-1.7 of a life"));
    world.filed(candidate).await;
    world.news().await;
    let (valid, id) = world.certificate(candidate, &[]);
    assert_eq!(uploads(world), before + 1, "{:?}", world.road);
    let read = world.insurer(&format!("/files/certificates/{id}")).await;
    assert_eq!(read["contractor"], json!(contractor(world, placement)), "{read}");

    // The review takes a minute and a half. By webhook only the guide's word for its end is heard.
    let about = json!({ "id": id, "object": "certificate" });
    if world.road == Road::Webhooks {
        world.told("certificate.validated", &about).await;
        assert_ne!(world.line("certificate", &valid).0, "Approved", "told before it was so");
        world.keep_back("certificate.approved");
        for _ in 0..20 {
            world.pass(5 * SECOND).await;
        }
        assert_ne!(world.line("certificate", &valid).0, "Approved", "nobody said so");
        world.told("certificate.validated", &about).await;
    }
    let (state, why) = world.line("certificate", &valid);
    assert_eq!(state, "Approved", "{:?}: {why}", world.road);
    assert!(why.contains("general until") && why.contains("workers-comp until"), "{why}");

    world.change(of("coi of last year.pdf", "COI", b"%PDF-1.7 of last year"));
    world.filed(candidate).await;
    flag_as_it_comes(world).await;
    let (flagged, _) = world.certificate(candidate, &[&valid]);
    let (state, why) = world.line("certificate", &flagged);
    assert_eq!(state, "Flagged", "{:?}: {why}", world.road);
    assert!(why.contains("accept it or withdraw it"), "{why}");
    let stream = StreamId::new("certificate", "acme", &flagged).unwrap();
    let waits = world.demo.engine().summary(&stream).unwrap().waits;
    assert!(waits.iter().any(|wait| matches!(wait, Wait::Person(_))), "{waits:?}");
    assert_eq!(uploads(world), before + 2, "{:?}", world.road);
    world.is(placement, "Active", "by policy");
}

/// Goes on until the next certificate is at the insurer, which flags it, and until that is known here.
async fn flag_as_it_comes(world: &mut World) {
    for _ in 0..10 {
        let under_review = views::certificates(world.demo.engine(), &[]).certificates;
        let mut sent = under_review.iter().filter(|line| line.state == "Uploaded");
        if let Some(id) = sent.find_map(|line| line.why.strip_prefix("sent as ")) {
            let id = id.split(';').next().unwrap();
            assert!(world.demo.policy().decide_certificate(id, Reviewed::Flagged));
            for _ in 0..20 {
                world.pass(5 * SECOND).await;
            }
            return world.news().await;
        }
        world.pass(HOUR / 4).await;
    }
    panic!("no certificate came");
}

fn contractor(world: &World, placement: &str) -> String {
    match world.state(placement) {
        Some(State::Active { hired, .. }) => hired.engagement.contractor.to_string(),
        other => panic!("{placement} is {other:?}"),
    }
}

/// Goes on until a moment, in steps of a week at most.
async fn until(world: &mut World, moment: Timestamp) {
    loop {
        let left = moment.since(world.demo.engine().clock().now());
        if left.is_zero() {
            return;
        }
        world.pass(left.min(7 * DAY)).await;
    }
}

/// Timesheet created: the week is invoiced, within minutes on one road and with the next polls on the other.
async fn billed(world: &mut World, placement: &str) {
    until(world, WORKED).await;
    let week = format!("{placement}.2026-04-26");
    assert_eq!(world.line("invoice", &week).0, "", "nothing was worked by then");
    world.change(Mutation::AddTimesheet {
        placement: placement.parse().unwrap(),
        week_ending: date(2026, 4, 26),
        hours: "40".into(),
        decision: Decision::Approved,
    });
    // It is approved a minute after it was filed.
    for _ in 0..8 {
        world.news().await;
    }
    let (state, why) = world.line("invoice", &week);
    assert_eq!(state, "Recorded", "{:?}: {why}", world.road);
    let Some(State::Active { hired, .. }) = world.state(placement) else { panic!("it is covered") };
    let invoices = world.insurer("/invoices?limit=100").await;
    // The seed's people are paid too.
    let own = |invoice: &&Value| invoice["job"] == hired.job.as_str();
    let invoices: Vec<&Value> = invoices.as_array().unwrap().iter().filter(own).collect();
    assert_eq!(invoices.len(), 1, "{:?}: {invoices:?}", world.road);
    // Forty hours at eighty dollars.
    assert_eq!(invoices[0]["gross_pay"], 320_000, "{:?}", world.road);
    world.is(placement, "Active", "");
}

/// policy.expired: the work goes on, coverage could not be extended in time, and runs out.
async fn run_out(world: &mut World, placement: &str) {
    let busy = FaultKind::RateLimited { retry_after_secs: 3600 };
    let fault = Fault::once("POST", "/assignments/extend", busy);
    world.demo.policy().fault(Fault { count: u32::MAX, ..fault });
    let (start, end) = (date(2026, 4, 20), Some(date(2026, 12, 31)));
    let number = placement.parse().unwrap();
    world.change(Mutation::MoveDates { placement: number, start, end });
    world.news().await;
    let Some(State::Active { coverage, .. }) = world.state(placement) else {
        panic!("it is covered")
    };
    let policy = match &coverage.evidence {
        Evidence::Policy { policy, .. } => policy.to_string(),
        other => panic!("it is covered by {other:?}"),
    };
    until(world, Timestamp(coverage.expires.0 - 3_600_000)).await;
    world.is(placement, "Active", "");
    assert_eq!(world.insurer(&format!("/policies/{policy}")).await["is_active"], true);
    until(world, coverage.expires).await;
    assert_eq!(world.insurer(&format!("/policies/{policy}")).await["is_active"], false);
    match world.road {
        Road::Webhooks => world.told("policy.expired", &json!({ "id": policy })).await,
        Road::Polling => world.news().await,
    }
    world.is(placement, "Flagged", "the policy ran out before the engagement ends");
    let lost = |name: &String| name == "coverage_lost";
    let history = world.history("placement", placement);
    // Once cancelled, and once run out.
    assert_eq!(history.iter().filter(|name| lost(name)).count(), 2, "{history:?}");
    assert!(lost(history.last().unwrap()), "{history:?}");
}
