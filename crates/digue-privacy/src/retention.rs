//! Terms of retention beside what was counted: how many records of a portal are older than they may
//! be, on which day, and how good the count is. What was not counted is not fine.

use std::collections::HashMap;

use digue_isms::privacy_kinds::{RetentionReading, RetentionRule};
use digue_isms::privacy_lists::ReadingQuality;
use digue_isms::register::{RegisterEntry, RegisterReading, Registers, days_between};
use jiff::civil::Date;

/// A count older than this many days says nothing of today.
// A term is counted in months: a quarter without a count hides a month's backlog three times.
pub const READING_DAYS_MAX: i64 = 92;

/// Where a term stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetentionState {
    NotMeasured,
    /// Counted, and too long ago to say anything of today.
    Stale(RetentionShare),
    /// No more than is tolerated, whatever the records without a date are.
    Within(RetentionShare),
    Beyond(RetentionShare),
    /// Whether it is within the term hangs on records that have no date, or on a count that is only
    /// a lower bound.
    Undecided(RetentionShare),
}

/// A count with its day. Records without a date may be beyond the term or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetentionShare {
    pub on: Date,
    pub records: u64,
    pub beyond: u64,
    /// `None` where nobody said how many.
    pub undated: Option<u64>,
    pub quality: ReadingQuality,
}

impl RetentionShare {
    /// Thousandths that are beyond the term for certain, rounded up: one record of a million is not
    /// none.
    pub const fn permille(&self) -> u64 {
        share(self.beyond, self.records)
    }

    /// The same if every record without a date is beyond it.
    pub const fn permille_at_most(&self) -> u64 {
        match self.undated {
            Some(undated) => share(self.beyond.saturating_add(undated), self.records),
            None => share(self.records, self.records),
        }
    }
}

const fn share(part: u64, whole: u64) -> u64 {
    if whole == 0 {
        0
    } else {
        part.saturating_mul(1000).div_ceil(whole)
    }
}

impl RetentionState {
    /// Its locale key follows `retention-state-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotMeasured => "not-measured",
            Self::Stale(_) => "stale",
            Self::Within(_) => "within",
            Self::Beyond(_) => "beyond",
            Self::Undecided(_) => "undecided",
        }
    }

    pub const fn share(self) -> Option<RetentionShare> {
        match self {
            Self::NotMeasured => None,
            Self::Stale(share)
            | Self::Within(share)
            | Self::Beyond(share)
            | Self::Undecided(share) => Some(share),
        }
    }

    pub const fn is_within(self) -> bool {
        matches!(self, Self::Within(_))
    }

    /// The last count of a term, judged by what the term tolerates, in thousandths.
    pub fn of(rule: &RetentionRule, last: Option<&RetentionReading>, today: Date) -> Self {
        let Some(share) = last.and_then(counted) else {
            return Self::NotMeasured;
        };
        let tolerated = u64::from(rule.tolerated.unwrap_or(0));
        if days_between(share.on, today) > READING_DAYS_MAX {
            return Self::Stale(share);
        }
        // What is certain comes first: a lower bound above the limit is above it.
        if share.permille() > tolerated {
            return Self::Beyond(share);
        }
        let is_whole = share.quality != ReadingQuality::Lower;
        if is_whole && share.permille_at_most() <= tolerated {
            Self::Within(share)
        } else {
            Self::Undecided(share)
        }
    }
}

/// `None` for a count that says nothing: without its numbers, or with more records beyond the term and
/// without a date than there are. Where nobody said how many have no date, all of them may have none.
fn counted(reading: &RetentionReading) -> Option<RetentionShare> {
    let (records, beyond) = (u64::from(reading.records?), u64::from(reading.beyond?));
    let others = records.checked_sub(beyond)?;
    let undated = reading.undated.map(u64::from);
    undated
        .is_none_or(|undated| undated <= others)
        .then_some(RetentionShare {
            on: reading.read_on?,
            records,
            beyond,
            undated,
            quality: reading.quality.0?,
        })
}

/// A term with its state.
#[derive(Clone, PartialEq, Debug)]
pub struct JudgedRule {
    pub entry: RegisterEntry<RetentionRule>,
    pub state: RetentionState,
}

/// Every term that can be read, with its state.
pub fn judged(registers: &Registers, today: Date) -> Vec<JudgedRule> {
    let RegisterReading { entries, .. } = registers.read::<RetentionReading>();
    // By day, then by the order in which they came: a correction of the same day counts.
    let mut last: HashMap<&str, &RetentionReading> = HashMap::new();
    for RegisterEntry { record, .. } in &entries {
        let Some(rule) = record.rule.0.as_deref() else {
            continue;
        };
        // A count of a day to come was not made.
        if record.read_on.is_some_and(|on| on > today) {
            continue;
        }
        let known = last.get(rule);
        if known.is_none_or(|known| known.read_on <= record.read_on) {
            last.insert(rule, record);
        }
    }
    let rules = registers.read::<RetentionRule>().entries.into_iter();
    rules
        .map(|entry| JudgedRule {
            state: RetentionState::of(&entry.record, last.get(entry.id.as_str()).copied(), today),
            entry,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use digue_isms::field::One;
    use jiff::civil::date;

    use super::*;

    fn reading(
        records: u32,
        beyond: u32,
        undated: u32,
        quality: ReadingQuality,
    ) -> RetentionReading {
        RetentionReading {
            read_on: Some(date(2026, 11, 1)),
            records: Some(records),
            beyond: Some(beyond),
            undated: Some(undated),
            quality: One(Some(quality)),
            ..RetentionReading::default()
        }
    }

    fn state(tolerated: Option<u32>, last: Option<&RetentionReading>) -> &'static str {
        let rule = RetentionRule {
            tolerated,
            ..RetentionRule::default()
        };
        RetentionState::of(&rule, last, date(2026, 11, 30)).code()
    }

    #[test]
    fn what_was_not_counted_is_not_fine() {
        assert_eq!(state(Some(1000), None), "not-measured");
        let half = RetentionReading {
            beyond: None,
            ..reading(10, 0, 0, ReadingQuality::Exact)
        };
        assert_eq!(state(Some(1000), Some(&half)), "not-measured");
        // Five of none, or more without a date than there are.
        for impossible in [(0, 5, 0), (10, 5, 6)] {
            let (records, beyond, undated) = impossible;
            let impossible = reading(records, beyond, undated, ReadingQuality::Exact);
            assert_eq!(state(Some(1000), Some(&impossible)), "not-measured");
        }
        let unsaid = RetentionReading {
            undated: None,
            ..reading(10, 0, 0, ReadingQuality::Exact)
        };
        assert_eq!(state(Some(10), Some(&unsaid)), "undecided");
    }

    #[test]
    fn one_record_of_a_million_is_not_none() {
        let one = reading(1_000_000, 1, 0, ReadingQuality::Exact);
        assert_eq!(state(None, Some(&one)), "beyond");
        assert_eq!(state(Some(1), Some(&one)), "within");
    }

    #[test]
    fn records_without_a_date_and_lower_bounds_prove_no_term() {
        let undated = reading(1000, 5, 10, ReadingQuality::Exact);
        assert_eq!(state(Some(10), Some(&undated)), "undecided");
        assert_eq!(state(Some(15), Some(&undated)), "within");
        assert_eq!(state(Some(4), Some(&undated)), "beyond");
        let lower = reading(1000, 5, 0, ReadingQuality::Lower);
        assert_eq!(state(Some(10), Some(&lower)), "undecided");
        assert_eq!(state(Some(4), Some(&lower)), "beyond");
    }

    #[test]
    fn an_old_count_says_nothing_of_today() {
        let rule = RetentionRule::default();
        let last = reading(10, 0, 0, ReadingQuality::Exact);
        let on = |day| RetentionState::of(&rule, Some(&last), day).code();
        assert_eq!(on(date(2027, 2, 1)), "within");
        assert_eq!(on(date(2027, 2, 2)), "stale");
    }
}
