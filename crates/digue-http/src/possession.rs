//! Proofs of possession of a private key: the JWTs of device-bound sessions and of DPoP.
//!
//! Both carry the public key in their header the first time and are signed by its private half.
//! Their claims differ; the caller checks them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::jwt;

/// A longer token is refused before it is parsed.
const TOKEN_BYTES_MAX: usize = 8 << 10;

const ALGORITHMS: [Algorithm; 3] = [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA];

/// A proved key, and the claims that it signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Possession {
    pub claims: Map<String, Value>,
    /// The public key as a JWK, for storage.
    pub key: String,
    /// RFC 7638, SHA-256, base64url without padding.
    pub thumbprint: String,
}

/// The token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof of possession does not hold")]
pub struct Unproven;

/// RFC 7638: the required members in lexical order, without spaces.
fn thumbprint(key: &Jwk) -> Option<String> {
    let text = match &key.algorithm {
        AlgorithmParameters::EllipticCurve(key) => {
            let curve = serde_json::to_value(&key.curve).ok()?;
            format!(
                r#"{{"crv":{curve},"kty":"EC","x":"{}","y":"{}"}}"#,
                key.x, key.y
            )
        }
        AlgorithmParameters::RSA(key) => {
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, key.e, key.n)
        }
        AlgorithmParameters::OctetKeyPair(key) => {
            let curve = serde_json::to_value(&key.curve).ok()?;
            format!(r#"{{"crv":{curve},"kty":"OKP","x":"{}"}}"#, key.x)
        }
        _ => return None,
    };
    Some(URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes())))
}

/// The thumbprint of a public key given as a JWK.
pub fn thumbprint_of(jwk: &str) -> Result<String, Unproven> {
    let key: Jwk = serde_json::from_str(jwk).map_err(|_| Unproven)?;
    thumbprint(&key).ok_or(Unproven)
}

/// Verifies a token of type `typ` with `known`, a JWK stored earlier, or with the key in its
/// header.
pub fn verify(token: &str, typ: &str, known: Option<&str>) -> Result<Possession, Unproven> {
    jwt::install();
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Unproven);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Unproven)?;
    let is_typ = header
        .typ
        .as_deref()
        .is_some_and(|value| value.eq_ignore_ascii_case(typ));
    // By a list: `none` and the symmetric algorithms would let anyone sign with the public key.
    if !is_typ || !ALGORITHMS.contains(&header.alg) {
        return Err(Unproven);
    }
    let key: Jwk = match known {
        Some(text) => serde_json::from_str(text).map_err(|_| Unproven)?,
        None => header.jwk.ok_or(Unproven)?,
    };
    let mut validation = Validation::new(header.alg);
    validation.algorithms = vec![header.alg];
    // Proofs have no `exp` (RFC 9449, 4.2), which the library requires by default.
    validation.required_spec_claims.clear();
    // The caller compares time and audience, with the time that it was given.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let decoding = DecodingKey::from_jwk(&key).map_err(|_| Unproven)?;
    let data = jsonwebtoken::decode::<Map<String, Value>>(token, &decoding, &validation);
    let claims = data.map_err(|_| Unproven)?.claims;
    Ok(Possession {
        claims,
        thumbprint: thumbprint(&key).ok_or(Unproven)?,
        key: serde_json::to_string(&key).map_err(|_| Unproven)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7638, section 3.1.
    #[test]
    fn the_thumbprint_is_the_standards() {
        let key = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
        let key: Jwk = serde_json::from_str(key).unwrap();
        assert_eq!(
            thumbprint(&key).as_deref(),
            Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        );
    }
}
