//! A workbook that somebody hands in: the rows of its first sheet, cell by cell.
//!
//! The same bounds as for responses. A cell whose content is not in the file is a fault with its place, never
//! blank.

use std::collections::BTreeMap;

use super::asides::Asides;
use super::package::Package;
use super::sheet::{Common, SheetRow, read_sheet};
use crate::identifier::Collector;
use crate::reading::Unreadable;
use crate::table::{CellValue, TableRow};
use digue_types::Unread;

/// The rows of the first sheet that holds any: their number, from 1, and the texts by column.
///
/// At most `limit` bytes once unpacked and again once repeated texts are written out, and `rows_max` rows. Days are
/// written as ISO does.
///
/// # Errors
/// `TooLarge` beyond the limits; an error cell or a formula without its result, with its place; what is no workbook.
pub fn first_sheet(
    bytes: &[u8],
    limit: usize,
    rows_max: usize,
) -> Result<Vec<(u32, BTreeMap<usize, String>)>, Unreadable> {
    // Nobody is looked for.
    let found = &mut Collector::new(&[], &[], 0);
    let mut package = Package::open(bytes, limit)?;
    let common = Common { is_upload: true, ..package.common(found)? };
    for sheet in package.sheets().to_vec() {
        let mut rows = Vec::new();
        let mut left = limit;
        let part = package.unpack(&sheet.part)?;
        let take = &mut |row: &SheetRow<'_>, _: &mut Collector<'_>| {
            let cells = texts_of(row, &mut left)?;
            rows.push((row.number, cells));
            if rows.len() > rows_max { Err(Unreadable::too_large()) } else { Ok(()) }
        };
        read_sheet(&sheet.name, &sheet.part, &part, &common, &mut Asides::default(), found, take)?;
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

fn texts_of(row: &SheetRow<'_>, left: &mut usize) -> Result<BTreeMap<usize, String>, Unreadable> {
    let mut texts = BTreeMap::new();
    for (column, text) in row.texts() {
        if let CellValue::Unreadable(cause, _) = row.cell(column) {
            return Err(Unread::new(cause).at(row.place(column)).into());
        }
        *left = left.checked_sub(text.len()).ok_or(Unreadable::too_large())?;
        texts.insert(column, text.to_owned());
    }
    Ok(texts)
}
