//! Coverage ends by the date that the insurer gave it, whether or not anybody says so.

use integration_1099policy::simulator::Advance;

use super::super::recovery::desk::{DAY, Desk};

/// Covered to 2026-06-30; nothing that the insurer says arrives any more.
async fn covered() -> Desk {
    let mut desk = Desk::open().await;
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.applies("pl_1", Advance::Complete).await;
    desk.is("pl_1", "Active: covered 2026-03-16 to 2026-06-30 by policy");
    desk
}

#[tokio::test]
async fn a_policy_that_ends_with_the_work_completes_it_by_its_own_date() {
    for restarts in [false, true] {
        let mut desk = covered().await;
        desk.sim.advance(120 * DAY).await;
        desk.settle().await;
        desk.is("pl_1", "Active");
        if restarts {
            desk.halt_for(DAY).await;
        } else {
            desk.sim.advance(DAY).await;
        }
        desk.settle().await;
        desk.is("pl_1", "Completed: ended, covered to its end by policy");
        assert!(!desk.sim.ledger().webhooks_delivered.contains_key("policy.expired"));
    }
}

#[tokio::test]
async fn a_policy_that_ends_before_the_work_is_a_loss_by_its_own_date() {
    let mut desk = covered().await;
    // Dearer work is not simply extended: a person takes it as it is.
    desk.report("pl_1", &[("end", "2026-07-31"), ("pay", "120.50")]).await;
    desk.settle().await;
    desk.is("pl_1", "Flagged: changed after coverage was bought: ");
    desk.returns("pl_1").await;
    desk.is("pl_1", "Active");
    desk.sim.advance(107 * DAY).await;
    desk.settle().await;
    desk.is("pl_1", "Active: covered 2026-03-16 to 2026-06-30");
    desk.is("pl_1", "coverage ends on 2026-06-30, the work on 2026-07-31");
    desk.halt_for(14 * DAY).await;
    desk.settle().await;
    desk.is("pl_1", "Flagged: coverage lost: the policy ran out before the engagement ends");
    // What the insurer says late changes nothing.
    let events = desk.history("pl_1").len();
    desk.look().await;
    assert_eq!(desk.history("pl_1").len(), events, "{:?}", desk.history("pl_1"));
}
