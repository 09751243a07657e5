//! The net of names: which known names a message shows whose persons it does not identify.
//!
//! The table holds no name. An entry is a keyed hash of two words of one person's name, with a
//! keyed hash of that person's reference; without the key nobody can test a name against it, and a
//! hash of two words tells less by its frequency than one of a surname. A surname alone is a word
//! of the language (Petit, Marchand): one word never counts.
//!
//! A name is a reason to look, and no identifier: nobody is counted as shown because of it.

use std::collections::{HashMap, HashSet};
use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::name_words::{name_pairs, name_words};

/// Bytes of a key.
pub const NAME_KEY_BYTES: usize = 16;

/// The most entries of a table: 64 GiB of them would fill any memory before.
const ENTRIES_MAX: usize = u32::MAX as usize;

/// How many words may stand between two words of one name: `DUPONT (épouse PETIT), Marie`.
const WORDS_BETWEEN: usize = 2;

/// A text of at most this many words is a value by itself, as of a cell; its words may stand
/// further from those of other values of the same record.
const VALUE_WORDS_MAX: usize = 3;
/// Words of such values that are remembered within one record.
const VALUE_WORDS_KEPT: usize = 8;

/// The most sightings of one message. Beyond it the message is not searched: those that were dropped
/// may be the ones without identifier.
const SIGHTINGS_MAX: usize = 1_000_000;

/// The first bytes of a table in a file: form and version.
const MAGIC: &[u8; 16] = b"digue names 1\n\0\0";

/// The secret of an installation, without which a table cannot be read or tested.
#[derive(Clone)]
pub struct NameKey(SipHasher24);

impl std::fmt::Debug for NameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameKey(..)")
    }
}

/// What is hashed: two uses of the key never give the same hash.
#[derive(Clone, Copy)]
enum HashedPart {
    Word = 1,
    Pair = 2,
    Person = 3,
    Table = 4,
}

impl NameKey {
    pub fn new(key: &[u8; NAME_KEY_BYTES]) -> Self {
        Self(SipHasher24::new_with_key(key))
    }

    fn hasher(&self, part: HashedPart) -> SipHasher24 {
        let mut hasher = self.0;
        hasher.write(&[part as u8]);
        hasher
    }

    fn text(&self, part: HashedPart, text: &str) -> u64 {
        let mut hasher = self.hasher(part);
        hasher.write(text.as_bytes());
        hasher.finish128().h1
    }

    /// The same for both orders of two words.
    fn pair(&self, one: u64, other: u64) -> u64 {
        let mut hasher = self.hasher(HashedPart::Pair);
        hasher.write(&one.min(other).to_le_bytes());
        hasher.write(&one.max(other).to_le_bytes());
        hasher.finish128().h1
    }

    /// Zero for a person whose identifier is not known: no reference has it.
    fn person(&self, reference: Option<&str>) -> u64 {
        reference.map_or(0, |reference| {
            self.text(HashedPart::Person, reference).max(1)
        })
    }
}

/// Two words of a name, and one whose name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct NameEntry {
    pair: u64,
    person: u64,
}

/// The names of the persons of one portal, as keyed hashes.
#[derive(Debug)]
pub struct PersonNameTable {
    key: NameKey,
    /// Sorted.
    entries: Vec<NameEntry>,
    /// A bit for each beginning of a hash that occurs: most pairs of words end here.
    filter: Vec<u64>,
    filter_shift: u32,
    persons: u64,
}

/// Why a stored table cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameTableFault {
    #[error("it is no table of names of this version")]
    Form,
    #[error("it was made with another key, or is damaged")]
    OtherKey,
    #[error("it has too many names")]
    TooLarge,
}

/// Makes a table, one person at a time.
#[derive(Debug)]
pub struct PersonNameTableBuilder {
    key: NameKey,
    entries: Vec<NameEntry>,
    persons: u64,
}

impl PersonNameTableBuilder {
    pub fn new(key: NameKey) -> Self {
        Self {
            key,
            entries: Vec::new(),
            persons: 0,
        }
    }

    /// Adds one person: the reference as entries of the journal have it, and the name as one text
    /// or in parts. False for a name of a single word, which is not searched for.
    pub fn add(&mut self, reference: Option<&str>, parts: &[&str]) -> bool {
        let person = self.key.person(reference);
        let before = self.entries.len();
        for (one, other) in name_pairs(parts) {
            let hash = |word: &str| self.key.text(HashedPart::Word, word);
            self.entries.push(NameEntry {
                pair: self.key.pair(hash(&one), hash(&other)),
                person,
            });
        }
        let has_name = self.entries.len() > before;
        self.persons += u64::from(has_name);
        has_name
    }

    /// # Errors
    /// `TooLarge`.
    pub fn finish(self) -> Result<PersonNameTable, PersonNameTableFault> {
        let Self {
            key,
            mut entries,
            persons,
        } = self;
        entries.sort_unstable();
        entries.dedup();
        PersonNameTable::of_sorted(key, entries, persons)
    }
}

impl PersonNameTable {
    fn of_sorted(
        key: NameKey,
        entries: Vec<NameEntry>,
        persons: u64,
    ) -> Result<Self, PersonNameTableFault> {
        if entries.len() > ENTRIES_MAX {
            return Err(PersonNameTableFault::TooLarge);
        }
        // Sixteen bits for each entry: one pair of unknown words in sixteen goes on to the search.
        let bits = (entries.len() * 16).next_power_of_two().max(64);
        let filter_shift = 64 - bits.trailing_zeros();
        let mut filter = vec![0u64; bits / 64];
        for entry in &entries {
            let bit = (entry.pair >> filter_shift) as usize;
            filter[bit / 64] |= 1 << (bit % 64);
        }
        Ok(Self {
            key,
            entries,
            filter,
            filter_shift,
            persons,
        })
    }

    /// Persons with a name that is searched for.
    pub const fn persons(&self) -> u64 {
        self.persons
    }

    /// The table as it is stored: form, number of persons, entries, and a keyed hash of all that.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MAGIC.len() + 8 + self.entries.len() * 16 + 16);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.persons.to_le_bytes());
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.pair.to_le_bytes());
            bytes.extend_from_slice(&entry.person.to_le_bytes());
        }
        let seal = seal(&self.key, &bytes);
        bytes.extend_from_slice(&seal);
        bytes
    }

    /// # Errors
    /// [`PersonNameTableFault`]: a table of another key, or of which a byte is missing or changed.
    pub fn from_bytes(key: NameKey, bytes: &[u8]) -> Result<Self, PersonNameTableFault> {
        let (content, stored) = bytes
            .split_last_chunk::<16>()
            .ok_or(PersonNameTableFault::Form)?;
        let body = content
            .strip_prefix(MAGIC)
            .ok_or(PersonNameTableFault::Form)?;
        if seal(&key, content) != *stored {
            return Err(PersonNameTableFault::OtherKey);
        }
        let (persons, entries) = body
            .split_first_chunk::<8>()
            .ok_or(PersonNameTableFault::Form)?;
        let (numbers, rest) = entries.as_chunks::<8>();
        let (pairs, odd) = numbers.as_chunks::<2>();
        if !rest.is_empty() || !odd.is_empty() {
            return Err(PersonNameTableFault::Form);
        }
        let entry = |[pair, person]: &[[u8; 8]; 2]| NameEntry {
            pair: u64::from_le_bytes(*pair),
            person: u64::from_le_bytes(*person),
        };
        Self::of_sorted(
            key,
            pairs.iter().map(entry).collect(),
            u64::from_le_bytes(*persons),
        )
    }

    /// The entries of a pair of words, as a range.
    fn find(&self, pair: u64) -> Option<(u32, u32)> {
        let bit = (pair >> self.filter_shift) as usize;
        if self.filter[bit / 64] >> (bit % 64) & 1 == 0 {
            return None;
        }
        let from = self.entries.partition_point(|entry| entry.pair < pair);
        let count = self.entries[from..].partition_point(|entry| entry.pair == pair);
        // `ENTRIES_MAX` fits.
        (count > 0).then(|| (from as u32, (from + count) as u32))
    }

    /// How many distinct known names were seen none of whose persons is among `references`.
    ///
    /// A word belongs to one name: in `Marie DUPONT, Jean PETIT` the word between is not that of a
    /// *Jean Dupont*.
    pub fn without_identifier<'r>(
        &self,
        seen: &SeenNames,
        references: impl Iterator<Item = &'r str>,
    ) -> u32 {
        if seen.0.is_empty() {
            return 0;
        }
        let identified: HashSet<u64> = references
            .map(|reference| self.key.person(Some(reference)))
            .collect();
        // Each name once, wherever it stands: it may have thousands of bearers.
        let mut covered: HashMap<u32, bool> = HashMap::new();
        let mut is_identified = |sighting: &SeenName| {
            *covered.entry(sighting.from).or_insert_with(|| {
                let namesakes = &self.entries[sighting.from as usize..sighting.to as usize];
                namesakes.iter().any(|one| identified.contains(&one.person))
            })
        };
        let (known, alone): (Vec<&SeenName>, Vec<&SeenName>) =
            seen.0.iter().partition(|sighting| is_identified(sighting));
        let mut used: HashSet<u32> = known.iter().flat_map(|sighting| sighting.words).collect();
        let mut names = HashSet::new();
        for sighting in alone {
            if sighting.words.iter().any(|word| used.contains(word)) {
                continue;
            }
            used.extend(sighting.words);
            // Several given names of one person are one name.
            let person = self.entries[sighting.from as usize].person;
            names.insert(if person == 0 {
                (0, sighting.from)
            } else {
                (person, 0)
            });
        }
        u32::try_from(names.len()).unwrap_or(u32::MAX)
    }
}

fn seal(key: &NameKey, bytes: &[u8]) -> [u8; 16] {
    let mut hasher = key.hasher(HashedPart::Table);
    hasher.write(bytes);
    hasher.finish128().as_bytes()
}

/// Two words of a known name in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SeenName {
    /// The places of the two words in the message.
    words: [u32; 2],
    /// The entries of the table.
    from: u32,
    to: u32,
}

/// The known names in one message; they mean something with the table that found them, and with no
/// other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenNames(Vec<SeenName>);

impl SeenNames {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A word that was read, and its place.
#[derive(Clone, Copy, Debug)]
struct ReadWord {
    hash: u64,
    place: u32,
}

/// Reads the texts of one message in order.
#[derive(Debug)]
pub struct NameReader<'t> {
    table: &'t PersonNameTable,
    last: [Option<ReadWord>; WORDS_BETWEEN + 1],
    /// Of values of the record.
    values: Vec<ReadWord>,
    position: u32,
    found: Vec<SeenName>,
}

impl<'t> NameReader<'t> {
    pub fn new(table: &'t PersonNameTable) -> Self {
        let values = Vec::with_capacity(VALUE_WORDS_KEPT);
        Self {
            table,
            last: [None; WORDS_BETWEEN + 1],
            values,
            position: 0,
            found: Vec::new(),
        }
    }

    /// Reads the next text of a record; a name may cross into it from the one before, as from one
    /// cell into the next.
    pub fn read(&mut self, text: &str) {
        let table = self.table;
        let mut hashes = name_words(text).map(|word| table.key.text(HashedPart::Word, &word));
        // One more than a value has tells what it is; a long text is not collected.
        let first: Vec<u64> = hashes.by_ref().take(VALUE_WORDS_MAX + 1).collect();
        let is_value = first.len() <= VALUE_WORDS_MAX;
        let mut words = Vec::new();
        for hash in first.into_iter().chain(hashes) {
            let word = ReadWord {
                hash,
                place: self.position,
            };
            self.position = self.position.saturating_add(1);
            for last in self.last.into_iter().flatten() {
                self.look(last, word);
            }
            if is_value {
                for place in 0..self.values.len() {
                    // Those that are near were tried as such.
                    let value = self.values[place];
                    if value.place + (WORDS_BETWEEN as u32) + 1 < word.place {
                        self.look(value, word);
                    }
                }
                words.push(word);
            }
            self.last.rotate_right(1);
            self.last[0] = Some(word);
        }
        if is_value {
            self.values.extend(words);
            let beyond = self.values.len().saturating_sub(VALUE_WORDS_KEPT);
            self.values.drain(..beyond);
        }
    }

    /// Reads a text that has nothing to do with those around it, as the name of a member.
    pub fn read_apart(&mut self, text: &str) {
        let (last, values) = (self.last, std::mem::take(&mut self.values));
        self.end_record();
        self.read(text);
        (self.last, self.values) = (last, values);
    }

    /// A record ends, or begins: no name crosses it.
    pub fn end_record(&mut self) {
        self.last = [None; WORDS_BETWEEN + 1];
        self.values.clear();
    }

    /// `None` when there were more names than are kept apart: unknown is not nothing.
    pub fn finish(self) -> Option<SeenNames> {
        (self.found.len() < SIGHTINGS_MAX).then_some(SeenNames(self.found))
    }

    fn look(&mut self, one: ReadWord, other: ReadWord) {
        if self.found.len() >= SIGHTINGS_MAX {
            return;
        }
        if let Some((from, to)) = self.table.find(self.table.key.pair(one.hash, other.hash)) {
            self.found.push(SeenName {
                words: [one.place, other.place],
                from,
                to,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> NameKey {
        NameKey::new(b"0123456789abcdef")
    }

    fn table() -> PersonNameTable {
        let mut table = PersonNameTableBuilder::new(key());
        assert!(table.add(Some("P1"), &["DUPONT", "Marie-Hélène"]));
        assert!(table.add(Some("P2"), &["Jean Petit"]));
        assert!(table.add(Some("P3"), &["MARTIN", "Marie"]));
        assert!(table.add(Some("P4"), &["MARTIN", "Marie"]));
        assert!(table.add(Some("P5"), &["PETIT", "Marie"]));
        assert!(table.add(None, &["ROUX", "Léa"]));
        assert!(!table.add(Some("P6"), &["DUPONT"]));
        table.finish().unwrap()
    }

    #[track_caller]
    fn check(texts: &[&str], persons: &[&str], alone: u32) {
        let table = table();
        let mut reader = NameReader::new(&table);
        for text in texts {
            match *text {
                "|" => reader.end_record(),
                text => reader.read(text),
            }
        }
        let seen = reader.finish().unwrap();
        assert_eq!(
            table.without_identifier(&seen, persons.iter().copied()),
            alone,
            "{texts:?}"
        );
    }

    #[test]
    fn a_name_without_an_identifier_of_its_person_is_alone() {
        check(&["Dossier de Mme Marie Dupont"], &[], 1);
        check(&["Dossier de Mme Marie Dupont"], &["P1"], 0);
        check(&["Dossier de Mme Marie Dupont"], &["P2"], 1);
        check(&["dupont hélène, suivie par jean petit"], &["P1"], 1);
        check(
            &["DUPONT Marie Hélène", "DUPONT Marie", "Hélène Dupont"],
            &[],
            1,
        );
        check(&["ROUX", "Léa"], &["P1"], 1);
    }

    #[test]
    fn one_identifier_of_a_namesake_is_enough() {
        check(&["Marie MARTIN"], &["P4"], 0);
        check(&["Marie MARTIN"], &["P1"], 1);
    }

    #[test]
    fn one_word_and_words_of_two_names_are_no_name() {
        check(&["Un petit dupont"], &[], 0);
        check(&["Dupont a vu hier au soir Marie"], &[], 0);
        // (Marie, Petit) is a known person, too.
        check(&["DUPONT", "Marie", "PETIT", "Jean"], &["P1", "P2"], 0);
        check(
            &["DUPONT", "Pau", "Marie", "|", "PETIT", "Jean", "Pau"],
            &["P1", "P2"],
            0,
        );
        check(&["MARTIN", "|", "Marie"], &[], 0);
    }

    #[test]
    fn values_of_one_record_may_stand_far_apart() {
        check(
            &[
                "DUPONT",
                "12 rue des Lilas, quatrième étage",
                "27000 Évreux",
                "Marie",
            ],
            &[],
            1,
        );
        check(
            &[
                "DUPONT",
                "Évreux",
                "12 rue des Lilas, quatrième étage au fond de la cour Marie",
            ],
            &[],
            0,
        );
    }

    #[test]
    fn a_member_name_stands_apart() {
        let table = table();
        let mut reader = NameReader::new(&table);
        reader.read("DUPONT");
        reader.read_apart("prénom usuel de la personne");
        reader.read("Marie");
        reader.read_apart("Jean Petit");
        assert_eq!(
            table.without_identifier(&reader.finish().unwrap(), std::iter::empty()),
            2
        );
    }

    #[test]
    fn a_table_is_read_with_its_key_only_and_whole() {
        let bytes = table().to_bytes();
        let read = PersonNameTable::from_bytes(key(), &bytes).unwrap();
        assert_eq!((read.persons(), &read.entries), (6, &table().entries));
        let fault = |key: NameKey, bytes: &[u8]| {
            PersonNameTable::from_bytes(key, bytes)
                .map(drop)
                .unwrap_err()
        };
        assert_eq!(
            fault(NameKey::new(b"another key 6789"), &bytes),
            PersonNameTableFault::OtherKey
        );
        for length in 0..bytes.len() {
            PersonNameTable::from_bytes(key(), &bytes[..length])
                .map(drop)
                .unwrap_err();
        }
        let mut changed = bytes.clone();
        changed[30] ^= 1;
        assert_eq!(fault(key(), &changed), PersonNameTableFault::OtherKey);
        assert!(
            !bytes
                .windows(6)
                .any(|part| part.eq_ignore_ascii_case(b"dupont"))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = PersonNameTable::from_bytes(key(), &bytes);
        }

        /// The truth as oracle: of generated persons, those whose name stands in a text and who are
        /// not identified.
        #[test]
        fn every_name_without_identifier_is_counted(
            shown in proptest::collection::btree_set(0u32..200, 0..12),
            identified in proptest::collection::btree_set(0u32..200, 0..12),
        ) {
            let word = |number: u32| -> String {
                let letter = |at: u32| char::from(b'a' + ((number / 26u32.pow(at)) % 26) as u8);
                format!("x{}{}", letter(0), letter(1))
            };
            let name = |person: u32| (format!("N{}", word(person)), format!("P{}", word(person)));
            let mut table = PersonNameTableBuilder::new(key());
            for person in 0..200 {
                let (surname, given) = name(person);
                table.add(Some(&person.to_string()), &[&surname, &given]);
            }
            let table = table.finish().unwrap();
            let mut reader = NameReader::new(&table);
            for person in &shown {
                let (surname, given) = name(*person);
                reader.read(&format!("{given} {surname}, né(e) en 1985"));
            }
            let references: Vec<String> = identified.iter().map(u32::to_string).collect();
            let alone = table.without_identifier(&reader.finish().unwrap(), references.iter().map(String::as_str));
            prop_assert_eq!(alone as usize, shown.difference(&identified).count());
        }
    }
}
