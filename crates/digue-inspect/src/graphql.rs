//! GraphQL requests, as far as they can rename the fields of a response.
//!
//! A client may give any field any name: `{ personnes { id: tuteur, nom } }` answers with the
//! identifier of another person under the name that the map trusts. Where the map says so, a query
//! with an alias is refused, and so is one that cannot be read: a stored query, a batch, a
//! malformed one, or one that the portal could read otherwise than Digue.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::request::{declares_utf8, has_second_spelling};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What the map says about GraphQL on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum GraphQl {
    /// The route is not GraphQL, or its responses are safe under any alias.
    #[default]
    Unread,
    /// No field may be given another name.
    NoAliases,
}

/// True when the query renames nothing. `content_type` and `body` are those of the request; `query`
/// holds its decoded parameters.
pub fn has_no_alias(content_type: &str, body: &[u8], query: &[(String, String)]) -> bool {
    // No query at all is a fault as well: the portal may run one that we have not seen.
    queries(content_type, body, query)
        .is_some_and(|texts| !texts.is_empty() && texts.iter().all(|text| is_without_alias(text)))
}

/// All queries of a request; `None` when the portal may run another.
pub(crate) fn queries(
    content_type: &str,
    body: &[u8],
    query: &[(String, String)],
) -> Option<Vec<String>> {
    // Also in the query string, where `extensions`, `id` and `documentId` name stored queries.
    let is_stored = |name: &str| {
        matches!(
            name,
            "extensions" | "documentId" | "id" | "queryId" | "hash"
        )
    };
    if query.iter().any(|(name, _)| is_stored(name)) {
        return None;
    }
    let names: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
    if has_second_spelling("query", &names) {
        return None;
    }
    let parameter = query.iter().filter(|(name, _)| name == "query");
    let mut texts: Vec<String> = parameter.map(|(_, text)| text.clone()).collect();
    if !body.is_empty() {
        texts.push(query_of_body(content_type, body)?);
    }
    Some(texts)
}

/// The fields that the operations of these documents ask for at their root, each once and sorted:
/// `query personnes`, whatever they are called in the response. `None` for what cannot be read, and
/// for a fragment at the root, whose fields stand elsewhere.
pub fn root_fields(texts: &[String]) -> Option<Vec<String>> {
    let mut fields = BTreeSet::new();
    for text in texts {
        GraphQlTokens { rest: text }.document(&mut fields)?;
    }
    Some(fields.into_iter().collect())
}

/// The root fields of the body of a request.
pub fn root_fields_of_body(content_type: &str, body: &[u8]) -> Option<Vec<String>> {
    root_fields(&[query_of_body(content_type, body)?])
}

/// Reads a document (GraphQL, 2.2) as far as its root.
struct GraphQlTokens<'d> {
    rest: &'d str,
}

impl<'d> GraphQlTokens<'d> {
    fn document(mut self, fields: &mut BTreeSet<String>) -> Option<()> {
        loop {
            match self.next()? {
                "" => return Some(()),
                "{" => self.root("query", fields)?,
                "fragment" => {
                    self.after_head()?;
                    self.skip("{", "}")?;
                }
                operation @ ("query" | "mutation" | "subscription") => {
                    self.after_head()?;
                    self.root(operation, fields)?;
                }
                _ => return None,
            }
        }
    }

    /// Past the name, variables and directives of a definition, and its opening brace.
    fn after_head(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                "" | "}" | ")" => return None,
                "(" => self.skip("(", ")")?,
                "{" => return Some(()),
                _ => {}
            }
        }
    }

    /// The fields of a selection after its opening brace.
    fn root(&mut self, operation: &str, fields: &mut BTreeSet<String>) -> Option<()> {
        let mut name: Option<&str> = None;
        let mut token = self.next()?;
        loop {
            match token {
                ":" => {
                    // What stood before it is only its name in the response.
                    name.take()?;
                    name = Some(self.next().filter(|text| is_name(text))?);
                }
                "(" => self.skip("(", ")")?,
                "{" => self.skip("{", "}")?,
                "@" => {
                    self.next().filter(|text| is_name(text))?;
                }
                "}" => {
                    fields.extend(name.map(|name| format!("{operation} {name}")));
                    return Some(());
                }
                // A field, after the one before.
                _ if is_name(token) => {
                    let before = name.replace(token);
                    fields.extend(before.map(|name| format!("{operation} {name}")));
                }
                _ => return None,
            }
            token = self.next()?;
        }
    }

    /// Past the end of what has been opened.
    fn skip(&mut self, opens: &str, closes: &str) -> Option<()> {
        let mut depth = 1usize;
        while depth > 0 {
            match self.next()? {
                "" => return None,
                token if token == opens => depth += 1,
                token if token == closes => depth -= 1,
                _ => {}
            }
        }
        Some(())
    }

    /// The next token, empty at the end; a string is one. `None` for one that does not end.
    fn next(&mut self) -> Option<&'d str> {
        loop {
            let is_ignored = |c: char| c.is_ascii_whitespace() || c == ',' || c == '\u{feff}';
            self.rest = self.rest.trim_start_matches(is_ignored);
            if !self.rest.starts_with('#') {
                break;
            }
            // A comment ends with its line, and each of these ends a line (GraphQL, 2.1.2).
            self.rest = self
                .rest
                .find(['\n', '\r'])
                .map_or("", |end| &self.rest[end..]);
        }
        let after = match self.rest.chars().next() {
            None => "",
            Some('"') => after_string(self.rest)?,
            Some(c) if is_name_part(c) => self.rest.trim_start_matches(is_name_part),
            Some('.') => self.rest.strip_prefix("...")?,
            Some(c) if c.is_ascii() && !c.is_ascii_control() => &self.rest[1..],
            // The specification knows no such character outside of strings.
            Some(_) => return None,
        };
        let token = &self.rest[..self.rest.len() - after.len()];
        self.rest = after;
        Some(token)
    }
}

const fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_name(token: &str) -> bool {
    !token.is_empty() && token.chars().all(is_name_part)
}

/// The only query of a body; `None` when the portal may run another.
fn query_of_body(content_type: &str, body: &[u8]) -> Option<String> {
    // In another character set the same bytes are another query to the portal.
    if !declares_utf8(content_type) {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        // An array would be read as the members in their order, and is a batch.
        "application/json" if text.trim_start().starts_with('{') => serde_json::from_str(text)
            .ok()
            .map(|GraphQlBody { query, .. }| query.into_owned()),
        "application/graphql" => Some(text.to_owned()),
        _ => None,
    }
}

/// The members of a request in the GraphQL-over-HTTP specification, without `extensions`: any other
/// member (`documentId`, `extensions`) could name a stored query instead of this one. A member that
/// is given twice is an error: parsers differ in which of the two they take.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct GraphQlBody<'b> {
    #[serde(borrow)]
    query: Cow<'b, str>,
    #[serde(default)]
    #[expect(dead_code, reason = "named, so that it is allowed once")]
    variables: IgnoredAny,
    #[serde(default)]
    #[expect(dead_code, reason = "named, so that it is allowed once")]
    operation_name: IgnoredAny,
}

/// An alias is a name and a colon outside parentheses; inside them are arguments, variables and
/// their values.
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
            // The only escape of a block string (GraphQL, 2.9.4); other backslashes stand for
            // themselves.
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
            // A plain string ends on its line (GraphQL, 2.9.4); a portal that reads on would see
            // another query.
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
    fn a_member_that_is_given_twice_is_two_queries() {
        for body in [
            r#"{"query":"{ personnes { id: note } }","query":"{ personnes { id } }"}"#,
            r#"{"query":"{ personnes { id } }","query":"{ personnes { id } }"}"#,
            r#"{"query":"{ personnes { id: note } }","qu\u0065ry":"{ personnes { id } }"}"#,
            r#"{"query":"{ personnes { id } }","variables":{},"variables":{"id":1}}"#,
            r#"{"query":"{ personnes { id } }","operationName":"a","operationName":"b"}"#,
            r#"["{ personnes { id } }",{},""]"#,
        ] {
            assert!(
                !has_no_alias("application/json", body.as_bytes(), &[]),
                "{body}"
            );
        }
    }

    #[test]
    fn a_body_in_another_character_set_is_not_read() {
        // `+ADo-` is a colon in UTF-7.
        let body = br#"{"query":"{ personnes { id+ADo- note } }"}"#;
        assert!(has_no_alias("application/json; charset=UTF-8", body, &[]));
        for charset in ["utf-7", "utf-16", "ibm037"] {
            assert!(
                !has_no_alias(&format!("application/json; charset={charset}"), body, &[]),
                "{charset}"
            );
            assert!(
                !has_no_alias(
                    &format!("application/graphql; charset={charset}"),
                    b"{ a }",
                    &[]
                ),
                "{charset}"
            );
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
            assert!(
                !has_no_alias("application/json", body.as_bytes(), &[]),
                "{body}"
            );
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
        for body in [
            "",
            "[]",
            "{}",
            r#"{"query":7}"#,
            r#"[{"query":"{a}"}]"#,
            "{",
            r#"{"query":"{a(\"}"}"#,
        ] {
            assert!(
                !has_no_alias("application/json", body.as_bytes(), &[]),
                "{body}"
            );
        }
        assert!(!has_no_alias("multipart/form-data", b"x", &[]));
        assert!(has_no_alias(
            "",
            b"",
            &[("query".to_owned(), "{ a }".to_owned())]
        ));
        assert!(!has_no_alias(
            "",
            b"",
            &[("query".to_owned(), "{ a: b }".to_owned())]
        ));
    }
}
