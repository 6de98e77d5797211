//! The keys of `[log]`: what signs it, and what opens the personal data in it.

use std::time::Duration;

use integration_jobdiva::operations::written_duration;
use workflow_core::audit::sign::SigningKey;

use super::reader::Section;
use super::tenant::{Reading, secret};
use crate::signing;

/// The file of the master key unless the file says otherwise.
const MASTER_KEY: &str = "secrets/master-key";
/// How often the head is signed while the log grows, unless the file says otherwise.
const SIGN_EVERY: Duration = Duration::from_secs(60);

/// What is done about the log beside keeping it.
#[derive(Clone, Debug)]
pub struct Log {
    /// What signs where it ends, if anything does.
    pub signing_key: Option<SigningKey>,
    /// How often, while it grows.
    pub sign_every: Duration,
}

impl Default for Log {
    fn default() -> Self {
        Self { signing_key: None, sign_every: SIGN_EVERY }
    }
}

/// Reads where the master key lies.
pub(super) fn master_key(section: &Section<'_>) -> String {
    if section.text("master_key").is_some() {
        section.note("master_key", "secrets do not stand in this file: use `master_key_file`");
    }
    section.usual_text("master_key_file", MASTER_KEY);
    section.text("master_key_file").unwrap_or_else(|| MASTER_KEY.to_owned())
}

/// Reads the rest of the table; `None` when something in it is wrong, which is noted.
pub(super) fn log(section: Section<'_>, read: &Reading<'_>) -> Option<Log> {
    let file = section.text("signing_key_file");
    let named = file.is_some() || section.text("signing_key_env").is_some();
    let asked = named || section.text("signing_key").is_some();
    let key = asked.then(|| {
        let text = secret(&section, "signing_key", read)?;
        let path = file.map(|file| read.base.join(file));
        if let Some(Err(problem)) = path.as_deref().map(signing::check_private) {
            section.note("signing_key_file", problem);
            return None;
        }
        let key = SigningKey::from_pem(&text);
        let key = key.map_err(|error| section.note("signing_key_file", error.to_string()));
        key.ok()
    });
    let sign_every = section.duration("sign_every").unwrap_or(SIGN_EVERY);
    section.usual_text("sign_every", written_duration(SIGN_EVERY));
    section.finish();
    match key {
        None => Some(Log { signing_key: None, sign_every }),
        Some(key) => Some(Log { signing_key: Some(key?), sign_every }),
    }
}
