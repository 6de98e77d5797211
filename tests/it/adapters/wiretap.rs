//! A tap on the wire between a client and its simulator: every request as its bytes said it.
//!
//! It changes nothing. What is asked of an answer is asked of the simulator; here is only what was sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `POST /api/v1/quotes`.
    pub line: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The bytes behind the head.
    pub body: Vec<u8>,
}

impl Sent {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

type Bytes = Arc<Mutex<Vec<u8>>>;

/// The tap; it goes on until the runtime ends.
pub struct Wiretap {
    base_url: String,
    connections: Arc<Mutex<Vec<Bytes>>>,
}

impl Wiretap {
    /// Listens on a port of its own and passes everything on to `upstream` (`http://host:port`).
    pub async fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::<Mutex<Vec<Bytes>>>::default();
        let upstream = upstream.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        let taken = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let heard = Bytes::default();
                taken.lock().unwrap().push(Arc::clone(&heard));
                let server = TcpStream::connect(&upstream).await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_client, to_server, Some(heard)));
                tokio::spawn(pass(from_server, to_client, None));
            }
        });
        Self { base_url, connections }
    }

    /// Where a client is to go instead.
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// All requests so far, connection by connection.
    pub fn sent(&self) -> Vec<Sent> {
        let connections = self.connections.lock().unwrap();
        connections.iter().flat_map(|heard| requests(&heard.lock().unwrap())).collect()
    }

    /// The only request with this line.
    #[track_caller]
    pub fn only(&self, line: &str) -> Sent {
        let mut sent: Vec<Sent> =
            self.sent().into_iter().filter(|sent| sent.line == line).collect();
        assert_eq!(sent.len(), 1, "`{line}` was not sent once");
        sent.remove(0)
    }
}

/// Passes bytes on until one side closes.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    heard: Option<Bytes>,
) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer).await {
        let bytes = &buffer[..count];
        if let Some(heard) = &heard {
            heard.lock().unwrap().extend_from_slice(bytes);
        }
        if count == 0 || to.write_all(bytes).await.is_err() {
            drop(to.shutdown().await);
            return;
        }
    }
}

/// The requests on one connection; every body has a length.
fn requests(mut bytes: &[u8]) -> Vec<Sent> {
    let mut sent = Vec::new();
    while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let body = bytes[end + 4..][..length].to_vec();
        bytes = &bytes[end + 4 + length..];
        sent.push(Sent { line, headers, body });
    }
    sent
}
