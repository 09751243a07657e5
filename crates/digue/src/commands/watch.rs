//! `digue watch`: recorded exposures through the same engine as the door's, nothing else needed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use digue_detection::{Engine, Finding, Options, Playbook, Weight};
use digue_locales::{Language, Value, text};
use digue_operations::import::unpacked;
use digue_operations::signals::sentence;
use digue_replay::recorded::{AccountList, CaseloadList, Unread, Watcher, in_order};
use serde::Serialize;

use super::{BAD, GOOD, Out};
use crate::cli::AskedWatch;

pub(super) fn run(out: &Out, asked: &AskedWatch) -> u8 {
    match watch(out, asked) {
        Ok(code) => code,
        Err(error) => out.failed(&error),
    }
}

/// One decision, as it is written.
#[derive(Serialize)]
struct Decision<'f> {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'f str>,
    organisation: &'f str,
    kind: &'static str,
    /// What the default playbook does about it; a door withholds the response that reveals it.
    action: &'static str,
    reasons: Vec<String>,
    signals: Vec<digue_detection::Signal>,
    /// Decimal logarithm of the odds against honest work.
    evidence: f32,
    /// Shown to the account that day, the response that reveals it included.
    persons: u32,
}

/// Recorded work goes on after a containment; a day later somebody has opened the account again.
const REOPENS_AFTER: Duration = Duration::from_hours(24);

fn watch(out: &Out, asked: &AskedWatch) -> Result<u8> {
    let Some(accounts) = list(out, asked.accounts.as_deref(), AccountList::parse)? else {
        return Ok(BAD);
    };
    let Some(caseload) = list(out, asked.caseload.as_deref(), CaseloadList::parse)? else {
        return Ok(BAD);
    };
    let begin = || {
        let engine = Engine::new(Options { reopens_after: Some(REOPENS_AFTER), ..Options::default() });
        Pass {
            watcher: Watcher::new(engine, &accounts, &caseload),
            writer: Writer { decisions: Vec::new(), language: out.language, counts: [0; 2] },
            found: Vec::new(),
            lines: 0,
            unread: None,
        }
    };
    let path = &asked.exposures;
    let mut pass = begin();
    if !pass.stream(open(path)?)? {
        // Not in the order of time: once more, sorted, and all of it in memory.
        pass = begin();
        let exposures = read(path)?;
        in_order(&exposures).into_iter().try_for_each(|range| pass.take(&exposures[range]).map(drop))?;
    }
    pass.finish()?;
    match &asked.decisions {
        Some(path) => {
            std::fs::write(path, &pass.writer.decisions).with_context(|| path.display().to_string())?;
        }
        None => out.text(&String::from_utf8_lossy(&pass.writer.decisions)),
    }
    pass.tell(out, asked.decisions.is_some())
}

/// One reading of the exposures.
struct Pass<'l> {
    watcher: Watcher<'l>,
    writer: Writer,
    found: Vec<Finding>,
    lines: usize,
    /// How many lines were not read; the first of them, and why.
    unread: Option<(u64, usize, Unread)>,
}

impl Pass<'_> {
    /// Reads line by line; false as soon as a line is earlier than the one before it.
    fn stream(&mut self, mut file: impl BufRead) -> Result<bool> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if file.read_until(b'\n', &mut line)? == 0 {
                return Ok(true);
            }
            if !self.take(&line)? {
                return Ok(false);
            }
        }
    }

    /// Takes in one line; false when it is earlier than the one before it.
    fn take(&mut self, line: &[u8]) -> Result<bool> {
        self.lines += 1;
        if line.trim_ascii().is_empty() {
            return Ok(true);
        }
        match self.watcher.read(line, &mut self.found) {
            Ok(()) => {}
            Err(Unread::Order) => return Ok(false),
            Err(reason) => {
                let (count, first, why) = self.unread.unwrap_or((0, self.lines, reason));
                self.unread = Some((count + 1, first, why));
            }
        }
        self.write()?;
        Ok(true)
    }

    fn finish(&mut self) -> Result<()> {
        self.watcher.finish(&mut self.found);
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        self.found.drain(..).try_for_each(|finding| self.writer.write(&finding))
    }

    fn tell(&self, out: &Out, says_all: bool) -> Result<u8> {
        let [alerts, containments] = self.writer.counts;
        if says_all {
            out.say(
                "watch-done",
                &[
                    ("lines", Value::from(self.watcher.lines)),
                    ("accounts", Value::from(self.watcher.accounts())),
                    ("containments", Value::from(containments)),
                    ("alerts", Value::from(alerts)),
                ],
            );
        }
        let Some((count, line, reason)) = self.unread else { return Ok(GOOD) };
        let key = if reason == Unread::Instant { "watch-unread-instant" } else { "watch-unread-form" };
        let reason = text(out.language, key);
        let values =
            [("lines", Value::from(count)), ("line", Value::from(line)), ("reason", Value::from(reason))];
        out.complain("watch-unread", &values);
        Ok(BAD)
    }
}

struct Writer {
    decisions: Vec<u8>,
    language: Language,
    /// Alerts, containments.
    counts: [u64; 2],
}

impl Writer {
    fn write(&mut self, finding: &Finding) -> Result<()> {
        self.counts[usize::from(finding.weight == Weight::Containment)] += 1;
        let decision = Decision {
            at: finding.at.to_string(),
            account: finding.account.as_deref(),
            organisation: &finding.organisation,
            kind: finding.weight.code(),
            action: Playbook::default().step(finding, 0, 0).taken.code(),
            reasons: finding.signals.iter().map(|signal| sentence(self.language, signal)).collect(),
            signals: finding.signals.clone(),
            evidence: finding.evidence,
            persons: finding.persons,
        };
        serde_json::to_writer(&mut self.decisions, &decision)?;
        self.decisions.push(b'\n');
        Ok(())
    }
}

fn open(path: &Path) -> Result<impl BufRead + use<>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let file = unpacked(file).with_context(|| path.display().to_string())?;
    Ok(BufReader::with_capacity(1 << 18, file))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    Ok(bytes)
}

/// A list of a file, empty without one; `None` when a line is at fault, which has been told.
fn list<T: Default>(
    out: &Out,
    path: Option<&Path>,
    parse: impl Fn(&str) -> Result<T, usize>,
) -> Result<Option<T>> {
    let Some(path) = path else {
        return Ok(Some(T::default()));
    };
    let bytes = read(path)?;
    match parse(&String::from_utf8_lossy(&bytes)) {
        Ok(list) => Ok(Some(list)),
        Err(line) => {
            let values = [("file", Value::from(path.display().to_string())), ("line", Value::from(line))];
            out.complain("watch-list-fault", &values);
            Ok(None)
        }
    }
}
