//! Days as a strip: one bar of a placement's days of work, what of them was covered and what was not.
//!
//! A gap is told from cover by its shape and its stripes, not by its colour alone, and each strip says in words what
//! it shows. Drawn as runs of days, so that ten years cost no more than a week.

use jiff::civil::Date;
use maud::{Markup, html};
use workflow_core::domain::coverage_days::{Found, Range};

/// The width of a strip in its own units.
const WIDTH: f64 = 1000.0;
/// Where the bar begins, and how high it is.
const TOP: f64 = 6.0;
const HIGH: f64 = 16.0;
/// With more months than this, only each third one is named.
const MONTHS_NAMED: usize = 14;

/// The days that are looked at.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub first: Date,
    pub last: Date,
}

impl Span {
    fn days(self) -> f64 {
        f64::from((self.last - self.first).get_days()) + 1.0
    }

    /// Where a day begins.
    fn at(self, day: Date) -> f64 {
        f64::from((day - self.first).get_days()) / self.days() * WIDTH
    }

    /// The bar of a run of days; `None` where none of it is looked at.
    fn bar(self, run: Range) -> Option<(f64, f64)> {
        let (first, last) = (run.first.max(self.first), run.last.min(self.last));
        if first > last {
            return None;
        }
        let wide = (f64::from((last - first).get_days()) + 1.0) / self.days() * WIDTH;
        Some((self.at(first), wide.max(2.0)))
    }

    /// The first days of the months in it, with what each is called.
    fn months(self) -> Vec<(Date, String)> {
        let mut months = Vec::new();
        let mut month = self.first.first_of_month();
        while month <= self.last && months.len() < 600 {
            if month >= self.first {
                months.push((month, month.strftime("%b %Y").to_string()));
            }
            let Ok(next) = month.last_of_month().tomorrow() else { break };
            month = next;
        }
        months
    }
}

/// The stripes by which gaps are told; once in a page that has strips.
pub(super) fn stripes() -> Markup {
    html! {
        svg.hidden width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern #stripes width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.ground width="6" height="6" {}
                    rect.stripe width="3" height="6" {}
                }
            }
        }
    }
}

/// The months over a column of strips.
pub(super) fn months(span: Span) -> Markup {
    let months = span.months();
    let step = if months.len() > MONTHS_NAMED { 3 } else { 1 };
    html! {
        svg.strip viewBox="0 0 1000 20" aria-hidden="true" focusable="false" {
            @for (month, name) in months.iter().step_by(step) {
                @let x = span.at(*month);
                line.tick x1=(x) x2=(x) y1="0" y2="20" {}
                @if x < WIDTH - 60.0 { text x=(x + 4.0) y="14" { (name) } }
            }
        }
    }
}

/// The strip of one placement.
pub(super) fn strip(found: &Found, span: Span, of: &str) -> Markup {
    let gaps: Vec<Range> = found.gaps.iter().map(|gap| gap.days).collect();
    html! {
        svg.strip viewBox="0 0 1000 28" role="img" aria-label={ (of) ": " (words(found)) } {
            line.ground x1="0" x2="1000" y1="14" y2="14" {}
            @for (month, _) in span.months() {
                @let x = span.at(month);
                line.tick x1=(x) x2=(x) y1="0" y2="28" {}
            }
            @for (x, wide) in found.work.iter().filter_map(|run| span.bar(*run)) {
                rect.covered x=(x) y=(TOP) width=(wide) height=(HIGH) {}
            }
            @for (x, wide) in gaps.iter().filter_map(|run| span.bar(*run)) {
                rect.gap x=(x) y="0" width=(wide) height="28" fill="url(#stripes)" {}
            }
        }
    }
}

/// What a strip shows, in words.
pub(super) fn words(found: &Found) -> String {
    if found.work_days == 0 {
        return "no days of work".to_owned();
    }
    let gap_days = found.work_days - found.covered_days;
    if gap_days == 0 {
        return format!("all {} days of work covered", found.work_days);
    }
    let runs: Vec<String> = found.gaps.iter().map(|gap| gap.days.to_string()).collect();
    format!("{gap_days} of {} days of work not covered: {}", found.work_days, runs.join(", "))
}

/// What the marks mean.
pub(super) fn legend() -> Markup {
    html! {
        ul.legend aria-label="What the strips show" {
            li { svg.mark viewBox="0 0 40 28" aria-hidden="true" { rect.covered x="0" y="6" width="40" height="16" {} } " work, covered" }
            li { svg.mark viewBox="0 0 40 28" aria-hidden="true" { rect.gap x="0" y="0" width="40" height="28" fill="url(#stripes)" {} } " work, not covered" }
            li { svg.mark viewBox="0 0 40 28" aria-hidden="true" { line.ground x1="0" x2="40" y1="14" y2="14" {} } " no work" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_run_of_days_lies_where_its_days_are() {
        let span = Span { first: day("2026-03-01"), last: day("2026-03-10") };
        let run = |first, last| Range::new(day(first), day(last)).expect("a run");
        assert_eq!(span.bar(run("2026-03-01", "2026-03-10")), Some((0.0, 1000.0)));
        assert_eq!(span.bar(run("2026-03-03", "2026-03-04")), Some((200.0, 200.0)));
        assert_eq!(span.bar(run("2026-02-01", "2026-03-01")), Some((0.0, 100.0)));
        assert_eq!(span.bar(run("2026-03-11", "2026-03-12")), None);
    }

    #[test]
    fn a_strip_says_in_words_what_it_shows() {
        assert_eq!(words(&Found::default()), "no days of work");
        let covered = Found { work_days: 3, covered_days: 3, ..Found::default() };
        assert_eq!(words(&covered), "all 3 days of work covered");
    }
}
