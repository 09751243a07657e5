//! GraphQL requests, as far as they can rename the fields of a response.
//!
//! A client may give any field any name: `{ personnes { id: tuteur, nom } }` answers with the identifier of
//! another person under the name that the map trusts. Where the map says so, a query with an alias is
//! refused, and so is one that cannot be read: a stored query, a batch, a malformed one.

use serde_json::Value;

/// What the map says about GraphQL on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum GraphQl {
    /// The route is not GraphQL, or its responses are safe under any alias.
    #[default]
    Unread,
    /// No field may be given another name.
    NoAliases,
}

/// True when the query renames nothing. `content_type` and `body` are those of the request; `query` holds
/// its decoded parameters.
pub fn has_no_alias(content_type: &str, body: &[u8], query: &[(String, String)]) -> bool {
    // Also in the query string, where `extensions`, `id` and `documentId` name stored queries.
    let is_stored = |name: &str| matches!(name, "extensions" | "documentId" | "id" | "queryId" | "hash");
    if query.iter().any(|(name, _)| is_stored(name)) {
        return false;
    }
    let parameter = query.iter().filter(|(name, _)| name == "query");
    let mut texts: Vec<String> = parameter.map(|(_, text)| text.clone()).collect();
    if !body.is_empty() {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/json" => match serde_json::from_slice(body) {
                // Any other member (`documentId`, `extensions`) could name a stored query instead of this
                // one.
                Ok(Value::Object(members)) if members.keys().all(|name| is_plain_member(name)) => {
                    match members.get("query") {
                        Some(Value::String(text)) => texts.push(text.clone()),
                        _ => return false,
                    }
                }
                _ => return false,
            },
            "application/graphql" => match std::str::from_utf8(body) {
                Ok(text) => texts.push(text.to_owned()),
                Err(_) => return false,
            },
            _ => return false,
        }
    }
    // No query at all is a fault as well: the portal may run one that we have not seen.
    !texts.is_empty() && texts.iter().all(|text| is_without_alias(text))
}

/// The members of a request in the GraphQL-over-HTTP specification, without `extensions`.
fn is_plain_member(name: &str) -> bool {
    matches!(name, "query" | "variables" | "operationName")
}

/// An alias is a name and a colon outside parentheses; inside them are arguments, variables and their
/// values.
fn is_without_alias(text: &str) -> bool {
    let mut parentheses = 0usize;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = match c {
            // A comment ends with its line, and each of these ends a line (GraphQL, 2.1.2).
            '#' => rest.find(['\n', '\r']).map_or("", |end| &rest[end..]),
            '"' => match after_string(rest) {
                Some(after) => after,
                None => return false,
            },
            '(' => {
                parentheses += 1;
                &rest[1..]
            }
            ')' => match parentheses.checked_sub(1) {
                Some(left) => {
                    parentheses = left;
                    &rest[1..]
                }
                None => return false,
            },
            ':' if parentheses == 0 => return false,
            _ => &rest[c.len_utf8()..],
        };
    }
    parentheses == 0
}

/// The text after a string or block string; `None` when it is not terminated.
fn after_string(rest: &str) -> Option<&str> {
    if let Some(block) = rest.strip_prefix("\"\"\"") {
        let mut from = 0;
        loop {
            let end = from + block[from..].find("\"\"\"")?;
            if !block[..end].ends_with('\\') {
                return Some(&block[end + 3..]);
            }
            from = end + 3;
        }
    }
    let bytes = rest.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return rest.get(at + 1..),
            b'\n' | b'\r' => return None,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(query: &str) -> bool {
        let body = serde_json::json!({ "query": query }).to_string();
        has_no_alias("application/json; charset=utf-8", body.as_bytes(), &[])
    }

    #[test]
    fn a_field_may_not_take_another_name() {
        for query in [
            "{ personnes { id: tuteur nom } }",
            "{ a: personnes { id } }",
            "{ personnes(filter: { id: { _eq: \"x\" } }) { id: courriel } }",
            "{ personnes { id\n# :\n:courriel } }",
            "{ personnes { #\r id: note nom } }",
            "{ personnes { # a\r\n id: note nom } }",
            "{ personnes(search: \"a\r\") { id: note } }",
            "query ($a: Int) { personnes(limit: $a) { x:id } }",
        ] {
            assert!(!json(query), "{query}");
        }
    }

    #[test]
    fn a_stored_query_behind_a_plain_one_is_not_read() {
        for body in [
            r#"{"documentId":"1","query":"{persons{id}}"}"#,
            r#"{"query":"{persons{id}}","extensions":{"persistedQuery":{"sha256Hash":"x"}}}"#,
            r#"{"id":"1","query":"{persons{id}}"}"#,
            r#"[{"query":"{persons{id}}"}]"#,
        ] {
            assert!(!has_no_alias("application/json", body.as_bytes(), &[]), "{body}");
        }
        let plain = br#"{"query":"{persons{id}}","variables":{"id":1},"operationName":null}"#;
        assert!(has_no_alias("application/json", plain, &[]));
        let pairs = [("query", "{persons{id}}"), ("extensions", "{}")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(!has_no_alias("", b"", &pairs) && has_no_alias("", b"", &pairs[..1]));
    }

    #[test]
    fn arguments_variables_and_texts_are_no_aliases() {
        for query in [
            "{ personnes { id nom } }",
            "query Q($a: [Int!] = [1]) { personnes(limit: $a, filter: { nom: { _eq: \"a: b) {\" } }) { id } }",
            "{ personnes(search: \"\"\"a \" : \\\"\"\" b\"\"\") { ...f } } fragment f on personnes { id }",
            "{ personnes @include(if: true) { id } } # id: courriel",
        ] {
            assert!(json(query), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_query() {
        for body in ["", "[]", "{}", r#"{"query":7}"#, r#"[{"query":"{a}"}]"#, "{", r#"{"query":"{a(\"}"}"#] {
            assert!(!has_no_alias("application/json", body.as_bytes(), &[]), "{body}");
        }
        assert!(!has_no_alias("multipart/form-data", b"x", &[]));
        assert!(has_no_alias("", b"", &[("query".to_owned(), "{ a }".to_owned())]));
        assert!(!has_no_alias("", b"", &[("query".to_owned(), "{ a: b }".to_owned())]));
    }
}
