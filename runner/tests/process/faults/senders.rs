//! A provider that sends webhooks over several connections as fast as they are answered, and remembers every answer.
//!
//! Written on bare sockets, so that "acknowledged" is exactly: the status line `200` was read. Like a real provider it
//! sends again what was not answered.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::Sender;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::outside::{ENDPOINT, HEADER, SECRET};

/// So many connections send at once.
const CONNECTIONS: usize = 8;

/// Everything sent, by the number in its id.
#[derive(Debug, Default)]
pub struct Sent {
    next: u64,
    /// Sent without a yes: whether it was kept nobody knows.
    pub open: BTreeSet<u64>,
    /// Answered 200.
    pub acknowledged: BTreeSet<u64>,
    /// Answered 503, to be sent again: the `Retry-After` that came along. A write that failed may have kept some.
    pub refused: Vec<String>,
}

impl Sent {
    fn take(&mut self) -> u64 {
        let again = self.open.iter().find(|id| !self.acknowledged.contains(id)).copied();
        let id = again.filter(|_| self.next.is_multiple_of(2)).unwrap_or(self.next);
        self.next += 1;
        self.open.insert(id);
        id
    }
}

/// The answer to one delivery.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is kept.
    Kept,
    /// 503: later, please.
    Later {
        /// The header `Retry-After`.
        retry_after: String,
    },
}

/// Sends until the other side is gone or refuses. Tells `reached` once when `count` were acknowledged in this call.
pub fn send(hooks: SocketAddr, sent: &Mutex<Sent>, count: usize, reached: &Sender<()>) {
    let got = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let Ok(mut connection) = Connection::open(hooks) else { return };
                loop {
                    let id = sent.lock().unwrap().take();
                    let Some(answer) = connection.post(id) else { return };
                    let mut sent = sent.lock().unwrap();
                    sent.open.remove(&id);
                    match answer {
                        Answer::Kept => {
                            sent.acknowledged.insert(id);
                            drop(sent);
                            let mut got = got.lock().unwrap();
                            *got += 1;
                            if *got == count {
                                // The one who waits may have gone on without.
                                reached.send(()).ok();
                            }
                        }
                        Answer::Later { retry_after } => {
                            sent.open.insert(id);
                            sent.refused.push(retry_after);
                            return;
                        }
                    }
                }
            });
        }
    });
}

/// The key of a delivery's stream.
pub fn stream(id: u64) -> String {
    format!("delivery/acme/1099policy:ev_{id}")
}

/// A connection to the webhook door, kept open.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub fn open(hooks: SocketAddr) -> std::io::Result<Self> {
        Ok(Self { stream: BufReader::new(TcpStream::connect(hooks)?) })
    }

    /// Sends one delivery; `None` when the connection broke before the answer's status line was read.
    pub fn post(&mut self, id: u64) -> Option<Answer> {
        let body = format!(
            r#"{{"id":"ev_{id}","type":"category_code.added","created":1,"data":{{"code":"jc_{id}"}}}}"#
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        let request = format!(
            "POST /hooks/1099policy/{ENDPOINT} HTTP/1.1\r\nHost: runner\r\n{HEADER}: {signature}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let status = self.line()?;
        let (mut length, mut retry_after) = (0, String::new());
        // The answer counts from its status line on, whether or not the rest still comes.
        while let Some(header) = self.line().filter(|line| !line.is_empty()) {
            let (name, value) = header.split_once(": ").unwrap();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "retry-after" => retry_after = value.to_owned(),
                _ => {}
            }
        }
        let mut rest = vec![0; length];
        self.stream.read_exact(&mut rest).ok();
        match status.split(' ').nth(1) {
            Some("200") => Some(Answer::Kept),
            Some("503") => Some(Answer::Later { retry_after }),
            _ => panic!("a genuine delivery was answered {status}"),
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(_) if line.ends_with("\r\n") => Some(line.trim_end().to_owned()),
            Ok(_) | Err(_) => None,
        }
    }
}
