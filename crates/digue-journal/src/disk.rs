//! Files that survive a power cut, and the points at which a test can make them fail.
//!
//! The only module of this crate that opens a file; what the files mean is not known here. Every
//! durable step asks `Faults` first, so that the fault suite can refuse it, cut it short or kill
//! the process there, on real files. The pattern is the usual one: write a temporary file, sync it,
//! rename it, sync the folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A durable step of the journal, in the order of a normal commit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DurableStep {
    WalCreate,
    WalWrite,
    WalSync,
    TileWrite,
    TileSync,
    TileRename,
    CheckpointWrite,
    CheckpointSync,
    CheckpointRename,
    FolderSync,
    Remove,
    KeyWrite,
    KeySync,
    KeyRename,
    KeyOverwrite,
}

impl DurableStep {
    pub const ALL: [Self; 15] = [
        Self::WalCreate,
        Self::WalWrite,
        Self::WalSync,
        Self::TileWrite,
        Self::TileSync,
        Self::TileRename,
        Self::CheckpointWrite,
        Self::CheckpointSync,
        Self::CheckpointRename,
        Self::FolderSync,
        Self::Remove,
        Self::KeyWrite,
        Self::KeySync,
        Self::KeyRename,
        Self::KeyOverwrite,
    ];
}

/// What happens to a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultEffect {
    Proceed,
    /// The step does not happen, and fails with this `errno`.
    Fail(i32),
    /// The step happens, yet fails with this `errno`.
    FailAfter(i32),
    /// Half of the bytes are written; then the step fails with this `errno`.
    Short(i32),
}

/// Decides what happens to each durable step. A test may also end the process inside `strike`.
pub trait Faults: Send + Sync {
    fn strike(&self, step: DurableStep) -> FaultEffect;
}

/// Attempts to lock the folder. Between fork and exec a child process holds its parent's locks too,
/// and a service that restarts may overlap with its predecessor for an instant: neither is a second
/// writer.
const LOCK_TRIES: usize = 10;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(30);

/// A folder that is locked for this process until this is dropped.
pub type FolderLock = File;

/// The journal's folder. Paths of all methods are relative to it.
#[derive(Clone)]
pub struct Disk {
    root: PathBuf,
    faults: Option<Arc<dyn Faults>>,
}

impl Disk {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            faults: None,
        }
    }

    pub fn with_faults(root: &Path, faults: Arc<dyn Faults>) -> Self {
        Self {
            root: root.to_owned(),
            faults: Some(faults),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Locks the folder for this process until the file is dropped; `None` when another process
    /// holds it.
    pub fn lock(&self) -> io::Result<Option<File>> {
        fs::create_dir_all(&self.root)?;
        let file =
            // Never removed: after an unlink, two processes could each lock a file of this name.
            OpenOptions::new().create(true).truncate(false).write(true).open(self.root.join("lock"))?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.root.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The names directly in `folder`, sorted; empty when it does not exist.
    pub fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let items = match fs::read_dir(self.root.join(folder)) {
            Ok(items) => items,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for item in items {
            names.push(item?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// The paths of all files under `folder`, sorted.
    pub fn walk(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        for name in self.list(folder)? {
            let path = format!("{folder}/{name}");
            if self.root.join(&path).is_dir() {
                found.append(&mut self.walk(&path)?)
            } else {
                found.push(path)
            }
        }
        Ok(found)
    }

    pub fn is_folder(&self, name: &str) -> bool {
        self.root.join(name).is_dir()
    }

    pub fn remove(&self, name: &str) -> io::Result<()> {
        self.step(DurableStep::Remove, || {
            // The folder is not synced: a file that a power cut brings back is covered, and is
            // removed again by the next recovery or pruning.
            fs::remove_file(self.root.join(name))
        })
    }

    /// Removes the partial tiles of a tile that is now full: readers take its beginning instead.
    pub fn remove_partials(&self, full_tile: &str) -> io::Result<()> {
        // No durable step: should a power cut bring a partial tile back, its bytes are the
        // beginning of the full one.
        match fs::remove_dir_all(self.root.join(format!("{full_tile}.p"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes a tile so that it is whole or absent. Its folder is synced by `sync_folders`: once
    /// for many tiles, before the checkpoint refers to them.
    pub fn write_tile(&self, name: &str, bytes: &[u8], folders: &mut Folders) -> io::Result<()> {
        let steps = [
            DurableStep::TileWrite,
            DurableStep::TileSync,
            DurableStep::TileRename,
        ];
        self.write_whole(name, bytes, steps)?;
        folders.remember(name);
        Ok(())
    }

    /// Replaces the checkpoint: from the rename on, the published journal has its size.
    pub fn replace_checkpoint(&self, bytes: &[u8]) -> io::Result<()> {
        let steps = [
            DurableStep::CheckpointWrite,
            DurableStep::CheckpointSync,
            DurableStep::CheckpointRename,
        ];
        self.write_whole("checkpoint", bytes, steps)?;
        self.sync_folder(Path::new(""))
    }

    /// Writes a small file so that it is whole or absent, and durable under its name on return.
    pub fn write_note(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let steps = [
            DurableStep::CheckpointWrite,
            DurableStep::CheckpointSync,
            DurableStep::CheckpointRename,
        ];
        self.write_whole(name, bytes, steps)?;
        self.sync_folder(Path::new(name).parent().unwrap_or(Path::new("")))
    }

    /// Writes a key file; its folder is synced by `sync_folders`.
    pub fn write_key(&self, name: &str, bytes: &[u8], folders: &mut Folders) -> io::Result<()> {
        self.write_whole(
            name,
            bytes,
            [
                DurableStep::KeyWrite,
                DurableStep::KeySync,
                DurableStep::KeyRename,
            ],
        )?;
        folders.remember(name);
        Ok(())
    }

    /// Replaces a key file, then overwrites the old one with zeros. In this order, because a crash
    /// in between leaves a file that says that the key was destroyed, and never a damaged key.
    pub fn replace_key(&self, name: &str, bytes: &[u8], folders: &mut Folders) -> io::Result<()> {
        // Opened before the rename: afterwards no name leads to the old bytes any more.
        let mut old = OpenOptions::new().write(true).open(self.root.join(name))?;
        self.write_key(name, bytes, folders)?;
        self.step(DurableStep::KeyOverwrite, || {
            let length = usize::try_from(old.metadata()?.len()).unwrap_or(0);
            old.write_all(&vec![0; length])?;
            old.sync_all()
        })
    }

    fn write_whole(&self, name: &str, bytes: &[u8], steps: [DurableStep; 3]) -> io::Result<()> {
        let path = self.root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // `checkpoint` and `checkpoint.witnessed` have one draft in common: both are written under
        // the publisher's lock.
        let draft = path.with_extension("tmp");
        let mut file = File::create(&draft)?;
        self.write_all(steps[0], &mut file, bytes)?;
        self.step(steps[1], || file.sync_all())?;
        self.step(steps[2], || fs::rename(&draft, &path))
    }

    /// Makes the names of the files that were remembered in `folders` durable.
    pub fn sync_folders(&self, folders: &Folders) -> io::Result<()> {
        for folder in &folders.0 {
            self.sync_folder(folder)?;
        }
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step(DurableStep::FolderSync, || {
            File::open(self.root.join(folder))?.sync_all()
        })
    }

    /// Creates an empty write-ahead file with its header, durable under its name.
    pub fn create_wal(&self, name: &str, header: &[u8]) -> io::Result<WalFile> {
        let path = self.root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut opened = None;
        self.step(DurableStep::WalCreate, || {
            // `create_new`: an existing file may end with a torn record, behind which nothing is
            // read.
            let mut file = OpenOptions::new()
                .create_new(true)
                .append(true)
                .open(&path)?;
            file.write_all(header)?;
            file.sync_all()?;
            opened = Some(file);
            Ok(())
        })?;
        // The root too: `wal` may be new, and is itself a name in it.
        self.sync_folder(Path::new(name).parent().unwrap_or(Path::new("")))?;
        self.sync_folder(Path::new(""))?;
        let file =
            opened.ok_or_else(|| io::Error::other("the write-ahead file was not created"))?;
        Ok(WalFile {
            disk: self.clone(),
            file,
        })
    }

    fn write_all(&self, step: DurableStep, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        match self.strike(step) {
            FaultEffect::Proceed => file.write_all(bytes),
            FaultEffect::Fail(code) => Err(io::Error::from_raw_os_error(code)),
            FaultEffect::FailAfter(code) => {
                file.write_all(bytes)?;
                Err(io::Error::from_raw_os_error(code))
            }
            FaultEffect::Short(code) => {
                file.write_all(&bytes[..bytes.len() / 2])?;
                Err(io::Error::from_raw_os_error(code))
            }
        }
    }

    fn step(&self, step: DurableStep, act: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match self.strike(step) {
            FaultEffect::Proceed => act(),
            FaultEffect::Fail(code) | FaultEffect::Short(code) => {
                Err(io::Error::from_raw_os_error(code))
            }
            FaultEffect::FailAfter(code) => {
                act()?;
                Err(io::Error::from_raw_os_error(code))
            }
        }
    }

    fn strike(&self, step: DurableStep) -> FaultEffect {
        self.faults
            .as_ref()
            .map_or(FaultEffect::Proceed, |faults| faults.strike(step))
    }
}

/// Folders in which names changed. They must be synced before the checkpoint refers to those names.
#[derive(Default)]
pub struct Folders(std::collections::BTreeSet<PathBuf>);

impl Folders {
    fn remember(&mut self, name: &str) {
        let mut folder = Path::new(name).parent();
        // A new folder is itself a name in its parent.
        while let Some(path) = folder {
            self.0.insert(path.to_owned());
            folder = path.parent();
        }
    }
}

/// The write-ahead file that is being appended to.
pub struct WalFile {
    disk: Disk,
    file: File,
}

impl WalFile {
    /// Appends `bytes` and makes them durable. After an error the content of the file is unknown:
    /// it must not be appended to again.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let disk = self.disk.clone();
        disk.write_all(DurableStep::WalWrite, &mut self.file, bytes)?;
        // `fdatasync` is enough: it writes the new length along with the data, and leaves out only
        // the times.
        disk.step(DurableStep::WalSync, || self.file.sync_data())
    }
}
