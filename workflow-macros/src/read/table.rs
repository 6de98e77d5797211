//! The arms of `begin` and `evolve`, as rows.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::{Arm, Expr, ExprMatch, FnArg, Ident, ItemFn, Pat, Stmt};

use super::pattern::{Named, Patterns};
use super::scope::Scope;
use super::{Edge, Mention, target};
use crate::problems::Problems;

/// The table while it is being read.
pub(crate) struct Table<'a> {
    scope: &'a Scope,
    problems: &'a mut Problems,
    rows: Rows,
    /// Where each pair of state and event stands first, and where it leads.
    first: BTreeMap<(Option<usize>, usize), (Span, Option<usize>)>,
}

/// What was read.
pub(crate) struct Rows {
    pub(crate) edges: Vec<Edge>,
    pub(crate) complete: bool,
}

/// The pairs of state and event left of one arrow.
#[derive(Default)]
struct Pairs {
    pairs: Vec<(Option<Mention>, Mention)>,
    incomplete: bool,
}

impl<'a> Table<'a> {
    pub(crate) fn new(scope: &'a Scope, problems: &'a mut Problems) -> Self {
        let rows = Rows { edges: Vec::new(), complete: true };
        Self { scope, problems, rows, first: BTreeMap::new() }
    }

    pub(crate) fn finish(self) -> Rows {
        self.rows
    }

    pub(crate) fn read_begin(&mut self, function: Option<&ItemFn>) {
        self.read(function, 1, |table, pattern| table.opening(pattern));
    }

    pub(crate) fn read_evolve(&mut self, function: Option<&ItemFn>) {
        self.read(function, 2, |table, pattern| table.pairs(pattern));
    }

    fn read(
        &mut self,
        function: Option<&ItemFn>,
        parameters: usize,
        left: impl Fn(&mut Self, &Pat) -> Pairs,
    ) {
        let Some((function, body)) = function.and_then(|f| Some((f, self.the_match(f)?))) else {
            self.rows.complete = false;
            return;
        };
        self.check_subject(function, body, parameters);
        for (index, arm) in body.arms.iter().enumerate() {
            let is_last = index + 1 == body.arms.len();
            if is_last && self.is_refusal(arm) {
                continue;
            }
            self.arm(&function.sig.ident, arm, &left);
        }
    }

    /// The body, which must be one `match` and nothing else.
    fn the_match<'f>(&mut self, function: &'f ItemFn) -> Option<&'f ExprMatch> {
        if let [Stmt::Expr(Expr::Match(body), None)] = function.block.stmts.as_slice() {
            return Some(body);
        }
        let name = &function.sig.ident;
        self.problems.on(name, format!("the body of `{name}` must be one `match`"));
        None
    }

    /// What is matched must be the parameters themselves, in their order.
    fn check_subject(&mut self, function: &ItemFn, body: &ExprMatch, parameters: usize) {
        let expected: Vec<&Ident> = function.sig.inputs.iter().filter_map(parameter).collect();
        if function.sig.inputs.len() != parameters {
            // Rustc shows the call that does not fit.
            self.rows.complete = false;
            return;
        }
        let subject: Vec<&Expr> = match &*body.expr {
            Expr::Tuple(tuple) if parameters == 2 => tuple.elems.iter().collect(),
            other => vec![other],
        };
        let same = expected.len() == parameters
            && subject.len() == parameters
            && subject.iter().zip(&expected).all(|(expression, name)| {
                matches!(expression, Expr::Path(path) if path.path.is_ident(*name))
            });
        if !same {
            self.rows.complete = false;
            let names = match expected.as_slice() {
                [state, event] => format!("({state}, {event})"),
                [event] if parameters == 1 => event.to_string(),
                // A parameter without a name cannot be matched.
                _ => ["event", "(state, event)"][parameters - 1].to_owned(),
            };
            self.problems.on(&body.expr, format!("match on `{names}` and nothing else"));
        }
    }

    /// Whether the last arm is the refusal, or was meant to be.
    fn is_refusal(&mut self, arm: &Arm) -> bool {
        const RULE: &str = "the last arm is the refusal: `_ => None`";
        let refuses = target::is_refusal(&arm.body);
        if matches!(arm.pat, Pat::Wild(_)) {
            if !refuses {
                self.rows.complete = false;
                self.problems.on(&arm.body, RULE);
            }
            return true;
        }
        let names_nothing = match &arm.pat {
            Pat::Tuple(tuple) => tuple.elems.iter().all(|part| matches!(part, Pat::Wild(_))),
            Pat::Ident(binding) => binding.ident.to_string().starts_with(char::is_lowercase),
            _ => false,
        };
        if refuses && names_nothing {
            self.problems.on(&arm.pat, RULE);
            return true;
        }
        false
    }

    fn arm(&mut self, function: &Ident, arm: &Arm, left: impl Fn(&mut Self, &Pat) -> Pairs) {
        for attribute in &arm.attrs {
            if attribute.path().is_ident("cfg") {
                self.rows.complete = false;
                self.problems.on(
                    attribute,
                    "a machine is the same in every build: a log written by one is read by another",
                );
            }
        }
        let (pattern, guarded) = match &arm.pat {
            Pat::Guard(guard) => {
                self.problems.on(
                    &guard.guard,
                    format!(
                        "`{function}` takes no guards: an event already happened and may not be \
                         refused.\nDecide in `decide`, and record a different event for each outcome"
                    ),
                );
                (&*guard.pat, true)
            }
            pattern => (pattern, false),
        };
        let Pairs { pairs, incomplete } = left(self, pattern);
        let to = target::target(&arm.body, function, self.scope, self.problems);
        self.rows.complete &= !incomplete && !guarded && to.is_some();
        for (from, event) in pairs {
            self.row(from, event, to, guarded);
        }
    }

    fn row(&mut self, from: Option<Mention>, event: Mention, to: Option<usize>, guarded: bool) {
        let key = (from.map(|from| from.index), event.index);
        if let Some((first, leads_to)) = self.first.get(&key) {
            if !guarded {
                self.twice(from, event, *first, *leads_to);
            }
            return;
        }
        // A guarded arm lets the pair through to a later one.
        if !guarded {
            self.first.insert(key, (event.span, to));
        }
        let known = self
            .rows
            .edges
            .iter()
            .any(|edge| (edge.from.map(|from| from.index), edge.event.index) == key);
        if let (Some(to), false) = (to, known) {
            self.rows.edges.push(Edge { from, event, to });
        }
    }

    fn twice(
        &mut self,
        from: Option<Mention>,
        event: Mention,
        first: Span,
        leads_to: Option<usize>,
    ) {
        let Scope { states, events, .. } = self.scope;
        let from = from.map_or("begin".to_owned(), |from| states.name(from.index).to_string());
        let name = events.name(event.index);
        let leads_to =
            leads_to.map_or(String::new(), |to| format!(" (it leads to `{}`)", states.name(to)));
        self.problems.at(event.span, format!("`{from}` already handles `{name}`{leads_to}"));
        self.problems.at(first, format!("`{name}` is first handled here"));
    }

    /// The left side of an arm of `begin`: events.
    fn opening(&mut self, pattern: &Pat) -> Pairs {
        let scope = self.scope;
        let Named { mentions, incomplete } = self.patterns().variants(pattern, &scope.events);
        Pairs { pairs: mentions.into_iter().map(|event| (None, event)).collect(), incomplete }
    }

    /// The left side of an arm of `evolve`: pairs of state and event.
    fn pairs(&mut self, pattern: &Pat) -> Pairs {
        let scope = self.scope;
        match pattern {
            Pat::Paren(paren) => self.pairs(&paren.pat),
            Pat::Or(or) => or.cases.iter().fold(Pairs::default(), |mut all, case| {
                let more = self.pairs(case);
                all.pairs.extend(more.pairs);
                all.incomplete |= more.incomplete;
                all
            }),
            Pat::Tuple(tuple) if tuple.elems.len() == 2 => {
                let states = self.patterns().variants(&tuple.elems[0], &scope.states);
                let events = self.patterns().variants(&tuple.elems[1], &scope.events);
                let pairs = states.mentions.iter().flat_map(|state| {
                    events.mentions.iter().map(move |event| (Some(*state), *event))
                });
                Pairs { pairs: pairs.collect(), incomplete: states.incomplete || events.incomplete }
            }
            Pat::Wild(_) => {
                self.patterns().unnamed(pattern, "_", &scope.states);
                Pairs { incomplete: true, ..Pairs::default() }
            }
            Pat::Ident(binding) => {
                if let Some((_, inner)) = &binding.subpat {
                    return self.pairs(inner);
                }
                let name = &binding.ident;
                self.patterns().unnamed(name, &name.to_string(), &scope.states);
                Pairs { incomplete: true, ..Pairs::default() }
            }
            Pat::Tuple(tuple) if tuple.elems.iter().any(|part| matches!(part, Pat::Rest(_))) => {
                self.patterns().unnamed(pattern, "..", &scope.states);
                Pairs { incomplete: true, ..Pairs::default() }
            }
            Pat::Macro(_) => {
                self.patterns().unseen(pattern, &scope.states);
                Pairs { incomplete: true, ..Pairs::default() }
            }
            // Not a pair: rustc says that the types differ.
            _ => Pairs { incomplete: true, ..Pairs::default() },
        }
    }

    fn patterns(&mut self) -> Patterns<'_> {
        Patterns { scope: self.scope, problems: self.problems }
    }
}

fn parameter(argument: &FnArg) -> Option<&Ident> {
    match argument {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(binding) => Some(&binding.ident),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    }
}
