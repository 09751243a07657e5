//! `attributes` and `excludedAttributes`: which attributes an answer has (RFC 7644, 3.9).

use serde_json::{Map, Value};

use crate::attribute_names::split_urn;
use crate::error::{ScimError, ScimType};
use crate::schema::Schema;

/// The most names of one list.
const NAMES_MAX: usize = 50;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Selection {
    #[default]
    Everything,
    Only(Vec<SelectedName>),
    Without(Vec<SelectedName>),
}

/// An attribute, or a part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelectedName {
    extension: Option<&'static str>,
    name: &'static str,
    sub: Option<String>,
}

impl Selection {
    /// # Errors
    /// `invalidValue` when both lists are there, or one is too long.
    pub fn parse(
        schema: &'static Schema,
        only: Option<&str>,
        without: Option<&str>,
    ) -> Result<Self, ScimError> {
        match (only, without) {
            (None, None) => Ok(Self::Everything),
            (Some(only), None) => names(schema, only).map(Self::Only),
            (None, Some(without)) => names(schema, without).map(Self::Without),
            (Some(_), Some(_)) => Err(ScimError::wrong(
                ScimType::InvalidValue,
                "attributes and excludedAttributes exclude each other",
            )),
        }
    }

    /// True when an answer has this attribute, or a part of it.
    pub fn has(&self, name: &str) -> bool {
        let is_it = |one: &SelectedName| one.extension.is_none() && one.name == name;
        match self {
            Self::Everything => true,
            Self::Only(names) => names.iter().any(is_it),
            Self::Without(names) => !names.iter().any(|one| is_it(one) && one.sub.is_none()),
        }
    }

    pub fn of(&self, mut resource: Map<String, Value>) -> Map<String, Value> {
        match self {
            Self::Everything => resource,
            Self::Without(names) => {
                for name in names {
                    remove(&mut resource, name);
                }
                resource
            }
            Self::Only(names) => {
                let mut kept = Map::new();
                for name in Schema::always_returned() {
                    if let Some(value) = resource.get(name) {
                        kept.insert(name.to_owned(), value.clone());
                    }
                }
                for name in names {
                    keep(&resource, name, &mut kept);
                }
                kept
            }
        }
    }
}

fn names(schema: &'static Schema, list: &str) -> Result<Vec<SelectedName>, ScimError> {
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    if names.len() > NAMES_MAX {
        let detail = format!("more than {NAMES_MAX} attributes are named");
        return Err(ScimError::wrong(ScimType::InvalidValue, detail));
    }
    let known = names.iter().filter_map(|name| {
        let (urn, name) = split_urn(name);
        let (name, sub) = match name.split_once('.') {
            None => (name, None),
            Some((name, sub)) => (name, Some(sub)),
        };
        let found = schema.find(urn, name)?;
        let sub = match sub {
            None => None,
            Some(sub) => Some(found.attribute.sub(sub)?.name.to_owned()),
        };
        Some(SelectedName {
            extension: found.extension,
            name: found.attribute.name,
            sub,
        })
    });
    Ok(known.collect())
}

fn remove(resource: &mut Map<String, Value>, name: &SelectedName) {
    // `returned: always` (RFC 7643, 7): no client can exclude these.
    if Schema::always_returned().any(|always| always == name.name) && name.extension.is_none() {
        return;
    }
    let holder = match name.extension {
        None => Some(resource),
        Some(id) => resource.get_mut(id).and_then(Value::as_object_mut),
    };
    let Some(holder) = holder else {
        return;
    };
    let Some(sub) = &name.sub else {
        holder.remove(name.name);
        return;
    };
    match holder.get_mut(name.name) {
        Some(Value::Object(object)) => drop(object.remove(sub)),
        Some(Value::Array(values)) => {
            for value in values.iter_mut().filter_map(Value::as_object_mut) {
                value.remove(sub);
            }
        }
        _ => {}
    }
}

fn keep(resource: &Map<String, Value>, name: &SelectedName, kept: &mut Map<String, Value>) {
    let holder = match name.extension {
        None => Some(resource),
        Some(id) => resource.get(id).and_then(Value::as_object),
    };
    let Some(value) = holder.and_then(|holder| holder.get(name.name)) else {
        return;
    };
    let Some(part) = part_of(value, name.sub.as_deref()) else {
        return;
    };
    let target = match name.extension {
        None => kept,
        Some(id) => {
            let entry = kept.entry(id).or_insert_with(|| Map::new().into());
            let Value::Object(object) = entry else {
                return;
            };
            object
        }
    };
    match (target.get_mut(name.name), part) {
        (Some(Value::Object(known)), Value::Object(part)) => known.extend(part),
        (Some(Value::Array(known)), Value::Array(part)) => {
            for (known, part) in known.iter_mut().zip(part) {
                if let (Value::Object(known), Value::Object(part)) = (known, part) {
                    known.extend(part);
                }
            }
        }
        (_, part) => drop(target.insert(name.name.to_owned(), part)),
    }
}

/// A value, or the one part of it. Lists keep a place for each value, so that two parts of one
/// value come together again.
fn part_of(value: &Value, sub: Option<&str>) -> Option<Value> {
    let Some(sub) = sub else {
        return Some(value.clone());
    };
    let one = |object: &Map<String, Value>| {
        let part = object.get(sub).map(|part| (sub.to_owned(), part.clone()));
        Value::Object(part.into_iter().collect())
    };
    match value {
        Value::Object(object) => Some(one(object)),
        Value::Array(values) => Some(
            values
                .iter()
                .filter_map(Value::as_object)
                .map(one)
                .collect(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::USER;

    fn selected(only: Option<&str>, without: Option<&str>) -> Value {
        let user = json!({
            "schemas": ["s"], "id": "a", "userName": "a", "externalId": "7",
            "emails": [{"value": "x", "type": "work"}, {"value": "y"}],
            "name": {"givenName": "L", "familyName": "M"},
            "urn:digue:params:scim:schemas:extension:1.0:Account": {"state": "open", "role": "agent"},
        });
        let selection = Selection::parse(&USER, only, without).unwrap();
        Value::Object(selection.of(user.as_object().unwrap().clone()))
    }

    #[test]
    fn an_answer_has_what_was_asked_for_and_what_every_one_has() {
        assert_eq!(
            selected(Some("USERNAME"), None),
            json!({"schemas": ["s"], "id": "a", "userName": "a"})
        );
        assert_eq!(
            selected(
                Some("emails.value,emails.type, name.givenName,nickName"),
                None
            ),
            json!({"schemas": ["s"], "id": "a", "name": {"givenName": "L"},
                "emails": [{"value": "x", "type": "work"}, {"value": "y"}]})
        );
        let account = "urn:digue:params:scim:schemas:extension:1.0:Account:state";
        assert_eq!(
            selected(Some(account), None),
            json!({"schemas": ["s"], "id": "a",
                "urn:digue:params:scim:schemas:extension:1.0:Account": {"state": "open"}})
        );
        let rest = selected(None, Some("emails,id,schemas,name.familyName"));
        assert_eq!((rest.get("emails"), &rest["id"]), (None, &json!("a")));
        assert_eq!(rest["name"], json!({"givenName": "L"}));
        assert!(Selection::parse(&USER, Some("id"), Some("id")).is_err());
    }
}
