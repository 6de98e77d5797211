//! The limits as they are shipped, each by its name: what nobody configured. Whoever changes one changes this list, and with
//! it `docs/webhooks.md` or `docs/http.md`. That a limit is kept to is shown elsewhere: `bounds.rs` for the door, the
//! adapters' own tests for what goes out.

use std::time::Duration;

use integration_jobdiva::operations::Operation;
use runner::config::{self, Tenant};
use runner::ingress::{self, BODY_BYTES_MAX, sources};
use runner::serve;
use workflow_core::backoff;
use workflow_core::breaker::Fuse;
use workflow_core::limits::Pace;
use workflow_core::outlet;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// What comes of a configuration that says nothing of limits.
fn configured() -> (sources::Rules, Tenant) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("some"), "t9k_test_some").unwrap();
    let text = r#"
data_dir = "data"
[[tenant]]
name = "acme"
[tenant.jobdiva]
client_id = "1"
username = "u"
password_file = "some"
[tenant.1099policy]
environment = "sandbox"
api_key_file = "some"
success_url = "https://d.example.com/{placement}"
cancel_url = "https://d.example.com/{placement}"
[tenant.contractor]
relay_domain = "relay.example.com"
"#;
    let read = config::parse(text, &dir.path().join("runner.toml"), &|_| None);
    let mut config = read.unwrap_or_else(|problems| panic!("{problems}"));
    (config.sources, config.tenants.remove(0))
}

#[test]
fn the_webhook_doors_limits_are_these() {
    let serve::Limits { connections, head_within, longest } = serve::Limits::default();
    assert_eq!(connections, 256, "connections at once");
    assert_eq!(head_within, secs(5), "a request head");
    assert_eq!(longest, secs(60), "a connection in all");
    assert_eq!((serve::HEADERS_MAX, serve::HEAD_BYTES_MAX), (64, 32 * KIB), "headers");
    let ingress::Limits { requests, body_within, kept_within, sources } =
        ingress::Limits::default();
    assert_eq!(requests, 256, "requests under way");
    assert_eq!(body_within, secs(5), "a body");
    assert_eq!(kept_within, secs(10), "until it is durable");
    assert_eq!(BODY_BYTES_MAX, 256 * KIB, "a body's size");
    assert_eq!(integration_jobdiva::receive::BODY_BYTES_MAX, BODY_BYTES_MAX);
    assert_eq!(integration_1099policy::receive::BODY_BYTES_MAX, BODY_BYTES_MAX);
    assert_eq!(integration_1099policy::receive::TOLERANCE_SECS, 300, "a signed moment");
    assert_eq!(sources.refused_per_minute, 60, "refusals of one source");
    assert_eq!(sources.requests_per_minute, None, "requests of one source");
    assert!(sources.trusted_proxies.is_empty());
    assert_eq!(configured().0, sources, "the file changes nothing by itself");
}

#[test]
fn the_limits_of_http_going_out_are_these() {
    let (_, Tenant { jobdiva, policy, .. }) = configured();
    assert_eq!(jobdiva.connect_timeout, secs(5), "JobDiva: to connect");
    assert_eq!(jobdiva.read_timeout, secs(180), "JobDiva: silence in an answer");
    assert_eq!(jobdiva.total_timeout, secs(600), "JobDiva: what has no time of its own");
    assert_eq!(jobdiva.answer_bytes_max, 64 * MIB, "JobDiva: an answer's size");
    assert_eq!(policy.connect_timeout, secs(5), "1099Policy: to connect");
    assert_eq!(policy.read_timeout, secs(30), "1099Policy: silence in an answer");
    assert_eq!(policy.total_timeout, secs(60), "1099Policy: a whole answer");
    assert_eq!(policy.file_timeout, secs(300), "1099Policy: the same with a file");
    assert!(policy.method_timeouts.is_empty(), "1099Policy: times of single methods");
    assert!(policy.operation_timeouts.is_empty(), "1099Policy: times of single operations");
    use integration_jobdiva::config::{BUSY_FIRST, BUSY_LONGEST, IDLE, LOGIN_BYTES_MAX};
    assert_eq!(LOGIN_BYTES_MAX, 64 * KIB, "JobDiva: a login's answer");
    let idle = [IDLE, integration_1099policy::config::IDLE];
    assert_eq!(idle, [secs(30); 2], "a connection without work");
    assert_eq!([BUSY_FIRST, BUSY_LONGEST], [secs(30), secs(300)], "JobDiva: a 429 without a wish");
    assert_eq!(
        [backoff::FIRST, backoff::LONGEST],
        [secs(1), secs(900)],
        "1099Policy: the same, and all that is tried again"
    );
    assert_eq!(
        integration_1099policy::config::ANSWER_BYTES_MAX,
        8 * MIB,
        "1099Policy: an answer's size"
    );

    for operation in Operation::ALL.iter().copied() {
        let spec = jobdiva.registry.of(operation);
        let (name, fed) = (operation.name(), spec.window.is_some());
        let (timeout, apart) = match name {
            _ if name.starts_with("auth.") => (60, 200),
            _ if fed => (600, 500),
            "placement.search" | "placement.census" => (180, 500),
            _ => (180, 200),
        };
        assert_eq!(spec.timeout, secs(timeout), "{name}");
        assert_eq!(spec.min_interval, Duration::from_millis(apart), "{name}");
    }

    let fuse = Fuse { failures: 5, open_for: secs(30) };
    let slow = Pace { per_minute: 60, burst: 60, least_per_minute: 12 };
    let fast = Pace { per_minute: 600, burst: 100, least_per_minute: 12 };
    for (what, limits, pace) in
        [("JobDiva", &jobdiva.limits, slow), ("1099Policy", &policy.limits, fast)]
    {
        assert_eq!(limits.pace, pace, "{what}: the pace");
        assert_eq!(limits.fuse, fuse, "{what}: the breaker");
        assert!(limits.paces.is_empty(), "{what}: paces of their own");
    }
    assert_eq!(outlet::PATIENCE, secs(10), "the longest wait in the middle of something");
    assert_eq!(backoff::WISH_MAX, secs(3600), "the longest Retry-After");
}
