//! Why a gate was set, as a value in the program and as text in the store and in the journal.
//!
//! The text is the stored form and never changes. Whatever a person writes reads as the words of a
//! person: a text that would read as one of Digue's own reasons is stored behind `officer: `.

use std::fmt;

use crate::ids::FindingId;

/// Why a gate was set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GateReason {
    /// The words of a person.
    Officer(String),
    /// The holder of a new or recovered account is not confirmed.
    Quarantine,
    /// Detection found something; with the figures of its signals.
    Monitor { finding: FindingId, signals: String },
    /// A person gave the verdict that the finding was work.
    Cleared(FindingId),
}

const QUARANTINE: &str = "quarantine";
const OFFICER: &str = "officer: ";
/// Ids of findings begin so: without it, `watch out: ...` would be a finding.
const FINDING: &str = "fi-";

impl GateReason {
    /// The reason of a step of detection, with at most `chars_max` characters as text.
    pub fn monitor(finding: FindingId, signals: &str, chars_max: usize) -> Self {
        let head = Self::Monitor {
            finding: finding.clone(),
            signals: String::new(),
        }
        .to_string();
        let room = chars_max.saturating_sub(head.chars().count());
        Self::Monitor {
            finding,
            signals: signals.chars().take(room).collect(),
        }
    }

    /// Reads a stored reason. Never fails: what is none of Digue's own reasons was written by a
    /// person.
    pub fn parse(text: &str) -> Self {
        if let Some(own) = own(text) {
            return own;
        }
        let words = text
            .strip_prefix(OFFICER)
            .filter(|words| is_ambiguous(words));
        Self::Officer(words.unwrap_or(text).to_owned())
    }

    /// The finding that it refers to.
    pub const fn finding(&self) -> Option<&FindingId> {
        match self {
            Self::Monitor { finding, .. } | Self::Cleared(finding) => Some(finding),
            Self::Officer(_) | Self::Quarantine => None,
        }
    }
}

/// A reason that Digue writes.
fn own(text: &str) -> Option<GateReason> {
    if text == QUARANTINE {
        return Some(GateReason::Quarantine);
    }
    let finding = |id: &str| {
        FindingId::parse(id)
            .ok()
            .filter(|id| id.as_str().starts_with(FINDING))
    };
    if let Some(id) = text.strip_prefix("finding ") {
        return finding(id).map(GateReason::Cleared);
    }
    let (id, signals) = text.strip_prefix("watch ")?.split_once(": ")?;
    Some(GateReason::Monitor {
        finding: finding(id)?,
        signals: signals.to_owned(),
    })
}

/// True for words of a person that need the mark.
fn is_ambiguous(words: &str) -> bool {
    // Also for words that begin with the mark themselves: they would lose it when they are read
    // again.
    own(words).is_some() || words.strip_prefix(OFFICER).is_some_and(is_ambiguous)
}

impl fmt::Display for GateReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Officer(words) if is_ambiguous(words) => write!(f, "{OFFICER}{words}"),
            Self::Officer(words) => f.write_str(words),
            Self::Quarantine => f.write_str(QUARANTINE),
            Self::Monitor { finding, signals } => write!(f, "watch {finding}: {signals}"),
            Self::Cleared(finding) => write!(f, "finding {finding}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finding() -> FindingId {
        FindingId::parse("fi-1").unwrap()
    }

    #[test]
    fn each_reason_has_its_stored_text() {
        let signals = "pace 43/9 in 1 min".to_owned();
        for (text, reason) in [
            ("quarantine", GateReason::Quarantine),
            (
                "watch fi-1: pace 43/9 in 1 min",
                GateReason::Monitor {
                    finding: finding(),
                    signals,
                },
            ),
            ("finding fi-1", GateReason::Cleared(finding())),
            (
                "vol probable",
                GateReason::Officer("vol probable".to_owned()),
            ),
            (
                "watch out: a thief",
                GateReason::Officer("watch out: a thief".to_owned()),
            ),
            (
                "officer: on leave",
                GateReason::Officer("officer: on leave".to_owned()),
            ),
        ] {
            assert_eq!(reason.to_string(), text);
            assert_eq!(GateReason::parse(text), reason);
        }
    }

    #[test]
    fn an_officer_who_writes_quarantine_sets_none() {
        for words in [
            "quarantine",
            "watch fi-1: pace",
            "finding fi-1",
            "officer: quarantine",
        ] {
            let reason = GateReason::Officer(words.to_owned());
            assert_eq!(reason.to_string(), format!("officer: {words}"));
            assert_eq!(GateReason::parse(&reason.to_string()), reason);
        }
    }

    #[test]
    fn a_long_reason_of_detection_keeps_its_finding() {
        let reason = GateReason::monitor(finding(), &"é".repeat(900), 500);
        assert_eq!(reason.to_string().chars().count(), 500);
        assert_eq!(
            GateReason::parse(&reason.to_string()).finding(),
            Some(&finding())
        );
    }

    proptest! {
        #[test]
        fn what_a_person_writes_is_read_as_the_words_of_a_person(
            marks in 0_usize..3,
            head in "(quarantine|watch fi-[a-z]: |finding fi-[0-9]|watch |officer: )?",
            rest in "\\PC{0,8}",
        ) {
            let reason = GateReason::Officer(format!("{}{head}{rest}", OFFICER.repeat(marks)));
            prop_assert_eq!(GateReason::parse(&reason.to_string()), reason);
        }

        #[test]
        fn a_stored_reason_is_written_as_it_was_read(text in "(watch fi-1: |finding fi-|officer: )?\\PC{0,12}") {
            prop_assert_eq!(GateReason::parse(&text).to_string(), text);
        }
    }
}
