//! A PostgreSQL server of one's own from the system's package: for tests, benchmarks and the demo.
//!
//! It lives in a temporary directory, listens on a free port of the loopback address, keeps what it acknowledges (`fsync`
//! is on), and runs as an unprivileged user where this process is root, which PostgreSQL refuses to be. A guard process
//! waits for this one to end, in whatever way, and then stops the server and removes the directory.

use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The user that owns every database here; nobody else can reach the port but this machine.
const USER: &str = "workflow";
/// How often another port is tried when one was taken meanwhile.
const STARTS_MAX: usize = 5;
/// A process whose number was given to another program is left alone.
const GUARD: &str = r#"
read _
pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null)
case "$(tr '\0' ' ' <"/proc/$pid/cmdline")" in
*"$0"*)
    kill -QUIT "$pid"
    n=0
    while [ $n -lt 200 ] && kill -0 "$pid"; do sleep 0.05; n=$((n + 1)); done
    ;;
esac
rm -rf "$0"
"#;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The package is not there.
    #[error("no PostgreSQL server is installed; on Debian: apt-get install postgresql-15")]
    Absent,
    /// A program of the package failed.
    #[error("{program} failed: {said}")]
    Failed {
        /// Which.
        program: String,
        /// What it said, or how it ended.
        said: String,
    },
    /// The system refused something.
    #[error("preparing a PostgreSQL server failed")]
    Io(#[from] io::Error),
}

/// A server, until it is dropped.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    dir: PathBuf,
    port: u16,
    user: Option<(u32, u32)>,
    guard: Child,
}

impl Server {
    /// Starts one. Each setting is a line of `postgresql.conf`.
    pub fn start(settings: &[&str]) -> Result<Self, ServerError> {
        let mut server = Self::place()?;
        let data = server.dir.join("data");
        server.run("initdb", |c| {
            c.arg("-D").arg(&data).args(["-U", USER, "--auth=trust", "-E", "UTF8"]);
            c.args(["--locale=C", "--no-sync"])
        })?;
        let mut lines = vec![
            "listen_addresses = '127.0.0.1'",
            "timezone = 'UTC'",
            "unix_socket_directories = ''",
            "shared_buffers = 64MB",
            "max_connections = 200",
            "max_wal_senders = 4",
            "wal_level = replica",
            "hot_standby = on",
        ];
        lines.extend(settings);
        server.configure(&lines)?;
        server.launch()?;
        Ok(server)
    }

    /// A copy of this one that follows it; named `name` for `synchronous_standby_names`.
    pub fn standby(&self, name: &str) -> Result<Self, ServerError> {
        let mut standby = Self::place()?;
        let data = standby.dir.join("data");
        let source =
            format!("host=127.0.0.1 port={} user={USER} application_name={name}", self.port);
        standby.run("pg_basebackup", |c| {
            c.args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", &source]);
            c.arg("-D").arg(&data)
        })?;
        standby.launch()?;
        Ok(standby)
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) -> Result<(), ServerError> {
        let port = self.port.to_string();
        self.run("createdb", |c| c.args(["-h", "127.0.0.1", "-p", &port, "-U", USER, name]))
    }

    /// What one of the package's programs for users prints, such as `psql` or `pgbench`.
    pub fn ask(
        &self,
        program: &str,
        database: &str,
        arguments: &[&str],
    ) -> Result<String, ServerError> {
        let mut command = self.command(program);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER]);
        command.args(arguments).arg(database);
        output(program, &mut command)
    }

    /// Adds settings and makes the server read them.
    pub fn set(&self, settings: &[&str]) -> Result<(), ServerError> {
        self.configure(settings)?;
        let data = self.dir.join("data");
        self.run("pg_ctl", |c| c.args(["reload", "-s", "-D"]).arg(data))
    }

    /// Kills the server and everything it has started, as a crash would.
    pub fn kill(&self) -> Result<(), ServerError> {
        let Some(pid) = self.pid() else { return Ok(()) };
        // So that it starts no other while its children are listed.
        output("kill", Command::new("kill").arg("-STOP").arg(&pid))?;
        let of = PathBuf::from(format!("/proc/{pid}/task/{pid}/children"));
        let mut all = vec![pid.clone()];
        all.extend(std::fs::read_to_string(of)?.split_whitespace().map(str::to_owned));
        // Some child may have ended by itself.
        let _ = output("kill", Command::new("kill").arg("-9").args(&all));
        while all.iter().any(|pid| is_running(pid)) {
            std::thread::yield_now();
        }
        // Until its parent has noticed, its number still counts as in use, and the next start would be refused.
        Ok(std::fs::remove_file(self.dir.join("data/postmaster.pid"))?)
    }

    /// Starts it again on its port.
    pub fn restart(&self) -> Result<(), ServerError> {
        self.begin()
    }

    /// Stops it in order.
    pub fn stop(&self) -> Result<(), ServerError> {
        let data = self.dir.join("data");
        self.run("pg_ctl", |c| c.args(["stop", "-s", "-w", "-m", "fast", "-D"]).arg(data))
    }

    /// Makes a standby the primary.
    pub fn promote(&self) -> Result<(), ServerError> {
        let data = self.dir.join("data");
        self.run("pg_ctl", |c| c.args(["promote", "-s", "-w", "-D"]).arg(data))
    }

    /// A directory with a guard, and no server in it yet.
    fn place() -> Result<Self, ServerError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let programs = programs().ok_or(ServerError::Absent)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("workflow-postgres-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir(&dir)?;
        let user = unprivileged(&dir)?;
        if let Some((user, group)) = user {
            chown(&dir, Some(user), Some(group))?;
        }
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD]).arg(&dir).current_dir("/").process_group(0);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = user {
            guard.uid(user).gid(group);
        }
        Ok(Self { programs, dir, port: 0, user, guard: guard.spawn()? })
    }

    fn configure(&self, lines: &[&str]) -> Result<(), ServerError> {
        use std::io::Write as _;
        let file = self.dir.join("data/postgresql.conf");
        let mut file = std::fs::OpenOptions::new().append(true).open(file)?;
        Ok(writeln!(file, "\n{}", lines.join("\n"))?)
    }

    /// Starts it on a port that is free.
    fn launch(&mut self) -> Result<(), ServerError> {
        let mut last = ServerError::Absent;
        for _ in 0..STARTS_MAX {
            self.port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            match self.begin() {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn begin(&self) -> Result<(), ServerError> {
        let (data, log) = (self.dir.join("data"), self.dir.join("log"));
        let port = format!("-p {}", self.port);
        self.run("pg_ctl", |c| {
            c.args(["start", "-s", "-w", "-t", "60", "-o", &port, "-D"])
                .arg(data)
                .arg("-l")
                .arg(log)
        })
    }

    fn pid(&self) -> Option<String> {
        let file = std::fs::read_to_string(self.dir.join("data/postmaster.pid")).ok()?;
        file.lines().next().map(str::to_owned)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.dir).env("LC_ALL", "C").stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn run(
        &self,
        program: &str,
        with: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<(), ServerError> {
        let said = self.dir.join("said");
        let mut command = self.command(program);
        // Into a file: the server inherits it, and a pipe would never end.
        let file = std::fs::File::create(&said)?;
        with(&mut command).stdout(file.try_clone()?).stderr(file);
        let status = command.status()?;
        if status.success() {
            return Ok(());
        }
        let read = |name: &str| std::fs::read_to_string(self.dir.join(name)).unwrap_or_default();
        let log = read("log");
        let tail = log.lines().rev().take(5).collect::<Vec<_>>().join(" < ");
        let said = format!("{status}: {} {tail}", read("said").trim());
        Err(ServerError::Failed { program: program.to_owned(), said })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn output(program: &str, command: &mut Command) -> Result<String, ServerError> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    Err(ServerError::Failed { program: program.to_owned(), said })
}

/// Whether a process runs; one that has ended and waits to be buried does not.
fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).is_some_and(|s| s != 'Z')
}

/// Where the package's programs are: `PG_BIN`, or the newest version of Debian's.
fn programs() -> Option<PathBuf> {
    let has = |dir: &Path| dir.join("initdb").is_file() && dir.join("postgres").is_file();
    if let Some(dir) = std::env::var_os("PG_BIN").map(PathBuf::from) {
        return Some(dir).filter(|dir| has(dir));
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin"))).filter(|(_, dir)| has(dir))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, dir)| dir)
}

/// Whom to run as where this process is root, as whom it made `dir`; nobody else otherwise.
fn unprivileged(dir: &Path) -> io::Result<Option<(u32, u32)>> {
    if std::fs::metadata(dir)?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2);
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    };
    let user = find("postgres").or_else(|| find("nobody"));
    let none = || io::Error::other("there is no user `postgres` or `nobody` to run as");
    user.map(Some).ok_or_else(none)
}
