//! The constants that were set by measuring, in one place, so that each can be halved and doubled:
//! `digue replay --record FILE --sensitivity` shows what that changes.
//!
//! They were set on half of the accounts of recorded work, by what its thefts cost and whom the
//! watch wronged; `docs/benchmarks.md` has the figures of the other half.

macro_rules! tuning {
    ($($(#[$doc:meta])* $name:ident: $value:literal,)+) => {
        /// See the module.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Tuning { $($(#[$doc])* pub $name: f32,)+ }

        impl Default for Tuning {
            fn default() -> Self {
                Self { $($name: $value,)+ }
            }
        }

        impl Tuning {
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            /// One constant by its name.
            pub fn named(&mut self, name: &str) -> Option<&mut f32> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }
        }
    };
}

tuning!(
    /// Share of honest days that are unlike the account's others.
    unlike_share: 0.0003,
    /// Their mean, in means of the account (and as many persons more).
    unlike_mean: 4.0,
    /// Their spread: size of the negative binomial.
    unlike_size: 0.7,
    /// A rise below this share of the upper level on each day worked is as good as drift.
    worthwhile: 0.8,
    /// A rise is followed for so many days; then it is how the account works.
    rise_days: 25.0,
    /// What drift is worth at most, as a decimal logarithm.
    drift_max: 2.0,
    /// Power of each day's bet: busy days follow busy days.
    temper: 1.0,
    /// By so much, as a decimal logarithm, the bound on the run length is looser than what simulation of the
    /// model gives: ten times.
    looseness: 0.5,
    /// Variance of the logarithms of the accounts' means, at most.
    spread_max: 1.5,
    /// Days during which an account's own work is taken to be still growing.
    young_days: 60.0,
    /// Days that wait before they teach.
    wait_days: 3.0,
    /// A day teaches at most this many times what was usual.
    taught_max: 2.0,
    /// How many times its mean an account may have come to in a month by itself.
    growth_a_month: 2.0,
    /// Days of work that say how it is of late.
    late_days: 10.0,
    /// Accounts at work at which the median of the portal's day goes half of the way.
    portal_doubt: 1.5,
    /// The median of what accounts did on an ordinary day, in their means: most days are below.
    ordinary: 0.85,
    /// By so much more than the portal's day an organisation's may explain.
    organisation_max: 1.0,
    /// Power of each bet among accounts of one organisation.
    dependence: 0.5,
    /// What was found to be work is allowed so many times.
    allowed_more: 1.2,
);
