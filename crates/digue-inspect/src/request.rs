//! Identifiers in a request: in the path, the query, a form or a JSON body.
//!
//! They show which record is requested before the portal answers, and whether a search was exact.
//! The client is hostile here: anything that the portal might read differently from us makes the
//! request unreadable.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use crate::json::{JsonMap, JsonRule, JsonRules};
use crate::media_type::MediaType;
use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::{IdentifierKind, Pick};
use digue_identifiers::reading::Unreadable;

/// A named value of the request.
#[derive(Clone, Debug)]
pub struct RequestRule {
    /// The name by which exact-search rules refer to it.
    pub name: String,
    pub source: RequestSource,
    pub pick: Pick,
    /// True when the value names the subject of the request: the person is checked against the
    /// caseload before the request reaches the portal, and counted as shown.
    pub is_subject: bool,
}

#[derive(Clone, Debug)]
pub enum RequestSource {
    /// A `{name}` of the route's path.
    Path(String),
    Query(String),
    Form(String),
    Json(Box<JsonSource>),
}

/// A place in a JSON body.
#[derive(Clone, Debug)]
pub struct JsonSource {
    rules: JsonRules,
    /// The members that the path names.
    names: Vec<String>,
}

impl RequestSource {
    /// A source in a JSON body; the pick is applied by `read_request`.
    pub fn json(
        path: crate::jsonpath::RecordPath,
        pick: Pick,
    ) -> Result<Self, crate::json::JsonRulesError> {
        let names = path.names();
        let map = JsonMap {
            rules: vec![JsonRule::new(path, pick)],
            ..JsonMap::default()
        };
        Ok(Self::Json(Box::new(JsonSource {
            rules: JsonRules::new(map)?,
            names,
        })))
    }

    pub const fn needs_body(&self) -> bool {
        matches!(self, Self::Form(_) | Self::Json(_))
    }
}

/// The canonical values found, by the name of their rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFields(pub BTreeMap<String, Vec<digue_identifiers::Identifier>>);

/// The parts of a request that rules examine.
pub struct RequestParts<'r> {
    /// Values of the route's `{name}` segments, already percent-decoded.
    pub path: &'r [(String, String)],
    pub query: &'r str,
    pub content_type: &'r str,
    pub body: &'r [u8],
}

/// Reads the named values. A parameter given twice is read twice: portals differ in which one they
/// take.
///
/// # Errors
/// A value without the shape of its kind, a second spelling of a name, an undecodable part, or a
/// body of another type than the map expects.
pub fn read_request(
    rules: &[RequestRule],
    kinds: &[IdentifierKind],
    parts: &RequestParts<'_>,
) -> Result<RequestFields, Unreadable> {
    let mut fields = BTreeMap::new();
    for rule in rules {
        // No form has as many. Beyond it the request is refused as a whole, and never cut: a person
        // that is left out would be requested unseen.
        let mut found = Collector::new(kinds, &[], 1000);
        match &rule.source {
            RequestSource::Path(name) => {
                let values = parts.path.iter().filter(|(key, _)| key == name);
                for (_, value) in values {
                    let place = || UnreadPlace::from("path ").and_map_word(name);
                    let _ = found.take(&rule.pick, value, place)?;
                }
            }
            // Spellings of query parameters are checked by the gateway, which names all allowed
            // parameters of a route.
            RequestSource::Query(name) => take_pairs(rule, name, parts.query, &mut found)?,
            RequestSource::Form(name) if is_type(parts, "application/x-www-form-urlencoded") => {
                let body = utf8_body(parts, "form")?;
                let given: Vec<String> = parameters(body)?
                    .into_iter()
                    .map(|(name, _)| name)
                    .collect();
                check_spellings(name, &given)?;
                take_pairs(rule, name, body, &mut found)?;
            }
            RequestSource::Json(source) if is_type(parts, "application/json") => {
                let text = utf8_body(parts, "JSON body")?;
                let given = member_names(text)?;
                for name in &source.names {
                    check_spellings(name, &given)?;
                }
                source.rules.read(text, &mut found)?;
            }
            // A portal may parse a body whatever its declared type: skipping this one would be a
            // bypass.
            RequestSource::Form(_) | RequestSource::Json(_) if !parts.body.is_empty() => {
                let place = MediaType::parse(parts.content_type).place();
                return Err(ReadFailure::new(UnreadCause::MediaType).at(place).into());
            }
            RequestSource::Form(_) | RequestSource::Json(_) => {}
        }
        fields.insert(rule.name.clone(), found.into_identifiers());
    }
    Ok(RequestFields(fields))
}

/// The body as UTF-8; an error when it declares another character set, as the portal would decode
/// by that.
fn utf8_body<'r>(parts: &RequestParts<'r>, what: &'static str) -> Result<&'r str, Unreadable> {
    let unread = || ReadFailure::new(UnreadCause::CharacterSet).at(what);
    if !declares_utf8(parts.content_type) {
        return Err(unread().into());
    }
    Ok(std::str::from_utf8(parts.body).map_err(|_| unread())?)
}

/// True when a `Content-Type` declares no character set, or one that reads UTF-8 as UTF-8.
pub fn declares_utf8(content_type: &str) -> bool {
    let parameters = content_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='));
    // All of them must fit: programs differ in which of two they take.
    let mut charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets.all(|(_, charset)| {
        let charset = charset.trim().trim_matches('"').trim();
        ["utf-8", "utf8", "us-ascii", "ascii", ""]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(charset))
    })
}

/// Refuses a second name that some framework would take for `name`: `ID`, ` id`, `id[]`, `id\0x`.
/// An attacker could send the subject under one spelling and the wanted record under another.
fn check_spellings(name: &str, given: &[String]) -> Result<(), Unreadable> {
    if has_second_spelling(name, given) {
        return Err(ReadFailure::new(UnreadCause::Syntax)
            .at("a second spelling of a parameter")
            .into());
    }
    Ok(())
}

/// True when one of `given` is another name that some framework would take for `name`.
pub(crate) fn has_second_spelling(name: &str, given: &[impl AsRef<str>]) -> bool {
    let wanted = loose(name);
    let mut others = given.iter().map(AsRef::as_ref);
    others.any(|other| other != name && loose(other) == wanted)
}

/// A name reduced as leniently as any framework does: without case, without anything after a
/// bracket or NUL, without white space and control characters around it; PHP turns dots and spaces
/// into underscores.
pub(crate) fn loose(name: &str) -> String {
    let end = name.find(['\0', '[']).unwrap_or(name.len());
    let plain = name[..end].trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '+');
    plain.to_lowercase().replace(['.', ' ', '-'], "_")
}

/// The names of all members of a JSON text, at any depth.
fn member_names(text: &str) -> Result<Vec<String>, Unreadable> {
    let mut names = Vec::new();
    let mut input = serde_json::Deserializer::from_str(text);
    let read = ParameterNames(&mut names)
        .deserialize(&mut input)
        .and_then(|()| input.end());
    read.map_err(|_| ReadFailure::new(UnreadCause::Syntax).at("JSON body"))?;
    Ok(names)
}

struct ParameterNames<'n>(&'n mut Vec<String>);

impl<'de> DeserializeSeed<'de> for ParameterNames<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ParameterNames<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while all.next_element_seed(ParameterNames(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            self.0.push(name);
            members.next_value_seed(ParameterNames(self.0))?;
        }
        Ok(())
    }
}

/// The decoded parameters of a query or form, in order.
///
/// # Errors
/// A parameter is not UTF-8.
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
    let essence = parts
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
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
            let place = || UnreadPlace::from("parameter ").and_map_word(name);
            let _ = found.take(&rule.pick, &form_decode(value)?, place)?;
        }
    }
    Ok(())
}

fn form_decode(text: &str) -> Result<String, Unreadable> {
    // Before percent-decoding: `%2B` is a plus sign and stays one.
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| {
            ReadFailure::new(UnreadCause::CharacterSet)
                .at("parameter")
                .into()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonpath::RecordPath;

    fn kinds() -> Vec<IdentifierKind> {
        vec![IdentifierKind {
            name: "id".into(),
            steps: vec![digue_identifiers::Normalise::Compact],
            shape: None,
        }]
    }

    fn pick() -> Pick {
        Pick::whole(0, "x")
    }

    #[track_caller]
    fn check(source: RequestSource, parts: &RequestParts<'_>, expected: &[&str]) {
        let rules = [RequestRule {
            name: "x".into(),
            source,
            pick: pick(),
            is_subject: true,
        }];
        let fields = read_request(&rules, &kinds(), parts).unwrap();
        let texts: Vec<&str> = fields.0["x"].iter().map(|id| id.text.as_str()).collect();
        assert_eq!(texts, expected);
    }

    fn parts<'r>(query: &'r str, content_type: &'r str, body: &'r str) -> RequestParts<'r> {
        RequestParts {
            path: &[],
            query,
            content_type,
            body: body.as_bytes(),
        }
    }

    #[test]
    fn reads_query_form_and_json() {
        check(
            RequestSource::Query("nir".into()),
            &parts("a=1&nir=1+85%2005", "", ""),
            &["18505"],
        );
        check(
            RequestSource::Query("n%69r".into()),
            &parts("nir=1", "", ""),
            &[],
        );
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        check(
            RequestSource::Form("id".into()),
            &parts("", form, "id=7&id=8"),
            &["7", "8"],
        );
        let json = RequestSource::json(RecordPath::parse("$.filter.id").unwrap(), pick()).unwrap();
        check(
            json,
            &parts("", "application/json", r#"{"filter":{"id":9}}"#),
            &["9"],
        );
    }

    #[test]
    fn a_body_that_somebody_may_read_otherwise_is_not_read() {
        let form = |content_type: &str, body: &str| {
            let source = RequestSource::Form("id".into());
            let rules = [RequestRule {
                name: "x".into(),
                source,
                pick: pick(),
                is_subject: true,
            }];
            read_request(&rules, &kinds(), &parts("", content_type, body)).is_ok()
        };
        let plain = "application/x-www-form-urlencoded";
        assert!(
            form(plain, "id=7&ident=8&a[]=1")
                && form(&format!("{plain}; charset=\"UTF-8\""), "id=7")
        );
        for charset in [
            "utf-16le",
            "utf-16",
            "utf-32",
            "utf-7",
            "ibm037",
            "iso-2022-kr",
        ] {
            assert!(
                !form(&format!("{plain}; charset={charset}"), "id=7"),
                "{charset}"
            );
        }
        for body in [
            "id=7&+id=8",
            "id[]=8",
            "ID=8",
            "id%00x=8",
            "id=7&Id=8",
            "id%5B0%5D=8",
        ] {
            assert!(!form(plain, body), "{body}");
        }
        let json = |body: &str| {
            let source =
                RequestSource::json(RecordPath::parse("$.filter.id").unwrap(), pick()).unwrap();
            let rules = [RequestRule {
                name: "x".into(),
                source,
                pick: pick(),
                is_subject: true,
            }];
            read_request(&rules, &kinds(), &parts("", "application/json", body)).is_ok()
        };
        assert!(json(r#"{"filter":{"id":9,"ident":1}}"#));
        assert!(!json(r#"{"filter":{"id":9,"ID":8}}"#) && !json(r#"{"filter":{"id":9},"Id":8}"#));
    }

    #[test]
    fn a_second_spelling_of_any_member_on_the_way_is_not_read() {
        let reads = |path: &str, body: &str| {
            let source = RequestSource::json(RecordPath::parse(path).unwrap(), pick()).unwrap();
            let rules = [RequestRule {
                name: "x".into(),
                source,
                pick: pick(),
                is_subject: true,
            }];
            read_request(&rules, &kinds(), &parts("", "application/json", body)).is_ok()
        };
        for (path, honest, hostile) in [
            (
                "$.filter.id",
                r#"{"filter":{"id":9},"page":1}"#,
                r#"{"filter":{"id":9},"Filter":{"id":8}}"#,
            ),
            ("$.ids[*]", r#"{"ids":[9]}"#, r#"{"ids":[9],"IDS":[8]}"#),
            ("$.ids[:]", r#"{"ids":[9]}"#, r#"{"ids":[9],"IDS":[8]}"#),
            ("$['ids'][0]", r#"{"ids":[9]}"#, r#"{"ids":[9],"Ids":[8]}"#),
            (
                "$.ids.*",
                r#"{"ids":{"a":9}}"#,
                r#"{"ids":{},"Ids":{"a":8}}"#,
            ),
            ("$.ids[-1]", r#"{"ids":[9]}"#, r#"{"ids":[9],"Ids":[8]}"#),
            (
                "$.who['a-b','c\\u0064'].id",
                r#"{"who":{"cd":{"id":9}}}"#,
                r#"{"who":{"cd":{"id":9},"CD":{"id":8}}}"#,
            ),
            (
                "$.who[?@.kind == 'person'].id",
                r#"{"who":[{"kind":"person","id":9}]}"#,
                r#"{"who":[{"kind":"person","id":9},{"kind":"x","Kind":"person","id":8}]}"#,
            ),
        ] {
            assert!(reads(path, honest), "{path} {honest}");
            assert!(!reads(path, hostile), "{path} {hostile}");
        }
    }

    #[test]
    fn an_encoded_parameter_name_is_the_same_name() {
        check(
            RequestSource::Query("nir".into()),
            &parts("n%69r=5", "", ""),
            &["5"],
        );
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
