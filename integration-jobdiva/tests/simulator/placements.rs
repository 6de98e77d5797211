//! The lives of placements and their records.

use std::collections::BTreeMap;

use integration_jobdiva::simulator::{Behaviour, Decision, Hired, Mutation, NewCandidate, NewHire};
use jiff::civil::date;
use serde_json::Value;

use super::tenant::{DAY, HOUR, Tenant, column, smooth};

const TODAY: (&str, &str) = ("03/24/2026 00:00:00", "03/24/2026 23:59:59");

async fn today(tenant: &Tenant, method: &str) -> Vec<Value> {
    let mut rows = tenant.delta(method, TODAY.0, TODAY.1).await;
    rows.retain(|row| row["ACTIVITYID"] == "51000777");
    rows
}

#[tokio::test]
async fn pay_and_billing_come_hours_after_the_hire_and_are_approved_later() {
    let tenant = Tenant::with(smooth()).await;
    assert!(today(&tenant, "NewUpdatedSalaryRecords").await.is_empty());
    assert!(tenant.rows("EmployeeAssignmentRecordsDetail?startId=51000778").await.len() == 1);
    tenant.sim.clock().advance(HOUR * 3);
    let billing = today(&tenant, "NewUpdatedBillingRecords").await;
    assert_eq!(column(&billing, "APPROVED"), ["0"]);
    assert_eq!(column(&billing, "DATEUPDATED"), ["2026-03-24T11:30:00"]);
    assert!(today(&tenant, "NewUpdatedSalaryRecords").await.is_empty());
    tenant.sim.clock().advance(HOUR * 2);
    let (pay, billing) = (
        today(&tenant, "NewUpdatedSalaryRecords").await,
        today(&tenant, "NewUpdatedBillingRecords").await,
    );
    assert_eq!((&pay[0]["APPROVED"], &billing[0]["APPROVED"]), (&"0".into(), &"1".into()));
    tenant.sim.clock().advance(HOUR);
    let pay = today(&tenant, "NewUpdatedSalaryRecords").await;
    assert_eq!(column(&pay, "APPROVED"), ["1"]);
    assert_eq!(column(&pay, "DATEUPDATED"), ["2026-03-24T14:30:00"]);
}

#[tokio::test]
async fn a_new_rate_is_a_second_record_with_a_later_date() {
    let tenant = Tenant::with(smooth()).await;
    let change = Mutation::ChangeRate {
        placement: 51_000_793,
        amount: "70.25".into(),
        effective: date(2026, 6, 1),
    };
    assert_eq!(tenant.sim.mutate(change).unwrap().id, 2);
    let rows = tenant.rows("EmployeeSalaryRecordsDetail?employeeId=70011000058").await;
    assert_eq!(column(&rows, "RECID"), ["1", "2"]);
    assert_eq!(column(&rows, "SALARY"), ["62.98", "70.25"]);
    assert_eq!(column(&rows, "APPROVED"), ["1", "0"]);
    assert_eq!(rows[1]["EFFECTIVE_DATE"], "2026-06-01T00:00:00");
    tenant.sim.clock().advance(DAY * 28);
    let seeded = tenant.rows("EmployeeSalaryRecordsDetail?employeeId=70011000057").await;
    assert_eq!(column(&seeded, "SALARY"), ["80", "88"]);
}

#[tokio::test]
async fn the_assignment_brings_an_unrelated_start_first() {
    let tenant = Tenant::with(smooth()).await;
    tenant.sim.clock().advance(HOUR * 6);
    let rows = tenant.rows("EmployeeAssignmentRecordsDetail?startId=51000777").await;
    assert_eq!(column(&rows, "Start ID"), ["50900777", "51000777"]);
    let salary = &rows[1]["SALARY"][0];
    assert_eq!(salary["SALARY"], 95, "a real number");
    assert_eq!(salary["EMPLOYMENT_CATEGORY"], "Independent Contractor");
    let billing = &rows[1]["BILLING"][0];
    assert_eq!(billing["NET_BILL"], "$128.5/H");
    assert_eq!(billing["END_DATE"], "2026-09-30T23:59:59");
    assert_eq!(rows[0]["SALARY"][0]["EMPLOYMENT_CATEGORY"], "Hourly Employee");
    let by_employee = tenant.rows("EmployeeAssignmentRecordsDetail?employeeId=70011000042").await;
    assert_eq!(by_employee.len(), 2);
    let kind = Tenant::with(Behaviour { related_starts: false, ..smooth() }).await;
    kind.sim.clock().advance(HOUR * 6);
    assert_eq!(kind.rows("EmployeeAssignmentRecordsDetail?startId=51000777").await.len(), 1);
}

#[tokio::test]
async fn big_ids_missing_mail_html_and_personal_columns() {
    let tenant = Tenant::with(smooth()).await;
    let candidate = &tenant.rows("CandidateDetail?candidateId=70011000058").await[0];
    assert_eq!(candidate["EMAIL"], "");
    assert!(candidate["ID"].as_str().unwrap().parse::<u64>().unwrap() > u64::from(u32::MAX));
    let job = &tenant.rows("JobDetail?jobdivaref=26-00417").await[0];
    assert_eq!(job["ID"], "30440012");
    assert!(job["JOBDESCRIPTION"].as_str().unwrap().starts_with("<p>"));
    let pay = &tenant.rows("EmployeeSalaryRecordsDetail?employeeId=70011000043").await[0];
    assert!(pay["SSN"].as_str().unwrap().starts_with("000-"));
}

#[tokio::test]
async fn the_seed_lives_its_life_by_itself() {
    let tenant = Tenant::with(smooth()).await;
    let detail = async |id: u64| {
        tenant.rows(&format!("SubmittalDetail?interviewScheduleId={id}")).await[0].clone()
    };
    assert_eq!(detail(51_000_790).await["HIREFLAG"], "0");
    assert_eq!(detail(51_000_789).await["REJECTFLAG"], "1");
    assert_eq!(detail(51_000_798).await["HIREFLAG"], "0");
    tenant.sim.clock().advance(DAY * 5);
    assert_eq!(detail(51_000_798).await["HIREFLAG"], "1");
    assert_eq!(detail(51_000_788).await["TERMINATIONDATE"], "");
    tenant.sim.clock().advance(DAY * 20);
    assert_eq!(detail(51_000_788).await["TERMINATIONDATE"], "2026-04-17T00:00:00");
    let approved = tenant.delta("NewUpdatedApprovedTimesheetRecords", "04/05/2026", "04/17/2026");
    assert_eq!(column(&approved.await, "TIMESHEETID"), ["6611200"]);
    let all = tenant.delta("NewUpdatedTimesheetRecords", "04/05/2026", "04/17/2026").await;
    assert_eq!(column(&all, "STATUS"), ["APPROVED", "REJECTED"]);
    let billing = tenant.rows("EmployeeBillingRecordsDetail?employeeId=70011000053").await;
    assert_eq!((&billing[0]["CLOSED"], &billing[0]["ACTUALEND"]), (&"1".into(), &"1".into()));
}

#[tokio::test]
async fn a_merged_candidate_is_empty_under_the_old_id() {
    let tenant = Tenant::with(smooth()).await;
    let (old, new) = (70_011_000_061, 70_011_000_062);
    tenant.sim.mutate(Mutation::Merge { old, new }).unwrap();
    assert!(tenant.rows(&format!("CandidateDetail?candidateId={old}")).await.is_empty());
    let merged = tenant.delta("MergedCandidates", TODAY.0, TODAY.1).await;
    assert_eq!(merged[0]["OLDCANDIDATEID"], old.to_string());
    assert_eq!(merged[0]["NEWCANDIDATEID"], new.to_string());
    let activity = tenant.rows("SubmittalDetail?interviewScheduleId=51000795").await;
    assert_eq!(activity[0]["CANDIDATEID"], new.to_string());
    let pay = tenant.rows(&format!("EmployeeSalaryRecordsDetail?employeeId={new}")).await;
    let by_record: BTreeMap<_, _> =
        column(&pay, "RECID").into_iter().zip(column(&pay, "ACTIVITYID")).collect();
    assert_eq!(by_record["1"], "51000796");
    assert_eq!(by_record["2"], "51000795");
}

#[tokio::test]
async fn what_is_deleted_leaves_the_details_and_is_listed() {
    let tenant = Tenant::with(smooth()).await;
    tenant.sim.mutate(Mutation::Delete { placement: 51_000_778 }).unwrap();
    tenant.sim.mutate(Mutation::DeleteCandidate { candidate: 70_011_000_055 }).unwrap();
    assert!(tenant.rows("SubmittalDetail?interviewScheduleId=51000778").await.is_empty());
    assert!(tenant.rows("EmployeeAssignmentRecordsDetail?startId=51000778").await.is_empty());
    let gone = tenant.delta("DeletedActivityRecords", TODAY.0, TODAY.1).await;
    assert_eq!(column(&gone, "ACTIVITYID"), ["51000778"]);
    let gone = tenant.delta("DeletedCandidateRecords", TODAY.0, TODAY.1).await;
    assert_eq!(column(&gone, "CANDIDATEID"), ["70011000055"]);
    let mut pay = tenant.delta("NewUpdatedSalaryRecords", TODAY.0, TODAY.1).await;
    pay.retain(|row| row["ACTIVITYID"] == "51000778");
    assert_eq!(column(&pay, "DELETED"), ["1"]);
}

#[tokio::test]
async fn attachments_go_by_name_in_any_case() {
    let tenant = Tenant::with(smooth()).await;
    let listed = tenant.rows("CandidateAttachmentList?candidateId=70011000059").await;
    let coi = "Nakagawa_COI_2026.pdf";
    assert_eq!(column(&listed, "FILENAME"), [coi, "Resume.pdf", coi]);
    let got = tenant
        .rows("CandidateAttachmentDetail?candidateId=70011000059&fileName=NAKAGAWA_coi_2026.PDF");
    let got = got.await;
    assert_eq!(column(&got, "ID"), ["88123"], "the newer of two of one name");
    assert!(got[0]["FILECONTENT"].as_str().unwrap().starts_with("JVBERi0xLjQK"));
}

#[tokio::test]
async fn people_change_records() {
    let tenant = Tenant::with(smooth()).await;
    let who = Hired::New(NewCandidate {
        first_name: "Wren".into(),
        last_name: "Solano".into(),
        email: "wren@example.com".into(),
        state: "CA".into(),
    });
    let hire = NewHire {
        who,
        job: 30_440_012,
        start: date(2026, 4, 10),
        end: Some(date(2026, 5, 29)),
        pay_rate: "55".into(),
        pay_per: "H".into(),
        category: Some("Independent Contractor".into()),
    };
    let placement = tenant.sim.mutate(Mutation::CreateHire(hire)).unwrap().id;
    let detail = || async {
        tenant.rows(&format!("SubmittalDetail?interviewScheduleId={placement}")).await[0].clone()
    };
    assert_eq!(detail().await["HIREFLAG"], "1");
    tenant.sim.clock().advance(HOUR * 6);
    let day = date(2026, 5, 15);
    for change in [
        Mutation::MoveDates { placement, start: date(2026, 4, 13), end: Some(day) },
        Mutation::SetCategory { placement, category: "Hourly Employee".into() },
        Mutation::AddTimesheet {
            placement,
            week_ending: date(2026, 4, 19),
            hours: "38".into(),
            decision: Decision::Approved,
        },
        Mutation::Terminate { placement, day, reason: "Budget".into() },
    ] {
        tenant.sim.mutate(change).unwrap();
    }
    let row = detail().await;
    assert_eq!(row["STARTDATE"], "2026-04-13T00:00:00");
    assert_eq!(row["TERMINATIONDATE"], "2026-05-15T00:00:00");
    let assignment =
        tenant.rows(&format!("EmployeeAssignmentRecordsDetail?startId={placement}")).await;
    assert_eq!(assignment[0]["SALARY"][0]["EMPLOYMENT_CATEGORY"], "Hourly Employee");
    assert_eq!(assignment[0]["OVERHEADS"][0]["W2"], 1);
    assert!(tenant.sim.mutate(Mutation::Cancel { placement: 1 }).is_err());
}
