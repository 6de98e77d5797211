//! A start of the whole service after years: from its beginning to the first `ok` of `/readyz`, and what it reads meanwhile
//! of what ended. In a process of its own; both vendors are out of reach, so that nothing but the start is measured.
//!
//! What it is started over is filled by `ended.rs`.

use std::path::Path;
use std::time::{Duration, Instant};

use runner::admin::Address;
use runner::{Runner, config};

use super::log::resident_mb;
use super::report::say;

/// How long a start may take.
const WITHIN: Duration = Duration::from_secs(300);
/// How long the rounds that follow are watched, and the metrics asked for.
const ROUNDS: Duration = Duration::from_secs(2);

const SERVICE: &str = r#"data_dir = "."

[listen]
hooks = "127.0.0.1:0"
admin = "127.0.0.1:0"
page = "127.0.0.1:0"

[[tenant]]
name = "acme"

[tenant.jobdiva]
base_url = "http://127.0.0.1:9"
client_id = "1"
username = "nobody"
password_file = "secret"

[tenant.1099policy]
base_url = "http://127.0.0.1:9"
environment = "sandbox"
api_key_file = "secret"
success_url = "https://dashboard.example.com/{placement}"
cancel_url = "https://dashboard.example.com/{placement}"

[tenant.contractor]
relay_domain = "relay.example.com"
"#;

/// Starts the service over what was filled: says after how many seconds it was ready, with how much memory, and how many
/// lines of what ended were read until then, and in the rounds after.
pub fn start(dir: &Path) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be built").block_on(started(dir));
}

async fn started(dir: &Path) {
    let file = dir.join("service.toml");
    std::fs::write(dir.join("secret"), "t9k_test_nobody").expect("the folder can be written");
    std::fs::write(&file, SERVICE).expect("the folder can be written");
    let begun = Instant::now();
    let config = config::load(&file).expect("the configuration is good");
    let runner = Runner::start(config).await.expect("it starts");
    let address = Address::read(dir).expect("it has an address");
    let ready = format!("{}/readyz", address.url);
    loop {
        let answer = reqwest::get(&ready).await.expect("the door is open");
        if answer.status().is_success() {
            break;
        }
        assert!(begun.elapsed() < WITHIN, "it is never ready");
    }
    let (ready, memory) = (begun.elapsed().as_secs_f64(), resident_mb());
    let read = runner.engine().ended_lines_read();
    let metrics = format!("{}/metrics", address.url);
    let asking = async {
        loop {
            reqwest::get(&metrics).await.expect("the door is open");
        }
    };
    let _for_so_long: Result<(), _> = tokio::time::timeout(ROUNDS, asking).await;
    let later = runner.engine().ended_lines_read() - read;
    say(&format!("{ready} {memory} {read} {later}"));
    runner.stop().await.expect("it stops");
}
