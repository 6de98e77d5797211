//! `runner set`: a person sets a fact that JobDiva does not give.

use clap::Args;

use super::Outcome;
use super::order::Ordered;
use crate::order::{About, Deed};

/// Set a missing fact by hand.
///
/// What is set is checked as if JobDiva had said it, and kept with your name and reason.
///
/// JobDiva wins: what is set counts only while JobDiva gives nothing that can be used. Once it does, that is followed; if
/// coverage is bought by then and it differs, the placement is flagged with the difference.
///
/// FACT is one of: entity (en_...), category (jc_...), wage (95.00/hour, or 95.00), unit (hour, day, week, month, year,
/// engagement), start and end (2026-04-06), region (CA, or remote), email. On a stopped log it needs --config.
///
/// Example: runner set 51000784 wage 95.00/hour --reason "the recruiter confirmed it"
///
/// Example: runner set 51000799 email kim@example.com --reason "given on the phone"
#[derive(Debug, Args)]
pub(super) struct Set {
    /// The placement's id in JobDiva (for email also contractor/ID); with several tenants, TENANT/ID.
    id: String,
    /// Which fact.
    fact: String,
    /// Its value.
    value: String,
    #[command(flatten)]
    ordered: Ordered,
}

impl Set {
    pub(super) async fn run(self) -> Outcome {
        let Self { id, fact, value, ordered } = self;
        ordered.give(Deed::Set { fact, value }, About::One(id)).await
    }
}
