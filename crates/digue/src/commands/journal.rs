//! `digue journal verify`, `show`, `tail`: reading a journal with the public key alone.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::keyring::{Keyring, MasterKey, Opened};
use digue_journal::note::Verifier;
use digue_journal::verify::{Against, Report};
use digue_journal::{reader, verify as audit};
use digue_locales::Value;
use digue_operations::entry::{as_json, forgotten_json};

use super::{BAD, GOOD, NOT_RUN, Out};
use crate::cli::JournalPlace;

pub(crate) fn verify(out: &Out, place: &JournalPlace, from: Option<&Path>) -> u8 {
    match check(place, from) {
        Ok(report) => tell(out, &report),
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            out.complain("verify-failed", &[("cause", Value::from(causes.join(": ")))]);
            NOT_RUN
        }
    }
}

fn check(place: &JournalPlace, from: Option<&Path>) -> Result<Report> {
    let key = key_of(place)?;
    let earlier = from
        .map(|path| -> Result<Checkpoint> {
            let note = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Ok(Checkpoint::open(&note, &key)?)
        })
        .transpose()?;
    let mut shown = std::time::Instant::now();
    let progress = |entries: u64, _: u64| {
        // Only long checks speak of themselves.
        if shown.elapsed() > Duration::from_secs(2) {
            shown = std::time::Instant::now();
            let _ = write!(std::io::stderr(), "\r{entries}");
        }
    };
    let keyring = keyring_of(place)?;
    let against = Against { earlier: earlier.as_ref(), keyring: keyring.as_ref(), ..Against::key(&key) };
    Ok(audit::verify(&Disk::new(&place.folder), &against, progress)?)
}

/// The key that was given, or the one that Digue keeps beside the journal.
fn key_of(place: &JournalPlace) -> Result<Verifier> {
    let text = match &place.key {
        Some(text) if text.contains('+') && !Path::new(text).exists() => text.clone(),
        Some(path) => std::fs::read_to_string(path).with_context(|| path.clone())?,
        None => {
            let path = place.folder.join("../keys/journal.pub");
            std::fs::read_to_string(&path).with_context(|| path.display().to_string())?
        }
    };
    Ok(Verifier::parse(&text)?)
}

fn tell(out: &Out, report: &Report) -> u8 {
    if report.is_intact() {
        let root: String = report.root.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
        out.say("verify-intact", &[("size", Value::from(report.size)), ("root", Value::from(root))]);
        if report.unpublished > 0 {
            out.say("verify-unpublished", &[("count", Value::from(report.unpublished))]);
        }
        return GOOD;
    }
    out.say("verify-tampered", &[("count", Value::from(report.findings.len()))]);
    for finding in &report.findings {
        let kind = digue_locales::text(out.language, &format!("finding-{}", finding.kind.code()));
        let values = [
            ("entry", Value::from(finding.entry)),
            ("kind", Value::from(kind)),
            ("detail", Value::from(finding.detail.as_str())),
        ];
        out.say("verify-finding", &values);
    }
    if let Some(since) = report.findings.first().and_then(|finding| finding.since) {
        out.say("verify-since", &[("since", Value::from(since.to_string()))]);
    }
    BAD
}

pub(crate) fn show(out: &Out, place: &JournalPlace, first: u64, count: u64) -> u8 {
    answer(out, print(out, place, first, count).map(drop))
}

pub(crate) fn tail(out: &Out, place: &JournalPlace, count: u64, follows: bool) -> u8 {
    let done = size(place).and_then(|size| {
        let mut next = print(out, place, size.saturating_sub(count), count)?;
        while follows {
            #[expect(clippy::disallowed_methods, reason = "a command that follows a file waits")]
            std::thread::sleep(Duration::from_millis(500));
            next = print(out, place, next, u64::MAX)?;
        }
        Ok(())
    });
    answer(out, done)
}

fn answer(out: &Out, done: Result<()>) -> u8 {
    match done {
        Ok(()) => GOOD,
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            out.complain("verify-failed", &[("cause", Value::from(causes.join(": ")))]);
            NOT_RUN
        }
    }
}

fn size(place: &JournalPlace) -> Result<u64> {
    let disk = Disk::new(&place.folder);
    let note = disk.read("checkpoint")?.ok_or_else(|| anyhow!("checkpoint"))?;
    Ok(Checkpoint::open(&String::from_utf8_lossy(&note), &key_of(place)?)?.size)
}

/// Prints entries as JSON, one a line; returns the index after the last.
fn print(out: &Out, place: &JournalPlace, first: u64, count: u64) -> Result<u64> {
    let published = size(place)?;
    let end = published.min(first.saturating_add(count));
    let disk = Disk::new(&place.folder);
    let keyring = keyring_of(place)?.ok_or_else(|| anyhow!("the master key is missing"))?;
    for (index, bytes) in (first..).zip(reader::entries(&disk, first..end.max(first), published)?) {
        match keyring.open(&bytes)? {
            Opened::Event(event) => out.line(&as_json(index, &event).to_string()),
            Opened::Forgotten(clear) => out.line(&forgotten_json(index, clear).to_string()),
        }
    }
    Ok(end.max(first))
}

/// The keys of the entries, when the operator's key is at hand.
pub(super) fn keyring_of(place: &JournalPlace) -> Result<Option<Keyring>> {
    let path = place.master.clone().unwrap_or_else(|| place.folder.join("../keys/master.key"));
    let master = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && place.master.is_none() => {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let master = master.try_into().map_err(|_| anyhow!("{} is not 32 bytes", path.display()))?;
    let keyring = Keyring::reading(Disk::new(&place.folder), Some(MasterKey::new(&master)));
    keyring.load()?;
    Ok(Some(keyring))
}
