//! Long back-fills, windows on which the service fails, and those that were passed over.

use std::time::Duration;

use integration_jobdiva::JobDiva;
use integration_jobdiva::error::Error;
use integration_jobdiva::poll::{Cursor, Polled};
use workflow_core::time::Timestamp;

use crate::server::{Canned, NOW, Server, rows, said};

const PAY: &str = "/NewUpdatedSalaryRecords";

fn later(mins: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(mins * 60))
}

/// A cursor as it comes back from the disk.
fn kept(polled: &Polled) -> Option<Cursor> {
    Some(Cursor::from_bytes(&polled.cursor.to_bytes()).unwrap())
}

fn windows(server: &Server) -> Vec<String> {
    server.asked(PAY).into_iter().map(|asked| asked.query).collect()
}

fn since_new_year(server: &Server) -> JobDiva {
    server.with(|config| config.backfill_from = Some("2026-01-01".parse().unwrap()))
}

#[tokio::test]
async fn a_back_fill_that_is_killed_in_the_middle_resumes_where_it_was() {
    let whole = Server::start().await;
    let (jobdiva, mut cursor) = (since_new_year(&whole), None);
    loop {
        let polled = jobdiva.poll(cursor, NOW).await.unwrap();
        cursor = kept(&polled);
        if !polled.more {
            break;
        }
    }
    assert_eq!(windows(&whole).len(), 7);

    // Killed after each poll: all that is left is what was kept. The third time it dies before the cursor is kept, and
    // that window is read again.
    let killed = Server::start().await;
    let (mut cursor, mut polls) = (None, 0);
    loop {
        let polled = since_new_year(&killed).poll(cursor.clone(), NOW).await.unwrap();
        polls += 1;
        if polls == 3 {
            continue;
        }
        cursor = kept(&polled);
        if !polled.more {
            break;
        }
    }
    let mut expected = windows(&whole);
    expected.insert(2, expected[2].clone());
    assert_eq!(windows(&killed), expected);
}

#[tokio::test]
async fn a_back_fill_that_is_killed_among_halves_reads_the_window_whole_again() {
    let server = Server::start().await;
    // The window fails twice, its first half is good, and the second fails for another reason: nothing of it counts.
    let (poison, good) = (said(500, "Not an array"), rows(r#"[{"ACTIVITYID":"4"}]"#));
    server.on(PAY, &[poison.clone(), poison, good.clone(), said(503, ""), good]);
    let polled = server.jobdiva().poll(None, NOW).await.unwrap();
    assert!(matches!(polled.failed[..], [Error::Unavailable { status: 503, .. }]));
    assert!(polled.touched.is_empty(), "half a window is no window");
    let again = server.jobdiva().poll(kept(&polled), NOW).await.unwrap();
    let asked = windows(&server);
    assert_eq!((asked.len(), &asked[4]), (5, &asked[0]));
    assert_eq!(again.touched.len(), 1);
}

/// Windows of an hour more than the overlap, so that a poll has few; the first one is poisoned.
fn narrow(server: &Server) -> JobDiva {
    server.with(|config| {
        config.registry.each_window(|window| window.max = Duration::from_secs(2 * 3600));
    })
}

/// Answers of the pay feed to a poll of a window of two hours whose first hour has a bad row.
fn poisoned() -> Vec<Canned> {
    let (poison, good) = (said(500, "Not an array"), rows("[]"));
    vec![poison.clone(), poison.clone(), poison.clone(), good.clone(), poison, good]
}

#[tokio::test]
async fn a_window_that_was_passed_over_is_kept_and_tried_again_until_it_can_be_read() {
    let server = Server::start().await;
    let mended = rows(r#"[{"ACTIVITYID":"4","EMPLOYEEID":"7"}]"#);
    server.on(PAY, &poisoned());
    let first = narrow(&server).poll(None, NOW).await.unwrap();
    let [skipped] = &first.skipped[..] else { panic!("{:?}", first.skipped) };
    assert_eq!(skipped.to_string(), "pay.delta 04/01/2026 10:00:00 - 04/01/2026 10:59:00");
    assert_eq!((skipped.tries, skipped.next), (1, later(15)));
    assert!(skipped.why.contains("Not an array"), "{}", skipped.why);
    assert_eq!(
        first.cursor.read_until("pay.delta"),
        Some(Timestamp(NOW.0 - 120_000)),
        "it is behind us"
    );

    // Not yet; then it still fails; then it is mended.
    server.on(PAY, &[rows("[]")]);
    let early = narrow(&server).poll(kept(&first), later(10)).await.unwrap();
    assert_eq!(early.cursor.skipped().len(), 1);
    server.on(PAY, &[rows("[]"), said(500, "Not an array either")]);
    let again = narrow(&server).poll(kept(&early), later(16)).await.unwrap();
    let [skipped] = again.cursor.skipped() else { panic!("{:?}", again.cursor.skipped()) };
    assert_eq!((skipped.tries, skipped.next), (2, later(16 + 60)));
    assert!(skipped.why.contains("either") && again.failed.is_empty(), "{}", skipped.why);
    server.on(PAY, &[rows("[]"), mended]);
    let last = narrow(&server).poll(kept(&again), later(80)).await.unwrap();
    assert_eq!((last.touched.len(), last.cursor.skipped().len()), (1, 0));
    let asked = windows(&server).pop().unwrap();
    assert_eq!(asked, "fromDate=04%2F01%2F2026+10%3A00%3A00&toDate=04%2F01%2F2026+10%3A59%3A00");
}

#[tokio::test]
async fn a_window_that_fails_twice_by_an_outage_is_halved_the_next_time() {
    let server = Server::start().await;
    server.on(PAY, &[said(504, "")]);
    let (mut polled, mut lengths) =
        (since_new_year(&server).poll(None, NOW).await.unwrap(), Vec::new());
    for _ in 0..4 {
        assert!(matches!(polled.failed[..], [Error::Unavailable { status: 504, .. }]));
        polled = since_new_year(&server).poll(kept(&polled), NOW).await.unwrap();
    }
    for query in windows(&server) {
        lengths
            .push(query.split("toDate=").last().unwrap().replace("%2F", "/").replace("%3A", ":"));
    }
    assert_eq!(
        lengths,
        [
            "01/14/2026+00:00:00",
            "01/14/2026+00:00:00",
            "01/07/2026+12:45:00",
            "01/04/2026+07:07:30",
            "01/02/2026+16:18:45",
        ]
        .map(|text| text.replace("01/14/2026+00:00:00", "01/13/2026+23:59:59"))
    );
    // It answers again: windows stay narrow until the present is reached, and widen then.
    server.on(PAY, &[rows("[]")]);
    loop {
        polled = since_new_year(&server).poll(kept(&polled), NOW).await.unwrap();
        if !polled.more {
            break;
        }
    }
    assert_eq!(polled.cursor.read_until("pay.delta"), Some(Timestamp(NOW.0 - 120_000)));
    let before = windows(&server).len();
    server.on(PAY, &[said(504, "")]);
    let weeks = later(30 * 24 * 60);
    since_new_year(&server).poll(kept(&polled), weeks).await.unwrap();
    let wide = &windows(&server)[before];
    assert!(wide.contains("toDate=04%2F14%2F2026"), "{wide}");
}

#[tokio::test]
async fn a_window_that_stays_out_is_passed_over_when_what_lies_beyond_can_be_read() {
    let server = Server::start().await;
    let slow = |server: &Server| {
        server.with(|config| {
            config.backfill_from = Some("2026-03-30".parse().unwrap());
            config.registry.each_window(|window| {
                window.max = Duration::from_secs(9000);
                window.overlap = Duration::from_secs(5400);
            });
        })
    };
    // As narrow as windows become already: what lies beyond is asked for at once, and fails the first time.
    server.on(PAY, &[said(504, "")]);
    let polled = slow(&server).poll(None, NOW).await.unwrap();
    assert_eq!((windows(&server).len(), polled.cursor.read_until("pay.delta")), (2, None));
    assert!(polled.skipped.is_empty() && polled.failed.len() == 1);
    server.on(PAY, &[said(504, ""), rows(r#"[{"ACTIVITYID":"4"}]"#)]);
    let polled = slow(&server).poll(kept(&polled), NOW).await.unwrap();
    assert_eq!((polled.skipped.len(), polled.touched.len()), (1, 1));
    assert_eq!(
        polled.skipped[0].to_string(),
        "pay.delta 03/30/2026 00:00:00 - 03/30/2026 02:30:00"
    );
    assert!(polled.more && polled.failed.is_empty());
}
