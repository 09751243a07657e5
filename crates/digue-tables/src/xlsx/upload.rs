//! An uploaded workbook: every sheet, cell by cell.
//!
//! The same limits as for responses apply. A cell is a text, a number, a Boolean, blank or
//! unreadable: an error, or a formula whose result is not in the file, is never blank. Which sheets
//! and columns matter, the caller decides.

use std::collections::BTreeMap;

use digue_types::UnreadCause;
use digue_types::reading::column_letters;

use super::asides::Asides;
use super::number_look::UploadedNumber;
use super::package::XlsxPackage;
use super::sheet::{CellContent, CoveredCells, SheetRow, WorkbookTables, read_sheet};
use crate::archive::broken;
use crate::table::{CellValue, TableRow};
use digue_identifiers::collector::Collector;
use digue_identifiers::reading::Unreadable;

/// A sheet that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedSheet {
    pub name: String,
    /// Rows that are not blank.
    pub rows: Vec<UploadedRow>,
    /// Merged cells. Those without a text of their own are in no row.
    pub covered: Vec<CoveredCells>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedRow {
    /// Row number, from 1.
    pub number: u32,
    /// By column from 0; missing cells are blank.
    pub cells: BTreeMap<usize, UploadedCell>,
}

/// A cell that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadedCell {
    /// What the cell shows; dates in ISO 8601.
    Text(String),
    Number(UploadedNumber),
    Truth(bool),
    /// Why it is unreadable, and what the file contains instead.
    Unreadable(UnreadableCell, String),
}

/// Why a cell of an upload is unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadableCell {
    /// A spreadsheet error such as `#N/A`.
    Error,
    /// A formula whose result is missing, or is the zero of a program that does not calculate.
    Formula,
    /// Hidden below a merged cell.
    Covered,
}

impl UploadedCell {
    /// The text if known; for a number, its value.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => Some(&number.value),
            Self::Truth(is_true) => Some(if *is_true { "TRUE" } else { "FALSE" }),
            Self::Unreadable(..) => None,
        }
    }

    /// What to show the user when the cell is at fault.
    pub fn seen(&self) -> &str {
        match self {
            Self::Number(UploadedNumber {
                shown: Some(shown), ..
            }) => shown,
            Self::Unreadable(_, held) => held,
            Self::Text(_) | Self::Number(_) | Self::Truth(_) => self.text().unwrap_or_default(),
        }
    }

    /// True for a text of only white space.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// The name of a cell (`H3`), from a column counted from 0 and a row counted from 1.
pub fn cell_name(column: usize, row: u32) -> String {
    format!("{}{row}", column_letters(column))
}

/// The name of a column (`H`), counted from 0.
pub fn column_name(column: usize) -> String {
    column_letters(column)
}

/// The sheets of a workbook that are not empty, in order.
///
/// At most `limit` bytes once unpacked, the same again once repeated texts are written out, and
/// `rows_max` rows in all.
///
/// # Errors
/// `TooLarge` beyond the limits; otherwise the fault of a file that is not a workbook, or is
/// damaged.
pub fn uploaded_sheets(
    bytes: &[u8],
    limit: usize,
    rows_max: usize,
) -> Result<Vec<UploadedSheet>, Unreadable> {
    // Without kinds and patterns, no person is searched for.
    let found = &mut Collector::new(&[], &[], 0);
    let mut package = XlsxPackage::open(bytes, limit)?;
    let common = WorkbookTables {
        is_upload: true,
        ..package.common(found)?
    };
    // A text document or slides use the same kind of archive.
    if package.sheets().is_empty() {
        return Err(broken("sheets"));
    }
    let (mut left, mut rows_left) = (limit, rows_max);
    let mut sheets = Vec::new();
    for sheet in package.sheets().to_vec() {
        let mut rows = Vec::new();
        let part = package.unpack(&sheet.part)?;
        let take = &mut |row: &SheetRow<'_>, _: &mut Collector<'_>| {
            rows_left = rows_left.checked_sub(1).ok_or(Unreadable::too_large())?;
            rows.push(UploadedRow {
                number: row.number,
                cells: cells_of(row, &mut left)?,
            });
            Ok(())
        };
        let asides = &mut Asides::default();
        let covered = read_sheet(&sheet.place, &part, &common, asides, found, take)?;
        if !rows.is_empty() {
            sheets.push(UploadedSheet {
                name: sheet.name,
                rows,
                covered,
            });
        }
    }
    Ok(sheets)
}

fn cells_of(
    row: &SheetRow<'_>,
    left: &mut usize,
) -> Result<BTreeMap<usize, UploadedCell>, Unreadable> {
    let mut cells = BTreeMap::new();
    for (column, text) in row.texts() {
        *left = left
            .checked_sub(text.len())
            .ok_or(Unreadable::too_large())?;
        cells.insert(column, cell_of(row, column, text));
    }
    Ok(cells)
}

fn cell_of(row: &SheetRow<'_>, column: usize, text: &str) -> UploadedCell {
    let text = text.to_owned();
    match (row.cell(column), row.content(column)) {
        (CellValue::Unreadable(UnreadCause::Formula, _), _) => {
            UploadedCell::Unreadable(UnreadableCell::Formula, text)
        }
        (CellValue::Unreadable(..), _) => UploadedCell::Unreadable(UnreadableCell::Error, text),
        (_, CellContent::Number(number)) => UploadedCell::Number(number.clone()),
        (_, CellContent::Truth(is_true)) => UploadedCell::Truth(*is_true),
        (_, CellContent::Text) => UploadedCell::Text(text),
    }
}
