//! CSV as people, spreadsheets and extractions write it: the usual encodings and delimiters, quoted
//! cells, blank rows at the end. Every fault has its row and column.
//!
//! It refuses to guess where a guess could change a cell: text that does not decode, an unclosed
//! quote, and a filled cell beyond the header or under a blank one are faults.

use std::borrow::Cow;
use std::collections::BTreeMap;

use digue_tables::xlsx::{UnreadableCell, UploadedCell, UploadedRow, UploadedSheet};
use digue_types::written::folded;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::{LineFault, OperationError};

/// A wanted column: its name in faults, and the names that it may have in a file, in lower case and
/// without accents.
#[derive(Clone, Copy, Debug)]
pub struct CsvColumn {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
}

/// Delimiters of spreadsheets, the likeliest first for a header that fits several.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];

/// Why a file or one of its rows cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvFault {
    /// The bytes are not text in a usual encoding.
    Encoding,
    /// A required column is missing, or appears twice.
    Header,
    /// A quote is not closed, or a cell lies beyond the header.
    Row,
    /// A filled cell under a blank header.
    Nameless,
    /// More rows than allowed.
    TooLarge,
}

/// A fault with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedFault {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1; `None` for the whole row.
    pub(crate) column: Option<usize>,
    pub kind: CsvFault,
}

impl PlacedFault {
    /// The fault as a message; its locale keys begin with `prefix`.
    pub fn line_fault(self, prefix: &str) -> LineFault {
        let key = match self.kind {
            CsvFault::Encoding => "csv-fault-encoding".to_owned(),
            CsvFault::Header => format!("{prefix}-fault-header"),
            CsvFault::Row => format!("{prefix}-fault-row"),
            CsvFault::Nameless => "csv-fault-nameless".to_owned(),
            CsvFault::TooLarge => "csv-fault-large".to_owned(),
        };
        let fault = LineFault::new(self.line, &key);
        match self.column {
            Some(column) => fault.at(&column.to_string()),
            None => fault,
        }
    }
}

/// A file whose header was found.
pub struct CsvFile<'b> {
    text: Cow<'b, str>,
    delimiter: u8,
    /// Where the header begins.
    start: usize,
    /// The position of each wanted column.
    places: Vec<Option<usize>>,
    width: usize,
    /// Columns of the file that are not wanted.
    pub ignored: Vec<String>,
    ignored_places: Vec<usize>,
    /// Columns whose header is blank.
    nameless: Vec<usize>,
}

/// The columns of one kind of file.
pub struct CsvForm {
    /// Of the locale keys of its faults.
    pub prefix: &'static str,
    pub columns: &'static [CsvColumn],
    /// Places in `columns` that must be there.
    pub needed: &'static [usize],
    /// Of these, one must be there.
    pub one_of: &'static [usize],
}

/// The most faults that are listed; reading stops there.
const FAULTS_MAX: usize = 1000;

impl CsvForm {
    /// A fault of a cell.
    pub fn fault(&self, row: &CsvFileRow<'_>, column: usize, key: &str) -> LineFault {
        LineFault::new(row.line, key).at(self.columns[column].name)
    }

    /// Calls `take` with each row of a file. Returns the unused columns.
    ///
    /// # Errors
    /// `Faults`, as many as are listed.
    pub fn each_row(
        &self,
        csv: &[u8],
        take: &mut dyn FnMut(&CsvFileRow<'_>) -> Result<(), LineFault>,
    ) -> Result<Vec<String>, OperationError> {
        let line_fault = |fault: PlacedFault| fault.line_fault(self.prefix);
        let refused = |fault: LineFault| OperationError::Faults(vec![fault]);
        let file = CsvFile::open(csv, self.columns, self.needed)
            .map_err(|fault| refused(line_fault(fault)))?;
        if !self.one_of.is_empty() && !self.one_of.iter().any(|column| file.has(*column)) {
            let key = format!("{}-fault-header", self.prefix);
            return Err(refused(LineFault::new(1, &key)));
        }
        let mut faults = Vec::new();
        file.each(|read| {
            let taken = match &read {
                Ok(row) => take(row),
                Err(fault) => Err(line_fault(*fault)),
            };
            faults.extend(taken.err());
            if faults.len() == FAULTS_MAX {
                let line = faults[FAULTS_MAX - 1].line;
                faults.push(LineFault::new(line, "caseload-fault-too-many"));
            }
            faults.len() < FAULTS_MAX
        });
        if faults.is_empty() {
            Ok(file.ignored)
        } else {
            Err(OperationError::Faults(faults))
        }
    }
}

/// One row, its cells trimmed.
pub struct CsvFileRow<'r> {
    pub line: usize,
    cells: &'r csv::StringRecord,
    places: &'r [Option<usize>],
    ignored: &'r [usize],
}

impl<'r> CsvFileRow<'r> {
    /// The unwanted columns that this row fills, by their positions in `ignored`.
    pub fn filled_ignored(&self) -> impl Iterator<Item = usize> {
        let is_filled = |place: &usize| {
            self.cells
                .get(*place)
                .is_some_and(|cell| !cell.trim_matches(is_blank).is_empty())
        };
        self.ignored
            .iter()
            .enumerate()
            .filter(move |(_, place)| is_filled(place))
            .map(|(at, _)| at)
    }

    /// The cell of a wanted column; blank when the file lacks the column or the row ends before it.
    pub fn cell(&self, column: usize) -> &'r str {
        let cells = self.cells;
        self.places[column]
            .and_then(|place| cells.get(place))
            .unwrap_or_default()
            .trim_matches(is_blank)
    }
}

/// White space, and characters that spreadsheets leave around text.
fn is_blank(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '\u{feff}' | '\u{200b}')
}

impl<'b> CsvFile<'b> {
    /// Finds encoding, delimiter and columns; the columns of `needed` (places in `columns`) must be
    /// there.
    pub fn open(
        bytes: &'b [u8],
        columns: &[CsvColumn],
        needed: &[usize],
    ) -> Result<Self, PlacedFault> {
        let text = decode(bytes)?;
        let (start, line, declared) = beginning(&text);
        let delimiters = declared.map_or(DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
        let fault = |column| PlacedFault {
            line,
            column,
            kind: CsvFault::Header,
        };
        let best = best_header(&text[start..], &delimiters, columns);
        let (delimiter, cells) = best.ok_or_else(|| fault(None))?;
        let mut places = vec![None; columns.len()];
        let (mut ignored, mut ignored_places, mut nameless) = (Vec::new(), Vec::new(), Vec::new());
        for (place, cell) in cells.iter().enumerate() {
            let name = name_of(cell);
            match columns
                .iter()
                .position(|column| column.aliases.contains(&name.as_str()))
            {
                Some(column) if places[column].is_some() => return Err(fault(Some(place + 1))),
                Some(column) => places[column] = Some(place),
                None if name.is_empty() => nameless.push(place),
                None => {
                    ignored.push(cell.trim_matches(is_blank).to_lowercase());
                    ignored_places.push(place);
                }
            }
        }
        if needed.iter().any(|column| places[*column].is_none()) {
            return Err(fault(None));
        }
        Ok(Self {
            delimiter,
            start,
            places,
            width: cells.len(),
            ignored,
            ignored_places,
            nameless,
            text,
        })
    }

    /// True when the file has this column.
    pub fn has(&self, column: usize) -> bool {
        self.places[column].is_some()
    }

    /// Hands over every row that is not blank, or why it cannot be read, until `take` says false.
    pub fn each(&self, mut take: impl FnMut(Result<CsvFileRow<'_>, PlacedFault>) -> bool) {
        let rest = &self.text[self.start..];
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(rest.as_bytes());
        let mut lines = CsvLines {
            text: &self.text,
            at: 0,
            line: 1,
        };
        let mut cells = csv::StringRecord::new();
        let mut is_header = true;
        loop {
            // The text decoded: a reader over it meets no other error.
            match reader.read_record(&mut cells) {
                Ok(true) => {}
                Ok(false) | Err(_) => return,
            }
            let place = cells
                .position()
                .map_or(0, |place| usize::try_from(place.byte()).unwrap_or(0));
            let end = usize::try_from(reader.position().byte()).unwrap_or(rest.len());
            // The line of the file, not the number of the record: quoted cells may span lines, and
            // people look for the line that their editor shows.
            let line = lines.of(self.start + place);
            if std::mem::take(&mut is_header)
                || cells
                    .iter()
                    .all(|cell| cell.trim_matches(is_blank).is_empty())
            {
                continue;
            }
            let is_unclosed = is_unclosed(&rest[place..end.max(place).min(rest.len())]);
            let row = self.row(line, &cells, is_unclosed);
            if !take(row) {
                return;
            }
        }
    }
}

impl CsvFile<'_> {
    fn row<'r>(
        &'r self,
        line: usize,
        cells: &'r csv::StringRecord,
        is_unclosed: bool,
    ) -> Result<CsvFileRow<'r>, PlacedFault> {
        let is_filled = |place: usize| {
            cells
                .get(place)
                .is_some_and(|cell| !cell.trim_matches(is_blank).is_empty())
        };
        let fault = |column, kind| Err(PlacedFault { line, column, kind });
        if let Some(beyond) = (self.width..cells.len()).find(|place| is_filled(*place)) {
            return fault(Some(beyond + 1), CsvFault::Row);
        }
        if is_unclosed {
            return fault(None, CsvFault::Row);
        }
        match self.nameless.iter().find(|place| is_filled(**place)) {
            Some(place) => fault(Some(place + 1), CsvFault::Nameless),
            None => Ok(CsvFileRow {
                line,
                cells,
                places: &self.places,
                ignored: &self.ignored_places,
            }),
        }
    }
}

/// A file without known columns, as one sheet for each delimiter that it may have.
///
/// # Errors
/// A text that does not decode, a quote that does not close under any delimiter, or more than
/// `rows_max` rows.
pub fn sheets(bytes: &[u8], rows_max: usize) -> Result<Vec<UploadedSheet>, OperationError> {
    let refused = |fault: PlacedFault| OperationError::Faults(vec![fault.line_fault("csv")]);
    let text = decode(bytes).map_err(refused)?;
    let (start, line, declared) = beginning(&text);
    let delimiters = declared.map_or(DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
    let (mut sheets, mut first) = (Vec::new(), None);
    for delimiter in delimiters {
        match sheet(&text[start..], line, delimiter, rows_max) {
            Ok(sheet) => sheets.push(sheet),
            Err(fault) => first = first.or(Some(fault)),
        }
    }
    match first {
        Some(fault) if sheets.is_empty() => Err(refused(fault)),
        _ => Ok(sheets),
    }
}

/// Rows are counted as a spreadsheet counts them: a cell of several lines makes no other row.
fn sheet(
    text: &str,
    line: usize,
    delimiter: u8,
    rows_max: usize,
) -> Result<UploadedSheet, PlacedFault> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut lines = CsvLines { text, at: 0, line };
    let (mut rows, mut cells, mut extra_lines) = (Vec::new(), csv::StringRecord::new(), 0);
    // The text decoded: a reader over it meets no other error.
    while reader.read_record(&mut cells).unwrap_or(false) {
        let place = cells
            .position()
            .map_or(0, |place| usize::try_from(place.byte()).unwrap_or(0));
        let end = usize::try_from(reader.position().byte())
            .unwrap_or(text.len())
            .max(place)
            .min(text.len());
        let at = lines.of(place);
        let fault = |kind| PlacedFault {
            line: at,
            column: None,
            kind,
        };
        if is_unclosed(&text[place..end]) {
            return Err(fault(CsvFault::Row));
        }
        let number = u32::try_from(at - extra_lines).map_err(|_| fault(CsvFault::TooLarge))?;
        extra_lines += cells.iter().map(lines_within).sum::<usize>();
        let filled = cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| !cell.trim_matches(is_blank).is_empty());
        let filled: BTreeMap<usize, UploadedCell> = filled
            .map(|(place, cell)| (place, uploaded(cell.trim_matches(is_blank))))
            .collect();
        if filled.is_empty() {
            continue;
        }
        if rows.len() == rows_max {
            return Err(fault(CsvFault::TooLarge));
        }
        rows.push(UploadedRow {
            number,
            cells: filled,
        });
    }
    Ok(UploadedSheet {
        name: "CSV".to_owned(),
        rows,
        covered: Vec::new(),
    })
}

fn lines_within(cell: &str) -> usize {
    cell.replace("\r\n", "\n").matches(['\n', '\r']).count()
}

/// Errors of calculation, as spreadsheets write them into a text file.
const ERRORS: [&str; 13] = [
    "#N/A", "#NA", "#REF!", "#DIV/0!", "#VALUE!", "#VALEUR!", "#NAME?", "#NOM?", "#NUM!",
    "#NOMBRE!", "#NULL!", "#NUL!", "#SPILL!",
];

/// A cell of a text file: what it says, without the apostrophe that keeps a spreadsheet from
/// calculating it.
fn uploaded(cell: &str) -> UploadedCell {
    let is_error = ERRORS.contains(&cell) || (cell.starts_with("Err:") && cell.len() == 7);
    if is_error {
        return UploadedCell::Unreadable(UnreadableCell::Error, cell.to_owned());
    }
    let guarded = cell
        .strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    let quoted = cell
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|rest| !rest.contains('"'));
    UploadedCell::Text(guarded.or(quoted).unwrap_or(cell).to_owned())
}

/// The delimiter whose header has the most wanted columns, and its cells; the first of equals.
fn best_header(
    text: &str,
    delimiters: &[u8],
    columns: &[CsvColumn],
) -> Option<(u8, csv::StringRecord)> {
    let is_found = |cells: &csv::StringRecord, column: &CsvColumn| {
        cells
            .iter()
            .any(|cell| column.aliases.contains(&name_of(cell).as_str()))
    };
    let mut best = None;
    let mut most = 0;
    for (delimiter, cells) in delimiters
        .iter()
        .filter_map(|delimiter| header(text, *delimiter))
    {
        let found = columns
            .iter()
            .filter(|column| is_found(&cells, column))
            .count();
        if found > most {
            (most, best) = (found, Some((delimiter, cells)));
        }
    }
    best
}

/// True for a record in which an unclosed quote swallowed rows: it spans several lines and its
/// quotes do not pair.
fn is_unclosed(record: &str) -> bool {
    let record = record.trim_matches(['\r', '\n']);
    record.contains(['\r', '\n']) && record.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
}

/// Finds line numbers; asked in ascending order, so that the text is scanned once.
struct CsvLines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl CsvLines<'_> {
    /// The line, counted from 1, of the record that the reader places here. The place may be at the
    /// end of the previous line.
    fn of(&mut self, place: usize) -> usize {
        let bytes = self.text.as_bytes();
        let blank = bytes[place.min(bytes.len())..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let place = (place + blank.count()).min(bytes.len());
        let passed = &bytes[self.at.min(place)..place];
        // A line ends with \n, \r\n, or \r alone.
        let ends = passed.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(self.at + at + 1) != Some(&b'\n'),
            _ => false,
        });
        self.line += ends.count();
        self.at = place;
        self.line
    }
}

fn header(text: &str, delimiter: u8) -> Option<(u8, csv::StringRecord)> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut cells = csv::StringRecord::new();
    reader
        .read_record(&mut cells)
        .ok()
        .filter(|is_there| *is_there)
        .map(|_| (delimiter, cells))
}

/// The folded name of a column: accents, case and decoration are ignored.
fn name_of(cell: &str) -> String {
    folded(cell).trim_matches(['*', ':', ' ']).to_owned()
}

/// The position and line of the header, and the delimiter of a first line `sep=;`.
fn beginning(text: &str) -> (usize, usize, Option<u8>) {
    let blank = text.len() - text.trim_start_matches(['\r', '\n', '\u{feff}']).len();
    let mut lines = CsvLines {
        text,
        at: 0,
        line: 1,
    };
    let end = text[blank..]
        .find(['\r', '\n'])
        .map_or(text.len(), |end| blank + end);
    let first = text[blank..end].trim().to_lowercase();
    match first.strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) => (end, lines.of(end), Some(*delimiter)),
        _ => (blank, lines.of(blank), None),
    }
}

/// Decodes the bytes: by byte-order mark, as UTF-8, or as Windows-1252.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, PlacedFault> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (unmarked(bytes), 0));
    let text = encoding.decode_without_bom_handling(&bytes[mark..]).0;
    // Control characters and the replacement character do not occur in real files: the encoding is
    // wrong.
    let is_foreign = |sign: char| {
        (sign.is_control() && !matches!(sign, '\t' | '\r' | '\n'))
            || sign == char::REPLACEMENT_CHARACTER
    };
    match text.find(is_foreign) {
        Some(place) => {
            let line = CsvLines {
                text: &text,
                at: 0,
                line: 1,
            }
            .of(place);
            Err(PlacedFault {
                line,
                column: None,
                kind: CsvFault::Encoding,
            })
        }
        None => Ok(text),
    }
}

fn unmarked(bytes: &[u8]) -> &'static Encoding {
    // Latin text in UTF-16 has a zero in every other byte; the other usual encodings have none at
    // all.
    let zeros = |at: usize| {
        bytes
            .iter()
            .skip(at)
            .step_by(2)
            .take(64)
            .filter(|byte| **byte == 0)
            .count()
    };
    match (zeros(0), zeros(1)) {
        (0, 0) if std::str::from_utf8(bytes).is_ok() => UTF_8,
        // Last, because it decodes any bytes: what is valid UTF-8 would become pairs of accented
        // letters.
        (0, 0) => WINDOWS_1252,
        (even, odd) if odd > even => UTF_16LE,
        _ => UTF_16BE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [CsvColumn; 3] = [
        CsvColumn {
            name: "account",
            aliases: &["account", "compte"],
        },
        CsvColumn {
            name: "person",
            aliases: &["person", "personne"],
        },
        CsvColumn {
            name: "reason",
            aliases: &["reason", "motif"],
        },
    ];

    fn rows(bytes: &[u8]) -> Result<Vec<String>, PlacedFault> {
        let file = CsvFile::open(bytes, &COLUMNS, &[0, 1])?;
        let mut rows = Vec::new();
        let mut faults = Vec::new();
        file.each(|row| {
            match row {
                Ok(row) => {
                    rows.push(format!(
                        "{}:{}|{}|{}",
                        row.line,
                        row.cell(0),
                        row.cell(1),
                        row.cell(2)
                    ));
                }
                Err(fault) => faults.push(fault),
            }
            true
        });
        faults.first().map_or(Ok(rows), |fault| Err(*fault))
    }

    fn utf16(text: &str, has_mark: bool, is_big: bool) -> Vec<u8> {
        let units = has_mark
            .then_some(0xfeff)
            .into_iter()
            .chain(text.encode_utf16());
        units
            .flat_map(|unit| {
                if is_big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn the_same_rows_are_read_however_a_program_wrote_them() {
        let plain = "account,person,reason\na1,P1,réception\n";
        let expected = vec!["2:a1|P1|réception".to_owned()];
        let latin: Vec<u8> = plain
            .chars()
            .map(|sign| u8::try_from(u32::from(sign)).unwrap())
            .collect();
        for (name, bytes) in [
            ("comma", plain.as_bytes().to_vec()),
            ("semicolon", plain.replace(',', ";").into_bytes()),
            ("tab", plain.replace(',', "\t").into_bytes()),
            ("bar", plain.replace(',', "|").into_bytes()),
            ("bom", format!("\u{feff}{plain}").into_bytes()),
            ("crlf", plain.replace('\n', "\r\n").into_bytes()),
            ("cr", plain.replace('\n', "\r").into_bytes()),
            ("windows-1252", latin),
            ("utf-16 little", utf16(plain, true, false)),
            ("utf-16 big", utf16(plain, true, true)),
            ("utf-16 unmarked", utf16(plain, false, false)),
            (
                "quoted",
                "\"account\",\"person\",\"reason\"\n\"a1\",\"P1\",\"réception\"".into(),
            ),
            ("capitals", "Compte;Personne;MOTIF\na1;P1;réception".into()),
            (
                "marks",
                "Compte *;pe\u{301}rsonne :;Motif\na1;P1;réception".into(),
            ),
            (
                "blank rows",
                "account;person;reason;\na1;P1;réception;\n;;;\n;;;\n".into(),
            ),
            (
                "no-break space",
                "account,person,reason\n\u{a0}a1 ,P1\u{a0},réception\n".into(),
            ),
        ] {
            assert_eq!(rows(&bytes), Ok(expected.clone()), "{name}");
        }
        let parsed = rows("sep=,\naccount,person,reason\na1,P1,réception\n".as_bytes());
        assert_eq!(parsed, Ok(vec!["3:a1|P1|réception".to_owned()]));
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let text = "account,person\r\n\r\na1,P1\r\n\"a\n2\",P2\r\na3,P3";
        assert_eq!(
            rows(text.as_bytes()),
            Ok(vec![
                "3:a1|P1|".to_owned(),
                "4:a\n2|P2|".to_owned(),
                "6:a3|P3|".to_owned(),
            ])
        );
    }

    #[test]
    fn what_cannot_be_read_is_a_fault_with_its_place() {
        let check = |bytes: &[u8], line: usize, column: Option<usize>, kind: CsvFault| {
            assert_eq!(
                rows(bytes),
                Err(PlacedFault { line, column, kind }),
                "{bytes:?}"
            );
        };
        check(b"", 1, None, CsvFault::Header);
        check(b"a;b\n1;2\n", 1, None, CsvFault::Header);
        check(b"account;compte;person\n", 1, Some(2), CsvFault::Header);
        check(b"account;person\na1;P1;P2\n", 2, Some(3), CsvFault::Row);
        check(
            b"account;person;\na1;P1;P2\n",
            2,
            Some(3),
            CsvFault::Nameless,
        );
        check(
            b"account;person\na1;P1\n\"a2;P2\na3;P3\n",
            3,
            None,
            CsvFault::Row,
        );
        check(b"account;person\na1;P\0 1\n", 1, None, CsvFault::Encoding);
        check(b"account;person\na1;P\x07\n", 2, None, CsvFault::Encoding);
    }

    #[test]
    fn columns_that_nobody_looks_for_are_named() {
        let file = CsvFile::open(b"account;person;Nom\na1;P1;X\n", &COLUMNS, &[0, 1]).unwrap();
        assert_eq!(file.ignored, ["nom"]);
        assert!(file.has(0) && !file.has(2));
        file.each(|row| {
            assert_eq!(row.unwrap().filled_ignored().collect::<Vec<_>>(), [0]);
            true
        });
    }

    #[test]
    fn a_file_is_a_sheet_whose_rows_are_counted_as_a_spreadsheet_counts_them() {
        let text = "Titre;Note\r\n\"a\nb\";1\r\n\r\n#N/A;'=1+1\r\n";
        let found = sheets(text.as_bytes(), 10).unwrap();
        let rows: Vec<(u32, Vec<&str>)> = found[0]
            .rows
            .iter()
            .map(|row| {
                (
                    row.number,
                    row.cells.values().map(UploadedCell::seen).collect(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                (1, vec!["Titre", "Note"]),
                (2, vec!["a\nb", "1"]),
                (4, vec!["#N/A", "=1+1"])
            ]
        );
        assert!(matches!(
            found[0].rows[2].cells[&0],
            UploadedCell::Unreadable(UnreadableCell::Error, _)
        ));
        assert!(
            sheets(text.as_bytes(), 2).is_err(),
            "more rows than are read"
        );
        assert!(
            sheets(b"a;b\n\"c;d\ne;f\n", 10).is_err(),
            "a quote that does not close"
        );
    }
}
