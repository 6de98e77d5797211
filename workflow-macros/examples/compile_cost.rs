//! What `#[machine]` costs a build, beside other crates: `cargo run -p workflow-macros --example compile_cost`.
//!
//! Writes crates with many copies of one machine into `target/compile-cost`, each copy under a name of its own, and
//! checks them with nothing incremental: CPU seconds of `cargo check` with everything below, per machine, less those
//! of an empty crate; best of several rounds. Beside it the expanded text. The peers come from crates.io at the
//! versions below and are dependencies of the written crates alone. Linux: CPU seconds are read from `/proc`.
//!
//! Absent: what a machine costs at run time. It is a `match`.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// Copies of the machine per crate: enough to drown the noise of one run.
const COPIES: usize = 40;

/// Runs of each crate; the quickest counts.
const ROUNDS: usize = 3;

/// How large a machine is.
#[derive(Clone, Copy)]
struct Size {
    states: usize,
    events: usize,
    edges: usize,
    /// Each state and each event carries two fields.
    data: bool,
}

/// The size at which the crates are compared.
const COMMON: Size = Size { states: 9, events: 14, edges: 21, data: false };
/// The same with data, which not every crate can carry.
const CARRYING: Size = Size { data: true, ..COMMON };

/// One crate to be measured.
struct Subject {
    name: &'static str,
    dependencies: String,
    source: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/compile-cost");
    let chosen = env::args().nth(1);
    let subjects: Vec<Subject> = subjects()
        .into_iter()
        .filter(|subject| {
            chosen
                .as_ref()
                .is_none_or(|name| subject.name == "empty" || subject.name.contains(name.as_str()))
        })
        .collect();
    println!(
        "{COPIES} machines of {} states, {} events and {} edges; best of {ROUNDS}\n",
        COMMON.states, COMMON.events, COMMON.edges
    );
    println!("| crate | CPU ms per machine | expanded bytes per machine |");
    println!("|---|---|---|");
    let mut empty = (0, 0);
    for subject in &subjects {
        let folder = write(&root, subject)?;
        // Builds the dependencies, which is not measured.
        check(&folder)?;
        let mut best = u64::MAX;
        for _ in 0..ROUNDS {
            fs::write(folder.join("src/lib.rs"), &subject.source)?;
            let before = children_cpu_ms()?;
            check(&folder)?;
            best = best.min(children_cpu_ms()? - before);
        }
        let size = expanded(&folder)?;
        if subject.name == "empty" {
            empty = (best, size);
            continue;
        }
        let each = |whole: u64, nothing: u64| whole.saturating_sub(nothing) as f64 / COPIES as f64;
        let (cpu_ms, bytes) = (each(best, empty.0), each(size, empty.1));
        println!("| {} | {cpu_ms:.0} | {bytes:.0} |", subject.name);
    }
    Ok(())
}

fn subjects() -> Vec<Subject> {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workflow-core");
    let serde = "serde = { version = \"1\", features = [\"derive\"] }";
    let ours =
        format!("{serde}\nworkflow-core = {{ path = {engine:?}, default-features = false }}");
    let subject = |name, dependencies: &str, source| Subject {
        name,
        dependencies: dependencies.to_owned(),
        source: copies(source),
    };
    vec![
        subject("empty", "", &|_| String::new()),
        subject("a `match`", "", &|_| by_hand(COMMON, false)),
        subject("a `match`, events with serde", serde, &|_| by_hand(COMMON, true)),
        subject("`#[machine]`", &ours, &|at| machine(COMMON, at)),
        subject("rust-fsm 0.8", "rust-fsm = \"0.8\"", &|_| rust_fsm()),
        subject("smlang 0.8", "smlang = \"0.8\"", &|_| smlang()),
        subject("statig 0.4", "statig = \"0.4\"", &|_| statig()),
        subject("with data: a `match`, events with serde", serde, &|_| by_hand(CARRYING, true)),
        subject("with data: `#[machine]`", &ours, &|at| machine(CARRYING, at)),
    ]
}

fn copies(source: &dyn Fn(usize) -> String) -> String {
    let mut text = "#![allow(dead_code, missing_docs)]\n".to_owned();
    for at in 0..COPIES {
        let source = source(at);
        if source.starts_with("#[workflow_core") {
            text += &source;
        } else if !source.is_empty() {
            let _ = writeln!(text, "pub mod m{at} {{\n{source}\n}}");
        }
    }
    text
}

/// A chain through all states, then ways back: row `k` leads from one state to another by an event.
fn edges(size: Size) -> Vec<(usize, usize, usize)> {
    let chain = (0..size.states - 1).map(|at| (at, at, at + 1));
    let back = (0..).map(|k| {
        let (from, round) = (1 + k % (size.states - 2), k / (size.states - 2));
        (from, (size.states - 1 + k) % size.events, (from + round) % (size.states - 1))
    });
    let taken: Vec<(usize, usize, usize)> = chain.collect();
    let mut all = taken;
    for edge in back.take(size.edges * 3) {
        if all.len() < size.edges && !all.iter().any(|known| known.0 == edge.0 && known.1 == edge.1)
        {
            all.push(edge);
        }
    }
    all
}

fn enums(size: Size, serde: bool, terminal: &str) -> String {
    let fields = if size.data { " { id: u64, name: String }" } else { "" };
    let derive = if serde { ", serde::Serialize, serde::Deserialize" } else { "" };
    let mut text = "#[derive(Clone, Debug, PartialEq)]\npub enum State {\n".to_owned();
    for at in 0..size.states {
        let mark = if at + 1 == size.states { terminal } else { "" };
        let _ = writeln!(text, "{mark}S{at}{fields},");
    }
    let _ = writeln!(text, "}}\n#[derive(Clone, Debug, PartialEq{derive})]\npub enum Event {{");
    for at in 0..size.events {
        let _ = writeln!(text, "E{at}{fields},");
    }
    text + "}\n"
}

fn functions(size: Size) -> String {
    let (rest, take, make) =
        if size.data { (" { .. }", " { id, name }", " { id, name }") } else { ("", "", "") };
    let mut text = format!(
        "use {{Event::*, State::*}};\npub fn begin(event: Event) -> Option<State> {{\n\
         match event {{ E0{take} => Some(S0{make}), _ => None }}\n}}\n\
         pub fn evolve(state: State, event: Event) -> Option<State> {{\nmatch (state, event) {{\n"
    );
    for (from, event, to) in edges(size) {
        let _ = writeln!(text, "(S{from}{rest}, E{event}{take}) => Some(S{to}{make}),");
    }
    text + "_ => None,\n}\n}\n"
}

fn by_hand(size: Size, serde: bool) -> String {
    enums(size, serde, "") + &functions(size)
}

fn machine(size: Size, at: usize) -> String {
    let (enums, functions) = (enums(size, true, "#[terminal] "), functions(size));
    format!("#[workflow_core::machine]\npub mod m{at} {{\n{enums}{functions}}}\n")
}

fn rust_fsm() -> String {
    let mut text = "rust_fsm::state_machine! {\n#[derive(Debug)]\npub machine(S0)\n".to_owned();
    for (from, event, to) in edges(COMMON) {
        let _ = writeln!(text, "S{from}(E{event}) => S{to},");
    }
    text + "}\n"
}

fn smlang() -> String {
    let mut text = "smlang::statemachine! {\ntransitions: {\n".to_owned();
    for (at, (from, event, to)) in edges(COMMON).into_iter().enumerate() {
        let first = if at == 0 { "*" } else { "" };
        let _ = writeln!(text, "{first}S{from} + E{event} = S{to},");
    }
    text + "}\n}\npub struct Context;\nimpl StateMachineContext for Context {}\n"
}

fn statig() -> String {
    let mut text = "use statig::prelude::*;\n#[derive(Default)]\npub struct Machine;\n#[derive(Debug)]\npub enum Event {\n".to_owned();
    for at in 0..COMMON.events {
        let _ = writeln!(text, "E{at},");
    }
    text += "}\n#[state_machine(initial = \"State::s0()\")]\nimpl Machine {\n";
    for state in 0..COMMON.states {
        let _ = writeln!(
            text,
            "#[state]\nfn s{state}(event: &Event) -> Outcome<State> {{\nmatch event {{"
        );
        for (_, event, to) in edges(COMMON).into_iter().filter(|edge| edge.0 == state) {
            let _ = writeln!(text, "Event::E{event} => Transition(State::s{to}()),");
        }
        text += "_ => Super,\n}\n}\n";
    }
    text + "}\n"
}

fn write(root: &Path, subject: &Subject) -> Result<PathBuf, Box<dyn Error>> {
    let name: String = subject.name.chars().filter(char::is_ascii_alphanumeric).collect();
    let folder = root.join(&name);
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"cost-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{}\n\n[workspace]\n",
        subject.dependencies
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/lib.rs"), &subject.source)?;
    Ok(folder)
}

fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(folder).env("CARGO_INCREMENTAL", "0");
    command.env("CARGO_TARGET_DIR", folder.with_file_name("target"));
    command
}

fn check(folder: &Path) -> Result<(), Box<dyn Error>> {
    let output = cargo(folder, &["check", "--quiet"]).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr)).into())
}

/// The length of the source after all macros.
fn expanded(folder: &Path) -> Result<u64, Box<dyn Error>> {
    let mut command = cargo(folder, &["rustc", "--quiet", "--profile", "check", "--"]);
    // The stable compiler prints it as well when told that this is a measurement, not a build.
    let output = command.arg("-Zunpretty=expanded").env("RUSTC_BOOTSTRAP", "1").output()?;
    if output.status.success() {
        return Ok(output.stdout.len() as u64);
    }
    Err(format!("{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr)).into())
}

/// CPU time of all children so far that have ended, and of theirs.
fn children_cpu_ms() -> Result<u64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // Fields 16 and 17 of proc(5), in ticks of 10 ms; the name in field 2 may hold spaces.
    let (_, after_name) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(13)
        .take(2)
        .map(|field| field.parse::<u64>().unwrap_or_default())
        .sum();
    Ok(ticks * 10)
}
