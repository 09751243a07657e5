//! What portals are told about the caller: a signed statement that they can verify.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use digue_types::{PortalId, SessionId, Timestamp};
use http::header::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::lock::lock;
use digue_http::signing::{SigningKey, SigningKeyError};

/// How long an assertion to the portal is valid.
const ASSERTION_AGE_MAX: Duration = Duration::from_secs(60);

/// Tells portals who the caller is: a JWT signed with ES256, which the published key set verifies.
pub struct Asserter {
    key: SigningKey,
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

impl Asserter {
    /// `pkcs8` is a P-256 private key in DER; `issuer` names this installation.
    pub fn new(pkcs8: &[u8], issuer: &str) -> Result<Self, SigningKeyError> {
        Ok(Self { key: SigningKey::new(pkcs8)?, issuer: issuer.to_owned(), cache: Mutex::default() })
    }

    /// The public key set, as served under `/.digue/jwks.json`.
    pub fn jwks(&self) -> &str {
        self.key.jwks()
    }

    /// The assertion about `caller` for `portal`.
    pub fn assert(&self, portal: &PortalId, caller: &Caller, now: Timestamp) -> Option<HeaderValue> {
        let name = (format!("{}/{}", portal, caller.account), caller.session.clone());
        let mut cache = lock(&self.cache);
        if let Some((until, value)) = cache.get(&name)
            && now < *until
        {
            return Some(value.clone());
        }
        let claims = Assertion {
            iss: &self.issuer,
            aud: portal.as_str(),
            sub: caller.account.as_str(),
            org: caller.organisation.as_str(),
            sid: caller.session.as_str(),
            iat: now.secs(),
            exp: now.plus(ASSERTION_AGE_MAX).secs(),
        };
        let token = self.key.sign(&claims)?;
        let value = HeaderValue::from_str(&token).ok()?;
        // Expired ones go at each insertion: the cache holds the callers of half a minute and needs no task.
        cache.retain(|_, (until, _)| now < *until);
        // Cached for half of its life: what the portal receives is valid for at least the other half.
        cache.insert(name, (now.plus(ASSERTION_AGE_MAX / 2), value.clone()));
        Some(value)
    }
}
