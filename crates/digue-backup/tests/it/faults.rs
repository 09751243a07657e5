//! A disk that fills up, an upload that stayed half: what was there before stays, and the next
//! backup is complete.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use digue_backup::BackupError;
use digue_backup::additions::{AdditionCause, KnownFiles};
use digue_backup::folder_store::FolderStore;
use digue_backup::repository::{BackupRepository, MadeBackup};
use digue_backup::schedule::PackSlice;
use digue_backup::stored::{RepositoryFiles, StoredFile, StoredLock};
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};

use crate::{Bench, document, password, tree};

const WHOLE: PackSlice = PackSlice { part: 1, of: 1 };

/// A folder on a disk with room for so many files more.
#[derive(Debug)]
struct FillingDisk {
    folder: FolderStore,
    room: AtomicUsize,
}

impl FillingDisk {
    fn opened(root: &Path, room: usize) -> BackupRepository {
        // Threads of a backup that broke off let go of the disk a moment after it returned.
        let folder = loop {
            match FolderStore::writer(root) {
                Err(BackupError::Busy(_)) => std::thread::yield_now(),
                other => break other.unwrap(),
            }
        };
        let disk = Self {
            folder,
            room: AtomicUsize::new(room),
        };
        BackupRepository::open(Arc::new(disk), &password(), None).unwrap()
    }
}

impl ReadBackend for FillingDisk {
    fn location(&self) -> String {
        self.folder.location()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.folder.list_with_size(kind)
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        self.folder.read_full(kind, id)
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        self.folder
            .read_partial(kind, id, cacheable, offset, length)
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.folder.warmup_path(kind, id)
    }
}

impl WriteBackend for FillingDisk {
    fn create(&self) -> RusticResult<()> {
        self.folder.create()
    }

    fn write_bytes(
        &self,
        kind: FileType,
        id: &Id,
        cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        let taken = self
            .room
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |room| {
                room.checked_sub(1)
            });
        if taken.is_ok() {
            return self.folder.write_bytes(kind, id, cacheable, content);
        }
        // What a full disk leaves: the beginning of a file, under the name of unfinished ones.
        let half = Path::new(&self.folder.location())
            .join("digue-tmp")
            .join(format!("{}-{}", kind.dirname(), id.to_hex().as_str()));
        fs::write(half, "le début").unwrap();
        let full = io::Error::from(io::ErrorKind::StorageFull);
        Err(RusticError::with_source(
            ErrorKind::InputOutput,
            "the disk is full",
            full,
        ))
    }

    fn remove(&self, kind: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.folder.remove(kind, id, cacheable)
    }
}

impl RepositoryFiles for FillingDisk {
    fn stored(&self, kind: FileType) -> RusticResult<Vec<StoredFile>> {
        self.folder.stored(kind)
    }

    fn locks(&self) -> RusticResult<Vec<StoredLock>> {
        self.folder.locks()
    }
}

/// Both backups are there whole, and the repository is sound.
fn holds(bench: &Bench, first: &MadeBackup, last: &MadeBackup) {
    let repository = bench.open();
    assert_eq!(repository.verify(WHOLE).unwrap(), Vec::<String>::new());
    let old = repository
        .restore(&first.snapshot, &bench.path("premier"))
        .unwrap();
    let new = repository
        .restore(&last.snapshot, &bench.path("dernier"))
        .unwrap();
    assert_eq!(
        (old.files, old.differing, new.files, new.differing),
        (43, Vec::new(), 44, Vec::new())
    );
    assert_eq!(tree(&bench.source()), tree(&bench.path("dernier")));
}

#[test]
fn a_disk_that_fills_up_at_any_file_loses_nothing_and_says_that_it_is_full() {
    let mut refused = 0;
    for room in 0.. {
        let bench = Bench::new();
        let first = bench.init().back_up(&bench.what()).unwrap();
        bench.write("dossiers/nouveau.txt", &document(999));
        let filled = FillingDisk::opened(&bench.repository(), room).back_up(&bench.what());
        let is_whole = match &filled {
            Ok(made) => made.files == 44,
            Err(BackupError::StorageFull { .. }) => false,
            Err(other) => panic!("room for {room}: {other:?}"),
        };
        // Room was made, or a larger disk is there.
        let wide = FillingDisk::opened(&bench.repository(), usize::MAX);
        let known = wide.snapshots().unwrap().len();
        assert_eq!(known, if is_whole { 2 } else { 1 }, "room for {room}");
        let last = wide.back_up(&bench.what()).unwrap();
        drop(wide);
        holds(&bench, &first, &last);
        if is_whole {
            break;
        }
        refused += 1;
    }
    // A pack of content, one of trees, an index and the snapshot at least.
    assert!(refused >= 4, "{refused}");
}

#[test]
fn a_snapshot_that_was_uploaded_by_half_hides_no_other_and_the_next_backup_is_complete() {
    let bench = Bench::new();
    let repository = bench.init();
    let first = repository.back_up(&bench.what()).unwrap();
    bench.write("dossiers/nouveau.txt", &document(999));
    let half = repository.back_up(&bench.what()).unwrap();
    drop(repository);
    let file = format!("snapshots/{}", half.snapshot);
    let path = bench.repository().join(&file);
    let bytes = fs::read(&path).unwrap();
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        let repository = bench.open();
        let listed: Vec<_> = repository.snapshots().unwrap();
        assert_eq!(listed.len(), 1, "{length} bytes");
        assert_eq!(listed[0].id, first.snapshot);
        let known = KnownFiles {
            snapshots: [first.snapshot.clone(), half.snapshot.clone()].into(),
            ..KnownFiles::default()
        };
        let added = repository.additions(&known).unwrap();
        let named = added.iter().find(|one| one.file == file);
        assert!(
            named.is_some_and(|one| one.cause == AdditionCause::WrongHash),
            "{length} bytes: {added:?}"
        );
    }
    let wide = FillingDisk::opened(&bench.repository(), usize::MAX);
    let last = wide.back_up(&bench.what()).unwrap();
    drop(wide);
    holds(&bench, &first, &last);
}
