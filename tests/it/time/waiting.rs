//! The start passes while something is waited for, in each state: nothing is asked for in the past, and a person reads so.

use std::collections::BTreeSet;

use tests::story::check;
use workflow_core::domain::placement::StateKind;
use workflow_core::machine::Kind as _;

/// The state, how it comes about, and what becomes of it the day after work began. Where a call is under way its answer
/// decides, so that nothing made is forgotten: then the second sentence is what that leads to.
const WAITING: &[(&str, &str, &str)] = &[
    (
        "Discovered",
        "given pl_1 of cand_1 with pay=none\nand the ATS reports pl_1",
        "then pl_1 is Discovered: held: no pay rate yet
         when the ATS reports pl_1 with start=2026-03-16
         then pl_1 is Discovered: held
         and  the insurer heard nothing of pl_1",
    ),
    (
        "Discovered",
        "given pl_1 of cand_1\nand at once the ATS reports pl_1",
        "then pl_1 is Discovered: held: work began on 2026-03-16, 2 days ago
         when the world settles
         then the insurer has no jobs
         when the ATS reports pl_1 with start=2026-03-20
         then pl_1 is ApplicationPending",
    ),
    (
        "ContractorReady",
        "given pl_1 of cand_1\nand at once the ATS reports pl_1\nand at once one call is made, twice",
        "when the world settles
         then pl_1 is Flagged: work has begun without coverage, 2 days so far
         and  the insurer has 1 job, no quotes",
    ),
    (
        "JobReady",
        "given pl_1 of cand_1\nand at once the ATS reports pl_1\nand at once one call is made, twice\n\
         and at once one call is made",
        "then pl_1 is Flagged: work has begun without coverage, 2 days so far
         when the world settles
         then the insurer has 1 job, no quotes
         when the ATS reports pl_1 with start=2026-03-20
         then pl_1 is ApplicationPending
         and  the insurer has 1 job",
    ),
    (
        "Quoted",
        "given pl_1 of cand_1\nand at once the ATS reports pl_1\nand at once one call is made, twice\n\
         and at once one call is made, twice",
        "then pl_1 is Quoted: work has begun without coverage, 2 days so far
         when the world settles
         then pl_1 is Flagged: work has begun without coverage, 2 days so far
         and  the insurer has 1 session
         when the application of pl_1 is completed
         then pl_1 is Flagged: covered from 2026-03-18",
    ),
    (
        "Quoted",
        "given pl_2 of cand_1 with start=2026-04-20\nand the ATS reports pl_2\nand pl_1 of cand_1\n\
         and the ATS reports pl_1",
        "then pl_1 is Flagged: work has begun without coverage, 2 days so far
         and  pl_2 is ApplicationPending",
    ),
    (
        "ApplicationPending",
        "given pl_1 of cand_1\nand the ATS reports pl_1",
        "then pl_1 is Flagged: work has begun without coverage, 2 days so far
         and  Reminded never for pl_1",
    ),
    (
        "Assigned",
        "given pl_2 of cand_1\nand the ATS reports pl_2\nand the application of pl_2 is completed\n\
         and pl_1 of cand_1\nand the ATS reports pl_1",
        "then pl_1 is Flagged: work has begun without coverage, 2 days so far
         when the assignment of pl_1 comes into force
         then pl_1 is Active
         and  the insurer has 1 assignment",
    ),
    (
        "Active",
        "given pl_1 of cand_1\nand the ATS reports pl_1\nand the application of pl_1 is completed",
        "then pl_1 is Active",
    ),
    (
        "Flagged",
        "given pl_1 of cand_1\nand the insurer will refuse create_quote with broken\nand the ATS reports pl_1",
        "then pl_1 is Flagged: create quote was refused
         when the operator returns pl_1: go on
         then that was refused: start_passed",
    ),
    (
        "Excluded",
        "given pl_1 of cand_1 with employment=W2\nand the ATS reports pl_1",
        "then pl_1 is Excluded
         when the ATS reports pl_1 with employment=1099
         then pl_1 is Discovered: held: work began on 2026-03-16, 2 days ago",
    ),
];

#[test]
fn a_start_that_passes_in_each_state() {
    for (state, beginning, then) in WAITING {
        check(&format!(
            "{beginning}
             then pl_1 is {state}
             when at once it is 2026-03-17 13:00
             and  at once the timers fire, twice
             {then}"
        ));
    }
}

#[test]
fn each_state_that_can_wait_is_tried() {
    let tried: BTreeSet<&str> = WAITING.iter().map(|(state, _, _)| *state).collect();
    let ends = ["Completed", "Canceled"];
    let all = StateKind::ALL.iter().map(|kind| kind.name()).filter(|name| !ends.contains(name));
    assert_eq!(tried, all.collect());
}
