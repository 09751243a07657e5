//! Maps names as a portal's sign-in writes them to accounts and organisations of Digue.
//!
//! Identity systems decorate names: `DOMAINE\marie`, `auth0|5f7c`, `/of-1`, `["of-1"]`. The rules
//! of the map are applied here, once, for every source of such names: headers, tokens, reports,
//! access logs. The type of the result makes it canonical.

use digue_types::{AccountId, IdError, OrganisationId};
use regex::Regex;
use serde_json::Value;

/// The two mappings of a portal map.
#[derive(Clone, Debug, Default)]
pub struct IdentityMapping {
    pub account: NameMapping,
    pub organisation: NameMapping,
}

/// What to remove from a name.
#[derive(Clone, Debug, Default)]
pub struct NameMapping {
    /// Prefixes, of which the first that matches is removed; letter case is ignored.
    strip: Vec<String>,
    /// Must match all of the rest; the name is its first group.
    pattern: Option<Regex>,
}

/// Why a mapping cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MappingError {
    #[error(transparent)]
    Pattern(#[from] regex::Error),
    #[error("it has no group for the name")]
    NoGroup,
}

/// Why a name is refused. The name itself stays out of logs: it identifies a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    #[error("it does not match the pattern of the map's mapping")]
    NoMatch,
    #[error("it holds several values")]
    Several,
    #[error("it is not text")]
    NoText,
    #[error("it is the name under which entries have callers that are not known")]
    Reserved,
    #[error(transparent)]
    Name(#[from] IdError),
}

impl NameMapping {
    /// # Errors
    /// A pattern that is not a regular expression, or that has no group.
    pub fn new(strip: Vec<String>, pattern: Option<&str>) -> Result<Self, MappingError> {
        // The group keeps alternatives of the map between the anchors: `^a|b$` would match more.
        let pattern = pattern
            .map(|text| Regex::new(&format!("^(?:{text})$")))
            .transpose()?;
        if pattern
            .as_ref()
            .is_some_and(|pattern| pattern.captures_len() < 2)
        {
            return Err(MappingError::NoGroup);
        }
        Ok(Self { strip, pattern })
    }

    /// The name within a text.
    ///
    /// # Errors
    /// A text that the pattern does not match as a whole.
    pub fn apply<'t>(&self, text: &'t str) -> Result<&'t str, NameFault> {
        let text = text.trim();
        let begins = |prefix: &&String| {
            text.get(..prefix.len())
                .is_some_and(|start| start.to_lowercase() == prefix.to_lowercase())
        };
        let text = self
            .strip
            .iter()
            .find(begins)
            .map_or(text, |prefix| &text[prefix.len()..]);
        let Some(pattern) = &self.pattern else {
            return Ok(text);
        };
        let found = pattern.captures(text).and_then(|groups| groups.get(1));
        found.map(|group| group.as_str()).ok_or(NameFault::NoMatch)
    }
}

impl IdentityMapping {
    pub fn account(&self, text: &str) -> Result<AccountId, NameFault> {
        let account = AccountId::parse(self.account.apply(text)?)?;
        if account.is_unknown() {
            Err(NameFault::Reserved)
        } else {
            Ok(account)
        }
    }

    pub fn organisation(&self, text: &str) -> Result<OrganisationId, NameFault> {
        let text = self.organisation.apply(text)?;
        // Some systems write groups as paths; a name cannot begin with a slash.
        let organisation = OrganisationId::parse(text.strip_prefix('/').unwrap_or(text))?;
        if organisation.is_unknown() {
            Err(NameFault::Reserved)
        } else {
            Ok(organisation)
        }
    }

    /// The account in a claim: text or a number.
    pub fn account_claim(&self, value: &Value) -> Result<AccountId, NameFault> {
        match value {
            Value::String(text) => self.account(text),
            // Other numbers can be written in several ways (`1.0`, `1e0`); an identity has one form
            // (promise 31).
            Value::Number(number) if number.is_u64() => self.account(&number.to_string()),
            _ => Err(NameFault::NoText),
        }
    }

    /// The organisation in a claim: text, or a list of one. Nothing tells which of several is
    /// meant.
    pub fn organisation_claim(&self, value: &Value) -> Result<OrganisationId, NameFault> {
        match value {
            Value::String(text) => self.organisation(text),
            Value::Array(all) if all.len() > 1 => Err(NameFault::Several),
            Value::Array(all) => match all.first() {
                Some(Value::String(text)) => self.organisation(text),
                Some(_) => Err(NameFault::NoText),
                None => Err(NameFault::Name(IdError::Empty)),
            },
            _ => Err(NameFault::NoText),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapping() -> IdentityMapping {
        let strip = vec!["DOMAINE\\".to_owned(), "auth0|".to_owned()];
        let organisation = NameMapping::new(Vec::new(), Some("/?partenaires/([^/]+)|([a-z0-9-]+)"));
        IdentityMapping {
            account: NameMapping::new(strip, None).unwrap(),
            organisation: organisation.unwrap_or_default(),
        }
    }

    #[test]
    fn what_the_map_says_is_taken_off_a_name() {
        for (written, expected) in [
            ("DOMAINE\\Marie", "marie"),
            ("domaine\\marie", "marie"),
            ("auth0|5F7C", "5f7c"),
            ("  marie ", "marie"),
            ("d'Aubigné@x.fr", "d'aubigné@x.fr"),
            ("O\u{2019}Neil", "o'neil"),
        ] {
            assert_eq!(
                mapping().account(written).unwrap().as_str(),
                expected,
                "{written}"
            );
        }
        // Another domain is not the one that the map names.
        assert!(matches!(
            mapping().account("AUTRE\\marie"),
            Err(NameFault::Name(IdError::Character('\\')))
        ));
        assert!(matches!(
            mapping().account("DOMAINE\\"),
            Err(NameFault::Name(IdError::Empty))
        ));
    }

    #[test]
    fn the_first_group_of_a_pattern_is_the_name_and_the_whole_must_match() {
        let organisation = |text: &str| mapping().organisation(text).map(|id| id.to_string());
        assert_eq!(organisation("/partenaires/OF-1").unwrap(), "of-1");
        assert_eq!(
            organisation("/partenaires/of-1/of-2"),
            Err(NameFault::NoMatch)
        );
        // The second alternative has no first group.
        assert_eq!(organisation("of-1"), Err(NameFault::NoMatch));
        assert_eq!(
            NameMapping::new(vec![], Some("of-.*")).unwrap_err(),
            MappingError::NoGroup
        );
        assert!(NameMapping::new(vec![], Some("(")).is_err());
    }

    #[test]
    fn an_organisation_is_a_text_a_path_or_a_list_of_one() {
        let organisation = |value: Value| {
            IdentityMapping::default()
                .organisation_claim(&value)
                .map(|id| id.to_string())
        };
        for value in [
            json!("of-1"),
            json!("/of-1"),
            json!(["of-1"]),
            json!(["/OF-1"]),
        ] {
            assert_eq!(organisation(value.clone()).unwrap(), "of-1", "{value}");
        }
        assert_eq!(
            organisation(json!(["of-1", "of-2"])),
            Err(NameFault::Several)
        );
        assert_eq!(organisation(json!({"id": "of-1"})), Err(NameFault::NoText));
        assert_eq!(
            organisation(json!([])),
            Err(NameFault::Name(IdError::Empty))
        );
        assert_eq!(
            organisation(json!("/a/b")),
            Err(NameFault::Name(IdError::Character('/')))
        );
    }

    #[test]
    fn an_account_is_a_text_or_a_number() {
        let account = |value: Value| {
            IdentityMapping::default()
                .account_claim(&value)
                .map(|id| id.to_string())
        };
        assert_eq!(account(json!("auth0|5f7c")).unwrap(), "auth0|5f7c");
        assert_eq!(account(json!(4711)).unwrap(), "4711");
        assert_eq!(account(json!(["a1"])), Err(NameFault::NoText));
        assert_eq!(account(json!(true)), Err(NameFault::NoText));
    }
}
