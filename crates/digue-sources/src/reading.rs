//! One reading of a source: read whole, compared, then loaded, held for a person, or failed.
//!
//! The record of a source is written last: a crash in between reads it again, and loading the same
//! rows twice changes nothing.

use std::path::PathBuf;

use digue_administration::loads::{LoadMode, LoadPreview, LoadTarget};
use digue_administration::provisioning::AccountLists;
use digue_administration::{additions, approvals, tables};
use digue_app::files::{hex, keep};
use digue_app::{Actor, App, LineFault, OperationError};
use digue_store::{DayOfChanges, HeldChange, SourceRecord};
use futures_util::future::join_all;
use ring::digest::{SHA256, digest};
use tokio::sync::Mutex;
use tracing::Instrument as _;

use crate::retention::{self, RetentionCounts};
use crate::{SourceRules, SourceTarget, Sources, accounts, brake, rules};

/// The brake has judged the loss, or a person has.
const LOSS_IS_JUDGED: LoadMode = LoadMode::Replace {
    confirms_loss: true,
};

/// Serialises readings: one on demand must not overtake one that is due.
// The first of the async locks, before that of loads.
#[derive(Default)]
pub(crate) struct SourceTurn(Mutex<()>);

/// Reads every source whose time has come.
///
/// # Errors
/// When the store or the journal fails; a source that fails is recorded and is no error.
pub async fn read_due(app: &App) -> Result<(), OperationError> {
    let now = app.clock().now();
    let known = app.store().sources().await?;
    let is_due = |rules: &&SourceRules| {
        let known = known.iter().find(|known| known.name == rules.name);
        known.is_none_or(|known| now.since(known.read_at) >= rules.every)
    };
    let due: Vec<&SourceRules> = rules(app).iter().filter(is_due).collect();
    if due.is_empty() {
        return Ok(());
    }
    // The readings before have not ended: theirs are not due.
    let Ok(_one) = app.area::<Sources>().turn.0.try_lock() else {
        return Ok(());
    };
    // Side by side: a database that does not answer must not delay the others.
    let read = join_all(due.into_iter().map(|rules| read(app, rules))).await;
    read.into_iter().collect()
}

/// Reads one source now.
///
/// # Errors
/// `NotFound` for a name that the configuration does not have.
pub async fn read_now(app: &App, actor: &Actor, name: &str) -> Result<(), OperationError> {
    actor.must_load()?;
    let rules = named(app, name)?;
    let _one = app.area::<Sources>().turn.0.lock().await;
    read(app, rules).await
}

pub(crate) fn named<'a>(app: &'a App, name: &str) -> Result<&'a SourceRules, OperationError> {
    let known = rules(app).iter().find(|rules| rules.name == name);
    known.ok_or(OperationError::NotFound("source"))
}

async fn read(app: &App, rules: &SourceRules) -> Result<(), OperationError> {
    let client = app.area::<Sources>().client.as_ref();
    let before = record(app, rules).await?;
    let began = app.clock().now();
    // Operators have many sources: each line of the log names its own.
    let span = tracing::error_span!("source", name = rules.name);
    let read = rules.origin.read(client, &rules.target).instrument(span);
    let next = match read.await {
        Ok(csv) => {
            let next = match &rules.target {
                SourceTarget::Table(target) => take(app, rules, target, csv, &before).await?,
                SourceTarget::Accounts => take_accounts(app, rules, csv, &before).await?,
                SourceTarget::Retention => take_retention(app, rules, csv, &before).await?,
            };
            // All of it is in force: it knows better than what was added before it was read.
            if next.good_at > before.good_at
                && let SourceTarget::Table(LoadTarget::Caseload(population)) = &rules.target
            {
                additions::end(app, population, began).await?;
            }
            next
        }
        Err(fault) => failed(&before, fault.key(), None),
    };
    // When it ended: by its beginning, a reading longer than `every` would be due again at once.
    let read_at = app.clock().now();
    Ok(app
        .store()
        .set_source(&SourceRecord { read_at, ..next })
        .await?)
}

/// Does what follows from a list of accounts. What waits for a person stands with the accounts: the
/// list itself was read, and is as fresh as this reading.
async fn take_accounts(
    app: &App,
    rules: &SourceRules,
    csv: Vec<u8>,
    before: &SourceRecord,
) -> Result<SourceRecord, OperationError> {
    let Ok(actor) = Actor::of_program(app, &rules.account) else {
        return Ok(failed(before, "source-fault-account", None));
    };
    if let Err(error) = actor.must_load() {
        return refused(before, error);
    }
    let now = app.clock().now();
    let read = app.blocking(move || accounts::read(&csv, now)).await?;
    let list = match read {
        Ok(list) => list,
        Err(error) => return refused(before, error),
    };
    let rows = list.len() as u64;
    let lists = app.area::<AccountLists>();
    if let Err(error) = lists.0.take(app, &actor, (&rules.name, list)).await {
        return refused(before, error);
    }
    Ok(SourceRecord {
        good_at: Some(now),
        rows: Some(rows),
        fault: None,
        ..before.clone()
    })
}

/// Counts the records that are beyond their terms. Nothing is in force by it, so that neither a
/// bound nor a brake judges it: what it says is written down with its day.
async fn take_retention(
    app: &App,
    rules: &SourceRules,
    csv: Vec<u8>,
    before: &SourceRecord,
) -> Result<SourceRecord, OperationError> {
    let Ok(actor) = Actor::of_program(app, &rules.account) else {
        return Ok(failed(before, "source-fault-account", None));
    };
    if let Err(error) = actor.must_load() {
        return refused(before, error);
    }
    let now = app.clock().now();
    let read = app.blocking(move || retention::read(&csv)).await?;
    let (ages, rows) = match read {
        Ok(read) => read,
        Err(error) => return refused(before, error),
    };
    let counts = app.area::<RetentionCounts>();
    if let Err(error) = counts.0.take(app, &actor, (&rules.name, ages)).await {
        return refused(before, error);
    }
    Ok(SourceRecord {
        good_at: Some(now),
        rows: Some(rows),
        fault: None,
        ..before.clone()
    })
}

/// Loads the rows, or holds them.
async fn take(
    app: &App,
    rules: &SourceRules,
    target: &LoadTarget,
    csv: Vec<u8>,
    before: &SourceRecord,
) -> Result<SourceRecord, OperationError> {
    let actor = match Actor::of_program(app, &rules.account) {
        Ok(actor) => actor,
        Err(_) => return Ok(failed(before, "source-fault-account", None)),
    };
    let change = match tables::preview(app, &actor, target, csv.clone()).await {
        Ok(change) => change,
        Err(error) => return refused(before, error),
    };
    if change.rows == 0 && change.before == 0 {
        // Nothing was ever there and nothing came: that is not "up to date".
        return Ok(failed(before, "source-fault-empty", None));
    }
    let now = app.clock().now();
    let digest = hex(digest(&SHA256, &csv).as_ref());
    if change.unknown.is_some() {
        return ask_whole(
            app,
            rules,
            target,
            &actor,
            (csv, digest, change.rows),
            before,
        )
        .await;
    }
    // The same rows again, of which a part waits for a second person: loading them each time would
    // make a version and an entry of each reading. After a day the request has expired.
    // What narrows never waits: where it would do so once more, it came undone in another way.
    let (wider, narrower) = change.wider_and_narrower(target);
    let is_known = before.loaded.as_ref().is_some_and(|(known, at)| {
        *known == digest && now.since(*at) < approvals::WAITS && narrower == 0
    });
    let day = brake::day_of(before.day, &change, now);
    if !is_known && rules.brake.holds(&change, day) {
        return hold(app, rules, (csv, digest), &change, before).await;
    }
    let mut next = SourceRecord {
        rows: Some(change.rows),
        fault: None,
        held: None,
        ..before.clone()
    };
    let mut waiting = wider;
    if !is_known && (wider > 0 || narrower > 0) {
        waiting = match load(app, &actor, target, csv).await {
            Ok(waiting) => waiting,
            Err(error) => return refused(before, error),
        };
        next.loaded = Some((digest, now));
        next.day = Some(day_after(day, &change, target, waiting));
    }
    forget_held(app, rules).await;
    if waiting == 0 {
        next.good_at = Some(now);
    } else {
        // Read whole, and not all of it is in force: its age is not that of what people work with.
        next.fault = Some(("source-fault-approval".to_owned(), None));
    }
    Ok(next)
}

/// What was in force cannot be read, so that neither a brake nor a bound says what the rows take
/// away: they wait whole for a second person. One request at a time: until it is decided, newer rows
/// ask for nothing, and the reading after the decision brings them.
async fn ask_whole(
    app: &App,
    rules: &SourceRules,
    target: &LoadTarget,
    actor: &Actor,
    (csv, digest, rows): (Vec<u8>, String, u64),
    before: &SourceRecord,
) -> Result<SourceRecord, OperationError> {
    let now = app.clock().now();
    let was_asked = before
        .loaded
        .as_ref()
        .is_some_and(|(known, at)| *known == digest && now.since(*at) < approvals::WAITS);
    let mut next = SourceRecord {
        rows: Some(rows),
        fault: Some(("source-fault-unknown".to_owned(), None)),
        day: None,
        held: None,
        ..before.clone()
    };
    if !was_asked && !approvals::whole_load_waits(app, target).await? {
        if let Err(error) = load(app, actor, target, csv).await {
            return refused(before, error);
        }
        next.loaded = Some((digest, now));
    }
    forget_held(app, rules).await;
    Ok(next)
}

/// The changes of the day with this one. A second person puts in force what waits, and not the
/// source by itself.
fn day_after(
    day: DayOfChanges,
    change: &LoadPreview,
    target: &LoadTarget,
    waiting: u64,
) -> DayOfChanges {
    let (removed, added) = match target {
        LoadTarget::Caseload(_) | LoadTarget::Aliases(_) => (0, waiting),
        LoadTarget::Classes(_) => (waiting, 0),
    };
    DayOfChanges {
        removed: day.removed + change.removed.saturating_sub(removed),
        added: day.added + change.growth.rows.saturating_sub(added),
        ..day
    }
}

async fn hold(
    app: &App,
    rules: &SourceRules,
    (csv, digest): (Vec<u8>, String),
    change: &LoadPreview,
    before: &SourceRecord,
) -> Result<SourceRecord, OperationError> {
    let held = before.held.clone().filter(|held| held.digest == digest);
    if held.is_none() {
        let path = held_file(app, rules);
        app.blocking(move || keep(&path, &csv))
            .await?
            .map_err(unavailable)?;
        tracing::warn!(
            source = rules.name,
            removed = change.removed,
            added = change.growth.rows,
            "A source changes more than its brake lets pass; a person must look"
        );
    }
    let at = held.map_or_else(|| app.clock().now(), |held| held.at);
    Ok(SourceRecord {
        fault: None,
        held: Some(HeldChange {
            digest,
            at,
            rows: change.rows,
            removed: change.removed,
            added: change.growth.rows,
        }),
        ..before.clone()
    })
}

/// Loads what a source's brake held, as the actor: exactly the rows that were shown. What they
/// widen still waits for a second person.
///
/// # Errors
/// `Conflict` when the source has other rows by now; `Denied` for a program.
pub async fn release(
    app: &App,
    actor: &Actor,
    name: &str,
    digest: &str,
) -> Result<(), OperationError> {
    actor.must_load()?;
    // A program releasing what the brake held would be no brake.
    if actor.is_program() {
        return Err(OperationError::Denied);
    }
    let rules = named(app, name)?;
    let _one = app.area::<Sources>().turn.0.lock().await;
    let before = record(app, rules).await?;
    let held = before.held.clone().filter(|held| held.digest == digest);
    let held = held.ok_or(OperationError::Conflict)?;
    let csv = held_rows(app, rules, &held).await?;
    // Changes of accounts wait with the accounts, and never here.
    let SourceTarget::Table(target) = &rules.target else {
        return Err(OperationError::NotFound("source"));
    };
    let waiting = load(app, actor, target, csv).await?;
    forget_held(app, rules).await;
    let next = SourceRecord {
        good_at: if waiting == 0 {
            Some(held.at)
        } else {
            before.good_at
        },
        rows: Some(held.rows),
        fault: (waiting > 0).then(|| ("source-fault-approval".to_owned(), None)),
        // A person has looked: the next changes are judged from here.
        day: None,
        loaded: Some((held.digest, app.clock().now())),
        held: None,
        ..before
    };
    Ok(app.store().set_source(&next).await?)
}

/// The rows that were held, if the file still has them.
async fn held_rows(
    app: &App,
    rules: &SourceRules,
    held: &HeldChange,
) -> Result<Vec<u8>, OperationError> {
    let path = held_file(app, rules);
    let csv = app
        .blocking(move || std::fs::read(path))
        .await?
        .map_err(unavailable)?;
    // `hold` writes the file before the record: a crash in between leaves the rows of a later
    // reading, which nobody was shown.
    if hex(digest(&SHA256, &csv).as_ref()) == held.digest {
        Ok(csv)
    } else {
        Err(OperationError::Conflict)
    }
}

/// Loads; returns how many rows wait for a second person.
async fn load(
    app: &App,
    actor: &Actor,
    target: &LoadTarget,
    csv: Vec<u8>,
) -> Result<u64, OperationError> {
    let loaded = tables::load(app, actor, target, csv, LOSS_IS_JUDGED).await?;
    Ok(loaded.waiting.map_or(0, |(_, growth)| growth.rows))
}

/// What is wrong with the rows, or with what they would change. A failure of Digue itself is not
/// the source's.
fn refused(before: &SourceRecord, error: OperationError) -> Result<SourceRecord, OperationError> {
    let line_of = |fault: &LineFault| u64::try_from(fault.line).unwrap_or(u64::MAX);
    match error {
        OperationError::Faults(faults) => {
            let first = faults.first();
            let key = first.map_or("source-fault-refused", |fault| fault.key.as_str());
            Ok(failed(before, key, first.map(line_of)))
        }
        OperationError::Invalid(key) => Ok(failed(before, key, None)),
        OperationError::Denied | OperationError::SecondNeeded => {
            Ok(failed(before, "source-fault-account", None))
        }
        OperationError::NotFound(_) => Ok(failed(before, "source-fault-target", None)),
        // Twenty waiting requests of one file: people have to decide before more can wait.
        OperationError::Busy | OperationError::Full => {
            Ok(failed(before, "source-fault-waiting", None))
        }
        other => Err(other),
    }
}

/// The last good state stays in force, and keeps its age.
fn failed(before: &SourceRecord, key: &str, line: Option<u64>) -> SourceRecord {
    SourceRecord {
        fault: Some((key.to_owned(), line)),
        ..before.clone()
    }
}

/// The record of a source; a new one before its first reading.
pub(crate) async fn record(app: &App, rules: &SourceRules) -> Result<SourceRecord, OperationError> {
    let known = app.store().sources().await?;
    let known = known.into_iter().find(|known| known.name == rules.name);
    Ok(known.unwrap_or_else(|| SourceRecord {
        name: rules.name.clone(),
        read_at: app.clock().now(),
        good_at: None,
        rows: None,
        fault: None,
        loaded: None,
        day: None,
        held: None,
    }))
}

fn held_file(app: &App, rules: &SourceRules) -> PathBuf {
    let folder = app.data_folder().join("sources");
    folder.join(format!("{}.held.csv", rules.name))
}

/// A file of persons that nothing needs any more. Best effort: the next held change replaces it.
async fn forget_held(app: &App, rules: &SourceRules) {
    let path = held_file(app, rules);
    let removed = app.blocking(move || std::fs::remove_file(path)).await;
    if let Ok(Err(error)) = removed
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, source = rules.name, "Removing held rows failed");
    }
}

fn unavailable(error: impl ToString) -> OperationError {
    OperationError::Unavailable(error.to_string())
}
