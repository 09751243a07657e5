//! The scale on which risks are rated: likelihood times gravity, each from 1 to 4, and from which
//! product on a risk is moderate, high or critical. An organisation sets its own (ISO/IEC 27001,
//! 6.1.2 a); without one the standard scale applies.

use jiff::civil::Date;

use crate::kinds::{Likelihood, Risk, RiskGravity, RiskLevel, RiskScale, place};
use crate::register::Registers;

/// The levels that apply on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScaleInForce {
    /// The smallest product of each level above the lowest.
    moderate: u32,
    high: u32,
    critical: u32,
    /// The highest residual level that needs no acceptance by name.
    pub accepted: RiskLevel,
    /// False for the standard one.
    pub is_own: bool,
}

impl ScaleInForce {
    pub const STANDARD: Self = Self {
        // The most grave is never low, however unlikely: 1 x 4.
        moderate: 4,
        high: 8,
        critical: 12,
        accepted: RiskLevel::Moderate,
        is_own: false,
    };

    /// The scale of the registers on a day: of those that have begun, the one that began last.
    pub fn of(registers: &Registers, today: Date) -> Self {
        let scales = registers.read::<RiskScale>().entries.into_iter();
        let begun = scales.filter(|one| one.record.starts_on.is_some_and(|on| on <= today));
        let last = begun.max_by_key(|one| one.record.starts_on);
        last.and_then(|one| Self::of_record(&one.record))
            .unwrap_or(Self::STANDARD)
    }

    /// `None` without all of its levels, which `closing` asks for.
    pub fn of_record(scale: &RiskScale) -> Option<Self> {
        Some(Self {
            moderate: scale.moderate?,
            high: scale.high?,
            critical: scale.critical?,
            accepted: scale.accepted.0?,
            is_own: true,
        })
    }

    pub fn level(&self, likelihood: Likelihood, gravity: RiskGravity) -> RiskLevel {
        let product = place(likelihood) * place(gravity);
        if product >= self.critical {
            RiskLevel::Critical
        } else if product >= self.high {
            RiskLevel::High
        } else if product >= self.moderate {
            RiskLevel::Moderate
        } else {
            RiskLevel::Low
        }
    }
}

/// At which time a risk is rated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RatedAt {
    /// Without its measures.
    Before,
    Now,
    /// Once its measures are in place.
    After,
}

impl RatedAt {
    pub const ALL: [Self; 3] = [Self::Before, Self::Now, Self::After];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Now => "now",
            Self::After => "after",
        }
    }
}

impl Risk {
    /// Its likelihood and gravity at a time; `None` where one of them is not rated.
    pub fn rating(&self, at: RatedAt) -> Option<(Likelihood, RiskGravity)> {
        let (likelihood, gravity) = match at {
            RatedAt::Before => (self.inherent_likelihood, self.inherent_gravity),
            RatedAt::Now => (self.likelihood, self.gravity),
            RatedAt::After => (self.residual_likelihood, self.residual_gravity),
        };
        Some((likelihood.0?, gravity.0?))
    }

    pub fn level_at(&self, at: RatedAt, scale: &ScaleInForce) -> Option<RiskLevel> {
        let (likelihood, gravity) = self.rating(at)?;
        Some(scale.level(likelihood, gravity))
    }

    /// The current level.
    pub fn level(&self, scale: &ScaleInForce) -> Option<RiskLevel> {
        self.level_at(RatedAt::Now, scale)
    }

    /// The level once its measures are in place.
    pub fn residual(&self, scale: &ScaleInForce) -> Option<RiskLevel> {
        self.level_at(RatedAt::After, scale)
    }
}
