//! What a page or a paper may not show to a person: internal codes, times of programs, figures of
//! the journal. The rules alone; who renders the pages is each test's matter.

use std::collections::BTreeSet;
use std::path::Path;

/// Codes of closed lists: what stands behind these prefixes in the locales. Their words are natural
/// ones where they have no hyphen.
const LISTS: [&str; 24] = [
    "act-",
    "gate-",
    "action-",
    "weight-",
    "role-",
    "reason-",
    "basis-",
    "outcome-",
    "verdict-",
    "clock-",
    "sheet-",
    "answer-",
    "field-",
    "data-",
    "origin-",
    "cause-",
    "harm-",
    "consequence-",
    "exemption-",
    "gravity-",
    "quality-",
    "stage-",
    "incident-state-",
    "campaign-",
];

/// The codes with a hyphen of the closed lists.
fn codes() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../digue-locales/locales/fr");
    let mut codes = BTreeSet::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(item.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| !line.starts_with([' ', '#'])) {
            let Some((key, _)) = line.split_once(" =") else {
                continue;
            };
            let tails = LISTS.iter().filter_map(|list| key.strip_prefix(list));
            codes.extend(
                tails
                    .filter(|code| code.contains('-'))
                    .map(ToOwned::to_owned),
            );
        }
    }
    assert!(codes.len() > 100, "{}", codes.len());
    codes
}

/// Kinds of subjects of the journal (`account:a1`).
const SUBJECTS: [&str; 8] = [
    "account:",
    "organisation:",
    "portal:",
    "incident:",
    "finding:",
    "campaign:",
    "person:",
    "key:",
];

/// Prefixes of random names.
const NAMES: [&str; 8] = ["fi-", "in-", "ca-", "ap-", "bg-", "rq-", "rv-", "mr-"];

/// Prefixes of requirements (`iso-5.18`): people read the name of the framework and its number.
const REQUIREMENTS: [&str; 6] = ["iso-", "anssi-", "cnil-", "recyf-", "demand-", "qualiopi-"];

/// The codes with a hyphen of the fields of registers: `approved-by` of `field-document-approved-by`.
/// Where a kind has a hyphen, too, what follows it is among them, beside longer ones that no page has.
fn fields(codes: &BTreeSet<String>) -> BTreeSet<String> {
    let tails = codes.iter().flat_map(|code| {
        let hyphens = code.match_indices('-');
        hyphens.map(|(place, _)| &code[place + 1..])
    });
    tails
        .filter(|tail| tail.contains('-'))
        .map(ToOwned::to_owned)
        .collect()
}

/// The rules, with the codes of every closed list.
pub struct Vocabulary {
    codes: BTreeSet<String>,
    /// In English some of them are words.
    fields: BTreeSet<String>,
}

impl Vocabulary {
    /// Reads the codes from the locales.
    pub fn read() -> Self {
        let codes = codes();
        Self {
            fields: fields(&codes),
            codes,
        }
    }

    /// What of a text is for programs, if anything.
    pub fn code_in(&self, text: &str, is_french: bool) -> Option<String> {
        let field = |text: &str| {
            let word = text
                .split_whitespace()
                .find(|word| self.fields.contains(*word));
            word.filter(|_| is_french).map(ToOwned::to_owned)
        };
        code_in(text, is_french, &self.codes).or_else(|| field(text))
    }
}

fn code_in(text: &str, is_french: bool, codes: &BTreeSet<String>) -> Option<String> {
    let words = text.split(|sign: char| {
        sign.is_whitespace() || matches!(sign, '(' | ')' | '«' | '»' | ',' | ';')
    });
    for word in words {
        let word =
            word.trim_matches(|sign: char| matches!(sign, '.' | ':' | '"' | '!' | '?' | '–'));
        let is_name = |prefix: &str| {
            word.strip_prefix(prefix)
                .is_some_and(|rest| rest == "RANDOM" || (rest.len() == 12 && rest.is_ascii()))
        };
        let is_subject = SUBJECTS.iter().any(|kind| {
            word.strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
        });
        let is_snake = word.split('_').count() > 1
            && word
                .chars()
                .all(|sign| sign.is_ascii_lowercase() || sign == '_')
            && word.split('_').all(|part| part.len() > 1);
        let is_requirement = REQUIREMENTS.iter().any(|framework| {
            word.strip_prefix(framework)
                .is_some_and(|number| number.starts_with(|sign: char| sign.is_ascii_digit()))
        });
        let is_code = codes.contains(word) || is_requirement;
        let is_time = is_time_of_programs(word) || is_french && is_iso_date(word);
        if is_subject
            || is_snake
            || is_code
            || is_time
            || NAMES.iter().any(|prefix| is_name(prefix))
        {
            return Some(word.to_owned());
        }
    }
    figures_in(text)
}

/// `2025-11-22T02:47:00Z`.
fn is_time_of_programs(word: &str) -> bool {
    word.get(..10).is_some_and(is_iso_date) && word.get(10..11) == Some("T")
}

fn is_iso_date(word: &str) -> bool {
    let parts: Vec<&str> = word.get(..10).unwrap_or_default().split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [4, 2, 2]
        && parts
            .iter()
            .all(|part| part.chars().all(|sign| sign.is_ascii_digit()))
}

/// Signals as the journal keeps them: `refusals 51/15`.
fn figures_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_count = |word: &str| {
        let word = word.trim_end_matches([';', '.', ',']);
        word.split_once('/').is_some_and(|(seen, usual)| {
            let is_number =
                |part: &str| !part.is_empty() && part.chars().all(|sign| sign.is_ascii_digit());
            is_number(seen) && is_number(usual)
        })
    };
    let is_kind = |word: &str| {
        word.chars()
            .all(|sign| sign.is_ascii_lowercase() || sign == '-')
    };
    let found = words
        .windows(2)
        .find(|pair| is_kind(pair[0]) && is_count(pair[1]));
    found.map(|pair| pair.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_programs_is_told_from_words() {
        let codes = codes();
        let is_found = |text: &str| code_in(text, true, &codes).is_some();
        for code in [
            "compte account:a1 fermé",
            "voir fi-AbCdEfGhIjKl",
            "close-account",
            "refusals 51/15; rhythm 1/0",
            "le 2025-11-22",
            "2025-11-22T02:47:00Z",
            "person_id",
            "couvre iso-5.18, recyf-12",
        ] {
            assert!(is_found(code), "{code}");
        }
        for words in [
            "le 22/11/2025 à 03:47",
            "INC-2025-001",
            "rendez-vous, est-ce là-bas ?",
            "art. 34, 3, c",
            "règlement 1182/71",
            "17cyber.gouv.fr",
            "of-1",
            "ISO/IEC 27001 5.18 – Droits d'accès",
        ] {
            assert!(!is_found(words), "{words}");
        }
    }
}
