//! The address of a value in a resource: `emails[type eq "work"].value` (RFC 7644, 3.5.2).

use crate::attribute_names::{PATH_BYTES_MAX, is_name, split_urn};
use crate::error::{ScimError, ScimType};
use crate::filter::{Filter, FilterParser};
use crate::schema::{Attribute, FoundAttribute, Schema};

/// What a path names.
#[derive(Clone, Debug, PartialEq)]
pub enum PatchPath {
    Known(KnownPath),
    /// An attribute that the schema does not have; what is done to it is left out.
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub struct KnownPath {
    pub found: FoundAttribute,
    /// Which values of the attribute.
    pub filter: Option<Filter>,
    pub sub: Option<&'static Attribute>,
}

impl PatchPath {
    /// # Errors
    /// `invalidPath` for what is no path, or has a filter where the attribute has one value;
    /// `invalidFilter`.
    pub fn parse(schema: &'static Schema, text: &str) -> Result<Self, ScimError> {
        let wrong = |why: &str| ScimError::wrong(ScimType::InvalidPath, why);
        if text.len() > PATH_BYTES_MAX {
            return Err(wrong("the path is too long"));
        }
        let text = text.trim();
        let (head, rest) = match text.find('[') {
            None => (text, None),
            Some(start) => (&text[..start], Some(&text[start + 1..])),
        };
        let (urn, names) = split_urn(head);
        let (name, sub) = match names.split_once('.') {
            None => (names, None),
            Some((name, sub)) => (name, Some(sub)),
        };
        if !is_name(name) || sub.is_some_and(|sub| !is_name(sub)) {
            return Err(wrong("the path names no attribute"));
        }
        let found = schema.find(urn, name);
        let Some(found) = found else {
            return Ok(Self::Unknown);
        };
        let Some(rest) = rest else {
            return Ok(known(found, None, sub));
        };
        if sub.is_some() || !found.attribute.is_many || found.attribute.subs.is_empty() {
            return Err(wrong("this attribute has no values to choose from"));
        }
        let (filter, after) = FilterParser::of_items(found.attribute, rest)?;
        let sub = match after.strip_prefix('.') {
            Some(sub) if is_name(sub) => Some(sub),
            None if after.is_empty() => None,
            Some(_) | None => return Err(wrong("the path goes on after its filter")),
        };
        Ok(known(found, Some(filter), sub))
    }
}

fn known(found: FoundAttribute, filter: Option<Filter>, sub: Option<&str>) -> PatchPath {
    let Some(name) = sub else {
        return PatchPath::Known(KnownPath {
            found,
            filter,
            sub: None,
        });
    };
    match found.attribute.sub(name) {
        None => PatchPath::Unknown,
        sub => PatchPath::Known(KnownPath { found, filter, sub }),
    }
}
