//! Each machine's table is the one that is written down in `tests/tables/`: no row can be lost, or come, unnoticed.
//!
//! It stands beside the machines, so that a change of one is judged without building the adapters and the runner: the
//! mutants need that (`.ci/mutants machines`). A test generated from a machine could not see a row that is missing
//! from it; a file can. Once a change is meant: `UPDATE_LOCK=1 cargo test -p workflow-core --test tables`.

use std::{env, fs};

use workflow_core::domain::{contractor, placement};
use workflow_core::graph::freeze;
use workflow_core::inbox;
use workflow_core::machine::Machine;

#[track_caller]
fn check<M: Machine>() {
    let file = format!("../tests/tables/{}.lock.json", M::NAME);
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let now = serde_json::to_string_pretty(&freeze::<M>()).expect("a lock is plain data") + "\n";
    if env::var_os("UPDATE_LOCK").is_some() {
        fs::write(path, now).expect("the table can be written");
        return;
    }
    let then = fs::read_to_string(path).expect("the table is written down");
    assert!(now == then, "the table of `{}` is not that of {file}; is it now:\n{now}", M::NAME);
}

#[test]
fn the_placement_is_as_written_down() {
    check::<placement::Machine>();
}

#[test]
fn the_contractor_is_as_written_down() {
    check::<contractor::Machine>();
}

#[test]
fn the_delivery_is_as_written_down() {
    check::<inbox::Machine>();
}
