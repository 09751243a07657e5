//! `[watch]`: how much evidence is needed, what is done automatically, and the playbook.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use digue_administration::watch_lists::{ListedDecoy, decoys, parse_minute};
use digue_casework::alerts::{AlertRules, Webhook};
use digue_detection::playbook::PlaybookLine;
use digue_detection::{
    Action, Bars, DeclaredBatch, EngineOptions, Fuse, Playbook, SignalKind, Weight, Work,
};

use digue_types::{AccountId, PortalId};

use super::reader::ConfigSection;

/// `[watch]`, checked.
#[derive(Clone)]
pub struct WatchSettings {
    pub playbook: Playbook,
    pub bars: Bars,
    pub listed_max: u32,
    /// Fictitious persons.
    pub decoys: Vec<Decoy>,
    /// Scheduled work of programs.
    pub batches: Vec<DeclaredBatch>,
    pub work: Vec<PortalWork>,
    pub alerts: AlertRules,
}

/// The kind of work at a portal, and the line that declares it.
#[derive(Clone)]
pub struct PortalWork {
    pub portal: PortalId,
    pub work: Work,
    pub line: usize,
}

/// A fictitious person, and the line that names it.
#[derive(Clone)]
pub struct Decoy {
    pub portal: String,
    pub person: String,
    pub file: PathBuf,
    pub line: usize,
}

const ACTIONS: [(&str, Action); 7] = [
    ("observe", Action::Observe),
    ("lower-budget", Action::LowerBudget),
    ("caseload-only", Action::CaseloadOnly),
    ("step-up", Action::StepUp),
    ("close-account", Action::CloseAccount),
    ("close-organisation", Action::CloseOrganisation),
    ("close-portal", Action::ClosePortal),
];

/// Account-days per false alarm that can be configured: an alarm a day for each account would be
/// useless.
const DAYS_MIN: u32 = 10;
const DAYS_MAX: u32 = 100_000_000;

pub(crate) fn read_watch(section: Option<ConfigSection<'_>>) -> Option<WatchSettings> {
    let mut settings = WatchSettings {
        playbook: Playbook::default(),
        bars: Bars::default(),
        listed_max: EngineOptions::default().listed_max,
        decoys: Vec::new(),
        batches: Vec::new(),
        work: Vec::new(),
        alerts: AlertRules::default(),
    };
    let Some(section) = section else {
        return Some(settings);
    };
    if let Some(automatic) = section.choice("automatic", &ACTIONS) {
        if automatic == Action::ClosePortal {
            // It stops everyone's work: never without a person.
            section.fault("automatic", "fault-automatic-portal", "");
            return None;
        }
        settings.playbook.automatic = automatic;
    }
    let bar = |key: &str, usual: f32| match section.number(key) {
        None => Some(usual),
        // Evidence is the logarithm of odds: a bar of days per false alarm becomes a bar of
        // evidence.
        Some(days) if (DAYS_MIN..=DAYS_MAX).contains(&days) => Some((days as f32).log10()),
        Some(_) => {
            section.fault(key, "fault-value", format!("{DAYS_MIN}-{DAYS_MAX}"));
            None
        }
    };
    settings.bars.alert = bar("days_per_false_alert", settings.bars.alert)?;
    settings.bars.containment = bar("days_per_false_containment", settings.bars.containment)?;
    // A containment that needs less than an alert would act before it warned.
    if settings.bars.containment < settings.bars.alert {
        section.fault(
            "days_per_false_containment",
            "fault-value",
            ">= days_per_false_alert",
        );
        return None;
    }
    let small = |key: &str, usual: u32| match section.number(key) {
        None => Some(usual),
        Some(number) if number > 0 => Some(number),
        Some(_) => {
            section.fault(key, "fault-value", "1-4294967295");
            None
        }
    };
    settings.listed_max = small("listed_persons", settings.listed_max)?;
    settings.playbook.organisation_after =
        small("organisation_after", settings.playbook.organisation_after)?;
    settings.playbook.portal_after = small("portal_after", settings.playbook.portal_after)?;
    settings.playbook.fuse = read_fuse(&section, settings.playbook.fuse)?;
    let lines: Vec<Option<PlaybookLine>> =
        section.sections("playbook").iter().map(read_line).collect();
    if !lines.is_empty() {
        settings.playbook.lines = lines.into_iter().collect::<Option<Vec<_>>>()?;
    }
    let batches: Vec<_> = section.sections("batches").iter().map(read_batch).collect();
    settings.batches = batches.into_iter().collect::<Option<Vec<_>>>()?;
    if let Some(work) = section.section("work") {
        settings.work = read_work(&work)?;
    }
    if let Some(path) = section.path("decoys") {
        settings.decoys = read_decoys(&section, &path)?;
    }
    settings.alerts.syslog = match section.has("syslog") {
        true => Some(section.parse("syslog", str::parse::<SocketAddr>)?),
        false => None,
    };
    if let Some(url) = section.parse("webhook", parse_webhook) {
        // No webhook without a secret: its receiver could not tell a finding from an invention.
        let Some(path) = section.path("webhook_secret_file") else {
            section.fault("webhook_secret_file", "fault-missing", "");
            return None;
        };
        match std::fs::read_to_string(path) {
            Ok(secret) if secret.trim().len() >= SECRET_CHARS_MIN => {
                settings.alerts.webhook = Some(Webhook {
                    url,
                    secret: secret.trim().to_owned(),
                });
            }
            Ok(_) => {
                section.fault(
                    "webhook_secret_file",
                    "fault-value",
                    format!(">= {SECRET_CHARS_MIN}"),
                );
                return None;
            }
            Err(error) => {
                section.fault("webhook_secret_file", "fault-value", error);
                return None;
            }
        }
    }
    Some(settings)
}

/// `[[watch.batches]]`: account, hours, and persons a day.
fn read_batch(section: &ConfigSection<'_>) -> Option<DeclaredBatch> {
    let account = section.need("account", AccountId::parse);
    let minute = |text: &str| parse_minute(text).ok_or("00:00-23:59");
    let (from, until) = (section.need("from", minute), section.need("until", minute));
    if !section.has("persons") {
        section.fault("persons", "fault-missing", "");
    }
    let persons = section.number("persons");
    if persons == Some(0) {
        return section.refuse("persons", "fault-value", "1-4294967295");
    }
    // Equal ends could mean the whole day or nothing.
    if from.is_some() && from == until {
        return section.refuse("until", "fault-value", "until != from");
    }
    Some(DeclaredBatch {
        account: account?.to_string(),
        from_minute: from?,
        until_minute: until?,
        persons: persons?,
    })
}

/// `[watch.work]`: portals by their ids.
fn read_work(section: &ConfigSection<'_>) -> Option<Vec<PortalWork>> {
    let names = section.names();
    let read: Vec<_> = names
        .iter()
        .map(|name| read_work_of(section, name))
        .collect();
    read.into_iter().collect()
}

fn read_work_of(section: &ConfigSection<'_>, name: &str) -> Option<PortalWork> {
    let work = section.choice(name, &WORK)?;
    Some(PortalWork {
        portal: section.accept(name, PortalId::parse(name))?,
        work,
        line: section.line_of(name),
    })
}

const WORK: [(&str, Work); 2] = [("files", Work::Files), ("desk", Work::Desk)];

/// The number of closings beyond which people decide.
fn read_fuse(section: &ConfigSection<'_>, usual: Fuse) -> Option<Fuse> {
    let within = |key, usual, most| number_within(section, key, usual, most);
    Some(Fuse {
        share_percent: within("fuse_share", usual.share_percent, 100)?,
        accounts: within("fuse_accounts", usual.accounts, u32::MAX)?,
        hours: within("fuse_hours", usual.hours, FUSE_HOURS_MAX)?,
    })
}

fn number_within(section: &ConfigSection<'_>, key: &str, usual: u32, most: u32) -> Option<u32> {
    match section.number(key) {
        None => Some(usual),
        Some(number) if (1..=most).contains(&number) => Some(number),
        Some(_) => section.refuse(key, "fault-value", format!("1-{most}")),
    }
}

/// Findings of a month are read again at a start; a longer fuse would forget closings.
const FUSE_HOURS_MAX: u32 = 30 * 24;

/// A shorter secret could be guessed.
const SECRET_CHARS_MIN: usize = 24;

fn parse_webhook(text: &str) -> Result<String, String> {
    let example = || "https://soc.exemple.fr/digue".to_owned();
    let uri: http::Uri = text.parse().map_err(|_| example())?;
    let is_here = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    // Its messages name accounts: unencrypted to this machine only.
    let is_safe = uri.scheme_str() == Some("https") || uri.scheme_str() == Some("http") && is_here;
    if is_safe {
        Ok(text.to_owned())
    } else {
        Err(example())
    }
}

fn read_line(section: &ConfigSection<'_>) -> Option<PlaybookLine> {
    let weights = [
        ("alert", Weight::Alert),
        ("containment", Weight::Containment),
    ];
    let weight = section
        .choice("on", &weights)
        .unwrap_or(Weight::Containment);
    Some(PlaybookLine {
        weight,
        signals: read_signals(section)?,
        action: section.choice("action", &ACTIONS)?,
    })
}

fn read_signals(section: &ConfigSection<'_>) -> Option<Vec<SignalKind>> {
    let mut signals = Vec::new();
    for code in section.texts("signals") {
        match SignalKind::parse(&code) {
            Some(kind) => signals.push(kind),
            None => return section.refuse("signals", "fault-value", code),
        }
    }
    Some(signals)
}

/// A CSV of `portal,person`, with its header.
fn read_decoys(section: &ConfigSection<'_>, path: &Path) -> Option<Vec<Decoy>> {
    let listed = section.accept("decoys", decoys_of(path))?;
    Some(listed.into_iter().map(|one| placed(one, path)).collect())
}

fn decoys_of(path: &Path) -> Result<Vec<ListedDecoy>, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    decoys(&bytes).map_err(|line| format!("{}:{line}", path.display()))
}

fn placed(listed: ListedDecoy, file: &Path) -> Decoy {
    let ListedDecoy {
        portal,
        person,
        line,
    } = listed;
    Decoy {
        portal,
        person,
        file: file.to_owned(),
        line,
    }
}
