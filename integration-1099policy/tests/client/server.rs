//! A small server of the vendor's API with memory: resources, idempotency keys, and faults by order.
//!
//! It knows only what these tests need; the faithful simulator is another thing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::canary::Watch;

/// What goes wrong with the next POST or PUT.
#[derive(Clone)]
pub enum Fault {
    /// The effect happens, then the connection closes without an answer.
    LoseAnswer,
    /// Nothing happens but a 500, stored under the key and replayed, marked as such.
    Stored500,
    /// Nothing happens but this answer, which is not stored.
    Answer(u16, Option<(&'static str, String)>, Value),
    /// The effect happens, and this is the answer, stored.
    Garbled(u16, &'static str),
}

#[derive(Default)]
pub struct World {
    /// By collection, oldest first.
    pub stored: BTreeMap<&'static str, Vec<Value>>,
    pub faults: VecDeque<Fault>,
    /// `METHOD path` of every request, with its key.
    pub seen: Vec<(String, Option<String>)>,
    /// The last body and headers of a changing request.
    pub last_body: Value,
    pub last_headers: HeaderMap,
    /// The moment by which the server dates what it creates.
    pub now: i64,
    replies: BTreeMap<String, (u16, Value)>,
    next: u32,
}

/// The server's memory, and a watch over what is logged while a test holds it.
pub struct Shared {
    world: Arc<Mutex<World>>,
    _watch: Watch,
}

impl std::ops::Deref for Shared {
    type Target = Mutex<World>;

    fn deref(&self) -> &Mutex<World> {
        &self.world
    }
}

const COLLECTIONS: [(&str, &str); 8] = [
    ("/contractors", "cn"),
    ("/jobs", "jb"),
    ("/quotes", "qt"),
    ("/apply/sessions", "ias"),
    ("/assignments", "an"),
    ("/policies", "pl"),
    ("/events", "ev"),
    ("/webhook_endpoints", "whe"),
];

/// Serves on a free loopback port; the address ends with the test.
pub async fn serve() -> (Shared, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (serve_on(listener), format!("http://{address}"))
}

/// The same on a port that somebody has.
pub fn serve_on(listener: tokio::net::TcpListener) -> Shared {
    let shared = Shared { world: Arc::default(), _watch: Watch::new() };
    let app = Router::new().fallback(answer).with_state(Arc::clone(&shared.world));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    shared
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let reply = world.lock().unwrap().handle(&method, &uri, &headers, &body);
    match reply {
        Some(reply) => reply,
        // Ends the connection's task, and with it the connection, without the panic hook's noise.
        None => std::panic::resume_unwind(Box::new("the connection closes")),
    }
}

impl World {
    pub fn count(&self, request: &str) -> usize {
        self.seen.iter().filter(|(seen, _)| seen == request).count()
    }

    pub fn of(&self, collection: &str) -> &[Value] {
        self.stored.get(collection).map_or(&[], Vec::as_slice)
    }

    /// Puts a resource there without a request.
    pub fn put(&mut self, collection: &'static str, mut resource: Value) {
        resource["created"] = json!(resource["created"].as_i64().unwrap_or(self.now));
        self.stored.entry(collection).or_default().push(resource);
    }

    fn handle(
        &mut self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Response> {
        let path = uri.path().trim_start_matches("/api/v1").to_owned();
        let key = headers.get("ten99policy-idempotent-key").map(|k| k.to_str().unwrap().to_owned());
        self.seen.push((format!("{method} {path}"), key.clone()));
        if *method == Method::GET {
            return Some(self.read(&path, uri.query().unwrap_or_default()));
        }
        self.last_body = serde_json::from_slice(body).unwrap_or_default();
        self.last_headers = headers.clone();
        if let Some((status, body)) = key.as_ref().and_then(|key| self.replies.get(key)) {
            let mut replayed = reply(*status, body);
            replayed.headers_mut().insert("idempotent-replayed", "true".parse().unwrap());
            return Some(replayed);
        }
        let fault = self.faults.pop_front();
        let (status, body) = match &fault {
            Some(Fault::Answer(status, header, body)) => {
                let mut plain = reply(*status, body);
                if let Some((name, value)) = header {
                    plain.headers_mut().insert(*name, value.parse().unwrap());
                }
                return Some(plain);
            }
            Some(Fault::Stored500) => (500, json!({"error_code": "general_error", "message": "x"})),
            Some(Fault::LoseAnswer | Fault::Garbled(..)) | None => self.change(method, &path),
        };
        if let Some(key) = key {
            self.replies.insert(key, (status, body.clone()));
        }
        match fault {
            Some(Fault::LoseAnswer) => None,
            Some(Fault::Garbled(status, text)) => {
                Some((StatusCode::from_u16(status).unwrap(), text).into_response())
            }
            Some(Fault::Stored500 | Fault::Answer(..)) | None => Some(reply(status, &body)),
        }
    }

    fn read(&self, path: &str, query: &str) -> Response {
        let query: BTreeMap<&str, &str> =
            query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        if let Some((collection, _)) = COLLECTIONS.iter().find(|(known, _)| *known == path) {
            let mut items: Vec<&Value> = self.of(collection).iter().rev().collect();
            if let Some(email) = query.get("email") {
                items.retain(|item| item["email"] == email.replace("%40", "@"));
            }
            if let Some(quote) = query.get("quote") {
                items.retain(|item| item["quote"] == *quote);
            }
            if let Some(after) = query.get("starting_after") {
                let seen = items.iter().position(|item| item["id"] == *after).unwrap();
                items.drain(..=seen);
            }
            items.truncate(query.get("limit").map_or(10, |limit| limit.parse().unwrap()));
            return reply(200, &json!(items));
        }
        match self.find(path) {
            Some(found) => reply(200, found),
            None => reply(404, &json!({"error_code": "resource_not_found", "message": "no"})),
        }
    }

    fn find(&self, path: &str) -> Option<&Value> {
        let (collection, id) = path.rsplit_once('/')?;
        self.of(collection).iter().find(|item| item["id"] == id)
    }

    fn change(&mut self, method: &Method, path: &str) -> (u16, Value) {
        let body = self.last_body.clone();
        if path == "/assignments/cancel" {
            let list = self.stored.entry("/assignments").or_default();
            let found = list.iter_mut().find(|item| item["job"] == body["job_id"]).unwrap();
            found["cancelled"] = json!(true);
            return (200, found.clone());
        }
        if let Some(path) = path.strip_suffix("/expire") {
            return (200, self.merge(path, &json!({"expired": true})));
        }
        if *method == Method::PUT {
            return (200, self.merge(path, &body));
        }
        let Some((collection, prefix)) = COLLECTIONS.iter().find(|(known, _)| *known == path)
        else {
            return (404, json!({"error_code": "resource_not_found", "message": "no"}));
        };
        let taken = |item: &Value| item["email"] == body["email"];
        if path == "/contractors" && self.of(path).iter().any(taken) {
            return (400, json!({"error_code": "duplicate_email", "message": "taken"}));
        }
        self.next += 1;
        let mut made = body;
        made["id"] = json!(format!("{prefix}_{}", self.next));
        made["created"] = json!(self.now);
        if path == "/apply/sessions" {
            made["url"] = json!("https://apply.example.test/x");
            made["step"] = json!("verify_info");
            made["expired"] = json!(false);
        }
        if !matches!(path, "/contractors" | "/jobs") {
            made.as_object_mut().unwrap().remove("custom_metadata");
        }
        self.stored.entry(collection).or_default().push(made.clone());
        (201, made)
    }

    fn merge(&mut self, path: &str, change: &Value) -> Value {
        let (collection, id) = path.rsplit_once('/').unwrap();
        let list = self.stored.get_mut(collection).unwrap();
        let found = list.iter_mut().find(|item| item["id"] == id).unwrap();
        for (field, value) in change.as_object().unwrap() {
            found[field] = value.clone();
        }
        found.clone()
    }
}

fn reply(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(body.clone())).into_response()
}
