//! What the signals weigh together, and the bars.
//!
//! Every count has a share of one budget; a share times the odds of its signal, summed, is a bet
//! that honest work wins on average nothing from. The shares sum to less than 1.5: by Markov's
//! inequality the bet exceeds `10^bar` on at most 1.5 account-days in `10^bar`. What says nothing about volume - shape, hours, devices, rhythm,
//! standing - multiplies the bet, within bounds that alone never reach the bar of containment.
//! The model is an approximation; `docs/benchmarks.md` has what was measured.

use digue_types::Timestamp;

use crate::signal::Signal;

/// How much evidence it takes, as decimal logarithms of account-days per false alarm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bars {
    pub alert: f32,
    pub containment: f32,
}

impl Default for Bars {
    /// One false alert in 1,000 account-days, one false containment in 10,000.
    fn default() -> Self {
        Self { alert: 3.0, containment: 4.0 }
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    Alert,
    Containment,
}

impl Weight {
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Alert, Self::Containment].into_iter().find(|weight| weight.code() == code)
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Containment => "containment",
        }
    }
}

/// What the engine found, about an account or its organisation.
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
    /// Distinct persons that the account was shown today by sheets and new by lists, the response
    /// that reveals it included.
    pub persons: u32,
    /// The account went on, and worse, after a step that left it open.
    pub is_repeated: bool,
    pub around: Surroundings,
}

/// What lies around a finding about an account, for the person who decides.
#[derive(Clone, Copy, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Surroundings {
    /// Sheets opened on this day so far.
    pub sheets: u32,
    /// Sheets in a day below which nineteen of this account's days in twenty stay.
    pub usual: u32,
    /// How many times as much as usual the whole portal does on this day, at least 1.
    pub portal_factor: f32,
    /// The same of the organisation.
    pub organisation_factor: f32,
    /// Days for which the portal is known, and accounts of it with habits: few of either mean that what
    /// is usual was taken from what is known of such work.
    pub portal_days: u32,
    pub known_accounts: u32,
    /// Whether that is so.
    pub is_early: bool,
    /// The most that the leading count could have been without a word to anybody; `None` where no number
    /// is innocent.
    pub innocent: Option<u32>,
}

/// A portal is new for two weeks, and for two months as long as few of its accounts have habits.
///
/// No longer than that: a small portal never has many, and who makes accounts by the dozen must not blind the
/// watch over the others.
pub(crate) const fn is_early(portal_days: u32, known_accounts: u32, at_work: u32) -> bool {
    const DAYS: u32 = 14;
    const DAYS_MAX: u32 = 60;
    const ACCOUNTS: u32 = 5;
    let has_few = known_accounts < ACCOUNTS || known_accounts.saturating_mul(3) < at_work;
    portal_days < DAYS || portal_days < DAYS_MAX && has_few
}

/// The bet of all counts together, as a decimal logarithm.
pub(crate) fn together(bets: impl Iterator<Item = (f32, f32)>) -> f32 {
    let total: f32 =
        bets.map(|(weight, evidence)| ((weight + evidence).min(30.0) * std::f32::consts::LN_10).exp()).sum();
    if total > 0.0 { total.log10() } else { -3.0 }
}

/// Bounds of what is not volume.
pub(crate) const CONTEXT_MAX: f32 = 3.5;

/// The strongest signals, of which people read a few.
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
        let signal = |kind, evidence| Signal { kind, evidence, figures: Figures::default() };
        let kept = strongest(vec![
            signal(SignalKind::Pace, 1.0),
            signal(SignalKind::Decoy, 8.0),
            signal(SignalKind::Pace, 3.0),
            signal(SignalKind::Hours, 0.0),
        ]);
        assert_eq!(
            kept.iter().map(|s| (s.kind, s.evidence)).collect::<Vec<_>>(),
            [(SignalKind::Decoy, 8.0), (SignalKind::Pace, 3.0)]
        );
    }
}
