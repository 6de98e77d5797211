//! `decode`: a stored event of any version, lifted to the present shape one version at a time.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::read::{Definition, Event};

pub(crate) fn decode(definition: &Definition) -> TokenStream {
    let arms = definition.events.iter().flat_map(|event| {
        let (ident, name, present) =
            (&event.ident, event.ident.unraw().to_string(), event.version());
        let past = (0..event.was.len()).map(|index| past(event, &name, index));
        past.chain([quote! {
            (EventKind::#ident, #present) => content.read_variant::<Event>(#name),
        }])
        .collect::<Vec<_>>()
    });
    quote! {
        fn decode(
            kind: EventKind,
            version: u16,
            content: ::workflow_core::codec::Content<'_>,
        ) -> ::core::result::Result<Event, ::workflow_core::codec::DecodeError> {
            match (kind, version) {
                #(#arms)*
                (kind, version) => ::core::result::Result::Err(
                    ::workflow_core::codec::DecodeError::UnknownVersion {
                        event: ::workflow_core::machine::Kind::name(kind),
                        version,
                        newest: <Self as ::workflow_core::machine::Machine>::version(kind),
                    },
                ),
            }
        }
    }
}

/// The arm that reads the older shape at `index` and lifts it, step by step.
fn past(event: &Event, name: &str, index: usize) -> TokenStream {
    let ident = &event.ident;
    let number = Event::version_at(index);
    let shape = &event.was[index];
    // A missing `From` is reported on the older type, in the attribute.
    let steps = (index..event.was.len()).map(|step| {
        let from = &event.was[step];
        let into = event.was.get(step + 1).map_or_else(|| quote_spanned! { from.span() => Event }, |next| quote! { #next });
        quote_spanned! { from.span() => let past = <#into as ::core::convert::From<#from>>::from(past); }
    });
    let read = quote_spanned! { shape.span() => content.read::<#shape>(#name)? };
    quote! {
        (EventKind::#ident, #number) => {
            let past = #read;
            #(#steps)*
            ::core::result::Result::Ok(past)
        }
    }
}
