//! One response: which block of rules fits its type, and what it shows.

use crate::csv_table::{self, ColumnRule};
use crate::decode;
use crate::html::{self, HtmlRule};
use crate::identifier::{Found, Identifier, IdentifierKind, Pick};
use crate::json::JsonRules;
use crate::xml::{self, XmlRules};
use crate::{text, xlsx};
use digue_types::UninspectedCause;

/// Why a response could not be inspected. The detail is for the map's author, never personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Uninspected {
    #[error("the response is larger than the limit")]
    TooLarge,
    #[error("no rule for this type: {0}")]
    UnknownType(String),
    #[error("the response does not parse: {0}")]
    Broken(String),
}

impl Uninspected {
    pub const fn cause(&self) -> UninspectedCause {
        match self {
            Self::TooLarge => UninspectedCause::TooLarge,
            Self::UnknownType(_) => UninspectedCause::UnknownType,
            Self::Broken(_) => UninspectedCause::Broken,
        }
    }
}

/// What one inspection may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes after decompression.
    pub decoded_bytes_max: usize,
    /// Distinct identifiers.
    pub identifiers_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { decoded_bytes_max: 16 << 20, identifiers_max: 100_000 }
    }
}

/// How responses of one route are read: one block for each type that the portal answers with.
#[derive(Clone, Debug, Default)]
pub struct ResponseRules {
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
pub struct Block {
    /// Media types without parameters, lower case; `*+json` style suffixes are understood.
    pub types: Vec<String>,
    pub rules: Rules,
    /// Patterns swept over the whole text besides the rules.
    pub sweep: Vec<Pick>,
}

#[derive(Clone, Debug)]
pub enum Rules {
    Json(JsonRules),
    NdJson(JsonRules),
    Html(Vec<HtmlRule>),
    Csv {
        delimiter: Option<u8>,
        columns: Vec<ColumnRule>,
    },
    Xlsx(Vec<ColumnRule>),
    Xml(XmlRules),
    /// Only the sweep.
    Text,
    /// The map states that responses of this type show nobody (an error page, an image).
    Nobody,
}

/// The media types that a format stands for when the map names none.
pub fn usual_types(format: &str) -> &'static [&'static str] {
    match format {
        "json" => &["application/json", "text/json", "*+json"],
        "ndjson" => &["application/x-ndjson", "application/ndjson", "application/jsonl"],
        "html" => &["text/html", "application/xhtml+xml"],
        "csv" => &["text/csv", "application/csv", "text/tab-separated-values"],
        "xlsx" => &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        "xml" => &["application/xml", "text/xml", "*+xml"],
        "text" => &["text/plain"],
        _ => &[],
    }
}

/// Finds the distinct identifiers that a response shows.
///
/// `content_type` and `content_encoding` are the header values as the portal sent them; `body` is
/// the body as sent. An empty body shows nobody.
pub fn inspect(
    rules: &ResponseRules,
    kinds: &[IdentifierKind],
    content_type: Option<&str>,
    content_encoding: &str,
    body: &[u8],
    limits: &Limits,
) -> Result<Vec<Identifier>, Uninspected> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let media = MediaType::parse(content_type.unwrap_or_default());
    let block = rules
        .blocks
        .iter()
        .find(|block| block.types.iter().any(|pattern| media.fits(pattern)))
        .ok_or_else(|| Uninspected::UnknownType(media.essence.clone()))?;
    if matches!(block.rules, Rules::Nobody) {
        return Ok(Vec::new());
    }
    let bytes = decode::decode(content_encoding, body, limits.decoded_bytes_max)?;
    let mut found = Found::new(kinds, limits.identifiers_max);
    let charset = media.charset.as_deref();
    match &block.rules {
        Rules::Json(json) => json.read(&bytes, &mut found)?,
        Rules::NdJson(json) => json.read_lines(&bytes, &mut found)?,
        Rules::Html(html) => {
            let encoding = decode::charset(charset, &bytes)?;
            html::read(html, encoding, &bytes, limits.decoded_bytes_max, &mut found)?;
        }
        Rules::Csv { delimiter, columns } => {
            csv_table::read(columns, *delimiter, &decode::text(charset, &bytes)?, &mut found)?;
        }
        Rules::Xlsx(columns) => xlsx::read(columns, &bytes, limits.decoded_bytes_max, &mut found)?,
        Rules::Xml(rules) => xml::read(rules, &decode::xml_text(charset, &bytes)?, &mut found)?,
        Rules::Text | Rules::Nobody => {}
    }
    if !block.sweep.is_empty() {
        text::read(&block.sweep, &decode::text(charset, &bytes)?, &mut found)?;
    }
    Ok(found.into_identifiers())
}

/// A `Content-Type` header, taken apart.
struct MediaType {
    essence: String,
    charset: Option<String>,
}

impl MediaType {
    fn parse(header: &str) -> Self {
        let mut parts = header.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
        });
        Self { essence, charset }
    }

    fn fits(&self, pattern: &str) -> bool {
        match pattern.strip_prefix("*+") {
            Some(suffix) => self.essence.rsplit_once('+').is_some_and(|(_, s)| s == suffix),
            None => self.essence == pattern,
        }
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::json::JsonRule;
    use crate::jsonpath::Path;

    fn kinds() -> Vec<IdentifierKind> {
        vec![IdentifierKind { name: "id".into(), steps: vec![], shape: None }]
    }

    fn rules(sweep: Option<&str>) -> ResponseRules {
        let rule = JsonRule { path: Path::parse("$.id").unwrap(), pick: Pick { kind: 0, pattern: None } };
        let sweep = sweep.map(|p| Pick { kind: 0, pattern: Some(Regex::new(p).unwrap()) });
        let types = usual_types("json").iter().map(|t| (*t).to_owned()).collect();
        let rules = Rules::Json(JsonRules::new(vec![rule], vec![]).unwrap());
        ResponseRules { blocks: vec![Block { types, rules, sweep: sweep.into_iter().collect() }] }
    }

    fn look(sweep: Option<&str>, content_type: &str, body: &str) -> Result<usize, Uninspected> {
        inspect(&rules(sweep), &kinds(), Some(content_type), "", body.as_bytes(), &Limits::default())
            .map(|found| found.len())
    }

    #[test]
    fn chooses_the_block_by_media_type() {
        assert_eq!(look(None, "application/json; charset=utf-8", r#"{"id":1}"#), Ok(1));
        assert_eq!(look(None, "Application/Problem+JSON", r#"{"id":1}"#), Ok(1));
        assert!(matches!(look(None, "text/html", "<p>"), Err(Uninspected::UnknownType(_))));
        assert!(matches!(look(None, "", "x"), Err(Uninspected::UnknownType(_))));
        assert_eq!(look(None, "", ""), Ok(0));
    }

    #[test]
    fn the_sweep_finds_what_the_rules_forgot() {
        let body = r#"{"id":"1234567A","note":"voir aussi 7654321B"}"#;
        assert_eq!(look(None, "application/json", body), Ok(1));
        assert_eq!(look(Some(r"\b[0-9]{7}[A-Z]\b"), "application/json", body), Ok(2));
    }

    #[test]
    fn more_identifiers_than_the_limit_is_too_large() {
        let limits = Limits { identifiers_max: 1, ..Limits::default() };
        let found = inspect(
            &rules(Some("[0-9]+")),
            &kinds(),
            Some("application/json"),
            "",
            br#"{"id":1,"x":2}"#,
            &limits,
        );
        assert_eq!(found, Err(Uninspected::TooLarge));
    }
}
