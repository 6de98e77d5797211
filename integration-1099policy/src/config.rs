//! What the adapter must be told, with the documented defaults.
//!
//! 1099Policy is written about in two dialects: its API reference (followed by both SDKs) and its vendor guides.
//! The reference is the default; each disagreement that matters on the wire is one setting here.
//! Deliberately absent: files and environment variables; whoever embeds the adapter fills the struct.

use std::collections::BTreeMap;
use std::time::Duration;

use workflow_core::limits::Pace;
use workflow_core::outlet::Settings;

use crate::secret::Secret;

/// No number is documented, only that 429 means too fast: ten a second is a guess on the careful side, and a 429 halves it.
const PACE: Pace = Pace { per_minute: 600, burst: 100, least_per_minute: 12 };

/// The largest answer that is read: a full page of 100 items stays far below.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long a connection without work is kept.
pub const IDLE: Duration = Duration::from_secs(30);

/// Everything that the adapter must be told. [`Config::new`] fills in the defaults.
#[derive(Clone)]
pub struct Config {
    /// Scheme and host; default `https://api.1099policy.com`. One host serves both environments.
    pub base_url: String,
    /// What comes before every path; default `/api/v1`.
    pub api_prefix: String,
    /// The tenant's secret key.
    pub api_key: Secret,
    /// How the key is presented; default [`AuthScheme::Bearer`].
    pub auth_scheme: AuthScheme,
    /// Which environment is meant, always said explicitly: the SDKs' own defaults differ.
    pub environment: Environment,
    /// Whether the environment is said in a header, or by the key alone; default [`EnvironmentHeader::Sent`].
    pub environment_header: EnvironmentHeader,
    /// The headers that carry an idempotency key, all with the same value; default both names in use.
    pub idempotency_headers: Vec<String>,
    /// How a contractor's name and e-mail are written; default [`ContractorShape::Flat`].
    pub contractor_shape: ContractorShape,
    /// What a person must have before a contractor is created; default [`ContractorRequired::Names`].
    pub contractor_required: ContractorRequired,
    /// Where a job's state is written; default [`JobRegion::Address`].
    pub job_region: JobRegion,
    /// Which resources carry `custom_metadata`; default [`MetadataOn::ContractorAndJob`].
    pub metadata_on: MetadataOn,
    /// Where the contractor's browser goes after the application.
    pub links: LinkTemplates,
    /// Whether plain HTTP may be spoken to other machines; to this one it always may. Default `false`.
    pub allow_plain_http: bool,
    /// The longest wait for a connection; default 5 s.
    pub connect_timeout: Duration,
    /// The longest silence in the middle of an answer; default 30 s.
    pub read_timeout: Duration,
    /// The longest wait for a whole answer; default 60 s.
    pub total_timeout: Duration,
    /// The same for requests of one method (`GET`, `POST`, `PUT`, `DELETE`), where it has one of its own; default none has.
    pub method_timeouts: BTreeMap<String, Duration>,
    /// The same for single operations, by their names in [`crate::operation::ALL`]; goes before all others, a file's too. Default
    /// none has.
    pub operation_timeouts: BTreeMap<String, Duration>,
    /// The same where a file is sent; default 5 minutes, 15 MB over a slow line.
    pub file_timeout: Duration,
    /// How fast it is asked, by method (`GET`, `POST`, `PUT`, `DELETE`), and when nothing is sent for a while; default
    /// 600 a minute with 100 at once, at worst 12 a minute, and nothing for 30 s after five failures.
    pub limits: Settings,
    /// How many items one page of a list holds, 1 to 100; default 100.
    pub page_size: u16,
    /// The tenant's name, where it shares its account with others: goes along as metadata, so that nobody takes another
    /// tenant's contractor or job for theirs. Two tenants of JobDiva may well use the same number for two people.
    pub shared_as: Option<String>,
}

/// How the API key is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthScheme {
    /// `Authorization: Bearer <key>`, as the SDKs and the guides do.
    Bearer,
    /// HTTP Basic, the key as user name with an empty password, as the reference's samples do.
    Basic,
}

/// Which of the two environments is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// For trying: nothing is insured, nothing is charged.
    Sandbox,
    /// For real.
    Production,
}

impl Environment {
    /// The word in the header `Ten99Policy-Environment`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

/// How the environment is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvironmentHeader {
    /// `Ten99Policy-Environment` goes along with every request (SDKs, older reference).
    Sent,
    /// The key decides (newer reference, vendor guides): it must say `_test_` or `_live_`, and the same as
    /// [`Config::environment`].
    Omitted,
}

/// What a person must have before a contractor is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractorRequired {
    /// A name and an e-mail (vendor guides, older reference): the rest goes along where it is known.
    Names,
    /// A phone number and a state to live in, too (newest reference). Who has none is not sent: a person sees who.
    PhoneAndAddress,
}

/// The environment that a key names itself for (`t9k_test_...`, `t9sk_live_...`), with its own word for it.
fn environment_of(key: &Secret) -> Option<(&'static str, Environment)> {
    match key.reveal().split('_').nth(1) {
        Some("test") => Some(("test", Environment::Sandbox)),
        Some("live") => Some(("live", Environment::Production)),
        Some(_) | None => None,
    }
}

/// How a contractor's name and e-mail are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractorShape {
    /// `first_name`, `last_name`, `email`, `phone` at the top (API reference).
    Flat,
    /// The same four inside `contact` (vendor guides).
    Contact,
}

/// Where a job's state is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobRegion {
    /// Inside `address` (API reference).
    Address,
    /// As `region` at the top (vendor guides).
    TopLevel,
}

/// Which resources carry `custom_metadata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataOn {
    /// Those that the API reference documents.
    ContractorAndJob,
    /// Quote, session and assignment too, as the vendor guides show.
    Everything,
}

/// Where the contractor's browser is sent from the application. `{placement}` stands for the placement's id.
///
/// The redirect proves nothing; only a policy that was read does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTemplates {
    /// After success.
    pub success_url: String,
    /// When declined, abandoned or expired.
    pub cancel_url: String,
}

impl LinkTemplates {
    /// Both links for one placement, its id percent-encoded.
    pub(crate) fn for_placement(&self, placement: &str) -> (String, String) {
        let id = percent_encoded(placement);
        (self.success_url.replace("{placement}", &id), self.cancel_url.replace("{placement}", &id))
    }
}

impl Config {
    /// The documented defaults around what has none.
    pub fn new(api_key: Secret, environment: Environment, links: LinkTemplates) -> Self {
        Self {
            base_url: "https://api.1099policy.com".to_owned(),
            api_prefix: "/api/v1".to_owned(),
            api_key,
            auth_scheme: AuthScheme::Bearer,
            environment,
            environment_header: EnvironmentHeader::Sent,
            idempotency_headers: vec![
                "Ten99Policy-Idempotent-Key".to_owned(),
                "Idempotency-Key".to_owned(),
            ],
            contractor_shape: ContractorShape::Flat,
            contractor_required: ContractorRequired::Names,
            job_region: JobRegion::Address,
            metadata_on: MetadataOn::ContractorAndJob,
            links,
            allow_plain_http: false,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(60),
            method_timeouts: BTreeMap::new(),
            operation_timeouts: BTreeMap::new(),
            file_timeout: Duration::from_secs(300),
            limits: Settings::of(PACE),
            page_size: 100,
            shared_as: None,
        }
    }
}

impl Environment {
    /// Refuses a key that can be sent in no header, is one of the other environment's, or does not say which where
    /// nothing else does.
    pub(crate) fn takes(self, key: &Secret, header: EnvironmentHeader) -> Result<(), BadConfig> {
        if key.is_empty() || !key.reveal().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadConfig::ApiKey);
        }
        match (environment_of(key), header) {
            (Some((key, own)), _) if own != self => {
                Err(BadConfig::Environment { key, environment: self })
            }
            (None, EnvironmentHeader::Omitted) => Err(BadConfig::EnvironmentUnsaid),
            (Some(_), _) | (None, EnvironmentHeader::Sent) => Ok(()),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadConfig {
    /// The base URL is none, or speaks neither http nor https.
    #[error("base_url is no http(s) URL: {0}")]
    BaseUrl(String),
    /// The key would travel in the clear.
    #[error("base_url is plain http to another machine; use https, or set allow_plain_http = true")]
    PlainHttp,
    /// The API key is empty or holds characters that no header can carry.
    #[error("api_key is empty or holds characters that a header cannot carry")]
    ApiKey,
    /// The key alone is to tell the environment, and does not.
    #[error(
        "environment_header is omitted: then the API key must say `_test_` or `_live_`, as the environment does"
    )]
    EnvironmentUnsaid,
    /// The key is one of the other environment's.
    #[error("api_key is a {key} key, and environment is \"{}\": one of the two is wrong", .environment.as_str())]
    Environment {
        /// `test` or `live`, as the key says.
        key: &'static str,
        /// As the configuration says.
        environment: Environment,
    },
    /// An idempotency header's name is none, or there is no header at all.
    #[error("idempotency_headers must name at least one valid header; `{0}` is none")]
    IdempotencyHeader(String),
    /// The page size is outside 1 to 100.
    #[error("page_size must be 1 to 100, not {0}")]
    PageSize(u16),
    /// The HTTP client cannot be built on this machine.
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
}

/// `text` with everything but RFC 3986's unreserved characters percent-encoded.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_other_environment_is_refused() {
        use Environment::{Production, Sandbox};
        let takes = |environment: Environment, key| {
            environment.takes(&Secret::new(key), EnvironmentHeader::Sent)
        };
        for key in ["t9k_test_1", "t9sk_test_2f0c", "another", "a_b_test_"] {
            assert!(takes(Sandbox, key).is_ok(), "{key}");
        }
        for key in ["t9k_live_1", "t9sk_live_2f0c", "another"] {
            assert!(takes(Production, key).is_ok(), "{key}");
        }
        let wrong = takes(Production, "t9k_test_1").unwrap_err();
        let words =
            "api_key is a test key, and environment is \"production\": one of the two is wrong";
        assert_eq!(wrong.to_string(), words);
        assert!(takes(Sandbox, "t9sk_live_1").is_err());
    }

    #[test]
    fn a_placement_id_is_encoded_into_the_links() {
        let links = LinkTemplates {
            success_url: "https://ops.example/p/{placement}?coverage=active".into(),
            cancel_url: "https://ops.example/p".into(),
        };
        let (success, cancel) = links.for_placement("pl 1/2&x");
        assert_eq!(success, "https://ops.example/p/pl%201%2F2%26x?coverage=active");
        assert_eq!(cancel, "https://ops.example/p");
    }
}
