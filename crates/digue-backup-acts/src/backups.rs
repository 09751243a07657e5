//! Backups and drills as the journal knows them: the results that the commands leave are journalled
//! here, and the checks are measured from the journal's entries alone.
//!
//! A result's own date does not count: the entry's does. Only what is sealed with the installation's
//! key of results is journalled: an account that may write into the folder, and may not read the
//! keys, forges nothing. What is not sealed is set aside, and the check `backups` is red while it
//! lies there.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_backup::additions::AdditionList;
use digue_backup::history::{BackupBaseline, BackupEvent, BackupHistory, VISIT_LASTS};
use digue_backup::reports::ReportFormat;
use digue_backup::results::ResultsKey;
use digue_backup::schedule::Cadence;
use digue_backup::signs::SuspicionLevel;
use digue_casework::incidents;
use digue_isms::check::{Check, Measurement, NotRun};
use digue_journal::keyring::OpenedKeyring;
use digue_locales::{Language, Value, text_with};
use digue_response::incident::{IncidentNote, Source};
use digue_response::sheet::Sheet;
use digue_types::{Act, Administration, Event, Subject, Timestamp};
use jiff::tz::TimeZone;

/// What the operator configured: each source goes to each repository.
#[derive(Clone, Debug)]
pub struct BackupRules {
    pub repositories: Vec<String>,
    /// Of these, disks that are declared to lie outside between their visits.
    pub outside: Vec<String>,
    pub sources: Vec<String>,
    pub backups: Cadence,
    pub drills: Cadence,
    pub reports: Vec<ReportRule>,
    /// Of the times in reports that say none.
    pub zone: TimeZone,
    /// The serving Digue starts what is due; else a timer of the system does.
    pub runs_itself: bool,
}

impl BackupRules {
    /// How often a repository takes backups: a disk that lies outside takes one when it comes.
    fn cadence_of(&self, repository: &str) -> Cadence {
        if self.outside.iter().any(|name| name == repository) {
            let overdue_after = VISIT_LASTS.max(self.backups.overdue_after);
            return Cadence {
                overdue_after,
                ..self.backups
            };
        }
        self.backups
    }
}

/// The backups of another system, which writes its report into a file.
#[derive(Clone, Debug)]
pub struct ReportRule {
    pub name: String,
    pub format: ReportFormat,
    pub file: PathBuf,
    pub backups: Cadence,
}

/// The history of backups, and how far the journal was read for it.
pub struct BackupLedger {
    rules: Option<BackupRules>,
    known: Arc<RwLock<KnownBackups>>,
}

#[derive(Default)]
struct KnownBackups {
    /// Index of the first entry that was not read yet.
    next: u64,
    history: BackupHistory,
}

impl KnownBackups {
    fn take(&mut self, act: &Administration) {
        if let Some(event) = event_of(act.act, &act.after) {
            self.history.add(act.at, &event);
        }
    }
}

impl Area for BackupLedger {}

impl BackupLedger {
    pub fn new(rules: Option<BackupRules>) -> Self {
        Self {
            rules,
            known: Arc::default(),
        }
    }
}

/// The extension of what is no result of this installation.
const SET_ASIDE: &str = "unreadable";
/// The extension of a result that is being journalled.
const TAKEN: &str = "taken";
/// The longest results are plans of deletion, of some kilobytes.
const RESULT_BYTES_MAX: u64 = 256 << 10;

/// In so many days all of a repository is read, a share each night.
const READ_WITHIN: Duration = Duration::from_hours(31 * 24);

/// Where the commands leave their results.
pub fn results_folder(data_folder: &Path) -> PathBuf {
    data_folder.join("backup/results")
}

/// Journals the results that were left, oldest first; how many.
///
/// # Errors
/// When the journal cannot write or the folder cannot be read: what is left stays.
pub async fn journal_results(app: &App) -> Result<usize, OperationError> {
    let data = app.data_folder().to_owned();
    let read = move || {
        let left = read_results(&results_folder(&data))?;
        // A machine without results needs no key.
        let key = (!left.is_empty()).then(|| ResultsKey::read_or_make(&data));
        Ok::<_, std::io::Error>((left, key.transpose()?))
    };
    let read = tokio::task::spawn_blocking(read).await;
    let read = read.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    let read = read.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    let (left, Some(key)) = read else {
        return Ok(0);
    };
    let mut count = 0;
    for (path, bytes) in left {
        let Some(path) = take(&path).await else {
            continue;
        };
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        match key.open(&name, &bytes) {
            // A file says nothing of who wrote it: persons decide in the console, and reports of
            // other systems are read here.
            Ok(event) if event.is_of_persons() || matches!(event, BackupEvent::Reported { .. }) => {
                tracing::error!(
                    file = %path.display(),
                    "Result of a backup claims what no command says; it is set aside and not journalled"
                );
                set_aside(&path).await;
            }
            Ok(event) => {
                // The incident first: killed or refused between the two, it is open already and not
                // opened again, and the entry is still written.
                if let BackupEvent::Made {
                    repository,
                    source,
                    suspicion: SuspicionLevel::Alarm,
                    ..
                } = &event
                {
                    open_incident(app, repository, source).await?;
                }
                write_down(app, &event).await?;
                count += 1;
                // Killed between the two, it is journalled twice: a snapshot counts once.
                remove(&path).await?;
            }
            Err(error) => {
                tracing::error!(
                    file = %path.display(),
                    %error,
                    "Result of a backup is not this installation's, or cannot be read; it is set aside and not journalled"
                );
                set_aside(&path).await;
            }
        }
    }
    Ok(count)
}

/// Opens an incident for an alarm, with the checklist of its kind. Alarms that follow while it is
/// open belong to it: every source goes to every repository.
async fn open_incident(app: &App, repository: &str, source: &str) -> Result<(), OperationError> {
    let digue = Actor::digue();
    let known = incidents::list(app, &digue).await?;
    if known
        .iter()
        .any(|view| view.incident.source == Source::Backup && !view.incident.is_closed())
    {
        return Ok(());
    }
    let values = [
        ("repository", Value::from(repository.to_owned())),
        ("source", Value::from(source.to_owned())),
    ];
    let title = text_with(Language::default(), "incident-of-encryption", &values);
    let id = incidents::open(app, &digue, Source::Backup, &title, Subject::Nothing).await?;
    incidents::add(
        app,
        &digue,
        &id,
        None,
        IncidentNote::SheetAdded {
            sheet: Sheet::Ransomware,
        },
    )
    .await?;
    Ok(())
}

/// The most results that are read before the first is journalled.
const AT_ONCE_MAX: usize = 100;

/// Renames a result before it is journalled: one that this account cannot remove would be journalled
/// again every few seconds. `None` when that is refused, or another reader took it.
async fn take(path: &Path) -> Option<PathBuf> {
    let taken = path.with_extension(TAKEN);
    match tokio::fs::rename(path, &taken).await {
        Ok(()) => Some(taken),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::error!(
                file = %path.display(),
                %error,
                "Result of a backup cannot be renamed; it is not journalled: give its folder to the account that serves"
            );
            None
        }
    }
}

/// What cannot be set aside stays: it keeps no other result back.
async fn set_aside(path: &Path) {
    if let Err(error) = tokio::fs::rename(path, path.with_extension(SET_ASIDE)).await {
        tracing::error!(file = %path.display(), %error, "Result of a backup cannot be set aside; remove it");
    }
}

async fn remove(path: &Path) -> Result<(), OperationError> {
    tokio::fs::remove_file(path)
        .await
        .map_err(|error| OperationError::Unavailable(error.to_string()))
}

fn read_results(folder: &Path) -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let is_result = path
            .extension()
            .is_some_and(|kind| kind == "json" || kind == TAKEN);
        // A folder, a link to one or a pipe of that name would stop every later result.
        if is_result && entry.file_type()?.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        // A folder that was filled is taken in parts: all of it would be held in memory.
        if found.len() == AT_ONCE_MAX {
            break;
        }
        match read_result(&path) {
            Ok(bytes) => found.push((path, bytes)),
            // It stays: what cannot be read now keeps no other result back.
            Err(error) => {
                tracing::error!(file = %path.display(), %error, "Result of a backup cannot be read");
            }
        }
    }
    Ok(found)
}

/// The bytes of a result, because one that is no text is set aside; cut where no result is so long,
/// which then cannot be parsed.
fn read_result(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(RESULT_BYTES_MAX)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

const fn act_of(event: &BackupEvent) -> Act {
    match event {
        BackupEvent::Made { .. } => Act::BackupMade,
        BackupEvent::Failed { .. } => Act::BackupFailed,
        BackupEvent::Verified { .. } => Act::BackupVerified,
        BackupEvent::DeletionTried { .. } => Act::DeletionTried,
        BackupEvent::Drilled { .. } => Act::RestoreDrilled,
        BackupEvent::KeySplit { .. } => Act::RecoveryKeySplit,
        BackupEvent::DeletionPlanned { .. } => Act::BackupDeletionPlanned,
        BackupEvent::DeletionAgreed { .. } => Act::BackupDeletionAgreed,
        BackupEvent::DeletionCancelled { .. } => Act::BackupDeletionCancelled,
        BackupEvent::Deleted { .. } => Act::BackupsDeleted,
        BackupEvent::AcceptanceProposed { .. } => Act::BackupAcceptanceProposed,
        BackupEvent::SnapshotsAccepted { .. } => Act::SnapshotsAccepted,
        BackupEvent::Reported { .. } => Act::BackupReported,
    }
}

/// Writes an event into the journal.
pub(crate) async fn write_down(app: &App, event: &BackupEvent) -> Result<(), OperationError> {
    let details = ActDetails {
        subject: Subject::Repository(event.repository().to_owned()),
        after: event.to_text(),
        ..ActDetails::default()
    };
    app.write_down(&Actor::digue(), act_of(event), details)
        .await
        .map(drop)
}

/// What the operator configured; `None` without `[backup]`.
pub fn rules(app: &App) -> Option<&BackupRules> {
    app.area::<BackupLedger>().rules.as_ref()
}

/// The history up to the journal's last entry.
pub async fn history(app: &App) -> Result<BackupHistory, OperationError> {
    let ledger: &BackupLedger = app.area();
    catch_up_by_index(app, &ledger.known);
    let (journal, known) = (app.journal().clone(), ledger.known.clone());
    let read = tokio::task::spawn_blocking(move || catch_up(&journal, &known)).await;
    let read = read.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    read.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    Ok(ledger
        .known
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .history
        .clone())
}

/// Measures the checks `backups` and `restore-drills`: what was never done fails.
pub async fn measure(
    app: &App,
    check: Check,
    now: Timestamp,
) -> Result<Measurement, OperationError> {
    let Some(rules) = rules(app) else {
        return Ok(Measurement::unknown(NotRun::NoSource));
    };
    let mut found = judge(&history(app).await?, rules, check, now);
    if check == Check::Backups && has_set_aside(app).await? {
        found.population += 1;
        found.failing.push(RESULTS.to_owned());
    }
    Ok(found)
}

/// The repositories whose content a thief with this machine cannot erase now: where it tried lately
/// and could not, and disks that were here lately and are kept outside.
fn out_of_reach<'r>(
    history: &BackupHistory,
    rules: &'r BackupRules,
    now: Timestamp,
) -> Vec<&'r str> {
    let is_far = |name: &&String| {
        history.is_out_of_reach(name, now)
            || rules.outside.contains(name) && history.is_kept_outside(name, now)
    };
    let all = rules.repositories.iter().filter(is_far);
    all.map(String::as_str).collect()
}

/// How many copies are out of reach of this machine, of how many repositories; `None` where none is
/// configured.
///
/// # Errors
/// When the journal cannot be read.
pub async fn copies_out_of_reach(app: &App) -> Result<Option<(usize, usize)>, OperationError> {
    let Some(rules) = rules(app).filter(|rules| !rules.repositories.is_empty()) else {
        return Ok(None);
    };
    let (history, now) = (history(app).await?, app.clock().now());
    let far = out_of_reach(&history, rules, now).len();
    Ok(Some((far, rules.repositories.len())))
}

/// What lies in the repositories and is none of our backups, by the name of each repository, with the
/// time at which that was looked at last; none where nothing was found.
///
/// # Errors
/// When the journal cannot be read.
pub async fn additions(
    app: &App,
) -> Result<Vec<(String, Timestamp, AdditionList)>, OperationError> {
    let Some(rules) = rules(app) else {
        return Ok(Vec::new());
    };
    let history = history(app).await?;
    let named = rules.repositories.iter().filter_map(|name| {
        let (at, list) = history.additions(name)?;
        (!list.is_empty()).then(|| (name.clone(), *at, list.clone()))
    });
    Ok(named.collect())
}

/// How the check says that no copy is out of reach.
pub const OUT_OF_REACH: &str = "out-of-reach";

/// How the check names results that were set aside.
const RESULTS: &str = "data/backup/results";

/// True while a file lies in the folder of results that no command of this installation left: who
/// writes there tries to speak for the backups.
async fn has_set_aside(app: &App) -> Result<bool, OperationError> {
    let folder = results_folder(app.data_folder());
    let unavailable = |error: std::io::Error| OperationError::Unavailable(error.to_string());
    let mut entries = match tokio::fs::read_dir(&folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unavailable(error)),
    };
    while let Some(entry) = entries.next_entry().await.map_err(unavailable)? {
        if entry
            .path()
            .extension()
            .is_some_and(|kind| kind == SET_ASIDE)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes what the index has since the last time. It holds every act: a journal of a nation is not
/// read through for a handful of entries.
fn catch_up_by_index(app: &App, known: &RwLock<KnownBackups>) {
    let from = known.read().unwrap_or_else(PoisonError::into_inner).next;
    let (newest_first, size) = {
        let standing = app.journal_state();
        let new = standing
            .index
            .acts(usize::MAX)
            .take_while(|(entry, _)| *entry >= from);
        let ours = new.filter(|(_, act)| is_ours(act.act));
        (
            ours.cloned().collect::<Vec<(u64, Administration)>>(),
            standing.index.size(),
        )
    };
    // Not while the state of the journal is held: its writer waits for that.
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    // What another reader took meanwhile is not taken twice.
    let next = known.next;
    for (_, act) in newest_first
        .iter()
        .rev()
        .filter(|(entry, _)| *entry >= next)
    {
        known.take(act);
    }
    known.next = next.max(size);
}

/// Reads what the index has not taken yet: entries of the last moments.
fn catch_up(
    journal: &digue_journal::Journal,
    known: &RwLock<KnownBackups>,
) -> Result<(), digue_journal::OpenError> {
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    let from = known.next.max(journal.minimum());
    journal.each(from, &mut |index, opened| {
        known.next = index + 1;
        if let OpenedKeyring::Event(Event::Administration(act)) = opened {
            known.take(&act);
        }
    })
}

const fn is_ours(act: Act) -> bool {
    matches!(
        act,
        Act::BackupMade
            | Act::BackupFailed
            | Act::BackupVerified
            | Act::DeletionTried
            | Act::RestoreDrilled
            | Act::RecoveryKeySplit
            | Act::BackupReported
            | Act::BackupDeletionPlanned
            | Act::BackupDeletionAgreed
            | Act::BackupDeletionCancelled
            | Act::BackupsDeleted
            | Act::BackupAcceptanceProposed
            | Act::SnapshotsAccepted
    )
}

/// The event of an act; `None` for the acts of others.
pub fn event_of(act: Act, after: &str) -> Option<BackupEvent> {
    if !is_ours(act) {
        return None;
    }
    match BackupEvent::parse(after) {
        Ok(event) if act_of(&event) == act => Some(event),
        Ok(_) => {
            tracing::error!(
                act = act.code(),
                "Entry of a backup holds another act's event; the checks count it as not there"
            );
            None
        }
        Err(error) => {
            tracing::error!(%error, "Entry of a backup cannot be read; the checks count it as not there");
            None
        }
    }
}

fn judge(
    history: &BackupHistory,
    rules: &BackupRules,
    check: Check,
    now: Timestamp,
) -> Measurement {
    let repositories = &rules.repositories;
    if check == Check::RestoreDrills {
        // The reports of others prove no restore.
        if repositories.is_empty() {
            return Measurement::unknown(NotRun::NoSource);
        }
        let is_red = |name: &&String| history.drill(name, rules.drills, now).is_red();
        let red = repositories.iter().filter(is_red).cloned().collect();
        return Measurement::of(repositories.len() as u64, red);
    }
    let pairs = repositories
        .iter()
        .flat_map(|one| rules.sources.iter().map(move |source| (one, source)));
    let own = pairs
        .clone()
        .filter(|(one, source)| {
            let cadence = rules.cadence_of(one);
            history.backup(one, source, cadence, now).is_red() || is_disputed(history, one, source)
        })
        .map(|(one, source)| format!("{source}@{one}"));
    let others = rules
        .reports
        .iter()
        .filter(|rule| history.reported(&rule.name, rule.backups, now).is_red());
    // A repository whose packs decay holds no backup of anything until they read well again, and
    // one that is not read any more says nothing of them.
    let is_unread = |name: &str| {
        let last = history.last_verified(name);
        last.is_some_and(|last| now.since(last) > READ_WITHIN)
    };
    let damaged = repositories
        .iter()
        .filter(|name| history.faults(name) > 0 || is_unread(name))
        .cloned();
    // A machine that only reads the reports of others has no copies of its own.
    let must_be_far = !repositories.is_empty();
    let is_near = must_be_far && out_of_reach(history, rules, now).is_empty();
    let red = own
        .chain(others.map(|rule| rule.name.clone()))
        .chain(damaged)
        .chain(is_near.then(|| OUT_OF_REACH.to_owned()))
        .collect();
    let members =
        pairs.count() + rules.reports.len() + repositories.len() + usize::from(must_be_far);
    Measurement::of(members as u64, red)
}

/// True while the newest backup of a source is suspect and no two persons decided on it.
fn is_disputed(history: &BackupHistory, repository: &str, source: &str) -> bool {
    let Some(id) = history.last_id(repository) else {
        return false;
    };
    match history.baseline(id, source) {
        BackupBaseline::Disputed(_) | BackupBaseline::NoneSound => true,
        BackupBaseline::First | BackupBaseline::Sound(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use digue_backup::RepositoryId;
    use digue_backup::canary::DeletionProof;
    use digue_backup::reports::ReportStanding;
    use digue_isms::check::CheckOutcome;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn rules() -> BackupRules {
        BackupRules {
            repositories: vec!["disque".to_owned(), "serveur".to_owned()],
            outside: Vec::new(),
            sources: vec!["digue".to_owned()],
            backups: Cadence::every(DAY),
            drills: Cadence::every(DAY * 30),
            reports: Vec::new(),
            zone: TimeZone::UTC,
            runs_itself: false,
        }
    }

    fn id_of(repository: &str) -> String {
        let digit = if repository == "disque" { "a" } else { "b" };
        digit.repeat(64)
    }

    fn made(repository: &str) -> BackupEvent {
        let text = format!(
            r#"{{"kind":"made","repository":"{repository}","id":"{}","source":"digue","snapshot":"{}",
                "files":1,"bytes":1,"unread":0,"suspicion":"clean"}}"#,
            id_of(repository),
            "0".repeat(64)
        );
        BackupEvent::parse(&text).unwrap()
    }

    fn refused(repository: &str) -> BackupEvent {
        BackupEvent::DeletionTried {
            repository: repository.to_owned(),
            id: Some(RepositoryId::parse(&id_of(repository)).unwrap()),
            proof: DeletionProof::Refused,
        }
    }

    #[test]
    fn a_copy_out_of_reach_is_a_proof_that_is_young_or_a_disk_that_lies_outside() {
        let now = Timestamp::from_secs(1_764_000_000);
        let failing = |history: &BackupHistory, rules: &BackupRules, at| {
            judge(history, rules, Check::Backups, at).failing
        };
        let mut history = BackupHistory::default();
        history.add(now, &made("disque"));
        history.add(now, &made("serveur"));
        assert_eq!(failing(&history, &rules(), now), ["out-of-reach"]);
        history.add(now, &refused("serveur"));
        assert!(failing(&history, &rules(), now).is_empty());
        history.add(now, &deletable("serveur"));
        assert_eq!(failing(&history, &rules(), now), ["out-of-reach"]);
        // Disks alone: one is outside at any time.
        let disks = BackupRules {
            outside: vec!["disque".to_owned()],
            ..rules()
        };
        let later = now.plus(DAY * 8);
        history.add(later, &made("serveur"));
        assert!(failing(&history, &disks, later).is_empty());
        let later = now.plus(DAY * 10);
        history.add(later, &made("serveur"));
        let both = ["digue@disque", "out-of-reach"];
        assert_eq!(failing(&history, &disks, later), both);
    }

    fn deletable(repository: &str) -> BackupEvent {
        let mut tried = refused(repository);
        if let BackupEvent::DeletionTried { proof, .. } = &mut tried {
            *proof = DeletionProof::Deletable(vec!["data".to_owned()]);
        }
        tried
    }

    #[test]
    fn a_suspect_backup_is_red_until_two_persons_decide() {
        let now = Timestamp::from_secs(1_764_000_000);
        let mut history = BackupHistory::default();
        history.add(now, &made("disque"));
        history.add(now, &made("serveur"));
        history.add(now, &refused("serveur"));
        let text = made("disque").to_text();
        let text = text.replace("\"clean\"", "\"suspect\"");
        let text = text.replacen(
            &format!("\"snapshot\":\"{}", "0".repeat(64)),
            &format!("\"snapshot\":\"{}", "1".repeat(64)),
            1,
        );
        history.add(now, &BackupEvent::parse(&text).unwrap());
        let failing = judge(&history, &rules(), Check::Backups, now).failing;
        assert_eq!(failing, ["digue@disque"]);
    }

    #[test]
    fn what_was_never_done_fails_and_names_itself() {
        let now = Timestamp::from_secs(1_764_000_000);
        let mut history = BackupHistory::default();
        for check in [Check::Backups, Check::RestoreDrills] {
            let found = judge(&history, &rules(), check, now);
            let far = usize::from(check == Check::Backups);
            assert_eq!(found.failing.len(), 2 + far);
            assert_eq!(check.judge(&found), CheckOutcome::Fail);
        }
        history.add(now, &made("disque"));
        history.add(now, &refused("serveur"));
        assert_eq!(
            judge(&history, &rules(), Check::Backups, now).failing,
            ["digue@serveur", "out-of-reach"]
        );
        history.add(now, &made("serveur"));
        assert_eq!(
            Check::Backups.judge(&judge(&history, &rules(), Check::Backups, now)),
            CheckOutcome::Pass
        );
        let later = now.plus(DAY * 3);
        assert_eq!(
            judge(&history, &rules(), Check::Backups, later)
                .failing
                .len(),
            2,
            "the proof is still young"
        );
    }

    #[test]
    fn a_repository_with_packs_that_decayed_fails_until_they_read_well() {
        let now = Timestamp::from_secs(1_764_000_000);
        let mut history = BackupHistory::default();
        history.add(now, &made("disque"));
        history.add(now, &made("serveur"));
        history.add(now, &refused("serveur"));
        let verified = |faults| BackupEvent::Verified {
            repository: "disque".to_owned(),
            part: 4,
            of: 30,
            faults,
            id: None,
            additions: None,
        };
        history.add(now, &verified(1));
        let failing = judge(&history, &rules(), Check::Backups, now).failing;
        assert_eq!(failing, ["disque"]);
        history.add(now, &verified(0));
        let found = judge(&history, &rules(), Check::Backups, now);
        assert_eq!(Check::Backups.judge(&found), CheckOutcome::Pass);
        // Backed up each day, and not read for more than a month.
        let later = now.plus(DAY * 32);
        history.add(later, &made("disque"));
        history.add(later, &made("serveur"));
        history.add(later, &refused("serveur"));
        let failing = judge(&history, &rules(), Check::Backups, later).failing;
        assert_eq!(failing, ["disque"]);
    }

    #[test]
    fn another_system_counts_beside_ours_and_proves_no_restore() {
        let now = Timestamp::from_secs(1_764_000_000);
        let report = ReportRule {
            name: "compta".to_owned(),
            format: ReportFormat::Restic,
            file: PathBuf::new(),
            backups: Cadence::every(DAY),
        };
        let rules = BackupRules {
            repositories: Vec::new(),
            reports: vec![report],
            ..rules()
        };
        let mut history = BackupHistory::default();
        assert_eq!(
            judge(&history, &rules, Check::Backups, now).failing,
            ["compta"]
        );
        let standing = ReportStanding::Made {
            at_secs: now.secs(),
            bytes: None,
        };
        history.add(
            now,
            &BackupEvent::Reported {
                system: "compta".to_owned(),
                standing,
            },
        );
        assert_eq!(
            Check::Backups.judge(&judge(&history, &rules, Check::Backups, now)),
            CheckOutcome::Pass
        );
        let drills = judge(&history, &rules, Check::RestoreDrills, now);
        assert_eq!(Check::RestoreDrills.judge(&drills), CheckOutcome::NotRun);
    }

    #[test]
    fn every_act_of_a_backup_is_read_back() {
        let event = made("disque");
        assert_eq!(
            event_of(act_of(&event), &event.to_text()),
            Some(event.clone())
        );
        assert_eq!(event_of(Act::Started, "{}"), None);
        assert_eq!(event_of(Act::BackupFailed, &event.to_text()), None);
    }
}
