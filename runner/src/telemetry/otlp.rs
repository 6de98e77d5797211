//! Traces to a collector: OTLP as protobuf over HTTP, from a thread of its own, in batches.
//!
//! Switched on by the variables that OpenTelemetry has for it (`OTEL_EXPORTER_OTLP_ENDPOINT` and the rest), so that it is
//! set up as everything else on that machine; no key of the configuration. Only our own spans go out
//! (`workflow_core::span`), never lines, for lines have words in them. A collector that is away costs spans, nothing
//! else. Nothing of a trace is given to the vendors.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;
use workflow_core::span::TARGET;

use super::Traces;

/// Either names the collector.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// What is left is sent within this time when the process ends.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// The name of the service where nobody says another.
const NAME: &str = "workflow-runner";

/// What sends, once it was started.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// What takes spans to the collector, where one is named.
pub(super) fn layer<S>() -> Result<Traces<S>, &'static str>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !ENDPOINTS.iter().any(set) {
        return Ok(None);
    }
    // An error means that one is installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http();
    let exporter = exporter.with_protocol(Protocol::HttpBinary).build();
    // The library's own words may hold the address, and that a password.
    let exporter = exporter
        .map_err(|_| "OTEL_EXPORTER_OTLP_ENDPOINT is no address such as http://127.0.0.1:4318")?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(Watched { exporter, fails: AtomicBool::new(false) })
        .with_resource(resource())
        .build();
    let tracer = provider.tracer("runner");
    drop(PROVIDER.set(provider));
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET));
    Ok(Some(Box::new(layer)))
}

/// Sends what is left.
pub(super) fn finish() {
    if let Some(provider) = PROVIDER.get() {
        drop(provider.shutdown_with_timeout(FINISH_WITHIN));
    }
}

/// Puts a request's span into the trace that its `traceparent` names. What else the sender's systems say of it
/// (`tracestate`, `baggage`) is not taken.
pub(super) fn join(span: &Span, headers: &HeaderMap) {
    let context = TraceContextPropagator::new().extract(&Parent(headers));
    drop(span.set_parent(context));
}

/// Who sends: the program and its version, and what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say.
fn resource() -> Resource {
    let named = std::env::var_os("OTEL_SERVICE_NAME").is_some()
        || std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|all| all.contains("service.name="));
    let resource = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if named { resource.build() } else { resource.with_service_name(NAME).build() }
}

/// The one header that is taken.
struct Parent<'a>(&'a HeaderMap);

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = (key == "traceparent").then(|| self.0.get(key)).flatten()?;
        value.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// An exporter that says once that the collector does not take the spans, and once that it does again.
#[derive(Debug)]
struct Watched {
    exporter: opentelemetry_otlp::SpanExporter,
    fails: AtomicBool,
}

impl SpanExporter for Watched {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.exporter.export(batch).await;
        let failed_before = self.fails.swap(sent.is_err(), Ordering::Relaxed);
        match (&sent, failed_before) {
            (Err(_), false) => tracing::warn!(
                "the collector does not take the traces: they are lost until it does"
            ),
            (Ok(()), true) => tracing::info!("the collector takes the traces again"),
            (Ok(()), false) | (Err(_), true) => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
