//! A folder to run the binary in: a stopped log restored from a fixed export, and configurations good and bad.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::canary::canary;

/// The export of a finished demo.
pub const EXPORT: &str = include_str!("demo.jsonl");
/// The keys of its made-up people, and what opens those.
const PEOPLE: &[u8] = include_bytes!("demo-people.keys");
const MASTER: &[u8] = include_bytes!("demo-master.key");

/// A line of a machine's table in the export's header, and another one.
const OTHER_TABLE: [&str; 2] =
    [r#""begin":{"candidate_found":"Unlinked""#, r#""begin":{"candidate_found":"Linked""#];

/// The folder; gone with the value.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    /// An empty one.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// With the log in `workflow-demo`, where it is found without being named, and its export in `audit.jsonl`.
    pub fn with_log() -> Self {
        let desk = Self::empty();
        desk.write("audit.jsonl", EXPORT);
        desk.good(&["restore", "audit.jsonl", "--data", "workflow-demo"]);
        // What opens the made-up people in it, as a person restores it: beside the log.
        for (file, key) in [("workflow-demo/keys/people", PEOPLE), ("secrets/master-key", MASTER)] {
            let file = desk.file(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, key).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        desk
    }

    /// Writes `service.toml`: a configuration over that log, whose systems nobody serves.
    pub fn with_configuration(self) -> Self {
        self.write("secret", "t9k_test_nobody");
        self.write(
            "service.toml",
            r#"data_dir = "workflow-demo"

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
"#,
        );
        self
    }

    /// Writes what goes wrong: a configuration with mistakes, an export with a changed byte, one of other machines.
    pub fn with_trouble(self) -> Self {
        let service = self.read("service.toml");
        let wrong =
            service.replace("\"sandbox\"", "\"sandpit\"").replace("relay_domain", "relay_domian");
        self.write("wrong.toml", wrong);
        let at = EXPORT.len() / 2;
        let mut damaged = EXPORT.as_bytes().to_vec();
        damaged[at] ^= 1;
        self.write("damaged.jsonl", damaged);
        // As if that version of the machine had taken an event elsewhere.
        let other = EXPORT.replacen(OTHER_TABLE[0], OTHER_TABLE[1], 1);
        assert_ne!(other, EXPORT);
        self.write("other.jsonl", sealed_again(&other));
        self
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    /// The binary with arguments, on no terminal and with nothing of the machine's own wishes.
    pub fn runner(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.current_dir(self.path()).args(arguments).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "NOTIFY_SOCKET", "RUST_LOG"] {
            command.env_remove(name);
        }
        command.env("USER", "kim");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.runner(arguments).output().unwrap();
        for said in [&output.stdout, &output.stderr] {
            // Neither is a person's: the API user of the sample, and addresses that are made up of a number.
            let text = String::from_utf8_lossy(said);
            let text = ["api-user@example.com", "@relay.example.com"]
                .iter()
                .fold(text.into_owned(), |text, known| text.replace(known, ""));
            let told = canary(&text);
            assert_eq!(told, None, "{arguments:?} tells too much");
        }
        output
    }

    /// Runs it to its end, which must be a good one; what it printed.
    #[track_caller]
    pub fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {:?}: {said}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }
}

/// An export with the checksum that fits it, as whoever changes one on purpose makes it.
fn sealed_again(export: &str) -> String {
    let (lines, trailer) = export.trim_end().rsplit_once('\n').unwrap();
    let read: serde_json::Value = serde_json::from_str(trailer).unwrap();
    let was = read["trailer"]["sha256"].as_str().unwrap();
    let digest = hex::encode(Sha256::digest(format!("{lines}\n")));
    format!("{lines}\n{}\n", trailer.replace(was, &digest))
}
