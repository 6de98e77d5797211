//! Golden logs: one event per line, as it stands in the log, and beside it what a person reads there.
//!
//! ```text
//! {"type":"job_linked","version":1,"reads":{"job":"jb_0Qd5yHfW2s"},"content":"a1636a6f626d..."}
//! ```
//!
//! `type` and `version` are the event's header, `content` its bytes in hex, `reads` the same as JSON. The numbered logs
//! of a machine are histories that together use every row of its table; `events.jsonl` has every sample of every kind,
//! and is no history.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use workflow_core::codec::{self, Content};
use workflow_core::engine;
use workflow_core::graph;
use workflow_core::machine::{Kind, Machine};
use workflow_core::record::{Cause, NewEvent};
use workflow_core::time::Timestamp;

/// The file that has every sample.
pub const EVENTS: &str = "events.jsonl";

/// The golden logs of a machine, by file name, as this program writes them.
pub fn written<M: Machine>(samples: fn(M::EventKind) -> Vec<M::Event>) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    // The first event of a kind is its first sample, the next its second, through all logs.
    let mut used: BTreeMap<M::EventKind, usize> = BTreeMap::new();
    for (index, log) in graph::edge_cover::<M>().iter().enumerate() {
        let mut text = String::new();
        for kind in log {
            let (samples, used) = (samples(*kind), used.entry(*kind).or_default());
            text += &line::<M>(&samples[*used % samples.len()]);
            *used += 1;
        }
        files.insert(format!("{:02}.jsonl", index + 1), text);
    }
    let all = M::EventKind::ALL.iter().flat_map(|kind| {
        let samples = samples(*kind);
        assert!(!samples.is_empty(), "{kind:?} has no sample");
        for sample in &samples {
            assert_eq!(M::event_kind(sample), *kind, "a sample of another kind");
        }
        samples
    });
    files.insert(EVENTS.to_owned(), all.map(|event| line::<M>(&event)).collect());
    files
}

fn line<M: Machine>(event: &M::Event) -> String {
    let kind = M::event_kind(event);
    let content = codec::encode(event).expect("an event can be stored");
    let reads = Content(&content).to_json().expect("what is stored reads as JSON");
    let (name, version, content) = (M::wire(kind), M::version(kind), hex::encode(content));
    format!(
        "{{\"type\":\"{name}\",\"version\":{version},\"reads\":{reads},\"content\":\"{content}\"}}\n"
    )
}

/// Replays a log from its start: each event's name with the state that it leads to.
pub fn replay<M: Machine>(text: &str) -> Result<Vec<String>, String> {
    let mut state = None;
    let mut told = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let at = |problem: String| format!("line {}: {problem}", index + 1);
        let event = event::<M>(line).map_err(at)?;
        let name = M::wire(M::event_kind(&event));
        let after = M::step(state, event).map_err(|e| at(e.to_string()))?;
        let mut step = String::new();
        write!(step, "{name} -> {after:?}").expect("a string takes any text");
        told.push(step);
        state = Some(after);
    }
    Ok(told)
}

/// Reads each event by itself.
pub fn read<M: Machine>(text: &str) -> Result<(), String> {
    for (index, line) in text.lines().enumerate() {
        event::<M>(line).map_err(|problem| format!("line {}: {problem}", index + 1))?;
    }
    Ok(())
}

/// The event of a line: it decodes, reads as it did, and in its present version is written as it was.
fn event<M: Machine>(line: &str) -> Result<M::Event, String> {
    let line: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let name = line["type"].as_str().ok_or("no type")?;
    let version =
        line["version"].as_u64().and_then(|v| u16::try_from(v).ok()).ok_or("no version")?;
    let content = hex::decode(line["content"].as_str().ok_or("no content")?)
        .map_err(|e| format!("its content is no hex: {e}"))?;
    let reads = Content(&content).to_json().map_err(|e| e.to_string())?;
    if reads != line["reads"] {
        return Err(format!("`{name}` reads as {reads} now, and read as {} then", line["reads"]));
    }
    let stored = NewEvent {
        kind: name.to_owned(),
        schema: version,
        recorded_at: Timestamp(0),
        cause: Cause { input: String::new(), key: String::new(), actor: String::new() },
        content,
    };
    let event = engine::decode::<M>(&stored).map_err(|e| e.to_string())?;
    let kind = M::event_kind(&event);
    if M::wire(kind) != name {
        return Err(format!("`{name}` is read as `{}`", M::wire(kind)));
    }
    if version == M::version(kind) {
        let bytes = codec::encode(&event).map_err(|e| e.to_string())?;
        if bytes != stored.content {
            let now = Content(&bytes).to_json().map_err(|e| e.to_string())?;
            return Err(format!(
                "`{name}` in version {version} was written as {reads}, and is now written as {now}: \
                 a new shape is a new version, see `#[was]`"
            ));
        }
    }
    Ok(event)
}

/// What is wrong with a log that was changed by hand in one place.
#[cfg(test)]
mod tests {
    use super::*;
    use workflow_core::inbox::{EventKind, Machine as Delivery};

    fn check(from: &str, to: &str, problem: &str) {
        let logs = written::<Delivery>(::tests::samples::delivery::events);
        let log = &logs["01.jsonl"];
        assert!(log.contains(from), "{log}");
        let refused = replay::<Delivery>(&log.replace(from, to)).expect_err("it was changed");
        assert!(refused.contains(problem), "{refused}");
    }

    #[test]
    fn a_log_as_written_replays_and_a_changed_one_does_not() {
        let settled = Delivery::wire(EventKind::DeliverySettled);
        check(settled, "delivery_setled", "unknown event `delivery_setled`");
        check("\"version\":1", "\"version\":2", "stored in version 2, this program reads 1 to 1");
        check("\"size\":1284", "\"size\":1285", "reads as");
        check("\"content\":\"a1", "\"content\":\"a0", "`delivery_received` reads as {} now");
        check(settled, "delivery_reopened", "the data of event `DeliveryReopened` cannot be read");
    }
}
