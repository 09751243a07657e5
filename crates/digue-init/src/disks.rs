//! Disks that are plugged in: what the system mounted where it mounts what people bring.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Where systems mount disks that are plugged in; below some of them each person has a folder.
const USUAL: [&str; 4] = ["/media", "/run/media", "/mnt", "/Volumes"];

/// A disk that is plugged in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PluggedDisk {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Bytes that this account may still write; `None` when the system does not say.
    pub(crate) free: Option<u64>,
}

/// Where disks are looked for.
#[derive(Clone, Debug)]
pub enum DiskPlaces {
    /// Mount points in the usual folders.
    Usual,
    /// Every folder below this one: the system mounts disks elsewhere than usual.
    Below(PathBuf),
}

impl DiskPlaces {
    /// The disks that are there now, by name.
    ///
    /// # Errors
    /// When a folder that is there cannot be read: that is not the same as no disk.
    pub(crate) fn plugged(&self) -> io::Result<Vec<PluggedDisk>> {
        let mut found = match self {
            Self::Below(folder) => folders_in(folder)?,
            Self::Usual => {
                let mut found = Vec::new();
                for usual in USUAL {
                    mounted_in(Path::new(usual), 2, &mut found)?;
                }
                found
            }
        };
        found.sort();
        Ok(found.into_iter().map(disk).collect())
    }
}

fn disk(path: PathBuf) -> PluggedDisk {
    let name = path.file_name().unwrap_or(path.as_os_str());
    PluggedDisk {
        name: name.to_string_lossy().into_owned(),
        free: rustix::fs::statvfs(&path)
            .ok()
            .map(|found| found.f_bavail.saturating_mul(found.f_frsize)),
        path,
    }
}

/// The folders in a folder; none when it is not there. Links are left out.
fn folders_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Mount points: another device than the folder above.
fn mounted_in(folder: &Path, depth: u8, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let Ok(above) = fs::metadata(folder) else {
        // This system mounts nothing there.
        return Ok(());
    };
    for path in folders_in(folder)? {
        match fs::metadata(&path) {
            Ok(below) if below.dev() != above.dev() => found.push(path),
            // Another person's folder is closed to this account, and no disk of theirs.
            Ok(_) if depth > 1 => match mounted_in(&path, depth - 1, found) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                other => other?,
            },
            Ok(_) => {}
            // Unplugged meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_appears_with_its_room_and_a_folder_that_cannot_be_read_is_not_no_disk() {
        let place = tempfile::tempdir().unwrap();
        let disks = DiskPlaces::Below(place.path().to_owned());
        assert_eq!(disks.plugged().unwrap(), []);
        fs::create_dir(place.path().join("SAUVEGARDE")).unwrap();
        fs::write(place.path().join("fichier"), "").unwrap();
        let found = disks.plugged().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "SAUVEGARDE");
        assert!(found[0].free.is_some());
        let absent = DiskPlaces::Below(place.path().join("absent"));
        assert_eq!(absent.plugged().unwrap(), []);
        let no_folder = DiskPlaces::Below(place.path().join("fichier"));
        assert!(no_folder.plugged().is_err());
    }

    #[test]
    fn a_folder_on_the_same_device_is_no_disk() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("camille/dossier")).unwrap();
        let mut found = Vec::new();
        mounted_in(place.path(), 2, &mut found).unwrap();
        assert_eq!(found, Vec::<PathBuf>::new());
    }
}
