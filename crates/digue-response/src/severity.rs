//! The severity of a breach: ENISA's method with every term shown, and the CNIL's scale.
//!
//! ENISA, *Recommendations for a methodology of the assessment of severity of personal data
//! breaches*, working document v1.0, December 2013: SE = DPC x EI + CB. Terms are kept in quarters,
//! so that sums are exact.

use digue_types::lists;
use serde::{Deserialize, Serialize};

use crate::vocabulary::{DataKind, Gravity};

lists! {
    /// The data processing context (DPC), which gives the base score.
    DataContext "context" {
        Simple "simple",
        Behavioural "behavioural",
        Financial "financial",
        Sensitive "sensitive",
    }

    /// Ease of identification (EI) of a person in the data.
    Ease "ease" {
        Negligible "negligible",
        Limited "limited",
        Significant "significant",
        Maximum "maximum",
    }

    /// Loss of confidentiality (CB).
    Confidentiality "confidentiality-loss" {
        None "none",
        KnownRecipients "known-recipients",
        UnknownRecipients "unknown-recipients",
    }

    /// Loss of integrity (CB).
    Integrity "integrity-loss" {
        None "none",
        Recoverable "recoverable",
        Lost "lost",
    }

    /// Loss of availability (CB).
    Availability "availability-loss" {
        None "none",
        Temporary "temporary",
        Lost "lost",
    }

    /// The four levels of the method.
    SeverityLevel "level" {
        Low "low",
        Medium "medium",
        High "high",
        VeryHigh "very-high",
    }
}

/// The terms of one assessment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    pub context: DataContext,
    /// -3 to +3, for circumstances that lower or raise the context; the result stays within 1 to 4.
    pub adjustment: i8,
    pub ease: Ease,
    pub confidentiality: Confidentiality,
    pub integrity: Integrity,
    pub availability: Availability,
    pub is_malicious: bool,
}

/// A score and its terms. Terms named `quarters` are in quarters: 13 is 3.25.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Score {
    pub base: u8,
    pub adjustment: i8,
    /// Data processing context after adjustment, 1 to 4.
    pub context: u8,
    pub ease_quarters: u8,
    pub confidentiality_quarters: u8,
    pub integrity_quarters: u8,
    pub availability_quarters: u8,
    pub malice_quarters: u8,
    pub quarters: u8,
    pub level: SeverityLevel,
}

impl Terms {
    /// Terms suggested by the facts, to be confirmed or changed by a person. A malicious reader
    /// makes the recipients unknown.
    pub fn suggested(
        data: &[DataKind],
        is_malicious: bool,
        is_confidentiality: bool,
        is_availability: bool,
    ) -> Self {
        let has = |wanted: &[DataKind]| data.iter().any(|kind| wanted.contains(kind));
        let context = if data.iter().any(|kind| kind.is_sensitive()) {
            DataContext::Sensitive
        } else if has(&[DataKind::Financial]) {
            DataContext::Financial
        } else if has(&[DataKind::Location]) {
            DataContext::Behavioural
        } else {
            DataContext::Simple
        };
        // The NIR (social security number) encodes sex, year, month and place of birth, and is the
        // key to other files. A sensitive context is at the maximum already.
        let adjustment = i8::from(context != DataContext::Sensitive && has(&[DataKind::Nir]));
        Self {
            context,
            adjustment,
            ease: Ease::Maximum,
            confidentiality: match (is_confidentiality, is_malicious) {
                (false, _) => Confidentiality::None,
                (true, false) => Confidentiality::KnownRecipients,
                (true, true) => Confidentiality::UnknownRecipients,
            },
            integrity: Integrity::None,
            availability: if is_availability {
                Availability::Temporary
            } else {
                Availability::None
            },
            is_malicious,
        }
    }

    pub fn score(&self) -> Score {
        let base = match self.context {
            DataContext::Simple => 1,
            DataContext::Behavioural => 2,
            DataContext::Financial => 3,
            DataContext::Sensitive => 4,
        };
        let context = (i16::from(base) + i16::from(self.adjustment)).clamp(1, 4);
        let context = u8::try_from(context).expect("the context is clamped to 1 to 4");
        let ease_quarters = match self.ease {
            Ease::Negligible => 1,
            Ease::Limited => 2,
            Ease::Significant => 3,
            Ease::Maximum => 4,
        };
        let confidentiality_quarters = match self.confidentiality {
            Confidentiality::None => 0,
            Confidentiality::KnownRecipients => 1,
            Confidentiality::UnknownRecipients => 2,
        };
        let integrity_quarters = match self.integrity {
            Integrity::None => 0,
            Integrity::Recoverable => 1,
            Integrity::Lost => 2,
        };
        let availability_quarters = match self.availability {
            Availability::None => 0,
            Availability::Temporary => 1,
            Availability::Lost => 2,
        };
        // Half a point in the method, whichever loss it is about.
        let malice_quarters = if self.is_malicious { 2 } else { 0 };
        let circumstances =
            confidentiality_quarters + integrity_quarters + availability_quarters + malice_quarters;
        let quarters = context * ease_quarters + circumstances;
        let level = match quarters {
            0..8 => SeverityLevel::Low,
            8..12 => SeverityLevel::Medium,
            12..16 => SeverityLevel::High,
            _ => SeverityLevel::VeryHigh,
        };
        Score {
            base,
            adjustment: self.adjustment,
            context,
            ease_quarters,
            confidentiality_quarters,
            integrity_quarters,
            availability_quarters,
            malice_quarters,
            quarters,
            level,
        }
    }
}

impl Score {
    /// The score on the CNIL's scale; a person may set another gravity with a reason.
    pub const fn gravity(&self) -> Gravity {
        match self.level {
            SeverityLevel::Low => Gravity::Negligible,
            SeverityLevel::Medium => Gravity::Limited,
            SeverityLevel::High => Gravity::Significant,
            SeverityLevel::VeryHigh => Gravity::Maximal,
        }
    }

    /// A number of quarters as text: `3.25`.
    pub fn text(quarters: u8) -> String {
        let rest = ["", ".25", ".5", ".75"][usize::from(quarters % 4)];
        format!("{}{rest}", quarters / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contact data of job seekers, taken maliciously by unknown recipients.
    const CONTACT: Terms = Terms {
        context: DataContext::Simple,
        adjustment: 0,
        ease: Ease::Maximum,
        confidentiality: Confidentiality::UnknownRecipients,
        integrity: Integrity::None,
        availability: Availability::None,
        is_malicious: true,
    };

    #[test]
    fn the_worked_values_of_the_dossier_hold() {
        for (terms, quarters, level) in [
            (CONTACT, 8, SeverityLevel::Medium),
            (
                Terms {
                    adjustment: 1,
                    ..CONTACT
                },
                12,
                SeverityLevel::High,
            ),
            (
                Terms {
                    context: DataContext::Sensitive,
                    ..CONTACT
                },
                20,
                SeverityLevel::VeryHigh,
            ),
        ] {
            let score = terms.score();
            assert_eq!(
                (score.quarters, score.level),
                (quarters, level),
                "{terms:?}"
            );
        }
        assert_eq!(Score::text(13), "3.25");
        assert_eq!(Score::text(8), "2");
    }

    #[test]
    fn the_facts_suggest_the_same_terms() {
        let plain = [DataKind::CivilStatus, DataKind::Contact];
        assert_eq!(Terms::suggested(&plain, true, true, false), CONTACT);
        let with_nir = [DataKind::CivilStatus, DataKind::Nir];
        assert_eq!(
            Terms::suggested(&with_nir, true, true, false).score().level,
            SeverityLevel::High
        );
        let health = [DataKind::Health, DataKind::Nir];
        assert_eq!(
            Terms::suggested(&health, true, true, false).score().level,
            SeverityLevel::VeryHigh
        );
        let outage = Terms::suggested(&plain, false, false, true);
        assert_eq!(outage.score().level, SeverityLevel::Low);
    }

    #[test]
    fn a_context_stays_between_one_and_four() {
        for adjustment in -3..=3 {
            for context in DataContext::ALL {
                let score = Terms {
                    context: *context,
                    adjustment,
                    ..CONTACT
                }
                .score();
                assert!((1..=4).contains(&score.context));
                assert!(score.quarters <= 24);
            }
        }
    }
}
