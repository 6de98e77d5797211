//! The demo's right end: each kind of placement in its state, and nothing asked of the insurer for those out of scope.

use std::collections::BTreeSet;
use std::path::Path;

use super::binary::{ledger, states};

/// Each seeded placement with its candidate and the state in which it must end. A bare offer (51000790) is no placement
/// yet and is not followed.
const ENDS: [(&str, &str, &str); 23] = [
    ("51000777", "70011000042", "Active"),
    ("51000778", "70011000043", "Excluded"),
    ("51000779", "70011000044", "Excluded"),
    ("51000780", "70011000045", "Excluded"),
    ("51000781", "70011000046", "Excluded"),
    ("51000782", "70011000047", "Discovered"),
    ("51000783", "70011000048", "Discovered"),
    ("51000784", "70011000049", "Discovered"),
    ("51000785", "70011000050", "Discovered"),
    ("51000786", "70011000051", "Discovered"),
    ("51000787", "70011000052", "Excluded"),
    ("51000788", "70011000053", "Active"),
    ("51000789", "70011000054", "Canceled"),
    ("51000791", "70011000056", "Active"),
    ("51000792", "70011000057", "Active"),
    ("51000793", "70011000058", "Active"),
    ("51000794", "70011000059", "Flagged"),
    ("51000795", "70011000061", "Active"),
    ("51000796", "70011000062", "Flagged"),
    ("51000797", "70011000060", "Active"),
    ("51000798", "70011000060", "Active"),
    ("51000799", "70011000063", "Active"),
    ("51000800", "70011000063", "Active"),
];

/// Compares a finished demo's directory with what must be.
#[track_caller]
pub fn right(dir: &Path) {
    let states = states(dir);
    for (placement, _, state) in ENDS {
        assert_eq!(states.get(placement).map(String::as_str), Some(state), "{placement}");
    }
    assert_eq!(states.len(), ENDS.len(), "{states:?}");

    let ledger = ledger(dir);
    let bought = |state: &str| state == "Active" || state == "Flagged";
    let insured: BTreeSet<&str> = ENDS.iter().filter(|e| bought(e.2)).map(|e| e.0).collect();
    let people: BTreeSet<&str> = ENDS.iter().filter(|e| bought(e.2)).map(|e| e.1).collect();
    let once = |name: &str, whose: &BTreeSet<&str>| {
        let counts = ledger[name].as_object().unwrap();
        assert_eq!(counts.keys().map(String::as_str).collect::<BTreeSet<_>>(), *whose, "{name}");
        assert!(counts.values().all(|count| count == 1), "{name}: {counts:?}");
    };
    once("contractors_by_candidate", &people);
    once("jobs_by_placement", &insured);
    // No request, of whatever kind, names anybody else.
    let named = |name: &str| -> BTreeSet<String> {
        ledger[name].as_object().unwrap().keys().cloned().collect()
    };
    assert!(named("requests_by_placement").iter().all(|id| insured.contains(id.as_str())));
    assert!(named("requests_by_candidate").iter().all(|id| people.contains(id.as_str())));
}
