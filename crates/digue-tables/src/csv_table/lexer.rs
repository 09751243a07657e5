//! Splits a CSV file into rows and cells, for a given delimiter and way of quoting. Nothing is
//! refused; oddities are recorded, and `csv_table` decides what they mean.
//!
//! Linear: every byte is visited a bounded number of times. Cells borrow from the text unless a
//! quote was removed.

use std::borrow::Cow;

use digue_types::{ReadFailure, UnreadCause, UnreadPlace};
use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::CsvRow;
use digue_identifiers::reading::Unreadable;

/// The meaning of a quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quotes {
    /// RFC 4180: a quote within quotes is doubled.
    Doubled,
    /// As `Doubled`; also, a quote after a backslash does not end the cell (PHP's `fputcsv`).
    AfterBackslash,
    /// As `Doubled`; also, a backslash escapes the next character (database exports).
    EscapedByBackslash,
    /// As `Doubled`, but every line is a row.
    InLine,
    /// A quote is an ordinary character, and every line is a row.
    None,
}

/// Signs that another way of quoting could give another reading; lines count from 1.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Oddities {
    /// A quote that is never closed.
    unclosed: Option<usize>,
    /// Text between a closing quote and the delimiter.
    after_quote: Option<usize>,
    /// A quote inside an unquoted cell.
    bare_quote: Option<usize>,
    /// A quoted cell contains a line break.
    crosses_lines: bool,
}

impl Oddities {
    pub(super) fn is_doubtful(&self) -> bool {
        self.crosses_lines
            || self.unclosed.is_some()
            || self.after_quote.is_some()
            || self.bare_quote.is_some()
    }

    /// Why a reading that refused no row still does not count as whole.
    pub(super) fn fault(&self, quotes: Quotes) -> Option<Unreadable> {
        if let Some(line) = self.unclosed {
            return Some(fault_in(line, UnreadCause::Syntax));
        }
        // A program that quotes badly elsewhere may not have quoted these lines at all: the rows
        // inside the "cell" could be records.
        let odd = self
            .after_quote
            .or(self.bare_quote)
            .filter(|_| self.crosses_lines);
        // Text after a closing quote is normal in no dialect where a line is a row.
        let by_line = self.after_quote.filter(|_| quotes == Quotes::InLine);
        odd.or(by_line)
            .map(|line| fault_in(line, UnreadCause::Ambiguous))
    }
}

fn fault_in(line: usize, cause: UnreadCause) -> Unreadable {
    ReadFailure::new(cause)
        .at(UnreadPlace::numbered("line ", line as u64))
        .into()
}

fn split_cells<'t>(line: &'t str, delimiter: u8, cells: &mut Vec<Cow<'t, str>>) {
    let mut start = 0;
    for end in memchr_iter(delimiter, line.as_bytes()) {
        cells.push(Cow::Borrowed(&line[start..end]));
        start = end + 1;
    }
    cells.push(Cow::Borrowed(&line[start..]));
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    delimiter: u8,
    quotes: Quotes,
    at: usize,
    /// Position of the next line feed, so that each is searched for once.
    line_feed: usize,
    line: usize,
    pub(super) oddities: Oddities,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, delimiter: u8, quotes: Quotes) -> Self {
        let line_feed = text.find('\n').unwrap_or(text.len());
        Self {
            text,
            delimiter,
            quotes,
            at: 0,
            line_feed,
            line: 1,
            oddities: Oddities::default(),
        }
    }

    /// The place of the next row.
    pub(super) const fn place(&self) -> usize {
        self.at
    }

    /// Reads the next row; false at the end.
    pub(super) fn read(&mut self, row: &mut CsvRow<'t>) -> bool {
        row.cells.clear();
        row.line = self.line;
        if self.at >= self.text.len() {
            return false;
        }
        match self.quotes {
            Quotes::None => {
                let line = self.take_line();
                split_cells(line, self.delimiter, &mut row.cells);
            }
            Quotes::InLine => {
                let line = self.take_line();
                self.read_cells(line, 0, &mut row.cells);
                self.line = row.line + 1;
            }
            Quotes::Doubled | Quotes::AfterBackslash | Quotes::EscapedByBackslash => {
                self.at = self.read_cells(self.text, self.at, &mut row.cells);
                self.skip_line_end();
            }
        }
        true
    }

    /// The next line, without its end: `\n`, `\r\n` or `\r`.
    fn take_line(&mut self) -> &'t str {
        if self.line_feed < self.at {
            let found = memchr(b'\n', &self.text.as_bytes()[self.at..]);
            self.line_feed = found.map_or(self.text.len(), |found| self.at + found);
        }
        let line = &self.text[self.at..self.line_feed];
        let line = memchr(b'\r', line.as_bytes()).map_or(line, |end| &line[..end]);
        self.at += line.len();
        self.skip_line_end();
        line
    }

    fn skip_line_end(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        self.line += 1;
    }

    /// Reads the cells of `text` from `at` to the end of the row, and returns that position.
    fn read_cells(&mut self, text: &'t str, mut at: usize, cells: &mut Vec<Cow<'t, str>>) -> usize {
        loop {
            let (cell, end) = if text.as_bytes().get(at) == Some(&b'"') {
                self.read_quoted(text, at + 1)
            } else {
                self.read_unquoted(text, at)
            };
            cells.push(cell);
            match text.as_bytes().get(end) {
                Some(byte) if *byte == self.delimiter => at = end + 1,
                _ => return end,
            }
        }
    }

    fn read_unquoted(&mut self, text: &'t str, at: usize) -> (Cow<'t, str>, usize) {
        let end = self.cell_end(text, at);
        let cell = &text[at..end];
        // `="0012"` is an honest way to keep leading zeros, not careless quoting.
        if memchr(b'"', cell.as_bytes()).is_some() && super::guarded(cell.trim()).is_none() {
            self.oddities.bare_quote.get_or_insert(self.line);
        }
        (Cow::Borrowed(cell), end)
    }

    fn cell_end(&self, text: &str, at: usize) -> usize {
        let found = memchr3(self.delimiter, b'\r', b'\n', &text.as_bytes()[at..]);
        found.map_or(text.len(), |found| at + found)
    }

    /// A cell from after its opening quote, and the position after it.
    fn read_quoted(&mut self, text: &'t str, start: usize) -> (Cow<'t, str>, usize) {
        let mut undone = String::new();
        let (mut copied, mut at) = (start, start);
        let close = loop {
            let Some(mark) = self.next_mark(text, at) else {
                self.oddities.unclosed.get_or_insert(self.line);
                break text.len();
            };
            let behind = text.as_bytes().get(mark + 1);
            let is_pair = match text.as_bytes()[mark] {
                b'"' => behind == Some(&b'"'),
                _ => behind == Some(&b'"') || self.quotes == Quotes::EscapedByBackslash,
            };
            match (text.as_bytes()[mark], is_pair) {
                (b'"', false) => break mark,
                (_, false) => at = mark + 1,
                (_, true) => {
                    undone.push_str(&text[copied..mark]);
                    copied = mark + 1;
                    // Keep the escaped character, which may be several bytes long.
                    at = copied + text[copied..].chars().next().map_or(0, char::len_utf8);
                }
            }
        };
        self.note_lines(&text[start..close]);
        let after = (close + 1).min(text.len());
        let end = self.cell_end(text, after);
        if end > after {
            self.oddities.after_quote.get_or_insert(self.line);
        }
        if copied == start && end == after {
            return (Cow::Borrowed(&text[start..close]), end);
        }
        undone.push_str(&text[copied..close]);
        undone.push_str(&text[after..end]);
        (Cow::Owned(undone), end)
    }

    /// The next character that may end the cell or escape another.
    fn next_mark(&self, text: &str, at: usize) -> Option<usize> {
        let rest = &text.as_bytes()[at..];
        let found = match self.quotes {
            Quotes::AfterBackslash | Quotes::EscapedByBackslash => memchr2(b'"', b'\\', rest),
            Quotes::Doubled | Quotes::InLine | Quotes::None => memchr(b'"', rest),
        };
        found.map(|found| at + found)
    }

    fn note_lines(&mut self, quoted: &str) {
        let lines = quoted.bytes().filter(|byte| *byte == b'\n').count();
        self.line += lines;
        self.oddities.crosses_lines |= lines > 0 || quoted.contains('\r');
    }
}
