//! What acts hold before and after, where a program reads it again: one type for the writer and the
//! readers.
//!
//! The texts are the stored form in the journal and never change.

use std::fmt;

use digue_access::{AccountRecord, Role};
use digue_detection::Weight;
use digue_store::FindingRecord;
use digue_types::{OrganisationId, Timestamp};

/// Where an account stands: `of-1 agent`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountPlace {
    pub organisation: OrganisationId,
    pub role: Role,
}

impl AccountPlace {
    pub fn of(record: &AccountRecord) -> Self {
        Self {
            organisation: record.organisation.clone(),
            role: record.role,
        }
    }

    /// `None` for a text of another form.
    pub fn parse(text: &str) -> Option<Self> {
        let (_, role) = text.split_once(' ')?;
        Some(Self {
            organisation: Self::organisation_in(text)?,
            role: Role::parse(role)?,
        })
    }

    /// The organisation alone: an entry of another version may have a role that this one does not
    /// know.
    pub fn organisation_in(text: &str) -> Option<OrganisationId> {
        text.split(' ').next()?.parse().ok()
    }
}

impl fmt::Display for AccountPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.organisation, self.role.code())
    }
}

/// The finding that a verdict is about, by its weight and time: `containment 2026-11-28T22:00:00Z`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct JudgedFinding {
    pub weight: Weight,
    /// `None` in older entries, which have only the weight.
    pub at: Option<Timestamp>,
}

impl JudgedFinding {
    /// Without a readable weight it counts as an alert, which allows the account the least.
    pub fn parse(text: &str) -> Self {
        let (weight, at) = text.split_once(' ').unwrap_or((text, ""));
        Self {
            weight: Weight::parse(weight).unwrap_or(Weight::Alert),
            at: Timestamp::parse_rfc3339(at),
        }
    }
}

impl fmt::Display for JudgedFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.weight.code())?;
        self.at.map_or(Ok(()), |at| write!(f, " {at}"))
    }
}

/// The figures of a finding: `evidence:3.2 persons:29`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FindingFigures {
    /// Decimal logarithm of the odds; one decimal in the text.
    pub evidence: f64,
    /// Distinct persons shown to the account that day.
    pub persons: u32,
}

impl FindingFigures {
    pub fn of(record: &FindingRecord) -> Self {
        Self {
            evidence: record.evidence as f64 / 1000.0,
            persons: record.persons,
        }
    }

    /// `None` for a text of another form.
    pub fn parse(text: &str) -> Option<Self> {
        let (evidence, persons) = text.strip_prefix("evidence:")?.split_once(" persons:")?;
        Some(Self {
            evidence: evidence.parse().ok()?,
            persons: persons.parse().ok()?,
        })
    }
}

impl fmt::Display for FindingFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evidence:{:.1} persons:{}", self.evidence, self.persons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_journal_holds_is_read_as_it_was_written() {
        let place = AccountPlace {
            organisation: "of-1".parse().unwrap(),
            role: Role::Agent,
        };
        assert_eq!(place.to_string(), "of-1 agent");
        assert_eq!(AccountPlace::parse("of-1 agent"), Some(place));
        assert_eq!(AccountPlace::parse("of-1 stranger"), None);
        assert_eq!(
            AccountPlace::organisation_in("of-1 stranger"),
            "of-1".parse().ok()
        );
        let figures = FindingFigures {
            evidence: 3.2,
            persons: 29,
        };
        assert_eq!(figures.to_string(), "evidence:3.2 persons:29");
        assert_eq!(
            FindingFigures::parse("evidence:3.2 persons:29"),
            Some(figures)
        );
        let at = Timestamp::parse_rfc3339("2026-11-28T22:00:00Z");
        for (text, weight, at) in [
            ("containment 2026-11-28T22:00:00Z", Weight::Containment, at),
            ("containment", Weight::Containment, None),
        ] {
            let judged = JudgedFinding { weight, at };
            assert_eq!(
                (judged.to_string(), JudgedFinding::parse(text)),
                (text.to_owned(), judged)
            );
        }
        assert_eq!(
            JudgedFinding::parse("").weight,
            Weight::Alert,
            "an unreadable weight allows the least"
        );
    }
}
