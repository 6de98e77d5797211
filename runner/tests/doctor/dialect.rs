//! A JobDiva that speaks otherwise than the usual one: a server before the simulator that renames, moves and rewrites.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

const NO_PATH: &str = r#"{"status":401,"error":"Unauthorized","message":"Full authentication is required to access this resource"}"#;
const NO_PARAMETER: &str =
    r#"{"message":"Error: Invalid Request Parameter (fromDate)","data":null}"#;

/// Where the dialect's server is.
pub struct Dialect {
    pub url: String,
}

struct Behind {
    simulator: String,
    http: reqwest::Client,
}

impl Dialect {
    pub async fn before(simulator: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let behind = Arc::new(Behind { simulator: simulator.to_owned(), http });
        let router = Router::new().fallback(answer).with_state(behind);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url }
    }
}

async fn answer(State(behind): State<Arc<Behind>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    // 1. The login is the older one. 2. The billing feed is version 1's.
    if ["/apiv2/v2/authenticate", "/apiv2/bi/NewUpdatedBillingRecords"].contains(&path.as_str()) {
        return (StatusCode::UNAUTHORIZED, NO_PATH).into_response();
    }
    // 3. The pay feed wants its window in another form.
    let query = match path.ends_with("bi/NewUpdatedSalaryRecords") {
        false => query,
        true => match american(&query) {
            Some(query) => query,
            None => return (StatusCode::OK, NO_PARAMETER).into_response(),
        },
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
    (status, rewritten(&path, text)).into_response()
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

fn rewritten(path: &str, text: String) -> String {
    // 4. A column has another name. 5. An engagement and 6. a unit have other words.
    let mut text = text
        .replace("EMPLOYMENT_CATEGORY", "EMPLOYMENT_CLASS")
        .replace("Employment Category", "Employment Class")
        .replace("Independent Contractor", "Freelancer 1099")
        .replace("\"H\"", "\"hourly rate\"");
    // 7. Dates are written as in Europe.
    if path.ends_with("bi/EmployeeBillingRecordsDetail") {
        text = european(&text);
    }
    text
}

/// Every `2026-04-06T00:00:00` as `06.04.2026`.
fn european(text: &str) -> String {
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
            out += &format!(
                "{}.{}.{}",
                &text[at + 8..at + 10],
                &text[at + 5..at + 7],
                &text[at..at + 4]
            );
            at += 19;
        } else {
            let next = text[at..].chars().next().unwrap();
            out.push(next);
            at += next.len_utf8();
        }
    }
    out
}
