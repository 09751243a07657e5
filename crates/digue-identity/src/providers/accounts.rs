//! Identities of account holders: linked by invitation, judged by factor and age, completed here by
//! a second factor.

use std::time::Duration;

use digue_access::{RequestOrigin, Session};
use digue_app::directory::answers_for;
use digue_app::secret::{Secret, SecretSeal};
use digue_app::sessions::ProofStart;
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_store::{IdentityRecord, ProviderSession};
use digue_types::{AccountId, Act, SessionId, Subject, Timestamp};
use serde_json::Value;

use super::peer::{ProviderPeer, VerifiedIdentity};
use super::{AfterSignIn, Factor, HalfSignIn, SignInOutcome, keyed, label, providers};

use crate::factor_notice::tell_factors_changed;
use crate::invitations::INVITATION_LASTS;
use crate::recent_logouts::RecentLogouts;
use crate::sign_in::SessionProof;
use crate::{credential_lock, link_permits, passkey, password, sign_in};

/// The most identities of one account.
const IDENTITIES_MAX: usize = 5;
/// How far a provider's clock may be ahead.
pub(super) const SKEW: Duration = Duration::from_mins(1);

/// How far an identity goes towards opening an account.
pub(super) enum IdentityStrength {
    /// It opens a session; the time is that of the proof.
    Good(AccountId, Timestamp),
    /// It belongs to this account and counts as one factor.
    Weak(AccountId),
    /// The proof is too old; a new one may be requested.
    Stale,
}

fn live_session(app: &App, id: &SessionId) -> Option<Session> {
    let sessions = app.gateway().sessions(|known| known.id == *id);
    sessions.into_iter().next()
}

/// The account that an identity is linked to. A suspended account gets the answer of an unknown
/// identity.
async fn account_of(
    app: &App,
    peer: &ProviderPeer,
    vouched: &VerifiedIdentity,
) -> Result<IdentityRecord, OperationError> {
    let hash = keyed(app, peer, "subject", &vouched.subject);
    let known = app.store().identity(&hash).await?;
    let rules = app.gateway().rules();
    let is_open = |known: &IdentityRecord| {
        rules
            .directory
            .find(&known.account)
            .is_some_and(|record| !record.is_suspended)
    };
    known
        .filter(is_open)
        .ok_or(OperationError::Invalid("invalid-identity-unknown"))
}

/// The factor that an account needs: phishing-resistant for officers and for those who lead agents,
/// two factors for the others.
fn needed(app: &App, account: &AccountId) -> Factor {
    let rules = app.gateway().rules();
    // An account that is missing from the directory needs the stronger factor: a gap must never
    // lower it.
    let needs_key = rules
        .directory
        .find(account)
        .is_none_or(|record| record.role.needs_passkey());
    if needs_key {
        Factor::Bound
    } else {
        Factor::Two
    }
}

/// Judges the factor and age of an identity. Its proof may be as old as a session may be idle or,
/// with `is_fresh`, as a fresh proof.
pub(super) async fn judge(
    app: &App,
    peer: &ProviderPeer,
    vouched: &VerifiedIdentity,
    is_fresh: bool,
    is_forced: bool,
) -> Result<IdentityStrength, OperationError> {
    let known = account_of(app, peer, vouched).await?;
    let now = app.clock().now();
    let lasts = if is_fresh {
        app.proof_lasts()
    } else {
        app.session_limits().idle
    };
    let Some(at) = vouched.auth_time else {
        // Of unknown age: it counts as one factor, which a second one here completes.
        return Ok(IdentityStrength::Weak(known.account));
    };
    if at > now.plus(SKEW) {
        return Err(OperationError::Invalid("invalid-provider-answer"));
    }
    match now.since(at) > lasts {
        true if is_forced => Err(OperationError::Invalid("invalid-identity-old")),
        true => Ok(IdentityStrength::Stale),
        false if peer.rules.factors.of(vouched) < needed(app, &known.account) => {
            Ok(IdentityStrength::Weak(known.account))
        }
        // A provider's clock may be ahead by `SKEW`: a proof dated in the future would stay fresh
        // for longer than it may.
        false => Ok(IdentityStrength::Good(known.account, at.min(now))),
    }
}

/// A sign-in: the identity that the provider proved, and the factor that was added here.
pub(super) struct ProviderSignIn<'w> {
    pub(super) begun: ProofStart,
    pub(super) peer: &'w ProviderPeer,
    pub(super) vouched: &'w VerifiedIdentity,
    /// `passkey`, `code`, `invitation`, or nothing.
    pub(super) with: &'static str,
}

/// Opens the console session of an account, and stores what is needed to end it with the
/// provider's.
pub(super) async fn open(
    app: &App,
    way: ProviderSignIn<'_>,
    account: &AccountId,
    proved_at: Timestamp,
    origin: &RequestOrigin,
) -> Result<(Secret, Session), OperationError> {
    let ProviderSignIn {
        begun,
        peer,
        vouched,
        with,
    } = way;
    let factor = match peer.rules.factors.of(vouched) {
        Factor::One => "one",
        Factor::Two => "two",
        Factor::Bound => "bound",
    };
    let by = format!("provider:{}:{factor}:{with}", peer.rules.id);
    let identity = keyed(app, peer, "subject", &vouched.subject);
    let sid = vouched
        .sid
        .as_ref()
        .map(|sid| keyed(app, peer, "sid", sid))
        .unwrap_or_default();
    app.store()
        .use_identity(&identity, app.clock().now())
        .await?;
    let keep_owed = async |session: &Session| {
        let owed = ProviderSession {
            session: session.id.clone(),
            provider: peer.rules.id.clone(),
            identity: identity.clone(),
            sid: sid.clone(),
            // The ID token names the user in clear text and is needed only at the logout: a copy of
            // the database must not reveal it.
            sealed_token: seal(app)?.seal(session.id.as_str(), vouched.id_token.as_bytes())?,
        };
        app.store().add_provider_session(&owed).await?;
        // After the store has it: a logout at the provider from here on finds this session, and an
        // earlier one is found here.
        let is_over = app
            .area::<RecentLogouts>()
            .has_ended(&[&identity, &sid], vouched.at);
        if is_over {
            Err(OperationError::Denied)
        } else {
            Ok(())
        }
    };
    let proof = SessionProof {
        begun,
        proved_at,
        by: &by,
    };
    let opened =
        sign_in::open_session_with(app, account, app.console_host(), origin, proof, keep_owed)
            .await;
    opened.map_err(|error| match error {
        // Suspended since it was judged: the answer of an identity that is linked to nothing.
        OperationError::Denied => OperationError::Invalid("invalid-identity-unknown"),
        other => other,
    })
}

/// Seals the ID token, which the provider wants to see at the logout.
pub(super) fn seal(app: &App) -> Result<SecretSeal, OperationError> {
    SecretSeal::new(app.key(), b"digue provider session")
}

/// Renews the proof of identity of a session.
pub(super) async fn prove(
    app: &App,
    peer: &ProviderPeer,
    vouched: &VerifiedIdentity,
    session: &SessionId,
) -> Result<(), OperationError> {
    let own = live_session(app, session).ok_or(OperationError::Denied)?;
    let actor = Actor::of_session(app, &own)?;
    match judge(app, peer, vouched, true, true).await? {
        // The provider may be signed in as another person, whose proof says nothing about this
        // session.
        IdentityStrength::Good(account, at) if account == own.account => {
            sign_in::note_proof(app, &actor, &own, at).await
        }
        // A weak factor, or the identity of another account.
        _ => Err(OperationError::Invalid("invalid-identity-weak")),
    }
}

/// A sign-in with one factor, and the means that the account has here for the second.
pub struct SingleFactorSignIn {
    pub ticket: String,
    pub provider: String,
    pub has_passkey: bool,
    pub has_code: bool,
    pub next: String,
}

/// Offers the second factor.
pub(super) async fn ask_more(app: &App, half: HalfSignIn) -> Result<SignInOutcome, OperationError> {
    let AfterSignIn::StepUp { account, next } = &half.then else {
        return Err(OperationError::Invalid("invalid-ceremony"));
    };
    let (account, next) = (account.clone(), next.clone());
    let may_use_code = needed(app, &account) == Factor::Two && password::is_allowed(app);
    Ok(SignInOutcome::Weak(SingleFactorSignIn {
        provider: label(app, &half.provider),
        has_passkey: !app.store().passkeys_of(&account).await?.is_empty(),
        has_code: may_use_code && app.store().password_of(&account).await?.is_some(),
        ticket: providers(app).halves.begin(app.clock().now(), half)?,
        next,
    }))
}

/// Takes the sign-in that waits under a ticket. Another browser than the one that began it gets an
/// error, and the ticket is used up.
fn half(app: &App, ticket: &str, browser: Option<&str>) -> Result<HalfSignIn, OperationError> {
    let half = providers(app).halves.end(app.clock().now(), ticket)?;
    if browser.map(digue_gateway::identity::token_hash) == Some(half.browser) {
        Ok(half)
    } else {
        Err(OperationError::Invalid("invalid-ceremony"))
    }
}

/// Puts it back after a wrong code or passkey, so that the user can try again. Attempts are counted
/// by `password` and not here.
fn put_back(app: &App, ticket: &str, half: HalfSignIn) {
    providers(app).halves.keep(app.clock().now(), ticket, half);
}

/// The page of the second factor once more, after a wrong one.
pub async fn still_weak(
    app: &App,
    ticket: &str,
    browser: Option<&str>,
) -> Result<SingleFactorSignIn, OperationError> {
    match ask_more(app, half(app, ticket, browser)?).await? {
        SignInOutcome::Weak(weak) => Ok(weak),
        _ => Err(OperationError::Invalid("invalid-ceremony")),
    }
}

/// A session opened, and where it leads.
pub struct LinkedIdentity {
    pub secret: Secret,
    pub session: Session,
    pub next: String,
}

/// Completes a weak factor with a passkey of the same account.
pub async fn step_up_by_passkey(
    app: &App,
    ticket: &str,
    browser: Option<&str>,
    ceremony: &str,
    answer: Value,
    origin: &RequestOrigin,
) -> Result<LinkedIdentity, OperationError> {
    let half = half(app, ticket, browser)?;
    let shown = match passkey::verify(app, ceremony, answer).await {
        Ok(shown) => shown,
        // `half` used the ticket up; a mistyped attempt must not cost the whole sign-in at the
        // provider.
        Err(error) => {
            put_back(app, ticket, half);
            return Err(error);
        }
    };
    completed(app, half, |account| *account == shown, "passkey", origin).await
}

/// Completes it with the one-time code of an account that may use codes.
pub async fn step_up_by_code(
    app: &App,
    ticket: &str,
    browser: Option<&str>,
    code: &str,
    origin: &RequestOrigin,
) -> Result<LinkedIdentity, OperationError> {
    let half = half(app, ticket, browser)?;
    let AfterSignIn::StepUp { account, .. } = &half.then else {
        return Err(OperationError::Invalid("invalid-ceremony"));
    };
    // Checked again although the page offered no code: a form can be sent without having been
    // offered.
    if needed(app, account) != Factor::Two {
        return Err(OperationError::Denied);
    }
    if let Err(error) = password::check_second(app, account, code).await {
        put_back(app, ticket, half);
        return Err(error);
    }
    completed(app, half, |_| true, "code", origin).await
}

async fn completed(
    app: &App,
    half: HalfSignIn,
    is_same: impl FnOnce(&AccountId) -> bool,
    with: &'static str,
    origin: &RequestOrigin,
) -> Result<LinkedIdentity, OperationError> {
    let peer = providers(app).find(&half.provider)?;
    let AfterSignIn::StepUp { account, next } = half.then else {
        return Err(OperationError::Invalid("invalid-ceremony"));
    };
    if !is_same(&account) {
        return Err(OperationError::Invalid("invalid-passkey"));
    }
    let way = ProviderSignIn {
        begun: half.begun,
        peer,
        vouched: &half.vouched,
        with,
    };
    let (secret, session) = open(app, way, &account, app.clock().now(), origin).await?;
    Ok(LinkedIdentity {
        secret,
        session,
        next,
    })
}

/// The account that an invitation allows an identity to be linked to. An invitation that opens no
/// account by itself works only in the holder's own session, with a fresh proof: a stolen
/// delegate's account that creates one gains nothing.
pub(super) async fn invited(
    app: &App,
    invitation: &str,
    session: Option<&SessionId>,
) -> Result<AccountId, OperationError> {
    let (account, is_for_holder) = sign_in::peek_identity_link(app, invitation).await?;
    if is_for_holder {
        let own = session.and_then(|session| live_session(app, session));
        let own = own
            .filter(|own| own.account == account)
            .ok_or(OperationError::Denied)?;
        Actor::of_session(app, &own)?.must_be_fresh(app)?;
    }
    Ok(account)
}

/// Invites the holder of an active account to link an identity. There is no link to hand over: the
/// holder finds the invitation on their own page.
///
/// # Errors
/// `Denied` unless the actor answers for the account, `NotFound` where there is no provider,
/// `Conflict` for an account whose own invitation offers the providers.
pub async fn invite_holder(
    app: &App,
    actor: &Actor,
    account: &AccountId,
) -> Result<(), OperationError> {
    require(answers_for(&app.gateway().rules(), actor, account))?;
    actor.must_be_fresh(app)?;
    if super::for_accounts(app).is_empty() {
        return Err(OperationError::NotFound("provider"));
    }
    if app.unconfirmed().has(account) {
        return Err(OperationError::Conflict);
    }
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        after: "identity".to_owned(),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::InvitationHandedOver, details)
        .await?;
    let until = app.clock().now().plus(INVITATION_LASTS);
    Ok(app
        .store()
        .save_identity_invitation(account, &actor.account, until)
        .await?)
}

/// True while this session's account is invited to link an identity.
pub async fn is_invited(app: &App, session: &Session) -> Result<bool, OperationError> {
    Actor::of_session(app, session)?;
    Ok(app
        .store()
        .is_invited_to_link(&session.account, app.clock().now())
        .await?)
}

/// The link with which the invited holder of a session, with a fresh proof, chooses a provider.
pub async fn begin_linking(app: &App, session: &Session) -> Result<String, OperationError> {
    if !is_invited(app, session).await? {
        return Err(OperationError::Invalid("invalid-link"));
    }
    let permit = link_permits::permit_of_holder(app, session)?;
    Ok(sign_in::make_identity_link(app, &permit, INVITATION_LASTS)
        .await?
        .reveal()
        .to_owned())
}

/// Checks, for the page of choices, that an invitation belongs to this session's account.
pub async fn invited_holder(
    app: &App,
    session: &Session,
    invitation: &str,
) -> Result<(), OperationError> {
    let invited = invited(app, invitation, Some(&session.id)).await;
    invited.map(drop).map_err(|error| match error {
        // The invitation of another account gets the answer of one that does not exist.
        OperationError::Denied | OperationError::NotFound(_) => {
            OperationError::Invalid("invalid-link")
        }
        other => other,
    })
}

/// Names the account and the identity that would be linked, for the page that asks first: a user
/// may be signed in to the provider under another name than they think.
pub(super) async fn ask_link(app: &App, half: HalfSignIn) -> Result<SignInOutcome, OperationError> {
    let AfterSignIn::Link {
        invitation,
        session,
    } = &half.then
    else {
        return Err(OperationError::Invalid("invalid-ceremony"));
    };
    let account = invited(app, invitation, session.as_ref()).await?;
    let peer = providers(app).find(&half.provider)?;
    may_link(app, peer, &account, &half.vouched).await?;
    let rules = app.gateway().rules();
    let record = rules
        .directory
        .find(&account)
        .ok_or(OperationError::NotFound("account"))?;
    // For the page only: such claims are never compared with an account, because a user may choose
    // them.
    let claim = |name: &str| {
        half.vouched
            .claims
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let called = claim("email")
        .or_else(|| claim("preferred_username"))
        .unwrap_or_default();
    Ok(SignInOutcome::ToLink {
        organisation: record.organisation.clone(),
        // The text comes from outside; 254 characters are the longest mail address (RFC 5321,
        // 4.5.3.1.3).
        called: called
            .chars()
            .filter(|sign| !sign.is_control())
            .take(254)
            .collect(),
        account,
        ticket: providers(app).halves.begin(app.clock().now(), half)?,
    })
}

/// Checks that the identity is linked to no account yet, and the account has few.
async fn may_link(
    app: &App,
    peer: &ProviderPeer,
    account: &AccountId,
    vouched: &VerifiedIdentity,
) -> Result<(), OperationError> {
    let hash = keyed(app, peer, "subject", &vouched.subject);
    if app.store().identity(&hash).await?.is_some() {
        return Err(OperationError::Invalid("invalid-identity-taken"));
    }
    if app.store().identities_of(account).await?.len() >= IDENTITIES_MAX {
        return Err(OperationError::Invalid("invalid-identity-many"));
    }
    Ok(())
}

/// Links the identity to the account of the invitation, which is used up, and opens a session. Its
/// proof is the invitation: the holder of a weak identity can add a passkey in it.
pub async fn confirm_link(
    app: &App,
    ticket: &str,
    browser: Option<&str>,
    origin: &RequestOrigin,
) -> Result<LinkedIdentity, OperationError> {
    let half = half(app, ticket, browser)?;
    let AfterSignIn::Link {
        invitation,
        session: held,
    } = &half.then
    else {
        return Err(OperationError::Invalid("invalid-ceremony"));
    };
    // As in `sign_in::open`: an invitation or a recovery meanwhile would otherwise leave this
    // identity.
    let _one_at_a_time = credential_lock::hold(app).await;
    let (now, begun) = (app.clock().now(), app.begin_proof());
    // Everything that `ask_link` checked is checked again under the lock: minutes may have passed.
    let account = invited(app, invitation, held.as_ref()).await?;
    let peer = providers(app).find(&half.provider)?;
    may_link(app, peer, &account, &half.vouched).await?;
    let hash = digue_gateway::identity::token_hash(invitation);
    // Used up before the identity is added: of two browsers with the same invitation only one comes
    // further.
    app.store()
        .take_link(&hash, now)
        .await?
        .ok_or(OperationError::NotFound("link"))?;
    let rules = app.gateway().rules();
    let record = rules
        .directory
        .find(&account)
        .filter(|record| !record.is_suspended);
    let actor = Actor {
        account: account.clone(),
        role: record.ok_or(OperationError::NotFound("account"))?.role,
        proved_at: now,
    };
    let identity = IdentityRecord {
        hash: keyed(app, peer, "subject", &half.vouched.subject),
        account: account.clone(),
        provider: half.provider.clone(),
        linked_at: now,
        used_at: Timestamp::ZERO,
    };
    let claim = app.store().add_identity(&identity);
    let release = async {
        app.store()
            .remove_identity(&account, &identity.hash)
            .await
            .map(drop)
    };
    let linked = app
        .claim(
            (&actor, Act::IdentityLinked, details_of(&identity)),
            claim,
            release,
        )
        .await;
    linked.map_err(|error| match error {
        OperationError::Conflict => OperationError::Invalid("invalid-identity-taken"),
        other => other,
    })?;
    app.store().remove_identity_invitation(&account).await?;
    tell_factors_changed(app, &account).await?;
    let way = ProviderSignIn {
        begun,
        peer,
        vouched: &half.vouched,
        with: "invitation",
    };
    let (secret, session) = open(app, way, &account, now, origin).await?;
    if let Some(held) = held {
        // The new session replaces the one of before: only the new one ends with the provider's.
        app.end_sessions(|known| known.id == *held && known.account == account)
            .await?;
    }
    Ok(LinkedIdentity {
        secret,
        session,
        next: "/self".to_owned(),
    })
}

fn details_of(identity: &IdentityRecord) -> ActDetails {
    ActDetails {
        subject: Subject::Account(identity.account.clone()),
        after: format!(
            "provider:{} identity:{}",
            identity.provider,
            &identity.hash[..12]
        ),
        ..ActDetails::default()
    }
}

/// An identity of the account, with the label of its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnIdentity {
    pub record: IdentityRecord,
    pub label: String,
}

/// The identities of the session's own account.
pub async fn own(app: &App, session: &Session) -> Result<Vec<OwnIdentity>, OperationError> {
    Actor::of_session(app, session)?;
    let known = app.store().identities_of(&session.account).await?;
    Ok(known
        .into_iter()
        .map(|record| OwnIdentity {
            label: label(app, &record.provider),
            record,
        })
        .collect())
}

/// Unlinks an identity from the session's own account, and ends the account's other sessions.
///
/// # Errors
/// `Invalid` when no other way to sign in would be left.
pub async fn unlink(app: &App, session: &Session, hash: &str) -> Result<(), OperationError> {
    let actor = Actor::of_session(app, session)?;
    actor.must_be_fresh(app)?;
    // Two unlinked at once would each count the other one; the store checks once more, as another
    // process may use it.
    let _turn = credential_lock::hold_for(app, session).await?;
    let known = app.store().identities_of(&actor.account).await?;
    let identity = known.iter().find(|known| known.hash == hash);
    let identity = identity.ok_or(OperationError::NotFound("identity"))?;
    // Without any way to sign in the holder would need a recovery, and three other people for it.
    let has_more = known.len() > 1
        || !app.store().passkeys_of(&actor.account).await?.is_empty()
        || app.store().password_of(&actor.account).await?.is_some();
    if !has_more {
        return Err(OperationError::Invalid("invalid-identity-last"));
    }
    let claim = app.store().unlink_identity(&actor.account, hash);
    let release = async { app.store().add_identity(identity).await.map(drop) };
    app.claim(
        (&actor, Act::IdentityUnlinked, details_of(identity)),
        claim,
        release,
    )
    .await?;
    // A session that this identity opened would otherwise outlive it.
    sign_in::cut_own(app, session, None).await?;
    tell_factors_changed(app, &actor.account).await
}
