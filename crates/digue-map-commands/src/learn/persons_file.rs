//! The list of persons: a CSV or the first sheet of a workbook.

use std::path::Path;

use digue_locales::Value;
use digue_survey::KnownPersons;
use digue_survey::known::{ColumnChoice, PersonsColumn, PersonsTable, PersonsTableFault};
use digue_tables::csv_table::{DELIMITERS, csv_rows};
use digue_tables::xlsx::{UploadedRow, uploaded_sheets};

use crate::arguments::HarArguments;
use digue_terminal::{Output, input};

/// The most bytes of a workbook once unpacked, and the most rows of a list.
const BYTES_MAX: usize = 1 << 30;
const ROWS_MAX: usize = 5_000_000;

/// Nobody without a list; `None` when a list cannot be used, which has been reported.
pub fn read(out: &Output, arguments: &HarArguments) -> Option<KnownPersons> {
    let mut known = read_persons(out, arguments)?;
    if let Some(path) = &arguments.names_file {
        let Some(table) = table_of(out, path)? else {
            out.complain(
                "learn-persons-unread",
                &[("file", Value::from(input::shown(out.language, path)))],
            );
            return None;
        };
        known.add_names(&table);
    }
    Some(known)
}

fn read_persons(out: &Output, arguments: &HarArguments) -> Option<KnownPersons> {
    let Some(path) = &arguments.persons else {
        return Some(KnownPersons::default());
    };
    let file = || ("file", Value::from(input::shown(out.language, path)));
    let Some(table) = table_of(out, path)? else {
        out.complain("learn-persons-unread", &[file()]);
        return None;
    };
    let choice = ColumnChoice {
        identifiers: arguments.identifiers.clone(),
        names: arguments.names.clone(),
    };
    match KnownPersons::from_table(&table, &choice) {
        Ok((known, columns)) => {
            let named = |wanted: &[PersonsColumn]| {
                let both = table
                    .header
                    .iter()
                    .zip(&columns)
                    .filter(|(_, used)| wanted.contains(used));
                let names: Vec<&str> = both.map(|(name, _)| name.as_str()).collect();
                let none = || out.text_of("learn-persons-none", &[]);
                Value::from(if names.is_empty() {
                    none()
                } else {
                    names.join(", ")
                })
            };
            let values = [
                file(),
                ("persons", Value::from(known.len())),
                (
                    "identifiers",
                    named(&[
                        PersonsColumn::Primary,
                        PersonsColumn::Identifier,
                        PersonsColumn::Mailbox,
                    ]),
                ),
                ("names", named(&[PersonsColumn::Name])),
            ];
            out.complain("learn-persons-used", &values);
            Some(known)
        }
        Err(fault) => {
            report(out, path, &fault);
            None
        }
    }
}

/// Says why a list cannot be used.
pub fn report(out: &Output, path: &Path, fault: &PersonsTableFault) {
    let file = ("file", Value::from(input::shown(out.language, path)));
    match fault {
        PersonsTableFault::UnknownColumn(column) => {
            out.complain(
                "learn-persons-column",
                &[file, ("column", Value::from(column.as_str()))],
            );
        }
        PersonsTableFault::NoIdentifier => out.complain("learn-persons-identifier", &[file]),
        PersonsTableFault::Empty => out.complain("learn-persons-empty", &[file]),
    }
}

/// The inner `None` for a file that is no table; the outer one for a file that cannot be read,
/// which has been reported.
pub fn table_of(out: &Output, path: &Path) -> Option<Option<PersonsTable>> {
    let bytes = input::read_list(out, path)?;
    let rows = if bytes.starts_with(b"PK\x03\x04") {
        workbook_rows(&bytes)
    } else {
        text_rows(&bytes)
    };
    Some(rows.map(table_with_header))
}

fn table_with_header(mut rows: Vec<Vec<String>>) -> PersonsTable {
    rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    let mut rows = rows.into_iter();
    PersonsTable {
        header: rows.next().unwrap_or_default(),
        rows: rows.collect(),
    }
}

fn text_rows(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let text = digue_decode::text(None, bytes).ok()?;
    if text.contains('\0') {
        return None;
    }
    Some(csv_rows(&text, delimiter_of(&text)))
}

fn delimiter_of(text: &str) -> u8 {
    let mut lines = text.lines();
    let first = lines.find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default();
    let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    // The last of equals: a list of one column has none, and is read with commas.
    let delimiter = DELIMITERS.into_iter().rev().max_by_key(count);
    delimiter.unwrap_or(b',')
}

fn workbook_rows(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let sheet = uploaded_sheets(bytes, BYTES_MAX, ROWS_MAX)
        .ok()?
        .into_iter()
        .next()?;
    Some(sheet.rows.iter().map(texts_of_row).collect())
}

/// The cells of a row, those that it lacks empty.
fn texts_of_row(row: &UploadedRow) -> Vec<String> {
    let width = row.cells.keys().next_back().map_or(0, |last| last + 1);
    let text = |column: usize| row.cells.get(&column).and_then(|cell| cell.text());
    (0..width)
        .map(|column| text(column).unwrap_or_default().to_owned())
        .collect()
}
