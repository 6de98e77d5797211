//! What was measured: medians of the rounds, and the ratios between them, printed and kept as JSON.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::load::Pace;
use super::report::{Load, load, machine, median, say};
use super::{Failed, Plan};

/// By row, what each round gave.
#[derive(Default)]
pub struct Figures {
    /// In the order in which they were measured.
    rows: Vec<(String, Vec<Pace>)>,
    notes: BTreeMap<&'static str, Vec<f64>>,
}

/// One row as a share of another.
pub struct Ratio {
    pub of: String,
    pub to: String,
    pub aim: &'static str,
}

impl Figures {
    pub fn add(&mut self, what: String, pace: Pace) {
        match self.rows.iter_mut().find(|(known, _)| *known == what) {
            Some((_, rounds)) => rounds.push(pace),
            None => self.rows.push((what, vec![pace])),
        }
    }

    pub fn note(&mut self, what: &'static str, figure: f64) {
        self.notes.entry(what).or_default().push(figure);
    }

    fn medians(&self) -> Vec<(&str, Pace)> {
        let middle =
            |rounds: &[Pace], of: fn(&Pace) -> f64| median(rounds.iter().map(of).collect());
        let row = |rounds: &[Pace]| Pace {
            per_second: middle(rounds, |pace| pace.per_second),
            p50_us: middle(rounds, |pace| pace.p50_us),
            p99_us: middle(rounds, |pace| pace.p99_us),
        };
        self.rows.iter().map(|(what, rounds)| (what.as_str(), row(rounds))).collect()
    }

    /// The median over the rounds of what the two gave in the same round.
    fn ratio(&self, ratio: &Ratio) -> f64 {
        let of = |what: &str| self.rows.iter().find(|(known, _)| known == what).map(|(_, all)| all);
        let (Some(of), Some(to)) = (of(&ratio.of), of(&ratio.to)) else { return f64::NAN };
        median(of.iter().zip(to).map(|(of, to)| of.per_second / to.per_second).collect())
    }

    pub fn say(&self, ratios: &[Ratio]) {
        say(&format!(
            "{:<26} {:>10} {:>9} {:>9}",
            "what, in flight", "per second", "p50 us", "p99 us"
        ));
        for (what, pace) in self.medians() {
            let Pace { per_second, p50_us, p99_us } = pace;
            say(&format!("{what:<26} {per_second:>10.0} {p50_us:>9.0} {p99_us:>9.0}"));
        }
        for (what, figures) in &self.notes {
            say(&format!("{what:<34} {:>10.0}", median(figures.clone())));
        }
        for ratio in ratios {
            let Ratio { of, to, aim } = ratio;
            say(&format!("{of:<20} / {to:<24} {:>6.2}  {aim}", self.ratio(ratio)));
        }
    }

    /// Keeps them, with what the machine is but not whose.
    pub fn keep(
        &self,
        path: &Path,
        mode: &str,
        plan: &Plan,
        began: &Load,
        ratios: &[Ratio],
    ) -> Result<(), Failed> {
        let rows: Vec<Value> = self
            .medians()
            .into_iter()
            .map(|(what, pace)| {
                let Pace { per_second, p50_us, p99_us } = pace;
                json!({ "what": what, "per_second": per_second.round(), "p50_us": p50_us.round(),
                        "p99_us": p99_us.round() })
            })
            .collect();
        let notes: BTreeMap<&str, f64> =
            self.notes.iter().map(|(what, all)| (*what, median(all.clone()).round())).collect();
        let hundredths = |ratio: f64| (ratio * 100.0).round() / 100.0;
        let ratios: Vec<Value> = ratios
            .iter()
            .map(|it| json!({ "of": it.of, "to": it.to, "ratio": hundredths(self.ratio(it)), "aim": it.aim }))
            .collect();
        let mut machine = machine();
        machine["load_at_the_beginning"] = json!(began.0);
        machine["load_at_the_end"] = json!(load().0);
        let (rounds, millis) = (plan.rounds, plan.during.as_millis() as u64);
        let report = json!({ "mode": mode, "rounds": rounds, "millis": millis, "machine": machine, "rows": rows,
                             "notes": notes, "ratios": ratios });
        Ok(std::fs::write(path, serde_json::to_string_pretty(&report)? + "\n")?)
    }
}
