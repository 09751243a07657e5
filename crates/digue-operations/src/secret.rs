//! Random secrets, shown once: only their SHA-256 is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::session::TokenHash;
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

    /// The text itself, to be handed over once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> TokenHash {
        digue_gateway::identity::token_hash(&self.0)
    }
}

/// A short random name, not a secret.
pub(crate) fn name(prefix: &str) -> Result<String, OperationError> {
    let secret = Secret::draw()?;
    Ok(format!("{prefix}-{}", &secret.reveal()[..12]))
}
