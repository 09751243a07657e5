//! Who sends a request, and how the portal is told.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::session::{Bearer, SessionDoubt, SessionLookup, TokenHash};
use digue_access::{RequestOrigin, Session, Snapshot};
use digue_types::{AccountId, OrganisationId, SessionId, Timestamp};
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::connection::ConnectionFacts;
use crate::gateway::SharedGateway;
use crate::headers::{device_cookie, session_cookie};
use crate::jwt::{self, KeySet, KeySetError, NumericDate, TokenFault};
use crate::key::{ProofTarget, by_key};
use crate::name_mapping::NameFault;
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

/// How a caller is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// A session of Digue, which can be cut.
    Session,
    /// An API key of a program, which can be revoked.
    Key,
    /// A header set by a proxy.
    Header,
    /// A token of the portal's own sign-in; zero when the token does not say when that was.
    Token { signed_in_at: Timestamp },
}

impl CallerKind {
    /// Another system vouches for the identity, which need not have an account here.
    pub const fn is_vouched_for(self) -> bool {
        matches!(self, Self::Header | Self::Token { .. })
    }
}

/// Why no caller is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityFailure {
    /// No session, token or header, or one that has ended or was cut.
    NotSignedIn,
    /// Recognised, but unknown to Digue or suspended.
    NotAdmitted,
    /// The cookie of a live session, from elsewhere or without its device key.
    Doubted(Box<Caller>),
}

/// The target of a request, and where it comes from.
#[derive(Clone, Copy)]
pub struct IdentityRequest<'a> {
    pub portal: &'a Portal,
    pub target: ProofTarget<'a>,
    pub connection: &'a ConnectionFacts,
}

/// Recognises the caller of a request to a portal.
pub(crate) fn identify(
    shared: &SharedGateway,
    asked: &IdentityRequest<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Caller, IdentityFailure> {
    let snapshot = shared.rules.load();
    let portal = asked.portal;
    let mut caller = match &portal.identity {
        Identity::Session => match by_key(shared, asked.target, headers, now) {
            Some(caller) => caller?,
            None => by_session(shared, asked.target.host, &asked.connection.origin, headers, now)?,
        },
        Identity::Jwt(verifier) => verifier.identify(portal, &snapshot, headers, now)?,
        Identity::Header { account, organisation, from } => {
            // By the address of the peer, not of the client: the header is the proxy's own word.
            if !from.iter().any(|network| network.contains(&asked.connection.peer)) {
                return Err(IdentityFailure::NotSignedIn);
            }
            by_header(portal, &snapshot, (account, organisation.as_ref()), headers)?
        }
    };
    match snapshot.directory.find(&caller.account) {
        Some(record) if record.is_suspended => return Err(IdentityFailure::NotAdmitted),
        // The current organisation: a session may be older than a move to another one.
        Some(record) => caller.organisation = record.organisation.clone(),
        // A session may outlive its account; it is refused here.
        None if !caller.kind.is_vouched_for() => return Err(IdentityFailure::NotAdmitted),
        None => {}
    }
    if shared.is_cut(&caller, now) {
        return Err(IdentityFailure::NotSignedIn);
    }
    Ok(caller)
}

/// SHA-256 of a cookie's secret; sessions are stored under it.
pub fn token_hash(secret: &str) -> TokenHash {
    digest(&SHA256, secret.as_bytes()).as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// The session that a request presents.
pub enum SessionCaller {
    Good(Session),
    Doubted(Session, SessionDoubt),
    Nobody,
}

/// The session of a request's cookies, marked as used now when it is good.
pub fn session_of(
    shared: &SharedGateway,
    host: &str,
    origin: &RequestOrigin,
    headers: &HeaderMap,
    now: Timestamp,
) -> SessionCaller {
    with_session(shared, host, origin, headers, now, |found| match found {
        SessionLookup::Good(session) => SessionCaller::Good(session.clone()),
        SessionLookup::Doubted(session, doubt) => SessionCaller::Doubted(session.clone(), doubt),
        SessionLookup::Nothing => SessionCaller::Nobody,
    })
}

fn with_session<T>(
    shared: &SharedGateway,
    host: &str,
    origin: &RequestOrigin,
    headers: &HeaderMap,
    now: Timestamp,
    look: impl FnOnce(SessionLookup<'_>) -> T,
) -> T {
    let Some(secret) = session_cookie(headers) else { return look(SessionLookup::Nothing) };
    let device = device_cookie(headers).map(token_hash);
    let bearer = Bearer { origin, device: device.as_ref() };
    // One lock for look-up and use: a cut cannot fall between the two.
    let mut sessions = shared.sessions.lock().unwrap_or_else(PoisonError::into_inner);
    look(sessions.touch(&token_hash(secret), host, bearer, now))
}

fn by_session(
    shared: &SharedGateway,
    host: &str,
    origin: &RequestOrigin,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Caller, IdentityFailure> {
    let caller = |session: &Session| Caller {
        account: session.account.clone(),
        organisation: session.organisation.clone(),
        session: session.id.clone(),
        proved_at: session.proved_at,
        kind: CallerKind::Session,
    };
    with_session(shared, host, origin, headers, now, |found| match found {
        SessionLookup::Good(session) => Ok(caller(session)),
        SessionLookup::Doubted(session, _) => Err(IdentityFailure::Doubted(Box::new(caller(session)))),
        SessionLookup::Nothing => Err(IdentityFailure::NotSignedIn),
    })
}

fn by_header(
    portal: &Portal,
    snapshot: &Snapshot,
    (account, organisation): (&HeaderName, Option<&HeaderName>),
    headers: &HeaderMap,
) -> Result<Caller, IdentityFailure> {
    let told = |name: &HeaderName| match single_text(headers, name) {
        Ok(text) => Ok(text.filter(|text| !text.trim().is_empty())),
        Err(fault) => Err(not_taken(portal, "header", &fault)),
    };
    let account = told(account)?.ok_or(IdentityFailure::NotSignedIn)?;
    let account = portal.mapping.account(account).map_err(|fault| not_taken(portal, "account", &fault))?;
    let said = organisation.map(told).transpose()?.flatten();
    let said = said.map(|text| portal.mapping.organisation(text));
    let organisation = organisation_of(portal, snapshot, &account, said)?;
    let session = SessionId::parse("proxy").expect("the fixed name `proxy` is a session id");
    // A header says who a user is, never when they proved it.
    let proved_at = Timestamp::ZERO;
    Ok(Caller { account, organisation, session, proved_at, kind: CallerKind::Header })
}

/// Logs that a vouched-for identity is not accepted; the name itself stays out of the log.
fn not_taken(portal: &Portal, what: &str, fault: &dyn std::fmt::Display) -> IdentityFailure {
    tracing::warn!(
        portal.id = %portal.id,
        what,
        cause = %fault,
        "Identity from the portal's sign-in refused; check `[identity.mapping]` in the map"
    );
    IdentityFailure::NotAdmitted
}

/// A header that is sent once, as text; names of people are written in UTF-8.
fn single_text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, NameFault> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(NameFault::Several);
    }
    std::str::from_utf8(value.as_bytes()).map(Some).map_err(|_| NameFault::NoText)
}

/// The directory decides; a token or header only for accounts that it does not know.
fn organisation_of(
    portal: &Portal,
    snapshot: &Snapshot,
    account: &AccountId,
    said: Option<Result<OrganisationId, NameFault>>,
) -> Result<OrganisationId, IdentityFailure> {
    if let Some(record) = snapshot.directory.find(account) {
        return Ok(record.organisation.clone());
    }
    let said = said.ok_or(IdentityFailure::NotAdmitted)?;
    said.map_err(|fault| not_taken(portal, "organisation", &fault))
}

/// Verifies the tokens of a portal that has its own sign-in.
pub struct TokenVerifier {
    keys: KeySet,
    issuer: String,
    audience: String,
    header: HeaderName,
    account_claim: String,
    organisation_claim: Option<String>,
    written: WrittenFaults,
}

/// Faults of tokens already logged, so that each is logged once a minute at most. Its lock is a leaf.
#[derive(Default)]
struct WrittenFaults(Mutex<HashMap<TokenFault, Timestamp>>);

impl WrittenFaults {
    fn is_due(&self, fault: TokenFault, now: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = known.get(&fault).is_none_or(|at| now.since(*at) >= Duration::from_mins(1));
        if is_due {
            known.insert(fault, now);
        }
        is_due
    }
}

/// What a portal map says about incoming tokens.
pub struct VerifierOptions {
    /// The text of a JWK set (RFC 7517).
    pub jwks: String,
    pub issuer: String,
    pub audience: String,
    pub header: HeaderName,
    pub account_claim: String,
    pub organisation_claim: Option<String>,
}

impl TokenVerifier {
    pub fn new(options: VerifierOptions) -> Result<Self, KeySetError> {
        let keys = KeySet::parse(&options.jwks)?;
        Ok(Self {
            keys,
            issuer: options.issuer,
            audience: options.audience,
            header: options.header,
            account_claim: options.account_claim,
            organisation_claim: options.organisation_claim,
            written: WrittenFaults::default(),
        })
    }

    fn identify(
        &self,
        portal: &Portal,
        snapshot: &Snapshot,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Caller, IdentityFailure> {
        let token = self.token(headers).ok_or(IdentityFailure::NotSignedIn)?;
        let claims = self.claims(token, now).map_err(|fault| {
            // Anyone can send any token: a fault is logged once a minute, not each time.
            if self.written.is_due(fault, now) {
                tracing::warn!(portal.id = %portal.id, cause = %fault, "Token refused");
            }
            IdentityFailure::NotSignedIn
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let account = claims.get(&self.account_claim).ok_or(NameFault::NoText);
        let account = account.and_then(|value| portal.mapping.account_claim(value));
        let account = account.map_err(|fault| not_taken(portal, "account", &fault))?;
        let said = self.organisation_claim.as_deref().and_then(|name| claims.get(name));
        let said = said.map(|value| portal.mapping.organisation_claim(value));
        let organisation = organisation_of(portal, snapshot, &account, said)?;
        // One sign-in at the portal is one session here: its own `sid` or `jti`, or the token's digest.
        let name = text("sid").or_else(|| text("jti")).unwrap_or(token);
        let digest = URL_SAFE_NO_PAD.encode(&token_hash(name)[..12]);
        let session = SessionId::parse(&format!("jwt-{digest}")).expect("base64url fits");
        let proved_at = proved_at(&claims, now);
        let issued = || jwt::numeric_date(&claims, "iat").known().unwrap_or(Timestamp::ZERO);
        let signed_in_at = if proved_at == Timestamp::ZERO { issued() } else { proved_at };
        Ok(Caller { account, organisation, session, proved_at, kind: CallerKind::Token { signed_in_at } })
    }

    /// The header that carries the token.
    pub fn header(&self) -> &HeaderName {
        &self.header
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

    fn claims(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, TokenFault> {
        // A logout token or a proof of possession is signed by the same keys and is not an identity.
        let typ = jwt::token_type(token);
        if typ.is_some_and(|typ| !matches!(typ.trim_start_matches("application/"), "jwt" | "at+jwt")) {
            return Err(TokenFault::Malformed);
        }
        let claims = self.keys.claims(token, &self.issuer, &self.audience)?;
        let at = |name: &str| jwt::numeric_date(&claims, name);
        let latest = now.plus(CLOCK_SKEW);
        match at("exp") {
            NumericDate::Known(until) if now < until => {}
            NumericDate::Known(_) => return Err(TokenFault::Over),
            NumericDate::Absent | NumericDate::Unreadable => return Err(TokenFault::Date("exp")),
        }
        for name in ["nbf", "iat"] {
            match at(name) {
                NumericDate::Known(from) if from > latest => return Err(TokenFault::Early),
                NumericDate::Unreadable => return Err(TokenFault::Date(name)),
                NumericDate::Known(_) | NumericDate::Absent => {}
            }
        }
        Ok(claims)
    }
}

/// When the holder of a token proved who they are: `auth_time`, and nothing else. A token is reissued
/// without asking the user (`iat`), and no one proved anything in the future.
fn proved_at(claims: &Map<String, Value>, now: Timestamp) -> Timestamp {
    match jwt::numeric_date(claims, "auth_time") {
        NumericDate::Known(at) if at <= now.plus(CLOCK_SKEW) => at.min(now),
        NumericDate::Known(_) | NumericDate::Absent | NumericDate::Unreadable => Timestamp::ZERO,
    }
}

/// How far clocks may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(30);

/// How long an assertion to the portal is valid.
const ASSERTION_AGE_MAX: Duration = Duration::from_secs(60);

/// Tells portals who the caller is: a JWT signed with ES256, which the published key set verifies.
pub struct Asserter {
    key: EncodingKey,
    key_id: String,
    jwks: String,
    issuer: String,
    /// Signing costs more than the rest of a request: one assertion serves a session for a while. The lock
    /// is a leaf, held while signing.
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
#[error("the identity key is not a P-256 private key in PKCS #8")]
pub struct AsserterKeyError;

impl Asserter {
    /// `pkcs8` is a P-256 private key in DER; `issuer` names this installation.
    pub fn new(pkcs8: &[u8], issuer: &str) -> Result<Self, AsserterKeyError> {
        jwt::install();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
            .map_err(|_| AsserterKeyError)?;
        let public = pair.public_key().as_ref();
        // Uncompressed point: 0x04, x, y (SEC 1, 2.3.3).
        let (x, y) = (URL_SAFE_NO_PAD.encode(&public[1..33]), URL_SAFE_NO_PAD.encode(&public[33..65]));
        // RFC 7638 thumbprint: members in lexical order, without spaces.
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
        // Cached for half of its life: what the portal receives is valid for at least the other half.
        cache.retain(|_, (until, _)| now < *until);
        cache.insert(name, (now.plus(ASSERTION_AGE_MAX / 2), value.clone()));
        Some(value)
    }
}
