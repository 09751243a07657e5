//! The recovery key: drawn once, split over printed sheets, never stored.
//!
//! A sheet is a list of words. It carries which ceremony it belongs to, how many sheets are needed
//! and a checksum of its own, so that a word read wrong is found on the sheet and not after the
//! fall. The secret carries a checksum too: sheets that do not belong together never yield a wrong
//! key silently.
//!
//! k of n hides nothing from a thief who owns the running machine: it reads the repository's
//! everyday password. It protects against one dishonest holder, one lost sheet and one burnt
//! office.

use std::fmt;

use bip39::Language;
use blahaj::{Share, Sharks};
use icu_normalizer::DecomposingNormalizer;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// Bytes of the secret: 128 bits.
const SECRET_BYTES: usize = 16;
/// Bytes of each checksum.
const CHECK_BYTES: usize = 4;
/// Version, number of the ceremony, threshold, number of the sheet.
const HEAD_BYTES: usize = 5;
const VERSION: u8 = 1;
const SHEET_BYTES: usize = HEAD_BYTES + SECRET_BYTES + CHECK_BYTES + CHECK_BYTES;
const BITS_PER_WORD: usize = 11;
/// Words of a sheet.
pub const SHEET_WORDS: usize = (SHEET_BYTES * 8).div_ceil(BITS_PER_WORD);

/// The password of a repository's second key file, known to no machine after the ceremony.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryKey([u8; SECRET_BYTES]);

/// What a ceremony needs: `needed` sheets of `sheets`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SharingRule {
    needed: u8,
    sheets: u8,
}

/// One sheet, as it is printed and typed in again.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySheet {
    /// Tells the sheets of one ceremony from those of another.
    pub ceremony: u16,
    /// From 1.
    pub number: u8,
    pub needed: u8,
    share: Vec<u8>,
}

/// What is wrong with a ceremony or its sheets.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeySheetError {
    #[error("between 2 and 16 sheets, and at least 2 of them needed")]
    Rule,
    #[error("the system's random generator failed")]
    NoRandomness,
    #[error("a sheet has {SHEET_WORDS} words; here are {0}")]
    WordCount(usize),
    /// From 1.
    #[error("word {0} is not in the list")]
    UnknownWord(usize),
    #[error("the words do not fit together: one of them was read wrong")]
    Checksum,
    #[error("made by a version of Digue that this one does not know: {0}")]
    Version(u8),
    #[error("sheets of different ceremonies")]
    OtherCeremony,
    #[error("sheet {0} is given twice")]
    Twice(u8),
    #[error("{given} sheets of {needed}")]
    TooFew { given: usize, needed: u8 },
    #[error("the sheets do not yield a key: one of them is of another ceremony")]
    NotTogether,
}

impl SharingRule {
    /// # Errors
    /// `KeySheetError::Rule` unless 2 <= `needed` <= `sheets` <= 16: a single sheet that opens
    /// everything is a password on paper.
    pub const fn new(needed: u8, sheets: u8) -> Result<Self, KeySheetError> {
        if needed >= 2 && needed <= sheets && sheets <= 16 {
            Ok(Self { needed, sheets })
        } else {
            Err(KeySheetError::Rule)
        }
    }
}

impl RecoveryKey {
    /// Draws a key.
    ///
    /// # Errors
    /// `KeySheetError::NoRandomness` when the system has none.
    pub fn draw() -> Result<Self, KeySheetError> {
        let mut secret = [0; SECRET_BYTES];
        SystemRandom::new()
            .fill(&mut secret)
            .map_err(|_| KeySheetError::NoRandomness)?;
        Ok(Self(secret))
    }

    /// The password that plain restic asks for: eight groups of four digits, `3f2a-…`.
    pub fn to_password(&self) -> String {
        let groups = self
            .0
            .chunks(2)
            .map(|pair| format!("{:02x}{:02x}", pair[0], pair[1]));
        groups.collect::<Vec<_>>().join("-")
    }

    /// For the journal: proves which key was split without saying anything of it.
    pub fn fingerprint(&self) -> String {
        let labelled = [b"digue recovery key\n".as_slice(), &self.0].concat();
        digest(&SHA256, &labelled)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Splits the key, and tries *every* group of sheets that should open it: a quorum leaves bad
    /// sheets unseen.
    ///
    /// # Errors
    /// `KeySheetError::NoRandomness`; `KeySheetError::NotTogether` when the trial failed.
    pub fn split(&self, rule: SharingRule) -> Result<Vec<KeySheet>, KeySheetError> {
        let ceremony = draw_ceremony()?;
        let secret = [self.0.as_slice(), &checksum(&self.0)].concat();
        let dealer = Sharks(rule.needed).dealer(&secret);
        let sheets: Vec<KeySheet> = dealer
            .take(usize::from(rule.sheets))
            .map(|share| {
                let share = Vec::from(&share);
                KeySheet {
                    ceremony,
                    number: share[0],
                    needed: rule.needed,
                    share: share[1..].to_vec(),
                }
            })
            .collect();
        self.must_join(&sheets, rule)?;
        Ok(sheets)
    }

    /// Joins each run of as many sheets as are needed.
    fn must_join(&self, sheets: &[KeySheet], rule: SharingRule) -> Result<(), KeySheetError> {
        for start in 0..sheets.len() {
            let group = sheets.iter().cycle().skip(start);
            let group: Vec<KeySheet> = group.take(usize::from(rule.needed)).cloned().collect();
            if Self::join(&group)? != *self {
                return Err(KeySheetError::NotTogether);
            }
        }
        Ok(())
    }

    /// Puts sheets together again.
    ///
    /// # Errors
    /// See `KeySheetError`: too few, twice the same, of different ceremonies.
    pub fn join(sheets: &[KeySheet]) -> Result<Self, KeySheetError> {
        let Some(first) = sheets.first() else {
            return Err(KeySheetError::TooFew {
                given: 0,
                needed: 2,
            });
        };
        for (place, sheet) in sheets.iter().enumerate() {
            if (sheet.ceremony, sheet.needed) != (first.ceremony, first.needed) {
                return Err(KeySheetError::OtherCeremony);
            }
            if sheets[..place]
                .iter()
                .any(|earlier| earlier.number == sheet.number)
            {
                return Err(KeySheetError::Twice(sheet.number));
            }
        }
        let too_few = KeySheetError::TooFew {
            given: sheets.len(),
            needed: first.needed,
        };
        if sheets.len() < usize::from(first.needed) {
            return Err(too_few);
        }
        let shares: Result<Vec<Share>, _> = sheets
            .iter()
            .map(|sheet| {
                Share::try_from(
                    [&[sheet.number], sheet.share.as_slice()]
                        .concat()
                        .as_slice(),
                )
            })
            .collect();
        let shares = shares.map_err(|_| KeySheetError::NotTogether)?;
        let secret = Sharks(first.needed).recover(&shares).map_err(|_| too_few)?;
        let (key, check) = secret
            .split_at_checked(SECRET_BYTES)
            .ok_or(KeySheetError::NotTogether)?;
        if check != checksum(key) {
            return Err(KeySheetError::NotTogether);
        }
        Ok(Self(
            key.try_into().map_err(|_| KeySheetError::NotTogether)?,
        ))
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

impl fmt::Debug for KeySheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "KeySheet({} of ceremony {:04x})",
            self.number, self.ceremony
        )
    }
}

impl KeySheet {
    /// The words to print: `SHEET_WORDS` French ones, in order.
    pub fn words(&self) -> Vec<&'static str> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.ceremony.to_be_bytes());
        bytes.extend([self.needed, self.number]);
        bytes.extend(&self.share);
        let check = checksum(&bytes);
        bytes.extend(check);
        let list = Language::French.word_list();
        (0..SHEET_WORDS)
            .map(|place| list[word_at(&bytes, place)])
            .collect()
    }

    /// Reads the words that were typed: accents, capitals and further letters than the first four
    /// do not matter.
    ///
    /// # Errors
    /// Which word is not of the list, or that they do not fit together.
    pub fn parse(text: &str) -> Result<Self, KeySheetError> {
        let typed: Vec<String> = text
            .split_whitespace()
            .map(fold)
            .filter(|word| !word.is_empty())
            .collect();
        if typed.len() != SHEET_WORDS {
            return Err(KeySheetError::WordCount(typed.len()));
        }
        let list: Vec<String> = Language::French
            .word_list()
            .iter()
            .map(|word| fold(word))
            .collect();
        let mut bits = Vec::with_capacity(SHEET_WORDS * BITS_PER_WORD);
        for (place, word) in typed.iter().enumerate() {
            let index = find(&list, word).ok_or(KeySheetError::UnknownWord(place + 1))?;
            bits.extend((0..BITS_PER_WORD).rev().map(|bit| index >> bit & 1 == 1));
        }
        let (bits, padding) = bits.split_at(SHEET_BYTES * 8);
        let to_byte = |bits: &[bool]| {
            bits.iter()
                .fold(0u8, |byte, bit| byte << 1 | u8::from(*bit))
        };
        let bytes: Vec<u8> = bits.chunks(8).map(to_byte).collect();
        let (body, check) = bytes.split_at(SHEET_BYTES - CHECK_BYTES);
        if check != checksum(body) || padding.contains(&true) {
            return Err(KeySheetError::Checksum);
        }
        if body[0] != VERSION {
            return Err(KeySheetError::Version(body[0]));
        }
        let ceremony = u16::from_be_bytes([body[1], body[2]]);
        Ok(Self {
            ceremony,
            needed: body[3],
            number: body[4],
            share: body[HEAD_BYTES..].to_vec(),
        })
    }
}

fn draw_ceremony() -> Result<u16, KeySheetError> {
    let mut ceremony = [0; 2];
    SystemRandom::new()
        .fill(&mut ceremony)
        .map_err(|_| KeySheetError::NoRandomness)?;
    Ok(u16::from_be_bytes(ceremony))
}

/// The index in the list of the word at `place`; bits after the end are zero.
fn word_at(bytes: &[u8], place: usize) -> usize {
    let bit = |position: usize| {
        bytes
            .get(position / 8)
            .is_some_and(|byte| byte >> (7 - position % 8) & 1 == 1)
    };
    let first = place * BITS_PER_WORD;
    (first..first + BITS_PER_WORD)
        .fold(0, |index, position| index << 1 | usize::from(bit(position)))
}

/// Lower case, without accents or anything that is not a letter.
fn fold(word: &str) -> String {
    let plain = DecomposingNormalizer::new_nfd()
        .normalize(word)
        .into_owned();
    plain
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// The first four letters tell every word of the list from the others; shorter words are typed
/// whole.
fn find(list: &[String], typed: &str) -> Option<usize> {
    if let Some(index) = list.iter().position(|word| word == typed) {
        return Some(index);
    }
    let head = typed.get(..4)?;
    list.iter().position(|word| word.get(..4) == Some(head))
}

fn checksum(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let full = digest(&SHA256, bytes);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&full.as_ref()[..CHECK_BYTES]);
    check
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sheets(needed: u8, count: u8) -> (RecoveryKey, Vec<KeySheet>) {
        let key = RecoveryKey::draw().unwrap();
        let sheets = key.split(SharingRule::new(needed, count).unwrap()).unwrap();
        (key, sheets)
    }

    #[test]
    fn any_two_of_three_open_and_one_does_not() {
        let (key, sheets) = sheets(2, 3);
        for pair in [[0, 1], [0, 2], [2, 1]] {
            let pair = pair.map(|place| sheets[place].clone());
            assert_eq!(RecoveryKey::join(&pair), Ok(key.clone()));
        }
        let alone = RecoveryKey::join(&sheets[..1]);
        assert_eq!(
            alone,
            Err(KeySheetError::TooFew {
                given: 1,
                needed: 2
            })
        );
        let twice = [sheets[1].clone(), sheets[1].clone()];
        assert_eq!(
            RecoveryKey::join(&twice),
            Err(KeySheetError::Twice(sheets[1].number))
        );
    }

    #[test]
    fn sheets_of_two_ceremonies_yield_no_key() {
        let (_, ours) = sheets(2, 3);
        let (_, mut others) = sheets(2, 3);
        others[1].ceremony = ours[0].ceremony.wrapping_add(1);
        let mixed = [ours[0].clone(), others[1].clone()];
        assert_eq!(RecoveryKey::join(&mixed), Err(KeySheetError::OtherCeremony));
        // Even when the numbers of the ceremonies happen to agree.
        others[1].ceremony = ours[0].ceremony;
        let mixed = [ours[0].clone(), others[1].clone()];
        assert_eq!(RecoveryKey::join(&mixed), Err(KeySheetError::NotTogether));
    }

    #[test]
    fn rules_that_protect_nothing_are_refused() {
        for (needed, count) in [(1, 3), (4, 3), (2, 17), (0, 0)] {
            assert_eq!(SharingRule::new(needed, count), Err(KeySheetError::Rule));
        }
    }

    #[test]
    fn words_are_read_as_people_type_them() {
        let (_, sheets) = sheets(3, 5);
        let words = sheets[4].words();
        assert_eq!(words.len(), SHEET_WORDS);
        assert_eq!(
            KeySheet::parse(&words.join(" ").to_uppercase()),
            Ok(sheets[4].clone())
        );
        let heads: Vec<String> = words
            .iter()
            .map(|word| fold(word).chars().take(4).collect())
            .collect();
        assert_eq!(KeySheet::parse(&heads.join("\n")), Ok(sheets[4].clone()));
    }

    #[test]
    fn four_letters_tell_each_word_of_the_list() {
        let list: Vec<String> = Language::French
            .word_list()
            .iter()
            .map(|word| fold(word))
            .collect();
        for (index, word) in list.iter().enumerate() {
            assert_eq!(find(&list, word), Some(index), "{word}");
            let head: String = word.chars().take(4).collect();
            assert_eq!(find(&list, &head), Some(index), "{word}");
        }
    }

    #[test]
    fn neither_key_nor_sheet_is_shown_by_accident() {
        let (key, sheets) = sheets(2, 2);
        let shown = format!("{key:?} {:?}", sheets[0]);
        assert!(
            !shown.contains(&key.to_password()) && !shown.contains(sheets[0].words()[6]),
            "{shown}"
        );
    }

    proptest! {
        #[test]
        fn a_word_read_wrong_is_found(place in 0..SHEET_WORDS, other in 0..2048usize) {
            let (_, sheets) = sheets(2, 2);
            let mut words = sheets[0].words();
            let wrong = Language::French.word_list()[other];
            prop_assume!(words[place] != wrong);
            words[place] = wrong;
            prop_assert_eq!(KeySheet::parse(&words.join(" ")), Err(KeySheetError::Checksum));
        }

        #[test]
        fn a_password_has_all_the_bits(secret in any::<[u8; SECRET_BYTES]>()) {
            let password = RecoveryKey(secret).to_password();
            prop_assert_eq!(password.len(), 39);
            let digits: String = password.split('-').collect();
            let expected: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(digits, expected);
        }

        #[test]
        fn anything_typed_is_a_sheet_or_an_error(text in ".{0,400}") {
            let _ = KeySheet::parse(&text);
        }
    }
}
