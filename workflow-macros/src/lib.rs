//! `#[machine]`: reads a state machine out of an ordinary `match`, checks its graph, adds what the engine needs.
//!
//! The module holds plain Rust; the macro reads it and never rewrites it. Deliberately absent: a language of its
//! own, guards, hierarchy, actions. `read.rs` turns the module into a `Definition`, `check.rs` judges its graph, `emit.rs`
//! writes the code. What can be asked of a machine once it exists is ordinary Rust in `workflow_core::graph`.
//!
//! Read next: `docs/machine.md` for what each message means, what the macro gives and costs, and how it compares;
//! `workflow-core/examples/library_loan.rs` for a whole program on two machines.

#![allow(clippy::wildcard_enum_match_arm, reason = "syn's enums are open sets")]

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ItemMod;

mod check;
#[cfg(test)]
mod corners;
mod emit;
#[cfg(test)]
mod pinned;
mod problems;
mod read;

use problems::Problems;

/// Reads a state machine out of a module and checks it.
///
/// The module holds four items, all of them ordinary Rust:
///
/// - `enum State`: the states with their data. `#[terminal]` marks those in which a log may end for good;
///   `#[terminal(reopens)]` one of these that may be left all the same.
/// - `enum Event`: what can happen. It must be `Serialize` and `DeserializeOwned`: events are stored.
/// - `fn begin(event: Event) -> Option<State>`: which events open a log, and where they lead.
/// - `fn evolve(state: State, event: Event) -> Option<State>`: the table.
///
/// Three rules are the whole language:
///
/// 1. `begin` and `evolve` are each one `match`; each arm names its states and events and ends in
///    `Some(TheState { .. })`; the last arm is `_ => None`.
/// 2. No guards, no early exit, no `_` but the last. One arm, one target.
/// 3. Events are stored under their name in snake case. `#[wire = "old_name"]` keeps a stored name when the variant
///    is renamed. `#[was(V1, V2)]` lists the older shapes of an event, oldest first; `From<V1> for V2` and
///    `From<V2> for Event` lift them, and the present version is 3.
///
/// The macro adds `StateKind` and `EventKind` (the names without data), `State::kind`, `Event::kind`, and the type
/// `Machine` with its implementation of `workflow_core::machine::Machine`. The machine's name is the module's in
/// snake case, or the one given: `#[machine(name = "front_door")]`. The module's documentation gets a diagram.
///
/// What uses a machine is `decide` and `react` around it: `workflow_core::workflow` and, as one program from the first
/// input to the last, `workflow-core/examples/library_loan.rs`. The page `docs/machine.md` goes on from here.
///
/// A mistake in the graph (a state that no log reaches, one that no log can leave, a pair handled twice) is a
/// compile error on the token that must change.
///
/// ```
/// use workflow_core::codec::{Content, encode};
/// use workflow_core::machine::{Edge, Machine as _};
///
/// #[workflow_core::machine]
/// mod parcel {
///     use serde::{Deserialize, Serialize};
///
///     #[derive(Clone, Debug, PartialEq)]
///     pub enum State {
///         Packed { weight_grams: u32 },
///         OnTheWay { weight_grams: u32, stops: Vec<String> },
///         #[terminal]
///         Delivered,
///         #[terminal]
///         Lost { last_seen: Option<String> },
///     }
///
///     #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
///     pub enum Event {
///         ParcelPacked { weight_grams: u32 },
///         #[was(SeenV1)]
///         Scanned { place: String },
///         #[wire = "handed_over"]
///         Delivered,
///         SearchGivenUp,
///     }
///
///     /// A scan once told a number.
///     #[derive(Deserialize)]
///     pub struct SeenV1 {
///         stop: u32,
///     }
///
///     impl From<SeenV1> for Event {
///         fn from(old: SeenV1) -> Self {
///             Self::Scanned { place: format!("stop {}", old.stop) }
///         }
///     }
///
///     fn begin(event: Event) -> Option<State> {
///         match event {
///             Event::ParcelPacked { weight_grams } => Some(State::Packed { weight_grams }),
///             _ => None,
///         }
///     }
///
///     fn evolve(state: State, event: Event) -> Option<State> {
///         match (state, event) {
///             (State::Packed { weight_grams }, Event::Scanned { place }) => {
///                 Some(State::OnTheWay { weight_grams, stops: vec![place] })
///             }
///             (State::OnTheWay { weight_grams, mut stops }, Event::Scanned { place }) => {
///                 stops.push(place);
///                 Some(State::OnTheWay { weight_grams, stops })
///             }
///             (State::OnTheWay { .. }, Event::Delivered) => Some(State::Delivered),
///             (State::OnTheWay { stops, .. }, Event::SearchGivenUp) => {
///                 Some(State::Lost { last_seen: stops.into_iter().last() })
///             }
///             _ => None,
///         }
///     }
/// }
///
/// use parcel::{Event, EventKind, Machine, State, StateKind};
///
/// // The table, read from the arms.
/// assert_eq!(Machine::NAME, "parcel");
/// assert_eq!(Machine::EDGES.len(), 5);
/// assert_eq!(
///     Machine::EDGES[1],
///     Edge { from: Some(StateKind::Packed), event: EventKind::Scanned, to: StateKind::OnTheWay }
/// );
/// assert_eq!(Machine::TERMINAL, [StateKind::Delivered, StateKind::Lost]);
///
/// // One step; an event that the table does not know here is refused by name.
/// let packed = Machine::step(None, Event::ParcelPacked { weight_grams: 250 }).unwrap();
/// assert_eq!(packed.kind(), StateKind::Packed);
/// let illegal = Machine::step(Some(packed), Event::Delivered).unwrap_err();
/// assert_eq!(illegal.to_string(), "machine parcel has no way for Delivered out of Some(Packed)");
///
/// // What is stored: a name, a version, the data. Old data reads like new.
/// assert_eq!(Machine::wire(EventKind::Delivered), "handed_over");
/// assert_eq!(Machine::version(EventKind::Scanned), 2);
/// let stored = encode(&Event::Scanned { place: "stop 7".into() }).unwrap();
/// assert_eq!(
///     Machine::decode(EventKind::Scanned, 2, Content(&stored)).unwrap(),
///     Event::Scanned { place: "stop 7".into() }
/// );
/// # let old = [0xa1, 0x64, b's', b't', b'o', b'p', 0x07]; // {"stop": 7}
/// assert_eq!(
///     Machine::decode(EventKind::Scanned, 1, Content(&old)).unwrap(),
///     Event::Scanned { place: "stop 7".into() }
/// );
/// ```
#[proc_macro_attribute]
pub fn machine(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(arguments.into(), item.into()).into()
}

/// The user's items, then what the macro adds, then every problem found. A module that does not parse goes back as it
/// came, so that rustc's own error shows and an editor keeps completing.
fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(mut module) = syn::parse2::<ItemMod>(item.clone()) else {
        return read::without_helpers(item);
    };
    let mut problems = Problems::default();
    let name = read::name(arguments, &module, &mut problems);
    if let Some(definition) = read::read(name, &mut module, &mut problems) {
        check::check(&definition, &mut problems);
        emit::emit(&definition, &mut module, &problems);
    }
    let problems = problems.into_tokens();
    quote! { #module #problems }.into_token_stream()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn door() -> TokenStream {
        quote! {
            /// A door.
            mod door {
                enum State { Shut, Ajar { degrees: u32 }, #[terminal] Gone }
                enum Event { Hung, #[was(PushedV1)] Pushed { degrees: u32 }, #[wire = "x"] TakenOut }
                use {Event::*, State::*};
                fn begin(event: Event) -> Option<State> {
                    match event { Hung => Some(Shut), _ => None }
                }
                fn evolve(state: State, event: Event) -> Option<State> {
                    match (state, event) {
                        (Shut | Ajar { .. }, Pushed { degrees }) => Some(Ajar { degrees }),
                        (Shut | Ajar { .. }, TakenOut) => Some(Gone),
                        _ => None,
                    }
                }
            }
        }
    }

    /// The machine of `tests/door.rs`, which holds the library's diagram against the same `door.mmd`.
    #[test]
    fn the_diagram_follows_the_documentation() {
        let file: syn::File = syn::parse_str(include_str!("../tests/door.rs")).unwrap();
        let mut modules = file.items.into_iter().filter_map(|item| match item {
            syn::Item::Mod(module) => Some(module),
            _ => None,
        });
        let mut door = modules.next().unwrap();
        door.attrs.retain(|attribute| attribute.path().is_ident("doc"));
        let module: ItemMod =
            syn::parse2(expand(TokenStream::new(), door.to_token_stream())).unwrap();
        let docs: Vec<_> = module.attrs.iter().map(|doc| doc.meta.require_name_value()).collect();
        let [Ok(own), Ok(diagram)] = docs.as_slice() else {
            panic!("{}", module.to_token_stream())
        };
        assert!(own.value.to_token_stream().to_string().contains("A door with a bell"));
        let expected = format!("\n```mermaid\n{}```", include_str!("../tests/door.mmd"));
        let expected: syn::Expr = parse_quote!(#expected);
        assert_eq!(
            diagram.value.to_token_stream().to_string(),
            expected.to_token_stream().to_string()
        );
    }

    #[test]
    fn the_items_stay_as_written_but_for_the_helper_attributes() {
        let text = expand(TokenStream::new(), door()).to_string();
        let module: ItemMod = syn::parse2(read::without_helpers(door())).unwrap();
        for item in module.content.unwrap().1 {
            let item = item.to_token_stream().to_string();
            assert!(text.contains(&item), "{item}\n\nis not in\n\n{text}");
        }
    }

    #[test]
    fn a_module_that_does_not_parse_comes_back() {
        let broken = quote! { mod door { fn begin() { match event { Hung = Some(Shut) } } } };
        assert_eq!(expand(TokenStream::new(), broken.clone()).to_string(), broken.to_string());
    }

    #[test]
    fn a_mistake_keeps_the_items_and_the_machine() {
        let text = door().to_string().replace("Some (Gone)", "Some (gone ())");
        let text = expand(TokenStream::new(), text.parse().unwrap()).to_string();
        assert_eq!(text.matches("compile_error").count(), 1, "{text}");
        for kept in ["fn evolve", "enum State", "enum StateKind", "enum Machine"] {
            assert!(text.contains(kept), "{kept} is missing in {text}");
        }
    }
}
