//! A repository in a folder: a disk, a mounted share, a removable disk.
//!
//! The layout is restic's. A file is written under another name, made durable, and renamed: a
//! reader sees it whole or not at all, whatever is unplugged or killed. A folder protects nothing
//! from its own machine.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ring::digest::{SHA256, digest};
use rustic_core::{
    ALL_FILE_TYPES, BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult,
    WriteBackend,
};

use crate::error::{BackupError, StoreFault};
use crate::stored::{LOCK_BYTES_MAX, RepositoryFiles, StoredFile, StoredLock, usable};

/// Unfinished files, and the lock of the writer; other clients ignore the name.
const UNFINISHED: &str = "digue-tmp";

/// A folder with a repository's files.
#[derive(Debug)]
pub struct FolderStore {
    root: PathBuf,
    /// Held by the one who writes.
    lock: Option<File>,
}

impl FolderStore {
    /// For reading; the folder need not exist.
    pub fn reader(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            lock: None,
        }
    }

    /// For writing, alone. What a writer that was killed left unfinished is removed.
    ///
    /// # Errors
    /// `Busy` while another process writes; `File` when the folder cannot be made.
    pub fn writer(root: &Path) -> Result<Self, BackupError> {
        let folder = root.join(UNFINISHED);
        let failed = |source| BackupError::File {
            path: folder.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        let name = folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(name)
            .map_err(failed)?;
        match lock.try_lock() {
            // Some network shares have no locks; there, two writers only cost time.
            Ok(()) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) => {
                return Err(BackupError::Busy(root.display().to_string()));
            }
        }
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if !path.ends_with("lock") {
                fs::remove_file(path).map_err(failed)?;
            }
        }
        Ok(Self {
            root: root.to_owned(),
            lock: Some(lock),
        })
    }

    fn path(&self, kind: FileType, id: &Id) -> PathBuf {
        let name = id.to_hex().as_str().to_owned();
        match kind {
            FileType::Config => self.root.join("config"),
            FileType::Pack => self.root.join("data").join(&name[..2]).join(name),
            FileType::Key | FileType::Snapshot | FileType::Index => {
                self.root.join(kind.dirname()).join(name)
            }
        }
    }

    fn write(&self, path: &Path, unfinished: &Path, content: &BytesList) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .open(unfinished)?;
        for part in content.slice() {
            file.write_all(part)?;
        }
        file.sync_all()?;
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        fs::rename(unfinished, path)?;
        // The name, too: a snapshot that is gone after a power cut was never made.
        File::open(folder)?.sync_all()
    }
}

fn failed(path: &Path, error: io::Error) -> Box<RusticError> {
    RusticError::with_source(ErrorKind::InputOutput, "`{path}` failed", error)
        .attach_context("path", path.display().to_string())
}

fn list_config(path: &Path) -> io::Result<Vec<(Id, u32)>> {
    match fs::metadata(path) {
        Ok(found) => {
            let size = u32::try_from(found.len()).unwrap_or(u32::MAX);
            Ok(vec![(Id::default(), size)])
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The entries of a folder; none of one that nothing was written to yet.
fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Every name in a folder. Links are not followed: one leads to what is no part of the repository,
/// and a pipe would be read for ever.
fn list(kind: FileType, root: &Path, below: &str) -> io::Result<Vec<StoredFile>> {
    let mut found = Vec::new();
    for entry in entries(&root.join(below))? {
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push(if entry.file_type()?.is_file() {
            StoredFile::named(kind, below, &name, entry.metadata()?.len())
        } else {
            StoredFile::strange(below, &name)
        });
    }
    Ok(found)
}

/// Packs lie in 256 folders, by the first two digits of their names; what lies beside them is
/// strange.
fn list_packs(root: &Path) -> io::Result<Vec<StoredFile>> {
    let top = FileType::Pack.dirname();
    let mut found = Vec::new();
    for entry in entries(&root.join(top))? {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_first_digits = name.len() == 2
            && name
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        // A folder that is a link is one that the operator moved to another disk.
        if is_first_digits && entry.path().is_dir() {
            found.extend(list(FileType::Pack, root, &format!("{top}/{name}"))?);
        } else {
            found.push(StoredFile::strange(top, &name));
        }
    }
    Ok(found)
}

impl RepositoryFiles for FolderStore {
    fn stored(&self, kind: FileType) -> RusticResult<Vec<StoredFile>> {
        let listed = match kind {
            FileType::Pack => list_packs(&self.root),
            FileType::Key | FileType::Snapshot | FileType::Index => {
                list(kind, &self.root, kind.dirname())
            }
            FileType::Config => Ok(Vec::new()),
        };
        listed.map_err(|error| failed(&self.root.join(kind.dirname()), error))
    }

    fn locks(&self) -> RusticResult<Vec<StoredLock>> {
        let folder = self.root.join("locks");
        let read = || {
            let mut found = Vec::new();
            for entry in entries(&folder)? {
                // What is no file, or longer than a lock, is none.
                if !entry.file_type()?.is_file() || entry.metadata()?.len() > LOCK_BYTES_MAX {
                    continue;
                }
                found.push(StoredLock {
                    name: entry.file_name().to_string_lossy().into_owned(),
                    content: fs::read(entry.path())?.into(),
                });
            }
            Ok(found)
        };
        read().map_err(|error| failed(&folder, error))
    }
}

impl ReadBackend for FolderStore {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        if kind == FileType::Config {
            let path = self.root.join("config");
            return list_config(&path).map_err(|error| failed(&path, error));
        }
        Ok(usable(kind, self.stored(kind)?))
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        let path = self.path(kind, id);
        let bytes = fs::read(&path).map_err(|error| failed(&path, error))?;
        // A configuration is not named by its hash. The other files are: what decays is found here
        // first.
        if matches!(kind, FileType::Snapshot | FileType::Index)
            && digest(&SHA256, &bytes).as_ref() != hex(id).as_slice()
        {
            return Err(StoreFault::WrongHash.wrap("a file decayed"));
        }
        Ok(bytes.into())
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let path = self.path(kind, id);
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(offset.into()))?;
            let mut bytes = vec![0; length as usize];
            file.read_exact(&mut bytes)?;
            Ok(bytes.into())
        };
        read().map_err(|error| failed(&path, error))
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.path(kind, id).display().to_string()
    }
}

/// The bytes of an identifier.
pub(crate) fn hex(id: &Id) -> Vec<u8> {
    let digits = id.to_hex().as_str().to_owned();
    let byte = |at| {
        u8::from_str_radix(&digits[at..at + 2], 16).expect("an identifier has hexadecimal digits")
    };
    (0..digits.len()).step_by(2).map(byte).collect()
}

impl WriteBackend for FolderStore {
    fn create(&self) -> RusticResult<()> {
        for kind in ALL_FILE_TYPES {
            let folder = self.root.join(kind.dirname());
            fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        }
        // restic makes all of them at once, and expects them.
        for first in 0..=255u8 {
            let folder = self.root.join("data").join(format!("{first:02x}"));
            fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        }
        Ok(())
    }

    fn write_bytes(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        let path = self.path(kind, id);
        if self.lock.is_none() {
            return Err(failed(&path, io::ErrorKind::ReadOnlyFilesystem.into()));
        }
        let unfinished =
            self.root
                .join(UNFINISHED)
                .join(format!("{}-{}", kind.dirname(), id.to_hex().as_str()));
        self.write(&path, &unfinished, &content)
            .map_err(|error| failed(&path, error))
    }

    fn remove(&self, kind: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        let path = self.path(kind, id);
        fs::remove_file(&path).map_err(|error| failed(&path, error))
    }
}
