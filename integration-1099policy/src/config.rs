//! What the adapter must be told, with the documented defaults.
//!
//! 1099Policy is written about in two dialects: its API reference (followed by both SDKs) and its vendor guides.
//! The reference is the default; each disagreement that matters on the wire is one setting here.
//! Deliberately absent: files and environment variables; whoever embeds the adapter fills the struct.

use std::time::Duration;

use crate::secret::Secret;

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
    /// The longest wait for a whole answer; default 30 s.
    pub total_timeout: Duration,
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
    /// Whether a key of this spelling is of this environment, as far as its spelling tells.
    pub(crate) fn is_said_by(self, key: &Secret) -> bool {
        let word = match self {
            Self::Sandbox => "_test_",
            Self::Production => "_live_",
        };
        key.reveal().contains(word)
    }

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
            total_timeout: Duration::from_secs(30),
            page_size: 100,
            shared_as: None,
        }
    }
}

impl Config {
    /// The environment, where the key alone tells it.
    pub(crate) fn told_by_key(&self) -> Option<Environment> {
        match self.environment_header {
            EnvironmentHeader::Sent => None,
            EnvironmentHeader::Omitted => Some(self.environment),
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
    #[error("base_url is plain http to another machine; use https, or set allow_plain_http")]
    PlainHttp,
    /// The API key is empty or holds characters that no header can carry.
    #[error("api_key is empty or holds characters that a header cannot carry")]
    ApiKey,
    /// The key alone is to tell the environment, and does not, or tells another one.
    #[error(
        "environment_header is omitted: then the API key must say `_test_` or `_live_`, as the environment does"
    )]
    EnvironmentUnsaid,
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
