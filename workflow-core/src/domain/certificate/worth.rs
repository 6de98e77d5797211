//! What an approved certificate is worth to a placement, by the tenant's rules: everything, or nothing.
//!
//! A certificate stands in for purchase only where it covers each type that the placement needs, for as long as the
//! rules want. Of several types some, and the rest bought, is deliberately absent: a quote for the rest would be
//! priced and reviewed as if nothing else were there.

use super::state::{Cover, Proof};
use crate::domain::call::CoverageType;
use crate::domain::rules::{Replaces, Rules};
use crate::domain::terms::Terms;
use crate::time::Timestamp;

const DAY_SECS: i64 = 24 * 3600;

/// The days that a certificate covers of what the terms need; `None` when it does not stand in for buying it.
pub fn worth(
    terms: &Terms,
    proof: &Proof,
    rules: &Rules,
    now: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    let rule = &rules.certificates;
    if rule.replaces_purchase == Replaces::Never || terms.coverage.is_empty() {
        return None;
    }
    let enough = |cover: &Cover| {
        let lasts = match rule.min_remaining_days {
            None => cover.expires >= terms.window.until,
            Some(days) => {
                let wanted = now.as_secs() + i64::from(days) * DAY_SECS;
                cover.expires.as_secs() >= wanted.min(terms.window.until.as_secs())
            }
        };
        lasts && cover.expires > now && cover.effective <= terms.window.effective
    };
    let covers = |wanted: &CoverageType| {
        let of = proof.covers.iter().filter(|cover| cover.coverage == *wanted && enough(cover));
        of.max_by_key(|cover| cover.expires).filter(|_| rule.satisfies.contains(wanted))
    };
    let covers: Option<Vec<&Cover>> = terms.coverage.iter().map(covers).collect();
    let covers = covers?;
    let effective = covers.iter().map(|cover| cover.effective).max()?;
    let expires = covers.iter().map(|cover| cover.expires).min()?;
    Some((effective, expires))
}
