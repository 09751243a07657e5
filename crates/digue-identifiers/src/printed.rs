//! Runs of characters as people and programs print them: in groups, with separators, in the other
//! letter case. Which of these are the same identifier, the steps of its kind say.

use std::ops::Range;

use wide::u8x16;

use crate::byte_search::first_place;
use crate::runs::{CharacterRun, Runs};

/// How the identifiers of a kind are recognised in any text.
#[derive(Clone, Debug)]
pub(crate) enum ShapeMarker {
    /// By runs of characters, one list for each alternative of the shape.
    Runs(Vec<PrintedRuns>),
    /// Any other shape: word by word, as they are printed.
    Words { bytes_min: usize },
}

impl ShapeMarker {
    /// Passes everything in `text` that may be an identifier to `take`, unless it is part of a code.
    pub(crate) fn each_word<E>(
        &self,
        text: &str,
        is_coded: &dyn Fn(Range<usize>) -> bool,
        take: &mut dyn FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Runs(all) => all
                .iter()
                .try_for_each(|runs| runs.each_match(text, is_coded, take)),
            Self::Words { bytes_min } => each_word(text, *bytes_min, is_coded, take),
        }
    }
}

/// What the steps of a kind undo, so that two ways of printing are one identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PrintedForm {
    pub(crate) folds_case: bool,
    /// Spaces and marks may stand between two characters.
    pub(crate) has_separators: bool,
    pub(crate) has_leading_zeros: bool,
    /// Two digits may stand behind.
    pub(crate) has_key: bool,
}

/// Runs of characters as they are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrintedRuns {
    runs: Vec<CharacterRun>,
    form: PrintedForm,
    /// The bytes with which a match may begin, as ranges.
    starts: Vec<(u8, u8)>,
}

/// The most characters of a match; longer ones are no identifiers of persons, and each start costs
/// at most this much.
const CHARS_MAX: usize = 64;

/// A match: its end in the text, and its characters without what stands between them.
struct PrintedMatch {
    end: usize,
    gaps: usize,
    bytes: [u8; CHARS_MAX + KEY_CHARS],
    len: usize,
}

/// The digits of the key behind a NIR.
const KEY_CHARS: usize = 2;

impl PrintedRuns {
    /// `None` for runs that may be empty.
    pub(crate) fn new(runs: &Runs, form: PrintedForm) -> Option<Self> {
        let runs: Vec<CharacterRun> = runs
            .iter()
            .map(|run| match form.folds_case {
                true => run.folded(),
                false => run.clone(),
            })
            .collect();
        let first = runs.iter().position(|run| run.min > 0)?;
        let mut is_start = [false; 256];
        for run in &runs[..=first] {
            (0..=u8::MAX).for_each(|byte| is_start[usize::from(byte)] |= run.has(byte));
        }
        is_start[usize::from(b'0')] |= form.has_leading_zeros;
        Some(Self {
            runs,
            form,
            starts: ranges(&is_start),
        })
    }

    /// Passes the characters of each match to `take`.
    pub(crate) fn each_match<E>(
        &self,
        text: &str,
        is_coded: &dyn Fn(Range<usize>) -> bool,
        take: &mut dyn FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(step) = self.next_start(&bytes[at..]) {
            let start = at + step;
            let found = (!is_within_word(&text[..start], true))
                .then(|| self.match_at(text, start))
                .flatten()
                .filter(|found| stands_alone(text, start, found));
            if let Some(found) = found {
                if !is_coded(start..found.end) {
                    let word = std::str::from_utf8(&found.bytes[..found.len]);
                    take(word.expect("its characters are ASCII"))?;
                }
                at = found.end;
                continue;
            }
            // No other match begins within the same word.
            let rest = bytes[start + 1..].iter();
            at = start + 1 + rest.take_while(|byte| byte.is_ascii_alphanumeric()).count();
        }
        Ok(())
    }

    fn next_start(&self, bytes: &[u8]) -> Option<usize> {
        let is_start = |byte: &u8| {
            let mut ranges = self.starts.iter();
            ranges.any(|(first, last)| (first..=last).contains(&byte))
        };
        match self.starts[..] {
            [one] => first_place(bytes, |block| within(block, one), is_start),
            [one, two] => first_place(
                bytes,
                |block| within(block, one) | within(block, two),
                is_start,
            ),
            _ => bytes.iter().position(is_start),
        }
    }

    fn match_at(&self, text: &str, start: usize) -> Option<PrintedMatch> {
        // Without gaps first: what follows may look like its continuation.
        let tries = |at: usize| {
            self.walk(text, at, false)
                .or_else(|| self.walk(text, at, true))
        };
        let zeros = || {
            let zeros = text.as_bytes()[start..]
                .iter()
                .take_while(|byte| **byte == b'0');
            start + zeros.count()
        };
        tries(start).or_else(|| match self.form.has_leading_zeros.then(zeros) {
            Some(at) if at > start => tries(at),
            Some(_) | None => None,
        })
    }

    fn walk(&self, text: &str, start: usize, takes_gaps: bool) -> Option<PrintedMatch> {
        let bytes = text.as_bytes();
        let mut walked = PrintedMatch {
            end: start,
            gaps: 0,
            bytes: [0; CHARS_MAX + KEY_CHARS],
            len: 0,
        };
        let mut best = None;
        for (place, run) in self.runs.iter().enumerate() {
            let is_last = self.runs[place + 1..].iter().all(|next| next.min == 0);
            let mut count = 0;
            while count < run.max && walked.len < CHARS_MAX {
                if !self.step(bytes, run, takes_gaps, &mut walked) {
                    break;
                }
                count += 1;
                if count >= run.min && is_last && !is_within_word(&text[walked.end..], false) {
                    best = Some((walked.end, walked.gaps, walked.len));
                }
            }
            if count < run.min {
                break;
            }
            if self.form.has_key && place + 1 == self.runs.len() {
                let key = CharacterRun::new(|byte| byte.is_ascii_digit(), KEY_CHARS, KEY_CHARS);
                let has_key =
                    (0..KEY_CHARS).all(|_| self.step(bytes, &key, takes_gaps, &mut walked));
                if has_key && !is_within_word(&text[walked.end..], false) {
                    best = Some((walked.end, walked.gaps, walked.len));
                }
            }
        }
        let (end, gaps, len) = best?;
        // A list of single digits is none: people print groups.
        (2 * gaps <= len).then_some(PrintedMatch {
            end,
            gaps,
            len,
            ..walked
        })
    }

    /// Takes one more character of a run, and what stands before it; false where there is none.
    fn step(
        &self,
        bytes: &[u8],
        run: &CharacterRun,
        takes_gaps: bool,
        walked: &mut PrintedMatch,
    ) -> bool {
        let rest = bytes.get(walked.end..).unwrap_or_default();
        let has = |at: usize| rest.get(at).is_some_and(|byte| run.has(*byte));
        let gap = match takes_gaps && walked.len > 0 && !has(0) {
            true => self.gap(rest),
            false => 0,
        };
        if !has(gap) {
            return false;
        }
        walked.bytes[walked.len] = rest[gap];
        walked.len += 1;
        walked.gaps += usize::from(gap > 0);
        walked.end += gap + 1;
        true
    }

    /// The bytes of one separator at the start of `rest`; 0 where there is none.
    fn gap(&self, rest: &[u8]) -> usize {
        match rest {
            [b' ' | b'.' | b'-' | b'_' | b'/', ..] if self.form.has_separators => 1,
            // The no-break spaces with which numbers are printed separate nothing.
            [0xc2, 0xa0, ..] => 2,
            [0xe2, 0x80, 0x80..=0x8a | 0xaf, ..] | [0xe2, 0x81, 0x9f, ..] => 3,
            // Hyphens and dashes, the middle dot, the minus sign.
            [0xc2, 0xb7, ..] if self.form.has_separators => 2,
            [0xe2, 0x80, 0x90..=0x95, ..] | [0xe2, 0x88, 0x92, ..] if self.form.has_separators => 3,
            _ => 0,
        }
    }
}

/// False for a part of something else that is made of the same characters.
fn stands_alone(text: &str, start: usize, found: &PrintedMatch) -> bool {
    let is_number = found.bytes[..found.len].iter().all(u8::is_ascii_digit);
    let is_grouped = is_number && found.gaps > 0;
    let is_of_list = is_grouped && is_part_of_numbers(text, start, found.end);
    !is_of_list && !is_in_uuid(text.as_bytes(), start, found.end)
}

/// True within a list of numbers, in a decimal number, and in an amount.
fn is_part_of_numbers(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (&text[..start], &text[end..]);
    let is_digit = |c: char| c.is_ascii_digit();
    let is_gap = |c: char| c == ' ' || c.is_whitespace() || ".-_/".contains(c);
    let follows = before
        .strip_suffix(is_gap)
        .is_some_and(|left| left.ends_with(is_digit));
    let goes_on = |c: char| is_gap(c) || c == ',';
    let continues = after
        .strip_prefix(goes_on)
        .is_some_and(|rest| rest.starts_with(is_digit));
    let unit = after.strip_prefix(is_gap).unwrap_or(after);
    follows || continues || unit.starts_with(['€', '$', '£', '%'])
}

/// True where the word beside a match goes on: at the end of `text` (`is_before`), or at its start.
///
/// Signs of numbering (`nº`), raised figures (`A²`), and letters of scripts without case join no
/// identifier.
fn is_within_word(text: &str, is_before: bool) -> bool {
    let beside = match is_before {
        true => text.as_bytes().last(),
        false => text.as_bytes().first(),
    };
    if beside.is_none_or(u8::is_ascii) {
        return beside.is_some_and(u8::is_ascii_alphanumeric);
    }
    let beside = match is_before {
        true => text.chars().next_back(),
        false => text.chars().next(),
    };
    beside.is_some_and(|c| (c.is_lowercase() || c.is_uppercase()) && !matches!(c, 'ª' | 'º'))
}

/// True within a UUID: a part of it may have any shape of digits and letters.
fn is_in_uuid(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_own = |byte: &&u8| byte.is_ascii_hexdigit() || **byte == b'-';
    if !matches!(
        (start.checked_sub(1).map(|at| bytes[at]), bytes.get(end)),
        (Some(b'-'), _) | (_, Some(b'-'))
    ) {
        return false;
    }
    let left = bytes[..start]
        .iter()
        .rev()
        .take(36)
        .take_while(is_own)
        .count();
    let right = bytes[end..].iter().take(36).take_while(is_own).count();
    let token = &bytes[start - left..end + right];
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, byte): (usize, &u8)| (*byte == b'-') == is_hyphen(at);
    token.len() == 36 && token.iter().enumerate().all(fits)
}

/// Passes the words of a text, and the parts of joined ones, to `take`.
fn each_word<E>(
    text: &str,
    bytes_min: usize,
    is_coded: &dyn Fn(Range<usize>) -> bool,
    take: &mut dyn FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let is_joint: fn(char) -> bool = |c| "@.-_/+".contains(c);
    let mut look = |part: &str| {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        let is_long = part.len() > 2 * CHARS_MAX || part.len() < bytes_min;
        match is_long || is_coded(start..start + part.len()) {
            true => Ok(()),
            false => take(part),
        }
    };
    for word in text.split(|c: char| !(c.is_alphanumeric() || is_joint(c))) {
        look(word)?;
        if word.contains(is_joint) {
            each_part(word, is_joint, &mut look)?;
        }
    }
    Ok(())
}

/// The most parts that are tried as one: more groups than people print.
const PARTS_MAX: usize = 4;

/// Passes the parts of a word to `look`, one by one and together with those behind them.
fn each_part<E>(
    word: &str,
    is_joint: fn(char) -> bool,
    look: &mut dyn FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let is_part = |(from, to): &(usize, usize)| from < to;
    let mut from = 0;
    let ends = word
        .match_indices(is_joint)
        .map(|(at, _)| at)
        .chain([word.len()]);
    let parts = ends.map(|end| (std::mem::replace(&mut from, end + 1), end));
    let parts: Vec<(usize, usize)> = parts.filter(is_part).collect();
    for (place, (start, _)) in parts.iter().enumerate() {
        for (_, end) in parts[place..].iter().take(PARTS_MAX) {
            look(&word[*start..*end])?;
        }
    }
    Ok(())
}

#[inline]
fn within(block: u8x16, (first, last): (u8, u8)) -> u8x16 {
    let from = block.max(u8x16::splat(first)).simd_eq(block);
    from & block.min(u8x16::splat(last)).simd_eq(block)
}

fn ranges(is_start: &[bool; 256]) -> Vec<(u8, u8)> {
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    for byte in (0..=u8::MAX).filter(|byte| is_start[usize::from(*byte)]) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == byte => *last = byte,
            Some(_) | None => ranges.push((byte, byte)),
        }
    }
    ranges
}
