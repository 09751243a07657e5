//! Terms of retention counted from a source of the portal: how many of its records are older than
//! the register allows.

use std::collections::BTreeMap;

use digue_app::{Actor, App, Areas, OperationError};
use digue_compliance::isms;
use digue_isms::field::Values;
use digue_isms::privacy_kinds::{RetentionReading, RetentionRule};
use digue_isms::register::{RegisterEntry, Registers};
use digue_sources::retention::{AgesByRule, RecordAges, RetentionCounts, RetentionPort};
use futures_util::future::BoxFuture;
use jiff::Span;
use jiff::civil::Date;

/// Adds what takes the ages that sources give.
#[must_use]
pub fn areas(before: Areas) -> Areas {
    before.with(RetentionCounts(Box::new(CountedTerms)))
}

/// What `[[sources]]` hands its ages to.
struct CountedTerms;

impl RetentionPort for CountedTerms {
    fn take<'t>(
        &'t self,
        app: &'t App,
        actor: &'t Actor,
        (source, ages): (&'t str, AgesByRule),
    ) -> BoxFuture<'t, Result<(), OperationError>> {
        Box::pin(take(app, actor, source, ages))
    }
}

/// One count of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct TermCount {
    records: u64,
    /// Those whose term has ended.
    beyond: u64,
    /// Those without a day: beyond the term or not, nobody knows.
    undated: u64,
}

impl TermCount {
    /// The count on a day, for a term of so many months.
    fn of(ages: &RecordAges, months: u32, today: Date) -> Self {
        let mut count = Self::default();
        for (since, number) in ages {
            count.records = count.records.saturating_add(*number);
            match since {
                None => count.undated = count.undated.saturating_add(*number),
                // A term that ends after the last day of the calendar has not ended.
                Some(since) => {
                    let term = Span::new().try_months(months).ok();
                    let end = term.and_then(|term| since.checked_add(term).ok());
                    if end.is_some_and(|end| end < today) {
                        count.beyond = count.beyond.saturating_add(*number);
                    }
                }
            }
        }
        count
    }

    /// The same numbers as a reading that is there.
    fn is_in(self, reading: &RetentionReading) -> bool {
        let known = [reading.records, reading.beyond, reading.undated];
        // A number that nobody wrote is not zero.
        known.map(|number| number.map(u64::from))
            == [self.records, self.beyond, self.undated].map(Some)
    }
}

/// Writes one reading a term and day; another one of the day only with other numbers.
///
/// # Errors
/// `Invalid` for a term that the register does not have: none of the ages is counted then.
async fn take(
    app: &App,
    actor: &Actor,
    source: &str,
    ages: AgesByRule,
) -> Result<(), OperationError> {
    let registers = isms::registers(app, &Actor::digue()).await?;
    let today = isms::now(app).today;
    let mut counts = BTreeMap::new();
    for (rule, ages) in &ages {
        let months = months_of(&registers, rule)
            .ok_or(OperationError::Invalid("source-fault-retention-rule"))?;
        counts.insert(rule, TermCount::of(ages, months, today));
    }
    let mut readings = Vec::new();
    for (rule, count) in counts {
        if !is_written(&registers, rule, count, today) {
            readings.push(reading(rule, count, source, today)?);
        }
    }
    isms::save_counts(app, actor, &readings).await
}

fn months_of(registers: &Registers, rule: &str) -> Option<u32> {
    let rules = registers.read::<RetentionRule>().entries;
    let found = rules.into_iter().find(|entry| entry.id == *rule)?;
    found.record.months
}

/// True when the last reading of the term says the same of today.
fn is_written(registers: &Registers, rule: &str, count: TermCount, today: Date) -> bool {
    let entries = registers.read::<RetentionReading>().entries;
    let is_of = |entry: &&RegisterEntry<RetentionReading>| {
        entry.record.rule.0.as_deref() == Some(rule) && entry.record.read_on == Some(today)
    };
    let last = entries.iter().rfind(is_of);
    last.is_some_and(|last| count.is_in(&last.record))
}

/// The reading as the register writes it.
fn reading(
    rule: &str,
    count: TermCount,
    source: &str,
    today: Date,
) -> Result<Values, OperationError> {
    // The register counts up to four thousand million records.
    let fits = |number: u64| match u32::try_from(number) {
        Ok(number) => Ok(number.to_string()),
        Err(_) => Err(OperationError::Invalid("source-fault-retention-many")),
    };
    let fields = [
        ("rule", rule.to_owned()),
        ("read-on", today.to_string()),
        ("records", fits(count.records)?),
        ("beyond", fits(count.beyond)?),
        ("undated", fits(count.undated)?),
        ("quality", "exact".to_owned()),
        ("source", format!("[[sources]] {source}")),
    ];
    let fields = fields.into_iter();
    Ok(fields
        .map(|(field, text)| (field.to_owned(), vec![text]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_with_a_blank_is_not_the_same_as_a_count_of_none() {
        let count = TermCount {
            records: 10,
            ..TermCount::default()
        };
        let mut reading = RetentionReading {
            records: Some(10),
            beyond: Some(0),
            ..RetentionReading::default()
        };
        assert!(!count.is_in(&reading));
        reading.undated = Some(0);
        assert!(count.is_in(&reading));
    }

    #[test]
    fn a_record_is_beyond_its_term_from_the_day_after_its_end() {
        let ages: RecordAges = [
            (Some("2020-02-28"), 1),
            (Some("2020-02-29"), 10),
            (Some("2021-03-01"), 100),
            (None, 1000),
            (Some("9999-12-31"), 10_000),
        ]
        .into_iter()
        .map(|(day, number)| (day.map(|day: &str| day.parse().unwrap()), number))
        .collect();
        let on = |day: &str| TermCount::of(&ages, 12, day.parse().unwrap());
        // A year after 29 February is 28 February.
        assert_eq!(on("2021-02-28").beyond, 0);
        assert_eq!(on("2021-03-01").beyond, 11);
        let later = on("2030-01-01");
        assert_eq!(
            (later.records, later.beyond, later.undated),
            (11_111, 111, 1000)
        );
    }
}
