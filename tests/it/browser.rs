//! The pages in a real browser: Chromium, driven by `tests/browser/drive.mjs`, while the demo's world goes on.
//!
//! It needs node, Chromium and the folder with the two packages of `tests/browser/package-lock.json`, named by
//! `BROWSER_MODULES`; `.ci/run` makes it. Pictures of every page stay in the folder beside it, `screenshots`. What the
//! pages say to somebody without a browser is in `pages.rs`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use integration_1099policy::simulator::Seal;
use integration_jobdiva::simulator::Behaviour;
use runner::config::Config;
use runner::demo::{Demo, Screen};
use runner::web::access::Role;
use runner::web::{self, Shows};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::played::Until;

const TOKENS: [(Role, &str, &str); 3] = [
    (Role::Viewer, "VIEWER", "a viewer's token in the browser"),
    (Role::Operator, "OPERATOR", "an operator's token in the browser"),
    (Role::Admin, "ADMIN", "an admin's token in the browser"),
];
/// How far the world's clock moves...
const STEP: Duration = Duration::from_secs(10);
/// ...in so much real time: an application is finished in a few seconds, and nobody's cookie ends before the last visit.
const EVERY: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread")]
async fn people_get_along_with_the_pages() {
    let Some(modules) = std::env::var_os("BROWSER_MODULES").map(PathBuf::from) else {
        // A build machine must have it; elsewhere it is an extra.
        assert!(std::env::var_os("CI").is_none(), "BROWSER_MODULES names no folder");
        let why = "no browser was tried: set BROWSER_MODULES, as .ci/run does\n";
        std::io::stderr().write_all(why.as_bytes()).unwrap();
        return;
    };
    let tokens = TOKENS.map(|(role, _, token)| (role, token.to_owned())).to_vec();
    // The pages are at the same address after a restart.
    let address = free_address();
    let configure = |config: &mut Config| {
        config.page.tokens.clone_from(&tokens);
        config.page.address = address;
    };
    let (dir, mut demo) = Until::Ended.resume(configure).await;
    demo.relent();
    let odd = json!({ "id": "ev_odd", "type": "tornado.warning", "created": 1, "data": { "id": "zz_1" } });
    assert_eq!(demo.policy().inject_event(&odd, Seal::Genuine), 1);

    let certificate = demo.engine().summaries("certificate").remove(0).stream;

    let mut child = drive(&modules, demo.pages(), &format!("/papers/{certificate}"));
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut tell = child.stdin.take().unwrap();
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            line = told.next_line() => match line.unwrap().as_deref() {
                Some("@restart") => {
                    demo.stop().await.unwrap();
                    demo = Demo::start_with(dir.path(), Behaviour::default(), configure).await.unwrap();
                    tell.write_all(b"started\n").await.unwrap();
                }
                Some(line) => std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap(),
                None => break,
            },
            _ = tick.tick() => {
                demo.settle(&mut Screen::silent()).await.unwrap();
                demo.advance(STEP).await.unwrap();
            }
        }
    }
    let status = child.wait().await.unwrap();
    demo.stop().await.unwrap();
    assert!(status.success(), "see above, and the pictures in {}", modules.display());
}

/// An address that nobody has at present.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn drive(modules: &Path, site: &str, certificate: &str) -> Child {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/drive.mjs");
    let pages = web::addresses().filter(|(_, shows)| *shows != Shows::Else);
    let pages: Vec<&str> = pages.map(|(address, _)| address).collect();
    let mut command = Command::new("node");
    command.arg(script).arg(site).arg(modules.join("screenshots"));
    command.env("BROWSER_MODULES", modules).envs(TOKENS.map(|(_, name, token)| (name, token)));
    command.env("CERTIFICATE", certificate);
    command.env("PAGES", serde_json::to_string(&pages).unwrap());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command.spawn().expect("node is installed")
}
