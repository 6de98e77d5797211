//! Rule 11: nobody is named: not in a record, not in a file beside the log, not in what the engine says of its instances.
//! (Whatever is logged is listened to by every world: `tests::canary`.)

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use proptest::prelude::*;
use tests::peers::ats::person;
use tests::world::Town;
use workflow_core::domain::facts::Person;
use workflow_core::id::Position;

use super::rules::Checked;

/// How everybody is called at first, and after a change; so long that what is sealed does not spell it by chance.
pub(super) const NAMES: [&str; 2] = ["Kimberley-Anne", "Robin-Marguerite"];
const FAMILY: &str = "Featherstonehaugh";
const PHONE: &str = "559-555-0142";
/// What all real e-mails end with.
const DOMAIN: &str = "@real.test";

/// Somebody with everything that a person has.
pub(super) fn somebody(first_name: &str, email: Option<&str>) -> Person {
    let usual = person(first_name, email);
    Person { last_name: FAMILY.into(), phone: Some(PHONE.into()), ..usual }
}

/// What in a text names somebody.
fn named(text: &[u8]) -> Option<&'static str> {
    let words = NAMES.into_iter().chain([FAMILY, PHONE, DOMAIN]);
    words.into_iter().find(|word| text.windows(word.len()).any(|part| part == word.as_bytes()))
}

/// Nobody is named anywhere.
pub(super) fn are_not_named(town: &Town) -> Checked {
    let engine = town.engine();
    let mut found = None;
    let scanned = engine.store().scan_records(Position(0), &mut |position, bytes| {
        found = named(bytes).map(|word| format!("the record at {position} says {word}"));
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    scanned.map_err(|e| TestCaseError::fail(e.to_string()))?;
    prop_assert!(found.is_none(), "{found:?}");
    for workflow in ["placement", "contractor", "certificate", "invoice", "delivery"] {
        for summary in engine.summaries(workflow) {
            let said = format!("{summary:?}");
            prop_assert!(named(said.as_bytes()).is_none(), "{said}");
        }
    }
    for call in engine.owed_calls() {
        prop_assert!(named(call.key.as_str().as_bytes()).is_none(), "{}", call.key);
    }
    town.directory().map_or(Ok(()), in_files)
}

/// Nobody is named in any file below a folder.
pub(super) fn in_files(folder: &Path) -> Checked {
    let fail = |error: std::io::Error| TestCaseError::fail(error.to_string());
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_dir() {
            in_files(&path)?;
            continue;
        }
        let bytes = fs::read(&path).map_err(fail)?;
        prop_assert!(named(&bytes).is_none(), "{} names {:?}", path.display(), named(&bytes));
    }
    Ok(())
}

#[test]
fn whoever_is_named_is_seen() {
    for text in
        ["to kim@real.test", "Dear Kimberley-Anne,", "R. Featherstonehaugh", "+1 559-555-0142"]
    {
        assert!(named(text.as_bytes()).is_some(), "{text}");
    }
    assert_eq!(named(b"candidate_cand_0@relay.acme.test"), None);
}
