//! Packed columns: the smallest number, then each difference from it in as few bits as the largest
//! needs.

/// Bytes after the last number, so that every number can be read as one word of eight bytes.
const PAD: usize = 8;

/// Appends `values` to `out`.
pub(crate) fn pack(values: &[u32], out: &mut Vec<u8>) {
    let least = values.iter().copied().min().unwrap_or(0);
    let most = values.iter().copied().max().unwrap_or(0);
    let width = 32 - (most - least).leading_zeros();
    out.extend_from_slice(&least.to_le_bytes());
    out.push(u8::try_from(width).expect("a u32 has at most 32 bits"));
    let (mut held, mut count) = (0u64, 0);
    for value in values {
        held |= u64::from(value - least) << count;
        count += width;
        while count >= 8 {
            out.push((held & 0xff) as u8);
            held >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        out.push((held & 0xff) as u8);
    }
    out.extend_from_slice(&[0; PAD]);
}

/// A packed column, read in place.
#[derive(Clone, Copy)]
pub(crate) struct PackedColumn<'b> {
    least: u32,
    width: usize,
    bytes: &'b [u8],
}

impl<'b> PackedColumn<'b> {
    /// The column of `count` numbers at the start of `bytes`, and the bytes after it; `None` when
    /// there are not enough.
    pub(crate) fn split(bytes: &'b [u8], count: usize) -> Option<(Self, &'b [u8])> {
        let (least, rest) = bytes.split_first_chunk::<4>()?;
        let (width, rest) = rest.split_first()?;
        let width = usize::from(*width);
        if width > 32 {
            return None;
        }
        let (bytes, rest) = rest.split_at_checked((count * width).div_ceil(8) + PAD)?;
        Some((
            Self {
                least: u32::from_le_bytes(*least),
                width,
                bytes,
            },
            rest,
        ))
    }

    #[inline]
    pub(crate) fn at(&self, place: usize) -> u32 {
        let bit = place * self.width;
        // 32 bits that begin within a byte take at most 39: one word always has them all.
        let word: [u8; 8] = self.bytes[bit / 8..bit / 8 + 8]
            .try_into()
            .expect("a slice of eight bytes");
        let mask = (1u64 << self.width) - 1;
        let difference = (u64::from_le_bytes(word) >> (bit % 8)) & mask;
        // Wrapping: bytes that were damaged before their checksum was made give a wrong number, and
        // no panic.
        self.least.wrapping_add(difference as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_what_was_packed(values in proptest::collection::vec(any::<u32>(), 0..200), shift in 0u32..32) {
            let values: Vec<u32> = values.into_iter().map(|value| value >> shift).collect();
            let mut bytes = Vec::new();
            pack(&values, &mut bytes);
            bytes.push(7);
            let (column, rest) = PackedColumn::split(&bytes, values.len()).unwrap();
            prop_assert_eq!(rest, &[7]);
            for (place, value) in values.iter().enumerate() {
                prop_assert_eq!(column.at(place), *value);
            }
        }
    }

    #[test]
    fn bytes_that_are_too_few_are_no_column() {
        let mut bytes = Vec::new();
        pack(&[1, 2, 3], &mut bytes);
        assert!(PackedColumn::split(&bytes[..bytes.len() - 1], 3).is_none());
        assert!(PackedColumn::split(&[], 0).is_none());
        bytes[4] = 33;
        assert!(PackedColumn::split(&bytes, 3).is_none());
    }
}
