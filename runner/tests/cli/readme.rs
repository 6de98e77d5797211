//! What the README says of errors is what is really said.

use super::desk::Desk;
use super::help::words;

const README: &str = include_str!("../../../README.md");
const SECTION: &str = "## When something is wrong";

#[test]
fn the_errors_in_the_readme_are_the_real_ones() {
    let (_, section) = README.split_once(SECTION).expect("the README shows the errors");
    let section = section.split("\n## ").next().unwrap();
    let desk = Desk::with_log().with_configuration().with_trouble();
    let (mut codes, mut lines) = (Vec::new(), section.lines());
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ runner ") else { continue };
        let said: Vec<&str> =
            lines.by_ref().take_while(|line| !line.is_empty() && *line != "```").collect();
        let (exit, said) = said.split_last().unwrap();
        let words = words(command);
        let output = desk.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let really = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.join("\n"), really.trim_end(), "$ runner {command}");
        let code = output.status.code().unwrap();
        assert_eq!(*exit, format!("exit code {code}"), "$ runner {command}");
        codes.push(code);
    }
    codes.sort_unstable();
    assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8], "one of each");
}
