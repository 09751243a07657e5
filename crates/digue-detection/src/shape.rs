//! The shape of work: which kinds of persons an account reads for the first time, and at which
//! hours.
//!
//! Novelty alone is worthless: in recorded work, 69 to 100 % of consultations are the account's
//! first of that person. The sign is novelty of another kind than the account's own: an intake desk
//! reads persons whom no account has read, a second desk those whom a colleague read yesterday, a
//! thief any. Days are compared with the account's own mixture and its peers'
//! (Dirichlet-multinomial, so that one odd day does not count as thirty odd persons).

/// Kinds of persons new to the account, by when any account last read them (`kind_of`).
pub(crate) const KINDS: usize = 5;
/// Hours of a working day, then those of a Saturday or Sunday.
pub(crate) const HOURS: usize = 48;

/// The kind of a person new to the account, by the day on which any account last read them.
pub(crate) fn kind_of(last_day: Option<u16>, day: u16) -> usize {
    match last_day.map(|last| day.saturating_sub(last)) {
        None => 0,
        Some(0 | 1) => 1,
        Some(2..=7) => 2,
        Some(8..=60) => 3,
        Some(_) => 4,
    }
}

/// How often each kind occurred; fades by a hundredth with each day.
#[derive(Clone, Debug)]
pub(crate) struct Mixture<const N: usize>([f32; N]);

impl<const N: usize> Default for Mixture<N> {
    fn default() -> Self {
        Self([0.0; N])
    }
}

impl<const N: usize> Mixture<N> {
    fn total(&self) -> f32 {
        self.0.iter().sum()
    }

    /// Adds a day with a weight of at most `weight_max`, however much was read.
    pub(crate) fn learn(&mut self, counts: &[u16; N], weight_max: f32) {
        let total: f32 = counts.iter().map(|count| f32::from(*count)).sum();
        let factor = if total > weight_max {
            weight_max / total
        } else {
            1.0
        };
        for (kept, count) in self.0.iter_mut().zip(counts) {
            *kept = *kept * 0.99 + f32::from(*count) * factor;
        }
    }

    /// Adds a peer's day with weight 1; fades by a thousandth with each.
    pub(crate) fn learn_from_peer(&mut self, counts: &[u16; N]) {
        let total: f32 = counts.iter().map(|count| f32::from(*count)).sum();
        if total > 0.0 {
            for (kept, count) in self.0.iter_mut().zip(counts) {
                *kept = *kept * 0.999 + f32::from(*count) / total;
            }
        }
    }

    /// Decimal logarithm of how much better the peers' mixture explains a day than the account's
    /// own; 0 without history.
    pub(crate) fn strangeness(&self, peers: &Self, counts: &[u16; N], rule: MixturePrior) -> f32 {
        let own_total = self.total();
        if own_total < 3.0 || counts.iter().all(|count| *count == 0) {
            return 0.0;
        }
        let peers_total = peers.total() + 0.02 * N as f32;
        // Bounds the concentration: however much the account has read, its mixture is not certain.
        let certainty = own_total.min(12.0);
        let mut own = [0.0; N];
        let mut other = [0.0; N];
        for place in 0..N {
            let share = (peers.0[place] + 0.02) / peers_total;
            own[place] = (self.0[place] + 3.0 * share) / (own_total + 3.0) * certainty;
            other[place] = share * rule.peers_weight + rule.evenly;
        }
        (log_likelihood(&other, counts) - log_likelihood(&own, counts)) / std::f32::consts::LN_10
    }
}

/// The assumed mixture of another person's day: the peers' mixture, and a little of each kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MixturePrior {
    peers_weight: f32,
    evenly: f32,
}

pub(crate) const OF_KINDS: MixturePrior = MixturePrior {
    peers_weight: 4.0,
    evenly: 0.4,
};
pub(crate) const OF_HOURS: MixturePrior = MixturePrior {
    peers_weight: 6.0,
    evenly: 0.1,
};

/// Natural logarithm of the Dirichlet-multinomial likelihood, up to a constant of the counts.
fn log_likelihood(weights: &[f32], counts: &[u16]) -> f32 {
    let rising = |weight: f32, count: u32| {
        (0..count)
            .map(|step| (weight + step as f32).ln())
            .sum::<f32>()
    };
    let total: u32 = counts.iter().map(|count| u32::from(*count)).sum();
    let mut sum = -rising(weights.iter().sum(), total);
    for (weight, count) in weights.iter().zip(counts) {
        sum += rising(*weight, u32::from(*count));
    }
    sum
}

/// Scales a day down to sixty persons: more say nothing new about its mixture.
pub(crate) fn bounded(counts: &[u16; KINDS]) -> [u16; KINDS] {
    let total: u32 = counts.iter().map(|count| u32::from(*count)).sum();
    if total <= 60 {
        return *counts;
    }
    counts.map(|count| (u32::from(count) * 60).div_ceil(total) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(kind: usize) -> Mixture<KINDS> {
        let mut mixture = Mixture::default();
        for _ in 0..40 {
            let mut day = [0; KINDS];
            day[kind] = 4;
            mixture.learn(&day, 5.0);
        }
        mixture
    }

    fn everybody() -> Mixture<KINDS> {
        let mut mixture = Mixture::default();
        mixture.learn(&[10, 10, 4, 4, 10], 100.0);
        mixture
    }

    #[test]
    fn a_second_desk_that_reads_whom_nobody_read_is_strange() {
        let strangeness = desk(1).strangeness(&everybody(), &[8, 0, 0, 0, 0], OF_KINDS);
        assert!(strangeness > 1.5, "{strangeness}");
    }

    #[test]
    fn an_intake_desk_that_reads_whom_nobody_read_is_not() {
        assert!(desk(0).strangeness(&everybody(), &[8, 0, 0, 0, 0], OF_KINDS) < 0.0);
    }

    #[test]
    fn without_history_nothing_is_strange() {
        let strangeness = Mixture::default().strangeness(&everybody(), &[8, 0, 0, 0, 0], OF_KINDS);
        assert!(strangeness.abs() < f32::EPSILON);
    }

    #[test]
    fn a_large_day_is_compared_by_its_shares() {
        assert_eq!(bounded(&[3, 0, 1, 0, 0]), [3, 0, 1, 0, 0]);
        assert_eq!(bounded(&[3000, 0, 1000, 0, 0]), [45, 0, 15, 0, 0]);
    }
}
