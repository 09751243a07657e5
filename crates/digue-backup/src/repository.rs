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
use std::sync::Arc;

use digue_types::Timestamp;
use jiff::Span;
use ring::digest::{Context, SHA256};
use rustic_core::repofile::{IndexFile, Node, NodeType, SnapshotFile};
use rustic_core::{
    BackupOptions, CheckOptions, CheckResults, ConfigOptions, Credentials, Excludes, FileType,
    IndexedFullStatus, KeyOptions, LocalSource, LocalSourceFilterOptions, LocalSourceSaveOptions,
    LsOptions, OpenStatus, ParentOptions, PruneOptions, ReadBackend as _, ReadSubsetOption,
    Repository, RepositoryBackends, RepositoryOptions, RusticError, RusticResult, SnapshotOptions,
    TreeId, WriteBackend,
};

use crate::additions::{AddedFile, AdditionCause, KnownFiles};
use crate::error::BackupError;
use crate::progress::{ByteProgress, ProgressSink};
use crate::recovery_key::RecoveryKey;
use crate::restored_paths::RestoredPaths;
use crate::sample::{ContentKind, SAMPLE_BYTES};
use crate::schedule::PackSlice;
use crate::sifted_store::{Connect, OneKey, SiftedStore, is_of_store, key_fault};
use crate::signs::{FileListing, ListedFile, SampledTypes};
use crate::stored::RepositoryFiles;
use crate::watched_source::WatchedSource;
use crate::{RepositoryId, SnapshotId};

/// A week: longer than any backup takes.
const TIDIED_AFTER_HOURS: i64 = 7 * 24;

/// The files of a repository, wherever they are.
pub type RepositoryStore = Arc<dyn RepositoryFiles>;

/// A repository that a password opened.
pub struct BackupRepository {
    place: String,
    repository: Repository<OpenStatus>,
    /// What the library sees of the store.
    store: Arc<SiftedStore>,
    /// The key file that the password opened; `None` in a repository that was just made.
    key: Option<String>,
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
    /// The snapshot before, of the same source: the parent that was given, or the newest by the
    /// dates that their authors wrote.
    pub before: Option<SnapshotId>,
    pub files: u64,
    pub bytes: u64,
    /// Bytes that were not there before, as they are stored.
    pub bytes_added: u64,
    /// Files that could not be read: they are not in the snapshot.
    pub unread: Vec<String>,
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
        let made = repository.init(
            &credentials,
            &KeyOptions::default(),
            &ConfigOptions::default(),
        );
        let made = made.map_err(failed)?;
        Self::sifted(store, made, None, None).map_err(failed)
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
        let raw = open_by_any_key(&store, password).map_err(failed)?;
        let key = raw.key_id().map(|id| id.to_hex().as_str().to_owned());
        Self::sifted(store, raw, key, progress).map_err(failed)
    }

    /// The repository below a store that passes over what was added to it.
    fn sifted(
        store: RepositoryStore,
        raw: Repository<OpenStatus>,
        key: Option<String>,
        progress: Option<Arc<dyn ProgressSink>>,
    ) -> RusticResult<Self> {
        let (place, master) = (store.location(), Credentials::Masterkey(raw.key()));
        let without_progress: Arc<Connect> = Arc::new(|store, key| connect(store, None)?.open(key));
        let store = Arc::new(SiftedStore::new(store, raw, without_progress));
        let repository = connect(store.clone(), progress.clone())?.open(&master)?;
        Ok(Self {
            place,
            repository,
            store,
            key,
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

    /// Adds the key of a ceremony beside the everyday password; the name of its file.
    ///
    /// # Errors
    /// What the store says.
    pub fn add_recovery_key(&self, key: &RecoveryKey) -> Result<String, BackupError> {
        let options = KeyOptions::default();
        self.repository
            .add_key(&key.to_password(), &options)
            .map(|id| id.to_hex().as_str().to_owned())
            .map_err(|error| self.failed(error))
    }

    /// How many locks restic holds here. What was not written with the key of this repository locks
    /// nothing: without it, who may add files would hold every deletion up.
    ///
    /// # Errors
    /// What the store says.
    pub fn locks_of_restic(&self) -> Result<usize, BackupError> {
        let locks = self.store.inner().locks();
        let locks = locks.map_err(|error| self.failed(error))?;
        let ours = locks
            .iter()
            .filter(|lock| self.store.is_sealed_by_us(&lock.content));
        Ok(ours.count())
    }

    /// What lies in the repository and is none of our backups, by name.
    ///
    /// # Errors
    /// What the store says.
    pub fn additions(&self, known: &KnownFiles) -> Result<Vec<AddedFile>, BackupError> {
        let failed = |error| self.failed(error);
        let mut found = self.store.additions().map_err(failed)?;
        let named = self.packs_in_use()?;
        for kind in [FileType::Key, FileType::Pack] {
            for (id, _) in self.store.list_with_size(kind).map_err(failed)? {
                let name = id.to_hex().as_str().to_owned();
                let cause = match kind {
                    FileType::Pack if !named.contains(&name) => AdditionCause::UnnamedPack,
                    FileType::Key
                        if self.key.as_ref() != Some(&name) && !known.keys.contains(&name) =>
                    {
                        AdditionCause::UnknownKey
                    }
                    FileType::Config
                    | FileType::Key
                    | FileType::Snapshot
                    | FileType::Index
                    | FileType::Pack => continue,
                };
                let file = if kind == FileType::Pack {
                    format!("data/{}/{name}", &name[..2])
                } else {
                    format!("{}/{name}", kind.dirname())
                };
                // One that opens nothing was said already.
                if !found.iter().any(|one| one.file == file) {
                    found.push(AddedFile { file, cause });
                }
            }
        }
        for file in self.files()? {
            let id = info(&file).id;
            if !known.snapshots.contains(&id) {
                let is_whole = self.checked(CheckOptions::default(), vec![file.tree]);
                found.push(AddedFile {
                    file: format!("{}/{id}", FileType::Snapshot.dirname()),
                    cause: match is_whole.map(|results| results.is_ok().is_ok()) {
                        Ok(true) => AdditionCause::UnknownSnapshot,
                        Ok(false) | Err(BackupError::ReadingBroken { .. }) => {
                            AdditionCause::BrokenSnapshot
                        }
                        Err(error) => return Err(error),
                    },
                });
            }
        }
        Ok(found)
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
    /// A snapshot that is not among `known`, and whose files are not there, needs nothing.
    ///
    /// # Errors
    /// What the store says; `Damaged` when a known snapshot lacks something.
    pub fn tidy(&self, known: &BTreeSet<SnapshotId>) -> Result<(), BackupError> {
        self.tidy_marked(Span::new().hours(TIDIED_AFTER_HOURS), known)
    }

    /// As `tidy`, for packs that were marked so long ago.
    ///
    /// # Errors
    /// As for `tidy`.
    pub fn tidy_marked(&self, ago: Span, known: &BTreeSet<SnapshotId>) -> Result<(), BackupError> {
        let failed = |error| self.failed(error);
        let mut options = PruneOptions::default();
        options.keep_delete = ago;
        for file in self.files()? {
            if known.contains(&info(&file).id) {
                continue;
            }
            match self.checked(CheckOptions::default(), vec![file.tree]) {
                Ok(results) if results.is_ok().is_ok() => {}
                Ok(_) | Err(BackupError::ReadingBroken { .. }) => {
                    options.ignore_snaps.push(file.id)
                }
                Err(error) => return Err(error),
            }
        }
        let plan = self.repository.prune_plan(&options).map_err(failed)?;
        self.repository.prune(&options, plan).map_err(failed)
    }

    /// Checks that everything is there that these trees need.
    fn checked(
        &self,
        options: CheckOptions,
        trees: Vec<TreeId>,
    ) -> Result<CheckResults, BackupError> {
        self.unbroken(|| {
            let checked = self.repository.check_with_trees(options, trees);
            checked.map_err(|error| self.failed(error))
        })
    }

    /// Backs a folder up as if for the first time: each of its files is read.
    ///
    /// # Errors
    /// As for `back_up_after`.
    pub fn back_up(&self, source: &BackupSource) -> Result<MadeBackup, BackupError> {
        self.back_up_after(source, None)
    }

    /// Backs a folder up, then makes sure that the repository has what the snapshot needs.
    ///
    /// Files that look as in `parent` are not read again; it must be one that we made. The library
    /// would choose the newest of the same machine and path: a thief's, whose files say that they
    /// are unchanged and hold something else.
    ///
    /// # Errors
    /// What the store says. Files that cannot be read are no error: they are named in the result.
    pub fn back_up_after(
        &self,
        source: &BackupSource,
        parent: Option<&SnapshotId>,
    ) -> Result<MadeBackup, BackupError> {
        let failed = |error| self.failed(error);
        let indexed = self.again()?.to_indexed_ids().map_err(failed)?;
        let globs: Vec<String> = source
            .excludes
            .iter()
            .map(|pattern| format!("!{pattern}"))
            .collect();
        let excludes = Excludes::default().globs(globs);
        let before = match parent {
            Some(parent) => Some(parent.clone()),
            None => self.newest_of(&source.name)?,
        };
        let mut chosen = ParentOptions::default();
        match parent {
            // One that is gone is no error: all is read.
            Some(parent) => chosen.parents = vec![parent.as_str().to_owned()],
            None => chosen.force = true,
        }
        let options = BackupOptions::default()
            .excludes(excludes.clone())
            .parent_opts(chosen);
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
        let watched = WatchedSource::new(local.map_err(failed)?);
        let snapshot = SnapshotOptions::default()
            .label(source.name.clone())
            .to_snapshot()
            .map_err(failed)?;
        let made = indexed
            .archive(&options, &watched, snapshot, &paths)
            .map_err(failed)?;
        self.must_be_whole(&made)?;
        let summary = made.summary.as_ref();
        Ok(MadeBackup {
            snapshot: info(&made).id,
            before,
            files: summary.map_or(0, |summary| summary.total_files_processed),
            bytes: summary.map_or(0, |summary| summary.total_bytes_processed),
            bytes_added: summary.map_or(0, |summary| summary.data_added_packed),
            unread: watched.unread(),
        })
    }

    /// The newest snapshot of a source, by the dates that their authors wrote.
    fn newest_of(&self, source: &str) -> Result<Option<SnapshotId>, BackupError> {
        let mut snapshots = self.snapshots()?.into_iter();
        let newest = snapshots.rfind(|one| one.source == source);
        Ok(newest.map(|snapshot| snapshot.id))
    }

    /// Reads a snapshot back as another client would: it is listed, and everything it names is
    /// there.
    fn must_be_whole(&self, made: &SnapshotFile) -> Result<(), BackupError> {
        let id = info(made).id;
        let read = self.file(&id)?;
        let results = self.checked(CheckOptions::default(), vec![read.tree])?;
        results.is_ok().map_err(|source| BackupError::Damaged {
            place: self.place.clone(),
            source,
        })
    }

    // On damaged packs the library's threads end in a panic, or not, as it happens: damaged both
    // times.
    pub(crate) fn unbroken<T>(
        &self,
        read: impl FnOnce() -> Result<T, BackupError>,
    ) -> Result<T, BackupError> {
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
        self.verify_trees(slice, self.files()?)
    }

    /// As `verify`, for what these snapshots need: one that others added may lack what it likes.
    ///
    /// # Errors
    /// As for `verify`.
    pub fn verify_known(
        &self,
        slice: PackSlice,
        known: &BTreeSet<SnapshotId>,
    ) -> Result<Vec<String>, BackupError> {
        let files = self.files()?.into_iter();
        self.verify_trees(
            slice,
            files
                .filter(|file| known.contains(&info(file).id))
                .collect(),
        )
    }

    fn verify_trees(
        &self,
        slice: PackSlice,
        files: Vec<SnapshotFile>,
    ) -> Result<Vec<String>, BackupError> {
        let subset = ReadSubsetOption::IdSubSet((slice.part, slice.of));
        let options = CheckOptions::default()
            .read_data(true)
            .read_data_subset(subset);
        let trees = files.iter().map(|file| file.tree).collect();
        let results = self.checked(options, trees)?;
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

    pub(crate) fn indexed(
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
    pub(crate) fn root(
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

    pub(crate) fn each_file(
        &self,
        indexed: &Repository<IndexedFullStatus>,
        snapshot: &SnapshotFile,
        take: &mut dyn FnMut(&Path, &Node) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        self.each_node(indexed, snapshot, &mut |path, node| match node.node_type {
            NodeType::File => take(path, node),
            NodeType::Dir
            | NodeType::Symlink { .. }
            | NodeType::Dev { .. }
            | NodeType::Chardev { .. }
            | NodeType::Fifo
            | NodeType::Socket => Ok(()),
        })
    }

    pub(crate) fn each_node(
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
            take(&path, &node)?;
        }
        Ok(())
    }

    pub(crate) fn failed(&self, error: Box<RusticError>) -> BackupError {
        BackupError::of(&self.place, error)
    }
}

/// Opens a repository with the first key file that fits the password and opens the configuration.
/// The library stops at the first file that it cannot parse, and believes the first that the
/// password opens: one of another repository with the same password does.
fn open_by_any_key(
    store: &RepositoryStore,
    password: &RepositoryPassword,
) -> RusticResult<Repository<OpenStatus>> {
    let credentials = Credentials::password(&password.0);
    let open = |key| {
        let view = OneKey {
            inner: store.clone(),
            key,
        };
        connect(Arc::new(view), None)?.open(&credentials)
    };
    let mut refused = None;
    for file in store.stored(FileType::Key)? {
        let Some(id) = file.id.filter(|_| file.is_usable(FileType::Key)) else {
            continue;
        };
        if key_fault(&**store, &id)?.is_some() {
            continue;
        }
        match open(Some(file)) {
            Ok(repository) => return Ok(repository),
            Err(error) if is_of_store(&error) => return Err(error),
            Err(error) if error.is_incorrect_password() && refused.is_some() => {}
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) => Err(error),
        // No key at all: the library says how that is called.
        None => open(None),
    }
}

fn connect(
    store: Arc<dyn WriteBackend>,
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

pub(crate) fn shown(path: &Path) -> String {
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
