//! Identifiers that the account gives: in the path, the query, a form or a JSON body.
//!
//! They tell which record is asked for before the portal answers, and whether a search was exact.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use digue_types::{Unread, UnreadCause};

use crate::identifier::{Collector, IdentifierKind, Pick};
use crate::json::{JsonMap, JsonRule, JsonRules};
use crate::reading::Unreadable;

/// A named value of the request.
#[derive(Clone, Debug)]
pub struct RequestRule {
    /// The name by which exact-search rules speak of it.
    pub name: String,
    pub source: RequestSource,
    pub pick: Pick,
    /// True when the value names the person whom the request is about: they are checked against
    /// the caseload before the request reaches the portal, and counted as shown.
    pub is_subject: bool,
}

#[derive(Clone, Debug)]
pub enum RequestSource {
    /// A `{name}` of the route's path.
    Path(String),
    Query(String),
    Form(String),
    Json(Box<JsonRules>),
}

impl RequestSource {
    /// A source in a JSON body; the pick is applied by `read_request`.
    pub fn json(path: crate::jsonpath::Path, pick: Pick) -> Result<Self, crate::json::JsonRulesError> {
        let map = JsonMap { rules: vec![JsonRule::new(path, pick)], ..JsonMap::default() };
        Ok(Self::Json(Box::new(JsonRules::new(map)?)))
    }

    pub const fn needs_body(&self) -> bool {
        matches!(self, Self::Form(_) | Self::Json(_))
    }
}

/// The values found, canonical, by the name of their rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFields(pub BTreeMap<String, Vec<crate::Identifier>>);

/// The parts of a request that rules can look at.
pub struct RequestParts<'r> {
    /// Values of the route's `{name}` segments, already percent-decoded.
    pub path: &'r [(String, String)],
    pub query: &'r str,
    pub content_type: &'r str,
    pub body: &'r [u8],
}

/// Reads the named values. A parameter given twice is read twice. A value that has not the shape
/// of its kind makes the request malformed.
pub fn read_request(
    rules: &[RequestRule],
    kinds: &[IdentifierKind],
    parts: &RequestParts<'_>,
) -> Result<RequestFields, Unreadable> {
    let mut fields = BTreeMap::new();
    for rule in rules {
        let mut found = Collector::new(kinds, &[], 1000);
        match &rule.source {
            RequestSource::Path(name) => {
                let values = parts.path.iter().filter(|(key, _)| key == name);
                for (_, value) in values {
                    let _ = found.take(&rule.pick, value, || format!("path {name}"))?;
                }
            }
            RequestSource::Query(name) => take_pairs(rule, name, parts.query, &mut found)?,
            RequestSource::Form(name) if is_type(parts, "application/x-www-form-urlencoded") => {
                let body = std::str::from_utf8(parts.body)
                    .map_err(|_| Unread::new(UnreadCause::CharacterSet).at("form"))?;
                take_pairs(rule, name, body, &mut found)?;
            }
            RequestSource::Json(rules) if is_type(parts, "application/json") => {
                let text = std::str::from_utf8(parts.body)
                    .map_err(|_| Unread::new(UnreadCause::CharacterSet).at("JSON body"))?;
                rules.read(text, &mut found)?;
            }
            // A body of another type than the map expects is not passed over.
            RequestSource::Form(_) | RequestSource::Json(_) if !parts.body.is_empty() => {
                return Err(Unread::new(UnreadCause::MediaType).at(parts.content_type).into());
            }
            RequestSource::Form(_) | RequestSource::Json(_) => {}
        }
        fields.insert(rule.name.clone(), found.into_identifiers());
    }
    Ok(RequestFields(fields))
}

/// The parameters of a query or of a form, decoded, in order; an error when one is not UTF-8.
pub fn parameters(query: &str) -> Result<Vec<(String, String)>, Unreadable> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((form_decode(name)?, form_decode(value)?))
        })
        .collect()
}

fn is_type(parts: &RequestParts<'_>, wanted: &str) -> bool {
    let essence = parts.content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(wanted)
}

fn take_pairs(
    rule: &RequestRule,
    name: &str,
    pairs: &str,
    found: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    for pair in pairs.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if form_decode(key)? == name {
            let _ = found.take(&rule.pick, &form_decode(value)?, || format!("parameter {name}"))?;
        }
    }
    Ok(())
}

fn form_decode(text: &str) -> Result<String, Unreadable> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Unread::new(UnreadCause::CharacterSet).at("parameter").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonpath::Path;

    fn kinds() -> Vec<IdentifierKind> {
        vec![IdentifierKind { name: "id".into(), steps: vec![crate::Normalise::Compact], shape: None }]
    }

    fn pick() -> Pick {
        Pick::whole(0, "x")
    }

    #[track_caller]
    fn check(source: RequestSource, parts: &RequestParts<'_>, expected: &[&str]) {
        let rules = [RequestRule { name: "x".into(), source, pick: pick(), is_subject: true }];
        let fields = read_request(&rules, &kinds(), parts).unwrap();
        let texts: Vec<&str> = fields.0["x"].iter().map(|id| id.text.as_str()).collect();
        assert_eq!(texts, expected);
    }

    fn parts<'r>(query: &'r str, content_type: &'r str, body: &'r str) -> RequestParts<'r> {
        RequestParts { path: &[], query, content_type, body: body.as_bytes() }
    }

    #[test]
    fn reads_query_form_and_json() {
        check(RequestSource::Query("nir".into()), &parts("a=1&nir=1+85%2005", "", ""), &["18505"]);
        check(RequestSource::Query("n%69r".into()), &parts("nir=1", "", ""), &[]);
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        check(RequestSource::Form("id".into()), &parts("", form, "id=7&id=8"), &["7", "8"]);
        let json = RequestSource::json(Path::parse("$.filter.id").unwrap(), pick()).unwrap();
        check(json, &parts("", "application/json", r#"{"filter":{"id":9}}"#), &["9"]);
    }

    #[test]
    fn an_encoded_parameter_name_is_the_same_name() {
        check(RequestSource::Query("nir".into()), &parts("n%69r=5", "", ""), &["5"]);
    }

    #[test]
    fn a_body_of_another_type_is_not_passed_over() {
        let rules = [RequestRule {
            name: "x".into(),
            source: RequestSource::Form("id".into()),
            pick: pick(),
            is_subject: true,
        }];
        assert!(read_request(&rules, &kinds(), &parts("", "multipart/form-data", "id=7")).is_err());
    }
}
