//! A server that gives canned answers on a loopback port and remembers what it was asked.
//!
//! It knows nothing of JobDiva but the login: what a path answers is the test's to say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use integration_jobdiva::JobDiva;
use integration_jobdiva::config::Config;
use integration_jobdiva::secret::Secret;
use workflow_core::time::{ManualClock, Timestamp};

use crate::canary::Watch;

/// The moment at which the tests' clock stands: 2026-04-01, 12:00 Eastern.
pub const NOW: Timestamp = Timestamp::from_secs(1_775_059_200);

/// One canned answer.
#[derive(Clone)]
pub struct Canned {
    pub status: u16,
    pub retry_after: Option<&'static str>,
    pub body: String,
}

/// An answer with a body.
pub fn said(status: u16, body: &str) -> Canned {
    Canned { status, retry_after: None, body: body.to_owned() }
}

/// A good answer with these rows.
pub fn rows(rows: &str) -> Canned {
    said(200, &format!(r#"{{"message":"Query \"X\" completed successfully","data":{rows}}}"#))
}

/// What a request was: path, query and authorization.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: String,
    pub token: String,
}

#[derive(Default)]
struct Script {
    /// Answers by the end of the path; the last one is given again and again.
    answers: BTreeMap<&'static str, Vec<Canned>>,
    asked: Vec<Asked>,
    logins: u32,
    /// The `Location` of every answer.
    leads_to: Option<String>,
}

/// A running server.
#[derive(Clone)]
pub struct Server {
    script: Arc<Mutex<Script>>,
    pub url: String,
    /// What is logged is looked at when it goes.
    _watch: Arc<Watch>,
}

impl Server {
    /// Starts on a free port.
    pub async fn start() -> Self {
        let (script, _watch) = (Arc::new(Mutex::new(Script::default())), Arc::new(Watch::new()));
        let router = Router::new().fallback(answer).with_state(script.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { script, url, _watch }
    }

    /// Says what a path that ends so answers, in order.
    pub fn on(&self, path_end: &'static str, answers: &[Canned]) -> &Self {
        self.script.lock().unwrap().answers.insert(path_end, answers.to_vec());
        self
    }

    /// What was asked of paths that end so.
    pub fn asked(&self, path_end: &str) -> Vec<Asked> {
        let script = self.script.lock().unwrap();
        script.asked.iter().filter(|asked| asked.path.ends_with(path_end)).cloned().collect()
    }

    /// Gives every answer from now on a `Location`.
    pub fn leads_to(&self, url: &str) {
        self.script.lock().unwrap().leads_to = Some(url.to_owned());
    }

    pub fn config(&self) -> Config {
        let mut config = Config::new("98765432101", "api@example.com", Secret::new("p&ss w0rd"));
        config.base_url.clone_from(&self.url);
        config
    }

    pub fn jobdiva(&self) -> JobDiva {
        self.with(|_| {})
    }

    /// An adapter with changed settings.
    pub fn with(&self, change: impl FnOnce(&mut Config)) -> JobDiva {
        let mut config = self.config();
        change(&mut config);
        JobDiva::new(config, Arc::new(ManualClock::at(NOW))).unwrap()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let mut script = script.lock().unwrap();
    let path = request.uri().path().to_owned();
    let token = request.headers().get(header::AUTHORIZATION);
    script.asked.push(Asked {
        path: path.clone(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        token: token.and_then(|t| t.to_str().ok()).unwrap_or_default().to_owned(),
    });
    let found = script.answers.iter_mut().find(|(end, _)| path.ends_with(**end));
    let canned = match found {
        Some((_, answers)) if answers.len() > 1 => answers.remove(0),
        Some((_, answers)) => answers[0].clone(),
        None if path.ends_with("authenticate") => {
            script.logins += 1;
            said(200, &format!(r#"{{"token":"t.{}.s","refreshtoken":"r.r.r"}}"#, script.logins))
        }
        None => rows("[]"),
    };
    let mut response = (StatusCode::from_u16(canned.status).unwrap(), canned.body).into_response();
    if let Some(url) = &script.leads_to {
        response.headers_mut().insert(header::LOCATION, url.parse().unwrap());
    }
    if let Some(after) = canned.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, after.parse().unwrap());
    }
    response
}
