//! So many tasks in flight, each waiting for its answer before it asks again; and a thread that commits in groups what
//! waits. Both sides of a comparison are driven by the same code.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use workflow_core::store::Append;

/// How fast it went and how long one took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    pub per_second: f64,
    pub p50_us: f64,
    pub p99_us: f64,
}

/// Lets `in_flight` tasks, each with what `begin` gives it, do `one` again and again for this long.
pub fn drive<T, Fut>(
    in_flight: usize,
    during: Duration,
    begin: impl Fn(usize) -> T,
    one: impl Fn(T) -> Fut + Send + Sync + 'static,
) -> Pace
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send,
{
    // Two threads for the tasks, whatever the machine has: figures of different machines stay comparable.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let one = Arc::new(one);
    let begun: Vec<T> = (0..in_flight).map(begin).collect();
    let started = Instant::now();
    let tasks: Vec<_> = begun
        .into_iter()
        .map(|mut turn| {
            let one = Arc::clone(&one);
            runtime.spawn(async move {
                let mut took = Vec::new();
                // Each at least once, however busy the machine is.
                loop {
                    let asked = Instant::now();
                    turn = one(turn).await;
                    took.push(asked.elapsed());
                    if started.elapsed() >= during {
                        return took;
                    }
                }
            })
        })
        .collect();
    let mut took: Vec<Duration> = Vec::new();
    for task in tasks {
        took.extend(runtime.block_on(task).expect("no task fails"));
    }
    pace(took, started.elapsed())
}

/// Lets `in_flight` tasks ask `per_second` times a second between them, however long the answers take.
///
/// A task is late only while its own last answer is; then the wait counts as part of the next one's time, as it does for
/// whoever sends.
pub fn offer<T, Fut>(
    in_flight: usize,
    per_second: u32,
    during: Duration,
    begin: impl Fn(usize) -> T,
    one: impl Fn(T) -> Fut + Send + Sync + 'static,
) -> Pace
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send,
{
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let one = Arc::new(one);
    let between = Duration::from_secs(1) * in_flight as u32 / per_second;
    let started = Instant::now();
    let tasks: Vec<_> = (0..in_flight)
        .map(|task| {
            let one = Arc::clone(&one);
            let mut turn = begin(task);
            let begins = started + between * task as u32 / in_flight as u32;
            runtime.spawn(async move {
                let mut took = Vec::new();
                let mut ticks = tokio::time::interval_at(begins.into(), between);
                let mut answered = started;
                while answered < started + during {
                    let due = ticks.tick().await.into_std();
                    // The timer's grain of a millisecond is the client's own and no wait for the door.
                    let asked = if answered > due { due } else { Instant::now() };
                    turn = one(turn).await;
                    answered = Instant::now();
                    took.push(answered - asked);
                }
                took
            })
        })
        .collect();
    let mut took: Vec<Duration> = Vec::new();
    for task in tasks {
        took.extend(runtime.block_on(task).expect("no task fails"));
    }
    pace(took, started.elapsed())
}

/// The figures of so many answers within this time.
pub fn pace(mut took: Vec<Duration>, within: Duration) -> Pace {
    took.sort_unstable();
    let at = |share: f64| {
        let index = ((took.len() as f64 - 1.0) * share) as usize;
        took.get(index).map_or(0.0, |t| t.as_secs_f64() * 1e6)
    };
    let per_second = took.len() as f64 / within.as_secs_f64();
    Pace { per_second, p50_us: at(0.5), p99_us: at(0.99) }
}

/// An append and whoever waits for it.
pub struct Waiting {
    pub append: Append,
    pub done: oneshot::Sender<()>,
}

/// Hands what waits to `commit` as one group, answers, and begins again, until the queue is closed.
pub fn commit_groups(mut commit: impl FnMut(&[Append]) + Send + 'static) -> mpsc::Sender<Waiting> {
    let (queue, mut waiting) = mpsc::channel::<Waiting>(4096);
    std::thread::spawn(move || {
        while let Some(first) = waiting.blocking_recv() {
            let (mut group, mut answers) = (vec![first.append], vec![first.done]);
            while let Ok(next) = waiting.try_recv() {
                group.push(next.append);
                answers.push(next.done);
            }
            commit(&group);
            for done in answers {
                // Whoever no longer waits has nothing to learn.
                done.send(()).unwrap_or_default();
            }
        }
    });
    queue
}
