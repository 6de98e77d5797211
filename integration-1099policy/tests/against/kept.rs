//! A connection that the client keeps, ended by the server just as it is used again; and a file that is cut off while it goes
//! out. Whatever the moment: not said to be unsent where a byte came, never a second POST by itself, and in the end one of each.
//!
//! The line runs on threads of its own: while the test waits for it the client cannot learn that its connection is over,
//! so that what goes wrong on a network by chance goes wrong here each time. The line that is cut in fresh connections is
//! `tests/it/adapters/line.rs`.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use integration_1099policy::Ten99Policy;
use workflow_core::domain::call::{Answer, Call};
use workflow_core::outcome::{Again, Outcome, Trace};

use super::world::{Insurer, answered, client, work};
use super::{canary, upload};

/// How the next use of a connection ends that has carried a request already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The server closed it while it lay idle, and hears nothing more.
    Idle,
    /// The server closed its side while it lay idle; what comes all the same is heard, and worked on or not.
    IdleHalf { worked_on: bool },
    /// After so many bytes of the request, with the rest unread: a reset.
    Within(usize),
    /// After so many bytes nothing more happens.
    Silent(usize),
    /// After the whole request, which was worked on.
    Unanswered,
}

#[derive(Default)]
struct State {
    armed: Option<End>,
    /// The line knows of what is armed: from then on it happens.
    noted: bool,
    /// What was heard of each POST since then, on whichever connection.
    posts: Vec<Vec<u8>>,
    /// Whether a POST came on the connection that had been closed while idle.
    came_late: bool,
    /// Whether what came late was worked on.
    worked_on: bool,
    /// Connections on which nothing more happens.
    silent: Vec<TcpStream>,
}

/// A line between a client and the simulator that keeps its connections.
#[derive(Clone)]
struct Line {
    base_url: String,
    upstream: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Line {
    fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let line = Self { base_url, upstream, state: Arc::default() };
        let own = line.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (own, client) = (own.clone(), client.unwrap());
                // What a client does when it is cut off is its own affair.
                thread::spawn(move || drop(own.carry(client)));
            }
        });
        line
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap()
    }

    /// Ends the connection that lies idle now, or will end it in its next request; it is so when this returns.
    fn arm(&self, end: End) {
        let mut state = self.state();
        *state = State { armed: Some(end), ..State::default() };
        let patience = Duration::from_secs(60);
        let (state, waited) =
            self.state.1.wait_timeout_while(state, patience, |state| !state.noted).unwrap();
        assert!(!waited.timed_out(), "no connection is kept");
        drop(state);
    }

    /// How many POSTs came, or began to.
    fn posts(&self) -> usize {
        self.state().posts.len()
    }

    /// What is armed for a connection that has carried something, once it lies idle.
    fn noted(&self) -> Option<End> {
        let mut state = self.state();
        let armed = state.armed?;
        if matches!(armed, End::Idle | End::IdleHalf { .. }) {
            state.armed = None;
        }
        state.noted = true;
        self.state.1.notify_all();
        Some(armed)
    }

    /// Requests one after the other, until something is armed.
    fn carry(&self, mut client: TcpStream) -> std::io::Result<()> {
        client.set_read_timeout(Some(Duration::from_millis(2)))?;
        let mut carried = 0;
        loop {
            let mut request = Vec::new();
            let mut armed = None;
            while !is_whole(&request) {
                if carried > 0 && request.is_empty() && armed.is_none() {
                    armed = self.noted();
                }
                match armed {
                    Some(End::Idle) => {
                        drop(client);
                        return Ok(());
                    }
                    Some(End::IdleHalf { worked_on }) => return self.late(client, worked_on),
                    Some(End::Within(most) | End::Silent(most)) if request.len() >= most => break,
                    Some(End::Within(_) | End::Silent(_) | End::Unanswered) | None => {}
                }
                let most = match armed {
                    Some(End::Within(most) | End::Silent(most)) => most - request.len(),
                    Some(End::Idle | End::IdleHalf { .. } | End::Unanswered) | None => 64 << 10,
                };
                if !more(&mut client, &mut request, most)? {
                    return Ok(());
                }
            }
            self.heard(&request);
            match armed {
                Some(End::Within(_)) => {
                    self.state().armed = None;
                    return Ok(());
                }
                Some(End::Silent(_)) => {
                    let mut state = self.state();
                    state.armed = None;
                    state.silent.push(client);
                    return Ok(());
                }
                Some(End::Unanswered) => {
                    self.state().armed = None;
                    return self.forwarded(&request).map(drop);
                }
                Some(End::Idle | End::IdleHalf { .. }) | None => {}
            }
            client.write_all(&self.forwarded(&request)?)?;
            carried += 1;
        }
    }

    /// What comes on a connection that is closed on this side.
    fn late(&self, mut client: TcpStream, worked_on: bool) -> std::io::Result<()> {
        client.shutdown(Shutdown::Write)?;
        let mut request = Vec::new();
        while !is_whole(&request) && more(&mut client, &mut request, 64 << 10)? {}
        if request.is_empty() {
            return Ok(());
        }
        self.heard(&request);
        if worked_on && is_whole(&request) {
            self.forwarded(&request)?;
        }
        let mut state = self.state();
        (state.came_late, state.worked_on) = (true, worked_on);
        Ok(())
    }

    fn heard(&self, request: &[u8]) {
        if request.starts_with(b"POST"[..request.len().min(4)].as_ref()) {
            self.state().posts.push(request.to_vec());
        }
    }

    /// The answer of the simulator.
    fn forwarded(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.upstream)?;
        server.write_all(request)?;
        let mut answer = Vec::new();
        while !is_whole(&answer) && more(&mut server, &mut answer, 64 << 10)? {}
        Ok(answer)
    }
}

/// Reads what there is; `false` once nothing can come any more.
fn more(from: &mut TcpStream, bytes: &mut Vec<u8>, most: usize) -> std::io::Result<bool> {
    let mut buffer = vec![0; most.min(64 << 10)];
    match from.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => {
            bytes.extend_from_slice(&buffer[..count]);
            Ok(true)
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

/// Whether a message is all there; its body has a length, or there is none.
fn is_whole(message: &[u8]) -> bool {
    let Some(head) = message.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    message.len() >= head + 4 + length
}

/// An insurer, and a client that goes to it over a line that keeps its connections.
async fn kept(patience: Duration) -> (Insurer, Line, Ten99Policy) {
    let insurer = Insurer::standard().await;
    let line = Line::before(&insurer.sim.base_url());
    let policy = client(&insurer.sim, |config| {
        config.base_url.clone_from(&line.base_url);
        config.file_timeout = patience;
    });
    (insurer, line, policy)
}

/// What a call came to whose POST went out on a connection that ended so: at most one POST came, and what is said of it is so.
#[track_caller]
fn judged(end: End, posts: usize, outcome: &Outcome<Answer>) {
    match (end, outcome) {
        // It was noticed in time: a new connection carried it.
        (End::Idle | End::IdleHalf { .. }, Outcome::Answered(_)) => assert_eq!(posts, 1, "{end:?}"),
        (_, Outcome::Answered(answer)) => panic!("{end:?}: answered {answer:?}"),
        (_, Outcome::Again(Again { trace: Trace::None, reason, .. })) => {
            assert!(posts == 0 && reason.starts_with("not sent"), "{end:?}: {posts}, {reason}");
        }
        (_, Outcome::Again(again)) => {
            assert_eq!(again.trace, Trace::Unknown, "{end:?}: {}", again.reason);
            assert!(posts <= 1, "{end:?}: {posts} POSTs in one attempt: {}", again.reason);
        }
    }
}

#[tokio::test]
async fn a_kept_connection_that_ends_as_it_is_used_is_never_a_second_post() {
    let (insurer, line, policy) = kept(Duration::from_secs(30)).await;
    let ends = [
        End::Idle,
        End::IdleHalf { worked_on: false },
        End::IdleHalf { worked_on: true },
        End::Within(1),
        End::Within(40),
        End::Within(400),
        End::Unanswered,
    ];
    let (mut late, mut unknown) = (0, 0);
    for (round, end) in ends.into_iter().cycle().take(5 * ends.len()).enumerate() {
        let placement: &'static str = format!("{}", 100 + round).leak();
        let job = work(placement, "11").job();
        // Something good, so that there is a connection to keep, and a breaker that stays closed.
        policy.category_codes().await.unwrap();
        line.arm(end);
        let mut attempt = insurer.attempt(placement, "job");
        let outcome = policy.perform(&job, &attempt).await;
        judged(end, line.posts(), &outcome);
        let came_late = line.state().came_late;
        late += usize::from(came_late);
        if let Outcome::Again(again) = outcome {
            unknown += usize::from(again.trace == Trace::Unknown);
            while matches!(end, End::IdleHalf { worked_on: true })
                && line.posts() > 0
                && !line.state().worked_on
            {
                tokio::task::yield_now().await;
            }
            attempt.earlier += 1;
            attempt.look_first |= again.trace != Trace::None;
            answered(policy.perform(&job, &attempt).await);
        }
        assert_eq!(insurer.sim.ledger().jobs_by_placement[placement], 1, "{end:?}");
    }
    assert!(late > 0, "no POST ever met a connection that was over");
    assert!(unknown >= 20, "{unknown}");
}

/// A file whose way out is cut in its middle.
async fn uploaded_but_for(end: End) {
    let (insurer, line, policy) = kept(Duration::from_secs(1)).await;
    let certificate = upload(&insurer, &work("1", "11")).await;
    let pdf = [b"%PDF-1.7 ".as_slice(), &vec![b'x'; 6 << 20]].concat();
    let mut attempt = insurer.attempt("1", "upload");
    policy.category_codes().await.unwrap();
    line.arm(end);
    let outcome = policy.upload(&certificate, &pdf, &attempt).await;
    judged(end, line.posts(), &outcome);
    assert_eq!(line.posts(), 1, "{end:?}");
    assert!(insurer.sim.ledger().certificates_by_hash.is_empty(), "{end:?}");

    attempt.look_first = true;
    let patient = client(&insurer.sim, |config| config.base_url.clone_from(&line.base_url));
    let answer = answered(patient.upload(&certificate, &pdf, &attempt).await);
    assert!(matches!(answer, Answer::CertificateUploaded { .. }), "{end:?}: {answer:?}");
    assert_eq!(line.posts(), 2, "{end:?}");
    let made = insurer.sim.ledger().certificates_by_hash;
    assert_eq!(made.values().copied().collect::<Vec<_>>(), [1], "{end:?}");
}

#[tokio::test]
async fn a_large_file_that_is_cut_off_while_it_goes_out_is_handed_in_once() {
    for end in [End::Within(2000), End::Within(1 << 20), End::Silent(1 << 20)] {
        uploaded_but_for(end).await;
    }
}

/// Nothing is kept of whom the call was about: a connection that ends is told without its URL.
#[tokio::test]
async fn what_is_said_of_a_kept_connection_that_ended_tells_of_nobody() {
    let (insurer, line, policy) = kept(Duration::from_secs(30)).await;
    for end in [End::Unanswered, End::Within(40)] {
        policy.category_codes().await.unwrap();
        line.arm(end);
        // A contractor is looked up by e-mail, in the URL.
        let link: Call = work("1", "11").link();
        let Outcome::Again(again) = policy.perform(&link, &insurer.attempt("1", "link")).await
        else {
            panic!("{end:?}: answered")
        };
        assert_eq!(canary::canary(&again.reason), None, "{}", again.reason);
    }
}
