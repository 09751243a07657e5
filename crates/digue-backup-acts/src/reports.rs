//! Backups of other systems: their reports are read, and what they newly say is journalled.

use std::fs;
use std::io;

use digue_app::{App, OperationError};
use digue_backup::history::BackupEvent;
use digue_backup::reports::{ReportError, ReportStanding};
use jiff::tz::TimeZone;

use crate::backups::{self, ReportRule};

/// A report is read whole; a list of snapshots has some megabytes.
const BYTES_MAX: u64 = 64 << 20;

/// Reads each report, and journals those that say something else than before; how many.
///
/// # Errors
/// When the journal cannot be read or written. A report that cannot be read is a fact about its
/// system.
pub async fn journal_reports(app: &App) -> Result<usize, OperationError> {
    let Some(rules) = backups::rules(app).filter(|rules| !rules.reports.is_empty()) else {
        return Ok(0);
    };
    let (reports, zone) = (rules.reports.clone(), rules.zone.clone());
    let read = move || {
        reports
            .into_iter()
            .map(|rule| (standing(&rule, &zone), rule))
            .collect::<Vec<_>>()
    };
    let read = tokio::task::spawn_blocking(read).await;
    let read = read.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    let history = backups::history(app).await?;
    let mut count = 0;
    for (said, rule) in read {
        let (standing, error) = match said {
            Ok(standing) => (standing, None),
            Err(error) => (ReportStanding::Unreadable, Some(error)),
        };
        if history.report(&rule.name) == Some(&standing) {
            continue;
        }
        if let Some(error) = error {
            tracing::warn!(
                system = %rule.name,
                file = %rule.file.display(),
                %error,
                "Report of a backup cannot be read; its system counts as not backed up until it can"
            );
        }
        backups::write_down(
            app,
            &BackupEvent::Reported {
                system: rule.name,
                standing,
            },
        )
        .await?;
        count += 1;
    }
    Ok(count)
}

/// Why a report could not be read.
#[derive(Debug, thiserror::Error)]
enum ReportFileError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("it has {0} bytes, {BYTES_MAX} at most")]
    TooLarge(u64),
    #[error(transparent)]
    Report(#[from] ReportError),
}

fn standing(rule: &ReportRule, zone: &TimeZone) -> Result<ReportStanding, ReportFileError> {
    let bytes = fs::metadata(&rule.file)?.len();
    if bytes > BYTES_MAX {
        return Err(ReportFileError::TooLarge(bytes));
    }
    Ok(ReportStanding::of(
        rule.format,
        &fs::read_to_string(&rule.file)?,
        zone,
    )?)
}
