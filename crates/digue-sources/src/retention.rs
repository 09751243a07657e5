//! How old the records of a portal are, as a source gives it: for each term of the register, the
//! days from which it runs, and how many records share each. No person is named.
//!
//! What follows from the ages is not its matter: the registers are in an area above.

use std::collections::BTreeMap;

use digue_app::csv_file::{CsvColumn, CsvFileRow, CsvForm};
use digue_app::{Actor, App, Area, LineFault, OperationError};
use futures_util::future::BoxFuture;
use jiff::civil::Date;

const RULE: usize = 0;
const SINCE: usize = 1;
const COUNT: usize = 2;

/// The columns that a query may have.
pub(crate) const COLUMNS: [&str; 3] = ["rule", "since", "count"];

const FORM: CsvForm = CsvForm {
    prefix: "retention-list",
    columns: &[
        column(RULE, &["rule", "term", "règle", "terme"]),
        column(SINCE, &["since", "depuis"]),
        column(COUNT, &["count", "nombre"]),
    ],
    needed: &[RULE, SINCE],
    one_of: &[],
};

const fn column(place: usize, aliases: &'static [&'static str]) -> CsvColumn {
    CsvColumn {
        name: COLUMNS[place],
        aliases,
    }
}

/// Numbers of records by the day from which the term runs; `None` for those that have no such day.
pub type RecordAges = BTreeMap<Option<Date>, u64>;

/// The ages of each term's records, by the name of the term: `DU-3`.
pub type AgesByRule = BTreeMap<String, RecordAges>;

/// Writes counts into the register of terms. The rules are those of the management system, whose
/// crate the reader of sources does not know.
pub trait RetentionPort: Send + Sync {
    /// Takes the ages that a source gave, under the account of `actor`.
    ///
    /// # Errors
    /// `Invalid` with the locale key of ages that are not counted.
    fn take<'t>(
        &'t self,
        app: &'t App,
        actor: &'t Actor,
        ages: (&'t str, AgesByRule),
    ) -> BoxFuture<'t, Result<(), OperationError>>;
}

/// What takes ages.
pub struct RetentionCounts(pub Box<dyn RetentionPort>);

impl Area for RetentionCounts {}

/// Reads ages; returns them and the number of rows.
///
/// # Errors
/// `Faults`: with one row left out, a count would be too low and look exact. `Invalid` without any
/// row: a table that is gone is not a table without old records.
pub(crate) fn read(csv: &[u8]) -> Result<(AgesByRule, u64), OperationError> {
    let (mut ages, mut rows) = (AgesByRule::new(), 0);
    FORM.each_row(csv, &mut |cells| {
        let (rule, since, count) = read_row(cells)?;
        let of_rule = ages.entry(rule).or_default();
        let known: &mut u64 = of_rule.entry(since).or_default();
        *known = known.saturating_add(count);
        rows += 1;
        Ok(())
    })?;
    match rows {
        0 => Err(OperationError::Invalid("source-fault-retention-none")),
        _ => Ok((ages, rows)),
    }
}

fn read_row(row: &CsvFileRow<'_>) -> Result<(String, Option<Date>, u64), LineFault> {
    let fault = |column, key| FORM.fault(row, column, key);
    let rule = row.cell(RULE).trim().to_owned();
    if rule.is_empty() {
        return Err(fault(RULE, "retention-list-fault-rule"));
    }
    let since = match row.cell(SINCE).trim() {
        "" => None,
        text => Some(day(text).ok_or_else(|| fault(SINCE, "retention-list-fault-date"))?),
    };
    let count = match row.cell(COUNT).trim() {
        // One row for each record.
        "" => 1,
        text => text
            .parse()
            .map_err(|_| fault(COUNT, "retention-list-fault-count"))?,
    };
    Ok((rule, since, count))
}

/// `2024-03-31`, with or without a time, or `31/03/2024`.
fn day(text: &str) -> Option<Date> {
    let part = |range: std::ops::Range<usize>| text.get(range);
    if let Some(year) = part(6..10).filter(|_| part(2..3) == Some("/") && part(5..6) == Some("/")) {
        let whole = text.len() == 10;
        let iso = format!("{year}-{}-{}", part(3..5)?, part(0..2)?);
        return whole.then(|| iso.parse().ok()).flatten();
    }
    let is_end = matches!(text.as_bytes().get(10), None | Some(b'T' | b' '));
    is_end.then(|| part(0..10)?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<Date> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn rows_of_one_day_are_added_up_and_a_blank_day_is_no_day() {
        let csv = "rule;since;count\nDU-1;2020-01-31;40\nDU-1;31/01/2020;2\nDU-1;;3\n\
                   DU-2;2024-02-29 23:59:59;\nDU-2;2024-02-29T00:00:00Z;\n";
        let (ages, rows) = read(csv.as_bytes()).unwrap();
        assert_eq!(rows, 5);
        let expected = RecordAges::from([(None, 3), (date("2020-01-31"), 42)]);
        assert_eq!(ages["DU-1"], expected);
        assert_eq!(ages["DU-2"], RecordAges::from([(date("2024-02-29"), 2)]));
    }

    #[test]
    fn one_row_that_cannot_be_read_refuses_the_whole() {
        for (row, key) in [
            (",2020-01-01,1", "retention-list-fault-rule"),
            ("DU-1,demain,1", "retention-list-fault-date"),
            ("DU-1,2020-02-30,1", "retention-list-fault-date"),
            ("DU-1,31/02/2020,1", "retention-list-fault-date"),
            ("DU-1,2020-01-011,1", "retention-list-fault-date"),
            ("DU-1,2020-01-01,-1", "retention-list-fault-count"),
            ("DU-1,2020-01-01,beaucoup", "retention-list-fault-count"),
        ] {
            let csv = format!("rule,since,count\nDU-1,2020-01-01,1\n{row}\n");
            let Err(OperationError::Faults(faults)) = read(csv.as_bytes()) else {
                panic!("{row}");
            };
            assert_eq!((faults[0].line, faults[0].key.as_str()), (3, key), "{row}");
        }
        let none = read(b"rule,since\n");
        assert!(matches!(
            none,
            Err(OperationError::Invalid("source-fault-retention-none"))
        ));
        assert!(read(b"rule\nDU-1\n").is_err());
    }
}
