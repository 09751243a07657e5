//! Tables as a workbook: text stays text, so that nothing in it is run as a formula.

use rust_xlsxwriter::{Format, Workbook};

use crate::Unprintable;

/// One sheet of a workbook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// At most 31 signs; what spreadsheets do not allow is left out.
    pub name: String,
    /// What stands above the header, a row each.
    pub above: Vec<String>,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// Signs that one cell of a spreadsheet holds.
const CELL_CHARS_MAX: usize = 32_767;
const COLUMN_CHARS_MAX: usize = 60;

/// A name as spreadsheets allow it.
pub fn sheet_name(name: &str) -> String {
    name.chars().filter(|sign| !"[]:*?/\\'".contains(*sign)).take(31).collect()
}

/// A workbook with a frozen header, filters, and columns as wide as what they hold.
pub fn xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, Unprintable> {
    let failed = |error: rust_xlsxwriter::XlsxError| Unprintable(error.to_string());
    let mut workbook = Workbook::new();
    let head = Format::new().set_bold();
    let cell = Format::new().set_text_wrap();
    for sheet in sheets {
        let page = workbook.add_worksheet();
        page.set_name(sheet_name(&sheet.name)).map_err(failed)?;
        for (line, text) in (0_u32..).zip(&sheet.above) {
            page.write_string(line, 0, text).map_err(failed)?;
        }
        let header = u32::try_from(sheet.above.len()).unwrap_or(u32::MAX);
        for (place, text) in (0_u16..).zip(&sheet.header) {
            page.write_string_with_format(header, place, text, &head).map_err(failed)?;
            let longest = sheet.rows.iter().filter_map(|row| row.get(usize::from(place)));
            let longest = longest.map(|text| text.chars().count()).max().unwrap_or(0);
            let width = longest.max(text.chars().count()).min(COLUMN_CHARS_MAX);
            page.set_column_width(place, width as f64 + 2.0).map_err(failed)?;
        }
        for (line, row) in (header + 1..).zip(&sheet.rows) {
            for (place, text) in (0_u16..).zip(row) {
                let text: String = text.chars().take(CELL_CHARS_MAX).collect();
                page.write_string_with_format(line, place, text, &cell).map_err(failed)?;
            }
        }
        page.set_freeze_panes(header + 1, 0).map_err(failed)?;
        let last = u16::try_from(sheet.header.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let lines = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX);
        page.autofilter(header, 0, header.saturating_add(lines), last).map_err(failed)?;
    }
    workbook.save_to_buffer().map_err(failed)
}
