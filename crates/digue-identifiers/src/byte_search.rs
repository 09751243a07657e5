//! The first byte of a kind in many, sixteen at a time.

use wide::u8x16;

/// The first byte of a kind; `places` sets the highest bit of each such byte.
#[inline]
pub(crate) fn first_place(
    bytes: &[u8],
    places: impl Fn(u8x16) -> u8x16,
    is_one: impl Fn(&u8) -> bool,
) -> Option<usize> {
    let in_block = |block: &[u8; 16]| places(u8x16::from(*block));
    let (groups, rest) = bytes.as_chunks::<64>();
    for (number, group) in groups.iter().enumerate() {
        // One question for four blocks: most hold none.
        let (blocks, _) = group.as_chunks::<16>();
        let any = blocks
            .iter()
            .fold(u8x16::splat(0), |any, block| any | in_block(block));
        if any.to_bitmask() != 0 {
            let bits = blocks.iter().rev().fold(0, |bits, block| {
                bits << 16 | u64::from(in_block(block).to_bitmask())
            });
            return Some(64 * number + bits.trailing_zeros() as usize);
        }
    }
    rest.iter()
        .position(is_one)
        .map(|place| 64 * groups.len() + place)
}
