//! Changes of a resource: `PATCH` (RFC 7644, 3.5.2), all of its operations or none.

pub mod members;

use serde_json::{Map, Value};

use crate::error::{ScimError, ScimType};
use crate::path::{KnownPath, PatchPath};
use crate::schema::{Attribute, Mutability, Schema};
use crate::value::{attribute_value, is_nothing, refuse_rights, single};

pub const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The most operations of one request.
pub const OPERATIONS_MAX: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperationKind {
    Add,
    Replace,
    Remove,
}

/// One operation, as it was sent.
#[derive(Clone, PartialEq, Debug)]
pub struct Operation {
    pub kind: OperationKind,
    pub path: Option<String>,
    pub value: Value,
}

fn syntax(why: impl Into<String>) -> ScimError {
    ScimError::wrong(ScimType::InvalidSyntax, why)
}

fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The operations of a request's body.
///
/// # Errors
/// `invalidSyntax` for what is no list of operations; `tooMany`.
pub fn operations(body: &Value) -> Result<Vec<Operation>, ScimError> {
    let body = body
        .as_object()
        .ok_or_else(|| syntax("a change is a JSON object"))?;
    let is_patch = member(body, "schemas")
        .and_then(Value::as_array)
        .is_some_and(|schemas| schemas.iter().any(|schema| schema.as_str() == Some(PATCH)));
    if !is_patch {
        return Err(syntax(format!("schemas lacks {PATCH}")));
    }
    let sent = member(body, "Operations").and_then(Value::as_array);
    let sent = sent.ok_or_else(|| syntax("Operations is missing"))?;
    if sent.is_empty() {
        return Err(syntax("Operations is empty"));
    }
    if sent.len() > OPERATIONS_MAX {
        let detail = format!("more than {OPERATIONS_MAX} operations");
        return Err(ScimError::wrong(ScimType::TooMany, detail));
    }
    sent.iter().map(operation).collect()
}

fn operation(sent: &Value) -> Result<Operation, ScimError> {
    let sent = sent
        .as_object()
        .ok_or_else(|| syntax("an operation is a JSON object"))?;
    let word = member(sent, "op")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // `Add` and `Replace` of Entra ID.
    let kind = match word.to_ascii_lowercase().as_str() {
        "add" => OperationKind::Add,
        "replace" => OperationKind::Replace,
        "remove" => OperationKind::Remove,
        _ => return Err(syntax("op is add, replace or remove")),
    };
    let path = match member(sent, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) if path.trim().is_empty() => None,
        Some(Value::String(path)) => Some(path.clone()),
        Some(_) => return Err(ScimError::wrong(ScimType::InvalidPath, "path is a text")),
    };
    let value = member(sent, "value").cloned().unwrap_or(Value::Null);
    match (kind, &path, &value) {
        (OperationKind::Remove, None, _) => {
            Err(ScimError::wrong(ScimType::NoTarget, "remove needs a path"))
        }
        (OperationKind::Add | OperationKind::Replace, None, Value::Object(_)) | (_, Some(_), _) => {
            Ok(Operation { kind, path, value })
        }
        (OperationKind::Add | OperationKind::Replace, None, _) => Err(syntax(
            "without a path the value is an object of attributes",
        )),
    }
}

/// One step: a value at a path, where an operation without path has one for each attribute.
pub(crate) struct PatchStep<'o> {
    pub(crate) kind: OperationKind,
    pub(crate) path: KnownPath,
    pub(crate) value: &'o Value,
}

/// The steps of an operation. What the schema does not have is left out.
pub(crate) fn steps<'o>(
    schema: &'static Schema,
    operation: &'o Operation,
) -> Result<Vec<PatchStep<'o>>, ScimError> {
    let named: Vec<(&str, &Value)> = match (&operation.path, &operation.value) {
        (Some(path), value) => vec![(path, value)],
        // Names may be whole paths: `"name.givenName"`.
        (None, Value::Object(attributes)) => attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect(),
        (None, _) => Vec::new(),
    };
    let mut steps = Vec::new();
    for (name, value) in named {
        // Before the path is resolved: the schema has no `roles`, and what it lacks is left out, so
        // that the directory would believe that it gave a right.
        if operation.kind != OperationKind::Remove {
            refuse_rights(name, value)?;
        }
        // An extension's object and the list of schemas are named like attributes.
        let is_container = operation.path.is_none()
            && (name.eq_ignore_ascii_case("schemas")
                || name.starts_with("urn:") && value.is_object());
        if is_container && PatchPath::parse(schema, name).is_err() {
            continue;
        }
        match PatchPath::parse(schema, name)? {
            PatchPath::Unknown => {}
            PatchPath::Known(path) => {
                let is_read_only = [Some(path.found.attribute), path.sub]
                    .into_iter()
                    .flatten()
                    .any(|attribute| attribute.mutability == Mutability::ReadOnly);
                if is_read_only && operation.path.is_none() {
                    // A whole resource sent back: `id`, `meta` and `groups` are what was read.
                    continue;
                }
                if is_read_only {
                    let detail = format!("{name} cannot be changed");
                    return Err(ScimError::wrong(ScimType::Mutability, detail));
                }
                steps.push(PatchStep {
                    kind: operation.kind,
                    path,
                    value,
                });
            }
        }
    }
    Ok(steps)
}

/// Applies operations to the writable attributes of a resource.
///
/// # Errors
/// The first one's; nothing is changed then.
pub fn apply(
    schema: &'static Schema,
    document: &Map<String, Value>,
    operations: &[Operation],
) -> Result<Map<String, Value>, ScimError> {
    let mut changed = document.clone();
    for operation in operations {
        for step in steps(schema, operation)? {
            apply_step(&mut changed, &step)?;
        }
    }
    Ok(changed)
}

fn apply_step(document: &mut Map<String, Value>, step: &PatchStep<'_>) -> Result<(), ScimError> {
    let attribute = step.path.found.attribute;
    if attribute.is_many {
        return apply_to_values(document, step, attribute);
    }
    let name = attribute.name.to_owned();
    if step.kind == OperationKind::Remove {
        match step.path.sub {
            None => drop(document.remove(&name)),
            Some(sub) => {
                if let Some(Value::Object(object)) = document.get_mut(&name) {
                    object.remove(sub.name);
                }
            }
        }
        return Ok(());
    }
    let Some(sub) = step.path.sub else {
        match attribute_value(attribute, step.value)? {
            None => drop(document.remove(&name)),
            Some(Value::Object(parts)) => {
                // Parts that are not named stay, in `replace` too (RFC 7644, 3.5.2.3).
                let known = document.entry(name).or_insert_with(|| Map::new().into());
                merge(known, parts);
            }
            Some(value) => drop(document.insert(name, value)),
        }
        return Ok(());
    };
    let known = document.entry(name).or_insert_with(|| Map::new().into());
    set_part(known, sub, step.value)
}

fn merge(known: &mut Value, parts: Map<String, Value>) {
    match known {
        Value::Object(object) => object.extend(parts),
        other => *other = Value::Object(parts),
    }
}

fn set_part(item: &mut Value, sub: &Attribute, value: &Value) -> Result<(), ScimError> {
    let value = attribute_value(sub, value)?;
    if let Value::Object(object) = item {
        match value {
            None => drop(object.remove(sub.name)),
            Some(value) => drop(object.insert(sub.name.to_owned(), value)),
        }
    }
    Ok(())
}

/// The most values of an attribute that `PATCH` builds up.
// `VALUES_MAX` bounds one operation: without this, 200 of them would build up 200,000 values.
const KEPT_MAX: usize = 50;

fn apply_to_values(
    document: &mut Map<String, Value>,
    step: &PatchStep<'_>,
    attribute: &'static Attribute,
) -> Result<(), ScimError> {
    let mut values = match document.remove(attribute.name) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    };
    let primaries_before = primaries(&values);
    change_values(&mut values, step, attribute)?;
    values.retain(|value| !is_nothing(value));
    keep_one_primary(&mut values, &primaries_before);
    if values.len() > KEPT_MAX {
        let detail = format!("{} has more than {KEPT_MAX} values", attribute.name);
        return Err(ScimError::wrong(ScimType::TooMany, detail));
    }
    if !values.is_empty() {
        document.insert(attribute.name.to_owned(), values.into());
    }
    Ok(())
}

fn change_values(
    values: &mut Vec<Value>,
    step: &PatchStep<'_>,
    attribute: &'static Attribute,
) -> Result<(), ScimError> {
    let KnownPath { filter, sub, .. } = &step.path;
    let is_meant = |item: &Value| {
        filter
            .as_ref()
            .is_none_or(|filter| filter.matches_item(item))
    };
    match (step.kind, sub) {
        (OperationKind::Remove, None) if filter.is_none() && !is_nothing(step.value) => {
            // Entra ID names the values to remove instead of filtering them.
            let named = sent_values(attribute, step.value)?;
            values.retain(|item| {
                !named
                    .iter()
                    .any(|named| named.get("value") == item.get("value"))
            });
        }
        (OperationKind::Remove, None) => values.retain(|item| !is_meant(item)),
        (OperationKind::Remove, Some(sub)) => {
            for item in values.iter_mut().filter(|item| is_meant(item)) {
                set_part(item, sub, &Value::Null)?;
            }
        }
        (OperationKind::Replace, None) if filter.is_none() => {
            *values = sent_values(attribute, step.value)?;
        }
        (OperationKind::Add, None) if filter.is_none() => {
            for new in sent_values(attribute, step.value)? {
                if !values.contains(&new) {
                    values.push(new);
                }
            }
        }
        (OperationKind::Add | OperationKind::Replace, sub) => {
            let mut is_found = false;
            for item in values.iter_mut().filter(|item| is_meant(item)) {
                is_found = true;
                set(item, attribute, *sub, step.value)?;
            }
            if !is_found {
                values.push(new_item(step, attribute)?);
            }
        }
    }
    Ok(())
}

/// Sets a part of a value, or the whole of it.
fn set(
    item: &mut Value,
    attribute: &Attribute,
    sub: Option<&Attribute>,
    value: &Value,
) -> Result<(), ScimError> {
    match sub {
        Some(sub) => set_part(item, sub, value),
        None => {
            if let Some(Value::Object(parts)) = single(attribute, value)? {
                merge(item, parts);
            }
            Ok(())
        }
    }
}

/// The value that `add emails[type eq "work"].value` makes where there is none. For `replace` there
/// must be one (RFC 7644, 3.5.2.3), and an attribute without any gets one for both.
fn new_item(step: &PatchStep<'_>, attribute: &'static Attribute) -> Result<Value, ScimError> {
    let described = match &step.path.filter {
        None => Some(Map::new()),
        Some(filter) if step.kind == OperationKind::Add => filter.described_item(),
        Some(_) => None,
    };
    let described = described.ok_or_else(|| {
        ScimError::wrong(
            ScimType::NoTarget,
            "the filter of the path matches no value",
        )
    })?;
    let mut item = Value::Object(described);
    set(&mut item, attribute, step.path.sub, step.value)?;
    Ok(item)
}

fn sent_values(attribute: &Attribute, value: &Value) -> Result<Vec<Value>, ScimError> {
    Ok(match attribute_value(attribute, value)? {
        Some(Value::Array(values)) => values,
        Some(one) => vec![one],
        None => Vec::new(),
    })
}

fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

fn primaries(values: &[Value]) -> Vec<Value> {
    values
        .iter()
        .filter(|value| is_primary(value))
        .cloned()
        .collect()
}

/// At most one value is the primary one: the newest (RFC 7644, 3.5.2).
fn keep_one_primary(values: &mut [Value], before: &[Value]) {
    let count = values.iter().filter(|value| is_primary(value)).count();
    if count <= 1 {
        return;
    }
    let newest = values
        .iter()
        .rposition(|value| is_primary(value) && !before.contains(value))
        .or_else(|| values.iter().rposition(is_primary));
    for (place, value) in values.iter_mut().enumerate() {
        if is_primary(value)
            && Some(place) != newest
            && let Value::Object(object) = value
        {
            object.insert("primary".to_owned(), false.into());
        }
    }
}

#[cfg(test)]
mod tests;
