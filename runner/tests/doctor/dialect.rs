//! A service that speaks otherwise than the usual one: a server before a simulator that renames, moves and rewrites.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// What an unknown path answers.
pub const NO_PATH: &str = r#"{"status":401,"error":"Unauthorized","message":"Full authentication is required to access this resource"}"#;
/// What a parameter that is not understood answers.
pub const NO_PARAMETER: &str =
    r#"{"message":"Error: Invalid Request Parameter (fromDate)","data":null}"#;

/// What a service does otherwise.
#[derive(Clone, Copy)]
pub struct Ways {
    /// What becomes of a request, by its path and query.
    pub asked: fn(&str, &str) -> Asked,
    /// What becomes of an answer, by its path.
    pub answered: fn(&str, String) -> String,
    /// What stands in `Date`, where that is not the present.
    pub date: Option<&'static str>,
}

/// What becomes of a request.
pub enum Asked {
    /// It is passed on with this query.
    On(String),
    /// It is answered here.
    Here(u16, &'static str),
}

/// Nothing otherwise: to change one thing of.
pub const PLAIN: Ways =
    Ways { asked: |_, query| Asked::On(query.to_owned()), answered: |_, text| text, date: None };

/// Ten differences, three of which are in the account behind it or in the configuration: a method that is not granted, a
/// client and a job category that are not mapped.
pub const TEN: Ways = Ways { asked: ten_asked, answered: ten_answered, date: None };

/// Where the dialect's server is.
pub struct Dialect {
    pub url: String,
}

struct Behind {
    simulator: String,
    ways: Ways,
    http: reqwest::Client,
}

impl Dialect {
    pub async fn before(simulator: &str, ways: Ways) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let behind = Arc::new(Behind { simulator: simulator.to_owned(), ways, http });
        let router = Router::new().fallback(answer).with_state(behind);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url }
    }
}

async fn answer(State(behind): State<Arc<Behind>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let query = match (behind.ways.asked)(&path, &query) {
        Asked::On(query) => query,
        Asked::Here(status, text) => {
            return (StatusCode::from_u16(status).unwrap(), text).into_response();
        }
    };
    let (parts, body) = request.into_parts();
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let url = format!("{}{path}?{query}", behind.simulator);
    let mut forwarded = behind.http.request(parts.method, url).body(body);
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE] {
        if let Some(value) = parts.headers.get(&name) {
            forwarded = forwarded.header(name, value);
        }
    }
    let answer = forwarded.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    let mut answer = (status, (behind.ways.answered)(&path, text)).into_response();
    if let Some(date) = behind.ways.date {
        answer.headers_mut().insert(header::DATE, date.parse().unwrap());
    }
    answer
}

fn ten_asked(path: &str, query: &str) -> Asked {
    // 1. The login is the older one. 2. The billing feed is version 1's.
    if ["/apiv2/v2/authenticate", "/apiv2/bi/NewUpdatedBillingRecords"].contains(&path) {
        return Asked::Here(401, NO_PATH);
    }
    // 3. The pay feed wants its window in another form.
    match path.ends_with("bi/NewUpdatedSalaryRecords") {
        false => Asked::On(query.to_owned()),
        true => american(query).map_or(Asked::Here(200, NO_PARAMETER), Asked::On),
    }
}

/// A query whose window is written `2026-03-24 09:00:00`, with the simulator's form in its place.
fn american(query: &str) -> Option<String> {
    let turned = |pair: &str| {
        let Some((name, value)) = pair.split_once('=') else { return Some(pair.to_owned()) };
        if !["fromDate", "toDate"].contains(&name) {
            return Some(pair.to_owned());
        }
        let plain = value.replace('+', " ").replace("%20", " ").replace("%3A", ":");
        let (day, time) = plain.split_once(' ')?;
        let mut parts = day.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        (year.len() == 4 && time.len() == 8)
            .then(|| format!("{name}={month}%2F{day}%2F{year}+{}", time.replace(':', "%3A")))
    };
    let pairs: Option<Vec<String>> = query.split('&').map(turned).collect();
    Some(pairs?.join("&"))
}

fn ten_answered(path: &str, text: String) -> String {
    // 4. A column has another name. 5. An engagement and 6. a unit have other words.
    let mut text = text
        .replace("EMPLOYMENT_CATEGORY", "EMPLOYMENT_CLASS")
        .replace("Employment Category", "Employment Class")
        .replace("Independent Contractor", "Freelancer 1099")
        .replace("\"H\"", "\"hourly rate\"");
    // 7. Dates are written as in Europe.
    if path.ends_with("bi/EmployeeBillingRecordsDetail") {
        text = with_days(&text, |year, month, day| format!("{day}.{month}.{year}"));
    }
    text
}

/// Every `2026-04-06T00:00:00` written otherwise.
pub fn with_days(text: &str, write: fn(&str, &str, &str) -> String) -> String {
    let bytes = text.as_bytes();
    let is = |at: usize| {
        let form = b"9999-99-99T99:99:99";
        bytes.get(at..at + form.len()).is_some_and(|piece| {
            let fits = |(b, f): (&u8, &u8)| if *f == b'9' { b.is_ascii_digit() } else { b == f };
            piece.iter().zip(form).all(fits)
        })
    };
    let (mut out, mut at) = (String::new(), 0);
    while at < text.len() {
        if is(at) {
            out += &write(&text[at..at + 4], &text[at + 5..at + 7], &text[at + 8..at + 10]);
            at += 19;
        } else {
            let next = text[at..].chars().next().unwrap();
            out.push(next);
            at += next.len_utf8();
        }
    }
    out
}
