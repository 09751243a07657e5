//! Subjects and sessions of a provider that another channel names: its events (shared signals).

use digue_app::{App, OperationError};
use digue_types::AccountId;

use super::peer::ProviderPeer;
use super::{ProviderAudience, keyed, providers};
use crate::person_sessions;
use crate::recent_logouts::RecentLogouts;

/// What an event of a provider names.
#[derive(Clone, Copy, Debug)]
pub enum NameAtProvider<'n> {
    Subject(&'n str),
    Session(&'n str),
}

impl NameAtProvider<'_> {
    fn keyed(self, app: &App, peer: &ProviderPeer) -> String {
        match self {
            Self::Subject(name) => keyed(app, peer, "subject", name),
            Self::Session(name) => keyed(app, peer, "sid", name),
        }
    }
}

/// Providers with this issuer: an operator may have several clients at one.
fn of_issuer<'a>(app: &'a App, issuer: &'a str) -> impl Iterator<Item = &'a ProviderPeer> {
    let peers = providers(app).peers.iter();
    peers.filter(move |peer| peer.rules.issuer == issuer)
}

/// The accounts that this subject or session of an issuer is linked to.
pub async fn accounts_of(
    app: &App,
    issuer: &str,
    named: NameAtProvider<'_>,
) -> Result<Vec<AccountId>, OperationError> {
    let mut found = Vec::new();
    for peer in of_issuer(app, issuer) {
        if !matches!(peer.rules.serves, ProviderAudience::Accounts) {
            continue;
        }
        let name = named.keyed(app, peer);
        match named {
            NameAtProvider::Subject(_) => {
                found.extend(
                    app.store()
                        .identity(&name)
                        .await?
                        .map(|known| known.account),
                );
            }
            NameAtProvider::Session(_) => {
                found.extend(app.store().accounts_of_provider_session(&name).await?);
            }
        }
    }
    Ok(found)
}

/// Ends what began by this subject or session before: sign-ins that are under way, and the sessions
/// of persons, which no account has. Returns how many of these there were.
pub fn end_begun(app: &App, issuer: &str, named: NameAtProvider<'_>) -> usize {
    let mut ended = 0;
    for peer in of_issuer(app, issuer) {
        let name = named.keyed(app, peer);
        let (subject, sid) = match named {
            NameAtProvider::Subject(_) => (Some(name.as_str()), None),
            NameAtProvider::Session(_) => (None, Some(name.as_str())),
        };
        ended += person_sessions::end_owed(app, &peer.rules.id, subject, sid);
        app.area::<RecentLogouts>().note(name, app.clock().now());
    }
    ended
}
