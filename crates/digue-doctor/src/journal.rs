//! The journal: whether entries can be written, and whether it is the one that Digue knows.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use digue_evidence::journal_heads;
use digue_journal::OpenError;
use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::heads::{HeadContradiction, JournalHead, contradiction};
use digue_journal::note::Verifier;
use digue_journal::reader;
use digue_locales::Value;
use digue_store::remembered_head;
use digue_types::Timestamp;

use crate::files::{Writability, cause_of, modified_at};
use crate::installation::{ExaminedInstallation, RunState};
use crate::report::{HealthCheck, HealthResult};

/// Entries get a checkpoint within half a second; after this they wait for one that does not come.
const SIGNED_WITHIN_SECS: i64 = 30;
/// Files of a journal that is being written may change between two of them that are read: a
/// contradiction counts when it is found each time.
const READINGS: usize = 3;

/// A journal that is read beside its writer.
pub(crate) struct ReadJournal {
    pub(crate) disk: Disk,
    pub(crate) key: Verifier,
    pub(crate) head: Checkpoint,
}

/// Why there is no journal to look at.
pub(crate) enum JournalAbsence {
    /// Digue was never started.
    NeverStarted,
    /// The public key cannot be read, and nothing can be verified.
    NoKey(String),
    Unreadable(String),
    /// The checkpoint is missing, or is not signed by this journal's key.
    NotSigned(String),
}

impl ReadJournal {
    pub(crate) fn open(installation: &ExaminedInstallation) -> Result<Self, JournalAbsence> {
        let folder = installation.journal_folder();
        if installation.run == RunState::NeverStarted {
            return Err(JournalAbsence::NeverStarted);
        }
        let key = verifier(&installation.keys_folder().join("journal.pub"))?;
        let disk = Disk::new(&folder);
        let note = reader::checkpoint_note(&disk).map_err(|error| match error {
            OpenError::Disk(error) => JournalAbsence::Unreadable(error.to_string()),
            error => JournalAbsence::NotSigned(error.to_string()),
        })?;
        let head = Checkpoint::open(&note, &key);
        let head = head.map_err(|error| JournalAbsence::NotSigned(error.to_string()))?;
        Ok(Self { disk, key, head })
    }
}

impl JournalAbsence {
    /// For a check that needs the journal and is not about it.
    pub(crate) fn blocks(self, result: HealthResult) -> HealthResult {
        match self {
            Self::NeverStarted => result.not_applicable("doctor-not-started"),
            Self::NoKey(_) | Self::Unreadable(_) | Self::NotSigned(_) => {
                result.unknown("doctor-journal-needed", &[])
            }
        }
    }
}

pub(crate) fn verifier(path: &Path) -> Result<Verifier, JournalAbsence> {
    let named = |cause: &dyn ToString| format!("{}: {}", path.display(), cause.to_string());
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => JournalAbsence::NoKey(named(&error)),
        _ => JournalAbsence::Unreadable(named(&error)),
    })?;
    Verifier::parse(&text).map_err(|error| JournalAbsence::NoKey(named(&error)))
}

pub(crate) async fn examine(installation: Arc<ExaminedInstallation>) -> HealthResult {
    // Before the journal is opened: Digue writes on meanwhile, and beside a head that is read after
    // it the journal would look older than remembered.
    let kept = remembered_head(&installation.settings.store_url).await;
    let kept = kept.map_err(|error| cause_of(&error));
    let made = tokio::task::spawn_blocking(move || judge(&installation, kept)).await;
    made.unwrap_or_else(|_| HealthResult::stopped(HealthCheck::Journal))
}

/// `kept` is the note that the state remembers.
fn judge(
    installation: &ExaminedInstallation,
    kept: Result<Option<String>, String>,
) -> HealthResult {
    let folder = installation.journal_folder();
    let place = [("folder", Value::from(folder.display().to_string()))];
    let result = HealthResult::new(HealthCheck::Journal).looked_at("doctor-journal", &place);
    let journal = match ReadJournal::open(installation) {
        Ok(journal) => journal,
        Err(absence) => return absent(result, absence),
    };
    let size = [("size", Value::from(journal.head.size))];
    let result = result.looked_at("doctor-journal-head", &size);
    let result = match Writability::of(&folder, &installation.settings.data_folder) {
        Writability::Yes => result.looked_at("doctor-journal-writable", &[]),
        Writability::No(cause) => {
            result.bad("doctor-journal-locked", &[("cause", Value::from(cause))])
        }
        Writability::Unknown(cause) => result.unknown(
            "doctor-journal-writing-unknown",
            &[("cause", Value::from(cause))],
        ),
    };
    let (result, kept) = match kept {
        Ok(kept) => (result, kept),
        // What else remembers the journal is compared all the same.
        Err(cause) => {
            let values = [("cause", Value::from(cause))];
            (result.unknown("doctor-journal-not-compared", &values), None)
        }
    };
    let result = compared(result, installation, &journal, kept.as_deref());
    if installation.run == RunState::Running {
        signed(result, installation, &journal)
    } else {
        result
    }
}

fn absent(result: HealthResult, absence: JournalAbsence) -> HealthResult {
    let cause = |cause: String| [("cause", Value::from(cause))];
    match absence {
        JournalAbsence::NeverStarted => result.not_applicable("doctor-not-started"),
        JournalAbsence::NoKey(why) => result.bad("doctor-journal-no-key", &cause(why)),
        JournalAbsence::Unreadable(why) => result.unknown("doctor-journal-unreadable", &cause(why)),
        JournalAbsence::NotSigned(why) => result.bad("doctor-journal-not-signed", &cause(why)),
    }
}

/// Compares the journal with what is remembered of it elsewhere.
fn compared(
    result: HealthResult,
    installation: &ExaminedInstallation,
    journal: &ReadJournal,
    kept: Option<&str>,
) -> HealthResult {
    let mut last = None;
    for _ in 0..READINGS {
        match found(installation, journal, kept) {
            Ok(None) => return result.looked_at("doctor-journal-continues", &[]),
            other => last = Some(other),
        }
    }
    match last {
        Some(Ok(Some(found))) => {
            result.bad(contradiction_key(&found), &contradiction_values(&found))
        }
        Some(Err((is_tampered, cause))) if is_tampered => {
            result.bad("doctor-journal-tampered", &[("cause", Value::from(cause))])
        }
        Some(Err((_, cause))) => result.unknown(
            "doctor-journal-unreadable",
            &[("cause", Value::from(cause))],
        ),
        Some(Ok(None)) | None => result,
    }
}

const fn contradiction_key(found: &HeadContradiction) -> &'static str {
    match found {
        HeadContradiction::Older { .. } => "doctor-journal-older",
        HeadContradiction::Fork { .. } => "doctor-journal-fork",
    }
}

fn contradiction_values(found: &HeadContradiction) -> Vec<(&'static str, Value)> {
    let (HeadContradiction::Older { head, .. } | HeadContradiction::Fork { head }) = found;
    vec![
        ("place", Value::from(head.place.as_str())),
        ("expected", Value::from(head.size)),
    ]
}

/// `Err` with whether the journal's files were changed, and the cause.
fn found(
    installation: &ExaminedInstallation,
    journal: &ReadJournal,
    kept: Option<&str>,
) -> Result<Option<HeadContradiction>, (bool, String)> {
    let beside = journal_heads::beside(&installation.settings.data_folder, &journal.key);
    let mut heads = beside.map_err(|error| (false, cause_of(&error)))?;
    if let Some(note) = kept {
        let head =
            Checkpoint::open(note, &journal.key).map_err(|error| (true, error.to_string()))?;
        heads.push(head_of_state(&head));
    }
    contradiction(&journal.disk, &journal.key, &heads)
        .map_err(|error| (matches!(error, OpenError::Tampered(_)), cause_of(&error)))
}

fn head_of_state(head: &Checkpoint) -> JournalHead {
    JournalHead {
        place: "state".to_owned(),
        size: head.size,
        root: Some(head.root),
    }
}

/// Whether acknowledged entries are signed as they come.
fn signed(
    result: HealthResult,
    installation: &ExaminedInstallation,
    journal: &ReadJournal,
) -> HealthResult {
    let waiting = match reader::unpublished(&journal.disk, journal.head.size) {
        Ok(entries) => entries.len(),
        Err(error) => {
            let values = [("cause", Value::from(cause_of(&error)))];
            return result.unknown("doctor-journal-unreadable", &values);
        }
    };
    let written = newest_write(&installation.journal_folder().join("wal"));
    let Some(written) = written.filter(|_| waiting > 0) else {
        return result;
    };
    let age = installation.now.secs() - written.secs();
    if age > SIGNED_WITHIN_SECS {
        let values = [
            ("entries", Value::from(waiting)),
            ("seconds", Value::from(age)),
        ];
        result.bad("doctor-journal-unsigned", &values)
    } else {
        result
    }
}

fn newest_write(folder: &Path) -> Option<Timestamp> {
    let files = std::fs::read_dir(folder).ok()?;
    let times = files
        .filter_map(|file| file.ok()?.metadata().ok())
        .map(|of: Metadata| modified_at(&of));
    times.max()
}
