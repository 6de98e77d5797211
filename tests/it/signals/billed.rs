//! JobDiva's own invoices as signals: the week that one bills is read, even where the feed of timesheets passed it over.

use hmac::{Hmac, KeyInit, Mac};
use integration_jobdiva::config::TimesheetPay;
use integration_jobdiva::secret::Secret;
use integration_jobdiva::simulator::{Decision, Fault, FaultKind, Mutation};
use jiff::civil::date;
use runner::config::{Config, JobDivaHook};
use serde_json::Value;
use sha2::Sha256;
use workflow_core::domain::rules::Send;
use workflow_core::time::Timestamp;

use super::{DAY, HOUR, Road, SECOND, World};

/// 2026-04-08, 08:00 in New York: the week was approved the day before.
const APPROVED: Timestamp = Timestamp(1_775_649_600_000);
/// 2026-04-09, 12:00 in New York: the client is billed for it.
const BILLED: Timestamp = Timestamp(1_775_750_400_000);
/// 2026-04-20, 12:00 in New York: the week of the second placement is over.
const WORKED: Timestamp = Timestamp(1_776_700_800_000);
/// The week's timesheet, its invoice, and the pay period here.
const TIMESHEET: &str = "6611200";
const INVOICE: &str = "4400501";
const WEEK: &str = "51000795.2026-04-05";

/// Where the deliveries of these stories come in, and what signs them.
const ENDPOINT: &str = "endpoint-of-the-story-01";
const SIGNED_WITH: &str = "what signs the deliveries of this story";

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_has_the_week_read_that_the_feed_passed_over_by_webhook() {
    week_read(Road::Webhooks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_has_the_week_read_that_the_feed_passed_over_by_polling_alone() {
    week_read(Road::Polling).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_of_one_placement_does_not_hide_the_missing_week_of_another() {
    let mut world = World::with(Road::Polling, hooked).await;
    let (first, second) = (51_000_795, world.hire_again("70011000061").parse().unwrap());
    until(&mut world, WORKED).await;
    let weekly = |placement| Mutation::AddTimesheet {
        placement,
        week_ending: date(2026, 4, 19),
        hours: "40".into(),
        decision: Decision::Approved,
    };
    let week = |placement: u64| format!("{placement}.2026-04-19");
    world.change(weekly(first));
    let passed_over = world.change(weekly(second));
    let kind = FaultKind::Skip { row: passed_over.to_string() };
    world.demo.jobdiva().fault(Fault { path: "*".into(), kind, count: None }).unwrap();
    world.pass(DAY).await;
    world.demo.jobdiva().clear_faults().unwrap();
    world.pass(DAY).await;
    assert_ne!(world.line("invoice", &week(first)).0, "");
    assert_eq!(world.line("invoice", &week(second)).0, "", "no feed told of it");

    world.change(Mutation::AddInvoice {
        placement: second,
        from: date(2026, 4, 13),
        to: date(2026, 4, 19),
        hours: "40".into(),
        amount: "4000.00".into(),
    });
    world.pass(HOUR).await;
    world.pass(HOUR).await;
    assert_ne!(world.line("invoice", &week(second)).0, "", "the invoice has it read");
    world.end().await;
}

fn hooked(config: &mut Config) {
    let secrets = vec![Secret::new(SIGNED_WITH)];
    let tenant = &mut config.tenants[0];
    tenant.jobdiva.timesheets = Some(TimesheetPay::Rate);
    tenant.rules.invoices.send = Send::Always;
    tenant.jobdiva_hook = Some(JobDivaHook::new(ENDPOINT.to_owned(), secrets));
}

async fn until(world: &mut World, at: Timestamp) {
    loop {
        let now = world.demo.engine().clock().now();
        match at.since(now) {
            left if left.is_zero() => return,
            left => world.pass(left.min(DAY)).await,
        }
    }
}

async fn week_read(road: Road) {
    let mut world = World::with(road, hooked).await;
    // Whoever would tell of timesheets is not heard: JobDiva's own webhooks go to another door.
    let kind = FaultKind::Skip { row: TIMESHEET.to_owned() };
    world.demo.jobdiva().fault(Fault { path: "*".into(), kind, count: None }).unwrap();
    until(&mut world, APPROVED).await;
    world.demo.jobdiva().clear_faults().unwrap();
    until(&mut world, BILLED).await;
    world.is("51000795", "Active", "");
    assert_eq!(world.line("invoice", WEEK).0, "", "{road:?}: no feed told of it");

    match road {
        // The feed of invoices is read up to two minutes ago.
        Road::Webhooks => {
            world.pass(60 * SECOND).await;
            assert_eq!(world.line("invoice", WEEK).0, "", "not polled yet");
            let status = told(&world).await;
            assert!(status.is_success(), "{status}");
            world.settle().await;
        }
        Road::Polling => world.pass(HOUR).await,
    }
    let (state, why) = world.line("invoice", WEEK);
    assert_eq!(state, "Recorded", "{road:?}: {why}");
    // 42.5 hours at 75.00.
    assert_eq!(recorded(&world).await, [318_750]);
    // Told again by the other road, it is the same week.
    world.pass(3 * HOUR).await;
    assert_eq!(recorded(&world).await, [318_750]);
    assert_eq!(world.parked(), [""; 0]);
    world.end().await;
}

/// What the insurer has as gross pay of the week that ends on 2026-04-05; other invoices are of assignments.
async fn recorded(world: &World) -> Vec<i64> {
    let invoices = world.insurer("/invoices").await;
    let week = |it: &&Value| it["paycycle_enddate"] == 1_775_448_000;
    let all = invoices.as_array().unwrap().iter().filter(week);
    all.filter_map(|it| it["gross_pay"].as_i64()).collect()
}

/// A genuine delivery about the invoice.
async fn told(world: &World) -> reqwest::StatusCode {
    let body = format!(r#"{{"type":"invoice","operation":"insert","id":"{INVOICE}","data":[]}}"#);
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNED_WITH.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let url = format!("http://{}/hooks/jobdiva/{ENDPOINT}", world.demo.hooks());
    let request = reqwest::Client::new().post(url).header("x-jobdiva-signature", signature);
    request.body(body).send().await.unwrap().status()
}
