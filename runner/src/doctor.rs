//! Looks at a tenant's two systems as they really are and compares them with the configuration: what works, what is
//! called otherwise, what is not mapped, and which line would mend it.
//!
//! It logs in, asks every operation for something harmless, and changes nothing. Findings are typed ([`finding`]); what can be
//! mended by configuration becomes a file of overrides ([`suggest`]) that the configuration reads as it is. No value of a
//! person is printed: columns by name, vocabulary that is the tenant's own, counts. `doctor/jobdiva.rs` is JobDiva's half,
//! `doctor/policy.rs` 1099Policy's, `doctor/words.rs` the tenant's words against its maps,
//! `doctor/webhook.rs` the webhook test.

use std::sync::Arc;

use serde::Serialize;
use workflow_core::domain::call::Side;
use workflow_core::time::Clock;

use crate::config::Tenant;

pub mod finding;
mod jobdiva;
mod policy;
pub mod suggest;
mod ways;
mod webhook;
mod words;

pub use finding::{Code, Finding, Severity};
pub use webhook::Hooks;

/// The version of the shape that `--json` prints.
pub const VERSION: u32 = 1;

/// What an examination found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// Whose systems were looked at.
    pub tenant: String,
    /// Everything, the good news too, in the order in which it was found.
    pub findings: Vec<Finding>,
    /// The overrides that would mend what configuration can mend; nothing where there is nothing to mend.
    pub suggested: Option<String>,
}

impl Report {
    /// How bad it is: the worst finding.
    pub fn worst(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Good)
    }

    /// The findings that somebody must look at.
    pub fn wrong(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity >= Severity::Person)
    }
}

/// Looks at a tenant's systems, both or one, and tries webhooks with what is given for it.
pub async fn examine(
    tenant: &Tenant,
    side: Option<Side>,
    hooks: &Hooks,
    clock: &Arc<dyn Clock>,
) -> Report {
    let mut findings = Vec::new();
    let insurer = match side {
        Some(Side::Ats) => policy::Looked::default(),
        Some(Side::Insurer) | None => policy::examine(tenant).await,
    };
    if side != Some(Side::Insurer) {
        let ats = jobdiva::examine(tenant, clock).await;
        findings.extend(ats.findings);
        let (entities, categories) = (&insurer.entities, &insurer.categories);
        findings.extend(words::examine(&tenant.rules, &ats.words, entities, categories));
    }
    findings.extend(insurer.findings);
    for side in
        [Side::Ats, Side::Insurer].into_iter().filter(|of| side.is_none_or(|side| side == *of))
    {
        findings.extend(webhook::examine(tenant, side, hooks, clock.now()).await);
    }
    let suggested = suggest::file(&tenant.name, &findings);
    Report { version: VERSION, tenant: tenant.name.clone(), findings, suggested }
}
