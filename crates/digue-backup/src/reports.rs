//! Reports of other systems' backups, in the forms in which those systems write them.
//!
//! A report is believed as far as it goes: it says that a backup was made, never that it can be
//! restored.

use digue_types::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Who wrote a report, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportFormat {
    /// `restic snapshots --json`.
    Restic,
    /// `borg list --json`, of version 1 or 2.
    Borg,
    /// `pgbackrest info --output=json`.
    PgBackRest,
    /// `proxmox-backup-client snapshot list --output-format json`.
    Proxmox,
    /// `{"backups": [{"at": "2026-11-28T02:00:00Z", "outcome": "made", "bytes": 12}]}`, for every
    /// other system; the outcome is `made` or `failed`.
    Declared,
}

impl ReportFormat {
    pub const ALL: [Self; 5] = [
        Self::Restic,
        Self::Borg,
        Self::PgBackRest,
        Self::Proxmox,
        Self::Declared,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Restic => "restic",
            Self::Borg => "borg",
            Self::PgBackRest => "pgbackrest",
            Self::Proxmox => "proxmox",
            Self::Declared => "declared",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.code() == code)
    }
}

/// How a reported backup ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportedOutcome {
    Failed,
    Made,
}

/// One backup of a report, at the time that its system gives it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReportedBackup {
    pub at: Timestamp,
    pub outcome: ReportedOutcome,
    pub bytes: Option<u64>,
}

/// What a report says now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ReportStanding {
    /// The newest backup succeeded, at these seconds since 1970 by its system's clock.
    Made { at_secs: i64, bytes: Option<u64> },
    /// The newest backup failed; the seconds of the last that succeeded.
    Failed { last_secs: Option<i64> },
    /// It lists no backup.
    Empty,
    /// The file is missing, or is not in the form that was configured.
    Unreadable,
}

/// Why a report says nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("not in the form that this system writes")]
    Form(#[from] serde_json::Error),
    #[error("a time that cannot be read: {0}")]
    Time(String),
    /// `pgbackrest` reports its own failure in the report.
    #[error("the system says: {0}")]
    Complaint(String),
}

impl ReportStanding {
    /// Reads a report. Times without an offset, which Borg 1 writes, are of `zone`.
    ///
    /// # Errors
    /// When the text is not of the format, or one of its times is not.
    pub fn of(format: ReportFormat, text: &str, zone: &TimeZone) -> Result<Self, ReportError> {
        let backups = match format {
            ReportFormat::Restic => restic(text),
            ReportFormat::Borg => borg(text, zone),
            ReportFormat::PgBackRest => pgbackrest(text),
            ReportFormat::Proxmox => proxmox(text),
            ReportFormat::Declared => declared(text),
        }?;
        Ok(Self::from_backups(&backups))
    }

    fn from_backups(backups: &[ReportedBackup]) -> Self {
        let made = backups
            .iter()
            .filter(|backup| backup.outcome == ReportedOutcome::Made)
            .max();
        // Of two at one moment the failed one speaks, wherever it stands in the list.
        let newest = backups
            .iter()
            .max_by_key(|backup| (backup.at, backup.outcome != ReportedOutcome::Made));
        match newest {
            None => Self::Empty,
            Some(ReportedBackup {
                at,
                outcome: ReportedOutcome::Made,
                bytes,
            }) => Self::Made {
                at_secs: at.secs(),
                bytes: *bytes,
            },
            Some(ReportedBackup {
                outcome: ReportedOutcome::Failed,
                ..
            }) => Self::Failed {
                last_secs: made.map(|backup| backup.at.secs()),
            },
        }
    }
}

fn rfc3339(text: &str) -> Result<Timestamp, ReportError> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| ReportError::Time(text.to_owned()))
}

/// In restic's repositories only whole snapshots are listed.
fn restic(text: &str) -> Result<Vec<ReportedBackup>, ReportError> {
    #[derive(Deserialize)]
    struct ResticSnapshot {
        time: String,
        /// From version 0.17.
        summary: Option<ResticSummary>,
    }
    #[derive(Deserialize)]
    struct ResticSummary {
        total_bytes_processed: Option<u64>,
    }
    let snapshots: Vec<ResticSnapshot> = serde_json::from_str(text)?;
    let made = snapshots.into_iter().map(|snapshot| {
        let bytes = snapshot
            .summary
            .and_then(|summary| summary.total_bytes_processed);
        Ok(ReportedBackup {
            at: rfc3339(&snapshot.time)?,
            outcome: ReportedOutcome::Made,
            bytes,
        })
    });
    made.collect()
}

/// An archive that was interrupted is listed with `.checkpoint` in its name by version 1: it is
/// none.
fn borg(text: &str, zone: &TimeZone) -> Result<Vec<ReportedBackup>, ReportError> {
    #[derive(Deserialize)]
    struct BorgList {
        archives: Vec<BorgArchive>,
    }
    #[derive(Deserialize)]
    struct BorgArchive {
        name: String,
        start: String,
    }
    let list: BorgList = serde_json::from_str(text)?;
    let whole = list
        .archives
        .into_iter()
        .filter(|archive| !archive.name.contains(".checkpoint"));
    let made = whole.map(|archive| {
        let at = local(&archive.start, zone)?;
        Ok(ReportedBackup {
            at,
            outcome: ReportedOutcome::Made,
            bytes: None,
        })
    });
    made.collect()
}

/// A time with its offset, or of `zone` without one.
fn local(text: &str, zone: &TimeZone) -> Result<Timestamp, ReportError> {
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Ok(at);
    }
    let civil: Option<DateTime> = text.parse().ok();
    let zoned = civil.and_then(|civil| civil.to_zoned(zone.clone()).ok());
    let at = zoned.ok_or_else(|| ReportError::Time(text.to_owned()))?;
    Ok(Timestamp::from_micros(at.timestamp().as_microsecond()))
}

fn pgbackrest(text: &str) -> Result<Vec<ReportedBackup>, ReportError> {
    #[derive(Deserialize)]
    struct Stanza {
        backup: Vec<StanzaBackup>,
        status: StanzaStatus,
    }
    #[derive(Deserialize)]
    struct StanzaStatus {
        code: u32,
        message: String,
    }
    #[derive(Deserialize)]
    struct StanzaBackup {
        /// True when pages with a wrong checksum were found; missing before version 2.36.
        error: Option<bool>,
        info: StanzaSize,
        timestamp: StanzaTimes,
    }
    #[derive(Deserialize)]
    struct StanzaSize {
        size: u64,
    }
    #[derive(Deserialize)]
    struct StanzaTimes {
        start: i64,
    }
    const NO_BACKUPS: u32 = 2;
    let stanzas: Vec<Stanza> = serde_json::from_str(text)?;
    let mut found = Vec::new();
    for stanza in stanzas {
        if stanza.status.code != 0 && stanza.status.code != NO_BACKUPS {
            return Err(ReportError::Complaint(stanza.status.message));
        }
        found.extend(stanza.backup.into_iter().map(|backup| ReportedBackup {
            at: Timestamp::from_secs(backup.timestamp.start),
            outcome: if backup.error == Some(true) {
                ReportedOutcome::Failed
            } else {
                ReportedOutcome::Made
            },
            bytes: Some(backup.info.size),
        }));
    }
    Ok(found)
}

fn proxmox(text: &str) -> Result<Vec<ReportedBackup>, ReportError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct ProxmoxSnapshot {
        backup_time: i64,
        size: Option<u64>,
        verification: Option<ProxmoxVerification>,
    }
    #[derive(Deserialize)]
    struct ProxmoxVerification {
        state: String,
    }
    let snapshots: Vec<ProxmoxSnapshot> = serde_json::from_str(text)?;
    // Without a size it is running, or was interrupted.
    let ended = snapshots
        .into_iter()
        .filter(|snapshot| snapshot.size.is_some());
    let read = ended.map(|snapshot| ReportedBackup {
        at: Timestamp::from_secs(snapshot.backup_time),
        outcome: match snapshot.verification {
            Some(verification) if verification.state != "ok" => ReportedOutcome::Failed,
            Some(_) | None => ReportedOutcome::Made,
        },
        bytes: snapshot.size,
    });
    Ok(read.collect())
}

fn declared(text: &str) -> Result<Vec<ReportedBackup>, ReportError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Declaration {
        backups: Vec<DeclaredBackup>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct DeclaredBackup {
        at: String,
        outcome: ReportedOutcome,
        bytes: Option<u64>,
    }
    let declaration: Declaration = serde_json::from_str(text)?;
    let read = declaration.backups.into_iter().map(|backup| {
        Ok(ReportedBackup {
            at: rfc3339(&backup.at)?,
            outcome: backup.outcome,
            bytes: backup.bytes,
        })
    });
    read.collect()
}

#[cfg(test)]
mod tests;
