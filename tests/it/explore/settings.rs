//! The settings: small worlds, each gone through to its end.

use workflow_core::explore::Hostility;

use super::outside::{Left, Version};
use super::{Insured, explored, is_full};

type Versions = &'static [(&'static str, Version)];

const ONE: Versions = &[("pl_1", Version::Good)];
const TWO: Versions = &[("pl_1", Version::Good), ("pl_2", Version::Good)];

/// All that the ATS may make of the first placement.
const ANYTHING: Versions = &[
    ("pl_1", Version::Good),
    ("pl_1", Version::Dearer),
    ("pl_1", Version::Later),
    ("pl_1", Version::Unclear),
    ("pl_1", Version::Canceled),
    ("pl_1", Version::W2),
    ("pl_1", Version::Ended),
];

/// Other terms, or none any more.
const CHANGED: Versions = &[("pl_1", Version::Dearer), ("pl_1", Version::Canceled)];

/// Each thing that may go wrong on the way, once; the provider may forget a key long before it promised.
const HOSTILE: Hostility = Hostility::ONE;
const LOST: Hostility = Hostility { lost: 1, ..Hostility::NONE };

const NOTHING: Left =
    Left { changes: 0, failures: 0, losses: 0, returns: 0, operator: 0, seasons: 0, elsewhere: 0 };

/// The large one when everything is asked for, else the small one.
fn sized<T>(small: T, large: T) -> T {
    if is_full() { large } else { small }
}

/// Explores and wants nothing broken.
#[track_caller]
fn keeps_the_rules(name: &str, model: Insured, hostility: Hostility) {
    let report = explored(name, model, hostility);
    assert!(report.complete, "{name}: {report}");
}

#[test]
fn two_placements_in_a_hostile_world() {
    let hostility = sized(HOSTILE, Hostility { lost: 2, ..HOSTILE });
    let model = Insured::new(TWO, &[], NOTHING);
    keeps_the_rules("two placements, hostile", model, hostility);
}

#[test]
fn two_placements_and_one_change_of_terms() {
    let left = Left { changes: 1, ..NOTHING };
    let hostility = sized(Hostility::NONE, LOST);
    let model = Insured::new(TWO, CHANGED, left);
    keeps_the_rules("two placements, one change", model, hostility);
}

#[test]
fn one_placement_that_the_ats_changes_in_a_hostile_world() {
    let left = Left { changes: 1, ..NOTHING };
    let model = Insured::new(ONE, ANYTHING, left);
    keeps_the_rules("one placement, any change, hostile", model, HOSTILE);
}

#[test]
fn one_placement_that_changes_again_and_again() {
    let left = Left { changes: sized(2, 3), operator: 1, failures: 1, ..NOTHING };
    let model = Insured::new(ONE, sized(CHANGED, ANYTHING), left);
    keeps_the_rules("one placement, changes, an operator", model, Hostility::NONE);
}

#[test]
fn time_passes() {
    let left = Left { changes: 1, seasons: 2, operator: 1, failures: 1, ..NOTHING };
    let model = Insured::new(ONE, sized(CHANGED, ANYTHING), left);
    keeps_the_rules("one placement, time passes", model, sized(Hostility::NONE, LOST));
}

#[test]
fn applications_fail() {
    let left = Left { failures: 1, operator: 1, ..NOTHING };
    let model = Insured::new(TWO, &[], left);
    keeps_the_rules("two placements, applications fail", model, sized(Hostility::NONE, HOSTILE));
}

#[test]
fn coverage_is_lost_and_comes_back() {
    let left = Left { losses: sized(1, 2), returns: 1, operator: sized(0, 1), ..NOTHING };
    let model = Insured::new(TWO, &[], left);
    keeps_the_rules("two placements, coverage lost", model, Hostility::NONE);
}

#[test]
fn coverage_comes_back_while_a_new_one_is_bought() {
    let left = Left { losses: 1, returns: 1, operator: 1, ..NOTHING };
    let model = Insured::new(ONE, &[], left);
    keeps_the_rules("one placement, coverage back", model, sized(LOST, HOSTILE));
}

#[test]
fn a_contractor_returns() {
    let left = Left { elsewhere: 1, losses: 1, changes: sized(0, 1), ..NOTHING };
    let model = Insured::new(TWO, CHANGED, left);
    keeps_the_rules("a returning contractor", model, Hostility::NONE);
}

#[test]
fn policy_and_charge_are_lost_together() {
    let left =
        Left { elsewhere: 1, losses: sized(2, 3), returns: 2, operator: sized(1, 2), ..NOTHING };
    let model = Insured::new(ONE, &[], left);
    keeps_the_rules("policy and charge lost", model, Hostility::NONE);
}

#[test]
fn two_candidates_have_one_e_mail() {
    let model = Insured::new(TWO, &[], NOTHING).of_strangers();
    let hostility = sized(Hostility { crashes: 1, ..Hostility::NONE }, HOSTILE);
    keeps_the_rules("two candidates, one e-mail", model, hostility);
}

#[test]
fn what_is_out_of_scope_is_not_spoken_of() {
    const PLACEMENTS: Versions = &[("pl_1", Version::W2), ("pl_2", Version::Good)];
    let left = Left { changes: 1, ..NOTHING };
    let model = Insured::new(PLACEMENTS, &[("pl_1", Version::Good)], left);
    keeps_the_rules("out of scope, until it is not", model, sized(Hostility::NONE, LOST));
    let model = Insured::new(&[("pl_1", Version::W2)], &[], NOTHING);
    keeps_the_rules("out of scope", model, Hostility::ONE);
}

/// A lost answer, an end of the process, and a provider that keeps no key: what was made is found, not made again.
#[test]
fn a_key_forgotten_before_its_time_and_a_restart_make_one_of_each() {
    let left = Left { changes: 1, ..NOTHING };
    let model = Insured::new(ONE, CHANGED, left);
    let hostility = Hostility { crashes: 2, forgotten: 2, duplicated: 0, lost: 1 };
    keeps_the_rules("keys forgotten, restarts", model, hostility);
}
