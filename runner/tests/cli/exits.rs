//! Each exit code with a command that gives it. 130 is in `tail.rs`: it takes a process to stop.

use super::desk::Desk;

const EXITS: [(i32, &str, &str); 11] = [
    (0, "list", ""),
    (1, "init --file service.toml", "it exists already"),
    (5, "retry 51000777 --reason x --config service.toml", "nothing waits"),
    (2, "fly", "unrecognized subcommand"),
    (2, "audit gaps --from yesterday", "yesterday"),
    (3, "check --config wrong.toml", "wrong.toml has 3 mistakes"),
    (4, "show 1", "no placement is called 1"),
    (5, "resolve 51000777 return --reason agreed --config service.toml", "not flagged"),
    (6, "doctor --config service.toml", "out of reach"),
    (7, "verify --export damaged.jsonl", "NOT intact"),
    (8, "audit drift --export other.jsonl", "derives something else"),
];

#[test]
fn each_exit_code_has_a_command_that_gives_it() {
    let desk = Desk::with_log().with_configuration().with_trouble();
    for (code, line, says) in EXITS {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = desk.run(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "runner {line}: {said}");
        assert!(said.contains(says), "runner {line}: {said}");
        // Talk goes to the error stream, and says first who speaks.
        let ours = code == 0 || said.starts_with("runner: ") || said.starts_with("error: ");
        assert!(ours, "runner {line}: {said}");
    }
}
