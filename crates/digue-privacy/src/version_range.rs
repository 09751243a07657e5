//! Versions of programs, compared number by number, and what an advisory's text says of them.

use std::cmp::Ordering;

/// A version as its parts: numbers, words (`p`, `rc`), and what stands between them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ProgramVersion(Vec<VersionPart>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum VersionPart {
    /// The last of `1.2`: its next part follows a dot.
    Number(u64),
    /// Small letters.
    Word(String),
    /// `-`, `+`, `~`, `_`: what follows may come before or after.
    Sign,
}

impl ProgramVersion {
    /// `None` for a text that does not begin with a number: nothing can be compared.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        // An epoch of Debian packages: `1:9.6p1-2`.
        let text = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|one| one.is_ascii_digit()) => rest,
            _ => text,
        };
        let mut parts = Vec::new();
        let mut rest = text.trim_end_matches('.');
        while let Some(first) = rest.chars().next() {
            let is_like = |sign: char| match first {
                _ if first.is_ascii_digit() => sign.is_ascii_digit(),
                _ => first.is_alphabetic() && sign.is_alphabetic(),
            };
            let end = rest.find(|sign: char| !is_like(sign)).unwrap_or(rest.len());
            let end = end.max(first.len_utf8());
            match first {
                '.' => {}
                _ if first.is_ascii_digit() => {
                    parts.push(VersionPart::Number(rest[..end].parse().ok()?));
                }
                _ if first.is_alphabetic() => {
                    parts.push(VersionPart::Word(rest[..end].to_lowercase()));
                }
                _ => parts.push(VersionPart::Sign),
            }
            rest = &rest[end..];
        }
        matches!(parts.first(), Some(VersionPart::Number(_))).then_some(Self(parts))
    }

    /// Which of two comes first; `None` where their numbers do not tell. `1.2-beta` may come before
    /// `1.2` or after it, and so may `1.2p1`: makers do not agree.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        let mut place = 0;
        loop {
            match (self.0.get(place), other.0.get(place)) {
                (None, None) => return Some(Ordering::Equal),
                (Some(VersionPart::Number(one)), Some(VersionPart::Number(two))) if one != two => {
                    return Some(one.cmp(two));
                }
                // `1.1.1k` and `1.1.1l`.
                (Some(VersionPart::Word(one)), Some(VersionPart::Word(two))) if one != two => {
                    return (one.len() == 1 && two.len() == 1).then(|| one.cmp(two));
                }
                (Some(one), Some(two)) if one == two => place += 1,
                (None, Some(_)) => return other.exceeds(place).map(Ordering::reverse),
                (Some(_), None) => return self.exceeds(place),
                (Some(_), Some(_)) => return None,
            }
        }
    }

    /// How this version stands to its own first `length` parts.
    fn exceeds(&self, length: usize) -> Option<Ordering> {
        for part in &self.0[length..] {
            match part {
                // `1.2` and `1.2.0` are the same version.
                VersionPart::Number(0) => {}
                VersionPart::Number(_) => return Some(Ordering::Greater),
                VersionPart::Word(_) | VersionPart::Sign => return None,
            }
        }
        Some(Ordering::Equal)
    }
}

/// The bound that a text names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum VersionBound {
    /// Versions before this one are concerned.
    Before(ProgramVersion),
    /// This one and those before it are.
    Through(ProgramVersion),
}

impl VersionBound {
    /// `None` where the two cannot be compared.
    pub(crate) fn concerns(&self, version: &ProgramVersion) -> Option<bool> {
        match self {
            Self::Before(bound) => version.compare(bound).map(Ordering::is_lt),
            Self::Through(bound) => version.compare(bound).map(Ordering::is_le),
        }
    }
}

/// What begins a bound, and whether the version that follows is itself concerned.
const BEGINNINGS: [(&str, bool); 5] = [
    ("prior to version ", false),
    ("before version ", false),
    ("prior to ", false),
    ("before ", false),
    ("through ", true),
];

/// What follows a bound.
const ENDINGS: [&str; 4] = [" and earlier", " and prior", " and below", " or earlier"];

/// The one bound that a text names. `None` where it names none, or another version beside it: which of
/// them is meant for which branch cannot be told.
pub(crate) fn bound_of(text: &str) -> Option<VersionBound> {
    let text = text.to_lowercase();
    let mut found: Vec<VersionBound> = Vec::new();
    let mut taken: Vec<usize> = Vec::new();
    for (beginning, is_included) in BEGINNINGS {
        for (place, _) in text.match_indices(beginning) {
            let after = place + beginning.len();
            // "prior to version 3" holds "version 3" once.
            if taken.contains(&after) {
                continue;
            }
            // "before 2 patches" counts patches.
            let is_named = beginning.ends_with("version ");
            let word = word(&text[after..]);
            if let Some(version) =
                ProgramVersion::parse(word).filter(|_| is_named || is_version(word))
            {
                taken.push(after);
                found.push(match is_included {
                    true => VersionBound::Through(version),
                    false => VersionBound::Before(version),
                });
            }
        }
    }
    for ending in ENDINGS {
        for (place, _) in text.match_indices(ending) {
            let before = text[..place].rsplit(' ').next().unwrap_or_default();
            found.extend(ProgramVersion::parse(before).map(VersionBound::Through));
        }
    }
    let versions = text
        .split_whitespace()
        .filter(|word| is_version(word))
        .count();
    match found.as_slice() {
        [one] if versions <= 1 => Some(one.clone()),
        _ => None,
    }
}

/// True for `9.6p1` and `9.x`, and not for a plain number.
fn is_version(word: &str) -> bool {
    let word = word.trim_matches(['(', ')', ',', ';', '.']);
    let word = word.trim_start_matches(['v', 'V']);
    word.starts_with(|sign: char| sign.is_ascii_digit()) && word.contains('.')
}

fn word(text: &str) -> &str {
    let end = text
        .find(|sign: char| sign.is_whitespace() || matches!(sign, ',' | ';' | ')'))
        .unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> ProgramVersion {
        ProgramVersion::parse(text).unwrap()
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (less, more) in [
            ("1.9", "1.10"),
            ("2", "2.0.1"),
            ("9.6p1", "9.7"),
            ("9.6p1", "9.6p2"),
            ("1:2.3-4", "2.4"),
            ("1.1.1k", "1.1.1l"),
            ("13.1-37.38", "13.1-49.13"),
            ("21.2R1", "21.2R3-S7"),
            ("1.1.1n-0+deb11u5", "1.1.1o"),
        ] {
            let (one, two) = (version(less), version(more));
            assert_eq!(one.compare(&two), Some(Ordering::Less), "{less} {more}");
            assert_eq!(two.compare(&one), Some(Ordering::Greater), "{less} {more}");
        }
        assert_eq!(
            version("1.2").compare(&version("v1.2.0")),
            Some(Ordering::Equal)
        );
        for text in ["", "latest", "-1", "bookworm"] {
            assert_eq!(ProgramVersion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_makers_write_differently_is_not_compared() {
        for (one, two) in [
            ("1.2-beta", "1.2"),
            ("1.2p1", "1.2"),
            ("1.0~rc1", "1.0"),
            ("1.1.1n-0+deb11u5", "1.1.1n"),
            ("1.2rc1", "1.2beta2"),
            ("3.0.x", "3.0.4"),
        ] {
            assert_eq!(version(one).compare(&version(two)), None, "{one} {two}");
            assert_eq!(version(two).compare(&version(one)), None, "{one} {two}");
        }
    }

    proptest::proptest! {
        /// Beyond a bound is said of what is beyond it by its numbers, never of a suffix.
        #[test]
        fn a_suffix_takes_no_version_out_of_a_bound(
            numbers in proptest::collection::vec(0_u64..30, 1..4),
            sign in proptest::sample::select(vec!["-", "+", "~", "_", "p", "rc", "-beta.", "R", "a"]),
            number in 0_u64..30,
        ) {
            let plain = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
            let suffixed = version(&format!("{plain}{sign}{number}"));
            for bound in [VersionBound::Before(version(&plain)), VersionBound::Through(version(&plain))] {
                proptest::prop_assert_ne!(bound.concerns(&suffixed), Some(false));
            }
        }
    }

    #[test]
    fn one_bound_is_read_and_several_decide_nothing() {
        let before = VersionBound::Before(version("4.2.1"));
        for text in [
            "Widget before 4.2.1 allows",
            "in Widget prior to version 4.2.1, which",
            "versions prior to 4.2.1.",
        ] {
            assert_eq!(bound_of(text), Some(before.clone()), "{text}");
        }
        let through = VersionBound::Through(version("3.0"));
        for text in ["Widget 3.0 and earlier contain", "through 3.0"] {
            assert_eq!(bound_of(text), Some(through.clone()), "{text}");
        }
        for text in [
            "contains a command injection vulnerability",
            "Widget 2 before 2.8 and Widget 3 before 3.1",
            "an attacker before authentication",
            "existed before 2 patches",
            "Widget 9.x before 9.0.5",
        ] {
            assert_eq!(bound_of(text), None, "{text}");
        }
        assert_eq!(through.concerns(&version("3.0")), Some(true));
        assert_eq!(before.concerns(&version("4.2.1")), Some(false));
        assert_eq!(before.concerns(&version("4.2.1-2")), None);
    }
}
