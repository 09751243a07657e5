//! Ceremonies, honest and hostile.

use std::time::Duration;

use digue_access::session::ClientIp;
use digue_access::{RequestOrigin, Role, Session};
use digue_administration::accounts;
use digue_app::{Actor, OperationError};
use digue_identity::passkey;
use digue_identity::sign_in::{self, SignInMeans};
use digue_testkit::Authenticator;
use digue_types::Act;

use crate::app::{CONSOLE, CONSOLE_HOST, Home, PORTAL_HOST};

pub(crate) fn client() -> RequestOrigin {
    RequestOrigin {
        ip: ClientIp::read("192.0.2.7"),
        agent: "Firefox".into(),
        tls: String::new(),
    }
}

/// A session on the console, opened by a one-time link.
pub(crate) async fn by_link(home: &Home, account: &str) -> Session {
    let id = home.account(account, Role::Agent).await;
    let hour = Duration::from_hours(1);
    let link = sign_in::issue_link(&home.app, &Actor::digue(), &id, CONSOLE_HOST, hour)
        .await
        .unwrap();
    let token = link.split_once("link=").unwrap().1;
    sign_in::enter(&home.app, token, CONSOLE_HOST, &client())
        .await
        .unwrap();
    home.app.gateway().sessions_of(&id).pop().unwrap()
}

pub(crate) async fn enrol(
    home: &Home,
    session: &Session,
    device: &mut Authenticator,
) -> Result<(), OperationError> {
    let begun = passkey::begin_adding(&home.app, session).await?;
    let answer = device.create(&begun.options);
    passkey::finish_adding(&home.app, session, &begun.ceremony, "téléphone", answer).await
}

pub(crate) async fn come_in(
    home: &Home,
    device: &mut Authenticator,
) -> Result<Session, OperationError> {
    let begun = passkey::begin_sign_in(&home.app)?;
    let answer = device.get(&begun.options);
    let done = passkey::finish_sign_in(&home.app, &begun.ceremony, answer, &client()).await;
    done.map(|(_, session)| session)
}

fn honest() -> Authenticator {
    Authenticator::new(CONSOLE_HOST, CONSOLE)
}

#[track_caller]
fn is_refused<T>(result: Result<T, OperationError>) {
    // One answer to every way of being wrong: it teaches nothing.
    assert!(
        matches!(result, Err(OperationError::Invalid("invalid-passkey"))),
        "{:?}",
        result.err()
    );
}

#[tokio::test]
async fn a_passkey_signs_its_holder_in_and_both_are_written_down() {
    let home = Home::open().await;
    let first = by_link(&home, "a1").await;
    let mut device = honest();
    enrol(&home, &first, &mut device).await.unwrap();
    let session = come_in(&home, &mut device).await.unwrap();
    assert_eq!(
        (session.account.as_str(), session.origin.ip),
        ("a1", ClientIp::read("192.0.2.7"))
    );
    let known = passkey::own(&home.app, &session).await.unwrap();
    assert_eq!(
        (known[0].name.as_str(), known[0].counter, known.len()),
        ("téléphone", 2, 1)
    );
    let acts: Vec<Act> = home.acts().into_iter().map(|(act, _)| act).collect();
    assert_eq!(
        acts,
        [
            Act::AccountSaved,
            Act::LinkIssued,
            Act::SessionOpened,
            Act::PasskeyAdded,
            Act::SessionOpened
        ]
    );
}

#[tokio::test]
async fn a_challenge_is_good_once_and_for_five_minutes() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let mut device = honest();
    enrol(&home, &session, &mut device).await.unwrap();
    let begun = passkey::begin_sign_in(&home.app).unwrap();
    let answer = device.get(&begun.options);
    let again = answer.clone();
    passkey::finish_sign_in(&home.app, &begun.ceremony, answer, &client())
        .await
        .unwrap();
    let replayed =
        passkey::finish_sign_in(&home.app, &begun.ceremony, again.clone(), &client()).await;
    assert!(matches!(
        replayed,
        Err(OperationError::Invalid("invalid-ceremony"))
    ));
    // Nor under another ceremony: the challenge is not that one's.
    let other = passkey::begin_sign_in(&home.app).unwrap();
    is_refused(passkey::finish_sign_in(&home.app, &other.ceremony, again, &client()).await);
    let late = passkey::begin_sign_in(&home.app).unwrap();
    home.clock.pass(Duration::from_mins(5));
    let answer = device.get(&late.options);
    let late = passkey::finish_sign_in(&home.app, &late.ceremony, answer, &client()).await;
    assert!(matches!(
        late,
        Err(OperationError::Invalid("invalid-ceremony"))
    ));
}

#[tokio::test]
async fn a_wrong_place_an_unverified_user_and_a_copied_key_are_refused() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let mut device = honest();
    enrol(&home, &session, &mut device).await.unwrap();
    for origin in [
        "https://digue.test.evil.example",
        "http://digue.test",
        "https://portail.test",
    ] {
        device.origin = origin.into();
        is_refused(come_in(&home, &mut device).await);
    }
    device.origin = CONSOLE.into();
    device.host = "evil.example".into();
    is_refused(come_in(&home, &mut device).await);
    device.host = CONSOLE_HOST.into();
    device.verifies_user = false;
    is_refused(come_in(&home, &mut device).await);
    device.verifies_user = true;
    come_in(&home, &mut device).await.unwrap();
    // A copy made before that use counts from where it was.
    device.counter -= 1;
    is_refused(come_in(&home, &mut device).await);
    come_in(&home, &mut device).await.unwrap();
    is_refused(come_in(&home, &mut honest()).await);
    let done =
        accounts::set_suspended(&home.app, &Actor::digue(), &session.account, true, "départ").await;
    done.unwrap();
    is_refused(come_in(&home, &mut device).await);
}

#[tokio::test]
async fn a_passkey_cannot_be_made_for_another_place_or_account() {
    let home = Home::open().await;
    let (a1, a2) = (by_link(&home, "a1").await, by_link(&home, "a2").await);
    let mut elsewhere = Authenticator::new(CONSOLE_HOST, "https://evil.example");
    is_refused(enrol(&home, &a1, &mut elsewhere).await);
    let mut careless = honest();
    careless.verifies_user = false;
    is_refused(enrol(&home, &a1, &mut careless).await);
    // A ceremony that a1 began is not a2's to finish.
    let begun = passkey::begin_adding(&home.app, &a1).await.unwrap();
    let answer = honest().create(&begun.options);
    let stolen = passkey::finish_adding(&home.app, &a2, &begun.ceremony, "x", answer).await;
    assert!(matches!(stolen, Err(OperationError::Denied)));
    // A passkey of a2 that says it is a1's opens neither.
    let (mut first, mut second) = (honest(), honest());
    enrol(&home, &a1, &mut first).await.unwrap();
    enrol(&home, &a2, &mut second).await.unwrap();
    second.claim(&first);
    is_refused(come_in(&home, &mut second).await);
}

#[tokio::test]
async fn changing_passkeys_asks_for_a_fresh_proof_and_the_last_one_stays() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let mut device = honest();
    enrol(&home, &session, &mut device).await.unwrap();
    home.clock.pass(Duration::from_mins(6));
    assert!(matches!(
        enrol(&home, &session, &mut honest()).await,
        Err(OperationError::ProofNeeded)
    ));
    let begun = passkey::begin_sign_in(&home.app).unwrap();
    let answer = device.get(&begun.options);
    passkey::prove(&home.app, &session, &begun.ceremony, answer)
        .await
        .unwrap();
    let session = home
        .app
        .gateway()
        .sessions_of(&session.account)
        .pop()
        .unwrap();
    enrol(&home, &session, &mut honest()).await.unwrap();
    let known = passkey::own(&home.app, &session).await.unwrap();
    passkey::remove(&home.app, &session, &known[1].id)
        .await
        .unwrap();
    let last = passkey::remove(&home.app, &session, &known[0].id).await;
    assert!(matches!(
        last,
        Err(OperationError::Invalid("invalid-passkey-last"))
    ));
    let nobodys = passkey::remove(&home.app, &session, "x").await;
    assert!(matches!(nobodys, Err(OperationError::NotFound(_))));
}

#[tokio::test]
async fn a_portal_takes_a_session_over_only_in_the_browser_that_asked() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    home.clock.pass(Duration::from_mins(20));
    let state = "what the browser holds";
    let hash = sign_in::state_hash(state);
    let address = sign_in::hand_over(&home.app, &session, PORTAL_HOST, &hash)
        .await
        .unwrap();
    let token = address.split_once("link=").unwrap().1.to_owned();
    let take = async |state: &str, host: &str| {
        sign_in::take_over(&home.app, &token, state, host, &client())
            .await
            .is_ok()
    };
    assert!(!take("another", PORTAL_HOST).await);
    assert!(!take("", PORTAL_HOST).await);
    assert!(!take(state, CONSOLE_HOST).await);
    // Nor is it a link that signs in whoever opens it.
    assert!(
        sign_in::enter(&home.app, &token, PORTAL_HOST, &client())
            .await
            .is_err()
    );
    assert!(take(state, PORTAL_HOST).await);
    assert!(!take(state, PORTAL_HOST).await);
    let sessions = sign_in::own_sessions(&home.app, &session).unwrap();
    let portals = sessions
        .iter()
        .find(|known| known.host == PORTAL_HOST)
        .unwrap();
    // A hand-over is no fresh proof.
    assert_eq!(portals.proved_at, session.proved_at);
    let nowhere = sign_in::hand_over(&home.app, &session, "evil.example", &hash).await;
    assert!(matches!(nowhere, Err(OperationError::NotFound(_))));
    assert_eq!(
        sign_in::cut_own(&home.app, &session, None).await.unwrap(),
        1
    );
}

#[tokio::test]
async fn a_sign_in_shows_the_last_three_before_it() {
    let home = Home::open().await;
    let first = by_link(&home, "a1").await;
    let mut device = honest();
    enrol(&home, &first, &mut device).await.unwrap();
    for _ in 0..4 {
        home.clock.pass(Duration::from_mins(1));
        come_in(&home, &mut device).await.unwrap();
    }
    let session = come_in(&home, &mut device).await.unwrap();
    let last = sign_in::last_connections(&home.app, &session)
        .await
        .unwrap();
    let told: Vec<(SignInMeans, &str)> = last
        .iter()
        .map(|one| (one.means, one.ip.as_str()))
        .collect();
    assert_eq!(told, [(SignInMeans::Passkey, "192.0.2.7"); 3]);
    assert!(last.iter().all(|one| one.session != session.id));
}
