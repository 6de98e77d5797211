//! What needs a person: grouped by what happened, each with what can be done about it, alone or all at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use workflow_core::domain::coverage_days::day_of;
use workflow_core::id::StreamId;
use workflow_core::time::Timestamp;

use super::access::{Person, Role};
use super::act::Offer;
use super::book::{Known, Line};
use super::shell::{self, Page};
use super::sieve::{self, Sieve};
use super::{Site, act, batch, board, coverage, inbox, paper, placement, words};

/// So many lines of one cause; the rest comes up when these are settled, or with the cause alone.
const LINES: usize = 20;
/// So many lines where one cause is looked at alone.
const LINES_ALONE: usize = 100;
/// So many causes on a page; the address of a cause shows the others.
const CAUSES: usize = 12;
/// Work that begins within so many days is at risk.
const RISK_DAYS: i32 = 5;

/// What happened to all of them alike.
struct Cause<'a> {
    words: &'a str,
    count: usize,
    at_risk: usize,
    lines: Vec<(&'a StreamId, &'a Line)>,
}

impl Cause<'_> {
    fn of(&self) -> &'static str {
        match self.lines.first().map(|(stream, _)| stream.workflow()) {
            Some("contractor") => "contractor",
            Some("certificate") => "certificate",
            Some("invoice") => "pay period",
            Some(_) | None => "placement",
        }
    }
}

/// By which lines are put in order.
type Urgency = (bool, Date, i64);

/// The present day of each tenant.
pub(super) struct Today(BTreeMap<String, Date>, Date);

impl Today {
    pub(super) fn of(site: &Site) -> Self {
        let now = site.door.engine.clock().now();
        let day = |tenant: &str| day_of(now, &coverage::zone(site, tenant));
        let days = site.door.tenants.iter().map(|tenant| (tenant.clone(), day(tenant)));
        Self(days.collect(), day(""))
    }

    pub(super) fn at(&self, tenant: &str) -> Date {
        self.0.get(tenant).copied().unwrap_or(self.1)
    }
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(asked): Query<Sieve>,
) -> Response {
    let (now, today) = (site.door.engine.clock().now(), Today::of(&site));
    let known = site.book.look();
    let causes = causes(&known, &asked, &today);
    let all: usize = causes.iter().map(|cause| cause.count).sum();
    let at_risk: usize = causes.iter().map(|cause| cause.at_risk).sum();
    let aside = inbox::put_aside(&site, &asked.tenant);
    let content = html! {
        (board::still_reading(&known))
        (filters(&site, &asked))
        div data-live="review" {
            @if aside > 0 {
                p.lead data-test="aside" {
                    a href=(inbox::address_of_aside(&asked.tenant)) { (aside) " put aside in the inbox" }
                    ": what came in and was not understood, or what no endpoint took."
                }
            }
            @if causes.is_empty() {
                p.lead data-test="nothing" { @if aside > 0 { "Nothing else needs a person." } @else { "Nothing needs a person." } }
            } @else {
                p.lead data-test="needs" { (all) " need a person" @if at_risk > 0 { "; of " strong { (at_risk) } " the first day of work is at risk" } "." }
            }
            @for (index, cause) in causes.iter().take(CAUSES).enumerate() {
                section aria-labelledby={ "cause-" (index) } data-test="cause" data-cause=(cause.words) {
                    h2 id={ "cause-" (index) } { (words::begun(cause.words)) " " span.count { (words::count(cause.count, cause.of())) } }
                    (group(&site, &person, &asked, (index, cause), (now, &today)))
                }
            }
            @if causes.len() > CAUSES {
                h2 { "Other causes" }
                ul { @for cause in causes.iter().skip(CAUSES) { li { (alone(&asked, cause, cause.words)) ": " (cause.count) } } }
            }
        }
    };
    drop(known);
    let page = Page { title: "Review", under: "/review", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

/// When the work begins for which there is no cover yet.
fn uncovered(line: &Line) -> Option<Date> {
    line.first.filter(|_| line.is_before_cover())
}

fn is_at_risk(line: &Line, today: Date) -> bool {
    uncovered(line).is_some_and(|first| (first - today).get_days() <= RISK_DAYS)
}

fn urgency(line: &Line, by_start: bool) -> Urgency {
    match uncovered(line).filter(|_| by_start) {
        Some(first) => (false, first, line.updated_at.0),
        None => (by_start, Date::MAX, line.updated_at.0),
    }
}

fn causes<'a>(known: &'a Known, asked: &Sieve, today: &Today) -> Vec<Cause<'a>> {
    let (fits, by_start) = (asked.test(), asked.sort != "age");
    let mut causes: BTreeMap<&str, Cause<'a>> = BTreeMap::new();
    for (stream, line) in &known.lines {
        let Some(words) = line.cause.as_deref().filter(|_| fits(stream, line)) else { continue };
        let cause = causes.entry(words).or_insert_with(|| Cause {
            words,
            count: 0,
            at_risk: 0,
            lines: Vec::new(),
        });
        cause.count += 1;
        cause.at_risk += usize::from(is_at_risk(line, today.at(stream.tenant())));
        cause.lines.push((stream, line));
    }
    let some = if asked.cause.is_empty() { LINES } else { LINES_ALONE };
    let mut causes: Vec<Cause<'a>> = causes.into_values().collect();
    for cause in &mut causes {
        if cause.lines.len() > some {
            cause.lines.select_nth_unstable_by_key(some, |(_, line)| urgency(line, by_start));
            cause.lines.truncate(some);
        }
        cause.lines.sort_by_key(|(_, line)| urgency(line, by_start));
    }
    causes.sort_by_key(|cause| cause.lines.first().map(|(_, line)| urgency(line, by_start)));
    causes
}

fn filters(site: &Site, asked: &Sieve) -> Markup {
    let tenants = &site.door.tenants;
    html! {
        form.filters method="get" action="/review" role="search" data-test="review-filters" {
            label for="q" { "Id, client or words" }
            input id="q" name="q" type="search" value=(asked.q);
            @if tenants.len() > 1 { (sieve::tenants(tenants, &asked.tenant)) }
            @if !asked.cause.is_empty() { input type="hidden" name="cause" value=(asked.cause); }
            label for="sort" { "First" }
            select id="sort" name="sort" {
                option value="start" { "Work that begins first" }
                option value="age" selected[asked.sort == "age"] { "What waits longest" }
            }
            button { "Show" }
            @if !asked.cause.is_empty() { a href="/review" { "All causes" } }
        }
    }
}

fn alone(asked: &Sieve, cause: &Cause<'_>, words: &str) -> Markup {
    let address = Sieve { cause: cause.words.to_owned(), ..asked.clone() }.address("/review");
    html! { a href=(address) { (words) } }
}

fn group(
    site: &Site,
    person: &Person,
    asked: &Sieve,
    (index, cause): (usize, &Cause<'_>),
    (now, today): (Timestamp, &Today),
) -> Markup {
    let ticked = format!("ticked-{index}");
    let may = person.role >= Role::Operator;
    let many = may && cause.lines.len() > 1;
    let back = asked.address("/review");
    // What fits the first of one cause fits the others, as a rule; where not, the order is refused for that one.
    let first = cause.lines.first().filter(|_| may);
    let offers: Vec<Offer> =
        first.into_iter().flat_map(|(stream, _)| act::offers(site, stream)).collect();
    html! {
            div.wide tabindex="0" role="region" aria-label=(cause.words) {
                table {
                    thead {
                        tr {
                            @if many { th scope="col" { "Choose" } }
                            th scope="col" { "Which" } th scope="col" { "State" } th scope="col" { "What" }
                            th scope="col" { "Work begins" } th scope="col" { "For" }
                            @if may { th scope="col" { "What a person may do" } }
                        }
                    }
                    tbody {
                        @for (stream, line) in &cause.lines {
                            @let name = act::name(stream);
                            tr {
                                @if many {
                                    td { input type="checkbox" form=(ticked) name="about" value=(name) aria-label={ "Choose " (name) }; }
                                }
                                th scope="row" { (paper::link(stream)) }
                                td { (board::state(line.state)) }
                                td { (line.headline) }
                                td { (begins(line, today.at(stream.tenant()))) }
                                td title=(words::minute(line.updated_at)) { (words::ago(line.updated_at, now)) }
                                @if may { td { (missing(site, stream, line)) (act::line(site, person, stream, &back)) } }
                            }
                        }
                    }
                }
            }
            @if cause.count > cause.lines.len() {
                p { "And " (cause.count - cause.lines.len()) " more. " @if asked.cause.is_empty() { (alone(asked, cause, "This cause alone")) } }
            }
            @if many {
                form.orders id=(ticked) method="post" action="/act" {
                    p.hint { "For those that are ticked:" }
                    (act::fields(site, person, &offers, &back))
                }
            }
        @if may && cause.count > 1 { (batch::form(site, person, &Sieve { cause: cause.words.to_owned(), ..asked.clone() }, cause.count, &offers)) }
    }
}

/// The way to where what is missing can be set: that leads further than taking it out of scope.
fn missing(site: &Site, stream: &StreamId, line: &Line) -> Markup {
    let is_held = line.headline.starts_with("held: ");
    html! {
        @if is_held && act::can_set(site, stream) {
            p { a href={ (placement::address(stream)) "#orders" } { "Set what is missing" span.only-heard { " of " (stream.key()) } } }
        }
    }
}

fn begins(line: &Line, today: Date) -> Markup {
    html! {
        @match line.first {
            None => "-",
            Some(first) => {
                (first) " "
                @if is_at_risk(line, today) { strong.risk { "at risk: " (words::days_until(first, today)) } }
                @else { span.hint { (words::days_until(first, today)) } }
            }
        }
    }
}
