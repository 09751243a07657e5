//! Reads one sheet of a workbook row by row: what each cell shows, and whether that is certain.

use digue_types::reading::column_letters;
use digue_types::visible::is_blank;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use super::asides::{Asides, is_shown_in_sheet};
use super::markup::{MarkupAttributes, MarkupEvent, unescaped, walk};
use super::number_format::{Format, day};
use super::number_look::UploadedNumber;
use super::strings::SharedStrings;
use crate::archive::broken;
use crate::table::{CellValue, TableRow};
use digue_identifiers::collector::Collector;
use digue_identifiers::reading::Unreadable;
use digue_identifiers::swept_texts::SweptTexts;

const COLUMNS_MAX: usize = 16_384;
const ROWS_MAX: u32 = 1_048_576;
const MERGES_MAX: usize = 20_000;

/// Tables and settings shared by all sheets of a workbook.
#[derive(Default)]
pub(super) struct WorkbookTables {
    pub strings: SharedStrings,
    pub formats: Vec<Format>,
    /// Some number formats depend on the value of a cell, so that no displayed number is certain.
    pub has_conditional_formats: bool,
    pub is_from_1904: bool,
    pub believes_formulas: bool,
    /// The workbook is an upload: dates, Booleans and formula results are accepted.
    pub is_upload: bool,
}

/// The text that a cell shows.
pub(super) enum ShownText {
    Shared(usize),
    Own(String),
}

/// How certain the shown text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Certain,
    Computed,
    Not(UnreadCause),
}

/// The typed content of a cell in an upload.
pub(super) enum CellContent {
    Text,
    Number(UploadedNumber),
    Truth(bool),
}

/// What a cell shows, and how certain that is.
struct ResolvedCell {
    shown: ShownText,
    certainty: Certainty,
    content: CellContent,
}

impl ResolvedCell {
    fn own(text: &str, certainty: Certainty) -> Self {
        Self::of(ShownText::Own(text.to_owned()), certainty)
    }

    const fn of(shown: ShownText, certainty: Certainty) -> Self {
        Self {
            shown,
            certainty,
            content: CellContent::Text,
        }
    }

    fn truth(value: &str) -> Self {
        let is_true = matches!(value.trim(), "1" | "true");
        let text = if is_true { "TRUE" } else { "FALSE" };
        Self {
            content: CellContent::Truth(is_true),
            ..Self::own(text, Certainty::Certain)
        }
    }
}

/// A cell that is not blank.
pub(super) struct SheetCell {
    pub column: usize,
    seen: ResolvedCell,
}

/// Merged cells: a program shows only the content of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoveredCells {
    /// First and last column from 0, first and last row from 1, inclusive.
    pub columns: (usize, usize),
    pub rows: (u32, u32),
}

impl CoveredCells {
    fn parse(reference: &str) -> Option<Self> {
        let (first, last) = reference.split_once(':').unwrap_or((reference, reference));
        let ((first_column, first_row), (last_column, last_row)) =
            (position(first)?, position(last)?);
        Some(Self {
            columns: (first_column, last_column),
            rows: (first_row, last_row),
        })
    }

    /// `B2:C2`.
    pub fn name(&self) -> String {
        let (columns, rows) = (self.columns, self.rows);
        format!(
            "{}{}:{}{}",
            column_letters(columns.0),
            rows.0,
            column_letters(columns.1),
            rows.1
        )
    }
}

pub(super) struct SheetRow<'s> {
    sheet: &'s UnreadPlace,
    strings: &'s SharedStrings,
    /// Row number, from 1.
    pub number: u32,
    pub cells: Vec<SheetCell>,
}

impl SheetRow<'_> {
    fn text<'c>(&'c self, cell: &'c SheetCell) -> &'c str {
        match &cell.seen.shown {
            ShownText::Shared(number) => self.strings.get(*number),
            ShownText::Own(text) => text,
        }
    }

    fn find(&self, column: usize) -> Option<&SheetCell> {
        self.cells
            .binary_search_by_key(&column, |cell| cell.column)
            .ok()
            .map(|at| &self.cells[at])
    }
}

impl SheetRow<'_> {
    /// The typed content of a cell in an upload.
    pub(super) fn content(&self, column: usize) -> &CellContent {
        self.find(column)
            .map_or(&CellContent::Text, |cell| &cell.seen.content)
    }
}

impl TableRow for SheetRow<'_> {
    fn width(&self) -> usize {
        self.cells.last().map_or(0, |cell| cell.column + 1)
    }

    fn cell(&self, column: usize) -> CellValue<'_> {
        let Some(cell) = self.find(column) else {
            return CellValue::Blank;
        };
        let text = self.text(cell);
        match cell.seen.certainty {
            Certainty::Certain => CellValue::Text(text),
            Certainty::Computed => CellValue::Computed(text),
            Certainty::Not(cause) => CellValue::Unreadable(cause, text),
        }
    }

    fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.cells.iter().map(|cell| (cell.column, self.text(cell)))
    }

    fn shared(&self, column: usize) -> Option<u32> {
        match self.find(column)?.seen.shown {
            ShownText::Shared(number) => u32::try_from(number).ok(),
            ShownText::Own(_) => None,
        }
    }

    fn place(&self, column: usize) -> UnreadPlace {
        self.sheet.clone().and(" ").and_cell(column, self.number)
    }
}

/// The column from 1 of `B`.
fn column_number(letters: &str) -> Option<usize> {
    let mut column = 0usize;
    for letter in letters.bytes() {
        let letter = letter.to_ascii_uppercase();
        column = column
            .checked_mul(26)?
            .checked_add(usize::from(letter.checked_sub(b'A')?) + 1)?;
    }
    Some(column)
}

/// Column from 0 and row from 1 of `B7`.
fn position(reference: &str) -> Option<(usize, u32)> {
    // Merged ranges and cells may be written as absolute references.
    let plain = reference.replace('$', "");
    let split = plain.find(|c: char| c.is_ascii_digit())?;
    let column = column_number(&plain[..split])?;
    let row: u32 = plain[split..].parse().ok()?;
    (1..=COLUMNS_MAX)
        .contains(&column)
        .then_some((column - 1, row))
        .filter(|(_, row)| (1..=ROWS_MAX).contains(row))
}

/// Passes every row that is not blank to `take`, and texts outside cells to `asides`. Returns the
/// merged cells of an upload.
pub(super) fn read_sheet(
    sheet: &UnreadPlace,
    bytes: &[u8],
    common: &WorkbookTables,
    asides: &mut Asides,
    found: &mut Collector<'_>,
    take: &mut dyn FnMut(&SheetRow<'_>, &mut Collector<'_>) -> Result<(), Unreadable>,
) -> Result<Vec<CoveredCells>, Unreadable> {
    let row = SheetRow {
        sheet,
        strings: &common.strings,
        number: 0,
        cells: Vec::new(),
    };
    let mut reader = SheetReader {
        common,
        row,
        in_data: false,
        in_row: false,
        next_column: 0,
        cell: None,
        open: Vec::new(),
        text: String::new(),
        swept: SweptTexts::default(),
        covered: Vec::new(),
    };
    walk(sheet, bytes, &mut |mark| {
        reader.mark(mark, asides, found, take)
    })?;
    reader.swept.finish(found, || sheet.clone())?;
    Ok(reader.covered)
}

/// An open cell.
#[derive(Default)]
struct OpenCell {
    column: usize,
    kind: String,
    style: usize,
    value: Option<String>,
    inline: Option<String>,
    formula: Option<String>,
    phonetic: usize,
}

struct SheetReader<'s> {
    common: &'s WorkbookTables,
    row: SheetRow<'s>,
    in_data: bool,
    in_row: bool,
    next_column: usize,
    cell: Option<OpenCell>,
    /// Open elements outside the cells.
    open: Vec<String>,
    text: String,
    swept: SweptTexts,
    covered: Vec<CoveredCells>,
}

impl SheetReader<'_> {
    fn mark(
        &mut self,
        mark: MarkupEvent<'_>,
        asides: &mut Asides,
        found: &mut Collector<'_>,
        take: &mut dyn FnMut(&SheetRow<'_>, &mut Collector<'_>) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let sheet = self.row.sheet;
        match mark {
            MarkupEvent::Open("sheetData", _) if !self.in_data => self.in_data = true,
            MarkupEvent::Close("sheetData") if self.in_data && !self.in_row => self.in_data = false,
            MarkupEvent::Open("row", attributes) if self.in_data && !self.in_row => {
                self.open_row(attributes)?
            }
            MarkupEvent::Close("row") if self.in_row && self.cell.is_none() => {
                self.in_row = false;
                if !self.row.cells.is_empty() {
                    take(&self.row, found)?;
                }
            }
            MarkupEvent::Comment(comment) => asides.add(comment, sheet, found)?,
            MarkupEvent::Open("c", attributes) if self.in_row && self.cell.is_none() => {
                self.look_at_stray(asides, found)?;
                self.open_cell(attributes)?;
            }
            MarkupEvent::Close("c") if self.cell.is_some() => self.close_cell(asides, found)?,
            MarkupEvent::Open(name, _) if self.cell.is_some() => {
                self.look_at_stray(asides, found)?;
                self.open_in_cell(name);
            }
            MarkupEvent::Close(name) if self.cell.is_some() => {
                self.close_in_cell(name, asides, found)?
            }
            MarkupEvent::Text(text) => self.text.push_str(text),
            MarkupEvent::Open(name, attributes) => {
                // Only an upload is written back into words; a merged cell of a response still
                // shows its text.
                if name == "mergeCell" && self.common.is_upload {
                    self.cover(attributes)?;
                }
                let element = self.open.last().map_or("", String::as_str);
                asides.add_text(element, &std::mem::take(&mut self.text), sheet, found)?;
                asides.add_attributes(
                    attributes,
                    |attribute| is_shown_in_sheet(name, attribute),
                    sheet,
                    found,
                )?;
                self.open.push(name.to_owned());
            }
            MarkupEvent::Close(_) => {
                let element = self.open.pop().unwrap_or_default();
                asides.add_text(&element, &std::mem::take(&mut self.text), sheet, found)?;
            }
        }
        Ok(())
    }

    fn cover(&mut self, attributes: &MarkupAttributes<'_>) -> Result<(), Unreadable> {
        let reference = attributes.get("ref").unwrap_or_default();
        let covered = CoveredCells::parse(reference).ok_or_else(|| self.broken())?;
        self.covered.push(covered);
        if self.covered.len() > MERGES_MAX {
            Err(Unreadable::too_large())
        } else {
            Ok(())
        }
    }

    /// Examines text where a workbook should have none.
    fn look_at_stray(
        &mut self,
        asides: &mut Asides,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        asides.add(&self.text, self.row.sheet, found)?;
        self.text.clear();
        Ok(())
    }

    fn ambiguous(&self) -> Unreadable {
        ReadFailure::new(UnreadCause::Ambiguous)
            .at(self.row.place(0))
            .into()
    }

    fn open_row(&mut self, attributes: &MarkupAttributes<'_>) -> Result<(), Unreadable> {
        let number = match attributes.get("r") {
            Some(number) => number.trim().parse().map_err(|_| self.broken())?,
            None => self.row.number + 1,
        };
        // Programs disagree on rows that occur twice or out of order.
        if number <= self.row.number || number > ROWS_MAX {
            return Err(self.ambiguous());
        }
        self.row.number = number;
        self.row.cells.clear();
        self.in_row = true;
        self.next_column = 0;
        Ok(())
    }

    fn column_of(&self, reference: &str) -> Result<usize, Unreadable> {
        let (column, row) = position(reference).ok_or_else(|| self.broken())?;
        // Programs place a cell with a wrong reference differently.
        if row != self.row.number || column < self.next_column {
            return Err(self.ambiguous());
        }
        Ok(column)
    }

    fn broken(&self) -> Unreadable {
        broken(self.row.sheet.clone())
    }

    fn open_cell(&mut self, attributes: &MarkupAttributes<'_>) -> Result<(), Unreadable> {
        let column = match attributes.get("r") {
            Some(reference) => self.column_of(reference)?,
            None => self.next_column,
        };
        if column >= COLUMNS_MAX {
            return Err(self.broken());
        }
        let style = match attributes.get("s") {
            Some(style) => style.trim().parse().map_err(|_| self.broken())?,
            None => 0,
        };
        let kind = attributes.get("t").unwrap_or("n").to_owned();
        self.next_column = column + 1;
        self.cell = Some(OpenCell {
            column,
            kind,
            style,
            ..OpenCell::default()
        });
        Ok(())
    }

    fn open_in_cell(&mut self, name: &str) {
        let Some(cell) = &mut self.cell else { return };
        cell.phonetic += usize::from(name == "rPh");
    }

    fn close_in_cell(
        &mut self,
        name: &str,
        asides: &mut Asides,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        let sheet = self.row.sheet;
        let Some(cell) = &mut self.cell else {
            return Ok(());
        };
        let text = std::mem::take(&mut self.text);
        match name {
            "rPh" => cell.phonetic = cell.phonetic.saturating_sub(1),
            // How a name is pronounced stands above the cell and is no part of its value.
            "t" if cell.phonetic > 0 => asides.add(&text, sheet, found)?,
            "t" => cell.inline.get_or_insert_default().push_str(&text),
            // Of two values in one cell, programs show different ones.
            "v" if cell.value.is_some() => return Err(self.ambiguous()),
            "v" => cell.value = Some(text),
            "f" => {
                asides.add_formula(&text, sheet, found)?;
                cell.formula = Some(text);
            }
            _ => asides.add(&text, sheet, found)?,
        }
        Ok(())
    }

    fn close_cell(
        &mut self,
        asides: &mut Asides,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        self.look_at_stray(asides, found)?;
        let Some(cell) = self.cell.take() else {
            return Ok(());
        };
        let Some(seen) = self.resolve(&cell)? else {
            return Ok(());
        };
        self.row.cells.push(SheetCell {
            column: cell.column,
            seen,
        });
        // Shared texts were swept once, when they were read.
        let last = self.row.cells.last().expect("a cell was just pushed");
        if let ShownText::Own(text) = &last.seen.shown {
            let row = &self.row;
            self.swept.add(text, found, || row.place(cell.column))?;
        }
        Ok(())
    }

    /// What a cell shows; `None` when it is blank. A value and an inline text together are
    /// unreadable: programs differ in which they show.
    fn resolve(&self, cell: &OpenCell) -> Result<Option<ResolvedCell>, Unreadable> {
        let value = cell.value.as_deref().unwrap_or_default();
        let inline = cell.inline.as_deref().unwrap_or_default();
        let own = |text: &str, certainty| Ok(Some(ResolvedCell::own(text, certainty)));
        if !inline.is_empty() && (!value.is_empty() || cell.kind != "inlineStr") {
            return own(
                &format!("{inline} {value}"),
                Certainty::Not(UnreadCause::CellType),
            );
        }
        if let Some(formula) = &cell.formula {
            return Ok(self.computed(cell, formula, value));
        }
        match cell.kind.as_str() {
            "s" if value.trim().is_empty() => Ok(None),
            "s" => self.shared(cell, value),
            "str" => Ok(self.plain(cell, &unescaped(value))),
            "inlineStr" => Ok(self.plain(cell, &unescaped(inline))),
            "n" if value.trim().is_empty() => Ok(None),
            "n" => Ok(Some(self.number(cell, value))),
            "b" if self.common.is_upload => Ok(Some(ResolvedCell::truth(value))),
            "d" if self.common.is_upload => own(value, Certainty::Certain),
            _ => own(
                if value.is_empty() { "?" } else { value },
                Certainty::Not(UnreadCause::CellType),
            ),
        }
    }

    fn plain(&self, cell: &OpenCell, text: &str) -> Option<ResolvedCell> {
        if is_blank(text) {
            return None;
        }
        let format = self.common.formats.get(cell.style);
        let shown = format
            .and_then(|format| format.around_text(text))
            .unwrap_or_else(|| text.to_owned());
        Some(ResolvedCell::of(ShownText::Own(shown), Certainty::Certain))
    }

    fn shared(&self, cell: &OpenCell, value: &str) -> Result<Option<ResolvedCell>, Unreadable> {
        let place = || self.row.place(cell.column);
        let number: usize = value.trim().parse().map_err(|_| broken(place()))?;
        let strings = &self.common.strings;
        if strings.is_blank(number).ok_or_else(|| broken(place()))? {
            return Ok(None);
        }
        let around = self
            .common
            .formats
            .get(cell.style)
            .and_then(|format| format.around_text(""));
        // A format that adds words copies the text: short texts only, or a million references to a
        // long one would exhaust memory.
        let certainty = match around {
            Some(_) if strings.get(number).len() <= 256 => {
                return Ok(self.plain(cell, strings.get(number)));
            }
            Some(_) => Certainty::Not(UnreadCause::CellType),
            None => Certainty::Certain,
        };
        Ok(Some(ResolvedCell::of(ShownText::Shared(number), certainty)))
    }

    fn number(&self, cell: &OpenCell, value: &str) -> ResolvedCell {
        let general = Format::GENERAL;
        let format = match self.common.formats.get(cell.style) {
            Some(format) => format,
            // A workbook without a styles part shows every cell in the general format.
            None if self.common.formats.is_empty() && cell.style == 0 => &general,
            None => &Format::UNKNOWN,
        };
        if self.common.is_upload {
            self.uploaded_number(format, value)
        } else {
            self.shown_number(format, value)
        }
    }

    fn uploaded_number(&self, format: &Format, value: &str) -> ResolvedCell {
        if let Some(day) = day(value, self.common.is_from_1904).filter(|_| format.is_date()) {
            return ResolvedCell::own(&day, Certainty::Certain);
        }
        let number = format.look.number(value);
        ResolvedCell {
            content: CellContent::Number(number),
            ..ResolvedCell::own(value, Certainty::Certain)
        }
    }

    fn shown_number(&self, format: &Format, value: &str) -> ResolvedCell {
        match format.show(value) {
            // Which cells a conditional format changes depends on formulas that nothing here
            // calculates.
            Ok(shown) if self.common.has_conditional_formats => {
                ResolvedCell::own(&shown, Certainty::Not(UnreadCause::CellType))
            }
            Ok(shown) => ResolvedCell::own(&shown, Certainty::Certain),
            Err(cause) => ResolvedCell::own(value, Certainty::Not(cause)),
        }
    }

    /// A formula by its stored result. Numbers are not accepted by default: programs that write
    /// formulas without calculating store zero.
    fn computed(&self, cell: &OpenCell, formula: &str, value: &str) -> Option<ResolvedCell> {
        let is_text = cell.kind == "str";
        let (is_upload, believes) = (self.common.is_upload, self.common.believes_formulas);
        let uncalculated =
            || ResolvedCell::own(&format!("={formula}"), Certainty::Not(UnreadCause::Formula));
        if value.trim().is_empty() {
            let is_blank = is_text && cell.value.is_some() && (is_upload || believes);
            return (!is_blank).then(uncalculated);
        }
        Some(match cell.kind.as_str() {
            // A text is never the zero of a program that did not calculate, so the rule's shape may
            // decide.
            "str" => ResolvedCell::own(&unescaped(value), Certainty::Computed),
            // Zero is stored by programs that do not calculate, and is the value of a reference to
            // an empty cell.
            "n" if is_upload && value.trim() == "0" => uncalculated(),
            "n" if is_upload => self.number(cell, value),
            "n" if believes => match self.number(cell, value) {
                ResolvedCell {
                    certainty: Certainty::Certain,
                    shown,
                    content,
                } => ResolvedCell {
                    shown,
                    certainty: Certainty::Computed,
                    content,
                },
                unread => unread,
            },
            "b" if is_upload => ResolvedCell::truth(value),
            "d" if is_upload => ResolvedCell::own(value, Certainty::Certain),
            "e" if is_upload => ResolvedCell::own(value, Certainty::Not(UnreadCause::CellType)),
            _ => ResolvedCell::own(value, Certainty::Not(UnreadCause::Formula)),
        })
    }
}
