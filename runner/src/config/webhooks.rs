//! The keys of both `[tenant.*.webhook]` tables, and of `[listen]` what the webhook door allows to whom.

use std::collections::BTreeMap;

use integration_1099policy::receive as policy;
use integration_jobdiva::receive as jobdiva;

use super::reader::Section;
use super::tenant::{Reading, secret};
use super::{JobDivaHook, PolicyHook};
use crate::endpoint;
use crate::ingress::sources::{Network, Rules};

/// The longest answer that a hook may give.
const REPLY_BYTES_MAX: usize = 256;

/// Reads JobDiva's table. `Some(None)`: no webhooks; `None`: a mistake.
pub(super) fn jobdiva_hook(
    section: Section<'_>,
    read: &Reading<'_>,
    tenant: Option<&str>,
) -> Option<Option<JobDivaHook>> {
    if !section.is_present() {
        return Some(None);
    }
    let endpoint = endpoint(&section, tenant);
    let signing = signing(&section);
    let needed = signing.as_ref().is_none_or(|of| of.require == jobdiva::Require::Signed);
    let secrets =
        if needed || names_secret(&section) { secrets(&section, read) } else { Some(Vec::new()) };
    let types: BTreeMap<String, String> = section.section("types").map().into_iter().collect();
    let reply = section.text("reply_body").unwrap_or_else(|| jobdiva::REPLY.to_owned());
    if reply.len() > REPLY_BYTES_MAX {
        section.note("reply_body", format!("longer than {REPLY_BYTES_MAX} bytes"));
    }
    section.usual_text("reply_body", &reply);
    let allow_from = networks(&section, "allow_from");
    let secrets: Vec<_> =
        secrets?.into_iter().map(integration_jobdiva::secret::Secret::new).collect();
    let hook = JobDivaHook {
        endpoint: endpoint?,
        secrets,
        signing: signing?,
        types,
        reply,
        allow_from: allow_from?,
    };
    if let Err(error) = hook.receiver() {
        let key = match error {
            jobdiva::BadReceiver::EmptySecret => "secret_file",
            jobdiva::BadReceiver::BadHeader(_) => "headers",
            jobdiva::BadReceiver::UnknownType(_) => "types",
        };
        section.note(key, error.to_string());
        return None;
    }
    section.finish();
    Some(Some(hook))
}

fn signing(section: &Section<'_>) -> Option<jobdiva::Signing> {
    let usual = jobdiva::Signing::default();
    let algorithms = section.section("algorithms");
    let named = section.texts("headers");
    if named.is_none() && algorithms.is_present() {
        section.note("algorithms", "name the headers in `headers` as well");
    }
    let names =
        named.unwrap_or_else(|| usual.headers.iter().map(|(name, _)| name.clone()).collect());
    let words = [
        ("sha1", jobdiva::Algorithm::Sha1),
        ("sha256", jobdiva::Algorithm::Sha256),
        ("either", jobdiva::Algorithm::Either),
    ];
    let algorithm = |name: String| {
        let known = usual.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(&name));
        let known = known.map_or(jobdiva::Algorithm::Either, |(_, algorithm)| *algorithm);
        let told = algorithms.word(&name, &words);
        (name, told.unwrap_or(known))
    };
    let headers = names.into_iter().map(algorithm).collect();
    algorithms.finish();
    let prefix = section.word(
        "prefix",
        &[
            ("required", jobdiva::Prefix::Required),
            ("optional", jobdiva::Prefix::Optional),
            ("none", jobdiva::Prefix::Absent),
        ],
    );
    let encoding = section.word(
        "encoding",
        &[("hex", jobdiva::Encoding::Hex), ("base64", jobdiva::Encoding::Base64)],
    );
    let require = match section.flag("require") {
        Some(false) => jobdiva::Require::IfSigned,
        Some(true) | None => jobdiva::Require::Signed,
    };
    section.usual("require", true);
    let names: Vec<String> = usual.headers.iter().map(|(name, _)| name.clone()).collect();
    section.usual_texts("headers", &names);
    section.usual_text("prefix", "optional");
    section.usual_text("encoding", "hex");
    Some(jobdiva::Signing {
        headers,
        prefix: prefix.unwrap_or(usual.prefix),
        encoding: encoding.unwrap_or(usual.encoding),
        require,
    })
}

/// Reads 1099Policy's table. `Some(None)`: no webhooks; `None`: a mistake.
pub(super) fn policy_hook(
    section: Section<'_>,
    read: &Reading<'_>,
    tenant: Option<&str>,
) -> Option<Option<PolicyHook>> {
    use policy::Profile;
    if !section.is_present() {
        return Some(None);
    }
    let endpoint = endpoint(&section, tenant);
    let names = "one of \"none\", \"shared-token\", \"hmac-hex\", \"t-v1\", \"standard-webhooks\"";
    section.required("profile", names);
    let told = section.text("header");
    let header = || told.clone().unwrap_or_else(|| "Ten99Policy-Signature".to_owned());
    let profile = section.parsed("profile", names, |word| match word {
        "none" => Some(Profile::None),
        "shared-token" => Some(Profile::SharedToken { header: header() }),
        "hmac-hex" => Some(Profile::HmacHex { header: header() }),
        "t-v1" => Some(Profile::TimestampedV1 { header: header() }),
        "standard-webhooks" => Some(Profile::StandardWebhooks),
        _ => None,
    });
    let secrets = match profile {
        Some(Profile::None) => Some(Vec::new()),
        _ => secrets(&section, read),
    };
    let allow_from = networks(&section, "allow_from");
    let secrets: Vec<_> =
        secrets?.into_iter().map(integration_1099policy::secret::Secret::new).collect();
    let hook =
        PolicyHook { endpoint: endpoint?, profile: profile?, secrets, allow_from: allow_from? };
    if let Err(error) = hook.receiver() {
        let key = match error {
            policy::BadReceiver::NoHeader => "header",
            policy::BadReceiver::EmptySecret
            | policy::BadReceiver::NotBase64
            | policy::BadReceiver::NotAPublicKey => "secret_file",
        };
        section.note(key, error.to_string());
        return None;
    }
    section.finish();
    Some(Some(hook))
}

/// Reads from `[listen]` whom the door believes and how much it allows.
pub(super) fn sources(section: &Section<'_>) -> Option<Rules> {
    let usual = Rules::default();
    let per_minute = |key: &str| {
        let number = section.number(key)?;
        let number = u32::try_from(number).ok().filter(|number| (1..=60_000).contains(number));
        if number.is_none() {
            section.note(key, "expected 1 to 60000");
        }
        number
    };
    section.usual("refused_per_minute", usual.refused_per_minute);
    Some(Rules {
        refused_per_minute: per_minute("refused_per_minute").unwrap_or(usual.refused_per_minute),
        requests_per_minute: per_minute("requests_per_minute"),
        trusted_proxies: networks(section, "trusted_proxies")?,
    })
}

/// A list of addresses or ranges of them; empty where the key is not there.
fn networks(section: &Section<'_>, key: &str) -> Option<Vec<Network>> {
    let Some(texts) = section.texts(key) else { return Some(Vec::new()) };
    let parse = |text: &String| {
        let network = text.parse::<Network>().ok();
        if network.is_none() {
            section.note(
                key,
                format!("`{text}` is no address such as \"192.0.2.7\" or \"192.0.2.0/24\""),
            );
        }
        network
    };
    texts.iter().map(parse).collect()
}

/// The unguessable part of a webhook's address.
fn endpoint(section: &Section<'_>, tenant: Option<&str>) -> Option<String> {
    let text = section.required("endpoint", "what `runner webhook endpoint` makes")?;
    let names: Vec<&str> = tenant.into_iter().collect();
    if let Err(guessable) = endpoint::check(&text, &names) {
        let what = format!(
            "{guessable}: anybody who guesses it can knock; `runner webhook endpoint` makes one"
        );
        section.note("endpoint", what);
        return None;
    }
    Some(text)
}

fn names_secret(section: &Section<'_>) -> bool {
    ["secret", "secret_file", "secret_env"].iter().any(|key| section.text(key).is_some())
}

/// The current secret and, while rotating, the previous one.
fn secrets(section: &Section<'_>, read: &Reading<'_>) -> Option<Vec<String>> {
    let current = secret(section, "secret", read);
    let rotating = section.text("previous_secret_file").is_some()
        || section.text("previous_secret_env").is_some();
    let previous = if rotating { Some(secret(section, "previous_secret", read)?) } else { None };
    if previous.is_some() && previous == current {
        section.note("previous_secret_file", "both secrets are the same: nothing is rotated");
        return None;
    }
    Some(std::iter::once(current?).chain(previous).collect())
}
