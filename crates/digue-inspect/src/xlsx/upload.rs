//! A workbook that somebody hands in: every sheet, cell by cell.
//!
//! The same bounds as for responses. A cell is a text, blank, or unreadable: what is not in the file, an error and a
//! formula without its result are never blank. Which sheet and which columns matter is for the caller to say.

use std::collections::BTreeMap;

use digue_types::UnreadCause;

use super::asides::Asides;
use super::package::Package;
use super::sheet::{Common, SheetRow, letters, read_sheet};
use crate::identifier::Collector;
use crate::reading::Unreadable;
use crate::table::{CellValue, TableRow};

/// A sheet that holds anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedSheet {
    pub name: String,
    /// Rows that are not blank.
    pub rows: Vec<UploadedRow>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedRow {
    /// From 1.
    pub number: u32,
    /// By column from 0; what is not here is blank.
    pub cells: BTreeMap<usize, UploadedCell>,
}

/// A cell that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadedCell {
    /// What it shows; days as ISO writes them, numbers with a point.
    Text(String),
    /// An error, or a formula without its result: why, and what the file holds instead.
    Unreadable(UnreadCause, String),
}

impl UploadedCell {
    /// The text, when it is known.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Unreadable(..) => None,
        }
    }
}

/// `H3`, of a column from 0 and a row from 1.
pub fn cell_name(column: usize, row: u32) -> String {
    format!("{}{row}", letters(column))
}

/// The sheets of a workbook that hold anything, in their order.
///
/// At most `limit` bytes once unpacked and again once repeated texts are written out, and `rows_max` rows in all.
///
/// # Errors
/// `TooLarge` beyond the limits; what is no workbook, or not whole.
pub fn uploaded_sheets(
    bytes: &[u8],
    limit: usize,
    rows_max: usize,
) -> Result<Vec<UploadedSheet>, Unreadable> {
    // Nobody is looked for.
    let found = &mut Collector::new(&[], &[], 0);
    let mut package = Package::open(bytes, limit)?;
    let common = Common { is_upload: true, ..package.common(found)? };
    let (mut left, mut rows_left) = (limit, rows_max);
    let mut sheets = Vec::new();
    for sheet in package.sheets().to_vec() {
        let mut rows = Vec::new();
        let part = package.unpack(&sheet.part)?;
        let take = &mut |row: &SheetRow<'_>, _: &mut Collector<'_>| {
            rows_left = rows_left.checked_sub(1).ok_or(Unreadable::too_large())?;
            rows.push(UploadedRow { number: row.number, cells: cells_of(row, &mut left)? });
            Ok(())
        };
        read_sheet(&sheet.name, &sheet.part, &part, &common, &mut Asides::default(), found, take)?;
        if !rows.is_empty() {
            sheets.push(UploadedSheet { name: sheet.name, rows });
        }
    }
    Ok(sheets)
}

fn cells_of(row: &SheetRow<'_>, left: &mut usize) -> Result<BTreeMap<usize, UploadedCell>, Unreadable> {
    let mut cells = BTreeMap::new();
    for (column, text) in row.texts() {
        *left = left.checked_sub(text.len()).ok_or(Unreadable::too_large())?;
        let cell = match row.cell(column) {
            CellValue::Unreadable(cause, _) => UploadedCell::Unreadable(cause, text.to_owned()),
            CellValue::Missing | CellValue::Blank | CellValue::Text(_) | CellValue::Computed(_) => {
                UploadedCell::Text(text.to_owned())
            }
        };
        cells.insert(column, cell);
    }
    Ok(cells)
}
