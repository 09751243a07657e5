//! The words of a person's name, as they are compared: without accents and letter case; hyphens and
//! apostrophes separate. What a pair of words means, the callers decide.

use std::borrow::Cow;

use digue_types::visible::is_invisible;
use digue_types::written::folded;

/// The fewest letters of a word of a name.
const LETTERS_MIN: usize = 2;

/// The folded words of a text, of two letters and more.
pub fn name_words(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let words = text.split(|c: char| !is_of_word(c));
    words
        .filter(|word| word.chars().nth(LETTERS_MIN - 1).is_some())
        .map(
            |word| match word.bytes().all(|byte| byte.is_ascii_lowercase()) {
                true => Cow::Borrowed(word),
                false => Cow::Owned(folded(word)),
            },
        )
}

/// Letters, and what stands within a word without being seen, or above a letter that is written in
/// two signs.
fn is_of_word(c: char) -> bool {
    c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c) || is_invisible(c)
}

/// Every pair of words that is the name: of one text any two; of several parts one of each, since
/// two given names of one person are also those of others.
pub fn name_pairs<'n>(parts: &[&'n str]) -> Vec<(Cow<'n, str>, Cow<'n, str>)> {
    let words: Vec<(usize, Cow<'n, str>)> = parts
        .iter()
        .enumerate()
        .flat_map(|(part, text)| name_words(text).map(move |word| (part, word)))
        .collect();
    let has_parts = words.iter().any(|(part, _)| *part != words[0].0);
    let mut pairs = Vec::new();
    for (place, (part, one)) in words.iter().enumerate() {
        let others = words[place + 1..]
            .iter()
            .filter(|(other, _)| !has_parts || other != part);
        pairs.extend(
            others
                .filter(|(_, other)| other != one)
                .map(|(_, other)| (one.clone(), other.clone())),
        );
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(parts: &[&str], expected: &[(&str, &str)]) {
        let pairs = name_pairs(parts);
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(one, other)| (&**one, &**other))
            .collect();
        assert_eq!(pairs, expected, "{parts:?}");
    }

    #[test]
    fn a_name_is_two_words_of_different_parts() {
        check(
            &["DUPONT", "Marie-Hélène"],
            &[("dupont", "marie"), ("dupont", "helene")],
        );
        check(&["Jean Petit"], &[("jean", "petit")]);
        check(&["O'Neil", "Aoife"], &[("neil", "aoife")]);
        check(
            &["Pet\u{ad}it", "He\u{301}le\u{300}ne"],
            &[("petit", "helene")],
        );
    }

    #[test]
    fn one_word_is_no_name() {
        for parts in [
            &["DUPONT"][..],
            &["", "Marie"],
            &["Jean", "JEAN"],
            &[],
            &["1234", "M."],
        ] {
            check(parts, &[]);
        }
    }
}
