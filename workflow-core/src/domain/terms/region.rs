//! Where: worksite, else the requisition's place, else the contractor's home; remote work has no region.

use super::Missing;
use super::classify::normal;
use crate::domain::call::Region;
use crate::domain::facts::{Facts, Place};
use crate::domain::rules::Rules;

/// The place of work; `Ok(None)` for remote work.
pub(super) fn region(facts: &Facts, rules: &Rules) -> Result<Option<Region>, Missing> {
    if facts.worksite.remote {
        return Ok(None);
    }
    // Work abroad is abroad, whatever the requisition says.
    if let Some(country) = facts.worksite.country.as_deref()
        && !is_united_states(country)
    {
        return Err(abroad(country));
    }
    let places = [&facts.worksite, &facts.requisition_place, &facts.home];
    let with_state = |place: &&&Place| place.state.as_deref().is_some_and(|s| !s.trim().is_empty());
    let Some(place) = places.iter().find(with_state) else {
        let text = "no state of work: set the worksite in the ATS";
        return Err(Missing::new("region_missing", text));
    };
    let country = place.country.as_deref().unwrap_or("US");
    if !is_united_states(country) {
        return Err(abroad(country));
    }
    let state = place.state.as_deref().unwrap_or_default();
    match rules.states.get(&normal(state)) {
        Some(code) => Ok(Some(Region { country: "US".into(), state: code.clone() })),
        None => {
            let text = format!("`{state}` is no state of the United States: correct it in the ATS");
            Err(Missing::new("state_unknown", text))
        }
    }
}

fn abroad(country: &str) -> Missing {
    let text = format!("the country of work is {country}; only the United States can be insured");
    Missing::new("country", text)
}

fn is_united_states(country: &str) -> bool {
    let word = normal(country).replace('.', "");
    matches!(word.as_str(), "" | "us" | "usa" | "united states" | "united states of america")
}
