//! `digue journal verify`, `show`, `tail`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use digue_evidence::entry::{as_json, forgotten_json};
use digue_evidence::journal_heads;
use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::heads::{HeadContradiction, contradiction};
use digue_journal::keyring::OpenedKeyring;
use digue_journal::note::Verifier;
use digue_journal::verify as audit;
use digue_journal::verify::{VerifyAgainst, VerifyFinding, VerifyFindingKind, VerifyReport};
use digue_locales::Value;

use super::Done;
use super::place::{JournalReading, key_of, keyring_of, witnesses_of};
use crate::cli::evidence::{JournalPlace, WitnessKeys};
use digue_terminal::Progress;
use digue_terminal::{BAD, GOOD, Output};

pub(super) fn verify(
    out: &Output,
    place: &JournalPlace,
    from: Option<&Path>,
    witnesses: &WitnessKeys,
) -> Done {
    let key = key_of(place)?;
    let earlier = from.map(|path| checkpoint_in(path, &key)).transpose()?;
    let keyring = keyring_of(place)?;
    let (keys, quorum) = witnesses_of(witnesses)?;
    let against = VerifyAgainst {
        key: &key,
        earlier: earlier.as_ref(),
        keyring: keyring.as_ref(),
        witnesses: &keys,
        quorum,
    };
    let mut progress = Progress::default();
    let show = |done: u64, total: u64| progress.show(done, total);
    let mut report = audit::verify(&Disk::new(&place.folder), &against, show)?;
    report.findings.extend(remembered(place, &key)?);
    drop(progress);
    Ok(tell(out, &report, keyring.is_some()))
}

fn checkpoint_in(path: &Path, key: &Verifier) -> Result<Checkpoint> {
    let note = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(Checkpoint::open(&note, key)?)
}

/// A journal can be intact and yet older than the checkpoints remembered beside it.
fn remembered(place: &JournalPlace, key: &Verifier) -> Result<Option<VerifyFinding>> {
    // The heads are beside the folder and not in it, so that a copy of the folder does not bring
    // them along.
    let heads = journal_heads::beside(&place.folder.join(".."), key)?;
    let found = contradiction(&Disk::new(&place.folder), key, &heads)?;
    Ok(found.map(|found| {
        let detail = found.to_string();
        let (entry, kind) = match found {
            HeadContradiction::Older { size, .. } => (size, VerifyFindingKind::Older),
            HeadContradiction::Fork { .. } => (0, VerifyFindingKind::Rewritten),
        };
        VerifyFinding {
            entry,
            since: None,
            kind,
            detail,
        }
    }))
}

fn tell(out: &Output, report: &VerifyReport, was_opened: bool) -> u8 {
    for (name, at) in &report.witnessed {
        let values = [
            ("name", Value::from(name.as_str())),
            ("at", Value::from(at.to_string())),
        ];
        out.say("verify-witnessed", &values);
    }
    if report.minimum > 0 {
        out.say("verify-pruned", &[("minimum", Value::from(report.minimum))]);
    }
    if report.forgotten > 0 {
        out.say(
            "verify-forgotten",
            &[("count", Value::from(report.forgotten))],
        );
    }
    if !was_opened {
        out.say("verify-unopened", &[]);
    }
    if report.is_intact() {
        let root: String = report
            .root
            .unwrap_or_default()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        out.say(
            "verify-intact",
            &[
                ("size", Value::from(report.size)),
                ("root", Value::from(root)),
            ],
        );
        if report.unpublished > 0 {
            out.say(
                "verify-unpublished",
                &[("count", Value::from(report.unpublished))],
            );
        }
        // A script reads the code alone: contents that nobody opened may not pass for verified. What
        // was erased at the end of its retention is no doubt, nor are entries that wait for the next
        // checkpoint, which are normal while Digue runs.
        return if was_opened { GOOD } else { BAD };
    }
    out.say(
        "verify-tampered",
        &[("count", Value::from(report.findings.len()))],
    );
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

pub(super) fn show(out: &Output, place: &JournalPlace, first: u64, count: u64) -> Done {
    print(out, place, first, count)?;
    Ok(GOOD)
}

pub(super) fn tail(out: &Output, place: &JournalPlace, count: u64, follows: bool) -> Done {
    let size = JournalReading::open(place)?.head.size;
    let mut next = print(out, place, size.saturating_sub(count), count)?;
    if follows {
        loop {
            #[expect(
                clippy::disallowed_methods,
                reason = "a command that follows a file waits"
            )]
            // The interval of checkpoints: nothing new can be verified sooner.
            std::thread::sleep(Duration::from_millis(500));
            next = print(out, place, next, u64::MAX)?;
        }
    }
    Ok(GOOD)
}

/// Prints entries as JSON, one per line; returns the index after the last.
fn print(out: &Output, place: &JournalPlace, first: u64, count: u64) -> Result<u64> {
    let reading = JournalReading::open(place)?;
    let end = reading.head.size.min(first.saturating_add(count));
    reading.each(first, end, &mut |index, opened| {
        match opened {
            OpenedKeyring::Event(event) => out.line(&as_json(index, &event).to_string()),
            OpenedKeyring::Forgotten(clear) => out.line(&forgotten_json(index, clear).to_string()),
        }
        Ok(())
    })?;
    Ok(end.max(first))
}
