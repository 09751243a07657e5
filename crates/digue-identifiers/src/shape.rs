//! The shape that a canonical identifier has: a regular expression of the map.
//!
//! Most are as simple as seven digits and a letter. Those are matched by a table of characters and
//! counts, some ten times cheaper than by the expression's own automaton, which begins with its
//! pools and caches; any other shape is left to the expression.

use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A compiled shape.
#[derive(Clone, Debug)]
pub struct IdentifierShape {
    regex: Regex,
    /// The same shape as runs of characters, when it is that simple.
    runs: Option<Vec<CharacterRun>>,
}

/// `min` to `max` characters of one ASCII class.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CharacterRun {
    /// The bytes of its characters.
    class: Box<[bool; 256]>,
    min: usize,
    max: usize,
}

impl CharacterRun {
    /// One of the bytes of `class`, so many times.
    fn new(class: impl Fn(u8) -> bool, min: usize, max: usize) -> Self {
        Self {
            class: Box::new(std::array::from_fn(|byte| class(byte as u8))),
            min,
            max,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.class
            .iter()
            .zip(&*other.class)
            .any(|(own, other)| *own && *other)
    }
}

/// The most runs of a shape that is matched without its expression.
const RUNS_MAX: usize = 32;

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
            Some(runs) => runs_match(runs, text.as_bytes()),
            None => self.regex.is_match(text),
        }
    }

    /// The expression as written in the map.
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }
}

/// Takes from each run as much as there is: `runs_of` gives only shapes in which nothing is ever
/// given back.
fn runs_match(runs: &[CharacterRun], bytes: &[u8]) -> bool {
    let mut rest = bytes;
    for run in runs {
        let count = rest
            .iter()
            .take(run.max)
            .take_while(|byte| run.class[usize::from(**byte)])
            .count();
        if count < run.min {
            return false;
        }
        rest = &rest[count..];
    }
    rest.is_empty()
}

/// The runs of a shape that matches the whole of a text; `None` for any other.
fn runs_of(shape: &Hir) -> Option<Vec<CharacterRun>> {
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
    let mut runs = Vec::new();
    for part in inner {
        add_run(part, &mut runs)?;
    }
    (runs.len() <= RUNS_MAX && never_gives_back(&runs)).then_some(runs)
}

/// The parts of nested sequences and groups, in order.
fn flatten<'h>(shape: &'h Hir, parts: &mut Vec<&'h Hir>) {
    match shape.kind() {
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        HirKind::Capture(group) => flatten(&group.sub, parts),
        HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Alternation(_) => parts.push(shape),
    }
}

fn add_run(part: &Hir, runs: &mut Vec<CharacterRun>) -> Option<()> {
    match part.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => {
            for byte in &literal.0 {
                runs.push(
                    byte.is_ascii()
                        .then(|| CharacterRun::new(|of| of == *byte, 1, 1))?,
                );
            }
        }
        HirKind::Class(class) => runs.push(run_of(class, 1, 1)?),
        HirKind::Repetition(repeated) if repeated.greedy => {
            let HirKind::Class(class) = repeated.sub.kind() else {
                return None;
            };
            let (min, max) = (
                repeated.min as usize,
                repeated.max.map_or(usize::MAX, |max| max as usize),
            );
            runs.push(run_of(class, min, max)?);
        }
        HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => return None,
    }
    Some(())
}

/// A run of a class; `None` when it has characters beyond ASCII.
fn run_of(class: &Class, min: usize, max: usize) -> Option<CharacterRun> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
    };
    let is_ascii = ranges.iter().all(|(_, end)| *end <= 0x7f);
    let has = |byte: u8| {
        ranges
            .iter()
            .any(|(start, end)| (*start..=*end).contains(&byte.into()))
    };
    is_ascii.then(|| CharacterRun::new(has, min, max))
}

/// True when taking as much as there is from each run is the only way to match: what a run of
/// varying length could leave never begins what follows it.
fn never_gives_back(runs: &[CharacterRun]) -> bool {
    runs.iter()
        .enumerate()
        .filter(|(_, run)| run.min < run.max)
        .all(|(place, run)| {
            for next in &runs[place + 1..] {
                if run.meets(next) {
                    return false;
                }
                if next.min > 0 {
                    return true;
                }
            }
            true
        })
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
