//! How far the bytes of a document go on without meaning: the plain bytes of a string, and white
//! space. Sixteen at a time, in the vector registers that every processor of the architecture has.

use wide::u8x16;

/// Number of bytes from the start that are neither quote, backslash nor control character.
#[inline]
pub(super) fn plain_bytes(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk() {
        let special = special_places(block);
        if special != 0 {
            return bytes.len() - rest.len() + special.trailing_zeros() as usize;
        }
        rest = after;
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes.len() - rest.len() + rest.iter().take_while(is_plain).count()
}

/// One bit for each byte that ends a run of plain ones, the first byte lowest.
#[inline]
fn special_places(block: &[u8; 16]) -> u32 {
    let block = u8x16::from(*block);
    let is = |byte: u8| block.simd_eq(u8x16::splat(byte));
    // There is no unsigned comparison on x86-64, but an unsigned minimum.
    let is_control = block.min(u8x16::splat(0x1f)).simd_eq(block);
    (is(b'"') | is(b'\\') | is_control).to_bitmask()
}

/// Number of bytes from the start that are white space.
#[inline]
pub(super) fn white_bytes(bytes: &[u8]) -> usize {
    let mut white = 0;
    while let Some(block) = bytes[white..].first_chunk() {
        let other = other_places(block);
        if other != 0 {
            return white + other.trailing_zeros() as usize;
        }
        white += 16;
    }
    white
        + bytes[white..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
            .count()
}

/// One bit for each byte that is no white space, the first byte lowest.
#[inline]
fn other_places(block: &[u8; 16]) -> u32 {
    let block = u8x16::from(*block);
    let is = |byte: u8| block.simd_eq(u8x16::splat(byte));
    !(is(b' ') | is(b'\n') | is(b'\r') | is(b'\t')).to_bitmask() & 0xffff
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_are_those_of_the_definition(
            bytes in proptest::collection::vec(
                prop_oneof![
                    any::<u8>(), 0x1eu8..0x24, Just(b'\\'), Just(0x5d), Just(0xa2), 0x20u8..0x7f, Just(b' '), Just(b'\n')
                ],
                0..40,
            ),
            far in 0usize..120,
        ) {
            let plain = [vec![b'x'; far], bytes.clone()].concat();
            let expected = plain.iter().take_while(|b| !matches!(b, b'"' | b'\\' | 0..0x20)).count();
            prop_assert_eq!(plain_bytes(&plain), expected);
            let white = [vec![b' '; far], bytes].concat();
            let expected = white.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t')).count();
            prop_assert_eq!(white_bytes(&white), expected);
        }
    }
}
