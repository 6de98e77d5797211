//! Everything that reads bytes from outside, under bytes that nobody would send: each target is fed a kept corpus
//! (`tests/corpus/TARGET`) and what comes of it by mutation.
//!
//! By default a fixed number of inputs from a fixed seed, so that a run says the same every time. `FUZZ_SECS=60` goes on for
//! as long as that from a seed of the moment, which is printed; `FUZZ_SEED` repeats it. `FUZZ_KEEP=1` writes what took new
//! roads into the corpus. `docs/fuzz.md` has the figures and the findings.
//!
//! Read `targets.rs` for what is promised of all bytes, `run.rs` for how roads lead the search, `mutate.rs` for the changes.

#![allow(clippy::print_stdout, reason = "a search says how far it came")]

mod corpus;
mod mutate;
mod run;
mod targets;

use run::fuzz;

#[test]
fn record() {
    fuzz(&targets::RECORD);
}

#[test]
fn jobdiva_webhook() {
    fuzz(&targets::JOBDIVA_WEBHOOK);
}

#[test]
fn policy_webhook() {
    fuzz(&targets::POLICY_WEBHOOK);
}

#[test]
fn envelope() {
    fuzz(&targets::ENVELOPE);
}

#[test]
fn date() {
    fuzz(&targets::DATE);
}

#[test]
fn amount() {
    fuzz(&targets::AMOUNT);
}

#[test]
fn config() {
    fuzz(&targets::CONFIG);
}

#[test]
fn quote_json() {
    fuzz(&targets::QUOTE_JSON);
}

#[test]
fn refusal() {
    fuzz(&targets::REFUSAL);
}

#[test]
fn words() {
    fuzz(&targets::WORDS);
}

#[test]
fn every_folder_of_the_corpus_is_a_target() {
    let names = targets::ALL.map(|target| target.name);
    assert_eq!(corpus::folders(), std::collections::BTreeSet::from(names.map(str::to_owned)));
}

/// Deeper than any input of the search: a reader that calls itself for each bracket would find the end of the stack, and
/// with it the process's.
#[test]
fn brackets_without_end_are_refused() {
    let deep = |open: &str, inside: &str, close: &str| {
        format!("{}{inside}{}", open.repeat(40_000), close.repeat(40_000))
    };
    let bodies = [
        deep("{\"1\":", "1", "}"),
        deep("{\"billing\":[", "1", "]}"),
        deep("{\"error\":", "\"x\"", "}"),
        deep("[", "1", "]"),
        deep("a=[", "", "]"),
        "<p>".repeat(40_000),
    ];
    for target in targets::ALL {
        for body in &bodies {
            for around in
                ["", "0", "1", "{\"data\":", "0{\"type\":\"a\",\"operation\":\"b\",\"data\":"]
            {
                let mut input = format!("{around}{body}");
                input.push_str(if around.contains('{') { "}" } else { "" });
                (target.run)(input.as_bytes());
            }
        }
    }
}

/// The engine itself: a promise that breaks only behind two conditions is found from a seed that meets neither.
#[test]
fn a_broken_promise_behind_two_conditions_is_found_and_made_small() {
    fn run(bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let road = (text.contains("{\"a\""), text.contains("null"));
        assert_ne!(road, (true, true), "both at once");
        format!("{road:?}")
    }
    let target = targets::Target { name: "", words: &["null", "{\"a\""], run };
    let found = run::search(&target, vec![b"[1, 2, 3]".to_vec()], run::Limit::Inputs(20_000), 7);
    let found = found.expect_err("a promise is broken");
    assert!(found.why.contains("both at once"), "{}", found.why);
    assert_eq!(
        found.input.len(),
        "{\"a\"null".len(),
        "{:?}",
        String::from_utf8_lossy(&found.input)
    );
}
