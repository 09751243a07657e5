//! Sessions bound to a device key: a copied cookie is worthless after the next refresh.
//!
//! Device Bound Session Credentials (W3C draft): the response that opens a session invites the
//! browser to create a key that cannot leave the device. From then on the session needs a second
//! cookie that lasts five minutes, and only a signature by that key obtains the next one. Browsers
//! without support ignore the invitation; their sessions are bound to network, browser and TLS
//! fingerprint instead.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_access::Session;
use digue_access::session::Device;
use digue_app::secret::Secret;
use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_http::possession::{self, Possession};
use digue_types::{Act, SessionId, Subject, Timestamp};
use serde_json::{Value, json};

/// How long the short cookie is valid.
pub const COOKIE_LASTS: Duration = Duration::from_mins(5);
/// How long a challenge is valid.
const CHALLENGE_LASTS: Duration = Duration::from_mins(2);
/// How long the previous cookie stays valid, for requests under way.
const OVERLAP: Duration = Duration::from_secs(10);
// One per live session. Beyond it new ones are refused and not the oldest dropped, because only
// signed-in browsers can draw one.
const CHALLENGES_MAX: usize = 100_000;

pub(crate) const REGISTER: &str = "/.digue/device/register";
pub(crate) const REFRESH: &str = "/.digue/device/refresh";
const TOKEN_TYPE: &str = "dbsc+jwt";

/// Open challenges, one for each session. The lock is taken alone and released at once.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<HashMap<SessionId, (String, Timestamp)>>);

impl Area for Challenges {}

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

    /// True when this is the session's challenge. It is used up in any case: no second guess.
    fn take(&self, session: &SessionId, answered: &str, now: Timestamp) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = waiting.remove(session);
        // A plain comparison is enough: the challenge was removed above, so that its timing helps
        // no second guess.
        known
            .is_some_and(|(challenge, at)| challenge == answered && now.since(at) < CHALLENGE_LASTS)
    }
}

/// The header that invites a browser to bind a session that was just opened.
pub fn invitation(app: &App, session: &Session) -> Result<String, OperationError> {
    let challenge = app
        .area::<Challenges>()
        .draw(&session.id, app.clock().now())?;
    Ok(format!(
        "(ES256 RS256);path=\"{REGISTER}\";challenge=\"{challenge}\""
    ))
}

/// A bound session: the short cookie, and the instructions for the browser.
pub struct BoundSession {
    pub cookie: Secret,
    pub instructions: Value,
}

/// Binds a session to the key that signed its challenge. Only once: otherwise the thief of a cookie
/// could replace the key with their own.
pub async fn register(
    app: &App,
    session: &Session,
    token: &str,
) -> Result<BoundSession, OperationError> {
    if session.device.is_some() {
        return Err(OperationError::Conflict);
    }
    let proved = prove(app, session, token, None)?;
    let actor = Actor::of_session(app, session)?;
    let details = ActDetails {
        subject: Subject::Session(session.id.clone()),
        after: format!("key:{}", &proved.thumbprint[..12]),
        ..ActDetails::default()
    };
    app.write_down(&actor, Act::SessionBound, details).await?;
    give_cookie(app, session, proved.key, None).await
}

/// The challenge that a browser must sign for its next short cookie.
pub fn challenge(app: &App, session: &Session) -> Result<String, OperationError> {
    if session.device.is_none() {
        return Err(OperationError::NotFound("device"));
    }
    app.area::<Challenges>()
        .draw(&session.id, app.clock().now())
}

/// Issues the next short cookie for a signature by the session's key.
pub async fn refresh(
    app: &App,
    session: &Session,
    token: &str,
) -> Result<BoundSession, OperationError> {
    let device = session
        .device
        .as_ref()
        .ok_or(OperationError::NotFound("device"))?;
    let proved = prove(app, session, token, Some(&device.key))?;
    debug_assert_eq!(proved.key, device.key);
    // The minimum, so that frequent refreshes cannot extend the life of an old cookie beyond its
    // own end.
    let until = app.clock().now().plus(OVERLAP).min(device.until);
    give_cookie(
        app,
        session,
        device.key.clone(),
        Some((device.cookie, until)),
    )
    .await
}

fn prove(
    app: &App,
    session: &Session,
    token: &str,
    known: Option<&str>,
) -> Result<Possession, OperationError> {
    let refused = || OperationError::Invalid("invalid-ceremony");
    let proved = possession::verify(token, TOKEN_TYPE, known).map_err(|_| refused())?;
    // The signature was verified before: at a refresh, nobody uses up the holder's challenge with a
    // copied cookie alone.
    let jti = proved
        .claims
        .get("jti")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if app
        .area::<Challenges>()
        .take(&session.id, jti, app.clock().now())
    {
        Ok(proved)
    } else {
        Err(refused())
    }
}

async fn give_cookie(
    app: &App,
    session: &Session,
    key: String,
    before: Option<([u8; 32], Timestamp)>,
) -> Result<BoundSession, OperationError> {
    let cookie = Secret::draw()?;
    let until = app.clock().now().plus(COOKIE_LASTS);
    let device = Device {
        key,
        cookie: cookie.hash(),
        until,
        before,
    };
    // The store first: a binding that only the gateway knew would vanish at the next start, and a
    // copied cookie would work again.
    app.store().bind_session(&session.id, &device).await?;
    app.gateway().bind_session(&session.id, device);
    let origin = app
        .url_of(&session.host)
        .ok_or(OperationError::NotFound("host"))?;
    Ok(BoundSession {
        cookie,
        instructions: instructions(session, origin),
    })
}

/// What the browser is told of a bound session.
fn instructions(session: &Session, origin: &str) -> Value {
    json!({
        "session_identifier": session.id,
        "refresh_url": REFRESH,
        "scope": {
            "origin": origin,
            "include_site": false,
            // Requests to these endpoints must not wait for the short cookie, which only they can
            // renew.
            "scope_specification": [{"type": "exclude", "domain": session.host, "path": "/.digue/device/"}],
        },
        // The attributes must be those with which the cookie is set: the browser takes another
        // cookie for a missing one.
        "credentials": [{
            "type": "cookie",
            "name": digue_gateway::headers::DEVICE_COOKIE,
            "attributes": "Path=/; Secure; HttpOnly; SameSite=Lax",
        }],
    })
}
