//! What is known when a request did not simply succeed, classified by evidence: what left, and what came back.
//!
//! Pure. `client.rs` gathers the evidence, `perform.rs` turns a `Failure` into an outcome, everything that only
//! reads turns it into an [`Error`]. Read `client.rs` next.

use std::time::Duration;

pub use workflow_core::backoff::RetryAfter;
use workflow_core::domain::call::{Answer, Refusal};
use workflow_core::outcome::{Again, Attempt, Outcome, Trace};
use workflow_core::outlet::Later;

use crate::wire::error::Problem;

/// How long a call waits after the API key was refused: only a person can put that right.
const KEY_REFUSED_WAIT: Duration = Duration::from_secs(15 * 60);

/// How often one key may be answered "still in flight" before it is taken for stuck.
const IN_FLIGHT_MAX: u32 = 8;

/// A read that gave nothing to go by.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is wrong with the question; ask again later.
    #[error("1099Policy gave no answer: {reason}")]
    Unavailable {
        /// Why; no personal data.
        reason: String,
        /// The provider's wish, where it had one.
        after: Option<RetryAfter>,
    },
    /// A definite no.
    #[error("1099Policy refused: {} {}: {}", .0.status, .0.code, .0.message)]
    Refused(Refusal),
    /// An answer that cannot be understood.
    #[error("1099Policy answered what cannot be understood: {0}")]
    Unreadable(String),
}

impl Error {
    /// Whether the provider says that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 404)
    }
}

/// An answer that leads elsewhere: whoever gave it is not the API. Where to is not told, it may name anybody.
fn redirected(status: u16) -> Refusal {
    let message = "the answer leads elsewhere, and no redirect is followed: is base_url right?";
    Refusal { status, code: "redirected".to_owned(), message: message.to_owned() }
}

/// Whether a refusal concerns the key rather than the one request: everything else would be refused as well.
pub fn stops_the_connector(refusal: &Refusal) -> bool {
    let about_one_thing = matches!(
        refusal.code.as_str(),
        "contractor_blocked_for_writes" | "custom_applications_disabled"
    );
    matches!(refusal.status, 401 | 403) && !about_one_thing
}

/// What is known of a request that did not simply succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It never left: no name, no connection, no TLS.
    NotSent(String),
    /// It was not made: the provider is not to be asked now, or did not answer lately.
    PutOff(Later),
    /// It left, and no whole answer came.
    Lost(String),
    /// Refused before it was looked at: 429.
    Throttled(Option<RetryAfter>),
    /// Another request with the same key is being worked on: 409.
    InFlight,
    /// The server failed: 5xx.
    Broken {
        status: u16,
        code: Option<String>,
        /// The answer says that it is a stored one.
        replayed: bool,
        after: Option<RetryAfter>,
    },
    /// It succeeded, by the status, but the body says nothing that can be used.
    Unreadable(String),
    /// A definite no.
    Refused(Refusal),
}

/// The parts of an answer's head that classification looks at.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) should_retry: Option<String>,
    pub(crate) replayed: bool,
}

impl Failure {
    /// Classifies an answer that is not a 2xx.
    pub(crate) fn of(head: &Head, body: &[u8]) -> Self {
        let problem = Problem::read(head.status, body);
        let after = head.retry_after.as_deref().and_then(RetryAfter::parse);
        let wish = head.should_retry.as_deref().map(str::trim);
        match head.status {
            300..=399 => Self::Refused(redirected(head.status)),
            429 => Self::Throttled(after),
            409 if problem.is_about_the_key() => Self::InFlight,
            408 => Self::Lost("the server gave up waiting for the request (408)".to_owned()),
            // `Ten99Policy-Should-Retry: false` is the provider's word that repeating will not help.
            500.. if wish != Some("false") => Self::Broken {
                status: head.status,
                code: problem.code,
                replayed: head.replayed,
                after,
            },
            // A refused key stays refused, whatever the wish.
            401 | 403 => Self::Refused(problem.into_refusal(head.status)),
            400..=499 if wish == Some("true") => Self::Throttled(after),
            status => Self::Refused(problem.into_refusal(status)),
        }
    }

    /// Whether the provider refused with one of these codes.
    pub(crate) fn is_refusal(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Refused(refusal) if codes.contains(&refusal.code.as_str()))
    }

    /// Whether the provider says that there is no such thing.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 404)
    }

    /// What a POST under the attempt's key came to.
    pub(crate) fn of_post(self, attempt: &Attempt) -> Outcome<Answer> {
        // One before may have been stored under the key: not if it left no trace.
        let repeated = attempt.earlier > 0 && attempt.look_first;
        let burned_if = |burned| if burned { Trace::Burned } else { Trace::Unknown };
        let (trace, after) = match &self {
            Self::NotSent(_) => (Trace::None, None),
            Self::PutOff(later) => (Trace::None, Some(RetryAfter::At(later.until))),
            Self::Throttled(after) => (Trace::None, *after),
            Self::Lost(_) => (Trace::Unknown, None),
            Self::InFlight => (burned_if(attempt.earlier >= IN_FLIGHT_MAX), None),
            // A first failure is stored under its key and would be replayed for a day.
            Self::Broken { replayed, after, .. } => (burned_if(*replayed || repeated), *after),
            Self::Unreadable(_) => (burned_if(repeated), None),
            Self::Refused(refusal) => return self.refused(refusal, attempt),
        };
        self.again(trace, after, attempt)
    }

    /// What a PUT came to: no key protects it, and none is needed.
    pub(crate) fn of_put(self, attempt: &Attempt) -> Outcome<Answer> {
        let (trace, after) = match &self {
            Self::NotSent(_) => (Trace::None, None),
            Self::PutOff(later) => (Trace::None, Some(RetryAfter::At(later.until))),
            Self::Throttled(after) => (Trace::None, *after),
            Self::Broken { after, .. } => (Trace::Unknown, *after),
            Self::Lost(_) | Self::InFlight | Self::Unreadable(_) => (Trace::Unknown, None),
            Self::Refused(refusal) => return self.refused(refusal, attempt),
        };
        self.again(trace, after, attempt)
    }

    /// What a call came to whose look-up failed, before anything was sent that changes anything.
    ///
    /// The look-up itself leaves no trace, but what made it necessary stays unknown.
    pub(crate) fn of_lookup(self, attempt: &Attempt) -> Outcome<Answer> {
        let trace = match attempt.look_first || attempt.generation > 1 {
            true => Trace::Unknown,
            false => Trace::None,
        };
        let after = match &self {
            Self::Throttled(after) | Self::Broken { after, .. } => *after,
            Self::PutOff(later) => Some(RetryAfter::At(later.until)),
            Self::NotSent(_) | Self::Lost(_) | Self::InFlight | Self::Unreadable(_) => None,
            Self::Refused(refusal) => return self.refused(refusal, attempt),
        };
        self.again(trace, after, attempt)
    }

    /// A definite no answers its call, unless it concerns the key: then the call waits until the key is put right.
    fn refused(&self, refusal: &Refusal, attempt: &Attempt) -> Outcome<Answer> {
        if !stops_the_connector(refusal) {
            return Outcome::Answered(Answer::Refused(refusal.clone()));
        }
        let (status, code) = (refusal.status, &refusal.code);
        tracing::error!(stream = %attempt.stream, status, %code, "1099Policy refused the API key");
        let after = Some(KEY_REFUSED_WAIT);
        Outcome::Again(Again { trace: Trace::None, after, reason: self.reason() })
    }

    fn again(&self, trace: Trace, after: Option<RetryAfter>, attempt: &Attempt) -> Outcome<Answer> {
        let after = after.map(|wish| wish.wait(attempt.now));
        Outcome::Again(Again { trace, after, reason: self.reason() })
    }

    /// Why, for people.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::NotSent(reason) => format!("not sent: {reason}"),
            Self::PutOff(later) => format!("not sent: {}", later.why),
            Self::Lost(reason) => format!("no answer: {reason}"),
            Self::Throttled(_) => "asked to wait".to_owned(),
            Self::InFlight => "the same request is still being worked on".to_owned(),
            Self::Broken { status, code, replayed, .. } => format!(
                "the server failed with {status}{}{}",
                code.as_ref().map(|code| format!(" {code}")).unwrap_or_default(),
                if *replayed { ", replayed" } else { "" },
            ),
            Self::Unreadable(what) => format!("unreadable answer: {what}"),
            Self::Refused(refusal) => format!("refused: {} {}", refusal.status, refusal.code),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let reason = failure.reason();
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unreadable(what) => Self::Unreadable(what),
            Failure::Throttled(after) | Failure::Broken { after, .. } => {
                Self::Unavailable { reason, after }
            }
            Failure::PutOff(later) => {
                Self::Unavailable { reason, after: Some(RetryAfter::At(later.until)) }
            }
            Failure::NotSent(_) | Failure::Lost(_) | Failure::InFlight => {
                Self::Unavailable { reason, after: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use workflow_core::id::{Key, StreamId, Version};
    use workflow_core::time::Timestamp;

    use super::*;

    fn attempt(earlier: u32) -> Attempt {
        let stream = StreamId::parse("placement/acme/1").unwrap();
        let key = Key::of(&stream, Version(1), "create_job");
        let now = Timestamp::from_secs(1_764_000_000);
        let look_first = earlier > 0;
        Attempt { stream, key, generation: 1, earlier, owed_since: now, now, look_first }
    }

    fn head(status: u16) -> Head {
        Head { status, ..Head::default() }
    }

    fn traced(outcome: Outcome<Answer>) -> (Trace, Option<Duration>) {
        match outcome {
            Outcome::Again(again) => (again.trace, again.after),
            Outcome::Answered(answer) => panic!("{answer:?}"),
        }
    }

    #[test]
    fn a_server_error_is_unknown_first_and_burned_when_seen_again_or_replayed() {
        let broken = || Failure::of(&head(500), b"oops");
        assert_eq!(traced(broken().of_post(&attempt(0))).0, Trace::Unknown);
        assert_eq!(traced(broken().of_post(&attempt(1))).0, Trace::Burned);
        assert_eq!(traced(broken().of_put(&attempt(1))).0, Trace::Unknown);
        // Those before were asked to wait, say: nothing can be stored under the key.
        let traceless = Attempt { look_first: false, ..attempt(3) };
        assert_eq!(traced(broken().of_post(&traceless)).0, Trace::Unknown);
        let replayed = Failure::of(&Head { replayed: true, ..head(502) }, b"<html>");
        assert_eq!(traced(replayed.of_post(&attempt(0))).0, Trace::Burned);
    }

    #[test]
    fn a_busy_server_leaves_no_trace_and_may_wish_a_wait() {
        let throttled = Failure::of(&Head { retry_after: Some("9".into()), ..head(429) }, b"");
        assert_eq!(
            traced(throttled.of_post(&attempt(3))),
            (Trace::None, Some(Duration::from_secs(9)))
        );
        let down = Failure::of(&Head { retry_after: Some("9".into()), ..head(503) }, b"");
        assert_eq!(
            traced(down.of_post(&attempt(0))),
            (Trace::Unknown, Some(Duration::from_secs(9)))
        );
    }

    #[test]
    fn a_conflict_is_in_flight_unless_it_says_otherwise_and_not_for_ever() {
        let busy = || Failure::of(&head(409), br#"{"error_code":"idempotency","message":"busy"}"#);
        assert_eq!(traced(busy().of_post(&attempt(0))).0, Trace::Unknown);
        assert_eq!(traced(busy().of_post(&attempt(IN_FLIGHT_MAX))).0, Trace::Burned);
        let other = Failure::of(&head(409), br#"{"error_code":"invoice_exists","message":"x"}"#);
        assert!(other.is_refusal(&["invoice_exists"]));
    }

    #[test]
    fn the_providers_word_on_repeating_is_followed() {
        let wish = |status, wish: &str| {
            Failure::of(&Head { should_retry: Some(wish.into()), ..head(status) }, b"{}")
        };
        assert!(matches!(wish(500, "false"), Failure::Refused(_)));
        assert!(matches!(wish(400, "true"), Failure::Throttled(_)));
        assert!(matches!(wish(401, "true"), Failure::Refused(_)));
    }

    #[test]
    fn a_refused_key_stops_the_connector_and_a_blocked_contractor_does_not() {
        let refused = |status, body: &[u8]| {
            let failure = Failure::of(&head(status), body);
            let Failure::Refused(refusal) = failure else { panic!("{failure:?}") };
            refusal
        };
        let key = refused(401, br#"{"error_code":"invalid_api_key","message":"no"}"#);
        assert!(stops_the_connector(&key));
        assert_eq!(key.code, "invalid_api_key");
        assert_eq!(refused(403, b"<html>").code, "forbidden");
        let one = br#"{"error_code":"contractor_blocked_for_writes","message":"no"}"#;
        assert!(!stops_the_connector(&refused(403, one)));
    }

    #[test]
    fn a_refused_key_lets_every_call_wait_and_answers_none() {
        type Ends = fn(Failure, &Attempt) -> Outcome<Answer>;
        let ends: [Ends; 3] = [Failure::of_post, Failure::of_put, Failure::of_lookup];
        let key = br#"{"error_code":"invalid_api_key","message":"no"}"#;
        let one = br#"{"error_code":"contractor_blocked_for_writes","message":"no"}"#;
        for end in ends {
            for (status, body) in [(401, &key[..]), (403, b"<html>")] {
                let outcome = end(Failure::of(&head(status), body), &attempt(0));
                assert_eq!(traced(outcome), (Trace::None, Some(KEY_REFUSED_WAIT)));
            }
            let blocked = end(Failure::of(&head(403), one), &attempt(0));
            let Outcome::Answered(Answer::Refused(refusal)) = blocked else {
                panic!("{blocked:?}")
            };
            assert_eq!(refusal.code, "contractor_blocked_for_writes");
        }
    }

    #[test]
    fn a_failed_lookup_does_not_forget_what_made_it_necessary() {
        let lost = || Failure::Lost("reset".into());
        assert_eq!(traced(lost().of_lookup(&attempt(0))).0, Trace::None);
        assert_eq!(traced(lost().of_lookup(&attempt(1))).0, Trace::Unknown);
    }

    #[test]
    fn what_was_put_off_left_no_trace_and_has_its_time() {
        let until = attempt(0).now.plus(Duration::from_secs(40));
        let put_off = || Failure::PutOff(Later { until, why: "too fast".into() });
        let expected = (Trace::None, Some(Duration::from_secs(40)));
        assert_eq!(traced(put_off().of_post(&attempt(0))), expected);
        assert_eq!(traced(put_off().of_put(&attempt(0))), expected);
        assert_eq!(traced(put_off().of_lookup(&attempt(0))), expected);
    }

    #[test]
    fn a_redirect_is_a_no_of_its_own_kind() {
        for status in [301, 302, 303, 307, 308] {
            let failure = Failure::of(&head(status), br#"{"error_code":"x","message":"y"}"#);
            assert!(failure.is_refusal(&["redirected"]), "{failure:?}");
        }
    }
}
