//! What a release promises: every log that it could write is read by every later program, byte for byte.
//!
//! - `tests/tables/` has each machine's table as it is now. Any change of a machine changes a file here, so that a
//!   reviewer sees it: `UPDATE_LOCK=1 cargo test -p tests --test it -- versions` writes them.
//! - `tests/released/VERSION/` has what a version promises: its tables, and golden logs with the bytes of every event. Once
//!   the changelog names the version, nothing in it changes any more; before, `UPDATE_GOLDEN=1` writes it.
//!
//! Read next: `tables.rs` for the tables, `released.rs` for the promises, `golden.rs` for the logs.
//! `docs/upgrades.md` says how to change a machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};

use workflow_core::domain::{certificate, contractor, gate, invoice, notice, placement};
use workflow_core::graph::{self, Lock};
use workflow_core::inbox;
use workflow_core::machine::Machine;

use tests::samples;

mod golden;
mod released;
mod sealed;
mod tables;

/// The version that is being made.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One machine, its types put aside.
struct Subject {
    name: &'static str,
    lock: Lock,
    matrix: String,
    svg: String,
    /// Where its documentation takes its picture from.
    picture: &'static str,
    /// The golden logs that this program writes, by file name.
    logs: BTreeMap<String, String>,
    /// Replays a golden log: per event its name and the state it leads to.
    replay: fn(&str) -> Result<Vec<String>, String>,
    /// Reads a golden log's events, each by itself.
    read: fn(&str) -> Result<(), String>,
}

impl Subject {
    fn of<M: Machine>(picture: &'static str, samples: fn(M::EventKind) -> Vec<M::Event>) -> Self {
        Self {
            name: M::NAME,
            lock: graph::freeze::<M>(),
            matrix: graph::matrix::<M>(),
            svg: graph::svg::<M>(),
            picture,
            logs: golden::written::<M>(samples),
            replay: golden::replay::<M>,
            read: golden::read::<M>,
        }
    }
}

/// Every machine whose events are kept.
static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    vec![
        Subject::of::<placement::Machine>(
            "workflow-core/src/domain/placement/machine.svg",
            samples::placement::events,
        ),
        Subject::of::<contractor::Machine>(
            "workflow-core/src/domain/contractor/machine.svg",
            samples::contractor::events,
        ),
        Subject::of::<invoice::Machine>(
            "workflow-core/src/domain/invoice/machine.svg",
            samples::invoice::events,
        ),
        Subject::of::<certificate::Machine>(
            "workflow-core/src/domain/certificate/machine.svg",
            samples::certificate::events,
        ),
        Subject::of::<gate::Machine>("workflow-core/src/domain/gate.svg", samples::gate::events),
        Subject::of::<notice::Machine>(
            "workflow-core/src/domain/notice.svg",
            samples::notice::events,
        ),
        Subject::of::<inbox::Machine>("workflow-core/src/inbox.svg", samples::delivery::events),
    ]
});

/// Writes what the environment asks to be written, once, before any file is looked at.
static UPDATED: LazyLock<()> = LazyLock::new(|| {
    let asked = |name: &str| env::var_os(name).is_some_and(|value| value == "1");
    if asked("UPDATE_GOLDEN") {
        released::update();
    }
    if asked("UPDATE_LOCK") {
        tables::update();
    }
});

/// A path from the workspace's root.
fn below_root(path: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the tests crate is a folder of the workspace").join(path)
}

/// A file's text; nothing for a file that is not there.
fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file is in a folder"))
        .expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

fn lock_text(lock: &Lock) -> String {
    serde_json::to_string_pretty(lock).expect("a lock is plain data") + "\n"
}
