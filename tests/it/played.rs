//! The demo once begun and once ended, each played one time in a run: every test goes on from a copy of its own.
//!
//! What is copied is what lies on disk after an orderly stop. Only the webhook door's port is not: tests run side by side,
//! so that each copy gets a free one, and nothing is registered for the old one any more.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::path::{Path, PathBuf};

use integration_jobdiva::simulator::Behaviour;
use runner::config::Config;
use runner::demo::{Demo, Screen};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Where the demo keeps the port of its webhook door.
const PORT: &str = "hooks-port";

/// How far a world was played.
#[derive(Clone, Copy)]
pub enum Until {
    /// All that can be done at the first moment is done.
    Begun,
    /// The world is quiet for good.
    Ended,
}

impl Until {
    fn folder(self) -> &'static str {
        match self {
            Until::Begun => "demo-begun",
            Until::Ended => "demo-ended",
        }
    }

    async fn played(self) -> &'static Path {
        static BEGUN: OnceCell<PathBuf> = OnceCell::const_new();
        static ENDED: OnceCell<PathBuf> = OnceCell::const_new();
        let cell = match self {
            Until::Begun => &BEGUN,
            Until::Ended => &ENDED,
        };
        cell.get_or_init(|| self.play()).await
    }

    async fn play(self) -> PathBuf {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(self.folder());
        drop(std::fs::remove_dir_all(&dir));
        std::fs::create_dir_all(&dir).unwrap();
        let mut demo = Demo::start(&dir).await.unwrap();
        match self {
            Until::Begun => demo.settle(&mut Screen::silent()).await.unwrap(),
            Until::Ended => drop(demo.play(&mut Screen::silent()).await.unwrap()),
        }
        forget_endpoints(&demo).await;
        demo.stop().await.unwrap();
        std::fs::remove_file(dir.join("simulators").join(PORT)).unwrap();
        dir
    }

    /// The first moment without a start after it: what only a running process knows is there too.
    pub async fn unbroken(change: impl FnOnce(&mut Config)) -> (TempDir, Demo) {
        let dir = tempfile::tempdir().unwrap();
        let demo = Demo::start_with(dir.path(), Behaviour::default(), change).await;
        let mut demo = demo.unwrap();
        demo.settle(&mut Screen::silent()).await.unwrap();
        (dir, demo)
    }

    /// A world that was played so far, with something else in the configuration.
    pub async fn resume(self, change: impl FnOnce(&mut Config)) -> (TempDir, Demo) {
        let dir = tempfile::tempdir().unwrap();
        copy(self.played().await, dir.path());
        let demo = Demo::start_with(dir.path(), Behaviour::default(), change).await;
        let mut demo = demo.unwrap();
        demo.settle(&mut Screen::silent()).await.unwrap();
        (dir, demo)
    }
}

/// The insurer sends nothing any more to where this world listened.
async fn forget_endpoints(demo: &Demo) {
    let (base, key) = (demo.policy().base_url(), demo.policy().api_key());
    let client = reqwest::Client::new();
    let all = format!("{base}/api/v1/webhook_endpoints");
    let known = client.get(&all).bearer_auth(key).send().await.unwrap();
    let known: Value = known.json().await.unwrap();
    for endpoint in known.as_array().unwrap() {
        let one = format!("{all}/{}", endpoint["id"].as_str().unwrap());
        let gone = client.delete(one).bearer_auth(key).send().await.unwrap();
        assert!(gone.status().is_success(), "{}", gone.status());
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
}
