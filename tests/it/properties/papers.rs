//! Certificates at random: found more than once, at the person's later self too, reviewed in any order, taken for good
//! or taken back by a person; and the rules about them.
//!
//! A second upload of one content is noted by the insurer the moment it comes. What an approved certificate is worth to
//! a placement is in `rules.rs`, with the other evidence.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tests::world::World;
use workflow_core::domain::call::{
    CertificateId, CoverageSeen, CoverageType, Review, ReviewStanding,
};
use workflow_core::domain::certificate::{
    Accepted, Breakdown, Certificate, Input, Origin, Outcome, Scope, State,
};
use workflow_core::domain::contractor;
use workflow_core::engine::Source;

use super::rules::Checked;
use super::{candidate, pick};

/// One of two papers of a person is found, maybe once more: with whoever the person is in the ATS by now.
pub(super) async fn found(world: &mut World, number: u8, which: u8, handed_in: bool) {
    let paper = format!("paper_{number}{which}");
    let origin = match handed_in {
        true => Origin::HandedIn { by: "kim".into() },
        false => Origin::Attachment { id: Some(format!("8812{which}")) },
    };
    let whose = world.ats().now(&candidate(number));
    drop(world.find_paper(&paper, &whose, origin, None, (None, Scope::Known)).await);
}

/// The insurer's review of a certificate goes on. It never begins again, and what broke down stays so.
pub(super) fn reviewed(world: &World, number: u8, what: u8) {
    let all: Vec<(CertificateId, ReviewStanding)> = {
        let books = world.insurer().books();
        books.certificates.iter().map(|(id, it)| (id.clone(), it.review.standing)).collect()
    };
    let Some((certificate, now)) = pick(&all, number) else { return };
    let begun = now != ReviewStanding::Pending;
    let (standing, until) = match what {
        0 if begun => return,
        0 => (ReviewStanding::Processing, None),
        1 => (ReviewStanding::Flagged, Some("2026-12-31")),
        2 => (ReviewStanding::Denied, None),
        3 => (ReviewStanding::Error, None),
        4 => (ReviewStanding::Approved, None),
        5 => (ReviewStanding::Approved, Some("2026-03-25")),
        _ => (ReviewStanding::Approved, Some("2026-12-31")),
    };
    if now == ReviewStanding::Error {
        return;
    }
    let seen = |coverage| CoverageSeen {
        coverage,
        effective: "2026-01-01".parse().ok(),
        expires: until.and_then(|day| day.parse().ok()),
        occurrence_cents: None,
        aggregate_cents: None,
    };
    let coverages = [CoverageType::General, CoverageType::WorkersComp].map(seen).to_vec();
    let review = Review { standing, rules: Vec::new(), coverages };
    world.insurer().review_certificate(&certificate, review);
}

/// A person takes a certificate back, takes it for good, or sends it again where its review broke down.
pub(super) async fn desk(world: &World, number: u8, what: u8) {
    let all = world.summaries("certificate");
    let Some(summary) = pick(&all, number) else { return };
    let reason = "seen to".to_owned();
    let input = match what {
        0 => Input::Withdraw { reason },
        1 => {
            let until = "2026-12-31".parse().ok();
            Input::Accept { covers: vec![CoverageType::General], until, reason }
        }
        2 => Input::Accept { covers: Vec::new(), until: None, reason },
        // Whether the insurer still has it under review a person asks there first.
        _ => match state(world, &summary.stream) {
            Some(State::Error { breakdown: Breakdown::Overdue | Breakdown::Gone, .. }) => return,
            _ => Input::Resubmit { reason },
        },
    };
    let source = Source::new("operator:kim", "");
    drop(world.engine().handle::<Certificate>(&summary.stream, input, source).await);
}

fn state(world: &World, stream: &workflow_core::id::StreamId) -> Option<State> {
    world.engine().state::<Certificate>(stream).expect("the log can be read")
}

/// Every certificate's state, by the insurer's id, once it was sent.
fn sent(world: &World) -> BTreeMap<CertificateId, State> {
    let states = world.summaries("certificate");
    let states = states.iter().filter_map(|summary| state(world, &summary.stream));
    states.filter_map(|state| Some((state.sent()?.certificate.clone(), state))).collect()
}

/// Whether a certificate was approved at the insurer at some time, or a person took it for good.
pub(super) fn was_good(world: &World, id: &CertificateId, accepted: &Accepted) -> bool {
    world.insurer().books().certificates.get(id).is_some_and(|known| match accepted {
        Accepted::ByInsurer => known.past.contains(&ReviewStanding::Approved),
        Accepted::ByPerson { .. } => true,
    })
}

/// Whether a certificate stands for something now.
pub(super) fn is_good(world: &World, id: &CertificateId) -> bool {
    let sent = sent(world);
    matches!(sent.get(id), Some(State::Approved { covers, .. }) if !covers.is_empty())
}

/// Once the dust has settled each certificate says what the insurer's review says, and none waits in vain.
pub(super) fn in_the_end(world: &World) -> Checked {
    let sent = sent(world);
    let certificates = world.insurer().books().certificates.clone();
    for (id, known) in &certificates {
        let again = certificates.range(id..).skip(1);
        let mut again = again.filter(|(_, it)| it.upload.sha256 == known.upload.sha256);
        let over = known.review.standing == ReviewStanding::Error;
        prop_assert!(
            sent.contains_key(id) || (over && again.next().is_some()),
            "certificate {id} is at the insurer and nobody knows"
        );
    }
    for (id, state) in &sent {
        let review = certificates.get(id).map(|known| known.review.standing);
        let Some(review) = review else {
            return Err(TestCaseError::fail(format!("{id} was never sent")));
        };
        prop_assert!(says(state, review), "{id} is {review:?} at the insurer and here {state:?}");
    }
    for summary in world.summaries("certificate") {
        let Some(State::Found { paper, .. }) = state(world, &summary.stream) else { continue };
        let whose = world.contractor(&world.ats().now(&paper.candidate));
        let linked = matches!(
            whose,
            Some(
                contractor::State::Linked { .. }
                    | contractor::State::OptingIn { .. }
                    | contractor::State::OptedIn { .. }
                    | contractor::State::Flagged { .. }
            )
        );
        prop_assert!(!linked, "{} waits for what it was told: {whose:?}", summary.stream);
    }
    Ok(())
}

fn says(state: &State, review: ReviewStanding) -> bool {
    let same = |outcome: &Outcome| outcome.standing == review;
    match state {
        State::Uploaded { .. } => review == ReviewStanding::Pending,
        State::Processing { .. } => review == ReviewStanding::Processing,
        State::Approved { outcome, .. }
        | State::Flagged { outcome, .. }
        | State::Denied { outcome, .. }
        | State::Error { breakdown: Breakdown::Told { outcome }, .. } => same(outcome),
        State::Error { breakdown: Breakdown::Overdue, .. } => {
            matches!(review, ReviewStanding::Pending | ReviewStanding::Processing)
        }
        State::Error { breakdown: Breakdown::Gone, .. }
        | State::Kept { .. }
        | State::Found { .. }
        | State::Ready { .. }
        | State::Held { .. }
        | State::Unfit { .. }
        | State::Expired { .. }
        | State::Withdrawn { .. }
        | State::Dropped { .. } => true,
    }
}
