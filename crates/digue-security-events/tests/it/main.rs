//! The examples of the specifications, and tokens that nobody wrote.

#![allow(clippy::unwrap_used, reason = "a test ends at its first fault")]

use digue_security_events::{SecurityEvent, SecurityEventToken, SubjectIdentifier};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Every complete token of OpenID CAEP 1.0, RISC 1.0 and SSF 1.0 (29 August 2025), each with the
/// title of its figure.
const EXAMPLES: &str = include_str!("../data/examples.json");

fn examples() -> Vec<(String, Map<String, Value>)> {
    let all: Vec<Value> = serde_json::from_str(EXAMPLES).unwrap();
    let one = |example: &Value| {
        let source = example["source"].as_str().unwrap().to_owned();
        (source, example["token"].as_object().unwrap().clone())
    };
    all.iter().map(one).collect()
}

/// Members of events that are read by nobody here; all others must come back.
const UNREAD: [&str; 2] = ["fido2_aaguid", "friendly_name"];

#[test]
fn every_example_of_the_specifications_is_read_and_written_again() {
    let examples = examples();
    assert_eq!(examples.len(), 24);
    for (source, claims) in &examples {
        let token = SecurityEventToken::parse(claims);
        let token = token.unwrap_or_else(|fault| panic!("{source}: {fault}"));
        let mut expected = Value::Object(claims.clone());
        if let SecurityEvent::Other(uri) = &token.event {
            expected["events"][uri] = json!({});
        }
        if let Some(SubjectIdentifier::Other(format)) = token.subject.user() {
            expected["sub_id"] = json!({"format": format});
        }
        for event in expected["events"].as_object_mut().unwrap().values_mut() {
            event
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !UNREAD.contains(&name.as_str()));
        }
        assert_eq!(token.claims(), expected, "{source}");
    }
}

#[test]
fn the_examples_are_of_the_kinds_that_their_figures_say() {
    let mut kinds: Vec<String> = examples()
        .iter()
        .map(|(_, claims)| {
            SecurityEventToken::parse(claims)
                .unwrap()
                .event
                .name()
                .to_owned()
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "account-credential-change-required",
            "account-disabled",
            "account-enabled",
            "assurance-level-change",
            "credential-change",
            "credential-compromise",
            "device-compliance-change",
            "identifier-changed",
            "identifier-recycled",
            "session-revoked",
            "stream-updated",
            "token-claims-change",
            "verification",
        ]
    );
}

/// Any JSON of a few levels, with the names that the reader looks for.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "format",
        "user",
        "session",
        "id",
        "email",
        "iss",
        "sub",
        "uri",
        "identifiers",
        "claims",
        "events",
        "sub_id",
        "aud",
        "jti",
        "iat",
        "status",
        "event_timestamp",
        "reason_admin",
        "initiating_entity",
        "change_type",
        "credential_type",
        "x",
        "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
        "https://schemas.openid.net/secevent/caep/event-type/credential-change",
        "https://schemas.openid.net/secevent/ssf/event-type/stream-updated",
    ]);
    let words = prop::sample::select(vec![
        "complex",
        "aliases",
        "opaque",
        "email",
        "iss_sub",
        "a@b.fr",
        "acct:a@b.fr",
        "create",
        "paused",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        words.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(names.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// One member of an example is replaced by anything: it is read as a token that says again what
    /// was read, or refused; never taken for an ID token or a logout token.
    #[test]
    fn whatever_a_token_says_is_refused_or_read_as_it_will_be_written(
        which in 0_usize..24, place in any::<prop::sample::Index>(), value in any_json(), deep in any::<bool>(),
    ) {
        let (_, mut claims) = examples().swap_remove(which);
        let names: Vec<String> = claims.keys().cloned().collect();
        let name = &names[place.index(names.len())];
        match claims.get_mut(name).and_then(Value::as_object_mut) {
            Some(members) if deep => {
                let inner = members.keys().next().cloned().unwrap_or_default();
                members.insert(inner, value);
            }
            _ => {
                claims.insert(name.clone(), value);
            }
        }
        if let Ok(token) = SecurityEventToken::parse(&claims) {
            let written = token.claims();
            let again = SecurityEventToken::parse(written.as_object().unwrap());
            prop_assert_eq!(again, Ok(token));
            for name in ["sub", "exp", "nonce"] {
                prop_assert!(!written.as_object().unwrap().contains_key(name));
            }
        }
    }

    #[test]
    fn any_object_is_refused_or_read(value in any_json()) {
        if let Some(claims) = value.as_object() {
            let _ = SecurityEventToken::parse(claims);
        }
    }
}
