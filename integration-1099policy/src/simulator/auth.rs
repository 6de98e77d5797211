//! Who calls: the key gives the tenant, the header or the key's spelling the environment.

use std::collections::BTreeMap;

use super::base64;
use super::reply::Refusal;
use super::request::Request;

/// A caller that may proceed.
pub(super) struct Caller {
    /// `<tenant>/<environment>`: the book of objects it sees.
    pub(super) scope: String,
}

pub(super) fn caller(
    keys: &BTreeMap<String, String>,
    request: &Request,
) -> Result<Caller, Refusal> {
    let refused = || Refusal::with(401, "invalid_api_key", "No valid API key provided.");
    let key = key(request.header("authorization").unwrap_or_default()).ok_or_else(refused)?;
    let tenant = keys.get(&key).ok_or_else(refused)?;
    let environment = match request.header("ten99policy-environment") {
        Some(named @ ("sandbox" | "production")) => named,
        Some(_) => {
            return Err(Refusal::validation("bad_request", "Unknown Ten99Policy-Environment."));
        }
        None => environment_of(&key),
    };
    Ok(Caller { scope: format!("{tenant}/{environment}") })
}

/// The environment a key stands for when no header says so.
pub(super) fn environment_of(key: &str) -> &'static str {
    if key.contains("_live_") { "production" } else { "sandbox" }
}

/// The scheme a request came with, for the request log.
pub(super) fn scheme(request: &Request) -> String {
    let header = request.header("authorization").unwrap_or_default();
    header.split_once(' ').map_or("none", |(scheme, _)| scheme).to_ascii_lowercase()
}

fn key(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(base64::decode(rest.trim())?).ok()?;
    pair.split_once(':').map(|(user, _)| user.to_owned())
}
