//! A collector on this machine: takes what is posted to `/v1/traces` and reads the spans out of it.
//!
//! Protobuf is read by its wire format: a field's number and its bytes. The numbers are those of
//! `opentelemetry/proto/trace/v1/trace.proto`, which never change.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A span as it came.
#[derive(Clone, Debug, Default)]
pub struct Span {
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub name: String,
    pub kind: u64,
    /// Texts as they are, whole numbers in digits.
    pub attributes: BTreeMap<String, String>,
    /// 2: an error.
    pub status: u64,
}

impl Span {
    /// An attribute, or nothing.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// The collector.
pub struct Collector {
    /// Where it is, as `OTEL_EXPORTER_OTLP_ENDPOINT` names it.
    pub url: String,
    /// Every request: its head and its body.
    came: Arc<Came>,
    /// Says that one more came.
    more: Mutex<Receiver<()>>,
}

type Came = Mutex<Vec<(String, Vec<u8>)>>;

impl Collector {
    /// One that takes everything.
    pub fn begin() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (came, (say, more)) = (Arc::<Came>::default(), channel());
        let kept = Arc::clone(&came);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, say) = (Arc::clone(&kept), say.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &kept, &say));
            }
        });
        Self { url, came, more: Mutex::new(more) }
    }

    /// All that came, heads and bodies.
    pub fn bytes(&self) -> Vec<u8> {
        let came = self.came.lock().unwrap();
        came.iter().flat_map(|(head, body)| [head.as_bytes(), body].concat()).collect()
    }

    /// The heads of the requests.
    pub fn heads(&self) -> Vec<String> {
        self.came.lock().unwrap().iter().map(|(head, _)| head.clone()).collect()
    }

    /// The heads of the requests, once so many came.
    pub fn heads_of(&self, count: usize) -> Vec<String> {
        while self.came.lock().unwrap().len() < count {
            self.more.lock().unwrap().recv().unwrap();
        }
        self.heads()
    }

    /// The spans, and what each batch said of its sender.
    pub fn spans(&self) -> (Vec<Span>, BTreeMap<String, String>) {
        let (mut spans, mut resource) = (Vec::new(), BTreeMap::new());
        for (_, body) in self.came.lock().unwrap().iter() {
            for of_resource in messages(body, 1) {
                for of in messages(of_resource, 1) {
                    resource.extend(messages(of, 1).into_iter().map(pair));
                }
                for scope in messages(of_resource, 2) {
                    spans.extend(messages(scope, 2).into_iter().map(span));
                }
            }
        }
        (spans, resource)
    }
}

/// Takes requests on one connection until it ends.
fn serve(mut stream: TcpStream, came: &Came, say: &Sender<()>) {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..read]);
        while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let whole = end + 4 + length.map_or(0, |length| length.parse().unwrap());
            if bytes.len() < whole {
                break;
            }
            let body = bytes[end + 4..whole].to_vec();
            bytes.drain(..whole);
            came.lock().unwrap().push((head, body));
            say.send(()).ok();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        }
    }
}

/// A field's content.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, each with its number.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let field = match tag & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => Field::Number(u64::from_le_bytes(taken(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                Field::Bytes(taken(&mut bytes, length))
            }
            5 => Field::Number(u32::from_le_bytes(taken(&mut bytes, 4).try_into().unwrap()).into()),
            other => panic!("no wire type is {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

fn taken<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (first, rest) = bytes.split_at(count);
    *bytes = rest;
    first
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = taken(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return value;
        }
    }
}

/// The messages in the fields of this number.
fn messages(bytes: &[u8], number: u64) -> Vec<&[u8]> {
    let mut found = Vec::new();
    for (own, field) in fields(bytes) {
        if let (true, Field::Bytes(message)) = (own == number, field) {
            found.push(message);
        }
    }
    found
}

fn span(bytes: &[u8]) -> Span {
    let mut span = Span::default();
    for (number, field) in fields(bytes) {
        match (number, field) {
            (1, Field::Bytes(id)) => span.trace = hex(id),
            (2, Field::Bytes(id)) => span.id = hex(id),
            (4, Field::Bytes(id)) => span.parent = hex(id),
            (5, Field::Bytes(name)) => span.name = String::from_utf8_lossy(name).into_owned(),
            (6, Field::Number(kind)) => span.kind = kind,
            (9, Field::Bytes(attribute)) => span.attributes.extend([pair(attribute)]),
            (15, Field::Bytes(status)) => {
                for (number, field) in fields(status) {
                    if let (3, Field::Number(code)) = (number, field) {
                        span.status = code;
                    }
                }
            }
            _ => {}
        }
    }
    span
}

/// An attribute: its name and its value as text.
fn pair(bytes: &[u8]) -> (String, String) {
    let (mut name, mut value) = (String::new(), String::new());
    for (number, field) in fields(bytes) {
        match (number, field) {
            (1, Field::Bytes(bytes)) => name = String::from_utf8_lossy(bytes).into_owned(),
            (2, Field::Bytes(any)) => {
                for (number, field) in fields(any) {
                    match (number, field) {
                        (1, Field::Bytes(text)) => {
                            value = String::from_utf8_lossy(text).into_owned()
                        }
                        (2, Field::Number(truth)) => value = (truth == 1).to_string(),
                        (3, Field::Number(number)) => value = number.to_string(),
                        _ => panic!("an attribute of a kind that is not used"),
                    }
                }
            }
            _ => {}
        }
    }
    (name, value)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
