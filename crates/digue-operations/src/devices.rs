//! Sessions bound to the key of a device: a copied cookie is worth nothing after one refresh.
//!
//! The W3C draft of device-bound session credentials: the answer that opens a session invites the
//! browser to make a key that cannot leave the device; from then on the session needs a second
//! cookie that lasts five minutes, and only a signature of that key gets the next one. Browsers that
//! do not know it ignore the invitation, and their sessions are held to network, browser and TLS.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_access::Session;
use digue_access::session::Device;
use digue_gateway::possession::{self, Possession};
use digue_types::{Act, SessionId, Timestamp};
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::app::{ActDetails, App};
use crate::error::OperationError;
use crate::secret::Secret;

/// How long the short cookie is good for.
pub const COOKIE_LASTS: Duration = Duration::from_mins(5);
/// How long a challenge waits for its signature.
const CHALLENGE_LASTS: Duration = Duration::from_mins(2);
/// How long the cookie before stays good, for requests under way.
const OVERLAP: Duration = Duration::from_secs(10);
const CHALLENGES_MAX: usize = 100_000;

pub const REGISTER: &str = "/.digue/device/register";
pub const REFRESH: &str = "/.digue/device/refresh";
const TOKEN_TYPE: &str = "dbsc+jwt";

/// Challenges that wait, one for each session.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<HashMap<SessionId, (String, Timestamp)>>);

impl Challenges {
    fn draw(&self, session: &SessionId, now: Timestamp) -> Result<String, OperationError> {
        let challenge = Secret::draw()?.reveal().to_owned();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= CHALLENGES_MAX {
            waiting.retain(|_, (_, at)| now.since(*at) < CHALLENGE_LASTS);
        }
        if waiting.len() >= CHALLENGES_MAX {
            return Err(OperationError::Busy);
        }
        waiting.insert(session.clone(), (challenge.clone(), now));
        Ok(challenge)
    }

    /// True when this was the challenge; it is used up whatever comes of it.
    fn take(&self, session: &SessionId, said: &str, now: Timestamp) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = waiting.remove(session);
        known.is_some_and(|(challenge, at)| challenge == said && now.since(at) < CHALLENGE_LASTS)
    }
}

/// The header that invites a browser to bind a session that was opened just now.
pub fn invitation(app: &App, session: &Session) -> Result<String, OperationError> {
    let challenge = app.challenges.draw(&session.id, app.clock.now())?;
    Ok(format!("(ES256 RS256);path=\"{REGISTER}\";challenge=\"{challenge}\""))
}

/// A session that a key now holds: the short cookie, and what the browser is told of both.
pub struct BoundSession {
    pub cookie: Secret,
    pub instructions: Value,
}

/// Binds a session to the key that signed its challenge. Once: a session that has a key keeps it.
pub async fn register(app: &App, session: &Session, token: &str) -> Result<BoundSession, OperationError> {
    if session.device.is_some() {
        return Err(OperationError::Conflict);
    }
    let proved = prove(app, session, token, None)?;
    let actor = Actor::of_session(app, session)?;
    let words = ActDetails {
        subject: format!("session:{}", session.id),
        after: format!("key:{}", &proved.thumbprint[..12]),
        ..ActDetails::default()
    };
    app.write_down(&actor, Act::SessionBound, words).await?;
    give_cookie(app, session, proved.key, None).await
}

/// What a browser is asked to sign before it gets its next short cookie.
pub fn challenge(app: &App, session: &Session) -> Result<String, OperationError> {
    if session.device.is_none() {
        return Err(OperationError::NotFound("device"));
    }
    app.challenges.draw(&session.id, app.clock.now())
}

/// Gives the next short cookie to whoever holds the session's key.
pub async fn refresh(app: &App, session: &Session, token: &str) -> Result<BoundSession, OperationError> {
    let device = session.device.as_ref().ok_or(OperationError::NotFound("device"))?;
    let proved = prove(app, session, token, Some(&device.key))?;
    debug_assert_eq!(proved.key, device.key);
    let until = app.clock.now().plus(OVERLAP).min(device.until);
    give_cookie(app, session, device.key.clone(), Some((device.cookie, until))).await
}

fn prove(
    app: &App,
    session: &Session,
    token: &str,
    known: Option<&str>,
) -> Result<Possession, OperationError> {
    let refused = || OperationError::Invalid("invalid-ceremony");
    let proved = possession::verify(token, TOKEN_TYPE, known).map_err(|_| refused())?;
    let said = proved.claims.get("jti").and_then(Value::as_str).unwrap_or_default();
    if app.challenges.take(&session.id, said, app.clock.now()) { Ok(proved) } else { Err(refused()) }
}

async fn give_cookie(
    app: &App,
    session: &Session,
    key: String,
    before: Option<([u8; 32], Timestamp)>,
) -> Result<BoundSession, OperationError> {
    let cookie = Secret::draw()?;
    let until = app.clock.now().plus(COOKIE_LASTS);
    let device = Device { key, cookie: cookie.hash(), until, before };
    app.store.bind_session(&session.id, &device).await?;
    app.gateway().bind_session(&session.id, device);
    let origin = app.url_of(&session.host).ok_or(OperationError::NotFound("host"))?;
    let instructions = json!({
        "session_identifier": session.id,
        "refresh_url": REFRESH,
        "scope": {
            "origin": origin,
            "include_site": false,
            "scope_specification": [{"type": "exclude", "domain": session.host, "path": "/.digue/device/"}],
        },
        "credentials": [{
            "type": "cookie",
            "name": digue_gateway::headers::DEVICE_COOKIE,
            "attributes": "Path=/; Secure; HttpOnly; SameSite=Lax",
        }],
    });
    Ok(BoundSession { cookie, instructions })
}
