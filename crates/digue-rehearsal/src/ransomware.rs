//! The ransomware of the rehearsal: it encrypts the demonstration's own temporary folder, and there is
//! no other folder that it could be given.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom as _, SystemRandom};
use tempfile::TempDir;

/// A folder that was made for a rehearsal, and goes with it. Nothing turns a path into one.
#[derive(Debug)]
pub struct RehearsalFolder(TempDir);

impl RehearsalFolder {
    /// Makes one, empty, in the system's folder for temporary files.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make() -> io::Result<Self> {
        tempfile::Builder::new()
            .prefix("digue-demo-")
            .tempdir()
            .map(Self)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// What a thief with Digue's own rights reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RansomTarget {
    /// The folder that is declared for backup.
    DeclaredFolder,
    /// `state.db` and what SQLite keeps beside it.
    State,
    Journal,
    /// The repository on the disk that is plugged in.
    PluggedDisk,
}

/// The folder that the rehearsal declares for backup.
pub const DECLARED_FOLDER: &str = "dossiers";
/// The repository of the demonstration, on a disk that stays plugged in.
pub const PLUGGED_DISK: &str = "backup-disk";

impl RansomTarget {
    fn below(self, folder: &RehearsalFolder) -> PathBuf {
        folder.path().join(match self {
            Self::DeclaredFolder => DECLARED_FOLDER,
            Self::State => "data",
            Self::Journal => "data/journal",
            Self::PluggedDisk => PLUGGED_DISK,
        })
    }

    fn takes(self, name: &str) -> bool {
        match self {
            Self::State => name.starts_with("state.db"),
            Self::DeclaredFolder | Self::Journal | Self::PluggedDisk => true,
        }
    }
}

/// What became of the files.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RansomedFiles {
    pub files: u64,
    pub bytes: u64,
}

/// Encrypts and deletes in the folder of a rehearsal.
#[derive(Debug)]
pub struct Ransomware<'f> {
    folder: &'f RehearsalFolder,
}

/// The name that encrypted files get.
const ENDING: &str = ".verrouille";
const NOTE: &str = "LISEZ-MOI-POUR-DECHIFFRER.txt";
/// Bytes that are overwritten at a time.
const CHUNK: usize = 64 << 10;

impl<'f> Ransomware<'f> {
    pub fn on(folder: &'f RehearsalFolder) -> Self {
        Self { folder }
    }

    /// Overwrites each file with bytes whose key nobody has, renames it, and leaves a note.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn encrypt(&self, target: RansomTarget) -> io::Result<RansomedFiles> {
        let root = target.below(self.folder);
        let mut found = RansomedFiles::default();
        for path in files_below(&root, target)? {
            found.files += 1;
            found.bytes += overwrite(&path)?;
            let mut locked = path.clone().into_os_string();
            locked.push(ENDING);
            fs::rename(&path, locked)?;
        }
        fs::write(root.join(NOTE), "Vos fichiers sont chiffrés.\n")?;
        Ok(found)
    }

    /// Deletes everything below a target.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn delete(&self, target: RansomTarget) -> io::Result<RansomedFiles> {
        let root = target.below(self.folder);
        let mut found = RansomedFiles::default();
        for path in files_below(&root, target)? {
            found.files += 1;
            found.bytes += fs::metadata(&path)?.len();
            fs::remove_file(&path)?;
        }
        fs::remove_dir_all(&root)?;
        Ok(found)
    }
}

/// Files below a folder. Links are not followed: one may lead out of it.
fn files_below(root: &Path, target: RansomTarget) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let is_below = target != RansomTarget::State;
            if kind.is_dir() && is_below {
                folders.push(entry.path());
            } else if kind.is_file() && target.takes(&entry.file_name().to_string_lossy()) {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

fn overwrite(path: &Path) -> io::Result<u64> {
    let random = SystemRandom::new();
    let mut file = fs::File::options().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    let all = left;
    let mut chunk = vec![0; CHUNK];
    while left > 0 {
        let length = chunk.len().min(usize::try_from(left).unwrap_or(CHUNK));
        random
            .fill(&mut chunk[..length])
            .map_err(|_| io::Error::other("no random numbers"))?;
        file.write_all(&chunk[..length])?;
        left -= length as u64;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn it_takes_the_state_alone_and_follows_no_link_out_of_its_folder() {
        let (folder, outside) = (
            RehearsalFolder::make().unwrap(),
            tempfile::tempdir().unwrap(),
        );
        let own = outside.path().join("a-moi.txt");
        fs::write(&own, "à moi").unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("journal")).unwrap();
        fs::create_dir_all(folder.path().join(DECLARED_FOLDER)).unwrap();
        fs::write(data.join("state.db"), vec![7; 100_000]).unwrap();
        fs::write(data.join("autre"), "reste").unwrap();
        symlink(
            outside.path(),
            folder.path().join(DECLARED_FOLDER).join("dehors"),
        )
        .unwrap();
        fs::write(folder.path().join(DECLARED_FOLDER).join("vide"), "").unwrap();
        let ransomware = Ransomware::on(&folder);
        let state = ransomware.encrypt(RansomTarget::State).unwrap();
        assert_eq!((state.files, state.bytes), (1, 100_000));
        assert_ne!(
            fs::read(data.join("state.db.verrouille")).unwrap(),
            vec![7; 100_000]
        );
        assert_eq!(fs::read(data.join("autre")).unwrap(), b"reste");
        let declared = ransomware.encrypt(RansomTarget::DeclaredFolder).unwrap();
        assert_eq!((declared.files, declared.bytes), (1, 0));
        ransomware.delete(RansomTarget::DeclaredFolder).unwrap();
        assert_eq!(fs::read(own).unwrap(), "à moi".as_bytes());
    }
}
