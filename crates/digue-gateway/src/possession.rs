//! Proofs that somebody holds a private key: the JWTs of device-bound sessions and of DPoP.
//!
//! Both carry the public key in their header the first time and are signed by its private half.
//! What must be in the claims differs, and is for the caller to check.

use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::jwt;

/// Longer is no proof of anything.
const TOKEN_BYTES_MAX: usize = 8 << 10;

const ALGORITHMS: [Algorithm; 3] = [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA];

/// A key that somebody holds, and what they said with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Possession {
    pub claims: Map<String, Value>,
    /// The public key as a JWK, to be kept.
    pub key: String,
    /// RFC 7638, SHA-256, base64url.
    pub thumbprint: String,
}

/// The token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof of possession does not hold")]
pub struct Unproven;

/// Verifies a token of type `typ`: by `known`, a JWK kept from before, or by the key that it brings.
pub fn verify(token: &str, typ: &str, known: Option<&str>) -> Result<Possession, Unproven> {
    jwt::install();
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Unproven);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Unproven)?;
    let is_typ = header.typ.as_deref().is_some_and(|said| said.eq_ignore_ascii_case(typ));
    if !is_typ || !ALGORITHMS.contains(&header.alg) {
        return Err(Unproven);
    }
    let key: Jwk = match known {
        Some(text) => serde_json::from_str(text).map_err(|_| Unproven)?,
        None => header.jwk.ok_or(Unproven)?,
    };
    let mut validation = Validation::new(header.alg);
    validation.algorithms = vec![header.alg];
    validation.required_spec_claims.clear();
    // Time and audience are the caller's to compare, with the time that it was given.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let decoding = DecodingKey::from_jwk(&key).map_err(|_| Unproven)?;
    let data = jsonwebtoken::decode::<Map<String, Value>>(token, &decoding, &validation);
    let claims = data.map_err(|_| Unproven)?.claims;
    Ok(Possession {
        claims,
        thumbprint: key.thumbprint(ThumbprintHash::SHA256).map_err(|_| Unproven)?,
        key: serde_json::to_string(&key).map_err(|_| Unproven)?,
    })
}
