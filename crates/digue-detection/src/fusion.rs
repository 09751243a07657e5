//! The weight of all signals together, and the bars that it is compared with.
//!
//! Every count has a share of one budget. The sum of each share times the odds of its signal is a
//! bet from which honest work wins nothing on average. The shares sum to less than 1.5: by Markov's
//! inequality the bet exceeds `10^bar` on at most 1.5 account-days in `10^bar`. Signals that say
//! nothing about volume (shape, hours, devices, rhythm, status) multiply the bet, within bounds
//! that alone never reach the bar of containment. The model is an approximation;
//! `docs/benchmarks.md` has the measurements.

use digue_types::Timestamp;

use crate::signal::Signal;

/// The evidence that is required, as decimal logarithms of account-days per false alarm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bars {
    pub alert: f32,
    pub containment: f32,
}

impl Default for Bars {
    /// One false alert in 1,000 account-days, one false containment in 10,000.
    fn default() -> Self {
        Self {
            alert: 3.0,
            containment: 4.0,
        }
    }
}

/// The bar that a finding reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    Alert,
    Containment,
}

impl Weight {
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Alert, Self::Containment]
            .into_iter()
            .find(|weight| weight.code() == code)
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Containment => "containment",
        }
    }
}

/// A finding about an account, or about its organisation.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    pub at: Timestamp,
    /// `None`: about the organisation as a whole.
    pub account: Option<String>,
    pub organisation: String,
    pub portal: String,
    pub weight: Weight,
    /// Decimal logarithm of the odds against honest work.
    pub evidence: f32,
    /// The strongest first, at most five.
    pub signals: Vec<Signal>,
    /// Persons that the account was shown today: distinct ones on record pages, and new ones in
    /// lists, the response that reveals it included.
    pub persons: u32,
    /// The account continued, with odds ten times worse, after a step that left it open.
    pub is_repeated: bool,
    pub around: Surroundings,
}

/// The circumstances of a finding about an account, for the person who gives the verdict.
#[derive(Clone, Copy, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Surroundings {
    /// Record pages opened so far on this day.
    pub sheets: u32,
    /// The account's usual level of record pages: nineteen of its days in twenty stay below.
    pub usual: u32,
    /// How many times its usual work the whole portal does on this day, at least 1.
    pub portal_factor: f32,
    /// The same for the organisation.
    pub organisation_factor: f32,
    /// Days for which the portal is known, and its accounts with habits: while either is small, the
    /// usual level is taken from the declared kind of work.
    pub portal_days: u32,
    pub known_accounts: u32,
    /// Whether it was.
    pub is_early: bool,
    /// The highest value of the leading count that would not have been reported; `None` where it
    /// has no number.
    pub innocent: Option<u32>,
}

/// True while a portal is new: for two weeks, or for two months while few of its accounts have
/// habits.
///
/// No longer: a small portal never has many such accounts, and making dozens of accounts must not
/// switch off detection for the others.
pub(crate) const fn is_early(portal_days: u32, known_accounts: u32, at_work: u32) -> bool {
    const DAYS: u32 = 14;
    const DAYS_MAX: u32 = 60;
    const ACCOUNTS: u32 = 5;
    let has_few = known_accounts < ACCOUNTS || known_accounts.saturating_mul(3) < at_work;
    portal_days < DAYS || portal_days < DAYS_MAX && has_few
}

/// The bet of all counts together, as a decimal logarithm, from their shares and evidence.
pub(crate) fn together(bets: impl Iterator<Item = (f32, f32)>) -> f32 {
    let total: f32 =
        // Bounded, because single precision ends at 10^38, and the bar is 10^4.
        bets.map(|(weight, evidence)| ((weight + evidence).min(30.0) * std::f32::consts::LN_10).exp()).sum();
    if total > 0.0 { total.log10() } else { -3.0 }
}

/// The most that evidence besides volume adds; below the bar of containment.
pub(crate) const CONTEXT_MAX: f32 = 3.5;

/// The five strongest signals, one of each kind, the strongest first.
pub(crate) fn strongest(mut signals: Vec<Signal>) -> Vec<Signal> {
    signals.retain(|signal| signal.evidence > 0.05);
    signals.sort_by(|a, b| b.evidence.total_cmp(&a.evidence).then(a.kind.cmp(&b.kind)));
    let mut kinds = Vec::new();
    signals.retain(|signal| {
        let is_first = !kinds.contains(&signal.kind);
        kinds.push(signal.kind);
        is_first
    });
    signals.truncate(5);
    signals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{Figures, SignalKind};

    #[test]
    fn bets_add_up_and_none_is_lost() {
        let fused = together([(-1.0, 5.0), (-1.0, 5.0)].into_iter());
        assert!((fused - 4.301).abs() < 0.01);
        assert!(together(std::iter::empty()) < 0.0);
    }

    #[test]
    fn the_strongest_of_each_kind_comes_first() {
        let signal = |kind, evidence| Signal {
            kind,
            evidence,
            figures: Figures::default(),
        };
        let kept = strongest(vec![
            signal(SignalKind::Pace, 1.0),
            signal(SignalKind::Decoy, 8.0),
            signal(SignalKind::Pace, 3.0),
            signal(SignalKind::Hours, 0.0),
        ]);
        assert_eq!(
            kept.iter()
                .map(|s| (s.kind, s.evidence))
                .collect::<Vec<_>>(),
            [(SignalKind::Decoy, 8.0), (SignalKind::Pace, 3.0)]
        );
    }
}
