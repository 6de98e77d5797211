//! Several tenants on one database, a runner's process for each machine: the work is spread, and spread again as one comes
//! and goes. And what the verbs of one machine say while no runner is at work.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use runner::admin;
use runner::shards::Holds;
use workflow_core::store::postgres::Shard;
use workflow_core::store::postgres::server::Server;

use super::desk::Desk;
use super::losses::{PROGRAM, signal};
use super::moved::fails;

/// Nothing here takes so long; what does has failed.
const AT_MOST: Duration = Duration::from_secs(60);
const SHARDS: u16 = 16;

/// Names of tenants, no two in one shard.
fn tenants(count: usize) -> Vec<String> {
    let mut by_shard = BTreeMap::new();
    for name in (0..).map(|number| format!("tenant{number}")) {
        by_shard.entry(Shard::of(&name, SHARDS)).or_insert(name);
        if by_shard.len() == count {
            break;
        }
    }
    by_shard.into_values().collect()
}

/// A folder with a configuration for each machine, `one.toml` and so on, of these tenants and this database.
fn machines(url: &str, names: &[String], machines: &[&str]) -> Desk {
    let desk = Desk::empty().with_configuration();
    desk.write("url", url);
    let service = desk.read("service.toml");
    let (head, tenant) = service.split_once("[[tenant]]").unwrap();
    for machine in machines {
        let mut text = head.replace("workflow-demo", machine);
        text.push_str(
            "[log]\nurl_file = \"url\"\nlease = \"3s\"\nmaster_key_file = \"master-key\"\n\n",
        );
        for name in names {
            let own = tenant.replace("\"acme\"", &format!("{name:?}"));
            let own = own.replace("relay.example.com", &format!("{name}.example.com"));
            text.push_str(&format!("[[tenant]]{own}\n"));
        }
        desk.write(&format!("{machine}.toml"), text);
    }
    desk
}

/// A runner's process; killed however the test ends.
struct Process {
    child: Child,
    data: std::path::PathBuf,
}

impl Process {
    fn start(desk: &Desk, machine: &str) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["run", "--config", &format!("{machine}.toml")]).current_dir(desk.path());
        let log = std::fs::File::create(desk.file(&format!("{machine}.log"))).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { child, data: desk.file(machine) }
    }

    /// The tenants it holds by its own word; nothing while its doors are shut.
    async fn holds(&self) -> Option<BTreeSet<String>> {
        // Whoever was first has installed it; the client asks for one even without TLS.
        drop(rustls::crypto::ring::default_provider().install_default());
        let door = admin::Address::read(&self.data)?;
        let asked = reqwest::Client::new().get(format!("{}/v1/holding", door.url));
        let told = asked.bearer_auth(&door.token).send().await.ok()?;
        let holds: Holds = told.json().await.ok()?;
        Some(holds.shards.into_iter().flat_map(|held| held.tenants).collect())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}

/// Waits until each of these holds so many, and together they hold all, each once.
async fn until_spread(desk: &Desk, processes: &[(&Process, usize)], all: &[String]) {
    let began = Instant::now();
    loop {
        let mut held: Vec<BTreeSet<String>> = Vec::new();
        for (process, _) in processes {
            held.push(process.holds().await.unwrap_or_default());
        }
        let counts: Vec<usize> = held.iter().map(BTreeSet::len).collect();
        let wanted: Vec<usize> = processes.iter().map(|(_, count)| *count).collect();
        let together: BTreeSet<&String> = held.iter().flatten().collect();
        if counts == wanted && together.len() == all.len() {
            return;
        }
        let logs = || ["one.log", "two.log"].map(|log| std::fs::read_to_string(desk.file(log)));
        assert!(began.elapsed() < AT_MOST, "{held:?}, wanted {wanted:?}: {:?}", logs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_spread_over_the_runners_and_again_as_they_come_and_go() {
    let server = Server::start(&[]).unwrap();
    server.create_database("spread").unwrap();
    let names = tenants(4);
    let desk = machines(&server.url("spread"), &names, &["one", "two"]);
    let one = Process::start(&desk, "one");
    until_spread(&desk, &[(&one, 4)], &names).await;
    let two = Process::start(&desk, "two");
    until_spread(&desk, &[(&one, 2), (&two, 2)], &names).await;
    // Either answers for all of them.
    let listed = |data: &str| desk.good(&["tenants", "--json", "--data", data]);
    for name in &names {
        assert!(listed("one").contains(name) && listed("two").contains(name), "{name}");
    }
    // One is killed: the other has all of it again.
    drop(one);
    until_spread(&desk, &[(&two, 4)], &names).await;
    // It comes back as another process, and takes its share.
    let again = Process::start(&desk, "one");
    until_spread(&desk, &[(&again, 2), (&two, 2)], &names).await;
    // One goes in order: what it gives back is taken at once.
    signal(two.child.id(), "-TERM");
    until_spread(&desk, &[(&again, 4)], &names).await;
    // Every handing over raised a fence, and every tenant's log is whole.
    let sql = "SELECT count(*) FROM shard_heads WHERE fence > 0";
    let held = server.ask("psql", "spread", &["-Atc", sql]).unwrap();
    assert_eq!(held.trim(), "4");
}

#[test]
fn without_a_runner_each_verb_says_what_to_do_instead() {
    let server = Server::start(&[]).unwrap();
    server.create_database("stopped").unwrap();
    let desk = machines(&server.url("stopped"), &tenants(1), &["one"]);
    let config = |line: &[&'static str]| [line, &["--config", "one.toml"]].concat();
    for question in [&["list"][..], &["tenants"], &["show", "51000777"]] {
        fails(&desk, 6, &config(question), "start one with `runner run`, or ask where one runs");
        fails(&desk, 6, &config(question), "`SELECT * FROM placements_now`");
    }
    let pause = config(&["pause", "--tenant", "tenant0", "--reason", "x"]);
    fails(&desk, 6, &pause, "nothing was ordered");
    fails(&desk, 6, &config(&["backup", "log.jsonl"]), "`runner migrate --from URL");
    fails(&desk, 5, &config(&["rotate-key"]), "Stop the runners; bring each log into a directory");
}
