//! Trying one operation: how it answers, how its columns fit, and that nothing personal is kept.

use std::collections::BTreeSet;

use integration_jobdiva::operations::{Field, Operation, Param, Registry};
use integration_jobdiva::probe::{Harmless, Outcome, Probe};

use crate::UNAUTHORIZED;
use crate::server::{Canned, NOW, Server, rows, said};

const PAY: &str = "/NewUpdatedSalaryRecords";

async fn probed(operation: Operation, path: &'static str, answer: Canned) -> Probe {
    let server = Server::start().await;
    server.on(path, &[answer]);
    let mut harmless = Harmless::at(NOW);
    harmless.known.insert(Param::Candidate, "7".into());
    server.jobdiva().probe(operation, &harmless).await
}

#[tokio::test]
async fn every_outcome_has_its_name() {
    let text = |text: &str| text.to_owned();
    for (answer, expected) in [
        (rows(r#"[{"EMPLOYEEID":"7"}]"#), Outcome::Ok { rows: 1 }),
        (rows("[]"), Outcome::Empty),
        (said(403, "no"), Outcome::NotGranted { message: text("no") }),
        (said(401, UNAUTHORIZED), Outcome::NotThere),
        (said(400, "bad fromDate"), Outcome::WrongParameter { message: text("bad fromDate") }),
        (
            said(200, r#"{"message":"Error: x (Date range more than 7 days, metric name = Y)"}"#),
            Outcome::WindowTooWide {
                message: text("Error: x (Date range more than 7 days, metric name = Y)"),
            },
        ),
        (said(200, "<html>"), Outcome::ShapeDiffers { why: text("it holds no data") }),
    ] {
        assert_eq!(probed(Operation::PayDelta, PAY, answer).await.outcome, expected);
    }
    let failed = probed(Operation::PayDelta, PAY, said(503, "")).await.outcome;
    assert!(matches!(failed, Outcome::Failed { .. }), "{failed:?}");
    let refused =
        probed(Operation::PayDelta, "authenticate", said(500, "Invalid username/password")).await;
    assert!(matches!(refused.outcome, Outcome::LoginRefused { .. }));
    let missing = probed(Operation::JobGet, "/JobDetail", rows("[]")).await.outcome;
    assert_eq!(missing, Outcome::NotAsked { missing: Param::Job });
    let login = Registry::login(integration_jobdiva::config::Login::V2Pair);
    assert_eq!(probed(login, "/x", rows("[]")).await.outcome, Outcome::Ok { rows: 1 });
    let unused = probed(Operation::LoginV1Text, "/x", rows("[]")).await.outcome;
    assert_eq!(unused, Outcome::SwitchedOff);
}

#[tokio::test]
async fn a_feed_is_asked_for_the_last_hour_and_a_record_by_what_is_known() {
    let server = Server::start().await;
    let mut harmless = Harmless::at(NOW);
    harmless.known.insert(Param::Candidate, "7".into());
    server.jobdiva().probe(Operation::PayDelta, &harmless).await;
    assert_eq!(
        server.asked(PAY)[0].query,
        "fromDate=04%2F01%2F2026+11%3A00%3A00&toDate=04%2F01%2F2026+12%3A00%3A00"
    );
    server.jobdiva().probe(Operation::PayByEmployee, &harmless).await;
    assert_eq!(server.asked("/EmployeeSalaryRecordsDetail")[0].query, "employeeId=7");
}

#[tokio::test]
async fn columns_are_compared_with_the_field_map() {
    let row = r#"[{"EMPLOYEEID":"7","RECID":"1","ACTIVITYID":"4","JOBID":"8","SALARY":"95","RATE_UNIT":"H",
        "EFFECTIVE_DATE":"06.04.2026","EMPLOYMENT_CATEGORY_TEXT":"Freelancer","SSN":"123-45-6789","COMMENTS":"Ada Byron"}]"#;
    let probe = probed(Operation::PayDelta, PAY, rows(row)).await;
    let names = |columns: &BTreeSet<String>| columns.iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        names(&probe.columns_seen),
        "ACTIVITYID COMMENTS EFFECTIVE_DATE EMPLOYEEID EMPLOYMENT_CATEGORY_TEXT JOBID RATE_UNIT RECID SALARY"
    );
    assert_eq!(names(&probe.unread_columns), "COMMENTS EMPLOYMENT_CATEGORY_TEXT RATE_UNIT");
    assert_eq!(probe.mapped[&Field::PayAmount], "SALARY");
    assert!(probe.unmapped_canonical.contains(&Field::WorkState));
    let told = [Field::CorpToCorp, Field::W2, Field::Approved];
    let missing = [Field::PayUnit, Field::Employment].into_iter().chain(told).collect();
    assert_eq!(probe.missing, missing);
    assert_eq!(probe.likely[&Field::Employment], "EMPLOYMENT_CATEGORY_TEXT");
    // The value is masked, the form of dates guessed.
    let [misread, _] = &probe.misread[..] else { panic!("{:?}", probe.misread) };
    assert_eq!((misread.column.as_str(), misread.form.as_str()), ("EFFECTIVE_DATE", "99.99.9999"));
    assert_eq!(probe.likely_date_format.as_ref().unwrap().to_string(), "dd.MM.yyyy");
    assert_eq!(probe.samples[&Param::Placement], "4");
    let told = serde_json::to_string(&probe).unwrap();
    for personal in ["Ada", "6789", "SSN", "06.04"] {
        assert!(!told.contains(personal), "{personal}: {told}");
    }
}

#[tokio::test]
async fn the_tenants_words_are_collected_and_nothing_personal() {
    let assignment = r#"[{"Start ID":"5","BILLING":[{"RECID":"1","COMPANY_ID":"8801","CURRENCY":"USD"}],
        "SALARY":[{"RECID":"1","SALARY":95,"SALARY_PER":"Std","EMPLOYMENT_CATEGORY":"Freiberufler"}]}]"#;
    let server = Server::start().await;
    server.on("/EmployeeAssignmentRecordsDetail", &[rows(assignment)]);
    server.on(
        "/JobDetail",
        &[rows(
            r#"[{"ID":"8","JOBTITLE":"T","JOB_CATEGORY":"IT","POSITIONTYPE":"Contract",
        "COMPANYID":"8801","COMPANYNAME":"Halvorsen Freight"}]"#,
        )],
    );
    server.on(
        "/CandidateDetail",
        &[rows(r#"[{"ID":"7","FIRSTNAME":"Ada","EMAIL":"ada@example.com","STATE":"CA"}]"#)],
    );
    let mut harmless = Harmless::at(NOW);
    for (param, id) in [(Param::Placement, "5"), (Param::Job, "8"), (Param::Candidate, "7")] {
        harmless.known.insert(param, id.into());
    }
    let jobdiva = server.jobdiva();
    let assignment = jobdiva.probe(Operation::PlacementAssignment, &harmless).await;
    assert!(assignment.vocabulary.categories.contains("Freiberufler"));
    assert!(assignment.vocabulary.units.contains("Std"));
    assert_eq!(assignment.vocabulary.companies["8801"], None);
    let job = jobdiva.probe(Operation::JobGet, &harmless).await;
    assert_eq!(job.vocabulary.companies["8801"].as_deref(), Some("Halvorsen Freight"));
    assert!(job.vocabulary.job_categories.contains("IT"));
    let person = jobdiva.probe(Operation::CandidateGet, &harmless).await;
    assert_eq!(person.outcome, Outcome::Ok { rows: 1 });
    let told = format!("{person:?}{}", serde_json::to_string(&person).unwrap());
    assert!(!told.contains("Ada") && !told.contains("example.com"), "{told}");
}
