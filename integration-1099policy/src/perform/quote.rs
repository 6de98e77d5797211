//! Quotes. A refusal for a policy that fits already is good news: an assignment is the way.

use workflow_core::domain::call::{Answer, QuoteId};

use super::{CLOCK_SKEW_OF_OFFERS, Run, Step, path_of, told};
use crate::failure::Failure;
use crate::wire;
use crate::wire::quote::{Asked, Quote, creation};

const QUOTES: &str = "/quotes";

/// Both spellings of "holds a matching policy": the second was in use before November 2025.
const MATCHING_POLICY: [&str; 2] =
    ["contractor_has_matching_policy", "contract_has_matching_policy"];

/// Why a quote cannot be changed any more: a policy came of it, or there is no such quote.
const FIXED: [&str; 5] = [
    "cant_update_create_new_quote",
    "policy_already_exists",
    "application_already_complete",
    "invalid_quote_id",
    "resource_not_found",
];

/// Brings a quote up to date. Repeating it does no harm, so nothing is looked up first.
///
/// A success whose quote does not say what was asked for is as good as a refusal: it would insure other terms.
pub(super) async fn update(run: &Run<'_>, quote: &QuoteId, asked: &Asked<'_>) -> Step<Answer> {
    let path = path_of(QUOTES, quote.as_str());
    match run.put(&path, creation(run.policy.config(), asked)).await {
        Ok(changed) => {
            let changed: Quote =
                wire::object("quote", changed).map_err(|failure| run.put_ended(failure))?;
            if changed.quote_id().as_ref() != Some(quote) || !changed.answers(asked) {
                return Ok(Answer::QuoteFixed);
            }
            issued(&changed).map_err(|failure| run.put_ended(failure))
        }
        Err(failure) if failure.is_refusal(&MATCHING_POLICY) => Ok(Answer::MatchingPolicy),
        Err(failure) if failure.is_refusal(&FIXED) => Ok(Answer::QuoteFixed),
        Err(failure) => Err(run.put_ended(failure)),
    }
}

/// Asks for a quote.
pub(super) async fn create(run: &Run<'_>, asked: &Asked<'_>) -> Step<Answer> {
    if run.must_look_first() {
        let same = |quote: &Quote| quote.answers(asked);
        // The newest: a quote does not say what the job paid, and an older one may be for other terms.
        if let Some(found) = run.look_back(QUOTES, CLOCK_SKEW_OF_OFFERS, same).await?.first() {
            return issued(found).map_err(|f| run.lookup_ended(f));
        }
    }
    if let Some(late) = run.too_late(asked.window) {
        return Ok(late);
    }
    match run.post(QUOTES, creation(run.policy.config(), asked)).await {
        Ok(created) => wire::object("quote", created)
            .and_then(|created: Quote| issued(&created))
            .map_err(|f| run.post_ended(f)),
        Err(failure) if failure.is_refusal(&MATCHING_POLICY) => Ok(Answer::MatchingPolicy),
        Err(failure) => Err(run.post_ended(failure)),
    }
}

fn issued(quote: &Quote) -> Result<Answer, Failure> {
    let id = told(quote.quote_id(), "quote")?;
    if !quote.is_eligible() {
        return Ok(Answer::QuoteIneligible { quote: id });
    }
    Ok(Answer::QuoteIssued { quote: id, net_rate: quote.net_rate })
}
