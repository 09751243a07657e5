//! JWTs over the one cryptographic library of the house: `jsonwebtoken` asks for a provider, this
//! is `ring`. ES256 and EdDSA sign; ES256, ES384, RS256, RS384, RS512 and EdDSA verify. Nothing
//! symmetric: a portal that verifies must not be able to sign.

use std::sync::Once;

use ::signature::{Error, Signer, Verifier};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey, Validation};
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

/// Makes `jsonwebtoken` use `ring`; to be called before any of its functions.
pub fn install() {
    INSTALL.call_once(|| {
        let _ = PROVIDER.install_default();
    });
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It names a key that is not in the set: the set may have changed since.
    #[error("no key of the set")]
    NoKey,
    #[error("not a token of this issuer for this audience")]
    Wrong,
}

/// The key set cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the JWK set cannot be used: {0}")]
pub struct KeySetError(String);

/// Public keys of somebody who signs tokens for us.
pub struct KeySet(Vec<(Option<String>, Vec<Algorithm>, DecodingKey)>);

/// The type that a token says it has (`typ` of its header), lower case.
pub fn token_type(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.typ.map(|typ| typ.to_ascii_lowercase())
}

impl KeySet {
    /// The keys of a JWK set (RFC 7517) that verify with an asymmetric algorithm; keys for anything
    /// else are passed over. A key that names no algorithm is good for those of its kind.
    ///
    /// # Errors
    /// A text that is no JWK set, or one without a key to verify with.
    pub fn parse(jwks: &str) -> std::result::Result<Self, KeySetError> {
        install();
        let fault = |what: &dyn ToString| KeySetError(what.to_string());
        let set: JwkSet = serde_json::from_str(jwks).map_err(|error| fault(&error))?;
        let mut keys = Vec::new();
        for jwk in &set.keys {
            let verifies =
                jwk.common.public_key_use.as_ref().is_none_or(|known| *known == PublicKeyUse::Signature);
            let algorithms = algorithms(jwk);
            if verifies
                && !algorithms.is_empty()
                && let Ok(key) = DecodingKey::from_jwk(jwk)
            {
                keys.push((jwk.common.key_id.clone(), algorithms, key));
            }
        }
        if keys.is_empty() { Err(fault(&"it has no key that verifies a signature")) } else { Ok(Self(keys)) }
    }

    /// The claims of a token that one of these keys signed, from `issuer` and for `audience`. Times
    /// (`exp`, `nbf`, `iat`) are the caller's to look at: time is given, not read.
    ///
    /// # Errors
    /// `NoKey` when the set has no key of that name, `Wrong` for everything else.
    pub fn claims(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
    ) -> std::result::Result<Map<String, Value>, TokenFault> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Wrong)?;
        let is_named = |id: &Option<String>| id.is_none() || header.kid.is_none() || *id == header.kid;
        let mut fits = self
            .0
            .iter()
            .filter(|(id, algorithms, _)| algorithms.contains(&header.alg) && is_named(id))
            .peekable();
        fits.peek().ok_or(TokenFault::NoKey)?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        fits.find_map(|(_, _, key)| jsonwebtoken::decode(token, key, &validation).ok())
            .map(|data| data.claims)
            .ok_or(TokenFault::Wrong)
    }
}

fn algorithms(jwk: &Jwk) -> Vec<Algorithm> {
    if let Some(named) = jwk.common.key_algorithm {
        let known = named.to_string().parse::<Algorithm>().ok().filter(|one| ASYMMETRIC.contains(one));
        return known.into_iter().collect();
    }
    match &jwk.algorithm {
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
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| Error::new())?;
        Ok(signature.as_ref().to_vec())
    }
}

impl JwtSigner for Es256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

enum Key {
    Plain(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

struct RingVerifier {
    algorithm: Algorithm,
    key: Key,
}

fn make_verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    let key = match key.kind() {
        DecodingKeyKind::SecretOrDer(bytes) => Key::Plain(bytes.clone()),
        DecodingKeyKind::RsaModulusExponent { n, e } => Key::Rsa { n: n.clone(), e: e.clone() },
    };
    Ok(Box::new(RingVerifier { algorithm: *algorithm, key }))
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> std::result::Result<(), Error> {
        let is_good = match (&self.key, self.algorithm) {
            (Key::Rsa { n, e }, algorithm) => {
                let parameters = match algorithm {
                    Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    _ => return Err(Error::new()),
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signed).is_ok()
            }
            (Key::Plain(key), algorithm) => {
                let verification: &dyn VerificationAlgorithm = match algorithm {
                    Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
                    Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
                    Algorithm::EdDSA => &signature::ED25519,
                    _ => return Err(Error::new()),
                };
                UnparsedPublicKey::new(verification, key).verify(message, signed).is_ok()
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
