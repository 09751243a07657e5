//! An account of the sample portal at work, through the gateway, in a session of its own.

use std::net::SocketAddr;
use std::time::Duration;

use digue_access::RequestOrigin;
use digue_access::session::ClientIp;
use digue_app::{Actor, App, OperationError};
use digue_identity::sign_in;
use digue_replay::Population;
use digue_replay::attack::{AGENT, AttackClient, AttackError, StolenData, kairos};
use digue_types::AccountId;

/// The sample portal's name in a browser.
pub const PORTAL_HOST: &str = "kairos.localhost";
/// How long the links of the demonstration are good for.
pub const LINK_LASTS: Duration = Duration::from_hours(8);

/// The account could not be at work.
#[derive(Debug, thiserror::Error)]
pub enum VisitorError {
    #[error(transparent)]
    SignIn(#[from] OperationError),
    #[error("a link without its token")]
    Link,
    #[error(transparent)]
    Requests(#[from] AttackError),
}

/// An account, where the gateway listens for it, and its pause between two requests.
#[derive(Clone, Debug)]
pub struct PortalVisitor {
    pub account: AccountId,
    pub address: SocketAddr,
    pub pace: Duration,
}

impl PortalVisitor {
    /// Signs in, and reads as many records as the requests allow.
    ///
    /// # Errors
    /// When the account cannot sign in, or its requests get no answer.
    pub async fn read(
        &self,
        app: &App,
        population: &Population,
        requests_max: u64,
        taken: &StolenData,
    ) -> Result<(), VisitorError> {
        let actor = Actor::digue();
        let link = sign_in::issue_link(app, &actor, &self.account, PORTAL_HOST, LINK_LASTS).await?;
        let (_, token) = link.rsplit_once('=').ok_or(VisitorError::Link)?;
        // A session of its own, as after a stolen password: a copied cookie would be refused for its
        // network and browser, and the demonstration is about the number of persons.
        let origin = RequestOrigin {
            ip: ClientIp::Known(self.address.ip()),
            agent: AGENT.to_owned(),
            ..RequestOrigin::default()
        };
        let (cookie, _) = sign_in::enter(app, token, PORTAL_HOST, &origin).await?;
        let client = AttackClient {
            address: self.address,
            host: format!("{PORTAL_HOST}:{}", self.address.port()),
            cookie: cookie.reveal().to_owned(),
            pace: self.pace,
        };
        Ok(kairos(&client, population, requests_max, taken).await?)
    }
}
