//! `digue backup --plan-deletion` and `--delete-agreed`: what retention no longer keeps, and the
//! deletion that two persons agreed to three days ago.

use std::path::PathBuf;

use anyhow::Result;
use digue_backup::SnapshotId;
use digue_backup::acceptance::{AcceptedAs, SnapshotAcceptance};
use digue_backup::deletion::{BackupDeletion, DeletionStanding, DeletionStop};
use digue_backup::history::{BackupEvent, BackupHistory};
use digue_backup::repository::BackupRepository;
use digue_backup::retention::{Freeze, FreezeCause, RetentionPlan};
use digue_backup::schedule::TIDY_AFTER;
use digue_continuity::place::RepositorySettings;
use digue_continuity::retained;
use digue_locales::{Value, text, text_with};

use super::drill::known;
use super::{Configured, Done, now};
use digue_terminal::{BAD, GOOD, Output};

/// Says what may go, and leaves it as a proposal for the console.
pub(super) fn plan(out: &Output, settings: &Configured, target: &RepositorySettings) -> Done {
    let Some(history) = known(settings)? else {
        out.complain("deletion-no-journal", &[]);
        return Ok(BAD);
    };
    if target.place.locks_files() {
        out.complain("deletion-locked", &[named(target)]);
        return Ok(BAD);
    }
    let repository = target.open(&settings.client, None)?;
    let plan = plan_of(settings, &history, &repository, &[])?;
    let values = [
        named(target),
        ("kept", Value::from(plan.kept.len())),
        ("removable", Value::from(plan.removable.len())),
    ];
    out.say("deletion-plan", &values);
    let unknown = plan
        .frozen
        .iter()
        .filter(|one| one.cause == FreezeCause::Unknown);
    let count = unknown.count();
    if count > 0 {
        out.complain(
            "backup-unknown",
            &[named(target), ("count", Value::from(count))],
        );
    }
    if !plan.freezes.is_empty() {
        say_freezes(out, &plan.freezes);
        return Ok(BAD);
    }
    let Some(deletion) = BackupDeletion::of_plan(&target.name, repository.id(), &plan) else {
        return Ok(GOOD);
    };
    for snapshot in &deletion.snapshots {
        out.line(snapshot.as_str());
    }
    let digest = deletion.digest();
    settings.leave(&BackupEvent::DeletionPlanned { deletion })?;
    out.say("deletion-planned", &[("digest", Value::from(digest))]);
    Ok(GOOD)
}

/// Says what freezes deletion, and leaves it as a proposal for two persons.
pub(super) fn propose_acceptance(
    out: &Output,
    settings: &Configured,
    target: &RepositorySettings,
    accepted_as: AcceptedAs,
    chosen: &[String],
) -> Done {
    let Some(history) = known(settings)? else {
        out.complain("deletion-no-journal", &[]);
        return Ok(BAD);
    };
    let repository = target.open(&settings.client, None)?;
    let plan = plan_of(settings, &history, &repository, &[])?;
    let (name, id) = (&target.name, repository.id());
    // One that names nothing is a mistake of typing: the others are not proposed without it.
    let is_frozen = |start: &String| {
        let mut frozen = plan.frozen.iter();
        frozen.any(|one| one.snapshot.as_str().starts_with(start.as_str()))
    };
    if !chosen.iter().all(is_frozen) {
        out.say("acceptance-nothing", &[named(target)]);
        return Ok(BAD);
    }
    let Some(acceptance) = SnapshotAcceptance::of_plan(name, id, accepted_as, &plan, chosen) else {
        out.say("acceptance-nothing", &[named(target)]);
        return Ok(if chosen.is_empty() { GOOD } else { BAD });
    };
    for frozen in &acceptance.snapshots {
        let cause = format!("frozen-{}", frozen.cause.code());
        let cause = text(out.language, &cause);
        out.line(&format!("{}: {cause}", frozen.snapshot));
    }
    let digest = acceptance.digest();
    settings.leave(&BackupEvent::AcceptanceProposed { acceptance })?;
    out.say("acceptance-proposed", &[("digest", Value::from(digest))]);
    Ok(GOOD)
}

/// Deletes what was agreed to, if all of it may still go; then tidies what deletions left.
///
/// `credential` is the name and secret file of an account that may delete: it is given for this
/// call, and kept nowhere.
pub(super) fn carry_out(
    out: &Output,
    settings: &Configured,
    target: &RepositorySettings,
    credential: Option<&(String, PathBuf)>,
) -> Done {
    let Some(history) = known(settings)? else {
        out.complain("deletion-no-journal", &[]);
        return Ok(BAD);
    };
    let target = &target.with_credential(credential);
    match history.deletion(&target.name, now()) {
        DeletionStanding::NoneAgreed => tidy(out, settings, target, &history),
        DeletionStanding::Waiting { until, .. } => {
            let until = ("until", Value::from(until.to_string()));
            out.say("deletion-waits", &[named(target), until]);
            Ok(GOOD)
        }
        DeletionStanding::Due(deletion) => {
            let repository = target.open_to_write(&settings.client, None)?;
            repository.must_be(&deletion.id)?;
            if is_in_use(out, target, &repository)? {
                return Ok(BAD);
            }
            let plan = plan_of(settings, &history, &repository, &deletion.snapshots)?;
            if let Err(stop) = deletion.must_still_hold(&plan) {
                say_stop(out, target, &stop);
                return Ok(BAD);
            }
            // A person may have stopped it while the plan was made.
            let is_still_due = known(settings)?.is_some_and(|later| {
                later.deletion(&target.name, now()) == DeletionStanding::Due(deletion)
            });
            if !is_still_due {
                out.say("deletion-none-agreed", &[named(target)]);
                return Ok(GOOD);
            }
            repository.forget(&deletion.snapshots)?;
            settings.leave(&BackupEvent::Deleted {
                deletion: deletion.clone(),
            })?;
            repository.tidy(&history.known_files(&repository.id()).snapshots)?;
            let count = ("snapshots", Value::from(deletion.snapshots.len()));
            out.say("deletion-done", &[named(target), count]);
            Ok(GOOD)
        }
    }
}

/// Removes the packs that earlier deletions marked, once that is long enough ago.
fn tidy(
    out: &Output,
    settings: &Configured,
    target: &RepositorySettings,
    history: &BackupHistory,
) -> Done {
    let since = history.untidied_since(&target.name);
    if since.is_none_or(|since| now() < since.plus(TIDY_AFTER)) {
        out.say("deletion-none-agreed", &[named(target)]);
        return Ok(GOOD);
    }
    let repository = target.open_to_write(&settings.client, None)?;
    if is_in_use(out, target, &repository)? {
        return Ok(BAD);
    }
    repository.tidy(&history.known_files(&repository.id()).snapshots)?;
    settings.leave(&BackupEvent::Deleted {
        deletion: BackupDeletion {
            repository: target.name.clone(),
            id: repository.id(),
            snapshots: Vec::new(),
        },
    })?;
    out.say("deletion-tidied", &[named(target)]);
    Ok(GOOD)
}

/// True while restic works in the repository: it locks what it counts on.
fn is_in_use(
    out: &Output,
    target: &RepositorySettings,
    repository: &BackupRepository,
) -> Result<bool> {
    let locks = repository.locks_of_restic()?;
    if locks > 0 {
        let locks = ("locks", Value::from(locks));
        out.complain("deletion-in-use", &[named(target), locks]);
    }
    Ok(locks > 0)
}

fn plan_of(
    settings: &Configured,
    history: &BackupHistory,
    repository: &BackupRepository,
    agreed: &[SnapshotId],
) -> Result<RetentionPlan> {
    let keep = &settings.backup.keep;
    Ok(retained::plan(repository, history, keep, agreed, now())?)
}

fn named(target: &RepositorySettings) -> (&'static str, Value) {
    ("repository", Value::from(target.name.clone()))
}

fn say_stop(out: &Output, target: &RepositorySettings, stop: &DeletionStop) {
    match stop {
        DeletionStop::Frozen(freezes) => say_freezes(out, freezes),
        DeletionStop::Kept(snapshot) => {
            let snapshot = ("snapshot", Value::from(snapshot.short().to_owned()));
            out.complain("deletion-kept", &[named(target), snapshot]);
        }
    }
}

fn say_freezes(out: &Output, freezes: &[Freeze]) {
    out.complain("deletion-frozen", &[]);
    for freeze in freezes {
        let (key, count) = freeze.key_and_count();
        out.line(&text_with(
            out.language,
            key,
            &[("count", Value::from(count))],
        ));
    }
}
