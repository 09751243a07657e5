//! A list of accounts from a source: leavers are out at once, nobody comes back or moves without a
//! person, and neither an empty list, a broken one nor a thief's changes much.

use std::path::Path;
use std::time::Duration;

use digue_access::{AccountRecord, Role};
use digue_app::{Actor, OperationError};
use digue_provisioning::brake::AccountBrake;
use digue_provisioning::overview::{self, DirectoryOverview, DirectoryStanding, WantedChange};
use digue_provisioning::{AccountGroups, ProvisioningRules, authenticate, release};
use digue_sources::brake::Brake;
use digue_sources::origin::SourceOrigin;
use digue_sources::overview::{self as sources, SourceStanding, SourceView};
use digue_sources::{SourceRules, SourceTarget, reading};
use digue_store::ContactSource;
use digue_types::{AccountId, Gate};
use http::HeaderMap;

use crate::app::{Home, Plan};
use crate::approvals::{again, somebody};

const FIVE: Duration = Duration::from_mins(5);

struct ListHome {
    home: Home,
    ciso: Actor,
}

impl ListHome {
    /// An operator with a list of accounts, and `agents` accounts `a01`... that were there before.
    async fn of(origin: SourceOrigin, agents: usize) -> Self {
        let source = SourceRules {
            name: "comptes".to_owned(),
            target: SourceTarget::Accounts,
            origin,
            look_up: None,
            account: account("flux"),
            every: FIVE,
            late_after: Duration::from_mins(15),
            brake: Brake::default(),
        };
        let rules = ProvisioningRules {
            groups: AccountGroups::Listed,
            brake: AccountBrake::default(),
            late_after: Duration::from_mins(15),
        };
        let home = Home::with(Plan {
            sources: vec![source],
            scim: Some(rules),
            ..Plan::default()
        })
        .await;
        let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
        somebody(&home, "flux", "op", Role::PortalTeam).await;
        for number in 1..=agents {
            somebody(&home, &name(number), "of-1", Role::Agent).await;
        }
        Self { home, ciso }
    }

    async fn read_later(&self) {
        self.home.clock.pass(FIVE);
        reading::read_due(&self.home.app).await.unwrap();
    }

    fn record(&self, name: &str) -> Option<AccountRecord> {
        let rules = self.home.app.gateway().rules();
        rules.directory.find(&account(name)).cloned()
    }

    fn is_closed(&self, name: &str) -> bool {
        self.record(name).unwrap().is_suspended
    }

    fn closed(&self, agents: usize) -> Vec<String> {
        let names = (1..=agents).map(name);
        names.filter(|name| self.is_closed(name)).collect()
    }

    async fn source(&self) -> SourceView {
        let views = sources::list(&self.home.app, &self.ciso).await;
        views.unwrap().remove(0)
    }

    async fn fault(&self) -> Option<String> {
        self.source().await.fault.map(|(key, _)| key)
    }

    async fn overview(&self) -> DirectoryOverview {
        let found = overview::overview(&self.home.app, &self.ciso).await;
        found.unwrap().unwrap()
    }

    async fn waiting(&self) -> Vec<(String, WantedChange)> {
        let found = self.overview().await.waiting.into_iter();
        found
            .map(|one| (one.account.to_string(), one.change))
            .collect()
    }

    async fn release(&self) -> Result<usize, OperationError> {
        let digest = self.overview().await.digest;
        release(&self.home.app, &again(&self.home, &self.ciso), &digest).await
    }
}

fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

fn name(number: usize) -> String {
    format!("a{number:02}")
}

/// A CSV of the agents `a01`... of `of-1`, and further rows.
fn write(path: &Path, numbers: std::ops::RangeInclusive<usize>, others: &str) {
    let rows: String = numbers.map(|number| name(number) + ",of-1\n").collect();
    std::fs::write(path, format!("account,organisation\n{rows}{others}")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_more_on_the_list_is_out_and_who_comes_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comptes.csv");
    let list = ListHome::of(SourceOrigin::File(path.clone()), 20).await;
    let app = &list.home.app;
    somebody(&list.home, "cheffe", "of-1", Role::Delegate).await;
    somebody(&list.home, "ailleurs", "of-9", Role::Agent).await;
    // The list has the operator's own people, too, and a delegate of whom it says no role.
    write(&path, 1..=20, "rssi,op\nRSSI2,of-1\ncheffe,of-1\n");
    list.read_later().await;
    let source = list.source().await;
    assert_eq!(
        (source.standing, source.fault),
        (SourceStanding::Fresh, None)
    );
    assert_eq!(source.rows, Some(23));
    assert_eq!(list.record("rssi").unwrap().role, Role::Ciso);
    assert_eq!(list.record("cheffe").unwrap().role, Role::Delegate);
    // A new account begins in quarantine.
    let new = list.record("rssi2").unwrap();
    assert_eq!((new.organisation.as_str(), new.role), ("of-1", Role::Agent));
    let gates = &app.gateway().rules().gates;
    let gate = gates.everywhere(&new.organisation, &account("rssi2"));
    assert_eq!(gate, Gate::Closed);
    assert!(app.unconfirmed().has(&account("rssi2")));
    assert_eq!(list.waiting().await, []);

    // Leavers are out with this reading; the operator's own, and whom the list never named, stay.
    write(&path, 3..=20, "cheffe,of-1\n");
    list.read_later().await;
    assert_eq!(list.closed(20), ["a01", "a02"]);
    assert!(list.is_closed("rssi2"));
    assert!(!list.is_closed("rssi") && !list.is_closed("ailleurs") && !list.is_closed("flux"));

    // Who comes back, and who changes organisation, waits for a person.
    let moved = "a20,of-2\ncheffe,of-2\n";
    write(&path, 2..=19, moved);
    list.read_later().await;
    assert!(list.is_closed("a02"));
    assert_eq!(list.record("a20").unwrap().organisation.as_str(), "of-1");
    let waiting = list.waiting().await;
    let expected = [
        ("a02".to_owned(), WantedChange::Reopen),
        ("a20".to_owned(), WantedChange::Move),
        ("cheffe".to_owned(), WantedChange::Move),
    ];
    assert_eq!(waiting, expected);
    assert_eq!(list.overview().await.standing, DirectoryStanding::Held);
    // The list itself was read: it is as fresh as the reading.
    assert_eq!(list.source().await.standing, SourceStanding::Fresh);
    // Reading it again changes nothing of what waits.
    list.read_later().await;
    assert_eq!(list.waiting().await, expected);
    assert_eq!(list.release().await.unwrap(), 3);
    assert!(!list.is_closed("a02"));
    assert_eq!(list.record("a20").unwrap().organisation.as_str(), "of-2");
    // In another organisation a delegate is an agent.
    let chief = list.record("cheffe").unwrap();
    assert_eq!(
        (chief.organisation.as_str(), chief.role),
        ("of-2", Role::Agent)
    );
    list.read_later().await;
    assert_eq!(list.waiting().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_empty_broken_or_much_shorter_closes_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comptes.csv");
    let list = ListHome::of(SourceOrigin::File(path.clone()), 40).await;
    write(&path, 1..=40, "");
    list.read_later().await;
    let good_at = list.source().await.good_at;
    for (text, fault) in [
        ("account,organisation\n", "source-fault-accounts-none"),
        (
            "account,organisation,until\na01,of-1,2020-01-01\n",
            "source-fault-accounts-none",
        ),
        (
            "account,organisation\na01,of-1\na01,of-2\n",
            "account-list-fault-twice",
        ),
        (
            "account,organisation\na01,\n",
            "account-list-fault-organisation",
        ),
        (
            "account,organisation,role\na01,of-1,rssi\n",
            "account-list-fault-role",
        ),
        ("account\na01\n", "account-list-fault-header"),
        ("", "account-list-fault-header"),
    ] {
        std::fs::write(&path, text).unwrap();
        list.read_later().await;
        assert_eq!(list.fault().await.as_deref(), Some(fault), "{text}");
        assert_eq!(list.closed(40), [] as [String; 0], "{text}");
        assert_eq!(list.source().await.good_at, good_at, "its age is said");
        assert!(digue_locales::has(digue_locales::Language::French, fault));
    }
    assert_eq!(list.source().await.standing, SourceStanding::Late);
    std::fs::remove_file(&path).unwrap();
    list.read_later().await;
    assert_eq!(list.closed(40), [] as [String; 0]);

    // Beyond the day nothing is done, and all of it waits, however often it is read.
    write(&path, 1..=20, "");
    list.read_later().await;
    list.read_later().await;
    assert_eq!(list.closed(40), [] as [String; 0]);
    let waiting = list.waiting().await;
    assert_eq!(waiting.len(), 20);
    assert!(
        waiting
            .iter()
            .all(|(_, change)| *change == WantedChange::Close)
    );
    // The extraction is repaired: nothing waits any more.
    write(&path, 1..=40, "");
    list.read_later().await;
    assert_eq!(list.waiting().await, []);
    assert_eq!(list.closed(40), [] as [String; 0]);
    // So is a list that brings many.
    let many: String = (1..=30)
        .map(|number| format!("n{number:02},of-3\n"))
        .collect();
    write(&path, 1..=40, &many);
    list.read_later().await;
    assert_eq!(list.record("n01"), None);
    assert_eq!(list.waiting().await.len(), 30);
    assert_eq!(list.release().await.unwrap(), 30);
    assert!(list.home.app.unconfirmed().has(&account("n30")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_names_accounts_their_holders_and_their_ends() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("rh.db").display());
    let origin = |query: &str| {
        SourceOrigin::Query(ContactSource {
            url: url.clone(),
            query: query.to_owned(),
        })
    };
    // The test begins on 2025-11-22, at 12:00 UTC.
    let rows = "SELECT 'A01' AS account, 'of-1' AS organisation, 'Léa Martin' AS name, \
                'lea@exemple.fr' AS email, '01 02 03 04 05' AS telephone, NULL AS until \
                UNION ALL SELECT 'a02', 'of-1', NULL, NULL, NULL, '2025-11-22 12:12:00' \
                UNION ALL SELECT 'nouveau', 'of-1', 'Paul Petit', 'paul@exemple.fr', NULL, NULL";
    let list = ListHome::of(origin(rows), 2).await;
    list.read_later().await;
    assert_eq!(list.fault().await, None);
    assert_eq!(list.closed(2), [] as [String; 0]);
    let holders = list.home.store.holders().await.unwrap();
    assert_eq!(holders[&account("a01")].name, "Léa Martin");
    assert_eq!(holders[&account("nouveau")].name, "Paul Petit");
    assert!(!holders.contains_key(&account("a02")));
    // The end of a row is that of the account, without another row.
    for _ in 0..3 {
        list.read_later().await;
    }
    assert_eq!(list.closed(2), ["a02"]);

    for query in [
        "SELECT 'of-1' AS organisation",
        "SELECT 'a01' AS account",
        "DELETE FROM sqlite_master",
    ] {
        let list = ListHome::of(origin(query), 2).await;
        list.read_later().await;
        assert!(list.fault().await.is_some(), "{query}");
        assert_eq!(list.closed(2), [] as [String; 0], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_changes_nothing_where_its_account_may_not_load_and_opens_no_scim() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comptes.csv");
    let list = ListHome::of(SourceOrigin::File(path.clone()), 5).await;
    write(&path, 1..=5, "");
    list.read_later().await;
    somebody(&list.home, "flux", "op", Role::Auditor).await;
    write(&path, 1..=4, "");
    list.read_later().await;
    assert_eq!(list.closed(5), [] as [String; 0]);
    assert_eq!(list.fault().await.as_deref(), Some("source-fault-account"));
    let refused = authenticate(&list.home.app, &HeaderMap::new());
    assert_eq!(refused.unwrap_err().status, 404);
}
