//! The whole surface: every path of the specification, in the OpenAPI document and on the router, and what the less used
//! methods answer.

use std::collections::BTreeSet;

use integration_jobdiva::simulator::{Behaviour, Fault, FaultKind, Mutation, Simulator};
use reqwest::Method;
use serde_json::{Value, json as value};

use super::tenant::{DAY, HOUR, Tenant, column, json, smooth, status};

/// The BI methods that the specification asks for, by family.
const BI: [&str; 43] = [
    "CandidateDetail",
    "CandidatesDetail",
    "NewUpdatedCandidateRecords",
    "DeletedCandidateRecords",
    "MergedCandidates",
    "JobDetail",
    "JobsDetail",
    "NewUpdatedJobRecords",
    "DeletedJobRecords",
    "MergedJobs",
    "NewUpdatedSubmittalInterviewHireActivityRecords",
    "NewUpdatedActivityRecords",
    "SubmittalInterviewHireActivitiesList",
    "SubmittalDetail",
    "SubmittalsDetail",
    "JobsSubmittalsDetail",
    "CandidatesSubmittalsDetail",
    "EmployeeAssignmentRecordsDetail",
    "DeletedActivityRecords",
    "CancelledStarts",
    "NewUpdatedBillingRecords",
    "EmployeeBillingRecordsDetail",
    "BillingRecordDetail",
    "NewUpdatedSalaryRecords",
    "EmployeeSalaryRecordsDetail",
    "SalaryRecordDetail",
    "NewUpdatedTimesheetRecords",
    "NewUpdatedApprovedTimesheetRecords",
    "TimesheetDetail",
    "TimesheetDetailAllHours",
    "NewUpdatedInvoices",
    "NewInvoices",
    "InvoiceDetail",
    "CandidateAttachmentList",
    "CandidateAttachmentDetail",
    "CandidateOnBoardingDocumentList",
    "CandidateOnBoardingDocumentDetail",
    "CompanyDetail",
    "CompaniesDetail",
    "NewUpdatedCompanyRecords",
    "ContactsDetail",
    "NewUpdatedContactRecords",
    "ApiLimits",
];

const OTHERS: [(&str, &str); 11] = [
    ("get", "/apiv2/v2/authenticate"),
    ("get", "/apiv2/authenticate"),
    ("post", "/apiv2/v2/login"),
    ("get", "/apiv2/v2/refreshToken"),
    ("get", "/api/authenticate"),
    ("get", "/apiv2/validateUser"),
    ("post", "/apiv2/jobdiva/searchStart"),
    ("post", "/apiv2/jobdiva/SearchJob"),
    ("post", "/apiv2/jobdiva/searchCandidateProfile"),
    ("get", "/apiv2/bi/UserfieldsList"),
    ("get", "/api/bi/UserfieldsList"),
];

async fn document(tenant: &Tenant) -> Value {
    json(tenant.http.get(tenant.url("/openapi.json"))).await
}

#[tokio::test]
async fn every_path_of_the_specification_is_described() {
    let tenant = Tenant::with(smooth()).await;
    let document = document(&tenant).await;
    assert_eq!(document["servers"][0]["url"], tenant.sim.base_url());
    for method in BI {
        for prefix in ["/apiv2/bi", "/api/bi"] {
            let path = format!("{prefix}/{method}");
            assert!(document["paths"][&path]["get"].is_object(), "{path}");
        }
    }
    for (method, path) in OTHERS {
        assert!(document["paths"][path][method].is_object(), "{method} {path}");
    }
}

#[tokio::test]
async fn what_is_described_is_served_and_what_is_served_is_described() {
    let mut tenant = Tenant::with(smooth()).await;
    let document = document(&tenant).await;
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let served: BTreeSet<(String, String)> =
        Simulator::routes().into_iter().map(|(method, path)| (method.to_owned(), path)).collect();
    assert_eq!(described, served);
    // Really served: not answered as a path that nobody knows is, with or without a token.
    for (method, path) in described {
        let method: Method = method.parse().unwrap();
        let request = tenant.http.request(method.clone(), tenant.url(&path));
        let code = status(request.bearer_auth(&tenant.token)).await.as_u16();
        let is_refresh = path == "/apiv2/v2/refreshToken";
        assert!((code != 401 && code != 404) || is_refresh, "{method} {path}: {code}");
        tenant.login().await;
    }
}

#[tokio::test]
async fn parameters_that_are_described_as_needed_are() {
    let tenant = Tenant::with(smooth()).await;
    let document = document(&tenant).await;
    let mut needing = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(name) = path.strip_prefix("/apiv2/bi/") else { continue };
        let parameters = item["get"]["parameters"].as_array().unwrap();
        let needed = parameters.iter().any(|of| of["required"] == true);
        let either = ["JobDetail", "EmployeeAssignmentRecordsDetail"].contains(&name);
        needing += usize::from(needed);
        let code = status(tenant.get(path)).await.as_u16();
        assert_eq!(code, if needed || either { 400 } else { 200 }, "{path}");
    }
    assert_eq!(needing, 41);
}

#[tokio::test]
async fn the_page_shows_the_state() {
    let tenant = Tenant::with(smooth()).await;
    tenant.rows("JobDetail?jobId=30440012").await;
    let kind = FaultKind::Slow { millis: 1 };
    tenant.sim.fault(Fault { path: "bi/JobDetail".into(), kind, count: Some(1) }).unwrap();
    let answer = tenant.http.get(tenant.url("/")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    let page = answer.text().await.unwrap();
    for shown in [
        "51000777",
        "GET /apiv2/bi/JobDetail jobId=30440012",
        "Marisol Okafor",
        "Independent Contractor",
        "Tokens",
        "Webhooks",
        "Slow",
        "a `toDate` of midnight means the end of that day",
        "POST /__sim/mutate",
    ] {
        assert!(page.contains(shown), "{shown} is not shown");
    }
    assert!(!page.contains("not secret"), "the password is not shown");
    assert_eq!(tenant.rows("JobDetail?jobId=30440012").await.len(), 1, "slow, and good");
}

#[tokio::test]
async fn what_was_asked_is_remembered_without_secrets() {
    let tenant = Tenant::with(smooth()).await;
    status(tenant.get("/apiv2/bi/JobDetail")).await;
    let recent = json(tenant.http.get(tenant.url("/__sim/requests/recent"))).await;
    let told: Vec<(String, Value)> = recent
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["path"].as_str().unwrap().to_owned(), of["status"].clone()))
        .collect();
    let expected = [("/apiv2/v2/authenticate", 200), ("/apiv2/bi/JobDetail", 400)];
    assert_eq!(told, expected.map(|(path, code)| (path.to_owned(), value!(code))));
    assert!(!recent.to_string().contains("not secret"));
    let switches = json(tenant.http.get(tenant.url("/__sim/switches"))).await;
    assert_eq!(switches.as_array().unwrap().len(), 30);
    assert_eq!(switches[4]["now"]["max_window_secs"], 14 * 86_400);
}

#[tokio::test]
async fn searches_of_jobs_and_candidates_have_spaced_keys() {
    let tenant = Tenant::with(smooth()).await;
    let search = async |method: &str, criteria: Value| -> Vec<Value> {
        let url = tenant.url(&format!("/apiv2/jobdiva/{method}"));
        let answer = json(tenant.http.post(url).bearer_auth(&tenant.token).json(&criteria)).await;
        answer.as_array().unwrap().clone()
    };
    let jobs = search("SearchJob", value!({ "companyId": 8802, "state": ["NY"] })).await;
    let titles: Vec<&str> = jobs.iter().map(|job| job["job title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Product Designer", "Head of Design"]);
    assert_eq!(jobs[0]["reference #"], "26-00419");
    assert!(jobs[0]["issue date"].is_i64());
    assert_eq!(search("searchJob", value!({ "maxReturned": 3, "compnyId": 1 })).await.len(), 3);
    let people =
        search("searchCandidateProfile", value!({ "lastName": "okafor", "state": "CA" })).await;
    assert_eq!(people[0]["id"], 70_011_000_042_u64);
    assert_eq!(people[0]["phone 1"], "559-555-0042");
    let strict = Behaviour { ignore_unknown_criteria: false, ..smooth() };
    let strict = Tenant::with(strict).await;
    let typo = strict.http.post(strict.url("/apiv2/jobdiva/searchStart"));
    let typo = typo.bearer_auth(&strict.token).json(&value!({ "jobid": 30_440_012 }));
    assert_eq!(status(typo).await, 400);
}

#[tokio::test]
async fn submittals_by_job_and_candidate_and_cancelled_starts() {
    let tenant = Tenant::with(smooth()).await;
    let of_candidate = tenant.rows("CandidatesSubmittalsDetail?candidateIds=70011000042").await;
    assert_eq!(column(&of_candidate, "ACTIVITYID"), ["50900777", "51000777"]);
    let of_job = tenant.rows("JobsSubmittalsDetail?jobIds=30440016&jobIds=30440017").await;
    assert_eq!(column(&of_job, "ACTIVITYID"), ["51000781", "51000786"]);
    let two = "SubmittalsDetail?interviewScheduleIds=51000777&interviewScheduleIds=51000778";
    assert_eq!(tenant.rows(two).await.len(), 2);
    let cancelled = tenant.delta("CancelledStarts", "03/19/2026", "03/21/2026").await;
    assert_eq!(column(&cancelled, "STARTID"), ["51000789"]);
    let listed =
        tenant.delta("SubmittalInterviewHireActivitiesList", "03/20/2026", "03/24/2026").await;
    let of = |id: &str| listed.iter().find(|row| row["ACTIVITYID"] == id).unwrap();
    assert_eq!(of("51000789")["START_STATUS"], "Canceled Start");
    assert_eq!(of("51000777")["START_STATUS"], "Placed");
    assert_eq!(of("51000777")["ACTIVITYDATE"], "2026-03-24T08:30:00");
}

#[tokio::test]
async fn jobs_are_deleted_and_merged() {
    let tenant = Tenant::with(smooth()).await;
    tenant.sim.mutate(Mutation::DeleteJob { job: 30_440_019 }).unwrap();
    tenant.sim.mutate(Mutation::MergeJobs { old: 30_440_013, new: 30_440_012 }).unwrap();
    let today = ("03/24/2026", "03/24/2026");
    let deleted = tenant.delta("DeletedJobRecords", today.0, today.1).await;
    assert_eq!(column(&deleted, "JOBID"), ["30440019"]);
    let merged = tenant.delta("MergedJobs", today.0, today.1).await;
    assert_eq!(
        (column(&merged, "OLDJOBID"), column(&merged, "NEWJOBID")),
        (vec!["30440013".to_owned()], vec!["30440012".to_owned()])
    );
    for gone in ["30440019", "30440013"] {
        assert!(tenant.rows(&format!("JobDetail?jobId={gone}")).await.is_empty());
    }
    let moved = tenant.rows("SubmittalDetail?interviewScheduleId=51000779").await;
    assert_eq!(moved[0]["JOBID"], "30440012");
    assert!(tenant.sim.mutate(Mutation::DeleteJob { job: 30_440_019 }).is_err());
}

#[tokio::test]
async fn invoices_hours_companies_and_contacts_are_read() {
    let tenant = Tenant::with(smooth()).await;
    tenant.sim.clock().advance(DAY * 20);
    let invoices = tenant.delta("NewUpdatedInvoices", "04/05/2026", "04/12/2026").await;
    assert_eq!(column(&invoices, "INVOICEID"), ["4400501"]);
    assert_eq!(tenant.rows("InvoiceDetail?invoiceId=4400501").await[0]["AMOUNT"], "5461.25");
    let id = tenant
        .sim
        .mutate(Mutation::AddInvoice {
            placement: 51_000_797,
            from: jiff::civil::date(2026, 4, 6),
            to: jiff::civil::date(2026, 4, 12),
            hours: "40".into(),
            amount: "5140".into(),
        })
        .unwrap()
        .id;
    assert_eq!(tenant.rows(&format!("InvoiceDetail?invoiceId={id}")).await.len(), 1);
    let hours = &tenant.rows("TimesheetDetailAllHours?timesheetIds=6611200").await[0];
    let days = hours["Billable"].as_array().unwrap();
    assert_eq!(days.len(), 5);
    assert_eq!(days[0]["TDATE"], "2026-03-30T00:00:00");
    assert_eq!((&days[4]["REG_HOURS"], &days[4]["OT_HOURS"]), (&"8.00".into(), &"2.50".into()));
    assert_eq!(days[4]["STATUS"], "APPROVED");
    let two = tenant.rows("CompaniesDetail?companyIds=8801&companyIds=9907").await;
    assert_eq!(column(&two, "COMPANYNAME"), ["Halvorsen Freight", "Lindqvist Consulting LLC"]);
    let contact = tenant.rows("ContactsDetail?contactIds=9120").await;
    assert_eq!(contact[0]["LASTNAME"], "Nandakumar");
    for (feed, key) in
        [("NewUpdatedCompanyRecords", "COMPANYID"), ("NewUpdatedContactRecords", "CONTACTID")]
    {
        let rows = tenant.delta(feed, "02/25/2026", "03/02/2026").await;
        assert!(rows.len() >= 2 && rows.iter().all(|row| row[key].is_string()), "{feed}");
    }
}

#[tokio::test]
async fn a_paced_clock_moves_by_itself_and_dates_may_be_lenient() {
    let config = integration_jobdiva::simulator::Config {
        pace: Some(36_000),
        behaviour: Behaviour { strict_dates: false, ..smooth() },
        ..Default::default()
    };
    let tenant = Tenant::of(config).await;
    let start = integration_jobdiva::simulator::seed::START;
    while workflow_core::time::Clock::now(&tenant.sim.clock()) < start.plus(HOUR) {
        tokio::task::yield_now().await;
    }
    tenant.rows("NewUpdatedSalaryRecords").await;
    let iso = "fromDate=2026-03-23T00:00:00&toDate=2026-03-24T08:00:00";
    assert!(!tenant.rows(&format!("NewUpdatedSalaryRecords?{iso}")).await.is_empty());
}
