//! A repository behind a server, and what servers say and do.

use std::sync::Arc;

use digue_backup::BackupError;
use digue_backup::canary::{DeletionProof, try_to_delete};
use digue_backup::repository::BackupRepository;
use digue_backup::rest_store::RestStore;
use digue_backup::schedule::PackSlice;

use crate::rest_double::{Deleting, RestDouble};
use crate::{Bench, password, tree};

fn store(server: &RestDouble, repository: &str) -> RestStore {
    RestStore::new(repository, server.client(repository))
}

fn init(server: &RestDouble) -> BackupRepository {
    BackupRepository::init(Arc::new(store(server, "depot")), &password()).unwrap()
}

fn open(server: &RestDouble) -> Result<BackupRepository, BackupError> {
    BackupRepository::open(Arc::new(store(server, "depot")), &password(), None)
}

#[test]
fn what_went_to_a_server_comes_back() {
    let (bench, server) = (Bench::new(), RestDouble::start(Deleting::Refused));
    let made = init(&server).back_up(&bench.what()).unwrap();
    let repository = open(&server).unwrap();
    assert_eq!(
        repository.verify(PackSlice { part: 1, of: 1 }).unwrap(),
        Vec::<String>::new()
    );
    repository
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!(tree(&bench.source()), tree(&bench.path("retour")));
}

#[test]
fn append_only_is_proved_by_failing_to_delete() {
    let server = RestDouble::start(Deleting::Refused);
    drop(init(&server));
    let proof = try_to_delete(&store(&server, "depot"), &store(&server, "depot-canari"));
    assert_eq!(proof, DeletionProof::Refused);
    assert!(proof.is_proved());
}

#[test]
fn a_server_that_deletes_in_spite_of_its_name_is_found() {
    for deleting in [
        Deleting::SparesPacks,
        Deleting::Lies,
        Deleting::Allowed,
        Deleting::Overwrites,
        Deleting::OverwritesConfig,
    ] {
        let server = RestDouble::start(deleting);
        let made = init(&server);
        let proof = try_to_delete(&store(&server, "depot"), &store(&server, "depot-canari"));
        assert!(
            matches!(proof, DeletionProof::Deletable(_)),
            "{deleting:?}: {proof:?}"
        );
        assert!(!proof.is_proved());
        // The trial did not touch the real repository.
        assert_eq!(open(&server).unwrap().id(), made.id());
    }
}

#[test]
fn a_server_that_overwrites_is_found_by_what_it_lets_overwrite() {
    for (deleting, found) in [
        (Deleting::OverwritesConfig, vec!["config-overwritten"]),
        (
            Deleting::Overwrites,
            vec![
                "data-overwritten",
                "index-overwritten",
                "snapshots-overwritten",
                "keys-overwritten",
                "config-overwritten",
            ],
        ),
    ] {
        let server = RestDouble::start(deleting);
        drop(init(&server));
        // Found at every trial, and not at the first one alone.
        for _ in 0..2 {
            let proof = try_to_delete(&store(&server, "depot"), &store(&server, "depot-canari"));
            let found = found.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(proof, DeletionProof::Deletable(found), "{deleting:?}");
        }
    }
}

#[test]
fn a_server_that_is_away_proves_nothing() {
    let server = RestDouble::start(Deleting::Refused);
    drop(init(&server));
    server.cut_after(Some(0));
    let proof = try_to_delete(&store(&server, "depot"), &store(&server, "depot-canari"));
    assert!(matches!(proof, DeletionProof::NotRun(_)), "{proof:?}");
    let opened = open(&server).map(drop);
    assert!(
        matches!(opened, Err(BackupError::Unreachable { .. })),
        "{opened:?}"
    );
}

#[test]
fn a_network_that_is_cut_at_any_request_loses_nothing_and_the_next_backup_goes_on() {
    for answered in (0..24).step_by(3) {
        let (bench, server) = (Bench::new(), RestDouble::start(Deleting::Refused));
        let repository = init(&server);
        let first = repository.back_up(&bench.what()).unwrap();
        bench.write("dossiers/nouveau.txt", &crate::document(999));
        server.cut_after(Some(answered));
        let cut = repository.back_up(&bench.what());
        server.cut_after(None);
        // Either it got through, or it says that it did not: never a snapshot that lacks something.
        let repository = open(&server).unwrap();
        let made = repository.back_up(&bench.what()).unwrap();
        assert_eq!(made.files, 44, "after {answered}: {cut:?}");
        assert_eq!(
            repository.verify(PackSlice { part: 1, of: 1 }).unwrap(),
            Vec::<String>::new()
        );
        let old = repository
            .restore(&first.snapshot, &bench.path("premier"))
            .unwrap();
        let new = repository
            .restore(&made.snapshot, &bench.path("dernier"))
            .unwrap();
        assert_eq!(
            (
                old.files,
                new.files,
                old.differing.len() + new.differing.len()
            ),
            (43, 44, 0)
        );
    }
}

#[test]
fn a_thief_with_our_credentials_removes_nothing_from_an_append_only_server() {
    use rustic_core::{FileType, ReadBackend as _, WriteBackend as _};
    let (bench, server) = (Bench::new(), RestDouble::start(Deleting::Refused));
    let made = init(&server).back_up(&bench.what()).unwrap();
    let before = server.names();
    let stolen = store(&server, "depot");
    for kind in [
        FileType::Pack,
        FileType::Index,
        FileType::Snapshot,
        FileType::Key,
    ] {
        for id in stolen.list(kind).unwrap() {
            assert!(stolen.remove(kind, &id, false).is_err());
            assert!(
                stolen
                    .write_bytes(kind, &id, false, vec![0; 10].into())
                    .is_err()
            );
        }
    }
    assert!(
        stolen
            .remove(FileType::Config, &rustic_core::Id::default(), false)
            .is_err()
    );
    assert_eq!(server.names(), before);
    let restored = open(&server)
        .unwrap()
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!((restored.files, restored.differing.len()), (43, 0));
}
