//! Method and path -> what is there: the whole surface in one list, which the router and the OpenAPI document read.
//!
//! The list is put together from the tables of its parts: logins ([`super::auth`]), BI methods ([`super::metrics`]),
//! searches ([`super::search`]), control requests ([`super::control`]) and the two pages for people. A path that is not
//! in it is answered like a missing login, as the service does.

use std::sync::LazyLock;

use super::auth::{LOGINS, Login};
use super::bi::Call;
use super::control::{CONTROLS, Verb};
use super::envelope::Shape;
use super::metrics::METRICS;
use super::search::{SEARCHES, Search};

/// What is found under a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leads {
    /// To a token.
    Login(Login),
    /// To a BI method.
    Bi(Call),
    /// To a search.
    Search(Search),
    /// To the word that the token is good.
    ValidateUser,
    /// To the simulator itself, which no client of JobDiva knows.
    Control(Verb),
    /// To the page that shows the state.
    Page,
    /// To the OpenAPI document.
    Document,
}

/// One method of one path.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: String,
    /// What it does, in a few words.
    pub(super) summary: String,
    pub(super) leads: Leads,
}

/// Where the control requests are.
pub(super) const CONTROL: &str = "/__sim/";

/// All of them.
pub(super) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let mut all = vec![
        route("GET", "/", "A page that shows the state", Leads::Page),
        route("GET", "/openapi.json", "This document", Leads::Document),
        route("GET", "/apiv2/validateUser", "Whether the token is good", Leads::ValidateUser),
    ];
    let login = |(method, path, login, summary)| route(method, path, summary, Leads::Login(login));
    all.extend(LOGINS.map(login));
    for (prefix, shape) in [("/apiv2/bi/", Shape::Objects), ("/api/bi/", Shape::HeaderRows)] {
        all.extend(METRICS.iter().map(|metric| {
            let leads = Leads::Bi(Call { metric, shape });
            route("GET", &format!("{prefix}{}", metric.path), metric.name, leads)
        }));
    }
    let search = |(path, search, summary)| route("POST", path, summary, Leads::Search(search));
    all.extend(SEARCHES.map(search));
    all.extend(CONTROLS.iter().map(|control| {
        let path = format!("{CONTROL}{}", control.path);
        route(control.method, &path, control.does, Leads::Control(control.verb))
    }));
    all
});

fn route(method: &'static str, path: &str, summary: &str, leads: Leads) -> Route {
    Route { method, path: path.to_owned(), summary: summary.to_owned(), leads }
}

/// What a request leads to, if to anything.
pub(super) fn find(method: &str, path: &str) -> Option<Leads> {
    let found = ROUTES.iter().find(|route| route.method == method && route.path == path);
    found.map(|route| route.leads)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_there_once() {
        let distinct: BTreeSet<(&str, &str)> =
            ROUTES.iter().map(|route| (route.method, route.path.as_str())).collect();
        assert_eq!(distinct.len(), ROUTES.len());
    }
}
