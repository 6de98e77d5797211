//! Tables fit the width; colours go to terminals alone; progress bars too.

use std::process::Command;

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

/// What a command shows on a terminal: bars and all. `None` where nothing makes one; but where CI is set that is a failure.
fn on_a_terminal(desk: &Desk, arguments: &str) -> Option<String> {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_runner"));
    let mut script = Command::new("script");
    // util-linux has it, and so has every Debian; what others call so takes other arguments.
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.current_dir(desk.path()).env("TERM", "xterm").env_remove("NO_COLOR");
    let output = script.output().ok().filter(|output| output.status.success());
    assert!(output.is_some() || std::env::var_os("CI").is_none(), "`script` makes no terminal");
    Some(String::from_utf8_lossy(&output?.stdout).into_owned())
}

/// The positions that a bar showed on its way, one after the other.
fn shown(said: &str, what: &str, behind: &str) -> Vec<String> {
    let bars = said.split(what).skip(1).filter_map(|rest| rest.split_once(']'));
    let texts = bars.filter_map(|(_, rest)| rest.split_once(behind));
    let mut shown: Vec<String> = texts.map(|(at, _)| at.trim().to_owned()).collect();
    shown.dedup();
    shown
}

#[test]
fn on_a_terminal_a_bar_shows_how_far_a_log_is_verified() {
    let desk = Desk::with_log();
    for (arguments, behind) in [
        ("verify", " of 414 events"),
        ("verify --from 100 --to 300", " of 414 events"),
        ("verify --export audit.jsonl", " of "),
    ] {
        let Some(said) = on_a_terminal(&desk, arguments) else { return };
        let at = shown(&said, "verifying [", behind);
        assert!(at.len() > 1, "{arguments}: it stands still at {at:?} in {said:?}");
        let (_, last) = said.trim_end().rsplit_once(ESCAPE).expect("the bar is taken away");
        assert!(last.contains(" records, head "), "{arguments}: {last:?}");
        assert!(!last.contains("verifying ["), "{arguments}: {last:?}");
    }
}
