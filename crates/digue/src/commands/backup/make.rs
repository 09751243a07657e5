//! `digue backup`: stage, store, read back, compare with the backup before.

use std::fs::{self, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use digue_backup::additions::AdditionList;
use digue_backup::canary::DeletionProof;
use digue_backup::deletion::DeletionStanding;
use digue_backup::history::{
    BackupBaseline, BackupEvent, BackupFailure, BackupHistory, BackupOddity, OWN_SOURCE,
};
use digue_backup::recovery_key::{RecoveryKey, SharingRule};
use digue_backup::repository::{BackupRepository, BackupSource, MadeBackup, RepositoryPassword};
use digue_backup::schedule::PackSlice;
use digue_backup::signs::{EncryptionScore, SuspicionLevel};
use digue_backup::{BackupError, RepositoryId, SnapshotId};
use digue_continuity::ContinuityError;
use digue_continuity::habit::{JudgedBackup, judge};
use digue_continuity::layout::{self, Installation};
use digue_continuity::place::RepositorySettings;
use digue_continuity::retained;
use digue_locales::{Value, text, text_with};

use super::begun::Unsaid;
use super::drill::known;
use super::{
    Configured, Done, NIGHTS, begun, cause_of, deletion, explain, now, progress, say_failure,
};
use crate::cli::backup::{BackupAction, BackupArguments};
use digue_terminal::{BAD, GOOD, Output};

pub(super) fn run(out: &Output, settings: &Configured, arguments: &BackupArguments) -> Done {
    let repositories = settings.repositories(arguments.repository.as_deref())?;
    let mut code = GOOD;
    let sources = match arguments.action {
        BackupAction::Make { .. } => Some(Staged::new(out, settings)?),
        BackupAction::Verify
        | BackupAction::Check
        | BackupAction::TryDeletion
        | BackupAction::PlanDeletion
        | BackupAction::Accept { .. }
        | BackupAction::DeleteAgreed { .. }
        | BackupAction::SplitKey { .. } => None,
    };
    for repository in repositories {
        let done = match &arguments.action {
            BackupAction::Make { inits } => {
                let staged = sources.as_ref().expect("staged for this action");
                make_all(out, settings, repository, staged, *inits)
            }
            BackupAction::Verify => verify(out, settings, repository),
            BackupAction::Check => check(out, settings, repository),
            BackupAction::TryDeletion => try_deletion(out, settings, repository),
            BackupAction::PlanDeletion => deletion::plan(out, settings, repository),
            BackupAction::Accept {
                accepted_as,
                snapshots,
            } => deletion::propose_acceptance(out, settings, repository, *accepted_as, snapshots),
            BackupAction::DeleteAgreed { credential } => {
                deletion::carry_out(out, settings, repository, credential.as_ref())
            }
            BackupAction::SplitKey { needed, sheets } => {
                split_key(out, settings, repository, (*needed, *sheets))
            }
        };
        // One repository that is away keeps no other from its backup.
        code = code.max(match done {
            Ok(code) => code,
            Err(error) => match cause_of(&error) {
                Some(known) => {
                    let failure = BackupFailure::from(known);
                    for source in settings.backup.sources() {
                        let repository = repository.name.clone();
                        settings.leave(&BackupEvent::Failed {
                            repository,
                            source,
                            failure,
                        })?;
                    }
                    say_failure(out, &repository.name, "-", explain(out, known));
                    BAD
                }
                // Its password or secret cannot be read, for instance.
                None if matches!(arguments.action, BackupAction::Make { .. }) => {
                    for source in settings.backup.sources() {
                        leave_failed(settings, repository, &source, BackupFailure::File)?;
                    }
                    say_failure(out, &repository.name, "-", format!("{error:#}"));
                    BAD
                }
                None => return Err(error),
            },
        });
    }
    if sources.is_some_and(|staged| !staged.failed.is_empty()) {
        code = BAD;
    }
    Ok(code)
}

/// Sources whose content does not change while they are stored.
struct Staged {
    ready: Vec<BackupSource>,
    failed: Vec<(String, BackupFailure)>,
    /// Held until the backup ends.
    _lock: fs::File,
}

impl Staged {
    fn new(out: &Output, settings: &Configured) -> Result<Self> {
        let folder = settings.folder();
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let lock = lock(&folder)?;
        let stage = folder.join("stage");
        let own = stage.join(OWN_SOURCE);
        let source = |name: &str, folder: PathBuf| BackupSource {
            name: name.to_owned(),
            folder,
            excludes: Vec::new(),
        };
        let mut staged = Self {
            ready: Vec::new(),
            failed: Vec::new(),
            _lock: lock,
        };
        match layout::own(&installation(settings), &own, now()) {
            Ok(()) => staged.ready.push(source(OWN_SOURCE, own)),
            // A full disk here, or a state elsewhere, keeps no folder and no dump from its backup.
            Err(error) => {
                say_failure(out, "-", OWN_SOURCE, error.chain());
                let failed = (OWN_SOURCE.to_owned(), BackupFailure::File);
                staged.failed.push(failed);
            }
        }
        for command in &settings.backup.commands {
            let folder = stage.join("commands").join(&command.name);
            match layout::command_output(&command.name, &command.program, &folder) {
                Ok(()) => staged.ready.push(source(&command.name, folder)),
                Err(error) => {
                    say_failure(out, "-", &command.name, explain(out, &error));
                    staged
                        .failed
                        .push((command.name.clone(), BackupFailure::from(&error)));
                }
            }
        }
        staged.ready.extend(settings.backup.folders.iter().cloned());
        Ok(staged)
    }
}

fn installation(settings: &Configured) -> Installation {
    let settings = &settings.settings;
    Installation {
        data: settings.data_folder.clone(),
        store_url: settings.store_url.clone(),
        master_key: settings.journal.master_key.clone(),
        configuration: settings.file.clone(),
        portals: settings.portals_folder.clone(),
        policies: settings.policies_folder.clone(),
    }
}

/// One backup at a time: two would write the same stage.
fn lock(folder: &Path) -> Result<fs::File> {
    let path = folder.join("lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(BackupError::Busy(folder.display().to_string()).into())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn make_all(
    out: &Output,
    settings: &Configured,
    target: &RepositorySettings,
    staged: &Staged,
    inits: bool,
) -> Done {
    let repository = open_or_init(out, settings, target, inits)?;
    for (source, failure) in &staged.failed {
        leave_failed(settings, target, source, *failure)?;
    }
    // A journal that cannot be read keeps nothing from being stored: what cannot be judged is
    // suspect.
    let history = known(settings);
    let known = match &history {
        Ok(Some(history)) => KnownHere::Journal(history),
        Ok(None) => KnownHere::NoJournal,
        Err(error) => {
            say_failure(out, &target.name, "-", format!("{error:#}"));
            KnownHere::Unreadable
        }
    };
    let mut code = GOOD;
    for source in &staged.ready {
        let place = (target, &repository, known);
        let unsaid = match unsaid_and_begin(out, settings, place, source) {
            Ok(unsaid) => unsaid,
            Err(error) => {
                say_failure(out, &target.name, &source.name, format!("{error:#}"));
                leave_failed(settings, target, &source.name, BackupFailure::File)?;
                code = BAD;
                continue;
            }
        };
        // Of ours alone: a snapshot that others added says what it likes of the files that it holds.
        let parent = known.parent(&repository.id(), &source.name);
        match repository.back_up_after(source, parent) {
            Ok(made) => {
                code = code.max(made_one(out, settings, place, source, (&made, &unsaid))?);
                begun::end(settings, target, &source.name)?;
            }
            Err(error) => {
                say_failure(out, &target.name, &source.name, explain(out, &error));
                leave_failed(settings, target, &source.name, BackupFailure::from(&error))?;
                code = BAD;
            }
        }
    }
    Ok(code)
}

/// Finds what an earlier run stored and did not say, then notes that this one begins: on a full disk
/// nothing is stored whose result could not be left.
fn unsaid_and_begin(
    out: &Output,
    settings: &Configured,
    (target, repository, known): (&RepositorySettings, &BackupRepository, KnownHere<'_>),
    source: &BackupSource,
) -> Result<Unsaid> {
    let name = &source.name;
    let unsaid = match known {
        KnownHere::Journal(history) => {
            begun::unsaid(settings, target, (repository, history), name)?
        }
        // Nothing tells what was said.
        KnownHere::NoJournal | KnownHere::Unreadable => Unsaid::default(),
    };
    if !unsaid.events.is_empty() {
        let values = [
            ("source", Value::from(name.as_str())),
            ("count", Value::from(unsaid.events.len())),
        ];
        out.complain("backup-unsaid", &values);
    }
    begun::begin(settings, target, repository, (name, &unsaid))?;
    Ok(unsaid)
}

fn leave_failed(
    settings: &Configured,
    target: &RepositorySettings,
    source: &str,
    failure: BackupFailure,
) -> Result<()> {
    settings.leave(&BackupEvent::Failed {
        repository: target.name.clone(),
        source: source.to_owned(),
        failure,
    })
}

fn open_or_init(
    out: &Output,
    settings: &Configured,
    target: &RepositorySettings,
    inits: bool,
) -> Result<BackupRepository> {
    if !inits {
        return Ok(target.open_to_write(&settings.client, progress())?);
    }
    let (repository, is_new) = target.open_or_init(&settings.client, progress())?;
    if is_new {
        let values = [
            ("repository", Value::from(target.name.as_str())),
            ("id", Value::from(repository.id().to_string())),
        ];
        out.say("backup-initialised", &values);
    }
    Ok(repository)
}

/// What the journal of this machine says of earlier backups.
#[derive(Clone, Copy)]
enum KnownHere<'h> {
    Journal(&'h BackupHistory),
    NoJournal,
    Unreadable,
}

impl KnownHere<'_> {
    /// The newest snapshot of a source that we made, whatever it looks like.
    fn parent(&self, repository: &RepositoryId, source: &str) -> Option<&SnapshotId> {
        let Self::Journal(history) = self else {
            return None;
        };
        let known = history.snapshots(repository).iter();
        let newest = known.rev().find(|entry| entry.source == source);
        newest.map(|entry| &entry.id)
    }

    /// True when what follows is suspect, whatever it looks like.
    fn is_disputed(self, repository: &RepositoryId, source: &str) -> bool {
        let Self::Journal(history) = self else {
            return false;
        };
        match history.baseline(repository, source) {
            BackupBaseline::Disputed(_) | BackupBaseline::NoneSound => true,
            BackupBaseline::First | BackupBaseline::Sound(_) => false,
        }
    }
}

/// Compares a backup with the newest sound one of the journal, and only on a machine without a
/// journal with the one that the library took for its parent.
fn judged(
    repository: &BackupRepository,
    known: KnownHere<'_>,
    source: &BackupSource,
    made: &MadeBackup,
    canaries: &[String],
    usual: &Path,
) -> Result<(Option<JudgedBackup>, SuspicionLevel), ContinuityError> {
    let id = repository.id();
    let (baseline, least) = match known {
        KnownHere::Unreadable => return Ok((None, SuspicionLevel::Suspect)),
        KnownHere::NoJournal => match &made.before {
            Some(parent) => (parent, SuspicionLevel::Clean),
            None => return Ok((None, SuspicionLevel::Clean)),
        },
        KnownHere::Journal(history) => match history.baseline(&id, &source.name) {
            // A first backup: there is nothing to compare it with.
            BackupBaseline::First => return Ok((None, SuspicionLevel::Clean)),
            BackupBaseline::NoneSound => return Ok((None, SuspicionLevel::Suspect)),
            BackupBaseline::Sound(snapshot) => (snapshot, SuspicionLevel::Clean),
            // What follows a suspect one is suspect until two persons decided, whatever it looks
            // like.
            BackupBaseline::Disputed(snapshot) => (snapshot, SuspicionLevel::Suspect),
        },
    };
    let judged = judge(repository, baseline, made, canaries, usual)?;
    let level = judged.score.level.max(least);
    Ok((Some(judged), level))
}

/// Judges what changed, leaves the result, says both.
fn made_one(
    out: &Output,
    settings: &Configured,
    (target, repository, known): (&RepositorySettings, &BackupRepository, KnownHere<'_>),
    source: &BackupSource,
    (made, unsaid): (&MadeBackup, &Unsaid),
) -> Done {
    let usual = settings
        .folder()
        .join("usual")
        .join(format!("{}-{}.json", target.name, source.name));
    let canaries = settings.backup.canaries(&source.name);
    // The snapshot is there: without its entry it would be one that nobody knows. What could not be
    // judged is not clean.
    let (judged, mut suspicion) = match judged(repository, known, source, made, canaries, &usual) {
        Ok((Some(judged), level)) => {
            for path in &judged.missing {
                let values = [
                    ("source", Value::from(source.name.as_str())),
                    ("path", Value::from(path.as_str())),
                ];
                out.complain("backup-canary-missing", &values);
            }
            (Some(judged.score), level)
        }
        Ok((None, level)) => (None, level),
        Err(error) => {
            say_failure(out, &target.name, &source.name, error.chain());
            (None, SuspicionLevel::Suspect)
        }
    };
    let (id, size) = (repository.id(), (made.files, made.bytes));
    let oddity = match known {
        KnownHere::Journal(history) => history.oddity(&id, &source.name, now(), size),
        KnownHere::NoJournal | KnownHere::Unreadable => None,
    };
    if let Some(oddity) = oddity {
        let key = match oddity {
            BackupOddity::TooMany => "backup-too-many",
            BackupOddity::Shrunk => "backup-shrunk",
        };
        out.complain(key, &[("source", Value::from(source.name.as_str()))]);
        suspicion = suspicion.max(SuspicionLevel::Suspect);
    }
    // Right before this one, which is newer and was judged: what follows is compared with it.
    for event in &unsaid.events {
        settings.leave(event)?;
    }
    settings.leave(&BackupEvent::Made {
        repository: target.name.clone(),
        id: repository.id(),
        source: source.name.clone(),
        snapshot: made.snapshot.clone(),
        files: made.files,
        bytes: made.bytes,
        unread: made.unread.len() as u64,
        suspicion,
    })?;
    let values = [
        ("repository", Value::from(target.name.as_str())),
        ("source", Value::from(source.name.as_str())),
        ("snapshot", Value::from(made.snapshot.short())),
        ("files", Value::from(made.files)),
        ("bytes", Value::from(made.bytes)),
        ("added", Value::from(made.bytes_added)),
    ];
    out.say("backup-stored", &values);
    for path in &made.unread {
        out.complain("backup-unread", &[("path", Value::from(path.as_str()))]);
    }
    if known.is_disputed(&id, &source.name) && judged.as_ref().is_none_or(is_clean) {
        let source = ("source", Value::from(source.name.as_str()));
        out.complain("backup-disputed", &[source]);
    }
    if let Some(judged) = judged.filter(|judged| !is_clean(judged)) {
        let values = [
            ("source", Value::from(source.name.as_str())),
            ("points", Value::from(u64::from(judged.points))),
            ("worst", Value::from(judged.worst.join(", "))),
        ];
        out.complain("backup-suspect", &values);
    }
    Ok(
        if made.unread.is_empty() && suspicion == SuspicionLevel::Clean {
            GOOD
        } else {
            BAD
        },
    )
}

fn is_clean(score: &EncryptionScore) -> bool {
    score.level == SuspicionLevel::Clean
}

fn verify(out: &Output, settings: &Configured, target: &RepositorySettings) -> Done {
    let repository = target.open(&settings.client, progress())?;
    let slice = PackSlice::of_day(now(), NIGHTS);
    let history = known(settings)?;
    let id = repository.id();
    let known = history.as_ref().map(|known| known.known_files(&id));
    let known = known.filter(|known| !known.snapshots.is_empty());
    // Without a journal nothing tells ours from what was added.
    let mut faults = match &known {
        Some(known) => repository.verify_known(slice, &known.snapshots)?,
        None => repository.verify(slice)?,
    };
    let additions = match &known {
        Some(known) => Some(AdditionList::of(repository.additions(known)?)),
        None => None,
    };
    faults.extend(renew_locks(out, settings, target, &repository)?);
    faults.extend(vanished(out, settings, target, &repository)?);
    settings.leave(&BackupEvent::Verified {
        repository: target.name.clone(),
        part: slice.part,
        of: slice.of,
        faults: faults.len() as u64,
        id: Some(id),
        additions: additions.clone(),
    })?;
    let values = [
        ("repository", Value::from(target.name.as_str())),
        ("part", Value::from(u64::from(slice.part))),
        ("of", Value::from(u64::from(slice.of))),
        ("faults", Value::from(faults.len())),
    ];
    out.say("backup-read", &values);
    faults.iter().for_each(|fault| out.line(fault));
    if let Some(additions) = &additions {
        say_additions(out, target, additions);
    }
    Ok(if faults.is_empty() { GOOD } else { BAD })
}

/// Says what lies in a repository and is none of our backups, without reading its packs.
fn check(out: &Output, settings: &Configured, target: &RepositorySettings) -> Done {
    let Some(history) = known(settings)? else {
        out.complain("deletion-no-journal", &[]);
        return Ok(BAD);
    };
    let repository = target.open(&settings.client, progress())?;
    let known = history.known_files(&repository.id());
    let additions = AdditionList::of(repository.additions(&known)?);
    let gone = vanished(out, settings, target, &repository)?;
    let values = [
        ("repository", Value::from(target.name.as_str())),
        ("known", Value::from(known.snapshots.len())),
    ];
    out.say("backup-checked", &values);
    say_additions(out, target, &additions);
    if let Some(gone) = &gone {
        out.line(gone);
    }
    Ok(if additions.is_empty() && gone.is_none() {
        GOOD
    } else {
        BAD
    })
}

/// Each addition by name.
fn say_additions(out: &Output, target: &RepositorySettings, additions: &AdditionList) {
    let count = additions.named.len() as u64 + additions.more;
    let repository = ("repository", Value::from(target.name.as_str()));
    if count == 0 {
        return;
    }
    out.complain(
        "backup-additions",
        &[repository, ("count", Value::from(count))],
    );
    for addition in &additions.named {
        let cause = text(out.language, &format!("addition-{}", addition.cause.code()));
        out.line(&format!("  {}: {cause}", addition.file));
    }
    if additions.more > 0 {
        out.say(
            "backup-additions-more",
            &[("count", Value::from(additions.more))],
        );
    }
}

/// Says that snapshots are gone whose deletion nobody agreed to: a repository that was emptied reads
/// without a fault, and its next backup is a good one.
fn vanished(
    out: &Output,
    settings: &Configured,
    target: &RepositorySettings,
    repository: &BackupRepository,
) -> Result<Option<String>> {
    let Some(history) = known(settings)? else {
        return Ok(None);
    };
    // One that is being carried out is journalled after it.
    let agreed: &[SnapshotId] = match history.deletion(&target.name, now()) {
        DeletionStanding::NoneAgreed => &[],
        DeletionStanding::Waiting { deletion, .. } | DeletionStanding::Due(deletion) => {
            &deletion.snapshots
        }
    };
    let keep = &settings.backup.keep;
    let plan = retained::plan(repository, &history, keep, agreed, now())?;
    let count = plan.vanished.len();
    let said = || {
        text_with(
            out.language,
            "freeze-vanished",
            &[("count", Value::from(count))],
        )
    };
    Ok((count > 0).then(said))
}

/// Every lock is renewed within a week; what could not be, or was late, one line each.
const LOCK_NIGHTS: u32 = 7;

fn renew_locks(
    out: &Output,
    settings: &Configured,
    target: &RepositorySettings,
    repository: &BackupRepository,
) -> Result<Vec<String>> {
    let share = PackSlice::of_day(now(), LOCK_NIGHTS);
    let Some(renewal) = target.renew_locks(&settings.client, repository, share)? else {
        return Ok(Vec::new());
    };
    let values = [
        ("repository", Value::from(target.name.as_str())),
        ("renewed", Value::from(renewal.renewed)),
    ];
    out.say("backup-locks-renewed", &values);
    let late = renewal.late.into_iter().map(|file| {
        let values = [("file", Value::from(file))];
        text_with(out.language, "backup-lock-late", &values)
    });
    let failed = renewal.failed.into_iter().map(|fault| {
        let values = [("fault", Value::from(fault))];
        text_with(out.language, "backup-lock-failed", &values)
    });
    Ok(late.chain(failed).collect())
}

fn try_deletion(out: &Output, settings: &Configured, target: &RepositorySettings) -> Done {
    // What was tried elsewhere proves nothing of this repository.
    let id = target.open(&settings.client, None)?.id();
    let proof = target.try_deletion(&settings.client)?;
    settings.leave(&BackupEvent::DeletionTried {
        repository: target.name.clone(),
        id: Some(id),
        proof: proof.clone(),
    })?;
    let (key, detail) = match &proof {
        DeletionProof::Refused => ("deletion-refused", String::new()),
        DeletionProof::Deletable(kinds) => ("deletion-possible", kinds.join(", ")),
        DeletionProof::NotImmutable => ("deletion-not-immutable", String::new()),
        DeletionProof::NotRun(cause) => ("deletion-not-run", cause.clone()),
    };
    out.line(&format!("{}: {}", target.name, text(out.language, key)));
    if !detail.is_empty() {
        out.line(&detail);
    }
    Ok(if proof.is_proved() { GOOD } else { BAD })
}

fn split_key(
    out: &Output,
    settings: &Configured,
    target: &RepositorySettings,
    (needed, count): (u8, u8),
) -> Done {
    let rule = SharingRule::new(needed, count)?;
    let repository = open_or_init(out, settings, target, false)?;
    let key = RecoveryKey::draw()?;
    let sheets = key.split(rule)?;
    let key_file = repository.add_recovery_key(&key)?;
    // Sheets that open nothing are found now, and not after the fall.
    let store = target.place.reader(&target.name, &settings.client)?;
    BackupRepository::open(store, &RepositoryPassword::from(&key), None)?
        .must_be(&repository.id())?;
    settings.leave(&BackupEvent::KeySplit {
        repository: target.name.clone(),
        id: repository.id(),
        needed,
        sheets: count,
        fingerprint: key.fingerprint(),
        key_file: Some(key_file),
    })?;
    for sheet in &sheets {
        let values = [
            ("number", Value::from(u64::from(sheet.number))),
            ("sheets", Value::from(u64::from(count))),
            ("needed", Value::from(u64::from(needed))),
            ("repository", Value::from(repository.id().to_string())),
        ];
        out.say("key-sheet", &values);
        for line in sheet.words().chunks(6) {
            out.line(&format!("  {}", line.join(" ")));
        }
        out.line("");
        let code = digue_terminal::qr_lines(&sheet.words().join(" "));
        let code = code.expect("some two hundred letters fit into a code");
        code.iter().for_each(|line| out.line(line));
        out.line("");
    }
    Ok(GOOD)
}
