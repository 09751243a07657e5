//! Finds the wanted table in an uploaded file: behind a cover sheet, below a title, with columns in
//! any order and names with or without accents. A CSV counts as one sheet.
//!
//! It refuses to choose between two sheets or two columns that fit equally, and reports columns
//! without a name.

use std::collections::BTreeMap;

use digue_app::{LineFault, OperationError, csv_file};
use digue_locales::{Language, text};
use digue_tables::xlsx::{
    CoveredCells, Quantity, UnreadableCell, UploadedCell, UploadedNumber, UploadedRow,
    UploadedSheet, cell_name, column_name, uploaded_sheets,
};
use digue_types::UninspectedCause;
use digue_types::written::folded;

/// Rows in which the header is searched.
const HEADER_ROWS_MAX: usize = 30;
/// The largest unpacked spreadsheet, in bytes.
const BYTES_MAX: usize = 64 << 20;
/// The most cells that merged cells may cover.
const COVERED_MAX: usize = 1_000_000;

/// How well a column name fits; of two fitting columns the better one is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NameFit {
    /// The name in exports of Digue.
    Own,
    /// The code of the field.
    Code,
    /// Another common name.
    Other,
    /// Equal except for a unit at the end.
    Loose,
}

/// The word is the code, or its name in any language.
pub fn is_named(word: &str, code: &str, key: &str) -> bool {
    let word = folded(word);
    let is_name = |language: &Language| folded(&text(*language, key)) == word;
    code == word || Language::ALL.iter().any(is_name)
}

/// The requirements of a table.
pub struct TableWanted<'w, C> {
    /// Sheet names that decide where several sheets fit.
    pub sheet_names: &'w [String],
    /// The column of a folded name.
    pub column_of: &'w dyn Fn(&str) -> Option<(C, NameFit)>,
    /// At least one of these columns must exist.
    pub is_needed: &'w dyn Fn(C) -> bool,
    /// The display name of the required column, for error messages.
    pub needed_name: &'w str,
    pub rows_max: usize,
    /// The error key for a file that is not a workbook.
    pub invalid: &'static str,
}

/// A column with content and without a readable name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnnamedColumn {
    /// `G`.
    pub letters: String,
    pub cells: u32,
}

/// The table that was found.
#[derive(Debug)]
pub struct UploadedTable<C> {
    pub sheet: String,
    /// Columns by position from 0.
    pub columns: BTreeMap<usize, C>,
    /// Names of columns that are not used.
    pub ignored: Vec<String>,
    pub unnamed: Vec<UnnamedColumn>,
    /// Sheets that were not read.
    pub other_sheets: Vec<String>,
    /// The rows below the header.
    pub rows: Vec<UploadedRow>,
}

struct TableCandidate<C> {
    sheet: usize,
    header: usize,
    columns: BTreeMap<usize, C>,
    /// The first two columns that fit equally.
    twice: Option<(usize, usize)>,
}

impl<C: Copy + PartialEq> UploadedTable<C> {
    /// Finds the table in a workbook or a CSV.
    ///
    /// # Errors
    /// `Invalid` for a file that is not a table; `Faults` with the place where there is no such
    /// table, or several.
    pub fn find(bytes: &[u8], wanted: &TableWanted<'_, C>) -> Result<Self, OperationError> {
        let mut sheets = sheets_in(bytes, wanted)?;
        let TableCandidate {
            sheet,
            header,
            columns,
            twice,
        } = choose(&sheets, wanted)?;
        let UploadedSheet {
            name,
            mut rows,
            covered,
        } = sheets.swap_remove(sheet);
        let heads = rows
            .drain(..=header)
            .next_back()
            .expect("`choose` found the header in a row");
        if let Some((one, other)) = twice {
            let places = format!(
                "{name}!{}, {}",
                cell_name(one, heads.number),
                cell_name(other, heads.number)
            );
            return Err(fault(heads.number, &places, "table-fault-twice"));
        }
        cover(&mut rows, &covered, heads.number)?;
        let is_ignored = |(place, cell): (&usize, &UploadedCell)| match cell.text() {
            Some(text) if !columns.contains_key(place) => Some(text.trim().to_owned()),
            _ => None,
        };
        let ignored = heads
            .cells
            .iter()
            .filter_map(is_ignored)
            .filter(|name| !name.is_empty())
            .collect();
        let other_sheets = sheets.into_iter().map(|sheet| sheet.name).collect();
        let unnamed = unnamed(&heads, &rows);
        Ok(Self {
            sheet: name,
            columns,
            ignored,
            unnamed,
            other_sheets,
            rows,
        })
    }

    /// The place of a cell: `Mesures!H3`.
    pub fn place(&self, column: C, row: u32) -> String {
        let place = self
            .columns
            .iter()
            .find(|(_, own)| **own == column)
            .map(|(place, _)| *place);
        match place {
            Some(place) => format!("{}!{}", self.sheet, cell_name(place, row)),
            None => self.sheet.clone(),
        }
    }

    /// The cell of a column in a row; `None` when it is blank or the column does not exist.
    pub fn cell<'r>(&self, row: &'r UploadedRow, column: C) -> Option<&'r UploadedCell> {
        let place = self
            .columns
            .iter()
            .find(|(_, own)| **own == column)
            .map(|(place, _)| *place)?;
        row.cells.get(&place)
    }

    /// The texts of a column in all rows.
    pub fn texts_of(&self, place: usize) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .filter_map(move |row| row.cells.get(&place)?.text())
    }
}

/// How a field uses a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CellUse {
    /// The text that it shows.
    Text,
    /// A word of a list; it may be written as a number or a boolean.
    Word,
    Day,
    /// A number in euros, or without a unit.
    Amount,
    /// A number without a unit.
    Count,
}

/// Why a field cannot use a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IgnoredCells {
    Unreadable(UnreadableCell),
    /// A percentage, another currency, or a duration.
    Unit,
    /// A number that other programs display differently.
    Unseen,
    /// A boolean where a text or a number is expected.
    Truth,
}

/// The text of a cell for a field; empty for a blank one.
pub fn taken(cell: Option<&UploadedCell>, usage: CellUse) -> Result<&str, IgnoredCells> {
    match cell {
        None => Ok(""),
        Some(UploadedCell::Text(text)) => Ok(text.trim()),
        Some(UploadedCell::Unreadable(why, _)) => Err(IgnoredCells::Unreadable(*why)),
        Some(cell @ UploadedCell::Truth(_)) if usage == CellUse::Word => {
            Ok(cell.text().unwrap_or_default())
        }
        Some(UploadedCell::Truth(_)) => Err(IgnoredCells::Truth),
        Some(UploadedCell::Number(number)) => number_for(number, usage),
    }
}

fn number_for(number: &UploadedNumber, usage: CellUse) -> Result<&str, IgnoredCells> {
    let is_plain = number.quantity == Quantity::Plain;
    match usage {
        CellUse::Day => Ok(&number.value),
        CellUse::Word if is_plain && !number.value.contains('.') => Ok(&number.value),
        CellUse::Text | CellUse::Word => number
            .shown
            .as_deref()
            .map(str::trim)
            .ok_or(IgnoredCells::Unseen),
        CellUse::Amount if is_plain || number.quantity == Quantity::Euros => Ok(&number.value),
        CellUse::Count if is_plain => Ok(&number.value),
        CellUse::Amount | CellUse::Count => Err(IgnoredCells::Unit),
    }
}

/// The sheets of a file: those of a workbook, or one of a CSV with the delimiter whose header fits
/// best.
fn sheets_in<C: Copy + PartialEq>(
    bytes: &[u8],
    wanted: &TableWanted<'_, C>,
) -> Result<Vec<UploadedSheet>, OperationError> {
    const OLE: &[u8] = b"\xd0\xcf\x11\xe0";
    if bytes.starts_with(OLE) {
        return Err(OperationError::Invalid("table-is-xls"));
    }
    if bytes.starts_with(b"%PDF") {
        return Err(OperationError::Invalid("table-is-no-spreadsheet"));
    }
    if bytes.starts_with(b"PK") {
        return uploaded_sheets(bytes, BYTES_MAX, wanted.rows_max).map_err(|unreadable| {
            let is_too_large = unreadable.cause == UninspectedCause::TooLarge;
            let other = || archive_of(bytes).unwrap_or(wanted.invalid);
            OperationError::Invalid(if is_too_large {
                "table-too-large"
            } else {
                other()
            })
        });
    }
    let sheets = csv_file::sheets(bytes, wanted.rows_max)?;
    let named = |sheet: &UploadedSheet| {
        let found = header_of(std::slice::from_ref(sheet), 0, wanted);
        found.map_or(0, |candidate| candidate.columns.len())
    };
    // Of equally good delimiters the first.
    let best = sheets.into_iter().rev().max_by_key(named);
    Ok(best.into_iter().collect())
}

/// Other formats in the same kind of archive as a workbook.
fn archive_of(bytes: &[u8]) -> Option<&'static str> {
    const ODF: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument";
    // The name and content of its first part, which is not compressed (OpenDocument 1.2, part 3,
    // 3.3).
    let head = bytes.get(30..).unwrap_or_default();
    let holds = |name: &[u8]| bytes.windows(name.len()).any(|part| part == name);
    if head.starts_with(&[ODF, b".spreadsheet"].concat()) {
        Some("table-is-ods")
    } else if holds(b"xl/workbook.bin") {
        Some("table-is-xls")
    } else if head.starts_with(ODF) || holds(b"word/document.xml") || holds(b"ppt/presentation.xml")
    {
        Some("table-is-no-spreadsheet")
    } else {
        None
    }
}

/// Marks cells covered by a merged cell as unreadable: they are not blank, because nobody emptied
/// them. Merged cells in or above the header are titles. A covered cell that kept a text is read.
fn cover(
    rows: &mut [UploadedRow],
    covered: &[CoveredCells],
    header: u32,
) -> Result<(), OperationError> {
    let mut left = COVERED_MAX;
    for cells in covered.iter().filter(|cells| cells.rows.0 > header) {
        let start = rows.partition_point(|row| row.number < cells.rows.0);
        for row in rows[start..]
            .iter_mut()
            .take_while(|row| row.number <= cells.rows.1)
        {
            let first = if row.number == cells.rows.0 {
                // The first cell is the one that shows the content.
                cells.columns.0 + 1
            } else {
                cells.columns.0
            };
            for column in first..=cells.columns.1 {
                left = left
                    .checked_sub(1)
                    .ok_or(OperationError::Invalid("table-too-large"))?;
                let cell = UploadedCell::Unreadable(UnreadableCell::Covered, cells.name());
                row.cells.entry(column).or_insert(cell);
            }
        }
    }
    Ok(())
}

fn unnamed(heads: &UploadedRow, rows: &[UploadedRow]) -> Vec<UnnamedColumn> {
    let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
    let is_named = |place: &usize| {
        heads
            .cells
            .get(place)
            .and_then(UploadedCell::text)
            .is_some_and(|name| !name.trim().is_empty())
    };
    for row in rows {
        let is_covered = |cell: &UploadedCell| {
            matches!(cell, UploadedCell::Unreadable(UnreadableCell::Covered, _))
        };
        for (place, _) in row
            .cells
            .iter()
            .filter(|(_, cell)| !cell.is_blank() && !is_covered(cell))
        {
            *counts.entry(*place).or_default() += 1;
        }
    }
    let unnamed = counts.into_iter().filter(|(place, _)| !is_named(place));
    unnamed
        .map(|(place, cells)| UnnamedColumn {
            letters: column_name(place),
            cells,
        })
        .collect()
}

fn fault(line: u32, column: &str, key: &str) -> OperationError {
    let line = usize::try_from(line).unwrap_or(usize::MAX);
    OperationError::Faults(vec![LineFault::new(line, key).at(column)])
}

/// The sheet and row with the most known columns; of several equal sheets the one with the expected
/// name.
fn choose<C: Copy + PartialEq>(
    sheets: &[UploadedSheet],
    wanted: &TableWanted<'_, C>,
) -> Result<TableCandidate<C>, OperationError> {
    let found = (0..sheets.len()).filter_map(|sheet| header_of(sheets, sheet, wanted));
    let mut found: Vec<TableCandidate<C>> = found.collect();
    let is_named = |candidate: &TableCandidate<C>| {
        let name = folded(&sheets[candidate.sheet].name);
        wanted.sheet_names.iter().any(|own| folded(own) == name)
    };
    if found.iter().any(is_named) {
        found.retain(is_named);
    }
    let most = found
        .iter()
        .map(|candidate| candidate.columns.len())
        .max()
        .unwrap_or(0);
    found.retain(|candidate| candidate.columns.len() == most);
    if found.len() > 1 {
        let faults = found.iter().map(|candidate| {
            let UploadedSheet { name, rows, .. } = &sheets[candidate.sheet];
            let line = usize::try_from(rows[candidate.header].number).unwrap_or(usize::MAX);
            LineFault::new(line, "table-fault-sheets").at(name)
        });
        return Err(OperationError::Faults(faults.collect()));
    }
    found
        .pop()
        .ok_or_else(|| fault(1, wanted.needed_name, "table-fault-header"))
}

fn header_of<C: Copy + PartialEq>(
    sheets: &[UploadedSheet],
    sheet: usize,
    wanted: &TableWanted<'_, C>,
) -> Option<TableCandidate<C>> {
    let mut best: Option<TableCandidate<C>> = None;
    for (header, row) in sheets[sheet].rows.iter().take(HEADER_ROWS_MAX).enumerate() {
        let (columns, twice) = columns_of(row, wanted);
        let is_better = best
            .as_ref()
            .is_none_or(|best| columns.len() > best.columns.len());
        if is_better && columns.values().any(|column| (wanted.is_needed)(*column)) {
            best = Some(TableCandidate {
                sheet,
                header,
                columns,
                twice,
            });
        }
    }
    best
}

type Columns<C> = (BTreeMap<usize, C>, Option<(usize, usize)>);

/// The columns of a header row, each once with the best name; and the first two that fit equally.
fn columns_of<C: Copy + PartialEq>(row: &UploadedRow, wanted: &TableWanted<'_, C>) -> Columns<C> {
    let mut named: Vec<(usize, C, NameFit)> = Vec::new();
    let mut twice = Vec::new();
    for (place, cell) in &row.cells {
        let found = cell
            .text()
            .and_then(|text| (wanted.column_of)(&header_name(text)));
        let Some((column, fit)) = found else { continue };
        match named.iter_mut().find(|(_, known, _)| *known == column) {
            Some(known) if fit < known.2 => *known = (*place, column, fit),
            Some(known) if fit == known.2 => twice.push((known.0, *place)),
            Some(_) => {}
            None => named.push((*place, column, fit)),
        }
    }
    // A better name may follow after two that fit equally.
    let twice = twice
        .into_iter()
        .find(|(one, _)| named.iter().any(|(place, ..)| place == one));
    (
        named
            .into_iter()
            .map(|(place, column, _)| (place, column))
            .collect(),
        twice,
    )
}

/// A column name without decoration: `Intitulé *`, `Coût :`.
fn header_name(text: &str) -> String {
    folded(text)
        .trim_matches(|sign: char| matches!(sign, '*' | ':' | ' ' | '"' | '\''))
        .to_owned()
}

/// A name without a unit in parentheses at its end.
pub fn without_unit(name: &str) -> &str {
    name.strip_suffix(')')
        .and_then(|name| name.rsplit_once('('))
        .map_or(name, |(name, _)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_read_without_what_stands_around_them() {
        assert_eq!(header_name(" Intitulé * "), "intitule");
        assert_eq!(header_name("Coût (euros) :"), "cout (euros)");
        assert_eq!(without_unit("cout (euros)"), "cout");
        assert_eq!(without_unit("cout"), "cout");
    }

    fn found(bytes: &[u8]) -> Result<UploadedTable<char>, String> {
        let wanted = TableWanted {
            sheet_names: &[],
            column_of: &|name| match name {
                "comment" => Some(('c', NameFit::Own)),
                "commentaire" | "description" => Some(('c', NameFit::Other)),
                "titre" => Some(('t', NameFit::Own)),
                _ => None,
            },
            is_needed: &|column| column == 't',
            needed_name: "Titre",
            rows_max: 100,
            invalid: "invalid-register",
        };
        UploadedTable::find(bytes, &wanted).map_err(|error| match error {
            OperationError::Faults(faults) => {
                format!(
                    "{} {}",
                    faults[0].column.clone().unwrap_or_default(),
                    faults[0].key
                )
            }
            OperationError::Invalid(key) => key.to_owned(),
            other => other.to_string(),
        })
    }

    #[test]
    fn an_exact_name_wins_and_two_alike_are_told_with_both_places() {
        let table = found("Titre;Commentaire;Comment\nA;b;c\n".as_bytes()).unwrap();
        assert_eq!(table.columns, BTreeMap::from([(0, 't'), (2, 'c')]));
        assert_eq!(table.ignored, ["Commentaire"]);
        let twice = found("Titre;Commentaire;Description\nA;b;c\n".as_bytes());
        assert_eq!(twice.unwrap_err(), "CSV!B1, C1 table-fault-twice");
        let better = found("Titre;Commentaire;Description;Comment\nA;b;c;d\n".as_bytes()).unwrap();
        assert_eq!(better.columns, BTreeMap::from([(0, 't'), (3, 'c')]));
    }

    #[test]
    fn a_column_without_a_name_is_told_with_its_letter() {
        let table = found("Titre,,#N/A,\nA,b,,\nB,c,x,\n".as_bytes()).unwrap();
        let unnamed: Vec<(&str, u32)> = table
            .unnamed
            .iter()
            .map(|column| (column.letters.as_str(), column.cells))
            .collect();
        assert_eq!(unnamed, [("B", 2), ("C", 1)]);
    }

    #[test]
    fn what_is_no_table_is_told_for_what_it_is() {
        let of = |bytes: &[u8]| found(bytes).map(drop).unwrap_err();
        let archive = |name: &str, text: &str| {
            [
                &b"PK\x03\x04"[..],
                &[0; 26],
                name.as_bytes(),
                text.as_bytes(),
                &[0; 30],
            ]
            .concat()
        };
        assert_eq!(of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "table-is-xls");
        let ods = archive("mimetype", "application/vnd.oasis.opendocument.spreadsheet");
        assert_eq!(of(&ods), "table-is-ods");
        assert_eq!(
            of(&archive("word/document.xml", "")),
            "table-is-no-spreadsheet"
        );
        assert_eq!(
            of(&archive(
                "mimetype",
                "application/vnd.oasis.opendocument.text"
            )),
            "table-is-no-spreadsheet"
        );
        assert_eq!(of(b"%PDF-1.7"), "table-is-no-spreadsheet");
        assert_eq!(of(&archive("a", "b")), "invalid-register");
        assert_eq!(of(b"rien"), "Titre table-fault-header");
    }

    fn number(value: &str, quantity: Quantity, shown: Option<&str>) -> UploadedCell {
        let (value, shown) = (value.to_owned(), shown.map(ToOwned::to_owned));
        UploadedCell::Number(UploadedNumber {
            value,
            quantity,
            shown,
        })
    }

    #[test]
    fn a_field_takes_what_it_is_for_and_nothing_else() {
        let percent = number("0.5", Quantity::Percent, Some("50%"));
        assert_eq!(taken(Some(&percent), CellUse::Text), Ok("50%"));
        assert_eq!(
            taken(Some(&percent), CellUse::Amount),
            Err(IgnoredCells::Unit)
        );
        assert_eq!(
            taken(Some(&percent), CellUse::Count),
            Err(IgnoredCells::Unit)
        );
        let euros = number("1500", Quantity::Euros, None);
        assert_eq!(taken(Some(&euros), CellUse::Amount), Ok("1500"));
        assert_eq!(taken(Some(&euros), CellUse::Count), Err(IgnoredCells::Unit));
        assert_eq!(
            taken(Some(&euros), CellUse::Text),
            Err(IgnoredCells::Unseen)
        );
        assert_eq!(
            taken(Some(&UploadedCell::Truth(true)), CellUse::Text),
            Err(IgnoredCells::Truth)
        );
        assert_eq!(
            taken(Some(&UploadedCell::Truth(true)), CellUse::Word),
            Ok("TRUE")
        );
        assert_eq!(taken(None, CellUse::Text), Ok(""));
        // A requirement typed as 5.10 is not 5.1.
        assert_eq!(
            taken(Some(&number("5.1", Quantity::Plain, None)), CellUse::Word),
            Err(IgnoredCells::Unseen)
        );
    }
}
