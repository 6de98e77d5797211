//! The verbs on a demo's data: a running process answers, then the stopped directory.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::binary::{good, run, runner, states};

/// All that both a running process and a stopped directory must answer alike.
fn asked(dir: &Path) {
    let states = states(dir);
    assert_eq!(states["51000777"], "Active");
    assert_eq!(states["51000779"], "Excluded");
    let table = good(dir, &["list", "--state", "flagged"]);
    assert!(table.contains("51000796") && !table.contains("51000777"), "{table}");

    let shown: Value = serde_json::from_str(&good(dir, &["show", "51000777", "--json"])).unwrap();
    assert_eq!(
        (shown["version"].as_u64(), shown["line"]["state"].as_str()),
        (Some(1), Some("Active"))
    );
    assert!(good(dir, &["show", "acme/51000777"]).contains("95.00 per hour"));

    let history = good(dir, &["history", "51000777"]);
    assert!(
        history.contains("placement found") && history.contains("coverage started"),
        "{history}"
    );
    let early = good(dir, &["history", "51000777", "--at", "2026-03-24T13:00:00Z"]);
    assert!(early.contains("state at 2026-03-24T13:00:00.000Z: Discovered"), "{early}");
    let day: Value =
        serde_json::from_str(&good(dir, &["history", "51000777", "--at", "2026-03-23", "--json"]))
            .unwrap();
    assert_eq!(day["events"].as_array().map(Vec::len), Some(0));

    let verified: Value = serde_json::from_str(&good(dir, &["verify", "--json"])).unwrap();
    assert_eq!(verified["intact"], true);

    let inbox: Value = serde_json::from_str(&good(dir, &["inbox", "list", "--json"])).unwrap();
    assert_eq!(
        (&inbox["version"], inbox["deliveries"].as_array().map(Vec::len)),
        (&1.into(), Some(0))
    );
    assert_eq!(run(dir, &["inbox", "show", "1"]).status.code(), Some(4));

    let unknown = run(dir, &["show", "1"]);
    assert_eq!(unknown.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no placement is called 1"));
}

#[test]
fn a_running_process_and_a_stopped_directory_answer_alike() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = runner(dir.path(), &["demo", "--keep"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let serving =
        |line: &std::io::Result<String>| line.as_ref().is_ok_and(|l| l.starts_with("serving"));
    assert!(out.any(|line| serving(&line)), "it ends before it serves");
    asked(dir.path());

    a_parked_delivery_is_a_persons(dir.path());

    // A second process on the same directory is refused, and told who holds it.
    let second = run(dir.path(), &["demo"]);
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{told}");
    assert!(told.contains(&child.id().to_string()), "{told}");

    // A person settles the flag; the reason is asked for and kept.
    let act = ["resolve", "51000796", "return", "--by", "kim", "--reason"];
    let none = run(dir.path(), &[&act[..], &[" "]].concat());
    assert_eq!(none.status.code(), Some(5), "{}", String::from_utf8_lossy(&none.stderr));
    let other = run(dir.path(), &["act", "51000777", "return", "--reason", "x"]);
    assert_eq!(other.status.code(), Some(5));

    let pid = child.id().to_string();
    let began = Instant::now();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ended = child.wait().unwrap();
    assert!(ended.success(), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(25));
    asked(dir.path());
    let told = run(dir.path(), &["inbox", "retry", "acme/jobdiva:1", "--reason", "x"]);
    assert_eq!(told.status.code(), Some(1), "a stopped log is only read");

    flipped_bytes_are_found(dir.path());
}

/// A genuine delivery that nobody understands, to the demo's own door.
fn send_oddity(dir: &Path, number: u32) {
    let port = std::fs::read_to_string(dir.join("workflow-demo/simulators/hooks-port")).unwrap();
    let body = format!(r#"{{"type":"weather","operation":"Update","id":"{number}"}}"#);
    let mac = Hmac::<Sha256>::new_from_slice(b"the demo's JobDiva webhook secret").unwrap();
    let signature: String = mac.chain_update(&body).finalize().into_bytes().iter().fold(
        String::new(),
        |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        },
    );
    let mut door = TcpStream::connect(format!("127.0.0.1:{}", port.trim())).unwrap();
    let length = body.len();
    let request = format!(
        "POST /hooks/jobdiva/demo-endpoint-0001 HTTP/1.1\r\nHost: localhost\r\nX-JobDiva-Signature: {signature}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    door.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    door.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// The ids of the deliveries in this state.
fn deliveries(dir: &Path, state: &str) -> Vec<String> {
    let inbox: Value = serde_json::from_str(&good(dir, &["inbox", "list", "--json"])).unwrap();
    let all = inbox["deliveries"].as_array().unwrap().iter();
    let those = all.filter(|line| line["state"] == state);
    those.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

fn a_parked_delivery_is_a_persons(dir: &Path) {
    send_oddity(dir, 7);
    let id = loop {
        if let [id] = deliveries(dir, "Parked").as_slice() {
            break id.clone();
        }
    };
    let told = good(dir, &["inbox", "list"]);
    assert!(told.contains(&id) && told.contains("not understood"), "{told}");
    let shown = good(dir, &["inbox", "show", &id]);
    assert!(shown.contains("weather.update from jobdiva"), "{shown}");

    // Worked off again it comes to the same; who asked for it, and why, is kept.
    let retry = ["inbox", "retry", id.as_str(), "--who", "kim", "--reason"];
    assert_eq!(run(dir, &[&retry[..], &[" "]].concat()).status.code(), Some(5));
    let done: Value =
        serde_json::from_str(&good(dir, &[&retry[..], &["they mended it", "--json"]].concat()))
            .unwrap();
    assert_eq!((done["events"].as_u64(), done["state"].as_str()), (Some(1), Some("Waiting")));
    while deliveries(dir, "Parked").is_empty() {}

    let drop = ["inbox", "drop", id.as_str(), "--who", "kim", "--reason", "of no consequence"];
    assert!(good(dir, &drop).contains("Settled now"));
    assert_eq!(deliveries(dir, "Parked"), [""; 0]);
    assert_eq!(run(dir, &drop).status.code(), Some(4), "it is in no list any more");
    let whole = format!("acme/{id}");
    let shown: Value =
        serde_json::from_str(&good(dir, &["inbox", "show", &whole, "--json"])).unwrap();
    assert_eq!(shown["why"], "dropped: of no consequence");
    let events = shown["events"].as_array().unwrap();
    let by_kim = |event: &&Value| event["actor"] == "operator:kim";
    let reasons: Vec<&Value> =
        events.iter().filter(by_kim).map(|event| &event["data"]["reason"]).collect();
    assert_eq!(reasons, ["they mended it", "of no consequence"]);
    let again = ["inbox", "retry", whole.as_str(), "--reason", "after all"];
    assert_eq!(run(dir, &again).status.code(), Some(5), "what is settled stays so");
}

/// One byte changed anywhere in the log's folder, at places spread over each file, is reported with exit code 7.
fn flipped_bytes_are_found(dir: &Path) {
    let log = dir.join("workflow-demo/events");
    let mut files = Vec::new();
    collect(&log, &mut files);
    let mut tried = 0;
    for file in files {
        let mut bytes = Vec::new();
        std::fs::File::open(&file).unwrap().read_to_end(&mut bytes).unwrap();
        if bytes.is_empty() || file.ends_with("lock") {
            continue;
        }
        for part in 0..3 {
            let at = (bytes.len() - 1) * part / 2;
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            std::fs::write(&file, &changed).unwrap();
            let verified = run(dir, &["verify"]);
            let said = String::from_utf8_lossy(&verified.stderr).into_owned();
            assert_eq!(verified.status.code(), Some(7), "{} byte {at}: {said}", file.display());
            std::fs::write(&file, &bytes).unwrap();
            tried += 1;
        }
    }
    assert!(tried >= 9, "{tried}");
    good(dir, &["verify"]);
}

fn collect(dir: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
