//! The shape that a canonical identifier has: a regular expression of the map.
//!
//! Most are as simple as seven digits and a letter, and are matched as runs of characters; any other
//! shape is left to the expression.

use std::sync::OnceLock;

use regex::Regex;
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::printed::{PrintedForm, PrintedRuns, ShapeMarker};
use crate::runs::{Runs, flatten};

/// A compiled shape.
#[derive(Clone, Debug)]
pub struct IdentifierShape {
    regex: Regex,
    /// The same shape as runs of characters, when it is that simple.
    runs: Option<Runs>,
    /// How identifiers of the kind with this shape are recognised in any text; found at the first
    /// question, and `None` inside where ordinary texts have this shape, too.
    marker: OnceLock<Option<ShapeMarker>>,
}

impl IdentifierShape {
    /// # Errors
    /// When `text` is no regular expression.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let regex = Regex::new(text)?;
        let parsed = regex_syntax::parse(text).expect("the same text has just been compiled");
        Ok(Self {
            regex,
            runs: runs_of(&parsed),
            marker: OnceLock::new(),
        })
    }

    /// How identifiers of this shape are recognised in any text, printed in any of the ways of
    /// `form`; `None` where `is_identifier` takes an ordinary text for one.
    pub(crate) fn marker(
        &self,
        form: PrintedForm,
        is_identifier: impl Fn(&str) -> bool,
    ) -> Option<&ShapeMarker> {
        let marker = || self.marker_of(form, is_identifier);
        self.marker.get_or_init(marker).as_ref()
    }

    fn marker_of(
        &self,
        form: PrintedForm,
        is_identifier: impl Fn(&str) -> bool,
    ) -> Option<ShapeMarker> {
        let parsed = regex_syntax::parse(self.regex.as_str());
        let parsed = parsed.expect("the same text was compiled with the shape");
        let mut parts = Vec::new();
        flatten(&parsed, &mut parts);
        let inner = inside_anchors(&parts)?;
        if ordinary_texts().any(|text| is_identifier(&text)) {
            return None;
        }
        let alternatives = match inner {
            [one] if let HirKind::Alternation(all) = one.kind() => all.iter().collect(),
            _ => Vec::new(),
        };
        let runs = |parts: &[&Hir]| Runs::of(parts).and_then(|runs| PrintedRuns::new(&runs, form));
        let by_runs: Option<Vec<PrintedRuns>> = match &alternatives[..] {
            [] => runs(inner).map(|runs| vec![runs]),
            all => all
                .iter()
                .map(|one| {
                    let mut parts = Vec::new();
                    flatten(one, &mut parts);
                    runs(&parts)
                })
                .collect(),
        };
        Some(match by_runs {
            Some(runs) => ShapeMarker::Runs(runs),
            None => ShapeMarker::Words {
                bytes_min: parsed.properties().minimum_len().unwrap_or(1),
            },
        })
    }

    pub fn is_match(&self, text: &str) -> bool {
        match &self.runs {
            Some(runs) => runs.taken(text.as_bytes()) == Some(text.len()),
            None => self.regex.is_match(text),
        }
    }

    /// The expression as written in the map.
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }
}

/// The runs of a shape that matches the whole of a text; `None` for any other.
fn runs_of(shape: &Hir) -> Option<Runs> {
    let mut parts = Vec::new();
    flatten(shape, &mut parts);
    Runs::of(inside_anchors(&parts)?)
}

/// What stands between the anchors of a shape for a whole text; `None` for any other.
fn inside_anchors<'p, 'h>(parts: &'p [&'h Hir]) -> Option<&'p [&'h Hir]> {
    let [first, inner @ .., last] = parts else {
        return None;
    };
    let is_whole =
        *first.kind() == HirKind::Look(Look::Start) && *last.kind() == HirKind::Look(Look::End);
    is_whole.then_some(inner)
}

/// Texts that stand in messages of any portal: a shape that one of them has marks no person.
fn ordinary_texts() -> impl Iterator<Item = String> {
    const WORDS: [&str; 71] = [
        "nom",
        "NOM",
        "Total",
        "id",
        "Identifiant",
        "Marie",
        "DUPONT",
        "Jean-Pierre",
        "a",
        "x1",
        "h2",
        "A4",
        "P1",
        "T3",
        "B2B",
        "H1N1",
        "COVID19",
        "utf8",
        "ISO-8859-1",
        "v1.2.3",
        "1.2.3",
        "app.bundle.2",
        "jquery-3.7.1.min.js",
        "export.csv",
        "index.html",
        "row-1",
        "col12",
        "id-42",
        "FR-75",
        "A123",
        "A2026",
        "AB123",
        "AB-123-CD",
        "S28",
        "2026-W28",
        "T3-2026",
        "2026-07-10",
        "2026-07-10T09:30:00Z",
        "20260710T093000Z",
        "09:30",
        "10/07/2026",
        "10.07.2026",
        "12,50",
        "1234.56",
        "1 234",
        "-1",
        "#1a2b3c",
        "1a2b3c",
        "#fff",
        "1e6",
        "contact@exemple.fr",
        "logo@2x.png",
        "www.exemple.fr",
        "/fiche/12",
        "192.168.0.1",
        "2001:db8::1",
        "01 23 45 67 89",
        "+33123456789",
        "FR7630006000011234567890189",
        "550e8400-e29b-41d4-a716-446655440000",
        "d41d8cd98f00b204e9800998ecf8427e",
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "VXNhZ2VyOjQy",
        "1.2.840.10008.1.2",
        // Drawn by programs for whatever they keep: objects of MongoDB, ULID, KSUID, nanoid, cuid.
        "507f1f77bcf86cd799439011",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "01arz3ndektsv4rrffq69g5fav",
        "0ujsswThIGTUYm2K8FjOOfXtY1K",
        "V1StGXR8_Z5jdHi6B-myT",
        "cjld2cjxh0000qzrmn831i7rn",
        "tz4a98xxat96iws9zmbrgj3a",
    ];
    // Counts, years, dates, times in seconds and thousandths, telephone numbers, of any length.
    const DIGITS: [&str; 4] = [
        "12345678901234567890",
        "20260710093000123456",
        "17836740001234567890",
        "01234567890123456789",
    ];
    let numbers = (1..=20).flat_map(|len| DIGITS.map(|digits| digits[..len].to_owned()));
    WORDS.map(str::to_owned).into_iter().chain(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(text: &str) -> IdentifierShape {
        IdentifierShape::new(text).unwrap()
    }

    #[test]
    fn usual_shapes_need_no_expression() {
        for text in [
            "^[0-9]{7}[A-Z]$",
            "^(?:[0-9]{7}[A-Z])$",
            "^P[0-9]{4}$",
            "^[0-9]+$",
            "^[12][0-9]{4}[0-9AB]{2}[0-9]{6}$",
            "^(A-)?$".replace("(A-)?", "[A-]*").as_str(),
        ] {
            assert!(shape(text).runs.is_some(), "{text}");
        }
        for text in [
            "^.+@.+$",
            "[0-9]{7}",
            "^[0-9]*[0-9A-F]$",
            "^(?:a|bc)$",
            "^[0-9]+?$",
            r"^\d{7}$",
            "(?i)^k$",
        ] {
            assert!(shape(text).runs.is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_shape_matches_what_its_expression_matches(
            parts in proptest::collection::vec(
                (proptest::sample::select(vec!["[0-9]", "[A-Z]", "[AB]", "A", "-", "[^0-9]", ".", "é", "[a-c1]"]),
                 proptest::sample::select(vec!["", "{2}", "{1,3}", "?", "*", "+", "+?", "{0}"])),
                0..5,
            ),
            texts in proptest::collection::vec("[0-2AB\\-a-cé\n]{0,8}", 20),
        ) {
            let pattern: String = parts.iter().flat_map(|(class, count)| [*class, *count]).collect();
            let shape = shape(&format!("^(?:{pattern})$"));
            for text in &texts {
                prop_assert_eq!(shape.is_match(text), shape.regex.is_match(text), "{} {:?}", &pattern, text);
            }
        }
    }
}
