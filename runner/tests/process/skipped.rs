//! A window of a feed that was passed over is a line of `runner list`, until what is in it can be read.

use std::path::Path;
use std::time::Duration;

use integration_jobdiva::simulator::{Fault, FaultKind};
use runner::demo::{Demo, Screen};
use serde_json::Value;

use super::binary::good;

/// So many half hours go by.
async fn wait(demo: &mut Demo, half_hours: u32) {
    for _ in 0..half_hours {
        demo.advance(Duration::from_secs(1800)).await.unwrap();
        demo.settle(&mut Screen::silent()).await.unwrap();
    }
}

/// What the list says was not read.
fn not_read(dir: &Path) -> Vec<String> {
    let list = good(dir, &["list"]);
    list.lines().filter(|line| line.starts_with("not read: ")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_was_passed_over_is_a_line_of_the_list_until_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("workflow-demo");
    let mut demo = Demo::start(&home).await.unwrap();
    let (path, row) = ("bi/NewUpdatedSalaryRecords".to_owned(), "70011000045/1".to_owned());
    demo.jobdiva().fault(Fault { path, kind: FaultKind::Poison { row }, count: None }).unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    wait(&mut demo, 12).await;
    demo.stop().await.unwrap();
    let said = not_read(dir.path());
    let [line] = &said[..] else { panic!("{said:?}") };
    assert!(line.starts_with("not read: the window pay.delta 03/2"), "{line}");
    for part in
        [" of acme: pay.delta: HTTP 500: Not an array", "; passed over at 2026-03-2", "tried "]
    {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    let list: Value = serde_json::from_str(&good(dir.path(), &["list", "--json"])).unwrap();
    let window = list["unread"][0]["window"].as_str().unwrap();
    assert!(line.contains(window), "{window} is not in {line}");

    let mut demo = Demo::start(&home).await.unwrap();
    demo.jobdiva().clear_faults().unwrap();
    // Its fifth try comes 16 h after the fourth.
    wait(&mut demo, 36).await;
    demo.stop().await.unwrap();
    assert_eq!(not_read(dir.path()), Vec::<String>::new(), "it was read, and is told no more");
}
