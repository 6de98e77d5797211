//! Worlds that broke a rule once, as they were found.

use tests::world::Town;

use super::{Deed, Start, run};

const FRESH: Start = Start { seasoned: false, employee: false };

/// A merge made the placement ask for its quote anew, after its start had passed without a timer coming in time.
#[test]
fn a_merge_after_the_start_has_passed_asks_for_nothing() {
    let deeds = [
        Deed::Report { placement: 1, change: None },
        Deed::Report { placement: 0, change: None },
        Deed::Pass { hours: 33, fire: false },
        Deed::Pass { hours: 125, fire: false },
        Deed::Steps(2),
        Deed::Steps(4),
        Deed::Pass { hours: 167, fire: false },
        Deed::Merge { old: 0, into: 1 },
    ];
    let deeds = deeds.map(|deed| (0, deed));
    run(|| Town::in_memory(1), FRESH, &deeds).expect("the rules are kept");
}

/// A merge that was told while the placement was over left it to the old id: it came back as somebody else's.
#[test]
fn a_placement_that_ended_before_a_merge_comes_back_as_the_same_persons() {
    let deeds = [
        Deed::Report { placement: 0, change: Some(("stage", "ended")) },
        Deed::Merge { old: 0, into: 1 },
        Deed::Mend { placement: 0 },
    ];
    let deeds = deeds.map(|deed| (0, deed));
    run(|| Town::in_memory(1), Start { seasoned: true, ..FRESH }, &deeds)
        .expect("the rules are kept");
}

/// A certificate came along in a merge and was told while the placement did not know its contractor yet: nothing came of
/// it until the log was opened again.
#[test]
fn a_certificate_that_came_along_is_told_again_once_the_contractor_is_known() {
    let deeds = [
        Deed::Paper { candidate: 1, which: 0, handed_in: false },
        Deed::Report { placement: 0, change: None },
        Deed::Steps(1),
        Deed::Steps(5),
        Deed::Review { pick: 0, what: 5 },
        Deed::Deliver { pick: 0, twice: false },
        Deed::Report { placement: 3, change: None },
        Deed::Merge { old: 1, into: 2 },
    ];
    let at = |deed| match deed {
        Deed::Deliver { .. } => (2, deed),
        deed => (0, deed),
    };
    run(|| Town::in_memory(2), FRESH, &deeds.map(at)).expect("the rules are kept");
}
