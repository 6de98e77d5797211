//! An endpoint on this machine that answers as it is told to and keeps what came.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use integration_1099policy::receive::{Profile, Receiver as Verifier};
use integration_1099policy::secret::Secret;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use workflow_core::time::Timestamp;

use crate::canary::Watch;

/// The present secret.
pub const SECRET: &str = "whsec_Y2FuYXJ5LXNlY3JldC1vZi10b2RheS0wMDE=";
/// The one before.
pub const PREVIOUS: &str = "whsec_Y2FuYXJ5LXNlY3JldC1vZi1iZWZvcmUtMDE=";

/// A request that came.
#[derive(Clone, Debug)]
pub struct Came {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Came {
    /// A header.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The message's id.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether it is signed with this secret, now.
    pub fn is_signed(&self, secret: &str, now: Timestamp) -> bool {
        let verifier = Verifier::new(Profile::StandardWebhooks, &[Secret::new(secret)]).unwrap();
        match verifier.receive(&self.headers, &self.body, now) {
            Ok(_) => true,
            Err(refused) => {
                let text = format!("{refused:?}");
                // What we tell is no event of the insurer's: the signature was looked at first.
                text == "NotAnEvent"
            }
        }
    }
}

/// An endpoint.
pub struct Endpoint {
    pub address: SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
    answer: Arc<Mutex<String>>,
    _watch: Watch,
}

impl Endpoint {
    /// One that takes everything.
    pub async fn begin() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let came = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new("204 No Content\r\n".to_owned()));
        let _watch = crate::watched();
        let endpoint =
            Self { address, came: Arc::clone(&came), answer: Arc::clone(&answer), _watch };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(one(stream, Arc::clone(&came), Arc::clone(&answer)));
            }
        });
        endpoint
    }

    /// Answers so from now on: status line and more headers, each with its line end.
    pub fn answers(&self, head: &str) {
        *self.answer.lock().unwrap() = format!("{head}\r\n");
    }

    /// What came so far.
    pub fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }
}

async fn one(mut stream: TcpStream, came: Arc<Mutex<Vec<Came>>>, answer: Arc<Mutex<String>>) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        if read == 0 {
            return;
        }
        bytes.extend_from_slice(&chunk[..read]);
        while let Some((request, used)) = whole(&bytes) {
            bytes.drain(..used);
            came.lock().unwrap().push(request);
            let head = answer.lock().unwrap().clone();
            let text = format!("HTTP/1.1 {head}Content-Length: 0\r\n\r\n");
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// A request, once all of it is there.
fn whole(bytes: &[u8]) -> Option<(Came, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let headers: Vec<(String, String)> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length")?;
    let length: usize = length.1.parse().ok()?;
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some((Came { headers, body }, end + 4 + length))
}
