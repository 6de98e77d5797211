//! Who somebody is to the pages, and what they may do.
//!
//! Two ways in. A token, one per role: whoever has it says their name and gets a cookie, signed with a key that lies in
//! the data directory, so that it outlives a restart. Or a proxy in front that has asked already: it names the person and
//! the role in headers, and proves with a secret that it is the proxy. A role is what the token or the proxy says, never
//! what the page says. Forms carry a mark that no other site can know.

use axum::http::{HeaderMap, HeaderName, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use workflow_core::time::Timestamp;

/// The cookie's name.
const COOKIE: &str = "runner";
/// How long a cookie is good: a working day.
const COOKIE_SECS: i64 = 12 * 3600;
/// The longest name that is kept with a decision.
const NAME_CHARS_MAX: usize = 80;
/// In which the proxy proves itself.
const PROXY_SECRET: HeaderName = HeaderName::from_static("x-proxy-secret");
/// In which the proxy says how somebody came to it.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What somebody may do, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Settle what needs a person.
    Operator,
    /// Also stop and start whole tenants.
    Admin,
}

impl Role {
    /// All of them, from least to most.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// Its name, as in configuration and headers.
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
}

/// Somebody who looks at a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who, as it is kept with what they decide.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A proxy that has asked who somebody is.
#[derive(Clone)]
pub struct Proxy {
    /// The header that names the person.
    pub user: HeaderName,
    /// The header that names the role: `viewer`, `operator` or `admin`.
    pub role: HeaderName,
    /// What the proxy proves itself with, in `x-proxy-secret`.
    pub secret: String,
}

/// Who may come in.
#[derive(Clone)]
pub struct Access {
    /// Signs cookies and marks.
    key: [u8; 32],
    /// What each token gives.
    tokens: Vec<(Role, String)>,
    /// A proxy in front, if there is one.
    proxy: Option<Proxy>,
    /// Whether people come through TLS, whatever a request says.
    over_tls: bool,
}

/// What a cookie says.
#[derive(Serialize, Deserialize)]
struct Session {
    person: Person,
    until: Timestamp,
}

impl Access {
    /// Access by these tokens, and through this proxy.
    pub fn new(key: [u8; 32], tokens: Vec<(Role, String)>, proxy: Option<Proxy>) -> Self {
        Self { key, tokens, proxy, over_tls: false }
    }

    /// The same where the address that people use is this.
    pub fn at(self, public_url: Option<&str>) -> Self {
        let over_tls = public_url.is_some_and(|url| url.starts_with("https://"));
        Self { over_tls, ..self }
    }

    /// Who sends a request; `None` for somebody who has not come in yet.
    pub fn person(&self, headers: &HeaderMap, now: Timestamp) -> Option<Person> {
        self.through_proxy(headers).or_else(|| self.by_cookie(headers, now))
    }

    fn through_proxy(&self, headers: &HeaderMap) -> Option<Person> {
        let proxy = self.proxy.as_ref()?;
        let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
        if !self.is_proxied(headers) {
            return None;
        }
        let role = text(&proxy.role)?;
        let role = Role::ALL.into_iter().find(|known| known.name() == role)?;
        Some(Person { name: name(text(&proxy.user)?)?, role })
    }

    /// Whether the proxy that was agreed on sends this.
    fn is_proxied(&self, headers: &HeaderMap) -> bool {
        let told = headers.get(&PROXY_SECRET).and_then(|told| told.to_str().ok());
        told.zip(self.proxy.as_ref()).is_some_and(|(told, proxy)| same(told, &proxy.secret))
    }

    /// Whether a cookie may be sent over TLS alone: by what people use as address, or as the proxy says.
    fn is_over_tls(&self, headers: &HeaderMap) -> bool {
        let https = headers.get(&FORWARDED_PROTO).is_some_and(|proto| proto == "https");
        self.over_tls || (https && self.is_proxied(headers))
    }

    fn by_cookie(&self, headers: &HeaderMap, now: Timestamp) -> Option<Person> {
        let cookies =
            headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).map(str::trim);
        let ours = pairs.find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='))?;
        let (told, mark) = ours.split_once('.')?;
        if !same(mark, &self.mark("cookie", told)) {
            return None;
        }
        let session = URL_SAFE_NO_PAD.decode(told).ok()?;
        let session: Session = serde_json::from_slice(&session).ok()?;
        (session.until > now).then_some(session.person)
    }

    /// The person that a token lets in under this name, and their cookie. `headers` are those of the request.
    pub fn enter(
        &self,
        token: &str,
        called: &str,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<(Person, String)> {
        // Every token is compared, whichever fits.
        let fits = self.tokens.iter().filter(|(_, known)| same(token.trim(), known));
        let role = fits.map(|(role, _)| *role).max()?;
        let person = Person { name: name(called)?, role };
        let until = Timestamp(now.0 + COOKIE_SECS * 1000);
        let session = serde_json::to_vec(&Session { person: person.clone(), until }).ok()?;
        let told = URL_SAFE_NO_PAD.encode(session);
        let mark = self.mark("cookie", &told);
        Some((person, self.cookie(&format!("{told}.{mark}"), COOKIE_SECS, headers)))
    }

    /// A cookie that ends the one before.
    pub fn left(&self, headers: &HeaderMap) -> String {
        self.cookie("", 0, headers)
    }

    fn cookie(&self, value: &str, secs: i64, headers: &HeaderMap) -> String {
        let secure = if self.is_over_tls(headers) { "; Secure" } else { "" };
        format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={secs}{secure}")
    }

    /// What a form of this person's carries.
    pub fn form_mark(&self, person: &Person) -> String {
        self.mark("form", &format!("{}/{}", person.role.name(), person.name))
    }

    /// Whether a form came from a page of ours.
    pub fn is_ours(&self, person: &Person, mark: &str) -> bool {
        same(mark, &self.form_mark(person))
    }

    fn mark(&self, what: &str, of: &str) -> String {
        mark(&self.key, what, of)
    }
}

/// The admin's token of a key.
pub(super) fn token_of(key: &[u8; 32]) -> String {
    mark(key, "token", Role::Admin.name())
}

/// What only the holder of the key can make; each purpose has marks of its own.
fn mark(key: &[u8; 32], purpose: &str, of: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(purpose.as_bytes());
    mac.update(b"\0");
    mac.update(of.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// A name as it is kept: something to read, on one line.
fn name(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn access() -> Access {
        let tokens = vec![(Role::Viewer, "look".to_owned()), (Role::Operator, "settle".to_owned())];
        let proxy = Proxy {
            user: HeaderName::from_static("x-user"),
            role: HeaderName::from_static("x-role"),
            secret: "between us".to_owned(),
        };
        Access::new([7; 32], tokens, Some(proxy))
    }

    fn carrying(cookie: &str) -> HeaderMap {
        let pair = cookie.split(';').next().expect("a cookie begins with its pair");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("other=1; {pair}").parse().expect("it is text"));
        headers
    }

    #[test]
    fn a_token_gives_its_role_until_the_cookie_ends() {
        let (person, cookie) =
            access().enter("settle", " Kim ", &HeaderMap::new(), NOW).expect("the token fits");
        assert_eq!(person, Person { name: "Kim".to_owned(), role: Role::Operator });
        assert_eq!(access().person(&carrying(&cookie), NOW), Some(person));
        let later = Timestamp(NOW.0 + COOKIE_SECS * 1000);
        assert_eq!(access().person(&carrying(&cookie), later), None);
        assert_eq!(access().enter("wrong", "Kim", &HeaderMap::new(), NOW), None);
        assert_eq!(
            access().enter("settle", "\n ", &HeaderMap::new(), NOW),
            None,
            "a decision needs a name"
        );
    }

    #[test]
    fn a_cookie_that_anybody_touched_opens_nothing() {
        let (_, cookie) =
            access().enter("look", "Kim", &HeaderMap::new(), NOW).expect("the token fits");
        let pair = cookie.split(';').next().expect("a cookie begins with its pair");
        for at in "runner=".len()..pair.len() {
            let mut bytes = pair.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            if bytes == pair.as_bytes() {
                continue;
            }
            let touched = String::from_utf8(bytes).expect("it is ASCII");
            assert_eq!(access().person(&carrying(&touched), NOW), None, "byte {at}");
        }
    }

    #[test]
    fn a_proxy_is_believed_only_with_its_secret() {
        let told = |secret: &str, role: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-user", "kim@firm".parse().expect("it is text"));
            headers.insert("x-role", role.parse().expect("it is text"));
            headers.insert(PROXY_SECRET, secret.parse().expect("it is text"));
            access().person(&headers, NOW)
        };
        let admin = Person { name: "kim@firm".to_owned(), role: Role::Admin };
        assert_eq!(told("between us", "admin"), Some(admin));
        assert_eq!(told("between them", "admin"), None);
        assert_eq!(told("between us", "owner"), None, "there is no such role");
    }

    #[test]
    fn behind_https_a_cookie_travels_over_nothing_else() {
        let cookie = |access: &Access, headers: &HeaderMap| {
            let (_, cookie) = access.enter("look", "Kim", headers, NOW).expect("the token fits");
            assert_eq!(access.left(headers).contains("; Secure"), cookie.contains("; Secure"));
            cookie
        };
        let (mut told, plain) = (HeaderMap::new(), HeaderMap::new());
        told.insert(FORWARDED_PROTO, "https".parse().expect("it is text"));
        assert!(!cookie(&access(), &plain).contains("Secure"));
        assert!(!cookie(&access(), &told).contains("Secure"), "anybody may say so");
        told.insert(PROXY_SECRET, "between us".parse().expect("it is text"));
        assert!(cookie(&access(), &told).ends_with("; Secure"));
        let public = access().at(Some("https://insured.example.com"));
        assert!(cookie(&public, &plain).ends_with("; Secure"));
        assert!(!cookie(&access().at(Some("http://127.0.0.1:8097")), &plain).contains("Secure"));
    }

    #[test]
    fn a_form_of_another_person_is_not_taken() {
        let access = access();
        let kim = Person { name: "Kim".to_owned(), role: Role::Operator };
        let mark = access.form_mark(&kim);
        assert!(access.is_ours(&kim, &mark));
        assert!(!access.is_ours(&Person { role: Role::Admin, ..kim.clone() }, &mark));
        assert!(!access.is_ours(&Person { name: "Lee".to_owned(), ..kim }, &mark));
        assert!(!access.is_ours(&Person { name: String::new(), role: Role::Viewer }, ""));
    }
}
