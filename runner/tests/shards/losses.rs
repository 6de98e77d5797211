//! Two runners on one database, and what becomes of them half-way.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use runner::demo::several::{At, Manner, Several};
use runner::demo::{Demo, Ending, Screen};
use tokio::sync::OnceCell;
use workflow_core::audit;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_runner");
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What the insurer counts at the end of a demo that nothing happened to; it is played once.
pub async fn undisturbed() -> &'static Ending {
    static ENDING: OnceCell<Ending> = OnceCell::const_new();
    let played = async || {
        let dir = tempfile::tempdir().unwrap();
        let mut demo = Demo::start(dir.path()).await.unwrap();
        let ending = demo.play(&mut Screen::silent()).await.unwrap();
        demo.stop().await.unwrap();
        ending
    };
    ENDING.get_or_init(played).await
}

/// The same at the insurer's; how many events led there, and when it was quiet, may differ.
pub fn assert_same(ending: &Ending, expected: &Ending) {
    let ending = Ending { events: expected.events, at: expected.at, ..ending.clone() };
    assert_eq!(&ending, expected);
    assert_eq!(ending.contractors_per_candidate_max, 1);
    assert_eq!(ending.jobs_per_placement_max, 1);
}

fn cli(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(arguments).arg("--data").arg(data).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn signal(process: u32, signal: &str) {
    let sent = Command::new("kill").args([signal, &process.to_string()]).status().unwrap();
    assert!(sent.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_is_killed_and_the_end_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let manner = |_| Manner::default();
    let several = Several::start_with(dir.path(), Path::new(PROGRAM), 2, At::Package, manner).await;
    let mut several = several.unwrap();
    let (mut asked, mut killed) = (false, false);
    let happens = async |several: &mut Several, passed: Duration| {
        if !asked && passed > DAY {
            asked = true;
            either_answers_and_takes_orders(several).await;
        }
        if !killed && passed > 2 * DAY {
            killed = true;
            let holder = several.holder().await.expect("one of them holds the log");
            several.kill(holder)?;
        }
        Ok(())
    };
    let ending = several.play(&mut Screen::silent(), happens).await.unwrap();
    assert!(asked && killed);
    let verified = audit::verify(several.log(), &mut |_| {}).unwrap();
    assert_eq!(verified.events, ending.events);
    let sql = "SELECT max(fence) FROM shard_heads";
    let fence = several.server().unwrap().ask("psql", "demo", &["-Atc", sql]).unwrap();
    assert_eq!(fence.trim(), "2", "it was taken over once");
    let sql = "SELECT nextval(pg_get_serial_sequence('log_mail', 'number'))";
    let letters = several.server().unwrap().ask("psql", "demo", &["-Atc", sql]).unwrap();
    assert!(letters.trim().parse::<u64>().unwrap() > 5, "webhooks came to both: {letters}");
    several.stop().await.unwrap();
    assert_same(&ending, undisturbed().await);
}

/// The runner that does not hold the log answers and takes orders like the one that does.
async fn either_answers_and_takes_orders(several: &Several) {
    let holder = several.holder().await.expect("one of them holds the log");
    let (here, other) = (several.data_of(holder).unwrap(), several.data_of(1 - holder).unwrap());
    let list = cli(here, &["list", "--json"]);
    assert!(list.contains("51000777"), "{list}");
    assert_eq!(cli(other, &["list", "--json"]), list);
    let pause = cli(other, &["pause", "--tenant", "acme", "--reason", "from elsewhere"]);
    assert!(pause.contains("paused"), "{pause}");
    assert!(cli(here, &["tenants"]).contains("from elsewhere"));
    cli(here, &["resume", "--tenant", "acme", "--reason", "enough"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_slept_past_its_lease_writes_nothing_more_and_a_wrong_clock_harms_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut several =
        Several::start_with(dir.path(), Path::new(PROGRAM), 2, At::Package, |number| {
            // The second runner's clock is two minutes ahead.
            Manner { ahead: if number == 2 { 2 * 60 * 1000 } else { 0 }, ..Manner::default() }
        })
        .await
        .unwrap();
    let mut slept = false;
    let happens = async |several: &mut Several, passed: Duration| {
        if slept || passed < 2 * DAY {
            return Ok(());
        }
        slept = true;
        let sleeper = several.holder().await.expect("one of them holds the log");
        let process = several.process_id(sleeper).unwrap();
        // In the middle of the moment's work.
        signal(process, "-STOP");
        several.until_it_holds(1 - sleeper, true).await;
        signal(process, "-CONT");
        // It notices, drops the shard and goes on as a process.
        several.until_it_holds(sleeper, false).await;
        Ok(())
    };
    let ending = several.play(&mut Screen::silent(), happens).await.unwrap();
    assert!(slept);
    let verified = audit::verify(several.log(), &mut |_| {}).unwrap();
    assert_eq!(verified.events, ending.events);
    several.stop().await.unwrap();
    assert_same(&ending, undisturbed().await);
}
