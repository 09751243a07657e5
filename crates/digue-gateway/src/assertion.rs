//! What portals are told about the caller: a signed statement that they can verify.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_types::{PortalId, SessionId, Timestamp};
use http::header::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::jwt;
use crate::lock::lock;

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
