//! Audit samples that an auditor can draw again: the same population and seed give the same names.
//!
//! The algorithm is part of the evidence: changing it would make earlier samples impossible to
//! repeat.

/// Draws `size` distinct names, in sorted order. The population is sorted first, so that its order
/// does not matter; the draw is splitmix64 with Floyd's method.
pub fn sample(population: &[String], seed: u64, size: usize) -> Vec<String> {
    let mut sorted: Vec<&String> = population.iter().collect();
    sorted.sort();
    sorted.dedup();
    if size >= sorted.len() {
        return sorted.into_iter().cloned().collect();
    }
    let mut state = seed;
    let mut chosen: Vec<usize> = Vec::with_capacity(size);
    for last in sorted.len() - size..sorted.len() {
        // The bias of the remainder is below 2^-32 for any population of accounts.
        let drawn = (next(&mut state) % (last as u64 + 1)) as usize;
        chosen.push(if chosen.contains(&drawn) { last } else { drawn });
    }
    chosen.sort_unstable();
    chosen
        .into_iter()
        .map(|place| sorted[place].clone())
        .collect()
}

/// splitmix64 (Steele, Lea and Flood, 2014): short enough to write again in any language. No secret
/// depends on it.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_same_seed_draws_the_same_names(count in 0_usize..300, seed: u64, size in 0_usize..40) {
            let mut population: Vec<String> = (0..count).map(|number| format!("a{number}")).collect();
            let drawn = sample(&population, seed, size);
            population.reverse();
            prop_assert_eq!(&sample(&population, seed, size), &drawn);
            prop_assert_eq!(drawn.len(), size.min(count));
            let mut distinct = drawn.clone();
            distinct.sort();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), drawn.len());
        }
    }
}
