//! Every way in which the service says no, with what is done about it: one line of a table each.

use std::time::Duration;

use integration_jobdiva::error::Error;
use integration_jobdiva::operations::{Class, ErrorRule, Operation, Statuses};
use workflow_core::domain::call::Answer;
use workflow_core::outcome::{Outcome, Trace};

use crate::server::{NOW, Server, rows, said};
use crate::{CANDIDATE, MARISOL, UNAUTHORIZED, after, again, read_person, refusal};

/// What is done about an answer.
#[derive(Debug, PartialEq)]
enum Done {
    /// Tried again: after so many seconds, where it is known; whether the call may have had an effect.
    Again(Option<u64>, Trace),
    /// Never tried again, for this reason.
    Never(&'static str),
}

/// How the service puts its words.
#[derive(Clone, Copy)]
enum Said {
    /// As the whole body.
    Text(&'static str),
    /// As a BI answer without data.
    Bi(&'static str),
    /// As Spring does.
    Spring(&'static str),
    /// In the wrapper of version 2.
    ApiError(&'static str),
}

use Done::{Again, Never};
use Said::{ApiError, Bi, Spring, Text};

const REFUSED: Done = Never("refused");
const NOT_GRANTED: Done = Never("not_granted");
const PASSES: Done = Again(None, Trace::Unknown);
const UNGRANTED: &str = "You are not allowed to access to X API.";
const QUEUE: &str =
    "Error: There are too many API requests in the queue. Please try again in 3 minutes.";

/// A line: the case and its status as it is known, what is said, what is done.
const CASES: &[(&str, u16, Said, Done)] = &[
    (
        "missing, expired or garbled token, or unknown path: 401",
        401,
        Text(UNAUTHORIZED),
        Again(Some(900), Trace::None),
    ),
    ("validation failure: 500, Error:", 500, Text("Error: x"), REFUSED),
    ("validation failure: 500, Invalid", 500, Text("Invalid job id"), REFUSED),
    ("validation failure: 500, please specify", 500, Spring("You must please specify y"), REFUSED),
    ("validation failure: 500, missing", 500, Text("missing job parameters"), REFUSED),
    ("missing parameter, malformed JSON, wrong type: 400", 400, ApiError("BAD_REQUEST"), REFUSED),
    ("domain exception: 420", 420, ApiError("METHOD_FAILURE"), REFUSED),
    ("unsupported media type: 415", 415, ApiError("UNSUPPORTED_MEDIA_TYPE"), REFUSED),
    ("method not granted: 200", 200, Bi(UNGRANTED), NOT_GRANTED),
    ("method not granted: 401", 401, Text(UNGRANTED), NOT_GRANTED),
    ("method not granted: 403", 403, Text(UNGRANTED), NOT_GRANTED),
    ("method not granted: 403 without words", 403, Text(""), NOT_GRANTED),
    ("method not granted: 404", 404, Text(UNGRANTED), NOT_GRANTED),
    ("method not granted: 500", 500, Text(UNGRANTED), NOT_GRANTED),
    (
        "BI, window wider than 14 days: 200",
        200,
        Bi("Error: Invalid. Date range more than 14 days, metric name = X"),
        Never("window_too_wide"),
    ),
    ("BI, bad parameter: 200", 200, Bi("Error: Invalid Request Parameter (x)"), REFUSED),
    ("BI, queue full: 200", 200, Bi(QUEUE), Again(Some(180), Trace::None)),
    (
        "BI, metric not granted: 200",
        200,
        Bi("Error: not allowed to query this BIData metric X"),
        NOT_GRANTED,
    ),
    ("BI, one bad row or too wide a window: 500", 500, Text("Not an array"), PASSES),
    ("module not licensed: 500", 500, Text("The screening module is off"), NOT_GRANTED),
    ("rate limit: 429", 429, Text("Request Limit Exceeded"), Again(Some(30), Trace::None)),
    ("rate limit in words: 500", 500, Text("Request Limit Exceeded"), Again(Some(30), Trace::None)),
    ("plain Spring error: 404", 404, Spring("it broke"), REFUSED),
    ("plain Spring error: 500", 500, Spring("it broke"), PASSES),
    ("plain Spring error: 502", 502, Spring("it broke"), PASSES),
    ("plain Spring error: 503", 503, Spring("it broke"), PASSES),
    ("plain Spring error: 504", 504, Spring("it broke"), PASSES),
    ("the words of a 502 count for nothing", 502, Text("Invalid response"), PASSES),
];

impl Said {
    fn body(self, status: u16) -> String {
        match self {
            Text(text) => text.to_owned(),
            Bi(message) => format!(r#"{{"message":"{message}","data":null}}"#),
            Spring(message) => format!(
                r#"{{"timestamp":1,"status":{status},"error":"E","message":"{message}","path":"/x"}}"#
            ),
            ApiError(name) => format!(
                r#"{{"apierror":{{"status":"{name}","timestamp":"01-04-2026 12:00:00","message":"x",
                    "debugMessage":"y","subErrors":[]}}}}"#
            ),
        }
    }
}

#[tokio::test]
async fn every_way_of_saying_no_has_its_reaction() {
    for (line, status, body, expected) in CASES {
        let (outcome, server) = after(&[said(*status, &body.body(*status))]).await;
        let done = match outcome {
            Outcome::Again(again) => {
                // What is not said is half a minute and up to a quarter more.
                let spread = |secs| if (30..38).contains(&secs) { 30 } else { secs };
                Done::Again(again.after.map(|after| spread(after.as_secs())), again.trace)
            }
            Outcome::Answered(Answer::Refused(refusal)) => {
                let known = ["refused", "not_granted", "window_too_wide"];
                Never(known.into_iter().find(|code| **code == refusal.code).unwrap_or("?"))
            }
            Outcome::Answered(answer) => panic!("{line}: {answer:?}"),
        };
        assert_eq!(&done, expected, "{line}");
        // Only a refused token is tried once more, with a new one.
        let tries = if *status == 401 { 2 } else { 1 };
        let logins = server.asked("authenticate").len();
        assert_eq!((server.asked(CANDIDATE).len(), logins), (tries, tries), "{line}");
    }
}

#[tokio::test]
async fn a_login_is_refused_in_a_500_and_tried_once() {
    for (line, status, body) in [
        ("wrong client id, user or password: 500", 500, "Invalid username/password"),
        ("tenant not provisioned for the API: 500", 500, "Error: no access"),
        ("in a 200", 200, r#"{"message":"Error: Invalid username/password"}"#),
    ] {
        let server = Server::start().await;
        server.on("authenticate", &[said(status, body)]);
        let outcome = read_person(&server.jobdiva()).await;
        let again = again(outcome);
        assert_eq!(
            (again.after, again.trace),
            (Some(Duration::from_secs(900)), Trace::None),
            "{line}"
        );
        assert_eq!(
            (server.asked("authenticate").len(), server.asked(CANDIDATE).len()),
            (1, 0),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_login_may_answer_64_kib_and_no_byte_more() {
    const MOST: usize = 64 * 1024;
    let padded = |bytes: usize| {
        let bare = r#"{"token":"t.1.s","refreshtoken":"r.r.r","padding":""}"#;
        bare.replace("\"\"}", &format!("\"{}\"}}", "x".repeat(bytes - bare.len())))
    };
    for (bytes, taken) in [(MOST, true), (MOST + 1, false)] {
        let server = Server::start().await;
        server.on("authenticate", &[said(200, &padded(bytes))]);
        let came = server.jobdiva().log_in().await;
        match came {
            Ok(_) => assert!(taken, "{bytes} bytes are taken"),
            Err(error) => {
                let cap = Error::TooLarge { operation: "auth.login", limit_bytes: MOST };
                assert_eq!((error, taken), (cap, false), "{bytes} bytes");
            }
        }
        assert_eq!(server.asked("authenticate").len(), 1, "{bytes}: tried once");
    }
}

#[tokio::test]
async fn a_tenants_own_rules_come_before_the_usual_ones() {
    let own = |class, contains: &str, after| ErrorRule {
        status: Some(Statuses { from: 500, to: 500 }),
        begins: None,
        contains: vec![contains.to_owned()],
        class,
        after,
        provenance: String::new(),
    };
    let rules = [
        own(Class::Empty, "no such candidate", None),
        own(Class::Busy, "please wait", Some(Duration::from_secs(77))),
        own(Class::NotGranted, "kein Zugriff", None),
    ];
    for (body, expected) in [
        ("Error: No such candidate", "unknown"),
        ("Error: please wait", "77"),
        ("Error: KEIN ZUGRIFF", "not_granted"),
        ("Error: something else", "refused"),
    ] {
        let server = Server::start().await;
        server.on(CANDIDATE, &[said(500, body)]);
        let jobdiva = server.with(|config| {
            config.registry.of_mut(Operation::CandidateGet).error_rules = rules.to_vec();
        });
        let said = match read_person(&jobdiva).await {
            Outcome::Answered(Answer::PersonUnknown) => "unknown".to_owned(),
            Outcome::Again(again) => again.after.unwrap().as_secs().to_string(),
            outcome => refusal(outcome).1,
        };
        assert_eq!(said, expected, "{body}");
    }
}

#[tokio::test]
async fn a_window_that_is_too_wide_is_split_until_it_is_not() {
    let wide = Bi("Error: x. Date range more than 14 days, metric name = Y").body(200);
    let server = Server::start().await;
    let pay = "/NewUpdatedSalaryRecords";
    server.on(pay, &[said(200, &wide), said(200, &wide), rows(r#"[{"ACTIVITYID":"4"}]"#)]);
    let polled = server.jobdiva().poll(None, NOW).await.unwrap();
    // Whole, its first half, the two quarters, the second half.
    assert_eq!((server.asked(pay).len(), polled.touched.len()), (5, 1));
    assert!(polled.failed.is_empty() && polled.cursor.read_until("pay.delta").is_some());
    // A service that finds every window too wide is not asked for ever.
    server.on(pay, &[said(200, &wide)]);
    let polled = server.jobdiva().poll(None, NOW).await.unwrap();
    assert!(matches!(polled.failed[..], [Error::WindowTooWide { .. }]), "{:?}", polled.failed);
    assert!(server.asked(pay).len() < 20);
}

#[tokio::test]
async fn a_window_whose_answer_is_too_large_is_split_until_it_is_not() {
    let row = r#"{"ACTIVITYID":"4"}"#;
    let large = rows(&format!("[{}]", vec![row; 200].join(",")));
    let server = Server::start().await;
    let pay = "/NewUpdatedSalaryRecords";
    server.on(pay, &[large.clone(), large.clone(), rows(&format!("[{row}]"))]);
    let capped = || server.with(|config| config.answer_bytes_max = 2000);
    let polled = capped().poll(None, NOW).await.unwrap();
    // Whole, its first half, the two quarters, the second half.
    assert_eq!((server.asked(pay).len(), polled.touched.len()), (5, 1));
    assert!(polled.failed.is_empty() && polled.cursor.read_until("pay.delta").is_some());
    // Where the narrowest is too large still, that is told, and not asked for ever.
    server.on(pay, &[large]);
    let polled = capped().poll(None, NOW).await.unwrap();
    assert!(matches!(polled.failed[..], [Error::TooLarge { .. }]), "{:?}", polled.failed);
    assert!(server.asked(pay).len() < 20);
}

#[tokio::test]
async fn words_of_a_success_are_no_error() {
    let done = format!(
        r#"{{"message":"Query \"Errors and Missing Records\" completed successfully","data":[{MARISOL}]}}"#
    );
    let (outcome, _) = after(&[said(200, &done)]).await;
    assert!(matches!(outcome, Outcome::Answered(Answer::PersonRead(_))));
}
