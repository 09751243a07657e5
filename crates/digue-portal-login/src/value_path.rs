//! Where a value stands in a JSON document: `$.user.email`, `$['e-mail']`, `$.teams[0].name`.
//!
//! The singular queries of RFC 9535 (2.3.5.1): they select one value or none.

use std::fmt;

use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuePath {
    text: String,
    steps: Vec<ValueStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ValueStep {
    Member(String),
    Item(usize),
}

/// Not such a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a path such as `$.user.email`, `$['e-mail']` or `$.teams[0].name` is expected")]
pub struct ValuePathError;

impl ValuePath {
    /// # Errors
    /// Anything else than `$` with names and places.
    pub fn parse(text: &str) -> Result<Self, ValuePathError> {
        let mut rest = text.strip_prefix('$').ok_or(ValuePathError)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = parse_step(rest)?;
            steps.push(step);
            rest = after;
        }
        if steps.is_empty() {
            return Err(ValuePathError);
        }
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }

    /// True when something on the way to the value is `null`: `{"actor": null}` for `$.actor.id`.
    pub fn ends_at_null(&self, document: &Value) -> bool {
        let mut value = Some(document);
        self.steps.iter().any(|step| {
            value = value.and_then(|value| step.of(value));
            value.is_some_and(Value::is_null)
        })
    }

    /// The value at this path; `None` where there is none.
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        let mut steps = self.steps.iter();
        steps.try_fold(document, |value, step| step.of(value))
    }
}

impl ValueStep {
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Member(name) => value.as_object()?.get(name),
            Self::Item(place) => value.as_array()?.get(*place),
        }
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse_step(rest: &str) -> Result<(ValueStep, &str), ValuePathError> {
    if let Some(rest) = rest.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(ValuePathError);
        }
        return Ok((ValueStep::Member(name.to_owned()), rest));
    }
    let rest = rest.strip_prefix('[').ok_or(ValuePathError)?;
    for quote in ['\'', '"'] {
        if let Some(rest) = rest.strip_prefix(quote) {
            let (name, rest) = rest.split_once(quote).ok_or(ValuePathError)?;
            let rest = rest.strip_prefix(']').ok_or(ValuePathError)?;
            // Escapes would need a reader of their own; no login's member has one.
            if name.contains('\\') {
                return Err(ValuePathError);
            }
            return Ok((ValueStep::Member(name.to_owned()), rest));
        }
    }
    let (place, rest) = rest.split_once(']').ok_or(ValuePathError)?;
    let is_place = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit());
    let place = is_place.then(|| place.parse().ok()).flatten();
    Ok((ValueStep::Item(place.ok_or(ValuePathError)?), rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_selects_one_value_or_none() {
        let document = json!({
            "user": {"email": "a@of.test", "e-mail": "b", "é": 3},
            "teams": [{"name": "of-1"}, {"name": "of-2"}],
        });
        for (path, found) in [
            ("$.user.email", Some(json!("a@of.test"))),
            ("$['user']['e-mail']", Some(json!("b"))),
            ("$[\"user\"].é", Some(json!(3))),
            ("$.teams[1].name", Some(json!("of-2"))),
            ("$.teams[2].name", None),
            ("$.user[0]", None),
            ("$.user.name", None),
        ] {
            let read = ValuePath::parse(path).unwrap();
            assert_eq!(read.find(&document), found.as_ref(), "{path}");
            assert_eq!(read.to_string(), path);
        }
        for path in [
            "",
            "$",
            "user",
            "$.",
            "$..a",
            "$.a b",
            "$[*]",
            "$[-1]",
            "$['a",
            "$['a'",
            "$[]",
            "$.*",
            "$['a\\'b']",
            "$[1:2]",
            "$.a[",
            "$[99999999999999999999999]",
        ] {
            assert_eq!(ValuePath::parse(path), Err(ValuePathError), "{path}");
        }
    }
}
