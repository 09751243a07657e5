//! What portals are told about who sends a request: a signed statement that they can verify.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_types::{AccountId, OrganisationId, PortalId, SessionId, Timestamp};
use http::header::HeaderValue;
use serde::{Deserialize, Serialize};

use digue_http::signing::{SigningKey, SigningKeyError};

/// How long an assertion to the portal is valid.
const ASSERTION_AGE_MAX: Duration = Duration::from_secs(60);

/// Tells portals who the caller is: a JWT signed with ES256, which the published key set verifies.
pub struct Asserter {
    key: SigningKey,
    issuer: String,
    /// Signing costs more than the rest of a request: one assertion serves a session for a while.
    /// The lock is a leaf, held while signing.
    cache: Mutex<HashMap<AssertedFacts, (Timestamp, HeaderValue)>>,
}

/// All that an assertion says, save its times. It is the key of the cache, and claims are made from
/// nothing else: a caller about whom anything changed, such as the organisation, is asserted
/// afresh.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AssertedFacts {
    pub portal: PortalId,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub session: SessionId,
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

impl AssertedFacts {
    fn claims<'a>(&'a self, issuer: &'a str, now: Timestamp) -> Assertion<'a> {
        Assertion {
            iss: issuer,
            aud: self.portal.as_str(),
            sub: self.account.as_str(),
            org: self.organisation.as_str(),
            sid: self.session.as_str(),
            iat: now.secs(),
            exp: now.plus(ASSERTION_AGE_MAX).secs(),
        }
    }
}

impl Asserter {
    /// `pkcs8` is a P-256 private key in DER; `issuer` names this installation.
    pub fn new(pkcs8: &[u8], issuer: &str) -> Result<Self, SigningKeyError> {
        Ok(Self {
            key: SigningKey::new(pkcs8)?,
            issuer: issuer.to_owned(),
            cache: Mutex::default(),
        })
    }

    /// The public key set, as served under `/.digue/jwks.json`.
    pub fn jwks(&self) -> &str {
        self.key.jwks()
    }

    /// The assertion of these facts.
    pub fn assert(&self, facts: AssertedFacts, now: Timestamp) -> Option<HeaderValue> {
        // One signature for all requests of a page: without the lock, each of the first would sign
        // its own.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, value)) = cache.get(&facts)
            && now < *until
        {
            return Some(value.clone());
        }
        let token = self.key.sign(&facts.claims(&self.issuer, now))?;
        let value = HeaderValue::from_str(&token).ok()?;
        // Expired ones go at each insertion: the cache holds the callers of half a minute and needs
        // no task.
        cache.retain(|_, (until, _)| now < *until);
        // Cached for half of its life: what the portal receives is valid for at least the other
        // half.
        cache.insert(facts, (now.plus(ASSERTION_AGE_MAX / 2), value.clone()));
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use serde_json::Value;

    use super::*;

    fn claims(assertion: &HeaderValue) -> Value {
        let payload = assertion.to_str().unwrap().split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    #[test]
    fn an_account_that_moved_is_asserted_with_its_new_organisation_at_once() {
        let key =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .unwrap();
        let asserter = Asserter::new(key.as_ref(), "digue.test").unwrap();
        let now = Timestamp::from_secs(1_763_000_000);
        let mut facts = AssertedFacts {
            portal: PortalId::parse("kairos").unwrap(),
            account: AccountId::parse("a1").unwrap(),
            organisation: OrganisationId::parse("of-1").unwrap(),
            session: SessionId::parse("s-1").unwrap(),
        };
        let first = asserter.assert(facts.clone(), now).unwrap();
        assert_eq!(
            asserter.assert(facts.clone(), now).unwrap(),
            first,
            "signed once for a while"
        );
        facts.organisation = OrganisationId::parse("of-2").unwrap();
        let moved = claims(&asserter.assert(facts.clone(), now).unwrap());
        assert_eq!(
            (&moved["org"], &moved["sub"]),
            (&Value::from("of-2"), &Value::from("a1"))
        );
    }
}
