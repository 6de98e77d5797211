//! `runner run` as a child process: started, listened to, killed or told to stop.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::JoinHandle;

use super::super::binary::runner;

/// A process that was started and may be serving by now.
pub struct Serving {
    child: Child,
    hooks: Receiver<SocketAddr>,
    log: JoinHandle<String>,
}

/// How a process ended, and what it had logged.
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its log.
    pub log: String,
}

impl Ended {
    /// Whether it ever said that it serves.
    pub fn served(&self) -> bool {
        self.log.contains(" running hooks=")
    }
}

impl Serving {
    /// Starts `runner run` with the configuration in `dir`.
    pub fn start(dir: &Path) -> Self {
        Self::spawn(runner(dir, &["run"]))
    }

    /// Starts it by a command of the caller's own.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (say, hooks) = channel();
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            for line in lines.map_while(Result::ok) {
                if let Some((_, after)) = line.split_once(" running hooks=") {
                    let address = after.split_whitespace().next().unwrap().parse().unwrap();
                    // Nobody waits for it when the process is killed while it starts.
                    say.send(address).ok();
                }
                log.push_str(&line);
                log.push('\n');
            }
            log
        });
        Self { child, hooks, log }
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it serves; says how often this thread could look meanwhile.
    #[track_caller]
    pub fn hooks(&mut self) -> (SocketAddr, u64) {
        let mut looks = 0;
        loop {
            match self.hooks.try_recv() {
                Ok(address) => return (address, looks),
                Err(TryRecvError::Empty) => {
                    looks += 1;
                    std::thread::yield_now();
                }
                Err(TryRecvError::Disconnected) => {
                    let status = self.child.wait().unwrap();
                    panic!("it ended before it served, with {status}");
                }
            }
        }
    }

    /// Ends it as a power switch would, were it not for the disk.
    pub fn kill(mut self) -> Ended {
        // It may have ended by itself; its log says why.
        drop(self.child.kill());
        self.ended()
    }

    /// Tells it to stop and waits until it has.
    pub fn stop(self) -> Ended {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.ended()
    }

    /// Waits until it ends.
    pub fn ended(mut self) -> Ended {
        let status = self.child.wait().unwrap();
        Ended { status, log: self.log.join().unwrap() }
    }
}
