//! `runner audit gaps`: days of work without coverage in force.

use clap::Args;
use jiff::civil::Date;
use serde_json::json;
use workflow_core::time::Timestamp;

use super::{Answer, Keys, Log, moment};
use crate::audit::{self, Gap, Question, Side};
use crate::cli::{Outcome, say, say_json, table};

/// Show the days of work without coverage in force, with the evidence on both sides.
///
/// A day counts when the placement's dates, as known on that day or as known now, have it; days on which it was known to be
/// called off, over or no contractor's work do not. It is covered when it lies wholly in a policy or assignment that was
/// read as in force at 1099Policy. --as-of answers by what was known at a moment. docs/audit.md says all of it.
///
/// Example: runner audit gaps --from 2026-04-01 --to 2026-06-30 --csv
#[derive(Debug, Args)]
pub(super) struct Gaps {
    /// The first day looked at.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day looked at; today by default.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Only this tenant.
    #[arg(long)]
    tenant: Option<String>,
    /// By what was known at this moment, RFC 3339 or a day (its end, UTC).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    as_of: Option<Timestamp>,
    /// The zone in which days begin and end, for tenants that no configuration here tells of.
    #[arg(long, value_name = "ZONE", default_value = audit::USUAL_ZONE)]
    zone: String,
    #[command(flatten)]
    log: Log,
    /// Print CSV.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const COLUMNS: [&str; 14] = [
    "tenant",
    "placement",
    "first",
    "last",
    "days",
    "by",
    "held",
    "known_position",
    "before",
    "before_until",
    "before_position",
    "after",
    "after_from",
    "after_position",
];

impl Gaps {
    pub(super) async fn run(self) -> Outcome {
        let question = Question::Gaps {
            from: self.from,
            to: self.to,
            tenant: self.tenant.clone(),
            as_of: self.as_of.map(|at| at.0),
            zone: Some(self.zone.clone()),
        };
        let Answer { rows, done }: Answer<Gap, audit::Gaps> =
            self.log.ask(&question, Keys::Aside).await?;
        if self.json {
            return say_json(&json!({ "version": done.version, "gaps": rows, "total": done }));
        }
        if self.csv {
            say(&COLUMNS.join(","))?;
            return rows.iter().try_for_each(|gap| say(&csv(gap)));
        }
        if !rows.is_empty() {
            say(&table(&rows))?;
        }
        let audit::Gaps { placements, at_work, work_days, covered_days, gap_days, .. } = &done;
        say(&format!(
            "{gap_days} of {work_days} days of work without coverage in force, {covered_days} with; {} of {at_work} \
             placements at work have such days ({placements} looked at), as known at {}",
            done.placements_with_gaps, done.as_of
        ))?;
        if let Some(zone) = &done.assumed_zone {
            say(&format!("days begin and end in {zone}, where no configuration says otherwise"))?;
        }
        Ok(())
    }
}

fn table(gaps: &[Gap]) -> String {
    let mut table = table::headed(["tenant", "placement", "without coverage", "days", "evidence"]);
    for gap in gaps {
        let days = match gap.first == gap.last {
            true => gap.first.to_string(),
            false => format!("{} to {}", gap.first, gap.last),
        };
        let count = gap.days.to_string();
        table.add_row([&gap.tenant, &gap.placement, &days, &count, &evidence(gap)]);
    }
    table::text(&table)
}

/// Why these are days of work, and what lies on both sides, with the events' positions in the log.
fn evidence(gap: &Gap) -> String {
    let mut words = vec![match &gap.before {
        None => "no coverage before".to_owned(),
        Some(side) => ended(side),
    }];
    words.push(match &gap.after {
        None => "none after".to_owned(),
        Some(side) => {
            format!("then {} from {} (event {})", side.evidence, side.from, side.position)
        }
    });
    let held = match gap.held.is_empty() {
        true => String::new(),
        false => format!(", held: {}", gap.held.join(", ")),
    };
    words.push(format!("dates {} (event {}){held}", gap.by, gap.known_position));
    words.join("; ")
}

fn ended(side: &Side) -> String {
    match (&side.lost, side.lost_position, &side.lost_at) {
        (Some(lost), Some(position), Some(at)) => {
            format!("{}: {lost}, recorded at {at} (event {position})", side.evidence)
        }
        _ => format!("{} until {} (event {})", side.evidence, side.until, side.position),
    }
}

fn csv(gap: &Gap) -> String {
    let side =
        |side: &Option<Side>, of: fn(&Side) -> String| side.as_ref().map(of).unwrap_or_default();
    let position = |side: &Side| side.lost_position.unwrap_or(side.position).to_string();
    let cells = [
        gap.tenant.clone(),
        gap.placement.clone(),
        gap.first.to_string(),
        gap.last.to_string(),
        gap.days.to_string(),
        gap.by.clone(),
        gap.held.join(" "),
        gap.known_position.to_string(),
        side(&gap.before, |side| side.evidence.clone()),
        side(&gap.before, |side| side.until.clone()),
        side(&gap.before, position),
        side(&gap.after, |side| side.evidence.clone()),
        side(&gap.after, |side| side.from.clone()),
        side(&gap.after, |side| side.position.to_string()),
    ];
    cells.map(|cell| quoted(&cell)).join(",")
}

/// RFC 4180: quoted where it must be.
pub(super) fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}
