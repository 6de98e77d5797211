//! Each POST with its line cut at every stage, through the engine to the end: one of each, and nothing charged twice.
//!
//! What is said of an attempt at each stage is in `adapters/policy/cuts.rs`, which has the other calls, too.

use tokio::task::JoinSet;

use super::desk::{Desk, one_of_each};
use super::posts::{POSTS, Post, Road};
use crate::adapters::line::{Cut, End};

/// What is asked of the insurer on the road when nothing goes wrong, from where it is set off.
async fn undisturbed(road: Road) -> Vec<String> {
    let (mut desk, mut line) = Desk::on_a_line().await;
    road.begin(&mut desk).await;
    line.arm(None).await;
    road.go(&desk).await;
    desk.settle().await;
    line.seen()
}

async fn happens(post: &Post, nth: usize, before: &[String], cut: Cut, end: End) {
    let of = format!("{} {cut:?} {end:?}", post.name);
    let (mut desk, mut line) = Desk::on_a_line().await;
    post.road.begin(&mut desk).await;
    line.arm(Some((nth, cut, end))).await;
    post.road.go(&desk).await;
    desk.still().await;
    assert!(line.was_cut(), "{of}: it is not reached");
    assert_eq!(line.seen()[..nth], *before, "{of}: another one was cut");
    line.mend();
    post.road.end(&mut desk, &of).await;
    one_of_each(&desk.sim.ledger(), &of);
}

/// Every cut of the POSTs of one road; closed and reset by turns.
async fn all_of(road: Road) {
    let lines = undisturbed(road).await;
    let mut worlds = JoinSet::new();
    for (number, post) in POSTS.iter().enumerate().filter(|(_, post)| post.road == road) {
        let wanted = format!("POST /api/v1{}", post.path);
        let nth = lines.iter().position(|line| line.starts_with(&wanted)).unwrap();
        for (turn, cut) in Cut::all().into_iter().enumerate() {
            let end = if (number + turn) % 2 == 0 { End::Closed } else { End::Reset };
            let before = lines[..nth].to_vec();
            worlds.spawn(async move { happens(post, nth, &before, cut, end).await });
        }
    }
    worlds.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_stage_a_first_time_contractors_posts_are_made_once() {
    all_of(Road::FirstTime).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_stage_an_application_is_closed_once() {
    all_of(Road::CalledOffApplying).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_stage_an_assignment_is_made_and_charged_once() {
    all_of(Road::Returning).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_stage_an_assignment_is_undone_once() {
    all_of(Road::CalledOffAssigned).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_stage_an_extension_is_made_once() {
    all_of(Road::Longer).await;
}
