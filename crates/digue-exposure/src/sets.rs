//! Sets of persons. In memory one bit for each; on disk, for the distinct persons of each hour,
//! containers of 65,536 numbers, each a list while it is sparse and bits when it is not (as in
//! Roaring bitmaps).

use crate::persons::Dense;

/// Words of one container.
const CONTAINER_WORDS: usize = 1024;
/// Greatest length of a list: 4,096 numbers of two bytes take as much as the 65,536 bits.
const LIST_MAX: usize = 4096;

/// A set of persons in memory.
#[derive(Default, Clone)]
pub(crate) struct PersonSet {
    words: Vec<u64>,
}

impl PersonSet {
    /// An empty set for persons below `count`.
    pub(crate) fn new(count: Dense) -> Self {
        let containers = (count as usize).div_ceil(1 << 16);
        Self {
            words: vec![0; containers * CONTAINER_WORDS],
        }
    }

    #[inline]
    pub(crate) fn insert(&mut self, person: Dense) {
        let place = person as usize / 64;
        // Numbers beyond the end, `NOBODY` among them, are ignored.
        if let Some(word) = self.words.get_mut(place) {
            *word |= 1 << (person % 64);
        }
    }

    /// `insert` for a row that may show nobody.
    pub(crate) fn insert_person(&mut self, person: Dense) {
        if person != crate::block::NOBODY {
            self.insert(person);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Ascending.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Dense> + '_ {
        self.words.iter().enumerate().flat_map(|(place, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    place as Dense * 64 + bit
                })
            })
        })
    }

    /// Adds sets that `write` wrote; `None` when one cannot be decoded. Goes through all sets one
    /// container at a time: its 8 KiB of bits stay in the nearest cache.
    pub(crate) fn add_all(&mut self, mut sets: Vec<&[u8]>) -> Option<()> {
        for (key, words) in self.words.chunks_exact_mut(CONTAINER_WORDS).enumerate() {
            for set in &mut sets {
                if let Some((head, body)) = set.split_first_chunk::<4>() {
                    let [low, high, count_low, count_high] = *head;
                    if usize::from(u16::from_le_bytes([low, high])) != key {
                        continue;
                    }
                    let count = usize::from(u16::from_le_bytes([count_low, count_high])) + 1;
                    *set = add_container(words, body, count)?;
                }
            }
        }
        // A set with containers beyond the end belongs to another dictionary.
        sets.iter().all(|set| set.is_empty()).then_some(())
    }
}

/// Adds one container; returns the bytes after it.
fn add_container<'s>(words: &mut [u64], body: &'s [u8], count: usize) -> Option<&'s [u8]> {
    if count <= LIST_MAX {
        let (list, rest) = body.split_at_checked(count * 2)?;
        for value in list.as_chunks::<2>().0 {
            let value = usize::from(u16::from_le_bytes(*value));
            words[value / 64] |= 1 << (value % 64);
        }
        return Some(rest);
    }
    let (bits, rest) = body.split_at_checked(CONTAINER_WORDS * 8)?;
    for (word, bytes) in words.iter_mut().zip(bits.as_chunks::<8>().0) {
        *word |= u64::from_le_bytes(*bytes);
    }
    Some(rest)
}

/// Appends the set of `persons`, which ascend without repeats.
pub(crate) fn write(persons: &[Dense], out: &mut Vec<u8>) {
    for container in persons.chunk_by(|a, b| a >> 16 == b >> 16) {
        out.extend_from_slice(&((container[0] >> 16) as u16).to_le_bytes());
        out.extend_from_slice(&((container.len() - 1) as u16).to_le_bytes());
        if container.len() <= LIST_MAX {
            container
                .iter()
                .for_each(|person| out.extend_from_slice(&(*person as u16).to_le_bytes()));
        } else {
            let mut words = [0u64; CONTAINER_WORDS];
            for person in container {
                let value = usize::from(*person as u16);
                words[value / 64] |= 1 << (value % 64);
            }
            words
                .iter()
                .for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_union_of_written_sets_is_the_union(
            sets in proptest::collection::vec(proptest::collection::btree_set(0u32..300_000, 0..200), 0..6),
            dense_from in 0u32..100_000, dense_count in 0u32..9_000,
        ) {
            let mut all: Vec<BTreeSet<u32>> = sets;
            all.push((dense_from..dense_from + dense_count).collect());
            let written: Vec<Vec<u8>> = all.iter().map(|set| {
                let mut bytes = Vec::new();
                write(&set.iter().copied().collect::<Vec<_>>(), &mut bytes);
                bytes
            }).collect();
            let mut union = PersonSet::new(300_000);
            union.add_all(written.iter().map(Vec::as_slice).collect()).unwrap();
            let expected: BTreeSet<u32> = all.into_iter().flatten().collect();
            prop_assert_eq!(union.len(), expected.len());
            prop_assert_eq!(union.iter().collect::<BTreeSet<u32>>(), expected);
        }
    }

    #[test]
    fn a_set_that_is_cut_does_not_read() {
        let mut bytes = Vec::new();
        write(&[1, 2, 70_000], &mut bytes);
        for length in 1..bytes.len() {
            let mut set = PersonSet::new(100_000);
            assert!(
                set.add_all(vec![&bytes[..length]]).is_none() || length == 8,
                "cut at {length}"
            );
        }
        // A number beyond the last person.
        assert!(PersonSet::new(10).add_all(vec![&bytes]).is_none());
    }
}
