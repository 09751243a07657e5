//! XLSX: identifiers in named columns of every sheet.
//!
//! A workbook is a ZIP archive of XML parts. What a cell shows depends on its type, its number
//! format and on whether it was computed; what is uncertain is unreadable. Everything else in the
//! file that can show a text is examined too. Memory is bounded by the bytes that may be unpacked,
//! and time is linear in them.

mod asides;
mod format_code;
mod markup;
mod number_format;
mod number_look;
mod package;
mod sheet;
mod strings;
mod upload;

use std::collections::HashMap;

use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use crate::table::{TableRow, TableRows, TableRules};
use asides::Asides;
use digue_identifiers::collector::Collector;
use digue_identifiers::reading::{ReadingTally, Unreadable};
use package::{SheetPart, XlsxPackage};
use sheet::{SheetRow, WorkbookTables, read_sheet};

pub use number_look::{Quantity, UploadedNumber};
pub use sheet::CoveredCells;
pub use upload::{
    UnreadableCell, UploadedCell, UploadedRow, UploadedSheet, cell_name, column_name,
    uploaded_sheets,
};

/// The most rows of a sheet without a table, when any text could be an identifier.
const LEGEND_ROWS_MAX: usize = 3;

/// Inspects a workbook of at most `unpacked_bytes_max` bytes once unpacked.
pub fn read(
    rules: &TableRules,
    bytes: &[u8],
    unpacked_bytes_max: usize,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let mut package = XlsxPackage::open(bytes, unpacked_bytes_max)?;
    let mut asides = Asides::default();
    let common = WorkbookTables {
        believes_formulas: rules.believes_formulas,
        ..package.common(found)?
    };
    let mut tally = ReadingTally::default();
    let (mut tables, mut absent) = (0, None);
    for sheet in package.sheets().to_vec() {
        let mut reader = SheetTable {
            rows: TableRows::new(rules),
            legend: Legend::default(),
            rules,
        };
        let part = package.unpack(&sheet.part)?;
        let take = &mut |row: &SheetRow<'_>, found: &mut Collector<'_>| reader.read(row, found);
        read_sheet(&sheet.place, &part, &common, &mut asides, found, take)?;
        match reader.finish(&sheet, found)? {
            SheetHolds::Table(read) => {
                tables += 1;
                tally.add(read);
            }
            SheetHolds::NoTable(fault) => absent = absent.or(Some(fault)),
            SheetHolds::Nothing => {}
        }
    }
    // Texts that no cell refers to are still in the file, and some programs show them.
    for text in common.strings.unused() {
        asides.add(text, &UnreadPlace::from("shared strings"), found)?;
    }
    package.read_others(&mut asides, found)?;
    asides.conclude(found)?;
    if tables == 0 {
        return Err(absent.unwrap_or_else(|| ReadFailure::new(UnreadCause::Column).into()));
    }
    tally.unpacked = unpacked_bytes_max - package.left();
    Ok(tally)
}

/// The content of a sheet.
enum SheetHolds {
    Table(ReadingTally),
    /// Texts that cannot be identifiers, with the fault of the missing columns.
    NoTable(Unreadable),
    Nothing,
}

/// Reads one sheet as a table, and as a legend until its header is found.
struct SheetTable<'r> {
    rows: TableRows<'r>,
    legend: Legend,
    rules: &'r TableRules,
}

impl SheetTable<'_> {
    fn read(&mut self, row: &SheetRow<'_>, found: &mut Collector<'_>) -> Result<(), Unreadable> {
        self.rows.read(row, found)?;
        if !self.rows.is_below_header() {
            self.legend.look(self.rules, row, found);
        }
        Ok(())
    }

    fn finish(self, sheet: &SheetPart, found: &Collector<'_>) -> Result<SheetHolds, Unreadable> {
        if self.rows.is_below_header() {
            return self.rows.finish().map(SheetHolds::Table);
        }
        if self.legend.rows == 0 {
            return Ok(SheetHolds::Nothing);
        }
        let could_hold = found.has_shapeless_kind() && self.legend.is_more_than_captions;
        let Err(absent) = self.rows.finish() else {
            return Ok(SheetHolds::Nothing);
        };
        if self.legend.looks_like_identifier || could_hold {
            let rule = absent.detail.rule;
            return Err(ReadFailure::new(UnreadCause::Column)
                .by_rule(&rule)
                .at(sheet.place.clone())
                .into());
        }
        Ok(SheetHolds::NoTable(absent))
    }
}

/// A sheet without the columns of the map.
#[derive(Default)]
struct Legend {
    rows: usize,
    /// Those of them that do not match the map's captions.
    others: usize,
    is_more_than_captions: bool,
    looks_like_identifier: bool,
    /// Results for shared texts, so that each is examined once.
    shared: HashMap<u32, bool>,
}

/// True for a text that the map calls a caption.
fn is_caption_of(rules: &TableRules, text: &str) -> bool {
    let captions = rules.captions.as_ref();
    text.len() < 1_000 && captions.is_some_and(|known| known.is_match(text))
}

impl Legend {
    fn look(&mut self, rules: &TableRules, row: &SheetRow<'_>, found: &Collector<'_>) {
        self.rows += 1;
        let mut texts = 0;
        let mut is_caption = false;
        for (column, text) in row.texts() {
            texts += 1;
            let look = || found.looks_like_identifier(text);
            self.looks_like_identifier |= match row.shared(column) {
                Some(number) => *self.shared.entry(number).or_insert_with(look),
                None => look(),
            };
            is_caption |= is_caption_of(rules, text);
        }
        if !is_caption {
            self.others += 1;
            self.is_more_than_captions |= texts > 1 || self.others > LEGEND_ROWS_MAX;
        }
    }
}

#[cfg(test)]
mod tests;
