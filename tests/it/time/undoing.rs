//! What is to be undone has no answer when the work begins that it was for: a person is told once, what it is and where,
//! and it is tried on. What was told before is not told again after a restart.

use tests::story::check;

/// Applying, called off, and so on: what is to be undone, how a person reads of it, and what its answer leads to in the end.
struct Undoing {
    given: &'static str,
    /// What sets the undoing off.
    when: &'static str,
    state: &'static str,
    says: &'static str,
    then: &'static str,
}

const APPLYING: &str = "given pl_1 of cand_1\nand the ATS reports pl_1";
const ASSIGNED: &str = "given pl_2 of cand_1\nand the ATS reports pl_2\n\
    and the application of pl_2 is completed\nand pl_1 of cand_1\nand the ATS reports pl_1";
const COVERED: &str = "given pl_2 of cand_1\nand the ATS reports pl_2\n\
    and the application of pl_2 is completed\nand pl_1 of cand_1\nand the ATS reports pl_1\n\
    and the assignment of pl_1 comes into force";
const OPENING: &str = "given pl_1 of cand_1\nand at once the ATS reports pl_1\n\
    and at once one call is made, twice\nand at once one call is made, twice\nthen pl_1 is Quoted: opening";
const MAKING_THE_JOB: &str =
    "given pl_1 of cand_1\nand at once the ATS reports pl_1\nand at once one call is made, twice";

const CALLED_OFF: &str = "at once the ATS reports pl_1 with stage=canceled";

const ALL: &[Undoing] = &[
    Undoing {
        given: APPLYING,
        when: CALLED_OFF,
        state: "ApplicationPending",
        says: "close application",
        then: "pl_1 is Canceled: called off in the ATS\nand the insurer has no live sessions",
    },
    Undoing {
        given: APPLYING,
        when: "at once the ATS reports pl_1 with pay=110",
        state: "ApplicationPending",
        says: "close application",
        then: "pl_1 is Flagged: work has begun without coverage\nand the insurer has no live sessions",
    },
    Undoing {
        given: APPLYING,
        when: "at once the ATS reports pl_1 with employment=Hourly Employee; w2=yes",
        state: "ApplicationPending",
        says: "close application",
        then: "pl_1 is Excluded\nand the insurer has no live sessions",
    },
    Undoing {
        given: APPLYING,
        when: "at once the ATS reports pl_1 with stage=canceled\n\
               and at once the ATS reports pl_1 with stage=working; pay=none",
        state: "ApplicationPending",
        says: "close application",
        then: "pl_1 is Flagged: the facts no longer suffice\nand the insurer has no live sessions",
    },
    Undoing {
        given: ASSIGNED,
        when: CALLED_OFF,
        state: "Assigned",
        says: "cancel assignment",
        then: "pl_1 is Flagged: called off in the ATS, yet coverage is bought",
    },
    Undoing {
        given: ASSIGNED,
        when: "at once the ATS reports pl_1 with pay=110",
        state: "Assigned",
        says: "cancel assignment",
        then: "pl_1 is Flagged: changed after coverage was bought: wage",
    },
    Undoing {
        given: COVERED,
        when: CALLED_OFF,
        state: "Assigned",
        says: "cancel assignment",
        then: "pl_1 is Flagged: called off in the ATS, yet coverage is bought",
    },
    Undoing {
        given: OPENING,
        when: CALLED_OFF,
        state: "Quoted",
        says: "ask there what came of it",
        then: "pl_1 is Canceled: called off in the ATS\nand the insurer has no live sessions",
    },
    Undoing {
        given: MAKING_THE_JOB,
        when: CALLED_OFF,
        state: "ContractorReady",
        says: "ask there what came of it",
        then: "pl_1 is Canceled: called off in the ATS\nand the insurer has 1 job, no quotes",
    },
];

#[test]
fn a_person_is_told_when_the_work_begins_and_it_is_tried_on() {
    for Undoing { given, when, state, says, then } in ALL {
        check(&format!(
            "{given}
             when {when}
             then pl_1 is {state}
             when at once it is 2026-03-15 13:00
             and  at once the timers fire, twice
             then Reminded never for pl_1
             when at once it is 2026-03-16 13:00
             and  at once the timers fire, twice
             then pl_1 is {state}: work was to begin on 2026-03-16, and the insurer has not answered yet: {says}
             and  pl_1 waits for a person
             and  Reminded once for pl_1
             when at once the engine restarts
             and  at once it is 2026-03-17 13:00
             and  at once the timers fire, twice
             then pl_1 is {state}: {says}
             and  Reminded once for pl_1
             when the world settles
             then {then}"
        ));
    }
}

#[test]
fn what_is_to_begin_sooner_is_told_of_sooner_and_once_more_for_its_own_day() {
    check(&format!(
        "{ASSIGNED}
         when at once the ATS reports pl_1 with start=2026-03-10
         and  at once it is 2026-03-10 13:00
         and  at once the timers fire, twice
         then pl_1 is Assigned: work was to begin on 2026-03-10
         when at once the ATS reports pl_1 with stage=canceled
         then pl_1 is Assigned: undoing the assignment before a change
         when at once it is 2026-03-16 13:00
         and  at once the timers fire, twice
         then pl_1 is Assigned: work was to begin on 2026-03-16
         and  Reminded twice for pl_1
         when the world settles
         then pl_1 is Flagged: called off in the ATS, yet coverage is bought"
    ));
}

#[test]
fn what_a_person_undoes_at_the_insurer_is_undone() {
    check(&format!(
        "{ASSIGNED}
         when at once {}
         and  at once it is 2026-03-16 13:00
         and  at once the timers fire
         then pl_1 is Assigned: cancel assignment
         when at once the insurer will miss cancel_assignment
         and  at once the assignment of pl_1 is cancelled
         and  at once the signals arrive backwards
         then pl_1 is Canceled: called off in the ATS",
        CALLED_OFF.trim_start_matches("at once ")
    ));
}
