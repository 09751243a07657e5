//! What a client sent, brought into the form of the schema: names as the schema has them, Booleans
//! as Booleans, bounded texts and lists. What the schema does not have is left out (RFC 7644, 3.3).

use digue_types::{AccountId, compatible};
use serde_json::{Map, Value};

use crate::attribute_names::split_urn;
use crate::error::{ScimError, ScimType};
use crate::schema::{Attribute, AttributeKind, Mutability, Schema, TextComparison};

/// The longest text of an attribute, in bytes.
pub const TEXT_BYTES_MAX: usize = 1024;
/// The most values of one attribute.
pub const VALUES_MAX: usize = 1000;

/// Attributes that give rights in other systems. Here rights come from groups, and a directory that
/// believes to give them otherwise is mistaken: it must learn so.
const RIGHTS: [&str; 2] = ["roles", "entitlements"];

/// A text as it is compared.
pub fn folded(text: &str, comparison: TextComparison) -> String {
    match comparison {
        TextComparison::Exact => text.to_owned(),
        TextComparison::Folded => compatible(text).to_lowercase(),
        TextComparison::Identity => match AccountId::parse(text) {
            Ok(account) => account.as_str().to_owned(),
            Err(_) => compatible(text).to_lowercase(),
        },
    }
}

/// The attributes of a resource that a client may write.
///
/// # Errors
/// `invalidValue` for a value of another type, or beyond its bound; `mutability` for roles and
/// entitlements.
pub fn writable(schema: &Schema, sent: &Value) -> Result<Map<String, Value>, ScimError> {
    let sent = sent
        .as_object()
        .ok_or_else(|| ScimError::wrong(ScimType::InvalidSyntax, "a resource is a JSON object"))?;
    let mut known = Map::new();
    for (name, value) in sent {
        refuse_rights(name, value)?;
        let (urn, name) = split_urn(name);
        let Some(found) = schema.find(urn, name) else {
            continue;
        };
        // Nothing of an extension can be written: it is Digue's own statement.
        if found.extension.is_some() || found.attribute.mutability == Mutability::ReadOnly {
            continue;
        }
        if let Some(value) = attribute_value(found.attribute, value)? {
            known.insert(found.attribute.name.to_owned(), value);
        }
    }
    Ok(known)
}

/// Refuses to give rights by an attribute.
///
/// # Errors
/// `mutability` (403) for `roles` and `entitlements` with a value.
pub fn refuse_rights(name: &str, value: &Value) -> Result<(), ScimError> {
    let (_, plain) = split_urn(name);
    let plain = plain.split(['.', '[']).next().unwrap_or_default();
    let gives = RIGHTS.iter().any(|right| right.eq_ignore_ascii_case(plain));
    if gives && !is_nothing(value) {
        let detail = format!("{plain} give nothing here: roles come from the groups of [scim]");
        return Err(ScimError::forbidden(detail));
    }
    Ok(())
}

/// True for what RFC 7643, 2.5 calls unassigned.
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A value in the form of its attribute; `None` when it is unassigned.
///
/// # Errors
/// As `writable`.
pub fn attribute_value(attribute: &Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
    if is_nothing(value) {
        return Ok(None);
    }
    if !attribute.is_many {
        return single(attribute, value);
    }
    let values = match value {
        Value::Array(values) => &values[..],
        one => std::slice::from_ref(one),
    };
    if values.len() > VALUES_MAX {
        let detail = format!("{} has more than {VALUES_MAX} values", attribute.name);
        return Err(ScimError::wrong(ScimType::TooMany, detail));
    }
    let mut taken = Vec::with_capacity(values.len());
    for value in values {
        taken.extend(single(attribute, value)?);
    }
    Ok((!taken.is_empty()).then(|| Value::Array(taken)))
}

/// One value, of a list or alone.
pub(crate) fn single(attribute: &Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
    let wrong = || {
        let detail = format!("{} has a value of another type", attribute.name);
        ScimError::wrong(ScimType::InvalidValue, detail)
    };
    if is_nothing(value) {
        return Ok(None);
    }
    match attribute.kind {
        AttributeKind::Text | AttributeKind::Reference | AttributeKind::DateTime => {
            let text = value.as_str().ok_or_else(wrong)?;
            if text.len() > TEXT_BYTES_MAX {
                let detail = format!("{} is longer than {TEXT_BYTES_MAX} bytes", attribute.name);
                return Err(ScimError::wrong(ScimType::InvalidValue, detail));
            }
            // Databases refuse it in a text.
            if text.contains('\0') {
                return Err(wrong());
            }
            Ok((!text.is_empty()).then(|| text.into()))
        }
        AttributeKind::Boolean => boolean(value)
            .map(|value| Some(value.into()))
            .ok_or_else(wrong),
        AttributeKind::Complex => match value {
            Value::Object(object) => complex(attribute, object),
            // `"emails": ["a@exemple.fr"]`: some clients leave the object out.
            other => {
                let main = attribute.main_sub().ok_or_else(wrong)?;
                let value = single(main, other)?;
                Ok(value.map(|value| {
                    Value::Object([(main.name.to_owned(), value)].into_iter().collect())
                }))
            }
        },
    }
}

fn complex(attribute: &Attribute, object: &Map<String, Value>) -> Result<Option<Value>, ScimError> {
    let mut known = Map::new();
    for (name, value) in object {
        let Some(sub) = attribute.sub(name) else {
            continue;
        };
        if sub.mutability == Mutability::ReadOnly {
            continue;
        }
        if let Some(value) = attribute_value(sub, value)? {
            known.insert(sub.name.to_owned(), value);
        }
    }
    Ok((!known.is_empty()).then_some(Value::Object(known)))
}

/// A Boolean, or the text that some directories write instead: `"False"`.
pub fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::USER;

    #[test]
    fn names_are_found_whatever_their_letter_case_and_the_unknown_left_out() {
        let sent = json!({
            "USERNAME": "A.B@Exemple.fr",
            "urn:ietf:params:scim:schemas:core:2.0:user:TITLE": "chargée",
            "Active": "False",
            "emails": {"VALUE": "a@exemple.fr", "Primary": "True", "x": 1},
            "phoneNumbers": ["01 99 00 12 34"],
            "id": "rssi", "meta": {"version": "1"}, "groups": [{"value": "g"}],
            "nickName": "Zoé", "roles": [], "name": {"honorificPrefix": "Mme"},
            "urn:digue:params:scim:schemas:extension:1.0:Account": {"role": "rssi"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "x"},
        });
        let expected = json!({
            "userName": "A.B@Exemple.fr",
            "title": "chargée",
            "active": false,
            "emails": [{"value": "a@exemple.fr", "primary": true}],
            "phoneNumbers": [{"value": "01 99 00 12 34"}],
        });
        assert_eq!(Value::Object(writable(&USER, &sent).unwrap()), expected);
    }

    #[test]
    fn rights_are_never_taken_silently() {
        for sent in [
            json!({"userName": "a", "roles": [{"value": "rssi"}]}),
            json!({"userName": "a", "Entitlements": "all"}),
            json!({"userName": "a", "urn:ietf:params:scim:schemas:core:2.0:User:roles": "x"}),
        ] {
            let error = writable(&USER, &sent).unwrap_err();
            assert_eq!(
                (error.status, error.kind),
                (403, Some(ScimType::Mutability))
            );
        }
    }

    #[test]
    fn a_value_of_another_type_or_beyond_its_bound_is_refused() {
        for sent in [
            json!([]),
            json!("a"),
            json!({"active": "peut-être"}),
            json!({"userName": 7}),
            json!({"userName": "a\u{0}"}),
            json!({"title": "x".repeat(TEXT_BYTES_MAX + 1)}),
            json!({"emails": vec!["a"; VALUES_MAX + 1]}),
            json!({"name": "Léa"}),
        ] {
            assert!(writable(&USER, &sent).is_err(), "{sent}");
        }
    }
}
