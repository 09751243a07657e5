//! API keys: requested by one person, approved by another, fetched by the holder of the account,
//! and bound to a private key that the program holds.
//!
//! A key gives access to its account, so that its secret goes to the holder alone, as an invitation
//! does. The requester supplied the public key: with the secret as well they could act as the
//! account.

use std::sync::Arc;
use std::time::Duration;

use digue_access::{ApiKey, KeyProof, Session};
use digue_app::directory::{answers_for, organisation_of};
use digue_app::gates::{REASON_CHARS_MIN, parse_reason};
use digue_app::secret::{Secret, name};
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_http::possession;
use digue_store::{ApiKeyRecord, ApprovalRecord, GrantedKeyRecord};
use digue_types::{AccountId, Act, SessionId, Subject, Timestamp};

use crate::credential_lock;

/// How long a key is valid; a new one must be requested in time.
pub(crate) const KEY_LASTS: Duration = Duration::from_hours(90 * 24);

/// How long an approved key waits for its holder.
const WAITS: Duration = Duration::from_hours(7 * 24);

/// A key that was just fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedKey {
    pub account: AccountId,
    pub id: SessionId,
    /// Shown once.
    pub secret: String,
}

/// The thumbprint (RFC 7638) of a public key, from a thumbprint or a JWK; `scim` for the key of a
/// directory.
pub fn parse_public_key(text: &str) -> Result<KeyProof, OperationError> {
    let text = text.trim();
    if KeyProof::parse(text).is_of_directory() {
        return Ok(KeyProof::Directory);
    }
    let is_thumbprint =
        // 32 bytes of SHA-256 in base64url without padding (RFC 7638, 3).
        text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if is_thumbprint {
        return Ok(KeyProof::Signed(text.to_owned()));
    }
    possession::thumbprint_of(text)
        .map(KeyProof::Signed)
        .map_err(|_| OperationError::Invalid("invalid-public-key"))
}

/// Stores an approved key until the holder of its account fetches it.
pub async fn grant(
    app: &App,
    actor: &Actor,
    approval: &ApprovalRecord,
    (account, proof, called): (&AccountId, &KeyProof, &str),
) -> Result<(), OperationError> {
    let record = GrantedKeyRecord {
        id: approval.id.clone(),
        account: account.clone(),
        proof: proof.clone(),
        name: called.to_owned(),
        asked_by: approval.asked_by.clone(),
        granted_by: actor.account.clone(),
        granted_at: app.clock().now(),
    };
    Ok(app.store().add_granted_key(&record).await?)
}

/// An approved key that waits for the holder of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingKey {
    /// The id of its approval request.
    pub id: String,
    pub proof: KeyProof,
    pub name: String,
    pub asked_by: AccountId,
    pub granted_by: AccountId,
    pub granted_at: Timestamp,
}

impl From<GrantedKeyRecord> for WaitingKey {
    fn from(record: GrantedKeyRecord) -> Self {
        Self {
            id: record.id,
            proof: record.proof,
            name: record.name,
            asked_by: record.asked_by,
            granted_by: record.granted_by,
            granted_at: record.granted_at,
        }
    }
}

/// Keys that wait for the holder of this session's account.
pub async fn waiting(app: &App, session: &Session) -> Result<Vec<WaitingKey>, OperationError> {
    Actor::of_session(app, session)?;
    let now = app.clock().now();
    let granted = app.store().granted_keys_of(&session.account).await?;
    let waiting = granted.into_iter().map(WaitingKey::from);
    Ok(waiting
        .filter(|key| now.since(key.granted_at) < WAITS)
        .collect())
}

/// Fetches an approved key: its secret is shown once, to the holder of its account.
///
/// # Errors
/// `NotFound` for a key of another account; `Denied` while the holder of this one is not confirmed.
pub async fn fetch(app: &App, session: &Session, id: &str) -> Result<IssuedKey, OperationError> {
    let actor = Actor::of_session(app, session)?;
    actor.must_be_fresh(app)?;
    let _turn = credential_lock::hold_for(app, session).await?;
    // Under the lock: an invitation could otherwise begin between this check and the key.
    require(!app.unconfirmed().has(&actor.account))?;
    // Taken before it is issued: of two windows that fetch it, one finds nothing.
    let granted = app.store().take_granted_key(id, &actor.account).await?;
    let granted = granted.ok_or(OperationError::NotFound("key"))?;
    if app.clock().now().since(granted.granted_at) >= WAITS {
        return Err(OperationError::NotFound("key"));
    }
    let issued = issue(app, &actor, &actor.account, &granted.proof, &granted.name).await;
    if issued.is_err() {
        // Not issued: the approved key waits again.
        app.store().add_granted_key(&granted).await?;
    }
    issued
}

async fn issue(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    proof: &KeyProof,
    called: &str,
) -> Result<IssuedKey, OperationError> {
    let now = app.clock().now();
    let secret = Secret::draw()?;
    let key = ApiKey {
        id: SessionId::parse(&name("key")?).expect("a prefix and base64url are a valid id"),
        account: account.clone(),
        proof: proof.clone(),
        expires_at: now.plus(KEY_LASTS),
    };
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        after: format!("{} until:{}", key.id, key.expires_at),
        reason: called.to_owned(),
        ..ActDetails::default()
    };
    // Journal, store, rules, in this order: no key works before its entry, and none that works is
    // lost at a restart.
    app.write_down(actor, Act::KeyIssued, details).await?;
    let record = ApiKeyRecord {
        secret: secret.hash(),
        key: key.clone(),
        name: called.to_owned(),
        added_at: now,
    };
    app.store().add_key(&record).await?;
    let mut rules = app.rules().await;
    // Only the hash is kept, also in memory: neither a copy of the database nor a core dump gives
    // access.
    Arc::make_mut(&mut rules.keys).insert(secret.hash(), key.clone());
    app.publish(&rules);
    Ok(IssuedKey {
        account: account.clone(),
        id: key.id,
        secret: secret.reveal().to_owned(),
    })
}

/// A key of an account, without anything of its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    pub key: ApiKey,
    pub name: String,
    pub added_at: Timestamp,
}

impl From<ApiKeyRecord> for ListedKey {
    fn from(record: ApiKeyRecord) -> Self {
        Self {
            key: record.key,
            name: record.name,
            added_at: record.added_at,
        }
    }
}

/// The keys of the accounts that the actor may see.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<ListedKey>, OperationError> {
    require(actor.role.oversees())?;
    let rules = app.gateway().rules();
    let own = organisation_of(&rules, actor);
    let may_see = |key: &ApiKey| {
        let of = rules
            .directory
            .find(&key.account)
            .map(|known| &known.organisation);
        // Two accounts that the directory does not know have no organisation in common.
        actor.role.can_watch() || (of.is_some() && of == own.as_ref())
    };
    let keys = app.store().keys().await?.into_iter().map(ListedKey::from);
    Ok(keys.filter(|listed| may_see(&listed.key)).collect())
}

/// Revokes a key. It narrows access: one person is enough, and it is applied before it is
/// journalled.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    id: &SessionId,
    reason: &str,
) -> Result<(), OperationError> {
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let known = list(app, actor)
        .await?
        .into_iter()
        .find(|record| record.key.id == *id);
    let record = known.ok_or(OperationError::NotFound("key"))?;
    require(answers_for(
        &app.gateway().rules(),
        actor,
        &record.key.account,
    ))?;
    let stored = {
        let mut rules = app.rules().await;
        let was_live = Arc::make_mut(&mut rules.keys).remove(id);
        app.publish(&rules);
        // Under the lock: of several who revoke it at the same time, one does. A key that the store
        // could not remove, so that a restart would bring it back, is removed by the next call.
        let stored = app.store().remove_key(id).await;
        if !was_live && matches!(stored, Ok(false)) {
            return Err(OperationError::Conflict);
        }
        stored
    };
    let details = ActDetails {
        subject: Subject::Account(record.key.account.clone()),
        before: id.to_string(),
        reason,
        ..ActDetails::default()
    };
    // Not `?` yet: the failure of the store is returned after the entry, which says what was tried.
    let written = app.write_down(actor, Act::KeyRevoked, details).await;
    stored?;
    written.map(drop)
}

/// Revokes all keys of an account, as a recovery does.
pub(crate) async fn revoke_all(app: &App, account: &AccountId) -> Result<(), OperationError> {
    {
        let mut rules = app.rules().await;
        // The rules before the store: access ends at once, even when the store does not answer.
        Arc::make_mut(&mut rules.keys).remove_of(account);
        app.publish(&rules);
    }
    Ok(app.store().remove_keys_of(account).await?)
}
