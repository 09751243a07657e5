//! The index over real files, against a plain model that keeps everything in lists.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use digue_exposure::{CountBound, Index, IndexView, Opening, ScopeQuestion, SegmentSizes};
use digue_journal::Committed;
use digue_journal::tree::Hash;
use digue_testkit::events::shown;
use digue_types::{
    AccountId, Event, Exposure, Inspection, Means, OrganisationId, Outcome, PersonRef, PortalId,
    RouteName, SessionId, ShownPersons, Timestamp,
};
use proptest::prelude::*;

/// Small enough that a few hundred rows become several segments that are merged.
const SMALL: SegmentSizes = SegmentSizes {
    chunk_rows: 8,
    flush_rows: 32,
    merge_count: 2,
    segment_rows_max: 200,
    waiting_rows_max: 4096,
};

const ROOT: Hash = [7; 32];

fn known_root(_: u64) -> Option<Hash> {
    Some(ROOT)
}

fn open(folder: &Path) -> (Index, Opening) {
    let (mut index, opening) = Index::open(folder, &known_root, SMALL).unwrap();
    index.note_checkpoint(0, ROOT);
    (index, opening)
}

/// A response that shows `persons` to `account`, `hours` after the beginning of the test's time.
fn response(account: u32, persons: &[u32], minutes: u32) -> Exposure {
    let Event::Exposure(mut exposure) = shown(0, &format!("a{account}"), "P") else {
        unreachable!("an exposure")
    };
    exposure.at = Timestamp::from_secs(1_763_000_000 + i64::from(minutes) * 60);
    exposure.organisation = OrganisationId::parse(&format!("of-{}", account / 3)).unwrap();
    exposure.session = SessionId::parse(&format!("s{}", minutes % 5)).unwrap();
    exposure.client.ip = format!("192.0.2.{}", minutes % 7);
    exposure.route = RouteName::parse(if minutes.is_multiple_of(2) {
        "fiche"
    } else {
        "liste"
    })
    .unwrap();
    let persons: BTreeSet<u32> = persons.iter().copied().collect();
    let persons: Vec<PersonRef> = persons
        .iter()
        .map(|person| PersonRef::parse(&format!("P{person}")).unwrap())
        .collect();
    exposure.persons_found = persons.len() as u32;
    exposure.shown = match persons.is_empty() {
        true => Vec::new(),
        false => vec![ShownPersons {
            basis: exposure.shown[0].basis,
            means: Means::Described,
            persons,
        }],
    };
    *exposure
}

fn committed(index: u64, exposure: &Exposure) -> Committed {
    Committed {
        index,
        event: Event::Exposure(Box::new(exposure.clone())),
    }
}

fn account(number: u32) -> AccountId {
    AccountId::parse(&format!("a{number}")).unwrap()
}

/// The model's answer: persons with the entries that show them.
fn model(all: &[Exposure], takes: impl Fn(&Exposure) -> bool) -> BTreeMap<PersonRef, Vec<u64>> {
    let mut persons: BTreeMap<PersonRef, Vec<u64>> = BTreeMap::new();
    for (entry, exposure) in all
        .iter()
        .enumerate()
        .filter(|(_, exposure)| takes(exposure))
    {
        for person in exposure.persons() {
            persons
                .entry(person.clone())
                .or_default()
                .push(entry as u64);
        }
    }
    persons
}

#[track_caller]
fn check(view: &IndexView, question: &ScopeQuestion, expected: &BTreeMap<PersonRef, Vec<u64>>) {
    let answer = view.answer(question, &mut |_| {}).unwrap();
    let found: BTreeMap<PersonRef, Vec<u64>> = answer
        .persons
        .iter()
        .map(|one| (one.person.clone(), one.entries.clone()))
        .collect();
    assert_eq!(&found, expected, "{question:?}");
    assert_eq!(
        view.count(question).unwrap(),
        expected.len(),
        "{question:?}"
    );
}

fn ask_everything(view: &IndexView, all: &[Exposure]) {
    check(view, &ScopeQuestion::default(), &model(all, |_| true));
    for number in 0..7 {
        let question = ScopeQuestion {
            accounts: vec![account(number)],
            ..ScopeQuestion::default()
        };
        check(
            view,
            &question,
            &model(all, |e| e.account == account(number)),
        );
    }
    let hour = |hours: i64| Timestamp::from_secs(1_763_000_000 + hours * 3600);
    for (from, to) in [(0, 3), (1, 2), (2, 50), (60, 70)] {
        let (from, to) = (hour(from), hour(to));
        let question = ScopeQuestion {
            from: Some(from),
            to: Some(to),
            ..ScopeQuestion::default()
        };
        check(view, &question, &model(all, |e| e.at >= from && e.at < to));
        let accounts = vec![account(1), account(4)];
        let question = ScopeQuestion {
            accounts,
            ..question
        };
        let of = |e: &Exposure| e.account == account(1) || e.account == account(4);
        check(
            view,
            &question,
            &model(all, |e| of(e) && e.at >= from && e.at < to),
        );
    }
    let organisation = OrganisationId::parse("of-1").unwrap();
    let question = ScopeQuestion {
        organisations: vec![organisation.clone()],
        ..ScopeQuestion::default()
    };
    check(
        view,
        &question,
        &model(all, |e| e.organisation == organisation),
    );
    let route = RouteName::parse("liste").unwrap();
    let question = ScopeQuestion {
        routes: vec![route.clone()],
        ..ScopeQuestion::default()
    };
    check(view, &question, &model(all, |e| e.route == route));
    let session = SessionId::parse("s3").unwrap();
    let question = ScopeQuestion {
        sessions: vec![session.clone()],
        ..ScopeQuestion::default()
    };
    check(view, &question, &model(all, |e| e.session == session));
    let question = ScopeQuestion {
        networks: vec!["192.0.2.4/31".parse().unwrap()],
        ..ScopeQuestion::default()
    };
    check(
        view,
        &question,
        &model(all, |e| {
            e.client.ip == "192.0.2.4" || e.client.ip == "192.0.2.5"
        }),
    );
    let portal = PortalId::parse("portail").unwrap();
    assert!(all.iter().all(|e| e.portal == portal));
    for (from, to) in [(0, 3), (1, 2), (60, 70)].map(|(from, to)| (hour(from), hour(to))) {
        let of = |e: &&Exposure| e.at >= from && e.at <= to && e.persons().next().is_some();
        let expected: BTreeSet<OrganisationId> = all
            .iter()
            .filter(of)
            .map(|e| e.organisation.clone())
            .collect();
        assert_eq!(
            view.recipients(&portal, from, to).unwrap(),
            expected,
            "{from} {to}"
        );
        let categories = all.iter().filter(of).flat_map(|e| &e.categories);
        let categories: BTreeSet<String> = categories.map(ToString::to_string).collect();
        assert_eq!(
            view.shown_categories(&portal, from, to).unwrap(),
            categories,
            "{from} {to}"
        );
        let other = PortalId::parse("autre").unwrap();
        assert!(view.recipients(&other, from, to).unwrap().is_empty());
        assert!(view.shown_categories(&other, from, to).unwrap().is_empty());
    }
    let half = all.len() as u64 / 2;
    let question = ScopeQuestion {
        before_entry: Some(half),
        ..ScopeQuestion::default()
    };
    check(view, &question, &model(&all[..half as usize], |_| true));
    for person in 0..10 {
        let person = PersonRef::parse(&format!("P{person}")).unwrap();
        let entries: Vec<u64> = view
            .of_person(&person)
            .unwrap()
            .iter()
            .rev()
            .map(|sight| sight.entry)
            .collect();
        assert_eq!(
            entries,
            model(all, |_| true).remove(&person).unwrap_or_default()
        );
    }
    for number in 0..7 {
        let seen = view.of_account(&account(number), 5).unwrap();
        let newest = all
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, e)| e.account == account(number))
            .take(5);
        let expected: Vec<(u64, u32)> = newest
            .map(|(entry, e)| (entry as u64, e.persons().count() as u32))
            .collect();
        assert_eq!(
            seen.iter().map(|s| (s.entry, s.shown)).collect::<Vec<_>>(),
            expected
        );
    }
}

fn responses() -> impl Strategy<Value = Vec<Exposure>> {
    let one = (
        0u32..7,
        proptest::collection::vec(0u32..60, 0..8),
        0u32..600,
    );
    proptest::collection::vec(one, 1..250).prop_map(|all| {
        all.iter()
            .map(|(account, persons, minutes)| response(*account, persons, *minutes))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn answers_as_the_model_in_memory_on_disk_and_after_a_restart(all in responses(), cut in 0usize..250) {
        let mut memory = Index::new();
        all.iter().zip(0..).for_each(|(exposure, entry)| memory.add(&committed(entry, exposure)));
        ask_everything(&memory.view(), &all);
        let folder = tempfile::tempdir().unwrap();
        let (mut index, _) = open(folder.path());
        let cut = cut.min(all.len());
        all[..cut].iter().zip(0..).for_each(|(exposure, entry)| index.add(&committed(entry, exposure)));
        index.close();
        drop(index);
        let (mut index, opening) = open(folder.path());
        prop_assert_eq!(opening, Opening { size: cut as u64, rebuilt: None });
        all[cut..].iter().zip(cut as u64..).for_each(|(exposure, entry)| index.add(&committed(entry, exposure)));
        ask_everything(&index.view(), &all);
        index.close();
        ask_everything(&open(folder.path()).0.view(), &all);
    }
}

/// An index of 2,000 rows on disk.
fn written() -> (tempfile::TempDir, Vec<Exposure>) {
    let folder = tempfile::tempdir().unwrap();
    let (mut index, _) = open(folder.path());
    let all: Vec<Exposure> = (0..500)
        .map(|n| response(n % 7, &[n, n + 1, n + 2, n % 9], n))
        .collect();
    all.iter()
        .zip(0..)
        .for_each(|(exposure, entry)| index.add(&committed(entry, exposure)));
    index.close();
    (folder, all)
}

#[test]
fn segments_are_put_together_and_strangers_removed() {
    let (folder, all) = written();
    std::fs::write(folder.path().join("segments/99999999"), "left by a crash").unwrap();
    let (index, _) = open(folder.path());
    let (rows, segments, _) = index.view().extent();
    assert_eq!(
        rows,
        all.iter().map(|e| e.persons().count() as u64).sum::<u64>()
    );
    assert!(segments < 20, "{segments}");
    assert_eq!(
        std::fs::read_dir(folder.path().join("segments"))
            .unwrap()
            .count(),
        segments
    );
}

#[test]
fn a_damaged_index_is_found_and_made_again() {
    let (folder, all) = written();
    let mut files: Vec<_> = std::fs::read_dir(folder.path().join("segments"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.extend(["manifest", "persons"].map(|name| folder.path().join(name)));
    for path in files {
        let sound = std::fs::read(&path).unwrap();
        // The high bit makes text that is not UTF-8.
        let places = [0, 5, sound.len() / 2, sound.len() - 3];
        for (place, bit) in places
            .into_iter()
            .flat_map(|place| [(place, 1), (place, 0x80)])
        {
            let mut bytes = sound.clone();
            bytes[place] ^= bit;
            std::fs::write(&path, &bytes).unwrap();
            let (index, opening) = Index::open_reading(folder.path(), &known_root).unwrap();
            // Either it does not open, or a question that reads the damaged part finds it.
            let everything = ScopeQuestion::default();
            let answer = index.view().answer(&everything, &mut |_| {});
            let hours = index.view().count(&everything);
            let persons = (0..510).map(|n| PersonRef::parse(&format!("P{n}")).unwrap());
            let sights: Result<Vec<_>, _> = persons
                .map(|person| index.view().of_person(&person))
                .collect();
            let is_found =
                opening.rebuilt.is_some() || answer.is_err() || hours.is_err() || sights.is_err();
            assert!(is_found, "{} at {place}", path.display());
        }
        std::fs::write(&path, &sound[..sound.len() / 2]).unwrap();
        assert!(
            Index::open_reading(folder.path(), &known_root)
                .unwrap()
                .1
                .rebuilt
                .is_some()
        );
        std::fs::write(&path, &sound).unwrap();
    }
    std::fs::remove_file(folder.path().join("manifest")).unwrap();
    let (mut index, opening) = open(folder.path());
    assert_eq!(opening.size, 0);
    all.iter()
        .zip(0..)
        .for_each(|(exposure, entry)| index.add(&committed(entry, exposure)));
    ask_everything(&index.view(), &all);
}

#[test]
fn an_index_of_another_journal_is_not_believed() {
    let (folder, _) = written();
    let (index, opening) = Index::open_reading(folder.path(), &|_| Some([8; 32])).unwrap();
    assert!(opening.rebuilt.is_some() && index.size() == 0);
    assert!(
        Index::open_reading(folder.path(), &|_| None)
            .unwrap()
            .1
            .rebuilt
            .is_some()
    );
}

#[test]
fn a_reader_beside_the_writer_changes_no_file() {
    let (folder, all) = written();
    let files = || {
        std::fs::read_dir(folder.path().join("segments"))
            .unwrap()
            .count()
    };
    let before = files();
    let (mut reader, opening) = Index::open_reading(folder.path(), &known_root).unwrap();
    assert_eq!(opening.size, 500);
    let late = response(3, &[1, 2, 999], 9000);
    (500..600).for_each(|entry| reader.add(&committed(entry, &late)));
    let mut all = all;
    all.extend(std::iter::repeat_n(late, 100));
    ask_everything(&reader.view(), &all);
    reader.close();
    assert_eq!(files(), before);
}

#[test]
fn an_answer_says_on_which_side_the_truth_may_lie() {
    let bound = |change: &dyn Fn(&mut Exposure)| {
        let mut index = Index::new();
        index.add(&committed(0, &response(1, &[1, 2], 5)));
        let mut other = response(1, &[], 6);
        change(&mut other);
        index.add(&committed(1, &other));
        let answer = index
            .view()
            .answer(&ScopeQuestion::default(), &mut |_| {})
            .unwrap();
        (answer.quality.bound(), answer.persons.len())
    };
    assert_eq!(bound(&|_| {}), (CountBound::Exact, 2));
    assert_eq!(
        bound(&|e| e.inspection = Inspection::TooLarge),
        (CountBound::Lower, 2)
    );
    let refused =
        |e: &mut Exposure| (e.inspection, e.outcome) = (Inspection::TooLarge, Outcome::Refused);
    assert_eq!(bound(&refused), (CountBound::Exact, 2));
    assert_eq!(
        bound(&|e| e.inspection = Inspection::RequestOnly),
        (CountBound::Lower, 2)
    );
    let named = |e: &mut Exposure| {
        e.inspection = Inspection::Imported;
        e.shown = response(1, &[3], 6).shown;
    };
    // Nobody saw that response: it may have shown others, or nobody.
    assert_eq!(bound(&named), (CountBound::Estimate, 3));
}

/// An answer is exact only when every response was fully read and every person stood where the map
/// describes persons, in whatever order responses come and however they are stored.
#[test]
fn exact_is_said_of_nothing_that_leaves_a_doubt() {
    for (inspection, means, persons) in ways_of_reading() {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, _) = open(folder.path());
        index.add(&committed(0, &response(1, &[1, 2], 5)));
        let mut other = response(1, persons, 6);
        other.inspection = inspection;
        other.shown.iter_mut().for_each(|group| group.means = means);
        index.add(&committed(1, &other));
        index.close();
        let (index, _) = open(folder.path());
        let answer = index
            .view()
            .answer(&ScopeQuestion::default(), &mut |_| {})
            .unwrap();
        let is_unseen = matches!(inspection, Inspection::RequestOnly | Inspection::Imported);
        let is_whole = !inspection.is_uninspected() && !is_unseen;
        let is_pattern = !persons.is_empty() && matches!(means, Means::Sweep | Means::Header);
        let case = format!("{inspection:?} {means:?} {persons:?}: {:?}", answer.quality);
        assert_eq!(
            answer.quality.bound() == CountBound::Exact,
            is_whole && !is_pattern,
            "{case}"
        );
        if inspection.is_uninspected() {
            assert_eq!(
                (answer.quality.bound(), answer.quality.uninspected),
                (CountBound::Lower, 1),
                "{case}"
            );
        }
        let doubtful: Vec<&str> = answer
            .persons
            .iter()
            .filter(|one| !one.is_certain)
            .map(|one| one.person.as_str())
            .collect();
        // P2 was seen for certain in the first response.
        let is_doubtful = persons.contains(&3) && (is_pattern || is_unseen);
        assert_eq!(
            doubtful,
            if is_doubtful { vec!["P3"] } else { vec![] },
            "{case}"
        );
    }
}

/// Every way in which a response can have been read, with every means, with and without persons.
fn ways_of_reading() -> Vec<(Inspection, Means, &'static [u32])> {
    let mut all = Vec::new();
    for inspection in Inspection::ALL {
        for means in Means::ALL {
            for persons in [&[][..], &[3][..], &[2, 3][..]] {
                all.push((*inspection, *means, persons));
            }
        }
    }
    all
}

#[test]
fn counters_go_exactly_as_far_as_the_index() {
    let (folder, all) = written();
    let portal = all[0].portal.clone();
    let (mut index, _) = open(folder.path());
    assert_eq!(index.coverage(&portal).inspected, 500);
    index.add(&committed(500, &all[0]));
    assert_eq!(index.coverage(&portal).inspected, 501);
    index.skip_to(700);
    assert_eq!(index.size(), 700);
    // Not closed: entries since the last flush are added again from the journal.
    drop(index);
    let (index, opening) = open(folder.path());
    assert_eq!(
        (opening.size, index.coverage(&portal).inspected),
        (500, 500)
    );
}
