//! Tables fit the width; colours go to terminals alone; progress bars too.

use super::desk::Desk;

const ESCAPE: char = '\u{1b}';

#[test]
fn no_line_of_a_table_is_wider_than_the_terminal() {
    let desk = Desk::with_log();
    for columns in ["60", "100", "200"] {
        for verb in [&["list"][..], &["audit", "sent", "51000777"], &["operations", "--defaults"]] {
            let output = desk.runner(verb).env("COLUMNS", columns).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= columns.parse().unwrap(), "{verb:?} at {columns}: {widest}\n{text}");
            assert!(text.lines().all(|line| !line.ends_with(' ')), "{text}");
        }
    }
}

#[test]
fn colours_are_for_terminals_and_for_whoever_forces_them() {
    let desk = Desk::with_log();
    let said = |set: &[(&str, &str)], arguments: &[&str]| {
        let mut command = desk.runner(arguments);
        command.envs(set.iter().copied());
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8(text).unwrap()
    };
    // On no terminal: nothing, and no progress bar either.
    for verb in [&["list"][..], &["verify"], &["--help"], &["verify", "--export", "audit.jsonl"]] {
        assert!(!said(&[], verb).contains(ESCAPE), "{verb:?}");
    }
    let forced = said(&[("CLICOLOR_FORCE", "1")], &["list"]);
    assert!(forced.contains("\u{1b}[1;31mFlagged\u{1b}[0m"), "{forced}");
    let plain: String = said(&[], &["list"]);
    let stripped = ["1;31", "33", "32", "2", "0"]
        .iter()
        .fold(forced, |text, colour| text.replace(&format!("\u{1b}[{colour}m"), ""));
    assert_eq!(stripped, plain, "colours change nothing else");
    let refused = said(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["list"]);
    assert!(!refused.contains(ESCAPE), "{refused}");
    assert!(!said(&[("CLICOLOR_FORCE", "0")], &["list"]).contains(ESCAPE));
}
