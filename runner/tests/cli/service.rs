//! What systemd hears from `runner run`: ready, how it stands, alive, stopping.

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::desk::Desk;

/// The next message that has this line.
fn heard(socket: &UnixDatagram, line: &str) -> String {
    let mut bytes = [0; 4096];
    loop {
        let length = socket.recv(&mut bytes).expect("the service is silent");
        let message = String::from_utf8_lossy(&bytes[..length]).into_owned();
        if message.lines().any(|said| said.starts_with(line)) {
            return message;
        }
    }
}

#[test]
fn the_service_manager_hears_how_it_stands() {
    let desk = Desk::with_log().with_configuration();
    let socket = UnixDatagram::bind(desk.file("notify")).unwrap();
    // Nothing is timed by it: a service that says nothing must not hang the test.
    socket.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let mut service = desk.runner(&["run", "--config", "service.toml"]);
    service.env("NOTIFY_SOCKET", desk.file("notify")).env("WATCHDOG_USEC", "200000");
    let mut service = service.stderr(Stdio::null()).spawn().unwrap();
    let ready = heard(&socket, "READY=1");
    assert!(ready.contains("STATUS=23 placements, 2 need a person; the log ends at"), "{ready}");
    for _ in 0..3 {
        heard(&socket, "WATCHDOG=1");
    }
    let pid = service.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    heard(&socket, "STOPPING=1");
    assert!(service.wait().unwrap().success());
}

#[test]
fn the_unit_says_what_the_service_keeps_to() {
    let unit = include_str!("../../packaging/runner.service");
    for line in [
        "Type=notify",
        "WatchdogSec=30",
        "DynamicUser=yes",
        "StateDirectory=runner",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "Restart=on-failure",
    ] {
        assert!(unit.lines().any(|said| said == line), "{line}");
    }
    // A configuration with mistakes, and wrong usage, are not mended by starting again.
    assert!(unit.lines().any(|line| line == "RestartPreventExitStatus=2 3 7"));
}
