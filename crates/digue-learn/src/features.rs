//! What documents of one route are built of: paths of members, named parts of pages, columns. To
//! notice a part that was not there when the map was written.
//!
//! Kept for weeks and shown to the portal team: a name that is plainly a value is replaced by `*`. A
//! surname alone looks like a word, and stays until many stand at its place.

use std::collections::BTreeSet;

use digue_tables::csv_table::{DELIMITERS, csv_rows};

use digue_inspect::document_element::DocumentElement;
use digue_inspect::html::outline::page_elements;
use digue_inspect::json::outline::{JsonPart, json_parts};
use digue_inspect::media_type::MediaType;
use digue_inspect::response::usual_types;
use digue_types::path_template::is_word;
use digue_types::written::folded;

/// The most bytes of a body that is looked at, once decoded.
const BYTES_MAX: usize = 1 << 20;
/// The most features of one document.
const FEATURES_MAX: usize = 400;
/// The deepest member that has a path of its own.
const DEPTH_MAX: usize = 8;

/// Parts of pages in which persons may stand.
const PARTS: [&str; 12] = [
    "table", "form", "ul", "ol", "dl", "section", "article", "aside", "input", "select",
    "textarea", "details",
];

/// The features of a body; `None` for one that is not looked at: too large, of another type, or not
/// readable.
pub fn features_of(
    content_type: Option<&str>,
    content_encoding: &str,
    body: &[u8],
) -> Option<BTreeSet<String>> {
    let media = MediaType::parse(content_type.unwrap_or_default());
    let is_usual = |format| usual_types(format).iter().any(|known| media.fits(known));
    let bytes = digue_decode::decode(content_encoding, body, BYTES_MAX).ok()?;
    let charset = media.charset.as_deref();
    if bytes.len() > BYTES_MAX {
        return None;
    }
    if is_usual("json") {
        json_features(&digue_decode::text(charset, &bytes).ok()?)
    } else if is_usual("html") {
        page_features(charset, &bytes)
    } else if is_usual("csv") {
        Some(table_features(&digue_decode::text(charset, &bytes).ok()?))
    } else {
        None
    }
}

/// A name of a program; anything else may be a value.
fn plain(name: &str) -> &str {
    if is_word(name) && !name.is_empty() {
        name
    } else {
        "*"
    }
}

/// Every path of members: `$.items[*].birth_date`.
fn json_features(text: &str) -> Option<BTreeSet<String>> {
    let mut features = BTreeSet::new();
    // The path of each open object or list, and whether it is a list.
    let mut open: Vec<(String, bool)> = Vec::new();
    let mut member = String::from("$");
    let read = json_parts(text, &mut |part| match part {
        JsonPart::Object | JsonPart::List => {
            let own = path_of(&open, &member);
            open.push((own, matches!(part, JsonPart::List)));
        }
        JsonPart::Name(name) => {
            member = format!(".{}", plain(name));
            let path = path_of(&open, &member);
            if open.len() <= DEPTH_MAX && features.len() < FEATURES_MAX {
                features.insert(path);
            }
        }
        JsonPart::End => drop(open.pop()),
        JsonPart::Text(_) | JsonPart::Number(_) | JsonPart::Null | JsonPart::Word => {}
    });
    read.ok().map(|()| features)
}

fn path_of(open: &[(String, bool)], member: &str) -> String {
    match open.last() {
        None => "$".to_owned(),
        Some((path, true)) => format!("{path}[*]"),
        Some((path, false)) => format!("{path}{member}"),
    }
}

/// `table.dossiers`, `input[name=nir]`.
fn page_features(charset: Option<&str>, bytes: &[u8]) -> Option<BTreeSet<String>> {
    let elements = page_elements(charset, bytes, BYTES_MAX).ok()?;
    let parts = elements
        .iter()
        .filter(|element| PARTS.contains(&element.name.as_str()));
    Some(parts.map(element_feature).take(FEATURES_MAX).collect())
}

fn element_feature(element: &DocumentElement) -> String {
    let tag = &element.name;
    let class = element
        .attribute("class")
        .and_then(|class| class.split_whitespace().next());
    match (element.attribute("name"), element.attribute("id"), class) {
        (Some(name), _, _) => format!("{tag}[name={}]", plain(name)),
        (None, Some(id), _) => format!("{tag}#{}", plain(id)),
        (None, None, Some(class)) => format!("{tag}.{}", plain(class)),
        (None, None, None) => tag.to_string(),
    }
}

/// The cells of the first row.
fn table_features(text: &str) -> BTreeSet<String> {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let header = csv_rows(first, delimiter_of(first))
        .into_iter()
        .next()
        .unwrap_or_default();
    header
        .iter()
        .map(|cell| column_feature(cell))
        .take(FEATURES_MAX)
        .collect()
}

fn delimiter_of(line: &str) -> u8 {
    let count = |delimiter: &u8| line.bytes().filter(|byte| byte == delimiter).count();
    DELIMITERS
        .into_iter()
        .max_by_key(|delimiter| count(delimiter))
        .unwrap_or(b',')
}

fn column_feature(header: &str) -> String {
    let words: Vec<String> = folded(header)
        .split([' ', '_'])
        .map(|word| plain(word).to_owned())
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_type: &str, body: &str, expected: &[&str]) {
        let features = features_of(Some(content_type), "", body.as_bytes()).unwrap();
        assert_eq!(
            features.iter().map(String::as_str).collect::<Vec<_>>(),
            expected,
            "{body}"
        );
    }

    #[test]
    fn documents_are_told_by_their_parts_and_hold_no_value() {
        let json = r#"{"items":[{"id":"P1","nom":"DUPONT"}],"DUPONT Marie":{"1850578006084":3}}"#;
        check(
            "application/json",
            json,
            &["$.*", "$.*.*", "$.items", "$.items[*].id", "$.items[*].nom"],
        );
        let page =
            "<form id=recherche><input name=nir><input name='p[12345]'></form><table class='d x'>";
        check(
            "text/html",
            page,
            &[
                "form#recherche",
                "input[name=*]",
                "input[name=nir]",
                "table.d",
            ],
        );
        check(
            "text/csv",
            "N°;Nom d'usage;1850578006084\nP1;DUPONT;x",
            &["*", "nom *"],
        );
    }

    #[test]
    fn what_cannot_be_read_has_no_features() {
        assert_eq!(features_of(Some("application/json"), "", b"{"), None);
        assert_eq!(features_of(Some("image/png"), "", b"x"), None);
        assert_eq!(features_of(Some("application/json"), "gzip", b"{}"), None);
    }
}
