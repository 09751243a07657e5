//! The dictionary of persons: each person of each population gets a dense number, in the order of
//! first appearance, so that a set of persons is a bitmap.
//!
//! Exact: references are compared, never only their hashes. About 17 bytes for a person with a
//! reference of eight characters. Which identifiers are one human being (aliases) is not known
//! here.

use std::hash::BuildHasher as _;

use digue_types::{PersonRef, PopulationId};
use hashbrown::{DefaultHashBuilder, HashTable};

/// A person's dense number.
pub(crate) type Dense = u32;

/// References are stored in chunks of this size, so that growing copies nothing.
const CHUNK_BYTES: usize = 4 << 20;

/// Persons for which one offset is kept; within a group records are walked. An offset for each
/// person would take half as many bytes again.
const GROUP: usize = 8;

/// Hash tables. One table of all persons would move all of them when it grows, under the write
/// lock.
const SHARDS: usize = 64;

/// The dictionary, in both directions.
pub(crate) struct Persons {
    chunks: Vec<Vec<u8>>,
    /// Chunk and place of each group's first record, as one number.
    groups: Vec<u64>,
    shards: Vec<HashTable<Dense>>,
    hasher: DefaultHashBuilder,
    count: Dense,
    populations: Vec<PopulationId>,
}

impl Default for Persons {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            groups: Vec::new(),
            shards: (0..SHARDS).map(|_| HashTable::new()).collect(),
            hasher: DefaultHashBuilder::default(),
            count: 0,
            populations: Vec::new(),
        }
    }
}

/// A record is the number of the population, the length, and the reference.
const HEAD: usize = 2;

fn record_at<'c>(chunks: &'c [Vec<u8>], groups: &[u64], dense: Dense) -> (u8, &'c [u8]) {
    let place = groups[dense as usize / GROUP];
    let chunk = &chunks[(place >> 32) as usize];
    let mut at = (place & 0xffff_ffff) as usize;
    for _ in 0..dense as usize % GROUP {
        at += HEAD + usize::from(chunk[at + 1]);
    }
    let length = usize::from(chunk[at + 1]);
    (chunk[at], &chunk[at + HEAD..at + HEAD + length])
}

impl Persons {
    pub(crate) fn len(&self) -> Dense {
        self.count
    }

    pub(crate) fn populations(&self) -> &[PopulationId] {
        &self.populations
    }

    fn population(&mut self, population: &PopulationId) -> u8 {
        if let Some(known) = self
            .populations
            .iter()
            .position(|known| known == population)
        {
            return known as u8;
        }
        self.populations.push(population.clone());
        u8::try_from(self.populations.len() - 1).expect("fewer than 256 populations")
    }

    fn hash(hasher: &DefaultHashBuilder, population: u8, reference: &[u8]) -> u64 {
        hasher.hash_one((population, reference))
    }

    /// The number of this person; a new one at the first appearance.
    pub(crate) fn number(&mut self, population: &PopulationId, person: &PersonRef) -> Dense {
        let population = self.population(population);
        self.number_of(population, person.as_str().as_bytes())
    }

    fn number_of(&mut self, population: u8, reference: &[u8]) -> Dense {
        let hash = Self::hash(&self.hasher, population, reference);
        let shard = shard_of(hash);
        let (chunks, groups) = (&self.chunks, &self.groups);
        let is_same = |dense: &Dense| record_at(chunks, groups, *dense) == (population, reference);
        if let Some(known) = self.shards[shard].find(hash, is_same) {
            return *known;
        }
        let dense = self.count;
        self.push(population, reference);
        let (chunks, groups, hasher) = (&self.chunks, &self.groups, &self.hasher);
        self.shards[shard].insert_unique(hash, dense, |dense| {
            let (population, reference) = record_at(chunks, groups, *dense);
            Self::hash(hasher, population, reference)
        });
        dense
    }

    fn push(&mut self, population: u8, reference: &[u8]) {
        let needed = (HEAD + 255) * GROUP;
        let starts_group = (self.count as usize).is_multiple_of(GROUP);
        // A group never spans two chunks: `record_at` walks it within one.
        if starts_group
            && self
                .chunks
                .last()
                .is_none_or(|chunk| chunk.len() + needed > CHUNK_BYTES)
        {
            self.chunks.push(Vec::with_capacity(CHUNK_BYTES));
        }
        let number = self.chunks.len() as u64 - 1;
        let chunk = self.chunks.last_mut().expect("pushed above");
        if starts_group {
            self.groups.push((number << 32) | chunk.len() as u64);
        }
        chunk.push(population);
        chunk.push(u8::try_from(reference.len()).expect("references have at most 128 bytes"));
        chunk.extend_from_slice(reference);
        self.count = self
            .count
            .checked_add(1)
            .expect("fewer than 4 billion persons");
    }

    /// The numbers of this person, one for each population that knows it.
    pub(crate) fn find(&self, person: &PersonRef) -> Vec<Dense> {
        let reference = person.as_str().as_bytes();
        let found = (0..self.populations.len()).filter_map(|population| {
            let population = u8::try_from(population).ok()?;
            let hash = Self::hash(&self.hasher, population, reference);
            let is_same = |dense: &Dense| {
                record_at(&self.chunks, &self.groups, *dense) == (population, reference)
            };
            self.shards[shard_of(hash)].find(hash, is_same).copied()
        });
        found.collect()
    }

    /// The reference and population of a number.
    pub(crate) fn name(&self, dense: Dense) -> (&PopulationId, PersonRef) {
        let (population, reference) = record_at(&self.chunks, &self.groups, dense);
        let text =
            std::str::from_utf8(reference).expect("records are written from references only");
        let person = PersonRef::parse(text).expect("records are written from references only");
        (&self.populations[usize::from(population)], person)
    }

    /// Appends the records from number `first` on to `out`.
    pub(crate) fn write_from(&self, first: Dense, out: &mut Vec<u8>) {
        for dense in first..self.count {
            let (population, reference) = record_at(&self.chunks, &self.groups, dense);
            out.push(population);
            out.push(reference.len() as u8);
            out.extend_from_slice(reference);
        }
    }

    /// Reads the `count` records that `write_from` wrote; `None` when they cannot be decoded, or a
    /// person occurs twice.
    pub(crate) fn read(bytes: &[u8], populations: Vec<PopulationId>, count: Dense) -> Option<Self> {
        let mut persons = Self {
            populations,
            ..Self::default()
        };
        let mut rest = bytes;
        // A record has at least three bytes, so a wrong count reserves no more than the file can
        // hold.
        let room = (count as usize).min(bytes.len() / 3) / SHARDS * 17 / 16;
        for shard in &mut persons.shards {
            shard.reserve(room, |_| unreachable!("an empty table has nothing to move"));
        }
        while !rest.is_empty() {
            let (head, after) = rest.split_first_chunk::<HEAD>()?;
            let (reference, after) = after.split_at_checked(usize::from(head[1]))?;
            let text = std::str::from_utf8(reference).ok()?;
            if usize::from(head[0]) >= persons.populations.len() || PersonRef::parse(text).is_err()
            {
                return None;
            }
            let next = persons.count;
            // A person who is found again would leave a number without a record.
            if persons.number_of(head[0], reference) != next {
                return None;
            }
            rest = after;
        }
        (persons.count == count).then_some(persons)
    }
}

fn shard_of(hash: u64) -> usize {
    // Other bits than the table uses itself, which are the lowest and the highest: otherwise all
    // persons of a shard would share them.
    (hash >> 40) as usize % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(text: &str) -> PersonRef {
        PersonRef::parse(text).unwrap()
    }

    fn population(text: &str) -> PopulationId {
        PopulationId::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_dense_and_found_again_after_a_restart() {
        let mut persons = Persons::default();
        let one = population("demandeurs");
        for number in 0..50_000u32 {
            assert_eq!(persons.number(&one, &person(&format!("P{number}"))), number);
        }
        assert_eq!(persons.number(&one, &person("P777")), 777);
        let other = persons.number(&population("entreprises"), &person("P777"));
        assert_eq!((other, persons.len()), (50_000, 50_001));
        assert_eq!(persons.find(&person("P777")), [777, 50_000]);
        assert!(persons.find(&person("P50000")).is_empty());
        let mut bytes = Vec::new();
        persons.write_from(0, &mut bytes);
        let again = Persons::read(&bytes, persons.populations().to_vec(), 50_001).unwrap();
        assert_eq!(again.len(), 50_001);
        for dense in [0, 7, 8, 9, 777, 49_999, 50_000] {
            assert_eq!(again.name(dense), persons.name(dense));
        }
        assert_eq!(again.find(&person("P777")), [777, 50_000]);
    }

    #[test]
    fn bytes_that_are_no_dictionary_are_refused() {
        let all = vec![population("demandeurs")];
        let read = |bytes: &[u8], count| Persons::read(bytes, all.clone(), count);
        assert!(read(&[0, 3, b'P'], 1).is_none(), "cut");
        assert!(read(&[1, 1, b'P'], 1).is_none(), "unknown population");
        assert!(read(&[0, 1, b'P', 0, 1, b'P'], 2).is_none(), "twice");
        assert!(read(&[0, 1, 0xff], 1).is_none(), "no text");
        assert!(read(&[0, 0], 1).is_none(), "empty");
        assert!(read(&[0, 1, b'P'], 2).is_none(), "another count");
        assert!(read(&[0, 1, b'P'], 1).is_some(), "sound");
    }
}
