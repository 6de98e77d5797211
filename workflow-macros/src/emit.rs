//! What the macro adds to the module: the kinds, `Machine`, and the diagram in the module's documentation.
//!
//! Names of std and of the engine are written from the root, so that nothing in the module can stand in their way.
//! Code that must fit the user's carries the user's place, so that rustc's complaint lands there. `emit/kinds.rs`
//! writes the names, `emit/decode.rs` the reading of stored events.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{AttrStyle, Item, ItemMod, Visibility, parse_quote};

use crate::problems::Problems;
use crate::read::{Definition, Event};

mod decode;
mod kinds;

/// Adds the generated items and the diagram to the module.
pub(crate) fn emit(definition: &Definition, module: &mut ItemMod, problems: &Problems) {
    document(definition, module);
    let Some((_, items)) = &mut module.content else { return };
    allow_the_table(items, problems);
    items.push(Item::Verbatim(kinds::states(definition)));
    items.push(Item::Verbatim(kinds::events(definition)));
    items.push(Item::Verbatim(machine(definition)));
}

fn machine(definition: &Definition) -> TokenStream {
    let Definition { name, states, state_visibility, event_visibility, .. } = definition;
    let visibility = match event_visibility {
        Visibility::Public(_) => state_visibility,
        Visibility::Restricted(_) | Visibility::Inherited => event_visibility,
    };
    let doc = format!("The machine `{name}`: its table and its functions.");
    let terminal = states.iter().filter(|state| state.terminal).map(|state| &state.ident);
    let edges = edges(definition);
    let functions = functions(definition);
    let stored = stored(definition);
    let next = next(definition);
    let decode = decode::decode(definition);
    quote! {
        #[doc = #doc]
        #[allow(dead_code)]
        #visibility enum Machine {}

        #[automatically_derived]
        #[allow(deprecated)]
        impl ::workflow_core::machine::Machine for Machine {
            const NAME: &'static str = #name;
            type State = State;
            type Event = Event;
            type StateKind = StateKind;
            type EventKind = EventKind;
            const EDGES: &'static [::workflow_core::machine::Edge<StateKind, EventKind>] = &[#edges];
            const TERMINAL: &'static [StateKind] = &[#(StateKind::#terminal),*];
            #functions
            #next
            #stored
            #decode
        }
    }
}

/// The rules of a table against lints for other code: its last arm is `_`, and it is as long as it has rows. Beside
/// a problem of ours, rustc's warnings would say the same again.
fn allow_the_table(items: &mut [Item], problems: &Problems) {
    let echoes = (!problems.is_empty()).then(|| {
        quote! { #[allow(non_snake_case, unreachable_patterns, unused_variables)] }
    });
    for item in items {
        if let Item::Fn(function) = item
            && (function.sig.ident == "begin" || function.sig.ident == "evolve")
        {
            *function = parse_quote! {
                #[allow(clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
                #echoes
                #function
            };
        }
    }
}

/// The rows, in the order of the arms.
fn edges(definition: &Definition) -> TokenStream {
    let Definition { states, events, edges, .. } = definition;
    let rows = edges.iter().map(|edge| {
        let option = quote! { ::core::option::Option };
        let from = match edge.from {
            Some(from) => {
                let from = &states[from.index].ident;
                quote! { #option::Some(StateKind::#from) }
            }
            None => quote! { #option::None },
        };
        let event = &events[edge.event.index].ident;
        let to = &states[edge.to].ident;
        quote! {
            ::workflow_core::machine::Edge {
                from: #from,
                event: EventKind::#event,
                to: StateKind::#to,
            }
        }
    });
    quote! { #(#rows),* }
}

/// The user's two functions and the two that name a value.
fn functions(definition: &Definition) -> TokenStream {
    let call = |found: Option<proc_macro2::Span>, name: &str, arguments: TokenStream| match found {
        Some(span) => {
            let name = syn::Ident::new(name, span);
            quote_spanned! { span => self::#name(#arguments) }
        }
        // Its absence has been reported.
        None => quote! { { let _ = (#arguments); ::core::option::Option::None } },
    };
    let begin = call(definition.begin, "begin", quote! { event });
    let evolve = call(definition.evolve, "evolve", quote! { state, event });
    quote! {
        fn begin(event: Event) -> ::core::option::Option<State> {
            #begin
        }
        fn evolve(state: State, event: Event) -> ::core::option::Option<State> {
            #evolve
        }
        fn state_kind(state: &State) -> StateKind {
            state.kind()
        }
        fn event_kind(event: &Event) -> EventKind {
            event.kind()
        }
    }
}

/// The stored names and versions.
fn stored(definition: &Definition) -> TokenStream {
    let idents = || definition.events.iter().map(|event| &event.ident);
    let (names, kinds, versions) = (
        definition.events.iter().map(|event| &event.wire),
        idents(),
        definition.events.iter().map(Event::version),
    );
    let (kinds_again, kinds_found) = (idents(), idents());
    let names_found = definition.events.iter().map(|event| &event.wire);
    quote! {
        fn wire(kind: EventKind) -> &'static str {
            match kind {
                #(EventKind::#kinds => #names,)*
            }
        }
        fn version(kind: EventKind) -> u16 {
            match kind {
                #(EventKind::#kinds_again => #versions,)*
            }
        }
        #[allow(unreachable_patterns)]
        fn event_from_wire(wire: &str) -> ::core::option::Option<EventKind> {
            match wire {
                #(#names_found => ::core::option::Option::Some(EventKind::#kinds_found),)*
                _ => ::core::option::Option::None,
            }
        }
    }
}

/// The table once more as a `match`: it is asked with every step, and a search through the rows takes longer.
fn next(definition: &Definition) -> TokenStream {
    let Definition { states, events, edges, .. } = definition;
    let option = quote! { ::core::option::Option };
    let rows = edges.iter().map(|edge| {
        let from = match edge.from {
            Some(from) => {
                let from = &states[from.index].ident;
                quote! { #option::Some(StateKind::#from) }
            }
            None => quote! { #option::None },
        };
        let (event, to) = (&events[edge.event.index].ident, &states[edge.to].ident);
        quote! { (#from, EventKind::#event) => #option::Some(StateKind::#to), }
    });
    quote! {
        #[allow(unreachable_patterns)]
        fn next(from: #option<StateKind>, event: EventKind) -> #option<StateKind> {
            match (from, event) {
                #(#rows)*
                _ => #option::None,
            }
        }
    }
}

/// Appends the diagram to the module's documentation, after what the user wrote.
fn document(definition: &Definition, module: &mut ItemMod) {
    let lines = format!("\n```mermaid\n{}```", diagram(definition));
    let inside = |attribute: &syn::Attribute| {
        attribute.path().is_ident("doc") && matches!(attribute.style, AttrStyle::Inner(_))
    };
    if module.attrs.iter().any(inside) {
        module.attrs.push(parse_quote!(#![doc = #lines]));
    } else {
        module.attrs.push(parse_quote!(#[doc = #lines]));
    }
}

/// The same text as `workflow_core::graph::mermaid` gives for the finished machine.
fn diagram(definition: &Definition) -> String {
    let Definition { states, events, edges, .. } = definition;
    let state = |index: usize| states[index].ident.unraw().to_string();
    let mut arrows: Vec<(String, String, Vec<String>)> = Vec::new();
    for edge in edges {
        let from = edge.from.map_or("[*]".to_owned(), |from| state(from.index));
        let to = state(edge.to);
        let event = events[edge.event.index].ident.unraw().to_string();
        match arrows.iter_mut().find(|arrow| arrow.0 == from && arrow.1 == to) {
            Some(arrow) => arrow.2.push(event),
            None => arrows.push((from, to, vec![event])),
        }
    }
    let mut text = "stateDiagram-v2\n".to_owned();
    for (from, to, events) in arrows {
        text += &format!("    {from} --> {to}: {}\n", events.join(", "));
    }
    for state in states.iter().filter(|state| state.terminal) {
        text += &format!("    {} --> [*]\n", state.ident.unraw());
    }
    text
}
