//! What a person decided about a placement where the ATS says nothing that can be used: missing facts, and the scope.
//!
//! It travels with the placement ([`Brief`](super::terms::Brief), [`Terms`](super::terms::Terms)) and is kept with who
//! and why. **The ATS wins**: a fact set by hand counts only while the ATS gives none that can be used. Once it gives one,
//! that one is judged, and what differs goes the way of any change in the ATS: followed before anything is bought, flagged
//! with the difference afterwards. Taking a placement into scope counts for the evidence that was overridden and for no
//! other: later evidence against it is put before a person. Read `terms.rs` next, which applies it.

use serde::{Deserialize, Serialize};

use super::call::{CategoryCode, EntityId};
use super::facts::{Date, Facts, Pay, Place};
use super::rules::{RateUnit, Rules};
use super::terms::Missing;
use crate::money::Decimal;

/// Everything that people decided about one placement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ByHand {
    /// The facts set by hand, one of each kind at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<SetFact>,
    /// That it was taken into scope against the scope rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included: Option<Included>,
}

/// One fact set by hand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SetFact {
    /// The fact.
    pub fact: Fact,
    /// What the ATS said of it then: why it was missing.
    pub ats: String,
    /// Who.
    pub by: String,
    /// Why, in the person's words.
    pub reason: String,
}

/// That a person took a placement into scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Included {
    /// The evidence that was overridden, in the words that were shown.
    pub over: String,
    /// Who.
    pub by: String,
    /// Why, in the person's words.
    pub reason: String,
}

/// A fact that can be set by hand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The client's entity at the insurer.
    Entity(EntityId),
    /// The job category's code at the insurer.
    Category(CategoryCode),
    /// What is paid, in the tenant's currency.
    Wage {
        /// The amount per unit.
        amount: Decimal,
        /// The unit; where it is not said, the ATS's.
        unit: Option<RateUnit>,
    },
    /// What the ATS's pay rate counts.
    Unit(RateUnit),
    /// First day of work.
    Start(Date),
    /// Last day of work, inclusive.
    End(Date),
    /// The state of work, as a person writes it.
    Region(String),
    /// Work is done remotely.
    Remote,
}

/// The facts that can be set, as they are written: name, form, and an example.
pub const WRITTEN: &[(&str, &str, &str)] = &[
    ("entity", "the insurer's entity of the client", "en_Halvorsen1"),
    ("category", "the insurer's code of the job category", "jc_DataAnalyst"),
    ("wage", "an amount, or an amount per unit", "95.00/hour"),
    ("unit", "hour, day, week, month, year or engagement", "hour"),
    ("start", "the first day of work", "2026-04-06"),
    ("end", "the last day of work", "2026-09-30"),
    ("region", "a state of the United States, or remote", "CA"),
];

impl Fact {
    /// Reads a fact as it is written; says what was expected otherwise.
    pub fn parse(name: &str, value: &str) -> Result<Self, String> {
        let value = value.trim();
        let Some((_, form, example)) = WRITTEN.iter().find(|(known, _, _)| *known == name) else {
            let names = WRITTEN.iter().map(|(name, _, _)| *name).collect::<Vec<_>>();
            return Err(format!("`{name}` cannot be set by hand; what can: {}", names.join(", ")));
        };
        let parsed = match name {
            "entity" => code(value).map(|code| Fact::Entity(code.into())),
            "category" => code(value).map(|code| Fact::Category(code.into())),
            "wage" => wage(value),
            "unit" => unit(value).map(Fact::Unit),
            "start" => value.parse().ok().map(Fact::Start),
            "end" => value.parse().ok().map(Fact::End),
            _ if value.is_empty() => None,
            _ if value.eq_ignore_ascii_case("remote") => Some(Fact::Remote),
            _ => Some(Fact::Region(value.to_owned())),
        };
        parsed.ok_or_else(|| format!("`{value}` is no {name}: expected {form}, such as {example}"))
    }

    /// Its name, as it is written.
    pub fn name(&self) -> &'static str {
        match self {
            Fact::Entity(_) => "entity",
            Fact::Category(_) => "category",
            Fact::Wage { .. } => "wage",
            Fact::Unit(_) => "unit",
            Fact::Start(_) => "start",
            Fact::End(_) => "end",
            Fact::Region(_) | Fact::Remote => "region",
        }
    }

    /// Its value, as it is written.
    pub fn value(&self) -> String {
        match self {
            Fact::Entity(entity) => entity.to_string(),
            Fact::Category(category) => category.to_string(),
            Fact::Wage { amount, unit: Some(unit) } => format!("{amount}/{}", unit.word()),
            Fact::Wage { amount, unit: None } => amount.to_string(),
            Fact::Unit(unit) => unit.word().to_owned(),
            Fact::Start(day) | Fact::End(day) => day.to_string(),
            Fact::Region(state) => state.clone(),
            Fact::Remote => "remote".to_owned(),
        }
    }

    /// Whether this is what a placement lacks when this is missing.
    pub fn fills(&self, missing: &Missing) -> bool {
        let codes: &[&str] = match self {
            Fact::Entity(_) => &["entity_unmapped", "company_missing"],
            Fact::Category(_) => &["category_unmapped"],
            Fact::Wage { .. } => {
                &["pay_missing", "pay_zero", "unit_unknown", "rate_not_hourly", "currency"]
            }
            Fact::Unit(_) => &["unit_unknown"],
            Fact::Start(_) => &["start_missing"],
            Fact::End(_) => &["end_missing"],
            Fact::Region(_) | Fact::Remote => &["region_missing", "state_unknown"],
        };
        codes.contains(&missing.code.as_str())
    }
}

fn code(value: &str) -> Option<&str> {
    let good = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
    good.then_some(value)
}

fn wage(value: &str) -> Option<Fact> {
    let (amount, per) = match value.split_once('/') {
        Some((amount, per)) => (amount, Some(unit(per.trim())?)),
        None => (value, None),
    };
    let amount: Decimal = amount.trim().parse().ok()?;
    (amount > Decimal::ZERO).then_some(Fact::Wage { amount, unit: per })
}

fn unit(word: &str) -> Option<RateUnit> {
    RateUnit::ALL.into_iter().find(|unit| unit.word() == word.to_ascii_lowercase())
}

impl ByHand {
    /// Whether nobody decided anything.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.included.is_none()
    }

    /// With one more fact, which takes the place of another of its kind.
    pub fn with(mut self, fact: SetFact) -> Self {
        self.facts.retain(|set| set.fact.name() != fact.fact.name());
        self.facts.push(fact);
        self
    }

    /// Taken into scope.
    pub fn taken_in(self, included: Included) -> Self {
        Self { included: Some(included), ..self }
    }

    /// The same for another worker: how one is engaged says nothing of the other.
    pub(super) fn for_another(self) -> Self {
        Self { included: None, ..self }
    }

    /// The facts, with what the ATS lacks filled in: dates, pay and the place of work.
    pub(super) fn fill(&self, facts: &Facts, lacks: &[Missing], rules: &Rules) -> Facts {
        let mut filled = facts.clone();
        let lacked = |fact: &Fact| lacks.iter().any(|missing| fact.fills(missing));
        for SetFact { fact, .. } in self.facts.iter().filter(|set| lacked(&set.fact)) {
            match fact {
                Fact::Start(day) => filled.start = Some(*day),
                Fact::End(day) => filled.end = Some(*day),
                Fact::Wage { amount, unit } => {
                    filled.pay = Some(self.pay(facts, *amount, *unit));
                }
                Fact::Unit(unit) => {
                    if let Some(pay) = &mut filled.pay {
                        pay.unit = word(*unit, rules);
                    }
                }
                Fact::Region(state) => {
                    filled.worksite =
                        Place { state: Some(state.clone()), country: None, remote: false };
                }
                Fact::Remote => filled.worksite.remote = true,
                Fact::Entity(_) | Fact::Category(_) => {}
            }
        }
        if let Some(pay) = &mut filled.pay
            && pay.source == SOURCE
            && let Some(unit) = unit(&pay.unit)
        {
            pay.unit = word(unit, rules);
        }
        filled
    }

    fn pay(&self, facts: &Facts, amount: Decimal, said: Option<RateUnit>) -> Pay {
        let by_hand = self.facts.iter().find_map(|set| {
            let Fact::Unit(unit) = set.fact else { return None };
            Some(unit)
        });
        let of_the_ats = || facts.pay.as_ref().map(|pay| pay.unit.clone()).unwrap_or_default();
        let unit = said.or(by_hand).map_or_else(of_the_ats, |unit| unit.word().to_owned());
        Pay { amount, unit, currency: None, source: SOURCE.to_owned() }
    }

    /// The client's entity, if it was set.
    pub(super) fn entity(&self) -> Option<EntityId> {
        self.facts.iter().find_map(|set| {
            let Fact::Entity(entity) = &set.fact else { return None };
            Some(entity.clone())
        })
    }

    /// The category's code, if it was set.
    pub(super) fn category(&self) -> Option<CategoryCode> {
        self.facts.iter().find_map(|set| {
            let Fact::Category(category) = &set.fact else { return None };
            Some(category.clone())
        })
    }
}

/// Where a pay rate set by hand was found.
const SOURCE: &str = "set by hand";

/// A word that the tenant's rules read as this unit.
fn word(unit: RateUnit, rules: &Rules) -> String {
    let known = rules.units.iter().find(|(_, known)| **known == unit);
    known.map_or(unit.word(), |(word, _)| word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_is_read_as_it_is_written() {
        for (name, _, example) in WRITTEN {
            let fact = Fact::parse(name, example).unwrap();
            assert_eq!((fact.name(), fact.value().as_str()), (*name, *example));
        }
        for (name, value) in [
            ("wage", "0"),
            ("wage", "-5/hour"),
            ("wage", "95/fortnight"),
            ("wage", "ninety"),
            ("unit", "fortnight"),
            ("start", "06.04.2026"),
            ("end", "2026-02-30"),
            ("entity", "en 1"),
            ("category", ""),
            ("region", " "),
            ("name", "Kim"),
        ] {
            let told = Fact::parse(name, value).unwrap_err();
            assert!(told.contains("expected") || told.contains("what can: entity"), "{told}");
        }
    }
}
