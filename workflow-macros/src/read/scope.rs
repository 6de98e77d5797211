//! The names that an arm may use: the states, the events, and whatever else the module brings into scope.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use syn::{Item, UseTree};

use super::{Event, State};

/// The names in scope.
pub(crate) struct Scope {
    pub(crate) states: Vocabulary,
    pub(crate) events: Vocabulary,
    /// Names that the module's other items declare or import one by one.
    others: BTreeSet<String>,
}

/// The variants of one of the two enums.
pub(crate) struct Vocabulary {
    /// With its article, for messages.
    pub(crate) article: &'static str,
    /// "state" or "event".
    pub(crate) word: &'static str,
    names: Vec<Ident>,
    /// Whether the variants stand in scope without the enum's name.
    bare: bool,
}

impl Vocabulary {
    pub(crate) fn index(&self, name: &Ident) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    pub(crate) fn name(&self, index: usize) -> &Ident {
        &self.names[index]
    }

    /// The variant that `name` was most likely meant to be.
    pub(crate) fn closest(&self, name: &Ident) -> Option<&Ident> {
        let name = name.to_string();
        let allowed = (name.chars().count() / 3).max(1);
        self.names
            .iter()
            .map(|known| (distance(&known.to_string(), &name), known))
            .filter(|(distance, _)| *distance <= allowed)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, known)| known)
    }

    /// Whether rustc reads the bare `name` as this enum's variant.
    pub(crate) fn has_in_scope(&self, name: &Ident) -> bool {
        self.bare && self.index(name).is_some()
    }
}

impl Scope {
    pub(crate) fn new(states: &[State], events: &[Event], items: &[Item]) -> Self {
        let mut others = BTreeSet::new();
        let mut globs = BTreeSet::new();
        for item in items {
            if let Item::Use(item) = item {
                imports(&item.tree, None, &mut others, &mut globs);
            } else if let Some(name) = declared(item) {
                others.insert(name.to_string());
            }
        }
        Self {
            states: Vocabulary {
                article: "a",
                word: "state",
                names: states.iter().map(|state| state.ident.clone()).collect(),
                bare: globs.contains("State"),
            },
            events: Vocabulary {
                article: "an",
                word: "event",
                names: events.iter().map(|event| event.ident.clone()).collect(),
                bare: globs.contains("Event"),
            },
            others,
        }
    }

    /// Whether the module itself gives `name` a meaning other than a state's or an event's.
    pub(crate) fn has_other(&self, name: &Ident) -> bool {
        self.others.contains(&name.to_string())
    }
}

fn declared(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        _ => None,
    }
}

/// Adds the names that a `use` brings one by one, and the paths' last names before a `*`.
fn imports(
    tree: &UseTree,
    parent: Option<&Ident>,
    names: &mut BTreeSet<String>,
    globs: &mut BTreeSet<String>,
) {
    match tree {
        UseTree::Path(path) => imports(&path.tree, Some(&path.ident), names, globs),
        UseTree::Name(name) => {
            names.insert(name.ident.to_string());
        }
        UseTree::Rename(rename) => {
            names.insert(rename.rename.to_string());
        }
        UseTree::Glob(_) => {
            globs.extend(parent.map(ToString::to_string));
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                imports(tree, parent, names, globs);
            }
        }
    }
}

/// How many letters must be added, dropped or changed to turn one word into the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let changed = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_close_within_a_third_of_its_letters() {
        let state = |name: &str| State {
            ident: quote::format_ident!("{name}"),
            terminal: false,
            reopens: false,
        };
        let scope = Scope::new(&[state("RangBell"), state("Shut"), state("Shot")], &[], &[]);
        let closest = |name: &str| {
            let found = scope.states.closest(&quote::format_ident!("{name}"));
            found.map(ToString::to_string)
        };
        assert_eq!(closest("Rangbel").as_deref(), Some("RangBell"));
        assert_eq!(closest("Rngbel"), None);
        assert_eq!(closest("Shoot").as_deref(), Some("Shot"));
        assert_eq!(closest("Sh"), None);
        assert_eq!(closest("T"), None);
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("Shut", "Shut"), 0);
        assert_eq!(distance("Shut", "Shutt"), 1);
        assert_eq!(distance("Shut", "Shot"), 1);
        assert_eq!(distance("Shut", "Ajar"), 4);
        assert_eq!(distance("", "Ajar"), 4);
        assert_eq!(distance("Ajar", ""), 4);
        assert_eq!(distance("Ajar", "jar"), 1);
        assert_eq!(distance("jar", "Ajar"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("aab", "b"), 2);
    }
}
