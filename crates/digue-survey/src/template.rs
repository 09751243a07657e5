//! Addresses that differ only in identifiers are one route: `/fiche/{x}`.
//!
//! A segment is variable when it is known, typed (a number, a UUID, a token), or when many values stand at its place
//! with answers of one shape. Words stay: a literal segment of the map is never loosened by two examples.

use std::sync::LazyLock;

use regex::Regex;
use smol_str::SmolStr;

use crate::shape::compiled;

/// True for a segment that is typed as a value: digits, a date, a UUID, a long token, an address of mail.
pub(crate) fn is_variable(segment: &str) -> bool {
    static TYPED: LazyLock<Regex> = LazyLock::new(|| {
        compiled(
            r"(?x)^(?:
                [0-9]+ | [0-9]{4}-[0-9]{2}(?:-[0-9]{2})? |
                [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12} |
                [0-9a-fA-F]{16,} | [0-9A-HJKMNP-TV-Z]{26} | [^@\s]+@[^@\s]+
            )$",
        )
    });
    TYPED.is_match(segment) || is_token(segment)
}

/// A long text of letters and digits in no order: a token, and no word or slug.
pub(crate) fn is_token(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.~".contains(&byte));
    let letters = segment.bytes().filter(u8::is_ascii_alphabetic).count();
    let runs = segment
        .as_bytes()
        .windows(2)
        .filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit())
        .count();
    is_plain && segment.len() >= 16 && digits >= 3 && letters >= 3 && runs >= 5
}

/// One segment of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TemplatePart {
    Literal(SmolStr),
    /// With what follows the value in its segment: `.json`.
    Variable {
        after: SmolStr,
    },
}

/// The template of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathTemplate(pub Vec<TemplatePart>);

/// The endings of segments that say a format, and are no part of a value.
const ENDINGS: [&str; 20] = [
    ".json", ".xml", ".csv", ".xlsx", ".xls", ".pdf", ".html", ".htm", ".txt", ".zip", ".jpg", ".jpeg",
    ".png", ".gif", ".svg", ".webp", ".docx", ".odt", ".vcf", ".ics",
];

impl PathTemplate {
    /// The template of decoded segments; `is_known` says of a text whether it is a known identifier.
    pub fn of(segments: &[String], is_known: &dyn Fn(&str) -> bool) -> Self {
        let part = |segment: &String| {
            let ending = ENDINGS.iter().find(|ending| segment.to_ascii_lowercase().ends_with(**ending));
            let (stem, after) = segment.split_at(segment.len() - ending.map_or(0, |ending| ending.len()));
            if !stem.is_empty() && (is_known(stem) || is_variable(stem)) {
                return TemplatePart::Variable { after: SmolStr::new(after) };
            }
            if is_known(segment) || is_variable(segment) {
                return TemplatePart::Variable { after: SmolStr::default() };
            }
            TemplatePart::Literal(SmolStr::new(segment))
        };
        Self(segments.iter().map(part).collect())
    }

    /// As the map writes it: `/fiche/{x}/notes/{y}.json`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut names = variable_names();
        for part in &self.0 {
            text.push('/');
            match part {
                TemplatePart::Literal(literal) => text.push_str(&encoded(literal)),
                TemplatePart::Variable { after } => {
                    text.push('{');
                    text.push_str(&names.next().unwrap_or_default());
                    text.push('}');
                    text.push_str(&encoded(after));
                }
            }
        }
        if text.is_empty() { "/".to_owned() } else { text }
    }

    /// The name and the place of each variable segment.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (usize, String)> + use<'_> {
        let places =
            self.0.iter().enumerate().filter(|(_, part)| matches!(part, TemplatePart::Variable { .. }));
        places.map(|(place, _)| place).zip(variable_names())
    }

    /// The template with a variable at `place`.
    pub(crate) fn with_variable(&self, place: usize) -> Self {
        let mut parts = self.0.clone();
        parts[place] = TemplatePart::Variable { after: SmolStr::default() };
        Self(parts)
    }
}

/// `x`, `y`, `z`, `x4`, `x5`...
fn variable_names() -> impl Iterator<Item = String> {
    let first = ["x", "y", "z"].into_iter().map(str::to_owned);
    first.chain((4..).map(|number| format!("x{number}")))
}

/// A literal segment as a map writes it: signs that a path or a template gives a meaning are encoded.
fn encoded(literal: &str) -> String {
    const SIGNS: percent_encoding::AsciiSet = percent_encoding::CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'`')
        .add(b'{')
        .add(b'}')
        .add(b'%');
    percent_encoding::utf8_percent_encode(literal, &SIGNS).to_string()
}

#[cfg(test)]
mod tests {
    use digue_types::path::{Pattern, Segments};
    use proptest::prelude::*;

    use super::*;

    fn template(path: &str) -> String {
        let segments: Vec<String> = path[1..].split('/').map(str::to_owned).collect();
        PathTemplate::of(&segments, &|text| text == "marie").text()
    }

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(template(path), expected);
    }

    #[test]
    fn values_are_variable_and_words_stay() {
        check("/fiche/12", "/fiche/{x}");
        check("/fiche/12/notes/2026-01-31", "/fiche/{x}/notes/{y}");
        check("/fiche/12.json", "/fiche/{x}.json");
        check("/u/marie/edit", "/u/{x}/edit");
        check("/u/jean/edit", "/u/jean/edit");
        check("/api/v1/users", "/api/v1/users");
        check("/a/0b7f9d6e-3f0e-7f6e-9d4c-0a1b2c3d4e5f", "/a/{x}");
        check("/a/01ARZ3NDEKTSV4RRFFQ69G5FAV/", "/a/{x}/");
        check("/reset/Mjk-5x1-9c8b7a6d5e4f3a2b1c", "/reset/{x}");
        check("/blog/how-to-write-a-long-title-2024", "/blog/how-to-write-a-long-title-2024");
        check("/1/2/3/4", "/{x}/{y}/{z}/{x4}");
        check("/", "/");
    }

    #[test]
    fn a_literal_that_means_something_to_a_map_is_encoded() {
        check("/a{b}/c d", "/a%7Bb%7D/c%20d");
    }

    proptest! {
        /// Every path that a gateway accepts has a template that matches it.
        #[test]
        fn a_template_matches_its_own_path(path in "(/[a-zA-Z0-9 {}.@é_-]{1,20}){1,5}/?") {
            let raw: String = path.split('/').map(|part| {
                percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string()
            }).collect::<Vec<_>>().join("/");
            if let Ok(segments) = Segments::parse(&raw) {
                let decoded: Vec<String> = path[1..].split('/').map(str::to_owned).collect();
                let text = PathTemplate::of(&decoded, &|_| false).text();
                let pattern = Pattern::parse(&text);
                prop_assert!(pattern.is_ok(), "{} {}", path, text);
                prop_assert!(pattern.unwrap().matches(&segments).is_some(), "{} {}", path, text);
            }
        }
    }
}
