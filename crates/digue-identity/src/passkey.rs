//! Passkeys (WebAuthn): proof of identity to the console that cannot be disclosed or copied.
//!
//! All ceremonies happen on the console's host, to whose name passkeys are bound: one passkey
//! serves every portal, which receive their sessions by `sign_in::hand_over`. User verification is
//! always required; a challenge is valid once, for five minutes. Sign-in asks for no account name,
//! because a passkey contains it: account names cannot be probed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::{RequestOrigin, Session};
use digue_app::secret::Secret;
use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_store::PasskeyRecord;
use digue_types::{AccountId, Act, Subject, Timestamp};
use serde_json::Value;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder,
};

use crate::ceremonies::Ceremonies;
use crate::factor_notice::tell_factors_changed;
use crate::sign_in::SessionProof;
use crate::{credential_lock, sign_in};

const NAME_CHARS_MAX: usize = 60;
/// The most passkeys of one account.
const PASSKEYS_MAX: usize = 20;

/// Passkeys, where the console's address allows them.
pub(crate) struct PasskeyArea(Option<Passkeys>);

impl Area for PasskeyArea {}

impl PasskeyArea {
    /// Without passkeys when the console's URL has an IP address: they are bound to host names.
    pub(crate) fn new(console_url: &str) -> Self {
        Self(Passkeys::new(console_url))
    }
}

fn passkeys(app: &App) -> Result<&Passkeys, OperationError> {
    let passkeys = app.area::<PasskeyArea>().0.as_ref();
    passkeys.ok_or(OperationError::Invalid("invalid-passkey-host"))
}

/// The ceremonies under way.
struct Passkeys {
    webauthn: Webauthn,
    registrations: Ceremonies<Registration>,
    sign_ins: Ceremonies<DiscoverableAuthentication>,
}

struct Registration {
    account: AccountId,
    handle: Uuid,
    state: PasskeyRegistration,
}

/// The options for the browser's part of a ceremony.
#[derive(Clone, Debug, PartialEq)]
pub struct PasskeyChallenge {
    pub ceremony: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`.
    pub options: Value,
}

impl Passkeys {
    fn new(console_url: &str) -> Option<Self> {
        let origin = Url::parse(console_url).ok()?;
        let host = origin.domain()?.to_owned();
        let webauthn = WebauthnBuilder::new(&host, &origin)
            .ok()?
            .rp_name("Digue")
            .build()
            .ok()?;
        Some(Self {
            webauthn,
            registrations: Ceremonies::default(),
            sign_ins: Ceremonies::default(),
        })
    }
}

/// A passkey, for the holder of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPasskey {
    /// The credential id, base64url.
    pub id: String,
    pub name: String,
    /// The authenticator's signature counter; 0 when it does not count.
    pub counter: u32,
    /// The authenticator may copy it to other devices.
    pub is_backed_up: bool,
    pub added_at: Timestamp,
    /// `None` before the first use.
    pub used_at: Option<Timestamp>,
}

impl From<PasskeyRecord> for OwnPasskey {
    fn from(record: PasskeyRecord) -> Self {
        let used_at = record.used_at;
        Self {
            id: record.id,
            name: record.name,
            counter: record.counter,
            is_backed_up: record.is_backed_up,
            added_at: record.added_at,
            used_at: (used_at > Timestamp::ZERO).then_some(used_at),
        }
    }
}

/// The passkeys of the session's own account.
pub async fn own(app: &App, session: &Session) -> Result<Vec<OwnPasskey>, OperationError> {
    Actor::of_session(app, session)?;
    let passkeys = app.store().passkeys_of(&session.account).await?;
    Ok(passkeys.into_iter().map(OwnPasskey::from).collect())
}

/// How long a one-time link leaves for the first passkey. Longer than a proof of identity lasts: a
/// new person reads the page first, and has nothing with which to prove their identity again.
const FIRST_PASSKEY_LASTS: Duration = Duration::from_mins(30);

/// Until when this session may add its account's first credential; `None` when the account has one.
pub async fn first_until(
    app: &App,
    session: &Session,
) -> Result<Option<Timestamp>, OperationError> {
    let (store, account) = (app.store(), &session.account);
    let has_any = !store.passkeys_of(account).await?.is_empty()
        || !store.identities_of(account).await?.is_empty()
        || store.password_of(account).await?.is_some();
    Ok((!has_any).then(|| session.opened_at.plus(FIRST_PASSKEY_LASTS)))
}

/// Begins to add a passkey to the session's own account.
///
/// # Errors
/// `ProofNeeded` without a fresh proof; `Invalid` where there is nothing yet to give one with, half
/// an hour after the one-time link was used.
pub async fn begin_adding(
    app: &App,
    session: &Session,
) -> Result<PasskeyChallenge, OperationError> {
    let actor = Actor::of_session(app, session)?;
    match first_until(app, session).await? {
        Some(until) if app.clock().now() < until => {}
        Some(_) => {
            actor
                .must_be_fresh(app)
                .map_err(|_| OperationError::Invalid("invalid-first-passkey"))?;
        }
        None => actor.must_be_fresh(app)?,
    }
    let known = app.store().passkeys_of(&actor.account).await?;
    if known.len() >= PASSKEYS_MAX {
        return Err(OperationError::Invalid("invalid-passkeys-many"));
    }
    // One user handle for all passkeys of the account, as WebAuthn requires.
    let handle = match known.first() {
        Some(passkey) => parse_handle(&passkey.handle)?,
        None => Uuid::new_v4(),
    };
    // The browser refuses an authenticator that is registered already: a second passkey on it would
    // suggest a spare that is lost with the first.
    let exclude = known
        .iter()
        .map(|passkey| decode_id(&passkey.id))
        .collect::<Result<Vec<_>, _>>()?;
    let exclude = exclude.into_iter().collect();
    let passkeys = passkeys(app)?;
    let account = actor.account.as_str();
    let (options, state) = passkeys
        .webauthn
        .start_passkey_registration(handle, account, account, Some(exclude))
        .map_err(|error| OperationError::Unavailable(error.to_string()))?;
    let mut options =
        serde_json::to_value(options).map_err(|e| OperationError::Unavailable(e.to_string()))?;
    let mut options = options["publicKey"].take();
    // Sign-in without a name needs a discoverable credential, which the library does not request
    // here.
    options["authenticatorSelection"]["residentKey"] = "required".into();
    options["authenticatorSelection"]["requireResidentKey"] = true.into();
    let registration = Registration {
        account: actor.account,
        handle,
        state,
    };
    let ceremony = passkeys
        .registrations
        .begin(app.clock().now(), registration)?;
    Ok(PasskeyChallenge { ceremony, options })
}

/// Adds the passkey that the browser created.
pub async fn finish_adding(
    app: &App,
    session: &Session,
    ceremony: &str,
    called: &str,
    answer: Value,
) -> Result<(), OperationError> {
    let actor = Actor::of_session(app, session)?;
    // No fresh proof again: a registration exists only after one, and lasts minutes.
    let _turn = credential_lock::hold_for(app, session).await?;
    let called = parse_name(called)?;
    let passkeys = passkeys(app)?;
    let now = app.clock().now();
    // Ended before the account is compared: a ceremony shown by another session is used up for its
    // owner, too.
    let Registration {
        account,
        handle,
        state,
    } = passkeys.registrations.end(now, ceremony)?;
    if account != actor.account {
        return Err(OperationError::Denied);
    }
    let answer: RegisterPublicKeyCredential = parse_answer(answer)?;
    let passkey = passkeys
        .webauthn
        .finish_passkey_registration(&answer, &state)
        .map_err(refused)?;
    let known = app.store().passkeys_of(&account).await?;
    let credential =
        serde_json::to_value(&passkey).map_err(|e| OperationError::Unavailable(e.to_string()))?;
    let record = PasskeyRecord {
        id: URL_SAFE_NO_PAD.encode(passkey.cred_id()),
        account,
        handle: handle.to_string(),
        name: called,
        // Read from the serialised form: the library shows neither value by a method.
        counter: credential["cred"]["counter"]
            .as_u64()
            .and_then(|n| n.try_into().ok())
            .unwrap_or(0),
        is_backed_up: credential["cred"]["backup_state"]
            .as_bool()
            .unwrap_or(false),
        credential: credential.to_string(),
        added_at: now,
        used_at: Timestamp::ZERO,
    };
    let details = ActDetails {
        subject: Subject::Account(actor.account.clone()),
        before: format!("passkeys:{}", known.len()),
        after: format!(
            "passkey:{} backed-up:{}",
            short(&record.id),
            record.is_backed_up
        ),
        ..ActDetails::default()
    };
    // Journalled first: a credential that opens an account must never lack the entry that says
    // where it came from.
    app.write_down(&actor, Act::PasskeyAdded, details).await?;
    app.store().add_passkey(&record).await?;
    app.passkeys_changed(&actor.account).await?;
    tell_factors_changed(app, &actor.account).await
}

/// Removes a passkey of the session's own account; the last one cannot be removed.
pub async fn remove(app: &App, session: &Session, id: &str) -> Result<(), OperationError> {
    let actor = Actor::of_session(app, session)?;
    actor.must_be_fresh(app)?;
    let known = app.store().passkeys_of(&actor.account).await?;
    let passkey = known
        .iter()
        .find(|passkey| passkey.id == id)
        .ok_or(OperationError::NotFound("passkey"))?;
    if known.len() == 1 {
        return Err(OperationError::Invalid("invalid-passkey-last"));
    }
    let details = ActDetails {
        subject: Subject::Account(actor.account.clone()),
        before: format!("passkey:{}", short(id)),
        after: format!("passkeys:{}", known.len() - 1),
        ..ActDetails::default()
    };
    // Claimed in the store before it is journalled: two passkeys removed at once must not leave the
    // account without one.
    let claim = app.store().remove_passkey(&actor.account, id);
    app.claim(
        (&actor, Act::PasskeyRemoved, details),
        claim,
        app.store().add_passkey(passkey),
    )
    .await?;
    tell_factors_changed(app, &actor.account).await
}

/// Begins a sign-in or a fresh proof of identity; which account it is follows from the answer.
pub fn begin_sign_in(app: &App) -> Result<PasskeyChallenge, OperationError> {
    let passkeys = passkeys(app)?;
    let (options, state) = passkeys
        .webauthn
        .start_discoverable_authentication()
        .map_err(|error| OperationError::Unavailable(error.to_string()))?;
    let mut options =
        serde_json::to_value(options).map_err(|e| OperationError::Unavailable(e.to_string()))?;
    let ceremony = passkeys.sign_ins.begin(app.clock().now(), state)?;
    Ok(PasskeyChallenge {
        ceremony,
        options: options["publicKey"].take(),
    })
}

/// Signs in to the console with the browser's answer; the secret goes into the cookie.
pub async fn finish_sign_in(
    app: &App,
    ceremony: &str,
    answer: Value,
    origin: &RequestOrigin,
) -> Result<(Secret, Session), OperationError> {
    let begun = app.begin_proof();
    let account = verify(app, ceremony, answer).await?;
    let proof = SessionProof {
        begun,
        proved_at: app.clock().now(),
        by: "passkey",
    };
    let host = app.console_host();
    sign_in::open_session(app, &account, host, origin, proof)
        .await
        .map_err(|error| match error {
            // A distinct answer would reveal that a suspended account exists.
            OperationError::Denied => OperationError::Invalid("invalid-passkey"),
            other => other,
        })
}

/// Gives a fresh proof of identity for a session, with a passkey.
pub async fn prove(
    app: &App,
    session: &Session,
    ceremony: &str,
    answer: Value,
) -> Result<(), OperationError> {
    let actor = Actor::of_session(app, session)?;
    if verify(app, ceremony, answer).await? != session.account {
        return Err(OperationError::Invalid("invalid-passkey"));
    }
    sign_in::note_proof(app, &actor, session, app.clock().now()).await
}

/// The account that the answer proves. Every wrong answer gets the same error.
pub(crate) async fn verify(
    app: &App,
    ceremony: &str,
    answer: Value,
) -> Result<AccountId, OperationError> {
    let passkeys = passkeys(app)?;
    let now = app.clock().now();
    // Used up by any answer: a challenge never serves for a second signature.
    let state = passkeys.sign_ins.end(now, ceremony)?;
    let answer: PublicKeyCredential = parse_answer(answer)?;
    let (handle, id) = passkeys
        .webauthn
        .identify_discoverable_authentication(&answer)
        .map_err(refused)?;
    let wrong = || OperationError::Invalid("invalid-passkey");
    let record = app
        .store()
        .passkey(&URL_SAFE_NO_PAD.encode(id))
        .await?
        .ok_or_else(wrong)?;
    // The handle is the authenticator's own statement of the account. A record under another one
    // was moved in the database.
    if parse_handle(&record.handle)? != handle {
        return Err(wrong());
    }
    let mut passkey: Passkey = serde_json::from_str(&record.credential).map_err(|error| {
        OperationError::Unavailable(format!("a stored passkey cannot be read: {error}"))
    })?;
    let result = passkeys
        .webauthn
        .finish_discoverable_authentication_v2(&answer, state, &passkey);
    let result: AuthenticationResult = result.map_err(refused)?;
    // Checked again although it was requested: the flag is the authenticator's, and a key without
    // PIN or biometrics is one factor.
    if !result.user_verified() {
        return Err(wrong());
    }
    passkey.update_credential(&result);
    let used = PasskeyRecord {
        credential: to_text(&passkey)?,
        counter: result.counter(),
        is_backed_up: result.backup_state(),
        used_at: now,
        ..record.clone()
    };
    // Compared and set with the counter that was read: of two uses with the same counter one fails,
    // because one of them is a copy of the key.
    if app.store().use_passkey(&used, record.counter).await? {
        Ok(record.account)
    } else {
        Err(wrong())
    }
}

fn refused(error: webauthn_rs::prelude::WebauthnError) -> OperationError {
    // Which check failed, for operators; it contains no name.
    tracing::info!(%error, "Passkey verification failed; ceremony refused");
    OperationError::Invalid("invalid-passkey")
}

fn parse_answer<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, OperationError> {
    serde_json::from_value(answer).map_err(|_| OperationError::Invalid("invalid-passkey"))
}

fn parse_name(text: &str) -> Result<String, OperationError> {
    let text = text.trim();
    let length = text.chars().count();
    let is_fine = (1..=NAME_CHARS_MAX).contains(&length) && !text.chars().any(char::is_control);
    if is_fine {
        Ok(text.to_owned())
    } else {
        Err(OperationError::Invalid("invalid-passkey-name"))
    }
}

fn parse_handle(text: &str) -> Result<Uuid, OperationError> {
    Uuid::parse_str(text)
        .map_err(|_| OperationError::Unavailable("a stored handle is invalid".into()))
}

fn decode_id(text: &str) -> Result<Vec<u8>, OperationError> {
    let read = URL_SAFE_NO_PAD.decode(text);
    read.map_err(|_| OperationError::Unavailable("a stored passkey cannot be read".into()))
}

fn to_text(passkey: &Passkey) -> Result<String, OperationError> {
    serde_json::to_string(passkey).map_err(|error| OperationError::Unavailable(error.to_string()))
}

/// The first characters of a credential id: enough to distinguish two in the journal.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
