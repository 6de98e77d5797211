//! A disk that is full, and one whose writes fail: what the running service does, and how it goes on.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use workflow_core::store::sled::{SledStore, Stopped};

use super::super::binary::{good, run};
use super::killed::{held, say};
use super::outside::Outside;
use super::senders::{self, Answer, Connection, Sent};
use super::serving::{Ended, Serving};

/// The size of the small disk, and what is left of it for "short of room": under the 32 MiB that the runner wants.
const DISK_BYTES: u64 = 64 * 1024 * 1024;
const SHORT_BYTES: u64 = 20 * 1024 * 1024;
/// The largest file, in blocks of 512 or 1024 bytes: enough for a new log, not for a thousand deliveries.
const FILE_BLOCKS_MAX: u32 = 1400;

/// A small disk of its own, in memory; unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None` where this user may not mount; but where CI is set that is a failure.
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mounted = ["mount", "sudo -n mount"].iter().any(|mount| {
            let line = format!("{mount} -t tmpfs -o size={DISK_BYTES} tmpfs \"$0\"");
            let run = Command::new("sh").args(["-c", &line]).arg(&at).output();
            run.is_ok_and(|run| run.status.success())
        });
        let must = std::env::var_os("CI").is_some();
        assert!(mounted || !must, "CI must try the full disk, and this user may not mount");
        mounted.then_some(Self(at))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("somebody-else's-file")
    }

    /// Fills it until only so many bytes are left.
    fn fill_but(&self, left: u64) {
        self.fill();
        let file = File::options().write(true).open(self.filler()).unwrap();
        file.set_len(file.metadata().unwrap().len() - left).unwrap();
    }

    /// Fills it to its end.
    fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        for size in [64 * 1024, 1] {
            let block = vec![1; size];
            loop {
                match file.write_all(&block) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: what a failed test left open must not keep it.
        let unmount = "umount -l \"$0\" || sudo -n umount -l \"$0\"";
        Command::new("sh").args(["-c", unmount]).arg(&self.0).output().ok();
    }
}

/// Sends one delivery after the other; each must be kept.
fn acknowledged(hooks: std::net::SocketAddr, sent: &mut Sent, ids: std::ops::Range<u64>) {
    let mut connection = Connection::open(hooks).unwrap();
    for id in ids {
        assert_eq!(connection.post(id), Some(Answer::Kept));
        sent.acknowledged.insert(id);
    }
}

#[test]
fn a_full_disk_refuses_what_is_new_and_goes_on_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(dir.path().join("disk")) else {
        say("this user may not mount: the full disk is covered by the engine's tests alone");
        return;
    };
    let outside = Outside::start();
    outside.configure(dir.path(), &disk.0.join("data"));
    let mut sent = Sent::default();
    let mut serving = Serving::start(dir.path());
    let hooks = serving.hooks().0;
    acknowledged(hooks, &mut sent, 0..20);

    // Short of room: refused with a time to come back, and nothing of it is kept.
    disk.fill_but(SHORT_BYTES);
    let mut connection = Connection::open(hooks).unwrap();
    for id in 1000..1010 {
        assert_eq!(connection.post(id), Some(Answer::Later { retry_after: "30".to_owned() }));
    }
    // Room again: without a restart.
    disk.free();
    acknowledged(hooks, &mut sent, 20..40);

    // Not a byte left: refused all the same, and the stop is a clean one, thanks to the reserve.
    disk.fill();
    assert!(matches!(connection.post(1010), Some(Answer::Later { .. })));
    let Ended { status, log } = serving.stop();
    assert!(status.success(), "{status}: {log}");
    assert!(
        log.contains("inputs are taken again from 33554432 bytes on: free space there"),
        "{log}"
    );

    let proof = SledStore::check_stopped(&disk.0.join("data/events"));
    assert!(matches!(proof, Ok(Stopped::Clean { .. })), "no proof of a clean stop: {proof:?}");

    // On a full disk it does not start, and says why.
    refill(&disk);
    let refused = run(dir.path(), &["run"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("is full; free space there, then start again"), "{said}");

    // With space it goes on where it was.
    disk.free();
    let mut serving = Serving::start(dir.path());
    acknowledged(serving.hooks().0, &mut sent, 40..60);
    assert!(serving.stop().status.success());
    let said = good(dir.path(), &["verify"]);
    assert!(said.contains("is intact"), "{said}");
    let (received, verified) = held(&disk.0.join("data/events"), &sent);
    assert_eq!(received, sent.acknowledged.len(), "what was refused is not kept");
    say(&format!("full disk (tmpfs): {received} acknowledged, 0 lost, {} events", verified.events));
}

/// The clean stop gave the reserve back; somebody else takes that too.
fn refill(disk: &Disk) {
    disk.free();
    disk.fill();
}

#[test]
fn a_write_that_fails_ends_the_process_and_loses_nothing() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), Outside::start());
    outside.configure(dir.path(), Path::new("data"));
    let sent = Mutex::new(Sent::default());
    // No file may grow beyond the limit: sled's next write fails, whatever the disk has left.
    let limited = format!("trap '' XFSZ; ulimit -f {FILE_BLOCKS_MAX}; exec \"$0\" run");
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_runner")]);
    command.current_dir(dir.path()).env("NO_COLOR", "1");
    let mut serving = Serving::spawn(command);
    let hooks = serving.hooks().0;
    let (reached, _nobody_waits) = channel();
    senders::send(hooks, &sent, usize::MAX, &reached);
    let Ended { status, log } = serving.ended();
    assert_eq!(status.code(), Some(1), "{log}");
    let last = log.lines().last().unwrap();
    assert!(last.starts_with("runner: the engine has stopped: writing to sled failed"), "{log}");

    // Without the limit it goes on, and what was sent without an answer is sent again.
    let mut serving = Serving::start(dir.path());
    let hooks = serving.hooks().0;
    let mut sent = sent.into_inner().unwrap();
    let mut connection = Connection::open(hooks).unwrap();
    for id in std::mem::take(&mut sent.open) {
        assert_eq!(connection.post(id), Some(Answer::Kept));
        sent.acknowledged.insert(id);
    }
    assert!(serving.stop().status.success());
    good(dir.path(), &["verify"]);
    let (received, verified) = held(&dir.path().join("data/events"), &sent);
    assert!(received > 100, "it ended before the limit was reached");
    assert_eq!(received, sent.acknowledged.len());
    say(&format!("failed write: {received} acknowledged, 0 lost, {} events", verified.events));
}
