//! API keys: each belongs to an account and to one private key, which the organisation keeps.
//!
//! The secret identifies the key and proves nothing by itself: every request is signed (DPoP, RFC
//! 9449), which the gateway verifies. Only the SHA-256 of the secret is kept here.
//!
//! A key of a directory is the exception: SCIM clients sign nothing. Its secret is all that it
//! needs, and it opens the addresses of SCIM and no others.

use std::collections::HashMap;

use digue_types::{AccountId, SessionId, Timestamp};

use crate::session::TokenHash;

/// What a request with a key must show besides its secret, and therefore what the key opens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyProof {
    /// A signature by the private key of this RFC 7638 thumbprint. It opens what its account may.
    Signed(String),
    /// Nothing. It opens the addresses of SCIM alone.
    Directory,
}

impl KeyProof {
    /// As it is stored: no thumbprint is so short.
    pub fn code(&self) -> &str {
        match self {
            Self::Signed(thumbprint) => thumbprint,
            Self::Directory => "scim",
        }
    }

    pub fn parse(code: &str) -> Self {
        if code == Self::Directory.code() {
            Self::Directory
        } else {
            Self::Signed(code.to_owned())
        }
    }

    pub const fn is_of_directory(&self) -> bool {
        matches!(self, Self::Directory)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// Its public name, journalled where a session's name would be.
    pub id: SessionId,
    pub account: AccountId,
    pub proof: KeyProof,
    pub expires_at: Timestamp,
}

/// All keys in force.
#[derive(Clone, Debug, Default)]
pub struct ApiKeys(HashMap<TokenHash, ApiKey>);

impl ApiKeys {
    pub fn insert(&mut self, secret: TokenHash, key: ApiKey) {
        self.0.insert(secret, key);
    }

    /// Removes a key by its public name; true when it was there.
    pub fn remove(&mut self, id: &SessionId) -> bool {
        let before = self.0.len();
        self.0.retain(|_, key| key.id != *id);
        self.0.len() < before
    }

    /// Removes all keys of an account; returns their names.
    pub fn remove_of(&mut self, account: &AccountId) -> Vec<SessionId> {
        let gone = self
            .0
            .values()
            .filter(|key| key.account == *account)
            .map(|key| key.id.clone())
            .collect();
        self.0.retain(|_, key| key.account != *account);
        gone
    }

    /// The key with this secret, unless it has expired.
    pub fn find(&self, secret: &TokenHash, now: Timestamp) -> Option<&ApiKey> {
        // By its hash: the time that the look-up takes tells nothing about the secret.
        self.0.get(secret).filter(|key| now < key.expires_at)
    }

    /// True while a key of this name exists and has not expired; long-lived streams ask it again
    /// and again.
    pub fn is_live(&self, id: &SessionId, now: Timestamp) -> bool {
        // A scan is enough: keys are granted one by one, so there are few.
        self.0
            .values()
            .any(|key| key.id == *id && now < key.expires_at)
    }

    pub fn iter(&self) -> impl Iterator<Item = &ApiKey> {
        self.0.values()
    }
}

impl FromIterator<(TokenHash, ApiKey)> for ApiKeys {
    fn from_iter<I: IntoIterator<Item = (TokenHash, ApiKey)>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}
