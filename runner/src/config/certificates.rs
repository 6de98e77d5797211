//! The keys of `[tenant.certificates]` and `[tenant.intake]`: how certificates come in, and what one is worth.

use integration_1099policy::secret::Secret;
use integration_jobdiva::documents::Patterns;
use integration_jobdiva::operations::written_duration;
use workflow_core::domain::rules::{Replaces, Rules};

use super::reader::Section;
use super::tenant::{Reading, coverage_types, secret};
use super::{Certificates, Intake};
use crate::certificates::Finding;

/// So long a token must be at least, lest it be guessed.
const TOKEN_BYTES_MIN: usize = 16;

/// Reads both tables; what a certificate is worth goes into the rules.
pub(super) fn certificates(
    tenant: &Section<'_>,
    read: &Reading<'_>,
    rules: Option<&mut Rules>,
) -> Option<Certificates> {
    let section = tenant.section("certificates");
    let replaces = section.flag("replaces_purchase").unwrap_or(false);
    let satisfies = match section.texts("satisfies") {
        Some(_) => Some(coverage_types(&section, "satisfies")?),
        None => None,
    };
    let days = section.number("min_remaining_days").map(u16::try_from);
    if matches!(days, Some(Err(_))) {
        section.note("min_remaining_days", "expected a number of days from 0 to 65535");
    }
    if replaces && satisfies.is_none() {
        let what = "missing: say for which coverage types a certificate may stand in";
        section.note("satisfies", what);
    }
    if let Some(rules) = rules {
        let rule = &mut rules.certificates;
        if replaces {
            rule.replaces_purchase = Replaces::WhereSatisfied;
        }
        rule.satisfies = satisfies.unwrap_or_default().into_iter().collect();
        rule.min_remaining_days = days.and_then(Result::ok);
    }
    let usual = Finding::default();
    let finding = Finding {
        every: section.duration("look_every").unwrap_or(usual.every),
        patterns: Patterns {
            types: section.texts("types").unwrap_or(usual.patterns.types),
            names: section.texts("names").unwrap_or(usual.patterns.names),
        },
    };
    section.usual("replaces_purchase", false);
    section.usual("find_in_jobdiva", section.is_present());
    section.usual_text("look_every", written_duration(finding.every));
    section.usual_texts("types", &finding.patterns.types);
    section.usual_texts("names", &finding.patterns.names);
    let is_looked_for = section.flag("find_in_jobdiva").unwrap_or(section.is_present());
    section.finish();
    let intake = intake(tenant.section("intake"), read)?;
    Some(Certificates { finding: is_looked_for.then_some(finding), intake })
}

/// `Some(None)`: no door; `None`: a mistake.
fn intake(section: Section<'_>, read: &Reading<'_>) -> Option<Option<Intake>> {
    if !section.is_present() {
        return Some(None);
    }
    let token = secret(&section, "token", read);
    if token.as_ref().is_some_and(|token| token.len() < TOKEN_BYTES_MIN) {
        section.note(
            "token",
            "the token has fewer than 16 characters: anybody who guesses it can knock",
        );
        return None;
    }
    section.finish();
    Some(Some(Intake { token: Secret::new(token?) }))
}
