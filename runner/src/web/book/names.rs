//! Whom a name means, without keeping names: each word of a person's name, and the e-mail, as a hash under a key that only
//! this process has. What was forgotten in the log is forgotten here with the same event.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher as _;

use workflow_core::domain::contractor::{Identity, State};
use workflow_core::id::StreamId;

/// The words of all names.
#[derive(Default)]
pub(super) struct Names {
    key: RandomState,
    by_word: BTreeMap<u64, BTreeSet<StreamId>>,
    of: BTreeMap<StreamId, Vec<u64>>,
}

impl Names {
    /// Keeps what a contractor is called now.
    pub(super) fn keep(&mut self, stream: &StreamId, state: Option<&State>) {
        for word in self.of.remove(stream).unwrap_or_default() {
            if let Some(streams) = self.by_word.get_mut(&word) {
                streams.remove(stream);
            }
        }
        let Some(person) = state.and_then(identity).and_then(|identity| identity.person.get())
        else {
            return;
        };
        let email = person.email.iter().map(String::as_str);
        let texts =
            [person.first_name.as_str(), person.last_name.as_str()].into_iter().chain(email);
        let words: Vec<u64> = texts.flat_map(words).map(|word| self.key.hash_one(word)).collect();
        for word in &words {
            self.by_word.entry(*word).or_default().insert(stream.clone());
        }
        self.of.insert(stream.clone(), words);
    }

    /// Who has all of these words.
    pub(super) fn called(&self, text: &str) -> BTreeSet<StreamId> {
        let mut found: Option<BTreeSet<StreamId>> = None;
        for word in words(text) {
            let these = self.by_word.get(&self.key.hash_one(word)).cloned().unwrap_or_default();
            found = Some(match found {
                None => these,
                Some(others) => others.intersection(&these).cloned().collect(),
            });
        }
        found.unwrap_or_default()
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect::<Vec<_>>().into_iter()
}

fn identity(state: &State) -> Option<&Identity> {
    match state {
        State::Identified { latest, .. } => Some(latest),
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            Some(&known.latest)
        }
        State::Contested { rivals } => Some(&rivals.known.latest),
        State::Unlinked { .. }
        | State::Succeeding { .. }
        | State::Flagged { .. }
        | State::Merging { .. }
        | State::Merged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => None,
    }
}
