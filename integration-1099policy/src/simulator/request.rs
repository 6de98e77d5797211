//! A request as it arrived: path below the prefix, query, headers, and the body as fields or parts.
//!
//! JSON, form-encoded (guide samples post it) and multipart bodies all end as the same fields.

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Query};
use axum::http::{HeaderMap, Method, Uri};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::fields::Json;
use super::reply::Refusal;

pub(super) struct Request {
    pub(super) method: Method,
    /// Below `/api/v1`, with its leading slash.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) fields: Json,
    pub(super) file: Option<File>,
    /// SHA-256 of the raw body, in hex: to tell another body under the same key.
    pub(super) body_hash: String,
    query: Vec<(String, String)>,
}

/// The uploaded part that has a file name.
pub(super) struct File {
    pub(super) part: String,
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Bytes,
}

impl Request {
    pub(super) fn bare(method: Method, uri: &Uri, path: &str, headers: HeaderMap) -> Self {
        Self {
            method,
            path: path.trim_end_matches('/').to_owned(),
            headers,
            fields: Json::new(),
            file: None,
            body_hash: String::new(),
            query: pairs(uri),
        }
    }

    /// Reads the body into fields; a broken one is a refusal, and the request stays usable for its headers.
    pub(super) async fn read(&mut self, body: Bytes) -> Result<(), Refusal> {
        self.body_hash = hex::encode(Sha256::digest(&body));
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("multipart/form-data") {
            return self.read_parts(body).await;
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        if kind.starts_with("application/x-www-form-urlencoded") {
            self.fields = form(&body)?;
            return Ok(());
        }
        let value: Value = serde_json::from_slice(&body).map_err(|_| unreadable())?;
        self.fields = value.as_object().cloned().ok_or_else(unreadable)?;
        Ok(())
    }

    async fn read_parts(&mut self, body: Bytes) -> Result<(), Refusal> {
        let mut http = axum::http::Request::new(Body::from(body));
        *http.headers_mut() = self.headers.clone();
        // The whole body is here, within the server's own limit; the framework's is below a certificate's.
        DefaultBodyLimit::disable().apply(&mut http);
        let mut parts = Multipart::from_request(http, &()).await.map_err(|_| unreadable())?;
        while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(str::to_owned);
            let mime = part.content_type().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|_| unreadable())?;
            if let Some(file) = file {
                self.file = Some(File { part: name, name: file, mime, bytes });
            } else {
                place(&mut self.fields, &name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        Ok(())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// Values of a repeated parameter, written `name[]` or `name`.
    pub(super) fn queries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(k, _)| k.trim_end_matches("[]") == name)
            .map(|(_, v)| v.as_str())
    }

    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|s| !s.is_empty()).collect()
    }
}

fn unreadable() -> Refusal {
    Refusal::validation("bad_request", "The request body could not be read.")
}

fn pairs(uri: &Uri) -> Vec<(String, String)> {
    Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

fn form(body: &[u8]) -> Result<Json, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
    let uri: Uri = format!("/?{text}").parse().map_err(|_| unreadable())?;
    let mut fields = Json::new();
    for (name, value) in pairs(&uri) {
        place(&mut fields, &name, value);
    }
    Ok(fields)
}

/// `a` is a text, `a[]` appends to a list, `a[b]` sets a key of an object.
fn place(fields: &mut Json, name: &str, value: String) {
    let Some((outer, inner)) = name.strip_suffix(']').and_then(|n| n.split_once('[')) else {
        fields.insert(name.to_owned(), value.into());
        return;
    };
    let empty = if inner.is_empty() { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    let slot = fields.entry(outer.to_owned()).or_insert(empty);
    if let Some(list) = slot.as_array_mut() {
        list.push(value.into());
    } else if let Some(object) = slot.as_object_mut() {
        object.insert(inner.to_owned(), value.into());
    }
}
