//! `runner tail`: from a position, of one placement, and live.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::desk::Desk;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn positions(lines: &[Value]) -> Vec<u64> {
    lines.iter().map(|line| line["position"].as_u64().unwrap()).collect()
}

#[test]
fn a_stopped_log_is_read_in_parts_that_fit_together() {
    let desk = Desk::with_log();
    let all = lines(&desk.good(&["tail", "--from", "0", "--json"]));
    let whole: Vec<u64> = (0..all.len() as u64).collect();
    assert_eq!(positions(&all), whole);
    assert!(all.iter().all(|line| line["version"] == 1));

    // Somebody who was away goes on after the last position that they saw.
    let middle = (all.len() / 2).to_string();
    let rest = lines(&desk.good(&["tail", "--from", &middle, "--json"]));
    assert_eq!(rest, all[all.len() / 2..]);
    let last = lines(&desk.good(&["tail", "--json"]));
    assert_eq!(last, all[all.len() - 20..]);
    let of_one = lines(&desk.good(&["tail", "--placement", "51000777", "--json"]));
    assert!(of_one.iter().all(|line| line["stream"] == "placement/acme/51000777"));
    assert_eq!(of_one[0]["event"], "placement_found");
    assert_eq!(desk.good(&["tail", "--placement", "nobody/51000777"]), "");

    let end = all.len().to_string();
    assert_eq!(desk.good(&["tail", "--from", &end]), "");
    let beyond = (all.len() + 1).to_string();
    assert_eq!(desk.run(&["tail", "--from", &beyond]).status.code(), Some(4));
}

#[test]
fn nobody_is_named() {
    let desk = Desk::with_log();
    let text = desk.good(&["tail", "--from", "0", "--json"]);
    // The seed's people have made-up addresses: none of them is in the clear. Ours stand for those who have none.
    let named = |line: &&str| line.replace("@relay.example.com", "").contains('@');
    assert_eq!(text.lines().find(named), None);
    assert!(text.contains("sealed"));
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    let desk = Desk::with_log();
    let mut child = desk.runner(&["tail", "--from", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_running_process_is_followed_until_ctrl_c() {
    let desk = Desk::with_log().with_configuration();
    let mut service = desk.runner(&["run", "--config", "service.toml"]);
    let mut service = service.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(service.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains(" running hooks=")));
    let drained = std::thread::spawn(move || log.map_while(Result::ok).count());

    let all = ["tail", "--from", "0", "--json", "--data", "workflow-demo"];
    let before = lines(&desk.good(&all)).len();
    let from = before.to_string();
    let follow = ["tail", "--from", &from, "--follow", "--json", "--data", "workflow-demo"];
    let mut tail = desk.runner(&follow).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(tail.stdout.take().unwrap()).lines();
    let pause = ["pause", "--tenant", "acme", "--reason", "to be seen", "--config", "service.toml"];
    desk.good(&pause);
    let line: Value = serde_json::from_str(&told.next().unwrap().unwrap()).unwrap();
    assert!(line["position"].as_u64().unwrap() >= before as u64, "{line}");
    assert_eq!(line["version"], 1);

    let pid = tail.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(tail.wait().unwrap().code(), Some(130));
    let pid = service.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(service.wait().unwrap().success());
    drained.join().unwrap();
}
