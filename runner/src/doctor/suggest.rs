//! The suggested file: every line of every finding under its table, the unsure ones with a word of warning, the open ones as
//! comments. The configuration reads it as it is (`overrides_file` under `[[tenant]]`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::finding::{Finding, Line, Sure};

/// The lines of one table by their keys, each with what it is for.
type Keys<'a> = BTreeMap<&'a str, Vec<(&'a Line, &'a Finding)>>;

/// The file for a tenant; `None` when no finding has a line.
pub fn file(tenant: &str, findings: &[Finding]) -> Option<String> {
    let lines =
        findings.iter().flat_map(|finding| finding.lines.iter().map(move |line| (line, finding)));
    let mut tables: BTreeMap<&str, Keys<'_>> = BTreeMap::new();
    for (line, finding) in lines {
        let keys = tables.entry(&line.table).or_default();
        keys.entry(&line.key).or_default().push((line, finding));
    }
    if tables.is_empty() {
        return None;
    }
    let mut text = format!(
        "# What `runner doctor` suggests for tenant {tenant}. Read it, then name it in the configuration, under\n\
         # [[tenant]]: overrides_file = \"THIS FILE\". What stands here goes before what stands there.\n"
    );
    for (table, keys) in tables {
        if !table.is_empty() {
            let _ = write!(text, "\n[{table}]\n");
        }
        for (_, same) in keys {
            for (index, (line, finding)) in same.iter().enumerate() {
                if same[..index].iter().any(|(earlier, _)| earlier == line) {
                    continue;
                }
                // A key may stand once: of several that fit, a person chooses.
                let first = index == 0;
                write_line(&mut text, line, finding, first);
            }
        }
    }
    Some(text)
}

fn write_line(text: &mut String, line: &Line, finding: &Finding, first: bool) {
    let Line { key, value, sure, .. } = line;
    let about = one_line(&format!("{}: {}", finding.about, finding.what));
    let _ = match (sure, first) {
        (Sure::Known, true) => writeln!(text, "# {about}\n{key} = {value}"),
        (Sure::ByName, true) => {
            writeln!(text, "# {about}\n# By its name only: check it.\n{key} = {value}")
        }
        (Sure::Open, _) | (_, false) => writeln!(text, "# {about}\n# {key} = {value}"),
    };
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// The tables that a file of suggestions touches: for a person who merges it by hand.
pub fn tables(findings: &[Finding]) -> BTreeSet<&str> {
    findings.iter().flat_map(|finding| &finding.lines).map(|line| line.table.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use workflow_core::domain::call::Side;

    use super::super::finding::{Code, Severity};
    use super::*;

    fn finding(line: Line) -> Finding {
        Finding::new(
            Severity::Person,
            Side::Ats,
            Code::CompanyUnmapped,
            "company 8801",
            "not\nmapped",
        )
        .line(line)
    }

    #[test]
    fn what_is_suggested_is_toml_and_open_lines_are_comments() {
        let findings = [
            finding(Line::text("entities", "8801", "en_1", Sure::ByName)),
            finding(Line::text("entities", "8801", "en_2", Sure::ByName)),
            finding(Line::text("entities", "8802", "en_...", Sure::Open)),
            finding(Line::text("wage.units", "per diem", "day", Sure::Known)),
            finding(Line::of("", "shorten_cover", "true".into(), Sure::Known)),
        ];
        let text = file("acme", &findings).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["shorten_cover"].as_bool(), Some(true));
        assert_eq!(table["entities"].as_table().unwrap().len(), 1);
        assert_eq!(table["wage"]["units"]["per diem"].as_str(), Some("day"));
        assert!(
            text.contains("# 8802 = \"en_...\"") && text.contains("# 8801 = \"en_2\""),
            "{text}"
        );
        assert_eq!(file("acme", &[]), None);
    }
}
