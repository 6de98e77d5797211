//! The pages in a real browser: Chromium, driven by `tests/browser/drive.mjs`, while the demo's world goes on.
//!
//! It needs node, Chromium and the folder with the two packages of `tests/browser/package-lock.json`, named by
//! `BROWSER_MODULES`; `.ci/run` makes it. Pictures of every page stay in the folder beside it, `screenshots`. What the
//! pages say to somebody without a browser is in `pages.rs`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use integration_1099policy::simulator::{Application, Script};
use integration_jobdiva::simulator::Behaviour;
use runner::demo::{Demo, Screen};
use runner::web::access::Role;
use tokio::process::{Child, Command};

const TOKENS: [(Role, &str, &str); 3] = [
    (Role::Viewer, "VIEWER", "a viewer's token in the browser"),
    (Role::Operator, "OPERATOR", "an operator's token in the browser"),
    (Role::Admin, "ADMIN", "an admin's token in the browser"),
];
/// The candidate of placement 51000794.
const LATE: &str = "70011000059";
/// How far the world's clock moves...
const STEP: Duration = Duration::from_secs(30 * 60);
/// ...in so much real time: a night in a few seconds.
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
    let dir = tempfile::tempdir().unwrap();
    let tokens = TOKENS.map(|(role, _, token)| (role, token.to_owned())).to_vec();
    let demo = Demo::start_with(dir.path(), Behaviour::default(), |c| c.page.tokens = tokens).await;
    let mut demo = demo.unwrap();
    demo.play(&mut Screen::silent()).await.unwrap();
    // The one who let an application run out would finish the next.
    demo.policy().script(LATE, Script::of(Application::Complete));

    let mut child = drive(&modules, demo.pages());
    let mut tick = tokio::time::interval(EVERY);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.unwrap(),
            _ = tick.tick() => {
                demo.settle(&mut Screen::silent()).await.unwrap();
                demo.advance(STEP).await.unwrap();
            }
        }
    };
    demo.stop().await.unwrap();
    assert!(status.success(), "see above, and the pictures in {}", modules.display());
}

fn drive(modules: &Path, site: &str) -> Child {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/drive.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(site).arg(modules.join("screenshots"));
    command.env("BROWSER_MODULES", modules).envs(TOKENS.map(|(_, name, token)| (name, token)));
    command.stdin(Stdio::null()).kill_on_drop(true).spawn().expect("node is installed")
}
