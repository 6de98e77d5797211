//! What stands right of an arrow: `Some(TheState { .. })`, perhaps after a few `let`s.

use proc_macro2::Ident;
use syn::visit::Visit;
use syn::{Expr, ExprAsync, ExprClosure, ExprReturn, ExprTry, Item, Path, Stmt};

use super::pattern::{last, looks_like_a_variant};
use super::scope::Scope;
use crate::problems::Problems;

/// The state that an arm's body leads to. `None` when it was not understood: rustc or a problem of ours says why.
pub(crate) fn target(
    body: &Expr,
    function: &Ident,
    scope: &Scope,
    problems: &mut Problems,
) -> Option<usize> {
    let mut exits = Exits { function, problems, found: false };
    exits.visit_expr(body);
    let exits = exits.found;
    let tail = tail(body);
    match seen(tail, scope) {
        Seen::State(index) => Some(index),
        Seen::Unknown => None,
        Seen::Refusal => {
            problems.on(
                tail,
                "`None` is the refusal and belongs to the last arm alone: leave this pair out",
            );
            None
        }
        // `return Some(..)` as the tail has been reported as an exit.
        Seen::Hidden => {
            if !(exits && matches!(tail, Expr::Return(_) | Expr::Try(_))) {
                problems.on(
                    tail,
                    "cannot see which state this leads to; write `Some(TheState { .. })`.\n\
                     A transition has one target: when there are two, `decide` should record two \
                     different events",
                );
            }
            None
        }
    }
}

/// Whether the body is `None`.
pub(crate) fn is_refusal(body: &Expr) -> bool {
    matches!(tail(body), Expr::Path(path) if path.path.is_ident("None"))
        && !matches!(body, Expr::Block(block) if block.block.stmts.len() > 1)
}

enum Seen {
    State(usize),
    /// A name that rustc will not find either.
    Unknown,
    Refusal,
    Hidden,
}

/// The expression at the end of nested blocks.
fn tail(body: &Expr) -> &Expr {
    match body {
        Expr::Paren(paren) => tail(&paren.expr),
        Expr::Group(group) => tail(&group.expr),
        Expr::Block(block) if block.label.is_none() => match block.block.stmts.last() {
            Some(Stmt::Expr(expression, None)) => tail(expression),
            Some(Stmt::Local(_) | Stmt::Item(_) | Stmt::Expr(..) | Stmt::Macro(_)) | None => body,
        },
        _ => body,
    }
}

fn seen(tail: &Expr, scope: &Scope) -> Seen {
    match tail {
        Expr::Path(path) if path.path.is_ident("None") => Seen::Refusal,
        Expr::Call(call) if call.args.len() == 1 => match &*call.func {
            Expr::Path(path) if *last(&path.path) == "Some" => state(&call.args[0], scope),
            _ => Seen::Hidden,
        },
        _ => Seen::Hidden,
    }
}

fn state(expression: &Expr, scope: &Scope) -> Seen {
    match expression {
        Expr::Paren(paren) => state(&paren.expr, scope),
        Expr::Group(group) => state(&group.expr, scope),
        Expr::Struct(built) => by_name(&built.path, scope),
        Expr::Path(path) => by_name(&path.path, scope),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => by_name(&path.path, scope),
            _ => Seen::Hidden,
        },
        _ => Seen::Hidden,
    }
}

fn by_name(path: &Path, scope: &Scope) -> Seen {
    let name = last(path);
    match scope.states.index(name) {
        Some(index) => Seen::State(index),
        None if looks_like_a_variant(name) && !scope.has_other(name) => Seen::Unknown,
        None => Seen::Hidden,
    }
}

/// Finds what would leave the function before its end.
struct Exits<'a> {
    function: &'a Ident,
    problems: &'a mut Problems,
    found: bool,
}

impl Exits<'_> {
    fn report(&mut self, exit: impl quote::ToTokens) {
        self.found = true;
        let message = format!("this would leave `{}` early and hide a transition", self.function);
        self.problems.on(exit, message);
    }
}

impl<'ast> Visit<'ast> for Exits<'_> {
    fn visit_expr_return(&mut self, exit: &'ast ExprReturn) {
        self.report(exit);
    }

    fn visit_expr_try(&mut self, exit: &'ast ExprTry) {
        self.report(exit);
    }

    // A `return` in these leaves only themselves.
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}
