//! `digue learn`: proposes a portal map from recorded traffic, or what an existing map lacks.
//!
//! Nothing is applied: a map is written where the operator says, and read by the server as any
//! other.

mod har_files;
pub mod persons_file;
mod pilot_traffic;
mod sentences;
mod traffic_source;
mod tried_map;

use std::collections::BTreeMap;
use std::path::Path;

use digue_access::EnforcementMode;
use digue_config::portal_map::{self, PortalMap};
use digue_config::reader::WholeText;
use digue_learn::compare::MapComparer;
use digue_learn::compile::compile;
use digue_learn::emit::{MapSettings, map_text};
use digue_learn::merge::{ChangeKind, MergedMap, merge};
use digue_learn::{LearnFault, Learnt, MapReport, MapReporter, TriedExchange, TriedMap, learn};
use digue_locales::Value;
use digue_survey::KnownPersons;
use digue_survey::exchange::UrlParts;
use digue_survey::traffic::SurveyFault;

use crate::arguments::{HarArguments, LearnArguments};
use digue_terminal::{BAD, GOOD, NOT_RUN, Output};
use har_files::HarFiles;
use pilot_traffic::PilotTraffic;
use sentences::Sentences;
use traffic_source::{TrafficFault, TrafficSource};

/// 0: nothing to review; 1: a map, or differences, to review; 2: nothing could be learnt.
pub fn run(out: &Output, arguments: &LearnArguments) -> u8 {
    learn_and_write(out, arguments).unwrap_or(NOT_RUN)
}

/// `None` when it could not run, which has been reported.
fn learn_and_write(out: &Output, arguments: &LearnArguments) -> Option<u8> {
    let known = persons_file::read(out, &arguments.har)?;
    let (mut files, settings) = traffic_of(out, arguments)?;
    let existing = match &arguments.map {
        Some(path) => Some((path.as_path(), read_map(out, path)?)),
        None => None,
    };
    let learnt = match learn(&mut files, known) {
        Ok(learnt) => learnt,
        Err(fault) => return report_fault(out, &fault),
    };
    files.report(out);
    let sentences = Sentences {
        language: out.language,
    };
    let (routes, writes) = (learnt.map.routes.len(), learnt.map.writes.len());
    let counts = [
        ("exchanges", learnt.exchanges),
        ("routes", routes),
        ("writes", writes),
    ];
    out.complain(
        "learn-done",
        &counts.map(|(name, count)| (name, Value::from(count))),
    );
    let (text, has_differences) = match &existing {
        None => (map_text(&learnt.map, &settings, &sentences), true),
        Some((path, map)) => {
            let merged = joined(out, &mut files, &learnt, path, map)?;
            sentences.differences(out, path, &merged.differences);
            let is_same = merged.differences.is_empty();
            (merged.text, !is_same)
        }
    };
    let given_text = existing
        .as_ref()
        .map(|(_, map)| map.source.text.clone())
        .unwrap_or_default();
    let named = existing
        .map(|(_, map)| map.source.files)
        .unwrap_or_default();
    // Before anything is written: a text that the server refuses must not replace the map.
    let tried = check_text(out, arguments, &text, named)?;
    let report = tried_on(
        out,
        &mut files,
        &tried,
        &learnt.known,
        &learnt.map.origin,
        &mut |_| {},
    )?;
    sentences.totals(out, &report);
    let mut findings = learnt
        .findings
        .iter()
        .map(|finding| sentences.finding(finding))
        .chain(sentences.constants(&report))
        .collect::<Vec<_>>();
    findings.dedup();
    let reviewed = sentences.take_reviewed(&mut findings, &given_text);
    sentences.findings(out, &findings, reviewed);
    write_out(out, arguments, &text)?;
    write_aliases(out, arguments, &learnt)?;
    Some(if has_differences || !findings.is_empty() {
        BAD
    } else {
        GOOD
    })
}

/// The traffic, and what the map says of a portal that it does not show.
fn traffic_of<'a>(
    out: &Output,
    arguments: &'a LearnArguments,
) -> Option<(TrafficSource<'a>, MapSettings)> {
    // As `digue init` writes it: a map that was just learnt refuses nobody.
    let mode = EnforcementMode::Pilot.code().to_owned();
    let Some(pilot) = &arguments.pilot else {
        let files = HarFiles::open(out, &arguments.har.files)?;
        let (name, upstream) = (arguments.portal.clone(), arguments.upstream.clone());
        return Some((
            TrafficSource::Har(files),
            MapSettings {
                name,
                upstream,
                mode,
            },
        ));
    };
    let config = match digue_config::load(&pilot.config) {
        Ok(config) => config,
        Err(faults) => {
            out.faults(&faults);
            return None;
        }
    };
    let Some(map) = config
        .maps
        .iter()
        .find(|map| map.portal.id.as_str() == pilot.portal)
    else {
        out.complain(
            "decoys-no-portal",
            &[("portal", Value::from(pilot.portal.as_str()))],
        );
        return None;
    };
    let known = &map.portal.upstream;
    let scheme = if known.is_https { "https" } else { "http" };
    let settings = MapSettings {
        name: pilot.portal.clone(),
        upstream: format!("{scheme}://{}", known.authority),
        mode,
    };
    let traffic = PilotTraffic::open(out, &config.settings.data_folder, &map.url, pilot)?;
    Some((TrafficSource::Pilot(Box::new(traffic)), settings))
}

fn read_map(out: &Output, path: &Path) -> Option<PortalMap> {
    let mut faults = Vec::new();
    let map = portal_map::read(path, &mut faults, &mut Vec::new());
    if map.is_none() {
        out.faults(&faults);
    }
    map
}

/// The operator's map with what it lacks.
fn joined(
    out: &Output,
    files: &mut TrafficSource<'_>,
    learnt: &Learnt,
    path: &Path,
    map: &PortalMap,
) -> Option<MergedMap> {
    let compiled = match compile(&learnt.map) {
        Ok(compiled) => compiled,
        Err(fault) => {
            out.failed(&anyhow::Error::from(fault));
            return None;
        }
    };
    let existing = tried_map::of(&map.portal);
    let mut comparer = MapComparer::new(&compiled, &existing, &learnt.known, &learnt.map.origin);
    files.each_reported(out, &mut |exchange| comparer.observe(exchange))?;
    match merge(
        &map.source.text,
        &learnt.map,
        &comparer.finish(),
        &Sentences {
            language: out.language,
        },
    ) {
        Ok(mut merged) => {
            // Order of the report: what a person must look at first stands last, next to the
            // prompt.
            merged
                .differences
                .sort_by_key(|difference| difference.change == ChangeKind::Contradicted);
            Some(merged)
        }
        Err(fault) => {
            let file = Value::from(path.display().to_string());
            out.complain(
                "learn-not-toml",
                &[("file", file), ("detail", Value::from(fault.to_string()))],
            );
            None
        }
    }
}

/// Reads the proposed text as the server would.
fn check_text(
    out: &Output,
    arguments: &LearnArguments,
    text: &str,
    named: BTreeMap<String, String>,
) -> Option<TriedMap> {
    let file = arguments.out.as_deref().or(arguments.map.as_deref());
    let file = file.unwrap_or(Path::new("learnt.toml"));
    let mut faults = Vec::new();
    let whole = WholeText {
        text: text.to_owned(),
        files: named,
    };
    let map = portal_map::read_kept(file, &whole, &mut faults);
    if map.is_none() {
        out.complain("learn-faulty", &[]);
        out.faults(&faults);
    }
    map.map(|map| tried_map::of(&map.portal))
}

fn tried_on(
    out: &Output,
    files: &mut TrafficSource<'_>,
    map: &TriedMap,
    known: &KnownPersons,
    origin: &str,
    note: &mut dyn FnMut(&TriedExchange),
) -> Option<MapReport> {
    let mut reporter = MapReporter::new(map, known, origin);
    files.each_reported(out, &mut |exchange| note(&reporter.observe(exchange)))?;
    Some(reporter.finish())
}

/// One line of JSON for one exchange: `{"route":"fiche","refused":false,"persons":["P0042"]}`.
fn line_of(tried: &TriedExchange) -> String {
    let TriedExchange {
        route,
        persons,
        is_refused,
    } = tried;
    let line = serde_json::json!({ "route": route, "refused": is_refused, "persons": persons });
    format!("{line}\n")
}

fn report_fault(out: &Output, fault: &LearnFault<TrafficFault>) -> Option<u8> {
    match fault {
        LearnFault::Survey(SurveyFault::Source(fault)) => fault.report(out),
        LearnFault::Survey(SurveyFault::NoExchange) => out.complain("learn-no-exchange", &[]),
        LearnFault::Survey(SurveyFault::NoIdentifier) => out.complain("learn-no-identifier", &[]),
        LearnFault::Compile(fault) => {
            out.failed(&anyhow::anyhow!("{fault}"));
        }
    }
    None
}

fn write_out(out: &Output, arguments: &LearnArguments, text: &str) -> Option<()> {
    let Some(path) = &arguments.out else {
        // With a map, the differences are the answer; the whole text would drown them.
        if arguments.map.is_none() {
            out.text(text);
        }
        return Some(());
    };
    write_file(out, path, text)?;
    out.complain(
        "learn-written",
        &[("file", Value::from(path.display().to_string()))],
    );
    Some(())
}

fn aliases_csv(learnt: &Learnt) -> String {
    let mut text = String::from("kind,identifier,person\n");
    for alias in &learnt.aliases {
        for (person, identifier) in &alias.pairs {
            let row = [&alias.kind, identifier, person].map(|cell| quoted(cell));
            text.push_str(&row.join(","));
            text.push('\n');
        }
    }
    for (kind, pairs) in learnt.known.given_pairs() {
        for (person, identifier) in &pairs {
            let row = [kind, identifier, person].map(quoted);
            text.push_str(&row.join(","));
            text.push('\n');
        }
    }
    text
}

fn write_aliases(out: &Output, arguments: &LearnArguments, learnt: &Learnt) -> Option<()> {
    let Some(path) = &arguments.aliases else {
        return Some(());
    };
    let seen = learnt.aliases.iter().map(|alias| alias.pairs.len());
    let given = learnt.known.given_pairs();
    let given = given.iter().map(|(_, pairs)| pairs.len());
    let rows: usize = seen.chain(given).sum();
    write_file(out, path, &aliases_csv(learnt))?;
    let file = Value::from(path.display().to_string());
    out.complain(
        "learn-aliases-written",
        &[("file", file), ("rows", Value::from(rows))],
    );
    Some(())
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn write_file(out: &Output, path: &Path, text: &str) -> Option<()> {
    match std::fs::write(path, text) {
        Ok(()) => Some(()),
        Err(error) => {
            out.failed(&anyhow::Error::from(error).context(path.display().to_string()));
            None
        }
    }
}

/// `digue inspect --har`: a map on recorded traffic, route by route.
///
/// 0: everything is read and every known person found; 1: not so; 2: it could not run.
pub fn inspect(
    out: &Output,
    portal: &digue_gateway::Portal,
    arguments: &HarArguments,
    each: Option<&Path>,
) -> u8 {
    inspect_files(out, portal, arguments, each).unwrap_or(NOT_RUN)
}

/// Of the recorded origins, that of the portal with the most exchanges; empty for a recording made
/// under another name, of which all is the portal's.
fn own_origin(out: &Output, files: &mut TrafficSource<'_>, hosts: &[String]) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    files.each_reported(out, &mut |exchange| {
        let Some(url) = UrlParts::of(exchange.url) else {
            return;
        };
        let host = url.origin.split("://").last().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        if hosts.iter().any(|own| own.eq_ignore_ascii_case(host)) {
            *counts.entry(url.origin.to_owned()).or_default() += 1;
        }
    })?;
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    Some(most.map(|(origin, _)| origin).unwrap_or_default())
}

fn inspect_files(
    out: &Output,
    portal: &digue_gateway::Portal,
    arguments: &HarArguments,
    each: Option<&Path>,
) -> Option<u8> {
    let mut files = TrafficSource::Har(HarFiles::open(out, &arguments.files)?);
    let known = persons_file::read(out, arguments)?;
    let map = tried_map::of(portal);
    let mut lines = String::new();
    let origin = own_origin(out, &mut files, &portal.hosts)?;
    let report = tried_on(out, &mut files, &map, &known, &origin, &mut |tried| {
        if each.is_some() {
            lines.push_str(&line_of(tried));
        }
    })?;
    if let Some(path) = each {
        write_file(out, path, &lines)?;
    }
    files.report(out);
    let sentences = Sentences {
        language: out.language,
    };
    sentences.report(out, &report);
    sentences.totals(out, &report);
    let is_clean =
        |line: &digue_learn::report::RouteReport| line.missed == 0 && line.name_only == 0;
    let is_good = report.totals.refused == 0 && report.routes.values().all(is_clean);
    Some(if is_good { GOOD } else { BAD })
}
