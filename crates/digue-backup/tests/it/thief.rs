//! What a thief adds to a repository, and what stays: every true snapshot.
//!
//! The thief has the store's credential and the repository's key, and may write what it likes under
//! names that are not taken. Nothing here deletes or overwrites.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aes256ctr_poly1305aes::aead::Aead as _;
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key, Nonce};
use digue_backup::SnapshotId;
use digue_backup::additions::{AdditionCause, KnownFiles};
use digue_backup::folder_store::FolderStore;
use digue_backup::repository::{BackupRepository, RepositoryStore};
use digue_backup::rest_store::RestStore;
use digue_backup::schedule::PackSlice;
use jiff::{Span, ToSpan as _, Zoned};
use proptest::prelude::*;
use ring::digest::{SHA256, digest};
use rustic_core::repofile::{IndexFile, MasterKey, SnapshotFile};
use rustic_core::{Credentials, OpenStatus, Repository, RepositoryBackends, RepositoryOptions};

use crate::rest_double::{Deleting, RestDouble};
use crate::{Bench, PASSWORD, noise, password, tree};

const WHOLE: PackSlice = PackSlice { part: 1, of: 1 };
const FOLDERS: [&str; 4] = ["snapshots", "index", "keys", "data"];

/// One thing that is added.
#[derive(Clone, Debug)]
enum Added {
    /// Bytes under the name that is their hash.
    Noise {
        folder: usize,
        length: usize,
        seed: u64,
    },
    /// Bytes under a name that is not their hash: a server refuses them.
    Misnamed {
        folder: usize,
        seed: u64,
    },
    /// A name that no repository has.
    ForeignName {
        folder: usize,
    },
    /// A file of many gigabytes, which takes no room.
    Gigantic {
        folder: usize,
    },
    /// What is no file, under a name that could be one.
    Link {
        folder: usize,
    },
    Folder {
        folder: usize,
    },
    /// A snapshot of a tree that is not there.
    BrokenSnapshot {
        hours: i64,
    },
    /// A snapshot of a true tree, dated as the thief likes.
    FalseSnapshot {
        hours: i64,
    },
    /// A key file of another repository with the same password.
    OtherKey,
    /// A key file that asks for no work at all, or for more than the machine has.
    ImpossibleKey {
        n: u32,
    },
    FalseIndex(FalseIndex),
    /// A lock of restic that no key made.
    Lock,
}

/// What a forged index says.
#[derive(Clone, Copy, Debug)]
enum FalseIndex {
    /// The true pieces are in packs that are not there.
    LostPacks,
    /// The true pieces are in a pack of the thief's, of the size that is claimed.
    ThiefsPack,
    /// The true packs are cut at other places.
    CutOtherwise,
    /// The true packs were marked for deletion years ago.
    MarkedForDeletion,
    /// Lengths that no number holds.
    Overflowing,
}

fn added() -> impl Strategy<Value = Added> {
    let folder = 0..FOLDERS.len();
    let hours = prop_oneof![-900_000i64..-1, 1i64..900_000, Just(0)];
    let index = prop_oneof![
        Just(FalseIndex::LostPacks),
        Just(FalseIndex::ThiefsPack),
        Just(FalseIndex::CutOtherwise),
        Just(FalseIndex::MarkedForDeletion),
        Just(FalseIndex::Overflowing),
    ];
    prop_oneof![
        (folder.clone(), 0usize..4_000, any::<u64>()).prop_map(|(folder, length, seed)| {
            Added::Noise {
                folder,
                length,
                seed,
            }
        }),
        (folder.clone(), any::<u64>()).prop_map(|(folder, seed)| Added::Misnamed { folder, seed }),
        folder
            .clone()
            .prop_map(|folder| Added::ForeignName { folder }),
        folder.clone().prop_map(|folder| Added::Gigantic { folder }),
        folder.clone().prop_map(|folder| Added::Link { folder }),
        folder.prop_map(|folder| Added::Folder { folder }),
        hours
            .clone()
            .prop_map(|hours| Added::BrokenSnapshot { hours }),
        hours.prop_map(|hours| Added::FalseSnapshot { hours }),
        Just(Added::OtherKey),
        prop_oneof![Just(0u32), Just(1), Just(3), Just(1 << 30)]
            .prop_map(|n| Added::ImpossibleKey { n }),
        index.prop_map(Added::FalseIndex),
        Just(Added::Lock),
    ]
}

fn hash(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Where the thief writes.
trait Place {
    fn store(&self) -> RepositoryStore;
    fn writer(&self) -> RepositoryStore;
    /// Lays a file below the repository.
    fn lay(&self, path: &str, content: Vec<u8>);
}

struct OnDisk(PathBuf);

impl Place for OnDisk {
    fn store(&self) -> RepositoryStore {
        Arc::new(FolderStore::reader(&self.0))
    }

    fn writer(&self) -> RepositoryStore {
        Arc::new(FolderStore::writer(&self.0).unwrap())
    }

    fn lay(&self, path: &str, content: Vec<u8>) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

impl Place for RestDouble {
    fn store(&self) -> RepositoryStore {
        Arc::new(RestStore::new("depot", self.client("depot")))
    }

    fn writer(&self) -> RepositoryStore {
        self.store()
    }

    fn lay(&self, path: &str, content: Vec<u8>) {
        // A server has one folder for all packs.
        let (folder, name) = (
            path.split('/').next().unwrap(),
            path.rsplit('/').next().unwrap(),
        );
        self.lay_file(folder, name, content);
    }
}

impl RestDouble {
    fn lay_file(&self, folder: &str, name: &str, content: Vec<u8>) {
        RestDouble::lay(self, &format!("/depot/{folder}/{name}"), content);
    }
}

/// A true repository, its snapshots and what each restores to.
struct Honest {
    bench: Bench,
    known: KnownFiles,
    contents: BTreeMap<SnapshotId, BTreeMap<PathBuf, Vec<u8>>>,
    /// A key file of another repository with the same password.
    other_key: Vec<u8>,
}

impl Honest {
    fn new() -> Self {
        let bench = Bench::new();
        let repository = bench.init();
        let mut contents = BTreeMap::new();
        for round in 0..2 {
            bench.write("dossiers/tour.txt", &crate::document(7_000 + round));
            let made = repository.back_up(&bench.what()).unwrap();
            contents.insert(made.snapshot, tree(&bench.source()));
        }
        let other = Bench::new();
        drop(other.init());
        let keys = tree(&other.repository().join("keys"));
        let known = KnownFiles {
            snapshots: contents.keys().cloned().collect(),
            keys: BTreeSet::new(),
        };
        Self {
            bench,
            known,
            contents,
            other_key: keys.into_values().next().unwrap(),
        }
    }

    fn copied_to_disk(&self, to: &Path) -> OnDisk {
        for (path, content) in tree(&self.bench.repository()) {
            let path = to.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        OnDisk(to.to_owned())
    }

    fn copied_to_server(&self) -> RestDouble {
        let server = RestDouble::start(Deleting::Refused);
        for (path, content) in tree(&self.bench.repository()) {
            let path = path.to_str().unwrap().to_owned();
            match path.as_str() {
                "config" => RestDouble::lay(&server, "/depot/config", content),
                path if path.starts_with("digue-tmp") => {}
                path => Place::lay(&server, path, content),
            }
        }
        server
    }
}

/// The thief at work.
struct Thief<'t> {
    place: &'t dyn Place,
    key: MasterKey,
    honest: &'t Honest,
    /// The true index files, with which it forges.
    indexes: Vec<IndexFile>,
    /// A true snapshot, as the model of its own: the library reads none after the first addition.
    model: SnapshotFile,
    told: BTreeSet<String>,
}

impl<'t> Thief<'t> {
    fn new(place: &'t dyn Place, honest: &'t Honest) -> Self {
        let options = RepositoryOptions::default().no_cache(true);
        let store: Arc<dyn rustic_core::WriteBackend> = place.store();
        let raw = Repository::new(&options, &RepositoryBackends::new(store, None)).unwrap();
        let raw: Repository<OpenStatus> = raw.open(&Credentials::password(PASSWORD)).unwrap();
        let indexes = raw.stream_files::<IndexFile>().unwrap();
        let indexes = indexes.into_iter().map(|one| one.unwrap().1).collect();
        Self {
            place,
            model: raw.get_all_snapshots().unwrap().remove(0),
            key: raw.key(),
            honest,
            indexes,
            told: BTreeSet::new(),
        }
    }

    fn sealed(&self, text: &[u8]) -> Vec<u8> {
        let mut key = Key::default();
        key[..32].copy_from_slice(&self.key.encrypt);
        key[32..48].copy_from_slice(&self.key.mac.k);
        key[48..].copy_from_slice(&self.key.mac.r);
        let nonce = [7; 16];
        let sealed = Aes256CtrPoly1305Aes::new(&key)
            .encrypt(&Nonce::from(nonce), text)
            .unwrap();
        [&nonce[..], &sealed].concat()
    }

    fn lay(&mut self, folder: &str, content: Vec<u8>) {
        let name = hash(&content);
        self.lay_as(folder, &name, content);
    }

    fn lay_as(&mut self, folder: &str, name: &str, content: Vec<u8>) {
        let path = match folder {
            "data" if name.len() == 64 => format!("data/{}/{name}", &name[..2]),
            folder => format!("{folder}/{name}"),
        };
        self.place.lay(&path, content);
        self.told.insert(name.to_owned());
    }

    /// A snapshot under the name of ours, of a true tree or of one that is nowhere.
    fn snapshot(&mut self, hours: i64, is_broken: bool) {
        let mut forged = self.model.clone();
        forged.time = Zoned::now().checked_add(hours.hours()).unwrap();
        forged.summary = None;
        if is_broken {
            forged.tree = rustic_core::Id::random().into();
        }
        let sealed = self.sealed(&serde_json::to_vec(&forged).unwrap());
        self.lay("snapshots", sealed);
    }

    fn index(&mut self, kind: FalseIndex) {
        let mut all: Vec<_> = self
            .indexes
            .iter()
            .flat_map(|one| one.packs.clone())
            .collect();
        let mut index = IndexFile::default();
        match kind {
            FalseIndex::LostPacks => {
                all.iter_mut()
                    .for_each(|pack| pack.id = rustic_core::Id::random().into());
                index.packs = all;
            }
            FalseIndex::ThiefsPack => {
                for pack in &mut all {
                    let length = pack.pack_size() as usize;
                    let content = noise(length as u64, length);
                    pack.id = hash(&content).parse::<rustic_core::Id>().unwrap().into();
                    self.lay("data", content);
                }
                index.packs = all;
            }
            FalseIndex::CutOtherwise => {
                for pack in &mut all {
                    let ids: Vec<_> = pack.blobs.iter().rev().map(|blob| blob.id).collect();
                    for (blob, id) in pack.blobs.iter_mut().zip(ids) {
                        blob.id = id;
                    }
                }
                // One piece cannot be cut otherwise.
                all.retain(|pack| pack.blobs.len() > 1);
                index.packs = all;
            }
            FalseIndex::MarkedForDeletion => {
                let then = jiff::Timestamp::from_second(1_000_000_000).unwrap();
                all.iter_mut().for_each(|pack| pack.time = Some(then));
                index.packs_to_delete = all;
            }
            FalseIndex::Overflowing => {
                for pack in &mut all {
                    pack.blobs
                        .iter_mut()
                        .for_each(|blob| blob.location.length = u32::MAX);
                }
                index.packs = all;
            }
        }
        let sealed = self.sealed(&serde_json::to_vec(&index).unwrap());
        let name = hash(&sealed);
        self.lay("index", sealed);
        // What it says of packs that are used is passed over, and it says nothing else.
        if matches!(kind, FalseIndex::MarkedForDeletion) {
            self.told.remove(&name);
        }
    }

    fn add(&mut self, added: &Added) {
        match *added {
            Added::Noise {
                folder,
                length,
                seed,
            } => self.lay(FOLDERS[folder], noise(seed, length)),
            Added::Misnamed { folder, seed } => {
                let content = noise(seed, 100);
                self.lay_as(FOLDERS[folder], &hash(&seed.to_le_bytes()), content);
            }
            Added::ForeignName { folder } => {
                self.lay_as(FOLDERS[folder], "LISEZ-MOI.txt", b"payez".to_vec());
            }
            Added::BrokenSnapshot { hours } => self.snapshot(hours, true),
            Added::FalseSnapshot { hours } => self.snapshot(hours, false),
            Added::OtherKey => self.lay("keys", self.honest.other_key.clone()),
            Added::ImpossibleKey { n } => {
                let mut key: serde_json::Value =
                    serde_json::from_slice(&self.honest.other_key).unwrap();
                key["N"] = n.into();
                self.lay("keys", serde_json::to_vec(&key).unwrap());
            }
            Added::FalseIndex(kind) => self.index(kind),
            Added::Lock => {
                self.place
                    .lay(&format!("locks/{}", hash(b"lock")), b"locked".to_vec());
            }
            Added::Gigantic { .. } | Added::Link { .. } | Added::Folder { .. } => {}
        }
    }

    /// What only a disk holds.
    fn add_to_disk(&mut self, root: &Path, added: &Added) {
        let (Added::Gigantic { folder } | Added::Link { folder } | Added::Folder { folder }) =
            *added
        else {
            self.add(added);
            return;
        };
        let name = hash(format!("{added:?}").as_bytes());
        let folder = FOLDERS[folder];
        let folder = match folder {
            "data" => root.join("data").join(&name[..2]),
            folder => root.join(folder),
        };
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(&name);
        if fs::symlink_metadata(&path).is_ok() {
            return;
        }
        match added {
            Added::Gigantic { .. } => fs::File::create(&path).unwrap().set_len(5 << 30).unwrap(),
            Added::Link { .. } => symlink("/dev/zero", &path).unwrap(),
            _ => fs::create_dir(&path).unwrap(),
        }
        self.told.insert(name);
    }
}

/// Every true snapshot restores to what it was, and reads well; what was added is told by name.
fn holds(honest: &Honest, place: &dyn Place, told: &BTreeSet<String>, into: &Path) {
    let store = place.store();
    let repository = BackupRepository::open(store, &password(), None).unwrap();
    let shown: BTreeSet<SnapshotId> = repository
        .snapshots()
        .unwrap()
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert!(shown.is_superset(&honest.known.snapshots));
    let known = &honest.known.snapshots;
    assert_eq!(
        repository.verify_known(WHOLE, known).unwrap(),
        Vec::<String>::new()
    );
    for (id, content) in &honest.contents {
        let into = into.join(id.short());
        let restored = repository.restore(id, &into).unwrap();
        assert_eq!(restored.differing, Vec::<String>::new());
        assert_eq!(tree(&into), *content);
        fs::remove_dir_all(into).unwrap();
    }
    assert_eq!(repository.locks_of_restic().unwrap(), 0);
    let found = repository.additions(&honest.known).unwrap();
    for name in told {
        let is_told = found.iter().any(|one| one.file.ends_with(name.as_str()));
        assert!(is_told, "{name} is not told: {found:?}");
    }
    let ours = |one: &&digue_backup::additions::AddedFile| {
        honest
            .known
            .snapshots
            .iter()
            .any(|id| one.file.ends_with(id.as_str()))
    };
    assert_eq!(found.iter().find(ours), None);
}

/// A backup goes on, with what the thief dated as its newest in sight.
fn goes_on(honest: &Honest, repository: &BackupRepository, into: &Path) {
    let parent = honest.known.snapshots.first();
    let what = honest.bench.what();
    let made = repository.back_up_after(&what, parent).unwrap();
    let restored = repository.restore(&made.snapshot, into).unwrap();
    assert_eq!(restored.differing, Vec::<String>::new());
    assert_eq!(tree(into), tree(&honest.bench.source()));
    fs::remove_dir_all(into).unwrap();
}

fn open_to_write(place: &dyn Place) -> BackupRepository {
    BackupRepository::open(place.writer(), &password(), None).unwrap()
}

#[test]
fn whatever_is_added_to_a_folder_every_true_snapshot_stays() {
    let honest = Honest::new();
    let config = ProptestConfig::with_cases(16);
    proptest!(config, |(all in prop::collection::vec(added(), 1..6))| {
        let folder = tempfile::tempdir().unwrap();
        let place = honest.copied_to_disk(&folder.path().join("depot"));
        let told = {
            let mut thief = Thief::new(&place, &honest);
            all.iter().for_each(|one| thief.add_to_disk(&place.0, one));
            thief.told
        };
        let into = folder.path().join("retour");
        holds(&honest, &place, &told, &into);
        let repository = open_to_write(&place);
        goes_on(&honest, &repository, &into);
        // Tidied twice, as after a deletion: nothing that a true snapshot needs goes.
        for _ in 0..2 {
            repository.tidy_marked(Span::new(), &honest.known.snapshots).unwrap();
        }
        holds(&honest, &place, &BTreeSet::new(), &into);
    });
}

#[test]
fn whatever_is_added_to_a_server_every_true_snapshot_stays() {
    let honest = Honest::new();
    let config = ProptestConfig::with_cases(8);
    proptest!(config, |(all in prop::collection::vec(added(), 1..6))| {
        let folder = tempfile::tempdir().unwrap();
        let place = honest.copied_to_server();
        let told = {
            let mut thief = Thief::new(&place, &honest);
            all.iter().for_each(|one| thief.add(one));
            thief.told
        };
        let into = folder.path().join("retour");
        holds(&honest, &place, &told, &into);
        goes_on(&honest, &open_to_write(&place), &into);
    });
}

#[test]
fn a_snapshot_that_claims_to_be_the_parent_decides_nothing() {
    let honest = Honest::new();
    let place = OnDisk(honest.bench.repository());
    let repository = open_to_write(&place);
    // The thief backs up the same names with another content and the same sizes and dates.
    let source = honest.bench.source().join("dossiers/tour.txt");
    let (true_text, dated) = (fs::read(&source).unwrap(), modified(&source));
    fs::write(&source, vec![b'x'; true_text.len()]).unwrap();
    set_modified(&source, dated);
    repository.back_up(&honest.bench.what()).unwrap();
    fs::write(&source, &true_text).unwrap();
    set_modified(&source, dated);
    goes_on(&honest, &repository, &honest.bench.path("retour"));
}

fn modified(path: &Path) -> std::time::SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

fn set_modified(path: &Path, at: std::time::SystemTime) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(at).unwrap();
}

#[test]
fn each_addition_is_told_with_its_cause() {
    let honest = Honest::new();
    let folder = tempfile::tempdir().unwrap();
    let place = honest.copied_to_disk(&folder.path().join("depot"));
    let causes = [
        (Added::ForeignName { folder: 0 }, AdditionCause::ForeignName),
        (Added::Gigantic { folder: 1 }, AdditionCause::TooLarge),
        (
            Added::Misnamed { folder: 0, seed: 3 },
            AdditionCause::WrongHash,
        ),
        (
            Added::Noise {
                folder: 1,
                length: 80,
                seed: 4,
            },
            AdditionCause::NotOurs,
        ),
        (
            Added::Noise {
                folder: 0,
                length: 0,
                seed: 4,
            },
            AdditionCause::NotOurs,
        ),
        (Added::ImpossibleKey { n: 0 }, AdditionCause::UselessKey),
        (Added::OtherKey, AdditionCause::UnknownKey),
        (
            Added::FalseIndex(FalseIndex::LostPacks),
            AdditionCause::FalseIndex,
        ),
        (
            Added::Noise {
                folder: 3,
                length: 80,
                seed: 5,
            },
            AdditionCause::UnnamedPack,
        ),
        (
            Added::FalseSnapshot { hours: 9_000 },
            AdditionCause::UnknownSnapshot,
        ),
        (
            Added::BrokenSnapshot { hours: -9_000 },
            AdditionCause::BrokenSnapshot,
        ),
    ];
    let mut thief = Thief::new(&place, &honest);
    causes
        .iter()
        .for_each(|(one, _)| thief.add_to_disk(&place.0, one));
    drop(thief);
    let repository = BackupRepository::open(place.store(), &password(), None).unwrap();
    let found = repository.additions(&honest.known).unwrap();
    let mut told: Vec<AdditionCause> = found.iter().map(|one| one.cause).collect();
    let mut expected: Vec<AdditionCause> = causes.iter().map(|(_, cause)| *cause).collect();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected, "{found:#?}");
}
