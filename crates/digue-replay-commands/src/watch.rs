//! `digue watch`: recorded exposures through the engine of the gateway; nothing else is needed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use digue_administration::watch_lists;
use digue_app::LineFault;
use digue_app::signals::sentences;
use digue_detection::{
    DeclaredBatch, Engine, EngineOptions, Finding, Playbook, RecentClosings, Weight,
};
use digue_locales::{Language, Value, text};
use digue_replay::recorded::Watcher;
use digue_replay::recorded::lists::{AccountList, CaseloadList};
use digue_replay::recorded::play::{PlayError, RecordOutcome, RecordPlayer, RecordSource};
use digue_types::Timestamp;
use serde::Serialize;

use crate::arguments::WatchArguments;
use digue_terminal::{BAD, GOOD, NOT_RUN, Output, input};

pub fn run(out: &Output, arguments: &WatchArguments) -> u8 {
    match watch(out, arguments) {
        Ok(code) => code,
        Err(error) => out.failed(&error),
    }
}

/// One decision, as it is written.
#[derive(Serialize)]
struct WrittenDecision<'f> {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'f str>,
    organisation: &'f str,
    kind: &'static str,
    /// The step of the default playbook; a live gateway would withhold the response that reveals
    /// the theft.
    action: &'static str,
    reasons: Vec<String>,
    signals: Vec<digue_detection::Signal>,
    /// The days around it; absent where it concerns a whole organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    around: Option<digue_detection::Surroundings>,
    /// Decimal logarithm of the odds against honest work.
    evidence: f32,
    /// Persons shown to the account that day, including the response that reveals the theft.
    persons: u32,
}

/// Recorded work continues after a containment: an account that works a day later has been
/// reopened.
const REOPENS_AFTER: Duration = Duration::from_hours(24);

fn watch(out: &Output, arguments: &WatchArguments) -> Result<u8> {
    let (Some((accounts, batches)), Some(caseload)) = (
        accounts(out, arguments.accounts.as_deref()),
        caseload(out, arguments.caseload.as_deref()),
    ) else {
        return Ok(NOT_RUN);
    };
    let watcher = || {
        let batches = batches.clone();
        let options = EngineOptions {
            reopens_after: Some(REOPENS_AFTER),
            batches,
            ..EngineOptions::default()
        };
        Watcher::new(Engine::new(options), &accounts, &caseload)
    };
    let path = &arguments.exposures;
    let played = record(path).map_err(PlayError::opening);
    let played = match played
        .and_then(|record| RecordPlayer::new(&watcher, &tempfile::tempfile).play(record))
    {
        Ok(played) => played,
        Err(PlayError::Input(fault)) => {
            input::complain(out, path, &fault);
            return Ok(NOT_RUN);
        }
        Err(PlayError::Spill(error)) => {
            let folder = std::env::temp_dir().display().to_string();
            let values = [
                ("folder", Value::from(folder)),
                ("cause", Value::from(error.0.to_string())),
            ];
            out.complain("input-spill-failed", &values);
            return Ok(NOT_RUN);
        }
    };
    let mut writer = DecisionWriter {
        decisions: Vec::new(),
        language: out.language,
        counts: [0; 2],
    };
    played
        .findings
        .iter()
        .try_for_each(|finding| writer.write(finding))?;
    match &arguments.decisions {
        Some(path) => {
            // At the end and at once: a run that fails leaves no file that looks complete.
            if let Err(error) = std::fs::write(path, &writer.decisions) {
                let file = Value::from(path.display().to_string());
                let values = [("file", file), ("cause", Value::from(error.to_string()))];
                out.complain("input-write-failed", &values);
                return Ok(NOT_RUN);
            }
            tell_done(out, &played, writer.counts);
        }
        None => out.text(&String::from_utf8_lossy(&writer.decisions)),
    }
    Ok(tell_unread(out, path, &played))
}

fn record(path: &Path) -> std::io::Result<RecordSource> {
    if input::opens_again(path)? {
        return Ok(RecordSource::File(PathBuf::from(path)));
    }
    Ok(RecordSource::Pipe(input::open(path)?.reader))
}

fn tell_done(out: &Output, played: &RecordOutcome, [alerts, containments]: [u64; 2]) {
    out.say(
        "watch-done",
        &[
            ("lines", Value::from(played.lines)),
            ("accounts", Value::from(played.accounts)),
            ("containments", Value::from(containments)),
            ("alerts", Value::from(alerts)),
        ],
    );
}

/// Reports what was not read; returns the exit code.
fn tell_unread(out: &Output, path: &Path, played: &RecordOutcome) -> u8 {
    if let Some(fault) = &played.stopped {
        input::complain_stopped(out, path, fault);
    }
    let unread = &played.unread;
    if unread.count > 0 {
        out.complain("watch-unread", &[("lines", Value::from(unread.count))]);
    }
    for (line, reason) in &unread.named {
        let reason = text(out.language, &format!("watch-unread-{}", reason.code()));
        out.complain(
            "watch-unread-line",
            &[
                ("line", Value::from(*line)),
                ("reason", Value::from(reason)),
            ],
        );
    }
    let left = unread.count - unread.named.len() as u64;
    if left > 0 {
        out.complain("watch-unread-more", &[("lines", Value::from(left))]);
    }
    if played.stopped.is_none() && unread.count == 0 {
        GOOD
    } else {
        BAD
    }
}

struct DecisionWriter {
    decisions: Vec<u8>,
    language: Language,
    /// Alerts, then containments.
    counts: [u64; 2],
}

impl DecisionWriter {
    fn write(&mut self, finding: &Finding) -> Result<()> {
        self.counts[usize::from(finding.weight == Weight::Containment)] += 1;
        let decision = WrittenDecision {
            at: instant(finding.at),
            account: finding.account.as_deref(),
            organisation: &finding.organisation,
            kind: finding.weight.code(),
            action: Playbook::default()
                .step(finding, &RecentClosings::default())
                .taken
                .code(),
            reasons: sentences(self.language, &finding.signals),
            signals: finding.signals.clone(),
            around: finding.account.is_some().then_some(finding.around),
            evidence: finding.evidence,
            persons: finding.persons,
        };
        serde_json::to_writer(&mut self.decisions, &decision)?;
        self.decisions.push(b'\n');
        Ok(())
    }
}

/// Always with six digits after the second: text order is time order.
fn instant(at: Timestamp) -> String {
    match jiff::Timestamp::from_microsecond(at.micros()) {
        Ok(at) => format!("{at:.6}"),
        Err(_) => at.to_string(),
    }
}

/// The accounts with their batches, empty without a list; `None` when the list cannot be used,
/// which has been reported.
fn accounts(out: &Output, path: Option<&Path>) -> Option<(AccountList, Vec<DeclaredBatch>)> {
    let (mut list, mut batches) = (AccountList::default(), Vec::new());
    for row in rows(out, path, watch_lists::accounts)? {
        list.add(&row.account, &row.organisation, row.created);
        batches.extend(row.batch);
    }
    Some((list, batches))
}

fn caseload(out: &Output, path: Option<&Path>) -> Option<CaseloadList> {
    let mut list = CaseloadList::default();
    for row in rows(out, path, watch_lists::caseload)? {
        list.add(&row.holder, &row.person, row.from, row.until);
    }
    Some(list)
}

fn rows<T>(
    out: &Output,
    path: Option<&Path>,
    parse: impl Fn(&[u8]) -> Result<Vec<T>, Vec<LineFault>>,
) -> Option<Vec<T>> {
    let Some(path) = path else {
        return Some(Vec::new());
    };
    let bytes = input::read_list(out, path)?;
    match parse(&bytes) {
        Ok(rows) => Some(rows),
        Err(faults) => {
            faults.iter().for_each(|fault| complain(out, path, fault));
            None
        }
    }
}

fn complain(out: &Output, path: &Path, fault: &LineFault) {
    let column = fault.column.as_ref();
    let column = column.map_or_else(String::new, |column| format!(" ({column})"));
    let values = [
        ("file", Value::from(input::shown(out.language, path))),
        ("line", Value::from(fault.line)),
        ("column", Value::from(column)),
        ("reason", Value::from(text(out.language, &fault.key))),
    ];
    out.complain("watch-list-fault", &values);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_sort_as_texts() {
        let mut micros = [0, 1, 10, 100_000, 999_999, 1_000_000, 1_500_000, 60_000_000];
        micros.reverse();
        let mut texts: Vec<String> = micros
            .iter()
            .map(|micros| instant(Timestamp::from_micros(*micros)))
            .collect();
        texts.sort();
        assert_eq!(
            texts[..3],
            [
                "1970-01-01T00:00:00.000000Z",
                "1970-01-01T00:00:00.000001Z",
                "1970-01-01T00:00:00.000010Z"
            ]
        );
        micros.sort_unstable();
        let sorted: Vec<String> = micros
            .iter()
            .map(|micros| instant(Timestamp::from_micros(*micros)))
            .collect();
        assert_eq!(texts, sorted);
    }
}
