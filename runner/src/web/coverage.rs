//! Which days of work were covered and which were not: a strip of days for each placement, on the screen, on paper, and
//! as CSV.
//!
//! Which placements have gaps, and how many days, is `crate::audit`'s answer, the same as `runner audit gaps` gives; it is
//! found beside the page (`long.rs`). The strips of the placements in view are made from their own events by the same rules.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use workflow_core::domain::coverage_days::{self, Found};
use workflow_core::engine::Summary;
use workflow_core::id::StreamId;

use super::access::Person;
use super::long::{self, Standing};
use super::shell::{self, Page};
use super::strip::{self, Span};
use super::{Site, board, sieve};
use crate::admin::log::streamed;
use crate::audit::{self, Gap, Gaps, Question, USUAL_ZONE, csv};

/// So many placements on a page.
const LINES: usize = 40;
/// So many gaps on paper; the CSV has all.
const LINES_ON_PAPER: usize = 3_000;
/// So many days are looked at when nothing is said.
const DAYS: i64 = 90;

/// What the address says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    /// The first day.
    #[serde(skip_serializing_if = "String::is_empty")]
    from: String,
    /// The last day.
    #[serde(skip_serializing_if = "String::is_empty")]
    to: String,
    /// Only this tenant.
    #[serde(skip_serializing_if = "String::is_empty")]
    tenant: String,
    /// `all` for placements without gaps too.
    #[serde(skip_serializing_if = "String::is_empty")]
    show: String,
    /// The stream after which the page begins.
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

/// What is asked for, understood.
struct Asked {
    given: Given,
    span: Span,
}

impl Asked {
    fn of(site: &Site, given: Given) -> Result<Self, String> {
        let now = site.door.engine.clock().now();
        let zone = zone(site, site.door.tenants.first().map_or("", String::as_str));
        let today = coverage_days::day_of(now, &zone);
        let day = |text: &str, usual: Date| match text {
            "" => Ok(usual),
            text => text.parse().map_err(|_| format!("`{text}` is no day: write 2026-04-30")),
        };
        let last = day(&given.to, today)?;
        let usual = last.checked_sub((DAYS - 1).days()).unwrap_or(last);
        let first = day(&given.from, usual)?;
        if first > last {
            return Err(format!("{first} comes after {last}"));
        }
        Ok(Self { given, span: Span { first, last } })
    }

    fn question(&self) -> Question {
        let tenant = Some(self.given.tenant.clone()).filter(|tenant| !tenant.is_empty());
        let Span { first, last } = self.span;
        Question::Gaps { from: Some(first), to: Some(last), tenant, as_of: None, zone: None }
    }

    /// The same at another door, or after another placement.
    fn address(&self, path: &str, after: Option<&str>) -> String {
        let Span { first, last } = self.span;
        let after = after.unwrap_or_default().to_owned();
        let (from, to) = (first.to_string(), last.to_string());
        let given = Given { from, to, after, ..self.given.clone() };
        format!("{path}?{}", serde_urlencoded::to_string(given).unwrap_or_default())
    }
}

/// The zone in which a tenant's days begin and end.
pub(super) fn zone(site: &Site, tenant: &str) -> TimeZone {
    let known = site.door.zones.get(tenant).cloned();
    known.or_else(|| TimeZone::get(USUAL_ZONE).ok()).unwrap_or(TimeZone::UTC)
}

/// Of which placement a row is.
#[derive(Deserialize)]
struct Which<'a> {
    #[serde(borrow)]
    tenant: Cow<'a, str>,
    #[serde(borrow)]
    placement: Cow<'a, str>,
}

/// One placement's days, or why nobody knows them.
struct Days {
    stream: StreamId,
    found: Result<Found, String>,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(given): Query<Given>,
) -> Response {
    let asked = match Asked::of(&site, given) {
        Ok(asked) => asked,
        Err(why) => return shell::problem(StatusCode::BAD_REQUEST, &why),
    };
    let standing = site.long.ask(&site.door, asked.question()).await;
    let (days, next) = in_view(&site, &asked, &standing);
    let content = html! {
        (filters(&site, &asked))
        (long::told(&standing, site.door.engine.position(), &asked.address("/coverage", None)))
        (totals(&standing))
        (strip::stripes())
        (strip::legend())
        div data-live="days" {
            @if days.is_empty() {
                p data-test="no-gaps" { @if standing.found.is_some() { "No placement to show." } @else { "Nothing is known yet." } }
            } @else {
                (table(&days, asked.span))
            }
            @if let Some(after) = next {
                p { a rel="next" href=(asked.address("/coverage", Some(&after))) { "The next " (LINES) } }
            }
        }
        p.doors {
            a href=(asked.address("/coverage.csv", None)) download { "All gaps as CSV" } " "
            a href=(asked.address("/coverage/print", None)) { "All gaps on paper" }
        }
        p.hint { "A day counts as covered when all of it, from midnight to midnight, lay in coverage that was read as in force at the insurer." }
    };
    let page = Page { title: "Coverage", under: "/coverage", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

/// The placements on this page with their days, and after which of them the next page begins.
fn in_view(site: &Site, asked: &Asked, standing: &Standing) -> (Vec<Days>, Option<String>) {
    let engine = &site.door.engine;
    let after = StreamId::parse(&asked.given.after).ok();
    let streams: Vec<StreamId> = if asked.given.show == "all" {
        let tenant = &asked.given.tenant;
        let keep = |line: &Summary| tenant.is_empty() || line.stream.tenant() == tenant;
        let lines = engine.summaries_of("placement", keep, after.as_ref(), LINES);
        lines.into_iter().map(|line| line.stream).collect()
    } else {
        let rows = standing.found.iter().flat_map(|found| &found.rows);
        let name = |row: &str| {
            let Which { tenant, placement } = serde_json::from_str(row).ok()?;
            StreamId::new("placement", &tenant, &placement).ok()
        };
        let mut streams: Vec<StreamId> = rows.filter_map(|row| name(row)).collect();
        streams.dedup();
        let wanted =
            streams.into_iter().filter(|one| after.as_ref().is_none_or(|after| one > after));
        wanted.take(LINES).collect()
    };
    let next = (streams.len() == LINES).then(|| streams.last().map(ToString::to_string)).flatten();
    let days = |stream: StreamId| Days { found: found(site, asked.span, &stream), stream };
    (streams.into_iter().map(days).collect(), next)
}

fn found(site: &Site, span: Span, stream: &StreamId) -> Result<Found, String> {
    let events = site.door.engine.history(stream).map_err(|error| error.to_string())?;
    let zone = zone(site, stream.tenant());
    let ledger = audit::ledger(&events).map_err(|error| error.to_string())?;
    Ok(ledger.days(&coverage_days::Asked { zone: &zone, from: Some(span.first), to: span.last }))
}

fn filters(site: &Site, asked: &Asked) -> Markup {
    let tenants = &site.door.tenants;
    let Span { first, last } = asked.span;
    html! {
        form.filters method="get" action="/coverage" data-test="coverage-filters" {
            label for="from" { "From" }
            input id="from" name="from" type="date" value=(first);
            label for="to" { "To" }
            input id="to" name="to" type="date" value=(last);
            @if tenants.len() > 1 { (sieve::tenants(tenants, &asked.given.tenant)) }
            label for="show" { "Show" }
            select id="show" name="show" {
                option value="gaps" { "Placements with gaps" }
                option value="all" selected[asked.given.show == "all"] { "All placements" }
            }
            button { "Look" }
        }
    }
}

fn totals(standing: &Standing) -> Markup {
    let Some(found) = &standing.found else { return html! { div data-live="totals" {} } };
    let done = found
        .done
        .clone()
        .and_then(|done| serde_json::from_value::<Gaps>(done).map_err(|error| error.to_string()));
    html! {
        div data-live="totals" {
            @match done {
                Ok(all) => {
                    p.lead data-test="coverage-totals" {
                        @if all.gap_days == 0 { "Every day of work was covered: " (all.covered_days) " days" }
                        @else { strong { (all.gap_days) " of " (all.work_days) " days of work were not covered" } }
                        ", " (all.at_work) " placements at work"
                        @if all.gap_days > 0 { ", " (all.placements_with_gaps) " of them with such days" }
                        "."
                    }
                }
                Err(why) => { p.problem role="alert" { "The log gave no answer: " (why) } }
            }
        }
    }
}

fn table(days: &[Days], span: Span) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Days of work" {
            table.days {
                thead { tr { th scope="col" { "Placement" } th scope="col" { "Days " (span.first) " to " (span.last) (strip::months(span)) } } }
                tbody {
                    @for one in days {
                        tr data-test="days" data-placement={ (one.stream.tenant()) "/" (one.stream.key()) } {
                            th scope="row" { (board::link(&one.stream)) }
                            td {
                                @match &one.found {
                                    Ok(found) => {
                                        (strip::strip(found, span, one.stream.key()))
                                        p.words { (strip::words(found)) }
                                        @if !found.gaps.is_empty() { (evidence(&one.stream, found)) }
                                    }
                                    Err(why) => { p.problem data-test="unreadable" { "Its history cannot be read, so that nobody knows its days: " (why) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn evidence(stream: &StreamId, found: &Found) -> Markup {
    html! {
        details {
            summary { "How that is known" span.only-heard { " of " (stream.key()) } }
            ul {
                @for gap in &found.gaps {
                    @let gap = Gap::new(stream, gap);
                    li { (gap.first) " to " (gap.last) ": " (gap.evidence()) }
                }
            }
        }
    }
}

/// All gaps as RFC 4180 has it.
pub(super) async fn as_csv(State(site): State<Arc<Site>>, Query(given): Query<Given>) -> Response {
    let asked = match Asked::of(&site, given) {
        Ok(asked) => asked,
        Err(why) => return shell::problem(StatusCode::BAD_REQUEST, &why),
    };
    let Some(found) = site.long.whole(&site.door, asked.question()).await else {
        return shell::problem(StatusCode::SERVICE_UNAVAILABLE, "The process is stopping.");
    };
    if let Err(why) = &found.done {
        return shell::problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("The log gave no answer: {why}"),
        );
    }
    let Span { first, last } = asked.span;
    let name = format!("gaps-{first}-{last}-at-{}.csv", found.position.0);
    let mut answer = streamed(site.door.stopped.clone(), move |out| {
        write!(out, "{}\r\n", csv::line(csv::GAP_COLUMNS))?;
        for row in &found.rows {
            let gap: Gap = serde_json::from_str(row).map_err(std::io::Error::other)?;
            write!(out, "{}\r\n", csv::line(csv::gap(&gap)))?;
        }
        Ok(())
    });
    let headers = answer.headers_mut();
    headers
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(value) = format!("attachment; filename=\"{name}\"").parse() {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    answer
}

/// All gaps for a printer: no way through the site, black on white.
pub(super) async fn on_paper(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(given): Query<Given>,
) -> Response {
    let asked = match Asked::of(&site, given) {
        Ok(asked) => asked,
        Err(why) => return shell::problem(StatusCode::BAD_REQUEST, &why),
    };
    let standing = site.long.ask(&site.door, asked.question()).await;
    let rows = standing.found.iter().flat_map(|found| &found.rows);
    let gaps = rows.filter_map(|row| serde_json::from_str::<Gap>(row).ok());
    let mut by_tenant: BTreeMap<String, Vec<Gap>> = BTreeMap::new();
    for gap in gaps.take(LINES_ON_PAPER) {
        by_tenant.entry(gap.tenant.clone()).or_default().push(gap);
    }
    let all = standing.found.as_ref().map_or(0, |found| found.rows.len());
    let now = site.door.engine.clock().now();
    let content = html! {
        p.on-screen {
            a href=(asked.address("/coverage", None)) { "Back to the strips" } " "
            "Your browser prints this page, or keeps it as PDF."
        }
        p { (asked.span.first) " to " (asked.span.last) ". Made " (super::words::minute(now)) " UTC for " (person.name) ", from the log as it stood at position "
            (standing.found.as_ref().map_or(0, |found| found.position.0)) "." }
        (long::told(&standing, site.door.engine.position(), &asked.address("/coverage/print", None)))
        (totals(&standing))
        div data-live="gaps" {
            @for (tenant, gaps) in &by_tenant {
                section aria-label={ "Gaps of " (tenant) } {
                    h2 { (tenant) }
                    (listed(tenant, gaps))
                }
            }
            @if all > LINES_ON_PAPER { p { (all - LINES_ON_PAPER) " more are in the CSV." } }
        }
    };
    let page = Page { title: "Days without coverage", under: "/coverage", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

fn listed(tenant: &str, gaps: &[Gap]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label={ "Table of gaps of " (tenant) } {
            table.paper {
                thead { tr { th scope="col" { "Placement" } th scope="col" { "Not covered" } th scope="col" { "Days" } th scope="col" { "Evidence" } } }
                tbody {
                    @for gap in gaps {
                        tr { th scope="row" { (gap.placement) } td { (gap.first) " to " (gap.last) } td { (gap.days) } td { (gap.evidence()) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_history_that_cannot_be_read_has_a_row_that_says_so() {
        let stream = StreamId::parse("placement/acme/51000777").expect("a stream's name");
        let days = [Days { stream, found: Err("damaged at position 7".to_owned()) }];
        let span = Span { first: date(2026, 3, 1), last: date(2026, 3, 10) };
        let shown = table(&days, span).into_string();
        assert!(shown.contains("/placements/acme/51000777"), "{shown}");
        assert!(shown.contains("damaged at position 7") && !shown.contains("role=\"img\""));
    }
}
