//! A repository in a folder, and what may happen to a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use digue_backup::folder_store::FolderStore;
use digue_backup::recovery_key::{KeySheet, RecoveryKey, SharingRule};
use digue_backup::repository::{BackupRepository, RepositoryPassword};
use digue_backup::restoring::RestoredFiles;
use digue_backup::schedule::PackSlice;
use digue_backup::{BackupError, SnapshotId};

use crate::{Bench, document, password, tree};

const ALL: PackSlice = PackSlice { part: 1, of: 1 };

#[test]
fn what_went_in_comes_out_byte_for_byte() {
    let bench = Bench::new();
    let repository = bench.init();
    let made = repository.back_up(&bench.what()).unwrap();
    assert_eq!(
        (made.files, made.unread.as_slice(), made.before),
        (43, [].as_slice(), None)
    );
    let restored = bench
        .open()
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!(
        (restored.files, restored.differing.as_slice()),
        (43, [].as_slice())
    );
    assert_eq!(tree(&bench.source()), tree(&bench.path("retour")));
    assert_eq!(repository.verify(ALL).unwrap(), Vec::<String>::new());
}

#[test]
fn an_unchanged_source_adds_next_to_nothing_and_a_change_is_listed() {
    let bench = Bench::new();
    let repository = bench.init();
    let first = repository.back_up(&bench.what()).unwrap();
    let second = repository.back_up(&bench.what()).unwrap();
    assert_eq!(second.before, Some(first.snapshot.clone()));
    assert!(
        second.bytes_added * 100 < first.bytes_added,
        "{} {}",
        second.bytes_added,
        first.bytes_added
    );
    bench.write("dossiers/2026/dossier3.txt", "autre chose");
    let third = repository.back_up(&bench.what()).unwrap();
    let (before, after) = (
        repository.listing(&first.snapshot).unwrap(),
        repository.listing(&third.snapshot).unwrap(),
    );
    let changed: Vec<&String> = before
        .keys()
        .filter(|path| before[*path] != after[*path])
        .collect();
    assert_eq!(changed, ["dossiers/2026/dossier3.txt"]);
    let sources: Vec<String> = repository
        .snapshots()
        .unwrap()
        .into_iter()
        .map(|one| one.source)
        .collect();
    assert_eq!(sources, ["dossiers"; 3]);
}

#[test]
fn what_is_excluded_stays_out() {
    let bench = Bench::new();
    bench.write("dossiers/cache.tmp", "rien");
    let mut what = bench.what();
    what.excludes = vec!["*.tmp".to_owned()];
    let made = bench.init().back_up(&what).unwrap();
    assert_eq!(made.files, 43);
}

#[test]
fn a_wrong_key_and_an_empty_place_are_told_apart() {
    let bench = Bench::new();
    let store = || Arc::new(FolderStore::reader(&bench.repository()));
    let opened = BackupRepository::open(store(), &password(), None).map(drop);
    assert!(
        matches!(opened, Err(BackupError::NoRepository(_))),
        "{opened:?}"
    );
    drop(bench.init());
    let opened = BackupRepository::open(store(), &RepositoryPassword::new("autre"), None).map(drop);
    assert!(
        matches!(opened, Err(BackupError::WrongKey(_))),
        "{opened:?}"
    );
    let again = Arc::new(FolderStore::writer(&bench.repository()).unwrap());
    let made = BackupRepository::init(again, &password()).map(drop);
    assert!(
        matches!(made, Err(BackupError::RepositoryExists(_))),
        "{made:?}"
    );
}

#[test]
fn a_repository_that_was_replaced_is_found() {
    let (ours, other) = (Bench::new(), Bench::new());
    let (id, repository) = (ours.init().id(), other.init());
    assert!(ours.open().must_be(&id).is_ok());
    let found = repository.must_be(&id);
    assert!(
        matches!(found, Err(BackupError::OtherRepository { .. })),
        "{found:?}"
    );
}

#[test]
fn one_flipped_bit_in_a_pack_is_found_by_reading_all_of_them() {
    let bench = Bench::new();
    let repository = bench.init();
    repository.back_up(&bench.what()).unwrap();
    let packs = tree(&bench.repository().join("data"));
    let (name, mut bytes) = packs
        .into_iter()
        .max_by_key(|(_, bytes)| bytes.len())
        .unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(bench.repository().join("data").join(name), bytes).unwrap();
    assert_ne!(bench.open().verify(ALL).unwrap(), Vec::<String>::new());
    // All of it within a month of nights: some slice has it.
    let found = (1..=30).filter(|part| {
        !bench
            .open()
            .verify(PackSlice {
                part: *part,
                of: 30,
            })
            .unwrap()
            .is_empty()
    });
    assert!(found.count() >= 1);
}

#[test]
fn damaged_packs_are_errors_of_every_reading_and_end_no_process() {
    let bench = Bench::new();
    let made = bench.init().back_up(&bench.what()).unwrap();
    for (name, mut bytes) in tree(&bench.repository().join("data")) {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        fs::write(bench.repository().join("data").join(name), bytes).unwrap();
    }
    let is_found = |restored: RestoredFiles| !restored.differing.is_empty();
    let restored = bench.open().restore(&made.snapshot, &bench.path("retour"));
    assert!(restored.map_or(true, is_found));
    assert!(
        bench
            .open()
            .verify(ALL)
            .map_or(true, |faults| !faults.is_empty())
    );
}

#[test]
fn a_pack_that_is_gone_is_found_without_reading_any() {
    let bench = Bench::new();
    let repository = bench.init();
    let made = repository.back_up(&bench.what()).unwrap();
    fs::remove_dir_all(bench.repository().join("data")).unwrap();
    assert_ne!(
        repository
            .verify(ALL)
            .map(|faults| faults.len())
            .unwrap_or(1),
        0
    );
    assert!(
        bench
            .open()
            .restore(&made.snapshot, &bench.path("retour"))
            .is_err()
    );
}

#[test]
fn a_restore_never_writes_among_other_files() {
    let bench = Bench::new();
    let made = bench.init().back_up(&bench.what()).unwrap();
    let into = bench.path("retour");
    fs::create_dir_all(&into).unwrap();
    fs::write(into.join("a-garder"), "important").unwrap();
    let restored = bench.open().restore(&made.snapshot, &into);
    assert!(
        matches!(restored, Err(BackupError::NotEmpty(_))),
        "{restored:?}"
    );
    assert_eq!(tree(&into).len(), 1);
    let unknown = SnapshotId::parse(&"0".repeat(64)).unwrap();
    let restored = bench.open().restore(&unknown, &bench.path("ailleurs"));
    assert!(
        matches!(restored, Err(BackupError::NoSnapshot(_))),
        "{restored:?}"
    );
}

#[test]
fn two_writers_do_not_meet_and_a_killed_one_leaves_no_lock() {
    let bench = Bench::new();
    let first = FolderStore::writer(&bench.repository()).unwrap();
    let second = FolderStore::writer(&bench.repository()).map(drop);
    assert!(matches!(second, Err(BackupError::Busy(_))), "{second:?}");
    drop(first);
    fs::write(
        bench.repository().join("digue-tmp/data-0000"),
        "half of a pack",
    )
    .unwrap();
    FolderStore::writer(&bench.repository()).unwrap();
    assert!(!bench.repository().join("digue-tmp/data-0000").exists());
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_rest_is_kept() {
    let bench = Bench::new();
    let secret = bench.source().join("dossiers/illisible.txt");
    fs::write(&secret, document(1)).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        // Root reads everything: a link that leads nowhere is no unreadable file either. Nothing to
        // test.
        return;
    }
    let made = bench.init().back_up(&bench.what()).unwrap();
    assert_eq!(made.unread.len(), 1, "{:?}", made.unread);
    assert!(made.unread[0].contains("illisible.txt"));
}

#[test]
fn three_sheets_of_five_open_what_no_machine_can_any_more() {
    let bench = Bench::new();
    let repository = bench.init();
    let made = repository.back_up(&bench.what()).unwrap();
    let key = RecoveryKey::draw().unwrap();
    repository.add_recovery_key(&key).unwrap();
    let sheets = key.split(SharingRule::new(3, 5).unwrap()).unwrap();
    let printed: Vec<String> = sheets.iter().map(|sheet| sheet.words().join(" ")).collect();
    // The everyday password is lost with the machine; three holders come with their paper.
    let typed: Vec<KeySheet> = [4, 0, 2]
        .iter()
        .map(|at| KeySheet::parse(&printed[*at]).unwrap())
        .collect();
    let found = RecoveryKey::join(&typed).unwrap();
    let store = Arc::new(FolderStore::reader(&bench.repository()));
    let opened = BackupRepository::open(store, &RepositoryPassword::from(&found), None).unwrap();
    let restored = opened
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!((restored.files, restored.differing.len()), (43, 0));
}

#[test]
fn a_restore_brings_back_no_other_rights_no_devices_and_no_way_out() {
    use std::os::unix::fs::{MetadataExt as _, symlink};
    let bench = Bench::new();
    let source = bench.source();
    for (name, mode) in [("setuid", 0o4755), ("setgid", 0o2755), ("collant", 0o1777)] {
        let path = source.join(name);
        fs::write(&path, name).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    for (name, target) in [
        ("dehors", "/etc/passwd"),
        ("dossiers/plus-haut", "../../dehors"),
        ("dossiers/detour", "2026/../../.."),
        ("dossiers/dedans", "2026/dossier3.txt"),
        ("dossiers/2026/a-cote", "../../vide"),
    ] {
        symlink(target, source.join(name)).unwrap();
    }
    let made = std::process::Command::new("mkfifo")
        .arg(source.join("tube"))
        .status();
    assert!(made.unwrap().success());
    let made = bench.init().back_up(&bench.what()).unwrap();
    let into = bench.path("retour");
    let mut restored = bench.open().restore(&made.snapshot, &into).unwrap();
    restored.left_out.sort();
    assert_eq!(
        restored.left_out,
        ["dehors", "dossiers/detour", "dossiers/plus-haut", "tube"]
    );
    assert_eq!(restored.differing, Vec::<String>::new());
    for (name, mode) in [("setuid", 0o755), ("setgid", 0o755), ("collant", 0o777)] {
        let found = fs::metadata(into.join(name)).unwrap().permissions().mode();
        assert_eq!(found & 0o7777, mode, "{name}");
    }
    for name in &restored.left_out {
        assert!(fs::symlink_metadata(into.join(name)).is_err(), "{name}");
    }
    let link = fs::read_to_string(into.join("dossiers/dedans")).unwrap();
    assert_eq!(link, document(3));
    assert_eq!(
        fs::read_to_string(into.join("dossiers/2026/a-cote")).unwrap(),
        ""
    );
    // Nothing else of another account's: what was restored belongs to the one who restores.
    let own = fs::metadata(bench.path("retour")).unwrap();
    let file = fs::metadata(into.join("vide")).unwrap();
    assert_eq!((file.uid(), file.gid()), (own.uid(), own.gid()));
}
