//! Identifiers of restic's format: SHA-256 values in lower-case hexadecimal.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An identifier is 64 hexadecimal digits in lower case.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an identifier of 64 hexadecimal digits: {0}")]
pub struct IdentifierError(String);

fn parse(text: &str) -> Result<String, IdentifierError> {
    let is_hex = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() == 64 && is_hex {
        Ok(text.to_owned())
    } else {
        Err(IdentifierError(text.to_owned()))
    }
}

/// One snapshot: the SHA-256 of its file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnapshotId(String);

/// One repository: drawn at random when it is made, and the same wherever it is mounted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryId(String);

macro_rules! identifier {
    ($name:ident) => {
        impl $name {
            /// # Errors
            /// When `text` is not 64 hexadecimal digits in lower case.
            pub fn parse(text: &str) -> Result<Self, IdentifierError> {
                parse(text).map(Self)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first eight digits, as restic shows them.
            pub fn short(&self) -> &str {
                &self.0[..8]
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, IdentifierError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier!(SnapshotId);
identifier!(RepositoryId);
