//! What covers, read as it stands before a placement is closed as covered.

use integration_1099policy::simulator::{Fault, FaultKind};
use workflow_core::domain::call::{
    Answer, AssignmentId, AssignmentStanding, Bought, Call, PolicyId, PolicyStanding, Sighting,
};
use workflow_core::outcome::Trace;

use super::world::{DAY, Insurer, again, work};

async fn read(insurer: &Insurer, operation: &str, bought: &Bought) -> Vec<Sighting> {
    let call = Call::ReadCoverage { bought: bought.clone() };
    let answer = insurer.answer(operation, call).await;
    let Answer::CoverageRead { seen } = answer else { panic!("{answer:?}") };
    seen
}

fn policy_of(seen: &Sighting) -> (&PolicyId, PolicyStanding) {
    let Sighting::Policy { policy, standing, .. } = seen else { panic!("{seen:?}") };
    (policy, *standing)
}

fn assignment_of(seen: &Sighting) -> (&AssignmentId, AssignmentStanding) {
    let Sighting::Assignment { assignment, standing, .. } = seen else { panic!("{seen:?}") };
    (assignment, *standing)
}

#[tokio::test]
async fn a_policy_is_read_as_it_stands_each_time() {
    let insurer = Insurer::standard().await;
    let (applied, policy) = insurer.insured(&work("1", "11")).await;
    let bought = Bought::Policy { policy: policy.clone(), quote: applied.quote.clone() };
    let seen = read(&insurer, "read", &bought).await;
    assert_eq!(seen.iter().map(policy_of).collect::<Vec<_>>(), [(&policy, PolicyStanding::Active)]);
    assert!(insurer.sim.cancel_policy(policy.as_str()));
    let seen = read(&insurer, "read", &bought).await;
    let canceled = PolicyStanding::Canceled;
    assert_eq!(seen.iter().map(policy_of).collect::<Vec<_>>(), [(&policy, canceled)]);
    // What is gone is cancelled.
    let gone = Bought::Policy { policy: "py_gone".into(), quote: applied.quote };
    let seen = read(&insurer, "gone", &gone).await;
    assert_eq!(policy_of(&seen[0]), (&"py_gone".into(), canceled));
}

#[tokio::test]
async fn an_assignment_is_read_with_the_policy_under_it() {
    let insurer = Insurer::standard().await;
    let (_, policy) = insurer.insured(&work("1", "11")).await;
    let (_, _, assignment) = insurer.assigned(&work("2", "11")).await;
    insurer.sim.advance(DAY).await;
    let bought =
        Bought::Assignment { assignment: assignment.clone(), policy: Some(policy.clone()) };
    let seen = read(&insurer, "read", &bought).await;
    let [under, own] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(policy_of(under), (&policy, PolicyStanding::Active));
    assert_eq!(assignment_of(own), (&assignment, AssignmentStanding::Active));
    assert!(insurer.sim.cancel_policy(policy.as_str()));
    // Where the policy was never told, the assignment names it.
    let untold = Bought::Assignment { assignment: assignment.clone(), policy: None };
    for bought in [&bought, &untold] {
        let seen = read(&insurer, "again", bought).await;
        assert_eq!(policy_of(&seen[0]), (&policy, PolicyStanding::Canceled));
    }
    let gone = Bought::Assignment { assignment: "ag_gone".into(), policy: Some(policy) };
    let seen = read(&insurer, "gone", &gone).await;
    assert_eq!(assignment_of(&seen[0]), (&"ag_gone".into(), AssignmentStanding::Canceled));
}

#[tokio::test]
async fn what_cannot_be_read_is_read_later_and_leaves_no_trace() {
    let insurer = Insurer::standard().await;
    let (applied, policy) = insurer.insured(&work("1", "11")).await;
    let call = Call::ReadCoverage { bought: Bought::Policy { policy, quote: applied.quote } };
    for kind in [
        FaultKind::LostRequest,
        FaultKind::LostResponse,
        FaultKind::ErrorBefore,
        FaultKind::RateLimited { retry_after_secs: 60 },
    ] {
        insurer.sim.fault(Fault::once("GET", "/policies", kind));
        let failed = again(insurer.perform(&call, &insurer.attempt("1", "read")).await);
        assert_eq!(failed.trace, Trace::None, "{kind:?}");
        insurer.sim.advance(DAY).await;
        let answer = insurer.answer("read", call.clone()).await;
        assert!(matches!(answer, Answer::CoverageRead { .. }), "{kind:?}: {answer:?}");
    }
}
