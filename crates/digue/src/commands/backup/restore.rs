//! `digue restore`: on any machine, with a repository and a password or sheets; no configuration
//! needed.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use digue_backup::SnapshotId;
use digue_backup::history::OWN_SOURCE;
use digue_backup::loss::LostEntries;
use digue_backup::recovery_key::{KeySheet, RecoveryKey};
use digue_backup::repository::{BackupRepository, RepositoryPassword, SnapshotInfo};
use digue_continuity::ContinuityError;
use digue_continuity::place::password_in;
use digue_continuity::restored::{RestoredJournal, choose, data_of};
use digue_locales::Value;

use super::{Done, cause_of, client, explain, now, progress};
use crate::cli::backup::{RestoreArguments, RestoreKey};
use digue_terminal::{BAD, GOOD, Output};

pub(super) fn run(out: &Output, arguments: &RestoreArguments) -> Done {
    match restore(out, arguments) {
        Err(error) => match cause_of(&error) {
            Some(known) => {
                out.complain(
                    "restore-failed",
                    &[("cause", Value::from(explain(out, known)))],
                );
                Ok(BAD)
            }
            None => Err(error),
        },
        done => done,
    }
}

fn restore(out: &Output, arguments: &RestoreArguments) -> Done {
    let repository = open(arguments)?;
    let snapshots = repository.snapshots()?;
    let Some(into) = &arguments.into else {
        for snapshot in &snapshots {
            list(out, snapshot);
        }
        return Ok(GOOD);
    };
    let id = arguments
        .snapshot
        .as_deref()
        .map(SnapshotId::parse)
        .transpose()?;
    let chosen = if id.is_some() {
        choose(&snapshots, &arguments.source, id.as_ref())?
    } else {
        let ahead = |snapshot: &&SnapshotInfo| snapshot.declared > now().plus(AHEAD_MAX);
        let source = &arguments.source;
        let of_source = snapshots.iter().filter(|one| one.source == *source);
        let ahead_count = of_source.filter(ahead).count();
        if ahead_count > 0 {
            let values = [("count", Value::from(ahead_count))];
            out.complain("restore-ahead", &values);
        }
        let dated = snapshots
            .iter()
            .rfind(|one| one.source == *source && !ahead(one));
        dated.ok_or_else(|| ContinuityError::NoBackupOf(source.clone()))?
    };
    let restored = repository.restore_owned(&chosen.id, into, arguments.owners)?;
    let values = [
        ("files", Value::from(restored.files)),
        ("bytes", Value::from(restored.bytes)),
        ("snapshot", Value::from(chosen.id.short())),
        ("folder", Value::from(into.display().to_string())),
    ];
    out.say("restore-done", &values);
    for path in &restored.differing {
        out.complain("restore-differs", &[("path", Value::from(path.as_str()))]);
    }
    for path in &restored.left_out {
        out.complain("restore-left-out", &[("path", Value::from(path.as_str()))]);
    }
    if !restored.differing.is_empty() {
        return Ok(BAD);
    }
    if chosen.source == OWN_SOURCE {
        say_journal(out, into, arguments.checkpoint.as_deref())
    } else {
        Ok(GOOD)
    }
}

/// A thief dates his snapshot tomorrow, and it would be restored first; our clocks differ by less.
const AHEAD_MAX: Duration = Duration::from_mins(15);

fn open(arguments: &RestoreArguments) -> Result<BackupRepository> {
    let password = match &arguments.key {
        RestoreKey::PasswordFile(path) => password_in(path)?,
        RestoreKey::Sheets(files) => {
            let sheets: Result<Vec<KeySheet>> = files.iter().map(|path| sheet_in(path)).collect();
            RepositoryPassword::from(&RecoveryKey::join(&sheets?)?)
        }
    };
    let store = arguments
        .place
        .reader("restore", &client(arguments.authorities.as_deref())?)?;
    Ok(BackupRepository::open(store, &password, progress())?)
}

/// The words of one sheet, from a file or from standard input for `-`.
fn sheet_in(path: &Path) -> Result<KeySheet> {
    let mut words = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut words)?;
    } else {
        words = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    }
    KeySheet::parse(&words).with_context(|| path.display().to_string())
}

fn list(out: &Output, snapshot: &SnapshotInfo) {
    let values = [
        ("snapshot", Value::from(snapshot.id.as_str())),
        ("source", Value::from(snapshot.source.as_str())),
        ("declared", Value::from(snapshot.declared.to_string())),
        ("host", Value::from(snapshot.host.as_str())),
    ];
    out.say("restore-snapshot", &values);
}

fn say_journal(out: &Output, folder: &Path, checkpoint: Option<&Path>) -> Done {
    let at = data_of(folder)?;
    let journal = RestoredJournal::verify(folder, checkpoint)?;
    let values = [
        ("entries", Value::from(journal.report.size)),
        ("at", Value::from(at.to_string())),
    ];
    if !journal.report.is_intact() {
        out.complain("restore-journal-tampered", &values);
        let findings = journal.report.findings.iter();
        findings.for_each(|finding| out.line(&format!("{} {}", finding.kind, finding.detail)));
        return Ok(BAD);
    }
    out.say("restore-journal-intact", &values);
    say_loss(out, journal.loss(at, checkpoint)?.entries);
    Ok(GOOD)
}

fn say_loss(out: &Output, lost: LostEntries) {
    match lost {
        LostEntries::Exactly(count) => {
            out.say("restore-lost-exactly", &[("count", Value::from(count))])
        }
        LostEntries::AtLeast(count) => {
            out.say("restore-lost-at-least", &[("count", Value::from(count))])
        }
        LostEntries::Unknown => out.say("restore-lost-unknown", &[]),
    }
}
