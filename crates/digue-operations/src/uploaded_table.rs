//! The table that somebody is after in a workbook as people leave it: behind a cover sheet, below a title, its
//! columns in any order, their names with or without accents.
//!
//! It refuses to choose between two sheets or two columns that fit alike.

use std::collections::BTreeMap;

use digue_inspect::xlsx::{UploadedCell, UploadedRow, UploadedSheet, cell_name, uploaded_sheets};
use digue_types::UninspectedCause;
use digue_types::written::folded;

use crate::error::{LineFault, OperationError};

/// Rows among which the header is looked for.
const HEADER_ROWS_MAX: usize = 30;
/// A spreadsheet once unpacked.
const BYTES_MAX: usize = 64 << 20;

/// What a table must be to be taken.
pub(crate) struct TableWanted<'w, C> {
    /// Names that its sheet has where several sheets fit.
    pub(crate) sheet_names: &'w [String],
    /// The column of a name in its folded form.
    pub(crate) column_of: &'w dyn Fn(&str) -> Option<C>,
    /// One of these must be there.
    pub(crate) is_needed: &'w dyn Fn(C) -> bool,
    /// What the needed column is called, for those who look for it.
    pub(crate) needed_name: &'w str,
    pub(crate) rows_max: usize,
    /// Says that a file is no workbook.
    pub(crate) invalid: &'static str,
}

/// A table that was found.
#[derive(Debug)]
pub(crate) struct UploadedTable<C> {
    pub(crate) sheet: String,
    /// By place from 0.
    pub(crate) columns: BTreeMap<usize, C>,
    /// Names of columns that are nobody's.
    pub(crate) ignored: Vec<String>,
    /// Sheets that were not read.
    pub(crate) other_sheets: Vec<String>,
    /// Below the header.
    pub(crate) rows: Vec<UploadedRow>,
}

struct Candidate<C> {
    sheet: usize,
    header: usize,
    columns: BTreeMap<usize, C>,
}

impl<C: Copy + PartialEq> UploadedTable<C> {
    /// Finds the table in a workbook.
    ///
    /// # Errors
    /// `Invalid` for what is no workbook; `Faults` with the place where no table, or more than one, is.
    pub(crate) fn find(bytes: &[u8], wanted: &TableWanted<'_, C>) -> Result<Self, OperationError> {
        let mut sheets = uploaded_sheets(bytes, BYTES_MAX, wanted.rows_max).map_err(|unreadable| {
            let is_too_large = unreadable.cause == UninspectedCause::TooLarge;
            OperationError::Invalid(if is_too_large { "table-too-large" } else { wanted.invalid })
        })?;
        let Candidate { sheet, header, columns } = choose(&sheets, wanted)?;
        let UploadedSheet { name, mut rows } = sheets.swap_remove(sheet);
        let heads = rows.drain(..=header).next_back().expect("the header's row");
        for (place, column) in &columns {
            if columns.iter().any(|(other, same)| other < place && same == column) {
                let place = cell_name(*place, heads.number);
                return Err(fault(heads.number, &format!("{name}!{place}"), "table-fault-twice"));
            }
        }
        let is_ignored = |(place, cell): (&usize, &UploadedCell)| match cell.text() {
            Some(text) if !columns.contains_key(place) => Some(text.trim().to_owned()),
            _ => None,
        };
        let ignored = heads.cells.iter().filter_map(is_ignored).filter(|name| !name.is_empty()).collect();
        let other_sheets = sheets.into_iter().map(|sheet| sheet.name).collect();
        Ok(Self { sheet: name, columns, ignored, other_sheets, rows })
    }

    /// Where a cell is: `Mesures!H3`.
    pub(crate) fn place(&self, column: C, row: u32) -> String {
        let place = self.columns.iter().find(|(_, own)| **own == column).map(|(place, _)| *place);
        match place {
            Some(place) => format!("{}!{}", self.sheet, cell_name(place, row)),
            None => self.sheet.clone(),
        }
    }

    /// The cell of a column in a row; `None` when it is blank or the column is not there.
    pub(crate) fn cell<'r>(&self, row: &'r UploadedRow, column: C) -> Option<&'r UploadedCell> {
        let place = self.columns.iter().find(|(_, own)| **own == column).map(|(place, _)| *place)?;
        row.cells.get(&place)
    }

    /// The texts of a column, of all rows.
    pub(crate) fn texts_of(&self, place: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| row.cells.get(&place)?.text())
    }
}

fn fault(line: u32, column: &str, key: &str) -> OperationError {
    let line = usize::try_from(line).unwrap_or(usize::MAX);
    OperationError::Faults(vec![LineFault::new(line, key).at(column)])
}

/// The sheet and row that name the most columns; of several sheets, the one that bears the name.
fn choose<C: Copy + PartialEq>(
    sheets: &[UploadedSheet],
    wanted: &TableWanted<'_, C>,
) -> Result<Candidate<C>, OperationError> {
    let found = (0..sheets.len()).filter_map(|sheet| header_of(sheets, sheet, wanted));
    let mut found: Vec<Candidate<C>> = found.collect();
    let is_named = |candidate: &Candidate<C>| {
        let name = folded(&sheets[candidate.sheet].name);
        wanted.sheet_names.iter().any(|own| folded(own) == name)
    };
    if found.iter().any(is_named) {
        found.retain(is_named);
    }
    let most = found.iter().map(|candidate| candidate.columns.len()).max().unwrap_or(0);
    found.retain(|candidate| candidate.columns.len() == most);
    if found.len() > 1 {
        let faults = found.iter().map(|candidate| {
            let UploadedSheet { name, rows } = &sheets[candidate.sheet];
            let line = usize::try_from(rows[candidate.header].number).unwrap_or(usize::MAX);
            LineFault::new(line, "table-fault-sheets").at(name)
        });
        return Err(OperationError::Faults(faults.collect()));
    }
    found.pop().ok_or_else(|| fault(1, wanted.needed_name, "table-fault-header"))
}

fn header_of<C: Copy + PartialEq>(
    sheets: &[UploadedSheet],
    sheet: usize,
    wanted: &TableWanted<'_, C>,
) -> Option<Candidate<C>> {
    let mut best: Option<Candidate<C>> = None;
    for (header, row) in sheets[sheet].rows.iter().take(HEADER_ROWS_MAX).enumerate() {
        let column = |(place, cell): (&usize, &UploadedCell)| {
            Some((*place, (wanted.column_of)(&header_name(cell.text()?))?))
        };
        let columns: BTreeMap<usize, C> = row.cells.iter().filter_map(column).collect();
        let is_better = best.as_ref().is_none_or(|best| columns.len() > best.columns.len());
        if is_better && columns.values().any(|column| (wanted.is_needed)(*column)) {
            best = Some(Candidate { sheet, header, columns });
        }
    }
    best
}

/// A name of a column without what people write around it: `Intitulé *`, `Coût :`.
fn header_name(text: &str) -> String {
    folded(text).trim_matches(|sign: char| matches!(sign, '*' | ':' | ' ' | '"' | '\'')).to_owned()
}

/// A name without the unit in parentheses at its end.
pub(crate) fn without_unit(name: &str) -> &str {
    name.strip_suffix(')').and_then(|name| name.rsplit_once('(')).map_or(name, |(name, _)| name.trim())
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
}
