//! Reads the rows of one table: titles, header, records, totals.
//!
//! It knows neither CSV nor workbooks. A row supplies cells that are text, blank or unreadable; the
//! answer is the persons that the row shows, that it is not a record, or why that is unknown.

use std::collections::HashMap;

use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use super::captions::{is_caption, is_title};
use super::header::{Header, Located};
use super::{ColumnRule, TableRules};
use digue_identifiers::collector::{Collector, IdentifierOutcome};
use digue_identifiers::reading::{ReadingTally, Unreadable, WhyNobody};

/// Number of rows in which the header is searched for.
const HEADER_ROWS_MAX: usize = 30;

/// Length from which a text shared by many cells is examined only once. A shorter one costs no more
/// than the cell that refers to it; a long one, repeated a million times, would make a small
/// workbook expensive.
const SHARED_BYTES_MIN: usize = 64;

/// The longest value that can be compared with an exact search.
const COMPARED_BYTES_MAX: usize = 1_000;

/// A cell in which a rule expects an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellValue<'c> {
    /// The row ends before this column.
    Missing,
    Blank,
    Text(&'c str),
    /// The stored result of a formula.
    Computed(&'c str),
    /// What the cell shows is not an identifier, or uncertain: the cause, and the text as far as it
    /// is known.
    Unreadable(UnreadCause, &'c str),
}

/// One row of a table.
pub(crate) trait TableRow {
    /// Number of cells, including blank ones.
    fn width(&self) -> usize;
    fn cell(&self, column: usize) -> CellValue<'_>;
    /// The texts of the cells that are not blank, as a person sees them, in order.
    fn texts(&self) -> impl Iterator<Item = (usize, &str)>;
    /// The number of a text that other cells may share; `None` for a text of its own.
    fn shared(&self, _column: usize) -> Option<u32> {
        None
    }
    /// The place of a cell: line or sheet, and column.
    fn place(&self, column: usize) -> UnreadPlace;
}

enum ReaderStage<'r> {
    /// The header was not reached: number of rows so far, the columns missing in the first, and the
    /// first row that was not a title.
    Above {
        rows: usize,
        absent: Option<Unreadable>,
        fault: Option<Unreadable>,
    },
    /// Columns are given by number, and the first row looks like a header.
    Doubtful {
        header: Header<'r>,
        fault: Unreadable,
    },
    Below(Header<'r>),
    /// There is no header.
    Without(Unreadable),
}

/// Reads the rows of one table in order.
pub(crate) struct TableRows<'r> {
    rules: &'r TableRules,
    is_numbered: bool,
    /// Every record must be as wide as the header.
    has_one_width: bool,
    stage: ReaderStage<'r>,
    tally: ReadingTally,
    shared: SharedTexts,
}

impl<'r> TableRows<'r> {
    pub(crate) fn new(rules: &'r TableRules) -> Self {
        Self {
            rules,
            is_numbered: rules.is_numbered(),
            has_one_width: false,
            stage: ReaderStage::Above {
                rows: 0,
                absent: None,
                fault: None,
            },
            tally: ReadingTally::default(),
            shared: SharedTexts::default(),
        }
    }

    /// For readings in which a row of another width is a sign of a wrong dialect.
    pub(crate) fn of_one_width(rules: &'r TableRules) -> Self {
        Self {
            has_one_width: true,
            ..Self::new(rules)
        }
    }

    pub(crate) const fn has_header(&self) -> bool {
        matches!(
            self.stage,
            ReaderStage::Below(_) | ReaderStage::Doubtful { .. }
        )
    }

    /// True once rows are read as records.
    pub(crate) const fn is_below_header(&self) -> bool {
        matches!(self.stage, ReaderStage::Below(_))
    }

    /// True when further rows cannot bring a header any more.
    pub(crate) const fn is_without_header(&self) -> bool {
        matches!(self.stage, ReaderStage::Without(_))
    }

    /// Reads the next row.
    pub(crate) fn read(
        &mut self,
        row: &impl TableRow,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        match &self.stage {
            ReaderStage::Below(header) if self.rules.shows_nobody() => {
                for (column, _) in row.texts() {
                    self.tally.texts += 1;
                    if !header.describes(column) {
                        self.tally.add_undescribed(1, || row.place(column));
                    }
                }
                Ok(())
            }
            ReaderStage::Below(header) => {
                let reader = RecordReader {
                    rules: self.rules,
                    header,
                    has_one_width: self.has_one_width,
                };
                reader.read(row, &mut self.tally, &mut self.shared, found)
            }
            ReaderStage::Without(_) => Ok(()),
            ReaderStage::Above { .. } if self.is_numbered => self.read_first_numbered(row, found),
            ReaderStage::Above { .. } => self.read_above(row, found),
            ReaderStage::Doubtful { .. } => self.read_second_numbered(row, found),
        }
    }

    /// Takes texts with the shape of an identifier from an unreadable row: in the rules' columns,
    /// or in any cell when the row is wider than the header, as its cells may then be shifted.
    pub(crate) fn salvage(
        &mut self,
        row: &impl TableRow,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        let (ReaderStage::Below(header) | ReaderStage::Doubtful { header, .. }) = &self.stage
        else {
            return Ok(());
        };
        let is_shifted = row.width() > header.width;
        for (rule, place) in &header.places {
            let places = if is_shifted {
                0..row.width()
            } else {
                *place..*place + 1
            };
            for place in places {
                salvage_cell(rule, row, place, found)?;
            }
        }
        Ok(())
    }

    /// Concludes the table.
    pub(crate) fn finish(self) -> Result<ReadingTally, Unreadable> {
        let mut tally = self.tally;
        match self.stage {
            // Why it has no record, the map says.
            ReaderStage::Below(_) if self.is_numbered || self.rules.shows_nobody() => {}
            // A named header was found, so the table is known to be the right one and empty.
            // Columns given by number prove nothing of the kind.
            ReaderStage::Below(_) => {
                tally.nobody = (tally.records == 0).then_some(WhyNobody::EmptyTable)
            }
            ReaderStage::Doubtful { fault, .. } | ReaderStage::Without(fault) => return Err(fault),
            ReaderStage::Above {
                absent: Some(absent),
                ..
            } => return Err(absent),
            ReaderStage::Above { absent: None, .. } if self.is_numbered => {}
            ReaderStage::Above { absent: None, .. } => match Header::locate(self.rules, &[], 0) {
                Located::Absent(absent) | Located::Twice(absent) => return Err(absent),
                Located::Header(_) => {}
            },
        }
        Ok(tally)
    }

    fn read_above(&mut self, row: &impl TableRow, found: &Collector<'_>) -> Result<(), Unreadable> {
        let texts: Vec<(usize, &str)> = row.texts().collect();
        let ReaderStage::Above {
            rows,
            absent,
            fault,
        } = &mut self.stage
        else {
            return Ok(());
        };
        if texts.is_empty() {
            return Ok(());
        }
        match Header::locate(self.rules, &texts, row.width()) {
            Located::Header(header) => {
                let fault = fault
                    .take()
                    .or_else(|| person_in_header(&header, &texts, row, found));
                self.stage = ReaderStage::Below(header);
                fault.map_or(Ok(()), Err)
            }
            Located::Twice(twice) => Err(twice),
            Located::Absent(lacking) => {
                *rows += 1;
                // Kept until a header follows: without one, the missing columns are the better
                // cause.
                if fault.is_none() && !is_title(self.rules, &texts, found) {
                    *fault = Some(nameless(row.place(texts[0].0)));
                }
                if *rows == HEADER_ROWS_MAX {
                    let absent = absent.take().unwrap_or(lacking);
                    self.stage = ReaderStage::Without(absent);
                } else {
                    absent.get_or_insert(lacking);
                }
                Ok(())
            }
        }
    }

    /// Reads the first row of a table whose columns are given by number: a record, a title, or
    /// perhaps a header.
    fn read_first_numbered(
        &mut self,
        row: &impl TableRow,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        let texts: Vec<(usize, &str)> = row.texts().collect();
        if texts.is_empty() {
            return Ok(());
        }
        let header = match Header::locate(self.rules, &texts, row.width()) {
            Located::Header(header) => header,
            Located::Absent(fault) | Located::Twice(fault) => return Err(fault),
        };
        match header_fault(&header, row, &texts, found) {
            Some(_)
                if texts.len() == 1 && row.width() > 1 && is_title(self.rules, &texts, found) =>
            {
                Ok(())
            }
            Some(fault) => {
                self.stage = ReaderStage::Doubtful { header, fault };
                Ok(())
            }
            None => {
                self.stage = ReaderStage::Below(header.without_texts());
                self.read(row, found)
            }
        }
    }

    /// Reads the row after a possible header: it was one when this row has identifiers where they
    /// belong.
    fn read_second_numbered(
        &mut self,
        row: &impl TableRow,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        if row.texts().next().is_none() {
            return Ok(());
        }
        let above = ReaderStage::Above {
            rows: 0,
            absent: None,
            fault: None,
        };
        let ReaderStage::Doubtful { header, fault } = std::mem::replace(&mut self.stage, above)
        else {
            return Ok(());
        };
        let fits = own_places(&header).any(|(rule, place)| fits(rule, row.cell(place), found));
        self.stage = ReaderStage::Below(header);
        if fits {
            self.read(row, found)
        } else {
            Err(fault)
        }
    }
}

/// The fault of a transposed table, which has a column for each person: its "header" contains
/// identifiers.
fn person_in_header(
    header: &Header<'_>,
    texts: &[(usize, &str)],
    row: &impl TableRow,
    found: &Collector<'_>,
) -> Option<Unreadable> {
    let is_beside = |column: usize| !header.places.iter().any(|(_, place)| *place == column);
    let mut beside = texts.iter().filter(|(column, _)| is_beside(*column));
    let (column, _) = beside.find(|(_, text)| found.looks_like_identifier(text))?;
    Some(
        ReadFailure::new(UnreadCause::Column)
            .at(row.place(*column))
            .into(),
    )
}

/// Why a first row is not a record, when it looks like a header: words in the identifier columns,
/// and nothing that a record would contain.
fn header_fault(
    header: &Header<'_>,
    row: &impl TableRow,
    texts: &[(usize, &str)],
    found: &Collector<'_>,
) -> Option<Unreadable> {
    let is_word = |text: &str| {
        let digits = text.chars().filter(|c| c.is_numeric()).count();
        digits < 4 && !text.contains('@') && text.chars().any(char::is_alphabetic)
    };
    let is_named = own_places(header).all(|(rule, place)| match row.cell(place) {
        CellValue::Text(text) => {
            is_word(text) && found.knows_shape(&rule.pick) && !found.fits(&rule.pick, text)
        }
        _ => false,
    });
    let holds_none = texts
        .iter()
        .all(|(_, text)| is_word(text) && !found.looks_like_identifier(text));
    let (rule, place) = own_places(header)
        .next()
        .filter(|_| is_named && holds_none)?;
    let detail = ReadFailure::new(UnreadCause::ValueShape)
        .by_rule(&rule.pick.rule)
        .at(row.place(place));
    Some(detail.into())
}

fn own_places<'h, 'r>(
    header: &'h Header<'r>,
) -> impl Iterator<Item = (&'r ColumnRule, usize)> + 'h {
    header
        .places
        .iter()
        .filter(|(rule, _)| rule.is_own)
        .map(|(rule, place)| (*rule, *place))
}

/// Takes the person of one cell of a row that does not read as a whole.
fn salvage_cell(
    rule: &ColumnRule,
    row: &impl TableRow,
    place: usize,
    found: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    if let CellValue::Text(text) | CellValue::Computed(text) = row.cell(place)
        // Without a known shape every text fits: each cell of a broken row would become
        // a person.
        && found.knows_shape(&rule.pick)
        && found.fits(&rule.pick, text)
    {
        let _: IdentifierOutcome = found.take(&rule.pick, text, || row.place(place))?;
    }
    Ok(())
}

fn fits(rule: &ColumnRule, cell: CellValue<'_>, found: &Collector<'_>) -> bool {
    match cell {
        CellValue::Text(text) | CellValue::Computed(text) => found.fits(&rule.pick, text),
        CellValue::Missing | CellValue::Blank | CellValue::Unreadable(..) => false,
    }
}

/// Results for long texts that many cells share, so that each is examined once.
#[derive(Default)]
struct SharedTexts {
    taken: HashMap<(usize, u32), IdentifierOutcome>,
    could_hold: HashMap<u32, bool>,
}

impl SharedTexts {
    /// True for a text that could hold an identifier; `number` tells the texts that cells share.
    fn could_hold(&mut self, number: Option<u32>, text: &str, found: &Collector<'_>) -> bool {
        let look = || found.looks_like_identifier(text);
        match number {
            Some(number) => *self.could_hold.entry(number).or_insert_with(look),
            None => look(),
        }
    }
}

/// Reads the rows below a header.
struct RecordReader<'r, 's> {
    rules: &'r TableRules,
    header: &'s Header<'r>,
    has_one_width: bool,
}

impl RecordReader<'_, '_> {
    fn read(
        &self,
        row: &impl TableRow,
        tally: &mut ReadingTally,
        shared: &mut SharedTexts,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        // Without a telling shape, the word "Total" would be taken for an identifier: test for
        // captions first.
        if found.has_shapeless_kind() && self.is_no_record(row, tally, found) {
            return Ok(());
        }
        let has_own = match self.take(row, shared, found) {
            Ok(has_own) => has_own,
            Err(fault) if fault.detail.cause == UnreadCause::TooLarge => return Err(fault),
            // A total has no identifier in the column either: only now is the row tested for being
            // a caption, so that a person is never taken for one.
            Err(_) if self.is_no_record(row, tally, found) => return Ok(()),
            Err(fault) => return Err(fault),
        };
        if !has_own {
            if self.is_no_record(row, tally, found) {
                return Ok(());
            }
            let first = row.texts().next().map_or(0, |(column, _)| column);
            return Err(nameless(row.place(first)));
        }
        // Only rows with a person: totals and notes may be wider than the header.
        self.check_width(row, shared, found)?;
        tally.records += 1;
        self.compare(row, found);
        self.count(row, tally);
        Ok(())
    }

    /// Takes the identifiers of a row; true when one of them is its own.
    fn take(
        &self,
        row: &impl TableRow,
        shared: &mut SharedTexts,
        found: &mut Collector<'_>,
    ) -> Result<bool, Unreadable> {
        if self.has_one_width && row.width() != self.header.width {
            return Err(ReadFailure::new(UnreadCause::Ambiguous)
                .at(row.place(0))
                .into());
        }
        let mut has_own = false;
        for (index, (rule, place)) in self.header.places.iter().enumerate() {
            let text = match row.cell(*place) {
                CellValue::Blank => continue,
                CellValue::Missing => {
                    let short = ReadFailure::new(UnreadCause::ShortRow).by_rule(&rule.pick.rule);
                    return Err(short.at(row.place(*place)).into());
                }
                CellValue::Text(text) => text,
                CellValue::Computed(text) if self.believes(rule, text, found) => text,
                CellValue::Computed(text) => {
                    return Err(unread(UnreadCause::Formula, rule, row, *place, text));
                }
                CellValue::Unreadable(cause, text) => {
                    return Err(unread(cause, rule, row, *place, text));
                }
            };
            let key = row
                .shared(*place)
                .filter(|_| text.len() > SHARED_BYTES_MIN)
                .map(|number| (index, number));
            let taken = match key.and_then(|key| shared.taken.get(&key)) {
                Some(taken) => *taken,
                None => {
                    let taken = found.take(&rule.pick, text, || row.place(*place))?;
                    shared.taken.extend(key.map(|key| (key, taken)));
                    taken
                }
            };
            has_own |= rule.is_own && taken.is_some();
        }
        Ok(has_own)
    }

    /// A stored formula result is accepted when it has a telling shape, or when the map says so.
    fn believes(&self, rule: &ColumnRule, text: &str, found: &Collector<'_>) -> bool {
        self.rules.believes_formulas
            || (found.knows_shape(&rule.pick) && found.fits(&rule.pick, text))
    }

    fn is_no_record(
        &self,
        row: &impl TableRow,
        tally: &ReadingTally,
        found: &Collector<'_>,
    ) -> bool {
        if self.header.is_repeated_by(row.texts()) {
            return true;
        }
        let texts: Vec<(usize, &str)> = row.texts().collect();
        texts.is_empty() || is_caption(self.rules, &texts, tally.records, found)
    }

    /// In a row wider than the header, cells may be shifted: no cell outside the rules' columns may
    /// look like an identifier.
    fn check_width(
        &self,
        row: &impl TableRow,
        shared: &mut SharedTexts,
        found: &Collector<'_>,
    ) -> Result<(), Unreadable> {
        if row.width() <= self.header.width {
            return Ok(());
        }
        let is_beside =
            |column: usize| !self.header.places.iter().any(|(_, place)| *place == column);
        for (column, text) in row.texts().filter(|(column, _)| is_beside(*column)) {
            let number = row.shared(column).filter(|_| text.len() > SHARED_BYTES_MIN);
            let could_hold = shared.could_hold(number, text, found);
            let is_beyond = column >= self.header.width && found.has_shapeless_kind();
            if could_hold || is_beyond {
                return Err(ReadFailure::new(UnreadCause::Ambiguous)
                    .at(row.place(column))
                    .into());
            }
        }
        Ok(())
    }

    fn compare(&self, row: &impl TableRow, found: &mut Collector<'_>) {
        for (rule, place) in &self.header.compare {
            if let CellValue::Text(text) | CellValue::Computed(text) = row.cell(*place)
                && text.len() <= COMPARED_BYTES_MAX
            {
                found.compare(&rule.pick, text);
            }
        }
    }

    fn count(&self, row: &impl TableRow, tally: &mut ReadingTally) {
        if !self.header.counts_fields() {
            return;
        }
        for (column, _) in row.texts() {
            tally.texts += 1;
            if !self.header.describes(column) {
                tally.add_undescribed(1, || row.place(column));
            }
        }
    }
}

fn unread(
    cause: UnreadCause,
    rule: &ColumnRule,
    row: &impl TableRow,
    place: usize,
    text: &str,
) -> Unreadable {
    ReadFailure::new(cause)
        .by_rule(&rule.pick.rule)
        .at(row.place(place))
        .shaped_as(text)
        .into()
}

fn nameless(place: UnreadPlace) -> Unreadable {
    ReadFailure::new(UnreadCause::NamelessRecord)
        .at(place)
        .into()
}
