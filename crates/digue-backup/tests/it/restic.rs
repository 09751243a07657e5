//! Debian's restic reads what Digue writes, and the other way round.

use std::process::Command;

use digue_backup::schedule::PackSlice;

use crate::{Bench, PASSWORD, tree};

/// Runs restic on the bench's repository; its standard output.
fn restic(bench: &Bench, arguments: &[&str]) -> String {
    let run = Command::new("restic")
        .arg("--repo")
        .arg(bench.repository())
        .args(["--no-cache", "--quiet"])
        .args(arguments)
        .env("RESTIC_PASSWORD", PASSWORD)
        .output()
        .expect("restic is one of the packages that ./test installs");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "restic {arguments:?}: {said}");
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn restic_verifies_lists_and_restores_our_backup() {
    let bench = Bench::new();
    let made = bench.init().back_up(&bench.what()).unwrap();
    restic(&bench, &["check", "--read-data"]);
    let listed = restic(&bench, &["snapshots", "--json"]);
    assert!(listed.contains(made.snapshot.as_str()), "{listed}");
    let into = bench.path("retour");
    restic(
        &bench,
        &[
            "restore",
            made.snapshot.as_str(),
            "--target",
            into.to_str().unwrap(),
        ],
    );
    let below = into.join(
        bench
            .source()
            .canonicalize()
            .unwrap()
            .strip_prefix("/")
            .unwrap(),
    );
    assert_eq!(tree(&bench.source()), tree(&below));
}

#[test]
fn we_verify_list_and_restore_a_backup_of_restic() {
    let bench = Bench::new();
    restic(&bench, &["init", "--repository-version", "2"]);
    restic(&bench, &["backup", bench.source().to_str().unwrap()]);
    let repository = bench.open();
    assert_eq!(
        repository.verify(PackSlice { part: 1, of: 1 }).unwrap(),
        Vec::<String>::new()
    );
    let snapshots = repository.snapshots().unwrap();
    assert_eq!(snapshots.len(), 1);
    let restored = repository
        .restore(&snapshots[0].id, &bench.path("retour"))
        .unwrap();
    assert_eq!((restored.files, restored.differing.len()), (43, 0));
    assert_eq!(tree(&bench.source()), tree(&bench.path("retour")));
}

#[test]
fn both_write_to_one_repository() {
    let bench = Bench::new();
    bench.init().back_up(&bench.what()).unwrap();
    restic(&bench, &["backup", bench.source().to_str().unwrap()]);
    bench.write("dossiers/nouveau.txt", "écrit entre les deux");
    let store = std::sync::Arc::new(
        digue_backup::folder_store::FolderStore::writer(&bench.repository()).unwrap(),
    );
    let repository =
        digue_backup::repository::BackupRepository::open(store, &crate::password(), None).unwrap();
    let third = repository.back_up(&bench.what()).unwrap();
    assert_eq!(third.files, 44);
    restic(&bench, &["check", "--read-data"]);
    assert_eq!(repository.snapshots().unwrap().len(), 3);
}

#[test]
fn restic_opens_with_the_key_of_the_sheets() {
    use digue_backup::recovery_key::RecoveryKey;
    let bench = Bench::new();
    let repository = bench.init();
    repository.back_up(&bench.what()).unwrap();
    let key = RecoveryKey::draw().unwrap();
    repository.add_recovery_key(&key).unwrap();
    let run = Command::new("restic")
        .arg("--repo")
        .arg(bench.repository())
        .args(["--no-cache", "snapshots", "--json"])
        .env("RESTIC_PASSWORD", key.to_password())
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn restic_finds_nothing_wrong_after_a_deletion() {
    use jiff::Span;
    let bench = Bench::new();
    let repository = bench.init();
    let first = repository.back_up(&bench.what()).unwrap();
    std::fs::remove_file(bench.source().join("grand.bin")).unwrap();
    bench.write("dossiers/nouveau.txt", "écrit après");
    let second = repository.back_up(&bench.what()).unwrap();
    let before = tree(&bench.repository().join("data"));
    let known = [second.snapshot.clone()].into();
    repository
        .forget(std::slice::from_ref(&first.snapshot))
        .unwrap();
    restic(&bench, &["check", "--read-data"]);
    // Marked and still there: a backup of another client may count on it.
    repository.tidy(&known).unwrap();
    assert!(tree(&bench.repository().join("data")).len() >= before.len());
    restic(&bench, &["check", "--read-data"]);
    repository.tidy_marked(Span::new(), &known).unwrap();
    let after = tree(&bench.repository().join("data"));
    let bytes = |packs: &std::collections::BTreeMap<_, Vec<u8>>| {
        packs.values().map(Vec::len).sum::<usize>()
    };
    // The large file was noise, which does not compress.
    assert!(bytes(&after) + (5 << 20) < bytes(&before));
    restic(&bench, &["check", "--read-data"]);
    let listed = restic(&bench, &["snapshots", "--json"]);
    // The second one names the first as its parent.
    let is_listed = |id: &str| listed.contains(&format!("\"id\":\"{id}\""));
    assert!(!is_listed(first.snapshot.as_str()) && is_listed(second.snapshot.as_str()));
    let restored = repository
        .restore(&second.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!((restored.files, restored.differing.len()), (43, 0));
}
