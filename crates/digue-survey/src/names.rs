//! Known names in running text: two words of one person's name close together.
//!
//! A surname alone is a word of the language (Petit, Marchand), so one word never counts. Only
//! hashes of pairs of words are held; a match makes a place worth a look, and is no evidence of an
//! identifier by itself.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use digue_identifiers::name_words::{name_pairs, name_words};

/// How many words may stand between two words of one name: `DUPONT (épouse PETIT), Marie`.
const WORDS_BETWEEN: usize = 2;

/// The most persons who share a pair; a pair of more tells nobody apart, and still is a name.
const NAMESAKES_MAX: usize = 4;

/// Pairs of words that are names of known persons.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameIndex {
    pairs: HashMap<u64, Vec<u32>>,
    words: HashSet<u64>,
}

/// A known name in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NameSighting {
    /// Number of the word with which it ends.
    pub(crate) position: usize,
    pub(crate) person: u32,
}

impl NameIndex {
    /// Adds the name of a person, as one text or in parts: every pair of its words counts, the two
    /// of one part only when there is no other part (`MARTIN` and `Anne Marie` are not `Anne Marie`
    /// alone).
    pub(crate) fn add(&mut self, person: u32, parts: &[&str]) {
        self.words.extend(parts.iter().flat_map(|part| words(part)));
        for (one, other) in name_pairs(parts) {
            let persons = self
                .pairs
                .entry(pair(hash_of(&one), hash_of(&other)))
                .or_default();
            if persons.len() < NAMESAKES_MAX && !persons.contains(&person) {
                persons.push(person);
            }
        }
    }

    /// True for a text of words of known names and nothing else: `dupont`, `le-goff`.
    pub(crate) fn has_words(&self, text: &str) -> bool {
        let mut words = words(text).peekable();
        words.peek().is_some() && words.all(|word| self.words.contains(&word))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// Reads the texts of one message in order.
pub(crate) struct NameScan<'n> {
    index: &'n NameIndex,
    last: [Option<u64>; WORDS_BETWEEN + 1],
    /// Number of words so far.
    pub(crate) position: usize,
    pub(crate) found: Vec<NameSighting>,
}

impl<'n> NameScan<'n> {
    pub(crate) fn new(index: &'n NameIndex) -> Self {
        Self {
            index,
            last: [None; WORDS_BETWEEN + 1],
            position: 0,
            found: Vec::new(),
        }
    }

    /// Reads the next text; names may cross into it from the one before, as from one cell into the
    /// next.
    pub(crate) fn read(&mut self, text: &str) {
        if self.index.is_empty() {
            // Positions are still counted, at the cost of one for each text.
            self.position += 1;
            return;
        }
        for word in words(text) {
            self.position += 1;
            for last in self.last.iter().flatten() {
                let persons = self
                    .index
                    .pairs
                    .get(&pair(*last, word))
                    .into_iter()
                    .flatten();
                let position = self.position;
                self.found.extend(persons.map(|person| NameSighting {
                    position,
                    person: *person,
                }));
            }
            self.last.rotate_right(1);
            self.last[0] = Some(word);
        }
    }
}

/// One part of a document: an element, an object, a row. It has the words after `from`, up to `to`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NamePart {
    pub(crate) parent: Option<usize>,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// Names beyond this number in the smallest part with any are those of a list, and confirm nobody.
const NAMES_OF_PART_MAX: usize = 64;

/// The most names of a part that say whose its identifier is, or is not.
const NAMES_OF_ONE_MAX: usize = 2;

/// Whose name stands with an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameBeside {
    Own,
    /// Another known person's: the number is rather that of a thing of theirs.
    Another,
    /// No known name, or those of many.
    Unclear,
}

/// Whose name stands with the identifier of `person`: the smallest part around it in which any
/// known name stands has this one, and hardly another. Nearness in words is no sign: in a list of
/// numbered things that belong to persons, the number of one is the identifier of a person some
/// lines away.
pub(crate) fn name_beside(
    found: &[NameSighting],
    parts: &[NamePart],
    part: usize,
    person: u32,
) -> NameBeside {
    if found.is_empty() {
        return NameBeside::Unclear;
    }
    let mut at = Some(part);
    while let Some(place) = at {
        let NamePart { parent, from, to } = parts[place];
        // Sightings are in the order of their words.
        let first = found.partition_point(|sighting| sighting.position <= from);
        let count = found[first..].partition_point(|sighting| sighting.position <= to);
        if count > 0 {
            let own = &found[first..first + count];
            let names = own.chunk_by(|one, next| one.position == next.position);
            return match () {
                () if count <= NAMES_OF_PART_MAX && is_mostly(own, person) => NameBeside::Own,
                () if names.count() <= NAMES_OF_ONE_MAX => NameBeside::Another,
                () => NameBeside::Unclear,
            };
        }
        at = parent;
    }
    NameBeside::Unclear
}

/// Extends each part over those inside it, which come after it.
pub(crate) fn parts_with_children(parts: &mut [NamePart]) {
    for place in (0..parts.len()).rev() {
        let NamePart { parent, to, .. } = parts[place];
        if let Some(parent) = parent {
            parts[parent].to = parts[parent].to.max(to);
        }
    }
}

/// True when at least half of the names are this person's; namesakes share a place.
fn is_mostly(found: &[NameSighting], person: u32) -> bool {
    let (mut all, mut own) = (0, 0);
    for sightings in found.chunk_by(|one, next| one.position == next.position) {
        all += 1;
        own += usize::from(sightings.iter().any(|sighting| sighting.person == person));
    }
    own > 0 && own * 2 >= all
}

/// Hashes of the words of a text.
fn words(text: &str) -> impl Iterator<Item = u64> + use<'_> {
    name_words(text).map(|word| hash_of(&word))
}

fn hash_of(word: &str) -> u64 {
    // Without the key that tables of names have (decision 27): these hashes end with the command,
    // and are in no file.
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

fn pair(one: u64, other: u64) -> u64 {
    // One pair for both orders: lists write DUPONT Marie, and letters Marie DUPONT.
    let (low, high) = if one < other {
        (one, other)
    } else {
        (other, one)
    };
    low.rotate_left(17) ^ high.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> NameIndex {
        let mut index = NameIndex::default();
        index.add(0, &["DUPONT", "Marie-Hélène"]);
        index.add(1, &["Jean Petit"]);
        index.add(2, &["O'Neil", "Aoife"]);
        index
    }

    #[track_caller]
    fn check(texts: &[&str], expected: &[u32]) {
        let index = index();
        let mut scan = NameScan::new(&index);
        texts.iter().for_each(|text| scan.read(text));
        let mut found: Vec<u32> = scan.found.iter().map(|sighting| sighting.person).collect();
        found.dedup();
        assert_eq!(found, expected, "{texts:?}");
    }

    #[test]
    fn two_words_of_one_name_are_a_name() {
        check(&["Mme Marie Dupont, née PETIT"], &[0]);
        check(&["dupont (helene)"], &[0]);
        check(&["DUPONT", "Hélène"], &[0]);
        check(&["petit, jean"], &[1]);
        check(&["Aoife O\u{2019}Neil"], &[2]);
    }

    #[test]
    fn one_word_or_words_far_apart_are_none() {
        check(&["Un petit dupont"], &[]);
        check(&["Marie Hélène"], &[]);
        check(&["Dupont a vu hier au soir Marie"], &[]);
        check(&["Jean et Marie"], &[]);
    }

    #[test]
    fn a_name_confirms_the_identifier_of_its_own_record() {
        let sighting = |position, person| NameSighting { position, person };
        let part = |parent, from, to| NamePart { parent, from, to };
        // A list of three rows of ten words; the second has a cell of its own.
        let parts = [
            part(None, 0, 30),
            part(Some(0), 0, 10),
            part(Some(0), 10, 20),
            part(Some(0), 20, 30),
            part(Some(2), 15, 18),
        ];
        let found = [
            sighting(2, 0),
            sighting(12, 1),
            sighting(12, 4),
            sighting(22, 2),
        ];
        let is_beside = |at, person| name_beside(&found, &parts, at, person) == NameBeside::Own;
        assert!(is_beside(1, 0) && is_beside(2, 1) && is_beside(4, 1) && is_beside(4, 4));
        assert!(!is_beside(1, 1), "the next row's");
        assert!(!is_beside(0, 0), "one of many");
        assert_eq!(name_beside(&[], &parts, 1, 0), NameBeside::Unclear);
    }
}
