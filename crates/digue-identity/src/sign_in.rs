//! Sign-in: one-time links, sessions, and the hand-over from the console to a portal.
//!
//! Identities are proved in the console (`passkey`, `password`, `providers`). A portal on another
//! host receives its session by a link of one minute that only the browser that requested it can
//! use: that browser holds the secret whose hash is in the link (`state`). Without it an attacker
//! could sign a victim's browser in to the attacker's account (login CSRF).

use std::time::Duration;

use digue_access::session::ClientIp;
use digue_access::{RequestOrigin, Session};
use digue_app::secret::{Secret, name};
use digue_app::sessions::ProofStart;
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_store::{ConnectionRecord, StoreConnection};
use digue_types::{AccountId, Act, SessionId, Subject, Timestamp};

use crate::credential_lock;
use crate::link_permits::{self, LinkPermit};

/// How long a hand-over from the console to a portal may take.
const HAND_OVER_LASTS: Duration = Duration::from_mins(1);

/// Issues, at the terminal, a link that signs `account` in on `host` once within `lasts`; returns
/// its URL.
pub async fn issue_link(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    host: &str,
    lasts: Duration,
) -> Result<String, OperationError> {
    let permit = link_permits::permit_at_terminal(app, actor, account).await?;
    make_link(app, &permit, host, lasts).await
}

/// Makes a link; `link_permits` alone creates the permit, and so decides who may receive it.
pub(crate) async fn make_link(
    app: &App,
    permit: &LinkPermit,
    host: &str,
    lasts: Duration,
) -> Result<String, OperationError> {
    let secret = keep_link(app, permit, host, lasts, "").await?;
    let url = app.url_of(host).ok_or(OperationError::NotFound("host"))?;
    Ok(format!("{url}/.digue/enter?link={}", secret.reveal()))
}

/// The `state` of a link that opens no session: with it the account's holder links an identity.
const IDENTITY_ONLY: &str = "identity";

/// Makes a link with which the holder of an account, signed in, links an identity to it.
pub(crate) async fn make_identity_link(
    app: &App,
    permit: &LinkPermit,
    lasts: Duration,
) -> Result<Secret, OperationError> {
    keep_link(app, permit, app.console_host(), lasts, IDENTITY_ONLY).await
}

/// The account that an identity may be linked to, and true when its holder must be signed in.
pub(crate) async fn peek_identity_link(
    app: &App,
    token: &str,
) -> Result<(AccountId, bool), OperationError> {
    let hash = digue_gateway::identity::token_hash(token);
    let link = app.store().peek_link(&hash, app.clock().now()).await?;
    let link = link.filter(|link| link.host == app.console_host());
    match link {
        Some(link) if link.state.is_empty() => Ok((link.account, false)),
        Some(link) if link.state == IDENTITY_ONLY => Ok((link.account, true)),
        _ => Err(OperationError::NotFound("link")),
    }
}

async fn keep_link(
    app: &App,
    permit: &LinkPermit,
    host: &str,
    lasts: Duration,
    state: &str,
) -> Result<Secret, OperationError> {
    let (account, actor) = (permit.account(), permit.issuer());
    let known = app
        .gateway()
        .rules()
        .directory
        .find(account)
        .is_some_and(|r| !r.is_suspended);
    if !known {
        return Err(OperationError::NotFound("account"));
    }
    app.url_of(host).ok_or(OperationError::NotFound("host"))?;
    let secret = Secret::draw()?;
    let link = StoreConnection {
        account: account.clone(),
        host: host.to_owned(),
        expires_at: app.clock().now().plus(lasts),
        state: state.to_owned(),
        proved_at: Timestamp::ZERO,
    };
    let after = format!("host:{host} {state}").trim_end().to_owned();
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        after,
        ..ActDetails::default()
    };
    app.write_down(actor, Act::LinkIssued, details).await?;
    app.store().add_link(&secret.hash(), &link).await?;
    Ok(secret)
}

/// The account of a link, without using it up: a page asks before it signs in, because mail
/// scanners and previews open links.
pub async fn peek_link(app: &App, token: &str, host: &str) -> Result<AccountId, OperationError> {
    let hash = digue_gateway::identity::token_hash(token);
    let link = app.store().peek_link(&hash, app.clock().now()).await?;
    // A link with a state belongs to a hand-over or an identity; as a plain link it would open a
    // session in any browser.
    let link = link.filter(|link| link.host == host && link.state.is_empty());
    Ok(link.ok_or(OperationError::NotFound("link"))?.account)
}

/// Uses a link up and opens a session; the secret goes into the cookie.
pub async fn enter(
    app: &App,
    token: &str,
    host: &str,
    origin: &RequestOrigin,
) -> Result<(Secret, Session), OperationError> {
    // `take_link` removes whatever it finds: a link for another host must be refused before it is
    // used up.
    peek_link(app, token, host).await?;
    open(app, token, host, origin, "link").await
}

/// Opens the session of a hand-over on `host`, for the browser that holds `state`.
pub async fn take_over(
    app: &App,
    token: &str,
    state: &str,
    host: &str,
    origin: &RequestOrigin,
) -> Result<(Secret, Session), OperationError> {
    let hash = digue_gateway::identity::token_hash(token);
    let link = app.store().peek_link(&hash, app.clock().now()).await?;
    // Hashes of secrets are compared: the duration reveals nothing about a secret.
    let is_its = |link: &StoreConnection| {
        link.host == host && !state.is_empty() && link.state == state_hash(state)
    };
    link.filter(is_its)
        .ok_or(OperationError::NotFound("link"))?;
    open(app, token, host, origin, "hand-over").await
}

/// SHA-256 of a state in hexadecimal, as it travels through the console.
pub fn state_hash(state: &str) -> String {
    digue_gateway::identity::token_hash(state)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The URL that opens a session on a portal for the holder of a console session. `state` is the
/// hash of the secret that the browser holds on that host.
pub async fn hand_over(
    app: &App,
    session: &Session,
    host: &str,
    state: &str,
) -> Result<String, OperationError> {
    let actor = Actor::of_session(app, session)?;
    let url = app
        .url_of(host)
        .ok_or(OperationError::NotFound("host"))?
        .to_owned();
    let is_hash = state.len() == 64 && state.bytes().all(|byte| byte.is_ascii_hexdigit());
    // Only from the console's session: a cookie taken from one portal must open no other.
    if session.host != app.console_host() || host == app.console_host() || !is_hash {
        return Err(OperationError::Invalid("invalid-link"));
    }
    let secret = Secret::draw()?;
    let expires_at = app.clock().now().plus(HAND_OVER_LASTS);
    let link = StoreConnection {
        account: actor.account,
        host: host.to_owned(),
        expires_at,
        state: state.to_owned(),
        // A hand-over is not a new proof of identity.
        proved_at: session.proved_at,
    };
    app.store().add_link(&secret.hash(), &link).await?;
    Ok(format!("{url}/.digue/enter?link={}", secret.reveal()))
}

async fn open(
    app: &App,
    token: &str,
    host: &str,
    origin: &RequestOrigin,
    by: &str,
) -> Result<(Secret, Session), OperationError> {
    // Serialised with invitations and recoveries: they remove the link before it is used, or cut
    // the session that it opened. Without the lock a session could open between the two.
    let _one_at_a_time = credential_lock::hold(app).await;
    let (now, begun) = (app.clock().now(), app.begin_proof());
    let hash = digue_gateway::identity::token_hash(token);
    let link = app
        .store()
        .take_link(&hash, now)
        .await?
        .ok_or(OperationError::NotFound("link"))?;
    let proved_at = if link.proved_at == Timestamp::ZERO {
        now
    } else {
        link.proved_at
    };
    open_session(
        app,
        &link.account,
        host,
        origin,
        SessionProof {
            begun,
            proved_at,
            by,
        },
    )
    .await
}

/// The proof of identity that a session is opened with.
#[derive(Clone, Copy)]
pub(crate) struct SessionProof<'p> {
    pub(crate) begun: ProofStart,
    pub(crate) proved_at: Timestamp,
    /// The name of the way, with details after a colon: `provider:proconnect:two:`.
    pub(crate) by: &'p str,
}

/// Opens a session for an account whose identity was proved. The secret goes into the cookie.
///
/// # Errors
/// `Denied` for an account that is suspended or does not exist, and when it was suspended, cut or
/// moved, or its sessions were ended, since the proof began.
pub(crate) async fn open_session(
    app: &App,
    account: &AccountId,
    host: &str,
    origin: &RequestOrigin,
    proof: SessionProof<'_>,
) -> Result<(Secret, Session), OperationError> {
    open_session_with(app, account, host, origin, proof, async |_| Ok(())).await
}

/// `open_session`, with something that is stored about the session before it can be used. When
/// `keep` fails, no session is opened.
pub(crate) async fn open_session_with(
    app: &App,
    account: &AccountId,
    host: &str,
    origin: &RequestOrigin,
    proof: SessionProof<'_>,
    keep: impl AsyncFnOnce(&Session) -> Result<(), OperationError>,
) -> Result<(Secret, Session), OperationError> {
    let now = app.clock().now();
    let rules = app.gateway().rules();
    let record = rules
        .directory
        .find(account)
        .filter(|record| !record.is_suspended);
    let record = record.ok_or(OperationError::Denied)?;
    let secret = Secret::draw()?;
    let session = Session {
        id: SessionId::parse(&name("s")?).expect("a prefix and base64url are a valid session id"),
        account: account.clone(),
        organisation: record.organisation.clone(),
        host: host.to_owned(),
        opened_at: now,
        seen_at: now,
        proved_at: proof.proved_at,
        origin: origin.clone(),
        other_ip: ClientIp::Unknown,
        device: None,
    };
    let opening = app.announce_session(&session, proof.begun)?;
    // Read again: what changed before the announcement ended other sessions, and not this one.
    if app.gateway().rules().directory.find(account) != Some(record) {
        return Err(OperationError::Denied);
    }
    let actor = Actor {
        account: account.clone(),
        role: record.role,
        proved_at: proof.proved_at,
    };
    let details = ActDetails {
        subject: Subject::Session(session.id.clone()),
        after: format!("host:{host} ip:{} by:{}", origin.ip, proof.by),
        ..ActDetails::default()
    };
    // Journalled and stored before the gateway knows it: no request is served for a session without
    // entry.
    app.write_down(&actor, Act::SessionOpened, details).await?;
    // Stored before the gateway serves it: a session in memory alone would end at a restart without
    // a trace.
    app.store().add_session(&secret.hash(), &session).await?;
    let connection = ConnectionRecord {
        session: session.id.clone(),
        account: account.clone(),
        at: now,
        host: host.to_owned(),
        ip: origin.ip.to_string(),
        agent: origin.agent.clone(),
        means: proof.by.split(':').next().unwrap_or(proof.by).to_owned(),
    };
    app.store().add_connection(&connection).await?;
    let kept = keep(&session).await;
    if let Err(error) = kept.and_then(|()| opening.complete(secret.hash())) {
        let details = ActDetails {
            subject: Subject::Session(session.id.clone()),
            ..ActDetails::default()
        };
        // Before its entry, like all that narrows access: a failing journal must not leave a row
        // that the next start would load as a session.
        app.remove_sessions(std::slice::from_ref(&session.id))
            .await?;
        app.write_down(&Actor::digue(), Act::SessionCut, details)
            .await?;
        return Err(error);
    }
    Ok((secret, session))
}

/// One's own live sessions, on every host, the newest first.
pub fn own_sessions(app: &App, session: &Session) -> Result<Vec<Session>, OperationError> {
    Actor::of_session(app, session)?;
    let mut sessions = app.gateway().sessions_of(&session.account);
    // By name where two are of the same second, so that the list stands still.
    sessions.sort_by(|one, other| (other.opened_at, &one.host).cmp(&(one.opened_at, &other.host)));
    Ok(sessions)
}

/// Journals a fresh proof of identity by the holder of a session, and renews its date.
pub(crate) async fn note_proof(
    app: &App,
    actor: &Actor,
    session: &Session,
    at: Timestamp,
) -> Result<(), OperationError> {
    let details = ActDetails {
        subject: Subject::Session(session.id.clone()),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::SessionProved, details).await?;
    app.store().prove_session(&session.id, at).await?;
    app.gateway().prove_session(&session.id, at);
    Ok(())
}

/// An earlier sign-in of an account, for its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierSignIn {
    pub session: SessionId,
    pub at: Timestamp,
    pub ip: String,
    pub agent: String,
    pub means: SignInMeans,
}

/// How an identity was proved at a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMeans {
    Passkey,
    Password,
    Link,
    /// From the console to a portal, without a proof of its own.
    HandOver,
    Provider,
    /// A means that this version does not know.
    Unrecognised,
}

impl SignInMeans {
    const STORED: [Self; 5] = [
        Self::Passkey,
        Self::Password,
        Self::Link,
        Self::HandOver,
        Self::Provider,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Password => "password",
            Self::Link => "link",
            Self::HandOver => "hand-over",
            Self::Provider => "provider",
            Self::Unrecognised => "unrecognised",
        }
    }

    fn of(code: &str) -> Self {
        Self::STORED
            .into_iter()
            .find(|means| means.code() == code)
            .unwrap_or(Self::Unrecognised)
    }
}

/// The three sign-ins before this one, newest first, so that the holder can notice one that was not
/// theirs.
pub async fn last_connections(
    app: &App,
    session: &Session,
) -> Result<Vec<EarlierSignIn>, OperationError> {
    // A hand-over to a portal is not a sign-in that the holder would recognise. Left out by the
    // database: a dozen of them would otherwise hide the sign-in before them. Four, as this one is
    // among them.
    let hand_over = SignInMeans::HandOver.code();
    let known = app
        .store()
        .connections_of(&session.account, hand_over, 4)
        .await?
        .into_iter()
        .map(|record| {
            let ConnectionRecord {
                session,
                at,
                ip,
                agent,
                means,
                ..
            } = record;
            EarlierSignIn {
                session,
                at,
                ip,
                agent,
                means: SignInMeans::of(&means),
            }
        });
    let known = known.filter(|one| one.session != session.id);
    Ok(known.take(3).collect())
}

/// Ends an older session of the same account after a sign-in from another address.
pub async fn replace(app: &App, old: &Session, new: &Session) -> Result<(), OperationError> {
    if old.account != new.account {
        return Ok(());
    }
    // One device may alternate between IPv4 and IPv6. The proof of identity shows that both are the
    // holder's.
    if app.gateway().know_other_address(&new.id, old.origin.ip) {
        app.store()
            .know_other_address(&new.id, old.origin.ip)
            .await?;
    }
    app.end_sessions(|known| known.id == old.id).await.map(drop)
}

/// Ends one of the account's own sessions, or all but the current one (`which` is `None`).
pub async fn cut_own(
    app: &App,
    session: &Session,
    which: Option<&SessionId>,
) -> Result<usize, OperationError> {
    let actor = Actor::of_session(app, session)?;
    let is_wanted =
        |known: &Session| which.map_or(known.id != session.id, |wanted| known.id == *wanted);
    let cut = app
        .end_sessions(|known| known.account == session.account && is_wanted(known))
        .await?;
    let details = ActDetails {
        subject: Subject::Account(session.account.clone()),
        before: format!("sessions:{}", cut.len()),
        ..ActDetails::default()
    };
    app.write_down(&actor, Act::SessionCut, details).await?;
    Ok(cut.len())
}

/// Ends the current session.
pub async fn leave(app: &App, session: &Session) -> Result<(), OperationError> {
    // Before anything that can fail: on a shared machine a sign-out must take effect, whatever the
    // journal says.
    app.end_sessions(|known| known.id == session.id).await?;
    let actor = Actor::of_session(app, session)?;
    let details = ActDetails {
        subject: Subject::Session(session.id.clone()),
        ..ActDetails::default()
    };
    app.write_down(&actor, Act::SessionCut, details).await?;
    Ok(())
}
