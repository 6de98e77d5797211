//! The tenant's words against its maps: employment categories, rate units, clients, job categories. For a word that is not
//! mapped there is the line to add: by name where the insurer has something of that name, else to be filled in.

use integration_1099policy::setup::{Category, Entity};
use integration_jobdiva::probe::Vocabulary;
use workflow_core::domain::facts::CompanyId;
use workflow_core::domain::rules::Rules;

use super::finding::{Code, Finding, Line, Severity, Sure};
use super::jobdiva::found;

/// Pieces of words, and which kind of engagement they speak of. The first that fits; what is paid to a company or on the
/// payroll is told first, so that a doubt never makes a contractor of anybody.
const ENGAGEMENTS: [(&str, &str); 14] = [
    ("employer of record", "eor"),
    ("eor", "eor"),
    ("w2", "w2"),
    ("w-2", "w2"),
    ("employee", "w2"),
    ("payroll", "w2"),
    ("c2c", "corp_to_corp"),
    ("corp", "corp_to_corp"),
    ("subcontract", "corp_to_corp"),
    ("vendor", "corp_to_corp"),
    ("1099", "contractor"),
    ("freelance", "contractor"),
    ("independent", "contractor"),
    ("contractor", "contractor"),
];
/// Pieces of words for what is counted.
const UNITS: [(&str, &str); 9] = [
    ("hour", "hour"),
    ("hr", "hour"),
    ("day", "day"),
    ("diem", "day"),
    ("week", "week"),
    ("month", "month"),
    ("year", "year"),
    ("annum", "year"),
    ("project", "engagement"),
];

/// What is not mapped, and what is.
pub(super) fn examine(
    rules: &Rules,
    words: &Vocabulary,
    entities: &[Entity],
    categories: &[Category],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for word in words.categories.iter().map(|word| normal(word)) {
        if !rules.categories.contains_key(&word) {
            findings.push(by_pieces(
                (Code::CategoryUnmapped, "employment category"),
                "contractor.categories",
                &word,
                &ENGAGEMENTS,
                "say what it means: contractor, corp_to_corp, w2 or eor; such placements are held",
            ));
        }
    }
    for word in words.units.iter().map(|word| unit(word)) {
        if !word.is_empty() && !rules.units.contains_key(&word) {
            findings.push(by_pieces(
                (Code::UnitUnmapped, "rate unit"),
                "wage.units",
                &word,
                &UNITS,
                "say what it counts: hour, day, week, month, year or engagement; such placements are held",
            ));
        }
    }
    for (id, name) in &words.companies {
        if !rules.entities.contains_key(&CompanyId(id.clone())) {
            findings.push(company(id, name.as_deref().unwrap_or("?"), entities));
        }
    }
    for word in words.job_categories.iter().map(|word| normal(word)) {
        let by_title = !rules.title_categories.is_empty();
        if !rules.job_categories.contains_key(&word) {
            findings.push(job_category(&word, by_title, categories));
        }
    }
    if findings.is_empty() {
        let what = format!(
            "{} employment categories, {} rate units, {} clients, {} job categories seen, all mapped",
            words.categories.len(),
            words.units.len(),
            words.companies.len(),
            words.job_categories.len()
        );
        findings.push(found(Severity::Good, Code::Words, "the tenant's words", what));
    }
    let other = |word: &&String| !word.eq_ignore_ascii_case(&rules.currency);
    let currencies: Vec<&str> = words.currencies.iter().filter(other).map(String::as_str).collect();
    if !currencies.is_empty() {
        let what =
            format!("{} seen; only {} can be insured", currencies.join(", "), rules.currency);
        findings.push(found(Severity::Note, Code::Currency, "currencies", what));
    }
    if !words.statuses.is_empty() {
        let statuses: Vec<&str> = words.statuses.iter().map(String::as_str).collect();
        findings.push(found(Severity::Note, Code::Statuses, "start statuses", statuses.join(", ")));
    }
    findings
}

fn by_pieces(
    (code, kind): (Code, &str),
    table: &str,
    word: &str,
    pieces: &[(&str, &str)],
    todo: &str,
) -> Finding {
    let guess = pieces.iter().find(|(piece, _)| word.contains(piece)).map(|(_, meaning)| *meaning);
    let line = match guess {
        Some(meaning) => Line::text(table, word, meaning, Sure::ByName),
        None => Line::text(table, word, "...", Sure::Open),
    };
    let what = format!("{kind} `{word}` is in no map");
    found(Severity::Person, code, format!("[tenant.{table}]"), what).todo(todo).line(line)
}

fn company(id: &str, name: &str, entities: &[Entity]) -> Finding {
    let mut same = entities.iter().filter(|entity| is_same(&entity.name, name));
    let line = match (same.next(), same.next()) {
        (Some(entity), None) => Line::text("entities", id, entity.id.as_str(), Sure::ByName),
        _ => Line::text("entities", id, "en_...", Sure::Open),
    };
    let what = format!("client {id} ({name}) has no entity: its placements are held");
    found(Severity::Person, Code::CompanyUnmapped, "[tenant.entities]", what)
        .todo("map it to the entity that stands for it at 1099Policy")
        .line(line)
}

fn job_category(word: &str, by_title: bool, categories: &[Category]) -> Finding {
    let mut same = categories.iter().filter(|category| is_same(&category.name, word));
    let line = match (same.next(), same.next()) {
        (Some(category), None) => {
            Line::text("job_categories", word, category.code.as_str(), Sure::ByName)
        }
        _ => Line::text("job_categories", word, "jc_...", Sure::Open),
    };
    let (severity, what) = match by_title {
        true => (Severity::Note, format!("job category `{word}` has no code: its titles decide")),
        false => (
            Severity::Person,
            format!("job category `{word}` has no code: its placements are held"),
        ),
    };
    let finding = found(severity, Code::JobCategoryUnmapped, "[tenant.job_categories]", what);
    if severity == Severity::Note { finding } else { finding.todo("map it").line(line) }
}

/// Whether two names are one but for case, blanks and marks, or one begins the other.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
    };
    let (one, other) = (plain(one), plain(other));
    let (short, long) = if one.len() < other.len() { (&one, &other) } else { (&other, &one) };
    short.len() >= 4 && long.starts_with(short.as_str())
}

/// A word as the maps have it.
fn normal(word: &str) -> String {
    word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A unit as the maps have it: of `USD/Hour` what stands behind the stroke.
fn unit(word: &str) -> String {
    normal(word.rsplit('/').next().unwrap_or(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_never_makes_a_contractor() {
        let told = |word: &str| {
            let finding =
                by_pieces((Code::Words, "x"), "contractor.categories", word, &ENGAGEMENTS, "");
            (finding.lines[0].value.clone(), finding.lines[0].sure)
        };
        assert_eq!(told("freelancer (1099)"), ("\"contractor\"".into(), Sure::ByName));
        assert_eq!(told("w2 contractor"), ("\"w2\"".into(), Sure::ByName));
        assert_eq!(told("1099 via vendor"), ("\"corp_to_corp\"".into(), Sure::ByName));
        assert_eq!(told("consultant"), ("\"...\"".into(), Sure::Open));
    }

    #[test]
    fn names_are_compared_without_case_blanks_and_marks() {
        assert!(is_same("Halvorsen Freight", "HALVORSEN-FREIGHT Inc."));
        assert!(!is_same("Halvorsen Freight", "Brightwater Studio") && !is_same("", "x"));
    }
}
