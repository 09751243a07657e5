//! Logout in both directions: a provider ends a session (back-channel logout), or a user who signs
//! out here also signs out of the provider.

use digue_access::Session;
use digue_app::secret::Secret;
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_types::{AccountId, Act, Subject};

use super::accounts::seal;
use super::{keyed, label, operation_error, providers};

use crate::person_sessions;
use crate::recent_logouts::RecentLogouts;

/// A verified logout token. Names are keyed hashes.
#[derive(Clone, Debug)]
pub struct ProviderLogout {
    /// The id of the provider.
    pub provider: String,
    /// The token's own id (`jti`).
    pub token: String,
    pub subject: Option<String>,
    pub sid: Option<String>,
}

/// A provider ended a session: every session of the account ends here, on every host, however it
/// was opened. A narrower rule would need each portal session to know from which provider session
/// it came (docs/decisions/0015).
///
/// # Errors
/// `Invalid` for a token that proves nothing, or was used before.
pub async fn ended_by_provider(
    app: &App,
    provider: &str,
    token: &str,
) -> Result<(), OperationError> {
    let peer = providers(app).find(provider)?;
    let client = app
        .client()
        .ok_or_else(|| OperationError::Unavailable("no HTTP client".to_owned()))?;
    let ended = peer
        .ended(client, app.clock().now(), token)
        .await
        .map_err(|trouble| operation_error(peer, trouble))?;
    let logout = ProviderLogout {
        provider: provider.to_owned(),
        token: keyed(app, peer, "logout", &ended.jti),
        subject: ended
            .subject
            .map(|subject| keyed(app, peer, "subject", &subject)),
        sid: ended.sid.map(|sid| keyed(app, peer, "sid", &sid)),
    };
    end_all(app, &logout).await
}

/// Ends what a verified logout token names. The token is used up once all of it is done: after a
/// failure the provider's next try is accepted.
///
/// # Errors
/// `Invalid` for a token that was used before; otherwise the first failure, after everything was
/// tried.
pub async fn end_all(app: &App, logout: &ProviderLogout) -> Result<(), OperationError> {
    let ProviderLogout {
        provider,
        token,
        subject,
        sid,
    } = logout;
    let logouts = app.area::<RecentLogouts>();
    // By the subject where the token has one: the console session that `sid` names may be over
    // while a portal session that it handed over continues.
    let named = subject
        .iter()
        .chain(sid.iter().filter(|_| subject.is_none()));
    let turn = logouts.begin(token, named, app.clock().now());
    let turn = turn.ok_or(OperationError::Invalid("invalid-provider-answer"))?;
    person_sessions::end_owed(app, provider, subject.as_deref(), sid.as_deref());
    let accounts = match (subject, sid) {
        (Some(subject), _) => app
            .store()
            .identity(subject)
            .await?
            .map(|known| known.account)
            .into_iter()
            .collect(),
        (None, Some(sid)) => app.store().accounts_of_provider_session(sid).await?,
        (None, None) => Vec::new(),
    };
    let mut done = Ok(());
    for account in accounts {
        done = done.and(end_sessions_of(app, provider, &account).await);
    }
    done?;
    turn.done();
    Ok(())
}

/// Ends the sessions of an account at once, then journals it, then removes them from the store.
async fn end_sessions_of(
    app: &App,
    provider: &str,
    account: &AccountId,
) -> Result<(), OperationError> {
    let cut = app.cut_sessions(|session| session.account == *account);
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        before: format!("sessions:{}", cut.len()),
        after: format!("provider:{provider}"),
        ..ActDetails::default()
    };
    let written = app
        .write_down(&Actor::digue(), Act::SessionCut, details)
        .await;
    app.remove_sessions(&cut).await?;
    written.map(drop)
}

/// The address at which a user who signed out here may also sign out of the provider.
pub(super) struct ProviderSignOut {
    address: String,
    /// The provider's label.
    provider: String,
}

/// A ticket to sign out of the provider, too. To be called before the session ends: its ID token
/// goes with it. `None` where there is no provider or it offers no logout.
pub async fn farewell(app: &App, session: &Session) -> Option<String> {
    let owed = app.store().provider_session(&session.id).await.unwrap_or_else(|error| {
        // Signing out of Digue must not fail for want of the provider's part.
        tracing::warn!(%error, "Reading a provider's session failed; no sign-out at the provider is offered");
        None
    })?;
    let token = seal(app)
        .ok()?
        .open(session.id.as_str(), &owed.sealed_token)?;
    offer(app, &owed.provider, &String::from_utf8(token).ok()?).await
}

/// The same for the session of a person.
pub async fn farewell_of_person(app: &App, secret: &str) -> Option<String> {
    let owed = person_sessions::owed(app, secret)?;
    offer(app, &owed.provider, &owed.id_token).await
}

async fn offer(app: &App, provider: &str, id_token: &str) -> Option<String> {
    let peer = providers(app).find(provider).ok()?;
    let now = app.clock().now();
    let (back, state) = (
        format!("{}/.digue/left", app.console_url()),
        Secret::draw().ok()?,
    );
    let address = peer
        .end_address(app.client()?, now, id_token, &back, state.reveal())
        .await;
    let goodbye = ProviderSignOut {
        address: address.ok()??,
        provider: label(app, provider),
    };
    providers(app).goodbyes.begin(now, goodbye).ok()
}

/// The provider of a ticket, for the page that offers to sign out of it.
pub fn leaving(app: &App, ticket: &str) -> Option<String> {
    providers(app)
        .goodbyes
        .look(app.clock().now(), ticket, |goodbye| {
            goodbye.provider.clone()
        })
}

/// The provider's logout address, once.
pub fn end(app: &App, ticket: &str) -> Result<String, OperationError> {
    Ok(providers(app)
        .goodbyes
        .end(app.clock().now(), ticket)?
        .address)
}
