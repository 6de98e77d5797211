//! Every verb teaches with examples that parse; completions and manual pages know every verb.

use clap::Command;

use super::desk::Desk;

/// Verbs that neither read nor report anything that a script could use as data, each with the reason.
const WITHOUT_JSON: [(&str, &str); 8] = [
    ("demo", "a show for people; `runner list --json` gives its data"),
    ("simulate jobdiva", "serves until it is stopped"),
    ("simulate 1099policy", "serves until it is stopped"),
    ("run", "serves until it is stopped; its log is JSON with --log-json"),
    ("init", "writes a file"),
    ("completions", "prints a script of the shell's"),
    ("man", "writes files"),
    ("diagram", "has formats of its own"),
];

/// Each verb that does something itself, by its whole name.
pub fn verbs() -> Vec<(String, Command)> {
    fn below(name: &str, command: &Command, verbs: &mut Vec<(String, Command)>) {
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let name = format!("{name} {}", verb.get_name()).trim().to_owned();
            if verb.has_subcommands() {
                below(&name, verb, verbs);
            } else {
                verbs.push((name, verb.clone()));
            }
        }
    }
    let mut verbs = Vec::new();
    below("", &runner::cli::command(), &mut verbs);
    assert!(verbs.len() > 50, "{} verbs", verbs.len());
    verbs
}

/// The lines of a verb's `--help` under `Examples:`.
fn examples(help: &str) -> Vec<String> {
    let (_, section) = help.split_once("Examples:").unwrap_or_default();
    section
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("runner "))
        .map(str::to_owned)
        .collect()
}

/// The words of a command line, as a shell would split it; what is redirected is the shell's.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    words.push(word);
    let end = words.iter().position(|word| word == ">").unwrap_or(words.len());
    words.truncate(end);
    words
}

fn every(command: &Command, name: &str, check: &mut dyn FnMut(&str, Command)) {
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let name = format!("{name} {}", verb.get_name());
        check(&name, verb.clone());
        every(verb, &name, check);
    }
}

#[test]
fn every_verb_has_examples_that_parse() {
    let whole = runner::cli::command();
    every(&whole, "runner", &mut |name, mut verb| {
        let help = verb.render_long_help().to_string();
        let examples = examples(&help);
        assert!(!examples.is_empty(), "{name} has no example:\n{help}");
        assert!(!help.contains("Example: "), "{name}:\n{help}");
        // One help for both simulators, and one check by two names.
        let elsewhere = name.starts_with("runner simulate") || name == "runner config check";
        for example in examples {
            // It must be copied as it stands, from a terminal of 80 columns.
            assert!(example.len() <= 78, "{example}");
            assert!(example.starts_with(name) || elsewhere, "{name}: {example}");
            let parsed = whole.clone().try_get_matches_from(words(&example));
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        assert!((8..=90).contains(&about.len()), "{name} in a line: `{about}`");
    });
}

#[test]
fn the_help_lists_every_verb_once_in_a_group_and_every_exit_code() {
    let desk = Desk::empty();
    let help = desk.good(&["--help"]);
    for verb in runner::cli::command().get_subcommands() {
        let line = format!("\n  {} ", verb.get_name());
        assert_eq!(help.matches(&line).count(), 1, "{}:\n{help}", verb.get_name());
    }
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 8, 130] {
        assert!(help.contains(&format!("\n  {code:>3}  ")), "{code}:\n{help}");
    }
    assert!(desk.good(&["list", "-h"]).contains("Examples:"));
}

#[test]
fn no_line_of_the_help_is_wider_than_the_terminal() {
    let desk = Desk::empty();
    let mut all = vec![Vec::new()];
    all.extend(verbs().iter().map(|(name, _)| name.split(' ').map(str::to_owned).collect()));
    for mut verb in all {
        verb.push("--help".to_owned());
        let mut command = desk.runner(&verb.iter().map(String::as_str).collect::<Vec<_>>());
        let output = command.env("COLUMNS", "80").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && help.contains("Usage: runner"), "{verb:?}: {help}");
        for line in help.lines() {
            // An address cannot be broken.
            let fits = line.chars().count() <= 80 || line.contains("http://");
            assert!(fits, "{verb:?}: {line}");
        }
    }
}

#[test]
fn every_verb_that_reads_or_reports_has_json() {
    let without: Vec<&str> = WITHOUT_JSON.iter().map(|(name, _)| *name).collect();
    for (name, verb) in verbs() {
        let has = verb.get_arguments().any(|argument| argument.get_id() == "json");
        assert_eq!(has, !without.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn completions_know_every_verb() {
    let desk = Desk::empty();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = desk.good(&["completions", shell]);
        for (name, _) in verbs() {
            let last = name.rsplit(' ').next().unwrap();
            assert!(script.contains(last), "{shell} does not know {name}");
        }
    }
    assert_eq!(desk.run(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn there_is_a_manual_page_for_every_verb() {
    let desk = Desk::empty();
    let said = desk.good(&["man", "man1"]);
    for (name, _) in verbs() {
        let file = format!("man1/runner-{}.1", name.replace(' ', "-"));
        let page = desk.read(&file);
        assert!(page.contains("SH NAME") && page.contains("SH SYNOPSIS"), "{file}:\n{page}");
        assert!(page.contains("Examples:"), "{file}:\n{page}");
    }
    assert!(desk.read("man1/runner.1").contains("Exit codes"));
    let pages = std::fs::read_dir(desk.file("man1")).unwrap().count();
    assert!(said.contains(&format!("{pages} manual pages")), "{said}");
}

/// Verbs that have their place on the pages, with its address; whoever decides and watches needs no other way.
const ON_PAGES: [(&str, &str); 30] = [
    ("list", "/board"),
    ("show", "/placements/{tenant}/{id}"),
    ("history", "/placements/{tenant}/{id}"),
    ("tail", "/log"),
    ("verify", "/log/verify"),
    ("invoices", "/papers/{workflow}/{tenant}/{id}"),
    ("audit gaps", "/coverage"),
    ("audit sent", "/sent"),
    ("certificate add", "/papers/hand-in"),
    ("certificate list", "/review"),
    ("certificate show", "/papers/{workflow}/{tenant}/{id}"),
    ("certificate accept", "/papers/accept"),
    ("certificate resubmit", "/act"),
    ("certificate withdraw", "/act"),
    ("inbox list", "/inbox"),
    ("inbox show", "/inbox/one"),
    ("inbox retry", "/inbox/act"),
    ("inbox drop", "/inbox/act"),
    ("keep", "/papers/decide"),
    ("forget", "/papers/decide"),
    ("resolve", "/act"),
    ("exclude", "/act"),
    ("include", "/act"),
    ("set", "/act"),
    ("resend", "/act"),
    ("retry", "/act"),
    ("pause", "/connections/act"),
    ("resume", "/connections/act"),
    ("tenants", "/connections"),
    ("page", "/enter"),
];

/// The verbs that `docs/pages.md` leaves to the terminal.
fn left_to_the_terminal() -> Vec<String> {
    let pages = include_str!("../../../docs/pages.md");
    let (_, section) = pages.split_once("## What stays with the terminal").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn every_verb_has_its_place_on_a_page_or_is_said_to_be_the_terminal_s() {
    let left = left_to_the_terminal();
    assert!(left.len() > 15, "{left:?}");
    let addresses: Vec<&str> = runner::web::addresses().map(|(address, _)| address).collect();
    for (verb, address) in ON_PAGES {
        assert!(addresses.contains(&address), "{verb}: there is no {address}");
        assert!(verbs().iter().any(|(name, _)| name == verb), "{verb} is no verb");
    }
    for (name, _) in verbs() {
        let first = name.split(' ').next().unwrap_or_default();
        let is_left = left.iter().any(|verb| *verb == name || verb == first);
        let has_place = ON_PAGES.iter().any(|(verb, _)| *verb == name);
        assert!(is_left != has_place, "`runner {name}`: left {is_left}, on a page {has_place}");
    }
}
