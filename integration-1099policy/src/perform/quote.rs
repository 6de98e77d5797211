//! Quotes. A refusal for a policy that fits already is good news: an assignment is the way.

use workflow_core::domain::call::Answer;

use super::{CLOCK_SKEW_OF_OFFERS, Run, Step, told};
use crate::failure::Failure;
use crate::wire;
use crate::wire::quote::{Asked, Quote, creation};

const QUOTES: &str = "/quotes";

/// Both spellings of "holds a matching policy": the second was in use before November 2025.
const MATCHING_POLICY: [&str; 2] =
    ["contractor_has_matching_policy", "contract_has_matching_policy"];

/// Asks for a quote.
pub(super) async fn create(run: &Run<'_>, asked: &Asked<'_>) -> Step<Answer> {
    if run.must_look_first() {
        let same = |quote: &Quote| quote.answers(asked);
        // The newest: a quote does not say what the job paid, and an older one may be for other terms.
        if let Some(found) = run.look_back(QUOTES, CLOCK_SKEW_OF_OFFERS, same).await?.first() {
            return issued(found).map_err(|f| run.lookup_ended(f));
        }
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
