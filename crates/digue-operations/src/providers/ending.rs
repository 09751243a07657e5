//! The end: the provider says that somebody left, or somebody who leaves here wants to leave there too.

use std::time::Duration;

use digue_access::Session;
use digue_types::Act;

use super::accounts::seal;
use super::{keyed, label, told};
use crate::actor::Actor;
use crate::app::{ActDetails, App};
use crate::error::OperationError;
use crate::persons;
use crate::secret::Secret;

/// A logout token is refused above its age; until then it is good once.
pub(super) const LOGOUT_KNOWN: Duration = Duration::from_mins(15);
pub(super) const LOGOUTS_MAX: usize = 100_000;

/// The provider ended somebody's session: every session of theirs ends here, on every host, whatever
/// opened it. Narrow would be kinder, and a portal's session does not know which of them it came from.
///
/// # Errors
/// `Invalid` for a token that proves nothing, or came before.
pub async fn ended_by_provider(app: &App, provider: &str, token: &str) -> Result<(), OperationError> {
    let peer = app.providers().find(provider)?;
    let client = app.client().ok_or_else(|| OperationError::Unavailable("no way out".to_owned()))?;
    let now = app.clock.now();
    let ended = peer.ended(client, now, token).await.map_err(|trouble| told(peer, trouble))?;
    if !app.providers().is_new_logout(keyed(app, peer, "logout", &ended.jti), now) {
        return Err(OperationError::Invalid("invalid-provider-answer"));
    }
    let subject = ended.subject.map(|subject| keyed(app, peer, "subject", &subject));
    let sid = ended.sid.map(|sid| keyed(app, peer, "sid", &sid));
    persons::end_owed(app, provider, subject.as_deref(), sid.as_deref());
    // By the subject where it is said: the session on the console may be over while one that it handed over
    // to a portal goes on.
    let accounts = match (&subject, &sid) {
        (Some(subject), _) => {
            app.store.identity(subject).await?.map(|known| known.account).into_iter().collect()
        }
        (None, Some(sid)) => app.store.accounts_of_provider_session(sid).await?,
        (None, None) => Vec::new(),
    };
    for account in accounts {
        let cut = app.gateway().cut_sessions(|session| session.account == account);
        app.store.remove_sessions(&cut).await?;
        let words = ActDetails {
            subject: format!("account:{account}"),
            before: format!("sessions:{}", cut.len()),
            after: format!("provider:{provider}"),
            ..ActDetails::default()
        };
        app.write_down(&Actor::digue(), Act::SessionCut, words).await?;
    }
    Ok(())
}

/// Where somebody who left here may leave their provider, too.
pub(super) struct ProviderSignOut {
    address: String,
    /// As people know it.
    provider: String,
}

/// Asked before the session ends: a ticket with which its holder may end the provider's, too.
pub async fn farewell(app: &App, session: &Session) -> Option<String> {
    let owed = app.store.provider_session(&session.id).await.ok()??;
    let token = seal(app).ok()?.open(session.id.as_str(), &owed.sealed_token)?;
    offer(app, &owed.provider, &String::from_utf8(token).ok()?).await
}

/// The same for a person.
pub async fn farewell_of_person(app: &App, secret: &str) -> Option<String> {
    let owed = persons::owed(app, secret)?;
    offer(app, &owed.provider, &owed.id_token).await
}

async fn offer(app: &App, provider: &str, id_token: &str) -> Option<String> {
    let peer = app.providers().find(provider).ok()?;
    let now = app.clock.now();
    let (back, state) = (format!("{}/.digue/left", app.console_url()), Secret::draw().ok()?);
    let address = peer.end_address(app.client()?, now, id_token, &back, state.reveal()).await;
    let goodbye = ProviderSignOut { address: address.ok()??, provider: label(app, provider) };
    app.providers().goodbyes.begin(now, goodbye).ok()
}

/// The provider of a ticket, for the page that asks.
pub fn leaving(app: &App, ticket: &str) -> Option<String> {
    app.providers().goodbyes.look(app.clock.now(), ticket, |goodbye| goodbye.provider.clone())
}

/// The provider's address for somebody who wants to end its session, once.
pub fn end(app: &App, ticket: &str) -> Result<String, OperationError> {
    Ok(app.providers().goodbyes.end(app.clock.now(), ticket)?.address)
}
