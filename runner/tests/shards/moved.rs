//! A log of a directory goes into a shard and back, with its people's keys; positions and hashes stay.

use serde_json::Value;
use workflow_core::store::postgres::server::Server;

use super::desk::Desk;

#[track_caller]
pub fn fails(desk: &Desk, code: i32, line: &[&str], says: &str) {
    let output = desk.run(line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "runner {line:?}: {said}");
    assert!(said.contains(says), "runner {line:?}: {said}");
}

#[test]
fn a_log_goes_into_a_shard_and_back() {
    let server = Server::start(&[]).unwrap();
    server.create_database("moved").unwrap();
    let desk = Desk::with_log().with_configuration();
    let url = server.url("moved");
    desk.write("url", &url);
    let json = |text: String| -> Value { serde_json::from_str(&text).unwrap() };

    let into = ["migrate", "--from", "workflow-demo", "--to", "url", "--json"];
    let there = json(desk.good(&into));
    assert_eq!(there["went_on_at"], 0);
    assert_eq!(there["left"], serde_json::json!([]));
    let again = json(desk.good(&into));
    assert_eq!((&again["went_on_at"], &again["head"]), (&there["events"], &there["head"]));
    let sql = "SELECT count(*) || ' ' || max(position) FROM events";
    let counted = server.ask("psql", "moved", &["-Atc", sql]).unwrap();
    let events = there["events"].as_u64().unwrap();
    assert_eq!(counted.trim(), format!("{events} {}", events - 1));

    let out = ["migrate", "--from", &url, "--to", "back", "--tenant", "acme", "--json"];
    let back = json(desk.good(&out));
    assert_eq!((&back["head"], &back["records"]), (&there["head"], &there["records"]));
    assert_eq!(
        std::fs::read(desk.file("back/keys/people")).unwrap().len() % 128,
        0,
        "the keys are slots, as they were"
    );
    desk.write("back.toml", desk.read("service.toml").replace("workflow-demo", "back"));
    for question in [&["list", "--json"][..], &["history", "51000797", "--json"]] {
        let ask = |data: &str| desk.good(&[question, &["--data", data]].concat());
        assert_eq!(ask("workflow-demo"), ask("back"), "{question:?}");
    }
    // Its keys open it: an order needs them.
    let pause = |config: &str| {
        desk.good(&["pause", "--tenant", "acme", "--reason", "moving", "--config", config])
    };
    pause("back.toml");
    // What went on elsewhere is not brought over again.
    fails(&desk, 5, &out, "the target is ahead");
    pause("service.toml");
    desk.good(&["resume", "--tenant", "acme", "--reason", "x", "--config", "service.toml"]);
    fails(&desk, 5, &["migrate", "--from", "workflow-demo", "--to", "back"], "holds another log");
    let brought = json(desk.good(&into));
    assert_eq!(brought["went_on_at"].as_u64(), Some(events));
    fails(&desk, 2, &["migrate", "--from", &url, "--to", "back"], "--tenant");
    let nobody = "postgres://nobody@127.0.0.1:9/none";
    fails(&desk, 6, &["migrate", "--from", "workflow-demo", "--to", nobody], "connecting");
}
