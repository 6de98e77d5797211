//! Facts of placements out of canned rows.

use integration_jobdiva::error::Error;
use workflow_core::domain::facts::{Facts, Place, Stage};

use crate::server::{Server, rows, said};

const ACTIVITY: &str = r#"{"ACTIVITYID":"51000777","CANDIDATEID":"70011000042","JOBID":"30440012",
    "COMPANYID":"8801","HIREFLAG":"1","REJECTFLAG":"0","PLACEMENTDATE":"2026-03-23T11:30:00",
    "STARTDATE":"2026-04-07T00:00:00","ENDDATE":"2026-08-31T00:00:00","TERMINATIONDATE":"",
    "POSITIONTYPE":"Contract","AGREEDPAYRATE":"90","PAYFREQUENCY":"Hourly","CURRENCY":"USD",
    "CORPTOCORP":"0","CANDIDATEEMAIL":"m@example.com"}"#;
const ASSIGNMENT: &str = r#"{"Start ID":"51000777",
    "BILLING":[{"RECID":"1","START_DATE":"2026-04-06T00:00:00","END_DATE":"2026-09-30T23:59:59","APPROVED":1,
        "CLOSED":0,"ACTUALSTART":0,"BILL_RATE":128.5,"WORKING_LOCATION":"Onsite","WORKING_STATE":"CA",
        "WORKING_COUNTRY":"US","CURRENCY":"USD"}],
    "SALARY":[{"RECID":"1","EFFECTIVE_DATE":"2026-04-06T00:00:00","SALARY":62.98,"SALARY_PER":"H",
        "EMPLOYMENT_CATEGORY":"Independent Contractor","SSN":"123-45-6789"},
        {"RECID":"2","EFFECTIVE_DATE":"2026-07-01","SALARY":"$97.00/Hour","SALARY_PER":"",
        "EMPLOYMENT_CATEGORY":"Independent Contractor"}],
    "OVERHEADS":[{"W2":0,"C2C":0}]}"#;
const OTHER: &str = r#"{"Start ID":"51000790","SALARY":[{"RECID":"9","SALARY":1,"SALARY_PER":"Y",
    "EMPLOYMENT_CATEGORY":"Hourly Employee"}],"BILLING":[]}"#;
const JOB: &str = r#"{"ID":"30440012","JOBTITLE":"Contract Data Analyst","JOBDESCRIPTION":"<p>Reporting.</p>",
    "JOB_CATEGORY":"IT","COMPANYID":"8801","COMPANYNAME":"Halvorsen Freight","STATE":"CA","COUNTRY":"US",
    "PAYRATEMAX":"100"}"#;
const HOME: &str = r#"{"ID":"70011000042","FIRSTNAME":"Marisol","STATE":"NV","COUNTRY":"US"}"#;

/// A server that holds the whole placement.
async fn whole() -> Server {
    let server = Server::start().await;
    server
        .on("/SubmittalDetail", &[rows(&format!("[{ACTIVITY}]"))])
        .on("/EmployeeAssignmentRecordsDetail", &[rows(&format!("[{OTHER},{ASSIGNMENT}]"))])
        .on("/JobDetail", &[rows(JOB)])
        .on("/CandidateDetail", &[rows(&format!("[{HOME}]"))]);
    server
}

async fn facts(server: &Server) -> Facts {
    server.jobdiva().assemble(&"51000777".into()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_placement_is_read_whole() {
    let server = whole().await;
    let facts = facts(&server).await;
    assert_eq!(facts.stage, Stage::Starting);
    assert_eq!((facts.candidate.as_str(), facts.requisition.as_str()), ("70011000042", "30440012"));
    assert_eq!(facts.start.unwrap().to_string(), "2026-04-06");
    assert_eq!(facts.end.unwrap().to_string(), "2026-09-30");
    let pay = facts.pay.unwrap();
    assert_eq!((pay.amount.to_string().as_str(), pay.unit.as_str()), ("62.98", "H"));
    assert_eq!((pay.currency.as_deref(), pay.source.as_str()), (Some("USD"), "pay record 1"));
    assert_eq!(facts.engaged.category.as_deref(), Some("Independent Contractor"));
    assert_eq!(facts.engaged.position.as_deref(), Some("Contract"));
    assert_eq!((facts.engaged.corp_to_corp, facts.engaged.w2), (Some(false), Some(false)));
    let place = |state: &str| Place {
        state: Some(state.to_owned()),
        country: Some("US".to_owned()),
        remote: false,
    };
    assert_eq!((facts.worksite, facts.requisition_place), (place("CA"), place("CA")));
    assert_eq!(facts.home, place("NV"));
    assert_eq!(facts.role.title.as_deref(), Some("Contract Data Analyst"));
    assert_eq!(facts.role.description.as_deref(), Some("Reporting."));
    assert_eq!(facts.company.unwrap().name.as_deref(), Some("Halvorsen Freight"));
    assert_eq!(facts.unreadable, []);
    let detail = &server.asked("/SubmittalDetail")[0];
    assert_eq!(detail.query, "interviewScheduleId=51000777");
    assert_eq!(server.asked("/EmployeeSalaryRecordsDetail").len(), 0);
}

#[tokio::test]
async fn the_records_are_found_by_way_of_the_employee_too() {
    let pay = r#"[{"EMPLOYEEID":"70011000042","RECID":"1","ACTIVITYID":"51000777","EFFECTIVE_DATE":"04/06/2026",
        "APPROVED":"1","SALARY":"95","SALARY_PER":"H","EMPLOYMENT_CATEGORY":"Subcontract","OH_C2C":"1"},
        {"EMPLOYEEID":"70011000042","RECID":"2","ACTIVITYID":"51000790","EFFECTIVE_DATE":"04/07/2026","SALARY":"1"}]"#;
    let billing = r#"[{"STARTID":"51000777","RECID":"1","START_DATE":"04/06/2026","END_DATE":"09/30/2026",
        "APPROVED":"1","ACTUALSTART":"1","WORKING_LOCATION":"100% Remote","WORK_STATE":"TX"}]"#;
    let refused = said(403, "You are not allowed to access to X API.");
    for assignment in [rows("[]"), rows(&format!("[{OTHER}]")), refused] {
        let server = whole().await;
        server
            .on("/EmployeeAssignmentRecordsDetail", &[assignment])
            .on("/EmployeeSalaryRecordsDetail", &[rows(pay)])
            .on("/EmployeeBillingRecordsDetail", &[rows(billing)]);
        let facts = facts(&server).await;
        assert_eq!(facts.stage, Stage::Working);
        assert_eq!(facts.engaged.category.as_deref(), Some("Subcontract"));
        assert_eq!(facts.engaged.corp_to_corp, Some(true));
        assert_eq!(facts.pay.unwrap().amount.to_string(), "95");
        assert!(facts.worksite.remote);
        assert_eq!(facts.worksite.state.as_deref(), Some("TX"));
    }
}

#[tokio::test]
async fn an_older_flat_assignment_is_read() {
    let flat = r#"[{"Start ID":"51000777","Employment Category":"Independent Contractor","Pay Rate":"$50.00 / Hour",
        "Pay Start":"04/06/2026","Bill Start":"04/06/2026","Bill End":"09/30/2026","W2":"No","C2C":"Yes"}]"#;
    let server = whole().await;
    server.on("/EmployeeAssignmentRecordsDetail", &[rows(flat)]);
    let facts = facts(&server).await;
    let pay = facts.pay.unwrap();
    assert_eq!((pay.amount.to_string().as_str(), pay.unit.as_str()), ("50.00", "Hour"));
    assert_eq!(facts.engaged.category.as_deref(), Some("Independent Contractor"));
    assert_eq!((facts.engaged.corp_to_corp, facts.engaged.w2), (Some(true), Some(false)));
    assert_eq!(facts.end.unwrap().to_string(), "2026-09-30");
}

#[tokio::test]
async fn what_was_agreed_counts_until_there_is_a_pay_record() {
    let server = whole().await;
    server.on("/EmployeeAssignmentRecordsDetail", &[rows("[]")]);
    let agreed = facts(&server).await;
    let pay = agreed.pay.unwrap();
    assert_eq!((pay.amount.to_string().as_str(), pay.unit.as_str()), ("90", "Hourly"));
    assert_eq!(pay.source, "activity");
    assert_eq!(agreed.start.unwrap().to_string(), "2026-04-07");
    assert_eq!(agreed.engaged.category, None);
    let unagreed = ACTIVITY.replace(r#""AGREEDPAYRATE":"90""#, r#""AGREEDPAYRATE":"0""#);
    server.on("/SubmittalDetail", &[rows(&unagreed)]);
    let unagreed = facts(&server).await;
    assert_eq!((unagreed.pay, unagreed.unreadable), (None, vec![]));
}

#[tokio::test]
async fn the_tenants_own_fields_are_asked_for_and_read() {
    let own = ASSIGNMENT.replace(
        r#""SALARY":62.98"#,
        r#""SALARY":62.98,"Pay_Rate_to_Vendor":60.125,"Worker_Type":"1099""#,
    );
    let server = whole().await;
    server.on("/EmployeeAssignmentRecordsDetail", &[rows(&format!("[{own}]"))]);
    let jobdiva = server.with(|config| {
        config.pay_field = Some("Pay Rate to Vendor".into());
        config.tenant_field = Some("Worker Type".into());
    });
    let facts = jobdiva.assemble(&"51000777".into()).await.unwrap().unwrap();
    assert_eq!(facts.pay.unwrap().amount.to_string(), "60.125");
    assert_eq!(facts.engaged.tenant_field.as_deref(), Some("1099"));
    let query = &server.asked("/EmployeeAssignmentRecordsDetail")[0].query;
    assert_eq!(
        query,
        "startId=51000777&userFieldsName=Worker+Type&userFieldsName=Pay+Rate+to+Vendor"
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_a_note_and_stops_nothing() {
    let odd = ASSIGNMENT
        .replace("62.98", "\"85 - 95\"")
        .replace("2026-09-30T23:59:59", "until done")
        .replace(r#""ACTUALSTART":0"#, r#""ACTUALSTART":"perhaps""#);
    let server = whole().await;
    server.on("/EmployeeAssignmentRecordsDetail", &[rows(&format!("[{odd}]"))]);
    let facts = facts(&server).await;
    assert_eq!(facts.pay, None);
    assert_eq!(facts.end.unwrap().to_string(), "2026-08-31");
    let notes: Vec<&str> = facts.unreadable.iter().map(|note| note.what.as_str()).collect();
    assert_eq!(
        notes,
        ["billing record 1 END_DATE", "billing record 1 ACTUALSTART", "pay record 1 SALARY"]
    );
    assert_eq!(facts.unreadable[2].why, "`85 - 95` is no plain amount");
}

#[tokio::test]
async fn a_bare_offer_is_no_work_and_is_read_whole() {
    let offer = ACTIVITY
        .replace(r#""HIREFLAG":"1""#, r#""HIREFLAG":"0""#)
        .replace("2026-03-23T11:30:00", "");
    let server = whole().await;
    server
        .on("/SubmittalDetail", &[rows(&offer)])
        .on("/EmployeeAssignmentRecordsDetail", &[rows("{}")]);
    let facts = facts(&server).await;
    assert_eq!(facts.stage, Stage::Offer);
    assert_eq!(facts.role.category.as_deref(), Some("IT"));
    assert!(facts.requisition_place.state.is_some() && facts.home.state.is_some());
}

#[tokio::test]
async fn what_is_deleted_is_told_from_what_never_was() {
    let server = whole().await;
    server.on("/SubmittalDetail", &[rows("[]")]);
    let deleted = r#"[{"Start ID":"51000777","EMPLOYEEID":"7","JOBID":"8","BILLING":[{"RECID":"1","DELETED":"1"}],"SALARY":[]}]"#;
    server.on("/EmployeeAssignmentRecordsDetail", &[rows(deleted)]);
    assert_eq!(facts(&server).await.stage, Stage::Deleted);
    server.on("/EmployeeAssignmentRecordsDetail", &[rows(&format!("[{OTHER}]"))]);
    let jobdiva = server.jobdiva();
    assert_eq!(jobdiva.assemble(&"51000777".into()).await.unwrap(), None);
    assert_eq!(jobdiva.assemble(&"51/x".into()).await.unwrap(), None);
}

#[tokio::test]
async fn without_a_grant_for_the_detail_the_feed_says_who_works() {
    let server = whole().await;
    server.on(
        "/SubmittalDetail",
        &[said(200, r#"{"message":"You are not allowed to access to X API."}"#)],
    );
    server.on("/EmployeeAssignmentRecordsDetail", &[rows("[]")]);
    let jobdiva = server.jobdiva();
    let error = jobdiva.assemble(&"51000777".into()).await.unwrap_err();
    assert!(matches!(error, Error::NotGranted { operation: "placement.detail", .. }), "{error}");
    server
        .on("/NewUpdatedSubmittalInterviewHireActivityRecords", &[rows(&format!("[{ACTIVITY}]"))]);
    jobdiva.poll(None, crate::server::NOW).await.unwrap();
    let facts = jobdiva.assemble(&"51000777".into()).await.unwrap().unwrap();
    assert_eq!(facts.candidate.as_str(), "70011000042");
}
