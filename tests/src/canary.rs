//! Canaries: whatever is logged while tests run, at every level and by every crate, and whatever the log keeps, shows
//! nobody's address and opens nothing.
//!
//! Every world and every simulated tenant holds a [`Watch`]. The first one begins to listen to everything that the process
//! says through `tracing`, for as long as the process runs; each looks, when it goes, whether anything was said that may not
//! be. So a line that tells too much fails a test, whichever test made it. What is looked for are shapes (an e-mail, a phone
//! number, a social security number, a token) and the secrets and names of the simulators, which stand nowhere else.

use std::fmt::{self, Write as _};
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Texts that stand nowhere but in secrets and in people's data, in lower case: the simulators' password and API user, how
/// their keys and secrets begin, and people of theirs and of the stories.
const TEXTS: [&str; 30] = [
    "simulated & not secret",
    "simulated+%26+not+secret",
    "simulated%20%26%20not%20secret",
    "p&ss w0rd",
    "p%26ss+w0rd",
    "shared & signed",
    "t9k_test_",
    "t9k_live_",
    "whsec_",
    "bearer ",
    "okafor",
    "lindqvist",
    "castellan",
    "harrowgate",
    "valderrama",
    "dunmore",
    "brightwell",
    "tremblay",
    "ashdown",
    "fairlie",
    "ellsworth",
    "halloway",
    "nakagawa",
    "thornbury",
    "wetherby",
    "pemberley",
    "varga",
    "byron",
    "zaphkiel",
    "achterberg",
];

/// What a hit holds that was made on purpose, to see that it is heard.
const TRIAL: &str = "(a trial)";

/// How many hits are kept.
const HITS_MAX: usize = 20;

static HITS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Looks at what was said, when it goes.
#[derive(Debug)]
pub struct Watch(());

impl Watch {
    /// Begins to listen, if nobody does yet.
    #[allow(clippy::new_without_default, reason = "a watch is begun, not defaulted")]
    pub fn new() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            tracing::subscriber::set_global_default(Listener).expect("nobody else listens");
        });
        Self(())
    }

    /// The same where somebody else listens, and passes on what is said ([`hear`]).
    pub fn of_another_listener() -> Self {
        Self(())
    }
}

/// Notes what may not be said, of a line that somebody else heard.
pub fn hear(line: &str) {
    if let Some(canary) = canary(line) {
        note(format!("{canary}: {line}"));
    }
}

fn note(hit: String) {
    let mut hits = HITS.lock().unwrap_or_else(PoisonError::into_inner);
    if hits.len() < HITS_MAX {
        hits.push(hit);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // A test that fails already says why.
        if !std::thread::panicking() {
            assert_silent();
        }
    }
}

/// Fails when something was said that may not be, since the process began.
pub fn assert_silent() {
    let hits = HITS.lock().unwrap_or_else(PoisonError::into_inner);
    let hits: Vec<&str> =
        hits.iter().map(String::as_str).filter(|hit| !hit.contains(TRIAL)).collect();
    assert!(hits.is_empty(), "these tell too much:\n{}", hits.join("\n"));
}

/// What in a text tells of a person or opens something; `None` for a good one.
pub fn canary(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let known = TEXTS.iter().find(|known| lower.contains(**known)).map(|known| (*known).to_owned());
    known.or_else(|| address(&lower)).or_else(|| number(&lower)).or_else(|| token(&lower))
}

/// What in the bytes of a record, of which most are no text, tells of a person: names and addresses of the simulators and of
/// the stories. A made-up address is none: it is the candidate's number again.
pub fn person(bytes: &[u8]) -> Option<&'static str> {
    let lower = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let addresses = ["@real.test", "@other.test", "@new.test", "@canary.test", "@example.com"];
    TEXTS.into_iter().chain(addresses).find(|known| lower.contains(known))
}

/// Something like an e-mail address, also as a URL has it.
fn address(text: &str) -> Option<String> {
    let plain = text.replace("%40", "@");
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    plain.match_indices('@').find_map(|(at, _)| {
        let before: String = plain[..at].chars().rev().take_while(|c| word(*c)).collect();
        let after: String = plain[at + 1..].chars().take_while(|c| word(*c)).collect();
        let domain = after.trim_end_matches('.');
        (!before.is_empty() && domain.contains('.')).then(|| format!("an address @{domain}"))
    })
}

/// Something like a token: three parts of which the first is JSON in base64.
fn token(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c));
    let found = words.find(|word| word.starts_with("eyj") && word.matches('.').count() == 2);
    found.map(|_| "a token".to_owned())
}

/// Something like an American phone number or a social security number.
fn number(text: &str) -> Option<String> {
    let groups = |text: &str| -> Vec<usize> { text.split('-').map(str::len).collect() };
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let found = words.find(|word| {
        word.bytes().all(|b| b.is_ascii_digit() || b == b'-')
            && [vec![3, 3, 4], vec![3, 2, 4]].contains(&groups(word))
    });
    found.map(|_| "a number such as people have".to_owned())
}

/// Hears everything.
struct Listener;

impl Listener {
    fn heard(&self, about: &Metadata<'_>, values: impl FnOnce(&mut Text)) {
        let mut text = Text(String::new());
        values(&mut text);
        if let Some(canary) = canary(&text.0) {
            note(format!("{canary}: {} {}:{}", about.level(), about.target(), text.0));
        }
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.heard(span.metadata(), |text| span.record(text));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        if let Some(canary) = canary(&text.0) {
            note(format!("{canary}: in a span:{}", text.0));
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.heard(event.metadata(), |text| event.record(text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The values of an event or a span as a log would write them.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {field}={value}");
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        // As both forms of a subscriber write it, with its causes.
        let _ = write!(self.0, " {field}={value} {value:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_too_much_is_seen() {
        for text in [
            "no contractor for ana@example.test",
            "GET /contractors?email=ana%40example.test",
            "call 559-555-0142",
            "(123-45-6789)",
            "Authorization: Bearer x",
            "token eyJhbGciOi.x.y",
            "?password=simulated+%26+not+secret",
            "Marisol OKAFOR",
        ] {
            assert!(canary(text).is_some(), "{text}");
        }
        for text in [
            "2026-03-24 placement 51000777 of candidate 70011000042",
            "kim paused it @ noon",
            "GET /policies/pl_NIeyjd53IK",
            "x@y",
            "00000000-555-0142-0000-000000000000",
            "position 100-200-3000-4",
        ] {
            assert_eq!(canary(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_logged_is_heard() {
        // On this thread only: somebody else may listen for the whole process.
        tracing::subscriber::with_default(Listener, || {
            tracing::trace!(who = "ana@example.test", "{TRIAL}");
        });
        hear(&format!("{TRIAL} bob@example.test"));
        let heard = HITS.lock().unwrap().clone();
        for name in ["ana@", "bob@"] {
            assert!(heard.iter().any(|hit| hit.contains(TRIAL) && hit.contains(name)), "{heard:?}");
        }
        assert_silent();
    }
}
