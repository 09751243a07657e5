//! Between two readings of a source: a look-up on a miss gives exactly the pair that the source
//! names, within a bound, and a created person is with the account that created them.

use std::time::Duration;

use digue_access::Role;
use digue_administration::additions::{self, CREATED_A_DAY, NewAddition};
use digue_administration::loads::LoadTarget;
use digue_app::OperationError;
use digue_gateway::ports::CaseloadMiss;
use digue_sources::brake::Brake;
use digue_sources::look_up::LookUps;
use digue_sources::origin::SourceOrigin;
use digue_sources::{SourceRules, reading};
use digue_store::ContactSource;
use digue_types::{AccountId, Act, OrganisationId, PersonKey, PersonRef};

use crate::app::{Home, Plan};
use crate::approvals::somebody;
use crate::loads::{population, start};

/// A source whose table the test fills, and what it says of one pair.
struct Source {
    home: Home,
    url: String,
    _folder: tempfile::TempDir,
}

const LOOK_UP: &str =
    "SELECT account, person, until FROM suivi WHERE UPPER(person) = $1 AND account = $2";

async fn source(look_up: &str, per_day: u32) -> Source {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite:{}?mode=rwc",
        folder.path().join("suivi.db").display()
    );
    let query = |text: &str| ContactSource {
        url: url.clone(),
        query: text.to_owned(),
    };
    let rules = SourceRules {
        name: "portefeuilles".to_owned(),
        target: LoadTarget::Caseload(population()).into(),
        origin: SourceOrigin::Query(query("SELECT account, person, until FROM suivi")),
        look_up: Some(query(look_up)),
        account: AccountId::parse("flux").unwrap(),
        every: Duration::from_mins(5),
        late_after: Duration::from_mins(15),
        brake: Brake::default(),
    };
    let home = Home::with(Plan {
        sources: vec![rules],
        ..Plan::default()
    })
    .await;
    start(&home);
    let feed = somebody(&home, "flux", "op", Role::PortalTeam).await;
    for account in ["a1", "a2"] {
        somebody(&home, account, "of-1", Role::Agent).await;
    }
    let target = LoadTarget::Caseload(population()).name();
    home.store
        .set_feed(&feed.account, &target, per_day)
        .await
        .unwrap();
    let source = Source {
        home,
        url,
        _folder: folder,
    };
    source.run("CREATE TABLE suivi (account TEXT, person TEXT, until TEXT)");
    source.run("INSERT INTO suivi VALUES ('a1', 'P1', NULL)");
    source
}

impl Source {
    /// Changes the portal's own database.
    fn run(&self, sql: &str) {
        let path = self
            .url
            .trim_start_matches("sqlite:")
            .trim_end_matches("?mode=rwc");
        let script = "import sqlite3, sys\nbase = sqlite3.connect(sys.argv[1])\n\
                      base.execute(sys.argv[2])\nbase.commit()";
        let arguments = ["-c", script, path, sql];
        let done = std::process::Command::new("/usr/bin/python3")
            .args(arguments)
            .status();
        assert!(done.unwrap().success(), "{sql}");
    }

    async fn ask(&self, look_ups: &LookUps, account: &str, persons: &[&str]) {
        let miss = CaseloadMiss {
            population: population(),
            account: AccountId::parse(account).unwrap(),
            organisation: OrganisationId::parse("of-1").unwrap(),
            persons: persons
                .iter()
                .map(|one| PersonRef::parse(one).unwrap())
                .collect(),
        };
        look_ups.look_up(&self.home.app, &miss).await.unwrap();
    }

    fn has(&self, account: &str, person: &str) -> bool {
        has(&self.home, account, person)
    }
}

fn has(home: &Home, account: &str, person: &str) -> bool {
    let rules = home.app.gateway().rules();
    let account = AccountId::parse(account).unwrap();
    let organisation = OrganisationId::parse("of-1").unwrap();
    let key = PersonKey::new(&population(), person);
    let who = (&account, &organisation);
    rules
        .additions
        .get(&population())
        .is_some_and(|additions| additions.has(who, key, home.now()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_gives_the_pair_that_the_source_names_and_no_other() {
    let source = source(LOOK_UP, 10).await;
    let look_ups = LookUps::default();
    reading::read_due(&source.home.app).await.unwrap();
    source.run("INSERT INTO suivi VALUES ('a1', 'p2', NULL), ('a1', 'P3', '2020-01-01')");
    source.ask(&look_ups, "a1", &["P2", "P3", "P4"]).await;
    assert!(source.has("a1", "P2"), "as the portal writes it");
    assert!(!source.has("a1", "P3"), "it has ended");
    assert!(!source.has("a1", "P4") && !source.has("a2", "P2"));
    let acts = source.home.acts();
    let added: Vec<_> = acts
        .iter()
        .filter(|(act, _)| *act == Act::CaseloadAdded)
        .collect();
    assert_eq!(added.len(), 1);

    // The next reading knows better: then the pair is in the caseload, or gone.
    source.home.clock.pass(Duration::from_mins(5));
    source.run("DELETE FROM suivi WHERE person = 'p2'");
    reading::read_due(&source.home.app).await.unwrap();
    assert!(!source.has("a1", "P2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_about_others_give_nothing() {
    // A query that forgot its conditions answers with the whole table.
    let source = source("SELECT account, person FROM suivi WHERE $1 <> $2", 10).await;
    source.run("INSERT INTO suivi VALUES ('a2', 'P2', NULL)");
    let look_ups = LookUps::default();
    source.ask(&look_ups, "a1", &["P2"]).await;
    assert!(!source.has("a1", "P2") && !source.has("a2", "P2"));
    source.ask(&look_ups, "a2", &["P2"]).await;
    assert!(source.has("a2", "P2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_is_not_asked_again_at_once_and_a_failure_is_a_miss() {
    let source = source(LOOK_UP, 10).await;
    let look_ups = LookUps::default();
    source.ask(&look_ups, "a1", &["P5"]).await;
    source.run("INSERT INTO suivi VALUES ('a1', 'P5', NULL)");
    source.ask(&look_ups, "a1", &["P5"]).await;
    assert!(!source.has("a1", "P5"), "within a minute");
    source.home.clock.pass(Duration::from_secs(61));
    source.ask(&look_ups, "a1", &["P5"]).await;
    assert!(source.has("a1", "P5"));

    source.run("DROP TABLE suivi");
    source.ask(&look_ups, "a1", &["P6"]).await;
    assert!(!source.has("a1", "P6"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_asks_thirty_times_a_minute_and_a_source_adds_what_two_persons_allowed() {
    let source = source(LOOK_UP, 3).await;
    source.run(
        "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 60) \
         INSERT INTO suivi SELECT 'a1', 'P' || i, NULL FROM n",
    );
    let look_ups = LookUps::default();
    for number in 10..20 {
        source.ask(&look_ups, "a1", &[&format!("P{number}")]).await;
    }
    let added = (10..20)
        .filter(|number| source.has("a1", &format!("P{number}")))
        .count();
    assert_eq!(added, 3, "the bound of the day");
    for number in 20..60 {
        source.ask(&look_ups, "a1", &[&format!("P{number}")]).await;
    }
    // The last ones were not even asked: once the bound is higher they are no known misses.
    let target = LoadTarget::Caseload(population()).name();
    let feed = AccountId::parse("flux").unwrap();
    source
        .home
        .store
        .set_feed(&feed, &target, 100)
        .await
        .unwrap();
    source.ask(&look_ups, "a1", &["P59"]).await;
    assert!(!source.has("a1", "P59"), "thirty questions in this minute");
    source.run("INSERT INTO suivi VALUES ('a2', 'P59', NULL)");
    source.ask(&look_ups, "a2", &["P59"]).await;
    assert!(
        source.has("a2", "P59"),
        "another account has questions of its own"
    );
}

fn created(person: &str) -> NewAddition {
    NewAddition {
        population: population(),
        account: AccountId::parse("a1").unwrap(),
        organisation: OrganisationId::parse("of-1").unwrap(),
        person: PersonRef::parse(person).unwrap(),
        until: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_person_is_with_their_creator_until_a_reading_and_after_a_start() {
    let source = source(LOOK_UP, 10).await;
    let home = &source.home;
    reading::read_due(&home.app).await.unwrap();
    additions::add_created(&home.app, &created("P900"))
        .await
        .unwrap();
    assert!(has(home, "a1", "P900") && !has(home, "a2", "P900"));
    // Somebody who is there already is nobody new, whatever the portal answers.
    let known = additions::add_created(&home.app, &created("P1")).await;
    assert!(matches!(known, Err(OperationError::Conflict)));

    // As after a start.
    let mut rules = home.app.rules().await;
    rules.additions.clear();
    home.app.publish(&rules);
    drop(rules);
    additions::restore(&home.app).await.unwrap();
    assert!(has(home, "a1", "P900"));

    for number in 1..CREATED_A_DAY {
        additions::add_created(&home.app, &created(&format!("P9{number:03}")))
            .await
            .unwrap();
    }
    let over = additions::add_created(&home.app, &created("P99999")).await;
    assert!(matches!(over, Err(OperationError::Full)), "{over:?}");

    // A reading that fails ends nothing; one that is in force does, and the day's number stays.
    home.clock.pass(Duration::from_mins(5));
    source.run("ALTER TABLE suivi RENAME TO autre");
    reading::read_due(&home.app).await.unwrap();
    assert!(has(home, "a1", "P900"));
    source.run("ALTER TABLE autre RENAME TO suivi");
    home.clock.pass(Duration::from_mins(5));
    reading::read_due(&home.app).await.unwrap();
    assert!(!has(home, "a1", "P900"));
    let over = additions::add_created(&home.app, &created("P99999")).await;
    assert!(matches!(over, Err(OperationError::Full)));
    home.clock.pass(additions::LASTS);
    additions::add_created(&home.app, &created("P99999"))
        .await
        .unwrap();
}
