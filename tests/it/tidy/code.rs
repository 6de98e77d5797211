//! What the rules want to know of a Rust file, found by walking its tokens.
//!
//! Tokens and not a syntax tree: what stands inside a macro's braces is seen like the rest, and comments and strings are
//! never mistaken for code. Absent: any meaning; a name is resolved as far as `crate`, `self` and `super` go and no
//! further.
//!
//! Read next: `walls.rs`, which judges the paths.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What is in one file, each kind in the order of the file.
#[derive(Default)]
pub struct Code {
    pub functions: Vec<Function>,
    pub paths: Vec<Path>,
    /// The names of macros called, without the `!`.
    pub macros: Vec<Word>,
    /// Each attribute's words: `cfg_attr(miri, ignore)` has three.
    pub attributes: Vec<Attribute>,
    /// Lines where a `matches!` is a whole statement, so that its answer is dropped.
    pub dropped_matches: Vec<usize>,
}

/// A function with a body.
pub struct Function {
    pub name: String,
    /// Of the word `fn`.
    pub first_line: usize,
    /// Of the closing brace.
    pub last_line: usize,
}

/// Names joined by `::`, or one leaf of a `use`.
pub struct Path {
    pub names: Vec<String>,
    pub line: usize,
    pub is_use: bool,
    /// The modules inside the file that it stands in.
    pub within: Vec<String>,
    /// Whether one of those modules is there for tests only.
    pub in_tests: bool,
}

/// A name where it stands.
pub struct Word {
    pub name: String,
    pub line: usize,
}

/// The words of one attribute.
pub struct Attribute {
    pub words: Vec<String>,
    pub line: usize,
}

/// Where the walk is.
#[derive(Clone, Default)]
struct Place {
    within: Vec<String>,
    in_tests: bool,
}

impl Path {
    pub fn ends_with(&self, end: &[&str]) -> bool {
        let from = self.names.len().checked_sub(end.len());
        from.is_some_and(|from| self.names[from..] == *end)
    }
}

impl Code {
    pub fn read(path: &str, text: &str) -> Code {
        let tokens = TokenStream::from_str(text)
            .unwrap_or_else(|error| panic!("{path} is not made of Rust's tokens: {error}"));
        let mut code = Code::default();
        code.walk(tokens, &Place::default());
        code
    }

    fn walk(&mut self, stream: TokenStream, place: &Place) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut for_tests = false;
        let mut at = 0;
        while at < tokens.len() {
            at += match &tokens[at] {
                TokenTree::Group(group) => {
                    for_tests &= group.delimiter() != Delimiter::Brace;
                    self.walk(group.stream(), place);
                    1
                }
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let (taken, is_for_tests) = self.attribute(&tokens[at..]);
                    for_tests |= is_for_tests;
                    taken
                }
                TokenTree::Punct(punct) => {
                    for_tests &= punct.as_char() != ';';
                    1
                }
                TokenTree::Ident(_) => self.name(&tokens, at, place, for_tests),
                TokenTree::Literal(_) => 1,
            };
        }
    }

    /// Takes `#[...]`: how many tokens, and whether it is `cfg(test)`.
    fn attribute(&mut self, tokens: &[TokenTree]) -> (usize, bool) {
        let inner = usize::from(tokens.get(1).is_some_and(|token| is(token, '!')));
        let Some(TokenTree::Group(group)) = tokens.get(1 + inner) else { return (1, false) };
        if group.delimiter() != Delimiter::Bracket {
            return (1, false);
        }
        let mut words = Vec::new();
        names_in(group.stream(), &mut words);
        let for_tests = words == ["cfg", "test"];
        self.attributes.push(Attribute { words, line: line(&tokens[0]) });
        (2 + inner, for_tests)
    }

    /// Takes what a name begins; says how many tokens. The braces that follow are walked by the caller.
    fn name(&mut self, tokens: &[TokenTree], at: usize, place: &Place, for_tests: bool) -> usize {
        let rest = &tokens[at..];
        let name = rest[0].to_string();
        match (name.as_str(), rest.get(1), rest.get(2)) {
            ("fn", Some(TokenTree::Ident(called)), _) => {
                self.function(called.to_string(), rest);
                2
            }
            ("mod", Some(TokenTree::Ident(called)), Some(TokenTree::Group(body))) => {
                let mut inside = place.clone();
                inside.within.push(called.to_string());
                inside.in_tests |= for_tests;
                self.walk(body.stream(), &inside);
                3
            }
            ("use", Some(next), _) if !is(next, '<') => {
                let end = rest.iter().position(|token| is(token, ';')).unwrap_or(rest.len());
                self.leaves(&rest[1..end], &[], place);
                end
            }
            (_, Some(next), Some(TokenTree::Group(_))) if is(next, '!') => {
                self.call(tokens, at, name);
                2
            }
            _ => self.path(rest, place),
        }
    }

    fn function(&mut self, name: String, rest: &[TokenTree]) {
        let ends = |token: &&TokenTree| is(token, ';') || braces(token).is_some();
        if let Some(body) = rest.iter().find(ends).and_then(braces) {
            let last_line = body.span_close().start().line;
            self.functions.push(Function { name, first_line: line(&rest[0]), last_line });
        }
    }

    fn call(&mut self, tokens: &[TokenTree], at: usize, name: String) {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let begins = before.is_none_or(|token| is(token, ';') || braces(token).is_some());
        let ends = tokens.get(at + 3).is_some_and(|token| is(token, ';'));
        if name == "matches" && begins && ends {
            self.dropped_matches.push(line(&tokens[at]));
        }
        self.macros.push(Word { name, line: line(&tokens[at]) });
    }

    /// Takes `a::b::c` as far as it goes.
    fn path(&mut self, rest: &[TokenTree], place: &Place) -> usize {
        let mut names = vec![rest[0].to_string()];
        let mut taken = 1;
        while let [colon, second, TokenTree::Ident(name), ..] = &rest[taken..]
            && is(colon, ':')
            && is(second, ':')
        {
            names.push(name.to_string());
            taken += 3;
        }
        self.found(names, line(&rest[0]), false, place);
        taken
    }

    /// Takes the tree of a `use`, one path for each leaf.
    fn leaves(&mut self, tokens: &[TokenTree], above: &[String], place: &Place) {
        for branch in tokens.split(|token| is(token, ',')).filter(|branch| !branch.is_empty()) {
            let mut names = above.to_vec();
            let mut below = None;
            for token in branch {
                match token {
                    // `a as b`: what it is called here does not matter.
                    TokenTree::Ident(word) if *word == "as" => break,
                    TokenTree::Ident(word) => names.push(word.to_string()),
                    TokenTree::Group(group) => below = Some(group),
                    TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                }
            }
            match below {
                Some(group) => {
                    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.leaves(&inside, &names, place);
                }
                None => self.found(names, line(&branch[0]), true, place),
            }
        }
    }

    fn found(&mut self, names: Vec<String>, line: usize, is_use: bool, place: &Place) {
        let Place { within, in_tests } = place.clone();
        self.paths.push(Path { names, line, is_use, within, in_tests });
    }
}

fn names_in(stream: TokenStream, into: &mut Vec<String>) {
    for token in stream {
        match token {
            TokenTree::Group(group) => names_in(group.stream(), into),
            TokenTree::Ident(name) => into.push(name.to_string()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn braces(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {
            None
        }
    }
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}
