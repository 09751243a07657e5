//! `Journal` on the shared journal: one gateway serves, another waits and takes over.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use digue_journal::disk::Disk;
use digue_journal::keyring::{Keyring, PeriodLength};
use digue_journal::observer::{Committed, JournalObserver};
use digue_journal::verify::{VerifyAgainst, verify};
use digue_journal::{AppendError, Journal, JournalOptions};
use digue_shared_journal::gateway::SERVING;
use digue_shared_journal::lease::LeaseTerms;
use digue_shared_journal::log::{CommitAttempt, JournalDatabase as _};
use digue_shared_journal::{
    BootId, PostgresJournal, ServingGateway, SharedFiles, SharedGatewayParts, SharingOutcome,
    WaitingGateway, WaitingStep,
};
use digue_testkit::events::shown;

use crate::servers::Servers;
use crate::{settings, signer};

/// The indexes that an observer was told of, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<u64>>>);

impl JournalObserver for Seen {
    fn committed(&mut self, entries: &[Committed]) {
        let mut seen = self.0.lock().unwrap();
        seen.extend(entries.iter().map(|entry| entry.index));
    }
}

pub(crate) fn waiting(url: &str, folder: &Path, number: u8, lasts: Duration) -> WaitingGateway {
    let next = Mutex::new(u64::from(number) << 32);
    let parts = SharedGatewayParts {
        settings: settings(&[url]),
        signer: signer(),
        name: format!("gateway {number}"),
        terms: LeaseTerms {
            lasts,
            renew_every: Duration::from_secs(3600),
            margin: Duration::ZERO,
        },
        draw: Box::new(move |bytes: &mut [u8]| {
            let mut next = next.lock().unwrap();
            *next += 1;
            bytes[..8].copy_from_slice(&next.to_be_bytes());
        }),
    };
    WaitingGateway::open(parts, Disk::new(folder)).unwrap()
}

pub(crate) fn open(
    folder: &Path,
    gateway: ServingGateway,
    observer: Box<dyn JournalObserver>,
) -> (Journal, SharedFiles) {
    let disk = Disk::new(folder);
    let draw = |bytes: &mut [u8]| bytes.fill(7);
    let keyring = Keyring::new(
        disk.clone(),
        digue_testkit::keys::master(),
        PeriodLength::Month,
        Box::new(draw),
    );
    let options = JournalOptions {
        keyring: keyring.sharing(gateway.keys),
        disk,
        signer: signer(),
        queue_max: 64,
        checkpoint_every: Duration::from_millis(20),
        observer,
    };
    let (writer, reader) = (Box::new(gateway.writer), Box::new(gateway.reader));
    let journal = Journal::open_followed(options, writer, reader).unwrap();
    (journal, gateway.files)
}

pub(crate) fn keep_the_contract(servers: &Servers) {
    let url = servers.database("gateways");
    drop(PostgresJournal::create(settings(&[&url]), signer().verifier()).unwrap());
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (ours, theirs) = (Seen::default(), Seen::default());
    let hour = Duration::from_secs(3600);
    let mut first = waiting(&url, folders[0].path(), 1, hour);
    assert_eq!(first.step().unwrap(), WaitingStep::Ready, "nobody held it");
    let (first, mut files) = open(
        folders[0].path(),
        first.serve().unwrap(),
        Box::new(ours.clone()),
    );
    let answers: Vec<u64> = (0..5)
        .map(|number| {
            let events = vec![shown(number, "a1", "P1"), shown(number, "a1", "P2")];
            first.append_and_wait(events).unwrap().first
        })
        .collect();
    assert_eq!(answers, [0, 2, 4, 6, 8]);
    // Signed, indexed and read like any journal's.
    sign(&first, 10);
    assert_eq!(first.entries(0..10).unwrap().len(), 10);
    assert!(first.receipt(3, true).is_ok());
    // So is what the state refers to.
    let data = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let table = "caseloads/waiting/nir.csv";
    std::fs::create_dir_all(data[0].path().join("caseloads/waiting")).unwrap();
    for content in [vec![7; 20 << 20], Vec::new(), b"account,person\n".to_vec()] {
        std::fs::write(data[0].path().join(table), content).unwrap();
        let shared = files.share(data[0].path(), table).unwrap();
        assert_eq!(shared, SharingOutcome::Shared);
    }
    // A second one follows, and does not serve while it has to believe that the first is alive.
    let mut second = waiting(&url, folders[1].path(), 2, hour);
    let held = WaitingStep::Waits("gateway 1".to_owned());
    assert_eq!(second.step().unwrap(), held);
    assert_eq!(second.step().unwrap(), held);
    drop(second);
    // As if its time had passed: the lease goes to the second, and the first has noticed nothing.
    let mut second = waiting(&url, folders[1].path(), 2, hour);
    let mut database = PostgresJournal::open(settings(&[&url]), signer().verifier()).unwrap();
    let held = database.lease(SERVING).unwrap();
    let taken = database.take_lease(SERVING, &held, boot_of(2), "gateway 2");
    assert_eq!(taken, CommitAttempt::Acknowledged(2));
    let late = first.append_and_wait(vec![shown(90, "a1", "P9")]);
    assert!(matches!(late, Err(AppendError::Unavailable(_))), "{late:?}");
    assert_eq!(second.step().unwrap(), WaitingStep::Ready);
    // What the first writes now is of no account.
    std::fs::write(data[0].path().join(table), "account,person\na9,P9\n").unwrap();
    let late = files.share(data[0].path(), table).unwrap();
    assert_eq!(late, SharingOutcome::Deposed);
    let (second, mut taken_over) = open(
        folders[1].path(),
        second.serve().unwrap(),
        Box::new(theirs.clone()),
    );
    assert_eq!(
        taken_over.fetch(data[1].path(), &["caseloads"]).unwrap(),
        [table]
    );
    let fetched = std::fs::read(data[1].path().join(table)).unwrap();
    assert_eq!(fetched, b"account,person\n");
    assert!(
        taken_over
            .fetch(data[1].path(), &["caseloads"])
            .unwrap()
            .is_empty()
    );
    let event = vec![shown(9, "a2", "P3")];
    assert_eq!(second.append_and_wait(event).unwrap().first, 10);
    // The first still publishes, for everyone.
    sign(&second, 11);
    // Given back in good order: nobody waits for its end.
    second.close();
    let given_back = database.lease(SERVING).unwrap();
    assert_eq!((given_back.boot, given_back.epoch), (BootId::NOBODY, 2));
    let folder = tempfile::tempdir().unwrap();
    let mut third = waiting(&url, folder.path(), 3, hour);
    assert_eq!(third.step().unwrap(), WaitingStep::Ready);
    third.release();
    first.close();
    assert_eq!(ours.0.lock().unwrap()[..10], (0..10).collect::<Vec<u64>>());
    assert_eq!(
        *theirs.0.lock().unwrap(),
        [10],
        "the rest was in its folder before"
    );
    let disk = Disk::new(folders[1].path());
    let (key, keyring) = (signer(), digue_testkit::keys::reading(&disk));
    let against = VerifyAgainst {
        keyring: Some(&keyring),
        ..VerifyAgainst::key(key.verifier())
    };
    let report = verify(&disk, &against, |_, _| {}).unwrap();
    assert!(report.is_intact(), "{report:?}");
}

/// However slow the servers are: it is signed in the end.
fn sign(journal: &Journal, size: u64) {
    while journal.status().checkpoint_size < size {
        journal.sign_committed();
    }
    assert_eq!(journal.status().checkpoint_size, size);
}

/// What a gateway of this number draws first: the name of its process.
fn boot_of(number: u8) -> BootId {
    let mut name = [0; 16];
    name[..8].copy_from_slice(&((u64::from(number) << 32) + 1).to_be_bytes());
    BootId(name)
}
