//! A repository in a bucket with object lock, and what stores say and do.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use digue_backup::BackupError;
use digue_backup::canary::DeletionProof;
use digue_backup::repository::BackupRepository;
use digue_backup::s3_canary::try_to_unlock;
use digue_backup::s3_store::{S3Method, S3Request, S3Store, S3Transport as _};
use digue_backup::schedule::PackSlice;

use crate::s3_double::{Locking, S3Double};
use crate::{Bench, password, tree};

const DAY: Duration = Duration::from_hours(24);
const WHOLE: PackSlice = PackSlice { part: 1, of: 1 };

fn init(bucket: &Arc<S3Double>) -> BackupRepository {
    BackupRepository::init(Arc::new(bucket.store()), &password()).unwrap()
}

fn open(bucket: &Arc<S3Double>) -> BackupRepository {
    BackupRepository::open(Arc::new(bucket.store()), &password(), None).unwrap()
}

#[test]
fn what_went_to_a_bucket_comes_back_and_every_file_of_it_is_locked() {
    let (bench, bucket) = (Bench::new(), S3Double::start(Locking::Strict));
    let made = init(&bucket).back_up(&bench.what()).unwrap();
    let objects = bucket.objects();
    assert!(objects.len() > 5, "several pages of a list");
    let until = bucket.now().plus(DAY * 30);
    for (key, versions) in &objects {
        let lock = versions[0].lock.clone();
        assert_eq!(lock, Some(("COMPLIANCE".to_owned(), until)), "{key}");
    }
    let repository = open(&bucket);
    assert_eq!(repository.verify(WHOLE).unwrap(), Vec::<String>::new());
    repository
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!(tree(&bench.source()), tree(&bench.path("retour")));
}

#[test]
fn a_store_that_takes_the_lock_and_does_not_lock_gets_no_backup() {
    let bucket = S3Double::start(Locking::Ignored);
    let made = BackupRepository::init(Arc::new(bucket.store()), &password()).map(drop);
    assert!(
        matches!(made, Err(BackupError::NotLocked { .. })),
        "{made:?}"
    );
}

#[test]
fn a_lock_is_proved_by_failing_to_lift_it() {
    let (bench, bucket) = (Bench::new(), S3Double::start(Locking::Strict));
    init(&bucket).back_up(&bench.what()).unwrap();
    assert_eq!(try_to_unlock(&bucket.store()), DeletionProof::Refused);
    // And the canaries are in nobody's way.
    assert_eq!(open(&bucket).verify(WHOLE).unwrap(), Vec::<String>::new());
}

#[test]
fn a_store_that_lifts_locks_is_found_by_what_lifted_it() {
    let bench = Bench::new();
    for (locking, by) in [
        (Locking::ShownOnly, "delete-version"),
        (Locking::Shortened, "shorten-lock"),
        (Locking::Weakened, "weaken-lock"),
        (Locking::Unversioned, "overwrite"),
    ] {
        let bucket = S3Double::start(locking);
        init(&bucket).back_up(&bench.what()).unwrap();
        let before = bucket.objects();
        let proof = try_to_unlock(&bucket.store());
        let DeletionProof::Deletable(found) = &proof else {
            panic!("{locking:?}: {proof:?}");
        };
        assert!(
            found.iter().any(|found| found == by),
            "{locking:?}: {found:?}"
        );
        // The trial did not touch the real files.
        let after = bucket.objects();
        for (key, versions) in before {
            assert_eq!(after[&key].len(), versions.len(), "{key}");
        }
    }
}

#[test]
fn a_file_without_a_lock_is_named() {
    let (bench, bucket) = (Bench::new(), S3Double::start(Locking::Strict));
    init(&bucket).back_up(&bench.what()).unwrap();
    bucket.wait(DAY * 31);
    let proof = try_to_unlock(&bucket.store());
    let DeletionProof::Deletable(found) = &proof else {
        panic!("{proof:?}");
    };
    assert!(found.contains(&"digue/config".to_owned()), "{found:?}");
}

#[test]
fn a_store_that_is_away_proves_nothing() {
    let bucket = S3Double::start(Locking::Strict);
    drop(init(&bucket));
    bucket.cut_after(Some(3));
    let proof = try_to_unlock(&bucket.store());
    assert!(matches!(proof, DeletionProof::NotRun(_)), "{proof:?}");
    let unlocked = S3Store::new("magasin", "digue", bucket, None);
    assert_eq!(try_to_unlock(&unlocked), DeletionProof::NotImmutable);
}

#[test]
fn a_network_that_is_cut_at_any_request_loses_nothing_and_the_next_backup_goes_on() {
    for answered in (0..30).step_by(4) {
        let (bench, bucket) = (Bench::new(), S3Double::start(Locking::Strict));
        let repository = init(&bucket);
        repository.back_up(&bench.what()).unwrap();
        bench.write("dossiers/nouveau.txt", &crate::document(999));
        bucket.cut_after(Some(answered));
        let cut = repository.back_up(&bench.what());
        bucket.cut_after(None);
        let repository = open(&bucket);
        let made = repository.back_up(&bench.what()).unwrap();
        assert_eq!(made.files, 44, "after {answered}: {cut:?}");
        assert_eq!(repository.verify(WHOLE).unwrap(), Vec::<String>::new());
    }
}

/// Everything that the holder of our credential can ask of a bucket.
fn rob(bucket: &Arc<S3Double>) {
    let send = |method, key: &str, query: Vec<(&'static str, String)>, body: &str| {
        let headers = vec![("x-amz-bypass-governance-retention", "true".to_owned())];
        let body = body.to_owned().into();
        let key = key.to_owned();
        bucket
            .send(&S3Request {
                method,
                key,
                query,
                headers,
                body,
            })
            .unwrap();
    };
    for (key, versions) in bucket.objects() {
        for version in versions {
            let of = |more: &[&'static str]| {
                let more = more.iter().map(|name| (*name, String::new()));
                let id = ("versionId", version.id.clone());
                more.chain([id]).collect::<Vec<_>>()
            };
            for mode in ["COMPLIANCE", "GOVERNANCE"] {
                let soon = bucket.now().plus(Duration::from_secs(1));
                let shorter = format!(
                    "<Retention><Mode>{mode}</Mode><RetainUntilDate>{soon}</RetainUntilDate></Retention>"
                );
                send(S3Method::Put, &key, of(&["retention"]), &shorter);
            }
            send(S3Method::Delete, &key, of(&[]), "");
        }
        send(S3Method::Put, &key, Vec::new(), "chiffré par le voleur");
        send(S3Method::Delete, &key, Vec::new(), "");
    }
    for folder in ["keys", "snapshots", "index"] {
        let name = format!("digue/{folder}/{}", "f".repeat(64));
        send(
            S3Method::Put,
            &name,
            Vec::new(),
            "ce n'est pas un fichier du dépôt",
        );
    }
}

#[test]
fn a_thief_with_our_credentials_removes_nothing_that_is_older_than_an_hour_from_a_bucket() {
    let (bench, bucket) = (Bench::new(), S3Double::start(Locking::Strict));
    let made = init(&bucket).back_up(&bench.what()).unwrap();
    let before = bucket.objects();
    bucket.wait(Duration::from_hours(1));
    rob(&bucket);
    let after = bucket.objects();
    for (key, versions) in before {
        assert_eq!(after[&key][0].body, versions[0].body, "{key}");
    }
    let repository = open(&bucket);
    assert_eq!(repository.snapshots().unwrap().len(), 1);
    assert_eq!(repository.verify(WHOLE).unwrap(), Vec::<String>::new());
    let restored = repository
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!((restored.files, restored.differing.len()), (43, 0));
    assert_eq!(tree(&bench.source()), tree(&bench.path("retour")));
}

#[test]
fn locks_are_renewed_for_what_is_needed_and_end_for_what_is_not() {
    let (bench, bucket) = (Bench::new(), S3Double::start(Locking::Strict));
    let repository = init(&bucket);
    repository.back_up(&bench.what()).unwrap();
    let store = bucket.store();
    // What a backup that was killed left: a pack that no index names.
    let stray = format!("digue/data/ab/{}", "ab".repeat(32));
    let mut request = S3Request {
        method: S3Method::Put,
        key: stray.clone(),
        query: Vec::new(),
        headers: Vec::new(),
        body: vec![1; 9].into(),
    };
    let until = bucket.now().plus(DAY * 30).to_string();
    request.headers = vec![
        ("x-amz-object-lock-mode", "COMPLIANCE".to_owned()),
        ("x-amz-object-lock-retain-until-date", until),
    ];
    bucket.send(&request).unwrap();
    let packs = repository.packs_in_use().unwrap();
    for night in 1..=7_u32 {
        bucket.wait(DAY);
        let share = PackSlice { part: night, of: 7 };
        let renewal = store.renew_locks(share, &packs).unwrap();
        assert_eq!((renewal.failed, renewal.late), (Vec::new(), Vec::new()));
        assert_eq!(renewal.renewed, renewal.checked);
    }
    bucket.wait(DAY * 23);
    let now = bucket.now();
    for (key, versions) in bucket.objects() {
        let until = versions[0].lock.as_ref().unwrap().1;
        assert_eq!(until > now, key != stray, "{key}");
    }
}

#[test]
fn a_lock_that_was_renewed_late_or_not_at_all_is_named() {
    let (bench, bucket) = (Bench::new(), S3Double::start(Locking::Strict));
    let repository = init(&bucket);
    repository.back_up(&bench.what()).unwrap();
    let packs = repository.packs_in_use().unwrap();
    bucket.wait(DAY * 20);
    let renewal = bucket.store().renew_locks(WHOLE, &packs).unwrap();
    assert_eq!(renewal.late.len() as u64, renewal.checked);
    let none = bucket.store().renew_locks(WHOLE, &BTreeSet::new()).unwrap();
    assert!(none.checked < renewal.checked && none.late.is_empty());
    let longer = S3Store::new("magasin", "digue", bucket, None);
    assert_eq!(longer.renew_locks(WHOLE, &packs).unwrap().checked, 0);
}
