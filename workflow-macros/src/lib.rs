//! `#[machine]`: reads a state machine out of an ordinary `match`.

use proc_macro::TokenStream;

/// Placeholder.
#[proc_macro_attribute]
pub fn machine(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}
