//! Decoys: fictitious persons for the portal team to plant. One reading is evidence.
//!
//! An identifier is drawn in the shape of a real one, so that an attacker cannot recognise it.
//! Identifiers that Digue knows are avoided; whether the portal uses one otherwise, only the portal
//! can tell.

use std::collections::HashSet;

use digue_app::OperationError;
use digue_gateway::Portal;
use ring::rand::{SecureRandom as _, SystemRandom};

/// The most decoys in one call: a decoy works because it is rare.
pub(crate) const COUNT_MAX: usize = 1000;
/// Draws for each decoy before giving up: a shape with a check digit takes some.
const DRAWS: usize = 10_000;

/// Draws `count` identifiers in the shape of `like`, each in the portal's canonical form, none
/// `taken`.
///
/// Digits become digits and letters letters; everything else stays. Sorted as drawn.
pub fn draw(
    portal: &Portal,
    like: &str,
    count: usize,
    taken: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, OperationError> {
    let kind = &portal.kinds[portal.primary];
    // The example must be in canonical form itself: what is drawn keeps its separators and its
    // length.
    if kind.canonical(like).as_deref() != Some(like)
        || !like.bytes().any(|byte| byte.is_ascii_alphanumeric())
    {
        return Err(OperationError::Invalid("invalid-decoy-shape"));
    }
    if !(1..=COUNT_MAX).contains(&count) {
        return Err(OperationError::Invalid("invalid-decoy-count"));
    }
    let mut decoys = Vec::with_capacity(count);
    // The example counts as known: it is usually a real person.
    let mut known = HashSet::from([like.to_owned()]);
    for _ in 0..count.saturating_mul(DRAWS) {
        let drawn = one_like(like)?;
        // Drawn blindly and checked after: the check digit is the portal's own rule, which only
        // `canonical` knows.
        let is_written_so = kind.canonical(&drawn).as_deref() == Some(&*drawn);
        if is_written_so && !taken(&drawn) && known.insert(drawn.clone()) {
            decoys.push(drawn);
            if decoys.len() == count {
                return Ok(decoys);
            }
        }
    }
    Err(OperationError::Invalid("invalid-decoy-shape"))
}

fn one_like(like: &str) -> Result<String, OperationError> {
    let mut drawn = String::with_capacity(like.len());
    for sign in like.chars() {
        drawn.push(sign_like(sign)?);
    }
    Ok(drawn)
}

/// A digit for a digit, a letter for a letter; other signs stay.
fn sign_like(sign: char) -> Result<char, OperationError> {
    Ok(match sign {
        '0'..='9' => char::from(b'0' + below(10)?),
        'A'..='Z' => char::from(b'A' + below(26)?),
        'a'..='z' => char::from(b'a' + below(26)?),
        other => other,
    })
}

/// A uniform random number below `limit`.
fn below(limit: u8) -> Result<u8, OperationError> {
    // Bytes from the incomplete last range are drawn again: the remainder alone would prefer low
    // numbers.
    let whole = u8::MAX - u8::MAX % limit;
    loop {
        let mut byte = [0];
        SystemRandom::new()
            .fill(&mut byte)
            .map_err(|_| OperationError::Unavailable("no randomness".to_owned()))?;
        if byte[0] < whole {
            return Ok(byte[0] % limit);
        }
    }
}
