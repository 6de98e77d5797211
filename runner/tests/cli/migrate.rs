//! A log goes to another directory and answers there as before; cut short it goes on; what is another log is left alone.

use serde_json::Value;

use super::desk::Desk;

const MOVE: [&str; 6] = ["migrate", "--from", "workflow-demo", "--to", "there", "--json"];

#[track_caller]
fn fails(desk: &Desk, code: i32, line: &str, says: &str) {
    let output = desk.run(&line.split(' ').collect::<Vec<_>>());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "runner {line}: {said}");
    assert!(said.contains(says), "runner {line}: {said}");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_log_is_at_home_in_another_directory() {
    let desk = Desk::with_log();
    let moved = json(&desk.good(&MOVE));
    assert_eq!(moved["went_on_at"], 0);
    assert_eq!(moved["left"], serde_json::json!(["workflow-demo/keys"]), "the keys stay");
    for question in ["list --json", "history 51000797 --json", "verify --json", "tail --json"] {
        let ask = |data: &str| {
            let line = format!("{question} --data {data}");
            desk.good(&line.split(' ').collect::<Vec<_>>())
        };
        assert_eq!(ask("workflow-demo"), ask("there"), "{question}");
    }
    // Under way, it has another name, so that nobody starts on half a log.
    std::fs::rename(desk.file("there/events"), desk.file("there/events.unfinished")).unwrap();
    fails(&desk, 4, "list --data there", "holds no log");
    let again = json(&desk.good(&MOVE));
    assert_eq!(again["went_on_at"], moved["events"], "what is there is not brought again");
    assert_eq!(again["head"], moved["head"]);
    desk.good(&["verify", "--data", "there"]);
}

/// Pauses or resumes the tenant on a stopped log.
#[track_caller]
fn order(desk: &Desk, deed: &str, config: &str) {
    desk.good(&[deed, "--tenant", "acme", "--reason", "moving", "--config", config]);
}

#[test]
fn what_came_since_is_brought_over_and_nothing_else() {
    let desk = Desk::with_log().with_configuration();
    desk.good(&MOVE);
    order(&desk, "pause", "service.toml");
    fails(&desk, 5, "migrate --from there --to workflow-demo", "the target is ahead");
    let moved = json(&desk.good(&MOVE));
    // The order, and whatever opening the log for it brought to its end.
    assert!(moved["events"].as_u64() > moved["went_on_at"].as_u64(), "{moved}");
    let again = json(&desk.good(&MOVE));
    assert_eq!((&again["went_on_at"], &again["head"]), (&moved["events"], &moved["head"]));

    // The copy goes on by itself, and then the first one too.
    desk.write("there.toml", desk.read("service.toml").replace("workflow-demo", "there"));
    std::fs::create_dir(desk.file("there/keys")).unwrap();
    std::fs::copy(desk.file("workflow-demo/keys/people"), desk.file("there/keys/people")).unwrap();
    order(&desk, "resume", "there.toml");
    fails(&desk, 5, "migrate --from workflow-demo --to there", "the target is ahead");
    order(&desk, "resume", "service.toml");
    order(&desk, "pause", "service.toml");
    fails(&desk, 5, "migrate --from workflow-demo --to there", "holds another log");
    fails(&desk, 2, "migrate --from there --to ./there", "one directory");
    fails(&desk, 4, "migrate --from nowhere --to elsewhere", "nowhere holds no log");
}
