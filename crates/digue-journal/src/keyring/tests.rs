//! Keys in a real folder: made, loaded again, destroyed.

use super::*;

fn master() -> MasterKey {
    MasterKey::new(&[9; 32])
}

/// Different bytes at each call, the same in each run.
fn draw() -> Draw {
    let next = std::sync::atomic::AtomicU8::new(1);
    Box::new(move |bytes| bytes.fill(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)))
}

fn ring(folder: &std::path::Path, length: PeriodLength) -> Keyring {
    let ring = Keyring::new(Disk::new(folder), master(), length, draw());
    ring.load().unwrap();
    ring
}

fn at(date: &str) -> Timestamp {
    Timestamp::parse_date(date).unwrap()
}

fn event(date: &str) -> Event {
    Event::Administration(digue_types::Administration {
        at: at(date),
        actor: digue_types::AccountId::parse("digue").unwrap(),
        act: digue_types::Act::Started,
        subject: digue_types::Subject::Nothing,
        before: String::new(),
        after: String::new(),
        reason: String::new(),
    })
}

fn seal(ring: &Keyring, date: &str) -> Result<Vec<u8>, KeyError> {
    let event = event(date);
    ring.seal(&event, &codec::encode(&event))
}

#[test]
fn periods_are_months_or_days_and_end_when_the_next_begins() {
    let check =
        |text: &str, end: &str| assert_eq!(Period::parse(text).unwrap().end(), at(end), "{text}");
    check("2026-11", "2026-12-01");
    check("2025-12", "2026-01-01");
    check("2024-02-29", "2024-03-01");
    for wrong in [
        "2026",
        "2026-13",
        "2026-1",
        "26-11",
        "2026-11-31",
        "2026-11-1",
        "",
    ] {
        assert_eq!(Period::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn one_key_for_each_month_found_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = ring(folder.path(), PeriodLength::Month);
    let (one, two) = (
        seal(&first, "2026-11-01").unwrap(),
        seal(&first, "2026-12-01").unwrap(),
    );
    let again = ring(folder.path(), PeriodLength::Month);
    assert_eq!(
        again.open(&one).unwrap(),
        OpenedKeyring::Event(event("2026-11-01"))
    );
    assert_eq!(
        again.open(&two).unwrap(),
        OpenedKeyring::Event(event("2026-12-01"))
    );
    assert_eq!(seal(&again, "2026-11-01").unwrap(), one);
    assert_eq!(again.records().len(), 2);
}

#[test]
fn without_the_master_key_an_entry_shows_its_date_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let sealed = seal(&ring(folder.path(), PeriodLength::Day), "2026-11-01").unwrap();
    let reader = Keyring::reading(Disk::new(folder.path()), None);
    assert!(matches!(reader.open(&sealed), Err(KeyError::NoMaster(1))));
    let other = Keyring::reading(Disk::new(folder.path()), Some(MasterKey::new(&[1; 32])));
    assert!(matches!(other.open(&sealed), Err(KeyError::Damaged(_))));
}

#[test]
fn a_destroyed_key_opens_nothing_and_its_past_takes_no_more_entries() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ring(folder.path(), PeriodLength::Month);
    let (old, new) = (
        seal(&keys, "2025-10-05").unwrap(),
        seal(&keys, "2025-12-05").unwrap(),
    );
    let wrapped = std::fs::read(folder.path().join(file(1))).unwrap();
    let destroyed = keys
        .destroy(&Stream::Administration, at("2025-11-15"), at("2026-11-15"))
        .unwrap();
    assert_eq!(
        destroyed.iter().map(|key| key.number).collect::<Vec<_>>(),
        [1]
    );
    for ring in [keys, ring(folder.path(), PeriodLength::Month)] {
        assert!(
            matches!(ring.open(&old).unwrap(), OpenedKeyring::Forgotten(clear) if clear.at == at("2025-10-05"))
        );
        assert_eq!(
            ring.open(&new).unwrap(),
            OpenedKeyring::Event(event("2025-12-05"))
        );
        assert!(matches!(
            seal(&ring, "2025-10-09"),
            Err(KeyError::Closed { .. })
        ));
        assert!(matches!(
            seal(&ring, "2025-09-09"),
            Err(KeyError::Closed { .. })
        ));
        seal(&ring, "2025-11-09").unwrap();
    }
    assert_ne!(std::fs::read(folder.path().join(file(1))).unwrap(), wrapped);
}

#[test]
fn a_key_file_of_another_name_or_purpose_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sealed = seal(&ring(folder.path(), PeriodLength::Month), "2026-11-01").unwrap();
    let path = folder.path().join(file(1));
    let text = std::fs::read_to_string(&path).unwrap();
    // A key file that names another period would be destroyed at another date.
    std::fs::write(&path, text.replace("2026-11", "2036-11")).unwrap();
    let reader = Keyring::reading(Disk::new(folder.path()), Some(master()));
    assert!(matches!(reader.open(&sealed), Err(KeyError::Damaged(_))));
    std::fs::rename(&path, folder.path().join(file(2))).unwrap();
    assert!(matches!(reader.open(&sealed), Err(KeyError::Damaged(_))));
}
