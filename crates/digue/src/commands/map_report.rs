//! `digue map report`: whether the map of a running portal still describes it.
//!
//! From the journal, and from the tally of what no journal has: responses that show nobody.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use digue_access::Caseloads;
use digue_access::caseload::read_csv;
use digue_app::clock::SystemClock;
use digue_config::Config;
use digue_gateway::Portal;
use digue_gateway::portal::Route;
use digue_gateway::ports::Clock as _;
use digue_journal::keyring::OpenedKeyring;
use digue_learn::journal_tally::{
    CaseloadStanding, CaseloadsInForce, JournalTally, RefusalGroup, RefusalHeading, RefusalLine,
    StaleCause,
};
use digue_learn::traffic_tally::{RouteTraffic, TrafficTally};
use digue_locales::Value;
use digue_types::{AccountId, Event, OrganisationId, PersonRef, Timestamp};
use jiff::tz::TimeZone;

use super::evidence::place::{JournalReading, moment};
use super::loading::{loaded, portal_named};
use crate::cli::evidence::JournalPlace;
use crate::cli::map::MapReportArguments;
use digue_map_commands::{name_files, traffic};
use digue_terminal::{BAD, GOOD, NOT_RUN, Output};

/// The most lines of one heading.
const LINES_MAX: usize = 40;
/// A route without persons is worth a look from so many bytes on, in one response or in all.
const LARGE_RESPONSE: u64 = 20 << 10;
const LARGE_ROUTE: u64 = 200 << 10;

pub(super) fn run(out: &Output, arguments: &MapReportArguments) -> u8 {
    let Some(config) = loaded(out, &arguments.config) else {
        return NOT_RUN;
    };
    let Some(portal) = portal_named(out, &config, &arguments.portal) else {
        return NOT_RUN;
    };
    report(out, &config, portal, arguments.since.as_deref())
        .unwrap_or_else(|error| out.failed(&error))
}

fn report(out: &Output, config: &Config, portal: &Portal, since: Option<&str>) -> Result<u8> {
    let folder = &config.settings.data_folder;
    let now = now();
    let since = since
        .map(moment)
        .transpose()?
        .unwrap_or(now.minus(Duration::from_hours(24)));
    let (journal, forgotten) = journal_since(config, portal, since)?;
    let tally = traffic::stored(folder, &portal.id)?;
    let values = [
        ("portal", Value::from(portal.id.as_str())),
        ("mode", Value::from(portal.mode.code())),
        ("since", Value::from(since.to_string())),
        ("requests", Value::from(journal.requests)),
    ];
    out.say("map-report-head", &values);
    if forgotten > 0 {
        out.say("map-report-forgotten", &[("count", Value::from(forgotten))]);
    }
    let mut sections = Sections { out, lines: 0 };
    match &tally {
        Some(tally) => traffic_sections(&mut sections, portal, tally, since),
        // Without it nothing is known of responses that show nobody: that is no good news.
        None => sections.unknown("map-report-no-tally"),
    }
    journal_sections(&mut sections, &journal);
    names_section(
        &mut sections,
        &journal,
        name_files::path(folder, &portal.id).try_exists()?,
    );
    Ok(if sections.lines == 0 { GOOD } else { BAD })
}

/// Prints headings with their lines, and counts what there is to do.
struct Sections<'o> {
    out: &'o Output,
    lines: usize,
}

impl Sections<'_> {
    fn print(&mut self, heading: &str, lines: &[String]) {
        self.out.line("");
        self.out
            .say(heading, &[("count", Value::from(lines.len()))]);
        lines
            .iter()
            .take(LINES_MAX)
            .for_each(|line| self.out.line(&format!("  {line}")));
        let more = lines.len().saturating_sub(LINES_MAX);
        if more > 0 {
            self.out
                .say("map-report-more", &[("count", Value::from(more))]);
        }
        self.lines += lines.len();
    }

    fn unknown(&mut self, key: &str) {
        self.out.line("");
        self.out.say(key, &[]);
        self.lines += 1;
    }

    fn text(&self, key: &str, values: &[(&str, Value)]) -> String {
        self.out.text_of(key, values)
    }
}

fn traffic_sections(
    sections: &mut Sections<'_>,
    portal: &Portal,
    tally: &TrafficTally,
    since: Timestamp,
) {
    let routes = tally.routes_since(since);
    // Whole days: the first one may have begun before `since`.
    if let Some(first) = tally.first_day().filter(|first| *first > since) {
        sections.out.line("");
        let values = [("first", Value::from(first.to_string()))];
        sections.out.say("map-report-since-traffic", &values);
    }
    sections.print("map-report-nobody", &quiet_routes(sections, &routes));
    let parts = tally.new_parts(since);
    let parts = parts.iter().map(|part| {
        let values = [
            ("route", Value::from(part.route.as_str())),
            ("part", Value::from(part.part.as_str())),
            ("at", Value::from(part.at.to_string())),
            ("after", Value::from(part.after)),
        ];
        sections.text("map-report-part", &values)
    });
    let parts: Vec<String> = parts.collect();
    sections.print("map-report-parts", &parts);
    sections.print("map-report-rules", &idle_rules(sections, portal, &routes));
    sections.print("map-report-catch-all", &catch_all(sections, &routes));
}

/// Routes that show nobody, with large bodies; the largest first.
fn quiet_routes(sections: &Sections<'_>, routes: &BTreeMap<String, RouteTraffic>) -> Vec<String> {
    let mut quiet: Vec<(&String, &RouteTraffic)> = routes.iter().collect();
    quiet.retain(|(_, traffic)| is_quiet(traffic));
    quiet.sort_by_key(|(_, traffic)| std::cmp::Reverse(traffic.without_persons_bytes));
    let line = |(route, traffic): (&String, &RouteTraffic)| {
        let values = [
            ("route", Value::from(route.as_str())),
            ("responses", Value::from(traffic.without_persons)),
            ("bytes", Value::from(traffic.without_persons_bytes)),
            ("largest", Value::from(traffic.without_persons_largest)),
        ];
        sections.text("map-report-quiet-route", &values)
    };
    quiet.into_iter().map(line).collect()
}

/// True for a route that showed nobody in any answer that was read, and much of it.
const fn is_quiet(traffic: &RouteTraffic) -> bool {
    let is_large = traffic.without_persons_largest >= LARGE_RESPONSE
        || traffic.without_persons_bytes >= LARGE_ROUTE;
    traffic.without_persons > 0
        && traffic.without_persons + traffic.unreadable == traffic.responses
        && is_large
}

/// Rules that found nobody in any response of their route.
fn idle_rules(
    sections: &Sections<'_>,
    portal: &Portal,
    routes: &BTreeMap<String, RouteTraffic>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for route in &portal.routes {
        let Some(traffic) = routes.get(route.name.as_str()) else {
            continue;
        };
        // What could not be read says nothing of a rule.
        let read = traffic.responses - traffic.unreadable;
        let mut rules = rules_of(route);
        rules.retain(|rule| read > 0 && !traffic.rules.contains_key(*rule));
        for rule in rules {
            let values = [
                ("route", Value::from(route.name.as_str())),
                ("rule", Value::from(rule)),
                ("responses", Value::from(read)),
            ];
            lines.push(sections.text("map-report-rule", &values));
        }
    }
    lines
}

/// The names of the rules for a route's answers, each once.
fn rules_of(route: &Route) -> Vec<&str> {
    let blocks = route.response.blocks.iter();
    let picks = blocks.flat_map(|block| block.picks());
    let mut rules: Vec<&str> = picks.map(|pick| &*pick.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// What routes for all others answered.
fn catch_all(sections: &Sections<'_>, routes: &BTreeMap<String, RouteTraffic>) -> Vec<String> {
    let mut found: Vec<(u64, &str, &str)> = Vec::new();
    for (route, traffic) in routes {
        found.extend(
            traffic
                .templates
                .iter()
                .map(|(template, count)| (*count, &**route, &**template)),
        );
        if traffic.other_templates > 0 {
            found.push((traffic.other_templates, route, "…"));
        }
    }
    found.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let line = |(count, route, template): (u64, &str, &str)| {
        let values = [
            ("count", Value::from(count)),
            ("route", Value::from(route)),
            ("template", Value::from(template)),
        ];
        sections.text("map-report-template", &values)
    };
    found.into_iter().map(line).collect()
}

fn journal_sections(sections: &mut Sections<'_>, journal: &JournalTally) {
    let mut outside: Vec<(&(String, String), &(u64, u64))> = journal.outside.iter().collect();
    outside.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let outside = outside
        .into_iter()
        .map(|((method, template), (count, bytes))| {
            let values = [
                ("method", Value::from(method.as_str())),
                ("template", Value::from(template.as_str())),
                ("count", Value::from(*count)),
                ("bytes", Value::from(*bytes)),
            ];
            sections.text("map-report-address", &values)
        });
    let outside: Vec<String> = outside.collect();
    sections.print("map-report-outside", &outside);
    for (heading, key) in [
        (RefusalHeading::StaleData, "map-report-stale"),
        (RefusalHeading::MapGap, "map-report-map-gap"),
        (RefusalHeading::Real, "map-report-real"),
        (RefusalHeading::Unknown, "map-report-not-known"),
    ] {
        let mut lines: Vec<(u64, String)> = journal
            .refusals
            .iter()
            .filter(|(key, _)| key.group.heading() == heading)
            .map(|(key, line)| {
                let text = refusal_line(
                    sections,
                    key.group,
                    (&key.reason, key.unread.as_deref()),
                    line,
                );
                let route = ("route", Value::from(key.route.as_str()));
                let text =
                    sections.text("map-report-refusal", &[route, ("text", Value::from(text))]);
                (line.refused + line.would_refuse, text)
            })
            .collect();
        lines.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        // Rules at work are what they are for: nothing to do.
        let todo = sections.lines;
        sections.print(key, &lines);
        if heading == RefusalHeading::Real {
            sections.lines = todo;
        }
    }
}

const fn cause_key(group: RefusalGroup) -> &'static str {
    match group {
        RefusalGroup::StaleData(StaleCause::AddedSince) => "map-report-cause-added-since",
        RefusalGroup::StaleData(StaleCause::NobodysPerson) => "map-report-cause-nobodys-person",
        RefusalGroup::StaleData(StaleCause::NoCaseload) => "map-report-cause-no-caseload",
        RefusalGroup::StaleData(StaleCause::UnknownAccount) => "map-report-cause-unknown-account",
        RefusalGroup::MapGap => "map-report-cause-map-gap",
        RefusalGroup::Real => "map-report-cause-real",
        RefusalGroup::Unknown => "map-report-cause-not-known",
    }
}

fn refusal_line(
    sections: &Sections<'_>,
    group: RefusalGroup,
    (reason, unread): (&str, Option<&str>),
    line: &RefusalLine,
) -> String {
    let cause = sections.text(cause_key(group), &[]);
    let unread = unread.map_or(String::new(), |unread| format!(" ({unread})"));
    let values = [
        ("cause", Value::from(cause)),
        ("reason", Value::from(format!("{reason}{unread}"))),
        ("refused", Value::from(line.refused)),
        ("would", Value::from(line.would_refuse)),
        ("accounts", Value::from(line.accounts.len())),
        ("persons", Value::from(line.persons.len())),
    ];
    sections.text("map-report-refusal-counts", &values)
}

fn names_section(sections: &mut Sections<'_>, journal: &JournalTally, has_table: bool) {
    if !has_table && journal.names.values().all(|line| line.names == 0) {
        sections.out.line("");
        return sections.out.say("map-report-no-names", &[]);
    }
    let lines = journal.names.iter().map(|(route, line)| {
        let values = [
            ("route", Value::from(route.as_str())),
            ("responses", Value::from(line.responses)),
            ("names", Value::from(line.names)),
            ("unread", Value::from(line.unread)),
        ];
        sections.text("map-report-names-route", &values)
    });
    let lines: Vec<String> = lines.collect();
    sections.print("map-report-names", &lines);
}

/// With the number of entries, of any portal, whose content is forgotten.
fn journal_since(
    config: &Config,
    portal: &Portal,
    since: Timestamp,
) -> Result<(JournalTally, u64)> {
    let folder = &config.settings.data_folder;
    let place = JournalPlace {
        folder: folder.join("journal"),
        is_named: false,
        key: None,
        master: Some(config.settings.journal.master_key.clone()),
    };
    let reading = JournalReading::open(&place)?;
    let first = first_since(&reading, since.minus(LATE_MAX))?;
    let caseloads = KeptCaseloads::read(folder, portal)?;
    let (mut tally, mut forgotten) = (JournalTally::default(), 0u64);
    reading.each(first, reading.head.size, &mut |_, opened| {
        match opened {
            OpenedKeyring::Event(Event::Exposure(exposure))
                if exposure.portal == portal.id && exposure.at >= since =>
            {
                tally.add(&exposure, &caseloads);
            }
            OpenedKeyring::Forgotten(clear) if clear.at >= since => forgotten += 1,
            OpenedKeyring::Event(_) | OpenedKeyring::Forgotten(_) => {}
        }
        Ok(())
    })?;
    Ok((tally, forgotten))
}

/// How long after its request an entry may be written: the download of a pilot ends first.
const LATE_MAX: Duration = Duration::from_hours(1);
/// Entries that are read to know the time at one place of the journal.
const PROBED: u64 = 256;

/// An entry at or before the first one written since. Entries of imported logs have the times of
/// their requests, and tell nothing of when they were written.
fn first_since(reading: &JournalReading, since: Timestamp) -> Result<u64> {
    let (mut first, mut end) = (0, reading.head.size);
    while first < end {
        let middle = first + (end - first) / 2;
        let mut written = None;
        reading.each(
            middle,
            reading.head.size.min(middle + PROBED),
            &mut |_, opened| {
                let at = match opened {
                    OpenedKeyring::Forgotten(clear) => Some(clear.at),
                    OpenedKeyring::Event(Event::Exposure(one)) if one.source.is_some() => None,
                    OpenedKeyring::Event(event) => Some(event.at()),
                };
                written = written.or(at);
                Ok(())
            },
        )?;
        // Where it is not known, reading begins earlier.
        if written.is_some_and(|at| at < since) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    Ok(first)
}

fn now() -> Timestamp {
    SystemClock::new(TimeZone::UTC).now()
}

/// The caseloads as the running Digue keeps them.
struct KeptCaseloads<'p> {
    portal: &'p Portal,
    caseloads: Caseloads,
    now: Timestamp,
}

impl<'p> KeptCaseloads<'p> {
    fn read(data_folder: &Path, portal: &'p Portal) -> Result<Self> {
        let path = data_folder
            .join("caseloads")
            .join(format!("{}.csv", portal.population));
        let caseloads = match File::open(&path) {
            Ok(file) => {
                // References were made canonical when they were loaded.
                let read = read_csv(std::io::BufReader::new(file), &portal.population, &|text| {
                    Ok(text.to_owned())
                });
                read.map_err(|faults| {
                    anyhow!(
                        "line {}: not a kept caseload",
                        faults.first().map_or(0, |fault| fault.line)
                    )
                })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Caseloads::default()),
            Err(error) => Err(error.into()),
        };
        let caseloads = caseloads.with_context(|| path.display().to_string())?;
        Ok(Self {
            portal,
            caseloads,
            now: now(),
        })
    }
}

impl CaseloadsInForce for KeptCaseloads<'_> {
    fn has_caseload(&self, account: &AccountId, organisation: &OrganisationId) -> bool {
        self.caseloads.has_caseload(account, organisation)
    }

    fn standing(
        &self,
        account: &AccountId,
        organisation: &OrganisationId,
        person: &PersonRef,
    ) -> CaseloadStanding {
        let key = self.portal.person_key(person);
        if self
            .caseloads
            .find(account, organisation, key, self.now)
            .is_some()
        {
            CaseloadStanding::Own
        } else if self.caseloads.has_anywhere(key, self.now) {
            CaseloadStanding::Others
        } else {
            CaseloadStanding::Nobodys
        }
    }
}
