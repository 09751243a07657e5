//! A repository's files as the library may see them: what was added to them is passed over.
//!
//! The library stops at the first file that it cannot read, and believes what it can. Here each
//! snapshot, index and key is looked at before the library is told of it. What cannot be read
//! because the store does not answer is an error, and never passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aes256ctr_poly1305aes::aead::Aead as _;
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key, Nonce};
use bytes::Bytes;
use ring::digest::{Context, SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use rustic_core::repofile::{IndexFile, IndexPack, MasterKey, SnapshotFile, SnapshotId};
use rustic_core::{
    BytesList, Credentials, ErrorKind, FileType, Id, OpenStatus, ReadBackend, Repository,
    RusticError, RusticResult, WriteBackend,
};

use crate::additions::{AddedFile, AdditionCause};
use crate::error::StoreFault;
use crate::folder_store::hex;
use crate::index_claims::{self, Packs};
use crate::stored::{RepositoryFiles, StoredFile, usable};

/// Files that are looked at at the same time: servers are slow to answer, and have many.
const AT_ONCE: usize = 8;
/// Bytes before each sealed text.
const NONCE: usize = 16;
/// Bytes of a pack that are hashed at a time.
const HASHED_AT_ONCE: u64 = 8 << 20;

/// Opens the repository's files below a store by a key, as the library does.
pub(crate) type Connect = dyn Fn(Arc<dyn WriteBackend>, &Credentials) -> RusticResult<Repository<OpenStatus>>
    + Send
    + Sync;

/// The store of a repository that was opened.
pub(crate) struct SiftedStore {
    inner: Arc<dyn RepositoryFiles>,
    /// Reads what lies there, whatever it is.
    raw: Repository<OpenStatus>,
    key: MasterKey,
    connect: Arc<Connect>,
    /// Snapshots and indexes that were looked at; files never change under their names.
    judged: Mutex<BTreeMap<Id, Option<AdditionCause>>>,
    indexes: Mutex<SiftedIndexes>,
}

/// What became of the index files that were there when they were listed last.
#[derive(Default)]
struct SiftedIndexes {
    listed: Option<BTreeSet<Id>>,
    /// As the library reads them, where something false was taken out.
    rewritten: BTreeMap<Id, Bytes>,
}

impl SiftedStore {
    /// `raw` is the repository below `inner`, opened.
    pub(crate) fn new(
        inner: Arc<dyn RepositoryFiles>,
        raw: Repository<OpenStatus>,
        connect: Arc<Connect>,
    ) -> Self {
        Self {
            key: raw.key(),
            inner,
            raw,
            connect,
            judged: Mutex::default(),
            indexes: Mutex::default(),
        }
    }

    /// What lies there and is none of ours, snapshots and keys that read well excepted.
    pub(crate) fn additions(&self) -> RusticResult<Vec<AddedFile>> {
        let mut found = Vec::new();
        for kind in [
            FileType::Key,
            FileType::Snapshot,
            FileType::Index,
            FileType::Pack,
        ] {
            for file in self.inner.stored(kind)? {
                let cause = match file.id.filter(|_| file.is_usable(kind)) {
                    None if file.id.is_some() => Some(AdditionCause::TooLarge),
                    None => Some(AdditionCause::ForeignName),
                    Some(id) => self.cause(kind, &id)?,
                };
                let addition = |cause| AddedFile {
                    file: file.path,
                    cause,
                };
                found.extend(cause.map(addition));
            }
        }
        self.sift_indexes()?;
        let indexes = self.indexes();
        found.extend(indexes.rewritten.keys().map(|id| AddedFile {
            file: format!("{}/{}", FileType::Index.dirname(), id.to_hex().as_str()),
            cause: AdditionCause::FalseIndex,
        }));
        Ok(found)
    }

    fn cause(&self, kind: FileType, id: &Id) -> RusticResult<Option<AdditionCause>> {
        match kind {
            FileType::Snapshot | FileType::Index => self.judge(kind, id),
            FileType::Key => Ok(key_fault(&*self.inner, id)?),
            // Named by an index or not: the repository knows.
            FileType::Pack | FileType::Config => Ok(None),
        }
    }

    fn indexes(&self) -> std::sync::MutexGuard<'_, SiftedIndexes> {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a snapshot or index is none of ours; `None` for one that reads.
    fn judge(&self, kind: FileType, id: &Id) -> RusticResult<Option<AdditionCause>> {
        let known = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = known.get(id) {
            return Ok(*cause);
        }
        drop(known);
        let cause = match self.inner.read_full(kind, id) {
            Ok(bytes) if digest(&SHA256, &bytes).as_ref() != hex(id).as_slice() => {
                Some(AdditionCause::WrongHash)
            }
            Ok(_) => self.is_ours(kind, id)?,
            Err(error) => Some(fault_of_file(error)?),
        };
        let mut known = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(*id, cause);
        Ok(cause)
    }

    fn is_ours(&self, kind: FileType, id: &Id) -> RusticResult<Option<AdditionCause>> {
        let read = match kind {
            FileType::Snapshot => self
                .raw
                .get_file::<SnapshotFile>(&SnapshotId::from(*id))
                .map(drop),
            FileType::Index => self.raw.get_file::<IndexFile>(&(*id).into()).map(drop),
            FileType::Config | FileType::Key | FileType::Pack => Ok(()),
        };
        match read {
            Ok(()) => Ok(None),
            Err(error) if is_of_store(&error) => Err(error),
            Err(_) => Ok(Some(AdditionCause::NotOurs)),
        }
    }

    /// The files of a kind that read.
    fn readable(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let listed = usable(kind, self.inner.stored(kind)?);
        let ids: Vec<Id> = listed.iter().map(|(id, _)| *id).collect();
        let causes = at_once(&ids, &|id| self.judge(kind, id))?;
        let all = listed.into_iter().zip(causes);
        Ok(all
            .filter_map(|(file, cause)| cause.is_none().then_some(file))
            .collect())
    }

    /// Takes out of the index files what is not so; the ones that read.
    fn sift_indexes(&self) -> RusticResult<Vec<(Id, u32)>> {
        let readable = self.readable(FileType::Index)?;
        let ids: BTreeSet<Id> = readable.iter().map(|(id, _)| *id).collect();
        let mut sifted = self.indexes();
        if sifted.listed.as_ref() == Some(&ids) {
            return Ok(readable);
        }
        let all: Vec<Id> = ids.iter().copied().collect();
        let parsed = at_once(&all, &|id| self.raw.get_file::<IndexFile>(&(*id).into()))?;
        let mut files: Vec<(Id, IndexFile)> = all.into_iter().zip(parsed).collect();
        // After the indexes: a pack is there before an index names it.
        let packs = usable(FileType::Pack, self.inner.stored(FileType::Pack)?);
        let sizes = packs
            .into_iter()
            .map(|(id, size)| (id, size.into()))
            .collect();
        let changed = index_claims::sift(&mut files, &sizes, self)?;
        sifted.rewritten.clear();
        for (id, file) in files.iter().filter(|(id, _)| changed.contains(id)) {
            sifted.rewritten.insert(*id, self.sealed(file)?);
        }
        sifted.listed = Some(ids);
        Ok(readable)
    }

    /// An index as it would lie in the repository; it is written nowhere.
    fn sealed(&self, index: &IndexFile) -> RusticResult<Bytes> {
        let failed = |what: &str| {
            RusticError::new(
                ErrorKind::Cryptography,
                "an index could not be sealed: `{what}`",
            )
            .attach_context("what", what)
        };
        let text = serde_json::to_vec(index).map_err(|error| failed(&error.to_string()))?;
        let mut nonce = [0; NONCE];
        let drawn = SystemRandom::new().fill(&mut nonce);
        drawn.map_err(|_| failed("no random numbers"))?;
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), text.as_slice());
        let sealed = sealed.map_err(|_| failed("encryption"))?;
        Ok([&nonce[..], &sealed].concat().into())
    }

    /// The cipher of restic's format, with the repository's key.
    fn cipher(&self) -> Aes256CtrPoly1305Aes {
        let mut key = Key::default();
        key[..32].copy_from_slice(&self.key.encrypt);
        key[32..48].copy_from_slice(&self.key.mac.k);
        key[48..].copy_from_slice(&self.key.mac.r);
        Aes256CtrPoly1305Aes::new(&key)
    }

    /// True when these bytes were sealed with the repository's key.
    pub(crate) fn is_sealed_by_us(&self, bytes: &[u8]) -> bool {
        let Some((nonce, sealed)) = bytes.split_first_chunk::<NONCE>() else {
            return false;
        };
        let opened = self.cipher().decrypt(&Nonce::from(*nonce), sealed);
        opened.is_ok()
    }

    pub(crate) fn inner(&self) -> &Arc<dyn RepositoryFiles> {
        &self.inner
    }
}

/// The most work that a key file may ask for: our own ask for an eighth of it.
const KEY_WORK_MAX: u64 = 1 << 23;
const KEY_PARALLEL_MAX: u32 = 64;

/// Why a key file opens nothing; `None` for one that may be tried.
pub(crate) fn key_fault(
    files: &dyn RepositoryFiles,
    id: &Id,
) -> RusticResult<Option<AdditionCause>> {
    let bytes = match files.read_full(FileType::Key, id) {
        Ok(bytes) => bytes,
        Err(error) => return fault_of_file(error).map(Some),
    };
    if digest(&SHA256, &bytes).as_ref() != hex(id).as_slice() {
        return Ok(Some(AdditionCause::WrongHash));
    }
    let Ok(key) = serde_json::from_slice::<rustic_core::repofile::KeyFile>(&bytes) else {
        return Ok(Some(AdditionCause::NotOurs));
    };
    let work = u64::from(key.n) * u64::from(key.r);
    let is_possible = key.kdf == "scrypt"
        && key.n.is_power_of_two()
        && key.n > 1
        && key.r > 0
        && (1..=KEY_PARALLEL_MAX).contains(&key.p)
        && work <= KEY_WORK_MAX;
    Ok((!is_possible).then_some(AdditionCause::UselessKey))
}

/// True for what the store below says, and no file.
pub(crate) fn is_of_store(error: &RusticError) -> bool {
    faults(error).any(|fault| match fault {
        SeenFault::Store(StoreFault::WrongHash) => false,
        SeenFault::Store(_) | SeenFault::Machine => true,
    })
}

/// What a failed reading says of one file; the error itself when it says something of the store. A
/// disk that does not give one file gives others.
fn fault_of_file(error: Box<RusticError>) -> RusticResult<AdditionCause> {
    let cause = faults(&error).find_map(|fault| match fault {
        SeenFault::Store(StoreFault::WrongHash) => Some(AdditionCause::WrongHash),
        SeenFault::Store(_) => None,
        SeenFault::Machine => Some(AdditionCause::Unreadable),
    });
    cause.ok_or(error)
}

enum SeenFault<'e> {
    Store(&'e StoreFault),
    /// An error of the machine: a disk that is gone, a file that may not be read.
    Machine,
}

fn faults(error: &RusticError) -> impl Iterator<Item = SeenFault<'_>> {
    let causes = std::iter::successors(error.source(), |one: &&(dyn Error + 'static)| {
        let one: &(dyn Error + 'static) = *one;
        one.source()
    });
    causes.filter_map(|cause| {
        if let Some(fault) = cause.downcast_ref::<StoreFault>() {
            return Some(SeenFault::Store(fault));
        }
        // The library unpacks through readers: their errors are about the content.
        let io = cause.downcast_ref::<std::io::Error>()?;
        io.raw_os_error().map(|_| SeenFault::Machine)
    })
}

/// Does this for each of them, a few at a time; in their order.
fn at_once<T: Send>(
    ids: &[Id],
    read: &(dyn Fn(&Id) -> RusticResult<T> + Sync),
) -> RusticResult<Vec<T>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(id) = ids.get(number) else {
                return Ok(done);
            };
            done.push((number, read(id)?));
        }
    };
    let parts: RusticResult<Vec<Vec<(usize, T)>>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE.min(ids.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.collect()
    });
    let mut all: Vec<(usize, T)> = parts?.into_iter().flatten().collect();
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, found)| found).collect())
}

impl Packs for SiftedStore {
    fn true_pieces(&self, pack: &IndexPack, pieces: &[usize]) -> RusticResult<BTreeSet<usize>> {
        let index = IndexFile {
            packs: vec![pack.clone()],
            ..IndexFile::default()
        };
        let view = OneIndex {
            inner: self.inner.clone(),
            index: self.sealed(&index)?,
        };
        let key = Credentials::Masterkey(self.key.clone());
        let indexed = (self.connect)(Arc::new(view), &key)?.to_indexed()?;
        let mut found = BTreeSet::new();
        for piece in pieces {
            let blob = &pack.blobs[*piece];
            match indexed.get_blob_cached(&blob.id, blob.tpe) {
                Ok(bytes) if digest(&SHA256, &bytes).as_ref() == hex(&blob.id).as_slice() => {
                    found.insert(*piece);
                }
                Err(error) if is_of_store(&error) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(found)
    }

    fn is_intact(&self, pack: Id) -> RusticResult<bool> {
        let listed = usable(FileType::Pack, self.inner.stored(FileType::Pack)?);
        let size = listed.iter().find(|(id, _)| *id == pack);
        let Some((_, size)) = size else {
            return Ok(false);
        };
        let mut hash = Context::new(&SHA256);
        let mut offset = 0;
        while offset < u64::from(*size) {
            let length = HASHED_AT_ONCE.min(u64::from(*size) - offset);
            let part = u32::try_from(offset).ok().zip(u32::try_from(length).ok());
            let (at, length) = part.expect("a pack is no longer than a number of 32 bits");
            hash.update(
                &self
                    .inner
                    .read_partial(FileType::Pack, &pack, false, at, length)?,
            );
            offset += u64::from(length);
        }
        Ok(hash.finish().as_ref() == hex(&pack).as_slice())
    }
}

impl ReadBackend for SiftedStore {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        match kind {
            FileType::Config => self.inner.list_with_size(kind),
            FileType::Key | FileType::Pack => Ok(usable(kind, self.inner.stored(kind)?)),
            FileType::Snapshot => self.readable(kind),
            FileType::Index => self.sift_indexes(),
        }
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        if kind == FileType::Index
            && let Some(rewritten) = self.indexes().rewritten.get(id)
        {
            return Ok(rewritten.clone());
        }
        self.inner.read_full(kind, id)
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        self.inner.read_partial(kind, id, cacheable, offset, length)
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.inner.warmup_path(kind, id)
    }
}

impl WriteBackend for SiftedStore {
    fn create(&self) -> RusticResult<()> {
        self.inner.create()
    }

    fn write_bytes(
        &self,
        kind: FileType,
        id: &Id,
        cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        self.inner.write_bytes(kind, id, cacheable, content)
    }

    fn remove(&self, kind: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.inner.remove(kind, id, cacheable)
    }
}

/// A view with one key file: the library stops at the first one that it cannot read.
pub(crate) struct OneKey {
    pub(crate) inner: Arc<dyn RepositoryFiles>,
    pub(crate) key: Option<StoredFile>,
}

/// A view with one index, which lies nowhere.
struct OneIndex {
    inner: Arc<dyn RepositoryFiles>,
    index: Bytes,
}

/// A view for reading: what it does not show itself is the store's.
macro_rules! view {
    ($view:ident, $list:expr, $read:expr) => {
        impl ReadBackend for $view {
            fn location(&self) -> String {
                self.inner.location()
            }

            fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
                let list: fn(&Self, FileType) -> Option<Vec<(Id, u32)>> = $list;
                list(self, kind).map_or_else(|| self.inner.list_with_size(kind), Ok)
            }

            fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
                let read: fn(&Self, FileType) -> Option<Bytes> = $read;
                read(self, kind).map_or_else(|| self.inner.read_full(kind, id), Ok)
            }

            fn read_partial(
                &self,
                kind: FileType,
                id: &Id,
                cacheable: bool,
                offset: u32,
                length: u32,
            ) -> RusticResult<Bytes> {
                self.inner.read_partial(kind, id, cacheable, offset, length)
            }

            fn warmup_path(&self, kind: FileType, id: &Id) -> String {
                self.inner.warmup_path(kind, id)
            }
        }

        impl WriteBackend for $view {
            fn write_bytes(&self, _: FileType, _: &Id, _: bool, _: BytesList) -> RusticResult<()> {
                Err(StoreFault::Protocol("this view is for reading".to_owned()).wrap("writing"))
            }

            fn remove(&self, _: FileType, _: &Id, _: bool) -> RusticResult<()> {
                Err(StoreFault::Protocol("this view is for reading".to_owned()).wrap("removing"))
            }
        }
    };
}

view!(
    OneKey,
    |view, kind| {
        let key = || usable(kind, view.key.iter().cloned().collect());
        (kind == FileType::Key).then(key)
    },
    |_, _| None
);

view!(
    OneIndex,
    |view, kind| {
        let bytes = u32::try_from(view.index.len()).unwrap_or(u32::MAX);
        (kind == FileType::Index).then(|| vec![(Id::default(), bytes)])
    },
    |view, kind| (kind == FileType::Index).then(|| view.index.clone())
);
