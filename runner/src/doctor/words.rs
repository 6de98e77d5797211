//! The tenant's words against its maps: employment categories, rate units, clients, job categories, start statuses. For a word that is not
//! mapped there is the line to add: by name where the insurer has something of that name, else to be filled in.

use std::collections::BTreeSet;

use integration_1099policy::setup::{Category, Entity};
use integration_jobdiva::probe::Vocabulary;
use integration_jobdiva::standing::Standing;
use serde::Serialize;
use workflow_core::domain::facts::CompanyId;
use workflow_core::domain::rules::Class;

use super::finding::{Code, Finding, Line, Severity, Sure};
use super::jobdiva::found;
use crate::config::Tenant;

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
/// Pieces of words for how a start stands; what is not sure to be work yet is told first.
const STATUSES: [(&str, &str); 10] = [
    ("offer", "offer"),
    ("complet", "ended"),
    ("ended", "ended"),
    ("terminat", "ended"),
    ("finish", "ended"),
    ("pending", "starting"),
    ("check", "starting"),
    ("onboard", "starting"),
    ("start", "starting"),
    ("work", "working"),
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

/// What is said of a word of one kind that is in no map.
struct Unmapped {
    code: Code,
    /// What stands before the word.
    kind: &'static str,
    todo: &'static str,
}

const CATEGORY: Unmapped = Unmapped {
    code: Code::CategoryUnmapped,
    kind: "employment category",
    todo: "say what it means: contractor, corp_to_corp, w2 or eor; such placements are held",
};
const UNIT: Unmapped = Unmapped {
    code: Code::UnitUnmapped,
    kind: "rate unit",
    todo: "say what it counts: hour, day, week, month, year or engagement; such placements are held",
};
const STATUS: Unmapped = Unmapped {
    code: Code::StatusUnmapped,
    kind: "start status",
    todo: "say what it means: offer, starting, working, ended or canceled; such placements are held",
};
const CLIENT: &str = "client";
const JOB_CATEGORY: &str = "job category";
const TIMESHEET_STATUS: &str = "timesheet status";

/// A word of a system's vocabulary that was seen, with what it is mapped to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// At which system: `jobdiva` or `1099policy`.
    pub system: &'static str,
    /// What it is a word for, such as `employment category`.
    pub kind: &'static str,
    /// As the maps have it; of a client its id.
    pub word: String,
    /// A client's name, where it was seen.
    pub called: Option<String>,
    /// What it is mapped to or read as; nothing for a word in no map.
    pub means: Option<String>,
    /// The line to add, for a word in no map.
    pub line: Option<Line>,
}

/// Every word of JobDiva's that was seen, with what it is mapped to or the line that maps it.
pub(super) fn mapped(
    tenant: &Tenant,
    seen: &Vocabulary,
    entities: &[Entity],
    categories: &[Category],
) -> Vec<Word> {
    let rules = &tenant.rules;
    let word = |kind, word: String, means: Option<String>, line: Option<Line>| {
        let line = line.filter(|_| means.is_none());
        Word { system: crate::systems::JOBDIVA, kind, word, called: None, means, line }
    };
    let mut words = Vec::new();
    let statuses: BTreeSet<String> = seen.statuses.iter().map(|word| normal(word)).collect();
    for it in statuses {
        let means = tenant.jobdiva.standings.of(&it).map(|standing| {
            let name = Standing::ALL.iter().find(|(_, known)| *known == standing);
            name.map(|(name, _)| (*name).to_owned()).unwrap_or_default()
        });
        let line = guessed("statuses", &it, &STATUSES);
        words.push(word(STATUS.kind, it, means, Some(line)));
    }
    let engaged: BTreeSet<String> = seen.categories.iter().map(|word| normal(word)).collect();
    for it in engaged {
        let means = rules.categories.get(&it).map(|class| engagement(*class).to_owned());
        let line = guessed("contractor.categories", &it, &ENGAGEMENTS);
        words.push(word(CATEGORY.kind, it, means, Some(line)));
    }
    let units: BTreeSet<String> = seen.units.iter().map(|word| unit(word)).collect();
    for it in units.into_iter().filter(|it| !it.is_empty()) {
        let means = rules.units.get(&it).map(|unit| unit.word().to_owned());
        let line = guessed("wage.units", &it, &UNITS);
        words.push(word(UNIT.kind, it, means, Some(line)));
    }
    for (id, name) in &seen.companies {
        let means = rules.entities.get(&CompanyId(id.clone())).map(|entity| entity.0.clone());
        let line = company(id, name.as_deref().unwrap_or("?"), entities);
        let own = word(CLIENT, id.clone(), means, Some(line));
        words.push(Word { called: name.clone(), ..own });
    }
    let jobs: BTreeSet<String> = seen.job_categories.iter().map(|word| normal(word)).collect();
    for it in jobs {
        let means = rules.job_categories.get(&it).map(|code| code.0.clone());
        let line = job_category(&it, categories);
        words.push(word(JOB_CATEGORY, it, means, Some(line)));
    }
    for it in &seen.timesheet_statuses {
        let means = integration_jobdiva::timesheet_status(it).map(str::to_owned);
        words.push(word(TIMESHEET_STATUS, it.clone(), means, None));
    }
    words
}

/// What is not mapped, and what is.
pub(super) fn examine(tenant: &Tenant, seen: &Vocabulary, words: &[Word]) -> Vec<Finding> {
    let rules = &tenant.rules;
    let by_title = !rules.title_categories.is_empty();
    let unmapped = words.iter().filter(|word| word.means.is_none());
    let mut findings: Vec<Finding> =
        unmapped.filter_map(|word| finding_of(word, by_title)).collect();
    if findings.is_empty() {
        let what = format!(
            "{} employment categories, {} rate units, {} clients, {} job categories seen, all mapped",
            seen.categories.len(),
            seen.units.len(),
            seen.companies.len(),
            seen.job_categories.len()
        );
        findings.push(found(Severity::Good, Code::Words, "the tenant's words", what));
    }
    let other = |word: &&String| !word.eq_ignore_ascii_case(&rules.currency);
    let currencies: Vec<&str> = seen.currencies.iter().filter(other).map(String::as_str).collect();
    if !currencies.is_empty() {
        let what =
            format!("{} seen; only {} can be insured", currencies.join(", "), rules.currency);
        findings.push(found(Severity::Note, Code::Currency, "currencies", what));
    }
    for (code, about, kind) in [
        (Code::Vocabulary, "employment categories", CATEGORY.kind),
        (Code::Vocabulary, "rate units", UNIT.kind),
        (Code::Vocabulary, "clients", CLIENT),
        (Code::Vocabulary, "job categories", JOB_CATEGORY),
        (Code::Statuses, "start statuses", STATUS.kind),
        (Code::TimesheetStatuses, "timesheet statuses", TIMESHEET_STATUS),
    ] {
        let told = shown(words, kind);
        if !told.is_empty() {
            findings.push(found(Severity::Note, code, about, told));
        }
    }
    let fields: Vec<&str> = seen.user_fields.iter().map(String::as_str).collect();
    if !fields.is_empty() {
        let about = "user-defined fields";
        findings.push(found(Severity::Note, Code::UserFields, about, fields.join(", ")));
    }
    findings
}

/// The words of one kind, each with what it is mapped to.
pub(super) fn shown(words: &[Word], kind: &str) -> String {
    let told = |word: &Word| {
        let means = word.means.as_deref().unwrap_or("in no map");
        match &word.called {
            Some(name) => format!("{} ({name}): {means}", word.word),
            None => format!("{}: {means}", word.word),
        }
    };
    let of_kind = words.iter().filter(|word| word.kind == kind);
    of_kind.map(told).collect::<Vec<_>>().join("; ")
}

/// What is said of a word in no map.
fn finding_of(word: &Word, by_title: bool) -> Option<Finding> {
    let line = word.line.clone()?;
    let table = format!("[tenant.{}]", line.table);
    let is = &word.word;
    let person = |code, what| found(Severity::Person, code, table.as_str(), what);
    for Unmapped { code, kind, todo } in [CATEGORY, UNIT, STATUS] {
        if word.kind == kind {
            let what = format!("{kind} `{is}` is in no map");
            return Some(person(code, what).todo(todo).line(line));
        }
    }
    if word.kind == CLIENT {
        let name = word.called.as_deref().unwrap_or("?");
        let what = format!("client {is} ({name}) has no entity: its placements are held");
        let finding = person(Code::CompanyUnmapped, what);
        let todo = "map it to the entity that stands for it at 1099Policy";
        return Some(finding.todo(todo).line(line));
    }
    Some(match by_title {
        true => {
            let what = format!("job category `{is}` has no code: its titles decide");
            found(Severity::Note, Code::JobCategoryUnmapped, table, what)
        }
        false => {
            let what = format!("job category `{is}` has no code: its placements are held");
            person(Code::JobCategoryUnmapped, what).todo("map it").line(line)
        }
    })
}

/// The line that maps a word to what its pieces speak of.
fn guessed(table: &str, word: &str, pieces: &[(&str, &str)]) -> Line {
    match pieces.iter().find(|(piece, _)| word.contains(piece)) {
        Some((_, meaning)) => Line::text(table, word, meaning, Sure::ByName),
        None => Line::text(table, word, "...", Sure::Open),
    }
}

fn company(id: &str, name: &str, entities: &[Entity]) -> Line {
    let mut same = entities.iter().filter(|entity| is_same(&entity.name, name));
    match (same.next(), same.next()) {
        (Some(entity), None) => Line::text("entities", id, entity.id.as_str(), Sure::ByName),
        _ => Line::text("entities", id, "en_...", Sure::Open),
    }
}

fn job_category(word: &str, categories: &[Category]) -> Line {
    let mut same = categories.iter().filter(|category| is_same(&category.name, word));
    match (same.next(), same.next()) {
        (Some(category), None) => {
            Line::text("job_categories", word, category.code.as_str(), Sure::ByName)
        }
        _ => Line::text("job_categories", word, "jc_...", Sure::Open),
    }
}

/// As the configuration has it.
fn engagement(class: Class) -> &'static str {
    match class {
        Class::Contractor => "contractor",
        Class::CorpToCorp => "corp_to_corp",
        Class::W2 => "w2",
        Class::Eor => "eor",
    }
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
            let line = guessed("contractor.categories", word, &ENGAGEMENTS);
            (line.value, line.sure)
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
