//! Looks at a tenant's two systems as they really are and compares them with the configuration: what works, what is
//! called otherwise, what is not mapped, and which line would mend it.
//!
//! It logs in, asks every operation for something harmless, and changes nothing. Findings are typed ([`finding`]); what can be
//! mended by configuration becomes a file of overrides ([`suggest`]) that the configuration reads as it is. No value of a
//! person is printed: columns by name, vocabulary that is the tenant's own, counts. `doctor/jobdiva.rs` is JobDiva's half,
//! `doctor/policy.rs` 1099Policy's, `doctor/words.rs` the tenant's words against its maps,
//! `doctor/webhook.rs` the webhook test.

use std::sync::Arc;

use integration_jobdiva::probe::Probe;
use serde::Serialize;
use workflow_core::domain::call::Side;
use workflow_core::time::Clock;

use crate::config::Tenant;

mod columns;
pub mod finding;
mod jobdiva;
mod policy;
pub mod suggest;
mod ways;
mod webhook;
mod words;

pub use finding::{Code, Finding, Severity};
pub use webhook::Hooks;
pub use words::Word;

/// The version of the shape that `--json` prints; 1 was a bare list of reports.
pub const VERSION: u32 = 2;

/// What `--json` prints.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Reports<'a> {
    /// [`VERSION`].
    pub version: u32,
    /// One for each tenant that was looked at.
    pub tenants: &'a [Report],
}

impl<'a> Reports<'a> {
    /// These, in this version's shape.
    pub fn of(tenants: &'a [Report]) -> Self {
        Self { version: VERSION, tenants }
    }
}

/// What an examination found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whose systems were looked at.
    pub tenant: String,
    /// Everything, the good news too, in the order in which it was found.
    pub findings: Vec<Finding>,
    /// Each of JobDiva's operations: how it answered, its columns against the field map. No value of a person.
    pub operations: Vec<Probe>,
    /// The words that the two systems were seen to use, with what each is mapped to.
    pub vocabulary: Vec<Word>,
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
    let (mut findings, mut operations) = (Vec::new(), Vec::new());
    let mut vocabulary = Vec::new();
    let insurer = match side {
        Some(Side::Ats) => policy::Looked::default(),
        Some(Side::Insurer) | None => policy::examine(tenant).await,
    };
    if side != Some(Side::Insurer) {
        let ats = jobdiva::examine(tenant, clock).await;
        findings.extend(ats.findings);
        operations = ats.operations;
        vocabulary = words::mapped(tenant, &ats.words, &insurer.entities, &insurer.categories);
        findings.extend(words::examine(tenant, &ats.words, &vocabulary));
    }
    findings.extend(insurer.findings);
    vocabulary.extend(insurer.words);
    for side in
        [Side::Ats, Side::Insurer].into_iter().filter(|of| side.is_none_or(|side| side == *of))
    {
        findings.extend(webhook::examine(tenant, side, hooks, clock.now()).await);
    }
    let suggested = suggest::file(&tenant.name, &findings);
    Report { tenant: tenant.name.clone(), findings, operations, vocabulary, suggested }
}
