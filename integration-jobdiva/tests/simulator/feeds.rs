//! Windows, envelopes, values, pages and batches of the BI methods.

use integration_jobdiva::simulator::{Behaviour, BillingDates, Fault, FaultKind, Mutation};
use serde_json::{Value, json as value};

use super::tenant::{DAY, HOUR, Tenant, column, json, smooth, status_and_json};

const ACTIVITIES: &str = "NewUpdatedSubmittalInterviewHireActivityRecords";

#[tokio::test]
async fn fourteen_days_are_the_widest_window() {
    let tenant = Tenant::with(smooth()).await;
    let just = tenant.delta(ACTIVITIES, "03/10/2026 09:00:00", "03/24/2026 09:00:00").await;
    assert!(just.len() > 10);
    let over = format!("{ACTIVITIES}?fromDate=03/10/2026 09:00:00&toDate=03/24/2026 09:00:01");
    let (code, body) = status_and_json(tenant.get(&format!("/apiv2/bi/{over}"))).await;
    assert_eq!((code, &body["data"]), (200, &Value::Null));
    let message = body["message"].as_str().unwrap();
    assert!(message.starts_with("Error:"), "{message}");
    assert!(message.contains("Date range more than 14 days, metric name = New/Updated Sub"));
}

#[tokio::test]
async fn midnight_means_the_end_of_the_day_and_both_ends_count() {
    let tenant = Tenant::with(smooth()).await;
    let hired_at_0830 = |rows: &[Value]| column(rows, "ACTIVITYID").contains(&"51000777".into());
    let day = tenant.delta(ACTIVITIES, "3/24/2026", "03/24/2026 00:00:00").await;
    assert!(hired_at_0830(&day));
    let second = tenant.delta(ACTIVITIES, "03/24/2026 08:30:00", "03/24/2026 08:30:00").await;
    assert_eq!(column(&second, "ACTIVITYID"), ["51000777"]);
    assert_eq!(second[0]["DATEUPDATED"], "2026-03-24T08:30:00", "Eastern wall time");
    let utc = tenant.delta(ACTIVITIES, "03/24/2026 12:30:00", "03/24/2026 12:30:00").await;
    assert!(utc.is_empty());
    let literal = Tenant::with(Behaviour { widen_midnight: false, ..smooth() }).await;
    let day = literal.delta(ACTIVITIES, "03/24/2026", "03/24/2026 00:00:00").await;
    assert!(day.is_empty());
}

#[tokio::test]
async fn a_missing_or_bad_date_is_a_400() {
    let tenant = Tenant::with(smooth()).await;
    for query in ["", "?fromDate=03/24/2026", "?fromDate=2026-03-24&toDate=03/24/2026"] {
        let path = format!("/apiv2/bi/NewUpdatedSalaryRecords{query}");
        let (code, body) = status_and_json(tenant.get(&path)).await;
        assert_eq!((code, &body["apierror"]["status"]), (400, &value!("BAD_REQUEST")), "{query}");
    }
}

#[tokio::test]
async fn scalars_are_strings_and_empties_come_in_four_ways() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let rows = tenant.delta(ACTIVITIES, "03/11/2026", "03/24/2026").await;
    let texts = rows.iter().flat_map(|row| row.as_object().unwrap().values());
    assert!(texts.clone().all(|cell| cell.is_string() || cell.is_null()));
    let reasons: Vec<_> = rows.iter().map(|row| row.get("REJECTREASON").cloned()).collect();
    for way in [None, Some(Value::Null), Some(value!("")), Some(value!("Null"))] {
        assert!(reasons.contains(&way), "{way:?} not in {reasons:?}");
    }
    let names = column(&rows, "CANDIDATELASTNAME");
    assert!(names.iter().any(|name| name.ends_with(' ')));
    assert!(names.iter().any(|name| !name.ends_with(' ')));
    let again = tenant.delta(ACTIVITIES, "03/11/2026", "03/24/2026").await;
    assert_eq!(rows, again, "the same row is ragged in the same way");
}

#[tokio::test]
async fn one_row_may_be_bare_and_no_row_takes_three_forms() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let mut single = Vec::new();
    for _ in 0..2 {
        single.push(tenant.bi("CandidateDetail?candidateId=70011000042").await["data"].clone());
    }
    assert!(single.iter().any(Value::is_object) && single.iter().any(Value::is_array));
    let mut none = Vec::new();
    for _ in 0..3 {
        none.push(tenant.bi("CandidateDetail?candidateId=1").await["data"].clone());
    }
    for form in [value!([]), value!({}), Value::Null] {
        assert!(none.contains(&form), "{form}");
    }
}

#[tokio::test]
async fn the_first_version_answers_header_rows() {
    let tenant = Tenant::with(smooth()).await;
    let answer = json(tenant.get("/api/bi/CompanyDetail?companyId=8801")).await;
    let [header, cells] = answer["data"].as_array().unwrap().as_slice() else {
        panic!("not a header and a row: {answer}")
    };
    let at = header.as_array().unwrap().iter().position(|name| name == "COMPANYNAME").unwrap();
    assert_eq!(cells[at], "Halvorsen Freight");
    let objects = "/api/bi/CompanyDetail?companyId=8801&alternateFormat=true";
    assert_eq!(json(tenant.get(objects)).await["data"][0]["COMPANYNAME"], "Halvorsen Freight");
}

#[tokio::test]
async fn user_fields_only_for_those_who_ask() {
    let tenant = Tenant::with(smooth()).await;
    let base = "SalaryRecordDetail?employeeId=70011000057&recordId=1";
    assert_eq!(tenant.rows(base).await[0].get("Pay_Rate_to_Vendor"), None);
    let asked = tenant.rows(&format!("{base}&userFieldsName=Pay Rate to Vendor")).await;
    assert_eq!(asked[0]["Pay_Rate_to_Vendor"], "80");
    assert_eq!(tenant.rows("UserfieldsList").await[0]["FIELDNAME"], "Pay Rate to Vendor");
}

#[tokio::test]
async fn pages_count_from_one_and_end_empty() {
    let tenant = Tenant::with(smooth()).await;
    let page = async |number: u32| {
        let window = "fromDate=03/02/2026&toDate=03/15/2026";
        let query = format!("NewUpdatedCandidateRecords?{window}&pageSize=20&pageNumber={number}");
        tenant.rows(&query).await.len()
    };
    assert_eq!([page(1).await, page(2).await, page(3).await], [20, 2, 0]);
}

#[tokio::test]
async fn a_poisoned_row_spoils_every_window_that_holds_it() {
    let tenant = Tenant::with(smooth()).await;
    let row = "51000777".to_owned();
    let path = format!("bi/{ACTIVITIES}");
    tenant.sim.fault(Fault { path, kind: FaultKind::Poison { row }, count: None }).unwrap();
    for (to, code) in [("08:30:00", 500), ("08:29:59", 200), ("09:00:00", 500)] {
        let window = format!("fromDate=03/24/2026 08:00:00&toDate=03/24/2026 {to}");
        let (got, body) =
            status_and_json(tenant.get(&format!("/apiv2/bi/{ACTIVITIES}?{window}"))).await;
        assert_eq!(got, code);
        assert_eq!(body["message"] == "Not an array", code == 500);
    }
}

#[tokio::test]
async fn billing_dates_by_switch() {
    for (billing_dates, start) in
        [(BillingDates::Iso, "2026-04-06T00:00:00"), (BillingDates::Us, "04/06/2026")]
    {
        let tenant = Tenant::with(Behaviour { billing_dates, ..smooth() }).await;
        let rows = tenant.rows("BillingRecordDetail?employeeId=70011000057&recordId=1").await;
        assert_eq!(rows[0]["START_DATE"], start);
    }
}

#[tokio::test]
async fn a_change_shows_ninety_seconds_late_when_feeds_lag() {
    let tenant = Tenant::with(Behaviour { feed_lag_secs: 90, ..smooth() }).await;
    tenant.sim.clock().advance(DAY);
    tenant
        .sim
        .mutate(Mutation::AddPayRecord {
            placement: 51_000_782,
            amount: "64".into(),
            per: "H".into(),
            category: "Independent Contractor".into(),
        })
        .unwrap();
    let employee = "SalaryRecordDetail?employeeId=70011000047&recordId=1";
    assert!(tenant.rows(employee).await.is_empty());
    tenant.sim.clock().advance(HOUR / 40);
    assert_eq!(tenant.rows(employee).await.len(), 1);
}

#[tokio::test]
async fn a_batch_of_more_than_a_hundred_ids_is_refused() {
    let tenant = Tenant::with(smooth()).await;
    let ids = |count: usize| vec!["jobIds=30440012"; count].join("&");
    let full = tenant.rows(&format!("JobsDetail?{}&jobIds=30440013", ids(99))).await;
    assert_eq!(full.len(), 100);
    let (code, _) =
        status_and_json(tenant.get(&format!("/apiv2/bi/JobsDetail?{}", ids(101)))).await;
    assert_eq!(code, 400);
    let two = tenant.rows("CandidatesDetail?candidateIds=70011000042&candidateIds=70011000043");
    assert_eq!(two.await.len(), 2);
}
