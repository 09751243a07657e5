//! Who is there, and how the portal is told.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::session::{Bearer, Doubt, Found, TokenHash};
use digue_access::{Origin, Session, Snapshot};
use digue_types::{AccountId, OrganisationId, SessionId, Timestamp};
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::gateway::Shared;
use crate::headers::{device_cookie, session_cookie};
use crate::jwt::{self, KeySet, KeySetError};
use crate::key::{Target, by_key};
use crate::portal::{Identity, Portal};

/// The account behind a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub session: SessionId,
    pub proved_at: Timestamp,
    pub kind: CallerKind,
}

/// What somebody is recognised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// A session of Digue's own, which can be cut.
    Session,
    /// A key of a program, which can be revoked.
    Key,
    /// Somebody else's word: a token, a proxy's header.
    Told,
}

/// Why nobody is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// No session, token or header, or one that is no longer good.
    NotSignedIn,
    /// Recognised, but unknown to Digue or suspended.
    NotAdmitted,
    /// A live session's cookie from elsewhere, or without the key of its device.
    Doubted(Box<Caller>),
}

/// What is asked for, and from where.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub portal: &'a Portal,
    pub target: Target<'a>,
    /// The other end of the connection: a proxy's, maybe.
    pub peer: IpAddr,
    pub origin: &'a Origin,
}

/// Recognises the caller of a request to a portal.
pub(crate) fn identify(
    shared: &Shared,
    asked: &Asked<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Caller, Stranger> {
    let snapshot = shared.rules.load();
    let caller = match &asked.portal.identity {
        Identity::Session => match by_key(shared, asked.target, headers, now) {
            Some(caller) => caller?,
            None => by_session(shared, asked.target.host, asked.origin, headers, now)?,
        },
        Identity::Jwt(verifier) => verifier.identify(&snapshot, headers, now)?,
        Identity::Header { account, organisation, from } => {
            if !from.iter().any(|network| network.contains(&asked.peer)) {
                return Err(Stranger::NotSignedIn);
            }
            by_header(&snapshot, account, organisation.as_ref(), headers, now)?
        }
    };
    match snapshot.directory.find(&caller.account) {
        Some(record) if record.is_suspended => Err(Stranger::NotAdmitted),
        // A session outlives its account only until it is seen here.
        None if caller.kind != CallerKind::Told => Err(Stranger::NotAdmitted),
        _ => Ok(caller),
    }
}

/// SHA-256 of a cookie's secret, under which the session is kept.
pub fn token_hash(secret: &str) -> TokenHash {
    digest(&SHA256, secret.as_bytes()).as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// Whose session a request shows.
pub enum Known {
    Good(Session),
    Doubted(Session, Doubt),
    Nobody,
}

/// The session of a request's cookies, marked as used now when it is its holder's.
pub fn session_of(
    shared: &Shared,
    host: &str,
    origin: &Origin,
    headers: &HeaderMap,
    now: Timestamp,
) -> Known {
    with_session(shared, host, origin, headers, now, |found| match found {
        Found::Good(session) => Known::Good(session.clone()),
        Found::Doubted(session, doubt) => Known::Doubted(session.clone(), doubt),
        Found::Nothing => Known::Nobody,
    })
}

fn with_session<T>(
    shared: &Shared,
    host: &str,
    origin: &Origin,
    headers: &HeaderMap,
    now: Timestamp,
    look: impl FnOnce(Found<'_>) -> T,
) -> T {
    let Some(secret) = session_cookie(headers) else { return look(Found::Nothing) };
    let device = device_cookie(headers).map(token_hash);
    let bearer = Bearer { origin, device: device.as_ref() };
    let mut sessions = shared.sessions.lock().unwrap_or_else(PoisonError::into_inner);
    look(sessions.touch(&token_hash(secret), host, bearer, now))
}

fn by_session(
    shared: &Shared,
    host: &str,
    origin: &Origin,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Caller, Stranger> {
    let caller = |session: &Session| Caller {
        account: session.account.clone(),
        organisation: session.organisation.clone(),
        session: session.id.clone(),
        proved_at: session.proved_at,
        kind: CallerKind::Session,
    };
    with_session(shared, host, origin, headers, now, |found| match found {
        Found::Good(session) => Ok(caller(session)),
        Found::Doubted(session, _) => Err(Stranger::Doubted(Box::new(caller(session)))),
        Found::Nothing => Err(Stranger::NotSignedIn),
    })
}

fn by_header(
    snapshot: &Snapshot,
    account: &HeaderName,
    organisation: Option<&HeaderName>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Caller, Stranger> {
    let single = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    };
    let account = single(account).ok_or(Stranger::NotSignedIn)?;
    let account = AccountId::parse(account).map_err(|_| Stranger::NotAdmitted)?;
    let said = organisation.and_then(single).map(OrganisationId::parse);
    let organisation = organisation_of(snapshot, &account, said.and_then(Result::ok))?;
    let session = SessionId::parse("proxy").expect("a fixed name");
    Ok(Caller { account, organisation, session, proved_at: now, kind: CallerKind::Told })
}

/// The directory's word counts; a token's or header's only for accounts that it does not know.
fn organisation_of(
    snapshot: &Snapshot,
    account: &AccountId,
    said: Option<OrganisationId>,
) -> Result<OrganisationId, Stranger> {
    match snapshot.directory.find(account) {
        Some(record) => Ok(record.organisation.clone()),
        None => said.ok_or(Stranger::NotAdmitted),
    }
}

/// Verifies the tokens of a portal that authenticates by itself.
pub struct Verifier {
    keys: KeySet,
    issuer: String,
    audience: String,
    header: HeaderName,
    account_claim: String,
    organisation_claim: Option<String>,
}

/// What a portal map says of incoming tokens.
pub struct VerifierOptions {
    /// The text of a JWK set.
    pub jwks: String,
    pub issuer: String,
    pub audience: String,
    pub header: HeaderName,
    pub account_claim: String,
    pub organisation_claim: Option<String>,
}

impl Verifier {
    pub fn new(options: VerifierOptions) -> Result<Self, KeySetError> {
        let keys = KeySet::parse(&options.jwks)?;
        Ok(Self {
            keys,
            issuer: options.issuer,
            audience: options.audience,
            header: options.header,
            account_claim: options.account_claim,
            organisation_claim: options.organisation_claim,
        })
    }

    fn identify(&self, snapshot: &Snapshot, headers: &HeaderMap, now: Timestamp) -> Result<Caller, Stranger> {
        let token = self.token(headers).ok_or(Stranger::NotSignedIn)?;
        let claims = self.claims(token, now).ok_or(Stranger::NotSignedIn)?;
        let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str);
        let account = text(&self.account_claim).ok_or(Stranger::NotAdmitted)?;
        let account = AccountId::parse(account).map_err(|_| Stranger::NotAdmitted)?;
        let said = self.organisation_claim.as_deref().and_then(text).map(OrganisationId::parse);
        let organisation = organisation_of(snapshot, &account, said.and_then(Result::ok))?;
        // One login of the portal is one session here: its own name, or the token's digest.
        let name = text("sid").or_else(|| text("jti")).unwrap_or(token);
        let digest = URL_SAFE_NO_PAD.encode(&token_hash(name)[..12]);
        let session = SessionId::parse(&format!("jwt-{digest}")).expect("base64url fits");
        let proved_at = claims
            .get("auth_time")
            .or_else(|| claims.get("iat"))
            .and_then(serde_json::Value::as_i64)
            .map_or(Timestamp::ZERO, Timestamp::from_secs);
        Ok(Caller { account, organisation, session, proved_at, kind: CallerKind::Told })
    }

    fn token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let mut values = headers.get_all(&self.header).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        if self.header == AUTHORIZATION {
            let (scheme, token) = value.split_once(' ')?;
            return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim());
        }
        Some(value.trim())
    }

    fn claims(&self, token: &str, now: Timestamp) -> Option<Map<String, serde_json::Value>> {
        let claims = self.keys.claims(token, &self.issuer, &self.audience).ok()?;
        let seconds = |name: &str| claims.get(name).and_then(serde_json::Value::as_i64);
        let is_in_time = now.secs() < seconds("exp")?
            && seconds("nbf").is_none_or(|from| from <= now.secs() + CLOCK_SKEW_SECS);
        is_in_time.then_some(claims)
    }
}

const CLOCK_SKEW_SECS: i64 = 30;

/// How long an assertion to the portal is good for.
const ASSERTION_AGE_MAX: Duration = Duration::from_secs(60);

/// Tells portals who is there: a JWT signed with ES256, verifiable with the published key set.
pub struct Asserter {
    key: EncodingKey,
    key_id: String,
    jwks: String,
    issuer: String,
    /// Signing costs more than the rest of a request: one assertion serves a session for a while.
    cache: Mutex<HashMap<(String, SessionId), (Timestamp, HeaderValue)>>,
}

#[derive(Serialize, Deserialize)]
struct Assertion<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    org: &'a str,
    sid: &'a str,
    iat: i64,
    exp: i64,
}

/// The signing key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the identity key is no P-256 private key in PKCS #8")]
pub struct AsserterKeyError;

impl Asserter {
    /// `pkcs8` is a P-256 private key in DER; `issuer` names this Digue.
    pub fn new(pkcs8: &[u8], issuer: &str) -> Result<Self, AsserterKeyError> {
        jwt::install();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
            .map_err(|_| AsserterKeyError)?;
        let public = pair.public_key().as_ref();
        // Uncompressed point: 0x04, x, y.
        let (x, y) = (URL_SAFE_NO_PAD.encode(&public[1..33]), URL_SAFE_NO_PAD.encode(&public[33..65]));
        // RFC 7638 thumbprint: members in lexical order, no space.
        let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let key_id = URL_SAFE_NO_PAD.encode(digest(&SHA256, thumbprint.as_bytes()));
        let jwks = format!(
            r#"{{"keys":[{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}","kid":"{key_id}","alg":"ES256","use":"sig"}}]}}"#
        );
        Ok(Self {
            key: EncodingKey::from_ec_der(pkcs8),
            key_id,
            jwks,
            issuer: issuer.to_owned(),
            cache: Mutex::default(),
        })
    }

    /// The public key set, as served under `/.digue/jwks.json`.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// The assertion about `caller` for `portal`.
    pub fn assert(&self, portal: &Portal, caller: &Caller, now: Timestamp) -> Option<HeaderValue> {
        let name = (format!("{}/{}", portal.id, caller.account), caller.session.clone());
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, value)) = cache.get(&name)
            && now < *until
        {
            return Some(value.clone());
        }
        let claims = Assertion {
            iss: &self.issuer,
            aud: portal.id.as_str(),
            sub: caller.account.as_str(),
            org: caller.organisation.as_str(),
            sid: caller.session.as_str(),
            iat: now.secs(),
            exp: now.plus(ASSERTION_AGE_MAX).secs(),
        };
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        let token = jsonwebtoken::encode(&header, &claims, &self.key).ok()?;
        let value = HeaderValue::from_str(&token).ok()?;
        // Half of its life: what the portal receives is good for at least the other half.
        cache.retain(|_, (until, _)| now < *until);
        cache.insert(name, (now.plus(ASSERTION_AGE_MAX / 2), value.clone()));
        Some(value)
    }
}
