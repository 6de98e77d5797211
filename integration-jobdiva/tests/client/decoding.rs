//! Every shape in which rows come, and every form in which a date does: one line of a table each.

use integration_jobdiva::operations::{EnvelopeForm, Operation};
use integration_jobdiva::poll::Cursor;
use workflow_core::domain::call::Answer;
use workflow_core::outcome::Outcome;

use crate::server::{NOW, Server, rows, said};
use crate::{CANDIDATE, MARISOL, after, read_person, refusal};

/// What a body comes to.
#[derive(Debug, PartialEq)]
enum Read {
    Row,
    NoRows,
    Error,
}

async fn read(body: &str) -> Read {
    match after(&[said(200, body)]).await.0 {
        Outcome::Answered(Answer::PersonRead(person)) if person.first_name == "Marisol" => {
            Read::Row
        }
        Outcome::Answered(Answer::PersonUnknown) => Read::NoRows,
        Outcome::Answered(Answer::Refused(_)) => Read::Error,
        other @ (Outcome::Answered(_) | Outcome::Again(_)) => panic!("{body}: {other:?}"),
    }
}

#[tokio::test]
async fn every_shape_of_data_is_decoded() {
    let done = r#""message":"Query \"Candidate Detail\" completed successfully""#;
    let no = r#""message":"Error: Invalid Request Parameter (x)""#;
    let header = r#"[["ID","FIRSTNAME"],["70011000042","Marisol"]]"#;
    let cases = [
        ("list of objects: rows", format!(r#"{{{done},"data":[{MARISOL}]}}"#), Read::Row),
        ("list of lists: header and rows", format!(r#"{{{done},"data":{header}}}"#), Read::Row),
        (
            "list of lists, the header alone: no rows",
            format!(r#"{{{done},"data":[["ID"]]}}"#),
            Read::NoRows,
        ),
        ("[]: no rows", format!(r#"{{{done},"data":[]}}"#), Read::NoRows),
        ("{}: no rows", format!(r#"{{{done},"data":{{}}}}"#), Read::NoRows),
        ("null: no rows", format!(r#"{{{done},"data":null}}"#), Read::NoRows),
        ("missing: no rows", format!("{{{done}}}"), Read::NoRows),
        ("[] with an error for a message", format!(r#"{{{no},"data":[]}}"#), Read::Error),
        ("{} with an error for a message", format!(r#"{{{no},"data":{{}}}}"#), Read::Error),
        ("null with an error for a message", format!(r#"{{{no},"data":null}}"#), Read::Error),
        ("missing with an error for a message", format!("{{{no}}}"), Read::Error),
        (
            "one object not in a list: a single row",
            format!(r#"{{{done},"data":{MARISOL}}}"#),
            Read::Row,
        ),
        (
            "map of id to list: rows grouped by id",
            format!(r#"{{{done},"data":{{"70011000042":[{MARISOL}]}}}}"#),
            Read::Row,
        ),
        ("key dataSet instead of data", format!(r#"{{{done},"dataSet":[{MARISOL}]}}"#), Read::Row),
        ("bare array as whole body", format!("[{MARISOL}]"), Read::Row),
        ("bare array, empty", "[]".to_owned(), Read::NoRows),
        ("a JSON string with Error", r#""Error: no""#.to_owned(), Read::Error),
        ("a text with Error", "Error: no".to_owned(), Read::Error),
        ("wrapper of a search: items", format!(r#"{{"items":[{MARISOL}]}}"#), Read::Row),
        ("wrapper of a search: starts", format!(r#"{{"starts":[{MARISOL}]}}"#), Read::Row),
        ("wrapper of a search: records", format!(r#"{{"records":[{MARISOL}]}}"#), Read::Row),
        ("wrapper of a search: results", format!(r#"{{"results":[{MARISOL}]}}"#), Read::Row),
    ];
    for (line, body, expected) in cases {
        assert_eq!(read(&body).await, expected, "{line}: {body}");
    }
}

#[tokio::test]
async fn an_envelope_that_is_configured_is_insisted_on() {
    let header = r#"[["ID","FIRSTNAME"],["70011000042","Marisol"]]"#;
    let (objects, one) = (rows(&format!("[{MARISOL}]")), rows(MARISOL));
    let (cells, bare) = (rows(header), said(200, &format!("[{MARISOL}]")));
    for (form, fitting, other) in [
        (
            EnvelopeForm::BiObjects,
            vec![objects.clone(), one, rows("[]")],
            vec![cells.clone(), bare.clone()],
        ),
        (EnvelopeForm::BiHeaderRows, vec![cells, rows("{}")], vec![objects.clone(), bare.clone()]),
        (EnvelopeForm::BareArray, vec![bare, said(200, "[]")], vec![objects]),
    ] {
        for (answers, fits) in [(fitting, true), (other, false)] {
            for canned in answers {
                let (server, body) = (Server::start().await, canned.body.clone());
                server.on(CANDIDATE, &[canned]);
                let jobdiva = server.with(|config| {
                    config.registry.of_mut(Operation::CandidateGet).envelope = form;
                });
                let outcome = read_person(&jobdiva).await;
                match fits {
                    true => assert!(matches!(
                        outcome,
                        Outcome::Answered(Answer::PersonRead(_) | Answer::PersonUnknown)
                    )),
                    false => assert_eq!(refusal(outcome).1, "unreadable", "{form:?} {body}"),
                }
            }
        }
    }
}

/// The first day of work that an activity with this value has, and what could not be read of it.
async fn start(value: &str, form: Option<&str>) -> (Option<String>, Vec<String>) {
    let server = Server::start().await;
    let row = format!(
        r#"[{{"ACTIVITYID":"5","CANDIDATEID":"7","JOBID":"8","HIREFLAG":"1","STARTDATE":{value}}}]"#
    );
    server.on("/SubmittalDetail", &[rows(&row)]);
    let jobdiva = server.with(|config| {
        let spec = config.registry.of_mut(Operation::PlacementDetail);
        spec.date_format = form.map(|form| form.parse().unwrap());
    });
    let facts = jobdiva.assemble(&"5".into()).await.unwrap().unwrap();
    let notes =
        facts.unreadable.iter().map(|note| format!("{}: {}", note.what, note.why)).collect();
    (facts.start.map(|day| day.to_string()), notes)
}

#[tokio::test]
async fn every_form_of_a_date_is_decoded() {
    let day = Some("2026-04-06".to_owned());
    for (line, value, expected) in [
        ("BI rows of version 2: ISO, naive", r#""2026-04-06T00:00:00""#, &day),
        ("an end of day: stored as 23:59:59", r#""2026-04-06T23:59:59""#, &day),
        ("ISO with offset, midnight UTC", r#""2026-04-06T00:00:00+0000""#, &day),
        ("ISO with offset, midnight Eastern", r#""2026-04-06T04:00:00.000Z""#, &day),
        ("ISO, the day alone", r#""2026-04-06""#, &day),
        ("MM/dd/yyyy: billing rows of some tenants", r#""04/06/2026""#, &day),
        ("M/d/yyyy", r#""4/6/2026""#, &day),
        ("MM/dd/yyyy HH:mm:ss: version 1", r#""04/06/2026 23:59:59""#, &day),
        ("epoch ms as a number: search, midnight UTC", "1775433600000", &day),
        ("epoch ms: midnight Eastern is that day", "1775448000000", &day),
        ("epoch ms: 23:59:59 Eastern is that day, not the next of UTC", "1775534399000", &day),
        ("epoch ms as a text", r#""1775433600000""#, &day),
        ("epoch s", "1775433600", &day),
        ("empty: none", r#""""#, &None),
        ("Null: none", r#""Null""#, &None),
        ("null: none", "null", &None),
        ("0: none", r#""0""#, &None),
        ("0 as a number: none", "0", &None),
    ] {
        let (read, notes) = start(value, None).await;
        assert_eq!((&read, notes.len()), (expected, 0), "{line}: {value} {notes:?}");
    }
}

#[tokio::test]
async fn the_label_form_of_an_assignment_has_american_dates() {
    let server = Server::start().await;
    let flat = r#"[{"Start ID":"5","candidate id":"7","job id":"8","Employment Category":"Subcontract",
        "Pay Rate":"$50.00 / Hour","Pay Start":"08/03/2026","Bill Start":"08/03/2026","Bill End":"12/31/2026"}]"#;
    server.on("/EmployeeAssignmentRecordsDetail", &[rows(flat)]);
    let facts = server.jobdiva().assemble(&"5".into()).await.unwrap().unwrap();
    assert_eq!(facts.start.unwrap().to_string(), "2026-08-03");
    assert_eq!(facts.end.unwrap().to_string(), "2026-12-31");
}

#[tokio::test]
async fn a_tenants_own_form_of_dates_is_read_and_none_is_taken_for_another() {
    let day = Some("2026-04-06".to_owned());
    for (form, value) in [
        ("dd/MM/yyyy", r#""06/04/2026""#),
        ("dd.MM.yyyy", r#""06.04.2026""#),
        ("dd.MM.yyyy", r#""06.04.2026 09:15:00""#),
        ("yyyyMMdd", r#""20260406""#),
        ("dd/MM/yyyy", r#""2026-04-06T00:00:00""#),
        ("dd/MM/yyyy", "1775433600000"),
    ] {
        assert_eq!(start(value, Some(form)).await, (day.clone(), Vec::new()), "{form}: {value}");
    }
    let (read, notes) = start(r#""04/30/2026""#, Some("dd/MM/yyyy")).await;
    assert_eq!(read, None);
    assert_eq!(notes, ["activity STARTDATE: `04/30/2026` is not in the configured form of dates"]);
}

#[tokio::test]
async fn a_stamp_of_a_row_is_wall_time_of_the_tenants_zone() {
    for (line, stamp, zone, expected) in [
        (
            "ISO, naive, Eastern",
            "2026-04-01T11:00:00",
            "America/New_York",
            "2026-04-01T15:00:00.000Z",
        ),
        ("American form", "04/01/2026 11:00:00", "America/New_York", "2026-04-01T15:00:00.000Z"),
        (
            "the zone is a setting",
            "2026-04-01T10:00:00",
            "America/Chicago",
            "2026-04-01T15:00:00.000Z",
        ),
        (
            "an offset wins",
            "2026-04-01T15:00:00+0000",
            "America/Chicago",
            "2026-04-01T15:00:00.000Z",
        ),
        ("epoch ms is a moment", "1775055600000", "America/Chicago", "2026-04-01T15:00:00.000Z"),
    ] {
        let server = Server::start().await;
        server.on(
            "/NewUpdatedJobRecords",
            &[rows(&format!(r#"[{{"JOBID":"1","DATEUPDATED":"{stamp}"}}]"#))],
        );
        let jobdiva = server.with(|config| config.time_zone = zone.to_owned());
        let polled = jobdiva.poll(None::<Cursor>, NOW).await.unwrap();
        assert_eq!(polled.newest.unwrap().to_string(), expected, "{line}");
    }
}
