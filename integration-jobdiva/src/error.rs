//! What can go wrong with one call to JobDiva: one variant per different reaction.
//!
//! Which answer counts as what is said by rules over statuses and words (`operations/rules.rs`). Messages are redacted
//! by `client.rs` before they get here. What the engine makes of an error is [`Error::outcome`].

use std::time::Duration;

use workflow_core::domain::call::{Answer, Refusal};
use workflow_core::outcome::{Again, Outcome, Trace};

use crate::operations::{Class, ErrorRule, find_rule};

/// The longest wish to wait that is honoured; the engine asks again after that.
const WAIT_MAX: Duration = workflow_core::backoff::WISH_MAX;
/// How long to wait before credentials that were refused are tried again: often enough to heal by itself after
/// a correction, seldom enough not to lock the account.
const CREDENTIALS_WAIT: Duration = Duration::from_secs(15 * 60);

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request never left: name resolution, connection, TLS.
    #[error("{operation}: not sent: {why}")]
    NotSent {
        /// The operation's name.
        operation: &'static str,
        /// What the transport says.
        why: String,
    },
    /// The request left and no whole answer came.
    #[error("{operation}: no answer: {why}")]
    NoAnswer {
        /// The operation's name.
        operation: &'static str,
        /// What the transport says.
        why: String,
    },
    /// Over its rate, or the service's queue is full: this operation has to pause, others may go on.
    #[error("{operation}: busy: {message}")]
    Busy {
        /// The operation's name.
        operation: &'static str,
        /// For how long.
        after: Duration,
        /// The service's words.
        message: String,
    },
    /// The service failed (5xx); it may pass, or a row in the window may be the reason.
    #[error("{operation}: HTTP {status}: {message}")]
    Unavailable {
        /// The operation's name.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// The service's wish, where it has one.
        after: Option<Duration>,
        /// The service's words.
        message: String,
    },
    /// The window is wider than the service allows: a fault of the configuration.
    #[error("{operation}: the window is too wide: {message}")]
    WindowTooWide {
        /// The operation's name.
        operation: &'static str,
        /// The service's words.
        message: String,
    },
    /// The login was refused, or a fresh token was (a path that the tenant does not have answers the same).
    #[error("{operation}: credentials refused: {message}")]
    Credentials {
        /// The operation's name.
        operation: &'static str,
        /// The service's words.
        message: String,
    },
    /// The API user may not use this operation; JobDiva Support switches it on.
    #[error("{operation}: not granted to the API user: {message}")]
    NotGranted {
        /// The operation's name.
        operation: &'static str,
        /// The service's words.
        message: String,
    },
    /// The service says no for good.
    #[error("{operation}: refused with HTTP {status}: {message}")]
    Refused {
        /// The operation's name.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: String,
    },
    /// The answer is larger than is accepted.
    #[error("{operation}: the answer is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The operation's name.
        operation: &'static str,
        /// The limit.
        limit_bytes: usize,
    },
    /// The answer has a shape that is not understood.
    #[error("{operation}: the answer is not understood: {why}")]
    Unreadable {
        /// The operation's name.
        operation: &'static str,
        /// What is wrong, without quoting the answer.
        why: String,
    },
}

/// What is known of an answer that was no success.
#[derive(Clone, Debug)]
pub(crate) struct Failure<'a> {
    pub(crate) operation: &'static str,
    pub(crate) status: u16,
    /// The service's words, redacted.
    pub(crate) message: &'a str,
    /// `Retry-After`, read.
    pub(crate) retry_after: Option<Duration>,
}

impl Failure<'_> {
    /// The reaction that the first rule asks for that fits; `None` when the answer means that there is nothing. `words`
    /// are the service's own, unredacted; `unsaid` is how long to leave alone what is busy, when nobody says. A 401 is [`Error::Credentials`]: the client has logged in anew before it comes
    /// here.
    pub(crate) fn classify(
        self,
        own: &[ErrorRule],
        words: &str,
        unsaid: impl FnOnce() -> Duration,
    ) -> Option<Error> {
        let rule = find_rule(own, self.status, words);
        let (class, after) = rule.map_or((Class::Refused, None), |rule| (rule.class, rule.after));
        let Failure { operation, status, retry_after, .. } = self;
        let message = self.message.to_owned();
        if (300..400).contains(&status) {
            let message =
                "the answer leads elsewhere, and no redirect is followed: is base_url right?";
            return Some(Error::Refused { operation, status, message: message.to_owned() });
        }
        let after = retry_after.or(after).map(|after| after.min(WAIT_MAX));
        Some(match class {
            Class::Retry => Error::Unavailable { operation, status, after, message },
            Class::Busy => Error::Busy { operation, after: after.unwrap_or_else(unsaid), message },
            Class::WindowTooWide => Error::WindowTooWide { operation, message },
            Class::Credentials => Error::Credentials { operation, message },
            Class::NotGranted => Error::NotGranted { operation, message },
            Class::Refused => Error::Refused { operation, status, message },
            Class::Empty => return None,
        })
    }
}

impl Error {
    /// What the engine is told: to try again, and when; or a refusal for a person's desk.
    ///
    /// Refused credentials are tried again, slowly: they say nothing of the call, and once they are corrected
    /// everything that waited goes on by itself.
    pub fn outcome(&self) -> Outcome<Answer> {
        let again = |trace, after| Outcome::Again(Again { trace, after, reason: self.to_string() });
        match self {
            Error::NotSent { .. } => again(Trace::None, None),
            Error::NoAnswer { .. } => again(Trace::Unknown, None),
            Error::Busy { after, .. } => again(Trace::None, Some(*after)),
            Error::Unavailable { after, .. } => again(Trace::Unknown, *after),
            Error::Credentials { .. } => again(Trace::None, Some(CREDENTIALS_WAIT)),
            Error::WindowTooWide { message, .. } => self.refusal(200, "window_too_wide", message),
            Error::NotGranted { message, .. } => self.refusal(403, "not_granted", message),
            Error::Refused { status: status @ 300..=399, message, .. } => {
                self.refusal(*status, "redirected", message)
            }
            Error::Refused { status, message, .. } => self.refusal(*status, "refused", message),
            Error::TooLarge { .. } => self.refusal(200, "too_large", "the answer is too large"),
            Error::Unreadable { why, .. } => self.refusal(200, "unreadable", why),
        }
    }

    /// Whether repeating the call may help.
    pub fn may_pass(&self) -> bool {
        matches!(self.outcome(), Outcome::Again(_))
    }

    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Error::NotSent { operation, .. }
            | Error::NoAnswer { operation, .. }
            | Error::Busy { operation, .. }
            | Error::Unavailable { operation, .. }
            | Error::WindowTooWide { operation, .. }
            | Error::Credentials { operation, .. }
            | Error::NotGranted { operation, .. }
            | Error::Refused { operation, .. }
            | Error::TooLarge { operation, .. }
            | Error::Unreadable { operation, .. } => operation,
        }
    }

    fn refusal(&self, status: u16, code: &str, message: &str) -> Outcome<Answer> {
        Outcome::Answered(Answer::Refused(Refusal {
            status,
            code: code.to_owned(),
            message: format!("{}: {message}", self.operation()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSAID: Duration = Duration::from_secs(33);

    fn classify(status: u16, message: &str) -> Error {
        let failure = Failure { operation: "pay.delta", status, message, retry_after: None };
        failure.classify(&[], message, || UNSAID).unwrap()
    }

    #[test]
    fn the_words_decide_before_the_status() {
        let queue =
            "Error: There are too many API requests in the queue. Please try again in 3 minutes.";
        assert!(
            matches!(classify(200, queue), Error::Busy { after, .. } if after.as_secs() == 180)
        );
        assert!(matches!(
            classify(429, "Request Limit Exceeded"),
            Error::Busy { after: UNSAID, .. }
        ));
        let wide = "Error: Invalid. Date range more than 14 days, metric name = X";
        assert!(matches!(classify(200, wide), Error::WindowTooWide { .. }));
        for (status, message) in [
            (200, "Error: not allowed to query this BIData metric"),
            (500, "You are not allowed to access to X API."),
            (500, "The screening module is off"),
            (403, ""),
        ] {
            assert!(matches!(classify(status, message), Error::NotGranted { .. }), "{message}");
        }
        assert!(matches!(classify(500, "Invalid username/password"), Error::Credentials { .. }));
        assert!(matches!(classify(401, "Full authentication"), Error::Credentials { .. }));
    }

    #[test]
    fn a_500_with_a_reason_is_for_good_and_one_without_may_pass() {
        for message in ["Error: please specify x", "Invalid job", "missing job parameters"] {
            let error = classify(500, message);
            assert!(matches!(error, Error::Refused { status: 500, .. }), "{message}");
            assert!(!error.may_pass());
        }
        for (status, message) in
            [(500, "Not an array"), (503, ""), (502, "Invalid response"), (408, "")]
        {
            let error = classify(status, message);
            assert!(matches!(error, Error::Unavailable { .. }), "{status}");
            assert!(error.may_pass());
        }
        for status in [302, 400, 404, 415, 420] {
            assert!(!classify(status, "").may_pass(), "{status}");
        }
    }

    #[test]
    fn a_wish_to_wait_is_clamped() {
        let failure = Failure {
            operation: "job.get",
            status: 429,
            message: "",
            retry_after: Some(Duration::from_secs(30 * 3600)),
        };
        assert!(matches!(
            failure.classify(&[], "", || UNSAID),
            Some(Error::Busy { after: WAIT_MAX, .. })
        ));
    }
}
