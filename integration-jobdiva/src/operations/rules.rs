//! What is made of an answer that is no success: rules over the status and the service's words, the first that fits.
//!
//! JobDiva says much of it inside an HTTP 200 or a 500, in words. The usual rules are one table here; a tenant's own come
//! before them, per operation. What is done about each class is `error.rs`.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// One rule: everything it names must fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorRule {
    /// The HTTP status; `None` for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Statuses>,
    /// How the service's words begin; case does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins: Option<String>,
    /// Texts of which one must be in the service's words; none for any. Case does not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// What the answer counts as.
    pub class: Class,
    /// How long to wait when the service does not say.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "written")]
    pub after: Option<Duration>,
    /// How well it is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provenance: String,
}

/// A status, or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses {
    /// The lowest.
    pub from: u16,
    /// The highest.
    pub to: u16,
}

/// What an answer counts as: one per different reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It may pass: tried again later; in a feed the window is made narrower.
    Retry,
    /// Over the rate, or the queue is full: this operation pauses.
    Busy,
    /// The window is too wide: it is split, not repeated.
    WindowTooWide,
    /// The credentials are refused: nothing is tried until they may work.
    Credentials,
    /// The API user may not use this operation.
    NotGranted,
    /// The service says no for good.
    Refused,
    /// There is no such record, said in an odd way.
    Empty,
}

impl Class {
    /// All of them, with their names in configuration.
    pub const ALL: [(&'static str, Class); 7] = [
        ("retry", Class::Retry),
        ("busy", Class::Busy),
        ("window_too_wide", Class::WindowTooWide),
        ("credentials", Class::Credentials),
        ("not_granted", Class::NotGranted),
        ("refused", Class::Refused),
        ("empty", Class::Empty),
    ];
}

/// Status from, status to (0: any), how it begins, what it contains, class, seconds to wait (0: none), provenance.
type Line = (u16, u16, &'static str, &'static [&'static str], Class, u64, &'static str);

/// Words decide before statuses: the same words come with different ones.
const USUAL: &[Line] = &[
    (0, 0, "", &["too many api requests in the queue"], Class::Busy, 180, "[S1]"),
    (429, 429, "", &[], Class::Busy, 0, "[2x] S5, S7"),
    (0, 0, "", &["request limit exceeded"], Class::Busy, 0, "[2x] S5, S7"),
    (0, 0, "", &["date range more than"], Class::WindowTooWide, 0, "[2x] S1, S6"),
    (0, 0, "", &["not allowed to access", "not allowed to query"], Class::NotGranted, 0, "[S1]"),
    (0, 0, "", &["module is off"], Class::NotGranted, 0, "[1x] S5"),
    (401, 401, "", &[], Class::Credentials, 0, "[3x] S2, S7, S10"),
    (0, 0, "", &["invalid username/password"], Class::Credentials, 0, "[3x] S2, S5, S7"),
    (403, 403, "", &[], Class::NotGranted, 0, "Knit"),
    (408, 408, "", &[], Class::Retry, 0, "[I]"),
    (200, 299, "error", &[], Class::Refused, 0, "[2x] S1, S6"),
    (500, 500, "error", &[], Class::Refused, 0, "[2x] S7, S2"),
    (500, 500, "", &["invalid", "please specify", "missing"], Class::Refused, 0, "[2x] S7, S2"),
    (500, 599, "", &[], Class::Retry, 0, "[1x] S2"),
    (300, 499, "", &[], Class::Refused, 0, "[S1]"),
];

/// The usual rules, in order.
pub fn usual_rules() -> &'static [ErrorRule] {
    static RULES: LazyLock<Vec<ErrorRule>> = LazyLock::new(|| {
        let rule = |(from, to, begins, contains, class, secs, provenance): &Line| ErrorRule {
            status: (*from > 0).then_some(Statuses { from: *from, to: *to }),
            begins: (!begins.is_empty()).then(|| (*begins).to_owned()),
            contains: contains.iter().map(|text| (*text).to_owned()).collect(),
            class: *class,
            after: (*secs > 0).then(|| Duration::from_secs(*secs)),
            provenance: (*provenance).to_owned(),
        };
        USUAL.iter().map(rule).collect()
    });
    &RULES
}

/// The first rule that fits: of a tenant's own, then of the usual ones.
pub(crate) fn find<'a>(own: &'a [ErrorRule], status: u16, message: &str) -> Option<&'a ErrorRule> {
    let text = message.to_ascii_lowercase();
    own.iter().chain(usual_rules()).find(|rule| rule.fits(status, &text))
}

impl ErrorRule {
    fn fits(&self, status: u16, lower: &str) -> bool {
        let word = |text: &String| text.to_ascii_lowercase();
        self.status.is_none_or(|own| (own.from..=own.to).contains(&status))
            && self.begins.as_ref().is_none_or(|begin| lower.starts_with(&word(begin)))
            && (self.contains.is_empty()
                || self.contains.iter().any(|text| lower.contains(&word(text))))
    }
}

impl FromStr for Statuses {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let wrong = "expected a status such as 500, or \"501-599\"";
        let number = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong);
        let (from, to) = match text.split_once('-') {
            Some((from, to)) => (number(from)?, number(to)?),
            None => (number(text)?, number(text)?),
        };
        if (100..=599).contains(&from) && (from..=599).contains(&to) {
            Ok(Self { from, to })
        } else {
            Err(wrong)
        }
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            write!(f, "{}", self.from)
        } else {
            write!(f, "{}-{}", self.from, self.to)
        }
    }
}

impl Serialize for Statuses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn written<S: Serializer>(after: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match after {
        Some(after) => super::spec::written(after, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_back() {
        for text in ["500", "501-599"] {
            assert_eq!(text.parse::<Statuses>().unwrap().to_string(), text);
        }
        for bad in ["", "5", "600", "500-400", "5xx"] {
            assert!(bad.parse::<Statuses>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_failure_fits_a_rule_and_a_success_without_such_words_none() {
        for status in 300..=599 {
            assert!(find(&[], status, "").is_some(), "{status}");
        }
        assert!(find(&[], 200, "Query \"X\" completed successfully").is_none());
    }

    #[test]
    fn a_tenants_own_rule_comes_first() {
        let own = ErrorRule {
            status: Some(Statuses { from: 500, to: 500 }),
            begins: None,
            contains: vec!["No Data".into()],
            class: Class::Empty,
            after: None,
            provenance: String::new(),
        };
        let own = [own];
        assert_eq!(
            find(&own, 500, "Error: no data found").map(|rule| rule.class),
            Some(Class::Empty)
        );
        assert_eq!(find(&own, 500, "Error: x").map(|rule| rule.class), Some(Class::Refused));
    }
}
