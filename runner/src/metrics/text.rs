//! The text that Prometheus reads, version 0.0.4.
//!
//! Written here and not by a library with a recorder of its own: nearly all of it is read off the engine when it is asked
//! for, and two runners in one process have two texts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::families::{ALL, Family};

/// The content type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of the histograms, in milliseconds.
const BOUNDS_MS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 15_000, 60_000];

/// Counts by how long something took.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS_MS.len()],
    count: AtomicU64,
    sum_micros: AtomicU64,
}

impl Histogram {
    /// Notes that something took so long.
    pub fn note(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS_MS) {
            if micros <= bound * 1_000 {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Adds what another has counted.
    pub fn add(&self, other: &Self) {
        let all = self.buckets.iter().zip(&other.buckets);
        let more = [(&self.count, &other.count), (&self.sum_micros, &other.sum_micros)];
        for (own, theirs) in all.chain(more) {
            own.fetch_add(theirs.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

/// A text in the making.
#[derive(Debug, Default)]
pub struct Text(BTreeMap<&'static str, String>);

impl Text {
    /// Adds a sample; the labels in the family's order.
    #[allow(clippy::cast_precision_loss, reason = "a count beyond 2^53 is far away")]
    pub fn put(&mut self, family: &'static Family, labels: &[&str], value: u64) {
        self.line(family, "", &pairs(family, labels), value as f64);
    }

    /// Adds a sample in seconds.
    pub fn put_secs(&mut self, family: &'static Family, labels: &[&str], value: Duration) {
        self.line(family, "", &pairs(family, labels), value.as_secs_f64());
    }

    /// Adds a histogram.
    #[allow(clippy::cast_precision_loss, reason = "a count beyond 2^53 is far away")]
    pub fn put_histogram(&mut self, family: &'static Family, labels: &[&str], of: &Histogram) {
        let pairs = pairs(family, labels);
        // What is noted meanwhile may be in a bucket and not yet in the count: the count is read last.
        for (bucket, bound) in of.buckets.iter().zip(BOUNDS_MS) {
            let le = format!("le=\"{}\"", Duration::from_millis(bound).as_secs_f64());
            let value = bucket.load(Ordering::Relaxed) as f64;
            self.line(family, "_bucket", &joined(&pairs, &le), value);
        }
        let sum = Duration::from_micros(of.sum_micros.load(Ordering::Relaxed)).as_secs_f64();
        let count = of.count.load(Ordering::Relaxed) as f64;
        self.line(family, "_bucket", &joined(&pairs, "le=\"+Inf\""), count);
        self.line(family, "_sum", &pairs, sum);
        self.line(family, "_count", &pairs, count);
    }

    fn line(&mut self, family: &'static Family, suffix: &str, pairs: &str, value: f64) {
        let lines = self.0.entry(family.name).or_default();
        let labels = if pairs.is_empty() { String::new() } else { format!("{{{pairs}}}") };
        let _ = writeln!(lines, "{}{suffix}{labels} {value}", family.name);
    }

    /// The whole text: each family with what it says, also those of which there is nothing to say yet.
    pub fn finish(self) -> String {
        let mut text = String::new();
        for Family { name, kind, help, .. } in ALL {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {}", kind.word());
            text.push_str(self.0.get(name).map_or("", String::as_str));
        }
        text
    }
}

fn pairs(family: &Family, values: &[&str]) -> String {
    debug_assert_eq!(family.labels.len(), values.len(), "{}", family.name);
    let pair = |(name, value): (&&str, &&str)| format!("{name}=\"{}\"", escaped(value));
    family.labels.iter().zip(values).map(pair).collect::<Vec<_>>().join(",")
}

fn joined(pairs: &str, more: &str) -> String {
    if pairs.is_empty() { more.to_owned() } else { format!("{pairs},{more}") }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
