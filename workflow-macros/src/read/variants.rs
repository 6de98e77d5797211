//! The two enums: their variants, with the helper attributes taken away from the source.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ItemEnum, Lit, LitStr, Meta, Path, Token, Variant};

use super::{Event, State, snake_case};
use crate::problems::Problems;

/// The variants of `enum State`.
pub(crate) fn states(item: &mut ItemEnum, problems: &mut Problems) -> Vec<State> {
    let mut states = Vec::new();
    for variant in &mut item.variants {
        refuse_cfg(variant, problems);
        let marks = take(variant, "terminal");
        let mut reopens = false;
        for mark in &marks {
            match &mark.meta {
                Meta::Path(_) => {}
                Meta::List(list) if list.tokens.to_string() == "reopens" => reopens = true,
                Meta::List(_) | Meta::NameValue(_) => {
                    problems.on(mark, "`#[terminal]` takes nothing but `(reopens)`");
                }
            }
        }
        let (ident, terminal) = (variant.ident.clone(), !marks.is_empty());
        states.push(State { ident, terminal, reopens });
    }
    states
}

/// The variants of `enum Event`.
pub(crate) fn events(item: &mut ItemEnum, problems: &mut Problems) -> Vec<Event> {
    refuse_serde_names(&item.attrs, problems);
    let mut events: Vec<Event> = Vec::new();
    for variant in &mut item.variants {
        refuse_cfg(variant, problems);
        refuse_serde_names(&variant.attrs, problems);
        let given = once(take(variant, "wire"), problems).and_then(|mark| wire(&mark, problems));
        let was = once(take(variant, "was"), problems).map(|mark| was(&mark, problems));
        let ident = variant.ident.clone();
        let (wire, wire_span) = match given {
            Some(name) => (name.value(), name.span()),
            None => (snake_case(&ident), ident.span()),
        };
        if let Some(first) = events.iter().find(|event| event.wire == wire) {
            let first = &first.ident;
            problems
                .at(wire_span, format!("`{first}` and `{ident}` share the wire name \"{wire}\""));
        }
        events.push(Event { ident, wire, was: was.unwrap_or_default() });
    }
    events
}

/// Removes the attributes called `name` from the variant and returns them.
fn take(variant: &mut Variant, name: &str) -> Vec<Attribute> {
    variant.attrs.extract_if(.., |attribute| attribute.path().is_ident(name)).collect()
}

fn once(marks: Vec<Attribute>, problems: &mut Problems) -> Option<Attribute> {
    let mut marks = marks.into_iter();
    let first = marks.next();
    for more in marks {
        problems.on(&more, "given twice: keep one");
    }
    first
}

fn wire(mark: &Attribute, problems: &mut Problems) -> Option<LitStr> {
    if let Meta::NameValue(pair) = &mark.meta
        && let Expr::Lit(value) = &pair.value
        && let Lit::Str(name) = &value.lit
        && !name.value().is_empty()
    {
        return Some(name.clone());
    }
    problems.on(mark, "write the stored name as `#[wire = \"the_name\"]`");
    None
}

fn was(mark: &Attribute, problems: &mut Problems) -> Vec<Path> {
    match mark.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) {
        Ok(types) if !types.is_empty() => types.into_iter().collect(),
        Ok(_) | Err(_) => {
            problems.on(mark, "name the older types, oldest first: `#[was(TheV1, TheV2)]`");
            Vec::new()
        }
    }
}

fn refuse_cfg(variant: &Variant, problems: &mut Problems) {
    for attribute in &variant.attrs {
        if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            problems.on(
                attribute,
                "a machine is the same in every build: a log written by one is read by another",
            );
        }
    }
}

/// The engine stores an event's name itself and reads the variant by its Rust name.
fn refuse_serde_names(attributes: &[Attribute], problems: &mut Problems) {
    const RENAMING: &[&str] =
        &["rename", "rename_all", "tag", "content", "untagged", "from", "try_from", "into"];
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let Ok(entries) =
            attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        else {
            continue;
        };
        for entry in entries {
            if RENAMING.iter().any(|name| entry.path().is_ident(name)) {
                problems.on(
                    &entry,
                    "the name is stored apart from the data: leave this out, and say \
                     `#[wire = \"..\"]` on a variant to choose its stored name",
                );
            }
        }
    }
}
