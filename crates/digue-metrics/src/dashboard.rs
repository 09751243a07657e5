//! The dashboard and the alerts that are shipped ask only for figures that are exported, with labels
//! and values that they have; and what is unknown can be seen.

use std::collections::{BTreeMap, BTreeSet};

use digue_exposure::Coverage;
use digue_isms::standing::CheckStatement;
use digue_journal::journal::JournalStatus;
use digue_tasks::TaskSource;
use digue_types::{PortalId, Timestamp};
use serde_json::Value;

use crate::figures::{FigureSource, MonitoredFigures};
use crate::openmetrics::openmetrics;

/// Figures with everything that can be exported.
fn everything() -> MonitoredFigures {
    let statements = [
        CheckStatement::Fail,
        CheckStatement::Unknown,
        CheckStatement::Disabled,
        CheckStatement::Pass,
    ];
    let own = [FigureSource::Checks, FigureSource::Disk, FigureSource::Mail];
    let tasks = TaskSource::ALL.iter().copied().map(FigureSource::Tasks);
    MonitoredFigures {
        version: "0.0.0",
        journal: JournalStatus {
            size: 2,
            checkpoint_size: 1,
            failure: None,
            is_ended: false,
        },
        is_rebuilding: false,
        unrecorded: 0,
        portals: vec![(PortalId::parse("portail").unwrap(), Coverage::default())],
        sessions: 0,
        connections: 0,
        watched_accounts: 0,
        tasks: TaskSource::ALL.iter().map(|one| (*one, 1)).collect(),
        deadline: Some(1),
        checks: statements.map(|statement| (statement, 1)).to_vec(),
        mail: Some((1, 1)),
        disk_free: Some(1),
        certificates: vec![("192.0.2.1:443".parse().unwrap(), Timestamp::ZERO)],
        unreadable: own.into_iter().chain(tasks).collect(),
    }
}

type Series = BTreeMap<String, BTreeSet<String>>;

/// Each exported name, with its labels and their values.
fn exported() -> BTreeMap<String, Series> {
    let text = openmetrics(&everything());
    let mut names: BTreeMap<String, Series> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let known = names.entry(name.to_owned()).or_default();
        for label in labels
            .trim_end_matches('}')
            .split(',')
            .filter(|l| !l.is_empty())
        {
            let (key, value) = label.split_once('=').unwrap();
            let value = value.trim_matches('"').to_owned();
            known.entry(key.to_owned()).or_default().insert(value);
        }
    }
    names
}

/// The names of an expression, each with what is asked of its labels.
fn asked(expression: &str) -> Vec<(String, Vec<(String, String)>)> {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = ["digue_", "process_"]
        .iter()
        .filter_map(|one| rest.find(one))
        .min()
    {
        let from = &rest[start..];
        let length = from.find(|sign| !is_part(sign)).unwrap_or(from.len());
        let (name, after) = from.split_at(length);
        let labels = after
            .strip_prefix('{')
            .and_then(|labels| labels.split_once('}'));
        let labels = labels.map_or("", |(labels, _)| labels);
        let labels = labels
            .split(',')
            .filter(|label| !label.is_empty())
            .map(|label| {
                let (key, value) = label.split_once('=').unwrap();
                (
                    key.to_owned(),
                    value.trim_start_matches('~').trim_matches('"').to_owned(),
                )
            });
        found.push((name.to_owned(), labels.collect()));
        rest = after;
    }
    found
}

/// What Prometheus itself adds to each series.
const OF_PROMETHEUS: [&str; 2] = ["job", "instance"];

fn faults(expression: &str, legend: &str) -> Vec<String> {
    let exported = exported();
    let mut faults = Vec::new();
    let mut labels_at_hand: BTreeSet<String> =
        OF_PROMETHEUS.iter().map(|one| (*one).to_owned()).collect();
    for (name, labels) in asked(expression) {
        let Some(known) = exported.get(&name) else {
            faults.push(format!("{name} is not exported: {expression}"));
            continue;
        };
        labels_at_hand.extend(known.keys().cloned());
        for (key, value) in labels {
            let is_ours = known.get(&key);
            let is_known =
                is_ours.is_some_and(|values| value.contains('$') || values.contains(&value));
            if !is_known && !OF_PROMETHEUS.contains(&key.as_str()) {
                faults.push(format!("{name} has no {key}={value}: {expression}"));
            }
        }
    }
    // `by (outcome)`, and `{{outcome}}` in a legend.
    let grouped = expression
        .split("by (")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let named = legend
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split("}}").next());
    for label in grouped.chain(named) {
        if !labels_at_hand.contains(label.trim()) {
            faults.push(format!("no figure has {label}: {expression} {legend}"));
        }
    }
    faults
}

fn shipped(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    std::fs::read_to_string(format!("{here}/../../contrib/{name}")).unwrap()
}

/// Each panel's expressions, with their legends.
fn panels() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&shipped("grafana/digue.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    targets
        .map(|target| (text(&target["expr"]), text(&target["legendFormat"])))
        .collect()
}

#[test]
fn the_dashboard_asks_only_for_what_is_exported() {
    let panels = panels();
    assert!(panels.len() > 30, "{}", panels.len());
    let found: Vec<String> = panels
        .iter()
        .flat_map(|(one, legend)| faults(one, legend))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_alerts_ask_only_for_what_is_exported() {
    let rules = shipped("prometheus/digue.rules.yml");
    let expressions = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "));
    let found: Vec<String> = expressions.flat_map(|one| faults(one, "")).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn everything_exported_has_its_panel_and_what_is_unknown_its_own() {
    let panels = panels();
    let shown: BTreeSet<String> = panels
        .iter()
        .flat_map(|(one, _)| asked(one))
        .map(|(name, _)| name)
        .collect();
    for name in exported().keys() {
        assert!(shown.contains(name), "{name} has no panel");
    }
    for unknown in [
        "digue_unreadable",
        "digue_checks{statement=\"unknown\"}",
        "digue_unrecorded_responses_total",
        "outcome=\"uninspected\"",
        "outcome=\"unseen\"",
        "outcome=\"outside-map\"",
    ] {
        assert!(
            panels.iter().any(|(one, _)| one.contains(unknown)),
            "{unknown}"
        );
    }
}

#[test]
fn a_figure_a_label_and_a_value_that_do_not_exist_are_found() {
    for (expression, legend) in [
        ("digue_sesions", ""),
        ("digue_tasks{sauce=\"findings\"}", ""),
        ("digue_tasks{source=\"nothing\"}", ""),
        ("sum by (account) (digue_tasks)", ""),
        ("digue_tasks", "{{account}}"),
    ] {
        assert_eq!(faults(expression, legend).len(), 1, "{expression} {legend}");
    }
    assert_eq!(
        faults("sum by (source) (digue_tasks{job=\"digue\"})", "{{source}}"),
        [] as [&str; 0]
    );
}
