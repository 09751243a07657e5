//! Coming in: one-time links for now. (Passkeys, invitations and recovery take their place here.)

use std::time::Duration;

use digue_access::{OpenSession, Session};
use digue_store::Link;
use digue_types::{AccountId, Act, SessionId};

use crate::actor::Actor;
use crate::error::OperationError;
use crate::house::{House, Words};
use crate::secret::{Secret, name};

/// Issues a link that signs `account` in on `host`, once, within `lasts`; returns its address.
pub async fn issue_link(
    house: &House,
    actor: &Actor,
    account: &AccountId,
    host: &str,
    lasts: Duration,
) -> Result<String, OperationError> {
    actor.must_act()?;
    let known = house.gateway().rules().directory.find(account).is_some_and(|r| !r.is_suspended);
    if !known {
        return Err(OperationError::NotFound("account"));
    }
    let url = house.url_of(host).ok_or(OperationError::NotFound("host"))?.to_owned();
    let secret = Secret::draw()?;
    let link =
        Link { account: account.clone(), host: host.to_owned(), expires_at: house.clock.now().plus(lasts) };
    let words =
        Words { subject: format!("account:{account}"), after: format!("host:{host}"), ..Words::default() };
    house.write_down(actor, Act::LinkIssued, words).await?;
    house.store.add_link(&secret.hash(), &link).await?;
    Ok(format!("{url}/.digue/enter?link={}", secret.reveal()))
}

/// Whom a link is for, without using it up: a page asks before it signs in, because programs that
/// preview links open them.
pub async fn peek_link(house: &House, token: &str, host: &str) -> Result<AccountId, OperationError> {
    let hash = digue_gateway::identity::token_hash(token);
    let link = house.store.peek_link(&hash, house.clock.now()).await?;
    let link = link.filter(|link| link.host == host).ok_or(OperationError::NotFound("link"))?;
    Ok(link.account)
}

/// Uses a link up and opens a session; the secret goes into the cookie.
pub async fn enter(
    house: &House,
    token: &str,
    host: &str,
    client_ip: &str,
) -> Result<Secret, OperationError> {
    peek_link(house, token, host).await?;
    let now = house.clock.now();
    let hash = digue_gateway::identity::token_hash(token);
    let link = house.store.take_link(&hash, now).await?.ok_or(OperationError::NotFound("link"))?;
    let rules = house.gateway().rules();
    let record = rules.directory.find(&link.account).filter(|record| !record.is_suspended);
    let record = record.ok_or(OperationError::Denied)?;
    let secret = Secret::draw()?;
    let session = Session {
        id: SessionId::parse(&name("s")?).expect("base64url fits"),
        account: link.account.clone(),
        organisation: record.organisation.clone(),
        host: host.to_owned(),
        opened_at: now,
        seen_at: now,
        proved_at: now,
    };
    let actor = Actor { account: link.account, role: record.role };
    let words = Words {
        subject: format!("session:{}", session.id),
        after: format!("host:{host} ip:{client_ip}"),
        ..Words::default()
    };
    house.write_down(&actor, Act::SessionOpened, words).await?;
    house.store.add_session(&secret.hash(), &session).await?;
    house.gateway().open_session(OpenSession { token: secret.hash(), session });
    Ok(secret)
}

/// Ends one's own session.
pub async fn leave(house: &House, session: &Session) -> Result<(), OperationError> {
    let cut = house.gateway().cut_sessions(|known| known.id == session.id);
    house.store.remove_sessions(&cut).await?;
    let actor = Actor::of_session(house, session)?;
    let words = Words { subject: format!("session:{}", session.id), ..Words::default() };
    house.write_down(&actor, Act::SessionCut, words).await?;
    Ok(())
}
