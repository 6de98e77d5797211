//! The login token: read out of a login's answer, with the moment at which it should be replaced.
//!
//! Its signature is not verified: it is the service's own and goes back to it. Sending it is `client.rs`. The refresh
//! token is used only where a tenant enables it: logging in anew does the same with one way less to fail.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;
use workflow_core::time::Timestamp;

use crate::operations::normalise;
use crate::secret::Secret;
use crate::wire::row::Pairs;

/// How long before its end a token is replaced.
const SKEW: Duration = Duration::from_secs(300);
/// The life of a token that does not say when it ends.
const ASSUMED_LIFE: Duration = Duration::from_secs(55 * 60);
/// A token is about 1.2 kB; a longer text is no token.
const TOKEN_BYTES_MAX: usize = 16 << 10;

/// A token in use.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// What is sent.
    pub(crate) secret: Secret,
    /// What a new one can be had for, where the login gave it.
    pub(crate) refresh: Option<Secret>,
    /// When it stops being accepted, by its own word or by assumption.
    pub(crate) expires: Timestamp,
    /// Which login gave it: tells whether somebody else has logged in since.
    pub(crate) login: u64,
}

/// What a login answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The token.
    pub(crate) token: Secret,
    /// The refresh token, where there is one.
    pub(crate) refresh: Option<Secret>,
}

impl Token {
    /// A token fresh from the `login`-th login, at `now`.
    pub(crate) fn new(pair: Pair, login: u64, now: Timestamp) -> Self {
        let Pair { token: secret, refresh } = pair;
        let expires = expiry(secret.reveal()).unwrap_or_else(|| now.plus(ASSUMED_LIFE));
        Self { secret, refresh, expires, login }
    }

    /// Whether it will still be accepted for a while.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.plus(SKEW) < self.expires
    }
}

/// The tokens in a login's answer, JSON or text; `None` when there is none.
pub(crate) fn in_answer(body: &str) -> Option<Pair> {
    let body = body.trim();
    let (token, refresh) = match body.as_bytes().first()? {
        b'{' => {
            let pairs: Pairs<'_> = serde_json::from_str(body).ok()?;
            let token = member(&pairs, "token").or_else(|| member(&pairs, "accesstoken"))?;
            (token, member(&pairs, "refreshtoken"))
        }
        b'"' => (serde_json::from_str(body).ok()?, None),
        _ => (body.to_owned(), None),
    };
    Some(Pair { token: plausible(&token)?, refresh: refresh.and_then(|text| plausible(&text)) })
}

/// A text that can be a token: three parts of visible characters.
fn plausible(text: &str) -> Option<Secret> {
    let text = text.trim();
    let plausible = !text.is_empty()
        && text.len() <= TOKEN_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_graphic())
        && text.bytes().filter(|b| *b == b'.').count() == 2;
    plausible.then(|| Secret::new(text))
}

fn member(pairs: &Pairs<'_>, name: &str) -> Option<String> {
    let found: Option<&RawValue> =
        pairs.0.iter().find(|(key, _)| normalise(key) == name).map(|(_, raw)| *raw);
    serde_json::from_str(found?.get()).ok()
}

/// `exp` of a JWT, unverified.
fn expiry(token: &str) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let payload = token.split('.').nth(1)?.trim_end_matches('=');
    let json = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims = serde_json::from_slice(&json).ok()?;
    Some(Timestamp::from_secs(claims.exp))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(token: &str) -> Pair {
        Pair { token: Secret::new(token), refresh: None }
    }

    fn jwt(claims: &str) -> String {
        format!("eyJh.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_end_is_read_or_assumed() {
        let now = Timestamp::from_secs(1_000);
        let token = Token::new(pair(&jwt(r#"{"exp":87400,"sub":"x"}"#)), 1, now);
        assert_eq!(token.expires, Timestamp::from_secs(87_400));
        assert!(token.is_fresh(Timestamp::from_secs(87_099)));
        assert!(!token.is_fresh(Timestamp::from_secs(87_100)));
        let opaque = Token::new(pair("a.b.c"), 1, now);
        assert_eq!(opaque.expires, Timestamp::from_secs(1_000 + 55 * 60));
    }

    #[test]
    fn every_login_answer_is_understood() {
        for body in [
            r#"{"token":"a.b.c","refreshtoken":"d.e.f"}"#,
            r#"{"access_token":"a.b.c"}"#,
            "a.b.c",
            "\"a.b.c\"\n",
        ] {
            assert_eq!(in_answer(body).unwrap().token.reveal(), "a.b.c", "{body}");
        }
        for (body, refresh) in [
            (r#"{"token":"a.b.c","refreshtoken":"d.e.f"}"#, Some("d.e.f")),
            (r#"{"token":"a.b.c","refreshToken":"d.e.f"}"#, Some("d.e.f")),
            (r#"{"token":"a.b.c","refreshtoken":"d"}"#, None),
            ("a.b.c", None),
        ] {
            let pair = in_answer(body).unwrap();
            assert_eq!(pair.refresh.as_ref().map(Secret::reveal), refresh, "{body}");
        }
        for body in ["", "{}", "Error: no", "<html>", r#"{"token":null}"#, "a b.c.d", "abc"] {
            assert_eq!(in_answer(body), None, "{body}");
        }
    }
}
