//! The demo on several runners: one PostgreSQL of the system's package, each runner a process of this program, the world in
//! this one. One runner is killed half-way, and the end is the demo's end all the same.
//!
//! Webhooks come to each runner in turn, as a load balancer would have it, whoever holds the tenant's log.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use integration_1099policy::secret::Secret;
use integration_1099policy::simulator as insurer;
use integration_jobdiva::simulator as ats;
use serde::{Deserialize, Serialize};
use workflow_core::store::StoreError;
use workflow_core::store::postgres::server::{Server, ServerError};
use workflow_core::store::postgres::{PostgresStore, Settings};
use workflow_core::time::{Clock, ManualClock, SystemClock, Timestamp};

use client::Asks;

use super::settings::{self, Systems};
use super::{AT_LEAST, AT_MOST, DemoError, Ending, LOOK, QUIET_FOR, STEP, Screen, io_error};
use super::{clock_file, read_clock, script, write_clock};
use crate::admin;
use crate::config::{Config, Shared};
use crate::shards::Holds;
use crate::supervise::{self, Options};

mod client;

/// How long a shard is held without being renewed: what is lost is taken over about so soon.
const LEASE: Duration = Duration::from_secs(3);
/// A moment that is not worked off after so much real time, take-over included, is a defect.
const MOMENT_WITHIN: Duration = Duration::from_secs(120);
/// A runner that has not opened its doors by then will not.
const DOORS_WITHIN: Duration = Duration::from_secs(60);
/// What a runner of the demo is told, in its data directory.
const MEMBER_FILE: &str = "member.json";
/// The runner is killed so long after the start, in simulated time, in the middle of a moment's work.
const KILLED_AFTER: Duration = Duration::from_secs(2 * 24 * 3600);

/// What a runner's process is told.
#[derive(Clone, Serialize, Deserialize)]
pub struct Membership {
    database: String,
    clock: PathBuf,
    systems: Systems,
    master_key: PathBuf,
    /// By how many milliseconds its clock is ahead.
    ahead: i64,
    /// Whether nothing is used that PostgreSQL's kin lack.
    portable: bool,
}

/// In what a runner differs from the others.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// By how many milliseconds its clock is ahead.
    pub ahead: i64,
    /// Whether nothing is used that PostgreSQL's kin lack.
    pub portable: bool,
    /// By which address it reaches the database, where it is another way than the others'.
    pub database: Option<String>,
}

/// A clock that another process moves: the moment in a file, and by how much this one is ahead of it.
struct FileClock(PathBuf, i64);

impl Clock for FileClock {
    fn now(&self) -> Timestamp {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.trim().parse().map_or_else(|_| SystemClock.now(), |at: i64| Timestamp(at + self.1))
    }
}

impl Membership {
    /// Reads what a data directory was told.
    pub fn read(data: &Path) -> io::Result<Self> {
        let text = std::fs::read(data.join(MEMBER_FILE))?;
        serde_json::from_slice(&text).map_err(io::Error::other)
    }

    /// How the runner is configured, and by which clock it lives.
    pub fn configured(&self, data: &Path) -> Result<(Config, Options), DemoError> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = settings::of(data, any, &self.systems)?;
        config.master_key.clone_from(&self.master_key);
        config.log.shared = Some(Shared {
            url: Secret::new(self.database.clone()),
            portable: self.portable,
            accept_loss: false,
            lease: LEASE,
            shards: None,
        });
        let clock = Arc::new(FileClock(self.clock.clone(), self.ahead));
        Ok((config, Options { clock, look: LOOK * 2 }))
    }
}

/// One runner's process.
struct Process {
    data: PathBuf,
    child: Child,
    door: Option<admin::Address>,
}

/// A demo on several runners in progress.
pub struct Several {
    data: PathBuf,
    clock: ManualClock,
    jobdiva: ats::Simulator,
    policy: insurer::Simulator,
    processes: Vec<Process>,
    balancer: Balancer,
    reader: Arc<PostgresStore>,
    asks: Asks,
    // Last: the others speak to it while they end.
    server: Option<Server>,
}

/// Where a database is that was not started here, or the one that is.
pub enum At {
    /// A new one, of the system's package.
    Package,
    /// This one, which must be empty.
    Url(String),
}

fn store_error(error: StoreError) -> DemoError {
    DemoError::Start(error.into())
}

fn server_error(error: ServerError) -> DemoError {
    io_error("starting PostgreSQL")(io::Error::other(error))
}

impl Several {
    /// Starts the database, the simulators, and so many runners of this program.
    pub async fn start(
        data: &Path,
        program: &Path,
        runners: usize,
        at: At,
    ) -> Result<Self, DemoError> {
        Self::start_with(data, program, runners, at, |_| Manner::default()).await
    }

    /// The same with runners that differ: in what, for each of them, counted from 1.
    pub async fn start_with(
        data: &Path,
        program: &Path,
        runners: usize,
        at: At,
        manner: impl Fn(usize) -> Manner,
    ) -> Result<Self, DemoError> {
        let world = data.join("simulators");
        std::fs::create_dir_all(&world).map_err(io_error("making the data directory"))?;
        let (server, url) = match at {
            At::Url(url) => (None, url),
            At::Package => {
                let server = Server::start(&[]).map_err(server_error)?;
                server.create_database("demo").map_err(server_error)?;
                let url = server.url("demo");
                (Some(server), url)
            }
        };
        let settings = Settings { url: url.clone(), lease: LEASE, ..Settings::default() };
        let database = crate::shards::connect(settings).await.map_err(store_error)?;
        let clock = ManualClock::at(ats::seed::START);
        let (jobdiva, policy) =
            super::simulators(&clock, &world, ats::Behaviour::default()).await?;
        clock.set(read_clock(&world).max(ats::seed::START));
        write_clock(&world, clock.now()).map_err(io_error("keeping the clock"))?;
        let balancer = Balancer::start().map_err(io_error("finding a port"))?;
        let systems = settings::systems(balancer.address, &jobdiva, &policy).await?;
        let membership = Membership {
            database: url,
            clock: absolute(&clock_file(&world))?,
            systems,
            master_key: absolute(&data.join(supervise::DEMO_MASTER_KEY_FILE))?,
            ahead: 0,
            portable: false,
        };
        let shard = database.shard_of(settings::TENANT);
        let reader = tokio::task::spawn_blocking(move || database.reader(shard)).await;
        let reader = reader.map_err(|e| io_error("reading the log")(io::Error::other(e)))?;
        let mut several = Self {
            data: data.to_owned(),
            clock,
            jobdiva,
            policy,
            processes: Vec::new(),
            balancer,
            reader: Arc::new(reader.map_err(store_error)?),
            asks: Asks::new(),
            server,
        };
        for number in 1..=runners {
            let Manner { ahead, portable, database } = manner(number);
            let database = database.unwrap_or_else(|| membership.database.clone());
            let membership = Membership { ahead, portable, database, ..membership.clone() };
            several.begin(program, number, &membership).await?;
        }
        Ok(several)
    }

    async fn begin(
        &mut self,
        program: &Path,
        number: usize,
        membership: &Membership,
    ) -> Result<(), DemoError> {
        let data = self.data.join(format!("runner-{number}"));
        let told = serde_json::to_vec_pretty(membership).map_err(io::Error::other);
        let written = std::fs::create_dir_all(&data)
            .and_then(|()| std::fs::write(data.join(MEMBER_FILE), told?))
            .and_then(|()| std::fs::File::create(data.join("runner.log")));
        let log = written.map_err(io_error("telling a runner what to do"))?;
        let mut command = Command::new(program);
        command.arg("demo").arg("--member").arg("--data").arg(&data);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().map_err(io_error("starting a runner"))?;
        let mut process = Process { data, child, door: None };
        let began = Instant::now();
        while process.door.is_none() {
            process.door =
                admin::Address::read(&process.data).filter(|it| it.process == process.child.id());
            let ended = process.child.try_wait().map_err(io_error("watching a runner"))?;
            if ended.is_some() || began.elapsed() > DOORS_WITHIN {
                let log = process.data.join("runner.log");
                let why = format!("a runner did not open its doors: see {}", log.display());
                return Err(io_error("starting a runner")(io::Error::other(why)));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let hooks = self.holds(&process).await.and_then(|holds| holds.hooks.parse().ok());
        self.balancer.add(hooks);
        self.processes.push(process);
        Ok(())
    }

    /// What a runner says that it holds; nothing when it does not answer.
    async fn holds(&self, process: &Process) -> Option<Holds> {
        self.asks.holds(process.door.as_ref()?).await
    }

    /// The process that holds the tenant's log now; `None` while nobody does.
    pub async fn holder(&self) -> Option<usize> {
        for (number, process) in self.processes.iter().enumerate() {
            if self.holds(process).await.is_some_and(|holds| !holds.shards.is_empty()) {
                return Some(number);
            }
        }
        None
    }

    /// What a runner holds; nothing when it does not answer.
    pub async fn holds_of(&self, number: usize) -> Option<Holds> {
        self.holds(self.processes.get(number)?).await
    }

    /// Waits until a runner holds something, or nothing, by its own word.
    pub async fn until_it_holds(&self, number: usize, something: bool) {
        let is_so = |holds: Holds| holds.shards.is_empty() != something;
        while !self.holds_of(number).await.is_some_and(is_so) {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The database's server, where the demo started it.
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// The process id of a runner.
    pub fn process_id(&self, number: usize) -> Option<u32> {
        self.processes.get(number).map(|process| process.child.id())
    }

    /// The data directory of a runner.
    pub fn data_of(&self, number: usize) -> Option<&Path> {
        self.processes.get(number).map(|process| process.data.as_path())
    }

    /// Kills a runner as `kill -9` does.
    pub fn kill(&mut self, number: usize) -> Result<(), DemoError> {
        let Some(process) = self.processes.get_mut(number) else { return Ok(()) };
        let killed = process.child.kill().and_then(|()| process.child.wait());
        process.door = None;
        self.balancer.remove(number);
        killed.map(drop).map_err(io_error("killing a runner"))
    }

    /// Whether every runner that lives has nothing to do, and the tenant's log is held by one of them.
    async fn is_quiet(&self) -> bool {
        let mut held = false;
        for process in self.processes.iter().filter(|process| process.door.is_some()) {
            match self.holds(process).await {
                Some(holds) if holds.quiet => held |= !holds.shards.is_empty(),
                Some(_) | None => return false,
            }
        }
        held
    }

    /// Waits until all that can be done at the present moment is done.
    pub async fn settle(&mut self, screen: &mut Screen) -> Result<(), DemoError> {
        let began = Instant::now();
        loop {
            if self.is_quiet().await {
                let delivered = self.jobdiva.tick().await.map_err(io_error("sending webhooks"))?;
                if delivered + self.policy.tick().await == 0 && self.is_quiet().await {
                    self.show(screen)?;
                    return Ok(());
                }
            }
            tokio::time::sleep(LOOK).await;
            if began.elapsed() > MOMENT_WITHIN {
                let what = "the runners' logs say what".to_owned();
                return Err(DemoError::Stuck { at: self.clock.now(), what });
            }
        }
    }

    fn show(&self, screen: &mut Screen) -> Result<(), DemoError> {
        tokio::task::block_in_place(|| self.reader.refresh()).map_err(store_error)?;
        screen.lines_of(&*self.reader);
        Ok(())
    }

    /// Plays until the world is quiet. `happens` is asked before each moment's work is waited for.
    pub async fn play(
        &mut self,
        screen: &mut Screen,
        mut happens: impl AsyncFnMut(&mut Self, Duration) -> Result<(), DemoError>,
    ) -> Result<Ending, DemoError> {
        let mut last = (self.position(), self.clock.now());
        loop {
            let passed = self.clock.now().since(ats::seed::START);
            happens(self, passed).await?;
            self.settle(screen).await?;
            let now = self.clock.now();
            if self.position() != last.0 {
                last = (self.position(), now);
            }
            if passed >= AT_MOST || (passed >= AT_LEAST && now.since(last.1) >= QUIET_FOR) {
                return Ok(self.ending());
            }
            self.script(now)?;
            self.clock.advance(STEP);
            write_clock(&self.data.join("simulators"), self.clock.now())
                .map_err(io_error("keeping the clock"))?;
            self.jobdiva.tick().await.map_err(io_error("sending webhooks"))?;
            self.policy.tick().await;
        }
    }

    /// Plays with one runner killed half-way: the one that holds the log.
    pub async fn play_with_a_loss(
        &mut self,
        screen: &mut Screen,
        say: &mut dyn FnMut(&str),
    ) -> Result<Ending, DemoError> {
        let mut killed = false;
        let happens = async |several: &mut Self, passed: Duration| {
            if killed || passed < KILLED_AFTER {
                return Ok(());
            }
            let Some(number) = several.holder().await else { return Ok(()) };
            killed = true;
            say(&format!("runner {} holds the log: kill -9; the other takes over", number + 1));
            several.kill(number)
        };
        self.play(screen, happens).await
    }

    fn script(&self, now: Timestamp) -> Result<(), DemoError> {
        if !script::is_due(now) {
            return Ok(());
        }
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let engine = tokio::task::block_in_place(|| {
            supervise::open(Arc::<PostgresStore>::clone(&self.reader), None, clock, &[])
        });
        let engine = engine.map_err(|error| DemoError::Start(error.into()))?;
        script::happen(&engine, &self.policy, now);
        tokio::task::block_in_place(|| engine.stop());
        Ok(())
    }

    fn position(&self) -> u64 {
        use workflow_core::store::Store as _;
        self.reader.head().next.0
    }

    /// What there is now, by the insurer's own count.
    pub fn ending(&self) -> Ending {
        super::ending_of(&self.policy, self.position(), self.clock.now())
    }

    /// The tenant's log, to be read.
    pub fn log(&self) -> &PostgresStore {
        &self.reader
    }

    /// Stops everything in order.
    pub async fn stop(mut self) -> Result<(), DemoError> {
        for process in &mut self.processes {
            // A runner of the demo ends when nobody holds its input any more.
            drop(process.child.stdin.take());
        }
        let processes = std::mem::take(&mut self.processes);
        let waited = tokio::task::spawn_blocking(move || {
            processes.into_iter().try_for_each(|mut process| process.child.wait().map(drop))
        });
        let waited = waited.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        self.jobdiva.stop().await;
        self.policy.stop().await;
        waited.map_err(io_error("stopping the runners"))
    }
}

fn absolute(path: &Path) -> Result<PathBuf, DemoError> {
    std::path::absolute(path).map_err(io_error("finding the data directory"))
}

/// Connects whoever comes to each runner in turn.
struct Balancer {
    address: SocketAddr,
    behind: Arc<Mutex<Vec<Option<SocketAddr>>>>,
}

impl Balancer {
    fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let behind = Arc::<Mutex<Vec<Option<SocketAddr>>>>::default();
        let (known, next) = (Arc::clone(&behind), AtomicUsize::new(0));
        std::thread::Builder::new().name("balancer".into()).spawn(move || {
            for came in listener.incoming().flatten() {
                let living: Vec<SocketAddr> = {
                    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
                    known.iter().flatten().copied().collect()
                };
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let Some(to) = living.get(turn % living.len().max(1)) else { continue };
                if let Ok(there) = TcpStream::connect(to) {
                    both_ways(&came, &there);
                }
            }
        })?;
        Ok(Self { address, behind })
    }

    fn add(&self, hooks: Option<SocketAddr>) {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner).push(hooks);
    }

    fn remove(&self, number: usize) {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = behind.get_mut(number) {
            *one = None;
        }
    }
}

fn both_ways(one: &TcpStream, other: &TcpStream) {
    for (from, to) in [(one, other), (other, one)] {
        let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { return };
        std::thread::spawn(move || {
            drop(io::copy(&mut from, &mut to));
            drop(to.shutdown(std::net::Shutdown::Write));
        });
    }
}
