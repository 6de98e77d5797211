//! The ATS's own words on what the rules judge, kept beside what was made of them: for whoever compares the two later.
//!
//! No judgement rests on what is kept here: that is made from the facts themselves. Where the worker lives is not kept.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::domain::facts::{Date, Engaged, Facts, Pay, Place};

/// What the ATS said, as it wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wording {
    /// First day of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
    /// Last day of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// The requisition's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The requisition's category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How the worker is engaged.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub engaged: Engaged,
    /// What the worker is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<Pay>,
    /// Where the work is done.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub worksite: Place,
    /// Where the requisition is located.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub requisition_place: Place,
}

fn is_usual<T: Default + PartialEq>(it: &T) -> bool {
    *it == T::default()
}

impl Wording {
    /// The words of these facts.
    pub fn of(facts: &Facts) -> Self {
        Self {
            start: facts.start,
            end: facts.end,
            title: facts.role.title.clone(),
            category: facts.role.category.clone(),
            engaged: facts.engaged.clone(),
            pay: facts.pay.clone(),
            worksite: facts.worksite.clone(),
            requisition_place: facts.requisition_place.clone(),
        }
    }
}

/// The words from which terms were made; `None` in a log that was written before they were kept.
///
/// Terms that agree in all else are the same terms whatever words led to them: any two of these are equal, so that another
/// way of writing the same pay changes nothing at the insurer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MadeOf(pub Option<Wording>);

impl MadeOf {
    /// Whether the words were not kept.
    pub fn is_unknown(&self) -> bool {
        self.0.is_none()
    }
}

impl PartialEq for MadeOf {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for MadeOf {}

impl Hash for MadeOf {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn other_words_for_the_same_terms_are_no_change_of_terms() {
        let said = |title: &str| {
            let (start, end, category, pay) = (None, None, None, None);
            let (engaged, worksite) = (Engaged::default(), Place::default());
            let (title, requisition_place) = (Some(title.to_owned()), Place::default());
            Wording { start, end, title, category, engaged, pay, worksite, requisition_place }
        };
        let (one, other) = (MadeOf(Some(said("Nurse"))), MadeOf(Some(said("nurse, days"))));
        assert_ne!(one.0, other.0);
        assert_eq!((&one, &one), (&other, &MadeOf::default()));
        assert_eq!(HashSet::from([one, other]).len(), 1);
    }
}
