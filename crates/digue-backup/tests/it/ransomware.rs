//! A rehearsal: a source is encrypted between two backups. The encryptor works in the test's own
//! temporary folder and nowhere else.

use std::fs;

use digue_backup::recovery_key::{RecoveryKey, SharingRule};
use digue_backup::repository::{BackupRepository, RepositoryPassword};
use digue_backup::signs::{EncryptionScore, SourceChange, SuspicionLevel, UsualChange, score};

use crate::{Bench, noise, tree};

/// How the simulator writes.
#[derive(Clone, Copy, Debug)]
enum Encryptor {
    InPlace,
    Renames,
    /// Only the first 4 KiB, as fast families do.
    Heads,
}

/// Overwrites every file of the bench's source with noise, and leaves a note in each folder.
fn encrypt(bench: &Bench, encryptor: Encryptor) {
    let source = bench.source();
    assert!(
        source.starts_with(bench.folder.path()),
        "nowhere but in the test's own folder"
    );
    for (number, (path, mut bytes)) in tree(&source).into_iter().enumerate() {
        let length = match encryptor {
            Encryptor::InPlace | Encryptor::Renames => bytes.len(),
            Encryptor::Heads => bytes.len().min(4_096),
        };
        bytes[..length].copy_from_slice(&noise(number as u64 + 100, length));
        let path = source.join(path);
        fs::write(&path, bytes).unwrap();
        if matches!(encryptor, Encryptor::Renames) {
            let mut name = path.clone().into_os_string();
            name.push(".akira");
            fs::rename(&path, name).unwrap();
        }
    }
}

fn judge(repository: &BackupRepository, bench: &Bench, canaries: &[String]) -> EncryptionScore {
    let made = repository.back_up(&bench.what()).unwrap();
    let parent = made.before.expect("there was a backup before");
    let (before, after) = (
        repository.listing(&parent).unwrap(),
        repository.listing(&made.snapshot).unwrap(),
    );
    let change = SourceChange::between(&before, &after, canaries);
    let types = repository
        .sample(&parent, &made.snapshot, &change.modified)
        .unwrap();
    score(&change, &types, &UsualChange::new(&[0.01; 30]))
}

fn large_bench() -> Bench {
    let bench = Bench::new();
    for number in 0..200 {
        bench.write(
            &format!("dossiers/note{number}.txt"),
            &crate::document(number),
        );
    }
    bench
}

#[test]
fn an_encrypted_source_is_an_alarm_whichever_way_it_was_done() {
    for encryptor in [Encryptor::InPlace, Encryptor::Renames, Encryptor::Heads] {
        let bench = large_bench();
        let repository = bench.init();
        repository.back_up(&bench.what()).unwrap();
        encrypt(&bench, encryptor);
        let found = judge(&repository, &bench, &[]);
        assert_eq!(
            found.level,
            SuspicionLevel::Alarm,
            "{encryptor:?}: {found:?}"
        );
    }
}

#[test]
fn a_day_of_work_is_no_alarm() {
    let bench = large_bench();
    let repository = bench.init();
    repository.back_up(&bench.what()).unwrap();
    for number in 0..20 {
        bench.write(
            &format!("dossiers/note{number}.txt"),
            &crate::document(number + 5_000),
        );
    }
    assert_eq!(judge(&repository, &bench, &[]).level, SuspicionLevel::Clean);
}

#[test]
fn a_canary_speaks_when_a_handful_of_files_is_encrypted() {
    let bench = large_bench();
    bench.write("000_comptes.txt", &crate::document(1));
    let repository = bench.init();
    repository.back_up(&bench.what()).unwrap();
    bench.write("000_comptes.txt", &crate::document(2));
    assert_eq!(
        judge(&repository, &bench, &["000_comptes.txt".to_owned()]).level,
        SuspicionLevel::Alarm
    );
}

#[test]
fn from_a_clean_machine_with_two_sheets_everything_before_the_fall_is_back() {
    let bench = large_bench();
    let before = tree(&bench.source());
    let repository = bench.init();
    let key = RecoveryKey::draw().unwrap();
    repository.add_recovery_key(&key).unwrap();
    let sheets = key.split(SharingRule::new(2, 3).unwrap()).unwrap();
    let clean = repository.back_up(&bench.what()).unwrap();
    encrypt(&bench, Encryptor::Renames);
    repository.back_up(&bench.what()).unwrap();
    drop((repository, key));

    let found = RecoveryKey::join(&sheets[1..]).unwrap();
    let store = std::sync::Arc::new(digue_backup::folder_store::FolderStore::reader(
        &bench.repository(),
    ));
    let repository =
        BackupRepository::open(store, &RepositoryPassword::from(&found), None).unwrap();
    let restored = repository
        .restore(&clean.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!(restored.differing, Vec::<String>::new());
    assert_eq!(tree(&bench.path("retour")), before);
}
