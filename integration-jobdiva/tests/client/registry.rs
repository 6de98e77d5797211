//! What a tenant may say of its operations, seen on the wire.

use std::time::Duration;

use integration_jobdiva::config::{BadConfig, TokenHeader};
use integration_jobdiva::error::Error;
use integration_jobdiva::operations::{
    Field, Method, OffsetUnit, Operation, PageBase, Paging, Param, ParamEncoding,
};
use workflow_core::domain::call::Answer;
use workflow_core::outcome::Outcome;

use crate::server::{Canned, NOW, Server, rows, said};
use crate::{CANDIDATE, MARISOL, is_read, read_person, refusal};

const JOBS: &str = "/NewUpdatedJobRecords";

fn pages(size: u32) -> Paging {
    Paging::Page {
        base: PageBase::One,
        size,
        number_name: "pageNumber".into(),
        size_name: "pageSize".into(),
    }
}

/// Job rows with these ids.
fn jobs(ids: &[u32]) -> String {
    let rows: Vec<String> = ids.iter().map(|id| format!(r#"{{"JOBID":"{id}"}}"#)).collect();
    format!("[{}]", rows.join(","))
}

#[tokio::test]
async fn path_verb_parameters_and_columns_are_the_tenants() {
    let server = Server::start().await;
    server.on(
        "/person",
        &[rows(r#"[{"NUMBER":"70011000042","Vorname":"Marisol","FIRSTNAME":"no"}]"#)],
    );
    let jobdiva = server.with(|config| {
        config.user_fields = vec!["A".into(), "B C".into()];
        let spec = config.registry.of_mut(Operation::CandidateGet);
        spec.path = "/custom/person".into();
        spec.params.insert(Param::Candidate, "who".into());
        spec.params.insert(Param::UserFields, "udf".into());
        spec.param_encoding = ParamEncoding::Csv;
        spec.static_params.insert("alternateFormat".into(), "true".into());
        spec.fields.insert(Field::Id, vec!["number".into()]);
        spec.fields.insert(Field::FirstName, vec!["Vorname".into()]);
    });
    let Outcome::Answered(Answer::PersonRead(person)) = read_person(&jobdiva).await else {
        panic!("not read")
    };
    assert_eq!(person.first_name, "Marisol");
    let asked = &server.asked("/custom/person")[0];
    assert_eq!(asked.query, "who=70011000042&udf=A%2CB+C&alternateFormat=true");

    // The same by a body: nothing is left in the query.
    let posted = server.with(|config| {
        let spec = config.registry.of_mut(Operation::CandidateGet);
        spec.path = "/posted/person".into();
        spec.method = Method::Post;
        spec.param_encoding = ParamEncoding::JsonBody;
    });
    read_person(&posted).await;
    assert_eq!(server.asked("/posted/person")[0].query, "");
}

#[tokio::test]
async fn the_token_is_sent_raw_where_the_tenant_wants_it() {
    let server = Server::start().await;
    server.on(CANDIDATE, &[rows(&format!("[{MARISOL}]"))]);
    let jobdiva = server.with(|config| config.token_header = TokenHeader::Raw);
    assert!(is_read(&read_person(&jobdiva).await));
    assert_eq!(server.asked(CANDIDATE)[0].token, "t.1.s");
}

#[tokio::test]
async fn a_refresh_token_is_used_where_it_is_enabled_and_a_login_where_it_fails() {
    // A token without a date lives for 55 minutes; at the clock's standstill it is the 401 that ends it, and a token
    // that was refused is not refreshed. One that ends soon is.
    let soon = "eyJh.eyJleHAiOjE3NzUwNTkyMDB9.s";
    let pair = |token: &str| said(200, &format!(r#"{{"token":"{token}","refreshtoken":"r.r.r"}}"#));
    for (refreshed, logins, token) in [
        (pair("new.n.n"), 1, "Bearer new.n.n"),
        (said(401, ""), 3, "Bearer eyJh.eyJleHAiOjE3NzUwNTkyMDB9.s"),
    ] {
        let server = Server::start().await;
        server
            .on("/v2/authenticate", &[pair(soon)])
            .on("/refreshToken", &[refreshed])
            .on(CANDIDATE, &[rows(&format!("[{MARISOL}]"))]);
        let jobdiva =
            server.with(|config| config.registry.of_mut(Operation::LoginRefresh).enabled = true);
        for _ in 0..3 {
            assert!(is_read(&read_person(&jobdiva).await));
        }
        assert_eq!(server.asked("/v2/authenticate").len(), logins, "{token}");
        assert_eq!(server.asked("/refreshToken")[0].token, "Bearer r.r.r");
        assert_eq!(server.asked(CANDIDATE)[2].token, token);
    }
    let server = Server::start().await;
    server.on("/v2/authenticate", &[pair(soon)]);
    let usual = server.jobdiva();
    read_person(&usual).await;
    read_person(&usual).await;
    assert_eq!(
        (server.asked("/refreshToken").len(), server.asked("/v2/authenticate").len()),
        (0, 2)
    );
}

#[tokio::test]
async fn an_operation_that_is_switched_off_is_as_good_as_not_granted() {
    let server = Server::start().await;
    let off = |operation: Operation| {
        server.with(move |config| config.registry.of_mut(operation).enabled = false)
    };
    assert_eq!(refusal(read_person(&off(Operation::CandidateGet)).await).1, "not_granted");
    assert!(server.asked(CANDIDATE).is_empty());
    // The slim feed stands in for the rich one.
    let polled = off(Operation::PlacementDelta).poll(None, NOW).await.unwrap();
    assert!(polled.failed.is_empty(), "{:?}", polled.failed);
    assert_eq!(server.asked("/NewUpdatedActivityRecords").len(), 1);
    // A feed that others do without is left out, and nothing fails.
    let polled = off(Operation::CandidateMerged).poll(None, NOW).await.unwrap();
    assert!(
        polled.failed.is_empty() && server.asked("/MergedCandidates").len() == 1,
        "once, before"
    );
}

#[tokio::test]
async fn pages_are_read_until_one_is_not_full() {
    let server = Server::start().await;
    server.on(JOBS, &[rows(&jobs(&[1, 2])), rows(&jobs(&[2, 3])), rows(&jobs(&[4]))]);
    let paged = |size| {
        server.with(move |config| config.registry.of_mut(Operation::JobDelta).paging = pages(size))
    };
    let polled = paged(2).poll(None, NOW).await.unwrap();
    let ids: Vec<&str> = polled.requisitions.iter().map(|id| id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "4"], "a page that repeats a row is read on");
    let asked = server.asked(JOBS);
    let ends: Vec<&str> =
        asked.iter().filter_map(|asked| asked.query.split("&page").nth(1)).collect();
    assert_eq!(ends, ["Number=0", "Number=1", "Number=2"], "page 0 has rows: it is the first");

    // A service that does not page gives more than was asked for: that is all there is.
    server.on(JOBS, &[rows(&jobs(&[1, 2, 3]))]);
    let polled = paged(2).poll(None, NOW).await.unwrap();
    assert_eq!((polled.requisitions.len(), server.asked(JOBS).len()), (3, 4));

    // A full page that comes again and again: nobody can tell what is missing, and no mark moves.
    server.on(JOBS, &[rows(&jobs(&[1, 2]))]);
    let polled = paged(2).poll(None, NOW).await.unwrap();
    assert!(
        matches!(&polled.failed[..], [Error::Unreadable { why, .. }] if why.contains("stands still"))
    );
    assert_eq!(polled.cursor.read_until("job.delta"), None);
}

#[tokio::test]
async fn a_page_0_that_fails_is_none_or_a_failure_as_the_tenant_says() {
    let outcome = async |base, zero: Canned, one: Canned| {
        let server = Server::start().await;
        server.on(JOBS, &[zero, one]);
        let paging = |base| match pages(2) {
            Paging::Page { size, number_name, size_name, .. } => {
                Paging::Page { base, size, number_name, size_name }
            }
            other @ (Paging::None | Paging::Offset { .. }) => other,
        };
        let jobdiva =
            server.with(|config| config.registry.of_mut(Operation::JobDelta).paging = paging(base));
        let polled = jobdiva.poll(None, NOW).await.unwrap();
        let found: Vec<String> = polled.requisitions.iter().map(ToString::to_string).collect();
        (found.join(" "), polled.failed.first().map(ToString::to_string).unwrap_or_default())
    };
    let (bad, broken) = (said(400, "page must be 1 or more"), said(500, "Not an array"));
    let good = || rows(&jobs(&[1]));
    use PageBase::{Auto, One, Zero};
    let nothing = String::new;
    // Where it is refused, there is none; a tenant that counts from 0 knows better.
    assert_eq!(outcome(Auto, bad.clone(), good()).await, ("1".into(), nothing()));
    assert_eq!(outcome(One, bad.clone(), good()).await, ("1".into(), nothing()));
    let (found, failed) = outcome(Zero, bad, good()).await;
    assert!(found.is_empty() && failed.contains("refused with HTTP 400"), "{failed}");
    // Where the service fails on it nobody can tell, unless the tenant says so: the feed stands, and the finding names the key.
    assert_eq!(outcome(One, broken.clone(), good()).await, ("1".into(), nothing()));
    let (found, failed) = outcome(Auto, said(503, ""), good()).await;
    assert!(found.is_empty() && failed.contains("set `paging.base` to 1"), "{failed}");
}

#[tokio::test]
async fn a_census_pages_as_the_tenant_says() {
    let line = |id: u32| format!(r#"{{"id":{id},"startStatus":"Active"}}"#);
    let page = |ids: &[u32]| {
        said(200, &format!("[{}]", ids.iter().map(|id| line(*id)).collect::<Vec<_>>().join(",")))
    };
    let server = Server::start().await;
    server.on("/searchStart", &[page(&[1, 2, 3]), page(&[4]), page(&[])]);
    let jobdiva = server.with(|config| {
        let (offset_name, size_name) = ("skip".into(), "take".into());
        let spec = config.registry.of_mut(Operation::PlacementCensus);
        spec.param_encoding = ParamEncoding::Repeat;
        spec.paging = Paging::Offset { unit: OffsetUnit::Pages, size: 3, offset_name, size_name };
    });
    let (mut place, mut found) = (Some(jobdiva.census(Duration::from_secs(86_400), NOW)), 0);
    while let Some(at) = place {
        let page = jobdiva.census_page(&at).await.unwrap();
        found += page.hires.len();
        place = page.next;
    }
    assert_eq!(found, 4);
    let asked: Vec<String> =
        server.asked("/searchStart").into_iter().map(|asked| asked.query).collect();
    assert_eq!(asked[0], "startDateFrom=2026-03-31T00%3A00%3A00&take=3&skip=0");
    assert_eq!(asked[1], "startDateFrom=2026-03-31T00%3A00%3A00&take=3&skip=1");
    assert_eq!(asked.len(), 3, "a second walk begins");
}

#[tokio::test]
async fn an_assignment_can_be_had_by_the_employee() {
    let server = Server::start().await;
    let own = r#"{"Start ID":"5","SALARY":[{"RECID":"1","SALARY":95,"SALARY_PER":"H","EMPLOYMENT_CATEGORY":"Subcontract"}]}"#;
    let other = own.replace(r#""5""#, r#""6""#).replace("95", "1");
    server
        .on(
            "/SubmittalDetail",
            &[rows(r#"[{"ACTIVITYID":"5","CANDIDATEID":"7","JOBID":"8","HIREFLAG":"1"}]"#)],
        )
        .on("/EmployeeAssignmentRecordsDetail", &[rows(&format!("[{other},{own}]"))]);
    let jobdiva = server.with(|config| {
        let spec = config.registry.of_mut(Operation::PlacementAssignment);
        spec.params.insert(Param::Placement, String::new());
        spec.params.insert(Param::Employee, "employeeId".into());
    });
    let facts = jobdiva.assemble(&"5".into()).await.unwrap().unwrap();
    assert_eq!(facts.pay.unwrap().amount.to_string(), "95");
    let asked = server.asked("/EmployeeAssignmentRecordsDetail");
    assert_eq!(asked.iter().map(|a| a.query.as_str()).collect::<Vec<_>>(), ["employeeId=7"]);
    assert!(server.asked("/EmployeeSalaryRecordsDetail").is_empty());
}

#[tokio::test]
async fn windows_are_written_in_the_tenants_form_and_zone() {
    let server = Server::start().await;
    let jobdiva = server.with(|config| {
        let window = config.registry.of_mut(Operation::JobDelta).window.as_mut().unwrap();
        window.format = "yyyy-MM-dd'T'HH:mm:ss".parse().unwrap();
        window.zone = Some("UTC".into());
        window.max = Duration::from_secs(86_400);
    });
    jobdiva.poll(None, NOW).await.unwrap();
    assert_eq!(
        server.asked(JOBS)[0].query,
        "fromDate=2026-03-31T16%3A00%3A00&toDate=2026-04-01T15%3A58%3A00"
    );
}

#[tokio::test]
async fn a_spec_that_cannot_work_is_refused_at_the_start() {
    let server = Server::start().await;
    let mut config = server.config();
    config.registry.of_mut(Operation::JobGet).path = "x".into();
    let clock = std::sync::Arc::new(workflow_core::time::ManualClock::at(NOW));
    let refused = integration_jobdiva::JobDiva::new(config, clock).err();
    let Some(BadConfig::Operation(bad)) = refused else { panic!("{refused:?}") };
    assert_eq!((bad.operation, bad.key.as_str()), ("job.get", "path"));
}
