//! `digue watch`: recorded exposures through the same engine as the door's, nothing else needed.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write};
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
    let exposures = read(&asked.exposures)?;
    let engine = Engine::new(Options { reopens_after: Some(REOPENS_AFTER), ..Options::default() });
    let mut watcher = Watcher::new(engine, accounts, caseload);
    let to: Box<dyn Write> = match &asked.decisions {
        Some(path) => Box::new(File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(std::io::stdout()),
    };
    let mut writer = Writer { out: BufWriter::new(to), language: out.language, counts: [0; 2] };
    let mut unread: Option<(u64, usize, Unread)> = None;
    let mut found = Vec::new();
    let mut place = 0;
    let is_ordered = is_in_order(&exposures);
    let mut take = |line: &[u8]| -> Result<()> {
        place += 1;
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        if let Err(reason) = watcher.read(line, &mut found) {
            let (count, ..) = *unread.get_or_insert((0, place, reason));
            unread = unread.map(|(_, place, reason)| (count + 1, place, reason));
        }
        found.drain(..).try_for_each(|finding| writer.write(&finding))
    };
    if is_ordered {
        exposures.split(|byte| *byte == b'\n').try_for_each(&mut take)?;
    } else {
        in_order(&exposures).into_iter().try_for_each(|range| take(&exposures[range]))?;
    }
    watcher.finish(&mut found);
    found.drain(..).try_for_each(|finding| writer.write(&finding))?;
    writer.out.flush()?;
    let [alerts, containments] = writer.counts;
    if asked.decisions.is_some() {
        out.say(
            "watch-done",
            &[
                ("lines", Value::from(watcher.lines)),
                ("accounts", Value::from(watcher.accounts())),
                ("containments", Value::from(containments)),
                ("alerts", Value::from(alerts)),
            ],
        );
    }
    if let Some((count, line, reason)) = unread {
        let key = if reason == Unread::Instant { "watch-unread-instant" } else { "watch-unread-form" };
        let reason = text(out.language, key);
        let values =
            [("lines", Value::from(count)), ("line", Value::from(line)), ("reason", Value::from(reason))];
        out.complain("watch-unread", &values);
        return Ok(BAD);
    }
    Ok(GOOD)
}

struct Writer {
    out: BufWriter<Box<dyn Write>>,
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
        serde_json::to_writer(&mut self.out, &decision)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }
}

/// True when no line is earlier than the one before it.
fn is_in_order(exposures: &[u8]) -> bool {
    // Instants of one offset compare as texts; anything else is sorted, which takes a little longer.
    let mut last: &[u8] = b"";
    for line in exposures.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let Some(start) = find(line, b"\"at\":") else { return false };
        let rest = line[start + 5..].trim_ascii_start();
        let Some(end) = rest.iter().skip(1).position(|byte| *byte == b'"') else { return false };
        let at = &rest[1..=end];
        if !at.ends_with(b"Z") || at.len() < last.len() && !last.is_empty() || at < last {
            return false;
        }
        last = at;
    }
    true
}

fn find(line: &[u8], wanted: &[u8]) -> Option<usize> {
    line.windows(wanted.len()).position(|window| window == wanted)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    unpacked(file)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .with_context(|| path.display().to_string())?;
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
