//! XLSX: identifiers in named columns of every sheet.
//!
//! The archive is measured before it is opened (a bomb stops at the limit, whatever its declared
//! sizes), and cells are read one by one, so a lone cell at the far corner costs nothing.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};

use digue_types::{Unread, UnreadCause};

use crate::csv_table::locate;
use crate::identifier::Collector;
use crate::reading::{Tally, Unreadable, WhyNobody};
use crate::response::Limits;
use crate::table::{ColumnRule, TableRules};

/// Files in the archive.
const PARTS_MAX: usize = 10_000;

/// Reads a workbook of at most `limits.decoded_bytes_max` bytes once unpacked.
pub fn read(
    rules: &TableRules,
    bytes: &[u8],
    limits: &Limits,
    found: &mut Collector<'_>,
) -> Result<Tally, Unreadable> {
    measure(bytes, limits.decoded_bytes_max)?;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|_: calamine::XlsxError| broken("it does not open"))?;
    for sheet in book.sheet_names() {
        read_sheet(&rules.columns, &mut book, &sheet, found)?;
    }
    Ok(Tally { records: found.count(), nobody: Some(WhyNobody::EmptyTable), ..Tally::default() })
}

/// Unpacks every part into nothing, counting.
fn measure(bytes: &[u8], limit: usize) -> Result<(), Unreadable> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken("it is no archive"))?;
    if archive.len() > PARTS_MAX {
        return Err(Unreadable::too_large());
    }
    let mut left = limit as u64;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| broken("a part does not open"))?;
        let mut bounded = part.take(left + 1);
        let size = std::io::copy(&mut bounded, &mut std::io::sink())
            .map_err(|_| broken("a part does not unpack"))?;
        left = left.checked_sub(size).ok_or(Unreadable::too_large())?;
    }
    Ok(())
}

/// The rows of the first sheet that holds any: their number, from 1, and the texts by column.
///
/// At most `limit` bytes once unpacked, and `rows_max` rows.
pub fn first_sheet(
    bytes: &[u8],
    limit: usize,
    rows_max: usize,
) -> Result<Vec<(u32, BTreeMap<usize, String>)>, Unreadable> {
    measure(bytes, limit)?;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|_: calamine::XlsxError| broken("it does not open"))?;
    for sheet in book.sheet_names() {
        let mut cells = match book.worksheet_cells_reader(&sheet) {
            Ok(cells) => cells,
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            Err(_) => return Err(broken("a sheet does not open")),
        };
        let mut rows: BTreeMap<u32, BTreeMap<usize, String>> = BTreeMap::new();
        while let Some(cell) = cells.next_cell().map_err(|_| broken("a cell does not parse"))? {
            let (row, column) = cell.get_position();
            if let Some(text) = text_of(cell.get_value())? {
                rows.entry(row + 1).or_default().insert(column as usize, text);
            }
            if rows.len() > rows_max {
                return Err(Unreadable::too_large());
            }
        }
        if !rows.is_empty() {
            return Ok(rows.into_iter().collect());
        }
    }
    Ok(Vec::new())
}

fn read_sheet(
    rules: &[ColumnRule],
    book: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    found: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    let mut cells = match book.worksheet_cells_reader(sheet) {
        Ok(cells) => cells,
        // A sheet that is only a chart has no cell.
        Err(calamine::XlsxError::NotAWorksheet(_)) => return Ok(()),
        Err(_) => return Err(broken("a sheet does not open")),
    };
    let mut rows = Rows { rules, places: None, row: BTreeMap::new(), number: None };
    while let Some(cell) = cells.next_cell().map_err(|_| broken("a cell does not parse"))? {
        let (row, column) = cell.get_position();
        if rows.number != Some(row) {
            rows.finish(found)?;
            rows.number = Some(row);
        }
        if let Some(text) = text_of(cell.get_value())? {
            rows.row.insert(column as usize, text);
        }
    }
    rows.finish(found)
}

/// The rows of one sheet; the first one that holds anything is the header.
struct Rows<'r> {
    rules: &'r [ColumnRule],
    places: Option<Vec<usize>>,
    row: BTreeMap<usize, String>,
    number: Option<u32>,
}

impl Rows<'_> {
    fn finish(&mut self, found: &mut Collector<'_>) -> Result<(), Unreadable> {
        let row = std::mem::take(&mut self.row);
        if row.is_empty() {
            return Ok(());
        }
        let Some(places) = &self.places else {
            let width = row.keys().next_back().map_or(0, |last| last + 1);
            // Headers are few; a far column would make this list long for nothing.
            if width > 16_384 {
                return Err(Unreadable::too_large());
            }
            let header: Vec<&str> = (0..width).map(|i| row.get(&i).map_or("", String::as_str)).collect();
            self.places = Some(locate(self.rules, header.iter().copied())?);
            return Ok(());
        };
        for (rule, place) in self.rules.iter().zip(places) {
            if let Some(text) = row.get(place) {
                let _ = found.take(&rule.pick, text, String::new)?;
            }
        }
        Ok(())
    }
}

fn text_of(value: &DataRef<'_>) -> Result<Option<String>, Unreadable> {
    Ok(match value {
        DataRef::Empty => None,
        DataRef::String(text) => Some(text.clone()),
        DataRef::SharedString(text) => Some((*text).to_owned()),
        DataRef::Int(number) => Some(number.to_string()),
        // Excel keeps every number as a float: an identifier beyond 2^53 has lost its digits.
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 => {
            Some(format!("{number:.0}"))
        }
        DataRef::Float(number) => Some(number.to_string()),
        DataRef::Bool(_) | DataRef::DateTime(_) => None,
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(text.clone()),
        DataRef::Error(_) => return Err(broken("a cell holds an error")),
        #[allow(unreachable_patterns, reason = "the enumeration may grow in a later version")]
        _ => None,
    })
}

fn broken(what: &str) -> Unreadable {
    Unread::new(UnreadCause::Syntax).at(what).into()
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::Workbook;

    use super::*;
    use crate::identifier::{IdentifierKind, Pick};
    use crate::table::Column;

    fn read_all(bytes: &[u8], limit: usize) -> Result<Vec<String>, Unreadable> {
        let kinds = [IdentifierKind { name: "id".into(), steps: vec![], shape: None }];
        let mut found = Collector::new(&kinds, &[], 100);
        let columns = vec![ColumnRule::new(Column::Named("id".into()), Pick::whole(0, "id"))];
        let limits = Limits { decoded_bytes_max: limit, ..Limits::default() };
        let _ = read(&TableRules { columns, ..TableRules::default() }, bytes, &limits, &mut found)?;
        Ok(found.into_identifiers().into_iter().map(|id| id.text.to_string()).collect())
    }

    fn book(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
        let mut book = Workbook::new();
        fill(&mut book);
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn reads_texts_and_whole_numbers_on_every_sheet() {
        let bytes = book(|book| {
            for offset in [0, 10] {
                let sheet = book.add_worksheet();
                sheet.write(0, 0, "nom").unwrap();
                sheet.write(0, 1, "id").unwrap();
                sheet.write(1, 1, format!("A{offset}")).unwrap();
                sheet.write(3, 1, 1_234_567 + offset).unwrap();
            }
        });
        assert_eq!(read_all(&bytes, 1 << 20).unwrap(), ["A0", "1234567", "A10", "1234577"]);
    }

    #[test]
    fn a_sheet_without_the_column_is_broken() {
        let bytes = book(|book| {
            book.add_worksheet().write(0, 0, "nom").unwrap();
        });
        assert!(read_all(&bytes, 1 << 20).is_err());
    }

    #[test]
    fn a_lone_cell_in_the_far_corner_costs_nothing() {
        let bytes = book(|book| {
            let sheet = book.add_worksheet();
            sheet.write(0, 0, "id").unwrap();
            sheet.write(1_048_575, 16_383, "x").unwrap();
            sheet.write(1, 0, "A").unwrap();
        });
        assert_eq!(read_all(&bytes, 1 << 20).unwrap(), ["A"]);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bytes = book(|book| {
            let sheet = book.add_worksheet();
            sheet.write(0, 0, "id").unwrap();
            for row in 1..20_000 {
                sheet.write(row, 0, "the same text again and again, which packs well").unwrap();
            }
        });
        assert!(read_all(&bytes, 100_000) == Err(Unreadable::too_large()));
    }

    #[test]
    fn what_is_no_workbook_is_broken() {
        assert!(read_all(b"PK\x03\x04 not really", 1 << 20).is_err());
        assert!(read_all(b"", 1 << 20).is_err());
    }
}
