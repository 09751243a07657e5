//! The constants that were set by measurement, in one place, so that each can be halved and
//! doubled: `digue replay --record FILE --sensitivity` shows what that changes.
//!
//! They were set on half of the accounts of recorded work, by the persons that thefts obtained and
//! by false alarms; `docs/benchmarks.md` has the figures of the other half.

macro_rules! tuning {
    ($($(#[$doc:meta])* $name:ident: $value:literal,)+) => {
        /// The measured constants; each has its own description.
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
    /// Share of honest days that are unlike the account's other days.
    unlike_share: 0.0003,
    /// Mean of such a day, in multiples of the account's mean plus one.
    unlike_mean: 4.0,
    /// Spread of such days: size of the negative binomial.
    unlike_size: 0.7,
    /// A rise below this share of the upper level on each working day is taken for drift.
    worthwhile: 0.8,
    /// Days after which a rise is taken for the account's new way of working.
    rise_days: 25.0,
    /// The most that drift is worth, as a decimal logarithm.
    drift_max: 2.0,
    /// Power of each day's bet, because busy days follow busy days: 1, since `drift_max` sufficed.
    temper: 1.0,
    /// Decimal logarithm by which evidence is raised: simulated honest days alarm ten times more
    /// rarely than the bound says, and half of that decade is given back.
    looseness: 0.5,
    /// Greatest variance of the logarithms of the accounts' means.
    spread_max: 1.5,
    /// Age in days up to which an account's work is assumed to be growing.
    young_days: 60.0,
    /// Days that a day waits before it teaches.
    wait_days: 3.0,
    /// A day teaches at most this many times the usual level.
    taught_max: 2.0,
    /// Greatest growth of an account's mean in a month without a verdict.
    growth_a_month: 2.0,
    /// Latest working days whose mean is used where it is higher.
    late_days: 10.0,
    /// Active accounts at which the factor of the portal's day is the square root of its median.
    portal_doubt: 1.5,
    /// Median on an ordinary day of what accounts do, in their means: most days are below the mean.
    ordinary: 0.85,
    /// The factor of an account's organisation is used up to so many times that of the other ones.
    organisation_max: 1.0,
    /// Power of each bet among accounts of one organisation.
    dependence: 0.5,
    /// A verdict allows so many times what was found to be work.
    allowed_more: 1.2,
);
