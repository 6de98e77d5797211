//! What stands left of an arrow: states and events by name, nothing that could refuse a value of theirs.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Member, Pat, Path};

use super::Mention;
use super::scope::{Scope, Vocabulary};
use crate::problems::Problems;

/// The variants that a pattern names.
#[derive(Default)]
pub(crate) struct Named {
    pub(crate) mentions: Vec<Mention>,
    /// Something in the pattern was not understood; rustc or a problem of ours says what.
    pub(crate) incomplete: bool,
}

/// Reads patterns of one arm.
pub(crate) struct Patterns<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) problems: &'a mut Problems,
}

impl Patterns<'_> {
    /// The variants of `vocabulary` that `pattern` names.
    pub(crate) fn variants(&mut self, pattern: &Pat, vocabulary: &Vocabulary) -> Named {
        let mut named = Named::default();
        match pattern {
            Pat::Or(or) => {
                for case in &or.cases {
                    let more = self.variants(case, vocabulary);
                    named.mentions.extend(more.mentions);
                    named.incomplete |= more.incomplete;
                }
            }
            Pat::Paren(paren) => return self.variants(&paren.pat, vocabulary),
            Pat::Ident(binding) => match &binding.subpat {
                Some((_, inner)) => return self.variants(inner, vocabulary),
                None => self.bare(&binding.ident, vocabulary, &mut named),
            },
            Pat::Path(path) => self.mention(&path.path, vocabulary, &mut named),
            Pat::Struct(pattern) => {
                self.mention(&pattern.path, vocabulary, &mut named);
                for field in &pattern.fields {
                    self.field(&field.pat, Some(&field.member), &pattern.path, &mut named);
                }
            }
            Pat::TupleStruct(pattern) => {
                self.mention(&pattern.path, vocabulary, &mut named);
                for field in &pattern.elems {
                    self.field(field, None, &pattern.path, &mut named);
                }
            }
            Pat::Wild(_) | Pat::Rest(_) => {
                self.unnamed(pattern, &pattern.to_token_stream().to_string(), vocabulary);
                named.incomplete = true;
            }
            Pat::Macro(_) => {
                self.unseen(pattern, vocabulary);
                named.incomplete = true;
            }
            // A literal, a range, a slice: no variant of an enum, as rustc will say.
            _ => named.incomplete = true,
        }
        named
    }

    /// `_` or a name that binds: it covers everything.
    pub(crate) fn unnamed(&mut self, at: impl ToTokens, shown: &str, vocabulary: &Vocabulary) {
        let word = vocabulary.word;
        self.problems.on(
            at,
            format!("name every {word}: `{shown}` would silently cover the next {word} you add"),
        );
    }

    /// A name that stands for a variant which only rustc can find out.
    pub(crate) fn unseen(&mut self, at: impl ToTokens, vocabulary: &Vocabulary) {
        let Vocabulary { article, word, .. } = vocabulary;
        self.problems.on(
            at,
            format!("cannot see which {word} this is; write {article} {word} as its enum names it"),
        );
    }

    fn mention(&mut self, path: &Path, vocabulary: &Vocabulary, named: &mut Named) {
        let ident = last(path);
        if let Some(index) = vocabulary.index(ident) {
            named.mentions.push(Mention { index, span: path.span() });
            return;
        }
        named.incomplete = true;
        if self.scope.has_other(ident) || !looks_like_a_variant(ident) {
            self.unseen(path, vocabulary);
        }
        // Otherwise rustc says that there is no such variant.
    }

    /// A lone identifier is a unit variant, or, misspelt, a binding that matches everything.
    fn bare(&mut self, ident: &Ident, vocabulary: &Vocabulary, named: &mut Named) {
        if let Some(index) = vocabulary.index(ident) {
            named.mentions.push(Mention { index, span: ident.span() });
            return;
        }
        named.incomplete = true;
        let Scope { states, events, .. } = self.scope;
        if states.has_in_scope(ident) || events.has_in_scope(ident) {
            // The other enum's variant: rustc says that the types differ.
            return;
        }
        if self.scope.has_other(ident) {
            self.unseen(ident, vocabulary);
            return;
        }
        if !looks_like_a_variant(ident) {
            self.unnamed(ident, &ident.to_string(), vocabulary);
            return;
        }
        let Vocabulary { article, word, .. } = vocabulary;
        let mut message =
            format!("`{ident}` is not {article} {word}; as a pattern it would match every {word}");
        if let Some(close) = vocabulary.closest(ident) {
            message += &format!("; did you mean `{close}`?");
        }
        self.problems.on(ident, message);
    }

    /// A field is bound or left out; anything that looks at its value is a guard in disguise.
    fn field(&mut self, pattern: &Pat, member: Option<&Member>, of: &Path, named: &mut Named) {
        if takes_everything(pattern, member) {
            return;
        }
        named.incomplete = true;
        let of = last(of);
        self.problems.on(
            pattern,
            format!(
                "a transition takes every `{of}`, and this would refuse some: bind the field.\n\
                 Its value is judged in `decide`, which records a different event for each outcome"
            ),
        );
    }
}

fn takes_everything(pattern: &Pat, member: Option<&Member>) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(binding) => {
            let is_field = matches!(member, Some(Member::Named(name)) if *name == binding.ident);
            let binds = is_field || !binding.ident.to_string().starts_with(char::is_uppercase);
            binds && binding.subpat.as_ref().is_none_or(|(_, inner)| takes_everything(inner, None))
        }
        Pat::Paren(paren) => takes_everything(&paren.pat, member),
        Pat::Reference(reference) => takes_everything(&reference.pat, None),
        Pat::Tuple(tuple) => tuple.elems.iter().all(|part| takes_everything(part, None)),
        _ => false,
    }
}

/// The name at the end of a path.
pub(crate) fn last(path: &Path) -> &Ident {
    let segment = path.segments.last().expect("a path has at least one segment");
    &segment.ident
}

/// `Shut`, but neither `shut` nor `SHUT`.
pub(crate) fn looks_like_a_variant(ident: &Ident) -> bool {
    let name = ident.to_string();
    let mut letters = name.chars();
    letters.next().is_some_and(char::is_uppercase)
        && (name.chars().count() == 1 || letters.any(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::format_ident;

    #[test]
    fn a_variant_is_told_by_its_letters() {
        for (name, expected) in [
            ("Shut", true),
            ("S", true),
            ("SHut", true),
            ("SHUT", false),
            ("shut", false),
            ("s", false),
        ] {
            assert_eq!(looks_like_a_variant(&format_ident!("{name}")), expected, "{name}");
        }
    }
}
