//! What acts of the ISMS hold, where the comparison of stored records reads it again: one type for
//! the writer and the readers.
//!
//! The texts are the stored form in the journal and never change.

use std::fmt;

use digue_app::files::sha256;
use digue_isms::CheckOutcome;
use digue_store::RevisionRecord;
use digue_types::Timestamp;

/// A revision as the journal holds it: `measure 3 HASH`, with ` over` at the end of the record. The
/// texts, which may name persons, stay in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RevisionHash {
    pub(super) kind: String,
    pub(super) number: u32,
    /// SHA-256 of the content, hexadecimal.
    pub(super) hash: String,
    pub(super) is_over: bool,
}

impl RevisionHash {
    pub(super) fn of(record: &RevisionRecord) -> Self {
        let (kind, hash) = (record.kind.clone(), sha256(&record.content));
        Self {
            kind,
            number: record.number,
            hash,
            is_over: record.is_over,
        }
    }

    /// `None` for a text of another form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let (kind, number, hash, is_over) = match words[..] {
            [kind, number, hash] => (kind, number, hash, false),
            [kind, number, hash, "over"] => (kind, number, hash, true),
            _ => return None,
        };
        Some(Self {
            kind: kind.to_owned(),
            number: number.parse().ok()?,
            hash: hash.to_owned(),
            is_over,
        })
    }
}

impl fmt::Display for RevisionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.is_over { " over" } else { "" };
        write!(f, "{} {} {}{end}", self.kind, self.number, self.hash)
    }
}

/// The result of a check: `pass HASH`.
pub(super) struct CheckHash {
    pub(super) outcome: CheckOutcome,
    /// SHA-256 of `CheckResult::canonical`, hexadecimal.
    pub(super) hash: String,
}

impl fmt::Display for CheckHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.outcome.code(), self.hash)
    }
}

/// What a switch makes of a check: `off until 2026-12-01T00:00:00Z`, or `on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckSwitch {
    On,
    OffUntil(Timestamp),
}

impl CheckSwitch {
    /// A date that has passed at `now` enables the check.
    pub(super) fn at(now: Timestamp, until: Timestamp) -> Self {
        if until > now {
            Self::OffUntil(until)
        } else {
            Self::On
        }
    }
}

impl fmt::Display for CheckSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On => f.write_str("on"),
            Self::OffUntil(until) => write!(f, "off until {until}"),
        }
    }
}

/// A review of rights as it was opened: `accounts:12 due:2026-12-01T00:00:00Z`.
pub(super) struct OpenedReview {
    pub(super) accounts: usize,
    pub(super) due_at: Timestamp,
}

impl fmt::Display for OpenedReview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "accounts:{} due:{}", self.accounts, self.due_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_the_journal_stay() {
        let due_at = Timestamp::parse_rfc3339("2026-12-01T00:00:00Z").unwrap();
        let hash = || "ab".to_owned();
        let revision = RevisionHash {
            kind: "measure".to_owned(),
            number: 3,
            hash: hash(),
            is_over: false,
        };
        for (written, text) in [
            (revision.to_string(), "measure 3 ab"),
            (
                RevisionHash {
                    is_over: true,
                    ..revision
                }
                .to_string(),
                "measure 3 ab over",
            ),
            (
                CheckHash {
                    outcome: CheckOutcome::Pass,
                    hash: hash(),
                }
                .to_string(),
                "pass ab",
            ),
            (
                CheckSwitch::at(Timestamp::ZERO, due_at).to_string(),
                "off until 2026-12-01T00:00:00Z",
            ),
            (CheckSwitch::at(due_at, due_at).to_string(), "on"),
            (
                OpenedReview {
                    accounts: 12,
                    due_at,
                }
                .to_string(),
                "accounts:12 due:2026-12-01T00:00:00Z",
            ),
        ] {
            assert_eq!(written, text);
            let read = RevisionHash::parse(text).map(|revision| revision.to_string());
            assert!(read.is_none_or(|read| read == text), "{text}");
        }
        assert!(RevisionHash::parse("measure 3 ab over").unwrap().is_over);
        assert_eq!(RevisionHash::parse("measure three ab"), None);
    }
}
