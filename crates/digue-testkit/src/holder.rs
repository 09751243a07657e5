//! A device key in software: signs the JWTs of device-bound sessions and of DPoP.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// Seconds since 1970, for proofs that a running server checks.
pub fn now_secs() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a real server compares it with its own clock"
    )]
    let now = std::time::SystemTime::now();
    let since = now
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    i64::try_from(since.as_secs()).expect("before the year 292 billion")
}

/// A P-256 key.
pub struct Holder(EcdsaKeyPair);

impl Default for Holder {
    fn default() -> Self {
        Self::new()
    }
}

impl Holder {
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
        Self(key.unwrap())
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let (x, y) = (
            URL_SAFE_NO_PAD.encode(&point[1..33]),
            URL_SAFE_NO_PAD.encode(&point[33..65]),
        );
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    }

    /// A token of type `typ`; with the public key in its header when `brings_key`.
    pub fn sign(&self, typ: &str, claims: &Value, brings_key: bool) -> String {
        let mut header = json!({"typ": typ, "alg": "ES256"});
        if brings_key {
            header["jwk"] = self.jwk();
        }
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let said = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), said.as_bytes()).unwrap();
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
