//! One repository, opened: backups, listings, verification, restores. The only file that sees how
//! `rustic_core` is used; its interface changes with every release.
//!
//! Two of its habits are corrected here. It skips files that it cannot read with a line in the log:
//! here they are counted and named. It stores the output of a command before it knows that the
//! command failed: here a command's output is a file first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use digue_types::Timestamp;
use jiff::Span;
use ring::digest::{Context, SHA256, digest};
use rustic_core::repofile::{IndexFile, Node, NodeType, SnapshotFile};
use rustic_core::{
    BackupOptions, CheckOptions, CheckResults, ConfigOptions, Credentials, Excludes,
    IndexedFullStatus, KeyOptions, LocalDestination, LocalSource, LocalSourceFilterOptions,
    LocalSourceSaveOptions, LsOptions, OpenStatus, PruneOptions, ReadSource, ReadSourceEntry,
    ReadSourceOpen, ReadSubsetOption, Repository, RepositoryBackends, RepositoryOptions,
    RestoreOptions, RusticError, RusticResult, SnapshotOptions, WriteBackend,
};

use crate::error::BackupError;
use crate::progress::{ByteProgress, ProgressSink};
use crate::recovery_key::RecoveryKey;
use crate::restored_paths::RestoredPaths;
use crate::sample::{ContentKind, SAMPLE_BYTES};
use crate::schedule::PackSlice;
use crate::signs::{FileListing, ListedFile, SampledTypes};
use crate::{RepositoryId, SnapshotId};

/// A week: longer than any backup takes.
const TIDIED_AFTER_HOURS: i64 = 7 * 24;

/// The files of a repository, wherever they are.
pub type RepositoryStore = Arc<dyn WriteBackend>;

/// A repository that a password opened.
pub struct BackupRepository {
    place: String,
    repository: Repository<OpenStatus>,
    store: RepositoryStore,
    progress: Option<Arc<dyn ProgressSink>>,
}

/// The password of a repository; never shown.
#[derive(Clone)]
pub struct RepositoryPassword(String);

impl RepositoryPassword {
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

impl From<&RecoveryKey> for RepositoryPassword {
    fn from(key: &RecoveryKey) -> Self {
        Self(key.to_password())
    }
}

/// A snapshot as the repository shows it; every field but the identifier is what its author wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotInfo {
    pub id: SnapshotId,
    pub declared: Timestamp,
    pub host: String,
    /// The name of the source.
    pub source: String,
    pub paths: Vec<PathBuf>,
    pub bytes: Option<u64>,
    pub files: Option<u64>,
}

/// What to back up.
#[derive(Clone, Debug)]
pub struct BackupSource {
    /// Of the configuration: `digue`, or the name of a folder or command.
    pub name: String,
    pub folder: PathBuf,
    /// Patterns as in `.gitignore`; what they name is left out.
    pub excludes: Vec<String>,
}

/// A backup that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MadeBackup {
    pub snapshot: SnapshotId,
    /// The snapshot before, of the same source.
    pub parent: Option<SnapshotId>,
    pub files: u64,
    pub bytes: u64,
    /// Bytes that were not there before, as they are stored.
    pub bytes_added: u64,
    /// Files that could not be read: they are not in the snapshot.
    pub unread: Vec<String>,
}

/// What a restore brought back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RestoredFiles {
    pub files: u64,
    pub bytes: u64,
    /// Files whose content is not what the snapshot says, or that are missing.
    pub differing: Vec<String>,
}

impl BackupRepository {
    /// Makes a repository, in format 2.
    ///
    /// # Errors
    /// `RepositoryExists` where there is one; what the store says.
    pub fn init(
        store: RepositoryStore,
        password: &RepositoryPassword,
    ) -> Result<Self, BackupError> {
        let place = store.location();
        let failed = |error| BackupError::of(&place, error);
        let repository = connect(store.clone(), None).map_err(failed)?;
        if repository.config_id().map_err(failed)?.is_some() {
            return Err(BackupError::RepositoryExists(place));
        }
        let credentials = Credentials::password(&password.0);
        let opened = repository.init(
            &credentials,
            &KeyOptions::default(),
            &ConfigOptions::default(),
        );
        Ok(Self {
            repository: opened.map_err(failed)?,
            place,
            store,
            progress: None,
        })
    }

    /// Opens a repository.
    ///
    /// # Errors
    /// `NoRepository`, `WrongKey`; what the store says.
    pub fn open(
        store: RepositoryStore,
        password: &RepositoryPassword,
        progress: Option<Arc<dyn ProgressSink>>,
    ) -> Result<Self, BackupError> {
        let place = store.location();
        let failed = |error| BackupError::of(&place, error);
        let repository = connect(store.clone(), progress.clone()).map_err(failed)?;
        if repository.config_id().map_err(failed)?.is_none() {
            return Err(BackupError::NoRepository(place));
        }
        let opened = repository
            .open(&Credentials::password(&password.0))
            .map_err(failed)?;
        Ok(Self {
            repository: opened,
            place,
            store,
            progress,
        })
    }

    /// Where it is, for people.
    pub fn place(&self) -> &str {
        &self.place
    }

    pub fn id(&self) -> RepositoryId {
        let id = self.repository.config().id.to_hex();
        RepositoryId::parse(id.as_str())
            .expect("the library's identifiers have 64 hexadecimal digits")
    }

    /// # Errors
    /// `OtherRepository` when this is not the one that was expected: it was replaced.
    pub fn must_be(&self, expected: &RepositoryId) -> Result<(), BackupError> {
        let found = self.id();
        if found == *expected {
            return Ok(());
        }
        let place = self.place.clone();
        Err(BackupError::OtherRepository {
            place,
            expected: expected.clone(),
            found,
        })
    }

    /// Adds the key of a ceremony beside the everyday password.
    ///
    /// # Errors
    /// What the store says.
    pub fn add_recovery_key(&self, key: &RecoveryKey) -> Result<(), BackupError> {
        let options = KeyOptions::default();
        self.repository
            .add_key(&key.to_password(), &options)
            .map(drop)
            .map_err(|error| self.failed(error))
    }

    /// The packs that some index names; all others are what broken-off backups left.
    ///
    /// # Errors
    /// What the store says.
    pub fn packs_in_use(&self) -> Result<BTreeSet<String>, BackupError> {
        let mut found = BTreeSet::new();
        let indexes = self.repository.stream_files::<IndexFile>();
        for index in indexes.map_err(|error| self.failed(error))? {
            let (_, index) = index.map_err(|error| self.failed(error))?;
            let packs = index.packs.iter().chain(&index.packs_to_delete);
            found.extend(packs.map(|pack| pack.id.to_hex().as_str().to_owned()));
        }
        Ok(found)
    }

    /// All snapshots, oldest declared date first.
    ///
    /// # Errors
    /// What the store says; a snapshot that cannot be read.
    pub fn snapshots(&self) -> Result<Vec<SnapshotInfo>, BackupError> {
        let mut found: Vec<SnapshotInfo> = self.files()?.iter().map(info).collect();
        found.sort_by(|one, other| (one.declared, &one.id).cmp(&(other.declared, &other.id)));
        Ok(found)
    }

    /// Removes snapshots; what only they named stays until `tidy`.
    ///
    /// # Errors
    /// `Refused` where the store does not delete; what the store says.
    pub fn forget(&self, snapshots: &[SnapshotId]) -> Result<(), BackupError> {
        let ids: Vec<_> = self
            .files()?
            .iter()
            .filter(|file| snapshots.contains(&info(file).id))
            .map(|file| file.id)
            .collect();
        self.repository
            .delete_snapshots(&ids)
            .map_err(|error| self.failed(error))
    }

    /// Marks the packs that no snapshot needs, and removes those that were marked a week ago: what a
    /// backup that runs meanwhile still counts on is there until it ends.
    ///
    /// # Errors
    /// What the store says.
    pub fn tidy(&self) -> Result<(), BackupError> {
        self.tidy_marked(Span::new().hours(TIDIED_AFTER_HOURS))
    }

    /// As `tidy`, for packs that were marked so long ago.
    ///
    /// # Errors
    /// What the store says.
    pub fn tidy_marked(&self, ago: Span) -> Result<(), BackupError> {
        let failed = |error| self.failed(error);
        let mut options = PruneOptions::default();
        options.keep_delete = ago;
        let plan = self.repository.prune_plan(&options).map_err(failed)?;
        self.repository.prune(&options, plan).map_err(failed)
    }

    /// Backs a folder up, then makes sure that the repository has what the snapshot needs.
    ///
    /// # Errors
    /// What the store says. Files that cannot be read are no error: they are named in the result.
    pub fn back_up(&self, source: &BackupSource) -> Result<MadeBackup, BackupError> {
        let failed = |error| self.failed(error);
        let indexed = self.again()?.to_indexed_ids().map_err(failed)?;
        let globs: Vec<String> = source
            .excludes
            .iter()
            .map(|pattern| format!("!{pattern}"))
            .collect();
        let excludes = Excludes::default().globs(globs);
        let options = BackupOptions::default().excludes(excludes.clone());
        let folder = fs::canonicalize(&source.folder).map_err(|error| BackupError::File {
            path: source.folder.clone(),
            source: error,
        })?;
        let paths = [folder];
        let local = LocalSource::new(
            LocalSourceSaveOptions::default(),
            &excludes,
            &LocalSourceFilterOptions::default(),
            &paths,
        );
        let watched = WatchedSource {
            inner: local.map_err(failed)?,
            unread: Arc::default(),
        };
        let snapshot = SnapshotOptions::default()
            .label(source.name.clone())
            .to_snapshot()
            .map_err(failed)?;
        let made = indexed
            .archive(&options, &watched, snapshot, &paths)
            .map_err(failed)?;
        self.must_be_whole(&made)?;
        let unread = watched
            .unread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let summary = made.summary.as_ref();
        Ok(MadeBackup {
            snapshot: info(&made).id,
            parent: made
                .parent
                .as_ref()
                .map(|parent| identifier(parent.to_hex().as_str())),
            files: summary.map_or(0, |summary| summary.total_files_processed),
            bytes: summary.map_or(0, |summary| summary.total_bytes_processed),
            bytes_added: summary.map_or(0, |summary| summary.data_added_packed),
            unread,
        })
    }

    /// Reads a snapshot back as another client would: it is listed, and everything it names is
    /// there.
    fn must_be_whole(&self, made: &SnapshotFile) -> Result<(), BackupError> {
        let id = info(made).id;
        let read = self.file(&id)?;
        let trees = vec![read.tree];
        let results = self.unbroken(|| {
            let checked = self
                .repository
                .check_with_trees(CheckOptions::default(), trees);
            checked.map_err(|error| self.failed(error))
        })?;
        results.is_ok().map_err(|source| BackupError::Damaged {
            place: self.place.clone(),
            source,
        })
    }

    // On damaged packs the library's threads end in a panic, or not, as it happens: damaged both
    // times.
    fn unbroken<T>(&self, read: impl FnOnce() -> Result<T, BackupError>) -> Result<T, BackupError> {
        let broken = || {
            Err(BackupError::ReadingBroken {
                place: self.place.clone(),
            })
        };
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| broken())
    }

    /// Reads a share of all packs and every tree; what is wrong, one line each. Empty: nothing.
    ///
    /// # Errors
    /// When the repository could not be read at all: then nothing was verified.
    pub fn verify(&self, slice: PackSlice) -> Result<Vec<String>, BackupError> {
        let subset = ReadSubsetOption::IdSubSet((slice.part, slice.of));
        let options = CheckOptions::default()
            .read_data(true)
            .read_data_subset(subset);
        let results = self.unbroken(|| {
            self.repository
                .check(options)
                .map_err(|error| self.failed(error))
        })?;
        // Warnings are packs that no index names: what a backup that was killed had already sent.
        // The library hides the names of its levels; a list of one says whether it is an error.
        let faults = results.0.into_iter().filter_map(|fault| {
            let said = fault.1.to_string();
            CheckResults(vec![fault]).is_ok().is_err().then_some(said)
        });
        Ok(faults.collect())
    }

    /// The files of a snapshot.
    ///
    /// # Errors
    /// `NoSnapshot`, `Escapes`; what the store says.
    pub fn listing(&self, id: &SnapshotId) -> Result<FileListing, BackupError> {
        self.unbroken(|| self.listing_whole(id))
    }

    fn listing_whole(&self, id: &SnapshotId) -> Result<FileListing, BackupError> {
        let (indexed, snapshot) = self.indexed(id)?;
        let mut found = FileListing::new();
        self.each_file(&indexed, &snapshot, &mut |path, node| {
            found.insert(
                shown(path),
                ListedFile {
                    bytes: node.meta.size,
                    content: content_hash(node),
                },
            );
            Ok(())
        })?;
        Ok(found)
    }

    /// Reads the heads of files in two snapshots and compares what they are.
    ///
    /// # Errors
    /// `NoSnapshot`; what the store says.
    pub fn sample(
        &self,
        before: &SnapshotId,
        after: &SnapshotId,
        paths: &[String],
    ) -> Result<SampledTypes, BackupError> {
        let read = || Ok((self.heads(before, paths)?, self.heads(after, paths)?));
        let (earlier, later) = self.unbroken(read)?;
        let mut types = SampledTypes::default();
        for path in paths {
            if let (Some(before), Some(after)) = (earlier.get(path), later.get(path)) {
                types.add(path, *before, *after);
            }
        }
        Ok(types)
    }

    fn heads(
        &self,
        id: &SnapshotId,
        paths: &[String],
    ) -> Result<BTreeMap<String, ContentKind>, BackupError> {
        let (indexed, snapshot) = self.indexed(id)?;
        let wanted: BTreeSet<&String> = paths.iter().collect();
        let mut found = BTreeMap::new();
        self.each_file(&indexed, &snapshot, &mut |path, node| {
            let path = shown(path);
            if wanted.contains(&path) {
                let kind = kind_of(&indexed, node).map_err(|error| self.failed(error))?;
                found.insert(path, kind);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Restores a snapshot into a folder that is new or empty, and compares every file with its
    /// hashes.
    ///
    /// # Errors
    /// `NotEmpty`, `Escapes`, `NoSnapshot`; what the store says.
    pub fn restore(&self, id: &SnapshotId, into: &Path) -> Result<RestoredFiles, BackupError> {
        must_be_empty(into)?;
        self.unbroken(|| self.restore_whole(id, into))
    }

    fn restore_whole(&self, id: &SnapshotId, into: &Path) -> Result<RestoredFiles, BackupError> {
        let failed = |error| self.failed(error);
        let (indexed, snapshot) = self.indexed(id)?;
        // Before a byte is written: names that lead out of the folder.
        self.each_file(&indexed, &snapshot, &mut |_, _| Ok(()))?;
        let root = self.root(&indexed, &snapshot)?;
        let streamer = indexed.ls(&root, &LsOptions::default()).map_err(failed)?;
        let to = into
            .to_str()
            .ok_or_else(|| BackupError::Escapes(into.to_owned()))?;
        let destination = LocalDestination::new(to, true, !root.is_dir()).map_err(failed)?;
        let options = RestoreOptions::default().no_ownership(true);
        let plan = indexed
            .prepare_restore(&options, streamer.clone(), &destination, false)
            .map_err(failed)?;
        indexed
            .restore(plan, &options, streamer, &destination)
            .map_err(failed)?;
        self.compare(&indexed, &snapshot, into)
    }

    /// Compares restored files with the hashes of their pieces.
    fn compare(
        &self,
        indexed: &Repository<IndexedFullStatus>,
        snapshot: &SnapshotFile,
        restored: &Path,
    ) -> Result<RestoredFiles, BackupError> {
        let mut result = RestoredFiles::default();
        self.each_file(indexed, snapshot, &mut |path, node| {
            let pieces = pieces_of(indexed, node).map_err(|error| self.failed(error))?;
            result.files += 1;
            result.bytes += node.meta.size;
            if !is_same(&restored.join(path), &pieces) {
                result.differing.push(shown(path));
            }
            Ok(())
        })?;
        Ok(result)
    }

    /// The library's repository once more: reading an index consumes it. By the master key, because
    /// a password is slow to try on purpose.
    fn again(&self) -> Result<Repository<OpenStatus>, BackupError> {
        let key = Credentials::Masterkey(self.repository.key());
        let connected = connect(self.store.clone(), self.progress.clone());
        connected
            .and_then(|repository| repository.open(&key))
            .map_err(|error| self.failed(error))
    }

    fn files(&self) -> Result<Vec<SnapshotFile>, BackupError> {
        self.repository
            .get_all_snapshots()
            .map_err(|error| self.failed(error))
    }

    fn file(&self, id: &SnapshotId) -> Result<SnapshotFile, BackupError> {
        let found = self
            .files()?
            .into_iter()
            .find(|snapshot| info(snapshot).id == *id);
        found.ok_or_else(|| BackupError::NoSnapshot(id.clone()))
    }

    fn indexed(
        &self,
        id: &SnapshotId,
    ) -> Result<(Repository<IndexedFullStatus>, SnapshotFile), BackupError> {
        let snapshot = self.file(id)?;
        let indexed = self
            .again()?
            .to_indexed()
            .map_err(|error| self.failed(error))?;
        Ok((indexed, snapshot))
    }

    /// The folder that was backed up: its path on that machine is of no use on this one.
    fn root(
        &self,
        indexed: &Repository<IndexedFullStatus>,
        snapshot: &SnapshotFile,
    ) -> Result<Node, BackupError> {
        let paths: Vec<&String> = snapshot.paths.iter().collect();
        let top = match paths.as_slice() {
            [path] => Path::new(path.as_str()),
            _ => Path::new(""),
        };
        indexed
            .node_from_snapshot_and_path(snapshot, &top.to_string_lossy())
            .map_err(|error| self.failed(error))
    }

    fn each_file(
        &self,
        indexed: &Repository<IndexedFullStatus>,
        snapshot: &SnapshotFile,
        take: &mut dyn FnMut(&Path, &Node) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let failed = |error| self.failed(error);
        let root = self.root(indexed, snapshot)?;
        let mut paths = RestoredPaths::default();
        for item in indexed.ls(&root, &LsOptions::default()).map_err(failed)? {
            let (path, node) = item.map_err(failed)?;
            paths.add(&path)?;
            if node.node_type == NodeType::File {
                take(&path, &node)?;
            }
        }
        Ok(())
    }

    fn failed(&self, error: Box<RusticError>) -> BackupError {
        BackupError::of(&self.place, error)
    }
}

fn connect(
    store: RepositoryStore,
    progress: Option<Arc<dyn ProgressSink>>,
) -> RusticResult<Repository<()>> {
    let backends = RepositoryBackends::new(store, None);
    // A cache would be one more copy to protect, in the home of the account that runs this.
    let options = RepositoryOptions::default().no_cache(true);
    match progress {
        None => Repository::new(&options, &backends),
        Some(sink) => Repository::new_with_progress(&options, &backends, ByteProgress::new(sink)),
    }
}

fn identifier(text: &str) -> SnapshotId {
    SnapshotId::parse(text).expect("the library's identifiers have 64 hexadecimal digits")
}

fn info(file: &SnapshotFile) -> SnapshotInfo {
    let summary = file.summary.as_ref();
    SnapshotInfo {
        id: identifier(file.id.to_hex().as_str()),
        declared: Timestamp::from_micros(file.time.timestamp().as_microsecond()),
        host: file.hostname.clone(),
        source: file.label.clone(),
        paths: file.paths.iter().map(PathBuf::from).collect(),
        bytes: summary.map(|summary| summary.total_bytes_processed),
        files: summary.map(|summary| summary.total_files_processed),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The hash of the names of a file's pieces, which are hashes of what they hold.
fn content_hash(node: &Node) -> [u8; 32] {
    let mut content = Context::new(&SHA256);
    for blob in node.content.iter().flatten() {
        content.update(blob.to_hex().as_bytes());
    }
    let content = content.finish();
    content.as_ref().try_into().expect("a digest has 32 bytes")
}

fn kind_of(indexed: &Repository<IndexedFullStatus>, node: &Node) -> RusticResult<ContentKind> {
    let open = indexed.open_file(node)?;
    let head = indexed.read_file_at(&open, 0, SAMPLE_BYTES)?;
    Ok(ContentKind::of_head(&head))
}

/// The length and the name of each piece of a file.
fn pieces_of(
    indexed: &Repository<IndexedFullStatus>,
    node: &Node,
) -> RusticResult<Vec<(usize, String)>> {
    let mut pieces = Vec::new();
    for blob in node.content.iter().flatten() {
        let length = indexed.get_index_entry(blob)?.data_length() as usize;
        pieces.push((length, blob.to_hex().as_str().to_owned()));
    }
    Ok(pieces)
}

fn must_be_empty(folder: &Path) -> Result<(), BackupError> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(BackupError::NotEmpty(folder.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(BackupError::File {
            path: folder.to_owned(),
            source,
        }),
    }
}

/// True when the file consists of pieces of these lengths and SHA-256.
fn is_same(path: &Path, pieces: &[(usize, String)]) -> bool {
    use std::io::Read as _;
    let Ok(mut file) = fs::File::open(path) else {
        return false;
    };
    for (length, expected) in pieces {
        let mut piece = vec![0; *length];
        if file.read_exact(&mut piece).is_err() {
            return false;
        }
        let found: String = digest(&SHA256, &piece)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if found != *expected {
            return false;
        }
    }
    matches!(file.read(&mut [0]), Ok(0))
}

/// A source that counts what it could not read.
struct WatchedSource {
    inner: LocalSource,
    unread: Arc<Mutex<Vec<String>>>,
}

struct WatchedFile<O> {
    inner: O,
    path: String,
    unread: Arc<Mutex<Vec<String>>>,
}

struct WatchedReader<R> {
    inner: R,
    path: String,
    unread: Arc<Mutex<Vec<String>>>,
}

fn note(unread: &Mutex<Vec<String>>, path: &str) {
    unread
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(path.to_owned());
}

impl ReadSource for WatchedSource {
    type Open = WatchedFile<<LocalSource as ReadSource>::Open>;
    type Iter = Box<dyn Iterator<Item = RusticResult<ReadSourceEntry<Self::Open>>> + Send>;

    fn size(&self) -> RusticResult<Option<u64>> {
        self.inner.size()
    }

    fn entries(&self) -> Self::Iter {
        let unread = self.unread.clone();
        Box::new(self.inner.entries().map(move |entry| match entry {
            Ok(ReadSourceEntry { path, node, open }) => {
                let shown = path.display().to_string();
                let open = open.map(|inner| WatchedFile {
                    inner,
                    path: shown,
                    unread: unread.clone(),
                });
                Ok(ReadSourceEntry { path, node, open })
            }
            Err(error) => {
                note(&unread, &error.display_log());
                Err(error)
            }
        }))
    }
}

impl<O: ReadSourceOpen> ReadSourceOpen for WatchedFile<O> {
    type Reader = WatchedReader<O::Reader>;

    fn open(self) -> RusticResult<Self::Reader> {
        let opened = self
            .inner
            .open()
            .inspect_err(|_| note(&self.unread, &self.path));
        Ok(WatchedReader {
            inner: opened?,
            path: self.path,
            unread: self.unread,
        })
    }
}

impl<R: std::io::Read> std::io::Read for WatchedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.inner.read(into).inspect_err(|error| {
            if error.kind() != std::io::ErrorKind::Interrupted {
                note(&self.unread, &self.path);
            }
        })
    }
}
