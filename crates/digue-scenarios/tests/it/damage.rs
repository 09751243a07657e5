//! A kept table that was damaged is not an empty one: until a second person has agreed to a whole
//! table, no load that one person alone makes opens anything that was not open before.

use std::collections::BTreeSet;
use std::time::Duration;

use digue_access::Role;
use digue_administration::additions::{self, NewAddition};
use digue_administration::approvals::ApprovalRequest;
use digue_administration::loads::{LoadMode, LoadOutcome, LoadTarget};
use digue_administration::{approvals, decisions, tables};
use digue_app::alias_tables::AliasTable;
use digue_app::kept_files::UnfinishedFile;
use digue_app::{Actor, OperationError};
use digue_evidence::reading::EvidenceForm;
use digue_evidence::watch;
use digue_gateway::ports::Aliases as _;
use digue_sources::brake::Brake;
use digue_sources::origin::SourceOrigin;
use digue_sources::overview::{self, SourceView};
use digue_sources::{SourceRules, reading};
use digue_types::{AccountId, Act, OrganisationId, PersonKey, PersonRef, Timestamp};

use crate::app::{Home, Plan};
use crate::approvals::{again, somebody};
use crate::loads::{aliases, caseload, population, portal_id, sees, start};

const REPLACE: LoadMode = LoadMode::Replace {
    confirms_loss: true,
};

/// More than any file here has: the bound of the feed stops nothing.
const BOUND: u32 = 1000;

fn classes() -> LoadTarget {
    LoadTarget::Classes(population())
}

/// What happens to the folder, or to the store beside it.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Only so many bytes are left.
    Truncated(usize),
    /// One bit of the byte at this place.
    Flipped(usize),
    /// Text of the right form, which nobody loaded.
    Planted,
    Missing,
    /// Something else is at its place.
    Unreadable,
    /// The store has lost what it knew of the file, which was planted besides.
    Unrecorded,
    /// The store has lost what it knew, and the folder is empty.
    Gone,
}

impl Damage {
    const ALL: [Self; 9] = [
        Self::Truncated(0),
        Self::Truncated(20),
        Self::Flipped(0),
        Self::Flipped(25),
        Self::Planted,
        Self::Missing,
        Self::Unreadable,
        Self::Unrecorded,
        Self::Gone,
    ];

    const fn cause(self) -> &'static str {
        match self {
            Self::Truncated(_) | Self::Flipped(_) | Self::Planted => "changed",
            Self::Missing | Self::Gone => "missing",
            Self::Unreadable => "unreadable",
            Self::Unrecorded => "unrecorded",
        }
    }

    fn strike(self, home: &Home, case: &Case) {
        let path = &home.folder().join(case.path);
        let planted = &case.next;
        let name = case.target.name();
        let forget = format!("DELETE FROM file_digests WHERE file = '{name}'");
        let mut bytes = std::fs::read(path).unwrap();
        match self {
            Self::Truncated(left) => {
                bytes.truncate(left);
                std::fs::write(path, bytes).unwrap();
            }
            Self::Flipped(place) => {
                bytes[place] ^= 1;
                std::fs::write(path, bytes).unwrap();
            }
            Self::Planted => std::fs::write(path, planted).unwrap(),
            Self::Missing => std::fs::remove_file(path).unwrap(),
            Self::Unreadable => {
                std::fs::remove_file(path).unwrap();
                std::fs::create_dir(path).unwrap();
            }
            Self::Unrecorded => {
                home.change_beside(&forget);
                std::fs::write(path, planted).unwrap();
            }
            Self::Gone => {
                home.change_beside(&forget);
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

/// One table: what was loaded by two, and what one person would load after the damage. Each of the
/// second opens something that was closed.
struct Case {
    target: LoadTarget,
    path: &'static str,
    loaded: String,
    next: String,
}

fn cases() -> [Case; 3] {
    let rows = |header: &str, range: std::ops::Range<u32>, row: &dyn Fn(u32) -> String| {
        range.fold(format!("{header}\n"), |text, number| {
            text + &row(number) + "\n"
        })
    };
    [
        Case {
            target: classes(),
            path: "classes/personnes.csv",
            loaded: rows("class,person", 0..20, &|n| format!("archived,P{n}")),
            // Half of the archive would be free.
            next: rows("class,person", 10..20, &|n| format!("archived,P{n}")),
        },
        Case {
            target: caseload(),
            path: "caseloads/personnes.csv",
            loaded: rows("account,person", 0..10, &|n| format!("a1,P{n}")),
            next: rows("account,person", 0..20, &|n| format!("a1,P{n}")),
        },
        Case {
            target: aliases(),
            path: "aliases/portail.csv",
            loaded: rows("kind,identifier,person", 0..10, &|n| {
                format!("mail,m{n}@x.fr,P{n}")
            }),
            // Each address would be that of another person.
            next: rows("kind,identifier,person", 0..10, &|n| {
                format!("mail,m{n}@x.fr,P{}", n + 10)
            }),
        },
    ]
}

/// What is open, in words: a person of no class, a relation, an address that counts as a person.
fn open(home: &Home, target: &LoadTarget) -> BTreeSet<String> {
    let rules = home.app.gateway().rules();
    let persons = (0..20).map(|number| format!("P{number}"));
    match target {
        LoadTarget::Classes(of) => persons
            .filter(|person| {
                // Where classes are not known, the rule of the strictest holds for everybody.
                let key = PersonKey::new(of, person);
                let table = rules.classes.get(of);
                table.is_some_and(|table| table.of(key).next().is_none())
            })
            .collect(),
        LoadTarget::Caseload(_) => persons
            .filter(|person| sees(home, "a1", "of-1", person))
            .collect(),
        LoadTarget::Aliases(portal) => (0..20)
            .filter_map(|number| {
                let mail = format!("m{number}@x.fr");
                let person = home.app.aliases().resolve(portal, "mail", &mail)?;
                Some(format!("{mail} {person}"))
            })
            .collect(),
    }
}

async fn load(home: &Home, actor: &Actor, target: &LoadTarget, csv: &str) -> LoadOutcome {
    let csv = csv.as_bytes().to_vec();
    tables::load(&home.app, actor, target, csv, REPLACE)
        .await
        .unwrap()
}

/// As after a start: nothing is in memory, and the stored files are read.
async fn restart(home: &Home) {
    let mut rules = home.app.rules().await;
    rules.classes.clear();
    rules.caseloads.clear();
    home.app.publish(&rules);
    drop(rules);
    // Where none was loaded there is none to be lost.
    if home.app.aliases().in_force(&portal_id()).is_some() {
        home.app.aliases().set(portal_id(), AliasTable::new());
    }
    tables::load_kept(&home.app).await.unwrap();
}

async fn home() -> (Home, Actor, Actor) {
    home_with(Vec::new()).await
}

/// A home on disk, the program of a feed, and a second person.
async fn home_with(sources: Vec<SourceRules>) -> (Home, Actor, Actor) {
    let home = Home::with(Plan {
        on_disk: true,
        sources,
        ..Plan::default()
    })
    .await;
    start(&home);
    let dpo = somebody(&home, "dpo", "of-2", Role::Dpo).await;
    let feed = somebody(&home, "flux", "op", Role::PortalTeam).await;
    for target in [classes(), caseload(), aliases()] {
        home.store
            .set_feed(&feed.account, &target.name(), BOUND)
            .await
            .unwrap();
    }
    let feed = Actor {
        proved_at: Timestamp::ZERO,
        ..feed
    };
    (home, feed, dpo)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_damage_nobody_opens_alone_what_was_closed() {
    for damage in Damage::ALL {
        for is_restarted in [true, false] {
            let (home, feed, dpo) = home().await;
            for case in cases() {
                let name = format!("{damage:?} {} restarted:{is_restarted}", case.path);
                load(&home, &Actor::digue(), &case.target, &case.loaded).await;
                let before = open(&home, &case.target);
                damage.strike(&home, &case);
                if is_restarted {
                    restart(&home).await;
                }
                let loaded = load(&home, &feed, &case.target, &case.next).await;
                let cause = loaded.unknown.map(|cause| cause.code());
                assert_eq!(cause, Some(damage.cause()), "{name}");
                let alone = open(&home, &case.target);
                assert!(alone.is_subset(&before), "{name}: {alone:?} {before:?}");
                // The next start makes nothing else of it.
                restart(&home).await;
                let alone = open(&home, &case.target);
                assert!(alone.is_subset(&before), "{name}: {alone:?} {before:?}");

                // A second person reads why, and decides.
                let (id, growth) = loaded.waiting.unwrap();
                let waiting = approvals::list(&home.app, &dpo).await.unwrap();
                let asked = waiting.iter().find(|one| one.record.id == id).unwrap();
                let Ok(ApprovalRequest::Load(asked)) = ApprovalRequest::of(&asked.record) else {
                    panic!("{name}");
                };
                assert_eq!(asked.unknown.map(|cause| cause.code()), cause, "{name}");
                let rows = case.next.lines().count() - 1;
                assert_eq!(growth.rows, rows as u64, "{name}");
                if matches!(damage, Damage::Unreadable) {
                    std::fs::remove_dir(home.folder().join(case.path)).unwrap();
                }
                decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
                assert!(!open(&home, &case.target).is_subset(&before), "{name}");
                // What is in force is known again, also after the next start.
                restart(&home).await;
                let same = load(&home, &feed, &case.target, &case.next).await;
                assert_eq!((same.unknown, same.waiting), (None, None), "{name}");
                assert_eq!(same.rows, rows, "{name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_a_second_person_is_not_agreed_to_after_damage_or_repair() {
    for case in cases() {
        let (home, feed, dpo) = home().await;
        // Without a bound: the rows that open wait.
        home.store
            .set_feed(&feed.account, &case.target.name(), 0)
            .await
            .unwrap();
        load(&home, &Actor::digue(), &case.target, &case.loaded).await;
        let (id, _) = load(&home, &feed, &case.target, &case.next)
            .await
            .waiting
            .unwrap();
        let path = home.folder().join(case.path);
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, "damaged").unwrap();
        restart(&home).await;
        let closed = open(&home, &case.target);
        let late = decisions::decide(&home.app, &dpo, &id, true).await;
        assert!(matches!(late, Err(OperationError::Invalid(_))), "{late:?}");
        let whole = load(&home, &feed, &case.target, &case.next).await;
        let (id, _) = whole.waiting.unwrap();
        // The file is put back: what the load takes away is known, and is another question.
        std::fs::write(&path, good).unwrap();
        let late = decisions::decide(&home.app, &dpo, &id, true).await;
        assert!(matches!(late, Err(OperationError::Invalid(_))), "{late:?}");
        assert_eq!(open(&home, &case.target), closed);
        let again = load(&home, &feed, &case.target, &case.next).await;
        assert_eq!(again.unknown, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_installation_begins_with_the_file_that_is_there_and_a_load_does_not() {
    let (home, feed, _) = home().await;
    let folder = home.folder().join("classes");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("personnes.csv");
    std::fs::write(&path, "class,person\narchived,P1\n").unwrap();
    // Put there while Digue runs, it is nobody's table: what a load takes from it is not known.
    let loaded = load(&home, &feed, &classes(), "class,person\narchived,P2\n").await;
    let cause = loaded.unknown.map(|cause| cause.code());
    assert_eq!(cause, Some("unrecorded"));
    restart(&home).await;
    assert!(!open(&home, &classes()).contains("P1"));
    assert!(home.app.files_not_taken().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_new_while_it_is_not_known_who_is_there() {
    let created = NewAddition {
        population: population(),
        account: AccountId::parse("a1").unwrap(),
        organisation: OrganisationId::parse("of-1").unwrap(),
        person: PersonRef::parse("P3").unwrap(),
        until: None,
    };
    for (target, path, csv) in [
        (
            caseload(),
            "caseloads/personnes.csv",
            "account,person\na2,P3\n",
        ),
        (
            classes(),
            "classes/personnes.csv",
            "class,person\narchived,P3\n",
        ),
    ] {
        let (home, ..) = home().await;
        somebody(&home, "a1", "of-1", Role::Agent).await;
        load(&home, &Actor::digue(), &target, csv).await;
        let add = async || additions::add_created(&home.app, &created).await;
        assert!(matches!(add().await, Err(OperationError::Conflict)));
        std::fs::remove_file(home.folder().join(path)).unwrap();
        restart(&home).await;
        let refused = add().await;
        assert!(
            matches!(refused, Err(OperationError::Invalid(_))),
            "{refused:?}"
        );
        assert!(home.app.gateway().rules().additions.is_empty());
    }
}

async fn view(home: &Home, actor: &Actor) -> SourceView {
    overview::list(&home.app, actor).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_asks_once_for_the_whole_table_and_goes_on_after_the_decision() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source.csv");
    for case in cases() {
        let source = SourceRules {
            name: "source".to_owned(),
            target: case.target.clone().into(),
            origin: SourceOrigin::File(path.clone()),
            look_up: None,
            account: AccountId::parse("flux").unwrap(),
            every: Duration::from_mins(5),
            late_after: Duration::from_mins(15),
            brake: Brake::default(),
        };
        let (home, _, dpo) = home_with(vec![source]).await;
        load(&home, &Actor::digue(), &case.target, &case.loaded).await;
        let before = open(&home, &case.target);
        std::fs::write(home.folder().join(case.path), "").unwrap();
        restart(&home).await;
        // The source has other rows each time, and loses some: no brake can judge that.
        for left in (1..=4).rev() {
            let rows: Vec<&str> = case.next.lines().take(left * 2).collect();
            std::fs::write(&path, rows.join("\n")).unwrap();
            reading::read_due(&home.app).await.unwrap();
            home.clock.pass(Duration::from_mins(5));
            let fault = view(&home, &dpo).await.fault.map(|(key, _)| key);
            assert_eq!(fault.as_deref(), Some("source-fault-unknown"));
        }
        assert!(open(&home, &case.target).is_subset(&before));
        let asked = home.store.approvals().await.unwrap();
        assert_eq!(asked.len(), 1, "one question, however often it is read");
        let dpo = again(&home, &dpo);
        decisions::decide(&home.app, &dpo, &asked[0].id, true)
            .await
            .unwrap();
        reading::read_due(&home.app).await.unwrap();
        let fault = view(&home, &dpo).await.fault.map(|(key, _)| key);
        assert_ne!(fault.as_deref(), Some("source-fault-unknown"));
        let said = home.acts();
        let said = said.iter().filter(|(act, _)| *act == Act::FileNotTaken);
        assert_eq!(said.count(), 1);
    }
}

#[tokio::test]
async fn who_was_seen_is_not_said_without_the_table_of_other_identifiers() {
    let (home, _, dpo) = home().await;
    let person = PersonRef::parse("P1").unwrap();
    let asked = async || watch::person(&home.app, &dpo, &person, EvidenceForm::Shown).await;
    assert!(asked().await.is_ok(), "no table was ever loaded");
    home.app
        .note_not_taken(&aliases().name(), UnfinishedFile::Missing)
        .await
        .unwrap();
    assert!(matches!(
        asked().await,
        Err(OperationError::Invalid("invalid-aliases-unread"))
    ));
    assert!(matches!(
        watch::knows_person(&home.app, &dpo, &person).await,
        Err(OperationError::Invalid("invalid-aliases-unread"))
    ));
}
