//! Versions of programs, compared number by number, and what an advisory's text says of them.

use std::cmp::Ordering;

/// A version as numbers; what follows another sign (`-beta`, `+build`, `~deb12`) is left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ProgramVersion(Vec<u64>);

impl ProgramVersion {
    /// `None` for a text that does not begin with a number: nothing can be compared.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        // An epoch of Debian packages: `1:9.6p1-2`.
        let text = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|one| one.is_ascii_digit()) => rest,
            _ => text,
        };
        let end = text
            .find(|sign: char| !(sign.is_ascii_digit() || sign == '.'))
            .unwrap_or(text.len());
        let numbers = text[..end].trim_matches('.').split('.');
        let numbers: Option<Vec<u64>> = numbers.map(|one| one.parse().ok()).collect();
        numbers.map(Self)
    }
}

impl Ord for ProgramVersion {
    /// `1.2` and `1.2.0` are the same version.
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        let at = |version: &Self, place: usize| version.0.get(place).copied().unwrap_or(0);
        (0..length)
            .map(|place| at(self, place).cmp(&at(other, place)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for ProgramVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
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
    pub(crate) fn concerns(&self, version: &ProgramVersion) -> bool {
        match self {
            Self::Before(bound) => version < bound,
            Self::Through(bound) => version <= bound,
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

/// The one bound that a text names. `None` where it names none, or several: which of them is meant
/// for which branch cannot be told.
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
            if let Some(version) = ProgramVersion::parse(word(&text[after..])) {
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
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
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
            ("1:2.3-4", "2.4"),
        ] {
            assert!(version(less) < version(more), "{less} {more}");
        }
        assert_eq!(version("1.2").cmp(&version("v1.2.0")), Ordering::Equal);
        for text in ["", "latest", "-1", "bookworm"] {
            assert_eq!(ProgramVersion::parse(text), None, "{text}");
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
        ] {
            assert_eq!(bound_of(text), None, "{text}");
        }
        assert!(through.concerns(&version("3.0")) && !before.concerns(&version("4.2.1")));
    }
}
