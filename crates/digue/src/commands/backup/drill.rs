//! `digue drill`: a restore into an empty folder, tried before it is needed.

use std::process::Command;

use anyhow::Result;
use digue_backup::drill::{DrillReport, DrillVerdict, StepOutcome};
use digue_backup::history::{BackupEvent, BackupHistory, OWN_SOURCE};
use digue_backup::schedule::PackSlice;
use digue_backup_acts::backups::event_of;
use digue_continuity::ContinuityError;
use digue_continuity::drill::{self, DrillPlan};
use digue_continuity::isolation;
use digue_continuity::place::{RepositoryPlace, RepositorySettings};
use digue_locales::{Value, text};

use super::{Configured, Done, NIGHTS, explain, now, progress, say_failure};
use crate::cli::backup::DrillArguments;
use crate::cli::evidence::JournalPlace;
use crate::commands::evidence::place::JournalReading;
use digue_terminal::{BAD, GOOD, Output};

pub(super) fn run(out: &Output, settings: &Configured, arguments: &DrillArguments) -> Done {
    let (mut code, mut here) = (GOOD, Vec::new());
    for target in settings.repositories(arguments.repository.as_deref())? {
        // Its server is reached over a network.
        let needs_server = settings.backup.drill_database.is_some();
        match isolated(out, arguments, target)?.filter(|_| !needs_server) {
            Some(mut command) => {
                if !command.status()?.success() {
                    code = BAD;
                }
            }
            None => here.push(target),
        }
    }
    if here.is_empty() {
        return Ok(code);
    }
    let history = known(settings)?;
    let whole = PackSlice { part: 1, of: 1 };
    let plan = DrillPlan {
        sources: settings.backup.sources(),
        tolerance: settings.backup.tolerance,
        // In full, or the share of tonight.
        slice: if arguments.is_full {
            whole
        } else {
            PackSlice::of_day(now(), NIGHTS)
        },
        parent: settings.folder(),
        data: settings.settings.data_folder.clone(),
        database: settings.backup.drill_database.clone(),
        checkpoint: arguments.checkpoint.clone(),
        history: history.as_ref(),
    };
    for target in here {
        let opened = target.open(&settings.client, progress());
        let drilled = opened.and_then(|repository| drill::run(&repository, &plan, &now));
        match drilled {
            Ok(report) => {
                settings.leave(&BackupEvent::drilled(&target.name, &report))?;
                tell(out, target, &report);
                if report.verdict() != DrillVerdict::Passed {
                    code = BAD;
                }
            }
            // A drill that could not begin has no snapshot to speak of: it was not run, and is red
            // so.
            Err(error) => {
                let cause = match &error {
                    ContinuityError::Backup(known) => explain(out, known),
                    other => other.chain(),
                };
                say_failure(out, &target.name, OWN_SOURCE, cause);
                code = BAD;
            }
        }
    }
    Ok(code)
}

/// The same drill without a network; `None` where that is not to be had, for a server, and for the
/// process that is the one without.
fn isolated(
    out: &Output,
    arguments: &DrillArguments,
    target: &RepositorySettings,
) -> Result<Option<Command>> {
    let needs_network = match target.place {
        RepositoryPlace::Folder(_) => false,
        RepositoryPlace::Rest { .. } | RepositoryPlace::Bucket(_) => true,
    };
    if arguments.is_isolated || needs_network {
        return Ok(None);
    }
    let Some(mut command) = isolation::isolated(&std::env::current_exe()?) else {
        return Ok(None);
    };
    command
        .args([
            "--language",
            out.language.code(),
            "drill",
            "--isolated",
            "--repository",
            &target.name,
            "--config",
        ])
        .arg(&arguments.config);
    if arguments.is_full {
        command.arg("--full");
    }
    if let Some(checkpoint) = &arguments.checkpoint {
        command.arg("--checkpoint").arg(checkpoint);
    }
    Ok(Some(command))
}

/// What the journal of this machine says of backups; `None` on a machine that has none.
pub(super) fn known(settings: &Configured) -> Result<Option<BackupHistory>> {
    let folder = settings.settings.data_folder.join("journal");
    // A journal that may not be read is not a machine without one.
    if !folder.join("checkpoint").try_exists()? {
        return Ok(None);
    }
    let master = Some(settings.settings.journal.master_key.clone());
    let place = JournalPlace {
        folder,
        is_named: true,
        key: None,
        master,
    };
    // From the index: entries that the journal has pruned since are in it, and without them their
    // snapshots would be ones that nobody knows.
    let index = JournalReading::open(&place)?.index(&place)?;
    let newest_first: Vec<_> = index.acts(usize::MAX).collect();
    let mut history = BackupHistory::default();
    for (_, act) in newest_first.into_iter().rev() {
        if let Some(event) = event_of(act.act, &act.after) {
            history.add(act.at, &event);
        }
    }
    Ok(Some(history))
}

fn tell(out: &Output, target: &RepositorySettings, report: &DrillReport) {
    for (step, outcome) in report.outcomes() {
        let name = text(out.language, &format!("drill-step-{}", step.code()));
        let said = match &outcome {
            StepOutcome::Passed => text(out.language, "drill-passed"),
            StepOutcome::NotRun => text(out.language, "drill-not-run"),
            StepOutcome::Failed(_) => text(out.language, "drill-failed"),
        };
        out.line(&format!("  {name}: {said}"));
        if let StepOutcome::Failed(differences) = outcome {
            differences
                .iter()
                .take(10)
                .for_each(|difference| out.line(&format!("    {difference}")));
        }
    }
    let key = match report.verdict() {
        DrillVerdict::Passed => "drill-verdict-passed",
        DrillVerdict::Failed => "drill-verdict-failed",
        DrillVerdict::Incomplete => "drill-verdict-incomplete",
    };
    let values = [
        ("repository", Value::from(target.name.as_str())),
        ("age", Value::from(report.age().as_secs())),
        ("time", Value::from(report.time().as_secs())),
        ("files", Value::from(report.files)),
    ];
    out.line(&digue_locales::text_with(out.language, key, &values));
}
