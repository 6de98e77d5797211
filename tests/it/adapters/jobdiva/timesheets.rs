//! Timesheets: by the feed and by id, whatever their standing; corrected, undone, deleted.

use integration_jobdiva::config::TimesheetPay;
use integration_jobdiva::simulator::{Decision, Mutation};
use jiff::civil::date;
use workflow_core::domain::timesheet::{Approval, Hours, Line, Paid, Timesheet};
use workflow_core::money::Decimal;

use super::world::{HOUR, Tenant, kept};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn hourly(amount: &str) -> Paid {
    Paid::Rate { amount: number(amount), unit: Some("H".into()) }
}

fn line(kind: Hours, hours: &str, paid: Paid) -> Line {
    Line { kind, hours: number(hours), paid }
}

async fn following() -> Tenant {
    let mut tenant = Tenant::standard().await;
    tenant.jobdiva = tenant.seen_with(|config| config.timesheets = Some(TimesheetPay::Rate));
    tenant
}

fn one(timesheets: Vec<Timesheet>) -> Timesheet {
    let [one] = <[Timesheet; 1]>::try_from(timesheets).unwrap();
    one
}

#[tokio::test]
async fn nothing_is_read_unless_it_is_wanted() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-04-08T09:00").await;
    assert_eq!(tenant.poll_all(None).await.timesheets, []);
    assert_eq!(tenant.sim.count("NewUpdatedTimesheetRecords"), 0);
    assert_eq!(tenant.sim.count("NewUpdatedApprovedTimesheetRecords"), 0);
}

#[tokio::test]
async fn the_feed_brings_hours_rates_and_standing() {
    let tenant = following().await;
    tenant.until("2026-04-08T09:00").await;
    let mut found = tenant.poll_all(None).await.timesheets;
    found.sort_by(|a, b| a.placement.cmp(&b.placement));
    let [approved, rejected] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(approved.placement.as_str(), "51000795");
    assert_eq!(approved.week_ending, date(2026, 4, 5));
    assert_eq!(approved.sheet.approval, Approval::Approved);
    assert_eq!(
        approved.sheet.lines,
        [line(Hours::Regular, "40", hourly("75")), line(Hours::Overtime, "2.5", hourly("75")),]
    );
    assert_eq!((&approved.sheet.total_hours, &approved.sheet.unreadable), (&None, &Vec::new()));
    assert_eq!(rejected.sheet.approval, Approval::Rejected);
    let alone = tenant.jobdiva.timesheet(&approved.sheet.id).await.unwrap();
    assert_eq!(alone.as_ref(), Some(approved));
}

#[tokio::test]
async fn corrections_reversals_and_deletions_are_seen() {
    let tenant = following().await;
    tenant.until("2026-04-14T09:00").await;
    let id = tenant.change(Mutation::AddTimesheet {
        placement: 51_000_797,
        week_ending: date(2026, 4, 12),
        hours: "37.25".into(),
        decision: Decision::Approved,
    });
    tenant.sim.advance(HOUR).await.unwrap();
    let seen = tenant.poll_all(None).await;
    let mine = |found: Vec<Timesheet>| {
        one(found.into_iter().filter(|it| it.sheet.id.as_str() == id.to_string()).collect())
    };
    assert_eq!(mine(seen.timesheets).sheet.lines[0].hours, number("37.25"));

    let (hours, overtime) = ("40".to_owned(), "1.5".to_owned());
    tenant.change(Mutation::CorrectTimesheet { timesheet: id, hours, overtime });
    tenant.sim.advance(HOUR).await.unwrap();
    let seen = tenant.poll_all(Some(kept(&seen.cursor))).await;
    let corrected = mine(seen.timesheets);
    assert_eq!(corrected.sheet.lines[1].hours, number("1.5"));
    assert_eq!(corrected.sheet.approval, Approval::Approved);

    tenant.change(Mutation::DecideTimesheet { timesheet: id, decision: Decision::Pending });
    tenant.sim.advance(HOUR).await.unwrap();
    let seen = tenant.poll_all(Some(kept(&seen.cursor))).await;
    let undone = mine(seen.timesheets);
    assert_eq!(undone.sheet.approval, Approval::Pending);
    assert!(undone.sheet.changed > corrected.sheet.changed);

    tenant.change(Mutation::DeleteTimesheet { timesheet: id });
    tenant.sim.advance(HOUR).await.unwrap();
    assert_eq!(tenant.jobdiva.timesheet(&undone.sheet.id).await.unwrap(), None);
}

#[tokio::test]
async fn without_the_feed_of_all_the_feed_of_the_approved_will_do() {
    let tenant = following().await;
    tenant.sim.revoke("NewUpdatedTimesheetRecords").unwrap();
    tenant.until("2026-04-08T09:00").await;
    let found = one(tenant.poll_all(None).await.timesheets);
    assert_eq!(found.sheet.approval, Approval::Approved);
}

#[tokio::test]
async fn pay_columns_may_hold_the_amount() {
    let mut tenant = Tenant::standard().await;
    tenant.jobdiva = tenant.seen_with(|config| config.timesheets = Some(TimesheetPay::Amount));
    tenant.until("2026-04-08T09:00").await;
    let found = tenant.jobdiva.timesheet(&"6611200".into()).await.unwrap().unwrap();
    assert_eq!(found.sheet.lines[0].paid, Paid::Sum { amount: number("75") });
}
