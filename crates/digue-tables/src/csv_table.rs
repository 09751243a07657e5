//! CSV and TSV: identifiers in named columns.
//!
//! A file does not state its delimiter or its way of quoting, and the client's program may choose
//! another than we would. So every reading under which the header has its columns is a candidate: a
//! person that any of them shows counts as shown, and the file is readable when at least one
//! candidate reads it whole, with an identifier in every row that is a record.

mod lexer;
mod places;

use digue_types::visible::{is_blank, is_invisible};
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};
use memchr::memchr;

use crate::table::{CellValue, TableRow, TableRows, TableRules};
use digue_identifiers::collector::Collector;
use digue_identifiers::reading::{ReadingTally, Unreadable};
use digue_identifiers::swept_texts::SweptTexts;
use lexer::{Lexer, Quotes};
pub use places::{PlacedRow, PlacedTable, placed_rows};

/// The delimiters that files without an own one are read with.
pub const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads a table from decoded text.
pub fn read(
    rules: &TableRules,
    text: &str,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let text = text.trim_start_matches('\u{feff}');
    let (hint, text) = match separator_hint(text) {
        Some((delimiter, rest)) => (Some(delimiter), rest),
        None => (None, text),
    };
    let delimiters = delimiters(rules, hint, text, found);
    let has_quotes = memchr(b'"', text.as_bytes()).is_some();
    let mut candidates = Vec::new();
    for delimiter in &delimiters {
        let attempt = Attempt {
            rules,
            text,
            delimiter: *delimiter,
            has_quotes,
            is_only: false,
        };
        if !has_quotes {
            let is_only = delimiters.len() == 1;
            candidates.push(Attempt { is_only, ..attempt }.read(Quotes::None, found)?);
            continue;
        }
        // The quotings in which a cell may cross lines come first. Only when one of them is
        // doubtful are the two by-line readings tried: in an honest file with multi-line notes they
        // would find persons that are not rows.
        let mut is_doubtful = false;
        for quotes in quotings(text) {
            let candidate = attempt.read(quotes, found)?;
            is_doubtful |= candidate.is_doubtful;
            candidates.push(candidate);
        }
        if is_doubtful {
            candidates.push(attempt.read(Quotes::InLine, found)?);
            candidates.push(attempt.read(Quotes::None, found)?);
        }
    }
    conclude(candidates)
}

/// The rows of a file in the usual quoting, each of cells as a person sees them; no rule is
/// applied. A `sep=` line is none of them, and decides over `delimiter`.
pub fn csv_rows(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let (delimiter, text) = separator_hint(text).unwrap_or((delimiter, text));
    let mut lexer = Lexer::new(text, delimiter, Quotes::Doubled);
    let (mut rows, mut row) = (Vec::new(), CsvRow::default());
    while lexer.read(&mut row) {
        let cells = row.cells.iter();
        rows.push(cells.map(|cell| shown(unguarded(cell))).collect());
    }
    rows
}

fn shown(cell: CellValue<'_>) -> String {
    match cell {
        CellValue::Text(text) | CellValue::Computed(text) | CellValue::Unreadable(_, text) => {
            text.to_owned()
        }
        CellValue::Missing | CellValue::Blank => String::new(),
    }
}

/// The file is readable when one candidate reads it whole. That it has no rows is accepted only
/// when no candidate with a header failed: a wrong delimiter can hide all rows.
fn conclude(candidates: Vec<CsvCandidate>) -> Result<ReadingTally, Unreadable> {
    let mut best: Option<ReadingTally> = None;
    let (mut fault, mut absent) = (None, None);
    for candidate in candidates {
        match candidate.read {
            Ok(tally) if has_more_records(&tally, best.as_ref()) => best = Some(tally),
            Ok(_) => {}
            Err(why) if candidate.has_header => fault = fault.or(Some(why)),
            Err(why) => absent = absent.or(Some(why)),
        }
    }
    match (best, fault) {
        (Some(best), Some(fault)) if best.records == 0 => Err(fault),
        (Some(best), _) => Ok(best),
        (None, Some(fault)) => Err(fault),
        (None, None) => Err(absent.unwrap_or_else(|| ReadFailure::new(UnreadCause::Column).into())),
    }
}

fn has_more_records(tally: &ReadingTally, best: Option<&ReadingTally>) -> bool {
    best.is_none_or(|best| best.records < tally.records)
}

/// `sep=;` on the first line: Excel takes it as the delimiter and does not show it.
fn separator_hint(text: &str) -> Option<(u8, &str)> {
    let end = text.find(['\r', '\n'])?;
    let line = text[..end].trim_matches('"');
    let prefix = line
        .get(..4)
        .filter(|prefix| prefix.eq_ignore_ascii_case("sep="))?;
    let [delimiter] = &line.as_bytes()[prefix.len()..] else {
        return None;
    };
    let is_usable = delimiter.is_ascii_punctuation() || matches!(delimiter, b'\t' | b' ');
    let rest = &text[end..];
    let rest = rest.strip_prefix("\r\n").unwrap_or_else(|| &rest[1..]);
    (is_usable && *delimiter != b'"').then_some((*delimiter, rest))
}

/// The delimiters to try. Those that do not occur in the text all give the same reading: one of
/// them is enough.
fn delimiters(rules: &TableRules, hint: Option<u8>, text: &str, found: &Collector<'_>) -> Vec<u8> {
    let mut delimiters: Vec<u8> = rules.delimiter.into_iter().chain(hint).collect();
    // A client's Excel follows `sep=` whatever the map says: both are read.
    delimiters.dedup();
    if rules.delimiter.is_some() {
        return delimiters;
    }
    if rules.is_numbered() && found.has_shapeless_kind() {
        // Without column names and without a shape of identifiers, a wrong reading would look
        // right: take the delimiter that splits the first line best.
        return if delimiters.is_empty() {
            vec![most_frequent(text)]
        } else {
            delimiters
        };
    }
    let (present, absent): (Vec<u8>, Vec<u8>) = DELIMITERS
        .iter()
        .partition(|delimiter| text.contains(char::from(**delimiter)));
    for delimiter in present.into_iter().chain(absent.into_iter().take(1)) {
        if !delimiters.contains(&delimiter) {
            delimiters.push(delimiter);
        }
    }
    delimiters
}

fn most_frequent(text: &str) -> u8 {
    let line = text
        .lines()
        .find(|line| !is_blank(line))
        .unwrap_or_default();
    let count = |delimiter: u8| line.bytes().filter(|byte| *byte == delimiter).count();
    // `max_by_key` returns the last of equals: with `rev`, a line without delimiters is read with
    // commas.
    DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

/// The ways of quoting in which a cell may contain line breaks. PHP leaves a quote after a
/// backslash as it is; other programs put a backslash before every quote and every backslash.
fn quotings(text: &str) -> Vec<Quotes> {
    let mut quotings = vec![Quotes::Doubled];
    if text.contains("\\\"") {
        quotings.push(Quotes::AfterBackslash);
    }
    if text.contains("\\\\\"") {
        quotings.push(Quotes::EscapedByBackslash);
    }
    quotings
}

/// The result of one reading of the file.
struct CsvCandidate {
    has_header: bool,
    /// Another way of quoting may see other rows.
    is_doubtful: bool,
    read: Result<ReadingTally, Unreadable>,
}

/// One reading of the file.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    rules: &'a TableRules,
    text: &'a str,
    delimiter: u8,
    has_quotes: bool,
    /// No other reading follows, so the first fault ends the work.
    is_only: bool,
}

impl Attempt<'_> {
    /// Reads to the end. After a fault, texts with the shape of an identifier are still collected:
    /// the client may show them. Fails when the response cannot be read in any way.
    fn read(self, quotes: Quotes, found: &mut Collector<'_>) -> Result<CsvCandidate, Unreadable> {
        let is_by_line = matches!(quotes, Quotes::InLine | Quotes::None) && self.has_quotes;
        let mut rows = if is_by_line {
            TableRows::of_one_width(self.rules)
        } else {
            TableRows::new(self.rules)
        };
        let mut lexer = Lexer::new(self.text, self.delimiter, quotes);
        let mut swept = SweptTexts::default();
        let mut fault: Option<Unreadable> = None;
        let mut row = CsvRow::default();
        while lexer.read(&mut row) {
            // Every cell is swept, also those of rows that the rules refuse: the client may show
            // them.
            for cell in &row.cells {
                swept.add(cell, found, || row.place(0))?;
            }
            if fault.is_none() {
                match rows.read(&row, found) {
                    Ok(()) => {}
                    // Persons of all readings add up in `found`: no further reading can make them
                    // fewer.
                    Err(why) if why.detail.cause == UnreadCause::TooLarge || self.is_only => {
                        return Err(why);
                    }
                    Err(why) => fault = Some(why),
                }
            }
            if fault.is_some() {
                rows.salvage(&row, found)?;
            }
            if rows.is_without_header() {
                break;
            }
        }
        swept.finish(found, || row.place(0))?;
        let fault = fault.or_else(|| lexer.oddities.fault(quotes));
        let is_doubtful = lexer.oddities.is_doubtful() || fault.is_some() || !rows.has_header();
        let has_header = rows.has_header();
        let read = match fault {
            Some(fault) => Err(fault),
            None => rows.finish(),
        };
        Ok(CsvCandidate {
            has_header,
            is_doubtful,
            read,
        })
    }
}

/// One row of the file.
#[derive(Default)]
struct CsvRow<'t> {
    cells: Vec<std::borrow::Cow<'t, str>>,
    /// Line number, from 1.
    line: usize,
}

impl TableRow for CsvRow<'_> {
    fn width(&self) -> usize {
        self.cells.len()
    }

    fn cell(&self, column: usize) -> CellValue<'_> {
        self.cells
            .get(column)
            .map_or(CellValue::Missing, |cell| unguarded(cell))
    }

    fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        let cells = self
            .cells
            .iter()
            .enumerate()
            .map(|(column, cell)| (column, cell.as_ref()));
        cells.filter(|(_, cell)| !is_blank(cell))
    }

    fn place(&self, column: usize) -> UnreadPlace {
        UnreadPlace::numbered("line ", self.line as u64)
            .and(", column ")
            .and_number(column as u64 + 1)
    }
}

/// The value without the marks that make a spreadsheet treat it as text: `="0012"`, an apostrophe,
/// a tab. Any other formula shows something different from what is written, and is unreadable.
fn unguarded(cell: &str) -> CellValue<'_> {
    let text = cell.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    let text = match text.as_bytes().first() {
        None => return CellValue::Blank,
        Some(b'=') => match guarded(text) {
            Some(inner) => inner,
            None => return CellValue::Unreadable(UnreadCause::Formula, text),
        },
        Some(b'\'') => text[1..].strip_suffix('\'').unwrap_or(&text[1..]),
        Some(_) => text,
    };
    if is_blank(text) {
        CellValue::Blank
    } else {
        CellValue::Text(text)
    }
}

/// The text inside `="…"`.
fn guarded(text: &str) -> Option<&str> {
    let inner = text
        .strip_prefix('=')?
        .trim()
        .strip_prefix('"')?
        .strip_suffix('"')?;
    (!inner.contains('"')).then_some(inner)
}

#[cfg(test)]
mod tests;
