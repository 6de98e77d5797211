//! What a tenant's words for how a start stands mean. Pure.
//!
//! JobDiva publishes no list of them, and tenants make their own. The usual ones are what its clients have seen; whatever
//! speaks of a cancellation is one. A word that is not mapped is told, not guessed at: what is made of the other signs is
//! `assemble/stage.rs`.

use std::collections::BTreeMap;

/// What a word says of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has been placed yet.
    Offer,
    /// Agreed; work is to begin.
    Starting,
    /// At work, once the first day has come.
    Working,
    /// Work is over.
    Ended,
    /// Called off.
    Canceled,
}

impl Standing {
    /// All of them, with their names in configuration.
    pub const ALL: [(&'static str, Standing); 5] = [
        ("offer", Standing::Offer),
        ("starting", Standing::Starting),
        ("working", Standing::Working),
        ("ended", Standing::Ended),
        ("canceled", Standing::Canceled),
    ];
}

/// The usual words: [1x] of one client's rule, those of an end [I].
const USUAL: [(&str, Standing); 17] = [
    ("offer", Standing::Offer),
    ("offer accepted", Standing::Starting),
    ("pending start", Standing::Starting),
    ("scheduled start", Standing::Starting),
    ("ready to start", Standing::Starting),
    ("active", Standing::Working),
    ("started", Standing::Working),
    ("on assignment", Standing::Working),
    ("placed", Standing::Working),
    ("ended", Standing::Ended),
    ("completed", Standing::Ended),
    ("assignment completed", Standing::Ended),
    ("terminated", Standing::Ended),
    ("canceled start", Standing::Canceled),
    ("canceled", Standing::Canceled),
    ("cancelled", Standing::Canceled),
    ("rejected", Standing::Canceled),
];

/// Pieces of words of which each says that a start was called off.
const CALLED_OFF: [&str; 3] = ["cancel", "reject", "declin"];

/// A tenant's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standings(BTreeMap<String, Standing>);

impl Default for Standings {
    fn default() -> Self {
        Self(USUAL.iter().map(|(word, standing)| ((*word).to_owned(), *standing)).collect())
    }
}

impl Standings {
    /// Says what a word means; what was said of it before is forgotten.
    pub fn set(&mut self, word: &str, standing: Standing) {
        self.0.insert(normal(word), standing);
    }

    /// What a word means; `None` for one that nobody has explained. Case and the number of blanks do not count.
    ///
    /// ```
    /// use integration_jobdiva::standing::{Standing, Standings};
    ///
    /// let mut words = Standings::default();
    /// assert_eq!(words.of("On  Assignment"), Some(Standing::Working));
    /// assert_eq!(words.of("Background Check"), None);
    /// words.set("background check", Standing::Starting);
    /// assert_eq!(words.of("Background Check"), Some(Standing::Starting));
    /// ```
    pub fn of(&self, word: &str) -> Option<Standing> {
        let word = normal(word);
        let called_off = || {
            let said = CALLED_OFF.iter().any(|piece| word.contains(piece));
            said.then_some(Standing::Canceled)
        };
        self.0.get(&word).copied().or_else(called_off)
    }
}

/// In lower case, with single blanks.
fn normal(word: &str) -> String {
    word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_words_are_those_of_the_clients() {
        let words = Standings::default();
        for (standing, all) in [
            (Standing::Offer, &["Offer"][..]),
            (
                Standing::Starting,
                &["offer accepted", "Pending Start", "scheduled start", "ready to start"],
            ),
            (Standing::Working, &["active", "Started", "on assignment", "PLACED"]),
            (Standing::Canceled, &["Canceled Start", "Rejected", "Offer declined", "CANCELLED"]),
        ] {
            for word in all {
                assert_eq!(words.of(word), Some(standing), "{word}");
            }
        }
        assert_eq!(words.of("Waiting for badge"), None);
    }

    #[test]
    fn a_tenants_word_goes_before_the_usual_and_before_pieces() {
        let mut words = Standings::default();
        words.set("Cancel Pending", Standing::Working);
        words.set("placed", Standing::Offer);
        assert_eq!(words.of("cancel  pending"), Some(Standing::Working));
        assert_eq!(words.of("Placed"), Some(Standing::Offer));
    }
}
