//! Against a collector on loopback that keeps what it is sent.

#![allow(clippy::unwrap_used, reason = "a test ends at its first fault")]

mod collector;

use digue_http::client::HttpClient;
use digue_telemetry::stages::{RequestSpan, say_route, say_trace};
use digue_telemetry::{TraceError, TraceTarget, lines, stage};
use http::{HeaderMap, Method, StatusCode};
use tracing::Instrument as _;

use collector::{Collector, words};

async fn answered(headers: &mut HeaderMap) {
    let whole = RequestSpan::begin("kairos", &Method::GET);
    let work = async {
        say_route("person-page");
        async {
            tracing::info!(target: "digue", account = "agent-7", "A line of the log");
            say_trace(headers);
        }
        .instrument(stage!("fetch"))
        .await;
    };
    work.instrument(whole.span()).await;
    whole.answered(StatusCode::OK);
}

fn from_client() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let sent = "00-11111111111111111111111111111111-2222222222222222-01";
    headers.insert("traceparent", sent.parse().unwrap());
    headers.insert("tracestate", "other=1".parse().unwrap());
    headers
}

/// One test: the lines of a process are set up once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_traced_request_is_told_with_its_stages_and_nothing_else() {
    lines::start("warn,digue=info");
    let collector = Collector::start().await;
    let client = HttpClient::new(rustls_roots(), std::time::Duration::from_secs(5));
    let target = |per_thousand| TraceTarget {
        endpoint: format!("{}/v1/traces", collector.url),
        per_thousand,
        client: client.clone(),
    };

    // Before a configuration asks for traces: the client's own words pass.
    let mut untraced = from_client();
    answered(&mut untraced).await;
    assert_eq!(untraced, from_client());

    lines::follow(None, Some(&target(1000))).unwrap();
    let mut traced = from_client();
    answered(&mut traced).await;
    let told = traced["traceparent"].to_str().unwrap().to_owned();
    assert!(!traced.contains_key("tracestate"));

    // Taken away again: nothing is added.
    lines::follow(None, None).unwrap();
    let mut ended = from_client();
    answered(&mut ended).await;
    assert_eq!(ended, from_client());

    // Another address is not taken over silently.
    let elsewhere = TraceTarget {
        endpoint: "http://127.0.0.1:9/v1/traces".to_owned(),
        ..target(1000)
    };
    let refused = lines::follow(None, Some(&elsewhere));
    assert!(matches!(refused, Err(TraceError::Address)));
    lines::follow(None, None).unwrap();

    tokio::task::spawn_blocking(lines::finish).await.unwrap();
    let spans = collector.spans();
    let mut names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["fetch", "request"]);
    let of = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (request, fetch) = (of("request"), of("fetch"));
    assert_eq!(fetch.parent_span_id, request.span_id);
    assert_eq!(fetch.trace_id, request.trace_id);
    // The portal is told of the stage in which it was asked.
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    assert_eq!(
        told,
        format!("00-{}-{}-01", hex(&fetch.trace_id), hex(&fetch.span_id))
    );
    assert_eq!(
        words(request),
        [
            "digue.portal=kairos",
            "http.request.method=GET",
            "http.response.status_code=200",
            "http.route=person-page",
        ]
    );
    assert_eq!(words(fetch), Vec::<String>::new());
    assert!(spans.iter().all(|span| span.events.is_empty()));
}

fn rustls_roots() -> rustls::RootCertStore {
    rustls::RootCertStore::empty()
}
