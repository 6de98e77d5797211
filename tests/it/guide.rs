//! The table of `docs/guide.md`: every line of the integration guide has its row, and every row names real tests.
//!
//! The guide is 1099Policy's and not in this repository. `guide/lines.txt` has a line for each of its lines that is not
//! empty: the beginning of its SHA-256 (without blanks around it), then the rows that answer it, or `-` and what it is
//! instead (a heading, an example). Whoever has the document names it in `INTEGRATION_GUIDE`: then it is compared too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The list of the guide's lines.
const LINES: &str = include_str!("guide/lines.txt");

/// How many lines the guide has, and the SHA-256 of all their beginnings: none falls out of the list unnoticed.
const WHOLE: (usize, &str) =
    (244, "65132fee6b0ec2ccd883146974c60837ba365c0449f015499937e9d0f28fecfb");

/// How many of a line's SHA-256's digits are in the list.
const DIGITS: usize = 12;

/// A row: its number, what it asks, and the tests.
type Row = (String, String, Vec<String>);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in a workspace")
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/guide.md")).expect("it can be read");
    let cells = |line: &str| -> Option<Row> {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let (number, asks) = (cells.next()?.to_owned(), cells.next()?.to_owned());
        let tests = cells.next()?.split(", ").map(|test| test.trim_matches('`').to_owned());
        Some((number, asks, tests.collect()))
    };
    text.lines().skip_while(|line| !line.starts_with("|---")).skip(1).filter_map(cells).collect()
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The guide's lines: the beginning of the hash, and what is said of it.
fn lines() -> Vec<(&'static str, &'static str)> {
    LINES.lines().map(|line| line.split_once(' ').expect("a hash, then what it is")).collect()
}

/// What is wrong with a list of lines beside these numbers of rows.
fn wrong(lines: &[(&str, &str)], rows: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let known: BTreeSet<&str> = rows.iter().map(String::as_str).collect();
    let mut answered = BTreeSet::new();
    for (number, (_, said)) in lines.iter().enumerate() {
        if let Some(reason) = said.strip_prefix('-') {
            if reason.trim().is_empty() {
                wrong.push(format!("line {} has no row and no reason", number + 1));
            }
            continue;
        }
        for row in said.split(' ') {
            answered.insert(row);
            if !known.contains(row) {
                wrong.push(format!("line {} leads to {row}, which is no row", number + 1));
            }
        }
    }
    let unasked = known.difference(&answered).map(|row| format!("no line asks for row {row}"));
    wrong.extend(unasked);
    let order = |number: &&String| -> Vec<u32> {
        number.split('.').map(|part| part.parse().expect("rows have numbers")).collect()
    };
    if !rows.iter().is_sorted_by_key(|number| order(&number)) || known.len() != rows.len() {
        wrong.push("the rows are not in order, each once".to_owned());
    }
    wrong
}

#[test]
fn every_line_of_the_guide_has_its_row() {
    let lines = lines();
    let hashes: String = lines.iter().map(|(hash, _)| *hash).collect();
    assert_eq!((lines.len(), hash(&hashes).as_str()), WHOLE);
    let rows: Vec<String> = rows().into_iter().map(|(number, _, _)| number).collect();
    assert_eq!(wrong(&lines, &rows), [""; 0]);
    if let Some(guide) = std::env::var_os("INTEGRATION_GUIDE") {
        let guide = fs::read_to_string(guide).expect("the guide can be read");
        let found = guide.lines().map(str::trim).filter(|line| !line.is_empty());
        let found: Vec<String> = found.map(|line| hash(line)[..DIGITS].to_owned()).collect();
        assert_eq!(found, lines.iter().map(|(hash, _)| *hash).collect::<Vec<_>>());
    }
}

#[test]
fn a_line_without_a_row_is_seen() {
    let rows = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let lines = [("aa", "1.1 1.2"), ("bb", "- heading"), ("cc", "1.10")];
    assert_eq!(wrong(&lines, &rows(&["1.1", "1.2", "1.10"])), [""; 0]);
    assert_eq!(wrong(&lines, &rows(&["1.1", "1.10"])), ["line 1 leads to 1.2, which is no row"]);
    assert_eq!(wrong(&[("aa", "-")], &[]), ["line 1 has no row and no reason"]);
    let more = wrong(&lines[..1], &rows(&["1.1", "1.2", "2.1"]));
    assert_eq!(more, ["no line asks for row 2.1"]);
    let unordered = wrong(&lines, &rows(&["1.1", "1.10", "1.2"]));
    assert_eq!(unordered, ["the rows are not in order, each once"]);
}

/// Whether a source has a test of this name: a function with the attribute of one, that is not left out.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let named = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        let line = line.strip_prefix("async ").unwrap_or(line);
        let rest = line.strip_prefix("fn ").and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with('('))
    };
    lines.iter().enumerate().filter(|(_, line)| named(line)).any(|(at, _)| {
        let above = lines[..at].iter().rev();
        let above: Vec<&str> = above
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
            .copied()
            .collect();
        let is = |line: &&str| *line == "#[test]" || line.starts_with("#[tokio::test");
        let left_out = |line: &&str| line.starts_with("#[ignore") || line.starts_with("#[cfg");
        above.iter().any(is) && !above.iter().any(left_out)
    })
}

/// Whether a file is compiled into its test binary: a root itself, or a module that its parent names.
fn is_compiled(path: &Path) -> bool {
    let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else { return false };
    let is_root = folder.ends_with("tests") || (path.ends_with("it/main.rs"));
    if is_root {
        return true;
    }
    // `it` is a folder with a `main.rs`; other binaries and modules lie beside their folders.
    let parents = [folder.join("main.rs"), folder.with_extension("rs")];
    let Some(parent) = parents.iter().find(|parent| parent.is_file()) else { return false };
    let text = fs::read_to_string(parent).expect("it can be read");
    let declared = format!("mod {};", stem.to_string_lossy());
    text.lines().any(|line| line.trim() == declared) && is_compiled(parent)
}

#[test]
fn every_row_names_tests_that_exist() {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for (number, _, tests) in rows() {
        assert!(!tests.is_empty(), "{number} names no test");
        for test in tests {
            let (path, name) = test.split_once("::").expect("`path::name`");
            let source = sources.entry(path.to_owned()).or_insert_with(|| {
                let file: PathBuf = root().join(path);
                assert!(is_compiled(&file), "{number}: {path} is in no test binary");
                let read = fs::read_to_string(file);
                read.unwrap_or_else(|error| panic!("{number}: {path}: {error}"))
            });
            assert!(has_test(source, name), "{number}: there is no test `{name}` in {path}");
        }
    }
}

#[test]
fn what_is_no_test_is_not_taken_for_one() {
    let source = "
        #[test]
        fn plain() {}
        /// Said of it.
        #[tokio::test(flavor = \"multi_thread\")]
        // And why.
        async fn waits() {}
        fn helper() {}
        #[test]
        #[ignore]
        fn left_out() {}
        // fn mentioned() {}
        #[test]
        fn plain_and_longer() {}
    ";
    for name in ["plain", "waits", "plain_and_longer"] {
        assert!(has_test(source, name), "{name}");
    }
    for name in ["helper", "left_out", "mentioned", "plain_and", "nowhere"] {
        assert!(!has_test(source, name), "{name}");
    }
    assert!(is_compiled(&root().join("tests/it/stories/roads.rs")));
    assert!(is_compiled(&root().join("runner/tests/process/checklist.rs")));
    assert!(!is_compiled(&root().join("tests/it/stories/nowhere.rs")));
    assert!(!is_compiled(&root().join("tests/src/world.rs")));
}
