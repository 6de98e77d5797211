//! Starts that are refused, each with its reason and its exit code: a directory in use, another format, damage.

use std::fs;
use std::path::Path;

use super::super::binary::{good, run};
use super::killed::held;
use super::outside::Outside;
use super::senders::{Answer, Connection, Sent};
use super::serving::Serving;

/// A directory whose process took one delivery and was stopped cleanly.
fn stopped(outside: &Outside) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    outside.configure(dir.path(), Path::new("data"));
    let mut serving = Serving::start(dir.path());
    let mut connection = Connection::open(serving.hooks().0).unwrap();
    assert_eq!(connection.post(1), Some(Answer::Kept));
    assert!(serving.stop().status.success());
    dir
}

/// `runner run` must end by itself with this exit code and these words.
#[track_caller]
fn refused(dir: &Path, code: i32, words: &[&str]) {
    let refused = run(dir, &["run"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(code), "{said}");
    // What is logged before may say the same.
    let error = said.rsplit_once("runner: ").map_or("", |(_, error)| error);
    assert!(words.iter().all(|words| error.contains(words)), "{words:?} are not in: {error}");
}

#[test]
fn the_second_process_on_a_directory_is_told_who_holds_it() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), Outside::start());
    outside.configure(dir.path(), Path::new("data"));
    let mut serving = Serving::start(dir.path());
    let hooks = serving.hooks().0;
    let holder = format!("data/events is in use by process {} (runner), since 2", serving.id());
    refused(dir.path(), 1, &[&holder]);
    // The first one does not notice.
    assert_eq!(Connection::open(hooks).unwrap().post(1), Some(Answer::Kept));
    assert!(serving.stop().status.success());
}

#[test]
fn another_format_is_refused_with_advice_and_nothing_is_changed() {
    let outside = Outside::start();
    let dir = stopped(&outside);
    let file = dir.path().join("data/events/format");
    let known = fs::read_to_string(&file).unwrap();
    assert!(known.contains("layout 1"), "{known}");
    let other = |text: &str| known.replace("layout 1", text);
    let advice = "open it with the program version that wrote it";
    for (found, reason) in [
        (other("layout 2"), "layout 2"),
        (other("layout 0"), "layout 0"),
        ("7".to_owned(), "has format 7"),
        (String::new(), "has format none (its file is empty)"),
    ] {
        fs::write(&file, found).unwrap();
        refused(dir.path(), 1, &["data/events", reason, "this program reads format", advice]);
    }
    fs::remove_file(&file).unwrap();
    refused(dir.path(), 1, &["has format none (its file is missing)", advice]);
    // The proof of the clean stop still holds, byte for byte.
    fs::write(&file, known).unwrap();
    let said = good(dir.path(), &["verify"]);
    assert!(said.contains("as they were closed, is intact"), "{said}");
    let mut sent = Sent::default();
    sent.acknowledged.insert(1);
    assert_eq!(held(&dir.path().join("data/events"), &sent).0, 1);
}

#[test]
fn a_damaged_log_is_refused_with_the_exit_code_of_verify() {
    let outside = Outside::start();
    let dir = stopped(&outside);
    fs::remove_file(dir.path().join("data/events/head")).unwrap();
    refused(
        dir.path(),
        7,
        &["the log is damaged", "head is missing", "restore the whole directory"],
    );
}
