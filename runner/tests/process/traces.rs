//! Traces, as a collector on this machine gets them of a demo: their names, attributes and parents, and nobody's data.
//!
//! Compiled in with feature `otlp`. The collector reads the protocol's bytes by itself (`traces/collector.rs`) and shares no
//! code with what sends them.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::binary::{good, runner};
use super::{canary, secrets};
use collector::{Collector, Span};

#[path = "traces/collector.rs"]
mod collector;

/// A trace that somebody before us began, and their span.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
/// What they say beside, which is not taken.
const ELSEWHERE: &str = "vendor=told-elsewhere";

/// A demo that sends its traces there, once it serves; and where its webhook door is.
fn served(dir: &Path, collector: &str) -> (Serving, String) {
    let mut command = runner(dir, &["demo", "--keep"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-of=us");
    // All of them, however busy the machine is.
    command
        .env("OTEL_BSP_MAX_QUEUE_SIZE", "100000")
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment=test");
    let mut child = Serving(command.stdout(Stdio::piped()).spawn().unwrap());
    let out = BufReader::new(child.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut doors = Vec::new();
    for line in out {
        if let Some(address) = line.strip_prefix("serving webhooks on http://") {
            doors.push(address.split(',').next().unwrap().to_owned());
        }
        if line.starts_with("the pages: ") {
            break;
        }
    }
    (child, doors.pop().expect("it ends before it serves"))
}

/// A process that does not outlive a test that fails.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn stop(mut serving: Serving) {
    let pid = serving.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(serving.0.wait().unwrap().success());
}

/// A webhook that nobody believes, in a trace of the proxy's; the status of its answer.
fn knock(door: &str) -> String {
    let mut stream = TcpStream::connect(door).unwrap();
    let head = format!(
        "POST /hooks/jobdiva/canary-endpoint HTTP/1.1\r\nHost: {door}\r\nConnection: close\r\nContent-Length: 2\r\n\
         traceparent: 00-{TRACE}-{PARENT}-01\r\ntracestate: {ELSEWHERE}\r\n\r\n{{}}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn a_collector_gets_spans_of_inputs_calls_and_requests_and_nobodys_data() {
    let (dir, collector) = (tempfile::tempdir().unwrap(), Collector::begin());
    let dir = dir.path();
    let (child, door) = served(dir, &collector.url);
    let status = knock(&door);
    good(dir, &["pause", "--tenant", "acme", "--reason", "a canary reason", "--who", "canary-who"]);
    let mut canaries = canary::people(dir);
    canaries.extend(secrets::secrets(dir));
    stop(child);

    let heads = collector.heads();
    assert!(heads.iter().all(|head| head.starts_with("post /v1/traces http/1.1")), "{heads:?}");
    assert!(heads[0].contains("content-type: application/x-protobuf"), "{heads:?}");
    assert!(heads[0].contains("x-of: us"), "{heads:?}");
    let (spans, sender) = collector.spans();
    assert_eq!(sender["service.name"], "workflow-runner");
    assert_eq!(sender["service.version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(sender["deployment"], "test");

    inputs(&spans);
    calls(&spans);
    requests(&spans, &status);
    only_these_attributes(&spans);
    let said = String::from_utf8_lossy(&collector.bytes()).to_ascii_lowercase();
    canaries.extend(["canary", "told-elsewhere", "dashboard.example.com"].map(str::to_owned));
    for canary in &canaries {
        assert!(!said.contains(canary), "the collector is told of {canary}");
    }
}

fn one<'a>(spans: &'a [Span], is: impl Fn(&Span) -> bool, what: &str) -> &'a Span {
    let told = |span: &Span| {
        let said = ["workflow", "cause", "operation", "outcome", "state", "door"];
        format!("{} {:?}", span.name, said.map(|name| span.attribute(name)))
    };
    spans.iter().find(|span| is(span)).unwrap_or_else(|| {
        panic!("no span is {what}: {:#?}", spans.iter().map(told).collect::<BTreeSet<_>>())
    })
}

fn inputs(spans: &[Span]) {
    let found = |span: &Span| {
        span.name == "input placement"
            && span.attribute("instance") == "51000777"
            && span.attribute("state") == "Discovered"
    };
    let first = one(spans, found, "the first input of a placement");
    assert_eq!((first.attribute("tenant"), first.attribute("workflow")), ("acme", "placement"));
    assert_eq!((first.attribute("outcome"), first.attribute("state")), ("committed", "Discovered"));
    assert!(["poll", "webhook", "census"].contains(&first.attribute("cause")), "{first:?}");
    one(
        spans,
        |span| span.name == "input placement" && span.attribute("outcome") == "nothing",
        "one that changed nothing",
    );
    // Who it was stands in the log alone.
    let ordered = |span: &Span| span.name == "input gate" && span.attribute("cause") == "operator";
    assert_eq!(one(spans, ordered, "the operator's").attribute("outcome"), "committed");
}

fn calls(spans: &[Span]) {
    let made =
        |span: &Span| span.name == "call create_quote" && span.attribute("outcome") == "answered";
    let call = one(spans, made, "a call that was answered");
    assert_eq!(
        (call.attribute("system"), call.attribute("operation")),
        ("1099policy", "create_quote")
    );
    assert_eq!((call.kind, call.status, call.attribute("attempt")), (3, 0, "1"));
    assert!(call.attribute("key").starts_with("acme/placement/"), "{call:?}");
    assert!(
        call.attribute("status").starts_with('2') && call.attribute("requests") != "0",
        "{call:?}"
    );
    // What its answer led to stands below it, in the same trace.
    let below = |span: &Span| span.parent == call.id;
    let answer = one(spans, below, "below the call");
    assert_eq!((answer.name.as_str(), answer.attribute("cause")), ("input placement", "dispatch"));
    assert_eq!(
        (&answer.trace, answer.attribute("instance")),
        (&call.trace, call.attribute("instance"))
    );
    let systems: BTreeSet<&str> = spans.iter().map(|span| span.attribute("system")).collect();
    assert!(systems.contains("jobdiva"), "{systems:?}");
}

fn requests(spans: &[Span], status: &str) {
    let knocked = one(spans, |span| span.trace == TRACE, "in the proxy's trace");
    assert_eq!((knocked.name.as_str(), knocked.parent.as_str()), ("request hooks", PARENT));
    assert_eq!((knocked.kind, knocked.attribute("method")), (2, "POST"));
    assert_eq!(knocked.attribute("status"), status);
    // A webhook that is believed leads to an input below its request.
    let kept = one(
        spans,
        |span| span.name == "input delivery" && !span.parent.is_empty(),
        "a webhook kept",
    );
    let door = one(spans, |span| span.id == kept.parent, "the request that brought it");
    assert_eq!((door.name.as_str(), door.attribute("door")), ("request hooks", "hooks"));
}

/// What an attribute may be called: a new one must be thought about here.
fn only_these_attributes(spans: &[Span]) {
    let known = BTreeSet::from([
        "attempt",
        "cause",
        "door",
        "events",
        "generation",
        "instance",
        "key",
        "looked_up",
        "method",
        "operation",
        "outcome",
        "request_id",
        "requests",
        "state",
        "status",
        "system",
        "tenant",
        "version",
        "workflow",
        // How long a span was at work, told apart from how long it lasted.
        "busy_ns",
        "idle_ns",
    ]);
    let names = spans.iter().flat_map(|span| span.attributes.keys().map(String::as_str));
    let found: BTreeSet<&str> = names.collect();
    assert!(found.is_subset(&known), "{:?}", found.difference(&known));
}

/// What the systems outside are sent: nothing of a trace.
#[test]
fn nobody_outside_is_told_of_a_trace() {
    let (dir, collector, vendor) =
        (tempfile::tempdir().unwrap(), Collector::begin(), Collector::begin());
    let dir = dir.path();
    std::fs::write(dir.join("secret"), "t9k_test_nobody").unwrap();
    std::fs::write(
        dir.join("service.toml"),
        format!(
            r#"data_dir = "data"
[listen]
hooks = "127.0.0.1:0"
admin = "127.0.0.1:0"
page = "127.0.0.1:0"
[[tenant]]
name = "acme"
[tenant.jobdiva]
base_url = "{0}"
client_id = "1"
username = "nobody"
password_file = "secret"
[tenant.1099policy]
base_url = "{0}"
environment = "sandbox"
api_key_file = "secret"
success_url = "https://dashboard.example.com/{{placement}}"
cancel_url = "https://dashboard.example.com/{{placement}}"
[tenant.contractor]
relay_domain = "relay.example.com"
"#,
            vendor.url
        ),
    )
    .unwrap();
    let mut command = runner(dir, &["run", "--config", "service.toml"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
    let service = Serving(command.stderr(Stdio::null()).spawn().unwrap());
    let heads = vendor.heads_of(2);
    stop(service);
    for head in heads {
        for header in ["traceparent", "tracestate", "baggage", "x-b3"] {
            assert!(!head.contains(&format!("\n{header}")), "{head}");
        }
    }
}
