//! Writes tables as a workbook. Text is always a text cell, so that no text is run as a formula;
//! dates and numbers are typed cells, so that users can sort and add them.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::package::{CORE, OfficePackage};
use crate::{Unprintable, properties, text};

/// One sheet of a workbook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenSheet {
    /// At most 31 characters; those that spreadsheets forbid are removed.
    pub name: String,
    /// BCP 47; the workbook takes that of its first sheet.
    pub language: &'static str,
    /// Lines of text above the header, one row each.
    pub above: Vec<String>,
    pub header: Vec<String>,
    pub rows: Vec<Vec<WrittenCell>>,
}

/// The value of a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WrittenCell {
    Text(String),
    Whole(u64),
    /// An amount of money, in cents.
    Cents(u64),
    Day(SheetDay),
    /// A day with hour, minute and second, in local time: spreadsheets have no time zones.
    Moment(SheetDay, [u8; 3]),
}

/// A day that a spreadsheet can represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SheetDay {
    year: u16,
    month: u8,
    day: u8,
}

impl SheetDay {
    /// `None` for an invalid date, after 9999, and before 1901: spreadsheets count a 29 February
    /// 1900 that never was, and their serial numbers are wrong before it.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        let year = u16::try_from(year)
            .ok()
            .filter(|year| (1901..=9999).contains(year))?;
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        ExcelDateTime::from_ymd(year, month, day)
            .ok()
            .map(|_| Self { year, month, day })
    }
}

impl From<String> for WrittenCell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for WrittenCell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl WrittenCell {
    /// Width on the sheet, in characters.
    fn width(&self) -> usize {
        match self {
            Self::Text(text) => text
                .lines()
                .map(|line| line.chars().count())
                .max()
                .unwrap_or(0),
            Self::Whole(number) => number.to_string().len(),
            Self::Cents(cents) => cents.to_string().len() + 4,
            Self::Day(_) => 10,
            Self::Moment(..) => 16,
        }
    }
}

/// The longest text that Excel accepts in a cell, in characters.
const CELL_CHARS_MAX: usize = 32_767;
const COLUMN_CHARS_MAX: usize = 60;
/// A title of a column wraps beyond this.
const TITLE_CHARS_MAX: usize = 24;
const NAME_CHARS_MAX: usize = 31;
/// Cells are doubles shown with 15 digits; a larger number would silently lose digits, so it is
/// written as text.
const EXACT_MAX: u64 = 999_999_999_999_999;

/// A sheet name that spreadsheets accept: no forbidden character, no apostrophe at either end.
pub fn sheet_name(name: &str) -> String {
    let name = text::in_one_line(name);
    let name: String = name
        .chars()
        .filter(|sign| !"[]:*?/\\".contains(*sign))
        .skip_while(|sign| *sign == '\'')
        .take(NAME_CHARS_MAX)
        .collect();
    name.trim_matches(['\'', ' ']).to_owned()
}

/// The format of each kind of cell. Built-in format numbers, which every program shows according to
/// the user's locale (ECMA-376, part 1, 18.8.30).
struct CellFormats {
    text: Format,
    amount: Format,
    day: Format,
    moment: Format,
}

impl CellFormats {
    fn new() -> Self {
        let top = || Format::new().set_align(rust_xlsxwriter::FormatAlign::Top);
        Self {
            text: top().set_text_wrap(),
            amount: top().set_num_format_index(4),
            day: top().set_num_format_index(14),
            moment: top().set_num_format_index(22),
        }
    }
}

/// Characters that stand side by side on a landscape A4 page in a readable size.
const PAGE_CHARS: usize = 190;
/// The narrowest column in which sentences can be read.
const NARROW_CHARS: usize = 18;

/// Writes a workbook with a frozen header, filters, and columns as wide as their content. It prints
/// on landscape A4 pages, as wide as the page where that can be read, with the header on each.
pub fn xlsx(sheets: &[WrittenSheet]) -> Result<Vec<u8>, Unprintable> {
    let failed = |error: XlsxError| Unprintable(error.to_string());
    let sheets: Vec<WrittenSheet> = sheets.iter().map(text::sheet).collect();
    let mut workbook = Workbook::new();
    let formats = CellFormats::new();
    for sheet in &sheets {
        write_sheet(workbook.add_worksheet(), sheet, &formats).map_err(failed)?;
    }
    let bytes = workbook.save_to_buffer().map_err(failed)?;
    let (title, language) = sheets
        .first()
        .map_or(("", ""), |sheet| (sheet.name.as_str(), sheet.language));
    // The library cannot set a language, and writes the current time: the same sheets have to give
    // the same bytes.
    let mut package = OfficePackage::open(&bytes)?;
    package.replace(CORE, properties::core(title, language, None));
    package.written()
}

fn write_sheet(
    page: &mut Worksheet,
    sheet: &WrittenSheet,
    formats: &CellFormats,
) -> Result<(), XlsxError> {
    let name = sheet_name(&sheet.name);
    if !name.is_empty() {
        page.set_name(name)?;
    }
    for (line, text) in (0_u32..).zip(&sheet.above) {
        page.write_string(line, 0, text)?;
    }
    let header = u32::try_from(sheet.above.len()).unwrap_or(u32::MAX);
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(rust_xlsxwriter::FormatAlign::Top);
    let widths = fitted(widths_of(sheet));
    let chars = widths.iter().sum();
    for ((place, text), width) in (0_u16..).zip(&sheet.header).zip(&widths) {
        page.write_string_with_format(header, place, text, &head)?;
        page.set_column_width(place, *width as f64)?;
    }
    for (line, row) in (header + 1..).zip(&sheet.rows) {
        for (place, cell) in (0_u16..).zip(row) {
            write_cell(page, (line, place), cell, formats)?;
        }
    }
    page.set_freeze_panes(header + 1, 0)?;
    let last = u16::try_from(sheet.header.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let lines = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX);
    page.autofilter(header, 0, header.saturating_add(lines), last)?;
    let end = header.saturating_add(lines);
    print_on_landscape(page, sheet, (header, end, last), chars)
}

/// The width of each column by its longest cell.
fn widths_of(sheet: &WrittenSheet) -> Vec<usize> {
    let width = |(place, text): (usize, &String)| {
        let cells = sheet.rows.iter().filter_map(|row| row.get(place));
        let longest = cells.map(WrittenCell::width).max().unwrap_or(0);
        let title = text.chars().count().min(TITLE_CHARS_MAX);
        longest.max(title).min(COLUMN_CHARS_MAX) + 2
    };
    sheet.header.iter().enumerate().map(width).collect()
}

/// The same widths, the widest ones reduced until all columns stand on one page; unchanged where
/// they are too many to be read side by side. Cells wrap.
fn fitted(widths: Vec<usize>) -> Vec<usize> {
    if widths.len() * NARROW_CHARS > PAGE_CHARS {
        return widths;
    }
    let at_most = |most: usize| widths.iter().map(move |width| *width.min(&most));
    let most = (NARROW_CHARS..=COLUMN_CHARS_MAX + 2)
        .rev()
        .find(|most| at_most(*most).sum::<usize>() <= PAGE_CHARS);
    at_most(most.unwrap_or(NARROW_CHARS)).collect()
}

fn print_on_landscape(
    page: &mut Worksheet,
    sheet: &WrittenSheet,
    (header, end, last): (u32, u32, u16),
    chars: usize,
) -> Result<(), XlsxError> {
    const A4: u8 = 9;
    let wide = u16::try_from(chars.div_ceil(PAGE_CHARS)).unwrap_or(u16::MAX);
    page.set_paper_size(A4)
        .set_landscape()
        .set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3)
        .set_print_fit_to_pages(wide.max(1), 0)
        .set_header(format!("&L{}", printed_title(&sheet.name)))
        .set_footer("&R&P / &N");
    page.set_print_area(0, 0, end, last)?;
    page.set_repeat_rows(header, header)?;
    if wide > 1 {
        page.set_repeat_columns(0, 0)?;
    }
    Ok(())
}

/// A name in the header of a printed page, where an ampersand begins a command. Excel refuses more
/// than 255 characters.
fn printed_title(name: &str) -> String {
    let name: String = name.chars().take(100).collect();
    name.replace('&', "&&")
}

fn write_cell(
    page: &mut Worksheet,
    (line, place): (u32, u16),
    cell: &WrittenCell,
    formats: &CellFormats,
) -> Result<(), XlsxError> {
    let date = |day: &SheetDay| ExcelDateTime::from_ymd(day.year, day.month, day.day);
    match cell {
        WrittenCell::Text(text) => {
            let text: String = text.chars().take(CELL_CHARS_MAX).collect();
            page.write_string_with_format(line, place, text, &formats.text)?;
        }
        WrittenCell::Whole(number) if *number <= EXACT_MAX => {
            page.write_number_with_format(line, place, *number as f64, &formats.text)?;
        }
        WrittenCell::Whole(number) => {
            page.write_string_with_format(line, place, number.to_string(), &formats.text)?;
        }
        WrittenCell::Cents(cents) if *cents <= EXACT_MAX => {
            page.write_number_with_format(line, place, *cents as f64 / 100.0, &formats.amount)?;
        }
        WrittenCell::Cents(cents) => {
            let text = format!("{}.{:02}", cents / 100, cents % 100);
            page.write_string_with_format(line, place, text, &formats.text)?;
        }
        WrittenCell::Day(day) => {
            page.write_datetime_with_format(line, place, date(day)?, &formats.day)?;
        }
        WrittenCell::Moment(day, [hour, minute, second]) => {
            let at = date(day)?.and_hms(u16::from(*hour), *minute, f64::from(*second))?;
            page.write_datetime_with_format(line, place, at, &formats.moment)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_apostrophes_within() {
        assert_eq!(
            sheet_name("Déclaration d'applicabilité"),
            "Déclaration d'applicabilité"
        );
        assert_eq!(sheet_name("'a'b: c?/'"), "a'b c");
        // The thirty-first sign is an apostrophe.
        let long = format!("{}'fin", "x".repeat(30));
        assert_eq!(sheet_name(&long), "x".repeat(30));
    }

    #[test]
    fn days_and_numbers_are_cells_of_their_kind_and_hostile_text_opens() {
        let day = SheetDay::new(2026, 11, 28).unwrap();
        assert_eq!(SheetDay::new(1900, 2, 28), None);
        assert_eq!(SheetDay::new(2026, 2, 30), None);
        let row = vec![
            WrittenCell::Day(day),
            WrittenCell::Moment(day, [12, 0, 0]),
            WrittenCell::Whole(1200),
            WrittenCell::Cents(123_450),
            WrittenCell::Whole(u64::MAX),
            WrittenCell::from("=1+1\u{b}\u{ffff}"),
        ];
        let header = vec!["h".to_owned(); row.len()];
        let sheet = WrittenSheet {
            name: "L'été".into(),
            language: "fr",
            header,
            rows: vec![row],
            ..WrittenSheet::default()
        };
        let bytes = xlsx(&[sheet]).unwrap();
        let package = OfficePackage::open(&bytes).unwrap();
        let part = |name: &str| package.text(name).unwrap().unwrap();
        let cells = part("xl/worksheets/sheet1.xml");
        for value in [
            "<v>46354</v>",
            "<v>46354.5</v>",
            "<v>1200</v>",
            "<v>1234.5</v>",
        ] {
            assert!(cells.contains(value), "{value}: {cells}");
        }
        for printed in [
            "orientation=\"landscape\"",
            "paperSize=\"9\"",
            "fitToPage=\"1\"",
            "fitToHeight=\"0\"",
            "&amp;P / &amp;N",
        ] {
            assert!(cells.contains(printed), "{printed}: {cells}");
        }
        let book = part("xl/workbook.xml");
        assert!(
            book.contains("_xlnm.Print_Area") && book.contains("_xlnm.Print_Titles"),
            "{book}"
        );
        let texts = part("xl/sharedStrings.xml");
        assert!(
            texts.contains("18446744073709551615") && texts.contains("=1+1\n<"),
            "{texts}"
        );
        let core = part(CORE);
        assert!(
            core.contains("<dc:title>L'été</dc:title>") && core.contains("<dc:language>fr<"),
            "{core}"
        );
    }
}
