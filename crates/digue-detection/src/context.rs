//! Evidence of a day besides its volume, as bets against honest work.
//!
//! Each family of signs (place, manner, status) is one variable: which of its signs was the
//! strongest that day, or none. A bet on it is the share of stolen days on which a thief is assumed
//! to show that sign, divided by the share of honest days of this portal on which it was shown; on
//! days without a sign the same bet loses. A sign therefore pays on other days for what it wins on
//! one, and a sign that every account shows at a portal (one office, one browser, one gateway) is
//! worth nothing there. Half of each stake is held back, because families depend on each other
//! (docs/decisions/0017).

use crate::signal::{Signal, SignalKind};

/// Weight, in days, of the assumed shares against the measured ones.
const PRIOR_DAYS: f32 = 200.0;

/// A family: its signs, and the share of stolen days on which each is the strongest. The remaining
/// share is that of days without a sign.
struct Family(&'static [(SignalKind, f32)]);

const FAMILIES: [Family; 3] = [
    Family(&[
        (SignalKind::Moved, 0.15),
        (SignalKind::TwoPlaces, 0.1),
        (SignalKind::SharedPlace, 0.1),
        (SignalKind::CrowdedNetwork, 0.05),
        (SignalKind::NewDevice, 0.2),
        (SignalKind::OlderCookie, 0.05),
    ]),
    Family(&[
        (SignalKind::Program, 0.2),
        (SignalKind::Rhythm, 0.15),
        (SignalKind::NoResources, 0.15),
    ]),
    Family(&[
        (SignalKind::AccountsMade, 0.1),
        (SignalKind::NewAccount, 0.15),
        (SignalKind::Dormant, 0.1),
        (SignalKind::Recovered, 0.1),
    ]),
];

/// Signs of one day, by family: 0 for none, otherwise the index of the strongest plus 1.
pub(crate) type Signs = [u8; FAMILIES.len()];

/// How often each sign was shown on honest days of a portal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates {
    days: f32,
    shown: [[f32; 6]; FAMILIES.len()],
}

impl Rates {
    /// Counts a day that ended without a containment.
    pub(crate) fn learn(&mut self, signs: Signs) {
        // The days of a thousand accounts in a year: halved, so that older days fade.
        const DAYS_MAX: f32 = 250_000.0;
        if self.days > DAYS_MAX {
            self.days /= 2.0;
            self.shown
                .iter_mut()
                .flatten()
                .for_each(|shown| *shown /= 2.0);
        }
        self.days += 1.0;
        for (family, sign) in signs.into_iter().enumerate() {
            if sign > 0 {
                self.shown[family][usize::from(sign) - 1] += 1.0;
            }
        }
    }

    /// Share of honest days with this sign; before anything is measured, the one at which the sign
    /// is worth `evidence`.
    fn share(&self, family: usize, place: usize, stolen: f32, evidence: f32) -> f32 {
        let prior = stolen / 10_f32.powf(evidence);
        (self.shown[family][place] + PRIOR_DAYS * prior) / (self.days + PRIOR_DAYS)
    }

    /// Bounds each signal by what its sign is worth at this portal, drops those that are worth
    /// nothing, and returns the bet on all of them together, as a decimal logarithm, with the signs
    /// of the day.
    pub(crate) fn weigh(&self, signals: &mut Vec<Signal>) -> (f32, Signs) {
        let mut signs = Signs::default();
        let mut total = 0.0;
        for (family, Family(kinds)) in FAMILIES.iter().enumerate() {
            let mut best: Option<(usize, f32)> = None;
            for (place, (kind, stolen)) in kinds.iter().enumerate() {
                for signal in signals.iter_mut().filter(|signal| signal.kind == *kind) {
                    let worth =
                        (stolen / self.share(family, place, *stolen, signal.evidence)).log10();
                    signal.evidence = signal.evidence.min(worth);
                    if best.is_none_or(|(_, most)| signal.evidence > most) {
                        best = Some((place, signal.evidence));
                    }
                }
            }
            let none = 1.0 - kinds.iter().map(|(_, stolen)| stolen).sum::<f32>();
            let bet = best.map_or(none.log10(), |(_, evidence)| evidence);
            signs[family] = best.map_or(0, |(place, _)| place as u8 + 1);
            // Half of the stake is held back.
            total += (0.5 + 0.5 * 10_f32.powf(bet)).log10();
        }
        signals.retain(|signal| signal.evidence > 0.05);
        (total, signs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Figures;

    fn sign(kind: SignalKind, evidence: f32) -> Signal {
        Signal {
            kind,
            evidence,
            figures: Figures::default(),
        }
    }

    #[test]
    fn a_sign_that_everybody_shows_says_nothing() {
        let mut rates = Rates::default();
        let (alone, signs) = rates.weigh(&mut vec![sign(SignalKind::SharedPlace, 3.0)]);
        assert!(alone > 1.5, "{alone}");
        for _ in 0..500 {
            rates.learn(signs);
        }
        let mut said = vec![sign(SignalKind::SharedPlace, 3.0)];
        let (everywhere, _) = rates.weigh(&mut said);
        assert!(everywhere < 0.0 && said.is_empty(), "{everywhere}");
    }

    #[test]
    fn a_day_without_a_sign_pays() {
        let (nothing, _) = Rates::default().weigh(&mut Vec::new());
        assert!((-0.7..-0.1).contains(&nothing), "{nothing}");
    }

    #[test]
    fn an_honest_portal_expects_nothing_of_the_bet() {
        // One day in fifty from a new device, one in two hundred by a program.
        let mut rates = Rates::default();
        let day = |rates: &Rates, number: u32| {
            let mut said = Vec::new();
            if number.is_multiple_of(50) {
                said.push(sign(SignalKind::NewDevice, 0.7));
            }
            if number % 200 == 7 {
                said.push(sign(SignalKind::Program, 1.5));
            }
            rates.weigh(&mut said)
        };
        let mut sum = 0.0;
        for number in 0..20_000 {
            let (bet, signs) = day(&rates, number);
            rates.learn(signs);
            sum += if number >= 2000 {
                10_f32.powf(bet)
            } else {
                0.0
            };
        }
        assert!(sum / 18_000.0 <= 1.0, "{}", sum / 18_000.0);
    }
}
