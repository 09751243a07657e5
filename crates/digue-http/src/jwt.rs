//! JWTs with `ring`, the workspace's one cryptographic library: `jsonwebtoken` requires a provider,
//! and this is it. ES256 and EdDSA sign; ES256, ES384, RS256, RS384, RS512 and EdDSA verify. No
//! symmetric algorithm: a portal that verifies must not be able to sign.

use std::sync::Once;

use ::signature::{Error, Signer, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_types::Timestamp;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::digest::{SHA256, SHA384, SHA512, digest};
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Map, Value};
use signature::VerificationAlgorithm;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: make_signer,
    verifier_factory: make_verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

static INSTALL: Once = Once::new();

/// Makes `jsonwebtoken` use `ring`; call it before any of its functions.
pub fn install() {
    INSTALL.call_once(|| {
        // Fails only where a provider is installed already, and the workspace has no other.
        let _ = PROVIDER.install_default();
    });
}

/// Why a token is refused, for logs: nothing of the token itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenFault {
    /// It names a key that is not in the set: the set may have changed.
    #[error("no key of the set matches")]
    NoKey,
    /// Also when a key was replaced under the same name.
    #[error("the signature does not verify")]
    Signature,
    #[error("it is not a signed token")]
    Malformed,
    #[error("it is from another issuer")]
    Issuer,
    /// It is for another audience, or also for one that the caller does not trust.
    #[error("it is for another audience")]
    Audience,
    /// It was issued to another client, or does not say to which.
    #[error("it was issued to another client")]
    Client,
    #[error("it has expired")]
    Over,
    #[error("it is not valid yet, or dated in the future")]
    Early,
    #[error("{0} is missing or not a date")]
    Date(&'static str),
}

impl TokenFault {
    /// True when fetching the keys again may solve it.
    pub const fn is_about_keys(self) -> bool {
        matches!(self, Self::NoKey | Self::Signature)
    }
}

/// A date in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumericDate {
    Known(Timestamp),
    Absent,
    /// A value that is not a date.
    Unreadable,
}

impl NumericDate {
    pub const fn known(self) -> Option<Timestamp> {
        match self {
            Self::Known(at) => Some(at),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

/// Dates that fit into microseconds: 1970 to the year 5138.
const DATE_SECS: std::ops::Range<i64> = 0..100_000_000_000;

/// A date of a token (RFC 7519, 2): a number of seconds that may have a fraction. Some issuers
/// write the number as text; a calendar date is not accepted.
pub fn numeric_date(claims: &Map<String, Value>, name: &str) -> NumericDate {
    let secs = match claims.get(name) {
        None | Some(Value::Null) => return NumericDate::Absent,
        Some(Value::Number(number)) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Some(Value::String(text)) => text.parse::<i64>().ok(),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
    };
    match secs.filter(|secs| DATE_SECS.contains(secs)) {
        Some(secs) => NumericDate::Known(Timestamp::from_secs(secs)),
        None => NumericDate::Unreadable,
    }
}

/// Checks that a token was issued to one of these clients: `azp` of an ID token (OpenID Connect Core
/// 1.0, 3.1.3.7), `client_id` of an access token (RFC 9068, 2.2); both, where it has both. Without
/// clients any will do.
pub fn check_client(
    claims: &Map<String, Value>,
    clients: &[String],
) -> std::result::Result<(), TokenFault> {
    let named: Vec<&Value> = ["azp", "client_id"]
        .iter()
        .filter_map(|name| claims.get(*name))
        .filter(|value| !value.is_null())
        .collect();
    let is_one = |value: &&Value| {
        clients
            .iter()
            .any(|known| value.as_str() == Some(known.as_str()))
    };
    match clients.is_empty() || (!named.is_empty() && named.iter().all(is_one)) {
        true => Ok(()),
        false => Err(TokenFault::Client),
    }
}

/// The second that contains a fraction.
fn whole(secs: f64) -> Option<i64> {
    let fits = secs.is_finite() && secs >= 0.0 && secs < DATE_SECS.end as f64;
    fits.then_some(secs as i64)
}

/// The key set cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the JWK set cannot be used: {0}")]
pub struct KeySetError(String);

/// Public keys of an issuer that signs tokens for us.
pub struct KeySet(Vec<(Option<String>, Vec<Algorithm>, DecodingKey)>);

/// The type that a token declares (`typ` of its header), lower case.
pub fn token_type(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token)
        .ok()?
        .typ
        .map(|typ| typ.to_ascii_lowercase())
}

/// The value that `at_hash` of a verified ID token must have for this access token (OpenID Connect
/// Core 1.0, 3.1.3.6): the left half of the digest of the token's own algorithm.
pub fn access_token_hash(id_token: &str, access_token: &str) -> Option<String> {
    let algorithm = match jsonwebtoken::decode_header(id_token).ok()?.alg {
        Algorithm::RS256 | Algorithm::ES256 => &SHA256,
        Algorithm::RS384 | Algorithm::ES384 => &SHA384,
        Algorithm::RS512 | Algorithm::EdDSA => &SHA512,
        _ => return None,
    };
    let hash = digest(algorithm, access_token.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2]))
}

impl KeySet {
    /// The keys of a JWK set (RFC 7517) that verify with an asymmetric algorithm; other keys are
    /// skipped. A key that names no algorithm is valid for those of its type.
    ///
    /// # Errors A text that is not a JWK set, or one without a verification key.
    pub fn parse(jwks: &str) -> std::result::Result<Self, KeySetError> {
        install();
        let fault = |what: &dyn ToString| KeySetError(what.to_string());
        let set: JwkSet = serde_json::from_str(jwks).map_err(|error| fault(&error))?;
        let mut keys = Vec::new();
        for jwk in &set.keys {
            let algorithms = algorithms(jwk);
            if verifies(jwk)
                && !algorithms.is_empty()
                && let Ok(key) = DecodingKey::from_jwk(jwk)
            {
                keys.push((jwk.common.key_id.clone(), algorithms, key));
            }
        }
        if keys.is_empty() {
            Err(fault(&"it has no key that verifies a signature"))
        } else {
            Ok(Self(keys))
        }
    }

    /// The claims of a token that one of these keys signed, from `issuer` and for `audience`. The
    /// caller checks the times (`exp`, `nbf`, `iat`): time is an argument, never read here.
    ///
    /// A token for several audiences is accepted when `audience` is one of them: the caller checks
    /// the others.
    ///
    /// # Errors The first check that failed.
    pub fn claims(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
    ) -> std::result::Result<Map<String, Value>, TokenFault> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Malformed)?;
        // RFC 7515, 4.1.11: we understand no extension that must be understood.
        if part(token, 0)?.contains_key("crit") {
            return Err(TokenFault::Malformed);
        }
        // A key identifier is optional on both sides (RFC 7515, 4.1.4): without one, every key that
        // fits is tried.
        let is_named =
            |id: &Option<String>| id.is_none() || header.kid.is_none() || *id == header.kid;
        // The key decides which algorithms are possible, never the token alone (RFC 8725, 3.1).
        let mut fits = self
            .0
            .iter()
            .filter(|(id, algorithms, _)| algorithms.contains(&header.alg) && is_named(id))
            .peekable();
        fits.peek().ok_or(TokenFault::NoKey)?;
        let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let is_signed = |key: &DecodingKey| {
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, header.alg)
                .unwrap_or(false)
        };
        if !fits.any(|(_, _, key)| is_signed(key)) {
            return Err(TokenFault::Signature);
        }
        // Not by `jsonwebtoken::decode`: it rejects the whole token for a `sub` or `nbf` of another
        // type.
        let claims = part(token, 1)?;
        if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
            return Err(TokenFault::Issuer);
        }
        if !is_for(&claims, audience) {
            return Err(TokenFault::Audience);
        }
        Ok(claims)
    }
}

/// One of the JSON objects of a token: 0 is the header, 1 the claims.
fn part(token: &str, number: usize) -> std::result::Result<Map<String, Value>, TokenFault> {
    let text = token.split('.').nth(number).ok_or(TokenFault::Malformed)?;
    let json = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| TokenFault::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenFault::Malformed)
}

/// True when `audience` is the one, or one of those, that a token names (RFC 7519, 4.1.3).
fn is_for(claims: &Map<String, Value>, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(only)) => only == audience,
        Some(Value::Array(all)) => {
            // A list with anything but texts is malformed (RFC 7519, 4.1.3), even where it also
            // names us.
            all.iter().all(Value::is_string) && all.iter().any(|one| one.as_str() == Some(audience))
        }
        _ => false,
    }
}

fn algorithms(jwk: &Jwk) -> Vec<Algorithm> {
    // A key that names an algorithm is valid for that one only, also when we do not know it.
    match jwk.common.key_algorithm {
        Some(named) => named_algorithm(named).into_iter().collect(),
        None => algorithms_of_kind(&jwk.algorithm),
    }
}

fn named_algorithm(named: KeyAlgorithm) -> Option<Algorithm> {
    let known: Algorithm = named.to_string().parse().ok()?;
    ASYMMETRIC.contains(&known).then_some(known)
}

fn verifies(jwk: &Jwk) -> bool {
    let intended = jwk.common.public_key_use.as_ref();
    intended.is_none_or(|known| *known == PublicKeyUse::Signature)
}

fn algorithms_of_kind(kind: &AlgorithmParameters) -> Vec<Algorithm> {
    match kind {
        AlgorithmParameters::RSA(_) => vec![Algorithm::RS256, Algorithm::RS384, Algorithm::RS512],
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => Vec::new(),
        },
        AlgorithmParameters::OctetKeyPair(_) => vec![Algorithm::EdDSA],
        _ => Vec::new(),
    }
}

const ASYMMETRIC: [Algorithm; 6] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::EdDSA,
];

struct Es256Signer(EcdsaKeyPair);

fn make_signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if *algorithm != Algorithm::ES256 {
        return Err(new_error(ErrorKind::InvalidAlgorithm));
    }
    let pair = EcdsaKeyPair::from_pkcs8(
        &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        key.as_bytes(),
        &SystemRandom::new(),
    )
    .map_err(|_| new_error(ErrorKind::InvalidEcdsaKey))?;
    Ok(Box::new(Es256Signer(pair)))
}

impl Signer<Vec<u8>> for Es256Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        let signature = self
            .0
            .sign(&SystemRandom::new(), message)
            .map_err(|_| Error::new())?;
        Ok(signature.as_ref().to_vec())
    }
}

impl JwtSigner for Es256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

enum JwtKey {
    Plain(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

struct RingVerifier {
    algorithm: Algorithm,
    key: JwtKey,
}

fn make_verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    let key = match key.kind() {
        DecodingKeyKind::SecretOrDer(bytes) => JwtKey::Plain(bytes.clone()),
        DecodingKeyKind::RsaModulusExponent { n, e } => JwtKey::Rsa {
            n: n.clone(),
            e: e.clone(),
        },
    };
    Ok(Box::new(RingVerifier {
        algorithm: *algorithm,
        key,
    }))
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> std::result::Result<(), Error> {
        let is_good = match (&self.key, self.algorithm) {
            (JwtKey::Rsa { n, e }, algorithm) => {
                let parameters = match algorithm {
                    // No variant below 2048 bits: shorter RSA keys no longer count as secure (NIST
                    // SP 800-131A).
                    Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    _ => return Err(Error::new()),
                };
                RsaPublicKeyComponents { n, e }
                    .verify(parameters, message, signed)
                    .is_ok()
            }
            (JwtKey::Plain(key), algorithm) => {
                let verification: &dyn VerificationAlgorithm = match algorithm {
                    Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
                    Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
                    Algorithm::EdDSA => &signature::ED25519,
                    _ => return Err(Error::new()),
                };
                UnparsedPublicKey::new(verification, key)
                    .verify(message, signed)
                    .is_ok()
            }
        };
        if is_good { Ok(()) } else { Err(Error::new()) }
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_date_is_a_number_of_seconds_however_it_is_written() {
        let read = |value: Value| {
            let claims = Map::from_iter([("exp".to_owned(), value)]);
            numeric_date(&claims, "exp")
        };
        let at = NumericDate::Known(Timestamp::from_secs(1_795_834_951));
        for value in [
            json!(1_795_834_951),
            json!(1_795_834_951.0),
            json!(1_795_834_951.9),
            json!("1795834951"),
        ] {
            assert_eq!(read(value.clone()), at, "{value}");
        }
        for value in [
            json!("2026-11-28T00:00:00Z"),
            json!(true),
            json!([1]),
            json!(-1),
            json!(1e300),
            json!(""),
        ] {
            assert_eq!(read(value.clone()), NumericDate::Unreadable, "{value}");
        }
        assert_eq!(read(Value::Null), NumericDate::Absent);
        assert_eq!(numeric_date(&Map::new(), "exp"), NumericDate::Absent);
    }

    #[test]
    fn a_token_of_another_client_is_refused_where_clients_are_named() {
        let check = |claims: Value, clients: &[&str]| {
            let clients: Vec<String> = clients.iter().map(|name| (*name).to_owned()).collect();
            let claims = claims.as_object().unwrap().clone();
            check_client(&claims, &clients).is_ok()
        };
        assert!(check(json!({}), &[]));
        assert!(check(json!({ "azp": "autre" }), &[]));
        for (claims, is_taken) in [
            (json!({ "azp": "portail" }), true),
            (json!({ "client_id": "mobile" }), true),
            (json!({ "azp": "portail", "client_id": "mobile" }), true),
            (json!({ "azp": "autre", "client_id": "portail" }), false),
            (json!({ "azp": ["portail"] }), false),
            (json!({ "azp": null }), false),
            (json!({ "aud": "portail" }), false),
        ] {
            let shown = claims.to_string();
            assert_eq!(check(claims, &["portail", "mobile"]), is_taken, "{shown}");
        }
    }
}
