//! Traces of the program itself: what a collector is told of a request, and the portal of its trace.

#[path = "../../../digue-telemetry/tests/it/collector.rs"]
mod collector;

use std::sync::{Arc, Mutex};

use collector::{Collector, words};

use crate::instance::{Instance, Plan, obliging};

#[test]
fn a_request_is_told_to_the_collector_by_its_route_and_its_trace_to_the_portal() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let collector = runtime.block_on(Collector::start());
    let traces = format!(
        "[traces]\nendpoint = \"{}/v1/traces\"\nper_thousand = 1000\n",
        collector.url
    );
    let plan = Plan::usual().caseload("a1", &["P1"]).settings(&traces);
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard_of = told.clone();
    let mut instance = Instance::open(&plan, move |heard| {
        if let Some(trace) = heard.header("traceparent") {
            heard_of.lock().unwrap().push(trace.to_owned());
        }
        obliging(heard)
    });
    let client = instance.sign_in("a1");
    assert_eq!(client.get("/fiche/P1").status, 200);
    // What has ended is sent before the process ends.
    assert!(instance.stop());
    let spans = collector.spans();
    let shown = |span: &&_| words(span).contains(&"http.route=fiche".to_owned());
    let request = spans.iter().find(shown).unwrap();
    assert_eq!(
        words(request),
        [
            "digue.portal=portail",
            "http.request.method=GET",
            "http.response.status_code=200",
            "http.route=fiche",
        ]
    );
    let stages = spans
        .iter()
        .filter(|span| span.parent_span_id == request.span_id);
    let mut stages: Vec<&str> = stages.map(|span| span.name.as_str()).collect();
    stages.sort_unstable();
    assert_eq!(stages, ["admit", "decide", "fetch", "identify", "record"]);
    let trace: String = request
        .trace_id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let told = told.lock().unwrap();
    assert!(told.iter().any(|told| told.contains(&trace)), "{told:?}");
    // Neither the person nor the account is in any of it.
    let all = format!("{spans:?}");
    assert!(!all.contains("P1") && !all.contains("\"a1\""), "{all}");
}
