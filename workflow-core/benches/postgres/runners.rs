//! Runners: a process each, with a shard, a lease and connections of its own, all of them begun at the same moment.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use workflow_core::engine::Source;
use workflow_core::id::{StreamId, Version};
use workflow_core::store::Store;
use workflow_core::store::postgres::{Database, RunnerId, Settings, Shard};
use workflow_core::store::sled::SledStore;

use super::load::{Pace, Waiting, commit_groups, drive};
use super::report::say;
use super::workflow::{Errand, Input, STEPS, data, engine, owed};
use super::yardstick::append;
use super::{Failed, IN_FLIGHT, Plan};

/// What a runner does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Appends, committed in groups.
    Appends,
    /// Steps of a workflow, through the whole engine.
    Steps,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Appends => "appends",
            Work::Steps => "steps",
        })
    }
}

/// Where the log is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Place {
    Database(String),
    Directory(PathBuf),
}

/// What a runner's process is told.
#[derive(Serialize, Deserialize)]
struct Task {
    work: Work,
    place: Place,
    shard: u16,
    millis: u64,
}

/// So many runners at once: their rates added, the middle of their waits, and how many events they left.
pub fn measure(
    plan: &Plan,
    work: Work,
    place: &Place,
    runners: u16,
) -> Result<(Pace, u64), Failed> {
    let millis = u64::try_from(plan.during.as_millis())?;
    let mut all: Vec<Runner> = (0..runners)
        .map(|shard| Runner::start(plan, &Task { work, place: place.clone(), shard, millis }))
        .collect::<Result<_, _>>()?;
    for runner in &mut all {
        runner.hear("ready")?;
    }
    for runner in &mut all {
        writeln!(runner.child.stdin.as_mut().ok_or("it is piped")?, "go")?;
    }
    let (mut sum, mut events) = (Pace::default(), 0);
    for mut runner in all {
        let said = runner.hear("")?;
        let (per_second, p50_us, p99_us, count): (f64, f64, f64, u64) =
            serde_json::from_str(&said)?;
        sum.per_second += per_second;
        sum.p50_us += p50_us / f64::from(runners);
        sum.p99_us = sum.p99_us.max(p99_us);
        events += count;
        if !runner.child.wait()?.success() {
            return Err("a runner failed".into());
        }
    }
    Ok((sum, events))
}

struct Runner {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Runner {
    fn start(plan: &Plan, task: &Task) -> Result<Self, Failed> {
        let mut command = Command::new(&plan.program);
        command.arg("--runner").arg(serde_json::to_string(task)?);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let said = BufReader::new(child.stdout.take().ok_or("it is piped")?);
        Ok(Self { child, said })
    }

    /// Its next line, which begins so.
    fn hear(&mut self, begins: &str) -> Result<String, Failed> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        match line.ends_with('\n') && line.starts_with(begins) {
            true => Ok(line),
            false => Err(format!("a runner said {line:?}").into()),
        }
    }
}

/// What such a process does.
pub fn work(task: &str) -> Result<(), Failed> {
    let Task { work, place, shard, millis } = serde_json::from_str(task)?;
    let during = Duration::from_millis(millis);
    let me = format!("bench-{}", std::process::id());
    let (store, lease): (Arc<dyn Store>, _) = match place {
        Place::Directory(dir) => (Arc::new(SledStore::open(&dir)?), None),
        Place::Database(url) => {
            let settings = Settings { url, lease: Duration::from_secs(600), ..Settings::default() };
            let database = Database::connect(settings)?;
            let leases = database.leases(RunnerId(me.clone()));
            let lease = leases.take(Shard(shard))?.ok_or("somebody else holds the shard")?;
            (Arc::new(database.store(lease.shard, lease.fence)?), Some((leases, lease)))
        }
    };
    let before = store.head().next.0;
    let pace = match work {
        Work::Appends => appends(&store, &me, during),
        Work::Steps => steps(&store, &me, during),
    };
    if let Some((leases, lease)) = lease {
        leases.release(&lease)?;
        leases.leave()?;
    }
    let events = store.head().next.0 - before;
    say(&serde_json::to_string(&(pace.per_second, pace.p50_us, pace.p99_us, events))?);
    Ok(())
}

/// Says that all is prepared, and waits for the others.
fn ready() {
    say("ready");
    std::io::stdin().read_line(&mut String::new()).expect("somebody says go");
}

fn appends(store: &Arc<dyn Store>, me: &str, during: Duration) -> Pace {
    let store = Arc::clone(store);
    let queue = commit_groups(move |group| {
        let outcomes = store.append(group).expect("the store appends");
        assert!(outcomes.iter().all(Result::is_ok), "nobody else appends");
    });
    let begin = |task: usize| {
        let stream = StreamId::new("errand", "bench", &format!("{me}-{task:02}"));
        (stream.expect("a plain name"), Version::NONE, task as u64)
    };
    ready();
    drive(IN_FLIGHT, during, begin, move |(stream, version, task)| {
        let queue = queue.clone();
        async move {
            let (done, answer) = oneshot::channel();
            let waiting = Waiting { append: append(&stream, version, task), done };
            assert!(queue.send(waiting).await.is_ok(), "the committing thread ended");
            assert!(answer.await.is_ok(), "the committing thread answers");
            (stream, version.plus(1), task)
        }
    })
}

/// Which instance a task is at, and how far it has come.
struct Turn {
    task: usize,
    instance: u64,
    version: Version,
}

fn steps(store: &Arc<dyn Store>, me: &str, during: Duration) -> Pace {
    let engine = engine(Arc::clone(store));
    let begin = |task| Turn { task, instance: 0, version: Version::NONE };
    let (asked, me) = (engine.clone(), me.to_owned());
    ready();
    let pace = drive(IN_FLIGHT, during, begin, move |turn: Turn| {
        let (engine, me) = (asked.clone(), me.clone());
        async move {
            let name = format!("{me}-{:02}-{}", turn.task, turn.instance);
            let stream = StreamId::new("errand", "bench", &name).expect("a plain name");
            let data = data(turn.task as u64 * 1_000_003 + turn.instance * STEPS + turn.version.0);
            let handled = if turn.version == Version::NONE {
                let source = Source::new("bench", "");
                engine.handle::<Errand>(&stream, Input::Begin { data }, source).await
            } else {
                engine.answer(&owed(&stream, turn.version), data, "dispatcher").await
            };
            let handled = handled.expect("the engine takes it");
            match handled.version.0 == STEPS {
                true => Turn { instance: turn.instance + 1, version: Version::NONE, ..turn },
                false => Turn { version: handled.version, ..turn },
            }
        }
    });
    engine.stop();
    pace
}
