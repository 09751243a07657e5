//! The counts of an account's day, and the levels that are assumed before accounts are known.

use crate::daily::{Daily, Prediction};
use crate::level::{Level, Peers, beyond_first};
use crate::shape::KINDS;
use crate::signal::SignalKind;
use crate::tuning::Tuning;

/// The counts of a day; of shorter windows, the greatest of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DayCount {
    /// Record pages in a minute, ten minutes, an hour; at most four of each second.
    PacedMinute,
    PacedTen,
    PacedHour,
    /// Record pages in a minute, all of them.
    BurstMinute,
    /// Persons new to the account, by lists, in ten minutes.
    ListsTen,
    /// Distinct persons on record pages in the day.
    Sheets,
    /// Persons new to the account and unexplained, on record pages, in the day.
    New,
    /// The same by lists, in the day.
    Listed,
    /// Identifiers that follow each other by a constant step.
    Run,
    /// Pages of one list, one after the other.
    Pages,
    /// Lists read to their last page.
    Ended,
    Searches,
    Empty,
    Uninspected,
    Refused,
    /// Refused for other reasons than persons.
    Unmapped,
    /// Persons new to the account and unexplained, on record pages and in lists together.
    Reached,
}

pub(crate) const COUNTS: usize = 17;

/// How one count is judged within the day.
pub(crate) struct WindowRule {
    pub(crate) count: DayCount,
    pub(crate) kind: SignalKind,
    pub(crate) minutes: u32,
    /// Share of the false-alarm budget, as a decimal logarithm.
    pub(crate) weight: f32,
    /// Upper bound of the usual level: no history makes more than this usual, so that a fast theft
    /// is found on any account.
    pub(crate) usual_max: f32,
}

const fn rule(
    count: DayCount,
    kind: SignalKind,
    minutes: u32,
    weight: f32,
    usual_max: f32,
) -> WindowRule {
    WindowRule {
        count,
        kind,
        minutes,
        weight,
        usual_max,
    }
}

// The shares of these and of `DAILY` sum to less than 1.5 (see `fusion`).
pub(crate) const RULES: [WindowRule; 12] = [
    rule(DayCount::PacedMinute, SignalKind::Pace, 1, -0.9, 6.5),
    rule(DayCount::PacedTen, SignalKind::Pace, 10, -1.2, 40.0),
    rule(DayCount::PacedHour, SignalKind::Pace, 60, -1.2, 150.0),
    rule(DayCount::BurstMinute, SignalKind::Burst, 1, -1.2, 8.0),
    rule(DayCount::ListsTen, SignalKind::Lists, 10, -1.2, 36.0),
    rule(DayCount::Run, SignalKind::Order, 0, -1.2, 100.0),
    rule(DayCount::Pages, SignalKind::Pages, 0, -1.6, 30.0),
    rule(DayCount::Ended, SignalKind::ListsEnded, 0, -1.6, 30.0),
    rule(DayCount::Searches, SignalKind::Searches, 0, -1.5, 1000.0),
    rule(DayCount::Empty, SignalKind::Empty, 0, -1.5, 1000.0),
    rule(
        DayCount::Uninspected,
        SignalKind::Uninspected,
        0,
        -1.2,
        1000.0,
    ),
    rule(DayCount::Refused, SignalKind::Refusals, 0, -1.2, 40.0),
];

/// Counts that are judged by the day and over days, and their shares of the budget as decimal
/// logarithms.
pub(crate) const DAILY: [(DayCount, f32); 3] = [
    (DayCount::New, -0.35),
    (DayCount::Reached, -0.7),
    (DayCount::Sheets, -0.8),
];

/// Index of the record pages in [`DAILY`].
pub(crate) const SHEETS: usize = 2;
/// Days during which most persons of its own caseload are new to an account.
const NEWCOMER_DAYS: i32 = 30;

/// The level of three assumed peers: nineteen of their days in twenty stay below.
pub(crate) const fn prior(count: DayCount) -> f32 {
    match count {
        DayCount::PacedMinute => 3.0,
        DayCount::PacedTen => 8.0,
        DayCount::PacedHour => 20.0,
        DayCount::BurstMinute => 4.0,
        DayCount::ListsTen => 40.0,
        DayCount::Sheets => 10.0,
        DayCount::New | DayCount::Reached => 5.0,
        DayCount::Listed => 60.0,
        DayCount::Run | DayCount::Pages => 6.0,
        DayCount::Ended => 3.0,
        DayCount::Searches => 25.0,
        DayCount::Empty => 8.0,
        DayCount::Uninspected => 5.0,
        DayCount::Refused => 4.0,
        DayCount::Unmapped => 20.0,
    }
}

/// Least usual level: five record pages in an hour must not be four times some level.
pub(crate) const fn floor(count: DayCount) -> f32 {
    match count {
        DayCount::PacedMinute => 2.5,
        DayCount::PacedTen => 4.0,
        DayCount::PacedHour => 7.0,
        DayCount::BurstMinute | DayCount::Refused | DayCount::Uninspected | DayCount::Ended => 3.0,
        DayCount::ListsTen | DayCount::Listed | DayCount::Searches | DayCount::Unmapped => 10.0,
        DayCount::Sheets | DayCount::New | DayCount::Reached => 1.3,
        DayCount::Run | DayCount::Pages | DayCount::Empty => 5.0,
    }
}

/// One day of one account.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AccountDay {
    pub(crate) day: i32,
    counts: [u32; COUNTS],
    /// Persons new to the account, by kind (see `shape`).
    pub(crate) kinds: [u16; KINDS],
    /// One bit for each hour with a record page; Saturdays and Sundays have hours of their own.
    pub(crate) hours: u64,
}

impl AccountDay {
    pub(crate) fn of(day: i32) -> Self {
        Self {
            day,
            ..Self::default()
        }
    }

    pub(crate) fn count(&self, count: DayCount) -> u32 {
        self.counts[count as usize]
    }

    pub(crate) fn add(&mut self, count: DayCount, more: u32) {
        self.counts[count as usize] = self.counts[count as usize].saturating_add(more);
    }

    pub(crate) fn set(&mut self, count: DayCount, seen: u32) {
        self.counts[count as usize] = seen;
    }

    pub(crate) fn at_least(&mut self, count: DayCount, seen: u32) {
        self.counts[count as usize] = self.counts[count as usize].max(seen);
    }

    /// 1 for each hour with a record page.
    pub(crate) fn hours(&self) -> [u16; 48] {
        std::array::from_fn(|hour| u16::from(self.hours >> hour & 1 == 1))
    }
}

/// The levels of one account, for every count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Levels {
    levels: [Level; COUNTS],
    pub(crate) daily: [Daily; DAILY.len()],
}

impl Levels {
    pub(crate) fn of(&self, count: DayCount) -> &Level {
        &self.levels[count as usize]
    }

    pub(crate) fn of_mut(&mut self, count: DayCount) -> &mut Level {
        &mut self.levels[count as usize]
    }
}

/// The levels of the accounts of a portal together, for every count.
#[derive(Clone, Debug, Default)]
pub(crate) struct PeerLevels {
    levels: [Peers; COUNTS],
    means: [Peers; DAILY.len()],
    /// Sums of the accounts' variances beyond Poisson's, and of their squared means. The quotient
    /// of the sums, not the mean of quotients: an account that hardly works must not set the
    /// dispersion of all.
    spreads: [(f64, f64); DAILY.len()],
}

/// Assumed dispersion of an account's days, with the weight of three accounts.
const DISPERSION: f32 = 0.6;

impl PeerLevels {
    pub(crate) fn usual(&self, count: DayCount, work: Work) -> f32 {
        self.levels[count as usize].usual(prior(count) * work.factor(count))
    }

    /// Number of accounts with habits.
    pub(crate) fn accounts(&self) -> f32 {
        self.means[0].accounts()
    }

    /// Replaces the figures of one account for one count.
    pub(crate) fn replace(&mut self, count: DayCount, before: &LevelFigures, after: &LevelFigures) {
        self.levels[count as usize].replace(before.own, after.own);
        if let Some(place) = DAILY.iter().position(|(daily, _)| *daily == count) {
            self.means[place].replace(before.mean, after.mean);
            let of = |figures: &LevelFigures| {
                let square = figures
                    .mean
                    .map_or(0.0, |mean| f64::from(mean.min(50.0)).powi(2));
                (square * f64::from(figures.dispersion.min(3.0)), square)
            };
            let (was, is) = (of(before), of(after));
            let spread = &mut self.spreads[place];
            *spread = (
                (spread.0 + is.0 - was.0).max(0.0),
                (spread.1 + is.1 - was.1).max(0.0),
            );
        }
    }

    /// The prediction of a day for an account with this level.
    pub(crate) fn prediction(
        &self,
        tuning: &Tuning,
        place: usize,
        level: &Level,
        age_days: i32,
        work: Work,
    ) -> Prediction {
        let count = DAILY[place].0;
        let prior = beyond_first(prior(count) * work.factor(count) / 2.0);
        let mut peers = self.means[place].logarithm(prior);
        if age_days < NEWCOMER_DAYS {
            // To a newcomer every person is new: the peers' record pages say how many to expect,
            // not their new persons.
            let sheets = self.means[SHEETS].logarithm(prior);
            peers = (peers.0.max(sheets.0), peers.1.max(sheets.1));
        }
        let known = 3.0 * f64::from(prior).powi(2);
        let (excess, squares) = self.spreads[place];
        let dispersion = ((excess + known * f64::from(DISPERSION)) / (squares + known)) as f32;
        let (own, days) = match level.mean_beyond() {
            Some(mean) => ((mean, level.dispersion()), level.days()),
            None => ((1.0, 0.0), 0),
        };
        Prediction::of(tuning, own, (days, age_days), peers, dispersion)
    }
}

/// The figures of one account's level that its peers' sums contain.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LevelFigures {
    own: Option<f32>,
    mean: Option<f32>,
    dispersion: f32,
}

impl LevelFigures {
    pub(crate) fn of(level: &Level) -> Self {
        Self {
            own: level.own(),
            mean: level.mean_beyond(),
            dispersion: level.dispersion(),
        }
    }
}

/// The kind of work at a portal, declared by its operator; used while its accounts are unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Work {
    /// A few files a day, each for some time.
    #[default]
    Files,
    /// A counter or a call centre: many persons a day, each for minutes.
    Desk,
}

impl Work {
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "files" => Some(Self::Files),
            "desk" => Some(Self::Desk),
            _ => None,
        }
    }

    const fn factor(self, count: DayCount) -> f32 {
        match (self, count) {
            (
                Self::Desk,
                DayCount::PacedTen
                | DayCount::PacedHour
                | DayCount::Sheets
                | DayCount::New
                | DayCount::Reached
                | DayCount::Searches,
            ) => 3.0,
            (Self::Desk | Self::Files, _) => 1.0,
        }
    }
}

/// Every count, in order.
pub(crate) const ALL: [DayCount; COUNTS] = [
    DayCount::PacedMinute,
    DayCount::PacedTen,
    DayCount::PacedHour,
    DayCount::BurstMinute,
    DayCount::ListsTen,
    DayCount::Sheets,
    DayCount::New,
    DayCount::Listed,
    DayCount::Run,
    DayCount::Pages,
    DayCount::Ended,
    DayCount::Searches,
    DayCount::Empty,
    DayCount::Uninspected,
    DayCount::Refused,
    DayCount::Unmapped,
    DayCount::Reached,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_its_place() {
        for (place, count) in ALL.into_iter().enumerate() {
            assert_eq!(count as usize, place);
        }
    }

    #[test]
    fn the_shares_of_the_budget_do_not_exceed_it() {
        let shares = RULES
            .iter()
            .map(|rule| rule.weight)
            .chain(DAILY.iter().map(|(_, weight)| *weight));
        let total: f32 = shares.map(|weight| 10_f32.powf(weight)).sum();
        assert!(total <= 1.5, "{total}");
    }
}
