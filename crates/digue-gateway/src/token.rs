//! Tokens of a portal that has its own sign-in: verified, and read as the map says.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::Snapshot;
use digue_types::{PortalId, SessionId, Timestamp};
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};
use serde_json::{Map, Value};

use crate::caller::{Caller, CallerKind, IdentityFailure, not_taken, organisation_of, token_hash};
use digue_http::jwt::{self, KeySet, KeySetError, NumericDate, TokenFault};
use digue_portal_login::name_mapping::{IdentityMapping, NameFault};
use digue_quotas::lock::lock;

/// Verifies the tokens of a portal that has its own sign-in.
pub struct TokenVerifier {
    keys: KeySet,
    issuer: String,
    audience: String,
    header: HeaderName,
    account_claim: String,
    organisation_claim: Option<String>,
    clients: Vec<String>,
    written: WrittenFaults,
}

/// Faults of tokens already logged, so that each is logged once a minute at most. Its lock is a
/// leaf.
#[derive(Default)]
struct WrittenFaults(Mutex<HashMap<TokenFault, Timestamp>>);

impl WrittenFaults {
    fn is_due(&self, fault: TokenFault, now: Timestamp) -> bool {
        let mut known = lock(&self.0);
        let is_due = known
            .get(&fault)
            .is_none_or(|at| now.since(*at) >= Duration::from_mins(1));
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
    /// Clients of the issuer to which a token must have been issued; any when empty.
    pub clients: Vec<String>,
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
            clients: options.clients,
            written: WrittenFaults::default(),
        })
    }

    /// The holder of the token in a request to `portal`.
    pub(crate) fn identify(
        &self,
        (portal, mapping): (&PortalId, &IdentityMapping),
        snapshot: &Snapshot,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Caller, IdentityFailure> {
        let token = self.token(headers).ok_or(IdentityFailure::NotSignedIn)?;
        let claims = self.claims(token, now).map_err(|fault| {
            // Anyone can send any token: a fault is logged once a minute, not each time.
            if self.written.is_due(fault, now) {
                tracing::warn!(portal.id = %portal, cause = %fault, "Token refused");
            }
            IdentityFailure::NotSignedIn
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let account = claims.get(&self.account_claim).ok_or(NameFault::NoText);
        let account = account.and_then(|value| mapping.account_claim(value));
        let account = account.map_err(|fault| not_taken(portal, "account", &fault))?;
        let claimed = self
            .organisation_claim
            .as_deref()
            .and_then(|name| claims.get(name));
        let claimed = claimed.map(|value| mapping.organisation_claim(value));
        let organisation = organisation_of(portal, snapshot, &account, claimed)?;
        // One sign-in at the portal is one session here: its own `sid` or `jti`, or the token's
        // digest.
        let name = text("sid").or_else(|| text("jti")).unwrap_or(token);
        // 96 bits: short in the journal, and still no two sign-ins share a name.
        let digest = URL_SAFE_NO_PAD.encode(&token_hash(name)[..12]);
        let session = SessionId::parse(&format!("jwt-{digest}")).expect("base64url fits");
        let proved_at = proved_at(&claims, now);
        let issued = || {
            jwt::numeric_date(&claims, "iat")
                .known()
                .unwrap_or(Timestamp::ZERO)
        };
        // For cuts: where the issuer does not say when its user signed in, the date of issue has to
        // do.
        let signed_in_at = if proved_at == Timestamp::ZERO {
            issued()
        } else {
            proved_at
        };
        Ok(Caller {
            account,
            organisation,
            session,
            proved_at,
            kind: CallerKind::Token { signed_in_at },
            own: None,
        })
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
        // A logout token or a proof of possession is signed by the same keys and is not an
        // identity.
        let typ = jwt::token_type(token);
        if typ
            .is_some_and(|typ| !matches!(typ.trim_start_matches("application/"), "jwt" | "at+jwt"))
        {
            return Err(TokenFault::Malformed);
        }
        let claims = self.keys.claims(token, &self.issuer, &self.audience)?;
        jwt::check_client(&claims, &self.clients)?;
        let at = |name: &str| jwt::numeric_date(&claims, name);
        let latest = now.plus(CLOCK_SKEW);
        match at("exp") {
            NumericDate::Known(until) if now < until => {}
            NumericDate::Known(_) => return Err(TokenFault::Over),
            // A token without an end, once copied, would be good for ever.
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

/// When the holder of a token proved who they are: `auth_time`, and nothing else. A token is
/// reissued without asking the user (`iat`), and no one proved anything in the future.
fn proved_at(claims: &Map<String, Value>, now: Timestamp) -> Timestamp {
    match jwt::numeric_date(claims, "auth_time") {
        NumericDate::Known(at) if at <= now.plus(CLOCK_SKEW) => at.min(now),
        NumericDate::Known(_) | NumericDate::Absent | NumericDate::Unreadable => Timestamp::ZERO,
    }
}

/// How far clocks may differ.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_secs(30);
