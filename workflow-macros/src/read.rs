//! What the module says, as plain data: the `Definition`.
//!
//! Here the module's items are found and their helper attributes taken away. `read/variants.rs` reads the enums,
//! `read/table.rs` the two functions' arms, `read/pattern.rs` what stands left of an arrow and `read/target.rs` what
//! stands right of it. Whether the graph makes sense is judged in `check.rs`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::{Item, ItemFn, ItemMod, LitStr, Path, Visibility};

use crate::problems::Problems;

mod pattern;
mod scope;
mod table;
mod target;
mod variants;

/// A machine as far as it was understood.
pub(crate) struct Definition {
    /// The name in stream names.
    pub(crate) name: String,
    /// The module, for mistakes that have no better place.
    pub(crate) module: Ident,
    /// The name in `enum State`.
    pub(crate) state_enum: Ident,
    pub(crate) state_visibility: Visibility,
    pub(crate) event_visibility: Visibility,
    pub(crate) states: Vec<State>,
    pub(crate) events: Vec<Event>,
    /// In the order of the arms, `begin` first.
    pub(crate) edges: Vec<Edge>,
    /// False when an arm was not understood: the table may lack rows, so nothing can be said of the graph.
    pub(crate) complete: bool,
    /// Where the functions' names stand, if they exist.
    pub(crate) begin: Option<Span>,
    pub(crate) evolve: Option<Span>,
}

pub(crate) struct State {
    pub(crate) ident: Ident,
    /// Whether a log may end here for good.
    pub(crate) terminal: bool,
    /// Whether it may go on from there all the same.
    pub(crate) reopens: bool,
}

pub(crate) struct Event {
    pub(crate) ident: Ident,
    /// The stored name.
    pub(crate) wire: String,
    /// The types of its older shapes, oldest first.
    pub(crate) was: Vec<Path>,
}

impl Event {
    /// The present version of its stored shape.
    pub(crate) fn version(&self) -> u16 {
        Self::version_at(self.was.len())
    }

    /// The version of the shape at `index` of the list that ends with the present one.
    pub(crate) fn version_at(index: usize) -> u16 {
        u16::try_from(index + 1).expect("an event has fewer than 65535 versions")
    }
}

/// One row of the table, by index, with the places where its names stand in the arm.
pub(crate) struct Edge {
    pub(crate) from: Option<Mention>,
    pub(crate) event: Mention,
    pub(crate) to: usize,
}

/// A state or an event named in a pattern.
#[derive(Clone, Copy)]
pub(crate) struct Mention {
    pub(crate) index: usize,
    pub(crate) span: Span,
}

/// The machine's name: the argument's, or the module's in snake case.
pub(crate) fn name(arguments: TokenStream, module: &ItemMod, problems: &mut Problems) -> String {
    let mut given = None;
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("name") {
            return Err(meta.error("the one argument is `name = \"..\"`"));
        }
        given = Some(meta.value()?.parse::<LitStr>()?);
        Ok(())
    });
    if let Err(error) = syn::parse::Parser::parse2(parser, arguments) {
        problems.push(error);
    }
    match given {
        Some(name) if name.value().is_empty() => {
            problems.on(&name, "a machine's name cannot be empty");
            snake_case(&module.ident)
        }
        Some(name) => name.value(),
        None => snake_case(&module.ident),
    }
}

/// Reads the module and takes the helper attributes out of it. `None` when there is no machine to speak of.
pub(crate) fn read(
    name: String,
    module: &mut ItemMod,
    problems: &mut Problems,
) -> Option<Definition> {
    let module_name = module.ident.clone();
    // A module in another file: rustc refuses it by itself.
    let (_, items) = module.content.as_mut()?;
    let mut state = None;
    let mut event = None;
    let mut generic = false;
    for item in items.iter_mut() {
        if let Item::Enum(item) = item
            && (item.ident == "State" || item.ident == "Event")
        {
            if !item.generics.params.is_empty() {
                generic = true;
                let message =
                    format!("`{}` takes no parameters: a machine is one table", item.ident);
                problems.on(&item.generics, message);
            }
            if item.ident == "State" {
                let variants = variants::states(item, problems);
                state = Some((item.vis.clone(), item.ident.clone(), variants));
            } else {
                let variants = variants::events(item, problems);
                event = Some((item.vis.clone(), variants));
            }
        }
    }
    let begin = function(items, "begin");
    let evolve = function(items, "evolve");
    for (found, signature) in [
        (state.is_some(), "enum State"),
        (event.is_some(), "enum Event"),
        (begin.is_some(), "fn begin(event: Event) -> Option<State>"),
        (evolve.is_some(), "fn evolve(state: State, event: Event) -> Option<State>"),
    ] {
        if !found {
            problems.on(&module_name, format!("a machine also has `{signature}`"));
        }
    }
    if generic {
        return None;
    }
    let (state_visibility, state_enum, states) = state?;
    let (event_visibility, events) = event?;
    let scope = scope::Scope::new(&states, &events, items);
    let mut table = table::Table::new(&scope, problems);
    table.read_begin(begin);
    table.read_evolve(evolve);
    let table::Rows { edges, complete } = table.finish();
    Some(Definition {
        name,
        module: module_name,
        state_enum,
        state_visibility,
        event_visibility,
        states,
        events,
        edges,
        complete,
        begin: begin.map(|function| function.sig.ident.span()),
        evolve: evolve.map(|function| function.sig.ident.span()),
    })
}

fn function<'a>(items: &'a [Item], name: &str) -> Option<&'a ItemFn> {
    items.iter().find_map(|item| match item {
        Item::Fn(function) if function.sig.ident == name => Some(function),
        _ => None,
    })
}

/// The tokens without `#[terminal]`, `#[was(..)]` and `#[wire = ".."]`, when they do not parse: rustc names the slip,
/// and should not have to complain of these as well.
pub(crate) fn without_helpers(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    for tree in tokens {
        let TokenTree::Group(group) = tree else {
            kept.push(tree);
            continue;
        };
        let after_hash =
            matches!(kept.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        if after_hash && group.delimiter() == Delimiter::Bracket && is_helper(&group) {
            kept.pop();
            continue;
        }
        let mut inner = Group::new(group.delimiter(), without_helpers(group.stream()));
        inner.set_span(group.span());
        kept.push(TokenTree::Group(inner));
    }
    kept.into_iter().collect()
}

fn is_helper(attribute: &Group) -> bool {
    let first = attribute.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(name)) if name == "terminal" || name == "was" || name == "wire")
}

/// `QuoteIssued` -> `quote_issued`, `HTTPDown` -> `http_down`.
fn snake_case(ident: &Ident) -> String {
    let name = ident.unraw().to_string();
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        if letter.is_uppercase() {
            let before = index.checked_sub(1).map(|i| letters[i]);
            let after = letters.get(index + 1);
            let new_word = before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
                || before.is_some_and(char::is_uppercase)
                    && after.is_some_and(|a| a.is_lowercase());
            if new_word {
                snake.push('_');
            }
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::{format_ident, quote};

    #[test]
    fn names_become_snake_case() {
        let check = |name: &str, expected: &str| {
            assert_eq!(snake_case(&format_ident!("{name}")), expected);
        };
        check("QuoteIssued", "quote_issued");
        check("HTTPDown", "http_down");
        check("Day2Passed", "day2_passed");
        check("IRS1099Filed", "irs1099_filed");
        check("already_snake", "already_snake");
    }

    #[test]
    fn helper_attributes_leave_and_others_stay() {
        let left = without_helpers(quote! {
            mod m { enum S { #[terminal] A, #[was(B)] #[doc = "x"] C, #[wire = "y"] D } = }
        });
        let expected = quote! { mod m { enum S { A, #[doc = "x"] C, D } = } };
        assert_eq!(left.to_string(), expected.to_string());
    }
}
