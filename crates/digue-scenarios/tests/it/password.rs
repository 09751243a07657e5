//! The fallback: what it takes, what it refuses, and whom it never locks out.

use std::time::Duration;

use digue_access::{Role, Session};
use digue_app::OperationError;
use digue_identity::passkey;
use digue_identity::password::{
    self, FAILURES_MAX, OpenedPassword, PasswordRules, ShownCredentials,
};
use digue_testkit::Authenticator;
use digue_types::Act;

use crate::app::{CONSOLE, CONSOLE_HOST, Home, Plan};
use crate::passkey::{by_link, client, come_in, enrol};

const GOOD: &str = "loutre granit parapluie 42";

async fn home() -> Home {
    Home::with(Plan {
        password: Some(PasswordRules::default()),
        ..Plan::default()
    })
    .await
}

/// The six digits that a telephone would show.
fn code(secret: &str, home: &Home) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(home.now().secs()).unwrap())
        .to_string()
}

/// Sets a password; the secret of the codes and the recovery codes.
async fn set(home: &Home, session: &Session) -> (String, Vec<String>) {
    let setting = password::begin(&home.app, session).unwrap();
    let code = code(&setting.secret, home);
    let codes = password::set(&home.app, session, GOOD, &setting.sealed, &code)
        .await
        .unwrap();
    (setting.secret, codes)
}

async fn come(
    home: &Home,
    account: &str,
    password: &str,
    code: &str,
    device: Option<&str>,
) -> Result<OpenedPassword, OperationError> {
    let shown = ShownCredentials {
        account,
        password,
        code,
        device,
    };
    password::sign_in(&home.app, shown, &client()).await
}

#[track_caller]
fn is_wrong(result: Result<OpenedPassword, OperationError>) {
    let error = result.err();
    assert!(
        matches!(error, Some(OperationError::Invalid("invalid-password"))),
        "{error:?}"
    );
}

#[tokio::test]
async fn password_and_code_sign_in_and_each_code_is_good_once() {
    let home = home().await;
    let session = by_link(&home, "a1").await;
    let (secret, codes) = set(&home, &session).await;
    assert_eq!((codes.len(), codes[0].len()), (10, 29));
    // The code that confirmed the secret is used up; the next period has another.
    is_wrong(come(&home, "a1", GOOD, &code(&secret, &home), None).await);
    home.clock.pass(Duration::from_secs(60));
    let now = code(&secret, &home);
    let opened = come(&home, "a1", GOOD, &now, None).await.unwrap();
    assert_eq!(opened.session.account.as_str(), "a1");
    let device = opened.device.unwrap();
    is_wrong(come(&home, "a1", GOOD, &now, Some(device.reveal())).await);
    // A recovery code in place of a lost telephone, once; on a known device no new one is given.
    let shown = codes[3].to_lowercase().replace('-', " ");
    let opened = come(&home, "a1", GOOD, &shown, Some(device.reveal()))
        .await
        .unwrap();
    assert!(opened.device.is_none());
    is_wrong(come(&home, "a1", GOOD, &codes[3], Some(device.reveal())).await);
    assert_eq!(
        password::own(&home.app, &opened.session).await.unwrap(),
        Some(9)
    );
    let acts: Vec<Act> = home.acts().into_iter().map(|(act, _)| act).collect();
    assert!(acts.contains(&Act::PasswordSet));
}

#[tokio::test]
async fn every_way_of_being_wrong_has_one_answer() {
    let home = home().await;
    let session = by_link(&home, "a1").await;
    let (secret, _) = set(&home, &session).await;
    let digue = digue_app::Actor::digue();
    home.account("a2", Role::Agent).await;
    home.clock.pass(Duration::from_secs(60));
    let now = code(&secret, &home);
    for (account, password, code) in [
        ("a1", "autre chose entièrement", now.as_str()),
        ("a1", GOOD, "000000"),
        ("a2", GOOD, &now),
        ("personne", GOOD, &now),
        ("", "", ""),
        ("pas un nom !", GOOD, &now),
        ("::nobody", GOOD, &now),
    ] {
        is_wrong(come(&home, account, password, code, None).await);
    }
    home.clock.pass(Duration::from_mins(5));
    let id = session.account.clone();
    digue_administration::accounts::set_suspended(&home.app, &digue, &id, true, "départ")
        .await
        .unwrap();
    is_wrong(come(&home, "a1", GOOD, &code(&secret, &home), None).await);
}

/// AC-01: ten in a row at most; from everywhere at once, and the holder goes on working.
#[tokio::test]
async fn who_tries_from_everywhere_blocks_the_others_and_not_the_holder() {
    let home = home().await;
    let session = by_link(&home, "a1").await;
    let mut key = Authenticator::new(CONSOLE_HOST, CONSOLE);
    enrol(&home, &session, &mut key).await.unwrap();
    let (secret, _) = set(&home, &session).await;
    home.clock.pass(Duration::from_secs(60));
    let device = come(&home, "a1", GOOD, &code(&secret, &home), None)
        .await
        .unwrap()
        .device
        .unwrap();
    for _ in 0..FAILURES_MAX {
        // Longer than any delay: each of them counts.
        home.clock.pass(Duration::from_mins(10));
        is_wrong(come(&home, "a1", "essai", "000000", None).await);
    }
    home.clock.pass(Duration::from_hours(10));
    is_wrong(come(&home, "a1", GOOD, &code(&secret, &home), None).await);
    come(
        &home,
        "a1",
        GOOD,
        &code(&secret, &home),
        Some(device.reveal()),
    )
    .await
    .unwrap();
    come_in(&home, &mut key).await.unwrap();
    let acts = home.acts();
    let blocked = acts
        .iter()
        .filter(|(act, _)| *act == Act::SignInBlocked)
        .count();
    assert_eq!(blocked, 1);
}

#[tokio::test]
async fn a_hundred_attempts_at_once_are_not_more_than_the_limit_allows() {
    let home = home().await;
    let session = by_link(&home, "a1").await;
    set(&home, &session).await;
    let account = session.account.clone();
    let mut waits = Duration::ZERO;
    for _ in 0..2 * FAILURES_MAX {
        // All of one moment; then the longest wait that an attempt is asked for.
        let tries = (0..12).map(|_| come(&home, "a1", "autre", "000000", None));
        futures_util::future::join_all(tries).await;
        waits += Duration::from_secs(1024);
        home.clock.pass(Duration::from_secs(1024));
    }
    let counted = home.store.attempts(&account, "").await.unwrap().unwrap();
    assert_eq!(counted.failures, FAILURES_MAX, "after {waits:?}");
    let blocked = home
        .acts()
        .into_iter()
        .filter(|(act, _)| *act == Act::SignInBlocked)
        .count();
    assert_eq!(blocked, 1, "said once");
}

#[tokio::test]
async fn weak_passwords_wrong_codes_and_other_peoples_secrets_are_refused() {
    let home = home().await;
    let session = by_link(&home, "a1").await;
    let other = by_link(&home, "a2").await;
    let setting = password::begin(&home.app, &session).unwrap();
    let theirs = password::begin(&home.app, &other).unwrap();
    let now = code(&setting.secret, &home);
    let try_set = async |text: &str, sealed: &str, code: &str| match password::set(
        &home.app, &session, text, sealed, code,
    )
    .await
    {
        Err(OperationError::Invalid(key)) => key,
        done => panic!("{done:?}"),
    };
    for (text, expected) in [
        ("court", "invalid-password-short"),
        ("aaaaaaaaaaaaaaaa", "invalid-password-trivial"),
        ("motdepasse123", "invalid-password-trivial"),
        ("111111111111", "invalid-password-simple"),
        (&"x".repeat(300), "invalid-password-long"),
    ] {
        assert_eq!(
            try_set(text, &setting.sealed, &now).await,
            expected,
            "{text}"
        );
    }
    assert_eq!(
        try_set(GOOD, &setting.sealed, "123456").await,
        "invalid-totp"
    );
    assert_eq!(
        try_set(GOOD, &theirs.sealed, &now).await,
        "invalid-ceremony"
    );
    assert_eq!(try_set(GOOD, "", &now).await, "invalid-ceremony");
    home.clock.pass(Duration::from_mins(4));
    assert!(password::own(&home.app, &session).await.unwrap().is_none());
    // Not a delegate's, and nobody's where the operator does not allow it.
    let id = home.account("delegue", Role::Delegate).await;
    let delegate = Session {
        account: id,
        ..session.clone()
    };
    let refused = password::begin(&home.app, &delegate).err();
    assert!(matches!(
        refused,
        Some(OperationError::Invalid("invalid-password-role"))
    ));
    let strict = Home::open().await;
    let session = by_link(&strict, "a1").await;
    assert!(matches!(
        password::begin(&strict.app, &session).err(),
        Some(OperationError::NotFound(_))
    ));
    let refused = come(&strict, "a1", GOOD, "000000", None).await;
    assert!(matches!(refused.err(), Some(OperationError::NotFound(_))));
}

#[tokio::test]
async fn a_password_proves_afresh_and_goes_when_there_is_a_passkey() {
    let home = home().await;
    let session = by_link(&home, "a1").await;
    let (secret, _) = set(&home, &session).await;
    home.clock.pass(Duration::from_mins(6));
    let stale = passkey::begin_adding(&home.app, &session).await;
    assert!(matches!(stale, Err(OperationError::ProofNeeded)));
    let wrong = password::prove(&home.app, &session, GOOD, "000000", None).await;
    assert!(matches!(
        wrong,
        Err(OperationError::Invalid("invalid-password"))
    ));
    password::prove(&home.app, &session, GOOD, &code(&secret, &home), None)
        .await
        .unwrap();
    let session = home
        .app
        .gateway()
        .sessions_of(&session.account)
        .pop()
        .unwrap();
    let alone = password::remove(&home.app, &session).await;
    assert!(matches!(
        alone,
        Err(OperationError::Invalid("invalid-passkey-last"))
    ));
    enrol(
        &home,
        &session,
        &mut Authenticator::new(CONSOLE_HOST, CONSOLE),
    )
    .await
    .unwrap();
    password::remove(&home.app, &session).await.unwrap();
    is_wrong(come(&home, "a1", GOOD, &code(&secret, &home), None).await);
}
