//! The files of `tests/ui` and `tests/expanded` against [`expand`] itself: in milliseconds, without compiling them.
//!
//! `tests/ui.rs` shows that rustc prints what is pinned there and underlines the right tokens; here only the words are
//! compared, so that a change of one line of this crate can be judged by `cargo test --lib` alone. The mutants need
//! that (`.ci/mutants macro`).

use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::expand;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The Rust files of a folder of `tests`, each with its text.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(tests().join(folder)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    assert!(!paths.is_empty(), "{folder} holds cases");
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What `#[machine]` makes of each module that stands under it.
fn expansions(source: &str) -> Vec<TokenStream> {
    let mut trees = source.parse::<TokenStream>().unwrap().into_iter().peekable();
    let mut expansions = Vec::new();
    // The documentation above `#[machine]` is part of the item as well.
    let mut before: Vec<TokenTree> = Vec::new();
    while let Some(tree) = trees.next() {
        let arguments = match (&tree, trees.peek()) {
            (TokenTree::Punct(punct), Some(TokenTree::Group(group))) if punct.as_char() == '#' => {
                arguments(group.stream())
            }
            _ => None,
        };
        let Some(arguments) = arguments else {
            let ends = match &tree {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Punct(punct) => punct.as_char() == ';' || punct.as_char() == '!',
                TokenTree::Ident(_) | TokenTree::Literal(_) => false,
            };
            before.push(tree);
            if ends {
                before.clear();
            }
            continue;
        };
        trees.next();
        let mut item = std::mem::take(&mut before);
        for tree in trees.by_ref() {
            let body = matches!(&tree, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
            item.push(tree);
            if body {
                break;
            }
        }
        expansions.push(expand(arguments, item.into_iter().collect()));
    }
    expansions
}

/// The arguments of an attribute that is `workflow_core::machine`.
fn arguments(attribute: TokenStream) -> Option<TokenStream> {
    let mut trees = attribute.into_iter();
    let path: String = trees.by_ref().take(4).map(|tree| tree.to_string()).collect();
    let given = match trees.next() {
        Some(TokenTree::Group(group)) => group.stream(),
        _ => TokenStream::new(),
    };
    (path == "workflow_core::machine").then_some(given)
}

/// The message of each `compile_error!`, in order.
pub(crate) fn messages(tokens: TokenStream) -> Vec<String> {
    let mut given = Vec::new();
    let mut name = None;
    for tree in tokens {
        match tree {
            TokenTree::Group(group) if name.as_deref() == Some("compile_error") => {
                let message: syn::LitStr = syn::parse2(group.stream()).unwrap();
                given.push(message.value());
                name = None;
            }
            TokenTree::Group(group) => given.extend(messages(group.stream())),
            TokenTree::Ident(ident) => name = Some(ident.to_string()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    given
}

/// The messages that are pinned, without where they point.
fn pinned(source: &Path) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut inside = false;
    for line in fs::read_to_string(source.with_extension("stderr")).unwrap().lines() {
        if let Some(message) = line.strip_prefix("error: ") {
            messages.push(message.to_owned());
            inside = true;
        } else if line.trim_start().starts_with("-->") {
            inside = false;
        } else if let (true, Some(last)) = (inside, messages.last_mut()) {
            *last += &format!("\n{}", line.trim_start());
        }
    }
    messages
}

#[test]
fn each_mistake_gives_the_messages_that_are_pinned() {
    for (path, source) in files("ui") {
        let given: Vec<String> = expansions(&source).into_iter().flat_map(messages).collect();
        assert_eq!(given, pinned(&path), "{}", path.display());
    }
}

#[test]
fn what_is_left_to_rustc_gets_no_second_message() {
    for (path, source) in files("ui/rustc") {
        let expansions = expansions(&source);
        assert_eq!(expansions.len(), 1, "{}", path.display());
        let given: Vec<String> = expansions.into_iter().flat_map(messages).collect();
        assert!(given.is_empty(), "{}: {given:?}", path.display());
    }
}

/// The tokens as text, without what the formatter adds and takes away: commas, and braces around an arm's body.
fn plain(tokens: TokenStream) -> String {
    let (mut text, mut arrow) = (String::new(), String::new());
    for tree in tokens {
        let after_arrow = arrow == "=>";
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    // rustfmt puts an arm's long body into braces.
                    Delimiter::Brace if after_arrow => ("", ""),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                text += &format!("{open}\n{}{close}\n", plain(group.stream()));
                arrow.clear();
            }
            TokenTree::Punct(punct) => {
                // ... and takes commas away, or adds them.
                if punct.as_char() != ',' {
                    text += &format!("{punct}\n");
                }
                arrow.push(punct.as_char());
                arrow = arrow.chars().rev().take(2).collect::<String>().chars().rev().collect();
            }
            other => {
                text += &format!("{other}\n");
                arrow.clear();
            }
        }
    }
    text.replace("\n\n", "\n")
}

/// What stands in `tests/expanded` is the whole of what the macro makes of each file of `tests/` with that name; a
/// reader sees there what it costs. After a deliberate change: `UPDATE_EXPANDED=1 cargo test -p workflow-macros --lib`,
/// `rustfmt --edition 2024 workflow-macros/tests/expanded/*.rs`, then read the diff.
#[test]
fn the_whole_of_what_is_written_is_pinned() {
    for name in ["door", "accepted"] {
        let source = fs::read_to_string(tests().join(format!("{name}.rs"))).unwrap();
        let expanded: TokenStream = expansions(&source).into_iter().collect();
        assert!(messages(expanded.clone()).is_empty(), "{name} is accepted");
        let path = tests().join(format!("expanded/{name}.rs"));
        if env::var_os("UPDATE_EXPANDED").is_some() {
            let opening =
                format!("//! What `#[machine]` makes of the modules of `tests/{name}.rs`.");
            let text = expanded.to_string().replace(": :: ", ": ::");
            let text = text.replace(" :: ", "::").replace(":: ", "::");
            fs::write(&path, format!("{opening}\n\n{text}\n")).unwrap();
            continue;
        }
        let kept = fs::read_to_string(&path).unwrap();
        let (_, kept) = kept.split_once('\n').unwrap();
        let kept: TokenStream = kept.parse().unwrap();
        assert!(plain(kept) == plain(expanded), "{} is not what is written", path.display());
    }
}
