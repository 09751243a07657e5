//! A regular expression of the map that is searched for in whole messages.
//!
//! On French text the engines that know Unicode's word boundaries read some hundred instructions a
//! byte. Most patterns of identifiers consist of few characters, though: seven digits and a letter
//! occur only where eight such characters follow each other. Such places are found by looking at
//! every eighth byte, and only they are left to the expression, or to tables where the pattern is as
//! simple as this one.

use std::ops::{Deref, Range};
use std::sync::OnceLock;

use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::printed::{PrintedForm, PrintedRuns};
use crate::runs::{Runs, flatten, is_word_byte};

/// A compiled pattern. What it matches is what its expression matches.
#[derive(Clone, Debug)]
pub struct SearchPattern {
    regex: Regex,
    sparse: Option<SparseSearch>,
    /// The pattern once more, where it is simple: asked instead of the expression.
    words: Option<WordRuns>,
    /// Other ways of printing what a simple pattern describes; made at the first question.
    printed: OnceLock<Option<PrintedRuns>>,
}

impl Deref for SearchPattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        &self.regex
    }
}

impl SearchPattern {
    /// # Errors
    /// When `text` is no regular expression.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let regex = Regex::new(text)?;
        let parsed = regex_syntax::parse(text).expect("the same text has just been compiled");
        Ok(Self {
            sparse: SparseSearch::new(&parsed),
            words: WordRuns::new(&parsed).filter(|_| regex.captures_len() == 1),
            printed: OnceLock::new(),
            regex,
        })
    }

    /// The pattern without regard to letter case, where it is not searched for by its printed forms
    /// anyway.
    #[must_use]
    pub fn in_any_case(self) -> Self {
        let is_printed = |words: &WordRuns| words.begins_at_edge && words.ends_at_edge;
        if self.words.as_ref().is_some_and(is_printed) {
            return self;
        }
        // A pattern with a comment at its end does not take a group around it; it stays as it is.
        Self::new(&format!("(?i:{})", self.regex.as_str())).unwrap_or(self)
    }

    /// What a pattern for whole words describes, in a printed form of its kind; `None` for any
    /// other pattern.
    pub(crate) fn printed(&self, form: PrintedForm) -> Option<&PrintedRuns> {
        let printed = || {
            let words = self.words.as_ref()?;
            let is_whole = words.begins_at_edge && words.ends_at_edge;
            is_whole.then(|| PrintedRuns::new(&words.runs, form))?
        };
        self.printed.get_or_init(printed).as_ref()
    }

    /// Passes the range of each match, of its first group where it has one, to `take`; stops at an
    /// error.
    pub fn each_match<E>(
        &self,
        text: &str,
        mut take: impl FnMut(Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.sparse {
            Some(sparse) => sparse.each_place(text, |place| match &self.words {
                Some(words) => words.each_match_at(text, place, &mut take),
                None => self.each_match_at(text, place, &mut take),
            }),
            None => self
                .regex
                .captures_iter(text)
                .filter_map(|groups| groups.get(1).or(groups.get(0)))
                .try_for_each(|part| take(part.range())),
        }
    }

    /// The matches within `place`, seen with the characters around it.
    fn each_match_at<E>(
        &self,
        text: &str,
        place: Range<usize>,
        take: &mut impl FnMut(Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = text[..place.start]
            .chars()
            .next_back()
            .map_or(0, char::len_utf8);
        let after = text[place.end..].chars().next().map_or(0, char::len_utf8);
        let begin = place.start - before;
        let around = &text[begin..place.end + after];
        let mut at = before;
        // Where it ends is never where it begins: `SparseSearch` is for patterns of some length.
        while let Some((whole, part)) = self.first_match(around, at) {
            take(begin + part.start..begin + part.end)?;
            at = whole.end;
        }
        Ok(())
    }

    /// The first match from `at` on, and its first group, or itself without one.
    fn first_match(&self, text: &str, at: usize) -> Option<(Range<usize>, Range<usize>)> {
        // Without groups, the cheaper search.
        if self.regex.captures_len() == 1 {
            let whole = self.regex.find_at(text, at)?.range();
            return Some((whole.clone(), whole));
        }
        let groups = self.regex.captures_at(text, at)?;
        let whole = groups.get(0)?.range();
        Some((
            whole.clone(),
            groups.get(1).map_or(whole, |part| part.range()),
        ))
    }
}

/// Runs of ASCII characters, with a word's edge before or behind them.
#[derive(Clone, Debug)]
struct WordRuns {
    runs: Runs,
    begins_at_edge: bool,
    ends_at_edge: bool,
}

/// The most bytes of a match by runs: it is tried anew at each byte, where the expression would go
/// on.
const TRIED_BYTES_MAX: usize = 32;

impl WordRuns {
    /// `None` for any other pattern.
    fn new(pattern: &Hir) -> Option<Self> {
        let mut parts = Vec::new();
        flatten(pattern, &mut parts);
        let is_edge = |part: &&Hir| *part.kind() == HirKind::Look(Look::WordUnicode);
        let begins_at_edge = parts.first().is_some_and(is_edge);
        let ends_at_edge = parts.len() > 1 && parts.last().is_some_and(is_edge);
        let inner = &parts[usize::from(begins_at_edge)..parts.len() - usize::from(ends_at_edge)];
        let runs = Runs::of(inner)?;
        let is_simple =
            runs.bytes_max() <= TRIED_BYTES_MAX && (!ends_at_edge || runs.fit_before_edge());
        is_simple.then_some(Self {
            runs,
            begins_at_edge,
            ends_at_edge,
        })
    }

    /// The matches within `place`, a run of the pattern's characters, which are ASCII.
    fn each_match_at<E>(
        &self,
        text: &str,
        place: Range<usize>,
        take: &mut impl FnMut(Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_word = regex_syntax::is_word_character;
        let is_word_before = text[..place.start].chars().next_back().is_some_and(is_word);
        let is_word_after = text[place.end..].chars().next().is_some_and(is_word);
        let bytes = &text.as_bytes()[place.clone()];
        let is_edge = |at: usize| {
            let left = match at {
                0 => is_word_before,
                _ => is_word_byte(bytes[at - 1]),
            };
            let right = bytes
                .get(at)
                .map_or(is_word_after, |byte| is_word_byte(*byte));
            left != right
        };
        let end_of = |at: usize| {
            if self.begins_at_edge && !is_edge(at) {
                return None;
            }
            let end = at + self.runs.taken(&bytes[at..])?;
            (!self.ends_at_edge || is_edge(end)).then_some(end)
        };
        let mut at = 0;
        while at < bytes.len() {
            match end_of(at) {
                // `SparseSearch` is for patterns of some length: the end is not the start.
                Some(end) => {
                    take(place.start + at..place.start + end)?;
                    at = end;
                }
                None => at += 1,
            }
        }
        Ok(())
    }
}

/// Finds where a pattern of few characters could match.
#[derive(Clone, Debug)]
struct SparseSearch {
    /// The bytes that a match may consist of; all those beyond ASCII, or none.
    alphabet: Box<[bool; 256]>,
    /// The bytes of the shortest match.
    min: usize,
    /// A byte that every match contains.
    needed: Option<u8>,
}

/// The fewest bytes of a match: below, there are too many places.
const BYTES_MIN: usize = 4;

/// The most lower-case letters of an alphabet whose runs are rarer than words.
const LOWER_MAX: usize = 6;

impl SparseSearch {
    /// `None` when the places would be nearly everywhere, or an assertion looks further than one
    /// character.
    fn new(pattern: &Hir) -> Option<Self> {
        let properties = pattern.properties();
        let min = properties.minimum_len().filter(|min| *min >= BYTES_MIN)?;
        let looks_further = properties
            .look_set()
            .iter()
            .any(|look| matches!(look, Look::StartCRLF | Look::EndCRLF));
        let mut alphabet = Box::new([false; 256]);
        add_alphabet(pattern, &mut alphabet);
        let needed = needed_byte(pattern);
        let is_rare = alphabet[usize::from(b'a')..=usize::from(b'z')]
            .iter()
            .filter(|has| **has)
            .count()
            <= LOWER_MAX;
        let is_sparse = !alphabet[usize::from(b' ')] && (is_rare || needed.is_some());
        (is_sparse && !looks_further).then_some(Self {
            alphabet,
            min,
            needed,
        })
    }

    fn has(&self, byte: u8) -> bool {
        self.alphabet[usize::from(byte)]
    }

    /// Passes each longest run of the alphabet's bytes in which a match fits to `take`. No match
    /// reaches beyond one.
    fn each_place<E>(
        &self,
        text: &str,
        mut take: impl FnMut(Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = text.as_bytes();
        // The byte before `from`, if any, is not of the alphabet.
        let mut from = 0;
        loop {
            // A run of `min` bytes holds one of the bytes at this distance.
            let steps = bytes
                .get(from + self.min - 1..)
                .unwrap_or_default()
                .iter()
                .step_by(self.min);
            let Some(step) = steps
                .enumerate()
                .find(|(_, byte)| self.has(**byte))
                .map(|(step, _)| step)
            else {
                return Ok(());
            };
            let inside = from + self.min - 1 + step * self.min;
            let start = inside
                - bytes[from..inside]
                    .iter()
                    .rev()
                    .take_while(|byte| self.has(**byte))
                    .count();
            let end = inside
                + bytes[inside..]
                    .iter()
                    .take_while(|byte| self.has(**byte))
                    .count();
            let run = &bytes[start..end];
            if run.len() >= self.min && self.needed.is_none_or(|needed| run.contains(&needed)) {
                take(start..end)?;
            }
            from = end + 1;
        }
    }
}

/// Adds the bytes that a match may consist of.
fn add_alphabet(pattern: &Hir, alphabet: &mut [bool; 256]) {
    let mut add = |start: u32, end: u32| {
        for byte in 0..=255u8 {
            // One byte beyond ASCII may stand for any: parts of characters are not told apart.
            let is_beyond = !byte.is_ascii() && end > 0x7f;
            alphabet[usize::from(byte)] |= is_beyond || (start..=end).contains(&byte.into());
        }
    };
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal
            .0
            .iter()
            .for_each(|byte| add((*byte).into(), (*byte).into())),
        HirKind::Class(Class::Unicode(class)) => {
            class
                .iter()
                .for_each(|range| add(range.start().into(), range.end().into()));
        }
        HirKind::Class(Class::Bytes(class)) => {
            class
                .iter()
                .for_each(|range| add(range.start().into(), range.end().into()));
        }
        HirKind::Repetition(repeated) => add_alphabet(&repeated.sub, alphabet),
        HirKind::Capture(group) => add_alphabet(&group.sub, alphabet),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| add_alphabet(part, alphabet));
        }
    }
}

/// A punctuation mark that every match contains, such as the `@` of an address.
fn needed_byte(pattern: &Hir) -> Option<u8> {
    match pattern.kind() {
        HirKind::Literal(literal) => literal.0.iter().copied().find(u8::is_ascii_punctuation),
        HirKind::Repetition(repeated) if repeated.min > 0 => needed_byte(&repeated.sub),
        HirKind::Capture(group) => needed_byte(&group.sub),
        HirKind::Concat(parts) => parts.iter().find_map(needed_byte),
        HirKind::Empty
        | HirKind::Look(_)
        | HirKind::Class(_)
        | HirKind::Repetition(_)
        | HirKind::Alternation(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn ranges(pattern: &SearchPattern, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let Ok(()) = pattern.each_match(text, |range| {
            found.push(range);
            Ok::<(), Infallible>(())
        });
        found
    }

    /// Patterns that are searched for in places, all of them.
    const SPARSE: [&str; 18] = [
        r"\b[0-9]{7}[A-Z]\b",
        r"P[0-9]{4}",
        r"\bP[0-9]{4}\b|Q-[0-9]{3,}",
        r"[a-z0-9.]+@[a-z]+\.fr",
        r"^[0-9A-F]{4}",
        r"[0-9A-F]{4}$",
        r"(?m)^[0-9]{4}$",
        r"id=([0-9]{3})",
        r"\B[0-9É]{4}",
        r"[0-9]{7}",
        r"\b[0-9]{4,6}\b",
        r"\b[0-9_]{4,}\b",
        r"[0-9]{4,6}[A-Z]?",
        r"\b[0-9]{4}[A-Z]?\b",
        r"\b[0-9-]{4,6}\b",
        r"[0-9]{2}-[0-9]{2,5}\b",
        r"\b-[0-9]{4}-\b",
        r"\b[0-9]{4}-?\b",
    ];

    #[test]
    fn a_pattern_of_common_letters_is_left_to_its_expression() {
        for pattern in SPARSE {
            assert!(
                SearchPattern::new(pattern).unwrap().sparse.is_some(),
                "{pattern}"
            );
        }
        for pattern in [
            r"[a-z]{4,}",
            r"[0-9]+",
            r"[0-9 ]{10}",
            r".{8}",
            r"(?mR)^[0-9]{4}$",
        ] {
            assert!(
                SearchPattern::new(pattern).unwrap().sparse.is_none(),
                "{pattern}"
            );
        }
    }

    #[test]
    fn simple_patterns_are_matched_by_tables() {
        let has_words = |pattern: &str| SearchPattern::new(pattern).unwrap().words.is_some();
        for pattern in [
            r"\b[0-9]{7}[A-Z]\b",
            "P[0-9]{4}",
            r"\b[0-9]{4,6}\b",
            "[0-9]{4,6}[A-Z]?",
        ] {
            assert!(has_words(pattern), "{pattern}");
        }
        for pattern in [
            // An edge may lie within what the last run has taken, or before it.
            r"\b[0-9-]{4,6}\b",
            r"\b[0-9]{4}-?\b",
            r"\b[0-9]{4}[A-Z]?\b",
            r"[0-9]{33}",
            r"[0-9]{4,}",
            r"id=([0-9]{3})",
            r"^[0-9]{4}",
        ] {
            assert!(!has_words(pattern), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn matches_are_those_of_the_expression(
            pattern in proptest::sample::select(SPARSE.as_slice()),
            pieces in proptest::collection::vec(prop_oneof![
                "[0-9]{1,9}[A-Z]?", "P[0-9]{3,5}", "Q-[0-9]{2,4}", "id=[0-9]{3}", "[a-z.]{1,5}@[a-z]{1,3}.fr",
                "[ \n;é\u{e0041}É_a-]{1,2}", "\\PC{0,3}", "[0-9_-]{1,20}", "[0-9]{20}[A-Z]"
            ], 0..12),
        ) {
            let (pattern, text) = (SearchPattern::new(pattern).unwrap(), pieces.concat());
            let groups = pattern.captures_iter(&text).filter_map(|groups| groups.get(1).or(groups.get(0)));
            let expected: Vec<_> = groups.map(|part| part.range()).collect();
            prop_assert_eq!(ranges(&pattern, &text), expected, "{} {:?}", pattern.as_str(), text);
        }
    }
}
