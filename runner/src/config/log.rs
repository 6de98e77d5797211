//! The keys of `[log]`: where it is, what signs it, and what opens the personal data in it.

use std::time::Duration;

use integration_1099policy::secret::Secret;
use integration_jobdiva::operations::written_duration;
use workflow_core::audit::sign::SigningKey;

use super::reader::Section;
use super::tenant::{Reading, secret};
use crate::signing;

/// The file of the master key unless the file says otherwise.
const MASTER_KEY: &str = "secrets/master-key";
/// How often the head is signed while the log grows, unless the file says otherwise.
const SIGN_EVERY: Duration = Duration::from_secs(60);

/// How long a shard is held without being renewed, unless the file says otherwise.
const LEASE: Duration = Duration::from_secs(10);
/// Shorter, and a slow moment of the database would take shards away.
const LEASE_MIN: Duration = Duration::from_secs(3);
/// Longer, and everything waits that long for a runner that is gone.
const LEASE_MAX: Duration = Duration::from_secs(300);
/// More would only make the databases of small firms larger.
const SHARDS_MAX: u16 = 1024;

/// Where several runners keep their logs together.
#[derive(Clone)]
pub struct Shared {
    /// The database: `postgres://user:password@host:port/name?sslmode=..`.
    pub url: Secret,
    /// Whether only what PostgreSQL's kin understand too is asked of it.
    pub portable: bool,
    /// Whether a database may be used that acknowledges what it can still lose.
    pub accept_loss: bool,
    /// How long a shard is held without being renewed.
    pub lease: Duration,
    /// How many logs a new database is divided into, if the file says so; one that is there must have that number.
    pub shards: Option<u16>,
}

/// Where the log is, and what is done about it beside keeping it.
#[derive(Clone)]
pub struct Log {
    /// The database, where it does not lie in the data directory.
    pub shared: Option<Shared>,
    /// What signs where it ends, if anything does.
    pub signing_key: Option<SigningKey>,
    /// How often, while it grows.
    pub sign_every: Duration,
}

impl Default for Log {
    fn default() -> Self {
        Self { shared: None, signing_key: None, sign_every: SIGN_EVERY }
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
    let shared = shared(&section, read);
    section.finish();
    let shared = shared?;
    match key {
        None => Some(Log { shared, signing_key: None, sign_every }),
        Some(key) => Some(Log { shared, signing_key: Some(key?), sign_every }),
    }
}

/// Reads which database keeps the log; `Some(None)` for none.
fn shared(section: &Section<'_>, read: &Reading<'_>) -> Option<Option<Shared>> {
    let (portable, accept_loss) = (section.flag("portable"), section.flag("accept_loss"));
    let (lease, shards) = (section.duration("lease"), section.number("shards"));
    let Some(url) = url(section, read)? else {
        let given = [
            ("portable", portable.is_some()),
            ("accept_loss", accept_loss.is_some()),
            ("lease", lease.is_some()),
            ("shards", shards.is_some()),
        ];
        for (key, _) in given.iter().filter(|(_, given)| *given) {
            section.note(key, "only for a log in a database: there is no `url`");
        }
        return given.iter().all(|(_, given)| !given).then_some(None);
    };
    section.usual("portable", false);
    section.usual("accept_loss", false);
    section.usual_text("lease", written_duration(LEASE));
    let lease = lease.unwrap_or(LEASE);
    if !(LEASE_MIN..=LEASE_MAX).contains(&lease) {
        section.note("lease", "expected 3s to 300s: so long waits what a lost runner held");
        return None;
    }
    let in_range = |shards: &u16| (1..=SHARDS_MAX).contains(shards);
    let number = shards.map(|shards| u16::try_from(shards).ok().filter(in_range));
    if number == Some(None) {
        section.note("shards", format!("expected 1 to {SHARDS_MAX}"));
        return None;
    }
    let shards = number.flatten();
    let flag = |flag: Option<bool>| flag.unwrap_or(false);
    let (portable, accept_loss) = (flag(portable), flag(accept_loss));
    Some(Some(Shared { url, portable, accept_loss, lease, shards }))
}

/// Reads the database's address; `Some(None)` where none is given.
fn url(section: &Section<'_>, read: &Reading<'_>) -> Option<Option<Secret>> {
    let secretly = ["url_file", "url_env"].iter().any(|key| section.text(key).is_some());
    let url = match (section.text("url"), secretly) {
        (None, false) => return Some(None),
        (None, true) => secret(section, "url", read)?,
        (Some(_), true) => {
            section.note("url", "give `url`, or `url_file` or `url_env`, not both");
            return None;
        }
        (Some(url), false) if has_password(&url) => {
            let what = "secrets do not stand in this file: put the whole address into `url_file`";
            section.note("url", what);
            return None;
        }
        (Some(url), false) => url,
    };
    if ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Some(Some(Secret::new(url)));
    }
    section.note("url", "expected postgres://USER@HOST:PORT/DATABASE");
    None
}

/// Whether a password stands in an address.
fn has_password(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':')) || url.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::has_password;

    #[test]
    fn a_password_in_an_address_is_seen() {
        for (url, has) in [
            ("postgres://kim@db/x", false),
            ("postgres://kim:secret@db:5432/x", true),
            ("postgres://db:5432/x?user=kim", false),
            ("postgres://kim@db/x?password=secret", true),
        ] {
            assert_eq!(has_password(url), has, "{url}");
        }
    }
}
