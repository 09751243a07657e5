//! A key that signs tokens with ES256, and its public half as a key set.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::Serialize;

use crate::jwt;

pub struct SigningKey {
    key: EncodingKey,
    /// Its thumbprint.
    id: String,
    jwks: String,
}

/// The signing key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the identity key is not a P-256 private key in PKCS #8")]
pub struct SigningKeyError;

impl SigningKey {
    /// `pkcs8` is a P-256 private key in DER.
    pub fn new(pkcs8: &[u8]) -> Result<Self, SigningKeyError> {
        jwt::install();
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            pkcs8,
            &SystemRandom::new(),
        )
        .map_err(|_| SigningKeyError)?;
        let public = pair.public_key().as_ref();
        // Uncompressed point: 0x04, x, y (SEC 1, 2.3.3).
        let (x, y) = (
            URL_SAFE_NO_PAD.encode(&public[1..33]),
            URL_SAFE_NO_PAD.encode(&public[33..65]),
        );
        // RFC 7638 thumbprint: members in lexical order, without spaces.
        let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA256, thumbprint.as_bytes()));
        let jwks = format!(
            r#"{{"keys":[{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}","kid":"{id}","alg":"ES256","use":"sig"}}]}}"#
        );
        Ok(Self {
            key: EncodingKey::from_ec_der(pkcs8),
            id,
            jwks,
        })
    }

    /// The public key set (RFC 7517), as a portal reads it.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// A token with these claims. `None` for claims that are no JSON object.
    pub fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.key).ok()
    }
}
