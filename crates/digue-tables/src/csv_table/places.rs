//! Where the rows of a file are, and whom each of them names. Only for a file that all programs read
//! alike: where two readings see different rows, taking out those of one would cut through those of
//! the other.

use std::borrow::Cow;
use std::ops::Range;

use digue_types::{ReadFailure, UnreadCause};
use memchr::memchr;

use super::{Attempt, CsvRow, Lexer, Quotes, delimiters, separator_hint};
use crate::table::{TableRow as _, TableRows, TableRules};
use digue_identifiers::collector::IdentifierSearch;
use digue_identifiers::identifier::Identifier;
use digue_identifiers::reading::Unreadable;

/// One row, by places in the text.
#[derive(Debug, PartialEq, Eq)]
pub struct PlacedRow {
    /// From its first byte to that of the next row.
    pub bytes: Range<usize>,
    /// By the rules and by the sweep.
    pub identifiers: Vec<Identifier>,
    /// False for titles, header, totals and blank rows.
    pub is_record: bool,
}

/// The rows of a file, in order, and the one way of reading it.
pub struct PlacedTable<'t> {
    text: &'t str,
    delimiter: u8,
    quotes: Quotes,
    pub rows: Vec<PlacedRow>,
}

impl<'t> PlacedTable<'t> {
    /// The cells of a row, without their quotes. Read again: kept, they would take many times the
    /// bytes of the file.
    pub fn cells(&self, row: &PlacedRow) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        let mut read = CsvRow::default();
        Lexer::new(&self.text[row.bytes.clone()], self.delimiter, self.quotes).read(&mut read);
        read.cells.into_iter()
    }
}

/// The rows of a file, as many as there may be identifiers.
///
/// # Errors
/// The file can be read in two ways, or not at all.
pub fn placed_rows<'t>(
    rules: &TableRules,
    text: &'t str,
    search: IdentifierSearch<'_>,
) -> Result<PlacedTable<'t>, Unreadable> {
    let (hint, table) = match separator_hint(text.trim_start_matches('\u{feff}')) {
        Some((delimiter, rest)) => (Some(delimiter), rest),
        None => (None, text.trim_start_matches('\u{feff}')),
    };
    let base = text.len() - table.len();
    let quotes = match memchr(b'"', table.as_bytes()) {
        Some(_) => Quotes::Doubled,
        None => Quotes::None,
    };
    let mut whole = None;
    for delimiter in delimiters(rules, hint, table, &search.collector()) {
        let attempt = Attempt {
            rules,
            text: table,
            delimiter,
            has_quotes: quotes != Quotes::None,
            is_only: false,
        };
        let candidate = attempt.read(quotes, &mut search.collector())?;
        let is_read = candidate.read.is_ok_and(|tally| tally.records > 0);
        // A header is enough: its rows are records for a program that takes this delimiter.
        if (candidate.has_header && !is_read) || (is_read && whole.is_some()) {
            return Err(ambiguous());
        }
        if is_read {
            // A quote that another way of quoting reads otherwise.
            if quotes != Quotes::None && (candidate.is_doubtful || table.contains("\\\"")) {
                return Err(ambiguous());
            }
            whole = Some(delimiter);
        }
    }
    let delimiter = whole.ok_or_else(ambiguous)?;
    let mut rows = rows(rules, table, (delimiter, quotes), search)?;
    for row in &mut rows {
        row.bytes = base + row.bytes.start..base + row.bytes.end;
    }
    Ok(PlacedTable {
        text,
        delimiter,
        quotes,
        rows,
    })
}

fn rows(
    rules: &TableRules,
    table: &str,
    (delimiter, quotes): (u8, Quotes),
    search: IdentifierSearch<'_>,
) -> Result<Vec<PlacedRow>, Unreadable> {
    let mut lexer = Lexer::new(table, delimiter, quotes);
    let mut reader = TableRows::new(rules);
    let (mut row, mut placed) = (CsvRow::default(), Vec::new());
    loop {
        let start = lexer.place();
        if !lexer.read(&mut row) {
            return Ok(placed);
        }
        // One collector for each row: it keeps each identifier once, and would hide that a later
        // row has it, too.
        let mut found = search.collector();
        reader.read(&row, &mut found)?;
        let is_record = reader.is_below_header() && found.count() > 0;
        for (column, cell) in row.texts() {
            found.sweep(cell, || row.place(column))?;
        }
        if placed.len() == search.identifiers_max {
            return Err(Unreadable::too_large());
        }
        placed.push(PlacedRow {
            bytes: start..lexer.place(),
            identifiers: found.into_identifiers(),
            is_record,
        });
    }
}

fn ambiguous() -> Unreadable {
    ReadFailure::new(UnreadCause::Ambiguous).into()
}
