//! Is it a contractor placement? Evidence in order of strength; what is unknown or contradicts itself is held.

use serde::{Deserialize, Serialize};

use super::Missing;
use crate::domain::by_hand::Included;
use crate::domain::facts::Engaged;
use crate::domain::rules::{Class, Rules};

/// The answer to the scope question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// An independent contractor (or corp-to-corp, where the tenant includes it).
    In,
    /// Certainly not; the evidence goes into the log.
    Out(OutOfScope),
    /// Not known, or contradictory.
    Unknown(Missing),
}

/// Why a placement is none of the insurer's business.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OutOfScope {
    /// A stable short name: `w2`, `perm`, `eor`, `corp_to_corp`, `over`, `by_hand`.
    pub code: String,
    /// The field and the value that say so.
    pub evidence: String,
}

/// Applies the scope rule: position type, then employment category, then the tenant's own field, then flags.
pub fn classify(engaged: &Engaged, rules: &Rules) -> Scope {
    if let Some(position) = engaged.position.as_deref()
        && normal(position) == "direct placement"
    {
        return out("perm", format!("position type is `{position}`"));
    }
    let category = word("employment category", engaged.category.as_deref(), rules);
    let field = word("worker type field", engaged.tenant_field.as_deref(), rules);
    match category.or(field) {
        Some((_, word, None)) => Scope::Unknown(Missing::new(
            "category_unknown",
            format!(
                "`{word}` is no known employment category; add to the configuration, under \
                 [tenant.contractor.categories]: \"{}\" = \"contractor\" | \"corp_to_corp\" | \"w2\" | \"eor\"",
                normal(word)
            ),
        )),
        Some((what, word, Some(class))) => {
            by_class(class, format!("{what} is `{word}`"), engaged, rules)
        }
        None => by_flags(engaged, rules),
    }
}

/// The code of evidence against what a person decided.
const CONTRADICTED: &str = "scope_contradicted";

/// What stands behind evidence that speaks against a person's decision.
const CONTRADICTS: &str =
    "; yet a person took the placement into scope: exclude it, or include it again";

/// The scope once a person has decided it: their word counts for the evidence that they saw, and for no other.
pub(super) fn decided(scope: Scope, included: Option<&Included>) -> Scope {
    let Some(included) = included else { return scope };
    match scope {
        Scope::In => Scope::In,
        Scope::Out(OutOfScope { evidence, .. }) if evidence == included.over => Scope::In,
        Scope::Out(OutOfScope { evidence, .. }) => {
            Scope::Unknown(Missing::new(CONTRADICTED, format!("{evidence}{CONTRADICTS}")))
        }
        Scope::Unknown(missing) if missing.text == included.over => Scope::In,
        Scope::Unknown(missing) => Scope::Unknown(missing),
    }
}

/// Whether this is evidence against what a person decided.
pub(in crate::domain) fn contradicts(missing: &Missing) -> bool {
    missing.code == CONTRADICTED
}

/// The evidence that a person overrides when they take a placement into scope that lacks this; `None` when the scope is
/// not what is missing.
pub(in crate::domain) fn overridden(missing: &Missing) -> Option<&str> {
    match missing.code.as_str() {
        CONTRADICTED => missing.text.strip_suffix(CONTRADICTS),
        "category_unknown" | "category_missing" | "category_conflict" => Some(&missing.text),
        _ => None,
    }
}

/// The word, with its class where the tenant's map has one. An empty word says nothing.
fn word<'a>(
    what: &'static str,
    word: Option<&'a str>,
    rules: &Rules,
) -> Option<(&'static str, &'a str, Option<Class>)> {
    let word = word.filter(|word| !word.trim().is_empty())?;
    Some((what, word, rules.categories.get(&normal(word)).copied()))
}

fn by_class(class: Class, evidence: String, engaged: &Engaged, rules: &Rules) -> Scope {
    match class {
        Class::Contractor if engaged.w2 == Some(true) => conflict(&evidence, "the W-2 flag is set"),
        Class::CorpToCorp if engaged.w2 == Some(true) => conflict(&evidence, "the W-2 flag is set"),
        Class::W2 if engaged.corp_to_corp == Some(true) => {
            conflict(&evidence, "the corp-to-corp flag is set")
        }
        Class::Contractor => Scope::In,
        Class::CorpToCorp if rules.include_corp_to_corp => Scope::In,
        Class::CorpToCorp => out("corp_to_corp", evidence),
        Class::W2 => out("w2", evidence),
        Class::Eor => out("eor", evidence),
    }
}

fn by_flags(engaged: &Engaged, rules: &Rules) -> Scope {
    match (engaged.corp_to_corp, engaged.w2) {
        (Some(true), Some(true)) => conflict("the corp-to-corp flag is set", "the W-2 flag is set"),
        (Some(true), _) => {
            by_class(Class::CorpToCorp, "the corp-to-corp flag is set".into(), engaged, rules)
        }
        (_, Some(true)) => out("w2", "the W-2 flag is set".into()),
        (_, _) => Scope::Unknown(Missing::new(
            "category_missing",
            "no pay record says how the worker is engaged yet: waiting for its employment category",
        )),
    }
}

fn conflict(one: &str, other: &str) -> Scope {
    let text = format!("{one}, yet {other}: correct one of them in the ATS");
    Scope::Unknown(Missing::new("category_conflict", text))
}

fn out(code: &str, evidence: String) -> Scope {
    Scope::Out(OutOfScope { code: code.to_owned(), evidence })
}

/// Words are compared in lower case, with single spaces.
pub(in crate::domain) fn normal(word: &str) -> String {
    word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
