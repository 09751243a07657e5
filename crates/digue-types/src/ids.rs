//! Names of things, checked once.
//!
//! Each identifier is its own type so that an account can never be passed for an organisation.
//! They are shared text (`Arc<str>`): a clone is a counter, not a copy.

use std::fmt;
use std::sync::Arc;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("it is empty")]
    Empty,
    #[error("it has {bytes} bytes, at most {limit} are allowed")]
    TooLong { bytes: usize, limit: usize },
    #[error("the character {0:?} is not allowed")]
    Character(char),
}

/// The longest identifier, in bytes of UTF-8.
pub const ID_BYTES_MAX: usize = 96;

fn parse_name(text: &str) -> Result<Arc<str>, IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdError::TooLong { bytes: text.len(), limit: ID_BYTES_MAX });
    }
    // `@`, `+` and `:` are there because portals use e-mail addresses and prefixed subjects.
    let allowed = |c: char| c.is_alphanumeric() || "-_.@+:".contains(c);
    match text.chars().find(|&c| !allowed(c)) {
        Some(c) => Err(IdError::Character(c)),
        None => Ok(Arc::from(text)),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Letters, digits and `- _ . @ + :`, 1 to 96 bytes.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                parse_name(text).map(Self)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }
    };
}

name!(/// One login: an agent, a delegate, a machine.
    AccountId);
name!(/// The partner body an account belongs to.
    OrganisationId);
name!(/// One protected portal, as named by its map.
    PortalId);
name!(/// The set of persons whose identifiers mean the same human being; portals may share one.
    PopulationId);
name!(/// A rule of a portal map.
    RouteName);
name!(/// What a route does with persons: `search`, `list`, `open`, `export`...
    ActionName);
name!(/// A category of personal data shown, in the operator's own vocabulary.
    Category);
name!(/// The public name of a session; never the secret that its cookie carries.
    SessionId);
name!(/// One request and its response.
    ExchangeId);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), IdError>) {
        assert_eq!(AccountId::parse(text).map(|_| ()), expected);
    }

    #[test]
    fn accepts_what_portals_use() {
        check("of-0412.agent3", Ok(()));
        check("marie.dupont@exemple.fr", Ok(()));
        check("élise", Ok(()));
    }

    #[test]
    fn refuses_what_could_be_read_as_something_else() {
        check("", Err(IdError::Empty));
        check("a b", Err(IdError::Character(' ')));
        check("a\r\nSet-Cookie:x", Err(IdError::Character('\r')));
        check("../x", Err(IdError::Character('/')));
        check(&"x".repeat(97), Err(IdError::TooLong { bytes: 97, limit: 96 }));
    }
}
