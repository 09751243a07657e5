//! Rows, and the blocks of one account's rows of which a segment consists.
//!
//! Encoding only: which blocks a question needs is `segment`'s task.

use crate::bits::{self, PackedColumn};
use crate::persons::Dense;

/// Stands for no person: the one row of a response that showed nobody.
pub(crate) const NOBODY: Dense = Dense::MAX;

/// Rows in one block.
pub(crate) const BLOCK_ROWS: usize = 1024;

/// One person shown in one response, or a response that showed nobody ([`NOBODY`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExposureRow {
    pub(crate) account: u32,
    pub(crate) person: Dense,
    /// Seconds since 1970.
    pub(crate) at: u32,
    pub(crate) entry: u64,
    pub(crate) context: u32,
    /// Number of the session and address in the list of the chunk or block.
    pub(crate) origin: u32,
    /// Persons found in a response that showed nobody, because it was refused.
    pub(crate) found: u32,
}

/// The session and the address from which it was used; empty where they are not known.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct ExposureOrigin {
    pub(crate) session: Box<str>,
    pub(crate) ip: Box<str>,
}

/// Appends the persons of rows, as plain words. Most questions need nothing else, so the persons of
/// all blocks of an account are stored together and apart from the other columns.
pub(crate) fn write_persons(rows: &[ExposureRow], out: &mut Vec<u8>) {
    for row in rows {
        out.extend_from_slice(&row.person.to_le_bytes());
    }
}

/// Appends the columns of a block.
///
/// `rows` are of one account, in order of time; `entry_base` is at or below their entries;
/// `origin_of` resolves their `origin`.
pub(crate) fn write<'o>(
    rows: &[ExposureRow],
    entry_base: u64,
    origin_of: impl Fn(u32) -> &'o ExposureOrigin,
    out: &mut Vec<u8>,
) {
    let column = |values: &mut dyn Iterator<Item = u32>, out: &mut Vec<u8>| {
        bits::pack(&values.collect::<Vec<u32>>(), out);
    };
    column(&mut rows.iter().map(|row| row.at), out);
    let relative = |row: &ExposureRow| {
        u32::try_from(row.entry - entry_base).expect("a segment has < 2^32 entries")
    };
    column(&mut rows.iter().map(relative), out);
    let mut contexts: Vec<u32> = Vec::new();
    column(
        &mut rows.iter().map(|row| place_in(&mut contexts, row.context)),
        out,
    );
    let mut origins: Vec<&ExposureOrigin> = Vec::new();
    column(
        &mut rows
            .iter()
            .map(|row| place_in(&mut origins, origin_of(row.origin))),
        out,
    );
    column(&mut rows.iter().map(|row| row.found), out);
    // 16 bits are enough: a block has 1,024 rows, and no more contexts or origins than rows.
    out.extend_from_slice(&(contexts.len() as u16).to_le_bytes());
    contexts
        .iter()
        .for_each(|context| out.extend_from_slice(&context.to_le_bytes()));
    out.extend_from_slice(&(origins.len() as u16).to_le_bytes());
    for origin in origins {
        for text in [&origin.session, &origin.ip] {
            // Names have at most 96 bytes of UTF-8, and no address is longer than 255.
            let bytes = &text.as_bytes()[..text.len().min(255)];
            out.push(bytes.len() as u8);
            out.extend_from_slice(bytes);
        }
    }
}

/// The index of `item` in the list, to which it is added when it is new.
fn place_in<T: PartialEq>(list: &mut Vec<T>, item: T) -> u32 {
    // From the end: consecutive rows mostly have the same item, and the list is short.
    let known = list.iter().rposition(|known| *known == item);
    let place = known.unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    });
    place as u32
}

/// A block, read in place.
pub(crate) struct ExposureBlock<'b> {
    account: u32,
    entry_base: u64,
    persons: &'b [[u8; 4]],
    at: PackedColumn<'b>,
    entry: PackedColumn<'b>,
    context: PackedColumn<'b>,
    origin: PackedColumn<'b>,
    found: PackedColumn<'b>,
    contexts: &'b [[u8; 4]],
    origins: &'b [u8],
    origin_count: usize,
}

impl<'b> ExposureBlock<'b> {
    /// The block with these persons and columns; `None` when they cannot be decoded.
    pub(crate) fn read(
        persons: &'b [u8],
        columns: &'b [u8],
        account: u32,
        entry_base: u64,
    ) -> Option<Self> {
        let (persons, _) = persons.as_chunks::<4>();
        let count = persons.len();
        let (at, rest) = PackedColumn::split(columns, count)?;
        let (entry, rest) = PackedColumn::split(rest, count)?;
        let (context, rest) = PackedColumn::split(rest, count)?;
        let (origin, rest) = PackedColumn::split(rest, count)?;
        let (found, rest) = PackedColumn::split(rest, count)?;
        let (contexts, rest) = rest.split_first_chunk::<2>()?;
        let (contexts, rest) =
            rest.split_at_checked(usize::from(u16::from_le_bytes(*contexts)) * 4)?;
        let (origins, rest) = rest.split_first_chunk::<2>()?;
        let (contexts, _) = contexts.as_chunks::<4>();
        let block = Self {
            account,
            entry_base,
            persons,
            at,
            entry,
            context,
            origin,
            found,
            contexts,
            origins: rest,
            origin_count: usize::from(u16::from_le_bytes(*origins)),
        };
        Some(block)
    }

    pub(crate) fn len(&self) -> usize {
        self.persons.len()
    }

    #[inline]
    pub(crate) fn person(&self, place: usize) -> Dense {
        Dense::from_le_bytes(self.persons[place])
    }

    pub(crate) fn person_bytes(&self, place: usize) -> &[u8; 4] {
        &self.persons[place]
    }

    #[inline]
    pub(crate) fn at(&self, place: usize) -> u32 {
        self.at.at(place)
    }

    pub(crate) fn row(&self, place: usize) -> ExposureRow {
        ExposureRow {
            account: self.account,
            person: self.person(place),
            at: self.at(place),
            entry: self.entry_base + u64::from(self.entry.at(place)),
            // The checksum was verified, so a number out of range was written that way: no panic
            // for it.
            context: self
                .contexts
                .get(self.context.at(place) as usize)
                .map_or(0, |c| u32::from_le_bytes(*c)),
            origin: self.origin.at(place),
            found: self.found.at(place),
        }
    }

    /// The sessions and addresses of the block; `None` when they cannot be decoded.
    pub(crate) fn origins(&self) -> Option<Vec<ExposureOrigin>> {
        let mut rest = self.origins;
        let mut take = || {
            let (length, after) = rest.split_first()?;
            let (text, after) = after.split_at_checked(usize::from(*length))?;
            rest = after;
            Some(Box::from(std::str::from_utf8(text).ok()?))
        };
        (0..self.origin_count)
            .map(|_| {
                Some(ExposureOrigin {
                    session: take()?,
                    ip: take()?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(place: u32) -> ExposureRow {
        ExposureRow {
            account: 5,
            person: if place == 3 { NOBODY } else { place * 77 },
            at: 1_763_000_000 + place * 10,
            entry: 1000 + u64::from(place / 2),
            context: place % 3 + 40,
            origin: place % 2,
            found: if place == 3 { 200 } else { 0 },
        }
    }

    #[test]
    fn reads_what_it_wrote() {
        let rows: Vec<ExposureRow> = (0..300).map(row).collect();
        let origins = [
            ExposureOrigin {
                session: "s1".into(),
                ip: "192.0.2.1".into(),
            },
            ExposureOrigin {
                session: "s2".into(),
                ip: "".into(),
            },
        ];
        let (mut persons, mut bytes) = (Vec::new(), Vec::new());
        write_persons(&rows, &mut persons);
        write(&rows, 1000, |number| &origins[number as usize], &mut bytes);
        let block = ExposureBlock::read(&persons, &bytes, 5, 1000).unwrap();
        let again: Vec<ExposureRow> = (0..block.len()).map(|place| block.row(place)).collect();
        assert_eq!(again, rows);
        assert_eq!(block.origins().unwrap(), origins);
        for length in 0..bytes.len() {
            let cut = ExposureBlock::read(&persons, &bytes[..length], 5, 1000);
            assert!(
                cut.is_none_or(|block| block.origins().is_none()),
                "cut at {length}"
            );
        }
    }
}
