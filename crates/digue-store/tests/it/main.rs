//! One contract, two databases. PostgreSQL is started by `postgres`, on loopback, for this run.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod findings;
mod isms;
mod mariadb;
mod migrations;
mod old_records;
mod old_release;
mod people;
mod persons;
mod postgres;
mod rules;
mod spellings;

use digue_access::session::{ClientIp, Device};
use digue_access::{AccountRecord, Membership, Reach, RequestOrigin, Role, Session};
use digue_store::{
    ApprovalDecision, ApprovalRecord, BreakGlassRecord, CampaignRecord, ContactSource, EntryRecord,
    FileRecord, GateRecord, NoticeRecord, PasskeyRecord, Store, StoreConnection,
};
use digue_types::{AccountId, Gate, GateReason, OrganisationId, PortalId, SessionId, Timestamp};

const NOON: Timestamp = Timestamp::from_secs(1_763_812_800);

fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

/// Runs every sentence of the contract against an empty store.
async fn keeps_the_contract(store: &Store) {
    accounts_are_replaced_by_name(store).await;
    a_file_is_kept_once_by_what_it_holds(store).await;
    a_gate_is_kept_until_it_opens(store).await;
    an_incidents_entries_are_added_once_and_in_order(store).await;
    a_notice_is_taken_by_one_sender_and_its_destination_forgotten(store).await;
    a_link_is_taken_once_and_in_time(store).await;
    sessions_survive_and_are_removed(store).await;
    break_glass_waits_for_one_review(store).await;
    passkeys_are_counted_and_the_last_one_stays(store).await;
    an_approval_is_decided_once_and_in_time(store).await;
    findings::keep_the_contract(store).await;
    isms::keep_the_contract(store).await;
    people::keep_the_contract(store).await;
    persons::keep_the_contract(store).await;
    rules::keep_the_contract(store).await;
}

async fn accounts_are_replaced_by_name(store: &Store) {
    let organisation = OrganisationId::parse("of-1").unwrap();
    let membership = |role| Membership {
        organisation: organisation.clone(),
        role,
    };
    let record = |role, is_suspended| AccountRecord {
        organisation: organisation.clone(),
        role,
        is_suspended,
    };
    store
        .save_accounts(&[(account("a1"), membership(Role::Agent))])
        .await
        .unwrap();
    assert!(store.set_suspended(&account("a1"), true).await.unwrap());
    assert!(
        !store.set_suspended(&account("a1"), true).await.unwrap(),
        "it is suspended already"
    );
    assert!(
        !store.set_suspended(&account("a2"), true).await.unwrap(),
        "there is none"
    );
    let both = [
        (account("a1"), membership(Role::Delegate)),
        (account("élise@exemple.fr"), membership(Role::Ciso)),
    ];
    store.save_accounts(&both).await.unwrap();
    let mut found = store.accounts().await.unwrap();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        (account("a1"), record(Role::Delegate, true)),
        (account("élise@exemple.fr"), record(Role::Ciso, false)),
    ];
    assert_eq!(
        found, expected,
        "what was suspended stays so when its role changes"
    );
}

async fn passkeys_are_counted_and_the_last_one_stays(store: &Store) {
    let passkey = |id: &str, counter| PasskeyRecord {
        id: id.to_owned(),
        account: account("a1"),
        handle: "h".into(),
        name: "téléphone".into(),
        credential: "{}".into(),
        counter,
        is_backed_up: true,
        added_at: NOON,
        used_at: Timestamp::ZERO,
    };
    store.add_passkey(&passkey("k1", 4)).await.unwrap();
    store.add_passkey(&passkey("k2", 0)).await.unwrap();
    assert!(store.add_passkey(&passkey("k1", 4)).await.is_err());
    assert_eq!(store.passkey("k1").await.unwrap(), Some(passkey("k1", 4)));
    assert_eq!(store.passkey("k3").await.unwrap(), None);
    assert_eq!(
        store.passkey_counts().await.unwrap(),
        [(account("a1"), 2)].into()
    );
    // Two uses that saw the same counter: one of them is a copy.
    assert!(store.use_passkey(&passkey("k1", 5), 4).await.unwrap());
    assert!(!store.use_passkey(&passkey("k1", 5), 4).await.unwrap());
    assert_eq!(
        store.passkeys_of(&account("a1")).await.unwrap(),
        [passkey("k1", 5), passkey("k2", 0)]
    );
    assert!(!store.remove_passkey(&account("a2"), "k1").await.unwrap());
    assert!(store.remove_passkey(&account("a1"), "k1").await.unwrap());
    assert!(!store.remove_passkey(&account("a1"), "k2").await.unwrap());
}

async fn an_approval_is_decided_once_and_in_time(store: &Store) {
    let approval = |id: &str| ApprovalRecord {
        id: id.to_owned(),
        kind: "open-gate".into(),
        subject: account("a1").into(),
        detail: "open".into(),
        organisation: OrganisationId::parse("of-1").unwrap(),
        reason: "appareil retrouvé".into(),
        asked_by: account("rssi"),
        asked_at: NOON,
        expires_at: Timestamp::from_secs(NOON.secs() + 60),
        decided: None,
    };
    let decided = |secs: i64| ApprovalDecision {
        by: account("dpo"),
        at: Timestamp::from_secs(NOON.secs() + secs),
        is_granted: true,
    };
    store.add_approval(&approval("ap-1")).await.unwrap();
    store.add_approval(&approval("ap-2")).await.unwrap();
    assert!(!store.claim_approval("ap-1", &decided(60)).await.unwrap());
    assert!(store.claim_approval("ap-1", &decided(58)).await.unwrap());
    assert!(!store.claim_approval("ap-1", &decided(59)).await.unwrap());
    // A claim is not a decision; one that is released is pending again.
    assert_eq!(
        store.approvals().await.unwrap(),
        [approval("ap-1"), approval("ap-2")]
    );
    store
        .release_approval("ap-1", &account("dpo"))
        .await
        .unwrap();
    assert!(store.claim_approval("ap-1", &decided(59)).await.unwrap());
    assert!(store.settle_approval("ap-1", &decided(59)).await.unwrap());
    assert!(!store.settle_approval("ap-1", &decided(59)).await.unwrap());
    assert!(!store.claim_approval("ap-1", &decided(59)).await.unwrap());
    let first = ApprovalRecord {
        decided: Some(decided(59)),
        ..approval("ap-1")
    };
    assert_eq!(store.approvals().await.unwrap(), [first, approval("ap-2")]);
}

async fn an_incidents_entries_are_added_once_and_in_order(store: &Store) {
    let entry = |incident: &str, number: u32, note: &str| EntryRecord {
        incident: incident.to_owned(),
        number,
        at: NOON,
        recorded_at: NOON,
        author: "dpo".to_owned(),
        note: note.to_owned(),
    };
    let first = store
        .open_incident("in-1", 7, &entry("in-1", 1, "{}"))
        .await
        .unwrap();
    let second = store
        .open_incident("in-2", 9, &entry("in-2", 1, "{}"))
        .await
        .unwrap();
    assert_eq!((first.number, second.number, second.journal), (1, 2, 9));
    assert!(
        store
            .add_incident_entry(&entry("in-1", 2, "le premier"))
            .await
            .unwrap()
    );
    assert!(
        !store
            .add_incident_entry(&entry("in-1", 2, "le second"))
            .await
            .unwrap(),
        "one of two is first"
    );
    let kept = store.incident_entries("in-1").await.unwrap();
    assert_eq!(
        kept,
        [entry("in-1", 1, "{}"), entry("in-1", 2, "le premier")]
    );
    assert_eq!(store.incident_entries("").await.unwrap().len(), 3);
    assert_eq!(store.incidents().await.unwrap(), [second, first.clone()]);
    assert_eq!(store.incident("in-1").await.unwrap(), Some(first));
}

async fn a_notice_is_taken_by_one_sender_and_its_destination_forgotten(store: &Store) {
    let campaign = CampaignRecord {
        id: "ca-1".to_owned(),
        incident: "in-1".to_owned(),
        version: 1,
        made_at: NOON,
        made_by: account("dpo"),
        state: "ready".to_owned(),
        language: "fr".to_owned(),
        subject: "Vos données".to_owned(),
        blocks: "{}".to_owned(),
        rate: 60,
        ended_at: Timestamp::ZERO,
        after: 0,
        source: "csv".to_owned(),
        persons: 2,
        faults: "[]".to_owned(),
    };
    store.add_campaign(&campaign).await.unwrap();
    let notice = |number: u32| NoticeRecord {
        campaign: "ca-1".to_owned(),
        number,
        code: (1 << 59) + u64::from(number),
        population: "personnes".to_owned(),
        person: format!("P{number}"),
        seen: "{}".to_owned(),
        channel: "mail".to_owned(),
        destination: format!("p{number}@example.fr"),
        masked: "p•••@e•••.fr".to_owned(),
        hash: "ab".to_owned(),
        state: "waiting".to_owned(),
        at: NOON,
        detail: String::new(),
        checks: 0,
        places: String::new(),
    };
    assert_eq!(store.last_notice("ca-1").await.unwrap(), 0);
    store.add_notices(&[notice(1), notice(2)]).await.unwrap();
    assert_eq!(store.last_notice("ca-1").await.unwrap(), 2);
    // Letters after more notices of another channel than one file takes.
    let listed = |number: u32, channel: &str| NoticeRecord {
        campaign: "ca-2".to_owned(),
        channel: channel.to_owned(),
        state: "listed".to_owned(),
        ..notice(number)
    };
    let other = CampaignRecord {
        id: "ca-2".to_owned(),
        ..campaign.clone()
    };
    store.add_campaign(&other).await.unwrap();
    let by_hand = [listed(3, "sms"), listed(4, "sms"), listed(5, "letter")];
    store.add_notices(&by_hand).await.unwrap();
    let letters = store.notices_by_hand("ca-2", "letter", 0, 2).await;
    assert_eq!(letters.unwrap(), [listed(5, "letter")]);
    assert_eq!(store.notice_channels("ca-1").await.unwrap()["mail"], 2);
    store
        .set_campaign_faults("ca-1", "[[2,\"contact-fault-row\"]]")
        .await
        .unwrap();
    assert!(
        store
            .campaign("ca-1")
            .await
            .unwrap()
            .unwrap()
            .faults
            .contains("contact-fault-row")
    );
    assert_eq!(
        store.take_notice("ca-1", NOON).await.unwrap(),
        None,
        "the campaign has not begun"
    );
    assert!(
        store
            .move_campaign("ca-1", ("ready", "sending"), Timestamp::ZERO)
            .await
            .unwrap()
    );
    let first = store.take_notice("ca-1", NOON).await.unwrap().unwrap();
    assert_eq!((first.number, first.state.as_str()), (1, "sending"));
    assert!(
        store
            .move_campaign("ca-1", ("sending", "paused"), Timestamp::ZERO)
            .await
            .unwrap()
    );
    assert_eq!(
        store.take_notice("ca-1", NOON).await.unwrap(),
        None,
        "it was paused"
    );
    assert!(
        store
            .move_campaign("ca-1", ("paused", "sending"), Timestamp::ZERO)
            .await
            .unwrap()
    );
    assert_eq!(
        store
            .take_notice("ca-1", NOON)
            .await
            .unwrap()
            .unwrap()
            .number,
        2
    );
    assert_eq!(store.take_notice("ca-1", NOON).await.unwrap(), None);
    store.set_notice("ca-1", 1, "sent", "", NOON).await.unwrap();
    assert_eq!(store.doubt_notices().await.unwrap(), 1);
    let counts = store.notice_counts("ca-1").await.unwrap();
    assert_eq!((counts["sent"], counts["uncertain"]), (1, 1));
    store.note_check((1 << 59) + 2, "ab").await.unwrap();
    store.forget_destinations("ca-1").await.unwrap();
    let kept = store.notice_by_code((1 << 59) + 2).await.unwrap().unwrap();
    assert_eq!(
        (kept.destination.as_str(), kept.checks, kept.places.as_str()),
        ("", 1, "ab")
    );
    assert_eq!(
        store.notices("ca-1", "uncertain", 0, 10).await.unwrap(),
        [kept]
    );
    assert!(
        store
            .move_campaign("ca-1", ("sending", "ended"), NOON)
            .await
            .unwrap()
    );
    assert!(
        !store
            .move_campaign("ca-1", ("preparing", "ready"), NOON)
            .await
            .unwrap(),
        "it is over"
    );
    assert_eq!(
        store.campaign("ca-1").await.unwrap().unwrap().ended_at,
        NOON
    );
    assert_eq!(store.campaigns().await.unwrap().len(), 2);
}

async fn a_file_is_kept_once_by_what_it_holds(store: &Store) {
    let file = FileRecord {
        subject: "incident:in-1".to_owned(),
        hash: "ab".to_owned(),
        name: "accusé.pdf".to_owned(),
        size: 3,
        kept_at: NOON,
        kept_by: account("dpo"),
    };
    assert!(store.add_file(&file, &[0, 255, 7]).await.unwrap());
    assert!(
        !store.add_file(&file, &[1]).await.unwrap(),
        "the same file is not kept twice"
    );
    assert_eq!(store.files("incident:in-1").await.unwrap(), [file]);
    assert_eq!(
        store.file_bytes("incident:in-1", "ab").await.unwrap(),
        Some(vec![0, 255, 7])
    );
    assert_eq!(store.file_bytes("incident:in-2", "ab").await.unwrap(), None);
}

async fn a_gate_is_kept_until_it_opens(store: &Store) {
    let record = |gate, reason: &str| GateRecord {
        reach: Reach::Account(account("a1")),
        gate,
        reason: GateReason::parse(reason),
        set_by: account("rssi"),
        set_at: NOON,
    };
    store
        .set_gate(&record(Gate::StepUp, "doute"))
        .await
        .unwrap();
    store
        .set_gate(&record(Gate::Closed, "vol d'identité ; \"certain\""))
        .await
        .unwrap();
    assert_eq!(
        store.gates().await.unwrap(),
        [record(Gate::Closed, "vol d'identité ; \"certain\"")]
    );
    assert_eq!(
        store
            .gate_table()
            .await
            .unwrap()
            .of(&Reach::Account(account("a1"))),
        Gate::Closed
    );
    store.set_gate(&record(Gate::Open, "fini")).await.unwrap();
    assert_eq!(store.gates().await.unwrap(), []);
}

async fn a_link_is_taken_once_and_in_time(store: &Store) {
    let link = StoreConnection {
        account: account("a1"),
        host: "portal.test".into(),
        expires_at: NOON,
        state: "ab".into(),
        proved_at: NOON,
    };
    store.add_link(&[1; 32], &link).await.unwrap();
    assert_eq!(store.take_link(&[1; 32], NOON).await.unwrap(), None);
    let before = Timestamp::from_secs(NOON.secs() - 1);
    assert_eq!(
        store.peek_link(&[1; 32], before).await.unwrap(),
        Some(link.clone())
    );
    assert_eq!(store.take_link(&[1; 32], before).await.unwrap(), Some(link));
    assert_eq!(store.take_link(&[1; 32], before).await.unwrap(), None);
}

async fn sessions_survive_and_are_removed(store: &Store) {
    let session = |id: &str| Session {
        id: SessionId::parse(id).unwrap(),
        account: account("a1"),
        organisation: OrganisationId::parse("of-1").unwrap(),
        host: "portal.test".into(),
        opened_at: NOON,
        seen_at: NOON,
        proved_at: NOON,
        origin: RequestOrigin {
            ip: ClientIp::read("192.0.2.1"),
            agent: "Firefox".into(),
            tls: "a_b".into(),
        },
        other_ip: ClientIp::Unknown,
        device: None,
    };
    store.add_session(&[1; 32], &session("s1")).await.unwrap();
    store.add_session(&[255; 32], &session("s2")).await.unwrap();
    store
        .remove_sessions(&[SessionId::parse("s1").unwrap()])
        .await
        .unwrap();
    assert_eq!(
        store.sessions().await.unwrap(),
        [([255; 32], session("s2"))]
    );
    let device = Device {
        key: "{}".into(),
        cookie: [7; 32],
        until: NOON,
        before: None,
    };
    store
        .bind_session(&SessionId::parse("s2").unwrap(), &device)
        .await
        .unwrap();
    let bound = Session {
        device: Some(device),
        ..session("s2")
    };
    assert_eq!(store.sessions().await.unwrap(), [([255; 32], bound)]);
}

async fn break_glass_waits_for_one_review(store: &Store) {
    let mut record = BreakGlassRecord {
        id: "b1".into(),
        portal: PortalId::parse("kairos").unwrap(),
        account: account("a1"),
        justification: "Urgence sociale signalée par téléphone".into(),
        opened_at: NOON,
        until: Timestamp::from_secs(NOON.secs() + 900),
        reviewed: None,
    };
    store.add_break_glass(&record).await.unwrap();
    assert_eq!(store.break_glass().await.unwrap(), [record.clone()]);
    assert!(
        store
            .review_break_glass("b1", &account("dpo"), NOON)
            .await
            .unwrap()
    );
    assert!(
        !store
            .review_break_glass("b1", &account("other"), NOON)
            .await
            .unwrap()
    );
    record.reviewed = Some((account("dpo"), NOON));
    assert_eq!(store.break_glass().await.unwrap(), [record]);
}

/// A foreign database, with other tables: here, the one that was just filled.
async fn a_source_of_contacts_is_read_and_never_written(url: &str) {
    let read = async |query: &str| {
        let mut rows = Vec::new();
        let source = ContactSource {
            url: url.to_owned(),
            query: query.to_owned(),
        };
        source.read(&mut |row| rows.push(row)).await.map(|()| rows)
    };
    let names =
        "SELECT id AS person, role AS email, NULL AS phone, 12 AS name FROM accounts ORDER BY id";
    let rows = read(names).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        (
            rows[0].person.as_str(),
            rows[0].email.as_str(),
            rows[0].phone.as_str()
        ),
        ("a1", "delegate", "")
    );
    assert_eq!(
        rows[0].address, "",
        "a column that is not asked for is empty"
    );
    assert!(
        read("SELECT role AS email FROM accounts").await.is_err(),
        "contacts of nobody are not contacts"
    );
    let wrong_type = "SELECT id AS person, 1.5 AS email FROM accounts";
    assert!(
        read(wrong_type).await.is_err(),
        "what cannot be read is not empty"
    );
    assert!(read("SELECT nothing FROM nowhere").await.is_err());
    let wrote = read("DELETE FROM accounts RETURNING id AS person").await;
    assert!(wrote.is_err(), "a source is not written to: {wrote:?}");
    assert_eq!(read(names).await.unwrap().len(), 3);
    let secret = ContactSource {
        url: "postgres://u:secret@h/b".to_owned(),
        query: names.to_owned(),
    };
    assert!(
        !format!("{secret:?}").contains("secret"),
        "an address may hold a password"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("state.db").display());
    let store = Store::open(&url).await.unwrap();
    keeps_the_contract(&store).await;
    store.close().await;
    // What was written is there after a restart, and migrating twice changes nothing.
    let again = Store::open(&url).await.unwrap();
    assert_eq!(again.accounts().await.unwrap().len(), 3);
    a_source_of_contacts_is_read_and_never_written(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_memory_keeps_the_contract() {
    keeps_the_contract(&Store::open("sqlite::memory:").await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_the_contract() {
    let server = postgres::start();
    let store = Store::open(&server.url).await.unwrap();
    keeps_the_contract(&store).await;
    store.close().await;
    let again = Store::open(&server.url).await.unwrap();
    assert_eq!(again.accounts().await.unwrap().len(), 3);
    a_source_of_contacts_is_read_and_never_written(&server.url).await;
}
