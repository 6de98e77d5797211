//! What `--help` says beyond each verb's own words: the verbs in groups, their examples in a section, the exit codes.
//!
//! A verb writes its examples as paragraphs of its doc comment, `Example: runner ...`; here they are moved to where a
//! reader of help looks for them. Completions (`completions.rs`) and manual pages (`man.rs`) are made of the same tree.

use std::fmt::Write as _;

use clap::Command;

use crate::terminal;

/// Where the words behind a verb begin in the list.
const INDENT: usize = 15;

/// How a paragraph with an example begins.
const EXAMPLE: &str = "Example: ";

/// The verbs as somebody new looks for them. Each is in one group.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Try it", &["demo", "simulate", "diagram"]),
    (
        "Set up",
        &[
            "init",
            "check",
            "config",
            "doctor",
            "operations",
            "checklist",
            "webhook",
            "key",
            "completions",
            "man",
        ],
    ),
    ("Run and look", &["run", "page", "list", "show", "history", "tail", "tenants"]),
    (
        "Decide",
        &[
            "resolve",
            "exclude",
            "include",
            "set",
            "resend",
            "retry",
            "pause",
            "resume",
            "keep",
            "inbox",
            "certificate",
            "invoices",
        ],
    ),
    ("Prove", &["verify", "audit", "export"]),
    ("Keep safe", &["backup", "restore", "migrate", "forget", "rotate-key"]),
];

/// What each exit code means.
const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  failed
    2  wrong usage
    3  the configuration has mistakes
    4  not found
    5  refused by the rules
    6  a system is out of reach: try again later
    7  a person must look: the log (or an export of it) is not intact,
       or the doctor found something
    8  today's code derives other states than were recorded
  130  stopped by ctrl-C";

/// The whole command line, with all that its help says.
pub(super) fn taught(command: Command) -> Command {
    let command = with_examples(command);
    let title = command.get_styles().get_header();
    let mut groups = String::new();
    for (group, verbs) in GROUPS {
        let _ = writeln!(groups, "\n{title}{group}:{title:#}");
        for verb in verbs {
            // A build without simulators has fewer.
            let Some(verb) = command.find_subcommand(verb) else { continue };
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            let literal = command.get_styles().get_literal();
            let about = hanging(&about, usize::from(terminal::width()));
            let _ = writeln!(groups, "  {literal}{:<12}{literal:#} {about}", verb.get_name());
        }
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{groups}\n{title}Options:{title:#}\n{{options}}{{after-help}}\n"
    );
    command.help_template(template).after_help(EXIT_CODES)
}

/// The words behind a verb in the list, in lines that fit and stand below each other.
fn hanging(words: &str, width: usize) -> String {
    let (mut text, mut column) = (String::new(), INDENT);
    for word in words.split(' ') {
        let length = word.chars().count();
        if column > INDENT && column + 1 + length > width {
            let _ = write!(text, "\n{:INDENT$}", "");
            column = INDENT;
        }
        if column > INDENT {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text
}

/// Moves the examples of a verb, and of those below it, out of its words.
fn with_examples(command: Command) -> Command {
    let command = command.mut_subcommands(with_examples);
    let Some(words) = command.get_long_about().map(ToString::to_string) else { return command };
    let (examples, words): (Vec<&str>, Vec<&str>) =
        words.split("\n\n").partition(|paragraph| paragraph.starts_with(EXAMPLE));
    if examples.is_empty() {
        return command;
    }
    let title = command.get_styles().get_header();
    let mut section = format!("{title}Examples:{title:#}");
    for example in examples {
        let example = example.strip_prefix(EXAMPLE).unwrap_or(example);
        let _ = write!(section, "\n  {}", example.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let words = words.join("\n\n");
    let command = match words.is_empty() {
        true => command.long_about(clap::builder::Resettable::Reset),
        false => command.long_about(words),
    };
    command.after_help(section)
}
