//! The part of the contract that is about people: organisations, factors, recoveries, mail.

use digue_access::decide::Reduction;
use digue_access::{ApiKey, KeyProof, Membership, Role};
use digue_store::{
    ApiKeyRecord, Attempts, ConnectionRecord, HolderRecord, IdentityRecord, MailRecord,
    OrganisationRecord, PasswordRecord, ProviderSession, RecoveryRecord, Store,
};
use digue_types::{OrganisationId, SessionId, Timestamp};

use crate::{NOON, account};

fn after(secs: i64) -> Timestamp {
    Timestamp::from_secs(NOON.secs() + secs)
}

pub(crate) async fn keep_the_contract(store: &Store) {
    let second = Membership {
        organisation: OrganisationId::parse("of-1").unwrap(),
        role: Role::Agent,
    };
    store
        .save_accounts(&[(account("a2"), second)])
        .await
        .unwrap();
    organisations_are_known_from_their_first_account(store).await;
    contacts_are_replaced_and_forgotten(store).await;
    holders_are_replaced(store).await;
    reductions_end(store).await;
    the_last_connections_are_kept(store).await;
    codes_are_good_once(store).await;
    attempts_are_counted_by_device(store).await;
    an_identity_opens_one_account(store).await;
    a_provider_ends_what_it_opened(store).await;
    a_recovery_takes_every_factor(store).await;
    mail_waits_until_it_leaves(store).await;
    keys_are_kept_until_they_are_removed(store).await;
}

async fn keys_are_kept_until_they_are_removed(store: &Store) {
    let record = |id: &str, of: &str| ApiKeyRecord {
        secret: [9; 32],
        key: ApiKey {
            id: SessionId::parse(id).unwrap(),
            account: account(of),
            proof: KeyProof::Signed("t".into()),
            expires_at: after(60),
        },
        name: "logiciel de paie".into(),
        added_at: NOON,
    };
    for (id, of) in [("k1", "a1"), ("k2", "a2"), ("k3", "a2")] {
        store.add_key(&record(id, of)).await.unwrap();
    }
    assert!(
        store
            .remove_key(&SessionId::parse("k1").unwrap())
            .await
            .unwrap()
    );
    assert!(
        !store
            .remove_key(&SessionId::parse("k1").unwrap())
            .await
            .unwrap()
    );
    assert_eq!(
        store.keys().await.unwrap(),
        [record("k2", "a2"), record("k3", "a2")]
    );
    store.remove_keys_of(&account("a2")).await.unwrap();
    assert!(store.keys().await.unwrap().is_empty());
}

async fn organisations_are_known_from_their_first_account(store: &Store) {
    let id = OrganisationId::parse("of-1").unwrap();
    let known = store.organisations().await.unwrap();
    assert_eq!(
        known,
        [OrganisationRecord {
            id: id.clone(),
            name: "of-1".into(),
            email: String::new()
        }]
    );
    let named = OrganisationRecord {
        id,
        name: "Formation d'Armor".into(),
        email: "x@exemple.fr".into(),
    };
    store.save_organisation(&named).await.unwrap();
    // Another account of it changes nothing.
    let membership = Membership {
        organisation: named.id.clone(),
        role: Role::Delegate,
    };
    store
        .save_accounts(&[(account("a1"), membership)])
        .await
        .unwrap();
    assert_eq!(store.organisations().await.unwrap(), [named]);
}

async fn contacts_are_replaced_and_forgotten(store: &Store) {
    for email in ["a@exemple.fr", "b@exemple.fr"] {
        store.save_contact(&account("a1"), email).await.unwrap();
    }
    assert_eq!(
        store.contacts().await.unwrap(),
        [(account("a1"), "b@exemple.fr".to_owned())].into()
    );
    store.save_contact(&account("a1"), "").await.unwrap();
    assert!(store.contacts().await.unwrap().is_empty());
}

async fn holders_are_replaced(store: &Store) {
    let holder = |name: &str, telephone: &str| HolderRecord {
        name: name.to_owned(),
        job: String::new(),
        telephone: telephone.to_owned(),
        written_by: account("a2"),
        written_at: NOON,
    };
    assert!(store.holders().await.unwrap().is_empty());
    store
        .save_holder(&account("a1"), &holder("Léa Marin", "01 99 00 12 34"))
        .await
        .unwrap();
    store
        .save_holder(&account("a1"), &holder("Léa Martin", ""))
        .await
        .unwrap();
    assert_eq!(
        store.holders().await.unwrap(),
        [(account("a1"), holder("Léa Martin", ""))].into()
    );
}

async fn reductions_end(store: &Store) {
    let reduction = |percent| Reduction {
        percent,
        until: after(60),
    };
    store
        .save_reduction(&account("a1"), reduction(10))
        .await
        .unwrap();
    store
        .save_reduction(&account("a1"), reduction(25))
        .await
        .unwrap();
    assert_eq!(
        store.reductions(after(59)).await.unwrap(),
        [(account("a1"), reduction(25))].into()
    );
    assert!(store.reductions(after(60)).await.unwrap().is_empty());
}

async fn the_last_connections_are_kept(store: &Store) {
    let connection = |n: i64| ConnectionRecord {
        session: SessionId::parse(&format!("c{n}")).unwrap(),
        account: account("a1"),
        at: after(n),
        host: "portal.test".into(),
        ip: "192.0.2.1".into(),
        agent: "Firefox".into(),
        means: "passkey".into(),
    };
    for n in 0..30 {
        store.add_connection(&connection(n)).await.unwrap();
    }
    let last = store
        .connections_of(&account("a1"), "hand-over", 3)
        .await
        .unwrap();
    assert_eq!(last, [connection(29), connection(28), connection(27)]);
    assert_eq!(
        store
            .connections_of(&account("a1"), "hand-over", 100)
            .await
            .unwrap()
            .len(),
        20
    );
    // As many hand-overs as there are neither hide a sign-in nor push it out.
    let by = |n: i64, means: &str| ConnectionRecord {
        session: SessionId::parse(&format!("d{n}")).unwrap(),
        account: account("a2"),
        means: means.into(),
        ..connection(n)
    };
    store.add_connection(&by(0, "password")).await.unwrap();
    for n in 1..30 {
        store.add_connection(&by(n, "hand-over")).await.unwrap();
    }
    let last = store.connections_of(&account("a2"), "hand-over", 3).await;
    assert_eq!(last.unwrap(), [by(0, "password")]);
    let others = store.connections_of(&account("a2"), "password", 100).await;
    assert_eq!(others.unwrap().len(), 20);
}

async fn codes_are_good_once(store: &Store) {
    let password = PasswordRecord {
        account: account("a2"),
        hash: "$argon2id$".into(),
        totp: "sealed".into(),
        totp_step: 5,
        changed_at: NOON,
    };
    store
        .save_password(&password, &[[1; 32], [2; 32]])
        .await
        .unwrap();
    assert_eq!(
        store.password_of(&account("a2")).await.unwrap(),
        Some(password)
    );
    assert_eq!(store.password_of(&account("a1")).await.unwrap(), None);
    assert_eq!(
        store.password_holders().await.unwrap(),
        [account("a2")].into()
    );
    assert!(!store.use_totp(&account("a2"), 5).await.unwrap());
    assert!(store.use_totp(&account("a2"), 6).await.unwrap());
    assert!(!store.use_totp(&account("a2"), 6).await.unwrap());
    assert!(
        store
            .use_recovery_code(&account("a2"), &[1; 32])
            .await
            .unwrap()
    );
    assert!(
        !store
            .use_recovery_code(&account("a2"), &[1; 32])
            .await
            .unwrap()
    );
    assert!(
        !store
            .use_recovery_code(&account("a1"), &[2; 32])
            .await
            .unwrap()
    );
    assert_eq!(store.recovery_codes_left(&account("a2")).await.unwrap(), 1);
}

async fn attempts_are_counted_by_device(store: &Store) {
    assert_eq!(store.attempts(&account("a2"), "d").await.unwrap(), None);
    store
        .count_attempt(&account("a2"), "", after(1))
        .await
        .unwrap();
    store
        .count_attempt(&account("a2"), "", after(2))
        .await
        .unwrap();
    let counted = Attempts {
        failures: 2,
        failed_at: after(2),
    };
    assert_eq!(
        store.attempts(&account("a2"), "").await.unwrap(),
        Some(counted)
    );
    store.forget_attempts(&account("a2"), "d").await.unwrap();
    assert_eq!(
        store
            .attempts(&account("a2"), "d")
            .await
            .unwrap()
            .map(|known| known.failures),
        Some(0)
    );
    assert_eq!(
        store.attempts(&account("a2"), "").await.unwrap(),
        Some(counted)
    );
}

fn identity(hash: &str, of: &str) -> IdentityRecord {
    IdentityRecord {
        hash: hash.into(),
        account: account(of),
        provider: "proconnect".into(),
        linked_at: NOON,
        used_at: Timestamp::ZERO,
    }
}

async fn an_identity_opens_one_account(store: &Store) {
    assert!(store.add_identity(&identity("i1", "a1")).await.unwrap());
    assert!(
        !store.add_identity(&identity("i1", "a2")).await.unwrap(),
        "it opens another already"
    );
    assert!(store.add_identity(&identity("i2", "a2")).await.unwrap());
    assert_eq!(
        store.identity("i1").await.unwrap(),
        Some(identity("i1", "a1"))
    );
    assert_eq!(store.identity("i3").await.unwrap(), None);
    store.use_identity("i1", after(5)).await.unwrap();
    let used = IdentityRecord {
        used_at: after(5),
        ..identity("i1", "a1")
    };
    assert_eq!(store.identities_of(&account("a1")).await.unwrap(), [used]);
    let counts = store.identity_counts().await.unwrap();
    assert_eq!(counts, [(account("a1"), 1), (account("a2"), 1)].into());
    assert!(
        !store.remove_identity(&account("a1"), "i2").await.unwrap(),
        "somebody else's"
    );
    // The last way to sign in stays; with a password beside it, or a second identity, it goes.
    assert!(
        store
            .add_identity(&identity("i4", "élise@exemple.fr"))
            .await
            .unwrap()
    );
    let last = store
        .unlink_identity(&account("élise@exemple.fr"), "i4")
        .await;
    assert!(!last.unwrap(), "no other way to sign in");
    assert!(
        store
            .add_identity(&identity("i5", "élise@exemple.fr"))
            .await
            .unwrap()
    );
    for (of, hash, goes) in [
        ("a2", "i4", false),
        ("élise@exemple.fr", "i4", true),
        ("élise@exemple.fr", "i5", false),
    ] {
        let gone = store.unlink_identity(&account(of), hash).await.unwrap();
        assert_eq!(gone, goes, "{of} {hash}");
    }
    assert!(
        store
            .remove_identity(&account("élise@exemple.fr"), "i5")
            .await
            .unwrap()
    );
    assert!(store.password_of(&account("a2")).await.unwrap().is_some());
    assert!(store.add_identity(&identity("i6", "a2")).await.unwrap());
    assert!(store.unlink_identity(&account("a2"), "i6").await.unwrap());
    assert!(store.unlink_identity(&account("a2"), "i2").await.unwrap());
    assert!(store.add_identity(&identity("i2", "a2")).await.unwrap());
    assert!(store.remove_identity(&account("a2"), "i2").await.unwrap());
    assert!(
        store
            .identities_of(&account("a2"))
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_provider_ends_what_it_opened(store: &Store) {
    // The session `s2` of `a1` was opened by the first part of the contract.
    let known = ProviderSession {
        session: SessionId::parse("s2").unwrap(),
        provider: "proconnect".into(),
        identity: "i1".into(),
        sid: "d1".into(),
        sealed_token: "sealed".into(),
    };
    store.add_provider_session(&known).await.unwrap();
    assert_eq!(
        store.provider_session(&known.session).await.unwrap(),
        Some(known.clone())
    );
    for (sid, is_its) in [("d1", true), ("d2", false), ("", false)] {
        let found = store.accounts_of_provider_session(sid).await.unwrap();
        let expected: &[_] = if is_its { &[account("a1")] } else { &[] };
        assert_eq!(found, expected, "{sid}");
    }
    store
        .remove_sessions(std::slice::from_ref(&known.session))
        .await
        .unwrap();
    assert_eq!(store.provider_session(&known.session).await.unwrap(), None);
}

async fn a_recovery_takes_every_factor(store: &Store) {
    let recovery = RecoveryRecord {
        id: "re-1".into(),
        account: account("a1"),
        since: NOON,
        reason: "ordinateur volé".into(),
        asked_by: account("delegue"),
        granted_by: account("second"),
        granted_at: after(60),
    };
    store.add_recovery(&recovery).await.unwrap();
    assert_eq!(store.recoveries().await.unwrap(), [recovery]);
    store.remove_factors(&account("a1")).await.unwrap();
    assert!(store.passkeys_of(&account("a1")).await.unwrap().is_empty());
    assert!(
        store
            .identities_of(&account("a1"))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.password_of(&account("a2")).await.unwrap().is_some());
    store.remove_factors(&account("a2")).await.unwrap();
    assert!(store.password_of(&account("a2")).await.unwrap().is_none());
    assert_eq!(store.recovery_codes_left(&account("a2")).await.unwrap(), 0);
    assert_eq!(store.attempts(&account("a2"), "").await.unwrap(), None);
}

async fn mail_waits_until_it_leaves(store: &Store) {
    let mail = MailRecord {
        id: "m1".into(),
        recipient: "a@exemple.fr".into(),
        kind: "invitation".into(),
        account: account("a1"),
        detail: String::new(),
        tries: 0,
        next_at: NOON,
        expires_at: after(60),
    };
    store.add_mail(&mail).await.unwrap();
    store.delay_mail("m1", after(30)).await.unwrap();
    let later = MailRecord {
        tries: 1,
        next_at: after(30),
        ..mail
    };
    assert_eq!(store.mails().await.unwrap(), [later]);
    store.remove_mail("m1").await.unwrap();
    assert!(store.mails().await.unwrap().is_empty());
}
