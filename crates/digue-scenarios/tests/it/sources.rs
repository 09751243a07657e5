//! Sources: what they feed is as fresh as they are, and neither a failure nor a thief changes much.

use std::path::Path;
use std::time::Duration;

use digue_access::Role;
use digue_administration::accounts;
use digue_administration::loads::LoadTarget;
use digue_app::{Actor, OperationError};
use digue_sources::brake::Brake;
use digue_sources::origin::SourceOrigin;
use digue_sources::overview::{self, SourceStanding, SourceView};
use digue_sources::{SourceRules, reading};
use digue_store::ContactSource;
use digue_tasks::{AwaitedAct, TaskSource};
use digue_types::AccountId;

use crate::app::{Home, Plan};
use crate::approvals::somebody;
use crate::loads::{population, sees, start};

fn source(origin: SourceOrigin) -> SourceRules {
    SourceRules {
        name: "portefeuilles".to_owned(),
        target: LoadTarget::Caseload(population()).into(),
        origin,
        look_up: None,
        account: AccountId::parse("flux").unwrap(),
        every: Duration::from_mins(5),
        late_after: Duration::from_mins(15),
        brake: Brake::default(),
    }
}

/// A home with one source, whose account may add `per_day` readings, and its CISO.
async fn home_with(origin: SourceOrigin, per_day: u32) -> (Home, Actor) {
    let home = Home::with(Plan {
        sources: vec![source(origin)],
        ..Plan::default()
    })
    .await;
    start(&home);
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let feed = somebody(&home, "flux", "op", Role::PortalTeam).await;
    let target = LoadTarget::Caseload(population()).name();
    home.store
        .set_feed(&feed.account, &target, per_day)
        .await
        .unwrap();
    (home, ciso)
}

/// A CSV of the persons `P0001` to `P<count>` of one account.
fn write(path: &Path, count: usize) {
    let rows: String = (1..=count)
        .map(|number| format!("a1,P{number:04}\n"))
        .collect();
    std::fs::write(path, format!("account,person\n{rows}")).unwrap();
}

async fn read_later(home: &Home, time: Duration) {
    home.clock.pass(time);
    reading::read_due(&home.app).await.unwrap();
}

async fn view(home: &Home, actor: &Actor) -> SourceView {
    overview::list(&home.app, actor).await.unwrap().remove(0)
}

fn is_seen(home: &Home, person: &str) -> bool {
    sees(home, "a1", "of-1", person)
}

const FIVE: Duration = Duration::from_mins(5);

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_feeds_is_as_fresh_as_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portefeuilles.csv");
    let (home, ciso) = home_with(SourceOrigin::File(path.clone()), 1000).await;
    assert_eq!(view(&home, &ciso).await.standing, SourceStanding::Unread);
    write(&path, 100);
    reading::read_due(&home.app).await.unwrap();
    let read = view(&home, &ciso).await;
    assert_eq!(
        (read.standing, read.rows),
        (SourceStanding::Fresh, Some(100))
    );
    assert!(is_seen(&home, "P0100") && !is_seen(&home, "P0101"));
    // Not before its time; then what was added, and what was taken away.
    write(&path, 103);
    read_later(&home, Duration::from_mins(4)).await;
    assert!(!is_seen(&home, "P0101"));
    read_later(&home, Duration::from_mins(1)).await;
    assert!(is_seen(&home, "P0103"));
    write(&path, 98);
    reading::read_now(&home.app, &ciso, "portefeuilles")
        .await
        .unwrap();
    assert!(is_seen(&home, "P0098") && !is_seen(&home, "P0099"));
    // The same rows again are no new version.
    let before = home.app.gateway().rules().caseload_version;
    read_later(&home, FIVE).await;
    assert_eq!(home.app.gateway().rules().caseload_version, before);
    assert_eq!(view(&home, &ciso).await.good_at, Some(home.now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_read_by_the_names_of_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite:{}?mode=rwc",
        folder.path().join("portail.db").display()
    );
    let query = |text: &str| {
        SourceOrigin::Query(ContactSource {
            url: url.clone(),
            query: text.to_owned(),
        })
    };
    let rows = "SELECT NULL AS until, 'p1' AS person, 'a1' AS account \
                UNION ALL SELECT '2027-01-31', 'P2', 'a1'";
    let (home, ciso) = home_with(query(rows), 1000).await;
    reading::read_due(&home.app).await.unwrap();
    let read = view(&home, &ciso).await;
    assert_eq!((read.standing, read.fault), (SourceStanding::Fresh, None));
    assert!(is_seen(&home, "P1") && is_seen(&home, "P2"));

    for (text, key) in [
        (
            "SELECT 'a1' AS account, 'P1' AS personne",
            "source-fault-refused",
        ),
        (
            "SELECT 'a1' AS account, x'00' AS person",
            "source-fault-refused",
        ),
        ("DELETE FROM sqlite_master", "source-fault-unreachable"),
        (
            "SELECT 'a1' AS account, '' AS person",
            "caseload-fault-person",
        ),
    ] {
        let (home, ciso) = home_with(query(text), 1000).await;
        reading::read_due(&home.app).await.unwrap();
        let read = view(&home, &ciso).await;
        let fault = read.fault.map(|(key, _)| key);
        assert_eq!(fault.as_deref(), Some(key), "{text}");
        assert_eq!(read.standing, SourceStanding::Late, "{text}");
        let key = fault.unwrap();
        assert!(
            digue_locales::has(digue_locales::Language::French, &key),
            "{key}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_loses_too_much_waits_for_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portefeuilles.csv");
    let (home, ciso) = home_with(SourceOrigin::File(path.clone()), 1000).await;
    write(&path, 100);
    reading::read_due(&home.app).await.unwrap();
    for left in [0, 50] {
        write(&path, left);
        read_later(&home, FIVE).await;
        assert!(is_seen(&home, "P0100"), "nothing was changed");
        let read = view(&home, &ciso).await;
        assert_eq!(read.standing, SourceStanding::Held);
        let held = read.held.unwrap();
        assert_eq!((held.rows, held.removed), (left as u64, 100 - left as u64));
    }
    let digest = view(&home, &ciso).await.held.unwrap().digest;
    let release = async |actor: &Actor, digest: &str| {
        reading::release(&home.app, actor, "portefeuilles", digest).await
    };
    // A program is no person, and what is released is what was shown.
    let program = Actor {
        proved_at: digue_types::Timestamp::ZERO,
        ..ciso.clone()
    };
    assert!(matches!(
        release(&program, &digest).await,
        Err(OperationError::Denied)
    ));
    let other = release(&ciso, &"0".repeat(64)).await;
    assert!(matches!(other, Err(OperationError::Conflict)), "{other:?}");
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    assert!(matches!(
        release(&dpo, &digest).await,
        Err(OperationError::Denied)
    ));
    assert!(is_seen(&home, "P0100"));
    release(&ciso, &digest).await.unwrap();
    assert!(is_seen(&home, "P0050") && !is_seen(&home, "P0051"));
    assert_eq!(view(&home, &ciso).await.standing, SourceStanding::Fresh);
    // The rows that were held are persons: nothing keeps them afterwards.
    let kept = home.folder().join("sources/portefeuilles.held.csv");
    assert!(!kept.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_leaves_what_is_in_force_and_says_its_age() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portefeuilles.csv");
    let (home, ciso) = home_with(SourceOrigin::File(path.clone()), 1000).await;
    write(&path, 20);
    reading::read_due(&home.app).await.unwrap();
    let good_at = home.now();
    let tasks = async || {
        let board = digue_tasks::board(&home.app, &ciso).await;
        let of_sources = board
            .mine
            .into_iter()
            .filter(|task| task.source() == TaskSource::Sources);
        of_sources.map(|task| task.act).collect::<Vec<AwaitedAct>>()
    };
    std::fs::remove_file(&path).unwrap();
    read_later(&home, FIVE).await;
    let read = view(&home, &ciso).await;
    assert_eq!(
        (read.standing, read.good_at),
        (SourceStanding::Failing, Some(good_at))
    );
    assert_eq!(tasks().await, []);
    for _ in 0..3 {
        read_later(&home, FIVE).await;
    }
    let read = view(&home, &ciso).await;
    assert_eq!(
        (read.standing, read.good_at),
        (SourceStanding::Late, Some(good_at))
    );
    assert!(is_seen(&home, "P0020"), "the last good rows stay in force");
    let name = "portefeuilles".to_owned();
    assert_eq!(tasks().await, [AwaitedAct::RepairSource { name }]);
    // A line that cannot be read is a failure, too, with its place.
    std::fs::write(&path, "account,person\na1,P0001\na1,\n").unwrap();
    read_later(&home, FIVE).await;
    let fault = view(&home, &ciso).await.fault;
    assert_eq!(fault, Some(("caseload-fault-person".to_owned(), Some(3))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_adds_no_more_than_two_persons_allowed_its_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portefeuilles.csv");
    let (home, ciso) = home_with(SourceOrigin::File(path.clone()), 10).await;
    write(&path, 100);
    for _ in 0..4 {
        reading::read_due(&home.app).await.unwrap();
        home.clock.pass(FIVE);
    }
    assert!(
        !is_seen(&home, "P0001"),
        "beyond its bound a feed adds nothing"
    );
    let asked = home.store.approvals().await.unwrap();
    assert_eq!(asked.len(), 1, "one request, however often it is read");
    let before = home.app.gateway().rules().caseload_version;
    read_later(&home, FIVE).await;
    assert_eq!(
        home.app.gateway().rules().caseload_version,
        before,
        "one version"
    );
    // Nothing of it is in force: it is not up to date, and says why.
    let read = view(&home, &ciso).await;
    assert_eq!((read.standing, read.good_at), (SourceStanding::Late, None));
    let fault = read.fault.map(|(key, _)| key);
    assert_eq!(fault.as_deref(), Some("source-fault-approval"));
    // A suspended account feeds nothing.
    let account = AccountId::parse("flux").unwrap();
    let reason = "compte volé, enquête en cours";
    accounts::set_suspended(&home.app, &ciso, &account, true, reason)
        .await
        .unwrap();
    read_later(&home, FIVE).await;
    let fault = view(&home, &ciso).await.fault;
    assert_eq!(fault, Some(("source-fault-account".to_owned(), None)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_released_is_not_held_again_while_a_part_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portefeuilles.csv");
    let (home, ciso) = home_with(SourceOrigin::File(path.clone()), 1000).await;
    // Nothing at all is not "up to date".
    write(&path, 0);
    reading::read_due(&home.app).await.unwrap();
    let read = view(&home, &ciso).await;
    let fault = read.fault.map(|(key, _)| key);
    assert_eq!(
        (read.standing, fault.as_deref()),
        (SourceStanding::Late, Some("source-fault-empty"))
    );
    write(&path, 100);
    read_later(&home, FIVE).await;
    write(&path, 300);
    read_later(&home, FIVE).await;
    let held = view(&home, &ciso).await.held.unwrap();
    assert_eq!((held.removed, held.added), (0, 200));
    let fresh = Actor {
        proved_at: home.now(),
        ..ciso.clone()
    };
    reading::release(&home.app, &fresh, "portefeuilles", &held.digest)
        .await
        .unwrap();
    assert!(
        !is_seen(&home, "P0300"),
        "nobody widens alone, by this way neither"
    );
    read_later(&home, FIVE).await;
    let read = view(&home, &ciso).await;
    let fault = read.fault.map(|(key, _)| key);
    assert_eq!(
        (read.held, fault.as_deref()),
        (None, Some("source-fault-approval"))
    );
}

/// Five percent each time would be everything within a day.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_drain_is_held_as_the_large_loss_that_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portefeuilles.csv");
    let (home, ciso) = home_with(SourceOrigin::File(path.clone()), 10_000).await;
    write(&path, 1000);
    reading::read_due(&home.app).await.unwrap();
    for left in (900..1000).rev().step_by(9) {
        write(&path, left);
        read_later(&home, FIVE).await;
    }
    assert_eq!(view(&home, &ciso).await.standing, SourceStanding::Held);
    assert!(is_seen(&home, "P0950") && !is_seen(&home, "P1000"));
}
