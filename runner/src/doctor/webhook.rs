//! The webhook test: a delivery that somebody captured, or one of our own at the own door, step by step
//! (`webhook_trial.rs`); the step that fails is the finding.

use workflow_core::domain::call::Side;
use workflow_core::time::Timestamp;

use super::finding::{Code, Finding, Severity};
use crate::config::Tenant;
use crate::systems::{JOBDIVA, POLICY};
use crate::webhook_trial::{self, Capture, Trial, Why};

/// What webhooks are tried with, beside what an examination does anyway.
#[derive(Clone, Default)]
pub struct Hooks {
    /// Where the own door is, such as `https://hooks.example.com`; it gets one delivery of each side.
    pub door: Option<String>,
    /// A delivery that was captured, and of which side it is.
    pub capture: Option<(Side, Capture)>,
}

pub(super) async fn examine(
    tenant: &Tenant,
    side: Side,
    hooks: &Hooks,
    now: Timestamp,
) -> Vec<Finding> {
    let (source, there) = match side {
        Side::Ats => (JOBDIVA, tenant.jobdiva_hook.is_some()),
        Side::Insurer => (POLICY, tenant.policy_hook.is_some()),
    };
    let mut findings = Vec::new();
    if let Some((_, capture)) = hooks.capture.as_ref().filter(|(of, _)| *of == side) {
        let trial = webhook_trial::trial(tenant, source, capture, now);
        findings.push(told(side, "the captured delivery", &trial, None));
    }
    if let Some(door) = hooks.door.as_ref().filter(|_| there) {
        let knocked = webhook_trial::knock(tenant, source, door, now).await;
        findings.push(told(
            side,
            "a delivery to the own door",
            &knocked.trial,
            knocked.failed.as_ref(),
        ));
    }
    findings
}

fn told(side: Side, about: &str, trial: &Trial, at_the_door: Option<&Why>) -> Finding {
    let failed = trial.failed().map(|(check, why)| (format!("{}: no", check.title()), why));
    let failed =
        failed.or_else(|| at_the_door.map(|why| ("the door takes it: no".to_owned(), why)));
    let Some((step, why)) = failed else {
        let what = "every step passes";
        return Finding::new(Severity::Good, side, Code::WebhookTrial, about, what);
    };
    let hints: Vec<&str> = why.hints.iter().map(|hint| hint.text.as_str()).collect();
    let what = format!("{step}: {}", why.found);
    Finding::new(Severity::Person, side, Code::WebhookStep, about, what).todo(hints.join("; "))
}
