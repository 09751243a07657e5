//! Device-bound sessions, spoken by a client that has the protocol and no browser.

use std::time::Duration;

use digue_access::Session;
use digue_app::OperationError;
use digue_identity::devices;
use digue_testkit::Holder;
use serde_json::json;

use crate::app::Home;
use crate::passkey::by_link;

const TYPE: &str = "dbsc+jwt";

fn current(home: &Home, session: &Session) -> Session {
    home.app
        .gateway()
        .sessions(|known| known.id == session.id)
        .pop()
        .unwrap()
}

/// The challenge of the header that invites a browser.
fn invited(home: &Home, session: &Session) -> String {
    let header = devices::invitation(&home.app, session).unwrap();
    assert!(
        header.starts_with("(ES256 RS256);path=\"/.digue/device/register\";challenge=\""),
        "{header}"
    );
    header.split('"').nth(3).unwrap().to_owned()
}

fn is_refused<T>(result: Result<T, OperationError>) -> bool {
    matches!(result, Err(OperationError::Invalid("invalid-ceremony")))
}

#[tokio::test]
async fn a_session_is_bound_to_a_key_and_only_the_key_gets_the_next_cookie() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let key = Holder::new();
    let challenge = invited(&home, &session);
    let token = key.sign(TYPE, &json!({"jti": challenge}), true);
    let bound = devices::register(&home.app, &session, &token)
        .await
        .unwrap();
    assert_eq!(bound.instructions["refresh_url"], "/.digue/device/refresh");
    assert_eq!(
        bound.instructions["credentials"][0]["name"],
        "__Host-digue-device"
    );
    let session = current(&home, &session);
    let first = session.device.clone().unwrap();
    assert_eq!(first.cookie, bound.cookie.hash());

    // A second key cannot take its place, whoever brings it.
    let again = key.sign(TYPE, &json!({"jti": invited(&home, &session)}), true);
    let taken = devices::register(&home.app, &session, &again).await;
    assert!(matches!(taken, Err(OperationError::Conflict)));

    // The thief has both cookies and no key.
    let challenge = devices::challenge(&home.app, &session).unwrap();
    let thief = Holder::new().sign(TYPE, &json!({"jti": challenge}), true);
    assert!(is_refused(
        devices::refresh(&home.app, &session, &thief).await
    ));
    let challenge = devices::challenge(&home.app, &session).unwrap();
    let token = key.sign(TYPE, &json!({"jti": challenge}), false);
    devices::refresh(&home.app, &session, &token).await.unwrap();
    let after = current(&home, &session).device.unwrap();
    assert_ne!(after.cookie, first.cookie);
    // The cookie before is good for what was under way, ten seconds.
    let (before, until) = after.before.unwrap();
    assert_eq!(
        (before, until),
        (first.cookie, home.now().plus(Duration::from_secs(10)))
    );
}

#[tokio::test]
async fn a_challenge_is_signed_once_in_time_and_by_that_type_of_token() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let key = Holder::new();
    // Another challenge, another type, a claim missing, no key at all.
    invited(&home, &session);
    let tokens = [
        key.sign(TYPE, &json!({"jti": "made up"}), true),
        key.sign("jwt", &json!({"jti": invited(&home, &session)}), true),
        key.sign(TYPE, &json!({}), true),
        key.sign(TYPE, &json!({"jti": invited(&home, &session)}), false),
        "no token".to_owned(),
    ];
    for token in tokens {
        assert!(
            is_refused(devices::register(&home.app, &session, &token).await),
            "{token}"
        );
    }
    let challenge = invited(&home, &session);
    home.clock.pass(Duration::from_mins(2));
    let late = key.sign(TYPE, &json!({"jti": challenge}), true);
    assert!(is_refused(
        devices::register(&home.app, &session, &late).await
    ));
    let token = key.sign(TYPE, &json!({"jti": invited(&home, &session)}), true);
    devices::register(&home.app, &session, &token)
        .await
        .unwrap();
    let session = current(&home, &session);
    // What registered does not refresh, too.
    devices::challenge(&home.app, &session).unwrap();
    assert!(is_refused(
        devices::refresh(&home.app, &session, &token).await
    ));
}
