//! What a start costs: what was owed before it is looked up before it is sent, once, and what is owed since is not.

use super::desk::{Desk, HOUR, one_of_each};

/// How many placements are on their way when the process ends.
const MANY: usize = 12;

/// As many placements as the process has on its way when it ends, each owed its job; then a start.
async fn restarted_with_many() -> (Desk, usize) {
    let mut desk = Desk::open().await;
    desk.report("pl_0", &[]).await;
    desk.settle().await;
    // As at any insurer with a past: the first page shows something older than what is looked for.
    desk.pass(HOUR).await;
    // Every job is made, and the process ends before it hears of one.
    desk.sim.fault(integration_1099policy::simulator::Fault {
        method: "POST".into(),
        path: "/jobs".into(),
        skip: 0,
        count: u32::try_from(MANY).unwrap(),
        kind: integration_1099policy::simulator::FaultKind::LostResponse,
    });
    for number in 1..=MANY {
        desk.report(&format!("pl_{number}"), &[]).await;
    }
    desk.still().await;
    desk.sim.forget_keys();
    let before = desk.sim.requests().len();
    desk.restart().await;
    desk.settle().await;
    (desk, before)
}

#[tokio::test]
async fn a_start_costs_one_read_for_each_call_that_was_owed() {
    let (desk, before) = restarted_with_many().await;
    let of = |method: &str, path: &str| {
        let since = desk.requests_since(before, method);
        since.iter().filter(|seen| seen.path == path).count()
    };
    assert_eq!((of("GET", "/jobs"), of("POST", "/jobs")), (MANY, 0), "{}", desk.describe());
    // What came to be owed after the start was never attempted before: nothing to look for.
    assert_eq!((of("GET", "/quotes"), of("POST", "/quotes")), (0, MANY));
    let ledger = desk.sim.ledger();
    assert_eq!(ledger.jobs_by_placement.len(), MANY + 1);
    one_of_each(&ledger, "many at once");
}
