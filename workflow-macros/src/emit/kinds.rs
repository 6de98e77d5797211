//! `StateKind` and `EventKind`: the variants' names without their data.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Visibility;
use syn::ext::IdentExt;

use crate::read::Definition;

pub(crate) fn states(definition: &Definition) -> TokenStream {
    let names: Vec<&Ident> = definition.states.iter().map(|state| &state.ident).collect();
    kinds("State", &definition.state_visibility, &names)
}

pub(crate) fn events(definition: &Definition) -> TokenStream {
    let names: Vec<&Ident> = definition.events.iter().map(|event| &event.ident).collect();
    kinds("Event", &definition.event_visibility, &names)
}

fn kinds(of: &str, visibility: &Visibility, variants: &[&Ident]) -> TokenStream {
    let data = format_ident!("{of}");
    let kind = format_ident!("{of}Kind");
    let kind_doc = format!("The names of [`{of}`], without their data.");
    let method_doc = format!("The name of this {}.", of.to_lowercase());
    let names: Vec<String> = variants.iter().map(|variant| variant.unraw().to_string()).collect();
    let docs = names.iter().map(|name| format!("[`{of}::{name}`]."));
    let indices = 0..variants.len();
    quote! {
        #[doc = #kind_doc]
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::core::cmp::PartialOrd,
            ::core::cmp::Ord,
            ::core::hash::Hash,
        )]
        #visibility enum #kind {
            #(#[doc = #docs] #variants,)*
        }

        #[automatically_derived]
        impl ::workflow_core::machine::Kind for #kind {
            const ALL: &'static [Self] = &[#(Self::#variants),*];
            fn name(self) -> &'static str {
                match self {
                    #(Self::#variants => #names,)*
                }
            }
            fn index(self) -> usize {
                match self {
                    #(Self::#variants => #indices,)*
                }
            }
        }

        #[automatically_derived]
        #[allow(dead_code, deprecated)]
        impl #data {
            #[doc = #method_doc]
            #[must_use]
            pub fn kind(&self) -> #kind {
                match *self {
                    #(Self::#variants { .. } => #kind::#variants,)*
                }
            }
        }
    }
}
