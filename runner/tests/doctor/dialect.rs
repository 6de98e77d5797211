//! A service that speaks otherwise than the usual one: a server before a simulator that renames, moves and rewrites.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
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
    /// What refuses a request for its headers.
    pub headers: fn(&HeaderMap) -> Option<(u16, &'static str)>,
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
pub const PLAIN: Ways = Ways {
    asked: |_, query| Asked::On(query.to_owned()),
    answered: |_, text| text,
    headers: |_| None,
    date: None,
};

/// An insurer that is told the environment by the key alone.
pub const NO_ENVIRONMENT: fn(&HeaderMap) -> Option<(u16, &'static str)> = |headers| {
    let told = headers.contains_key("ten99policy-environment");
    told.then_some((400, r#"{"error_code":"bad_request","message":"Unknown header."}"#))
};

/// Ten differences, three of which are in the account behind it or in the configuration: a method that is not granted, a
/// client and a job category that are not mapped.
pub const TEN: Ways = Ways { asked: ten_asked, answered: ten_answered, ..PLAIN };

/// An insurer that takes the key as HTTP Basic only, and the environment by the key alone.
pub const BASIC_ONLY: fn(&HeaderMap) -> Option<(u16, &'static str)> = |headers| {
    let basic = headers[header::AUTHORIZATION].as_bytes().starts_with(b"Basic ");
    let refused = (401, r#"{"error_code":"invalid_api_key","message":"No valid API key."}"#);
    if basic { NO_ENVIRONMENT(headers) } else { Some(refused) }
};

/// An insurer that takes the key as HTTP Basic only.
pub const BASIC: fn(&HeaderMap) -> Option<(u16, &'static str)> =
    |headers| BASIC_ONLY(headers).filter(|(status, _)| *status == 401);

/// An insurer whose own things are written as the guides have it.
pub const NESTED: fn(&str, String) -> String = |path, text| {
    match path {
    "/api/v1/contractors" => {
        r#"[{"id":"cn_1","created":1,"contact":{"first_name":"A","last_name":"B","email":"c"}}]"#
            .to_owned()
    }
    "/api/v1/jobs" => {
        r#"[{"id":"jb_1","entity":"en_1","wage":1,"wage_type":"hourly","region":"CA","address":null}]"#
            .to_owned()
    }
    "/api/v1/quotes" => {
        r#"[{"id":"qt_1","contractor":"cn_1","job":"jb_1","custom_metadata":{"a":"1"}}]"#.to_owned()
    }
    _ => text,
}
};

/// Where the dialect's server is.
pub struct Dialect {
    pub url: String,
}

struct Behind {
    simulator: String,
    ways: Ways,
    /// Columns that have another name in every answer.
    gone: Vec<String>,
    http: reqwest::Client,
}

impl Dialect {
    pub async fn before(simulator: &str, ways: Ways) -> Self {
        Self::with(simulator, ways, &[]).await
    }

    /// One whose answers have names in the place of these columns that nobody would think of.
    pub async fn leaving_out(simulator: &str, gone: &[&str]) -> Self {
        Self::with(simulator, PLAIN, gone).await
    }

    async fn with(simulator: &str, ways: Ways, gone: &[&str]) -> Self {
        let gone = gone.iter().map(|name| (*name).to_owned()).collect();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let behind = Arc::new(Behind { simulator: simulator.to_owned(), ways, gone, http });
        let router = Router::new().fallback(answer).with_state(behind);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url }
    }
}

async fn answer(State(behind): State<Arc<Behind>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    if let Some((status, text)) = (behind.ways.headers)(request.headers()) {
        return (StatusCode::from_u16(status).unwrap(), text).into_response();
    }
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
    let mut text = answer.text().await.unwrap();
    for (number, gone) in behind.gone.iter().enumerate() {
        text = text.replace(&format!("\"{gone}\""), &format!("\"ZZYZX{number}\""));
    }
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
