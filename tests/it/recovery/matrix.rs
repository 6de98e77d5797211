//! Each POST with everything that may go wrong with it: in the end there is one of each, and nothing is charged twice.

use std::collections::BTreeSet;

use integration_1099policy::simulator::{Fault, FaultKind};

use super::desk::{DAY, HOUR};
use super::posts::{POSTS, Post, ROADS, Road, post_of};

/// What happens to the POST.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Trouble {
    /// To the request or to its answer.
    fault: FaultKind,
    /// Before it is tried again.
    then: Then,
}

/// What happens between the first attempt and the next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// Nothing.
    Again,
    /// More than a day: the key protects no longer.
    Late,
    /// The process ends and starts again.
    Restart,
    /// The same, and the provider has forgotten the key, long before it promised.
    RestartForgotten,
    /// The process is down for more than a day.
    RestartLate,
    /// The process is killed while the request is being worked on; its effect comes after the start.
    Killed,
}

const fn trouble(fault: FaultKind, then: Then) -> Trouble {
    Trouble { fault, then }
}

const TROUBLES: [Trouble; 19] = [
    // Lost before and after the effect.
    trouble(FaultKind::LostRequest, Then::Again),
    trouble(FaultKind::LostResponse, Then::Again),
    trouble(FaultKind::BrokenOff, Then::Again),
    trouble(FaultKind::TruncatedJson, Then::Again),
    trouble(FaultKind::BadGateway, Then::Again),
    trouble(FaultKind::BadGatewayAfter, Then::Again),
    // A key older than 23 hours.
    trouble(FaultKind::LostRequest, Then::Late),
    trouble(FaultKind::LostResponse, Then::Late),
    trouble(FaultKind::ErrorAfter, Then::Late),
    // A 5xx that is stored and replayed under its key.
    trouble(FaultKind::ErrorBefore, Then::Again),
    trouble(FaultKind::ErrorAfter, Then::Again),
    trouble(FaultKind::ErrorBefore, Then::Restart),
    trouble(FaultKind::ErrorAfter, Then::Restart),
    trouble(FaultKind::RateLimited { retry_after_secs: 7 }, Then::Again),
    // A restart in between.
    trouble(FaultKind::LostRequest, Then::Restart),
    trouble(FaultKind::LostResponse, Then::Restart),
    trouble(FaultKind::LostResponse, Then::RestartForgotten),
    trouble(FaultKind::LostResponse, Then::RestartLate),
    trouble(FaultKind::Hold, Then::Killed),
];

async fn happens(post: &Post, trouble: Trouble) {
    let of = format!("{} {:?} {:?}", post.name, trouble.fault, trouble.then);
    let mut desk = post.road.desk().await;
    post.road.begin(&mut desk).await;
    desk.sim.fault(Fault::once("POST", post.path, trouble.fault));
    post.road.go(&desk).await;
    if trouble.then == Then::Killed {
        desk.sim.until_held(1).await;
        desk.kill().await;
        desk.sim.release();
    } else {
        desk.still().await;
        let struck = desk.sim.requests().iter().filter(|seen| seen.fault.is_some()).count();
        assert_eq!(struck, 1, "{of}: it is not reached");
    }
    match trouble.then {
        Then::Again | Then::Killed => {}
        Then::Late => drop(desk.sim.advance(DAY + HOUR).await),
        Then::Restart => desk.restart().await,
        Then::RestartForgotten => {
            desk.sim.forget_keys();
            desk.restart().await;
        }
        Then::RestartLate => desk.halt_for(DAY + HOUR).await,
    }
    post.road.end(&mut desk, &of).await;
    post.road.one_of_each(&desk, &of);
}

async fn all_of(road: Road) {
    for post in POSTS.iter().filter(|post| post.road == road) {
        for trouble in TROUBLES {
            happens(post, trouble).await;
        }
    }
}

#[tokio::test]
async fn a_first_time_contractors_posts_are_made_once_whatever_goes_wrong() {
    all_of(Road::FirstTime).await;
}

#[tokio::test]
async fn an_application_is_closed_once_whatever_goes_wrong() {
    all_of(Road::CalledOffApplying).await;
}

#[tokio::test]
async fn an_assignment_is_made_and_charged_once_whatever_goes_wrong() {
    all_of(Road::Returning).await;
}

#[tokio::test]
async fn an_assignment_is_undone_once_whatever_goes_wrong() {
    all_of(Road::CalledOffAssigned).await;
}

#[tokio::test]
async fn an_extension_is_made_once_whatever_goes_wrong() {
    all_of(Road::Longer).await;
}

#[tokio::test]
async fn a_quote_that_cannot_be_changed_is_made_anew_once_whatever_goes_wrong() {
    all_of(Road::Requoted).await;
}

#[tokio::test]
async fn a_certificate_is_handed_in_once_whatever_goes_wrong() {
    all_of(Road::Certified).await;
}

#[tokio::test]
async fn an_invoice_is_recorded_once_whatever_goes_wrong() {
    all_of(Road::Paid).await;
}

/// What the roads post, by what arrives at the insurer and by what was owed, is what the table has.
#[tokio::test]
async fn the_table_has_every_post() {
    let (mut posted, mut named) = (BTreeSet::new(), BTreeSet::new());
    for road in ROADS {
        let mut desk = road.desk().await;
        road.begin(&mut desk).await;
        road.go(&desk).await;
        road.end(&mut desk, "undisturbed").await;
        road.one_of_each(&desk, "undisturbed");
        named.extend(desk.asked().iter().filter_map(post_of));
        posted.extend(desk.sim.ledger().requests.into_keys().filter(|it| it.starts_with("POST ")));
    }
    let expected = [
        "POST /apply/sessions",
        "POST /apply/sessions/{id}/expire",
        "POST /assignments",
        "POST /assignments/cancel",
        "POST /assignments/extend",
        "POST /contractors",
        "POST /files/certificates",
        "POST /invoices",
        "POST /jobs",
        "POST /quotes",
    ];
    assert_eq!(posted.into_iter().collect::<Vec<_>>(), expected);
    let rows: BTreeSet<&str> = POSTS.iter().map(|post| post.name).collect();
    assert_eq!(rows.len(), expected.len());
    assert_eq!(named, rows);
}
