//! Random secrets, shown once: only their SHA-256 is stored. And the sealing of what must be
//! stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::session::TokenHash;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::error::OperationError;

/// A secret of 256 bits, as text for a cookie or a link.
pub struct Secret(String);

impl Secret {
    pub fn draw() -> Result<Self, OperationError> {
        let mut bytes = [0; 32];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| OperationError::Unavailable("no randomness".to_owned()))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text itself, to be shown or sent once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> TokenHash {
        digue_gateway::identity::token_hash(&self.0)
    }
}

/// A short random id: 72 bits in base64url after a prefix. Not a secret.
pub fn name(prefix: &str) -> Result<String, OperationError> {
    let secret = Secret::draw()?;
    Ok(format!("{prefix}-{}", &secret.reveal()[..12]))
}

/// Seals (AES-256-GCM) what a copy of the database alone must not reveal.
pub struct SecretSeal(LessSafeKey);

impl SecretSeal {
    /// A separate key for each use, derived from the installation's key.
    pub fn new(key: &[u8; 32], label: &[u8]) -> Result<Self, OperationError> {
        let mut bytes = key.to_vec();
        bytes.extend(label);
        let key = UnboundKey::new(&AES_256_GCM, digest(&SHA256, &bytes).as_ref());
        let key = key.map_err(|_| OperationError::Unavailable("no key to seal with".into()))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// `about` is authenticated with it: a sealed text that is moved to another row does not open
    /// there.
    pub fn seal(&self, about: &str, plain: &[u8]) -> Result<String, OperationError> {
        let broken = |what: &str| OperationError::Unavailable(what.to_owned());
        let mut nonce = [0; NONCE_LEN];
        // Random nonces: with far fewer than 2^32 sealed texts for one key, none repeats (NIST SP
        // 800-38D, 8.3).
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| broken("no randomness"))?;
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| broken("a secret could not be sealed"))?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    pub fn open(&self, about: &str, text: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        Some(
            self.0
                .open_in_place(nonce, Aad::from(about.as_bytes()), &mut sealed)
                .ok()?
                .to_vec(),
        )
    }
}
