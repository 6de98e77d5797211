//! The delta feeds: windows, cursors, what rows point at, and rows on which the service fails.

use std::time::Duration;

use integration_jobdiva::error::Error;
use integration_jobdiva::poll::Cursor;
use workflow_core::time::Timestamp;

use crate::server::{Canned, NOW, Server, rows, said};

const ACTIVITIES: &str = "/NewUpdatedSubmittalInterviewHireActivityRecords";
const PAY: &str = "/NewUpdatedSalaryRecords";

fn later(mins: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(mins * 60))
}

#[tokio::test]
async fn the_first_windows_begin_at_the_back_fill_day() {
    let server = Server::start().await;
    let jobdiva = server.with(|config| config.backfill_from = Some("2026-03-02".parse().unwrap()));
    let mut cursor = None;
    let mut polls = 0;
    loop {
        let polled = jobdiva.poll(cursor, NOW).await.unwrap();
        polls += 1;
        let bytes = polled.cursor.to_bytes();
        cursor = Some(Cursor::from_bytes(&bytes).unwrap());
        if !polled.more {
            break;
        }
    }
    let windows: Vec<String> = server.asked(PAY).into_iter().map(|asked| asked.query).collect();
    assert_eq!(
        windows,
        [
            // Thirteen days from midnight; the clocks go forward on the way.
            "fromDate=03%2F02%2F2026+00%3A00%3A00&toDate=03%2F15%2F2026+01%3A00%3A00",
            "fromDate=03%2F14%2F2026+23%3A30%3A00&toDate=03%2F27%2F2026+23%3A30%3A00",
            "fromDate=03%2F27%2F2026+22%3A00%3A00&toDate=04%2F01%2F2026+11%3A58%3A00",
        ]
    );
    assert_eq!(polls, 3);
    assert!(jobdiva.poll(cursor, NOW).await.unwrap().touched.is_empty());
    assert_eq!(server.asked(PAY).len(), 3, "nothing new, nothing asked");
}

#[tokio::test]
async fn rows_point_at_what_to_read() {
    let server = Server::start().await;
    server
        .on(ACTIVITIES, &[rows(r#"[{"ACTIVITYID":"1","HIREFLAG":"1","DATEUPDATED":"2026-04-01T11:00:00"},
            {"ACTIVITYID":"2","HIREFLAG":"0","STARTDATE":"2026-05-01"},
            {"ACTIVITYID":"3","HIREFLAG":"0","START_STATUS":"Offer"},
            {"HIREFLAG":"1"}]"#)])
        .on(PAY, &[rows(r#"[{"EMPLOYEEID":"7","RECID":"1","ACTIVITYID":"4"},{"EMPLOYEEID":"8","RECID":"1"}]"#)])
        .on("/NewUpdatedBillingRecords", &[rows(r#"{"EMPLOYEEID":"7","STARTID":"5"}"#)])
        .on("/NewUpdatedCandidateRecords", &[rows(r#"[{"CANDIDATEID":"9","EMAIL":"a@b.c"}]"#)])
        .on("/NewUpdatedJobRecords", &[rows(r#"[{"JOBID":"10"}]"#)]);
    let polled = server.jobdiva().poll(None, NOW).await.unwrap();
    let ids = |list: Vec<&str>| list.join(" ");
    assert_eq!(ids(polled.touched.iter().map(|id| id.as_str()).collect()), "1 3 4 5");
    assert_eq!(ids(polled.submittals.iter().map(|id| id.as_str()).collect()), "2");
    assert_eq!(ids(polled.candidates.iter().map(|id| id.as_str()).collect()), "8 9");
    assert_eq!(ids(polled.requisitions.iter().map(|id| id.as_str()).collect()), "10");
    assert_eq!(polled.newest.unwrap().to_string(), "2026-04-01T15:00:00.000Z");
    assert_eq!(polled.unreadable.len(), 1);
    assert!(polled.failed.is_empty() && !polled.more);
}

#[tokio::test]
async fn a_row_in_the_overlap_is_reported_once_and_a_changed_one_again() {
    let row = |rate: &str| {
        rows(&format!(
            r#"[{{"ACTIVITYID":"4","SALARY":"{rate}","DATEUPDATED":"2026-04-01T11:50:00"}}]"#
        ))
    };
    let server = Server::start().await;
    let jobdiva = server.jobdiva();
    server.on(PAY, &[row("95"), row("95"), row("97")]);
    let first = jobdiva.poll(None, NOW).await.unwrap();
    assert_eq!(first.touched.len(), 1);
    let second = jobdiva.poll(Some(first.cursor), later(5)).await.unwrap();
    assert_eq!(second.touched.len(), 0);
    let third = jobdiva.poll(Some(second.cursor), later(10)).await.unwrap();
    assert_eq!(third.touched.len(), 1);
}

#[tokio::test]
async fn a_feed_that_fails_holds_only_its_own_mark() {
    let server = Server::start().await;
    let busy = Canned { status: 429, retry_after: Some("60"), body: String::new() };
    server.on(PAY, &[busy]);
    let polled = server.jobdiva().poll(None, NOW).await.unwrap();
    assert!(matches!(polled.failed[..], [Error::Busy { operation: "pay.delta", .. }]));
    assert_eq!(polled.cursor.read_until("pay.delta"), None);
    assert_eq!(polled.cursor.read_until("billing.delta"), Some(Timestamp(NOW.0 - 120_000)));
    assert!(!polled.more, "waiting is the caller's");
}

#[tokio::test]
async fn when_nothing_can_be_read_the_poll_fails() {
    let server = Server::start().await;
    server.on("Records", &[said(503, "")]);
    let error = server.jobdiva().poll(None, NOW).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: 503, .. }), "{error}");
    assert_eq!(server.asked(PAY).len(), 1, "a 503 is no reason to halve");
    // A 500 for everything is an outage, however long one looks for a row.
    server.on("Records", &[said(500, "Not an array")]);
    let error = server.jobdiva().poll(None, NOW).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: 500, .. }), "{error}");
}

#[tokio::test]
async fn a_row_on_which_the_service_fails_is_passed_over() {
    let server = Server::start().await;
    let (poison, good) = (said(500, "Not an array"), rows(r#"[{"ACTIVITYID":"4"}]"#));
    // 13 days are asked for twice, then halved nine times until the first hour is alone; its nine neighbours are good, it stays bad, and
    // a good neighbour is still good.
    let mut answers = vec![poison.clone(); 11];
    answers.extend(vec![good.clone(); 9]);
    answers.extend([poison, good]);
    server.on(PAY, &answers);
    let polled = server.jobdiva().poll(None, NOW).await.unwrap();
    assert_eq!(server.asked(PAY).len(), 22);
    assert_eq!(polled.touched.len(), 1);
    let [skipped] = &polled.skipped[..] else { panic!("{:?}", polled.skipped) };
    assert_eq!(skipped.to_string(), "pay.delta 03/19/2026 12:00:00 - 03/19/2026 12:36:33");
    assert_eq!(polled.cursor.read_until("pay.delta"), Some(Timestamp(NOW.0 - 120_000)));
}

#[tokio::test]
async fn the_slim_feed_stands_in_for_the_rich_one() {
    let server = Server::start().await;
    server
        .on(ACTIVITIES, &[said(403, "You are not allowed to access to X API.")])
        .on("/NewUpdatedActivityRecords", &[rows(r#"[{"ACTIVITYID":"1","HIREFLAG":"1"}]"#)]);
    let polled = server.jobdiva().poll(None, NOW).await.unwrap();
    assert_eq!(polled.touched.len(), 1);
    assert!(polled.failed.is_empty());
}
