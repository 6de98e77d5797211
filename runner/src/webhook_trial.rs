//! Tries a webhook and says which step fails: with a delivery that somebody captured, or at the own door.
//!
//! The same receivers decide as in the door, so that what passes here passes there. Nothing that is told holds a secret, a
//! signature or anything of a body. Deliberately absent: keeping what was tried; a captured delivery leaves no trace, and
//! one that is sent to the door is of a kind that leads nowhere. The request itself is `webhook_trial/client.rs`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use workflow_core::time::Timestamp;

use crate::config::{JobDivaHook, PolicyHook, Tenant};
use crate::systems::{JOBDIVA, POLICY};

mod capture;
mod client;
mod knock;

pub use capture::{BadCapture, Capture};
pub use knock::{Knocked, knock};

/// What is looked at, in the order of the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The tenant has such a hook, with settings that can work.
    Hook,
    /// The body is not too large.
    Size,
    /// The signature's headers are there.
    Header,
    /// They are written as expected.
    Scheme,
    /// The signed moment lies near now.
    Moment,
    /// The digest is that of the body under a known secret.
    Digest,
    /// The body is a message.
    Content,
}

impl Check {
    /// All, in order.
    pub const ALL: [Check; 7] = [
        Check::Hook,
        Check::Size,
        Check::Header,
        Check::Scheme,
        Check::Moment,
        Check::Digest,
        Check::Content,
    ];

    /// What it asks.
    pub fn title(self) -> &'static str {
        match self {
            Check::Hook => "the hook is configured",
            Check::Size => "the body is not too large",
            Check::Header => "the signature is there",
            Check::Scheme => "the signature can be read",
            Check::Moment => "it was signed within 300 s of now",
            Check::Digest => "the digest fits the body and a secret",
            Check::Content => "the body is a message",
        }
    }
}

/// How one step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "why")]
pub enum Verdict {
    /// It is so.
    Passed,
    /// The settings do not ask for it.
    NotAsked,
    /// It is not so.
    Failed(Why),
    /// An earlier step failed.
    NotReached,
}

/// Why a step failed: what was found, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// What was found.
    pub found: String,
    /// Mistakes that were tried and would explain it; where there is none, what to look at.
    pub hints: Vec<Hint>,
}

/// What may help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// A name for programs, such as `body_altered`.
    pub code: &'static str,
    /// The same in words, with the setting to change where there is one.
    pub text: String,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at.
    pub check: Check,
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What came of trying one delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// `jobdiva` or `1099policy`.
    pub source: String,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Which secret signed it: `current`, `previous`, or `none` where none is asked for.
    pub signed_by: Option<&'static str>,
    /// The deliveries' kinds, such as `salary.update`.
    pub kinds: Vec<String>,
}

impl Trial {
    /// Whether the door would take it.
    pub fn passed(&self) -> bool {
        self.failed().is_none()
    }

    /// The step that fails, and why.
    pub fn failed(&self) -> Option<(Check, &Why)> {
        self.steps.iter().find_map(|step| match &step.verdict {
            Verdict::Failed(why) => Some((step.check, why)),
            Verdict::Passed | Verdict::NotAsked | Verdict::NotReached => None,
        })
    }

    /// A trial that ended at this step; the steps in `unasked` are none that the settings ask for.
    fn ended(source: &str, unasked: &[Check], failed: Option<(Check, Why)>) -> Self {
        let step = |check: Check| {
            let verdict = match &failed {
                Some((at, why)) if check == *at => Verdict::Failed(why.clone()),
                Some((at, _)) if check > *at => Verdict::NotReached,
                Some(_) | None if unasked.contains(&check) => Verdict::NotAsked,
                Some(_) | None => Verdict::Passed,
            };
            Step { check, verdict }
        };
        let steps = Check::ALL.map(step).into();
        Self { source: source.to_owned(), steps, signed_by: None, kinds: Vec::new() }
    }
}

/// One line a step, and its hints below.
impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Step { check, verdict } in &self.steps {
            let mark = match verdict {
                Verdict::Passed => "ok",
                Verdict::NotAsked => "not asked",
                Verdict::NotReached => "-",
                Verdict::Failed(_) => "FAILED",
            };
            writeln!(f, "{mark:>9}  {}", check.title())?;
            if let Verdict::Failed(why) = verdict {
                writeln!(f, "           {}", why.found)?;
                for hint in &why.hints {
                    writeln!(f, "           {}", hint.text)?;
                }
            }
        }
        if let Some(signed_by) = self.signed_by {
            let kinds = self.kinds.join(", ");
            writeln!(f, "           secret: {signed_by}; about: {kinds}")?;
        }
        Ok(())
    }
}

fn why(found: impl Into<String>, hints: Vec<Hint>) -> Why {
    Why { found: found.into(), hints }
}

fn hint(code: &'static str, text: impl Into<String>) -> Hint {
    Hint { code, text: text.into() }
}

/// Tries a delivery as the tenant's door would take it at the moment `now`. `source` is `jobdiva` or `1099policy`.
pub fn trial(tenant: &Tenant, source: &str, capture: &Capture, now: Timestamp) -> Trial {
    match source {
        JOBDIVA => match &tenant.jobdiva_hook {
            Some(hook) => jobdiva(hook, capture),
            None => no_hook(tenant, source),
        },
        POLICY => match &tenant.policy_hook {
            Some(hook) => policy(hook, capture, now),
            None => no_hook(tenant, source),
        },
        _ => {
            let known = format!("sources are {JOBDIVA} and {POLICY}");
            Trial::ended(source, &[], Some((Check::Hook, why(known, Vec::new()))))
        }
    }
}

fn no_hook(tenant: &Tenant, source: &str) -> Trial {
    let found = format!("tenant {} has no [tenant.{source}.webhook]", tenant.name);
    let hints = vec![hint("no_hook", "`runner webhook endpoint` makes an address for one")];
    Trial::ended(source, &[], Some((Check::Hook, why(found, hints))))
}

/// What to look at when nothing that was tried explains a digest.
fn nothing_explains() -> Vec<Hint> {
    vec![
        hint(
            "other_secret",
            "nothing that was tried explains it: most likely the provider signs with another secret",
        ),
        hint("body_altered", "or something on the way (a proxy, a tool) changed the raw body"),
    ]
}

fn missing(expected: &[String], capture: &Capture) -> Why {
    let names: Vec<&str> = capture.headers.iter().map(|(name, _)| name.as_str()).collect();
    let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let found = format!("expected {}; the headers that came: {there}", expected.join(", "));
    why(found, Vec::new())
}

fn jobdiva(hook: &JobDivaHook, capture: &Capture) -> Trial {
    use integration_jobdiva::receive::{Refused, Require};
    let unasked: &[Check] = match hook.signing.require {
        Require::Signed => &[Check::Moment],
        Require::IfSigned => &[Check::Header, Check::Moment],
    };
    let ended = |failed| Trial::ended(JOBDIVA, unasked, failed);
    let receiver = match hook.receiver() {
        Ok(receiver) => receiver,
        Err(error) => return ended(Some((Check::Hook, why(error.to_string(), Vec::new())))),
    };
    let headers: BTreeMap<String, String> = capture.headers.iter().cloned().collect();
    let suspicions = || -> Vec<Hint> {
        let found = receiver.suspect(&headers, &capture.body);
        found.iter().map(|of| hint(of.name(), of.to_string())).collect()
    };
    let refused = match receiver.receive(&headers, &capture.body) {
        Ok(received) => {
            let kinds = received.deliveries.into_iter().map(|delivery| delivery.kind).collect();
            return Trial { signed_by: Some(received.signed_by.name()), kinds, ..ended(None) };
        }
        Err(refused) => refused,
    };
    let said = refused.to_string();
    ended(Some(match refused {
        Refused::TooLarge { .. } => (Check::Size, why(said, Vec::new())),
        Refused::NoSecret => (Check::Hook, why(said, Vec::new())),
        Refused::Unsigned => {
            let expected: Vec<String> =
                hook.signing.headers.iter().map(|(name, _)| name.clone()).collect();
            let Why { found, .. } = missing(&expected, capture);
            (Check::Header, why(found, suspicions()))
        }
        Refused::Unreadable => (Check::Scheme, why(said, suspicions())),
        Refused::BadSignature => {
            let hints = Some(suspicions()).filter(|hints| !hints.is_empty());
            (Check::Digest, why(said, hints.unwrap_or_else(nothing_explains)))
        }
        Refused::Malformed { .. } => (Check::Content, why(said, Vec::new())),
    }))
}

fn policy(hook: &PolicyHook, capture: &Capture, now: Timestamp) -> Trial {
    use integration_1099policy::receive::{Profile, Refused};
    let unasked: &[Check] = match &hook.profile {
        Profile::None => &[Check::Header, Check::Scheme, Check::Moment, Check::Digest],
        Profile::SharedToken { .. } | Profile::HmacHex { .. } => &[Check::Moment],
        Profile::TimestampedV1 { .. } | Profile::StandardWebhooks => &[],
    };
    let ended = |failed| Trial::ended(POLICY, unasked, failed);
    let receiver = match hook.receiver() {
        Ok(receiver) => receiver,
        Err(error) => return ended(Some((Check::Hook, why(error.to_string(), Vec::new())))),
    };
    let suspicions = || -> Vec<Hint> {
        let found = receiver.suspect(&capture.headers, &capture.body);
        found.iter().map(|of| hint(of.name(), of.to_string())).collect()
    };
    let refused = match receiver.receive_signed(&capture.headers, &capture.body, now) {
        Ok(received) => {
            let kinds = vec![received.delivery.kind];
            return Trial { signed_by: Some(received.signed_by.name()), kinds, ..ended(None) };
        }
        Err(refused) => refused,
    };
    let said = refused.to_string();
    ended(Some(match refused {
        Refused::TooLarge => (Check::Size, why(said, Vec::new())),
        Refused::Unsigned => {
            let Why { found, .. } = missing(&hook.profile.headers(), capture);
            (Check::Header, why(found, suspicions()))
        }
        Refused::Malformed | Refused::TooManySignatures => {
            let found = format!("{said} by the profile {}", hook.profile.name());
            (Check::Scheme, why(found, suspicions()))
        }
        Refused::Stale => {
            let ahead = receiver.signed_ahead_secs(&capture.headers, now).unwrap_or_default();
            let when = if ahead < 0 { "before" } else { "after" };
            let found = format!("signed {} s {when} {now}", ahead.unsigned_abs());
            let text = "an older capture is tried as of its own time with --at; \
                        else one of the two clocks is wrong";
            (Check::Moment, why(found, vec![hint("clock_or_capture", text)]))
        }
        Refused::Forged => {
            let hints = Some(suspicions()).filter(|hints| !hints.is_empty());
            (Check::Digest, why(said, hints.unwrap_or_else(nothing_explains)))
        }
        Refused::NotAnEvent => (Check::Content, why(said, Vec::new())),
    }))
}
