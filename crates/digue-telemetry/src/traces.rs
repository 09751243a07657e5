//! Traces by OpenTelemetry's protocol (OTLP 1.x over HTTP, protobuf): collected in a queue of a
//! fixed length, sent in batches, dropped where the collector does not take them. A request never
//! waits for its trace.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use digue_http::body::{full, limited};
use digue_http::client::HttpClient;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use opentelemetry::trace::{
    Link, SpanKind, TraceContextExt as _, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HttpError;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, Sampler, SamplingDecision, SamplingResult, SdkTracer, SdkTracerProvider,
    ShouldSample, Span, SpanData, SpanProcessor,
};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::stages::TARGET;

/// How long a collector may take for a batch.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
/// An answer is a few bytes; more is not read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const FINISH_TIME_MAX: Duration = Duration::from_secs(5);

/// Where traces go, and how many of them.
#[derive(Clone)]
pub struct TraceTarget {
    /// The whole address, as `http://127.0.0.1:4318/v1/traces`.
    pub endpoint: String,
    /// Of a thousand requests.
    pub per_thousand: u16,
    pub client: HttpClient,
}

#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("traces: {0}")]
    Exporter(String),
    #[error("traces: another address counts from the next start on")]
    Address,
}

/// The traces of this process.
pub(crate) struct Traces {
    sending: DeferredSending,
    share: TracedShare,
}

impl Traces {
    /// And the layer that takes the spans of stages.
    pub(crate) fn new<S>() -> (Self, impl Layer<S>)
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let traces = Self {
            sending: DeferredSending::default(),
            share: TracedShare::default(),
        };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource())
            .with_sampler(traces.share.clone())
            .with_span_processor(traces.sending.clone())
            .build();
        let tracer: SdkTracer = provider.tracer("digue");
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // Lines of the log name accounts: they do not become events of a trace.
            .with_filter(filter_fn(|data| data.is_span() && data.target() == TARGET));
        (traces, layer)
    }

    pub(crate) fn follow(&self, target: Option<&TraceTarget>) -> Result<(), TraceError> {
        let Some(target) = target else {
            self.share.0.store(0, Ordering::Relaxed);
            return Ok(());
        };
        let known = match self.sending.0.get() {
            Some(known) => known,
            None => {
                let begun = Sending::begin(target)?;
                self.sending.0.get_or_init(|| begun)
            }
        };
        self.share.0.store(target.per_thousand, Ordering::Relaxed);
        if known.endpoint == target.endpoint {
            Ok(())
        } else {
            Err(TraceError::Address)
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(sending) = self.sending.0.get() {
            // What the collector did not take is said by `CollectorClient`.
            let _ = sending.processor.shutdown_with_timeout(FINISH_TIME_MAX);
        }
    }
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", "digue"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .build()
}

/// How many requests of a thousand are traced.
#[derive(Clone, Debug, Default)]
struct TracedShare(Arc<AtomicU16>);

impl ShouldSample for TracedShare {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        if let Some(parent) = parent.filter(|parent| parent.has_active_span()) {
            let is_sampled = parent.span().span_context().is_sampled();
            return SamplingResult {
                decision: match is_sampled {
                    true => SamplingDecision::RecordAndSample,
                    false => SamplingDecision::Drop,
                },
                attributes: Vec::new(),
                trace_state: TraceState::default(),
            };
        }
        let share = f64::from(self.0.load(Ordering::Relaxed)) / 1000.0;
        Sampler::TraceIdRatioBased(share)
            .should_sample(parent, trace, name, kind, attributes, links)
    }
}

/// Sends spans once it is known where to.
#[derive(Clone, Debug, Default)]
struct DeferredSending(Arc<OnceLock<Sending>>);

#[derive(Debug)]
struct Sending {
    endpoint: String,
    processor: BatchSpanProcessor,
}

impl Sending {
    fn begin(target: &TraceTarget) -> Result<Self, TraceError> {
        let client = CollectorClient {
            client: target.client.clone(),
            runtime: Handle::current(),
            is_failing: Arc::default(),
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&target.endpoint)
            .with_timeout(ANSWER_TIME_MAX)
            .build()
            .map_err(|error| TraceError::Exporter(error.to_string()))?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        processor.set_resource(&resource());
        Ok(Self {
            endpoint: target.endpoint.clone(),
            processor,
        })
    }
}

impl SpanProcessor for DeferredSending {
    fn on_start(&self, span: &mut Span, context: &Context) {
        if let Some(sending) = self.0.get() {
            sending.processor.on_start(span, context);
        }
    }

    fn on_end(&self, span: SpanData) {
        if let Some(sending) = self.0.get() {
            sending.processor.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0
            .get()
            .map_or(Ok(()), |sending| sending.processor.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.get().map_or(Ok(()), |sending| {
            sending.processor.shutdown_with_timeout(timeout)
        })
    }
}

/// Sends batches with the client that the rest of Digue uses.
#[derive(Clone)]
struct CollectorClient {
    client: HttpClient,
    /// Batches are sent from a thread of their own, which runs no runtime.
    runtime: Handle,
    is_failing: Arc<AtomicBool>,
}

impl std::fmt::Debug for CollectorClient {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CollectorClient").finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl opentelemetry_http::HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let answer = client.send(request.map(full), ANSWER_TIME_MAX).await?;
            let (head, body) = answer.into_parts();
            let body = limited(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        });
        let sent = match sent.await {
            Ok(sent) => sent,
            Err(error) => Err(error.into()),
        };
        let is_taken = matches!(&sent, Ok(answer) if answer.status().is_success());
        // Once for each time that it begins or ends: a batch leaves every five seconds.
        if self.is_failing.swap(!is_taken, Ordering::Relaxed) == is_taken {
            match &sent {
                Ok(answer) if is_taken => {
                    tracing::info!(
                        status = answer.status().as_u16(),
                        "The collector takes traces again"
                    );
                }
                Ok(answer) => {
                    tracing::warn!(
                        status = answer.status().as_u16(),
                        "The collector refuses traces; they are dropped"
                    );
                }
                Err(error) => {
                    tracing::warn!(%error, "The collector of traces cannot be reached; they are dropped");
                }
            }
        }
        sent
    }
}
