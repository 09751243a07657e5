//! Disks, and who can read the keys.

use std::error::Error;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use digue_continuity::place::RepositoryPlace;
use digue_gateway::identity::Asserter;
use digue_journal::note::Signer;
use digue_locales::Value;
use digue_types::Timestamp;
use rustix::fs::{StatVfs, StatVfsMountFlags, statvfs};

use crate::installation::{ExaminedInstallation, RunState};
use crate::report::{HealthCheck, HealthResult, HealthState};

/// An error with everything that caused it.
pub(crate) fn cause_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(cause) = inner {
        text = format!("{text}: {cause}");
        inner = cause.source();
    }
    text
}

pub(crate) fn modified_at(metadata: &Metadata) -> Timestamp {
    Timestamp::from_secs(metadata.mtime())
}

/// Whether the user as whom Digue runs, the owner of its data folder, may write into a folder.
/// Nothing is tried: that would write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Writability {
    Yes,
    No(String),
    Unknown(String),
}

impl Writability {
    pub(crate) fn of(folder: &Path, data_folder: &Path) -> Self {
        let unknown = |error: &dyn ToString| Self::Unknown(error.to_string());
        let system = match statvfs(folder) {
            Ok(system) => system,
            Err(error) => return unknown(&error),
        };
        if system.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Self::No("read-only file system".to_owned());
        }
        let (owner, of) = match (std::fs::metadata(data_folder), std::fs::metadata(folder)) {
            (Ok(data), Ok(of)) => (data.uid(), of),
            (Err(error), _) | (_, Err(error)) => return unknown(&error),
        };
        let mode = format!("uid {}, mode {:o}", of.uid(), of.mode() & 0o7777);
        // Making a file takes both rights on a folder, to write and to search.
        match (of.uid() == owner, of.mode() & 0o300 == 0o300) {
            (true, true) => Self::Yes,
            (true, false) => Self::No(mode),
            // A group or an access list may allow it.
            (false, _) => Self::Unknown(format!("{mode}; {} uid {owner}", data_folder.display())),
        }
    }
}

/// Less than this stops the journal within the day.
const BYTES_BAD: u64 = 1 << 30;
const BYTES_FEW: u64 = 5 << 30;
/// Percent of the inodes that are left.
const INODES_BAD: u64 = 1;
const INODES_FEW: u64 = 5;

pub(crate) fn space(installation: &ExaminedInstallation) -> HealthResult {
    let mut result = HealthResult::new(HealthCheck::Space);
    let mut seen = Vec::new();
    for folder in written_folders(installation) {
        let name = folder.display().to_string();
        match statvfs(&folder) {
            // Several folders of one file system are one line.
            // Zero is no number of one: two without any are two lines.
            Ok(system) if seen.contains(&system.f_fsid) && system.f_fsid != 0 => {}
            Ok(system) => {
                seen.push(system.f_fsid);
                result = space_of(result, &name, &system);
            }
            Err(error) => {
                let values = [
                    ("folder", Value::from(name)),
                    ("cause", Value::from(error.to_string())),
                ];
                result = result.unknown("doctor-space-unknown", &values);
            }
        }
    }
    result
}

/// The folders that Digue writes into, as far as they are there.
fn written_folders(installation: &ExaminedInstallation) -> Vec<PathBuf> {
    let settings = &installation.settings;
    let data = &settings.data_folder;
    let never_started = installation.run == RunState::NeverStarted && !data.exists();
    // Before the first start it is its parent that will have to hold it.
    let data = if never_started {
        data.parent().map_or_else(|| data.clone(), Path::to_owned)
    } else {
        data.clone()
    };
    let data = if data.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        data
    };
    let state = settings
        .store_url
        .strip_prefix("sqlite:")
        .map(Path::new)
        .and_then(Path::parent);
    let state = state.filter(|folder| folder.is_dir()).map(Path::to_owned);
    let repositories = settings
        .backup
        .iter()
        .flat_map(|backup| &backup.repositories);
    let repositories = repositories.filter(|repository| repository.place.is_there());
    let folders = repositories.filter_map(|repository| match &repository.place {
        RepositoryPlace::Folder(folder) => Some(folder.clone()),
        RepositoryPlace::Rest { .. } | RepositoryPlace::Bucket(_) => None,
    });
    [data].into_iter().chain(state).chain(folders).collect()
}

fn space_of(result: HealthResult, folder: &str, system: &StatVfs) -> HealthResult {
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    // Some file systems have no fixed number of inodes, and say zero.
    let inodes = (system.f_files > 0).then(|| system.f_favail.saturating_mul(100) / system.f_files);
    let values = [
        ("folder", Value::from(folder)),
        ("free", Value::from(free >> 20)),
        ("inodes", Value::from(inodes.unwrap_or(100))),
    ];
    let result = result.looked_at("doctor-space", &values);
    let result = match level(free, BYTES_BAD, BYTES_FEW) {
        Some(state) => result.find(state, "doctor-space-bytes", &values),
        None => result,
    };
    match inodes.and_then(|left| level(left, INODES_BAD, INODES_FEW)) {
        Some(state) => result.find(state, "doctor-space-inodes", &values),
        None => result,
    }
}

const fn level(left: u64, bad: u64, few: u64) -> Option<HealthState> {
    if left < bad {
        Some(HealthState::Bad)
    } else if left < few {
        Some(HealthState::Warning)
    } else {
        None
    }
}

/// A file that only its owner may read.
struct SecretFile {
    path: PathBuf,
    /// Digue makes it at its first start; later its absence is a loss.
    is_made_here: bool,
    /// Bytes, where they are fixed.
    length: Option<u64>,
}

fn secret_files(installation: &ExaminedInstallation) -> Vec<SecretFile> {
    let settings = &installation.settings;
    let keys = installation.keys_folder();
    let made = |path: PathBuf, length| SecretFile {
        path,
        is_made_here: true,
        length,
    };
    let given = |path: PathBuf| SecretFile {
        path,
        is_made_here: false,
        length: None,
    };
    let mut files = vec![
        made(keys.join("journal.key"), Some(32)),
        made(keys.join("secrets.key"), Some(32)),
        made(keys.join("identity.pk8"), None),
        made(settings.journal.master_key.clone(), Some(32)),
    ];
    let listeners = settings
        .listeners
        .iter()
        .filter_map(|listener| listener.tls.as_ref());
    files.extend(listeners.map(|tls| given(tls.key.clone())));
    for repository in settings
        .backup
        .iter()
        .flat_map(|backup| &backup.repositories)
    {
        files.push(given(repository.password_file.clone()));
        match &repository.place {
            RepositoryPlace::Rest {
                login: Some((_, file)),
                ..
            } => files.push(given(file.clone())),
            RepositoryPlace::Bucket(place) => files.push(given(place.secret_file.clone())),
            RepositoryPlace::Folder(_) | RepositoryPlace::Rest { login: None, .. } => {}
        }
    }
    if has_password(&settings.store_url) {
        files.push(given(settings.file.clone()));
    }
    files
}

/// A configuration with the password of a database is a secret as a whole.
fn has_password(url: &str) -> bool {
    // Up to the last `@`: a password may have one that was not encoded.
    let login = url
        .split_once("://")
        .and_then(|(_, rest)| rest.rsplit_once('@'));
    login.is_some_and(|(login, _)| login.contains(':')) || url.contains("password=")
}

pub(crate) fn keys(installation: &ExaminedInstallation) -> HealthResult {
    let files = secret_files(installation);
    let count = [("files", Value::from(files.len()))];
    let mut result = HealthResult::new(HealthCheck::Keys).looked_at("doctor-keys", &count);
    for file in &files {
        result = secret_file(result, file, &installation.run);
    }
    identity_key(signing_key(result, installation), installation)
}

fn secret_file(result: HealthResult, file: &SecretFile, run: &RunState) -> HealthResult {
    let values = |detail: String| {
        [
            ("file", Value::from(file.path.display().to_string())),
            ("detail", Value::from(detail)),
        ]
    };
    let found = match std::fs::metadata(&file.path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return match (file.is_made_here, run) {
                (true, RunState::NeverStarted) => result,
                // Made anew it would not open what the lost one closed.
                (true, _) => result.bad("doctor-keys-lost", &values(String::new())),
                (false, _) => result.bad("doctor-keys-missing", &values(String::new())),
            };
        }
        Err(error) => return result.unknown("doctor-keys-unknown", &values(error.to_string())),
    };
    let mode = found.mode() & 0o777;
    let result = if file.length.is_some_and(|length| length != found.len()) {
        result.bad("doctor-keys-length", &values(found.len().to_string()))
    } else {
        result
    };
    if mode & 0o006 != 0 {
        result.bad("doctor-keys-open", &values(format!("{mode:03o}")))
    // Debian's `ssl-cert`, and a secret that a manager of configurations hands to a group.
    } else if mode & 0o060 != 0 && file.is_made_here || mode & 0o020 != 0 {
        result.warning("doctor-keys-group", &values(format!("{mode:03o}")))
    } else {
        result
    }
}

/// Whether the journal's private key is that of the public one beside it.
fn signing_key(result: HealthResult, installation: &ExaminedInstallation) -> HealthResult {
    let keys = installation.keys_folder();
    let (private, public) = (keys.join("journal.key"), keys.join("journal.pub"));
    let (seed, known) = (std::fs::read(&private), std::fs::read_to_string(&public));
    let (seed, known) = match (seed, known) {
        (Ok(seed), Ok(known)) => (seed, known),
        (Err(error), _) => return unread(result, &private, &error),
        (_, Err(error)) => return unread(result, &public, &error),
    };
    // Of another length it has a finding already, that of `secret_file`.
    let Ok(seed) = <[u8; 32]>::try_from(seed) else {
        return result;
    };
    let values = [("file", Value::from(public.display().to_string()))];
    match Signer::from_seed(&installation.settings.name, &seed) {
        Ok(signer) if format!("{}\n", signer.verifier().to_text()) == known => {
            result.looked_at("doctor-keys-match", &[])
        }
        Ok(_) | Err(_) => result.bad("doctor-keys-other", &values),
    }
}

/// Whether a start can take the key with which identities are asserted.
fn identity_key(result: HealthResult, installation: &ExaminedInstallation) -> HealthResult {
    let path = installation.keys_folder().join("identity.pk8");
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => return unread(result, &path, &error),
    };
    let values = [
        ("file", Value::from(path.display().to_string())),
        ("detail", Value::from(bytes.len().to_string())),
    ];
    match Asserter::new(&bytes, &installation.settings.name) {
        Ok(_) => result,
        Err(_) => result.bad("doctor-keys-length", &values),
    }
}

/// Of an absent one its finding is above, or in the check of the journal.
fn unread(result: HealthResult, path: &Path, error: &std::io::Error) -> HealthResult {
    if error.kind() == std::io::ErrorKind::NotFound {
        return result;
    }
    let values = [
        ("file", Value::from(path.display().to_string())),
        ("detail", Value::from(error.to_string())),
    ];
    result.unknown("doctor-keys-unread", &values)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_left_is_bad_few_or_enough() {
        let states = [0, 1, 4, 5, 100].map(|left| level(left, INODES_BAD, INODES_FEW));
        let (bad, few) = (Some(HealthState::Bad), Some(HealthState::Warning));
        assert_eq!(states, [bad, few, few, None, None]);
    }

    #[test]
    fn a_folder_without_the_right_to_write_is_not_writable_whoever_asks() {
        let data = tempfile::tempdir().unwrap();
        let journal = data.path().join("journal");
        std::fs::create_dir(&journal).unwrap();
        assert_eq!(Writability::of(&journal, data.path()), Writability::Yes);
        std::fs::set_permissions(&journal, Permissions::from_mode(0o500)).unwrap();
        assert!(matches!(
            Writability::of(&journal, data.path()),
            Writability::No(_)
        ));
        assert!(matches!(
            Writability::of(&data.path().join("gone"), data.path()),
            Writability::Unknown(_)
        ));
    }

    fn state_of(mode: u32, is_made_here: bool) -> HealthState {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, [7; 32]).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let file = SecretFile {
            path,
            is_made_here,
            length: Some(32),
        };
        let result = HealthResult::new(HealthCheck::Keys).looked_at("doctor-keys", &[]);
        secret_file(result, &file, &RunState::Stopped).state()
    }

    #[test]
    fn a_key_that_others_read_is_bad_and_one_for_a_group_only_where_digue_made_it() {
        assert_eq!(state_of(0o600, true), HealthState::Good);
        assert_eq!(state_of(0o640, true), HealthState::Warning);
        assert_eq!(state_of(0o640, false), HealthState::Good);
        assert_eq!(state_of(0o660, false), HealthState::Warning);
        assert_eq!(state_of(0o644, false), HealthState::Bad);
    }

    #[test]
    fn a_lost_key_is_bad_once_there_was_one() {
        let file = SecretFile {
            path: "/nowhere/key".into(),
            is_made_here: true,
            length: None,
        };
        let state = |run| {
            secret_file(HealthResult::new(HealthCheck::Keys), &file, &run)
                .findings
                .len()
        };
        assert_eq!(
            (state(RunState::NeverStarted), state(RunState::Stopped)),
            (0, 1)
        );
    }

    #[test]
    fn a_password_in_the_address_of_the_database_makes_the_file_a_secret() {
        for (url, has) in [
            ("postgres://digue:secret@db/digue", true),
            ("postgres://db/digue?password=secret", true),
            ("postgres://digue@db:5432/digue", false),
            ("sqlite:data/state.db", false),
        ] {
            assert_eq!(has_password(url), has, "{url}");
        }
    }
}
