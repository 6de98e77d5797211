//! The files the rules look at: every text file of the workspace, and what is in those of Rust.
//!
//! Absent: what git ignores (`target`, a demo's data) and git's own folder.
//!
//! Read next: `code.rs`, what is found in a Rust file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use super::code::Code;

/// Folders at any depth that hold nothing anybody wrote.
const NOT_SOURCE: [&str; 4] = [".git", "target", "workflow-data", "workflow-demo"];

/// All files, in the order of their paths.
pub struct Tree {
    pub files: Vec<File>,
    /// The package and the module of each file of a `src` folder.
    modules: BTreeSet<(String, Vec<String>)>,
}

/// One text file.
pub struct File {
    /// From the workspace's root, with `/` between folders.
    pub path: String,
    pub text: String,
    /// Of a Rust file; others have none.
    pub code: Option<Code>,
    /// Where the file's items are in its crate: `["engine", "writer"]`, and empty for a crate's root.
    pub module: Vec<String>,
}

impl Tree {
    pub fn of_the_workspace() -> Tree {
        let root = workspace_root();
        let mut paths = Vec::new();
        collect(&root, &mut paths);
        paths.sort();
        let files = paths.iter().filter_map(|path| {
            // What is not text holds no words of ours.
            let text = String::from_utf8(fs::read(path).expect("listed a moment ago")).ok()?;
            let below = path.strip_prefix(&root).expect("found below the root");
            let parts: Vec<&str> = below.iter().filter_map(|part| part.to_str()).collect();
            Some(File::new(&parts.join("/"), text))
        });
        Tree::new(files.collect())
    }

    pub fn invented(files: &[(&str, &str)]) -> Tree {
        Tree::new(files.iter().map(|(path, text)| File::new(path, (*text).to_owned())).collect())
    }

    fn new(files: Vec<File>) -> Tree {
        let product = files.iter().filter(|file| file.is_product());
        let modules =
            product.map(|file| (file.package().to_owned(), file.module.clone())).collect();
        Tree { files, modules }
    }

    /// The Rust files with what is in them.
    pub fn rust(&self) -> impl Iterator<Item = (&File, &Code)> {
        self.files.iter().filter_map(|file| file.code.as_ref().map(|code| (file, code)))
    }

    /// Whether a package has a file for a module.
    pub fn has(&self, package: &str, module: &[String]) -> bool {
        self.modules.contains(&(package.to_owned(), module.to_owned()))
    }
}

impl File {
    fn new(path: &str, text: String) -> File {
        let code = path.ends_with(".rs").then(|| Code::read(path, &text));
        File { path: path.to_owned(), module: module(path), text, code }
    }

    /// The folder of the crate it belongs to; the file's own name for one at the top.
    pub fn package(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// Whether it is part of what is delivered: neither test nor example nor benchmark.
    pub fn is_product(&self) -> bool {
        self.package() != "tests"
            && self.path.split('/').nth(1) == Some("src")
            && self.path.split('/').all(|part| part.trim_end_matches(".rs") != "tests")
    }
}

/// The folder that holds the workspace's `Cargo.toml`.
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the tests crate is a folder of the workspace").to_owned()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace can be read") {
        let entry = entry.expect("a folder of the workspace can be listed");
        let path = entry.path();
        let name = entry.file_name();
        if NOT_SOURCE.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if path.is_dir() { collect(&path, into) } else { into.push(path) }
    }
}

/// Of `crate/src/a/b.rs` the module is `a::b`. Roots and files of other folders are taken as roots.
fn module(path: &str) -> Vec<String> {
    let mut parts = path.trim_end_matches(".rs").split('/').skip(1);
    let in_src = parts.next() == Some("src");
    let parts: Vec<String> = parts.map(str::to_owned).collect();
    let is_root = parts.len() == 1 && ["lib", "main"].contains(&parts[0].as_str());
    if in_src && !is_root { parts } else { Vec::new() }
}
