//! What was measured: medians, ratios to the yardstick, printed as a table and kept as JSON.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::load::Pace;

/// One line of the report.
pub struct Row {
    pub what: String,
    pub in_flight: usize,
    pub ours: f64,
    pub unit: &'static str,
    pub raw: Option<f64>,
    pub p50_us: Option<f64>,
    pub p99_us: Option<f64>,
    /// The `fdatasync` of the yardstick in the same rounds.
    pub sync_us: Option<(f64, f64)>,
    pub aim: &'static str,
}

impl Row {
    /// A row without a yardstick.
    pub fn figure(
        what: impl Into<String>,
        ours: f64,
        unit: &'static str,
        aim: &'static str,
    ) -> Self {
        let what = what.into();
        Self {
            what,
            in_flight: 1,
            ours,
            unit,
            raw: None,
            p50_us: None,
            p99_us: None,
            sync_us: None,
            aim,
        }
    }

    /// The medians of rounds, ours and the yardstick's of the same run.
    pub fn of_rounds(
        what: impl Into<String>,
        in_flight: usize,
        rounds: &[(Pace, Pace)],
        aim: &'static str,
    ) -> Self {
        let middle = |of: fn(&(Pace, Pace)) -> f64| median(rounds.iter().map(of).collect());
        Self {
            what: what.into(),
            in_flight,
            ours: middle(|(ours, _)| ours.per_second),
            unit: "/s",
            raw: Some(middle(|(_, raw)| raw.per_second)),
            p50_us: Some(middle(|(ours, _)| ours.p50_us)),
            p99_us: Some(middle(|(ours, _)| ours.p99_us)),
            sync_us: None,
            aim,
        }
    }

    /// The same with so many in flight.
    pub fn at(self, in_flight: usize) -> Self {
        Self { in_flight, ..self }
    }

    /// The same with what the yardstick waited for the disk, each time.
    pub fn with_syncs(self, syncs: &[Pace]) -> Self {
        let middle = |of: fn(&Pace) -> f64| median(syncs.iter().map(of).collect());
        Self { sync_us: Some((middle(|sync| sync.p50_us), middle(|sync| sync.p99_us))), ..self }
    }

    fn ratio(&self) -> Option<f64> {
        self.raw.map(|raw| self.ours / raw)
    }

    fn to_json(&self) -> Value {
        let rounded = |figure: Option<f64>| figure.map(|f| (f * 1000.0).round() / 1000.0);
        json!({
            "what": self.what, "in_flight": self.in_flight, "unit": self.unit,
            "ours": rounded(Some(self.ours)), "raw": rounded(self.raw), "ratio": rounded(self.ratio()),
            "p50_us": rounded(self.p50_us), "p99_us": rounded(self.p99_us), "aim": self.aim,
            "fdatasync_p50_us": rounded(self.sync_us.map(|(p50, _)| p50)),
            "fdatasync_p99_us": rounded(self.sync_us.map(|(_, p99)| p99)),
        })
    }
}

/// The middle one.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Says a line on standard output.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody is left to be told when standard output is closed.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Prints a row; the first call should be [`heading`].
pub fn show(row: &Row) {
    let small = |figure: Option<f64>| figure.map_or(String::new(), |f| format!("{f:.2}"));
    let whole = |figure: Option<f64>| figure.map_or(String::new(), |f| format!("{f:.0}"));
    say(&format!(
        "{:<36} {:>9} {:>12.1} {:<9} {:>9} {:>6} {:>8} {:>8} {:>8}  {}",
        row.what,
        row.in_flight,
        row.ours,
        row.unit,
        whole(row.raw),
        small(row.ratio()),
        whole(row.p50_us),
        whole(row.p99_us),
        whole(row.sync_us.map(|(p50, _)| p50)),
        row.aim
    ));
}

/// Prints the names of the columns.
pub fn heading() {
    say(&format!(
        "{:<36} {:>9} {:>12} {:<9} {:>9} {:>6} {:>8} {:>8} {:>8}  aim",
        "what", "in flight", "ours", "", "raw file", "ratio", "p50 us", "p99 us", "sync us"
    ));
}

/// Keeps the rows as JSON, with what the machine is but not whose.
pub fn keep(path: &Path, mode: &str, rounds: usize, began: &Load, rows: &[Row]) {
    let rows: Vec<Value> = rows.iter().map(Row::to_json).collect();
    let mut machine = machine();
    machine["load_at_the_beginning"] = json!(began.0);
    machine["load_at_the_end"] = json!(load().0);
    let report = json!({ "mode": mode, "rounds": rounds, "machine": machine, "rows": rows });
    let mut text = serde_json::to_string_pretty(&report).expect("JSON can be written");
    text.push('\n');
    std::fs::write(path, text).expect("the report can be written");
}

/// How many processes wanted to run, on average over the last minute, as the system says it.
pub struct Load(pub String);

/// The load now. Only Linux says.
pub fn load() -> Load {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Load(load.split(' ').next().unwrap_or_default().to_owned())
}

/// What the machine is.
pub fn machine() -> Value {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let line = |path: &str, starts: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(starts)).unwrap_or_default();
        line.split(':').nth(1).unwrap_or_default().trim().to_owned()
    };
    json!({
        "cpu": line("/proc/cpuinfo", "model name"),
        "cpus": cpus,
        "memory": line("/proc/meminfo", "MemTotal"),
        "system": std::env::consts::OS,
        "build": if cfg!(debug_assertions) { "debug" } else { "release" },
    })
}
