//! What the tables of one route have in common: columns, in how many files each is, and which hold
//! known identifiers.

use std::collections::{BTreeMap, BTreeSet};

use digue_identifiers::Unreadable;
use digue_tables::csv_table::{DELIMITERS, csv_rows};
use digue_tables::xlsx::{UploadedRow, uploaded_sheets};
use digue_types::written::folded;

use crate::known::KnownPersons;
use crate::names::{NameBeside, NamePart, NameScan, name_beside};
use crate::shape::Telling;
use crate::sight::{DocumentSight, SeenValue};
use crate::tally::{FirstKinds, PlaceTally, absorb_tallies};
use crate::value::{SpotSeen, TextKind, ValueContext, spots};

/// Rows in which the header is searched, as the inspection does.
const HEADER_ROWS_MAX: usize = 30;

/// The most columns of one route that are told apart.
const COLUMNS_MAX: usize = 1000;

/// The most rows above headers that are told apart, and the most characters of one.
const TITLES_MAX: usize = 8;
const TITLE_CHARS_MAX: usize = 100;

/// The most rows of a workbook.
const ROWS_MAX: usize = 1_000_000;

/// A column, by the text of its header.
#[derive(Clone, Debug, Default)]
pub struct ColumnSurvey {
    /// As written.
    pub header: String,
    /// Tables that have it.
    pub tables: usize,
    pub(crate) tally: PlaceTally,
}

impl ColumnSurvey {
    fn absorb(&mut self, other: Self) {
        self.tables += other.tables;
        self.tally.absorb(other.tally);
        if self.header.is_empty() {
            self.header = other.header;
        }
    }
}

/// The tables of one route and type.
#[derive(Clone, Debug, Default)]
pub struct TableSurvey {
    pub files: usize,
    /// Sheets and files with rows.
    pub tables: usize,
    pub(crate) rows: usize,
    /// By folded header.
    pub(crate) columns: BTreeMap<String, ColumnSurvey>,
    /// Tables without a header, by column from 0.
    pub(crate) numbered: BTreeMap<usize, PlaceTally>,
    pub without_header: usize,
    /// Rows above headers, as patterns.
    pub titles: BTreeSet<String>,
    pub is_cut: bool,
}

impl TableSurvey {
    /// The columns of all tables.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnSurvey> {
        self.columns.values()
    }

    pub(crate) fn read_csv(&mut self, known: &KnownPersons, text: &str) -> DocumentSight {
        self.files += 1;
        let rows = csv_rows(text, delimiter_of(text));
        self.read_rows(known, &rows)
    }

    /// # Errors
    /// The file is no workbook, or larger than `bytes_max` once unpacked.
    pub(crate) fn read_workbook(
        &mut self,
        known: &KnownPersons,
        bytes: &[u8],
        bytes_max: usize,
    ) -> Result<DocumentSight, Unreadable> {
        let sheets = uploaded_sheets(bytes, bytes_max, ROWS_MAX)?;
        self.files += 1;
        let mut all = DocumentSight::default();
        for sheet in sheets {
            let rows: Vec<Vec<String>> = sheet.rows.iter().map(texts_of_row).collect();
            all.add(self.read_rows(known, &rows));
        }
        Ok(all)
    }

    fn read_rows(&mut self, known: &KnownPersons, rows: &[Vec<String>]) -> DocumentSight {
        let mut names = NameScan::new(&known.names);
        let header = header_of(known, rows);
        if rows
            .iter()
            .any(|row| row.iter().any(|cell| !cell.trim().is_empty()))
        {
            self.tables += 1;
            self.without_header += usize::from(header.is_none());
        }
        let titles: Vec<(String, String)> = header
            .map(|at| {
                rows[at]
                    .iter()
                    .map(|title| (folded(title), title.trim().to_owned()))
                    .collect()
            })
            .unwrap_or_default();
        let above = rows.iter().take(header.unwrap_or(0));
        self.titles
            .extend(above.filter_map(|row| title_pattern(row)).take(TITLES_MAX));
        for (folded, title) in titles.iter().filter(|(folded, _)| !folded.is_empty()) {
            if self.columns.len() >= COLUMNS_MAX && !self.columns.contains_key(folded) {
                self.is_cut = true;
                continue;
            }
            let column = self.columns.entry(folded.clone()).or_default();
            column.header.clone_from(title);
            column.tables += 1;
        }
        let (mut waiting, mut parts) = (Vec::new(), Vec::new());
        for row in &rows[header.map_or(0, |at| at + 1).min(rows.len())..] {
            self.rows += 1;
            let from = names.position;
            for (place, cell) in row.iter().enumerate() {
                names.read(cell);
                let part = parts.len();
                spots(known, cell, TextKind::Value, &mut |spot| {
                    // What else a cell holds, the sweep finds; a column is identifiers or it is
                    // not.
                    if spot.context == ValueContext::Whole {
                        waiting.push((place, spot, part));
                    }
                });
            }
            parts.push(NamePart {
                parent: None,
                from,
                to: names.position,
            });
        }
        let mut sight = DocumentSight {
            names: names.found.len(),
            ..DocumentSight::default()
        };
        let mut first = FirstKinds::default();
        let mut names_beside = Vec::with_capacity(waiting.len());
        for (_, spot, part) in &waiting {
            let part = *part;
            let mut beside = NameBeside::Unclear;
            if let SpotSeen::Known { value, .. } = spot.seen {
                beside = name_beside(&names.found, &parts, part, value.person);
                let is_confirmed = beside == NameBeside::Own;
                sight.known.push(SeenValue {
                    value,
                    is_confirmed,
                    is_paging: false,
                });
                if known.kind(value.kind).telling() > Telling::Short || is_confirmed {
                    first.note(value);
                }
            }
            names_beside.push(beside);
        }
        for ((place, spot, _), beside) in waiting.into_iter().zip(names_beside) {
            let signs = first.signs(&spot.seen, beside);
            let tally = match titles.get(place) {
                Some((folded, _)) => self.columns.get_mut(folded).map(|column| &mut column.tally),
                None if header.is_none() => Some(self.numbered.entry(place).or_default()),
                None => None,
            };
            if let Some(tally) = tally {
                tally.add(&spot, signs);
            }
        }
        sight
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.files += other.files;
        self.tables += other.tables;
        self.rows += other.rows;
        self.without_header += other.without_header;
        self.is_cut |= other.is_cut;
        self.titles.extend(other.titles);
        for (name, column) in other.columns {
            self.columns.entry(name).or_default().absorb(column);
        }
        absorb_tallies(&mut self.numbered, other.numbered);
    }

    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        let common = self
            .columns
            .keys()
            .filter(|name| other.columns.contains_key(*name))
            .count();
        let all = self.columns.len() + other.columns.len() - common;
        if all == 0 {
            1.0
        } else {
            common as f64 / all as f64
        }
    }
}

/// A row above a header as a pattern, whatever numbers and dates stand in it; `None` for a blank or
/// a long one.
fn title_pattern(row: &[String]) -> Option<String> {
    let texts: Vec<&str> = row
        .iter()
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
        .collect();
    let title = texts.join(" ");
    let is_title =
        title.chars().any(char::is_alphabetic) && title.chars().count() <= TITLE_CHARS_MAX;
    is_title.then(|| with_any_number(&title))
}

/// A pattern of this text, whatever its numbers are.
fn with_any_number(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if pattern.ends_with("[0-9]+") => {}
            true => pattern.push_str("[0-9]+"),
            false => pattern.push_str(&regex::escape(&c.to_string())),
        }
    }
    pattern
}

/// The cells of a row, those that it lacks empty.
fn texts_of_row(row: &UploadedRow) -> Vec<String> {
    let width = row.cells.keys().next_back().map_or(0, |last| last + 1);
    let cell = |column: usize| row.cells.get(&column).and_then(|cell| cell.text());
    (0..width)
        .map(|column| cell(column).unwrap_or_default().to_owned())
        .collect()
}

/// The delimiter that splits the first lines into the most cells, the same number in each.
pub(crate) fn delimiter_of(text: &str) -> u8 {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(10)
        .collect();
    let least = |delimiter: u8| {
        let counts = lines
            .iter()
            .map(|line| line.bytes().filter(|byte| *byte == delimiter).count());
        // Titles above the header have none.
        counts.filter(|count| *count > 0).min().unwrap_or(0)
    };
    DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|delimiter| least(*delimiter))
        .unwrap_or(b',')
}

/// The row of column names: above the first row with a known identifier, or the first row of
/// several words.
fn header_of(known: &KnownPersons, rows: &[Vec<String>]) -> Option<usize> {
    let texts = |row: &Vec<String>| row.iter().filter(|cell| !cell.trim().is_empty()).count();
    let has_known = |row: &Vec<String>| row.iter().any(|cell| known.value(cell).is_some());
    let first_known = rows.iter().take(HEADER_ROWS_MAX + 1).position(has_known);
    let is_title_row = |row: &Vec<String>| {
        let mut cells = row.iter().filter(|cell| !cell.trim().is_empty());
        cells.all(|cell| cell.chars().any(char::is_alphabetic) && cell.len() <= 100)
    };
    match first_known {
        Some(first) => {
            let width = texts(&rows[first]);
            (0..first).rev().find(|at| {
                let row = &rows[*at];
                is_title_row(row)
                    && texts(row) > 0
                    && (texts(row) * 2 >= width || row.len() == rows[first].len())
            })
        }
        None => {
            let least = if rows.iter().any(|row| texts(row) > 1) {
                2
            } else {
                1
            };
            rows.iter()
                .take(HEADER_ROWS_MAX)
                .position(|row| texts(row) >= least && is_title_row(row))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{ColumnChoice, PersonsTable};

    fn known() -> KnownPersons {
        let rows = (1..60).map(|n| vec![format!("P{n:04}")]).collect();
        let table = PersonsTable {
            header: vec!["id".into()],
            rows,
        };
        KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0
    }

    fn survey(files: &[&str]) -> TableSurvey {
        let mut survey = TableSurvey::default();
        for text in files {
            survey.read_csv(&known(), text);
        }
        survey
    }

    #[test]
    fn the_column_of_known_identifiers_is_found_behind_titles() {
        let survey = survey(&[
            "Liste du jour\n\nNuméro;Nom\nP0001;a\nP0002;b\n",
            "Numéro;Nom;Ville\nP0003;c;d\n",
        ]);
        assert_eq!(survey.columns["numero"].tally.hits(), 3);
        assert_eq!(
            (
                survey.columns["numero"].tables,
                survey.columns["ville"].tables
            ),
            (2, 1)
        );
        assert_eq!(survey.columns["numero"].header, "Numéro");
    }

    #[test]
    fn a_table_without_a_header_has_numbered_columns() {
        let survey = survey(&["a,P0001\nb,P0002\n"]);
        assert_eq!(survey.numbered[&1].hits(), 2);
        assert_eq!(survey.without_header, 1);
    }

    #[test]
    fn the_delimiter_is_the_one_that_splits_every_line() {
        assert_eq!(delimiter_of("a;b;c\n1,5;2;3\n"), b';');
        assert_eq!(delimiter_of("a\tb\n1\t2\n"), b'\t');
        assert_eq!(delimiter_of("a\nb\n"), b',');
    }
}
