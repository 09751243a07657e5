//! The figures as OpenMetrics text (version 1.0.0), with names by its conventions.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::figures::MonitoredFigures;
use crate::process::ProcessFigures;

/// The media type of [`openmetrics`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;
type CounterFamily = Family<Labels, Counter<u64, AtomicU64>>;
type GaugeFamily = Family<Labels, Gauge<i64, AtomicI64>>;

/// The text, with its end mark.
pub fn openmetrics(figures: &MonitoredFigures) -> String {
    let mut registry = Registry::default();
    let digue = registry.sub_registry_with_prefix("digue");
    digue.register(
        "build",
        "The program",
        Info::new(vec![("version", figures.version)]),
    );
    journal(digue, figures);
    portals(digue, figures);
    state(digue, figures);
    if let Some(process) = ProcessFigures::now() {
        process_figures(registry.sub_registry_with_prefix("process"), process);
    }
    let mut out = String::new();
    text::encode(&mut out, &registry).expect("a string takes everything");
    out
}

fn journal(to: &mut Registry, figures: &MonitoredFigures) {
    let status = &figures.journal;
    counter(
        to,
        "journal_entries",
        "Durable entries of the journal",
        status.size,
    );
    gauge(
        to,
        "journal_signed_entries",
        "Entries under the last signed checkpoint",
        i64::try_from(status.checkpoint_size).unwrap_or(i64::MAX),
    );
    let help = "1 while entries cannot be written: nothing that shows a person leaves";
    gauge(
        to,
        "journal_failing",
        help,
        i64::from(status.failure.is_some()),
    );
    let help = "1 while the index is rebuilt from the journal";
    gauge(
        to,
        "index_rebuilding",
        help,
        i64::from(figures.is_rebuilding),
    );
    let help = "Responses of observed portals that left without an entry, since the start";
    counter(to, "unrecorded_responses", help, figures.unrecorded);
}

fn portals(to: &mut Registry, figures: &MonitoredFigures) {
    let responses = CounterFamily::default();
    let bytes = CounterFamily::default();
    for (portal, coverage) in &figures.portals {
        let outcomes = [
            ("inspected", coverage.inspected),
            ("uninspected", coverage.uninspected),
            ("outside-map", coverage.outside_map),
            ("refused", coverage.refused),
            ("would-refuse", coverage.would_refuse),
            ("unseen", coverage.unseen),
        ];
        let portal = ("portal", portal.to_string());
        for (outcome, count) in outcomes {
            let labels = vec![portal.clone(), ("outcome", outcome.to_owned())];
            responses.get_or_create(&labels).inc_by(count);
        }
        bytes
            .get_or_create(&vec![portal])
            .inc_by(coverage.uninspected_bytes);
    }
    let help =
        "Journalled responses, since the beginning of the journal; one may have several outcomes";
    to.register("responses", help, responses);
    let help = "Bytes that were released without being inspected";
    to.register_with_unit("uninspected", help, Unit::Bytes, bytes);
}

fn state(to: &mut Registry, figures: &MonitoredFigures) {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    gauge(to, "sessions", "Open sessions", number(figures.sessions));
    gauge(
        to,
        "connections",
        "Open connections of clients",
        number(figures.connections),
    );
    gauge(
        to,
        "watched_accounts",
        "Accounts that the monitor knows",
        number(figures.watched_accounts),
    );
    let tasks = GaugeFamily::default();
    for (source, count) in &figures.tasks {
        let labels = vec![("source", source.code().to_owned())];
        tasks.get_or_create(&labels).set(number(*count));
    }
    to.register(
        "tasks",
        "What awaits someone of the operator; a source without tasks has no figure",
        tasks,
    );
    let checks = GaugeFamily::default();
    for (statement, count) in &figures.checks {
        let labels = vec![("statement", statement.code().to_owned())];
        checks.get_or_create(&labels).set(number(*count));
    }
    to.register(
        "checks",
        "Checks of the management system, by what they say",
        checks,
    );
    if let Some(left) = figures.deadline {
        let help =
            "Time to the nearest legal deadline; negative when it has passed, absent without one";
        gauge_with_unit(to, "legal_deadline", help, Unit::Seconds, left);
    }
    if let Some((waiting, oldest)) = figures.mail {
        gauge(
            to,
            "mail_waiting",
            "Messages that wait to be sent",
            number(waiting),
        );
        gauge_with_unit(
            to,
            "mail_oldest_due",
            "How long the oldest is due",
            Unit::Seconds,
            oldest,
        );
    }
    if let Some(free) = figures.disk_free {
        let help = "What the file system of the data folder has left";
        gauge_with_unit(
            to,
            "disk_free",
            help,
            Unit::Bytes,
            i64::try_from(free).unwrap_or(i64::MAX),
        );
    }
    let ends = GaugeFamily::default();
    for (listener, ends_at) in &figures.certificates {
        ends.get_or_create(&vec![("listener", listener.to_string())])
            .set(ends_at.secs());
    }
    let help = "When the certificate that a listener serves ends, in seconds since 1970";
    to.register_with_unit("certificate_end_timestamp", help, Unit::Seconds, ends);
    let unreadable = GaugeFamily::default();
    for source in &figures.unreadable {
        unreadable
            .get_or_create(&vec![("source", source.code().to_owned())])
            .set(1);
    }
    to.register(
        "unreadable",
        "1 for each source whose figures are unknown",
        unreadable,
    );
}

fn process_figures(to: &mut Registry, figures: ProcessFigures) {
    let cpu = Counter::<f64, AtomicU64>::default();
    cpu.inc_by(figures.cpu_seconds);
    to.register_with_unit(
        "cpu",
        "Time of the processors, user and kernel",
        Unit::Seconds,
        cpu,
    );
    let resident = i64::try_from(figures.resident).unwrap_or(i64::MAX);
    gauge_with_unit(
        to,
        "resident_memory",
        "Memory in use",
        Unit::Bytes,
        resident,
    );
    gauge(
        to,
        "open_fds",
        "Open files",
        i64::try_from(figures.open_files).unwrap_or(i64::MAX),
    );
}

fn counter(to: &mut Registry, name: &str, help: &str, value: u64) {
    let counter = Counter::<u64, AtomicU64>::default();
    counter.inc_by(value);
    to.register(name, help, counter);
}

fn gauge(to: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge = Gauge::<i64, AtomicI64>::default();
    gauge.set(value);
    to.register(name, help, gauge);
}

fn gauge_with_unit(to: &mut Registry, name: &str, help: &str, unit: Unit, value: i64) {
    let gauge = Gauge::<i64, AtomicI64>::default();
    gauge.set(value);
    to.register_with_unit(name, help, unit, gauge);
}
