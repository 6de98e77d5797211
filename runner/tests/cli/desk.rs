//! A folder to run the binary in: a stopped log restored from a fixed export, and configurations good and bad.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The export of a finished demo.
pub const EXPORT: &str = include_str!("demo.jsonl");

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
        self.runner(arguments).output().unwrap()
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
