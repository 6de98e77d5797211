//! The kept inputs: a folder for each target, a file for each input.
//!
//! Names are for people where an input was made by hand or is a finding; what a run kept is named by its hash.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The targets that have a corpus.
pub fn folders() -> BTreeSet<String> {
    let listed = fs::read_dir(folder("")).expect("there is a corpus");
    listed.map(|entry| entry.expect("listed").file_name().to_string_lossy().into_owned()).collect()
}

/// A target's inputs, in the order of their names.
pub fn read(target: &str) -> Vec<Vec<u8>> {
    let listed = fs::read_dir(folder(target)).expect("every target has a corpus");
    let mut files: Vec<PathBuf> = listed.map(|entry| entry.expect("listed").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("an input can be read")).collect()
}

/// Keeps an input under the name of its hash.
pub fn keep(target: &str, input: &[u8]) {
    let name = hex::encode(&Sha256::digest(input)[..6]);
    fs::write(folder(target).join(name), input).expect("the corpus can be written");
}

/// Puts a finding where the build's output lies, for a person to look at and to keep.
pub fn report(target: &str, input: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("findings");
    let name = format!("{target}-{}", hex::encode(&Sha256::digest(input)[..6]));
    let file = folder.join(name);
    fs::create_dir_all(&folder).and_then(|()| fs::write(&file, input)).expect("it can be written");
    file
}
