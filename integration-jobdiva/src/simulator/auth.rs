//! Logging in (five ways), the tokens given, and who is let through.
//!
//! A token is a JWT, but the simulator only remembers the digests of the ones it gave: what is not remembered is
//! refused, so revoking is forgetting. Only `exp` inside the token is meant for the client.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt;
use workflow_core::time::Timestamp;

use super::behaviour::HeaderForm;
use super::encoding::base64_url;
use super::envelope::{Answer, bad_request, spring, unauthorized};
use super::server::{Request, Settings};
use super::state::State;

/// What a client must present; no environment is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The number JobDiva support gives a tenant.
    pub client_id: u64,
    /// The API user.
    pub username: String,
    /// The API user's password.
    pub password: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            client_id: 4711,
            username: "api-user@example.com".into(),
            password: "simulated & not secret".into(),
        }
    }
}

/// Without the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Use {
    Access,
    Refresh,
}

/// A token that was given; kept under its digest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) r#use: Use,
    pub(super) expires: Timestamp,
}

/// A way to get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// Credentials in the query, a pair of tokens in JSON.
    Pair,
    /// Credentials in the query, the token as text.
    Text,
    /// Credentials in the body, a pair of tokens in JSON.
    Body,
    /// The refresh token, for a new pair.
    Refresh,
}

/// The five logins: method, path, way, what it does.
pub(super) const LOGINS: [(&str, &str, Login, &str); 5] = [
    ("GET", "/apiv2/v2/authenticate", Login::Pair, "Log in; a pair of tokens"),
    ("GET", "/apiv2/authenticate", Login::Text, "Log in; the token as text"),
    ("POST", "/apiv2/v2/login", Login::Body, "Log in with a body; a pair of tokens"),
    ("GET", "/apiv2/v2/refreshToken", Login::Refresh, "A new pair for the refresh token"),
    ("GET", "/api/authenticate", Login::Text, "Log in to version 1; the token as text"),
];

/// Answers a login.
pub(super) fn login(
    state: &mut State,
    settings: &Settings,
    request: &Request,
    login: Login,
    now: Timestamp,
) -> Answer {
    let answer = match login {
        Login::Pair => by_query(settings, request, now).map(|()| pair(state, settings, now)),
        Login::Text => by_query(settings, request, now)
            .map(|()| Answer::text(give(state, settings, Use::Access, now))),
        Login::Body => by_body(settings, request, now).map(|()| pair(state, settings, now)),
        Login::Refresh => Ok(refresh(state, settings, request, now)),
    };
    answer.unwrap_or_else(|refused| refused)
}

/// Whether the request carries a living access token.
pub(super) fn is_let_in(
    state: &State,
    settings: &Settings,
    request: &Request,
    now: Timestamp,
) -> bool {
    presented(settings.behaviour.header, request)
        .is_some_and(|token| is_alive(state, token, Use::Access, now))
}

fn presented(form: HeaderForm, request: &Request) -> Option<&str> {
    let header = request.authorization.as_deref()?;
    match (header.strip_prefix("Bearer "), form) {
        (Some(token), HeaderForm::Both | HeaderForm::BearerOnly) => Some(token),
        (None, HeaderForm::Both | HeaderForm::RawOnly) => Some(header),
        (Some(_), HeaderForm::RawOnly) | (None, HeaderForm::BearerOnly) => None,
    }
}

fn is_alive(state: &State, token: &str, r#use: Use, now: Timestamp) -> bool {
    let known = state.tokens.get(&digest(token));
    known.is_some_and(|known| known.r#use == r#use && known.expires > now)
}

fn by_query(settings: &Settings, request: &Request, now: Timestamp) -> Result<(), Answer> {
    let one = |name: &str| {
        let missing =
            || bad_request(&format!("Required String parameter '{name}' is not present"), now);
        request.query.one(name).ok_or_else(missing)
    };
    let client_id = one("clientid")?
        .parse()
        .map_err(|_| bad_request("Failed to convert value of parameter 'clientid'", now))?;
    check(settings, request, client_id, one("username")?, one("password")?, now)
}

fn by_body(settings: &Settings, request: &Request, now: Timestamp) -> Result<(), Answer> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| bad_request("Malformed JSON request", now))?;
    let missing = || bad_request("Validation error", now);
    let client_id = body.get("clientId").and_then(Value::as_u64).ok_or_else(missing)?;
    let username = body.get("userName").and_then(Value::as_str).ok_or_else(missing)?;
    let password = body.get("password").and_then(Value::as_str).ok_or_else(missing)?;
    check(settings, request, client_id, username, password, now)
}

/// A bad login is a 500 by default, not a 401.
fn check(
    settings: &Settings,
    request: &Request,
    client_id: u64,
    username: &str,
    password: &str,
    now: Timestamp,
) -> Result<(), Answer> {
    let expected = &settings.credentials;
    let known = expected.client_id == client_id
        && expected.username == username
        && expected.password == password;
    let status = settings.behaviour.bad_login_status;
    let refused = || spring(status, "Invalid username/password", &request.path, now);
    known.then_some(()).ok_or_else(refused)
}

fn refresh(state: &mut State, settings: &Settings, request: &Request, now: Timestamp) -> Answer {
    let known = presented(settings.behaviour.header, request)
        .is_some_and(|token| is_alive(state, token, Use::Refresh, now));
    if known { pair(state, settings, now) } else { unauthorized(&request.path, now) }
}

fn pair(state: &mut State, settings: &Settings, now: Timestamp) -> Answer {
    Answer::json(json!({
        "token": give(state, settings, Use::Access, now),
        "refreshtoken": give(state, settings, Use::Refresh, now),
    }))
}

fn give(state: &mut State, settings: &Settings, r#use: Use, now: Timestamp) -> String {
    let lifetime_secs = match r#use {
        Use::Access => settings.behaviour.token_lifetime_secs,
        Use::Refresh => settings.behaviour.refresh_lifetime_secs,
    };
    let expires = Timestamp(now.0 + i64::from(lifetime_secs) * 1000);
    let claims = json!({
        "sub": settings.credentials.username,
        "jti": state.fresh_id(),
        "iat": now.as_secs(),
        "exp": expires.as_secs(),
        // Real tokens are about 1.2 kB, mostly a list of rights.
        "authorities": (0..40).map(|n| format!("API_METHOD_{n:04}")).collect::<Vec<_>>(),
    });
    let token = sign(&claims);
    state.tokens.retain(|_, known| known.expires > now);
    let expires = Timestamp::from_secs(expires.as_secs());
    state.tokens.insert(digest(&token), Token { r#use, expires });
    token
}

/// Signs with a key that guards nothing: tokens are looked up, not verified.
fn sign(claims: &Value) -> String {
    let head = base64_url(br#"{"alg":"HS256","typ":"JWT"}"#);
    let unsigned = format!("{head}.{}", base64_url(claims.to_string().as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(b"simulator").expect("a key of any length");
    mac.update(unsigned.as_bytes());
    format!("{unsigned}.{}", base64_url(&mac.finalize().into_bytes()))
}

fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
