//! A store of 0.1.0, whose names had spellings.

use digue_store::{Store, StoreError};
use digue_types::Gate;

use crate::old_release::{create as old_store, texts};

fn place(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("state.db").display())
}

const PASSKEY: &str = "INSERT INTO passkeys (id, account, handle, name, credential, counter, backed_up, added_at, used_at) ";

#[tokio::test]
async fn names_of_before_are_brought_to_one_spelling() {
    let folder = tempfile::tempdir().unwrap();
    let url = place(&folder);
    old_store(
        &url,
        &[
            "INSERT INTO accounts (id, organisation, role, suspended) VALUES ('Marie', 'OF-1', 'agent', 1)",
            "INSERT INTO accounts (id, organisation, role, suspended) VALUES ('paul', 'of-1', 'agent', 0)",
            "INSERT INTO organisations (id, name, email) VALUES ('OF-1', 'Organisme 1', '')",
            "INSERT INTO contacts (account, email) VALUES ('Marie', 'marie@of-1.fr')",
            &format!("{PASSKEY} VALUES ('k1', 'Marie', 'h', 'n', '{{}}', 0, 0, 0, 0)"),
            // Another spelling of an account that never existed.
            &format!("{PASSKEY} VALUES ('k2', 'MARIE', 'h', 'n', '{{}}', 0, 0, 0, 0)"),
            "INSERT INTO gates VALUES ('account', 'MARIE', 'closed', 'vol', 'RSSI', 0)",
            "INSERT INTO gates VALUES ('account', 'marie', 'step-up', 'doute', 'rssi', 0)",
            "INSERT INTO gates VALUES ('account', 'Paul', 'closed', 'quarantine', 'rssi', 0)",
            "INSERT INTO gates VALUES ('account', 'PAUL', 'closed', 'quarantine', 'rssi', 0)",
            "INSERT INTO gates VALUES ('portal', 'Portail', 'closed', 'vol', 'rssi', 0)",
            "INSERT INTO attempts VALUES ('Marie', 'd1', 2, 0)",
            "INSERT INTO attempts VALUES ('marie', 'd1', 7, 0)",
            "INSERT INTO attempts VALUES ('PAUL', 'd1', 1, 0)",
        ],
    )
    .await;
    let store = Store::open(&url).await.unwrap();
    let accounts = store.accounts().await.unwrap();
    let found: Vec<(&str, &str, bool)> = accounts
        .iter()
        .map(|(id, record)| {
            (
                id.as_str(),
                record.organisation.as_str(),
                record.is_suspended,
            )
        })
        .collect();
    assert_eq!(found, [("marie", "of-1", true), ("paul", "of-1", false)]);
    let mut gates: Vec<(String, Gate)> = store
        .gates()
        .await
        .unwrap()
        .into_iter()
        .map(|gate| (gate.reach.name().to_owned(), gate.gate))
        .collect();
    gates.sort();
    let closed = |name: &str| (name.to_owned(), Gate::Closed);
    assert_eq!(gates, [closed("Portail"), closed("marie"), closed("paul")]);
    store.close().await;
    assert_eq!(
        texts(&url, "SELECT id FROM organisations ORDER BY id").await,
        ["of-1"]
    );
    assert_eq!(texts(&url, "SELECT account FROM contacts").await, ["marie"]);
    assert_eq!(
        texts(&url, "SELECT account FROM unconfirmed").await,
        ["paul"]
    );
    // A key of an account that does not exist opens no other account.
    assert_eq!(
        texts(&url, "SELECT id FROM passkeys WHERE account = 'marie'").await,
        ["k1"]
    );
    assert_eq!(texts(&url, "SELECT id FROM passkeys").await, ["k1"]);
    assert_eq!(
        texts(
            &url,
            "SELECT account || failures FROM attempts ORDER BY account"
        )
        .await,
        ["marie7", "paul1"]
    );
    // Once is enough, and a second start finds nothing to do.
    Store::open(&url).await.unwrap().close().await;
}

#[tokio::test]
async fn two_accounts_that_are_one_name_are_nobodys_to_merge() {
    for (rows, table, one, other) in [
        (
            [
                "INSERT INTO accounts (id, organisation, role, suspended) VALUES ('A1', 'of-1', 'agent', 0)",
                "INSERT INTO accounts (id, organisation, role, suspended) VALUES ('a1', 'of-1', 'agent', 1)",
            ],
            "accounts",
            "A1",
            "a1",
        ),
        (
            [
                "INSERT INTO organisations (id, name, email) VALUES ('OF-1', 'Un', '')",
                "INSERT INTO organisations (id, name, email) VALUES ('of-1', 'Deux', '')",
            ],
            "organisations",
            "OF-1",
            "of-1",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let url = place(&folder);
        old_store(&url, &rows).await;
        for _ in 0..2 {
            match Store::open(&url).await.map(drop) {
                Err(StoreError::SameName {
                    table: found,
                    one: first,
                    other: second,
                }) => {
                    assert_eq!(
                        (found.as_str(), first.as_str(), second.as_str()),
                        (table, one, other)
                    );
                }
                result => panic!("{result:?}"),
            }
        }
        // Nothing was changed; what the message says to do is enough.
        assert_eq!(
            texts(&url, &format!("SELECT id FROM {table} ORDER BY id")).await,
            [one, other]
        );
        texts(
            &url,
            &format!("DELETE FROM {table} WHERE id = '{one}' RETURNING id"),
        )
        .await;
        Store::open(&url).await.unwrap().close().await;
        assert_eq!(
            texts(&url, &format!("SELECT id FROM {table}")).await,
            [other]
        );
    }
}
