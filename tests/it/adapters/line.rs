//! A line between a client and a server that is cut at any byte, in either direction: closed, reset, or silent for ever.
//!
//! Every connection carries one request, so that "the third request" is the third connection: the line says
//! `connection: close` for the server. It parses no more than where a head ends and how long a body is. Deliberately
//! absent: what the client makes of it, and TLS.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// Where a line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nobody listens: no connection comes about.
    BeforeConnecting,
    /// Right after the connection came about.
    Connected,
    /// After so much of the request reached the server.
    Request(Part),
    /// After the whole request reached the server and was worked on, and so much of the answer reached the client.
    Answer(Part),
}

/// How much of a message gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nothing.
    Nothing,
    /// One byte.
    OneByte,
    /// Half of the first line.
    HalfLine,
    /// The first line, with its end.
    Line,
    /// Half of the head.
    HalfHead,
    /// The head but for its last byte.
    HeadButOne,
    /// The head.
    Head,
    /// The head and half of the body.
    HalfBody,
    /// Everything but the last byte.
    AllButOne,
}

/// How it ends for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Closed in order.
    Closed,
    /// Reset.
    Reset,
    /// Nothing more comes.
    Silence,
}

/// The parts of any message at which it may be cut.
pub const PARTS: [Part; 8] = [
    Part::OneByte,
    Part::HalfLine,
    Part::Line,
    Part::HalfHead,
    Part::HeadButOne,
    Part::Head,
    Part::HalfBody,
    Part::AllButOne,
];

impl Cut {
    /// All of them.
    pub fn all() -> Vec<Cut> {
        let mut cuts = vec![Cut::BeforeConnecting, Cut::Connected];
        cuts.extend(PARTS.map(Cut::Request));
        cuts.push(Cut::Answer(Part::Nothing));
        cuts.extend(PARTS.map(Cut::Answer));
        cuts
    }
}

impl Part {
    fn bytes(self, message: &[u8]) -> usize {
        let line = find(message, b"\r\n").map_or(message.len(), |at| at + 2);
        let head = head_of(message).unwrap_or(message.len());
        match self {
            Part::Nothing => 0,
            Part::OneByte => 1,
            Part::HalfLine => line / 2,
            Part::Line => line,
            Part::HalfHead => usize::midpoint(line, head),
            Part::HeadButOne => head - 1,
            // A message without a body would be whole.
            Part::Head => head.min(message.len() - 1),
            Part::HalfBody => usize::midpoint(head, message.len()).min(message.len() - 1),
            Part::AllButOne => message.len() - 1,
        }
    }
}

#[derive(Debug)]
struct State {
    /// The first line of each request since the line was armed.
    seen: Vec<String>,
    /// Connections since then.
    count: usize,
    armed: Option<(usize, Cut, End)>,
    /// Whether it was cut since then.
    struck: bool,
    /// Connections on which nothing more comes.
    silent: Vec<TcpStream>,
    /// Keeps the port while nobody listens.
    kept: Option<TcpSocket>,
}

/// A line; it goes on until it is dropped.
pub struct Line {
    address: SocketAddr,
    upstream: String,
    state: Arc<Mutex<State>>,
    /// Ends by itself where the next connection is to find nobody.
    listening: JoinHandle<()>,
}

impl Line {
    /// Listens on a port of its own and passes everything on to `upstream` (`http://host:port`).
    pub async fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            seen: Vec::new(),
            count: 0,
            armed: None,
            struck: false,
            silent: Vec::new(),
            kept: None,
        }));
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listening = tokio::spawn(listen(listener, upstream.clone(), Arc::clone(&state)));
        Self { address, upstream, state, listening }
    }

    /// Where a client is to go instead.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Counts from here, and cuts the `nth` connection (from 0), if any.
    pub async fn arm(&mut self, cut: Option<(usize, Cut, End)>) {
        {
            let mut state = self.lock();
            (state.count, state.struck) = (0, false);
            state.seen.clear();
            state.armed = cut;
        }
        if matches!(cut, Some((0, Cut::BeforeConnecting, _))) {
            self.shut().await;
        }
    }

    /// The first lines of the requests since it was armed, without the version: `POST /api/v1/jobs`.
    pub fn seen(&self) -> Vec<String> {
        self.lock().seen.clone()
    }

    /// Whether it was cut since it was armed.
    pub fn was_cut(&self) -> bool {
        self.lock().struck
    }

    /// Nobody listens any more; the port stays this line's.
    async fn shut(&mut self) {
        self.listening.abort();
        assert!((&mut self.listening).await.is_err_and(|ended| ended.is_cancelled()));
        let mut state = self.lock();
        (state.kept, state.struck) = (Some(bound(self.address)), true);
    }

    /// Somebody listens again, where nobody did.
    pub fn mend(&mut self) {
        let kept = self.lock().kept.take();
        if let Some(kept) = kept {
            let listener = kept.listen(64).unwrap();
            let (upstream, state) = (self.upstream.clone(), Arc::clone(&self.state));
            self.listening = tokio::spawn(listen(listener, upstream, state));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Takes connections until the next one is to find nobody.
async fn listen(listener: TcpListener, upstream: String, shared: Arc<Mutex<State>>) {
    let address = listener.local_addr().unwrap();
    while let Ok((client, _)) = listener.accept().await {
        let (cut, last) = {
            let mut state = shared.lock().unwrap();
            let nth = state.count;
            state.count += 1;
            let cut = state.armed.filter(|(at, ..)| *at == nth).map(|(_, cut, end)| (cut, end));
            state.struck |= cut.is_some();
            let last = matches!(state.armed, Some((at, Cut::BeforeConnecting, _)) if at == nth + 1);
            (cut, last)
        };
        if last {
            drop(listener);
            {
                let mut state = shared.lock().unwrap();
                (state.kept, state.struck) = (Some(bound(address)), true);
            }
            // What a client does when it is cut off is its own affair.
            drop(carry(client, &upstream, cut, &shared).await);
            return;
        }
        let (state, upstream) = (Arc::clone(&shared), upstream.clone());
        tokio::spawn(async move { drop(carry(client, &upstream, cut, &state).await) });
    }
}

/// A port that is taken, and on which nobody listens.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

/// One connection with one request.
async fn carry(
    mut client: TcpStream,
    upstream: &str,
    cut: Option<(Cut, End)>,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    if let Some((Cut::Connected, end)) = cut {
        return finish(client, end, state).await;
    }
    let request = message(&mut client).await?;
    let first = String::from_utf8_lossy(&request[..Part::Line.bytes(&request)]).into_owned();
    state.lock().unwrap().seen.push(first.trim_end().trim_end_matches(" HTTP/1.1").to_owned());
    let mut server = TcpStream::connect(upstream).await?;
    if let Some((Cut::Request(part), end)) = cut {
        server.write_all(&request[..part.bytes(&request)]).await?;
        finish(server, End::Closed, state).await?;
        return finish(client, end, state).await;
    }
    server.write_all(&request).await?;
    let answer = closing(message(&mut server).await?);
    match cut {
        Some((Cut::Answer(part), end)) => {
            client.write_all(&answer[..part.bytes(&answer)]).await?;
            finish(client, end, state).await
        }
        Some((Cut::BeforeConnecting | Cut::Connected | Cut::Request(_), _)) | None => {
            client.write_all(&answer).await?;
            client.shutdown().await
        }
    }
}

async fn finish(mut stream: TcpStream, end: End, state: &Mutex<State>) -> std::io::Result<()> {
    match end {
        End::Closed => {
            stream.shutdown().await?;
            // Until the other side has closed too: bytes that nobody read would make it a reset.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.map(drop)
        }
        End::Reset => stream.set_zero_linger(),
        End::Silence => {
            state.lock().unwrap().silent.push(stream);
            Ok(())
        }
    }
}

/// A whole message; its body has a length, or there is none.
async fn message(from: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = head_of(&bytes)
            && bytes.len() >= head + length_of(&bytes[..head])
        {
            return Ok(bytes);
        }
        if from.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The answer with a header that says that no other request comes on its connection.
fn closing(mut answer: Vec<u8>) -> Vec<u8> {
    let line = Part::Line.bytes(&answer);
    answer.splice(line..line, *b"connection: close\r\n");
    answer
}

fn head_of(message: &[u8]) -> Option<usize> {
    find(message, b"\r\n\r\n").map(|at| at + 4)
}

fn length_of(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.map_or(0, |length| length.trim().parse().unwrap())
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
