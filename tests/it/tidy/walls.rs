//! Who may use whom: the directions between the crates, and the walls inside them.
//!
//! Absent: the dependencies that Cargo knows of; `crates.rs` asks Cargo.
//!
//! Read next: `code.rs`, how a name is found in a file.

use super::code::Path;
use super::source::{File, Tree};
use super::{Offence, holds, objects, paths_of};

/// Each package and the crates of the workspace that it may use besides itself. The tests may use all.
pub const DIRECTIONS: [(&str, &[&str]); 5] = [
    ("workflow-macros", &[]),
    ("workflow-core", &["workflow_macros"]),
    ("integration-jobdiva", &["workflow_core"]),
    ("integration-1099policy", &["workflow_core"]),
    ("runner", &["workflow_core", "integration_jobdiva", "integration_1099policy"]),
];

/// The crates that speak HTTP, and what they stand on.
pub const HTTP: [&str; 7] = ["axum", "h2", "http", "hyper", "reqwest", "rustls", "tower"];
/// TLS to the database that the log may lie in, by a feature: it is not HTTP's alone.
pub const DATABASE_TLS: (&str, &str) = ("workflow-core/src/store/postgres/tls.rs", "rustls");

/// `domain/` is arithmetic on facts: it neither keeps, sends, waits nor asks the machine.
const OUTSIDE_OF_DOMAIN: [&[&str]; 9] = [
    &["axum"],
    &["reqwest"],
    &["sled"],
    &["tokio"],
    &["std", "env"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["std", "thread"],
];

/// How the vendors are spelt, in lower case and without marks.
const VENDORS: [&str; 2] = ["jobdiva", "1099policy"];

/// A path as far as it can be followed.
enum Leads {
    /// To an item of the file's own crate, named from the root.
    Inside(Vec<String>),
    /// To another crate, or to a name that a `use` brought in and is judged there.
    Elsewhere(Vec<String>),
    /// A name alone, such as a variable that is called like a module.
    Nowhere,
}

fn against_the_directions(tree: &Tree) -> Vec<Offence> {
    let members = DIRECTIONS.map(|(package, _)| package.replace('-', "_"));
    let allowed = |file: &File, name: &str| {
        let of_file = DIRECTIONS.iter().find(|(package, _)| *package == file.package());
        of_file.is_none_or(|(_, allowed)| allowed.contains(&name))
    };
    // What the macros write names the engine; that they do not use it themselves, Cargo sees to.
    let judged = |file: &File| file.package() != "workflow-macros";
    let wrong = |file: &File, path: &Path| match follow(tree, file, path) {
        Leads::Elsewhere(names) => members.contains(&names[0]) && !allowed(file, &names[0]),
        Leads::Inside(_) | Leads::Nowhere => false,
    };
    paths_of(tree, judged, wrong, "goes against the directions between the crates")
}

fn http_in_the_engine(tree: &Tree) -> Vec<Offence> {
    let engine = |file: &File| ["workflow-core", "workflow-macros"].contains(&file.package());
    let wrong = |file: &File, path: &Path| {
        begins(&follow(tree, file, path), |names| {
            let name = names[0].as_str();
            HTTP.contains(&name) && (file.path.as_str(), name) != DATABASE_TLS
        })
    };
    paths_of(tree, engine, wrong, "speaks HTTP, in the engine")
}

fn reqwest_outside_of_clients(tree: &Tree) -> Vec<Offence> {
    let judged = |file: &File| file.is_product() && !file.path.ends_with("/client.rs");
    let wrong =
        |file: &File, path: &Path| begins(&follow(tree, file, path), |names| names[0] == "reqwest");
    paths_of(tree, judged, wrong, "outside of a `client.rs`")
}

fn domain_in_the_engine(tree: &Tree) -> Vec<Offence> {
    let engine = |file: &File| in_engine(file) && !in_domain(file);
    let wrong = |file: &File, path: &Path| match follow(tree, file, path) {
        Leads::Inside(names) => is_first(&names, "domain"),
        Leads::Elsewhere(_) | Leads::Nowhere => false,
    };
    paths_of(tree, engine, wrong, "is the domain, used by the engine")
}

fn outside_in_the_domain(tree: &Tree) -> Vec<Offence> {
    let outside =
        |names: &[String]| OUTSIDE_OF_DOMAIN.iter().any(|start| starts_with(names, start));
    let wrong = |file: &File, path: &Path| begins(&follow(tree, file, path), outside);
    paths_of(tree, in_domain, wrong, "reaches outside, from the domain")
}

fn vendors_in_the_engine(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (file, _) in tree.rust().filter(|(file, _)| in_engine(file)) {
        for (at, line) in file.text.lines().enumerate() {
            let plain: String =
                line.to_lowercase().chars().filter(|c| !" _-".contains(*c)).collect();
            for vendor in VENDORS.iter().filter(|vendor| plain.contains(*vendor)) {
                offences.push(Offence::new(
                    &file.path,
                    at + 1,
                    format!("names a vendor: {vendor}"),
                ));
            }
        }
    }
    offences
}

fn clients_and_simulators(tree: &Tree) -> Vec<Offence> {
    // The root declares both sides.
    let judged = |file: &File| is_adapter(file) && file.is_product() && !file.module.is_empty();
    let wrong = |file: &File, path: &Path| match follow(tree, file, path) {
        Leads::Inside(names) => is_first(&names, "simulator") != in_simulator(file),
        Leads::Elsewhere(_) | Leads::Nowhere => false,
    };
    paths_of(tree, judged, wrong, "crosses the wall between a simulator and the client it tests")
}

fn domain_in_the_simulators(tree: &Tree) -> Vec<Offence> {
    let judged = |file: &File| is_adapter(file) && in_simulator(file);
    let wrong = |file: &File, path: &Path| {
        begins(&follow(tree, file, path), |names| starts_with(names, &["workflow_core", "domain"]))
    };
    paths_of(tree, judged, wrong, "is ours; a simulator has the vendor's shapes")
}

fn in_engine(file: &File) -> bool {
    file.path.starts_with("workflow-core/src/")
}

fn in_domain(file: &File) -> bool {
    in_engine(file) && is_first(&file.module, "domain")
}

fn is_adapter(file: &File) -> bool {
    file.package().starts_with("integration-")
}

fn in_simulator(file: &File) -> bool {
    is_first(&file.module, "simulator")
}

fn is_first(names: &[String], first: &str) -> bool {
    names.first().is_some_and(|name| name == first)
}

fn starts_with(names: &[String], start: &[&str]) -> bool {
    names.len() >= start.len() && names[..start.len()] == *start
}

fn begins(leads: &Leads, wrong: impl Fn(&[String]) -> bool) -> bool {
    match leads {
        Leads::Elsewhere(names) => wrong(names),
        Leads::Inside(_) | Leads::Nowhere => false,
    }
}

/// Follows `crate`, `self`, `super`, the crate's own name, and the modules below the one where the path stands.
fn follow(tree: &Tree, file: &File, path: &Path) -> Leads {
    if path.names.len() == 1 && !path.is_use {
        return Leads::Nowhere;
    }
    let here: Vec<String> = file.module.iter().chain(&path.within).cloned().collect();
    let first = path.names[0].as_str();
    if first == "crate" || first == file.package().replace('-', "_") {
        return Leads::Inside(path.names[1..].to_vec());
    }
    if first == "self" || first == "super" {
        let steps = path.names.iter().take_while(|name| ["self", "super"].contains(&name.as_str()));
        let up = steps.clone().filter(|name| *name == "super").count();
        let base = here[..here.len().saturating_sub(up)].iter();
        return Leads::Inside(base.chain(&path.names[steps.count()..]).cloned().collect());
    }
    let below: Vec<String> = here.into_iter().chain(path.names.iter().cloned()).collect();
    let is_module = tree.has(file.package(), &below[..=below.len() - path.names.len()]);
    if is_module { Leads::Inside(below) } else { Leads::Elsewhere(path.names.clone()) }
}

#[test]
fn crates_use_each_other_in_one_direction() {
    holds(against_the_directions);
}

#[test]
fn the_engine_speaks_no_http() {
    holds(http_in_the_engine);
}

#[test]
fn only_clients_use_reqwest() {
    holds(reqwest_outside_of_clients);
}

#[test]
fn the_engine_does_not_use_the_domain() {
    holds(domain_in_the_engine);
}

#[test]
fn the_domain_reaches_nothing_outside() {
    holds(outside_in_the_domain);
}

#[test]
fn the_engine_and_the_domain_name_no_vendor() {
    holds(vendors_in_the_engine);
}

#[test]
fn a_simulator_shares_nothing_with_the_client_it_tests() {
    holds(clients_and_simulators);
    holds(domain_in_the_simulators);
}

#[test]
fn an_engine_that_looks_over_its_walls_is_seen() {
    let files = [
        ("workflow-core/src/lib.rs", "pub mod domain;\npub use domain::call::Call;\n"),
        (
            "workflow-core/src/engine/writer.rs",
            "use super::super::{domain::call, store};\nuse http::Uri;\n",
        ),
        (
            "workflow-core/src/store.rs",
            "mod tests {\n  use super::super::domain;\n  fn f(domain: u8) { workflow_core::domain::f(domain) }\n}\n",
        ),
        (
            "workflow-core/src/domain.rs",
            "use super::domain::call;\nuse std::{fmt, fs};\n// For Job_Diva.\n",
        ),
        ("workflow-core/src/domain/call.rs", "fn f() { runner::run(); tokio::spawn(g()) }\n"),
    ];
    let used = [
        "workflow-core/src/lib.rs:2",
        "workflow-core/src/engine/writer.rs:1",
        "workflow-core/src/store.rs:2",
        "workflow-core/src/store.rs:3",
    ];
    objects(domain_in_the_engine, &files, &used);
    objects(
        outside_in_the_domain,
        &files,
        &["workflow-core/src/domain.rs:2", "workflow-core/src/domain/call.rs:1"],
    );
    objects(vendors_in_the_engine, &files, &["workflow-core/src/domain.rs:3"]);
    objects(http_in_the_engine, &files, &["workflow-core/src/engine/writer.rs:2"]);
    objects(against_the_directions, &files, &["workflow-core/src/domain/call.rs:1"]);
}

#[test]
fn an_adapter_that_looks_over_its_walls_is_seen() {
    let files = [
        ("integration-jobdiva/src/lib.rs", "pub mod simulator;\npub use simulator::Simulator;\n"),
        (
            "integration-jobdiva/src/client.rs",
            "use reqwest::Client;\nuse crate::{wire, simulator::Ledger};\n",
        ),
        (
            "integration-jobdiva/src/poll.rs",
            "use integration_1099policy::wire;\nfn f() -> reqwest::Result<()>;\n",
        ),
        (
            "integration-jobdiva/src/simulator.rs",
            "mod server;\nuse server::Server;\nuse super::wire::Row;\n",
        ),
        (
            "integration-jobdiva/src/simulator/server.rs",
            "use super::Ledger;\nuse workflow_core::domain::facts;\n",
        ),
        (
            "integration-jobdiva/tests/poll.rs",
            "use reqwest::Client;\nuse integration_jobdiva::simulator;\n",
        ),
    ];
    let crossed = ["integration-jobdiva/src/client.rs:2", "integration-jobdiva/src/simulator.rs:3"];
    objects(clients_and_simulators, &files, &crossed);
    objects(domain_in_the_simulators, &files, &["integration-jobdiva/src/simulator/server.rs:2"]);
    objects(against_the_directions, &files, &["integration-jobdiva/src/poll.rs:1"]);
    objects(reqwest_outside_of_clients, &files, &["integration-jobdiva/src/poll.rs:2"]);
}
