//! What is fuzzed: a name, the words of its language, and the function that says which road an input took and panics when a
//! promise is broken.
//!
//! The adapters' own promises are in their `fuzzing.rs`; here are those of the record and of the configuration.

use std::path::Path;

use integration_1099policy::fuzzing as policy;
use integration_jobdiva::fuzzing as jobdiva;
use workflow_core::id::StreamId;
use workflow_core::record::frame::{Frame, FrameError, Placed, hash_of, seal};

/// One thing that takes bytes from outside.
pub struct Target {
    /// Its folder in the corpus.
    pub name: &'static str,
    /// Words that its readers know.
    pub words: &'static [&'static str],
    /// Says which road an input took; panics when it breaks a promise.
    pub run: fn(&[u8]) -> String,
}

/// All of them.
pub const ALL: [&Target; 10] = [
    &RECORD,
    &JOBDIVA_WEBHOOK,
    &POLICY_WEBHOOK,
    &ENVELOPE,
    &DATE,
    &AMOUNT,
    &CONFIG,
    &QUOTE_JSON,
    &REFUSAL,
    &WORDS,
];

/// The log's records.
pub const RECORD: Target = Target {
    name: "record",
    words: &["WFR\u{1}", "\u{18}\u{18}", "placement/acme/1", "\u{0}\u{0}\u{0}\u{0}"],
    run: record,
};

/// JobDiva's webhooks.
pub const JOBDIVA_WEBHOOK: Target = Target {
    name: "jobdiva_webhook",
    words: &[
        "\"type\"",
        "\"operation\"",
        "\"id\"",
        "\"data\"",
        "\"activity\"",
        "\"salary\"",
        "\"billing\"",
        "\"timesheet\"",
        "\"candidate\"",
        "\"job\"",
        "\"delete\"",
        "\"ACTIVITYID\"",
        "\"EMPLOYEEID\"",
        "\"RECID\"",
        "70011000042/1",
        "[{",
        "}]",
        "[[",
        "null",
        "\"Null\"",
        "sha1=",
        "\"userFields\"",
    ],
    run: jobdiva::webhook,
};

/// 1099Policy's webhooks.
pub const POLICY_WEBHOOK: Target = Target {
    name: "policy_webhook",
    words: &[
        "\"type\"",
        "\"id\"",
        "\"data\"",
        "\"object\"",
        "\"created\"",
        "\"policy.active\"",
        "\"application.complete\"",
        "\"assignment.canceled\"",
        "\"certificate.validated\"",
        "\"invoice.charge_card_failed\"",
        "\"quote\"",
        "\"status\"",
        "\"contractor\"",
        "{}",
        "null",
        "t=1764300000,v1=",
        "v1,",
        "sha256=",
        "t=",
    ],
    run: policy::webhook,
};

/// JobDiva's answers.
pub const ENVELOPE: Target = Target {
    name: "envelope",
    words: &[
        "\"data\":",
        "\"dataSet\":",
        "\"message\":",
        "\"error\":",
        "\"apierror\":",
        "{\"7\":",
        "[[\"",
        "[{",
        "}]",
        "null",
        "\"Null\"",
        "\"EMPLOYEEID\"",
        "\"Start ID\"",
        "\"SALARY\":",
        "\"BILLING\":[",
        "\"SSN\"",
        "\"userFields\":[{\"fieldName\":\"Worker Type\",\"fieldValue\":\"x\"}]",
        "\\ud800",
        "\\\"",
        "\"\"",
        "completed successfully",
        "\"START_DATE\":\"04/06/2026\"",
        "\"APPROVED\":",
    ],
    run: jobdiva::envelope,
};

/// JobDiva's dates and stamps.
pub const DATE: Target = Target {
    name: "date",
    words: &[
        "2026-04-06",
        "04/06/2026",
        "T",
        " ",
        "Z",
        "+0000",
        "-04:00",
        "23:59:59",
        ".999",
        "1775433600000",
        "0000",
        "9999",
        "12/31/",
        "24:00",
        "/",
        "-",
        ":",
        "٣",
        "T02:30:00",
        "2026-03-08",
    ],
    run: jobdiva::date,
};

/// JobDiva's amounts, flags and ids.
pub const AMOUNT: Target = Target {
    name: "amount",
    words: &[
        "$",
        "/H",
        "USD ",
        "1,250.00",
        ",000",
        ".",
        "-",
        "(",
        ")",
        "e3",
        "€",
        "0.00000000000000000000000000001",
        "79228162514264337593543950335",
        "Yes",
        "true",
        " ",
        "/",
    ],
    run: jobdiva::amount,
};

/// The configuration.
pub const CONFIG: Target = Target {
    name: "config",
    words: &[
        "[[tenant]]\n",
        "[tenant.jobdiva]\n",
        "[tenant.1099policy]\n",
        "[tenant.wage]\n",
        "[listen]\n",
        "password_env = \"CANARY\"\n",
        "api_key_env = \"CANARY\"\n",
        "secret_env = \"CANARY\"\n",
        "= \"",
        "\"\n",
        "= []",
        "= {}",
        "= true",
        "= 1979-05-27T07:32:00Z",
        "= inf",
        "\"\"\"",
        "'''",
        "\\u0000",
        "name",
        "base_url",
        "zone",
        "[tenant.coverage]\ntypes = [\"general\"]\n",
        "[[tenant.title_category]]\n",
        "{placement}",
        "sandbox",
        "production",
        "5m",
        "999999999999999d",
        "°h",
    ],
    run: config,
};

/// 1099Policy's quotes, whatever is in `quote_json`.
pub const QUOTE_JSON: Target = Target {
    name: "quote_json",
    words: &[
        "None",
        "True",
        "False",
        "{'gl': {",
        "'net_rate': ",
        "}}",
        "null",
        "\"coverage_type\"",
        "\"effective_date\":",
        "\"eligible\":",
        "\"net_rate\":",
        "\"id\":\"qt_1\"",
        "[",
        "]",
        "\\\"",
        "1e400",
        "datetime.date(2026, 4, 6)",
        "Decimal('0.65')",
        "b'\\xff'",
        "\"data\":[",
    ],
    run: policy::quote_json,
};

/// 1099Policy's errors and scalars.
pub const REFUSAL: Target = Target {
    name: "refusal",
    words: &[
        "400",
        "409",
        "500",
        "{\"error_code\":\"",
        "\"message\":\"",
        "\"message\":{",
        "ana@example.test",
        "%40",
        "\u{a0}",
        "null",
        "idempotency",
        "\"duplicate_email\"",
        "[",
        "]",
        "2026-04-06T00:00:00Z",
    ],
    run: policy::refusal,
};

/// JobDiva's descriptions and logins.
pub const WORDS: Target = Target {
    name: "words",
    words: &[
        "<p>",
        "</p>",
        "<br/>",
        "<script>",
        "</script>",
        "<style",
        "&amp;",
        "&#x41;",
        "&#1114112;",
        "&nbsp;",
        "<!--",
        "-->",
        "İ",
        "\u{2028}",
        "{\"token\":\"a.b.c\"}",
        "\"refreshtoken\"",
        "eyJh.x.y",
        "<",
        ">",
        "&",
        ";",
    ],
    run: jobdiva::words,
};

/// Any bytes are a record or an error, and a record that is written anew reads as the same. Most changes break only the
/// checksum, so the same bytes are also tried with a good one.
fn record(bytes: &[u8]) -> String {
    let as_is = framed(bytes);
    let mut mended = bytes.to_vec();
    if mended.len() < 8 {
        return as_is;
    }
    mended[..4].copy_from_slice(b"WFR\x01");
    let sum = crc32c::crc32c(&mended[8..]).to_be_bytes();
    mended[4..8].copy_from_slice(&sum);
    format!("{as_is} {}", framed(&mended))
}

fn framed(bytes: &[u8]) -> String {
    let frame = match Frame::decode(bytes) {
        Ok(frame) => frame,
        Err(FrameError::Event { field, problem, .. } | FrameError::Record { field, problem }) => {
            assert!(problem.len() < 300, "an error of {} bytes", problem.len());
            let kind: String = problem.chars().filter(char::is_ascii_lowercase).take(12).collect();
            return format!("{field} {kind}");
        }
        Err(error) => {
            let text = error.to_string();
            return text.chars().filter(|c| c.is_ascii_alphabetic()).take(24).collect();
        }
    };
    assert!(!frame.events.is_empty() && frame.next() > frame.first, "a record has events");
    let recorded: Vec<_> = frame.events.iter().map(|event| event.to_recorded()).collect();
    let good = recorded.iter().filter(|event| event.is_ok()).count();
    if good == recorded.len() {
        let recorded: Vec<_> = recorded.into_iter().flatten().collect();
        let placed: Vec<Placed<'_>> = recorded
            .iter()
            .map(|it| Placed { stream: &it.stream, version: it.version, event: &it.event })
            .collect();
        let (mut next, mut previous, mut again) = (frame.first, frame.previous, Vec::new());
        for sealed in seal(frame.first, frame.previous, &placed) {
            let read = Frame::decode(&sealed.bytes).expect("what is written is a record");
            assert_eq!((read.first, read.previous), (next, previous), "records follow each other");
            (next, previous) = (read.next(), hash_of(&sealed.bytes));
            again.extend(read.events.iter().filter_map(|event| event.to_recorded().ok()));
        }
        assert_eq!(again, recorded, "what is written anew reads as the same");
    }
    let streams = frame.events.iter().filter(|event| StreamId::parse(event.stream).is_ok()).count();
    format!("{} {good} {streams}", frame.events.len().min(4))
}

/// A secret that a configuration may name; nothing that is said may hold it.
const CANARY: &str = "canary-4711-secret";

/// Any text is a configuration or a list of mistakes, each with a line that there is, and no mistake shows a secret.
fn config(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let env = |name: &str| (name == "CANARY").then(|| CANARY.to_owned());
    // Nothing lies in this folder: a file that is named is one that cannot be read.
    let file = Path::new("no-such-folder/runner.toml");
    let lines = text.lines().count() + 1;
    match runner::config::parse(&text, file, &env) {
        Ok(config) => {
            let (tenants, names) = (config.tenants.len(), &config.tenants[0].name);
            assert!(config.admin.ip().is_loopback() && tenants > 0 && !names.is_empty());
            let hooks = config.tenants.iter().filter(|t| t.jobdiva_hook.is_some()).count();
            format!("good {tenants} {hooks} {:?}", config.tenants[0].policy.environment.as_str())
        }
        Err(problems) => {
            assert!(!problems.problems.is_empty(), "no configuration, and no reason");
            let said = problems.to_string();
            assert!(!said.contains(CANARY), "a mistake shows a secret");
            for problem in &problems.problems {
                assert!((1..=lines).contains(&problem.line), "line {} of {lines}", problem.line);
            }
            let first = &problems.problems[0];
            let key: String = first.key.chars().filter(char::is_ascii_lowercase).take(20).collect();
            let what: String =
                first.what.chars().filter(char::is_ascii_lowercase).take(12).collect();
            format!("{key} {what} {}", problems.problems.len().min(3))
        }
    }
}
