//! Events against what OCSF 1.8.0 asks of their classes.

use digue_types::{AccountId, Timestamp};

use super::*;

/// Required of every event (`base_event`).
const ALWAYS: [&str; 7] = [
    "activity_id",
    "category_uid",
    "class_uid",
    "metadata",
    "severity_id",
    "time",
    "type_uid",
];

/// What a class requires beside, of which of these it needs one at least, and its activities.
struct OcsfClass {
    required: &'static [&'static str],
    at_least_one: &'static [&'static str],
    activities: &'static [(u64, &'static str)],
}

const DATASTORE_ACTIVITY: OcsfClass = OcsfClass {
    required: &["actor", "src_endpoint"],
    at_least_one: &["database", "databucket", "table"],
    activities: &[(1, "Read"), (4, "Query")],
};
const AUTHENTICATION_CLASS: OcsfClass = OcsfClass {
    required: &["user"],
    at_least_one: &["service", "dst_endpoint"],
    activities: &[(1, "Logon"), (2, "Logoff")],
};
const ENTITY_MANAGEMENT: OcsfClass = OcsfClass {
    required: &["entity"],
    at_least_one: &["entity"],
    activities: &[(12, "Suspend"), (13, "Resume")],
};

fn check(event: &Json) {
    let class = match event["class_uid"].as_u64() {
        Some(6005) => DATASTORE_ACTIVITY,
        Some(3002) => AUTHENTICATION_CLASS,
        Some(3004) => ENTITY_MANAGEMENT,
        other => panic!("{other:?}"),
    };
    for name in ALWAYS.iter().chain(class.required) {
        assert!(!event[name].is_null(), "{name}: {event}");
    }
    assert!(
        class.at_least_one.iter().any(|name| !event[name].is_null()),
        "{event}"
    );
    let id = event["activity_id"].as_u64().unwrap();
    let caption = class
        .activities
        .iter()
        .find(|(known, _)| *known == id)
        .map(|(_, caption)| *caption);
    match caption {
        Some(caption) => assert_eq!(event["activity_name"], caption, "{event}"),
        None => assert_eq!(id, 99, "{event}"),
    }
    let class_id = event["class_uid"].as_u64().unwrap();
    assert_eq!(event["type_uid"], class_id * 100 + id);
    assert_eq!(event["category_uid"], class_id / 1000);
    assert_eq!(event["metadata"]["version"], "1.8.0");
    assert!(!event["metadata"]["product"]["vendor_name"].is_null());
}

fn exposure(persons_found: u32, ip: &str) -> Json {
    let Event::Exposure(mut exposure) = digue_testkit::events::shown(0, "a1", "P1") else {
        panic!("an exposure");
    };
    exposure.persons_found = persons_found;
    exposure.client.ip = ip.to_owned();
    let event = as_ocsf("digue.test", 9, &Event::Exposure(exposure));
    check(&event);
    event
}

fn act(act: Act, subject: &str) -> Json {
    let event = as_ocsf(
        "digue.test",
        1,
        &Event::Administration(Administration {
            at: Timestamp::from_secs(1_763_000_000),
            actor: AccountId::parse("rssi").unwrap(),
            act,
            subject: digue_types::Subject::parse(subject),
            before: String::new(),
            after: String::new(),
            reason: String::new(),
        }),
    );
    check(&event);
    event
}

#[test]
fn an_exposure_says_who_read_whom() {
    let event = exposure(1, "192.0.2.7");
    assert_eq!(
        (&event["class_uid"], &event["type_uid"]),
        (&json!(6005), &json!(600_501))
    );
    assert_eq!(event["metadata"]["uid"], "digue.test#9");
    assert_eq!(event["time"], 1_763_000_000_000_i64);
    assert_eq!(event["unmapped"]["persons"][0]["uid"], "P1");
    assert_eq!(event["src_endpoint"]["ip"], "192.0.2.7");
}

#[test]
fn reading_many_is_a_query_and_never_a_write_and_an_unknown_address_is_said() {
    for (found, id) in [(0, 1), (1, 1), (2, 4), (2_000, 4)] {
        assert_eq!(exposure(found, "192.0.2.7")["activity_id"], id);
    }
    assert_eq!(exposure(1, "")["src_endpoint"], json!({"name": "unknown"}));
}

#[test]
fn a_session_that_an_officer_cuts_is_the_one_of_its_account() {
    let cut = act(Act::SessionCut, "account:of-000.agent2");
    assert_eq!(cut["user"]["uid"], "of-000.agent2");
    assert_eq!(cut["actor"]["user"]["uid"], "rssi");
    assert_eq!(cut["type_uid"], 300_202);
    for own in [Act::SessionOpened, Act::SessionCut] {
        assert_eq!(act(own, "session:s1")["user"]["uid"], "rssi");
    }
}

#[test]
fn accounts_are_suspended_and_resumed_by_the_schemas_own_words() {
    assert_eq!(act(Act::AccountSuspended, "account:a")["activity_id"], 12);
    assert_eq!(act(Act::AccountResumed, "account:a")["activity_id"], 13);
    let other = act(Act::GateSet, "gate:g");
    assert_eq!(
        (&other["activity_id"], &other["activity_name"]),
        (&json!(99), &json!("gate-set"))
    );
}

#[test]
fn a_finding_whose_signals_cannot_be_read_says_so() {
    let finding = |signals: &str| {
        let record = FindingRecord {
            id: "fi-1".parse().unwrap(),
            at: Timestamp::from_secs(1_763_000_000),
            account: Some(AccountId::parse("a1").unwrap()),
            organisation: "of-1".parse().unwrap(),
            portal: "kairos".parse().unwrap(),
            weight: "alert".to_owned(),
            evidence: 3000,
            signals: signals.to_owned(),
            around: String::new(),
            persons: 12,
            action: "observe".to_owned(),
            intended: "observe".to_owned(),
            is_fused: false,
            verdict: None,
        };
        finding_event("https://digue.test", &record)
    };
    let unread = finding("[{");
    assert!(
        unread["evidences"][0]["data"]["signals"].is_null(),
        "{unread}"
    );
    assert!(
        unread["message"]
            .as_str()
            .unwrap()
            .contains("cannot be read"),
        "{unread}"
    );
    assert!(
        unread["finding_info"]["desc"]
            .as_str()
            .unwrap()
            .contains("illisibles"),
        "{unread}"
    );
    assert_eq!(finding("[]")["evidences"][0]["data"]["signals"], json!([]));
}
