//! A journal moved into the database and out again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use digue_journal::disk::Disk;
use digue_journal::journal::receipt;
use digue_journal::keyring::Stream;
use digue_journal::note::Verifier;
use digue_journal::observer::NoObserver;
use digue_journal::verify::{VerifyAgainst, VerifyReport, verify};
use digue_journal::{Journal, JournalOptions, OpenError, reader};
use digue_shared_journal::PostgresJournal;
use digue_shared_journal::log::{CommitAttempt, CommitRefusal, JournalDatabase as _};
use digue_shared_journal::transfer::{self, MOVED, TransferError};
use digue_testkit::events::shown;
use digue_types::Timestamp;

use crate::servers::Servers;
use crate::{batch, boot, settings, signer};

/// Entries in a journal of one machine, of two months.
const ENTRIES: u64 = 700;

pub(crate) fn keep_the_contract(servers: &Servers) {
    a_journal_is_the_same_in_the_database_and_back(servers);
    a_pruned_journal_keeps_its_proofs(servers);
    an_interrupted_transfer_goes_on_and_another_journal_is_refused(servers);
}

fn open(folder: &Path) -> Result<Journal, OpenError> {
    let disk = Disk::new(folder);
    Journal::open(JournalOptions {
        keyring: digue_testkit::keys::keyring(&disk),
        disk,
        signer: signer(),
        queue_max: 64,
        checkpoint_every: Duration::from_millis(5),
        observer: Box::new(NoObserver),
    })
}

fn write(folder: &Path) {
    let journal = open(folder).unwrap();
    for number in 0..ENTRIES {
        journal.append(vec![shown(number * 6000, "a1", "P1")], |done| {
            done.unwrap();
        });
        // Fewer than the queue holds are under way.
        if number % 32 == 0 {
            journal
                .append_and_wait(vec![shown(number, "a2", "P2")])
                .unwrap();
        }
    }
    journal.close();
}

fn audit(folder: &Path) -> VerifyReport {
    let disk = Disk::new(folder);
    let (key, keyring) = (signer(), digue_testkit::keys::reading(&disk));
    let against = VerifyAgainst {
        keyring: Some(&keyring),
        ..VerifyAgainst::key(key.verifier())
    };
    verify(&disk, &against, |_, _| {}).unwrap()
}

/// Every file that tlog clients read, and the period keys.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let disk = Disk::new(folder);
    let mut paths = disk.walk("tile").unwrap();
    paths.extend(disk.walk("keys").unwrap());
    paths.push("checkpoint".to_owned());
    let read = |path: String| {
        let bytes = disk.read(&path).unwrap().unwrap();
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

fn create(servers: &Servers, name: &str) -> PostgresJournal {
    let url = servers.database(name);
    PostgresJournal::create(settings(&[&url]), signer().verifier()).unwrap()
}

fn share(database: &mut PostgresJournal, folder: &Path) -> Result<u64, TransferError> {
    let disk = Disk::new(folder);
    let shared = transfer::share(database, &disk, &signer(), &mut |_, _| {})?;
    Ok(shared.size)
}

fn fetch(database: &mut PostgresJournal, folder: &Path, moves: bool) -> Result<u64, TransferError> {
    let disk = Disk::new(folder);
    let fetched = transfer::fetch(database, &disk, &signer(), boot(77), moves)?;
    Ok(fetched.size)
}

fn a_journal_is_the_same_in_the_database_and_back(servers: &Servers) {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(from.path());
    let before = audit(from.path());
    assert_eq!((before.findings.len(), before.size), (0, 722));
    let mut database = create(servers, "shared");
    assert_eq!(share(&mut database, from.path()).unwrap(), 722);
    // What was shared is continued there, and not in the folder.
    assert!(matches!(open(from.path()), Err(OpenError::Shared)));
    assert!(audit(from.path()).is_intact());
    assert_eq!(fetch(&mut database, to.path(), false).unwrap(), 722);
    // The folder that was shared has narrower partial tiles besides, of its way here.
    let ours: BTreeMap<String, Vec<u8>> = files(from.path()).into_iter().collect();
    for (path, bytes) in files(to.path()) {
        assert!(ours.get(&path) == Some(&bytes), "{path} is another");
    }
    assert_eq!(audit(to.path()).root, before.root);
    // Receipts of the copy verify with the public key alone.
    let disk = Disk::new(to.path());
    let note = reader::checkpoint_note(&disk).unwrap();
    let proof = receipt(&disk, 722, note, 300, |_| Ok(None)).unwrap();
    let public = Verifier::parse(&signer().verifier().to_text()).unwrap();
    assert!(proof.verify(&public, &[], 0).is_ok());
    assert!(matches!(open(to.path()), Err(OpenError::Shared)));
    // The journal goes on in the database, and comes home with what it got there.
    let sealed = reader::entries(&disk, 0..2, 722).unwrap();
    let mut more = batch(1, 0, 0);
    more.entries = sealed;
    assert_eq!(database.append(&more), CommitAttempt::Acknowledged(722));
    let home = tempfile::tempdir().unwrap();
    assert_eq!(fetch(&mut database, home.path(), true).unwrap(), 724);
    let refused = CommitRefusal::Halted(MOVED.to_owned());
    assert_eq!(
        database.append(&batch(1, 1, 1)),
        CommitAttempt::Refused(refused)
    );
    let journal = open(home.path()).unwrap();
    let appended = journal.append_and_wait(vec![shown(9, "a3", "P3")]).unwrap();
    assert_eq!(appended.first, 724);
    journal.close();
    let earlier = before.root.unwrap();
    let checkpoint = digue_journal::checkpoint::Checkpoint {
        origin: signer().verifier().name().to_owned(),
        size: 722,
        root: earlier,
    };
    let key = signer();
    let against = VerifyAgainst {
        earlier: Some(&checkpoint),
        ..VerifyAgainst::key(key.verifier())
    };
    let report = verify(&Disk::new(home.path()), &against, |_, _| {}).unwrap();
    assert!(report.is_intact(), "{report:?}");
}

fn a_pruned_journal_keeps_its_proofs(servers: &Servers) {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(from.path());
    let journal = open(from.path()).unwrap();
    let stream = Stream::of(&shown(0, "a1", "P1"));
    // The end of the month in which the entries begin.
    let until = Timestamp::parse_date("2025-12-01").unwrap();
    let forgotten = journal.forget(&stream, until, until).unwrap();
    assert_eq!((forgotten.keys.len(), forgotten.minimum), (1, 256));
    journal.close();
    let before = audit(from.path());
    let mut database = create(servers, "pruned");
    share(&mut database, from.path()).unwrap();
    fetch(&mut database, to.path(), true).unwrap();
    let after = audit(to.path());
    assert_eq!(
        (after.minimum, after.forgotten, after.root),
        (before.minimum, before.forgotten, before.root)
    );
    assert!(after.is_intact(), "{after:?}");
    let journal = open(to.path()).unwrap();
    assert_eq!(journal.minimum(), 256);
    assert!(journal.receipt(600, false).is_ok());
    assert_eq!(journal.consistency(10, 722).unwrap(), proof_in(from.path()));
    journal.close();
}

/// The same proof from the folder that was shared.
fn proof_in(folder: &Path) -> Vec<[u8; 32]> {
    let disk = Disk::new(folder);
    let mut prover = digue_journal::proof::Prover::new(&disk, 722);
    prover.consistency(10, 722).unwrap()
}

fn an_interrupted_transfer_goes_on_and_another_journal_is_refused(servers: &Servers) {
    let (from, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(from.path());
    let mut database = create(servers, "interrupted");
    let disk = Disk::new(from.path());
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let stop = &mut |done: u64, _| assert!(done < 512, "the power went");
        transfer::share(&mut database, &disk, &signer(), stop)
    }));
    assert!(ended.is_err());
    drop(database);
    let url = servers.url(0, "interrupted");
    let mut database = PostgresJournal::open(settings(&[&url]), signer().verifier()).unwrap();
    // Nothing else is written meanwhile, and nothing was released.
    assert!(matches!(
        database.append(&batch(1, 0, 1)),
        CommitAttempt::Refused(CommitRefusal::Halted(_))
    ));
    // Another journal of the same key finds its entries taken.
    let journal = open(other.path()).unwrap();
    for number in 0..600 {
        journal
            .append_and_wait(vec![shown(number, "z", "P9")])
            .unwrap();
    }
    journal.close();
    assert!(matches!(
        share(&mut database, other.path()),
        Err(TransferError::OtherEntries)
    ));
    drop(database);
    let url = servers.database("fresh");
    let mut database = PostgresJournal::create(settings(&[&url]), signer().verifier()).unwrap();
    assert_eq!(share(&mut database, from.path()).unwrap(), 722);
    assert!(matches!(
        share(&mut database, from.path()),
        Err(TransferError::OtherEntries)
    ));
}
