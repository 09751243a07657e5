//! The shape that a canonical identifier has: a regular expression of the map.
//!
//! Most are as simple as seven digits and a letter, and are matched as runs of characters; any other
//! shape is left to the expression.

use regex::Regex;
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::runs::{Runs, flatten};

/// A compiled shape.
#[derive(Clone, Debug)]
pub struct IdentifierShape {
    regex: Regex,
    /// The same shape as runs of characters, when it is that simple.
    runs: Option<Runs>,
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
    let [first, inner @ .., last] = &parts[..] else {
        return None;
    };
    let is_whole =
        *first.kind() == HirKind::Look(Look::Start) && *last.kind() == HirKind::Look(Look::End);
    if !is_whole {
        return None;
    }
    Runs::of(inner)
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
