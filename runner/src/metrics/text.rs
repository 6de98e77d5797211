//! The text that Prometheus reads, OpenMetrics 1.0, written by the library that Prometheus' own people keep.
//!
//! Nearly all of it is read off the engine when it is asked for: samples are put together for one text, and the library's
//! registry lives as long as that. So two runners in one process have two texts, and no sample outlives what it tells of.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::families::{ALL, Family, Kind};

pub use prometheus_client::metrics::histogram::Histogram;

/// The content type of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper bounds of the histograms, in seconds.
const BOUNDS_SECS: [f64; 12] =
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0];

/// Counts by how long something took, in seconds; clones share them.
pub fn histogram() -> Histogram {
    Histogram::new(BOUNDS_SECS)
}

/// A text in the making.
#[derive(Debug, Default)]
pub struct Text(BTreeMap<&'static str, Vec<Sample>>);

#[derive(Debug)]
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Count(u64),
    Secs(f64),
    Histogram(Histogram),
}

impl Text {
    /// Adds a sample; the labels in the family's order.
    pub fn put(&mut self, family: &'static Family, labels: &[&str], value: u64) {
        self.add(family, labels, Value::Count(value));
    }

    /// Adds a sample in seconds.
    pub fn put_secs(&mut self, family: &'static Family, labels: &[&str], value: Duration) {
        self.add(family, labels, Value::Secs(value.as_secs_f64()));
    }

    /// Adds a histogram.
    pub fn put_histogram(&mut self, family: &'static Family, labels: &[&str], of: &Histogram) {
        self.add(family, labels, Value::Histogram(of.clone()));
    }

    fn add(&mut self, family: &'static Family, labels: &[&str], value: Value) {
        debug_assert_eq!(family.labels.len(), labels.len(), "{}", family.name);
        let values = labels.iter().map(|value| (*value).to_owned());
        let labels = family.labels.iter().copied().zip(values).collect();
        self.0.entry(family.name).or_default().push(Sample { labels, value });
    }

    /// The whole text: each family with what it says, also those of which there is nothing to say yet.
    pub fn finish(self) -> String {
        let (mut registry, mut text) = (Registry::default(), String::new());
        registry.register_collector(Box::new(self));
        encode(&mut text, &registry).expect("a text in memory takes everything");
        text
    }
}

impl Collector for Text {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in ALL {
            let samples = self.0.get(family.name).map_or(&[][..], Vec::as_slice);
            let name = family.name.strip_suffix("_total").unwrap_or(family.name);
            let mut metric =
                encoder.encode_descriptor(name, family.help, None, kind(family.kind))?;
            match samples {
                // Without labels there is one, and no braces.
                [Sample { labels, value }] if labels.is_empty() => {
                    value.encode(family.kind, metric)?
                }
                labelled => {
                    for Sample { labels, value } in labelled {
                        value.encode(family.kind, metric.encode_family(labels)?)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Value {
    fn encode(&self, kind: Kind, metric: MetricEncoder<'_>) -> fmt::Result {
        match (self, kind) {
            (Value::Count(count), Kind::Counter) => ConstCounter::new(*count).encode(metric),
            (Value::Count(count), Kind::Gauge | Kind::Histogram) => {
                ConstGauge::new(*count).encode(metric)
            }
            (Value::Secs(secs), _) => ConstGauge::new(*secs).encode(metric),
            (Value::Histogram(histogram), _) => histogram.encode(metric),
        }
    }
}

fn kind(kind: Kind) -> MetricType {
    match kind {
        Kind::Gauge => MetricType::Gauge,
        Kind::Counter => MetricType::Counter,
        Kind::Histogram => MetricType::Histogram,
    }
}
