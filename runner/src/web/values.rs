//! What JobDiva said of a placement beside what was made of it and what 1099Policy was sent.
//!
//! What was sent is read out of the exchanges that stand in the same records as the placement's own events; of their sealed
//! bodies only the fields in [`SHOWN`] leave this file: ids, days, amounts and words about the job, nothing about a person.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;
use workflow_core::domain::coverage_days::day_of;
use workflow_core::domain::facts::{Date, Engaged, Pay, Place};
use workflow_core::domain::placement::{Event, Machine};
use workflow_core::domain::terms::{Brief, Terms, Wording};
use workflow_core::engine::decode;
use workflow_core::exchange::{Kept, Opened, WORKFLOW};
use workflow_core::id::StreamId;
use workflow_core::record::Recorded;
use workflow_core::record::frame::Frame;
use workflow_core::time::Timestamp;

use super::{Site, coverage};

/// The fields of what was sent that may be shown to everybody who may look.
const SHOWN: [&str; 15] = [
    "category",
    "category_code",
    "country",
    "coverage_type",
    "effective_date",
    "end_date",
    "entity",
    "jobdiva_candidate_id",
    "jobdiva_job_id",
    "jobdiva_placement_id",
    "name",
    "region",
    "state",
    "wage",
    "wage_type",
];
/// A longer text is cut.
const CHARS_MAX: usize = 120;
/// So many records are looked through, the newest of them.
const RECORDS: usize = 60;

/// What was sent last, by field.
type Sent = BTreeMap<String, String>;

/// The three beside each other, after these events; nothing before there are any.
pub(super) fn table(site: &Site, stream: &StreamId, events: &[Recorded]) -> Markup {
    let known = known(events);
    let sent = sent(site, stream, events);
    let rows = rows(&known, &sent);
    html! {
        div.wide tabindex="0" role="region" aria-label="Values" {
            table data-test="values" {
                thead { tr { th scope="col" { "Value" } th scope="col" { "As JobDiva had it" } th scope="col" { "By the rules" } th scope="col" { "As 1099Policy was sent it" } } }
                tbody {
                    @for (name, source, mapped, sent) in &rows {
                        tr { th scope="row" { (name) } td { (cell(source)) } td { (cell(mapped)) } td { (cell(sent)) } }
                    }
                }
            }
        }
        p.hint { "JobDiva's own words are those from which the rules last made something; another way of writing the same does not count." }
    }
}

fn cell(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("-")
}

/// What was read last and what was made of it last.
#[derive(Default)]
struct Known {
    brief: Option<Brief>,
    terms: Option<Terms>,
    wording: Option<Wording>,
}

fn known(events: &[Recorded]) -> Known {
    let mut known = Known::default();
    for recorded in events {
        let Ok(event) = decode::<Machine>(&recorded.event) else { continue };
        if let Event::PlacementFound { brief: read, .. }
        | Event::TermsHeld { brief: read, .. }
        | Event::TermsReady { brief: read, .. }
        | Event::PlacementExcluded { brief: read, .. }
        | Event::PlacementReopened { brief: read, .. }
        | Event::Restarted { brief: read, .. } = &event
        {
            known.wording = read.wording.clone().or(known.wording);
            known.brief = Some(read.clone());
        }
        if let Event::TermsReady { terms: made, .. }
        | Event::ContractorLinked { terms: made, .. }
        | Event::TermsChanged { terms: made }
        | Event::CoverageExtended { terms: made } = event
        {
            known.wording = made.made_of.0.clone().or(known.wording);
            known.terms = Some(made);
        }
    }
    known
}

type Row = (&'static str, Option<String>, Option<String>, Option<String>);

fn rows(known: &Known, sent: &Sent) -> Vec<Row> {
    let brief = known.brief.as_ref();
    let read = |of: fn(&Brief) -> Option<String>| brief.and_then(of);
    let said = |of: fn(&Wording) -> Option<String>| known.wording.as_ref().and_then(of);
    let made = |of: fn(&Terms) -> Option<String>| known.terms.as_ref().and_then(of);
    let told = |names: &[&str]| told(sent, names);
    // A log that was written before the words were kept has the days and the title in the brief alone.
    let day = |said: Option<String>, read: Option<String>| {
        if known.wording.is_some() { said } else { read }
    };
    vec![
        (
            "Work begins",
            day(said(|w| w.start.map(text)), read(|b| b.start.map(text))),
            made(|t| Some(t.window.first_day.to_string())),
            told(&["effective_date"]),
        ),
        (
            "Work ends",
            day(said(|w| w.end.map(text)), read(|b| b.end.map(text))),
            made(|t| Some(t.window.last_day.to_string())),
            told(&["end_date"]),
        ),
        (
            "Role",
            day(said(|w| w.title.clone()), read(|b| b.title.clone())),
            made(|t| Some(t.job.name.clone())),
            told(&["name"]),
        ),
        (
            "Client",
            made(|t| t.company.clone()).or(read(|b| b.company.clone())),
            made(|t| Some(t.job.entity.to_string())),
            told(&["entity"]),
        ),
        ("Engaged as", said(|w| engaged(&w.engaged)), made(|t| Some(scope(t))), None),
        (
            "Pay",
            said(|w| w.pay.as_ref().map(pay)),
            made(|t| Some(t.job.wage.to_string())),
            told(&["wage", "wage_type"]),
        ),
        (
            "Category",
            said(|w| w.category.clone()),
            made(|t| Some(t.job.category.to_string())),
            told(&["category_code", "category"]),
        ),
        ("Place", said(place), made(|t| Some(region(t))), told(&["region", "state", "country"])),
        (
            "Coverage",
            None,
            made(|t| serde_json::to_value(&t.coverage).ok().map(|value| listed(&value))),
            told(&["coverage_type"]),
        ),
        (
            "Requisition",
            read(|b| Some(b.requisition.to_string())),
            made(|t| Some(t.references.requisition.to_string())),
            told(&["jobdiva_job_id"]),
        ),
        (
            "Candidate",
            read(|b| Some(b.candidate.to_string())),
            made(|t| Some(t.references.candidate.to_string())),
            told(&["jobdiva_candidate_id"]),
        ),
    ]
}

/// The newest of these that was sent.
fn told(sent: &Sent, names: &[&str]) -> Option<String> {
    let values: Vec<&str> =
        names.iter().filter_map(|name| sent.get(*name).map(String::as_str)).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn text(day: Date) -> String {
    day.to_string()
}

/// The evidence for the scope rule.
fn engaged(said: &Engaged) -> Option<String> {
    let flag = |is: Option<bool>, name: &str| {
        is.map(|is| format!("{name}: {}", if is { "yes" } else { "no" }))
    };
    let word = |word: &Option<String>, name: &str| {
        word.as_ref().filter(|word| !word.trim().is_empty()).map(|word| format!("{name}: {word}"))
    };
    let parts = [
        word(&said.position, "position"),
        word(&said.category, "pay record"),
        word(&said.tenant_field, "own field"),
        flag(said.corp_to_corp, "corp-to-corp"),
        flag(said.w2, "W-2"),
    ];
    joined(parts, "; ")
}

fn scope(terms: &Terms) -> String {
    let by_hand = terms.by_hand.included.is_some();
    if by_hand { "taken into scope by a person" } else { "in scope" }.to_owned()
}

/// The figure with its unit as it is written there, and where it was found.
fn pay(said: &Pay) -> String {
    let currency = said.currency.as_deref().unwrap_or("no currency said");
    format!("{} per \u{201c}{}\u{201d}, {currency} ({})", said.amount, said.unit, said.source)
}

fn place(said: &Wording) -> Option<String> {
    let named = |place: &Place, of: &str| {
        let words = [place.state.clone(), place.country.clone()];
        let words = joined(words, ", ");
        let remote = place.remote.then(|| "remote".to_owned());
        joined([remote, words], ", ").map(|words| format!("{of}: {words}"))
    };
    let places = [named(&said.worksite, "work"), named(&said.requisition_place, "requisition")];
    joined(places, "; ")
}

fn region(terms: &Terms) -> String {
    terms
        .job
        .region
        .as_ref()
        .map_or("remote".to_owned(), |region| format!("{}, {}", region.state, region.country))
}

fn joined<const N: usize>(parts: [Option<String>; N], between: &str) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

/// What was sent for this placement and answered well, field by field, the newest of each.
fn sent(site: &Site, stream: &StreamId, events: &[Recorded]) -> Sent {
    let zone = coverage::zone(site, stream.tenant());
    let own = format!("{}/{}/{}/", stream.tenant(), stream.workflow(), stream.key());
    let (mut sent, mut seen) = (Sent::new(), None);
    let newest = events.len().saturating_sub(RECORDS);
    for position in events.iter().skip(newest).map(|event| event.position) {
        if seen.is_some_and(|until| position < until) {
            continue;
        }
        let looked = site.door.engine.store().scan_records(position, &mut |_, bytes| {
            let Ok(frame) = Frame::decode(bytes) else { return ControlFlow::Break(()) };
            seen =
                frame.events.last().map(|event| workflow_core::id::Position(event.position.0 + 1));
            let exchanges = frame.events.iter().filter(|event| {
                event.stream.split('/').next() == Some(WORKFLOW) && event.key.starts_with(&own)
            });
            for recorded in exchanges.filter_map(|event| event.to_recorded().ok()) {
                take(site, &recorded, &zone, &mut sent);
            }
            ControlFlow::Break(())
        });
        if looked.is_err() {
            break;
        }
    }
    sent
}

fn take(site: &Site, recorded: &Recorded, zone: &TimeZone, sent: &mut Sent) {
    let Ok(kept) = Kept::read(recorded) else { return };
    let Some(vault) = site.door.engine.vault() else { return };
    if !matches!(kept.came(), Ok(200..=299)) {
        return;
    }
    let Ok(Opened::Open(contents)) = kept.open(vault) else { return };
    if let Ok(body) = serde_json::from_slice::<Value>(contents.body.kept()) {
        leaves("", &body, zone, sent);
    }
}

fn leaves(name: &str, value: &Value, zone: &TimeZone, sent: &mut Sent) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                leaves(name, value, zone, sent);
            }
        }
        Value::Null => {}
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            if SHOWN.contains(&name) {
                let day = value.as_i64().filter(|_| name.ends_with("_date"));
                let text = match day {
                    Some(secs) => {
                        let day = day_of(Timestamp::from_secs(secs), zone);
                        format!("{secs}, the beginning of {day}")
                    }
                    None => listed(value),
                };
                sent.insert(name.to_owned(), text.chars().take(CHARS_MAX).collect());
            }
        }
    }
}

/// A value as a person reads it: texts without quotes, lists with commas.
fn listed(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(listed).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_body_only_what_is_about_the_job_is_shown() {
        let body = json!({"name": "Nurse", "email": "kim@x.test", "contact": {"first_name": "Kim"},
            "effective_date": 1_775_448_000, "metadata": {"jobdiva_job_id": "J-1", "note": "Kim"}});
        let mut sent = Sent::new();
        let zone = TimeZone::get("America/New_York").expect("a zone");
        leaves("", &body, &zone, &mut sent);
        let told: Vec<(&str, &str)> =
            sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            told,
            [
                ("effective_date", "1775448000, the beginning of 2026-04-06"),
                ("jobdiva_job_id", "J-1"),
                ("name", "Nurse")
            ]
        );
    }
}
