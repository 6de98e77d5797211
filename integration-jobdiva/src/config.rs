//! What one tenant's JobDiva needs to be told: a plain struct with documented defaults.
//!
//! No file is read here and nothing is looked up in the environment: that is the runner's work. How each operation is
//! carried out is `operations.rs`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::civil::Date;
use workflow_core::limits::Pace;
use workflow_core::outlet::Settings;

use crate::operations::{BadSpec, Registry};
use crate::secret::Secret;
use crate::standing::Standings;

/// Metered per operation and tenant by numbers that are not public; seen: 12 to 60 calls a minute by the number of
/// licensed users, with an allowance of some minutes. So the best is tried, and 429 leads down to the least.
const PACE: Pace = Pace { per_minute: 60, burst: 60, least_per_minute: 12 };

/// The largest answer to a login, in bytes: a token has some 1.2 kB.
pub const LOGIN_BYTES_MAX: usize = 64 << 10;
/// How long a connection without work is kept.
pub const IDLE: Duration = Duration::from_secs(30);
/// How long an operation is left alone at least that is over its rate, where the service does not say for how long.
pub const BUSY_FIRST: Duration = Duration::from_secs(30);
/// How long at most, after so many complaints in a row.
pub const BUSY_LONGEST: Duration = Duration::from_secs(5 * 60);

/// The settings of one tenant's adapter.
#[derive(Clone, Debug)]
pub struct Config {
    /// Scheme, host and optional port; default `https://api.jobdiva.com`.
    pub base_url: String,
    /// The client id that JobDiva Support issued: a number.
    pub client_id: String,
    /// The API user's name.
    pub username: String,
    /// The API user's password.
    pub password: Secret,
    /// How to log in; default [`Login::V2Pair`].
    pub login: Login,
    /// How the token is written into its header; default [`TokenHeader::Bearer`].
    pub token_header: TokenHeader,
    /// Whether a `http://` base URL beyond the loopback address is accepted; default: refused.
    pub plain_http: PlainHttp,
    /// IANA zone of the stamps and business dates; default `America/New_York`.
    pub time_zone: String,
    /// How far behind the present a window ends, for rows that appear late; default 2 minutes.
    pub lag: Duration,
    /// The first day that is read when there is no cursor yet; default: one window before the present.
    pub backfill_from: Option<Date>,
    /// Labels of user-defined fields to ask for besides the two below; default none.
    pub user_fields: Vec<String>,
    /// Label of the user-defined field that says how a worker is engaged; default none.
    pub tenant_field: Option<String>,
    /// Label of the user-defined field that holds the pay rate, such as `Pay Rate to Vendor`; default none.
    pub pay_field: Option<String>,
    /// What the tenant's words for how a start stands mean; default [`Standings::default`].
    pub standings: Standings,
    /// Whether timesheets are read, and what their pay columns hold; default: they are not.
    pub timesheets: Option<TimesheetPay>,
    /// How each operation is carried out; default as in `operations.rs`.
    pub registry: Registry,
    /// Most time to connect; default 5 s.
    pub connect_timeout: Duration,
    /// Most time between two parts of an answer; default 180 s (a week of activities takes the service 50 s).
    pub read_timeout: Duration,
    /// Most time for a whole call that has no timeout of its own in the registry; default 10 minutes.
    pub total_timeout: Duration,
    /// How fast each operation is asked, by its name (`auth.login` is the login), and when nothing is sent for a while;
    /// default 60 a minute and 60 at once, at worst 12 a minute, and nothing for 30 s after five failures. The least time
    /// between two calls is each operation's own ([`crate::operations::Spec::min_interval`]).
    pub limits: Settings,
    /// What spreads the waits of tenants that are told off without being told for how long; default: of the client id.
    pub seed: u64,
    /// Largest answer accepted, in bytes; default 64 MiB.
    pub answer_bytes_max: usize,
}

/// The login methods that the service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// `GET /apiv2/v2/authenticate`, answered by a pair of tokens in JSON.
    V2Pair,
    /// `GET /apiv2/authenticate`, answered by the token as text.
    V2Text,
    /// `POST /apiv2/v2/login` with a JSON body, answered by a pair of tokens in JSON.
    V2Login,
    /// `GET /api/authenticate`, answered by the token as text.
    V1Text,
}

/// How the token is written into the `Authorization` header; the service takes both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenHeader {
    /// `Bearer` and the token.
    Bearer,
    /// The token alone.
    Raw,
}

/// What a timesheet's pay columns hold; not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimesheetPay {
    /// The rate per unit: each has a column for the unit beside it.
    Rate,
    /// The amount for all the hours.
    Amount,
}

/// Whether an unencrypted base URL is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Only to the machine itself (`localhost`, `127.0.0.0/8`, `::1`).
    LoopbackOnly,
    /// To any host: the password travels in the clear.
    Anywhere,
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// The base URL is no URL with a host.
    #[error("base_url is no http(s) URL: {why}")]
    BaseUrl {
        /// What is wrong with it.
        why: String,
    },
    /// The base URL would send the password in the clear.
    #[error("base_url is plain http to `{host}`; use https, or set allow_plain_http = true")]
    PlainHttp {
        /// The host it names.
        host: String,
    },
    /// The client id is not a number.
    #[error("client_id must be the number that JobDiva Support issued")]
    ClientId,
    /// The zone is not known.
    #[error("time_zone `{0}` is not an IANA zone name such as America/New_York")]
    TimeZone(String),
    /// An operation cannot work so.
    #[error("operation {0}")]
    Operation(#[from] BadSpec),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
}

impl Config {
    /// The default settings with the three credentials.
    pub fn new(client_id: &str, username: &str, password: Secret) -> Self {
        Self {
            base_url: "https://api.jobdiva.com".to_owned(),
            client_id: client_id.to_owned(),
            username: username.to_owned(),
            password,
            login: Login::V2Pair,
            token_header: TokenHeader::Bearer,
            plain_http: PlainHttp::LoopbackOnly,
            time_zone: "America/New_York".to_owned(),
            lag: Duration::from_secs(2 * 60),
            backfill_from: None,
            user_fields: Vec::new(),
            tenant_field: None,
            pay_field: None,
            standings: Standings::default(),
            timesheets: None,
            registry: Registry::default(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(180),
            total_timeout: Duration::from_secs(10 * 60),
            limits: Settings::of(PACE),
            seed: seed(client_id),
            answer_bytes_max: 64 << 20,
        }
    }

    /// Every user-defined field to ask for, without repetition.
    pub fn asked_fields(&self) -> Vec<&str> {
        let mut fields: Vec<&str> = Vec::new();
        let named = self.user_fields.iter().chain(&self.tenant_field).chain(&self.pay_field);
        for field in named {
            if !fields.contains(&field.as_str()) {
                fields.push(field);
            }
        }
        fields
    }

    /// Refuses what cannot work, except for the base URL, which the client reads.
    pub(crate) fn check(&self) -> Result<jiff::tz::TimeZone, BadConfig> {
        if self.client_id.is_empty() || !self.client_id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadConfig::ClientId);
        }
        self.registry.check()?;
        jiff::tz::TimeZone::get(&self.time_zone)
            .map_err(|_| BadConfig::TimeZone(self.time_zone.clone()))
    }
}

fn seed(client_id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    client_id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::new("1", "u", Secret::new("p"))
    }

    #[test]
    fn the_defaults_are_sound() {
        assert!(config().check().is_ok());
        assert!(!format!("{:?}", config()).contains("\"p\""));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let bad = |change: fn(&mut Config)| {
            let mut config = config();
            change(&mut config);
            config.check().err()
        };
        assert_eq!(bad(|c| c.client_id = "x".into()), Some(BadConfig::ClientId));
        let wide = |c: &mut Config| c.registry.each_window(|window| window.max *= 2);
        assert!(matches!(bad(wide), Some(BadConfig::Operation(bad)) if bad.key == "window.max"));
        assert_eq!(bad(|c| c.time_zone = "EST5".into()), Some(BadConfig::TimeZone("EST5".into())));
    }

    #[test]
    fn each_user_field_is_asked_for_once() {
        let mut config = config();
        config.user_fields = vec!["A".into(), "B".into()];
        config.tenant_field = Some("B".into());
        config.pay_field = Some("C".into());
        assert_eq!(config.asked_fields(), ["A", "B", "C"]);
    }
}
