//! Every migration over a database of the last release, record by record.

use digue_store::{Store, StoreError};

use crate::old_records::holds_the_records_of_before;
use crate::old_release::{self, ROWS, pool, run, texts};
use crate::{account, postgres};

/// A file of 0.1.0: the only column of bytes, which both databases write differently.
async fn add_file(url: &str) {
    let pool = pool(url).await;
    let text = "INSERT INTO kept_files (subject, hash, name, size, kept_at, kept_by, bytes) \
                VALUES ('incident:in-1', 'ab', '', 3, 1763812800000000, 'RSSI', $1)";
    sqlx::query(text)
        .bind(vec![0_u8, 255, 7])
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

/// Names in one spelling, as migration 14 leaves them.
fn spelled(rows: &str) -> String {
    rows.replace("Marie", "marie")
        .replace("'RSSI'", "'rssi'")
        .replace("OF-1", "of-1")
}

/// SQLite databases in a folder, or those of a PostgreSQL server.
enum Place {
    Folder(tempfile::TempDir),
    Server(postgres::Server),
}

impl Place {
    async fn database(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => format!("sqlite:{}", folder.path().join(name).display()),
            Self::Server(server) => {
                let pool = pool(&server.url).await;
                run(&pool, &format!("CREATE DATABASE {name}")).await;
                pool.close().await;
                format!("{}/{name}", server.url.trim_end_matches("/postgres"))
            }
        }
    }
}

async fn old_store(place: &Place, name: &str) -> String {
    let url = place.database(name).await;
    old_release::create(&url, &[ROWS]).await;
    add_file(&url).await;
    url
}

async fn every_record_of_before_is_read(place: &Place) {
    let url = old_store(place, "whole").await;
    for _ in 0..2 {
        let store = Store::open(&url).await.unwrap();
        holds_the_records_of_before(&store).await;
        store.close().await;
    }
    let tables = "SELECT COUNT(*) || '' FROM migrations";
    assert_eq!(texts(&url, tables).await, ["27"]);
}

/// As after an upgrade by way of a version in between.
async fn every_later_migration_is_a_place_to_start(place: &Place) {
    for last in 13..=17 {
        let url = place.database(&format!("from_{last}")).await;
        // Names were one spelling from 14 on; before, the store itself does it.
        let rows = if last < 14 {
            ROWS.to_owned()
        } else {
            spelled(ROWS)
        };
        old_release::create(&url, &[&rows]).await;
        add_file(&url).await;
        if last >= 14 {
            let pool = pool(&url).await;
            run(&pool, "UPDATE kept_files SET kept_by = 'rssi'").await;
            pool.close().await;
        }
        old_release::migrate_to(&url, last).await;
        let store = Store::open(&url).await.unwrap();
        holds_the_records_of_before(&store).await;
        store.close().await;
    }
}

/// Values that no version writes, the row that is named for each, and how an operator mends it.
const UNFIT: [(&str, &str, &str, &str); 7] = [
    (
        "accounts",
        "paul",
        "UPDATE accounts SET role = 'wizard' WHERE id = 'paul'",
        "UPDATE accounts SET role = 'deputy' WHERE id = 'paul'",
    ),
    (
        "gates",
        "account gone",
        "UPDATE gates SET set_by = '' WHERE name = 'gone'",
        "UPDATE gates SET set_by = 'digue' WHERE name = 'gone'",
    ),
    (
        "approvals",
        "ap-4",
        "UPDATE approvals SET granted = 1 WHERE id = 'ap-4'",
        "UPDATE approvals SET granted = 0 WHERE id = 'ap-4'",
    ),
    (
        "notices",
        "ca-1 2",
        "UPDATE notices SET state = 'lost' WHERE campaign = 'ca-1' AND number = 2",
        "UPDATE notices SET state = 'unreached' WHERE campaign = 'ca-1' AND number = 2",
    ),
    (
        "hidden_sights",
        "hd-2",
        "UPDATE hidden_sights SET set_by = '' WHERE id = 'hd-2'",
        "UPDATE hidden_sights SET set_by = 'rssi' WHERE id = 'hd-2'",
    ),
    (
        "settings",
        "caseload-version",
        "UPDATE settings SET value = 'sept' WHERE name = 'caseload-version'",
        "UPDATE settings SET value = '7' WHERE name = 'caseload-version'",
    ),
    (
        "settings",
        "feed:prog/aliases:kairos",
        "UPDATE settings SET value = '-1' WHERE name = 'feed:prog/aliases:kairos'",
        "UPDATE settings SET value = '0' WHERE name = 'feed:prog/aliases:kairos'",
    ),
];

async fn a_value_that_no_version_writes_stops_the_migration_and_changes_nothing(place: &Place) {
    let url = old_store(place, "damaged").await;
    let tables = match place {
        Place::Folder(_) => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        Place::Server(_) => {
            "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        }
    };
    let before = texts(&url, tables).await;
    for (table, row, damage, mend) in UNFIT {
        let beside = pool(&url).await;
        run(&beside, damage).await;
        beside.close().await;
        match Store::open(&url).await.map(drop) {
            Err(StoreError::Unfit {
                table: named,
                row: found,
                ..
            }) => {
                assert_eq!((named.as_str(), found.as_str()), (table, row));
            }
            other => panic!("{damage}: {other:?}"),
        }
        assert_eq!(texts(&url, tables).await, before, "{damage}");
        assert_eq!(
            texts(&url, "SELECT CAST(MAX(number) AS TEXT) FROM migrations").await,
            ["12"]
        );
        let beside = pool(&url).await;
        run(&beside, mend).await;
        beside.close().await;
    }
    // It begins again from the start, and nothing of the failed tries is left.
    let store = Store::open(&url).await.unwrap();
    holds_the_records_of_before(&store).await;
}

async fn what_belongs_to_nothing_is_set_aside_as_the_statement_that_puts_it_back(place: &Place) {
    let url = old_store(place, "orphans").await;
    let store = Store::open(&url).await.unwrap();
    let aside = store.set_aside().await.unwrap();
    let found: Vec<&str> = aside.iter().map(|row| row.origin.as_str()).collect();
    let expected = [
        "contacts",
        "links",
        "sessions",
        "provider_sessions",
        "passkeys",
        "passwords",
        "recovery_codes",
        "identities",
        "api_keys",
        "connections",
        "incident_entries",
        "campaigns",
        "notices",
        "review_lines",
        "settings",
        "settings",
        "settings",
        "settings",
    ];
    assert_eq!(found, expected);
    let gone = account("gone");
    let of_2 = digue_access::Membership {
        organisation: digue_types::OrganisationId::parse("of-2").unwrap(),
        role: digue_access::Role::Agent,
    };
    store.save_accounts(&[(gone.clone(), of_2)]).await.unwrap();
    store.close().await;
    let beside = pool(&url).await;
    for row in aside
        .iter()
        .filter(|row| ["passkeys", "contacts", "connections"].contains(&row.origin.as_str()))
    {
        run(&beside, &row.statement).await;
    }
    beside.close().await;
    let store = Store::open(&url).await.unwrap();
    let passkey = &store.passkeys_of(&gone).await.unwrap()[0];
    assert_eq!(
        (passkey.id.as_str(), passkey.name.as_str()),
        ("k9", "clé d'ailleurs")
    );
    assert_eq!(store.contacts().await.unwrap()[&gone], "gone@exemple.fr");
    assert_eq!(
        store.connections_of(&gone, "hand-over", 9).await.unwrap()[0].ip,
        "192.0.2.9"
    );
    store.close().await;
}

/// Statements that the constraints refuse, in a database that was migrated.
const REFUSED: [&str; 24] = [
    "UPDATE accounts SET suspended = 2",
    "UPDATE accounts SET role = 'wizard'",
    "UPDATE accounts SET organisation = 'of-99'",
    "DELETE FROM organisations WHERE id = 'of-2'",
    "UPDATE organisations SET email = ''",
    "UPDATE contacts SET account = 'nobody'",
    "UPDATE gates SET gate = 'ajar'",
    "UPDATE gates SET scope = 'world'",
    "UPDATE passkeys SET account = 'nobody'",
    "UPDATE passkeys SET used_at = 0",
    "UPDATE passkeys SET counter = -1",
    "UPDATE passkeys SET backed_up = 7",
    "DELETE FROM sessions WHERE id = 's2'",
    "UPDATE sessions SET device_key = NULL WHERE id = 's2'",
    "DELETE FROM passwords",
    "UPDATE approvals SET granted = 3",
    "UPDATE approvals SET granted = 1",
    "UPDATE notices SET campaign = 'ca-9'",
    "UPDATE notices SET state = 'lost'",
    "UPDATE findings SET verdict = 'perhaps'",
    "UPDATE feed_loads SET account = 'paul'",
    "INSERT INTO installation (only_row) VALUES (2)",
    "INSERT INTO signal_waiting VALUES ('a1', 'open', 'annuaire', 'account-enabled', 1)",
    "INSERT INTO signal_streams (name, status, refused, refused_at) VALUES ('annuaire', 'enabled', 1, 1)",
];

async fn constraints_hold_in_the_database_itself(place: &Place) {
    let url = old_store(place, "constrained").await;
    Store::open(&url).await.unwrap().close().await;
    let beside = pool(&url).await;
    for statement in REFUSED {
        let done = sqlx::query(statement).execute(&beside).await;
        let error = done.expect_err(statement);
        assert!(
            error.as_database_error().is_some(),
            "{statement}: {error:?}"
        );
    }
    beside.close().await;
    let store = Store::open(&url).await.unwrap();
    holds_the_records_of_before(&store).await;
    store.close().await;
}

async fn what_cannot_be_read_is_not_absent(place: &Place) {
    let url = old_store(place, "unreadable").await;
    let store = Store::open(&url).await.unwrap();
    let beside = pool(&url).await;
    // Names are checked by their readers: no CHECK knows their letters.
    run(
        &beside,
        "UPDATE findings SET account = ' ' WHERE id = 'fi-2'",
    )
    .await;
    run(
        &beside,
        "UPDATE break_glass SET reviewed_by = ' ' WHERE id = 'b2'",
    )
    .await;
    beside.close().await;
    let column = |error: StoreError| match error {
        StoreError::Corrupt(column) => column,
        other => panic!("{other:?}"),
    };
    assert_eq!(column(store.finding("fi-2").await.unwrap_err()), "account");
    assert_eq!(
        column(store.break_glass().await.unwrap_err()),
        "reviewed_by"
    );
    assert!(
        store
            .finding("fi-1")
            .await
            .unwrap()
            .unwrap()
            .account
            .is_none()
    );
    store.close().await;
}

async fn two_processes_that_start_at_once_migrate_once(place: &Place) {
    let url = old_store(place, "at_once").await;
    if let Place::Folder(_) = place {
        // SQLite changes this for one connection only, and a store does so first.
        let beside = pool(&url).await;
        run(&beside, "PRAGMA journal_mode = WAL").await;
        beside.close().await;
    }
    let (one, other) = tokio::join!(Store::open(&url), Store::open(&url));
    holds_the_records_of_before(&one.unwrap()).await;
    other.unwrap().close().await;
}

/// As when a command runs beside the server.
async fn two_processes_that_write_at_once_wait_for_each_other(place: &Place) {
    let url = place.database("both_write").await;
    let stores = [
        Store::open(&url).await.unwrap(),
        Store::open(&url).await.unwrap(),
    ];
    let write = |store: Store, name: &'static str| async move {
        for round in 0..40 {
            let of_1 = digue_access::Membership {
                organisation: digue_types::OrganisationId::parse("of-1").unwrap(),
                role: digue_access::Role::Agent,
            };
            store
                .save_accounts(&[(account(&format!("{name}-{round}")), of_1)])
                .await
                .unwrap();
        }
    };
    let [one, other] = stores.each_ref().map(Store::clone);
    let (one, other) = (
        tokio::spawn(write(one, "one")),
        tokio::spawn(write(other, "other")),
    );
    one.await.unwrap();
    other.await.unwrap();
    assert_eq!(stores[0].accounts().await.unwrap().len(), 80);
    for store in stores {
        store.close().await;
    }
}

async fn hold(place: &Place) {
    every_record_of_before_is_read(place).await;
    every_later_migration_is_a_place_to_start(place).await;
    a_value_that_no_version_writes_stops_the_migration_and_changes_nothing(place).await;
    what_belongs_to_nothing_is_set_aside_as_the_statement_that_puts_it_back(place).await;
    constraints_hold_in_the_database_itself(place).await;
    what_cannot_be_read_is_not_absent(place).await;
    two_processes_that_start_at_once_migrate_once(place).await;
    two_processes_that_write_at_once_wait_for_each_other(place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_what_the_last_release_wrote() {
    hold(&Place::Folder(tempfile::tempdir().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_what_the_last_release_wrote() {
    hold(&Place::Server(postgres::start())).await;
}
