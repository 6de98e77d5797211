//! For whom and as what: the tenant's maps from the ATS's companies and categories to the insurer's codes.

use super::Missing;
use super::classify::normal;
use crate::domain::call::{CategoryCode, CoverageType, EntityId, Region};
use crate::domain::facts::Facts;
use crate::domain::rules::Rules;

/// The client's entity.
pub(super) fn entity(facts: &Facts, rules: &Rules) -> Result<EntityId, Missing> {
    let Some(company) = &facts.company else {
        return Err(Missing::new("company_missing", "no client company: set it in the ATS"));
    };
    rules.entities.get(&company.id).cloned().ok_or_else(|| {
        let name = company.name.as_deref().unwrap_or("?");
        let text = format!(
            "client {} ({name}) has no entity; add to the configuration, under [tenant.entities]: \
             \"{}\" = \"en_...\"",
            company.id, company.id
        );
        Missing::new("entity_unmapped", text)
    })
}

/// The category's code: by the requisition's category, else by a word of its title.
pub(super) fn category(facts: &Facts, rules: &Rules) -> Result<CategoryCode, Missing> {
    let category = facts.role.category.as_deref().map(normal).filter(|word| !word.is_empty());
    if let Some(code) = category.as_ref().and_then(|word| rules.job_categories.get(word)) {
        return Ok(code.clone());
    }
    let title = facts.role.title.as_deref().map(normal).unwrap_or_default();
    let by_title = rules.title_categories.iter().find(|(word, _)| title.contains(&normal(word)));
    if let Some((_, code)) = by_title {
        return Ok(code.clone());
    }
    let word = category.unwrap_or(title);
    let text = format!(
        "job category `{word}` has no code; add to the configuration, under [tenant.job_categories]: \
         \"{word}\" = \"jc_...\""
    );
    Err(Missing::new("category_unmapped", text))
}

/// The hold of a placement of which a word says how it stands, and nobody what the word means.
pub(super) fn status_unmapped(word: &str) -> Missing {
    let text = format!(
        "start status `{word}` is in no map; add to the configuration, under [tenant.statuses]: \
         \"{}\" = \"offer\" | \"starting\" | \"working\" | \"ended\" | \"canceled\"",
        normal(word)
    );
    Missing::new("status_unmapped", text)
}

/// The role's name.
pub(super) fn title(facts: &Facts) -> Result<String, Missing> {
    let title = facts.role.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let none = || Missing::new("title_missing", "the requisition has no title: set it in the ATS");
    title.map(str::to_owned).ok_or_else(none)
}

/// The coverage that the first fitting rule asks for, else the tenant's usual one.
pub(super) fn coverage(facts: &Facts, rules: &Rules, region: Option<&Region>) -> Vec<CoverageType> {
    let company = facts.company.as_ref().map(|company| &company.id);
    let category = facts.role.category.as_deref().map(normal);
    let state = region.map(|region| region.state.as_str());
    let fits = |rule: &&crate::domain::rules::CoverageRule| {
        rule.company.as_ref().is_none_or(|wanted| Some(wanted) == company)
            && rule.category.as_deref().is_none_or(|wanted| Some(normal(wanted)) == category)
            && rule.state.as_deref().is_none_or(|wanted| Some(wanted) == state)
    };
    let rule = rules.coverage_rules.iter().find(fits);
    rule.map_or_else(|| rules.coverage.clone(), |rule| rule.coverage.clone())
}
