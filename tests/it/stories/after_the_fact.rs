//! Changes after the fact: every kind of change, where every kind of placement stands.
//!
//! A matrix. Its columns are [`Stand`]s, at least one for each state; its rows are the changes, one list of cells each,
//! in the files below. A cell says where the placement stands afterwards and what a person reads there, and which
//! calls the insurer has heard since. No cell can be left out: a row that lacks one fails, and so does a state
//! without a column. What a change leads to in the middle of a call, or twice, is told in `changes.rs`.

use std::collections::BTreeSet;

use tests::story::lived;
use tests::world::{self, World, stream};
use workflow_core::domain::call::CoverageType;
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::placement::StateKind;
use workflow_core::domain::rules::Replaces;
use workflow_core::machine::Kind;

mod closed;
mod dates;
mod flags;
mod late;
mod quotes;
mod terms;
mod who;

/// Where a placement stands when the change comes. It is two weeks before the work begins, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    /// Nobody says how the worker is engaged.
    Held,
    /// Its contractor is not known to the insurer yet.
    Ready,
    /// Its job is not made yet.
    ContractorReady,
    /// Its quote is not asked for yet.
    JobReady,
    /// Another placement of the contractor has the turn.
    Waiting,
    /// Its application is not opened yet.
    Opening,
    /// The contractor has the application.
    Applying,
    /// Its assignment is not charged yet.
    Assigned,
    /// Covered by a policy of its own.
    ByPolicy,
    /// The same, two weeks after the work began.
    PolicyBegun,
    /// Covered by an assignment.
    ByAssignment,
    /// The same, two weeks after the work began.
    AssignmentBegun,
    /// Covered by a certificate of the contractor's own.
    ByCertificate,
    /// No quote was given.
    FlaggedBefore,
    /// The application ran out.
    FlaggedRanOut,
    /// Another pay while it was covered by a policy.
    FlaggedCovered,
    /// The policy that it rested on was cancelled.
    FlaggedLost,
    /// On the payroll.
    Excluded,
    /// The work has come to its end.
    Completed,
    /// The work came to an end five weeks before its time.
    CompletedEarly,
    /// Called off before anything was bought.
    Canceled,
    /// Called off while covered, and closed by a person.
    CanceledCovered,
    /// Closed by a person while the ATS has it alive.
    ClosedByHand,
}

use Stand::*;

/// Every column.
const ALL: &[Stand] = &[
    Held,
    Ready,
    ContractorReady,
    JobReady,
    Waiting,
    Opening,
    Applying,
    Assigned,
    ByPolicy,
    PolicyBegun,
    ByAssignment,
    AssignmentBegun,
    ByCertificate,
    FlaggedBefore,
    FlaggedRanOut,
    FlaggedCovered,
    FlaggedLost,
    Excluded,
    Completed,
    CompletedEarly,
    Canceled,
    CanceledCovered,
    ClosedByHand,
];

impl Stand {
    /// The state.
    fn kind(self) -> StateKind {
        match self {
            Held | Ready => StateKind::Discovered,
            ContractorReady => StateKind::ContractorReady,
            JobReady => StateKind::JobReady,
            Waiting | Opening => StateKind::Quoted,
            Applying => StateKind::ApplicationPending,
            Assigned => StateKind::Assigned,
            ByPolicy | PolicyBegun | ByAssignment | AssignmentBegun | ByCertificate => {
                StateKind::Active
            }
            FlaggedBefore | FlaggedRanOut | FlaggedCovered | FlaggedLost => StateKind::Flagged,
            Excluded => StateKind::Excluded,
            Completed | CompletedEarly => StateKind::Completed,
            Canceled | CanceledCovered | ClosedByHand => StateKind::Canceled,
        }
    }

    /// Where it stands so: a certificate covers where the tenant's rules let it.
    fn world(self) -> World {
        let mut rules = world::rules();
        if self == ByCertificate {
            rules.certificates.replaces_purchase = Replaces::WhereSatisfied;
            rules.certificates.satisfies =
                [CoverageType::General, CoverageType::WorkersComp].into();
        }
        World::with_rules(rules)
    }

    /// How it came there.
    fn beginning(self) -> String {
        let reported = "given pl_1 of cand_1\nand the ATS reports pl_1";
        let unmade = "given pl_1 of cand_1\nand at once the ATS reports pl_1";
        let insured = format!("{reported}\nand the application of pl_1 is completed");
        let other = "given pl_2 of cand_1\nand the ATS reports pl_2";
        let returning = format!("{other}\nand the application of pl_2 is completed\n{reported}");
        let assigned = format!("{returning}\nand the assignment of pl_1 comes into force");
        let begun = "and it is 2026-03-30 13:00";
        match self {
            Held => {
                "given pl_1 of cand_1 with employment=none\nand the ATS reports pl_1".to_owned()
            }
            Ready => unmade.to_owned(),
            ContractorReady => format!("{unmade}\nand at once one call is made, twice"),
            JobReady => format!("{}\nand at once one call is made", ContractorReady.beginning()),
            Opening => format!("{}\nand at once one call is made", JobReady.beginning()),
            Waiting => format!("{other}\n{reported}"),
            Applying => reported.to_owned(),
            Assigned => returning,
            ByPolicy => insured,
            PolicyBegun => format!("{insured}\n{begun}"),
            ByAssignment => assigned,
            AssignmentBegun => format!("{assigned}\n{begun}"),
            FlaggedBefore => format!(
                "given the insurer will refuse create_quote with broken\n{reported}\nthen pl_1 is Flagged"
            ),
            FlaggedRanOut => format!("{reported}\nand the application of pl_1 runs out"),
            FlaggedCovered => format!("{insured}\nand the ATS reports pl_1 with pay=110"),
            FlaggedLost => format!("{insured}\nand the policy of pl_1 is cancelled"),
            ByCertificate => "given pl_1 of cand_1\nand cand_1 hands in paper_a\n\
                 and the review of paper_a approves general, workers-comp until 2027-01-01\n\
                 and the ATS reports pl_1"
                .to_owned(),
            Excluded => {
                "given pl_1 of cand_1 with employment=W2\nand the ATS reports pl_1".to_owned()
            }
            Completed => format!("{insured}\nand it is 2026-07-02 13:00"),
            CompletedEarly => format!(
                "{insured}\nand it is 2026-05-26 13:00\nand the ATS reports pl_1 with stage=2026-05-25"
            ),
            Canceled => format!("{reported}\nand the ATS reports pl_1 with stage=canceled"),
            CanceledCovered => format!(
                "{insured}\nand the ATS reports pl_1 with stage=canceled\n\
                 and the operator closes pl_1: cancelled at the insurer"
            ),
            ClosedByHand => {
                format!("{}\nwhen the operator closes pl_1: not ours", FlaggedBefore.beginning())
            }
        }
    }
}

/// What is so after a change: where it stands, with words of what a person reads, and what the insurer has heard since.
type Cell = (Stand, &'static str, &'static str);

/// Tries one change on every stand.
#[track_caller]
fn row(change: &str, cells: &[Cell]) {
    let stands: Vec<Stand> = cells.iter().map(|(stand, _, _)| *stand).collect();
    let mut wrong = Vec::new();
    if stands != ALL {
        wrong.push(format!("the row has not every cell, in order: {stands:?}"));
    }
    for stand in ALL {
        let cell = cells.iter().find(|(of, _, _)| of == stand);
        let (stands, headline, heard) = after(*stand, change);
        let expected = cell.map_or(("", "", ""), |(_, stands, heard)| {
            let (state, words) = stands.split_once(": ").unwrap_or((stands, ""));
            (state, words, *heard)
        });
        let (state, words, calls) = expected;
        if stands != state || !headline.contains(words) || heard != calls {
            wrong.push(format!("({stand:?}, \"{stands}: {headline}\", \"{heard}\"),"));
        }
    }
    assert!(wrong.is_empty(), "after `{change}`:\n{}", wrong.join("\n"));
}

/// What a change leads to.
fn after(stand: Stand, change: &str) -> (String, String, String) {
    let placement = PlacementId("pl_1".into());
    // The person of the other worker is in the ATS from the beginning.
    let beginning = format!("given pl_9 of cand_2\n{}", stand.beginning());
    let world = lived(stand.world(), &beginning);
    let summary = world.engine().summary(&stream(&placement)).expect("it is known");
    assert_eq!(summary.state, stand.kind().name(), "{stand:?} begins elsewhere");
    let before = world.insurer().books().heard.len();
    let world = lived(world, change);
    let summary = world.engine().summary(&stream(&placement)).expect("it is known");
    let books = world.insurer().books();
    let heard: Vec<&str> = books.heard[before..].iter().map(|it| it.operation.as_str()).collect();
    (summary.state.to_owned(), summary.headline, heard.join(", "))
}

#[test]
fn every_state_has_a_column() {
    let columns: BTreeSet<StateKind> = ALL.iter().map(|stand| stand.kind()).collect();
    let states: BTreeSet<StateKind> = StateKind::ALL.iter().copied().collect();
    assert_eq!(columns, states);
    let distinct: BTreeSet<Stand> = ALL.iter().copied().collect();
    assert_eq!(distinct.len(), ALL.len());
}
