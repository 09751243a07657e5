//! Rows and cells of one reading of a CSV file: given delimiter and way of quoting, nothing is refused; what looks
//! odd is noted.
//!
//! Linear: every byte is looked at a bounded number of times. Cells borrow from the text unless a quote was undone.

use std::borrow::Cow;

use digue_types::{ReadFailure, UnreadCause};

use super::CsvRow;
use crate::reading::Unreadable;

/// What a quote means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quotes {
    /// RFC 4180: a quote within quotes is written twice.
    Doubled,
    /// Besides, a quote behind a backslash does not end the cell (`fputcsv` of PHP).
    AfterBackslash,
    /// Besides, a backslash stands for the character behind it (exports of databases).
    EscapedByBackslash,
    /// As RFC 4180, and each line is a row.
    InLine,
    /// A quote is a character like others, and each line is a row.
    None,
}

/// What another way of quoting could read otherwise.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Oddities {
    /// Line, from 1, of a quote that does not end.
    unclosed: Option<usize>,
    after_quote: Option<usize>,
    bare_quote: Option<usize>,
    crosses_lines: bool,
}

impl Oddities {
    pub(super) fn is_doubtful(&self) -> bool {
        self.crosses_lines
            || self.unclosed.is_some()
            || self.after_quote.is_some()
            || self.bare_quote.is_some()
    }

    /// Why a reading that refused no row is no whole reading all the same.
    pub(super) fn fault(&self, quotes: Quotes) -> Option<Unreadable> {
        let fault = |cause, line: usize| ReadFailure::new(cause).at(format_args!("line {line}")).into();
        if let Some(line) = self.unclosed {
            return Some(fault(UnreadCause::Syntax, line));
        }
        // A program that quotes badly may not have quoted these lines at all.
        let odd = self.after_quote.or(self.bare_quote).filter(|_| self.crosses_lines);
        let by_line = self.after_quote.filter(|_| quotes == Quotes::InLine);
        odd.or(by_line).map(|line| fault(UnreadCause::Ambiguous, line))
    }
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    delimiter: u8,
    quotes: Quotes,
    at: usize,
    /// Where the next line feed is, so that it is looked for once.
    line_feed: usize,
    line: usize,
    pub(super) oddities: Oddities,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, delimiter: u8, quotes: Quotes) -> Self {
        let line_feed = text.find('\n').unwrap_or(text.len());
        Self { text, delimiter, quotes, at: 0, line_feed, line: 1, oddities: Oddities::default() }
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
                row.cells.extend(line.split(char::from(self.delimiter)).map(Cow::Borrowed));
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
            self.line_feed = self.text[self.at..].find('\n').map_or(self.text.len(), |found| self.at + found);
        }
        let line = &self.text[self.at..self.line_feed];
        let line = line.find('\r').map_or(line, |end| &line[..end]);
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

    /// The cells of `text` from `at` to the end of the row, which it returns.
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
        if cell.contains('"') && super::guarded(cell.trim()).is_none() {
            self.oddities.bare_quote.get_or_insert(self.line);
        }
        (Cow::Borrowed(cell), end)
    }

    fn cell_end(&self, text: &str, at: usize) -> usize {
        let is_end = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\r' | b'\n');
        text.as_bytes()[at..].iter().position(is_end).map_or(text.len(), |found| at + found)
    }

    /// A cell from behind its first quote, and where what follows it begins.
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
                    // What is behind stays, whatever it is; it may be several bytes long.
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

    /// The next character that may end a cell or stand for something else.
    fn next_mark(&self, text: &str, at: usize) -> Option<usize> {
        let rest = &text[at..];
        let found = match self.quotes {
            Quotes::AfterBackslash | Quotes::EscapedByBackslash => rest.find(['"', '\\']),
            Quotes::Doubled | Quotes::InLine | Quotes::None => rest.find('"'),
        };
        found.map(|found| at + found)
    }

    fn note_lines(&mut self, quoted: &str) {
        let lines = quoted.bytes().filter(|byte| *byte == b'\n').count();
        self.line += lines;
        self.oddities.crosses_lines |= lines > 0 || quoted.contains('\r');
    }
}
