//! What the rules rely on, on a real primary with a synchronous standby.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::heads::JournalHead;
use digue_journal::keyring::{Keyring, PeriodLength, SharedKeys as _, Stream};
use digue_journal::tree;
use digue_journal::verify::{VerifyAgainst, verify};
use digue_shared_journal::follower::{JournalFollower, halt_all};
use digue_shared_journal::lease::{LeaseKeeper, LeaseTerms};
use digue_shared_journal::log::{
    CommitAttempt, CommitRefusal, DatabaseError, JournalDatabase as _, LeaseRow, PublishedTree,
};
use digue_shared_journal::postgres::PostgresSettings;
use digue_shared_journal::publisher::{CheckpointPublisher, PublisherStep};
use digue_shared_journal::{
    BatchOutcome, PostgresJournal, PostgresKeys, SharedJournalError, writer,
};
use digue_types::Timestamp;

use crate::servers::Servers;
use crate::{batch, boot, fenced, settings, signer};

/// Terms for a publisher that never doubts its own clock: the database must.
fn trusting() -> LeaseTerms {
    LeaseTerms {
        lasts: Duration::from_secs(3600),
        renew_every: Duration::from_secs(3600),
        margin: Duration::ZERO,
    }
}

/// Terms for one that takes a lease at once.
fn impatient() -> LeaseTerms {
    LeaseTerms {
        lasts: Duration::ZERO,
        ..trusting()
    }
}

fn create(url: &str) -> PostgresJournal {
    PostgresJournal::create(settings(&[url]), signer().verifier()).unwrap()
}

fn publisher(number: u8, terms: LeaseTerms) -> CheckpointPublisher {
    CheckpointPublisher::new(signer(), &format!("gateway {number}"), boot(number), terms)
}

/// Signs until there is nothing new.
fn publish(
    publisher: &mut CheckpointPublisher,
    database: &mut PostgresJournal,
    follower: &mut JournalFollower,
) {
    loop {
        let step = publisher.step(database, follower.mirror().edge()).unwrap();
        follower.step(database).unwrap();
        if step == PublisherStep::Current {
            return;
        }
    }
}

fn follower(folder: &std::path::Path) -> JournalFollower {
    JournalFollower::open(Disk::new(folder), signer()).unwrap()
}

#[test]
fn postgresql_keeps_the_contract() {
    let servers = Servers::start();
    batches_of_two_gateways_are_one_journal(&servers.database("one"));
    a_batch_without_its_lease_is_refused_and_moves_nothing(&servers.database("fences"));
    a_deposed_publisher_signs_nothing(&servers.database("deposed"));
    a_folder_or_a_witness_that_is_ahead_halts_every_gateway(&servers);
    another_key_is_not_this_journal(&servers.database("keys"));
    two_gateways_agree_on_period_keys(&servers.database("periods"));
    crate::gateways::keep_the_contract(&servers);
    crate::transfers::keep_the_contract(&servers);
    // The last ones disturb the servers.
    a_cancelled_wait_is_no_commit(&servers, "cancelled", "pg_cancel_backend");
    a_cancelled_wait_is_no_commit(&servers, "terminated", "pg_terminate_backend");
    a_wait_that_ends_because_replication_was_turned_off_is_no_commit(&servers);
    a_server_that_does_not_replicate_is_refused(&servers);
}

fn batches_of_two_gateways_are_one_journal(url: &str) {
    let (mut one, mut two) = (create(url), create(url));
    let outcomes = [
        writer::commit(&mut one, &batch(1, 0, 3)),
        writer::commit(&mut two, &batch(2, 0, 1)),
        writer::commit(&mut one, &batch(1, 1, 300)),
    ];
    let firsts = [0, 3, 4].map(BatchOutcome::Committed);
    assert_eq!(outcomes, firsts);
    // Sent again under its name, a batch is not entered again; and it can be found.
    let again = two.append(&batch(1, 1, 300));
    assert_eq!(again, CommitAttempt::Refused(CommitRefusal::Duplicate));
    assert_eq!(
        two.settle(batch(1, 1, 300).id),
        CommitAttempt::Acknowledged(Some(4))
    );
    assert_eq!(
        two.settle(batch(9, 9, 1).id),
        CommitAttempt::Acknowledged(None)
    );
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [mut ours, mut theirs] = [follower(folders[0].path()), follower(folders[1].path())];
    publish(&mut publisher(1, trusting()), &mut one, &mut ours);
    theirs.step(&mut two).unwrap();
    assert_eq!((ours.mirror().size(), theirs.mirror().size()), (304, 304));
    assert_eq!(ours.mirror().root(), theirs.mirror().root());
    for folder in &folders {
        let key = signer();
        let against = VerifyAgainst::key(key.verifier());
        let report = verify(&Disk::new(folder.path()), &against, |_, _| {}).unwrap();
        // These entries are not sealed; everything else is as it must be.
        let other = report
            .findings
            .iter()
            .find(|found| !found.kind.needs_keys());
        assert_eq!((report.size, other), (304, None));
    }
    // A part of a batch is read from its middle.
    let middle = digue_shared_journal::follower::entries_from(&mut one, 302).unwrap();
    assert_eq!(middle, batch(1, 1, 300).entries[298..]);
}

fn a_batch_without_its_lease_is_refused_and_moves_nothing(url: &str) {
    let mut database = create(url);
    let never = LeaseRow::never_held();
    let taken = database.take_lease("slot 1", &never, boot(1), "gateway 1");
    assert_eq!(taken, CommitAttempt::Acknowledged(1));
    let ours = fenced(batch(1, 0, 2), "slot 1", 1);
    assert_eq!(database.append(&ours), CommitAttempt::Acknowledged(0));
    for other in [
        fenced(batch(1, 1, 1), "slot 1", 2),
        fenced(batch(1, 1, 1), "slot 2", 1),
        fenced(batch(2, 1, 1), "slot 1", 1),
    ] {
        let refused = CommitAttempt::Refused(CommitRefusal::Fenced);
        assert_eq!(database.append(&other), refused, "{other:?}");
    }
    // Renewed, the lease is another one to its takers, and the same to its holder.
    let before = database.lease("slot 1").unwrap();
    let renewed = database.renew_lease("slot 1", boot(1), 1);
    assert_eq!(renewed, CommitAttempt::Acknowledged(()));
    let late = database.take_lease("slot 1", &before, boot(2), "gateway 2");
    assert_eq!(late, CommitAttempt::Refused(CommitRefusal::Overtaken));
    let seen = database.lease("slot 1").unwrap();
    let taken = database.take_lease("slot 1", &seen, boot(2), "gateway 2");
    assert_eq!(taken, CommitAttempt::Acknowledged(2));
    let refused = CommitAttempt::Refused(CommitRefusal::Fenced);
    let late = fenced(batch(1, 1, 1), "slot 1", 1);
    assert_eq!(database.append(&late), refused);
    assert_eq!(
        database.renew_lease("slot 1", boot(1), 1),
        CommitAttempt::Refused(CommitRefusal::Fenced)
    );
    assert_eq!(database.size().unwrap(), 2);
}

fn a_deposed_publisher_signs_nothing(url: &str) {
    let (mut one, mut two) = (create(url), create(url));
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [mut ours, mut theirs] = [follower(folders[0].path()), follower(folders[1].path())];
    let mut first = publisher(1, trusting());
    writer::commit(&mut one, &batch(1, 0, 5));
    publish(&mut first, &mut one, &mut ours);
    // It looks, waits for as long as a lease lasts (here: not at all), and takes it.
    let mut taker = LeaseKeeper::new("publisher", "gateway 2", boot(2), impatient());
    taker.keep(&mut two).unwrap();
    taker.keep(&mut two).unwrap();
    assert_eq!(two.lease("publisher").unwrap().epoch, 2);
    let mut second = publisher(2, trusting());
    writer::commit(&mut one, &batch(1, 1, 2));
    // The first has noticed nothing, and believes in its lease for an hour.
    assert!(first.leads(one.now()));
    let step = first.step(&mut one, ours.mirror().edge()).unwrap();
    assert_eq!(step, PublisherStep::Conceded);
    assert_eq!(one.checkpoint().unwrap().unwrap().0, 5);
    let before = one.published().unwrap();
    publish(&mut second, &mut two, &mut theirs);
    assert_eq!(theirs.mirror().size(), 7);
    assert_eq!(two.published().unwrap().epoch, 2);
    // Even by hand, the tree of an earlier epoch replaces nothing.
    let fence = digue_shared_journal::log::LeaseFence {
        name: "publisher".to_owned(),
        epoch: 1,
    };
    let late = PublishedTree {
        size: 7,
        root: theirs.mirror().root(),
        ..before
    };
    let session = one.session();
    let refused = CommitAttempt::Refused(CommitRefusal::Fenced);
    assert_eq!(
        one.publish(session, &fence, boot(1), &before, &late),
        refused
    );
    // Nor does a smaller checkpoint that comes late.
    let note = Checkpoint {
        origin: signer().verifier().name().to_owned(),
        size: 0,
        root: tree::empty_root(),
    }
    .sign(&signer());
    assert_eq!(
        one.keep_checkpoint(0, &note),
        CommitAttempt::Refused(CommitRefusal::Overtaken)
    );
}

fn a_folder_or_a_witness_that_is_ahead_halts_every_gateway(servers: &Servers) {
    let mut database = create(&servers.database("ahead"));
    let folder = tempfile::tempdir().unwrap();
    let mut ours = follower(folder.path());
    writer::commit(&mut database, &batch(1, 0, 5));
    publish(&mut publisher(1, trusting()), &mut database, &mut ours);
    let key = signer();
    let witness = |size, root| JournalHead {
        place: "a witness".to_owned(),
        size,
        root: Some(root),
    };
    let same = witness(5, ours.mirror().root());
    assert!(ours.compare(key.verifier(), &[same]).is_ok());
    for other in [witness(6, [1; 32]), witness(5, [1; 32])] {
        let compared = ours.compare(key.verifier(), &[other]);
        assert!(
            matches!(compared, Err(SharedJournalError::Lost(_))),
            "{compared:?}"
        );
    }
    // The folder of another gateway has what a failover took back.
    let ahead = tempfile::tempdir().unwrap();
    let mut other_database = create(&servers.database("further_ahead"));
    let mut theirs = follower(ahead.path());
    for number in 0..3 {
        writer::commit(&mut other_database, &batch(7, number, 4));
    }
    publish(
        &mut publisher(7, trusting()),
        &mut other_database,
        &mut theirs,
    );
    let lost = theirs.step(&mut database);
    let Err(SharedJournalError::Lost(reason)) = lost else {
        panic!("{lost:?}");
    };
    assert!(halt_all(&mut database, &reason));
    assert!(halt_all(&mut database, "once more"));
    let refused = CommitAttempt::Refused(CommitRefusal::Halted(reason));
    assert_eq!(database.append(&batch(1, 1, 1)), refused);
    assert_eq!(database.danger_resume(), CommitAttempt::Acknowledged(()));
    assert_eq!(
        database.append(&batch(1, 1, 1)),
        CommitAttempt::Acknowledged(5)
    );
}

fn another_key_is_not_this_journal(url: &str) {
    drop(create(url));
    let other = digue_journal::note::Signer::from_seed("digue.test/journal", &[1; 32]).unwrap();
    let opened = PostgresJournal::open(settings(&[url]), other.verifier());
    assert!(matches!(opened, Err(DatabaseError::Unfit(_))));
    assert!(PostgresJournal::open(settings(&[url]), signer().verifier()).is_ok());
}

fn two_gateways_agree_on_period_keys(url: &str) {
    let mut database = create(url);
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let timeline = Arc::new(AtomicU32::new(0));
    let keys: Vec<Arc<PostgresKeys>> = (0..2)
        .map(|_| Arc::new(PostgresKeys::new(settings(&[url]), &timeline).unwrap()))
        .collect();
    let keyring = |place: usize| {
        let disk = Disk::new(folders[place].path());
        let draw = move |bytes: &mut [u8]| bytes.fill(place as u8 + 1);
        Keyring::new(
            disk,
            digue_testkit::keys::master(),
            PeriodLength::Day,
            Box::new(draw),
        )
        .sharing(keys[place].clone())
    };
    let rings = [keyring(0), keyring(1)];
    for ring in &rings {
        ring.load().unwrap();
    }
    // Each event is of a day of its own, or of one that the other has sealed already.
    let event = |day: u64| digue_testkit::events::shown(day * 86_400, "a1", "P1");
    let seal = |ring: usize, day: u64| {
        let event = event(day);
        let bytes = digue_journal::codec::encode(&event);
        rings[ring].seal(&event, &bytes).unwrap()
    };
    let one = seal(0, 0);
    let other = seal(1, 0);
    assert_eq!(one, other, "the second takes the key of the first");
    std::thread::scope(|scope| {
        for ring in 0..2 {
            let seal = &seal;
            scope.spawn(move || (1..6).for_each(|day| drop(seal(ring, day))));
        }
    });
    assert_eq!(keys[0].files().unwrap().len(), 6);
    let entry = seal(1, 5);
    let opened = rings[0].open(&entry).unwrap();
    assert_eq!(
        opened,
        digue_journal::keyring::OpenedKeyring::Event(event(5))
    );
    // A batch names the keys that it was sealed with.
    let mut sealed = batch(1, 0, 0);
    sealed.entries = vec![entry.clone()];
    sealed.keys = keys[0].digests().of(&sealed.entries).unwrap();
    assert_eq!(database.append(&sealed), CommitAttempt::Acknowledged(0));
    // Destroyed by one, it opens nothing for the other, and seals nothing.
    let stream = Stream::of(&event(5));
    let before = Timestamp::from_secs(1_763_000_000 + 30 * 86_400);
    let destroyed = rings[1].destroy(&stream, before, before).unwrap();
    assert_eq!(destroyed.len(), 6);
    let mut late = batch(1, 1, 0);
    late.entries = vec![entry.clone()];
    late.keys.clone_from(&sealed.keys);
    assert_eq!(
        database.append(&late),
        CommitAttempt::Refused(CommitRefusal::Keys)
    );
    rings[0].load().unwrap();
    assert!(matches!(
        rings[0].open(&entry).unwrap(),
        digue_journal::keyring::OpenedKeyring::Forgotten(_)
    ));
    let bytes = digue_journal::codec::encode(&event(5));
    assert!(rings[0].seal(&event(5), &bytes).is_err());
    assert_eq!(keys[0].digests().of(&late.entries), None);
}

/// Blocks commits by freezing the standby, and ends the wait of one from outside.
fn a_cancelled_wait_is_no_commit(servers: &Servers, name: &str, function: &str) {
    let url = servers.database(name);
    let mut database = create(&url);
    assert_eq!(
        writer::commit(&mut database, &batch(1, 0, 1)),
        BatchOutcome::Committed(0)
    );
    servers.freeze(1);
    let outcome = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let hasty = PostgresSettings {
                settle_within: Duration::from_millis(200),
                ..settings(&[&url])
            };
            let mut database = PostgresJournal::open(hasty, signer().verifier()).unwrap();
            let first = database.append(&batch(1, 1, 2));
            // Now that nothing replicates, an outcome in doubt stays in doubt.
            let settled = writer::commit(&mut database, &batch(1, 1, 2));
            (first, settled)
        });
        let is_waiting = format!(
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' \
             AND datname = '{name}'"
        );
        servers.wait_until(0, &is_waiting);
        servers.sql(
            0,
            "postgres",
            &format!(
                "SELECT {function}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' \
                 AND datname = '{name}'"
            ),
        );
        waiting.join().unwrap()
    });
    assert!(
        matches!(outcome.0, CommitAttempt::Doubtful(_)),
        "{outcome:?}"
    );
    // Its row is there for everyone to see, and no duplicate can be entered: not proof of anything.
    assert!(
        !matches!(outcome.1, BatchOutcome::Committed(_)),
        "{outcome:?}"
    );
    let visible = servers.sql(0, name, "SELECT count(*) FROM digue_journal.batches");
    assert_eq!(visible, "2");
    servers.thaw(1);
    // With its standby back the server acknowledges the barrier: the batch is durable, once.
    let mut database = PostgresJournal::open(settings(&[&url]), signer().verifier()).unwrap();
    assert_eq!(
        database.settle(batch(1, 1, 2).id),
        CommitAttempt::Acknowledged(Some(1))
    );
    assert_eq!(database.size().unwrap(), 3);
}

/// Emptying the list of standbys lets waiting commits go without a warning.
fn a_wait_that_ends_because_replication_was_turned_off_is_no_commit(servers: &Servers) {
    let url = servers.database("emptied");
    let mut database = create(&url);
    servers.freeze(1);
    let outcome = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| database.append(&batch(1, 0, 1)));
        servers.wait_until(
            0,
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' \
             AND datname = 'emptied'",
        );
        servers.empty_standbys(0);
        waiting.join().unwrap()
    });
    assert!(matches!(outcome, CommitAttempt::Doubtful(_)), "{outcome:?}");
}

fn a_server_that_does_not_replicate_is_refused(servers: &Servers) {
    // As the test before left it.
    let url = servers.url(0, "emptied");
    let opened = PostgresJournal::open(settings(&[&url]), signer().verifier());
    assert!(
        matches!(&opened, Err(DatabaseError::Unfit(what)) if what.contains("synchronous")),
        "{:?}",
        opened.err()
    );
    let overruled = PostgresSettings {
        danger_asynchronous: true,
        ..settings(&[&url])
    };
    let mut database = PostgresJournal::open(overruled, signer().verifier()).unwrap();
    assert_eq!(
        database.append(&batch(1, 5, 1)),
        CommitAttempt::Acknowledged(1)
    );
    // A standby takes no writes.
    servers.thaw(1);
    let standby = servers.url(1, "emptied");
    let opened = PostgresJournal::open(settings(&[&standby]), signer().verifier());
    assert!(matches!(opened, Err(DatabaseError::NotPrimary(_))));
}
