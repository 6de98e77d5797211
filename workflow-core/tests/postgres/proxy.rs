//! A way to the server that breaks where the test says: around the next append that passes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// What happens to the next append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut before the server has heard of it.
    Before,
    /// It is done, and the connection is cut before the answer.
    After,
    /// The connection is cut for the client; the server hears of it when [`Proxy::release`] is called.
    Late,
    /// It is done; neither an answer nor anything else ever comes.
    Silent,
}

/// A proxy on a port of its own; its threads end with the process.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    fault: Mutex<Option<Fault>>,
    struck: AtomicBool,
    held: Mutex<Option<(TcpStream, Vec<u8>)>>,
    /// What the server answered to what was held back.
    answer: Mutex<Vec<u8>>,
    answered: Condvar,
}

impl Proxy {
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let shared = Arc::new(Shared::default());
        let all = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(("127.0.0.1", target)).expect("the server listens");
                pass(client, server, &all);
            }
        });
        Self { port, shared }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Breaks the next append.
    pub fn arm(&self, fault: Fault) {
        self.shared.struck.store(false, Ordering::SeqCst);
        *self.shared.fault.lock().expect("no panic") = Some(fault);
    }

    /// Whether the fault has happened.
    pub fn struck(&self) -> bool {
        self.shared.struck.load(Ordering::SeqCst)
    }

    /// Lets the server hear what was held back, and waits until it has answered.
    pub fn release(&self) {
        let held = self.shared.held.lock().expect("no panic").take();
        let (mut server, bytes) = held.expect("an append was held back");
        server.write_all(&bytes).expect("the server still listens");
        let answer = self.shared.answer.lock().expect("no panic");
        // The last message of an answer: "ready", length 5, idle.
        let ready = |answer: &mut Vec<u8>| !answer.ends_with(b"Z\0\0\0\x05I");
        drop(self.shared.answered.wait_while(answer, ready).expect("no panic"));
    }
}

fn pass(mut client: TcpStream, mut server: TcpStream, shared: &Arc<Shared>) {
    let (to_client, from_server) = (client.try_clone(), server.try_clone());
    let (mut to_client, mut from_server) = (to_client.expect("open"), from_server.expect("open"));
    let done = Arc::new(Mutex::new(None));
    let (asked, late, shared) = (Arc::clone(&done), Arc::clone(shared), Arc::clone(shared));
    std::thread::spawn(move || {
        let mut chunk = vec![0; 1 << 20];
        while let Ok(count @ 1..) = client.read(&mut chunk) {
            let bytes = &chunk[..count];
            // Each record begins so.
            if bytes.windows(3).any(|window| window == b"WFR")
                && let Some(fault) = shared.fault.lock().expect("no panic").take()
            {
                shared.struck.store(true, Ordering::SeqCst);
                match fault {
                    Fault::Before => break,
                    Fault::Late => {
                        *asked.lock().expect("no panic") = Some(Fault::Late);
                        let kept = (server.try_clone().expect("open"), bytes.to_vec());
                        *shared.held.lock().expect("no panic") = Some(kept);
                        let _ = client.shutdown(Shutdown::Both);
                        return;
                    }
                    Fault::After | Fault::Silent => {
                        *asked.lock().expect("no panic") = Some(fault);
                    }
                }
            }
            if server.write_all(bytes).is_err() {
                break;
            }
        }
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
    });
    std::thread::spawn(move || {
        let mut chunk = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from_server.read(&mut chunk) {
            match *done.lock().expect("no panic") {
                Some(Fault::Silent) => continue,
                Some(Fault::Late) => {
                    late.answer.lock().expect("no panic").extend_from_slice(&chunk[..count]);
                    late.answered.notify_all();
                    continue;
                }
                Some(Fault::After | Fault::Before) => break,
                None => {}
            }
            if to_client.write_all(&chunk[..count]).is_err() {
                break;
            }
        }
        let _ = (to_client.shutdown(Shutdown::Both), from_server.shutdown(Shutdown::Both));
    });
}
