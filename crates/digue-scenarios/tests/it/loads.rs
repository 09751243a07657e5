//! Promise 32: by caseload files and alias tables nobody widens alone, and no load is lost.

use std::time::Duration;

use digue_access::Role;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::decisions;
use digue_administration::loads::{LoadMode, LoadOutcome, LoadTarget};
use digue_administration::tables;
use digue_app::{Actor, OperationError};
use digue_gateway::ports::Aliases as _;
use digue_gateway::{Hosts, Portal};
use digue_identifiers::{IdentifierKind, Normalise};
use digue_types::{AccountId, Act, OrganisationId, PersonKey, PopulationId, PortalId, Timestamp};

use crate::app::{CONSOLE_HOST, Home};
use crate::approvals::somebody;

const REPLACE: LoadMode = LoadMode::Replace {
    confirms_loss: false,
};

pub(crate) fn population() -> PopulationId {
    PopulationId::parse("personnes").unwrap()
}

pub(crate) fn caseload() -> LoadTarget {
    LoadTarget::Caseload(population())
}

pub(crate) fn aliases() -> LoadTarget {
    LoadTarget::Aliases(portal_id())
}

pub(crate) fn portal_id() -> PortalId {
    PortalId::parse("portail").unwrap()
}

/// A portal whose persons are written in capitals, and who have mail addresses besides.
fn portal() -> Portal {
    let mut portal = crate::portal("127.0.0.1:1".to_owned());
    portal.kinds = vec![
        IdentifierKind {
            name: "id".into(),
            steps: vec![Normalise::Trim, Normalise::Upper],
            shape: None,
        },
        IdentifierKind {
            name: "mail".into(),
            steps: vec![Normalise::Trim, Normalise::Lower],
            shape: None,
        },
    ];
    portal
}

async fn home() -> Home {
    let home = Home::open().await;
    start(&home);
    home
}

pub(crate) fn start(home: &Home) {
    home.app.gateway().set_hosts(
        Hosts::new(vec![portal()], vec![CONSOLE_HOST.to_owned()], []),
        &|_| {},
    );
}

async fn load(
    home: &Home,
    actor: &Actor,
    csv: &str,
    mode: LoadMode,
) -> Result<LoadOutcome, OperationError> {
    tables::load(&home.app, actor, &caseload(), csv.as_bytes().to_vec(), mode).await
}

/// True when the account sees the person now.
pub(crate) fn sees(home: &Home, account: &str, organisation: &str, person: &str) -> bool {
    let rules = home.app.gateway().rules();
    let (account, organisation) = (
        AccountId::parse(account).unwrap(),
        OrganisationId::parse(organisation).unwrap(),
    );
    let key = PersonKey::new(&population(), person);
    rules
        .caseloads
        .get(&population())
        .is_some_and(|all| all.find(&account, &organisation, key, home.now()).is_some())
}

fn program(actor: &Actor) -> Actor {
    Actor {
        proved_at: Timestamp::ZERO,
        ..actor.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_account_of_the_portal_team_gives_itself_nobody() {
    let home = home().await;
    let thief = somebody(&home, "equipe", "op", Role::PortalTeam).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    load(
        &home,
        &Actor::digue(),
        "account,person\na1,P1\na1,P2\n",
        REPLACE,
    )
    .await
    .unwrap();

    let asked = "account,person,until\na1,P1,\nequipe,P1,\nequipe,P3,2026-12-31\n";
    let loaded = load(&home, &thief, asked, REPLACE).await.unwrap();
    let (id, growth) = loaded.waiting.unwrap();
    assert_eq!(
        (growth.rows, growth.persons, growth.accounts, growth.endless),
        (2, 2, 1, 1)
    );
    // What it takes away is in force at once, what it gives is not.
    assert_eq!(loaded.rows, 1);
    assert!(sees(&home, "a1", "of-1", "P1") && !sees(&home, "a1", "of-1", "P2"));
    assert!(!sees(&home, "equipe", "op", "P1") && !sees(&home, "equipe", "op", "P3"));
    let refused = decisions::decide(&home.app, &thief, &id, true).await;
    assert!(
        matches!(refused, Err(OperationError::Denied)),
        "{refused:?}"
    );
    // Neither without a fresh proof, nor by adding, nor as a program, nor by an organisation of its
    // own.
    home.clock.pass(Duration::from_hours(1));
    let stale = load(&home, &thief, "account,person\nequipe,P4\n", LoadMode::Add).await;
    assert!(
        matches!(stale, Err(OperationError::ProofNeeded)),
        "{stale:?}"
    );
    let keyed = load(
        &home,
        &program(&thief),
        "organisation,person\nop,P4\n",
        LoadMode::Add,
    )
    .await
    .unwrap();
    assert!(keyed.waiting.is_some() && !sees(&home, "equipe", "op", "P4"));

    let dpo = Actor {
        proved_at: home.now(),
        ..dpo
    };
    decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
    assert!(sees(&home, "equipe", "op", "P3") && sees(&home, "a1", "of-1", "P1"));
    // The second person gives nothing to itself either.
    let id = keyed.waiting.unwrap().0;
    let own = decisions::decide(&home.app, &dpo, &id, true).await;
    assert!(matches!(own, Err(OperationError::SecondNeeded)), "{own:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_loads_at_once_are_all_in_force() {
    let home = home().await;
    load(&home, &Actor::digue(), "account,person\na1,P0\n", REPLACE)
        .await
        .unwrap();
    let loads = (1..=40).map(|number| {
        let app = &home.app;
        async move {
            let csv = format!("account,person\na1,P{number}\n").into_bytes();
            tables::load(app, &Actor::digue(), &caseload(), csv, LoadMode::Add)
                .await
                .unwrap()
        }
    });
    let mut versions: Vec<u64> = futures_util::future::join_all(loads)
        .await
        .into_iter()
        .filter_map(|loaded| loaded.version)
        .collect();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 40);
    assert!((0..=40).all(|number| sees(&home, "a1", "of-1", &format!("P{number}"))));
    // And after a restart.
    tables::load_kept(&home.app).await.unwrap();
    assert!((0..=40).all(|number| sees(&home, "a1", "of-1", &format!("P{number}"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn caseloads_are_read_as_people_write_them() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/caseloads");
    let mut count = 0;
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        let home = home().await;
        let csv = std::fs::read(&path).unwrap();
        let loaded = tables::load(&home.app, &Actor::digue(), &caseload(), csv, REPLACE).await;
        assert_eq!(
            loaded.map(|loaded| loaded.rows).ok(),
            Some(1),
            "{}",
            path.display()
        );
        assert!(sees(&home, "a1", "of-1", "P1"), "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 14);
    let home = home().await;
    load(&home, &Actor::digue(), "compte;personne\na1; p1\n", REPLACE)
        .await
        .unwrap();
    assert!(sees(&home, "a1", "of-1", "P1"), "in the form of the map");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_caseload_has_its_row_and_column() {
    let home = home().await;
    let text = "account;person;until\na1;P1;\na1;;\na1;P2;demain\na b;P3;\na1;P4;;x\n";
    let Err(OperationError::Faults(faults)) = load(&home, &Actor::digue(), text, REPLACE).await
    else {
        panic!()
    };
    let told: Vec<(usize, &str, &str)> = faults
        .iter()
        .map(|fault| {
            (
                fault.line,
                fault.column.as_deref().unwrap_or("-"),
                fault.key.as_str(),
            )
        })
        .collect();
    let expected = [
        (3, "person", "caseload-fault-person"),
        (4, "until", "caseload-fault-date"),
        (5, "account", "caseload-fault-holder"),
        (6, "4", "caseload-fault-row"),
    ];
    assert_eq!(told, expected);
    assert!(!sees(&home, "a1", "of-1", "P1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extraction_that_failed_empties_nothing() {
    let home = home().await;
    load(
        &home,
        &Actor::digue(),
        "account,person\na1,P1\na1,P2\na1,P3\na1,P4\n",
        REPLACE,
    )
    .await
    .unwrap();
    for csv in [
        "account,person\n",
        "account,person\na1,P1\n",
        "account,person\na1,P1\na1,P2\n",
        "account,person\n,\n",
    ] {
        let refused = load(&home, &Actor::digue(), csv, REPLACE).await;
        assert!(
            matches!(
                refused,
                Err(OperationError::Invalid("invalid-load-shrinks"))
            ),
            "{csv:?} {refused:?}"
        );
    }
    assert!(sees(&home, "a1", "of-1", "P4"));
    let meant = LoadMode::Replace {
        confirms_loss: true,
    };
    load(&home, &Actor::digue(), "account,person\n", meant)
        .await
        .unwrap();
    assert!(!sees(&home, "a1", "of-1", "P1"));
    let empty = b"kind,identifier,person\n".to_vec();
    let refused = tables::load(&home.app, &Actor::digue(), &aliases(), empty, REPLACE).await;
    assert!(matches!(
        refused,
        Err(OperationError::Invalid("invalid-load-shrinks"))
    ));
}

/// Whoever can write the folder and send a signal is one person, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_file_that_is_not_the_one_loaded_is_not_taken_and_is_said() {
    let home = home().await;
    load(&home, &Actor::digue(), "account,person\na1,P1\n", REPLACE)
        .await
        .unwrap();
    let path = home.folder().join("caseloads/personnes.csv");
    let good = std::fs::read(&path).unwrap();
    let causes = || -> Vec<String> {
        let files = home.app.files_not_taken();
        files
            .into_iter()
            .map(|(name, why)| format!("{name} {}", why.code()))
            .collect()
    };
    std::fs::write(&path, "account,person\na1,P1\nvoleur,P2\n").unwrap();
    tables::load_kept(&home.app).await.unwrap();
    assert!(sees(&home, "a1", "of-1", "P1") && !sees(&home, "voleur", "of-1", "P2"));
    assert_eq!(causes(), ["caseload:personnes changed"]);
    // To add to what is not known would lose it.
    let added = load(
        &home,
        &Actor::digue(),
        "account,person\na1,P5\n",
        LoadMode::Add,
    )
    .await;
    assert!(
        matches!(added, Err(OperationError::Invalid("invalid-caseload-kept"))),
        "{added:?}"
    );
    std::fs::remove_file(&path).unwrap();
    tables::load_kept(&home.app).await.unwrap();
    assert!(sees(&home, "a1", "of-1", "P1"), "the last good one");
    assert_eq!(causes(), ["caseload:personnes missing"]);
    std::fs::create_dir(&path).unwrap();
    tables::load_kept(&home.app).await.unwrap();
    assert_eq!(causes(), ["caseload:personnes unreadable"]);
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, good).unwrap();
    tables::load_kept(&home.app).await.unwrap();
    assert_eq!(causes(), [] as [&str; 0]);
    let said = home
        .acts()
        .into_iter()
        .filter(|(act, _)| *act == Act::FileNotTaken);
    assert_eq!(said.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_table_that_makes_many_one_waits() {
    let home = home().await;
    let team = somebody(&home, "equipe", "op", Role::PortalTeam).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let mut csv = "kind;identifier;person\n".to_owned();
    (0..300).for_each(|number| csv.push_str(&format!("mail;\"P{number}@X.fr\";p1\n")));
    let load = async |actor: &Actor, csv: &str, mode| {
        tables::load(&home.app, actor, &aliases(), csv.as_bytes().to_vec(), mode).await
    };
    let resolve = |mail: &str| {
        home.app
            .aliases()
            .resolve(&portal_id(), "mail", mail)
            .map(|person| person.as_str().to_owned())
    };
    let loaded = load(&team, &csv, REPLACE).await.unwrap();
    let (id, growth) = loaded.waiting.unwrap();
    assert_eq!(
        (loaded.rows, growth.rows, growth.persons, growth.merges),
        (0, 300, 1, 300)
    );
    assert_eq!(resolve("p7@x.fr"), None);
    decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
    assert_eq!(resolve("p7@x.fr"), Some("P1".to_owned()));
    // The same again is in force at once; another person for one of them is not.
    assert_eq!(load(&team, &csv, REPLACE).await.unwrap().waiting, None);
    let moved = load(&team, &csv.replace("\"P7@X.fr\";p1", "P7@X.fr;p2"), REPLACE)
        .await
        .unwrap();
    assert_eq!(moved.waiting.map(|(_, growth)| growth.merges), Some(1));
    assert_eq!(
        resolve("p7@x.fr"),
        None,
        "it lost its person, and waits for the other"
    );
    let Err(OperationError::Faults(faults)) = load(
        &team,
        "kind;identifier;person\nmail;x@x.fr;P1\nmail;x@x.fr;P2\nnir;1;P1\n",
        REPLACE,
    )
    .await
    else {
        panic!("a table with faults");
    };
    let told: Vec<(usize, &str)> = faults
        .iter()
        .map(|fault| (fault.line, fault.key.as_str()))
        .collect();
    assert_eq!(
        told,
        [(3, "alias-fault-two-persons"), (4, "alias-fault-kind")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_adds_its_bound_a_day_and_never_to_itself() {
    let home = home().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let team = somebody(&home, "flux", "op", Role::PortalTeam).await;
    somebody(&home, "double", "of-9", Role::Agent).await;
    home.with_address("flux", "Paul@exemple.fr").await;
    home.with_address("double", "paul@exemple.fr").await;
    let feed = program(&team);
    load(&home, &Actor::digue(), "account,person\na1,P0\n", REPLACE)
        .await
        .unwrap();
    let rows = |numbers: std::ops::Range<u32>| {
        let rows: Vec<String> = numbers.map(|number| format!("a1,P{number}\n")).collect();
        format!("account,person\n{}", rows.concat())
    };
    // Before two persons said so, a program adds nobody.
    assert!(
        load(&home, &feed, &rows(0..2), REPLACE)
            .await
            .unwrap()
            .waiting
            .is_some()
    );
    let target = LoadTarget::Caseload(population());
    let request = ApprovalRequest::AllowFeed {
        account: team.account.clone(),
        target,
        per_day: 10,
    };
    let id = approvals::ask(&home.app, &ciso, &request, "extraction de nuit")
        .await
        .unwrap();
    let own = decisions::decide(
        &home.app,
        &Actor {
            proved_at: home.now(),
            ..team.clone()
        },
        &id,
        true,
    )
    .await;
    assert!(own.is_err());
    decisions::decide(&home.app, &dpo, &id, true).await.unwrap();

    let night = load(&home, &feed, &rows(0..8), REPLACE).await.unwrap();
    assert_eq!((night.rows, night.waiting), (8, None));
    // Seven are spent: four more are too many, and none of them is in force.
    let more = load(&home, &feed, &rows(0..12), REPLACE).await.unwrap();
    assert_eq!(
        (more.rows, more.waiting.map(|(_, growth)| growth.rows)),
        (8, Some(4))
    );
    assert!(!sees(&home, "a1", "of-1", "P8"));
    home.clock.pass(Duration::from_hours(25));
    assert_eq!(
        load(&home, &feed, &rows(0..12), REPLACE)
            .await
            .unwrap()
            .waiting,
        None
    );
    // Within the bound, and for itself, its other account, its organisation: these wait alone.
    home.clock.pass(Duration::from_hours(25));
    let own = format!("{}flux,P1\ndouble,P1\n", rows(0..14));
    let loaded = load(&home, &feed, &own, REPLACE).await.unwrap();
    assert_eq!(loaded.waiting.map(|(_, growth)| growth.rows), Some(2));
    assert!(sees(&home, "a1", "of-1", "P13"));
    assert!(!sees(&home, "flux", "op", "P1") && !sees(&home, "double", "of-9", "P1"));
    let shared = load(&home, &feed, "organisation,person\nop,P1\n", LoadMode::Add)
        .await
        .unwrap();
    assert!(shared.waiting.is_some() && !sees(&home, "flux", "op", "P1"));
    // The person at the keyboard is no program: the bound is not theirs.
    let team = Actor {
        proved_at: home.now(),
        ..team
    };
    assert!(
        load(&home, &team, "account,person\na1,P77\n", LoadMode::Add)
            .await
            .unwrap()
            .waiting
            .is_some()
    );
}

/// What an organisation is given, each of its accounts is.
#[tokio::test(flavor = "multi_thread")]
async fn a_relation_of_an_organisation_counts_for_each_of_its_accounts() {
    let home = home().await;
    let team = somebody(&home, "equipe", "op", Role::PortalTeam).await;
    for number in 0..5 {
        somebody(&home, &format!("agent{number}"), "of-5", Role::Agent).await;
    }
    let loaded = load(
        &home,
        &team,
        "organisation,person\nof-5,P1\nof-5,P2\n",
        REPLACE,
    )
    .await
    .unwrap();
    let (_, growth) = loaded.waiting.unwrap();
    assert_eq!(
        (growth.rows, growth.readings, growth.organisations),
        (2, 10, 1)
    );
}

/// A request that was made before another file replaced everything brings nothing of it back.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_out_of_date_once_the_file_was_replaced() {
    let home = home().await;
    let team = somebody(&home, "equipe", "op", Role::PortalTeam).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let (id, _) = load(&home, &team, "account,person\na1,P1\n", REPLACE)
        .await
        .unwrap()
        .waiting
        .unwrap();
    load(&home, &Actor::digue(), "account,person\na2,P2\n", REPLACE)
        .await
        .unwrap();
    let late = decisions::decide(&home.app, &dpo, &id, true).await;
    assert!(
        matches!(late, Err(OperationError::Invalid("invalid-load-replaced"))),
        "{late:?}"
    );
    assert!(!sees(&home, "a1", "of-1", "P1") && sees(&home, "a2", "of-1", "P2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_moves_only_when_that_is_said_and_its_sessions_end() {
    use digue_administration::accounts::{AtTerminal, set_at_terminal};
    let home = home().await;
    let account = home.account("a1", Role::Agent).await;
    let (here, there) = (
        OrganisationId::parse("of-1").unwrap(),
        OrganisationId::parse("of-2").unwrap(),
    );
    let organisation = || {
        home.app
            .gateway()
            .rules()
            .directory
            .find(&account)
            .unwrap()
            .organisation
            .clone()
    };
    crate::passkey::by_link(&home, "a1").await;
    let sessions = || home.app.gateway().sessions_of(&account).len();
    let set = async |organisation: &OrganisationId, moves| {
        set_at_terminal(
            &home.app,
            &account,
            (organisation.clone(), Role::Agent),
            moves,
        )
        .await
    };
    assert_eq!(set(&here, false).await.unwrap(), AtTerminal::Saved);
    assert!(matches!(
        set(&there, false).await,
        Err(OperationError::Invalid("invalid-account-elsewhere"))
    ));
    assert_eq!(organisation(), here);
    assert_eq!(sessions(), 1);
    assert_eq!(set(&there, true).await.unwrap(), AtTerminal::Saved);
    assert_eq!(organisation(), there);
    assert_eq!(sessions(), 0);
}
