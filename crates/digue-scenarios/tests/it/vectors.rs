//! The W3C's own credentials, through the library of our ceremonies.
//!
//! A ceremony answers the challenge that it was given: the vectors' challenges are put in place of
//! the drawn ones. They do not say that the user was verified, so the house itself refuses them.

use digue_app::OperationError;
use digue_identity::passkey;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, Url, Uuid, WebauthnBuilder,
};

use crate::app::Home;
use crate::passkey::{by_link, client};

const VECTORS: &str = include_str!("../data/w3c-webauthn.json");

fn text(vector: &Value, field: &str) -> String {
    let hex = vector[field].as_str().unwrap();
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The challenge that the browser of a vector was given.
fn challenge(client_data: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(client_data).unwrap();
    serde_json::from_slice::<Value>(&bytes).unwrap()["challenge"].clone()
}

/// `state` with this challenge, and content with a user who was not verified.
fn with_challenge(mut state: Value, challenge: &Value) -> Value {
    let inner = state.as_object_mut().unwrap().values_mut().next().unwrap();
    assert!(
        inner["challenge"].is_string() && inner["policy"].is_string(),
        "{inner}"
    );
    inner["challenge"] = challenge.clone();
    inner["policy"] = json!("discouraged");
    state
}

fn made(vector: &Value) -> Value {
    let id = text(vector, "credential_id");
    json!({
        "id": id, "rawId": id, "type": "public-key", "extensions": {},
        "response": {
            "attestationObject": text(vector, "attestation_object"),
            "clientDataJSON": text(vector, "registration_client_data"),
        },
    })
}

fn shown(vector: &Value) -> Value {
    let id = text(vector, "credential_id");
    json!({
        "id": id, "rawId": id, "type": "public-key", "extensions": {},
        "response": {
            "authenticatorData": text(vector, "authenticator_data"),
            "clientDataJSON": text(vector, "authentication_client_data"),
            "signature": text(vector, "signature"),
            "userHandle": URL_SAFE_NO_PAD.encode(Uuid::nil().as_bytes()),
        },
    })
}

#[test]
fn the_w3cs_credentials_register_and_sign_in() {
    let origin = Url::parse("https://example.org").unwrap();
    let webauthn = WebauthnBuilder::new("example.org", &origin)
        .unwrap()
        .build()
        .unwrap();
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let name = vector["name"].as_str().unwrap();
        let (_, state) = webauthn
            .start_passkey_registration(Uuid::nil(), "a", "a", None)
            .unwrap();
        let state = serde_json::to_value(&state).unwrap();
        let state = with_challenge(
            state,
            &challenge(&text(&vector, "registration_client_data")),
        );
        let state: PasskeyRegistration = serde_json::from_value(state).unwrap();
        let answer = serde_json::from_value(made(&vector)).unwrap();
        let key: Passkey = webauthn
            .finish_passkey_registration(&answer, &state)
            .unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let (_, state) = webauthn.start_discoverable_authentication().unwrap();
        let state = serde_json::to_value(&state).unwrap();
        let state = with_challenge(
            state,
            &challenge(&text(&vector, "authentication_client_data")),
        );
        let finish = |answer: Value, state: &Value| {
            let answer = serde_json::from_value(answer).unwrap();
            let state: DiscoverableAuthentication = serde_json::from_value(state.clone()).unwrap();
            webauthn.finish_discoverable_authentication_v2(&answer, state, &key)
        };
        finish(shown(&vector), &state).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        // One bit of the signature, and another challenge.
        let mut wrong = shown(&vector);
        let mut signature = URL_SAFE_NO_PAD
            .decode(wrong["response"]["signature"].as_str().unwrap())
            .unwrap();
        *signature.last_mut().unwrap() ^= 1;
        wrong["response"]["signature"] = URL_SAFE_NO_PAD.encode(signature).into();
        assert!(finish(wrong, &state).is_err(), "{name}");
        let (_, other) = webauthn.start_discoverable_authentication().unwrap();
        assert!(
            finish(shown(&vector), &serde_json::to_value(&other).unwrap()).is_err(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_house_takes_none_of_them_for_its_own() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    for vector in vectors {
        let begun = passkey::begin_adding(&home.app, &session).await.unwrap();
        let added =
            passkey::finish_adding(&home.app, &session, &begun.ceremony, "clé", made(&vector))
                .await;
        assert!(
            matches!(added, Err(OperationError::Invalid("invalid-passkey"))),
            "{added:?}"
        );
        let begun = passkey::begin_sign_in(&home.app).unwrap();
        let entered =
            passkey::finish_sign_in(&home.app, &begun.ceremony, shown(&vector), &client()).await;
        assert!(matches!(
            entered.err(),
            Some(OperationError::Invalid("invalid-passkey"))
        ));
    }
}
