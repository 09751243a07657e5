//! `[backup]`: what is backed up, where to, how often, and how old and how slow it may be.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_backup::RepositoryId;
use digue_backup::drill::DrillTolerance;
use digue_backup::history::OWN_SOURCE;
use digue_backup::reports::ReportFormat;
use digue_backup::repository::BackupSource;
use digue_backup::retention::KeepRules;
use digue_backup::schedule::Cadence;
use digue_backup_acts::backups::{BackupRules, ReportRule};
use digue_continuity::BucketAddress;
use digue_continuity::place::{BucketPlace, RepositoryPlace, RepositorySettings};
use jiff::tz::TimeZone;

use super::reader::ConfigSection;

/// `[backup]`, checked.
#[derive(Clone, Debug)]
pub struct BackupSettings {
    pub backups: Cadence,
    pub drills: Cadence,
    pub tolerance: DrillTolerance,
    /// Where a drill makes an empty database, for a state in PostgreSQL.
    pub drill_database: Option<String>,
    pub keep: KeepRules,
    pub repositories: Vec<RepositorySettings>,
    /// Names of disks that lie outside between their visits.
    outside: Vec<String>,
    pub folders: Vec<BackupSource>,
    /// By folder: files in it that nobody has a reason to touch.
    canaries: BTreeMap<String, Vec<String>>,
    pub commands: Vec<CommandSettings>,
    reports: Vec<ReportRule>,
    runs_itself: bool,
}

/// `[[backup.commands]]`: a program whose output is stored.
#[derive(Clone, Debug)]
pub struct CommandSettings {
    pub name: String,
    pub program: Vec<String>,
}

impl BackupSettings {
    /// What the checks expect.
    pub fn rules(&self, zone: TimeZone) -> BackupRules {
        BackupRules {
            repositories: self
                .repositories
                .iter()
                .map(|repository| repository.name.clone())
                .collect(),
            outside: self.outside.clone(),
            sources: self.sources(),
            backups: self.backups,
            drills: self.drills,
            reports: self.reports.clone(),
            zone,
            runs_itself: self.runs_itself,
        }
    }

    /// Files of a source that nobody has a reason to touch.
    pub fn canaries(&self, source: &str) -> &[String] {
        self.canaries.get(source).map_or(&[], Vec::as_slice)
    }

    /// Everything that is stored.
    pub fn sources(&self) -> Vec<String> {
        let folders = self.folders.iter().map(|folder| folder.name.clone());
        let commands = self.commands.iter().map(|command| command.name.clone());
        [OWN_SOURCE.to_owned()]
            .into_iter()
            .chain(folders)
            .chain(commands)
            .collect()
    }
}

const DAY: Duration = Duration::from_hours(24);

pub(crate) fn read_backup(section: &ConfigSection<'_>) -> Option<BackupSettings> {
    let every = section.duration("every").unwrap_or(DAY);
    let drill_every = section.duration("drill_every").unwrap_or(DAY * 30);
    let age = section.duration("data_age").unwrap_or(DAY);
    let time = section
        .duration("restore_time")
        .unwrap_or(Duration::from_hours(4));
    let repositories: Vec<Option<(RepositorySettings, bool)>> = section
        .sections("repositories")
        .iter()
        .map(|one| read_repository(one).zip(read_outside(one)))
        .collect();
    let folders: Vec<Option<(BackupSource, Vec<String>)>> = section
        .sections("folders")
        .iter()
        .map(|one| read_folder(one).zip(read_canaries(one)))
        .collect();
    let commands: Vec<Option<CommandSettings>> = section
        .sections("commands")
        .iter()
        .map(read_command)
        .collect();
    let reports: Vec<Option<ReportRule>> = section
        .sections("reports")
        .iter()
        .map(|report| read_report(report, every))
        .collect();
    let repositories: Vec<(RepositorySettings, bool)> =
        repositories.into_iter().collect::<Option<_>>()?;
    let folders: Vec<(BackupSource, Vec<String>)> = folders.into_iter().collect::<Option<_>>()?;
    let settings = BackupSettings {
        backups: Cadence::every(every),
        drills: Cadence::every(drill_every),
        tolerance: DrillTolerance { age, time },
        drill_database: read_drill_database(section)?,
        keep: section
            .section("keep")
            .map_or_else(KeepRules::default, |keep| read_keep(&keep)),
        outside: repositories
            .iter()
            .filter(|(_, is_outside)| *is_outside)
            .map(|(repository, _)| repository.name.clone())
            .collect(),
        repositories: repositories.into_iter().map(|(one, _)| one).collect(),
        canaries: folders
            .iter()
            .map(|(folder, canaries)| (folder.name.clone(), canaries.clone()))
            .collect(),
        folders: folders.into_iter().map(|(folder, _)| folder).collect(),
        commands: commands.into_iter().collect::<Option<_>>()?,
        reports: reports.into_iter().collect::<Option<_>>()?,
        runs_itself: section.boolean("runs_itself").unwrap_or(true),
    };
    if settings.repositories.is_empty() && settings.reports.is_empty() {
        section.fault("repositories", "fault-missing", "");
        return None;
    }
    has_own_names(section, &settings).then_some(settings)
}

/// The outer `None` is a fault; the inner one, no such database.
fn read_drill_database(section: &ConfigSection<'_>) -> Option<Option<String>> {
    let Some(url) = section.text("drill_database") else {
        return Some(None);
    };
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Some(Some(url));
    }
    section.fault("drill_database", "fault-value", &url);
    None
}

/// Two sources or two repositories with one name would be one in every figure.
fn has_own_names(section: &ConfigSection<'_>, settings: &BackupSettings) -> bool {
    let lists = [
        ("folders", settings.sources()),
        ("repositories", names_kept(settings)),
    ];
    for (key, names) in lists {
        if let Some(name) = first_twice(&names) {
            section.fault(key, "fault-value", name);
            return false;
        }
    }
    true
}

/// The names of repositories and reports: both are one subject of the journal's entries.
fn names_kept(settings: &BackupSettings) -> Vec<String> {
    let repositories = settings.repositories.iter().map(|one| one.name.clone());
    let reports = settings.reports.iter().map(|report| report.name.clone());
    repositories.chain(reports).collect()
}

fn first_twice(names: &[String]) -> Option<&String> {
    let mut places = names.iter().enumerate();
    let twice = places.find(|(place, name)| names[..*place].contains(name));
    twice.map(|(_, name)| name)
}

/// `[backup.keep]`: fewer than these go nowhere by themselves, because two persons agree to each
/// deletion.
fn read_keep(section: &ConfigSection<'_>) -> KeepRules {
    let usual = KeepRules::default();
    let number =
        |key: &str, usual: usize| section.number(key).map_or(usual, |number| number as usize);
    KeepRules {
        last: number("last", usual.last),
        daily: number("daily", usual.daily),
        weekly: number("weekly", usual.weekly),
        monthly: number("monthly", usual.monthly),
    }
}

fn read_repository(section: &ConfigSection<'_>) -> Option<RepositorySettings> {
    let name = section.need("name", parse_name);
    let password_file = section.path("password_file");
    if password_file.is_none() {
        section.fault("password_file", "fault-missing", "");
    }
    let id = if section.has("id") {
        Some(section.parse("id", RepositoryId::parse)?)
    } else {
        None
    };
    let place = read_place(section)?;
    Some(RepositorySettings {
        name: name?,
        place,
        password_file: password_file?,
        id,
    })
}

/// `kept_outside`: a disk that comes for its backup and is carried away; no server is.
fn read_outside(section: &ConfigSection<'_>) -> Option<bool> {
    let is_outside = section.boolean("kept_outside").unwrap_or(false);
    if is_outside && !section.has("folder") {
        return section.refuse("kept_outside", "fault-value", "folder");
    }
    Some(is_outside)
}

fn read_place(section: &ConfigSection<'_>) -> Option<RepositoryPlace> {
    if section.has("bucket") {
        if section.has("folder") || section.has("url") {
            return section.refuse("bucket", "fault-value", "folder | url | bucket");
        }
        return read_bucket(section).map(RepositoryPlace::Bucket);
    }
    let user = section.text("user");
    let login_file = section.path("login_file");
    if user.is_some() != login_file.is_some() {
        return section.refuse("login_file", "fault-value", "user + login_file");
    }
    match (section.path("folder"), section.parse("url", parse_url)) {
        (Some(folder), None) => Some(RepositoryPlace::Folder(folder)),
        (None, Some(url)) => Some(RepositoryPlace::Rest {
            url,
            login: user.zip(login_file),
        }),
        (Some(_), Some(_)) | (None, None) => {
            section.refuse("folder", "fault-value", "folder | url | bucket")
        }
    }
}

/// A lock shorter than this ends between two renewals of a machine that is off for a week.
const LOCK_MIN: Duration = Duration::from_hours(14 * 24);
/// A lock in compliance mode can never be taken back, and its storage is paid to its end.
const LOCK_MAX: Duration = Duration::from_hours(400 * 24);

fn read_bucket(section: &ConfigSection<'_>) -> Option<BucketPlace> {
    let endpoint = section.need("endpoint", parse_url);
    let bucket = section.need("bucket", parse_bucket);
    let access_key = section.need_text("access_key");
    let secret_file = section.path("secret_file");
    if secret_file.is_none() {
        section.fault("secret_file", "fault-missing", "");
    }
    let lock = section.duration("lock");
    if lock.is_some_and(|lock| !(LOCK_MIN..=LOCK_MAX).contains(&lock)) {
        return section.refuse("lock", "fault-value", "14d - 400d");
    }
    let prefix = if section.has("prefix") {
        section.parse("prefix", parse_prefix)?
    } else {
        String::new()
    };
    Some(BucketPlace {
        address: BucketAddress {
            endpoint: endpoint?,
            region: section
                .text("region")
                .unwrap_or_else(|| "us-east-1".to_owned()),
            bucket: bucket?,
            // What every store understands; names of buckets in the host need certificates for
            // them.
            is_path_style: section.boolean("path_style").unwrap_or(true),
        },
        prefix,
        access_key: access_key?,
        secret_file: secret_file?,
        lock,
    })
}

fn parse_bucket(text: &str) -> Result<String, &'static str> {
    let is_plain = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '.')
    };
    if (3..=63).contains(&text.len()) && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("[a-z0-9.-]{3,63}")
    }
}

fn parse_prefix(text: &str) -> Result<String, &'static str> {
    let is_plain =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '/');
    let is_path = text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if is_path && text.len() <= 200 && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
    }
}

fn read_folder(section: &ConfigSection<'_>) -> Option<BackupSource> {
    let name = section.need("name", parse_name);
    let folder = section.path("path");
    if folder.is_none() {
        section.fault("path", "fault-missing", "");
    }
    Some(BackupSource {
        name: name?,
        folder: folder?,
        excludes: section.texts("exclude"),
    })
}

/// `canaries`: paths below the folder.
fn read_canaries(section: &ConfigSection<'_>) -> Option<Vec<String>> {
    let paths = section.texts("canaries");
    let is_below = |path: &String| !path.split('/').any(|part| matches!(part, "" | "." | ".."));
    if paths.iter().all(is_below) {
        Some(paths)
    } else {
        section.refuse("canaries", "fault-value", "ne-pas-toucher/temoin.docx")
    }
}

fn read_command(section: &ConfigSection<'_>) -> Option<CommandSettings> {
    let name = section.need("name", parse_name);
    let program = section.texts("command");
    if program.is_empty() {
        section.fault("command", "fault-missing", "");
        return None;
    }
    Some(CommandSettings {
        name: name?,
        program,
    })
}

fn read_report(section: &ConfigSection<'_>, every: Duration) -> Option<ReportRule> {
    let name = section.need("name", parse_name);
    let format = section.need("format", |text| ReportFormat::parse(text).ok_or(FORMATS));
    let file = section.path("file");
    if file.is_none() {
        section.fault("file", "fault-missing", "");
    }
    let backups = Cadence::every(section.duration("every").unwrap_or(every));
    Some(ReportRule {
        name: name?,
        format: format?,
        file: file?,
        backups,
    })
}

/// The codes of `ReportFormat`.
const FORMATS: &str = "restic | borg | pgbackrest | proxmox | declared";

/// Names become file names and labels.
fn parse_name(text: &str) -> Result<String, &'static str> {
    let is_plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if !text.is_empty() && text.len() <= 40 && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("[a-z0-9-]{1,40}")
    }
}

fn parse_url(text: &str) -> Result<String, &'static str> {
    let expected = "https://sauvegarde.exemple.fr/depot";
    let uri: http::Uri = text.parse().map_err(|_| expected)?;
    // A password in an address is shown wherever the address is: `user` and `login_file` hold it.
    if uri
        .authority()
        .is_some_and(|host| host.as_str().contains('@'))
    {
        return Err(expected);
    }
    // Without TLS only to this machine: what is stored is encrypted, the login is not.
    let is_local = matches!(uri.host(), Some("127.0.0.1" | "localhost"));
    match uri.scheme_str() {
        Some("https") => Ok(text.trim_end_matches('/').to_owned()),
        Some("http") if is_local => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err(expected),
    }
}
